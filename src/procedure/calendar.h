/* Working calendars: which days are worked, in which hours, and how far that has been announced.
 *
 *   a plan (arrays: week, hours, yearly notices) + layers of a jurisdiction + a zone -> bm_calendar_make
 *   -> what a day is; how many working days, how much working time lie between; the n-th day, the instant after n
 *
 * China's calendar is an enumeration: each year's notice names days off and make-up workdays at weekends.  So a calendar
 * says how far it is covered.  Past that (and before its beginning) days follow the week alone and are *uncovered*: what
 * is counted over them is provisional, to be counted again when the next notice is loaded (clock.h).
 *
 * Days are those of base/time.h (days since 1970-01-01); a calendar knows them from BM_CALENDAR_BEFORE days before its
 * cover to BM_CALENDAR_AFTER days past it, and refuses to count further, in either direction, with BM_OUT_OF_RANGE.
 *
 * Cost: sums over days stand ready, so counting is two look-ups and adding a binary search, however long the term.
 * 12 bytes a day: China's twenty years take about 140 kB.  A calendar never changes; the next edition is another one.
 * Source of the cover and of provisional dates: DESIGN section 5; facts/procedures.md section 4. */
#ifndef BM_PROCEDURE_CALENDAR_H
#define BM_PROCEDURE_CALENDAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/code.h"
#include "procedure/zone.h"

enum {
    BM_CALENDAR_NAME_BYTES = 48,    /* with NUL */
    BM_CALENDAR_SOURCE_BYTES = 96,  /* with NUL */
    BM_CALENDAR_SPANS_MAX = 6,      /* working spans in a day */
    BM_CALENDAR_COVER_MAX = 36525,  /* days, a hundred years */
    BM_CALENDAR_NOTICES_MAX = 256,  /* in a plan or a layer */
    BM_CALENDAR_RULES_MAX = 512,    /* in a notice */
    BM_CALENDAR_LAYERS_MAX = 8,
    BM_CALENDAR_HOURS_MAX = 200,    /* different working days in one calendar */
    BM_CALENDAR_BEFORE = 366,
    BM_CALENDAR_AFTER = 3653,
    BM_CALENDAR_MINUTES = 1440,     /* of a civil day */
};

/* --- what a calendar is made from ------------------------------------------------------------- */

/* Working time from one civil minute of the day to another, the second not included: 540..720 is 09:00-12:00. */
struct bm_day_span {
    uint16_t from_min, to_min; /* 0 <= from < to <= 1440 */
};
/* The hours of a working day: spans in rising order that do not overlap; what lies between them is a break.  None: a
 * day that is not worked. */
struct bm_day_hours {
    uint32_t count;
    struct bm_day_span spans[BM_CALENDAR_SPANS_MAX];
};

enum bm_day_act {
    BM_DAYS_OFF,   /* not worked */
    BM_DAYS_WORK,  /* worked, make-up workdays among them */
    BM_DAYS_HOURS, /* other hours, on those of them that are worked: summer hours, an afternoon off */
};
struct bm_day_rule {
    int32_t from_day, to_day; /* both included */
    enum bm_day_act act;
    const struct bm_day_hours *hours; /* HOURS: needed; WORK: NULL takes the plan's make_up; OFF: NULL */
};
/* What one notice arranges.  A day may be named once by its OFF and WORK rules, and once by its HOURS rules. */
struct bm_day_notice {
    int32_t year;
    const char *source; /* number and date, for people; not empty */
    const struct bm_day_rule *rules;
    size_t count;
};
/* The base: a week, and the notices in rising order of their years (two may have one year; the later of them decides).
 * With any notice at all, every year of the cover needs one: a gap is refused.  A notice's days lie between the December
 * before its year and the January after. */
struct bm_calendar_plan {
    const char *name;    /* by which procedures ask for it: "cn" */
    uint32_t edition;    /* from 1; rises with every change */
    struct bm_day_hours week[7]; /* Monday first */
    struct bm_day_hours make_up;
    int32_t covers_from, covers_to; /* days, both included */
    const struct bm_day_notice *notices;
    size_t count;
};
/* What a jurisdiction adds: local holidays, closures, hours of its own.  Over the base and the layers before it. */
struct bm_calendar_layer {
    const char *name; /* of the jurisdiction, for messages */
    const struct bm_day_hours *week;    /* NULL, or hours of its own: 7 of them, for the days that the week works */
    const struct bm_day_hours *make_up; /* NULL, or those of make-up workdays */
    const struct bm_day_notice *notices;
    size_t count;
};

/* Makes a calendar under `name` (NULL: the plan's); everything is copied but the zone, which must outlive it.  It is the
 * caller's.  Refusals name the notice, the date and the mend. */
struct bm_calendar;
BM_MUST_USE enum bm_code bm_calendar_make(const char *name, const struct bm_calendar_plan *plan,
                                          const struct bm_calendar_layer *layers, size_t layer_count,
                                          const struct bm_zone *zone, struct bm_calendar **ret_calendar,
                                          struct bm_fault *fault);
void bm_calendar_free(struct bm_calendar *calendar); /* NULL is fine */

/* The one called `name` among `count`; BM_NOT_FOUND otherwise.  A clock that names a calendar nobody has loaded is
 * refused when it is armed; nothing falls back to Monday to Friday. */
BM_MUST_USE enum bm_code bm_calendar_find(const struct bm_calendar *const *calendars, size_t count, const char *name,
                                          const struct bm_calendar **ret_calendar, struct bm_fault *fault);

/* --- asking ----------------------------------------------------------------------------------- */

const char *bm_calendar_name(const struct bm_calendar *calendar);
uint32_t bm_calendar_edition(const struct bm_calendar *calendar);
const struct bm_zone *bm_calendar_zone(const struct bm_calendar *calendar);
void bm_calendar_cover(const struct bm_calendar *calendar, int32_t *ret_from_day, int32_t *ret_to_day);
/* The days it can count over, both included. */
void bm_calendar_reach(const struct bm_calendar *calendar, int32_t *ret_first_day, int32_t *ret_last_day);

enum bm_day_class {
    BM_DAY_WORKED,     /* by the week */
    BM_DAY_REST,       /* by the week */
    BM_DAY_OFF,        /* by a notice */
    BM_DAY_MAKE_UP,    /* worked by a notice */
    BM_DAY_LOCAL_OFF,  /* by a layer */
    BM_DAY_LOCAL_WORK, /* worked by a layer */
    BM_day_class_COUNT
};
/* "worked", "rest", "off", "make_up", "local_off", "local_work". */
extern const char *const bm_day_class_names[BM_day_class_COUNT];

struct bm_day_info {
    enum bm_day_class day_class;
    bool worked;
    bool covered;                     /* by the announced years; false: what the week says, provisional */
    const struct bm_day_hours *hours; /* the calendar's; empty when it is not worked */
    const char *source;               /* the notice that made it what it is; "" when the week did */
};
BM_MUST_USE enum bm_code bm_calendar_day(const struct bm_calendar *calendar, int32_t day, struct bm_day_info *ret_info,
                                         struct bm_fault *fault);

/* --- counting: days within the reach (BM_CHECK); clocks look first ------------------------------ */

/* Whether a day, an instant lies within the reach. */
bool bm_calendar_has_day(const struct bm_calendar *calendar, int32_t day);
bool bm_calendar_has(const struct bm_calendar *calendar, int64_t at_ms);
bool bm_calendar_works(const struct bm_calendar *calendar, int32_t day);
/* The end of a day's work: the last instant that is in time.  Close of business is the end of its last span; that of a
 * day that is not worked, and of any day when `at_midnight`, the last millisecond of the day. */
int64_t bm_calendar_end_ms(const struct bm_calendar *calendar, int32_t day, bool at_midnight);

/* Working days from the beginning of the reach up to `day`, which is not counted.  O(1). */
int32_t bm_calendar_worked_before(const struct bm_calendar *calendar, int32_t day);
/* The `nth` working day of the reach, from 1; false when there are not so many.  O(log days). */
bool bm_calendar_nth_worked(const struct bm_calendar *calendar, int64_t nth, int32_t *ret_day);

/* Working time from the beginning of the reach to an instant, in ms as they really pass.  An hour that the clocks skip is
 * not worked.  When they are put back, spans begin and end the first time that their minute is shown, so a break is taken
 * once; the hour's second coming is worked when the minute at which they were put back is.  O(log transitions of the
 * zone). */
int64_t bm_calendar_worked_ms(const struct bm_calendar *calendar, int64_t at_ms);
/* The first instant at which that much has been worked; false past the reach.  O(log days). */
bool bm_calendar_worked_until(const struct bm_calendar *calendar, int64_t worked_ms, int64_t *ret_at_ms);

#endif
