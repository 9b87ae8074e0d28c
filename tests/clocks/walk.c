#include "walk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/time.h"

enum { MINUTE_MS = 60000, QUARTER = 15 };

struct walk_place walk_make(const char *zone, int32_t from_day, int32_t to_day,
                            walk_works_fn *works, const void *context,
                            const struct bm_day_hours *hours) {
    char value[64];
    snprintf(value, sizeof value, ":%s", zone);
    setenv("TZ", value, 1);
    tzset();
    size_t days = (size_t)(to_day - from_day);
    struct walk_place place = {.first_minute = (from_day - 1) * INT64_C(1440),
                               .minutes = (int64_t)(days + 2) * 1440,
                               .first_day = from_day,
                               .days = (int32_t)days};
    place.worked = bm_alloc_zero((size_t)place.minutes, 1);
    place.day_begins = bm_alloc_zero(days + 1, sizeof *place.day_begins);
    place.day_works = bm_alloc_zero(days + 1, 1);
    place.day_closes = bm_alloc_zero(days + 1, sizeof *place.day_closes);
    for (size_t i = 0; i <= days; i++) place.day_begins[i] = place.day_closes[i] = -1;
    int64_t high = INT64_MIN; /* the minute after the latest that was shown */
    for (int64_t i = 0; i < place.minutes; i++) {
        static struct tm tm;
        time_t at = (place.first_minute + i) * 60;
        if (i % QUARTER == 0)
            localtime_r(&at, &tm); /* clocks have changed on quarters of an hour since 1970 */
        struct bm_date date = {tm.tm_year + 1900, (uint8_t)(tm.tm_mon + 1), (uint8_t)tm.tm_mday};
        int64_t shown = bm_date_day(date) * INT64_C(1440) + tm.tm_hour * 60 + tm.tm_min +
                        i % QUARTER;
        /* While the clocks repeat an hour, it is still as late as it was when they were put back.
         */
        if (shown < high)
            shown = high;
        else
            high = shown + 1;
        int32_t day = (int32_t)(shown / 1440), of_day = (int32_t)(shown % 1440);
        int32_t index = day - from_day;
        if (index < 0 || index > (int32_t)days) continue;
        if (place.day_begins[index] < 0) place.day_begins[index] = place.first_minute + i;
        place.day_works[index] = works(context, day);
        for (uint32_t s = 0; s < hours->count && place.day_works[index]; s++) {
            if (of_day < hours->spans[s].from_min || of_day >= hours->spans[s].to_min) continue;
            place.worked[i] = 1;
            if (of_day + 1 == hours->spans[hours->count - 1].to_min && place.day_closes[index] < 0)
                place.day_closes[index] = place.first_minute + i + 1;
        }
    }
    return place;
}

void walk_free(struct walk_place *place) {
    bm_free(place->worked);
    bm_free(place->day_begins);
    bm_free(place->day_works);
    bm_free(place->day_closes);
}

/* The last instant of a day that is in time. */
static int64_t day_end(const struct walk_place *place, const struct bm_clock_rule *rule,
                       int32_t index) {
    int64_t close = place->day_closes[index], next = place->day_begins[index + 1];
    bool midnight = rule->ends == BM_ENDS_MIDNIGHT || close < 0 || close == next;
    return midnight ? next * MINUTE_MS - 1 : close * MINUTE_MS;
}

static int32_t day_index(const struct walk_place *place, int64_t at_ms) {
    int32_t index = (int32_t)(at_ms / 86400000) - place->first_day - 2;
    if (index < 0) index = 0;
    while (place->day_begins[index + 1] * MINUTE_MS <= at_ms) index++;
    return index;
}

/* --- minutes ---------------------------------------------------------------------------------- */

static struct walk_end walk_minutes(const struct walk_place *place, const struct walk_case *it,
                                    int64_t now_ms) {
    const struct bm_clock_rule *rule = it->rule;
    struct walk_end end = {.due_ms = INT64_MAX, .rolled_from = INT32_MIN};
    int64_t budget = rule->budget * INT64_C(60000), most = rule->pause_most * INT64_C(60000);
    int64_t at = it->anchor_ms, consumed = 0, paused = 0;
    bool is_paused = false;
    for (int act = 0;;) {
        for (; act < it->count && it->acts[act].at_ms <= at; act++) is_paused = it->acts[act].pause;
        int64_t minute = at / MINUTE_MS, next = (minute + 1) * MINUTE_MS;
        if (act < it->count && it->acts[act].at_ms < next) next = it->acts[act].at_ms;
        if (now_ms > at && now_ms < next) next = now_ms;
        if (minute - place->first_minute >= place->minutes) return end;
        bool counts = rule->unit == BM_IN_MINUTES || place->worked[minute - place->first_minute];
        if (counts && is_paused && paused + (next - at) >= most) { /* the limit: it runs on */
            next = at + (most - paused);
            paused = most;
            is_paused = false;
        } else if (counts && is_paused) {
            paused += next - at;
        } else if (counts) {
            consumed += next - at;
        }
        if (end.due_ms == INT64_MAX && consumed >= budget) end.due_ms = next - (consumed - budget);
        at = next;
        if (at <= now_ms) {
            end.consumed = consumed;
            end.paused = paused;
        }
        if (end.due_ms != INT64_MAX && at > now_ms && act == it->count) return end;
    }
}

/* --- days ------------------------------------------------------------------------------------- */

/* Where the date of a day goes; `from_ms`: since when the clock ran. */
static int64_t rolled(const struct walk_place *place, const struct bm_clock_rule *rule,
                      int32_t index, int64_t from_ms, int32_t *ret_from) {
    int32_t to = index, step = rule->roll == BM_ROLL_NEXT ? 1 : -1;
    *ret_from = INT32_MIN;
    if (rule->roll == BM_ROLL_NONE || place->day_works[index]) return day_end(place, rule, index);
    while (!place->day_works[to]) to += step;
    if (day_end(place, rule, to) <= from_ms) return day_end(place, rule, index);
    *ret_from = place->first_day + index;
    return day_end(place, rule, to);
}

static struct walk_end walk_days(const struct walk_place *place, const struct walk_case *it,
                                 int64_t now_ms) {
    const struct bm_clock_rule *rule = it->rule;
    struct walk_end end = {.due_ms = INT64_MAX, .rolled_from = INT32_MIN};
    int64_t consumed = 0, paused = 0, from_ms = it->anchor_ms;
    bool is_paused = false;
    int act = 0;
    int32_t index = day_index(place, it->anchor_ms);
    if (rule->starts == BM_STARTS_NEXT_DAY)
        from_ms = day_end(place, &(struct bm_clock_rule){0}, index++);
    for (; index < place->days - 40; index++) { /* what may have to roll stays on the tables */
        int64_t ends = day_end(place, rule, index);
        if (ends <= it->anchor_ms) continue;
        for (; act < it->count && it->acts[act].at_ms < ends; act++) {
            is_paused = it->acts[act].pause;
            if (!is_paused && it->acts[act].at_ms > from_ms) from_ms = it->acts[act].at_ms;
        }
        if (ends > now_ms && end.due_ms != INT64_MAX && act == it->count) return end;
        if (rule->unit == BM_IN_CALENDAR_DAYS || place->day_works[index]) {
            consumed += !is_paused;
            paused += is_paused;
        }
        if (is_paused &&
            paused >=
                rule->pause_most) { /* the limit: it runs on; a later resume says nothing new */
            is_paused = false;
            from_ms = ends;
            if (act < it->count && !it->acts[act].pause) act++;
        }
        if (end.due_ms == INT64_MAX && !is_paused && consumed >= rule->budget) {
            int64_t due = rolled(place, rule, index, from_ms, &end.rolled_from);
            bool paused_before = act < it->count && it->acts[act].pause &&
                                 it->acts[act].at_ms < due;
            if (paused_before)
                consumed = rule->budget - 1; /* a day is left */
            else
                end.due_ms = due;
        }
        if (ends <= now_ms) {
            end.consumed = consumed;
            end.paused = paused;
        }
    }
    return end;
}

struct walk_end walk(const struct walk_place *place, const struct walk_case *it, int64_t now_ms) {
    return bm_clock_unit_is_days(it->rule->unit) ? walk_days(place, it, now_ms)
                                                 : walk_minutes(place, it, now_ms);
}
