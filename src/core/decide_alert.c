/* Channels out of the house: set by administrators, paused, switched off by the desk when a receiver is gone. */
#include <string.h>

#include "core/alert.h"
#include "core/deciding.h"

typedef enum bm_code check_fn(struct bm_deciding *deciding, const struct bm_do_alert_channel_set *args);

/* An administrator sets things up in their own area only. */
static enum bm_code check_area(struct bm_deciding *deciding, const struct bm_do_alert_channel_set *args) {
    uint64_t agency = args->jurisdiction.v;
    if (!bm_state_record(deciding->core, BM_T_AGENCY, agency))
        return bm_refuse(deciding, BM_NOT_FOUND, "jurisdiction", "There is no agency %llu.", (unsigned long long)agency);
    if (deciding->actor && !bm_scope_covers(&deciding->scope, deciding->viewer.jurisdiction, agency))
        return bm_refuse(deciding, BM_FORBIDDEN, "jurisdiction", "Agency %llu is not in your area.", (unsigned long long)agency);
    if (args->station.v && !bm_state_record(deciding->core, BM_T_PLACE, args->station.v))
        return bm_refuse(deciding, BM_NOT_FOUND, "station", "There is no place %llu.", (unsigned long long)args->station.v);
    return BM_OK;
}

static enum bm_code check_url(struct bm_deciding *deciding, const struct bm_do_alert_channel_set *args) {
    bool mail = args->kind == BM_ALERT_MAIL;
    struct bm_alert_url url, status;
    if (!bm_alert_url_read(args->url, &url) || (strncmp(url.scheme, "smtp", 4) == 0) != mail) {
        return bm_refuse(deciding, BM_OUT_OF_RANGE, "url",
                         mail ? "Give the mail server as smtp://host:port or smtps://host:port."
                              : "Give an address like https://host/path; a name and a secret do not belong into it.");
    }
    if (!bm_alert_port_usual(&url) && !bm_alert_host_allowed(args->allowed_host, &url)) {
        return bm_refuse(deciding, BM_OUT_OF_RANGE, "allowed_host",
                         "Port %u is not a usual one: allow it by name, as \"%s:%u\".", url.port, url.host, url.port);
    }
    if (args->allowed_host[0] && !bm_alert_host_allowed(args->allowed_host, &url)) {
        return bm_refuse(deciding, BM_OUT_OF_RANGE, "allowed_host",
                         "This does not allow the host of \"url\"; write \"%s\", or \"%s:%u\".", url.host, url.host, url.port);
    }
    if (!args->status_url[0]) return BM_OK;
    if (!bm_alert_url_read(args->status_url, &status) || strcmp(status.host, url.host) != 0 || status.port != url.port ||
        strcmp(status.scheme, url.scheme) != 0 || !strstr(args->status_url, "{id}")) {
        return bm_refuse(deciding, BM_OUT_OF_RANGE, "status_url",
                         "The status is asked of the same host and port as \"url\", with {id} where the message's id goes.");
    }
    return BM_OK;
}

static enum bm_code check_events(struct bm_deciding *deciding, const struct bm_do_alert_channel_set *args) {
    const char *at = args->events;
    char word[BM_LIST_TEXT];
    while (bm_alert_next(&at, word, sizeof word)) {
        int kind = bm_event_find(word);
        if (kind < 0 || !bm_alert_sends((enum bm_event_kind)kind))
            return bm_refuse(deciding, BM_UNKNOWN_WORD, "events", "\"%.40s\" is no kind of event that is sent; docs/alerts.md lists them.", word);
    }
    if (args->kind != BM_ALERT_STATION && !args->events[0] && !args->citizens)
        return bm_refuse(deciding, BM_MISSING_FIELD, "events", "Choose kinds of events, or notices to citizens: otherwise nothing is ever sent.");
    if (args->citizens && args->kind != BM_ALERT_MAIL && args->kind != BM_ALERT_SMS)
        return bm_refuse(deciding, BM_OUT_OF_RANGE, "citizens", "Citizens are told by mail or sms.");
    if (args->keep_trying_ms != BM_AT_NONE && (args->keep_trying_ms < 1000 || args->keep_trying_ms > BM_ALERT_KEEP_MOST_MS))
        return bm_refuse(deciding, BM_OUT_OF_RANGE, "keep_trying_ms", "Between one second and seven days.");
    return BM_OK;
}

static enum bm_code check_people(struct bm_deciding *deciding, const struct bm_do_alert_channel_set *args) {
    struct bm_alert_sealed sealed;
    bool mail = args->kind == BM_ALERT_MAIL, sms = args->kind == BM_ALERT_SMS;
    /* What is sealed was looked at by whoever sealed it. */
    enum bm_code code = bm_alert_sealed_read(args->recipients, &sealed)
                            ? BM_OK
                            : bm_alert_people_check((enum bm_alert_kind)args->kind, args->recipients, &deciding->decision->fault);
    if (code) return code;
    if ((mail || sms) && args->events[0] && !args->recipients[0])
        return bm_refuse(deciding, BM_MISSING_FIELD, "recipients", "Name who is told of these events.");
    if (mail && !bm_alert_mail(args->sender))
        return bm_refuse(deciding, args->sender[0] ? BM_OUT_OF_RANGE : BM_MISSING_FIELD, "sender", "Give the sender's mail address.");
    if (sms && !strstr(args->body, "{text}") && !strstr(args->url, "{text}"))
        return bm_refuse(deciding, BM_MISSING_FIELD, "body", "The text must go somewhere: write {text} and {number} into \"body\" or \"url\".");
    return BM_OK;
}

/* Header lines "Name: value", one each. */
static enum bm_code check_headers(struct bm_deciding *deciding, const struct bm_do_alert_channel_set *args) {
    static const char token[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    for (const char *at = args->headers; *at;) {
        size_t name = strspn(at, token), len = strcspn(at, "\n");
        bool ok = name && name < len && at[name] == ':';
        for (size_t i = 0; i < len; i++) ok &= (unsigned char)at[i] >= ' ' && at[i] != 127;
        if (!ok) return bm_refuse(deciding, BM_OUT_OF_RANGE, "headers", "One header a line, like \"Authorization: Bearer {secret}\".");
        at += len + (at[len] == '\n');
    }
    for (const char *at = args->content_type; *at; at++) {
        if (*at < ' ' || *at >= 127) return bm_refuse(deciding, BM_OUT_OF_RANGE, "content_type", "Give a media type, like \"application/json\".");
    }
    return BM_OK;
}

static enum bm_code set_channel(struct bm_deciding *deciding) {
    static check_fn *const checks[] = {check_area, check_url, check_events, check_people, check_headers};
    const struct bm_do_alert_channel_set *from = &deciding->command->alert_channel_set;
    uint64_t id = deciding->command->target;
    const void *record = NULL;
    enum bm_code code = id ? bm_visible(deciding, BM_T_ALERT_CHANNEL, id, "id", &record) : BM_OK;
    if (!code && record && deciding->actor) code = bm_match_record(deciding, BM_T_ALERT_CHANNEL, record);
    for (size_t i = 0; i < sizeof checks / sizeof checks[0] && !code; i++) code = checks[i](deciding, from);
    if (code) return code;
    if (!id && deciding->core->tables[BM_T_ALERT_CHANNEL].count >= BM_ALERT_CHANNELS_MAX)
        return bm_refuse(deciding, BM_OUT_OF_RANGE, "name", "More than %u channels are not kept; set one that is not used any more.", BM_ALERT_CHANNELS_MAX);
    const struct bm_alert_channel *known = record;
    if (!id) id = bm_new_id(deciding, BM_T_ALERT_CHANNEL);
    struct bm_event *event = bm_emit(deciding, BM_EV_ALERT_CHANNEL_SET, BM_SUBJECT_DESK, 0);
    struct bm_ev_alert_channel_set *to = &event->alert_channel_set;
    to->channel.v = id;
    BM_ALERT_TERMS_ROWS(BM_ALERT_COPY)
    to->active = !from->inactive;
    bool stays = known && known->personal && from->personal && strcmp(known->url, from->url) == 0;
    to->personal_at_ms = BM_AT_NONE;
    if (from->personal) { /* who answers for it: whoever marked it for this address */
        to->personal_by.v = stays ? known->personal_by.v : deciding->command->actor.v;
        to->personal_at_ms = stays ? known->personal_at_ms : deciding->now_ms;
    }
    bm_result(deciding, BM_T_ALERT_CHANNEL, id);
    return BM_OK;
}

static enum bm_code resend(struct bm_deciding *deciding) {
    const struct bm_do_alert_resend *args = &deciding->command->alert_resend;
    const void *record;
    if (args->under_way) return bm_refuse(deciding, BM_NOT_POSSIBLE, "delivery", "It is on its way already.");
    /* Without a channel it is an event that was set aside, and nobody knows yet who is to be told. */
    enum bm_code code = args->channel.v ? bm_visible(deciding, BM_T_ALERT_CHANNEL, args->channel.v, "id", &record) : BM_OK;
    if (code) return code;
    const struct bm_alert_channel *channel = args->channel.v ? record : NULL;
    if (channel && (!channel->active || channel->off))
        return bm_refuse(deciding, BM_NOT_POSSIBLE, "id", "The channel \"%s\" is switched off; set it again first.", channel->name);
    bool known = args->on_case.v && bm_state_record(deciding->core, BM_T_CASE, args->on_case.v);
    struct bm_event *event = bm_emit(deciding, BM_EV_ALERT_RESENT, known ? BM_SUBJECT_CASE : BM_SUBJECT_DESK, known ? args->on_case.v : 0);
    event->alert_resent.delivery.v = deciding->command->target;
    event->alert_resent.channel = args->channel;
    event->alert_resent.on_case.v = known ? args->on_case.v : 0;
    if (channel) bm_result(deciding, BM_T_ALERT_CHANNEL, args->channel.v);
    return BM_OK;
}

enum bm_code bm_decide_alert(struct bm_deciding *deciding) {
    const struct bm_command *command = deciding->command;
    const void *record;
    if (command->kind == BM_DO_ALERT_CHANNEL_SET) return set_channel(deciding);
    if (command->kind == BM_DO_ALERT_RESEND) return resend(deciding);
    enum bm_code code = bm_visible(deciding, BM_T_ALERT_CHANNEL, command->target, "id", &record);
    if (code) return code;
    const struct bm_alert_channel *channel = record;
    bm_result(deciding, BM_T_ALERT_CHANNEL, channel->id.v);
    if (command->kind == BM_DO_ALERT_SECRET_SET) {
        bm_emit(deciding, BM_EV_ALERT_SECRET_SET, BM_SUBJECT_DESK, 0)->alert_secret_set.channel = channel->id;
    } else if (command->kind == BM_DO_ALERT_CHANNEL_PAUSE) {
        if (channel->paused == command->alert_channel_pause.paused) return BM_OK;
        struct bm_event *event = bm_emit(deciding, BM_EV_ALERT_CHANNEL_PAUSED, BM_SUBJECT_DESK, 0);
        event->alert_channel_paused.channel = channel->id;
        event->alert_channel_paused.paused = command->alert_channel_pause.paused;
    } else if (channel->off != command->alert_channel_off.off) { /* told once, however many answers said so */
        struct bm_event *event = bm_emit(deciding, BM_EV_ALERT_CHANNEL_OFF, BM_SUBJECT_DESK, 0);
        event->alert_channel_off.channel = channel->id;
        event->alert_channel_off.off = command->alert_channel_off.off;
    }
    return BM_OK;
}
