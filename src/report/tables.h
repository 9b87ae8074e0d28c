/* Reports as tables for spreadsheets. */
#ifndef BM_REPORT_TABLES_H
#define BM_REPORT_TABLES_H

#include "report/answer.h"
#include "report/workbook.h"
#include "report/intervals.h"

struct bm_table_asked {
    unsigned language; /* enum bm_language, or BM_language_COUNT for the names of the API */
    int64_t zone_ms;   /* of the desk's clock, for instants */
    uint64_t seq;      /* that the figures are of */
    int64_t from_at_ms, to_at_ms;
    /* The name of a group's operator, unit or agency, or NULL for its number. */
    const char *(*name)(void *context, uint64_t id);
    void *context;
};

/* An instant by the desk's clock: "2026-11-29 08:00:05". */
enum { BM_INSTANT_TEXT = 32 };
void bm_instant_text(int64_t at_ms, int64_t zone_ms, char ret_text[BM_INSTANT_TEXT]);

void bm_answer_tables(struct bm_answer_report *report, const struct bm_table_asked *asked, struct bm_workbook *book);
void bm_intervals_tables(struct bm_intervals *report, const struct bm_table_asked *asked, struct bm_workbook *book);

#endif
