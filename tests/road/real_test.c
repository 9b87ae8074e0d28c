/* New York: 10,000 random pairs (40 places, 250 units each) equal to a search written apart: a
 * binary heap over the arcs as they stand in the file.  Skipped, with a word, where the data is not
 * at hand. */
#include "../testing.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/heap.h"
#include "dimacs.h"
#include "oracle.h"

/* The arcs of `net` that end at each junction. */
struct backward {
    uint32_t *first;
    uint32_t *arcs;
};

static struct backward turn_round(const struct net *net) {
    struct backward backward;
    backward.first = bm_alloc_zero(net->junction_count + 1, sizeof *backward.first);
    backward.arcs = bm_alloc(2 * (size_t)net->edge_count * sizeof *backward.arcs);
    for (uint32_t e = 0; e < net->edge_count; e++) {
        backward.first[net->edges[e].second]++;
        backward.first[net->edges[e].first]++;
    }
    for (uint32_t i = 0, sum = 0; i <= net->junction_count; i++) {
        sum += i < net->junction_count ? backward.first[i] : 0;
        backward.first[i] = sum;
    }
    for (uint32_t e = 0; e < net->edge_count; e++) {
        backward.arcs[--backward.first[net->edges[e].second]] = 2 * e;
        backward.arcs[--backward.first[net->edges[e].first]] = 2 * e + 1;
    }
    return backward;
}

static uint64_t part(uint64_t weight, uint64_t parts) {
    if (parts == 0) return 0;
    return weight == BM_ROAD_INFINITE ? ORACLE_NONE : weight * parts / 65535;
}

static uint64_t sum(uint64_t a, uint64_t b) {
    return a == ORACLE_NONE || b == ORACLE_NONE ? ORACLE_NONE : a + b;
}

/* Units from every junction to the spot. */
static void all_to(const struct net *net, const struct backward *backward, const struct bm_spot *to,
                   uint64_t *units) {
    for (uint32_t i = 0; i < net->junction_count; i++) units[i] = ORACLE_NONE;
    const struct net_edge *edge = &net->edges[to->edge];
    struct bm_heap heap = {0};
    const uint32_t ends[2] = {edge->first, edge->second};
    const uint64_t costs[2] = {part(edge->weight[0][0], to->along),
                               part(edge->weight[0][1], 65535u - to->along)};
    for (int end = 0; end < 2; end++) {
        if (costs[end] == ORACLE_NONE) continue;
        bm_heap_push(&heap, (struct bm_due){(int64_t)costs[end], ends[end]});
    }
    while (bm_heap_top(&heap)) {
        struct bm_due top = *bm_heap_top(&heap);
        bm_heap_pop(&heap);
        if (units[top.id] != ORACLE_NONE) continue;
        units[top.id] = (uint64_t)top.at_ms;
        for (uint32_t i = backward->first[top.id]; i < backward->first[top.id + 1]; i++) {
            const struct net_edge *arc = &net->edges[backward->arcs[i] / 2];
            bool back = backward->arcs[i] % 2;
            uint32_t weight = arc->weight[0][back], from = back ? arc->second : arc->first;
            if (weight == BM_ROAD_INFINITE || units[from] != ORACLE_NONE) continue;
            bm_heap_push(&heap, (struct bm_due){top.at_ms + weight, from});
        }
    }
    bm_heap_free(&heap);
}

static uint64_t units_from(const struct net *net, const uint64_t *units, const struct bm_spot *from,
                           const struct bm_spot *to) {
    const struct net_edge *edge = &net->edges[from->edge];
    uint64_t best = sum(part(edge->weight[0][0], 65535u - from->along), units[edge->second]);
    uint64_t other = sum(part(edge->weight[0][1], from->along), units[edge->first]);
    if (other < best) best = other;
    if (from->edge == to->edge) {
        bool ahead = from->along <= to->along;
        uint64_t parts = (uint64_t)abs((int)to->along - (int)from->along);
        uint64_t direct = part(edge->weight[0][!ahead], parts);
        if (direct < best) best = direct;
    }
    return best;
}

enum { PLACES = 40, UNITS = 250 };

static void new_york_is_equal_to_a_search_written_apart(void **state) {
    (void)state;
    struct net net;
    char folder[1000];
    if (!dimacs_new_york(&net, folder, sizeof folder)) {
        print_message("skipped: New York's roads are not in %s (BELLMAN_DATA names another)\n",
                      folder);
        skip();
    }
    assert_int_equal(net.junction_count, 264346);
    struct world world = world_of(&net);
    struct backward backward = turn_round(&net);
    struct bm_metric *metric = bm_metric_new(world.road, BM_PROFILE_EMERGENCY);
    struct bm_travel *travel = bm_travel_new(world.road);
    uint64_t *units = bm_alloc(net.junction_count * sizeof *units);
    struct bm_rng rng = {2027};
    struct bm_spot from[UNITS];
    struct bm_coming coming[UNITS];
    size_t compared = 0;
    for (int place = 0; place < PLACES; place++) {
        struct bm_spot to = spot_random(world.road, &rng);
        for (size_t i = 0; i < UNITS; i++) from[i] = spot_random(world.road, &rng);
        from[0] = spot_at(world.road, to.edge, (uint16_t)bm_rng_below(&rng, 65536));
        all_to(&net, &backward, &to, units);
        size_t count = bm_travel_nearest(travel, metric, from, UNITS, &to, UNITS, coming);
        bool seen[UNITS] = {0};
        for (size_t i = 0; i < count; i++) {
            uint64_t should = units_from(&net, units, &from[coming[i].at], &to);
            assert_true(coming[i].travel_ms == oracle_ms(&net, should));
            assert_true(i == 0 || coming[i].travel_ms >= coming[i - 1].travel_ms);
            assert_false(seen[coming[i].at]);
            seen[coming[i].at] = true;
        }
        for (size_t i = 0; i < UNITS; i++) {
            if (!seen[i]) assert_true(units_from(&net, units, &from[i], &to) == ORACLE_NONE);
        }
        compared += UNITS;
        /* The short list and the single questions agree with the long one. */
        struct bm_coming five[5];
        assert_int_equal(bm_travel_nearest(travel, metric, from, UNITS, &to, 5, five), 5);
        for (size_t i = 0; i < 5; i++) {
            assert_int_equal(five[i].at, coming[i].at);
            assert_true(five[i].travel_ms == coming[i].travel_ms);
            assert_true(bm_travel_ms(travel, metric, &from[five[i].at], &to) == five[i].travel_ms);
        }
        struct bm_route route;
        bm_travel_route(travel, metric, &from[coming[place].at], &to, &route);
        assert_true(route.travel_ms == coming[place].travel_ms);
        assert_memory_equal(&route.points[0], &from[coming[place].at].point, 8);
        assert_memory_equal(&route.points[route.count - 1], &to.point, 8);
        bm_route_free(&route);
    }
    print_message("%zu pairs compared\n", compared);
    bm_free(units);
    bm_free(backward.first);
    bm_free(backward.arcs);
    bm_travel_free(travel);
    bm_metric_unref(metric);
    world_free(&world);
    net_free(&net);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(new_york_is_equal_to_a_search_written_apart),
    };
    return cmocka_run_group_tests_name("real roads", tests, NULL, NULL);
}
