/* What the desk's time was at the last step, for the next process on a machine that has not been started anew: then the machine's own
 * clock, which runs whatever is set or steered, says how long the desk was away, and a wall clock that was moved meanwhile is found out as
 * if the desk had never stopped (desk/time.h).  A small file of shared memory: it outlives the process; that it need not outlive the machine
 * is the point of it.  One thread writes it. */
#ifndef BM_DESK_ANCHOR_H
#define BM_DESK_ANCHOR_H

#include "base/code.h"
#include "desk/time.h"

struct bm_time_anchor;

enum { BM_BOOT_TEXT = 37 };
/* Which running of the machine this is, as the system calls it: from BELLMAN_BOOT_ID in the environment (the service's unit sets it, for the
 * kernel's file is out of its sight), or from the kernel.  False when neither says. */
bool bm_boot_id(char ret_id[BM_BOOT_TEXT]);
/* Nanoseconds since the machine was started, with those that it slept. */
int64_t bm_boot_ns(void);

/* Maps `path`, making it when absent; what is of another running of the machine, or damaged, is nothing.  `boot_id`: of this one.
 * BM_IO: without it the record alone says what time it was. */
BM_MUST_USE enum bm_code bm_time_anchor_open(const char *path, const char *boot_id, struct bm_time_anchor **ret_anchor, struct bm_fault *fault);
void bm_time_anchor_close(struct bm_time_anchor *anchor); /* NULL is fine */
/* Notes `time`, whose last reading was `boot_ns` after the machine's start. */
void bm_time_anchor_put(struct bm_time_anchor *anchor, const struct bm_desk_time *time, int64_t boot_ns);
/* The time that was noted last, as if this process had read it so long ago: the next reading (bm_desk_time_read) goes on from there.
 * False when nothing is known. */
bool bm_time_anchor_get(const struct bm_time_anchor *anchor, int64_t mono_ns, int64_t boot_ns, struct bm_desk_time *ret_time);

#endif
