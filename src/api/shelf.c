#include "api/shelf.h"

#include <pthread.h>

#include "base/alloc.h"

struct bm_shelf {
    pthread_mutex_t lock; /* a library belongs to one thread at a time */
    struct bm_library *library;
};

struct bm_shelf *bm_shelf_new(void) {
    struct bm_shelf *shelf = bm_alloc_zero(1, sizeof *shelf);
    pthread_mutex_init(&shelf->lock, NULL);
    shelf->library = bm_library_new();
    return shelf;
}

void bm_shelf_free(struct bm_shelf *shelf) {
    if (!shelf) return;
    bm_library_free(shelf->library);
    pthread_mutex_destroy(&shelf->lock);
    bm_free(shelf);
}

enum bm_code bm_shelf_track(struct bm_shelf *shelf, struct bm_reader *reader, uint64_t edition,
                            const struct bm_track **ret_track, struct bm_fault *fault) {
    struct bm_edition row;
    enum bm_code code = bm_reader_get(reader, BM_T_EDITION, edition, &row, fault);
    if (code) return code;
    pthread_mutex_lock(&shelf->lock);
    code = bm_library_track(shelf->library, row.hash, row.content.bytes, row.content.len, ret_track, fault);
    pthread_mutex_unlock(&shelf->lock);
    bm_shape_release(bm_table_shape(BM_T_EDITION), &row);
    return code;
}

struct gathering {
    struct bm_shelf *shelf;
    struct bm_almanac *almanac;
    struct bm_fault *fault;
    enum bm_code code;
};

static bool take(void *context, const void *record) {
    struct gathering *gathering = context;
    const struct bm_edition *row = record;
    struct bm_almanac *almanac = gathering->almanac;
    if (row->kind != BM_EDITION_CALENDAR || almanac->count == BM_SHELF_CALENDARS_MAX) return true;
    pthread_mutex_lock(&gathering->shelf->lock);
    gathering->code = bm_library_calendar(gathering->shelf->library, row->hash, row->content.bytes, row->content.len,
                                          &almanac->calendars[almanac->count], gathering->fault);
    pthread_mutex_unlock(&gathering->shelf->lock);
    if (!gathering->code) almanac->count++;
    return !gathering->code;
}

enum bm_code bm_shelf_almanac(struct bm_shelf *shelf, struct bm_reader *reader, struct bm_almanac *almanac,
                              struct bm_fault *fault) {
    struct bm_query query = {.table = BM_T_EDITION, .open_only = true};
    almanac->count = 0;
    struct gathering gathering = {shelf, almanac, fault, BM_OK};
    enum bm_code code = bm_reader_records(reader, &query, take, &gathering, fault);
    return code ? code : gathering.code;
}
