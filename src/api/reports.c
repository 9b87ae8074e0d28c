/* GET /v1/reports/...: figures of answering and of units' work, over the records that the asker may see (report/). */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "api/export.h"
#include "api/matters.h"
#include "base/json.h"
#include "base/table.h"
#include "core/limits.h"
#include "report/tables.h"

enum { SHORT_S = 10, ZONE_MOST_MIN = 14 * 60 };

/* --- what is asked ----------------------------------------------------------------------------- */

struct asked {
    int64_t from_at_ms, to_at_ms;
    uint64_t jurisdiction; /* 0: everything that the asker may see */
};

static enum bm_code read_asked(struct bm_call *call, struct asked *ret_asked) {
    int64_t jurisdiction = 0;
    struct asked asked = {.to_at_ms = BM_AT_MAX};
    enum bm_code code = bm_query_number(call, "from_ms", 0, BM_AT_MAX, &asked.from_at_ms);
    if (!code) code = bm_query_number(call, "to_ms", 0, BM_AT_MAX, &asked.to_at_ms);
    if (!code) code = bm_query_number(call, "jurisdiction", 1, INT64_MAX, &jurisdiction);
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

/* --- names for spreadsheets -------------------------------------------------------------------- */

struct naming {
    struct bm_call *call;
    struct bm_reader *reader;
    enum bm_table_kind table;
    char text[BM_NAME_TEXT];
};

/* An operator's number, a unit's call sign, an agency's name. */
static const char *name_of(void *context, uint64_t id) {
    struct naming *naming = context;
    struct bm_fault none;
    union {
        struct bm_operator person;
        struct bm_unit unit;
        struct bm_agency agency;
    } row;
    if (bm_reader_get(naming->reader, naming->table, id, &row, &none)) return NULL;
    const char *name = naming->table == BM_T_OPERATOR ? row.person.number : naming->table == BM_T_UNIT ? row.unit.call_sign : row.agency.name;
    snprintf(naming->text, sizeof naming->text, "%s", name);
    bm_shape_release(bm_table_shape(naming->table), &row);
    return naming->text;
}

static struct bm_table_asked table_asked(const struct bm_export *export, struct naming *naming, const struct asked *asked) {
    return (struct bm_table_asked){export->language, export->zone_ms, naming->call->read_seq, asked->from_at_ms, asked->to_at_ms,
                                   name_of, naming};
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
    int64_t short_s = SHORT_S, zone_min = 0, silent = 0; /* zone_min: of the groups, whatever the form */
    enum bm_code code = read_asked(call, &answering->asked);
    if (!code) code = bm_query_word(call, "by", bm_answer_by_words.words, bm_answer_by_words.count, &by);
    bool judges = call->viewer.roles & (BM_BIT(BM_ROLE_SUPERVISOR) | BM_BIT(BM_ROLE_ADMIN));
    if (!code && by == BM_ANSWER_BY_OPERATOR && !judges)
        code = bm_fault_set(&call->fault, BM_FORBIDDEN, "by", "How long each operator took is for supervisors and administrators.");
    if (!code) code = bm_query_number(call, "short_s", 0, 3600, &short_s);
    if (!code) code = bm_query_number(call, "zone_min", -ZONE_MOST_MIN, ZONE_MOST_MIN, &zone_min);
    if (!code) code = bm_query_number(call, "silent", 0, 1, &silent);
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
    struct bm_export *export = NULL;
    enum bm_code code = read_answer_asked(call, &answering);
    if (!code) code = bm_export_asked(call, "answer", &export);
    if (code) return code;
    struct bm_answer_asked *asked = &answering.report.asked;
    code = read_bands(call, reader, &banding);
    asked->bands = banding.bands;
    asked->band_count = banding.count;
    if (!code) code = bm_reader_records(reader, &query, take_contact, &answering, &call->fault);
    if (!code) code = answering.code;
    if (!code && export) {
        struct naming naming = {call, reader, BM_T_OPERATOR, ""};
        struct bm_table_asked table = table_asked(export, &naming, &answering.asked);
        struct bm_workbook book = bm_export_begin(export);
        bm_answer_tables(&answering.report, &table, &book);
        code = bm_export_end(call, export, &book);
    } else if (!code) {
        write_asked(call, &answering.asked);
        write_banding(call, &banding);
        bm_buf_printf(&call->out, asked->by ? "\"by\":\"%s\"," : "\"by\":null,", bm_word(&bm_answer_by_words, asked->by));
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
    call->after = bm_export_answer;
    bm_call_work(call);
}

/* --- intervals --------------------------------------------------------------------------------- */

struct measured_case {
    struct bm_interval_case row;
    uint64_t report_clock; /* 0: none yet */
    int64_t first_contact_at_ms; /* of those that were answered */
};

struct measuring {
    struct bm_call *call;
    struct asked asked;
    struct bm_intervals report;
    struct bm_table cases; /* struct measured_case, under the case's id */
    enum bm_code code;
};

static bool measure_case(void *context, const void *record) {
    struct measuring *measuring = context;
    const struct bm_case *row = record;
    struct bm_call *call = measuring->call;
    if (row->first_contact_at_ms < measuring->asked.from_at_ms || row->first_contact_at_ms >= measuring->asked.to_at_ms) return true;
    if (!in_asked_area(call, &measuring->asked, row->jurisdiction.v)) return true;
    if (!bm_mirror_may_see(call->api->mirror, &call->viewer, BM_T_CASE, row)) return true;
    if (!bm_case_is_incident(row)) {
        measuring->report.matters++;
        return true;
    }
    if (row->merged_into.v) {
        measuring->report.merged++;
        return true;
    }
    if (measuring->cases.count == BM_REPORT_ROWS_MAX) {
        measuring->code = bm_fault_set(&call->fault, BM_TOO_MANY, "to_ms", "More than %u incidents lie in this period; ask for a shorter one.",
                                       BM_REPORT_ROWS_MAX);
        return false;
    }
    struct measured_case *measured = bm_table_add(&measuring->cases, row->id.v);
    *measured = (struct measured_case){
        .row = {.priority = row->priority, .agency = row->jurisdiction.v, .received_at_ms = row->first_contact_at_ms,
                .answered_at_ms = BM_AT_NONE, .report_from_at_ms = BM_AT_NONE, .reported_at_ms = BM_AT_NONE}};
    memcpy(measured->row.class_code, row->class_code, sizeof measured->row.class_code);
    return true;
}

/* Its first contact that was answered is what processing is counted from. */
static bool measure_contact(void *context, const void *record) {
    struct measuring *measuring = context;
    const struct bm_contact *contact = record;
    struct measured_case *measured = contact->on_case.v ? bm_table_get(&measuring->cases, contact->on_case.v) : NULL;
    if (!measured || contact->answered_at_ms == BM_AT_NONE) return true;
    bool first = measured->row.answered_at_ms == BM_AT_NONE || contact->received_at_ms < measured->first_contact_at_ms;
    if (!first) return true;
    measured->row.answered_at_ms = contact->answered_at_ms;
    measured->first_contact_at_ms = contact->received_at_ms;
    return true;
}

/* The first of its report-back clocks: a later one is of a case that was opened again. */
static bool measure_clock(void *context, const void *record) {
    struct measuring *measuring = context;
    const struct bm_clock *clock = record;
    if (clock->kind != BM_CLOCK_REPORT_BACK || !clock->on_case.v) return true;
    struct measured_case *measured = bm_table_get(&measuring->cases, clock->on_case.v);
    if (!measured || (measured->report_clock && measured->report_clock < clock->id.v)) return true;
    measured->report_clock = clock->id.v;
    measured->row.report_from_at_ms = clock->anchor_at_ms;
    measured->row.reported_at_ms = clock->stopped_at_ms;
    return true;
}

static bool measure_unit(void *context, const void *record) {
    struct measuring *measuring = context;
    const struct bm_assignment *as = record;
    struct bm_call *call = measuring->call;
    struct measured_case *measured = bm_table_get(&measuring->cases, as->on_case.v);
    if (!measured || !bm_mirror_may_see(call->api->mirror, &call->viewer, BM_T_ASSIGNMENT, as)) return true;
    if (as->assigned_at_ms == BM_AT_NONE) {
        measuring->report.never_sent++;
        return true;
    }
    struct bm_interval_unit unit = {as->unit.v,         as->unit_agency.v,        as->assigned_at_ms,
                                    as->acknowledged_at_ms, as->en_route_at_ms,   as->on_scene_at_ms,
                                    as->transporting_at_ms, as->at_destination_at_ms, as->cleared_at_ms,
                                    (enum bm_end_reason)as->ended};
    measuring->code = bm_intervals_unit(&measuring->report, &measured->row, &unit, &call->fault);
    return measuring->code == BM_OK;
}

static enum bm_code measure_all(struct bm_call *call, struct bm_reader *reader, struct measuring *measuring) {
    static const struct {
        enum bm_table_kind table;
        bm_record_fn *take;
    } passes[] = {{BM_T_CASE, measure_case}, {BM_T_CONTACT, measure_contact}, {BM_T_CLOCK, measure_clock}, {BM_T_ASSIGNMENT, measure_unit}};
    enum bm_code code = BM_OK;
    for (size_t i = 0; i < sizeof passes / sizeof passes[0] && !code; i++) {
        struct bm_query query = {.table = passes[i].table};
        code = bm_reader_records(reader, &query, passes[i].take, measuring, &call->fault);
        if (!code) code = measuring->code;
    }
    BM_TABLE_EACH(&measuring->cases, id) {
        const struct measured_case *measured = bm_table_get(&measuring->cases, id);
        if (!code) code = bm_intervals_case(&measuring->report, &measured->row, &call->fault);
    }
    return code;
}

static enum bm_code write_measuring(struct bm_call *call, struct bm_reader *reader) {
    struct measuring measuring = {.call = call, .cases = bm_table_make(sizeof(struct measured_case))};
    struct banding banding = {.own_count = 0};
    struct bm_export *export = NULL;
    unsigned by = BM_INTERVALS_BY_ALL;
    enum bm_code code = read_asked(call, &measuring.asked);
    if (!code) code = bm_export_asked(call, "intervals", &export);
    if (!code) code = bm_query_word(call, "by", bm_intervals_by_words.words, bm_intervals_by_words.count, &by);
    if (!code) code = read_bands(call, reader, &banding);
    if (!code) {
        measuring.report = bm_intervals_make((enum bm_intervals_by)by, banding.bands, banding.count);
        code = measure_all(call, reader, &measuring);
    }
    if (!code && export) {
        struct naming naming = {call, reader, by == BM_INTERVALS_BY_UNIT ? BM_T_UNIT : BM_T_AGENCY, ""};
        struct bm_table_asked table = table_asked(export, &naming, &measuring.asked);
        struct bm_workbook book = bm_export_begin(export);
        bm_intervals_tables(&measuring.report, &table, &book);
        code = bm_export_end(call, export, &book);
    } else if (!code) {
        write_asked(call, &measuring.asked);
        write_banding(call, &banding);
        bm_buf_printf(&call->out, by ? "\"by\":\"%s\"," : "\"by\":null,", bm_word(&bm_intervals_by_words, by));
        bm_intervals_write(&measuring.report, &call->out);
    }
    bm_intervals_free(&measuring.report);
    bm_table_free(&measuring.cases);
    return code;
}

static void read_measuring(struct bm_call *call) {
    bm_with_reader(call, write_measuring);
}

void bm_handle_interval_report(struct bm_call *call) {
    call->work = read_measuring;
    call->after = bm_export_answer;
    bm_call_work(call);
}
