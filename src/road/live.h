/* The metric of now: a profile's travel times with what is closed or slowed at this moment.
 *
 *   bm_live_set(closures of now) -> a new immutable metric, which the next questions take; those under way go on with theirs
 *
 * Only what follows from the arcs that weigh something else now is weighed anew, in a copy that was in force some changes
 * ago and is not used any more: what has changed since is written down and done there, too, so that nothing is copied
 * whole.  What comes out is byte for byte what bm_metric_closed makes, however often and in whatever order roads closed and
 * opened.
 *
 * One thread at a time sets; metrics may be released by any. */
#ifndef BM_ROAD_LIVE_H
#define BM_ROAD_LIVE_H

#include "road/road.h"

struct bm_live;

/* Nothing is closed yet.  Costs a whole metric, and a copy (bm_metric_new_on). */
struct bm_live *bm_live_new(const struct bm_road *road, enum bm_profile profile, const struct bm_parallel *parallel);
/* Metrics that others still hold stay valid while the roads do.  NULL is fine. */
void bm_live_free(struct bm_live *live);

/* Most closures at once; more are a defect of the caller. */
enum { BM_LIVE_CLOSURES_MAX = 65536 };

/* From now on just these are in force (points are copied).  Returns how many arcs weigh something else than before; with 0
 * the metric stays the same one.  O(closures + what changes); wide metrics (road.h) and the first change are made whole. */
size_t bm_live_set(struct bm_live *live, const struct bm_closed *closed, size_t count);

/* The metric in force, with a reference for the caller (bm_metric_unref). */
struct bm_metric *bm_live_metric(const struct bm_live *live);

/* The area of the arcs that weigh something else in `metric` than in `former`, the one in force just before it; false (and
 * nothing is set) when it is another one or not known. */
bool bm_live_changed_area(const struct bm_metric *metric, const struct bm_metric *former, struct bm_box *ret_area);

#endif
