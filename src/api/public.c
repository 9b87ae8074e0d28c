/* What a citizen sees: what may be written about, and where their matter stands. */
#include "api/public.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "base/qr.h"
#include "core/posts.h"

/* A minute's share may be spent at once, and comes back evenly. */
bool bm_public_may(struct bm_call *call, struct bm_bucket *bucket, int a_minute) {
    const int64_t minute_ns = INT64_C(60) * 1000000000, now_ns = bm_io_mono_ns(call->api->io);
    if (bucket->spent_until_ns < now_ns) bucket->spent_until_ns = now_ns;
    if (bucket->spent_until_ns - now_ns > minute_ns) {
        bm_call_refuse(call, BM_TOO_MANY, NULL, "Too many people write just now; try again in a minute with the same key.");
        return false;
    }
    bucket->spent_until_ns += minute_ns / a_minute;
    return true;
}

/* --- what stands behind a code ----------------------------------------------------------------- */

void bm_behind_free(struct bm_behind *behind) {
    bm_shape_release(bm_table_shape(BM_T_CONTACT), &behind->contact);
    bm_viewed_free(&behind->own);
    if (behind->joined) bm_viewed_free(&behind->viewed);
}

static void as_citizen(struct bm_viewed *viewed) {
    viewed->by_citizen = true;
    viewed->roles = bm_posts_citizen(viewed->procedure);
}

enum bm_code bm_behind_read(struct bm_api *api, struct bm_reader *reader, const char *code_text, struct bm_behind *behind,
                            struct bm_fault *fault) {
    uint64_t contact_id;
    enum bm_code code = bm_receipt_contact(api->vault, code_text, &contact_id, fault);
    if (code) return code;
    *behind = (struct bm_behind){.joined = false};
    if (bm_reader_get(reader, BM_T_CONTACT, contact_id, &behind->contact, fault) != BM_OK) return bm_receipt_unknown(fault);
    if (!behind->contact.on_case.v || bm_viewed_read(api, reader, behind->contact.on_case.v, &behind->own, fault) != BM_OK) {
        bm_shape_release(bm_table_shape(BM_T_CONTACT), &behind->contact);
        return bm_receipt_unknown(fault);
    }
    behind->viewed = behind->own;
    uint64_t into = behind->own.row.merged_into.v;
    if (into && bm_viewed_read(api, reader, into, &behind->viewed, fault) == BM_OK)
        behind->joined = true;
    else
        behind->viewed = behind->own;
    as_citizen(&behind->own);
    as_citizen(&behind->viewed);
    return BM_OK;
}

/* --- GET /public/procedures -------------------------------------------------------------------- */

struct offered {
    struct bm_call *call;
    struct bm_reader *reader;
    json_t *list;
};

static bool offer(void *context, const void *record) {
    struct offered *offered = context;
    const struct bm_edition *row = record;
    const struct bm_track *track;
    struct bm_fault fault;
    bool meant = row->kind == BM_EDITION_PROCEDURE && strcmp(row->name, BM_EMERGENCY) != 0;
    if (!meant || bm_shelf_track(offered->call->api->shelf, offered->reader, row->id.v, &track, &fault)) return true;
    const struct bm_procedure *procedure = bm_track_procedure(track);
    if (!bm_posts_citizen(procedure)) return true;
    const struct bm_state_def *first = &procedure->states[bm_procedure_descend(procedure, procedure->initial[BM_REGION_HANDLING])];
    json_array_append_new(offered->list,
                          json_pack("{ss so so sb}", "name", row->name, "title", bm_label_json(&procedure->title), "next",
                                    bm_label_json(&first->next), "example", procedure->example));
    return true;
}

static enum bm_code write_procedures(struct bm_call *call, struct bm_reader *reader) {
    struct bm_query query = {.table = BM_T_EDITION, .open_only = true};
    struct offered offered = {call, reader, json_array()};
    enum bm_code code = bm_reader_records(reader, &query, offer, &offered, &call->fault);
    char *text = json_dumps(offered.list, JSON_COMPACT);
    bm_buf_printf(&call->out, ",\"procedures\":%s", text);
    free(text);
    json_decref(offered.list);
    return code;
}

static void read_procedures(struct bm_call *call) {
    bm_with_reader(call, write_procedures);
}

void bm_handle_public_procedures(struct bm_call *call) {
    if (!bm_public_may(call, &call->api->public_looks, BM_PUBLIC_LOOKS_A_MINUTE)) return;
    call->work = read_procedures;
    bm_call_work(call);
}

/* --- GET /public/cases/{receipt} --------------------------------------------------------------- */

static void set_at(json_t *object, const char *name, int64_t at_ms) {
    json_object_set_new(object, name, at_ms == BM_AT_NONE ? json_null() : json_integer(at_ms));
}

/* The matter's promises as far as they are the citizen's: what was promised to them, and what is asked of them. */
struct promises {
    const struct bm_viewed *viewed;
    json_t *list;
};

static bool is_theirs(const struct bm_clock_def *def) {
    return def->measures == BM_BODY_CITIZEN || def->force != BM_FORCE_INTERNAL;
}

static bool take_promise(void *context, const void *record) {
    struct promises *promises = context;
    const struct bm_promise *promise = record;
    const struct bm_procedure *procedure = promises->viewed->procedure;
    uint16_t clock = bm_procedure_clock(procedure, promise->clock);
    if (clock == BM_NO_INDEX || !is_theirs(&procedure->clocks[clock])) return true;
    json_t *object = json_pack("{ss so sb sb sb}", "clock", promise->clock, "label", bm_label_json(&procedure->clocks[clock].label),
                               "provisional", promise->provisional, "paused", promise->paused, "yours",
                               procedure->clocks[clock].measures == BM_BODY_CITIZEN);
    set_at(object, "due_at_ms", promise->due_at_ms);
    set_at(object, "stopped_at_ms", promise->stopped_at_ms);
    set_at(object, "breached_at_ms", promise->breached_at_ms);
    json_array_append_new(promises->list, object);
    return true;
}

static json_t *field_json(const struct bm_viewed *viewed, uint16_t field) {
    const struct bm_field_def *def = &viewed->procedure->fields[field];
    json_t *object = json_pack("{ss so ss}", "name", def->name, "label", bm_label_json(&def->label), "type",
                               bm_field_type_words[def->type]);
    if (def->word_count) {
        json_t *words = json_array();
        for (uint32_t i = 0; i < def->word_count; i++)
            json_array_append_new(words, json_pack("{ss so}", "word", def->words[i], "label", bm_label_json(&def->word_labels[i])));
        json_object_set_new(object, "words", words);
    }
    return object;
}

/* What was said to them and by them. */
static json_t *texts_json(const struct bm_viewed *viewed) {
    json_t *list = json_array();
    for (uint16_t i = 0; i < viewed->procedure->field_count; i++) {
        json_t *value = json_object_get(viewed->texts, viewed->procedure->fields[i].name);
        if (!value) continue;
        json_t *object = field_json(viewed, i);
        json_object_set(object, "value", value);
        json_array_append_new(list, object);
    }
    return list;
}

static json_t *choices_json(const struct bm_viewed *viewed, uint64_t contact, int64_t now_ms) {
    json_t *list = bm_viewed_choices(viewed, contact | UINT64_C(1) << 63, now_ms, NULL), *choice;
    size_t i;
    json_array_foreach(list, i, choice) {
        const char *event = json_string_value(json_object_get(choice, "event"));
        uint16_t index = bm_procedure_event(viewed->procedure, event);
        json_t *needs = json_object_get(choice, "missing"), *fields = json_array(), *name;
        size_t n;
        json_array_foreach(needs, n, name) json_array_append_new(
            fields, field_json(viewed, bm_procedure_field(viewed->procedure, json_string_value(name))));
        if (index != BM_NO_INDEX)
            json_object_set_new(choice, "label", bm_label_json(&viewed->procedure->events[index].label));
        json_object_set_new(choice, "fields", fields);
        json_object_del(choice, "needs");
        json_object_del(choice, "missing");
        json_object_del(choice, "takes");
        json_object_del(choice, "spared");
    }
    return list;
}

static json_t *rating_json(const struct bm_behind *behind) {
    const struct bm_contact *contact = &behind->contact;
    const struct bm_viewed *viewed = &behind->viewed;
    bool asked = (viewed->procedure->survey.of & viewed->roles) != 0;
    json_t *object = json_pack("{sb si}", "may", asked && !contact->rating && !bm_matter_is_open(&viewed->matter), "level",
                               (int)contact->rating);
    json_object_set_new(object, "solved",
                        contact->solved == BM_SOLVED_NONE ? json_null() : json_boolean(contact->solved == BM_SOLVED_YES));
    set_at(object, "check_due_at_ms", contact->check_due_at_ms);
    set_at(object, "checked_at_ms", contact->checked_at_ms);
    return object;
}

static json_t *standing_json(const struct bm_behind *behind) {
    const struct bm_viewed *viewed = &behind->viewed;
    const struct bm_procedure *procedure = viewed->procedure;
    const struct bm_state_def *state =
        &procedure->states[bm_course_state(viewed->track, &viewed->course, BM_REGION_HANDLING)];
    char reference[24];
    snprintf(reference, sizeof reference, "%" PRIu64, behind->own.row.id.v);
    json_t *object = json_pack("{ss ss so ss so so so so sb sb}", "reference", reference, "procedure", procedure->name, "title",
                               bm_label_json(&procedure->title), "state", state->name, "label", bm_label_json(&state->label),
                               "next", bm_label_json(&state->next), "reply", bm_label_json(&state->reply), "remedies",
                               bm_label_json(&state->remedies), "closed", !bm_matter_is_open(&viewed->matter), "joined",
                               behind->joined);
    set_at(object, "received_at_ms", behind->contact.received_at_ms);
    set_at(object, "due_at_ms", viewed->matter.due_at_ms);
    bool yours = state->category == BM_CATEGORY_WAITING && state->waits_for == BM_BODY_CITIZEN;
    json_object_set_new(object, "waiting_for_you", json_boolean(yours));
    if (state->owner != BM_NO_INDEX && bm_matter_is_open(&viewed->matter))
        json_object_set_new(object, "waiting_for", bm_label_json(&procedure->roles[state->owner].label));
    else
        json_object_set_new(object, "waiting_for", json_null());
    json_object_set_new(object, "supervised", json_boolean(viewed->matter.supervised));
    return object;
}

static enum bm_code write_behind(struct bm_call *call, struct bm_reader *reader, struct bm_behind *behind) {
    struct bm_viewed *viewed = &behind->viewed;
    int64_t now_ms = bm_io_wall_ms(call->api->io);
    enum bm_code code = bm_viewed_open(call->api, reader, viewed, &call->fault);
    if (code) return code;
    json_t *object = standing_json(behind);
    struct promises promises = {viewed, json_array()};
    struct bm_query query = {.table = BM_T_PROMISE, .field = "case", .id = viewed->row.id.v};
    code = bm_reader_records(reader, &query, take_promise, &promises, &call->fault);
    json_object_set_new(object, "promises", promises.list);
    json_object_set_new(object, "texts", texts_json(viewed));
    json_object_set_new(object, "choices", behind->joined ? json_array() : choices_json(viewed, behind->contact.id.v, now_ms));
    json_object_set_new(object, "rating", rating_json(behind));
    json_object_set_new(object, "now_ms", json_integer(now_ms));
    if (!code) code = bm_public_story(call->api, reader, behind, object, &call->fault);
    char *text = json_dumps(object, JSON_COMPACT);
    if (!code) bm_buf_printf(&call->out, ",\"case\":%s", text);
    free(text);
    json_decref(object);
    return code;
}

static enum bm_code write_public(struct bm_call *call, struct bm_reader *reader) {
    struct bm_behind *behind = bm_alloc(sizeof *behind);
    enum bm_code code = bm_behind_read(call->api, reader, call->word, behind, &call->fault);
    if (!code) {
        code = write_behind(call, reader, behind);
        if (!behind->joined) behind->own.texts = behind->viewed.texts; /* one and the same */
        bm_behind_free(behind);
    }
    bm_free(behind);
    return code;
}

static void read_public(struct bm_call *call) {
    bm_with_reader(call, write_public);
}

void bm_handle_public_case(struct bm_call *call) {
    if (!bm_public_may(call, &call->api->public_looks, BM_PUBLIC_LOOKS_A_MINUTE)) return;
    call->work = read_public;
    bm_call_work(call);
}

/* --- receipts ---------------------------------------------------------------------------------- */

/* The first promise that was made to the reporter. */
struct promised {
    const struct bm_viewed *viewed;
    struct bm_promise found;
    const struct bm_clock_def *def;
    const struct bm_course_clock *clock;
};

static bool take_promised(void *context, const void *record) {
    struct promised *promised = context;
    const struct bm_promise *promise = record;
    uint16_t clock = bm_procedure_clock(promised->viewed->procedure, promise->clock);
    if (promised->def || clock == BM_NO_INDEX) return true;
    const struct bm_clock_def *def = &promised->viewed->procedure->clocks[clock];
    if (def->force == BM_FORCE_INTERNAL || def->measures == BM_BODY_CITIZEN || def->anchor != BM_ANCHOR_FIRST_CONTACT) return true;
    promised->found = *promise;
    promised->def = def;
    promised->clock = &promised->viewed->course.clocks[clock];
    return true;
}

/* Of what was sent, as it was sent. */
static void hash_content(struct bm_api *api, const struct bm_contact *contact, struct bm_hash *ret_hash) {
    json_t *texts = bm_row_unseal(api, contact->narrative_key.v, &contact->narrative);
    const char *text = json_string_value(json_object_get(texts, "text"));
    bm_hash_of(text ? text : "", text ? strlen(text) : 0, ret_hash->bytes, sizeof ret_hash->bytes);
    json_decref(texts);
}

enum bm_code bm_receipt_write(struct bm_call *call, struct bm_reader *reader, const struct bm_behind *behind, struct bm_buf *out) {
    char code_text[BM_RECEIPT_CODE_BYTES], reference[24], unit[BM_RECEIPT_WORD_MAX];
    struct promised promised = {.viewed = &behind->own};
    struct bm_query query = {.table = BM_T_PROMISE, .field = "case", .id = behind->own.row.id.v};
    struct bm_agency agency;
    struct bm_hash hash;
    struct bm_buf document = bm_buf_make(BM_RECEIPT_BYTES_MAX), svg = bm_buf_make(BM_QR_SVG_BYTES_MAX);
    enum bm_code code = bm_reader_records(reader, &query, take_promised, &promised, &call->fault);
    if (!code) code = bm_reader_get(reader, BM_T_AGENCY, behind->contact.jurisdiction.v, &agency, &call->fault);
    if (!code) {
        bm_receipt_code(call->api->vault, behind->contact.id.v, code_text);
        snprintf(reference, sizeof reference, "%" PRIu64, behind->own.row.id.v);
        struct bm_receipt receipt = {.desk = agency.name,
                                     .code = code_text,
                                     .reference = reference,
                                     .procedure = behind->own.procedure->name,
                                     .received_at_ms = behind->contact.received_at_ms,
                                     .issued_at_ms = bm_io_wall_ms(call->api->io)};
        hash_content(call->api, &behind->contact, &receipt.content);
        if (promised.def && promised.found.due_at_ms != BM_AT_NONE) {
            snprintf(unit, sizeof unit, "%u %s", promised.def->budget.amount, bm_measure_words[promised.def->budget.unit]);
            receipt.promised = true;
            receipt.promised_at_ms = promised.found.due_at_ms;
            receipt.promise_unit = unit;
            receipt.provisional = promised.found.provisional;
        } else if (promised.def && promised.found.paused && promised.def->pause_count) {
            receipt.paused = true;
            receipt.paused_since_ms = promised.clock->work.since_ms;
            receipt.paused_because = bm_cause_words[promised.def->pauses[promised.clock->pause].cause];
        }
        code = bm_receipt_sign(call->api->vault, &receipt, &document, &hash, &call->fault);
        bm_shape_release(bm_table_shape(BM_T_AGENCY), &agency);
    }
    if (!code) code = bm_qr_svg(document.bytes, document.len, &svg, &call->fault);
    if (!code) {
        bm_buf_text(out, ",\"code\":");
        bm_json_text(out, code_text);
        bm_buf_text(out, ",\"document\":");
        bm_buf_add(out, document.bytes, document.len);
        bm_buf_text(out, ",\"qr\":");
        bm_json_text_len(out, (const char *)svg.bytes, svg.len);
    }
    bm_buf_free(&document);
    bm_buf_free(&svg);
    return code;
}

static enum bm_code write_receipt(struct bm_call *call, struct bm_reader *reader) {
    struct bm_behind *behind = bm_alloc(sizeof *behind);
    enum bm_code code = bm_behind_read(call->api, reader, call->word, behind, &call->fault);
    if (!code) {
        code = bm_receipt_write(call, reader, behind, &call->out);
        bm_behind_free(behind);
    }
    bm_free(behind);
    return code;
}

static void read_receipt(struct bm_call *call) {
    bm_with_reader(call, write_receipt);
}

void bm_handle_public_receipt(struct bm_call *call) {
    if (!bm_public_may(call, &call->api->public_looks, BM_PUBLIC_LOOKS_A_MINUTE)) return;
    call->work = read_receipt;
    bm_call_work(call);
}

void bm_handle_public_key(struct bm_call *call) {
    uint8_t key[BM_SIGN_PUBLIC_BYTES], id[BM_RECEIPT_KEY_BYTES];
    char hex[2 * BM_SIGN_PUBLIC_BYTES + 1], id_hex[2 * BM_RECEIPT_KEY_BYTES + 1];
    call->code = bm_receipt_public_key(call->api->vault, key, &call->fault);
    if (!call->code) {
        bm_receipt_key_id(key, id);
        bm_hex(key, sizeof key, hex);
        bm_hex(id, sizeof id, id_hex);
        bm_buf_printf(&call->out, "{\"key\":\"%s\",\"id\":\"%s\"}", hex, id_hex);
    }
    bm_call_finish(call);
}
