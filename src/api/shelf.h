/* The api's own library of procedures and calendars: what the records' editions say, made ready for questions.  Asked from
 * any thread; what it gives lives as long as the api. */
#ifndef BM_API_SHELF_H
#define BM_API_SHELF_H

#include "journal/journal.h"
#include "procedure/course.h"
#include "procedure/library.h"

struct bm_shelf;
struct bm_shelf *bm_shelf_new(void);
void bm_shelf_free(struct bm_shelf *shelf); /* NULL is fine */

BM_MUST_USE enum bm_code bm_shelf_track(struct bm_shelf *shelf, struct bm_reader *reader, uint64_t edition,
                                        const struct bm_track **ret_track, struct bm_fault *fault);

/* The calendars in force as of the reader's transaction. */
enum { BM_SHELF_CALENDARS_MAX = 64 };
struct bm_almanac {
    const struct bm_calendar *calendars[BM_SHELF_CALENDARS_MAX];
    size_t count;
};
BM_MUST_USE enum bm_code bm_shelf_almanac(struct bm_shelf *shelf, struct bm_reader *reader, struct bm_almanac *ret_almanac,
                                          struct bm_fault *fault);

#endif
