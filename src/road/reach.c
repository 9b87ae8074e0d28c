#include "road/reach.h"

#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "road/travel.h"

/* The node (by rank) at which an arc begins, and at which it ends. */
static inline uint32_t begins_at(const struct bm_road *road, uint32_t arc) {
    return road->hierarchy.starts[arc];
}
static inline uint32_t ends_at(const struct bm_road *road, uint32_t arc) {
    return road->hierarchy.ends[arc];
}

enum { WORD = 64 };

struct bm_reach {
    const struct bm_road *road;
    uint32_t *lowest; /* per rank: the first of those that hang below it, itself included */
    uint64_t *seeds;  /* per rank: cost from the nearest spot, as far as known; else BM_COST_NONE */
    uint64_t *above;  /* bits per rank: a spot, or above one; all clear between questions */
    uint32_t *path;   /* per depth: the rank there, over the rank that is looked at */
    uint64_t *costs;  /* per depth: of that rank; BM_COST_NONE: not within the limit */
};

/* A question under way. */
struct asked {
    struct bm_reach *reach;
    const struct bm_metric *metric;
    uint64_t limits[BM_REACH_BANDS_MAX]; /* units of the file that are within each */
    size_t first, bands;                 /* those before the first let nothing be reached */
    uint64_t most;                       /* the last of them */
    bm_reached_fn *each;
    void *context;
};

struct bm_reach *bm_reach_new(const struct bm_road *road) {
    const struct bm_hierarchy *hierarchy = &road->hierarchy;
    size_t nodes = hierarchy->nodes;
    struct bm_reach *reach = bm_alloc(sizeof *reach);
    *reach = (struct bm_reach){.road = road,
                               .lowest = bm_alloc((nodes + 1) * sizeof *reach->lowest),
                               .seeds = bm_alloc((nodes + 1) * sizeof *reach->seeds),
                               .above = bm_alloc_zero(nodes / WORD + 1, sizeof *reach->above),
                               .path = bm_alloc(hierarchy->height * sizeof *reach->path),
                               .costs = bm_alloc(hierarchy->height * sizeof *reach->costs)};
    for (uint32_t rank = 0; rank < nodes; rank++) {
        reach->lowest[rank] = rank;
        reach->seeds[rank] = BM_COST_NONE;
    }
    for (uint32_t rank = 0; rank < nodes; rank++) {
        uint32_t parent = hierarchy->parents[rank];
        if (parent == BM_RANK_NONE) continue;
        if (reach->lowest[rank] < reach->lowest[parent]) {
            reach->lowest[parent] = reach->lowest[rank];
        }
    }
    return reach;
}

void bm_reach_free(struct bm_reach *reach) {
    if (!reach) return;
    bm_free(reach->lowest);
    bm_free(reach->seeds);
    bm_free(reach->above);
    bm_free(reach->path);
    bm_free(reach->costs);
    bm_free(reach);
}

/* --- stretches -------------------------------------------------------------------------------- */

/* The units u with floor(u x unit_us / 1000) <= within_ms; BM_COST_NONE - 1 at most. */
static uint64_t units_within(const struct bm_road *road, int64_t within_ms) {
    unsigned __int128 most = (((unsigned __int128)within_ms + 1) * 1000 - 1) / road->head.unit_us;
    return most < BM_COST_NONE ? (uint64_t)most : BM_COST_NONE - 1;
}

/* The largest part of an arc with floor(weight x part / 65535) <= left. */
static uint32_t part_within(uint32_t weight, uint64_t left) {
    if (left >= weight) return BM_ALONG_FULL;
    return (uint32_t)(((left + 1) * BM_ALONG_FULL - 1) / weight);
}

/* From `from` of the arc, which is reached at `cost`, as far as the limits let, band by band. */
static void tell_arc(const struct asked *asked, uint32_t arc, uint32_t from, uint64_t cost) {
    const struct bm_road *road = asked->reach->road;
    if (!bm_metric_drives(asked->metric, arc)) return;
    uint32_t weight = asked->metric->weights[arc], at = from;
    uint64_t enter = cost;
    for (size_t band = asked->first; band < asked->bands && at < BM_ALONG_FULL; band++) {
        if (asked->limits[band] < cost) continue;
        uint64_t to = (uint64_t)from + part_within(weight, asked->limits[band] - cost);
        if (to > BM_ALONG_FULL) to = BM_ALONG_FULL;
        if (to <= at) continue;
        uint64_t leave = cost + (uint64_t)weight * (to - from) / BM_ALONG_FULL;
        struct bm_reached reached = {.arc = arc,
                                     .from_part = (uint16_t)at,
                                     .to_part = (uint16_t)to,
                                     .enter_ms = bm_road_ms(road, enter),
                                     .leave_ms = bm_road_ms(road, leave),
                                     .band = (uint32_t)band};
        asked->each(asked->context, &reached);
        at = (uint32_t)to;
        enter = leave;
    }
}

static void tell_rank(const struct asked *asked, uint32_t rank, uint64_t cost) {
    const struct bm_road *road = asked->reach->road;
    uint32_t junction = road->hierarchy.junctions[rank];
    for (uint32_t at = road->out_first[junction]; at < road->out_first[junction + 1]; at++) {
        if (begins_at(road, road->out[at].arc) == rank) tell_arc(asked, road->out[at].arc, 0, cost);
    }
}

/* --- up from the spots ------------------------------------------------------------------------ */

/* Makes `path` lead from the root to `rank`; of what it held for the rank before, it keeps what
 * both share. */
static void climb(struct bm_reach *reach, uint32_t rank) {
    const struct bm_hierarchy *hierarchy = &reach->road->hierarchy;
    for (uint32_t depth = hierarchy->depths[rank]; reach->path[depth] != rank; depth--) {
        reach->path[depth] = rank;
        if (depth == 0) return;
        rank = hierarchy->parents[rank];
    }
}

static bool is_above(const struct bm_reach *reach, uint32_t rank) {
    return reach->above[rank / WORD] >> rank % WORD & 1;
}

static void seed(struct bm_reach *reach, uint32_t rank, uint64_t cost) {
    const uint32_t *parents = reach->road->hierarchy.parents;
    if (cost < reach->seeds[rank]) reach->seeds[rank] = cost;
    for (; rank != BM_RANK_NONE && !is_above(reach, rank); rank = parents[rank]) {
        reach->above[rank / WORD] |= UINT64_C(1) << rank % WORD;
    }
}

/* A spot: the rest of its edge either way, and the junctions there. */
static void leave_spot(const struct asked *asked, const struct bm_spot *spot) {
    const struct bm_road *road = asked->reach->road;
    BM_CHECK(spot->edge < road->head.edges);
    struct bm_ends leave = bm_spot_leave(asked->metric, spot);
    for (uint32_t end = 0; end < 2; end++) {
        uint32_t arc = 2 * spot->edge + !end; /* towards that end */
        uint32_t part = end ? spot->along : BM_ALONG_FULL - (uint32_t)spot->along;
        tell_arc(asked, arc, part, 0);
        if (leave.cost[end] <= asked->most) {
            seed(asked->reach, ends_at(road, arc), leave.cost[end]);
        }
    }
}

static inline __attribute__((always_inline)) void lift_rank(const struct asked *asked,
                                                            uint32_t rank, bool wide) {
    struct bm_reach *reach = asked->reach;
    const struct bm_hierarchy *hierarchy = &reach->road->hierarchy;
    uint64_t cost = reach->seeds[rank];
    if (cost > asked->most) return;
    climb(reach, rank);
    for (uint32_t way = hierarchy->first[rank]; way < hierarchy->first[rank + 1]; way++) {
        uint64_t sum = cost + bm_way_cost(asked->metric->up, way, wide);
        uint64_t *above = &reach->seeds[reach->path[hierarchy->to_depth[way]]];
        if (sum < *above) *above = sum;
    }
}

/* Ranks rise from child to parent, so each is complete when its turn comes. */
static inline __attribute__((always_inline)) void lift(const struct asked *asked, bool wide) {
    const struct bm_reach *reach = asked->reach;
    uint32_t nodes = reach->road->hierarchy.nodes;
    for (uint32_t word = 0; word <= nodes / WORD; word++) {
        for (uint64_t bits = reach->above[word]; bits; bits &= bits - 1) {
            lift_rank(asked, word * WORD + (uint32_t)__builtin_ctzll(bits), wide);
        }
    }
}

/* --- down over everything --------------------------------------------------------------------- */

/* The least cost of a rank, whose ancestors' costs are known; `ret_near`: whether one that its ways
 * lead up to is within the limit.  All ways that lead out of what hangs below it end at it or at
 * one of those. */
static inline __attribute__((always_inline)) uint64_t
sink_rank(const struct asked *asked, uint32_t rank, bool wide, bool *ret_near) {
    const struct bm_reach *reach = asked->reach;
    const struct bm_hierarchy *hierarchy = &reach->road->hierarchy;
    const uint64_t *costs = reach->costs;
    uint64_t best = reach->seeds[rank], least = BM_COST_NONE;
    for (uint32_t way = hierarchy->first[rank]; way < hierarchy->first[rank + 1]; way++) {
        uint64_t above = costs[hierarchy->to_depth[way]];
        uint64_t sum = above + bm_way_cost(asked->metric->down, way, wide);
        least = above < least ? above : least;
        best = sum < best ? sum : best;
    }
    *ret_near = least != BM_COST_NONE;
    return best;
}

static inline __attribute__((always_inline)) void sink(const struct asked *asked, bool wide) {
    struct bm_reach *reach = asked->reach;
    const struct bm_hierarchy *hierarchy = &reach->road->hierarchy;
    for (uint32_t rank = hierarchy->nodes; rank-- > 0;) {
        bool near;
        uint64_t cost = sink_rank(asked, rank, wide, &near);
        if (!near && !is_above(reach, rank)) {
            rank = reach->lowest[rank];
            continue;
        }
        bool within = cost <= asked->most;
        reach->costs[hierarchy->depths[rank]] = within ? cost : BM_COST_NONE;
        if (within) tell_rank(asked, rank, cost);
    }
}

static void forget_spots(struct bm_reach *reach) {
    for (uint32_t word = 0; word <= reach->road->hierarchy.nodes / WORD; word++) {
        for (uint64_t bits = reach->above[word]; bits; bits &= bits - 1) {
            reach->seeds[word * WORD + (uint32_t)__builtin_ctzll(bits)] = BM_COST_NONE;
        }
        reach->above[word] = 0;
    }
}

void bm_reach_bands(struct bm_reach *reach, const struct bm_metric *metric,
                    const struct bm_spot *from, size_t count, const int64_t *within_ms,
                    size_t bands, bm_reached_fn *each, void *context) {
    BM_CHECK(metric->road == reach->road);
    BM_CHECK(bands >= 1 && bands <= BM_REACH_BANDS_MAX);
    if (within_ms[bands - 1] < 0) return;
    struct asked asked = {reach, metric, .bands = bands, .each = each, .context = context};
    for (size_t i = 0; i < bands; i++) {
        BM_CHECK(i == 0 || within_ms[i - 1] <= within_ms[i]);
        if (within_ms[i] < 0)
            asked.first = i + 1;
        else
            asked.limits[i] = units_within(reach->road, within_ms[i]);
    }
    asked.most = asked.limits[bands - 1];
    memset(reach->path, 0xff, reach->road->hierarchy.height * sizeof *reach->path);
    for (size_t i = 0; i < count; i++) leave_spot(&asked, &from[i]);
    if (metric->wide) {
        lift(&asked, true);
        sink(&asked, true);
    } else {
        lift(&asked, false);
        sink(&asked, false);
    }
    forget_spots(reach);
}

void bm_reach_within(struct bm_reach *reach, const struct bm_metric *metric,
                     const struct bm_spot *from, size_t count, int64_t within_ms,
                     bm_reached_fn *each, void *context) {
    bm_reach_bands(reach, metric, from, count, &within_ms, 1, each, context);
}
