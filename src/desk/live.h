/* The desk on a thread of its own, behind a bounded queue.
 *
 *   io thread --submit--> queue --> desk thread: bm_desk_step --> replies, frames --wake--> io thread: drain
 *
 * A batch is what queued while the last commit ran, so throughput rises with load.  Of the queue's places
 * some are kept for emergency intake, which is therefore shed last (DESIGN.md section 3). */
#ifndef BM_DESK_LIVE_H
#define BM_DESK_LIVE_H

#include "desk/anchor.h"
#include "desk/desk.h"

enum { BM_LIVE_QUEUE_MAX = 4096, BM_LIVE_QUEUE_RESERVED = 512, BM_SNAPSHOT_EVERY = 50000 };

struct bm_live;

/* A reply that crossed threads; its record and fault are owned by it. */
struct bm_live_reply {
    struct bm_reply reply;
    struct bm_fault fault;
    void *record;
};

struct bm_live_calls {
    /* Desk thread: replies or frames wait; make bm_live_drain run on the io thread. */
    void (*wake)(void *context);
    /* Desk thread: the desk cannot go on (BM_FENCED, BM_NO_SPACE, BM_UNKNOWN_OUTCOME): stop the process
     * now, answer nobody. */
    void (*on_stop)(void *context, enum bm_code code);
    /* bm_live_drain: a reply to the ticket. */
    void (*on_reply)(void *context, void *ticket, const struct bm_live_reply *reply);
    /* bm_live_drain: a frame, owned from now on. */
    void (*on_frame)(void *context, struct bm_frame *frame);
    /* Stepped alone: a command was submitted, so that a step is due now.  From within bm_live_submit. */
    void (*wanted)(void *context);
    void *context;
};

struct bm_live_config {
    const char *dir;            /* for snapshots and free space; NULL: neither (tests) */
    uint64_t space_low_bytes;   /* below: ordinary commands get 507; 0: 64 MiB */
    uint64_t space_out_bytes;   /* below: all do; 0: 8 MiB */
    uint64_t ballast_bytes;     /* given up when low, so that emergencies still fit; 0: 32 MiB */
    uint64_t snapshot_every;    /* events; 0: BM_SNAPSHOT_EVERY */
    struct bm_time_anchor *anchor;   /* what time it was before, and for who comes after (not owned); NULL: the record alone says it */
};

/* Starts the thread over a replayed desk (owned by the caller, untouched by it until bm_live_stop). */
struct bm_live *bm_live_start(struct bm_desk *desk, const struct bm_live_config *config,
                              const struct bm_live_calls *calls);
/* The same without a thread: somebody steps it, as the simulator does, which has the whole house on one thread. */
struct bm_live *bm_live_start_stepped(struct bm_desk *desk, const struct bm_live_config *config,
                                      const struct bm_live_calls *calls);
/* One step; when the next is due, on the monotonic clock, unless something is wanted before.  INT64_MAX: it has ended, for a commit failed (on_stop was called). */
int64_t bm_live_step(struct bm_live *live);
/* On the io thread.  Finishes what is queued, joins the thread, hands out what it left (what is submitted
 * meanwhile gets BM_OVERLOADED); then frees.  NULL is fine. */
void bm_live_stop(struct bm_live *live);

/* Any thread.  Takes the command over when BM_OK; BM_OVERLOADED when its part of the queue is full. */
BM_MUST_USE enum bm_code bm_live_submit(struct bm_live *live, struct bm_command *command, void *ticket);
/* The io thread: hands out everything that waits, in commit order. */
void bm_live_drain(struct bm_live *live);

struct bm_live_status {
    struct bm_head head;
    uint64_t queued, overloaded;
    enum bm_space space;
    uint64_t free_bytes;
    bool time_held, timers_stuck;
    struct bm_desk_doubt doubt;
    unsigned asides;     /* timers that are set aside */
    unsigned quarantine; /* commands that are refused because they stopped the desk twice */
    uint64_t snapshots, snapshot_mismatches;
    struct bm_desk_counts counts;
    uint64_t commit_ns_total, commit_count; /* time of whole steps that committed something */
    size_t records[BM_table_kind_COUNT];
};
/* Any thread: as of the last step. */
struct bm_live_status bm_live_status(struct bm_live *live);

/* Any thread: the desk's time now, and what moved it (desk.h).  It goes on by the monotonic clock while the desk is busy or hangs. */
struct bm_live_now {
    int64_t now_ms, moved_ms, away_ms;
};
struct bm_live_now bm_live_now(struct bm_live *live);

/* Any thread, as of the last step: timers that are set aside; how many were written. */
size_t bm_live_asides(struct bm_live *live, struct bm_desk_aside *ret_list, size_t most);
/* Any thread: commands that are refused because they stopped the desk twice. */
size_t bm_live_quarantined(struct bm_live *live, struct bm_quarantined *ret_list, size_t most);

#endif
