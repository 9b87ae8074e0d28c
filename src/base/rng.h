/* A deterministic random number generator for simulations and tests (SplitMix64, Steele et al. 2014).
 * Never for secrets. */
#ifndef BM_BASE_RNG_H
#define BM_BASE_RNG_H

#include <stdbool.h>
#include <stdint.h>

struct bm_rng {
    uint64_t state;
};

static inline uint64_t bm_rng_u64(struct bm_rng *rng) {
    uint64_t z = rng->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}
/* 0 .. below-1; below > 0. */
static inline uint64_t bm_rng_below(struct bm_rng *rng, uint64_t below) {
    return bm_rng_u64(rng) % below;
}
/* True `percent` times in a hundred. */
static inline bool bm_rng_chance(struct bm_rng *rng, unsigned percent) {
    return bm_rng_below(rng, 100) < percent;
}

#endif
