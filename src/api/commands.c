/* Requests that ask the desk for something: body -> sealed command -> queue -> reply. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/api_private.h"
#include "api/coordinates.h"
#include "base/alloc.h"
#include "base/check.h"
#include "base/json.h"
#include "base/log.h"

/* One class of personal members as JSON: a few fields of at most 16,000 bytes, of which each may
 * become six. */
enum { PERSONAL_MAX = 1024 * 1024 };

/* key = (account, Idempotency-Key); digest = (method, path, body): the same key with another body
 * is refused. The digest stays in the journal, so it is keyed: bodies hold names and numbers.  A
 * password is in neither: an account's digest leaves the body out, and is not remembered (setting
 * it again does no harm). */
static enum bm_code set_request(struct bm_call *call, struct bm_command *command) {
    const struct bm_http_request *request = call->request;
    struct bm_hasher hasher;
    bool has_password = call->route->handle == bm_handle_account;
    bm_hash_start(&hasher, 16);
    bm_hash_add_sized(&hasher, call->api->digest_key, sizeof call->api->digest_key);
    bm_hash_add_sized(&hasher, request->method, strlen(request->method));
    bm_hash_add_sized(&hasher, request->path, strlen(request->path));
    bm_hash_add_sized(&hasher, request->body, has_password ? 0 : request->body_len);
    bm_hash_end(&hasher, command->request + 16, 16);
    if (has_password) return BM_OK;
    const char *key = bm_http_header(request, "idempotency-key");
    if (!key) return BM_OK;
    size_t len = strlen(key);
    if (len == 0 || len > 128) {
        return bm_fault_set(&call->fault, BM_OUT_OF_RANGE, "Idempotency-Key",
                            "Idempotency-Key must have 1 to 128 characters.");
    }
    bm_hash_start(&hasher, 16);
    bm_hash_add_sized(&hasher, &call->viewer.operator_id, 8);
    bm_hash_add_sized(&hasher, key, len);
    bm_hash_end(&hasher, command->request, 16);
    command->has_request = true;
    return BM_OK;
}

/* If-Match: "7" (one strong tag). */
static enum bm_code set_if_match(struct bm_call *call, struct bm_command *command) {
    const char *header = bm_http_header(call->request, "if-match");
    if (!header) return BM_OK;
    unsigned version;
    char after;
    if (sscanf(header, "\"%9u\"%c", &version, &after) != 1) {
        return bm_fault_set(&call->fault, BM_BAD_REQUEST, "If-Match",
                            "If-Match must be one version in quotes: \"7\".");
    }
    command->has_if_match = true;
    command->if_match = version;
    return BM_OK;
}

/* What is given must say something where it is all there is: the core sees that a text was sealed, and not what.  A text that
 * is not given at all is the core's to refuse. */
static const struct {
    enum bm_command_kind kind;
    const char *field, *detail;
} worded[] = {
    {BM_DO_ENTRY, "text", "Send \"text\"."},
    {BM_DO_HANDOVER_LEAVE, "text", "Write what the next shift must know."},
    {BM_DO_RATING_CHECK, "text", "Say what you found."},
    {BM_DO_DURESS_ACKNOWLEDGE, "note", "Say what you did or found out about the crew."},
};

/* Whether there is anything but blanks, those of Chinese writing (U+3000) and U+00A0 among them. */
static bool says(const char *text) {
    while (*text) {
        size_t blank = strspn(text, " \t\r\n\v\f");
        if (!blank && strncmp(text, "\xE3\x80\x80", 3) == 0) blank = 3;
        if (!blank && strncmp(text, "\xC2\xA0", 2) == 0) blank = 2;
        if (!blank) return true;
        text += blank;
    }
    return false;
}

static enum bm_code check_worded(struct bm_call *call, enum bm_command_kind kind, const json_t *body) {
    for (size_t i = 0; i < sizeof worded / sizeof *worded; i++) {
        const json_t *given = worded[i].kind == kind ? json_object_get(body, worded[i].field) : NULL;
        bool nothing = json_is_null(given) || (json_is_string(given) && !says(json_string_value(given)));
        if (nothing) return bm_fault_set(&call->fault, BM_MISSING_FIELD, worded[i].field, "%s", worded[i].detail);
    }
    return BM_OK;
}

enum bm_code bm_command_read(struct bm_call *call, enum bm_command_kind kind, const json_t *body,
                             struct bm_command *ret_command) {
    struct bm_command command = bm_command_make(kind);
    const struct bm_shape *shape = bm_command_shape(kind);
    enum bm_datum datum;
    json_t *rest;
    enum bm_code code = bm_body_datum(shape, body, &rest, &datum, &call->fault);
    if (!code) {
        code = bm_shape_read_json(shape, rest, bm_command_args(&command), &command.present,
                                  &call->fault);
        json_decref(rest);
    }
    if (!code) code = bm_check_numbers(shape, body, &call->fault);
    if (!code) code = bm_record_to_wgs84(shape, datum, bm_command_args(&command), &call->fault);
    if (!code) code = check_worded(call, kind, body);
    if (!code) code = set_request(call, &command);
    if (!code) code = set_if_match(call, &command);
    if (code) {
        bm_command_release(&command);
        return code;
    }
    command.actor.v = call->viewer.operator_id;
    command.target = call->ids[0];
    *ret_command = command;
    return BM_OK;
}

/* Writes the personal members of one class as an object: those given now, and of what was there
 * before those that were not given.  False when none were given. */
static bool write_personal(enum bm_command_kind kind, const json_t *body,
                           enum bm_data_class data_class, json_t *former, struct bm_buf *out) {
    const struct bm_shape *shape = bm_command_shape(kind);
    bool given = false, first = true;
    const char *name;
    json_t *kept;
    bm_buf_byte(out, '{');
    for (uint16_t i = 0; i < shape->field_count; i++) {
        const struct bm_field *field = &shape->fields[i];
        if (field->kind != BM_F_PERSONAL) continue;
        if (strcmp(field->words->words[0], bm_word(&bm_data_class_words, data_class)) != 0)
            continue;
        const json_t *value = json_object_get(body, field->name);
        given |= value != NULL;
        if (!value) value = json_object_get(former, field->name);
        if (!json_is_string(value)) continue;
        bm_json_name(out, &first, field->name);
        bm_json_text_len(out, json_string_value(value), json_string_length(value));
    }
    json_object_foreach(former, name,
                        kept) { /* what another command or a newer build has put there */
        if (bm_shape_find(shape, name) || !json_is_string(kept)) continue;
        bm_json_name(out, &first, name);
        bm_json_text_len(out, json_string_value(kept), json_string_length(kept));
    }
    bm_buf_byte(out, '}');
    return given;
}

enum bm_code bm_command_seal(struct bm_call *call, struct bm_command *command, const json_t *body,
                             const uint64_t keys[BM_data_class_COUNT],
                             json_t *const former[BM_data_class_COUNT]) {
    enum bm_code code = BM_OK;
    struct bm_buf text = bm_buf_make(PERSONAL_MAX);
    for (int c = 0; c < BM_data_class_COUNT; c++) {
        uint8_t key[BM_KEY_BYTES], nonce[BM_NONCE_BYTES];
        command->sealed[c].key_id = keys[c];
        bm_buf_clear(&text);
        if (!write_personal(command->kind, body, (enum bm_data_class)c, former ? former[c] : NULL,
                            &text))
            continue;
        BM_CHECK(!text.overflow);
        if (bm_vault_key(call->api->vault, keys[c], key) == BM_OK) {
            bm_entropy(nonce, sizeof nonce);
            command->sealed[c].value = bm_seal(key, keys[c], nonce, text.bytes, text.len);
            bm_wipe(key, sizeof key);
        } else {
            code = bm_fault_set(
                &call->fault, BM_NOT_POSSIBLE, NULL,
                "The personal part of this was erased, and takes no more; open a new case.");
        }
        bm_wipe(text.bytes, text.len);
    }
    bm_buf_free(&text);
    return code;
}

/* Kinds that begin something with keys of its own. */
static bool begins_keys(enum bm_command_kind kind) {
    return kind == BM_DO_CASE_OPEN || kind == BM_DO_MATTER_OPEN || kind == BM_DO_CONTACT_RECEIVE || kind == BM_DO_CASE_SPLIT ||
           kind == BM_DO_OPERATOR_SET || kind == BM_DO_CASE_PAPER || kind == BM_DO_HANDOVER_LEAVE ||
           kind == BM_DO_DURESS_ACKNOWLEDGE || kind == BM_DO_DURESS_CASE;
}

enum bm_code bm_command_seal_fresh(struct bm_call *call, struct bm_command *command, const json_t *body) {
    uint64_t keys[BM_data_class_COUNT] = {0};
    if (!begins_keys(command->kind)) return BM_OK;
    for (int c = 0; c < BM_data_class_COUNT; c++) {
        struct bm_vault_key fresh;
        if (bm_vault_take_key(call->api->vault, &fresh) != BM_OK) {
            return bm_fault_set(&call->fault, BM_NOT_READY, NULL,
                                "New sealing keys are being made; try again with the same key.");
        }
        keys[c] = fresh.id;
        bm_wipe(&fresh, sizeof fresh);
    }
    return bm_command_seal(call, command, body, keys, NULL);
}

void bm_handle_command(struct bm_call *call) {
    struct bm_command command;
    call->code = bm_command_read(call, (enum bm_command_kind)call->route->command, call->body,
                                 &command);
    if (!call->code) {
        call->code = bm_command_seal_fresh(call, &command, call->body);
        if (!call->code && command.kind == BM_DO_ALERT_CHANNEL_SET)
            call->code = bm_alert_people_seal(call->api, (enum bm_alert_kind)command.alert_channel_set.kind,
                                              command.alert_channel_set.recipients, &call->fault);
        if (call->code) bm_command_release(&command);
    }
    if (call->code)
        bm_call_finish(call);
    else
        bm_command_submit(call, &command);
}

/* The quarantine tells commands apart by this digest: those without a body (looks, revivals,
 * set-up) need one, too, or two kills in the middle of any two looks would close every sheet and
 * board to everybody. */
static void name_command(struct bm_command *command) {
    static const uint8_t none[16];
    if (memcmp(command->request + 16, none, sizeof none) != 0) return;
    uint64_t named[] = {(uint64_t)command->kind, command->actor.v, command->target,
                        command->kind == BM_DO_LOOK ? command->look.scope : 0u};
    bm_hash_of(named, sizeof named, command->request + 16, 16);
}

void bm_command_submit(struct bm_call *call, struct bm_command *command) {
    name_command(command);
    if (!call->api->live) {
        bm_command_release(command);
        bm_call_refuse(call, BM_NOT_READY, NULL,
                       "The desk is stopping; try again with the same key.");
        return;
    }
    enum bm_code code = bm_live_submit(call->api->live, command, call);
    /* What is acknowledged as soon as it is in the record: its client's time is watched. */
    if (code == BM_OK && call->route->command >= 0 && !call->work) bm_http_time(call->exchange);
    if (code == BM_OK) return;
    bm_command_release(command);
    bm_log(BM_LOG_ERROR, "command_shed", "path=%s", call->route->path);
    bm_call_refuse(call, BM_OVERLOADED, NULL,
                   "The desk is full; try again with the same Idempotency-Key.");
}

/* POST /v1/classes: the body is what is published. */
void bm_handle_publish(struct bm_call *call) {
    struct bm_command command;
    json_t *none = json_pack("{s:s}", "what", "classes");
    call->code = bm_command_read(call, BM_DO_PUBLISH, none, &command);
    json_decref(none);
    if (call->code) {
        bm_call_finish(call);
        return;
    }
    command.publish.content = bm_bytes_copy(call->request->body, call->request->body_len);
    bm_command_submit(call, &command);
}

/* --- replies ---------------------------------------------------------------------------------- */

/* A refusal, with who stands in the way as members of its own beside the sentence. */
static void answer_refusal(struct bm_call *call, const struct bm_reply *reply) {
    struct bm_buf *out = &call->out;
    const struct bm_fault *fault = reply->fault;
    bm_buf_clear(out);
    bm_buf_text(out, "{\"type\":\"about:blank\",\"title\":");
    bm_json_text(out, bm_code_sentence(reply->code));
    bm_buf_printf(out, ",\"status\":%d,\"code\":", bm_code_status(reply->code));
    bm_json_text(out, bm_code_word(reply->code));
    bm_buf_text(out, ",\"field\":");
    bm_json_text(out, fault->field);
    bm_buf_text(out, ",\"detail\":");
    bm_json_text(out, fault->detail);
    const struct {
        const char *name;
        uint64_t id;
    } ids[] = {{"unit", reply->conflict.unit},
               {"case", reply->conflict.on_case},
               {"operator", reply->conflict.operator_id}};
    for (int i = 0; i < 3; i++) {
        if (!ids[i].id) continue;
        bm_buf_printf(out, ",\"%s\":", ids[i].name);
        bm_json_id(out, ids[i].id);
    }
    if (reply->conflict.version)
        bm_buf_printf(out, ",\"version\":%" PRIu64, reply->conflict.version);
    if (reply->conflict.at_ms > 0) bm_buf_printf(out, ",\"at_ms\":%" PRId64, reply->conflict.at_ms);
    bm_buf_byte(out, '}');
    static const char *const retry[] = {"Retry-After: 1"};
    int status = bm_code_status(reply->code);
    struct bm_http_answer answer = {.status = status,
                                    .content_type = "application/problem+json",
                                    .headers = retry,
                                    .header_count = status == 503 || status == 507 ? 1 : 0,
                                    .body = out->bytes,
                                    .body_len = out->len};
    call->api->problems++;
    bm_http_answer(call->exchange, &answer);
    bm_call_free(call);
}

static uint32_t version_of(const struct bm_reply *reply) {
    if (!reply->record) return 0;
    const struct bm_field *field = bm_shape_find(
        bm_table_shape((enum bm_table_kind)reply->made_what), "version");
    return field ? *(const uint32_t *)bm_field_of(field, reply->record) : 0;
}

/* {"seq":..,"replayed":..,"flagged":..,"case":{...}} */
static void write_reply(struct bm_call *call, const struct bm_reply *reply) {
    struct bm_buf *out = &call->out;
    bm_buf_text(out, "{\"seq\":");
    if (reply->seq)
        bm_buf_u64(out, reply->seq);
    else
        bm_buf_text(out, "null");
    bm_buf_printf(out, ",\"replayed\":%s,\"flagged\":%s", reply->replayed ? "true" : "false",
                  reply->flagged ? "true" : "false");
    enum bm_table_kind table = (enum bm_table_kind)reply->made_what;
    /* A repeated request gets the record as it is now: so only who may see it now. */
    bool shown = reply->record &&
                 (!reply->replayed ||
                  bm_mirror_may_see(call->api->mirror, &call->viewer, table, reply->record));
    if (shown) {
        bm_buf_printf(out, ",\"%s\":", bm_word(&bm_table_kind_words, table));
        bm_row_write(call->api, &call->viewer, BM_OPEN_NOTHING, table, reply->record, out);
    }
    bm_buf_byte(out, '}');
    call->etag = version_of(reply);
}

void bm_command_replied(struct bm_api *api, struct bm_ticket *ticket, const struct bm_live_reply *live_reply) {
    struct bm_call *call = (struct bm_call *)ticket;
    BM_CHECK(call->api == api);
    if (live_reply->reply.code && call->refused) {
        call->refused(call, &live_reply->reply);
        return;
    }
    if (live_reply->reply.code) {
        answer_refusal(call, &live_reply->reply);
        return;
    }
    write_reply(call, &live_reply->reply);
    call->made_id = live_reply->reply.made_id;
    if (call->work) { /* something must still be done before the answer (keys destroyed, an account
                         made) */
        call->ids[1] = live_reply->reply.made_id;
        bm_call_work(call);
    } else if (call->after) {
        call->after(call);
    } else {
        bm_call_finish(call);
    }
}
