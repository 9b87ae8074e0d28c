/* What happened to a matter, for its reporter: what they were told, and when a date moved and why. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "api/public.h"
#include "base/alloc.h"
#include "base/log.h"
#include "base/time.h"

struct story {
    struct bm_api *api;
    const struct bm_behind *behind;
    const struct bm_viewed *viewed;
    json_t *texts;                            /* as they were at that row */
    int64_t due_at_ms[BM_PROCEDURE_CLOCKS_MAX]; /* the same */
    json_t *notices, *moved, *steps;
    json_t *said;      /* notices of the act that is being read, by their template's place */
    int64_t act_at_ms; /* when that act was: its rows bear one instant */
    char reference[24], receipt[BM_RECEIPT_CODE_BYTES];
};

/* A day on the clocks of the calendar; with the time where minutes count. */
static void date_text(const struct story *story, uint16_t clock, int64_t at_ms, struct bm_buf *out) {
    const struct bm_clock_def *def = &story->viewed->procedure->clocks[clock];
    const struct bm_calendars_in *in = &story->viewed->calendars;
    char text[BM_TIME_TEXT_BYTES];
    int64_t civil_ms = in->count ? bm_zone_civil_ms(bm_calendar_zone(in->calendars[0]), at_ms) : at_ms;
    bool minutes = def->budget.unit == BM_MEASURE_MINUTES || def->budget.unit == BM_MEASURE_WORKING_MINUTES;
    bm_time_text(civil_ms, text);
    text[10] = ' ';
    bm_buf_add(out, text, minutes ? 16 : 10);
}

/* The word of a choice in that language, else the text itself. */
static void value_text(const struct story *story, const char *name, int language, struct bm_buf *out) {
    const json_t *value = json_object_get(story->texts, name);
    uint16_t field = bm_procedure_field(story->viewed->procedure, name);
    const char *text = json_string_value(value);
    if (field == BM_NO_INDEX || !text || !bm_viewed_may_read(story->viewed, field)) return;
    const struct bm_field_def *def = &story->viewed->procedure->fields[field];
    for (uint32_t i = 0; i < def->word_count; i++) {
        if (strcmp(def->words[i], text) == 0 && def->word_labels[i].in[language]) text = def->word_labels[i].in[language];
    }
    bm_buf_text(out, text);
}

/* {field}, {due:clock}, {receipt}, {reference}; check 12 has looked that there is nothing else. */
static void fill_in(const struct story *story, const char *name, size_t len, int language, struct bm_buf *out) {
    char word[BM_PROCEDURE_NAME_MAX + 8] = "";
    if (len >= sizeof word) return;
    memcpy(word, name, len);
    if (strcmp(word, "reference") == 0) {
        bm_buf_text(out, story->reference);
    } else if (strcmp(word, "receipt") == 0) {
        bm_buf_text(out, story->receipt);
    } else if (strncmp(word, "due:", 4) == 0) {
        uint16_t clock = bm_procedure_clock(story->viewed->procedure, word + 4);
        if (clock != BM_NO_INDEX && story->due_at_ms[clock] != BM_AT_NONE) date_text(story, clock, story->due_at_ms[clock], out);
    } else {
        value_text(story, word, language, out);
    }
}

static json_t *notice_text(const struct story *story, const struct bm_label *template, int language) {
    struct bm_buf out = bm_buf_make(1u << 20);
    const char *at = template->in[language] ? template->in[language] : "";
    while (*at) {
        size_t plain = strcspn(at, "{");
        const char *end = at[plain] ? strchr(at + plain, '}') : NULL;
        bm_buf_add(&out, at, plain);
        if (!end) break;
        fill_in(story, at + plain + 1, (size_t)(end - at) - plain - 1, language, &out);
        at = end + 1;
    }
    json_t *text = json_stringn((const char *)out.bytes, out.len);
    bm_buf_free(&out);
    return text ? text : json_string("");
}

/* Whether one of the roles, separated by spaces, is a citizen's. */
static bool told_citizen(const struct bm_procedure *procedure, const char *roles) {
    for (const char *at = roles; *at;) {
        size_t len = strcspn(at, " ");
        for (uint32_t i = 1; i < procedure->role_count; i++) {
            const struct bm_role_def *role = &procedure->roles[i];
            if (role->body == BM_BODY_CITIZEN && strlen(role->name) == len && memcmp(role->name, at, len) == 0) return true;
        }
        at += len;
        at += strspn(at, " ");
    }
    return false;
}

static void take_notice(struct story *story, const struct bm_event *event) {
    const struct bm_procedure *procedure = story->viewed->procedure;
    if (!told_citizen(procedure, event->notice.to)) return;
    for (uint32_t i = 0; i < procedure->template_count; i++) {
        if (strcmp(procedure->templates[i].name, event->notice.text) != 0) continue;
        json_array_append_new(story->said, json_integer(i));
        return;
    }
}

/* A notice names dates that its own act sets, and stands before them in the record: it is written once all of the act
 * is read. */
static void write_notices(struct story *story) {
    const struct bm_procedure *procedure = story->viewed->procedure;
    json_t *index;
    size_t n;
    json_array_foreach(story->said, n, index) {
        const struct bm_label *template = &procedure->templates[json_integer_value(index)].text;
        json_t *texts = json_object();
        for (int l = 0; l < BM_language_COUNT; l++)
            json_object_set_new(texts, bm_language_words[l], notice_text(story, template, l));
        json_array_append_new(story->notices, json_pack("{sI ss so}", "at_ms", (json_int_t)story->act_at_ms, "notice",
                                                        procedure->templates[json_integer_value(index)].name, "text", texts));
    }
    json_array_clear(story->said);
}

static void take_promise(struct story *story, const struct bm_event *event) {
    const struct bm_ev_promise_set *ev = &event->promise_set;
    uint16_t clock = bm_procedure_clock(story->viewed->procedure, ev->clock);
    if (clock == BM_NO_INDEX) return;
    const struct bm_clock_def *def = &story->viewed->procedure->clocks[clock];
    int64_t before = story->due_at_ms[clock];
    if (ev->due_at_ms != BM_AT_NONE) story->due_at_ms[clock] = ev->due_at_ms;
    bool theirs = def->force != BM_FORCE_INTERNAL && def->measures != BM_BODY_CITIZEN;
    bool shown = ev->why == BM_PROMISE_EXTENDED || ev->why == BM_PROMISE_REPROJECTED || ev->why == BM_PROMISE_PAUSED ||
                 ev->why == BM_PROMISE_RESUMED || ev->why == BM_PROMISE_MIGRATED || ev->why == BM_PROMISE_BREACHED;
    if (!theirs || !shown) return;
    json_t *row = json_pack("{sI ss so ss}", "at_ms", (json_int_t)event->at_ms, "clock", ev->clock, "label",
                            bm_label_json(&def->label), "why", bm_word(&bm_promise_change_words, ev->why));
    json_object_set_new(row, "from_ms", before == BM_AT_NONE ? json_null() : json_integer(before));
    json_object_set_new(row, "to_ms", ev->due_at_ms == BM_AT_NONE ? json_null() : json_integer(ev->due_at_ms));
    /* The reason that came with the act, as far as it is the reporter's to read. */
    uint16_t reason = bm_procedure_field(story->viewed->procedure, "reason");
    json_t *text = json_object_get(story->texts, "reason");
    if (ev->why == BM_PROMISE_EXTENDED && text && reason != BM_NO_INDEX && bm_viewed_may_read(story->viewed, reason))
        json_object_set(row, "reason", text);
    json_array_append_new(story->moved, row);
}

/* A step that changed what the citizen is shown. */
static void take_step(struct story *story, const struct bm_event *event) {
    uint16_t state = bm_procedure_state(story->viewed->procedure, event->matter_set.state);
    size_t count = json_array_size(story->steps);
    const json_t *last = count ? json_array_get(story->steps, count - 1) : NULL;
    if (state == BM_NO_INDEX || (last && strcmp(json_string_value(json_object_get(last, "state")), event->matter_set.state) == 0))
        return;
    json_array_append_new(story->steps, json_pack("{sI ss so}", "at_ms", (json_int_t)event->at_ms, "state", event->matter_set.state,
                                                  "label", bm_label_json(&story->viewed->procedure->states[state].label)));
}

static void take_texts(struct story *story, const struct bm_row *row) {
    json_t *texts = bm_row_opened(story->api, row);
    if (texts) json_object_update(story->texts, texts);
    json_decref(texts);
}

static bool take_row(void *context, const struct bm_row *row) {
    struct story *story = context;
    int kind = bm_event_find(row->kind);
    struct bm_event event;
    struct bm_fault fault;
    if (row->at_ms != story->act_at_ms) write_notices(story);
    story->act_at_ms = row->at_ms;
    if (kind == BM_EV_FIELDS_SET && row->key_id) take_texts(story, row);
    if (kind != BM_EV_NOTICE && kind != BM_EV_PROMISE_SET && kind != BM_EV_MATTER_SET) return true;
    if (bm_row_event(row, &event, &fault)) {
        bm_log(BM_LOG_ERROR, "bad_row", "seq=%" PRIu64 " reason=\"%s\"", row->seq, fault.detail);
        return true;
    }
    if (kind == BM_EV_NOTICE) take_notice(story, &event);
    if (kind == BM_EV_PROMISE_SET) take_promise(story, &event);
    if (kind == BM_EV_MATTER_SET) take_step(story, &event);
    bm_event_release(&event);
    return true;
}

/* Choices stand in the course, not among the texts. */
static void add_values(struct story *story) {
    json_t *value;
    const char *name;
    json_object_foreach(story->viewed->texts, name, value) json_object_set(story->texts, name, value);
}

enum bm_code bm_public_story(struct bm_api *api, struct bm_reader *reader, const struct bm_behind *behind, json_t *into,
                             struct bm_fault *fault) {
    struct story story = {.api = api, .behind = behind, .viewed = &behind->viewed, .texts = json_object(), .notices = json_array(),
                          .moved = json_array(), .steps = json_array(), .said = json_array()};
    char subject[BM_SUBJECT_TEXT];
    for (int i = 0; i < BM_PROCEDURE_CLOCKS_MAX; i++) story.due_at_ms[i] = BM_AT_NONE;
    add_values(&story);
    snprintf(story.reference, sizeof story.reference, "%" PRIu64, behind->own.row.id.v);
    bm_receipt_code(api->vault, behind->contact.id.v, story.receipt);
    bm_subject_text((struct bm_subject){BM_SUBJECT_CASE, behind->viewed.row.id.v}, subject);
    enum bm_code code = bm_reader_subject(reader, subject, 0, 0, take_row, &story, fault);
    write_notices(&story);
    json_decref(story.said);
    json_object_set_new(into, "notices", story.notices);
    json_object_set_new(into, "moved", story.moved);
    json_object_set_new(into, "steps", story.steps);
    json_decref(story.texts);
    return code;
}
