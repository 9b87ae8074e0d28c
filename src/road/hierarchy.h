/* The hierarchy: nodes (road/nodes.h) put into an order (order.h), and for each the ways up from it
 * that arise when all below it are taken out one after the other.  It depends on who is joined to
 * whom and on no travel time, so it is made once and stored; a metric (metric.h) gives its ways
 * their weights.
 *
 * Every way up leads to an ancestor in the elimination tree, so it is named by the ancestor's depth
 * alone, and all that a question knows fits into one array by depth.  Ranks are a post-order of the
 * tree: whatever hangs below r are the ranks just before it.
 *
 * Sources: Dibbelt, Strasser and Wagner 2014 (customizable contraction hierarchies); Liu 1990
 * (elimination trees). */
#ifndef BM_ROAD_HIERARCHY_H
#define BM_ROAD_HIERARCHY_H

#include "base/code.h"
#include "geo/point.h"
#include "road/nodes.h"

/* Most ways up of one file, and most depths; networks of roads stay far below. */
#define BM_WAYS_MAX (UINT32_C(1) << 30)
enum { BM_HEIGHT_MAX = 65536 };
#define BM_RANK_NONE UINT32_MAX
#define BM_WAY_NONE UINT32_MAX

/* A way that ends at a rank from below; the rest of its tail's ways (up to `end`) lead on beyond
 * it. */
struct bm_below {
    uint32_t way, end;
};

/* Ways of one rank that lead to `count` ancestors one above the other, the nearest at `depth`. */
struct bm_run {
    uint16_t depth, count;
};

/* What leads over a way by itself: an arc, or a turn (then `arc` is the number of arcs + the turn).
 */
struct bm_entry {
    uint32_t way, arc; /* way: as arc_ways */
};

struct bm_hierarchy {
    uint32_t nodes, ways, height, turn_count;
    /* Mapped, or in the making. */
    const uint32_t *ranks;    /* per node */
    const uint32_t *parents;  /* per rank, BM_RANK_NONE: a root */
    const uint32_t *first;    /* per rank, and the end: into `to_depth` */
    const uint16_t *to_depth; /* per way: nearest ancestor first, so they fall within a rank */
    const uint32_t *arc_ways; /* per arc: 2 x way, + 1 when it leads down; BM_WAY_NONE: a loop */
    /* Made when it is opened: from the rules for turning... */
    struct bm_nodes by_rank; /* junctions per rank, starts and ends as ranks, turns with ways */
    const uint32_t *junctions, *starts, *ends; /* of by_rank */
    const struct bm_turn_arc *turns;
    /* ...and from what is mapped. */
    uint16_t *depths;    /* per rank: 0 at a root */
    uint32_t *lowest;    /* per rank: the first of those that hang on it, itself included */
    uint32_t *run_first; /* per rank, and the end: into `runs`, which are its ways in their order */
    struct bm_run *runs;
    uint32_t *below_first;
    struct bm_below *below;   /* ascending by tail */
    uint32_t *entry_first;    /* per rank, and the end: into `entries` */
    struct bm_entry *entries; /* of the rank at the lower end */
};

/* Checks what is mapped and makes the rest; NULL, or the name of the section that holds an
 * impossible number (then nothing is kept).  `nodes` are those of the roads, called by numbers of
 * their own; taken over in either case. */
const char *bm_hierarchy_open(struct bm_hierarchy *hierarchy, struct bm_nodes *nodes,
                              uint32_t edges);
void bm_hierarchy_close(struct bm_hierarchy *hierarchy);

/* Of the ways `begin` to `end` of one rank the one to `depth`, or BM_WAY_NONE. */
static inline uint32_t bm_way_to(const uint16_t *to_depth, uint32_t begin, uint32_t end,
                                 uint32_t depth) {
    uint32_t stop = end;
    while (begin < end) {
        uint32_t middle = begin + (end - begin) / 2;
        if (to_depth[middle] > depth)
            begin = middle + 1;
        else
            end = middle;
    }
    return begin < stop && to_depth[begin] == depth ? begin : BM_WAY_NONE;
}

/* The lowest rank of an edge: its other nodes are ancestors of it. */
static inline uint32_t bm_edge_lowest(const struct bm_hierarchy *hierarchy, uint32_t edge) {
    const uint32_t *starts = &hierarchy->starts[2 * (size_t)edge];
    const uint32_t *ends = &hierarchy->ends[2 * (size_t)edge];
    uint32_t start = starts[0] < starts[1] ? starts[0] : starts[1];
    uint32_t end = ends[0] < ends[1] ? ends[0] : ends[1];
    return start < end ? start : end;
}

/* The rank to which a way belongs. */
static inline uint32_t bm_way_tail(const struct bm_hierarchy *hierarchy, uint32_t way) {
    uint32_t low = 0, high = hierarchy->nodes;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (hierarchy->first[middle] <= way)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* --- in the making ---------------------------------------------------------------------------- */

struct bm_hierarchy_made {
    uint32_t ways;
    uint32_t *ranks; /* per node */
    uint32_t *parents, *first;
    uint16_t *to_depth, *depths; /* depths per rank */
};
/* `links`: pairs of nodes between which a way must be.  BM_OUT_OF_RANGE: too many ways or depths,
 * which no network of roads has. */
BM_MUST_USE enum bm_code bm_hierarchy_make(const struct bm_point *points, uint32_t nodes,
                                           const uint32_t *links, uint32_t link_count,
                                           struct bm_hierarchy_made *ret_made,
                                           struct bm_fault *fault);
/* As arc_ways says it: the way between two ranks. */
uint32_t bm_hierarchy_made_way(const struct bm_hierarchy_made *made, uint32_t from, uint32_t to);
void bm_hierarchy_made_free(struct bm_hierarchy_made *made);

#endif
