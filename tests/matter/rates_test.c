/* Rates: what is counted, what is left out and why; each against numbers worked out by hand. */
#include "testing.h"

#include <stdio.h>
#include <string.h>

#include "core/rates.h"
#include "procedure/procedure.h"

static struct bm_case row_of(uint64_t id, enum bm_outcome outcome) {
    struct bm_case row;
    bm_shape_clear(bm_table_shape(BM_T_CASE), &row);
    row.id.v = id;
    snprintf(row.procedure, sizeof row.procedure, "letter");
    row.first_contact_at_ms = 1000;
    row.outcome = (uint8_t)outcome;
    return row;
}

static struct bm_matter matter_of(bool open, uint32_t returns, uint32_t reopens, bool handed, bool asked) {
    struct bm_matter matter;
    bm_shape_clear(bm_table_shape(BM_T_MATTER), &matter);
    matter.category = open ? BM_CATEGORY_WORKING : BM_CATEGORY_FINAL;
    matter.returns = returns;
    matter.reopens = reopens;
    matter.with_agency.v = handed ? 2 : 0;
    if (asked) matter.surveyed_at_ms = 5000;
    return matter;
}

static struct bm_promise promise_of(const char *force, const char *measures, int64_t due, int64_t stopped, int64_t breached) {
    struct bm_promise promise;
    bm_shape_clear(bm_table_shape(BM_T_PROMISE), &promise);
    snprintf(promise.force, sizeof promise.force, "%s", force);
    snprintf(promise.measures, sizeof promise.measures, "%s", measures);
    promise.due_at_ms = due;
    promise.stopped_at_ms = stopped;
    promise.breached_at_ms = breached;
    return promise;
}

static void assert_figure(const struct bm_rates *rates, enum bm_rate rate, uint64_t numerator, uint64_t denominator) {
    assert_int_equal(rates->figures[rate].numerator, numerator);
    assert_int_equal(rates->figures[rate].denominator, denominator);
}

static void matters_are_counted_once_and_duplicates_named(void **state) {
    (void)state;
    struct bm_rates rates = {.from_at_ms = 0, .to_at_ms = 2000, .now_ms = 10000};
    const struct {
        enum bm_outcome outcome;
        bool open;
        uint32_t returns, reopens;
        bool handed;
        uint64_t into;
    } all[] = {{BM_OUTCOME_SOLVED, false, 1, 0, true, 0},    {BM_OUTCOME_EXPLAINED, false, 0, 1, true, 0},
               {BM_OUTCOME_WITHDRAWN, false, 0, 0, false, 0}, {BM_OUTCOME_INVALID, false, 0, 0, false, 0},
               {BM_OUTCOME_AGREEMENT, false, 0, 0, false, 0}, {BM_OUTCOME_NONE, true, 0, 0, false, 0},
               {BM_OUTCOME_DUPLICATE, false, 0, 0, false, 1}};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        struct bm_case row = row_of(i + 1, all[i].outcome);
        struct bm_matter matter = matter_of(all[i].open, all[i].returns, all[i].reopens, all[i].handed, false);
        row.merged_into.v = all[i].into;
        assert_true(bm_rates_counts(&rates, &row));
        bm_rates_matter(&rates, &row, &matter);
    }
    assert_int_equal(rates.matters, 6);
    assert_figure(&rates, BM_RATE_CLOSED, 5, 6);
    assert_int_equal(rates.figures[BM_RATE_CLOSED].left_out[BM_LEFT_OUT_DUPLICATE], 1);
    assert_figure(&rates, BM_RATE_SOLVED, 2, 3);
    assert_int_equal(rates.figures[BM_RATE_SOLVED].left_out[BM_LEFT_OUT_WITHDRAWN], 1);
    assert_int_equal(rates.figures[BM_RATE_SOLVED].left_out[BM_LEFT_OUT_INVALID], 1);
    assert_int_equal(rates.figures[BM_RATE_SOLVED].left_out[BM_LEFT_OUT_OPEN], 1);
    assert_figure(&rates, BM_RATE_RETURNED, 1, 2);
    assert_figure(&rates, BM_RATE_REOPENED, 1, 5);
    /* Every matter is in the denominator or left out, of each of these. */
    for (enum bm_rate rate = BM_RATE_CLOSED; rate <= BM_RATE_SOLVED; rate++) {
        uint64_t sum = rates.figures[rate].denominator;
        for (int w = 0; w < BM_left_out_COUNT; w++) sum += rates.figures[rate].left_out[w];
        assert_int_equal(sum, 7);
    }
}

static void promises_are_kept_broken_or_not_judged_yet(void **state) {
    (void)state;
    struct bm_rates rates = {.to_at_ms = 2000, .now_ms = 10000};
    struct bm_case row = row_of(1, BM_OUTCOME_NONE), joined = row_of(2, BM_OUTCOME_DUPLICATE);
    joined.merged_into.v = 1;
    struct bm_promise kept = promise_of("promised", "unit", 9000, 8000, BM_AT_NONE);
    struct bm_promise late = promise_of("statutory", "desk", 9000, 9500, 9001);
    struct bm_promise overdue = promise_of("promised", "unit", 9999, BM_AT_NONE, BM_AT_NONE); /* its breach is not recorded yet */
    struct bm_promise running = promise_of("promised", "unit", 10000, BM_AT_NONE, BM_AT_NONE);
    struct bm_promise paused = promise_of("promised", "unit", BM_AT_NONE, BM_AT_NONE, BM_AT_NONE);
    struct bm_promise internal = promise_of("internal", "unit", 1, BM_AT_NONE, 2);
    struct bm_promise theirs = promise_of("promised", "citizen", 1, BM_AT_NONE, 2);
    paused.paused = true;
    const struct bm_promise *all[] = {&kept, &late, &overdue, &running, &paused, &internal, &theirs};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) bm_rates_promise(&rates, &row, all[i]);
    bm_rates_promise(&rates, &joined, &late);
    assert_figure(&rates, BM_RATE_ON_TIME, 1, 3);
    assert_int_equal(rates.figures[BM_RATE_ON_TIME].left_out[BM_LEFT_OUT_RUNNING], 1);
    assert_int_equal(rates.figures[BM_RATE_ON_TIME].left_out[BM_LEFT_OUT_PAUSED], 1);
    assert_int_equal(rates.figures[BM_RATE_ON_TIME].left_out[BM_LEFT_OUT_DUPLICATE], 1);
}

static void contacts_and_reporters_are_counted_apart(void **state) {
    (void)state;
    struct bm_rates rates = {.to_at_ms = 2000};
    struct bm_matter open = matter_of(true, 0, 0, false, false), asked = matter_of(false, 0, 0, false, true),
                     unasked = matter_of(false, 0, 0, false, false);
    struct bm_contact contact;
    bm_shape_clear(bm_table_shape(BM_T_CONTACT), &contact);
    bm_rates_contact(&rates, &open, &contact);
    bm_rates_contact(&rates, &asked, &contact);
    bm_rates_contact(&rates, &unasked, &contact);
    contact.identity = (struct bm_bytes){(uint8_t *)"x", 1};
    contact.rating = 5;
    contact.solved = BM_SOLVED_YES;
    bm_rates_contact(&rates, &asked, &contact);
    contact.rating = 4;
    contact.solved = BM_SOLVED_NO;
    bm_rates_contact(&rates, &asked, &contact);
    contact.rating = 3;
    bm_rates_contact(&rates, &asked, &contact);
    assert_int_equal(rates.contacts, 6);
    assert_int_equal(rates.reporters, 3);
    assert_int_equal(rates.matters, 0);
    assert_figure(&rates, BM_RATE_SATISFIED, 2, 3);
    assert_figure(&rates, BM_RATE_SAID_SOLVED, 1, 3);
    assert_int_equal(rates.figures[BM_RATE_SATISFIED].left_out[BM_LEFT_OUT_OPEN], 1);
    assert_int_equal(rates.figures[BM_RATE_SATISFIED].left_out[BM_LEFT_OUT_NOT_RATED], 1);
    assert_int_equal(rates.figures[BM_RATE_SATISFIED].left_out[BM_LEFT_OUT_NOT_ASKED], 1);
}

static void the_period_is_that_of_first_contact(void **state) {
    (void)state;
    struct bm_rates rates = {.from_at_ms = 1000, .to_at_ms = 1001};
    struct bm_case row = row_of(1, BM_OUTCOME_NONE);
    assert_true(bm_rates_counts(&rates, &row));
    row.first_contact_at_ms = 1001;
    assert_false(bm_rates_counts(&rates, &row));
    row.first_contact_at_ms = 1000;
    snprintf(rates.procedure, sizeof rates.procedure, "mediation");
    assert_false(bm_rates_counts(&rates, &row));
    rates.procedure[0] = 0;
    snprintf(row.procedure, sizeof row.procedure, "%s", BM_EMERGENCY);
    assert_false(bm_rates_counts(&rates, &row)); /* incidents have figures of their own */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matters_are_counted_once_and_duplicates_named),
        cmocka_unit_test(promises_are_kept_broken_or_not_judged_yet),
        cmocka_unit_test(contacts_and_reporters_are_counted_apart),
        cmocka_unit_test(the_period_is_that_of_first_contact),
    };
    return cmocka_run_group_tests_name("rates", tests, NULL, NULL);
}
