#include <math.h>
#include <stdio.h>
#include <string.h>

#include "api/imports.h"
#include "base/json.h"

/* --- CSV -------------------------------------------------------------------------------------- */

static enum bm_code missing(const struct bm_import_sheet *sheet, const bool *has, struct bm_fault *fault) {
    for (size_t c = 0; c < sheet->count; c++) {
        const struct bm_import_column *column = &sheet->columns[c];
        if (has[c] || !column->required || column->cell == BM_CELL_BORDER) continue;
        return bm_fault_set(fault, BM_BAD_FILE, column->key, "The file has no column \"%s\" (%s); add it to the header.", column->key,
                            column->hans);
    }
    return BM_OK;
}

static enum bm_code unknown(const struct bm_import_sheet *sheet, size_t at, const char *header, struct bm_fault *fault) {
    char known[200] = "";
    for (size_t c = 0; c < sheet->count; c++) {
        size_t used = strlen(known);
        snprintf(known + used, sizeof known - used, "%s%s", used ? ", " : "", sheet->columns[c].key);
    }
    return bm_fault_set(fault, BM_BAD_FILE, "header", "Column %zu is called \"%.60s\", which is not known; columns are: %s.", at + 1,
                        header, known);
}

static enum bm_code read_header(struct bm_import_rows *rows, struct bm_fault *fault) {
    const char *cells[BM_CSV_CELLS_MAX];
    bool has[BM_IMPORT_COLUMNS_MAX] = {false};
    size_t count;
    uint64_t line;
    for (size_t c = 0; c < BM_IMPORT_COLUMNS_MAX; c++) rows->places[c] = -1;
    if (bm_csv_next(&rows->csv, cells, &count, &line, fault)) return fault->code = BM_BAD_FILE;
    if (!count) return bm_fault_set(fault, BM_BAD_FILE, "header", "The file is empty; its first line names the columns.");
    for (size_t i = 0; i < count; i++) {
        int column = bm_import_column_find(rows->sheet, cells[i]);
        if (column < 0) return unknown(rows->sheet, i, cells[i], fault);
        if (has[column])
            return bm_fault_set(fault, BM_BAD_FILE, "header", "Column \"%s\" stands twice in the header.", cells[i]);
        has[column] = true;
        rows->places[column] = (int)i;
    }
    rows->header_cells = count;
    return missing(rows->sheet, has, fault);
}

/* Cells without the spaces around them: spreadsheets and people leave such. */
static const char *trimmed(const char *cell) {
    char *text = (char *)(uintptr_t)cell; /* in the reader's own buffer */
    text += strspn(text, " \t\r\n");
    size_t len = strlen(text);
    while (len && strchr(" \t\r\n", text[len - 1])) text[--len] = 0;
    return text;
}

static bool next_csv(struct bm_import_rows *rows, struct bm_import_cells *ret, struct bm_fault *fault) {
    const char *cells[BM_CSV_CELLS_MAX];
    size_t count;
    if (bm_csv_next(&rows->csv, cells, &count, &ret->line, fault)) return true;
    if (!count) return false;
    if (count != rows->header_cells) {
        bm_fault_set(fault, BM_BAD_FILE, NULL, "This row has %zu cells, the header %zu; a cell that holds the separator needs quotes.",
                     count, rows->header_cells);
        return true;
    }
    for (size_t c = 0; c < rows->sheet->count; c++) ret->cells[c] = rows->places[c] < 0 ? NULL : trimmed(cells[rows->places[c]]);
    return true;
}

/* --- GeoJSON ---------------------------------------------------------------------------------- */

/* A property as the text that a cell would hold. */
static bool as_text(const json_t *value, char ret_text[BM_CSV_CELL_BYTES + 1]) {
    if (json_is_string(value) && json_string_length(value) <= BM_CSV_CELL_BYTES) {
        snprintf(ret_text, BM_CSV_CELL_BYTES + 1, "%s", json_string_value(value));
        return true;
    }
    if (json_is_integer(value)) snprintf(ret_text, 32, "%lld", (long long)json_integer_value(value));
    if (json_is_real(value)) snprintf(ret_text, 32, "%.9g", json_real_value(value));
    if (json_is_boolean(value)) snprintf(ret_text, 32, "%s", json_is_true(value) ? "yes" : "no");
    if (json_is_null(value)) ret_text[0] = 0;
    return json_is_number(value) || json_is_boolean(value) || json_is_null(value);
}

static void take_point(struct bm_import_rows *rows, const json_t *geometry, struct bm_import_cells *ret, struct bm_fault *fault) {
    const json_t *at = json_object_get(geometry, "coordinates");
    const json_t *values[2] = {json_array_get(at, 1), json_array_get(at, 0)};
    static const char *const names[2] = {"lat", "lon"};
    if (!json_is_number(values[0]) || !json_is_number(values[1])) {
        bm_fault_set(fault, BM_BAD_FILE, "geometry", "A point is {\"type\":\"Point\",\"coordinates\":[longitude, latitude]}.");
        return;
    }
    for (int i = 0; i < 2; i++) {
        int column = bm_import_column_find(rows->sheet, names[i]);
        snprintf(rows->scratch[column], 32, "%.7f", json_number_value(values[i]));
        ret->cells[column] = rows->scratch[column];
    }
}

static bool next_feature(struct bm_import_rows *rows, struct bm_import_cells *ret, struct bm_fault *fault) {
    const json_t *feature = json_array_get(rows->features, rows->feature);
    if (!feature) return false;
    ret->line = ++rows->feature;
    const json_t *properties = json_object_get(feature, "properties");
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)properties, name, value) {
        int column = bm_import_column_find(rows->sheet, name);
        if (column < 0) continue; /* files of maps carry much that is not ours */
        if (!as_text(value, rows->scratch[column])) {
            bm_fault_set(fault, BM_BAD_FILE, rows->sheet->columns[column].key, "This property must be a short text, a number or yes or no.");
            return true;
        }
        ret->cells[column] = trimmed(rows->scratch[column]);
    }
    ret->geometry = json_object_get(feature, "geometry");
    const char *type = json_string_value(json_object_get(ret->geometry, "type"));
    if (rows->sheet->has_points && type && strcmp(type, "Point") == 0) take_point(rows, ret->geometry, ret, fault);
    return true;
}

static enum bm_code open_geojson(struct bm_import_rows *rows, struct bm_fault *fault) {
    json_t *whole;
    if (!rows->sheet->has_points && !rows->sheet->has_borders)
        return bm_fault_set(fault, BM_BAD_FILE, "Content-Type", "This kind has no places on the map; send it as CSV.");
    if (bm_json_parse(rows->text.bytes, rows->text.len, &whole, fault)) return fault->code = BM_BAD_FILE;
    rows->features = json_incref(json_object_get(whole, "features"));
    json_decref(whole);
    if (json_is_array(rows->features)) return BM_OK;
    return bm_fault_set(fault, BM_BAD_FILE, "features", "The file must be a FeatureCollection with \"features\" (RFC 7946).");
}

/* --- either ----------------------------------------------------------------------------------- */

enum bm_code bm_import_rows_open(struct bm_import_rows *rows, const struct bm_import_sheet *sheet, const void *bytes, size_t len,
                                 bool geojson, struct bm_fault *fault) {
    rows->sheet = sheet;
    rows->text = bm_buf_make(2u * BM_IMPORT_FILE_MAX);
    rows->form = geojson ? "geojson" : "csv";
    if (bm_text_read(bytes, len, &rows->text, &rows->charset, fault)) return fault->code = BM_BAD_FILE;
    if (geojson) return open_geojson(rows, fault);
    if (sheet->has_borders)
        return bm_fault_set(fault, BM_BAD_FILE, "Content-Type", "Areas have borders: send them as GeoJSON (application/geo+json).");
    rows->csv = bm_csv_make((const char *)bm_buf_c_text(&rows->text), rows->text.len);
    return read_header(rows, fault);
}

bool bm_import_rows_next(struct bm_import_rows *rows, struct bm_import_cells *ret_cells, struct bm_fault *fault) {
    *ret_cells = (struct bm_import_cells){0};
    fault->code = BM_OK;
    fault->field[0] = 0;
    return rows->features ? next_feature(rows, ret_cells, fault) : next_csv(rows, ret_cells, fault);
}

void bm_import_rows_rewind(struct bm_import_rows *rows) {
    struct bm_fault fault;
    rows->feature = 0;
    if (rows->features) return;
    bm_csv_free(&rows->csv);
    rows->csv = bm_csv_make(bm_buf_c_text(&rows->text), rows->text.len);
    (void)!read_header(rows, &fault); /* it was read before */
}

void bm_import_rows_close(struct bm_import_rows *rows) {
    bm_csv_free(&rows->csv);
    bm_buf_free(&rows->text);
    json_decref(rows->features);
}
