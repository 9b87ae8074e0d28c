/* Ladders: rungs on the calendar, in order and at most once, after downtime, pauses, extensions. */
#include "testing.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "base/shape.h"
#include "procedure/ladder.h"
#include "support.h"

static struct {
    struct bm_zone *zone;
    struct clocks_book *book;
    struct bm_calendar *cn;
} world;

static int make_world(void **state) {
    (void)state;
    world.zone = clocks_zone("Asia/Shanghai");
    world.book = clocks_read_cn();
    world.cn = clocks_calendar(world.book, world.zone);
    return 0;
}
static int free_world(void **state) {
    (void)state;
    bm_calendar_free(world.cn);
    bm_free(world.book);
    bm_zone_free(world.zone);
    return 0;
}

static int64_t at(const char *text) {
    return clocks_at(world.zone, text);
}

static struct bm_ladder ladder_of(size_t count, const char *const *texts) {
    struct bm_ladder ladder = {.count = (uint32_t)count};
    for (size_t i = 0; i < count; i++) {
        struct bm_fault fault = {0};
        if (bm_rung_read(texts[i], strlen(texts[i]), &ladder.rungs[i], &fault))
            fail_msg("%s", texts[i]);
    }
    return ladder;
}

static const struct bm_clock_rule letter = {.unit = BM_IN_WORKING_DAYS,
                                            .budget = 7,
                                            .calendar = "cn",
                                            .starts = BM_STARTS_NEXT_DAY,
                                            .ends = BM_ENDS_BUSINESS,
                                            .pause_causes = 1u << BM_PAUSE_PARTY,
                                            .pause_most = 20,
                                            .extend_times = 1,
                                            .extend_most = 8};
static const char *const letter_texts[] = {"after 3 working_days", "before 2 working_days",
                                           "at 80 %", "after 0", "after 10 working_days"};
enum { LETTER_RUNGS = sizeof letter_texts / sizeof letter_texts[0] };

static struct bm_clock_state started(const char *anchor) {
    struct bm_clock_state clock;
    assert_int_equal(bm_clock_start(&letter, world.cn, at(anchor), &clock, NULL), BM_OK);
    return clock;
}

static void expect(const struct bm_rung_due *list, size_t count, const char *const *wanted,
                   size_t wanted_count) {
    assert_int_equal(count, wanted_count);
    for (size_t i = 0; i < count; i++) {
        char text[96];
        snprintf(text, sizeof text, "%u %s", list[i].rung, clocks_shown(world.zone, list[i].at_ms));
        assert_string_equal(text, wanted[i]);
    }
}

static void rungs_stand_on_the_calendar_in_order(void **state) {
    (void)state;
    struct bm_ladder ladder = ladder_of(LETTER_RUNGS, letter_texts);
    struct bm_clock_state clock = started(
        "2026-09-28 10:00"); /* 29, 30, 8, 9, 10, 12, 13 October */
    struct bm_rung_due list[BM_RUNGS_DUE_MAX];
    size_t count;
    static const char *const wanted[] = {"1 2026-10-10 18:00:00.000",  "2 2026-10-12 18:00:00.000",
                                         "31 2026-10-13 18:00:00.001", "3 2026-10-13 18:00:00.001",
                                         "0 2026-10-16 18:00:00.000",  "4 2026-10-27 18:00:00.000"};
    assert_int_equal(bm_ladder_instants(&ladder, &clock, &letter, world.cn, list, &count, NULL),
                     BM_OK);
    expect(list, count, wanted, 6);
}

static void after_a_month_of_downtime_all_fire_in_order_and_none_twice(void **state) {
    (void)state;
    struct bm_ladder ladder = ladder_of(LETTER_RUNGS, letter_texts);
    struct bm_clock_state clock = started("2026-09-28 10:00");
    struct bm_rung_due list[BM_RUNGS_DUE_MAX];
    struct bm_fired fired = {0};
    size_t count;
    int64_t next, back = at("2026-11-10 09:00");
    assert_int_equal(bm_ladder_due(&ladder, &clock, &letter, world.cn, fired,
                                   at("2026-10-10 17:59"), list, &count, NULL),
                     BM_OK);
    assert_int_equal(count, 0);
    assert_int_equal(bm_ladder_next(&ladder, &clock, &letter, world.cn, fired, &next, NULL), BM_OK);
    assert_string_equal(clocks_shown(world.zone, next), "2026-10-10 18:00:00.000");
    fired = bm_fired_with(fired, 1); /* before the desk went down */
    static const char *const wanted[] = {"2 2026-10-12 18:00:00.000", "31 2026-10-13 18:00:00.001",
                                         "3 2026-10-13 18:00:00.001", "0 2026-10-16 18:00:00.000",
                                         "4 2026-10-27 18:00:00.000"};
    assert_int_equal(
        bm_ladder_due(&ladder, &clock, &letter, world.cn, fired, back, list, &count, NULL), BM_OK);
    expect(list, count, wanted, 5);
    for (size_t i = 0; i < count; i++) fired = bm_fired_with(fired, list[i].rung);
    assert_int_equal(
        bm_ladder_due(&ladder, &clock, &letter, world.cn, fired, back, list, &count, NULL), BM_OK);
    assert_int_equal(count, 0);
    assert_int_equal(bm_ladder_next(&ladder, &clock, &letter, world.cn, fired, &next, NULL), BM_OK);
    assert_int_equal(next, BM_AT_NONE);
}

/* A desk that looks when it likes, stops between any two firings, and knows afterwards only what
 * was written down. */
static void whenever_the_desk_looks_each_rung_fires_once(void **state) {
    (void)state;
    struct bm_rng rng = {clocks_seed()};
    struct bm_ladder ladder = ladder_of(LETTER_RUNGS, letter_texts);
    for (int round = 0; round < 500; round++) {
        struct bm_clock_state clock = started("2026-09-28 10:00");
        struct bm_fired written = {0};
        uint32_t seen = 0;
        int64_t now = clock.anchor_ms, last = INT64_MIN;
        while (now < at("2026-12-01")) {
            struct bm_rung_due list[BM_RUNGS_DUE_MAX];
            size_t count;
            now += (int64_t)bm_rng_below(&rng, 20 * UINT64_C(86400000));
            assert_int_equal(
                bm_ladder_due(&ladder, &clock, &letter, world.cn, written, now, list, &count, NULL),
                BM_OK);
            size_t until = bm_rng_chance(&rng, 50)
                               ? count
                               : (size_t)bm_rng_below(&rng, count + 1); /* then it dies */
            for (size_t i = 0; i < until; i++) {
                assert_false(seen >> list[i].rung & 1);
                assert_true(list[i].at_ms >= last && list[i].at_ms <= now);
                seen |= UINT32_C(1) << list[i].rung;
                last = list[i].at_ms;
                written = bm_fired_with(written, list[i].rung);
            }
        }
        struct bm_rung_due rest[BM_RUNGS_DUE_MAX];
        size_t count;
        assert_int_equal(
            bm_ladder_due(&ladder, &clock, &letter, world.cn, written, now, rest, &count, NULL),
            BM_OK);
        for (size_t i = 0; i < count; i++) seen |= UINT32_C(1) << rest[i].rung;
        assert_int_equal(seen, 0x1f | UINT32_C(1) << BM_RUNG_BREACH);
    }
}

static void a_paused_clock_climbs_no_rung_and_moves_them_all(void **state) {
    (void)state;
    struct bm_ladder ladder = ladder_of(LETTER_RUNGS, letter_texts);
    struct bm_clock_state clock = started("2026-03-02 10:00");
    struct bm_rung_due list[BM_RUNGS_DUE_MAX];
    size_t count;
    int64_t next;
    assert_int_equal(
        bm_clock_pause(&clock, &letter, world.cn, BM_PAUSE_PARTY, at("2026-03-04 10:00"), NULL),
        BM_OK);
    assert_int_equal(bm_ladder_due(&ladder, &clock, &letter, world.cn, (struct bm_fired){0},
                                   at("2026-03-25"), list, &count, NULL),
                     BM_OK);
    assert_int_equal(count, 0);
    assert_int_equal(
        bm_ladder_next(&ladder, &clock, &letter, world.cn, (struct bm_fired){0}, &next, NULL),
        BM_OK);
    assert_string_equal(clocks_shown(world.zone, next),
                        "2026-03-31 18:00:00.000"); /* the limit of the pause */
    assert_int_equal(bm_clock_resume(&clock, &letter, world.cn, at("2026-03-11 10:00"), NULL),
                     BM_OK);
    static const char *const wanted[] = {"1 2026-03-16 18:00:00.000",  "2 2026-03-17 18:00:00.000",
                                         "31 2026-03-18 18:00:00.001", "3 2026-03-18 18:00:00.001",
                                         "0 2026-03-23 18:00:00.000",  "4 2026-04-01 18:00:00.000"};
    assert_int_equal(bm_ladder_instants(&ladder, &clock, &letter, world.cn, list, &count, NULL),
                     BM_OK);
    expect(list, count, wanted, 6);
    assert_int_equal(bm_clock_stop(&clock, &letter, world.cn, at("2026-03-12 10:00"), NULL), BM_OK);
    assert_int_equal(
        bm_ladder_next(&ladder, &clock, &letter, world.cn, (struct bm_fired){0}, &next, NULL),
        BM_OK);
    assert_int_equal(next, BM_AT_NONE);
}

/* Consumed before the pause: the rung is due when the clock runs again, not before. */
static void a_rung_that_was_passed_is_due_when_the_clock_runs(void **state) {
    (void)state;
    static const char *const texts[] = {"at 10 %"};
    struct bm_ladder ladder = ladder_of(1, texts);
    struct bm_clock_state clock = started("2026-03-02 10:00");
    struct bm_rung_due list[BM_RUNGS_DUE_MAX];
    size_t count;
    assert_int_equal(
        bm_clock_pause(&clock, &letter, world.cn, BM_PAUSE_PARTY, at("2026-03-04 10:00"), NULL),
        BM_OK);
    assert_int_equal(bm_clock_resume(&clock, &letter, world.cn, at("2026-03-05 10:00"), NULL),
                     BM_OK);
    assert_int_equal(bm_ladder_instants(&ladder, &clock, &letter, world.cn, list, &count, NULL),
                     BM_OK);
    assert_int_equal(list[0].rung, 0);
    assert_int_equal(list[0].at_ms, at("2026-03-05 10:00"));
}

static void rungs_before_a_rolled_date_count_from_it(void **state) {
    (void)state;
    static const char *const texts[] = {"before 2 calendar_days", "at 100 %",
                                        "after 1 calendar_days"};
    struct bm_ladder ladder = ladder_of(3, texts);
    struct bm_clock_rule rule = {.unit = BM_IN_CALENDAR_DAYS,
                                 .budget = 15,
                                 .calendar = "cn",
                                 .starts = BM_STARTS_NEXT_DAY,
                                 .roll = BM_ROLL_NEXT};
    struct bm_clock_state clock;
    struct bm_rung_due list[BM_RUNGS_DUE_MAX];
    size_t count;
    assert_int_equal(bm_clock_start(&rule, world.cn, at("2026-09-18 10:00"), &clock, NULL), BM_OK);
    assert_int_equal(bm_ladder_instants(&ladder, &clock, &rule, world.cn, list, &count, NULL),
                     BM_OK);
    static const char *const wanted[] = {"1 2026-10-03 23:59:59.999", "0 2026-10-06 23:59:59.999",
                                         "31 2026-10-09 00:00:00.000", "2 2026-10-09 23:59:59.999"};
    expect(list, count, wanted, 4);
}

static void what_fired_is_carried_to_another_ladder(void **state) {
    (void)state;
    static const char *const texts[] = {"after 0", "before 1 working_days",
                                        "before 2 working_days"};
    struct bm_ladder from = ladder_of(LETTER_RUNGS, letter_texts), to = ladder_of(3, texts);
    struct bm_fired fired = bm_fired_with(bm_fired_with((struct bm_fired){0}, 1), BM_RUNG_BREACH);
    struct bm_fired carried, back;
    struct bm_told told = {.count = 0}, rest;
    assert_int_equal(bm_ladder_carry(&from, fired, &told, &to, &carried, &rest, NULL), BM_OK);
    assert_int_equal(carried.bits, UINT32_C(1) << 2 | UINT32_C(1) << BM_RUNG_BREACH);
    assert_int_equal(rest.count, 0);
    /* What a ladder in between does not have is kept for one that has it again. */
    struct bm_ladder none = {.count = 0};
    assert_int_equal(bm_ladder_carry(&from, fired, &told, &none, &carried, &rest, NULL), BM_OK);
    assert_int_equal(carried.bits, UINT32_C(1) << BM_RUNG_BREACH);
    assert_int_equal(rest.count, 1);
    assert_int_equal(bm_ladder_carry(&none, carried, &rest, &from, &back, &told, NULL), BM_OK);
    assert_int_equal(back.bits, fired.bits);
    assert_int_equal(told.count, 0);
    /* More than are kept: refused, not forgotten. */
    for (rest.count = 0; rest.count < BM_RUNGS_TOLD_MAX; rest.count++)
        rest.rungs[rest.count] = (struct bm_rung){BM_RUNG_AFTER, 100 + rest.count, BM_IN_WORKING_DAYS};
    assert_int_equal(bm_ladder_carry(&from, fired, &rest, &none, &carried, &told, NULL), BM_OUT_OF_RANGE);
}

static void rungs_are_read_strictly(void **state) {
    (void)state;
    static const char *const good[] = {
        "before 2 working_days",    "at 80 %",           "after 0",
        "after 3 working_days",     "before 90 minutes", "after 5 calendar_days",
        "before 30 working_minutes"};
    static const char *const bad[] = {
        "",
        "before",
        "before ",
        "before 2",
        "before 0 minutes",
        "before 2 days",
        "at 80",
        "at %",
        "after",
        "after 3",
        "after 00x",
        "after  0",
        " after 0",
        "after 0 ",
        "at 80 % ",
        "Before 2 minutes",
        "before 2 working_days,",
        "before -2 minutes",
        "before 99999999999 minutes",
        "before 2 working_days or perhaps a little more than that, we will see"};
    struct bm_rung rung;
    struct bm_fault fault = {0};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        char text[BM_RUNG_TEXT_MAX];
        assert_int_equal(bm_rung_read(good[i], strlen(good[i]), &rung, &fault), BM_OK);
        bm_rung_text(&rung, text);
        assert_string_equal(text, good[i]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (bm_rung_read(bad[i], strlen(bad[i]), &rung, &fault) != BM_BAD_REQUEST)
            fail_msg("\"%s\" was read", bad[i]);
        assert_non_null(strstr(fault.detail, "before 2 working_days"));
    }
    assert_int_equal(bm_rung_read("at 80%", 6, &rung, &fault), BM_OK);
}

static void ladders_that_do_not_suit_their_clock_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *a, *b, *words;
    } bad[] = {
        {"before 7 working_days", "after 0", "before the clock starts"},
        {"before 2 calendar_days", "after 0", "unit of its clock"},
        {"at 101 %", "after 0", "1 to 100"},
        {"at 0 %", "after 0", "1 to 100"},
        {"after 0", "after 0", "stands twice"},
        {"after 3651 working_days", "after 0", "further off"},
    };
    struct bm_fault fault = {0};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const char *const texts[] = {bad[i].a, bad[i].b};
        struct bm_ladder ladder = ladder_of(2, texts);
        assert_int_equal(bm_ladder_check(&ladder, &letter, &fault), BM_OUT_OF_RANGE);
        if (!strstr(fault.detail, bad[i].words))
            fail_msg("\"%s\" does not say \"%s\"", fault.detail, bad[i].words);
    }
    struct bm_ladder ladder = ladder_of(LETTER_RUNGS, letter_texts);
    assert_int_equal(bm_ladder_check(&ladder, &letter, &fault), BM_OK);
    ladder.count = BM_RUNGS_MAX + 1;
    assert_int_equal(bm_ladder_check(&ladder, &letter, &fault), BM_TOO_MANY);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rungs_stand_on_the_calendar_in_order),
        cmocka_unit_test(after_a_month_of_downtime_all_fire_in_order_and_none_twice),
        cmocka_unit_test(whenever_the_desk_looks_each_rung_fires_once),
        cmocka_unit_test(a_paused_clock_climbs_no_rung_and_moves_them_all),
        cmocka_unit_test(a_rung_that_was_passed_is_due_when_the_clock_runs),
        cmocka_unit_test(rungs_before_a_rolled_date_count_from_it),
        cmocka_unit_test(what_fired_is_carried_to_another_ladder),
        cmocka_unit_test(rungs_are_read_strictly),
        cmocka_unit_test(ladders_that_do_not_suit_their_clock_are_refused),
    };
    return cmocka_run_group_tests_name("ladder", tests, make_world, free_world);
}
