/* Random walks through every procedure: whatever people do and however time passes, a matter stays sound.
 * WALKS=5000 SEED=7 runs more of them. */
#include "procedure/course.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "stage.h"

enum { STEPS = 60 };
static const int64_t HOUR_MS = 3600 * 1000;

struct walk {
    struct stage stage;
    struct bm_rng rng;
    int64_t now_ms;
    uint64_t acts, refusals, reopenings, closings;
};

static uint64_t upto(struct walk *walk, uint64_t below) {
    return bm_rng_below(&walk->rng, below);
}

static int64_t a_value(struct walk *walk, const struct bm_field_def *field) {
    if (field->type == BM_FIELD_CHOICE) return (int64_t)upto(walk, field->word_count);
    if (field->type == BM_FIELD_YES_NO) return (int64_t)upto(walk, 2);
    if (field->type == BM_FIELD_DATE) return walk->now_ms / 86400000;
    return field->type == BM_FIELD_INTEGER ? (int64_t)upto(walk, 10) : 0;
}

/* --- what must hold ------------------------------------------------------------------------------- */

static bool any_runs(const struct stage *stage) {
    for (uint32_t i = 0; i < stage->procedure->clock_count; i++) {
        const struct bm_course_clock *clock = &stage->course.clocks[i];
        if (clock->there && clock->work.phase == BM_CLOCK_RUNNING) return true;
    }
    return false;
}

static void sound(struct walk *walk, const struct bm_course *before) {
    struct stage *stage = &walk->stage;
    const struct bm_procedure *procedure = stage->procedure;
    bool closed = bm_course_closed(stage->track, &stage->course);
    uint16_t state = bm_course_state(stage->track, &stage->course, BM_REGION_HANDLING);
    walk->closings += closed && !bm_course_closed(stage->track, before);
    if (!closed && procedure->states[state].owner == BM_NO_INDEX) fail_msg("%s has no owner", procedure->states[state].name);
    if (!closed && !any_runs(stage)) fail_msg("no clock runs in %s of %s", procedure->states[state].name, procedure->name);
    for (uint32_t i = 0; i < procedure->clock_count; i++) {
        const struct bm_course_clock *clock = &stage->course.clocks[i], *former = &before->clocks[i];
        if (closed && clock->there) assert_int_equal(clock->work.phase, BM_CLOCK_STOPPED);
        if (procedure->clocks[i].anchor == BM_ANCHOR_FIRST_CONTACT) { /* the citizen's never begins again */
            assert_true(clock->there);
            assert_int_equal(clock->work.anchor_ms, former->work.anchor_ms);
        }
        bool same = clock->there && former->there && clock->work.anchor_ms == former->work.anchor_ms &&
                    former->work.phase != BM_CLOCK_STOPPED;
        if (same && (former->fired.bits & ~clock->fired.bits)) fail_msg("%s forgot a rung", procedure->clocks[i].name);
    }
    stage_keep(stage); /* written, read back, and on from there */
}

/* --- what happens --------------------------------------------------------------------------------- */

static void time_passes(struct walk *walk) {
    static const int64_t spans[] = {60 * 1000, HOUR_MS, 8 * HOUR_MS, 24 * HOUR_MS, 96 * HOUR_MS, 720 * HOUR_MS};
    struct stage *stage = &walk->stage;
    walk->now_ms += (int64_t)(1 + upto(walk, (uint64_t)spans[upto(walk, sizeof spans / sizeof spans[0])]));
    bool did = true;
    while (did) {
        struct bm_course before = stage->course;
        stage->news_count = 0;
        assert_int_equal(bm_course_tick(stage->track, &stage->world, &stage->course, walk->now_ms, &did, &stage->fault), BM_OK);
        for (size_t i = 0; i < stage->news_count; i++) { /* each once */
            const struct bm_course_news *news = &stage->news[i];
            if (news->kind != BM_COURSE_RUNG && news->kind != BM_COURSE_BREACHED) continue;
            assert_true(news->at_ms <= walk->now_ms);
            assert_false(bm_fired_has(before.clocks[news->clock].fired, news->rung));
        }
        sound(walk, &before);
    }
    int64_t next;
    assert_int_equal(bm_course_next(stage->track, &stage->world, &stage->course, &next, &stage->fault), BM_OK);
    assert_true(next == BM_AT_NONE || next > walk->now_ms);
}

static void somebody_acts(struct walk *walk) {
    struct stage *stage = &walk->stage;
    const struct bm_procedure *procedure = stage->procedure;
    int64_t values[BM_PROCEDURE_FIELDS_MAX];
    for (uint32_t i = 0; i < procedure->field_count; i++) values[i] = a_value(walk, &procedure->fields[i]);
    struct bm_course_act act = {.event = (uint16_t)upto(walk, procedure->event_count),
                                .roles = upto(walk, 3) ? ~1u : 2u << upto(walk, procedure->role_count - 1),
                                .actor = 1 + upto(walk, 3),
                                .now_ms = walk->now_ms,
                                .filled = upto(walk, 4) ? (UINT64_C(1) << procedure->field_count) - 1 : upto(walk, UINT64_MAX),
                                .values = values,
                                .reason = "a walk"};
    if (procedure->field_count < 64) act.filled &= (UINT64_C(1) << procedure->field_count) - 1;
    struct bm_course before = stage->course;
    bool closed = bm_course_closed(stage->track, &before), reopens = closed && procedure->reopen.by;
    stage->news_count = 0;
    enum bm_code code = reopens ? bm_course_reopen(stage->track, &stage->world, &stage->course, &act, &stage->fault)
                                : bm_course_act(stage->track, &stage->world, &stage->course, &act, &stage->fault);
    walk->acts++;
    if (code) {
        assert_memory_equal(&before, &stage->course, sizeof before); /* refused whole */
        assert_true(stage->fault.detail[0] != 0);
        walk->refusals++;
    } else {
        walk->reopenings += reopens;
        sound(walk, &before);
    }
}

/* What is offered as possible is possible, with the fields that it names filled in. */
static void choices_hold(struct walk *walk) {
    struct stage *stage = &walk->stage;
    struct bm_course_choice choices[BM_PROCEDURE_EVENTS_MAX];
    size_t count = bm_course_choices(stage->track, &stage->world, &stage->course, ~1u, 9, walk->now_ms, choices);
    if (!count) return;
    const struct bm_course_choice *choice = &choices[upto(walk, count)];
    const struct bm_row_def *row = &stage->procedure->rows[choice->row];
    if (choice->bar) return;
    if (choice->missing & ~row->needs) return; /* its guard hangs on what is filled in */
    int64_t values[BM_PROCEDURE_FIELDS_MAX];
    for (uint32_t i = 0; i < stage->procedure->field_count; i++)
        values[i] = stage->course.filled >> i & 1 ? stage->course.values[i] : a_value(walk, &stage->procedure->fields[i]);
    struct bm_course_act act = {.event = row->event, .roles = ~1u, .actor = 9, .now_ms = walk->now_ms,
                                .filled = row->needs, .values = values, .reason = "a walk"};
    struct bm_course before = stage->course;
    enum bm_code code = bm_course_act(stage->track, &stage->world, &stage->course, &act, &stage->fault);
    if (code) fail_msg("%s is offered and refused: %s", stage->procedure->events[row->event].name, stage->fault.detail);
    sound(walk, &before);
}

static void walk_through(const char *file) {
    const char *wished = getenv("WALKS");
    int walks = wished ? (int)strtol(wished, NULL, 10) : 150;
    struct walk walk = {.stage = stage_of(file), .rng = {clocks_seed()}};
    for (int i = 0; i < walks; i++) {
        walk.now_ms = clocks_at(walk.stage.zone, "2026-01-05 08:00") + (int64_t)upto(&walk, 200) * 24 * HOUR_MS;
        stage_open(&walk.stage, walk.now_ms);
        for (int step = 0; step < STEPS; step++) {
            uint64_t what = upto(&walk, 8);
            if (what < 2)
                time_passes(&walk);
            else if (what < 4)
                choices_hold(&walk);
            else
                somebody_acts(&walk);
        }
    }
    printf("%s: %d walks, %llu acts, %llu refused, %llu closed, %llu opened again\n", file, walks,
           (unsigned long long)walk.acts, (unsigned long long)walk.refusals, (unsigned long long)walk.closings,
           (unsigned long long)walk.reopenings);
    /* A property that meets nothing proves nothing. */
    assert_true(walk.refusals * 20 > walk.acts && walk.refusals < walk.acts);
    assert_true(walk.closings > (uint64_t)walks / 4);
    if (walk.stage.procedure->reopen.by) assert_true(walk.reopenings > 0);
    stage_end(&walk.stage);
}

static void letters(void **state) {
    (void)state;
    walk_through("letter.yaml");
}
static void mediations(void **state) {
    (void)state;
    walk_through("mediation.yaml");
}
static void transfers(void **state) {
    (void)state;
    walk_through("hotline-transfer.yaml");
}
static void emergencies(void **state) {
    (void)state;
    walk_through("emergency.yaml");
}
static void services(void **state) {
    (void)state;
    walk_through("service.yaml");
    walk_through("review.yaml");
}
static void directives(void **state) {
    (void)state;
    walk_through("directive.yaml");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(letters), cmocka_unit_test(mediations),
                                       cmocka_unit_test(transfers), cmocka_unit_test(emergencies),
                                       cmocka_unit_test(services), cmocka_unit_test(directives)};
    return cmocka_run_group_tests_name("walks", tests, NULL, NULL);
}
