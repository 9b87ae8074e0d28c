/* Closures: lines across and along, polygons, what is only touched. */
#include "../testing.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "road/live.h"
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

/* The closed arcs of the cross-roads as bits. */
static unsigned arcs_closed_by(const struct bm_road *road, const struct bm_closed *closed) {
    uint32_t arcs[6];
    size_t found = bm_road_closed_arcs(road, closed, arcs, 6);
    /* Asked with less room it counts the same, and writes no more. */
    uint32_t fewer[6] = {77, 77, 77, 77, 77, 77};
    for (size_t cap = 0; cap < 6; cap++) {
        assert_int_equal(bm_road_closed_arcs(road, closed, cap ? fewer : NULL, cap), found);
        for (size_t i = 0; i < 6; i++)
            assert_int_equal(fewer[i], i < cap && i < found ? arcs[i] : 77);
    }
    unsigned bits = 0;
    for (size_t i = 0; i < found; i++) {
        assert_true(i == 0 || arcs[i] > arcs[i - 1]);
        bits |= 1u << arcs[i];
    }
    return bits;
}

/* The closed edges as bits: each both ways. */
static unsigned closed_by(const struct bm_road *road, enum bm_closed_form form,
                          const struct xy *corners, size_t count) {
    struct bm_point points[16];
    for (size_t i = 0; i < count; i++) {
        points[i] = (struct bm_point){corners[i].y * M, corners[i].x * M};
    }
    const struct bm_closed closed = {form, points, count, false, 0};
    unsigned arcs = arcs_closed_by(road, &closed), edges = 0;
    for (unsigned edge = 0; edge < 3; edge++) {
        unsigned both = arcs >> 2 * edge & 3;
        assert_true(both == 0 || both == 3);
        if (both) edges |= 1u << edge;
    }
    return edges;
}

#define LINE(...)                                                                                  \
    closed_by(world.road, BM_CLOSED_LINE, (struct xy[]){__VA_ARGS__},                              \
              sizeof((struct xy[]){__VA_ARGS__}) / sizeof(struct xy))
#define AREA(...)                                                                                  \
    closed_by(world.road, BM_CLOSED_POLYGON, (struct xy[]){__VA_ARGS__},                           \
              sizeof((struct xy[]){__VA_ARGS__}) / sizeof(struct xy))

/* The arcs that a line closes in its own direction: bit 2e there, 2e+1 back. */
static unsigned along_by(const struct bm_road *road, const struct xy *corners, size_t count) {
    struct bm_point points[16];
    for (size_t i = 0; i < count; i++) {
        points[i] = (struct bm_point){corners[i].y * M, corners[i].x * M};
    }
    return arcs_closed_by(road, &(struct bm_closed){BM_CLOSED_LINE, points, count, true, 0});
}

#define ALONG(...)                                                                                 \
    along_by(world.road, (struct xy[]){__VA_ARGS__},                                               \
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

static void a_line_for_its_own_direction_leaves_the_other_open(void **state) {
    (void)state;
    struct net net = cross_roads();
    struct world world = world_of(&net);
    assert_int_equal(ALONG({0, 5}, {1000, 5}), 1 << 0);
    assert_int_equal(ALONG({1000, 5}, {0, 5}), 1 << 1);
    assert_int_equal(ALONG({0, 0}, {2000, 0}), 1 << 0 | 1 << 2); /* exactly on both */
    assert_int_equal(ALONG({2000, 0}, {1000, 0}, {1000, 1000}),
                     1 << 3 | 1 << 4);            /* and turns off */
    assert_int_equal(ALONG({0, 5}, {480, 5}), 0); /* less than half of it */
    assert_int_equal(ALONG({0, 5}, {510, 5}), 1 << 0);
    assert_int_equal(ALONG({0, 14}, {1000, 14}), 0); /* too far beside */
    /* What it crosses, or only passes at a junction, stays open. */
    assert_int_equal(ALONG({500, -50}, {500, 50}), 0);
    assert_int_equal(ALONG({1000, -500}, {1000, 0}), 0);
    /* There and back again is both; back over less than half of it is one. */
    assert_int_equal(ALONG({0, 5}, {1000, 5}, {1000, -5}, {0, -5}), 1 << 0 | 1 << 1);
    assert_int_equal(ALONG({0, 5}, {1000, 5}, {600, -5}), 1 << 0);
    /* Each direction by itself: forty of a hundred each is neither. */
    assert_int_equal(ALONG({0, 0}, {400, 0}, {400, 300}, {1000, 300}, {1000, 0}, {600, 0}), 0);
    /* Up to sixty degrees off it leads the way: twelve metres of each side of a steep zigzag. */
    assert_int_equal(ALONG({0, -11}, {22, 11}, {44, -11}, {66, 11}, {600, -11}), 1 << 0);
    assert_int_equal(ALONG({500, 5}, {500, 5}), 0); /* a point leads nowhere */
    world_free(&world);
    net_free(&net);
}

/* A link of ten metres between two carriageways lies whole within reach of a line along one of
 * them: it is closed with both arcs by a line for both directions, and by none for its own. */
static void a_short_link_is_not_on_the_way_of_what_passes_it(void **state) {
    (void)state;
    struct net net = {.unit_us = 1000};
    for (int32_t i = 0; i < 3; i++) {
        net_junction(&net, 0, i * 200 * M);
        net_junction(&net, 10 * M, i * 200 * M);
    }
    net_edge(&net, 0, 2, 10); /* eastward, the southern carriageway */
    net_edge(&net, 2, 4, 10);
    net_edge(&net, 5, 3, 10); /* westward, the northern one */
    net_edge(&net, 3, 1, 10);
    net_edge(&net, 2, 3, 1); /* the link */
    struct world world = world_of(&net);
    struct bm_point line[] = {{0, 0}, {0, 400 * M}};
    uint32_t arcs[10];
    struct bm_closed closed = {BM_CLOSED_LINE, line, 2, false, 0};
    assert_int_equal(bm_road_closed_arcs(world.road, &closed, arcs, 10), 10);
    closed.along_only = true;
    /* Of the northern carriageway only the arcs against its own direction, which are none for
     * whoever keeps to the rules. */
    assert_int_equal(bm_road_closed_arcs(world.road, &closed, arcs, 10), 4);
    const uint32_t eastward[] = {0, 2, 5, 7};
    assert_memory_equal(arcs, eastward, sizeof eastward);
    world_free(&world);
    net_free(&net);
}

/* Along an edge at random: the whole of it or a part, either way, sometimes back again, shaken. */
static size_t random_line_along(const struct bm_road *road, uint32_t edge, struct bm_rng *rng,
                                struct bm_point points[16]) {
    size_t corners = bm_road_shape_count(road, edge), count = 0;
    size_t first = bm_rng_below(rng, corners - 1), turns = 1 + bm_rng_below(rng, 2);
    bool back = bm_rng_chance(rng, 50);
    for (size_t turn = 0; turn < turns; turn++, back = !back) {
        for (size_t i = first; i < corners; i++) {
            size_t at = back ? corners - 1 - (i - first) : i;
            struct bm_point point = bm_road_shape_point(road, edge, at);
            points[count++] = (struct bm_point){
                point.lat_e7 + (int32_t)bm_rng_below(rng, 2600) - 1300,
                point.lon_e7 + (int32_t)bm_rng_below(rng, 2600) - 1300};
        }
    }
    return count;
}

/* Metres of an edge, from samples, that lie within 12 m of what of the line leads that way. */
static double sampled_along_m(const struct bm_road *road, uint32_t edge, bool back,
                              const struct bm_point *line, size_t count) {
    double sum_m = 0;
    for (size_t i = 1; i < bm_road_shape_count(road, edge); i++) {
        struct bm_point a = bm_road_shape_point(road, edge, i - 1);
        struct bm_point b = bm_road_shape_point(road, edge, i);
        double wide = cos(a.lat_e7 * 1e-7 * M_PI / 180);
        double way = atan2(b.lat_e7 - a.lat_e7, (b.lon_e7 - a.lon_e7) * wide);
        double piece_m = bm_distance_m(a, b);
        for (int step = 0; step < 400; step++) {
            struct bm_point at = bm_point_between(a, b, (step + 0.5) / 400);
            bool led = false;
            for (size_t k = 1; k < count && !led; k++) {
                double off_m, leads = atan2(line[k].lat_e7 - line[k - 1].lat_e7,
                                            (line[k].lon_e7 - line[k - 1].lon_e7) * wide);
                double turned = fabs(remainder(leads - way - (back ? M_PI : 0), 2 * M_PI));
                bm_segment_nearest(line[k - 1], line[k], at, &off_m);
                led = off_m <= 12 && turned <= M_PI / 3;
            }
            if (led) sum_m += piece_m / 400;
        }
    }
    return sum_m;
}

static void random_directions_agree_with_sampling(void **state) {
    (void)state;
    struct bm_rng rng = {43};
    size_t closed_count = 0, open_count = 0, both = 0;
    for (int round = 0; round < 120; round++) {
        struct net net = net_random(&rng, 30, 60);
        struct world world = world_of(&net);
        struct bm_point points[16];
        uint32_t chosen = (uint32_t)bm_rng_below(&rng, 60), arcs[120];
        size_t count = random_line_along(world.road, chosen, &rng, points);
        const struct bm_closed closed = {BM_CLOSED_LINE, points, count, true, 0};
        size_t found = bm_road_closed_arcs(world.road, &closed, arcs, 120);
        bool is_closed[120] = {0};
        for (size_t i = 0; i < found; i++) is_closed[arcs[i]] = true;
        for (uint32_t arc = 0; arc < 120; arc++) {
            double length_m = bm_road_length_m(world.road, arc / 2);
            if (length_m < 5) continue;
            double led_m = sampled_along_m(world.road, arc / 2, arc % 2, points, count);
            /* Near half of it sampling cannot tell. */
            if (fabs(led_m - length_m / 2) < length_m / 50 + 0.2) continue;
            assert_int_equal(is_closed[arc], led_m > length_m / 2);
            closed_count += is_closed[arc];
            open_count += !is_closed[arc];
            both += arc % 2 && is_closed[arc] && is_closed[arc - 1];
        }
        world_free(&world);
        net_free(&net);
    }
    assert_true(closed_count > 60 && open_count > 5000);
    assert_true(both > 10 && both < closed_count / 3);
}

static void slowed_weights(void **state) {
    (void)state;
    assert_int_equal(bm_road_slowed(100, 0), BM_ROAD_INFINITE);
    assert_int_equal(bm_road_slowed(100, 1000), 100);
    assert_int_equal(bm_road_slowed(100, 500), 200);
    assert_int_equal(bm_road_slowed(100, 300), 334); /* never quicker than that share */
    assert_int_equal(bm_road_slowed(0, 1), 0);
    assert_int_equal(bm_road_slowed(1, 1), 1000);
    assert_int_equal(bm_road_slowed(BM_ROAD_INFINITE, 1000), BM_ROAD_INFINITE);
    /* However slow, it stays a road that can be driven. */
    assert_int_equal(bm_road_slowed(BM_ROAD_INFINITE - 1, 1), BM_ROAD_INFINITE - 1);
    assert_int_equal(bm_road_slowed(BM_ROAD_INFINITE / 1000 + 1, 1), BM_ROAD_INFINITE - 1);
}

/* Of any sort, along one of the first edges. */
static struct bm_closed random_closed(const struct bm_road *road, struct bm_rng *rng,
                                      struct bm_point points[16]) {
    struct bm_closed closed = {
        .points = points,
        .count = random_line_along(road, (uint32_t)bm_rng_below(rng, 15), rng, points),
        .slow_permille = bm_rng_chance(rng, 30) ? 0 : 1 + (uint32_t)bm_rng_below(rng, 1000)};
    bool area = closed.count > 2 && bm_rng_chance(rng, 40);
    closed.form = area ? BM_CLOSED_POLYGON : BM_CLOSED_LINE;
    closed.along_only = !area && bm_rng_chance(rng, 50);
    return closed;
}

static uint32_t slowed_plainly(uint64_t weight, uint64_t permille) {
    if (weight == BM_ROAD_INFINITE || permille == 0) return BM_ROAD_INFINITE;
    uint64_t slowed = weight * 1000 / permille + (weight * 1000 % permille != 0);
    return (uint32_t)(slowed < BM_ROAD_INFINITE ? slowed : BM_ROAD_INFINITE - 1);
}

static void shuffle(struct bm_closed *closed, size_t count, struct bm_rng *rng) {
    for (size_t i = count - 1; i > 0; i--) {
        size_t other = bm_rng_below(rng, i + 1);
        struct bm_closed kept = closed[i];
        closed[i] = closed[other];
        closed[other] = kept;
    }
}

/* Closures of all sorts in random order: each arc weighs the most that one of them makes of it, the
 * order does not matter, and with none of them everything is as it was. */
static void the_slowest_of_several_counts_and_a_closed_one_before_it(void **state) {
    (void)state;
    enum { CLOSURES = 9, ARCS = 120 };
    struct bm_rng rng = {47};
    size_t slowed = 0, shut = 0, shared = 0;
    for (int round = 0; round < 40; round++) {
        struct net net = net_random(&rng, 30, ARCS / 2);
        struct world world = world_of(&net);
        struct bm_point points[CLOSURES][16];
        struct bm_closed closed[CLOSURES];
        uint32_t usual[ARCS], expected[ARCS], arcs[ARCS];
        enum bm_profile profile = (enum bm_profile)bm_rng_below(&rng, BM_profile_COUNT);
        struct bm_metric *open = bm_metric_new(world.road, profile);
        for (uint32_t arc = 0; arc < ARCS; arc++) usual[arc] = bm_metric_weight(open, arc);
        memcpy(expected, usual, sizeof usual);
        for (size_t i = 0; i < CLOSURES; i++) {
            closed[i] = random_closed(world.road, &rng, points[i]);
            size_t found = bm_road_closed_arcs(world.road, &closed[i], arcs, ARCS);
            for (size_t at = 0; at < found; at++) {
                uint32_t weight = slowed_plainly(usual[arcs[at]], closed[i].slow_permille);
                shared += expected[arcs[at]] != usual[arcs[at]];
                if (weight > expected[arcs[at]]) expected[arcs[at]] = weight;
            }
        }
        for (int order = 0; order < 4; order++) {
            shuffle(closed, CLOSURES, &rng);
            struct bm_metric *metric = bm_metric_closed(world.road, profile, closed, CLOSURES);
            struct bm_live *live = bm_live_new(world.road, profile, NULL);
            bm_live_set(live, closed, CLOSURES);
            bm_live_set(live, NULL, 0);
            struct bm_metric *opened = bm_live_metric(live);
            bm_live_free(live);
            for (uint32_t arc = 0; arc < ARCS; arc++) {
                uint32_t weight = bm_metric_weight(metric, arc);
                assert_int_equal(weight, expected[arc]);
                assert_int_equal(bm_metric_weight(opened, arc), usual[arc]);
                shut += weight == BM_ROAD_INFINITE && usual[arc] != weight;
                slowed += weight != BM_ROAD_INFINITE && usual[arc] != weight;
            }
            bm_metric_unref(opened);
            bm_metric_unref(metric);
        }
        bm_metric_unref(open);
        world_free(&world);
        net_free(&net);
    }
    assert_true(slowed > 500 && shut > 500 && shared > 200);
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
        uint32_t arcs[240];
        const struct bm_closed closed = {form, points, count, false, 0};
        size_t found = bm_road_closed_arcs(world.road, &closed, arcs, 240);
        bool is_closed[120] = {0};
        for (size_t i = 0; i < found; i++) is_closed[arcs[i] / 2] = true;
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
    const struct bm_closed closed[] = {{BM_CLOSED_LINE, one, 2, false, 0},
                                       {BM_CLOSED_POLYGON, two, 3, false, 0},
                                       {BM_CLOSED_LINE, one, 2, false, 0}};
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
        cmocka_unit_test(a_line_for_its_own_direction_leaves_the_other_open),
        cmocka_unit_test(a_short_link_is_not_on_the_way_of_what_passes_it),
        cmocka_unit_test(random_directions_agree_with_sampling),
        cmocka_unit_test(slowed_weights),
        cmocka_unit_test(the_slowest_of_several_counts_and_a_closed_one_before_it),
        cmocka_unit_test(closing_twice_is_closing_once_and_the_file_stays_as_it_was),
    };
    return cmocka_run_group_tests_name("closed", tests, NULL, NULL);
}
