#include "api/shelf.h"

#include <pthread.h>
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"

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

struct finding {
    const char *name;
    uint64_t edition; /* 0: none */
};

static bool is_named(void *context, const void *record) {
    struct finding *finding = context;
    const struct bm_edition *row = record;
    bool is = row->kind == BM_EDITION_PROCEDURE && row->current && strcmp(row->name, finding->name) == 0;
    if (is) finding->edition = row->id.v;
    return !is;
}

static const struct bm_procedure *find_procedure(void *context, const char *name) {
    struct bm_shelf_search *search = context;
    struct bm_query query = {.table = BM_T_EDITION, .open_only = true};
    struct finding finding = {.name = name};
    const struct bm_track *track;
    if (search->code) return NULL;
    search->code = bm_reader_records(search->reader, &query, is_named, &finding, search->fault);
    if (search->code || !finding.edition) return NULL;
    search->code = bm_shelf_track(search->shelf, search->reader, finding.edition, &track, search->fault);
    return search->code ? NULL : bm_track_procedure(track);
}

struct bm_procedures bm_shelf_procedures(struct bm_shelf_search *search) {
    return (struct bm_procedures){find_procedure, search};
}

/* Copies, for the reader's rows last no longer than a look. */
struct gathering {
    struct bm_edition rows[BM_EDITION_NAMES_MAX + BM_ADDITIONS_MAX];
    size_t count;
};

static bool take(void *context, const void *record) {
    struct gathering *gathering = context;
    const struct bm_edition *row = record;
    if (row->kind != BM_EDITION_CALENDAR || !row->current) return true;
    BM_CHECK(gathering->count < BM_EDITION_NAMES_MAX + BM_ADDITIONS_MAX); /* more are not published */
    struct bm_edition *kept = &gathering->rows[gathering->count++];
    *kept = *row;
    kept->content = bm_bytes_copy(row->content.bytes, row->content.len);
    return true;
}

enum bm_code bm_shelf_calendars(struct bm_shelf *shelf, struct bm_reader *reader, const struct bm_above *above,
                                struct bm_calendars_in *ret_in, struct bm_fault *fault) {
    struct bm_query query = {.table = BM_T_EDITION, .open_only = true};
    struct gathering *gathering = bm_alloc_zero(1, sizeof *gathering);
    const struct bm_edition *editions[BM_EDITION_NAMES_MAX + BM_ADDITIONS_MAX];
    enum bm_code code = bm_reader_records(reader, &query, take, gathering, fault);
    for (size_t i = 0; i < gathering->count; i++) editions[i] = &gathering->rows[i];
    if (!code) {
        pthread_mutex_lock(&shelf->lock);
        code = bm_calendars_in(shelf->library, editions, gathering->count, above, ret_in, fault);
        pthread_mutex_unlock(&shelf->lock);
    }
    for (size_t i = 0; i < gathering->count; i++) bm_bytes_free(&gathering->rows[i].content);
    bm_free(gathering);
    return code;
}
