/* Questions about the ground: who is free where, what they reach, and who is nearest to a post.  Any thread; with what is closed
 * now. */
#ifndef BM_DISPATCH_GROUND_H
#define BM_DISPATCH_GROUND_H

#include "dispatch/dispatch.h"
#include "road/reach.h"

/* A unit that could be sent: on duty, on no assignment, and somewhere. */
struct bm_free_unit {
    struct bm_unit row;
    struct bm_point point; /* its position while that is fresh, else its station */
    int64_t at_ms;         /* of the position; BM_AT_NONE: at the station */
};
/* Those with the capability (NULL: any) of which `may` says so, by id; into `ret_units` (bm_free), how many is returned. */
size_t bm_dispatch_free_units(struct bm_dispatch *dispatch, const char *capability, int64_t now_ms,
                              bool (*may)(void *context, const struct bm_unit *unit), void *context,
                              struct bm_free_unit **ret_units);

/* What is reached under a profile from the nearest of `count` points within each of `bands` limits: every stretch to `each`, as
 * bm_reach_bands tells them.  Points farther than BM_OFF_ROAD_M from any road reach nothing; returns how many are nearer. */
size_t bm_dispatch_reach(struct bm_dispatch *dispatch, enum bm_profile profile, const struct bm_point *points, size_t count,
                         const int64_t *within_ms, size_t bands, bm_reached_fn *each, void *context);

/* For each of `place_count` points the unit that is there first by road, as an index into `units`, and its time; UINT32_MAX where
 * nobody comes by road.  Units go by the profile of their kind, vehicles by the one asked for. */
struct bm_first_there {
    uint32_t unit;
    int64_t travel_ms;
};
void bm_dispatch_first_there(struct bm_dispatch *dispatch, enum bm_profile profile, const struct bm_free_unit *units,
                             size_t unit_count, const struct bm_point *places, size_t place_count,
                             struct bm_first_there *ret_first);

/* Milliseconds from every unit to every place (units x places), by road where both are on it, else by straight line; `ret_by_road`
 * says which, BM_TRAVEL_NONE where there are roads at both ends and no way between them. */
void bm_dispatch_times(struct bm_dispatch *dispatch, enum bm_profile profile, const struct bm_free_unit *units, size_t unit_count,
                       const struct bm_point *places, size_t place_count, int64_t *ret_ms, bool *ret_by_road);

#endif
