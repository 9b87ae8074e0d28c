/* The three inner loops of every question, on many lanes at once where the processor has AVX-512, else one by one; both give
 * the same.
 *
 * Costs here are of 32 bits: BM_NARROW_NONE (road/metric.h) when there is no way.  Sums of two never run over, and what is
 * larger than BM_NARROW_NONE afterwards is kept as BM_NARROW_NONE.  As no way weighs BM_ROAD_INFINITE or more, the first
 * true cost that is too large for these loops comes out as BM_ROAD_INFINITE or more and less than BM_NARROW_NONE: whoever
 * uses them asks bm_lanes_over for it, and then asks again with 64 bits.
 *
 * A branch's costs stand by place, from the bottom up: an ancestor at depth d at costs[height - 1 - d].  So the ancestors
 * that one rank's ways lead to stand in the order of the ways, and mostly beside each other. */
#ifndef BM_ROAD_LANES_H
#define BM_ROAD_LANES_H

#include "road/hierarchy.h"

/* Ways lie anywhere in memory, so they are asked for some ranks before their turn. */
enum { BM_LANES_AHEAD = 4 };
static inline void bm_lanes_fetch(const struct bm_hierarchy *hierarchy, const uint32_t *weights, uint32_t rank) {
    const char *first = (const char *)&weights[hierarchy->first[rank]];
    const char *end = (const char *)&weights[hierarchy->first[rank + 1]];
    __builtin_prefetch(&hierarchy->runs[hierarchy->run_first[rank]]);
    for (; first < end; first += 64) __builtin_prefetch(first);
}

/* From the bottom of the branch: whoever has a cost gives it to those above over its ways.  `ranks` by depth, `weights`
 * per way. */
void bm_lanes_spread(const struct bm_hierarchy *hierarchy, const uint32_t *weights, const uint32_t *ranks, uint32_t count,
                     uint32_t *costs);
/* The least of weight + cost over all ways of a rank. */
uint32_t bm_lanes_gather(const struct bm_hierarchy *hierarchy, const uint32_t *weights, uint32_t rank, const uint32_t *costs);
/* The least of one[i] + other[i]; BM_NARROW_NONE or more when there is none. */
uint32_t bm_lanes_least(const uint32_t *one, const uint32_t *other, size_t count);
/* kept[i] = least of kept[i] and cost + others[i]. */
void bm_lanes_keep_least(uint32_t *kept, uint32_t cost, const uint32_t *others, size_t count);
/* Whether a cost is too large for 32 bits, though there is a way. */
bool bm_lanes_over(const uint32_t *costs, size_t count);

/* Whether this processor has the lanes; and for tests and benchmarks: do without them (not while another thread asks). */
bool bm_lanes_wide(void);
void bm_lanes_use(bool wide);

#endif
