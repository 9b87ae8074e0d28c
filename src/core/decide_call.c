/* Calls as a telephone exchange reports them, and what operators do about them beside answering.
 *
 * An exchange speaks of a call by its own name for it: ringing, answered, transferred, abandoned, ended.  Nets lose, double
 * and reorder what it says, so each report is taken for what it adds: one that says nothing new does nothing, one that comes
 * before the ringing makes the contact, and an answer that is heard of after the hang-up is an answer all the same.
 *
 *   ringing  --answered--> answered          position, operator there
 *            --abandoned, ended--> abandoned --> on the list to be rung back
 *   answered --abandoned, ended--> answered, the line is free; ended when it is on a case
 *   abandoned --answered, before that--> answered
 *
 * Where nobody answers in a position's time, the desk itself lets the call ring at the next one. */
#include <string.h>

#include "core/deciding.h"

#define DAY_MS (INT64_C(24) * 60 * 60 * 1000)

enum bm_code bm_check_language(struct bm_deciding *deciding, const char *language) {
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
    if (!language[strspn(language, allowed)]) return BM_OK;
    return bm_refuse(deciding, BM_OUT_OF_RANGE, "language", "Name the language by its tag: zh, yue, en, ug, bo.");
}

void bm_emit_noted(struct bm_deciding *deciding, uint64_t contact, const char *language, unsigned interpreter) {
    if (!language[0] && interpreter == BM_INTERPRETER_NONE) return;
    struct bm_event *event = bm_emit(deciding, BM_EV_CONTACT_NOTED, BM_SUBJECT_CONTACT, contact);
    event->contact_noted.contact.v = contact;
    memcpy(event->contact_noted.language, language, BM_LANGUAGE_TEXT);
    event->contact_noted.interpreter = (uint8_t)interpreter;
}

void bm_want_ring_back(struct bm_deciding *deciding, uint64_t contact) {
    struct bm_event *event = bm_emit(deciding, BM_EV_RING_BACK_WANTED, BM_SUBJECT_CONTACT, contact);
    event->ring_back_wanted.contact.v = contact;
    event->ring_back_wanted.until_ms = deciding->now_ms + BM_RING_BACK_MS;
}

void bm_close_called_again(struct bm_deciding *deciding, uint64_t contact) {
    const struct bm_bytes *again = &deciding->command->contact_receive.again;
    size_t count = again->len / 8 < BM_CALLED_AGAIN_MAX ? again->len / 8 : BM_CALLED_AGAIN_MAX;
    uint64_t before = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t id;
        memcpy(&id, again->bytes + 8 * i, sizeof id);
        const struct bm_contact *old = bm_state_record(deciding->core, BM_T_CONTACT, id);
        bool waits = old && id > before && old->state == BM_CONTACT_ABANDONED && old->ring_back_until_ms != BM_AT_NONE;
        if (!waits || !bm_may_see(&deciding->viewer, &deciding->scope, BM_T_CONTACT, old)) continue;
        before = id; /* in id order, so none twice */
        struct bm_event *event = bm_emit(deciding, BM_EV_CALLED_AGAIN, BM_SUBJECT_CONTACT, id);
        event->called_again.contact.v = id;
        event->called_again.other.v = contact;
        bm_emit_contact_move(deciding, old, BM_CONTACT_ABANDONED, BM_CONTACT_ENDED, deciding->now_ms, 0,
                             BM_RESULT_CALLED_AGAIN);
    }
}

/* --- what an exchange says -------------------------------------------------------------------- */

static void emit_hung_up(struct bm_deciding *deciding, uint64_t contact, int64_t at_ms) {
    struct bm_event *event = bm_emit(deciding, BM_EV_CONTACT_HUNG_UP, BM_SUBJECT_CONTACT, contact);
    event->contact_hung_up.contact.v = contact;
    event->contact_hung_up.occurred_at_ms = at_ms;
}

/* Who is logged on at that position; 0: nobody, or it is not known here. */
static uint64_t operator_at(const struct bm_deciding *deciding, const char *code) {
    const struct bm_desk_position *position = bm_desk_position_coded(deciding->core, code);
    return position ? position->operator_id.v : 0;
}

/* Where a call rings that was not placed yet, and until when. */
static void place(struct bm_deciding *deciding, struct bm_ev_contact_called *said, int64_t since_ms) {
    const struct bm_do_contact_receive *args = &deciding->command->contact_receive;
    const struct bm_desk_position *position = args->position[0]
                                                  ? bm_desk_position_coded(deciding->core, args->position)
                                                  : bm_desk_position_of_line(deciding->core, args->line, args->trunk);
    memcpy(said->position, position ? position->code : args->position, sizeof said->position);
    said->roll_at_ms = bm_roll_due(deciding->core, position, since_ms);
}

/* What it says that is not known yet. `known`: the contact as it is, NULL for one that this decision makes. */
static void emit_called(struct bm_deciding *deciding, uint64_t id, const struct bm_contact *known, int64_t at_ms) {
    const struct bm_do_contact_receive *args = &deciding->command->contact_receive;
    struct bm_ev_contact_called said = {.contact = {id}, .rang_at_ms = BM_AT_NONE, .roll_at_ms = BM_AT_NONE};
    bool waits = !known || known->state == BM_CONTACT_RINGING || known->state == BM_CONTACT_ABANDONED;
    bool places = !known || !known->position[0] || (args->event == BM_CALL_ANSWERED && waits);
    bool number = false;
    if (!known) {
        memcpy(said.call, args->call, sizeof said.call);
        said.exchange = deciding->command->actor;
    } else {
        int64_t rang_at_ms = args->event == BM_CALL_RINGING ? at_ms : args->rang_at_ms;
        bool late = known->answered_at_ms != BM_AT_NONE && rang_at_ms > known->answered_at_ms;
        bool likely = rang_at_ms <= at_ms && rang_at_ms > known->received_at_ms - DAY_MS;
        if (known->rang_at_ms == BM_AT_NONE && !late && likely) said.rang_at_ms = rang_at_ms;
        number = !known->identity.len && known->erased_at_ms == BM_AT_NONE &&
                 deciding->command->sealed[BM_DATA_IDENTITY].value.len;
    }
    if (!known || (known->state == BM_CONTACT_RINGING && !known->position[0] && args->event == BM_CALL_RINGING))
        place(deciding, &said, at_ms);
    else if (places && args->event != BM_CALL_TRANSFERRED && strcmp(known->position, args->position) != 0)
        memcpy(said.position, args->position, sizeof said.position);
    if (!known || strcmp(known->trunk, args->trunk) != 0) memcpy(said.trunk, args->trunk, sizeof said.trunk);
    if (!known || strcmp(known->recording, args->recording) != 0)
        memcpy(said.recording, args->recording, sizeof said.recording);
    if (known && !said.position[0] && !said.trunk[0] && !said.recording[0] && said.rang_at_ms == BM_AT_NONE && !number)
        return;
    struct bm_event *event = bm_emit(deciding, BM_EV_CONTACT_CALLED, BM_SUBJECT_CONTACT, id);
    event->contact_called = said;
    if (!number) return;
    event->contact_called.identity_key.v = deciding->command->sealed[BM_DATA_IDENTITY].key_id;
    bm_emit_sealed(deciding, event, BM_DATA_IDENTITY);
}

static void answered(struct bm_deciding *deciding, const struct bm_contact *contact, int64_t at_ms) {
    const char *said = deciding->command->contact_receive.position;
    uint64_t who = operator_at(deciding, said[0] ? said : contact->position);
    if (at_ms < contact->received_at_ms - DAY_MS) at_ms = contact->received_at_ms; /* late, but not of another day */
    if (contact->state == BM_CONTACT_RINGING) {
        bm_emit_contact_move(deciding, contact, BM_CONTACT_RINGING, BM_CONTACT_ANSWERED, at_ms, who, BM_RESULT_NONE);
        bm_stop_answer_clock(deciding, contact->id.v);
    } else if (contact->state == BM_CONTACT_ABANDONED && at_ms <= contact->abandoned_at_ms) {
        bm_emit_contact_move(deciding, contact, BM_CONTACT_ABANDONED, BM_CONTACT_ANSWERED, at_ms, who, BM_RESULT_NONE);
        emit_hung_up(deciding, contact->id.v, contact->abandoned_at_ms);
    }
}

static enum bm_code transferred(struct bm_deciding *deciding, const struct bm_contact *contact, int64_t at_ms) {
    const char *to = deciding->command->contact_receive.position;
    if (!to[0]) {
        return bm_refuse(deciding, BM_MISSING_FIELD, "position", "Say to which position it was put through.");
    }
    bool stale = contact->transferred_at_ms != BM_AT_NONE && at_ms <= contact->transferred_at_ms;
    bool live = contact->state == BM_CONTACT_RINGING || contact->state == BM_CONTACT_ANSWERED;
    if (stale || !live || strcmp(contact->position, to) == 0) return BM_OK;
    struct bm_event *event = bm_emit(deciding, BM_EV_CONTACT_TRANSFERRED, BM_SUBJECT_CONTACT, contact->id.v);
    event->contact_transferred.contact = contact->id;
    memcpy(event->contact_transferred.from, contact->position, BM_CODE_TEXT);
    memcpy(event->contact_transferred.to, to, BM_CODE_TEXT);
    uint64_t who = operator_at(deciding, to);
    event->contact_transferred.operator_id.v = who && contact->state == BM_CONTACT_ANSWERED ? who : contact->operator_id.v;
    event->contact_transferred.roll_at_ms = bm_roll_due(deciding->core, bm_desk_position_coded(deciding->core, to), at_ms);
    event->contact_transferred.occurred_at_ms = at_ms;
    return BM_OK;
}

static void over(struct bm_deciding *deciding, const struct bm_contact *contact, int64_t at_ms) {
    if (contact->state == BM_CONTACT_RINGING) {
        bm_emit_contact_move(deciding, contact, BM_CONTACT_RINGING, BM_CONTACT_ABANDONED, at_ms, 0, BM_RESULT_NONE);
        bm_stop_answer_clock(deciding, contact->id.v);
        bm_want_ring_back(deciding, contact->id.v);
    } else if (contact->state == BM_CONTACT_ANSWERED && contact->hung_up_at_ms == BM_AT_NONE) {
        emit_hung_up(deciding, contact->id.v, at_ms);
        if (!contact->on_case.v) return; /* whoever has it says what came of it */
        bm_emit_contact_move(deciding, contact, BM_CONTACT_ANSWERED, BM_CONTACT_ENDED, at_ms, contact->operator_id.v,
                             BM_RESULT_CASE);
    }
}

/* A call of which nothing is known yet, whatever is said of it first. */
static enum bm_code begin(struct bm_deciding *deciding, int64_t at_ms) {
    const struct bm_do_contact_receive *args = &deciding->command->contact_receive;
    struct bm_agency_id jurisdiction;
    int64_t rang_at_ms = at_ms;
    enum bm_code code = bm_jurisdiction_or_own(deciding, args->jurisdiction, &jurisdiction);
    if (!code && args->event != BM_CALL_RINGING) {
        rang_at_ms = BM_AT_NONE; /* missing is missing */
        if (args->rang_at_ms != BM_AT_NONE) code = bm_occurred(deciding, args->rang_at_ms, &rang_at_ms);
    }
    if (code) return code;
    if ((args->lat_e7 == BM_E7_NONE) != (args->lon_e7 == BM_E7_NONE)) {
        return bm_refuse(deciding, BM_MISSING_FIELD, "lon", "Send lat and lon together.");
    }
    if (rang_at_ms != BM_AT_NONE && rang_at_ms > at_ms) {
        return bm_refuse(deciding, BM_OUT_OF_RANGE, "rang_at_ms", "It cannot have rung only after that.");
    }
    int64_t received_at_ms = rang_at_ms == BM_AT_NONE ? at_ms : rang_at_ms;
    uint64_t id = bm_emit_received(deciding, jurisdiction, BM_CONTACT_RINGING, received_at_ms, rang_at_ms);
    const struct bm_contact made = {.id = {id}};
    emit_called(deciding, id, NULL, at_ms);
    bm_close_called_again(deciding, id);
    if (args->event == BM_CALL_RINGING || args->event == BM_CALL_TRANSFERRED) {
        bm_start_answer_clock(deciding, id, args->channel, received_at_ms);
    } else if (args->event == BM_CALL_ANSWERED) {
        bm_emit_contact_move(deciding, &made, BM_CONTACT_RINGING, BM_CONTACT_ANSWERED, at_ms,
                             operator_at(deciding, args->position), BM_RESULT_NONE);
    } else {
        bm_emit_contact_move(deciding, &made, BM_CONTACT_RINGING, BM_CONTACT_ABANDONED, at_ms, 0, BM_RESULT_NONE);
        bm_want_ring_back(deciding, id);
    }
    return BM_OK;
}

enum bm_code bm_decide_exchange(struct bm_deciding *deciding) {
    const struct bm_do_contact_receive *args = &deciding->command->contact_receive;
    int64_t given_ms = args->occurred_at_ms, at_ms;
    uint8_t key[16];
    uint64_t id;
    if (given_ms == BM_AT_NONE && args->event == BM_CALL_RINGING) given_ms = args->rang_at_ms;
    enum bm_code code = bm_occurred(deciding, given_ms, &at_ms);
    if (!code) code = bm_check_language(deciding, args->language);
    if (code) return code;
    if (!bm_channel_is_spoken(args->channel)) {
        return bm_refuse(deciding, BM_OUT_OF_RANGE, "channel", "What an exchange reports is a call or a silent_call.");
    }
    bm_call_key(deciding->command->actor.v, args->call, key);
    if (!bm_map_get(&deciding->core->contact_by_call, key, &id)) return begin(deciding, at_ms);
    const struct bm_contact *contact = bm_state_need(deciding->core, BM_T_CONTACT, id);
    bm_result(deciding, BM_T_CONTACT, id);
    emit_called(deciding, id, contact, at_ms);
    if (args->event == BM_CALL_TRANSFERRED) return transferred(deciding, contact, at_ms);
    if (args->event == BM_CALL_ANSWERED) answered(deciding, contact, at_ms);
    if (args->event == BM_CALL_ABANDONED || args->event == BM_CALL_ENDED) over(deciding, contact, at_ms);
    return BM_OK;
}

void bm_emit_seat(struct bm_deciding *deciding, const struct bm_contact *contact) {
    const struct bm_desk_position *seat = bm_desk_position_of(deciding->core, deciding->command->actor.v);
    if (!contact->call[0] || !seat || strcmp(seat->code, contact->position) == 0) return;
    struct bm_event *event = bm_emit(deciding, BM_EV_CONTACT_CALLED, BM_SUBJECT_CONTACT, contact->id.v);
    event->contact_called.contact = contact->id;
    memcpy(event->contact_called.position, seat->code, BM_CODE_TEXT);
}

/* --- what operators do ------------------------------------------------------------------------ */

/* The contact that the command names, with who has it for whoever is refused. */
static enum bm_code seen(struct bm_deciding *deciding, const struct bm_contact **ret_contact) {
    const void *record;
    enum bm_code code = bm_visible(deciding, BM_T_CONTACT, deciding->command->target, "contact", &record);
    if (!code) *ret_contact = record;
    return code;
}

static enum bm_code take(struct bm_deciding *deciding) {
    const struct bm_contact *contact;
    enum bm_code code = seen(deciding, &contact);
    if (code) return code;
    if (contact->state != BM_CONTACT_ANSWERED) {
        return bm_refuse(deciding, BM_STALE_STATUS, "state", "Contact %llu is %s: nobody has it to take it over from.",
                         (unsigned long long)contact->id.v, bm_word(&bm_contact_state_words, contact->state));
    }
    uint64_t from = deciding->command->contact_take.from.v;
    if (contact->operator_id.v != from || contact->operator_id.v == deciding->command->actor.v) {
        deciding->decision->conflict.operator_id = contact->operator_id.v;
        deciding->decision->conflict.at_ms = contact->taken_at_ms != BM_AT_NONE ? contact->taken_at_ms
                                                                                : contact->answered_at_ms;
        return bm_refuse(deciding, BM_STALE_STATUS, "from", "Operator %llu has contact %llu by now.",
                         (unsigned long long)contact->operator_id.v, (unsigned long long)contact->id.v);
    }
    struct bm_event *event = bm_emit(deciding, BM_EV_CONTACT_TAKEN, BM_SUBJECT_CONTACT, contact->id.v);
    event->contact_taken.contact = contact->id;
    event->contact_taken.from.v = from;
    event->contact_taken.to = deciding->command->actor;
    event->contact_taken.occurred_at_ms = deciding->now_ms;
    bm_emit_seat(deciding, contact);
    bm_result(deciding, BM_T_CONTACT, contact->id.v);
    return BM_OK;
}

static enum bm_code note(struct bm_deciding *deciding) {
    const struct bm_do_contact_note *args = &deciding->command->contact_note;
    const struct bm_contact *contact;
    enum bm_code code = bm_check_language(deciding, args->language);
    if (!code) code = seen(deciding, &contact);
    if (code) return code;
    if (!deciding->command->present) return bm_refuse(deciding, BM_MISSING_FIELD, "language", "Send language or interpreter.");
    struct bm_event *event = bm_emit(deciding, BM_EV_CONTACT_NOTED, BM_SUBJECT_CONTACT, contact->id.v);
    bool language = bm_command_has(deciding->command, "language"),
         interpreter = bm_command_has(deciding->command, "interpreter");
    event->contact_noted.contact = contact->id;
    memcpy(event->contact_noted.language, language ? args->language : contact->language, BM_LANGUAGE_TEXT);
    event->contact_noted.interpreter = interpreter ? args->interpreter : contact->interpreter;
    bm_result(deciding, BM_T_CONTACT, contact->id.v);
    return BM_OK;
}

static enum bm_code ring_back(struct bm_deciding *deciding) {
    const struct bm_do_ring_back *args = &deciding->command->ring_back;
    const struct bm_contact *contact;
    int64_t at_ms;
    enum bm_code code = seen(deciding, &contact);
    if (!code) code = bm_occurred(deciding, args->occurred_at_ms, &at_ms);
    if (code) return code;
    if (args->outcome == BM_RING_BACK_NONE) {
        return bm_refuse(deciding, BM_MISSING_FIELD, "outcome", "Say what came of ringing back.");
    }
    if (args->result == BM_RESULT_CALLED_AGAIN || (args->result == BM_RESULT_CASE && !contact->on_case.v))
        return bm_refuse(deciding, BM_OUT_OF_RANGE, "result", "That follows by itself from another call or from a case; choose what came of it.");
    if (contact->state != BM_CONTACT_ABANDONED && contact->state != BM_CONTACT_ANSWERED) {
        return bm_refuse(deciding, BM_STALE_STATUS, "state", "Contact %llu is %s: nobody has to be rung back.",
                         (unsigned long long)contact->id.v, bm_word(&bm_contact_state_words, contact->state));
    }
    struct bm_event *event = bm_emit(deciding, BM_EV_RUNG_BACK, BM_SUBJECT_CONTACT, contact->id.v);
    event->rung_back.contact = contact->id;
    event->rung_back.outcome = args->outcome;
    event->rung_back.occurred_at_ms = at_ms;
    bm_result(deciding, BM_T_CONTACT, contact->id.v);
    if (args->result == BM_RESULT_NONE) return BM_OK;
    bm_emit_contact_move(deciding, contact, contact->state, BM_CONTACT_ENDED, at_ms, deciding->command->actor.v,
                         args->result);
    return BM_OK;
}

static enum bm_code due(struct bm_deciding *deciding) {
    const struct bm_contact *contact = bm_state_record(deciding->core, BM_T_CONTACT, deciding->command->target);
    int64_t due_at_ms = !contact                                 ? BM_AT_NONE
                        : contact->state == BM_CONTACT_RINGING   ? contact->roll_at_ms
                        : contact->state == BM_CONTACT_ABANDONED ? contact->ring_back_until_ms
                                                                 : BM_AT_NONE;
    if (due_at_ms == BM_AT_NONE || due_at_ms > deciding->now_ms) {
        return bm_refuse(deciding, BM_NOT_POSSIBLE, "contact", "Nothing of the call is due.");
    }
    if (contact->state == BM_CONTACT_RINGING) return bm_decide_roll(deciding, contact);
    bm_emit_contact_move(deciding, contact, BM_CONTACT_ABANDONED, BM_CONTACT_ENDED, deciding->now_ms, 0,
                         BM_RESULT_NOT_REACHED);
    return BM_OK;
}

enum bm_code bm_decide_call(struct bm_deciding *deciding) {
    switch ((int)deciding->command->kind) { /* only the kinds of this file come here */
    case BM_DO_CONTACT_TAKE:
        return take(deciding);
    case BM_DO_CONTACT_NOTE:
        return note(deciding);
    case BM_DO_RING_BACK:
        return ring_back(deciding);
    default:
        return due(deciding);
    }
}
