/* GET /v1/addresses: where a caller's words are, from the address index.  What is asked is never
 * logged: it is where somebody needs help. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "api/api_private.h"
#include "api/own_tables.h"
#include "base/alloc.h"
#include "base/json.h"
#include "base/log.h"
#include "import/addresses.h"

enum { LIMIT_DEFAULT = 10 };

void bm_address_index_open(struct bm_api *api) {
    struct bm_fault fault;
    if (!api->config.addresses) return;
    if (bm_addresses_open(api->config.addresses, &api->addresses, &fault))
        bm_log(BM_LOG_WARNING, "no_address_index", "reason=\"%s\"", fault.detail);
    else
        bm_log(BM_LOG_INFO, "address_index_opened", "file=\"%s\"", api->config.addresses);
}

/* --- the question ----------------------------------------------------------------------------- */

struct question {
    char text[BM_ADDRESS_QUESTION_MAX + 1];
    bool has_near;
    struct bm_point near;
    size_t limit;
};

/* Decimal degrees, digits and one point alone; BM_NOT_FOUND when it is not given. */
static enum bm_code read_degrees(struct bm_call *call, const char *name, double most,
                                 int32_t *ret_e7) {
    char text[32], *end = text;
    enum bm_code code = bm_http_query(call->request, name, text, sizeof text);
    if (code == BM_NOT_FOUND) return code;
    bool plain = !code && text[0] && text[strspn(text, "+-.0123456789")] == 0;
    double degrees = plain ? strtod(text, &end) : 0;
    if (!plain || *end || !(degrees >= -most && degrees <= most))
        return bm_fault_set(&call->fault, BM_OUT_OF_RANGE, name,
                            "\"%s\" must be decimal degrees (WGS 84) between %.0f and %.0f.", name,
                            -most, most);
    *ret_e7 = (int32_t)lround(degrees * 1e7);
    return BM_OK;
}

static enum bm_code read_near(struct bm_call *call, struct question *question) {
    struct bm_point near = {0, 0};
    enum bm_code lat = read_degrees(call, "lat", 90, &near.lat_e7);
    if (lat && lat != BM_NOT_FOUND) return lat;
    enum bm_code lon = read_degrees(call, "lon", 180, &near.lon_e7);
    if (lon && lon != BM_NOT_FOUND) return lon;
    if (lat != lon)
        return bm_fault_set(&call->fault, BM_MISSING_FIELD, lat ? "lat" : "lon",
                            "Send both \"lat\" and \"lon\", or neither.");
    question->has_near = lat == BM_OK;
    question->near = near;
    return BM_OK;
}

static enum bm_code read_limit(struct bm_call *call, size_t *limit) {
    char text[8];
    enum bm_code code = bm_http_query(call->request, "limit", text, sizeof text);
    if (code == BM_NOT_FOUND) return BM_OK;
    bool digits = !code && text[0] && text[strspn(text, "0123456789")] == 0;
    unsigned long number = digits ? strtoul(text, NULL, 10) : 0;
    if (number < 1 || number > BM_ADDRESS_LIMIT_MAX)
        return bm_fault_set(&call->fault, BM_OUT_OF_RANGE, "limit",
                            "\"limit\" must lie between 1 and %d.", BM_ADDRESS_LIMIT_MAX);
    *limit = number;
    return BM_OK;
}

static enum bm_code read_question(struct bm_call *call, struct question *question) {
    enum bm_code code = bm_http_query(call->request, "q", question->text, sizeof question->text);
    if (code == BM_NOT_FOUND || (!code && !question->text[0]))
        return bm_fault_set(&call->fault, BM_MISSING_FIELD, "q",
                            "Send q=TEXT: a street, a crossing (A / B), a house or a place.");
    if (code == BM_TOO_LONG)
        return bm_fault_set(&call->fault, BM_TOO_LONG, "q", "\"q\" takes at most %d bytes.",
                            BM_ADDRESS_QUESTION_MAX);
    if (code) return bm_fault_set(&call->fault, BM_BAD_REQUEST, "q", "\"q\" is not well encoded.");
    code = read_near(call, question);
    return code ? code : read_limit(call, &question->limit);
}

/* --- the answer ------------------------------------------------------------------------------- */

static void write_text_or_null(const char *text, struct bm_buf *out) {
    if (text[0])
        bm_json_text(out, text);
    else
        bm_buf_text(out, "null");
}

static void write_address(const struct bm_address *address, struct bm_buf *out) {
    bm_buf_text(out, "{\"name\":");
    bm_json_text(out, address->name);
    bm_buf_text(out, ",\"name_en\":");
    write_text_or_null(address->name_en, out);
    bm_buf_printf(out, ",\"kind\":\"%s\",\"detail\":", bm_address_kind_names[address->kind]);
    write_text_or_null(address->detail, out);
    bm_buf_text(out, ",\"lat\":");
    bm_json_e7(out, address->point.lat_e7);
    bm_buf_text(out, ",\"lon\":");
    bm_json_e7(out, address->point.lon_e7);
    bm_buf_byte(out, '}');
}

/* On a worker. */
static void find(struct bm_call *call) {
    const struct question *question = call->state;
    const struct bm_point *near = question->has_near ? &question->near : NULL;
    struct bm_address *found = bm_alloc_zero(question->limit, sizeof *found);
    size_t own = bm_own_addresses_find(call->api->own_tables, question->text, near, question->limit, found), count = 0;
    if (call->api->addresses && own < question->limit)
        call->code = bm_addresses_find(call->api->addresses, question->text, near, question->limit - own,
                                       found + own, &count, &call->fault);
    count += own; /* the desk's own names stand before the map's */
    bm_buf_text(&call->out, "{\"results\":[");
    for (size_t i = 0; i < count && !call->code; i++) {
        if (i) bm_buf_byte(&call->out, ',');
        write_address(&found[i], &call->out);
    }
    bm_buf_text(&call->out, call->api->addresses || own ? "],\"reason\":null}" : "],\"reason\":\"no_index\"}");
    bm_free(found);
}

/* Back on the io thread: an index that became unreadable is as none at all, and is logged once. */
static void found(struct bm_call *call) {
    if (call->code) {
        if (call->api->address_faults++ == 0)
            bm_log(BM_LOG_ERROR, "address_index_unreadable", "reason=\"%s\"", call->fault.detail);
        call->code = BM_OK;
        bm_buf_clear(&call->out);
        bm_buf_text(&call->out, "{\"results\":[],\"reason\":\"no_index\"}");
    }
    bm_call_finish(call);
}

void bm_handle_addresses(struct bm_call *call) {
    struct question question = {.limit = LIMIT_DEFAULT};
    call->code = read_question(call, &question);
    if (call->code) {
        bm_call_finish(call);
        return;
    }
    call->state = bm_alloc(sizeof question);
    memcpy(call->state, &question, sizeof question);
    call->work = find;
    call->after = found;
    bm_call_work(call);
}

/* GET /v1/divisions: what a code of GB/T 2260 is called, and the agencies that are for it follow from their own rows. */
void bm_handle_divisions(struct bm_call *call) {
    char code[BM_DIVISION_TEXT], name[BM_ADDRESS_NAME_BYTES];
    enum bm_code read = bm_http_query(call->request, "code", code, sizeof code);
    if (read || !code[0] || code[strspn(code, "0123456789")]) {
        bm_call_refuse(call, read == BM_NOT_FOUND ? BM_MISSING_FIELD : BM_OUT_OF_RANGE, "code",
                       "Send code=DIGITS: 2, 4, 6, 9 or 12 of them, as in GB/T 2260.");
        return;
    }
    bm_own_division_name(call->api->own_tables, code, name);
    bm_buf_printf(&call->out, "{\"code\":\"%s\",\"name\":", code);
    write_text_or_null(name, &call->out);
    bm_buf_byte(&call->out, '}');
    bm_call_finish(call);
}
