/* What is reached within minutes, and where posts cut an area off: questions about the ground, on
 * workers. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "api/coordinates.h"
#include "base/alloc.h"
#include "base/json.h"
#include "dispatch/ground.h"
#include "road/cordon.h"

enum {
    BANDS_MAX = 6,
    MINUTES_MAX = 120,
    LINES_MAX = 40000, /* of one answer; past it says so */
};

bool bm_call_may_send(void *context, const struct bm_unit *unit) {
    struct bm_call *call = context;
    return bm_mirror_may_see(call->api->mirror, &call->viewer, BM_T_UNIT, unit);
}

static void write_point(struct bm_point point, struct bm_buf *out) {
    bm_buf_byte(out, '[');
    bm_json_e7(out, point.lat_e7);
    bm_buf_byte(out, ',');
    bm_json_e7(out, point.lon_e7);
    bm_buf_byte(out, ']');
}

static void write_points(const struct bm_point *points, size_t count, struct bm_buf *out) {
    bm_buf_byte(out, '[');
    for (size_t i = 0; i < count; i++) {
        if (i) bm_buf_byte(out, ',');
        write_point(points[i], out);
    }
    bm_buf_byte(out, ']');
}

static void write_stretch(const struct bm_road *road, uint32_t arc, uint32_t from_part,
                          uint32_t to_part, struct bm_buf *out) {
    size_t cap = bm_road_shape_count(road, arc / 2);
    struct bm_point *points = bm_alloc(cap * sizeof *points);
    size_t count = bm_road_stretch(road, arc, from_part, to_part, points, cap);
    write_points(points, count, out);
    bm_free(points);
}

/* --- isochrone -------------------------------------------------------------------------------- */

struct isochrone {
    enum bm_profile profile;
    bool of_units;
    char capability[BM_CODE_TEXT]; /* "": any */
    struct bm_point from;
    int64_t minutes[BANDS_MAX]; /* ascending */
    size_t bands;
    int64_t now_ms;
    /* While it is drawn. */
    const struct bm_road *road;
    struct bm_buf *out;
    size_t lines;
};

/* "4,8,12": whole minutes, ascending. */
static enum bm_code read_minutes(struct bm_call *call, struct isochrone *isochrone) {
    char text[64] = "4,8,12", *at = text;
    enum bm_code code = bm_http_query(call->request, "minutes", text, sizeof text);
    bool fine = code == BM_OK || code == BM_NOT_FOUND;
    while (fine) {
        char *end;
        unsigned long minutes = strtoul(at, &end, 10);
        fine = *at >= '0' && *at <= '9' && minutes >= 1 && minutes <= MINUTES_MAX &&
               isochrone->bands < BANDS_MAX;
        if (!fine) break;
        isochrone->minutes[isochrone->bands++] = (int64_t)minutes;
        size_t count = isochrone->bands;
        fine = count < 2 || isochrone->minutes[count - 2] < isochrone->minutes[count - 1];
        if (!*end) break;
        fine = fine && *end == ',';
        at = end + 1;
    }
    if (fine) return BM_OK;
    return bm_fault_set(&call->fault, BM_OUT_OF_RANGE, "minutes",
                        "Send minutes=4,8,12: up to %d whole numbers from 1 to %d, ascending.",
                        BANDS_MAX, MINUTES_MAX);
}

static enum bm_code read_sources(struct bm_call *call, struct isochrone *isochrone) {
    char text[24];
    enum bm_code code = bm_http_query(call->request, "units", text, sizeof text);
    if (code == BM_NOT_FOUND) return bm_query_point(call, "from", &isochrone->from);
    isochrone->of_units = !code && strcmp(text, "free") == 0;
    if (!isochrone->of_units)
        return bm_fault_set(&call->fault, BM_UNKNOWN_WORD, "units",
                            "\"units\" must be: free.  Or send from=LAT,LON.");
    code = bm_http_query(call->request, "capability", isochrone->capability,
                         sizeof isochrone->capability);
    if (code == BM_NOT_FOUND) code = BM_OK;
    return code ? bm_fault_set(&call->fault, BM_OUT_OF_RANGE, "capability",
                               "\"capability\" is a word of a unit's capabilities.")
                : BM_OK;
}

static void draw(void *context, const struct bm_reached *reached) {
    struct isochrone *isochrone = context;
    struct bm_buf *out = isochrone->out;
    if (isochrone->lines++ >= LINES_MAX) return;
    bm_buf_printf(out, "%s{\"band\":%u,\"points\":", isochrone->lines > 1 ? "," : "",
                  (unsigned)reached->band);
    write_stretch(isochrone->road, reached->arc, reached->from_part, reached->to_part, out);
    bm_buf_byte(out, '}');
}

static void write_source(const struct bm_free_unit *unit, struct bm_point point,
                         struct bm_buf *out) {
    bm_buf_text(out, "{\"unit\":");
    if (unit) {
        bm_json_id(out, unit->row.id.v);
        bm_buf_text(out, ",\"call_sign\":");
        bm_json_text(out, unit->row.call_sign);
    } else {
        bm_buf_text(out, "null,\"call_sign\":null");
    }
    bm_buf_text(out, ",\"lat\":");
    bm_json_e7(out, point.lat_e7);
    bm_buf_text(out, ",\"lon\":");
    bm_json_e7(out, point.lon_e7);
    bm_buf_byte(out, '}');
}

static void isochrone_work(struct bm_call *call) {
    struct isochrone *isochrone = call->state;
    struct bm_dispatch *dispatch = call->api->config.dispatch;
    struct bm_free_unit *units = NULL;
    struct bm_buf *out = &call->out;
    const char *capability = isochrone->capability[0] ? isochrone->capability : NULL;
    size_t count = isochrone->of_units
                       ? bm_dispatch_free_units(dispatch, capability, isochrone->now_ms,
                                                bm_call_may_send, call, &units)
                       : 1;
    struct bm_point *points = bm_alloc((count + 1) * sizeof *points);
    points[0] = isochrone->from;
    size_t going = 0; /* units that go by road */
    bm_buf_printf(out, "{\"profile\":\"%s\",\"minutes\":[", bm_profile_names[isochrone->profile]);
    for (size_t i = 0; i < isochrone->bands; i++)
        bm_buf_printf(out, "%s%" PRId64, i ? "," : "", isochrone->minutes[i]);
    bm_buf_text(out, "],\"basis\":\"road\",\"sources\":[");
    for (size_t i = 0; i < count; i++) {
        bool walks = units && units[i].row.kind == BM_UNIT_FOOT;
        bool flies = units &&
                     (units[i].row.kind == BM_UNIT_BOAT || units[i].row.kind == BM_UNIT_DRONE_CREW);
        if (flies || (units && walks != (isochrone->profile == BM_PROFILE_FOOT))) continue;
        if (units) points[going] = units[i].point;
        if (going) bm_buf_byte(out, ',');
        write_source(units ? &units[i] : NULL, points[going], out);
        going++;
    }
    bm_buf_text(out, "],\"lines\":[");
    isochrone->road = bm_dispatch_road(dispatch);
    isochrone->out = out;
    int64_t within_ms[BANDS_MAX];
    for (size_t i = 0; i < isochrone->bands; i++) within_ms[i] = isochrone->minutes[i] * 60000;
    size_t near = bm_dispatch_reach(dispatch, isochrone->profile, points, going, within_ms,
                                    isochrone->bands, draw, isochrone);
    const char *reason = !isochrone->road ? "no_roads"
                         : !going         ? "no_units"
                         : !near          ? "outside_area"
                                          : NULL;
    bm_buf_printf(out, "],\"count\":%zu,\"cut\":%s,\"reason\":", isochrone->lines,
                  isochrone->lines > LINES_MAX ? "true" : "false");
    if (reason)
        bm_json_text(out, reason);
    else
        bm_buf_text(out, "null");
    bm_buf_byte(out, '}');
    bm_free(points);
    bm_free(units);
}

void bm_handle_isochrone(struct bm_call *call) {
    if (!(call->viewer.roles & BM_WORKERS)) {
        bm_call_refuse(call, BM_FORBIDDEN, NULL, "Your role may not ask what is reached.");
        return;
    }
    struct isochrone *isochrone = bm_alloc_zero(1, sizeof *isochrone);
    call->state = isochrone;
    isochrone->now_ms = bm_io_wall_ms(call->api->io);
    call->code = bm_query_profile(call, &isochrone->profile);
    if (!call->code) call->code = read_minutes(call, isochrone);
    if (!call->code) call->code = read_sources(call, isochrone);
    if (call->code) {
        bm_call_finish(call);
        return;
    }
    call->work = isochrone_work;
    bm_call_work(call);
}

/* --- cordon ----------------------------------------------------------------------------------- */

struct cordon {
    enum bm_profile profile;
    struct bm_area area;
    struct bm_point from; /* of a drive */
    struct bm_point corners[BM_CORDON_POINTS_MAX];
    uint32_t margin_m;
    int64_t now_ms;
};

/* A whole number from 0 on, `otherwise` when it is not said. */
static enum bm_code read_number(struct bm_call *call, const char *name, uint32_t most,
                                uint32_t otherwise, uint32_t *ret_number) {
    char text[16], *end;
    enum bm_code code = bm_http_query(call->request, name, text, sizeof text);
    if (code == BM_NOT_FOUND) {
        *ret_number = otherwise;
        return BM_OK;
    }
    unsigned long number = code ? 0 : strtoul(text, &end, 10);
    if (code || text[0] < '0' || text[0] > '9' || *end || number > most)
        return bm_fault_set(&call->fault, BM_OUT_OF_RANGE, name,
                            "\"%s\" must be a whole number from 0 to %u.", name, most);
    *ret_number = (uint32_t)number;
    return BM_OK;
}

/* "LAT,LON;LAT,LON;...": the corners as bm_query_point reads each. */
static enum bm_code read_polygon(struct bm_call *call, struct cordon *cordon) {
    char text[BM_CORDON_POINTS_MAX * 48];
    enum bm_code code = bm_http_query(call->request, "polygon", text, sizeof text);
    size_t count = 0;
    for (char *at = text; !code && at;) {
        char *next = strchr(at, ';');
        if (next) *next++ = 0;
        if (count == BM_CORDON_POINTS_MAX)
            return bm_fault_set(&call->fault, BM_OUT_OF_RANGE, "polygon",
                                "A polygon has at most %d corners.", BM_CORDON_POINTS_MAX);
        code = bm_query_point_text(call, "polygon", at, &cordon->corners[count++]);
        at = next;
    }
    cordon->area = (struct bm_area){
        .form = BM_AREA_POLYGON, .points = cordon->corners, .count = count};
    if (!code || call->fault.code) return code;
    return bm_fault_set(&call->fault, BM_OUT_OF_RANGE, "polygon",
                        "Send polygon=LAT,LON;LAT,LON;LAT,LON with at most %d corners.",
                        BM_CORDON_POINTS_MAX);
}

static bool asks_for(struct bm_call *call, const char *name) {
    char text[2];
    return bm_http_query(call->request, name, text, sizeof text) != BM_NOT_FOUND;
}

static enum bm_code read_area(struct bm_call *call, struct cordon *cordon) {
    if (asks_for(call, "polygon")) return read_polygon(call, cordon);
    uint32_t number = 0;
    enum bm_code code;
    if (asks_for(call, "around")) {
        cordon->area.form = BM_AREA_DISC;
        code = bm_query_point(call, "around", &cordon->area.point);
        if (!code) code = read_number(call, "radius_m", BM_CORDON_RADIUS_MAX_M, 300, &number);
        if (!code) cordon->area.radius_m = number;
        return code;
    }
    if (!asks_for(call, "from"))
        return bm_fault_set(&call->fault, BM_MISSING_FIELD, "around",
                            "Say which area: around=LAT,LON&radius_m=300, or "
                            "polygon=LAT,LON;LAT,LON;LAT,LON, or from=LAT,LON&minutes=3.");
    cordon->area.form = BM_AREA_DRIVE;
    code = bm_query_point(call, "from", &cordon->from);
    if (!code) code = read_number(call, "minutes", BM_CORDON_WITHIN_MAX_MS / 60000, 3, &number);
    if (!code) cordon->area.within_ms = (int64_t)number * 60000;
    return code;
}

static void write_post(const struct bm_metric *metric, const struct bm_post *post,
                       const struct bm_free_unit *unit, int64_t travel_ms, struct bm_buf *out) {
    enum { NAMES_MOST = 8 };
    const char *names[NAMES_MOST];
    size_t count = bm_junction_names(metric, post->junction, names, NAMES_MOST);
    bm_buf_printf(out, "{\"junction\":\"%u\",\"lat\":", post->junction + 1);
    bm_json_e7(out, post->point.lat_e7);
    bm_buf_text(out, ",\"lon\":");
    bm_json_e7(out, post->point.lon_e7);
    bm_buf_text(out, ",\"names\":[");
    for (size_t i = 0; i < count; i++) {
        if (i) bm_buf_byte(out, ',');
        bm_json_text(out, names[i]);
    }
    bm_buf_printf(out, "],\"arcs\":%zu,\"unit\":", post->count);
    if (!unit) {
        bm_buf_text(out, "null}");
        return;
    }
    bm_buf_text(out, "{\"unit\":");
    bm_json_id(out, unit->row.id.v);
    bm_buf_text(out, ",\"call_sign\":");
    bm_json_text(out, unit->row.call_sign);
    bm_buf_printf(out, ",\"kind\":\"%s\",\"travel_ms\":%" PRId64 "}}",
                  bm_word(&bm_unit_kind_words, unit->row.kind), travel_ms);
}

static void write_inside(const struct bm_road *road, const struct bm_cordon *found,
                         struct bm_buf *out) {
    bm_buf_text(out, ",\"inside\":[");
    for (size_t i = 0; i < found->edge_count && i < LINES_MAX; i++) {
        bm_buf_text(out, i ? ",{\"points\":" : "{\"points\":");
        write_stretch(road, 2 * found->edges[i], 0, BM_ALONG_FULL, out);
        bm_buf_byte(out, '}');
    }
    bm_buf_printf(out, "],\"length_m\":%lld,\"edge_of_map\":%s,\"cut\":%s}",
                  llround(found->length_m), found->edge_of_map ? "true" : "false",
                  found->edge_count > LINES_MAX ? "true" : "false");
}

static void write_cordon(struct bm_call *call, const struct bm_metric *metric,
                         const struct bm_cordon *found) {
    const struct cordon *cordon = call->state;
    struct bm_dispatch *dispatch = call->api->config.dispatch;
    struct bm_free_unit *units;
    size_t unit_count = bm_dispatch_free_units(dispatch, NULL, cordon->now_ms, bm_call_may_send,
                                               call, &units);
    struct bm_point *places = bm_alloc((found->count + 1) * sizeof *places);
    struct bm_first_there *first = bm_alloc((found->count + 1) * sizeof *first);
    for (size_t i = 0; i < found->count; i++) places[i] = found->posts[i].point;
    bm_dispatch_first_there(dispatch, cordon->profile, units, unit_count, places, found->count,
                            first);
    bm_buf_printf(&call->out, "{\"profile\":\"%s\",\"posts\":[", bm_profile_names[cordon->profile]);
    for (size_t i = 0; i < found->count; i++) {
        if (i) bm_buf_byte(&call->out, ',');
        write_post(metric, &found->posts[i],
                   first[i].unit == UINT32_MAX ? NULL : &units[first[i].unit], first[i].travel_ms,
                   &call->out);
    }
    bm_buf_text(&call->out, "],\"outline\":");
    write_points(found->outline, found->outline_count, &call->out);
    write_inside(bm_metric_road(metric), found, &call->out);
    bm_free(units);
    bm_free(places);
    bm_free(first);
}

static void cordon_work(struct bm_call *call) {
    struct cordon *cordon = call->state;
    struct bm_metric *metric = bm_dispatch_metric(call->api->config.dispatch, cordon->profile);
    if (!metric) {
        call->code = bm_fault_set(&call->fault, BM_NOT_POSSIBLE, NULL,
                                  "This desk has no roads: start it with --roads FILE.");
        return;
    }
    struct bm_cordon found;
    if (cordon->area.form == BM_AREA_DRIVE &&
        !bm_road_snap(metric, cordon->from, BM_SNAP_MOST_M, &cordon->area.spot)) {
        call->code = bm_fault_set(&call->fault, BM_NOT_POSSIBLE, "from",
                                  "No road lies within %d m of this point.", BM_SNAP_MOST_M);
    } else {
        call->code = bm_cordon_find(metric, &cordon->area, cordon->margin_m, &found, &call->fault);
        if (!call->code) {
            write_cordon(call, metric, &found);
            bm_cordon_free(&found);
        }
    }
    bm_metric_unref(metric);
}

void bm_handle_cordon(struct bm_call *call) {
    if (!(call->viewer.roles & BM_WORKERS)) {
        bm_call_refuse(call, BM_FORBIDDEN, NULL, "Your role may not plan cordons.");
        return;
    }
    struct cordon *cordon = bm_alloc_zero(1, sizeof *cordon);
    call->state = cordon;
    cordon->now_ms = bm_io_wall_ms(call->api->io);
    call->code = bm_query_profile(call, &cordon->profile);
    if (!call->code) call->code = read_area(call, cordon);
    if (!call->code)
        call->code = read_number(call, "margin_m", BM_CORDON_MARGIN_MAX_M, BM_CORDON_MARGIN_M,
                                 &cordon->margin_m);
    if (call->code) {
        bm_call_finish(call);
        return;
    }
    call->work = cordon_work;
    bm_call_work(call);
}
