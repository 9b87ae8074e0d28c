/* One question at a time: opening, snapping, a new metric, one to one, routes, and who is nearest
 * of many that move. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "road/metric.h"
#include "roads.h"

enum {
    PAIRS = 1000,
    ROUTES = 100,
    ROUNDS = 9,
    SNAPS = 1000,
    QUESTIONS = 400,
    COLD = 100,
    OPENINGS = 5,
    METRICS = 9,
    UNITS_MOST = 10000
};

/* --- the whole network ------------------------------------------------------------------------ */

static void ask_open(const struct asking *asking) {
    static struct samples own;
    own.count = 0;
    const struct graph *graph = asking->graph;
    for (int i = 0; i < OPENINGS; i++) {
        struct bm_road *road;
        struct bm_fault fault = {0};
        double begin = roads_cpu();
        if (bm_road_open(graph->bytes, graph->info.bytes, &road, &fault))
            bench_die("%s", fault.detail);
        sample(&own, begin);
        bm_road_close(road);
    }
    roads_line(asking, "open: check every byte and index", &own, 0, "");
}

/* Returns what weighing takes, without the memory: a desk has it already (road/live.h). */
static double ask_metric(const struct asking *asking) {
    static struct samples fresh, again;
    fresh.count = again.count = 0;
    struct bm_metric *used = bm_metric_new(asking->graph->road, BM_PROFILE_EMERGENCY);
    for (int i = 0; i < METRICS; i++) {
        double begin = roads_cpu();
        struct bm_metric *metric = bm_metric_new(asking->graph->road, BM_PROFILE_EMERGENCY);
        sample(&fresh, begin);
        bm_metric_unref(metric);
        begin = roads_cpu();
        bm_metric_customize_again(used);
        sample(&again, begin);
    }
    bm_metric_unref(used);
    roads_line(asking, "a new metric", &fresh, 0, "with the system's clearing of its memory");
    roads_line(asking, "full customization", &again, 0,
               "every way weighed again, in the same memory");
    return samples_p50(&again);
}

static void ask_snap(struct asking *asking) {
    static struct samples own;
    own.count = 0;
    double sum_m = 0;
    while (own.count < SNAPS) { /* up to some 50 m from a junction */
        struct bm_point point = place_random(asking->graph, &asking->rng).spot.point;
        point.lat_e7 += (int32_t)bm_rng_below(&asking->rng, 10000) - 5000;
        point.lon_e7 += (int32_t)bm_rng_below(&asking->rng, 10000) - 5000;
        struct bm_spot spot;
        double begin = roads_cpu();
        if (!bm_road_snap(asking->metric, point, 3000, &spot)) bench_die("no road near");
        sample(&own, begin);
        sum_m += spot.off_m;
    }
    char note[80];
    snprintf(note, sizeof note, "points %.0f m off the road on average", sum_m / SNAPS);
    roads_line(asking, "snap a point to its road", &own, 0, note);
}

/* --- one to one ------------------------------------------------------------------------------- */

struct pair {
    struct place from, to;
    int64_t ms;
};

static void compare_pairs(struct asking *asking, const struct pair *pairs, struct samples *book) {
    for (size_t i = 0; i < PAIRS && roads_patient(book); i++) {
        struct met met = {0, UINT64_MAX};
        textbook_stand(asking->book, &pairs[i].from, 1);
        double begin = roads_cpu();
        textbook_search(asking->book, &pairs[i].to, 1, UINT64_MAX, &met);
        sample(book, begin);
        if (pairs[i].ms != graph_ms(asking->graph, met.cost))
            bench_die("%lld ms, and the textbook says %lld", (long long)pairs[i].ms,
                      (long long)graph_ms(asking->graph, met.cost));
    }
}

static void ask_routes(struct asking *asking, const struct pair *pairs) {
    static struct samples own;
    own.count = 0;
    size_t points = 0;
    for (size_t i = 0; i < ROUTES; i++) {
        struct bm_route way;
        double begin = roads_cpu();
        bm_travel_route(asking->travel, asking->metric, &pairs[i].from.spot, &pairs[i].to.spot,
                        &way);
        sample(&own, begin);
        if (way.travel_ms != pairs[i].ms) bench_die("a route and its time differ");
        points += way.count;
        bm_route_free(&way);
    }
    char note[80];
    snprintf(note, sizeof note, "%.0f points a route", (double)points / ROUTES);
    roads_line(asking, "one to one, with the route's geometry", &own, 0, note);
}

static void draw_pairs(struct asking *asking, struct pair *pairs) {
    for (size_t i = 0; i < PAIRS; i++) {
        pairs[i].from = place_random(asking->graph, &asking->rng);
        pairs[i].to = place_random(asking->graph, &asking->rng);
    }
}

static void answer(struct asking *asking, struct pair *pair) {
    pair->ms = bm_travel_ms(asking->travel, asking->metric, &pair->from.spot, &pair->to.spot);
}

/* Without a look at the clock between two of them.  Returns the median of the rounds' means. */
static double ask_back_to_back(struct asking *asking, struct pair *pairs) {
    static struct samples own;
    own.count = 0;
    for (int round = 0; round < ROUNDS; round++) {
        draw_pairs(asking, pairs);
        double begin = roads_cpu();
        for (size_t i = 0; i < PAIRS; i++) answer(asking, &pairs[i]);
        own.us[own.count++] = roads_since_us(begin) / PAIRS;
    }
    roads_line(asking, "one to one, back to back", &own, 0,
               "mean of 1,000 random pairs, each once; p50 and p99 of 9 such rounds");
    return samples_p50(&own);
}

static double ask_pairs(struct asking *asking) {
    static struct pair pairs[PAIRS];
    static struct samples own, book;
    own.count = book.count = 0;
    draw_pairs(asking, pairs);
    for (size_t i = 0; i < PAIRS; i++) {
        double begin = roads_cpu();
        answer(asking, &pairs[i]);
        sample(&own, begin);
    }
    compare_pairs(asking, pairs, &book);
    char note[100];
    snprintf(note, sizeof note, "random pairs, each once; %zu compared", book.count);
    roads_line(asking, "one to one", &own, samples_p50(&book), note);
    ask_routes(asking, pairs);
    return ask_back_to_back(asking, pairs);
}

/* --- k best of many that move ----------------------------------------------------------------- */

struct moving {
    struct asking *asking;
    struct place *units;
    struct bm_spot *spots; /* the same, for cold questions */
    unsigned count;
    struct bm_labels *labels;
    struct samples live, both, put, cold, book;
};

static struct moving moving_new(struct asking *asking, unsigned count) {
    struct moving moving = {.asking = asking, .count = count};
    moving.units = bm_alloc(count * sizeof *moving.units);
    moving.spots = bm_alloc(count * sizeof *moving.spots);
    moving.labels = bm_labels_new(asking->metric);
    for (unsigned u = 0; u < count; u++) {
        moving.units[u] = place_random(asking->graph, &asking->rng);
        moving.spots[u] = moving.units[u].spot;
        bm_labels_put(moving.labels, u, &moving.spots[u]);
    }
    return moving;
}

static void moving_free(struct moving *moving) {
    bm_labels_free(moving->labels);
    bm_free(moving->units);
    bm_free(moving->spots);
}

/* The same question to the textbook, which is told beforehand where everybody stands. */
static void compare(struct moving *moving, const struct place *to, const struct bm_coming *coming,
                    size_t found) {
    struct asking *asking = moving->asking;
    struct met met[NEAREST];
    textbook_stand(asking->book, moving->units, moving->count);
    double begin = roads_cpu();
    size_t met_count = textbook_search(asking->book, to, NEAREST, UINT64_MAX, met);
    sample(&moving->book, begin);
    if (found != met_count) bench_die("%zu can come, the textbook says %zu", found, met_count);
    for (size_t i = 0; i < found; i++) {
        if (coming[i].travel_ms != graph_ms(asking->graph, met[i].cost))
            bench_die("the one nearest but %zu of %u comes in %lld ms, the textbook says %lld", i,
                      moving->count, (long long)coming[i].travel_ms,
                      (long long)graph_ms(asking->graph, met[i].cost));
    }
}

/* The same question without labels. */
static void ask_cold(struct moving *moving, const struct place *to, const struct bm_coming *coming,
                     size_t found) {
    struct asking *asking = moving->asking;
    struct bm_coming cold[NEAREST];
    double begin = roads_cpu();
    size_t again = bm_travel_nearest(asking->travel, asking->metric, moving->spots, moving->count,
                                     &to->spot, NEAREST, cold);
    sample(&moving->cold, begin);
    if (again != found) bench_die("live %zu can come, cold %zu", found, again);
    for (size_t i = 0; i < found; i++) {
        if (coming[i].at != cold[i].at || coming[i].travel_ms != cold[i].travel_ms)
            bench_die("live and cold answers differ");
    }
}

/* One question in 10 ms, while each unit comes to another junction once a second.  `beside`: it is
 * asked cold and compared, too; then the live one's time is not taken, for the others push what it
 * needs out of the processor's caches. */
static void ask_once(struct moving *moving, unsigned moved, bool beside) {
    struct asking *asking = moving->asking;
    unsigned who[UNITS_MOST / 100];
    struct bm_coming coming[NEAREST];
    struct place to = place_random(asking->graph, &asking->rng);
    for (unsigned i = 0; i < moved; i++) {
        unsigned unit = who[i] = (unsigned)bm_rng_below(&asking->rng, moving->count);
        moving->units[unit] = place_next(asking->graph, &moving->units[unit], &asking->rng);
        moving->spots[unit] = moving->units[unit].spot;
    }
    double begin = roads_cpu();
    for (unsigned i = 0; i < moved; i++)
        bm_labels_put(moving->labels, who[i], &moving->spots[who[i]]);
    double put_us = roads_since_us(begin), middle = roads_cpu();
    size_t found = bm_labels_nearest(moving->labels, asking->travel, &to.spot, NEAREST, NULL, NULL,
                                     coming);
    if (!beside) {
        sample(&moving->live, middle);
        moving->both.us[moving->both.count++] = put_us + moving->live.us[moving->live.count - 1];
        moving->put.us[moving->put.count++] = put_us / moved;
        return;
    }
    ask_cold(moving, &to, coming, found);
    if (roads_patient(&moving->book)) compare(moving, &to, coming, found);
}

static void ask_nearest(struct asking *asking, unsigned count, double *ret_live, double *ret_cold) {
    static struct moving moving;
    unsigned moved = count / 100;
    moving = moving_new(asking, count);
    for (unsigned i = 0; i < QUESTIONS + COLD; i++) ask_once(&moving, moved, i >= QUESTIONS);
    char what[80], note[80];
    double book = samples_p50(&moving.book);
    snprintf(what, sizeof what, "5 best of %u, labels live", count);
    roads_line(asking, what, &moving.live, book, "without refreshing labels");
    snprintf(note, sizeof note, "refreshing the labels of %u that moved since", moved);
    roads_line(asking, "... and what moved", &moving.both, book, note);
    roads_line(asking, "... one label, when its unit has moved", &moving.put, 0, "per move");
    snprintf(what, sizeof what, "5 best of %u, cold", count);
    roads_line(asking, what, &moving.cold, book, "nothing known of the units");
    *ret_live = samples_p50(&moving.live);
    *ret_cold = samples_p50(&moving.cold);
    moving_free(&moving);
}

void ask_times(struct asking *asking, struct figures *figures) {
    double live, cold;
    ask_open(asking);
    figures->full = ask_metric(asking);
    ask_snap(asking);
    figures->one_to_one = ask_pairs(asking);
    ask_nearest(asking, 100, &live, &cold);
    ask_nearest(asking, 1000, &figures->live_1000, &figures->cold_1000);
    ask_nearest(asking, 2000, &live, &cold);
    ask_nearest(asking, UNITS_MOST, &figures->live_10000, &cold);
}
