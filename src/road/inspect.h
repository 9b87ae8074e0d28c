/* What is odd about a roads file, so that whoever made it can mend it before somebody waits at the end of a one-way
 * street: islands, speeds, one-ways, lengths, doubles, turns.  Everything that is found is told with a place.
 *
 * Serious is what makes answers wrong or missing for more than a corner: an island of cars that snapping does not pass
 * over, a speed that no such traveller has, a junction that several roads lead to and no emergency vehicle gets away from (a single
 * one may end where an extract was cut), a turn restriction that leaves no way on.  The rest is worth a look. */
#ifndef BM_ROAD_INSPECT_H
#define BM_ROAD_INSPECT_H

#include "road/road.h"

enum bm_finding_kind {
    BM_FOUND_ISLAND,   /* junctions that are not joined to the largest part of the network both ways */
    BM_FOUND_CLOSED,   /* an edge on which nobody may go in either direction: it has no usable speed */
    BM_FOUND_SLOW,     /* an edge of at least BM_INSPECT_LEAST_M slower than 1 km/h */
    BM_FOUND_FAST,     /* faster than 200 km/h; on foot, than 20 */
    BM_FOUND_TRAP,     /* a junction that can be entered and not left */
    BM_FOUND_SOURCE,   /* a junction that can be left and not entered */
    BM_FOUND_FLIP,     /* a road whose one-way turns round at a junction, under one name */
    BM_FOUND_NO_LENGTH,/* a road with a name and no length; gates have none of either */
    BM_FOUND_TWICE,    /* an edge that lies exactly on another between the same junctions */
    BM_FOUND_NO_TURN,  /* an arc after which turn restrictions leave no way on but back */
    BM_finding_kind_COUNT
};
/* "island", "closed", "slow", "fast", "trap", "source", "flip", "no_length", "twice", "no_turn". */
extern const char *const bm_finding_kind_names[BM_finding_kind_COUNT];

enum bm_island_ends { BM_ISLAND_CUT_OFF, BM_ISLAND_NO_WAY_OUT, BM_ISLAND_NO_WAY_IN, BM_ISLAND_PASSED };
/* "cut_off", "no_way_out", "no_way_in", "passed" (one comes in and gets out, but not back). */
extern const char *const bm_island_ends_names[4];

enum { BM_INSPECT_LEAST_M = 20, BM_INSPECT_EDGES = 3 };

struct bm_finding {
    enum bm_finding_kind kind;
    bool serious;
    enum bm_profile profile; /* that it holds for */
    struct bm_point point;
    uint32_t edges[BM_INSPECT_EDGES]; /* of it, or there; of an island such with different names */
    uint32_t edge_count;              /* at least 1 */
    uint32_t junctions;               /* of an island */
    enum bm_island_ends ends;         /* of an island */
    double kmh;                       /* slow, fast */
};
/* Calls `each` with everything found, kind by kind in the order above.  O(edges + junctions x degree^2); 40 bytes a
 * junction of its own while it works. */
void bm_road_inspect(const struct bm_road *road, void (*each)(void *context, const struct bm_finding *finding),
                     void *context);

#endif
