#include "api/own_tables.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "import/output.h"

enum { CELLS_MAX = 5 };

/* One row: where its cells begin in the table's texts. */
struct own_row {
    uint32_t cells[CELLS_MAX];
    struct bm_point point;
};
struct table {
    struct bm_buf kept;  /* the file, as it is kept */
    struct bm_buf texts; /* of all cells, with their NULs */
    struct own_row *rows;
    size_t count, cap;
    struct bm_map lines; /* whole rows, and codes -> row + 1 */
};
struct bm_own_tables {
    pthread_rwlock_t lock;
    char dir[512];
    struct table tables[BM_OWN_TABLES];
};

const char *const bm_own_table_files[BM_OWN_TABLES] = {"own-addresses.csv", "own-divisions.csv"};

static int table_of(enum bm_import_kind kind) {
    return kind == BM_IMPORT_ADDRESSES ? 0 : 1;
}

static void table_free(struct table *table) {
    bm_buf_free(&table->kept);
    bm_buf_free(&table->texts);
    bm_free(table->rows);
    bm_map_free(&table->lines);
    *table = (struct table){0};
}

static const char *cell(const struct table *table, size_t row, size_t column) {
    return (const char *)table->texts.bytes + table->rows[row].cells[column];
}

static void key_of(const char *const *cells, size_t count, uint8_t ret_key[16]) {
    struct bm_hasher hasher;
    bm_hash_start(&hasher, 16);
    for (size_t i = 0; i < count; i++) bm_hash_add_sized(&hasher, cells[i], strlen(cells[i]));
    bm_hash_end(&hasher, ret_key, 16);
}

/* --- rows ------------------------------------------------------------------------------------- */

static bool read_degrees(const char *text, double most, int32_t *ret_e7) {
    char *end;
    double degrees = strtod(text, &end);
    if (!text[0] || text[strspn(text, "+-.0123456789")] || *end || !(fabs(degrees) <= most)) return false;
    *ret_e7 = (int32_t)lround(degrees * 1e7);
    return true;
}

/* Why a row is wrong: in words, and as the page knows it (import_reason.c). */
struct why {
    const char *detail, *reason;
};
static const struct why fine = {NULL, ""}, no_latitude = {"This is no latitude: decimal degrees between -90 and 90.", "degrees"},
                        no_longitude = {"This is no longitude: decimal degrees between -180 and 180.", "degrees"},
                        no_division = {"A division code has 2, 4, 6, 9 or 12 digits, as in GB/T 2260.", "division_any"};

/* What is wrong with a row, and in which column; no detail when nothing is. */
static struct why wrong(enum bm_import_kind kind, const char *const *cells, const struct bm_import_sheet *sheet, size_t *ret_column,
                        struct bm_point *ret_point) {
    for (size_t c = 0; c < sheet->count; c++) {
        *ret_column = c;
        if (sheet->columns[c].required && !cells[c][0]) return (struct why){"This cell may not be empty.", "empty"};
        if (strlen(cells[c]) >= BM_ADDRESS_NAME_BYTES) return (struct why){"This is too long: at most 255 bytes.", "long"};
        for (const char *at = cells[c]; *at; at++) {
            if ((unsigned char)*at < ' ' || *at == 0x7f) return (struct why){"There is a sign in it that cannot be seen; type it again.", "unseen"};
        }
    }
    if (kind == BM_IMPORT_ADDRESSES) {
        *ret_column = 3;
        if (!read_degrees(cells[3], 90, &ret_point->lat_e7)) return no_latitude;
        *ret_column = 4;
        return read_degrees(cells[4], 180, &ret_point->lon_e7) ? fine : no_longitude;
    }
    *ret_column = 0;
    size_t digits = strspn(cells[0], "0123456789");
    bool good = !cells[0][digits] && (digits == 2 || digits == 4 || digits == 6 || digits == 9 || digits == 12);
    return good ? fine : no_division;
}

static void add(struct table *table, const char *const *cells, size_t count, struct bm_point point) {
    uint8_t key[16];
    bool first = true;
    if (table->count == table->cap) {
        table->cap = table->cap ? 2 * table->cap : 256;
        table->rows = bm_realloc(table->rows, table->cap * sizeof *table->rows);
    }
    struct own_row *row = &table->rows[table->count++];
    *row = (struct own_row){.point = point};
    for (size_t c = 0; c < count; c++) {
        row->cells[c] = (uint32_t)table->texts.len;
        bm_buf_add(&table->texts, cells[c], strlen(cells[c]) + 1);
        bm_csv_put(&table->kept, &first, cells[c]);
    }
    bm_buf_text(&table->kept, "\r\n");
    key_of(cells, count, key);
    bm_map_put(&table->lines, key, table->count);
    key_of(cells, 1, key);
    bm_map_put(&table->lines, key, table->count);
}

static void begin(struct table *table, const struct bm_import_sheet *sheet) {
    bool first = true;
    *table = (struct table){.kept = bm_buf_make(4u * BM_IMPORT_FILE_MAX), .texts = bm_buf_make(4u * BM_IMPORT_FILE_MAX)};
    bm_buf_text(&table->kept, "\xef\xbb\xbf");
    for (size_t c = 0; c < sheet->count; c++) bm_csv_put(&table->kept, &first, sheet->columns[c].key);
    bm_buf_text(&table->kept, "\r\n");
}

/* --- a file against the table ----------------------------------------------------------------- */

static void put_line(struct bm_import *import, const struct bm_import_cells *cells, enum bm_verdict verdict, const char *column,
                     struct why why, const char *value) {
    char said[61];
    snprintf(said, sizeof said, "%.60s", value);
    if (import->line_count == import->line_cap) {
        import->line_cap = import->line_cap ? 2 * import->line_cap : 256;
        import->lines = bm_realloc(import->lines, import->line_cap * sizeof *import->lines);
    }
    import->lines[import->line_count++] = (struct bm_import_line){
        .line = cells->line, .verdict = (uint8_t)verdict, .settled = true,
        .key = bm_import_text(import, cells->cells[0] ? cells->cells[0] : ""),
        .column = bm_import_text(import, column), .detail = bm_import_text(import, why.detail ? why.detail : ""),
        .reason = bm_import_text(import, why.reason), .value = bm_import_text(import, said)};
    import->counts[verdict]++;
}

static void judge_row(struct bm_import *import, const struct table *now, struct table *next, struct bm_import_cells *cells,
                      const struct bm_fault *said) {
    size_t count = import->sheet->count, column = 0;
    struct bm_point point = {0, 0};
    uint8_t key[16];
    uint64_t row;
    if (said->code) {
        put_line(import, cells, BM_VERDICT_WRONG, said->field, (struct why){said->detail, bm_import_reason(said->code, said->field)}, "");
        return;
    }
    for (size_t c = 0; c < count; c++) cells->cells[c] = cells->cells[c] ? cells->cells[c] : "";
    struct why why = wrong(import->sheet->kind, cells->cells, import->sheet, &column, &point);
    size_t known_by = import->sheet->kind == BM_IMPORT_DIVISIONS ? 1 : count;
    key_of(cells->cells, known_by, key);
    if (!why.detail && bm_map_get(&next->lines, key, &row)) why = (struct why){"This stands in the file twice; keep one of them.", "twice_in_file"}, column = 0;
    if (why.detail) {
        put_line(import, cells, BM_VERDICT_WRONG, import->sheet->columns[column].key, why, cells->cells[column]);
        return;
    }
    add(next, cells->cells, count, point);
    key_of(cells->cells, count, key);
    bool same = bm_map_get(&now->lines, key, &row);
    key_of(cells->cells, 1, key);
    bool changes = import->sheet->kind == BM_IMPORT_DIVISIONS && bm_map_get(&now->lines, key, &row);
    put_line(import, cells, same ? BM_VERDICT_SAME : changes ? BM_VERDICT_CHANGE : BM_VERDICT_NEW, !same && changes ? "name" : "", fine, "");
}

enum bm_code bm_own_judge(struct bm_own_tables *tables, struct bm_import *import, struct bm_fault *fault) {
    struct bm_import_cells cells;
    struct bm_fault said;
    struct table next;
    begin(&next, import->sheet);
    pthread_rwlock_rdlock(&tables->lock);
    const struct table *now = &tables->tables[table_of(import->sheet->kind)];
    enum bm_code code = BM_OK;
    while (!code && bm_import_rows_next(&import->rows, &cells, &said)) {
        if (import->line_count == BM_IMPORT_FILE_ROWS_MAX)
            code = bm_fault_set(fault, BM_BAD_FILE, NULL, "A file may have %d rows; divide it.", BM_IMPORT_FILE_ROWS_MAX);
        else
            judge_row(import, now, &next, &cells, &said);
    }
    bool differs = next.kept.len != now->kept.len || memcmp(next.kept.bytes, now->kept.bytes, next.kept.len) != 0;
    bm_hash_add_sized(&import->hasher, now->kept.bytes, now->kept.len);
    pthread_rwlock_unlock(&tables->lock);
    if (!code && differs) bm_buf_add(&import->commands, next.kept.bytes, next.kept.len);
    table_free(&next);
    return code;
}

/* --- kept ------------------------------------------------------------------------------------- */

/* The table that a file of ours holds. */
static enum bm_code read_table(const struct bm_import_sheet *sheet, const void *bytes, size_t len, struct table *ret_table,
                               struct bm_fault *fault) {
    struct bm_import_rows *rows = bm_alloc_zero(1, sizeof *rows);
    struct bm_import_cells cells;
    enum bm_code code = bm_import_rows_open(rows, sheet, bytes, len, false, fault);
    begin(ret_table, sheet);
    while (!code && bm_import_rows_next(rows, &cells, fault)) {
        struct bm_point point = {0, 0};
        size_t column;
        code = fault->code;
        for (size_t c = 0; c < sheet->count; c++) cells.cells[c] = cells.cells[c] ? cells.cells[c] : "";
        struct why why = code ? fine : wrong(sheet->kind, cells.cells, sheet, &column, &point);
        if (why.detail) code = bm_fault_set(fault, BM_CORRUPT, NULL, "Row %llu: %s", (unsigned long long)cells.line, why.detail);
        if (!code) add(ret_table, cells.cells, sheet->count, point);
    }
    bm_import_rows_close(rows);
    bm_free(rows);
    if (code) table_free(ret_table);
    return code;
}

static void path_of(const struct bm_own_tables *tables, int table, char ret_path[BM_OUTPUT_PATH_MAX]) {
    snprintf(ret_path, BM_OUTPUT_PATH_MAX, "%s/%s", tables->dir, bm_own_table_files[table]);
}

enum bm_code bm_own_keep(struct bm_own_tables *tables, const struct bm_import *import, struct bm_fault *fault) {
    char path[BM_OUTPUT_PATH_MAX];
    struct table next;
    int at = table_of(import->sheet->kind);
    path_of(tables, at, path);
    enum bm_code code = read_table(import->sheet, import->commands.bytes, import->commands.len, &next, fault);
    if (code) return code;
    code = bm_output_write(path, import->commands.bytes, import->commands.len, fault);
    if (code) {
        table_free(&next);
        return code;
    }
    pthread_rwlock_wrlock(&tables->lock);
    table_free(&tables->tables[at]);
    tables->tables[at] = next;
    pthread_rwlock_unlock(&tables->lock);
    return BM_OK;
}

void bm_own_write(struct bm_own_tables *tables, enum bm_import_kind kind, struct bm_buf *out) {
    pthread_rwlock_rdlock(&tables->lock);
    const struct table *table = &tables->tables[table_of(kind)];
    bm_buf_add(out, table->kept.bytes, table->kept.len);
    pthread_rwlock_unlock(&tables->lock);
}

static enum bm_code read_file(const char *path, struct bm_buf *bytes, struct bm_fault *fault) {
    FILE *file = fopen(path, "rb");
    char piece[65536];
    size_t got;
    if (!file && errno == ENOENT) return BM_OK;
    if (!file) return bm_fault_set(fault, BM_IO, NULL, "%s: %s", path, strerror(errno));
    while ((got = fread(piece, 1, sizeof piece, file)) > 0) bm_buf_add(bytes, piece, got);
    bool failed = ferror(file) != 0;
    if (fclose(file) != 0) failed = true;
    return failed || bytes->overflow ? bm_fault_set(fault, BM_IO, NULL, "%s cannot be read whole.", path) : BM_OK;
}

struct bm_own_tables *bm_own_tables_new(const char *dir) {
    static const char *const kinds[BM_OWN_TABLES] = {"addresses", "divisions"};
    struct bm_own_tables *tables = bm_alloc_zero(1, sizeof *tables);
    pthread_rwlock_init(&tables->lock, NULL);
    snprintf(tables->dir, sizeof tables->dir, "%s", dir);
    for (int t = 0; t < BM_OWN_TABLES; t++) {
        const struct bm_import_sheet *sheet = bm_import_sheet_of(kinds[t]);
        struct bm_buf bytes = bm_buf_make(4u * BM_IMPORT_FILE_MAX);
        struct bm_fault fault;
        char path[BM_OUTPUT_PATH_MAX];
        path_of(tables, t, path);
        enum bm_code code = read_file(path, &bytes, &fault);
        if (!code && bytes.len) code = read_table(sheet, bytes.bytes, bytes.len, &tables->tables[t], &fault);
        if (code) bm_log(BM_LOG_ERROR, "own_table_unreadable", "file=\"%s\" reason=\"%s\" mend=\"import it again\"", path, fault.detail);
        if (!tables->tables[t].kept.len) begin(&tables->tables[t], sheet);
        bm_buf_free(&bytes);
    }
    return tables;
}

void bm_own_tables_free(struct bm_own_tables *tables) {
    if (!tables) return;
    for (int t = 0; t < BM_OWN_TABLES; t++) table_free(&tables->tables[t]);
    pthread_rwlock_destroy(&tables->lock);
    bm_free(tables);
}

/* --- looking up ------------------------------------------------------------------------------- */

/* 0: called so; 1: begins so; 2: every word is in it; 3: not meant. */
static int fits(const struct table *table, size_t row, const char *question, char *words) {
    const char *name = cell(table, row, 0);
    if (strcasecmp(name, question) == 0) return 0;
    if (strncasecmp(name, question, strlen(question)) == 0) return 1;
    char *rest;
    snprintf(words, BM_ADDRESS_QUESTION_MAX + 1, "%s", question);
    for (char *word = strtok_r(words, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        bool in = strcasestr(name, word) || strcasestr(cell(table, row, 1), word) || strcasestr(cell(table, row, 2), word);
        if (!in) return 3;
    }
    return 2;
}

struct best {
    int fit;
    double off_m;
    size_t row;
};

static bool sooner(const struct best *a, const struct best *b) {
    if (a->fit != b->fit) return a->fit < b->fit;
    return a->off_m != b->off_m ? a->off_m < b->off_m : a->row < b->row;
}

bool bm_own_has_addresses(struct bm_own_tables *tables) {
    pthread_rwlock_rdlock(&tables->lock);
    bool has = tables->tables[0].count > 0;
    pthread_rwlock_unlock(&tables->lock);
    return has;
}

size_t bm_own_addresses_find(struct bm_own_tables *tables, const char *question, const struct bm_point *near, size_t limit,
                             struct bm_address *ret_found) {
    struct best best[BM_ADDRESS_LIMIT_MAX];
    char words[BM_ADDRESS_QUESTION_MAX + 1];
    size_t count = 0;
    if (!question[strspn(question, " ")]) return 0;
    pthread_rwlock_rdlock(&tables->lock);
    const struct table *table = &tables->tables[0];
    for (size_t r = 0; r < table->count; r++) {
        struct best one = {fits(table, r, question, words), 0, r};
        if (one.fit == 3) continue;
        if (near) one.off_m = bm_distance_m(*near, table->rows[r].point);
        if (count == limit && !sooner(&one, &best[count - 1])) continue;
        size_t at = count < limit ? count++ : count - 1;
        for (; at > 0 && sooner(&one, &best[at - 1]); at--) best[at] = best[at - 1];
        best[at] = one;
    }
    for (size_t i = 0; i < count; i++) {
        ret_found[i] = (struct bm_address){.kind = BM_ADDRESS_PLACE, .point = table->rows[best[i].row].point};
        snprintf(ret_found[i].name, BM_ADDRESS_NAME_BYTES, "%s", cell(table, best[i].row, 0));
        snprintf(ret_found[i].name_en, BM_ADDRESS_NAME_BYTES, "%s", cell(table, best[i].row, 1));
        snprintf(ret_found[i].detail, BM_ADDRESS_NAME_BYTES, "%s", cell(table, best[i].row, 2));
    }
    pthread_rwlock_unlock(&tables->lock);
    return count;
}

void bm_own_division_name(struct bm_own_tables *tables, const char *code, char ret_name[BM_ADDRESS_NAME_BYTES]) {
    static const size_t lengths[] = {2, 4, 6, 9, 12};
    size_t len = strlen(code);
    ret_name[0] = 0;
    pthread_rwlock_rdlock(&tables->lock);
    const struct table *table = &tables->tables[1];
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0] && lengths[i] <= len; i++) {
        char part[BM_DIVISION_TEXT];
        const char *const cells[] = {part};
        uint8_t key[16];
        uint64_t row;
        snprintf(part, sizeof part, "%.*s", (int)lengths[i], code);
        key_of(cells, 1, key);
        if (!bm_map_get(&table->lines, key, &row)) continue;
        size_t used = strlen(ret_name);
        snprintf(ret_name + used, BM_ADDRESS_NAME_BYTES - used, "%s%s", used ? " " : "", cell(table, row - 1, 1));
    }
    pthread_rwlock_unlock(&tables->lock);
}
