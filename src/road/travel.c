#include "road/travel.h"
#include "road/build.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"

struct bm_travel *bm_travel_new(const struct bm_road *road) {
    struct bm_travel *travel = bm_alloc_zero(1, sizeof *travel);
    travel->road = road;
    travel->labels = bm_alloc_zero(road->head.junctions, sizeof *travel->labels);
    return travel;
}

void bm_travel_free(struct bm_travel *travel) {
    if (!travel) return;
    bm_free(travel->labels);
    bm_free(travel->queue);
    bm_free(travel->doors);
    bm_free(travel->slots);
    bm_free(travel->best);
    bm_free(travel->arrived);
    bm_free(travel);
}

/* --- spots ------------------------------------------------------------------------------------ */

/* floor(weight x part / 65535); nothing when no part of the arc is driven. */
static uint64_t part_cost(const struct bm_metric *metric, uint32_t arc, uint32_t part) {
    if (part == 0) return 0;
    if (!bm_metric_drives(metric, arc)) return BM_COST_NONE;
    return (uint64_t)metric->weights[arc] * part / BM_ALONG_FULL;
}

struct bm_ends bm_spot_leave(const struct bm_metric *metric, const struct bm_spot *from) {
    return (struct bm_ends){{
        part_cost(metric, 2 * from->edge + 1, from->along),
        part_cost(metric, 2 * from->edge, BM_ALONG_FULL - from->along),
    }};
}

struct bm_ends bm_spot_reach(const struct bm_metric *metric, const struct bm_spot *to) {
    return (struct bm_ends){{
        part_cost(metric, 2 * to->edge, to->along),
        part_cost(metric, 2 * to->edge + 1, BM_ALONG_FULL - to->along),
    }};
}

uint64_t bm_spot_direct(const struct bm_metric *metric, const struct bm_spot *from,
                        const struct bm_spot *to) {
    if (from->edge != to->edge) return BM_COST_NONE;
    if (from->along <= to->along) {
        return part_cost(metric, 2 * from->edge, to->along - from->along);
    }
    return part_cost(metric, 2 * from->edge + 1, from->along - to->along);
}

/* --- queue ------------------------------------------------------------------------------------ */

/* At most one entry for each arc, each end of the target and each of three ways of a source. */
static void push(struct bm_travel *travel, uint64_t cost, uint32_t node) {
    if (travel->queued == travel->queue_cap) {
        travel->queue_cap = travel->queue_cap ? 2 * travel->queue_cap : 1024;
        travel->queue = bm_realloc(travel->queue, travel->queue_cap * sizeof *travel->queue);
    }
    struct bm_queued item = {cost, node};
    size_t at = travel->queued++;
    while (at > 0) {
        size_t above = (at - 1) / 4;
        if (item.cost >= travel->queue[above].cost) break;
        travel->queue[at] = travel->queue[above];
        at = above;
    }
    travel->queue[at] = item;
}

static struct bm_queued pop(struct bm_travel *travel) {
    struct bm_queued top = travel->queue[0];
    struct bm_queued item = travel->queue[--travel->queued];
    size_t at = 0;
    for (;;) {
        size_t below = 4 * at + 1;
        if (below >= travel->queued) break;
        size_t end = below + 4 < travel->queued ? below + 4 : travel->queued;
        size_t least = below;
        for (size_t i = below + 1; i < end; i++) {
            if (travel->queue[i].cost < travel->queue[least].cost) least = i;
        }
        if (travel->queue[least].cost >= item.cost) break;
        travel->queue[at] = travel->queue[least];
        at = least;
    }
    travel->queue[at] = item;
    return top;
}

/* --- sources ---------------------------------------------------------------------------------- */

static size_t slot_of(const struct bm_travel *travel, uint32_t junction) {
    return (size_t)(junction * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (travel->slot_count - 1);
}

static void make_room(struct bm_travel *travel, size_t count) {
    if (count > travel->source_cap) {
        travel->source_cap = count;
        travel->doors = bm_realloc(travel->doors, 2 * count * sizeof *travel->doors);
        travel->best = bm_realloc(travel->best, count * sizeof *travel->best);
        travel->arrived = bm_realloc(travel->arrived, count * sizeof *travel->arrived);
    }
    travel->slot_count = 4;
    while (travel->slot_count < 4 * count) travel->slot_count *= 2;
    if (travel->slot_count > travel->slot_cap) {
        travel->slot_cap = travel->slot_count;
        travel->slots = bm_realloc(travel->slots, travel->slot_cap * sizeof *travel->slots);
    }
    memset(travel->slots, 0, travel->slot_count * sizeof *travel->slots);
    travel->door_count = 0;
    travel->arrived_count = 0;
}

static void offer(struct bm_travel *travel, uint32_t source, uint64_t cost) {
    if (cost >= travel->best[source]) return;
    travel->best[source] = cost;
    push(travel, cost, travel->road->head.junctions + source);
}

static void take_source(struct bm_travel *travel, const struct bm_metric *metric, uint32_t source,
                        const struct bm_spot *from, const struct bm_spot *to) {
    BM_CHECK(from->edge < travel->road->head.edges);
    travel->best[source] = BM_COST_NONE;
    offer(travel, source, bm_spot_direct(metric, from, to));
    struct bm_ends leave = bm_spot_leave(metric, from);
    for (uint32_t end = 0; end < 2; end++) {
        if (leave.cost[end] == BM_COST_NONE) continue;
        uint32_t junction = travel->road->tails[2 * from->edge + end];
        uint32_t *slot = &travel->slots[slot_of(travel, junction)];
        travel->doors[travel->door_count] = (struct bm_door){junction, source,
                                                             (uint32_t)leave.cost[end], *slot};
        *slot = (uint32_t)++travel->door_count;
    }
}

/* --- the search ------------------------------------------------------------------------------- */

static void label(struct bm_travel *travel, uint32_t junction, uint64_t cost) {
    struct bm_label *of = &travel->labels[junction];
    if (of->stamp == travel->stamp && of->cost <= cost) return;
    *of = (struct bm_label){cost, travel->stamp};
    push(travel, cost, junction);
}

static void settle(struct bm_travel *travel, const struct bm_metric *metric, uint32_t junction,
                   uint64_t cost) {
    const struct bm_road *road = travel->road;
    for (uint32_t door = travel->slots[slot_of(travel, junction)]; door;) {
        const struct bm_door *open = &travel->doors[door - 1];
        if (open->junction == junction) offer(travel, open->source, cost + open->cost);
        door = open->next;
    }
    for (uint32_t at = road->out_first[junction]; at < road->out_first[junction + 1]; at++) {
        struct bm_out_arc out = road->out[at];
        uint32_t weight = metric->weights[out.arc ^ 1]; /* from there to here */
        if (weight != BM_ROAD_INFINITE) label(travel, out.head, cost + weight);
    }
}

static void start(struct bm_travel *travel) {
    travel->queued = 0;
    if (++travel->stamp == 0) {
        memset(travel->labels, 0, travel->road->head.junctions * sizeof *travel->labels);
        travel->stamp = 1;
    }
}

void bm_travel_search(struct bm_travel *travel, const struct bm_metric *metric,
                      const struct bm_spot *from, size_t count, const struct bm_spot *to,
                      size_t most) {
    const struct bm_road *road = travel->road;
    uint32_t junctions = road->head.junctions;
    BM_CHECK(metric->road == road);
    BM_CHECK(to->edge < road->head.edges);
    BM_CHECK(count <= UINT32_MAX - BM_ROAD_JUNCTIONS_MAX);
    make_room(travel, count);
    start(travel);
    for (size_t i = 0; i < count; i++) take_source(travel, metric, (uint32_t)i, &from[i], to);
    struct bm_ends reach = bm_spot_reach(metric, to);
    for (uint32_t end = 0; end < 2; end++) {
        if (reach.cost[end] == BM_COST_NONE) continue;
        label(travel, road->tails[2 * to->edge + end], reach.cost[end]);
    }
    while (travel->queued && travel->arrived_count < count) {
        struct bm_queued next = pop(travel);
        if (travel->arrived_count >= most &&
            (most == 0 || bm_road_ms(road, next.cost) > travel->arrived[most - 1].ms)) {
            return;
        }
        if (next.node >= junctions) {
            uint32_t source = next.node - junctions;
            if (travel->best[source] != next.cost) continue; /* arrived cheaper before */
            travel->arrived[travel->arrived_count++] = (struct bm_arrived){
                next.cost, bm_road_ms(road, next.cost), source};
        } else if (travel->labels[next.node].cost == next.cost) {
            settle(travel, metric, next.node, next.cost);
        }
    }
}

int64_t bm_travel_ms(struct bm_travel *travel, const struct bm_metric *metric,
                     const struct bm_spot *from, const struct bm_spot *to) {
    bm_travel_search(travel, metric, from, 1, to, 1);
    return travel->arrived_count ? travel->arrived[0].ms : BM_TRAVEL_NONE;
}

static int by_time(const void *a, const void *b) {
    const struct bm_arrived *left = a, *right = b;
    if (left->ms != right->ms) return left->ms < right->ms ? -1 : 1;
    return (left->source > right->source) - (left->source < right->source);
}

size_t bm_travel_nearest(struct bm_travel *travel, const struct bm_metric *metric,
                         const struct bm_spot *from, size_t count, const struct bm_spot *to,
                         size_t most, struct bm_coming *ret_coming) {
    bm_travel_search(travel, metric, from, count, to, most);
    size_t arrived = travel->arrived_count;
    /* They came by cost; units finer than a ms can put two into one ms out of the order of their
     * index. */
    if (arrived > 1) qsort(travel->arrived, arrived, sizeof *travel->arrived, by_time);
    if (arrived > most) arrived = most;
    for (size_t i = 0; i < arrived; i++) {
        ret_coming[i] = (struct bm_coming){travel->arrived[i].source, travel->arrived[i].ms};
    }
    return arrived;
}
