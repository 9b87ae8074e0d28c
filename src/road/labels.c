#include "road/labels.h"

#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "road/travel.h"

struct standing {
    struct bm_spot spot;
    struct bm_ends leave; /* as the label has it */
    uint32_t rank;        /* the lowest of the edge */
    bool here;
    bool over; /* its label does not fit 32 bits */
};

struct bm_labels {
    struct bm_metric *metric;
    const struct bm_road *road;
    size_t stride;  /* costs in a label: the height, in whole lines of the cache */
    uint32_t *rows; /* `cap` labels; costs by place (road/lanes.h) */
    struct standing *standing;
    uint32_t cap;
    struct bm_sorted *sorted; /* who stands somewhere, by rank */
    size_t count, over_count;
    uint32_t *path; /* by depth: above whom a label was made last */
    uint32_t path_count;
};

enum { LINE_COSTS = 16 };

struct bm_labels *bm_labels_new(struct bm_metric *metric) {
    struct bm_labels *labels = bm_alloc_zero(1, sizeof *labels);
    labels->metric = bm_metric_ref(metric);
    labels->road = metric->road;
    uint32_t height = metric->road->hierarchy.height;
    labels->stride = (height + LINE_COSTS - 1) / LINE_COSTS * LINE_COSTS;
    labels->path = bm_alloc(height * sizeof *labels->path);
    return labels;
}

void bm_labels_free(struct bm_labels *labels) {
    if (!labels) return;
    bm_metric_unref(labels->metric);
    bm_free(labels->rows);
    bm_free(labels->standing);
    bm_free(labels->sorted);
    bm_free(labels->path);
    bm_free(labels);
}

struct bm_metric *bm_labels_metric(const struct bm_labels *labels) {
    return labels->metric;
}

const struct bm_spot *bm_labels_spot(const struct bm_labels *labels, uint32_t who) {
    return who < labels->cap && labels->standing[who].here ? &labels->standing[who].spot : NULL;
}

size_t bm_labels_count(const struct bm_labels *labels) {
    return labels->count;
}

/* --- one label -------------------------------------------------------------------------------- */

static uint32_t *row_of(const struct bm_labels *labels, uint32_t who) {
    return labels->rows + who * labels->stride;
}

static void make_label(struct bm_labels *labels, uint32_t who) {
    struct standing *standing = &labels->standing[who];
    const struct bm_hierarchy *hierarchy = &labels->road->hierarchy;
    standing->leave = bm_spot_leave(labels->metric, &standing->spot);
    labels->over_count -= standing->over;
    standing->over = labels->metric->wide;
    if (!standing->over) {
        const uint32_t nodes[2] = {bm_spot_left_at(labels->road, &standing->spot, 0),
                                   bm_spot_left_at(labels->road, &standing->spot, 1)};
        uint32_t *row = row_of(labels, who);
        bm_branch_climb(labels->path, &labels->path_count, hierarchy, standing->rank);
        bm_branch_label(hierarchy, labels->metric->up, labels->path, labels->path_count, nodes,
                        standing->leave, row);
        standing->over = bm_lanes_over(row + hierarchy->height - labels->path_count,
                                       labels->path_count);
    }
    labels->over_count += standing->over;
}

/* --- who stands where ------------------------------------------------------------------------- */

static void grow(struct bm_labels *labels, uint32_t who) {
    BM_CHECK(who < BM_LABELS_MAX);
    if (who < labels->cap) return;
    uint32_t cap = labels->cap ? labels->cap : 64;
    while (cap <= who) cap *= 2;
    uint32_t *rows = bm_alloc_large(cap * labels->stride * sizeof *rows);
    if (labels->cap) memcpy(rows, labels->rows, labels->cap * labels->stride * sizeof *rows);
    bm_free(labels->rows);
    labels->rows = rows;
    labels->standing = bm_realloc(labels->standing, cap * sizeof *labels->standing);
    labels->sorted = bm_realloc(labels->sorted, cap * sizeof *labels->sorted);
    memset(labels->standing + labels->cap, 0, (cap - labels->cap) * sizeof *labels->standing);
    labels->cap = cap;
}

/* Where someone of that rank stands among the sorted, or would. */
static size_t place_among(const struct bm_labels *labels, uint32_t rank, uint32_t who) {
    size_t low = 0, high = labels->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct bm_sorted *at = &labels->sorted[middle];
        if (at->rank < rank || (at->rank == rank && at->source < who))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void take_out(struct bm_labels *labels, uint32_t who) {
    struct bm_sorted *at = &labels->sorted[place_among(labels, labels->standing[who].rank, who)];
    memmove(at, at + 1, (size_t)(labels->sorted + labels->count - at - 1) * sizeof *at);
    labels->count--;
}

static void put_in(struct bm_labels *labels, uint32_t who, uint32_t rank) {
    struct bm_sorted *at = &labels->sorted[place_among(labels, rank, who)];
    memmove(at + 1, at, (size_t)(labels->sorted + labels->count - at) * sizeof *at);
    *at = (struct bm_sorted){rank, who};
    labels->count++;
}

void bm_labels_put(struct bm_labels *labels, uint32_t who, const struct bm_spot *spot) {
    BM_CHECK(spot->edge < labels->road->head.edges);
    grow(labels, who);
    struct standing *standing = &labels->standing[who];
    uint32_t rank = bm_edge_lowest(&labels->road->hierarchy, spot->edge);
    bool same = standing->here && standing->spot.edge == spot->edge &&
                standing->spot.along == spot->along;
    if (standing->here && standing->rank != rank) take_out(labels, who);
    if (!standing->here || standing->rank != rank) put_in(labels, who, rank);
    standing->here = true;
    standing->rank = rank;
    standing->spot = *spot;
    if (!same) make_label(labels, who);
}

void bm_labels_drop(struct bm_labels *labels, uint32_t who) {
    if (!bm_labels_spot(labels, who)) return;
    take_out(labels, who);
    labels->over_count -= labels->standing[who].over;
    labels->standing[who] = (struct standing){.here = false};
}

/* --- another metric --------------------------------------------------------------------------- */

static bool same_leave(const struct bm_labels *labels, const struct standing *standing) {
    struct bm_ends leave = bm_spot_leave(labels->metric, &standing->spot);
    return leave.cost[0] == standing->leave.cost[0] && leave.cost[1] == standing->leave.cost[1];
}

/* Per depth of a path, whether a node there or below it has changed ways: for each unit only those
 * nodes are looked at that it does not share with the one before. */
static size_t follow_changes(struct bm_labels *labels, const struct bm_changed *changed) {
    const struct bm_hierarchy *hierarchy = &labels->road->hierarchy;
    uint32_t *path = bm_alloc(hierarchy->height * sizeof *path), count = 0;
    bool *above = bm_alloc(hierarchy->height * sizeof *above); /* from the root down to there */
    size_t made = 0;
    for (size_t i = 0; i < labels->count; i++) {
        struct bm_sorted at = labels->sorted[i];
        struct standing *standing = &labels->standing[at.source];
        uint32_t known = bm_branch_climb(path, &count, hierarchy, at.rank);
        for (uint32_t depth = known; depth < count; depth++)
            above[depth] = (depth > 0 && above[depth - 1]) || bm_changed_has(changed, path[depth]);
        if (!above[count - 1] && !standing->over && same_leave(labels, standing)) continue;
        make_label(labels, at.source);
        made++;
    }
    bm_free(path);
    bm_free(above);
    return made;
}

size_t bm_labels_follow(struct bm_labels *labels, struct bm_metric *metric) {
    struct bm_metric *former = labels->metric;
    if (metric == former) return 0;
    BM_CHECK(metric->road == labels->road);
    labels->metric = bm_metric_ref(metric);
    size_t made = labels->count;
    struct bm_box area;
    bool next = bm_live_changed_area(metric, former, &area) && !metric->wide && !former->wide;
    if (next) {
        made = follow_changes(labels, &metric->changed);
    } else {
        for (size_t i = 0; i < labels->count; i++) make_label(labels, labels->sorted[i].source);
    }
    bm_metric_unref(former);
    return made;
}

/* --- the nearest ------------------------------------------------------------------------------ */

struct asked {
    const struct bm_labels *labels;
    const struct bm_travel *travel;
    const struct bm_spot *to;
    bm_labels_wanted_fn *wanted;
    void *context;
    uint32_t height;
};

/* The costs of the shared ancestors stand at the end of both. */
static uint64_t label_cost(void *context, uint32_t who, uint32_t depth) {
    const struct asked *asked = context;
    if (asked->wanted && !asked->wanted(asked->context, who)) return BM_COST_NONE;
    size_t place = asked->height - 1 - depth;
    uint32_t least = bm_lanes_least(row_of(asked->labels, who) + place,
                                    asked->travel->to.costs + place, depth + 1);
    uint64_t cost = least >= BM_NARROW_NONE ? BM_COST_NONE : least;
    const struct bm_spot *from = &asked->labels->standing[who].spot;
    if (from->edge != asked->to->edge) return cost;
    uint64_t direct = bm_spot_direct(asked->labels->metric, from, asked->to);
    return direct < cost ? direct : cost;
}

/* With 64 bits, as if there were no labels. */
static size_t nearest_wide(const struct bm_labels *labels, struct bm_travel *travel,
                           const struct bm_spot *to, size_t most, bm_labels_wanted_fn *wanted,
                           void *context, struct bm_coming *ret_coming) {
    struct bm_spot *spots = bm_alloc((labels->count + 1) * sizeof *spots);
    uint32_t *who = bm_alloc((labels->count + 1) * sizeof *who);
    size_t count = 0;
    for (uint32_t i = 0; i < labels->cap; i++) {
        if (!labels->standing[i].here || (wanted && !wanted(context, i))) continue;
        spots[count] = labels->standing[i].spot;
        who[count++] = i;
    }
    size_t found = bm_travel_nearest(travel, labels->metric, spots, count, to, most, ret_coming);
    for (size_t i = 0; i < found; i++) ret_coming[i].at = who[ret_coming[i].at];
    bm_free(spots);
    bm_free(who);
    return found;
}

size_t bm_labels_nearest(const struct bm_labels *labels, struct bm_travel *travel,
                         const struct bm_spot *to, size_t most, bm_labels_wanted_fn *wanted,
                         void *context, struct bm_coming *ret_coming) {
    bm_travel_aim(travel, labels->metric, to);
    if (travel->wide || labels->over_count > 0)
        return nearest_wide(labels, travel, to, most, wanted, context, ret_coming);
    struct asked asked = {labels, travel, to, wanted, context, labels->road->hierarchy.height};
    return bm_rings_nearest(travel, labels->sorted, labels->count, label_cost, &asked, most,
                            ret_coming);
}
