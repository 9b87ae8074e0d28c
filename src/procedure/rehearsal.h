/* Rehearsals: the examples of a procedure, played under a clock that is set by hand.
 *
 * Each example opens a matter, lets time pass - whatever comes due meanwhile happens, in order - and does its steps; after
 * each, the states that it names must be active.  Together they must take every row: check 31 is that they pass, check 32
 * that no row is left out (check.h). */
#ifndef BM_PROCEDURE_REHEARSAL_H
#define BM_PROCEDURE_REHEARSAL_H

#include "procedure/course.h"

/* Adds a finding for every example that does not go as it says (with the step's place and what happened instead), and one
 * for every row that no example takes.  Faults are those of bm_track_make. */
BM_MUST_USE enum bm_code bm_rehearse(const struct bm_procedure *procedure, const struct bm_calendar *const *calendars,
                                     size_t calendar_count, struct bm_findings *findings, struct bm_fault *fault);

#endif
