/* Live labels and tables: equal to one question after the other, whoever moves and whatever closes;
 * with lanes and without. */
#include "../testing.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "road/labels.h"
#include "road/lanes.h"
#include "road/live.h"
#include "road/metric.h"
#include "support.h"

enum { UNITS = 40, CLOSURES = 6 };

static int by_time(const void *a, const void *b) {
    const struct bm_coming *left = a, *right = b;
    if (left->travel_ms != right->travel_ms) return left->travel_ms < right->travel_ms ? -1 : 1;
    return (left->at > right->at) - (left->at < right->at);
}

static bool is_even(void *context, uint32_t who) {
    (*(size_t *)context)++;
    return who % 2 == 0;
}

/* Everybody asked one by one. */
static size_t one_by_one(const struct bm_labels *labels, struct bm_travel *travel,
                         const struct bm_metric *metric, const struct bm_spot *to, uint32_t step,
                         struct bm_coming *ret_coming) {
    size_t count = 0;
    for (uint32_t who = 0; who < UNITS; who += step) {
        const struct bm_spot *spot = bm_labels_spot(labels, who);
        int64_t ms = spot ? bm_travel_ms(travel, metric, spot, to) : BM_TRAVEL_NONE;
        if (ms != BM_TRAVEL_NONE) ret_coming[count++] = (struct bm_coming){who, ms};
    }
    if (count) qsort(ret_coming, count, sizeof *ret_coming, by_time);
    return count;
}

static void check_nearest(const struct bm_labels *labels, struct bm_travel *travel,
                          const struct bm_spot *to) {
    struct bm_coming should[UNITS], is[UNITS + 1];
    const struct bm_metric *metric = bm_labels_metric(labels);
    for (uint32_t step = 1; step <= 2; step++) {
        size_t count = one_by_one(labels, travel, metric, to, step, should), asked = 0;
        const size_t most[] = {0, 1, 3, UNITS};
        for (size_t m = 0; m < 4; m++) {
            size_t expected = count < most[m] ? count : most[m];
            is[expected].at = 0xabcdef;
            assert_int_equal(bm_labels_nearest(labels, travel, to, most[m],
                                               step == 2 ? is_even : NULL, &asked, is),
                             expected);
            assert_int_equal(is[expected].at, 0xabcdef);
            for (size_t i = 0; i < expected; i++) {
                assert_int_equal(is[i].at, should[i].at);
                assert_true(is[i].travel_ms == should[i].travel_ms);
            }
        }
    }
}

static struct bm_closed random_line(const struct bm_road *road, struct bm_rng *rng,
                                    struct bm_point points[2]) {
    struct bm_spot at = spot_random(road, rng);
    points[0] = (struct bm_point){at.point.lat_e7 - 2000, at.point.lon_e7 - 1500};
    points[1] = (struct bm_point){at.point.lat_e7 + 2000, at.point.lon_e7 + 1500};
    uint32_t slow = bm_rng_chance(rng, 30) ? 1 + (uint32_t)bm_rng_below(rng, 999) : 0;
    return (struct bm_closed){BM_CLOSED_LINE, points, 2, false, slow};
}

/* Longest times as net_random has them do not fit 32 bits; without them sums do. */
static void shorten(struct net *net) {
    for (uint32_t i = 0; i < net->edge_count; i++) {
        for (int p = 0; p < BM_profile_COUNT; p++) {
            for (int back = 0; back < 2; back++) {
                uint32_t *weight = &net->edges[i].weight[p][back];
                if (*weight != BM_ROAD_INFINITE) *weight %= 60000;
            }
        }
    }
}

static void move_some(struct bm_labels *labels, const struct bm_road *road, struct bm_rng *rng) {
    for (int i = 0; i < 12; i++) {
        uint32_t who = (uint32_t)bm_rng_below(rng, UNITS);
        struct bm_spot spot = spot_random(road, rng);
        if (bm_rng_chance(rng, 20))
            bm_labels_drop(labels, who);
        else
            bm_labels_put(labels, who, &spot);
    }
}

static void everybody_moves_and_roads_close(void **state) {
    (void)state;
    struct bm_rng rng = {77};
    size_t remade = 0, kept = 0, wide = 0;
    for (int round = 0; round < 60; round++) {
        uint32_t junctions = 2 + (uint32_t)bm_rng_below(&rng, 150);
        struct net net = net_random(&rng, junctions, junctions + (uint32_t)bm_rng_below(&rng, 200));
        if (round % 2) net_random_turns(&net, &rng, junctions / 3);
        if (round % 3) shorten(&net);
        bm_lanes_use(round % 4 != 3);
        struct world world = world_of(&net);
        enum bm_profile profile = (enum bm_profile)(round % BM_profile_COUNT);
        struct bm_live *live = bm_live_new(world.road, profile, NULL);
        struct bm_metric *metric = bm_live_metric(live);
        struct bm_labels *labels = bm_labels_new(metric);
        bm_metric_unref(metric);
        struct bm_travel *travel = bm_travel_new(world.road);
        struct bm_point points[CLOSURES][2];
        struct bm_closed closed[CLOSURES];
        size_t count = 0;
        for (int step = 0; step < 12; step++) {
            move_some(labels, world.road, &rng);
            if (count == CLOSURES || (count && bm_rng_chance(&rng, 40))) {
                count = bm_rng_below(&rng, count);
            } else {
                closed[count] = random_line(world.road, &rng, points[count]);
                count++;
            }
            /* Now and then a change is missed. */
            bm_live_set(live, closed, count);
            if (bm_rng_chance(&rng, 80)) {
                metric = bm_live_metric(live);
                size_t made = bm_labels_follow(labels, metric);
                remade += made;
                kept += bm_labels_count(labels) - made;
                bm_metric_unref(metric);
            }
            wide += bm_labels_metric(labels)->wide;
            struct bm_spot to = spot_random(world.road, &rng);
            check_nearest(labels, travel, &to);
        }
        bm_travel_free(travel);
        bm_labels_free(labels);
        bm_live_free(live);
        world_free(&world);
        net_free(&net);
    }
    bm_lanes_use(true);
    print_message("%zu labels made anew, %zu kept, %zu questions with 64 bits\n", remade, kept,
                  wide);
    assert_true(remade > 1000 && kept > 1000 && wide > 20);
}

/* Costs just below, at and above what 32 bits hold, on a chain whose single ways all fit. */
static void long_ways_are_exact(void **state) {
    (void)state;
    struct net net = {.unit_us = 1000};
    net_junction(&net, 0, 0);
    for (int32_t i = 1; i <= 12; i++) {
        net_junction(&net, 0, i * 10000);
        net_edge(&net, (uint32_t)i - 1, (uint32_t)i, (1u << 28) + 12345);
    }
    struct world world = world_of(&net);
    struct bm_metric *metric = bm_metric_new(world.road, BM_PROFILE_EMERGENCY);
    struct bm_labels *labels = bm_labels_new(metric);
    struct bm_travel *travel = bm_travel_new(world.road);
    int64_t times[12 * 12];
    struct bm_spot spots[12];
    for (uint32_t i = 0; i < 12; i++) {
        spots[i] = spot_at(world.road, i, 0);
        bm_labels_put(labels, i, &spots[i]);
    }
    bm_travel_table(travel, metric, spots, 12, spots, 12, times);
    for (uint32_t a = 0; a < 12; a++) {
        struct bm_coming coming[12];
        assert_int_equal(bm_labels_nearest(labels, travel, &spots[a], 12, NULL, NULL, coming), 12);
        for (uint32_t i = 0; i < 12; i++) {
            int64_t apart = coming[i].at > a ? coming[i].at - a : a - coming[i].at;
            assert_true(coming[i].travel_ms == apart * ((1 << 28) + 12345));
            apart = i > a ? i - a : a - i;
            assert_true(times[12 * a + i] == apart * ((1 << 28) + 12345));
            assert_true(bm_travel_ms(travel, metric, &spots[a], &spots[i]) == times[12 * a + i]);
        }
    }
    bm_travel_free(travel);
    bm_labels_free(labels);
    bm_metric_unref(metric);
    world_free(&world);
    net_free(&net);
}

static void a_table_is_every_pair(void **state) {
    (void)state;
    struct bm_rng rng = {78};
    size_t none = 0, some = 0;
    for (int round = 0; round < 80; round++) {
        uint32_t junctions = 2 + (uint32_t)bm_rng_below(&rng, 120);
        struct net net = net_random(&rng, junctions, junctions + (uint32_t)bm_rng_below(&rng, 150));
        if (round % 2) net_random_turns(&net, &rng, junctions / 3);
        if (round % 3) shorten(&net);
        bm_lanes_use(round % 4 != 3);
        struct world world = world_of(&net);
        struct bm_metric *metric = bm_metric_new(world.road, round % BM_profile_COUNT);
        struct bm_travel *travel = bm_travel_new(world.road);
        size_t from_count = bm_rng_below(&rng, 30), to_count = bm_rng_below(&rng, 30);
        struct bm_spot from[30], to[30];
        for (size_t i = 0; i < from_count; i++) from[i] = spot_random(world.road, &rng);
        for (size_t i = 0; i < to_count; i++) {
            to[i] = spot_random(world.road, &rng);
            if (from_count && bm_rng_chance(&rng, 10))
                to[i] = spot_at(world.road, from[0].edge, to[i].along);
        }
        int64_t times[30 * 30 + 1];
        times[from_count * to_count] = 0xabcdef;
        bm_travel_table(travel, metric, from, from_count, to, to_count, times);
        assert_true(times[from_count * to_count] == 0xabcdef);
        for (size_t f = 0; f < from_count; f++) {
            for (size_t t = 0; t < to_count; t++) {
                int64_t ms = bm_travel_ms(travel, metric, &from[f], &to[t]);
                assert_true(times[f * to_count + t] == ms);
                if (ms == BM_TRAVEL_NONE)
                    none++;
                else
                    some++;
            }
        }
        bm_travel_free(travel);
        bm_metric_unref(metric);
        world_free(&world);
        net_free(&net);
    }
    bm_lanes_use(true);
    assert_true(none > 1000 && some > 1000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everybody_moves_and_roads_close),
        cmocka_unit_test(long_ways_are_exact),
        cmocka_unit_test(a_table_is_every_pair),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
