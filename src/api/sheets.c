/* One case or contact in full, its timeline, and what is written into it.  Opening a sheet is a
 * look, and every look is a committed event before anything is shown. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/matters.h"
#include "base/alloc.h"
#include "base/json.h"
#include "base/log.h"

/* Of one answer; what comes after it is asked for from its last seq. */
enum { TIMELINE_ROWS_MAX = 2000, TIMELINE_BYTES_MAX = 4 << 20 };

/* --- look, then read -------------------------------------------------------------------------- */

/* A look lasts five minutes: reading the same thing again in the same session within them is the
 * same look, or a sheet that stays open would fill the record at every change.  What was refused is
 * noted, too: the worker asks bm_may_see again, whatever is noted here. */
enum { LOOK_LASTS_S = 300 };

static bool looks_still(struct bm_call *call, enum bm_look_scope scope) {
    struct bm_look_note note = {call->session, call->ids[0], (uint8_t)scope,
                                bm_io_mono_ns(call->api->io)};
    uint64_t slot = (note.session * 31 + note.target) * 3 + note.scope;
    struct bm_look_note *kept = &call->api->looks[slot % BM_LOOKS_KEPT];
    bool same = kept->session == note.session && kept->target == note.target &&
                kept->scope == note.scope && kept->at_ns &&
                note.at_ns - kept->at_ns < (int64_t)LOOK_LASTS_S * 1000000000;
    if (!same) *kept = note;
    return same;
}

/* Submits the look; `work` runs on a worker once it is committed. */
void bm_look_then(struct bm_call *call, enum bm_look_scope scope, void (*work)(struct bm_call *)) {
    if (looks_still(call, scope)) {
        call->work = work;
        bm_call_work(call);
        return;
    }
    struct bm_command command = bm_command_make(BM_DO_LOOK);
    command.actor.v = call->viewer.operator_id;
    command.target = call->ids[0];
    command.look.scope = (uint8_t)scope;
    call->work = work;
    bm_command_submit(call, &command);
}

struct listing {
    struct bm_call *call;
    enum bm_table_kind table;
    enum bm_open open;
    bool first;
};

static bool list_record(void *context, const void *record) {
    struct listing *listing = context;
    struct bm_call *call = listing->call;
    if (!bm_mirror_may_see(call->api->mirror, &call->viewer, listing->table, record)) return true;
    if (!listing->first) bm_buf_byte(&call->out, ',');
    listing->first = false;
    bm_row_write(call->api, &call->viewer, listing->open, listing->table, record, &call->out);
    return !call->out.overflow;
}

static enum bm_code list_of_case(struct bm_call *call, struct bm_reader *reader,
                                 enum bm_table_kind table, const char *name, enum bm_open open) {
    struct listing listing = {call, table, open, true};
    struct bm_query query = {.table = table, .field = "case", .id = call->ids[0]};
    bm_buf_printf(&call->out, ",\"%s\":[", name);
    enum bm_code code = bm_reader_records(reader, &query, list_record, &listing, &call->fault);
    bm_buf_byte(&call->out, ']');
    return code;
}

/* The record as it stands in the transaction, for whoever may see it now (it may have moved to
 * another area since the look). */
enum bm_code bm_read_visible(struct bm_call *call, struct bm_reader *reader,
                             enum bm_table_kind table, void *ret_record) {
    enum bm_code code = bm_reader_get(reader, table, call->ids[0], ret_record, &call->fault);
    if (!code && bm_mirror_may_see(call->api->mirror, &call->viewer, table, ret_record))
        return BM_OK;
    if (!code) bm_shape_release(bm_table_shape(table), ret_record);
    if (code && code != BM_NOT_FOUND) return code;
    return bm_fault_set(&call->fault, BM_NOT_FOUND, bm_word(&bm_table_kind_words, table),
                        "There is no %s %" PRIu64 " that you may see.",
                        bm_word(&bm_table_kind_words, table), call->ids[0]);
}

enum bm_code bm_case_write(struct bm_call *call, struct bm_reader *reader) {
    struct bm_case row;
    enum bm_code code = bm_read_visible(call, reader, BM_T_CASE, &row);
    if (code) return code;
    bm_buf_text(&call->out, ",\"case\":");
    bm_row_write(call->api, &call->viewer, BM_OPEN_ALL, BM_T_CASE, &row, &call->out);
    call->etag = row.version;
    bm_shape_release(bm_table_shape(BM_T_CASE), &row);
    code = list_of_case(call, reader, BM_T_CONTACT, "contacts", BM_OPEN_ALL);
    if (!code) code = list_of_case(call, reader, BM_T_ASSIGNMENT, "assignments", BM_OPEN_NOTHING);
    if (!code) code = list_of_case(call, reader, BM_T_CLOCK, "clocks", BM_OPEN_NOTHING);
    if (!code) code = list_of_case(call, reader, BM_T_LINK, "links", BM_OPEN_NOTHING);
    return code;
}

/* Opens a reader and a read transaction around `body`, which appends members to {"seq":..}. */
void bm_with_reader(struct bm_call *call,
                    enum bm_code (*body)(struct bm_call *, struct bm_reader *)) {
    struct bm_reader *reader;
    uint64_t seq;
    bm_buf_clear(&call->out);
    call->code = bm_api_reader(call->api, &reader, &call->fault);
    if (call->code) return;
    call->code = bm_reader_begin(reader, &seq, &call->fault);
    if (!call->code) {
        call->read_seq = seq;
        bm_buf_printf(&call->out, "{\"seq\":%" PRIu64, seq);
        call->code = body(call, reader);
        bm_buf_byte(&call->out, '}');
        bm_reader_end(reader);
    }
    bm_api_reader_back(call->api, reader);
}

static void read_case(struct bm_call *call) {
    bm_with_reader(call, bm_case_write);
}

void bm_handle_case(struct bm_call *call) {
    bm_look_then(call, BM_LOOK_CASE, read_case);
}

static enum bm_code write_contact(struct bm_call *call, struct bm_reader *reader) {
    struct bm_contact row;
    enum bm_code code = bm_read_visible(call, reader, BM_T_CONTACT, &row);
    if (code) return code;
    bm_buf_text(&call->out, ",\"contact\":");
    bm_row_write(call->api, &call->viewer, BM_OPEN_ALL, BM_T_CONTACT, &row, &call->out);
    bm_shape_release(bm_table_shape(BM_T_CONTACT), &row);
    return BM_OK;
}

static void read_contact(struct bm_call *call) {
    bm_with_reader(call, write_contact);
}

void bm_handle_contact(struct bm_call *call) {
    bm_look_then(call, BM_LOOK_CONTACT, read_contact);
}

/* --- timeline --------------------------------------------------------------------------------- */

struct timeline {
    struct bm_call *call;
    bool opens;
    size_t count;
    bool more; /* there are rows behind the last one of this answer */
};

static void write_sealed(struct bm_call *call, const struct bm_row *row) {
    json_t *personal = bm_row_opened(call->api, row);
    char *text = personal ? json_dumps(personal, JSON_COMPACT) : NULL;
    bm_buf_text(&call->out, text ? text : "null");
    free(text);
    json_decref(personal);
}

/* What was recommended, as the JSON that it is. */
static void write_recommended(const struct bm_row *row, struct bm_buf *out) {
    struct bm_event event;
    struct bm_fault fault;
    if (bm_row_event(row, &event, &fault)) {
        bm_log(BM_LOG_ERROR, "bad_row", "seq=%" PRIu64 " reason=\"%s\"", row->seq, fault.detail);
        bm_buf_text(out, "{}");
        return;
    }
    bm_buf_add(out, event.recommended.content.bytes, event.recommended.content.len);
    bm_event_release(&event);
}

void bm_timeline_write(struct bm_call *call, const struct bm_row *row, bool opens) {
    struct bm_buf *out = &call->out;
    bm_buf_printf(out,
                  "{\"seq\":%" PRIu64 ",\"at_ms\":%" PRId64
                  ",\"kind\":\"%s\",\"actor\":\"%s\",\"body\":",
                  row->seq, row->at_ms, row->kind, row->actor);
    /* What left and re-entered memory is the case itself, and holds its ciphertext: not for the
     * wire. */
    bool whole_case = strcmp(row->kind, "case_archived") == 0 ||
                      strcmp(row->kind, "case_revived") == 0;
    if (whole_case)
        bm_buf_text(out, "{}");
    else if (strcmp(row->kind, "recommended") == 0)
        write_recommended(row, out);
    else
        bm_buf_add(out, row->body, row->body_len);
    bm_buf_text(out, ",\"personal\":");
    if (row->key_id && opens)
        write_sealed(call, row);
    else
        bm_buf_text(out, "null");
    bm_buf_byte(out, '}');
}

static bool timeline_row(void *context, const struct bm_row *row) {
    struct timeline *timeline = context;
    struct bm_buf *out = &timeline->call->out;
    timeline->more = timeline->count == TIMELINE_ROWS_MAX || out->len > TIMELINE_BYTES_MAX;
    if (timeline->more) return false;
    if (timeline->count++) bm_buf_byte(out, ',');
    bm_timeline_write(timeline->call, row, timeline->opens);
    return !out->overflow;
}

static enum bm_code write_timeline(struct bm_call *call, struct bm_reader *reader) {
    struct bm_case row;
    char subject[BM_SUBJECT_TEXT];
    uint64_t from = 0;
    enum bm_code code = bm_query_digits(call, "from", &from);
    if (!code) code = bm_read_visible(call, reader, BM_T_CASE, &row);
    if (code) return code;
    struct timeline timeline = {
        call, bm_mirror_may_open(call->api->mirror, &call->viewer, BM_T_CASE, &row), 0, false};
    bm_shape_release(bm_table_shape(BM_T_CASE), &row);
    bm_subject_text((struct bm_subject){BM_SUBJECT_CASE, call->ids[0]}, subject);
    bm_buf_text(&call->out, ",\"events\":[");
    code = bm_reader_subject(reader, subject, from, 0, timeline_row, &timeline, &call->fault);
    bm_buf_printf(&call->out, "],\"more\":%s", timeline.more ? "true" : "false");
    return code;
}

static void read_timeline(struct bm_call *call) {
    bm_with_reader(call, write_timeline);
}

void bm_handle_timeline(struct bm_call *call) {
    bm_look_then(call, BM_LOOK_CASE, read_timeline);
}

/* --- writing into a case: its keys are read first --------------------------------------------- */

struct keyed {
    uint64_t keys[BM_data_class_COUNT];
    json_t *former[BM_data_class_COUNT];
};

/* Worker: the case's keys, and what they seal now (a change keeps what it does not mention). */
static void read_keys(struct bm_call *call) {
    struct bm_reader *reader;
    struct keyed *keyed = call->state;
    struct bm_case row;
    call->code = bm_api_reader(call->api, &reader, &call->fault);
    if (call->code) return;
    call->code = bm_reader_get(reader, BM_T_CASE, call->ids[0], &row, &call->fault);
    bm_api_reader_back(call->api, reader);
    if (call->code) return;
    if (bm_mirror_may_see(call->api->mirror, &call->viewer, BM_T_CASE, &row)) {
        keyed->keys[BM_DATA_NARRATIVE] = row.narrative_key.v;
        keyed->keys[BM_DATA_IDENTITY] = row.identity_key.v;
        if (call->route->command == BM_DO_CASE_CHANGE) {
            keyed->former[BM_DATA_NARRATIVE] = bm_row_unseal(call->api, row.narrative_key.v,
                                                             &row.narrative);
            keyed->former[BM_DATA_IDENTITY] = bm_row_unseal(call->api, row.identity_key.v,
                                                            &row.identity);
        }
    } else {
        call->code = bm_fault_set(&call->fault, BM_NOT_FOUND, "case",
                                  "There is no case %" PRIu64 " that you may see.", call->ids[0]);
    }
    bm_shape_release(bm_table_shape(BM_T_CASE), &row);
}

static void submit_keyed(struct bm_call *call) {
    struct keyed *keyed = call->state;
    struct bm_command command;
    if (!call->code) {
        call->code = bm_command_read(call, (enum bm_command_kind)call->route->command, call->body,
                                     &command);
    }
    if (!call->code) {
        call->code = bm_command_seal(call, &command, call->body, keyed->keys, keyed->former);
        if (call->code) bm_command_release(&command);
    }
    for (int c = 0; c < BM_data_class_COUNT; c++) json_decref(keyed->former[c]);
    call->work = NULL;
    call->after = NULL;
    if (call->code)
        bm_call_finish(call);
    else
        bm_command_submit(call, &command);
}

static void with_keys(struct bm_call *call) {
    call->state = bm_alloc_zero(1, sizeof(struct keyed));
    call->work = read_keys;
    call->after = submit_keyed;
    bm_call_work(call);
}

void bm_handle_entry(struct bm_call *call) {
    with_keys(call);
}

void bm_handle_case_change(struct bm_call *call) {
    with_keys(call);
}

/* --- events of the procedure: {"event":"close","fields":{...}} -------------------------------- */

struct archived_row {
    uint64_t seq;
    struct bm_bytes content;
};

static bool take_content(void *context, const struct bm_row *row) {
    struct archived_row *archived = context;
    struct bm_event event;
    struct bm_fault fault;
    if (row->seq != archived->seq || bm_row_event(row, &event, &fault) != BM_OK) return false;
    if (event.kind == BM_EV_CASE_ARCHIVED) {
        archived->content = event.case_archived.content;
        event.case_archived.content = (struct bm_bytes){0};
    }
    bm_event_release(&event);
    return false;
}

enum bm_code bm_archived_content(struct bm_reader *reader, uint64_t case_id, struct bm_bytes *ret_content,
                                 struct bm_fault *fault) {
    struct bm_stub row;
    struct bm_fault none;
    *ret_content = (struct bm_bytes){0};
    if (bm_reader_get(reader, BM_T_STUB, case_id, &row, &none) != BM_OK) return BM_OK;
    struct archived_row archived = {.seq = row.archived_seq.v};
    enum bm_code code = bm_reader_follow(reader, archived.seq - 1, take_content, &archived, fault);
    *ret_content = archived.content;
    return code;
}

/* An event on its way: the procedure of a matter, and what was archived of its case. */
struct archived {
    struct bm_bytes content;
    bool is_matter;
    struct bm_viewed viewed;
};

/* Worker: the procedure that the case goes by, if it does; and when it has left memory, what the journal says of it. */
static enum bm_code read_ground(struct bm_call *call, struct bm_reader *reader) {
    struct archived *archived = call->state;
    enum bm_code code = bm_viewed_read(call->api, reader, call->ids[0], &archived->viewed, &call->fault);
    archived->is_matter = !code && bm_mirror_may_see(call->api->mirror, &call->viewer, BM_T_CASE, &archived->viewed.row);
    if (!code && !archived->is_matter) bm_viewed_free(&archived->viewed);
    if (code && code != BM_NOT_FOUND) return code;
    return bm_archived_content(reader, call->ids[0], &archived->content, &call->fault);
}

static void read_archived(struct bm_call *call) {
    struct bm_reader *reader;
    call->code = bm_api_reader(call->api, &reader, &call->fault);
    if (call->code) return;
    call->code = read_ground(call, reader);
    bm_api_reader_back(call->api, reader);
}

static enum bm_code only_event_and_fields(struct bm_call *call) {
    const char *name;
    json_t *value;
    json_object_foreach(call->body, name, value) {
        if (strcmp(name, "fields") == 0) {
            if (json_is_object(value) || json_is_null(value)) continue;
            return bm_fault_set(&call->fault, BM_WRONG_TYPE, name, "\"fields\" must be an object.");
        }
        if (strcmp(name, "event") == 0) continue;
        return bm_fault_set(&call->fault, BM_UNKNOWN_FIELD, name,
                            "\"%.40s\" is not known here; these are: event, fields.", name);
    }
    return BM_OK;
}

/* What opens a case out of an incident: by the names in its procedure, which the core knows. */
static enum bm_code read_branch(struct bm_call *call, struct bm_command *ret_command) {
    enum bm_code code = bm_command_read(call, BM_DO_CASE_EVENT, call->body, ret_command);
    if (code) return code;
    code = bm_fresh_child_keys(call, 1, &ret_command->case_event.child_keys);
    if (code) bm_command_release(ret_command);
    return code;
}

static void submit_event(struct bm_call *call) {
    const char *word = json_string_value(json_object_get(call->body, "event"));
    static const enum bm_command_kind kinds[] = {BM_DO_CASE_CLAIM, BM_DO_CASE_CLOSE,
                                                 BM_DO_CASE_REOPEN};
    json_t *fields = json_object_get(call->body, "fields");
    json_t *none = json_object();
    bool given = fields && !json_is_null(fields);
    struct bm_command command;
    call->work = NULL;
    call->after = NULL;
    bool own = false;
    for (int i = 0; i < 3 && word; i++) {
        if (strcmp(word, bm_command_word(kinds[i])) != 0) continue;
        own = true;
        call->code = only_event_and_fields(call);
        if (!call->code)
            call->code = bm_command_read(call, kinds[i], given ? fields : none, &command);
    }
    if (!own) call->code = read_branch(call, &command);
    json_decref(none);
    if (call->code)
        bm_call_finish(call);
    else
        bm_command_submit(call, &command);
}

/* By the procedure, or by an incident's own events. */
static void submit_by_kind(struct bm_call *call) {
    struct archived *archived = call->state;
    if (!archived->is_matter) {
        submit_event(call);
        return;
    }
    struct bm_viewed viewed = archived->viewed;
    archived->is_matter = false;
    bm_act_submit(call, &viewed);
    bm_viewed_free(&viewed);
}

/* The revived case is in memory; the event that was asked for goes on. */
static void after_revive(struct bm_call *call) {
    bm_buf_clear(&call->out);
    submit_by_kind(call);
}

static void revive_first(struct bm_call *call) {
    struct archived *archived = call->state;
    if (call->code) {
        bm_call_finish(call);
        return;
    }
    const char *word = json_string_value(json_object_get(call->body, "event"));
    bool reopens = word && strcmp(word, "reopen") == 0; /* anything else is refused, and says what to do */
    if (!archived->content.len || !reopens) {
        bm_bytes_free(&archived->content);
        submit_by_kind(call);
        return;
    }
    struct bm_command command = bm_command_make(BM_DO_CASE_REVIVE);
    command.actor.v = call->viewer.operator_id;
    command.target = call->ids[0];
    command.case_revive.content = archived->content;
    archived->content = (struct bm_bytes){0};
    call->work = NULL;
    call->after = after_revive;
    bm_command_submit(call, &command);
}

void bm_handle_case_event(struct bm_call *call) {
    const char *word = json_string_value(json_object_get(call->body, "event"));
    if (word && strcmp(word, "claim") == 0) {
        submit_event(call);
        return;
    }
    call->state = bm_alloc_zero(1, sizeof(struct archived));
    call->work = read_archived;
    call->after = revive_first;
    bm_call_work(call);
}

/* --- erase: answered when the keys are gone --------------------------------------------------- */

struct erasing {
    enum bm_table_kind table; /* of the records that are gathered */
    uint64_t *keys;
    size_t count;
};

/* Of a contact, a note of a call for help, or a hand-over note; 0 where there is none. */
static bool gather_keys(void *context, const void *record) {
    struct erasing *erasing = context;
    const struct bm_shape *shape = bm_table_shape(erasing->table);
    static const char *const names[] = {"narrative_key", "identity_key"};
    erasing->keys = bm_realloc(erasing->keys, (erasing->count + 2) * sizeof *erasing->keys);
    for (int i = 0; i < 2; i++) {
        const struct bm_field *field = bm_shape_find(shape, names[i]);
        uint64_t key = field ? *(const uint64_t *)bm_field_of(field, record) : 0;
        if (key) erasing->keys[erasing->count++] = key;
    }
    return true;
}

static enum bm_code gather_one(struct bm_call *call, struct bm_reader *reader, struct erasing *erasing, enum bm_table_kind table) {
    const struct bm_shape *shape = bm_table_shape(table);
    void *row = bm_alloc(shape->record_size);
    enum bm_code code = bm_reader_get(reader, table, call->ids[0], row, &call->fault);
    erasing->table = table;
    if (!code) {
        gather_keys(erasing, row);
        bm_shape_release(shape, row);
    }
    bm_free(row);
    return code;
}

/* What goes with a case: its contacts, and the notes of calls for help that it was opened for. */
static enum bm_code gather_case(struct bm_call *call, struct bm_reader *reader, struct erasing *erasing) {
    static const enum bm_table_kind hang_on_it[] = {BM_T_CONTACT, BM_T_DURESS};
    enum bm_code code = gather_one(call, reader, erasing, BM_T_CASE);
    for (int i = 0; i < 2 && !code; i++) {
        struct bm_query query = {.table = hang_on_it[i], .field = "case", .id = call->ids[0]};
        erasing->table = hang_on_it[i];
        code = bm_reader_records(reader, &query, gather_keys, erasing, &call->fault);
    }
    return code;
}

static void destroy(struct bm_call *call) {
    struct bm_reader *reader;
    struct erasing erasing = {0};
    call->code = bm_api_reader(call->api, &reader, &call->fault);
    if (call->code) return;
    call->code = call->route->command == BM_DO_ERASE_CASE
                     ? gather_case(call, reader, &erasing)
                     : gather_one(call, reader, &erasing, (enum bm_table_kind)call->route->response);
    bm_api_reader_back(call->api, reader);
    if (!call->code)
        call->code = bm_vault_destroy_keys(call->api->vault, erasing.keys, erasing.count,
                                           &call->fault);
    bm_free(erasing.keys);
}

void bm_handle_erase(struct bm_call *call) {
    call->work = destroy;
    bm_handle_command(call);
}

/* --- what was found about a bad rating: sealed under the keys of its case ---------------------- */

static void read_rated(struct bm_call *call) {
    struct bm_reader *reader;
    struct keyed *keyed = call->state;
    struct bm_contact contact;
    struct bm_case row;
    call->code = bm_api_reader(call->api, &reader, &call->fault);
    if (call->code) return;
    call->code = bm_reader_get(reader, BM_T_CONTACT, call->ids[0], &contact, &call->fault);
    if (!call->code) {
        uint64_t case_id = contact.on_case.v;
        bm_shape_release(bm_table_shape(BM_T_CONTACT), &contact);
        call->code = bm_reader_get(reader, BM_T_CASE, case_id, &row, &call->fault);
    }
    bm_api_reader_back(call->api, reader);
    if (call->code) return;
    keyed->keys[BM_DATA_NARRATIVE] = row.narrative_key.v;
    keyed->keys[BM_DATA_IDENTITY] = row.identity_key.v;
    bm_shape_release(bm_table_shape(BM_T_CASE), &row);
}

void bm_handle_rating_check(struct bm_call *call) {
    call->state = bm_alloc_zero(1, sizeof(struct keyed));
    call->work = read_rated;
    call->after = submit_keyed;
    bm_call_work(call);
}
