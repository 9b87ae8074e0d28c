/* Rows of the record to deliveries.  Channels are followed with the rows, so each event meets them as they were when it was
 * committed, and a crash in between changes nothing. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "core/audience.h"
#include "outbox/outbox_private.h"

struct step {
    struct bm_outbox *outbox;
    struct bm_fault *fault;
    enum bm_code code;
    uint64_t seq; /* of the last row that was met */
    int rows;
    uint64_t made, gave_up; /* counted when they are kept */
    bool spoilt;            /* SQLite took back the whole transaction */
};

/* Where an event lies: the areas of its record, and for an assignment the unit's. */
struct place_of {
    uint64_t areas[4], station, on_case;
};

/* --- channels --------------------------------------------------------------------------------- */

static void set_channel(struct bm_out_channel *channel, const struct bm_event *event) {
    const struct bm_ev_alert_channel_set *from = &event->alert_channel_set;
    struct bm_alert_channel *to = &channel->row;
    BM_ALERT_TERMS_ROWS(BM_ALERT_COPY)
    to->active = from->active;
    to->personal_by = from->personal_by;
    to->personal_at_ms = from->personal_at_ms;
    to->off = BM_ALERT_OFF_NONE;
    channel->not_before_ms = 0;
    channel->failures = 0;
}

static enum bm_code follow_channel(struct bm_outbox *outbox, const struct bm_event *event, struct bm_fault *fault) {
    struct bm_out_channel *channel = bm_out_channel(outbox, event->alert_secret_set.channel.v); /* first in each of these bodies */
    const char *why = NULL;
    if (event->kind == BM_EV_ALERT_CHANNEL_SET) {
        set_channel(channel, event);
        if (!channel->row.active) why = "An administrator switched the channel off.";
    } else if (event->kind == BM_EV_ALERT_CHANNEL_PAUSED) {
        channel->row.paused = event->alert_channel_paused.paused;
    } else if (event->kind == BM_EV_ALERT_CHANNEL_OFF) {
        channel->row.off = event->alert_channel_off.off;
        why = "The receiver said that it is gone for good (410).";
    } else {
        channel->row.has_secret = true;
    }
    enum bm_code code = why ? bm_out_switch_off(outbox, channel->row.id.v, why, event->at_ms, fault) : BM_OK;
    if (why) channel->open_count = 0;
    return code ? code : bm_out_put_channel(outbox, channel, fault);
}

/* Once more, with as much time as at first. */
static enum bm_code follow_resent(struct bm_outbox *outbox, const struct bm_event *event, struct bm_fault *fault) {
    struct bm_delivery delivery;
    enum bm_code code = bm_out_get(outbox, event->alert_resent.delivery.v, &delivery, fault);
    if (code) return code == BM_NOT_FOUND ? BM_OK : code; /* forgotten meanwhile */
    if (event->seq <= outbox->held_until) return BM_OK;   /* the desk that this is a copy of has done so, or not */
    struct bm_out_channel *channel = bm_out_channel(outbox, delivery.channel.v);
    bool was_open = delivery.next_at_ms != BM_AT_NONE;
    if (!was_open && !outbox->config.silent) channel->open_count++;
    if (was_open && outbox->config.silent && channel->open_count) channel->open_count--;
    channel->not_before_ms = 0;
    channel->failures = 0;
    delivery.state = outbox->config.silent ? BM_DELIVERY_TRAINING : BM_DELIVERY_QUEUED;
    delivery.next_at_ms = outbox->config.silent ? BM_AT_NONE : event->at_ms;
    delivery.until_ms = bm_out_now_ms() + bm_alert_keep_trying_ms(&channel->row);
    delivery.done_at_ms = BM_AT_NONE;
    delivery.remote_id[0] = 0;
    delivery.tries = 0;
    delivery.resent_by = event->actor;
    return bm_out_put(outbox, &delivery, fault);
}

/* --- where an event lies ------------------------------------------------------------------------ */

/* A record that is not there lies nowhere.  One that cannot be read now is another thing: whom it concerns is not known, and
 * the event must be met again. */
static enum bm_code find(struct step *step, enum bm_table_kind table, uint64_t id, void *ret_record, bool *ret_found) {
    enum bm_code code = id ? bm_reader_get(step->outbox->reader, table, id, ret_record, step->fault) : BM_NOT_FOUND;
    *ret_found = !code;
    return code == BM_NOT_FOUND ? BM_OK : code;
}

static enum bm_code of_case(struct step *step, uint64_t id, struct place_of *place) {
    struct bm_case row;
    bool found;
    enum bm_code code = find(step, BM_T_CASE, id, &row, &found);
    if (!found) return code;
    place->areas[0] = row.jurisdiction.v;
    place->areas[1] = row.with_agency.v;
    place->areas[2] = row.offered_to.v;
    place->on_case = id;
    bm_shape_release(bm_table_shape(BM_T_CASE), &row);
    return BM_OK;
}

static enum bm_code of_unit(struct step *step, uint64_t id, struct place_of *place) {
    struct bm_unit row;
    bool found;
    enum bm_code code = find(step, BM_T_UNIT, id, &row, &found);
    if (!found) return code;
    place->areas[3] = row.jurisdiction.v;
    place->station = row.station.v;
    bm_shape_release(bm_table_shape(BM_T_UNIT), &row);
    return BM_OK;
}

static enum bm_code of_assignment(struct step *step, uint64_t id, struct place_of *place) {
    struct bm_assignment row;
    bool found;
    enum bm_code code = find(step, BM_T_ASSIGNMENT, id, &row, &found);
    if (!found) return code;
    code = of_unit(step, row.unit.v, place);
    bm_shape_release(bm_table_shape(BM_T_ASSIGNMENT), &row);
    return code;
}

static enum bm_code of_contact(struct step *step, uint64_t id, struct place_of *place) {
    struct bm_contact row;
    bool found;
    enum bm_code code = find(step, BM_T_CONTACT, id, &row, &found);
    if (!found) return code;
    place->areas[0] = row.jurisdiction.v;
    place->areas[1] = row.case_area.v;
    place->on_case = row.on_case.v;
    bm_shape_release(bm_table_shape(BM_T_CONTACT), &row);
    return BM_OK;
}

static enum bm_code of_place(struct step *step, uint64_t id, struct place_of *place) {
    struct bm_place row;
    bool found;
    enum bm_code code = find(step, BM_T_PLACE, id, &row, &found);
    if (!found) return code;
    place->areas[0] = row.jurisdiction.v;
    bm_shape_release(bm_table_shape(BM_T_PLACE), &row);
    return BM_OK;
}

static enum bm_code find_place(struct step *step, const struct bm_event *event, struct place_of *place) {
    enum bm_code code = BM_OK;
    uint64_t id = event->subject.id;
    *place = (struct place_of){{0}, 0, 0};
    if (event->subject.kind == BM_SUBJECT_CASE) code = of_case(step, id, place);
    if (event->subject.kind == BM_SUBJECT_CONTACT) code = of_contact(step, id, place);
    if (event->subject.kind == BM_SUBJECT_UNIT) code = of_unit(step, id, place);
    if (event->subject.kind == BM_SUBJECT_PLACE) code = of_place(step, id, place);
    if (!code && event->kind == BM_EV_ASSIGNMENT_MADE) code = of_unit(step, event->assignment_made.unit.v, place);
    if (!code && event->kind == BM_EV_ASSIGNMENT_MOVED) code = of_assignment(step, event->assignment_moved.assignment.v, place);
    return code;
}

/* Climbs the tree of agencies for the audience's rule, which knows no faults: they stay in the step. */
struct climb {
    struct step *step;
    enum bm_code code;
};

static uint64_t parent_of(const void *context, uint64_t agency) {
    struct climb *climb = *(struct climb *const *)context;
    struct bm_agency row;
    bool found;
    enum bm_code code = find(climb->step, BM_T_AGENCY, agency, &row, &found);
    if (code) climb->code = code;
    if (!found) return 0;
    uint64_t parent = row.parent.v;
    bm_shape_release(bm_table_shape(BM_T_AGENCY), &row);
    return parent;
}

static enum bm_code lies_in(struct step *step, const struct place_of *place, uint64_t agency, bool *ret_lies) {
    struct climb climb = {step, BM_OK}, *way = &climb;
    struct bm_scope scope = {.context = &way, .parent = parent_of};
    bool lies = false;
    for (int i = 0; i < 4 && !lies && !climb.code; i++) lies = place->areas[i] && bm_scope_covers(&scope, agency, place->areas[i]);
    *ret_lies = lies;
    return climb.code;
}

/* --- which channels it leaves by ------------------------------------------------------------------ */

/* A unit is sent: what a station's printer and tone are for. */
static bool is_dispatch(const struct bm_event *event) {
    if (event->kind == BM_EV_ASSIGNMENT_MADE) return event->assignment_made.state == BM_AS_ASSIGNED;
    return event->kind == BM_EV_ASSIGNMENT_MOVED && event->assignment_moved.to == BM_AS_ASSIGNED;
}

static bool chosen(const struct bm_alert_channel *channel, const struct bm_event *event) {
    if (channel->kind == BM_ALERT_STATION) return is_dispatch(event);
    if (!bm_alert_lists(channel->events, bm_event_word(event->kind))) return false;
    if (event->kind != BM_EV_PROMISE_RUNG || !channel->roles[0]) return true;
    const char *at = event->promise_rung.to;
    char role[BM_LIST_TEXT];
    while (bm_alert_next(&at, role, sizeof role)) {
        if (bm_alert_lists(channel->roles, role)) return true;
    }
    return false;
}

static enum bm_code add(struct step *step, struct bm_out_channel *channel, const struct bm_event *event, uint64_t on_case,
                        uint64_t contact, uint32_t recipient) {
    struct bm_outbox *outbox = step->outbox;
    struct bm_delivery delivery;
    bm_shape_clear(&bm_delivery_shape, &delivery);
    int64_t now_ms = bm_out_now_ms();
    delivery.channel = channel->row.id;
    delivery.event_seq.v = event->seq;
    snprintf(delivery.event, sizeof delivery.event, "%s", bm_event_word(event->kind));
    delivery.on_case.v = on_case;
    delivery.contact.v = contact;
    delivery.recipient = recipient;
    delivery.state = BM_DELIVERY_QUEUED;
    delivery.made_at_ms = now_ms;
    delivery.next_at_ms = now_ms;
    delivery.until_ms = event->at_ms + bm_alert_keep_trying_ms(&channel->row);
    const char *why = NULL;
    if (outbox->config.silent) {
        delivery.state = BM_DELIVERY_TRAINING;
        why = "Training: nothing leaves the house.";
    } else if (event->seq <= outbox->held_until) {
        delivery.state = BM_DELIVERY_GAVE_UP;
        why = bm_out_held;
    } else if (delivery.until_ms <= now_ms) {
        delivery.state = BM_DELIVERY_GAVE_UP;
        why = "It was too late when the desk came to it.";
    } else if (channel->open_count >= BM_OUTBOX_OPEN_MAX) {
        delivery.state = BM_DELIVERY_GAVE_UP;
        why = "Too many wait for this channel already.";
    }
    if (why) {
        snprintf(delivery.last_answer, sizeof delivery.last_answer, "%s", why);
        delivery.next_at_ms = BM_AT_NONE;
        delivery.done_at_ms = now_ms;
    }
    enum bm_code code = bm_out_put_new(outbox, &delivery, step->fault);
    if (code || !delivery.id.v) return code;
    if (!why) channel->open_count++;
    if (delivery.state == BM_DELIVERY_GAVE_UP) step->gave_up++;
    step->made++;
    return BM_OK;
}

struct telling {
    struct step *step;
    struct bm_out_channel *channel;
    const struct bm_event *event;
    enum bm_code code;
};

static bool tell_citizen(void *context, uint64_t contact) {
    struct telling *telling = context;
    telling->code = add(telling->step, telling->channel, telling->event, telling->event->notice.on_case.v, contact, 0);
    return !telling->code;
}

/* One after the other as they are read: however many they are, only one is held. */
static enum bm_code add_citizens(struct step *step, struct bm_out_channel *channel, const struct bm_event *event) {
    const struct bm_outbox_calls *calls = &step->outbox->config.calls;
    struct telling telling = {step, channel, event, BM_OK};
    enum bm_code code = calls->citizens(calls->context, step->outbox->reader, (enum bm_alert_kind)channel->row.kind,
                                        event->notice.on_case.v, event->notice.to, tell_citizen, &telling, step->fault);
    return telling.code ? telling.code : code;
}

static enum bm_code add_people(struct step *step, struct bm_out_channel *channel, const struct bm_event *event, uint64_t on_case) {
    if (channel->row.kind != BM_ALERT_MAIL && channel->row.kind != BM_ALERT_SMS) return add(step, channel, event, on_case, 0, 0);
    uint32_t people = bm_alert_people_count(channel->row.recipients);
    enum bm_code code = BM_OK;
    for (uint32_t i = 0; i < people && i < BM_OUTBOX_PEOPLE_MAX && !code; i++)
        code = add(step, channel, event, on_case, 0, i);
    return code;
}

static enum bm_code meet_channels(struct step *step, const struct bm_event *event) {
    struct bm_outbox *outbox = step->outbox;
    struct place_of place;
    bool placed = false;
    for (size_t i = 0; i < outbox->channel_count && !step->code; i++) {
        struct bm_out_channel *channel = &outbox->channels[i];
        if (!channel->row.active || channel->row.off) continue;
        bool for_citizens = channel->row.citizens && event->kind == BM_EV_NOTICE;
        bool wanted = chosen(&channel->row, event);
        if (!wanted && !for_citizens) continue;
        bool lies = false;
        if (!placed) step->code = find_place(step, event, &place);
        placed = true;
        if (!step->code) step->code = lies_in(step, &place, channel->row.jurisdiction.v, &lies);
        if (step->code || !lies) continue;
        if (channel->row.station.v && channel->row.station.v != place.station) continue;
        if (wanted) step->code = add_people(step, channel, event, place.on_case);
        if (for_citizens && !step->code) step->code = add_citizens(step, channel, event);
    }
    return step->code;
}

static bool is_of_channels(enum bm_event_kind kind) {
    return kind == BM_EV_ALERT_CHANNEL_SET || kind == BM_EV_ALERT_CHANNEL_PAUSED || kind == BM_EV_ALERT_CHANNEL_OFF ||
           kind == BM_EV_ALERT_SECRET_SET;
}

static enum bm_code meet(struct step *step, const struct bm_row *row) {
    struct bm_event event;
    enum bm_code code = bm_row_event(row, &event, step->fault);
    if (code) return code;
    if (is_of_channels(event.kind))
        code = follow_channel(step->outbox, &event, step->fault);
    else if (event.kind == BM_EV_ALERT_RESENT)
        code = follow_resent(step->outbox, &event, step->fault);
    else
        code = meet_channels(step, &event);
    bm_event_release(&event);
    return code;
}

/* All that an event makes, or nothing of it. */
static enum bm_code meet_whole(struct step *step, const struct bm_row *row) {
    uint64_t made = step->made, gave_up = step->gave_up;
    enum bm_code code = bm_out_begin_event(step->outbox, step->fault);
    if (code) {
        step->spoilt = true;
        return code;
    }
    code = meet(step, row);
    if (!code) code = bm_out_end_event(step->outbox, step->fault);
    if (!code) return BM_OK;
    step->spoilt = !bm_out_undo_event(step->outbox);
    step->made = made;
    step->gave_up = gave_up;
    return code;
}

static bool take_row(void *context, const struct bm_row *row) {
    struct step *step = context;
    int kind = bm_event_find(row->kind);
    bool ours = kind >= 0 && (is_of_channels((enum bm_event_kind)kind) || kind == BM_EV_ALERT_RESENT);
    if (ours || (step->outbox->channel_count && kind >= 0 && bm_alert_sends((enum bm_event_kind)kind))) {
        step->code = meet_whole(step, row);
        if (step->code) return false;
    }
    step->seq = row->seq;
    return ++step->rows < BM_OUTBOX_ROWS_A_STEP;
}

/* Up to the event that could not be met: what came before it is kept and sent, it itself is met again. */
static enum bm_code take_rows(struct bm_outbox *outbox, struct step *step) {
    uint64_t before = outbox->cursor;
    struct bm_fault kept;
    enum bm_code code = bm_out_begin(outbox, step->fault);
    if (code) return code;
    code = bm_reader_follow(outbox->reader, before, take_row, step, step->fault);
    if (!code) code = step->code;
    bool keeps = !step->spoilt && (!code || step->seq > before);
    enum bm_code keeping = BM_OK;
    if (keeps) keeping = bm_out_put_cursor(outbox, step->seq, code ? &kept : step->fault);
    keeping = bm_out_end(outbox, keeps ? keeping : code, code ? &kept : step->fault);
    if (!keeping && keeps) {
        atomic_fetch_add(&outbox->made, step->made);
        atomic_fetch_add(&outbox->gave_up, step->gave_up);
    } else {
        outbox->cursor = before;
    }
    return code ? code : keeping;
}

enum bm_code bm_out_follow(struct bm_outbox *outbox, bool *ret_more, struct bm_fault *fault) {
    struct step step = {.outbox = outbox, .fault = fault, .seq = outbox->cursor};
    uint64_t head;
    *ret_more = false;
    enum bm_code code = outbox->stale ? bm_out_reload(outbox, fault) : BM_OK;
    if (!code) code = bm_reader_begin(outbox->reader, &head, fault);
    if (code) return code;
    if (head > outbox->cursor) {
        code = take_rows(outbox, &step);
        /* Channels went along with what was taken back: an event that is met again must meet them as they were then. */
        outbox->stale = code != BM_OK;
        struct bm_fault why;
        if (outbox->stale && bm_out_reload(outbox, &why)) bm_log(BM_LOG_ERROR, "outbox", "doing=\"reading channels anew\" reason=\"%s\"", why.detail);
    }
    bm_reader_end(outbox->reader);
    atomic_store(&outbox->cursor_seen, outbox->cursor);
    *ret_more = !code && outbox->cursor < head;
    return code;
}
