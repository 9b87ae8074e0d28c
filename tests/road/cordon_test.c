/* Cordons: their posts are those of a maximum flow written apart, and walking shows that nobody
 * gets past them.  EXACT=1: ten times as many. */
#include "../testing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "oracle.h"
#include "road/cordon.h"
#include "road/reach.h"

/* --- the same question, asked apart ----------------------------------------------------------- */

/* What the network is like around an area: everything per junction or per edge of `net`. */
struct around {
    const struct net *net;
    bool *inside, *rim; /* junctions */
    bool *touched, *open;
    int64_t *far_mm; /* from the rim, not through the area; INT64_MAX: never */
    int64_t most_mm;
};

static bool drives(const struct net *net, enum bm_profile profile, uint32_t edge,
                   const bool *closed) {
    return oracle_weight(net, profile, closed, 2 * edge) != BM_ROAD_INFINITE ||
           oracle_weight(net, profile, closed, 2 * edge + 1) != BM_ROAD_INFINITE;
}

static void finish_around(struct around *around, const struct world *world, enum bm_profile profile,
                          const bool *closed) {
    const struct net *net = around->net;
    for (uint32_t j = 0; j < net->junction_count; j++) around->far_mm[j] = INT64_MAX;
    for (uint32_t e = 0; e < net->edge_count; e++) {
        uint32_t a = net->edges[e].first, b = net->edges[e].second;
        around->open[e] = drives(net, profile, e, closed);
        if (!drives(net, profile, e, NULL))
            around->touched[e] = false;
        else if (around->inside[a] || around->inside[b])
            around->touched[e] = true;
    }
    for (uint32_t e = 0; e < net->edge_count; e++) {
        if (!around->touched[e]) continue;
        const uint32_t ends[2] = {net->edges[e].first, net->edges[e].second};
        for (int end = 0; end < 2; end++) {
            if (around->inside[ends[end]]) continue;
            around->rim[ends[end]] = true;
            around->far_mm[ends[end]] = 0;
        }
    }
    for (bool changed = true; changed;) {
        changed = false;
        for (uint32_t e = 0; e < net->edge_count; e++) {
            uint32_t ends[2] = {net->edges[e].first, net->edges[e].second};
            if (!around->open[e] || around->inside[ends[0]] || around->inside[ends[1]]) continue;
            int64_t length_mm = llround(bm_road_length_m(world->road, e) * 1000);
            for (int end = 0; end < 2; end++) {
                int64_t from = around->far_mm[ends[end]];
                if (from == INT64_MAX || from + length_mm >= around->far_mm[ends[!end]]) continue;
                around->far_mm[ends[!end]] = from + length_mm;
                changed = true;
            }
        }
    }
}

static struct around around_new(const struct net *net, uint32_t margin_m) {
    return (struct around){.net = net,
                           .inside = bm_alloc_zero(net->junction_count, 1),
                           .rim = bm_alloc_zero(net->junction_count, 1),
                           .touched = bm_alloc_zero(net->edge_count + 1, 1),
                           .open = bm_alloc_zero(net->edge_count + 1, 1),
                           .far_mm = bm_alloc(net->junction_count * sizeof(int64_t)),
                           .most_mm = (int64_t)margin_m * 1000};
}

static void around_free(struct around *around) {
    bm_free(around->inside);
    bm_free(around->rim);
    bm_free(around->touched);
    bm_free(around->open);
    bm_free(around->far_mm);
}

static bool may_post(const struct around *around, uint32_t j) {
    return !around->inside[j] && (around->rim[j] || around->far_mm[j] <= around->most_mm);
}

static bool is_far(const struct around *around, uint32_t j) {
    return !around->inside[j] && !may_post(around, j);
}

/* --- a flow of one unit at a time ------------------------------------------------------------- */

/* Nodes: 2j a junction entered, 2j + 1 left; then the source and the sink. */
struct pipe {
    uint32_t from, to;
    int room;
};
struct pipes {
    struct pipe *items; /* the way back of i is i ^ 1 */
    size_t count, cap;
};

static void lay(struct pipes *pipes, uint32_t from, uint32_t to, int room) {
    if (pipes->count + 2 > pipes->cap) {
        pipes->cap = pipes->cap ? 2 * pipes->cap : 256;
        pipes->items = bm_realloc(pipes->items, pipes->cap * sizeof *pipes->items);
    }
    pipes->items[pipes->count++] = (struct pipe){from, to, room};
    pipes->items[pipes->count++] = (struct pipe){to, from, 0};
}

/* Marks what the source reaches, by the number of the pipe it is reached through. */
static void flood(const struct pipes *pipes, uint32_t source, uint32_t nodes, size_t *through) {
    for (uint32_t i = 0; i < nodes; i++) through[i] = SIZE_MAX;
    through[source] = SIZE_MAX - 1;
    for (bool changed = true; changed;) {
        changed = false;
        for (size_t i = 0; i < pipes->count; i++) {
            const struct pipe *pipe = &pipes->items[i];
            if (!pipe->room || through[pipe->from] == SIZE_MAX || through[pipe->to] != SIZE_MAX)
                continue;
            through[pipe->to] = i;
            changed = true;
        }
    }
}

/* The value of the cut; `ret_posts` per junction: on the smallest cut nearest to the area. */
static size_t flow_apart(const struct around *around, bool *ret_posts) {
    const struct net *net = around->net;
    const int plenty = 1000000;
    uint32_t source = 2 * net->junction_count, sink = source + 1, nodes = sink + 1;
    struct pipes pipes = {0};
    for (uint32_t j = 0; j < net->junction_count; j++) {
        if (around->inside[j]) continue;
        lay(&pipes, 2 * j, 2 * j + 1, may_post(around, j) ? 1 : plenty);
        if (around->rim[j]) lay(&pipes, source, 2 * j, plenty);
        if (is_far(around, j)) lay(&pipes, 2 * j + 1, sink, plenty);
    }
    for (uint32_t e = 0; e < net->edge_count; e++) {
        uint32_t a = net->edges[e].first, b = net->edges[e].second;
        if (!around->open[e] || around->inside[a] || around->inside[b]) continue;
        lay(&pipes, 2 * a + 1, 2 * b, plenty);
        lay(&pipes, 2 * b + 1, 2 * a, plenty);
    }
    size_t *through = bm_alloc(nodes * sizeof *through), value = 0;
    for (;;) {
        flood(&pipes, source, nodes, through);
        if (through[sink] == SIZE_MAX) break;
        for (uint32_t at = sink; at != source;) {
            size_t pipe = through[at];
            pipes.items[pipe].room--;
            pipes.items[pipe ^ 1].room++;
            at = pipes.items[pipe].from;
        }
        value++;
    }
    for (uint32_t j = 0; j < net->junction_count; j++) {
        ret_posts[j] = through[2 * j] != SIZE_MAX && through[2 * j + 1] == SIZE_MAX &&
                       !around->inside[j];
    }
    bm_free(through);
    bm_free(pipes.items);
    return value;
}

/* Walks from the area over open roads, never past a post; nothing far may be met.  Then all that
 * was walked is what the cordon says lies within. */
static void walk(const struct around *around, const struct bm_cordon *cordon) {
    const struct net *net = around->net;
    bool *met = bm_alloc_zero(net->junction_count, 1);
    bool *post = bm_alloc_zero(net->junction_count, 1);
    for (size_t i = 0; i < cordon->count; i++) post[cordon->posts[i].junction] = true;
    for (uint32_t j = 0; j < net->junction_count; j++) {
        met[j] = around->inside[j] || (around->rim[j] && !post[j]);
    }
    for (bool changed = true; changed;) {
        changed = false;
        for (uint32_t e = 0; e < net->edge_count; e++) {
            uint32_t ends[2] = {net->edges[e].first, net->edges[e].second};
            if (!around->open[e] || met[ends[0]] == met[ends[1]]) continue;
            uint32_t to = met[ends[0]] ? ends[1] : ends[0];
            if (post[to]) continue;
            met[to] = changed = true;
        }
    }
    uint32_t junctions = 0;
    for (uint32_t j = 0; j < net->junction_count; j++) {
        assert_false(met[j] && is_far(around, j));
        junctions += met[j];
    }
    assert_int_equal(cordon->junctions, junctions);
    size_t at = 0;
    for (uint32_t e = 0; e < net->edge_count; e++) {
        uint32_t a = net->edges[e].first, b = net->edges[e].second;
        bool within = around->touched[e] || (around->open[e] && (met[a] || met[b]));
        bool listed = at < cordon->edge_count && cordon->edges[at] == e;
        assert_int_equal(listed, within);
        at += listed;
    }
    bm_free(met);
    bm_free(post);
}

/* What each post stops: all that leads from it to within, and nothing else. */
static void check_stopped(const struct around *around, const struct bm_road *road,
                          const struct bm_cordon *cordon) {
    size_t next = 0;
    for (size_t i = 0; i < cordon->count; i++) {
        const struct bm_post *post = &cordon->posts[i];
        assert_true(may_post(around, post->junction));
        assert_true(i == 0 || cordon->posts[i - 1].junction < post->junction);
        struct bm_point point = bm_road_junction(road, post->junction);
        assert_memory_equal(&post->point, &point, sizeof point);
        assert_int_equal(post->first, next);
        size_t should = 0;
        for (size_t k = 0; k < cordon->edge_count; k++) {
            const struct net_edge *edge = &around->net->edges[cordon->edges[k]];
            should += (edge->first == post->junction) + (edge->second == post->junction);
        }
        assert_int_equal(post->count, should);
        assert_true(post->count > 0);
        for (size_t k = 0; k < post->count; k++) {
            assert_int_equal(bm_road_tail(road, cordon->stopped[post->first + k]), post->junction);
        }
        next += post->count;
    }
    assert_int_equal(cordon->stopped_count, next);
}

static void mark(void *context, const struct bm_reached *reached) {
    struct around *around = context;
    const struct net_edge *edge = &around->net->edges[reached->arc / 2];
    bool back = reached->arc % 2;
    around->touched[reached->arc / 2] = true;
    if (reached->from_part == 0) around->inside[back ? edge->second : edge->first] = true;
    if (reached->to_part == 65535) around->inside[back ? edge->first : edge->second] = true;
}

/* Asks both and compares; returns the number of posts, or -1 when the area was refused rightly. */
static int compare(const struct net *net, const struct world *world, const struct bm_metric *metric,
                   enum bm_profile profile, const bool *closed, const struct bm_area *area,
                   uint32_t margin_m) {
    struct bm_cordon cordon;
    struct bm_fault fault = {0};
    struct around around = around_new(net, margin_m);
    enum bm_code code = bm_cordon_find(metric, area, margin_m, &cordon, &fault);
    if (area->form == BM_AREA_DRIVE) {
        struct bm_reach *reach = bm_reach_new(world->road);
        around.touched[area->spot.edge] = true;
        bm_reach_within(reach, metric, &area->spot, 1, area->within_ms, mark, &around);
        bm_reach_free(reach);
    } else {
        /* Of a disc its outline; where it was refused, the polygon alone can be asked again. */
        const struct bm_point *points = area->points;
        size_t count = area->count;
        if (area->form == BM_AREA_DISC) {
            if (code) {
                assert_int_equal(code, BM_NOT_POSSIBLE);
                around_free(&around);
                return -1;
            }
            points = cordon.outline;
            count = cordon.outline_count;
        }
        const struct bm_closed polygon = {
            .form = BM_CLOSED_POLYGON, .points = points, .count = count};
        uint32_t *arcs = bm_alloc((2 * (size_t)net->edge_count + 1) * sizeof *arcs);
        size_t found = bm_road_closed_arcs(world->road, &polygon, arcs, 2 * net->edge_count);
        for (size_t i = 0; i < found; i++) around.touched[arcs[i] / 2] = true;
        for (uint32_t j = 0; j < net->junction_count; j++) {
            around.inside[j] = bm_polygon_has(points, count, net->junctions[j]);
        }
        bm_free(arcs);
    }
    finish_around(&around, world, profile, closed);
    bool some = false, rest = false;
    for (uint32_t e = 0; e < net->edge_count; e++) {
        some |= around.touched[e];
        rest |= around.open[e] && !around.touched[e];
    }
    assert_int_equal(code, some && rest ? BM_OK : BM_NOT_POSSIBLE);
    if (code) {
        around_free(&around);
        return -1;
    }
    bool *posts = bm_alloc_zero(net->junction_count, 1);
    assert_int_equal(flow_apart(&around, posts), cordon.count);
    for (size_t i = 0; i < cordon.count; i++) assert_true(posts[cordon.posts[i].junction]);
    walk(&around, &cordon);
    check_stopped(&around, world->road, &cordon);
    int count = (int)cordon.count;
    bm_free(posts);
    bm_cordon_free(&cordon);
    around_free(&around);
    return count;
}

/* --- random networks -------------------------------------------------------------------------- */

/* Streets in a grid of 100 m, some of them missing, one-way, or not for everybody. */
static struct net random_city(struct bm_rng *rng, uint32_t side) {
    struct net net = {.unit_us = 1000};
    for (uint32_t i = 0; i < side * side; i++) {
        net_junction(&net, 305000000 + (int32_t)(i / side * 9000 + bm_rng_below(rng, 4000)),
                     1143000000 + (int32_t)(i % side * 10000 + bm_rng_below(rng, 4000)));
    }
    for (uint32_t i = 0; i < side * side; i++) {
        const uint32_t to[2] = {i + 1, i + side};
        const bool there[2] = {i % side + 1 < side, i / side + 1 < side};
        for (int k = 0; k < 2; k++) {
            if (!there[k] || bm_rng_chance(rng, 20)) continue;
            uint32_t at = net_edge(&net, i, to[k], 5000 + (uint32_t)bm_rng_below(rng, 20000));
            if (bm_rng_chance(rng, 20))
                net.edges[at].weight[0][bm_rng_below(rng, 2)] = BM_ROAD_INFINITE;
            if (bm_rng_chance(rng, 5)) {
                net.edges[at].weight[0][0] = net.edges[at].weight[0][1] = BM_ROAD_INFINITE;
            }
        }
    }
    return net;
}

static struct bm_point random_point(struct bm_rng *rng, int32_t wide) {
    return (struct bm_point){305000000 + (int32_t)bm_rng_below(rng, (uint64_t)wide),
                             1143000000 + (int32_t)bm_rng_below(rng, (uint64_t)wide)};
}

static struct bm_area random_area(struct bm_rng *rng, const struct world *world, int32_t wide,
                                  struct bm_point *corners) {
    struct bm_area area = {.form = (enum bm_area_form)bm_rng_below(rng, 3)};
    if (area.form == BM_AREA_DRIVE) {
        area.spot = spot_random(world->road, rng);
        area.within_ms = (int64_t)bm_rng_below(rng, 40000);
    } else if (area.form == BM_AREA_DISC) {
        area.point = random_point(rng, wide);
        area.radius_m = 20 + (uint32_t)bm_rng_below(rng, 300);
    } else {
        area.points = corners;
        area.count = 3 + bm_rng_below(rng, 4);
        struct bm_point middle = random_point(rng, wide);
        for (size_t i = 0; i < area.count; i++) {
            double turn = 2 * M_PI * (double)i / (double)area.count;
            double far = 3000 + (double)bm_rng_below(rng, 30000);
            corners[i] = (struct bm_point){middle.lat_e7 + (int32_t)(far * sin(turn)),
                                           middle.lon_e7 + (int32_t)(far * cos(turn))};
        }
    }
    return area;
}

static void random_cordons_are_those_of_a_flow_written_apart(void **state) {
    (void)state;
    struct bm_rng rng = {41};
    int cordons = 0, refused = 0, posts = 0;
    for (int round = 0; round < (getenv("EXACT") ? 1500 : 150); round++) {
        bool city = !bm_rng_chance(&rng, 25);
        uint32_t side = 4 + (uint32_t)bm_rng_below(&rng, 6);
        struct net net = city ? random_city(&rng, side) : net_random(&rng, 40, 70);
        int32_t wide = city ? (int32_t)side * 10000 : 400000;
        struct world world = world_of(&net);
        struct bm_metric *metric = bm_metric_new(world.road, BM_PROFILE_EMERGENCY);
        /* Something else is closed, too. */
        struct bm_point around = random_point(&rng, wide);
        const struct bm_point corners[] = {around,
                                           {around.lat_e7 + 20000, around.lon_e7},
                                           {around.lat_e7 + 20000, around.lon_e7 + 20000}};
        const struct bm_closed shut = {.form = BM_CLOSED_POLYGON, .points = corners, .count = 3};
        uint32_t *arcs = bm_alloc((2 * (size_t)net.edge_count + 1) * sizeof *arcs);
        bool *closed = bm_alloc_zero(net.edge_count + 1, sizeof *closed);
        size_t count = bm_road_closed_arcs(world.road, &shut, arcs, 2 * net.edge_count);
        for (size_t i = 0; i < count; i++) closed[arcs[i] / 2] = true;
        struct bm_metric *less = bm_metric_closed(world.road, BM_PROFILE_EMERGENCY, &shut, 1);
        const uint32_t margins[] = {0, 100, 250, 500, BM_CORDON_MARGIN_MAX_M};
        for (int i = 0; i < 8; i++) {
            struct bm_point polygon[8];
            struct bm_area area = random_area(&rng, &world, wide, polygon);
            uint32_t margin_m = margins[bm_rng_below(&rng, 5)];
            bool shut_too = bm_rng_chance(&rng, 50);
            int found = compare(&net, &world, shut_too ? less : metric, BM_PROFILE_EMERGENCY,
                                shut_too ? closed : NULL, &area, margin_m);
            cordons += found >= 0;
            refused += found < 0;
            posts += found > 0 ? found : 0;
        }
        bm_free(arcs);
        bm_free(closed);
        bm_metric_unref(metric);
        bm_metric_unref(less);
        world_free(&world);
        net_free(&net);
    }
    print_message("%d cordons of %d posts, %d refused\n", cordons, posts, refused);
    assert_true(cordons > 500 && posts > 1000 && refused > 10);
}

/* --- cases that are easy to get wrong --------------------------------------------------------- */

/* Two blocks of 3 x 3 streets of 100 m, joined by a bridge of 500 m: junctions 0..8, 9..17; the
 * bridge is the last edge, between 5 and 12. */
static struct net two_banks(void) {
    struct net net = {.unit_us = 1000};
    for (uint32_t bank = 0; bank < 2; bank++) {
        for (uint32_t i = 0; i < 9; i++) {
            net_junction(&net, (int32_t)(i / 3) * 9000, (int32_t)(i % 3 * 9000 + bank * 63000));
        }
        for (uint32_t i = 0; i < 9; i++) {
            if (i % 3 < 2) net_edge(&net, bank * 9 + i, bank * 9 + i + 1, 10000);
            if (i < 6) net_edge(&net, bank * 9 + i, bank * 9 + i + 3, 10000);
        }
    }
    uint32_t bridge = net_edge(&net, 5, 12, 50000);
    memcpy(net.edges[bridge].name, "大桥", sizeof "大桥");
    return net;
}

static struct bm_cordon find(const struct bm_metric *metric, const struct bm_area *area,
                             uint32_t margin_m) {
    struct bm_cordon cordon;
    struct bm_fault fault = {0};
    assert_int_equal(bm_cordon_find(metric, area, margin_m, &cordon, &fault), BM_OK);
    return cordon;
}

static void a_bridge_needs_one_post_when_it_is_near_enough(void **state) {
    (void)state;
    struct net net = two_banks();
    struct world world = world_of(&net);
    struct bm_metric *metric = bm_metric_new(world.road, BM_PROFILE_ORDINARY);
    /* Around the far corner of the west bank. */
    struct bm_area area = {.form = BM_AREA_DISC, .point = {0, 0}, .radius_m = 30};
    struct bm_cordon cordon = find(metric, &area, 0);
    assert_int_equal(cordon.count, 2); /* junctions 1 and 3 */
    assert_int_equal(cordon.posts[0].junction, 1);
    assert_int_equal(cordon.posts[1].junction, 3);
    bm_cordon_free(&cordon);
    cordon = find(metric, &area, 500);
    assert_int_equal(cordon.count, 1); /* before the bridge, not behind it */
    assert_int_equal(cordon.posts[0].junction, 5);
    assert_int_equal(cordon.junctions, 8);
    assert_int_equal(cordon.edge_count, 12);
    const char *names[4];
    assert_int_equal(bm_junction_names(metric, 5, names, 4), 1);
    assert_string_equal(names[0], "大桥");
    bm_cordon_free(&cordon);

    /* Over the bridge alone: the city falls in two, with a post at either end. */
    const struct bm_point across[] = {{4000, 36000}, {16000, 36000}, {16000, 40000}, {4000, 40000}};
    area = (struct bm_area){.form = BM_AREA_POLYGON, .points = across, .count = 4};
    cordon = find(metric, &area, 50);
    assert_int_equal(cordon.count, 2);
    assert_int_equal(cordon.posts[0].junction, 5);
    assert_int_equal(cordon.posts[1].junction, 12);
    assert_int_equal(cordon.edge_count, 1);
    assert_int_equal(cordon.junctions, 0);
    assert_false(cordon.edge_of_map);
    bm_cordon_free(&cordon);

    /* With a margin that holds all there is, no road leads farther away. */
    cordon = find(metric, &area, 10000);
    assert_int_equal(cordon.count, 0);
    bm_cordon_free(&cordon);

    /* The bridge closed: the west bank is cut off already. */
    const struct bm_closed shut = {.form = BM_CLOSED_POLYGON, .points = across, .count = 4};
    struct bm_metric *without = bm_metric_closed(world.road, BM_PROFILE_ORDINARY, &shut, 1);
    const struct bm_point west[] = {{-4000, -4000}, {-4000, 22000}, {22000, 22000}, {22000, -4000}};
    area = (struct bm_area){.form = BM_AREA_POLYGON, .points = west, .count = 4};
    cordon = find(without, &area, 50);
    assert_true(cordon.edge_of_map);
    /* The bridge belongs to the area, so its other end is the rim. */
    assert_int_equal(cordon.count, 1);
    assert_int_equal(cordon.posts[0].junction, 12);
    bm_cordon_free(&cordon);
    const struct bm_point inner[] = {{-4000, -4000}, {-4000, 4000}, {4000, 4000}, {4000, -4000}};
    area = (struct bm_area){.form = BM_AREA_POLYGON, .points = inner, .count = 4};
    cordon = find(without, &area, 500);
    assert_int_equal(cordon.count, 0);
    assert_int_equal(cordon.junctions, 9);
    bm_cordon_free(&cordon);
    bm_metric_unref(without);
    bm_metric_unref(metric);
    world_free(&world);
    net_free(&net);
}

static void refuse(const struct bm_metric *metric, struct bm_area area, uint32_t margin_m,
                   enum bm_code code, const char *field, const char *word) {
    struct bm_cordon cordon;
    struct bm_fault fault = {0};
    memset(&cordon, 0x5a, sizeof cordon);
    struct bm_cordon before = cordon;
    assert_int_equal(bm_cordon_find(metric, &area, margin_m, &cordon, &fault), code);
    assert_memory_equal(&cordon, &before, sizeof cordon);
    assert_string_equal(fault.field, field);
    assert_non_null(strstr(fault.detail, word));
}

static void areas_that_make_no_sense_are_refused_by_name(void **state) {
    (void)state;
    struct net net = two_banks();
    struct world world = world_of(&net);
    struct bm_metric *metric = bm_metric_new(world.road, BM_PROFILE_EMERGENCY);
    const struct bm_point bow[] = {{0, 0}, {10000, 10000}, {10000, 0}, {0, 10000}};
    const struct bm_point twice[] = {{0, 0}, {0, 0}, {10000, 0}, {0, 10000}};
    const struct bm_point off[] = {{0, 0}, {910000000, 0}, {0, 10000}};
    struct bm_point many[BM_CORDON_POINTS_MAX + 1] = {0};
    struct bm_area area = {.form = BM_AREA_POLYGON, .points = bow, .count = 4};
    refuse(metric, area, 100, BM_OUT_OF_RANGE, "polygon", "touches itself");
    area.points = twice;
    refuse(metric, area, 100, BM_OUT_OF_RANGE, "polygon", "named twice");
    area.count = 2;
    refuse(metric, area, 100, BM_OUT_OF_RANGE, "polygon", "3 to 32 corners, not 2");
    area.points = many;
    area.count = BM_CORDON_POINTS_MAX + 1;
    refuse(metric, area, 100, BM_OUT_OF_RANGE, "polygon", "not 33");
    area.points = off;
    area.count = 3;
    refuse(metric, area, 100, BM_OUT_OF_RANGE, "polygon", "Corner 2");

    area = (struct bm_area){.form = BM_AREA_DISC, .radius_m = 0};
    refuse(metric, area, 100, BM_OUT_OF_RANGE, "radius_m", "between 1 and 50000");
    area.radius_m = 50001;
    refuse(metric, area, 100, BM_OUT_OF_RANGE, "radius_m", "between 1 and 50000");
    area.radius_m = 50000;
    refuse(metric, area, 100, BM_NOT_POSSIBLE, "area", "every road of the map");
    refuse(metric, area, 10001, BM_OUT_OF_RANGE, "margin_m", "10000");
    area.point = (struct bm_point){800000000, 1700000000};
    refuse(metric, area, 100, BM_NOT_POSSIBLE, "area", "No road leads into");
    const struct bm_point edges_of_the_map[] = {
        {900000000, 0}, {-900000000, 0}, {0, 1800000000}, {0, -1800000000}};
    for (size_t i = 0; i < 4; i++) {
        area.point = edges_of_the_map[i];
        refuse(metric, area, 100, BM_OUT_OF_RANGE, "around", "pole or the antimeridian");
    }
    area.point.lat_e7 = 900000001;
    refuse(metric, area, 100, BM_OUT_OF_RANGE, "around", "nowhere on earth");

    area = (struct bm_area){.form = BM_AREA_DRIVE, .spot = spot_at(world.road, 0, 0)};
    area.within_ms = -1;
    refuse(metric, area, 100, BM_OUT_OF_RANGE, "minutes", "between 0 and 120");
    area.within_ms = BM_CORDON_WITHIN_MAX_MS + 1;
    refuse(metric, area, 100, BM_OUT_OF_RANGE, "minutes", "between 0 and 120");
    area.within_ms--;
    refuse(metric, area, 100, BM_NOT_POSSIBLE, "area", "every road of the map");
    bm_metric_unref(metric);
    world_free(&world);
    net_free(&net);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_cordons_are_those_of_a_flow_written_apart),
        cmocka_unit_test(a_bridge_needs_one_post_when_it_is_near_enough),
        cmocka_unit_test(areas_that_make_no_sense_are_refused_by_name),
    };
    return cmocka_run_group_tests_name("road cordon", tests, NULL, NULL);
}
