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
#include "procedure/calendar_file.h"
#include "procedure/rehearsal.h"
#include "support.h"

enum { NEWS_MAX = 512 };

struct stage {
    struct bm_zone *zone;
    struct bm_calendar_file *file;
    struct bm_calendar *calendar;
    struct bm_procedure *procedure;
    struct bm_track *track;
    struct bm_course_world world;
    struct bm_course course;
    struct bm_fault fault;
    struct bm_course_news news[NEWS_MAX];
    size_t news_count;
};

static char *slurp(const char *folder, const char *name, size_t *ret_len) {
    char path[1024];
    const char *root = getenv("SOURCE_ROOT");
    snprintf(path, sizeof path, "%s/%s/%s", root ? root : ".", folder, name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    static char bytes[1 << 20];
    *ret_len = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    return bytes;
}

static void print_findings(const struct bm_findings *findings, const char *name) {
    struct bm_buf buf = bm_buf_make(1 << 16);
    bm_findings_print(findings, name, &buf);
    fputs(bm_buf_c_text(&buf), stderr);
    bm_buf_free(&buf);
}

/* Written down and read back it is the same course, in every state that a test comes to. */
static void keep(struct stage *stage) {
    struct bm_buf buf = bm_buf_make(BM_COURSE_WRITTEN_MAX);
    bm_course_write(stage->track, &stage->course, &buf);
    struct bm_course again;
    memset(&again, 0xee, sizeof again);
    assert_int_equal(bm_course_read(stage->track, buf.bytes, buf.len, &again, &stage->fault), BM_OK);
    struct bm_buf twice = bm_buf_make(BM_COURSE_WRITTEN_MAX);
    bm_course_write(stage->track, &again, &twice);
    assert_string_equal(bm_buf_c_text(&buf), bm_buf_c_text(&twice));
    stage->course = again; /* and goes on from there */
    bm_buf_free(&buf);
    bm_buf_free(&twice);
}

static void hear(void *context, const struct bm_course_news *news) {
    struct stage *stage = context;
    assert_true(stage->news_count < NEWS_MAX);
    stage->news[stage->news_count++] = *news;
}

static struct bm_procedure *read_text(const char *text, size_t len, const char *name) {
    struct bm_findings findings = {.count = 0};
    struct bm_procedure *procedure = NULL;
    if (bm_procedure_read(text, len, &findings, &procedure)) {
        print_findings(&findings, name);
        fail();
    }
    return procedure;
}

static struct stage stage_with(struct bm_procedure *procedure) {
    struct stage stage = {.procedure = procedure};
    size_t len;
    char *bytes = slurp("calendars", "cn.yaml", &len);
    struct bm_findings findings = {.count = 0};
    if (bm_calendar_file_read(bytes, len, &findings, &stage.file)) {
        print_findings(&findings, "cn.yaml");
        fail();
    }
    stage.zone = clocks_zone(bm_calendar_file_zone(stage.file));
    assert_int_equal(bm_calendar_make(NULL, bm_calendar_file_plan(stage.file), NULL, 0, stage.zone, &stage.calendar,
                                      &stage.fault), BM_OK);
    assert_int_equal(bm_track_make(procedure, &stage.track, &stage.fault), BM_OK);
    return stage;
}

static struct stage stage_of(const char *name) {
    size_t len;
    char *bytes = slurp("procedures", name, &len);
    return stage_with(read_text(bytes, len, name));
}

static void curtain(struct stage *stage) {
    bm_track_free(stage->track);
    bm_procedure_free(stage->procedure);
    bm_calendar_free(stage->calendar);
    bm_calendar_file_free(stage->file);
    bm_zone_free(stage->zone);
}

static void open_at(struct stage *stage, const char *when) {
    int64_t at_ms = clocks_at(stage->zone, when);
    stage->world = (struct bm_course_world){(const struct bm_calendar *const *)&stage->calendar, 1, stage, hear};
    assert_int_equal(bm_course_open(stage->track, &stage->world, at_ms, at_ms, &stage->course, &stage->fault), BM_OK);
}

/* Fields by name, with a NULL at the end: "subject", "x", "kind", "request", NULL. */
static enum bm_code act(struct stage *stage, const char *when, const char *role, const char *event, ...) {
    int64_t values[BM_PROCEDURE_FIELDS_MAX] = {0};
    uint16_t who = bm_procedure_role(stage->procedure, role);
    struct bm_course_act doing = {.event = bm_procedure_event(stage->procedure, event),
                                  .roles = 1u << who,
                                  .actor = who,
                                  .now_ms = clocks_at(stage->zone, when),
                                  .values = values,
                                  .reason = "because"};
    assert_true(who != BM_NO_INDEX);
    va_list fields;
    va_start(fields, event);
    for (const char *name; (name = va_arg(fields, const char *));) {
        uint16_t field = bm_procedure_field(stage->procedure, name);
        assert_true(field != BM_NO_INDEX);
        doing.filled |= UINT64_C(1) << field;
        values[field] = bm_course_value(&stage->procedure->fields[field], va_arg(fields, const char *));
    }
    va_end(fields);
    keep(stage);
    if (strcmp(event, "reopen") == 0)
        return bm_course_reopen(stage->track, &stage->world, &stage->course, &doing, &stage->fault);
    assert_true(doing.event != BM_NO_INDEX);
    return bm_course_act(stage->track, &stage->world, &stage->course, &doing, &stage->fault);
}

static void pass_until(struct stage *stage, const char *when) {
    bool did = true;
    for (; did; keep(stage))
        assert_int_equal(bm_course_tick(stage->track, &stage->world, &stage->course, clocks_at(stage->zone, when), &did,
                                        &stage->fault), BM_OK);
}

static const char *state_of(const struct stage *stage, enum bm_region region) {
    return stage->procedure->states[bm_course_state(stage->track, &stage->course, region)].name;
}

static const struct bm_course_clock *clock_of(const struct stage *stage, const char *name) {
    return &stage->course.clocks[bm_procedure_clock(stage->procedure, name)];
}

static size_t count_news(const struct stage *stage, enum bm_course_kind kind, const char *clock) {
    size_t count = 0;
    for (size_t i = 0; i < stage->news_count; i++) {
        count += stage->news[i].kind == kind && (!clock || stage->news[i].clock == bm_procedure_clock(stage->procedure, clock));
    }
    return count;
}

static void registered(struct stage *stage) {
    *stage = stage_of("letter.yaml");
    open_at(stage, "2026-03-02 09:00");
    assert_int_equal(act(stage, "2026-03-02 10:00", "clerk", "register", "subject", "lamp", "kind", "request", NULL), BM_OK);
}

/* --- the files' own examples -------------------------------------------------------------------- */

static void examples_go_as_they_say(void **state) {
    (void)state;
    static const char *const files[] = {"letter.yaml", "mediation.yaml", "hotline-transfer.yaml", "emergency.yaml", "service.yaml",
                                        "directive.yaml"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct stage stage = stage_of(files[i]);
        struct bm_findings findings = {.count = 0};
        const struct bm_calendar *calendars[] = {stage.calendar};
        assert_int_equal(bm_rehearse(stage.procedure, calendars, 1, &findings, &stage.fault), BM_OK);
        print_findings(&findings, files[i]);
        assert_int_equal(findings.errors, 0);
        curtain(&stage);
    }
}

static void an_example_that_lies_is_found(void **state) {
    (void)state;
    size_t len;
    char *bytes = slurp("procedures", "letter.yaml", &len);
    char *copy = bm_alloc(len + 1);
    memcpy(copy, bytes, len);
    copy[len] = 0;
    char *at = strstr(copy, "event: approve, then: solved }");
    assert_non_null(at);
    memcpy(at, "event: approve, then: joined }", strlen("event: approve, then: joined }"));
    struct stage stage = stage_with(read_text(copy, len, "lie"));
    struct bm_findings findings = {.count = 0};
    const struct bm_calendar *calendars[] = {stage.calendar};
    assert_int_equal(bm_rehearse(stage.procedure, calendars, 1, &findings, &stage.fault), BM_OK);
    assert_int_equal(findings.errors, 1);
    assert_int_equal(findings.items[0].check, 31);
    assert_non_null(strstr(findings.items[0].detail, "says joined here, and it is solved"));
    curtain(&stage);
    bm_free(copy);
}

/* --- acts --------------------------------------------------------------------------------------- */

static void what_is_refused_changes_nothing(void **state) {
    (void)state;
    struct stage stage;
    registered(&stage);
    struct bm_course before = stage.course;
    assert_int_equal(act(&stage, "2026-03-02 10:05", "clerk", "acknowledge", "offer_hash", "x", NULL), BM_NOT_POSSIBLE);
    assert_int_equal(act(&stage, "2026-03-02 10:05", "citizen", "offer", NULL), BM_FORBIDDEN);
    assert_int_equal(act(&stage, "2026-03-02 10:05", "clerk", "ask_writer", NULL), BM_MISSING_FIELD);
    assert_string_equal(stage.fault.field, "question");
    assert_int_equal(act(&stage, "2026-03-02 10:05", "handler", "draft", "reply", "r", "result", "solved", NULL),
                     BM_NOT_POSSIBLE); /* nobody has acknowledged */
    assert_memory_equal(&before, &stage.course, sizeof before);
    curtain(&stage);
}

static void a_return_too_many_goes_to_a_superior(void **state) {
    (void)state;
    struct stage stage;
    registered(&stage);
    assert_int_equal(act(&stage, "2026-03-02 10:05", "clerk", "offer", NULL), BM_OK);
    assert_int_equal(act(&stage, "2026-03-02 10:10", "unit_head", "refuse", "reason", "x", NULL), BM_OK);
    assert_string_equal(state_of(&stage, BM_REGION_RESPONSIBILITY), "held");
    assert_int_equal(stage.course.counters[BM_COUNTER_RETURNS], 1);
    assert_int_equal(act(&stage, "2026-03-02 10:15", "clerk", "offer", NULL), BM_OK);
    assert_int_equal(act(&stage, "2026-03-02 10:20", "unit_head", "refuse", "reason", "x", NULL), BM_OK);
    assert_string_equal(state_of(&stage, BM_REGION_RESPONSIBILITY), "arbitration");
    assert_string_equal(state_of(&stage, BM_REGION_HANDLING), "in_hand");
    curtain(&stage);
}

static void four_eyes_are_four(void **state) {
    (void)state;
    struct stage stage;
    registered(&stage);
    assert_int_equal(act(&stage, "2026-03-02 10:05", "clerk", "offer", NULL), BM_OK);
    assert_int_equal(act(&stage, "2026-03-02 10:10", "unit_head", "acknowledge", "offer_hash", "x", NULL), BM_OK);
    assert_int_equal(act(&stage, "2026-03-03 10:10", "unit_head", "draft", "reply", "r", "result", "solved", NULL), BM_OK);
    assert_int_equal(act(&stage, "2026-03-03 10:15", "unit_head", "approve", NULL), BM_FORBIDDEN);
    assert_int_equal(act(&stage, "2026-03-03 10:15", "duty_officer", "approve", NULL), BM_OK);
    assert_true(bm_course_closed(stage.track, &stage.course));
    assert_int_equal(count_news(&stage, BM_COURSE_CLOSED, NULL), 1);
    assert_int_equal(act(&stage, "2026-03-03 10:20", "superior", "supervise", NULL), BM_NOT_POSSIBLE);
    curtain(&stage);
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
    curtain(&stage);
}

/* --- clocks ------------------------------------------------------------------------------------- */

static void the_writers_clock_waits_for_the_writer_and_no_longer(void **state) {
    (void)state;
    struct stage stage;
    registered(&stage);
    assert_int_equal(act(&stage, "2026-03-03 10:00", "clerk", "ask_writer", "question", "q", NULL), BM_OK);
    assert_int_equal(clock_of(&stage, "reply")->work.phase, BM_CLOCK_PAUSED);
    assert_true(clock_of(&stage, "writer_answers")->there);
    /* Nobody answers for a month: five working days are given, then the promise runs on, and is broken. */
    pass_until(&stage, "2026-04-03 10:00");
    assert_int_equal(clock_of(&stage, "reply")->work.phase, BM_CLOCK_RUNNING);
    assert_int_equal(count_news(&stage, BM_COURSE_RESUMED, "reply"), 1);
    assert_int_equal(count_news(&stage, BM_COURSE_BREACHED, "reply"), 1);
    assert_int_equal(count_news(&stage, BM_COURSE_RUNG, "reply"), 4);
    assert_int_equal(act(&stage, "2026-04-03 10:05", "duty_officer", "prolong", "reason", "r", NULL), BM_NOT_POSSIBLE);
    curtain(&stage);
}

static void the_offer_that_nobody_signs_is_taken_back(void **state) {
    (void)state;
    struct stage stage;
    registered(&stage);
    assert_int_equal(act(&stage, "2026-03-02 10:05", "clerk", "offer", NULL), BM_OK);
    int64_t next;
    assert_int_equal(bm_course_next(stage.track, &stage.world, &stage.course, &next, &stage.fault), BM_OK);
    assert_int_equal(next, clocks_at(stage.zone, "2026-03-02 11:05")); /* half of two working hours */
    pass_until(&stage, "2026-03-02 13:04");
    assert_string_equal(state_of(&stage, BM_REGION_RESPONSIBILITY), "offered"); /* noon does not count */
    pass_until(&stage, "2026-03-02 13:06");
    assert_string_equal(state_of(&stage, BM_REGION_RESPONSIBILITY), "held");
    assert_int_equal(count_news(&stage, BM_COURSE_BREACHED, "signing"), 1);
    assert_int_equal(clock_of(&stage, "signing")->work.phase, BM_CLOCK_STOPPED);
    /* Offered anew: a clock of its own, with nothing consumed, while the citizen's goes on. */
    assert_int_equal(act(&stage, "2026-03-02 15:00", "clerk", "offer", NULL), BM_OK);
    assert_int_equal(clock_of(&stage, "signing")->work.anchor_ms, clocks_at(stage.zone, "2026-03-02 15:00"));
    assert_int_equal(clock_of(&stage, "signing")->fired.bits, 0);
    assert_int_equal(clock_of(&stage, "reply")->work.anchor_ms, clocks_at(stage.zone, "2026-03-02 09:00"));
    curtain(&stage);
}

static void a_month_of_downtime_is_caught_up_in_order(void **state) {
    (void)state;
    struct stage slow, quick;
    registered(&slow);
    registered(&quick);
    pass_until(&slow, "2026-04-02 10:00");
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
    curtain(&slow);
    curtain(&quick);
}

/* --- reopening ---------------------------------------------------------------------------------- */

static void closed(struct stage *stage) {
    registered(stage);
    assert_int_equal(act(stage, "2026-03-02 10:05", "clerk", "offer", NULL), BM_OK);
    assert_int_equal(act(stage, "2026-03-02 10:10", "handler", "acknowledge", "offer_hash", "x", NULL), BM_OK);
    assert_int_equal(act(stage, "2026-03-03 10:10", "handler", "draft", "reply", "r", "result", "solved", NULL), BM_OK);
    assert_int_equal(act(stage, "2026-03-04 10:15", "unit_head", "approve", NULL), BM_OK);
}

static void a_closed_letter_is_opened_again_once_and_in_time(void **state) {
    (void)state;
    struct stage stage;
    closed(&stage);
    assert_int_equal(act(&stage, "2026-03-05 10:00", "clerk", "reopen", "reason", "r", NULL), BM_FORBIDDEN);
    assert_int_equal(act(&stage, "2026-03-05 10:00", "citizen", "reopen", NULL), BM_MISSING_FIELD);
    struct stage late = stage;
    assert_int_equal(act(&late, "2026-04-04 10:00", "citizen", "reopen", "reason", "r", NULL), BM_NOT_POSSIBLE);
    assert_int_equal(act(&stage, "2026-04-03 10:00", "citizen", "reopen", "reason", "r", NULL), BM_OK);
    assert_string_equal(state_of(&stage, BM_REGION_HANDLING), "in_hand");
    assert_int_equal(clock_of(&stage, "reply")->work.phase, BM_CLOCK_STOPPED); /* never starts again */
    assert_int_equal(clock_of(&stage, "second_reply")->work.phase, BM_CLOCK_RUNNING);
    assert_int_equal(act(&stage, "2026-04-07 10:10", "handler", "draft", "reply", "r", "result", "solved", NULL), BM_OK);
    assert_int_equal(act(&stage, "2026-04-07 10:15", "unit_head", "approve", NULL), BM_OK);
    assert_int_equal(act(&stage, "2026-04-08 10:00", "citizen", "reopen", "reason", "r", NULL), BM_NOT_POSSIBLE);
    curtain(&stage);
}

/* --- what was written -------------------------------------------------------------------------- */

static void what_nobody_wrote_is_refused(void **state) {
    (void)state;
    struct stage stage;
    registered(&stage);
    assert_int_equal(act(&stage, "2026-03-03 10:00", "clerk", "ask_writer", "question", "q", NULL), BM_OK);
    struct bm_buf buf = bm_buf_make(BM_COURSE_WRITTEN_MAX);
    bm_course_write(stage.track, &stage.course, &buf);
    static const char *const changes[][2] = {
        {"\"at\":\"asked", "\"at\":\"other"},   {"\"state\":\"paused\"", "\"state\":\"dozing\""},
        {"\"returns\":0", "\"returns\":x"},     {"\"returns\":0", "\"retorns\":0"},
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
    curtain(&stage);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(examples_go_as_they_say),
        cmocka_unit_test(an_example_that_lies_is_found),
        cmocka_unit_test(what_is_refused_changes_nothing),
        cmocka_unit_test(a_return_too_many_goes_to_a_superior),
        cmocka_unit_test(four_eyes_are_four),
        cmocka_unit_test(choices_are_what_acts_allow),
        cmocka_unit_test(the_writers_clock_waits_for_the_writer_and_no_longer),
        cmocka_unit_test(the_offer_that_nobody_signs_is_taken_back),
        cmocka_unit_test(a_month_of_downtime_is_caught_up_in_order),
        cmocka_unit_test(a_closed_letter_is_opened_again_once_and_in_time),
        cmocka_unit_test(what_nobody_wrote_is_refused),
    };
    return cmocka_run_group_tests_name("courses", tests, NULL, NULL);
}
