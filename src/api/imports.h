/* Files of a desk's own data: what they hold, what they would do to the record, and back out.
 *
 *   bytes -> text (import/csv.h) -> rows of cells (import_rows.c) -> commands and verdicts, row by row, against the
 *   projections (import_judge.c) -> one BM_DO_IMPORT (imports.c); accounts then get their set-up links
 *
 * Everything here but the handlers runs on workers.  A preview and its apply judge the same bytes by the same code; the
 * digest of the preview holds the versions that it read, so what changed meanwhile is noticed. */
#ifndef BM_API_IMPORTS_H
#define BM_API_IMPORTS_H

#include "api/api_private.h"
#include "base/map.h"
#include "base/table.h"
#include "core/import.h"
#include "core/limits.h"
#include "import/csv.h"

/* A longer file, or one with more rows, is refused, and to be divided.  Of the rows listed in a preview so many of each
 * verdict; the counts are of all. */
enum { BM_IMPORT_FILE_MAX = 16 << 20, BM_IMPORT_FILE_ROWS_MAX = 100000, BM_IMPORT_LIST_DEFAULT = 1000 };
enum { BM_IMPORT_COLUMNS_MAX = 12 };

/* --- import_columns.c: what a file of each kind holds ----------------------------------------- */

/* What a cell is: a value of the command's member of that name; or the record that a code, name, call sign names. */
enum bm_import_cell {
    BM_CELL_VALUE,
    BM_CELL_AGENCY,
    BM_CELL_PARENT,
    BM_CELL_STATION,
    BM_CELL_UNIT,
    BM_CELL_ACTIVE, /* yes unless it says no; the member is "inactive" */
    BM_CELL_PERSON, /* a name, sealed */
    BM_CELL_TEXT,   /* of a table beside the record */
    BM_CELL_BORDER  /* the feature's geometry */
};
struct bm_import_column {
    const char *key, *hans, *hant; /* the header, in each language; en is `key` with spaces */
    const char *member;            /* of the command's arguments */
    enum bm_import_cell cell;
    bool required;
    const char *example;
};
/* By its first column a row finds its record. */
struct bm_import_sheet {
    enum bm_import_kind kind;
    const struct bm_import_column *columns;
    size_t count;
    bool has_points, has_borders; /* GeoJSON may be sent: points; must be: borders */
};
const struct bm_import_sheet *bm_import_sheet_of(const char *kind); /* NULL: there is no such kind */
/* The column with that header in any language, whatever its case and spaces; -1: none. */
int bm_import_column_find(const struct bm_import_sheet *sheet, const char *header);
/* Index of a word of a closed list as a file may write it: the word itself or what it is called in Chinese; -1. */
int bm_import_word(const struct bm_words *words, const char *text);

/* --- import_rows.c: rows out of bytes --------------------------------------------------------- */

struct bm_import_rows {
    const struct bm_import_sheet *sheet;
    struct bm_buf text;
    const char *charset; /* "utf-8", "gb18030" */
    const char *form;    /* "csv", "geojson" */
    struct bm_csv csv;
    int places[BM_IMPORT_COLUMNS_MAX]; /* CSV: which cell of a row is this column; -1: none */
    size_t header_cells;
    json_t *features; /* GeoJSON */
    size_t feature;
    char scratch[BM_IMPORT_COLUMNS_MAX][BM_CSV_CELL_BYTES + 1]; /* cells of the last feature */
};
struct bm_import_cells {
    uint64_t line; /* of CSV; of GeoJSON the feature's number */
    const char *cells[BM_IMPORT_COLUMNS_MAX]; /* NULL: the file has no such column */
    const json_t *geometry;
};
/* BM_BAD_FILE: what is wrong with the file as a whole - its letters, its header, its form. */
BM_MUST_USE enum bm_code bm_import_rows_open(struct bm_import_rows *rows, const struct bm_import_sheet *sheet,
                                             const void *bytes, size_t len, bool geojson, struct bm_fault *fault);
/* The next row; false behind the last.  With a fault in `fault->code` the row cannot be read. */
bool bm_import_rows_next(struct bm_import_rows *rows, struct bm_import_cells *ret_cells, struct bm_fault *fault);
/* From the first row again. */
void bm_import_rows_rewind(struct bm_import_rows *rows);
void bm_import_rows_close(struct bm_import_rows *rows);

/* --- import_known.c: records by what files call them ------------------------------------------ */

struct bm_import_known {
    struct bm_table records[BM_table_kind_COUNT];
    struct bm_map ids;
};
/* Reads the tables that a sheet names. */
BM_MUST_USE enum bm_code bm_import_known_read(struct bm_import_known *known, const struct bm_import_sheet *sheet,
                                              struct bm_api *api, struct bm_fault *fault);
void bm_import_known_free(struct bm_import_known *known);
/* `how` tells kinds of names apart: 'k' what it is known by, 'n' a place's name, and the caller's own. */
bool bm_import_known_get(const struct bm_import_known *known, enum bm_table_kind table, char how, const char *text,
                         uint64_t *ret_id);
void bm_import_known_put(struct bm_import_known *known, enum bm_table_kind table, char how, const char *text, uint64_t id);
/* "name\nagency": what a place without a code is known by. */
void bm_import_place_name(const char *name, uint64_t agency, char ret_text[BM_NAME_TEXT + 24]);

/* --- import_judge.c: what the file would do --------------------------------------------------- */

enum bm_verdict { BM_VERDICT_NEW, BM_VERDICT_CHANGE, BM_VERDICT_SAME, BM_VERDICT_WRONG, BM_verdict_COUNT };
extern const char *const bm_verdict_words[BM_verdict_COUNT];

struct bm_import_line {
    uint64_t line;
    uint8_t verdict;
    bool settled;
    uint32_t key, column, detail; /* in `texts`; of a change `column` lists what changes */
    uint32_t reason, value;       /* of a wrong one: the word of a reason that the page knows, and what it is about; 0: none */
};
struct bm_import {
    struct bm_api *api;
    struct bm_viewer viewer;
    const struct bm_import_sheet *sheet;
    struct bm_import_rows rows;
    struct bm_import_known known;
    struct bm_import_line *lines;
    size_t line_count, line_cap;
    struct bm_buf texts;
    struct bm_buf commands; /* of what is new or changed (bm_import_put) */
    uint32_t counts[BM_verdict_COUNT];
    uint32_t made; /* new ones so far, for references to them */
    bool seal;     /* for good: names are sealed under fresh keys */
    struct bm_hasher hasher;
    char digest[BM_HASH_TEXT];
};
/* Judges a whole file.  BM_BAD_FILE and the like only where no row could be judged. */
BM_MUST_USE enum bm_code bm_import_judge(struct bm_import *import, const void *bytes, size_t len, bool geojson,
                                         struct bm_fault *fault);
/* The desk itself found that line wrong. */
void bm_import_refused(struct bm_import *import, uint64_t line, const struct bm_fault *fault, const char *detail);
void bm_import_free(struct bm_import *import);
uint32_t bm_import_text(struct bm_import *import, const char *text);

/* --- import_secrets.c: first secrets of devices ----------------------------------------------- */

/* [blocks] Behind the commit that made them: makes the secrets of the file's new devices, and writes them as members of a list. */
BM_MUST_USE enum bm_code bm_import_secrets(struct bm_call *call, const struct bm_import *import);

/* --- import_reason.c -------------------------------------------------------------------------- */
/* Why a row is refused, as a word that the page knows in its languages; "" where only the detail says it. Static. */
const char *bm_import_reason(enum bm_code code, const char *field);

/* --- import_border.c: borders as GeoJSON ------------------------------------------------------ */

/* `ret_reason`: as bm_import_reason, when it is refused. */
BM_MUST_USE enum bm_code bm_border_read(const json_t *geometry, struct bm_buf *shape, const char **ret_reason, struct bm_fault *fault);
void bm_border_write(const struct bm_bytes *shape, struct bm_buf *out);

#endif
