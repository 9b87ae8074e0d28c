/* Cordons: as many posts as a flow written apart says, and they do cut the area off. */
#include "../testing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "road/cordon.h"
#include "road/file.h"
#include "support.h"

/* A grid of some 100 m; a tenth of the streets are missing, some are one-way. */
static struct net grid(struct bm_rng *rng, uint32_t side) {
    struct net net = {.unit_us = 1000};
    for (uint32_t i = 0; i < side * side; i++)
        net_junction(&net, (int32_t)(i / side) * 9000 + (int32_t)bm_rng_below(rng, 2000),
                     (int32_t)(i % side) * 9000 + (int32_t)bm_rng_below(rng, 2000));
    for (uint32_t i = 0; i < side * side; i++) {
        uint32_t ends[2] = {i % side + 1 < side ? i + 1 : i, i / side + 1 < side ? i + side : i};
        for (int k = 0; k < 2; k++) {
            if (ends[k] == i || bm_rng_chance(rng, 10)) continue;
            uint32_t edge = net_edge(&net, i, ends[k], 1000);
            if (bm_rng_chance(rng, 20)) net.edges[edge].weight[0][1] = BM_ROAD_INFINITE;
            if (bm_rng_chance(rng, 3))
                net.edges[edge].weight[0][0] = net.edges[edge].weight[0][1] = BM_ROAD_INFINITE;
        }
    }
    return net;
}

/* What the header says of a question, found plainly. */
struct plain {
    uint32_t junctions;
    bool *inside, *touched, *rim, *near, *away; /* touched: per edge */
    int8_t *room;                               /* per arc of the flow */
};

static bool drives(const struct net *net, uint32_t edge) {
    return net->edges[edge].weight[0][0] != BM_ROAD_INFINITE ||
           net->edges[edge].weight[0][1] != BM_ROAD_INFINITE;
}

static struct plain look(const struct net *net, const struct bm_road *road,
                         const struct bm_cordon *cordon, uint32_t margin_m) {
    struct plain plain = {.junctions = net->junction_count};
    plain.inside = bm_alloc_zero(5 * (size_t)net->junction_count + net->edge_count, 1);
    plain.rim = plain.inside + net->junction_count;
    plain.near = plain.rim + net->junction_count;
    plain.away = plain.near + net->junction_count;
    plain.touched = plain.away + net->junction_count;
    const struct bm_closed area = {BM_CLOSED_POLYGON, cordon->outline, cordon->outline_count, false,
                                   0};
    size_t count = bm_road_closed_arcs(road, &area, NULL, 0);
    uint32_t *arcs = bm_alloc((count + 1) * sizeof *arcs);
    bm_road_closed_arcs(road, &area, arcs, count);
    for (size_t i = 0; i < count; i++) plain.touched[arcs[i] / 2] = true;
    bm_free(arcs);
    for (uint32_t j = 0; j < net->junction_count; j++)
        plain.inside[j] = bm_polygon_has(cordon->outline, cordon->outline_count, net->junctions[j]);
    for (uint32_t e = 0; e < net->edge_count; e++) {
        uint32_t a = net->edges[e].first, b = net->edges[e].second;
        plain.touched[e] = drives(net, e) &&
                           (plain.touched[e] || plain.inside[a] || plain.inside[b]);
        if (plain.touched[e] && !plain.inside[a]) plain.rim[a] = true;
        if (plain.touched[e] && !plain.inside[b]) plain.rim[b] = true;
    }
    int64_t *far_mm = bm_alloc(net->junction_count * sizeof *far_mm);
    for (uint32_t j = 0; j < net->junction_count; j++) far_mm[j] = plain.rim[j] ? 0 : INT64_MAX / 2;
    for (bool changed = true; changed;) {
        changed = false;
        for (uint32_t e = 0; e < 2 * net->edge_count; e++) {
            uint32_t a = net->edges[e / 2].first, b = net->edges[e / 2].second;
            if (e % 2) {
                uint32_t kept = a;
                a = b;
                b = kept;
            }
            if (!drives(net, e / 2) || plain.inside[a] || plain.inside[b]) continue;
            int64_t sum = far_mm[a] + llround(bm_road_length_m(road, e / 2) * 1000);
            if (sum >= far_mm[b] || sum > (int64_t)margin_m * 1000) continue;
            far_mm[b] = sum;
            changed = true;
        }
    }
    for (uint32_t j = 0; j < net->junction_count; j++)
        plain.near[j] = far_mm[j] <= (int64_t)margin_m * 1000;
    for (uint32_t e = 0; e < net->edge_count; e++) {
        uint32_t a = net->edges[e].first, b = net->edges[e].second;
        if (!drives(net, e)) continue;
        if (plain.near[a] && !plain.near[b] && !plain.inside[b]) plain.away[a] = true;
        if (plain.near[b] && !plain.near[a] && !plain.inside[a]) plain.away[b] = true;
    }
    bm_free(far_mm);
    return plain;
}

/* Whether one can walk from the rim to beyond the margin past the `posts`. */
static bool gets_out(const struct net *net, const struct plain *plain, const bool *posts) {
    bool *met = bm_alloc_zero(plain->junctions, 1), out = false;
    for (uint32_t j = 0; j < plain->junctions; j++) met[j] = plain->rim[j] && !posts[j];
    for (bool changed = true; changed;) {
        changed = false;
        for (uint32_t e = 0; e < net->edge_count; e++) {
            uint32_t a = net->edges[e].first, b = net->edges[e].second;
            if (!drives(net, e) || plain->inside[a] || plain->inside[b]) continue;
            if (met[a] == met[b] || posts[a] || posts[b] || !plain->near[a] || !plain->near[b])
                continue;
            met[a] = met[b] = changed = true;
        }
    }
    for (uint32_t j = 0; j < plain->junctions; j++) out |= met[j] && plain->away[j];
    bm_free(met);
    return out;
}

/* The greatest number of ways from the rim to beyond the margin that share no junction (Ford and
 * Fulkerson; Menger): node 2j enters junction j, 2j + 1 leaves it; `flow[x][y]` is what goes. */
static bool augment(const struct net *net, const struct plain *plain, int8_t *flow, uint32_t at,
                    bool *met) {
    uint32_t nodes = 2 * plain->junctions, j = at / 2;
    if (met[at]) return false;
    met[at] = true;
    if (at % 2 && plain->away[j]) return true;
    if (at % 2 == 0 && !flow[at * nodes + at + 1]) {
        if (augment(net, plain, flow, at + 1, met)) {
            flow[at * nodes + at + 1] = 1;
            return true;
        }
    }
    if (at % 2 && flow[(at - 1) * nodes + at] && augment(net, plain, flow, at - 1, met)) {
        flow[(at - 1) * nodes + at] = 0;
        return true;
    }
    for (uint32_t e = 0; e < net->edge_count; e++) {
        uint32_t a = net->edges[e].first, b = net->edges[e].second, to = a == j ? b : a;
        if ((a != j && b != j) || a == b || !drives(net, e) || !plain->near[to] ||
            plain->inside[to])
            continue;
        if (at % 2) {
            if (flow[at * nodes + 2 * to] || !augment(net, plain, flow, 2 * to, met)) continue;
            flow[at * nodes + 2 * to] = 1;
            return true;
        }
        if (!flow[(2 * to + 1) * nodes + at] || !augment(net, plain, flow, 2 * to + 1, met))
            continue;
        flow[(2 * to + 1) * nodes + at] = 0;
        return true;
    }
    return false;
}

static size_t most_ways(const struct net *net, const struct plain *plain) {
    uint32_t nodes = 2 * plain->junctions;
    int8_t *flow = bm_alloc_zero((size_t)nodes * nodes, 1);
    bool *used = bm_alloc_zero(plain->junctions, 1);
    size_t ways = 0;
    for (bool more = true; more;) {
        more = false;
        for (uint32_t j = 0; j < plain->junctions && !more; j++) {
            if (!plain->rim[j] || used[j]) continue;
            bool *met = bm_alloc_zero(nodes, 1);
            more = augment(net, plain, flow, 2 * j, met);
            bm_free(met);
            if (more) used[j] = true;
        }
        ways += more;
    }
    bm_free(flow);
    bm_free(used);
    return ways;
}

static void as_few_posts_as_a_flow_written_apart(void **state) {
    (void)state;
    struct bm_rng rng = {55};
    size_t found = 0, posts_in_all = 0, refused = 0;
    for (int round = 0; round < (getenv("EXACT") ? 600 : 60); round++) {
        struct net net = grid(&rng, 6 + (uint32_t)bm_rng_below(&rng, 6));
        struct world world = world_of(&net);
        struct bm_metric *metric = bm_metric_new(world.road, BM_PROFILE_EMERGENCY);
        struct bm_area area = {.form = BM_AREA_DISC,
                               .point = net.junctions[bm_rng_below(&rng, net.junction_count)],
                               .radius_m = 20 + (uint32_t)bm_rng_below(&rng, 250)};
        uint32_t margin_m = (uint32_t)bm_rng_below(&rng, 400);
        struct bm_cordon cordon;
        struct bm_fault fault = {0};
        if (bm_cordon_find(metric, &area, margin_m, &cordon, &fault)) {
            assert_int_equal(fault.code, BM_NOT_POSSIBLE);
            refused++;
        } else {
            struct plain plain = look(&net, world.road, &cordon, margin_m);
            bool *posts = bm_alloc_zero(net.junction_count, 1);
            for (size_t i = 0; i < cordon.count; i++) {
                assert_true(plain.near[cordon.posts[i].junction] &&
                            !plain.inside[cordon.posts[i].junction]);
                posts[cordon.posts[i].junction] = true;
            }
            assert_false(gets_out(&net, &plain, posts));
            assert_int_equal(cordon.count, most_ways(&net, &plain));
            /* Each is needed. */
            for (size_t i = 0; i < cordon.count; i++) {
                posts[cordon.posts[i].junction] = false;
                assert_true(gets_out(&net, &plain, posts));
                posts[cordon.posts[i].junction] = true;
                assert_true(cordon.posts[i].count > 0);
            }
            posts_in_all += cordon.count;
            found++;
            bm_free(posts);
            bm_free(plain.inside);
            bm_cordon_free(&cordon);
        }
        bm_metric_unref(metric);
        world_free(&world);
        net_free(&net);
    }
    print_message("%zu cordons of %zu posts, %zu refused\n", found, posts_in_all, refused);
    assert_true(found > 40 && posts_in_all > 100);
}

static void bad_areas_are_refused_by_field(void **state) {
    (void)state;
    struct bm_rng rng = {56};
    struct net net = grid(&rng, 8);
    struct world world = world_of(&net);
    struct bm_metric *metric = bm_metric_new(world.road, BM_PROFILE_EMERGENCY);
    const struct bm_point bow[] = {{0, 0}, {9000, 9000}, {0, 9000}, {9000, 0}};
    const struct bm_point twice[] = {{0, 0}, {0, 0}, {0, 9000}, {9000, 0}};
    const struct bm_point far_off[] = {{500000000, 0}, {500000000, 9000}, {500009000, 0}};
    const struct bm_point all[] = {
        {-900000, -900000}, {-900000, 900000}, {900000, 900000}, {900000, -900000}};
    const struct {
        struct bm_area area;
        uint32_t margin_m;
        const char *field;
    } bad[] = {
        {{.form = BM_AREA_DISC, .radius_m = 0}, 100, "radius_m"},
        {{.form = BM_AREA_DISC, .radius_m = BM_CORDON_RADIUS_MAX_M + 1}, 100, "radius_m"},
        {{.form = BM_AREA_DISC, .point = {900000001, 0}, .radius_m = 9}, 100, "around"},
        {{.form = BM_AREA_DISC, .radius_m = 50}, BM_CORDON_MARGIN_MAX_M + 1, "margin_m"},
        {{.form = BM_AREA_DISC, .point = {0, 1799999000}, .radius_m = 50}, 100, "around"},
        {{.form = BM_AREA_DISC, .point = {-899999000, 0}, .radius_m = 50}, 100, "around"},
        {{.form = BM_AREA_POLYGON, .points = twice, .count = 4}, 100, "polygon"},
        {{.form = BM_AREA_POLYGON, .points = bow, .count = 2}, 100, "polygon"},
        {{.form = BM_AREA_POLYGON, .points = bow, .count = 4}, 100, "polygon"},
        {{.form = BM_AREA_POLYGON, .points = far_off, .count = 3}, 100, "area"},
        {{.form = BM_AREA_POLYGON, .points = all, .count = 4}, 100, "area"},
        {{.form = BM_AREA_DRIVE, .within_ms = -1}, 100, "minutes"},
        {{.form = BM_AREA_DRIVE, .within_ms = BM_CORDON_WITHIN_MAX_MS + 1}, 100, "minutes"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct bm_cordon cordon;
        struct bm_fault fault = {0};
        assert_true(bm_cordon_find(metric, &bad[i].area, bad[i].margin_m, &cordon, &fault) !=
                    BM_OK);
        assert_string_equal(fault.field, bad[i].field);
    }
    /* By minutes of driving, from the middle. */
    struct bm_area drive = {.form = BM_AREA_DRIVE,
                            .spot = spot_at(world.road, net.edge_count / 2, 30000),
                            .within_ms = 1500};
    struct bm_cordon cordon;
    struct bm_fault fault = {0};
    assert_int_equal(bm_cordon_find(metric, &drive, 300, &cordon, &fault), BM_OK);
    assert_null(cordon.outline);
    assert_true(cordon.edge_count > 0);
    bm_cordon_free(&cordon);
    bm_metric_unref(metric);
    world_free(&world);
    net_free(&net);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_few_posts_as_a_flow_written_apart),
        cmocka_unit_test(bad_areas_are_refused_by_field),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
