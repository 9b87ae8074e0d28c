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

/* Entered where the drawing ends. */
static void add_arc(struct drawing *drawing, uint32_t arc) {
    struct bm_route *route = &drawing->route;
    if (route->arc_count == drawing->arc_cap) {
        drawing->arc_cap = drawing->arc_cap ? 2 * drawing->arc_cap : 64;
        route->arcs = bm_realloc(route->arcs, drawing->arc_cap * sizeof *route->arcs);
        route->arc_at = bm_realloc(route->arc_at, drawing->arc_cap * sizeof *route->arc_at);
    }
    route->arc_at[route->arc_count] = route->count - 1;
    route->arcs[route->arc_count++] = arc;
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
    struct bm_point before = bm_road_driven_point(road, stretch->arc, 0);
    double at_m = 0;
    for (size_t i = 1; i + 1 < count; i++) {
        struct bm_point point = bm_road_driven_point(road, stretch->arc, i);
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
    add_arc(drawing, stretch.arc);
    add_corners(drawing, &stretch, begin_m, end_m, cost);
    drawing->cost += cost;
    drawing->route.length_m += end_m - begin_m;
    add_point(drawing, stretch_point(road, stretch.arc, stretch.to), drawing->cost);
}

/* --- from ways to arcs ------------------------------------------------------------------------ */

/* A way of the hierarchy, driven from its tail up to its head or from its head down to its tail. */
struct leg {
    uint32_t way, tail, head; /* ranks */
    bool down;
};
struct legs {
    struct leg *items;
    size_t count, cap;
};

static void push_leg(struct legs *legs, struct leg leg) {
    if (legs->count == legs->cap) {
        legs->cap = legs->cap ? 2 * legs->cap : 64;
        legs->items = bm_realloc(legs->items, legs->cap * sizeof *legs->items);
    }
    legs->items[legs->count++] = leg;
}

static uint64_t way_cost(const struct bm_metric *metric, uint32_t way, bool down) {
    return bm_way_cost(down ? metric->down : metric->up, way, metric->wide);
}

/* Draws an arc (or passes a turn) that joins the ends of the leg at the leg's cost, if there is
 * one. */
static bool draw_arc(struct drawing *drawing, const struct leg *leg) {
    const struct bm_road *road = drawing->metric->road;
    const struct bm_hierarchy *hierarchy = &road->hierarchy;
    uint64_t cost = way_cost(drawing->metric, leg->way, leg->down);
    uint32_t end = hierarchy->entry_first[leg->tail + 1];
    for (uint32_t at = hierarchy->entry_first[leg->tail]; at < end; at++) {
        struct bm_entry entry = hierarchy->entries[at];
        if (entry.way != 2 * leg->way + leg->down) continue;
        uint32_t weight = bm_entry_weight(drawing->metric, entry.arc);
        if (weight == BM_ROAD_INFINITE || weight != cost) continue;
        if (entry.arc < 2 * road->head.edges)
            add_stretch(drawing, (struct stretch){entry.arc, 0, BM_ALONG_FULL});
        else
            drawing->cost += cost;
        return true;
    }
    return false;
}

/* Parts a leg at a junction below it that has just its cost, and pushes both parts, the one that is
 * driven first on top. */
static void part_leg(const struct bm_metric *metric, struct legs *legs, struct leg leg) {
    const struct bm_hierarchy *hierarchy = &metric->road->hierarchy;
    uint64_t cost = way_cost(metric, leg.way, leg.down);
    uint32_t end = hierarchy->below_first[leg.tail + 1];
    for (uint32_t at = hierarchy->below_first[leg.tail]; at < end; at++) {
        struct bm_below below = hierarchy->below[at];
        uint32_t far = bm_way_to(hierarchy->to_depth, below.way + 1, below.end,
                                 hierarchy->depths[leg.head]);
        if (far == BM_WAY_NONE) continue;
        if (way_cost(metric, below.way, !leg.down) + way_cost(metric, far, leg.down) != cost) {
            continue;
        }
        uint32_t middle = bm_way_tail(hierarchy, below.way);
        struct leg near_part = {below.way, middle, leg.tail, !leg.down};
        struct leg far_part = {far, middle, leg.head, leg.down};
        push_leg(legs, leg.down ? near_part : far_part);
        push_leg(legs, leg.down ? far_part : near_part);
        return;
    }
    BM_NEVER("a way without a cause");
}

/* Parts go down in rank, so at most twice the height are waiting. */
static void draw_leg(struct drawing *drawing, struct legs *legs, struct leg leg) {
    push_leg(legs, leg);
    while (legs->count) {
        struct leg next = legs->items[--legs->count];
        if (!draw_arc(drawing, &next)) part_leg(drawing->metric, legs, next);
    }
}

/* From a node of the branch up, over ways that bring us exactly as much nearer as they cost, to one
 * from which the target lies straight down; returns its depth. */
static uint32_t follow_up(struct drawing *drawing, const struct bm_travel *travel,
                          struct legs *legs, uint32_t depth) {
    const struct bm_hierarchy *hierarchy = &travel->road->hierarchy;
    const struct bm_branch *from = &travel->from, *to = &travel->to;
    for (;;) {
        uint64_t cost = bm_branch_cost(travel, from, depth);
        if (depth < to->count && to->ranks[depth] == from->ranks[depth] &&
            bm_branch_cost(travel, to, depth) == cost) {
            return depth;
        }
        uint32_t rank = from->ranks[depth], way = hierarchy->first[rank];
        while (way < hierarchy->first[rank + 1] &&
               way_cost(drawing->metric, way, false) +
                       bm_branch_cost(travel, from, hierarchy->to_depth[way]) !=
                   cost) {
            way++;
        }
        BM_CHECK(way < hierarchy->first[rank + 1]);
        depth = hierarchy->to_depth[way];
        draw_leg(drawing, legs, (struct leg){way, rank, from->ranks[depth], false});
    }
}

/* Whether the target's edge is entered at this depth; then it is drawn. */
static bool arrive(struct drawing *drawing, const struct bm_travel *travel, uint32_t depth,
                   const struct bm_spot *to) {
    struct bm_ends reach = bm_spot_reach(drawing->metric, to);
    uint64_t cost = bm_branch_cost(travel, &travel->to, depth);
    for (uint32_t end = 0; end < 2; end++) {
        if (travel->road->hierarchy.starts[2 * (size_t)to->edge + end] != travel->to.ranks[depth])
            continue;
        if (reach.cost[end] != cost) continue;
        uint32_t part = end == 0 ? to->along : BM_ALONG_FULL - (uint32_t)to->along;
        add_stretch(drawing, (struct stretch){2 * to->edge + end, 0, part});
        return true;
    }
    return false;
}

/* From an ancestor of the target down to it, each time to one that lies lower in the branch. */
static void follow_down(struct drawing *drawing, const struct bm_travel *travel, struct legs *legs,
                        uint32_t depth, const struct bm_spot *to) {
    const struct bm_hierarchy *hierarchy = &travel->road->hierarchy;
    const struct bm_branch *branch = &travel->to;
    while (!arrive(drawing, travel, depth, to)) {
        uint64_t cost = bm_branch_cost(travel, branch, depth);
        uint32_t below = depth + 1, way = BM_WAY_NONE;
        for (; below < branch->count; below++) {
            uint32_t rank = branch->ranks[below];
            uint64_t rest = bm_branch_cost(travel, branch, below);
            if (rest > cost) continue;
            way = bm_way_to(hierarchy->to_depth, hierarchy->first[rank], hierarchy->first[rank + 1],
                            depth);
            if (way == BM_WAY_NONE) continue;
            if (way_cost(drawing->metric, way, true) + rest == cost) break;
        }
        BM_CHECK(below < branch->count);
        draw_leg(drawing, legs,
                 (struct leg){way, branch->ranks[below], branch->ranks[depth], true});
        depth = below;
    }
}

static void follow(struct drawing *drawing, const struct bm_travel *travel, uint32_t rank,
                   const struct bm_spot *to) {
    const struct bm_hierarchy *hierarchy = &travel->road->hierarchy;
    struct legs legs = {0};
    uint32_t depth = hierarchy->depths[rank];
    depth = follow_up(drawing, travel, &legs, depth);
    follow_down(drawing, travel, &legs, depth, to);
    bm_free(legs.items);
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
    for (uint32_t end = 0; end < 2; end++) {
        uint32_t rank = bm_spot_left_at(travel->road, from, end);
        uint64_t rest = bm_node_cost(travel, rank);
        if (leave.cost[end] + rest != cost) continue;
        add_stretch(drawing, end == 0
                                 ? (struct stretch){2 * from->edge + 1, BM_ALONG_FULL - from_along,
                                                    BM_ALONG_FULL}
                                 : (struct stretch){2 * from->edge, from_along, BM_ALONG_FULL});
        follow(drawing, travel, rank, to);
        return;
    }
    BM_NEVER("a cost without a way");
}

void bm_travel_route(struct bm_travel *travel, const struct bm_metric *metric,
                     const struct bm_spot *from, const struct bm_spot *to,
                     struct bm_route *ret_route) {
    *ret_route = (struct bm_route){.travel_ms = BM_TRAVEL_NONE};
    bm_travel_aim(travel, metric, to);
    uint64_t cost = bm_travel_cost(travel, metric, from, to);
    if (cost == BM_COST_NONE) return;
    struct drawing drawing = {.metric = metric};
    const struct bm_road *road = travel->road;
    add_point(&drawing, stretch_point(road, 2 * from->edge, from->along), 0);
    draw(&drawing, travel, from, to, cost);
    BM_CHECK(drawing.cost == cost);
    if (drawing.route.count == 1) add_point(&drawing, drawing.route.points[0], drawing.cost);
    drawing.route.travel_ms = bm_road_ms(road, cost);
    /* A turn into an edge of which nothing is driven comes after the last point. */
    drawing.route.at_ms[drawing.route.count - 1] = drawing.route.travel_ms;
    *ret_route = drawing.route;
}

void bm_route_free(struct bm_route *route) {
    bm_free(route->points);
    bm_free(route->at_ms);
    bm_free(route->arcs);
    bm_free(route->arc_at);
    *route = (struct bm_route){.travel_ms = BM_TRAVEL_NONE};
}
