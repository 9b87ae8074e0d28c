/* Events of shifts -> state: who sits where, who is on which unit, who has which case, what the next shift is told, and
 * duty levels. */
#include <string.h>

#include "base/check.h"
#include "core/applying.h"

static void *touch(struct bm_core *core, enum bm_table_kind table, uint64_t id) {
    void *record = bm_state_need(core, table, id);
    bm_state_touch(core, table, id);
    return record;
}

/* --- positions at the desk -------------------------------------------------------------------- */

static void apply_position_set(struct bm_core *core, const struct bm_ev_desk_position_set *ev) {
    struct bm_desk_position *position = bm_apply_ensure(core, BM_T_DESK_POSITION, ev->desk_position.v);
    position->id = ev->desk_position;
    BM_SET_TEXT(position->code, ev->code);
    BM_SET_TEXT(position->name, ev->name);
    position->jurisdiction = ev->jurisdiction;
    BM_SET_TEXT(position->lines, ev->lines);
    position->next = ev->next;
    position->rollover_ms = ev->rollover_ms;
    position->active = ev->active;
    bm_count_up(&position->version);
}

static void apply_sits(struct bm_core *core, uint64_t id, struct bm_operator_id who, int64_t since_at_ms) {
    struct bm_desk_position *position = touch(core, BM_T_DESK_POSITION, id);
    position->operator_id = who;
    position->since_at_ms = since_at_ms;
}

/* --- stints of duty ---------------------------------------------------------------------------- */

/* What a plan and a beginning both say: the rows of BM_STINT_STANDING_ROWS, with which all three records begin. */
static struct bm_stint *stand(struct bm_core *core, const struct bm_ev_stint_planned *ev) {
    bool known = bm_state_record(core, BM_T_STINT, ev->id.v) != NULL;
    if (known) bm_state_unlink(core, BM_T_STINT, ev->id.v);
    struct bm_stint *stint = bm_apply_ensure(core, BM_T_STINT, ev->id.v);
    stint->id = ev->id;
    stint->operator_id = ev->operator_id;
    stint->unit = ev->unit;
    stint->desk_position = ev->desk_position;
    BM_SET_TEXT(stint->shift, ev->shift);
    stint->jurisdiction = ev->jurisdiction;
    stint->starts_at_ms = ev->starts_at_ms;
    stint->ends_at_ms = ev->ends_at_ms;
    stint->since_at_ms = ev->since_at_ms;
    stint->rest_ms = ev->rest_ms;
    stint->least_rest_ms = ev->least_rest_ms;
    stint->longest_ms = ev->longest_ms;
    stint->warned = ev->warned;
    bm_state_link(core, BM_T_STINT, ev->id.v);
    return stint;
}

/* Whoever goes on a unit sees its cases: it is theirs from then on. */
static void apply_stint_begun(struct bm_core *core, const struct bm_ev_stint_begun *ev) {
    struct bm_ev_stint_planned standing;
    memcpy(&standing, ev, sizeof standing);
    struct bm_stint *stint = stand(core, &standing);
    stint->state = BM_STINT_ON;
    stint->began_at_ms = ev->began_at_ms;
    if (!ev->unit.v) return;
    struct bm_operator *who = bm_state_need(core, BM_T_OPERATOR, ev->operator_id.v);
    if (who->unit.v == ev->unit.v) return;
    bm_state_touch(core, BM_T_OPERATOR, who->id.v);
    who->unit = ev->unit;
    bm_count_up(&who->version);
}

static void apply_stint(struct bm_core *core, const struct bm_event *event) {
    if (event->kind == BM_EV_STINT_PLANNED) {
        stand(core, &event->stint_planned)->state = BM_STINT_PLANNED;
        bm_state_arm(core, BM_T_STINT, event->stint_planned.id.v);
    } else if (event->kind == BM_EV_STINT_BEGUN) {
        apply_stint_begun(core, &event->stint_begun);
    } else if (event->kind == BM_EV_STINT_ENDED) {
        const struct bm_ev_stint_ended *ev = &event->stint_ended;
        struct bm_stint *stint = touch(core, BM_T_STINT, ev->stint.v);
        stint->state = BM_STINT_OVER;
        stint->ended_at_ms = ev->ended_at_ms;
        stint->longest_ms = ev->longest_ms;
        stint->warned = ev->warned;
        bm_state_arm(core, BM_T_STINT, ev->stint.v);
    } else if (event->kind == BM_EV_STINT_CANCELLED) {
        ((struct bm_stint *)touch(core, BM_T_STINT, event->stint_cancelled.stint.v))->state = BM_STINT_CANCELLED;
    } else if (event->kind == BM_EV_STINT_ARCHIVED) {
        bm_state_unlink(core, BM_T_STINT, event->stint_archived.stint.v);
        bm_state_remove(core, BM_T_STINT, event->stint_archived.stint.v, true);
    } else {
        const struct bm_ev_duty_rule_set *ev = &event->duty_rule_set;
        struct bm_duty_rule *rule = bm_apply_ensure(core, BM_T_DUTY_RULE, ev->agency.v);
        rule->id = rule->jurisdiction = ev->agency;
        rule->least_rest_ms = ev->least_rest_ms;
        rule->longest_ms = ev->longest_ms;
        bm_count_up(&rule->version);
    }
}

/* --- from one to the next --------------------------------------------------------------------- */

static void apply_handover(struct bm_core *core, const struct bm_event *event) {
    if (event->kind == BM_EV_CASE_TAKEN_OVER) {
        struct bm_case *row = touch(core, BM_T_CASE, event->case_taken_over.on_case.v);
        row->owner = event->case_taken_over.to;
        bm_committed_by(row, event, BM_BIT(BM_ASPECT_OWNER));
    } else if (event->kind == BM_EV_CONTACT_TAKEN_OVER) {
        struct bm_contact *contact = touch(core, BM_T_CONTACT, event->contact_taken_over.contact.v);
        contact->operator_id = event->contact_taken_over.to;
    } else if (event->kind == BM_EV_HANDOVER_LEFT) {
        const struct bm_ev_handover_left *ev = &event->handover_left;
        struct bm_handover *note = bm_state_add(core, BM_T_HANDOVER, ev->handover.v);
        note->id = ev->handover;
        BM_SET_TEXT(note->shift, ev->shift);
        note->jurisdiction = ev->jurisdiction;
        note->desk_position = ev->desk_position;
        note->left_by = event->actor;
        note->left_at_ms = event->at_ms;
        note->narrative_key = ev->narrative_key;
        bm_set_bytes(&note->narrative, &event->sealed);
    } else if (event->kind == BM_EV_HANDOVER_TAKEN) {
        struct bm_handover *note = touch(core, BM_T_HANDOVER, event->handover_taken.handover.v);
        note->taken_by = event->actor;
        note->taken_at_ms = event->at_ms;
        bm_state_arm(core, BM_T_HANDOVER, note->id.v);
    } else {
        bm_state_remove(core, BM_T_HANDOVER, event->handover_archived.handover.v, true);
    }
}

/* --- duty levels ------------------------------------------------------------------------------ */

static void apply_level(struct bm_core *core, const struct bm_event *event) {
    if (event->kind == BM_EV_DUTY_LEVEL_SET) {
        const struct bm_ev_duty_level_set *ev = &event->duty_level_set;
        struct bm_duty_level *level = bm_apply_ensure(core, BM_T_DUTY_LEVEL, ev->duty_level.v);
        level->id = ev->duty_level;
        BM_SET_TEXT(level->code, ev->code);
        BM_SET_TEXT(level->name, ev->name);
        level->rank = ev->rank;
        level->jurisdiction = ev->jurisdiction;
        level->units = ev->units;
        level->agencies = ev->agencies;
        level->active = ev->active;
        bm_count_up(&level->version);
    } else if (event->kind == BM_EV_DUTY_LEVEL_RAISED) {
        const struct bm_ev_duty_level_raised *ev = &event->duty_level_raised;
        struct bm_duty_level *level = touch(core, BM_T_DUTY_LEVEL, ev->duty_level.v);
        level->raised_by = event->actor;
        level->raised_at_ms = event->at_ms;
        level->until_at_ms = ev->until_at_ms;
        BM_SET_TEXT(level->reason, ev->reason);
        level->called_count = ev->called_count;
        bm_count_up(&level->version);
        bm_state_arm(core, BM_T_DUTY_LEVEL, ev->duty_level.v);
    } else {
        struct bm_duty_level *level = touch(core, BM_T_DUTY_LEVEL, event->duty_level_ended.duty_level.v);
        level->raised_by.v = 0;
        level->raised_at_ms = level->until_at_ms = BM_AT_NONE;
        BM_SET_TEXT(level->reason, event->duty_level_ended.reason);
        level->called_count = 0;
        bm_count_up(&level->version);
    }
}

void bm_apply_shift(struct bm_core *core, const struct bm_event *event) {
    if (event->kind == BM_EV_DESK_POSITION_SET)
        apply_position_set(core, &event->desk_position_set);
    else if (event->kind == BM_EV_DESK_POSITION_LOGGED_ON)
        apply_sits(core, event->desk_position_logged_on.desk_position.v, event->desk_position_logged_on.operator_id,
                   event->desk_position_logged_on.since_at_ms);
    else if (event->kind == BM_EV_DESK_POSITION_LOGGED_OFF)
        apply_sits(core, event->desk_position_logged_off.desk_position.v, (struct bm_operator_id){0}, BM_AT_NONE);
    else if (event->kind == BM_EV_UNIT_CALLED) {
        struct bm_unit *unit = touch(core, BM_T_UNIT, event->unit_called.unit.v);
        unit->duty = event->unit_called.to;
        unit->called_by = event->unit_called.duty_level;
    } else if (event->kind >= BM_EV_STINT_PLANNED && event->kind <= BM_EV_DUTY_RULE_SET)
        apply_stint(core, event);
    else if (event->kind >= BM_EV_DUTY_LEVEL_SET)
        apply_level(core, event);
    else
        apply_handover(core, event);
}
