/* Travel times and routes: 10,000 random pairs equal to a search written apart (oracle.h), ways
 * that are easy to get wrong by hand, and every route checked arc by arc. */
#include "../testing.h"

#include <math.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "oracle.h"

/* --- a route is what it says ------------------------------------------------------------------ */

static uint32_t head_of(const struct bm_road *road, uint32_t arc) {
    return bm_road_tail(road, arc ^ 1);
}

/* The arc of the spot's own edge that ends at the junction on which it stands. */
static uint32_t into_junction(const struct bm_spot *spot) {
    assert_true(spot->along == 0 || spot->along == 65535);
    return 2 * spot->edge + (spot->along == 0);
}

/* The units of its arcs, parted at the spots. */
static uint64_t units_of(const struct net *net, enum bm_profile profile, const bool *closed,
                         const struct bm_route *route, const struct bm_spot *from,
                         const struct bm_spot *to) {
    uint64_t sum = 0;
    for (size_t i = 0; i < route->arc_count; i++) {
        uint32_t arc = route->arcs[i];
        bool back = arc % 2;
        uint32_t begin = 0, end = 65535;
        bool first = i == 0 && arc / 2 == from->edge && from->along != (back ? 0 : 65535);
        bool last = i + 1 == route->arc_count && arc / 2 == to->edge &&
                    to->along != (back ? 65535 : 0);
        /* The first arc may also be whole, from a spot that stands on a junction. */
        if (first && from->along != (back ? 65535 : 0)) {
            begin = back ? 65535u - from->along : from->along;
        }
        if (last && to->along != (back ? 0 : 65535)) {
            end = back ? 65535u - to->along : to->along;
        }
        assert_true(begin < end);
        uint64_t weight = oracle_weight(net, profile, closed, arc);
        assert_true(weight != BM_ROAD_INFINITE);
        sum += weight * (end - begin) / 65535;
        if (i > 0) sum += oracle_turn(net, profile, route->arcs[i - 1], arc);
        /* From a spot on a junction one comes over its edge, and to one one turns into its edge. */
        if (i == 0 && !first) sum += oracle_turn(net, profile, into_junction(from), arc);
        if (i + 1 == route->arc_count && !last)
            sum += oracle_turn(net, profile, arc, into_junction(to) ^ 1);
    }
    if (route->arc_count == 0 && from->edge != to->edge)
        sum += oracle_turn(net, profile, into_junction(from), into_junction(to) ^ 1);
    return sum;
}

static void check_route(const struct net *net, const struct bm_road *road, enum bm_profile profile,
                        const bool *closed, const struct bm_route *route,
                        const struct bm_spot *from, const struct bm_spot *to, uint64_t units) {
    if (units == ORACLE_NONE) {
        assert_true(route->travel_ms == BM_TRAVEL_NONE);
        assert_null(route->points);
        assert_null(route->arcs);
        assert_int_equal(route->count, 0);
        return;
    }
    assert_true(route->travel_ms == oracle_ms(net, units));
    assert_true(route->count >= 2);
    assert_memory_equal(&route->points[0], &from->point, sizeof from->point);
    assert_memory_equal(&route->points[route->count - 1], &to->point, sizeof to->point);
    assert_true(route->at_ms[0] == 0);
    assert_true(route->at_ms[route->count - 1] == route->travel_ms);
    for (size_t i = 1; i < route->count; i++) assert_true(route->at_ms[i] >= route->at_ms[i - 1]);
    for (size_t i = 1; i < route->arc_count; i++) {
        assert_int_equal(head_of(road, route->arcs[i - 1]), bm_road_tail(road, route->arcs[i]));
    }
    assert_true(units_of(net, profile, closed, route, from, to) == units);
    double line_m = bm_line_length_m(route->points, route->count);
    assert_true(fabs(line_m - route->length_m) <= 0.05 * (double)route->count);
}

/* --- random pairs ----------------------------------------------------------------------------- */

static int by_time(const void *a, const void *b) {
    const struct bm_coming *left = a, *right = b;
    if (left->travel_ms != right->travel_ms) return left->travel_ms < right->travel_ms ? -1 : 1;
    return (left->at > right->at) - (left->at < right->at);
}

/* The nearest of all `from` to one spot, for several lengths of the list. */
static void check_nearest(struct bm_travel *travel, const struct bm_metric *metric,
                          const struct bm_spot *from, const int64_t *ms, size_t count,
                          const struct bm_spot *to) {
    struct bm_coming *should = bm_alloc((count + 1) * sizeof *should);
    struct bm_coming *is = bm_alloc((count + 1) * sizeof *is);
    size_t coming = 0;
    for (size_t i = 0; i < count; i++) {
        if (ms[i] != BM_TRAVEL_NONE) should[coming++] = (struct bm_coming){(uint32_t)i, ms[i]};
    }
    qsort(should, coming, sizeof *should, by_time);
    const size_t lengths[] = {0, 1, 2, 5, count / 2, count, count + 1};
    for (size_t k = 0; k < sizeof lengths / sizeof *lengths; k++) {
        size_t expected = coming < lengths[k] ? coming : lengths[k];
        is[expected].at = 0xabcdef; /* not to be written */
        assert_int_equal(bm_travel_nearest(travel, metric, from, count, to, lengths[k], is),
                         expected);
        assert_int_equal(is[expected].at, 0xabcdef);
        for (size_t i = 0; i < expected; i++) {
            assert_int_equal(is[i].at, should[i].at);
            assert_true(is[i].travel_ms == should[i].travel_ms);
        }
    }
    bm_free(should);
    bm_free(is);
}

enum { SPOTS = 12 };

/* All ways between the spots; returns how many pairs were compared. */
static size_t compare(const struct net *net, const struct world *world,
                      const struct bm_metric *metric, enum bm_profile profile, const bool *closed,
                      struct bm_rng *rng) {
    struct bm_travel *travel = bm_travel_new(world->road);
    struct bm_spot spots[SPOTS];
    for (size_t i = 0; i < SPOTS; i++) {
        spots[i] = spot_random(world->road, rng);
        /* Often two on one edge, sometimes at one place. */
        if (i && bm_rng_chance(rng, 30)) {
            uint16_t along = bm_rng_chance(rng, 30) ? spots[i - 1].along : spots[i].along;
            spots[i] = spot_at(world->road, spots[i - 1].edge, along);
        }
    }
    uint64_t units[SPOTS][SPOTS]; /* [from][to] */
    for (size_t i = 0; i < SPOTS; i++) {
        oracle_rounds(net, profile, closed, &spots[i], spots, SPOTS, units[i]);
    }
    for (size_t to = 0; to < SPOTS; to++) {
        int64_t ms[SPOTS];
        for (size_t from = 0; from < SPOTS; from++) {
            ms[from] = oracle_ms(net, units[from][to]);
            assert_true(bm_travel_ms(travel, metric, &spots[from], &spots[to]) == ms[from]);
            struct bm_route route;
            bm_travel_route(travel, metric, &spots[from], &spots[to], &route);
            check_route(net, world->road, profile, closed, &route, &spots[from], &spots[to],
                        units[from][to]);
            bm_route_free(&route);
        }
        check_nearest(travel, metric, spots, ms, SPOTS, &spots[to]);
    }
    bm_travel_free(travel);
    return (size_t)SPOTS * SPOTS;
}

static void ten_thousand_random_pairs_are_equal_to_a_search_written_apart(void **state) {
    (void)state;
    struct bm_rng rng = {2026};
    size_t pairs = 0, closed_pairs = 0;
    while (pairs < 10000 || closed_pairs < 2000) {
        uint32_t junctions = 2 + (uint32_t)bm_rng_below(&rng, 60);
        struct net net = net_random(&rng, junctions,
                                    junctions + (uint32_t)bm_rng_below(&rng, 2 * junctions));
        if (bm_rng_chance(&rng, 60))
            net_random_turns(&net, &rng, (uint32_t)bm_rng_below(&rng, junctions));
        struct world world = world_of(&net);
        enum bm_profile profile = (enum bm_profile)bm_rng_below(&rng, BM_profile_COUNT);
        struct bm_metric *metric = bm_metric_new(world.road, profile);
        pairs += compare(&net, &world, metric, profile, NULL, &rng);
        bm_metric_unref(metric);

        /* With a quarter of the area closed. */
        const struct bm_point corners[] = {{305000000, 1143000000},
                                           {305200000, 1143000000},
                                           {305200000, 1143200000},
                                           {305000000, 1143200000}};
        const struct bm_closed area = {BM_CLOSED_POLYGON, corners, 4, false, 0};
        uint32_t *arcs = bm_alloc(2 * net.edge_count * sizeof *arcs);
        bool *closed = bm_alloc_zero(net.edge_count, sizeof *closed);
        size_t count = bm_road_closed_arcs(world.road, &area, arcs, 2 * net.edge_count);
        for (size_t i = 0; i < count; i++) closed[arcs[i] / 2] = true;
        metric = bm_metric_closed(world.road, profile, &area, 1);
        closed_pairs += compare(&net, &world, metric, profile, closed, &rng);
        bm_metric_unref(metric);
        bm_free(arcs);
        bm_free(closed);
        world_free(&world);
        net_free(&net);
    }
    print_message("%zu pairs, and %zu with roads closed\n", pairs, closed_pairs);
}

/* --- ways that are easy to get wrong ---------------------------------------------------------- */

/* A one-way square 0 -> 1 -> 2 -> 3 -> 0, a spur 1 - 4 both ways. */
static struct net square(void) {
    struct net net = {.unit_us = 1000};
    net_junction(&net, 0, 0);
    net_junction(&net, 0, 100000);
    net_junction(&net, 100000, 100000);
    net_junction(&net, 100000, 0);
    net_junction(&net, 0, 200000);
    for (uint32_t i = 0; i < 4; i++) {
        net_edge(&net, i, (i + 1) % 4, 65535);
        for (int profile = 0; profile < BM_profile_COUNT; profile++) {
            net.edges[i].weight[profile][1] = BM_ROAD_INFINITE;
        }
    }
    net_edge(&net, 1, 4, 65535);
    return net;
}

static void one_edge_in_the_wrong_order_is_the_way_round(void **state) {
    (void)state;
    struct net net = square();
    struct world world = world_of(&net);
    struct bm_metric *metric = bm_metric_new(world.road, BM_PROFILE_EMERGENCY);
    struct bm_travel *travel = bm_travel_new(world.road);
    struct bm_spot low = spot_at(world.road, 0, 1000), high = spot_at(world.road, 0, 3000);
    assert_int_equal(bm_travel_ms(travel, metric, &low, &high), 2000);
    assert_int_equal(bm_travel_ms(travel, metric, &high, &low), 4 * 65535 - 2000);
    assert_int_equal(bm_travel_ms(travel, metric, &low, &low), 0);
    /* On the two-way spur both orders are direct. */
    struct bm_spot near = spot_at(world.road, 4, 1000), far = spot_at(world.road, 4, 3000);
    assert_int_equal(bm_travel_ms(travel, metric, &near, &far), 2000);
    assert_int_equal(bm_travel_ms(travel, metric, &far, &near), 2000);
    struct bm_route route;
    bm_travel_route(travel, metric, &high, &low, &route);
    assert_int_equal(route.arc_count, 5);
    assert_int_equal(route.arcs[0], 0);
    assert_int_equal(route.arcs[4], 0);
    bm_route_free(&route);
    bm_travel_route(travel, metric, &far, &near, &route);
    assert_int_equal(route.arc_count, 1);
    assert_int_equal(route.arcs[0], 9);
    bm_route_free(&route);
    bm_route_free(&route); /* once more does no harm */
    /* At one place: no arc, two points. */
    bm_travel_route(travel, metric, &far, &far, &route);
    assert_int_equal(route.travel_ms, 0);
    assert_int_equal(route.arc_count, 0);
    assert_int_equal(route.count, 2);
    bm_route_free(&route);
    bm_travel_free(travel);
    bm_metric_unref(metric);
    world_free(&world);
    net_free(&net);
}

static void a_spot_on_a_junction_stands_on_the_junction(void **state) {
    (void)state;
    struct net net = square();
    struct world world = world_of(&net);
    struct bm_metric *metric = bm_metric_new(world.road, BM_PROFILE_EMERGENCY);
    struct bm_travel *travel = bm_travel_new(world.road);
    /* The end of edge 0, the begin of edge 1 and of the spur are one place. */
    const struct bm_spot same[] = {spot_at(world.road, 0, BM_ALONG_FULL), spot_at(world.road, 1, 0),
                                   spot_at(world.road, 4, 0)};
    struct bm_spot end = spot_at(world.road, 4, BM_ALONG_FULL);
    for (size_t i = 0; i < 3; i++) {
        for (size_t k = 0; k < 3; k++) {
            assert_int_equal(bm_travel_ms(travel, metric, &same[i], &same[k]), 0);
        }
        assert_int_equal(bm_travel_ms(travel, metric, &same[i], &end), 65535);
        assert_int_equal(bm_travel_ms(travel, metric, &end, &same[i]), 65535);
    }
    /* It can be left by the other edges even while its own is closed. */
    const struct bm_point across[] = {{50000, 50000}, {150000, 150000}};
    const struct bm_point beside[] = {{-10000, 50000}, {10000, 50000}};
    const struct bm_closed closed[] = {{BM_CLOSED_LINE, beside, 2, false, 0},
                                       {BM_CLOSED_LINE, across, 2, false, 0}};
    struct bm_metric *without = bm_metric_closed(world.road, BM_PROFILE_EMERGENCY, closed, 1);
    assert_int_equal(bm_metric_weight(without, 0), BM_ROAD_INFINITE);
    assert_int_equal(bm_metric_weight(without, 2), 65535);
    assert_int_equal(bm_travel_ms(travel, without, &same[0], &end), 65535);
    struct bm_spot inside = spot_at(world.road, 0, 30000);
    assert_true(bm_travel_ms(travel, without, &inside, &end) == BM_TRAVEL_NONE);
    assert_true(bm_travel_ms(travel, without, &end, &inside) == BM_TRAVEL_NONE);
    assert_int_equal(bm_travel_ms(travel, without, &inside, &inside), 0);
    bm_metric_unref(without);
    bm_travel_free(travel);
    bm_metric_unref(metric);
    world_free(&world);
    net_free(&net);
}

/* 5,000 edges of the longest time in a row: 2^42 units, and a unit of a minute on top. */
static void long_ways_do_not_run_over(void **state) {
    (void)state;
    struct net net = {.unit_us = 60000000};
    enum { EDGES = 5000 };
    net_junction(&net, 0, 0);
    for (uint32_t i = 0; i < EDGES; i++) {
        net_junction(&net, 0, (int32_t)(i + 1) * 1000);
        net_edge(&net, i, i + 1, BM_ROAD_INFINITE - 1);
    }
    struct world world = world_of(&net);
    struct bm_metric *metric = bm_metric_new(world.road, BM_PROFILE_ORDINARY);
    struct bm_travel *travel = bm_travel_new(world.road);
    struct bm_spot from = spot_at(world.road, 0, 0);
    struct bm_spot to = spot_at(world.road, EDGES - 1, BM_ALONG_FULL);
    int64_t ms = (int64_t)EDGES * (BM_ROAD_INFINITE - 1) * 60000;
    assert_true(bm_travel_ms(travel, metric, &from, &to) == ms);
    struct bm_route route;
    bm_travel_route(travel, metric, &from, &to, &route);
    assert_true(route.travel_ms == ms && route.at_ms[route.count - 1] == ms);
    assert_int_equal(route.arc_count, EDGES);
    bm_route_free(&route);
    bm_travel_free(travel);
    bm_metric_unref(metric);
    world_free(&world);
    net_free(&net);
}

/* Units of a microsecond: many arrive in one ms, and then the lower index is first. */
static void ties_go_to_the_lower_index(void **state) {
    (void)state;
    struct net net = {.unit_us = 1};
    net_junction(&net, 0, 0);
    net_junction(&net, 0, 100000);
    net_edge(&net, 0, 1, 65535);
    struct world world = world_of(&net);
    struct bm_metric *metric = bm_metric_new(world.road, BM_PROFILE_EMERGENCY);
    struct bm_travel *travel = bm_travel_new(world.road);
    struct bm_spot from[6], to = spot_at(world.road, 0, 0);
    static const uint16_t along[6] = {5000, 4999, 2700, 2300, 2999, 2001};
    static const uint32_t order[6] = {2, 3, 4, 5, 1, 0};
    for (size_t i = 0; i < 6; i++) from[i] = spot_at(world.road, 0, along[i]);
    struct bm_coming coming[6];
    for (size_t most = 1; most <= 6; most++) {
        assert_int_equal(bm_travel_nearest(travel, metric, from, 6, &to, most, coming), most);
        for (size_t i = 0; i < most; i++) assert_int_equal(coming[i].at, order[i]);
    }
    assert_int_equal(coming[0].travel_ms, 2);
    assert_int_equal(coming[5].travel_ms, 5);
    assert_int_equal(bm_travel_nearest(travel, metric, from, 0, &to, 3, coming), 0);
    bm_travel_free(travel);
    bm_metric_unref(metric);
    world_free(&world);
    net_free(&net);
}

/* The corners of a bent edge come in driven order, with times in proportion. */
static void a_route_follows_the_shape_both_ways(void **state) {
    (void)state;
    struct net net = {.unit_us = 1000};
    net_junction(&net, 0, 0);
    net_junction(&net, 0, 40000);
    net_edge(&net, 0, 1, 65535);
    for (int i = 0; i < 3; i++) {
        net.edges[0].between[i] = (struct bm_point){0, 10000 * (i + 1)};
    }
    net.edges[0].between_count = 3;
    struct world world = world_of(&net);
    struct bm_metric *metric = bm_metric_new(world.road, BM_PROFILE_EMERGENCY);
    struct bm_travel *travel = bm_travel_new(world.road);
    struct bm_spot from = spot_at(world.road, 0, 8192), to = spot_at(world.road, 0, 57343);
    struct bm_route route;
    for (int back = 0; back < 2; back++) {
        bm_travel_route(travel, metric, back ? &to : &from, back ? &from : &to, &route);
        assert_int_equal(route.count, 5);
        for (int i = 0; i < 3; i++) {
            int32_t lon = 10000 * (back ? 3 - i : i + 1);
            assert_int_equal(route.points[i + 1].lon_e7, lon);
            assert_in_range((uint64_t)route.at_ms[i + 1], 8191 + 16383 * i, 8194 + 16385 * i);
        }
        assert_int_equal(route.travel_ms, 57343 - 8192);
        bm_route_free(&route);
    }
    bm_travel_free(travel);
    bm_metric_unref(metric);
    world_free(&world);
    net_free(&net);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_edge_in_the_wrong_order_is_the_way_round),
        cmocka_unit_test(a_spot_on_a_junction_stands_on_the_junction),
        cmocka_unit_test(long_ways_do_not_run_over),
        cmocka_unit_test(ties_go_to_the_lower_index),
        cmocka_unit_test(a_route_follows_the_shape_both_ways),
        cmocka_unit_test(ten_thousand_random_pairs_are_equal_to_a_search_written_apart),
    };
    return cmocka_run_group_tests_name("travel", tests, NULL, NULL);
}
