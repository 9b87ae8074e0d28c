#include "road/lanes.h"

#include <stdatomic.h>

#include "road/metric.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define HAS_WIDE 1
#define WIDE __attribute__((target("avx512f")))
#else
#define HAS_WIDE 0
#endif

enum { LANES = 16 };

static inline uint32_t lesser(uint32_t a, uint32_t b) {
    return a < b ? a : b;
}

/* --- one by one ------------------------------------------------------------------------------- */

static void spread_plain(const struct bm_hierarchy *hierarchy, const uint32_t *weights,
                         const uint32_t *ranks, uint32_t count, uint32_t *costs) {
    uint32_t top = hierarchy->height - 1;
    for (uint32_t depth = count; depth-- > 0;) {
        uint32_t rank = ranks[depth], cost = costs[top - depth];
        if (depth >= BM_LANES_AHEAD)
            bm_lanes_fetch(hierarchy, weights, ranks[depth - BM_LANES_AHEAD]);
        if (cost >= BM_NARROW_NONE) continue;
        const uint32_t *weight = &weights[hierarchy->first[rank]];
        const struct bm_run *run = &hierarchy->runs[hierarchy->run_first[rank]];
        const struct bm_run *stop = &hierarchy->runs[hierarchy->run_first[rank + 1]];
        for (; run < stop; weight += run->count, run++) {
            uint32_t *above = &costs[top - run->depth];
            for (uint32_t i = 0; i < run->count; i++) above[i] = lesser(above[i], cost + weight[i]);
        }
    }
}

static uint32_t gather_plain(const struct bm_hierarchy *hierarchy, const uint32_t *weights,
                             uint32_t rank, const uint32_t *costs) {
    uint32_t top = hierarchy->height - 1, least = BM_NARROW_NONE;
    const uint32_t *weight = &weights[hierarchy->first[rank]];
    const struct bm_run *run = &hierarchy->runs[hierarchy->run_first[rank]];
    const struct bm_run *stop = &hierarchy->runs[hierarchy->run_first[rank + 1]];
    for (; run < stop; weight += run->count, run++) {
        const uint32_t *above = &costs[top - run->depth];
        for (uint32_t i = 0; i < run->count; i++) least = lesser(least, above[i] + weight[i]);
    }
    return least;
}

static uint32_t least_plain(const uint32_t *one, const uint32_t *other, size_t count) {
    uint32_t least = UINT32_MAX;
    for (size_t i = 0; i < count; i++) least = lesser(least, one[i] + other[i]);
    return least;
}

static void keep_least_plain(uint32_t *kept, uint32_t cost, const uint32_t *others, size_t count) {
    for (size_t i = 0; i < count; i++) kept[i] = lesser(kept[i], cost + others[i]);
}

/* --- on lanes --------------------------------------------------------------------------------- */

#if HAS_WIDE

/* The first `left` of the lanes. */
WIDE static inline __mmask16 first_lanes(size_t left) {
    return (__mmask16)(left >= LANES ? 0xffffu : (1u << left) - 1);
}

WIDE static inline __m512i some(__mmask16 lanes, const uint32_t *from) {
    return _mm512_maskz_loadu_epi32(lanes, from);
}

WIDE static inline void keep(uint32_t *kept, __m512i cost, const uint32_t *others, size_t count) {
    for (size_t i = 0; i < count; i += LANES) {
        __mmask16 lanes = first_lanes(count - i);
        __m512i sum = _mm512_add_epi32(cost, some(lanes, others + i));
        _mm512_mask_storeu_epi32(kept + i, lanes, _mm512_min_epu32(some(lanes, kept + i), sum));
    }
}

WIDE static void spread_wide(const struct bm_hierarchy *hierarchy, const uint32_t *weights,
                             const uint32_t *ranks, uint32_t count, uint32_t *costs) {
    uint32_t top = hierarchy->height - 1;
    for (uint32_t depth = count; depth-- > 0;) {
        uint32_t rank = ranks[depth], cost = costs[top - depth];
        if (depth >= BM_LANES_AHEAD)
            bm_lanes_fetch(hierarchy, weights, ranks[depth - BM_LANES_AHEAD]);
        if (cost >= BM_NARROW_NONE) continue;
        const uint32_t *weight = &weights[hierarchy->first[rank]];
        const struct bm_run *run = &hierarchy->runs[hierarchy->run_first[rank]];
        const struct bm_run *stop = &hierarchy->runs[hierarchy->run_first[rank + 1]];
        __m512i all = _mm512_set1_epi32((int)cost);
        for (; run < stop; weight += run->count, run++)
            keep(&costs[top - run->depth], all, weight, run->count);
    }
}

WIDE static inline __m512i least_of(__m512i least, const uint32_t *one, const uint32_t *other,
                                    size_t count) {
    for (size_t i = 0; i < count; i += LANES) {
        __mmask16 lanes = first_lanes(count - i);
        __m512i sum = _mm512_add_epi32(some(lanes, one + i), some(lanes, other + i));
        least = _mm512_mask_min_epu32(least, lanes, least, sum);
    }
    return least;
}

WIDE static uint32_t gather_wide(const struct bm_hierarchy *hierarchy, const uint32_t *weights,
                                 uint32_t rank, const uint32_t *costs) {
    uint32_t top = hierarchy->height - 1;
    const uint32_t *weight = &weights[hierarchy->first[rank]];
    const struct bm_run *run = &hierarchy->runs[hierarchy->run_first[rank]];
    const struct bm_run *stop = &hierarchy->runs[hierarchy->run_first[rank + 1]];
    __m512i least = _mm512_set1_epi32(BM_NARROW_NONE);
    for (; run < stop; weight += run->count, run++)
        least = least_of(least, &costs[top - run->depth], weight, run->count);
    return _mm512_reduce_min_epu32(least);
}

WIDE static uint32_t least_wide(const uint32_t *one, const uint32_t *other, size_t count) {
    return _mm512_reduce_min_epu32(least_of(_mm512_set1_epi32(-1), one, other, count));
}

WIDE static void keep_least_wide(uint32_t *kept, uint32_t cost, const uint32_t *others,
                                 size_t count) {
    keep(kept, _mm512_set1_epi32((int)cost), others, count);
}

static bool has_wide(void) {
    return __builtin_cpu_supports("avx512f");
}

#else

#define spread_wide spread_plain
#define gather_wide gather_plain
#define least_wide least_plain
#define keep_least_wide keep_least_plain

static bool has_wide(void) {
    return false;
}

#endif

/* --- which of them ---------------------------------------------------------------------------- */

enum { UNKNOWN, PLAIN, ON_LANES };
static atomic_int chosen;

static bool wide(void) {
    int now = atomic_load_explicit(&chosen, memory_order_relaxed);
    if (__builtin_expect(now == UNKNOWN, 0)) {
        bm_lanes_use(true);
        now = atomic_load_explicit(&chosen, memory_order_relaxed);
    }
    return now == ON_LANES;
}

bool bm_lanes_wide(void) {
    return has_wide();
}

void bm_lanes_use(bool use) {
    atomic_store_explicit(&chosen, use && has_wide() ? ON_LANES : PLAIN, memory_order_relaxed);
}

void bm_lanes_spread(const struct bm_hierarchy *hierarchy, const uint32_t *weights,
                     const uint32_t *ranks, uint32_t count, uint32_t *costs) {
    if (wide())
        spread_wide(hierarchy, weights, ranks, count, costs);
    else
        spread_plain(hierarchy, weights, ranks, count, costs);
}

uint32_t bm_lanes_gather(const struct bm_hierarchy *hierarchy, const uint32_t *weights,
                         uint32_t rank, const uint32_t *costs) {
    return wide() ? gather_wide(hierarchy, weights, rank, costs)
                  : gather_plain(hierarchy, weights, rank, costs);
}

uint32_t bm_lanes_least(const uint32_t *one, const uint32_t *other, size_t count) {
    return wide() ? least_wide(one, other, count) : least_plain(one, other, count);
}

void bm_lanes_keep_least(uint32_t *kept, uint32_t cost, const uint32_t *others, size_t count) {
    if (wide())
        keep_least_wide(kept, cost, others, count);
    else
        keep_least_plain(kept, cost, others, count);
}

bool bm_lanes_over(const uint32_t *costs, size_t count) {
    bool over = false;
    for (size_t i = 0; i < count; i++)
        over |= costs[i] >= BM_ROAD_INFINITE && costs[i] < BM_NARROW_NONE;
    return over;
}
