/* Matters that go on by another version of their procedure: everything they know keeps its place by name, or the move is
 * refused whole. */
#include "procedure/course.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "stage.h"

/* A letter registered on Monday, offered and acknowledged; on Tuesday the writer was asked. */
static void asked(struct stage *stage) {
    *stage = stage_of("letter.yaml");
    stage_open_at(stage, "2026-03-02 09:00");
    assert_int_equal(stage_act(stage, "2026-03-02 10:00", "clerk", "register", "subject", "x", "kind", "request", NULL), BM_OK);
    assert_int_equal(stage_act(stage, "2026-03-02 10:05", "clerk", "offer", NULL), BM_OK);
    assert_int_equal(stage_act(stage, "2026-03-02 10:10", "handler", "acknowledge", "offer_hash", "x", NULL), BM_OK);
    assert_int_equal(stage_act(stage, "2026-03-03 10:00", "clerk", "ask_writer", "question", "q", NULL), BM_OK);
}

static enum bm_code move_to(struct stage *stage, struct stage *later, const char *when) {
    later->world = (struct bm_course_world){(const struct bm_calendar *const *)&later->calendar, 1, NULL, NULL, NULL, NULL};
    return bm_course_migrate(stage->track, later->track, &later->world, &stage->course, clocks_at(stage->zone, when),
                             &later->course, &stage->fault);
}

static int64_t next_of(struct stage *stage) {
    int64_t next = 0;
    assert_int_equal(bm_course_next(stage->track, &stage->world, &stage->course, &next, &stage->fault), BM_OK);
    return next;
}

static void refused(struct stage *stage, struct stage *later, const char *when, enum bm_code code, const char *field) {
    struct bm_course before = stage->course;
    memset(&later->course, 0x55, sizeof later->course);
    struct bm_course untouched = later->course;
    assert_int_equal(move_to(stage, later, when), code);
    assert_string_equal(stage->fault.field, field);
    assert_memory_equal(&before, &stage->course, sizeof before);
    assert_memory_equal(&untouched, &later->course, sizeof untouched);
    stage_end(later);
}

static void a_version_that_says_the_same_changes_nothing(void **state) {
    (void)state;
    struct stage stage;
    asked(&stage);
    struct stage later = stage_changed("letter.yaml", "version: 1", "version: 2", NULL);
    assert_int_equal(move_to(&stage, &later, "2026-03-04 10:00"), BM_OK);
    stage_keep(&later);
    assert_string_equal(stage_state(&later, BM_REGION_HANDLING), "asked");
    assert_string_equal(stage_state(&later, BM_REGION_RESPONSIBILITY), "with_unit");
    assert_int_equal(later.course.filled, stage.course.filled);
    assert_int_equal(later.course.last_actor, stage.course.last_actor);
    assert_int_equal(next_of(&later), next_of(&stage));
    /* And it stays the same on the way: answered on Thursday, both are due at one instant. */
    assert_int_equal(stage_act(&stage, "2026-03-05 10:00", "citizen", "add", "addition", "a", NULL), BM_OK);
    later.world.tell = NULL;
    assert_int_equal(stage_act(&later, "2026-03-05 10:00", "citizen", "add", "addition", "a", NULL), BM_OK);
    assert_int_equal(next_of(&later), next_of(&stage));
    assert_int_equal(stage_clock(&later, "reply")->used[0], stage_clock(&stage, "reply")->used[0]);
    assert_int_equal(stage_clock(&later, "reply")->used[0], 2);
    assert_int_equal(stage_clock(&later, "reply")->work.anchor_ms, stage_clock(&stage, "reply")->work.anchor_ms);
    stage_end(&later);
    stage_end(&stage);
}

static void the_map_moves_a_state_and_its_clocks_follow(void **state) {
    (void)state;
    struct stage stage;
    asked(&stage);
    struct stage later = stage_changed("letter.yaml", "version: 1", "version: 2", "survey:\n  of:",
                                       "migrate: { asked: in_hand }\n\nsurvey:\n  of:", NULL);
    assert_int_equal(move_to(&stage, &later, "2026-03-05 10:00"), BM_OK);
    stage_keep(&later);
    assert_string_equal(stage_state(&later, BM_REGION_HANDLING), "in_hand");
    assert_int_equal(stage_clock(&later, "writer_answers")->work.phase, BM_CLOCK_STOPPED);
    assert_int_equal(stage_clock(&later, "reply")->work.phase, BM_CLOCK_RUNNING);
    assert_int_equal(stage_clock(&later, "reply")->work.paused, 2);
    stage_end(&later);
    stage_end(&stage);
}

static void another_budget_keeps_what_was_consumed_and_told(void **state) {
    (void)state;
    struct stage stage = stage_of("letter.yaml");
    stage_open_at(&stage, "2026-03-02 09:00");
    assert_int_equal(stage_act(&stage, "2026-03-02 10:00", "clerk", "register", "subject", "x", "kind", "request", NULL), BM_OK);
    stage_pass(&stage, "2026-03-10 10:00"); /* the reminder two days before has been told */
    assert_int_equal(stage_count(&stage, BM_COURSE_RUNG, "reply"), 1);
    struct stage later = stage_changed("letter.yaml", "version: 1", "version: 2", "budget: { amount: 7, unit: working_days }",
                                       "budget: { amount: 10, unit: working_days }", NULL);
    assert_int_equal(move_to(&stage, &later, "2026-03-10 10:00"), BM_OK);
    assert_int_equal(stage_clock(&later, "reply")->work.consumed, 5); /* the 3rd to the 6th, and the 9th */
    assert_true(bm_fired_has(stage_clock(&later, "reply")->fired, 0));
    /* Due on the 16th; next is the rung of one working day before, the reminder is not told again. */
    assert_int_equal(next_of(&later), clocks_at(stage.zone, "2026-03-14 00:00") - 1);
    stage_end(&later);
    stage_end(&stage);
}

static int64_t due_of(struct stage *stage, const char *clock) {
    struct bm_clock_due due;
    assert_int_equal(bm_course_due(stage->track, &stage->world, &stage->course, bm_procedure_clock(stage->procedure, clock), &due,
                                   &stage->fault), BM_OK);
    return due.at_ms;
}

static void what_was_broken_keeps_its_date(void **state) {
    (void)state;
    struct stage stage = stage_of("letter.yaml");
    stage_open_at(&stage, "2026-03-02 09:00");
    stage_pass(&stage, "2026-03-13 10:00"); /* two days late */
    assert_true(bm_fired_has(stage_clock(&stage, "reply")->fired, BM_RUNG_BREACH));
    int64_t due = due_of(&stage, "reply");
    struct stage later = stage_changed("letter.yaml", "version: 1", "version: 2", "budget: { amount: 7, unit: working_days }",
                                       "budget: { amount: 15, unit: working_days }", NULL);
    assert_int_equal(move_to(&stage, &later, "2026-03-13 10:00"), BM_OK);
    stage_keep(&later);
    assert_int_equal(due_of(&later, "reply"), due);
    assert_int_equal(next_of(&later), next_of(&stage)); /* the rung three days after it, too */
    stage_end(&later);
    stage_end(&stage);
}

static void a_rung_that_one_version_did_not_have_is_not_told_again(void **state) {
    (void)state;
    struct stage stage = stage_of("letter.yaml");
    stage_open_at(&stage, "2026-03-02 09:00");
    assert_int_equal(stage_act(&stage, "2026-03-02 10:00", "clerk", "register", "subject", "x", "kind", "request", NULL), BM_OK);
    stage_pass(&stage, "2026-03-10 10:00"); /* the reminder two days before has been told */
    struct stage second = stage_changed("letter.yaml", "version: 1", "version: 2",
                                        "      - { at: before 2 working_days, to: [handler, unit_head], effect: remind }\n"
                                        "      - { at: before 1 working_days, to: [unit_head, duty_officer], effect: yellow_card }\n",
                                        "      - { at: before 1 working_days, to: [unit_head, duty_officer], effect: yellow_card }\n", NULL);
    assert_int_equal(move_to(&stage, &second, "2026-03-10 10:00"), BM_OK);
    stage_keep(&second); /* what is kept is written down */
    assert_int_equal(stage_clock(&second, "reply")->told.count, 1);
    struct stage third = stage_changed("letter.yaml", "version: 1", "version: 3", NULL);
    assert_int_equal(move_to(&second, &third, "2026-03-10 11:00"), BM_OK);
    stage_keep(&third);
    assert_true(bm_fired_has(stage_clock(&third, "reply")->fired, 0));
    assert_int_equal(stage_clock(&third, "reply")->told.count, 0);
    assert_int_equal(next_of(&third), next_of(&stage));
    stage_end(&third);
    stage_end(&second);
    stage_end(&stage);
}

static void what_has_no_place_refuses_the_move(void **state) {
    (void)state;
    struct stage stage, later;
    asked(&stage);
    later = stage_changed("letter.yaml", "version: 1", "version: 2", "budget: { amount: 7, unit: working_days }",
                          "budget: { amount: 7, unit: calendar_days }", "before 2 working_days", "before 2 calendar_days",
                          "before 1 working_days", "before 1 calendar_days", "after 3 working_days", "after 3 calendar_days", NULL);
    refused(&stage, &later, "2026-03-04 10:00", BM_NOT_POSSIBLE, "reply");
    later = stage_changed("letter.yaml", "version: 1", "version: 2", "  question:\n    type: text", "  question:\n    type: place", NULL);
    refused(&stage, &later, "2026-03-04 10:00", BM_NOT_POSSIBLE, "question");
    later = stage_changed("letter.yaml", "version: 1", "version: 2", "      request: {", "      plea: {",
                          "kind: request }", "kind: plea }", NULL);
    refused(&stage, &later, "2026-03-04 10:00", BM_NOT_POSSIBLE, "request");
    later = stage_changed("letter.yaml", "version: 1", "version: 2", "survey:\n  of:", "migrate: { asked: withdrawn }\n\nsurvey:\n  of:", NULL);
    refused(&stage, &later, "2026-03-04 10:00", BM_NOT_POSSIBLE, "withdrawn");
    later = stage_changed("letter.yaml", "version: 1", "version: 2", "survey:\n  of:", "migrate: { asked: held }\n\nsurvey:\n  of:", NULL);
    refused(&stage, &later, "2026-03-04 10:00", BM_NOT_POSSIBLE, "asked"); /* of another region */
    stage_end(&stage);
}

static void only_to_a_later_version_and_when_nothing_is_due_and_open(void **state) {
    (void)state;
    struct stage stage, later;
    asked(&stage);
    later = stage_of("letter.yaml");
    refused(&stage, &later, "2026-03-04 10:00", BM_CONFLICT, "version");
    later = stage_of("mediation.yaml");
    refused(&stage, &later, "2026-03-04 10:00", BM_CONFLICT, "version");
    later = stage_changed("letter.yaml", "version: 1", "version: 2", NULL);
    refused(&stage, &later, "2026-04-04 10:00", BM_CONFLICT, "at");
    assert_int_equal(stage_act(&stage, "2026-03-04 11:00", "citizen", "withdraw", NULL), BM_OK);
    later = stage_changed("letter.yaml", "version: 1", "version: 2", NULL);
    refused(&stage, &later, "2026-03-04 12:00", BM_NOT_POSSIBLE, "version");
    stage_end(&stage);
}

static void words_and_limits_keep_their_meaning(void **state) {
    (void)state;
    struct stage stage;
    asked(&stage);
    assert_int_equal(stage_act(&stage, "2026-03-03 11:00", "citizen", "add", "addition", "a", NULL), BM_OK);
    assert_int_equal(stage_act(&stage, "2026-03-03 12:00", "clerk", "ask_writer", "question", "q", NULL), BM_OK);
    assert_int_equal(stage_act(&stage, "2026-03-03 13:00", "citizen", "add", "addition", "a", NULL), BM_OK);
    /* Another word stands first, and another row before the one with the limit. */
    struct stage later = stage_changed("letter.yaml", "version: 1", "version: 2", "    words:\n      question:",
                                       "    words:\n      praise: { zh-Hans: 表扬, zh-Hant: 表揚, en: Praise }\n      question:",
                                       "          - event: ask_writer\n",
                                       "          - { event: danger, by: [clerk] }\n          - event: ask_writer\n", NULL);
    assert_int_equal(move_to(&stage, &later, "2026-03-03 14:00"), BM_OK);
    uint16_t kind = bm_procedure_field(later.procedure, "kind");
    assert_string_equal(later.procedure->fields[kind].words[later.course.values[kind]], "request");
    assert_int_equal(stage_act(&later, "2026-03-03 15:00", "clerk", "ask_writer", "question", "q", NULL), BM_NOT_POSSIBLE);
    assert_non_null(strstr(later.fault.detail, "as often"));
    stage_end(&later);
    stage_end(&stage);
}

static void a_new_promise_is_given_now(void **state) {
    (void)state;
    struct stage stage;
    asked(&stage);
    struct stage later = stage_changed("letter.yaml", "version: 1", "version: 2", "  registering:\n    label:",
                                       "  whole:\n    label: { zh-Hans: 总时限, zh-Hant: 總時限, en: All }\n    measures: desk\n"
                                       "    kind: internal\n    anchor: first_contact\n"
                                       "    budget: { amount: 600, unit: minutes }\n    ladder: []\n  registering:\n    label:", NULL);
    assert_int_equal(move_to(&stage, &later, "2026-03-04 10:00"), BM_OK);
    assert_int_equal(stage_clock(&later, "whole")->work.anchor_ms, clocks_at(stage.zone, "2026-03-04 10:00"));
    assert_int_equal(next_of(&later), clocks_at(stage.zone, "2026-03-04 20:00") + 1);
    stage_end(&later);
    stage_end(&stage);
}

/* Supervision in two steps, which goes on where it was released; the version and the second step's name as given. */
static struct stage in_steps(const char *version, const char *second, const char *map) {
    static const char first[] = "        initial: early\n        states:\n          early:\n            category: working\n            on:\n"
                                "              - { event: danger, by: [superior], to: ";
    char states[600], moves[100];
    snprintf(states, sizeof states, "      under_supervision:\n%s%s }\n          %s:\n            category: working\n", first, second, second);
    snprintf(moves, sizeof moves, "%s\nsurvey:\n  of:", map);
    return stage_changed("letter.yaml", "version: 1", version, "            by: [superior]\n            to: under_supervision",
                         "            by: [superior]\n            to: history under_supervision",
                         "      under_supervision:\n        category: working\n        public: { zh-Hans: 督办中, zh-Hant: 督辦中, en: Under supervision }\n",
                         states, "survey:\n  of:", moves, NULL);
}

static void what_a_history_remembers_goes_along(void **state) {
    (void)state;
    struct stage stage = in_steps("version: 1", "late", ""), later;
    stage_open_at(&stage, "2026-03-02 09:00");
    assert_int_equal(stage_act(&stage, "2026-03-02 09:10", "superior", "supervise", NULL), BM_OK);
    assert_string_equal(stage_state(&stage, BM_REGION_SUPERVISION), "early");
    assert_int_equal(stage_act(&stage, "2026-03-02 09:20", "superior", "danger", NULL), BM_OK);
    assert_int_equal(stage_act(&stage, "2026-03-02 09:30", "superior", "release", "reason", "r", NULL), BM_OK);
    later = in_steps("version: 2", "second", "migrate: { late: unsupervised }\n");
    refused(&stage, &later, "2026-03-02 09:40", BM_NOT_POSSIBLE, "late");
    later = in_steps("version: 2", "second", "migrate: { late: second }\n");
    assert_int_equal(move_to(&stage, &later, "2026-03-02 09:40"), BM_OK);
    assert_int_equal(stage_act(&later, "2026-03-02 09:50", "superior", "supervise", NULL), BM_OK);
    assert_string_equal(stage_state(&later, BM_REGION_SUPERVISION), "second");
    stage_end(&later);
    stage_end(&stage);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_version_that_says_the_same_changes_nothing),
        cmocka_unit_test(the_map_moves_a_state_and_its_clocks_follow),
        cmocka_unit_test(another_budget_keeps_what_was_consumed_and_told),
        cmocka_unit_test(what_was_broken_keeps_its_date),
        cmocka_unit_test(a_rung_that_one_version_did_not_have_is_not_told_again),
        cmocka_unit_test(what_has_no_place_refuses_the_move),
        cmocka_unit_test(only_to_a_later_version_and_when_nothing_is_due_and_open),
        cmocka_unit_test(words_and_limits_keep_their_meaning),
        cmocka_unit_test(a_new_promise_is_given_now),
        cmocka_unit_test(what_a_history_remembers_goes_along),
    };
    return cmocka_run_group_tests_name("courses, another version", tests, NULL, NULL);
}
