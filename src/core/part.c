#include "core/part.h"

#include <stdio.h>
#include <string.h>

#include "core/incident.h"

/* Walks the parts of a case, in the order in which they were called. */
static const struct bm_case *next_part(const struct bm_core *core, uint64_t case_id, uint64_t *link_id) {
    const struct bm_case_slot *slot = bm_state_slot(core, BM_T_CASE, case_id);
    *link_id = *link_id ? bm_state_after(core, BM_T_LINK, *link_id) : slot ? slot->links.first : 0;
    for (; *link_id; *link_id = bm_state_after(core, BM_T_LINK, *link_id)) {
        const struct bm_link *link = bm_state_need(core, BM_T_LINK, *link_id);
        const struct bm_case *row = link->kind == BM_LINK_PART ? bm_state_record(core, BM_T_CASE, link->other.v) : NULL;
        if (row && row->part_of.v == case_id) return row;
    }
    return NULL;
}

bool bm_part_on_case(const struct bm_core *core, const struct bm_scope *scope, uint64_t above, uint64_t case_id) {
    uint64_t at = 0;
    for (const struct bm_case *part; (part = next_part(core, case_id, &at));) {
        if (!bm_case_open(part->state)) continue;
        bool has = part->with_agency.v && bm_scope_covers(scope, above, part->with_agency.v);
        bool offered = part->offered_to.v && bm_scope_covers(scope, above, part->offered_to.v);
        if (has || offered) return true;
    }
    return false;
}

enum bm_code bm_has_case(struct bm_deciding *deciding, const struct bm_case *row) {
    if (!deciding->actor || !(deciding->viewer.roles & BM_TAKERS)) return BM_OK;
    uint64_t own = deciding->viewer.jurisdiction;
    bool has = bm_scope_covers(&deciding->scope, own, row->jurisdiction.v) ||
               (row->with_agency.v && bm_scope_covers(&deciding->scope, own, row->with_agency.v));
    if (has) return BM_OK;
    return bm_refuse(deciding, BM_FORBIDDEN, "case",
                     "Your agency takes part in case %llu; whoever has it decides that. Ask them, or have the lead handed over.",
                     (unsigned long long)row->id.v);
}

/* --- what the incident tells its parts ------------------------------------------------------------------------ */

/* False: the part's state takes no such event now, and nothing was done.  It is told in the name of whoever the procedure
 * names for it, the engine apart: it follows from what somebody did. */
static bool tell(struct bm_matter_draft *part, const char *name, enum bm_code *ret_code) {
    const uint32_t roles = ~UINT32_C(1);
    struct bm_fault fault;
    uint16_t event = bm_procedure_event(part->procedure, name);
    if (event == BM_NO_INDEX || bm_course_closed(part->track, &part->course)) return false;
    uint64_t actor = part->deciding->command->actor.v;
    struct bm_course_act act = {.event = event, .roles = roles, .actor = actor ? actor : 1, .now_ms = part->deciding->now_ms};
    enum bm_code code = bm_course_act(part->track, &part->world, &part->course, &act, &fault);
    if (code == BM_NOT_POSSIBLE || code == BM_FORBIDDEN) return false;
    if (code) part->deciding->decision->fault = fault;
    *ret_code = code ? code : part->code;
    return true;
}

/* How far the units of the part's agency are. */
static bool follow(struct bm_matter_draft *part, const struct bm_assignment *assignments, size_t count, enum bm_code *ret_code) {
    struct bm_deciding *deciding = part->deciding;
    uint64_t agency = part->matter.with_agency.v;
    bool sent = false, there = false;
    for (size_t i = 0; i < count && agency; i++) {
        const struct bm_unit *unit = bm_state_need(deciding->core, BM_T_UNIT, assignments[i].unit.v);
        if (!bm_assignment_active(assignments[i].state)) continue;
        if (!bm_scope_covers(&deciding->scope, agency, unit->jurisdiction.v)) continue;
        sent = true;
        there |= assignments[i].state >= BM_AS_ON_SCENE;
    }
    return agency && tell(part, there ? BM_PART_ARRIVED : sent ? BM_PART_SENT : BM_PART_AWAY, ret_code);
}

enum bm_code bm_part_catches_up(struct bm_matter_draft *draft) {
    enum bm_code code = BM_OK;
    uint64_t on_case = draft->row.part_of.v;
    if (!on_case || !bm_state_slot(draft->deciding->core, BM_T_CASE, on_case)) return BM_OK;
    struct bm_draft incident = bm_draft_of(draft->deciding, on_case);
    follow(draft, incident.assignments, incident.assignment_count, &code);
    bm_draft_free(&incident);
    return code;
}

static void take_back(struct bm_deciding *deciding, size_t event_count, const uint64_t last_id[BM_table_kind_COUNT]) {
    struct bm_decision *decision = deciding->decision;
    while (decision->event_count > event_count) bm_event_release(&decision->events[--decision->event_count]);
    memcpy(deciding->last_id, last_id, BM_table_kind_COUNT * sizeof last_id[0]);
    decision->fault = (struct bm_fault){0};
}

typedef bool move_fn(struct bm_matter_draft *part, const void *context, enum bm_code *ret_code);

/* What has come due in a part comes first, and stands by itself: `move` may find that there is nothing for it to do. */
static enum bm_code move_part(struct bm_matter_draft *part, move_fn *move, const void *context) {
    struct bm_deciding *deciding = part->deciding;
    uint64_t last_id[BM_table_kind_COUNT];
    enum bm_code code = bm_matter_catch_up(part);
    if (code) return code;
    if (bm_course_closed(part->track, &part->course)) return bm_matter_finish(part); /* time has ended it */
    size_t event_count = deciding->decision->event_count;
    memcpy(last_id, deciding->last_id, sizeof last_id);
    if (move(part, context, &code)) return code ? code : bm_matter_finish(part);
    take_back(deciding, event_count, last_id);
    return BM_OK;
}

/* Loads a part, lets `move` do something with it, and emits what came of it; one that cannot be moved is halted. */
static void with_part(struct bm_deciding *deciding, uint64_t id, move_fn *move, const void *context) {
    size_t event_count = deciding->decision->event_count;
    uint64_t last_id[BM_table_kind_COUNT];
    struct bm_matter_draft part;
    memcpy(last_id, deciding->last_id, sizeof last_id);
    enum bm_code code = bm_matter_load(deciding, id, &part);
    if (!code) code = move_part(&part, move, context);
    if (!code) return;
    struct bm_fault fault = deciding->decision->fault;
    take_back(deciding, event_count, last_id);
    /* What cannot even be loaded says so to whoever acts on it next. */
    if (bm_matter_load(deciding, id, &part)) {
        deciding->decision->fault = (struct bm_fault){0};
        return;
    }
    snprintf(part.matter.halted, sizeof part.matter.halted, "%s", fault.detail);
    bm_matter_stand_still(&part);
}

static bool follow_units(struct bm_matter_draft *part, const void *context, enum bm_code *ret_code) {
    const struct bm_draft *incident = context;
    if (!bm_case_open(incident->row.state)) return tell(part, BM_PART_OVER, ret_code);
    return follow(part, incident->assignments, incident->assignment_count, ret_code);
}

void bm_parts_follow(const struct bm_draft *draft) {
    uint64_t at = 0;
    for (const struct bm_case *part; (part = next_part(draft->deciding->core, draft->row.id.v, &at));) {
        if (bm_case_open(part->state)) with_part(draft->deciding, part->id.v, follow_units, draft);
    }
}

/* --- who leads -------------------------------------------------------------------------------- */

static bool relieve(struct bm_matter_draft *part, const void *context, enum bm_code *ret_code) {
    (void)context;
    return tell(part, BM_PART_RELIEVED, ret_code);
}

enum bm_code bm_part_settles(const struct bm_matter_draft *draft) {
    struct bm_deciding *deciding = draft->deciding;
    const struct bm_case *incident = draft->row.part_of.v ? bm_state_record(deciding->core, BM_T_CASE, draft->row.part_of.v) : NULL;
    if (!incident) return BM_OK;
    const struct bm_matter *before = bm_state_record(deciding->core, BM_T_MATTER, draft->row.id.v);
    bool led = before && bm_matter_is_open(before) && strcmp(before->responsibility, BM_PART_LEADS) == 0;
    bool leads = bm_matter_is_open(&draft->matter) && strcmp(draft->matter.responsibility, BM_PART_LEADS) == 0;
    if (led == leads) return BM_OK;
    uint64_t at = 0;
    for (const struct bm_case *other; leads && (other = next_part(deciding->core, incident->id.v, &at));) {
        if (other->id.v != draft->row.id.v && bm_case_open(other->state)) with_part(deciding, other->id.v, relieve, NULL);
    }
    if (!bm_case_open(incident->state)) return BM_OK;
    struct bm_event *event = bm_emit(deciding, BM_EV_CASE_LED, BM_SUBJECT_CASE, incident->id.v);
    event->case_led.on_case = incident->id;
    event->case_led.agency.v = leads ? draft->matter.with_agency.v : 0;
    return BM_OK;
}

void bm_parts_move(const struct bm_draft *from, uint64_t into) {
    uint64_t at = 0;
    for (const struct bm_case *part; (part = next_part(from->deciding->core, from->row.id.v, &at));) {
        if (!bm_case_open(part->state)) continue;
        with_part(from->deciding, part->id.v, relieve, NULL);
        bm_emit_link(from->deciding, part->id.v, into, BM_LINK_PART_OF);
        bm_emit_link(from->deciding, into, part->id.v, BM_LINK_PART);
    }
}

/* --- cases opened out of an incident ---------------------------------------------------------- */

/* Offers it at once to whoever was named: the incident's own row has said who may. */
static enum bm_code offer(struct bm_matter_draft *child) {
    struct bm_deciding *deciding = child->deciding;
    const struct bm_do_case_event *args = &deciding->command->case_event;
    const struct bm_procedure *procedure = child->procedure;
    int64_t values[BM_PROCEDURE_FIELDS_MAX] = {0};
    struct bm_course_act act = {.event = procedure->hand_over.offer, .roles = ~UINT32_C(1), .actor = deciding->command->actor.v,
                                .now_ms = deciding->now_ms, .values = values};
    uint16_t part = bm_procedure_field(procedure, "part");
    if (args->part[0] && part != BM_NO_INDEX) {
        const struct bm_field_def *field = &procedure->fields[part];
        uint32_t word = 0;
        while (word < field->word_count && strcmp(field->words[word], args->part) != 0) word++;
        if (word == field->word_count)
            return bm_refuse(deciding, BM_UNKNOWN_WORD, "part", "\"part\" has no such word in \"%s\".", procedure->name);
        values[part] = word;
        act.filled = UINT64_C(1) << part;
    }
    if (!act.actor) act.actor = 1; /* the desk itself, in a trial run: never the engine's own */
    enum bm_code code = bm_course_act(child->track, &child->world, &child->course, &act, &deciding->decision->fault);
    if (!code) code = child->code;
    if (!code) code = bm_matter_offer(child, args->agency.v);
    child->act = procedure->events[procedure->hand_over.offer].name;
    child->role = bm_word(&bm_role_words, deciding->viewer.roles & BM_BIT(BM_ROLE_DISPATCHER)   ? BM_ROLE_DISPATCHER
                                          : deciding->viewer.roles & BM_BIT(BM_ROLE_SUPERVISOR) ? BM_ROLE_SUPERVISOR
                                                                                                : BM_ROLE_CALL_TAKER);
    child->commits = true;
    return code ? code : bm_matter_finish(child);
}

/* Names what can be: the events that open a case, behind those that commands of their own give. */
static enum bm_code unknown_event(struct bm_deciding *deciding, const struct bm_procedure *procedure) {
    char names[200] = "claim, close, reopen";
    for (uint32_t i = 0; i < procedure->row_count; i++) {
        const struct bm_row_def *row = &procedure->rows[i];
        const char *name = procedure->events[row->event].name;
        bool opens = row->effect_count && row->effects[0].effect == BM_EFFECT_OPEN_CHILD;
        size_t used = strlen(names);
        if (opens && used + strlen(name) + 3 < sizeof names) snprintf(names + used, sizeof names - used, ", %s", name);
    }
    return bm_refuse(deciding, BM_UNKNOWN_WORD, "event", "\"event\" of an incident must be one of: %s.", names);
}

enum bm_code bm_decide_part(struct bm_deciding *deciding) {
    const struct bm_do_case_event *args = &deciding->command->case_event;
    const struct bm_case *row;
    struct bm_matter_draft child;
    const char *procedure = NULL;
    enum bm_case_state to;
    uint64_t keys[BM_data_class_COUNT];
    enum bm_code code = bm_open_case(deciding, deciding->command->target, "case", &row);
    if (!code) code = bm_only_incident(deciding, row);
    if (code) return code;
    struct bm_incident incident = bm_incident_rules(deciding->core, row->opened_at_ms);
    if (bm_procedure_event(incident.procedure, args->event) == BM_NO_INDEX)
        return unknown_event(deciding, incident.procedure);
    struct bm_incident_step step = {.from = (enum bm_case_state)row->state, .event = args->event, .area = row->jurisdiction.v,
                                    .ret_child = &procedure};
    code = bm_incident_step(deciding, &incident, step, &to, NULL);
    if (code) return code;
    if (!procedure || to != row->state)
        return bm_refuse(deciding, BM_NOT_POSSIBLE, "event", "\"%s\" opens no case; give the command of that name.", args->event);
    if (args->child_keys.len != sizeof keys)
        return bm_refuse(deciding, BM_NOT_POSSIBLE, "event", "No sealing keys came with it for the case that it opens.");
    memcpy(keys, args->child_keys.bytes, sizeof keys);
    code = bm_matter_begin(deciding, procedure, &child);
    if (!code) code = bm_matter_found(&child, row, keys);
    if (code) return code;
    bool part = child.procedure->hand_over.at.line && bm_procedure_event(child.procedure, BM_PART_OVER) != BM_NO_INDEX;
    bm_emit_link(deciding, child.row.id.v, row->id.v, part ? BM_LINK_PART_OF : BM_LINK_PARENT);
    bm_emit_link(deciding, row->id.v, child.row.id.v, part ? BM_LINK_PART : BM_LINK_CHILD);
    bm_result(deciding, BM_T_CASE, child.row.id.v);
    if (part && !args->agency.v)
        return bm_refuse(deciding, BM_MISSING_FIELD, "agency", "Name the agency that is called.");
    child.row.part_of = part ? row->id : (struct bm_case_id){0};
    return child.procedure->hand_over.at.line && args->agency.v ? offer(&child) : BM_OK;
}
