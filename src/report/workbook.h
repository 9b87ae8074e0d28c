/* Tables for spreadsheets, written cell by cell: as CSV (RFC 4180, UTF-8) or as an Office Open XML workbook.
 *
 *   struct bm_workbook book = bm_workbook_make(BM_WORKBOOK_XLSX, max_bytes);
 *   bm_workbook_sheet(&book, "figures");                  a sheet; in CSV an empty line stands between two
 *   bm_workbook_text(&book, "a"); bm_workbook_number(&book, 5); bm_workbook_none(&book); bm_workbook_row(&book);
 *   if (!bm_workbook_end(&book, &out)) ...                false: it did not fit
 *
 * In CSV a text that a spreadsheet would take for a formula (it begins with = + - @, a tab or a carriage return) gets an
 * apostrophe before it; in a workbook a text is a text. */
#ifndef BM_REPORT_WORKBOOK_H
#define BM_REPORT_WORKBOOK_H

#include "base/buf.h"

enum bm_workbook_form { BM_WORKBOOK_CSV, BM_WORKBOOK_XLSX };
enum { BM_WORKBOOK_SHEETS_MAX = 4, BM_WORKBOOK_NAME = 32 };

struct bm_workbook {
    enum bm_workbook_form form;
    struct bm_buf sheets[BM_WORKBOOK_SHEETS_MAX]; /* CSV: one for all */
    char names[BM_WORKBOOK_SHEETS_MAX][BM_WORKBOOK_NAME];
    int count;
    bool in_row;
};

/* `bom`: a mark before the CSV, without which some spreadsheets do not take it for UTF-8. */
struct bm_workbook bm_workbook_make(enum bm_workbook_form form, bool bom, size_t max_bytes);
/* `name`: letters, digits and spaces, at most 31 bytes. */
void bm_workbook_sheet(struct bm_workbook *book, const char *name);
void bm_workbook_text(struct bm_workbook *book, const char *text);
void bm_workbook_number(struct bm_workbook *book, int64_t number);
/* Milliseconds as seconds with three places. */
void bm_workbook_seconds(struct bm_workbook *book, int64_t ms);
void bm_workbook_none(struct bm_workbook *book); /* an empty cell: nothing is known, which is not 0 */
void bm_workbook_row(struct bm_workbook *book);  /* ends the row */
/* Writes the whole and frees the book; false when it did not fit. */
bool bm_workbook_end(struct bm_workbook *book, struct bm_buf *out);

#endif
