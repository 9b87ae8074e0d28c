/* Ways over shared nodes into junctions and edges, whoever drew them (OpenStreetMap, GeoJSON):
 * nodes and ways are kept in whatever order they come; then ways are cut at junctions: ends, nodes
 * that two ways share or one passes twice, and barriers.
 *
 *   bm_net_node, bm_net_way (any number, any order)  ->  bm_net_resolve  [-> bm_net_join]  ->
 * bm_net_cut
 *
 * Memory: 40 bytes a node, 64 a way, 8 a reference, 12 an edge, and names; growing by half, so that
 * one list may stand twice for a moment. */
#ifndef BM_IMPORT_NET_H
#define BM_IMPORT_NET_H

#include "import/roads.h"
#include "import/way.h"

/* More references than any city or country has; a whole planet's roads have about 3e9. */
#define BM_NET_REFERENCES_MAX UINT64_C(4000000000)
#define BM_NET_NONE UINT32_MAX

struct bm_net_node {
    int64_t id;
    struct bm_point point;
    uint32_t junction; /* number in the builder; BM_NET_NONE: not made yet */
    uint8_t uses;      /* by road ways, up to 2 */
    uint8_t barrier;   /* enum bm_barrier for cars ... */
    uint8_t on_foot;   /* ... and for those who walk */
    bool signal;
    bool is_end;
};

struct bm_net_way {
    int64_t id;
    uint64_t ref_first;
    uint32_t ref_count;
    uint32_t edge_first, edge_count; /* in `edges` */
    size_t name;                     /* offset in `names` */
    struct bm_way rules;
};

struct bm_net_edge {
    uint32_t number;        /* in the builder */
    uint32_t first, second; /* nodes */
};

struct bm_net {
    struct bm_road_build *build;
    struct bm_road_counts counts;
    struct bm_net_node *nodes;
    size_t node_count, node_cap;
    struct bm_net_way *ways;
    size_t way_count, way_cap;
    int64_t *refs; /* ids, later indexes into nodes (-1: missing) */
    size_t ref_count, ref_cap;
    struct bm_net_edge *edges;
    size_t edge_count, edge_cap;
    char *names;
    size_t names_len, names_cap;
    struct bm_point *points; /* of the edge being made */
    size_t point_cap;
};
void bm_net_free(struct bm_net *net);

/* A list with room for `need` items of `size` bytes. */
void *bm_net_room(void *list, size_t need, size_t *cap, size_t size);

/* `node` with id, point, barriers and signal; the rest is filled in here.  Given twice, the first
 * counts. */
void bm_net_node(struct bm_net *net, struct bm_net_node node);
/* At least two references; those that repeat the one before are left out.  `name`: "" for none. */
void bm_net_way(struct bm_net *net, int64_t id, const int64_t *refs, size_t count,
                const struct bm_way *rules, const char *name);
/* BM_OUT_OF_RANGE when there are more nodes or references than one file holds. */
BM_MUST_USE enum bm_code bm_net_fits(const struct bm_net *net, struct bm_fault *fault);

/* Sorts nodes, turns references into their indexes, and finds where ways meet. */
void bm_net_resolve(struct bm_net *net);
/* Joins ends of ways that meet nothing with the nearest node of another way within `join_cm`, ties
 * by the lower place; returns how many.  O(nodes log nodes). */
uint64_t bm_net_join(struct bm_net *net, uint32_t join_cm);
/* Cuts all ways and gives junctions and edges to the builder. */
void bm_net_cut(struct bm_net *net);

/* Index of the node, -1: there is none.  After bm_net_resolve. */
int64_t bm_net_find(const struct bm_net *net, int64_t id);
bool bm_net_is_barrier(const struct bm_net_node *node);

#endif
