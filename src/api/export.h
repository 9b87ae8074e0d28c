/* An answer as a file for spreadsheets: ?format=csv or xlsx, with lang=zh-Hans, zh-Hant or en for its heads (else the names of
 * the API), zone_min= for its instants, and bom=1 for spreadsheets that do not take a CSV without a mark for UTF-8. */
#ifndef BM_API_EXPORT_H
#define BM_API_EXPORT_H

#include "api/api_private.h"
#include "report/workbook.h"

#define BM_XLSX_TYPE "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

/* What is asked for; lives as call->state from bm_export_asked on. */
struct bm_export {
    enum bm_workbook_form form;
    bool bom;
    unsigned language;  /* enum bm_language, or BM_language_COUNT */
    int64_t zone_ms;
    const char *what;   /* the file's name begins with it */
    struct bm_buf file; /* made on the worker */
};

/* A whole number of the query, `least` to `most`; `number` stays as it is when it is not there. */
BM_MUST_USE enum bm_code bm_query_number(struct bm_call *call, const char *name, int64_t least, int64_t most, int64_t *number);
/* One of the words, as `bm_query_number`. */
BM_MUST_USE enum bm_code bm_query_word(struct bm_call *call, const char *name, const char *const *words, unsigned count, unsigned *word);

/* Reads what is asked; *ret_export is NULL when it is JSON.  `what`: static. */
BM_MUST_USE enum bm_code bm_export_asked(struct bm_call *call, const char *what, struct bm_export **ret_export);
struct bm_workbook bm_export_begin(const struct bm_export *export);
/* BM_TOO_MANY when it does not fit. */
BM_MUST_USE enum bm_code bm_export_end(struct bm_call *call, struct bm_export *export, struct bm_workbook *book);
/* call->after of every call that may be asked for a file. */
void bm_export_answer(struct bm_call *call);

#endif
