/* One case: open, change, claim, close, reopen, write into, erase; and its clocks' rungs. */
#include <string.h>

#include "core/area.h"
#include "core/incident.h"
#include "core/part.h"

enum bm_code bm_known_class(struct bm_deciding *deciding, const char *code_text) {
    const struct bm_class *class = bm_core_class(deciding->core, code_text);
    if (class && class->active) return BM_OK;
    return bm_refuse(deciding, BM_UNKNOWN_CLASS, "class",
                     "No class \"%s\" is published; GET /v1/classes lists them.", code_text);
}

static void emit_identity(struct bm_deciding *deciding, uint64_t case_id) {
    if (!deciding->command->sealed[BM_DATA_IDENTITY].value.len) return;
    struct bm_event *event = bm_emit(deciding, BM_EV_SEALED_SET, BM_SUBJECT_CASE, case_id);
    event->sealed_set.on_case.v = case_id;
    event->sealed_set.data_class = BM_DATA_IDENTITY;
    bm_emit_sealed(deciding, event, BM_DATA_IDENTITY);
}

enum bm_code bm_contact_to_open(struct bm_deciding *deciding, uint64_t id, const struct bm_contact **ret_contact) {
    const void *record;
    *ret_contact = NULL;
    if (!id) return BM_OK;
    enum bm_code code = bm_visible(deciding, BM_T_CONTACT, id, "contact", &record);
    if (code) return code;
    const struct bm_contact *contact = record;
    if (contact->on_case.v) {
        deciding->decision->conflict.on_case = contact->on_case.v;
        return bm_refuse(deciding, BM_CONFLICT, "contact", "Contact %llu is on case %llu already.",
                         (unsigned long long)contact->id.v, (unsigned long long)contact->on_case.v);
    }
    *ret_contact = contact;
    return BM_OK;
}

/* The contact to open from, or NULL; a unit that opens on view must be its own crew's or a
 * dispatcher's. */
static enum bm_code check_opening(struct bm_deciding *deciding,
                                  const struct bm_contact **ret_contact) {
    const struct bm_do_case_open *args = &deciding->command->case_open;
    enum bm_code code = bm_known_class(deciding, args->class_code);
    if (code) return code;
    if ((args->lat_e7 == BM_E7_NONE) != (args->lon_e7 == BM_E7_NONE)) {
        return bm_refuse(deciding, BM_MISSING_FIELD, "lon", "Send lat and lon together.");
    }
    code = bm_contact_to_open(deciding, args->contact.v, ret_contact);
    if (code) return code;
    if (!deciding->actor || (deciding->viewer.roles & BM_TAKERS)) return BM_OK;
    if (args->unit.v && args->unit.v == deciding->viewer.unit) return BM_OK;
    return bm_refuse(deciding, BM_FORBIDDEN, "unit",
                     "A crew opens cases on view only: name your own unit.");
}

void bm_emit_case_opened(struct bm_deciding *deciding, const struct bm_case *row) {
    struct bm_event *event = bm_emit(deciding, BM_EV_CASE_OPENED, BM_SUBJECT_CASE, row->id.v);
    struct bm_ev_case_opened *ev = &event->case_opened;
    ev->on_case = row->id;
    memcpy(ev->procedure, row->procedure, sizeof ev->procedure);
    memcpy(ev->class_code, row->class_code, sizeof ev->class_code);
    ev->priority = row->priority;
    ev->jurisdiction = row->jurisdiction;
    ev->owner = row->owner;
    ev->lat_e7 = row->lat_e7;
    ev->lon_e7 = row->lon_e7;
    ev->address_verified = row->address_verified;
    ev->first_contact_at_ms = row->first_contact_at_ms;
    ev->narrative_key = row->narrative_key;
    ev->identity_key = row->identity_key;
    bm_emit_sealed(deciding, event, BM_DATA_NARRATIVE);
    emit_identity(deciding, row->id.v);
    bm_result(deciding, BM_T_CASE, row->id.v);
}

struct bm_case bm_case_to_open(struct bm_deciding *deciding, const char *class_code) {
    struct bm_case row;
    bm_shape_clear(bm_table_shape(BM_T_CASE), &row);
    row.id.v = bm_new_id(deciding, BM_T_CASE);
    memcpy(row.procedure, "emergency", sizeof "emergency");
    memcpy(row.class_code, class_code, sizeof row.class_code);
    row.priority = bm_core_class(deciding->core, class_code)->priority;
    row.state = BM_CASE_RECEIVED;
    row.owner = deciding->command->actor;
    row.opened_at_ms = deciding->now_ms;
    row.first_contact_at_ms = deciding->now_ms;
    row.narrative_key.v = deciding->command->sealed[BM_DATA_NARRATIVE].key_id;
    row.identity_key.v = deciding->command->sealed[BM_DATA_IDENTITY].key_id;
    return row;
}

void bm_attach_first(struct bm_deciding *deciding, const struct bm_contact *contact,
                         uint64_t case_id) {
    struct bm_event *event = bm_emit(deciding, BM_EV_CONTACT_ATTACHED, BM_SUBJECT_CASE, case_id);
    event->contact_attached.contact = contact->id;
    event->contact_attached.on_case.v = case_id;
    bm_answer_if_waiting(deciding, contact);
}

enum bm_code bm_jurisdiction_there(struct bm_deciding *deciding, struct bm_agency_id given, int32_t lat_e7, int32_t lon_e7,
                                   struct bm_agency_id other, struct bm_agency_id *ret) {
    if (!given.v && lat_e7 != BM_E7_NONE && lon_e7 != BM_E7_NONE && deciding->actor) {
        struct bm_point point = {lat_e7, lon_e7};
        given.v = bm_area_jurisdiction(deciding->core, point, deciding->viewer.jurisdiction);
    }
    if (!given.v) given = other;
    return bm_jurisdiction_or_own(deciding, given, ret);
}

static enum bm_code open_case(struct bm_deciding *deciding) {
    const struct bm_do_case_open *args = &deciding->command->case_open;
    const struct bm_contact *contact = NULL;
    const struct bm_unit *unit = NULL;
    struct bm_agency_id jurisdiction;
    enum bm_code code = check_opening(deciding, &contact);
    if (!code && args->unit.v) code = bm_unit_free(deciding, args->unit.v, "unit", false, &unit);
    if (code) return code;
    bool here = args->lat_e7 != BM_E7_NONE || !contact;
    int32_t lat_e7 = here ? args->lat_e7 : contact->lat_e7, lon_e7 = here ? args->lon_e7 : contact->lon_e7;
    struct bm_agency_id given = args->jurisdiction, other = contact ? contact->jurisdiction : (struct bm_agency_id){0};
    if (!given.v && unit) given = contact ? contact->jurisdiction : unit->jurisdiction; /* a crew opens it where it is known */
    code = bm_jurisdiction_there(deciding, given, lat_e7, lon_e7, other, &jurisdiction);
    if (code) return code;
    struct bm_case row = bm_case_to_open(deciding, args->class_code);
    row.jurisdiction = jurisdiction;
    if (args->priority) row.priority = args->priority;
    row.lat_e7 = lat_e7;
    row.lon_e7 = lon_e7;
    row.address_verified = args->address_verified;
    if (contact) row.first_contact_at_ms = contact->received_at_ms;
    bm_emit_case_opened(deciding, &row);
    if (contact) bm_attach_first(deciding, contact, row.id.v);
    if (unit) {
        struct bm_incident incident = bm_incident_rules(deciding->core, row.opened_at_ms);
        struct bm_incident_step step = {.from = BM_CASE_RECEIVED, .event = "arrive", .area = jurisdiction.v};
        enum bm_case_state to;
        code = bm_incident_step(deciding, &incident, step, &to, NULL);
        if (code) return code;
    }
    struct bm_draft draft = bm_draft_new(deciding, &row);
    if (unit) bm_draft_assign(&draft, unit->id.v, BM_AS_ON_SCENE, deciding->now_ms);
    bm_draft_settle(&draft);
    bm_draft_free(&draft);
    return BM_OK;
}

/* --- changing --------------------------------------------------------------------------------- */

enum bm_code bm_can_seal(struct bm_deciding *deciding, const struct bm_case *row) {
    const uint64_t keys[BM_data_class_COUNT] = {row->narrative_key.v, row->identity_key.v};
    for (int c = 0; c < BM_data_class_COUNT; c++) {
        if (!deciding->command->sealed[c].value.len) continue;
        if (row->erased_at_ms != BM_AT_NONE) {
            return bm_refuse(deciding, BM_NOT_POSSIBLE, NULL,
                             "The personal part of this case was erased; open a new case.");
        }
        if (deciding->command->sealed[c].key_id != keys[c]) {
            return bm_refuse(deciding, BM_CONFLICT, NULL,
                             "The text was sealed with another case's key.");
        }
    }
    return BM_OK;
}

/* An owner is there, and may see the case as it will be. */
static enum bm_code check_owner(struct bm_deciding *deciding, const struct bm_case *row) {
    const struct bm_do_case_change *args = &deciding->command->case_change;
    const struct bm_operator *owner = bm_state_record(deciding->core, BM_T_OPERATOR, args->owner.v);
    if (!owner) return bm_refuse(deciding, BM_NOT_FOUND, "owner", "There is no such operator.");
    struct bm_case after = *row;
    if (bm_command_has(deciding->command, "jurisdiction")) after.jurisdiction = args->jurisdiction;
    struct bm_viewer viewer = {owner->id.v, owner->roles, owner->jurisdiction.v, owner->unit.v};
    if (owner->active && bm_may_see(&viewer, &deciding->scope, BM_T_CASE, &after)) return BM_OK;
    return bm_refuse(deciding, BM_CONFLICT, "owner", "Operator %s %s; give the case to another.",
                     owner->number,
                     owner->active ? "may not see this case" : "is no longer active");
}

static enum bm_code check_change(struct bm_deciding *deciding, const struct bm_case *row) {
    const struct bm_command *command = deciding->command;
    const struct bm_do_case_change *args = &command->case_change;
    enum bm_code code = bm_match_version(deciding, row);
    if (!code && bm_command_has(command, "class")) code = bm_only_incident(deciding, row);
    if (!code && bm_command_has(command, "class")) code = bm_known_class(deciding, args->class_code);
    if (!code && bm_command_has(command, "priority") && !args->priority) {
        code = bm_refuse(deciding, BM_OUT_OF_RANGE, "priority",
                         "\"priority\" must lie between 1 and 5.");
    }
    if (!code && bm_command_has(command, "lat") != bm_command_has(command, "lon")) {
        code = bm_refuse(deciding, BM_MISSING_FIELD, "lon", "Send lat and lon together.");
    }
    if (!code && (args->lat_e7 == BM_E7_NONE) != (args->lon_e7 == BM_E7_NONE)) {
        code = bm_refuse(deciding, BM_MISSING_FIELD, "lon", "Send lat and lon together.");
    }
    if (!code && bm_command_has(command, "jurisdiction") &&
        !bm_state_record(deciding->core, BM_T_AGENCY, args->jurisdiction.v)) {
        code = bm_refuse(deciding, BM_NOT_FOUND, "jurisdiction", "There is no such agency.");
    }
    if (!code && bm_command_has(command, "owner")) code = check_owner(deciding, row);
    return code ? code : bm_can_seal(deciding, row);
}

static void emit_changed(struct bm_deciding *deciding, const struct bm_case *row) {
    struct bm_event *event = bm_emit(deciding, BM_EV_CASE_CHANGED, BM_SUBJECT_CASE, row->id.v);
    struct bm_ev_case_changed *ev = &event->case_changed;
    ev->on_case = row->id;
    memcpy(ev->class_code, row->class_code, sizeof ev->class_code);
    ev->priority = row->priority;
    ev->jurisdiction = row->jurisdiction;
    ev->owner = row->owner;
    ev->lat_e7 = row->lat_e7;
    ev->lon_e7 = row->lon_e7;
    ev->address_verified = row->address_verified;
    bm_emit_sealed(deciding, event, BM_DATA_NARRATIVE);
    bm_result(deciding, BM_T_CASE, row->id.v);
}

static enum bm_code change(struct bm_deciding *deciding) {
    const struct bm_command *command = deciding->command;
    const struct bm_do_case_change *args = &command->case_change;
    const struct bm_case *row;
    enum bm_code code = bm_open_case(deciding, command->target, "case", &row);
    if (!code) code = bm_has_case(deciding, row);
    if (!code) code = check_change(deciding, row);
    if (code) return code;
    struct bm_case after = *row;
    if (bm_command_has(command, "class"))
        memcpy(after.class_code, args->class_code, sizeof after.class_code);
    if (bm_command_has(command, "priority")) after.priority = args->priority;
    if (bm_command_has(command, "jurisdiction")) after.jurisdiction = args->jurisdiction;
    if (bm_command_has(command, "owner")) after.owner = args->owner;
    if (bm_command_has(command, "lat")) after.lat_e7 = args->lat_e7;
    if (bm_command_has(command, "lon")) after.lon_e7 = args->lon_e7;
    if (bm_command_has(command, "address_verified"))
        after.address_verified = args->address_verified;
    emit_changed(deciding, &after);
    emit_identity(deciding, row->id.v);
    return BM_OK;
}

static enum bm_code claim(struct bm_deciding *deciding) {
    const struct bm_case *row;
    enum bm_code code = bm_open_case(deciding, deciding->command->target, "case", &row);
    if (code) return code;
    bm_result(deciding, BM_T_CASE, row->id.v);
    /* Already theirs: nothing to record, but that this key was answered (a repeat must not take it
     * back later). */
    if (row->owner.v == deciding->command->actor.v && !deciding->command->has_request) return BM_OK;
    struct bm_case after = *row;
    after.owner = deciding->command->actor;
    emit_changed(deciding, &after);
    return BM_OK;
}

/* --- closing and reopening -------------------------------------------------------------------- */

static enum bm_code close_case(struct bm_deciding *deciding) {
    const struct bm_do_case_close *args = &deciding->command->case_close;
    const struct bm_case *row;
    enum bm_code code = bm_open_case(deciding, deciding->command->target, "case", &row);
    if (!code) code = bm_only_incident(deciding, row);
    if (!code) code = bm_has_case(deciding, row);
    if (!code) code = bm_match_version(deciding, row);
    if (code) return code;
    struct bm_incident incident = bm_incident_rules(deciding->core, row->opened_at_ms);
    struct bm_draft draft = bm_draft_of(deciding, row->id.v);
    for (size_t i = 0; i < draft.assignment_count && !code; i++) {
        const struct bm_assignment *assignment = &draft.assignments[i];
        if (!bm_assignment_open(assignment->state)) continue;
        const struct bm_unit *unit = bm_state_need(deciding->core, BM_T_UNIT, assignment->unit.v);
        deciding->decision->conflict.unit = unit->id.v;
        code = bm_refuse(deciding, BM_CONFLICT, "outcome",
                         "Unit %s is still %s on this case; clear or cancel it first.",
                         unit->call_sign, bm_word(&bm_assignment_state_words, assignment->state));
    }
    enum bm_case_state to;
    enum bm_outcome outcome;
    struct bm_incident_step step = {.from = (enum bm_case_state)row->state, .outcome = (enum bm_outcome)args->outcome,
                                    .event = "close", .area = row->jurisdiction.v};
    if (!code) code = bm_incident_step(deciding, &incident, step, &to, &outcome);
    if (!code) {
        bm_draft_close(&draft, to, outcome);
        bm_result(deciding, BM_T_CASE, row->id.v);
    }
    bm_draft_free(&draft);
    return code;
}

static enum bm_code reopen(struct bm_deciding *deciding) {
    const void *record;
    uint64_t target = deciding->command->target;
    if (bm_state_record(deciding->core, BM_T_STUB, target)) {
        return bm_refuse(deciding, BM_NOT_POSSIBLE, "case",
                         "The case is archived; it must be revived first.");
    }
    enum bm_code code = bm_visible(deciding, BM_T_CASE, target, "case", &record);
    if (code) return code;
    const struct bm_case *row = record;
    code = bm_only_incident(deciding, row);
    if (!code) code = bm_has_case(deciding, row);
    if (code) return code;
    if (row->state != BM_CASE_CLOSED) {
        return bm_refuse(deciding, BM_NOT_POSSIBLE, "case", "The case is %s, not closed.",
                         bm_word(&bm_case_state_words, row->state));
    }
    struct bm_incident incident = bm_incident_rules(deciding->core, row->opened_at_ms);
    code = bm_incident_reopen(deciding, &incident, row);
    if (code) return code;
    struct bm_draft draft = bm_draft_of(deciding, row->id.v);
    draft.row.reopened_at_ms = deciding->now_ms;
    bm_draft_close(&draft, BM_CASE_RECEIVED, BM_OUTCOME_NONE);
    bm_draft_free(&draft);
    bm_result(deciding, BM_T_CASE, row->id.v);
    return BM_OK;
}

/* --- entries, erasure, rungs ------------------------------------------------------------------ */

static enum bm_code entry(struct bm_deciding *deciding) {
    const struct bm_do_entry *args = &deciding->command->entry;
    const void *record;
    int64_t occurred_at_ms;
    enum bm_code code = bm_visible(deciding, BM_T_CASE, deciding->command->target, "case", &record);
    if (!code) code = bm_occurred(deciding, args->occurred_at_ms, &occurred_at_ms);
    if (code) return code;
    const struct bm_case *row = record;
    if (!deciding->command->sealed[BM_DATA_NARRATIVE].value.len) {
        return bm_refuse(deciding, BM_MISSING_FIELD, "text", "Send \"text\".");
    }
    code = bm_can_seal(deciding, row);
    if (code) return code;
    if (args->assignment.v) {
        const struct bm_assignment *assignment = bm_state_record(deciding->core, BM_T_ASSIGNMENT,
                                                                 args->assignment.v);
        if (!assignment || assignment->on_case.v != row->id.v) {
            return bm_refuse(deciding, BM_NOT_FOUND, "assignment",
                             "The case has no such assignment.");
        }
    }
    struct bm_event *event = bm_emit(deciding, BM_EV_ENTRY_ADDED, BM_SUBJECT_CASE, row->id.v);
    event->entry_added.on_case = row->id;
    event->entry_added.assignment = args->assignment;
    event->entry_added.kind = args->kind == BM_ENTRY_STATUS_KEPT ? BM_ENTRY_NOTE : args->kind;
    event->entry_added.occurred_at_ms = occurred_at_ms;
    bm_emit_sealed(deciding, event, BM_DATA_NARRATIVE);
    bm_result(deciding, BM_T_CASE, row->id.v);
    return BM_OK;
}

static void emit_erased(struct bm_deciding *deciding, uint64_t case_id, uint64_t contact_id,
                        uint64_t narrative_key, uint64_t identity_key) {
    uint64_t keys[2] = {narrative_key, identity_key};
    struct bm_event *event = bm_emit(deciding, BM_EV_ERASED, BM_SUBJECT_CASE, case_id);
    event->erased.on_case.v = case_id;
    event->erased.contact.v = contact_id;
    memcpy(event->erased.basis, deciding->command->erase_case.basis, sizeof event->erased.basis);
    event->erased.keys = bm_bytes_copy(keys, sizeof keys);
}

static enum bm_code erase(struct bm_deciding *deciding) {
    const struct bm_core *core = deciding->core;
    uint64_t target = deciding->command->target;
    const struct bm_stub *stub = bm_state_record(core, BM_T_STUB, target);
    if (stub) {
        return bm_refuse(
            deciding, BM_NOT_POSSIBLE, "case",
            "The case is archived; it must be revived first, so that its contacts go with it.");
    }
    const void *record;
    enum bm_code code = bm_visible(deciding, BM_T_CASE, target, "case", &record);
    if (code) return code;
    const struct bm_case *row = record;
    if (bm_case_open(row->state)) {
        return bm_refuse(deciding, BM_NOT_POSSIBLE, "case", "Close the case before erasing it.");
    }
    if (row->erased_at_ms != BM_AT_NONE) {
        return bm_refuse(deciding, BM_NOT_POSSIBLE, "case", "The case was erased already.");
    }
    emit_erased(deciding, target, 0, row->narrative_key.v, row->identity_key.v);
    const struct bm_case_slot *slot = bm_state_slot(core, BM_T_CASE, target);
    for (uint64_t id = slot->contacts.first; id; id = bm_state_after(core, BM_T_CONTACT, id)) {
        const struct bm_contact *contact = bm_state_need(core, BM_T_CONTACT, id);
        if (contact->erased_at_ms != BM_AT_NONE) continue;
        emit_erased(deciding, target, id, contact->narrative_key.v, contact->identity_key.v);
    }
    bm_erase_notes_of(deciding, target, deciding->command->erase_case.basis);
    bm_result(deciding, BM_T_CASE, target);
    return BM_OK;
}

static enum bm_code clock_due(struct bm_deciding *deciding) {
    const struct bm_clock *clock = bm_state_record(deciding->core, BM_T_CLOCK,
                                                   deciding->command->target);
    if (!clock || clock->stopped_at_ms != BM_AT_NONE || clock->rung >= BM_CLOCK_RUNGS) {
        return bm_refuse(deciding, BM_NOT_POSSIBLE, "clock", "That clock has no rung left.");
    }
    int64_t due_at_ms = clock->due_at_ms + (int64_t)clock->rung * clock->budget_ms;
    if (due_at_ms > deciding->now_ms) {
        return bm_refuse(deciding, BM_NOT_POSSIBLE, "clock", "That rung is not due yet.");
    }
    bool on_case = clock->on_case.v != 0;
    struct bm_event *event = bm_emit(deciding, BM_EV_CLOCK_RUNG,
                                     on_case ? BM_SUBJECT_CASE : BM_SUBJECT_CONTACT,
                                     on_case ? clock->on_case.v : clock->contact.v);
    event->clock_rung.clock = clock->id;
    event->clock_rung.rung = clock->rung + 1;
    event->clock_rung.was_due_at_ms = due_at_ms;
    return BM_OK;
}

enum bm_code bm_decide_case(struct bm_deciding *deciding) {
    switch ((int)deciding->command->kind) { /* only the kinds of this file come here */
    case BM_DO_CASE_OPEN:
        return open_case(deciding);
    case BM_DO_CASE_CHANGE:
        return change(deciding);
    case BM_DO_CASE_CLAIM:
        return claim(deciding);
    case BM_DO_CASE_CLOSE:
        return close_case(deciding);
    case BM_DO_CASE_REOPEN:
        return reopen(deciding);
    case BM_DO_ENTRY:
        return entry(deciding);
    case BM_DO_ERASE_CASE:
        return erase(deciding);
    default:
        return clock_due(deciding);
    }
}
