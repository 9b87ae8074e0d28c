#include "road/road.h"

#include <stdatomic.h>
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "road/file.h"
#include "road/metric.h"

static struct bm_metric *new_metric(const struct bm_road *road, enum bm_profile profile) {
    BM_CHECK(profile >= 0 && profile < BM_profile_COUNT);
    struct bm_metric *metric = bm_alloc(sizeof *metric);
    *metric = (struct bm_metric){
        .road = road, .profile = profile, .weights = road->weights[profile]};
    atomic_init(&metric->users, 1);
    return metric;
}

struct bm_metric *bm_metric_new_on(const struct bm_road *road, enum bm_profile profile,
                                   const struct bm_parallel *parallel) {
    struct bm_metric *metric = new_metric(road, profile);
    bm_metric_customize(metric, parallel);
    return metric;
}

struct bm_metric *bm_metric_new(const struct bm_road *road, enum bm_profile profile) {
    return bm_metric_new_on(road, profile, NULL);
}

struct bm_metric *bm_metric_ref(struct bm_metric *metric) {
    atomic_fetch_add_explicit(&metric->users, 1, memory_order_relaxed);
    return metric;
}

void bm_metric_free(struct bm_metric *metric) {
    if (!metric) return;
    bm_free(metric->own);
    bm_free(metric->up);
    bm_free(metric->down);
    bm_free(metric->changed.ranks);
    bm_free(metric);
}

void bm_metric_unref(struct bm_metric *metric) {
    if (!metric) return;
    if (atomic_fetch_sub_explicit(&metric->users, 1, memory_order_acq_rel) != 1) return;
    if (metric->home)
        bm_live_take_back(metric->home, metric);
    else
        bm_metric_free(metric);
}

static void *copied(const void *items, size_t bytes) {
    return memcpy(bm_alloc_large(bytes), items, bytes);
}

void bm_metric_own(struct bm_metric *metric) {
    if (metric->own) return;
    size_t bytes = 2 * (size_t)metric->road->head.edges * sizeof *metric->own;
    metric->own = copied(metric->weights, bytes);
    metric->weights = metric->own;
}

struct bm_metric *bm_metric_copy(const struct bm_metric *metric) {
    const struct bm_road *road = metric->road;
    struct bm_metric *copy = new_metric(road, metric->profile);
    size_t ways = road->hierarchy.ways + (size_t)1;
    size_t bytes = ways * (metric->wide ? sizeof(uint64_t) : sizeof(uint32_t));
    copy->own = copied(metric->weights, 2 * (size_t)road->head.edges * sizeof *copy->own);
    copy->weights = copy->own;
    copy->wide = metric->wide;
    copy->up = copied(metric->up, bytes);
    copy->down = copied(metric->down, bytes);
    return copy;
}

void bm_metric_customize_again(struct bm_metric *metric) {
    bm_free(metric->up);
    bm_free(metric->down);
    bm_metric_customize(metric, NULL);
}

uint32_t bm_metric_weight(const struct bm_metric *metric, uint32_t arc) {
    BM_CHECK(arc / 2 < metric->road->head.edges);
    return metric->weights[arc];
}

uint32_t bm_entry_weight(const struct bm_metric *metric, uint32_t arc) {
    uint32_t arcs = 2 * metric->road->head.edges;
    if (arc < arcs) return metric->weights[arc];
    return metric->road->hierarchy.turns[arc - arcs].weight[metric->profile];
}

const struct bm_road *bm_metric_road(const struct bm_metric *metric) {
    return metric->road;
}

/* The profile's weights with what is closed or slowed. */
static void close_all(struct bm_metric *metric, const struct bm_closed *closed, size_t count) {
    const struct bm_road *road = metric->road;
    if (count == 0) return;
    const uint32_t *usual = metric->weights;
    bm_metric_own(metric);
    uint32_t *arcs = NULL;
    size_t cap = 0;
    for (size_t i = 0; i < count; i++) {
        size_t found = bm_road_closed_arcs(road, &closed[i], arcs, cap);
        if (found > cap) {
            arcs = bm_realloc(arcs, found * sizeof *arcs);
            cap = found;
            found = bm_road_closed_arcs(road, &closed[i], arcs, cap);
        }
        for (size_t at = 0; at < found; at++) {
            uint32_t arc = arcs[at];
            uint32_t weight = bm_road_slowed(usual[arc], closed[i].slow_permille);
            if (weight > metric->own[arc]) metric->own[arc] = weight;
        }
    }
    bm_free(arcs);
}

struct bm_metric *bm_metric_closed(const struct bm_road *road, enum bm_profile profile,
                                   const struct bm_closed *closed, size_t count) {
    struct bm_metric *metric = new_metric(road, profile);
    close_all(metric, closed, count);
    bm_metric_customize(metric, NULL);
    return metric;
}
