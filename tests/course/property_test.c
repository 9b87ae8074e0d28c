/* Three desks handle the same matters by the same random acts, through every procedure: one ticks at each instant, one is
 * away and only catches up when somebody acts, one is killed between any two writes and goes on from what was written.
 * They must tell the same and come to the same; and what they tell must be in order, each once.  (walk_test asks each step
 * for owners, running clocks and refusals.)  WALKS=5000 SEED=7 runs more of them. */
#include "procedure/course.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/rng.h"
#include "stage.h"

enum { STEPS = 40, TOLD_MAX = 4096 };
static const int64_t HOUR_MS = 3600 * 1000;

struct told {
    enum bm_course_kind kind;
    uint16_t state, row, clock;
    uint32_t rung;
    int64_t at_ms;
};

/* A desk: its course, and what it has told.  What a refused act told is void, as course.h says. */
struct desk {
    struct stage *stage;
    struct bm_course_world world;
    struct bm_course course;
    struct told told[TOLD_MAX];
    size_t told_count, sure; /* up to `sure` it stands in the record */
};

enum { THERE, AWAY, KILLED, DESKS };
struct play {
    struct stage stage;
    struct desk desks[DESKS];
    struct bm_rng rng;
    int64_t now_ms;
    uint64_t rungs, breaches, kills, acts, refusals, reopenings;
};

static uint64_t upto(struct play *play, uint64_t below) {
    return bm_rng_below(&play->rng, below);
}

static void hear(void *context, const struct bm_course_news *news) {
    struct desk *desk = context;
    assert_true(desk->told_count < TOLD_MAX);
    desk->told[desk->told_count++] =
        (struct told){news->kind, news->state, news->row, news->clock, news->rung, news->at_ms};
}

/* --- one write ------------------------------------------------------------------------------------- */

static void settle(struct desk *desk, enum bm_code code) {
    if (code)
        desk->told_count = desk->sure;
    else
        desk->sure = desk->told_count;
}

/* The process ends before what it decided was written: the course is that of the last write, what was told is void. */
static void kill_desk(struct play *play, struct desk *desk, const struct bm_buf *written) {
    desk->told_count = desk->sure;
    memset(&desk->course, 0xee, sizeof desk->course);
    assert_int_equal(bm_course_read(play->stage.track, written->bytes, written->len, &desk->course, &play->stage.fault), BM_OK);
    play->kills++;
}

static enum bm_code act_once(struct play *play, struct desk *desk, const struct bm_course_act *act, bool reopens) {
    return reopens ? bm_course_reopen(play->stage.track, &desk->world, &desk->course, act, &play->stage.fault)
                   : bm_course_act(play->stage.track, &desk->world, &desk->course, act, &play->stage.fault);
}

/* The desk that is killed does each thing up to three times, until it gets written. */
static enum bm_code act_at(struct play *play, struct desk *desk, const struct bm_course_act *act, bool reopens) {
    struct bm_buf written = bm_buf_make(BM_COURSE_WRITTEN_MAX);
    bm_course_write(play->stage.track, &desk->course, &written);
    for (uint64_t i = desk == &play->desks[KILLED] ? upto(play, 3) : 0; i > 0; i--) {
        enum bm_code code = act_once(play, desk, act, reopens);
        (void)code;
        kill_desk(play, desk, &written);
    }
    enum bm_code code = act_once(play, desk, act, reopens);
    settle(desk, code);
    bm_buf_free(&written);
    return code;
}

static bool tick_at(struct play *play, struct desk *desk, int64_t now_ms) {
    struct bm_buf written = bm_buf_make(BM_COURSE_WRITTEN_MAX);
    bool did = false;
    bm_course_write(play->stage.track, &desk->course, &written);
    for (uint64_t i = desk == &play->desks[KILLED] ? upto(play, 3) : 0; i > 0; i--) {
        assert_int_equal(bm_course_tick(play->stage.track, &desk->world, &desk->course, now_ms, &did, &play->stage.fault), BM_OK);
        kill_desk(play, desk, &written);
    }
    assert_int_equal(bm_course_tick(play->stage.track, &desk->world, &desk->course, now_ms, &did, &play->stage.fault), BM_OK);
    settle(desk, BM_OK);
    bm_buf_free(&written);
    return did;
}

static int64_t next_of(struct play *play, const struct desk *desk) {
    int64_t next = 0;
    assert_int_equal(bm_course_next(play->stage.track, &desk->world, &desk->course, &next, &play->stage.fault), BM_OK);
    return next;
}

/* --- what happens ---------------------------------------------------------------------------------- */

static void time_passes(struct play *play) {
    static const int64_t spans[] = {60 * 1000, HOUR_MS, 8 * HOUR_MS, 24 * HOUR_MS, 96 * HOUR_MS, 720 * HOUR_MS};
    play->now_ms += (int64_t)(1 + upto(play, (uint64_t)spans[upto(play, sizeof spans / sizeof spans[0])]));
    struct desk *there = &play->desks[THERE], *killed = &play->desks[KILLED];
    for (;;) {
        int64_t next = next_of(play, there);
        if (next == BM_AT_NONE || next > play->now_ms) break;
        assert_true(tick_at(play, there, next));
    }
    while (tick_at(play, killed, play->now_ms)) {}
    for (int i = 0; i < DESKS; i++) {
        int64_t next = next_of(play, &play->desks[i]);
        if (i != AWAY) assert_true(next == BM_AT_NONE || next > play->now_ms);
    }
}

static void draw_values(struct play *play, int64_t values[BM_PROCEDURE_FIELDS_MAX]) {
    for (uint32_t i = 0; i < play->stage.procedure->field_count; i++) {
        const struct bm_field_def *field = &play->stage.procedure->fields[i];
        values[i] = field->type == BM_FIELD_CHOICE    ? (int64_t)upto(play, field->word_count)
                    : field->type == BM_FIELD_YES_NO  ? (int64_t)upto(play, 2)
                    : field->type == BM_FIELD_INTEGER ? (int64_t)upto(play, 10)
                    : field->type == BM_FIELD_DATE    ? 20000
                                                      : 0;
    }
}

static void somebody_acts(struct play *play) {
    const struct bm_procedure *procedure = play->stage.procedure;
    struct desk *there = &play->desks[THERE];
    struct bm_course_choice choices[BM_PROCEDURE_EVENTS_MAX];
    int64_t values[BM_PROCEDURE_FIELDS_MAX];
    draw_values(play, values);
    uint64_t actor = 1 + upto(play, 3);
    size_t count = bm_course_choices(play->stage.track, &there->world, &there->course, ~1u, actor, play->now_ms, choices);
    uint16_t event = count && upto(play, 3) ? procedure->rows[choices[upto(play, count)].row].event
                                            : (uint16_t)upto(play, procedure->event_count);
    struct bm_course_act act = {.event = event, .roles = upto(play, 4) ? ~1u : 2u << upto(play, procedure->role_count - 1),
                                .actor = actor, .now_ms = play->now_ms,
                                .filled = upto(play, 4) ? UINT64_MAX : upto(play, UINT64_MAX), .values = values,
                                .reason = "a walk"};
    bool closed = bm_course_closed(play->stage.track, &there->course), reopens = closed && procedure->reopen.by && upto(play, 2);
    enum bm_code codes[DESKS];
    for (int i = 0; i < DESKS; i++) codes[i] = act_at(play, &play->desks[i], &act, reopens);
    assert_int_equal(codes[AWAY], codes[THERE]);
    assert_int_equal(codes[KILLED], codes[THERE]);
    play->acts++;
    play->refusals += codes[THERE] != BM_OK;
    play->reopenings += reopens && !codes[THERE];
}

/* --- what must hold -------------------------------------------------------------------------------- */

/* Of each clock from its start on: every rung once, by their instants, breaches too; what measures from first contact starts
 * once and never again. */
static void in_order(struct play *play, const struct desk *desk) {
    struct {
        uint32_t fired, starts;
        int64_t last_ms;
    } clocks[BM_PROCEDURE_CLOCKS_MAX] = {0};
    for (size_t i = 0; i < desk->told_count; i++) {
        const struct told *told = &desk->told[i];
        if (told->kind == BM_COURSE_STARTED) {
            clocks[told->clock].fired = 0;
            clocks[told->clock].last_ms = INT64_MIN;
            clocks[told->clock].starts++;
            bool first = play->stage.procedure->clocks[told->clock].anchor == BM_ANCHOR_FIRST_CONTACT;
            assert_true(!first || clocks[told->clock].starts == 1);
        }
        if (told->kind != BM_COURSE_RUNG && told->kind != BM_COURSE_BREACHED) continue;
        if (clocks[told->clock].fired >> told->rung & 1) fail_msg("%s told twice", play->stage.procedure->clocks[told->clock].name);
        if (told->at_ms < clocks[told->clock].last_ms) fail_msg("%s out of order", play->stage.procedure->clocks[told->clock].name);
        clocks[told->clock].fired |= 1u << told->rung;
        clocks[told->clock].last_ms = told->at_ms;
        play->rungs += told->kind == BM_COURSE_RUNG;
        play->breaches += told->kind == BM_COURSE_BREACHED;
    }
    for (uint32_t i = 0; i < play->stage.procedure->clock_count; i++) { /* and what was told is what the clock knows */
        if (desk->course.clocks[i].there) assert_int_equal(desk->course.clocks[i].fired.bits, clocks[i].fired);
    }
}

static void same(struct play *play, const struct desk *desk, const struct desk *other, const char *who) {
    struct bm_buf buf = bm_buf_make(BM_COURSE_WRITTEN_MAX), others = bm_buf_make(BM_COURSE_WRITTEN_MAX);
    bm_course_write(play->stage.track, &desk->course, &buf);
    bm_course_write(play->stage.track, &other->course, &others);
    if (strcmp(bm_buf_c_text(&buf), bm_buf_c_text(&others)) != 0)
        fail_msg("the desk that was %s came to\n%s\nand the one that was there to\n%s", who, bm_buf_c_text(&others), bm_buf_c_text(&buf));
    bm_buf_free(&buf);
    bm_buf_free(&others);
    assert_int_equal(desk->told_count, other->told_count);
    for (size_t i = 0; i < desk->told_count; i++) {
        const struct told *a = &desk->told[i], *b = &other->told[i];
        if (a->kind != b->kind || a->state != b->state || a->row != b->row || a->clock != b->clock || a->rung != b->rung ||
            a->at_ms != b->at_ms)
            fail_msg("the desk that was %s told another thing at place %zu", who, i);
    }
}

static void open_desks(struct play *play) {
    play->now_ms = clocks_at(play->stage.zone, "2025-01-06 08:00") + (int64_t)upto(play, 300) * 24 * HOUR_MS;
    for (int i = 0; i < DESKS; i++) {
        struct desk *desk = &play->desks[i];
        desk->stage = &play->stage;
        desk->world = (struct bm_course_world){(const struct bm_calendar *const *)&play->stage.calendar, 1, desk, hear, NULL, NULL};
        desk->told_count = desk->sure = 0;
        assert_int_equal(bm_course_open(play->stage.track, &desk->world, play->now_ms - HOUR_MS, play->now_ms, &desk->course,
                                        &play->stage.fault), BM_OK);
        settle(desk, BM_OK);
    }
}

static void play_all(const char *file) {
    static struct play play;
    const char *wished = getenv("WALKS");
    int walks = wished ? (int)strtol(wished, NULL, 10) : 150;
    play = (struct play){.stage = stage_of(file), .rng = {clocks_seed()}};
    for (int i = 0; i < walks; i++) {
        open_desks(&play);
        for (int step = 0; step < STEPS; step++) {
            /* They meet again at each step: the one that is away hears of time only by acts. */
            if (upto(&play, 3))
                somebody_acts(&play);
            else
                time_passes(&play);
        }
        while (tick_at(&play, &play.desks[AWAY], play.now_ms)) {}
        in_order(&play, &play.desks[THERE]);
        same(&play, &play.desks[THERE], &play.desks[AWAY], "away");
        same(&play, &play.desks[THERE], &play.desks[KILLED], "killed");
    }
    printf("%s: %d walks, %llu acts, %llu refused, %llu opened again, %llu rungs, %llu breaches, %llu kills\n", file, walks,
           (unsigned long long)play.acts, (unsigned long long)play.refusals, (unsigned long long)play.reopenings,
           (unsigned long long)play.rungs, (unsigned long long)play.breaches, (unsigned long long)play.kills);
    /* A property that meets nothing proves nothing. */
    assert_true(play.refusals < play.acts && play.rungs > 0 && play.breaches > 0 && play.kills > 0);
    if (play.stage.procedure->reopen.by) assert_true(play.reopenings > 0);
    stage_end(&play.stage);
}

static void letters(void **state) {
    (void)state;
    play_all("letter.yaml");
}
static void mediations(void **state) {
    (void)state;
    play_all("mediation.yaml");
}
static void transfers(void **state) {
    (void)state;
    play_all("hotline-transfer.yaml");
}
static void emergencies(void **state) {
    (void)state;
    play_all("emergency.yaml");
}
static void services(void **state) {
    (void)state;
    play_all("service.yaml");
    play_all("review.yaml");
}
static void directives(void **state) {
    (void)state;
    play_all("directive.yaml");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(letters), cmocka_unit_test(mediations),
                                       cmocka_unit_test(transfers), cmocka_unit_test(emergencies),
                                       cmocka_unit_test(services), cmocka_unit_test(directives)};
    return cmocka_run_group_tests_name("desks", tests, NULL, NULL);
}
