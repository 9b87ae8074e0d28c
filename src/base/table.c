#include "base/table.h"

#include <string.h>

#include "base/alloc.h"
#include "base/check.h"

enum { PAGE_RECORDS = 64, BLOCK_PAGES = 4096 };

struct bm_table_page {
    uint64_t used; /* bit i: record i is present */
    _Alignas(16) unsigned char records[];
};
struct bm_table_block {
    size_t page_count;
    struct bm_table_page *pages[BLOCK_PAGES];
};

struct bm_table bm_table_make(size_t record_size) {
    return (struct bm_table){.record_size = (record_size + 15) / 16 * 16};
}

void bm_table_free(struct bm_table *table) {
    for (size_t b = 0; b < table->block_cap; b++) {
        for (size_t p = 0; table->blocks[b] && p < BLOCK_PAGES; p++)
            bm_free(table->blocks[b]->pages[p]);
        bm_free(table->blocks[b]);
    }
    bm_free(table->blocks);
    *table = bm_table_make(table->record_size);
}

static struct bm_table_page *page_of(const struct bm_table *table, uint64_t id) {
    uint64_t page = id / PAGE_RECORDS;
    if (page / BLOCK_PAGES >= table->block_cap) return NULL;
    const struct bm_table_block *block = table->blocks[page / BLOCK_PAGES];
    return block ? block->pages[page % BLOCK_PAGES] : NULL;
}

void *bm_table_get(const struct bm_table *table, uint64_t id) {
    struct bm_table_page *page = page_of(table, id);
    if (!page || !(page->used >> id % PAGE_RECORDS & 1u)) return NULL;
    return page->records + id % PAGE_RECORDS * table->record_size;
}

/* The block that holds the page of `id`, made when it is new. */
static struct bm_table_block *block_for(struct bm_table *table, uint64_t id) {
    size_t index = (size_t)(id / PAGE_RECORDS / BLOCK_PAGES);
    if (index >= table->block_cap) {
        size_t cap = table->block_cap ? table->block_cap : 4;
        while (cap <= index) cap *= 2;
        table->blocks = bm_realloc(table->blocks, cap * sizeof(void *));
        memset((void *)(table->blocks + table->block_cap), 0,
               (cap - table->block_cap) * sizeof(void *));
        table->block_cap = cap;
    }
    if (!table->blocks[index])
        table->blocks[index] = bm_alloc_zero(1, sizeof(struct bm_table_block));
    return table->blocks[index];
}

void *bm_table_add(struct bm_table *table, uint64_t id) {
    BM_CHECK(id > 0 && id <= BM_TABLE_ID_MAX);
    struct bm_table_block *block = block_for(table, id);
    struct bm_table_page **place = &block->pages[id / PAGE_RECORDS % BLOCK_PAGES];
    if (!*place) {
        *place = bm_alloc_zero(1, sizeof(struct bm_table_page) + PAGE_RECORDS * table->record_size);
        block->page_count++;
    }
    struct bm_table_page *page = *place;
    BM_CHECK(!(page->used >> id % PAGE_RECORDS & 1u));
    page->used |= UINT64_C(1) << id % PAGE_RECORDS;
    table->count++;
    return memset(page->records + id % PAGE_RECORDS * table->record_size, 0, table->record_size);
}

void bm_table_remove(struct bm_table *table, uint64_t id) {
    BM_CHECK(bm_table_get(table, id));
    struct bm_table_page *page = page_of(table, id);
    page->used &= ~(UINT64_C(1) << id % PAGE_RECORDS);
    table->count--;
    if (page->used) return;
    size_t index = (size_t)(id / PAGE_RECORDS / BLOCK_PAGES);
    struct bm_table_block *block = table->blocks[index];
    bm_free(page);
    block->pages[id / PAGE_RECORDS % BLOCK_PAGES] = NULL;
    if (--block->page_count) return;
    bm_free(block);
    table->blocks[index] = NULL;
}

/* The first present id of `page` that is >= from, 0 if none. */
static uint64_t first_in_page(const struct bm_table_page *page, uint64_t first_id, uint64_t from) {
    uint64_t left = page->used;
    if (first_id < from) left = left >> (from - first_id) << (from - first_id);
    return left ? first_id + (uint64_t)__builtin_ctzll(left) : 0;
}

uint64_t bm_table_next(const struct bm_table *table, uint64_t after) {
    uint64_t from = after + 1, page_number = from / PAGE_RECORDS;
    while (page_number / BLOCK_PAGES < table->block_cap) {
        const struct bm_table_block *block = table->blocks[page_number / BLOCK_PAGES];
        if (!block) {
            page_number = (page_number / BLOCK_PAGES + 1) * BLOCK_PAGES;
            continue;
        }
        const struct bm_table_page *page = block->pages[page_number % BLOCK_PAGES];
        uint64_t found = page ? first_in_page(page, page_number * PAGE_RECORDS, from) : 0;
        if (found) return found;
        page_number++;
    }
    return 0;
}
