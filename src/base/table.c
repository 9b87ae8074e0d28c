#include "base/table.h"

#include <string.h>

#include "base/alloc.h"
#include "base/check.h"

enum { PAGE_RECORDS = 64 };

struct bm_table_page {
    uint64_t used; /* bit i: record i is present */
    _Alignas(16) unsigned char records[];
};

struct bm_table bm_table_make(size_t record_size) {
    return (struct bm_table){.record_size = (record_size + 15) / 16 * 16};
}

void bm_table_free(struct bm_table *table) {
    for (size_t i = 0; i < table->page_cap; i++) bm_free(table->pages[i]);
    bm_free(table->pages);
    *table = bm_table_make(table->record_size);
}

static struct bm_table_page *page_of(const struct bm_table *table, uint64_t id) {
    uint64_t index = id / PAGE_RECORDS;
    return index < table->page_cap ? table->pages[index] : NULL;
}

void *bm_table_get(const struct bm_table *table, uint64_t id) {
    struct bm_table_page *page = page_of(table, id);
    if (!page || !(page->used >> id % PAGE_RECORDS & 1u)) return NULL;
    return page->records + id % PAGE_RECORDS * table->record_size;
}

void *bm_table_add(struct bm_table *table, uint64_t id) {
    BM_CHECK(id > 0 && id < UINT64_C(1) << 40);
    size_t index = (size_t)(id / PAGE_RECORDS);
    if (index >= table->page_cap) {
        size_t cap = table->page_cap ? table->page_cap : 16;
        while (cap <= index) cap *= 2;
        table->pages = bm_realloc(table->pages, cap * sizeof *table->pages);
        memset(table->pages + table->page_cap, 0, (cap - table->page_cap) * sizeof *table->pages);
        table->page_cap = cap;
    }
    if (!table->pages[index]) {
        table->pages[index] = bm_alloc_zero(
            1, sizeof(struct bm_table_page) + PAGE_RECORDS * table->record_size);
    }
    struct bm_table_page *page = table->pages[index];
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
    if (page->used == 0) {
        bm_free(page);
        table->pages[id / PAGE_RECORDS] = NULL;
    }
}

uint64_t bm_table_next(const struct bm_table *table, uint64_t after) {
    uint64_t from = after + 1;
    for (size_t index = (size_t)(from / PAGE_RECORDS); index < table->page_cap; index++) {
        const struct bm_table_page *page = table->pages[index];
        if (!page) continue;
        uint64_t first = (uint64_t)index * PAGE_RECORDS;
        uint64_t left = page->used;
        if (first < from) left = left >> (from - first) << (from - first);
        if (left) return first + (uint64_t)__builtin_ctzll(left);
    }
    return 0;
}
