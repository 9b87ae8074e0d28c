/* The api's own library of procedures and calendars: what the records' editions say, made ready for questions.  Asked from
 * any thread; what it gives lives as long as the api. */
#ifndef BM_API_SHELF_H
#define BM_API_SHELF_H

#include "core/calendars.h"
#include "core/spares.h"
#include "journal/journal.h"
#include "procedure/course.h"
#include "procedure/library.h"

struct bm_shelf;
struct bm_shelf *bm_shelf_new(void);
void bm_shelf_free(struct bm_shelf *shelf); /* NULL is fine */

BM_MUST_USE enum bm_code bm_shelf_track(struct bm_shelf *shelf, struct bm_reader *reader, uint64_t edition,
                                        const struct bm_track **ret_track, struct bm_fault *fault);

/* The procedures in force, by name, for core/spares.h; `search` must outlive it. */
struct bm_shelf_search {
    struct bm_shelf *shelf;
    struct bm_reader *reader;
    struct bm_fault *fault;
    enum bm_code code; /* the first thing that went wrong; what was found then counts for nothing */
};
struct bm_procedures bm_shelf_procedures(struct bm_shelf_search *search);

/* The calendars in force in an area as of the reader's transaction (core/calendars.h). */
BM_MUST_USE enum bm_code bm_shelf_calendars(struct bm_shelf *shelf, struct bm_reader *reader, const struct bm_above *above,
                                            struct bm_calendars_in *ret_in, struct bm_fault *fault);

#endif
