/* What an OpenStreetMap file says of addresses, in memory.  Private to the address index. */
#ifndef BM_IMPORT_ADDRESS_BOOK_H
#define BM_IMPORT_ADDRESS_BOOK_H

#include "geo/point.h"
#include "import/roads.h"

#define BM_BOOK_NONE UINT32_MAX

/* A named way of a street. */
struct bm_book_way {
    uint32_t name;    /* text */
    uint32_t name_en; /* text; 0: "" */
    uint32_t others;  /* text: further names, one a line */
    uint64_t refs;    /* first of `ref_count` in `refs` */
    uint32_t ref_count;
};
/* A house or a place. */
struct bm_book_thing {
    uint32_t name, name_en, others; /* place: its names */
    uint32_t detail;                /* place: what it is */
    uint32_t street, number;        /* house; 0: it is none */
    struct bm_point point;
    bool is_place;
    bool is_quarter; /* a town or a part of one: what other entries' details name */
};

struct bm_book {
    char *texts; /* text 0 is "" */
    size_t texts_len, texts_cap;
    struct bm_book_way *ways;
    size_t way_count, way_cap;
    struct bm_book_thing *things;
    size_t thing_count, thing_cap;
    int64_t *refs; /* node numbers: index into `points`; -1: missing */
    size_t ref_count, ref_cap;
    struct bm_point *points;
    size_t point_count;
    uint64_t houses_without_street;
};

BM_MUST_USE enum bm_code bm_book_read(const char *path, const struct bm_tell *tell,
                                      struct bm_book *ret_book, struct bm_fault *fault);
void bm_book_free(struct bm_book *book);
static inline const char *bm_book_text(const struct bm_book *book, uint32_t text) {
    return book->texts + text;
}
/* Adds a text; 0 for "" and NULL.  Cut at 250 bytes, at a character. */
uint32_t bm_book_add_text(struct bm_book *book, const char *text);

#endif
