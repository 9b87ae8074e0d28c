/* GET /v1/exports/{kind}: everything of a kind, in the form that the import takes. */
#include <stdio.h>
#include <string.h>

#include "api/imports.h"
#include "api/own_tables.h"
#include "base/alloc.h"
#include "base/json.h"

struct exporting {
    const struct bm_import_sheet *sheet;
    struct bm_import_known known;
    struct bm_buf cell;
};

static void release(void *state) {
    struct exporting *exporting = state;
    bm_import_known_free(&exporting->known);
    bm_buf_free(&exporting->cell);
}

/* --- one cell --------------------------------------------------------------------------------- */

static void put_words(struct bm_buf *cell, const struct bm_words *words, uint32_t bits) {
    for (uint32_t w = 0; w < words->count; w++) {
        if (!(bits & BM_BIT(w))) continue;
        if (cell->len) bm_buf_byte(cell, ' ');
        bm_buf_text(cell, words->words[w]);
    }
}

/* What files call the record: its key, a place without one its name. */
static const char *called(const struct exporting *exporting, enum bm_table_kind table, uint64_t id) {
    const void *record = id ? bm_table_get(&exporting->known.records[table], id) : NULL;
    if (!record) return "";
    char text[BM_IMPORT_KEY_TEXT]; /* of devices only, which no cell names */
    const char *key = table == BM_T_DEVICE ? NULL : bm_import_key(table, record, text);
    if (key) return key;
    if (table == BM_T_PLACE) return ((const struct bm_place *)record)->name;
    return table == BM_T_UNIT ? ((const struct bm_unit *)record)->call_sign : "";
}

static void put_name(struct bm_call *call, struct bm_buf *cell, const struct bm_operator *person) {
    json_t *sealed = bm_row_unseal(call->api, person->identity_key.v, &person->identity);
    const char *name = json_string_value(json_object_get(sealed, "name"));
    if (name) bm_buf_text(cell, name);
    json_decref(sealed);
}

static void put_value(struct bm_buf *cell, const struct bm_field *field, const void *record) {
    const void *at = bm_field_of(field, record);
    if (field->kind == BM_F_TEXT) bm_buf_text(cell, at);
    if (field->kind == BM_F_WORD) bm_buf_text(cell, bm_word(field->words, *(const uint8_t *)at));
    if (field->kind == BM_F_WORDS) put_words(cell, field->words, *(const uint32_t *)at);
    if (field->kind == BM_F_E7 && *(const int32_t *)at != BM_E7_NONE) bm_json_e7(cell, *(const int32_t *)at);
}

static const char *cell_of(struct bm_call *call, const struct bm_import_column *column, const void *record) {
    struct exporting *exporting = call->state;
    struct bm_buf *cell = &exporting->cell;
    enum bm_table_kind table = bm_import_table(exporting->sheet->kind);
    bool active = column->cell == BM_CELL_ACTIVE;
    const struct bm_field *field = bm_shape_find(bm_table_shape(table), active ? "active" : column->member);
    bm_buf_clear(cell);
    switch (column->cell) {
    case BM_CELL_VALUE:
        put_value(cell, field, record);
        break;
    case BM_CELL_AGENCY:
    case BM_CELL_PARENT:
        bm_buf_text(cell, called(exporting, BM_T_AGENCY, *(const uint64_t *)bm_field_of(field, record)));
        break;
    case BM_CELL_STATION:
        bm_buf_text(cell, called(exporting, BM_T_PLACE, *(const uint64_t *)bm_field_of(field, record)));
        break;
    case BM_CELL_UNIT:
        bm_buf_text(cell, called(exporting, BM_T_UNIT, *(const uint64_t *)bm_field_of(field, record)));
        break;
    case BM_CELL_ACTIVE:
        bm_buf_text(cell, *(const bool *)bm_field_of(field, record) ? "yes" : "no");
        break;
    case BM_CELL_PERSON:
        put_name(call, cell, record);
        break;
    case BM_CELL_TEXT:
    case BM_CELL_BORDER:
        break;
    }
    return bm_buf_c_text(cell);
}

/* --- all of them ------------------------------------------------------------------------------ */

static void put_row(struct bm_call *call, const void *record) {
    const struct exporting *exporting = call->state;
    bool first = true;
    for (size_t c = 0; c < exporting->sheet->count; c++)
        bm_csv_put(&call->out, &first, cell_of(call, &exporting->sheet->columns[c], record));
    bm_buf_text(&call->out, "\r\n");
}

static void put_feature(struct bm_call *call, const void *record, bool *first) {
    const struct exporting *exporting = call->state;
    bool first_member = true;
    bm_buf_text(&call->out, *first ? "\n" : ",\n");
    *first = false;
    bm_buf_text(&call->out, "{\"type\":\"Feature\",\"properties\":{");
    for (size_t c = 0; c < exporting->sheet->count; c++) {
        const struct bm_import_column *column = &exporting->sheet->columns[c];
        if (column->cell == BM_CELL_BORDER) continue;
        bm_json_name(&call->out, &first_member, column->key);
        bm_json_text(&call->out, cell_of(call, column, record));
    }
    bm_buf_text(&call->out, "},\"geometry\":");
    bm_border_write(&((const struct bm_area_row *)record)->shape, &call->out);
    bm_buf_byte(&call->out, '}');
}

/* An agency's record, a parent before what stands below it; others by id. */
static bool of_level(const struct exporting *exporting, enum bm_table_kind table, const void *record, int level) {
    int above = 0;
    if (table != BM_T_AGENCY) return level == 0;
    for (const struct bm_agency *at = record; at && above < 64; above++)
        at = at->parent.v ? bm_table_get(&exporting->known.records[BM_T_AGENCY], at->parent.v) : NULL;
    return above == level + 1;
}

static void write_all(struct bm_call *call) {
    struct exporting *exporting = call->state;
    enum bm_table_kind table = bm_import_table(exporting->sheet->kind);
    struct bm_table *records = &exporting->known.records[table];
    bool first = true, borders = exporting->sheet->has_borders;
    if (bm_import_is_table(exporting->sheet->kind)) {
        bm_own_write(call->api->own_tables, exporting->sheet->kind, &call->out);
        return;
    }
    call->code = bm_import_known_read(&exporting->known, exporting->sheet, call->api, &call->fault);
    if (call->code) return;
    if (borders)
        bm_buf_text(&call->out, "{\"type\":\"FeatureCollection\",\"features\":[");
    else
        bm_buf_text(&call->out, "\xef\xbb\xbf");
    for (size_t c = 0; !borders && c < exporting->sheet->count; c++) bm_csv_put(&call->out, &first, exporting->sheet->columns[c].key);
    if (!borders) bm_buf_text(&call->out, "\r\n");
    first = true;
    int levels = table == BM_T_AGENCY ? BM_AGENCY_DEPTH_MAX : 1;
    for (int level = 0; level < levels; level++) {
        BM_TABLE_EACH(records, id) {
            const void *record = bm_table_get(records, id);
            if (!of_level(exporting, table, record, level)) continue;
            if (!bm_mirror_may_see(call->api->mirror, &call->viewer, table, record)) continue;
            if (borders)
                put_feature(call, record, &first);
            else
                put_row(call, record);
        }
    }
    if (borders) bm_buf_text(&call->out, "\n]}\n");
}

static void answer(struct bm_call *call) {
    const struct exporting *exporting = call->state;
    char name[100];
    if (call->code || call->out.overflow) {
        bm_call_finish(call);
        return;
    }
    bool borders = exporting->sheet->has_borders;
    snprintf(name, sizeof name, "Content-Disposition: attachment; filename=\"%s.%s\"",
             bm_word(&bm_import_kind_words, exporting->sheet->kind), borders ? "geojson" : "csv");
    const char *headers[] = {name};
    struct bm_http_answer sent = {.status = 200,
                                  .content_type = borders ? "application/geo+json" : "text/csv; charset=utf-8",
                                  .headers = headers,
                                  .header_count = 1,
                                  .body = call->out.bytes,
                                  .body_len = call->out.len};
    bm_http_answer(call->exchange, &sent);
    bm_call_free(call);
}

void bm_handle_export(struct bm_call *call) {
    const struct bm_import_sheet *sheet = bm_import_sheet_of(call->word);
    bool geojson = strstr(call->route->path, "geojson") != NULL;
    if (!(call->viewer.roles & BM_ADMINS)) {
        bm_call_refuse(call, BM_FORBIDDEN, NULL, "Importing and exporting is for administrators.");
        return;
    }
    if (!sheet || sheet->has_borders != geojson) {
        bm_call_refuse(call, BM_NOT_FOUND, "kind", "There is no such export; areas come as .geojson, all others as .csv: GET /v1/imports lists them.");
        return;
    }
    struct exporting *exporting = call->state = bm_alloc_zero(1, sizeof *exporting);
    call->release = release;
    exporting->sheet = sheet;
    exporting->cell = bm_buf_make(16384);
    call->work = write_all;
    call->after = answer;
    bm_call_work(call);
}
