/* Contacts:
 *
 *   ringing --> answered --> ended            waiting (texts, alarms, ...) --> answered --> ended
 *      '-----> abandoned --> ended (ring-back made)     '--------------------------------> ended
 *
 * Taking a contact needs a channel and nothing else; where it belongs defaults to the operator's
 * area. */
#include <string.h>

#include "core/deciding.h"

bool bm_channel_is_spoken(unsigned channel) {
    return channel == BM_CHANNEL_CALL || channel == BM_CHANNEL_SILENT;
}

void bm_start_answer_clock(struct bm_deciding *deciding, uint64_t contact, unsigned channel,
                           int64_t anchor_at_ms) {
    int64_t budget_ms = bm_channel_is_spoken(channel) ? BM_ANSWER_CALL_MS : BM_ANSWER_OTHER_MS;
    struct bm_event *event = bm_emit(deciding, BM_EV_CLOCK_STARTED, BM_SUBJECT_CONTACT, contact);
    event->clock_started.clock.v = bm_new_id(deciding, BM_T_CLOCK);
    event->clock_started.kind = BM_CLOCK_ANSWER;
    event->clock_started.contact.v = contact;
    event->clock_started.anchor_at_ms = anchor_at_ms;
    event->clock_started.budget_ms = budget_ms;
    event->clock_started.due_at_ms = anchor_at_ms + budget_ms;
}

static void emit_identity(struct bm_deciding *deciding, uint64_t contact) {
    if (!deciding->command->sealed[BM_DATA_IDENTITY].value.len) return;
    struct bm_event *event = bm_emit(deciding, BM_EV_SEALED_SET, BM_SUBJECT_CONTACT, contact);
    event->sealed_set.contact.v = contact;
    event->sealed_set.data_class = BM_DATA_IDENTITY;
    bm_emit_sealed(deciding, event, BM_DATA_IDENTITY);
}

uint64_t bm_emit_received(struct bm_deciding *deciding, struct bm_agency_id jurisdiction, unsigned state,
                          int64_t received_at_ms, int64_t rang_at_ms) {
    const struct bm_do_contact_receive *args = &deciding->command->contact_receive;
    uint64_t id = bm_new_id(deciding, BM_T_CONTACT);
    struct bm_event *event = bm_emit(deciding, BM_EV_CONTACT_RECEIVED, BM_SUBJECT_CONTACT, id);
    struct bm_ev_contact_received *ev = &event->contact_received;
    ev->contact.v = id;
    ev->channel = args->channel;
    ev->state = (uint8_t)state;
    ev->jurisdiction = jurisdiction;
    if (state == BM_CONTACT_ANSWERED) ev->operator_id = deciding->command->actor;
    memcpy(ev->line, args->line, sizeof args->line);
    ev->received_at_ms = received_at_ms;
    ev->rang_at_ms = rang_at_ms;
    if (state == BM_CONTACT_ANSWERED) ev->answered_at_ms = deciding->now_ms;
    ev->lat_e7 = args->lat_e7;
    ev->lon_e7 = args->lon_e7;
    ev->uncertainty_m = args->uncertainty_m;
    if (args->lat_e7 != BM_E7_NONE) {
        ev->fix_source = args->fix_source ? args->fix_source : (uint8_t)BM_FIX_OPERATOR;
    }
    ev->narrative_key.v = deciding->command->sealed[BM_DATA_NARRATIVE].key_id;
    ev->identity_key.v = deciding->command->sealed[BM_DATA_IDENTITY].key_id;
    bm_emit_sealed(deciding, event, BM_DATA_NARRATIVE);
    bm_result(deciding, BM_T_CONTACT, id);
    emit_identity(deciding, id);
    bm_emit_noted(deciding, id, args->language, args->interpreter);
    return id;
}

static enum bm_code receive(struct bm_deciding *deciding) {
    const struct bm_do_contact_receive *args = &deciding->command->contact_receive;
    struct bm_agency_id jurisdiction;
    int64_t rang_at_ms;
    if (args->call[0]) return bm_decide_exchange(deciding);
    if (bm_command_has(deciding->command, "event")) {
        return bm_refuse(deciding, BM_MISSING_FIELD, "call", "Say which call that is about: \"call\" is the exchange's name for it.");
    }
    enum bm_code code = bm_jurisdiction_or_own(deciding, args->jurisdiction, &jurisdiction);
    if (!code) code = bm_occurred(deciding, args->rang_at_ms, &rang_at_ms);
    if (!code) code = bm_check_language(deciding, args->language);
    if (code) return code;
    if ((args->lat_e7 == BM_E7_NONE) != (args->lon_e7 == BM_E7_NONE)) {
        return bm_refuse(deciding, BM_MISSING_FIELD, "lon", "Send lat and lon together.");
    }
    bool spoken = bm_channel_is_spoken(args->channel);
    unsigned state = args->answered ? BM_CONTACT_ANSWERED : spoken ? BM_CONTACT_RINGING : BM_CONTACT_WAITING;
    uint64_t id = bm_emit_received(deciding, jurisdiction, state, rang_at_ms, spoken ? rang_at_ms : BM_AT_NONE);
    bm_close_called_again(deciding, id);
    if (!args->answered) bm_start_answer_clock(deciding, id, args->channel, rang_at_ms);
    return BM_OK;
}

void bm_stop_answer_clock(struct bm_deciding *deciding, uint64_t contact) {
    const struct bm_contact_slot *slot = bm_state_slot(deciding->core, BM_T_CONTACT, contact);
    for (uint64_t id = slot->clocks.first; id;
         id = bm_state_after(deciding->core, BM_T_CLOCK, id)) {
        const struct bm_clock *clock = bm_state_need(deciding->core, BM_T_CLOCK, id);
        if (clock->stopped_at_ms != BM_AT_NONE) continue;
        bm_stop_clock(deciding, clock, BM_SUBJECT_CONTACT, contact);
    }
}

void bm_emit_contact_move(struct bm_deciding *deciding, const struct bm_contact *contact, unsigned from, unsigned to,
                          int64_t occurred_at_ms, uint64_t operator_id, unsigned result) {
    struct bm_event *event = bm_emit(deciding, BM_EV_CONTACT_MOVED, BM_SUBJECT_CONTACT, contact->id.v);
    event->contact_moved.contact = contact->id;
    event->contact_moved.from = (uint8_t)from;
    event->contact_moved.to = (uint8_t)to;
    event->contact_moved.occurred_at_ms = occurred_at_ms;
    event->contact_moved.operator_id.v = operator_id;
    event->contact_moved.result = (uint8_t)result;
}

void bm_answer_if_waiting(struct bm_deciding *deciding, const struct bm_contact *contact) {
    if (contact->state != BM_CONTACT_RINGING && contact->state != BM_CONTACT_WAITING) return;
    bm_emit_contact_move(deciding, contact, contact->state, BM_CONTACT_ANSWERED, deciding->now_ms,
                         deciding->command->actor.v, BM_RESULT_NONE);
    bm_stop_answer_clock(deciding, contact->id.v);
    bm_emit_seat(deciding, contact);
}

static enum bm_code move(struct bm_deciding *deciding, enum bm_contact_state to, int64_t given_ms,
                         enum bm_contact_result result) {
    const void *record;
    int64_t occurred_at_ms;
    enum bm_code code = bm_visible(deciding, BM_T_CONTACT, deciding->command->target, "contact",
                                   &record);
    if (!code) code = bm_occurred(deciding, given_ms, &occurred_at_ms);
    if (code) return code;
    const struct bm_contact *contact = record;
    unsigned from = contact->state;
    if (!bm_contact_step(from, to)) {
        deciding->decision->conflict.operator_id = contact->operator_id.v;
        deciding->decision->conflict.at_ms = contact->answered_at_ms;
        return bm_refuse(deciding, BM_STALE_STATUS, "state", "Contact %llu is %s%s.",
                         (unsigned long long)contact->id.v, bm_word(&bm_contact_state_words, from),
                         from == BM_CONTACT_ANSWERED ? " already; another operator has it" : "");
    }
    if (occurred_at_ms < contact->received_at_ms) {
        return bm_refuse(deciding, BM_OUT_OF_RANGE, "occurred_at_ms",
                         "That time lies before the contact was received.");
    }
    bm_emit_contact_move(deciding, contact, from, to, occurred_at_ms, deciding->command->actor.v, result);
    bm_result(deciding, BM_T_CONTACT, contact->id.v);
    bm_stop_answer_clock(deciding, contact->id.v);
    if (to == BM_CONTACT_ANSWERED) bm_emit_seat(deciding, contact);
    if (to == BM_CONTACT_ABANDONED) bm_want_ring_back(deciding, contact->id.v);
    return BM_OK;
}

enum bm_code bm_emit_fix(struct bm_deciding *deciding, const struct bm_contact *contact, const struct bm_ev_contact_fixed *fix) {
    const struct bm_case *row = bm_state_record(deciding->core, BM_T_CASE, contact->on_case.v);
    bool over = contact->erased_at_ms != BM_AT_NONE || (row ? !bm_case_open(row->state) : !bm_contact_open(contact->state));
    if (fix->lat_e7 == BM_E7_NONE || fix->lon_e7 == BM_E7_NONE) return bm_refuse(deciding, BM_MISSING_FIELD, "lat", "Send lat and lon.");
    if (over) {
        return bm_refuse(deciding, BM_NOT_POSSIBLE, "contact",
                         "The matter is closed: the caller's position is no longer taken.");
    }
    struct bm_event *event = bm_emit(deciding, BM_EV_CONTACT_FIXED, BM_SUBJECT_CONTACT, contact->id.v);
    event->contact_fixed = *fix;
    event->contact_fixed.contact = contact->id;
    bm_result(deciding, BM_T_CONTACT, contact->id.v);
    return BM_OK;
}

static enum bm_code fix(struct bm_deciding *deciding) {
    const struct bm_do_contact_fix *args = &deciding->command->contact_fix;
    const void *record;
    struct bm_ev_contact_fixed fix = {.lat_e7 = args->lat_e7, .lon_e7 = args->lon_e7, .uncertainty_m = args->uncertainty_m};
    enum bm_code code = bm_visible(deciding, BM_T_CONTACT, deciding->command->target, "contact",
                                   &record);
    fix.fix_source = args->fix_source ? args->fix_source : (uint8_t)BM_FIX_OPERATOR;
    if (!code) code = bm_occurred(deciding, args->fixed_at_ms, &fix.fixed_at_ms);
    return code ? code : bm_emit_fix(deciding, record, &fix);
}

static enum bm_code attach(struct bm_deciding *deciding) {
    const struct bm_do_contact_attach *args = &deciding->command->contact_attach;
    const void *record;
    const struct bm_case *row;
    enum bm_code code = bm_visible(deciding, BM_T_CONTACT, deciding->command->target, "contact",
                                   &record);
    if (!code) code = bm_open_case(deciding, args->on_case.v, "case", &row);
    if (!code) code = bm_takes_contacts(deciding, row);
    if (code) return code;
    const struct bm_contact *contact = record;
    bm_result(deciding, BM_T_CONTACT, contact->id.v);
    bool there = contact->on_case.v ==
                 row->id.v; /* recorded only for its key, so that a repeat does nothing */
    if (there && !deciding->command->has_request) return BM_OK;
    if (contact->on_case.v) { /* whoever takes it off a case must see that one too */
        code = bm_visible(deciding, BM_T_CASE, contact->on_case.v, "contact", &record);
        if (code) return code;
    }
    if (!there && row->contact_count >= BM_CASE_CONTACTS_MAX) {
        return bm_refuse(
            deciding, BM_CONFLICT, "case",
            "The case has %u contacts, the most one may have; open a second and link it.",
            BM_CASE_CONTACTS_MAX);
    }
    struct bm_event *event = bm_emit(deciding, BM_EV_CONTACT_ATTACHED, BM_SUBJECT_CASE, row->id.v);
    event->contact_attached.contact = contact->id;
    event->contact_attached.on_case = row->id;
    event->contact_attached.from_case = contact->on_case;
    bm_answer_if_waiting(deciding, contact);
    return BM_OK;
}

static enum bm_code archive(struct bm_deciding *deciding) {
    uint64_t target = deciding->command->target;
    const struct bm_contact *contact = bm_state_record(deciding->core, BM_T_CONTACT, target);
    if (!contact || contact->on_case.v || bm_contact_open(contact->state)) {
        return bm_refuse(deciding, BM_NOT_POSSIBLE, "contact", "The contact is not over.");
    }
    struct bm_event *event = bm_emit(deciding, BM_EV_CONTACT_ARCHIVED, BM_SUBJECT_CONTACT, target);
    event->contact_archived.contact.v = target;
    return BM_OK;
}

static enum bm_code erase(struct bm_deciding *deciding) {
    const void *record;
    enum bm_code code = bm_visible(deciding, BM_T_CONTACT, deciding->command->target, "contact",
                                   &record);
    if (code) return code;
    const struct bm_contact *contact = record;
    if (bm_contact_open(contact->state)) {
        return bm_refuse(deciding, BM_NOT_POSSIBLE, "contact",
                         "End the contact before erasing it.");
    }
    if (contact->erased_at_ms != BM_AT_NONE) {
        return bm_refuse(deciding, BM_NOT_POSSIBLE, "contact", "The contact was erased already.");
    }
    struct bm_event *event = bm_emit(deciding, BM_EV_ERASED, BM_SUBJECT_CONTACT, contact->id.v);
    uint64_t keys[2] = {contact->narrative_key.v, contact->identity_key.v};
    event->erased.contact = contact->id;
    memcpy(event->erased.basis, deciding->command->erase_contact.basis, sizeof event->erased.basis);
    event->erased.keys = bm_bytes_copy(keys, sizeof keys);
    bm_result(deciding, BM_T_CONTACT, contact->id.v);
    return BM_OK;
}

enum bm_code bm_decide_contact(struct bm_deciding *deciding) {
    const struct bm_command *command = deciding->command;
    switch ((int)command->kind) { /* only the kinds of this file come here */
    case BM_DO_CONTACT_RECEIVE:
        return receive(deciding);
    case BM_DO_CONTACT_ANSWER:
        return move(deciding, BM_CONTACT_ANSWERED, command->contact_answer.occurred_at_ms,
                    BM_RESULT_NONE);
    case BM_DO_CONTACT_ABANDON:
        return move(deciding, BM_CONTACT_ABANDONED, command->contact_abandon.occurred_at_ms,
                    BM_RESULT_NONE);
    case BM_DO_CONTACT_END:
        return move(deciding, BM_CONTACT_ENDED, command->contact_end.occurred_at_ms,
                    (enum bm_contact_result)command->contact_end.result);
    case BM_DO_CONTACT_FIX:
        return fix(deciding);
    case BM_DO_CONTACT_ATTACH:
        return attach(deciding);
    case BM_DO_CONTACT_ARCHIVE:
        return archive(deciding);
    default:
        return erase(deciding);
    }
}
