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
    struct bm_change_log *log;
    uint64_t *dirty; /* a bit per way */
    uint32_t tail;   /* whose turn it is, and all above it by depth */
    uint32_t *path;
};
struct bm_changing {
    const struct bm_road *road;
    uint64_t *dirty; /* all clear between changes */
    uint32_t *path;
};

/* --- what was changed ------------------------------------------------------------------------- */

void bm_change_log_clear(struct bm_change_log *log) {
    log->arc_count = log->way_count = 0;
}

void bm_change_log_free(struct bm_change_log *log) {
    bm_free(log->arcs);
    bm_free(log->ways);
}

static void note_way(struct bm_change_log *log, struct bm_way_weight way) {
    if (log->way_count == log->way_cap) {
        log->way_cap = log->way_cap + log->way_cap / 2 + 256;
        log->ways = bm_realloc(log->ways, log->way_cap * sizeof *log->ways);
    }
    log->ways[log->way_count++] = way;
}

void bm_change_again(struct bm_metric *metric, const struct bm_change_log *log) {
    for (size_t i = 0; i < log->arc_count; i++) metric->own[log->arcs[i].arc] = log->arcs[i].weight;
    for (size_t i = 0; i < log->way_count; i++) {
        struct bm_way_weight way = log->ways[i];
        ((uint32_t *)metric->up)[way.way] = way.up;
        ((uint32_t *)metric->down)[way.way] = way.down;
    }
}

/* --- what follows ----------------------------------------------------------------------------- */

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

/* Gives the arcs their weights, and marks their ways. */
static void change_arcs(struct change *change, const struct bm_arc_weight *arcs, size_t count) {
    struct bm_change_log *log = change->log;
    if (log->arc_cap < count) {
        log->arc_cap = count;
        log->arcs = bm_realloc(log->arcs, count * sizeof *log->arcs);
    }
    memcpy(log->arcs, arcs, count * sizeof *arcs);
    log->arc_count = count;
    for (size_t i = 0; i < count; i++) {
        uint32_t stored = change->hierarchy->arc_ways[arcs[i].arc];
        change->metric->own[arcs[i].arc] = arcs[i].weight;
        if (stored != BM_WAY_NONE) mark(change, stored / 2);
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
    change->metric->changed.ranks[change->tail / 64] |= UINT64_C(1) << change->tail % 64;
    note_way(change->log, (struct bm_way_weight){way, (uint32_t)now.up, (uint32_t)now.down});
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

struct bm_changing *bm_changing_new(const struct bm_road *road) {
    struct bm_changing *changing = bm_alloc(sizeof *changing);
    *changing = (struct bm_changing){
        .road = road,
        .dirty = bm_alloc_zero(road->hierarchy.ways / 64 + 1, sizeof *changing->dirty),
        .path = bm_alloc_zero(road->hierarchy.height, sizeof *changing->path)};
    return changing;
}

void bm_changing_free(struct bm_changing *changing) {
    if (!changing) return;
    bm_free(changing->dirty);
    bm_free(changing->path);
    bm_free(changing);
}

bool bm_changing_run(struct bm_changing *changing, struct bm_metric *metric,
                     const struct bm_metric *former, const struct bm_arc_weight *arcs, size_t count,
                     struct bm_change_log *log) {
    const struct bm_hierarchy *hierarchy = &changing->road->hierarchy;
    size_t words = hierarchy->nodes / 64 + 1;
    if (metric->changed.ranks)
        memset(metric->changed.ranks, 0, words * sizeof *metric->changed.ranks);
    else
        metric->changed.ranks = bm_alloc_zero(words, sizeof *metric->changed.ranks);
    struct change change = {.metric = metric,
                            .former = former,
                            .hierarchy = hierarchy,
                            .log = log,
                            .dirty = changing->dirty,
                            .path = changing->path,
                            .tail = hierarchy->nodes - 1}; /* a root: no way belongs to it */
    change_arcs(&change, arcs, count);
    bool fine = !metric->wide && !former->wide && change_all(&change);
    if (!fine) memset(changing->dirty, 0, (hierarchy->ways / 64 + 1) * sizeof *changing->dirty);
    return fine;
}
