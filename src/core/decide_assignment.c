/* Units on cases: commit, move, swap.
 *
 *   reserved, stacked --> assigned --> ... --> cleared (report back), or cancelled: the steps between stand in the
 *   procedure of incidents (incident.h), which each unit walks for itself
 *
 * A unit is committed by compare-and-set: at most one active assignment; of two desks one wins and
 * the other is told who and when.  A status carries the state it starts from.  With
 * `occurred_at_ms` it is a report from the field: late but legal fills in the missing milestone,
 * impossible is kept as a flagged entry; without it a wrong `from` is refused as stale. */
#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "core/incident.h"

enum bm_code bm_unit_free(struct bm_deciding *deciding, uint64_t unit_id, const char *field,
                          bool busy_ok, const struct bm_unit **ret_unit) {
    const struct bm_unit *unit = bm_state_record(deciding->core, BM_T_UNIT, unit_id);
    if (!unit || !unit->active) {
        return bm_refuse(deciding, BM_NOT_FOUND, field, "There is no unit %llu in service.",
                         (unsigned long long)unit_id);
    }
    if (unit->duty != BM_DUTY_ON) {
        deciding->decision->conflict.unit = unit_id;
        return bm_refuse(deciding, BM_CONFLICT, field, "Unit %s is %s.", unit->call_sign,
                         bm_word(&bm_duty_words, unit->duty));
    }
    if (unit->assignment.v && !busy_ok) {
        const struct bm_assignment *on = bm_state_need(deciding->core, BM_T_ASSIGNMENT,
                                                       unit->assignment.v);
        char when[BM_TIME_TEXT_BYTES];
        bm_time_text(on->made_at_ms, when);
        deciding->decision->conflict.unit = unit_id;
        deciding->decision->conflict.on_case = on->on_case.v;
        deciding->decision->conflict.operator_id = on->made_by.v;
        deciding->decision->conflict.at_ms = on->made_at_ms;
        return bm_refuse(deciding, BM_UNIT_TAKEN, field,
                         "Unit %s was committed to case %llu by operator %llu at %s; "
                         "choose another, stack it, or divert it.",
                         unit->call_sign, (unsigned long long)on->on_case.v,
                         (unsigned long long)on->made_by.v, when);
    }
    *ret_unit = unit;
    return BM_OK;
}

/* --- assign ----------------------------------------------------------------------------------- */

static enum bm_code check_units(struct bm_deciding *deciding, const struct bm_draft *draft) {
    const struct bm_do_assign *args = &deciding->command->assign;
    if (args->units.count == 0) {
        return bm_refuse(deciding, BM_MISSING_FIELD, "units", "Name at least one unit.");
    }
    if (draft->row.assignment_count + args->units.count > BM_CASE_ASSIGNMENTS_MAX) {
        return bm_refuse(deciding, BM_OUT_OF_RANGE, "units",
                         "A case may have at most %u open assignments.", BM_CASE_ASSIGNMENTS_MAX);
    }
    bool busy_ok = args->mode != BM_MODE_ASSIGN;
    for (uint64_t i = 0; i < args->units.count; i++) {
        const struct bm_unit *unit;
        enum bm_code code = bm_unit_free(deciding, args->units.ids[i], "units", busy_ok, &unit);
        for (uint64_t j = 0; j < i && !code; j++) {
            if (args->units.ids[j] == args->units.ids[i]) {
                code = bm_refuse(deciding, BM_CONFLICT, "units", "Unit %s is named twice.",
                                 unit->call_sign);
            }
        }
        for (size_t a = 0; a < draft->assignment_count && !code; a++) {
            const struct bm_assignment *on = &draft->assignments[a];
            bool waits = bm_assignment_open(on->state) && !bm_assignment_active(on->state);
            if (on->unit.v != args->units.ids[i] || !bm_assignment_open(on->state)) continue;
            if (waits && (args->mode == BM_MODE_ASSIGN || args->mode == BM_MODE_DIVERT)) continue;
            code = bm_refuse(deciding, BM_CONFLICT, "units",
                             "Unit %s is on this case already (%s).", unit->call_sign,
                             bm_word(&bm_assignment_state_words, on->state));
        }
        if (code) return code;
    }
    return BM_OK;
}

/* Reserved or stacked here before: that assignment goes on instead of a second one. */
static struct bm_assignment *waiting_here(struct bm_draft *draft, uint64_t unit) {
    for (size_t i = 0; i < draft->assignment_count; i++) {
        struct bm_assignment *on = &draft->assignments[i];
        if (on->unit.v == unit && bm_assignment_open(on->state)) return on;
    }
    return NULL;
}

/* Two busy units of one divert may be on the same other case: each is taken off on its own draft,
 * which would not know of the other.  So they are taken off together, case by case. */
static enum bm_code take_off_all(struct bm_deciding *deciding, const struct bm_ids *units) {
    enum bm_code code = BM_OK;
    for (uint64_t i = 0; i < units->count && !code; i++) {
        const struct bm_unit *unit = bm_state_need(deciding->core, BM_T_UNIT, units->ids[i]);
        if (!unit->assignment.v) continue;
        bool done_before = false;
        for (uint64_t j = 0; j < i && !done_before; j++) {
            const struct bm_unit *before = bm_state_need(deciding->core, BM_T_UNIT, units->ids[j]);
            done_before = before->assignment.v && before->on_case.v == unit->on_case.v;
        }
        if (done_before) continue;
        struct bm_draft other = bm_draft_of(deciding, unit->on_case.v);
        struct bm_incident incident = bm_incident_rules(deciding->core, other.row.opened_at_ms);
        code = bm_incident_hand(deciding, &incident, bm_draft_find(&other, unit->assignment.v), BM_AS_CANCELLED, NULL);
        for (uint64_t j = i; j < units->count && !code; j++) {
            const struct bm_unit *next = bm_state_need(deciding->core, BM_T_UNIT, units->ids[j]);
            if (!next->assignment.v || next->on_case.v != unit->on_case.v) continue;
            bm_draft_move(&other, bm_draft_find(&other, next->assignment.v), BM_AS_CANCELLED,
                          deciding->now_ms, BM_END_DIVERTED, true);
        }
        if (!code) bm_draft_settle(&other);
        bm_draft_free(&other);
    }
    return code;
}

/* What the dispatch was based on stands in the record before it. */
static enum bm_code emit_recommended(struct bm_deciding *deciding, const struct bm_case *row) {
    const struct bm_do_assign *args = &deciding->command->assign;
    if (!args->recommendation[0]) return BM_OK;
    if (!args->content.len) {
        return bm_refuse(deciding, BM_NOT_POSSIBLE, "recommendation",
                         "Recommendation %s is not of this case or older than ten minutes; ask for a new one.",
                         args->recommendation);
    }
    struct bm_event *event = bm_emit(deciding, BM_EV_RECOMMENDED, BM_SUBJECT_CASE, row->id.v);
    event->recommended.on_case = row->id;
    memcpy(event->recommended.recommendation, args->recommendation, sizeof args->recommendation);
    event->recommended.content = bm_bytes_copy(args->content.bytes, args->content.len);
    return BM_OK;
}

/* Whether units are sent by whoever asks, to a case as it stands; a hand that is sent begins where the case began. */
static enum bm_code check_sending(struct bm_deciding *deciding, const struct bm_case *row) {
    struct bm_incident incident = bm_incident_rules(deciding->core, row->opened_at_ms);
    enum bm_case_state from = row->state == BM_CASE_CLEARED ? BM_CASE_CLEARED : BM_CASE_RECEIVED, to;
    struct bm_incident_step step = {.from = from, .event = "assign", .area = row->jurisdiction.v};
    return bm_incident_step(deciding, &incident, step, &to, NULL);
}

static enum bm_code assign(struct bm_deciding *deciding) {
    const struct bm_do_assign *args = &deciding->command->assign;
    static const enum bm_assignment_state states[] = {[BM_MODE_ASSIGN] = BM_AS_ASSIGNED,
                                                      [BM_MODE_RESERVE] = BM_AS_RESERVED,
                                                      [BM_MODE_STACK] = BM_AS_STACKED,
                                                      [BM_MODE_DIVERT] = BM_AS_ASSIGNED};
    const struct bm_case *row;
    int64_t occurred_at_ms;
    enum bm_code code = bm_open_case(deciding, deciding->command->target, "case", &row);
    if (!code) code = bm_only_incident(deciding, row);
    if (!code) code = bm_occurred(deciding, args->occurred_at_ms, &occurred_at_ms);
    if (code) return code;
    struct bm_draft draft = bm_draft_of(deciding, row->id.v);
    code = check_units(deciding, &draft); /* who took the unit says more than a stale version */
    if (!code) code = bm_match_version(deciding, row);
    if (!code && (args->mode == BM_MODE_ASSIGN || args->mode == BM_MODE_DIVERT)) code = check_sending(deciding, row);
    if (!code) code = emit_recommended(deciding, row);
    if (!code && args->mode == BM_MODE_DIVERT) code = take_off_all(deciding, &args->units);
    for (uint64_t i = 0; i < args->units.count && !code; i++) {
        enum bm_assignment_state state = states[args->mode];
        struct bm_assignment *waiting = waiting_here(&draft, args->units.ids[i]);
        if (waiting)
            bm_draft_move(&draft, waiting, state, occurred_at_ms, BM_END_NONE, true);
        else
            bm_draft_assign(&draft, args->units.ids[i], state, occurred_at_ms);
    }
    if (!code) {
        bm_draft_settle(&draft);
        bm_result(deciding, BM_T_CASE, row->id.v);
    }
    bm_draft_free(&draft);
    return code;
}

/* --- status ----------------------------------------------------------------------------------- */

/* A crew reports for its own unit only. */
static enum bm_code own_or_desk(struct bm_deciding *deciding,
                                const struct bm_assignment *assignment) {
    if (!deciding->actor || (deciding->viewer.roles & BM_SENDERS)) return BM_OK;
    if (assignment->unit.v == deciding->viewer.unit) return BM_OK;
    return bm_refuse(deciding, BM_FORBIDDEN, "assignment", "This is another unit's assignment.");
}

/* A report that comes late: the milestone is empty, and its time fits between its neighbours'. */
static bool late_but_legal(const struct bm_assignment *assignment, unsigned to,
                           int64_t occurred_at_ms) {
    struct bm_assignment copy = *assignment;
    int64_t *milestone = bm_assignment_milestone(&copy, to);
    if (!milestone || *milestone != BM_AT_NONE || to >= assignment->state) return false;
    if (assignment->state == BM_AS_CANCELLED || to == BM_AS_CLEARED) return false;
    if (occurred_at_ms < assignment->assigned_at_ms) return false;
    for (unsigned state = BM_AS_ASSIGNED; state <= BM_AS_CLEARED; state++) {
        const int64_t *other = bm_assignment_milestone(&copy, state);
        if (!other || *other == BM_AT_NONE) continue;
        if (state < to && occurred_at_ms < *other) return false;
        if (state > to && occurred_at_ms > *other) return false;
    }
    return true;
}

/* A report may not lie before what was reported already. */
static bool in_order(const struct bm_assignment *assignment, int64_t occurred_at_ms) {
    struct bm_assignment copy = *assignment;
    for (unsigned state = BM_AS_ASSIGNED; state <= BM_AS_CLEARED; state++) {
        const int64_t *milestone = bm_assignment_milestone(&copy, state);
        if (milestone && *milestone != BM_AT_NONE && *milestone > occurred_at_ms) return false;
    }
    return true;
}

static void keep_flagged(struct bm_deciding *deciding, const struct bm_assignment *assignment,
                         int64_t occurred_at_ms) {
    const struct bm_do_status *args = &deciding->command->status;
    struct bm_event *event = bm_emit(deciding, BM_EV_ENTRY_ADDED, BM_SUBJECT_CASE,
                                     assignment->on_case.v);
    event->entry_added.on_case = assignment->on_case;
    event->entry_added.assignment = assignment->id;
    event->entry_added.kind = BM_ENTRY_STATUS_KEPT;
    event->entry_added.occurred_at_ms = occurred_at_ms;
    event->entry_added.flagged = true;
    snprintf(event->entry_added.reported_from, sizeof event->entry_added.reported_from, "%s",
             bm_word(&bm_assignment_state_words, args->from));
    snprintf(event->entry_added.reported_to, sizeof event->entry_added.reported_to, "%s",
             bm_word(&bm_assignment_state_words, args->to));
    deciding->decision->flagged = true;
}

static enum bm_code stale(struct bm_deciding *deciding, const struct bm_assignment *assignment) {
    const struct bm_do_status *args = &deciding->command->status;
    deciding->decision->conflict.unit = assignment->unit.v;
    deciding->decision->conflict.on_case = assignment->on_case.v;
    if (assignment->state != args->from) {
        return bm_refuse(deciding, BM_STALE_STATUS, "from",
                         "The assignment is %s, not %s; look at it again and repeat.",
                         bm_word(&bm_assignment_state_words, assignment->state),
                         bm_word(&bm_assignment_state_words, args->from));
    }
    return bm_refuse(deciding, BM_NOT_POSSIBLE, "to", "An assignment does not go from %s to %s.",
                     bm_word(&bm_assignment_state_words, args->from),
                     bm_word(&bm_assignment_state_words, args->to));
}

static enum bm_code step(struct bm_deciding *deciding, const struct bm_assignment *record,
                         int64_t occurred_at_ms) {
    const struct bm_do_status *args = &deciding->command->status;
    if (args->destination.v && !bm_state_record(deciding->core, BM_T_PLACE, args->destination.v)) {
        return bm_refuse(deciding, BM_NOT_FOUND, "destination", "There is no such place.");
    }
    bool becomes_active = !bm_assignment_active(record->state) && bm_assignment_active(args->to);
    if (becomes_active) {
        const struct bm_unit *unit;
        enum bm_code code = bm_unit_free(deciding, record->unit.v, "to", false, &unit);
        if (code) return code;
    }
    enum bm_end_reason ended = args->to == BM_AS_CLEARED     ? BM_END_DONE
                               : args->to != BM_AS_CANCELLED ? BM_END_NONE
                               : args->reason                ? (enum bm_end_reason)args->reason
                                                             : BM_END_CANCELLED;
    struct bm_draft draft = bm_draft_of(deciding, record->on_case.v);
    struct bm_assignment *assignment = bm_draft_find(&draft, record->id.v);
    bool commits = args->to == BM_AS_CANCELLED || becomes_active;
    bm_draft_move(&draft, assignment, (enum bm_assignment_state)args->to, occurred_at_ms, ended,
                  commits);
    struct bm_ev_assignment_moved *ev =
        &deciding->decision->events[deciding->decision->event_count - 1].assignment_moved;
    memcpy(ev->report_code, args->report_code, sizeof ev->report_code);
    ev->destination = args->destination;
    bm_draft_settle(&draft);
    bm_draft_free(&draft);
    return BM_OK;
}

static enum bm_code status(struct bm_deciding *deciding) {
    const struct bm_do_status *args = &deciding->command->status;
    const void *record;
    int64_t occurred_at_ms;
    enum bm_code code = bm_visible(deciding, BM_T_ASSIGNMENT, deciding->command->target,
                                   "assignment", &record);
    if (code) return code;
    const struct bm_assignment *assignment = record;
    code = own_or_desk(deciding, assignment);
    if (!code) code = bm_occurred(deciding, args->occurred_at_ms, &occurred_at_ms);
    if (code) return code;
    bm_result(deciding, BM_T_ASSIGNMENT, assignment->id.v);
    bool reported = args->occurred_at_ms != BM_AT_NONE;
    const struct bm_case *row = bm_state_need(deciding->core, BM_T_CASE, assignment->on_case.v);
    bool timely = !reported || in_order(assignment, occurred_at_ms);
    struct bm_incident incident = bm_incident_rules(deciding->core, row->opened_at_ms);
    enum bm_code led = bm_incident_hand(deciding, &incident, assignment, (enum bm_assignment_state)args->to, args);
    bool leads = led != BM_NOT_POSSIBLE && bm_case_open(row->state) && timely;
    if (leads && assignment->state == args->from) return led ? led : step(deciding, assignment, occurred_at_ms);
    if (!reported) return stale(deciding, assignment);
    if (late_but_legal(assignment, args->to, occurred_at_ms)) {
        struct bm_event *event = bm_emit(deciding, BM_EV_ASSIGNMENT_NOTED, BM_SUBJECT_CASE,
                                         assignment->on_case.v);
        event->assignment_noted.assignment = assignment->id;
        event->assignment_noted.milestone = args->to;
        event->assignment_noted.occurred_at_ms = occurred_at_ms;
        return BM_OK;
    }
    /* A report that moves on from a state other than it thinks (a status in between got lost). */
    if (leads && bm_assignment_active(assignment->state) && args->to > assignment->state)
        return led ? led : step(deciding, assignment, occurred_at_ms);
    keep_flagged(deciding, assignment, occurred_at_ms);
    return BM_OK;
}

/* --- swap ------------------------------------------------------------------------------------- */

static enum bm_code swap(struct bm_deciding *deciding) {
    const void *record;
    const struct bm_case *row;
    const struct bm_unit *unit;
    enum bm_code code = bm_visible(deciding, BM_T_ASSIGNMENT, deciding->command->target,
                                   "assignment", &record);
    if (code) return code;
    const struct bm_assignment *assignment = record;
    code = bm_open_case(deciding, assignment->on_case.v, "assignment", &row);
    if (code) return code;
    if (!code) code = bm_unit_free(deciding, deciding->command->swap.unit.v, "unit", false, &unit);
    if (!code) code = bm_match_version(deciding, row);
    if (!code && !bm_assignment_active(assignment->state)) {
        code = bm_refuse(deciding, BM_NOT_POSSIBLE, "assignment",
                         "Only a unit that was sent can be swapped.");
    }
    if (!code) code = check_sending(deciding, row);
    struct bm_incident incident = bm_incident_rules(deciding->core, row->opened_at_ms);
    if (!code) code = bm_incident_hand(deciding, &incident, assignment, BM_AS_CANCELLED, NULL);
    if (code) return code;
    struct bm_draft draft = bm_draft_of(deciding, row->id.v);
    struct bm_assignment *waiting = waiting_here(&draft, unit->id.v);
    if (waiting)
        bm_draft_move(&draft, waiting, BM_AS_ASSIGNED, deciding->now_ms, BM_END_NONE, true);
    else
        bm_draft_assign(&draft, unit->id.v, BM_AS_ASSIGNED, deciding->now_ms);
    bm_draft_move(&draft, bm_draft_find(&draft, assignment->id.v), BM_AS_CANCELLED,
                  deciding->now_ms, BM_END_SWAPPED, true);
    bm_draft_settle(&draft);
    bm_draft_free(&draft);
    bm_result(deciding, BM_T_CASE, row->id.v);
    return BM_OK;
}

enum bm_code bm_decide_assignment(struct bm_deciding *deciding) {
    switch ((int)deciding->command->kind) { /* only the kinds of this file come here */
    case BM_DO_ASSIGN:
        return assign(deciding);
    case BM_DO_STATUS:
        return status(deciding);
    default:
        return swap(deciding);
    }
}
