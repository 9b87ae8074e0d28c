/* What people do with a matter: the event of its procedure, what they fill in, to whom they hand it. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "procedure/builtin.h"
#include "api/matters.h"
#include "base/alloc.h"
#include "base/check.h"
#include "base/json.h"
#include "import/zone_files.h"
#include "procedure/calendar_file.h"

enum { ACT_TEXT_MAX = 16000 };

/* --- fields ----------------------------------------------------------------------------------- */

static bool is_text(const struct bm_field_def *field) {
    return field->type == BM_FIELD_TEXT_LINE || field->type == BM_FIELD_PLACE || field->type == BM_FIELD_PERSON;
}

static enum bm_code split_text(const struct bm_field_def *field, json_t *value, json_t *fields,
                               json_t *texts[BM_data_class_COUNT], struct bm_fault *fault) {
    if (!json_is_string(value))
        return bm_fault_set(fault, BM_WRONG_TYPE, field->name, "\"%s\" must be a text.", field->name);
    if (json_string_length(value) == 0) return BM_OK; /* nothing was said: as if it were not there */
    if (json_string_length(value) > ACT_TEXT_MAX)
        return bm_fault_set(fault, BM_TOO_LONG, field->name, "\"%s\" has %d bytes at most.", field->name, ACT_TEXT_MAX);
    json_object_set_new(fields, field->name, json_true());
    json_object_set(texts[field->type == BM_FIELD_PERSON ? BM_DATA_IDENTITY : BM_DATA_NARRATIVE], field->name, value);
    return BM_OK;
}

enum bm_code bm_act_split(const struct bm_procedure *procedure, const json_t *given, json_t **ret_fields,
                          json_t *texts[BM_data_class_COUNT], struct bm_fault *fault) {
    json_t *fields = json_object(), *value;
    const char *name;
    enum bm_code code = BM_OK;
    for (int c = 0; c < BM_data_class_COUNT; c++) texts[c] = json_object();
    json_object_foreach((json_t *)given, name, value) {
        uint16_t field = bm_procedure_field(procedure, name);
        if (field == BM_NO_INDEX)
            code = bm_fault_set(fault, BM_UNKNOWN_FIELD, name, "\"%.40s\" is no field of \"%s\".", name, procedure->name);
        else if (json_is_null(value))
            continue;
        else if (is_text(&procedure->fields[field]))
            code = split_text(&procedure->fields[field], value, fields, texts, fault);
        else
            json_object_set(fields, name, value); /* judged where it is decided */
        if (code) break;
    }
    if (code) {
        json_decref(fields);
        for (int c = 0; c < BM_data_class_COUNT; c++) json_decref(texts[c]);
        return code;
    }
    *ret_fields = fields;
    return BM_OK;
}

static enum bm_code seal(struct bm_call *call, struct bm_command *command, int data_class, uint64_t key_id, json_t *texts) {
    uint8_t key[BM_KEY_BYTES], nonce[BM_NONCE_BYTES];
    command->sealed[data_class].key_id = key_id;
    if (json_object_size(texts) == 0) return BM_OK;
    if (bm_vault_key(call->api->vault, key_id, key) != BM_OK)
        return bm_fault_set(&call->fault, BM_NOT_POSSIBLE, NULL,
                            "The personal part of this was erased, and takes no more; open a new case.");
    char *text = json_dumps(texts, JSON_COMPACT | JSON_SORT_KEYS);
    size_t len = strlen(text);
    bm_entropy(nonce, sizeof nonce);
    command->sealed[data_class].value = bm_seal(key, key_id, nonce, text, len);
    bm_wipe(key, sizeof key);
    bm_wipe(text, len);
    free(text);
    return BM_OK;
}

enum bm_code bm_fresh_child_keys(struct bm_call *call, size_t count, struct bm_bytes *ret_keys) {
    uint64_t keys[2 * BM_SPARES_ACT_MAX]; /* of an act, and of the engine before it or after */
    BM_CHECK(count <= BM_SPARES_ACT_MAX);
    for (size_t i = 0; i < 2 * count; i++) {
        struct bm_vault_key fresh;
        if (bm_vault_take_key(call->api->vault, &fresh) != BM_OK)
            return bm_fault_set(&call->fault, BM_NOT_READY, NULL,
                                "New sealing keys are being made; try again with the same key.");
        keys[i] = fresh.id;
        bm_wipe(&fresh, sizeof fresh);
    }
    *ret_keys = bm_bytes_copy(keys, 2 * count * sizeof keys[0]);
    return BM_OK;
}

/* --- POST /v1/matters ------------------------------------------------------------------------- */

struct beginning {
    size_t children;
};

struct finding_edition {
    const char *name;
    uint64_t edition; /* 0: none is published; the desk says so */
};

static bool find_edition(void *context, const void *record) {
    struct finding_edition *finding = context;
    const struct bm_edition *row = record;
    bool found = row->kind == BM_EDITION_PROCEDURE && strcmp(row->name, finding->name) == 0;
    if (found) finding->edition = row->id.v;
    return !found;
}

/* Worker: how many cases the procedure may open by itself. */
static void read_beginning(struct bm_call *call) {
    struct bm_query query = {.table = BM_T_EDITION, .open_only = true};
    const char *name = json_string_value(json_object_get(call->body, "procedure"));
    struct finding_edition finding = {.name = name ? name : ""};
    struct bm_reader *reader;
    struct beginning *beginning = call->state;
    call->code = bm_api_reader(call->api, &reader, &call->fault);
    if (call->code) return;
    call->code = bm_reader_records(reader, &query, find_edition, &finding, &call->fault);
    if (!call->code && finding.edition)
        call->code = bm_opening_children(call->api, reader, finding.edition, &beginning->children, &call->fault);
    bm_api_reader_back(call->api, reader);
}

static void submit_beginning(struct bm_call *call) {
    struct bm_command command;
    struct beginning *beginning = call->state;
    call->work = NULL;
    call->after = NULL;
    if (!call->code) call->code = bm_opening_command(call, call->body, beginning->children, &command);
    if (call->code)
        bm_call_finish(call);
    else
        bm_command_submit(call, &command);
}

void bm_handle_matter_open(struct bm_call *call) {
    call->state = bm_alloc_zero(1, sizeof(struct beginning));
    call->work = read_beginning;
    call->after = submit_beginning;
    bm_call_work(call);
}

enum bm_code bm_opening_children(struct bm_api *api, struct bm_reader *reader, uint64_t edition, size_t *ret_count,
                                 struct bm_fault *fault) {
    struct bm_shelf_search search = {api->shelf, reader, fault, BM_OK};
    struct bm_procedures procedures = bm_shelf_procedures(&search);
    const struct bm_track *track;
    enum bm_code code = bm_shelf_track(api->shelf, reader, edition, &track, fault);
    if (code) return code;
    *ret_count = bm_spares_of(&procedures, bm_track_procedure(track));
    return search.code;
}

enum bm_code bm_opening_command(struct bm_call *call, const json_t *body, size_t children, struct bm_command *ret_command) {
    struct bm_command command;
    enum bm_code code = bm_command_read(call, BM_DO_MATTER_OPEN, body, &command);
    if (code) return code;
    code = bm_command_seal_fresh(call, &command, body);
    if (!code && children) code = bm_fresh_child_keys(call, children, &command.matter_open.spare_keys);
    if (code)
        bm_command_release(&command);
    else
        *ret_command = command;
    return code;
}

enum bm_code bm_act_command(struct bm_call *call, const struct bm_viewed *viewed, const char *event, const json_t *given,
                            struct bm_command *command) {
    json_t *fields, *texts[BM_data_class_COUNT];
    const uint64_t keys[BM_data_class_COUNT] = {viewed->row.narrative_key.v, viewed->row.identity_key.v};
    enum bm_code code = bm_act_split(viewed->procedure, given, &fields, texts, &call->fault);
    if (code) return code;
    char *text = json_dumps(fields, JSON_COMPACT | JSON_SORT_KEYS);
    command->matter_act.fields = bm_bytes_copy(text, strlen(text));
    free(text);
    const char *hash = json_string_value(json_object_get(texts[BM_DATA_NARRATIVE], "offer_hash"));
    if (hash && strlen(hash) < sizeof command->matter_act.offer_hash)
        memcpy(command->matter_act.offer_hash, hash, strlen(hash));
    for (int c = 0; c < BM_data_class_COUNT && !code; c++) code = seal(call, command, c, keys[c], texts[c]);
    uint16_t index = bm_procedure_event(viewed->procedure, event);
    /* And for what the engine opens when it catches up first, or could not for want of keys. */
    size_t children = (index == BM_NO_INDEX ? 0 : viewed->spares_of_event[index]) + viewed->spares;
    if (!code && children) code = bm_fresh_child_keys(call, children, &command->matter_act.child_keys);
    json_decref(fields);
    for (int c = 0; c < BM_data_class_COUNT; c++) json_decref(texts[c]);
    return code;
}

/* --- POST /v1/cases/{id}/events, of a matter -------------------------------------------------- */

/* {"event":..,"fields":{..},"agency":..,"other":..,"class":..}: all but the fields as the command has them. */
static enum bm_code read_act(struct bm_call *call, const struct bm_viewed *viewed, struct bm_command *ret_command) {
    json_t *fields = json_object_get(call->body, "fields");
    if (fields && !json_is_object(fields) && !json_is_null(fields))
        return bm_fault_set(&call->fault, BM_WRONG_TYPE, "fields", "\"fields\" must be an object.");
    json_t *rest = json_copy(call->body), *none = json_object();
    json_object_del(rest, "fields");
    struct bm_command command;
    enum bm_code code = bm_command_read(call, BM_DO_MATTER_ACT, rest, &command);
    json_decref(rest);
    if (!code) {
        code = bm_act_command(call, viewed, command.matter_act.event, json_is_object(fields) ? fields : none, &command);
        if (code) bm_command_release(&command);
    }
    json_decref(none);
    if (!code) *ret_command = command;
    return code;
}

void bm_act_submit(struct bm_call *call, const struct bm_viewed *viewed) {
    struct bm_command command;
    call->work = NULL;
    call->after = NULL;
    call->code = read_act(call, viewed, &command);
    if (call->code)
        bm_call_finish(call);
    else
        bm_command_submit(call, &command);
}

/* --- publishing: the body is the file --------------------------------------------------------- */

/* `jurisdiction`: whose additions they are, as the request has it; "": nobody's. */
static void submit_edition(struct bm_call *call, const char *what, const char *jurisdiction, struct bm_bytes content) {
    struct bm_command command;
    json_t *named = json_pack("{ss}", "what", what);
    if (jurisdiction[0]) json_object_set_new(named, "jurisdiction", json_string(jurisdiction));
    call->code = bm_command_read(call, BM_DO_PUBLISH, named, &command);
    json_decref(named);
    if (call->code) {
        bm_bytes_free(&content);
        bm_call_finish(call);
        return;
    }
    command.publish.content = content;
    bm_command_submit(call, &command);
}

/* The file: the body, or with ?builtin=NAME one that comes with the program.  Not owned. */
static enum bm_code file_of(struct bm_call *call, const char *what, struct bm_bytes *ret_file) {
    char name[BM_NAMED_TEXT];
    enum bm_code code = bm_http_query(call->request, "builtin", name, sizeof name);
    if (code == BM_NOT_FOUND) {
        *ret_file = (struct bm_bytes){(uint8_t *)call->request->body, (uint32_t)call->request->body_len};
        return BM_OK;
    }
    const struct bm_builtin *builtin = code ? NULL : bm_builtin_find(what, name);
    if (!builtin)
        return bm_fault_set(&call->fault, BM_NOT_FOUND, "builtin", "No such %s comes with the program; GET /v1/builtins lists them.",
                            what);
    *ret_file = (struct bm_bytes){(uint8_t *)builtin->file, (uint32_t)strlen(builtin->file)};
    return BM_OK;
}

void bm_handle_procedure(struct bm_call *call) {
    struct bm_bytes file = {0};
    call->code = file_of(call, "procedure", &file);
    if (call->code)
        bm_call_finish(call);
    else
        submit_edition(call, "procedure", "", bm_bytes_copy(file.bytes, file.len));
}

void bm_handle_builtins(struct bm_call *call) {
    bm_buf_text(&call->out, "{\"builtins\":[");
    for (size_t i = 0; i < bm_builtin_count; i++)
        bm_buf_printf(&call->out, "%s{\"what\":\"%s\",\"name\":\"%s\"}", i ? "," : "", bm_builtins[i].what,
                      bm_builtins[i].name);
    bm_buf_text(&call->out, "]}");
    bm_call_finish(call);
}

enum { ID_TEXT = 24 };
struct publishing {
    struct bm_bytes content;
    char jurisdiction[ID_TEXT];
};

/* A calendar's zone comes from this machine's tzdata, once, and goes into the record with it; additions have none. */
static void read_zone(struct bm_call *call) {
    struct publishing *publishing = call->state;
    struct bm_bytes *content = &publishing->content, given = {0};
    struct bm_findings findings = {.count = 0};
    struct bm_calendar_file *file;
    struct bm_buf zone = bm_buf_make(2 * BM_ZONE_FILE_MAX), packed = bm_buf_make(16u << 20);
    call->code = bm_http_query(call->request, "jurisdiction", publishing->jurisdiction, sizeof publishing->jurisdiction);
    if (call->code && call->code != BM_NOT_FOUND) {
        bm_fault_set(&call->fault, call->code, "jurisdiction", "The jurisdiction is the number of an agency.");
        return;
    }
    call->code = file_of(call, "calendar", &given);
    if (call->code) return;
    call->code = bm_calendar_file_read(given.bytes, given.len, &findings, &file);
    if (call->code) {
        const struct bm_file_finding *first = &findings.items[0];
        call->code = bm_fault_set(&call->fault, BM_BAD_FILE, first->where[0] ? first->where : "content", "Line %u, column %u: %s",
                     first->at.line, first->at.column, first->detail);
    } else {
        if (!bm_calendar_file_title(file)[0]) /* here and not in the reader: what a record holds already must stay readable */
            call->code = bm_fault_set(&call->fault, BM_BAD_FILE, "title", "The title is empty. Write one behind the colon, in quotes where it begins with #.");
        else if (bm_calendar_file_adds(file) && !publishing->jurisdiction[0])
            call->code = bm_fault_set(&call->fault, BM_MISSING_FIELD, "jurisdiction",
                                      "These are additions to a calendar: say for which agency (?jurisdiction=ID).");
        else if (!bm_calendar_file_adds(file) && bm_zone_bytes(bm_calendar_file_zone(file), &zone, &call->fault))
            call->code = call->fault.code = BM_BAD_FILE;
        bm_calendar_file_free(file);
    }
    if (!call->code) {
        bm_calendar_packed(given.bytes, given.len, zone.bytes, zone.len, &packed);
        *content = bm_bytes_copy(packed.bytes, packed.len);
    }
    bm_buf_free(&zone);
    bm_buf_free(&packed);
}

static void submit_calendar(struct bm_call *call) {
    struct publishing *publishing = call->state;
    call->work = NULL;
    call->after = NULL;
    if (call->code)
        bm_call_finish(call);
    else
        submit_edition(call, "calendar", publishing->jurisdiction, publishing->content);
}

void bm_handle_calendar(struct bm_call *call) {
    call->state = bm_alloc_zero(1, sizeof(struct publishing));
    call->work = read_zone;
    call->after = submit_calendar;
    bm_call_work(call);
}
