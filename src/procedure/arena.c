#include "procedure/arena.h"

#include <stdint.h>
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"

enum { BLOCK_BYTES = 16 * 1024, PIECE_MAX = 64 * 1024 * 1024 };

struct bm_arena_block {
    struct bm_arena_block *former;
    size_t used;
    _Alignas(max_align_t) uint8_t bytes[];
};

void *bm_arena_take(struct bm_arena *arena, size_t count, size_t size) {
    BM_CHECK(size > 0 && count <= PIECE_MAX / size);
    size_t align = _Alignof(max_align_t);
    size_t bytes = (count * size + align - 1) / align * align;
    if (!arena->blocks || arena->left < bytes) {
        size_t room = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;
        struct bm_arena_block *block = bm_alloc_zero(1, sizeof *block + room);
        block->former = arena->blocks;
        arena->blocks = block;
        arena->left = room;
    }
    void *piece = arena->blocks->bytes + arena->blocks->used;
    arena->blocks->used += bytes;
    arena->left -= bytes;
    return piece;
}

char *bm_arena_text(struct bm_arena *arena, const char *text, size_t len) {
    char *copy = bm_arena_take(arena, len + 1, 1);
    if (len) memcpy(copy, text, len);
    return copy;
}

void bm_arena_free(struct bm_arena *arena) {
    while (arena->blocks) {
        struct bm_arena_block *former = arena->blocks->former;
        bm_free(arena->blocks);
        arena->blocks = former;
    }
    arena->left = 0;
}
