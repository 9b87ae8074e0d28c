/* Snapping: equal to looking at every edge; closed edges and tiny islands. */
#include "../testing.h"

#include <math.h>

#include "base/alloc.h"
#include "road/file.h"
#include "road/metric.h"
#include "support.h"

static bool is_island(const struct bm_road *road, uint32_t edge, unsigned profile) {
    return road->flags[edge] & BM_EDGE_ISLAND(profile);
}

/* The least distance over all edges that may be driven, islands or not. */
static bool nearest_of_all(const struct bm_metric *metric, struct bm_point point, bool islands,
                           double *ret_off_m) {
    const struct bm_road *road = bm_metric_road(metric);
    bool any = false;
    for (uint32_t edge = 0; edge < bm_road_info(road).edges; edge++) {
        if (bm_metric_weight(metric, 2 * edge) == BM_ROAD_INFINITE &&
            bm_metric_weight(metric, 2 * edge + 1) == BM_ROAD_INFINITE) {
            continue;
        }
        if (islands != is_island(road, edge, metric->profile)) continue;
        for (size_t i = 1; i < bm_road_shape_count(road, edge); i++) {
            double off_m;
            bm_segment_nearest(bm_road_shape_point(road, edge, i - 1),
                               bm_road_shape_point(road, edge, i), point, &off_m);
            if (!any || off_m < *ret_off_m) *ret_off_m = off_m;
            any = true;
        }
    }
    return any;
}

static void a_spot_is_the_nearest_of_all_edges(void **state) {
    (void)state;
    struct bm_rng rng = {21};
    size_t found = 0, missed = 0;
    for (int round = 0; round < 60; round++) {
        struct net net = net_random(&rng, 2 + (uint32_t)bm_rng_below(&rng, 300),
                                    1 + (uint32_t)bm_rng_below(&rng, 400));
        struct world world = world_of(&net);
        struct bm_metric *metric = bm_metric_new(world.road, round % BM_profile_COUNT);
        static const double most[] = {0, 5, 50, 300, 3000, 50000, INFINITY};
        for (int i = 0; i < 100; i++) {
            /* Inside, around, and far off the area. */
            int32_t wide = i % 3 == 0 ? 400000 : i % 3 == 1 ? 1000000 : 100000000;
            struct bm_point point = {
                305200000 + (int32_t)bm_rng_below(&rng, (uint64_t)wide) - wide / 2,
                1143200000 + (int32_t)bm_rng_below(&rng, (uint64_t)wide) - wide / 2};
            double most_m = most[bm_rng_below(&rng, 7)];
            double off_m = 0;
            bool should = nearest_of_all(metric, point, false, &off_m) && off_m <= most_m;
            if (!should) should = nearest_of_all(metric, point, true, &off_m) && off_m <= most_m;
            struct bm_spot spot;
            assert_int_equal(bm_road_snap(metric, point, most_m, &spot), should);
            if (!should) {
                missed++;
                continue;
            }
            found++;
            assert_true(spot.off_m == off_m);
            /* `along` and `point` say the same place, and it is as far as it says. */
            struct bm_spot there = spot_at(world.road, spot.edge, spot.along);
            assert_memory_equal(&there.point, &spot.point, sizeof spot.point);
            double grain_m = bm_road_length_m(world.road, spot.edge) / 65535 + 0.05;
            double is_m = bm_distance_m(point, spot.point);
            if (off_m < 10000) assert_true(fabs(is_m - off_m) <= grain_m + off_m * 1e-3);
        }
        bm_metric_unref(metric);
        world_free(&world);
        net_free(&net);
    }
    assert_true(found > 1000 && missed > 500);
}

static void bad_places_are_nowhere(void **state) {
    (void)state;
    struct net net = {.unit_us = 1000};
    net_junction(&net, 0, 0);
    net_junction(&net, 0, 10000);
    net_edge(&net, 0, 1, 5);
    struct world world = world_of(&net);
    struct bm_metric *metric = bm_metric_new(world.road, BM_PROFILE_EMERGENCY);
    struct bm_spot spot = {.edge = 77};
    assert_false(bm_road_snap(metric, (struct bm_point){INT32_MAX, 0}, 1e9, &spot));
    assert_false(bm_road_snap(metric, (struct bm_point){0, INT32_MIN}, 1e9, &spot));
    assert_false(bm_road_snap(metric, (struct bm_point){0, 0}, NAN, &spot));
    assert_false(bm_road_snap(metric, (struct bm_point){0, 0}, -1, &spot));
    assert_int_equal(spot.edge, 77);
    assert_true(bm_road_snap(metric, (struct bm_point){900000000, 1800000000}, 1e9, &spot));
    assert_true(bm_road_snap(metric, (struct bm_point){0, 2500}, 0, &spot));
    assert_in_range(spot.along, 16383, 16384);
    /* Beyond both ends: the junctions. */
    assert_true(bm_road_snap(metric, (struct bm_point){50, -300}, 100, &spot));
    assert_int_equal(spot.along, 0);
    assert_true(bm_road_snap(metric, (struct bm_point){50, 10300}, 100, &spot));
    assert_int_equal(spot.along, BM_ALONG_FULL);
    /* With its only road closed there is nowhere to go. */
    const struct bm_point line[] = {{-100, 5000}, {100, 5000}};
    struct bm_metric *closed = bm_metric_closed(world.road, BM_PROFILE_EMERGENCY,
                                                &(struct bm_closed){BM_CLOSED_LINE, line, 2, false, 0}, 1);
    assert_false(bm_road_snap(closed, (struct bm_point){0, 2500}, 100, &spot));
    bm_metric_unref(closed);
    bm_metric_unref(metric);
    world_free(&world);
    net_free(&net);
}

/* A long road of 300 junctions; beside it a short one of 10, one that can be entered and not left,
 * and one of 250. */
static void tiny_islands_count_only_when_nothing_else_is_near(void **state) {
    (void)state;
    struct net net = {.unit_us = 1000};
    for (int32_t i = 0; i < 300; i++) net_junction(&net, 0, i * 10000);
    for (uint32_t i = 0; i + 1 < 300; i++) net_edge(&net, i, i + 1, 10);
    uint32_t island = net_junction(&net, 10000, 0);
    for (int32_t i = 1; i < 10; i++) net_junction(&net, 10000, i * 10000);
    for (uint32_t i = 0; i + 1 < 10; i++) net_edge(&net, island + i, island + i + 1, 10);
    uint32_t trap = net_junction(&net, -10000, 2000000);
    uint32_t into_trap = net_edge(&net, 200, trap, 10);
    net.edges[into_trap].weight[BM_PROFILE_EMERGENCY][1] = BM_ROAD_INFINITE;
    uint32_t large = net_junction(&net, 500000, 0);
    for (int32_t i = 1; i < 250; i++) net_junction(&net, 500000, i * 10000);
    for (uint32_t i = 0; i + 1 < 250; i++) net_edge(&net, large + i, large + i + 1, 10);
    struct world world = world_of(&net);
    for (uint32_t edge = 0; edge < net.edge_count; edge++) {
        bool tiny = (edge >= 299 && edge < 308) || edge == into_trap;
        assert_int_equal(is_island(world.road, edge, BM_PROFILE_EMERGENCY), tiny);
    }
    struct bm_metric *metric = bm_metric_new(world.road, BM_PROFILE_EMERGENCY);
    struct bm_spot spot;
    /* 22 m from the island, 89 m from the road. */
    assert_true(bm_road_snap(metric, (struct bm_point){8000, 50000}, 300, &spot));
    assert_true(spot.edge < 299);
    assert_true(bm_road_snap(metric, (struct bm_point){8000, 50000}, 50, &spot));
    assert_true(spot.edge >= 299);
    assert_true(bm_road_snap(metric, (struct bm_point){500100, 50000}, 50, &spot));
    assert_true(spot.edge > into_trap);
    bm_metric_unref(metric);
    world_free(&world);
    net_free(&net);
    /* Where all are tiny, the largest are the network. */
    net = (struct net){.unit_us = 1000};
    for (int32_t i = 0; i < 5; i++) net_junction(&net, 0, i * 10000);
    net_edge(&net, 0, 1, 10);
    net_edge(&net, 1, 2, 10);
    net_edge(&net, 3, 4, 10);
    world = world_of(&net);
    assert_int_equal(world.road->flags[0], 0);
    assert_int_equal(world.road->flags[1], 0);
    assert_true(is_island(world.road, 2, BM_PROFILE_EMERGENCY));
    world_free(&world);
    net_free(&net);
}

/* Components against reachability by plain walking, on networks with few ways back. */
static void islands_are_what_cannot_be_reached_and_left(void **state) {
    (void)state;
    struct bm_rng rng = {31};
    for (int round = 0; round < 40; round++) {
        uint32_t count = 2 + (uint32_t)bm_rng_below(&rng, 40);
        struct net net = net_random(&rng, count, count);
        struct world world = world_of(&net);
        bool *reach = bm_alloc_zero((size_t)count * count, sizeof *reach);
        for (uint32_t i = 0; i < count; i++) reach[i * count + i] = true;
        for (uint32_t e = 0; e < net.edge_count; e++) {
            const uint32_t *ways = net.edges[e].weight[BM_PROFILE_EMERGENCY];
            uint32_t a = net.edges[e].first, b = net.edges[e].second;
            if (ways[0] != BM_ROAD_INFINITE) reach[a * count + b] = true;
            if (ways[1] != BM_ROAD_INFINITE) reach[b * count + a] = true;
        }
        for (uint32_t via = 0; via < count; via++) {
            for (uint32_t a = 0; a < count; a++) {
                for (uint32_t b = 0; b < count; b++) {
                    if (reach[a * count + via] && reach[via * count + b]) {
                        reach[a * count + b] = true;
                    }
                }
            }
        }
        uint32_t *sizes = bm_alloc_zero(count, sizeof *sizes);
        uint32_t largest = 0;
        for (uint32_t a = 0; a < count; a++) {
            for (uint32_t b = 0; b < count; b++) {
                sizes[a] += reach[a * count + b] && reach[b * count + a];
            }
            if (sizes[a] > largest) largest = sizes[a];
        }
        for (uint32_t e = 0; e < net.edge_count; e++) {
            bool tiny = sizes[net.edges[e].first] < largest || sizes[net.edges[e].second] < largest;
            assert_int_equal(is_island(world.road, e, BM_PROFILE_EMERGENCY), tiny);
        }
        bm_free(sizes);
        bm_free(reach);
        world_free(&world);
        net_free(&net);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_spot_is_the_nearest_of_all_edges),
        cmocka_unit_test(bad_places_are_nowhere),
        cmocka_unit_test(tiny_islands_count_only_when_nothing_else_is_near),
        cmocka_unit_test(islands_are_what_cannot_be_reached_and_left),
    };
    return cmocka_run_group_tests_name("snap", tests, NULL, NULL);
}
