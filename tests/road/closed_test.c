/* Closures: lines across and along, polygons, what is only touched. */
#include "../testing.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "support.h"

/* 1e-7 degrees of a metre at the equator, where all of this lies. */
enum { M = 90 };

/* Edge 0 runs east from (0, 0) to (0, 1000 m); edge 1 on to (0, 2000 m); edge 2 north from the same
 * junction. */
static struct net cross_roads(void) {
    struct net net = {.unit_us = 1000};
    net_junction(&net, 0, 0);
    net_junction(&net, 0, 1000 * M);
    net_junction(&net, 0, 2000 * M);
    net_junction(&net, 1000 * M, 1000 * M);
    net_edge(&net, 0, 1, 100);
    net_edge(&net, 1, 2, 100);
    net_edge(&net, 1, 3, 100);
    return net;
}

struct xy {
    int32_t x, y; /* metres east and north */
};

/* The closed edges of the cross-roads as bits. */
static unsigned closed_by(const struct bm_road *road, enum bm_closed_form form,
                          const struct xy *corners, size_t count) {
    struct bm_point points[16];
    for (size_t i = 0; i < count; i++) {
        points[i] = (struct bm_point){corners[i].y * M, corners[i].x * M};
    }
    uint32_t edges[3];
    const struct bm_closed closed = {form, points, count};
    size_t found = bm_road_closed_edges(road, &closed, edges, 3);
    /* Asked with less room it counts the same. */
    assert_int_equal(bm_road_closed_edges(road, &closed, NULL, 0), found);
    unsigned bits = 0;
    for (size_t i = 0; i < found; i++) {
        assert_true(i == 0 || edges[i] > edges[i - 1]);
        bits |= 1u << edges[i];
    }
    return bits;
}

#define LINE(...)                                                                                  \
    closed_by(world.road, BM_CLOSED_LINE, (struct xy[]){__VA_ARGS__},                              \
              sizeof((struct xy[]){__VA_ARGS__}) / sizeof(struct xy))
#define AREA(...)                                                                                  \
    closed_by(world.road, BM_CLOSED_POLYGON, (struct xy[]){__VA_ARGS__},                           \
              sizeof((struct xy[]){__VA_ARGS__}) / sizeof(struct xy))

static void a_line_closes_what_it_crosses(void **state) {
    (void)state;
    struct net net = cross_roads();
    struct world world = world_of(&net);
    assert_int_equal(LINE({500, -50}, {500, 50}), 1);
    assert_int_equal(LINE({1500, -50}, {1400, 50}), 2);
    assert_int_equal(LINE({900, 100}, {1100, 100}), 4);
    assert_int_equal(LINE({500, 10}, {500, 50}), 0);
    assert_int_equal(LINE({500, 50}, {500, 0}), 1); /* ends on it */
    assert_int_equal(LINE({500, 50}, {500, -50}, {1500, -50}, {1500, 50}, {900, 500}, {1100, 500}),
                     7);
    assert_int_equal(LINE({1, -50}, {1, 50}), 1);  /* a metre from the junction is on the edge */
    assert_int_equal(LINE({500, 0}, {500, 0}), 0); /* a point crosses nothing */
    /* Far away, and beyond the area. */
    assert_int_equal(LINE({5000000, 5000000}, {5000100, 5000000}), 0);
    world_free(&world);
    net_free(&net);
}

static void a_touch_at_a_junction_closes_nothing(void **state) {
    (void)state;
    struct net net = cross_roads();
    struct world world = world_of(&net);
    assert_int_equal(LINE({0, -50}, {0, 50}), 0);
    assert_int_equal(LINE({900, 100}, {1000, 0}), 0);
    assert_int_equal(LINE({900, -100}, {1000, 0}, {1100, -100}), 0);
    assert_int_equal(LINE({950, -50}, {1050, 50}), 0); /* right through it */
    assert_int_equal(LINE({1000, 0}, {1000, 0}), 0);
    world_free(&world);
    net_free(&net);
}

static void a_line_closes_what_it_runs_along(void **state) {
    (void)state;
    struct net net = cross_roads();
    struct world world = world_of(&net);
    assert_int_equal(LINE({0, -10}, {1000, -10}), 1);
    assert_int_equal(LINE({0, 10}, {480, 10}), 0); /* 486 m with the round end */
    assert_int_equal(LINE({0, 10}, {510, 10}), 1);
    assert_int_equal(LINE({0, -14}, {1000, -14}), 0);
    assert_int_equal(LINE({200, 11}, {400, 11}, {400, 200}, {600, 200}, {600, 11}, {920, 11}), 1);
    assert_int_equal(LINE({0, 10}, {510, 10}, {300, 10}, {0, 9}), 1);
    assert_int_equal(LINE({0, 10}, {300, 10}, {0, 9}, {300, 8}), 0); /* twice is not double */
    assert_int_equal(LINE({0, 0}, {1000, 0}), 1);                    /* exactly on it */
    assert_int_equal(LINE({0, 0}, {2000, 0}), 3);
    assert_int_equal(LINE({0, 10}, {1990, -10}), 3);
    world_free(&world);
    net_free(&net);
}

static void a_polygon_closes_what_lies_in_it(void **state) {
    (void)state;
    struct net net = cross_roads();
    struct world world = world_of(&net);
    assert_int_equal(AREA({-10, -10}, {2010, -10}, {2010, 1010}, {-10, 1010}), 7);
    assert_int_equal(AREA({400, -10}, {410, -10}, {410, 10}, {400, 10}), 1);
    assert_int_equal(AREA({990, -10}, {1010, -10}, {1010, 10}, {990, 10}), 7); /* the junction */
    assert_int_equal(AREA({995, 5}, {1005, 5}, {1005, 15}), 4);
    assert_int_equal(AREA({400, 10}, {410, 10}, {410, 30}, {400, 30}), 0);
    /* Only touched: from the side, and with a corner at the junction. */
    assert_int_equal(AREA({1000, 0}, {900, -100}, {1100, -100}), 0);
    assert_int_equal(AREA({400, 0}, {350, -100}, {450, -100}), 0);
    /* Hollow: the edges pass through the notch of a U. */
    assert_int_equal(AREA({400, -90}, {600, -90}, {600, 80}, {550, 80}, {550, -40}, {450, -40},
                          {450, 80}, {400, 80}),
                     1);
    assert_int_equal(AREA({400, -90}, {600, -90}, {600, -10}, {400, -10}), 0);
    world_free(&world);
    net_free(&net);
}

/* Against points every 1/400 of each edge: what is clearly in is closed, what is clearly out is
 * open. */
static void random_closures_agree_with_sampling(void **state) {
    (void)state;
    struct bm_rng rng = {41};
    size_t closed_count = 0, open_count = 0;
    for (int round = 0; round < 60; round++) {
        struct net net = net_random(&rng, 60, 120);
        struct world world = world_of(&net);
        enum bm_closed_form form = round % 2 ? BM_CLOSED_POLYGON : BM_CLOSED_LINE;
        struct bm_point points[8];
        size_t count = 3 + bm_rng_below(&rng, 6);
        for (size_t i = 0; i < count; i++) {
            points[i] = (struct bm_point){305000000 + (int32_t)bm_rng_below(&rng, 400000),
                                          1143000000 + (int32_t)bm_rng_below(&rng, 400000)};
        }
        uint32_t edges[120];
        const struct bm_closed closed = {form, points, count};
        size_t found = bm_road_closed_edges(world.road, &closed, edges, 120);
        bool is_closed[120] = {0};
        for (size_t i = 0; i < found; i++) is_closed[edges[i]] = true;
        for (uint32_t edge = 0; edge < 120; edge++) {
            size_t corners = bm_road_shape_count(world.road, edge);
            double length_m = bm_road_length_m(world.road, edge);
            if (length_m < 5) continue;
            bool hit = false;
            double beside_m = 0;
            for (size_t i = 1; i < corners; i++) {
                struct bm_point a = bm_road_shape_point(world.road, edge, i - 1);
                struct bm_point b = bm_road_shape_point(world.road, edge, i);
                double piece_m = bm_distance_m(a, b);
                for (int step = 0; step < 400; step++) {
                    struct bm_point at = bm_point_between(a, b, (step + 0.5) / 400);
                    if (form == BM_CLOSED_POLYGON) {
                        hit = hit || bm_polygon_has(points, count, at);
                        continue;
                    }
                    double least_m = INFINITY, off_m;
                    for (size_t k = 1; k < count; k++) {
                        bm_segment_nearest(points[k - 1], points[k], at, &off_m);
                        least_m = fmin(least_m, off_m);
                    }
                    if (least_m <= 12) beside_m += piece_m / 400;
                }
                for (size_t k = 1; form == BM_CLOSED_LINE && k < count; k++) {
                    if (bm_segments_cross(a, b, points[k - 1], points[k])) hit = true;
                }
            }
            if (form == BM_CLOSED_LINE) {
                /* Near half, or near a junction, sampling cannot tell. */
                if (fabs(beside_m - length_m / 2) < length_m / 50 + 0.2) continue;
                hit = hit || beside_m > length_m / 2;
            }
            /* A sliver between two samples may be in. */
            if (form == BM_CLOSED_POLYGON && is_closed[edge] && !hit) continue;
            assert_int_equal(hit, is_closed[edge]);
            if (hit)
                closed_count++;
            else
                open_count++;
        }
        world_free(&world);
        net_free(&net);
    }
    assert_true(closed_count > 500 && open_count > 500);
}

static void closing_twice_is_closing_once_and_the_file_stays_as_it_was(void **state) {
    (void)state;
    struct net net = cross_roads();
    struct world world = world_of(&net);
    const struct bm_point one[] = {{-50 * M, 500 * M}, {50 * M, 500 * M}};
    const struct bm_point two[] = {{-50 * M, 1500 * M}, {50 * M, 1400 * M}, {-50 * M, 1300 * M}};
    const struct bm_closed closed[] = {
        {BM_CLOSED_LINE, one, 2}, {BM_CLOSED_POLYGON, two, 3}, {BM_CLOSED_LINE, one, 2}};
    struct bm_metric *metric = bm_metric_closed(world.road, BM_PROFILE_ORDINARY, closed, 3);
    for (uint32_t arc = 0; arc < 6; arc++) {
        assert_int_equal(bm_metric_weight(metric, arc), arc < 4 ? BM_ROAD_INFINITE : 100);
    }
    bm_metric_unref(metric);
    metric = bm_metric_closed(world.road, BM_PROFILE_ORDINARY, NULL, 0);
    for (uint32_t arc = 0; arc < 6; arc++) assert_int_equal(bm_metric_weight(metric, arc), 100);
    bm_metric_unref(metric);
    world_free(&world);
    net_free(&net);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_closes_what_it_crosses),
        cmocka_unit_test(a_touch_at_a_junction_closes_nothing),
        cmocka_unit_test(a_line_closes_what_it_runs_along),
        cmocka_unit_test(a_polygon_closes_what_lies_in_it),
        cmocka_unit_test(random_closures_agree_with_sampling),
        cmocka_unit_test(closing_twice_is_closing_once_and_the_file_stays_as_it_was),
    };
    return cmocka_run_group_tests_name("closed", tests, NULL, NULL);
}
