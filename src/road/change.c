#include "road/file.h"
#include "road/metric.h"

#include <string.h>

#include "base/alloc.h"

/* Ways whose weight may be another one, taken from the lowest: what follows from a way lies above
 * it, so each is weighed once. */
struct change {
    struct bm_metric *metric; /* begins as the former's ways */
    const struct bm_metric *former;
    const struct bm_hierarchy *hierarchy;
    uint64_t *dirty; /* a bit per way */
    uint32_t tail;   /* whose turn it is, and all above it by depth */
    uint32_t *path;
};

struct pair {
    uint64_t up, down;
};

static struct pair weights_of(const struct bm_metric *metric, uint32_t way) {
    return (struct pair){((const uint32_t *)metric->up)[way],
                         ((const uint32_t *)metric->down)[way]};
}

/* From the head of `low` to the head of `high` and back, over their common tail. */
static struct pair over(const struct bm_metric *metric, uint32_t low, uint32_t high) {
    struct pair first = weights_of(metric, low), second = weights_of(metric, high);
    return (struct pair){first.down + second.up, second.down + first.up};
}

static void keep_least(struct pair *least, struct pair other) {
    if (other.up < least->up) least->up = other.up;
    if (other.down < least->down) least->down = other.down;
}

static void mark(struct change *change, uint32_t way) {
    change->dirty[way / 64] |= UINT64_C(1) << way % 64;
}

/* The ways of the edges that weigh something else now. */
static void mark_edges(struct change *change) {
    const uint32_t *now = change->metric->weights, *before = change->former->weights;
    for (size_t arc = 0; arc < 2 * (size_t)change->metric->road->head.edges; arc++) {
        uint32_t stored = change->hierarchy->arc_ways[arc];
        if (now[arc] != before[arc] && stored != BM_WAY_NONE) mark(change, stored / 2);
    }
}

/* Makes `tail` the one to which the way belongs. */
static void find_tail(struct change *change, uint32_t way) {
    const struct bm_hierarchy *hierarchy = change->hierarchy;
    if (way < hierarchy->first[change->tail + 1] && way >= hierarchy->first[change->tail]) return;
    uint32_t tail = bm_way_tail(hierarchy, way);
    change->tail = tail;
    for (uint32_t rank = tail; rank != BM_RANK_NONE; rank = hierarchy->parents[rank]) {
        change->path[hierarchy->depths[rank]] = rank;
    }
}

/* The weights of a way anew: of its edges, and over all who hang below both its ends. */
static struct pair weigh(const struct change *change, uint32_t way) {
    const struct bm_hierarchy *hierarchy = change->hierarchy;
    const struct bm_metric *metric = change->metric;
    uint32_t depth = hierarchy->to_depth[way];
    struct pair least = {BM_NARROW_NONE, BM_NARROW_NONE};
    for (uint32_t at = hierarchy->entry_first[change->tail];
         at < hierarchy->entry_first[change->tail + 1]; at++) {
        struct bm_entry entry = hierarchy->entries[at];
        uint32_t weight = bm_entry_weight(metric, entry.arc);
        if (entry.way / 2 != way || weight == BM_ROAD_INFINITE) continue;
        keep_least(&least, entry.way & 1 ? (struct pair){BM_NARROW_NONE, weight}
                                         : (struct pair){weight, BM_NARROW_NONE});
    }
    uint32_t end = hierarchy->below_first[change->tail + 1];
    for (uint32_t at = hierarchy->below_first[change->tail]; at < end; at++) {
        struct bm_below below = hierarchy->below[at];
        uint32_t far = bm_way_to(hierarchy->to_depth, below.way + 1, below.end, depth);
        if (far != BM_WAY_NONE) keep_least(&least, over(metric, below.way, far));
    }
    return least;
}

/* Whether a weight that was `kept` can be another one, when one of its causes went from `before` to
 * `now`. */
static bool matters(uint64_t kept, uint64_t before, uint64_t now) {
    return now < kept || (before == kept && now > before);
}

/* Marks what follows: the ways between the way's head and the heads of its tail's other ways. */
static void mark_above(struct change *change, uint32_t way) {
    const struct bm_hierarchy *hierarchy = change->hierarchy;
    uint32_t end = hierarchy->first[change->tail + 1];
    for (uint32_t other = hierarchy->first[change->tail]; other < end; other++) {
        if (other == way) continue;
        uint32_t low = other < way ? other : way, high = other < way ? way : other;
        struct pair before = over(change->former, low, high), now = over(change->metric, low, high);
        uint32_t rank = change->path[hierarchy->to_depth[low]];
        uint32_t across = bm_way_to(hierarchy->to_depth, hierarchy->first[rank],
                                    hierarchy->first[rank + 1], hierarchy->to_depth[high]);
        struct pair kept = weights_of(change->former, across);
        if (matters(kept.up, before.up, now.up) || matters(kept.down, before.down, now.down)) {
            mark(change, across);
        }
    }
}

static bool too_wide(uint64_t weight) {
    return weight >= BM_ROAD_INFINITE && weight != BM_NARROW_NONE;
}

/* False when the new weight does not fit. */
static bool change_way(struct change *change, uint32_t way) {
    find_tail(change, way);
    struct pair now = weigh(change, way), before = weights_of(change->former, way);
    if (now.up == before.up && now.down == before.down) return true;
    if (too_wide(now.up) || too_wide(now.down)) return false;
    ((uint32_t *)change->metric->up)[way] = (uint32_t)now.up;
    ((uint32_t *)change->metric->down)[way] = (uint32_t)now.down;
    mark_above(change, way);
    return true;
}

static bool change_all(struct change *change) {
    size_t words = change->hierarchy->ways / 64 + 1;
    for (size_t at = 0; at < words; at++) {
        /* What is marked meanwhile may stand in the same word, further on. */
        while (change->dirty[at]) {
            uint32_t bit = (uint32_t)__builtin_ctzll(change->dirty[at]);
            change->dirty[at] &= change->dirty[at] - 1;
            if (!change_way(change, (uint32_t)(64 * at) + bit)) return false;
        }
    }
    return true;
}

bool bm_metric_follow(struct bm_metric *metric, const struct bm_metric *former) {
    const struct bm_hierarchy *hierarchy = &metric->road->hierarchy;
    if (former->wide) return false;
    size_t bytes = (hierarchy->ways + (size_t)1) * sizeof(uint32_t);
    metric->up = bm_alloc(bytes);
    metric->down = bm_alloc(bytes);
    memcpy(metric->up, former->up, hierarchy->ways * sizeof(uint32_t));
    memcpy(metric->down, former->down, hierarchy->ways * sizeof(uint32_t));
    struct change change = {.metric = metric, .former = former, .hierarchy = hierarchy};
    change.dirty = bm_alloc_zero(hierarchy->ways / 64 + 1, sizeof *change.dirty);
    change.path = bm_alloc_zero(hierarchy->height, sizeof *change.path);
    change.tail = hierarchy->nodes - 1; /* a root: no way belongs to it */
    mark_edges(&change);
    bool fine = change_all(&change);
    bm_free(change.dirty);
    bm_free(change.path);
    if (!fine) {
        bm_free(metric->up);
        bm_free(metric->down);
    }
    return fine;
}
