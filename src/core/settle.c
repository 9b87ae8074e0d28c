/* Drafts: what a decision does to a case, and what follows from it. */
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "core/incident.h"
#include "core/part.h"

struct bm_draft bm_draft_new(struct bm_deciding *deciding, const struct bm_case *row) {
    return (struct bm_draft){.deciding = deciding, .row = *row, .waits_since_ms = BM_AT_NONE};
}

struct bm_draft bm_draft_of(struct bm_deciding *deciding, uint64_t case_id) {
    const struct bm_core *core = deciding->core;
    const struct bm_case_slot *slot = bm_state_slot(core, BM_T_CASE, case_id);
    BM_CHECK(slot);
    struct bm_draft draft = bm_draft_new(deciding, &slot->row);
    for (uint64_t id = slot->assignments.first; id;
         id = bm_state_after(core, BM_T_ASSIGNMENT, id)) {
        draft.assignments = bm_realloc(draft.assignments,
                                       (draft.assignment_count + 1) * sizeof *draft.assignments);
        draft.assignments[draft.assignment_count++] = *(const struct bm_assignment *)bm_state_need(
            core, BM_T_ASSIGNMENT, id);
    }
    for (uint64_t id = slot->clocks.first; id; id = bm_state_after(core, BM_T_CLOCK, id)) {
        const struct bm_clock *clock = bm_state_need(core, BM_T_CLOCK, id);
        if (clock->stopped_at_ms != BM_AT_NONE) continue;
        draft.clocks = bm_realloc(draft.clocks, (draft.clock_count + 1) * sizeof *draft.clocks);
        draft.clocks[draft.clock_count++] = *clock;
    }
    return draft;
}

void bm_draft_free(struct bm_draft *draft) {
    bm_free(draft->assignments);
    bm_free(draft->clocks);
}

struct bm_assignment *bm_draft_find(struct bm_draft *draft, uint64_t assignment) {
    for (size_t i = 0; i < draft->assignment_count; i++) {
        if (draft->assignments[i].id.v == assignment) return &draft->assignments[i];
    }
    return NULL;
}

uint64_t bm_draft_assign(struct bm_draft *draft, uint64_t unit, enum bm_assignment_state state,
                         int64_t occurred_at_ms) {
    struct bm_deciding *deciding = draft->deciding;
    uint64_t id = bm_new_id(deciding, BM_T_ASSIGNMENT);
    struct bm_event *event = bm_emit(deciding, BM_EV_ASSIGNMENT_MADE, BM_SUBJECT_CASE,
                                     draft->row.id.v);
    event->assignment_made.assignment.v = id;
    event->assignment_made.on_case = draft->row.id;
    event->assignment_made.unit.v = unit;
    event->assignment_made.state = (uint8_t)state;
    event->assignment_made.occurred_at_ms = occurred_at_ms;
    draft->assignments = bm_realloc(draft->assignments,
                                    (draft->assignment_count + 1) * sizeof *draft->assignments);
    struct bm_assignment *made = &draft->assignments[draft->assignment_count++];
    bm_shape_clear(bm_table_shape(BM_T_ASSIGNMENT), made);
    made->id.v = id;
    made->on_case = draft->row.id;
    made->unit.v = unit;
    made->state = (uint8_t)state;
    made->made_at_ms = deciding->now_ms;
    int64_t *milestone = bm_assignment_milestone(made, state);
    if (milestone) *milestone = occurred_at_ms;
    return id;
}

void bm_draft_move(struct bm_draft *draft, struct bm_assignment *assignment,
                   enum bm_assignment_state to, int64_t occurred_at_ms, enum bm_end_reason ended,
                   bool commits) {
    struct bm_event *event = bm_emit(draft->deciding, BM_EV_ASSIGNMENT_MOVED, BM_SUBJECT_CASE,
                                     draft->row.id.v);
    event->assignment_moved.assignment = assignment->id;
    event->assignment_moved.from = assignment->state;
    event->assignment_moved.to = (uint8_t)to;
    event->assignment_moved.occurred_at_ms = occurred_at_ms;
    event->assignment_moved.ended = (uint8_t)ended;
    event->assignment_moved.raises_case_version = commits;
    assignment->state = (uint8_t)to;
    int64_t *milestone = bm_assignment_milestone(assignment, to);
    if (milestone) *milestone = occurred_at_ms;
    if (bm_assignment_open(to))
        bm_check_in_heard(draft->deciding, assignment->unit.v);
    else
        bm_check_in_over(draft->deciding, assignment->unit.v, assignment->id.v);
}

/* --- clocks ----------------------------------------------------------------------------------- */

void bm_stop_clock(struct bm_deciding *deciding, const struct bm_clock *clock,
                   enum bm_subject_kind subject, uint64_t subject_id) {
    struct bm_event *event = bm_emit(deciding, BM_EV_CLOCK_STOPPED, subject, subject_id);
    event->clock_stopped.clock = clock->id;
    event->clock_stopped.stopped_at_ms = deciding->now_ms;
}

static struct bm_clock *running(struct bm_draft *draft, enum bm_clock_kind kind,
                                uint64_t assignment) {
    for (size_t i = 0; i < draft->clock_count; i++) {
        struct bm_clock *clock = &draft->clocks[i];
        if (clock->kind == kind && clock->assignment.v == assignment) return clock;
    }
    return NULL;
}

static void start_clock(struct bm_draft *draft, enum bm_clock_kind kind, uint64_t assignment,
                        int64_t anchor_at_ms) {
    struct bm_deciding *deciding = draft->deciding;
    const struct bm_class *class = bm_core_class(deciding->core, draft->row.class_code);
    BM_CHECK(class);
    struct bm_incident incident = bm_incident_rules(deciding->core, draft->row.opened_at_ms);
    int64_t budget_ms = bm_incident_budget_ms(&incident, class, kind);
    struct bm_event *event = bm_emit(deciding, BM_EV_CLOCK_STARTED, BM_SUBJECT_CASE,
                                     draft->row.id.v);
    event->clock_started.clock.v = bm_new_id(deciding, BM_T_CLOCK);
    event->clock_started.kind = (uint8_t)kind;
    event->clock_started.on_case = draft->row.id;
    event->clock_started.assignment.v = assignment;
    event->clock_started.anchor_at_ms = anchor_at_ms;
    event->clock_started.budget_ms = budget_ms;
    event->clock_started.due_at_ms = anchor_at_ms + budget_ms;
}

/* The citizen's wait begins at first contact, not when somebody typed the case; every later promise
 * begins when its cause was recorded, so that a late report cannot shorten or stretch it. */
static int64_t anchor_of(const struct bm_draft *draft, enum bm_clock_kind kind) {
    if (kind == BM_CLOCK_DISPATCH && draft->waits_since_ms != BM_AT_NONE)
        return draft->waits_since_ms;
    if (kind == BM_CLOCK_WHOLE)
        return draft->row.reopened_at_ms != BM_AT_NONE ? draft->row.reopened_at_ms : draft->row.first_contact_at_ms;
    bool fresh = kind == BM_CLOCK_DISPATCH && draft->row.opened_at_ms == draft->deciding->now_ms;
    return fresh ? draft->row.first_contact_at_ms : draft->deciding->now_ms;
}

void bm_draft_take_wait(struct bm_draft *draft, const struct bm_draft *from) {
    struct bm_clock *own = running(draft, BM_CLOCK_DISPATCH, 0);
    const struct bm_class *class = bm_core_class(draft->deciding->core, draft->row.class_code);
    for (size_t i = 0; i < from->clock_count && own; i++) {
        const struct bm_clock *older = &from->clocks[i];
        if (older->kind != BM_CLOCK_DISPATCH ||
            older->anchor_at_ms + class->dispatch_ms >= own->due_at_ms)
            continue;
        draft->waits_since_ms = older->anchor_at_ms;
        bm_stop_clock(draft->deciding, own, BM_SUBJECT_CASE, draft->row.id.v);
        own->kind = BM_clock_kind_COUNT; /* no longer running: settle starts the older one */
        return;
    }
}

/* An assignment's own promise follows where its hand stands; the others follow the case. */
static bool keeps(const struct bm_draft *draft, const struct bm_incident *incident, enum bm_clock_kind kind, uint64_t assignment) {
    if (!bm_case_open(draft->row.state)) return false;
    if (kind != BM_CLOCK_ACKNOWLEDGE) return bm_incident_runs(incident, kind, (enum bm_case_state)draft->row.state);
    for (size_t i = 0; i < draft->assignment_count; i++) {
        const struct bm_assignment *of = &draft->assignments[i];
        if (of->id.v != assignment || !bm_assignment_active(of->state)) continue;
        return bm_incident_runs(incident, kind, bm_hand_state(of->state));
    }
    return false;
}

static void settle_clocks(struct bm_draft *draft) {
    struct bm_incident incident = bm_incident_rules(draft->deciding->core, draft->row.opened_at_ms);
    for (size_t i = 0; i < draft->clock_count; i++) {
        struct bm_clock *clock = &draft->clocks[i];
        if (clock->kind == BM_clock_kind_COUNT) continue;
        if (keeps(draft, &incident, (enum bm_clock_kind)clock->kind, clock->assignment.v)) continue;
        bm_stop_clock(draft->deciding, clock, BM_SUBJECT_CASE, draft->row.id.v);
        clock->kind = BM_clock_kind_COUNT; /* no longer running: matches nothing below */
    }
    for (int kind = BM_CLOCK_DISPATCH; kind < BM_clock_kind_COUNT; kind++) {
        enum bm_clock_kind clock = (enum bm_clock_kind)kind;
        if (clock == BM_CLOCK_ACKNOWLEDGE || !keeps(draft, &incident, clock, 0) || running(draft, clock, 0)) continue;
        start_clock(draft, clock, 0, anchor_of(draft, clock));
    }
    for (size_t i = 0; i < draft->assignment_count; i++) {
        uint64_t id = draft->assignments[i].id.v;
        if (!keeps(draft, &incident, BM_CLOCK_ACKNOWLEDGE, id) || running(draft, BM_CLOCK_ACKNOWLEDGE, id)) continue;
        start_clock(draft, BM_CLOCK_ACKNOWLEDGE, id, draft->deciding->now_ms);
    }
}

static void move_case(struct bm_draft *draft, enum bm_case_state to, enum bm_outcome outcome,
                      bool commits) {
    struct bm_event *event = bm_emit(draft->deciding, BM_EV_CASE_MOVED, BM_SUBJECT_CASE,
                                     draft->row.id.v);
    event->case_moved.on_case = draft->row.id;
    event->case_moved.from = draft->row.state;
    event->case_moved.to = (uint8_t)to;
    event->case_moved.outcome = (uint8_t)outcome;
    event->case_moved.commits = commits;
    draft->row.state = (uint8_t)to;
}

void bm_draft_settle(struct bm_draft *draft) {
    if (bm_case_open(draft->row.state)) {
        enum bm_case_state stage = bm_case_stage(draft->assignments, draft->assignment_count);
        if (stage != draft->row.state) move_case(draft, stage, BM_OUTCOME_NONE, false);
    }
    settle_clocks(draft);
    bm_parts_follow(draft);
}

void bm_draft_close(struct bm_draft *draft, enum bm_case_state to, enum bm_outcome outcome) {
    move_case(draft, to, outcome, true);
    settle_clocks(draft);
    bm_parts_follow(draft);
}
