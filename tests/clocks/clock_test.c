/* Clocks: counting rules, pauses, extensions, rebinding, editions of calendars; and, by name, what
 * went wrong in other people's clocks. */
#include "testing.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/shape.h"
#include "base/time.h"
#include "procedure/clock.h"
#include "procedure/ladder.h"
#include "support.h"

/* --- a small world
 * -------------------------------------------------------------------------------- */

/* China's calendar through 2026, and the same by a notice of 2027 that was made up for these tests.
 */
static struct {
    struct bm_zone *zone;
    struct clocks_book *book, *next_book;
    struct bm_calendar *cn, *cn_next;
} world;

static int make_world(void **state) {
    (void)state;
    static struct bm_day_rule rules[3];
    world.zone = clocks_zone("Asia/Shanghai");
    world.book = clocks_read_cn();
    world.cn = clocks_calendar(world.book, world.zone);
    world.next_book = clocks_read_cn();
    struct bm_calendar_plan *plan = &world.next_book->plan;
    rules[0] = (struct bm_day_rule){clocks_day("2027-01-01"), clocks_day("2027-01-03"), BM_DAYS_OFF,
                                    NULL};
    rules[1] = (struct bm_day_rule){clocks_day("2027-02-05"), clocks_day("2027-02-11"), BM_DAYS_OFF,
                                    NULL};
    rules[2] = (struct bm_day_rule){clocks_day("2026-12-27"), clocks_day("2026-12-27"),
                                    BM_DAYS_WORK, NULL};
    world.next_book->notices[plan->count++] = (struct bm_day_notice){
        2027, "made-up notice, 2026-11-20", rules, 3};
    plan->edition = 2;
    plan->covers_to = clocks_day("2027-12-31");
    world.cn_next = clocks_calendar(world.next_book, world.zone);
    return 0;
}

static int free_world(void **state) {
    (void)state;
    bm_calendar_free(world.cn);
    bm_calendar_free(world.cn_next);
    bm_free(world.book);
    bm_free(world.next_book);
    bm_zone_free(world.zone);
    return 0;
}

static int64_t at(const char *text) {
    return clocks_at(world.zone, text);
}

static struct bm_clock_rule rule_of(enum bm_clock_unit unit, uint32_t budget) {
    return (struct bm_clock_rule){.unit = unit,
                                  .budget = budget,
                                  .calendar = "cn",
                                  .starts = bm_clock_unit_is_days(unit) ? BM_STARTS_NEXT_DAY
                                                                        : BM_STARTS_SAME_DAY,
                                  .pause_causes = 1u << BM_PAUSE_HEARING | 1u << BM_PAUSE_PARTY,
                                  .pause_most = 10 * (bm_clock_unit_is_days(unit) ? 1 : 1440),
                                  .extend_times = 1,
                                  .extend_most = budget};
}

static struct bm_clock_state started(const struct bm_clock_rule *rule, const char *anchor) {
    struct bm_clock_state clock;
    struct bm_fault fault = {0};
    if (bm_clock_start(rule, world.cn, at(anchor), &clock, &fault))
        fail_msg("%s: %s", fault.field, fault.detail);
    return clock;
}

static struct bm_clock_due due_of(const struct bm_clock_state *clock,
                                  const struct bm_clock_rule *rule) {
    struct bm_clock_due due;
    assert_int_equal(bm_clock_due(clock, rule, world.cn, &due, NULL), BM_OK);
    return due;
}

#define ASSERT_DUE(clock, rule, text)                                                              \
    assert_string_equal(clocks_shown(world.zone, due_of(clock, rule).at_ms), text)
#define PAUSE(clock, rule, when)                                                                   \
    assert_int_equal(bm_clock_pause(clock, rule, world.cn, BM_PAUSE_HEARING, at(when), NULL), BM_OK)
#define RESUME(clock, rule, when)                                                                  \
    assert_int_equal(bm_clock_resume(clock, rule, world.cn, at(when), NULL), BM_OK)

static int64_t measured(const struct bm_clock_state *clock, const struct bm_clock_rule *rule,
                        const char *when) {
    int64_t ticks = -1;
    assert_int_equal(bm_clock_measure(clock, rule, world.cn, at(when), &ticks, NULL), BM_OK);
    return ticks;
}

static bool late(const struct bm_clock_state *clock, const struct bm_clock_rule *rule,
                 int64_t now_ms) {
    bool is_late = false;
    assert_int_equal(bm_clock_late(clock, rule, world.cn, now_ms, &is_late, NULL), BM_OK);
    return is_late;
}

/* --- counting
 * ------------------------------------------------------------------------------------- */

/* Wednesday 30 September 2026, 17:00: National Day is off to 7 October, Saturday the 10th is
 * worked. */
static void working_days_skip_the_holiday_and_count_the_make_up_day(void **state) {
    (void)state;
    struct bm_clock_rule rule = rule_of(BM_IN_WORKING_DAYS, 5);
    struct bm_clock_state clock = started(&rule, "2026-09-30 17:00");
    ASSERT_DUE(&clock, &rule, "2026-10-13 23:59:59.999"); /* 8, 9, 10, 12, 13 */
    assert_int_equal(due_of(&clock, &rule).day, clocks_day("2026-10-13"));
    rule.ends = BM_ENDS_BUSINESS;
    ASSERT_DUE(&clock, &rule, "2026-10-13 18:00:00.000");
    rule.starts = BM_STARTS_SAME_DAY;
    ASSERT_DUE(&clock, &rule, "2026-10-12 18:00:00.000");
    assert_false(due_of(&clock, &rule).provisional);
    clock = started(&rule, "2026-09-30 18:00"); /* the day has ended */
    ASSERT_DUE(&clock, &rule, "2026-10-13 18:00:00.000");
    clock = started(&rule, "2026-10-02 09:00"); /* on a day off */
    ASSERT_DUE(&clock, &rule, "2026-10-13 18:00:00.000");
}

static void calendar_days_roll_and_name_the_rule(void **state) {
    (void)state;
    struct bm_clock_rule rule = rule_of(BM_IN_CALENDAR_DAYS, 15);
    struct bm_clock_state clock = started(&rule, "2026-09-18 10:00");
    ASSERT_DUE(&clock, &rule, "2026-10-03 23:59:59.999");
    assert_int_equal(due_of(&clock, &rule).rolled, BM_ROLL_NONE);
    rule.roll = BM_ROLL_NEXT;
    ASSERT_DUE(&clock, &rule, "2026-10-08 23:59:59.999");
    rule.roll = BM_ROLL_PREVIOUS;
    ASSERT_DUE(&clock, &rule, "2026-09-30 23:59:59.999");
}

static void minutes_need_no_calendar_and_days_do(void **state) {
    (void)state;
    struct bm_clock_rule rule = {.unit = BM_IN_MINUTES, .budget = 480};
    struct bm_clock_state clock;
    struct bm_clock_due due;
    struct bm_fault fault = {0};
    assert_int_equal(bm_clock_start(&rule, NULL, 1000, &clock, &fault), BM_OK);
    assert_int_equal(bm_clock_due(&clock, &rule, NULL, &due, &fault), BM_OK);
    assert_int_equal(due.at_ms, 1000 + 480 * 60000);
    assert_false(late(&clock, &rule, due.at_ms)); /* at the instant itself it is in time */
    assert_true(late(&clock, &rule, due.at_ms + 1));
    rule = rule_of(BM_IN_WORKING_DAYS, 5);
    assert_int_equal(bm_clock_start(&rule, NULL, 1000, &clock, &fault), BM_NOT_FOUND);
    assert_string_equal(fault.field, "calendar");
    snprintf(rule.calendar, sizeof rule.calendar, "cn-nowhere");
    assert_int_equal(bm_clock_start(&rule, world.cn, 1000, &clock, &fault), BM_NOT_FOUND);
    assert_non_null(strstr(fault.detail, "cn-nowhere"));
}

static void rules_that_mix_are_refused(void **state) {
    (void)state;
    struct bm_fault fault = {0};
    struct bm_clock_rule good = rule_of(BM_IN_WORKING_DAYS, 5), bad;
#define REFUSED(change, code, name)                                                                \
    bad = good, change, assert_int_equal(bm_clock_rule_check(&bad, &fault), code),                 \
    assert_string_equal(fault.field, name)
    assert_int_equal(bm_clock_rule_check(&good, &fault), BM_OK);
    REFUSED(bad.budget = 0, BM_OUT_OF_RANGE, "budget");
    REFUSED(bad.budget = 3651, BM_OUT_OF_RANGE, "budget");
    REFUSED(bad.calendar[0] = 0, BM_MISSING_FIELD, "calendar");
    REFUSED(bad.roll = BM_ROLL_NEXT, BM_BAD_REQUEST, "roll");
    REFUSED(bad.pause_most = 0, BM_OUT_OF_RANGE, "max_pause");
    REFUSED(bad.pause_causes = 0, BM_OUT_OF_RANGE, "max_pause");
    REFUSED(bad.pause_causes = 1u << BM_pause_COUNT, BM_UNKNOWN_WORD, "pause");
    REFUSED(bad.extend_times = 0, BM_OUT_OF_RANGE, "extend");
    REFUSED(bad.extend_times = 10, BM_OUT_OF_RANGE, "extend");
    REFUSED(bad.unit = BM_clock_unit_COUNT, BM_UNKNOWN_WORD, "unit");
    good = rule_of(BM_IN_WORKING_MINUTES, 5);
    REFUSED(bad.ends = BM_ENDS_BUSINESS, BM_BAD_REQUEST, "counting");
    good = (struct bm_clock_rule){.unit = BM_IN_MINUTES, .budget = 5};
    REFUSED(bad.starts = BM_STARTS_NEXT_DAY, BM_MISSING_FIELD, "calendar");
#undef REFUSED
}

/* --- what went wrong elsewhere
 * -------------------------------------------------------------------- */

/* GLPI measured a pause in plain time and the budget in the calendar's: a pause over a night moved
 * the date by days. */
static void glpi_10594_a_pause_is_measured_by_the_calendar_of_the_budget(void **state) {
    (void)state;
    struct bm_clock_rule rule = rule_of(BM_IN_WORKING_MINUTES, 8 * 60);
    struct bm_clock_state clock = started(
        &rule, "2026-03-02 10:00"); /* Monday; eight hours: Tuesday 10:00 */
    ASSERT_DUE(&clock, &rule, "2026-03-03 10:00:00.000");
    PAUSE(&clock, &rule, "2026-03-02 17:30");
    RESUME(&clock, &rule, "2026-03-03 09:30"); /* sixteen hours, of which one was worked */
    ASSERT_DUE(&clock, &rule, "2026-03-03 11:00:00.000");
    assert_int_equal(clock.paused, 60 * 60000);
}

static void glpi_10594_the_limit_of_a_pause_counts_in_the_unit_too(void **state) {
    (void)state;
    struct bm_clock_rule rule = rule_of(BM_IN_WORKING_DAYS, 5);
    rule.pause_most = 2;
    struct bm_clock_state clock = started(&rule, "2026-09-28 10:00");
    int64_t ends;
    PAUSE(&clock, &rule, "2026-09-30 10:00");
    assert_int_equal(bm_clock_pause_ends(&clock, &rule, world.cn, &ends, NULL), BM_OK);
    assert_string_equal(clocks_shown(world.zone, ends),
                        "2026-10-08 23:59:59.999"); /* the 30th and the 8th */
    assert_int_equal(due_of(&clock, &rule).at_ms, BM_AT_NONE);
    RESUME(&clock, &rule, "2026-12-01 10:00"); /* nobody came: it ran on by itself */
    assert_int_equal(clock.since_ms, ends);
    ASSERT_DUE(&clock, &rule, "2026-10-13 23:59:59.999"); /* one was consumed; 9, 10, 12, 13 */
    assert_int_equal(
        bm_clock_pause(&clock, &rule, world.cn, BM_PAUSE_HEARING, at("2026-12-01 10:00"), NULL),
        BM_OUT_OF_RANGE);
}

static void glpi_15605_another_budget_keeps_what_was_consumed(void **state) {
    (void)state;
    struct bm_clock_rule rule = rule_of(BM_IN_WORKING_DAYS, 5),
                         longer = rule_of(BM_IN_WORKING_DAYS, 7);
    struct bm_clock_state clock = started(&rule, "2026-03-02 10:00");
    assert_int_equal(bm_clock_extend(&clock, &rule, world.cn, 2, "the laboratory is slow",
                                     at("2026-03-03 10:00"), NULL),
                     BM_OK);
    assert_int_equal(
        bm_clock_rebind(&clock, &rule, world.cn, &longer, world.cn, at("2026-03-05 10:00"), NULL),
        BM_OK);
    assert_int_equal(clock.consumed, 2);
    assert_int_equal(clock.anchor_ms, at("2026-03-02 10:00"));
    ASSERT_DUE(&clock, &longer, "2026-03-13 23:59:59.999"); /* 3 and 4 March consumed; seven and the
                                                               two that were granted */
    struct bm_fault fault = {0};
    struct bm_clock_rule hours = rule_of(BM_IN_WORKING_MINUTES, 600);
    assert_int_equal(bm_clock_rebind(&clock, &longer, world.cn, &hours, world.cn,
                                     at("2026-03-05 11:00"), &fault),
                     BM_NOT_POSSIBLE);
    assert_string_equal(fault.field, "unit");
    struct bm_clock_rule shorter = rule_of(
        BM_IN_WORKING_DAYS, 1); /* less than is consumed: late from now on, not before */
    assert_int_equal(bm_clock_rebind(&clock, &longer, world.cn, &shorter, world.cn,
                                     at("2026-03-11 11:00"), NULL),
                     BM_OK);
    ASSERT_DUE(&clock, &shorter, "2026-03-11 11:00:00.000");
}

static void a_pause_goes_on_under_another_rule_that_allows_it(void **state) {
    (void)state;
    struct bm_clock_rule rule = rule_of(BM_IN_WORKING_DAYS, 5), other = rule, strict = rule;
    other.budget = 7;
    strict.pause_causes = 1u << BM_PAUSE_PARTY;
    struct bm_clock_state clock = started(&rule, "2026-03-02 10:00");
    PAUSE(&clock, &rule, "2026-03-04 10:00");
    assert_int_equal(
        bm_clock_rebind(&clock, &rule, world.cn, &other, world.cn, at("2026-03-06 10:00"), NULL),
        BM_OK);
    assert_int_equal(clock.phase, BM_CLOCK_PAUSED);
    assert_int_equal(clock.paused, 2);
    assert_int_equal(
        bm_clock_rebind(&clock, &other, world.cn, &strict, world.cn, at("2026-03-09 10:00"), NULL),
        BM_OK);
    assert_int_equal(clock.phase, BM_CLOCK_RUNNING);
    assert_int_equal(clock.paused, 3);
    ASSERT_DUE(&clock, &strict,
               "2026-03-12 23:59:59.999"); /* the 3rd was consumed; 9, 10, 11, 12 */
}

static void jmix_790_one_working_day_is_one_working_day(void **state) {
    (void)state;
    struct bm_clock_rule rule = rule_of(BM_IN_WORKING_DAYS, 1);
    struct bm_clock_state clock = started(
        &rule, "2026-03-02 10:00"); /* not three days of eight hours each */
    ASSERT_DUE(&clock, &rule, "2026-03-03 23:59:59.999");
    assert_int_equal(measured(&clock, &rule, "2026-03-03 23:59"), 0);
    assert_int_equal(measured(&clock, &rule, "2026-03-04 00:00"), 1);
}

/* 48 hours of 12 a day over days off that the user had not thought of: six days, and the answer
 * says which. */
static void zammad_390_days_off_within_the_term_are_named(void **state) {
    (void)state;
    struct bm_zone *zone = clocks_zone("Europe/Berlin");
    struct bm_calendar_plan plan = clocks_plain("de", 2016, 2016);
    struct bm_day_hours twelve = {1, {{540, 1260}}};
    for (int i = 0; i < 7; i++) plan.week[i] = twelve;
    struct bm_day_rule rules[] = {
        {clocks_day("2016-11-11"), clocks_day("2016-11-11"), BM_DAYS_OFF, NULL},
        {clocks_day("2016-11-13"), clocks_day("2016-11-13"), BM_DAYS_OFF, NULL}};
    struct bm_day_notice notice = {2016, "a list of memorial days", rules, 2};
    plan.notices = &notice, plan.count = 1;
    struct bm_calendar *calendar = clocks_make(&plan, zone);
    struct bm_clock_rule rule = {
        .unit = BM_IN_WORKING_MINUTES, .budget = 48 * 60, .calendar = "de"};
    struct bm_clock_state clock;
    struct bm_clock_due due;
    struct bm_day_info info;
    assert_int_equal(
        bm_clock_start(&rule, calendar, clocks_at(zone, "2016-11-09 23:00"), &clock, NULL), BM_OK);
    assert_int_equal(bm_clock_due(&clock, &rule, calendar, &due, NULL), BM_OK);
    assert_string_equal(clocks_shown(zone, due.at_ms),
                        "2016-11-15 21:00:00.000"); /* 10, 12, 14 and 15 */
    assert_int_equal(bm_calendar_day(calendar, clocks_day("2016-11-11"), &info, NULL), BM_OK);
    assert_string_equal(info.source, "a list of memorial days");
    bm_calendar_free(calendar);
    bm_zone_free(zone);
}

/* Reminders went out at midnight and at weekends. */
static void zammad_4432_reminders_come_in_working_hours(void **state) {
    (void)state;
    struct bm_clock_rule rule = rule_of(BM_IN_WORKING_MINUTES, 16 * 60);
    struct bm_ladder ladder = {4,
                               {{BM_RUNG_AT, 50, BM_IN_MINUTES},
                                {BM_RUNG_BEFORE, 240, BM_IN_WORKING_MINUTES},
                                {BM_RUNG_AFTER, 480, BM_IN_WORKING_MINUTES},
                                {BM_RUNG_AFTER, 960, BM_IN_WORKING_MINUTES}}};
    struct bm_rung_due list[BM_RUNGS_DUE_MAX];
    size_t count;
    for (int hour = 0; hour < 7 * 24; hour++) {
        struct bm_clock_state clock;
        assert_int_equal(bm_clock_start(&rule, world.cn,
                                        at("2026-09-24 00:00") + hour * INT64_C(3600000), &clock,
                                        NULL),
                         BM_OK);
        assert_int_equal(bm_ladder_instants(&ladder, &clock, &rule, world.cn, list, &count, NULL),
                         BM_OK);
        assert_int_equal(count, 5);
        for (size_t i = 0; i < count; i++) {
            if (list[i].rung == BM_RUNG_BREACH) continue;
            int64_t civil = bm_zone_civil_ms(world.zone, list[i].at_ms);
            int32_t minute = (int32_t)(civil / 60000 % 1440);
            assert_true(bm_calendar_works(world.cn, (int32_t)(civil / 86400000)));
            assert_true((minute >= 540 && minute <= 720) || (minute >= 780 && minute <= 1080));
        }
    }
}

/* A calendar of all hours was closed for a minute at midnight, since its day could not be written
 * to 24:00. */
static void zammad_3180_a_day_of_24_hours_has_no_gap_at_midnight(void **state) {
    (void)state;
    struct bm_calendar_plan plan = clocks_always("cn", 2026, 2026);
    struct bm_calendar *calendar = clocks_make(&plan, world.zone);
    struct bm_clock_rule rule = rule_of(BM_IN_WORKING_MINUTES, 3 * 1440);
    struct bm_clock_state clock;
    struct bm_clock_due due;
    assert_int_equal(bm_clock_start(&rule, calendar, at("2026-03-02 10:00"), &clock, NULL), BM_OK);
    assert_int_equal(bm_clock_due(&clock, &rule, calendar, &due, NULL), BM_OK);
    assert_string_equal(clocks_shown(world.zone, due.at_ms), "2026-03-05 10:00:00.000");
    bm_calendar_free(calendar);
}

/* An hour before the date of a term that ran over a night was computed as midnight. */
static void glpi_22678_an_hour_before_the_date_lies_in_working_hours(void **state) {
    (void)state;
    struct bm_clock_rule rule = rule_of(BM_IN_WORKING_MINUTES, 240);
    struct bm_clock_state clock = started(&rule, "2026-03-02 17:00");
    struct bm_ladder ladder = {1, {{BM_RUNG_BEFORE, 60, BM_IN_WORKING_MINUTES}}};
    int64_t next;
    ASSERT_DUE(&clock, &rule, "2026-03-03 12:00:00.000");
    assert_int_equal(
        bm_ladder_next(&ladder, &clock, &rule, world.cn, (struct bm_fired){0}, &next, NULL), BM_OK);
    assert_string_equal(clocks_shown(world.zone, next), "2026-03-03 11:00:00.000");
}

/* XState restarts a restored timer with its whole delay.  Here a state that was written down is the
 * same clock. */
static void xstate_5331_a_restored_clock_is_due_at_the_same_instant(void **state) {
    (void)state;
    struct bm_clock_rule rule = rule_of(BM_IN_WORKING_DAYS, 5);
    struct bm_clock_state clock = started(&rule, "2026-03-02 10:00"), restored;
    PAUSE(&clock, &rule, "2026-03-03 10:00");
    RESUME(&clock, &rule, "2026-03-05 10:00");
    memcpy(&restored, &clock, sizeof restored); /* from a snapshot, days later */
    assert_int_equal(due_of(&restored, &rule).at_ms, due_of(&clock, &rule).at_ms);
    ASSERT_DUE(&restored, &rule, "2026-03-11 23:59:59.999");
}

/* Open Zaak keeps a flag that a case is suspended, and the date stays as it was. */
static void open_zaak_747_a_suspension_moves_the_date(void **state) {
    (void)state;
    struct bm_clock_rule rule = rule_of(BM_IN_CALENDAR_DAYS, 30);
    struct bm_clock_state clock = started(&rule, "2026-03-02 10:00");
    ASSERT_DUE(&clock, &rule, "2026-04-01 23:59:59.999");
    PAUSE(&clock, &rule, "2026-03-10 10:00");
    RESUME(&clock, &rule, "2026-03-14 10:00"); /* four days ended in it */
    ASSERT_DUE(&clock, &rule, "2026-04-05 23:59:59.999");
}

static void open_zaak_885_an_extension_moves_the_date_and_is_bounded(void **state) {
    (void)state;
    struct bm_clock_rule rule = rule_of(BM_IN_WORKING_DAYS, 20);
    struct bm_clock_state clock = started(&rule, "2026-03-02 10:00");
    struct bm_fault fault = {0};
    ASSERT_DUE(&clock, &rule, "2026-03-30 23:59:59.999");
    assert_int_equal(
        bm_clock_extend(&clock, &rule, world.cn, 21, "a reason", at("2026-03-10 10:00"), &fault),
        BM_OUT_OF_RANGE);
    assert_string_equal(fault.field, "amount");
    assert_int_equal(
        bm_clock_extend(&clock, &rule, world.cn, 10, "", at("2026-03-10 10:00"), &fault),
        BM_MISSING_FIELD);
    assert_int_equal(
        bm_clock_extend(&clock, &rule, world.cn, 10, "late", at("2026-03-31 00:00"), &fault),
        BM_NOT_POSSIBLE);
    assert_int_equal(
        bm_clock_extend(&clock, &rule, world.cn, 10, "a reason", at("2026-03-30 23:59"), &fault),
        BM_OK);
    ASSERT_DUE(&clock, &rule, "2026-04-14 23:59:59.999"); /* 6 April is off */
    assert_int_equal(
        bm_clock_extend(&clock, &rule, world.cn, 10, "again", at("2026-03-31 10:00"), &fault),
        BM_OUT_OF_RANGE);
    assert_string_equal(fault.field, "extend");
}

static void openregister_3935_a_new_edition_moves_open_dates_and_says_why(void **state) {
    (void)state;
    struct bm_clock_rule rule = rule_of(BM_IN_WORKING_DAYS, 60);
    struct bm_clock_state clock = started(&rule, "2026-11-16 10:00");
    struct bm_clock_moved moved;
    assert_true(due_of(&clock, &rule).provisional);
    assert_int_equal(bm_clock_reproject(&clock, &rule, world.cn, world.cn_next, &moved, NULL),
                     BM_OK);
    assert_true(moved.moved);
    assert_true(moved.before.provisional);
    assert_false(moved.after.provisional);
    assert_string_equal(clocks_shown(world.zone, moved.before.at_ms), "2027-02-08 23:59:59.999");
    assert_string_equal(clocks_shown(world.zone, moved.after.at_ms),
                        "2027-02-15 23:59:59.999"); /* one more, one and five off */
    assert_int_equal(moved.first_changed, clocks_day("2026-12-27"));
    assert_string_equal(
        moved.reason,
        "calendar cn: edition 2 after 1; 2026-12-27 is worked now, by made-up notice, 2026-11-20");
    PAUSE(&clock, &rule, "2026-12-01 10:00"); /* has no date that could move */
    assert_int_equal(bm_clock_reproject(&clock, &rule, world.cn, world.cn_next, &moved, NULL),
                     BM_OK);
    assert_false(moved.moved);
    assert_int_equal(moved.after.at_ms, BM_AT_NONE);
}

static void openregister_3939_the_rule_that_moved_the_date_is_named(void **state) {
    (void)state;
    struct bm_clock_rule rule = rule_of(BM_IN_CALENDAR_DAYS, 15);
    struct bm_clock_state clock = started(&rule, "2026-09-18 10:00");
    rule.roll = BM_ROLL_NEXT;
    struct bm_clock_due due = due_of(&clock, &rule);
    assert_string_equal(bm_roll_names[due.rolled], "next");
    assert_int_equal(due.rolled_from, clocks_day("2026-10-03"));
    rule.budget = 20; /* 8 October is worked: nothing moved */
    clock = started(&rule, "2026-09-18 10:00");
    assert_int_equal(due_of(&clock, &rule).rolled, BM_ROLL_NONE);
}

static void frappe_2212_the_lunch_break_does_not_count(void **state) {
    (void)state;
    struct bm_clock_rule rule = rule_of(BM_IN_WORKING_MINUTES, 60);
    struct bm_clock_state clock = started(&rule, "2026-03-02 12:10");
    ASSERT_DUE(&clock, &rule, "2026-03-02 14:00:00.000");
    assert_int_equal(measured(&clock, &rule, "2026-03-02 13:00"), 0);
    clock = started(&rule, "2026-03-02 11:30");
    ASSERT_DUE(&clock, &rule, "2026-03-02 13:30:00.000");
}

/* Timers of 2^31 ms (24.8 days) and more were never armed. */
static void bpmn_elements_delays_of_2_to_the_31_ms_are_armed(void **state) {
    (void)state;
    static const uint32_t minutes[] = {35791, 35792, 71583, 5256000};
    for (int i = 0; i < 4; i++) {
        struct bm_clock_rule rule = {.unit = BM_IN_MINUTES, .budget = minutes[i]};
        struct bm_ladder none = {0};
        struct bm_clock_state clock;
        int64_t next;
        assert_int_equal(bm_clock_start(&rule, NULL, at("2026-03-02 10:00"), &clock, NULL), BM_OK);
        assert_int_equal(
            bm_ladder_next(&none, &clock, &rule, NULL, (struct bm_fired){0}, &next, NULL), BM_OK);
        assert_int_equal(next, at("2026-03-02 10:00") + minutes[i] * INT64_C(60000) + 1);
    }
}

/* --- pauses
 * ----------------------------------------------------------------------------------------- */

static void short_pauses_gain_no_day(void **state) {
    (void)state;
    struct bm_clock_rule rule = rule_of(BM_IN_WORKING_DAYS, 5);
    struct bm_clock_state clock = started(&rule, "2026-03-02 10:00");
    int64_t due_ms = due_of(&clock, &rule).at_ms;
    for (int day = 0; day < 5; day++) {
        int64_t noon = at("2026-03-02 12:00") + day * INT64_C(86400000);
        assert_int_equal(bm_clock_pause(&clock, &rule, world.cn, BM_PAUSE_PARTY, noon, NULL),
                         BM_OK);
        assert_int_equal(bm_clock_resume(&clock, &rule, world.cn, noon + 300000, NULL), BM_OK);
        assert_int_equal(due_of(&clock, &rule).at_ms, due_ms);
    }
    assert_int_equal(clock.paused, 0);
}

static void a_pause_needs_its_cause_and_an_open_date(void **state) {
    (void)state;
    struct bm_clock_rule rule = rule_of(BM_IN_WORKING_DAYS, 2);
    struct bm_clock_state clock = started(&rule, "2026-03-02 10:00"), before = clock;
    struct bm_fault fault = {0};
    assert_int_equal(
        bm_clock_pause(&clock, &rule, world.cn, BM_PAUSE_EXPERTS, at("2026-03-03 10:00"), &fault),
        BM_NOT_POSSIBLE);
    assert_string_equal(fault.field, "cause");
    assert_int_equal(
        bm_clock_pause(&clock, &rule, world.cn, BM_PAUSE_HEARING, at("2026-03-05 00:00"), &fault),
        BM_NOT_POSSIBLE);
    assert_non_null(strstr(fault.detail, "has come"));
    assert_int_equal(
        bm_clock_pause(&clock, &rule, world.cn, BM_PAUSE_HEARING, at("2026-03-01 00:00"), &fault),
        BM_CONFLICT);
    assert_int_equal(bm_clock_resume(&clock, &rule, world.cn, at("2026-03-03 10:00"), &fault),
                     BM_NOT_POSSIBLE);
    assert_memory_equal(&clock, &before, sizeof clock);
    PAUSE(&clock, &rule, "2026-03-04 23:59");
    assert_int_equal(
        bm_clock_pause(&clock, &rule, world.cn, BM_PAUSE_HEARING, at("2026-03-05 00:00"), &fault),
        BM_NOT_POSSIBLE);
    assert_int_equal(bm_clock_stop(&clock, &rule, world.cn, at("2026-03-09 10:00"), &fault), BM_OK);
    assert_false(
        late(&clock, &rule, at("2027-03-09 10:00"))); /* stopped out of the pause, in time */
    assert_int_equal(bm_clock_stop(&clock, &rule, world.cn, at("2026-03-10 10:00"), &fault),
                     BM_NOT_POSSIBLE);
}

static void a_clock_left_paused_past_its_limit_becomes_late(void **state) {
    (void)state;
    struct bm_clock_rule rule = rule_of(BM_IN_WORKING_DAYS, 5);
    rule.pause_most = 2;
    struct bm_clock_state clock = started(&rule, "2026-03-02 10:00");
    PAUSE(&clock, &rule, "2026-03-03 10:00"); /* ends with the 4th; 5, 6, 9, 10, 11 are left */
    assert_false(late(&clock, &rule, at("2026-03-11 23:59")));
    assert_true(late(&clock, &rule, at("2026-03-12 00:00")));
    assert_int_equal(measured(&clock, &rule, "2026-03-10 12:00"), 3);
    assert_int_equal(bm_clock_stop(&clock, &rule, world.cn, at("2026-03-12 00:00"), NULL), BM_OK);
    assert_true(late(&clock, &rule, at("2026-03-12 00:00")));
    assert_int_equal(measured(&clock, &rule, "2030-01-01"), 5);
}

/* A term that ended on a Saturday waits for Monday; a pause on the Sunday leaves the day that was
 * left. */
static void a_pause_while_a_rolled_date_waits_leaves_a_day(void **state) {
    (void)state;
    struct bm_clock_rule rule = rule_of(BM_IN_CALENDAR_DAYS, 5);
    rule.roll = BM_ROLL_NEXT;
    struct bm_clock_state clock = started(&rule, "2026-03-02 10:00");
    ASSERT_DUE(&clock, &rule, "2026-03-09 23:59:59.999");
    PAUSE(&clock, &rule, "2026-03-08 12:00");
    RESUME(&clock, &rule, "2026-03-11 12:00");
    ASSERT_DUE(&clock, &rule, "2026-03-11 23:59:59.999");
    rule.roll = BM_ROLL_PREVIOUS; /* never to before it ran */
    rule.starts = BM_STARTS_SAME_DAY, rule.budget = 1;
    clock = started(&rule, "2026-03-07 10:00");
    ASSERT_DUE(&clock, &rule, "2026-03-07 23:59:59.999");
}

/* --- edges of the calendar
 * ---------------------------------------------------------------------------- */

static void leap_days_year_ends_and_far_dates(void **state) {
    (void)state;
    struct bm_clock_rule rule = rule_of(BM_IN_CALENDAR_DAYS, 1);
    struct bm_clock_state clock = started(&rule, "2024-02-28 10:00");
    ASSERT_DUE(&clock, &rule, "2024-02-29 23:59:59.999");
    clock = started(&rule, "2025-12-31 23:59:59");
    ASSERT_DUE(&clock, &rule, "2026-01-01 23:59:59.999");
    rule = rule_of(BM_IN_WORKING_DAYS, 1);
    clock = started(&rule, "2025-12-31 10:00");
    ASSERT_DUE(&clock, &rule, "2026-01-04 23:59:59.999"); /* a Sunday that is worked */
    struct bm_fault fault = {0};
    rule.budget = 3650;
    assert_int_equal(bm_clock_start(&rule, world.cn, at("2026-12-31 10:00"), &clock, &fault),
                     BM_OUT_OF_RANGE);
    assert_non_null(strstr(fault.detail, "2036-12-31"));
    assert_int_equal(bm_clock_start(&rule, world.cn, at("1999-12-31 10:00"), &clock, &fault),
                     BM_OUT_OF_RANGE);
}

/* A night shift's eight hours over a changed clock are eight hours. */
static void changed_clocks_do_not_change_hours(void **state) {
    (void)state;
    struct bm_zone *zone = clocks_zone("America/New_York");
    struct bm_calendar_plan plan = clocks_always("ny", 2026, 2026);
    struct bm_calendar *calendar = clocks_make(&plan, zone);
    static const char *const anchors[] = {"2026-03-07 22:00", "2026-10-31 22:00"};
    static const char *const dues[] = {"2026-03-08 07:00:00.000", "2026-11-01 05:00:00.000"};
    static const char *const ends[] = {"2026-03-08 23:59:59.999", "2026-11-01 23:59:59.999"};
    for (int i = 0; i < 2; i++) {
        for (int unit = 0; unit < BM_clock_unit_COUNT; unit++) {
            struct bm_clock_rule rule = {
                .unit = (enum bm_clock_unit)unit, .budget = 8 * 60, .calendar = "ny"};
            struct bm_clock_state clock;
            struct bm_clock_due due;
            if (bm_clock_unit_is_days(rule.unit)) rule.budget = 1, rule.starts = BM_STARTS_NEXT_DAY;
            assert_int_equal(
                bm_clock_start(&rule, calendar, clocks_at(zone, anchors[i]), &clock, NULL), BM_OK);
            assert_int_equal(bm_clock_due(&clock, &rule, calendar, &due, NULL), BM_OK);
            assert_string_equal(clocks_shown(zone, due.at_ms),
                                bm_clock_unit_is_days(rule.unit) ? ends[i] : dues[i]);
        }
    }
    bm_calendar_free(calendar);
    bm_zone_free(zone);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(working_days_skip_the_holiday_and_count_the_make_up_day),
        cmocka_unit_test(calendar_days_roll_and_name_the_rule),
        cmocka_unit_test(minutes_need_no_calendar_and_days_do),
        cmocka_unit_test(rules_that_mix_are_refused),
        cmocka_unit_test(glpi_10594_a_pause_is_measured_by_the_calendar_of_the_budget),
        cmocka_unit_test(glpi_10594_the_limit_of_a_pause_counts_in_the_unit_too),
        cmocka_unit_test(glpi_15605_another_budget_keeps_what_was_consumed),
        cmocka_unit_test(a_pause_goes_on_under_another_rule_that_allows_it),
        cmocka_unit_test(jmix_790_one_working_day_is_one_working_day),
        cmocka_unit_test(zammad_390_days_off_within_the_term_are_named),
        cmocka_unit_test(zammad_4432_reminders_come_in_working_hours),
        cmocka_unit_test(zammad_3180_a_day_of_24_hours_has_no_gap_at_midnight),
        cmocka_unit_test(glpi_22678_an_hour_before_the_date_lies_in_working_hours),
        cmocka_unit_test(xstate_5331_a_restored_clock_is_due_at_the_same_instant),
        cmocka_unit_test(open_zaak_747_a_suspension_moves_the_date),
        cmocka_unit_test(open_zaak_885_an_extension_moves_the_date_and_is_bounded),
        cmocka_unit_test(openregister_3935_a_new_edition_moves_open_dates_and_says_why),
        cmocka_unit_test(openregister_3939_the_rule_that_moved_the_date_is_named),
        cmocka_unit_test(frappe_2212_the_lunch_break_does_not_count),
        cmocka_unit_test(bpmn_elements_delays_of_2_to_the_31_ms_are_armed),
        cmocka_unit_test(short_pauses_gain_no_day),
        cmocka_unit_test(a_pause_needs_its_cause_and_an_open_date),
        cmocka_unit_test(a_clock_left_paused_past_its_limit_becomes_late),
        cmocka_unit_test(a_pause_while_a_rolled_date_waits_leaves_a_day),
        cmocka_unit_test(leap_days_year_ends_and_far_dates),
        cmocka_unit_test(changed_clocks_do_not_change_hours),
    };
    return cmocka_run_group_tests_name("clock", tests, make_world, free_world);
}
