/* Clocks against a second way to count (walk.h): random starts, budgets, units, rules, pauses.
 * 100,000 of them; a million with EXACT=1.  Adding and measuring undo each other in all of them. */
#include "testing.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "base/shape.h"
#include "base/time.h"
#include "walk.h"

enum { CASES = 1000000, SHOWN_MAX = 5 };
#define DAY_MS INT64_C(86400000)

/* --- two places
 * ----------------------------------------------------------------------------------- */

struct china {
    int32_t first;
    uint8_t works[24 * 366];
};
static bool works_in_china(const void *context, int32_t day) {
    return ((const struct china *)context)->works[day - ((const struct china *)context)->first];
}
static bool works_in_new_york(const void *context, int32_t day) {
    (void)context;
    return bm_date_weekday(day) != 2; /* not on Wednesdays */
}

struct ground {
    struct bm_zone *zone;
    struct bm_calendar *calendar;
    struct walk_place place;
    int32_t covers_to;
};
static struct ground grounds[2];
static struct china china;

static void make_china(void) {
    struct ground *ground = &grounds[0];
    struct clocks_book *book = clocks_read_cn();
    china.first = clocks_day("2007-01-01");
    int32_t to = clocks_day("2030-12-01");
    for (int32_t day = china.first; day <= to; day++)
        china.works[day - china.first] = bm_date_weekday(day) < 5;
    for (size_t i = 0; i < book->plan.count; i++)
        for (size_t j = 0; j < book->notices[i].count; j++)
            for (int32_t day = book->rules[i][j].from_day; day <= book->rules[i][j].to_day; day++)
                if (day >= china.first)
                    china.works[day - china.first] = book->rules[i][j].act == BM_DAYS_WORK;
    ground->zone = clocks_zone("Asia/Shanghai");
    ground->calendar = clocks_calendar(book, ground->zone);
    ground->place = walk_make("Asia/Shanghai", china.first, to, works_in_china, &china,
                              &book->plan.week[0]);
    ground->covers_to = book->plan.covers_to;
    bm_free(book);
}

/* Nights, so that changed clocks fall into working hours; Wednesdays off. */
static void make_new_york(void) {
    struct ground *ground = &grounds[1];
    struct bm_calendar_plan plan = clocks_plain("cn", 2007, 2026);
    struct bm_day_hours night = {3, {{0, 90}, {105, 270}, {1320, 1440}}};
    for (int i = 0; i < 7; i++) plan.week[i] = i == 2 ? (struct bm_day_hours){0} : night;
    ground->zone = clocks_zone("America/New_York");
    ground->calendar = clocks_make(&plan, ground->zone);
    ground->place = walk_make("America/New_York", plan.covers_from, clocks_day("2030-12-01"),
                              works_in_new_york, NULL, &night);
    ground->covers_to = plan.covers_to;
}

static int make_grounds(void **state) {
    (void)state;
    make_china();
    make_new_york();
    return 0;
}
static int free_grounds(void **state) {
    (void)state;
    for (int i = 0; i < 2; i++) {
        bm_calendar_free(grounds[i].calendar);
        bm_zone_free(grounds[i].zone);
        walk_free(&grounds[i].place);
    }
    return 0;
}

/* --- one case
 * --------------------------------------------------------------------------------------- */

struct run {
    struct bm_rng *rng;
    const struct ground *ground;
    struct bm_clock_rule rule;
    struct bm_clock_state clock;
    struct walk_case walked;
    int64_t last_ms;
    uint64_t pauses, refusals;
};

static int64_t below(struct run *run, int64_t number) {
    return (int64_t)bm_rng_below(run->rng, (uint64_t)number);
}

static void draw_rule(struct run *run) {
    struct bm_clock_rule rule = {.unit = (enum bm_clock_unit)below(run, BM_clock_unit_COUNT),
                                 .calendar = "cn"};
    bool days = bm_clock_unit_is_days(rule.unit);
    rule.budget = (uint32_t)(1 + below(run, days ? (bm_rng_chance(run->rng, 80) ? 10 : 90) : 1200));
    rule.ends = days ? (enum bm_ends)below(run, BM_ends_COUNT) : BM_ENDS_MIDNIGHT;
    rule.starts = days ? (enum bm_starts)below(run, BM_starts_COUNT) : BM_STARTS_SAME_DAY;
    if (rule.unit == BM_IN_CALENDAR_DAYS) rule.roll = (enum bm_roll)below(run, BM_roll_COUNT);
    rule.pause_causes = 1u << BM_PAUSE_TESTING;
    rule.pause_most = (uint32_t)(1 + below(run, days ? 12 : 1500));
    run->rule = rule;
}

static int64_t draw_gap(struct run *run) {
    int64_t most = bm_clock_unit_is_days(run->rule.unit) ? 6 * DAY_MS : DAY_MS;
    if (bm_rng_chance(run->rng, 10)) most = 3600000;
    int64_t gap = below(run, most);
    return bm_rng_chance(run->rng, 20) ? gap - gap % 60000 : gap;
}

/* Pauses and resumes as the walk says it may; NULL, or what was wrong. */
static const char *live(struct run *run) {
    for (int i = (int)below(run, 4); i > 0; i--) {
        int64_t at_ms = run->last_ms + draw_gap(run);
        struct walk_end end = walk(&run->ground->place, &run->walked, at_ms);
        bool days = bm_clock_unit_is_days(run->rule.unit);
        enum bm_code wanted = end.paused >= run->rule.pause_most * (days ? 1 : INT64_C(60000))
                                  ? BM_OUT_OF_RANGE
                              : end.due_ms <= at_ms ? BM_NOT_POSSIBLE
                                                    : BM_OK;
        enum bm_code code = bm_clock_pause(&run->clock, &run->rule, run->ground->calendar,
                                           BM_PAUSE_TESTING, at_ms, NULL);
        if (code != wanted) return "whether it may pause";
        if (code) {
            run->refusals++;
            return NULL;
        }
        run->walked.acts[run->walked.count++] = (struct walk_act){true, at_ms};
        run->last_ms = at_ms + draw_gap(run);
        if (bm_clock_resume(&run->clock, &run->rule, run->ground->calendar, run->last_ms, NULL))
            return "resuming";
        run->walked.acts[run->walked.count++] = (struct walk_act){false, run->last_ms};
        run->pauses++;
        end = walk(&run->ground->place, &run->walked, run->last_ms);
        if (end.paused != run->clock.paused) return "the length of pauses";
    }
    return NULL;
}

/* Due, measured, and back: measuring up to the due instant gives the budget, a ms less does not. */
static const char *judge(struct run *run) {
    const struct bm_clock_rule *rule = &run->rule;
    const struct bm_calendar *calendar = run->ground->calendar;
    struct bm_clock_due due;
    int64_t now_ms = run->last_ms + draw_gap(run), ticks = 0, less = 0;
    struct walk_end end = walk(&run->ground->place, &run->walked, now_ms);
    if (bm_clock_due(&run->clock, rule, calendar, &due, NULL)) return "no due instant";
    if (due.at_ms != end.due_ms) return "the due instant";
    if (due.rolled_from != end.rolled_from) return "the day it rolled from";
    if (bm_clock_measure(&run->clock, rule, calendar, now_ms, &ticks, NULL) ||
        ticks != end.consumed)
        return "what was consumed";
    bool worked = rule->unit == BM_IN_WORKING_DAYS || rule->unit == BM_IN_WORKING_MINUTES;
    if (worked && due.provisional != (due.day > run->ground->covers_to))
        return "whether it is provisional";
    if (due.rolled != BM_ROLL_NONE || due.at_ms <= run->clock.since_ms) return NULL;
    if (bm_clock_measure(&run->clock, rule, calendar, due.at_ms, &ticks, NULL) ||
        ticks != run->clock.budget)
        return "measuring back";
    if (bm_clock_measure(&run->clock, rule, calendar, due.at_ms - 1, &less, NULL) || less >= ticks)
        return "measuring a ms less";
    return NULL;
}

static const char *try_case(struct run *run, struct bm_rng *rng, const struct ground *ground,
                            const struct bm_calendar *calendar) {
    *run = (struct run){
        .rng = rng, .ground = ground, .pauses = run->pauses, .refusals = run->refusals};
    draw_rule(run);
    int64_t from = clocks_day("2007-02-01") * DAY_MS, to = clocks_day("2028-06-01") * DAY_MS;
    run->last_ms = from + below(run, to - from);
    if (bm_rng_chance(rng, 20)) run->last_ms -= run->last_ms % 1800000;
    run->walked = (struct walk_case){.rule = &run->rule, .anchor_ms = run->last_ms};
    if (bm_clock_start(&run->rule, calendar, run->last_ms, &run->clock, NULL)) return "starting";
    const char *wrong = live(run);
    return wrong ? wrong : judge(run);
}

static void say(const struct run *run, const char *wrong, int round) {
    const struct bm_clock_rule *rule = &run->rule;
    struct walk_end end = walk(&run->ground->place, &run->walked, run->last_ms);
    struct bm_clock_due due = {0};
    if (bm_clock_due(&run->clock, rule, run->ground->calendar, &due, NULL)) due.at_ms = 0;
    print_message(
        "case %d: %s; %u %s, %s, %s, roll %s, pauses up to %u; from %s; due %s, by walking %s\n",
        round, wrong, rule->budget, bm_clock_unit_names[rule->unit], bm_starts_names[rule->starts],
        bm_ends_names[rule->ends], bm_roll_names[rule->roll], rule->pause_most,
        clocks_shown(run->ground->zone, run->walked.anchor_ms),
        clocks_shown(run->ground->zone, due.at_ms),
        clocks_shown(run->ground->zone, end.due_ms == INT64_MAX ? 0 : end.due_ms));
    for (int i = 0; i < run->walked.count; i++)
        print_message("    %s %s\n", run->walked.acts[i].pause ? "paused " : "resumed",
                      clocks_shown(run->ground->zone, run->walked.acts[i].at_ms));
}

static void random_clocks_agree_with_a_walk(void **state) {
    (void)state;
    struct bm_rng rng = {clocks_seed()};
    struct run run = {0};
    int rounds = clocks_rounds(CASES), wrong_count = 0;
    for (int round = 0; round < rounds; round++) {
        const struct ground *ground = &grounds[bm_rng_below(&rng, 2)];
        const char *wrong = try_case(&run, &rng, ground, ground->calendar);
        if (wrong && wrong_count++ < SHOWN_MAX) say(&run, wrong, round);
    }
    print_message("%d clocks (seed %llu), %llu pauses, %llu refused: %d differ\n", rounds,
                  (unsigned long long)clocks_seed(), (unsigned long long)run.pauses,
                  (unsigned long long)run.refusals, wrong_count);
    assert_int_equal(wrong_count, 0);
}

/* What is granted or rebound in between gives the date that the whole budget gives from the start.
 */
static void extended_and_rebound_clocks_are_due_as_if_begun_so(void **state) {
    (void)state;
    struct bm_rng rng = {clocks_seed()};
    int rounds = clocks_rounds(CASES) / 5, extended = 0, rebound = 0;
    for (int round = 0; round < rounds; round++) {
        const struct ground *ground = &grounds[bm_rng_below(&rng, 2)];
        struct run run = {.rng = &rng, .ground = ground};
        struct bm_clock_state whole;
        struct bm_clock_due due, wanted;
        bool is_late = false;
        draw_rule(&run);
        run.rule.roll = BM_ROLL_NONE;
        struct bm_clock_rule other = run.rule;
        other.budget += (uint32_t)below(&run, 20);
        run.rule.extend_times = 1, run.rule.extend_most = 20;
        int64_t anchor = clocks_day("2010-01-01") * DAY_MS + below(&run, 15 * 365 * DAY_MS),
                at_ms = anchor + draw_gap(&run);
        assert_int_equal(bm_clock_start(&run.rule, ground->calendar, anchor, &run.clock, NULL),
                         BM_OK);
        assert_int_equal(
            bm_clock_late(&run.clock, &run.rule, ground->calendar, at_ms, &is_late, NULL), BM_OK);
        assert_int_equal(bm_clock_start(&other, ground->calendar, anchor, &whole, NULL), BM_OK);
        assert_int_equal(bm_clock_due(&whole, &other, ground->calendar, &wanted, NULL), BM_OK);
        if (is_late || wanted.at_ms <= at_ms) continue;
        bool extends = other.budget > run.rule.budget && bm_rng_chance(&rng, 50);
        enum bm_code code = extends ? bm_clock_extend(&run.clock, &run.rule, ground->calendar,
                                                      other.budget - run.rule.budget, "a reason",
                                                      at_ms, NULL)
                                    : bm_clock_rebind(&run.clock, &run.rule, ground->calendar,
                                                      &other, ground->calendar, at_ms, NULL);
        assert_int_equal(code, BM_OK);
        assert_int_equal(bm_clock_due(&run.clock, &other, ground->calendar, &due, NULL), BM_OK);
        assert_int_equal(due.at_ms, wanted.at_ms);
        extended += extends, rebound += !extends;
    }
    print_message("%d extended, %d rebound\n", extended, rebound);
    assert_true(extended > 100 && rebound > 100);
}

/* The same cases on a calendar that lost one make-up workday: the walk must notice. */
static void the_walk_notices_a_lost_make_up_day(void **state) {
    (void)state;
    struct bm_rng rng = {clocks_seed()};
    struct run run = {0};
    struct clocks_book *book = clocks_read_cn();
    struct ground lame = grounds[0];
    int wrong_count = 0;
    for (size_t i = 0; i < book->plan.count; i++)
        if (book->notices[i].year == 2020)
            book->notices[i].count--; /* 10 October 2020, the last of its list */
    lame.calendar = clocks_calendar(book, lame.zone);
    for (int round = 0; round < CASES / 50; round++)
        wrong_count += try_case(&run, &rng, &lame, lame.calendar) != NULL;
    print_message("%d of %d clocks differ on a calendar with one make-up day less\n", wrong_count,
                  CASES / 50);
    assert_true(wrong_count > 0);
    bm_calendar_free(lame.calendar);
    bm_free(book);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_clocks_agree_with_a_walk),
        cmocka_unit_test(extended_and_rebound_clocks_are_due_as_if_begun_so),
        cmocka_unit_test(the_walk_notices_a_lost_make_up_day),
    };
    return cmocka_run_group_tests_name("walk", tests, make_grounds, free_grounds);
}
