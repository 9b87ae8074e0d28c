/* The turn list: what is said at every sort of junction, and that nothing of a route gets lost. */
#include "../testing.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "road/file.h"
#include "road/steps.h"
#include "support.h"

static uint32_t street(struct net *net, uint32_t first, uint32_t second, const char *name) {
    uint32_t edge = net_edge(net, first, second, 10000);
    memcpy(net->edges[edge].name, name, strlen(name) + 1);
    return edge;
}

struct said {
    struct bm_step *steps;
    size_t count;
    struct bm_route route;
};

static struct said ask(const struct world *world, struct bm_spot from, struct bm_spot to) {
    struct said said;
    struct bm_metric *metric = bm_metric_new(world->road, BM_PROFILE_EMERGENCY);
    struct bm_travel *travel = bm_travel_new(world->road);
    bm_travel_route(travel, metric, &from, &to, &said.route);
    assert_true(said.route.travel_ms != BM_TRAVEL_NONE);
    said.count = bm_route_steps(metric, &said.route, &said.steps);
    bm_travel_free(travel);
    bm_metric_unref(metric);
    return said;
}

static void free_said(struct said *said) {
    bm_free(said->steps);
    bm_route_free(&said->route);
}

static void expect(const struct bm_step *step, enum bm_manoeuvre manoeuvre, const char *name) {
    assert_string_equal(bm_manoeuvre_words[step->manoeuvre], bm_manoeuvre_words[manoeuvre]);
    assert_string_equal(step->name, name);
}

/* --- one junction ----------------------------------------------------------------------------- */

/* From the south to a crossing, and on in the direction of `degrees` to the right. */
static enum bm_manoeuvre turn_by(double degrees) {
    struct net net = {.unit_us = 1000};
    double turn = degrees * M_PI / 180;
    net_junction(&net, 0, 0);
    net_junction(&net, 10000, 0);
    net_junction(&net, 10000 + (int32_t)(10000 * cos(turn)), (int32_t)(10000 * sin(turn)));
    net_junction(&net, 10000 + (int32_t)(9000 * cos(turn + 1)), (int32_t)(9000 * sin(turn + 1)));
    street(&net, 0, 1, "南路");
    street(&net, 1, 2, "新路");
    street(&net, 1, 3, "");
    struct world world = world_of(&net);
    struct said said = ask(&world, spot_at(world.road, 0, 30000), spot_at(world.road, 1, 30000));
    assert_int_equal(said.count, 3);
    expect(&said.steps[0], BM_TURN_DEPART, "南路");
    assert_string_equal(said.steps[1].name, "新路");
    expect(&said.steps[2], BM_TURN_ARRIVE, "新路");
    enum bm_manoeuvre manoeuvre = said.steps[1].manoeuvre;
    assert_int_equal(said.steps[1].point.lat_e7, 10000);
    assert_int_equal(said.steps[1].point.lon_e7, 0);
    free_said(&said);
    world_free(&world);
    net_free(&net);
    return manoeuvre;
}

static void a_turn_is_called_by_its_degrees(void **state) {
    (void)state;
    const struct {
        double degrees;
        enum bm_manoeuvre left, right;
    } turns[] = {
        {0, BM_TURN_STRAIGHT, BM_TURN_STRAIGHT},
        {18, BM_TURN_STRAIGHT, BM_TURN_STRAIGHT},
        {22, BM_TURN_SLIGHT_LEFT, BM_TURN_SLIGHT_RIGHT},
        {48, BM_TURN_SLIGHT_LEFT, BM_TURN_SLIGHT_RIGHT},
        {52, BM_TURN_LEFT, BM_TURN_RIGHT},
        {90, BM_TURN_LEFT, BM_TURN_RIGHT},
        {118, BM_TURN_LEFT, BM_TURN_RIGHT},
        {122, BM_TURN_SHARP_LEFT, BM_TURN_SHARP_RIGHT},
        {163, BM_TURN_SHARP_LEFT, BM_TURN_SHARP_RIGHT},
        {167, BM_TURN_U_TURN, BM_TURN_U_TURN},
    };
    for (size_t i = 0; i < sizeof turns / sizeof *turns; i++) {
        assert_int_equal(turn_by(turns[i].degrees), turns[i].right);
        assert_int_equal(turn_by(-turns[i].degrees), turns[i].left);
        assert_int_equal(turn_by(360 - turns[i].degrees), turns[i].left);
    }
}

/* --- a walk through a town -------------------------------------------------------------------- */

/* 0 -长街- 1 -长街- 2 -长街- 3, at 1 a side street to 6; at 3 长街 turns right (with a side street
 * to 7) to 4, bends there with nothing else to take to 5, and becomes 河路 without a turn to 8. */
static struct net town(void) {
    struct net net = {.unit_us = 1000};
    const struct bm_point points[] = {{0, 0},         {0, 10000},     {0, 20000},
                                      {1000, 30000},  {-9000, 30000}, {-9000, 20000},
                                      {10000, 10000}, {11000, 30000}, {-9000, 10000}};
    for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
        net_junction(&net, points[i].lat_e7, points[i].lon_e7);
    }
    street(&net, 0, 1, "长街");
    street(&net, 2, 1, "长街"); /* driven against its drawing */
    street(&net, 2, 3, "长街");
    street(&net, 3, 4, "长街");
    street(&net, 4, 5, "长街");
    street(&net, 5, 8, "河路");
    street(&net, 1, 6, "");
    street(&net, 3, 7, "");
    return net;
}

static void a_road_that_goes_on_is_one_step(void **state) {
    (void)state;
    struct net net = town();
    struct world world = world_of(&net);
    struct said said = ask(&world, spot_at(world.road, 0, 20000), spot_at(world.road, 5, 40000));
    assert_int_equal(said.count, 4);
    expect(&said.steps[0], BM_TURN_DEPART, "长街");
    expect(&said.steps[1], BM_TURN_RIGHT, "长街"); /* at 3: there was a choice */
    expect(&said.steps[2], BM_TURN_STRAIGHT, "河路");
    expect(&said.steps[3], BM_TURN_ARRIVE, "河路");
    assert_int_equal(said.steps[1].at, 3);
    assert_int_equal(said.steps[2].at, 5);
    assert_int_equal(said.steps[3].at, said.route.count - 1);
    /* Back: the left turn, and from 河路 straight on. */
    struct said back = ask(&world, spot_at(world.road, 5, 40000), spot_at(world.road, 0, 20000));
    assert_int_equal(back.count, 4);
    expect(&back.steps[0], BM_TURN_DEPART, "河路");
    expect(&back.steps[1], BM_TURN_STRAIGHT, "长街");
    expect(&back.steps[2], BM_TURN_LEFT, "长街");
    expect(&back.steps[3], BM_TURN_ARRIVE, "长街");
    free_said(&back);
    free_said(&said);

    /* Along one edge, and to where one stands. */
    said = ask(&world, spot_at(world.road, 0, 20000), spot_at(world.road, 0, 40000));
    assert_int_equal(said.count, 2);
    expect(&said.steps[0], BM_TURN_DEPART, "长街");
    expect(&said.steps[1], BM_TURN_ARRIVE, "长街");
    assert_true(said.steps[0].travel_ms == said.route.travel_ms && said.route.travel_ms > 0);
    free_said(&said);
    said = ask(&world, spot_at(world.road, 0, 20000), spot_at(world.road, 0, 20000));
    assert_int_equal(said.count, 2);
    assert_true(said.steps[0].travel_ms == 0 && said.steps[0].length_m == 0);
    free_said(&said);

    /* A road that is closed is no choice: the turn at 3 needs no word. */
    const struct bm_point side[] = {{5000, 29000}, {5000, 31000}};
    const struct bm_closed closed = {.form = BM_CLOSED_LINE, .points = side, .count = 2};
    struct bm_metric *metric = bm_metric_closed(world.road, BM_PROFILE_EMERGENCY, &closed, 1);
    struct bm_travel *travel = bm_travel_new(world.road);
    struct bm_spot from = spot_at(world.road, 0, 20000), to = spot_at(world.road, 5, 40000);
    bm_travel_route(travel, metric, &from, &to, &said.route);
    said.count = bm_route_steps(metric, &said.route, &said.steps);
    assert_int_equal(said.count, 3);
    free_said(&said);
    bm_travel_free(travel);
    bm_metric_unref(metric);
    world_free(&world);
    net_free(&net);
}

static void turning_round_and_roads_of_no_length(void **state) {
    (void)state;
    /* East to 1, which lies where 2 lies, then north: the edge between has no direction. */
    struct net net = {.unit_us = 1000};
    net_junction(&net, 0, 0);
    net_junction(&net, 0, 10000);
    net_junction(&net, 0, 10000);
    net_junction(&net, 10000, 10000);
    net_junction(&net, -10000, 10000);
    street(&net, 0, 1, "东路");
    street(&net, 1, 2, "");
    street(&net, 2, 3, "北路");
    street(&net, 2, 4, "南路");
    struct world world = world_of(&net);
    struct said said = ask(&world, spot_at(world.road, 0, 100), spot_at(world.road, 2, 30000));
    assert_int_equal(said.count, 3);
    expect(&said.steps[1], BM_TURN_LEFT, "北路");
    free_said(&said);

    struct bm_metric *metric = bm_metric_new(world.road, BM_PROFILE_EMERGENCY);
    struct bm_point points[] = {{0, 0}, {0, 10000}, {0, 5000}};
    int64_t at_ms[] = {0, 10000, 15000};
    uint32_t arcs[] = {0, 1};
    size_t arc_at[] = {0, 1};
    struct bm_route route = {15000, 1668, points, at_ms, 3, arcs, arc_at, 2};
    struct bm_step *steps;
    assert_int_equal(bm_route_steps(metric, &route, &steps), 3);
    expect(&steps[1], BM_TURN_U_TURN, "东路");
    assert_true(steps[1].travel_ms == 5000);
    bm_free(steps);
    bm_metric_unref(metric);
    world_free(&world);
    net_free(&net);
}

/* --- nothing gets lost ------------------------------------------------------------------------ */

static void check_whole(const struct bm_road *road, const struct said *said) {
    const struct bm_route *route = &said->route;
    int64_t travel_ms = 0;
    double length_m = 0;
    size_t arc = 0;
    assert_true(said->count >= 2);
    assert_int_equal(said->steps[0].manoeuvre, BM_TURN_DEPART);
    assert_int_equal(said->steps[0].at, 0);
    assert_int_equal(said->steps[said->count - 1].manoeuvre, BM_TURN_ARRIVE);
    assert_int_equal(said->steps[said->count - 1].at, route->count - 1);
    for (size_t i = 0; i < said->count; i++) {
        const struct bm_step *step = &said->steps[i];
        assert_memory_equal(&step->point, &route->points[step->at], sizeof step->point);
        travel_ms += step->travel_ms;
        length_m += step->length_m;
        if (i == 0 || i + 1 == said->count) continue;
        assert_true(step->at >= step[-1].at);
        assert_true(step->manoeuvre != BM_TURN_DEPART && step->manoeuvre != BM_TURN_ARRIVE);
        /* It is done where some arc is entered, in order, and bears that arc's name. */
        while (arc < route->arc_count &&
               (route->arc_at[arc] != step->at ||
                strcmp(bm_road_name(road, route->arcs[arc] / 2), step->name) != 0)) {
            arc++;
        }
        assert_true(arc < route->arc_count);
    }
    assert_true(travel_ms == route->travel_ms);
    assert_true(fabs(length_m - route->length_m) <= 0.05 * (double)route->count);
    for (size_t i = 0; i < route->arc_count; i++) {
        assert_true(route->arc_at[i] < route->count - 1);
        assert_true(i == 0 ? route->arc_at[i] == 0 : route->arc_at[i] > route->arc_at[i - 1]);
        struct bm_point tail = bm_road_junction(road, bm_road_tail(road, route->arcs[i]));
        if (i) assert_memory_equal(&route->points[route->arc_at[i]], &tail, sizeof tail);
    }
}

static void the_steps_of_any_route_are_the_whole_route(void **state) {
    (void)state;
    struct bm_rng rng = {61};
    size_t routes = 0, steps = 0;
    while (routes < 2000) {
        struct net net = net_random(&rng, 40, 90);
        net_random_turns(&net, &rng, 20);
        struct world world = world_of(&net);
        struct bm_metric *metric = bm_metric_new(world.road, BM_PROFILE_EMERGENCY);
        struct bm_travel *travel = bm_travel_new(world.road);
        for (int i = 0; i < 100; i++) {
            struct bm_spot from = spot_random(world.road, &rng), to = spot_random(world.road, &rng);
            struct said said;
            bm_travel_route(travel, metric, &from, &to, &said.route);
            if (said.route.travel_ms == BM_TRAVEL_NONE) continue;
            said.count = bm_route_steps(metric, &said.route, &said.steps);
            check_whole(world.road, &said);
            routes++;
            steps += said.count;
            free_said(&said);
        }
        bm_travel_free(travel);
        bm_metric_unref(metric);
        world_free(&world);
        net_free(&net);
    }
    print_message("%zu routes of %zu steps\n", routes, steps);
    assert_true(steps > 3 * routes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_turn_is_called_by_its_degrees),
        cmocka_unit_test(a_road_that_goes_on_is_one_step),
        cmocka_unit_test(turning_round_and_roads_of_no_length),
        cmocka_unit_test(the_steps_of_any_route_are_the_whole_route),
    };
    return cmocka_run_group_tests_name("road steps", tests, NULL, NULL);
}
