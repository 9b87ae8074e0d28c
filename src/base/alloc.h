/* Memory from the heap.  Running out is not survivable for a program whose state must equal its
 * journal, so these never return NULL: they print what was asked for and abort. */
#ifndef BM_BASE_ALLOC_H
#define BM_BASE_ALLOC_H

#include <stddef.h>

void *bm_alloc(size_t bytes) __attribute__((malloc, returns_nonnull));
/* For much that is read here and there: from 2 MiB on in pages of 2 MiB, where the system has some, for with small ones
 * most of the time would go into finding the pages. */
void *bm_alloc_large(size_t bytes) __attribute__((malloc, returns_nonnull));
/* count * size bytes, all zero; the product is checked for overflow. */
void *bm_alloc_zero(size_t count, size_t size) __attribute__((returns_nonnull));
void *bm_realloc(void *block, size_t bytes) __attribute__((returns_nonnull));
char *bm_text_copy(const char *text) __attribute__((returns_nonnull));
/* NULL is fine. */
void bm_free(void *block);

#endif
