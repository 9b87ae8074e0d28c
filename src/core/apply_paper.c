/* What was worked on paper and entered afterwards. */
#include "core/applying.h"

/* It was over before anybody here knew of it: the unit is where it is now, and not touched. */
static void apply_assignment_entered(struct bm_core *core, const struct bm_event *event) {
    const struct bm_ev_assignment_entered *ev = &event->assignment_entered;
    struct bm_case *row = bm_state_need(core, BM_T_CASE, ev->on_case.v);
    const struct bm_unit *unit = bm_state_need(core, BM_T_UNIT, ev->unit.v);
    struct bm_assignment *assignment = bm_state_add(core, BM_T_ASSIGNMENT, ev->assignment.v);
    assignment->id = ev->assignment;
    assignment->on_case = ev->on_case;
    assignment->unit = ev->unit;
    assignment->state = BM_AS_CLEARED;
    assignment->ended = BM_END_DONE;
    assignment->made_at_ms = event->at_ms;
    assignment->assigned_at_ms = ev->assigned_at_ms;
    assignment->acknowledged_at_ms = ev->acknowledged_at_ms;
    assignment->en_route_at_ms = ev->en_route_at_ms;
    assignment->on_scene_at_ms = ev->on_scene_at_ms;
    assignment->transporting_at_ms = ev->transporting_at_ms;
    assignment->at_destination_at_ms = ev->at_destination_at_ms;
    assignment->cleared_at_ms = ev->cleared_at_ms;
    assignment->made_by = event->actor;
    assignment->jurisdiction = row->jurisdiction;
    assignment->unit_agency = unit->jurisdiction;
    bm_state_link(core, BM_T_ASSIGNMENT, ev->assignment.v);
    bm_state_touch(core, BM_T_CASE, ev->on_case.v);
    bm_committed_by(row, event, BM_BIT(BM_ASPECT_UNITS));
}

/* The last event of its command: the times that the others took from their own instant become those of the sheet. */
static void apply_paper_entered(struct bm_core *core, const struct bm_ev_paper_entered *ev) {
    struct bm_case *row = bm_state_need(core, BM_T_CASE, ev->on_case.v);
    bm_state_touch(core, BM_T_CASE, ev->on_case.v);
    row->source = ev->source;
    BM_SET_TEXT(row->sheet, ev->sheet);
    row->dispatched_at_ms = ev->dispatched_at_ms;
    row->on_scene_at_ms = ev->on_scene_at_ms;
    if (ev->closed_at_ms != BM_AT_NONE) row->closed_at_ms = ev->closed_at_ms;
    bm_state_arm(core, BM_T_CASE, ev->on_case.v);
}

void bm_apply_paper(struct bm_core *core, const struct bm_event *event) {
    if (event->kind == BM_EV_ASSIGNMENT_ENTERED)
        apply_assignment_entered(core, event);
    else
        apply_paper_entered(core, &event->paper_entered);
}
