/* Cordons: the fewest road posts that cut a closed area off.
 *
 *   an area, a margin -> bm_cordon_find -> posts at junctions, what they stop, what lies inside
 *
 * A post stands at a junction outside the area and stops everything there, in either direction.  It may stand on the
 * rim (at a junction next to a road that the area touches) or beyond it, up to `margin_m` metres by road from the rim.
 * After the posts stand, no road leads from the area to anywhere farther away than that.  The number of posts is the
 * least possible, and of all smallest sets it is the one nearest to the area: whatever it encloses, every other
 * encloses too.
 *
 * Roads are those that the metric's profile lets be driven in at least one direction; a road leads in and out alike.  A
 * road that is closed now (in the metric) leads nowhere and needs no post, but within the area all roads of the profile
 * count: the area may be the very reason why they are closed.
 *
 * Algorithm: minimum vertex cut by blocking flows with unit capacities (Menger 1927; Dinic 1970), between the rim and
 * what is next to the margin's far side.  Integers decide: the same question has the same answer on every machine. */
#ifndef BM_ROAD_CORDON_H
#define BM_ROAD_CORDON_H

#include "road/road.h"

enum {
    BM_CORDON_POINTS_MAX = 32,      /* corners of a polygon */
    BM_CORDON_RADIUS_MAX_M = 50000,
    BM_CORDON_MARGIN_MAX_M = 10000,
    BM_CORDON_MARGIN_M = 500,       /* when nobody says otherwise */
    BM_CORDON_WITHIN_MAX_MS = 7200000,
};

enum bm_area_form { BM_AREA_DISC, BM_AREA_POLYGON, BM_AREA_DRIVE };
struct bm_area {
    enum bm_area_form form;
    struct bm_point point;         /* disc; taken as a polygon of 64 sides around it, at most 0.13 % wider */
    uint32_t radius_m;             /* 1..BM_CORDON_RADIUS_MAX_M */
    const struct bm_point *points; /* polygon: 3..BM_CORDON_POINTS_MAX, whose sides do not meet elsewhere */
    size_t count;
    struct bm_spot spot;           /* drive: what is reached from here ... */
    int64_t within_ms;             /* ... in this time, 0..BM_CORDON_WITHIN_MAX_MS (reach.h) */
};

struct bm_post {
    uint32_t junction;
    struct bm_point point;
    size_t first, count; /* in `stopped` */
};
struct bm_cordon {
    struct bm_post *posts;     /* ascending by junction; owned */
    size_t count;              /* the value of the cut; 0: no road leads farther away than the margin */
    uint32_t *stopped;         /* arcs that lead from a post inwards, driven there or only back; owned */
    size_t stopped_count;
    uint32_t *edges;           /* within the cordon, ascending: each touched by the area, or cut off with it; owned */
    size_t edge_count;
    uint32_t junctions;        /* within the cordon, posts not counted */
    double length_m;           /* of all these edges */
    struct bm_point *outline;  /* of a disc or polygon: the corners of the area; owned, NULL for a drive */
    size_t outline_count;
    bool edge_of_map;          /* the area reaches over the edge of the map: roads that lead in there are not known */
};

/* BM_OUT_OF_RANGE: a number or a corner outside what is written above, with its field ("around", "radius_m", "polygon",
 * "minutes", "margin_m"); BM_NOT_POSSIBLE: no road is in the area, or none outside.  O(edges + junctions near x posts), and some
 * bytes for every junction and edge while it works. */
BM_MUST_USE enum bm_code bm_cordon_find(const struct bm_metric *metric, const struct bm_area *area, uint32_t margin_m,
                                        struct bm_cordon *ret_cordon, struct bm_fault *fault);
void bm_cordon_free(struct bm_cordon *cordon);

/* The names of the roads that meet at a junction, each once, in the order of its arcs; at most `cap`, how many is
 * returned.  They live as long as the roads. */
size_t bm_junction_names(const struct bm_metric *metric, uint32_t junction, const char **ret_names, size_t cap);

#endif
