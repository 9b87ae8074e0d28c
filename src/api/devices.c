/* Devices over HTTP: what they send by OwnTracks and OsmAnd, their secrets, when they were heard of. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "api/intake_private.h"
#include "base/alloc.h"
#include "base/json.h"
#include "intake/basic.h"
#include "intake/osmand.h"
#include "intake/owntracks.h"
#include "vault/devices.h"

/* --- what they send --------------------------------------------------------------------------- */

static bool query_of(struct bm_call *call, const char *name, char *ret_value, size_t cap) {
    return bm_http_query(call->request, name, ret_value, cap) == BM_OK && ret_value[0];
}

/* A form in the query, in the body, or in both. */
static enum bm_code find_in_form(void *context, const char *name, char *ret_value, size_t cap) {
    const struct bm_http_request *request = ((struct bm_call *)context)->request;
    enum bm_code code = bm_http_query(request, name, ret_value, cap);
    if (code != BM_NOT_FOUND || !request->body_len) return code;
    struct bm_http_request body = {.query = (const char *)request->body};
    return bm_http_query(&body, name, ret_value, cap);
}

/* The secret that came with the request: HTTP Basic, a bearer token, or token= (for apps that know neither); "" when none did. */
static void secret_of(struct bm_call *call, char ret_user[BM_BASIC_TEXT], char ret_secret[BM_BASIC_TEXT]) {
    const char *header = bm_http_header(call->request, "authorization");
    ret_user[0] = ret_secret[0] = 0;
    if (header && bm_basic_read(header, ret_user, ret_secret)) return;
    if (header && strncmp(header, "Bearer ", 7) == 0 && strlen(header + 7) < BM_BASIC_TEXT)
        memcpy(ret_secret, header + 7, strlen(header + 7) + 1);
    else if (find_in_form(call, "token", ret_secret, BM_BASIC_TEXT))
        ret_secret[0] = 0;
}

/* The device in service under that name, when its secret came along.  Which of the two is wrong nobody is told; a name that
 * nobody knows stands in the administrator's list. */
static enum bm_code device_of(struct bm_call *call, enum bm_device_protocol protocol, const char *identity, enum bm_code otherwise,
                              struct bm_device *ret_device) {
    char user[BM_BASIC_TEXT], secret[BM_BASIC_TEXT];
    int64_t now_ms = bm_io_wall_ms(call->api->io);
    secret_of(call, user, secret);
    bool known = bm_devices_find(call->api->intake->devices, protocol, identity, secret[0] ? "http" : NULL, now_ms, ret_device) &&
                 bm_vault_device_secret_fits(call->api->vault, ret_device->id.v, secret);
    bm_wipe(secret, sizeof secret);
    if (known && call->api->config.training)
        return bm_fault_set(&call->fault, BM_NOT_POSSIBLE, "id",
                            "This is a training desk: it takes no positions of real devices. Send them to the real desk.");
    if (known) return BM_OK;
    return bm_fault_set(&call->fault, otherwise, "id",
                        "There is no device in service with this name and secret; an administrator adds devices and gives them secrets.");
}

/* Both answers: nothing to tell the device, or that it was taken. */
static void take(struct bm_call *call, const struct bm_device *device, const struct bm_report *report) {
    struct bm_intake *intake = call->api->intake;
    if (!bm_intake_take(intake, device, report)) {
        bm_call_refuse(call, BM_BAD_REQUEST, "unit", "The device's unit is no longer in service.");
        return;
    }
    enum bm_device_call help = bm_devices_asks(intake->devices, device->id.v, report->alarm);
    if (help == BM_DEVICE_FINE || help == BM_DEVICE_HAS_CALLED) {
        bm_call_finish(call);
        return;
    }
    if (bm_intake_ask(intake, device->id.v, report, (struct bm_help_from){.call = call})) return; /* answered when it is in the record */
    bm_devices_asked(intake->devices, device->id.v, false);
    bm_call_refuse(call, BM_OVERLOADED, NULL, "The desk is full; send it again.");
}

/* The name beside the message: X-Limit-U and X-Limit-D, u= and d=, or the user that logs in and the device. */
static void owntracks_named(struct bm_call *call, char ret_named[BM_IDENTITY_TEXT]) {
    char user[BM_BASIC_TEXT], secret[BM_BASIC_TEXT], said_user[BM_BASIC_TEXT], said_device[BM_BASIC_TEXT];
    const char *from = bm_http_header(call->request, "x-limit-u"), *device = bm_http_header(call->request, "x-limit-d");
    secret_of(call, user, secret);
    bm_wipe(secret, sizeof secret);
    if (!from && query_of(call, "u", said_user, sizeof said_user)) from = said_user;
    if (!from) from = user;
    if (!device && query_of(call, "d", said_device, sizeof said_device)) device = said_device;
    int len = device && from[0] ? snprintf(ret_named, BM_IDENTITY_TEXT, "%s/%s", from, device) : 0;
    if (len <= 0 || len >= BM_IDENTITY_TEXT) ret_named[0] = 0;
}

void bm_handle_owntracks(struct bm_call *call) {
    char named[BM_IDENTITY_TEXT], identity[BM_IDENTITY_TEXT];
    struct bm_report report;
    struct bm_device device;
    bm_buf_text(&call->out, "[]"); /* what the app is to do now: nothing */
    if (!call->request->body_len) {
        bm_call_finish(call);
        return;
    }
    owntracks_named(call, named);
    call->code = bm_owntracks_read(call->request->body, call->request->body_len, named, identity, &report, &call->fault);
    if (!call->code) call->code = device_of(call, BM_DEVICE_OWNTRACKS, identity, BM_UNAUTHENTICATED, &device);
    if (call->code)
        bm_call_finish(call);
    else
        take(call, &device, &report);
}

void bm_handle_osmand(struct bm_call *call) {
    char identity[BM_IDENTITY_TEXT];
    struct bm_report report;
    struct bm_device device;
    const struct bm_http_request *request = call->request;
    bool json = request->body_len && request->body[0] == '{';
    bm_buf_text(&call->out, "{\"taken\":true}");
    if (json)
        call->code = bm_osmand_read_json(request->body, request->body_len, identity, &report, &call->fault);
    else
        call->code = bm_osmand_read_form(find_in_form, call, identity, &report, &call->fault);
    /* The protocol knows 400 for a device that is not known. */
    if (!call->code) call->code = device_of(call, BM_DEVICE_OSMAND, identity, BM_BAD_REQUEST, &device);
    if (call->code)
        bm_call_finish(call);
    else
        take(call, &device, &report);
}

/* --- their secrets ---------------------------------------------------------------------------- */

static void secret_work(struct bm_call *call) {
    char secret[BM_DEVICE_SECRET_TEXT];
    bm_buf_clear(&call->out);
    call->code = bm_vault_new_device_secret(call->api->vault, call->ids[0], secret, &call->fault);
    if (call->code) return;
    bm_buf_printf(&call->out, "{\"device\":\"%" PRIu64 "\",\"secret\":\"%s\"}", call->ids[0], secret);
    bm_wipe(secret, sizeof secret);
}

/* The record first, then the vault: a secret that nobody recorded must not work. */
void bm_handle_device_secret(struct bm_call *call) {
    struct bm_command command;
    call->code = bm_command_read(call, BM_DO_DEVICE_SECRET, call->body, &command);
    if (call->code) {
        bm_call_finish(call);
        return;
    }
    call->work = secret_work;
    bm_command_submit(call, &command);
}

/* --- when they were heard of ------------------------------------------------------------------ */

static void write_at(struct bm_buf *out, int64_t at_ms) {
    if (at_ms == BM_AT_NONE)
        bm_buf_text(out, "null");
    else
        bm_buf_i64(out, at_ms);
}

struct hearing {
    struct bm_call *call;
    bool first;
};

static bool write_one(void *context, const void *record) {
    struct hearing *hearing = context;
    struct bm_call *call = hearing->call;
    struct bm_buf *out = &call->out;
    const struct bm_device *device = record;
    if (!bm_mirror_may_see(call->api->mirror, &call->viewer, BM_T_DEVICE, device)) return true;
    struct bm_heard heard = bm_devices_heard_of(call->api->intake->devices, device->id.v);
    bm_buf_text(out, hearing->first ? "{\"device\":" : ",{\"device\":");
    hearing->first = false;
    bm_json_id(out, device->id.v);
    bm_buf_text(out, ",\"received_at_ms\":");
    write_at(out, heard.at_ms);
    bm_buf_text(out, ",\"device_at_ms\":");
    write_at(out, heard.device_at_ms);
    bm_buf_printf(out, ",\"clock_off\":%s,\"has_secret\":%s}", heard.clock_off ? "true" : "false",
                  bm_vault_has_device_secret(call->api->vault, device->id.v) ? "true" : "false");
    return !out->overflow;
}

static void write_unknown(struct bm_call *call) {
    struct bm_unknown_device *unknown = bm_alloc_zero(BM_UNKNOWN_DEVICES_MAX, sizeof *unknown);
    size_t count = bm_devices_unknown(call->api->intake->devices, unknown);
    struct bm_buf *out = &call->out;
    for (size_t i = 0; i < count; i++) {
        bm_buf_printf(out, "%s{\"protocol\":\"%s\",\"identity\":", i ? "," : "", bm_word(&bm_device_protocol_words, unknown[i].protocol));
        bm_json_text(out, unknown[i].identity);
        bm_buf_text(out, ",\"note\":");
        bm_json_text(out, unknown[i].note);
        bm_buf_printf(out, ",\"first_at_ms\":%" PRId64 ",\"last_at_ms\":%" PRId64 ",\"count\":%" PRIu64 "}", unknown[i].first_at_ms,
                      unknown[i].last_at_ms, unknown[i].count);
    }
    bm_free(unknown);
}

static enum bm_code write_heard(struct bm_call *call, struct bm_reader *reader) {
    struct hearing hearing = {call, true};
    struct bm_query query = {.table = BM_T_DEVICE};
    bm_buf_printf(&call->out, ",\"now_ms\":%" PRId64 ",\"heard\":[", bm_io_wall_ms(call->api->io));
    enum bm_code code = bm_reader_records(reader, &query, write_one, &hearing, &call->fault);
    bm_buf_text(&call->out, "],\"unknown\":[");
    if (call->viewer.roles & BM_ADMINS) write_unknown(call);
    bm_buf_byte(&call->out, ']');
    return code;
}

static void read_heard(struct bm_call *call) {
    bm_with_reader(call, write_heard);
}

void bm_handle_devices_heard(struct bm_call *call) {
    if (!(call->viewer.roles & (BM_ADMINS | BM_SENDERS))) {
        bm_call_refuse(call, BM_FORBIDDEN, NULL, "Devices are shown to administrators and dispatchers.");
        return;
    }
    call->work = read_heard;
    bm_call_work(call);
}

/* --- a crew in danger --------------------------------------------------------------------------- */

/* Who presses a button need not know where they are: the unit's last position goes along. */
void bm_handle_duress_raise(struct bm_call *call) {
    struct bm_command command;
    struct bm_position position;
    call->code = bm_command_read(call, BM_DO_DURESS, call->body, &command);
    if (call->code) {
        bm_call_finish(call);
        return;
    }
    struct bm_do_duress *args = &command.duress;
    uint64_t unit = args->unit.v ? args->unit.v : call->viewer.unit;
    if (args->lat_e7 == BM_E7_NONE && args->lon_e7 == BM_E7_NONE && unit &&
        bm_dispatch_where(call->api->config.dispatch, unit, &position)) {
        args->lat_e7 = position.point.lat_e7;
        args->lon_e7 = position.point.lon_e7;
    }
    bm_command_submit(call, &command);
}

/* --- a crew in danger, in full ---------------------------------------------------------------- */

static enum bm_code write_duress(struct bm_call *call, struct bm_reader *reader) {
    struct bm_duress row;
    enum bm_code code = bm_reader_get(reader, BM_T_DURESS, call->ids[0], &row, &call->fault);
    if (code) return code;
    bool sees = bm_mirror_may_see(call->api->mirror, &call->viewer, BM_T_DURESS, &row);
    if (sees) {
        bm_buf_text(&call->out, ",\"duress\":");
        bm_row_write(call->api, &call->viewer, BM_OPEN_ALL, BM_T_DURESS, &row, &call->out);
    } else {
        code = bm_fault_set(&call->fault, BM_NOT_FOUND, "duress", "There is no duress %" PRIu64 " that you may see.", call->ids[0]);
    }
    bm_shape_release(bm_table_shape(BM_T_DURESS), &row);
    return code;
}

static void read_duress(struct bm_call *call) {
    bm_with_reader(call, write_duress);
}

void bm_handle_duress(struct bm_call *call) {
    bm_look_then(call, BM_LOOK_DURESS, read_duress);
}
