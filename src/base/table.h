/* A table of fixed-size records under ids 1, 2, 3, ...: pages of 64 records in blocks of up to 4,096 pages on shelves of up to
 * 2,048 blocks, so a record never moves, look-up is four loads, walking is in id order without sorting, and ranges of removed
 * ids cost no memory.  Ids need not be dense, but they should be allocated in rising order. */
#ifndef BM_BASE_TABLE_H
#define BM_BASE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The largest id. */
#define BM_TABLE_ID_MAX ((UINT64_C(1) << 40) - 1)

struct bm_table_level;

struct bm_table {
    struct bm_table_level *top; /* NULL before the first record; stays when the last is removed */
    size_t record_size;
    size_t count; /* records present */
};

/* An empty table of records of `record_size` bytes. */
struct bm_table bm_table_make(size_t record_size);
void bm_table_free(struct bm_table *table);
/* The record, or NULL. O(1). */
void *bm_table_get(const struct bm_table *table, uint64_t id);
/* Adds a zeroed record under a new `id` (1..BM_TABLE_ID_MAX; a used id aborts). */
void *bm_table_add(struct bm_table *table, uint64_t id);
/* Removes it; the id must be present. */
void bm_table_remove(struct bm_table *table, uint64_t id);
/* The smallest present id > `after` (0 to begin), or 0 at the end. */
uint64_t bm_table_next(const struct bm_table *table, uint64_t after);

/* for (id = bm_table_next(t, 0); id; id = bm_table_next(t, id)) */
#define BM_TABLE_EACH(table, id) \
    for (uint64_t id = bm_table_next((table), 0); id; id = bm_table_next((table), id))

#endif
