/* Who would be there first, the way there, and what is closed: questions to dispatch, on workers;
 * and the dispatch itself, which carries the recommendation that it follows. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/coordinates.h"
#include "base/alloc.h"
#include "base/json.h"
#include "base/seal.h"
#include "core/plan.h"

enum { CLOSED_EDGES_MAX = 5000 };

/* --- query parameters ------------------------------------------------------------------------- */

enum bm_code bm_query_profile(struct bm_call *call, enum bm_profile *ret_profile) {
    char text[24];
    enum bm_code code = bm_http_query(call->request, "profile", text, sizeof text);
    *ret_profile = BM_PROFILE_EMERGENCY;
    if (code == BM_NOT_FOUND) return BM_OK;
    for (int p = 0; p < BM_profile_COUNT && !code; p++) {
        if (strcmp(text, bm_profile_names[p]) != 0) continue;
        *ret_profile = (enum bm_profile)p;
        return BM_OK;
    }
    return bm_fault_set(&call->fault, BM_UNKNOWN_WORD, "profile",
                        "\"profile\" must be one of: emergency, ordinary, foot.");
}

/* --- recommendation --------------------------------------------------------------------------- */

struct asking {
    struct bm_incident incident;
    uint64_t id;
    int64_t now_ms;
};

static enum bm_code read_incident(struct bm_call *call, struct bm_incident *incident) {
    struct bm_reader *reader;
    struct bm_case row;
    enum bm_code code = bm_api_reader(call->api, &reader, &call->fault);
    if (code) return code;
    code = bm_reader_get(reader, BM_T_CASE, call->ids[0], &row, &call->fault);
    bm_api_reader_back(call->api, reader);
    if (code && code != BM_NOT_FOUND) return code;
    if (code || !bm_mirror_may_see(call->api->mirror, &call->viewer, BM_T_CASE, &row)) {
        if (!code) bm_shape_release(bm_table_shape(BM_T_CASE), &row);
        return bm_fault_set(&call->fault, BM_NOT_FOUND, "case",
                            "There is no case %" PRIu64 " that you may see.", call->ids[0]);
    }
    incident->on_case = row.id.v;
    incident->jurisdiction = row.jurisdiction.v;
    incident->point = (struct bm_point){row.lat_e7, row.lon_e7};
    memcpy(incident->class_code, row.class_code, sizeof row.class_code);
    bm_shape_release(bm_table_shape(BM_T_CASE), &row);
    return BM_OK;
}

static void recommend_work(struct bm_call *call) {
    struct asking *asking = call->state;
    call->code = read_incident(call, &asking->incident);
    if (call->code) return;
    call->code = bm_dispatch_recommend(call->api->config.dispatch, &asking->incident, asking->id,
                                       asking->now_ms, bm_call_may_send, call, &call->out,
                                       &call->fault);
}

void bm_handle_recommendation(struct bm_call *call) {
    if (!(call->viewer.roles & BM_WORKERS)) {
        bm_call_refuse(call, BM_FORBIDDEN, NULL, "Your role may not ask for recommendations.");
        return;
    }
    struct asking *asking = bm_alloc_zero(1, sizeof *asking);
    char text[8] = "1";
    call->state = asking;
    enum bm_code code = bm_http_query(call->request, "alarm", text, sizeof text);
    asking->incident.alarm = text[0] >= '1' && text[0] <= '0' + BM_PLAN_ALARMS && !text[1]
                                 ? (uint32_t)(text[0] - '0')
                                 : 0;
    if ((code && code != BM_NOT_FOUND) || !asking->incident.alarm) {
        bm_call_refuse(call, BM_OUT_OF_RANGE, "alarm", "\"alarm\" must lie between 1 and %d.",
                       BM_PLAN_ALARMS);
        return;
    }
    call->code = bm_query_profile(call, &asking->incident.profile);
    if (call->code) {
        bm_call_finish(call);
        return;
    }
    bm_entropy(&asking->id, sizeof asking->id);
    asking->id = (asking->id >> 12) | 1; /* 52 bits: any JSON reader holds it */
    asking->now_ms = bm_io_wall_ms(call->api->io);
    call->work = recommend_work;
    bm_call_work(call);
}

/* POST /v1/cases/{id}/assignments.  What is not known any more is for the desk to refuse: it may
 * have taken this very request before. */
void bm_handle_assign(struct bm_call *call) {
    struct bm_command command;
    call->code = bm_command_read(call, BM_DO_ASSIGN, call->body, &command);
    if (call->code) {
        bm_call_finish(call);
        return;
    }
    const char *text = command.assign.recommendation;
    size_t digits = strspn(text, "0123456789");
    if (text[0] && (text[digits] || digits > 18)) {
        bm_command_release(&command);
        bm_call_refuse(call, BM_WRONG_TYPE, "recommendation",
                       "\"recommendation\" must be an id: a string of digits.");
        return;
    }
    if (text[0]) {
        struct bm_buf content = bm_buf_make(1024 * 1024);
        if (bm_dispatch_recommended(call->api->config.dispatch, strtoull(text, NULL, 10),
                                    call->ids[0], bm_io_wall_ms(call->api->io), &content))
            command.assign.content = bm_bytes_copy(content.bytes, content.len);
        bm_buf_free(&content);
    }
    bm_command_submit(call, &command);
}

/* --- the way there ---------------------------------------------------------------------------- */

struct eta {
    struct bm_point from, to;
    enum bm_profile profile;
};

static void write_steps(const struct bm_way *way, struct bm_buf *out) {
    bm_buf_text(out, ",\"steps\":[");
    for (size_t i = 0; i < way->step_count; i++) {
        const struct bm_step *step = &way->steps[i];
        bm_buf_printf(out, "%s{\"manoeuvre\":\"%s\",\"name\":", i ? "," : "",
                      bm_manoeuvre_words[step->manoeuvre]);
        bm_json_text(out, step->name);
        bm_buf_printf(out, ",\"length_m\":%lld,\"travel_ms\":%" PRId64 ",\"at\":%zu,\"lat\":",
                      llround(step->length_m), step->travel_ms, step->at);
        bm_json_e7(out, step->point.lat_e7);
        bm_buf_text(out, ",\"lon\":");
        bm_json_e7(out, step->point.lon_e7);
        bm_buf_byte(out, '}');
    }
    bm_buf_byte(out, ']');
}

static void write_way(const struct bm_way *way, bool has_roads, struct bm_buf *out) {
    bool road = way->basis == BM_BY_ROAD;
    const char *reason = way->no_way    ? "no_way"
                         : way->outside ? "outside_area"
                         : has_roads    ? NULL
                                        : "no_roads";
    if (way->no_way)
        bm_buf_text(out, "{\"travel_ms\":null,\"length_m\":null");
    else
        bm_buf_printf(out, "{\"travel_ms\":%" PRId64 ",\"length_m\":%lld", way->travel_ms,
                      llround(way->length_m));
    bm_buf_printf(out, ",\"basis\":\"%s\",\"reason\":", road ? "road" : "straight_line");
    if (reason)
        bm_json_text(out, reason);
    else
        bm_buf_text(out, "null");
    bm_buf_text(out, ",\"points\":[");
    for (size_t i = 0; road && i < way->route.count; i++) {
        bm_buf_text(out, i ? ",[" : "[");
        bm_json_e7(out, way->route.points[i].lat_e7);
        bm_buf_byte(out, ',');
        bm_json_e7(out, way->route.points[i].lon_e7);
        bm_buf_byte(out, ']');
    }
    bm_buf_text(out, "],\"at_ms\":[");
    for (size_t i = 0; road && i < way->route.count; i++)
        bm_buf_printf(out, "%s%" PRId64, i ? "," : "", way->route.at_ms[i]);
    bm_buf_byte(out, ']');
    write_steps(way, out);
    bm_buf_byte(out, '}');
}

static void eta_work(struct bm_call *call) {
    const struct eta *eta = call->state;
    struct bm_dispatch *dispatch = call->api->config.dispatch;
    struct bm_way way;
    bm_dispatch_way(dispatch, eta->from, eta->to, eta->profile, &way);
    write_way(&way, bm_dispatch_road(dispatch) != NULL, &call->out);
    bm_way_free(&way);
}

void bm_handle_eta(struct bm_call *call) {
    struct eta *eta = bm_alloc_zero(1, sizeof *eta);
    call->state = eta;
    call->code = bm_query_point(call, "from", &eta->from);
    if (!call->code) call->code = bm_query_point(call, "to", &eta->to);
    if (!call->code) call->code = bm_query_profile(call, &eta->profile);
    if (call->code) {
        bm_call_finish(call);
        return;
    }
    call->work = eta_work;
    bm_call_work(call);
}

/* --- road closures ---------------------------------------------------------------------------- */

struct listing {
    struct bm_call *call;
    bool first;
};

static bool write_closure(void *context, const void *record) {
    struct listing *listing = context;
    struct bm_call *call = listing->call;
    const struct bm_place *place = record;
    if (place->kind != BM_PLACE_ROAD_CLOSURE || !place->active ||
        !bm_mirror_may_see(call->api->mirror, &call->viewer, BM_T_PLACE, place))
        return true;
    if (!listing->first) bm_buf_byte(&call->out, ',');
    listing->first = false;
    bm_row_write(call->api, &call->viewer, BM_OPEN_NOTHING, BM_T_PLACE, place, &call->out);
    return !call->out.overflow;
}

static enum bm_code write_closures(struct bm_call *call, struct bm_reader *reader) {
    struct listing listing = {call, true};
    struct bm_query query = {.table = BM_T_PLACE};
    bm_buf_text(&call->out, ",\"road_closures\":[");
    enum bm_code code = bm_reader_records(reader, &query, write_closure, &listing, &call->fault);
    bm_buf_byte(&call->out, ']');
    return code;
}

static void closures_work(struct bm_call *call) {
    bm_with_reader(call, write_closures);
}

void bm_handle_road_closures(struct bm_call *call) {
    call->work = closures_work;
    bm_call_work(call);
}

static void write_edge(const struct bm_road *road, const struct bm_closed_edge *closed,
                       struct bm_buf *out) {
    uint32_t edge = closed->edge;
    bm_buf_printf(out, "{\"id\":\"%u\",\"there_percent\":%u,\"back_percent\":%u,\"points\":[",
                  edge + 1, closed->permille[0] / 10, closed->permille[1] / 10);
    for (size_t i = 0; i < bm_road_shape_count(road, edge); i++) {
        struct bm_point point = bm_road_shape_point(road, edge, i);
        bm_buf_text(out, i ? ",[" : "[");
        bm_json_e7(out, point.lat_e7);
        bm_buf_byte(out, ',');
        bm_json_e7(out, point.lon_e7);
        bm_buf_byte(out, ']');
    }
    bm_buf_text(out, "]}");
}

/* Of more than CLOSED_EDGES_MAX the first are written and all counted.  Without a roads file nobody
 * knows what a closure takes: null, which is not nothing. */
static void closed_work(struct bm_call *call) {
    struct bm_buf *out = &call->out;
    struct bm_closed_now closed;
    bm_dispatch_closed(call->api->config.dispatch, &closed);
    bm_buf_text(out, "{\"edges\":[");
    for (size_t i = 0; i < closed.count && i < CLOSED_EDGES_MAX; i++) {
        if (i) bm_buf_byte(out, ',');
        write_edge(closed.road, &closed.edges[i], out);
    }
    bm_buf_printf(out, "],\"count\":%zu,\"road_closures\":[", closed.count);
    for (size_t i = 0; i < closed.closure_count; i++) {
        bm_buf_text(out, i ? ",{\"id\":" : "{\"id\":");
        bm_json_id(out, closed.closures[i].place);
        if (closed.road)
            bm_buf_printf(out, ",\"edges\":%u}", closed.closures[i].edges);
        else
            bm_buf_text(out, ",\"edges\":null}");
    }
    bm_buf_text(out, "]}");
    bm_closed_now_free(&closed);
}

void bm_handle_closed(struct bm_call *call) {
    call->work = closed_work;
    bm_call_work(call);
}

/* --- the demo --------------------------------------------------------------------------------- */

static void demo_work(struct bm_call *call) {
    FILE *file = fopen(call->api->config.demo, "rb");
    char bytes[4096];
    size_t len;
    json_t *content = NULL;
    while (file && (len = fread(bytes, 1, sizeof bytes, file)) > 0)
        bm_buf_add(&call->out, bytes, len);
    if (file) fclose(file);
    call->code = bm_json_parse(call->out.bytes, call->out.len, &content, &call->fault);
    if (call->code) {
        call->code = bm_fault_set(&call->fault, BM_NOT_READY, NULL,
                                  "The demo is still being set up. Ask again in a moment.");
        bm_buf_clear(&call->out);
    }
    json_decref(content);
}

void bm_handle_demo(struct bm_call *call) {
    if (!call->api->config.demo) {
        bm_call_refuse(call, BM_NOT_FOUND, NULL, "This is no demo.");
        return;
    }
    call->work = demo_work;
    bm_call_work(call);
}
