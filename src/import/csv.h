/* Comma-separated values, read strictly (RFC 4180), and the text around them.  Pure but for iconv.
 *
 * A file is UTF-8, with or without its mark, or GB18030 as Excel on a Chinese Windows saves it; a file that is neither
 * from beginning to end is refused by line, never read half.  Cells are separated by commas, or by semicolons or tabs
 * where the header has more of those; lines end with CR LF or LF.  A cell in quotes may hold anything, with "" for a
 * quote; a quote elsewhere is wrong. */
#ifndef BM_IMPORT_CSV_H
#define BM_IMPORT_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/code.h"

enum {
    BM_CSV_CELLS_MAX = 64,    /* of a row; more are wrong */
    BM_CSV_CELL_BYTES = 4096  /* of a cell; longer ones are wrong */
};

/* Adds the file's text as UTF-8, without its mark.  `ret_charset` is "utf-8" or "gb18030".  BM_BAD_FORMAT names the first
 * line that cannot be read, and the mend; BM_TOO_LONG when the buffer is too small. */
BM_MUST_USE enum bm_code bm_text_read(const uint8_t *bytes, size_t len, struct bm_buf *text, const char **ret_charset,
                                      struct bm_fault *fault);

struct bm_csv {
    const char *at, *end;
    char separator;
    uint64_t line;     /* where the next row begins, from 1 */
    struct bm_buf row; /* cells of the last row, each with a NUL behind it */
};
/* A reader of `text` (the caller's, until the end), with the separator that its first line tells. */
struct bm_csv bm_csv_make(const char *text, size_t len);
void bm_csv_free(struct bm_csv *csv);

/* The next row that is not empty: `ret_cells` (room for BM_CSV_CELLS_MAX) point into csv->row until the next call, and
 * `ret_line` is where it begins.  `ret_count` is 0 behind the last.  BM_BAD_FORMAT, BM_TOO_LONG: what is wrong with this
 * row; where it can be told how to go on - all but a quote that does not end - the next call reads the next line. */
BM_MUST_USE enum bm_code bm_csv_next(struct bm_csv *csv, const char **ret_cells, size_t *ret_count, uint64_t *ret_line,
                                     struct bm_fault *fault);

/* Adds a cell in quotes where it needs them, and the separator before it when it is not the first. */
void bm_csv_put(struct bm_buf *out, bool *first, const char *cell);

#endif
