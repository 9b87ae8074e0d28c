/* GET /v1/reports/...: figures of answering and of units' work, over the records that the asker may see (report/). */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "api/matters.h"
#include "base/json.h"
#include "core/limits.h"
#include "report/answer.h"

enum { SHORT_S = 10, ZONE_MOST_MIN = 14 * 60 };

/* --- what is asked ----------------------------------------------------------------------------- */

struct asked {
    int64_t from_at_ms, to_at_ms;
    uint64_t jurisdiction; /* 0: everything that the asker may see */
};

/* A whole number of the query, `least` to `most`; as it was when it is not there. */
static enum bm_code read_number(struct bm_call *call, const char *name, int64_t least, int64_t most, int64_t *number) {
    char text[24], *end;
    enum bm_code code = bm_http_query(call->request, name, text, sizeof text);
    if (code == BM_NOT_FOUND) return BM_OK;
    int64_t value = code ? 0 : strtoll(text, &end, 10);
    if (code || end == text || *end || strlen(text) > 15 || value < least || value > most)
        return bm_fault_set(&call->fault, BM_OUT_OF_RANGE, name, "\"%s\" must be a whole number from %" PRId64 " to %" PRId64 ".", name,
                            least, most);
    *number = value;
    return BM_OK;
}

static enum bm_code read_word(struct bm_call *call, const char *name, const struct bm_words *words, unsigned *word) {
    char text[BM_CODE_TEXT];
    enum bm_code code = bm_http_query(call->request, name, text, sizeof text);
    if (code == BM_NOT_FOUND) return BM_OK;
    for (unsigned w = 0; !code && w < words->count; w++) {
        if (strcmp(text, words->words[w]) != 0) continue;
        *word = w;
        return BM_OK;
    }
    struct bm_buf all = bm_buf_make(1024);
    for (unsigned w = 0; w < words->count; w++) bm_buf_printf(&all, "%s%s", w ? ", " : "", words->words[w]);
    code = bm_fault_set(&call->fault, BM_UNKNOWN_WORD, name, "\"%s\" is one of: %s.", name, bm_buf_c_text(&all));
    bm_buf_free(&all);
    return code;
}

static enum bm_code read_asked(struct bm_call *call, struct asked *ret_asked) {
    int64_t jurisdiction = 0;
    struct asked asked = {.to_at_ms = BM_AT_MAX};
    enum bm_code code = read_number(call, "from_ms", 0, BM_AT_MAX, &asked.from_at_ms);
    if (!code) code = read_number(call, "to_ms", 0, BM_AT_MAX, &asked.to_at_ms);
    if (!code) code = read_number(call, "jurisdiction", 1, INT64_MAX, &jurisdiction);
    if (!code && asked.from_at_ms >= asked.to_at_ms)
        code = bm_fault_set(&call->fault, BM_OUT_OF_RANGE, "to_ms", "\"to_ms\" must lie after \"from_ms\".");
    asked.jurisdiction = (uint64_t)jurisdiction;
    if (!code) *ret_asked = asked;
    return code;
}

/* Whether a record of `area` is asked for. */
static bool in_asked_area(struct bm_call *call, const struct asked *asked, uint64_t area) {
    if (!asked->jurisdiction) return true;
    struct bm_above above = bm_mirror_above(call->api->mirror, area);
    for (size_t i = 0; i < above.count; i++)
        if (above.agencies[i] == asked->jurisdiction) return true;
    return false;
}

static void write_asked(struct bm_call *call, const struct asked *asked) {
    bm_buf_printf(&call->out, ",\"now_ms\":%" PRId64 ",\"from_ms\":%" PRId64 ",\"to_ms\":%" PRId64 ",\"jurisdiction\":",
                  bm_io_wall_ms(call->api->io), asked->from_at_ms, asked->to_at_ms);
    bm_json_id(&call->out, asked->jurisdiction);
    bm_buf_byte(&call->out, ',');
}

/* --- bands ------------------------------------------------------------------------------------- */

/* The desk's own bands that are in force; where it has none, the presets, and the answer says so. */
struct banding {
    struct bm_band own[BM_BANDS_MAX];
    size_t own_count;
    const struct bm_band *bands;
    size_t count;
};

static bool take_band(void *context, const void *record) {
    struct banding *banding = context;
    const struct bm_band *band = record;
    if (band->active && banding->own_count < BM_BANDS_MAX) banding->own[banding->own_count++] = *band;
    return true;
}

static enum bm_code read_bands(struct bm_call *call, struct bm_reader *reader, struct banding *banding) {
    struct bm_query query = {.table = BM_T_BAND};
    enum bm_code code = bm_reader_records(reader, &query, take_band, banding, &call->fault);
    banding->bands = banding->own;
    banding->count = banding->own_count;
    if (!banding->own_count) banding->count = bm_band_presets(&banding->bands);
    return code;
}

static void write_banding(struct bm_call *call, const struct banding *banding) {
    bm_buf_printf(&call->out, "\"bands_of\":\"%s\",", banding->own_count ? "desk" : "presets");
}

void bm_handle_presets(struct bm_call *call) {
    const struct bm_band *bands;
    size_t count = bm_band_presets(&bands);
    bm_buf_text(&call->out, "{\"bands\":");
    bm_bands_write(bands, count, UINT32_MAX, &call->out);
    bm_buf_byte(&call->out, '}');
    bm_call_finish(call);
}

/* --- answering --------------------------------------------------------------------------------- */

struct answering {
    struct bm_call *call;
    struct asked asked;
    struct bm_answer_report report;
    enum bm_code code;
};

static bool take_contact(void *context, const void *record) {
    struct answering *answering = context;
    const struct bm_contact *contact = record;
    struct bm_call *call = answering->call;
    if (!in_asked_area(call, &answering->asked, contact->jurisdiction.v)) return true;
    if (!bm_mirror_may_see(call->api->mirror, &call->viewer, BM_T_CONTACT, contact)) return true;
    answering->code = bm_answer_take(&answering->report, contact, &call->fault);
    return answering->code == BM_OK;
}

static enum bm_code read_answer_asked(struct bm_call *call, struct answering *answering) {
    unsigned by = BM_ANSWER_BY_ALL;
    int64_t short_s = SHORT_S, zone_min = 0, silent = 0;
    enum bm_code code = read_asked(call, &answering->asked);
    if (!code) code = read_word(call, "by", &bm_answer_by_words, &by);
    bool judges = call->viewer.roles & (BM_BIT(BM_ROLE_SUPERVISOR) | BM_BIT(BM_ROLE_ADMIN));
    if (!code && by == BM_ANSWER_BY_OPERATOR && !judges)
        code = bm_fault_set(&call->fault, BM_FORBIDDEN, "by", "How long each operator took is for supervisors and administrators.");
    if (!code) code = read_number(call, "short_s", 0, 3600, &short_s);
    if (!code) code = read_number(call, "zone_min", -ZONE_MOST_MIN, ZONE_MOST_MIN, &zone_min);
    if (!code) code = read_number(call, "silent", 0, 1, &silent);
    if (code) return code;
    answering->report.asked = (struct bm_answer_asked){
        .from_at_ms = answering->asked.from_at_ms, .to_at_ms = answering->asked.to_at_ms, .short_ms = short_s * 1000,
        .zone_ms = zone_min * 60000, .silent = silent, .by = (enum bm_answer_by)by};
    return BM_OK;
}

static enum bm_code write_answering(struct bm_call *call, struct bm_reader *reader) {
    struct answering answering = {.call = call};
    struct banding banding = {.own_count = 0};
    struct bm_query query = {.table = BM_T_CONTACT};
    enum bm_code code = read_answer_asked(call, &answering);
    if (code) return code;
    struct bm_answer_asked *asked = &answering.report.asked;
    code = read_bands(call, reader, &banding);
    asked->bands = banding.bands;
    asked->band_count = banding.count;
    if (!code) code = bm_reader_records(reader, &query, take_contact, &answering, &call->fault);
    if (!code) code = answering.code;
    if (!code) {
        write_asked(call, &answering.asked);
        write_banding(call, &banding);
        bm_buf_printf(&call->out, "\"by\":");
        bm_buf_printf(&call->out, asked->by ? "\"%s\"," : "null,", bm_word(&bm_answer_by_words, asked->by));
        bm_answer_write(&answering.report, &call->out);
    }
    bm_answer_free(&answering.report);
    return code;
}

static void read_answering(struct bm_call *call) {
    bm_with_reader(call, write_answering);
}

void bm_handle_answer_report(struct bm_call *call) {
    call->work = read_answering;
    bm_call_work(call);
}
