/* GET /v1/rates: figures over the records that the asker may see; POST states them for the record, as they are then. */
#include "core/rates.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "api/matters.h"
#include "base/alloc.h"
#include "base/json.h"
#include "base/table.h"

/* What is known of a case while its promises and contacts go by. */
struct counted {
    struct bm_case row;
    struct bm_matter matter;
};

struct counting {
    struct bm_call *call;
    struct bm_rates *rates;
    struct bm_table cases; /* struct counted, under the case's id */
};

static bool take_case(void *context, const void *record) {
    struct counting *counting = context;
    const struct bm_case *row = record;
    if (!bm_rates_counts(counting->rates, row)) return true;
    if (!bm_mirror_may_see(counting->call->api->mirror, &counting->call->viewer, BM_T_CASE, row)) return true;
    struct counted *counted = bm_table_add(&counting->cases, row->id.v);
    counted->row = *row;
    counted->row.narrative = counted->row.identity = (struct bm_bytes){0}; /* the reader's */
    return true;
}

static bool take_matter(void *context, const void *record) {
    struct counting *counting = context;
    const struct bm_matter *matter = record;
    struct counted *counted = bm_table_get(&counting->cases, matter->id.v);
    if (!counted) return true;
    counted->matter = *matter;
    counted->matter.course = counted->matter.before = counted->matter.spare_keys = (struct bm_bytes){0};
    bm_rates_matter(counting->rates, &counted->row, &counted->matter);
    return true;
}

static bool take_promise(void *context, const void *record) {
    struct counting *counting = context;
    const struct bm_promise *promise = record;
    const struct counted *counted = bm_table_get(&counting->cases, promise->on_case.v);
    if (counted) bm_rates_promise(counting->rates, &counted->row, promise);
    return true;
}

/* A reporter whose matter was joined to another is answered there. */
static bool take_contact(void *context, const void *record) {
    struct counting *counting = context;
    const struct bm_contact *contact = record;
    const struct counted *counted = contact->on_case.v ? bm_table_get(&counting->cases, contact->on_case.v) : NULL;
    if (!counted) return true;
    const struct counted *worked = counted->row.merged_into.v ? bm_table_get(&counting->cases, counted->row.merged_into.v) : NULL;
    bm_rates_contact(counting->rates, worked ? &worked->matter : &counted->matter, contact);
    return true;
}

static enum bm_code read_at(struct bm_call *call, const char *name, int64_t *at_ms) {
    char text[24];
    enum bm_code code = bm_http_query(call->request, name, text, sizeof text);
    if (code == BM_NOT_FOUND) return BM_OK;
    size_t digits = code ? 0 : strspn(text, "0123456789");
    if (digits == 0 || digits > 15 || text[digits])
        return bm_fault_set(&call->fault, BM_OUT_OF_RANGE, name, "\"%s\" must be an instant in ms since 1970.", name);
    *at_ms = strtoll(text, NULL, 10);
    return BM_OK;
}

static enum bm_code read_asked(struct bm_call *call, struct bm_rates *rates) {
    enum bm_code code = read_at(call, "from_ms", &rates->from_at_ms);
    if (!code) code = read_at(call, "to_ms", &rates->to_at_ms);
    if (!code && rates->from_at_ms >= rates->to_at_ms)
        code = bm_fault_set(&call->fault, BM_OUT_OF_RANGE, "to_ms", "\"to_ms\" must lie after \"from_ms\".");
    if (code) return code;
    code = bm_http_query(call->request, "procedure", rates->procedure, sizeof rates->procedure);
    if (code == BM_NOT_FOUND) rates->procedure[0] = 0;
    if (code && code != BM_NOT_FOUND)
        return bm_fault_set(&call->fault, BM_TOO_LONG, "procedure", "No procedure has a name as long as that.");
    return BM_OK;
}

static enum bm_code count_all(struct bm_call *call, struct bm_reader *reader, struct bm_rates *rates) {
    static const struct {
        enum bm_table_kind table;
        bm_record_fn *take;
    } passes[] = {{BM_T_CASE, take_case}, {BM_T_MATTER, take_matter}, {BM_T_PROMISE, take_promise}, {BM_T_CONTACT, take_contact}};
    struct counting counting = {call, rates, bm_table_make(sizeof(struct counted))};
    enum bm_code code = BM_OK;
    for (size_t i = 0; i < sizeof passes / sizeof passes[0] && !code; i++) {
        struct bm_query query = {.table = passes[i].table};
        code = bm_reader_records(reader, &query, passes[i].take, &counting, &call->fault);
    }
    bm_table_free(&counting.cases);
    return code;
}

static enum bm_code write_rates(struct bm_call *call, struct bm_reader *reader) {
    struct bm_rates rates = {.to_at_ms = BM_AT_MAX, .now_ms = bm_io_wall_ms(call->api->io)};
    enum bm_code code = read_asked(call, &rates);
    if (!code) code = count_all(call, reader, &rates);
    bm_buf_printf(&call->out, ",\"now_ms\":%" PRId64 ",\"from_ms\":%" PRId64 ",\"to_ms\":%" PRId64 ",\"procedure\":", rates.now_ms,
                  rates.from_at_ms, rates.to_at_ms);
    if (rates.procedure[0])
        bm_json_text(&call->out, rates.procedure);
    else
        bm_buf_text(&call->out, "null");
    bm_buf_byte(&call->out, ',');
    bm_rates_write(&rates, &call->out);
    return code;
}

static void read_rates(struct bm_call *call) {
    bm_with_reader(call, write_rates);
}

void bm_handle_rates(struct bm_call *call) {
    call->work = read_rates;
    bm_call_work(call);
}

/* --- stated for the record --------------------------------------------------------------------- */

/* What was counted goes into the record as it was answered: with the seq that it is of. */
static void state_rates(struct bm_call *call) {
    struct bm_command command;
    call->work = NULL;
    call->after = NULL;
    if (!call->code) call->code = bm_command_read(call, BM_DO_STATE_FIGURES, call->body, &command);
    if (call->code) {
        bm_call_finish(call);
        return;
    }
    command.state_figures.content = bm_bytes_copy(call->out.bytes, call->out.len);
    bm_buf_clear(&call->out);
    bm_command_submit(call, &command);
}

void bm_handle_state_rates(struct bm_call *call) {
    call->work = read_rates;
    call->after = state_rates;
    bm_call_work(call);
}

static enum bm_code write_figure(struct bm_call *call, struct bm_reader *reader) {
    struct bm_figure row;
    enum bm_code code = bm_reader_get(reader, BM_T_FIGURE, call->ids[0], &row, &call->fault);
    if (code) return code;
    bool sees = bm_mirror_may_see(call->api->mirror, &call->viewer, BM_T_FIGURE, &row);
    if (sees) {
        bm_buf_text(&call->out, ",\"figure\":");
        bm_row_write(call->api, &call->viewer, BM_OPEN_NOTHING, BM_T_FIGURE, &row, &call->out);
        bm_buf_text(&call->out, ",\"content\":");
        bm_buf_add(&call->out, row.content.bytes, row.content.len);
    } else {
        code = bm_fault_set(&call->fault, BM_NOT_FOUND, "figure", "There are no figures %" PRIu64 " that you may see.", call->ids[0]);
    }
    bm_shape_release(bm_table_shape(BM_T_FIGURE), &row);
    return code;
}

static void read_figure(struct bm_call *call) {
    bm_with_reader(call, write_figure);
}

void bm_handle_figure(struct bm_call *call) {
    call->work = read_figure;
    bm_call_work(call);
}
