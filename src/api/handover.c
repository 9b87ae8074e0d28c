/* GET /v1/handover: what the next shift must know, as of one seq.  Whoever reads it has looked at the board, and that is
 * recorded: it holds what officers wrote. */
#include <inttypes.h>
#include <string.h>

#include "api/api_private.h"
#include "base/json.h"
#include "base/table.h"

/* Of a case's running clocks, the one that is due first. */
struct first_due {
    int64_t due_at_ms;
    uint8_t kind;
    uint64_t assignment;
};

struct handover {
    struct bm_call *call;
    struct bm_reader *reader;
    struct bm_table clocks;  /* case -> struct first_due */
    struct bm_table units;   /* assignment -> uint64_t unit */
    struct bm_table matters; /* case -> struct bm_matter's who waits */
    int64_t now_ms;
    bool first;
    enum bm_table_kind table;
};

static bool keep_clock(void *context, const void *record) {
    struct handover *handover = context;
    const struct bm_clock *clock = record;
    if (!clock->on_case.v) return true;
    struct first_due *kept = bm_table_get(&handover->clocks, clock->on_case.v);
    if (kept && kept->due_at_ms <= clock->due_at_ms) return true;
    if (!kept) kept = bm_table_add(&handover->clocks, clock->on_case.v);
    *kept = (struct first_due){clock->due_at_ms, clock->kind, clock->assignment.v};
    return true;
}

static bool keep_unit(void *context, const void *record) {
    const struct bm_assignment *assignment = record;
    *(uint64_t *)bm_table_add(&((struct handover *)context)->units, assignment->id.v) = assignment->unit.v;
    return true;
}

struct matter_waits {
    char for_whom[BM_NAMED_TEXT], owner_role[BM_NAMED_TEXT];
    int64_t due_at_ms;
};

static bool keep_matter(void *context, const void *record) {
    const struct bm_matter *matter = record;
    struct matter_waits *waits = bm_table_add(&((struct handover *)context)->matters, matter->id.v);
    memcpy(waits->for_whom, matter->waits_for, sizeof waits->for_whom);
    memcpy(waits->owner_role, matter->owner_role, sizeof waits->owner_role);
    waits->due_at_ms = matter->due_at_ms;
    return true;
}

static void write_due(struct handover *handover, int64_t due_at_ms) {
    struct bm_buf *out = &handover->call->out;
    if (due_at_ms == BM_AT_NONE)
        bm_buf_text(out, ",\"due_at_ms\":null,\"overdue\":false");
    else
        bm_buf_printf(out, ",\"due_at_ms\":%" PRId64 ",\"overdue\":%s", due_at_ms, due_at_ms < handover->now_ms ? "true" : "false");
}

/* Who waits for whom: of an incident it follows from the clock that is due first, of a matter it stands in it. */
static void write_waits(struct handover *handover, const struct bm_case *row) {
    struct bm_buf *out = &handover->call->out;
    const struct matter_waits *matter = bm_table_get(&handover->matters, row->id.v);
    const struct first_due *due = bm_table_get(&handover->clocks, row->id.v);
    const uint64_t *unit = due && due->assignment ? bm_table_get(&handover->units, due->assignment) : NULL;
    bm_buf_text(out, ",\"clock\":");
    if (matter || !due) /* the clocks of matters are promises with names of their own */
        bm_buf_text(out, "null");
    else
        bm_json_text(out, bm_word(&bm_clock_kind_words, due->kind));
    bm_buf_text(out, ",\"waits_for\":");
    const char *crew = due && due->kind >= BM_CLOCK_ACKNOWLEDGE && due->kind <= BM_CLOCK_REPORT_BACK ? "unit" : "desk";
    bm_json_text(out, matter ? (matter->for_whom[0] ? matter->for_whom : matter->owner_role) : crew);
    bm_buf_text(out, ",\"unit\":");
    bm_json_id(out, unit ? *unit : 0);
    write_due(handover, matter ? matter->due_at_ms : due ? due->due_at_ms : BM_AT_NONE);
}

static bool write_case(void *context, const void *record) {
    struct handover *handover = context;
    struct bm_call *call = handover->call;
    const struct bm_case *row = record;
    if (!bm_mirror_may_see(call->api->mirror, &call->viewer, BM_T_CASE, row)) return true;
    bm_buf_text(&call->out, handover->first ? "{\"case\":" : ",{\"case\":");
    handover->first = false;
    bm_row_write(call->api, &call->viewer, BM_OPEN_ADDRESS, BM_T_CASE, row, &call->out);
    bm_buf_printf(&call->out, ",\"age_ms\":%" PRId64, handover->now_ms - row->opened_at_ms);
    write_waits(handover, row);
    bm_buf_byte(&call->out, '}');
    return !call->out.overflow;
}

/* What of the other tables the next shift must know. */
static bool is_told(enum bm_table_kind table, const void *record) {
    if (table == BM_T_UNIT) return ((const struct bm_unit *)record)->active && ((const struct bm_unit *)record)->duty == BM_DUTY_OUT;
    if (table == BM_T_PLACE) return ((const struct bm_place *)record)->kind == BM_PLACE_ROAD_CLOSURE;
    if (table == BM_T_DUTY_LEVEL) return ((const struct bm_duty_level *)record)->raised_at_ms != BM_AT_NONE;
    return true;
}

static bool write_row(void *context, const void *record) {
    struct handover *handover = context;
    struct bm_call *call = handover->call;
    if (!is_told(handover->table, record) || !bm_mirror_may_see(call->api->mirror, &call->viewer, handover->table, record)) return true;
    if (!handover->first) bm_buf_byte(&call->out, ',');
    handover->first = false;
    enum bm_open open = handover->table == BM_T_HANDOVER ? BM_OPEN_ALL : BM_OPEN_NOTHING;
    bm_row_write(call->api, &call->viewer, open, handover->table, record, &call->out);
    return !call->out.overflow;
}

static enum bm_code each_open(struct handover *handover, enum bm_table_kind table, bm_record_fn *each) {
    struct bm_query query = {.table = table, .open_only = true};
    return bm_reader_records(handover->reader, &query, each, handover, &handover->call->fault);
}

static enum bm_code write_list(struct handover *handover, enum bm_table_kind table, const char *name, bm_record_fn *each) {
    handover->first = true;
    handover->table = table;
    bm_buf_printf(&handover->call->out, ",\"%s\":[", name);
    enum bm_code code = each_open(handover, table, each);
    bm_buf_byte(&handover->call->out, ']');
    return code;
}

static enum bm_code write_handover(struct bm_call *call, struct bm_reader *reader) {
    struct handover handover = {.call = call, .reader = reader, .now_ms = bm_io_wall_ms(call->api->io),
                                .clocks = bm_table_make(sizeof(struct first_due)), .units = bm_table_make(sizeof(uint64_t)),
                                .matters = bm_table_make(sizeof(struct matter_waits))};
    bm_buf_printf(&call->out, ",\"now_ms\":%" PRId64, handover.now_ms);
    enum bm_code code = each_open(&handover, BM_T_CLOCK, keep_clock);
    if (!code) code = each_open(&handover, BM_T_ASSIGNMENT, keep_unit);
    if (!code) code = each_open(&handover, BM_T_MATTER, keep_matter);
    if (!code) code = write_list(&handover, BM_T_CASE, "cases", write_case);
    if (!code) code = write_list(&handover, BM_T_CONTACT, "contacts", write_row);
    if (!code) code = write_list(&handover, BM_T_UNIT, "units", write_row);
    if (!code) code = write_list(&handover, BM_T_PLACE, "road_closures", write_row);
    if (!code) code = write_list(&handover, BM_T_DUTY_LEVEL, "duty_levels", write_row);
    if (!code) code = write_list(&handover, BM_T_DESK_POSITION, "desk_positions", write_row);
    if (!code) code = write_list(&handover, BM_T_STINT, "stints", write_row);
    if (!code) code = write_list(&handover, BM_T_HANDOVER, "notes", write_row);
    bm_table_free(&handover.clocks);
    bm_table_free(&handover.units);
    bm_table_free(&handover.matters);
    return code;
}

static void read_handover(struct bm_call *call) {
    bm_with_reader(call, write_handover);
}

void bm_handle_handover(struct bm_call *call) {
    bm_look_then(call, BM_LOOK_BOARD, read_handover);
}
