#include "base/map.h"

#include <string.h>

#include "base/alloc.h"

struct bm_map_slot {
    uint8_t key[16];
    uint64_t value;
    bool used;
};

static size_t home_of(const struct bm_map *map, const uint8_t key[16]) {
    uint64_t bits;
    memcpy(&bits, key, sizeof bits);
    return (size_t)bits & (map->cap - 1);
}

/* The slot that holds `key`, or the free slot where it would go. */
static struct bm_map_slot *slot_of(const struct bm_map *map, const uint8_t key[16]) {
    size_t at = home_of(map, key);
    while (map->slots[at].used && memcmp(map->slots[at].key, key, 16) != 0) {
        at = (at + 1) & (map->cap - 1);
    }
    return &map->slots[at];
}

void bm_map_free(struct bm_map *map) {
    bm_free(map->slots);
    *map = (struct bm_map){0};
}

bool bm_map_get(const struct bm_map *map, const uint8_t key[16], uint64_t *ret_value) {
    if (map->count == 0) return false;
    const struct bm_map_slot *slot = slot_of(map, key);
    if (!slot->used) return false;
    *ret_value = slot->value;
    return true;
}

static void grow(struct bm_map *map) {
    struct bm_map old = *map;
    map->cap = old.cap ? old.cap * 2 : 64;
    map->slots = bm_alloc_zero(map->cap, sizeof *map->slots);
    for (size_t i = 0; i < old.cap; i++) {
        if (old.slots[i].used) *slot_of(map, old.slots[i].key) = old.slots[i];
    }
    bm_free(old.slots);
}

void bm_map_put(struct bm_map *map, const uint8_t key[16], uint64_t value) {
    if (map->count * 4 >= map->cap * 3) grow(map);
    struct bm_map_slot *slot = slot_of(map, key);
    if (!slot->used) {
        memcpy(slot->key, key, 16);
        slot->used = true;
        map->count++;
    }
    slot->value = value;
}

void bm_map_remove(struct bm_map *map, const uint8_t key[16]) {
    if (map->count == 0) return;
    struct bm_map_slot *hole = slot_of(map, key);
    if (!hole->used) return;
    map->count--;
    /* Close the gap: move back each follower that may stand in the hole. */
    size_t at = (size_t)(hole - map->slots);
    for (size_t next = (at + 1) & (map->cap - 1); map->slots[next].used;
         next = (next + 1) & (map->cap - 1)) {
        size_t home = home_of(map, map->slots[next].key);
        if (((next - home) & (map->cap - 1)) >= ((next - at) & (map->cap - 1))) {
            map->slots[at] = map->slots[next];
            at = next;
        }
    }
    map->slots[at] = (struct bm_map_slot){0};
}
