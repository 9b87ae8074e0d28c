/* Courses: letters go their way by procedures/letter.yaml on calendars/cn.yaml; what is not possible is refused whole; time
 * that passed while nobody was there is caught up in order, each rung once; a course that was written down goes on the same. */
#include "procedure/course.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "procedure/rehearsal.h"
#include "stage.h"

static void registered(struct stage *stage) {
    *stage = stage_of("letter.yaml");
    stage_open_at(stage, "2026-03-02 09:00");
    assert_int_equal(stage_act(stage, "2026-03-02 10:00", "clerk", "register", "subject", "lamp", "kind", "request", NULL), BM_OK);
}

/* --- the files' own examples -------------------------------------------------------------------- */

static void examples_go_as_they_say(void **state) {
    (void)state;
    static const char *const files[] = {"letter.yaml", "mediation.yaml", "hotline-transfer.yaml", "emergency.yaml", "service.yaml",
                                        "directive.yaml", "review.yaml"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct stage stage = stage_of(files[i]);
        struct bm_findings findings = {.count = 0};
        const struct bm_calendar *calendars[] = {stage.calendar};
        assert_int_equal(bm_rehearse(stage.procedure, calendars, 1, &findings, &stage.fault), BM_OK);
        stage_print(&findings, files[i]);
        assert_int_equal(findings.errors, 0);
        stage_end(&stage);
    }
}

static void an_example_that_lies_is_found(void **state) {
    (void)state;
    size_t len;
    char *bytes = stage_file("procedures", "letter.yaml", &len);
    char *copy = bm_alloc(len + 1);
    memcpy(copy, bytes, len);
    copy[len] = 0;
    char *at = strstr(copy, "event: approve, then: solved }");
    assert_non_null(at);
    memcpy(at, "event: approve, then: joined }", strlen("event: approve, then: joined }"));
    struct stage stage = stage_with(stage_read(copy, len, "lie"));
    struct bm_findings findings = {.count = 0};
    const struct bm_calendar *calendars[] = {stage.calendar};
    assert_int_equal(bm_rehearse(stage.procedure, calendars, 1, &findings, &stage.fault), BM_OK);
    assert_int_equal(findings.errors, 1);
    assert_int_equal(findings.items[0].check, 31);
    assert_non_null(strstr(findings.items[0].detail, "says joined here, and it is solved"));
    stage_end(&stage);
    bm_free(copy);
}

/* --- acts --------------------------------------------------------------------------------------- */

static void what_is_refused_changes_nothing(void **state) {
    (void)state;
    struct stage stage;
    registered(&stage);
    struct bm_course before = stage.course;
    assert_int_equal(stage_act(&stage, "2026-03-02 10:05", "clerk", "acknowledge", "offer_hash", "x", NULL), BM_NOT_POSSIBLE);
    assert_int_equal(stage_act(&stage, "2026-03-02 10:05", "citizen", "offer", NULL), BM_FORBIDDEN);
    assert_int_equal(stage_act(&stage, "2026-03-02 10:05", "clerk", "ask_writer", NULL), BM_MISSING_FIELD);
    assert_string_equal(stage.fault.field, "question");
    assert_int_equal(stage_act(&stage, "2026-03-02 10:05", "handler", "draft", "reply", "r", "result", "solved", NULL),
                     BM_NOT_POSSIBLE); /* nobody has acknowledged */
    assert_memory_equal(&before, &stage.course, sizeof before);
    stage_end(&stage);
}

static void a_return_too_many_goes_to_a_superior(void **state) {
    (void)state;
    struct stage stage;
    registered(&stage);
    assert_int_equal(stage_act(&stage, "2026-03-02 10:05", "clerk", "offer", NULL), BM_OK);
    assert_int_equal(stage_act(&stage, "2026-03-02 10:10", "unit_head", "refuse", "reason", "x", NULL), BM_OK);
    assert_string_equal(stage_state(&stage, BM_REGION_RESPONSIBILITY), "held");
    assert_int_equal(stage.course.counters[BM_COUNTER_RETURNS], 1);
    assert_int_equal(stage_act(&stage, "2026-03-02 10:15", "clerk", "offer", NULL), BM_OK);
    assert_int_equal(stage_act(&stage, "2026-03-02 10:20", "unit_head", "refuse", "reason", "x", NULL), BM_OK);
    assert_string_equal(stage_state(&stage, BM_REGION_RESPONSIBILITY), "arbitration");
    assert_string_equal(stage_state(&stage, BM_REGION_HANDLING), "in_hand");
    stage_end(&stage);
}

static void four_eyes_are_four(void **state) {
    (void)state;
    struct stage stage;
    registered(&stage);
    assert_int_equal(stage_act(&stage, "2026-03-02 10:05", "clerk", "offer", NULL), BM_OK);
    assert_int_equal(stage_act(&stage, "2026-03-02 10:10", "unit_head", "acknowledge", "offer_hash", "x", NULL), BM_OK);
    assert_int_equal(stage_act(&stage, "2026-03-03 10:10", "unit_head", "draft", "reply", "r", "result", "solved", NULL), BM_OK);
    assert_int_equal(stage_act(&stage, "2026-03-03 10:15", "unit_head", "approve", NULL), BM_FORBIDDEN);
    assert_int_equal(stage_act(&stage, "2026-03-03 10:15", "duty_officer", "approve", NULL), BM_OK);
    assert_true(bm_course_closed(stage.track, &stage.course));
    assert_int_equal(stage_count(&stage, BM_COURSE_CLOSED, NULL), 1);
    assert_int_equal(stage_act(&stage, "2026-03-03 10:20", "superior", "supervise", NULL), BM_NOT_POSSIBLE);
    stage_end(&stage);
}

/* Whoever did the last step is not all: somebody else may have acted in between, on another matter of the matter. */
static void four_eyes_see_past_what_was_done_in_between(void **state) {
    (void)state;
    struct stage stage;
    registered(&stage);
    assert_int_equal(stage_act(&stage, "2026-03-02 10:05", "clerk", "offer", NULL), BM_OK);
    assert_int_equal(stage_act(&stage, "2026-03-02 10:10", "unit_head", "acknowledge", "offer_hash", "x", NULL), BM_OK);
    assert_int_equal(stage_act(&stage, "2026-03-03 10:10", "unit_head", "draft", "reply", "r", "result", "solved", NULL), BM_OK);
    assert_int_equal(stage_act(&stage, "2026-03-03 10:12", "superior", "supervise", NULL), BM_OK);
    assert_int_equal(stage_act(&stage, "2026-03-03 10:15", "unit_head", "approve", NULL), BM_FORBIDDEN);
    assert_non_null(strstr(stage.fault.detail, "Four eyes"));
    /* Who took it in, and who judges, has not worked on it. */
    assert_int_equal(stage_act(&stage, "2026-03-03 10:20", "duty_officer", "send_back", "reason", "x", NULL), BM_OK);
    assert_int_equal(stage_act(&stage, "2026-03-03 10:25", "handler", "draft", "reply", "r", "result", "solved", NULL), BM_OK);
    assert_int_equal(stage_act(&stage, "2026-03-03 10:30", "unit_head", "approve", NULL), BM_FORBIDDEN); /* their draft is in it */
    assert_int_equal(stage_act(&stage, "2026-03-03 10:30", "duty_officer", "approve", NULL), BM_OK);
    stage_end(&stage);
}

static void whoever_handled_it_is_barred_after_a_reopening(void **state) {
    (void)state;
    struct stage stage;
    struct bm_course_choice choices[BM_PROCEDURE_EVENTS_MAX];
    registered(&stage);
    assert_int_equal(stage_act(&stage, "2026-03-02 10:05", "clerk", "offer", NULL), BM_OK);
    assert_int_equal(stage_act(&stage, "2026-03-02 10:10", "handler", "acknowledge", "offer_hash", "x", NULL), BM_OK);
    assert_int_equal(stage_act(&stage, "2026-03-03 10:10", "handler", "draft", "reply", "r", "result", "solved", NULL), BM_OK);
    assert_int_equal(stage_act(&stage, "2026-03-03 10:15", "duty_officer", "approve", NULL), BM_OK);
    assert_int_equal(stage_act(&stage, "2026-03-05 10:15", "citizen", "reopen", "reason", "x", NULL), BM_OK);
    assert_int_equal(stage_act(&stage, "2026-03-06 10:10", "handler", "draft", "reply", "r", "result", "solved", NULL), BM_FORBIDDEN);
    assert_non_null(strstr(stage.fault.detail, "another hand"));
    uint16_t handler = bm_procedure_role(stage.procedure, "handler");
    size_t count = bm_course_choices(stage.track, &stage.world, &stage.course, 1u << handler, handler,
                                     clocks_at(stage.zone, "2026-03-06 10:10"), choices), barred = 0;
    for (size_t i = 0; i < count; i++) {
        const char *name = stage.procedure->events[stage.procedure->rows[choices[i].row].event].name;
        bool drafts = strcmp(name, "draft") == 0;
        assert_int_equal(choices[i].bar, drafts ? BM_BAR_OTHER_HAND : BM_BAR_NONE); /* danger is for everybody */
        barred += drafts;
    }
    assert_int_equal(barred, 1);
    assert_int_equal(stage_act(&stage, "2026-03-06 10:15", "unit_head", "draft", "reply", "r", "result", "solved", NULL), BM_OK);
    assert_int_equal(stage_act(&stage, "2026-03-06 10:20", "duty_officer", "approve", NULL), BM_FORBIDDEN); /* approved it before */
    assert_int_equal(stage_act(&stage, "2026-03-06 10:20", "unit_head", "approve", NULL), BM_FORBIDDEN);    /* drafted it now */
    assert_int_equal(stage_act(&stage, "2026-03-06 10:20", "clerk", "ask_writer", "question", "q", NULL), BM_NOT_POSSIBLE);
    stage_end(&stage);
}

static bool nobody(void *context, const struct bm_course *course, const struct bm_row_def *row, char ret_who[BM_COURSE_WHO_TEXT]) {
    (void)context;
    (void)course;
    (void)row;
    ret_who[0] = 0;
    return false;
}

static void where_nobody_else_could_it_is_told(void **state) {
    (void)state;
    struct stage stage;
    registered(&stage);
    stage.world.others = nobody;
    assert_int_equal(stage_act(&stage, "2026-03-02 10:05", "clerk", "offer", NULL), BM_OK);
    assert_int_equal(stage_act(&stage, "2026-03-02 10:10", "unit_head", "acknowledge", "offer_hash", "x", NULL), BM_OK);
    assert_int_equal(stage_act(&stage, "2026-03-03 10:10", "unit_head", "draft", "reply", "r", "result", "solved", NULL), BM_OK);
    assert_int_equal(stage_count(&stage, BM_COURSE_SPARED, NULL), 0);
    assert_int_equal(stage_act(&stage, "2026-03-03 10:15", "unit_head", "approve", NULL), BM_OK);
    assert_int_equal(stage_count(&stage, BM_COURSE_SPARED, NULL), 1);
    assert_int_equal(stage_act(&stage, "2026-03-05 10:15", "citizen", "reopen", "reason", "x", NULL), BM_OK);
    stage.news_count = 0;
    assert_int_equal(stage_act(&stage, "2026-03-06 10:10", "unit_head", "draft", "reply", "r", "result", "solved", NULL), BM_OK);
    assert_int_equal(stage_count(&stage, BM_COURSE_SPARED, NULL), 1);
    for (size_t i = 0; i < stage.news_count; i++) {
        if (stage.news[i].kind == BM_COURSE_SPARED) assert_int_equal(stage.news[i].bar, BM_BAR_OTHER_HAND);
    }
    stage_end(&stage);
}

static void a_hand_too_many_is_refused(void **state) {
    (void)state;
    struct stage stage;
    registered(&stage);
    assert_int_equal(stage.course.hand_count, 1);
    while (stage.course.hand_count < BM_COURSE_HANDS_MAX) {
        stage.course.hands[stage.course.hand_count] = (struct bm_course_hand){1000 + stage.course.hand_count, BM_HAND_HANDLED};
        stage.course.hand_count++;
    }
    assert_int_equal(stage_act(&stage, "2026-03-02 10:05", "duty_officer", "ask_writer", "question", "q", NULL), BM_OUT_OF_RANGE);
    assert_int_equal(stage_act(&stage, "2026-03-02 10:05", "clerk", "ask_writer", "question", "q", NULL), BM_OK); /* is one of them */
    stage_end(&stage);
}

static void choices_are_what_acts_allow(void **state) {
    (void)state;
    struct stage stage;
    registered(&stage);
    struct bm_course_choice choices[BM_PROCEDURE_EVENTS_MAX];
    uint16_t clerk = bm_procedure_role(stage.procedure, "clerk");
    int64_t now_ms = clocks_at(stage.zone, "2026-03-02 10:05");
    size_t count = bm_course_choices(stage.track, &stage.world, &stage.course, 1u << clerk, clerk, now_ms, choices);
    const char *names[8] = {0};
    assert_in_range(count, 1, 8);
    for (size_t i = 0; i < count; i++)
        names[i] = stage.procedure->events[stage.procedure->rows[choices[i].row].event].name;
    assert_int_equal(count, 3);
    assert_string_equal(names[0], "offer");
    assert_string_equal(names[1], "ask_writer");
    assert_int_equal(choices[1].missing, UINT64_C(1) << bm_procedure_field(stage.procedure, "question"));
    assert_string_equal(names[2], "danger");
    stage_end(&stage);
}

/* --- clocks ------------------------------------------------------------------------------------- */

static void the_writers_clock_waits_for_the_writer_and_no_longer(void **state) {
    (void)state;
    struct stage stage;
    registered(&stage);
    assert_int_equal(stage_act(&stage, "2026-03-03 10:00", "clerk", "ask_writer", "question", "q", NULL), BM_OK);
    assert_int_equal(stage_clock(&stage, "reply")->work.phase, BM_CLOCK_PAUSED);
    assert_true(stage_clock(&stage, "writer_answers")->there);
    /* Nobody answers for a month: five working days are given, then the promise runs on, and is broken. */
    stage_pass(&stage, "2026-04-03 10:00");
    assert_int_equal(stage_clock(&stage, "reply")->work.phase, BM_CLOCK_RUNNING);
    assert_int_equal(stage_count(&stage, BM_COURSE_RESUMED, "reply"), 1);
    assert_int_equal(stage_count(&stage, BM_COURSE_BREACHED, "reply"), 1);
    assert_int_equal(stage_count(&stage, BM_COURSE_RUNG, "reply"), 4);
    assert_int_equal(stage_act(&stage, "2026-04-03 10:05", "duty_officer", "prolong", "reason", "r", NULL), BM_NOT_POSSIBLE);
    stage_end(&stage);
}

static void the_offer_that_nobody_signs_is_taken_back(void **state) {
    (void)state;
    struct stage stage;
    registered(&stage);
    assert_int_equal(stage_act(&stage, "2026-03-02 10:05", "clerk", "offer", NULL), BM_OK);
    int64_t next;
    assert_int_equal(bm_course_next(stage.track, &stage.world, &stage.course, &next, &stage.fault), BM_OK);
    assert_int_equal(next, clocks_at(stage.zone, "2026-03-02 11:05")); /* half of two working hours */
    stage_pass(&stage, "2026-03-02 13:04");
    assert_string_equal(stage_state(&stage, BM_REGION_RESPONSIBILITY), "offered"); /* noon does not count */
    stage_pass(&stage, "2026-03-02 13:06");
    assert_string_equal(stage_state(&stage, BM_REGION_RESPONSIBILITY), "held");
    assert_int_equal(stage_count(&stage, BM_COURSE_BREACHED, "signing"), 1);
    assert_int_equal(stage_clock(&stage, "signing")->work.phase, BM_CLOCK_STOPPED);
    /* Offered anew: a clock of its own, with nothing consumed, while the citizen's goes on. */
    assert_int_equal(stage_act(&stage, "2026-03-02 15:00", "clerk", "offer", NULL), BM_OK);
    assert_int_equal(stage_clock(&stage, "signing")->work.anchor_ms, clocks_at(stage.zone, "2026-03-02 15:00"));
    assert_int_equal(stage_clock(&stage, "signing")->fired.bits, 0);
    assert_int_equal(stage_clock(&stage, "reply")->work.anchor_ms, clocks_at(stage.zone, "2026-03-02 09:00"));
    stage_end(&stage);
}

static void a_month_of_downtime_is_caught_up_in_order(void **state) {
    (void)state;
    struct stage slow, quick;
    registered(&slow);
    registered(&quick);
    stage_pass(&slow, "2026-04-02 10:00");
    int64_t end_ms = clocks_at(quick.zone, "2026-04-02 10:00");
    for (;;) { /* the desk that was there all the time */
        int64_t next;
        bool did;
        assert_int_equal(bm_course_next(quick.track, &quick.world, &quick.course, &next, &quick.fault), BM_OK);
        if (next == BM_AT_NONE || next > end_ms) break;
        assert_int_equal(bm_course_tick(quick.track, &quick.world, &quick.course, next, &did, &quick.fault), BM_OK);
        assert_true(did);
    }
    assert_int_equal(slow.news_count, quick.news_count);
    int64_t last = INT64_MIN;
    for (size_t i = 0; i < slow.news_count; i++) {
        assert_int_equal(slow.news[i].kind, quick.news[i].kind);
        assert_int_equal(slow.news[i].clock, quick.news[i].clock);
        assert_int_equal(slow.news[i].rung, quick.news[i].rung);
        if (slow.news[i].kind != BM_COURSE_RUNG && slow.news[i].kind != BM_COURSE_BREACHED) continue;
        assert_true(slow.news[i].at_ms >= last);
        last = slow.news[i].at_ms;
    }
    assert_memory_equal(&slow.course.clocks[0].fired, &quick.course.clocks[0].fired, sizeof(struct bm_fired));
    stage_end(&slow);
    stage_end(&quick);
}

/* --- reopening ---------------------------------------------------------------------------------- */

static void closed(struct stage *stage) {
    registered(stage);
    assert_int_equal(stage_act(stage, "2026-03-02 10:05", "clerk", "offer", NULL), BM_OK);
    assert_int_equal(stage_act(stage, "2026-03-02 10:10", "handler", "acknowledge", "offer_hash", "x", NULL), BM_OK);
    assert_int_equal(stage_act(stage, "2026-03-03 10:10", "handler", "draft", "reply", "r", "result", "solved", NULL), BM_OK);
    assert_int_equal(stage_act(stage, "2026-03-04 10:15", "unit_head", "approve", NULL), BM_OK);
}

static void a_closed_letter_is_opened_again_once_and_in_time(void **state) {
    (void)state;
    struct stage stage;
    closed(&stage);
    assert_int_equal(stage_act(&stage, "2026-03-05 10:00", "clerk", "reopen", "reason", "r", NULL), BM_FORBIDDEN);
    assert_int_equal(stage_act(&stage, "2026-03-05 10:00", "citizen", "reopen", NULL), BM_MISSING_FIELD);
    struct stage late = stage;
    assert_int_equal(stage_act(&late, "2026-04-04 10:00", "citizen", "reopen", "reason", "r", NULL), BM_NOT_POSSIBLE);
    assert_int_equal(stage_act(&stage, "2026-04-03 10:00", "citizen", "reopen", "reason", "r", NULL), BM_OK);
    assert_string_equal(stage_state(&stage, BM_REGION_HANDLING), "in_hand");
    assert_int_equal(stage_clock(&stage, "reply")->work.phase, BM_CLOCK_STOPPED); /* never starts again */
    assert_int_equal(stage_clock(&stage, "second_reply")->work.phase, BM_CLOCK_RUNNING);
    stage.world.others = nobody; /* both have handled it */
    assert_int_equal(stage_act(&stage, "2026-04-07 10:10", "handler", "draft", "reply", "r", "result", "solved", NULL), BM_OK);
    assert_int_equal(stage_act(&stage, "2026-04-07 10:15", "unit_head", "approve", NULL), BM_OK);
    assert_int_equal(stage_act(&stage, "2026-04-08 10:00", "citizen", "reopen", "reason", "r", NULL), BM_NOT_POSSIBLE);
    stage_end(&stage);
}

/* --- what was written -------------------------------------------------------------------------- */

static void what_nobody_wrote_is_refused(void **state) {
    (void)state;
    struct stage stage;
    registered(&stage);
    assert_int_equal(stage_act(&stage, "2026-03-03 10:00", "clerk", "ask_writer", "question", "q", NULL), BM_OK);
    struct bm_buf buf = bm_buf_make(BM_COURSE_WRITTEN_MAX);
    bm_course_write(stage.track, &stage.course, &buf);
    static const char *const changes[][2] = {
        {"\"at\":\"asked", "\"at\":\"other"},   {"\"state\":\"paused\"", "\"state\":\"dozing\""},
        {"\"returns\":0", "\"returns\":x"},     {"\"returns\":0", "\"retorns\":0"},
        {"\"hands\":{", "\"hands\":{\"7\":8,"},  {"\"hands\":{", "\"hands\":{\"07\":1,"},
        {"\"kind\":1", "\"kino\":1"},           {"\"closed\":null", "\"closed\":true"},
        {"\"held\":false", "\"held\": true"},   {"\"pause\":0", "\"pause\":9"},
        {"\"cause\":5", "\"cause\":8"},         {"\"fired\":0", "\"fired\":+"}};
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        char *copy = bm_alloc(buf.len + 1);
        memcpy(copy, buf.bytes, buf.len + 1);
        char *at = strstr(copy, changes[i][0]);
        if (!at) fail_msg("%s is not in %s", changes[i][0], copy);
        memcpy(at, changes[i][1], strlen(changes[i][1]));
        struct bm_course course;
        if (bm_course_read(stage.track, copy, buf.len, &course, &stage.fault) != BM_CORRUPT)
            fail_msg("%s was taken", changes[i][1]);
        bm_free(copy);
    }
    for (size_t len = 0; len < buf.len; len++) {
        struct bm_course course;
        assert_int_equal(bm_course_read(stage.track, buf.bytes, len, &course, &stage.fault), BM_CORRUPT);
    }
    bm_buf_free(&buf);
    stage_end(&stage);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(examples_go_as_they_say),
        cmocka_unit_test(an_example_that_lies_is_found),
        cmocka_unit_test(what_is_refused_changes_nothing),
        cmocka_unit_test(a_return_too_many_goes_to_a_superior),
        cmocka_unit_test(four_eyes_are_four),
        cmocka_unit_test(four_eyes_see_past_what_was_done_in_between),
        cmocka_unit_test(whoever_handled_it_is_barred_after_a_reopening),
        cmocka_unit_test(where_nobody_else_could_it_is_told),
        cmocka_unit_test(a_hand_too_many_is_refused),
        cmocka_unit_test(choices_are_what_acts_allow),
        cmocka_unit_test(the_writers_clock_waits_for_the_writer_and_no_longer),
        cmocka_unit_test(the_offer_that_nobody_signs_is_taken_back),
        cmocka_unit_test(a_month_of_downtime_is_caught_up_in_order),
        cmocka_unit_test(a_closed_letter_is_opened_again_once_and_in_time),
        cmocka_unit_test(what_nobody_wrote_is_refused),
    };
    return cmocka_run_group_tests_name("courses", tests, NULL, NULL);
}
