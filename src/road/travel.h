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
#include "road/metric.h"

/* Junctions from a root on, by depth, and what each costs to the target. */
struct bm_branch {
    uint32_t *ranks;
    uint64_t *costs; /* BM_COST_NONE: no way */
    uint32_t count;
};
struct bm_sorted {
    uint32_t rank, source;
};

struct bm_travel {
    const struct bm_road *road;
    struct bm_branch to;   /* down to the target only */
    struct bm_branch from; /* up and down: what it costs indeed */
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
/* The cost from a node (by rank) that is the lowest of `from`'s edge or above it. */
static inline uint64_t bm_node_cost(const struct bm_travel *travel, uint32_t rank) {
    return travel->from.costs[travel->road->hierarchy.depths[rank]];
}

#endif
