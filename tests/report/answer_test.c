/* Answer times: each figure against numbers worked out by hand, and percentiles against a plain recomputation. */
#include "testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "report/answer.h"

enum { HOUR_MS = 3600000 };
static const int64_t BEGAN = INT64_C(1700006400000); /* a full hour */

static struct bm_contact call_at(int64_t rang_at_ms, int64_t waited_ms, uint64_t operator_id) {
    struct bm_contact contact;
    bm_shape_clear(bm_table_shape(BM_T_CONTACT), &contact);
    contact.channel = BM_CHANNEL_CALL;
    contact.state = BM_CONTACT_ANSWERED;
    contact.rang_at_ms = contact.received_at_ms = rang_at_ms;
    contact.answered_at_ms = rang_at_ms + waited_ms;
    contact.operator_id.v = operator_id;
    snprintf(contact.line, sizeof contact.line, "110");
    return contact;
}

static void take(struct bm_answer_report *report, struct bm_contact contact) {
    struct bm_fault fault;
    assert_int_equal(bm_answer_take(report, &contact, &fault), BM_OK);
}

/* Twenty calls: 14 answered (waits 1, 2, .. 10, 15, 16, 20, 60 s), 3 abandoned after 4, 10 and 11 s, one rings, one was over
 * without either, one was answered before it rang; and a text, a silent call, and two of another day. */
static void take_twenty(struct bm_answer_report *report) {
    static const int waits_s[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 15, 16, 20, 60};
    static const int given_up_s[] = {4, 10, 11};
    for (size_t i = 0; i < sizeof waits_s / sizeof waits_s[0]; i++) {
        struct bm_contact contact = call_at(BEGAN + (int64_t)i * 1000, waits_s[i] * 1000, 7 + i % 2);
        contact.result = i < 3 ? BM_RESULT_NUISANCE : i < 5 ? BM_RESULT_MISDIAL : i < 6 ? BM_RESULT_SILENT : BM_RESULT_CASE;
        take(report, contact);
    }
    for (size_t i = 0; i < sizeof given_up_s / sizeof given_up_s[0]; i++) {
        struct bm_contact contact = call_at(BEGAN + HOUR_MS, 0, 0);
        contact.state = BM_CONTACT_ABANDONED;
        contact.answered_at_ms = BM_AT_NONE;
        contact.abandoned_at_ms = contact.rang_at_ms + given_up_s[i] * 1000;
        take(report, contact);
    }
    struct bm_contact contact = call_at(BEGAN + HOUR_MS, 0, 0);
    contact.answered_at_ms = BM_AT_NONE;
    contact.state = BM_CONTACT_RINGING;
    take(report, contact);
    contact.state = BM_CONTACT_ENDED;
    take(report, contact);
    take(report, call_at(BEGAN + HOUR_MS, -1, 7));
    contact.channel = BM_CHANNEL_TEXT;
    contact.rang_at_ms = BM_AT_NONE;
    take(report, contact);
    contact.channel = BM_CHANNEL_SILENT;
    take(report, contact);
    take(report, call_at(BEGAN - 1, 1000, 7));
    take(report, call_at(BEGAN + 2 * HOUR_MS, 1000, 7));
}

static struct bm_answer_report asked_by(enum bm_answer_by by) {
    struct bm_answer_report report = {
        .asked = {.from_at_ms = BEGAN, .to_at_ms = BEGAN + 2 * HOUR_MS, .short_ms = 10000, .by = by}};
    report.asked.band_count = bm_band_presets(&report.asked.bands);
    return report;
}

static void twenty_calls_come_to_figures_by_hand(void **state) {
    (void)state;
    struct bm_answer_report report = asked_by(BM_ANSWER_BY_ALL);
    take_twenty(&report);
    struct bm_buf buf = bm_buf_make(1u << 20);
    bm_answer_write(&report, &buf);
    const char *text = bm_buf_c_text(&buf);
    const struct bm_answer_group *all = &report.all;
    assert_int_equal(all->offered, 20);
    assert_int_equal(all->answered, 14);
    assert_int_equal(all->abandoned, 3);
    assert_int_equal(all->abandoned_short, 2);
    assert_int_equal(all->ringing, 1);
    assert_int_equal(all->elsewhere, 1);
    assert_int_equal(all->out_of_order, 1);
    assert_int_equal(report.left_out[BM_CHANNEL_TEXT], 1);
    assert_int_equal(report.left_out[BM_CHANNEL_SILENT], 1);
    assert_int_equal(all->results[BM_RESULT_NUISANCE], 3);
    assert_int_equal(all->results[BM_RESULT_MISDIAL], 2);
    assert_int_equal(all->results[BM_RESULT_SILENT], 1);
    /* of 14: the 7th, the ceil(12.6) = 13th, the ceil(13.3) = 14th */
    assert_non_null(strstr(text, "\"median_ms\":7000,\"p90_ms\":20000,\"p95_ms\":60000,\"longest_ms\":60000"));
    /* within 15 s 11 of 14, within 20 s 13 of 14; with the one who gave up after 11 s of 15 */
    assert_non_null(strstr(text, "{\"numerator\":11,\"denominator\":14,\"denominator_offered\":15,\"held\":false}"));
    assert_non_null(strstr(text, "{\"numerator\":13,\"denominator\":14,\"denominator_offered\":15,\"held\":false}"));
    assert_non_null(strstr(text, "\"left_out\":{\"text\":1,\"silent_call\":1}"));
    bm_buf_free(&buf);
    bm_answer_free(&report);
}

static void groups_add_up_to_all(void **state) {
    (void)state;
    for (unsigned by = BM_ANSWER_BY_HOUR; by < BM_answer_by_COUNT; by++) {
        struct bm_answer_report report = asked_by((enum bm_answer_by)by);
        uint64_t offered = 0, answered = 0;
        take_twenty(&report);
        for (size_t g = 0; g < report.group_count; g++) {
            offered += report.groups[g].offered;
            answered += report.groups[g].answered;
        }
        assert_int_equal(offered, report.all.offered);
        assert_int_equal(answered, report.all.answered);
        if (by == BM_ANSWER_BY_HOUR) {
            assert_int_equal(report.group_count, 2);
            assert_int_equal(report.groups[0].at_ms, BEGAN);
            assert_int_equal(report.groups[0].offered, 14);
        }
        if (by == BM_ANSWER_BY_OPERATOR) assert_int_equal(report.group_count, 3); /* nobody, 7, 8 */
        bm_answer_free(&report);
    }
}

/* A day begins at midnight of the desk's clock, before 1970 as well. */
static void days_are_those_of_the_desk(void **state) {
    (void)state;
    struct bm_answer_report report = asked_by(BM_ANSWER_BY_DAY);
    report.asked.from_at_ms = -BM_AT_MAX;
    report.asked.zone_ms = 8 * HOUR_MS;
    take(&report, call_at(16 * HOUR_MS - 1, 1, 7)); /* 23:59:59.999 in Beijing */
    take(&report, call_at(16 * HOUR_MS, 1, 7));     /* midnight */
    take(&report, call_at(-8 * HOUR_MS - 1, 1, 7));
    assert_int_equal(report.group_count, 3);
    assert_int_equal(report.groups[0].at_ms, -32 * HOUR_MS);
    assert_int_equal(report.groups[1].at_ms, -8 * HOUR_MS);
    assert_int_equal(report.groups[2].at_ms, 16 * HOUR_MS);
    bm_answer_free(&report);
}

/* The nearest rank by counting: the smallest value with at least p % of all at or below it. */
static int64_t rank_by_counting(const int64_t *values, size_t count, unsigned percent) {
    int64_t best = INT64_MAX;
    for (size_t i = 0; i < count; i++) {
        size_t below = 0;
        for (size_t k = 0; k < count; k++) below += values[k] <= values[i];
        if (below * 100 >= count * percent && values[i] < best) best = values[i];
    }
    return best;
}

static void percentiles_are_the_nearest_rank(void **state) {
    (void)state;
    struct bm_rng rng = {42};
    for (size_t count = 1; count < 60; count++) {
        struct bm_sample sample = {0};
        int64_t values[60];
        for (size_t i = 0; i < count; i++) bm_sample_add(&sample, values[i] = (int64_t)bm_rng_below(&rng, 20));
        for (unsigned percent = 1; percent <= 100; percent++) {
            int64_t value;
            assert_true(bm_sample_rank(&sample, percent, &value));
            assert_int_equal(value, rank_by_counting(values, count, percent));
        }
        bm_sample_free(&sample);
    }
    struct bm_sample none = {0};
    int64_t untouched = 5;
    assert_false(bm_sample_rank(&none, 50, &untouched));
    assert_int_equal(untouched, 5);
}

static void too_many_groups_are_refused(void **state) {
    (void)state;
    struct bm_answer_report report = asked_by(BM_ANSWER_BY_HOUR);
    struct bm_fault fault;
    report.asked.from_at_ms = 0;
    report.asked.to_at_ms = BM_AT_MAX;
    for (unsigned i = 0; i < BM_REPORT_GROUPS_MAX; i++) take(&report, call_at((int64_t)i * HOUR_MS, 1, 7));
    struct bm_contact contact = call_at((int64_t)BM_REPORT_GROUPS_MAX * HOUR_MS, 1, 7);
    assert_int_equal(bm_answer_take(&report, &contact, &fault), BM_TOO_MANY);
    assert_string_equal(fault.field, "by");
    bm_answer_free(&report);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(twenty_calls_come_to_figures_by_hand), cmocka_unit_test(groups_add_up_to_all),
        cmocka_unit_test(days_are_those_of_the_desk),           cmocka_unit_test(percentiles_are_the_nearest_rank),
        cmocka_unit_test(too_many_groups_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
