/* Sets of states as bits, in document order. */
#ifndef BM_CHART_SET_H
#define BM_CHART_SET_H

#include "chart/chart.h"

enum { BM_CHART_WORDS = BM_CHART_STATES_MAX / 64 };

static inline bool bm_chart_set_has(const struct bm_chart_set *set, uint32_t at) {
    return set->words[at / 64] >> at % 64 & 1;
}
static inline void bm_chart_set_add(struct bm_chart_set *set, uint32_t at) {
    set->words[at / 64] |= UINT64_C(1) << at % 64;
}
static inline void bm_chart_set_remove(struct bm_chart_set *set, uint32_t at) {
    set->words[at / 64] &= ~(UINT64_C(1) << at % 64);
}

/* The least member >= `from`, BM_CHART_NONE if there is none. */
static inline uint32_t bm_chart_set_next(const struct bm_chart_set *set, uint32_t from) {
    for (uint32_t word = from / 64; word < BM_CHART_WORDS; word++) {
        uint64_t bits = set->words[word];
        if (word == from / 64) bits &= ~UINT64_C(0) << from % 64;
        if (bits) return word * 64 + (uint32_t)__builtin_ctzll(bits);
    }
    return BM_CHART_NONE;
}
/* The greatest member < `before`, BM_CHART_NONE if there is none. */
static inline uint32_t bm_chart_set_last(const struct bm_chart_set *set, uint32_t before) {
    while (before-- > 0) {
        uint64_t bits = set->words[before / 64] << (63 - before % 64);
        if (bits) return before - (uint32_t)__builtin_clzll(bits);
        before -= before % 64;
    }
    return BM_CHART_NONE;
}
/* Whether one of from .. end-1 is in it. */
static inline bool bm_chart_set_meets(const struct bm_chart_set *set, uint32_t from, uint32_t end) {
    return bm_chart_set_next(set, from) < end;
}

#define BM_CHART_SET_EACH(set, at)                                                                                             \
    for (uint32_t at = bm_chart_set_next((set), 0); at != BM_CHART_NONE; at = bm_chart_set_next((set), at + 1))

#endif
