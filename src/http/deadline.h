/* Deadlines of many connections with one timer.  Private to src/http.
 *
 * Each kind of deadline has one fixed duration, so the deadlines of a kind are due in the order in
 * which they were set: a list per kind is a sorted queue, and setting, moving and clearing one is
 * O(1). */
#ifndef BM_HTTP_DEADLINE_H
#define BM_HTTP_DEADLINE_H

#include <stdint.h>

#include "io/io.h"

enum bm_http_wait {
    BM_HTTP_WAIT_HEAD,   /* first byte to end of head */
    BM_HTTP_WAIT_BODY,   /* end of head to end of body */
    BM_HTTP_WAIT_IDLE,   /* no request begun */
    BM_HTTP_WAIT_WRITE,  /* one write in flight */
    BM_HTTP_WAIT_LINGER, /* the peer should close now */
    BM_HTTP_WAIT_BEAT,   /* a stream nothing was pushed to */
    BM_HTTP_WAIT_COUNT
};

/* All zero means not set. */
struct bm_http_deadline {
    struct bm_http_deadline *next, *prev; /* NULL when not set */
    int64_t at_ns;
};

typedef void bm_http_expired_fn(void *context, enum bm_http_wait wait,
                                struct bm_http_deadline *deadline);

struct bm_http_deadlines {
    struct bm_io *io;
    struct bm_io_timer *timer;
    int64_t timer_at_ns; /* INT64_MAX when the timer is not set */
    int64_t duration_ns[BM_HTTP_WAIT_COUNT];
    struct bm_http_deadline heads[BM_HTTP_WAIT_COUNT]; /* rings */
    bm_http_expired_fn *expired;
    void *context;
};

/* `durations_ms` has BM_HTTP_WAIT_COUNT entries.  `expired` is called with the deadline cleared. */
void bm_http_deadlines_init(struct bm_http_deadlines *deadlines, struct bm_io *io,
                            const uint32_t *durations_ms, bm_http_expired_fn *expired,
                            void *context);
void bm_http_deadlines_close(struct bm_http_deadlines *deadlines);
/* Due one duration of `wait` from now; replaces what was set. */
void bm_http_deadline_set(struct bm_http_deadlines *deadlines, struct bm_http_deadline *deadline,
                          enum bm_http_wait wait);
void bm_http_deadline_clear(struct bm_http_deadline *deadline);

#endif
