/* Links with which people who have no log-in yet choose a password: made by administrators, one at a time or for all of an
 * imported file; and what a person does with one. */
#include <stdio.h>
#include <string.h>

#include "api/api_private.h"
#include "base/alloc.h"
#include "base/json.h"

struct join {
    char token[BM_TOKEN_TEXT];
    char password[BM_PASSWORD_MAX + 2];
};
#define RECORD struct join
static const struct bm_field join_fields[] = {BM_FIELD_TEXT_R(RECORD, token, "token"),
                                              BM_FIELD_TEXT_R(RECORD, password, "password")};
#undef RECORD
const struct bm_shape bm_join_shape = BM_SHAPE("join", struct join, join_fields);

/* --- making links ----------------------------------------------------------------------------- */

struct linking {
    struct bm_call *call;
    const struct bm_map *numbers; /* whose; NULL: of `only` */
    uint64_t only;
    int64_t now_ms;
    bool first;
    enum bm_code code;
};

static bool link_one(void *context, const void *record) {
    struct linking *linking = context;
    struct bm_call *call = linking->call;
    const struct bm_operator *person = record;
    char token[BM_TOKEN_TEXT];
    uint8_t key[16];
    uint64_t wanted;
    bool has = false;
    bm_hash_of(person->number, strlen(person->number), key, sizeof key);
    bool asked = linking->numbers ? bm_map_get(linking->numbers, key, &wanted) : person->id.v == linking->only;
    if (!asked || !person->active || !bm_mirror_may_see(call->api->mirror, &call->viewer, BM_T_OPERATOR, person)) return true;
    linking->code = bm_vault_account_of(call->api->vault, person->id.v, &has, &call->fault);
    if (linking->code || has) return !linking->code;
    bm_vault_invite(call->api->vault, person->id.v, linking->now_ms, token);
    bm_buf_text(&call->out, linking->first ? "{\"number\":" : ",{\"number\":");
    linking->first = false;
    bm_json_text(&call->out, person->number);
    bm_buf_printf(&call->out, ",\"path\":\"/join#%s\"}", token);
    return true;
}

static enum bm_code write_links(struct linking *linking) {
    struct bm_call *call = linking->call;
    struct bm_query query = {.table = BM_T_OPERATOR};
    struct bm_reader *reader;
    bm_buf_text(&call->out, ",\"links\":[");
    enum bm_code code = bm_api_reader(call->api, &reader, &call->fault);
    if (code) return code;
    code = bm_reader_records(reader, &query, link_one, linking, &call->fault);
    bm_api_reader_back(call->api, reader);
    bm_buf_byte(&call->out, ']');
    return code ? code : linking->code;
}

enum bm_code bm_invite_links(struct bm_call *call, const struct bm_map *numbers) {
    struct linking linking = {.call = call, .numbers = numbers, .now_ms = bm_io_wall_ms(call->api->io), .first = true};
    return write_links(&linking);
}

/* The record has that somebody opened the way to a log-in; now the link. */
static void link_work(struct bm_call *call) {
    struct linking linking = {.call = call, .only = call->ids[0], .now_ms = bm_io_wall_ms(call->api->io), .first = true};
    bm_buf_clear(&call->out);
    bm_buf_text(&call->out, "{\"set\":true");
    call->code = write_links(&linking);
    bm_buf_byte(&call->out, '}');
    if (!call->code && linking.first)
        call->code = bm_fault_set(&call->fault, BM_CONFLICT, "id", "This operator has a log-in already, or is not active; set a password instead.");
}

void bm_handle_link(struct bm_call *call) {
    struct bm_command command;
    json_t *none = json_object();
    call->code = bm_command_read(call, BM_DO_ACCOUNT_SET, none, &command);
    json_decref(none);
    if (call->code) {
        bm_call_finish(call);
        return;
    }
    command.has_request = false; /* each time another link */
    call->work = link_work;
    bm_command_submit(call, &command);
}

/* --- using one -------------------------------------------------------------------------------- */

struct joining {
    struct join given;
    uint64_t operator_id;
    int64_t now_ms, session_ms; /* by the wall clock; in session time */
    char token[BM_TOKEN_TEXT];
};

static enum bm_code number_of(struct bm_call *call, uint64_t operator_id, char ret_number[16]) {
    struct bm_reader *reader;
    struct bm_operator person;
    enum bm_code code = bm_api_reader(call->api, &reader, &call->fault);
    if (code) return code;
    code = bm_reader_get(reader, BM_T_OPERATOR, operator_id, &person, &call->fault);
    bm_api_reader_back(call->api, reader);
    if (code) return code;
    memcpy(ret_number, person.number, 16);
    bm_shape_release(bm_table_shape(BM_T_OPERATOR), &person);
    return BM_OK;
}

static void join_work(struct bm_call *call) {
    struct joining *joining = call->state;
    struct bm_vault *vault = call->api->vault;
    char number[16];
    call->code = number_of(call, joining->operator_id, number);
    if (!call->code)
        call->code = bm_vault_first_account(vault, joining->operator_id, number, joining->given.password, &call->fault);
    bm_wipe(&joining->given, sizeof joining->given);
    if (!call->code)
        call->code = bm_vault_open_session(vault, joining->operator_id, joining->session_ms, joining->token, &call->fault);
}

static void join_after(struct bm_call *call) {
    struct joining *joining = call->state;
    bm_buf_clear(&call->out);
    if (call->code) {
        bm_call_finish(call);
        return;
    }
    bm_me_write(call);
    bm_buf_printf(&call->out, ",\"token\":\"%s\"}", joining->token);
    bm_finish_with_cookie(call, joining->token);
}

void bm_handle_join(struct bm_call *call) {
    struct joining *joining = call->state = bm_alloc_zero(1, sizeof *joining);
    struct bm_command command = bm_command_make(BM_DO_ACCOUNT_SET);
    joining->now_ms = bm_io_wall_ms(call->api->io);
    joining->session_ms = bm_session_now_ms(call->api);
    call->code = bm_shape_read_json(&bm_join_shape, call->body, &joining->given, NULL, &call->fault);
    if (!call->code)
        call->code = bm_vault_invited(call->api->vault, joining->given.token, joining->now_ms, &joining->operator_id, &call->fault);
    if (!call->code && !bm_mirror_viewer(call->api->mirror, joining->operator_id, &call->viewer))
        call->code = bm_fault_set(&call->fault, BM_FORBIDDEN, "token", "This operator is not active; ask your administrator.");
    if (!call->code && strlen(joining->given.password) < BM_PASSWORD_MIN)
        call->code = bm_fault_set(&call->fault, BM_OUT_OF_RANGE, "password", "The password needs at least %d characters.", BM_PASSWORD_MIN);
    if (!call->code && call->api->logins_running >= BM_LOGINS_MAX)
        call->code = bm_fault_set(&call->fault, BM_TOO_MANY, NULL, "Many people are logging in; try again in a second.");
    if (call->code) {
        bm_call_finish(call);
        return;
    }
    call->api->logins_running++;
    call->holds_login = true;
    command.target = joining->operator_id; /* by the desk itself, on the strength of the link */
    call->work = join_work;
    call->after = join_after;
    bm_command_submit(call, &command);
}
