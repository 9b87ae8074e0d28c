/* What a clock measures with: every unit puts a count, its *ticks*, beside each instant.
 *
 *   unit              a tick is                     counted
 *   minutes           a millisecond                 always
 *   working_minutes   a millisecond                 within the working hours of a calendar
 *   calendar_days     a day that has ended          every day
 *   working_days      a day that has ended          the working days of a calendar
 *
 * Ticks never fall as time goes on, and bm_axis_until is the inverse of bm_axis_ticks: the first instant at which so
 * many have been counted.  To add n is to look up a count and search for it plus n; to measure is to take one count from
 * another: so adding and measuring undo each other, whatever lies between - nights, holidays, changed clocks.
 *
 * A day is one tick, counted whole at its end: one working day is one working day, not eight or twenty-four hours.  The
 * end is the close of business or midnight, as the clock's rule says (its last instant that is in time).
 *
 * Counts begin anywhere; only differences mean something, and only on one edition of one calendar. */
#ifndef BM_PROCEDURE_AXIS_H
#define BM_PROCEDURE_AXIS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/code.h"
#include "procedure/calendar.h"

enum bm_clock_unit { BM_IN_MINUTES, BM_IN_CALENDAR_DAYS, BM_IN_WORKING_DAYS, BM_IN_WORKING_MINUTES, BM_clock_unit_COUNT };
/* "minutes", "calendar_days", "working_days", "working_minutes". */
extern const char *const bm_clock_unit_names[BM_clock_unit_COUNT];
bool bm_clock_unit_is_days(enum bm_clock_unit unit);
/* Ticks of one unit: 60,000 or 1. */
int64_t bm_clock_unit_ticks(enum bm_clock_unit unit);

enum bm_ends { BM_ENDS_MIDNIGHT, BM_ENDS_BUSINESS, BM_ends_COUNT };
/* "midnight", "business". */
extern const char *const bm_ends_names[BM_ends_COUNT];

struct bm_axis {
    enum bm_clock_unit unit;
    enum bm_ends ends;                  /* of days */
    const struct bm_calendar *calendar; /* NULL for minutes */
};

/* BM_OUT_OF_RANGE when the instant, or the one that is sought, lies outside of what the calendar can count over, or
 * past the year 9999.  O(1) and O(log days), with the zone's O(log transitions). */
BM_MUST_USE enum bm_code bm_axis_ticks(const struct bm_axis *axis, int64_t at_ms, int64_t *ret_ticks,
                                       struct bm_fault *fault);
BM_MUST_USE enum bm_code bm_axis_until(const struct bm_axis *axis, int64_t ticks, int64_t *ret_at_ms,
                                       struct bm_fault *fault);

#endif
