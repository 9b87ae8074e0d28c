#include "road/hierarchy.h"

#include <string.h>

#include "base/alloc.h"

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

/* The way between two ranks, `from` below `to` or above it; each knows `lowest` that hangs on it.
 */
static bool way_fine(const struct bm_hierarchy *hierarchy, const uint32_t *lowest, uint32_t stored,
                     uint32_t from, uint32_t to) {
    if (from == to) return stored == BM_WAY_NONE;
    uint32_t way = stored / 2, low = stored & 1 ? to : from, high = stored & 1 ? from : to;
    return low < high && low >= lowest[high] && way >= hierarchy->first[low] &&
           way < hierarchy->first[low + 1] && hierarchy->to_depth[way] == hierarchy->depths[high];
}

static bool arcs_fine(const struct bm_hierarchy *hierarchy, const uint32_t *lowest,
                      uint32_t edges) {
    for (size_t arc = 0; arc < 2 * (size_t)edges; arc++) {
        if (!way_fine(hierarchy, lowest, hierarchy->arc_ways[arc], hierarchy->starts[arc],
                      hierarchy->ends[arc])) {
            return false;
        }
    }
    return true;
}

/* All nodes of an edge lie on one way to the root, so that one branch holds all that belongs to a
 * spot. */
static bool edges_fine(const struct bm_hierarchy *hierarchy, const uint32_t *lowest,
                       uint32_t edges) {
    for (uint32_t edge = 0; edge < edges; edge++) {
        uint32_t low = bm_edge_lowest(hierarchy, edge);
        for (size_t arc = 2 * (size_t)edge; arc <= 2 * (size_t)edge + 1; arc++) {
            if (low < lowest[hierarchy->starts[arc]] || low < lowest[hierarchy->ends[arc]])
                return false;
        }
    }
    return true;
}

/* Finds the ways of the turns; false when one has none. */
static bool turns_fine(struct bm_hierarchy *hierarchy, const uint32_t *lowest) {
    for (size_t i = 0; i < hierarchy->by_rank.turn_count; i++) {
        struct bm_turn_arc *turn = &hierarchy->by_rank.turns[i];
        bool down = turn->from > turn->to;
        uint32_t low = down ? turn->to : turn->from, high = down ? turn->from : turn->to;
        uint32_t way = bm_way_to(hierarchy->to_depth, hierarchy->first[low],
                                 hierarchy->first[low + 1], hierarchy->depths[high]);
        if (way == BM_WAY_NONE || low < lowest[high]) return false;
        turn->way = 2 * way + down;
    }
    return true;
}

/* Every rank once; then the nodes are called by them. */
static bool ranks_fine(struct bm_hierarchy *hierarchy, uint32_t edges) {
    uint32_t nodes = hierarchy->nodes;
    uint8_t *met = bm_alloc_zero(nodes, 1);
    bool fine = true;
    for (uint32_t node = 0; node < nodes && fine; node++) {
        uint32_t rank = hierarchy->ranks[node];
        fine = rank < nodes && !met[rank];
        if (fine) met[rank] = 1;
    }
    bm_free(met);
    if (fine) bm_nodes_rank(&hierarchy->by_rank, edges, hierarchy->ranks);
    return fine;
}

static void list_runs(struct bm_hierarchy *hierarchy) {
    uint32_t nodes = hierarchy->nodes;
    const uint16_t *to_depth = hierarchy->to_depth;
    uint32_t *first = bm_alloc(((size_t)nodes + 1) * sizeof *first);
    struct bm_run *runs = NULL;
    for (int fill = 0; fill < 2; fill++) {
        uint32_t count = 0;
        for (uint32_t rank = 0; rank < nodes; rank++) {
            uint32_t begin = hierarchy->first[rank], end = hierarchy->first[rank + 1];
            first[rank] = count;
            for (uint32_t way = begin; way < end; way++) {
                bool goes_on = way > begin && to_depth[way] + 1 == to_depth[way - 1];
                if (!goes_on) count++;
                if (!fill) continue;
                if (!goes_on) runs[count - 1] = (struct bm_run){to_depth[way], 0};
                runs[count - 1].count++;
            }
        }
        first[nodes] = count;
        if (!fill) runs = bm_alloc_large(((size_t)count + 1) * sizeof *runs);
    }
    hierarchy->run_first = first;
    hierarchy->runs = runs;
}

/* What leads over ways by itself, by the rank at the lower end. */
static void list_entries(struct bm_hierarchy *hierarchy, uint32_t edges) {
    size_t arcs = 2 * (size_t)edges, count = arcs + hierarchy->turn_count;
    uint32_t *first = bm_alloc_zero((size_t)hierarchy->nodes + 1, sizeof *first);
    struct bm_entry *entries = bm_alloc((count + 1) * sizeof *entries);
    for (int fill = 0; fill < 2; fill++) {
        for (size_t i = count; i-- > 0;) {
            const struct bm_turn_arc *turn = i < arcs ? NULL : &hierarchy->turns[i - arcs];
            uint32_t stored = turn ? turn->way : hierarchy->arc_ways[i];
            if (stored == BM_WAY_NONE) continue;
            uint32_t from = turn ? turn->from : hierarchy->starts[i];
            uint32_t to = turn ? turn->to : hierarchy->ends[i];
            uint32_t low = from < to ? from : to;
            if (fill)
                entries[--first[low]] = (struct bm_entry){stored, (uint32_t)i};
            else
                first[low]++;
        }
        for (uint32_t rank = 1; rank <= hierarchy->nodes && !fill; rank++)
            first[rank] += first[rank - 1];
    }
    hierarchy->entry_first = first;
    hierarchy->entries = entries;
}

/* Ranks from the top: all above a rank stand in `path` when its turn comes. */
static void list_below(struct bm_hierarchy *hierarchy) {
    uint32_t nodes = hierarchy->nodes;
    uint32_t *path = bm_alloc(hierarchy->height * sizeof *path);
    uint32_t *first = bm_alloc_zero((size_t)nodes + 1, sizeof *first);
    struct bm_below *below = bm_alloc_large((hierarchy->ways + (size_t)1) * sizeof *below);
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

static const char *find_bad(struct bm_hierarchy *hierarchy, uint32_t *lowest, uint32_t edges) {
    if (hierarchy->by_rank.count != hierarchy->nodes) return "turns";
    if (!ranks_fine(hierarchy, edges)) return "ranks";
    if (!parents_fine(hierarchy, lowest)) return "parents";
    if (!starts_fine(hierarchy)) return "ways-first";
    if (!ways_fine(hierarchy)) return "ways";
    if (!arcs_fine(hierarchy, lowest, edges)) return "arc-ways";
    if (!edges_fine(hierarchy, lowest, edges)) return "parents";
    if (!turns_fine(hierarchy, lowest)) return "ways";
    return NULL;
}

const char *bm_hierarchy_open(struct bm_hierarchy *hierarchy, struct bm_nodes *nodes,
                              uint32_t edges) {
    hierarchy->by_rank = *nodes;
    hierarchy->starts = nodes->starts;
    hierarchy->ends = nodes->ends;
    hierarchy->turns = nodes->turns;
    hierarchy->turn_count = (uint32_t)nodes->turn_count;
    *nodes = (struct bm_nodes){0};
    hierarchy->depths = bm_alloc(hierarchy->nodes * sizeof *hierarchy->depths);
    hierarchy->lowest = bm_alloc(hierarchy->nodes * sizeof *hierarchy->lowest);
    const char *bad = find_bad(hierarchy, hierarchy->lowest, edges);
    if (bad) {
        bm_hierarchy_close(hierarchy);
        return bad;
    }
    hierarchy->junctions = hierarchy->by_rank.junctions;
    list_runs(hierarchy);
    list_below(hierarchy);
    list_entries(hierarchy, edges);
    return NULL;
}

void bm_hierarchy_close(struct bm_hierarchy *hierarchy) {
    bm_nodes_free(&hierarchy->by_rank);
    bm_free(hierarchy->depths);
    bm_free(hierarchy->lowest);
    bm_free(hierarchy->run_first);
    bm_free(hierarchy->runs);
    bm_free(hierarchy->below_first);
    bm_free(hierarchy->below);
    bm_free(hierarchy->entry_first);
    bm_free(hierarchy->entries);
}
