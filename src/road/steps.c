#include "road/steps.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "road/file.h"
#include "road/metric.h"

const char *const bm_manoeuvre_words[BM_manoeuvre_COUNT] = {
#define BM_MANOEUVRE_WORD(symbol, word) word,
    BM_MANOEUVRES(BM_MANOEUVRE_WORD)
#undef BM_MANOEUVRE_WORD
};

/* Over so many metres a direction is taken. */
static const double look_m = 15;
enum { GOES_ON_BELOW = 45, STRAIGHT_BELOW = 20, SLIGHT_BELOW = 50, TURN_BELOW = 120, U_TURN = 165 };

static struct bm_point point_of(const struct bm_road *road, uint32_t arc, double share) {
    return bm_road_point_at(road, arc / 2, arc & 1 ? 1 - share : share);
}

/* The bearing in which an arc is entered, or left. */
static double bearing(const struct bm_road *road, uint32_t arc, bool at_end) {
    double share = fmin(1, look_m / bm_road_length_m(road, arc / 2));
    struct bm_point from = point_of(road, arc, at_end ? 1 - share : 0);
    struct bm_point to = point_of(road, arc, at_end ? 1 : share);
    return bm_bearing_deg(from, to);
}

/* Whole degrees to the right, -180 < turn <= 180. */
static int turn_between(const struct bm_road *road, uint32_t from_arc, uint32_t to_arc) {
    long turn = lround(bearing(road, to_arc, false) - bearing(road, from_arc, true));
    while (turn > 180) turn -= 360;
    while (turn <= -180) turn += 360;
    return (int)turn;
}

static enum bm_manoeuvre manoeuvre_of(int turn) {
    int size = abs(turn);
    if (size < STRAIGHT_BELOW) return BM_TURN_STRAIGHT;
    if (size >= U_TURN) return BM_TURN_U_TURN;
    if (size < SLIGHT_BELOW) return turn < 0 ? BM_TURN_SLIGHT_LEFT : BM_TURN_SLIGHT_RIGHT;
    if (size < TURN_BELOW) return turn < 0 ? BM_TURN_LEFT : BM_TURN_RIGHT;
    return turn < 0 ? BM_TURN_SHARP_LEFT : BM_TURN_SHARP_RIGHT;
}

/* Whether another road could be taken where `to_arc` begins. */
static bool has_choice(const struct bm_metric *metric, uint32_t from_arc, uint32_t to_arc) {
    const struct bm_road *road = metric->road;
    uint32_t junction = road->tails[to_arc];
    for (uint32_t at = road->out_first[junction]; at < road->out_first[junction + 1]; at++) {
        uint32_t arc = road->out[at].arc;
        if (arc / 2 != from_arc / 2 && arc / 2 != to_arc / 2 && bm_metric_drives(metric, arc)) {
            return true;
        }
    }
    return false;
}

/* What is to be done where `to_arc` is entered from `from_arc`; false: nothing, it goes on. */
static bool is_step(const struct bm_metric *metric, uint32_t from_arc, uint32_t to_arc,
                    enum bm_manoeuvre *ret_manoeuvre) {
    const struct bm_road *road = metric->road;
    if (to_arc == (from_arc ^ 1)) {
        *ret_manoeuvre = BM_TURN_U_TURN;
        return true;
    }
    int turn = turn_between(road, from_arc, to_arc);
    bool same = strcmp(bm_road_name(road, from_arc / 2), bm_road_name(road, to_arc / 2)) == 0;
    if (same && (abs(turn) < GOES_ON_BELOW || !has_choice(metric, from_arc, to_arc))) return false;
    *ret_manoeuvre = manoeuvre_of(turn);
    return true;
}

struct steps {
    struct bm_step *items;
    size_t count, cap;
};

static void add(struct steps *steps, const struct bm_route *route, enum bm_manoeuvre manoeuvre,
                const char *name, size_t at) {
    if (steps->count == steps->cap) {
        steps->cap = steps->cap ? 2 * steps->cap : 16;
        steps->items = bm_realloc(steps->items, steps->cap * sizeof *steps->items);
    }
    steps->items[steps->count++] = (struct bm_step){
        .manoeuvre = manoeuvre, .name = name, .point = route->points[at], .at = at};
}

size_t bm_route_steps(const struct bm_metric *metric, const struct bm_route *route,
                      struct bm_step **ret_steps) {
    const struct bm_road *road = metric->road;
    struct steps steps = {0};
    const char *name = "";
    BM_CHECK(route->count >= 2);
    if (route->arc_count) name = bm_road_name(road, route->arcs[0] / 2);
    add(&steps, route, BM_TURN_DEPART, name, 0);
    uint32_t before = route->arc_count ? route->arcs[0] : 0;
    for (size_t i = 1; i < route->arc_count; i++) {
        uint32_t arc = route->arcs[i];
        enum bm_manoeuvre manoeuvre;
        /* An edge of no length has no direction: the turn is between its neighbours. */
        if (bm_road_length_m(road, arc / 2) == 0) continue;
        if (bm_road_length_m(road, before / 2) > 0 && is_step(metric, before, arc, &manoeuvre)) {
            name = bm_road_name(road, arc / 2);
            add(&steps, route, manoeuvre, name, route->arc_at[i]);
        }
        before = arc;
    }
    add(&steps, route, BM_TURN_ARRIVE, name, route->count - 1);
    for (size_t i = 0; i + 1 < steps.count; i++) {
        struct bm_step *step = &steps.items[i];
        size_t end = step[1].at;
        step->travel_ms = route->at_ms[end] - route->at_ms[step->at];
        step->length_m = bm_line_length_m(route->points + step->at, end - step->at + 1);
    }
    *ret_steps = steps.items;
    return steps.count;
}
