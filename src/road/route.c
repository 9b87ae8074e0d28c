#include <math.h>

#include "base/alloc.h"
#include "base/check.h"
#include "road/travel.h"

/* A driven stretch of an arc, in parts of 65535 from its tail. */
struct stretch {
    uint32_t arc;
    uint32_t from, to;
};

/* A route in the making. */
struct drawing {
    const struct bm_metric *metric;
    struct bm_route route;
    size_t point_cap, arc_cap;
    uint64_t cost; /* so far */
};

static void add_point(struct drawing *drawing, struct bm_point point, uint64_t cost) {
    struct bm_route *route = &drawing->route;
    if (route->count == drawing->point_cap) {
        drawing->point_cap = drawing->point_cap ? 2 * drawing->point_cap : 64;
        route->points = bm_realloc(route->points, drawing->point_cap * sizeof *route->points);
        route->at_ms = bm_realloc(route->at_ms, drawing->point_cap * sizeof *route->at_ms);
    }
    route->points[route->count] = point;
    route->at_ms[route->count++] = bm_road_ms(drawing->metric->road, cost);
}

static void add_arc(struct drawing *drawing, uint32_t arc) {
    struct bm_route *route = &drawing->route;
    if (route->arc_count == drawing->arc_cap) {
        drawing->arc_cap = drawing->arc_cap ? 2 * drawing->arc_cap : 64;
        route->arcs = bm_realloc(route->arcs, drawing->arc_cap * sizeof *route->arcs);
    }
    route->arcs[route->arc_count++] = arc;
}

/* The shape's points in the order in which the arc is driven. */
static struct bm_point driven_point(const struct bm_road *road, uint32_t arc, size_t at) {
    size_t last = bm_road_shape_count(road, arc / 2) - 1;
    return bm_road_shape_point(road, arc / 2, arc & 1 ? last - at : at);
}

static struct bm_point stretch_point(const struct bm_road *road, uint32_t arc, uint32_t part) {
    uint32_t along = arc & 1 ? BM_ALONG_FULL - part : part;
    return bm_road_point_at(road, arc / 2, (double)along / BM_ALONG_FULL);
}

/* The corners strictly inside the stretch, each at its share of the stretch's time. */
static void add_corners(struct drawing *drawing, const struct stretch *stretch, double begin_m,
                        double end_m, uint64_t cost) {
    const struct bm_road *road = drawing->metric->road;
    size_t count = bm_road_shape_count(road, stretch->arc / 2);
    struct bm_point before = driven_point(road, stretch->arc, 0);
    double at_m = 0;
    for (size_t i = 1; i + 1 < count; i++) {
        struct bm_point point = driven_point(road, stretch->arc, i);
        at_m += bm_distance_m(before, point);
        before = point;
        if (!(at_m > begin_m && at_m < end_m)) continue;
        double share = (at_m - begin_m) / (end_m - begin_m);
        uint64_t passed = (uint64_t)((double)cost * share);
        add_point(drawing, point, drawing->cost + (passed < cost ? passed : cost));
    }
}

/* Draws from where the drawing ends to the end of the stretch. */
static void add_stretch(struct drawing *drawing, struct stretch stretch) {
    const struct bm_road *road = drawing->metric->road;
    if (stretch.from == stretch.to) return;
    uint64_t cost = (uint64_t)drawing->metric->weights[stretch.arc] * (stretch.to - stretch.from) /
                    BM_ALONG_FULL;
    double length_m = bm_road_length_m(road, stretch.arc / 2);
    double begin_m = length_m * stretch.from / BM_ALONG_FULL;
    double end_m = length_m * stretch.to / BM_ALONG_FULL;
    add_corners(drawing, &stretch, begin_m, end_m, cost);
    drawing->cost += cost;
    drawing->route.length_m += end_m - begin_m;
    add_point(drawing, stretch_point(road, stretch.arc, stretch.to), drawing->cost);
    add_arc(drawing, stretch.arc);
}

/* The next arc of a quickest way from a labelled junction: one that brings us exactly as much
 * nearer as it costs.  There is one, or the junction would not have its label. */
static uint32_t next_arc(const struct bm_travel *travel, const struct bm_metric *metric,
                         uint32_t junction) {
    const struct bm_road *road = travel->road;
    uint64_t cost = bm_travel_cost(travel, junction);
    for (uint32_t at = road->out_first[junction]; at < road->out_first[junction + 1]; at++) {
        struct bm_out_arc out = road->out[at];
        uint64_t rest = bm_travel_cost(travel, out.head);
        if (!bm_metric_drives(metric, out.arc) || rest == BM_COST_NONE) continue;
        if (rest + metric->weights[out.arc] == cost) return out.arc;
    }
    BM_NEVER("a labelled junction without a way on");
}

/* Follows the labels from a junction to the target.  Every arc costs at least 1, so the labels
 * fall. */
static void follow(struct drawing *drawing, const struct bm_travel *travel, uint32_t junction,
                   const struct bm_spot *to) {
    const struct bm_road *road = travel->road;
    struct bm_ends reach = bm_spot_reach(drawing->metric, to);
    const uint32_t *ends = &road->tails[2 * (size_t)to->edge];
    for (;;) {
        uint64_t cost = bm_travel_cost(travel, junction);
        if (junction == ends[0] && cost == reach.cost[0]) {
            add_stretch(drawing, (struct stretch){2 * to->edge, 0, to->along});
            return;
        }
        if (junction == ends[1] && cost == reach.cost[1]) {
            add_stretch(drawing, (struct stretch){2 * to->edge + 1, 0, BM_ALONG_FULL - to->along});
            return;
        }
        uint32_t arc = next_arc(travel, drawing->metric, junction);
        add_stretch(drawing, (struct stretch){arc, 0, BM_ALONG_FULL});
        junction = bm_arc_head(road, arc);
    }
}

/* Draws the way that has exactly the cost that the search found. */
static void draw(struct drawing *drawing, const struct bm_travel *travel,
                 const struct bm_spot *from, const struct bm_spot *to, uint64_t cost) {
    const struct bm_metric *metric = drawing->metric;
    uint32_t from_along = from->along, to_along = to->along;
    if (bm_spot_direct(metric, from, to) == cost) {
        bool ahead = from_along <= to_along;
        add_stretch(drawing, ahead
                                 ? (struct stretch){2 * from->edge, from_along, to_along}
                                 : (struct stretch){2 * from->edge + 1, BM_ALONG_FULL - from_along,
                                                    BM_ALONG_FULL - to_along});
        return;
    }
    struct bm_ends leave = bm_spot_leave(metric, from);
    const uint32_t *ends = &travel->road->tails[2 * (size_t)from->edge];
    for (uint32_t end = 0; end < 2; end++) {
        uint64_t rest = bm_travel_cost(travel, ends[end]);
        if (leave.cost[end] == BM_COST_NONE || rest == BM_COST_NONE) continue;
        if (leave.cost[end] + rest != cost) continue;
        add_stretch(drawing, end == 0
                                 ? (struct stretch){2 * from->edge + 1, BM_ALONG_FULL - from_along,
                                                    BM_ALONG_FULL}
                                 : (struct stretch){2 * from->edge, from_along, BM_ALONG_FULL});
        follow(drawing, travel, ends[end], to);
        return;
    }
    BM_NEVER("a cost without a way");
}

void bm_travel_route(struct bm_travel *travel, const struct bm_metric *metric,
                     const struct bm_spot *from, const struct bm_spot *to,
                     struct bm_route *ret_route) {
    *ret_route = (struct bm_route){.travel_ms = BM_TRAVEL_NONE};
    bm_travel_search(travel, metric, from, 1, to, 1);
    if (travel->arrived_count == 0) return;
    struct drawing drawing = {.metric = metric};
    const struct bm_road *road = travel->road;
    add_point(&drawing, stretch_point(road, 2 * from->edge, from->along), 0);
    draw(&drawing, travel, from, to, travel->arrived[0].cost);
    BM_CHECK(drawing.cost == travel->arrived[0].cost);
    if (drawing.route.count == 1) add_point(&drawing, drawing.route.points[0], drawing.cost);
    drawing.route.travel_ms = travel->arrived[0].ms;
    *ret_route = drawing.route;
}

void bm_route_free(struct bm_route *route) {
    bm_free(route->points);
    bm_free(route->at_ms);
    bm_free(route->arcs);
    *route = (struct bm_route){.travel_ms = BM_TRAVEL_NONE};
}
