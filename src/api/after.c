/* After the event: everything that anyone did about a case and about those who reported it, in the order of the record; for a
 * page to read, to print, or for a spreadsheet. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "api/alerts.h"
#include "api/export.h"
#include "base/alloc.h"
#include "base/json.h"
#include "report/captions.h"
#include "report/tables.h"

/* Events of one case and its contacts that are shown; the answer says when there are more. */
enum { EVENTS_MAX = 20000 };

struct kept_event {
    uint64_t seq;
    size_t at, len; /* in call->out of the gathering */
};

struct gathering {
    struct bm_call *call;
    struct bm_reader *reader;
    bool opens;
    bool more;
    struct kept_event *events;
    size_t count, cap;
    uint64_t *contacts;
    size_t contact_count;
    enum bm_code code;
};

static bool gather_row(void *context, const struct bm_row *row) {
    struct gathering *gathering = context;
    struct bm_call *call = gathering->call;
    gathering->more = gathering->count == EVENTS_MAX;
    if (gathering->more) return false;
    if (gathering->count == gathering->cap) {
        gathering->cap = gathering->cap ? gathering->cap * 2 : 256;
        gathering->events = bm_realloc(gathering->events, gathering->cap * sizeof *gathering->events);
    }
    size_t at = call->out.len;
    bm_timeline_write(call, row, gathering->opens);
    gathering->events[gathering->count++] = (struct kept_event){row->seq, at, call->out.len - at};
    return !call->out.overflow;
}

static bool gather_contact(void *context, const void *record) {
    struct gathering *gathering = context;
    const struct bm_contact *contact = record;
    struct bm_call *call = gathering->call;
    if (!bm_mirror_may_see(call->api->mirror, &call->viewer, BM_T_CONTACT, contact)) return true;
    gathering->contacts = bm_realloc(gathering->contacts, (gathering->contact_count + 1) * sizeof *gathering->contacts);
    gathering->contacts[gathering->contact_count++] = contact->id.v;
    return true;
}

static enum bm_code gather_subject(struct gathering *gathering, enum bm_subject_kind kind, uint64_t id) {
    char subject[BM_SUBJECT_TEXT];
    bm_subject_text((struct bm_subject){kind, id}, subject);
    return bm_reader_subject(gathering->reader, subject, 0, 0, gather_row, gathering, &gathering->call->fault);
}

static int by_seq(const void *a, const void *b) {
    const struct kept_event *one = a, *other = b;
    return (one->seq > other->seq) - (one->seq < other->seq);
}

static enum bm_code gather_all(struct gathering *gathering) {
    struct bm_call *call = gathering->call;
    struct bm_case row;
    enum bm_code code = bm_read_visible(call, gathering->reader, BM_T_CASE, &row);
    if (code) return code;
    gathering->opens = bm_mirror_may_open(call->api->mirror, &call->viewer, BM_T_CASE, &row);
    bm_shape_release(bm_table_shape(BM_T_CASE), &row);
    struct bm_query query = {.table = BM_T_CONTACT, .field = "case", .id = call->ids[0]};
    code = bm_reader_records(gathering->reader, &query, gather_contact, gathering, &call->fault);
    if (!code) code = gather_subject(gathering, BM_SUBJECT_CASE, call->ids[0]);
    for (size_t i = 0; i < gathering->contact_count && !code; i++)
        code = gather_subject(gathering, BM_SUBJECT_CONTACT, gathering->contacts[i]);
    if (gathering->count) qsort(gathering->events, gathering->count, sizeof *gathering->events, by_seq);
    return code;
}

/* --- for a spreadsheet ------------------------------------------------------------------------- */

static void instant_cell(struct bm_workbook *book, const struct bm_export *export, const json_t *at_ms) {
    char text[BM_INSTANT_TEXT];
    if (!json_is_integer(at_ms)) {
        bm_workbook_none(book);
        return;
    }
    bm_instant_text(json_integer_value(at_ms), export->zone_ms, text);
    bm_workbook_text(book, text);
}

/* "to: en_route; assignment: 7": whatever the event says, by its names in the API. */
static void members_cell(struct bm_workbook *book, const json_t *object) {
    struct bm_buf text = bm_buf_make(1u << 20);
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, name, value) {
        if (json_is_null(value)) continue;
        char *written = json_is_string(value) ? NULL : json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
        bm_buf_printf(&text, "%s%s: %s", text.len ? "; " : "", name, written ? written : json_string_value(value));
        free(written);
    }
    bm_workbook_text(book, bm_buf_c_text(&text));
    bm_buf_free(&text);
}

/* Operators by their numbers; the desk itself has none. */
static void who_cell(struct bm_workbook *book, struct gathering *gathering, const char *actor) {
    struct bm_operator person;
    struct bm_fault none;
    const char *digits = strrchr(actor, '/');
    uint64_t id = digits ? strtoull(digits + 1, NULL, 10) : 0;
    if (!id || bm_reader_get(gathering->reader, BM_T_OPERATOR, id, &person, &none)) {
        bm_workbook_text(book, actor);
        return;
    }
    bm_workbook_text(book, person.number);
    bm_shape_release(bm_table_shape(BM_T_OPERATOR), &person);
}

static enum bm_code event_row(struct gathering *gathering, const struct bm_export *export, const struct kept_event *kept,
                              struct bm_workbook *book) {
    struct bm_call *call = gathering->call;
    json_t *event;
    enum bm_code code = bm_json_parse(call->out.bytes + kept->at, kept->len, &event, &call->fault);
    if (code) return code;
    const json_t *body = json_object_get(event, "body");
    bm_workbook_number(book, (int64_t)kept->seq);
    instant_cell(book, export, json_object_get(event, "at_ms"));
    instant_cell(book, export, json_object_get(body, "occurred_at_ms"));
    who_cell(book, gathering, json_string_value(json_object_get(event, "actor")));
    bm_workbook_text(book, json_string_value(json_object_get(event, "kind")));
    members_cell(book, body);
    members_cell(book, json_object_get(event, "personal"));
    bm_workbook_row(book);
    json_decref(event);
    return BM_OK;
}

static enum bm_code write_file(struct gathering *gathering, struct bm_export *export) {
    static const enum bm_caption heads[] = {BM_CAPTION_SEQ, BM_CAPTION_RECORDED, BM_CAPTION_OCCURRED, BM_CAPTION_WHO, BM_CAPTION_KIND, BM_CAPTION_WHAT, BM_CAPTION_SAID};
    struct bm_workbook book = bm_export_begin(export);
    enum bm_code code = BM_OK;
    bm_workbook_sheet(&book, "timeline");
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) bm_workbook_caption(&book, heads[i], export->language);
    bm_workbook_row(&book);
    for (size_t i = 0; i < gathering->count && !code; i++) code = event_row(gathering, export, &gathering->events[i], &book);
    enum bm_code ended = bm_export_end(gathering->call, export, &book);
    return code ? code : ended;
}

/* --- as JSON ----------------------------------------------------------------------------------- */

/* The events stand in call->out behind what bm_with_reader wrote: they are put in their order behind the case. */
static enum bm_code write_json(struct gathering *gathering, size_t begins) {
    struct bm_call *call = gathering->call;
    size_t len = call->out.len - begins;
    uint8_t *events = bm_alloc(len + 1);
    memcpy(events, call->out.bytes + begins, len);
    call->out.len = begins;
    enum bm_code code = bm_case_write(call, gathering->reader);
    if (!code) code = bm_deliveries_write(call, call->ids[0]);
    bm_buf_printf(&call->out, ",\"more\":%s,\"events\":[", gathering->more ? "true" : "false");
    for (size_t i = 0; i < gathering->count; i++) {
        if (i) bm_buf_byte(&call->out, ',');
        bm_buf_add(&call->out, events + gathering->events[i].at - begins, gathering->events[i].len);
    }
    bm_buf_byte(&call->out, ']');
    bm_free(events);
    return code;
}

static enum bm_code write_record(struct bm_call *call, struct bm_reader *reader) {
    struct gathering gathering = {.call = call, .reader = reader};
    struct bm_export *export;
    size_t begins = call->out.len;
    enum bm_code code = bm_export_asked(call, "timeline", &export);
    if (!code) code = gather_all(&gathering);
    if (!code && call->out.overflow)
        code = bm_fault_set(&call->fault, BM_TOO_LARGE, "case", "The record of this case is too long for one answer; read its timeline in parts.");
    if (!code) code = export ? write_file(&gathering, export) : write_json(&gathering, begins);
    bm_free(gathering.events);
    bm_free(gathering.contacts);
    return code;
}

static void read_record(struct bm_call *call) {
    bm_with_reader(call, write_record);
}

void bm_handle_case_record(struct bm_call *call) {
    call->after = bm_export_answer;
    bm_look_then(call, BM_LOOK_CASE, read_record);
}
