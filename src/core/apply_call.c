/* What happened to calls beside their state (decide_call.c). */
#include "base/check.h"
#include "core/applying.h"

static void apply_called(struct bm_core *core, struct bm_contact *contact, const struct bm_event *event) {
    const struct bm_ev_contact_called *ev = &event->contact_called;
    if (ev->call[0]) {
        BM_SET_TEXT(contact->call, ev->call);
        contact->exchange = ev->exchange;
        bm_state_index_call(core, contact);
    }
    if (ev->position[0]) BM_SET_TEXT(contact->position, ev->position);
    if (ev->trunk[0]) BM_SET_TEXT(contact->trunk, ev->trunk);
    if (ev->recording[0]) BM_SET_TEXT(contact->recording, ev->recording);
    if (ev->rang_at_ms != BM_AT_NONE) {
        contact->rang_at_ms = ev->rang_at_ms;
        if (ev->rang_at_ms < contact->received_at_ms) contact->received_at_ms = ev->rang_at_ms;
    }
    if (ev->roll_at_ms != BM_AT_NONE) contact->roll_at_ms = ev->roll_at_ms;
    if (event->sealed.len) {
        contact->identity_key = ev->identity_key;
        bm_set_bytes(&contact->identity, &event->sealed);
    }
}

static void apply_transferred(struct bm_contact *contact, const struct bm_ev_contact_transferred *ev) {
    BM_SET_TEXT(contact->position, ev->to);
    contact->operator_id = ev->operator_id;
    contact->roll_at_ms = ev->roll_at_ms;
    contact->transferred_at_ms = ev->occurred_at_ms;
    bm_count_up(&contact->transfer_count);
}

static void apply_rung_back(struct bm_contact *contact, const struct bm_event *event) {
    const struct bm_ev_rung_back *ev = &event->rung_back;
    contact->ring_back = ev->outcome;
    contact->ring_back_at_ms = ev->occurred_at_ms;
    bm_count_up(&contact->ring_back_count);
    if (ev->outcome == BM_RING_BACK_REACHED && !contact->operator_id.v) contact->operator_id = event->actor;
}

void bm_apply_call(struct bm_core *core, const struct bm_event *event) {
    uint64_t id = event->subject.id;
    struct bm_contact *contact = bm_state_need(core, BM_T_CONTACT, id);
    bm_state_touch(core, BM_T_CONTACT, id);
    switch ((int)event->kind) { /* only the kinds of this file come here */
    case BM_EV_CONTACT_CALLED:
        apply_called(core, contact, event);
        break;
    case BM_EV_CONTACT_ROLLED:
        BM_SET_TEXT(contact->position, event->contact_rolled.to);
        contact->roll_at_ms = event->contact_rolled.roll_at_ms;
        bm_count_up(&contact->roll_count);
        break;
    case BM_EV_CONTACT_TRANSFERRED:
        apply_transferred(contact, &event->contact_transferred);
        break;
    case BM_EV_CONTACT_HUNG_UP:
        contact->hung_up_at_ms = event->contact_hung_up.occurred_at_ms;
        break;
    case BM_EV_CONTACT_TAKEN:
        contact->operator_id = event->contact_taken.to;
        contact->taken_from = event->contact_taken.from;
        contact->taken_at_ms = event->contact_taken.occurred_at_ms;
        break;
    case BM_EV_CONTACT_NOTED:
        BM_SET_TEXT(contact->language, event->contact_noted.language);
        contact->interpreter = event->contact_noted.interpreter;
        break;
    case BM_EV_RING_BACK_WANTED:
        contact->ring_back_until_ms = event->ring_back_wanted.until_ms;
        break;
    case BM_EV_RUNG_BACK:
        apply_rung_back(contact, event);
        break;
    case BM_EV_CALLED_AGAIN:
        contact->called_again = event->called_again.other;
        break;
    default:
        BM_NEVER("an event of calls");
    }
    bm_state_arm(core, BM_T_CONTACT, id);
}
