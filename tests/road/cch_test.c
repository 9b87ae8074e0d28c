/* The hierarchy: New York from junction to junction (2,000 pairs; EXACT=1: 100,000), networks of
 * awkward shapes, closures in any order and back, the same bytes twice, and files that lie about it
 * under right checksums. */
#include "../testing.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/heap.h"
#include "dimacs.h"
#include "oracle.h"
#include "road/file.h"
#include "road/metric.h"

/* --- every pair of some spots ----------------------------------------------------------------- */

enum { SPOTS = 8 };

/* Times and routes between random spots equal to the oracle's. */
static void compare(const struct net *net, const struct bm_road *road,
                    const struct bm_metric *metric, const bool *closed, struct bm_rng *rng) {
    struct bm_travel *travel = bm_travel_new(road);
    struct bm_spot spots[SPOTS];
    struct bm_coming coming[SPOTS];
    for (size_t i = 0; i < SPOTS; i++) spots[i] = spot_random(road, rng);
    int64_t ms[SPOTS][SPOTS]; /* [from][to] */
    for (size_t from = 0; from < SPOTS; from++) {
        uint64_t units[SPOTS];
        oracle_rounds(net, BM_PROFILE_EMERGENCY, closed, &spots[from], spots, SPOTS, units);
        for (size_t to = 0; to < SPOTS; to++) {
            struct bm_route route;
            ms[from][to] = oracle_ms(net, units[to]);
            assert_true(bm_travel_ms(travel, metric, &spots[from], &spots[to]) == ms[from][to]);
            bm_travel_route(travel, metric, &spots[from], &spots[to], &route);
            assert_true(route.travel_ms == ms[from][to]);
            bm_route_free(&route);
        }
    }
    for (size_t to = 0; to < SPOTS; to++) {
        size_t count = bm_travel_nearest(travel, metric, spots, SPOTS, &spots[to], SPOTS, coming);
        size_t expected = 0;
        for (size_t from = 0; from < SPOTS; from++) expected += ms[from][to] != BM_TRAVEL_NONE;
        assert_int_equal(count, expected);
        for (size_t i = 0; i < count; i++) {
            assert_true(coming[i].travel_ms == ms[coming[i].at][to]);
        }
    }
    bm_travel_free(travel);
}

static void compare_all(const struct net *net, int rounds) {
    struct world world = world_of(net);
    struct bm_metric *metric = bm_metric_new(world.road, BM_PROFILE_EMERGENCY);
    struct bm_rng rng = {net->edge_count};
    for (int i = 0; i < rounds; i++) compare(net, world.road, metric, NULL, &rng);
    bm_metric_unref(metric);
    world_free(&world);
}

/* --- shapes ----------------------------------------------------------------------------------- */

static uint32_t weight(uint32_t at) {
    return 1 + at * 7919 % 1009;
}

static void height_below(const struct net *net, uint32_t most) {
    struct world world = world_of(net);
    assert_in_range(world.road->hierarchy.height, 1, most);
    world_free(&world);
}

static void one_edge_and_one_loop(void **state) {
    (void)state;
    struct net net = {.unit_us = 1000};
    net_junction(&net, 0, 0);
    net_junction(&net, 0, 10000);
    net_edge(&net, 0, 1, 77);
    compare_all(&net, 3);
    net_edge(&net, 1, 1, 5);
    net.edges[0].weight[0][1] = BM_ROAD_INFINITE;
    compare_all(&net, 5);
    net_free(&net);
    /* Loops alone join nobody. */
    net.unit_us = 1000;
    net_junction(&net, 0, 0);
    net_junction(&net, 0, 10000);
    net_edge(&net, 0, 0, 9);
    net_edge(&net, 1, 1, 5);
    compare_all(&net, 5);
    net_free(&net);
}

static void a_chain_is_low(void **state) {
    (void)state;
    struct net net = {.unit_us = 1000};
    for (uint32_t i = 0; i < 2000; i++) net_junction(&net, 0, (int32_t)i * 100);
    for (uint32_t i = 0; i + 1 < 2000; i++) net_edge(&net, i, i + 1, weight(i));
    height_below(&net, 30);
    compare_all(&net, 2);
    net_edge(&net, 1999, 0, 3); /* and a ring */
    height_below(&net, 30);
    compare_all(&net, 2);
    net_free(&net);
}

static void a_star_is_lower(void **state) {
    (void)state;
    struct net net = {.unit_us = 1000};
    net_junction(&net, 0, 0);
    for (uint32_t i = 1; i <= 3000; i++) {
        net_junction(&net, (int32_t)(i % 60) * 100, (int32_t)(i / 60) * 100);
        net_edge(&net, i % 2 ? 0 : i, i % 2 ? i : 0, weight(i));
    }
    height_below(&net, 2);
    compare_all(&net, 3);
    net_free(&net);
}

static void everyone_is_joined_to_everyone(void **state) {
    (void)state;
    struct net net = {.unit_us = 1000};
    for (uint32_t i = 0; i < 60; i++) {
        net_junction(&net, (int32_t)(i * i % 61) * 100, (int32_t)(i * 17 % 59) * 100);
        for (uint32_t k = 0; k < i; k++) {
            uint32_t edge = net_edge(&net, i, k, weight(i * 60 + k));
            net.edges[edge].weight[0][1] = weight(edge * 31 + 5);
        }
    }
    compare_all(&net, 5);
    height_below(&net, 60);
    net_free(&net);
}

static void a_grid_is_cut_across(void **state) {
    (void)state;
    struct net net = {.unit_us = 1000};
    for (uint32_t i = 0; i < 2500; i++) {
        net_junction(&net, (int32_t)(i / 50) * 1000, (int32_t)(i % 50) * 1000);
    }
    for (uint32_t i = 0; i < 2500; i++) {
        if (i % 50 < 49) net_edge(&net, i, i + 1, weight(2 * i));
        if (i < 2450) net_edge(&net, i, i + 50, weight(2 * i + 1));
    }
    /* A cut of 50 in the middle, two of 25 each below, ... : not above 250 all in all. */
    height_below(&net, 250);
    compare_all(&net, 3);
    net_free(&net);
}

/* Two grids side by side at one place: no way between them. */
static void parts_that_nothing_joins(void **state) {
    (void)state;
    struct net net = {.unit_us = 1000};
    for (uint32_t i = 0; i < 800; i++) {
        net_junction(&net, (int32_t)(i % 400 / 20) * 1000, (int32_t)(i % 20) * 1000);
    }
    for (uint32_t i = 0; i < 800; i++) {
        if (i % 20 < 19) net_edge(&net, i, i + 1, weight(2 * i));
        if (i % 400 < 380) net_edge(&net, i, i + 20, weight(2 * i + 1));
    }
    compare_all(&net, 5);
    struct world world = world_of(&net);
    struct bm_metric *metric = bm_metric_new(world.road, BM_PROFILE_ORDINARY);
    struct bm_travel *travel = bm_travel_new(world.road);
    struct bm_spot here = spot_at(world.road, 0, 5),
                   there = spot_at(world.road, net.edge_count - 1, 5);
    assert_true(bm_travel_ms(travel, metric, &here, &there) == BM_TRAVEL_NONE);
    assert_true(bm_travel_ms(travel, metric, &there, &here) == BM_TRAVEL_NONE);
    bm_travel_free(travel);
    bm_metric_unref(metric);
    world_free(&world);
    net_free(&net);
}

/* All places at one point: directions tell nothing apart. */
static void junctions_on_one_spot(void **state) {
    (void)state;
    struct bm_rng rng = {5};
    struct net net = net_random(&rng, 300, 900);
    for (uint32_t i = 0; i < net.junction_count; i++) net.junctions[i] = net.junctions[0];
    compare_all(&net, 3);
    net_free(&net);
}

/* Enough for cells that are cut, and denser than roads are. */
static void random_networks_of_a_thousand_junctions(void **state) {
    (void)state;
    struct bm_rng rng = {6};
    for (uint32_t round = 0; round < 6; round++) {
        struct net net = net_random(&rng, 1000, 1200 + 300 * round);
        compare_all(&net, 3);
        net_free(&net);
    }
}

/* --- metrics ---------------------------------------------------------------------------------- */

static void same_metric(const struct bm_metric *a, const struct bm_metric *b) {
    size_t ways = a->road->hierarchy.ways, bytes = a->wide ? 8 : 4;
    assert_int_equal(a->wide, b->wide);
    assert_memory_equal(a->up, b->up, ways * bytes);
    assert_memory_equal(a->down, b->down, ways * bytes);
    assert_memory_equal(a->weights, b->weights, 2 * (size_t)a->road->head.edges * 4);
}

/* --- closures --------------------------------------------------------------------------------- */

/* A line across the middle of an edge from one junction to the next; it closes others that it
 * crosses, too. */
static struct bm_closed across(const struct bm_road *road, uint32_t edge,
                               struct bm_point points[2]) {
    struct bm_spot middle = spot_at(road, edge, 32768);
    points[0] = (struct bm_point){middle.point.lat_e7 - 300, middle.point.lon_e7 - 200};
    points[1] = (struct bm_point){middle.point.lat_e7 + 300, middle.point.lon_e7 + 200};
    return (struct bm_closed){BM_CLOSED_LINE, points, 2, false, 0};
}

/* A line across an edge, or along it for one direction, that closes or slows. */
static struct bm_closed any_sort(const struct bm_road *road, struct bm_rng *rng,
                                 struct bm_point points[2]) {
    uint32_t edge = (uint32_t)bm_rng_below(rng, bm_road_info(road).edges);
    struct bm_closed closed = across(road, edge, points);
    if (bm_rng_chance(rng, 50)) {
        size_t last = bm_road_shape_count(road, edge) - 1, end = bm_rng_chance(rng, 50) ? last : 0;
        points[0] = bm_road_shape_point(road, edge, last - end);
        points[1] = bm_road_shape_point(road, edge, end);
        closed.along_only = true;
    }
    if (bm_rng_chance(rng, 50)) closed.slow_permille = 1 + (uint32_t)bm_rng_below(rng, 1000);
    return closed;
}

/* The net with closures written into its weights; its edges are copies (bm_free). */
static struct net net_closed(const struct net *net, const struct bm_road *road,
                             const struct bm_closed *closed, size_t count) {
    struct net changed = *net;
    uint32_t *arcs = bm_alloc(2 * net->edge_count * sizeof *arcs);
    changed.edges = bm_alloc(net->edge_count * sizeof *changed.edges);
    memcpy(changed.edges, net->edges, net->edge_count * sizeof *changed.edges);
    for (size_t i = 0; i < count; i++) {
        size_t found = bm_road_closed_arcs(road, &closed[i], arcs, 2 * net->edge_count);
        for (size_t at = 0; at < found; at++) {
            uint64_t usual = oracle_weight(net, BM_PROFILE_EMERGENCY, NULL, arcs[at]);
            uint32_t weight = bm_road_slowed((uint32_t)usual, closed[i].slow_permille);
            uint32_t *now = &changed.edges[arcs[at] / 2].weight[BM_PROFILE_EMERGENCY][arcs[at] % 2];
            if (weight > *now) *now = weight;
        }
    }
    bm_free(arcs);
    return changed;
}

enum { CLOSURES = 12 };

static void closures_in_any_order_and_back(void **state) {
    (void)state;
    struct bm_rng rng = {7};
    size_t wide = 0;
    for (int round = 0; round < 8; round++) {
        struct net net = net_random(&rng, 120, 260);
        net_random_turns(&net, &rng, 40);
        /* Half of them without the longest times, so that sums fit 32 bits. */
        for (uint32_t i = 0; i < net.edge_count && round % 2; i++) {
            uint32_t *two = net.edges[i].weight[BM_PROFILE_EMERGENCY];
            for (int back = 0; back < 2; back++) {
                if (two[back] != BM_ROAD_INFINITE) two[back] %= 60000;
            }
        }
        struct world world = world_of(&net);
        struct bm_point points[CLOSURES][2];
        struct bm_closed all[CLOSURES];
        bool in_force[CLOSURES] = {0};
        struct bm_live *live = bm_live_new(world.road, BM_PROFILE_EMERGENCY, NULL);
        struct bm_metric *held[2] = {bm_live_metric(live), NULL}, *said = bm_metric_copy(held[0]);
        for (size_t i = 0; i < CLOSURES; i++) all[i] = any_sort(world.road, &rng, points[i]);
        for (int step = 0; step < 30; step++) {
            size_t turned = bm_rng_below(&rng, CLOSURES);
            in_force[turned] = step < 29 ? !in_force[turned] : false;
            struct bm_closed now[CLOSURES];
            size_t count = 0;
            for (size_t k = 0; k < CLOSURES; k++) {
                size_t i = (k + turned) % CLOSURES;  /* in another order each time */
                if (step == 29) in_force[i] = false; /* all taken back at the end */
                if (in_force[i]) now[count++] = all[i];
            }
            struct net changed = net_closed(&net, world.road, now, count);
            struct bm_metric *metric = bm_metric_closed(world.road, BM_PROFILE_EMERGENCY, now,
                                                        count);
            compare(&changed, world.road, metric, NULL, &rng);
            /* Made from the former one it is the same. */
            struct bm_metric *followed = bm_live_metric(live);
            bool same = memcmp(followed->weights, metric->weights, 8 * net.edge_count) == 0;
            assert_int_equal(bm_live_set(live, now, count) == 0, same);
            bm_metric_unref(followed);
            followed = bm_live_metric(live);
            same_metric(followed, metric);
            /* Whoever holds an older one finds it as it was; some are held long, most not. */
            same_metric(held[0], said);
            if (step % 10 == 9) {
                bm_metric_unref(held[0]);
                held[0] = bm_metric_ref(followed);
                bm_metric_unref(said);
                said = bm_metric_copy(followed);
            }
            bm_metric_unref(held[1]);
            held[1] = bm_rng_chance(&rng, 30) ? bm_metric_ref(followed) : NULL;
            wide += metric->wide;
            bm_metric_unref(followed);
            bm_metric_unref(metric);
            bm_free(changed.edges);
        }
        bm_live_free(live);
        same_metric(held[0], said);
        bm_metric_unref(held[0]);
        bm_metric_unref(held[1]);
        bm_metric_unref(said);
        world_free(&world);
        net_free(&net);
    }
    assert_in_range(wide, 1, 8 * 30 / 2);
}

/* --- the file --------------------------------------------------------------------------------- */

static void the_same_roads_give_the_same_order(void **state) {
    (void)state;
    struct bm_rng rng = {8};
    struct net net = net_random(&rng, 3000, 5000);
    size_t len, again_len;
    uint8_t *bytes = net_file(&net, &len), *again = net_file(&net, &again_len);
    assert_int_equal(len, again_len);
    assert_memory_equal(bytes, again, len);
    bm_free(bytes);
    bm_free(again);
    net_free(&net);
}

static void seal(uint8_t *bytes) {
    for (size_t kind = 0; kind < BM_ROAD_SECTION_COUNT; kind++) {
        struct bm_road_section *section = (void *)(bytes + BM_ROAD_TABLE_AT +
                                                   kind * sizeof *section);
        bm_hash_of(bytes + section->offset, section->bytes, section->hash, BM_HASH_BYTES);
    }
    bm_hash_of(bytes, BM_ROAD_SEAL_AT, bytes + BM_ROAD_SEAL_AT, BM_HASH_BYTES);
}

/* Whatever a lie says, it is refused under its name, or it is another true hierarchy: then every
 * answer is as exact as before. */
static void a_lie_is_refused_or_harmless(void **state) {
    (void)state;
    static const enum bm_road_section_kind kinds[] = {BM_SECTION_RANKS, BM_SECTION_PARENTS,
                                                      BM_SECTION_WAYS_FIRST, BM_SECTION_WAYS,
                                                      BM_SECTION_ARC_WAYS};
    struct bm_rng rng = {9};
    size_t refused = 0, opened = 0;
    for (int round = 0; round < 1500; round++) {
        struct net net = net_random(&rng, 2 + (uint32_t)bm_rng_below(&rng, 30),
                                    2 + (uint32_t)bm_rng_below(&rng, 50));
        net_random_turns(&net, &rng, (uint32_t)bm_rng_below(&rng, 10));
        size_t len;
        uint8_t *bytes = net_file(&net, &len);
        struct bm_road_section section;
        enum bm_road_section_kind kind = kinds[round % 5];
        memcpy(&section, bytes + BM_ROAD_TABLE_AT + kind * sizeof section, sizeof section);
        size_t wide = kind == BM_SECTION_WAYS ? 2 : 4, items = section.bytes / wide;
        for (uint64_t lies = 1 + bm_rng_below(&rng, 2); lies && items; lies--) {
            uint8_t *at = bytes + section.offset + wide * bm_rng_below(&rng, items);
            uint8_t *other = bytes + section.offset + wide * bm_rng_below(&rng, items);
            if (bm_rng_chance(&rng, 50)) {
                *at = (uint8_t)(*at + bm_rng_below(&rng, 5) - 2);
            } else {
                for (size_t i = 0; i < wide; i++) {
                    uint8_t kept = at[i];
                    at[i] = other[i];
                    other[i] = kept;
                }
            }
        }
        seal(bytes);
        struct bm_road *road;
        struct bm_fault fault = {0};
        if (bm_road_open(bytes, len, &road, &fault) == BM_OK) {
            struct bm_metric *metric = bm_metric_new(road, BM_PROFILE_EMERGENCY);
            compare(&net, road, metric, NULL, &rng);
            bm_metric_unref(metric);
            bm_road_close(road);
            opened++;
        } else {
            assert_int_equal(fault.code, BM_CORRUPT);
            assert_true(fault.field[0]);
            refused++;
        }
        bm_free(bytes);
        net_free(&net);
    }
    print_message("%zu refused, %zu opened and exact\n", refused, opened);
    assert_true(refused > 500 && opened > 50);
}

/* --- New York --------------------------------------------------------------------------------- */

/* Units from one junction to all, over the arcs as they were given. */
static void all_from(const struct net *net, const uint32_t *first, const uint32_t *arcs,
                     uint32_t source, uint64_t *units) {
    struct bm_heap heap = {0};
    for (uint32_t i = 0; i < net->junction_count; i++) units[i] = ORACLE_NONE;
    bm_heap_push(&heap, (struct bm_due){0, source});
    while (bm_heap_top(&heap)) {
        struct bm_due top = *bm_heap_top(&heap);
        bm_heap_pop(&heap);
        if (units[top.id] != ORACLE_NONE) continue;
        units[top.id] = (uint64_t)top.at_ms;
        for (uint32_t i = first[top.id]; i < first[top.id + 1]; i++) {
            const struct net_edge *edge = &net->edges[arcs[i] / 2];
            uint32_t back = arcs[i] % 2, to = back ? edge->first : edge->second;
            if (edge->weight[0][back] == BM_ROAD_INFINITE || units[to] != ORACLE_NONE) continue;
            bm_heap_push(&heap, (struct bm_due){top.at_ms + edge->weight[0][back], to});
        }
    }
    bm_heap_free(&heap);
}

/* The last first: whatever is done at once may come in any order. */
static void backwards(void *pool, size_t count, void (*each)(void *context, size_t at),
                      void *context) {
    *(size_t *)pool += count;
    while (count > 0) each(context, --count);
}

/* A metric made in parts, whoever makes which when. */
static void part_new_york(const struct bm_road *road) {
    size_t parts = 0;
    const struct bm_parallel parallel = {backwards, &parts};
    struct bm_metric *whole = bm_metric_new(road, BM_PROFILE_EMERGENCY);
    struct bm_metric *of_parts = bm_metric_new_on(road, BM_PROFILE_EMERGENCY, &parallel);
    same_metric(whole, of_parts);
    assert_in_range(parts, 16, 512);
    bm_metric_unref(whole);
    bm_metric_unref(of_parts);
}

/* Squares of 100 m to 2 km are closed and opened again; the metric made from the former one is that
 * made anew. */
static void change_new_york(const struct bm_road *road, struct bm_rng *rng) {
    enum { SQUARES = 5 };
    struct bm_point corners[SQUARES][4];
    struct bm_closed closed[SQUARES];
    struct bm_live *live = bm_live_new(road, BM_PROFILE_EMERGENCY, NULL);
    for (size_t step = 0; step < 10; step++) {
        size_t count = step < SQUARES ? step + 1 : SQUARES - 1 - step % SQUARES;
        if (step < SQUARES) {
            uint32_t junctions = bm_road_info(road).junctions;
            struct bm_point at = bm_road_junction(road, (uint32_t)bm_rng_below(rng, junctions));
            int32_t half = step == 4 ? 100000 : 5000;
            corners[step][0] = (struct bm_point){at.lat_e7 - half, at.lon_e7 - half};
            corners[step][1] = (struct bm_point){at.lat_e7 - half, at.lon_e7 + half};
            corners[step][2] = (struct bm_point){at.lat_e7 + half, at.lon_e7 + half};
            corners[step][3] = (struct bm_point){at.lat_e7 + half, at.lon_e7 - half};
            closed[step] = (struct bm_closed){BM_CLOSED_POLYGON, corners[step], 4, false, 0};
        }
        struct bm_metric *anew = bm_metric_closed(road, BM_PROFILE_EMERGENCY, closed, count);
        bm_live_set(live, closed, count);
        struct bm_metric *followed = bm_live_metric(live);
        same_metric(followed, anew);
        bm_metric_unref(followed);
        bm_metric_unref(anew);
    }
    bm_live_free(live);
}

enum { TARGETS = 250 };

static void new_york_from_junction_to_junction(void **state) {
    (void)state;
    struct net net;
    char folder[1000];
    if (!dimacs_new_york(&net, folder, sizeof folder)) {
        print_message("skipped: New York's roads are not in %s (BELLMAN_DATA names another)\n",
                      folder);
        skip();
    }
    struct world world = world_of(&net);
    print_message("New York: %u ways, height %u\n", world.road->hierarchy.ways,
                  world.road->hierarchy.height);
    assert_in_range(world.road->hierarchy.ways, 1, 1300000);
    assert_in_range(world.road->hierarchy.height, 1, 300);
    struct bm_metric *metric = bm_metric_new(world.road, BM_PROFILE_EMERGENCY);
    struct bm_travel *travel = bm_travel_new(world.road);
    uint32_t nodes = net.junction_count;
    uint32_t *first = bm_alloc_zero(nodes + 2, sizeof *first), *any = bm_alloc(nodes * sizeof *any);
    uint32_t *arcs = bm_alloc(2 * (size_t)net.edge_count * sizeof *arcs);
    uint64_t *units = bm_alloc(nodes * sizeof *units);
    for (uint32_t arc = 0; arc < 2 * net.edge_count; arc++) {
        uint32_t tail = bm_road_tail(world.road, arc);
        first[tail + 2]++;
        any[tail] = arc;
    }
    for (uint32_t i = 2; i < nodes + 2; i++) first[i] += first[i - 1];
    for (uint32_t arc = 0; arc < 2 * net.edge_count; arc++) {
        arcs[first[bm_road_tail(world.road, arc) + 1]++] = arc;
    }
    struct bm_rng rng = {400};
    int sources = getenv("EXACT") ? 400 : 8;
    size_t compared = 0;
    for (int s = 0; s < sources; s++) {
        uint32_t source = (uint32_t)bm_rng_below(&rng, nodes);
        struct bm_spot from = spot_at(world.road, any[source] / 2,
                                      any[source] % 2 ? BM_ALONG_FULL : 0);
        all_from(&net, first, arcs, source, units);
        for (int t = 0; t < TARGETS; t++) {
            uint32_t target = (uint32_t)bm_rng_below(&rng, nodes);
            struct bm_spot to = spot_at(world.road, any[target] / 2,
                                        any[target] % 2 ? BM_ALONG_FULL : 0);
            assert_true(bm_travel_ms(travel, metric, &from, &to) == oracle_ms(&net, units[target]));
            compared++;
        }
    }
    print_message("%zu pairs compared\n", compared);
    part_new_york(world.road);
    change_new_york(world.road, &rng);
    bm_free(first);
    bm_free(any);
    bm_free(arcs);
    bm_free(units);
    bm_travel_free(travel);
    bm_metric_unref(metric);
    world_free(&world);
    net_free(&net);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_edge_and_one_loop),
        cmocka_unit_test(a_chain_is_low),
        cmocka_unit_test(a_star_is_lower),
        cmocka_unit_test(everyone_is_joined_to_everyone),
        cmocka_unit_test(a_grid_is_cut_across),
        cmocka_unit_test(parts_that_nothing_joins),
        cmocka_unit_test(junctions_on_one_spot),
        cmocka_unit_test(random_networks_of_a_thousand_junctions),
        cmocka_unit_test(closures_in_any_order_and_back),
        cmocka_unit_test(the_same_roads_give_the_same_order),
        cmocka_unit_test(a_lie_is_refused_or_harmless),
        cmocka_unit_test(new_york_from_junction_to_junction),
    };
    return cmocka_run_group_tests_name("hierarchy", tests, NULL, NULL);
}
