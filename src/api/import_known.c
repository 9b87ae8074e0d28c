#include <stdio.h>
#include <string.h>

#include "api/imports.h"
#include "base/alloc.h"

static void key_of(enum bm_table_kind table, char how, const char *text, uint8_t ret_key[16]) {
    struct bm_hasher hasher;
    uint8_t head[2] = {(uint8_t)table, (uint8_t)how};
    bm_hash_start(&hasher, 16);
    bm_hash_add_sized(&hasher, head, sizeof head);
    bm_hash_add_sized(&hasher, text, strlen(text));
    bm_hash_end(&hasher, ret_key, 16);
}

bool bm_import_known_get(const struct bm_import_known *known, enum bm_table_kind table, char how, const char *text,
                         uint64_t *ret_id) {
    uint8_t key[16];
    key_of(table, how, text, key);
    return bm_map_get(&known->ids, key, ret_id);
}

void bm_import_known_put(struct bm_import_known *known, enum bm_table_kind table, char how, const char *text, uint64_t id) {
    uint8_t key[16];
    key_of(table, how, text, key);
    bm_map_put(&known->ids, key, id);
}

void bm_import_place_name(const char *name, uint64_t agency, char ret_text[BM_NAME_TEXT + 24]) {
    snprintf(ret_text, BM_NAME_TEXT + 24, "%s\n%llu", name, (unsigned long long)agency);
}

struct reading {
    struct bm_import_known *known;
    enum bm_table_kind table;
};

static bool is_closure(enum bm_table_kind table, const void *record) {
    return table == BM_T_PLACE && ((const struct bm_place *)record)->kind == BM_PLACE_ROAD_CLOSURE;
}

/* A unit that is given up is found by its call sign when no other has it: so it comes back instead of being made again. */
static void put_names(struct bm_import_known *known, enum bm_table_kind table, uint64_t id, const void *record) {
    char text[BM_IMPORT_KEY_TEXT];
    const char *key = bm_import_key(table, record, text);
    uint64_t other;
    if (key) bm_import_known_put(known, table, 'k', key, id);
    if (table == BM_T_UNIT && !key) {
        const char *former = ((const struct bm_unit *)record)->call_sign;
        if (!bm_import_known_get(known, table, 'k', former, &other)) bm_import_known_put(known, table, 'k', former, id);
    }
    if (table != BM_T_PLACE) return;
    const struct bm_place *place = record;
    char named[BM_NAME_TEXT + 24];
    bool twice = bm_import_known_get(known, table, 'n', place->name, &other);
    bm_import_known_put(known, table, 'n', place->name, twice ? 0 : id); /* 0: nobody can say which */
    bm_import_place_name(place->name, place->jurisdiction.v, named);
    if (!key) bm_import_known_put(known, table, 'a', named, id);
}

static bool take(void *context, const void *record) {
    struct reading *reading = context;
    uint64_t id;
    memcpy(&id, record, sizeof id); /* every record begins with its id */
    if (is_closure(reading->table, record)) return true;
    bm_shape_copy(bm_table_shape(reading->table), record, bm_table_add(&reading->known->records[reading->table], id));
    put_names(reading->known, reading->table, id, record);
    return true;
}

/* Agencies, for whose area it is; the sheet's own table; and what its cells refer to. */
static void tables_of(const struct bm_import_sheet *sheet, bool ret_needed[BM_table_kind_COUNT]) {
    ret_needed[BM_T_AGENCY] = ret_needed[bm_import_table(sheet->kind)] = true;
    for (size_t c = 0; c < sheet->count; c++) {
        if (sheet->columns[c].cell == BM_CELL_STATION) ret_needed[BM_T_PLACE] = true;
        if (sheet->columns[c].cell == BM_CELL_UNIT) ret_needed[BM_T_UNIT] = true;
    }
}

enum bm_code bm_import_known_read(struct bm_import_known *known, const struct bm_import_sheet *sheet, struct bm_api *api,
                                  struct bm_fault *fault) {
    bool needed[BM_table_kind_COUNT] = {false};
    struct bm_reader *reader;
    tables_of(sheet, needed);
    for (int t = 0; t < BM_table_kind_COUNT; t++)
        known->records[t] = bm_table_make(bm_table_shape((enum bm_table_kind)t)->record_size);
    enum bm_code code = bm_api_reader(api, &reader, fault);
    if (code) return code;
    uint64_t seq;
    code = bm_reader_begin(reader, &seq, fault);
    bool begun = !code;
    for (int t = 0; t < BM_table_kind_COUNT && !code; t++) {
        struct reading reading = {known, (enum bm_table_kind)t};
        struct bm_query query = {.table = (enum bm_table_kind)t};
        if (needed[t]) code = bm_reader_records(reader, &query, take, &reading, fault);
    }
    if (begun) bm_reader_end(reader);
    bm_api_reader_back(api, reader);
    return code;
}

void bm_import_known_free(struct bm_import_known *known) {
    for (int t = 0; t < BM_table_kind_COUNT; t++) {
        struct bm_table *table = &known->records[t];
        if (!table->record_size) continue; /* never begun */
        BM_TABLE_EACH(table, id) bm_shape_release(bm_table_shape((enum bm_table_kind)t), bm_table_get(table, id));
        bm_table_free(table);
    }
    bm_map_free(&known->ids);
}
