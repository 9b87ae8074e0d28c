/* Inside of apply; only src/core/apply*.c include this. */
#ifndef BM_CORE_APPLYING_H
#define BM_CORE_APPLYING_H

#include "core/state.h"

void bm_set_text(char *to, size_t cap, const char *from);
#define BM_SET_TEXT(to, from) bm_set_text(to, sizeof(to), from)
void bm_set_bytes(struct bm_bytes *to, const struct bm_bytes *from);
/* An edit or commitment: raises the version and says by whom, when and what (of this command: several events of one
 * instant and actor add up). */
void bm_committed_by(struct bm_case *row, const struct bm_event *event, uint32_t what);

/* apply_matter.c */
void bm_apply_edition(struct bm_core *core, const struct bm_event *event);
/* The rating that waits, or waited, on a contact follows it: what was rated, its case and where that lies. */
void bm_apply_rating(struct bm_core *core, uint64_t contact);
/* An agency, or a matter, lies elsewhere: other additions to the calendar may hold there. */
void bm_apply_area_moved(struct bm_core *core, uint64_t agency, int64_t at_ms);
void bm_apply_matter_moved(struct bm_core *core, uint64_t matter, int64_t at_ms);
/* A case has ended: what it was opened out of may have waited for that, and goes on at its own turn, as a timer. */
void bm_apply_case_ended(struct bm_core *core, uint64_t case_id, int64_t at_ms);
/* apply_band.c */
void bm_apply_band(struct bm_core *core, const struct bm_event *event);
/* matter_set to rating_checked, and bands */
void bm_apply_matter(struct bm_core *core, const struct bm_event *event);

#endif
