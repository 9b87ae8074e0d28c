/* Inside of apply; only src/core/apply*.c include this. */
#ifndef BM_CORE_APPLYING_H
#define BM_CORE_APPLYING_H

#include "core/state.h"

/* One more; at its last number a count stands still, for one that began anew at 0 would say that nothing had happened. */
static inline void bm_count_up(uint32_t *count) {
    if (*count < UINT32_MAX) ++*count;
}
void bm_set_text(char *to, size_t cap, const char *from);
#define BM_SET_TEXT(to, from) bm_set_text(to, sizeof(to), from)
void bm_set_bytes(struct bm_bytes *to, const struct bm_bytes *from);
/* An edit or commitment: raises the version and says by whom, when and what (of this command: several events of one
 * instant and actor add up). */
void bm_committed_by(struct bm_case *row, const struct bm_event *event, uint32_t what);

/* The record under `id`, made when it is new. */
void *bm_apply_ensure(struct bm_core *core, enum bm_table_kind table, uint64_t id);

/* apply_shift.c: desk positions, stints of duty, hand-over, duty levels */
void bm_apply_shift(struct bm_core *core, const struct bm_event *event);

/* The record under `id`, made when it is new (apply.c). */
void *bm_apply_ensure(struct bm_core *core, enum bm_table_kind table, uint64_t id);

/* apply_house.c: agency_set, place_set, area_set */
void bm_apply_house(struct bm_core *core, const struct bm_event *event);

/* apply_matter.c */
void bm_apply_edition(struct bm_core *core, const struct bm_event *event);
/* The rating that waits, or waited, on a contact follows it: what was rated, its case and where that lies. */
void bm_apply_rating(struct bm_core *core, uint64_t contact);
/* An agency, or a matter, lies elsewhere: other additions to the calendar may hold there. */
void bm_apply_area_moved(struct bm_core *core, uint64_t agency, int64_t at_ms);
void bm_apply_matter_moved(struct bm_core *core, uint64_t matter, int64_t at_ms);
/* A case has ended: what it was opened out of may have waited for that, and goes on at its own turn, as a timer. */
void bm_apply_case_ended(struct bm_core *core, uint64_t case_id, int64_t at_ms);
/* contact_called to called_again (apply_call.c) */
void bm_apply_call(struct bm_core *core, const struct bm_event *event);
/* device_set to duress_archived (apply_safety.c). */
void bm_apply_safety(struct bm_core *core, const struct bm_event *event);
/* A unit lies in another area: what is its own goes with it. */
void bm_apply_unit_moved(struct bm_core *core, uint64_t unit, struct bm_agency_id to);
/* apply_band.c */
void bm_apply_band(struct bm_core *core, const struct bm_event *event);
/* matter_set to rating_checked */
void bm_apply_matter(struct bm_core *core, const struct bm_event *event);
/* apply_paper.c: assignment_entered, paper_entered, location_consent */
void bm_apply_paper(struct bm_core *core, const struct bm_event *event);

/* apply_alert.c: alert_channel_set to alert_secret_set */
void bm_apply_alert(struct bm_core *core, const struct bm_event *event);

#endif
