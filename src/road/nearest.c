/* The nearest of many to one: walking outwards from the target over what stands sorted by rank. */
#include "base/alloc.h"
#include "base/check.h"
#include "road/travel.h"

/* --- sorted by rank --------------------------------------------------------------------------- */

enum { DIGIT_BITS = 11, DIGITS = 1 << DIGIT_BITS, FEW = 24 };

static void insert_sorted(struct bm_sorted *items, size_t count) {
    for (size_t i = 1; i < count; i++) {
        struct bm_sorted item = items[i];
        size_t at = i;
        for (; at > 0 && items[at - 1].rank > item.rank; at--) items[at] = items[at - 1];
        items[at] = item;
    }
}

/* Digit by digit. */
struct bm_sorted *bm_sort_by_rank(const struct bm_hierarchy *hierarchy, struct bm_sorted *items,
                                  struct bm_sorted *spare, size_t count) {
    if (count <= FEW) {
        insert_sorted(items, count);
        return items;
    }
    for (uint32_t shift = 0; shift < 32 && hierarchy->nodes >> shift; shift += DIGIT_BITS) {
        uint32_t ends[DIGITS] = {0};
        for (size_t i = 0; i < count; i++) ends[items[i].rank >> shift & (DIGITS - 1)]++;
        for (size_t i = 1; i < DIGITS; i++) ends[i] += ends[i - 1];
        for (size_t i = count; i-- > 0;) {
            struct bm_sorted item = items[i];
            spare[--ends[item.rank >> shift & (DIGITS - 1)]] = item;
        }
        struct bm_sorted *sorted = spare;
        spare = items;
        items = sorted;
    }
    return items;
}

/* --- the nearest so far ----------------------------------------------------------------------- */

static bool later(const struct bm_coming *a, const struct bm_coming *b) {
    return a->travel_ms != b->travel_ms ? a->travel_ms > b->travel_ms : a->at > b->at;
}

/* A heap with the latest on top: `item` sinks from there. */
static void sink(struct bm_coming *heap, size_t count, struct bm_coming item) {
    size_t at = 0;
    for (;;) {
        size_t below = 2 * at + 1;
        if (below >= count) break;
        if (below + 1 < count && later(&heap[below + 1], &heap[below])) below++;
        if (!later(&heap[below], &item)) break;
        heap[at] = heap[below];
        at = below;
    }
    heap[at] = item;
}

static void rise(struct bm_coming *heap, size_t at, struct bm_coming item) {
    while (at > 0 && later(&item, &heap[(at - 1) / 2])) {
        heap[at] = heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap[at] = item;
}

static void sort_heap(struct bm_coming *heap, size_t count) {
    for (size_t left = count; left > 1; left--) {
        struct bm_coming last = heap[left - 1];
        heap[left - 1] = heap[0];
        sink(heap, left - 1, last);
    }
}

/* --- rings ------------------------------------------------------------------------------------ */

struct walk {
    const struct bm_road *road;
    bm_ring_cost_fn *cost;
    void *context;
    struct bm_coming *heap;
    size_t found, most;
};

static inline void look_at(struct walk *walk, uint32_t source, uint32_t depth) {
    uint64_t cost = walk->cost(walk->context, source, depth);
    if (cost >= BM_COST_NONE) return;
    struct bm_coming item = {source, bm_road_ms(walk->road, cost)};
    if (walk->found < walk->most)
        rise(walk->heap, walk->found++, item);
    else if (later(&walk->heap[0], &item))
        sink(walk->heap, walk->found, item);
}

/* The first that stands at `rank` or behind it. */
static size_t first_from(const struct bm_sorted *sorted, size_t count, uint32_t rank) {
    size_t low = 0;
    while (low < count) {
        size_t middle = low + (count - low) / 2;
        if (sorted[middle].rank < rank)
            low = middle + 1;
        else
            count = middle;
    }
    return low;
}

size_t bm_rings_nearest(struct bm_travel *travel, const struct bm_sorted *sorted, size_t count,
                        bm_ring_cost_fn *cost, void *context, size_t most,
                        struct bm_coming *ret_coming) {
    const struct bm_hierarchy *hierarchy = &travel->road->hierarchy;
    const struct bm_branch *to = &travel->to;
    struct walk walk = {travel->road, cost, context, ret_coming, 0, most};
    if (most == 0) return 0;
    uint64_t bound = BM_COST_NONE;
    for (uint32_t depth = 0; depth < to->count; depth++) {
        uint64_t down = bm_branch_cost(travel, to, depth);
        travel->bounds[depth] = bound = down < bound ? down : bound;
    }
    size_t left = first_from(sorted, count, to->ranks[to->count - 1]), right = left;
    for (uint32_t depth = to->count; depth-- > 0;) {
        uint32_t rank = to->ranks[depth], lowest = hierarchy->lowest[rank];
        /* The innermost ring is looked at in any case: one may drive along the edge itself. */
        if (depth + 1 < to->count) {
            bound = travel->bounds[depth];
            if (bound >= BM_COST_NONE) break;
            if (walk.found == most && bm_road_ms(travel->road, bound) > ret_coming[0].travel_ms)
                break;
        }
        while (left > 0 && sorted[left - 1].rank >= lowest)
            look_at(&walk, sorted[--left].source, depth);
        while (right < count && sorted[right].rank <= rank)
            look_at(&walk, sorted[right++].source, depth);
    }
    sort_heap(ret_coming, walk.found);
    return walk.found;
}

/* --- without labels --------------------------------------------------------------------------- */

struct cold {
    struct bm_travel *travel;
    const struct bm_metric *metric;
    const struct bm_spot *from, *to;
};

/* What the branch `from` holds for the ancestors that they share serves the next one, too. */
static uint64_t cold_cost(void *context, uint32_t source, uint32_t depth) {
    (void)depth;
    const struct cold *cold = context;
    return bm_travel_cost(cold->travel, cold->metric, &cold->from[source], cold->to);
}

size_t bm_travel_nearest(struct bm_travel *travel, const struct bm_metric *metric,
                         const struct bm_spot *from, size_t count, const struct bm_spot *to,
                         size_t most, struct bm_coming *ret_coming) {
    const struct bm_hierarchy *hierarchy = &travel->road->hierarchy;
    BM_CHECK(count <= UINT32_MAX);
    if (count > travel->source_cap) {
        travel->source_cap = count;
        travel->sorted = bm_realloc(travel->sorted, count * sizeof *travel->sorted);
        travel->spare = bm_realloc(travel->spare, count * sizeof *travel->spare);
    }
    for (size_t i = 0; i < count; i++) {
        BM_CHECK(from[i].edge < travel->road->head.edges);
        travel->sorted[i] = (struct bm_sorted){bm_edge_lowest(hierarchy, from[i].edge),
                                               (uint32_t)i};
    }
    bm_travel_aim(travel, metric, to);
    struct cold cold = {travel, metric, from, to};
    const struct bm_sorted *sorted = bm_sort_by_rank(hierarchy, travel->sorted, travel->spare,
                                                     count);
    return bm_rings_nearest(travel, sorted, count, cold_cost, &cold, most, ret_coming);
}
