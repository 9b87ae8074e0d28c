/* What can be reached within a time: from one spot, or from the nearest of many.
 *
 *   spots, a limit -> bm_reach_within, or several -> bm_reach_bands -> stretches of arcs, one after the other, as they are found
 *
 * The answer is exact: a place on an arc lies in one of its stretches if and only if bm_travel_ms from one of the spots
 * to it is within the limit.  Several stretches of one arc may come, in any order, and overlap: one from its tail on,
 * and one from each spot that stands on it; a place's time is the least that they give it.
 *
 * Algorithm: PHAST (Delling, Goldberg, Nowatzyk and Werneck 2013) on the customizable hierarchy (hierarchy.h): the spots'
 * times are carried up the ranks, then every rank takes the least over its ways up, from the top.  Ranks are a
 * post-order, so what hangs below a rank is left out as soon as no spot lies there and none of the ways that lead out of
 * it upwards ends at something reached: a short limit costs little in however large a network. */
#ifndef BM_ROAD_REACH_H
#define BM_ROAD_REACH_H

#include "road/road.h"

/* A stretch that can be driven within the time: of `arc`, in parts of 65535 from its tail. */
struct bm_reached {
    uint32_t arc;
    uint16_t from_part, to_part;  /* from < to; `to` is the largest that is still within the limit */
    int64_t enter_ms, leave_ms;   /* at from_part and at to_part */
    uint32_t band;                /* the first limit within which it is reached; 0 when there is one */
};
enum { BM_REACH_BANDS_MAX = 8 };
typedef void bm_reached_fn(void *context, const struct bm_reached *reached);

/* Work space of one thread for one road file: 12 bytes and a bit for each junction, 12 for each depth. */
struct bm_reach;
struct bm_reach *bm_reach_new(const struct bm_road *road);
void bm_reach_free(struct bm_reach *reach); /* NULL is fine */

/* Calls `each` for every stretch that is reached from one of the `count` spots within `within_ms` (0 or more; below 0
 * nothing is).  The same question gives the same stretches in the same order.  O(ways of the ranks looked at, and of
 * those above the spots); measured on New York from one spot: 4 minutes 0.2 ms, 12 minutes 1.2 ms,
 * the whole of it 23 ms. */
void bm_reach_within(struct bm_reach *reach, const struct bm_metric *metric, const struct bm_spot *from, size_t count,
                     int64_t within_ms, bm_reached_fn *each, void *context);
/* The same for `bands` limits at once (1..BM_REACH_BANDS_MAX, ascending): each stretch is cut where a limit is passed, at the
 * largest part that is still within it, and every piece told with its band. */
void bm_reach_bands(struct bm_reach *reach, const struct bm_metric *metric, const struct bm_spot *from, size_t count,
                    const int64_t *within_ms, size_t bands, bm_reached_fn *each, void *context);

#endif
