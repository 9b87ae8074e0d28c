#include "intake/calls.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/phone.h"

/* RFC 3261, 17: T1, T2, 64 x T1.  A call that nobody says anything of for so long is given up. */
enum {
    T1_MS = 500,
    T2_MS = 4000,
    LINGER_MS = 64 * T1_MS,
    RING_AGAIN_MS = 60000,
    RING_MAX_MS = 30 * 60000,
    TALK_MAX_MS = 4 * 60 * 60000,
    SLOTS = 2 * BM_CALLS_MAX, /* those that are over stand for LINGER_MS, for what is sent again */
    SLOTS_FIRST = 8,
    ANSWER_BYTES = 4096
};

enum stage { FREE, RINGS, TAKEN, TALKS, OVER };

struct call {
    enum stage stage;
    char id[BM_SIP_ID_TEXT], branch[BM_SIP_TAG_TEXT], from_tag[BM_SIP_TAG_TEXT], tag[20];
    char position[BM_CALLS_CODE_TEXT];
    uint32_t invite_cseq, last_cseq; /* of the INVITE that is being answered; of the newest request in the dialog */
    struct bm_peer peer;
    unsigned port;
    int64_t began_ms, heard_ms, again_ms, wait_ms, until_ms; /* again: when to send `last` again; until: then it is free */
    bool confirm;                                           /* `last` is sent until an ACK comes */
    struct bm_buf invite, last;                             /* the INVITE as it came; the newest answer to it */
};

struct bucket {
    int64_t spent_until_us;
};

struct bm_calls {
    const struct bm_calls_options *options;
    const struct bm_calls_world *world;
    struct call *slots; /* room for `cap`; the first `count` have been used */
    size_t count, cap;
    struct bm_sip_message message, kept; /* what has come; an INVITE read once more */
    struct bm_buf out;
    struct bucket calls, answers;
    struct bm_calls_figures figures;
};

struct bm_calls *bm_calls_new(const struct bm_calls_options *options, const struct bm_calls_world *world) {
    struct bm_calls *calls = bm_alloc_zero(1, sizeof *calls);
    calls->options = options;
    calls->world = world;
    calls->out = bm_buf_make(ANSWER_BYTES);
    return calls;
}

static void release(struct call *call) {
    bm_buf_free(&call->invite);
    bm_buf_free(&call->last);
    *call = (struct call){0};
}

void bm_calls_free(struct bm_calls *calls) {
    if (!calls) return;
    for (size_t i = 0; i < calls->count; i++) release(&calls->slots[i]);
    bm_free(calls->slots);
    bm_buf_free(&calls->out);
    bm_free(calls);
}

struct bm_calls_figures bm_calls_figures(const struct bm_calls *calls) {
    return calls->figures;
}

static bool is_live(const struct call *call) {
    return call->stage == RINGS || call->stage == TAKEN || call->stage == TALKS;
}

size_t bm_calls_live(const struct bm_calls *calls) {
    size_t count = 0;
    for (size_t i = 0; i < calls->count; i++) count += is_live(&calls->slots[i]);
    return count;
}

/* So many a second, twice as many at once. */
static bool may(struct bucket *bucket, unsigned per_second, int64_t now_ms) {
    int64_t now_us = now_ms * 1000, each_us = 1000000 / per_second;
    if (bucket->spent_until_us < now_us) bucket->spent_until_us = now_us;
    if (bucket->spent_until_us - now_us > 2000000) return false;
    bucket->spent_until_us += each_us;
    return true;
}

/* --- sending ---------------------------------------------------------------------------------- */

static unsigned answer_port(const struct bm_sip_message *message) {
    unsigned port = 0;
    if (message->rport) return 0; /* to where it came from */
    for (size_t i = 0; i < message->via_port.len; i++) port = port * 10 + (unsigned)(message->via_port.at[i] - '0');
    return port ? port : 5060;
}

static bool write_answer(struct bm_calls *calls, const struct bm_sip_message *message, const struct bm_peer *peer,
                         struct bm_sip_answer answer, struct bm_buf *out) {
    answer.received = peer->host;
    answer.received_port = peer->port;
    answer.contact = answer.status >= 180 && answer.status < 300 ? calls->options->contact : NULL;
    return bm_sip_write(message, &answer, out);
}

/* To what belongs to no call: bounded, for anybody can send it. */
static void answer_once(struct bm_calls *calls, const struct bm_peer *peer, struct bm_sip_answer answer, int64_t now_ms) {
    uint8_t random[8];
    char tag[20];
    if (calls->message.method == BM_SIP_ACK) return; /* is never answered */
    if (!may(&calls->answers, BM_CALLS_ANSWERS_MAX, now_ms)) {
        calls->figures.unanswered++;
        return;
    }
    calls->world->random(calls->world->context, random, sizeof random);
    for (size_t i = 0; i < sizeof random; i++) snprintf(tag + 2 * i, 3, "%02x", random[i]);
    answer.tag = tag;
    if (!write_answer(calls, &calls->message, peer, answer, &calls->out)) return;
    calls->world->send(calls->world->context, peer, answer_port(&calls->message), calls->out.bytes, calls->out.len);
}

static void send_last(struct bm_calls *calls, const struct call *call) {
    calls->world->send(calls->world->context, &call->peer, call->port, call->last.bytes, call->last.len);
}

/* Answers a request of the call that is not its INVITE. */
static void answer_in(struct bm_calls *calls, const struct call *call, const struct bm_peer *peer, int status, bool media) {
    struct bm_sip_answer answer = {.status = status, .tag = call->tag, .media = media};
    if (!write_answer(calls, &calls->message, peer, answer, &calls->out)) return;
    calls->world->send(calls->world->context, peer, answer_port(&calls->message), calls->out.bytes, calls->out.len);
}

/* The next answer to the INVITE; with `confirm` it is sent until an ACK comes. */
static void answer_invite(struct bm_calls *calls, struct call *call, int status, bool confirm, int64_t now_ms) {
    char extra[160] = "";
    struct bm_sip_answer answer = {.status = status, .tag = call->tag, .media = status == 200, .headers = extra};
    const char *name = calls->options->position_header;
    if (status == 200)
        snprintf(extra, sizeof extra, "Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, UPDATE, INFO\r\n%s%s%s%s",
                 call->position[0] ? (name && name[0] ? name : "X-Position") : "", call->position[0] ? ": " : "",
                 call->position, call->position[0] ? "\r\n" : "");
    if (bm_sip_read(call->invite.bytes, call->invite.len, &calls->kept) != BM_SIP_GOOD) return;
    if (!write_answer(calls, &calls->kept, &call->peer, answer, &call->last)) return;
    call->confirm = confirm;
    call->wait_ms = confirm ? T1_MS : RING_AGAIN_MS;
    call->again_ms = now_ms + call->wait_ms;
    send_last(calls, call);
}

/* --- what the desk is told -------------------------------------------------------------------- */

/* A header's value, or what its address names; "" when there is none or it does not fit. */
static void take_header(const struct bm_sip_message *message, const char *name, char *ret_text, size_t size) {
    struct bm_slice value = name && name[0] ? bm_sip_header(message, name) : (struct bm_slice){"", 0};
    ret_text[0] = 0;
    if (value.len && memchr(value.at, '@', value.len) && bm_sip_user_text(bm_sip_uri(value), ret_text, size)) return;
    if (!bm_slice_text(value, ret_text, size)) ret_text[0] = 0;
}

/* Who calls: what the exchange vouches for (RFC 3325) before what the caller says of themselves. */
static void take_number(const struct bm_sip_message *message, char ret_number[BM_CALLS_NUMBER_TEXT]) {
    static const char *const names[] = {"P-Asserted-Identity", "From"};
    for (size_t n = 0; n < 2; n++) {
        for (size_t i = 0; i < message->header_count; i++) {
            if (!bm_slice_is_word(message->headers[i].name, names[n])) continue;
            char user[BM_CALLS_NUMBER_TEXT];
            if (!bm_sip_user_text(bm_sip_uri(message->headers[i].value), user, sizeof user)) continue;
            if (!bm_phone_is_number(user, strlen(user))) continue; /* "anonymous" */
            memcpy(ret_number, user, sizeof user);
            return;
        }
    }
    ret_number[0] = 0;
}

static void take_position(const struct bm_calls *calls, const struct bm_sip_message *message, bool first,
                          char ret_position[BM_CALLS_CODE_TEXT]) {
    const char *name = calls->options->position_header;
    take_header(message, name && name[0] ? name : first ? NULL : "X-Position", ret_position, BM_CALLS_CODE_TEXT);
    if (ret_position[0] || !first) return;
    if (!bm_sip_user_text(message->uri, ret_position, BM_CALLS_CODE_TEXT)) ret_position[0] = 0;
}

static void report(struct bm_calls *calls, const struct call *call, const struct bm_sip_message *message,
                   enum bm_report_kind kind, int64_t wall_ms) {
    struct bm_report report = {.kind = kind, .at_ms = wall_ms};
    memcpy(report.call, call->id, sizeof report.call);
    memcpy(report.position, call->position, sizeof report.position);
    if (message) {
        take_number(message, report.number);
        take_header(message, calls->options->trunk_header, report.trunk, sizeof report.trunk);
        take_header(message, calls->options->line_header, report.line, sizeof report.line);
        take_header(message, calls->options->recording_header, report.recording, sizeof report.recording);
    }
    calls->world->report(calls->world->context, &report);
}

/* --- requests --------------------------------------------------------------------------------- */

static struct call *find(struct bm_calls *calls, const struct bm_sip_message *message) {
    for (size_t i = 0; i < calls->count; i++) {
        struct call *call = &calls->slots[i];
        if (call->stage != FREE && bm_slice_is(message->call_id, call->id)) return call;
    }
    return NULL;
}

static void over(struct call *call, int64_t now_ms) {
    call->stage = OVER;
    call->until_ms = now_ms + LINGER_MS;
}

static void shed(struct bm_calls *calls, const struct bm_peer *peer, int64_t now_ms) {
    char header[40];
    snprintf(header, sizeof header, "Retry-After: %d\r\n", BM_CALLS_RETRY_S);
    calls->figures.shed++;
    answer_once(calls, peer, (struct bm_sip_answer){.status = 503, .headers = header}, now_ms);
}

/* One that is free, made when there is none; NULL when all are in use. */
static struct call *free_slot(struct bm_calls *calls) {
    for (size_t i = 0; i < calls->count; i++) {
        if (calls->slots[i].stage == FREE) return &calls->slots[i];
    }
    if (calls->count == SLOTS) return NULL;
    if (calls->count == calls->cap) {
        calls->cap = calls->cap ? 2 * calls->cap : SLOTS_FIRST;
        calls->slots = bm_realloc(calls->slots, calls->cap * sizeof *calls->slots);
    }
    struct call *call = &calls->slots[calls->count++];
    *call = (struct call){0};
    return call;
}

static void begin(struct bm_calls *calls, const struct bm_peer *peer, int64_t now_ms, int64_t wall_ms) {
    const struct bm_sip_message *message = &calls->message;
    struct bm_slice needed = bm_sip_header(message, "Require");
    uint8_t random[8];
    if (needed.len) {
        char header[200];
        snprintf(header, sizeof header, "Unsupported: %.*s\r\n", (int)(needed.len < 150 ? needed.len : 150), needed.at);
        answer_once(calls, peer, (struct bm_sip_answer){.status = 420, .headers = header}, now_ms);
        return;
    }
    struct call *call = free_slot(calls);
    bool room = call && bm_calls_live(calls) < BM_CALLS_MAX && calls->world->has_room(calls->world->context);
    if (!room || !may(&calls->calls, calls->options->calls_per_second, now_ms)) {
        shed(calls, peer, now_ms);
        return;
    }
    *call = (struct call){.stage = RINGS, .invite_cseq = message->cseq_number, .last_cseq = message->cseq_number,
                          .peer = *peer, .port = answer_port(message), .began_ms = now_ms, .heard_ms = now_ms,
                          .invite = bm_buf_make(BM_SIP_BYTES_MAX), .last = bm_buf_make(ANSWER_BYTES)};
    bm_slice_text(message->call_id, call->id, sizeof call->id);
    memcpy(call->branch, message->branch, sizeof call->branch);
    memcpy(call->from_tag, message->from_tag, sizeof call->from_tag);
    calls->world->random(calls->world->context, random, sizeof random);
    for (size_t i = 0; i < sizeof random; i++) snprintf(call->tag + 2 * i, 3, "%02x", random[i]);
    bm_buf_add(&call->invite, message->text, message->len);
    take_position(calls, message, true, call->position);
    answer_invite(calls, call, 180, false, now_ms);
    if (!call->last.len) { /* the way back is longer than an answer may be */
        release(call);
        answer_once(calls, peer, (struct bm_sip_answer){.status = 400}, now_ms);
        return;
    }
    calls->figures.calls++;
    report(calls, call, message, BM_REPORT_RINGING, wall_ms);
}

/* Within a dialog: the exchange puts the call through, or only freshens the session. */
static void again(struct bm_calls *calls, struct call *call, const struct bm_peer *peer, int64_t wall_ms) {
    const struct bm_sip_message *message = &calls->message;
    char position[BM_CALLS_CODE_TEXT];
    bool media = message->method == BM_SIP_INVITE;
    if (message->cseq_number < call->last_cseq) {
        answer_in(calls, call, peer, 500, false); /* RFC 3261, 12.2.2 */
        return;
    }
    bool is_new = message->cseq_number > call->last_cseq;
    call->last_cseq = message->cseq_number;
    answer_in(calls, call, peer, 200, media);
    take_position(calls, message, false, position);
    if (!is_new || message->method == BM_SIP_INFO || !position[0] || strcmp(position, call->position) == 0) return;
    memcpy(call->position, position, sizeof position);
    calls->figures.transferred++;
    report(calls, call, message, BM_REPORT_TRANSFERRED, wall_ms);
}

static void on_invite(struct bm_calls *calls, struct call *call, const struct bm_peer *peer, int64_t now_ms,
                      int64_t wall_ms) {
    const struct bm_sip_message *message = &calls->message;
    if (!call && !message->to_tag[0])
        begin(calls, peer, now_ms, wall_ms);
    else if (call && strcmp(message->branch, call->branch) == 0 && message->cseq_number == call->invite_cseq)
        send_last(calls, call); /* it came twice */
    else if (call && !message->to_tag[0])
        answer_once(calls, peer, (struct bm_sip_answer){.status = 482}, now_ms); /* the same call by another way */
    else if (!call || strcmp(message->to_tag, call->tag) != 0 || call->stage == OVER)
        answer_once(calls, peer, (struct bm_sip_answer){.status = 481}, now_ms);
    else
        again(calls, call, peer, wall_ms);
}

static void on_ack(struct call *call, const struct bm_sip_message *message, int64_t now_ms) {
    if (!call || message->cseq_number != call->invite_cseq || !call->confirm) return;
    call->confirm = false;
    call->again_ms = INT64_MAX;
    if (call->stage == TAKEN) call->stage = TALKS;
    call->heard_ms = now_ms;
}

/* Somebody picked a handset up, as the exchange says; else the caller has hung up. */
static bool elsewhere(const struct bm_sip_message *message) {
    struct bm_slice reason = bm_sip_header(message, "Reason");
    return reason.len >= 3 && bm_slice_is_word((struct bm_slice){reason.at, 3}, "SIP") &&
           bm_slice_is(bm_sip_parameter(reason, "cause"), "200");
}

static void on_cancel(struct bm_calls *calls, struct call *call, const struct bm_peer *peer, int64_t now_ms,
                      int64_t wall_ms) {
    const struct bm_sip_message *message = &calls->message;
    if (!call || strcmp(message->branch, call->branch) != 0) {
        answer_once(calls, peer, (struct bm_sip_answer){.status = 481}, now_ms);
        return;
    }
    answer_in(calls, call, peer, 200, false);
    if (call->stage != RINGS) return; /* too late: it was answered, or is over */
    bool taken = elsewhere(message);
    answer_invite(calls, call, 487, true, now_ms);
    over(call, now_ms);
    if (taken)
        calls->figures.answered++;
    else
        calls->figures.abandoned++;
    report(calls, call, NULL, taken ? BM_REPORT_ANSWERED : BM_REPORT_ABANDONED, wall_ms);
}

static void on_bye(struct bm_calls *calls, struct call *call, const struct bm_peer *peer, int64_t now_ms,
                   int64_t wall_ms) {
    if (!call || strcmp(calls->message.to_tag, call->tag) != 0) {
        answer_once(calls, peer, (struct bm_sip_answer){.status = 481}, now_ms);
        return;
    }
    answer_in(calls, call, peer, 200, false);
    if (!is_live(call)) return; /* it came twice */
    bool rang = call->stage == RINGS;
    if (rang) {
        answer_invite(calls, call, 487, true, now_ms);
        calls->figures.abandoned++;
    } else {
        call->confirm = false;
        call->again_ms = INT64_MAX;
        calls->figures.ended++;
    }
    over(call, now_ms);
    report(calls, call, NULL, rang ? BM_REPORT_ABANDONED : BM_REPORT_ENDED, wall_ms);
}

static void on_request(struct bm_calls *calls, const struct bm_peer *peer, int64_t now_ms, int64_t wall_ms) {
    static const char allow[] = "Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, UPDATE, INFO\r\n";
    struct call *call = find(calls, &calls->message);
    if (call && strcmp(call->from_tag, calls->message.from_tag) != 0) { /* another's, under the same name */
        answer_once(calls, peer, (struct bm_sip_answer){.status = calls->message.to_tag[0] ? 481 : 482}, now_ms);
        return;
    }
    if (call) call->heard_ms = now_ms;
    switch (calls->message.method) {
    case BM_SIP_INVITE:
        on_invite(calls, call, peer, now_ms, wall_ms);
        break;
    case BM_SIP_ACK:
        on_ack(call, &calls->message, now_ms);
        break;
    case BM_SIP_BYE:
        on_bye(calls, call, peer, now_ms, wall_ms);
        break;
    case BM_SIP_CANCEL:
        on_cancel(calls, call, peer, now_ms, wall_ms);
        break;
    case BM_SIP_UPDATE:
    case BM_SIP_INFO:
        if (call && strcmp(calls->message.to_tag, call->tag) == 0 && is_live(call))
            again(calls, call, peer, wall_ms);
        else
            answer_once(calls, peer, (struct bm_sip_answer){.status = 481}, now_ms);
        break;
    case BM_SIP_OPTIONS:
        answer_once(calls, peer, (struct bm_sip_answer){.status = 200, .headers = allow}, now_ms);
        break;
    case BM_SIP_KNOWN:
        answer_once(calls, peer, (struct bm_sip_answer){.status = 405, .headers = allow}, now_ms);
        break;
    case BM_SIP_OTHER:
        answer_once(calls, peer, (struct bm_sip_answer){.status = 501}, now_ms);
        break;
    }
}

void bm_calls_packet(struct bm_calls *calls, const void *bytes, size_t len, const struct bm_peer *peer, int64_t now_ms,
                     int64_t wall_ms) {
    calls->figures.packets++;
    switch (bm_sip_read(bytes, len, &calls->message)) {
    case BM_SIP_GOOD:
        on_request(calls, peer, now_ms, wall_ms);
        break;
    case BM_SIP_BAD: {
        char header[120];
        snprintf(header, sizeof header, "Warning: 399 bellman \"%s\"\r\n", calls->message.reason);
        calls->figures.bad++;
        answer_once(calls, peer, (struct bm_sip_answer){.status = calls->message.status, .headers = header}, now_ms);
        break;
    }
    case BM_SIP_NOISE:
        calls->figures.noise++;
        break;
    }
}

void bm_calls_claimed(struct bm_calls *calls, const char *id, const char *position, int64_t now_ms) {
    for (size_t i = 0; i < calls->count; i++) {
        struct call *call = &calls->slots[i];
        if (call->stage != RINGS || strcmp(call->id, id) != 0) continue;
        if (position[0]) snprintf(call->position, sizeof call->position, "%s", position);
        call->stage = TAKEN;
        call->until_ms = now_ms + LINGER_MS;
        calls->figures.answered++;
        answer_invite(calls, call, 200, true, now_ms);
        return;
    }
}

/* --- time ------------------------------------------------------------------------------------- */

static void give_up(struct bm_calls *calls, struct call *call, int64_t now_ms, int64_t wall_ms) {
    bool rang = call->stage == RINGS;
    if (rang) {
        answer_invite(calls, call, 408, true, now_ms);
        calls->figures.abandoned++;
    } else {
        call->confirm = false;
        call->again_ms = INT64_MAX;
        calls->figures.ended++;
    }
    over(call, now_ms);
    report(calls, call, NULL, rang ? BM_REPORT_ABANDONED : BM_REPORT_ENDED, wall_ms);
}

/* When a call is to be looked at again. */
static int64_t due(const struct call *call) {
    int64_t end = call->stage == RINGS   ? call->began_ms + RING_MAX_MS
                  : call->stage == TALKS ? call->heard_ms + TALK_MAX_MS
                                         : call->until_ms;
    return call->again_ms < end ? call->again_ms : end;
}

int64_t bm_calls_tick(struct bm_calls *calls, int64_t now_ms, int64_t wall_ms) {
    int64_t next = INT64_MAX;
    for (size_t i = 0; i < calls->count; i++) {
        struct call *call = &calls->slots[i];
        if (call->stage == FREE) continue;
        bool late = (call->stage == RINGS && now_ms - call->began_ms >= RING_MAX_MS) ||
                    (call->stage == TALKS && now_ms - call->heard_ms >= TALK_MAX_MS) ||
                    (call->stage == TAKEN && now_ms >= call->until_ms);
        if (late) give_up(calls, call, now_ms, wall_ms);
        if (call->stage == OVER && now_ms >= call->until_ms) {
            release(call);
            continue;
        }
        if (call->again_ms <= now_ms) {
            send_last(calls, call);
            if (call->confirm) call->wait_ms = 2 * call->wait_ms < T2_MS ? 2 * call->wait_ms : T2_MS;
            call->again_ms = now_ms + call->wait_ms;
        }
        if (due(call) < next) next = due(call);
    }
    return next;
}
