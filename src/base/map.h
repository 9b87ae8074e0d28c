/* A hash map from 16-byte keys (digests: already uniform) to uint64_t, open addressing. */
#ifndef BM_BASE_MAP_H
#define BM_BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bm_map_slot;
struct bm_map {
    struct bm_map_slot *slots;
    size_t cap, count;
};

void bm_map_free(struct bm_map *map);
/* True and the value when present. */
bool bm_map_get(const struct bm_map *map, const uint8_t key[16], uint64_t *ret_value);
/* Adds or replaces. */
void bm_map_put(struct bm_map *map, const uint8_t key[16], uint64_t value);
/* Removes if present. */
void bm_map_remove(struct bm_map *map, const uint8_t key[16]);

#endif
