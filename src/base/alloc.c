#include "base/alloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static _Noreturn void out_of_memory(size_t bytes) {
    fprintf(stderr, "level=fatal event=out_of_memory bytes=%zu\n", bytes);
    abort();
}

void *bm_alloc(size_t bytes) {
    void *block = malloc(bytes ? bytes : 1);
    if (!block) out_of_memory(bytes);
    return block;
}

void *bm_alloc_large(size_t bytes) {
    static const size_t page = (size_t)2 << 20;
    if (bytes < page) return bm_alloc(bytes);
    size_t whole = (bytes + page - 1) / page * page;
    void *block = aligned_alloc(page, whole);
    if (!block) out_of_memory(bytes);
    madvise(block, whole, MADV_HUGEPAGE); /* as much as is to be had */
    return block;
}

void *bm_alloc_zero(size_t count, size_t size) {
    void *block = calloc(count ? count : 1, size ? size : 1);
    if (!block) out_of_memory(size);
    return block;
}

void *bm_realloc(void *block, size_t bytes) {
    void *moved = realloc(block, bytes ? bytes : 1);
    if (!moved) out_of_memory(bytes);
    return moved;
}

char *bm_text_copy(const char *text) {
    size_t bytes = strlen(text) + 1;
    return memcpy(bm_alloc(bytes), text, bytes);
}

void bm_free(void *block) {
    free(block);
}
