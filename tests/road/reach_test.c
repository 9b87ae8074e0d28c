/* What is reached within a time, equal to searches written apart: on random networks place by
 * place, on pieces of New York junction by junction. */
#include "../testing.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/heap.h"
#include "dimacs.h"
#include "oracle.h"
#include "road/reach.h"

struct told {
    struct bm_reached *items;
    size_t count, cap;
};

static void note(void *context, const struct bm_reached *reached) {
    struct told *told = context;
    assert_true(reached->from_part < reached->to_part);
    assert_true(reached->enter_ms <= reached->leave_ms);
    if (told->count == told->cap) {
        told->cap = told->cap ? 2 * told->cap : 64;
        told->items = bm_realloc(told->items, told->cap * sizeof *told->items);
    }
    told->items[told->count++] = *reached;
}

/* --- random networks -------------------------------------------------------------------------- */

enum { FROM_MAX = 4 };

struct asked {
    const struct net *net;
    const struct world *world;
    enum bm_profile profile;
    const bool *closed;
    struct bm_spot from[FROM_MAX];
    size_t count;
};

/* Units from the nearest source. */
static void units_to(const struct asked *asked, const struct bm_spot *to, size_t count,
                     uint64_t *ret_units) {
    uint64_t *one = bm_alloc((count + 1) * sizeof *one);
    for (size_t i = 0; i < count; i++) ret_units[i] = ORACLE_NONE;
    for (size_t s = 0; s < asked->count; s++) {
        oracle_rounds(asked->net, asked->profile, asked->closed, &asked->from[s], to, count, one);
        for (size_t i = 0; i < count; i++) {
            if (one[i] < ret_units[i]) ret_units[i] = one[i];
        }
    }
    bm_free(one);
}

static struct bm_spot part_spot(const struct world *world, uint32_t arc, uint32_t part) {
    return spot_at(world->road, arc / 2, (uint16_t)(arc % 2 ? 65535 - part : part));
}

/* Of every stretch: what its two ends cost, by the oracle's time to where it begins. */
static void check_times(const struct asked *asked, const struct told *told) {
    struct bm_spot *begin = bm_alloc((told->count + 1) * sizeof *begin);
    uint64_t *units = bm_alloc((told->count + 1) * sizeof *units);
    for (size_t i = 0; i < told->count; i++) {
        begin[i] = part_spot(asked->world, told->items[i].arc, told->items[i].from_part);
    }
    units_to(asked, begin, told->count, units);
    for (size_t i = 0; i < told->count; i++) {
        const struct bm_reached *reached = &told->items[i];
        uint64_t weight = oracle_weight(asked->net, asked->profile, asked->closed, reached->arc);
        assert_true(weight != BM_ROAD_INFINITE);
        assert_true(units[i] != ORACLE_NONE);
        assert_true(reached->enter_ms == oracle_ms(asked->net, units[i]));
        uint64_t driven = weight * (uint64_t)(reached->to_part - reached->from_part) / 65535;
        assert_true(reached->leave_ms == oracle_ms(asked->net, units[i] + driven));
        if (reached->from_part == 0) continue;
        assert_true(units[i] == 0);
        bool spot = false;
        for (size_t s = 0; s < asked->count; s++) {
            spot |= asked->from[s].edge == begin[i].edge && asked->from[s].along == begin[i].along;
        }
        assert_true(spot);
    }
    bm_free(begin);
    bm_free(units);
}

static bool told_holds(const struct told *told, const struct bm_spot *spot) {
    for (size_t i = 0; i < told->count; i++) {
        const struct bm_reached *reached = &told->items[i];
        if (reached->arc / 2 != spot->edge) continue;
        uint32_t part = reached->arc % 2 ? 65535u - spot->along : spot->along;
        if (part >= reached->from_part && part <= reached->to_part) return true;
    }
    return false;
}

static bool is_source(const struct asked *asked, const struct bm_spot *spot) {
    for (size_t s = 0; s < asked->count; s++) {
        if (asked->from[s].edge == spot->edge && asked->from[s].along == spot->along) return true;
    }
    return false;
}

/* Places anywhere on every edge, and just before and behind both ends of every stretch, lie in a
 * stretch exactly when the oracle is there in time; returns how many. */
static size_t check_places(const struct asked *asked, const struct told *told, int64_t within_ms,
                           struct bm_rng *rng) {
    size_t cap = 3 * (size_t)asked->net->edge_count + 4 * told->count, count = 0;
    struct bm_spot *spots = bm_alloc(cap * sizeof *spots);
    for (uint32_t i = 0; i < 3 * asked->net->edge_count; i++) {
        uint16_t along = (uint16_t)(1 + bm_rng_below(rng, 65534));
        spots[count++] = spot_at(asked->world->road, i / 3, along);
    }
    for (size_t i = 0; i < told->count; i++) {
        const struct bm_reached *reached = &told->items[i];
        const int parts[] = {reached->from_part - 1, reached->from_part + 1, reached->to_part,
                             reached->to_part + 1};
        for (size_t k = 0; k < 4; k++) {
            if (parts[k] < 1 || parts[k] > 65534) continue;
            spots[count++] = part_spot(asked->world, reached->arc, (uint32_t)parts[k]);
        }
    }
    uint64_t *units = bm_alloc((count + 1) * sizeof *units);
    units_to(asked, spots, count, units);
    for (size_t i = 0; i < count; i++) {
        if (is_source(asked, &spots[i])) continue; /* perhaps no stretch begins there */
        bool in_time = units[i] != ORACLE_NONE && oracle_ms(asked->net, units[i]) <= within_ms;
        assert_int_equal(told_holds(told, &spots[i]), in_time);
    }
    bm_free(spots);
    bm_free(units);
    return count;
}

/* Of the stretches of several limits, those up to one limit put together are the stretches of that
 * limit alone, in the same order. */
static void check_bands(const struct asked *asked, const struct bm_metric *metric,
                        struct bm_reach *reach, int64_t within_ms) {
    if (within_ms < 0) return;
    const int64_t limits[] = {-1, within_ms / 5, within_ms / 2, within_ms};
    struct told pieces = {0};
    bm_reach_bands(reach, metric, asked->from, asked->count, limits, 4, note, &pieces);
    for (uint32_t band = 0; band < 4; band++) {
        struct told alone = {0};
        size_t at = 0;
        bm_reach_within(reach, metric, asked->from, asked->count, limits[band], note, &alone);
        for (size_t i = 0; i < pieces.count; i++) {
            const struct bm_reached *first = &pieces.items[i], *last = first;
            bool within = first->band <= band;
            for (; i + 1 < pieces.count; i++) {
                const struct bm_reached *next = &pieces.items[i + 1];
                bool follows = next->arc == first->arc && next->band > pieces.items[i].band &&
                               next->from_part == pieces.items[i].to_part;
                if (!follows) break;
                assert_true(next->enter_ms == pieces.items[i].leave_ms);
                if (next->band <= band) last = next;
            }
            if (!within) continue;
            assert_true(at < alone.count);
            const struct bm_reached *one = &alone.items[at++];
            assert_int_equal(one->band, 0);
            assert_int_equal(one->arc, first->arc);
            assert_int_equal(one->from_part, first->from_part);
            assert_int_equal(one->to_part, last->to_part);
            assert_true(one->enter_ms == first->enter_ms && one->leave_ms == last->leave_ms);
        }
        assert_int_equal(at, alone.count);
        bm_free(alone.items);
    }
    bm_free(pieces.items);
}

static size_t compare(struct asked *asked, const struct bm_metric *metric, struct bm_reach *reach,
                      struct bm_rng *rng) {
    asked->count = 1 + bm_rng_below(rng, FROM_MAX);
    for (size_t i = 0; i < asked->count; i++) {
        asked->from[i] = spot_random(asked->world->road, rng);
        if (i && bm_rng_chance(rng, 30)) {
            asked->from[i] = spot_at(asked->world->road, asked->from[0].edge, asked->from[i].along);
        }
    }
    /* A limit that something is reached at just in time, one less, and one anywhere. */
    struct bm_spot some = spot_random(asked->world->road, rng);
    uint64_t units;
    units_to(asked, &some, 1, &units);
    int64_t within_ms = units == ORACLE_NONE ? (int64_t)bm_rng_below(rng, 100000)
                                             : oracle_ms(asked->net, units);
    if (bm_rng_chance(rng, 30)) within_ms--;
    if (bm_rng_chance(rng, 5)) within_ms = INT64_MAX;
    struct told told = {0};
    bm_reach_within(reach, metric, asked->from, asked->count, within_ms, note, &told);
    /* Where turns cost something, to stand at the beginning of an arc is not yet to have turned
     * into it, and the oracle knows only where one stands. */
    if (asked->net->turn_count == 0) check_times(asked, &told);
    size_t places = check_places(asked, &told, within_ms, rng);
    check_bands(asked, metric, reach, within_ms);
    bm_free(told.items);
    return places;
}

static void random_networks_are_equal_to_a_search_written_apart(void **state) {
    (void)state;
    struct bm_rng rng = {31};
    size_t places = 0;
    for (int round = 0; round < 120; round++) {
        uint32_t junctions = 2 + (uint32_t)bm_rng_below(&rng, 50);
        struct net net = net_random(&rng, junctions,
                                    junctions + (uint32_t)bm_rng_below(&rng, junctions));
        if (round % 3 == 2) net_random_turns(&net, &rng, junctions / 2);
        struct world world = world_of(&net);
        struct asked asked = {.net = &net,
                              .world = &world,
                              .profile = (enum bm_profile)bm_rng_below(&rng, BM_profile_COUNT)};
        struct bm_reach *reach = bm_reach_new(world.road);
        struct bm_metric *metric = bm_metric_new(world.road, asked.profile);
        for (int i = 0; i < 5; i++) places += compare(&asked, metric, reach, &rng);
        bm_metric_unref(metric);

        /* The same work space, with a quarter of the area closed. */
        const struct bm_point corners[] = {{305000000, 1143000000},
                                           {305200000, 1143000000},
                                           {305200000, 1143200000},
                                           {305000000, 1143200000}};
        const struct bm_closed area = {.form = BM_CLOSED_POLYGON, .points = corners, .count = 4};
        uint32_t *arcs = bm_alloc(2 * net.edge_count * sizeof *arcs);
        bool *closed = bm_alloc_zero(net.edge_count, sizeof *closed);
        size_t count = bm_road_closed_arcs(world.road, &area, arcs, 2 * net.edge_count);
        for (size_t i = 0; i < count; i++) closed[arcs[i] / 2] = true;
        asked.closed = closed;
        metric = bm_metric_closed(world.road, asked.profile, &area, 1);
        for (int i = 0; i < 5; i++) places += compare(&asked, metric, reach, &rng);
        bm_metric_unref(metric);
        bm_free(arcs);
        bm_free(closed);
        bm_reach_free(reach);
        world_free(&world);
        net_free(&net);
    }
    print_message("%zu places compared\n", places);
    assert_true(places > 100000);
}

static void nothing_is_reached_from_nowhere_or_before_the_start(void **state) {
    (void)state;
    struct net net = {.unit_us = 1000};
    net_junction(&net, 0, 0);
    net_junction(&net, 0, 100000);
    net_edge(&net, 0, 1, 65535);
    struct world world = world_of(&net);
    struct bm_metric *metric = bm_metric_new(world.road, BM_PROFILE_EMERGENCY);
    struct bm_reach *reach = bm_reach_new(world.road);
    struct bm_spot spot = spot_at(world.road, 0, 1000);
    struct told told = {0};
    bm_reach_within(reach, metric, &spot, 0, 1000, note, &told);
    bm_reach_within(reach, metric, &spot, 1, -1, note, &told);
    bm_reach_within(reach, metric, &spot, 1, 0, note, &told);
    assert_int_equal(told.count, 0);
    /* A part a millisecond: to both sides; just to the junction; and a part back from it. */
    bm_reach_within(reach, metric, &spot, 1, 1000, note, &told);
    assert_int_equal(told.count, 2);
    bm_reach_within(reach, metric, &spot, 1, 1001, note, &told);
    assert_int_equal(told.count, 2 + 3);
    assert_int_equal(told.items[4].arc, 0);
    assert_int_equal(told.items[4].to_part, 1);
    bm_free(told.items);
    bm_reach_free(reach);
    bm_metric_unref(metric);
    world_free(&world);
    net_free(&net);
}

/* --- New York --------------------------------------------------------------------------------- */

/* What of a network lies in a box of `side` around a junction. */
static struct net piece_of(const struct net *whole, uint32_t middle, int32_t side) {
    struct net piece = {.unit_us = whole->unit_us};
    struct bm_point at = whole->junctions[middle];
    uint32_t *numbers = bm_alloc(whole->junction_count * sizeof *numbers);
    for (uint32_t i = 0; i < whole->junction_count; i++) {
        struct bm_point point = whole->junctions[i];
        bool inside = abs(point.lat_e7 - at.lat_e7) <= side &&
                      abs(point.lon_e7 - at.lon_e7) <= side;
        numbers[i] = inside ? net_junction(&piece, point.lat_e7, point.lon_e7) : UINT32_MAX;
    }
    for (uint32_t e = 0; e < whole->edge_count; e++) {
        uint32_t first = numbers[whole->edges[e].first], second = numbers[whole->edges[e].second];
        if (first == UINT32_MAX || second == UINT32_MAX) continue;
        uint32_t edge = net_edge(&piece, first, second, 0);
        piece.edges[edge] = whole->edges[e];
        piece.edges[edge].first = first;
        piece.edges[edge].second = second;
    }
    bm_free(numbers);
    return piece;
}

/* Units from the nearest of the spots to every junction: Dijkstra's search over the network as it
 * was given. */
static uint64_t *units_from(const struct net *net, const struct bm_spot *from, size_t count) {
    uint32_t *first = bm_alloc_zero(net->junction_count + 2, sizeof *first);
    uint32_t *arcs = bm_alloc((2 * (size_t)net->edge_count + 1) * sizeof *arcs);
    uint64_t *units = bm_alloc((net->junction_count + 1) * sizeof *units);
    for (uint32_t i = 0; i < net->junction_count; i++) units[i] = ORACLE_NONE;
    for (uint32_t e = 0; e < net->edge_count; e++) {
        first[net->edges[e].first + 2]++;
        first[net->edges[e].second + 2]++;
    }
    for (uint32_t i = 2; i < net->junction_count + 2; i++) first[i] += first[i - 1];
    for (uint32_t e = 0; e < net->edge_count; e++) {
        arcs[first[net->edges[e].first + 1]++] = 2 * e;
        arcs[first[net->edges[e].second + 1]++] = 2 * e + 1;
    }
    struct bm_heap heap = {0};
    for (size_t i = 0; i < count; i++) {
        const struct net_edge *edge = &net->edges[from[i].edge];
        uint64_t back = edge->weight[0][1], ahead = edge->weight[0][0];
        if (back != BM_ROAD_INFINITE || from[i].along == 0) {
            back = from[i].along ? back * from[i].along / 65535 : 0;
            bm_heap_push(&heap, (struct bm_due){(int64_t)back, edge->first});
        }
        if (ahead != BM_ROAD_INFINITE || from[i].along == 65535) {
            ahead = from[i].along < 65535 ? ahead * (65535u - from[i].along) / 65535 : 0;
            bm_heap_push(&heap, (struct bm_due){(int64_t)ahead, edge->second});
        }
    }
    while (bm_heap_top(&heap)) {
        struct bm_due top = *bm_heap_top(&heap);
        bm_heap_pop(&heap);
        if (units[top.id] != ORACLE_NONE) continue;
        units[top.id] = (uint64_t)top.at_ms;
        for (uint32_t i = first[top.id]; i < first[top.id + 1]; i++) {
            const struct net_edge *edge = &net->edges[arcs[i] / 2];
            uint32_t weight = edge->weight[0][arcs[i] % 2];
            if (weight == BM_ROAD_INFINITE) continue;
            uint32_t to = arcs[i] % 2 ? edge->first : edge->second;
            bm_heap_push(&heap, (struct bm_due){top.at_ms + weight, to});
        }
    }
    bm_heap_free(&heap);
    bm_free(first);
    bm_free(arcs);
    return units;
}

/* Every arc whose tail is reached is told once from there, with just the part that is in time. */
static void check_arcs(const struct net *net, const struct told *told, const uint64_t *units,
                       int64_t within_ms) {
    uint8_t *seen = bm_alloc_zero(2 * (size_t)net->edge_count, 1);
    for (size_t i = 0; i < told->count; i++) {
        if (told->items[i].from_part) continue;
        const struct bm_reached *reached = &told->items[i];
        const struct net_edge *edge = &net->edges[reached->arc / 2];
        uint64_t start = units[reached->arc % 2 ? edge->second : edge->first];
        uint64_t weight = edge->weight[0][reached->arc % 2];
        assert_true(start != ORACLE_NONE && weight != BM_ROAD_INFINITE);
        assert_true(reached->enter_ms == oracle_ms(net, start));
        assert_true(reached->leave_ms == oracle_ms(net, start + weight * reached->to_part / 65535));
        assert_true(reached->leave_ms <= within_ms);
        uint64_t beyond = start + weight * (reached->to_part + 1u) / 65535;
        assert_true(reached->to_part == 65535 || oracle_ms(net, beyond) > within_ms);
        seen[reached->arc] = 1;
    }
    for (uint32_t arc = 0; arc < 2 * net->edge_count; arc++) {
        const struct net_edge *edge = &net->edges[arc / 2];
        uint64_t start = units[arc % 2 ? edge->second : edge->first];
        uint64_t weight = edge->weight[0][arc % 2];
        bool should = start != ORACLE_NONE && weight != BM_ROAD_INFINITE &&
                      oracle_ms(net, start + (weight ? weight / 65535 : 0)) <= within_ms;
        assert_int_equal(seen[arc], should);
    }
    bm_free(seen);
}

static void pieces_of_new_york_are_equal_to_a_search_written_apart(void **state) {
    (void)state;
    struct net whole;
    char folder[1000];
    if (!dimacs_new_york(&whole, folder, sizeof folder)) {
        print_message("skipped: New York's roads are not in %s (BELLMAN_DATA names another)\n",
                      folder);
        skip();
    }
    struct bm_rng rng = {32};
    size_t stretches = 0;
    for (int round = 0; round < 8; round++) {
        uint32_t middle = (uint32_t)bm_rng_below(&rng, whole.junction_count);
        struct net net = piece_of(&whole, middle, 200000);
        if (net.edge_count < 100) {
            net_free(&net);
            continue;
        }
        struct world world = world_of(&net);
        struct bm_metric *metric = bm_metric_new(world.road, BM_PROFILE_EMERGENCY);
        struct bm_reach *reach = bm_reach_new(world.road);
        const size_t counts[] = {1, 1, 3, 40};
        const int64_t limits[] = {20000, 120000, 30000, 60000};
        for (size_t i = 0; i < 4; i++) {
            struct bm_spot from[40];
            for (size_t s = 0; s < counts[i]; s++) from[s] = spot_random(world.road, &rng);
            struct told told = {0};
            bm_reach_within(reach, metric, from, counts[i], limits[i], note, &told);
            uint64_t *units = units_from(&net, from, counts[i]);
            check_arcs(&net, &told, units, limits[i]);
            stretches += told.count;
            bm_free(units);
            bm_free(told.items);
        }
        bm_reach_free(reach);
        bm_metric_unref(metric);
        world_free(&world);
        net_free(&net);
    }
    print_message("%zu stretches compared\n", stretches);
    assert_true(stretches > 1000);
    net_free(&whole);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_networks_are_equal_to_a_search_written_apart),
        cmocka_unit_test(nothing_is_reached_from_nowhere_or_before_the_start),
        cmocka_unit_test(pieces_of_new_york_are_equal_to_a_search_written_apart),
    };
    return cmocka_run_group_tests_name("road reach", tests, NULL, NULL);
}
