/* Where a search stands: the nodes between which arcs and turns lead.
 *
 * A junction without rules for turning is one node: every arc ends there, every arc starts there.
 * Where some turn costs something, only as many nodes are made as the rules tell apart (not one per
 * arc):
 *
 *      arcs that end here                                     arcs that start here
 *   a (bound by a rule) ---- a node of its own ---(turn)----> a node of its own, if a rule names it
 * ---- b |                                ^
 *                                    '-----(turn)--> the rest's node -)---- all others
 *   all others ------------- the junction's node ---(turn)----^-------'
 *
 * So each arc has one node where it starts and one where it ends, and what it costs to turn from a
 * to b is what the turns between them weigh.  Turning back is a turn like any other.  Pure; made at import, and again from the
 * rules when a file is opened. */
#ifndef BM_ROAD_NODES_H
#define BM_ROAD_NODES_H

#include "road/road.h"

/* A turn between two nodes of one junction. */
struct bm_turn_arc {
    uint32_t from, to;
    uint32_t weight[BM_profile_COUNT]; /* may be 0; BM_ROAD_INFINITE: not allowed */
    uint32_t way;                      /* as arc_ways of the hierarchy, once it is known */
};

/* Rules as they stand in the file. */
struct bm_stored_turn {
    uint32_t from_arc, to_arc, only;
    uint32_t weight[BM_profile_COUNT];
};

struct bm_nodes {
    uint32_t count;
    uint32_t *junctions;     /* per node */
    uint32_t *starts, *ends; /* per arc */
    struct bm_turn_arc *turns;
    size_t turn_count, turn_cap;
};

/* Most arcs that leave a junction where a rule holds, and most rules that bind one arc: far more than
 * any crossing has, and so few that a small file cannot ask for much time and memory (turns are
 * made for pairs of arcs). */
enum { BM_RULED_ARCS_MAX = 256, BM_ARC_RULES_MAX = 512 };

/* `tails` per arc, `out_first` and `out` as in the file (road/file.h).  Every rule's arcs meet.
 * False, and nothing is made, when one of these maxima is passed. */
struct bm_out_arc;
BM_MUST_USE bool bm_nodes_make(uint32_t junctions, uint32_t edges, const uint32_t *tails,
                               const uint32_t *out_first, const struct bm_out_arc *out,
                               const struct bm_stored_turn *turns, size_t turn_count,
                               struct bm_nodes *ret_nodes);
void bm_nodes_free(struct bm_nodes *nodes);
/* Calls every node by its rank from now on; ranks are a permutation. */
void bm_nodes_rank(struct bm_nodes *nodes, uint32_t edges, const uint32_t *ranks);

/* What it costs under each profile to turn from one arc into another, by `count` rules that all
 * bind `from_arc`: of several rules the strictest; BM_ROAD_INFINITE: not allowed. */
void bm_turn_cost(const struct bm_stored_turn *rules, size_t count, uint32_t to_arc,
                  uint32_t ret_weight[BM_profile_COUNT]);

#endif
