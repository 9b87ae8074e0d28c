#include "procedure/axis.h"

#include "base/check.h"
#include "base/shape.h"
#include "base/time.h"

const char *const bm_clock_unit_names[BM_clock_unit_COUNT] = {"minutes", "calendar_days",
                                                              "working_days", "working_minutes"};
const char *const bm_ends_names[BM_ends_COUNT] = {"midnight", "business"};

#define AT_LEAST INT64_C(-62167219200000) /* 0000-01-01 */

bool bm_clock_unit_is_days(enum bm_clock_unit unit) {
    return unit == BM_IN_CALENDAR_DAYS || unit == BM_IN_WORKING_DAYS;
}

int64_t bm_clock_unit_ticks(enum bm_clock_unit unit) {
    return bm_clock_unit_is_days(unit) ? 1 : 60000;
}

static enum bm_code out_of_reach(const struct bm_axis *axis, struct bm_fault *fault) {
    if (!axis->calendar) {
        return bm_fault_set(fault, BM_OUT_OF_RANGE, "at",
                            "an instant outside of the years 0 to 9999");
    }
    int32_t first, last;
    char from[BM_DATE_TEXT_BYTES], to[BM_DATE_TEXT_BYTES];
    bm_calendar_reach(axis->calendar, &first, &last);
    bm_date_text(first, from);
    bm_date_text(last, to);
    return bm_fault_set(fault, BM_OUT_OF_RANGE, "calendar",
                        "calendar %s counts from %s to %s, and this leads outside; load an edition "
                        "that covers more",
                        bm_calendar_name(axis->calendar), from, to);
}

/* Days of the calendar that count before `day`. */
static int64_t days_before(const struct bm_axis *axis, int32_t day) {
    if (axis->unit == BM_IN_WORKING_DAYS) return bm_calendar_worked_before(axis->calendar, day);
    int32_t first, last;
    bm_calendar_reach(axis->calendar, &first, &last);
    return day - first;
}

static int64_t days_ended(const struct bm_axis *axis, int64_t at_ms) {
    int32_t day = bm_zone_day_of(bm_calendar_zone(axis->calendar), at_ms);
    bool counts = axis->unit == BM_IN_CALENDAR_DAYS || bm_calendar_works(axis->calendar, day);
    bool ended = counts &&
                 bm_calendar_end_ms(axis->calendar, day, axis->ends == BM_ENDS_MIDNIGHT) <= at_ms;
    return days_before(axis, day) + ended;
}

enum bm_code bm_axis_ticks(const struct bm_axis *axis, int64_t at_ms, int64_t *ret_ticks,
                           struct bm_fault *fault) {
    if (at_ms < AT_LEAST || at_ms > BM_AT_MAX) return out_of_reach(axis, fault);
    if (axis->unit == BM_IN_MINUTES) {
        *ret_ticks = at_ms;
        return BM_OK;
    }
    BM_CHECK(axis->calendar);
    if (!bm_calendar_has(axis->calendar, at_ms)) return out_of_reach(axis, fault);
    *ret_ticks = axis->unit == BM_IN_WORKING_MINUTES ? bm_calendar_worked_ms(axis->calendar, at_ms)
                                                     : days_ended(axis, at_ms);
    return BM_OK;
}

/* The end of the day that makes the count full. */
static bool days_until(const struct bm_axis *axis, int64_t ticks, int64_t *ret_at_ms) {
    int32_t first, last, day;
    bm_calendar_reach(axis->calendar, &first, &last);
    if (axis->unit == BM_IN_WORKING_DAYS) {
        if (!bm_calendar_nth_worked(axis->calendar, ticks, &day)) return false;
    } else {
        if (ticks < 1 || ticks > (int64_t)last - first + 1) return false;
        day = (int32_t)(first + ticks - 1);
    }
    *ret_at_ms = bm_calendar_end_ms(axis->calendar, day, axis->ends == BM_ENDS_MIDNIGHT);
    return true;
}

enum bm_code bm_axis_until(const struct bm_axis *axis, int64_t ticks, int64_t *ret_at_ms,
                           struct bm_fault *fault) {
    bool found;
    if (axis->unit == BM_IN_MINUTES) {
        found = ticks >= AT_LEAST && ticks <= BM_AT_MAX;
        if (found) *ret_at_ms = ticks;
    } else {
        BM_CHECK(axis->calendar);
        found = axis->unit == BM_IN_WORKING_MINUTES
                    ? bm_calendar_worked_until(axis->calendar, ticks, ret_at_ms)
                    : days_until(axis, ticks, ret_at_ms);
    }
    return found ? BM_OK : out_of_reach(axis, fault);
}
