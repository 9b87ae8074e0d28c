/* A whole roads file against searches written apart from src/road, every answer an equal integer:
 *
 *   exact FILE SOURCES CLOSURES [wrong]
 *
 * SOURCES x 250 pairs under each profile (travel times, and the five nearest of 250), then CLOSURES
 * times a road closes, slows or opens, and after each 4 x 250 pairs with live labels.  The search
 * is Dijkstra's over junctions and over those arcs that a rule for turning binds; it knows the
 * network through the plain questions of road.h alone.  With `wrong` the search takes one arc in a
 * thousand to be one unit slower, which has to be noticed: status 3. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/heap.h"
#include "base/rng.h"
#include "road/labels.h"
#include "road/live.h"
#include "road/road.h"

enum { TARGETS = 250, PER_CLOSURE = 4, CLOSURES_MAX = 24, NEAREST = 5 };
#define NONE UINT64_MAX

static _Noreturn void die(const char *what) {
    fprintf(stderr, "%s\n", what);
    exit(3);
}

/* --- the search ------------------------------------------------------------------------------- */

struct plain {
    const struct bm_road *road;
    uint32_t arcs, junctions;
    uint32_t *into_first, *into; /* per junction: the arcs that end there */
    struct bm_turn *rules;       /* by from_arc */
    uint32_t rule_count;
    uint32_t *rules_at; /* per arc: the first of its rules, or rule_count */
    uint32_t *weights;  /* of the metric asked about */
    uint64_t *cost;     /* to the target: per junction, then per arc that a rule binds */
    bool wrong;
};

static int by_arc(const void *a, const void *b) {
    const struct bm_turn *x = a, *y = b;
    return x->from_arc < y->from_arc ? -1 : x->from_arc > y->from_arc;
}

static struct plain plain_of(const struct bm_road *road) {
    struct bm_road_info info = bm_road_info(road);
    struct plain plain = {.road = road,
                          .arcs = 2 * info.edges,
                          .junctions = info.junctions,
                          .rule_count = info.restrictions};
    plain.into_first = bm_alloc_zero(plain.junctions + 2, sizeof(uint32_t));
    plain.into = bm_alloc(plain.arcs * sizeof(uint32_t));
    plain.rules = bm_alloc((plain.rule_count + 1) * sizeof *plain.rules);
    plain.rules_at = bm_alloc(plain.arcs * sizeof(uint32_t));
    plain.weights = bm_alloc(plain.arcs * sizeof(uint32_t));
    plain.cost = bm_alloc((plain.junctions + (size_t)plain.arcs) * sizeof(uint64_t));
    for (uint32_t a = 0; a < plain.arcs; a++) plain.into_first[bm_road_tail(road, a ^ 1) + 2]++;
    for (uint32_t j = 2; j < plain.junctions + 2; j++)
        plain.into_first[j] += plain.into_first[j - 1];
    for (uint32_t a = 0; a < plain.arcs; a++)
        plain.into[plain.into_first[bm_road_tail(road, a ^ 1) + 1]++] = a;
    for (uint32_t i = 0; i < plain.rule_count; i++) plain.rules[i] = bm_road_restriction(road, i);
    if (plain.rule_count) qsort(plain.rules, plain.rule_count, sizeof *plain.rules, by_arc);
    for (uint32_t a = 0; a < plain.arcs; a++) plain.rules_at[a] = plain.rule_count;
    for (uint32_t i = plain.rule_count; i-- > 0;) plain.rules_at[plain.rules[i].from_arc] = i;
    return plain;
}

static void plain_free(struct plain *plain) {
    bm_free(plain->into_first);
    bm_free(plain->into);
    bm_free(plain->rules);
    bm_free(plain->rules_at);
    bm_free(plain->weights);
    bm_free(plain->cost);
}

static void take_weights(struct plain *plain, const struct bm_metric *metric) {
    for (uint32_t a = 0; a < plain->arcs; a++) plain->weights[a] = bm_metric_weight(metric, a);
    for (uint32_t a = 0; a < plain->arcs && plain->wrong; a += 1000)
        if (plain->weights[a] != BM_ROAD_INFINITE) plain->weights[a]++;
}

static bool is_bound(const struct plain *plain, uint32_t arc) {
    return plain->rules_at[arc] < plain->rule_count;
}

/* What the turn costs, or NONE. */
static uint64_t turn_cost(const struct plain *plain, int profile, uint32_t from, uint32_t to) {
    uint32_t begin = plain->rules_at[from], end = begin;
    bool named = false;
    for (; end < plain->rule_count && plain->rules[end].from_arc == from; end++)
        named |= plain->rules[end].only && plain->rules[end].to_arc == to;
    uint32_t most = 0;
    for (uint32_t i = begin; i < end; i++) {
        const struct bm_turn *rule = &plain->rules[i];
        if (rule->only ? named : rule->to_arc != to) continue;
        if (rule->weight[profile] > most) most = rule->weight[profile];
    }
    return most == BM_ROAD_INFINITE ? NONE : most;
}

static uint64_t part(const struct plain *plain, uint32_t arc, uint32_t parts) {
    if (parts == 0) return 0;
    if (plain->weights[arc] == BM_ROAD_INFINITE) return NONE;
    return (uint64_t)plain->weights[arc] * parts / BM_ALONG_FULL;
}

static uint64_t sum(uint64_t a, uint64_t b) {
    return a == NONE || b == NONE ? NONE : a + b;
}

static void offer(struct bm_heap *heap, const struct plain *plain, uint64_t node, uint64_t cost) {
    if (cost != NONE && cost < plain->cost[node]) {
        plain->cost[node] = cost;
        bm_heap_push(heap, (struct bm_due){(int64_t)cost, node});
    }
}

/* To whoever can turn into `arc`, from whose beginning it costs that much. */
static void offer_before(struct bm_heap *heap, const struct plain *plain, int profile, uint32_t arc,
                         uint64_t cost) {
    uint32_t junction = bm_road_tail(plain->road, arc);
    offer(heap, plain, junction, cost);
    for (uint32_t i = plain->into_first[junction]; i < plain->into_first[junction + 1]; i++) {
        uint32_t before = plain->into[i];
        if (is_bound(plain, before))
            offer(heap, plain, plain->junctions + before,
                  sum(cost, turn_cost(plain, profile, before, arc)));
    }
}

/* The cost from every junction, and from the end of every bound arc, to the spot. */
static void search(const struct plain *plain, int profile, const struct bm_spot *to) {
    struct bm_heap heap = {0};
    size_t nodes = plain->junctions + (size_t)plain->arcs;
    for (size_t i = 0; i < nodes; i++) plain->cost[i] = NONE;
    offer_before(&heap, plain, profile, 2 * to->edge, part(plain, 2 * to->edge, to->along));
    offer_before(&heap, plain, profile, 2 * to->edge + 1,
                 part(plain, 2 * to->edge + 1, BM_ALONG_FULL - (uint32_t)to->along));
    while (bm_heap_top(&heap)) {
        struct bm_due top = *bm_heap_top(&heap);
        bm_heap_pop(&heap);
        if ((uint64_t)top.at_ms > plain->cost[top.id]) continue;
        if (top.id >= plain->junctions) {
            uint32_t arc = (uint32_t)(top.id - plain->junctions);
            offer_before(&heap, plain, profile, arc,
                         sum((uint64_t)top.at_ms, part(plain, arc, BM_ALONG_FULL)));
            continue;
        }
        for (uint32_t i = plain->into_first[top.id]; i < plain->into_first[top.id + 1]; i++) {
            uint32_t arc = plain->into[i];
            if (!is_bound(plain, arc))
                offer_before(&heap, plain, profile, arc,
                             sum((uint64_t)top.at_ms, part(plain, arc, BM_ALONG_FULL)));
        }
    }
    bm_heap_free(&heap);
}

static uint64_t from_end(const struct plain *plain, uint32_t arc) {
    return plain
        ->cost[is_bound(plain, arc) ? plain->junctions + arc : bm_road_tail(plain->road, arc ^ 1)];
}

/* After `search`: milliseconds from one spot to the other. */
static int64_t found_ms(const struct plain *plain, const struct bm_spot *from,
                        const struct bm_spot *to) {
    uint32_t ahead = 2 * from->edge, back = ahead + 1;
    uint64_t best = sum(part(plain, ahead, BM_ALONG_FULL - (uint32_t)from->along),
                        from_end(plain, ahead));
    uint64_t other = sum(part(plain, back, from->along), from_end(plain, back));
    if (other < best) best = other;
    if (from->edge == to->edge) {
        bool on = from->along <= to->along;
        uint64_t direct = part(plain, on ? ahead : back,
                               (uint32_t)abs((int)to->along - (int)from->along));
        if (direct < best) best = direct;
    }
    if (best == NONE) return BM_TRAVEL_NONE;
    return (int64_t)((unsigned __int128)best * bm_road_info(plain->road).unit_us / 1000);
}

/* --- comparing -------------------------------------------------------------------------------- */

struct exact {
    struct bm_road *road;
    struct plain plain;
    struct bm_travel *travel;
    struct bm_rng rng;
    size_t pairs, unreachable, lists, closed_pairs, changes;
};

static struct bm_spot anywhere(struct exact *exact) {
    struct bm_spot spot = {
        .edge = (uint32_t)bm_rng_below(&exact->rng, bm_road_info(exact->road).edges),
        .along = (uint16_t)bm_rng_below(&exact->rng, 65536)};
    if (bm_rng_chance(&exact->rng, 10)) spot.along = bm_rng_chance(&exact->rng, 50) ? 0 : 65535;
    return spot;
}

static int by_time(const void *a, const void *b) {
    const struct bm_coming *x = a, *y = b;
    if (x->travel_ms != y->travel_ms) return x->travel_ms < y->travel_ms ? -1 : 1;
    return x->at < y->at ? -1 : x->at > y->at;
}

/* The first of those that can come, by the search's times; into `ret_coming`, how many. */
static size_t rank(const int64_t *ms, struct bm_coming ret_coming[TARGETS]) {
    size_t count = 0;
    for (uint32_t i = 0; i < TARGETS; i++)
        if (ms[i] != BM_TRAVEL_NONE) ret_coming[count++] = (struct bm_coming){i, ms[i]};
    if (count) qsort(ret_coming, count, sizeof *ret_coming, by_time);
    return count < NEAREST ? count : NEAREST;
}

static void same_list(struct exact *exact, const struct bm_coming *should, size_t count,
                      const struct bm_coming *is, size_t is_count) {
    if (count != is_count) die("another number of nearest");
    for (size_t i = 0; i < count; i++)
        if (should[i].at != is[i].at || should[i].travel_ms != is[i].travel_ms)
            die("another one is nearest");
    exact->lists++;
}

static void compare_profile(struct exact *exact, int profile, int sources) {
    struct bm_metric *metric = bm_metric_new(exact->road, (enum bm_profile)profile);
    struct bm_spot spots[TARGETS];
    int64_t ms[TARGETS], table[TARGETS];
    take_weights(&exact->plain, metric);
    for (int s = 0; s < sources; s++) {
        struct bm_spot to = anywhere(exact);
        for (size_t i = 0; i < TARGETS; i++) spots[i] = anywhere(exact);
        if (s % 8 == 0) spots[0] = (struct bm_spot){.edge = to.edge, .along = spots[0].along};
        search(&exact->plain, profile, &to);
        bm_travel_table(exact->travel, metric, spots, TARGETS, &to, 1, table);
        for (size_t i = 0; i < TARGETS; i++) {
            ms[i] = found_ms(&exact->plain, &spots[i], &to);
            if (bm_travel_ms(exact->travel, metric, &spots[i], &to) != ms[i] || table[i] != ms[i])
                die("another travel time");
            exact->unreachable += ms[i] == BM_TRAVEL_NONE;
            exact->pairs++;
        }
        struct bm_coming should[TARGETS], is[NEAREST];
        size_t count = rank(ms, should);
        same_list(exact, should, count, is,
                  bm_travel_nearest(exact->travel, metric, spots, TARGETS, &to, NEAREST, is));
    }
    bm_metric_unref(metric);
}

/* A line of 20 m to 2 km somewhere on the roads. */
static void draw(struct exact *exact, struct bm_closed *closed, struct bm_point points[2]) {
    struct bm_spot at = anywhere(exact);
    struct bm_point point = bm_road_shape_point(exact->road, at.edge, 0);
    int32_t size = 1000 << bm_rng_below(&exact->rng, 8);
    points[0] = (struct bm_point){point.lat_e7 - (int32_t)bm_rng_below(&exact->rng, (uint64_t)size),
                                  point.lon_e7 - size};
    points[1] = (struct bm_point){point.lat_e7 + (int32_t)bm_rng_below(&exact->rng, (uint64_t)size),
                                  point.lon_e7 + size};
    *closed = (struct bm_closed){BM_CLOSED_LINE, points, 2, bm_rng_chance(&exact->rng, 20), 0};
    if (bm_rng_chance(&exact->rng, 25))
        closed->slow_permille = 1 + (uint32_t)bm_rng_below(&exact->rng, 999);
}

static void compare_closures(struct exact *exact, int steps) {
    struct bm_closed closed[CLOSURES_MAX];
    struct bm_point points[CLOSURES_MAX][2];
    struct bm_live *live = bm_live_new(exact->road, BM_PROFILE_EMERGENCY, NULL);
    struct bm_metric *metric = bm_live_metric(live);
    struct bm_labels *labels = bm_labels_new(metric);
    bm_metric_unref(metric);
    size_t count = 0;
    for (int step = 0; step < steps; step++) {
        if (count == CLOSURES_MAX || (count && bm_rng_chance(&exact->rng, 40))) {
            size_t gone = bm_rng_below(&exact->rng, count--);
            closed[gone] = closed[count];
            memcpy(points[gone], points[count], sizeof points[gone]);
            closed[gone].points = points[gone];
        } else {
            draw(exact, &closed[count], points[count]);
            count++;
        }
        exact->changes += bm_live_set(live, closed, count) > 0;
        for (uint32_t i = 0; i < TARGETS; i++) { /* some have moved meanwhile */
            struct bm_spot spot = anywhere(exact);
            if (step == 0 || bm_rng_chance(&exact->rng, 10)) bm_labels_put(labels, i, &spot);
        }
        metric = bm_live_metric(live);
        bm_labels_follow(labels, metric);
        take_weights(&exact->plain, metric);
        for (int s = 0; s < PER_CLOSURE; s++) {
            struct bm_spot to = anywhere(exact);
            int64_t ms[TARGETS];
            search(&exact->plain, BM_PROFILE_EMERGENCY, &to);
            struct bm_coming should[TARGETS], is[TARGETS];
            for (uint32_t i = 0; i < TARGETS; i++)
                ms[i] = found_ms(&exact->plain, bm_labels_spot(labels, i), &to);
            size_t five = rank(ms, should);
            same_list(exact, should, five, is,
                      bm_labels_nearest(labels, exact->travel, &to, NEAREST, NULL, NULL, is));
            size_t all = bm_labels_nearest(labels, exact->travel, &to, TARGETS, NULL, NULL, is);
            for (size_t i = 0; i < all; i++)
                if (is[i].travel_ms != ms[is[i].at]) die("another travel time by labels");
            for (uint32_t i = 0; i < TARGETS; i++) all -= ms[i] != BM_TRAVEL_NONE;
            if (all != 0) die("another number of those who can come");
            exact->closed_pairs += TARGETS;
        }
        bm_metric_unref(metric);
    }
    bm_labels_free(labels);
    bm_live_free(live);
}

int main(int argc, char **argv) {
    struct stat about;
    struct bm_fault fault = {0};
    int file = argc == 4 || argc == 5 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0 || fstat(file, &about) != 0) die("usage: exact FILE SOURCES CLOSURES [wrong]");
    uint8_t *bytes = bm_alloc_large((size_t)about.st_size);
    for (size_t done = 0; done < (size_t)about.st_size;) {
        ssize_t got = read(file, bytes + done, (size_t)about.st_size - done);
        if (got <= 0) die("the file cannot be read");
        done += (size_t)got;
    }
    close(file);
    struct exact exact = {.rng = {(uint64_t)about.st_size}};
    if (bm_road_open(bytes, (size_t)about.st_size, &exact.road, &fault)) die(fault.detail);
    exact.plain = plain_of(exact.road);
    exact.plain.wrong = argc == 5;
    exact.travel = bm_travel_new(exact.road);
    for (int profile = 0; profile < BM_profile_COUNT; profile++)
        compare_profile(&exact, profile, (int)strtol(argv[2], NULL, 10));
    compare_closures(&exact, (int)strtol(argv[3], NULL, 10));
    struct bm_road_info info = bm_road_info(exact.road);
    printf(
        "%zu pairs (%zu without a way) and %zu lists equal on %u junctions, %u rules for turning; "
        "%zu of %s changes of roads in force, %zu pairs after them\n",
        exact.pairs, exact.unreachable, exact.lists, info.junctions, info.restrictions,
        exact.changes, argv[3], exact.closed_pairs);
    bm_travel_free(exact.travel);
    plain_free(&exact.plain);
    bm_road_close(exact.road);
    bm_free(bytes);
    return 0;
}
