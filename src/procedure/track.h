/* A track: a procedure made ready to run.
 *
 *   struct bm_procedure --bm_track_make--> chart (chart.h) + which of its states and transitions are what
 *
 * The chart has one root, below it a parallel state with the procedure's regions side by side, and in each region its states.
 * Every row of the procedure is a transition; its guard's number is the row's place and 1, so the kernel asks whoever walks
 * the track (course.h).  A row that goes back to where its target was last gets a deep history in that target.
 *
 * Immutable; several threads may use one.  It keeps the procedure, which must outlive it. */
#ifndef BM_PROCEDURE_TRACK_H
#define BM_PROCEDURE_TRACK_H

#include "chart/chart.h"
#include "procedure/procedure.h"

struct bm_track;

enum { BM_TRACK_PAUSES_MAX = 8 }; /* rows of a clock's pause_in */

/* The event by which a closed matter is opened again; no procedure can have one of this name. */
#define BM_TRACK_REOPEN "desk:reopen"

/* BM_BAD_FORMAT, naming the state and the mend, for a procedure that is no chart: more than BM_CHART_STATES_MAX states with
 * what the track adds, a row without effect that would be taken for ever,
 * more pauses of a clock than BM_TRACK_PAUSES_MAX.  The track is the caller's. */
BM_MUST_USE enum bm_code bm_track_make(const struct bm_procedure *procedure, struct bm_track **ret_track,
                                       struct bm_fault *fault);
void bm_track_free(struct bm_track *track); /* NULL is fine */

const struct bm_procedure *bm_track_procedure(const struct bm_track *track);
const struct bm_chart *bm_track_chart(const struct bm_track *track);
/* The chart's state for one of the procedure. */
uint32_t bm_track_state(const struct bm_track *track, uint16_t state);
/* The procedure's state for one of the chart; BM_NO_INDEX for what the track added. */
uint16_t bm_track_state_of(const struct bm_track *track, uint32_t chart_state);
/* The procedure's row for a transition of the chart; BM_NO_INDEX for a history's first time and for reopening. */
uint16_t bm_track_row_of(const struct bm_track *track, uint32_t transition);

#endif
