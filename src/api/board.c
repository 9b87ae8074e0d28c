/* GET /v1/board and the plain lists: projections and their seq in one read transaction, on a
 * worker. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "api/api_private.h"
#include "base/alloc.h"
#include "base/json.h"

enum { LIST_DEFAULT = 200, LIST_MAX = 1000 };

struct listing {
    struct bm_call *call;
    enum bm_table_kind table;
    enum bm_open open;
    bool first;
    uint32_t left;
    uint64_t last_id;
};

static bool write_record(void *context, const void *record) {
    struct listing *listing = context;
    struct bm_call *call = listing->call;
    memcpy(&listing->last_id, record, sizeof listing->last_id);
    if (!bm_mirror_may_see(call->api->mirror, &call->viewer, listing->table, record)) return true;
    if (!listing->first) bm_buf_byte(&call->out, ',');
    listing->first = false;
    bm_row_write(call->api, &call->viewer, listing->open, listing->table, record, &call->out);
    return !call->out.overflow && --listing->left > 0;
}

/* --- board ------------------------------------------------------------------------------------ */

static const enum bm_table_kind board_tables[] = {BM_T_AGENCY,   BM_T_PLACE,      BM_T_UNIT,
                                                  BM_T_OPERATOR, BM_T_CLASS,      BM_T_CONTACT,
                                                  BM_T_CASE,     BM_T_ASSIGNMENT, BM_T_CLOCK,
                                                  BM_T_EDITION,  BM_T_MATTER,     BM_T_PROMISE,
                                                  BM_T_RATING,   BM_T_DESK_POSITION, BM_T_CHECK_IN, BM_T_DURESS,
                                                  BM_T_ALERT_CHANNEL, BM_T_STINT,    BM_T_DUTY_RULE, BM_T_HANDOVER,
                                                  BM_T_DUTY_LEVEL};

static enum bm_code write_board(struct bm_call *call, struct bm_reader *reader) {
    struct bm_buf *out = &call->out;
    const uint64_t *seq = call->state;
    bm_buf_clear(out);
    bm_buf_printf(out, "{\"seq\":%" PRIu64, *seq);
    bm_buf_printf(out, ",\"now_ms\":%" PRId64 ",\"rows\":{", bm_io_wall_ms(call->api->io));
    for (size_t t = 0; t < sizeof board_tables / sizeof board_tables[0]; t++) {
        enum bm_table_kind table = board_tables[t];
        struct listing listing = {call, table, BM_OPEN_ADDRESS, true, UINT32_MAX, 0};
        struct bm_query query = {.table = table, .open_only = true};
        bm_buf_printf(out, "%s\"%s\":[", t ? "," : "", bm_word(&bm_table_kind_words, table));
        enum bm_code code = bm_reader_records(reader, &query, write_record, &listing, &call->fault);
        if (code) return code;
        bm_buf_byte(out, ']');
    }
    bm_buf_byte(out, '}');
    return BM_OK;
}

/* The rows may be newer than what is known, here, of who may see what: their frames are on their way.  So the stream begins at what
 * is known now, before the rows are read; what comes twice changes nothing, and what changes the view starts the viewer over. */
static void read_board(struct bm_call *call) {
    uint64_t *seq = call->state = bm_alloc(sizeof *seq);
    *seq = bm_mirror_seq(call->api->mirror);
    if (!bm_mirror_viewer(call->api->mirror, call->viewer.operator_id, &call->viewer))
        call->code = bm_fault_set(&call->fault, BM_UNAUTHENTICATED, NULL, "The session has ended; log in again.");
    else
        bm_with_reader(call, write_board);
}

/* The board shows addresses: who fetched it, and when, is recorded like every other look. */
void bm_handle_board(struct bm_call *call) {
    bm_look_then(call, BM_LOOK_BOARD, read_board);
}

/* --- lists ------------------------------------------------------------------------------------ */

enum bm_code bm_query_digits(struct bm_call *call, const char *name, uint64_t *number) {
    char text[24];
    enum bm_code code = bm_http_query(call->request, name, text, sizeof text);
    if (code == BM_NOT_FOUND) return BM_OK;
    size_t digits = code ? 0 : strspn(text, "0123456789");
    if (digits == 0 || digits > 18 || text[digits]) {
        return bm_fault_set(&call->fault, BM_OUT_OF_RANGE, name,
                            "\"%s\" must be a number: digits only.", name);
    }
    *number = strtoull(text, NULL, 10);
    return BM_OK;
}

/* {"seq":..,"rows":[..],"next":"41"|null}: ascending ids, or newest=1; open=1; after=ID;
 * limit<=1000. */
static enum bm_code write_list(struct bm_call *call, struct bm_reader *reader) {
    enum bm_table_kind table = (enum bm_table_kind)call->route->response;
    uint64_t limit = LIST_DEFAULT, open = 0, after = 0, newest = 0;
    enum bm_code code = bm_query_digits(call, "limit", &limit);
    if (!code) code = bm_query_digits(call, "open", &open);
    if (!code) code = bm_query_digits(call, "after", &after);
    if (!code) code = bm_query_digits(call, "newest", &newest);
    if (code) return code;
    if (limit == 0 || limit > LIST_MAX) {
        return bm_fault_set(&call->fault, BM_OUT_OF_RANGE, "limit",
                            "\"limit\" must lie between 1 and %d.", LIST_MAX);
    }
    struct listing listing = {call, table, BM_OPEN_NOTHING, true, (uint32_t)limit, 0};
    /* Names, for those who administer accounts; nobody else opens a personal field without a
     * recorded look. */
    if (table == BM_T_OPERATOR && (call->viewer.roles & BM_ADMINS)) listing.open = BM_OPEN_ALL;
    struct bm_query query = {
        .table = table, .open_only = open == 1, .after_id = after, .newest_first = newest == 1};
    bm_buf_text(&call->out, ",\"rows\":[");
    code = bm_reader_records(reader, &query, write_record, &listing, &call->fault);
    bm_buf_text(&call->out, "],\"next\":");
    bm_json_id(&call->out, listing.left ? 0 : listing.last_id);
    return code;
}

static void read_list(struct bm_call *call) {
    bm_with_reader(call, write_list);
}

void bm_handle_list(struct bm_call *call) {
    call->work = read_list;
    bm_call_work(call);
}
