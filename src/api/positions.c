/* Where units are: POST and GET /v1/positions.  Positions go straight into dispatch's live table
 * and never into the journal; acknowledged means: in the table, or superseded by a newer one. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "api/api_private.h"
#include "base/json.h"

enum {
    POSITIONS_MAX = 1000,   /* in one request */
    REFUSED_SHOWN_MAX = 50, /* named one by one; all are counted */
    LINE_MAX = 200,
    AHEAD_MS = 60000 /* a device's clock may be this far ahead of the desk's */
};

/* One position as it is sent; also the shape of GET's rows, as far as they go. */
struct given {
    uint64_t unit;
    int32_t lat_e7, lon_e7;
    int64_t at_ms;
    double speed_mps;   /* < 0: not known */
    double heading_deg; /* < 0: not known */
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

static enum bm_code judge(struct posting *posting, const struct given *given,
                          struct bm_fault *fault) {
    struct bm_call *call = posting->call;
    struct bm_unit unit;
    if (!bm_dispatch_unit(call->api->config.dispatch, given->unit, &unit) ||
        !may_speak_for(call, &unit)) {
        return bm_fault_set(fault, BM_NOT_FOUND, "unit",
                            "There is no unit %" PRIu64 " that you may speak for.", given->unit);
    }
    if (given->at_ms > posting->now_ms + AHEAD_MS) {
        return bm_fault_set(fault, BM_OUT_OF_RANGE, "at_ms",
                            "The position lies %" PRId64
                            " s ahead of the desk's clock; set the device's.",
                            (given->at_ms - posting->now_ms) / 1000);
    }
    struct bm_position position = {
        .unit = given->unit,
        .point = {given->lat_e7, given->lon_e7},
        .at_ms = given->at_ms == BM_AT_NONE ? posting->now_ms : given->at_ms,
        .received_at_ms = posting->now_ms,
        .speed_mmps = given->speed_mps < 0 ? UINT32_MAX : (uint32_t)lround(given->speed_mps * 1000),
        .heading_deg = given->heading_deg < 0 ? BM_HEADING_NONE
                                              : (uint16_t)given->heading_deg % 360};
    switch (bm_dispatch_position(call->api->config.dispatch, &position)) {
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
                        given->unit);
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

/* --- JSON ------------------------------------------------------------------------------------- */

static enum bm_code read_real(const json_t *object, const char *name, double least, double most,
                              double *number, struct bm_fault *fault) {
    const json_t *value = json_object_get(object, name);
    if (!value || json_is_null(value)) return BM_OK;
    double given = json_number_value(value);
    if (!json_is_number(value) || !(given >= least && given <= most)) {
        return bm_fault_set(fault, BM_OUT_OF_RANGE, name, "\"%s\" must be a number from %g to %g.",
                            name, least, most);
    }
    *number = given;
    return BM_OK;
}

static enum bm_code read_given(const json_t *object, struct given *ret_given,
                               struct bm_fault *fault) {
    static const char *const known[] = {"unit", "lat", "lon", "at_ms", "speed_mps", "heading_deg"};
    struct given given = {.at_ms = BM_AT_NONE, .speed_mps = -1, .heading_deg = -1};
    double lat = NAN, lon = NAN, at_ms = -1;
    const char *name;
    json_t *value;
    if (!json_is_object(object))
        return bm_fault_set(fault, BM_WRONG_TYPE, "positions", "Send objects.");
    json_object_foreach((json_t *)object, name, value) {
        bool is_known = false;
        for (int i = 0; i < 6; i++) is_known |= strcmp(name, known[i]) == 0;
        if (is_known) continue;
        return bm_fault_set(fault, BM_UNKNOWN_FIELD, name,
                            "\"%.40s\" is not known here; these are: unit, lat, lon, at_ms, "
                            "speed_mps, heading_deg.",
                            name);
    }
    const char *unit = json_string_value(json_object_get(object, "unit"));
    size_t digits = unit ? strspn(unit, "0123456789") : 0;
    if (!digits || digits > 18 || unit[digits])
        return bm_fault_set(fault, BM_WRONG_TYPE, "unit",
                            "\"unit\" must be an id: a string of digits.");
    given.unit = strtoull(unit, NULL, 10);
    enum bm_code code = read_real(object, "lat", -90, 90, &lat, fault);
    if (!code) code = read_real(object, "lon", -180, 180, &lon, fault);
    if (!code) code = read_real(object, "at_ms", 0, (double)BM_AT_MAX, &at_ms, fault);
    if (!code) code = read_real(object, "speed_mps", 0, 1000, &given.speed_mps, fault);
    if (!code) code = read_real(object, "heading_deg", 0, 360, &given.heading_deg, fault);
    if (code) return code;
    if (isnan(lat) || isnan(lon))
        return bm_fault_set(fault, BM_MISSING_FIELD, isnan(lat) ? "lat" : "lon",
                            "Send lat and lon.");
    given.lat_e7 = (int32_t)llround(lat * 1e7);
    given.lon_e7 = (int32_t)llround(lon * 1e7);
    if (at_ms >= 0) given.at_ms = (int64_t)at_ms;
    *ret_given = given;
    return BM_OK;
}

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
        struct given given;
        struct bm_fault fault = {0};
        enum bm_code code = read_given(json_array_get(positions, i), &given, &fault);
        if (!code) code = judge(posting, &given, &fault);
        settle(posting, code, &fault);
    }
    return BM_OK;
}

/* --- lines: unit,lat,lon[,at_ms[,speed_mps[,heading_deg]]] --------------------------------------
 */

static bool read_part(const char *part, double least, double most, double *number) {
    char *end;
    if (!part[0]) return true; /* left out */
    *number = strtod(part, &end);
    return !*end && *number >= least && *number <= most;
}

static enum bm_code read_line(char *line, struct given *ret_given, struct bm_fault *fault) {
    static const char *const names[] = {"unit", "lat", "lon", "at_ms", "speed_mps", "heading_deg"};
    static const double least[] = {1, -90, -180, 0, 0, 0},
                        most[] = {1e15, 90, 180, 253402300799999.0, 1000, 360};
    double numbers[] = {NAN, NAN, NAN, -1, -1, -1};
    int part = 0;
    for (char *at = line; at; part++) {
        char *comma = strchr(at, ',');
        if (comma) *comma = 0;
        if (part == 6)
            return bm_fault_set(fault, BM_BAD_REQUEST, NULL, "A line has at most six parts.");
        if (!read_part(at, least[part], most[part], &numbers[part])) {
            return bm_fault_set(fault, BM_OUT_OF_RANGE, names[part],
                                "\"%s\" must be a number from %g to %g.", names[part], least[part],
                                most[part]);
        }
        at = comma ? comma + 1 : NULL;
    }
    for (int i = 0; i < 3; i++) {
        if (isnan(numbers[i]))
            return bm_fault_set(fault, BM_MISSING_FIELD, names[i],
                                "A line is: unit,lat,lon,at_ms,speed_mps,heading_deg.");
    }
    *ret_given = (struct given){(uint64_t)numbers[0],
                                (int32_t)llround(numbers[1] * 1e7),
                                (int32_t)llround(numbers[2] * 1e7),
                                numbers[3] < 0 ? BM_AT_NONE : (int64_t)numbers[3],
                                numbers[4],
                                numbers[5]};
    return BM_OK;
}

static enum bm_code take_lines(struct posting *posting) {
    struct bm_call *call = posting->call;
    const char *at = (const char *)call->request->body, *end = at + call->request->body_len;
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        size_t len = (size_t)((stop ? stop : end) - at);
        char line[LINE_MAX] = "";
        struct given given;
        struct bm_fault fault = {0};
        if (posting->index >= POSITIONS_MAX) {
            return bm_fault_set(&call->fault, BM_TOO_LONG, NULL,
                                "Send at most %d positions at once; the first %d were taken.",
                                POSITIONS_MAX, POSITIONS_MAX);
        }
        if (len && at[len - 1] == '\r') len--;
        if (len && len < LINE_MAX && !memchr(at, 0, len)) {
            memcpy(line, at, len);
            enum bm_code code = read_line(line, &given, &fault);
            if (!code) code = judge(posting, &given, &fault);
            settle(posting, code, &fault);
        } else if (len) {
            settle(posting,
                   bm_fault_set(&fault, BM_TOO_LONG, NULL, "A line has at most %d bytes of text.",
                                LINE_MAX - 1),
                   &fault);
        }
        at = stop ? stop + 1 : end;
    }
    return BM_OK;
}

void bm_handle_positions(struct bm_call *call) {
    struct posting posting = {
        .call = call, .now_ms = bm_io_wall_ms(call->api->io), .refusals = bm_buf_make(64 * 1024)};
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
    if (!bm_mirror_may_see(writing->api->mirror, writing->viewer, BM_T_UNIT, unit)) return;
    bm_buf_text(out, out->len ? ",{\"unit\":" : "{\"unit\":");
    bm_json_id(out, position->unit);
    bm_buf_text(out, ",\"lat\":");
    bm_json_e7(out, position->point.lat_e7);
    bm_buf_text(out, ",\"lon\":");
    bm_json_e7(out, position->point.lon_e7);
    bm_buf_printf(out, ",\"at_ms\":%" PRId64 ",\"received_at_ms\":%" PRId64, position->at_ms,
                  position->received_at_ms);
    if (position->speed_mmps == UINT32_MAX)
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

void bm_positions_write(struct bm_api *api, const struct bm_viewer *viewer, uint64_t since,
                        struct bm_buf *out) {
    struct writing writing = {api, viewer, out};
    bm_dispatch_moved(api->config.dispatch, since, write_one, &writing);
}

void bm_handle_where(struct bm_call *call) {
    struct bm_buf rows = bm_buf_make(call->out.max_bytes);
    bm_positions_write(call->api, &call->viewer, 0, &rows);
    bm_buf_printf(&call->out, "{\"now_ms\":%" PRId64 ",\"positions\":[",
                  bm_io_wall_ms(call->api->io));
    bm_buf_add(&call->out, rows.bytes, rows.len);
    bm_buf_text(&call->out, "]}");
    bm_buf_free(&rows);
    bm_call_finish(call);
}
