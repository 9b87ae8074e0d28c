/* Where callers are: what their phones say by themselves (POST /v1/intake/aml), the link by which a caller lets the desk see
 * it (GET /v1/contacts/{id}/locate, /public/locations/{receipt}), and the positions of one call (GET .../fixes). */
#include <inttypes.h>
#include <string.h>

#include "api/api_private.h"
#include "api/locations.h"
#include "api/public.h"
#include "base/alloc.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/log.h"
#include "base/phone.h"
#include "vault/receipt.h"

enum { LOCATE_A_MINUTE = 1200, FIXES_PAGE = 100, DATA_HEX = 2048 };

/* --- the index of numbers follows the frames ---------------------------------------------------- */

static void place_replied(struct bm_api *api, struct bm_ticket *ticket, const struct bm_live_reply *reply) {
    (void)api, (void)ticket;
    if (reply->reply.code) bm_log(BM_LOG_WARNING, "place_refused", "reason=\"%s\"", reply->reply.fault->detail);
}
static struct bm_ticket nobody = {place_replied};

/* By who brought it, so that the record says so; nobody waits for an answer. */
static void submit_fix(struct bm_api *api, uint64_t contact, const struct bm_held_place *place, int64_t now_ms) {
    struct bm_command command = bm_command_make(BM_DO_CONTACT_FIX);
    command.actor.v = place->operator_id;
    command.target = contact;
    command.contact_fix.lat_e7 = place->aml.lat_e7;
    command.contact_fix.lon_e7 = place->aml.lon_e7;
    command.contact_fix.uncertainty_m = place->aml.uncertainty_m;
    command.contact_fix.fix_source = BM_FIX_DEVICE;
    command.contact_fix.fixed_at_ms = place->aml.fixed_at_ms == BM_AML_NO_TIME || place->aml.fixed_at_ms > now_ms ? now_ms : place->aml.fixed_at_ms;
    uint64_t named[] = {BM_DO_CONTACT_FIX, contact, (uint64_t)command.contact_fix.fixed_at_ms};
    bm_hash_of(named, sizeof named, command.request + 16, 16);
    if (bm_live_submit(api->live, &command, &nobody) == BM_OK) return;
    bm_log(BM_LOG_ERROR, "place_shed", "contact=%" PRIu64, contact);
    bm_command_release(&command);
}

/* What came before its call goes to it. */
static void take_held(struct bm_api *api, uint64_t contact) {
    struct bm_held_place places[BM_LOCATIONS_PER_NUMBER];
    if (!api->live || !contact) return;
    int64_t now_ms = bm_io_wall_ms(api->io);
    size_t count = bm_locations_take(api->locations, contact, now_ms, places, BM_LOCATIONS_PER_NUMBER);
    for (size_t i = 0; i < count; i++) submit_fix(api, contact, &places[i], now_ms);
}

static void follow_contact(struct bm_api *api, uint64_t id, const struct bm_contact *contact) {
    if (!bm_locations_contact(api->locations, id, contact)) return;
    json_t *identity = bm_row_unseal(api, contact->identity_key.v, &contact->identity);
    bm_locations_contact_number(api->locations, id, json_string_value(json_object_get(identity, "number")));
    json_decref(identity);
}

static bool follow_case(struct bm_api *api, uint64_t id, const struct bm_case *row) {
    if (!bm_locations_case(api->locations, id, row)) return false;
    json_t *identity = bm_row_unseal(api, row->identity_key.v, &row->identity);
    bm_locations_case_number(api->locations, row, json_string_value(json_object_get(identity, "caller_number")));
    json_decref(identity);
    return true;
}

/* Contacts first: a case of the same frame then says whether they are open. */
void bm_locations_follow(struct bm_api *api, const struct bm_frame *frame) {
    for (size_t i = 0; i < frame->row_count; i++) {
        const struct bm_frame_row *row = &frame->rows[i];
        if (row->table == BM_T_CONTACT) follow_contact(api, row->id, row->record);
    }
    for (size_t i = 0; i < frame->row_count; i++) {
        const struct bm_frame_row *row = &frame->rows[i];
        if (row->table != BM_T_CASE) continue;
        bool told = follow_case(api, row->id, row->record);
        if (told) take_held(api, bm_locations_newest_of(api->locations, row->id));
    }
    for (size_t i = 0; i < frame->row_count; i++) {
        const struct bm_frame_row *row = &frame->rows[i];
        if (row->table == BM_T_CONTACT) take_held(api, row->id);
    }
}

static bool fill_contact(void *context, const void *record) {
    struct bm_api *api = context;
    const struct bm_contact *contact = record;
    follow_contact(api, contact->id.v, contact);
    return true;
}

struct case_filling {
    struct bm_api *api;
    struct bm_reader *reader;
    struct bm_fault *fault;
    enum bm_code code;
};

/* Who hung up is found by their open case. */
static bool fill_case(void *context, const void *record) {
    struct case_filling *filling = context;
    const struct bm_case *row = record;
    struct bm_query query = {.table = BM_T_CONTACT, .field = "case", .id = row->id.v};
    filling->code = bm_reader_records(filling->reader, &query, fill_contact, filling->api, filling->fault);
    follow_case(filling->api, row->id.v, row);
    return !filling->code && !bm_locations_full(filling->api->locations);
}

enum bm_code bm_locations_fill(struct bm_api *api, struct bm_reader *reader, struct bm_fault *fault) {
    struct case_filling filling = {api, reader, fault, BM_OK};
    struct bm_query contacts = {.table = BM_T_CONTACT, .open_only = true},
                    cases = {.table = BM_T_CASE, .open_only = true, .newest_first = true};
    enum bm_code code = bm_reader_records(reader, &cases, fill_case, &filling, fault);
    if (!code) code = filling.code;
    return code ? code : bm_reader_records(reader, &contacts, fill_contact, api, fault);
}

/* --- POST /v1/intake/aml ------------------------------------------------------------------------ */

/* `contact` and `aml` are none of the body: whose place it is taken for, and what it says. */
struct aml_body {
    uint64_t contact;
    struct bm_aml aml;
    char number[BM_AML_NUMBER_TEXT], sms[BM_AML_SMS_MAX + 1], data[DATA_HEX], form[BM_AML_FORM_MAX + 1];
};
#define RECORD struct aml_body
static const struct bm_field aml_fields[] = {BM_FIELD_TEXT(RECORD, number, "number"), BM_FIELD_TEXT(RECORD, sms, "sms"),
                                             BM_FIELD_TEXT(RECORD, data, "data"), BM_FIELD_TEXT(RECORD, form, "form")};
#undef RECORD
const struct bm_shape bm_aml_shape = BM_SHAPE("aml", struct aml_body, aml_fields);

static enum bm_code read_hex(const char *text, uint8_t *ret_bytes, size_t *ret_len, struct bm_fault *fault) {
    size_t len = strlen(text);
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
        if (digit < 0 || len % 2) return bm_fault_set(fault, BM_BAD_REQUEST, "data", "Write the message's bytes as pairs of hexadecimal digits.");
        ret_bytes[i / 2] = (uint8_t)(i % 2 ? ret_bytes[i / 2] | digit : digit << 4);
    }
    *ret_len = len / 2;
    return BM_OK;
}

static enum bm_code read_aml(const struct aml_body *body, struct bm_aml *ret_aml, struct bm_fault *fault) {
    uint8_t bytes[DATA_HEX / 2];
    size_t len = 0;
    int given = !!body->sms[0] + !!body->data[0] + !!body->form[0];
    if (given != 1)
        return bm_fault_set(fault, BM_MISSING_FIELD, "sms", "Send one of: sms (the text), data (a data SMS in hexadecimal), form (the HTTPS form).");
    if (body->sms[0]) return bm_aml_read_sms(body->sms, strlen(body->sms), ret_aml, fault);
    if (body->form[0]) return bm_aml_read_form(body->form, strlen(body->form), ret_aml, fault);
    enum bm_code code = read_hex(body->data, bytes, &len, fault);
    return code ? code : bm_aml_read_data(bytes, len, ret_aml, fault);
}

static enum bm_code check_aml(struct bm_call *call, struct aml_body *body, struct bm_aml *ret_aml) {
    bm_shape_clear(&bm_aml_shape, body);
    if (!(call->viewer.roles & (BM_MACHINES | BM_TAKERS)))
        return bm_fault_set(&call->fault, BM_FORBIDDEN, NULL, "Your roles do not bring positions of callers; use a gateway's account.");
    enum bm_code code = bm_shape_read_json(&bm_aml_shape, call->body, body, NULL, &call->fault);
    if (!code) code = read_aml(body, ret_aml, &call->fault);
    if (!code && !body->number[0]) memcpy(body->number, ret_aml->number, sizeof body->number);
    if (!code && !bm_phone_is_number(body->number, strlen(body->number)))
        code = bm_fault_set(&call->fault, BM_MISSING_FIELD, "number", "Whose phone is it? Send the number that the message came from.");
    return code;
}

static void after_fix(struct bm_call *call) {
    bm_buf_clear(&call->out);
    bm_buf_printf(&call->out, "{\"contact\":\"%" PRIu64 "\",\"held\":false}", call->made_id);
    call->etag = 0;
    bm_call_finish(call);
}

static void give_place(struct bm_call *call);

/* The matter was closed in this very moment: then it is for another of the same number, or for the call that is about to ring. */
static void fix_refused(struct bm_call *call, const struct bm_reply *reply) {
    const struct aml_body *body = call->state;
    if (reply->code != BM_NOT_POSSIBLE) {
        bm_call_refuse(call, reply->code, reply->fault->field, "%s", reply->fault->detail);
        return;
    }
    bm_locations_over(call->api->locations, body->contact);
    give_place(call);
}

static void give_place(struct bm_call *call) {
    struct aml_body *body = call->state;
    const struct bm_aml *aml = &body->aml;
    int64_t now_ms = bm_io_wall_ms(call->api->io);
    body->contact = bm_locations_find(call->api->locations, body->number);
    if (!body->contact) {
        bm_locations_hold(call->api->locations, body->number, aml, call->viewer.operator_id, now_ms);
        bm_buf_text(&call->out, "{\"contact\":null,\"held\":true}");
        bm_call_finish(call);
        return;
    }
    struct bm_command command = bm_command_make(BM_DO_CONTACT_FIX);
    command.actor.v = call->viewer.operator_id;
    command.target = body->contact;
    command.contact_fix.lat_e7 = aml->lat_e7;
    command.contact_fix.lon_e7 = aml->lon_e7;
    command.contact_fix.uncertainty_m = aml->uncertainty_m;
    command.contact_fix.fix_source = BM_FIX_DEVICE;
    command.contact_fix.fixed_at_ms = aml->fixed_at_ms == BM_AML_NO_TIME || aml->fixed_at_ms > now_ms ? now_ms : aml->fixed_at_ms;
    call->after = after_fix;
    call->refused = fix_refused;
    bm_command_submit(call, &command);
}

void bm_handle_aml(struct bm_call *call) {
    struct aml_body *body = bm_alloc_zero(1, sizeof *body);
    call->state = body;
    call->code = check_aml(call, body, &body->aml);
    if (call->code)
        bm_call_finish(call);
    else
        give_place(call);
}

/* --- the caller's link -------------------------------------------------------------------------- */

static enum bm_code write_link(struct bm_call *call, struct bm_reader *reader) {
    struct bm_contact row;
    char code_text[BM_RECEIPT_CODE_BYTES];
    enum bm_code code = bm_reader_get(reader, BM_T_CONTACT, call->ids[0], &row, &call->fault);
    bool seen = !code && bm_mirror_may_see(call->api->mirror, &call->viewer, BM_T_CONTACT, &row) && (call->viewer.roles & BM_TAKERS);
    if (code && code != BM_NOT_FOUND) return code;
    if (!seen) {
        if (!code) bm_shape_release(bm_table_shape(BM_T_CONTACT), &row);
        return bm_fault_set(&call->fault, BM_NOT_FOUND, "contact", "There is no contact %" PRIu64 " that you may see.", call->ids[0]);
    }
    bool alive = row.locating == BM_LOCATING_ASKED || row.locating == BM_LOCATING_AGREED;
    bm_locate_code(call->api->vault, row.id.v, row.locate_count, code_text);
    bm_buf_printf(&call->out, ",\"state\":\"%s\"", bm_word(&bm_locating_words, row.locating));
    if (alive)
        bm_buf_printf(&call->out, ",\"code\":\"%s\",\"path\":\"/locate#%s\"", code_text, code_text);
    else
        bm_buf_text(&call->out, ",\"code\":null,\"path\":null");
    bm_shape_release(bm_table_shape(BM_T_CONTACT), &row);
    return BM_OK;
}

static void read_link(struct bm_call *call) {
    bm_with_reader(call, write_link);
}

void bm_handle_locate_link(struct bm_call *call) {
    call->work = read_link;
    bm_call_work(call);
}

/* What a link leads to. */
struct linked {
    uint64_t contact;
    uint32_t link;
    uint8_t locating;
    bool open;
};

static enum bm_code find_linked(struct bm_call *call, struct bm_reader *reader, struct linked *ret_linked) {
    struct bm_receipt_code read;
    struct bm_contact row;
    struct bm_case on_case;
    enum bm_code code = bm_receipt_code_read(call->word, &read, &call->fault);
    if (!code && bm_reader_get(reader, BM_T_CONTACT, read.contact_id, &row, &call->fault) != BM_OK) return bm_receipt_unknown(&call->fault);
    if (code) return code;
    *ret_linked = (struct linked){row.id.v, row.locate_count, row.locating, bm_contact_is_open(&row)};
    uint64_t case_id = row.on_case.v;
    bm_shape_release(bm_table_shape(BM_T_CONTACT), &row);
    if (!ret_linked->link || !bm_locate_matches(call->api->vault, &read, ret_linked->link)) return bm_receipt_unknown(&call->fault);
    if (case_id && bm_reader_get(reader, BM_T_CASE, case_id, &on_case, &call->fault) == BM_OK) {
        ret_linked->open = on_case.state < BM_CASE_CLOSED;
        bm_shape_release(bm_table_shape(BM_T_CASE), &on_case);
    }
    return BM_OK;
}

static enum bm_code write_location(struct bm_call *call, struct bm_reader *reader) {
    struct linked linked;
    enum bm_code code = find_linked(call, reader, &linked);
    bool alive = !code && linked.open;
    if (code) return code;
    bm_buf_printf(&call->out, ",\"state\":\"%s\"", alive ? bm_word(&bm_locating_words, linked.locating) : "ended");
    return BM_OK;
}

static void read_location(struct bm_call *call) {
    bm_with_reader(call, write_location);
}

void bm_handle_public_location(struct bm_call *call) {
    if (!bm_public_may(call, &call->api->public_looks, BM_PUBLIC_LOOKS_A_MINUTE)) return;
    call->work = read_location;
    bm_call_work(call);
}

static void find_for_step(struct bm_call *call) {
    struct bm_reader *reader;
    call->code = bm_api_reader(call->api, &reader, &call->fault);
    if (call->code) return;
    call->code = find_linked(call, reader, call->state);
    bm_api_reader_back(call->api, reader);
}

/* Nothing of the desk's answer is the caller's to see. */
static void after_step(struct bm_call *call) {
    bm_buf_clear(&call->out);
    bm_buf_text(&call->out, "{\"done\":true}");
    call->etag = 0;
    bm_call_finish(call);
}

static void submit_step(struct bm_call *call) {
    const struct linked *linked = call->state;
    struct bm_command command;
    if (!call->code && call->worked) call->code = bm_command_read(call, BM_DO_CONTACT_LOCATE, call->body, &command);
    if (call->code || !call->worked) {
        bm_call_finish(call);
        return;
    }
    command.target = linked->contact;
    command.contact_locate.link = linked->link;
    call->work = NULL;
    call->after = after_step;
    bm_command_submit(call, &command);
}

void bm_handle_public_locate(struct bm_call *call) {
    if (!bm_public_may(call, &call->api->locate_acts, LOCATE_A_MINUTE)) return;
    call->state = bm_alloc_zero(1, sizeof(struct linked));
    call->work = find_for_step;
    call->after = submit_step;
    bm_call_work(call);
}

/* --- GET /v1/contacts/{id}/fixes ---------------------------------------------------------------- */

struct track {
    struct bm_buf *out;
    uint32_t count;
    uint64_t last; /* the row written last */
    bool more;     /* behind it are others */
};

static bool take_fix(void *context, const struct bm_row *row) {
    struct track *track = context;
    if (strcmp(row->kind, "contact_fixed") != 0) return true;
    track->more = track->count == FIXES_PAGE;
    if (track->more) return false;
    bm_buf_printf(track->out, "%s{\"seq\":%" PRIu64 ",\"at_ms\":%" PRId64 ",\"fix\":", track->count++ ? "," : "", row->seq, row->at_ms);
    bm_buf_add(track->out, row->body, row->body_len);
    bm_buf_byte(track->out, '}');
    track->last = row->seq;
    return !track->out->overflow;
}

/* The newest first, a page of them; ?before=SEQ goes on from the "next" of the page before. */
static enum bm_code write_page(struct bm_call *call, struct bm_reader *reader) {
    struct track track = {.out = &call->out};
    char subject[BM_SUBJECT_TEXT];
    uint64_t before = 0;
    enum bm_code code = bm_query_digits(call, "before", &before);
    if (code) return code;
    bm_subject_text((struct bm_subject){BM_SUBJECT_CONTACT, call->ids[0]}, subject);
    bm_buf_text(&call->out, ",\"fixes\":[");
    code = bm_reader_subject_back(reader, subject, before, take_fix, &track, &call->fault);
    bm_buf_text(&call->out, "],\"next\":");
    bm_json_id(&call->out, track.more ? track.last : 0);
    return code;
}

/* For the life of the case only: afterwards the record is for those who read the record. */
static enum bm_code write_fixes(struct bm_call *call, struct bm_reader *reader) {
    struct bm_contact row;
    struct bm_case on_case;
    enum bm_code code = bm_reader_get(reader, BM_T_CONTACT, call->ids[0], &row, &call->fault);
    if (code && code != BM_NOT_FOUND) return code;
    bool seen = !code && bm_mirror_may_open(call->api->mirror, &call->viewer, BM_T_CONTACT, &row);
    bool open = !code && bm_contact_is_open(&row);
    uint64_t case_id = code ? 0 : row.on_case.v;
    if (!code) bm_shape_release(bm_table_shape(BM_T_CONTACT), &row);
    if (!seen) return bm_fault_set(&call->fault, BM_NOT_FOUND, "contact", "There is no contact %" PRIu64 " whose places you may see.", call->ids[0]);
    if (case_id && bm_reader_get(reader, BM_T_CASE, case_id, &on_case, &call->fault) == BM_OK) {
        open = on_case.state < BM_CASE_CLOSED;
        bm_shape_release(bm_table_shape(BM_T_CASE), &on_case);
    }
    if (!open) return bm_fault_set(&call->fault, BM_NOT_POSSIBLE, "contact", "The matter is closed: where the caller was is shown no longer.");
    return write_page(call, reader);
}

static void read_fixes(struct bm_call *call) {
    bm_with_reader(call, write_fixes);
}

void bm_handle_fixes(struct bm_call *call) {
    bm_look_then(call, BM_LOOK_CONTACT, read_fixes);
}
