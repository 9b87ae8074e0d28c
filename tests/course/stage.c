#include "stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

char *stage_file(const char *folder, const char *name, size_t *ret_len) {
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

void stage_print(const struct bm_findings *findings, const char *name) {
    struct bm_buf buf = bm_buf_make(1 << 16);
    bm_findings_print(findings, name, &buf);
    fputs(bm_buf_c_text(&buf), stderr);
    bm_buf_free(&buf);
}

void stage_keep(struct stage *stage) {
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

struct bm_procedure *stage_read(const char *text, size_t len, const char *name) {
    struct bm_findings findings = {.count = 0};
    struct bm_procedure *procedure = NULL;
    if (bm_procedure_read(text, len, &findings, &procedure)) {
        stage_print(&findings, name);
        fail();
    }
    return procedure;
}

struct stage stage_with(struct bm_procedure *procedure) {
    struct stage stage = {.procedure = procedure};
    size_t len;
    char *bytes = stage_file("calendars", "cn.yaml", &len);
    struct bm_findings findings = {.count = 0};
    if (bm_calendar_file_read(bytes, len, &findings, &stage.file)) {
        stage_print(&findings, "cn.yaml");
        fail();
    }
    stage.zone = clocks_zone(bm_calendar_file_zone(stage.file));
    assert_int_equal(bm_calendar_make(NULL, bm_calendar_file_plan(stage.file), NULL, 0, stage.zone, &stage.calendar,
                                      &stage.fault), BM_OK);
    assert_int_equal(bm_track_make(procedure, &stage.track, &stage.fault), BM_OK);
    return stage;
}

struct stage stage_of(const char *name) {
    size_t len;
    char *bytes = stage_file("procedures", name, &len);
    return stage_with(stage_read(bytes, len, name));
}

void stage_end(struct stage *stage) {
    bm_track_free(stage->track);
    bm_procedure_free(stage->procedure);
    bm_calendar_free(stage->calendar);
    bm_calendar_file_free(stage->file);
    bm_zone_free(stage->zone);
}

void stage_open(struct stage *stage, int64_t at_ms) {
    stage->world = (struct bm_course_world){(const struct bm_calendar *const *)&stage->calendar, 1, stage, hear, NULL, NULL};
    assert_int_equal(bm_course_open(stage->track, &stage->world, at_ms, at_ms, &stage->course, &stage->fault), BM_OK);
}

void stage_open_at(struct stage *stage, const char *when) {
    stage_open(stage, clocks_at(stage->zone, when));
}

/* Fields by name, with a NULL at the end: "subject", "x", "kind", "request", NULL. */
enum bm_code stage_act(struct stage *stage, const char *when, const char *role, const char *event, ...) {
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
    stage_keep(stage);
    if (strcmp(event, "reopen") == 0)
        return bm_course_reopen(stage->track, &stage->world, &stage->course, &doing, &stage->fault);
    assert_true(doing.event != BM_NO_INDEX);
    return bm_course_act(stage->track, &stage->world, &stage->course, &doing, &stage->fault);
}

void stage_pass(struct stage *stage, const char *when) {
    bool did = true;
    for (; did; stage_keep(stage))
        assert_int_equal(bm_course_tick(stage->track, &stage->world, &stage->course, clocks_at(stage->zone, when), &did,
                                        &stage->fault), BM_OK);
}

const char *stage_state(const struct stage *stage, enum bm_region region) {
    return stage->procedure->states[bm_course_state(stage->track, &stage->course, region)].name;
}

const struct bm_course_clock *stage_clock(const struct stage *stage, const char *name) {
    return &stage->course.clocks[bm_procedure_clock(stage->procedure, name)];
}

size_t stage_count(const struct stage *stage, enum bm_course_kind kind, const char *clock) {
    size_t count = 0;
    for (size_t i = 0; i < stage->news_count; i++) {
        count += stage->news[i].kind == kind && (!clock || stage->news[i].clock == bm_procedure_clock(stage->procedure, clock));
    }
    return count;
}

struct stage stage_changed(const char *name, ...) {
    static char text[1 << 18], next[1 << 18];
    size_t len;
    const char *bytes = stage_file("procedures", name, &len);
    assert_true(len < sizeof text);
    memcpy(text, bytes, len);
    text[len] = 0;
    va_list pairs;
    va_start(pairs, name);
    for (const char *old; (old = va_arg(pairs, const char *));) {
        const char *new = va_arg(pairs, const char *), *at = strstr(text, old);
        if (!at) fail_msg("%s is not in %s", old, name);
        int wrote = snprintf(next, sizeof next, "%.*s%s%s", (int)(at - text), text, new, at + strlen(old));
        assert_in_range(wrote, 1, sizeof next - 1);
        memcpy(text, next, (size_t)wrote + 1);
    }
    va_end(pairs);
    return stage_with(stage_read(text, strlen(text), name));
}
