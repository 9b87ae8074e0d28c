/* Travel times from many to many: each place's label once, and then sums over the ancestors that a
 * pair shares, for one source and all targets at a time.
 *
 * Targets stand sorted by rank and their labels by depth, so that those which share an ancestor at
 * some depth with the source lie beside each other, and fewer of them the deeper. */
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "road/travel.h"

/* One side of the table. */
struct side {
    const struct bm_spot *spots;
    size_t count;
    struct bm_sorted *sorted, *space; /* by rank; `space` holds both arrays */
};

struct table {
    struct bm_travel *travel;
    const struct bm_metric *metric;
    const struct bm_hierarchy *hierarchy;
    struct side from, to;
    uint32_t *labels; /* per depth: what each target (sorted) costs from the node there */
    uint32_t *label;  /* of one spot, by place */
    uint32_t *row;    /* of one source */
    uint32_t *path, path_count;
    int64_t *times;
};

static struct side sort_side(const struct bm_road *road, const struct bm_spot *spots,
                             size_t count) {
    struct side side = {.spots = spots, .count = count};
    side.space = bm_alloc((2 * count + 1) * sizeof *side.space);
    for (size_t i = 0; i < count; i++) {
        BM_CHECK(spots[i].edge < road->head.edges);
        side.space[i] = (struct bm_sorted){bm_edge_lowest(&road->hierarchy, spots[i].edge),
                                           (uint32_t)i};
    }
    side.sorted = bm_sort_by_rank(&road->hierarchy, side.space, side.space + count, count);
    return side;
}

/* The label of a spot at `rank`; false when it does not fit 32 bits. */
static bool make_label(struct table *table, uint32_t rank, const uint32_t nodes[2],
                       struct bm_ends ends, const void *weights) {
    const struct bm_hierarchy *hierarchy = table->hierarchy;
    bm_branch_climb(table->path, &table->path_count, hierarchy, rank);
    bm_branch_label(hierarchy, weights, table->path, table->path_count, nodes, ends, table->label);
    return !bm_lanes_over(table->label + hierarchy->height - table->path_count, table->path_count);
}

static bool label_targets(struct table *table) {
    uint32_t height = table->hierarchy->height;
    size_t count = table->to.count;
    for (size_t i = 0; i < height * count; i++) table->labels[i] = BM_NARROW_NONE;
    for (size_t i = 0; i < count; i++) {
        const struct bm_spot *spot = &table->to.spots[table->to.sorted[i].source];
        const uint32_t *nodes = &table->hierarchy->starts[2 * (size_t)spot->edge];
        if (!make_label(table, table->to.sorted[i].rank, nodes, bm_spot_reach(table->metric, spot),
                        table->metric->down))
            return false;
        for (uint32_t depth = 0; depth < table->path_count; depth++)
            table->labels[depth * count + i] = table->label[height - 1 - depth];
    }
    return true;
}

/* Narrows `begin` to `end` to the targets that hang on the node. */
static void narrow_to(const struct table *table, uint32_t rank, size_t *begin, size_t *end) {
    const struct bm_sorted *sorted = table->to.sorted;
    uint32_t lowest = table->hierarchy->lowest[rank];
    size_t low = *begin, high = *end;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (sorted[middle].rank < lowest)
            low = middle + 1;
        else
            high = middle;
    }
    *begin = low;
    high = *end;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (sorted[middle].rank <= rank)
            low = middle + 1;
        else
            high = middle;
    }
    *end = low;
}

static bool fill_row(struct table *table, size_t source) {
    const struct bm_sorted at = table->from.sorted[source];
    const struct bm_spot *spot = &table->from.spots[at.source];
    const struct bm_road *road = table->travel->road;
    const uint32_t nodes[2] = {bm_spot_left_at(road, spot, 0), bm_spot_left_at(road, spot, 1)};
    if (!make_label(table, at.rank, nodes, bm_spot_leave(table->metric, spot), table->metric->up))
        return false;
    size_t count = table->to.count, begin = 0, end = count;
    uint32_t height = table->hierarchy->height;
    for (size_t i = 0; i < count; i++) table->row[i] = BM_NARROW_NONE;
    for (uint32_t depth = 0; depth < table->path_count; depth++) {
        narrow_to(table, table->path[depth], &begin, &end);
        if (begin == end) break;
        uint32_t cost = table->label[height - 1 - depth];
        if (cost < BM_NARROW_NONE)
            bm_lanes_keep_least(table->row + begin, cost, table->labels + depth * count + begin,
                                end - begin);
    }
    int64_t *times = table->times + at.source * count;
    for (size_t i = 0; i < count; i++) {
        uint64_t cost = table->row[i] >= BM_NARROW_NONE ? BM_COST_NONE : table->row[i];
        uint32_t target = table->to.sorted[i].source;
        if (table->to.sorted[i].rank == at.rank) {
            uint64_t direct = bm_spot_direct(table->metric, spot, &table->to.spots[target]);
            if (direct < cost) cost = direct;
        }
        times[target] = cost == BM_COST_NONE ? BM_TRAVEL_NONE : bm_road_ms(road, cost);
    }
    return true;
}

/* With 64 bits: from the sources to one target after the other. */
static void fill_wide(const struct table *table) {
    size_t count = table->to.count;
    for (size_t t = 0; t < count; t++) {
        bm_travel_aim(table->travel, table->metric, &table->to.spots[t]);
        for (size_t s = 0; s < table->from.count; s++) {
            uint32_t source = table->from.sorted[s].source;
            uint64_t cost = bm_travel_cost(table->travel, table->metric, &table->from.spots[source],
                                           &table->to.spots[t]);
            table->times[source * count + t] = cost == BM_COST_NONE
                                                   ? BM_TRAVEL_NONE
                                                   : bm_road_ms(table->travel->road, cost);
        }
    }
}

void bm_travel_table(struct bm_travel *travel, const struct bm_metric *metric,
                     const struct bm_spot *from, size_t from_count, const struct bm_spot *to,
                     size_t to_count, int64_t *ret_ms) {
    const struct bm_hierarchy *hierarchy = &travel->road->hierarchy;
    BM_CHECK(metric->road == travel->road);
    BM_CHECK(from_count <= BM_TABLE_SIDE_MAX && to_count <= BM_TABLE_SIDE_MAX);
    uint32_t height = hierarchy->height;
    size_t space = (height + (size_t)1) * to_count + 2 * (size_t)height + 1;
    struct table table = {.travel = travel,
                          .metric = metric,
                          .hierarchy = hierarchy,
                          .from = sort_side(travel->road, from, from_count),
                          .to = sort_side(travel->road, to, to_count),
                          .labels = bm_alloc(space * sizeof(uint32_t)),
                          .times = ret_ms};
    table.row = table.labels + height * to_count;
    table.label = table.row + to_count;
    table.path = table.label + height;
    bool narrow = !metric->wide && label_targets(&table);
    table.path_count = 0;
    for (size_t i = 0; i < from_count && narrow; i++) narrow = fill_row(&table, i);
    if (!narrow) fill_wide(&table);
    bm_free(table.labels);
    bm_free(table.from.space);
    bm_free(table.to.space);
}
