/* Log-in, log-out, who am I, the first administrator, accounts.  Password hashing runs on workers,
 * few at a time: each takes 64 MiB and some 60 ms of a core. */
#include <stdio.h>
#include <string.h>

#include "api/api_private.h"
#include "api/own_tables.h"
#include "base/alloc.h"
#include "base/json.h"

struct login {
    char login[BM_LOGIN_TEXT + 1];
    char password[BM_PASSWORD_MAX + 2];
};
struct setup {
    char token[BM_TOKEN_TEXT];
    char login[BM_LOGIN_TEXT + 1];
    char password[BM_PASSWORD_MAX + 2];
    char number[16];
    char agency_code[BM_CODE_TEXT];
    char agency_name[BM_NAME_TEXT];
};
struct event_call {
    char event[BM_CODE_TEXT];
};

#define RECORD struct login
static const struct bm_field login_fields[] = {BM_FIELD_TEXT_R(RECORD, login, "login"),
                                               BM_FIELD_TEXT_R(RECORD, password, "password")};
#undef RECORD
#define RECORD struct setup
static const struct bm_field setup_fields[] = {BM_FIELD_TEXT_R(RECORD, token, "token"),
                                               BM_FIELD_TEXT_R(RECORD, login, "login"),
                                               BM_FIELD_TEXT_R(RECORD, password, "password"),
                                               BM_FIELD_TEXT_R(RECORD, number, "number"),
                                               BM_FIELD_TEXT_R(RECORD, agency_code, "agency_code"),
                                               BM_FIELD_TEXT_R(RECORD, agency_name, "agency_name")};
#undef RECORD
#define RECORD struct event_call
static const struct bm_field event_fields[] = {BM_FIELD_TEXT_R(RECORD, event, "event")};
#undef RECORD
const struct bm_shape bm_login_shape = BM_SHAPE("login", struct login, login_fields);
const struct bm_shape bm_account_shape = BM_SHAPE("account", struct login, login_fields);
const struct bm_shape bm_setup_shape = BM_SHAPE("setup", struct setup, setup_fields);
const struct bm_shape bm_event_call_shape = BM_SHAPE("event", struct event_call, event_fields);

/* --- answers with a cookie -------------------------------------------------------------------- */

void bm_me_write(struct bm_call *call) {
    struct bm_buf *out = &call->out;
    bm_buf_text(out, "{\"operator\":");
    bm_json_id(out, call->viewer.operator_id);
    bm_buf_text(out, ",\"roles\":[");
    bool first = true;
    for (uint32_t role = 0; role < bm_role_words.count; role++) {
        if (!(call->viewer.roles & BM_BIT(role))) continue;
        if (!first) bm_buf_byte(out, ',');
        first = false;
        bm_json_text(out, bm_role_words.words[role]);
    }
    bm_buf_text(out, "],\"jurisdiction\":");
    bm_json_id(out, call->viewer.jurisdiction);
    bm_buf_text(out, ",\"unit\":");
    bm_json_id(out, call->viewer.unit);
    bm_buf_printf(out, ",\"training\":%s", call->api->config.training ? "true" : "false");
}

static void cookie_line(const struct bm_call *call, const char *token, char line[240]) {
    bool proxied = call->api->config.behind_proxy;
    snprintf(line, 240, "Set-Cookie: %s=%s; Path=/; HttpOnly; SameSite=Strict%s; Max-Age=%d",
             proxied ? "__Host-bellman" : "bellman", token, proxied ? "; Secure" : "",
             token[0] ? BM_SESSION_MS / 1000 : 0);
}

void bm_finish_with_cookie(struct bm_call *call, const char *token) {
    char line[240];
    const char *headers[] = {line};
    cookie_line(call, token, line);
    struct bm_http_answer answer = {
        .status = call->status,
        .content_type = call->out.len ? "application/json; charset=utf-8" : NULL,
        .headers = headers,
        .header_count = 1,
        .body = call->out.bytes,
        .body_len = call->out.len};
    bm_http_answer(call->exchange, &answer);
    bm_call_free(call);
}

/* --- log-in ----------------------------------------------------------------------------------- */

struct login_state {
    struct login given;
    uint64_t operator_id;
    int64_t now_ms, session_ms; /* by the wall clock; in session time */
    char token[BM_TOKEN_TEXT];
};

static void login_work(struct bm_call *call) {
    struct login_state *state = call->state;
    struct bm_vault *vault = call->api->vault;
    call->code = bm_vault_check_account(vault, state->given.login, state->given.password,
                                        state->now_ms, &state->operator_id, &call->fault);
    bm_wipe(&state->given, sizeof state->given);
    if (!call->code && !bm_mirror_viewer(call->api->mirror, state->operator_id, &call->viewer)) {
        call->code = bm_fault_set(&call->fault, BM_UNAUTHENTICATED, NULL,
                                  "This operator is no longer active.");
    }
    if (!call->code)
        call->code = bm_vault_open_session(vault, state->operator_id, state->session_ms, state->token,
                                           &call->fault);
}

static void login_after(struct bm_call *call) {
    struct login_state *state = call->state;
    if (call->code) {
        bm_call_finish(call);
        return;
    }
    /* The token also stands in the body, for programs that use it as a bearer. */
    bm_me_write(call);
    bm_buf_printf(&call->out, ",\"token\":\"%s\"}", state->token);
    bm_finish_with_cookie(call, state->token);
}

void bm_handle_login(struct bm_call *call) {
    struct login_state *state = call->state = bm_alloc_zero(1, sizeof *state);
    call->code = bm_shape_read_json(&bm_login_shape, call->body, &state->given, NULL, &call->fault);
    if (!call->code && call->api->logins_running >= BM_LOGINS_MAX) {
        call->code = bm_fault_set(&call->fault, BM_TOO_MANY, NULL,
                                  "Many people are logging in; try again in a second.");
    }
    if (call->code) {
        bm_call_finish(call);
        return;
    }
    state->now_ms = bm_io_wall_ms(call->api->io);
    state->session_ms = bm_session_now_ms(call->api);
    call->api->logins_running++;
    call->holds_login = true;
    call->work = login_work;
    call->after = login_after;
    bm_call_work(call);
}

static void logout_work(struct bm_call *call) {
    call->code = bm_vault_end_session(call->api->vault, call->session, &call->fault);
}

static void logout_after(struct bm_call *call) {
    bm_streams_end_session(call->api->streams, call->session);
    if (call->code)
        bm_call_finish(call);
    else
        bm_finish_with_cookie(call, "");
}

void bm_handle_logout(struct bm_call *call) {
    call->work = logout_work;
    call->after = logout_after;
    bm_call_work(call);
}

/* What the desk has of a map: so that a page can say why something is missing. */
static void write_area(struct bm_call *call) {
    const struct bm_api_config *config = &call->api->config;
    const struct bm_road *road = bm_dispatch_road(config->dispatch);
    bm_buf_printf(&call->out,
                  ",\"area\":{\"roads\":{\"loaded\":%s,\"reason\":", road ? "true" : "false");
    if (road)
        bm_buf_text(&call->out, "null");
    else
        bm_json_text(&call->out, config->no_roads
                                     ? config->no_roads
                                     : "The desk was started without roads (--roads FILE).");
    bm_buf_printf(&call->out, "},\"tiles\":%s,\"addresses\":%s}", call->api->tiles ? "true" : "false",
                  call->api->addresses || bm_own_has_addresses(call->api->own_tables) ? "true" : "false");
}

void bm_handle_me(struct bm_call *call) {
    bm_me_write(call);
    write_area(call);
    bm_buf_byte(&call->out, '}');
    bm_call_finish(call);
}

/* --- an operator's account -------------------------------------------------------------------- */

/* The journal has the change; now the vault. */
static void account_work(struct bm_call *call) {
    struct login *given = call->state;
    bm_buf_clear(&call->out);
    call->code = bm_vault_set_account(call->api->vault, call->ids[0], given->login, given->password,
                                      &call->fault);
    bm_wipe(given, sizeof *given);
    if (!call->code)
        call->code = bm_vault_end_sessions_of(call->api->vault, call->ids[0], &call->fault);
    if (!call->code) bm_buf_text(&call->out, "{\"set\":true}");
}

static void account_after(struct bm_call *call) {
    if (!call->code) bm_streams_end_operator(call->api->streams, call->ids[0]);
    bm_call_finish(call);
}

void bm_handle_account(struct bm_call *call) {
    struct bm_command command;
    json_t *none = json_object();
    call->state = bm_alloc_zero(1, sizeof(struct login));
    call->code = bm_shape_read_json(&bm_account_shape, call->body, call->state, NULL, &call->fault);
    if (!call->code) call->code = bm_command_read(call, BM_DO_ACCOUNT_SET, none, &command);
    json_decref(none);
    if (call->code) {
        bm_call_finish(call);
        return;
    }
    call->work = account_work;
    call->after = account_after;
    bm_command_submit(call, &command);
}

/* --- the first administrator
 * ------------------------------------------------------------------------------- Steps, each after
 * the one before was committed: agency, operator, classes; then the account and a session. A crash
 * in between leaves no account, so the next start prints a new link, and the steps are repeated
 * over what is there. */

struct setup_state {
    struct setup given;
    int step;
    struct login_state login;
};

extern const char bm_default_classes[];

static void next_step(struct bm_call *call);

static void setup_work(struct bm_call *call) {
    struct setup_state *state = call->state;
    struct bm_vault *vault = call->api->vault;
    struct bm_fault *fault = &call->fault;
    call->code = bm_vault_set_account(vault, state->login.operator_id, state->given.login,
                                      state->given.password, fault);
    if (!call->code) call->code = bm_vault_end_setup(vault, fault);
    if (!call->code)
        call->code = bm_vault_open_session(vault, state->login.operator_id, state->login.session_ms,
                                           state->login.token, fault);
    bm_wipe(&state->given, sizeof state->given);
}

static void setup_after(struct bm_call *call) {
    struct setup_state *state = call->state;
    bm_buf_clear(&call->out);
    if (call->code ||
        !bm_mirror_viewer(call->api->mirror, state->login.operator_id, &call->viewer)) {
        if (!call->code)
            call->code = bm_fault_set(&call->fault, BM_INTERNAL, NULL,
                                      "The new operator is not there.");
        bm_call_finish(call);
        return;
    }
    bm_me_write(call);
    bm_buf_printf(&call->out, ",\"token\":\"%s\"}", state->login.token);
    bm_finish_with_cookie(call, state->login.token);
}

static struct bm_command setup_command(struct bm_call *call) {
    struct setup_state *state = call->state;
    struct bm_live_status status = bm_live_status(call->api->live);
    struct bm_command command;
    if (state->step == 0) {
        command = bm_command_make(BM_DO_AGENCY_SET);
        memcpy(command.agency_set.code, state->given.agency_code, sizeof command.agency_set.code);
        memcpy(command.agency_set.name, state->given.agency_name, sizeof command.agency_set.name);
        command.agency_set.level = BM_LEVEL_COUNTY;
        command.target = status.records[BM_T_AGENCY] ? 1 : 0;
    } else if (state->step == 1) {
        command = bm_command_make(BM_DO_OPERATOR_SET);
        memcpy(command.operator_set.number, state->given.number,
               sizeof command.operator_set.number);
        command.operator_set.roles = BM_ADMINS | BM_TAKERS;
        command.operator_set.jurisdiction.v = 1;
        command.target = status.records[BM_T_OPERATOR] ? 1 : 0;
    } else {
        command = bm_command_make(BM_DO_PUBLISH);
        memcpy(command.publish.what, "classes", sizeof "classes");
        command.publish.content = bm_bytes_copy(bm_default_classes, strlen(bm_default_classes));
    }
    return command;
}

static void next_step(struct bm_call *call) {
    struct setup_state *state = call->state;
    bm_buf_clear(&call->out);
    if (state->step == 3) {
        state->login.operator_id = 1;
        state->login.session_ms = bm_session_now_ms(call->api);
        call->work = setup_work;
        call->after = setup_after;
        bm_call_work(call);
        return;
    }
    struct bm_command command = setup_command(call);
    state->step++;
    call->after = next_step;
    bm_command_submit(call, &command);
}

void bm_handle_setup(struct bm_call *call) {
    struct setup_state *state = call->state = bm_alloc_zero(1, sizeof *state);
    call->code = bm_shape_read_json(&bm_setup_shape, call->body, &state->given, NULL, &call->fault);
    /* A crash between the account and the end of the link would leave it valid: so accounts end it,
     * too. */
    bool valid = !bm_vault_has_accounts(call->api->vault) &&
                 bm_vault_setup_matches(call->api->vault, state->given.token);
    if (!call->code && !valid) {
        call->code = bm_fault_set(&call->fault, BM_FORBIDDEN, "token",
                                  "This setup link is not valid or was used; restart the server to "
                                  "get a new one, if nobody can log in yet.");
    }
    if (!call->code && strlen(state->given.password) < BM_PASSWORD_MIN) {
        call->code = bm_fault_set(&call->fault, BM_OUT_OF_RANGE, "password",
                                  "The password needs at least %d characters.", BM_PASSWORD_MIN);
    }
    if (!call->code && call->api->setup_runs) {
        call->code = bm_fault_set(&call->fault, BM_CONFLICT, "token",
                                  "Somebody is using this link at this moment.");
    }
    if (call->code) {
        bm_call_finish(call);
        return;
    }
    call->api->setup_runs = call->holds_setup = true;
    next_step(call);
}
