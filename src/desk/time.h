/* The desk's own time: never back, advanced by the monotonic clock, following the wall clock while the two
 * agree to 5 seconds.  A larger step of the wall clock is a jump: it raises an alarm and holds timers
 * until a person confirms which is right (DESIGN.md section 3).  Small steps add up: a wall clock that
 * runs ten times too fast, or is put forward by a second each second, has jumped as soon as more than
 * 5 seconds were followed; what was followed is forgotten again at 5 seconds an hour. */
#ifndef BM_DESK_TIME_H
#define BM_DESK_TIME_H

#include <stdbool.h>
#include <stdint.h>

enum { BM_TIME_JUMP_MS = 5000, BM_TIME_FORGIVEN_MS_PER_HOUR = 5000 };

/* Where the desk's time ends: 9800-01-01, two hundred years before the latest instant that a record may name (base/shape.h), so that
 * whatever is due then can still be written down.  A wall clock past it, or before 1970, reads as the nearest instant between. */
#define BM_DESK_AT_MAX INT64_C(247090953600000)

struct bm_desk_time {
    bool started;
    int64_t now_ms;   /* the desk's time at the last reading */
    int64_t wall_ms;  /* readings then */
    int64_t mono_ns;
    int64_t followed_us; /* by which the wall clock was followed, and not forgotten yet; either sign */
};

/* Reads both clocks; returns the desk's time.  `least_ms`: the journal's latest instant, a floor for the
 * first reading.  *ret_jump is set when the wall clock jumped since the last reading (or lies behind the
 * journal at the first); *ret_expected_ms is where it should have been. */
int64_t bm_desk_time_read(struct bm_desk_time *time, int64_t wall_ms, int64_t mono_ns, int64_t least_ms,
                          bool *ret_jump, int64_t *ret_expected_ms);
/* Monotonic instant `wait_ms` after the last reading; INT64_MAX when it lies beyond all of them. */
int64_t bm_desk_time_after(const struct bm_desk_time *time, int64_t wait_ms);
/* A person confirmed the wall clock: time moves up to it, never back. */
void bm_desk_time_confirm(struct bm_desk_time *time);

#endif
