/* What is odd about a road file: a square that is in order, and one fault put into it at a time. */
#include "../testing.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "road/build.h"
#include "road/inspect.h"

/* Junctions 0..3 round a square of 111 m, 50 km/h and on foot 5 km/h, everything both ways. */
enum { MS = 8000, FOOT_MS = 80000 };

struct square {
    struct bm_road_build *build;
    struct bm_edge_given edges[32];
    struct bm_point points[32];
    struct bm_turn turn; /* one that is not 0 to 0 */
    size_t edge_count, point_count;
};

static uint32_t add_point(struct square *square, int32_t y, int32_t x) {
    square->points[square->point_count] = (struct bm_point){300000000 + y * 10000,
                                                            1140000000 + x * 10000};
    bm_road_build_junction(square->build, square->points[square->point_count]);
    return (uint32_t)square->point_count++;
}

static struct bm_edge_given *add(struct square *square, uint32_t first, uint32_t second,
                                 const char *name) {
    struct bm_edge_given *edge = &square->edges[square->edge_count++];
    *edge = (struct bm_edge_given){.first = first,
                                   .second = second,
                                   .weight = {{MS, MS}, {MS, MS}, {FOOT_MS, FOOT_MS}},
                                   .name = name};
    return edge;
}

static struct square begin(void) {
    struct square square = {.build = bm_road_build_new(1000, "square", 1)};
    static const int32_t corners[4][2] = {{0, 0}, {0, 1}, {1, 1}, {1, 0}};
    for (int i = 0; i < 4; i++) add_point(&square, corners[i][0], corners[i][1]);
    for (uint32_t i = 0; i < 4; i++) add(&square, i, (i + 1) % 4, "环路");
    return square;
}

struct found {
    struct bm_finding all[64];
    size_t count;
};

static void take(void *context, const struct bm_finding *finding) {
    struct found *found = context;
    assert_true(finding->edge_count >= 1 && finding->edge_count <= BM_INSPECT_EDGES);
    assert_true(bm_point_valid(finding->point));
    assert_true(found->count < 64);
    found->all[found->count++] = *finding;
}

static struct found end(struct square *square) {
    struct bm_buf buf = bm_buf_make(1 << 20);
    struct bm_fault fault = {0};
    struct bm_road *road;
    struct found found = {.count = 0};
    for (size_t i = 0; i < square->edge_count; i++)
        bm_road_build_edge(square->build, &square->edges[i]);
    if (square->turn.to_arc) bm_road_build_turn(square->build, square->turn);
    if (bm_road_build_write(square->build, &buf, &fault)) fail_msg("%s", fault.detail);
    if (bm_road_open(buf.bytes, buf.len, &road, &fault)) fail_msg("%s", fault.detail);
    bm_road_inspect(road, take, &found);
    bm_road_close(road);
    bm_road_build_free(square->build);
    bm_buf_free(&buf);
    return found;
}

/* The only finding of that kind; fails when there are others than `allowed` more of it. */
static const struct bm_finding *one(const struct found *found, enum bm_finding_kind kind) {
    const struct bm_finding *of = NULL;
    for (size_t i = 0; i < found->count; i++) {
        if (found->all[i].kind != kind) continue;
        if (of) fail_msg("two of %s", bm_finding_kind_names[kind]);
        of = &found->all[i];
    }
    if (!of) fail_msg("no %s", bm_finding_kind_names[kind]);
    return of;
}

static void nothing_odd(void **state) {
    (void)state;
    struct square square = begin();
    assert_int_equal(end(&square).count, 0);
}

static void set(struct bm_edge_given *edge, enum bm_profile profile, uint32_t along,
                uint32_t against) {
    edge->weight[profile][0] = along;
    edge->weight[profile][1] = against;
}

/* A way of a kilometre. */
static struct bm_edge_given *far_to(struct square *square, uint32_t first, uint32_t second,
                                    const char *name) {
    struct bm_edge_given *edge = add(square, first, second, name);
    set(edge, BM_PROFILE_EMERGENCY, 100000, 100000);
    set(edge, BM_PROFILE_ORDINARY, 100000, 100000);
    set(edge, BM_PROFILE_FOOT, 1000000, 1000000);
    return edge;
}

static void islands(void **state) {
    (void)state;
    struct square square = begin();
    uint32_t a = add_point(&square, 9, 9), b = add_point(&square, 9, 10);
    struct bm_edge_given *island = add(&square, a, b, "Island Road");
    set(island, BM_PROFILE_FOOT, BM_ROAD_INFINITE, BM_ROAD_INFINITE);
    set(island, BM_PROFILE_ORDINARY, BM_ROAD_INFINITE, BM_ROAD_INFINITE);
    struct found found = end(&square);
    const struct bm_finding *of = one(&found, BM_FOUND_ISLAND);
    assert_int_equal(found.count, 1);
    assert_int_equal(of->profile, BM_PROFILE_EMERGENCY);
    assert_int_equal(of->junctions, 2);
    assert_int_equal(of->ends, BM_ISLAND_CUT_OFF);
    assert_int_equal(of->edges[0], 4);
    assert_int_equal(of->edge_count, 1);
    assert_false(of->serious); /* snapping passes over it */
    assert_int_equal(of->point.lat_e7, 300090000);
    /* With a one-way to it, and with one from it. */
    for (int way = 0; way < 2; way++) {
        square = begin();
        a = add_point(&square, 9, 9);
        b = add_point(&square, 9, 10);
        add(&square, a, b, "Island Road");
        struct bm_edge_given *bridge = far_to(&square, 2, a, "Bridge");
        for (int p = 0; p < BM_profile_COUNT; p++) bridge->weight[p][!way] = BM_ROAD_INFINITE;
        found = end(&square);
        assert_int_equal(found.count, BM_profile_COUNT);
        for (size_t i = 0; i < found.count; i++) {
            assert_int_equal(found.all[i].kind, BM_FOUND_ISLAND);
            assert_int_equal(found.all[i].ends, way ? BM_ISLAND_NO_WAY_IN : BM_ISLAND_NO_WAY_OUT);
        }
    }
}

/* A large one is where units would be lost. */
static void a_large_island_is_serious(void **state) {
    (void)state;
    for (uint32_t size = 199; size <= 200; size++) {
        struct bm_road_build *build = bm_road_build_new(1000, "two", 1);
        struct bm_buf buf = bm_buf_make(1 << 22);
        struct bm_fault fault = {0};
        struct bm_road *road;
        struct found found = {.count = 0};
        for (uint32_t i = 0; i < 300 + size; i++) {
            bm_road_build_junction(build, (struct bm_point){300000000 + (int32_t)i * 10000,
                                                            i < 300 ? 1140000000 : 1150000000});
            if (i == 0 || i == 300) continue;
            struct bm_edge_given edge = {
                .first = i - 1, .second = i, .weight = {{MS, MS}, {MS, MS}, {FOOT_MS, FOOT_MS}}};
            bm_road_build_edge(build, &edge);
        }
        if (bm_road_build_write(build, &buf, &fault)) fail_msg("%s", fault.detail);
        if (bm_road_open(buf.bytes, buf.len, &road, &fault)) fail_msg("%s", fault.detail);
        bm_road_inspect(road, take, &found);
        assert_int_equal(found.count, BM_profile_COUNT);
        for (size_t i = 0; i < found.count; i++) {
            assert_int_equal(found.all[i].junctions, size);
            assert_int_equal(found.all[i].serious,
                             size == 200 && found.all[i].profile != BM_PROFILE_FOOT);
        }
        bm_road_close(road);
        bm_road_build_free(build);
        bm_buf_free(&buf);
    }
}

static void speeds(void **state) {
    (void)state;
    struct square square = begin();
    set(&square.edges[0], BM_PROFILE_ORDINARY, MS, 500000); /* 96 m in 500 s */
    set(&square.edges[1], BM_PROFILE_EMERGENCY, 1900, MS);  /* 111 m in 1.9 s */
    set(&square.edges[2], BM_PROFILE_FOOT, FOOT_MS, 17000); /* 20.4 km/h */
    struct found found = end(&square);
    const struct bm_finding *slow = one(&found, BM_FOUND_SLOW);
    assert_int_equal(found.count, 3);
    assert_true(slow->serious && slow->edges[0] == 0 && slow->profile == BM_PROFILE_ORDINARY);
    assert_true(slow->kmh > 0.6 && slow->kmh < 0.8);
    assert_int_equal(found.all[1].kind, BM_FOUND_FAST);
    assert_int_equal(found.all[1].edges[0], 1);
    assert_true(found.all[1].kmh > 205 && found.all[1].kmh < 215);
    assert_int_equal(found.all[2].edges[0], 2);
    assert_int_equal(found.all[2].profile, BM_PROFILE_FOOT);
    /* None at all. */
    square = begin();
    for (int p = 0; p < BM_profile_COUNT; p++)
        set(&square.edges[3], (enum bm_profile)p, BM_ROAD_INFINITE, BM_ROAD_INFINITE);
    found = end(&square);
    assert_int_equal(one(&found, BM_FOUND_CLOSED)->edges[0], 3);
    assert_int_equal(found.count, 1);
}

static void one_ways(void **state) {
    (void)state;
    struct square square = begin();
    uint32_t in = add_point(&square, 5, 5), out = add_point(&square, 6, 6);
    for (uint32_t from = 0; from < 2; from++)
        far_to(&square, from, in, "Sink")->weight[BM_PROFILE_EMERGENCY][1] = BM_ROAD_INFINITE;
    far_to(&square, out, 2, "Spring")->weight[BM_PROFILE_ORDINARY][1] = BM_ROAD_INFINITE;
    struct found found = end(&square);
    const struct bm_finding *trap = one(&found, BM_FOUND_TRAP);
    assert_true(trap->serious && trap->profile == BM_PROFILE_EMERGENCY);
    assert_int_equal(trap->edge_count, 2);
    assert_int_equal(trap->point.lat_e7, square.points[in].lat_e7);
    const struct bm_finding *source = one(&found, BM_FOUND_SOURCE);
    assert_false(source->serious);
    assert_int_equal(source->profile, BM_PROFILE_ORDINARY);
    assert_int_equal(source->point.lat_e7, square.points[out].lat_e7);
    assert_int_equal(found.count, 2);
    /* A single road may end where the extract was cut. */
    square = begin();
    in = add_point(&square, 5, 5);
    far_to(&square, 0, in, "Sink")->weight[BM_PROFILE_EMERGENCY][1] = BM_ROAD_INFINITE;
    found = end(&square);
    assert_false(one(&found, BM_FOUND_TRAP)->serious);
}

static void a_one_way_that_turns_round(void **state) {
    (void)state;
    struct square square = begin();
    uint32_t far = add_point(&square, 0, 2), farther = add_point(&square, 0, 3);
    set(add(&square, 1, far, "Long Street"), BM_PROFILE_ORDINARY, MS, BM_ROAD_INFINITE);
    set(add(&square, farther, far, "Long Street"), BM_PROFILE_ORDINARY, MS, BM_ROAD_INFINITE);
    add(&square, far, 2, "Side Street");
    struct found found = end(&square);
    const struct bm_finding *flip = one(&found, BM_FOUND_FLIP);
    assert_int_equal(flip->point.lon_e7, square.points[far].lon_e7);
    assert_int_equal(flip->edges[0] + flip->edges[1], 4 + 5);
    /* Drawn the other way round, it is in order, and so are two that only cross. */
    square = begin();
    far = add_point(&square, 0, 2);
    farther = add_point(&square, 0, 3);
    set(add(&square, 1, far, "Long Street"), BM_PROFILE_ORDINARY, MS, BM_ROAD_INFINITE);
    set(add(&square, far, farther, "Long Street"), BM_PROFILE_ORDINARY, MS, BM_ROAD_INFINITE);
    found = end(&square);
    for (size_t i = 0; i < found.count; i++) assert_int_not_equal(found.all[i].kind, BM_FOUND_FLIP);
}

static void lengths_and_doubles(void **state) {
    (void)state;
    struct square square = begin();
    uint32_t same = add_point(&square, 0, 0);
    add(&square, 0, same, "No Length");
    add(&square, same, 2, "Diagonal");
    add(&square, same, 2, "Diagonal");
    uint32_t gate = add_point(&square, 1, 1);
    add(&square, 2, gate, NULL); /* a gate has neither name nor length */
    struct bm_point aside[1] = {{300020000, 1140000000}};
    struct bm_edge_given *other = add(&square, same, 2, "Other"); /* not the same line */
    other->between = aside;
    other->between_count = 1;
    struct found found = end(&square);
    assert_int_equal(one(&found, BM_FOUND_NO_LENGTH)->edges[0], 4);
    const struct bm_finding *twice = one(&found, BM_FOUND_TWICE);
    assert_int_equal(twice->edges[0] + twice->edges[1], 5 + 6);
    assert_int_equal(found.count, 2);
}

static void turns(void **state) {
    (void)state;
    for (int ways_out = 1; ways_out < 3; ways_out++) {
        struct square square = begin();
        uint32_t end_of = add_point(&square, 0, 2);
        if (ways_out == 2) add(&square, 1, end_of, "Second");
        /* Who comes from 0 to 1 by edge 0 may not go on by edge 1. */
        square.turn = (struct bm_turn){0, 2, false, {BM_ROAD_INFINITE, BM_ROAD_INFINITE, 0}};
        struct found found = end(&square);
        if (ways_out == 2) {
            assert_int_equal(found.count, 0);
            continue;
        }
        const struct bm_finding *of = one(&found, BM_FOUND_NO_TURN);
        assert_true(of->serious && of->edges[0] == 0);
        assert_int_equal(of->point.lon_e7, square.points[1].lon_e7);
    }
    /* The only turn that may be made is into a street that is closed. */
    struct square square = begin();
    uint32_t dead = add_point(&square, 0, 2);
    set(add(&square, 1, dead, "Closed"), BM_PROFILE_ORDINARY, BM_ROAD_INFINITE, MS);
    square.turn = (struct bm_turn){0, 8, true, {BM_ROAD_INFINITE, BM_ROAD_INFINITE, 0}};
    struct found found = end(&square);
    assert_int_equal(one(&found, BM_FOUND_NO_TURN)->edges[0], 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_odd),
        cmocka_unit_test(islands),
        cmocka_unit_test(a_large_island_is_serious),
        cmocka_unit_test(speeds),
        cmocka_unit_test(one_ways),
        cmocka_unit_test(a_one_way_that_turns_round),
        cmocka_unit_test(lengths_and_doubles),
        cmocka_unit_test(turns),
    };
    return cmocka_run_group_tests_name("inspect", tests, NULL, NULL);
}
