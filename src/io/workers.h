/* A few worker threads with one bounded queue.  Private to src/io.
 *
 * libuv's own pool is not used: its size is a process-wide environment variable and other parts of
 * libuv (name look-up, files) wait in the same queue. */
#ifndef BM_IO_WORKERS_H
#define BM_IO_WORKERS_H

#include <stdbool.h>

#include "io/io.h"

struct bm_io_workers;

/* `notify` is called from worker threads whenever something has been finished. */
struct bm_io_workers *bm_io_workers_new(unsigned count, void (*notify)(void *context),
                                        void *context);
/* False when BM_IO_WORK_MAX pieces are already waiting. */
bool bm_io_workers_add(struct bm_io_workers *workers, bm_io_work_fn *work, bm_io_work_fn *after,
                       void *context);
/* The same before all that wait, however many they are. */
bool bm_io_workers_add_first(struct bm_io_workers *workers, bm_io_work_fn *work,
                             bm_io_work_fn *after, void *context);
/* Calls `after` of what is finished, for some milliseconds at most; on the loop's thread.  Where more is left,
 * `notify` is called (on this thread) for the loop's next round. */
void bm_io_workers_finish(struct bm_io_workers *workers);
/* Waits for the pieces being worked on; those that wait are not worked on any more.  Then calls `after` of all
 * of them.  From then on nothing is taken. */
void bm_io_workers_end(struct bm_io_workers *workers);
/* Waits for the pieces being worked on, forgets those that wait, calls no `after`. */
void bm_io_workers_free(struct bm_io_workers *workers);

#endif
