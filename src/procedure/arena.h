/* Memory that is given out piece by piece and freed as a whole: a file read once and then only
 * looked at. Pieces are zeroed and aligned for any type; running out of memory aborts
 * (base/alloc.h). */
#ifndef BM_PROCEDURE_ARENA_H
#define BM_PROCEDURE_ARENA_H

#include <stddef.h>

struct bm_arena_block;
struct bm_arena {
    struct bm_arena_block *blocks; /* NULL while nothing was asked for */
    size_t left;                   /* bytes not yet given out of the newest block */
};

/* `count` times `size` zeroed bytes; the product must not pass 64 MiB, which the readers' own
 * limits see to. */
void *bm_arena_take(struct bm_arena *arena, size_t count, size_t size)
    __attribute__((returns_nonnull));
/* A copy of `len` bytes of text with a NUL behind it. */
char *bm_arena_text(struct bm_arena *arena, const char *text, size_t len)
    __attribute__((returns_nonnull));
void bm_arena_free(struct bm_arena *arena);

#endif
