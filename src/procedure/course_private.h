/* Inside of courses; only src/procedure/course*.c include this. */
#ifndef BM_PROCEDURE_COURSE_PRIVATE_H
#define BM_PROCEDURE_COURSE_PRIVATE_H

#include "procedure/course.h"

/* One act or tick on its way: it changes a copy, which becomes the course when all of it went well. */
struct bm_going {
    const struct bm_track *track;
    const struct bm_procedure *procedure;
    const struct bm_course_world *world;
    const struct bm_course_act *act;
    struct bm_course *course;
    struct bm_fault *fault;
    enum bm_code code;      /* the first fault; nothing is done after it */
    uint16_t missing;       /* field that a guard asked for and nobody filled in, BM_NO_INDEX */
    bool barred;            /* a row was there, for other roles */
    bool used_up;           /* a row was there, taken as often as it may be */
    uint16_t chosen[BM_region_COUNT]; /* the rows that take the event, one of each region at most */
    uint32_t chosen_count;
};

/* Whether a field of this type can have the value; texts, places and persons have 0. */
bool bm_course_value_fits(const struct bm_field_def *field, int64_t value);

void bm_going_tell(struct bm_going *going, struct bm_course_news news);
/* News about nothing in particular, to be filled in. */
struct bm_course_news bm_course_news_of(enum bm_course_kind kind);

/* The calendar of a clock, NULL for plain minutes; sets the going's code where it is not loaded. */
const struct bm_calendar *bm_clock_def_calendar(const struct bm_course_world *world, const struct bm_clock_def *def,
                                                enum bm_code *ret_code, struct bm_fault *fault);
/* The rule of a clock as it is now: its limit of pauses is that of the pause that is on, or of `pause`. */
struct bm_clock_rule bm_clock_def_rule(const struct bm_clock_def *def, const struct bm_course_clock *clock);
struct bm_ladder bm_clock_def_ladder(const struct bm_clock_def *def);

void bm_going_start(struct bm_going *going, uint16_t clock, int64_t anchor_ms);
void bm_going_stop(struct bm_going *going, uint16_t clock);
void bm_going_hold(struct bm_going *going, uint16_t clock);
void bm_going_release(struct bm_going *going, uint16_t clock);
/* The pause that is on has reached its limit. */
void bm_going_pause_ends(struct bm_going *going, uint16_t clock);
void bm_going_extend(struct bm_going *going, uint16_t clock);
/* After the states have changed: pauses begin and end with them, and everything ends with handling. */
void bm_going_settle_clocks(struct bm_going *going);

/* The rows that were chosen are being taken: whose hand it is.  Sets the going's code when there are too many. */
void bm_going_keep_hands(struct bm_going *going);
/* What was handled so far was handled before. */
void bm_course_begin_again(struct bm_course *course);

/* Whether an extension would be granted now, a reason given. */
bool bm_course_extendable(const struct bm_course_world *world, const struct bm_clock_def *def,
                          const struct bm_course_clock *clock, int64_t now_ms);
/* Whether the clock's last instant lies behind `now_ms`; what is left of it in its own unit, below 0 when it is late.
 * False: it was never started. */
bool bm_course_breached(const struct bm_course_world *world, const struct bm_clock_def *def,
                        const struct bm_course_clock *clock, int64_t now_ms, bool *ret_breached);
bool bm_course_remaining(const struct bm_course_world *world, const struct bm_clock_def *def,
                         const struct bm_course_clock *clock, int64_t now_ms, int64_t *ret_amount);

#endif
