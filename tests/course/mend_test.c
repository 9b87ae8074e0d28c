/* Courses where they are easily unsound: what came due before an act, the engine's acts that do not come about, a matter
 * opened again in the middle of a hand-over, instants and amounts at their edges. */
#include "procedure/course.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "stage.h"

static void registered(struct stage *stage) {
    stage_open_at(stage, "2026-03-02 09:00");
    assert_int_equal(stage_act(stage, "2026-03-02 10:00", "clerk", "register", "subject", "x", "kind", "request", NULL), BM_OK);
}

/* --- what came due before an act --------------------------------------------------------------- */

static void a_breach_is_told_before_the_act_that_stops_its_clock(void **state) {
    (void)state;
    struct stage stage = stage_of("letter.yaml");
    registered(&stage);
    /* Nobody ticked since: the letter was due on the 11th. */
    assert_int_equal(stage_act(&stage, "2026-03-20 10:00", "citizen", "withdraw", NULL), BM_OK);
    assert_int_equal(stage_count(&stage, BM_COURSE_BREACHED, "reply"), 1);
    assert_true(bm_fired_has(stage_clock(&stage, "reply")->fired, BM_RUNG_BREACH));
    stage_end(&stage);
}

static void what_came_due_is_undone_with_the_act_that_is_refused(void **state) {
    (void)state;
    struct stage stage = stage_of("letter.yaml");
    registered(&stage);
    struct bm_course before = stage.course;
    assert_int_equal(stage_act(&stage, "2026-03-20 10:00", "citizen", "offer", NULL), BM_FORBIDDEN);
    assert_int_equal(stage.course.clocks[0].fired.bits, before.clocks[0].fired.bits);
    stage_pass(&stage, "2026-03-20 10:00");
    assert_true(bm_fired_has(stage_clock(&stage, "reply")->fired, BM_RUNG_BREACH));
    stage_end(&stage);
}

static void the_engine_acts_at_the_instant_that_came_due(void **state) {
    (void)state;
    struct stage stage = stage_of("letter.yaml");
    registered(&stage);
    assert_int_equal(stage_act(&stage, "2026-03-02 10:05", "clerk", "offer", NULL), BM_OK);
    stage_pass(&stage, "2026-03-30 10:00");
    assert_string_equal(stage_state(&stage, BM_REGION_RESPONSIBILITY), "held");
    /* 10:05 and two working hours, noon left out; the first instant that is late. */
    assert_int_equal(stage_clock(&stage, "signing")->work.stopped_ms, clocks_at(stage.zone, "2026-03-02 13:05") + 1);
    stage_end(&stage);
}

/* The clock's expiry would extend one that cannot be extended: the offer stays, and nobody hears that it was taken back. */
static void nothing_is_told_of_an_act_of_the_engine_that_does_not_come_about(void **state) {
    (void)state;
    struct stage stage = stage_changed("letter.yaml",
                                       "          - event: take_back\n            by: [engine]\n            to: held\n",
                                       "          - event: take_back\n            by: [engine]\n            to: held\n"
                                       "            effects: [ { notify: { template: answer, to: [citizen] } }, "
                                       "{ extend: signing } ]\n",
                                       NULL);
    registered(&stage);
    assert_int_equal(stage_act(&stage, "2026-03-02 10:05", "clerk", "offer", NULL), BM_OK);
    stage.news_count = 0;
    stage_pass(&stage, "2026-03-02 16:00");
    assert_int_equal(stage_count(&stage, BM_COURSE_BREACHED, "signing"), 1);
    assert_string_equal(stage_state(&stage, BM_REGION_RESPONSIBILITY), "offered");
    assert_int_equal(stage_count(&stage, BM_COURSE_LEFT, NULL), 0);
    assert_int_equal(stage_count(&stage, BM_COURSE_TAKEN, NULL), 0);
    assert_int_equal(stage_count(&stage, BM_COURSE_EFFECT, NULL), 0);
    stage_end(&stage);
}

/* --- opening again ----------------------------------------------------------------------------- */

static void an_offer_that_was_open_when_the_matter_closed_runs_out_after_it_is_opened_again(void **state) {
    (void)state;
    struct stage stage = stage_of("letter.yaml");
    registered(&stage);
    assert_int_equal(stage_act(&stage, "2026-03-02 10:05", "clerk", "offer", NULL), BM_OK);
    assert_int_equal(stage_act(&stage, "2026-03-02 10:10", "citizen", "withdraw", NULL), BM_OK);
    assert_int_equal(stage_clock(&stage, "signing")->work.phase, BM_CLOCK_STOPPED);
    assert_int_equal(stage_act(&stage, "2026-03-03 09:00", "citizen", "reopen", "reason", "r", NULL), BM_OK);
    assert_string_equal(stage_state(&stage, BM_REGION_RESPONSIBILITY), "offered");
    assert_int_equal(stage_clock(&stage, "signing")->work.phase, BM_CLOCK_RUNNING);
    assert_int_equal(stage_clock(&stage, "signing")->work.anchor_ms, clocks_at(stage.zone, "2026-03-03 09:00"));
    stage_pass(&stage, "2026-03-03 12:00");
    assert_string_equal(stage_state(&stage, BM_REGION_RESPONSIBILITY), "held");
    stage_end(&stage);
}

static void a_window_of_minutes_opens(void **state) {
    (void)state;
    struct stage stage = stage_changed("letter.yaml", "window: { amount: 30, unit: calendar_days }",
                                       "window: { amount: 60, unit: minutes }", NULL);
    registered(&stage);
    assert_int_equal(stage_act(&stage, "2026-03-02 10:10", "citizen", "withdraw", NULL), BM_OK);
    struct bm_course closed = stage.course;
    assert_int_equal(stage_act(&stage, "2026-03-02 11:10", "citizen", "reopen", "reason", "r", NULL), BM_OK);
    stage.course = closed;
    assert_int_equal(stage_act(&stage, "2026-03-02 11:11", "citizen", "reopen", "reason", "r", NULL), BM_NOT_POSSIBLE);
    stage_end(&stage);
}

/* --- edges ------------------------------------------------------------------------------------- */

/* The last instant in time is in time for acts; a pause that begins there has nothing left to hold up. */
static void the_writer_is_asked_at_the_very_instant_that_is_due(void **state) {
    (void)state;
    struct stage stage = stage_changed("letter.yaml", "budget: { amount: 7, unit: working_days }\n    calendar: cn\n    counting: next_day",
                                       "budget: { amount: 120, unit: minutes }", "{ at: before 2 working_days,",
                                       "{ at: before 2 minutes,", "{ at: before 1 working_days,", "{ at: before 1 minutes,",
                                       "{ at: after 3 working_days,", "{ at: after 3 minutes,", NULL);
    registered(&stage);
    assert_int_equal(stage_act(&stage, "2026-03-02 11:00", "clerk", "ask_writer", "question", "q", NULL), BM_OK);
    assert_int_equal(stage_clock(&stage, "reply")->work.phase, BM_CLOCK_RUNNING);
    stage_pass(&stage, "2026-03-02 11:01");
    assert_int_equal(stage_count(&stage, BM_COURSE_BREACHED, "reply"), 1);
    stage_end(&stage);
}

/* Two months in milliseconds are more than 32 bits hold. */
static void long_pauses_of_minutes_use_their_limit_up(void **state) {
    (void)state;
    struct stage stage = stage_changed("letter.yaml", "budget: { amount: 7, unit: working_days }\n    calendar: cn\n    counting: next_day",
                                       "budget: { amount: 120, unit: minutes }", "{ at: before 2 working_days,",
                                       "{ at: before 2 minutes,", "{ at: before 1 working_days,", "{ at: before 1 minutes,",
                                       "{ at: after 3 working_days,", "{ at: after 3 minutes,",
                                       "cause: waiting_for_party, max: 5", "cause: waiting_for_party, max: 100000", NULL);
    registered(&stage);
    assert_int_equal(stage_act(&stage, "2026-03-02 10:05", "clerk", "ask_writer", "question", "q", NULL), BM_OK);
    assert_int_equal(stage_clock(&stage, "reply")->work.phase, BM_CLOCK_PAUSED);
    assert_int_equal(stage_act(&stage, "2026-05-01 10:05", "citizen", "add", "addition", "a", NULL), BM_OK);
    assert_int_equal(stage_clock(&stage, "reply")->used[0], INT64_C(60) * 24 * 3600 * 1000);
    stage_end(&stage);
}

static void a_choice_names_what_the_rows_of_all_regions_need(void **state) {
    (void)state;
    struct stage stage = stage_changed("letter.yaml",
                                       "          - event: offer\n            by: [clerk, duty_officer]\n",
                                       "          - { event: withdraw, by: [citizen], needs: [reason] }\n"
                                       "          - event: offer\n            by: [clerk, duty_officer]\n",
                                       NULL);
    registered(&stage);
    struct bm_course_choice choices[BM_PROCEDURE_EVENTS_MAX];
    uint16_t citizen = bm_procedure_role(stage.procedure, "citizen");
    size_t count = bm_course_choices(stage.track, &stage.world, &stage.course, 1u << citizen, citizen,
                                     clocks_at(stage.zone, "2026-03-02 10:05"), choices);
    assert_int_equal(count, 1);
    assert_int_equal(choices[0].missing, UINT64_C(1) << bm_procedure_field(stage.procedure, "reason"));
    assert_int_equal(stage_act(&stage, "2026-03-02 10:05", "citizen", "withdraw", NULL), BM_MISSING_FIELD);
    assert_int_equal(stage_act(&stage, "2026-03-02 10:05", "citizen", "withdraw", "reason", "r", NULL), BM_OK);
    stage_end(&stage);
}

static void a_value_that_its_field_cannot_have_is_refused(void **state) {
    (void)state;
    struct stage stage = stage_of("letter.yaml");
    stage_open_at(&stage, "2026-03-02 09:00");
    uint16_t kind = bm_procedure_field(stage.procedure, "kind"), clerk = bm_procedure_role(stage.procedure, "clerk");
    int64_t values[BM_PROCEDURE_FIELDS_MAX] = {0};
    struct bm_course_act act = {.event = bm_procedure_event(stage.procedure, "register"), .roles = 1u << clerk, .actor = 1,
                                .now_ms = clocks_at(stage.zone, "2026-03-02 09:05"), .filled = stage.procedure->rows[0].needs,
                                .values = values};
    values[kind] = stage.procedure->fields[kind].word_count;
    assert_int_equal(bm_course_act(stage.track, &stage.world, &stage.course, &act, &stage.fault), BM_OUT_OF_RANGE);
    assert_string_equal(stage.fault.field, "kind");
    values[kind]--;
    assert_int_equal(bm_course_act(stage.track, &stage.world, &stage.course, &act, &stage.fault), BM_OK);
    stage_end(&stage);
}

/* An effect holds a clock, a state pauses it beside that: the one does not end with the other. */
static void an_effect_holds_a_clock_that_a_state_pauses(void **state) {
    (void)state;
    struct stage stage = stage_changed("letter.yaml", "      - { state: asked, cause: waiting_for_party, max: 5 }\n    extend:",
                                       "      - { state: drafted, cause: waiting_for_party, max: 4 }\n"
                                       "      - { state: asked, cause: waiting_for_party, max: 5 }\n    extend:",
                                       "      asked:\n        category: waiting\n",
                                       "      asked:\n        category: waiting\n", "  withdraw: {", "  hold: { label: { zh-Hans: 停, zh-Hant: 停, en: Hold } }\n  let_go: { label: { zh-Hans: 续, zh-Hant: 續, en: Go on } }\n  withdraw: {",
                                       "    on:\n      - event: withdraw\n",
                                       "    on:\n      - { event: hold, by: [duty_officer], effects: [{ pause: reply }] }\n"
                                       "      - { event: let_go, by: [duty_officer], effects: [{ resume: reply }] }\n      - event: withdraw\n", NULL);
    stage_open_at(&stage, "2026-03-02 09:00");
    assert_int_equal(stage_act(&stage, "2026-03-02 10:00", "clerk", "register", "subject", "x", "kind", "request", NULL), BM_OK);
    assert_int_equal(stage_act(&stage, "2026-03-03 10:00", "clerk", "ask_writer", "question", "q", NULL), BM_OK);
    assert_int_equal(stage_clock(&stage, "reply")->pause, 1);
    assert_int_equal(stage_act(&stage, "2026-03-03 11:00", "duty_officer", "hold", NULL), BM_OK);
    assert_int_equal(stage_act(&stage, "2026-03-04 10:00", "citizen", "add", "addition", "a", NULL), BM_OK);
    assert_string_equal(stage_state(&stage, BM_REGION_HANDLING), "in_hand");
    assert_int_equal(stage_clock(&stage, "reply")->work.phase, BM_CLOCK_PAUSED); /* held still, by its own row */
    assert_int_equal(stage_clock(&stage, "reply")->pause, 0);
    assert_int_equal(stage_clock(&stage, "reply")->used[1], 1);
    assert_int_equal(stage_act(&stage, "2026-03-05 10:00", "duty_officer", "let_go", NULL), BM_OK);
    assert_int_equal(stage_clock(&stage, "reply")->work.phase, BM_CLOCK_RUNNING);
    /* The other way about: let go while a state pauses it, it stands still for the state. */
    assert_int_equal(stage_act(&stage, "2026-03-05 10:30", "duty_officer", "hold", NULL), BM_OK);
    assert_int_equal(stage_act(&stage, "2026-03-05 11:00", "clerk", "ask_writer", "question", "q", NULL), BM_OK);
    assert_int_equal(stage_act(&stage, "2026-03-05 11:30", "duty_officer", "let_go", NULL), BM_OK);
    assert_int_equal(stage_clock(&stage, "reply")->work.phase, BM_CLOCK_PAUSED);
    assert_int_equal(stage_act(&stage, "2026-03-05 12:00", "citizen", "add", "addition", "a", NULL), BM_OK);
    assert_int_equal(stage_clock(&stage, "reply")->work.phase, BM_CLOCK_RUNNING);
    stage_end(&stage);
}

/* The engine would end it while something opened out of it goes on. */
static bool open_still;
static bool may_end_when_all_is_closed(void *context) {
    (void)context;
    return !open_still;
}

static void what_the_engine_ends_waits_until_it_may(void **state) {
    (void)state;
    for (int moved_on = 0; moved_on < 2; moved_on++) {
        struct stage stage = stage_of("service.yaml");
        stage_open_at(&stage, "2026-03-02 09:00");
        stage.world.may_end = may_end_when_all_is_closed;
        open_still = true;
        assert_int_equal(stage_act(&stage, "2026-03-03 10:00", "window", "ask_once", "missing", "m", NULL), BM_OK);
        stage_pass(&stage, "2026-04-10 10:00");
        assert_string_equal(stage_state(&stage, BM_REGION_HANDLING), "awaiting_papers");
        assert_true(stage.course.held_up);
        assert_int_equal(stage_count(&stage, BM_COURSE_HELD_UP, NULL), 1);
        assert_false(bm_course_closed(stage.track, &stage.course));
        if (moved_on) assert_int_equal(stage_act(&stage, "2026-04-10 11:00", "window", "supply", "papers", "p", NULL), BM_OK);
        open_still = false;
        stage_pass(&stage, "2026-04-10 12:00");
        assert_false(stage.course.held_up);
        assert_string_equal(stage_state(&stage, BM_REGION_HANDLING), moved_on ? "examining" : "lapsed");
        assert_int_equal(stage_count(&stage, BM_COURSE_CLOSED, NULL), !moved_on);
        stage_end(&stage);
    }
}

static void the_greatest_actor_is_read_back(void **state) {
    (void)state;
    struct stage stage = stage_of("letter.yaml");
    registered(&stage);
    stage.course.last_actor = UINT64_MAX;
    stage_keep(&stage);
    assert_int_equal(stage.course.last_actor, UINT64_MAX);
    stage_end(&stage);
}

static void refuse(struct stage *stage, const struct bm_course *course, const char *what) {
    struct bm_course again;
    struct bm_buf buf = bm_buf_make(BM_COURSE_WRITTEN_MAX);
    bm_course_write(stage->track, course, &buf);
    if (bm_course_read(stage->track, buf.bytes, buf.len, &again, &stage->fault) != BM_CORRUPT) fail_msg("taken: %s", what);
    bm_buf_free(&buf);
}

/* Well-formed, and impossible: whoever reads it would count with it, or look past an array. */
static void no_case_could_have_come_to_this(void **state) {
    (void)state;
    struct stage stage = stage_of("letter.yaml");
    registered(&stage);
    uint16_t reply = bm_procedure_clock(stage.procedure, "reply"), kind = bm_procedure_field(stage.procedure, "kind");
#define WRONG(change)                                                                                                  \
    do {                                                                                                               \
        struct bm_course wrong = stage.course;                                                                         \
        change;                                                                                                        \
        refuse(&stage, &wrong, #change);                                                                               \
    } while (0)
    WRONG(wrong.values[kind] = 4);
    WRONG(wrong.values[kind] = -1);
    WRONG(wrong.values[bm_procedure_field(stage.procedure, "subject")] = 1);
    WRONG(wrong.closed_ms = 1);
    WRONG(wrong.clocks[reply].work.since_ms = BM_AT_NONE);
    WRONG(wrong.clocks[reply].work.since_ms = INT64_MAX);
    WRONG(wrong.clocks[reply].work.anchor_ms = INT64_MAX);
    WRONG(wrong.clocks[reply].work.budget = INT64_MAX);
    WRONG(wrong.clocks[reply].work.consumed = INT64_MAX);
    WRONG(wrong.clocks[reply].work.stopped_ms = wrong.clocks[reply].work.since_ms);
    WRONG(wrong.clocks[reply].work.was_paused = true);
    WRONG(wrong.clocks[reply].work.extensions = 99);
    WRONG(wrong.clocks[reply].work.extended = wrong.clocks[reply].work.budget);
    WRONG(wrong.clocks[reply].fired.bits = 1u << 4); /* it has four rungs */
    WRONG(wrong.clocks[reply].used[0] = -1);
    assert_int_equal(stage_act(&stage, "2026-03-02 10:10", "citizen", "withdraw", NULL), BM_OK);
    WRONG(wrong.closed_ms = BM_AT_NONE);
    WRONG(wrong.clocks[reply].work.phase = BM_CLOCK_RUNNING; wrong.clocks[reply].work.stopped_ms = BM_AT_NONE);
#undef WRONG
    stage_end(&stage);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_breach_is_told_before_the_act_that_stops_its_clock),
        cmocka_unit_test(what_came_due_is_undone_with_the_act_that_is_refused),
        cmocka_unit_test(the_engine_acts_at_the_instant_that_came_due),
        cmocka_unit_test(nothing_is_told_of_an_act_of_the_engine_that_does_not_come_about),
        cmocka_unit_test(an_offer_that_was_open_when_the_matter_closed_runs_out_after_it_is_opened_again),
        cmocka_unit_test(a_window_of_minutes_opens),
        cmocka_unit_test(the_writer_is_asked_at_the_very_instant_that_is_due),
        cmocka_unit_test(long_pauses_of_minutes_use_their_limit_up),
        cmocka_unit_test(a_choice_names_what_the_rows_of_all_regions_need),
        cmocka_unit_test(a_value_that_its_field_cannot_have_is_refused),
        cmocka_unit_test(an_effect_holds_a_clock_that_a_state_pauses),
        cmocka_unit_test(what_the_engine_ends_waits_until_it_may),
        cmocka_unit_test(the_greatest_actor_is_read_back),
        cmocka_unit_test(no_case_could_have_come_to_this),
    };
    return cmocka_run_group_tests_name("courses, mended", tests, NULL, NULL);
}
