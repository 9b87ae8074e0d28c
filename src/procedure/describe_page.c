#include "procedure/describe_page.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"

const char *bm_page_say(const struct bm_page *page, enum bm_saying saying) {
    BM_CHECK(saying < BM_SAY_COUNT);
    return bm_sayings[saying][page->language];
}

static const char *put_together(struct bm_page *page, const char *const *parts, size_t count) {
    size_t len = 0, at = 0;
    for (size_t i = 0; i < count; i++) len += strlen(parts[i]);
    char *text = bm_arena_take(&page->arena, len + 1, 1);
    for (size_t i = 0; i < count; i++) {
        size_t part = strlen(parts[i]);
        memcpy(text + at, parts[i], part);
        at += part;
    }
    return text;
}

/* One {n} of a text; where it does not stand the text stays what it is. */
static const char *put_in(struct bm_page *page, const char *text, const char *place,
                          const char *value) {
    const char *at = value ? strstr(text, place) : NULL;
    if (!at) return text;
    const char *before = bm_arena_text(&page->arena, text, (size_t)(at - text));
    return put_together(page, (const char *const[]){before, value, at + strlen(place)}, 3);
}

/* The second first, so that no brace of `a` is taken for a place. */
const char *bm_page_fill(struct bm_page *page, enum bm_saying saying, const char *a,
                         const char *b) {
    const char *text = bm_page_say(page, saying);
    const char *first = strstr(text, "{1}"), *second = strstr(text, "{2}");
    if (first && second && second < first)
        return put_in(page, put_in(page, text, "{1}", a), "{2}", b);
    return put_in(page, put_in(page, text, "{2}", b), "{1}", a);
}

const char *bm_page_plain(struct bm_page *page, const char *text) {
    char *copy = bm_arena_take(&page->arena, 2 * strlen(text) + 1, 1);
    size_t at = 0;
    for (const char *c = text; *c; c++) {
        if (strchr("\\|<*_`[]#", *c)) copy[at++] = '\\';
        copy[at++] = *c;
    }
    return copy;
}

const char *bm_page_label(struct bm_page *page, const struct bm_label *label) {
    return label->at.line ? bm_page_plain(page, label->in[page->language]) : "";
}

const char *bm_page_state(struct bm_page *page, uint16_t state) {
    const struct bm_state_def *one = &page->procedure->states[state];
    const char *label = bm_page_label(page, &one->label);
    bool alone = !*label;
    return put_together(
        page, (const char *const[]){label, alone ? "`" : " (`", one->name, alone ? "`" : "`)"}, 4);
}

const char *bm_page_join(struct bm_page *page, const char *list, enum bm_saying between,
                         const char *item) {
    if (!*list || !*item) return *list ? list : item;
    return put_together(page, (const char *const[]){list, bm_page_say(page, between), item}, 3);
}

const char *bm_page_roles(struct bm_page *page, uint32_t roles) {
    const char *list = "";
    for (uint32_t r = 1; r < page->procedure->role_count; r++)
        if (roles >> r & 1)
            list = bm_page_join(page, list, BM_SAY_LIST_COMMA,
                                bm_page_label(page, &page->procedure->roles[r].label));
    return list;
}

const char *bm_page_fields(struct bm_page *page, uint64_t fields) {
    const char *list = "";
    for (uint32_t f = 0; f < page->procedure->field_count; f++)
        if (fields >> f & 1)
            list = bm_page_join(page, list, BM_SAY_LIST_COMMA,
                                bm_page_label(page, &page->procedure->fields[f].label));
    return list;
}

const char *bm_page_number(struct bm_page *page, uint64_t number) {
    char text[24];
    int len = snprintf(text, sizeof text, "%" PRIu64, number);
    return bm_arena_text(&page->arena, text, (size_t)len);
}

const char *bm_page_span(struct bm_page *page, uint64_t amount, enum bm_measure unit) {
    _Static_assert(BM_SAY_ONE_WORKING_MINUTE - BM_SAY_ONE_MINUTE + 1 == BM_measure_COUNT,
                   "a word for each unit");
    _Static_assert(BM_SAY_MANY_WORKING_MINUTES - BM_SAY_MANY_MINUTES + 1 == BM_measure_COUNT,
                   "a word for each unit");
    bool hours = unit == BM_MEASURE_MINUTES && amount > 0 && amount % 60 == 0;
    if (hours) amount /= 60;
    enum bm_saying word = (amount == 1 ? BM_SAY_ONE_MINUTE : BM_SAY_MANY_MINUTES) + unit;
    if (hours) word = amount == 1 ? BM_SAY_ONE_HOUR : BM_SAY_MANY_HOURS;
    return put_together(
        page, (const char *const[]){bm_page_number(page, amount), " ", bm_page_say(page, word)}, 3);
}

void bm_page_heading(struct bm_page *page, const char *marks, const char *text) {
    bm_buf_printf(page->buf, "\n%s %s\n\n", marks, text);
}

void bm_page_bullet(struct bm_page *page, enum bm_saying saying, const char *text) {
    if (!*text) return;
    bm_buf_printf(page->buf, "- %s%s%s\n", bm_page_say(page, saying),
                  bm_page_say(page, BM_SAY_COLON), text);
}

void bm_page_table(struct bm_page *page, const enum bm_saying *columns) {
    size_t count = 0;
    for (; columns[count] != BM_SAY_COUNT; count++)
        bm_buf_printf(page->buf, "| %s ", bm_page_say(page, columns[count]));
    bm_buf_text(page->buf, "|\n");
    for (size_t i = 0; i < count; i++) bm_buf_text(page->buf, "|---");
    bm_buf_text(page->buf, "|\n");
}

void bm_page_cells(struct bm_page *page, const char *const *cells, size_t count) {
    for (size_t i = 0; i < count; i++)
        bm_buf_printf(page->buf, *cells[i] ? "| %s " : "| %s", cells[i]);
    bm_buf_text(page->buf, "|\n");
}
