/* Where units are: POST and GET /v1/positions.  Positions go straight into dispatch's live table
 * and never into the journal; acknowledged means: in the table, or superseded by a newer one. */
#include <inttypes.h>
#include <string.h>

#include "api/api_private.h"
#include "api/position_text.h"
#include "base/json.h"

enum {
    POSITIONS_MAX = 1000,   /* in one request */
    REFUSED_SHOWN_MAX = 50, /* named one by one; all are counted */
    REFUSALS_MAX = 256 * 1024
};

struct posting {
    struct bm_call *call;
    int64_t now_ms;
    unsigned index, taken, superseded, refused;
    struct bm_buf refusals;
};

/* --- judging one ------------------------------------------------------------------------------ */

/* Machines and desks speak for the units of their area, a crew for its own. */
static bool may_speak_for(struct bm_call *call, const struct bm_unit *unit) {
    uint32_t roles = call->viewer.roles;
    if (roles & (BM_SENDERS | BM_ADMINS | BM_MACHINES))
        return bm_mirror_may_see(call->api->mirror, &call->viewer, BM_T_UNIT, unit);
    return (roles & BM_BIT(BM_ROLE_UNIT)) && call->viewer.unit == unit->id.v;
}

static enum bm_code judge(struct posting *posting, struct bm_position *position,
                          struct bm_fault *fault) {
    struct bm_call *call = posting->call;
    struct bm_dispatch *dispatch = call->api->config.dispatch;
    struct bm_unit unit;
    if (!bm_dispatch_unit(dispatch, position->unit, &unit) || !unit.active ||
        !may_speak_for(call, &unit)) {
        return bm_fault_set(fault, BM_NOT_FOUND, "unit",
                            "There is no unit %" PRIu64 " in service that you may speak for.",
                            position->unit);
    }
    if (position->at_ms > posting->now_ms + BM_POSITION_AHEAD_MS) {
        return bm_fault_set(fault, BM_OUT_OF_RANGE, "at_ms",
                            "The position lies %" PRId64
                            " s ahead of the desk's clock; set the device's.",
                            (position->at_ms - posting->now_ms) / 1000);
    }
    /* Whoever sends lines answers for the clocks behind them: a time of the past is believed, however old. */
    bm_position_date(position, position->at_ms, posting->now_ms, posting->now_ms);
    switch (bm_dispatch_position(dispatch, position)) {
    case BM_POSITION_TAKEN:
        posting->taken++;
        return BM_OK;
    case BM_POSITION_SUPERSEDED:
        posting->superseded++;
        return BM_OK;
    case BM_POSITION_NO_UNIT:
        break;
    }
    return bm_fault_set(fault, BM_NOT_FOUND, "unit", "Unit %" PRIu64 " is not on the roster.",
                        position->unit);
}

static void settle(struct posting *posting, enum bm_code code, const struct bm_fault *fault) {
    if (code && posting->refused++ < REFUSED_SHOWN_MAX) {
        struct bm_buf *out = &posting->refusals;
        bm_buf_printf(out, "%s{\"index\":%u,\"code\":\"%s\",\"field\":", out->len ? "," : "",
                      posting->index, bm_code_word(code));
        bm_json_text(out, fault->field);
        bm_buf_text(out, ",\"detail\":");
        bm_json_text(out, fault->detail);
        bm_buf_byte(out, '}');
    }
    posting->index++;
}

/* --- taking them ----------------------------------------------------------------------------- */

static enum bm_code take_json(struct posting *posting) {
    struct bm_call *call = posting->call;
    const json_t *positions = json_object_get(call->body, "positions");
    size_t count = json_array_size(positions);
    if (!json_is_array(positions) || json_object_size(call->body) != 1) {
        return bm_fault_set(&call->fault, BM_MISSING_FIELD, "positions",
                            "Send {\"positions\":[{\"unit\":\"1\",\"lat\":..,\"lon\":..}]}.");
    }
    if (count > POSITIONS_MAX) {
        return bm_fault_set(&call->fault, BM_TOO_LONG, "positions",
                            "Send at most %d positions at once.", POSITIONS_MAX);
    }
    for (size_t i = 0; i < count; i++) {
        struct bm_position position;
        struct bm_fault fault = {0};
        enum bm_code code = bm_position_read_json(json_array_get(positions, i), &position, &fault);
        if (!code) code = judge(posting, &position, &fault);
        settle(posting, code, &fault);
    }
    return BM_OK;
}

/* The next line without its end; NULL when there is none.  Empty ones are passed over. */
static const char *next_line(const char **at, const char *end, size_t *ret_len) {
    while (*at < end) {
        const char *line = *at, *stop = memchr(line, '\n', (size_t)(end - line));
        size_t len = (size_t)((stop ? stop : end) - line);
        *at = stop ? stop + 1 : end;
        if (len && line[len - 1] == '\r') len--;
        if (!len) continue;
        *ret_len = len;
        return line;
    }
    return NULL;
}

static enum bm_code take_lines(struct posting *posting) {
    struct bm_call *call = posting->call;
    const char *begin = (const char *)call->request->body, *end = begin + call->request->body_len;
    const char *at = begin, *line;
    size_t len, count = 0;
    while (count <= POSITIONS_MAX && next_line(&at, end, &len)) count++;
    if (count > POSITIONS_MAX) {
        return bm_fault_set(&call->fault, BM_TOO_LONG, "positions",
                            "Send at most %d positions at once.", POSITIONS_MAX);
    }
    for (at = begin; (line = next_line(&at, end, &len));) {
        struct bm_position position;
        struct bm_fault fault = {0};
        enum bm_code code = bm_position_read_line(line, len, &position, &fault);
        if (!code) code = judge(posting, &position, &fault);
        settle(posting, code, &fault);
    }
    return BM_OK;
}

void bm_handle_positions(struct bm_call *call) {
    struct posting posting = {.call = call,
                              .now_ms = bm_io_wall_ms(call->api->io),
                              .refusals = bm_buf_make(REFUSALS_MAX)};
    if (!(call->viewer.roles & (BM_CREWS | BM_ADMINS | BM_MACHINES))) {
        bm_call_refuse(call, BM_FORBIDDEN, NULL, "Your role may not report positions.");
        return;
    }
    call->code = call->body ? take_json(&posting) : take_lines(&posting);
    bm_buf_printf(&call->out, "{\"taken\":%u,\"superseded\":%u,\"refused_count\":%u,\"refused\":[",
                  posting.taken, posting.superseded, posting.refused);
    bm_buf_add(&call->out, posting.refusals.bytes, posting.refusals.len);
    bm_buf_text(&call->out, "]}");
    bm_buf_free(&posting.refusals);
    bm_call_finish(call);
}

/* --- out -------------------------------------------------------------------------------------- */

struct writing {
    struct bm_api *api;
    const struct bm_viewer *viewer;
    struct bm_buf *out;
};

static void write_one(void *context, const struct bm_unit *unit,
                      const struct bm_position *position) {
    struct writing *writing = context;
    struct bm_buf *out = writing->out;
    if (!unit->active || !bm_mirror_may_see(writing->api->mirror, writing->viewer, BM_T_UNIT, unit))
        return;
    bm_buf_text(out, out->len ? ",{\"unit\":" : "{\"unit\":");
    bm_json_id(out, position->unit);
    bm_buf_text(out, ",\"lat\":");
    bm_json_e7(out, position->point.lat_e7);
    bm_buf_text(out, ",\"lon\":");
    bm_json_e7(out, position->point.lon_e7);
    bm_buf_printf(out, ",\"at_ms\":%" PRId64 ",\"received_at_ms\":%" PRId64 ",\"device_at_ms\":", position->at_ms,
                  position->received_at_ms);
    if (position->device_at_ms == BM_AT_NONE)
        bm_buf_text(out, "null");
    else
        bm_buf_i64(out, position->device_at_ms);
    bm_buf_printf(out, ",\"clock_off\":%s", position->clock_off ? "true" : "false");
    if (position->speed_mmps == BM_SPEED_NONE)
        bm_buf_text(out, ",\"speed_mps\":null");
    else
        bm_buf_printf(out, ",\"speed_mps\":%u.%03u", position->speed_mmps / 1000,
                      position->speed_mmps % 1000);
    if (position->heading_deg == BM_HEADING_NONE)
        bm_buf_text(out, ",\"heading_deg\":null");
    else
        bm_buf_printf(out, ",\"heading_deg\":%u", position->heading_deg);
    bm_buf_printf(out, ",\"off_road\":%s}", position->off_road ? "true" : "false");
}

uint64_t bm_positions_write(struct bm_api *api, const struct bm_viewer *viewer, uint64_t since,
                            size_t most, struct bm_buf *out) {
    struct writing writing = {api, viewer, out};
    return bm_dispatch_moved(api->config.dispatch, since, most, write_one, &writing);
}

void bm_handle_where(struct bm_call *call) {
    struct bm_buf rows = bm_buf_make(call->out.max_bytes);
    bm_positions_write(call->api, &call->viewer, 0, SIZE_MAX, &rows);
    bm_buf_printf(&call->out, "{\"now_ms\":%" PRId64 ",\"positions\":[",
                  bm_io_wall_ms(call->api->io));
    bm_buf_add(&call->out, rows.bytes, rows.len);
    bm_buf_text(&call->out, "]}");
    call->out.overflow |= rows.overflow;
    bm_buf_free(&rows);
    bm_call_finish(call);
}
