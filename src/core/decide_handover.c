/* From one operator to the next: open cases and contacts are taken over, notes are left and acknowledged. */
#include "core/deciding.h"

#include <string.h>

/* --- open cases and contacts ------------------------------------------------------------------ */

static bool takes_case(struct bm_deciding *deciding, const struct bm_case *row, uint64_t from) {
    return row->owner.v == from && bm_case_open(row->state) && bm_may_see(&deciding->viewer, &deciding->scope, BM_T_CASE, row);
}

static bool takes_contact(struct bm_deciding *deciding, const struct bm_contact *contact, uint64_t from) {
    return contact->operator_id.v == from && bm_contact_open(contact->state) &&
           bm_may_see(&deciding->viewer, &deciding->scope, BM_T_CONTACT, contact);
}

static void take_case(struct bm_deciding *deciding, uint64_t id, uint64_t from) {
    struct bm_event *event = bm_emit(deciding, BM_EV_CASE_TAKEN_OVER, BM_SUBJECT_CASE, id);
    event->case_taken_over.on_case.v = id;
    event->case_taken_over.from.v = from;
    event->case_taken_over.to = deciding->command->actor;
}

static void take_contact(struct bm_deciding *deciding, uint64_t id, uint64_t from) {
    struct bm_event *event = bm_emit(deciding, BM_EV_CONTACT_TAKEN_OVER, BM_SUBJECT_CONTACT, id);
    event->contact_taken_over.contact.v = id;
    event->contact_taken_over.from.v = from;
    event->contact_taken_over.to = deciding->command->actor;
}

/* Of those named every one must still be the other's: whoever comes second is told who has it, and nothing is taken. */
static enum bm_code take_named(struct bm_deciding *deciding) {
    const struct bm_do_take_over *args = &deciding->command->take_over;
    for (uint64_t i = 0; i < args->cases.count; i++) {
        const struct bm_case *row;
        enum bm_code code = bm_open_case(deciding, args->cases.ids[i], "cases", &row);
        if (code) return code;
        for (uint64_t before = 0; before < i; before++) {
            if (args->cases.ids[before] == row->id.v)
                return bm_refuse(deciding, BM_CONFLICT, "cases", "Case %llu is named twice.", (unsigned long long)row->id.v);
        }
        if (row->owner.v != args->from.v) {
            deciding->decision->conflict.on_case = row->id.v;
            deciding->decision->conflict.operator_id = row->owner.v;
            return bm_refuse(deciding, BM_CONFLICT, "cases", "Case %llu is with operator %llu now; read the list again.",
                             (unsigned long long)row->id.v, (unsigned long long)row->owner.v);
        }
        take_case(deciding, row->id.v, args->from.v);
    }
    for (uint64_t i = 0; i < args->contacts.count; i++) {
        const void *record;
        enum bm_code code = bm_visible(deciding, BM_T_CONTACT, args->contacts.ids[i], "contacts", &record);
        if (code) return code;
        const struct bm_contact *contact = record;
        for (uint64_t before = 0; before < i; before++) {
            if (args->contacts.ids[before] == contact->id.v)
                return bm_refuse(deciding, BM_CONFLICT, "contacts", "Contact %llu is named twice.", (unsigned long long)contact->id.v);
        }
        if (!takes_contact(deciding, contact, args->from.v)) {
            deciding->decision->conflict.operator_id = contact->operator_id.v;
            return bm_refuse(deciding, BM_CONFLICT, "contacts", "Contact %llu is over, or with another operator now; read the list again.",
                             (unsigned long long)contact->id.v);
        }
        take_contact(deciding, contact->id.v, args->from.v);
    }
    return BM_OK;
}

static enum bm_code take_all(struct bm_deciding *deciding, uint64_t from) {
    const struct bm_core *core = deciding->core;
    size_t count = 0;
    BM_TABLE_EACH(&core->tables[BM_T_CASE], id) count += takes_case(deciding, bm_state_need(core, BM_T_CASE, id), from);
    BM_TABLE_EACH(&core->tables[BM_T_CONTACT], id) count += takes_contact(deciding, bm_state_need(core, BM_T_CONTACT, id), from);
    if (count == 0)
        return bm_refuse(deciding, BM_NOT_POSSIBLE, "from", "Operator %llu has no open case or contact that you may see.", (unsigned long long)from);
    if (count > BM_TAKE_OVER_MAX)
        return bm_refuse(deciding, BM_OUT_OF_RANGE, "cases", "There are %zu, at most %u are taken at once; name some of them.", count,
                         BM_TAKE_OVER_MAX);
    BM_TABLE_EACH(&core->tables[BM_T_CASE], id) {
        if (takes_case(deciding, bm_state_need(core, BM_T_CASE, id), from)) take_case(deciding, id, from);
    }
    BM_TABLE_EACH(&core->tables[BM_T_CONTACT], id) {
        if (takes_contact(deciding, bm_state_need(core, BM_T_CONTACT, id), from)) take_contact(deciding, id, from);
    }
    return BM_OK;
}

static enum bm_code take_over(struct bm_deciding *deciding) {
    const struct bm_do_take_over *args = &deciding->command->take_over;
    const void *record;
    enum bm_code code = bm_visible(deciding, BM_T_OPERATOR, args->from.v, "from", &record);
    if (code) return code;
    if (args->from.v == deciding->command->actor.v)
        return bm_refuse(deciding, BM_CONFLICT, "from", "These are yours already; name the operator before you.");
    code = args->cases.count + args->contacts.count ? take_named(deciding) : take_all(deciding, args->from.v);
    if (code) return code;
    const struct bm_event *first = &deciding->decision->events[0];
    bool of_case = first->kind == BM_EV_CASE_TAKEN_OVER;
    bm_result(deciding, of_case ? BM_T_CASE : BM_T_CONTACT, of_case ? first->case_taken_over.on_case.v : first->contact_taken_over.contact.v);
    return BM_OK;
}

/* --- notes ------------------------------------------------------------------------------------ */

static enum bm_code leave(struct bm_deciding *deciding) {
    const struct bm_do_handover_leave *args = &deciding->command->handover_leave;
    const void *record;
    struct bm_agency_id area;
    enum bm_code code = bm_jurisdiction_or_own(deciding, args->jurisdiction, &area);
    if (!code && deciding->actor && !bm_scope_covers(&deciding->scope, deciding->viewer.jurisdiction, area.v))
        code = bm_refuse(deciding, BM_FORBIDDEN, "jurisdiction", "Agency %llu is not in your area.", (unsigned long long)area.v);
    if (!code && args->desk_position.v) code = bm_visible(deciding, BM_T_DESK_POSITION, args->desk_position.v, "desk_position", &record);
    if (code) return code;
    if (!deciding->command->sealed[BM_DATA_NARRATIVE].value.len)
        return bm_refuse(deciding, BM_MISSING_FIELD, "text", "Write what the next shift must know.");
    unsigned waiting = 0;
    BM_TABLE_EACH(&deciding->core->tables[BM_T_HANDOVER], id) {
        waiting += ((const struct bm_handover *)bm_state_need(deciding->core, BM_T_HANDOVER, id))->taken_at_ms == BM_AT_NONE;
    }
    if (waiting >= BM_HANDOVERS_MAX)
        return bm_refuse(deciding, BM_OUT_OF_RANGE, "text", "%u notes wait; take some over first.", BM_HANDOVERS_MAX);
    struct bm_event *event = bm_emit(deciding, BM_EV_HANDOVER_LEFT, BM_SUBJECT_AGENCY, area.v);
    struct bm_ev_handover_left *ev = &event->handover_left;
    ev->handover.v = bm_new_id(deciding, BM_T_HANDOVER);
    memcpy(ev->shift, args->shift, sizeof ev->shift);
    ev->jurisdiction = area;
    ev->desk_position = args->desk_position;
    ev->narrative_key.v = deciding->command->sealed[BM_DATA_NARRATIVE].key_id;
    bm_emit_sealed(deciding, event, BM_DATA_NARRATIVE);
    bm_result(deciding, BM_T_HANDOVER, ev->handover.v);
    return BM_OK;
}

/* Acknowledged by another than whoever left it: two people know of it then. */
static enum bm_code take_note(struct bm_deciding *deciding) {
    const void *record;
    enum bm_code code = bm_visible(deciding, BM_T_HANDOVER, deciding->command->target, "handover", &record);
    if (code) return code;
    const struct bm_handover *note = record;
    bm_result(deciding, BM_T_HANDOVER, note->id.v);
    if (note->taken_at_ms != BM_AT_NONE) {
        deciding->decision->conflict.operator_id = note->taken_by.v;
        deciding->decision->conflict.at_ms = note->taken_at_ms;
        return bm_refuse(deciding, BM_CONFLICT, "handover", "Operator %llu took this note over already.", (unsigned long long)note->taken_by.v);
    }
    if (note->left_by.v == deciding->command->actor.v)
        return bm_refuse(deciding, BM_NOT_POSSIBLE, "handover", "You left this note; whoever comes after you takes it over.");
    struct bm_event *event = bm_emit(deciding, BM_EV_HANDOVER_TAKEN, BM_SUBJECT_AGENCY, note->jurisdiction.v);
    event->handover_taken.handover = note->id;
    return BM_OK;
}

static enum bm_code archive(struct bm_deciding *deciding) {
    const struct bm_handover *note = bm_state_record(deciding->core, BM_T_HANDOVER, deciding->command->target);
    if (!note) return BM_OK;
    struct bm_event *event = bm_emit(deciding, BM_EV_HANDOVER_ARCHIVED, BM_SUBJECT_AGENCY, note->jurisdiction.v);
    event->handover_archived.handover = note->id;
    return BM_OK;
}

enum bm_code bm_decide_handover(struct bm_deciding *deciding) {
    if (deciding->command->kind == BM_DO_TAKE_OVER) return take_over(deciding);
    if (deciding->command->kind == BM_DO_HANDOVER_LEAVE) return leave(deciding);
    return deciding->command->kind == BM_DO_HANDOVER_TAKE ? take_note(deciding) : archive(deciding);
}
