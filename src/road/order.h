/* In which order junctions are put into the hierarchy: nested dissection.
 *
 * First everything with at most two neighbours goes, in rounds of junctions that are no neighbours of each other, so
 * that a chain of k is log k high; then the rest is cut in two by as few junctions as possible, which go to the top, and
 * each side again.  Cuts are found by inertial flow: of the junctions sorted along a direction the first part is the
 * source and the last the sink of a flow in which every junction lets one unit pass; its minimum cut is a separator.
 * Small cells are put in order by least fill.
 * Sources: George 1973 (nested dissection); Schild and Sommer 2015 (inertial flow); Dinic 1970; Menger 1927.
 *
 * Integers only: the same graph gives the same order on every machine. */
#ifndef BM_ROAD_ORDER_H
#define BM_ROAD_ORDER_H

#include "geo/point.h"

/* Undirected neighbours: those of v are heads[first[v]] and on, `count[v]` of them, each once, never v. */
struct bm_neighbours {
    uint32_t nodes;
    uint32_t *first;
    uint32_t *count;
    uint32_t *heads;
};

/* The junctions in the order in which they are put in, into `ret_order` (graph->nodes of them).  Uses `graph` up.
 * Cost: New York (264,346 junctions) some seconds. */
void bm_road_order(struct bm_neighbours *graph, const struct bm_point *points, uint32_t *ret_order);

/* --- parts of it, known to order*.c ----------------------------------------------------------- */

/* A cell of the graph with numbers of its own, connected. */
struct bm_cell {
    uint32_t nodes;
    uint32_t *first; /* nodes + 1 */
    uint32_t *heads;
};

/* What the flow on a cell needs; the arrays are as long as the largest cell. */
struct bm_flow {
    uint8_t *sides; /* bm_flow_side */
    uint8_t *carries;
    uint32_t *next, *before; /* along the flow, of those that carry some */
    uint32_t *level;         /* 2 per node: entering it, leaving it */
    uint32_t *at;            /* per node: neighbour at which the walk goes on */
    uint32_t *queue;         /* 2 per node */
};
enum bm_flow_side { BM_FLOW_BETWEEN, BM_FLOW_SOURCE, BM_FLOW_SINK };
enum bm_cut_side { BM_CUT_FIRST, BM_CUT_SECOND, BM_CUT_SEPARATOR };

struct bm_cut {
    uint32_t first, second, separator; /* how many */
};

struct bm_flow bm_flow_make(uint32_t nodes);
void bm_flow_free(struct bm_flow *flow);
/* The smallest separator between the sources and the sinks marked in flow->sides: of the one nearest to the sources and
 * the one nearest to the sinks the better balanced.  Fills `ret_sides` with bm_cut_side.  False when it has more than
 * `most` junctions. */
bool bm_flow_cut(struct bm_flow *flow, const struct bm_cell *cell, uint32_t most, uint8_t *ret_sides,
                 struct bm_cut *ret_cut);
/* The same, however large, and always the one nearest to the sources: its first side lies within that of every other
 * smallest separator. */
struct bm_cut bm_flow_cut_near(struct bm_flow *flow, const struct bm_cell *cell, uint8_t *ret_sides);

/* Most junctions of a cell that is put in order by least fill. */
enum { BM_LEAF_MOST = 32 };
/* Puts `nodes` (at most BM_LEAF_MOST) in order by least fill; all their other neighbours stand above them. */
void bm_order_leaf(const struct bm_neighbours *graph, uint32_t *nodes, uint32_t count);

#endif
