/* A binary heap of (instant, id): which timer is due next.  Ties go to the smaller id. */
#ifndef BM_BASE_HEAP_H
#define BM_BASE_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bm_due {
    int64_t at_ms;
    uint64_t id;
};
struct bm_heap {
    struct bm_due *items;
    size_t count, cap;
};

void bm_heap_free(struct bm_heap *heap);
void bm_heap_push(struct bm_heap *heap, struct bm_due item);
/* The earliest, or NULL when empty. */
const struct bm_due *bm_heap_top(const struct bm_heap *heap);
void bm_heap_pop(struct bm_heap *heap);

#endif
