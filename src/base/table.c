#include "base/table.h"

#include <string.h>

#include "base/alloc.h"
#include "base/check.h"

/* An id is: which shelf, which block on it, which page of that, which record. */
enum { PAGE_BITS = 6, BLOCK_BITS = 12, SHELF_BITS = 11, TOP_BITS = 11, LEVEL_FIRST = 4 };
enum { PAGE_RECORDS = 1 << PAGE_BITS, BLOCK_PAGES = 1 << BLOCK_BITS, SHELF_BLOCKS = 1 << SHELF_BITS };
_Static_assert((UINT64_C(1) << (PAGE_BITS + BLOCK_BITS + SHELF_BITS + TOP_BITS)) - 1 == BM_TABLE_ID_MAX, "every id has a place");

struct page {
    uint64_t used; /* bit i: record i is present */
    _Alignas(16) unsigned char records[];
};
/* What stands below: shelves, blocks or pages.  As long as its last entry asks for, so that a small table is small and quickly
 * walked, and one id far away costs little. */
struct bm_table_level {
    uint32_t count, cap; /* count: of entries that are not NULL */
    void *at[];
};

struct place {
    size_t shelf, block, page;
};

static struct place place_of(uint64_t page) {
    return (struct place){(size_t)(page >> (BLOCK_BITS + SHELF_BITS)), (size_t)(page >> BLOCK_BITS) % SHELF_BLOCKS,
                          (size_t)page % BLOCK_PAGES};
}

struct bm_table bm_table_make(size_t record_size) {
    return (struct bm_table){.record_size = (record_size + 15) / 16 * 16};
}

/* `depth` levels of levels, and pages below them. */
static void free_level(struct bm_table_level *level, int depth) {
    for (size_t i = 0; level && i < level->cap; i++) {
        if (depth)
            free_level(level->at[i], depth - 1);
        else
            bm_free(level->at[i]);
    }
    bm_free(level);
}

void bm_table_free(struct bm_table *table) {
    free_level(table->top, 2);
    *table = bm_table_make(table->record_size);
}

static void *entry(const struct bm_table_level *level, size_t index) {
    return level && index < level->cap ? level->at[index] : NULL;
}

static struct page *page_of(const struct bm_table *table, uint64_t id) {
    struct place place = place_of(id / PAGE_RECORDS);
    return entry(entry(entry(table->top, place.shelf), place.block), place.page);
}

void *bm_table_get(const struct bm_table *table, uint64_t id) {
    if (id > BM_TABLE_ID_MAX) return NULL;
    struct page *page = page_of(table, id);
    if (!page || !(page->used >> id % PAGE_RECORDS & 1u)) return NULL;
    return page->records + id % PAGE_RECORDS * table->record_size;
}

/* The entry `index` of the level, which is made, or made longer, when it has no place for it. */
static void **entry_place(struct bm_table_level **level, size_t index) {
    size_t had = *level ? (*level)->cap : 0, cap = had ? had : LEVEL_FIRST;
    if (index >= had) {
        while (cap <= index) cap *= 2;
        struct bm_table_level *longer = bm_realloc(*level, sizeof **level + cap * sizeof(void *));
        if (!had) longer->count = 0;
        longer->cap = (uint32_t)cap;
        memset((void *)(longer->at + had), 0, (cap - had) * sizeof(void *));
        *level = longer;
    }
    return &(*level)->at[index];
}

/* The level below that stands there, made longer if need be so that it has a place for `index`. */
static void **place_below(struct bm_table_level *level, size_t index_of_below, size_t index) {
    struct bm_table_level *below = level->at[index_of_below];
    if (!below) level->count++;
    void **place = entry_place(&below, index);
    level->at[index_of_below] = below;
    return place;
}

void *bm_table_add(struct bm_table *table, uint64_t id) {
    BM_CHECK(id > 0 && id <= BM_TABLE_ID_MAX);
    struct place place = place_of(id / PAGE_RECORDS);
    entry_place(&table->top, place.shelf);
    place_below(table->top, place.shelf, place.block);
    struct bm_table_level *shelf = table->top->at[place.shelf];
    void **page_place = place_below(shelf, place.block, place.page);
    struct page *page = *page_place;
    if (!page) { /* its records are zeroed one by one, when they come */
        page = bm_alloc(sizeof *page + PAGE_RECORDS * table->record_size);
        page->used = 0;
        *page_place = page;
        ((struct bm_table_level *)shelf->at[place.block])->count++;
    }
    BM_CHECK(!(page->used >> id % PAGE_RECORDS & 1u));
    page->used |= UINT64_C(1) << id % PAGE_RECORDS;
    table->count++;
    return memset(page->records + id % PAGE_RECORDS * table->record_size, 0, table->record_size);
}

/* Frees what stands there; true when the level has nothing more. */
static bool drop(struct bm_table_level *level, size_t index) {
    bm_free(level->at[index]);
    level->at[index] = NULL;
    return --level->count == 0;
}

void bm_table_remove(struct bm_table *table, uint64_t id) {
    BM_CHECK(bm_table_get(table, id));
    struct page *page = page_of(table, id);
    page->used &= ~(UINT64_C(1) << id % PAGE_RECORDS);
    table->count--;
    if (page->used) return;
    struct place place = place_of(id / PAGE_RECORDS);
    struct bm_table_level *shelf = table->top->at[place.shelf];
    if (drop(shelf->at[place.block], place.page) && drop(shelf, place.block)) drop(table->top, place.shelf);
}

/* The first present id of `page` that is >= from, 0 if none. */
static uint64_t first_in_page(const struct page *page, uint64_t first_id, uint64_t from) {
    uint64_t left = page->used;
    if (first_id < from) left = left >> (from - first_id) << (from - first_id);
    return left ? first_id + (uint64_t)__builtin_ctzll(left) : 0;
}

uint64_t bm_table_next(const struct bm_table *table, uint64_t after) {
    uint64_t from = after + 1, number = from / PAGE_RECORDS;
    if (!table->count) return 0;
    for (;;) {
        struct place place = place_of(number);
        if (place.shelf >= table->top->cap) return 0;
        const struct bm_table_level *shelf = table->top->at[place.shelf];
        const struct bm_table_level *block = entry(shelf, place.block);
        if (!shelf || place.block >= shelf->cap) {
            number = (uint64_t)(place.shelf + 1) << (BLOCK_BITS + SHELF_BITS);
        } else if (!block || place.page >= block->cap) {
            number = (number / BLOCK_PAGES + 1) * BLOCK_PAGES;
        } else {
            const struct page *page = block->at[place.page];
            uint64_t found = page ? first_in_page(page, number * PAGE_RECORDS, from) : 0;
            if (found) return found;
            number++;
        }
    }
}
