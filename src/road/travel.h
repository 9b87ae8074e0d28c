/* The search backwards from a spot, as this room sees it: travel.c makes it, route.c reads its
 * labels. */
#ifndef BM_ROAD_TRAVEL_H
#define BM_ROAD_TRAVEL_H

#include "road/file.h"
#include "road/metric.h"

/* Costs are sums of at most 2e8 weights below 2^30: below 2^58. */
#define BM_COST_NONE UINT64_MAX

/* Of a junction: its cost to the target, if `stamp` is that of the running search.  Not aligned to
 * 8, so that a junction takes 12 bytes. */
struct bm_label {
    uint64_t cost;
    uint32_t stamp;
} __attribute__((packed, aligned(4)));
_Static_assert(sizeof(struct bm_label) == 12, "12 bytes a junction");

/* In the queue: a junction, or (from the number of junctions on) a source. */
struct bm_queued {
    uint64_t cost;
    uint32_t node;
};
/* A way out of a source's edge: to a junction, at a cost. */
struct bm_door {
    uint32_t junction, source;
    uint32_t cost;
    uint32_t next; /* door + 1 in the same slot */
};
struct bm_arrived {
    uint64_t cost;
    int64_t ms;
    uint32_t source;
};

struct bm_travel {
    const struct bm_road *road;
    struct bm_label *labels;
    uint32_t stamp;
    struct bm_queued *queue; /* 4-ary heap by cost */
    size_t queued, queue_cap;
    struct bm_door *doors;
    size_t door_count;
    uint32_t *slots; /* door + 1 by junction; a power of two */
    size_t slot_count, slot_cap;
    uint64_t *best; /* per source */
    size_t source_cap;
    struct bm_arrived *arrived; /* cheapest first; equals in any order */
    size_t arrived_count;
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

static inline uint64_t bm_travel_cost(const struct bm_travel *travel, uint32_t junction) {
    const struct bm_label *label = &travel->labels[junction];
    return label->stamp == travel->stamp ? label->cost : BM_COST_NONE;
}

/* Fills `arrived` with the `most` nearest sources and those that take as many ms as the last of
 * them. */
void bm_travel_search(struct bm_travel *travel, const struct bm_metric *metric,
                      const struct bm_spot *from, size_t count, const struct bm_spot *to,
                      size_t most);

#endif
