/* A second way to count, written apart and as simply as can be: minute by minute, day by day, on tables that the C
 * library's clock fills.  It knows nothing of sums, searches, zones' rules. */
#ifndef CLOCKS_WALK_H
#define CLOCKS_WALK_H

#include "procedure/clock.h"
#include "support.h"

/* A place: from a first to a last minute (since 1970 UTC), what its clocks and its offices did. */
struct walk_place {
    int64_t first_minute, minutes;
    uint8_t *worked;       /* per minute */
    int32_t first_day, days;
    int64_t *day_begins;   /* per day and one: its first minute */
    uint8_t *day_works;    /* per day */
    int64_t *day_closes;   /* per day: the minute behind the last worked one; -1 */
};
/* Whether a civil day is worked. */
typedef bool walk_works_fn(const void *context, int32_t day);
/* The zone's name as the C library takes it; days from..to; hours of every worked day. */
struct walk_place walk_make(const char *zone, int32_t from_day, int32_t to_day, walk_works_fn *works, const void *context,
                            const struct bm_day_hours *hours);
void walk_free(struct walk_place *place);

/* What happened to a clock: acts that were all accepted, in order. */
enum { WALK_ACTS_MAX = 8 };
struct walk_case {
    const struct bm_clock_rule *rule;
    int64_t anchor_ms;
    int count;
    struct walk_act {
        bool pause; /* else resume */
        int64_t at_ms;
    } acts[WALK_ACTS_MAX];
};
struct walk_end {
    int64_t due_ms;     /* INT64_MAX: not found on the place's tables */
    int32_t rolled_from;/* INT32_MIN: it did not roll */
    int64_t consumed;   /* ticks, up to `now` */
    int64_t paused;     /* ticks, up to `now`, of all pauses */
};
struct walk_end walk(const struct walk_place *place, const struct walk_case *it, int64_t now_ms);

#endif
