#include "road/hierarchy.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "road/order.h"

enum { NOBODY = UINT32_MAX };

/* --- neighbours ------------------------------------------------------------------------------- */

static void free_neighbours(struct bm_neighbours *graph) {
    bm_free(graph->first);
    bm_free(graph->count);
    bm_free(graph->heads);
}

/* Each neighbour once, in the order of the edges; no loops. */
static struct bm_neighbours read_neighbours(uint32_t nodes, const uint32_t *tails, uint32_t edges) {
    struct bm_neighbours graph = {.nodes = nodes};
    uint64_t arcs = 2 * (uint64_t)edges;
    graph.first = bm_alloc_zero((size_t)nodes + 1, sizeof *graph.first);
    graph.count = bm_alloc_zero(nodes, sizeof *graph.count);
    graph.heads = bm_alloc((size_t)arcs * sizeof *graph.heads);
    for (uint64_t arc = 0; arc < arcs; arc++) graph.first[tails[arc] + 1]++;
    for (uint32_t v = 0; v < nodes; v++) graph.first[v + 1] += graph.first[v];
    for (uint64_t arc = 0; arc < arcs; arc++) {
        uint32_t v = tails[arc];
        graph.heads[graph.first[v] + graph.count[v]++] = tails[arc ^ 1];
    }
    uint32_t *met = bm_alloc_zero(nodes, sizeof *met);
    for (uint32_t v = 0; v < nodes; v++) {
        uint32_t kept = 0, *own = &graph.heads[graph.first[v]];
        for (uint32_t i = 0; i < graph.count[v]; i++) {
            if (own[i] == v || met[own[i]] == v + 1) continue;
            met[own[i]] = v + 1;
            own[kept++] = own[i];
        }
        graph.count[v] = kept;
    }
    bm_free(met);
    return graph;
}

/* --- ways ------------------------------------------------------------------------------------- */

/* Numbers here are places in the order, from the bottom. */
struct maker {
    uint32_t nodes;
    uint32_t *order, *place; /* junction by place, place by junction */
    uint32_t *first;         /* per place, and the end: into `ways` */
    uint32_t *ways;          /* higher places, ascending */
    size_t cap;
    uint32_t *child, *sibling; /* of the elimination tree */
    uint32_t *met;
};

static int by_number(const void *a, const void *b) {
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

static void add_way(struct maker *maker, uint32_t from, uint32_t to, uint32_t *end) {
    if (to <= from || maker->met[to] == from + 1) return;
    maker->met[to] = from + 1;
    if (*end == maker->cap) {
        maker->cap = maker->cap + maker->cap / 2 + 1024;
        maker->ways = bm_realloc(maker->ways, maker->cap * sizeof *maker->ways);
    }
    maker->ways[(*end)++] = to;
}

/* The higher neighbours of one, and of all who hang on it; false when there are too many. */
static bool find_ways(struct maker *maker, const struct bm_neighbours *graph, uint32_t at) {
    uint32_t end = maker->first[at], v = maker->order[at];
    for (uint32_t i = 0; i < graph->count[v]; i++) {
        add_way(maker, at, maker->place[graph->heads[graph->first[v] + i]], &end);
    }
    for (uint32_t child = maker->child[at]; child != NOBODY; child = maker->sibling[child]) {
        for (uint32_t i = maker->first[child] + 1; i < maker->first[child + 1]; i++) {
            add_way(maker, at, maker->ways[i], &end);
        }
        if (end > BM_WAYS_MAX) return false;
    }
    if (end > BM_WAYS_MAX) return false;
    maker->first[at + 1] = end;
    uint32_t count = end - maker->first[at];
    if (count == 0) return true;
    uint32_t *own = &maker->ways[maker->first[at]];
    qsort(own, count, sizeof *own, by_number);
    maker->sibling[at] = maker->child[own[0]];
    maker->child[own[0]] = at;
    return true;
}

static bool find_all_ways(struct maker *maker, const uint32_t *tails, uint32_t edges) {
    struct bm_neighbours graph = read_neighbours(maker->nodes, tails, edges);
    bool fine = true;
    for (uint32_t at = 0; at < maker->nodes && fine; at++) fine = find_ways(maker, &graph, at);
    free_neighbours(&graph);
    return fine;
}

/* --- ranks ------------------------------------------------------------------------------------ */

static uint32_t parent_of(const struct maker *maker, uint32_t at) {
    uint32_t first = maker->first[at];
    return first == maker->first[at + 1] ? NOBODY : maker->ways[first];
}

/* The post-order of the tree by place; every child gets the places just below what its elder
 * siblings left of the parent's. */
static void find_ranks(const struct maker *maker, uint32_t *ret_ranks) {
    uint32_t *size = bm_alloc_zero(maker->nodes, sizeof *size);
    uint32_t *left = bm_alloc(maker->nodes * sizeof *left);
    for (uint32_t at = 0; at < maker->nodes; at++) {
        uint32_t parent = parent_of(maker, at);
        size[at]++;
        if (parent != NOBODY) size[parent] += size[at];
    }
    uint32_t roots = maker->nodes;
    for (uint32_t at = maker->nodes; at-- > 0;) {
        uint32_t parent = parent_of(maker, at);
        uint32_t *end = parent == NOBODY ? &roots : &left[parent];
        ret_ranks[at] = *end - 1;
        left[at] = *end - 1;
        *end -= size[at];
    }
    bm_free(size);
    bm_free(left);
}

/* Writes everything by rank; false when the tree is too high. */
static bool renumber(const struct maker *maker, struct bm_hierarchy_made *made) {
    uint32_t nodes = maker->nodes;
    uint32_t *rank_of = bm_alloc(nodes * sizeof *rank_of), *depths = maker->met;
    find_ranks(maker, rank_of);
    for (uint32_t at = 0; at < nodes; at++) made->ranks[maker->order[at]] = rank_of[at];
    bool fine = true;
    for (uint32_t at = nodes; at-- > 0 && fine;) {
        uint32_t parent = parent_of(maker, at);
        depths[at] = parent == NOBODY ? 0 : depths[parent] + 1;
        made->depths[rank_of[at]] = (uint16_t)depths[at];
        made->parents[rank_of[at]] = parent == NOBODY ? BM_RANK_NONE : rank_of[parent];
        made->first[rank_of[at] + 1] = maker->first[at + 1] - maker->first[at];
        fine = depths[at] < BM_HEIGHT_MAX;
    }
    made->first[0] = 0;
    for (uint32_t i = 0; i < nodes && fine; i++) made->first[i + 1] += made->first[i];
    for (uint32_t at = 0; at < nodes && fine; at++) {
        uint32_t to = made->first[rank_of[at]];
        for (uint32_t i = maker->first[at]; i < maker->first[at + 1]; i++) {
            made->to_depth[to++] = (uint16_t)depths[maker->ways[i]];
        }
    }
    bm_free(rank_of);
    return fine;
}

uint32_t bm_hierarchy_made_way(const struct bm_hierarchy_made *made, uint32_t from, uint32_t to) {
    if (from == to) return BM_WAY_NONE;
    bool down = from > to;
    uint32_t low = down ? to : from, high = down ? from : to;
    uint32_t way = bm_way_to(made->to_depth, made->first[low], made->first[low + 1],
                             made->depths[high]);
    BM_CHECK(way != BM_WAY_NONE);
    return 2 * way + down;
}

enum bm_code bm_hierarchy_make(const struct bm_point *points, uint32_t nodes, const uint32_t *links,
                               uint32_t link_count, struct bm_hierarchy_made *ret_made,
                               struct bm_fault *fault) {
    struct bm_neighbours graph = read_neighbours(nodes, links, link_count);
    struct maker maker = {.nodes = nodes};
    uint32_t *space = bm_alloc_zero(6 * (size_t)nodes + 1, sizeof *space);
    maker.order = space;
    maker.place = space + nodes;
    maker.child = maker.place + nodes;
    maker.sibling = maker.child + nodes;
    maker.met = maker.sibling + nodes;
    maker.first = maker.met + nodes;
    bm_road_order(&graph, points, maker.order);
    free_neighbours(&graph);
    for (uint32_t at = 0; at < nodes; at++) maker.place[maker.order[at]] = at;
    memset(maker.child, 0xff, 2 * (size_t)nodes * sizeof *maker.child);
    bool fine = find_all_ways(&maker, links, link_count);
    struct bm_hierarchy_made made = {0};
    if (fine) {
        made.ways = maker.first[nodes];
        made.ranks = bm_alloc(nodes * sizeof *made.ranks);
        made.parents = bm_alloc(nodes * sizeof *made.parents);
        made.first = bm_alloc((nodes + (size_t)1) * sizeof *made.first);
        made.to_depth = bm_alloc((made.ways + (size_t)1) * sizeof *made.to_depth);
        made.depths = bm_alloc(nodes * sizeof *made.depths);
        fine = renumber(&maker, &made);
    }
    bm_free(maker.ways);
    bm_free(space);
    if (!fine) {
        bm_hierarchy_made_free(&made);
        return bm_fault_set(fault, BM_OUT_OF_RANGE, "roads",
                            "The roads are tangled as no network of roads is (too many ways across "
                            "every cut): check the input, or cut the area.");
    }
    *ret_made = made;
    return BM_OK;
}

void bm_hierarchy_made_free(struct bm_hierarchy_made *made) {
    bm_free(made->ranks);
    bm_free(made->parents);
    bm_free(made->first);
    bm_free(made->to_depth);
    bm_free(made->depths);
}
