#include "api/api.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/api_private.h"
#include "api/imports.h"
#include "api/call_backs.h"
#include "api/locations.h"
#include "api/intake_private.h"
#include "api/mbtiles.h"
#include "api/own_tables.h"
#include "api/shelf.h"
#include "base/alloc.h"
#include "base/failpoint.h"
#include "base/json.h"
#include "base/log.h"
#include "import/addresses.h"

/* Two keys a case: 2,048 keys are a tenth of a second of creates as fast as they can come, and a
 * block takes some 10 ms on a busy disk. */
enum { ANSWER_MAX = 64 * 1024 * 1024, KEYS_AHEAD = 4 * BM_KEY_BLOCK };
#define POSITIONS_EVERY_NS INT64_C(1000000000)

/* --- readers ---------------------------------------------------------------------------------- */

enum bm_code bm_api_reader(struct bm_api *api, struct bm_reader **ret_reader,
                           struct bm_fault *fault) {
    pthread_mutex_lock(&api->readers_lock);
    struct bm_reader *reader = api->reader_count ? api->readers[--api->reader_count] : NULL;
    pthread_mutex_unlock(&api->readers_lock);
    if (!reader) return bm_reader_open_dir(api->config.dir, ret_reader, fault);
    *ret_reader = reader;
    return BM_OK;
}

void bm_api_reader_back(struct bm_api *api, struct bm_reader *reader) {
    pthread_mutex_lock(&api->readers_lock);
    bool kept = api->reader_count < READERS_MAX;
    if (kept) api->readers[api->reader_count++] = reader;
    pthread_mutex_unlock(&api->readers_lock);
    if (!kept) bm_reader_close(reader);
}

/* --- calls ------------------------------------------------------------------------------------ */

void bm_call_free(struct bm_call *call) {
    if (call->holds_setup) call->api->setup_runs = false;
    if (call->holds_login) call->api->logins_running--;
    json_decref(call->body);
    bm_buf_free(&call->out);
    if (call->release && call->state) call->release(call->state);
    bm_free(call->state);
    bm_free(call);
}

static void answer_ok(struct bm_call *call) {
    char etag[40];
    const char *headers[1] = {etag};
    snprintf(etag, sizeof etag, "ETag: \"%u\"", call->etag);
    struct bm_http_answer answer = {
        .status = call->status ? call->status : 200,
        .content_type = "application/json; charset=utf-8",
        .headers = headers,
        .header_count = call->etag ? 1 : 0,
        .body = call->out.bytes,
        .body_len = call->out.len,
    };
    if (!call->out.len) answer.content_type = NULL;
    bm_http_answer(call->exchange, &answer);
}

void bm_call_finish(struct bm_call *call) {
    if (!call->code && call->out.overflow) {
        call->code = bm_fault_set(&call->fault, BM_TOO_LARGE, "limit",
                                  "The answer is too large; ask for fewer rows.");
    }
    if (call->code) {
        call->api->problems++;
        call->fault.code = call->code;
        bm_http_problem(call->exchange, &call->fault);
    } else {
        answer_ok(call);
    }
    bm_call_free(call);
}

void bm_call_refuse(struct bm_call *call, enum bm_code code, const char *field, const char *format,
                    ...) {
    char detail[BM_FAULT_DETAIL_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(detail, sizeof detail, format, arguments);
    va_end(arguments);
    call->code = bm_fault_set(&call->fault, code, field, "%s", detail);
    bm_call_finish(call);
}

static void call_work(void *context) {
    struct bm_call *call = context;
    call->worked = true;
    call->work(call);
}

static void call_after(void *context) {
    struct bm_call *call = context;
    if (!call->worked)
        bm_call_refuse(call, BM_NOT_READY, NULL,
                       "The desk is stopping; try again with the same key.");
    else if (call->after)
        call->after(call);
    else
        bm_call_finish(call);
}

void bm_call_work(struct bm_call *call) {
    call->worked = false;
    enum bm_code code = bm_io_work(call->api->io, call_work, call_after, call);
    if (code)
        bm_call_refuse(call, BM_TOO_MANY, NULL, "Too many questions wait; try again shortly.");
}

/* --- sealing keys ahead ----------------------------------------------------------------------- */

static void make_keys(void *context) {
    struct bm_api *api = context;
    struct bm_fault fault;
    if (bm_vault_make_keys(api->vault, &fault))
        bm_log(BM_LOG_ERROR, "no_new_keys", "reason=\"%s\"", fault.detail);
}

static void made_keys(void *context) {
    struct bm_api *api = context;
    api->making_keys = false;
}

static void keep_keys_ahead(struct bm_api *api) {
    if (api->making_keys || bm_vault_keys_left(api->vault) >= KEYS_AHEAD) return;
    /* First: a new case cannot be taken without keys, and may not wait behind a thousand lists for
     * them. */
    api->making_keys = bm_io_work_first(api->io, make_keys, made_keys, api) == BM_OK;
}

/* --- who asks --------------------------------------------------------------------------------- */

/* A browser's cookie is sent whoever wrote the page; so a changing request by cookie must come from
 * our own page.  Browsers say so in Sec-Fetch-Site, older ones in Origin; a bearer token cannot be
 * sent by others. */
static bool from_own_page(const struct bm_http_request *request) {
    const char *site = bm_http_header(request, "sec-fetch-site");
    if (site) return strcmp(site, "same-origin") == 0 || strcmp(site, "none") == 0;
    const char *origin = bm_http_header(request, "origin"), *host = bm_http_header(request, "host");
    if (!origin) return true;
    const char *name = strstr(origin, "://");
    return name && host && strcmp(name + 3, host) == 0;
}

static bool reads_only(const char *method) {
    return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
}

static enum bm_code authenticate(struct bm_call *call) {
    char token[BM_TOKEN_TEXT];
    const char *bearer = bm_http_header(call->request, "authorization");
    const char *cookie = call->api->config.behind_proxy ? "__Host-bellman" : "bellman";
    if (bearer && strncmp(bearer, "Bearer ", 7) == 0 && strlen(bearer + 7) == BM_TOKEN_TEXT - 1) {
        memcpy(token, bearer + 7, BM_TOKEN_TEXT);
    } else if (bm_http_cookie(call->request, cookie, token, sizeof token) == BM_OK) {
        if (!reads_only(call->request->method) && !from_own_page(call->request)) {
            return bm_fault_set(&call->fault, BM_FORBIDDEN, "Origin",
                                "This request came from another site's page.");
        }
    } else {
        return bm_fault_set(&call->fault, BM_UNAUTHENTICATED, NULL,
                            "Log in first: POST /v1/sessions.");
    }
    uint64_t operator_id;
    enum bm_code code = bm_vault_check_session(
        call->api->vault, token, bm_session_now_ms(call->api), &operator_id, &call->session);
    bm_wipe(token, sizeof token);
    if (code || !bm_mirror_viewer(call->api->mirror, operator_id, &call->viewer)) {
        return bm_fault_set(&call->fault, BM_UNAUTHENTICATED, NULL,
                            "The session has ended; log in again.");
    }
    call->has_viewer = true;
    return BM_OK;
}

/* --- routing
 * ------------------------------------------------------------------------------------------------
 */

/* Reads letters, digits and hyphens for a word; false for none or too many. */
static bool take_word(const char **path, char ret_word[BM_CALL_WORD]) {
    size_t len = 0;
    while (len < BM_CALL_WORD - 1 && (isalnum((unsigned char)**path) || **path == '-')) ret_word[len++] = *(*path)++;
    ret_word[len] = 0;
    return len > 0;
}

/* Matches "/v1/cases/{id}/status"; what stands for a name in braces is a number, read into ret_ids, but for "{receipt}"
 * and "{kind}", read into ret_word. */
static bool path_matches(const char *pattern, const char *path, uint64_t ret_ids[PARAMETERS_MAX],
                         char ret_word[BM_CALL_WORD]) {
    size_t count = 0;
    while (*pattern) {
        if (*pattern != '{') {
            if (*pattern++ != *path++) return false;
            continue;
        }
        if (strncmp(pattern, "{receipt}", 9) == 0 || strncmp(pattern, "{kind}", 6) == 0) {
            if (!take_word(&path, ret_word)) return false;
            pattern = strchr(pattern, '}') + 1;
            continue;
        }
        uint64_t id = 0;
        size_t digits = 0;
        bool is_id = strncmp(pattern, "{id}", 4) == 0;
        if (*path == '0' && is_id)
            return false; /* ids begin at 1, and 0 would ask a command to make something new */
        while (*path >= '0' && *path <= '9' && digits < 18)
            id = id * 10 + (uint64_t)(*path++ - '0'), digits++;
        if (!digits || count == PARAMETERS_MAX) return false;
        ret_ids[count++] = id;
        pattern = strchr(pattern, '}') + 1;
    }
    return *path == 0;
}

static const struct bm_endpoint *find_route(struct bm_call *call, bool *ret_path_known) {
    *ret_path_known = false;
    bool head = strcmp(call->request->method, "HEAD") == 0;
    for (size_t i = 0; i < bm_route_count; i++) {
        const struct bm_endpoint *route = &bm_routes[i];
        uint64_t ids[PARAMETERS_MAX] = {0};
        if (!path_matches(route->path, call->request->path, ids, call->word)) continue;
        *ret_path_known = true;
        if (strcmp(route->method, head ? "GET" : call->request->method) != 0) continue;
        memcpy(call->ids, ids, sizeof ids);
        return route;
    }
    return NULL;
}

static enum bm_code read_body(struct bm_call *call) {
    const struct bm_http_request *request = call->request;
    if (reads_only(request->method)) return BM_OK;
    /* Devices call their bodies what they like; what reads them looks at the bytes. */
    if (call->route->handle == bm_handle_owntracks || call->route->handle == bm_handle_osmand) return BM_OK;
    if (request->body_len == 0) {
        call->body = json_object();
        return BM_OK;
    }
    const char *type = bm_http_header(request, "content-type");
    bool file = type && (strncmp(type, "text/csv", 8) == 0 || strncmp(type, "application/geo+json", 20) == 0);
    if (call->route->file && file) return BM_OK;
    if (call->route->file)
        return bm_fault_set(&call->fault, BM_BAD_MEDIA, "Content-Type",
                            "Send the file itself with Content-Type: text/csv or application/geo+json.");
    bool lines = type && (strncmp(type, "text/plain", 10) == 0 || strncmp(type, "application/yaml", 16) == 0);
    if (call->route->lines && lines) return BM_OK;
    bool json = type && strncmp(type, "application/json", 16) == 0 &&
                (!type[16] || strchr("; \t", type[16]));
    if (!json) {
        return bm_fault_set(&call->fault, BM_BAD_MEDIA, "Content-Type",
                            "Send Content-Type: application/json.");
    }
    return bm_json_parse(request->body, request->body_len, &call->body, &call->fault);
}

static void handle(void *context, struct bm_http_exchange *exchange,
                   const struct bm_http_request *request) {
    struct bm_api *api = context;
    struct bm_call *call = bm_alloc_zero(1, sizeof *call);
    *call = (struct bm_call){
        .ticket = {bm_command_replied}, .api = api, .exchange = exchange, .request = request, .out = bm_buf_make(ANSWER_MAX)};
    api->requests++;
    bool path_known;
    call->route = find_route(call, &path_known);
    if (!call->route) {
        if (bm_handle_asset(call)) return;
        bm_call_refuse(call, path_known ? BM_NO_METHOD : BM_NOT_FOUND, NULL,
                       "There is no %s %.200s; see /openapi.json.", request->method, request->path);
        return;
    }
    call->status = call->route->status;
    bool early = call->route->handle == bm_handle_health ||
                 call->route->handle == bm_handle_ready ||
                 call->route->handle == bm_handle_openapi ||
                 call->route->handle == bm_handle_metrics;
    if (!api->live && !early) {
        bm_call_refuse(call, BM_NOT_READY, NULL,
                       "The desk is still starting; try again with the same key.");
        return;
    }
    if (!call->route->open_to_all) call->code = authenticate(call);
    if (!call->code) call->code = bm_training_gate(call);
    if (!call->code) call->code = read_body(call);
    if (call->code) {
        bm_call_finish(call);
        return;
    }
    if (!reads_only(request->method) && api->live) keep_keys_ahead(api);
    call->route->handle(call);
}

/* Requests that may use the reserved connections: what a caller in danger needs. */
static bool is_emergency(void *context, const char *method, const char *path) {
    (void)context;
    if (strcmp(method, "POST") != 0)
        return strcmp(path, "/healthz") == 0 || strcmp(path, "/readyz") == 0;
    return strncmp(path, "/v1/contacts", 12) == 0 || strncmp(path, "/v1/cases", 9) == 0 ||
           strncmp(path, "/v1/assignments", 15) == 0 || strncmp(path, "/v1/duress", 10) == 0;
}

/* Files to be imported. */
static uint32_t long_body(void *context, const char *method, const char *path) {
    (void)context;
    bool imports = strcmp(method, "POST") == 0 && strncmp(path, "/v1/imports/", 12) == 0;
    return imports ? BM_IMPORT_FILE_MAX : 0;
}

static void on_answered(void *context, int64_t took_ns);

/* --- life
 * ----------------------------------------------------------------------------------------------------
 */

struct bm_api *bm_api_new(struct bm_io *io, const struct bm_http_limits *limits,
                          struct bm_vault *vault, const struct bm_api_config *config) {
    struct bm_api *api = bm_alloc_zero(1, sizeof *api);
    api->config = *config;
    api->io = io;
    api->vault = vault;
    bm_vault_digest_key(vault, api->digest_key);
    pthread_mutex_init(&api->readers_lock, NULL);
    struct bm_http_calls calls = {handle, is_emergency, long_body, on_answered};
    bm_pace_init(&api->acks, (int64_t)BM_ACK_LIMIT_MS * 1000000, config->ack_window_ns ? config->ack_window_ns : (int64_t)BM_ACK_WINDOW_S * 1000000000,
                 bm_io_mono_ns(io));
    api->http = bm_http_new(io, limits, &calls, api);
    api->streams = bm_streams_new(api);
    api->call_backs = bm_call_backs_new();
    api->shelf = bm_shelf_new();
    api->training = bm_training_new();
    api->locations = bm_locations_new();
    api->intake = bm_intake_new(api);
    bm_map_open(api);
    bm_address_index_open(api);
    api->own_tables = bm_own_tables_new(config->dir);
    return api;
}

void bm_api_halt(struct bm_api *api) {
    if (api) api->live = NULL;
}

void bm_api_free(struct bm_api *api) {
    if (!api) return;
    if (api->positions_timer) bm_io_timer_free(api->positions_timer);
    bm_intake_free(api->intake);
    bm_streams_free(api->streams);
    bm_http_free(api->http);
    for (size_t i = 0; i < api->reader_count; i++) bm_reader_close(api->readers[i]);
    bm_mirror_free(api->mirror);
    bm_call_backs_free(api->call_backs);
    bm_shelf_free(api->shelf);
    bm_training_free(api->training);
    bm_locations_free(api->locations);
    bm_mbtiles_close(api->tiles);
    bm_addresses_close(api->addresses);
    bm_own_tables_free(api->own_tables);
    pthread_mutex_destroy(&api->readers_lock);
    bm_wipe(api->digest_key, sizeof api->digest_key);
    bm_free(api);
}

enum bm_code bm_api_listen(struct bm_api *api, const char *host, uint16_t port, uint16_t *ret_port,
                           struct bm_fault *fault) {
    return bm_http_listen(api->http, host, port, ret_port, fault);
}

struct filling {
    struct bm_api *api;
    enum bm_table_kind table;
};

static bool fill(void *context, const void *record) {
    struct filling *filling = context;
    uint64_t id;
    memcpy(&id, record, sizeof id); /* every record begins with its id */
    bm_dispatch_take(filling->api->config.dispatch, filling->table, id, record);
    if (filling->table == BM_T_DEVICE) bm_devices_take(filling->api->intake->devices, record);
    return true;
}

static enum bm_code fill_roster(struct bm_api *api, struct bm_reader *reader, struct bm_fault *fault) {
    static const enum bm_table_kind tables[] = {BM_T_PLACE, BM_T_UNIT, BM_T_CLASS, BM_T_DEVICE};
    enum bm_code code = BM_OK;
    for (int t = 0; t < 4 && !code; t++) {
        struct filling filling = {api, tables[t]};
        struct bm_query query = {.table = tables[t]};
        code = bm_reader_records(reader, &query, fill, &filling, fault);
    }
    return code;
}

void bm_api_turn(struct bm_api *api) {
    struct bm_vitals_turn turn = {
        .at_ns = bm_io_mono_ns(api->io),
        .http = bm_http_counts(api->http),
        .problems = api->problems,
        .ack = bm_pace_figures(&api->acks),
        .clock = bm_clock_watch_word(api->config.clock),
        .clock_warns = bm_clock_watch_warns(api->config.clock),
    };
    bm_vitals_turn(api->config.vitals, &turn);
}

/* Consoles hear of a change at once: beats are rare, and on a busy desk there are none at all. */
static void tell_consoles(struct bm_api *api) {
    char beat[BM_VITALS_BEAT_TEXT];
    bm_vitals_beat(api->config.vitals, beat);
    if (strcmp(beat, api->beat) == 0) return;
    memcpy(api->beat, beat, sizeof beat);
    bm_streams_beat(api->streams);
}

static void look_at_acks(struct bm_api *api) {
    static int64_t ages_ns[BM_PACE_WAITING_MAX]; /* of this thread alone */
    uint32_t waiting = bm_http_waiting(api->http, ages_ns, BM_PACE_WAITING_MAX);
    if (!bm_pace_look(&api->acks, bm_io_mono_ns(api->io), ages_ns, waiting)) return;
    struct bm_pace_figures ack = bm_pace_figures(&api->acks);
    bm_log(ack.is_slow ? BM_LOG_ERROR : BM_LOG_INFO, ack.is_slow ? "acknowledgements_slow" : "acknowledgements_well",
           "p50_ms=%" PRId64 " p99_ms=%" PRId64 " count=%" PRIu64 " limit_ms=%d%s", ack.p50_ns / 1000000, ack.p99_ns / 1000000, ack.count,
           BM_ACK_LIMIT_MS, ack.is_slow ? " mend=\"look at the disk (iostat -x) and at what else runs on this machine\"" : "");
}

static void on_answered(void *context, int64_t took_ns) {
    struct bm_api *api = context;
    bm_pace_add(&api->acks, bm_io_mono_ns(api->io), took_ns);
}

static void on_second(struct bm_api *api) {
    look_at_acks(api);
    bm_api_turn(api);
    bm_session_time_turn(api);
    if (api->live) tell_consoles(api);
}

static void on_positions_timer(void *context) {
    struct bm_api *api = context;
    on_second(api);
    bm_io_timer_set(api->positions_timer, bm_io_mono_ns(api->io) + POSITIONS_EVERY_NS);
    if (api->live) bm_streams_positions(api->streams);
}

enum bm_code bm_api_go(struct bm_api *api, struct bm_live *live, struct bm_fault *fault) {
    struct bm_reader *reader;
    enum bm_code code = bm_api_reader(api, &reader, fault);
    if (code) return code;
    code = bm_mirror_new(reader, &api->mirror, fault);
    if (!code) code = fill_roster(api, reader, fault);
    if (!code) code = bm_contacts_fill(api, reader, fault);
    if (!code) code = bm_locations_fill(api, reader, fault);
    bm_api_reader_back(api, reader);
    if (!code && bm_vault_keys_left(api->vault) < BM_KEY_BLOCK / 2)
        code = bm_vault_make_keys(api->vault, fault);
    if (code) return code;
    api->live = live;
    bm_session_time_begin(api);
    on_second(api);
    api->positions_timer = bm_io_timer_new(api->io, on_positions_timer, api);
    bm_io_timer_set(api->positions_timer, bm_io_mono_ns(api->io) + POSITIONS_EVERY_NS);
    return BM_OK;
}

void bm_api_on_reply(struct bm_api *api, void *ticket, const struct bm_live_reply *reply) {
    if (!ticket) return; /* the desk asked it of itself (alerts.c): whoever waits for it looks at the record */
    ((struct bm_ticket *)ticket)->replied(api, ticket, reply);
    BM_STEP_DONE(answer_written);
}

/* --- erasure follows the record --------------------------------------------------------------- */

struct destroying {
    struct bm_api *api;
    uint64_t keys[2];
};

static void destroy_keys(void *context) {
    struct destroying *destroying = context;
    struct bm_fault fault;
    if (bm_vault_destroy_keys(destroying->api->vault, destroying->keys, 2, &fault)) {
        bm_log(BM_LOG_ERROR, "erasure_unfinished",
               "reason=\"%s\" mend=\"it is repeated at the next start\"", fault.detail);
    }
}

static void free_destroying(void *context) {
    bm_free(context);
}

/* An erased record's keys go, whichever way the erasure came: by a request just now, or found in
 * the journal at start after a crash between commit and destruction. */
static void destroy_keys_of(struct bm_api *api, uint64_t narrative_key, uint64_t identity_key) {
    struct destroying *destroying = bm_alloc_zero(1, sizeof *destroying);
    *destroying = (struct destroying){api, {narrative_key, identity_key}};
    if (bm_io_work(api->io, destroy_keys, free_destroying, destroying) != BM_OK) {
        destroy_keys(destroying);
        bm_free(destroying);
    }
}

/* --- a dismissed operator's sessions end ------------------------------------------------------ */

struct ending {
    struct bm_api *api;
    uint64_t operator_id;
};

static void end_sessions(void *context) {
    struct ending *ending = context;
    struct bm_fault fault;
    if (bm_vault_end_sessions_of(ending->api->vault, ending->operator_id, &fault)) {
        bm_log(BM_LOG_ERROR, "sessions_not_ended", "operator=%" PRIu64 " reason=\"%s\"",
               ending->operator_id, fault.detail);
    }
}

static void free_ending(void *context) {
    bm_free(context);
}

/* The mirror refuses them at once; this is so that they do not come back to life with the operator.
 */
static void end_sessions_of(struct bm_api *api, uint64_t operator_id) {
    struct ending *ending = bm_alloc_zero(1, sizeof *ending);
    *ending = (struct ending){api, operator_id};
    if (bm_io_work(api->io, end_sessions, free_ending, ending) != BM_OK) {
        end_sessions(ending);
        bm_free(ending);
    }
}

void bm_api_on_frame(struct bm_api *api, struct bm_frame *frame) {
    for (size_t i = 0; i < frame->row_count; i++) {
        const struct bm_frame_row *row = &frame->rows[i];
        const struct bm_operator *person = row->table == BM_T_OPERATOR ? row->record : NULL;
        if (person && !person->active) end_sessions_of(api, row->id);
        const struct bm_case *as_case = row->table == BM_T_CASE ? row->record : NULL;
        const struct bm_contact *contact = row->table == BM_T_CONTACT ? row->record : NULL;
        if (as_case && as_case->erased_at_ms == frame->at_ms) {
            destroy_keys_of(api, as_case->narrative_key.v, as_case->identity_key.v);
        }
        if (contact && contact->erased_at_ms == frame->at_ms) {
            destroy_keys_of(api, contact->narrative_key.v, contact->identity_key.v);
        }
        if (row->record && (row->table == BM_T_DURESS || row->table == BM_T_HANDOVER)) {
            struct bm_key_id note = bm_note_erased(row->table, row->record);
            if (note.v) destroy_keys_of(api, note.v, 0);
        }
        if (row->table == BM_T_CONTACT) bm_contacts_take(api, row->id, contact);
    }
    bm_locations_follow(api, frame);
    for (size_t i = 0; i < frame->row_count; i++) {
        const struct bm_frame_row *row = &frame->rows[i];
        bm_dispatch_take(api->config.dispatch, row->table, row->id, row->record);
        if (row->table == BM_T_DEVICE && row->record) bm_devices_take(api->intake->devices, row->record);
    }
    bm_streams_take(api->streams,
                    frame); /* before the mirror: it asks where a case was until now */
    enum bm_rights rights = api->mirror ? bm_mirror_take(api->mirror, frame) : BM_RIGHTS_SAME;
    /* Whose view is another one now is told so before the frame, not after: cut in between, they would resume behind it. */
    if (rights) bm_streams_recheck(api->streams, rights == BM_RIGHTS_TREE);
    bm_streams_feed(api->streams);
}
