#include "road/travel.h"

#include <string.h>

#include "base/alloc.h"
#include "base/check.h"

static struct bm_branch new_branch(const struct bm_road *road) {
    uint32_t height = road->hierarchy.height;
    return (struct bm_branch){.ranks = bm_alloc(height * sizeof(uint32_t)),
                              .costs = bm_alloc(height * sizeof(uint32_t)),
                              .wide_costs = bm_alloc(height * sizeof(uint64_t))};
}

static void free_branch(struct bm_branch *branch) {
    bm_free(branch->ranks);
    bm_free(branch->costs);
    bm_free(branch->wide_costs);
}

struct bm_travel *bm_travel_new(const struct bm_road *road) {
    struct bm_travel *travel = bm_alloc(sizeof *travel);
    *travel = (struct bm_travel){.road = road, .to = new_branch(road), .from = new_branch(road)};
    travel->bounds = bm_alloc(road->hierarchy.height * sizeof *travel->bounds);
    return travel;
}

void bm_travel_free(struct bm_travel *travel) {
    if (!travel) return;
    free_branch(&travel->to);
    free_branch(&travel->from);
    bm_free(travel->bounds);
    bm_free(travel->sorted);
    bm_free(travel->spare);
    bm_free(travel);
}

/* --- spots ------------------------------------------------------------------------------------ */

/* floor(weight x part / 65535); nothing when no part of the arc is driven. */
static uint64_t part_cost(const struct bm_metric *metric, uint32_t arc, uint32_t part) {
    if (part == 0) return 0;
    if (!bm_metric_drives(metric, arc)) return BM_COST_NONE;
    return (uint64_t)metric->weights[arc] * part / BM_ALONG_FULL;
}

struct bm_ends bm_spot_leave(const struct bm_metric *metric, const struct bm_spot *from) {
    return (struct bm_ends){{
        part_cost(metric, 2 * from->edge + 1, from->along),
        part_cost(metric, 2 * from->edge, BM_ALONG_FULL - from->along),
    }};
}

struct bm_ends bm_spot_reach(const struct bm_metric *metric, const struct bm_spot *to) {
    return (struct bm_ends){{
        part_cost(metric, 2 * to->edge, to->along),
        part_cost(metric, 2 * to->edge + 1, BM_ALONG_FULL - to->along),
    }};
}

uint64_t bm_spot_direct(const struct bm_metric *metric, const struct bm_spot *from,
                        const struct bm_spot *to) {
    if (from->edge != to->edge) return BM_COST_NONE;
    if (from->along <= to->along) {
        return part_cost(metric, 2 * from->edge, to->along - from->along);
    }
    return part_cost(metric, 2 * from->edge + 1, from->along - to->along);
}

/* --- branches --------------------------------------------------------------------------------- */

uint32_t bm_branch_climb(uint32_t *ranks, uint32_t *count, const struct bm_hierarchy *hierarchy,
                         uint32_t rank) {
    uint32_t depth = hierarchy->depths[rank], before = *count;
    *count = depth + 1;
    for (;;) {
        if (depth < before && ranks[depth] == rank) return depth + 1;
        ranks[depth] = rank;
        if (depth == 0) return 0;
        rank = hierarchy->parents[rank];
        depth--;
    }
}

/* Where the costs of a depth stand. */
static uint32_t place_of(const struct bm_travel *travel, uint32_t depth) {
    return travel->road->hierarchy.height - 1 - depth;
}

/* From the bottom: whoever has a cost gives it to those above.  With 64 bits; on ways of 32 or 64.
 */
static inline __attribute__((always_inline)) void
spread(const struct bm_branch *branch, const struct bm_metric *metric, bool wide) {
    const struct bm_hierarchy *hierarchy = &metric->road->hierarchy;
    const uint16_t *to_depth = hierarchy->to_depth;
    uint64_t *costs = branch->wide_costs;
    for (uint32_t depth = branch->count; depth-- > 0;) {
        uint64_t cost = costs[depth];
        if (cost >= BM_COST_NONE) continue;
        uint32_t end = hierarchy->first[branch->ranks[depth] + 1];
        for (uint32_t way = hierarchy->first[branch->ranks[depth]]; way < end; way++) {
            uint64_t sum = cost + bm_way_cost(metric->down, way, wide);
            uint64_t *above = &costs[to_depth[way]];
            *above = sum < *above ? sum : *above;
        }
    }
}

static void aim_wide(struct bm_travel *travel, const struct bm_metric *metric,
                     const struct bm_spot *to) {
    const struct bm_hierarchy *hierarchy = &travel->road->hierarchy;
    struct bm_branch *branch = &travel->to;
    struct bm_ends reach = bm_spot_reach(metric, to);
    travel->wide = true;
    for (uint32_t depth = 0; depth < branch->count; depth++) {
        branch->wide_costs[depth] = BM_COST_NONE;
    }
    for (uint32_t end = 0; end < 2; end++) {
        uint32_t rank = hierarchy->starts[2 * (size_t)to->edge + end];
        uint64_t *cost = &branch->wide_costs[hierarchy->depths[rank]];
        if (reach.cost[end] < *cost) *cost = reach.cost[end];
    }
    if (metric->wide)
        spread(branch, metric, true);
    else
        spread(branch, metric, false);
    travel->from.count = 0;
}

static uint32_t narrow(uint64_t cost) {
    return cost < BM_NARROW_NONE ? (uint32_t)cost : BM_NARROW_NONE;
}

void bm_branch_label(const struct bm_hierarchy *hierarchy, const void *weights,
                     const uint32_t *ranks, uint32_t count, const uint32_t nodes[2],
                     struct bm_ends ends, uint32_t *ret_costs) {
    uint32_t top = hierarchy->height - 1;
    for (uint32_t depth = 0; depth < count; depth++) ret_costs[top - depth] = BM_NARROW_NONE;
    for (uint32_t end = 0; end < 2; end++) {
        uint32_t *cost = &ret_costs[top - hierarchy->depths[nodes[end]]];
        if (narrow(ends.cost[end]) < *cost) *cost = narrow(ends.cost[end]);
    }
    bm_lanes_spread(hierarchy, weights, ranks, count, ret_costs);
}

void bm_travel_aim(struct bm_travel *travel, const struct bm_metric *metric,
                   const struct bm_spot *to) {
    const struct bm_hierarchy *hierarchy = &travel->road->hierarchy;
    struct bm_branch *branch = &travel->to;
    BM_CHECK(metric->road == travel->road);
    BM_CHECK(to->edge < travel->road->head.edges);
    bm_branch_climb(branch->ranks, &branch->count, hierarchy, bm_edge_lowest(hierarchy, to->edge));
    travel->from.count = 0;
    travel->wide = metric->wide;
    if (!travel->wide) {
        bm_branch_label(hierarchy, metric->down, branch->ranks, branch->count,
                        &hierarchy->starts[2 * (size_t)to->edge], bm_spot_reach(metric, to),
                        branch->costs);
        travel->wide = bm_lanes_over(&branch->costs[place_of(travel, branch->count - 1)],
                                     branch->count);
    }
    if (travel->wide) aim_wide(travel, metric, to);
}

/* From the top: the cost of each is the least over its ways up, or straight down to the target. */
static inline __attribute__((always_inline)) void
gather(struct bm_travel *travel, const struct bm_metric *metric, uint32_t depth, bool wide) {
    const struct bm_hierarchy *hierarchy = &metric->road->hierarchy;
    const uint16_t *to_depth = hierarchy->to_depth;
    uint64_t *costs = travel->from.wide_costs;
    for (; depth < travel->from.count; depth++) {
        uint32_t rank = travel->from.ranks[depth], end = hierarchy->first[rank + 1];
        bool above = depth < travel->to.count && travel->to.ranks[depth] == rank;
        uint64_t best = above ? travel->to.wide_costs[depth] : BM_COST_NONE;
        for (uint32_t way = hierarchy->first[rank]; way < end; way++) {
            uint64_t sum = bm_way_cost(metric->up, way, wide) + costs[to_depth[way]];
            best = sum < best ? sum : best;
        }
        costs[depth] = best;
    }
}

/* The same with 32 bits; false when a cost does not fit. */
static bool gather_narrow(struct bm_travel *travel, const struct bm_metric *metric,
                          uint32_t depth) {
    const struct bm_hierarchy *hierarchy = &travel->road->hierarchy;
    const struct bm_branch *from = &travel->from, *to = &travel->to;
    bool over = false;
    for (; depth < from->count; depth++) {
        uint32_t rank = from->ranks[depth], place = place_of(travel, depth);
        if (depth + BM_LANES_AHEAD < from->count)
            bm_lanes_fetch(hierarchy, metric->up, from->ranks[depth + BM_LANES_AHEAD]);
        uint32_t best = bm_lanes_gather(hierarchy, metric->up, rank, from->costs);
        bool above = depth < to->count && to->ranks[depth] == rank;
        if (above && to->costs[place] < best) best = to->costs[place];
        over |= best >= BM_ROAD_INFINITE && best < BM_NARROW_NONE;
        from->costs[place] = best;
    }
    return !over;
}

static uint64_t lesser(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

uint64_t bm_travel_cost(struct bm_travel *travel, const struct bm_metric *metric,
                        const struct bm_spot *from, const struct bm_spot *to) {
    const struct bm_road *road = travel->road;
    BM_CHECK(from->edge < road->head.edges);
    uint32_t lowest = bm_edge_lowest(&road->hierarchy, from->edge);
    struct bm_branch *branch = &travel->from;
    uint32_t known = bm_branch_climb(branch->ranks, &branch->count, &road->hierarchy, lowest);
    if (!travel->wide && !gather_narrow(travel, metric, known)) {
        aim_wide(travel, metric, to);
        known = bm_branch_climb(branch->ranks, &branch->count, &road->hierarchy, lowest);
    }
    if (travel->wide) {
        if (metric->wide)
            gather(travel, metric, known, true);
        else
            gather(travel, metric, known, false);
    }
    uint64_t best = bm_spot_direct(metric, from, to);
    struct bm_ends leave = bm_spot_leave(metric, from);
    for (uint32_t end = 0; end < 2; end++) {
        best = lesser(best,
                      leave.cost[end] + bm_node_cost(travel, bm_spot_left_at(road, from, end)));
    }
    return best < BM_COST_NONE ? best : BM_COST_NONE;
}

int64_t bm_travel_ms(struct bm_travel *travel, const struct bm_metric *metric,
                     const struct bm_spot *from, const struct bm_spot *to) {
    bm_travel_aim(travel, metric, to);
    uint64_t cost = bm_travel_cost(travel, metric, from, to);
    return cost == BM_COST_NONE ? BM_TRAVEL_NONE : bm_road_ms(travel->road, cost);
}
