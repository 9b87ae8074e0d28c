/* Writes a golden journal: a fixed history with every kind of event, one JSON line per row, and the
 * digest of the state that it leads to.
 *
 *   make_golden v8.jsonl v8.digest [tests/fuzz/corpus/command]
 *
 * Files that are there are not written over: a golden journal stays as it is for ever, for it is
 * how later versions prove that old journals still apply.  A new kind, or a new version of one,
 * gets a new file.  Into the folder goes a seed for fuzz_command of each kind of command that the history takes and that has none there. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/area.h"
#include "core/import.h"
#include "core/limits.h"
#include "base/buf.h"
#include "base/check.h"
#include "base/json.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/quarantine.h"
#include "base/seal.h"
#include "command_seed.h"
#include "desk/desk.h"
#include "sim/demand.h"

enum { SEED = 20260, LEDGER = 77, UNITS = 4, ADMIN = 1, SUPERVISOR = 4, EXCHANGE = 10, MINUTE_MS = 60000 };
static const int64_t start_ms = INT64_C(1790000000000), day_ms = INT64_C(86400000);

struct making {
    struct bm_journal *journal;
    struct bm_desk *desk;
    struct bm_rng rng;
    int64_t wall_ms, mono_ns;
    uint64_t made_id;
    bool taken;
    const char *seeds; /* folder; NULL: none are wanted */
};

static void on_reply(void *context, void *ticket, const struct bm_reply *reply) {
    (void)ticket;
    struct making *making = context;
    making->made_id = reply->code ? 0 : reply->made_id;
    making->taken = !reply->code;
}

static void step(struct making *making, int64_t ms, struct bm_command *command) {
    making->wall_ms += ms;
    making->mono_ns += ms * 1000000;
    struct bm_asked asked = {.ticket = NULL};
    if (command) asked.command = *command;
    struct bm_desk_sink sink = {on_reply, NULL, making};
    enum bm_code code = bm_desk_step(making->desk, making->wall_ms, making->mono_ns, &asked,
                                     command != NULL, &sink);
    BM_CHECK(code == BM_OK);
    if (command && making->seeds && making->taken) command_seed_write(making->seeds, command);
    if (command) bm_command_release(command);
}

static void give(struct making *making, struct bm_command command) {
    command.has_request = true;
    for (int i = 0; i < BM_REQUEST_BYTES; i++)
        command.request[i] = (uint8_t)bm_rng_u64(&making->rng);
    step(making, 1000, &command);
}

static const struct bm_core *core_of(const struct making *making) {
    return bm_desk_core(making->desk);
}

static void draw(struct making *making, int count) {
    for (int i = 0; i < count; i++) {
        int64_t ms = 1 + (int64_t)bm_rng_below(&making->rng, 2 * MINUTE_MS);
        struct bm_command command = bm_demand_draw(&making->rng, core_of(making), making->wall_ms);
        step(making, ms, &command);
    }
}

/* --- the history ------------------------------------------------------------------------------ */

static void build_house(struct making *making) {
    struct bm_command house[64];
    size_t count = bm_demand_house(house, UNITS);
    for (size_t i = 0; i < count; i++) step(making, 1000, &house[i]);
    struct bm_command place = bm_command_make(BM_DO_PLACE_SET),
                      account = bm_command_make(BM_DO_ACCOUNT_SET);
    place.actor.v = account.actor.v = ADMIN;
    place.place_set.kind = BM_PLACE_STATION;
    place.place_set.jurisdiction.v = 2;
    place.place_set.lat_e7 = 399000000;
    place.place_set.lon_e7 = 1164000000;
    snprintf(place.place_set.name, sizeof place.place_set.name,
             "North station \xe5\x8c\x97\xe7\xab\x99");
    account.target = 2;
    give(making, place);
    give(making, account);
}

static void jump_and_confirm(struct making *making) {
    making->wall_ms += 3 * MINUTE_MS; /* and the monotonic clock does not */
    step(making, 1000, NULL);
    BM_CHECK(bm_desk_time_held(making->desk));
    struct bm_command confirm = bm_command_make(BM_DO_TIME_CONFIRM);
    confirm.actor.v = ADMIN;
    give(making, confirm);
}

/* What no drawn history is sure to hold. */
static void split_a_case(struct making *making) {
    struct bm_command receive = bm_command_make(BM_DO_CONTACT_RECEIVE),
                      open = bm_command_make(BM_DO_CASE_OPEN);
    receive.actor.v = open.actor.v = SUPERVISOR;
    receive.sealed[BM_DATA_NARRATIVE].key_id = open.sealed[BM_DATA_NARRATIVE].key_id = 11;
    receive.sealed[BM_DATA_IDENTITY].key_id = open.sealed[BM_DATA_IDENTITY].key_id = 12;
    give(making, receive);
    uint64_t contact = making->made_id;
    struct bm_command fix = bm_command_make(BM_DO_CONTACT_FIX);
    fix.actor.v = SUPERVISOR;
    fix.target = contact;
    fix.contact_fix.lat_e7 = 399000500;
    fix.contact_fix.lon_e7 = 1164000600;
    fix.contact_fix.fixed_at_ms = making->wall_ms;
    give(making, fix);
    snprintf(open.case_open.class_code, sizeof open.case_open.class_code, "help");
    open.case_open.contact.v = contact;
    give(making, open);
    struct bm_command split = bm_command_make(BM_DO_CASE_SPLIT);
    split.actor.v = SUPERVISOR;
    split.target = making->made_id;
    split.case_split.contacts = (struct bm_ids){1, {contact}};
    split.has_if_match = true;
    split.if_match =
        ((const struct bm_case *)bm_core_get(core_of(making), BM_T_CASE, making->made_id))->version;
    split.sealed[BM_DATA_NARRATIVE].key_id = 13;
    split.sealed[BM_DATA_IDENTITY].key_id = 14;
    give(making, split);
}

static void report(struct making *making, uint64_t assignment, enum bm_assignment_state to,
                   int64_t occurred_at_ms) {
    struct bm_command command = bm_command_make(BM_DO_STATUS);
    command.actor.v = SUPERVISOR;
    command.target = assignment;
    command.status.from = BM_AS_ASSIGNED;
    command.status.to = (uint8_t)to;
    command.status.occurred_at_ms = occurred_at_ms;
    give(making, command);
}

/* A unit that is on its way before anybody hears that it had acknowledged. */
static void report_late(struct making *making) {
    uint64_t id = bm_core_next_id(core_of(making), BM_T_CASE, 0), last = 0;
    while (((const struct bm_case *)bm_core_get(core_of(making), BM_T_CASE, id))->state >=
           BM_CASE_CLOSED) {
        id = bm_core_next_id(core_of(making), BM_T_CASE, id);
        BM_CHECK(id);
    }
    struct bm_command duty = bm_command_make(BM_DO_UNIT_DUTY),
                      assign = bm_command_make(BM_DO_ASSIGN);
    duty.actor.v = assign.actor.v = SUPERVISOR;
    duty.target = 2;
    duty.unit_duty.duty = BM_DUTY_ON;
    give(making, duty);
    assign.target = id;
    assign.assign.units = (struct bm_ids){1, {2}};
    assign.has_if_match = true;
    assign.if_match =
        ((const struct bm_case *)bm_core_get(core_of(making), BM_T_CASE, id))->version;
    give(making, assign);
    for (uint64_t at = 0; (at = bm_core_next_id(core_of(making), BM_T_ASSIGNMENT, at));) last = at;
    report(making, last, BM_AS_EN_ROUTE, making->wall_ms + 900);
    report(making, last, BM_AS_ACKNOWLEDGED, making->wall_ms - 500);
}

static void end_assignments(struct making *making) {
    for (uint64_t id = 0; (id = bm_core_next_id(core_of(making), BM_T_ASSIGNMENT, id));) {
        const struct bm_assignment *on = bm_core_get(core_of(making), BM_T_ASSIGNMENT, id);
        if (on->state >= BM_AS_CLEARED) continue;
        struct bm_command command = bm_command_make(BM_DO_STATUS);
        command.actor.v = SUPERVISOR;
        command.target = id;
        command.status.from = on->state;
        command.status.to = on->state >= BM_AS_ASSIGNED ? BM_AS_CLEARED : BM_AS_CANCELLED;
        snprintf(command.status.report_code, sizeof command.status.report_code, "handled");
        give(making, command);
    }
}

static void close_cases(struct making *making) {
    for (uint64_t id = 0; (id = bm_core_next_id(core_of(making), BM_T_CASE, id));) {
        const struct bm_case *row = bm_core_get(core_of(making), BM_T_CASE, id);
        if (row->state >= BM_CASE_CLOSED || !bm_case_is_incident(row)) continue;
        struct bm_command command = bm_command_make(BM_DO_CASE_CLOSE);
        command.actor.v = SUPERVISOR;
        command.target = id;
        command.case_close.outcome = BM_OUTCOME_SOLVED;
        command.has_if_match = true;
        command.if_match = row->version;
        give(making, command);
    }
}

static void end_contacts(struct making *making) {
    for (uint64_t id = 0; (id = bm_core_next_id(core_of(making), BM_T_CONTACT, id));) {
        struct bm_command command = bm_command_make(BM_DO_CONTACT_END);
        command.actor.v = SUPERVISOR;
        command.target = id;
        command.contact_end.result = BM_RESULT_ADVICE;
        give(making, command);
    }
}

/* What the journal holds of an archived case. */
static bool archived_content(void *context, const struct bm_row *row) {
    struct bm_event event;
    struct bm_fault fault;
    struct bm_bytes *content = context;
    enum bm_code code = bm_row_event(row, &event, &fault);
    BM_CHECK(code == BM_OK && event.kind == BM_EV_CASE_ARCHIVED);
    *content = bm_bytes_copy(event.case_archived.content.bytes, event.case_archived.content.len);
    bm_event_release(&event);
    return false;
}

static void revive_reopen_and_erase(struct making *making) {
    const struct bm_stub *stub = NULL;
    for (uint64_t id = 0; (id = bm_core_next_id(core_of(making), BM_T_STUB, id));) {
        stub = bm_core_get(core_of(making), BM_T_STUB, id);
        if (stub->outcome == BM_OUTCOME_SOLVED && stub->erased_at_ms == BM_AT_NONE) break;
    }
    BM_CHECK(stub);
    uint64_t id = stub->id.v;
    struct bm_command revive = bm_command_make(BM_DO_CASE_REVIVE),
                      erase = bm_command_make(BM_DO_ERASE_CASE);
    struct bm_command reopen = bm_command_make(BM_DO_CASE_REOPEN);
    struct bm_fault fault;
    enum bm_code code = bm_journal_follow(making->journal, stub->archived_seq.v - 1,
                                          archived_content, &revive.case_revive.content, &fault);
    BM_CHECK(code == BM_OK);
    revive.actor.v = erase.actor.v = reopen.actor.v = SUPERVISOR;
    revive.target = erase.target = reopen.target = id;
    snprintf(erase.erase_case.basis, sizeof erase.erase_case.basis,
             "request of the person concerned");
    give(making, revive);
    give(making, reopen);
    close_cases(making);
    give(making, erase);
}

/* One closed for an hour, in one direction, which the desk lifts by itself; and one that only slows
 * until it is lifted by hand. */
static void close_roads(struct making *making) {
    for (int i = 0; i < 2; i++) {
        struct bm_command close = bm_command_make(BM_DO_ROAD_CLOSE);
        close.actor.v = SUPERVISOR;
        snprintf(close.road_close.name, sizeof close.road_close.name, "North bridge");
        close.road_close.form = i ? BM_FORM_POLYGON : BM_FORM_LINE;
        close.road_close.points = (struct bm_points){
            3, {399000000, 1164000000, 399000100, 1164000200, 399000300, 1164000400}};
        if (i == 0) close.road_close.until_at_ms = making->wall_ms + 20 * MINUTE_MS;
        close.road_close.direction = i ? BM_DIRECTION_NONE : BM_DIRECTION_ALONG;
        close.road_close.speed_percent = i ? 30 : 0;
        give(making, close);
    }
    struct bm_command change = bm_command_make(BM_DO_ROAD_CHANGE);
    change.actor.v = SUPERVISOR;
    change.target = bm_core_count(core_of(making), BM_T_PLACE) - 1;
    change.has_if_match = true;
    change.if_match = 1;
    change.present = 1 << 1; /* until_at_ms */
    change.road_change.until_at_ms = making->wall_ms + 60 * MINUTE_MS;
    give(making, change);
    struct bm_command open = bm_command_make(BM_DO_ROAD_OPEN);
    open.actor.v = SUPERVISOR;
    open.target = bm_core_count(core_of(making), BM_T_PLACE);
    give(making, open);
    step(making, 61 * MINUTE_MS, NULL);
}

/* A dispatch that carries what was recommended. */
static void send_as_recommended(struct making *making) {
    struct bm_command open = bm_command_make(BM_DO_CASE_OPEN),
                      assign = bm_command_make(BM_DO_ASSIGN);
    static const char content[] = "{\"recommendation\":\"4711\",\"units\":[{\"unit\":\"1\"}]}";
    open.actor.v = assign.actor.v = SUPERVISOR;
    snprintf(open.case_open.class_code, sizeof open.case_open.class_code, "fire");
    open.sealed[BM_DATA_NARRATIVE].key_id = 9001;
    open.sealed[BM_DATA_IDENTITY].key_id = 9002;
    give(making, open);
    assign.target = bm_core_count(core_of(making), BM_T_CASE);
    assign.has_if_match = true;
    assign.if_match = 1;
    assign.assign.units = (struct bm_ids){1, {1}};
    snprintf(assign.assign.recommendation, sizeof assign.assign.recommendation, "4711");
    assign.assign.content = bm_bytes_copy(content, sizeof content - 1);
    give(making, assign);
}

/* Under that key and the next. */
static void open_fire(struct making *making, uint64_t key_id) {
    struct bm_command open = bm_command_make(BM_DO_CASE_OPEN);
    open.actor.v = SUPERVISOR;
    snprintf(open.case_open.class_code, sizeof open.case_open.class_code, "fire");
    open.sealed[BM_DATA_NARRATIVE].key_id = key_id;
    open.sealed[BM_DATA_IDENTITY].key_id = key_id + 1;
    give(making, open);
}

/* The last case, with its unit, turns out to be an earlier one. */
static void merge_the_last(struct making *making) {
    uint64_t from = bm_core_count(core_of(making), BM_T_CASE);
    struct bm_command merge = bm_command_make(BM_DO_CASE_MERGE);
    merge.actor.v = SUPERVISOR;
    open_fire(making, 9003);
    merge.target = from;
    merge.case_merge.into.v = making->made_id;
    merge.has_if_match = true;
    merge.if_match = ((const struct bm_case *)bm_core_get(core_of(making), BM_T_CASE, from))->version;
    give(making, merge);
    BM_CHECK(making->made_id);
}

/* Operators of the house with posts in its procedure. */
enum { CLERK = 2, NORTH_DESK = 5, JUDGE = 7, RUNNER = 8, NORTH = 2 };

/* By an operator; 0: by whoever wrote the contact. */
static struct bm_command act_of(struct making *making, uint64_t actor, uint64_t id, const char *event, const char *fields) {
    struct bm_command act = bm_command_make(BM_DO_MATTER_ACT);
    const struct bm_case *row = bm_core_get(core_of(making), BM_T_CASE, id);
    static const uint8_t sealed[40] = {1, 2, 3};
    act.actor.v = actor;
    act.target = id;
    act.has_if_match = true;
    act.if_match = row->version;
    snprintf(act.matter_act.event, sizeof act.matter_act.event, "%s", event);
    if (!fields) return act;
    act.matter_act.fields = bm_bytes_copy(fields, strlen(fields));
    act.sealed[BM_DATA_NARRATIVE].key_id = row->narrative_key.v;
    act.sealed[BM_DATA_NARRATIVE].value = bm_bytes_copy(sealed, sizeof sealed);
    return act;
}

static void act(struct making *making, uint64_t actor, uint64_t id, const char *event, const char *fields) {
    give(making, act_of(making, actor, id, event, fields));
    BM_CHECK(making->made_id == id);
}

/* From a letter; the contact is of the number before. */
static uint64_t open_errand(struct making *making, uint64_t *ret_contact) {
    struct bm_command receive = bm_command_make(BM_DO_CONTACT_RECEIVE), open = bm_command_make(BM_DO_MATTER_OPEN);
    receive.actor.v = open.actor.v = SUPERVISOR;
    receive.contact_receive.channel = BM_CHANNEL_LETTER;
    receive.sealed[BM_DATA_NARRATIVE].key_id = open.sealed[BM_DATA_NARRATIVE].key_id = 9101 + (uint64_t)making->wall_ms;
    receive.sealed[BM_DATA_IDENTITY].key_id = open.sealed[BM_DATA_IDENTITY].key_id = 9102 + (uint64_t)making->wall_ms;
    give(making, receive);
    *ret_contact = making->made_id;
    snprintf(open.matter_open.procedure, sizeof open.matter_open.procedure, "errand");
    open.matter_open.contact.v = *ret_contact;
    give(making, open);
    BM_CHECK(making->made_id);
    return making->made_id;
}

static void go_apart(struct making *making, uint64_t id) {
    struct bm_command apart = bm_command_make(BM_DO_MATTER_SEPARATE);
    apart.actor.v = SUPERVISOR;
    apart.target = id;
    apart.has_if_match = true;
    apart.if_match = ((const struct bm_case *)bm_core_get(core_of(making), BM_T_CASE, id))->version;
    give(making, apart);
    BM_CHECK(making->made_id == id);
}

/* A bad rating under a name, and what was found. */
static void rate_and_check(struct making *making, uint64_t contact, uint64_t id) {
    struct bm_command rate = bm_command_make(BM_DO_RATE), check = bm_command_make(BM_DO_RATING_CHECK);
    static const uint8_t sealed[40] = {4, 5, 6};
    const struct bm_case *row = bm_core_get(core_of(making), BM_T_CASE, id);
    rate.target = check.target = contact;
    rate.rate.level = 1;
    rate.rate.solved = BM_SOLVED_NO;
    rate.rate.named = true;
    give(making, rate);
    check.actor.v = SUPERVISOR;
    check.sealed[BM_DATA_NARRATIVE].key_id = row->narrative_key.v;
    check.sealed[BM_DATA_NARRATIVE].value = bm_bytes_copy(sealed, sizeof sealed);
    give(making, check);
}

static void set_a_band(struct making *making) {
    struct bm_command band = bm_command_make(BM_DO_BAND_SET);
    struct bm_do_band_set *args = &band.band_set;
    band.actor.v = ADMIN;
    snprintf(args->name, sizeof args->name, "county");
    snprintf(args->source, sizeof args->source, "order 7");
    args->measure = BM_TIMED_TRAVEL;
    args->most_ms = 600000;
    args->percent = 90;
    give(making, band);
    BM_CHECK(making->made_id);
}

static void state_figures(struct making *making) {
    struct bm_command figures = bm_command_make(BM_DO_STATE_FIGURES);
    static const char content[] = "{\"seq\":\"1\",\"rates\":[]}";
    figures.actor.v = SUPERVISOR;
    snprintf(figures.state_figures.note, sizeof figures.state_figures.note, "October");
    figures.state_figures.content = bm_bytes_copy(content, sizeof content - 1);
    give(making, figures);
    BM_CHECK(making->made_id);
}

/* Two errands: one is handed over, taken under supervision, answered, rated and looked into; the other is joined to it while
 * its rungs ring, and taken apart again. */
static void run_errands(struct making *making) {
    uint64_t contact, other_contact, id = open_errand(making, &contact), other = open_errand(making, &other_contact);
    act(making, CLERK, id, "register", "{\"wish\":true,\"kind\":\"fetch\",\"weight\":3}");
    struct bm_command join = act_of(making, CLERK, other, "duplicate", NULL);
    join.matter_act.other.v = id;
    give(making, join);
    step(making, 10 * MINUTE_MS, NULL);
    go_apart(making, other);
    struct bm_command offer = act_of(making, CLERK, id, "offer", NULL);
    offer.matter_act.agency.v = NORTH;
    give(making, offer);
    step(making, 7 * MINUTE_MS, NULL);
    struct bm_command take = act_of(making, RUNNER, id, "acknowledge", "{\"offer_hash\":true}");
    memcpy(take.matter_act.offer_hash, ((const struct bm_matter *)bm_core_get(core_of(making), BM_T_MATTER, id))->offer_hash,
           sizeof take.matter_act.offer_hash);
    give(making, take);
    act(making, JUDGE, id, "supervise", NULL);
    act(making, SUPERVISOR, id, "ask", "{\"question\":true}");
    step(making, 31 * MINUTE_MS, NULL);
    act(making, CLERK, id, "tell", "{\"answer\":true}");
    act(making, SUPERVISOR, id, "prolong", "{\"reason\":true}");
    act(making, RUNNER, id, "draft", "{\"reply\":true,\"result\":\"solved\"}");
    act(making, JUDGE, id, "approve", NULL);
    rate_and_check(making, contact, id);
}

/* An incident in which another agency takes the lead, and gives it back. */
static void run_part(struct making *making) {
    const uint64_t keys[2] = {9801, 9802};
    struct bm_command call = bm_command_make(BM_DO_CASE_EVENT);
    call.actor.v = SUPERVISOR;
    open_fire(making, 9803);
    call.target = making->made_id;
    snprintf(call.case_event.event, sizeof call.case_event.event, "call_agency");
    snprintf(call.case_event.part, sizeof call.case_event.part, "leads");
    call.case_event.agency.v = NORTH;
    call.case_event.child_keys = bm_bytes_copy(keys, sizeof keys);
    give(making, call);
    uint64_t id = making->made_id;
    BM_CHECK(id);
    struct bm_command join = act_of(making, NORTH_DESK, id, "join", "{\"offer_hash\":true}");
    memcpy(join.matter_act.offer_hash, ((const struct bm_matter *)bm_core_get(core_of(making), BM_T_MATTER, id))->offer_hash,
           sizeof join.matter_act.offer_hash);
    give(making, join);
    act(making, NORTH_DESK, id, "done", "{\"report\":true}");
}

static void exchange_says(struct making *making, const char *call, enum bm_call_event event, const char *position) {
    struct bm_command command = bm_command_make(BM_DO_CONTACT_RECEIVE);
    command.actor.v = EXCHANGE;
    command.contact_receive.channel = BM_CHANNEL_CALL;
    command.contact_receive.event = (uint8_t)event;
    snprintf(command.contact_receive.call, sizeof command.contact_receive.call, "%s", call);
    snprintf(command.contact_receive.position, sizeof command.contact_receive.position, "%s", position);
    command.sealed[BM_DATA_NARRATIVE].key_id = (bm_rng_u64(&making->rng) >> 24) + 1;
    command.sealed[BM_DATA_IDENTITY].key_id = command.sealed[BM_DATA_NARRATIVE].key_id + 1;
    give(making, command);
}

static uint64_t last_contact(struct making *making) {
    uint64_t last = 0;
    for (uint64_t id = 0; (id = bm_core_next_id(core_of(making), BM_T_CONTACT, id));) last = id;
    return last;
}

/* One call answered, put through, taken over and hung up; one given up and rung back. */
static void run_calls(struct making *making) {
    exchange_says(making, "golden-1", BM_CALL_RINGING, "1");
    exchange_says(making, "golden-1", BM_CALL_ANSWERED, "1");
    exchange_says(making, "golden-1", BM_CALL_TRANSFERRED, "9");
    struct bm_command take = bm_command_make(BM_DO_CONTACT_TAKE), note = bm_command_make(BM_DO_CONTACT_NOTE),
                      back = bm_command_make(BM_DO_RING_BACK);
    take.actor.v = note.actor.v = back.actor.v = SUPERVISOR;
    take.target = note.target = last_contact(making);
    take.contact_take.from =
        ((const struct bm_contact *)bm_core_get(core_of(making), BM_T_CONTACT, take.target))->operator_id;
    give(making, take);
    snprintf(note.contact_note.language, sizeof note.contact_note.language, "yue");
    note.contact_note.interpreter = BM_INTERPRETER_NEEDED;
    note.present = 3;
    give(making, note);
    exchange_says(making, "golden-1", BM_CALL_ENDED, "");
    exchange_says(making, "golden-2", BM_CALL_RINGING, "");
    exchange_says(making, "golden-2", BM_CALL_ABANDONED, "");
    back.target = last_contact(making);
    back.ring_back.outcome = BM_RING_BACK_BUSY;
    give(making, back);
    struct bm_command again = bm_command_make(BM_DO_CONTACT_RECEIVE);
    again.actor.v = EXCHANGE;
    again.contact_receive.channel = BM_CHANNEL_CALL;
    snprintf(again.contact_receive.call, sizeof again.contact_receive.call, "golden-3");
    again.contact_receive.again = bm_bytes_copy(&back.target, sizeof back.target);
    give(making, again);
    struct bm_command locate = bm_command_make(BM_DO_CONTACT_LOCATE);
    locate.actor.v = SUPERVISOR;
    locate.target = last_contact(making);
    locate.contact_locate.step = BM_LOCATE_ASK;
    give(making, locate);
    BM_CHECK(making->made_id == locate.target);
}

/* A channel out of the house: set, given a secret, paused, gone, and something of it sent again. */
static void run_channel(struct making *making) {
    struct bm_command set = bm_command_make(BM_DO_ALERT_CHANNEL_SET), secret = bm_command_make(BM_DO_ALERT_SECRET_SET);
    struct bm_command pause = bm_command_make(BM_DO_ALERT_CHANNEL_PAUSE), off = bm_command_make(BM_DO_ALERT_CHANNEL_OFF);
    struct bm_command resend = bm_command_make(BM_DO_ALERT_RESEND);
    set.actor.v = secret.actor.v = pause.actor.v = resend.actor.v = ADMIN;
    set.alert_channel_set.jurisdiction.v = 1;
    snprintf(set.alert_channel_set.name, sizeof set.alert_channel_set.name, "City hotline");
    snprintf(set.alert_channel_set.url, sizeof set.alert_channel_set.url, "https://partner.example/hook");
    snprintf(set.alert_channel_set.events, sizeof set.alert_channel_set.events, "case_opened");
    set.alert_channel_set.personal = true;
    give(making, set);
    BM_CHECK(making->made_id);
    secret.target = pause.target = off.target = resend.alert_resend.channel.v = making->made_id;
    pause.alert_channel_pause.paused = true;
    off.alert_channel_off.off = BM_ALERT_OFF_GONE;
    resend.target = 1;
    give(making, secret);
    give(making, pause);
    give(making, resend);
    give(making, off);
}

/* A sheet that was worked on paper while the desk was away. */
static void enter_paper(struct making *making) {
    static const uint64_t keys[2] = {9301, 9302};
    struct bm_command paper = bm_command_make(BM_DO_CASE_PAPER);
    struct bm_do_case_paper *args = &paper.case_paper;
    paper.actor.v = SUPERVISOR;
    paper.sealed[BM_DATA_NARRATIVE].key_id = 9303;
    paper.sealed[BM_DATA_IDENTITY].key_id = 9304;
    snprintf(args->sheet, sizeof args->sheet, "P-1");
    snprintf(args->class_code, sizeof args->class_code, "fire");
    args->contact_keys = bm_bytes_copy(keys, sizeof keys);
    args->received_at_ms = making->wall_ms - 90 * MINUTE_MS;
    args->answered_at_ms = args->received_at_ms + 4000;
    args->units = (struct bm_ids){1, {1}};
    args->dispatched_at_ms = args->received_at_ms + MINUTE_MS;
    args->on_scene_at_ms = args->received_at_ms + 8 * MINUTE_MS;
    args->cleared_at_ms = args->received_at_ms + 50 * MINUTE_MS;
    args->outcome = BM_OUTCOME_SOLVED;
    give(making, paper);
    BM_CHECK(making->made_id);
}

/* An area and an agency with a division, each from a file. */
static void import_rows(struct making *making) {
    struct bm_buf rows = bm_buf_make(4096), shape = bm_buf_make(1024);
    struct bm_command import = bm_command_make(BM_DO_IMPORT), area = bm_command_make(BM_DO_AREA_SET);
    const struct bm_point corners[] = {{399000000, 1164000000}, {399000000, 1164100000}, {399100000, 1164100000}};
    import.actor.v = ADMIN;
    import.import.kind = BM_IMPORT_AREAS;
    snprintf(import.import.digest, sizeof import.import.digest, "c0ffee");
    area.area_set.kind = BM_AREA_JURISDICTION;
    area.area_set.jurisdiction.v = 2;
    snprintf(area.area_set.code, sizeof area.area_set.code, "north");
    snprintf(area.area_set.name, sizeof area.area_set.name, "North");
    bm_area_ring(&shape, corners, 3);
    bm_area_seal(&shape);
    area.area_set.shape = bm_bytes_copy(shape.bytes, shape.len);
    bm_import_put(&rows, &area, 2);
    import.import.rows = bm_bytes_copy(rows.bytes, rows.len);
    give(making, import);
    bm_command_release(&area);
    bm_buf_free(&rows);
    bm_buf_free(&shape);
}

/* Must be taken; the id of what it made. */
static uint64_t takes(struct making *making, struct bm_command command, uint64_t actor, uint64_t target) {
    command.actor.v = actor;
    command.target = target;
    give(making, command);
    BM_CHECK(making->made_id);
    return making->made_id;
}

/* What was drawn before may have left this operator on a unit. */
static void leave_units(struct making *making, uint64_t who) {
    for (uint64_t id = bm_core_next_id(core_of(making), BM_T_STINT, 0); id; id = bm_core_next_id(core_of(making), BM_T_STINT, id)) {
        const struct bm_stint *stint = bm_core_get(core_of(making), BM_T_STINT, id);
        if (stint->operator_id.v == who && stint->state == BM_STINT_ON) takes(making, bm_command_make(BM_DO_STINT_END), SUPERVISOR, id);
    }
}

/* People sit down and go on a unit under a rest rule, and off it; a plan is called off. */
static void run_stints(struct making *making) {
    struct bm_command position = bm_command_make(BM_DO_DESK_POSITION_SET), rule = bm_command_make(BM_DO_DUTY_RULE_SET);
    struct bm_command plan = bm_command_make(BM_DO_STINT_PLAN), begin = bm_command_make(BM_DO_STINT_BEGIN);
    snprintf(position.desk_position_set.code, sizeof position.desk_position_set.code, "W1");
    snprintf(position.desk_position_set.name, sizeof position.desk_position_set.name, "Window");
    snprintf(position.desk_position_set.lines, sizeof position.desk_position_set.lines, "110-1 110-2");
    position.desk_position_set.jurisdiction.v = 1;
    uint64_t at = takes(making, position, ADMIN, 0);
    rule.duty_rule_set.least_rest_ms = 11 * 60 * MINUTE_MS;
    const struct bm_duty_rule *drawn = bm_core_get(core_of(making), BM_T_DUTY_RULE, 1);
    rule.has_if_match = drawn != NULL;
    if (drawn) rule.if_match = drawn->version;
    takes(making, rule, ADMIN, 1);
    takes(making, bm_command_make(BM_DO_DESK_POSITION_LOG_ON), CLERK, at);
    step(making, 30 * MINUTE_MS, NULL);
    takes(making, bm_command_make(BM_DO_DESK_POSITION_LOG_OFF), SUPERVISOR, at);
    leave_units(making, 6);
    plan.stint_plan.operators = begin.stint_begin.operators = (struct bm_ids){1, {6}};
    plan.stint_plan.unit.v = begin.stint_begin.unit.v = 3;
    snprintf(plan.stint_plan.shift, sizeof plan.stint_plan.shift, "early");
    plan.stint_plan.starts_at_ms = making->wall_ms + day_ms;
    plan.stint_plan.ends_at_ms = making->wall_ms + 2 * day_ms;
    takes(making, bm_command_make(BM_DO_STINT_CANCEL), SUPERVISOR, takes(making, plan, SUPERVISOR, 0));
    takes(making, bm_command_make(BM_DO_STINT_END), SUPERVISOR, takes(making, begin, SUPERVISOR, 0));
}

/* A level calls a unit and falls back by itself; a case, a contact and a note go from one operator to the next. */
static void run_shift(struct making *making) {
    enum { NEXT = 3 };
    struct bm_command set = bm_command_make(BM_DO_DUTY_LEVEL_SET), raise = bm_command_make(BM_DO_DUTY_LEVEL_RAISE);
    struct bm_command off = bm_command_make(BM_DO_DUTY_BULK), take = bm_command_make(BM_DO_TAKE_OVER);
    struct bm_command receive = bm_command_make(BM_DO_CONTACT_RECEIVE), leave = bm_command_make(BM_DO_HANDOVER_LEAVE);
    static const uint8_t sealed[40] = {7, 8, 9};
    run_stints(making);
    snprintf(set.duty_level_set.code, sizeof set.duty_level_set.code, "full");
    snprintf(set.duty_level_set.name, sizeof set.duty_level_set.name, "Full");
    set.duty_level_set.jurisdiction.v = 1;
    set.duty_level_set.units = off.duty_bulk.units = (struct bm_ids){1, {3}};
    off.duty_bulk.duty = BM_DUTY_OFF;
    takes(making, off, SUPERVISOR, 0);
    uint64_t level = takes(making, set, ADMIN, 0);
    raise.has_if_match = true;
    raise.if_match = 1;
    raise.duty_level_raise.until_at_ms = making->wall_ms + 20 * MINUTE_MS;
    snprintf(raise.duty_level_raise.reason, sizeof raise.duty_level_raise.reason, "flood");
    takes(making, raise, SUPERVISOR, level);
    step(making, 21 * MINUTE_MS, NULL);
    open_fire(making, 9901);
    receive.contact_receive.answered = true;
    receive.sealed[BM_DATA_NARRATIVE].key_id = 9903;
    receive.sealed[BM_DATA_IDENTITY].key_id = 9904;
    takes(making, receive, SUPERVISOR, 0);
    take.take_over.from.v = SUPERVISOR;
    takes(making, take, NEXT, 0);
    leave.sealed[BM_DATA_NARRATIVE].key_id = 9905;
    leave.sealed[BM_DATA_NARRATIVE].value = bm_bytes_copy(sealed, sizeof sealed);
    takes(making, bm_command_make(BM_DO_HANDOVER_TAKE), NEXT, takes(making, leave, CLERK, 0));
    step(making, 31 * day_ms, NULL);
}

/* A device and its secret; a safety timer that is set, answered, rings and is stopped; calls for help until the oldest leave memory. */
static void run_safety(struct making *making) {
    static const uint8_t sealed[40] = {4, 5, 6};
    struct bm_command device = bm_command_make(BM_DO_DEVICE_SET);
    device.actor.v = ADMIN;
    device.device_set.protocol = BM_DEVICE_JT808;
    snprintf(device.device_set.identity, sizeof device.device_set.identity, "13800138000");
    device.device_set.unit.v = 1;
    give(making, device);
    struct bm_command plain = bm_command_make(BM_DO_DEVICE_SECRET);
    plain.actor.v = ADMIN;
    plain.target = 1;
    give(making, plain);
    struct bm_command on = bm_command_make(BM_DO_UNIT_DUTY);
    on.actor.v = SUPERVISOR;
    on.target = 1;
    on.unit_duty.duty = BM_DUTY_ON;
    give(making, on);
    struct bm_command timer = bm_command_make(BM_DO_CHECK_IN_SET);
    timer.actor.v = SUPERVISOR;
    timer.target = 1;
    timer.check_in_set.every_s = 60;
    give(making, timer);
    plain = bm_command_make(BM_DO_CHECK_IN);
    plain.actor.v = SUPERVISOR;
    plain.target = 1;
    give(making, plain);
    step(making, 2 * MINUTE_MS, NULL);
    plain.kind = BM_DO_CHECK_IN_STOP;
    give(making, plain);
    for (uint64_t i = 0; i <= BM_DURESS_KEPT_MAX; i++) {
        struct bm_command help = bm_command_make(BM_DO_DURESS);
        help.actor.v = SUPERVISOR;
        help.duress.unit.v = 1;
        help.duress.lat_e7 = 399000000;
        help.duress.lon_e7 = 1164000000;
        give(making, help);
        uint64_t id = making->made_id;
        if (i == 0) {
            give(making, help); /* pressed again */
            struct bm_command open = bm_command_make(BM_DO_DURESS_CASE);
            open.actor.v = SUPERVISOR;
            open.target = id;
            open.sealed[BM_DATA_NARRATIVE].key_id = 9901;
            open.sealed[BM_DATA_IDENTITY].key_id = 9902;
            give(making, open);
        }
        struct bm_command note = bm_command_make(BM_DO_DURESS_ACKNOWLEDGE);
        note.actor.v = SUPERVISOR;
        note.target = id;
        note.sealed[BM_DATA_NARRATIVE].key_id = 9910 + i;
        note.sealed[BM_DATA_NARRATIVE].value = bm_bytes_copy(sealed, sizeof sealed);
        give(making, note);
        if (i < BM_DURESS_KEPT_MAX) continue;
        struct bm_command erase = bm_command_make(BM_DO_ERASE_DURESS);
        erase.actor.v = SUPERVISOR;
        erase.target = id;
        snprintf(erase.erase_duress.basis, sizeof erase.erase_duress.basis, "retention");
        give(making, erase);
    }
}

/* The safety timer of this unit has stopped the desk twice, before all that is told here: it is set aside, and tried again. */
static const uint64_t poison_unit = 2;

static struct bm_quarantine *poisoned(void) {
    char path[] = "/tmp/bellman-golden-XXXXXX";
    struct {
        uint64_t kind, target, actor;
    } timer = {BM_DO_CHECK_IN_DUE, poison_unit, 0};
    uint8_t digest[16];
    struct bm_fault fault;
    struct bm_quarantine *quarantine;
    int file = mkstemp(path);
    BM_CHECK(file >= 0);
    close(file);
    bm_hash_of(&timer, sizeof timer, digest, sizeof digest); /* as desk.c names what has no request */
    for (int death = 0; death <= BM_QUARANTINE_CRASHES; death++) {
        BM_CHECK(bm_quarantine_open(path, &quarantine, &fault) == BM_OK);
        if (death == BM_QUARANTINE_CRASHES) break;
        bm_quarantine_note(quarantine, bm_command_word(BM_DO_CHECK_IN_DUE), 0, poison_unit);
        BM_CHECK(bm_quarantine_begin(quarantine, digest));
        bm_quarantine_close(quarantine);
    }
    unlink(path);
    return quarantine;
}

static void retry_a_timer(struct making *making) {
    struct bm_command on = bm_command_make(BM_DO_UNIT_DUTY), timer = bm_command_make(BM_DO_CHECK_IN_SET), retry = bm_command_make(BM_DO_TIMER_RETRY);
    size_t asides;
    on.unit_duty.duty = BM_DUTY_ON;
    timer.check_in_set.every_s = 60;
    on.actor.v = timer.actor.v = SUPERVISOR;
    on.target = timer.target = retry.target = poison_unit;
    give(making, on);
    give(making, timer);
    step(making, 2 * MINUTE_MS, NULL);
    (void)bm_desk_asides(making->desk, &asides);
    BM_CHECK(asides == 1);
    retry.actor.v = ADMIN;
    snprintf(retry.timer_retry.what, sizeof retry.timer_retry.what, "%s", bm_command_word(BM_DO_CHECK_IN_DUE));
    give(making, retry);
    step(making, MINUTE_MS, NULL);
    (void)bm_desk_asides(making->desk, &asides);
    BM_CHECK(asides == 0);
}

static void live_the_history(struct making *making) {
    build_house(making);
    close_roads(making);
    send_as_recommended(making);
    merge_the_last(making);
    run_errands(making);
    state_figures(making);
    run_part(making);
    draw(making, 280);
    jump_and_confirm(making);
    split_a_case(making);
    end_assignments(making);
    report_late(making);
    end_assignments(making);
    close_cases(making);
    end_contacts(making);
    for (int i = 0; i < 5; i++) step(making, 8 * day_ms, NULL);
    revive_reopen_and_erase(making);
    set_a_band(making);
    draw(making, 90);
    run_calls(making);
    enter_paper(making);
    import_rows(making);
    end_assignments(making);
    run_shift(making);
    run_safety(making);
    run_channel(making);
    retry_a_timer(making);
}

/* --- writing
 * ------------------------------------------------------------------------------------------------
 */

struct writing {
    FILE *file;
    bool seen[BM_event_kind_COUNT];
    size_t bytes;
};

static void hex_member(struct bm_buf *line, const char *name, const void *bytes, size_t len) {
    if (!bytes) {
        bm_buf_printf(line, ",\"%s\":null", name);
        return;
    }
    char *text = malloc(2 * len + 1);
    BM_CHECK(text);
    bm_hex(bytes, len, text);
    bm_buf_printf(line, ",\"%s\":\"%s\"", name, text);
    free(text);
}

static bool write_row(void *context, const struct bm_row *row) {
    struct writing *writing = context;
    struct bm_buf line = bm_buf_make(1 << 20);
    int kind = bm_event_find(row->kind);
    BM_CHECK(kind >= 0);
    writing->seen[kind] = true;
    bm_buf_printf(&line,
                  "{\"format\":%u,\"ledger\":%" PRIu64 ",\"epoch\":%" PRIu64 ",\"seq\":%" PRIu64
                  ",\"at_ms\":%" PRId64
                  ",\"kind\":\"%s\",\"kind_version\":%u,\"subject\":\"%s\",\"actor\":\"%s\"",
                  row->format, row->ledger, row->epoch, row->seq, row->at_ms, row->kind,
                  row->kind_version, row->subject, row->actor);
    hex_member(&line, "request", row->request, BM_REQUEST_BYTES);
    bm_buf_text(&line, ",\"body\":");
    bm_json_text_len(&line, row->body, row->body_len);
    bm_buf_printf(&line, ",\"key_id\":%" PRIu64, row->key_id);
    hex_member(&line, "nonce", row->nonce, BM_NONCE_BYTES);
    hex_member(&line, "sealed", row->sealed, row->sealed_len);
    hex_member(&line, "hash", row->hash.bytes, BM_HASH_BYTES);
    bm_buf_text(&line, "}\n");
    BM_CHECK(!line.overflow);
    BM_CHECK(fwrite(line.bytes, 1, line.len, writing->file) == line.len);
    writing->bytes += line.len;
    bm_buf_free(&line);
    return true;
}

static FILE *make_file(const char *path) {
    FILE *file = fopen(path, "wx");
    if (file) return file;
    fprintf(stderr,
            "%s cannot be made, or is there already: golden journals are never written over\n",
            path);
    exit(1);
}

int main(int argc, char **argv) {
    if (argc != 3 && argc != 4) {
        fprintf(stderr, "usage: make_golden JOURNAL.jsonl STATE.digest [SEEDS]\n");
        return 2;
    }
    bm_seal_init();
    bm_log_set_level((enum bm_log_level)(BM_LOG_ERROR + 1));
    struct making making = {
        .journal = bm_journal_memory(LEDGER), .rng = {SEED}, .wall_ms = start_ms, .seeds = argc == 4 ? argv[3] : NULL};
    struct bm_quarantine *quarantine = poisoned();
    making.desk = bm_desk_new(making.journal, quarantine);
    live_the_history(&making);
    struct writing writing = {.file = make_file(argv[1])};
    struct bm_fault fault;
    BM_CHECK(bm_journal_follow(making.journal, 0, write_row, &writing, &fault) == BM_OK);
    BM_CHECK(fclose(writing.file) == 0);
    int missing = 0;
    for (int k = 0; k < BM_event_kind_COUNT; k++) {
        if (writing.seen[k]) continue;
        fprintf(stderr, "no row of kind %s\n", bm_event_word((enum bm_event_kind)k));
        missing = 1;
    }
    struct bm_hash digest = bm_desk_digest(making.desk);
    char hex[2 * BM_HASH_BYTES + 1];
    bm_hex(digest.bytes, sizeof digest.bytes, hex);
    FILE *file = make_file(argv[2]);
    fprintf(file, "%s\n", hex);
    BM_CHECK(fclose(file) == 0);
    printf("%" PRIu64 " rows, %zu bytes, digest %s\n", bm_desk_head(making.desk).seq, writing.bytes,
           hex);
    bm_desk_free(making.desk);
    bm_quarantine_close(quarantine);
    bm_journal_close(making.journal);
    return missing;
}
