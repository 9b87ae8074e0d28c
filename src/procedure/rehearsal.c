#include "procedure/rehearsal.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"

enum { CHECK_PASS = 31, CHECK_COVER = 32, TICKS_MAX = 10000 };

struct rehearsal {
    const struct bm_procedure *procedure;
    const struct bm_track *track;
    struct bm_course_world world;
    struct bm_findings *findings;
    struct bm_course course;
    bool *taken; /* by row */
    char where[BM_FINDING_WHERE_MAX];
};

static void listen(void *context, const struct bm_course_news *news) {
    struct rehearsal *rehearsal = context;
    if (news->kind == BM_COURSE_TAKEN) rehearsal->taken[news->row] = true;
}

static bool failed(struct rehearsal *rehearsal, struct bm_mark at, const struct bm_fault *fault) {
    bm_findings_add(rehearsal->findings, CHECK_PASS, at, rehearsal->where, "This step does not go: %s", fault->detail);
    return false;
}

/* Everything that comes due up to and with `now_ms`, at its own instant. */
static bool let_pass(struct rehearsal *rehearsal, struct bm_mark at, int64_t now_ms) {
    struct bm_fault fault;
    for (int i = 0; i < TICKS_MAX; i++) {
        int64_t next;
        if (bm_course_next(rehearsal->track, &rehearsal->world, &rehearsal->course, &next, &fault))
            return failed(rehearsal, at, &fault);
        if (next == BM_AT_NONE || next > now_ms) return true;
        bool did;
        if (bm_course_tick(rehearsal->track, &rehearsal->world, &rehearsal->course, next, &did, &fault))
            return failed(rehearsal, at, &fault);
    }
    bm_findings_add(rehearsal->findings, CHECK_PASS, at, rehearsal->where, "Clocks go off without an end.");
    return false;
}

/* An example says which role acts, not which person: every step is another's, and four eyes are check 11's. */
static bool do_step(struct rehearsal *rehearsal, const struct bm_step_def *step, uint32_t number) {
    int64_t values[BM_PROCEDURE_FIELDS_MAX] = {0};
    struct bm_course_act act = {.event = step->event,
                                .roles = 1u << step->role,
                                .actor = number + 1,
                                .now_ms = step->at_ms,
                                .values = values,
                                .reason = "rehearsal"};
    for (uint32_t i = 0; i < step->value_count; i++) {
        const struct bm_value_def *value = &step->values[i];
        act.filled |= UINT64_C(1) << value->field;
        values[value->field] = bm_course_value(&rehearsal->procedure->fields[value->field], value->text);
    }
    struct bm_fault fault;
    enum bm_code code = step->reopens
                            ? bm_course_reopen(rehearsal->track, &rehearsal->world, &rehearsal->course, &act, &fault)
                            : bm_course_act(rehearsal->track, &rehearsal->world, &rehearsal->course, &act, &fault);
    return !code || failed(rehearsal, step->at, &fault);
}

static bool stands(struct rehearsal *rehearsal, const struct bm_step_def *step) {
    for (uint32_t i = 0; i < step->then_count; i++) {
        if (bm_course_in(rehearsal->track, &rehearsal->course, step->then[i])) continue;
        const struct bm_state_def *meant = &rehearsal->procedure->states[step->then[i]];
        uint16_t is = bm_course_state(rehearsal->track, &rehearsal->course, meant->region);
        bm_findings_add(rehearsal->findings, CHECK_PASS, step->at, rehearsal->where,
                        "The example says %s here, and it is %s.", meant->name, rehearsal->procedure->states[is].name);
        return false;
    }
    return true;
}

static void play(struct rehearsal *rehearsal, const struct bm_example_def *example) {
    struct bm_fault fault;
    snprintf(rehearsal->where, sizeof rehearsal->where, "example %s", example->name);
    if (bm_course_open(rehearsal->track, &rehearsal->world, example->opened_ms, example->opened_ms, &rehearsal->course,
                       &fault)) {
        failed(rehearsal, example->at, &fault);
        return;
    }
    for (uint32_t i = 0; i < example->step_count; i++) {
        const struct bm_step_def *step = &example->steps[i];
        if (!let_pass(rehearsal, step->at, step->at_ms)) return;
        bool engine = step->role == 0; /* what the engine does has been done: time has come */
        if (!engine && !do_step(rehearsal, step, i)) return;
        if (!stands(rehearsal, step)) return;
    }
}

static void tell_left_out(struct rehearsal *rehearsal) {
    const struct bm_procedure *procedure = rehearsal->procedure;
    for (uint32_t i = 0; i < procedure->row_count; i++) {
        const struct bm_row_def *row = &procedure->rows[i];
        if (rehearsal->taken[i]) continue;
        bm_findings_add(rehearsal->findings, CHECK_COVER, row->at,
                        row->state == BM_NO_INDEX ? bm_region_words[row->region] : procedure->states[row->state].name,
                        "No example takes this row (%s): add one, or remove the row.", procedure->events[row->event].name);
    }
}

enum bm_code bm_rehearse(const struct bm_procedure *procedure, const struct bm_calendar *const *calendars,
                         size_t calendar_count, struct bm_findings *findings, struct bm_fault *fault) {
    struct bm_track *track;
    enum bm_code code = bm_track_make(procedure, &track, fault);
    if (code) return code;
    struct rehearsal rehearsal = {.procedure = procedure,
                                  .track = track,
                                  .findings = findings,
                                  .taken = bm_alloc_zero(procedure->row_count + 1, sizeof(bool))};
    rehearsal.world = (struct bm_course_world){calendars, calendar_count, &rehearsal, listen, NULL, NULL};
    for (uint32_t i = 0; i < procedure->example_count; i++) play(&rehearsal, &procedure->examples[i]);
    tell_left_out(&rehearsal);
    bm_free(rehearsal.taken);
    bm_track_free(track);
    return BM_OK;
}
