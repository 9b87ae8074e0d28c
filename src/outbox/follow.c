/* Rows of the record to deliveries.  Channels are followed with the rows, so each event meets them as they were when it was
 * committed, and a crash in between changes nothing. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/failpoint.h"
#include "base/hash.h"
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
    bool own;               /* the fault is of the outbox's own file: the event is innocent */
    bool unlike;            /* part of it was taken back: channels may be ahead of the table */
};

static enum bm_code meet(struct step *step, const struct bm_row *row);

/* Marks a fault as one of the outbox's own file. */
static enum bm_code own(struct step *step, enum bm_code code) {
    if (code) step->own = true;
    return code;
}

/* Where an event lies: the areas of its record, and for an assignment the unit's. */
struct place_of {
    uint64_t areas[4], station, on_case;
};

static bool is_of_channels(enum bm_event_kind kind) {
    return kind == BM_EV_ALERT_CHANNEL_SET || kind == BM_EV_ALERT_CHANNEL_PAUSED || kind == BM_EV_ALERT_CHANNEL_OFF ||
           kind == BM_EV_ALERT_SECRET_SET;
}

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

static enum bm_code follow_channel(struct step *step, const struct bm_event *event) {
    struct bm_outbox *outbox = step->outbox;
    struct bm_fault *fault = step->fault;
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
    return own(step, code ? code : bm_out_put_channel(outbox, channel, fault));
}

static bool take_now(void *context, const void *record) {
    struct step *step = context;
    const struct bm_alert_channel *row = record;
    struct bm_out_channel *channel = bm_out_channel(step->outbox, row->id.v);
    channel->row = *row;
    if (!row->active || row->off) {
        step->code = own(step, bm_out_switch_off(step->outbox, row->id.v, "The channel was switched off.", bm_out_now_ms(), step->fault));
        channel->open_count = 0;
    }
    if (!step->code) step->code = own(step, bm_out_put_channel(step->outbox, channel, step->fault));
    return !step->code;
}

/* An event of a channel was set aside: nobody can say what it said, so channels are what the tables say now.  Further events of channels
 * say the same again. */
static enum bm_code channels_as_now(struct step *step) {
    struct bm_query query = {.table = BM_T_ALERT_CHANNEL};
    enum bm_code code = bm_reader_records(step->outbox->reader, &query, take_now, step, step->fault);
    return code ? code : step->code;
}

/* --- tried again ------------------------------------------------------------------------------- */

static void digest_of(uint64_t seq, uint8_t ret_digest[16]) {
    bm_hash_of(&seq, sizeof seq, ret_digest, 16);
}

struct again {
    struct step *step;
    uint64_t seq;
    enum bm_code code;
    bool found;
};

static bool take_again(void *context, const struct bm_row *row) {
    struct again *again = context;
    if (row->seq != again->seq) return false;
    again->found = true;
    int kind = bm_event_find(row->kind);
    /* What a channel was set to then is no news any more. */
    bool of_channels = kind >= 0 && is_of_channels((enum bm_event_kind)kind);
    again->code = of_channels ? channels_as_now(again->step) : meet(again->step, row);
    return false;
}

/* An event that was set aside, because somebody asks: with channels as they are now.  What it makes stands in its place, or it says anew
 * why not.  It is guarded as a part of the event that asks. */
static enum bm_code meet_again(struct step *step, const struct bm_delivery *aside) {
    struct bm_outbox *outbox = step->outbox;
    struct again again = {step, aside->event_seq.v, BM_OK, false};
    uint8_t digest[16];
    digest_of(again.seq, digest);
    bm_quarantine_forget(outbox->quarantine, digest);
    enum bm_code code = own(step, bm_out_begin_event(outbox, step->fault));
    if (code) return code;
    uint64_t made = step->made, gave_up = step->gave_up;
    code = bm_reader_follow(outbox->reader, again.seq - 1, take_again, &again, step->fault);
    if (!code) code = again.code;
    if (!code && !again.found) code = bm_fault_set(step->fault, BM_CORRUPT, NULL, "The event is not in the record.");
    if (!code) code = own(step, bm_out_drop(outbox, aside->id.v, step->fault));
    if (!code) return own(step, bm_out_end_event(outbox, step->fault));
    if (step->own) return code;
    step->code = BM_OK;
    step->made = made;
    step->gave_up = gave_up;
    step->unlike = true;
    if (!bm_out_undo_event(outbox)) return own(step, code);
    char why[BM_SHORT_LIST_TEXT];
    snprintf(why, sizeof why, "%.*s", (int)sizeof why - 1, step->fault->detail);
    return own(step, bm_out_put_aside(outbox, again.seq, aside->event, why, step->fault));
}

/* Once more, with as much time as at first. */
static enum bm_code follow_resent(struct step *step, const struct bm_event *event) {
    struct bm_outbox *outbox = step->outbox;
    struct bm_fault *fault = step->fault;
    struct bm_delivery delivery;
    enum bm_code code = bm_out_get(outbox, event->alert_resent.delivery.v, &delivery, fault);
    if (code) return code == BM_NOT_FOUND ? BM_OK : own(step, code); /* forgotten meanwhile */
    if (event->seq <= outbox->held_until) return BM_OK; /* the desk that this is a copy of has done so, or not */
    if (!delivery.channel.v) return meet_again(step, &delivery);
    struct bm_out_channel *channel = bm_out_channel(outbox, delivery.channel.v);
    bool was_open = delivery.next_at_ms != BM_AT_NONE;
    if (!was_open && !outbox->config.silent) channel->open_count++;
    if (was_open && outbox->config.silent && channel->open_count) channel->open_count--;
    channel->not_before_ms = 0;
    channel->failures = 0;
    delivery.state = outbox->config.silent ? BM_DELIVERY_TRAINING : BM_DELIVERY_QUEUED;
    delivery.next_at_ms = outbox->config.silent ? BM_AT_NONE : bm_out_now_ms(); /* the desk's own time may be ahead of the clock */
    delivery.until_ms = bm_out_now_ms() + bm_alert_keep_trying_ms(&channel->row);
    delivery.done_at_ms = BM_AT_NONE;
    delivery.remote_id[0] = 0;
    delivery.tries = 0;
    delivery.crashes = 0;
    delivery.resent_by = event->actor;
    outbox->recount = true;
    return own(step, bm_out_put(outbox, &delivery, fault));
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
    enum bm_code code = own(step, bm_out_put_new(outbox, &delivery, step->fault));
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
    struct place_of place = {0};
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

static enum bm_code meet(struct step *step, const struct bm_row *row) {
    struct bm_event event;
    enum bm_code code = bm_row_event(row, &event, step->fault);
    if (code) return code;
    if (is_of_channels(event.kind))
        code = follow_channel(step, &event);
    else if (event.kind == BM_EV_ALERT_RESENT)
        code = follow_resent(step, &event);
    else
        code = meet_channels(step, &event);
    bm_event_release(&event);
    return code;
}

/* --- poison ------------------------------------------------------------------------------------ */

/* Out of the way of the rest, where people see it. */
static enum bm_code set_aside(struct step *step, const struct bm_row *row, const char *why) {
    int kind = bm_event_find(row->kind);
    bm_log(BM_LOG_ERROR, "event_set_aside", "seq=%" PRIu64 " kind=%s reason=\"%s\" mend=\"it is listed on Alerts out and can be tried again there\"",
           row->seq, row->kind, why);
    enum bm_code code = own(step, bm_out_put_aside(step->outbox, row->seq, row->kind, why, step->fault));
    return code || !is_of_channels((enum bm_event_kind)kind) ? code : channels_as_now(step);
}

/* Meets it, unless the desk died of that twice. */
static enum bm_code meet_guarded(struct step *step, const struct bm_row *row) {
    struct bm_quarantine *quarantine = step->outbox->quarantine;
    uint8_t digest[16];
    digest_of(row->seq, digest);
    bm_quarantine_note(quarantine, row->kind, 0, row->seq);
    if (!bm_quarantine_begin(quarantine, digest)) return set_aside(step, row, "The desk died twice while it was reading it.");
    BM_STEP_DONE(outbox_event_guarded);
    enum bm_code code = meet(step, row);
    bm_quarantine_end(quarantine);
    BM_STEP_DONE(outbox_event_met);
    return code;
}

/* All that an event makes, or nothing of it. */
static enum bm_code keep_whole(struct step *step, const struct bm_row *row, const char *aside) {
    uint64_t made = step->made, gave_up = step->gave_up;
    enum bm_code code = own(step, bm_out_begin_event(step->outbox, step->fault));
    if (code) {
        step->spoilt = true;
        return code;
    }
    code = aside ? set_aside(step, row, aside) : meet_guarded(step, row);
    if (!code) code = own(step, bm_out_end_event(step->outbox, step->fault));
    if (!code) return BM_OK;
    step->spoilt = !bm_out_undo_event(step->outbox);
    step->made = made;
    step->gave_up = gave_up;
    return code;
}

/* Whether an event that could not be met was tried often enough. */
static bool is_poison(struct step *step, const struct bm_row *row, enum bm_code code) {
    struct bm_outbox *outbox = step->outbox;
    if (step->own || step->spoilt) return false;
    if (outbox->bad.seq != row->seq) outbox->bad.tries = 0;
    outbox->bad.seq = row->seq;
    outbox->bad.tries++;
    return outbox->bad.tries >= (bm_out_may_pass(code) ? BM_OUTBOX_PASSING_TRIES : BM_OUTBOX_POISON_TRIES);
}

/* Meets it, or sets it aside when that is in vain. */
static enum bm_code meet_whole(struct step *step, const struct bm_row *row) {
    enum bm_code code = keep_whole(step, row, NULL);
    if (code && is_poison(step, row, code)) {
        char why[BM_SHORT_LIST_TEXT];
        snprintf(why, sizeof why, "%.*s", (int)sizeof why - 1, step->fault->detail);
        step->unlike = true;
        step->code = BM_OK;
        code = keep_whole(step, row, why);
    }
    if (!code && step->outbox->bad.seq == row->seq) step->outbox->bad.seq = 0;
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
        outbox->stale = code != BM_OK || step.unlike;
        struct bm_fault why;
        if (outbox->stale && bm_out_reload(outbox, &why)) bm_log(BM_LOG_ERROR, "outbox", "doing=\"reading channels anew\" reason=\"%s\"", why.detail);
    }
    bm_reader_end(outbox->reader);
    atomic_store(&outbox->cursor_seen, outbox->cursor);
    *ret_more = !code && outbox->cursor < head;
    return code;
}
