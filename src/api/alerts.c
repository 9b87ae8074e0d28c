/* Channels' secrets; deliveries: listed, and sent once more. */
#include "api/alerts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/json.h"
#include "base/log.h"

enum { LIST_DEFAULT = 100, LIST_MAX = 500, OF_CASE_MAX = 1000 };

struct secret {
    char secret[BM_CHANNEL_SECRET_TEXT];
};
#define RECORD struct secret
static const struct bm_field secret_fields[] = {BM_FIELD_TEXT_R(RECORD, secret, "secret")};
#undef RECORD
const struct bm_shape bm_secret_shape = BM_SHAPE("secret", struct secret, secret_fields);

static bool has_outbox(struct bm_call *call) {
    if (call->api->outbox) return true;
    bm_call_refuse(call, BM_NOT_READY, NULL, "Nothing can be sent: %s", call->api->no_outbox);
    return false;
}

/* --- secrets ---------------------------------------------------------------------------------- */

/* The record says that it changed; now the vault. */
static void secret_work(struct bm_call *call) {
    struct secret *given = call->state;
    bm_buf_clear(&call->out);
    call->code = bm_vault_set_channel_secret(call->api->vault, call->ids[0], given->secret, &call->fault);
    bm_wipe(given, sizeof *given);
    if (!call->code) bm_buf_text(&call->out, "{\"set\":true}");
}

void bm_handle_alert_secret(struct bm_call *call) {
    struct bm_command command;
    struct secret *given = call->state = bm_alloc_zero(1, sizeof *given);
    json_t *none = json_object();
    call->code = bm_shape_read_json(&bm_secret_shape, call->body, given, NULL, &call->fault);
    for (const char *at = given->secret; *at && !call->code; at++) {
        if (*at <= ' ' || *at >= 127)
            call->code = bm_fault_set(&call->fault, BM_OUT_OF_RANGE, "secret", "Printable ASCII without spaces, as the receiver gave it.");
    }
    if (!call->code) call->code = bm_command_read(call, BM_DO_ALERT_SECRET_SET, none, &command);
    json_decref(none);
    if (call->code) {
        bm_call_finish(call);
        return;
    }
    call->work = secret_work;
    bm_command_submit(call, &command);
}

/* --- a receiver is gone ------------------------------------------------------------------------- */

static void alert_gone(struct bm_api *api, uint64_t channel) {
    struct bm_command command = bm_command_make(BM_DO_ALERT_CHANNEL_OFF);
    command.target = channel;
    command.alert_channel_off.off = BM_ALERT_OFF_GONE;
    uint64_t named[] = {(uint64_t)command.kind, channel};
    bm_hash_of(named, sizeof named, command.request + 16, 16); /* for the quarantine, as commands.c does */
    if (bm_live_submit(api->live, &command, NULL) == BM_OK) return;
    bm_command_release(&command);
    bm_log(BM_LOG_WARNING, "alert_gone", "channel=%" PRIu64 " mend=\"the desk is full; the next answer says it again\"", channel);
}

/* --- lists ------------------------------------------------------------------------------------ */

struct deliveries {
    struct bm_call *call;
    struct bm_reader *reader;
    struct bm_outbox_query query;
    bool first;
    uint64_t last_id;
    uint32_t written;
};

/* Whoever may see a case sees what was told about it; the rest is for those who may see the channel. */
static bool may_see(struct deliveries *list, const struct bm_delivery *delivery) {
    struct bm_call *call = list->call;
    struct bm_alert_channel channel;
    struct bm_fault fault;
    if (list->query.on_case) return true; /* asked before */
    if (!delivery->channel.v) return true; /* an event that was set aside: supervisors and administrators have asked */
    if (bm_reader_get(list->reader, BM_T_ALERT_CHANNEL, delivery->channel.v, &channel, &fault)) return false;
    return bm_mirror_may_see(call->api->mirror, &call->viewer, BM_T_ALERT_CHANNEL, &channel); /* it owns no bytes */
}

static bool write_delivery(void *context, const struct bm_delivery *delivery) {
    struct deliveries *list = context;
    struct bm_buf *out = &list->call->out;
    list->last_id = delivery->id.v;
    list->written++;
    if (!may_see(list, delivery)) return true;
    if (!list->first) bm_buf_byte(out, ',');
    list->first = false;
    bm_buf_byte(out, '{');
    bm_shape_write_json(&bm_delivery_shape, delivery, out);
    bm_buf_byte(out, '}');
    return !out->overflow;
}

static enum bm_code read_number(struct bm_call *call, const char *name, uint64_t *number) {
    char text[24];
    enum bm_code code = bm_http_query(call->request, name, text, sizeof text);
    if (code == BM_NOT_FOUND) return BM_OK;
    size_t digits = code ? 0 : strspn(text, "0123456789");
    if (digits == 0 || digits > 18 || text[digits])
        return bm_fault_set(&call->fault, BM_OUT_OF_RANGE, name, "\"%s\" must be a number: digits only.", name);
    *number = strtoull(text, NULL, 10);
    return BM_OK;
}

static enum bm_code read_query(struct bm_call *call, struct bm_outbox_query *query) {
    uint64_t limit = LIST_DEFAULT, stuck = 0;
    char state[32];
    *query = (struct bm_outbox_query){.state = -1};
    enum bm_code code = read_number(call, "case", &query->on_case);
    if (!code) code = read_number(call, "channel", &query->channel);
    if (!code) code = read_number(call, "before", &query->before);
    if (!code) code = read_number(call, "stuck", &stuck);
    if (!code) code = read_number(call, "limit", &limit);
    if (code) return code;
    if (limit == 0 || limit > LIST_MAX)
        return bm_fault_set(&call->fault, BM_OUT_OF_RANGE, "limit", "\"limit\" must lie between 1 and %d.", LIST_MAX);
    query->limit = (uint32_t)limit;
    query->stuck = stuck == 1;
    code = bm_http_query(call->request, "state", state, sizeof state);
    if (code == BM_NOT_FOUND) return BM_OK;
    query->state = code ? -1 : bm_words_find(&bm_delivery_state_words, state);
    if (query->state < 0) return bm_fault_set(&call->fault, BM_UNKNOWN_WORD, "state", "There is no such state; docs/alerts.md lists them.");
    return BM_OK;
}

static enum bm_code check_case(struct bm_call *call, struct bm_reader *reader, uint64_t id) {
    struct bm_case row;
    enum bm_code code = bm_reader_get(reader, BM_T_CASE, id, &row, &call->fault);
    if (code && code != BM_NOT_FOUND) return code;
    bool sees = !code && bm_mirror_may_see(call->api->mirror, &call->viewer, BM_T_CASE, &row);
    if (!code) bm_shape_release(bm_table_shape(BM_T_CASE), &row);
    return sees ? BM_OK : bm_fault_set(&call->fault, BM_NOT_FOUND, "case", "There is no case %" PRIu64 " that you may see.", id);
}

/* {"seq":..,"rows":[..],"next":"41"|null}: newest first; `next` is for before=. */
static enum bm_code write_deliveries(struct bm_call *call, struct bm_reader *reader) {
    struct deliveries list = {.call = call, .reader = reader, .first = true};
    enum bm_code code = read_query(call, &list.query);
    if (!code && list.query.on_case) code = check_case(call, reader, list.query.on_case);
    if (!code && !list.query.on_case && !(call->viewer.roles & (BM_ADMINS | BM_HEADS)))
        code = bm_fault_set(&call->fault, BM_FORBIDDEN, "case", "Name a case; the whole list is for supervisors and administrators.");
    if (code) return code;
    bm_buf_text(&call->out, ",\"rows\":[");
    code = bm_outbox_list(call->api->outbox, &list.query, write_delivery, &list, &call->fault);
    bm_buf_text(&call->out, "],\"next\":");
    bm_json_id(&call->out, list.written == list.query.limit ? list.last_id : 0);
    return code;
}

static void read_deliveries(struct bm_call *call) {
    bm_with_reader(call, write_deliveries);
}

void bm_handle_deliveries(struct bm_call *call) {
    if (!has_outbox(call)) return;
    call->work = read_deliveries;
    bm_call_work(call);
}

/* --- of one case, for the page after it -------------------------------------------------------------- */

struct told {
    struct bm_delivery *rows;
    size_t count;
};

static bool keep_delivery(void *context, const struct bm_delivery *delivery) {
    struct told *told = context;
    told->rows[told->count++] = *delivery;
    return true;
}

enum bm_code bm_deliveries_write(struct bm_call *call, uint64_t case_id) {
    struct bm_buf *out = &call->out;
    if (!call->api->outbox) {
        bm_buf_text(out, ",\"deliveries\":null,\"deliveries_more\":false");
        return BM_OK;
    }
    struct told told = {bm_alloc((OF_CASE_MAX + 1) * sizeof *told.rows), 0};
    struct bm_outbox_query query = {.on_case = case_id, .state = -1, .limit = OF_CASE_MAX + 1};
    enum bm_code code = bm_outbox_list(call->api->outbox, &query, keep_delivery, &told, &call->fault);
    bool more = told.count > OF_CASE_MAX; /* the oldest are left out */
    size_t shown = more ? OF_CASE_MAX : told.count;
    bm_buf_text(out, ",\"deliveries\":[");
    for (size_t i = shown; i > 0; i--) { /* newest first as they are read */
        bm_buf_text(out, i == shown ? "{" : ",{");
        bm_shape_write_json(&bm_delivery_shape, &told.rows[i - 1], out);
        bm_buf_byte(out, '}');
    }
    bm_buf_printf(out, "],\"deliveries_more\":%s", more ? "true" : "false");
    bm_free(told.rows);
    return code;
}

/* --- once more ---------------------------------------------------------------------------------- */

static bool take_delivery(void *context, const struct bm_delivery *delivery) {
    *(struct bm_delivery *)context = *delivery;
    return false;
}

static void find_delivery(struct bm_call *call) {
    struct bm_outbox_query query = {.id = call->ids[0], .state = -1, .limit = 1};
    struct bm_delivery *delivery = call->state;
    call->code = bm_outbox_list(call->api->outbox, &query, take_delivery, delivery, &call->fault);
    if (!call->code && !delivery->id.v)
        call->code = bm_fault_set(&call->fault, BM_NOT_FOUND, "delivery", "There is no delivery %" PRIu64 ".", call->ids[0]);
}

/* The command is an event of the record; the outbox reads it there. */
static void resend_found(struct bm_call *call) {
    const struct bm_delivery *delivery = call->state;
    struct bm_command command;
    json_t *none = json_object();
    call->work = NULL;
    call->after = NULL;
    if (!call->code) call->code = bm_command_read(call, BM_DO_ALERT_RESEND, none, &command);
    json_decref(none);
    if (call->code) {
        bm_call_finish(call);
        return;
    }
    command.alert_resend.channel = delivery->channel;
    command.alert_resend.on_case = delivery->on_case;
    command.alert_resend.under_way = delivery->state == BM_DELIVERY_QUEUED || (delivery->state == BM_DELIVERY_SENDING && !delivery->remote_id[0]);
    bm_command_submit(call, &command);
}

void bm_handle_delivery_resend(struct bm_call *call) {
    if (!has_outbox(call)) return;
    call->state = bm_alloc_zero(1, sizeof(struct bm_delivery));
    call->work = find_delivery;
    call->after = resend_found;
    bm_call_work(call);
}

/* --- the outbox itself --------------------------------------------------------------------------- */

static void on_gone(void *context, uint64_t channel) {
    alert_gone(context, channel);
}

struct bm_outbox_calls bm_api_outbox_calls(struct bm_api *api) {
    return (struct bm_outbox_calls){bm_alert_compose, bm_alert_citizens, on_gone, api};
}

void bm_api_take_outbox(struct bm_api *api, struct bm_outbox *outbox, uint64_t ledger, const char *why_not) {
    api->outbox = outbox;
    api->ledger = ledger & INT64_MAX; /* as the outbox keeps it */
    snprintf(api->no_outbox, sizeof api->no_outbox, "%s", why_not);
}
