/* Who is recommended, and why: on a town of two banks and one bridge (town.h). */
#include "testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "core/plan.h"
#include "dispatch/roster.h"
#include "town.h"

static int64_t number(const json_t *object, const char *name) {
    json_t *value = town_get(object, name);
    assert_true(json_is_integer(value));
    return json_integer_value(value);
}

static const char *text(const json_t *object, const char *name) {
    json_t *value = town_get(object, name);
    return json_is_null(value) ? "null" : json_string_value(value);
}

static void put_at(struct town *town, uint64_t id, const char *capabilities, double x, double y) {
    struct bm_unit unit = town_unit(id, capabilities);
    town_put(town, &unit);
    town_place(town, id, town_at(x, y));
}

static void put_kind(struct town *town, uint64_t id, enum bm_unit_kind kind, struct bm_point at) {
    struct bm_unit unit = town_unit(id, "ambulance");
    unit.kind = (uint8_t)kind;
    town_put(town, &unit);
    town_place(town, id, at);
}

/* --- by road ---------------------------------------------------------------------------------- */

static void the_nearest_by_road_goes_not_the_nearest_on_the_map(void **state) {
    (void)state;
    struct town town = town_make();
    town_plan(&town, "ambulance:1");
    put_at(&town, 1, "ambulance", 2, 1); /* just across the river: 8 + bridge + 8 steps */
    put_at(&town, 2, "ambulance", 7, 0); /* five steps along the same bank */
    struct bm_incident incident = town_incident(town_at(2, 0));
    json_t *answer = town_ask(&town, &incident);
    assert_string_equal(town_chosen(answer, "ambulance"), "2");
    assert_string_equal(text(answer, "basis"), "road");
    assert_string_equal(text(answer, "basis_reason"), "null");
    const json_t *near = town_unit_row(answer, 2, "ambulance"),
                 *far = town_unit_row(answer, 1, "ambulance");
    assert_int_equal(number(near, "travel_ms"), 5 * TOWN_STEP_MS);
    assert_int_equal(number(near, "rank"), 1);
    assert_true(town_says(near, "nearest"));
    assert_in_range(number(near, "length_m"), 1100, 1125);
    assert_int_equal(number(far, "travel_ms"), 16 * TOWN_STEP_MS + TOWN_BRIDGE_MS);
    assert_int_equal(number(far, "rank"), 2);
    assert_true(json_is_false(town_get(far, "chosen")));
    assert_true(json_is_null(town_get(far, "length_m")));
    json_decref(answer);
    incident.profile = BM_PROFILE_ORDINARY;
    answer = town_ask(&town, &incident);
    assert_string_equal(text(answer, "profile"), "ordinary");
    assert_int_equal(number(town_unit_row(answer, 2, "ambulance"), "travel_ms"), 10 * TOWN_STEP_MS);
    json_decref(answer);
    town_free(&town);
}

static void a_closure_changes_the_answer_and_lifting_it_restores_it(void **state) {
    (void)state;
    struct town town = town_make();
    town_plan(&town, "ambulance:1");
    put_at(&town, 1, "ambulance", 10, 1); /* over the bridge */
    put_at(&town, 2, "ambulance", 6, 0);
    struct bm_incident incident = town_incident(town_at(10, 0));
    for (int round = 0; round < 3; round++) {
        json_t *answer = town_ask(&town, &incident);
        assert_string_equal(town_chosen(answer, "ambulance"), "1");
        assert_null(town_passed_over(answer, 1));
        json_decref(answer);
        town_close(&town, 5, town_at(9.5, 0.5), town_at(10.5, 0.5), true);
        answer = town_ask(&town, &incident);
        assert_string_equal(town_chosen(answer, "ambulance"), "2");
        assert_string_equal(town_passed_over(answer, 1), "no_way");
        json_decref(answer);
        if (round == 1) /* left altogether, as a place may */
            bm_dispatch_take(town.dispatch, BM_T_PLACE, 5, NULL);
        else
            town_close(&town, 5, town_at(9.5, 0.5), town_at(10.5, 0.5), false);
    }
    town_free(&town);
}

static void same_edge(const struct bm_closed_edge *edge, uint32_t number, uint32_t there,
                      uint32_t back) {
    assert_int_equal(edge->edge, number);
    assert_int_equal(edge->permille[0], there);
    assert_int_equal(edge->permille[1], back);
}

static void closed_edges_are_each_named_once(void **state) {
    (void)state;
    struct town town = town_make();
    struct bm_closed_now closed;
    bm_dispatch_closed(town.dispatch, &closed);
    assert_int_equal(closed.count + closed.closure_count, 0);
    bm_closed_now_free(&closed);
    town_close(&town, 5, town_at(9.5, 0.5), town_at(10.5, 0.5), true);
    town_close(&town, 6, town_at(9.4, 0.6), town_at(10.6, 0.6), true); /* the bridge again */
    town_close(&town, 7, town_at(0.5, -0.2), town_at(0.5, 0.2), true);
    town_close(&town, 8, town_at(3.5, -0.2), town_at(3.5, 0.2), false);
    town_close(&town, 9, town_at(0.5, 5), town_at(0.6, 5), true); /* where no road is */
    bm_dispatch_closed(town.dispatch, &closed);
    assert_int_equal(closed.count, 2);
    same_edge(&closed.edges[0], 0, 0, 0);
    same_edge(&closed.edges[1], 2 * (TOWN_COLUMNS - 1), 0, 0);
    static const struct bm_closure_reach reach[] = {{5, 1}, {6, 1}, {7, 1}, {9, 0}};
    assert_int_equal(closed.closure_count, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(closed.closures[i].place, reach[i].place);
        assert_int_equal(closed.closures[i].edges, reach[i].edges);
    }
    bm_closed_now_free(&closed);
    town_free(&town);
}

/* Of closures that share an edge the slowest counts in each direction by itself, in the listing as
 * in the metric. */
static void closures_that_share_an_edge(void **state) {
    (void)state;
    struct town town = town_make();
    struct bm_metric *usual = bm_metric_new(town.road, BM_PROFILE_EMERGENCY);
    struct bm_place place = town_closure(5, town_at(0, 0), town_at(1, 0));
    place.direction = BM_DIRECTION_ALONG;
    place.speed_percent = 50;
    bm_dispatch_take(town.dispatch, BM_T_PLACE, 5, &place);
    place = town_closure(6, town_at(0.5, -0.2), town_at(0.5, 0.2));
    place.speed_percent = 80;
    bm_dispatch_take(town.dispatch, BM_T_PLACE, 6, &place);
    for (int round = 0; round < 3; round++) {
        struct bm_closed_now closed;
        bm_dispatch_closed(town.dispatch, &closed);
        assert_int_equal(closed.count, 1);
        static const uint32_t permille[3][2] = {{500, 800}, {500, 0}, {500, 1000}};
        same_edge(&closed.edges[0], 0, permille[round][0], permille[round][1]);
        struct bm_metric *metric = bm_dispatch_metric(town.dispatch, BM_PROFILE_EMERGENCY);
        for (uint32_t arc = 0; arc < 2 * bm_road_info(town.road).edges; arc++) {
            uint32_t share = arc < 2 ? permille[round][arc] : 1000;
            assert_int_equal(bm_metric_weight(metric, arc),
                             bm_road_slowed(bm_metric_weight(usual, arc), share));
        }
        bm_metric_unref(metric);
        bm_closed_now_free(&closed);
        /* Then the way back is closed, and then as usual. */
        struct bm_place back = town_closure(6, town_at(1, 0), town_at(0, 0));
        back.direction = BM_DIRECTION_ALONG;
        back.active = round == 0;
        bm_dispatch_take(town.dispatch, BM_T_PLACE, 6, &back);
    }
    bm_metric_unref(usual);
    town_free(&town);
}

/* Of those who come at the same time the record's order decides, whoever had their slots before. */
static void ties_do_not_hang_on_who_was_there_before(void **state) {
    (void)state;
    struct town town = town_make();
    town_plan(&town, "ambulance:1");
    for (uint64_t id = 1; id <= 20; id++) put_at(&town, id, "ambulance", 3, 0);
    for (uint64_t id = 1; id <= 20; id++) bm_dispatch_take(town.dispatch, BM_T_UNIT, id, NULL);
    for (uint64_t id = 21; id <= 40; id++) put_at(&town, id, "ambulance", 3, 0);
    struct bm_incident incident = town_incident(town_at(5, 0));
    json_t *answer = town_ask(&town, &incident);
    assert_string_equal(town_chosen(answer, "ambulance"), "21");
    for (uint64_t id = 21; id <= 29; id++) assert_non_null(town_unit_row(answer, id, "ambulance"));
    assert_null(town_unit_row(answer, 30, "ambulance"));
    json_decref(answer);
    town_free(&town);
}

/* --- plans ------------------------------------------------------------------------------------ */

static void capabilities_counts_and_shortfalls(void **state) {
    (void)state;
    struct town town = town_make();
    town_plan(&town, "ambulance:2 engine:2 boat:1");
    put_at(&town, 1, "ambulance", 5, 0);
    put_at(&town, 2, "ambulance als", 1, 0);
    put_at(&town, 3, "ambulance", 3, 0);
    put_at(&town, 4, "engine", 9, 0);
    put_at(&town, 5, "police", 0, 0);
    struct bm_incident incident = town_incident(town_at(0, 0));
    json_t *answer = town_ask(&town, &incident);
    assert_string_equal(town_chosen(answer, "ambulance"), "2 3");
    assert_string_equal(town_chosen(answer, "engine"), "4");
    assert_null(town_unit_row(answer, 5, "police"));
    assert_null(town_passed_over(answer, 5));
    static const int64_t expected[3][3] = {{2, 2, 0}, {2, 1, 1}, {1, 0, 1}};
    for (size_t n = 0; n < 3; n++) {
        const json_t *need = json_array_get(town_get(answer, "needs"), n);
        assert_int_equal(number(need, "count"), expected[n][0]);
        assert_int_equal(number(need, "found"), expected[n][1]);
        assert_int_equal(number(need, "short"), expected[n][2]);
        assert_int_equal(number(need, "here"), 0);
    }
    json_decref(answer);
    town_free(&town);
}

static void alarm_levels(void **state) {
    (void)state;
    struct town town = town_make();
    struct bm_buf out = bm_buf_make(1 << 20);
    struct bm_fault fault = {0};
    put_at(&town, 1, "ambulance", 5, 0);
    put_at(&town, 2, "engine", 1, 0);
    struct bm_incident incident = town_incident(town_at(0, 0));
    assert_int_equal(bm_dispatch_recommend(town.dispatch, &incident, 1, TOWN_NOW, town_may_all,
                                           NULL, &out, &fault),
                     BM_NOT_POSSIBLE); /* no such class */
    assert_string_equal(fault.field, "class");
    town_plan(&town, "");
    assert_int_equal(bm_dispatch_recommend(town.dispatch, &incident, 1, TOWN_NOW, town_may_all,
                                           NULL, &out, &fault),
                     BM_NOT_POSSIBLE);
    assert_string_equal(fault.field, "class");
    town_plan(&town, "ambulance:1; ambulance:1 engine:1");
    incident.alarm = 2;
    json_t *answer = town_ask(&town, &incident);
    assert_string_equal(town_chosen(answer, "engine"), "2");
    assert_string_equal(town_chosen(answer, "ambulance"), "1");
    assert_int_equal(number(answer, "alarm"), 2);
    assert_int_equal(number(answer, "alarms"), 2);
    json_decref(answer);
    incident.alarm = 3;
    assert_int_equal(bm_dispatch_recommend(town.dispatch, &incident, 1, TOWN_NOW, town_may_all,
                                           NULL, &out, &fault),
                     BM_NOT_POSSIBLE);
    assert_string_equal(fault.field, "alarm");
    incident.alarm = 1;
    incident.point.lat_e7 = BM_E7_NONE;
    assert_int_equal(bm_dispatch_recommend(town.dispatch, &incident, 1, TOWN_NOW, town_may_all,
                                           NULL, &out, &fault),
                     BM_NOT_POSSIBLE);
    assert_string_equal(fault.field, "lat");
    assert_int_equal(out.len, 0);
    bm_buf_free(&out);
    town_free(&town);
}

/* A level names everything that is to be there: who is there already is not sent for again. */
static void units_on_the_case_count(void **state) {
    (void)state;
    struct town town = town_make();
    town_plan(&town, "ambulance:1; ambulance:2 engine:1");
    put_at(&town, 1, "ambulance", 0, 0);
    struct bm_unit there = town_unit(2, "ambulance"), away = town_unit(3, "ambulance"),
                   hidden = town_unit(4, "engine");
    there.assignment.v = 11;
    there.on_case.v = 7;
    away.assignment.v = 12;
    away.on_case.v = 8;
    hidden.assignment.v = 13;
    hidden.on_case.v = 7;
    hidden.jurisdiction.v = 2;
    town_put(&town, &there);
    town_put(&town, &away);
    struct bm_incident incident = town_incident(town_at(0, 0));
    json_t *answer = town_ask(&town, &incident);
    assert_string_equal(town_chosen(answer, "ambulance"), "");
    json_t *need = json_array_get(town_get(answer, "needs"), 0);
    assert_int_equal(number(need, "here"), 1);
    assert_int_equal(number(need, "found"), 1);
    assert_int_equal(number(need, "short"), 0);
    assert_string_equal(town_passed_over(answer, 2), "busy");
    assert_string_equal(town_passed_over(answer, 3), "busy");
    assert_int_equal(number(town_unit_row(answer, 1, "ambulance"), "rank"), 1);
    json_decref(answer);
    incident.alarm = 2;
    answer = town_ask(&town, &incident);
    assert_string_equal(town_chosen(answer, "ambulance"), "1");
    need = json_array_get(town_get(answer, "needs"), 1);
    assert_int_equal(number(need, "short"), 1);
    json_decref(answer);
    town_put(&town, &hidden);
    answer = town_ask(&town, &incident);
    need = json_array_get(town_get(answer, "needs"), 1);
    assert_int_equal(number(need, "here"), 1);
    json_decref(answer);
    town_free(&town);
}

/* The nearest can do both; the other ambulance cannot do ALS: so the first does. */
static void who_can_do_both_does_what_only_it_can(void **state) {
    (void)state;
    struct town town = town_make();
    town_plan(&town, "ambulance:1 als:1 hazmat:1");
    put_at(&town, 1, "ambulance als", 1, 0);
    put_at(&town, 2, "ambulance", 4, 0);
    put_at(&town, 3, "als hazmat", 6, 0);
    struct bm_incident incident = town_incident(town_at(0, 0));
    json_t *answer = town_ask(&town, &incident);
    assert_string_equal(town_chosen(answer, "ambulance"), "2");
    assert_string_equal(town_chosen(answer, "als"), "1");
    assert_string_equal(town_chosen(answer, "hazmat"), "3");
    for (size_t n = 0; n < 3; n++)
        assert_int_equal(number(json_array_get(town_get(answer, "needs"), n), "short"), 0);
    assert_true(town_says(town_unit_row(answer, 1, "als"), "other_capability_too"));
    json_decref(answer);
    /* Also among those that are there: one ambulance and one of both leave nothing to send. */
    struct bm_unit both = town_unit(1, "ambulance als"), plain = town_unit(2, "ambulance");
    both.assignment.v = plain.assignment.v = 5;
    both.on_case.v = plain.on_case.v = 7;
    town_put(&town, &both);
    town_put(&town, &plain);
    town_plan(&town, "ambulance:1 als:1");
    answer = town_ask(&town, &incident);
    assert_string_equal(town_chosen(answer, "als"), "");
    assert_string_equal(town_chosen(answer, "ambulance"), "");
    json_decref(answer);
    town_free(&town);
}

static void eight_more_are_shown_for_each_need(void **state) {
    (void)state;
    struct town town = town_make();
    town_plan(&town, "ambulance:3");
    for (uint64_t id = 1; id <= 40; id++) put_at(&town, id, "ambulance", (double)(id % 11), 0);
    struct bm_incident incident = town_incident(town_at(0, 0));
    json_t *answer = town_ask(&town, &incident);
    assert_int_equal(json_array_size(town_get(answer, "units")), 3 + BM_RANKED_MAX);
    assert_string_equal(town_chosen(answer, "ambulance"), "11 22 33"); /* ties: by unit */
    json_t *again = town_ask(&town, &incident);
    assert_true(json_equal(answer, again));
    json_decref(again);
    json_decref(answer);
    /* As large as a plan can be. */
    town_plan(&town, "a:99 b:99 c:99 d:99 e:99 f:99 g:99 h:99 i:99 j:99 k:99 l:99");
    for (uint64_t id = 1; id <= 1500; id++)
        put_at(&town, id + 100, "a b c d e f g h i j k l", (double)(id % 11), 0);
    answer = town_ask(&town, &incident);
    assert_int_equal(json_array_size(town_get(answer, "units")), 12 * (99 + BM_RANKED_MAX));
    json_decref(answer);
    town_free(&town);
}

/* --- who is passed over ----------------------------------------------------------------------- */

static void the_others_are_passed_over_with_the_reason(void **state) {
    (void)state;
    struct town town = town_make();
    town_plan(&town, "ambulance:1");
    put_at(&town, 1, "ambulance", 8, 0);
    struct bm_unit busy = town_unit(2, "ambulance"), off = town_unit(3, "ambulance"),
                   out = town_unit(4, "ambulance"), gone = town_unit(6, "ambulance");
    busy.assignment.v = 9;
    busy.on_case.v = 11;
    off.duty = BM_DUTY_OFF;
    out.duty = BM_DUTY_OUT;
    gone.active = false;
    const struct bm_unit *units[] = {&busy, &off, &out, &gone};
    for (int i = 0; i < 4; i++) {
        town_put(&town, units[i]);
        town_place(&town, units[i]->id.v, town_at(0, 0));
    }
    struct bm_unit nowhere = town_unit(5, "ambulance");
    town_put(&town, &nowhere);
    struct bm_incident incident = town_incident(town_at(0, 0));
    json_t *answer = town_ask(&town, &incident);
    assert_string_equal(town_chosen(answer, "ambulance"), "1");
    assert_string_equal(town_passed_over(answer, 2), "busy");
    assert_string_equal(town_passed_over(answer, 3), "off_duty");
    assert_string_equal(town_passed_over(answer, 4), "out_of_service");
    assert_string_equal(town_passed_over(answer, 5), "no_position");
    assert_null(town_passed_over(answer, 6));
    assert_string_equal(text(json_array_get(town_get(answer, "passed_over"), 0), "case"), "11");
    assert_string_equal(text(json_array_get(town_get(answer, "passed_over"), 1), "case"), "null");
    json_decref(answer);
    town_free(&town);
}

static bool of_area(void *context, const struct bm_unit *unit) {
    return unit->jurisdiction.v == *(const uint64_t *)context;
}

/* Neither among those who could go nor among those passed over, but a unit on the case counts. */
static void units_that_one_may_not_see_are_not_named(void **state) {
    (void)state;
    struct town town = town_make();
    town_plan(&town, "ambulance:2");
    for (uint64_t id = 1; id <= 6; id++) {
        struct bm_unit unit = town_unit(id, "ambulance");
        unit.jurisdiction.v = 1 + id % 2;
        if (id == 3 || id == 4) unit.duty = BM_DUTY_OFF;
        if (id >= 5) unit.assignment.v = unit.on_case.v = 7;
        town_put(&town, &unit);
        town_place(&town, id, town_at((double)id, 0));
    }
    struct bm_incident incident = town_incident(town_at(0, 0));
    uint64_t area = 1;
    json_t *answer = town_ask_as(&town, &incident, 1, TOWN_NOW, of_area, &area);
    char *dumped = json_dumps(answer, JSON_COMPACT);
    for (uint64_t id = 1; id <= 5; id += 2) {
        char sign[16];
        snprintf(sign, sizeof sign, "U-%d", (int)id);
        if (strstr(dumped, sign)) fail_msg("%s in %s", sign, dumped);
    }
    assert_non_null(strstr(dumped, "U-2"));
    assert_string_equal(town_passed_over(answer, 4), "off_duty");
    assert_string_equal(town_passed_over(answer, 6), "busy");
    assert_int_equal(number(json_array_get(town_get(answer, "needs"), 0), "here"), 2);
    free(dumped);
    json_decref(answer);
    area = 2;
    answer = town_ask_as(&town, &incident, 1, TOWN_NOW, of_area, &area);
    assert_true(town_says(town_unit_row(answer, 1, "ambulance"), "other_area"));
    json_decref(answer);
    town_free(&town);
}

/* --- not by road ------------------------------------------------------------------------------ */

static void boats_and_drones_go_straight_and_patrols_walk(void **state) {
    (void)state;
    struct town town = town_make();
    town_plan(&town, "ambulance:4");
    put_kind(&town, 1, BM_UNIT_BOAT, town_at(2, 1)); /* 445 m at 7 m/s: 64 s */
    put_kind(&town, 2, BM_UNIT_DRONE_CREW, town_at(2, 1));
    put_kind(&town, 3, BM_UNIT_FOOT, town_at(2, 1));
    put_kind(&town, 4, BM_UNIT_CAR, town_at(2, 1));
    struct bm_incident incident = town_incident(town_at(2, 0));
    json_t *answer = town_ask(&town, &incident);
    assert_string_equal(town_chosen(answer, "ambulance"), "2 1 4 3");
    static const int64_t seconds[] = {0, 63, 31, 3960, 396};
    for (uint64_t id = 1; id <= 4; id++) {
        const json_t *row = town_unit_row(answer, id, "ambulance");
        assert_in_range(number(row, "travel_ms"), seconds[id] * 1000, (seconds[id] + 1) * 1000);
        assert_string_equal(text(row, "basis"), id >= 3 ? "road" : "straight_line");
        assert_int_equal(town_says(row, "off_road"), id < 3);
        assert_int_equal(town_says(row, "on_foot"), id == 3);
        struct bm_position position;
        assert_true(bm_dispatch_where(town.dispatch, id, &position));
        assert_int_equal(position.off_road, id < 3);
    }
    json_decref(answer);
    town_free(&town);
}

/* One on a ferry is off the roads; one on an island that has roads of its own has no way: neither
 * is given a time by road that it cannot keep. */
static void a_ferry_and_an_island(void **state) {
    (void)state;
    struct town town = {.file = bm_buf_make(1 << 24)};
    struct bm_road_build *build = town_build();
    uint32_t pier = bm_road_build_junction(build, town_at(5, -6)),
             village = bm_road_build_junction(build, town_at(6, -6));
    struct bm_edge_given street = {.first = pier,
                                   .second = village,
                                   .weight = {{22000, 22000}, {44000, 44000}, {220000, 220000}}};
    bm_road_build_edge(build, &street);
    town.road = town_open(build, &town.file);
    town.dispatch = bm_dispatch_new(town.road);
    town_plan(&town, "ambulance:3");
    put_kind(&town, 1, BM_UNIT_AMBULANCE, town_at(5, -3));
    put_kind(&town, 2, BM_UNIT_AMBULANCE, town_at(5, -6));
    put_kind(&town, 3, BM_UNIT_FOOT, town_at(6, -6));
    put_kind(&town, 4, BM_UNIT_AMBULANCE, town_at(0, 0));
    struct bm_incident incident = town_incident(town_at(5, 0));
    json_t *answer = town_ask(&town, &incident);
    const json_t *ferry = town_unit_row(answer, 1, "ambulance");
    assert_string_equal(text(ferry, "basis"), "straight_line");
    assert_true(town_says(ferry, "off_road"));
    /* On tiny islands one snaps to the network near enough, so that nobody is lost on a parking
     * deck; the pier is farther than that, and the street there is its own. */
    assert_string_equal(town_passed_over(answer, 2), "no_way");
    assert_string_equal(town_passed_over(answer, 3), "no_way");
    assert_int_equal(number(town_unit_row(answer, 4, "ambulance"), "travel_ms"), 5 * TOWN_STEP_MS);
    json_decref(answer);
    town_free(&town);
}

/* A footbridge at x = 0 that no car may use: the patrol across the river is there first, by its
 * own way, which is also what its length says; and it is found without anybody who drives. */
static void a_patrol_takes_the_footbridge(void **state) {
    (void)state;
    struct town town = {.file = bm_buf_make(1 << 24)};
    struct bm_road_build *build = town_build();
    struct bm_edge_given bridge = {.first = 0, .second = TOWN_COLUMNS};
    for (int direction = 0; direction < 2; direction++) {
        for (int profile = 0; profile < BM_profile_COUNT; profile++)
            bridge.weight[profile][direction] = BM_ROAD_INFINITE;
        bridge.weight[BM_PROFILE_FOOT][direction] = 300000;
    }
    bm_road_build_edge(build, &bridge);
    town.road = town_open(build, &town.file);
    town.dispatch = bm_dispatch_new(town.road);
    town_plan(&town, "ambulance:1");
    put_kind(&town, 1, BM_UNIT_FOOT, town_at(0, 1));
    struct bm_incident incident = town_incident(town_at(0, 0));
    json_t *answer = town_ask(&town, &incident);
    assert_int_equal(number(town_unit_row(answer, 1, "ambulance"), "travel_ms"), 300000);
    assert_in_range(number(town_unit_row(answer, 1, "ambulance"), "length_m"), 440, 450);
    json_decref(answer);
    put_kind(&town, 2, BM_UNIT_CAR, town_at(0, 1)); /* 20 streets and the bridge: 484 s */
    answer = town_ask(&town, &incident);
    assert_string_equal(town_chosen(answer, "ambulance"), "1");
    assert_int_equal(number(town_unit_row(answer, 2, "ambulance"), "travel_ms"), 484000);
    json_decref(answer);
    town_close(&town, 50, town_at(-0.4, 0.5), town_at(0.4, 0.5), true);
    answer = town_ask(&town, &incident);
    assert_string_equal(town_chosen(answer, "ambulance"), "2");
    assert_int_equal(number(town_unit_row(answer, 1, "ambulance"), "travel_ms"), 4840000);
    json_decref(answer);
    town_free(&town);
}

static void a_car_far_from_any_road_drives_across_country(void **state) {
    (void)state;
    struct town town = town_make();
    town_plan(&town, "ambulance:2");
    put_at(&town, 1, "ambulance", 0, -0.6); /* 267 m off: near enough to the street */
    put_at(&town, 2, "ambulance", 0, -0.8); /* 356 m off */
    struct bm_incident incident = town_incident(town_at(0, 0));
    json_t *answer = town_ask(&town, &incident);
    const json_t *near = town_unit_row(answer, 1, "ambulance"),
                 *far = town_unit_row(answer, 2, "ambulance");
    assert_string_equal(text(near, "basis"), "road");
    assert_false(town_says(near, "off_road"));
    assert_string_equal(text(far, "basis"), "straight_line");
    assert_true(town_says(far, "off_road"));
    assert_in_range(number(far, "travel_ms"), 41000, 42500);
    assert_in_range(number(far, "length_m"), 350, 360);
    json_decref(answer);
    town_free(&town);
}

static void an_incident_far_from_any_road(void **state) {
    (void)state;
    struct town town = town_make();
    town_plan(&town, "ambulance:1");
    put_at(&town, 1, "ambulance", 0, 0);
    put_at(&town, 2, "ambulance", 10, 0);
    struct bm_incident incident = town_incident(town_at(2, -5)); /* 2.2 km: off the road, by road */
    json_t *answer = town_ask(&town, &incident);
    assert_string_equal(text(answer, "basis"), "road");
    assert_in_range(number(town_get(answer, "place"), "off_road_m"), 2200, 2250);
    json_decref(answer);
    incident.point = town_at(2, -8); /* 3.6 km, and off the map */
    answer = town_ask(&town, &incident);
    assert_string_equal(text(answer, "basis"), "straight_line");
    assert_string_equal(text(answer, "basis_reason"), "outside_area");
    assert_true(json_is_null(town_get(town_get(answer, "place"), "off_road_m")));
    assert_string_equal(town_chosen(answer, "ambulance"), "1");
    assert_string_equal(text(town_unit_row(answer, 1, "ambulance"), "basis"), "straight_line");
    json_decref(answer);
    town_free(&town);
    /* Within the map, far from its roads: two lonely streets far apart. */
    struct bm_road_build *build = bm_road_build_new(1000, "apart", TOWN_NOW);
    for (uint32_t i = 0; i < 2; i++) {
        uint32_t a = bm_road_build_junction(build, town_at(0, 30.0 * i)),
                 b = bm_road_build_junction(build, town_at(10, 30.0 * i));
        struct bm_edge_given edge = {.first = a, .second = b, .weight = {{9, 9}, {9, 9}}};
        bm_road_build_edge(build, &edge);
    }
    town = (struct town){.file = bm_buf_make(1 << 20)};
    town.road = town_open(build, &town.file);
    town.dispatch = bm_dispatch_new(town.road);
    town_plan(&town, "ambulance:1");
    put_at(&town, 1, "ambulance", 0, 0);
    incident.point = town_at(5, 15);
    answer = town_ask(&town, &incident);
    assert_string_equal(text(answer, "basis_reason"), "case_off_road");
    json_decref(answer);
    town_free(&town);
}

static void without_roads_everybody_goes_straight_and_it_is_said(void **state) {
    (void)state;
    struct town town = town_without_roads();
    town_plan(&town, "ambulance:1");
    put_at(&town, 1, "ambulance", 2, 1);
    put_at(&town, 2, "ambulance", 7, 0);
    struct bm_incident incident = town_incident(town_at(2, 0));
    json_t *answer = town_ask(&town, &incident);
    assert_string_equal(text(answer, "basis"), "straight_line");
    assert_string_equal(text(answer, "basis_reason"), "no_roads");
    assert_string_equal(town_chosen(answer, "ambulance"), "1"); /* 445 m across the river */
    const json_t *row = town_unit_row(answer, 1, "ambulance");
    assert_string_equal(text(row, "basis"), "straight_line");
    assert_false(town_says(row, "off_road"));
    json_decref(answer);
    town_close(&town, 5, town_at(0, 0), town_at(0, 1), true);
    struct bm_closed_now closed;
    bm_dispatch_closed(town.dispatch, &closed);
    assert_null(closed.road); /* nobody knows which edges that are */
    assert_int_equal(closed.count, 0);
    assert_int_equal(closed.closure_count, 1);
    bm_closed_now_free(&closed);
    struct bm_way way;
    bm_dispatch_way(town.dispatch, town_at(0, 0), town_at(0, 1), BM_PROFILE_ORDINARY, &way);
    assert_int_equal(way.basis, BM_BY_STRAIGHT_LINE);
    assert_false(way.outside);
    assert_false(way.no_way);
    assert_in_range(way.travel_ms, 52000, 53000);
    town_free(&town);
}

/* --- positions -------------------------------------------------------------------------------- */

static enum bm_position_taken report(struct town *town, uint64_t unit, int64_t at_ms,
                                     int64_t received_at_ms, double x) {
    struct bm_position position = {
        .unit = unit, .point = town_at(x, 0), .at_ms = at_ms, .received_at_ms = received_at_ms};
    return bm_dispatch_position(town->dispatch, &position);
}

static void a_newer_position_supersedes_by_its_own_time(void **state) {
    (void)state;
    struct town town = town_make();
    struct bm_unit unit = town_unit(1, "ambulance");
    struct bm_position where;
    assert_int_equal(report(&town, 1, 5, 5, 0), BM_POSITION_NO_UNIT);
    assert_int_equal(report(&town, UINT64_MAX, 5, 5, 0), BM_POSITION_NO_UNIT);
    town_put(&town, &unit);
    assert_false(bm_dispatch_where(town.dispatch, 1, &where));
    assert_int_equal(report(&town, 1, 1000, TOWN_NOW, 1), BM_POSITION_TAKEN);
    assert_int_equal(report(&town, 1, 1000, TOWN_NOW, 2), BM_POSITION_TAKEN);
    assert_int_equal(report(&town, 1, 999, TOWN_NOW + 1, 3), BM_POSITION_SUPERSEDED);
    assert_int_equal(report(&town, 1, 1001, TOWN_NOW, 4), BM_POSITION_TAKEN);
    assert_true(bm_dispatch_where(town.dispatch, 1, &where));
    assert_int_equal(where.point.lon_e7, town_at(4, 0).lon_e7);
    assert_int_equal(where.at_ms, 1001);
    assert_false(where.off_road);
    unit.kind = BM_UNIT_BOAT;
    town_put(&town, &unit); /* the record changes: the position stays */
    assert_true(bm_dispatch_where(town.dispatch, 1, &where));
    assert_true(where.off_road);
    bm_dispatch_take(town.dispatch, BM_T_UNIT, 1, NULL);
    assert_false(bm_dispatch_where(town.dispatch, 1, &where));
    town_free(&town);
}

/* The desk's clock was an hour ahead and was set back: what came meanwhile must not hold. */
static void a_position_from_the_future_does_not_hold_up_the_present(void **state) {
    (void)state;
    struct town town = town_make();
    struct bm_unit unit = town_unit(1, "ambulance");
    struct bm_position where;
    town_put(&town, &unit);
    assert_int_equal(report(&town, 1, TOWN_NOW + BM_POSITION_AHEAD_MS, TOWN_NOW, 1),
                     BM_POSITION_TAKEN);
    assert_int_equal(report(&town, 1, TOWN_NOW, TOWN_NOW, 2), BM_POSITION_SUPERSEDED);
    assert_int_equal(report(&town, 1, TOWN_NOW + 3600000, TOWN_NOW + 3600000, 3),
                     BM_POSITION_TAKEN);
    assert_int_equal(report(&town, 1, TOWN_NOW + 1000, TOWN_NOW + 1000, 4), BM_POSITION_TAKEN);
    assert_true(bm_dispatch_where(town.dispatch, 1, &where));
    assert_int_equal(where.at_ms, TOWN_NOW + 1000);
    town_free(&town);
}

static void old_positions_are_said_to_be_and_dead_ones_mean_the_station(void **state) {
    (void)state;
    struct town town = town_make();
    town_plan(&town, "ambulance:1");
    town_station(&town, 3, town_at(9, 0));
    struct bm_unit unit = town_unit(1, "ambulance");
    unit.station.v = 3;
    town_put(&town, &unit);
    struct bm_incident incident = town_incident(town_at(0, 0));
    json_t *answer = town_ask(&town, &incident);
    const json_t *row = town_unit_row(answer, 1, "ambulance");
    assert_int_equal(number(row, "travel_ms"), 9 * TOWN_STEP_MS);
    assert_true(town_says(row, "at_station"));
    assert_string_equal(text(town_get(row, "position"), "source"), "station");
    assert_true(json_is_null(town_get(town_get(row, "position"), "at_ms")));
    json_decref(answer);
    town_place_at(&town, 1, town_at(2, 0), TOWN_NOW);
    static const struct {
        int64_t age_ms;
        bool old, station;
    } cases[] = {{0, false, false},
                 {BM_POSITION_OLD_MS, false, false},
                 {BM_POSITION_OLD_MS + 1, true, false},
                 {BM_POSITION_DEAD_MS, true, false},
                 {BM_POSITION_DEAD_MS + 1, false, true}};
    for (int i = 0; i < 5; i++) {
        answer = town_ask_as(&town, &incident, 1, TOWN_NOW + cases[i].age_ms, town_may_all, NULL);
        row = town_unit_row(answer, 1, "ambulance");
        assert_int_equal(number(row, "travel_ms"), (cases[i].station ? 9 : 2) * TOWN_STEP_MS);
        assert_int_equal(town_says(row, "position_old"), cases[i].old);
        assert_int_equal(town_says(row, "at_station"), cases[i].station);
        if (!cases[i].station)
            assert_int_equal(number(town_get(row, "position"), "age_ms"), cases[i].age_ms);
        json_decref(answer);
    }
    unit.station.v = 4; /* which has no place */
    town_put(&town, &unit);
    answer = town_ask_as(&town, &incident, 1, TOWN_NOW + BM_POSITION_DEAD_MS + 1, town_may_all,
                         NULL);
    assert_string_equal(town_passed_over(answer, 1), "no_position");
    json_decref(answer);
    town_free(&town);
}

struct heard {
    uint64_t units[64];
    size_t count;
};

static void hear(void *context, const struct bm_unit *unit, const struct bm_position *position) {
    struct heard *heard = context;
    assert_int_equal(unit->id.v, position->unit);
    heard->units[heard->count++] = unit->id.v;
}

static void only_what_moved_is_told_oldest_first(void **state) {
    (void)state;
    struct town town = town_make();
    struct heard heard = {.count = 0};
    assert_int_equal(bm_dispatch_moved(town.dispatch, 0, 9, hear, &heard), 0);
    for (uint64_t id = 5; id >= 1; id--) {
        struct bm_unit unit = town_unit(id, "ambulance");
        town_put(&town, &unit);
        town_place_at(&town, id, town_at(1, 0), 1000);
    }
    uint64_t stamp = bm_dispatch_moved(town.dispatch, 0, 3, hear, &heard);
    assert_int_equal(heard.count, 3);
    assert_int_equal(heard.units[0], 5);
    assert_int_equal(heard.units[2], 3);
    town_place_at(&town, 5, town_at(2, 0), 2000); /* again, before the rest was told */
    stamp = bm_dispatch_moved(town.dispatch, stamp, 9, hear, &heard);
    assert_int_equal(heard.count, 6);
    assert_int_equal(heard.units[3], 2);
    assert_int_equal(heard.units[4], 1);
    assert_int_equal(heard.units[5], 5);
    assert_int_equal(stamp, bm_dispatch_stamp(town.dispatch));
    assert_int_equal(bm_dispatch_moved(town.dispatch, stamp, 9, hear, &heard), stamp);
    assert_int_equal(heard.count, 6);
    assert_int_equal(report(&town, 5, 1999, TOWN_NOW, 7), BM_POSITION_SUPERSEDED);
    bm_dispatch_moved(town.dispatch, stamp, 9, hear, &heard);
    assert_int_equal(heard.count, 6);
    town_free(&town);
}

/* --- kept ------------------------------------------------------------------------------------- */

static bool kept(struct town *town, uint64_t id, uint64_t on_case, int64_t now_ms) {
    struct bm_buf out = bm_buf_make(1 << 21);
    bool found = bm_dispatch_recommended(town->dispatch, id, on_case, now_ms, &out);
    assert_int_equal(found, out.len > 0);
    bm_buf_free(&out);
    return found;
}

static void a_recommendation_is_kept_ten_minutes_for_its_case(void **state) {
    (void)state;
    struct town town = town_make();
    town_plan(&town, "ambulance:1");
    put_at(&town, 1, "ambulance", 2, 0);
    struct bm_incident incident = town_incident(town_at(0, 0));
    json_t *answer = town_ask_as(&town, &incident, 4711, TOWN_NOW, town_may_all, NULL);
    assert_string_equal(text(answer, "recommendation"), "4711");
    assert_int_equal(number(answer, "valid_until_ms"), TOWN_NOW + 600000);
    struct bm_buf out = bm_buf_make(1 << 20);
    struct bm_fault fault;
    json_t *again;
    assert_true(bm_dispatch_recommended(town.dispatch, 4711, 7, TOWN_NOW + 600000, &out));
    assert_int_equal(bm_json_parse(out.bytes, out.len, &again, &fault), BM_OK);
    assert_true(json_equal(answer, again));
    assert_false(kept(&town, 4711, 7, TOWN_NOW + 600001));
    assert_false(kept(&town, 4711, 8, TOWN_NOW));
    assert_false(kept(&town, 4712, 7, TOWN_NOW));
    assert_false(kept(&town, 0, 0, 0));
    bm_buf_free(&out);
    json_decref(again);
    json_decref(answer);
    town_free(&town);
}

static void past_the_most_the_oldest_goes(void **state) {
    (void)state;
    struct town town = town_without_roads();
    town_plan(&town, "ambulance:1");
    struct bm_incident incident = town_incident(town_at(0, 0));
    for (uint64_t id = 1; id <= BM_RECOMMENDATIONS_MAX + 3; id++)
        json_decref(town_ask_as(&town, &incident, id, TOWN_NOW, town_may_all, NULL));
    assert_false(kept(&town, 1, 7, TOWN_NOW));
    assert_false(kept(&town, 3, 7, TOWN_NOW));
    assert_true(kept(&town, 4, 7, TOWN_NOW));
    assert_true(kept(&town, BM_RECOMMENDATIONS_MAX + 3, 7, TOWN_NOW));
    town_free(&town);
}

static void past_so_much_text_the_oldest_goes(void **state) {
    (void)state;
    struct town town = town_without_roads();
    town_plan(&town, "a:99 b:99 c:99 d:99 e:99 f:99 g:99 h:99 i:99 j:99 k:99 l:99");
    for (uint64_t id = 1; id <= 1400; id++)
        put_at(&town, id, "a b c d e f g h i j k l", (double)(id % 11), 0);
    struct bm_incident incident = town_incident(town_at(0, 0));
    struct bm_buf out = bm_buf_make(1 << 21);
    uint64_t id = 0;
    size_t total = 0;
    while (total <= BM_RECOMMENDATIONS_BYTES_MAX) {
        struct bm_fault fault;
        bm_buf_clear(&out);
        assert_int_equal(bm_dispatch_recommend(town.dispatch, &incident, ++id, TOWN_NOW,
                                               town_may_all, NULL, &out, &fault),
                         BM_OK);
        total += out.len;
        if (total <= BM_RECOMMENDATIONS_BYTES_MAX) assert_true(kept(&town, 1, 7, TOWN_NOW));
    }
    assert_false(kept(&town, 1, 7, TOWN_NOW));
    assert_true(kept(&town, 2, 7, TOWN_NOW));
    assert_true(kept(&town, id, 7, TOWN_NOW));
    bm_buf_free(&out);
    town_free(&town);
}

/* --- ways ------------------------------------------------------------------------------------- */

static void the_way_there(void **state) {
    (void)state;
    struct town town = town_make();
    struct bm_way way;
    bm_dispatch_way(town.dispatch, town_at(0, 0), town_at(0, 1), BM_PROFILE_EMERGENCY, &way);
    assert_int_equal(way.basis, BM_BY_ROAD);
    assert_int_equal(way.travel_ms, 20 * TOWN_STEP_MS + TOWN_BRIDGE_MS);
    assert_true(way.route.count >= 2);
    bm_way_free(&way);
    town_close(&town, 5, town_at(9.5, 0.5), town_at(10.5, 0.5), true);
    bm_dispatch_way(town.dispatch, town_at(0, 0), town_at(0, 1), BM_PROFILE_EMERGENCY, &way);
    assert_int_equal(way.basis, BM_BY_ROAD);
    assert_true(way.no_way);
    bm_way_free(&way);
    bm_dispatch_way(town.dispatch, town_at(0, 0), town_at(0, 90), BM_PROFILE_EMERGENCY, &way);
    assert_int_equal(way.basis, BM_BY_STRAIGHT_LINE);
    assert_true(way.outside);
    town_free(&town);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_nearest_by_road_goes_not_the_nearest_on_the_map),
        cmocka_unit_test(a_closure_changes_the_answer_and_lifting_it_restores_it),
        cmocka_unit_test(closed_edges_are_each_named_once),
        cmocka_unit_test(closures_that_share_an_edge),
        cmocka_unit_test(ties_do_not_hang_on_who_was_there_before),
        cmocka_unit_test(capabilities_counts_and_shortfalls),
        cmocka_unit_test(alarm_levels),
        cmocka_unit_test(units_on_the_case_count),
        cmocka_unit_test(who_can_do_both_does_what_only_it_can),
        cmocka_unit_test(eight_more_are_shown_for_each_need),
        cmocka_unit_test(the_others_are_passed_over_with_the_reason),
        cmocka_unit_test(units_that_one_may_not_see_are_not_named),
        cmocka_unit_test(boats_and_drones_go_straight_and_patrols_walk),
        cmocka_unit_test(a_ferry_and_an_island),
        cmocka_unit_test(a_patrol_takes_the_footbridge),
        cmocka_unit_test(a_car_far_from_any_road_drives_across_country),
        cmocka_unit_test(an_incident_far_from_any_road),
        cmocka_unit_test(without_roads_everybody_goes_straight_and_it_is_said),
        cmocka_unit_test(a_newer_position_supersedes_by_its_own_time),
        cmocka_unit_test(a_position_from_the_future_does_not_hold_up_the_present),
        cmocka_unit_test(old_positions_are_said_to_be_and_dead_ones_mean_the_station),
        cmocka_unit_test(only_what_moved_is_told_oldest_first),
        cmocka_unit_test(a_recommendation_is_kept_ten_minutes_for_its_case),
        cmocka_unit_test(past_the_most_the_oldest_goes),
        cmocka_unit_test(past_so_much_text_the_oldest_goes),
        cmocka_unit_test(the_way_there),
    };
    return cmocka_run_group_tests_name("recommendations", tests, NULL, NULL);
}
