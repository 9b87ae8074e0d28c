#include "procedure/calendar.h"

#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/time.h"
#include "procedure/calendar_private.h"

const char *const bm_day_class_names[BM_day_class_COUNT] = {"worked",  "rest",      "off",
                                                            "make_up", "local_off", "local_work"};

#define DAY_MS INT64_C(86400000)
enum { MINUTE_MS = 60000 };

void bm_calendar_free(struct bm_calendar *calendar) {
    if (!calendar) return;
    bm_free(calendar->entries);
    bm_free(calendar->worked_days);
    bm_free(calendar->worked_s);
    bm_free(calendar->hours);
    bm_free(calendar->sources);
    bm_free(calendar);
}

enum bm_code bm_calendar_find(const struct bm_calendar *const *calendars, size_t count,
                              const char *name, const struct bm_calendar **ret_calendar,
                              struct bm_fault *fault) {
    for (size_t i = 0; i < count; i++) {
        if (strcmp(calendars[i]->name, name) == 0) {
            *ret_calendar = calendars[i];
            return BM_OK;
        }
    }
    return bm_fault_set(fault, BM_NOT_FOUND, "calendar",
                        "there is no calendar \"%.47s\"; load it before a clock counts on it",
                        name);
}

const char *bm_calendar_name(const struct bm_calendar *calendar) {
    return calendar->name;
}
uint32_t bm_calendar_edition(const struct bm_calendar *calendar) {
    return calendar->edition;
}
const struct bm_zone *bm_calendar_zone(const struct bm_calendar *calendar) {
    return calendar->zone;
}
void bm_calendar_cover(const struct bm_calendar *calendar, int32_t *ret_from_day,
                       int32_t *ret_to_day) {
    *ret_from_day = calendar->covers_from;
    *ret_to_day = calendar->covers_to;
}
void bm_calendar_reach(const struct bm_calendar *calendar, int32_t *ret_first_day,
                       int32_t *ret_last_day) {
    *ret_first_day = calendar->first_day;
    *ret_last_day = calendar->first_day + calendar->days - 1;
}

bool bm_calendar_has_day(const struct bm_calendar *calendar, int32_t day) {
    return day >= calendar->first_day && day - calendar->first_day < calendar->days;
}

bool bm_calendar_has(const struct bm_calendar *calendar, int64_t at_ms) {
    /* Civil days are within two of those of UTC; only near the edges does the zone need asking. */
    int64_t day = at_ms / DAY_MS - (at_ms % DAY_MS < 0);
    int64_t last = (int64_t)calendar->first_day + calendar->days - 1;
    if (day < calendar->first_day - 2 || day > last + 2) return false;
    if (day > calendar->first_day + 2 && day < last - 2) return true;
    return bm_calendar_has_day(calendar, bm_zone_day_of(calendar->zone, at_ms));
}

static const struct bm_calendar_entry *entry(const struct bm_calendar *calendar, int32_t day) {
    BM_CHECK(bm_calendar_has_day(calendar, day));
    return &calendar->entries[day - calendar->first_day];
}

enum bm_code bm_calendar_day(const struct bm_calendar *calendar, int32_t day,
                             struct bm_day_info *ret_info, struct bm_fault *fault) {
    if (!bm_calendar_has_day(calendar, day)) {
        char first[BM_DATE_TEXT_BYTES], last[BM_DATE_TEXT_BYTES];
        bm_date_text(calendar->first_day, first);
        bm_date_text(calendar->first_day + calendar->days - 1, last);
        return bm_fault_set(fault, BM_OUT_OF_RANGE, "day",
                            "calendar %s counts from %s to %s; load an edition that covers more",
                            calendar->name, first, last);
    }
    const struct bm_calendar_entry *at = entry(calendar, day);
    *ret_info = (struct bm_day_info){
        .day_class = at->day_class,
        .worked = at->hours != 0,
        .covered = day >= calendar->covers_from && day <= calendar->covers_to,
        .hours = &calendar->hours[at->hours],
        .source = calendar->sources[at->source],
    };
    return BM_OK;
}

bool bm_calendar_works(const struct bm_calendar *calendar, int32_t day) {
    return entry(calendar, day)->hours != 0;
}

void bm_calendar_span(const struct bm_calendar *calendar, int32_t day,
                      const struct bm_day_span *span, int64_t *ret_from_ms, int64_t *ret_to_ms) {
    int64_t midnight = day * DAY_MS;
    int64_t begins = bm_zone_day_start_ms(calendar->zone, day);
    int64_t from = bm_zone_instant_ms(calendar->zone, midnight + span->from_min * MINUTE_MS, NULL);
    int64_t to = bm_zone_instant_ms(calendar->zone, midnight + span->to_min * MINUTE_MS, NULL);
    *ret_from_ms = from > begins ? from : begins;
    *ret_to_ms = to > begins ? to : begins;
}

int64_t bm_calendar_end_ms(const struct bm_calendar *calendar, int32_t day, bool at_midnight) {
    const struct bm_day_hours *hours = &calendar->hours[entry(calendar, day)->hours];
    int32_t minute = hours->count ? hours->spans[hours->count - 1].to_min : BM_CALENDAR_MINUTES;
    if (at_midnight || minute == BM_CALENDAR_MINUTES) {
        return bm_zone_day_start_ms(calendar->zone, day + 1) - 1;
    }
    return bm_zone_instant_ms(calendar->zone, day * DAY_MS + (int64_t)minute * MINUTE_MS, NULL);
}

int32_t bm_calendar_worked_before(const struct bm_calendar *calendar, int32_t day) {
    BM_CHECK(day >= calendar->first_day && day - calendar->first_day <= calendar->days);
    return calendar->worked_days[day - calendar->first_day];
}

bool bm_calendar_nth_worked(const struct bm_calendar *calendar, int64_t nth, int32_t *ret_day) {
    if (nth < 1 || nth > calendar->worked_days[calendar->days]) return false;
    int32_t low = 0, high = calendar->days - 1; /* the last day before which fewer than nth lie */
    while (low < high) {
        int32_t middle = low + (high - low + 1) / 2;
        if (calendar->worked_days[middle] < nth)
            low = middle;
        else
            high = middle - 1;
    }
    *ret_day = calendar->first_day + low;
    return true;
}

int64_t bm_calendar_worked_ms(const struct bm_calendar *calendar, int64_t at_ms) {
    int32_t day = bm_zone_day_of(calendar->zone, at_ms);
    const struct bm_day_hours *hours = &calendar->hours[entry(calendar, day)->hours];
    int64_t worked = (int64_t)calendar->worked_s[day - calendar->first_day] * 1000;
    for (uint32_t i = 0; i < hours->count; i++) {
        int64_t from, to;
        bm_calendar_span(calendar, day, &hours->spans[i], &from, &to);
        if (at_ms <= from) break;
        worked += (at_ms < to ? at_ms : to) - from;
    }
    return worked;
}

bool bm_calendar_worked_until(const struct bm_calendar *calendar, int64_t worked_ms,
                              int64_t *ret_at_ms) {
    if (worked_ms < 0 || worked_ms > (int64_t)calendar->worked_s[calendar->days] * 1000)
        return false;
    int32_t low = 0, high = calendar->days - 1; /* the last day before which less has been worked */
    while (low < high) {
        int32_t middle = low + (high - low + 1) / 2;
        if ((int64_t)calendar->worked_s[middle] * 1000 < worked_ms)
            low = middle;
        else
            high = middle - 1;
    }
    int32_t day = calendar->first_day + low;
    int64_t left = worked_ms - (int64_t)calendar->worked_s[low] * 1000;
    int64_t at = bm_zone_day_start_ms(calendar->zone, day);
    const struct bm_day_hours *hours = &calendar->hours[calendar->entries[low].hours];
    for (uint32_t i = 0; i < hours->count && left > 0; i++) {
        int64_t from, to;
        bm_calendar_span(calendar, day, &hours->spans[i], &from, &to);
        int64_t worked = to - from < left ? to - from : left;
        if (worked > 0) at = from + worked;
        left -= worked > 0 ? worked : 0;
    }
    BM_CHECK(left == 0);
    *ret_at_ms = at;
    return true;
}
