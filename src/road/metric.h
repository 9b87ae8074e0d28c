/* A metric as this room sees it: the weights of the arcs, and of the hierarchy's ways. */
#ifndef BM_ROAD_METRIC_H
#define BM_ROAD_METRIC_H

#include <stdatomic.h>

#include "road/road.h"

/* A way's weight takes 32 bits, BM_NARROW_NONE when it cannot be driven.  What can be driven weighs
 * less than BM_ROAD_INFINITE; where a sum does not, the whole metric is wide: 64 bits.  Sums are
 * below 2^58 (at most 2e8 weights below 2^30). */
#define BM_NARROW_NONE UINT32_C(0x7fffffff)
#define BM_COST_NONE (UINT64_C(1) << 62)

struct bm_metric {
    const struct bm_road *road;
    enum bm_profile profile;
    const uint32_t *weights; /* per arc: the file's own, or `own` */
    uint32_t *own;           /* NULL while nothing is closed */
    bool wide;
    void *up, *down; /* per way, from its tail and to it: uint32_t, or uint64_t when wide */
    atomic_uint users;
};

/* Fills `up` and `down` from `weights`: of each way the quickest that leads over nothing but
 * junctions below it.  O(triangles below: New York 6.5 million). */
void bm_metric_customize(struct bm_metric *metric);

/* The same from a metric of the same roads and profile: only what follows from the arcs that differ
 * is weighed anew.  False, and nothing is filled, when one of the two is wide. */
BM_MUST_USE bool bm_metric_follow(struct bm_metric *metric, const struct bm_metric *former);

static inline bool bm_metric_drives(const struct bm_metric *metric, uint32_t arc) {
    return metric->weights[arc] != BM_ROAD_INFINITE;
}

/* The weight of what leads over a way by itself (struct bm_entry); BM_ROAD_INFINITE: not to be
 * driven. */
uint32_t bm_entry_weight(const struct bm_metric *metric, uint32_t arc);

/* The weight of a way (BM_COST_NONE: none).  `wide` is the metric's, given apart so that a loop can
 * be made for each. */
static inline uint64_t bm_way_cost(const void *ways, size_t way, bool wide) {
    if (wide) return ((const uint64_t *)ways)[way];
    uint32_t cost = ((const uint32_t *)ways)[way];
    return cost == BM_NARROW_NONE ? BM_COST_NONE : cost;
}

#endif
