/* How a calendar is made: the week, then notice by notice what they change, then the sums. */
#include <string.h>

#include "base/alloc.h"
#include "base/time.h"
#include "procedure/calendar_private.h"

enum { YEAR_LEAST = 1900, YEAR_MOST = 2200, SOURCES_MAX = 1 << 16, WEEKDAYS = 7 };

/* A calendar in the making. */
struct making {
    struct bm_calendar *calendar;
    const struct bm_calendar_plan *plan;
    struct bm_fault *fault;
    uint8_t make_up;    /* index of those hours */
    uint16_t *acted;    /* per day: the source whose OFF or WORK rule named it last */
    uint16_t *rehoured; /* per day: the same of HOURS rules */
};

static enum bm_code refuse(struct making *making, const char *field, const char *source,
                           const char *what, int32_t day) {
    char date[BM_DATE_TEXT_BYTES];
    bm_date_text(day, date);
    return bm_fault_set(making->fault, BM_BAD_REQUEST, field, "calendar %s, %s%s%s: %s",
                        making->calendar->name, source, *source ? ", " : "", date, what);
}

/* --- hours and sources ------------------------------------------------------------------------ */

static enum bm_code check_hours(struct making *making, const char *field,
                                const struct bm_day_hours *hours) {
    const char *wrong = NULL;
    if (hours->count > BM_CALENDAR_SPANS_MAX) wrong = "a day has at most 6 working spans";
    for (uint32_t i = 0; !wrong && i < hours->count; i++) {
        const struct bm_day_span *span = &hours->spans[i];
        if (span->from_min >= span->to_min) wrong = "a span must end after it begins";
        if (span->to_min > BM_CALENDAR_MINUTES)
            wrong = "a span must end by 24:00; write the rest into the next day";
        if (i > 0 && span->from_min < hours->spans[i - 1].to_min)
            wrong = "spans must rise and not overlap";
    }
    if (!wrong) return BM_OK;
    return bm_fault_set(making->fault, BM_OUT_OF_RANGE, field, "calendar %s: %s",
                        making->calendar->name, wrong);
}

static bool same_hours(const struct bm_day_hours *a, const struct bm_day_hours *b) {
    return a->count == b->count && memcmp(a->spans, b->spans, a->count * sizeof a->spans[0]) == 0;
}

/* The index of such hours, new or not. */
static enum bm_code keep_hours(struct making *making, const char *field,
                               const struct bm_day_hours *hours, uint8_t *ret_index) {
    struct bm_calendar *calendar = making->calendar;
    enum bm_code code = check_hours(making, field, hours);
    if (code) return code;
    uint32_t at = 0;
    while (at < calendar->hours_count && !same_hours(&calendar->hours[at], hours)) at++;
    if (at == BM_CALENDAR_HOURS_MAX) {
        return bm_fault_set(making->fault, BM_TOO_MANY, field,
                            "calendar %s: more than %d different working days; use fewer",
                            calendar->name, BM_CALENDAR_HOURS_MAX);
    }
    if (at == calendar->hours_count) calendar->hours[calendar->hours_count++] = *hours;
    *ret_index = (uint8_t)at;
    return BM_OK;
}

static enum bm_code keep_source(struct making *making, const char *source, uint16_t *ret_index) {
    struct bm_calendar *calendar = making->calendar;
    if (!source || !*source || strlen(source) >= BM_CALENDAR_SOURCE_BYTES) {
        return bm_fault_set(
            making->fault, BM_MISSING_FIELD, "source",
            "calendar %s: every notice needs its source, number and date, of 1 to %d bytes",
            calendar->name, BM_CALENDAR_SOURCE_BYTES - 1);
    }
    uint32_t at = calendar->source_count++;
    snprintf(calendar->sources[at], BM_CALENDAR_SOURCE_BYTES, "%s", source);
    *ret_index = (uint16_t)at;
    return BM_OK;
}

/* --- notices ---------------------------------------------------------------------------------- */

/* A day that a notice of `year` may name: from the December before to the January after. */
static bool in_window(int32_t day, int32_t year) {
    return day >= bm_date_day((struct bm_date){year - 1, 12, 1}) &&
           day <= bm_date_day((struct bm_date){year + 1, 1, 31});
}

static enum bm_code check_rule(struct making *making, const struct bm_day_notice *notice,
                               const struct bm_day_rule *rule) {
    const struct bm_calendar *calendar = making->calendar;
    if (rule->from_day > rule->to_day) {
        return refuse(making, "days", notice->source,
                      "the range ends before it begins; swap the dates", rule->from_day);
    }
    if (!in_window(rule->from_day, notice->year) || !in_window(rule->to_day, notice->year)) {
        return refuse(making, "days", notice->source,
                      "the day is not in the notice's year, nor in the month before or after",
                      rule->from_day);
    }
    if (!bm_calendar_has_day(calendar, rule->from_day) ||
        !bm_calendar_has_day(calendar, rule->to_day)) {
        return refuse(making, "days", notice->source,
                      "the day lies too far from what the calendar covers", rule->from_day);
    }
    if (rule->act == BM_DAYS_HOURS && !rule->hours) {
        return refuse(making, "hours", notice->source, "other hours must say which",
                      rule->from_day);
    }
    if (rule->hours && !rule->hours->count) {
        return refuse(making, "hours", notice->source,
                      "hours without a span; name the day off instead", rule->from_day);
    }
    return BM_OK;
}

static enum bm_code apply_rule(struct making *making, const struct bm_day_notice *notice,
                               uint16_t source, const struct bm_day_rule *rule, bool local) {
    struct bm_calendar *calendar = making->calendar;
    uint8_t hours = rule->act == BM_DAYS_WORK ? making->make_up : 0;
    enum bm_code code = check_rule(making, notice, rule);
    if (!code && rule->hours) code = keep_hours(making, "hours", rule->hours, &hours);
    if (code) return code;
    uint16_t *named = rule->act == BM_DAYS_HOURS ? making->rehoured : making->acted;
    for (int32_t day = rule->from_day; day <= rule->to_day; day++) {
        int32_t at = day - calendar->first_day;
        struct bm_calendar_entry *entry = &calendar->entries[at];
        if (named[at] == source) {
            return refuse(making, "days", notice->source, "the day is named twice in one notice",
                          day);
        }
        named[at] = source;
        if (rule->act == BM_DAYS_HOURS) {
            if (!entry->hours) continue;
            entry->hours = hours;
        } else if (rule->act == BM_DAYS_WORK) {
            *entry = (struct bm_calendar_entry){local ? BM_DAY_LOCAL_WORK : BM_DAY_MAKE_UP, hours,
                                                source};
        } else {
            *entry = (struct bm_calendar_entry){local ? BM_DAY_LOCAL_OFF : BM_DAY_OFF, 0, source};
        }
        entry->source = source;
    }
    return BM_OK;
}

/* Hours rules last, so that a notice may give other hours to a day that it makes a workday. */
static enum bm_code apply_notice(struct making *making, const struct bm_day_notice *notice,
                                 bool local) {
    uint16_t source = 0;
    enum bm_code code = keep_source(making, notice->source, &source);
    if (!code && notice->count > BM_CALENDAR_RULES_MAX) {
        code = bm_fault_set(making->fault, BM_TOO_MANY, "days",
                            "calendar %s, %.95s: more than %d ranges of days",
                            making->calendar->name, notice->source, BM_CALENDAR_RULES_MAX);
    }
    for (int hours = 0; hours < 2; hours++) {
        for (size_t i = 0; i < notice->count && !code; i++) {
            if ((notice->rules[i].act == BM_DAYS_HOURS) != hours) continue;
            code = apply_rule(making, notice, source, &notice->rules[i], local);
        }
    }
    return code;
}

static enum bm_code apply_notices(struct making *making, const struct bm_day_notice *notices,
                                  size_t count, bool local) {
    int32_t before = 0;
    if (count > BM_CALENDAR_NOTICES_MAX) {
        return bm_fault_set(making->fault, BM_TOO_MANY, "notices",
                            "calendar %s: more than %d notices", making->calendar->name,
                            BM_CALENDAR_NOTICES_MAX);
    }
    for (size_t i = 0; i < count; i++) {
        const struct bm_day_notice *notice = &notices[i];
        if (notice->year < YEAR_LEAST || notice->year > YEAR_MOST || notice->year < before) {
            return bm_fault_set(making->fault, BM_OUT_OF_RANGE, "year",
                                "calendar %s: the notice of %d; years must rise and lie in %d..%d",
                                making->calendar->name, (int)notice->year, YEAR_LEAST, YEAR_MOST);
        }
        before = notice->year;
        enum bm_code code = apply_notice(making, notice, local);
        if (code) return code;
    }
    return BM_OK;
}

/* Every year of the cover has its notice, and no notice lies outside. */
static enum bm_code check_cover(struct making *making) {
    const struct bm_calendar_plan *plan = making->plan;
    int32_t from = bm_date_of(plan->covers_from).year, to = bm_date_of(plan->covers_to).year;
    if (!plan->count) return BM_OK;
    for (size_t i = 0; i < plan->count; i++) {
        int32_t year = plan->notices[i].year;
        if (year >= from && year <= to) continue;
        return bm_fault_set(
            making->fault, BM_OUT_OF_RANGE, "year",
            "calendar %s has a notice of %d, but covers %d to %d; move covers_from or covers_to",
            making->calendar->name, (int)year, (int)from, (int)to);
    }
    for (int32_t year = from; year <= to; year++) {
        size_t at = 0;
        while (at < plan->count && plan->notices[at].year != year) at++;
        if (at < plan->count) continue;
        return bm_fault_set(
            making->fault, BM_MISSING_FIELD, "notices",
            "calendar %s covers %d to %d, but has no notice of %d; add it or move covers_to",
            making->calendar->name, (int)from, (int)to, (int)year);
    }
    return BM_OK;
}

/* --- the week --------------------------------------------------------------------------------- */

/* Gives the week's hours to all days that no notice has touched. */
static enum bm_code apply_week(struct making *making, const struct bm_day_hours *week) {
    struct bm_calendar *calendar = making->calendar;
    uint8_t hours[WEEKDAYS];
    for (int i = 0; i < WEEKDAYS; i++) {
        enum bm_code code = keep_hours(making, "week", &week[i], &hours[i]);
        if (code) return code;
    }
    for (int32_t at = 0; at < calendar->days; at++) {
        struct bm_calendar_entry *entry = &calendar->entries[at];
        if (entry->source != BM_SOURCE_NONE) continue;
        entry->hours = hours[bm_date_weekday(calendar->first_day + at)];
        entry->day_class = entry->hours ? BM_DAY_WORKED : BM_DAY_REST;
    }
    return BM_OK;
}

static enum bm_code apply_make_up(struct making *making, const struct bm_day_hours *make_up) {
    struct bm_calendar *calendar = making->calendar;
    uint8_t before = making->make_up;
    enum bm_code code = keep_hours(making, "make_up", make_up, &making->make_up);
    if (code) return code;
    if (!making->make_up) {
        return bm_fault_set(making->fault, BM_MISSING_FIELD, "make_up",
                            "calendar %s: make-up workdays need hours", calendar->name);
    }
    for (int32_t at = 0; at < calendar->days; at++) {
        struct bm_calendar_entry *entry = &calendar->entries[at];
        if (entry->day_class == BM_DAY_MAKE_UP && entry->hours == before)
            entry->hours = making->make_up;
    }
    return BM_OK;
}

static enum bm_code apply_layer(struct making *making, const struct bm_calendar_layer *layer) {
    enum bm_code code = BM_OK;
    if (layer->week) code = apply_week(making, layer->week);
    if (!code && layer->make_up) code = apply_make_up(making, layer->make_up);
    if (!code) code = apply_notices(making, layer->notices, layer->count, true);
    return code;
}

/* --- the sums --------------------------------------------------------------------------------- */

static void sum_up(struct bm_calendar *calendar) {
    int32_t worked = 0;
    uint32_t seconds = 0; /* 40,544 days of 86,400 s and a changed hour here and there fit */
    for (int32_t at = 0; at < calendar->days; at++) {
        struct bm_calendar_entry *entry = &calendar->entries[at];
        int32_t day = calendar->first_day + at;
        /* A day that the zone left out is not worked: nobody lived through it. */
        if (entry->hours && bm_zone_day_start_ms(calendar->zone, day) ==
                                bm_zone_day_start_ms(calendar->zone, day + 1)) {
            *entry = (struct bm_calendar_entry){.day_class = BM_DAY_REST};
        }
        calendar->worked_days[at] = worked;
        calendar->worked_s[at] = seconds;
        worked += entry->hours != 0;
        const struct bm_day_hours *hours = &calendar->hours[entry->hours];
        for (uint32_t i = 0; i < hours->count; i++) {
            int64_t from, to;
            bm_calendar_span(calendar, day, &hours->spans[i], &from, &to);
            seconds += (uint32_t)((to - from) / 1000);
        }
    }
    calendar->worked_days[calendar->days] = worked;
    calendar->worked_s[calendar->days] = seconds;
}

static enum bm_code check_plan(const struct bm_calendar_plan *plan, const char *name,
                               struct bm_fault *fault) {
    if (!name || !*name || strlen(name) >= BM_CALENDAR_NAME_BYTES) {
        return bm_fault_set(fault, BM_MISSING_FIELD, "calendar",
                            "a calendar needs a name of 1 to %d bytes", BM_CALENDAR_NAME_BYTES - 1);
    }
    if (plan->edition == 0) {
        return bm_fault_set(fault, BM_OUT_OF_RANGE, "edition", "calendar %s: editions count from 1",
                            name);
    }
    if (plan->covers_from > plan->covers_to ||
        plan->covers_to - plan->covers_from >= BM_CALENDAR_COVER_MAX) {
        return bm_fault_set(fault, BM_OUT_OF_RANGE, "covers_to",
                            "calendar %s must cover 1 to %d days, covers_to not before covers_from",
                            name, BM_CALENDAR_COVER_MAX);
    }
    if (plan->covers_from < bm_date_day((struct bm_date){YEAR_LEAST, 1, 1}) ||
        plan->covers_to > bm_date_day((struct bm_date){YEAR_MOST, 12, 31})) {
        return bm_fault_set(fault, BM_OUT_OF_RANGE, "covers_from",
                            "calendar %s must lie in the years %d to %d", name, YEAR_LEAST,
                            YEAR_MOST);
    }
    return BM_OK;
}

static struct bm_calendar *new_calendar(const struct bm_calendar_plan *plan, const char *name,
                                        size_t sources, const struct bm_zone *zone) {
    struct bm_calendar *calendar = bm_alloc_zero(1, sizeof *calendar);
    size_t days = (size_t)(plan->covers_to - plan->covers_from + 1) + BM_CALENDAR_BEFORE +
                  BM_CALENDAR_AFTER;
    snprintf(calendar->name, sizeof calendar->name, "%s", name);
    calendar->edition = plan->edition;
    calendar->zone = zone;
    calendar->covers_from = plan->covers_from;
    calendar->covers_to = plan->covers_to;
    calendar->first_day = plan->covers_from - BM_CALENDAR_BEFORE;
    calendar->days = (int32_t)days;
    calendar->entries = bm_alloc_zero(days, sizeof *calendar->entries);
    calendar->worked_days = bm_alloc_zero(days + 1, sizeof *calendar->worked_days);
    calendar->worked_s = bm_alloc_zero(days + 1, sizeof *calendar->worked_s);
    calendar->hours = bm_alloc_zero(BM_CALENDAR_HOURS_MAX, sizeof *calendar->hours);
    calendar->hours_count = calendar->source_count = 1;
    calendar->sources = bm_alloc_zero(sources + 1, sizeof *calendar->sources);
    return calendar;
}

static enum bm_code make(struct making *making, const struct bm_calendar_layer *layers,
                         size_t layer_count) {
    const struct bm_calendar_plan *plan = making->plan;
    enum bm_code code = check_cover(making);
    if (!code) code = apply_week(making, plan->week);
    if (!code) code = apply_make_up(making, &plan->make_up);
    if (!code) code = apply_notices(making, plan->notices, plan->count, false);
    for (size_t i = 0; i < layer_count && !code; i++) code = apply_layer(making, &layers[i]);
    if (!code) sum_up(making->calendar);
    return code;
}

enum bm_code bm_calendar_make(const char *name, const struct bm_calendar_plan *plan,
                              const struct bm_calendar_layer *layers, size_t layer_count,
                              const struct bm_zone *zone, struct bm_calendar **ret_calendar,
                              struct bm_fault *fault) {
    size_t sources = plan->count;
    enum bm_code code = check_plan(plan, name ? name : plan->name, fault);
    if (code) return code;
    if (layer_count > BM_CALENDAR_LAYERS_MAX) {
        return bm_fault_set(fault, BM_TOO_MANY, "layers", "calendar %s: more than %d layers",
                            plan->name, BM_CALENDAR_LAYERS_MAX);
    }
    for (size_t i = 0; i < layer_count; i++) sources += layers[i].count;
    if (sources >= SOURCES_MAX) {
        return bm_fault_set(fault, BM_TOO_MANY, "notices", "calendar %s: more than %d notices",
                            plan->name, SOURCES_MAX);
    }
    struct bm_calendar *calendar = new_calendar(plan, name ? name : plan->name, sources, zone);
    struct making making = {
        .calendar = calendar,
        .plan = plan,
        .fault = fault,
        .acted = bm_alloc_zero((size_t)calendar->days, sizeof *making.acted),
        .rehoured = bm_alloc_zero((size_t)calendar->days, sizeof *making.rehoured)};
    code = make(&making, layers, layer_count);
    bm_free(making.acted);
    bm_free(making.rehoured);
    if (code) {
        bm_calendar_free(calendar);
        return code;
    }
    *ret_calendar = calendar;
    return BM_OK;
}
