/* Questions to the hierarchy, as this room sees them: travel.c computes costs, route.c follows
 * them.
 *
 * All ways up from a junction lead to its ancestors, and the ends of an edge are ancestors one of
 * the other; so the costs that belong to a spot are an array by depth.  First those from the
 * target's ancestors down to it, then, from the root to a source, those of each junction on the
 * way. */
#ifndef BM_ROAD_TRAVEL_H
#define BM_ROAD_TRAVEL_H

#include "road/file.h"
#include "road/lanes.h"
#include "road/metric.h"

/* Nodes from a root on, by depth, and what each costs to the target. */
struct bm_branch {
    uint32_t *ranks;
    uint32_t *costs;      /* by place, from the bottom up (road/lanes.h) */
    uint64_t *wide_costs; /* by depth; BM_COST_NONE: no way */
    uint32_t count;
};
/* Where one of many stands: the lowest rank of its edge. */
struct bm_sorted {
    uint32_t rank, source;
};

struct bm_travel {
    const struct bm_road *road;
    bool wide; /* this question is asked with 64 bits: the metric is wide, or a cost turned out to
                  be */
    struct bm_branch to;   /* down to the target only */
    struct bm_branch from; /* up and down: what it costs indeed */
    uint64_t
        *bounds; /* per depth: the least that it costs from there or above down to the target */
    struct bm_sorted *sorted, *spare;
    size_t source_cap;
};

/* What a spot costs to leave or to reach by either end of its edge, [0] the first junction, [1] the
 * second; BM_COST_NONE when the arc that would be driven is closed.  No arc is driven from or to a
 * spot that stands on the junction itself. */
struct bm_ends {
    uint64_t cost[2];
};
struct bm_ends bm_spot_leave(const struct bm_metric *metric, const struct bm_spot *from);
struct bm_ends bm_spot_reach(const struct bm_metric *metric, const struct bm_spot *to);
/* Along the edge itself, when both lie on one in an order that may be driven; otherwise
 * BM_COST_NONE. */
uint64_t bm_spot_direct(const struct bm_metric *metric, const struct bm_spot *from,
                        const struct bm_spot *to);

/* Puts `rank` and all above it into `ranks` by depth, of which `count` stand there already; returns
 * how many of those, from the root, belong to it too. */
uint32_t bm_branch_climb(uint32_t *ranks, uint32_t *count, const struct bm_hierarchy *hierarchy,
                         uint32_t rank);
/* The costs (by place) from or to a spot that lies between `nodes`, which cost `ends`, over all
 * nodes of a branch: `weights` of a narrow metric's ways up or down. */
void bm_branch_label(const struct bm_hierarchy *hierarchy, const void *weights,
                     const uint32_t *ranks, uint32_t count, const uint32_t nodes[2],
                     struct bm_ends ends, uint32_t *ret_costs);

/* Sets the target, then asks for the cost from a spot to it (BM_COST_NONE: no way).  What `from`
 * holds is kept from one question to the next: sources in the order of their ranks share the most.
 */
void bm_travel_aim(struct bm_travel *travel, const struct bm_metric *metric,
                   const struct bm_spot *to);
uint64_t bm_travel_cost(struct bm_travel *travel, const struct bm_metric *metric,
                        const struct bm_spot *from, const struct bm_spot *to);

/* The node at which a spot is left by the first ([0]) or second end of its edge: where the arc that
 * is driven to that end ends. */
static inline uint32_t bm_spot_left_at(const struct bm_road *road, const struct bm_spot *from,
                                       uint32_t end) {
    return road->hierarchy.ends[2 * (size_t)from->edge + !end];
}
/* What a branch says of the node at a depth; BM_COST_NONE: no way. */
static inline uint64_t bm_branch_cost(const struct bm_travel *travel,
                                      const struct bm_branch *branch, uint32_t depth) {
    if (travel->wide) return branch->wide_costs[depth];
    uint32_t cost = branch->costs[travel->road->hierarchy.height - 1 - depth];
    return cost >= BM_NARROW_NONE ? BM_COST_NONE : cost;
}
/* The nearest of many (sorted by rank) to the target of an aimed `travel`.  What hangs on the same
 * ancestor lies beside each other, so they are looked at from the target outwards: first those with
 * which it shares most ancestors, and no more once it costs more from all shared ones down than the
 * last that is found.  `cost` of a source, which shares `depth` + 1 ancestors with the target;
 * BM_COST_NONE: it cannot come, or is not wanted.  Returns how many are in `ret_coming`. */
typedef uint64_t bm_ring_cost_fn(void *context, uint32_t source, uint32_t depth);
size_t bm_rings_nearest(struct bm_travel *travel, const struct bm_sorted *sorted, size_t count,
                        bm_ring_cost_fn *cost, void *context, size_t most,
                        struct bm_coming *ret_coming);
/* Sorts by rank; `spare` is as long. The sorted ones are returned: one of the two. */
struct bm_sorted *bm_sort_by_rank(const struct bm_hierarchy *hierarchy, struct bm_sorted *items,
                                  struct bm_sorted *spare, size_t count);

/* The cost from a node (by rank) that is the lowest of `from`'s edge or above it. */
static inline uint64_t bm_node_cost(const struct bm_travel *travel, uint32_t rank) {
    return bm_branch_cost(travel, &travel->from, travel->road->hierarchy.depths[rank]);
}

#endif
