#include "procedure/track.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"

/* Root, parallel and regions stand before the procedure's states, a history before the states of its target. */
enum { ADDED_MAX = 2 + BM_region_COUNT };

struct bm_track {
    const struct bm_procedure *procedure;
    struct bm_chart *chart;
    uint32_t *chart_state; /* by state of the procedure */
    uint32_t *history;     /* by state of the procedure: its history, or BM_CHART_NONE */
    uint16_t *state_of;    /* by state of the chart */
    uint16_t *row_of;      /* by transition */
};

/* A draft that grows; arrays have room for the most there can be. */
struct drawing {
    struct bm_track *track;
    struct bm_chart_state *states;
    struct bm_chart_transition *transitions;
    uint32_t *targets;
    uint32_t state_count, transition_count, target_count;
    uint32_t region[BM_region_COUNT];
    bool *goes_back; /* by state of the procedure: some row goes back to it */
};

static const char *const region_ids[BM_region_COUNT] = {"region:handling", "region:responsibility", "region:supervision"};

static uint32_t draw_state(struct drawing *drawing, const char *id, uint32_t parent, enum bm_chart_kind kind,
                           uint16_t state) {
    uint32_t at = drawing->state_count++;
    drawing->states[at] = (struct bm_chart_state){.id = id, .parent = parent, .kind = kind};
    drawing->track->state_of[at] = state;
    return at;
}

static struct bm_chart_transition *draw_transition(struct drawing *drawing, uint32_t source, uint16_t row) {
    struct bm_chart_transition *transition = &drawing->transitions[drawing->transition_count];
    *transition = (struct bm_chart_transition){.source = source, .targets = {.first = drawing->target_count}};
    drawing->track->row_of[drawing->transition_count++] = row;
    return transition;
}

static void draw_target(struct drawing *drawing, struct bm_chart_transition *transition, uint32_t target) {
    drawing->targets[drawing->target_count++] = target;
    transition->targets.count++;
}

/* Its one transition, for the first time, is drawn with the rows, when all states have their places. */
static void draw_history(struct drawing *drawing, uint16_t state, uint32_t parent) {
    const char *name = drawing->track->procedure->states[state].name;
    size_t len = strlen(name) + sizeof "was:";
    char *id = bm_alloc(len);
    snprintf(id, len, "was:%s", name);
    uint32_t at = draw_state(drawing, id, parent, BM_CHART_DEEP, BM_NO_INDEX);
    drawing->track->history[state] = at;
}

static void draw_below(struct drawing *drawing, enum bm_region region, uint16_t parent, uint32_t chart_parent);

static void draw_one(struct drawing *drawing, uint16_t state, uint32_t chart_parent) {
    const struct bm_state_def *def = &drawing->track->procedure->states[state];
    bool is_final = def->category == BM_CATEGORY_FINAL && def->initial == BM_NO_INDEX;
    uint32_t at = draw_state(drawing, def->name, chart_parent, is_final ? BM_CHART_FINAL : BM_CHART_STATE, state);
    drawing->track->chart_state[state] = at;
    if (def->initial == BM_NO_INDEX) return;
    if (drawing->goes_back[state]) draw_history(drawing, state, at);
    draw_below(drawing, def->region, state, at);
}

static void draw_below(struct drawing *drawing, enum bm_region region, uint16_t parent, uint32_t chart_parent) {
    const struct bm_procedure *procedure = drawing->track->procedure;
    /* Without a pseudo-state the first child is where a parent is entered. */
    uint16_t first = parent == BM_NO_INDEX ? procedure->initial[region] : procedure->states[parent].initial;
    draw_one(drawing, first, chart_parent);
    for (uint16_t i = 0; i < procedure->state_count; i++) {
        const struct bm_state_def *def = &procedure->states[i];
        if (i != first && def->region == region && def->parent == parent) draw_one(drawing, i, chart_parent);
    }
}

static void draw_states(struct drawing *drawing) {
    uint32_t root = draw_state(drawing, "case", BM_CHART_NONE, BM_CHART_STATE, BM_NO_INDEX);
    uint32_t regions = draw_state(drawing, "regions", root, BM_CHART_PARALLEL, BM_NO_INDEX);
    for (enum bm_region i = 0; i < BM_region_COUNT; i++) {
        if (drawing->track->procedure->initial[i] == BM_NO_INDEX) continue;
        drawing->region[i] = draw_state(drawing, region_ids[i], regions, BM_CHART_STATE, BM_NO_INDEX);
        draw_below(drawing, i, BM_NO_INDEX, drawing->region[i]);
    }
}

static void draw_rows(struct drawing *drawing) {
    const struct bm_procedure *procedure = drawing->track->procedure;
    struct bm_track *track = drawing->track;
    for (uint16_t i = 0; i < procedure->state_count; i++) {
        if (track->history[i] == BM_CHART_NONE) continue;
        struct bm_chart_transition *first = draw_transition(drawing, track->history[i], BM_NO_INDEX);
        draw_target(drawing, first, track->chart_state[procedure->states[i].initial]);
    }
    for (uint16_t i = 0; i < procedure->row_count; i++) {
        const struct bm_row_def *row = &procedure->rows[i];
        uint32_t source = row->state == BM_NO_INDEX ? drawing->region[row->region] : track->chart_state[row->state];
        struct bm_chart_transition *transition = draw_transition(drawing, source, i);
        transition->events = procedure->events[row->event].name;
        transition->guard = (uint32_t)i + 1;
        if (row->target == BM_NO_INDEX) continue;
        /* What stays within a state does not leave it: its clocks go on. */
        transition->internal = row->state == BM_NO_INDEX || (row->target != row->state && bm_procedure_within(procedure, row->target, row->state));
        bool back = row->history && track->history[row->target] != BM_CHART_NONE;
        draw_target(drawing, transition, back ? track->history[row->target] : track->chart_state[row->target]);
    }
}

/* From anywhere in handling, a final state too; who may, and how often, the course judges. */
static void draw_reopening(struct drawing *drawing) {
    const struct bm_reopen_def *reopen = &drawing->track->procedure->reopen;
    if (!reopen->by) return;
    struct bm_chart_transition *transition = draw_transition(drawing, drawing->region[BM_REGION_HANDLING], BM_NO_INDEX);
    transition->events = BM_TRACK_REOPEN;
    transition->internal = true;
    draw_target(drawing, transition, drawing->track->chart_state[reopen->target]);
}

static void mark_returns(struct drawing *drawing) {
    const struct bm_procedure *procedure = drawing->track->procedure;
    for (uint32_t i = 0; i < procedure->row_count; i++) {
        const struct bm_row_def *row = &procedure->rows[i];
        if (row->history && row->target != BM_NO_INDEX) drawing->goes_back[row->target] = true;
    }
}

static enum bm_code compile(struct drawing *drawing, struct bm_fault *fault) {
    struct bm_chart_draft draft = {.states = drawing->states,
                                   .transitions = drawing->transitions,
                                   .targets = drawing->targets,
                                   .state_count = drawing->state_count,
                                   .transition_count = drawing->transition_count,
                                   .target_count = drawing->target_count};
    return bm_chart_compile(&draft, &drawing->track->chart, fault);
}

static void drawing_free(struct drawing *drawing) {
    for (uint32_t i = 0; i < drawing->state_count; i++) {
        if (drawing->states[i].kind == BM_CHART_DEEP) bm_free((void *)drawing->states[i].id);
    }
    bm_free(drawing->states);
    bm_free(drawing->transitions);
    bm_free(drawing->targets);
    bm_free(drawing->goes_back);
}

/* A course remembers what each row of pause_in has used. */
static enum bm_code check_pauses(const struct bm_procedure *procedure, struct bm_fault *fault) {
    for (uint32_t i = 0; i < procedure->clock_count; i++) {
        if (procedure->clocks[i].pause_count > BM_TRACK_PAUSES_MAX)
            return bm_fault_set(fault, BM_BAD_FORMAT, procedure->clocks[i].name, "A clock has at most %d rows of pause_in.",
                                BM_TRACK_PAUSES_MAX);
    }
    return BM_OK;
}

enum bm_code bm_track_make(const struct bm_procedure *procedure, struct bm_track **ret_track, struct bm_fault *fault) {
    BM_CHECK(procedure->initial[BM_REGION_HANDLING] != BM_NO_INDEX);
    if (check_pauses(procedure, fault)) return BM_BAD_FORMAT;
    size_t states = 2 * (size_t)procedure->state_count + ADDED_MAX;
    size_t transitions = (size_t)procedure->state_count + procedure->row_count + 1; /* histories, rows, reopening */
    struct bm_track *track = bm_alloc_zero(1, sizeof *track);
    track->procedure = procedure;
    track->chart_state = bm_alloc_zero(procedure->state_count, sizeof *track->chart_state);
    track->history = bm_alloc_zero(procedure->state_count, sizeof *track->history);
    track->state_of = bm_alloc_zero(states, sizeof *track->state_of);
    track->row_of = bm_alloc_zero(transitions, sizeof *track->row_of);
    for (uint32_t i = 0; i < procedure->state_count; i++) track->history[i] = BM_CHART_NONE;
    struct drawing drawing = {.track = track,
                              .states = bm_alloc_zero(states, sizeof *drawing.states),
                              .transitions = bm_alloc_zero(transitions, sizeof *drawing.transitions),
                              .targets = bm_alloc_zero(transitions, sizeof *drawing.targets),
                              .goes_back = bm_alloc_zero(procedure->state_count, sizeof *drawing.goes_back)};
    mark_returns(&drawing);
    draw_states(&drawing);
    draw_rows(&drawing);
    draw_reopening(&drawing);
    enum bm_code code = compile(&drawing, fault);
    drawing_free(&drawing);
    if (code) {
        bm_track_free(track);
        return code;
    }
    *ret_track = track;
    return BM_OK;
}

void bm_track_free(struct bm_track *track) {
    if (!track) return;
    bm_chart_free(track->chart);
    bm_free(track->chart_state);
    bm_free(track->history);
    bm_free(track->state_of);
    bm_free(track->row_of);
    bm_free(track);
}

const struct bm_procedure *bm_track_procedure(const struct bm_track *track) {
    return track->procedure;
}

const struct bm_chart *bm_track_chart(const struct bm_track *track) {
    return track->chart;
}

uint32_t bm_track_state(const struct bm_track *track, uint16_t state) {
    BM_CHECK(state < track->procedure->state_count);
    return track->chart_state[state];
}

uint16_t bm_track_state_of(const struct bm_track *track, uint32_t chart_state) {
    return track->state_of[chart_state];
}

uint16_t bm_track_row_of(const struct bm_track *track, uint32_t transition) {
    return track->row_of[transition];
}
