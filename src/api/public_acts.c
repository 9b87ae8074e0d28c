/* What a citizen does: writes, adds and withdraws by the receipt, and rates. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "api/public.h"
#include "base/alloc.h"
#include "base/json.h"

struct public_open {
    char procedure[BM_NAMED_TEXT];
    uint64_t agency;
    int32_t lat_e7, lon_e7;
};
struct public_event {
    char event[BM_NAMED_TEXT];
};
struct public_rating {
    uint32_t level;
    bool solved, named;
};
#define RECORD struct public_open
static const struct bm_field open_fields[] = {
    BM_FIELD_TEXT_R(RECORD, procedure, "procedure"),
    BM_FIELD_ID(RECORD, agency, "agency"),
    BM_FIELD_LAT(RECORD, lat_e7),
    BM_FIELD_LON(RECORD, lon_e7),
    BM_FIELD_PERSONAL("text", 16000, &bm_personal_narrative),
    BM_FIELD_PERSONAL("name", 200, &bm_personal_identity),
    BM_FIELD_PERSONAL("number", 64, &bm_personal_identity),
};
#undef RECORD
#define RECORD struct public_event
static const struct bm_field event_fields[] = {BM_FIELD_TEXT_R(RECORD, event, "event")};
#undef RECORD
#define RECORD struct public_rating
static const struct bm_field rating_fields[] = {
    BM_FIELD_COUNT_IN(RECORD, level, "level", 1, 5),
    BM_FIELD_FLAG(RECORD, solved, "solved"),
    BM_FIELD_FLAG(RECORD, named, "named"),
    BM_FIELD_PERSONAL("text", 4000, &bm_personal_narrative),
};
#undef RECORD
const struct bm_shape bm_public_open_shape = BM_SHAPE("public_open", struct public_open, open_fields);
const struct bm_shape bm_public_event_shape = BM_SHAPE("public_event", struct public_event, event_fields);
const struct bm_shape bm_public_rating_shape = BM_SHAPE("public_rating", struct public_rating, rating_fields);

/* --- POST /public/matters ---------------------------------------------------------------------- */

struct opening {
    struct public_open asked;
    uint64_t contact, agency;
    size_t children; /* that its procedure may open by itself */
};

/* Another key for the second command of one request: the same request gives the same two. */
static void next_request(struct bm_command *command) {
    if (!command->has_request) return;
    uint8_t both[20];
    memcpy(both, command->request, 16);
    memcpy(both + 16, "open", 4);
    bm_hash_of(both, sizeof both, command->request, 16);
}

struct looking {
    struct opening *opening;
    uint64_t root, edition;
    bool found;
};

static bool take_agency(void *context, const void *record) {
    struct looking *looking = context;
    const struct bm_agency *agency = record;
    if (!agency->parent.v && !looking->root) looking->root = agency->id.v;
    if (agency->id.v == looking->opening->asked.agency && agency->active) looking->found = true;
    return true;
}

static bool take_edition(void *context, const void *record) {
    struct looking *looking = context;
    const struct bm_edition *edition = record;
    if (edition->kind != BM_EDITION_PROCEDURE || strcmp(edition->name, looking->opening->asked.procedure) != 0) return true;
    looking->found = true;
    looking->edition = edition->id.v;
    return false;
}

/* Worker: whether that may be written about, and to whom. */
static void read_ground(struct bm_call *call) {
    struct opening *opening = call->state;
    struct looking agencies = {.opening = opening}, editions = {.opening = opening};
    struct bm_query every = {.table = BM_T_AGENCY}, current = {.table = BM_T_EDITION, .open_only = true};
    struct bm_reader *reader;
    call->code = bm_api_reader(call->api, &reader, &call->fault);
    if (call->code) return;
    call->code = bm_reader_records(reader, &every, take_agency, &agencies, &call->fault);
    if (!call->code) call->code = bm_reader_records(reader, &current, take_edition, &editions, &call->fault);
    if (!call->code && editions.found)
        call->code = bm_opening_children(call->api, reader, editions.edition, &opening->children, &call->fault);
    bm_api_reader_back(call->api, reader);
    if (call->code) return;
    if (!editions.found || strcmp(opening->asked.procedure, BM_EMERGENCY) == 0)
        call->code = bm_fault_set(&call->fault, BM_NOT_FOUND, "procedure",
                                  "Nothing of that kind can be written about here; see /public/procedures.");
    else if (opening->asked.agency && !agencies.found)
        call->code = bm_fault_set(&call->fault, BM_NOT_FOUND, "agency", "There is no such agency.");
    opening->agency = opening->asked.agency ? opening->asked.agency : agencies.root;
}

/* Worker: the matter is in the record, and so is its receipt. */
static enum bm_code write_opened(struct bm_call *call, struct bm_reader *reader) {
    struct opening *opening = call->state;
    struct bm_behind *behind = bm_alloc(sizeof *behind);
    char text[BM_RECEIPT_CODE_BYTES];
    bm_receipt_code(call->api->vault, opening->contact, text);
    enum bm_code code = bm_behind_read(call->api, reader, text, behind, &call->fault);
    if (!code) {
        code = bm_receipt_write(call, reader, behind, &call->out);
        bm_behind_free(behind);
    }
    bm_free(behind);
    return code;
}

static void read_opened(struct bm_call *call) {
    call->etag = 0;
    bm_with_reader(call, write_opened);
}

/* The letter has come in; now the matter that it is about. */
static void after_contact(struct bm_call *call) {
    struct opening *opening = call->state;
    struct bm_command command;
    char contact[24], agency[24];
    call->after = NULL;
    bm_buf_clear(&call->out);
    opening->contact = call->made_id;
    snprintf(contact, sizeof contact, "%" PRIu64, opening->contact);
    snprintf(agency, sizeof agency, "%" PRIu64, opening->agency);
    json_t *body = json_pack("{ss ss ss sO? sO? sO?}", "procedure", opening->asked.procedure, "contact", contact, "jurisdiction",
                             agency, "description", json_object_get(call->body, "text"), "caller_name",
                             json_object_get(call->body, "name"), "caller_number", json_object_get(call->body, "number"));
    call->code = bm_opening_command(call, body, opening->children, &command);
    json_decref(body);
    if (call->code) {
        bm_call_finish(call);
        return;
    }
    next_request(&command);
    call->work = read_opened;
    bm_command_submit(call, &command);
}

static void submit_contact(struct bm_call *call) {
    struct opening *opening = call->state;
    struct bm_command command;
    char agency[24];
    call->work = NULL;
    call->after = NULL;
    if (call->code) {
        bm_call_finish(call);
        return;
    }
    snprintf(agency, sizeof agency, "%" PRIu64, opening->agency);
    json_t *body = json_pack("{ss ss sO sO? sO?}", "channel", "web_form", "jurisdiction", agency, "text",
                             json_object_get(call->body, "text"), "name", json_object_get(call->body, "name"), "number",
                             json_object_get(call->body, "number"));
    const char *coordinates[] = {"lat", "lon"};
    for (int i = 0; i < 2; i++) {
        json_t *value = json_object_get(call->body, coordinates[i]);
        if (value) json_object_set(body, coordinates[i], value);
    }
    call->code = bm_command_read(call, BM_DO_CONTACT_RECEIVE, body, &command);
    if (!call->code) {
        call->code = bm_command_seal_fresh(call, &command, body);
        if (call->code) bm_command_release(&command);
    }
    json_decref(body);
    if (call->code) {
        bm_call_finish(call);
        return;
    }
    call->after = after_contact;
    bm_command_submit(call, &command);
}

void bm_handle_public_open(struct bm_call *call) {
    struct opening *opening = bm_alloc_zero(1, sizeof *opening);
    const json_t *text = json_object_get(call->body, "text");
    if (!bm_public_may(call, &call->api->public_acts, BM_PUBLIC_ACTS_A_MINUTE)) {
        bm_free(opening);
        return;
    }
    call->state = opening;
    call->code = bm_shape_read_json(&bm_public_open_shape, call->body, &opening->asked, NULL, &call->fault);
    if (!call->code && !(json_is_string(text) && json_string_length(text)))
        call->code = bm_fault_set(&call->fault, BM_MISSING_FIELD, "text", "Write what it is about.");
    if (!call->code && !bm_http_header(call->request, "idempotency-key"))
        call->code = bm_fault_set(&call->fault, BM_MISSING_FIELD, "Idempotency-Key",
                                  "Send an Idempotency-Key, so that a letter that is sent twice arrives once.");
    if (call->code) {
        bm_call_finish(call);
        return;
    }
    call->work = read_ground;
    call->after = submit_contact;
    bm_call_work(call);
}

/* --- POST /public/cases/{receipt}/events, /rating ---------------------------------------------- */

struct acting {
    struct bm_behind behind;
    bool read;
    struct bm_bytes archived;
};

static void read_acting(struct bm_call *call) {
    struct acting *acting = call->state;
    struct bm_reader *reader;
    call->code = bm_api_reader(call->api, &reader, &call->fault);
    if (call->code) return;
    call->code = bm_behind_read(call->api, reader, call->word, &acting->behind, &call->fault);
    acting->read = !call->code;
    if (!call->code)
        call->code = bm_archived_content(reader, acting->behind.own.row.id.v, &acting->archived, &call->fault);
    bm_api_reader_back(call->api, reader);
}

static void let_go(struct acting *acting) {
    if (acting->read) bm_behind_free(&acting->behind);
    bm_bytes_free(&acting->archived);
    acting->read = false;
}

/* Nothing of the answer of the desk is the citizen's to see: they read their matter again. */
static void after_act(struct bm_call *call) {
    bm_buf_clear(&call->out);
    bm_buf_text(&call->out, "{\"done\":true}");
    call->etag = 0;
    bm_call_finish(call);
}

static enum bm_code read_event(struct bm_call *call, struct acting *acting, struct bm_command *ret_command) {
    json_t *fields = json_object_get(call->body, "fields"), *none = json_object(), *rest = json_copy(call->body);
    json_object_del(rest, "fields");
    struct public_event asked;
    enum bm_code code = BM_OK;
    if (fields && !json_is_object(fields) && !json_is_null(fields))
        code = bm_fault_set(&call->fault, BM_WRONG_TYPE, "fields", "\"fields\" must be an object.");
    if (!code) code = bm_shape_read_json(&bm_public_event_shape, rest, &asked, NULL, &call->fault);
    struct bm_command command;
    if (!code) code = bm_command_read(call, BM_DO_MATTER_ACT, rest, &command);
    if (!code) {
        code = bm_act_command(call, &acting->behind.own, asked.event, json_is_object(fields) ? fields : none, &command);
        command.target = acting->behind.own.row.id.v;
        uint64_t contact = acting->behind.contact.id.v;
        command.matter_act.citizen = bm_bytes_copy(&contact, sizeof contact);
        if (code) bm_command_release(&command);
    }
    json_decref(rest);
    json_decref(none);
    if (!code) *ret_command = command;
    return code;
}

static enum bm_code read_rating(struct bm_call *call, struct acting *acting, struct bm_command *ret_command) {
    struct public_rating asked;
    const struct bm_contact *contact = &acting->behind.contact;
    const uint64_t keys[BM_data_class_COUNT] = {contact->narrative_key.v, contact->identity_key.v};
    enum bm_code code = bm_shape_read_json(&bm_public_rating_shape, call->body, &asked, NULL, &call->fault);
    if (!code && !json_is_boolean(json_object_get(call->body, "solved")))
        code = bm_fault_set(&call->fault, BM_MISSING_FIELD, "solved", "Say whether it was solved: true or false.");
    if (code) return code;
    json_t *body = json_copy(call->body);
    json_object_set_new(body, "solved", json_string(asked.solved ? "yes" : "no"));
    struct bm_command command;
    code = bm_command_read(call, BM_DO_RATE, body, &command);
    if (!code) {
        code = bm_command_seal(call, &command, body, keys, NULL);
        command.target = contact->id.v;
        if (code) bm_command_release(&command);
    }
    json_decref(body);
    if (!code) *ret_command = command;
    return code;
}

static void submit_act(struct bm_call *call) {
    struct acting *acting = call->state;
    struct bm_command command;
    bool rates = call->route->handle == bm_handle_public_rating;
    call->work = NULL;
    call->after = NULL;
    bm_buf_clear(&call->out);
    if (!call->code) call->code = rates ? read_rating(call, acting, &command) : read_event(call, acting, &command);
    let_go(acting);
    if (call->code) {
        bm_call_finish(call);
        return;
    }
    call->after = after_act;
    bm_command_submit(call, &command);
}

/* A matter that has left memory is brought back first. */
static void revive_first(struct bm_call *call) {
    struct acting *acting = call->state;
    if (call->code || !acting->archived.len) {
        submit_act(call);
        return;
    }
    struct bm_command command = bm_command_make(BM_DO_CASE_REVIVE);
    command.target = acting->behind.own.row.id.v;
    command.case_revive.content = acting->archived;
    acting->archived = (struct bm_bytes){0};
    call->work = NULL;
    call->after = submit_act;
    bm_command_submit(call, &command);
}

static void act(struct bm_call *call) {
    if (!bm_public_may(call, &call->api->public_acts, BM_PUBLIC_ACTS_A_MINUTE)) return;
    call->state = bm_alloc_zero(1, sizeof(struct acting));
    call->work = read_acting;
    call->after = revive_first;
    bm_call_work(call);
}

void bm_handle_public_event(struct bm_call *call) {
    act(call);
}

void bm_handle_public_rating(struct bm_call *call) {
    act(call);
}
