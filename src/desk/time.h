/* The desk's own time: never back, advanced by the monotonic clock, following the wall clock while the two
 * agree to 5 seconds.  A larger step of the wall clock is a jump: it raises an alarm and holds timers
 * until a person confirms which is right (DESIGN.md section 3).  Small steps add up: a wall clock that
 * runs ten times too fast, or is put forward by a second each second, has jumped as soon as more than
 * 5 seconds were followed; what was followed is forgotten again at 5 seconds an hour.
 *
 * At a start the same holds, with what is known then:
 *   the machine has not been started anew since the last reading (desk/anchor.h): its own clock says how long the desk was
 *     away, so that 5 seconds are a jump as before, whether it was away for a second or for a month;
 *   otherwise the record alone: a wall clock more than 5 seconds behind its last row, or more than BM_TIME_AWAY_MS ahead of it, is
 *     in doubt.  To be away over a weekend or a month's leave is usual and says nothing; after two months a person is asked, which
 *     costs one of them one look at a clock.  What nobody can tell from the record: whether a machine that was switched off was off for
 *     a week, or its clock is a week ahead. */
#ifndef BM_DESK_TIME_H
#define BM_DESK_TIME_H

#include <stdbool.h>
#include <stdint.h>

enum { BM_TIME_JUMP_MS = 5000, BM_TIME_FORGIVEN_MS_PER_HOUR = 5000, BM_TIME_AWAY_DAYS = 45 };
#define BM_TIME_AWAY_MS (INT64_C(24) * 60 * 60 * 1000 * BM_TIME_AWAY_DAYS)

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

/* The first reading of a process that knows of the time before it from the record alone: `least_ms` is its latest instant, 0 when it is
 * empty.  `held`: the time is in doubt already, so the desk goes on from the record.  *ret_jump: the wall clock is in doubt;
 * *ret_expected_ms: where the record has it. */
int64_t bm_desk_time_begin(struct bm_desk_time *time, int64_t wall_ms, int64_t mono_ns, int64_t least_ms, bool held, bool *ret_jump,
                           int64_t *ret_expected_ms);
/* Reads both clocks; returns the desk's time.  *ret_jump is set when the wall clock jumped since the last reading;
 * *ret_expected_ms is where it should have been. */
int64_t bm_desk_time_read(struct bm_desk_time *time, int64_t wall_ms, int64_t mono_ns, bool *ret_jump, int64_t *ret_expected_ms);
/* Monotonic instant `wait_ms` after the last reading; INT64_MAX when it lies beyond all of them. */
int64_t bm_desk_time_after(const struct bm_desk_time *time, int64_t wait_ms);
/* A person confirmed the wall clock: time moves up to it, never back.  By how much. */
int64_t bm_desk_time_confirm(struct bm_desk_time *time);

#endif
