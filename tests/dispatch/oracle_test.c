/* Random cities, fleets, plans and closures: what is recommended equals a plain recomputation, one
 * bm_travel_ms per unit and need.  SEED=17 runs one seed, SEEDS=500 so many. */
#include "testing.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "core/plan.h"
#include "town.h"

enum { SIDE = 8, FLEET = 40, CLOSURES = 3, NEEDS = 4 };
static const char *const words[NEEDS] = {"ambulance", "engine", "als", "police"};
/* Metres a second along a straight line, as the header of dispatch promises by kind. */
static const double mps[BM_unit_kind_COUNT] = {
    [BM_UNIT_CAR] = 8.5,        [BM_UNIT_MOTORCYCLE] = 8.5,  [BM_UNIT_FOOT] = 1.1,
    [BM_UNIT_BOAT] = 7.0,       [BM_UNIT_DRONE_CREW] = 14.0, [BM_UNIT_ENGINE] = 8.0,
    [BM_UNIT_LADDER] = 7.5,     [BM_UNIT_AMBULANCE] = 8.5,   [BM_UNIT_MEDIATOR] = 6.0,
    [BM_UNIT_VOLUNTEERS] = 6.0, [BM_UNIT_OTHER] = 6.0};

struct city {
    struct bm_rng rng;
    struct town town;
    struct bm_unit units[FLEET + 1];
    struct bm_point at[FLEET + 1];
    bool located[FLEET + 1];
    struct bm_point closed[CLOSURES][2];
    struct bm_closed closures[CLOSURES];
    size_t closure_count;
    struct bm_plan plan;
};

static struct bm_point somewhere(struct bm_rng *rng) {
    return (struct bm_point){(int32_t)(10000000 + bm_rng_below(rng, SIDE * 22000)),
                             (int32_t)(10000000 + bm_rng_below(rng, SIDE * 22000))};
}

static void build_streets(struct city *city) {
    struct bm_rng *rng = &city->rng;
    struct bm_road_build *build = bm_road_build_new(bm_rng_chance(rng, 50) ? 1000 : 3600, "city",
                                                    TOWN_NOW);
    for (uint32_t i = 0; i < SIDE * SIDE; i++) {
        struct bm_point point = {(int32_t)(10000000 + i / SIDE * 22000),
                                 (int32_t)(10000000 + i % SIDE * 22000)};
        bm_road_build_junction(build, point);
    }
    for (uint32_t i = 0; i < SIDE * SIDE; i++) {
        uint32_t next[2] = {i % SIDE + 1 < SIDE ? i + 1 : i, i / SIDE + 1 < SIDE ? i + SIDE : i};
        for (int n = 0; n < 2; n++) {
            if (next[n] == i || bm_rng_chance(rng, 15)) continue;
            struct bm_edge_given edge = {.first = i, .second = next[n]};
            for (int p = 0; p < BM_profile_COUNT; p++) {
                for (int way = 0; way < 2; way++)
                    edge.weight[p][way] = bm_rng_chance(rng, 12)
                                              ? BM_ROAD_INFINITE
                                              : 1000 * (1 + (uint32_t)bm_rng_below(rng, 20));
            }
            bm_road_build_edge(build, &edge);
        }
    }
    city->town = (struct town){.file = bm_buf_make(1 << 24)};
    city->town.road = town_open(build, &city->town.file);
    city->town.dispatch = bm_dispatch_new(city->town.road);
}

static void build_fleet(struct city *city) {
    struct bm_rng *rng = &city->rng;
    for (uint64_t id = 1; id <= FLEET; id++) {
        char text[100] = "";
        size_t len = 0;
        for (int w = 0; w < NEEDS; w++) {
            if (!bm_rng_chance(rng, 35)) continue;
            len += (size_t)snprintf(text + len, sizeof text - len, "%s%s", len ? " " : "",
                                    words[w]);
        }
        struct bm_unit *unit = &city->units[id];
        *unit = town_unit(id, text);
        unit->kind = (uint8_t)bm_rng_below(rng, BM_unit_kind_COUNT);
        if (bm_rng_chance(rng, 10)) unit->duty = BM_DUTY_OFF;
        if (bm_rng_chance(rng, 20)) {
            unit->assignment.v = id;
            unit->on_case.v = bm_rng_chance(rng, 40) ? 7 : 8;
        }
        if (bm_rng_chance(rng, 5)) unit->active = false;
        town_put(&city->town, unit);
        if (bm_rng_chance(rng, 10)) continue;
        city->located[id] = true;
        city->at[id] = somewhere(rng);
        if (bm_rng_chance(rng, 15)) city->at[id] = city->at[1 + bm_rng_below(rng, id)];
        if (!city->at[id].lat_e7) city->at[id] = somewhere(rng);
        town_place(&city->town, id, city->at[id]);
    }
}

static void build_plan(struct city *city) {
    char text[BM_PLAN_TEXT];
    size_t len = 0;
    unsigned from = (unsigned)bm_rng_below(&city->rng, NEEDS);
    unsigned count = 1 + (unsigned)bm_rng_below(&city->rng, NEEDS);
    for (unsigned n = 0; n < count; n++)
        len += (size_t)snprintf(text + len, sizeof text - len, "%s:%d ", words[(from + n) % NEEDS],
                                1 + (int)bm_rng_below(&city->rng, 5));
    town_plan(&city->town, text);
    assert_int_equal(bm_plan_read(text, &city->plan, NULL), BM_OK);
}

static void close_some(struct city *city) {
    city->closure_count = bm_rng_below(&city->rng, CLOSURES + 1);
    for (size_t i = 0; i < city->closure_count; i++) {
        city->closed[i][0] = somewhere(&city->rng);
        city->closed[i][1] = somewhere(&city->rng);
        city->closures[i] = (struct bm_closed){BM_CLOSED_LINE, city->closed[i], 2, false, 0};
        town_close(&city->town, 100 + i, city->closed[i][0], city->closed[i][1], true);
    }
    town_close(&city->town, 200, somewhere(&city->rng), somewhere(&city->rng), false);
}

/* --- the plain recomputation ------------------------------------------------------------------ */

struct one {
    uint64_t unit;
    int64_t ms;
    bool by_road;
};
struct expected {
    struct one ones[NEEDS][FLEET];
    size_t count[NEEDS];
    bool no_way[FLEET + 1];
    uint64_t chosen[FLEET + 1]; /* 1 + need, by taking the nearest in the plan's order */
    uint32_t found[NEEDS], most;
};

static bool goes(const struct bm_unit *unit) {
    return unit->active && unit->duty == BM_DUTY_ON && !unit->assignment.v;
}

static int earlier(const void *a, const void *b) {
    const struct one *x = a, *y = b;
    if (x->ms != y->ms) return x->ms < y->ms ? -1 : 1;
    return x->unit < y->unit ? -1 : 1;
}

/* `metrics`: of vehicles, and of those who walk. */
static int64_t time_of(struct city *city, uint64_t id, const struct bm_incident *incident,
                       struct bm_metric *const metrics[2], struct bm_travel *travel,
                       bool *by_road) {
    struct bm_spot from, to;
    unsigned kind = city->units[id].kind;
    bool straight = kind == BM_UNIT_BOAT || kind == BM_UNIT_DRONE_CREW;
    const struct bm_metric *metric = metrics[kind == BM_UNIT_FOOT];
    *by_road = !straight && bm_road_snap(metric, incident->point, 3000, &to) &&
               bm_road_snap(metric, city->at[id], 300, &from);
    if (*by_road) return bm_travel_ms(travel, metric, &from, &to);
    return (int64_t)(bm_distance_m(city->at[id], incident->point) / mps[kind] * 1000.0);
}

static bool has(const struct city *city, uint64_t unit, uint32_t need) {
    return bm_capabilities_have(city->units[unit].capabilities,
                                city->plan.alarm[0].needs[need].capability);
}

/* Every need as so many seats, seated one after the other with exchanges: the most that can be
 * filled. */
struct seating {
    uint64_t on[NEEDS * 5 + 1];
    uint32_t need_of[NEEDS * 5 + 1];
    size_t count;
};

static bool seat(const struct city *city, struct seating *seating, const bool may[FLEET + 1],
                 size_t at, bool tried[FLEET + 1]) {
    for (uint64_t id = 1; id <= FLEET; id++) {
        if (!may[id] || tried[id] || !has(city, id, seating->need_of[at])) continue;
        tried[id] = true;
        size_t sits = 0;
        while (sits < seating->count && seating->on[sits] != id) sits++;
        if (sits < seating->count && !seat(city, seating, may, sits, tried)) continue;
        seating->on[at] = id;
        return true;
    }
    return false;
}

static uint32_t most_filled(const struct city *city, const bool may[FLEET + 1]) {
    struct seating seating = {.count = 0};
    for (uint32_t n = 0; n < city->plan.alarm[0].count; n++) {
        for (uint32_t i = 0; i < city->plan.alarm[0].needs[n].count; i++)
            seating.need_of[seating.count++] = n;
    }
    uint32_t filled = 0;
    for (size_t i = 0; i < seating.count; i++) {
        bool tried[FLEET + 1] = {false};
        filled += seat(city, &seating, may, i, tried);
    }
    return filled;
}

static void recompute(struct city *city, const struct bm_incident *incident,
                      struct expected *expected) {
    memset(expected, 0, sizeof *expected);
    struct bm_metric *metrics[2];
    for (int walk = 0; walk < 2; walk++)
        metrics[walk] = bm_metric_closed(city->town.road,
                                         walk ? BM_PROFILE_FOOT : incident->profile, city->closures,
                                         city->closure_count);
    struct bm_travel *travel = bm_travel_new(city->town.road);
    bool can[FLEET + 1] = {false};
    for (uint64_t id = 1; id <= FLEET; id++)
        can[id] = city->units[id].active && city->units[id].on_case.v == 7;
    for (uint32_t n = 0; n < city->plan.alarm[0].count; n++) {
        for (uint64_t id = 1; id <= FLEET; id++) {
            if (!goes(&city->units[id]) || !city->located[id] || !has(city, id, n)) continue;
            struct one one = {.unit = id};
            one.ms = time_of(city, id, incident, metrics, travel, &one.by_road);
            expected->no_way[id] = one.ms == BM_TRAVEL_NONE;
            if (expected->no_way[id]) continue;
            can[id] = true;
            expected->ones[n][expected->count[n]++] = one;
        }
        qsort(expected->ones[n], expected->count[n], sizeof(struct one), earlier);
    }
    expected->most = most_filled(city, can);
    bm_travel_free(travel);
    bm_metric_unref(metrics[0]);
    bm_metric_unref(metrics[1]);
}

/* As long as nobody has to change over: those here first, then the nearest, in the plan's order. */
static uint32_t choose_plainly(struct city *city, struct expected *expected) {
    uint32_t total = 0;
    for (uint32_t n = 0; n < city->plan.alarm[0].count; n++) {
        uint32_t wanted = city->plan.alarm[0].needs[n].count;
        for (uint64_t id = 1; id <= FLEET && expected->found[n] < wanted; id++) {
            const struct bm_unit *unit = &city->units[id];
            if (!unit->active || unit->on_case.v != 7 || !has(city, id, n) || expected->chosen[id])
                continue;
            expected->chosen[id] = n + 1;
            expected->found[n]++;
        }
    }
    for (uint32_t n = 0; n < city->plan.alarm[0].count; n++) {
        uint32_t wanted = city->plan.alarm[0].needs[n].count;
        for (size_t i = 0; i < expected->count[n] && expected->found[n] < wanted; i++) {
            uint64_t unit = expected->ones[n][i].unit;
            if (expected->chosen[unit]) continue;
            expected->chosen[unit] = n + 1;
            expected->found[n]++;
        }
        total += expected->found[n];
    }
    return total;
}

/* Whether those here fill as much by themselves in the plan's order as by exchanges: else who of
 * them counts for what is the engine's choice. */
static bool here_is_plain(struct city *city, const struct expected *expected) {
    bool here[FLEET + 1] = {false};
    uint32_t plain = 0;
    for (uint64_t id = 1; id <= FLEET; id++) {
        here[id] = city->units[id].active && city->units[id].on_case.v == 7;
        plain += here[id] && expected->chosen[id];
    }
    return plain == most_filled(city, here);
}

/* --- comparing -------------------------------------------------------------------------------- */

static int64_t number(const json_t *object, const char *name) {
    return json_integer_value(town_get(object, name));
}

static uint32_t need_named(const struct city *city, const char *capability) {
    for (uint32_t n = 0; n < city->plan.alarm[0].count; n++) {
        if (strcmp(city->plan.alarm[0].needs[n].capability, capability) == 0) return n;
    }
    fail_msg("%s is not asked for", capability);
    return 0;
}

/* Each row is what the recomputation says of that unit and need. */
static void compare_row(struct city *city, const struct expected *expected, const json_t *row,
                        bool plainly) {
    uint64_t unit = strtoull(json_string_value(town_get(row, "unit")), NULL, 10);
    uint32_t n = need_named(city, json_string_value(town_get(row, "capability")));
    size_t i = 0;
    while (i < expected->count[n] && expected->ones[n][i].unit != unit) i++;
    if (i == expected->count[n]) fail_msg("unit %" PRIu64 " cannot come", unit);
    assert_int_equal(number(row, "travel_ms"), expected->ones[n][i].ms);
    assert_int_equal(number(row, "rank"), i + 1);
    assert_int_equal(strcmp(json_string_value(town_get(row, "basis")), "road") == 0,
                     expected->ones[n][i].by_road);
    bool chosen = json_is_true(town_get(row, "chosen"));
    if (plainly) assert_int_equal(chosen, expected->chosen[unit] == n + 1);
}

static void compare(struct city *city, const struct expected *expected, const json_t *answer,
                    bool plainly) {
    uint32_t total = 0, rows_wanted = 0;
    uint64_t chosen = 0;
    size_t i;
    json_t *row;
    json_array_foreach(town_get(answer, "units"), i, row) {
        uint64_t unit = strtoull(json_string_value(town_get(row, "unit")), NULL, 10);
        compare_row(city, expected, row, plainly);
        if (!json_is_true(town_get(row, "chosen"))) continue;
        assert_int_equal(chosen >> unit & 1, 0); /* once */
        chosen |= UINT64_C(1) << unit;
    }
    json_array_foreach(town_get(answer, "needs"), i, row) {
        assert_int_equal(number(row, "found") + number(row, "short"), number(row, "count"));
        if (plainly) assert_int_equal(number(row, "found"), expected->found[i]);
        total += (uint32_t)number(row, "found");
    }
    assert_int_equal(total, expected->most);
    for (uint64_t id = 1; id <= FLEET; id++) {
        const char *said = town_passed_over(answer, id);
        if (said && strcmp(said, "no_way") == 0) assert_true(expected->no_way[id]);
    }
    if (!plainly) return;
    for (uint32_t n = 0; n < city->plan.alarm[0].count; n++) { /* chosen, and eight more */
        uint32_t others = 0;
        for (size_t k = 0; k < expected->count[n]; k++) {
            uint64_t of = expected->chosen[expected->ones[n][k].unit];
            if (of == n + 1 || (!of && others++ < BM_RANKED_MAX)) rows_wanted++;
        }
    }
    assert_int_equal(json_array_size(town_get(answer, "units")), rows_wanted);
}

static unsigned plain_ones, exchanged_ones;

static void one_city(uint64_t seed) {
    static struct city city;
    static struct expected expected;
    memset(&city, 0, sizeof city);
    city.rng.state = seed * 7919 + 1;
    build_streets(&city);
    build_fleet(&city);
    build_plan(&city);
    close_some(&city);
    for (int i = 0; i < 4; i++) {
        struct bm_incident incident = town_incident(somewhere(&city.rng));
        incident.profile = i % 2 ? BM_PROFILE_ORDINARY : BM_PROFILE_EMERGENCY;
        if (i == 3) incident.point.lat_e7 += 1000000; /* 11 km off */
        recompute(&city, &incident, &expected);
        bool plainly = choose_plainly(&city, &expected) == expected.most &&
                       here_is_plain(&city, &expected);
        json_t *answer = town_ask(&city.town, &incident);
        compare(&city, &expected, answer, plainly);
        json_decref(answer);
        *(plainly ? &plain_ones : &exchanged_ones) += 1;
    }
    town_free(&city.town);
}

static uint64_t seed_now;

static int say_seed(void **state) {
    (void)state;
    print_message("last seed: %" PRIu64 "\n", seed_now);
    return 0;
}

static void as_one_by_one(void **state) {
    (void)state;
    const char *seed = getenv("SEED"), *seeds = getenv("SEEDS");
    uint64_t first = seed ? strtoull(seed, NULL, 10) : 1,
             last = seed ? first : (seeds ? strtoull(seeds, NULL, 10) : 150);
    for (uint64_t at = first; at <= last; at++) {
        seed_now = at;
        one_city(at);
    }
    print_message("%u answers as the nearest in order, %u with exchanges\n", plain_ones,
                  exchanged_ones);
    if (!seed) assert_true(plain_ones > 50 && exchanged_ones > 5); /* both are met */
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test_teardown(as_one_by_one, say_seed)};
    return cmocka_run_group_tests_name("oracle", tests, NULL, NULL);
}
