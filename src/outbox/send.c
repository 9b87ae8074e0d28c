/* What is under way: one flight each, on libcurl's multi interface, all on the outbox's thread.
 *
 * Every connection is a fresh one that is judged at its socket (guard.c); redirects are failures; an answer may have
 * BM_OUTBOX_ANSWER_MAX bytes and 15 s; a proxy from the environment is not used, for it would hide who is spoken to. */
#include <curl/curl.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "base/seal.h"
#include "outbox/outbox_private.h"

enum { CONNECT_MS = 5000, WHOLE_MS = 15000, AHEAD_MS = 60000, EXPIRED_A_STEP = 500, PAUSE_MOST_MS = 60000, UNWRITABLE_PAUSE_MS = 1000, MESSAGE_MAX = 1 << 20 };
enum errand { ERRAND_SEND, ERRAND_HANDSHAKE, ERRAND_STATUS };

struct bm_flight {
    struct bm_outbox *outbox;
    struct bm_delivery delivery;
    struct bm_alert_message message;
    enum errand errand;
    CURL *easy;
    struct curl_slist *headers, *people;
    struct bm_buf url, body, answer;
    size_t sent;
    bool host_allowed; /* by an administrator, by name */
    bool asked_later;  /* a gateway that is asked what became of the message */
    bool personal;     /* the message was made for a channel that is marked for it */
    char asked_url[BM_URL_TEXT]; /* of the handshake */
    bool suspect;      /* the desk died with it: it goes alone */
    bool refused;      /* its address was not one of the open internet */
    bool too_long;     /* the answer */
    char peer[64], error[CURL_ERROR_SIZE];
};

/* What became of a try. */
struct outcome {
    unsigned status;
    bool delivered, gone, blames_channel;
    int64_t wait_ms; /* at least, as the receiver asked */
    char text[BM_SHORT_LIST_TEXT];
};

int64_t bm_out_now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void log_fault(struct bm_outbox *outbox, const char *what, const struct bm_fault *fault) {
    atomic_fetch_add(&outbox->faults, 1);
    bm_log(BM_LOG_ERROR, "outbox", "doing=\"%s\" reason=\"%s\"", what, fault->detail);
}

/* --- curl's questions ------------------------------------------------------------------------- */

static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address) {
    struct bm_flight *flight = context;
    (void)purpose;
    bm_out_address_text(&address->addr, flight->peer);
    if (!flight->host_allowed && !bm_out_address_is_public(&address->addr)) {
        flight->refused = true;
        atomic_fetch_add(&flight->outbox->refused_addresses, 1);
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static size_t take_answer(char *bytes, size_t size, size_t count, void *context) {
    struct bm_flight *flight = context;
    bm_buf_add(&flight->answer, bytes, size * count);
    if (!flight->answer.overflow) return size * count;
    flight->too_long = true;
    return 0;
}

static size_t give_body(char *bytes, size_t size, size_t count, void *context) {
    struct bm_flight *flight = context;
    size_t left = flight->body.len - flight->sent, room = size * count, len = left < room ? left : room;
    if (len) memcpy(bytes, flight->body.bytes + flight->sent, len);
    flight->sent += len;
    return len;
}

/* --- building a request ----------------------------------------------------------------------- */

static void add_header(struct bm_flight *flight, const char *line) {
    struct curl_slist *more = curl_slist_append(flight->headers, line);
    BM_CHECK(more);
    flight->headers = more;
}

static void set_common(struct bm_flight *flight, const char *protocols) {
    CURL *easy = flight->easy;
    curl_easy_reset(easy);
    curl_slist_free_all(flight->headers);
    flight->headers = NULL;
    bm_buf_clear(&flight->answer);
    flight->sent = 0;
    curl_easy_setopt(easy, CURLOPT_PRIVATE, flight);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, protocols);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)WHOLE_MS);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    /* A connection was judged for one channel; another's may not ride on it. */
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, flight);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_answer);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, flight);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, flight->error);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "Bellman");
    flight->error[0] = 0;
}

/* The administrator's header lines, with the secret filled in. */
static void add_own_headers(struct bm_flight *flight, const struct bm_alert_channel *channel, const struct bm_out_words *words) {
    for (const char *at = channel->headers; *at;) {
        size_t len = strcspn(at, "\n");
        char pattern[BM_SHORT_LIST_TEXT];
        struct bm_buf line = bm_buf_make(4096);
        snprintf(pattern, sizeof pattern, "%.*s", (int)len, at);
        struct bm_out_words short_words = {.number = words->number, .secret = words->secret};
        bm_out_fill(pattern, &short_words, BM_ESCAPE_NONE, &line);
        /* A secret with a line end would be further headers. */
        if (!strpbrk(bm_buf_c_text(&line), "\r\n") && !line.overflow) add_header(flight, bm_buf_c_text(&line));
        bm_wipe(line.bytes, line.len);
        bm_buf_free(&line);
        at += len + (at[len] == '\n');
    }
}

static void post(struct bm_flight *flight, const char *content_type) {
    char line[140];
    snprintf(line, sizeof line, "Content-Type: %s", content_type);
    add_header(flight, line);
    add_header(flight, "Expect:");
    curl_easy_setopt(flight->easy, CURLOPT_POST, 1L);
    curl_easy_setopt(flight->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)flight->body.len);
    curl_easy_setopt(flight->easy, CURLOPT_POSTFIELDS, bm_buf_c_text(&flight->body));
}

/* CloudEvents, HTTP 1.1 Web Hooks for Event Delivery 1.0, section 4: whoever does not expect us is not sent anything. */
static void build_handshake(struct bm_flight *flight, const struct bm_alert_channel *channel) {
    char line[300];
    flight->errand = ERRAND_HANDSHAKE;
    set_common(flight, "http,https");
    curl_easy_setopt(flight->easy, CURLOPT_URL, channel->url);
    curl_easy_setopt(flight->easy, CURLOPT_CUSTOMREQUEST, "OPTIONS");
    snprintf(line, sizeof line, "WebHook-Request-Origin: %s", flight->outbox->origin);
    add_header(flight, line);
    curl_easy_setopt(flight->easy, CURLOPT_HTTPHEADER, flight->headers);
}

static void build_post(struct bm_flight *flight, const struct bm_alert_channel *channel) {
    char signature[BM_SIGNATURE_TEXT], line[BM_SIGNATURE_TEXT + 24];
    struct bm_out_words words = {.number = flight->message.recipient, .secret = flight->message.secret};
    const char *type = channel->kind == BM_ALERT_WEBHOOK    ? "application/cloudevents+json; charset=utf-8"
                       : channel->form == BM_ALERT_JSON     ? "application/json; charset=utf-8"
                                                            : "text/plain; charset=utf-8";
    set_common(flight, "http,https");
    bm_buf_clear(&flight->body);
    bm_buf_add(&flight->body, flight->message.body.bytes, flight->message.body.len);
    curl_easy_setopt(flight->easy, CURLOPT_URL, channel->url);
    post(flight, channel->content_type[0] && channel->kind == BM_ALERT_STATION ? channel->content_type : type);
    if (flight->message.secret[0]) {
        bm_out_sign(flight->message.secret, bm_out_now_ms(), flight->body.bytes, flight->body.len, signature);
        snprintf(line, sizeof line, "Bellman-Signature: %s", signature);
        add_header(flight, line);
    }
    add_own_headers(flight, channel, &words);
    curl_easy_setopt(flight->easy, CURLOPT_HTTPHEADER, flight->headers);
}

static void build_sms(struct bm_flight *flight, const struct bm_alert_channel *channel) {
    const char *type = channel->content_type[0] ? channel->content_type : "application/json";
    struct bm_out_words words = {.number = flight->message.recipient, .text = bm_buf_c_text(&flight->message.body),
                                 .secret = flight->message.secret, .id = flight->delivery.remote_id};
    bool asks = flight->errand == ERRAND_STATUS;
    set_common(flight, "http,https");
    bm_buf_clear(&flight->url);
    bm_buf_clear(&flight->body);
    bm_out_fill(asks ? channel->status_url : channel->url, &words, BM_ESCAPE_URL, &flight->url);
    curl_easy_setopt(flight->easy, CURLOPT_URL, bm_buf_c_text(&flight->url));
    if (!asks && channel->body[0]) {
        bm_out_fill(channel->body, &words, bm_out_escape_of(type), &flight->body);
        post(flight, type);
    }
    add_own_headers(flight, channel, &words);
    curl_easy_setopt(flight->easy, CURLOPT_HTTPHEADER, flight->headers);
}

static void build_mail(struct bm_flight *flight, const struct bm_alert_channel *channel) {
    const struct bm_delivery *delivery = &flight->delivery;
    char id[400], from[BM_NAME_TEXT + 2], to[BM_LIST_TEXT + 2];
    set_common(flight, "smtp,smtps");
    snprintf(id, sizeof id, "%016" PRIx64 ".%" PRIu64 ".%" PRIu64 ".%" PRIu64 ".%u@%s", flight->outbox->ledger, delivery->event_seq.v,
             delivery->channel.v, delivery->contact.v, delivery->recipient, flight->outbox->origin);
    snprintf(from, sizeof from, "<%s>", channel->sender);
    snprintf(to, sizeof to, "<%s>", flight->message.recipient);
    bm_buf_clear(&flight->body);
    bm_out_mail(channel->sender, flight->message.recipient, flight->message.subject, id, bm_out_now_ms(),
                bm_buf_c_text(&flight->message.body), flight->message.body.len, &flight->body);
    curl_slist_free_all(flight->people);
    flight->people = curl_slist_append(NULL, to);
    curl_easy_setopt(flight->easy, CURLOPT_URL, channel->url);
    curl_easy_setopt(flight->easy, CURLOPT_MAIL_FROM, from);
    curl_easy_setopt(flight->easy, CURLOPT_MAIL_RCPT, flight->people);
    curl_easy_setopt(flight->easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(flight->easy, CURLOPT_READFUNCTION, give_body);
    curl_easy_setopt(flight->easy, CURLOPT_READDATA, flight);
    /* In clear only to a server within the house that somebody allowed by name. */
    curl_easy_setopt(flight->easy, CURLOPT_USE_SSL, (long)(flight->host_allowed ? CURLUSESSL_TRY : CURLUSESSL_ALL));
    if (!channel->username[0]) return;
    curl_easy_setopt(flight->easy, CURLOPT_USERNAME, channel->username);
    curl_easy_setopt(flight->easy, CURLOPT_PASSWORD, flight->message.secret);
}

static void build(struct bm_flight *flight, const struct bm_out_channel *channel) {
    const struct bm_alert_channel *row = &channel->row;
    bool knows_us = row->no_handshake || row->kind != BM_ALERT_WEBHOOK || strcmp(channel->allowed_for, row->url) == 0;
    if (!knows_us)
        build_handshake(flight, row);
    else if (row->kind == BM_ALERT_SMS)
        build_sms(flight, row);
    else if (row->kind == BM_ALERT_MAIL)
        build_mail(flight, row);
    else
        build_post(flight, row);
}

/* --- judging an answer ------------------------------------------------------------------------ */

__attribute__((format(printf, 2, 3))) static void say(struct outcome *outcome, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(outcome->text, sizeof outcome->text, format, arguments);
    va_end(arguments);
}

static struct outcome judge_transport(const struct bm_flight *flight, CURLcode curl_code) {
    struct outcome outcome = {.blames_channel = true};
    if (flight->refused)
        say(&outcome, "%s is not an address of the open internet; allow the host by name if it is meant.", flight->peer);
    else if (flight->too_long)
        say(&outcome, "The answer was longer than %d bytes.", BM_OUTBOX_ANSWER_MAX);
    else
        say(&outcome, "%s.", flight->error[0] ? flight->error : curl_easy_strerror(curl_code));
    return outcome;
}

static struct outcome judge(const struct bm_flight *flight, CURLcode curl_code, bool is_mail) {
    long status = 0;
    curl_off_t retry_after = 0;
    curl_easy_getinfo(flight->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(flight->easy, CURLINFO_RETRY_AFTER, &retry_after);
    bool answered = status >= 200 && status <= 599 && !is_mail;
    /* What was accepted is accepted, however long the answer goes on. */
    bool cut = curl_code == CURLE_WRITE_ERROR && flight->too_long && status / 100 == 2;
    if (curl_code != CURLE_OK && !cut) {
        struct outcome outcome = judge_transport(flight, curl_code);
        outcome.status = (unsigned)(answered || is_mail ? status : 0);
        return outcome;
    }
    struct outcome outcome = {.status = (unsigned)status};
    if (is_mail || status / 100 == 2) {
        outcome.delivered = true;
        say(&outcome, is_mail ? "Accepted by the mail server." : "Accepted (%ld).", status);
    } else if (status / 100 == 3) {
        outcome.blames_channel = true;
        say(&outcome, "It sends us elsewhere (%ld), which is not followed: set the new address.", status);
    } else if (status == 410) {
        outcome.gone = true;
        say(&outcome, "Gone for good (410).");
    } else {
        outcome.blames_channel = status >= 500 || status == 429;
        say(&outcome, "Refused (%ld).", status);
    }
    if (retry_after > 86400) retry_after = 86400;
    outcome.wait_ms = (int64_t)retry_after * 1000;
    return outcome;
}

/* Whether the receiver expects us: WebHook-Allowed-Origin is ours or *. */
static bool is_welcome(struct bm_flight *flight, struct bm_out_channel *channel) {
    struct curl_header *header;
    if (curl_easy_header(flight->easy, "WebHook-Allowed-Origin", 0, CURLH_HEADER, -1, &header) != CURLHE_OK) return false;
    if (strcmp(header->value, "*") != 0 && strcasecmp(header->value, flight->outbox->origin) != 0) return false;
    bool rated = curl_easy_header(flight->easy, "WebHook-Allowed-Rate", 0, CURLH_HEADER, -1, &header) == CURLHE_OK;
    long rate = rated ? strtol(header->value, NULL, 10) : 0;
    channel->a_minute = rate > 0 && rate < 100000 ? (uint32_t)rate : 0; /* "*" is as much as comes */
    snprintf(channel->allowed_for, sizeof channel->allowed_for, "%s", channel->row.url);
    return true;
}

/* --- what follows ----------------------------------------------------------------------------- */

/* What cannot be written is not sent either, or it would go out again and again: its channel rests meanwhile. */
static bool keep(struct bm_outbox *outbox, const struct bm_delivery *delivery) {
    struct bm_fault fault;
    if (bm_out_put(outbox, delivery, &fault) == BM_OK) return true;
    log_fault(outbox, "keeping a delivery", &fault);
    struct bm_out_channel *channel = bm_out_channel(outbox, delivery->channel.v);
    int64_t then_ms = bm_out_now_ms() + UNWRITABLE_PAUSE_MS;
    if (channel->not_before_ms < then_ms) channel->not_before_ms = then_ms;
    return false;
}

static void finish_delivery(struct bm_outbox *outbox, struct bm_out_channel *channel, struct bm_delivery *delivery,
                            enum bm_delivery_state state) {
    delivery->state = (uint8_t)state;
    delivery->next_at_ms = BM_AT_NONE;
    delivery->done_at_ms = bm_out_now_ms();
    if (state == BM_DELIVERY_DELIVERED) atomic_fetch_add(&outbox->delivered, 1);
    if (state == BM_DELIVERY_GAVE_UP) atomic_fetch_add(&outbox->gave_up, 1);
    if (state == BM_DELIVERY_SET_ASIDE) outbox->recount = true;
    if (keep(outbox, delivery) && channel->open_count) channel->open_count--;
}

static void try_again(struct bm_outbox *outbox, struct bm_out_channel *channel, struct bm_delivery *delivery,
                      const struct outcome *outcome) {
    int64_t now_ms = bm_out_now_ms();
    uint32_t dice;
    bm_entropy(&dice, sizeof dice);
    int64_t wait_ms = bm_out_wait_ms(delivery->tries, dice);
    if (outcome->wait_ms > wait_ms) wait_ms = outcome->wait_ms;
    atomic_fetch_add(&outbox->failures, 1);
    if (outcome->blames_channel) {
        /* The whole receiver is out of reach: what else waits for it does not run against the same wall. */
        int64_t pause = bm_out_wait_ms(++channel->failures, dice);
        if (pause > PAUSE_MOST_MS) pause = PAUSE_MOST_MS;
        if (outcome->wait_ms > pause) pause = outcome->wait_ms;
        channel->not_before_ms = now_ms + pause;
    }
    if (now_ms + wait_ms >= delivery->until_ms) {
        finish_delivery(outbox, channel, delivery, BM_DELIVERY_GAVE_UP);
        return;
    }
    delivery->state = BM_DELIVERY_FAILED;
    delivery->next_at_ms = now_ms + wait_ms;
    keep(outbox, delivery);
}

/* Accepted by a gateway that says later what became of it: it is asked, at first soon and then more rarely. */
static void ask_later(struct bm_outbox *outbox, struct bm_delivery *delivery) {
    int64_t now_ms = bm_out_now_ms(), wait_ms = (now_ms - delivery->last_at_ms) / 2;
    if (wait_ms < 2000) wait_ms = 2000;
    delivery->state = BM_DELIVERY_SENDING;
    delivery->next_at_ms = now_ms + (wait_ms < 3600000 ? wait_ms : 3600000);
    keep(outbox, delivery);
}

static void after_status(struct bm_flight *flight, struct bm_out_channel *channel, const struct outcome *outcome) {
    struct bm_delivery *delivery = &flight->delivery;
    char word[BM_NAMED_TEXT];
    bool read = outcome->delivered && bm_out_member(flight->answer.bytes, flight->answer.len, channel->row.status_member, word, sizeof word);
    if (read && bm_alert_lists(channel->row.done_words, word)) {
        snprintf(delivery->last_answer, sizeof delivery->last_answer, "The gateway says: %s.", word);
        finish_delivery(flight->outbox, channel, delivery, BM_DELIVERY_DELIVERED);
    } else if (read && bm_alert_lists(channel->row.failed_words, word)) {
        snprintf(delivery->last_answer, sizeof delivery->last_answer, "The gateway says: %s.", word);
        finish_delivery(flight->outbox, channel, delivery, BM_DELIVERY_GAVE_UP);
    } else {
        if (!outcome->delivered) snprintf(delivery->last_answer, sizeof delivery->last_answer, "%s", outcome->text);
        ask_later(flight->outbox, delivery);
    }
}

static void after_send(struct bm_flight *flight, struct bm_out_channel *channel, const struct outcome *outcome) {
    struct bm_outbox *outbox = flight->outbox;
    struct bm_delivery *delivery = &flight->delivery;
    snprintf(delivery->last_answer, sizeof delivery->last_answer, "%s", outcome->text);
    delivery->last_status = outcome->status;
    if (outcome->gone) {
        finish_delivery(outbox, channel, delivery, BM_DELIVERY_SWITCHED_OFF);
        outbox->config.calls.gone(outbox->config.calls.context, channel->row.id.v);
        channel->not_before_ms = bm_out_now_ms() + PAUSE_MOST_MS; /* until the record says that it is off */
    } else if (!outcome->delivered) {
        try_again(outbox, channel, delivery, outcome);
    } else {
        channel->failures = 0;
        channel->not_before_ms = channel->a_minute ? bm_out_now_ms() + 60000 / channel->a_minute : 0;
        bool read_back = channel->row.kind == BM_ALERT_SMS && channel->row.status_url[0] &&
                         bm_out_member(flight->answer.bytes, flight->answer.len, channel->row.id_member, delivery->remote_id,
                                       sizeof delivery->remote_id);
        if (read_back)
            ask_later(outbox, delivery);
        else
            finish_delivery(outbox, channel, delivery, BM_DELIVERY_DELIVERED);
    }
}

/* --- what became of a delivery while it was in the air ----------------------------------------------- */

/* Whether the table still says of it what the flight wrote: on its way, in this very try. */
static bool is_as_sent(const struct bm_flight *flight, const struct bm_delivery *now) {
    return now->state == BM_DELIVERY_SENDING && now->next_at_ms != BM_AT_NONE && now->tries == flight->delivery.tries;
}

/* It was switched off, given up, or is to be sent once more: no answer makes it wait again, or takes its new try away.  That it
 * has arrived all the same is said. */
static void after_all(struct bm_flight *flight, struct bm_delivery *now, const struct outcome *outcome) {
    if (!outcome->delivered || flight->errand != ERRAND_SEND || now->next_at_ms != BM_AT_NONE) return;
    now->last_status = outcome->status;
    if (flight->asked_later) {
        snprintf(now->last_answer, sizeof now->last_answer, "Accepted (%u); nobody asks any more what became of it.", outcome->status);
    } else {
        snprintf(now->last_answer, sizeof now->last_answer, "%s", outcome->text);
        now->state = BM_DELIVERY_DELIVERED;
        atomic_fetch_add(&flight->outbox->delivered, 1);
    }
    keep(flight->outbox, now);
}

/* False: it is finished with, and the answer changes nothing any more. */
static bool still_flies(struct bm_flight *flight, const struct outcome *outcome) {
    struct bm_outbox *outbox = flight->outbox;
    struct bm_delivery now;
    struct bm_fault fault;
    enum bm_code code = bm_out_get(outbox, flight->delivery.id.v, &now, &fault);
    if (!code && is_as_sent(flight, &now)) return true;
    if (!code) after_all(flight, &now, outcome);
    /* Not known: its next try is written ahead, so it may go out twice, under the same id. */
    if (code && code != BM_NOT_FOUND) log_fault(outbox, "reading a delivery", &fault);
    return false;
}

static bool is_host_allowed(const struct bm_alert_channel *row) {
    struct bm_alert_url url;
    return row->allowed_host[0] && bm_alert_url_read(row->url, &url) && bm_alert_host_allowed(row->allowed_host, &url);
}

/* Whether the channel is still as it was when the flight began: what was asked of one address goes to no other. */
static bool is_as_asked(const struct bm_flight *flight, const struct bm_alert_channel *row) {
    return row->active && !row->off && !row->paused && row->personal == flight->personal &&
           is_host_allowed(row) == flight->host_allowed && strcmp(row->url, flight->asked_url) == 0;
}

/* True when the flight goes on: the handshake went well, now the event itself. */
static bool after_handshake(struct bm_flight *flight, struct bm_out_channel *channel, const struct outcome *outcome) {
    struct bm_outbox *outbox = flight->outbox;
    struct bm_fault fault;
    atomic_fetch_add(&outbox->handshakes, 1);
    if (!is_as_asked(flight, &channel->row)) {
        struct outcome changed = {.text = "The channel was changed meanwhile."};
        after_send(flight, channel, &changed);
        return false;
    }
    if (outcome->delivered && is_welcome(flight, channel)) {
        if (bm_out_put_channel(outbox, channel, &fault)) log_fault(outbox, "keeping a channel", &fault);
        flight->errand = ERRAND_SEND;
        build_post(flight, &channel->row);
        return true;
    }
    struct outcome refused = *outcome;
    refused.delivered = false;
    refused.blames_channel = true;
    if (!outcome->gone && outcome->status)
        say(&refused, "It did not answer OPTIONS with WebHook-Allowed-Origin (%u); see docs/alerts.md.", outcome->status);
    after_send(flight, channel, &refused);
    return false;
}

struct bm_out_flying bm_out_flying(const struct bm_outbox *outbox, uint64_t channel) {
    struct bm_out_flying flying = {{0}};
    int count = 0;
    for (size_t i = 0; i < outbox->flight_count && count < BM_OUTBOX_FLIGHTS_EACH; i++) {
        const struct bm_delivery *delivery = &outbox->flights[i]->delivery;
        if (delivery->channel.v == channel) flying.ids[count++] = delivery->id.v;
    }
    return flying;
}

/* --- flights ---------------------------------------------------------------------------------- */

static void free_flight(struct bm_flight *flight) {
    struct bm_outbox *outbox = flight->outbox;
    for (size_t i = 0; i < outbox->flight_count; i++) {
        if (outbox->flights[i] != flight) continue;
        outbox->flights[i] = outbox->flights[--outbox->flight_count];
        break;
    }
    atomic_store(&outbox->in_flight, outbox->flight_count);
    outbox->recount |= flight->suspect;
    if (flight->easy) curl_easy_cleanup(flight->easy);
    curl_slist_free_all(flight->headers);
    curl_slist_free_all(flight->people);
    if (flight->message.body.bytes) bm_wipe(flight->message.body.bytes, flight->message.body.cap);
    if (flight->body.bytes) bm_wipe(flight->body.bytes, flight->body.cap);
    bm_buf_free(&flight->message.body);
    bm_buf_free(&flight->body);
    bm_buf_free(&flight->url);
    bm_buf_free(&flight->answer);
    bm_wipe(flight, sizeof *flight);
    bm_free(flight);
}

/* Nothing that is tried again makes it another message: a person must look. */
static void set_aside(struct bm_flight *flight, struct bm_out_channel *channel, const struct bm_fault *fault) {
    const struct bm_delivery *delivery = &flight->delivery;
    bm_log(BM_LOG_ERROR, "delivery_set_aside", "delivery=%" PRIu64 " channel=%" PRIu64 " event_seq=%" PRIu64 " reason=\"%s\"", delivery->id.v,
           delivery->channel.v, delivery->event_seq.v, fault->detail);
    flight->delivery.crashes = 0;
    finish_delivery(flight->outbox, channel, &flight->delivery, BM_DELIVERY_SET_ASIDE);
}

bool bm_out_may_pass(enum bm_code code) {
    return code == BM_IO || code == BM_BUSY || code == BM_NO_SPACE || code == BM_NOT_READY || code == BM_OVERLOADED || code == BM_TOO_MANY ||
           code == BM_TIMED_OUT;
}

/* What is said in this try; false when there is nothing (settled). */
static bool compose(struct bm_flight *flight, struct bm_out_channel *channel) {
    struct bm_outbox *outbox = flight->outbox;
    const struct bm_outbox_calls *calls = &outbox->config.calls;
    struct bm_fault fault = {0};
    enum bm_code code = calls->compose(calls->context, outbox->reader, &channel->row, &flight->delivery, &flight->message, &fault);
    if (!code && flight->message.body.overflow) code = bm_fault_set(&fault, BM_NOT_FOUND, NULL, "The message is too long.");
    if (!code) return true;
    struct outcome outcome = {0};
    say(&outcome, "%s", fault.detail);
    snprintf(flight->delivery.last_answer, sizeof flight->delivery.last_answer, "%s", outcome.text);
    if (code == BM_NOT_FOUND)
        finish_delivery(outbox, channel, &flight->delivery, BM_DELIVERY_GAVE_UP);
    else if (!bm_out_may_pass(code) && flight->delivery.tries >= BM_OUTBOX_POISON_TRIES)
        set_aside(flight, channel, &fault);
    else
        try_again(outbox, channel, &flight->delivery, &outcome);
    return false;
}

static void start(struct bm_outbox *outbox, struct bm_out_channel *channel, const struct bm_delivery *delivery, int64_t now_ms) {
    struct bm_flight *flight = bm_alloc_zero(1, sizeof *flight);
    flight->outbox = outbox;
    flight->delivery = *delivery;
    flight->message.body = bm_buf_make(MESSAGE_MAX);
    flight->body = bm_buf_make(3 * MESSAGE_MAX);
    flight->url = bm_buf_make(64 * 1024);
    flight->answer = bm_buf_make(BM_OUTBOX_ANSWER_MAX);
    flight->errand = delivery->remote_id[0] ? ERRAND_STATUS : ERRAND_SEND;
    flight->host_allowed = is_host_allowed(&channel->row);
    flight->personal = channel->row.personal;
    flight->suspect = delivery->crashes > 0;
    flight->asked_later = channel->row.kind == BM_ALERT_SMS && channel->row.status_url[0];
    snprintf(flight->asked_url, sizeof flight->asked_url, "%s", channel->row.url);
    outbox->flights[outbox->flight_count++] = flight;
    flight->delivery.state = BM_DELIVERY_SENDING;
    flight->delivery.next_at_ms = now_ms + AHEAD_MS; /* should the process end meanwhile */
    if (flight->errand == ERRAND_SEND) {
        flight->delivery.tries++;
        flight->delivery.last_at_ms = now_ms;
    }
    flight->delivery.flying = true;
    bool kept = keep(outbox, &flight->delivery);
    BM_STEP_DONE(outbox_flight_kept);
    flight->delivery.flying = false; /* as it is when it is written again */
    if (!kept || !compose(flight, channel)) {
        free_flight(flight);
        return;
    }
    BM_STEP_DONE(outbox_flight_composed);
    flight->easy = curl_easy_init();
    BM_CHECK(flight->easy);
    build(flight, channel);
    channel->flights++;
    atomic_store(&outbox->in_flight, outbox->flight_count);
    BM_CHECK(curl_multi_add_handle(outbox->multi, flight->easy) == CURLM_OK);
}

static void give_up_late(struct bm_outbox *outbox, struct bm_out_channel *channel, struct bm_delivery *delivery) {
    if (!delivery->last_answer[0] || delivery->remote_id[0])
        snprintf(delivery->last_answer, sizeof delivery->last_answer, "%s",
                 delivery->remote_id[0] ? "The gateway accepted it and never said what became of it." : "Its time was over before it could be tried.");
    finish_delivery(outbox, channel, delivery, BM_DELIVERY_GAVE_UP);
}

static bool goes(const struct bm_out_channel *channel, int64_t now_ms) {
    return channel->row.active && !channel->row.off && !channel->row.paused && channel->not_before_ms <= now_ms;
}

/* True: nothing else may start now, for a suspect flies or waits until nothing does. */
static bool suspects_first(struct bm_outbox *outbox, int64_t now_ms) {
    for (size_t i = 0; i < outbox->flight_count; i++) {
        if (outbox->flights[i]->suspect) return true;
    }
    for (size_t i = 0; i < outbox->channel_count && outbox->suspects; i++) {
        struct bm_out_channel *channel = &outbox->channels[i];
        struct bm_delivery delivery;
        struct bm_fault fault;
        if (!goes(channel, now_ms)) continue;
        enum bm_code code = bm_out_due_suspect(outbox, channel->row.id.v, now_ms, &delivery, &fault);
        if (code && code != BM_NOT_FOUND) log_fault(outbox, "looking for suspects", &fault);
        if (code || delivery.until_ms <= now_ms) continue; /* too late anyway: given up below */
        if (!outbox->flight_count) start(outbox, channel, &delivery, now_ms);
        return outbox->flight_count > 0;
    }
    return false;
}

void bm_out_start_due(struct bm_outbox *outbox, int64_t now_ms) {
    outbox->holds_back = suspects_first(outbox, now_ms);
    if (outbox->holds_back) return;
    for (size_t i = 0; i < outbox->channel_count; i++) {
        struct bm_out_channel *channel = &outbox->channels[i];
        if (!goes(channel, now_ms)) continue;
        for (int expired = 0; expired < EXPIRED_A_STEP;) {
            unsigned most = channel->failures || channel->a_minute ? 1 : BM_OUTBOX_FLIGHTS_EACH;
            struct bm_delivery delivery;
            struct bm_fault fault;
            if (outbox->flight_count >= BM_OUTBOX_FLIGHTS_MAX || channel->flights >= most || channel->not_before_ms > now_ms) break;
            enum bm_code code = bm_out_due(outbox, channel->row.id.v, now_ms, &delivery, &fault);
            if (code && code != BM_NOT_FOUND) log_fault(outbox, "looking what is due", &fault);
            if (code) break;
            if (delivery.crashes && delivery.until_ms > now_ms) break; /* it goes alone */
            if (delivery.until_ms > now_ms) {
                start(outbox, channel, &delivery, now_ms);
            } else {
                expired++;
                give_up_late(outbox, channel, &delivery);
            }
        }
    }
}

static void land(struct bm_flight *flight, CURLcode curl_code) {
    struct bm_outbox *outbox = flight->outbox;
    struct bm_out_channel *channel = bm_out_channel(outbox, flight->delivery.channel.v);
    struct outcome outcome = judge(flight, curl_code, channel->row.kind == BM_ALERT_MAIL);
    curl_multi_remove_handle(outbox->multi, flight->easy);
    flight->delivery.crashes = 0; /* it did no harm */
    bool flies = still_flies(flight, &outcome);
    if (flies && flight->errand == ERRAND_HANDSHAKE && after_handshake(flight, channel, &outcome)) {
        BM_CHECK(curl_multi_add_handle(outbox->multi, flight->easy) == CURLM_OK);
        return;
    }
    if (flies && flight->errand == ERRAND_STATUS) after_status(flight, channel, &outcome);
    if (flies && flight->errand == ERRAND_SEND) after_send(flight, channel, &outcome);
    channel->flights--;
    free_flight(flight);
}

void bm_out_perform(struct bm_outbox *outbox) {
    int running, left;
    CURLMsg *message;
    BM_CHECK(curl_multi_perform(outbox->multi, &running) == CURLM_OK);
    while ((message = curl_multi_info_read(outbox->multi, &left))) {
        char *flight;
        if (message->msg != CURLMSG_DONE) continue;
        CURLcode code = message->data.result;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &flight);
        land((struct bm_flight *)(void *)flight, code);
    }
}

void bm_out_cut_flights(struct bm_outbox *outbox) {
    while (outbox->flight_count) {
        struct bm_flight *flight = outbox->flights[0];
        curl_multi_remove_handle(outbox->multi, flight->easy);
        free_flight(flight);
    }
}
