/* Threads for what src/road lets be done at once (struct bm_parallel): made for the work and gone after it, as whole metrics are
 * made rarely. */
#ifndef BM_DISPATCH_THREADS_H
#define BM_DISPATCH_THREADS_H

#include "road/road.h"

/* As many as there are processors, up to this. */
enum { BM_THREADS_MOST = 8 };
extern const struct bm_parallel bm_threads;

#endif
