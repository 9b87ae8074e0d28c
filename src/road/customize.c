/* A whole metric: from the bottom, each rank's ways get what their arcs weigh, or what it weighs to
 * go over somebody who hangs below.  What hangs on one node needs nothing from outside, so such
 * subtrees can be done at once. */
#include "road/file.h"
#include "road/metric.h"

#include <stdatomic.h>

#include "base/alloc.h"
#include "base/check.h"

/* The loops are written once and made twice, for weights of 32 and of 64 bits. */
#define ALWAYS static inline __attribute__((always_inline))

ALWAYS uint64_t get(const void *items, size_t at, bool wide) {
    return wide ? ((const uint64_t *)items)[at] : ((const uint32_t *)items)[at];
}

ALWAYS void put(void *items, size_t at, uint64_t value, bool wide) {
    if (wide)
        ((uint64_t *)items)[at] = value;
    else
        ((uint32_t *)items)[at] = (uint32_t)value;
}

ALWAYS void lower(void *items, size_t at, uint64_t value, bool wide) {
    if (value < get(items, at, wide)) put(items, at, value, wide);
}

/* What arcs and turns weigh by themselves; of parallel ones the least. */
ALWAYS void load(struct bm_metric *metric, bool wide) {
    const struct bm_road *road = metric->road;
    const struct bm_hierarchy *hierarchy = &road->hierarchy;
    uint64_t none = wide ? BM_COST_NONE : BM_NARROW_NONE;
    for (uint32_t way = 0; way < hierarchy->ways; way++) {
        put(metric->up, way, none, wide);
        put(metric->down, way, none, wide);
    }
    for (size_t arc = 0; arc < 2 * (size_t)road->head.edges; arc++) {
        uint32_t stored = hierarchy->arc_ways[arc], weight = metric->weights[arc];
        if (stored == BM_WAY_NONE || weight == BM_ROAD_INFINITE) continue;
        lower(stored & 1 ? metric->down : metric->up, stored / 2, weight, wide);
    }
    for (uint32_t i = 0; i < hierarchy->turn_count; i++) {
        const struct bm_turn_arc *turn = &hierarchy->turns[i];
        uint32_t weight = turn->weight[metric->profile];
        if (weight == BM_ROAD_INFINITE) continue;
        lower(turn->way & 1 ? metric->down : metric->up, turn->way / 2, weight, wide);
    }
}

/* For one rank: whoever hangs below it may be a quicker way between it and what lies above both.
 * None plus anything is at least none and below twice that, so nothing runs over. */
ALWAYS void pass_below(const struct bm_metric *metric, uint32_t rank, void *restrict up,
                       void *restrict down, bool wide) {
    const struct bm_hierarchy *hierarchy = &metric->road->hierarchy;
    const uint16_t *restrict to_depth = hierarchy->to_depth;
    const void *restrict all_up = metric->up, *restrict all_down = metric->down;
    const struct bm_below *below = &hierarchy->below[hierarchy->below_first[rank]];
    const struct bm_below *stop = &hierarchy->below[hierarchy->below_first[rank + 1]];
    for (; below < stop; below++) {
        uint64_t there = get(all_down, below->way, wide), back = get(all_up, below->way, wide);
        for (uint32_t way = below->way + 1, end = below->end; way < end; way++) {
            uint32_t depth = to_depth[way];
            uint64_t ahead = there + get(all_up, way, wide), kept = get(up, depth, wide);
            put(up, depth, ahead < kept ? ahead : kept, wide);
            uint64_t behind = back + get(all_down, way, wide), held = get(down, depth, wide);
            put(down, depth, behind < held ? behind : held, wide);
        }
    }
}

/* Ranks `begin` to `end`, each on arrays by depth, what hangs below them being done.  False when a
 * sum needs more than 32 bits. */
ALWAYS bool pass(struct bm_metric *metric, uint32_t begin, uint32_t end, void *up, void *down,
                 bool wide) {
    const struct bm_hierarchy *hierarchy = &metric->road->hierarchy;
    const uint16_t *to_depth = hierarchy->to_depth;
    for (uint32_t rank = begin; rank < end; rank++) {
        uint32_t first = hierarchy->first[rank], last = hierarchy->first[rank + 1];
        if (hierarchy->below_first[rank] == hierarchy->below_first[rank + 1]) continue;
        for (uint32_t way = first; way < last; way++) {
            put(up, to_depth[way], get(metric->up, way, wide), wide);
            put(down, to_depth[way], get(metric->down, way, wide), wide);
        }
        pass_below(metric, rank, up, down, wide);
        bool over = false;
        for (uint32_t way = first; way < last; way++) {
            uint64_t ahead = get(up, to_depth[way], wide), back = get(down, to_depth[way], wide);
            put(metric->up, way, ahead, wide);
            put(metric->down, way, back, wide);
            over |= !wide && ((ahead >= BM_ROAD_INFINITE && ahead != BM_NARROW_NONE) ||
                              (back >= BM_ROAD_INFINITE && back != BM_NARROW_NONE));
        }
        if (over) return false;
    }
    return true;
}

/* Subtrees of a size that keeps a handful of threads busy; what is left above them comes after. */
enum { SUBTREES_MOST = 512, SUBTREES_WANTED = 64, SUBTREE_LEAST = 512 };

struct parts {
    struct bm_metric *metric;
    uint32_t begin[SUBTREES_MOST], end[SUBTREES_MOST]; /* ascending */
    size_t count;
    atomic_bool over;
};

static void part_nodes(const struct bm_hierarchy *hierarchy, struct parts *parts) {
    uint32_t most = hierarchy->nodes / SUBTREES_WANTED;
    for (uint32_t rank = 0; rank < hierarchy->nodes && parts->count < SUBTREES_MOST; rank++) {
        uint32_t size = rank + 1 - hierarchy->lowest[rank], parent = hierarchy->parents[rank];
        bool last = parent == BM_RANK_NONE || parent + 1 - hierarchy->lowest[parent] > most;
        if (size > most || size < SUBTREE_LEAST || !last) continue;
        parts->begin[parts->count] = hierarchy->lowest[rank];
        parts->end[parts->count++] = rank + 1;
    }
}

static void pass_part(void *context, size_t at) {
    struct parts *parts = context;
    size_t height = parts->metric->road->hierarchy.height;
    uint32_t *up = bm_alloc(2 * height * sizeof *up);
    if (!pass(parts->metric, parts->begin[at], parts->end[at], up, up + height, false))
        atomic_store(&parts->over, true);
    bm_free(up);
}

ALWAYS bool customize(struct bm_metric *metric, const struct parts *done, bool wide) {
    const struct bm_hierarchy *hierarchy = &metric->road->hierarchy;
    size_t bytes = wide ? sizeof(uint64_t) : sizeof(uint32_t);
    void *up = bm_alloc(hierarchy->height * bytes), *down = bm_alloc(hierarchy->height * bytes);
    uint32_t rank = 0;
    bool fine = true;
    for (size_t i = 0; i <= done->count && fine; i++) {
        uint32_t stop = i < done->count ? done->begin[i] : hierarchy->nodes;
        fine = pass(metric, rank, stop, up, down, wide);
        if (i < done->count) rank = done->end[i];
    }
    bm_free(up);
    bm_free(down);
    return fine;
}

ALWAYS void start(struct bm_metric *metric, bool wide) {
    size_t ways = metric->road->hierarchy.ways + (size_t)1;
    metric->wide = wide;
    metric->up = bm_alloc_large(ways * (wide ? sizeof(uint64_t) : sizeof(uint32_t)));
    metric->down = bm_alloc_large(ways * (wide ? sizeof(uint64_t) : sizeof(uint32_t)));
    load(metric, wide);
}

static bool customize_narrow(struct bm_metric *metric, const struct bm_parallel *parallel) {
    struct parts parts = {.metric = metric};
    start(metric, false);
    if (parallel) {
        part_nodes(&metric->road->hierarchy, &parts);
        parallel->run(parallel->pool, parts.count, pass_part, &parts);
    }
    return !atomic_load(&parts.over) && customize(metric, &parts, false);
}

static void customize_wide(struct bm_metric *metric) {
    static const struct parts none = {.count = 0};
    start(metric, true);
    BM_CHECK(customize(metric, &none, true));
}

void bm_metric_customize(struct bm_metric *metric, const struct bm_parallel *parallel) {
    if (customize_narrow(metric, parallel)) return;
    bm_free(metric->up);
    bm_free(metric->down);
    customize_wide(metric);
}
