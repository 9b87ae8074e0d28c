/* A matter in full: where it stands, what was promised, what was filled in, and what can be done now. */
#include "api/matters.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "base/time.h"
#include "core/posts.h"

/* --- as it stands ----------------------------------------------------------------------------- */

void bm_viewed_free(struct bm_viewed *viewed) {
    bm_shape_release(bm_table_shape(BM_T_CASE), &viewed->row);
    bm_shape_release(bm_table_shape(BM_T_MATTER), &viewed->matter);
    json_decref(viewed->texts);
    bm_free(viewed->people);
    viewed->texts = NULL;
    viewed->people = NULL;
}

/* For how many cases an act would have to bring keys. */
static enum bm_code count_spares(struct bm_api *api, struct bm_reader *reader, struct bm_viewed *viewed, struct bm_fault *fault) {
    struct bm_shelf_search search = {api->shelf, reader, fault, BM_OK};
    struct bm_procedures procedures = bm_shelf_procedures(&search);
    viewed->spares = bm_spares_of(&procedures, viewed->procedure);
    for (uint16_t i = 0; i < viewed->procedure->event_count; i++)
        viewed->spares_of_event[i] = (uint8_t)bm_spares_of_event(&procedures, viewed->procedure, i);
    return search.code;
}

enum bm_code bm_viewed_read(struct bm_api *api, struct bm_reader *reader, uint64_t case_id, struct bm_viewed *viewed,
                            struct bm_fault *fault) {
    *viewed = (struct bm_viewed){.mirror = api->mirror};
    bm_shape_clear(bm_table_shape(BM_T_CASE), &viewed->row);
    bm_shape_clear(bm_table_shape(BM_T_MATTER), &viewed->matter);
    enum bm_code code = bm_reader_get(reader, BM_T_MATTER, case_id, &viewed->matter, fault);
    if (!code) code = bm_reader_get(reader, BM_T_CASE, case_id, &viewed->row, fault);
    if (!code) code = bm_shelf_track(api->shelf, reader, viewed->matter.edition.v, &viewed->track, fault);
    if (!code)
        code = bm_course_read(viewed->track, viewed->matter.course.bytes, viewed->matter.course.len, &viewed->course, fault);
    struct bm_above above = bm_mirror_above(api->mirror, viewed->matter.jurisdiction.v);
    if (!code) code = bm_shelf_calendars(api->shelf, reader, &above, &viewed->calendars, fault);
    if (code) {
        bm_viewed_free(viewed);
        return code;
    }
    viewed->procedure = bm_track_procedure(viewed->track);
    code = count_spares(api, reader, viewed, fault);
    if (code) {
        bm_viewed_free(viewed);
        return code;
    }
    viewed->world = (struct bm_course_world){viewed->calendars.calendars, viewed->calendars.count, viewed, NULL, NULL, NULL};
    return BM_OK;
}

/* Whether somebody else could, and who. */
static bool others(void *context, const struct bm_course *course, const struct bm_row_def *row, char ret_who[BM_COURSE_WHO_TEXT]) {
    const struct bm_viewed *viewed = context;
    memset(ret_who, 0, BM_COURSE_WHO_TEXT);
    for (size_t i = 0; i < viewed->people_count; i++) {
        if (bm_mirror_could(viewed->mirror, viewed->procedure, &viewed->people[i], &viewed->row, &viewed->matter, course, row))
            bm_posts_name(ret_who, viewed->people[i].number);
    }
    return ret_who[0] != 0;
}

static bool take_person(void *context, const void *record) {
    struct bm_viewed *viewed = context;
    const struct bm_operator *row = record;
    struct bm_viewer viewer = {row->id.v, row->roles, row->jurisdiction.v, row->unit.v};
    if (!row->active || !row->posts[0] ||
        !bm_mirror_posts(viewed->mirror, viewed->procedure, row->posts, &viewer, &viewed->matter))
        return true;
    if (viewed->people_count == viewed->people_cap) {
        viewed->people_cap = viewed->people_cap ? viewed->people_cap * 2 : 16;
        viewed->people = bm_realloc(viewed->people, viewed->people_cap * sizeof *viewed->people);
    }
    struct bm_operator *person = &viewed->people[viewed->people_count++];
    *person = *row;
    person->identity = (struct bm_bytes){0};
    return true;
}

enum bm_code bm_viewed_roles(struct bm_call *call, struct bm_reader *reader, struct bm_viewed *viewed) {
    struct bm_operator person;
    enum bm_code code = bm_reader_get(reader, BM_T_OPERATOR, call->viewer.operator_id, &person, &call->fault);
    if (code) return code;
    viewed->roles = bm_mirror_posts(call->api->mirror, viewed->procedure, person.posts, &call->viewer, &viewed->matter);
    viewed->by_desk = (call->viewer.roles & BM_TAKERS) != 0;
    bm_shape_release(bm_table_shape(BM_T_OPERATOR), &person);
    viewed->world.others = others;
    struct bm_query everybody = {.table = BM_T_OPERATOR};
    return bm_reader_records(reader, &everybody, take_person, viewed, &call->fault);
}

/* --- what was filled in ----------------------------------------------------------------------- */

static bool has_body(const struct bm_viewed *viewed, uint32_t bodies) {
    for (uint32_t i = 0; i < viewed->procedure->role_count; i++) {
        if ((viewed->roles >> i & 1) && (bodies >> viewed->procedure->roles[i].body & 1)) return true;
    }
    return false;
}

bool bm_viewed_may_read(const struct bm_viewed *viewed, uint16_t field) {
    const struct bm_field_def *def = &viewed->procedure->fields[field];
    const uint32_t desk = 1u << BM_BODY_DESK, superior = 1u << BM_BODY_SUPERIOR;
    if (viewed->by_citizen) return def->privacy <= BM_PRIVACY_PARTIES; /* whoever holds a receipt is a party */
    /* Secret from every role that they have: a hand that is accused does not get it through another post. */
    if (def->secret_from & viewed->roles) return false;
    switch (def->privacy) {
    case BM_PRIVACY_PUBLIC:
    case BM_PRIVACY_REPORTER:
    case BM_PRIVACY_PARTIES:
    case BM_PRIVACY_UNIT:
        return viewed->by_desk || viewed->roles != 0;
    case BM_PRIVACY_SUPERVISOR:
        return viewed->by_desk || has_body(viewed, desk | superior);
    case BM_PRIVACY_SEALED:
        return has_body(viewed, superior);
    case BM_privacy_COUNT:
        break;
    }
    return false;
}

struct opening {
    struct bm_api *api;
    struct bm_viewed *viewed;
};

/* The latest text of each field stays. */
static bool open_row(void *context, const struct bm_row *row) {
    struct opening *opening = context;
    if (strcmp(row->kind, bm_event_word(BM_EV_FIELDS_SET)) != 0) return true;
    json_t *texts = bm_row_opened(opening->api, row);
    if (texts) json_object_update(opening->viewed->texts, texts);
    json_decref(texts);
    return true;
}

static json_t *value_json(const struct bm_field_def *field, int64_t value) {
    char date[BM_TIME_TEXT_BYTES];
    switch (field->type) {
    case BM_FIELD_INTEGER:
        return json_integer(value);
    case BM_FIELD_YES_NO:
        return json_boolean(value != 0);
    case BM_FIELD_CHOICE:
        return json_string(field->words[value]);
    case BM_FIELD_DATE:
        bm_time_text(value * 86400000, date);
        date[10] = 0;
        return json_string(date);
    case BM_FIELD_TEXT_LINE:
    case BM_FIELD_PLACE:
    case BM_FIELD_PERSON:
    case BM_field_type_COUNT:
        break;
    }
    return NULL;
}

enum bm_code bm_viewed_open(struct bm_api *api, struct bm_reader *reader, struct bm_viewed *viewed, struct bm_fault *fault) {
    char subject[BM_SUBJECT_TEXT];
    struct opening opening = {api, viewed};
    viewed->texts = json_object();
    bm_subject_text((struct bm_subject){BM_SUBJECT_CASE, viewed->row.id.v}, subject);
    enum bm_code code = bm_reader_subject(reader, subject, 0, 0, open_row, &opening, fault);
    for (uint16_t i = 0; i < viewed->procedure->field_count && !code; i++) {
        const struct bm_field_def *field = &viewed->procedure->fields[i];
        bool filled = viewed->course.filled >> i & 1;
        json_t *value = filled ? value_json(field, viewed->course.values[i]) : NULL;
        if (value) json_object_set_new(viewed->texts, field->name, value);
        if (!filled || !bm_viewed_may_read(viewed, i)) json_object_del(viewed->texts, field->name);
    }
    return code;
}

/* --- what can be done ------------------------------------------------------------------------- */

json_t *bm_label_json(const struct bm_label *label) {
    json_t *object = json_object();
    for (int i = 0; i < BM_language_COUNT; i++) {
        if (label->in[i]) json_object_set_new(object, bm_language_words[i], json_string(label->in[i]));
    }
    return object;
}

static json_t *field_names(const struct bm_procedure *procedure, uint64_t fields) {
    json_t *names = json_array();
    for (uint32_t i = 0; i < procedure->field_count; i++) {
        if (fields >> i & 1) json_array_append_new(names, json_string(procedure->fields[i].name));
    }
    return names;
}

/* What an act needs beside its fields. */
struct takes {
    bool agency, other, class;
};

static void take(const struct bm_viewed *viewed, const struct bm_row_def *row, struct takes *takes) {
    const struct bm_hand_over_def *hand_over = &viewed->procedure->hand_over;
    for (uint32_t i = 0; i < row->effect_count; i++) {
        const struct bm_effect_def *effect = &row->effects[i];
        if (effect->effect == BM_EFFECT_HAND_OVER) takes->agency = true;
        if (effect->effect == BM_EFFECT_LINK) takes->other = true;
        if (effect->effect == BM_EFFECT_OPEN_CHILD && strcmp(effect->text, BM_EMERGENCY) == 0) takes->class = true;
    }
    if (hand_over->at.line && row->region == BM_REGION_RESPONSIBILITY && row->state == hand_over->arbitration) takes->agency = true;
}

/* One event may move several regions at once, and the hand-over hang on the row of another than the first. */
static json_t *choice_json(const struct bm_viewed *viewed, const struct bm_course_choice *choice) {
    const struct bm_procedure *procedure = viewed->procedure;
    struct takes takes = {0};
    uint64_t needs = 0;
    for (uint32_t r = 0; r < procedure->row_count; r++) {
        if (!(choice->rows[r / 64] >> r % 64 & 1)) continue;
        needs |= procedure->rows[r].needs;
        take(viewed, &procedure->rows[r], &takes);
    }
    json_t *list = json_array();
    if (takes.agency) json_array_append_new(list, json_string("agency"));
    if (takes.other) json_array_append_new(list, json_string("other"));
    if (takes.class) json_array_append_new(list, json_string("class"));
    return json_pack("{ss so so so ss}", "event", procedure->events[procedure->rows[choice->row].event].name, "needs",
                     field_names(procedure, needs), "missing", field_names(procedure, choice->missing), "takes", list, "spared",
                     bm_bar_words[choice->spared]);
}

static json_t *barred_json(const struct bm_procedure *procedure, const struct bm_course_choice *choice) {
    return json_pack("{ss ss ss}", "event", procedure->events[procedure->rows[choice->row].event].name, "why",
                     bm_bar_words[choice->bar], "who", choice->who);
}

json_t *bm_viewed_choices(const struct bm_viewed *viewed, uint64_t actor, int64_t now_ms, json_t **ret_barred) {
    const struct bm_procedure *procedure = viewed->procedure;
    struct bm_course_choice *choices = bm_alloc(BM_PROCEDURE_EVENTS_MAX * sizeof *choices);
    json_t *list = json_array();
    size_t count = bm_course_choices(viewed->track, &viewed->world, &viewed->course, viewed->roles, actor, now_ms, choices);
    json_t *barred = json_array();
    for (size_t i = 0; i < count; i++) {
        if (choices[i].bar)
            json_array_append_new(barred, barred_json(procedure, &choices[i]));
        else
            json_array_append_new(list, choice_json(viewed, &choices[i]));
    }
    bm_free(choices);
    if (ret_barred)
        *ret_barred = barred;
    else
        json_decref(barred);
    bool reopens = bm_course_closed(viewed->track, &viewed->course) && (procedure->reopen.by & viewed->roles) &&
                   !viewed->row.merged_into.v && viewed->course.counters[BM_COUNTER_REOPENS] < procedure->reopen.limit;
    if (reopens)
        json_array_append_new(list, json_pack("{ss so so s[] ss}", "event", "reopen", "needs",
                                              field_names(procedure, procedure->reopen.needs), "missing",
                                              field_names(procedure, procedure->reopen.needs), "takes", "spared",
                                              bm_bar_words[BM_BAR_NONE]));
    return list;
}

/* --- GET /v1/matters/{id} --------------------------------------------------------------------- */

static void add(struct bm_buf *out, const char *name, json_t *value) {
    char *text = json_dumps(value, JSON_COMPACT);
    bm_buf_printf(out, ",\"%s\":%s", name, text);
    free(text);
    json_decref(value);
}

struct rows {
    struct bm_call *call;
    enum bm_table_kind table;
    bool first;
};

static bool write_row(void *context, const void *record) {
    struct rows *rows = context;
    struct bm_call *call = rows->call;
    if (!bm_mirror_may_see(call->api->mirror, &call->viewer, rows->table, record)) return true;
    if (!rows->first) bm_buf_byte(&call->out, ',');
    rows->first = false;
    bm_row_write(call->api, &call->viewer, BM_OPEN_ALL, rows->table, record, &call->out);
    return !call->out.overflow;
}

static enum bm_code write_rows(struct bm_call *call, struct bm_reader *reader, enum bm_table_kind table, const char *name) {
    struct rows rows = {call, table, true};
    struct bm_query query = {.table = table, .field = "case", .id = call->ids[0]};
    bm_buf_printf(&call->out, ",\"%s\":[", name);
    enum bm_code code = bm_reader_records(reader, &query, write_row, &rows, &call->fault);
    bm_buf_byte(&call->out, ']');
    return code;
}

/* Of each reporter only what they think: who they are is not for everybody who works on the matter. */
static bool write_rating(void *context, const void *record) {
    struct rows *rows = context;
    const struct bm_contact *contact = record;
    struct bm_buf *out = &rows->call->out;
    if (!contact->rating) return true;
    bm_buf_printf(out, "%s{\"contact\":", rows->first ? "" : ",");
    rows->first = false;
    bm_json_id(out, contact->id.v);
    bm_buf_printf(out, ",\"level\":%u,\"solved\":%s,\"rated_at_ms\":%" PRId64, contact->rating,
                  contact->solved == BM_SOLVED_YES ? "true" : "false", contact->rated_at_ms);
    if (contact->check_due_at_ms != BM_AT_NONE)
        bm_buf_printf(out, ",\"check_due_at_ms\":%" PRId64, contact->check_due_at_ms);
    else
        bm_buf_text(out, ",\"check_due_at_ms\":null");
    if (contact->checked_at_ms != BM_AT_NONE)
        bm_buf_printf(out, ",\"checked_at_ms\":%" PRId64 "}", contact->checked_at_ms);
    else
        bm_buf_text(out, ",\"checked_at_ms\":null}");
    return true;
}

static enum bm_code write_ratings(struct bm_call *call, struct bm_reader *reader) {
    struct rows rows = {call, BM_T_CONTACT, true};
    struct bm_query query = {.table = BM_T_CONTACT, .field = "case", .id = call->ids[0]};
    bm_buf_text(&call->out, ",\"ratings\":[");
    enum bm_code code = bm_reader_records(reader, &query, write_rating, &rows, &call->fault);
    bm_buf_byte(&call->out, ']');
    return code;
}

static json_t *role_names(const struct bm_viewed *viewed) {
    json_t *names = json_array();
    for (uint32_t i = 0; i < viewed->procedure->role_count; i++) {
        if (viewed->roles >> i & 1) json_array_append_new(names, json_string(viewed->procedure->roles[i].name));
    }
    return names;
}

static enum bm_code write_viewed(struct bm_call *call, struct bm_reader *reader, struct bm_viewed *viewed) {
    struct bm_buf *out = &call->out;
    int64_t now_ms = bm_io_wall_ms(call->api->io);
    enum bm_code code = bm_viewed_roles(call, reader, viewed);
    if (!code) code = bm_viewed_open(call->api, reader, viewed, &call->fault);
    if (code) return code;
    bm_buf_text(out, ",\"case\":");
    bm_row_write(call->api, &call->viewer, BM_OPEN_ALL, BM_T_CASE, &viewed->row, out);
    bm_buf_text(out, ",\"matter\":");
    bm_row_write(call->api, &call->viewer, BM_OPEN_NOTHING, BM_T_MATTER, &viewed->matter, out);
    call->etag = viewed->row.version;
    add(out, "fields", json_incref(viewed->texts));
    add(out, "roles", role_names(viewed));
    json_t *barred, *choices = bm_viewed_choices(viewed, call->viewer.operator_id, now_ms, &barred);
    add(out, "choices", choices);
    add(out, "barred", barred);
    code = write_rows(call, reader, BM_T_PROMISE, "promises");
    if (!code) code = write_rows(call, reader, BM_T_CONTACT, "contacts");
    if (!code) code = write_rows(call, reader, BM_T_LINK, "links");
    if (!code) code = write_ratings(call, reader);
    return code;
}

static enum bm_code write_matter(struct bm_call *call, struct bm_reader *reader) {
    struct bm_viewed *viewed = bm_alloc(sizeof *viewed);
    enum bm_code code = bm_viewed_read(call->api, reader, call->ids[0], viewed, &call->fault);
    if (!code) {
        bool sees = bm_mirror_may_see(call->api->mirror, &call->viewer, BM_T_CASE, &viewed->row);
        code = sees ? write_viewed(call, reader, viewed) : BM_NOT_FOUND;
        bm_viewed_free(viewed);
    }
    bm_free(viewed);
    if (code != BM_NOT_FOUND) return code;
    return bm_fault_set(&call->fault, BM_NOT_FOUND, "case", "There is no matter %" PRIu64 " that you may see.", call->ids[0]);
}

static void read_matter(struct bm_call *call) {
    bm_with_reader(call, write_matter);
}

void bm_handle_matter(struct bm_call *call) {
    bm_look_then(call, BM_LOOK_CASE, read_matter);
}

/* --- GET /v1/editions/{id} -------------------------------------------------------------------- */

static enum bm_code write_edition(struct bm_call *call, struct bm_reader *reader) {
    struct bm_edition row;
    enum bm_code code = bm_reader_get(reader, BM_T_EDITION, call->ids[0], &row, &call->fault);
    if (code) return code;
    bm_buf_text(&call->out, ",\"edition\":");
    bm_row_write(call->api, &call->viewer, BM_OPEN_NOTHING, BM_T_EDITION, &row, &call->out);
    bm_buf_text(&call->out, ",\"content\":");
    bm_buf_add(&call->out, row.content.bytes, row.content.len); /* canonical JSON */
    bm_shape_release(bm_table_shape(BM_T_EDITION), &row);
    return BM_OK;
}

static void read_edition(struct bm_call *call) {
    bm_with_reader(call, write_edition);
}

void bm_handle_edition(struct bm_call *call) {
    call->work = read_edition;
    bm_call_work(call);
}

/* --- GET /v1/editions/{id}/days --------------------------------------------------------------- */

/* Each of them differs: additions that change nothing are not published. */
static void write_days(const struct bm_calendar_plan *plan, struct bm_buf *out) {
    const char *between = "";
    bm_buf_text(out, ",\"days\":[");
    for (size_t n = 0; n < plan->count; n++) {
        for (size_t r = 0; r < plan->notices[n].count; r++) {
            const struct bm_day_rule *rule = &plan->notices[n].rules[r];
            for (int32_t day = rule->from_day; day <= rule->to_day; day++) {
                char date[BM_DATE_TEXT_BYTES];
                bm_date_text(day, date);
                bm_buf_printf(out, "%s{\"day\":\"%s\",\"works\":%s,\"source\":", between, date,
                              rule->act == BM_DAYS_OFF ? "false" : "true");
                bm_json_text(out, plan->notices[n].source);
                bm_buf_byte(out, '}');
                between = ",";
            }
        }
    }
    bm_buf_byte(out, ']');
}

static enum bm_code write_edition_days(struct bm_call *call, struct bm_reader *reader) {
    struct bm_edition row;
    struct bm_calendar_file *file = NULL;
    enum bm_code code = bm_reader_get(reader, BM_T_EDITION, call->ids[0], &row, &call->fault);
    if (code) return code;
    if (!row.jurisdiction.v)
        code = bm_fault_set(&call->fault, BM_NOT_POSSIBLE, "edition", "Only additions to a calendar differ from one.");
    if (!code) code = bm_calendar_unpacked(row.content.bytes, row.content.len, &file, &call->fault);
    if (!code) write_days(bm_calendar_file_plan(file), &call->out);
    bm_calendar_file_free(file);
    bm_shape_release(bm_table_shape(BM_T_EDITION), &row);
    return code;
}

static void read_edition_days(struct bm_call *call) {
    bm_with_reader(call, write_edition_days);
}

void bm_handle_edition_days(struct bm_call *call) {
    call->work = read_edition_days;
    bm_call_work(call);
}
