/* What the parts of a procedure's page share (describe.c, describe_clocks.c): texts are made in an
 * arena of the page's own and live as long as it. */
#ifndef BM_PROCEDURE_DESCRIBE_PAGE_H
#define BM_PROCEDURE_DESCRIBE_PAGE_H

#include "procedure/describe.h"
#include "procedure/describe_words.h"

struct bm_page {
    const struct bm_procedure *procedure;
    enum bm_language language;
    struct bm_buf *buf;
    struct bm_arena arena;
};

/* Words of the table; bm_page_fill puts `a` for {1} and `b` for {2}. */
const char *bm_page_say(const struct bm_page *page, enum bm_saying saying);
const char *bm_page_fill(struct bm_page *page, enum bm_saying saying, const char *a, const char *b);
/* Text of a file, its Markdown marks escaped. */
const char *bm_page_plain(struct bm_page *page, const char *text);
const char *bm_page_label(struct bm_page *page, const struct bm_label *label);
/* "Label (`name`)"; the name alone for a state that stands around others. */
const char *bm_page_state(struct bm_page *page, uint16_t state);
/* "a, b": `list` with `item` behind it; an empty list or item leaves the other. */
const char *bm_page_join(struct bm_page *page, const char *list, enum bm_saying between,
                         const char *item);
const char *bm_page_roles(struct bm_page *page, uint32_t roles);
const char *bm_page_fields(struct bm_page *page, uint64_t fields);
const char *bm_page_number(struct bm_page *page, uint64_t number);
/* "5 working days"; minutes that make whole hours are hours: "24 hours". */
const char *bm_page_span(struct bm_page *page, uint64_t amount, enum bm_measure unit);

void bm_page_heading(struct bm_page *page, const char *marks, const char *text);
/* "- Label: text"; nothing for an empty text. */
void bm_page_bullet(struct bm_page *page, enum bm_saying saying, const char *text);
/* The head of a table, BM_SAY_COUNT behind the last column; then its cells row by row. */
void bm_page_table(struct bm_page *page, const enum bm_saying *columns);
void bm_page_cells(struct bm_page *page, const char *const *cells, size_t count);

void bm_page_clocks(struct bm_page *page);

#endif
