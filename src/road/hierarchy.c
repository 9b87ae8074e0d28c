#include "road/hierarchy.h"

#include <string.h>

#include "base/alloc.h"

/* Every rank once; fills `junctions`. */
static bool ranks_fine(struct bm_hierarchy *hierarchy) {
    uint32_t nodes = hierarchy->nodes;
    memset(hierarchy->junctions, 0xff, nodes * sizeof *hierarchy->junctions);
    for (uint32_t junction = 0; junction < nodes; junction++) {
        uint32_t rank = hierarchy->ranks[junction];
        if (rank >= nodes || hierarchy->junctions[rank] != UINT32_MAX) return false;
        hierarchy->junctions[rank] = junction;
    }
    return true;
}

/* A forest in post-order; fills `depths`, `height` and, for each rank, the lowest that hangs on
 * it. */
static bool parents_fine(struct bm_hierarchy *hierarchy, uint32_t *ret_lowest) {
    uint32_t nodes = hierarchy->nodes;
    hierarchy->height = 0;
    for (uint32_t rank = nodes; rank-- > 0;) {
        uint32_t parent = hierarchy->parents[rank], depth = 0;
        if (parent != BM_RANK_NONE) {
            if (parent <= rank || parent >= nodes) return false;
            depth = hierarchy->depths[parent] + 1u;
        }
        if (depth >= BM_HEIGHT_MAX) return false;
        if (depth >= hierarchy->height) hierarchy->height = depth + 1;
        hierarchy->depths[rank] = (uint16_t)depth;
    }
    /* As many ranks hang on one as lie between it and the lowest of them: then it is just those. */
    uint32_t *size = bm_alloc_zero(nodes, sizeof *size);
    bool fine = true;
    for (uint32_t rank = 0; rank < nodes; rank++) ret_lowest[rank] = rank;
    for (uint32_t rank = 0; rank < nodes && fine; rank++) {
        uint32_t parent = hierarchy->parents[rank];
        fine = rank - ret_lowest[rank] == size[rank];
        if (parent == BM_RANK_NONE) continue;
        size[parent] += size[rank] + 1;
        if (ret_lowest[rank] < ret_lowest[parent]) ret_lowest[parent] = ret_lowest[rank];
    }
    bm_free(size);
    return fine;
}

/* The nearest way is that to the parent, and all others can be gone on from there. */
static bool ways_fine(const struct bm_hierarchy *hierarchy) {
    const uint16_t *to_depth = hierarchy->to_depth;
    for (uint32_t rank = 0; rank < hierarchy->nodes; rank++) {
        uint32_t at = hierarchy->first[rank], end = hierarchy->first[rank + 1];
        uint32_t parent = hierarchy->parents[rank];
        if (parent == BM_RANK_NONE) {
            if (at != end) return false;
            continue;
        }
        if (at == end || to_depth[at] != hierarchy->depths[parent]) return false;
        uint32_t other = hierarchy->first[parent], other_end = hierarchy->first[parent + 1];
        for (at++; at < end; at++) {
            if (to_depth[at] >= to_depth[at - 1]) return false;
            while (other < other_end && to_depth[other] > to_depth[at]) other++;
            if (other == other_end || to_depth[other] != to_depth[at]) return false;
        }
    }
    return true;
}

static bool edges_fine(const struct bm_hierarchy *hierarchy, const uint32_t *lowest,
                       const uint32_t *tails, uint32_t edges) {
    for (uint32_t edge = 0; edge < edges; edge++) {
        uint32_t stored = hierarchy->edge_ways[edge];
        uint32_t low = tails[2 * (size_t)edge], high = tails[2 * (size_t)edge + 1];
        if (low == high) {
            if (stored != BM_WAY_NONE) return false;
            continue;
        }
        uint32_t way = stored / 2, low_rank = hierarchy->ranks[stored & 1 ? high : low];
        uint32_t high_rank = hierarchy->ranks[stored & 1 ? low : high];
        if (way < hierarchy->first[low_rank] || way >= hierarchy->first[low_rank + 1]) return false;
        if (low_rank >= high_rank || low_rank < lowest[high_rank]) return false;
        if (hierarchy->to_depth[way] != hierarchy->depths[high_rank]) return false;
    }
    return true;
}

/* Ranks from the top: all above a rank stand in `path` when its turn comes. */
static void list_below(struct bm_hierarchy *hierarchy) {
    uint32_t nodes = hierarchy->nodes;
    uint32_t *path = bm_alloc(hierarchy->height * sizeof *path);
    uint32_t *first = bm_alloc_zero((size_t)nodes + 1, sizeof *first);
    struct bm_below *below = bm_alloc((hierarchy->ways + (size_t)1) * sizeof *below);
    for (int fill = 0; fill < 2; fill++) {
        for (uint32_t rank = nodes; rank-- > 0;) {
            uint32_t end = hierarchy->first[rank + 1];
            path[hierarchy->depths[rank]] = rank;
            for (uint32_t way = hierarchy->first[rank]; way < end; way++) {
                uint32_t head = path[hierarchy->to_depth[way]];
                if (fill)
                    below[--first[head]] = (struct bm_below){way, end};
                else
                    first[head]++;
            }
        }
        /* After counting: where each list ends; filling brings it back to where it begins. */
        for (uint32_t rank = 1; rank <= nodes && !fill; rank++) first[rank] += first[rank - 1];
    }
    bm_free(path);
    hierarchy->below_first = first;
    hierarchy->below = below;
}

static bool starts_fine(const struct bm_hierarchy *hierarchy) {
    const uint32_t *first = hierarchy->first;
    if (first[0] != 0 || first[hierarchy->nodes] != hierarchy->ways) return false;
    for (uint32_t rank = 0; rank < hierarchy->nodes; rank++) {
        if (first[rank] > first[rank + 1]) return false;
    }
    return true;
}

const char *bm_hierarchy_open(struct bm_hierarchy *hierarchy, const uint32_t *tails,
                              uint32_t edges) {
    uint32_t nodes = hierarchy->nodes;
    hierarchy->junctions = bm_alloc(nodes * sizeof *hierarchy->junctions);
    hierarchy->depths = bm_alloc(nodes * sizeof *hierarchy->depths);
    uint32_t *lowest = bm_alloc(nodes * sizeof *lowest);
    const char *bad = NULL;
    if (!ranks_fine(hierarchy))
        bad = "ranks";
    else if (!parents_fine(hierarchy, lowest))
        bad = "parents";
    else if (!starts_fine(hierarchy))
        bad = "ways-first";
    else if (!ways_fine(hierarchy))
        bad = "ways";
    else if (!edges_fine(hierarchy, lowest, tails, edges))
        bad = "edge-ways";
    bm_free(lowest);
    if (bad)
        bm_hierarchy_close(hierarchy);
    else
        list_below(hierarchy);
    return bad;
}

void bm_hierarchy_close(struct bm_hierarchy *hierarchy) {
    bm_free(hierarchy->junctions);
    bm_free(hierarchy->depths);
    bm_free(hierarchy->below_first);
    bm_free(hierarchy->below);
}
