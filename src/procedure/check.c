#include "procedure/check.h"

#include <stdio.h>

#include "procedure/checking.h"

const char *bm_check_name(uint32_t check) {
    static const char *const names[BM_CHECK_COUNT + 1] = {[1] = "the file reads",
                                                          [2] = "names are unique",
#define NAME(number, name, words) [number] = words,
                                                          BM_CHECKS(NAME)
#undef NAME
    };
    return check <= BM_CHECK_COUNT && names[check] ? names[check] : "";
}

struct bm_check_name_text bm_check_state(const struct bm_procedure *procedure, uint16_t state) {
    struct bm_check_name_text text;
    snprintf(text.text, sizeof text.text, "state %s",
             state == BM_NO_INDEX ? "(none)" : procedure->states[state].name);
    return text;
}

struct bm_check_name_text bm_check_row(const struct bm_procedure *procedure,
                                       const struct bm_row_def *row) {
    struct bm_check_name_text text;
    snprintf(text.text, sizeof text.text, "%s %s, event %s",
             row->state == BM_NO_INDEX ? "region" : "state",
             row->state == BM_NO_INDEX ? bm_region_words[row->region]
                                       : procedure->states[row->state].name,
             procedure->events[row->event].name);
    return text;
}

struct bm_check_name_text bm_check_clock(const struct bm_procedure *procedure,
                                         const struct bm_clock_def *clock) {
    struct bm_check_name_text text;
    (void)procedure;
    snprintf(text.text, sizeof text.text, "clock %s", clock->name);
    return text;
}

/* The working day that is assumed: eight hours. */
enum { DAY_MINUTES = 1440, WORKING_DAY_MINUTES = 480, HOLIDAY_DAYS = 11 };

uint64_t bm_span_at_least(struct bm_span span) {
    if (span.unit == BM_MEASURE_MINUTES || span.unit == BM_MEASURE_WORKING_MINUTES)
        return span.amount;
    return (uint64_t)span.amount * DAY_MINUTES;
}

uint64_t bm_span_at_most(struct bm_span span) {
    if (span.unit == BM_MEASURE_MINUTES) return span.amount;
    if (span.unit == BM_MEASURE_CALENDAR_DAYS) return (uint64_t)span.amount * DAY_MINUTES;
    uint64_t days = span.amount;
    if (span.unit == BM_MEASURE_WORKING_MINUTES)
        days = (span.amount + WORKING_DAY_MINUTES - 1) / WORKING_DAY_MINUTES;
    return ((days * 7 + 4) / 5 + HOLIDAY_DAYS) * DAY_MINUTES;
}

void bm_check_procedure(const struct bm_procedure *procedure,
                        const struct bm_check_options *options, struct bm_findings *findings,
                        struct bm_check_result *ret_result) {
    *ret_result = (struct bm_check_result){.rows = procedure->row_count};
    struct bm_checking checking = {.procedure = procedure,
                                   .options = options,
                                   .findings = findings,
                                   .result = ret_result,
                                   .reopened = BM_NO_INDEX};
    checking.complete = bm_checking_lay_out(&checking);
    ret_result->configurations = checking.configuration_count;
    if (checking.complete) {
#define RUN(number, name, words) bm_check_##name(&checking);
        BM_CHECKS(RUN)
#undef RUN
    }
    bm_checking_free(&checking);
}
