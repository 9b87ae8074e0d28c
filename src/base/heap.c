#include "base/heap.h"

#include "base/alloc.h"
#include "base/check.h"

static bool before(struct bm_due a, struct bm_due b) {
    return a.at_ms != b.at_ms ? a.at_ms < b.at_ms : a.id < b.id;
}

static void swap(struct bm_due *a, struct bm_due *b) {
    struct bm_due held = *a;
    *a = *b;
    *b = held;
}

void bm_heap_free(struct bm_heap *heap) {
    bm_free(heap->items);
    *heap = (struct bm_heap){0};
}

void bm_heap_push(struct bm_heap *heap, struct bm_due item) {
    if (heap->count == heap->cap) {
        heap->cap = heap->cap ? heap->cap * 2 : 64;
        heap->items = bm_realloc(heap->items, heap->cap * sizeof *heap->items);
    }
    size_t at = heap->count++;
    heap->items[at] = item;
    while (at > 0 && before(heap->items[at], heap->items[(at - 1) / 2])) {
        swap(&heap->items[at], &heap->items[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
}

const struct bm_due *bm_heap_top(const struct bm_heap *heap) {
    return heap->count ? &heap->items[0] : NULL;
}

void bm_heap_pop(struct bm_heap *heap) {
    BM_CHECK(heap->count > 0);
    heap->items[0] = heap->items[--heap->count];
    size_t at = 0;
    for (;;) {
        size_t least = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < heap->count; child++) {
            if (before(heap->items[child], heap->items[least])) least = child;
        }
        if (least == at) return;
        swap(&heap->items[at], &heap->items[least]);
        at = least;
    }
}
