/* Roads that close and open again while 1,000 units stand on them. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "road/live.h"
#include "roads.h"

enum { UNITS = 1000, CLOSED_MOST = 1000, TIMES = 15, CORNERS = 24 };

struct closing {
    struct asking *asking;
    struct bm_live *live;
    struct bm_labels *labels;
    struct place units[UNITS];
    struct bm_spot spots[UNITS];
    struct bm_point points[CLOSED_MOST][2], ring[CORNERS];
    struct bm_closed closed[CLOSED_MOST];
    struct samples find, close, close_all, open, open_all;
    uint64_t found, arcs, labels_made; /* found: with those that two closures take */
};

/* --- what is closed --------------------------------------------------------------------------- */

/* Each a short line across the middle of a road. */
static size_t close_random(struct closing *closing, size_t count) {
    struct asking *asking = closing->asking;
    for (size_t i = 0; i < count; i++) {
        uint32_t edge = (uint32_t)bm_rng_below(&asking->rng, asking->graph->info.edges);
        size_t last = bm_road_shape_count(asking->graph->road, edge) - 1;
        struct bm_point a = bm_road_shape_point(asking->graph->road, edge, last / 2),
                        b = bm_road_shape_point(asking->graph->road, edge, last / 2 + 1),
                        middle = bm_point_between(a, b, 0.5);
        struct bm_point *line = closing->points[i];
        line[0] = (struct bm_point){middle.lat_e7 - 200, middle.lon_e7 - 200};
        line[1] = (struct bm_point){middle.lat_e7 + 200, middle.lon_e7 + 200};
        closing->closed[i] = (struct bm_closed){BM_CLOSED_LINE, line, 2, false, 0};
    }
    return count;
}

/* A disc around a random place that closes `arcs` arcs or a few more. */
static size_t close_disc(struct closing *closing, size_t arcs) {
    struct asking *asking = closing->asking;
    struct bm_point centre = place_random(asking->graph, &asking->rng).spot.point;
    double shrink = cos(centre.lat_e7 / 1e7 * 3.14159265358979 / 180);
    struct bm_closed *disc = &closing->closed[0];
    size_t found = 0;
    for (double radius = 500; found < arcs && radius < 5e6; radius *= 1.1) {
        for (size_t i = 0; i < CORNERS; i++) {
            double angle = 2 * 3.14159265358979 * (double)i / CORNERS;
            closing->ring[i] = (struct bm_point){centre.lat_e7 + (int32_t)(radius * cos(angle)),
                                                 centre.lon_e7 +
                                                     (int32_t)(radius * sin(angle) / shrink)};
        }
        *disc = (struct bm_closed){BM_CLOSED_POLYGON, closing->ring, CORNERS, false, 0};
        found = bm_road_closed_arcs(asking->graph->road, disc, NULL, 0);
    }
    return 1;
}

/* --- exact again ------------------------------------------------------------------------------ */

/* All 1,000 units' times to somewhere, by the labels, beside a textbook that is made of the
 * metric's arcs alone. */
static void compare(struct closing *closing, const struct bm_metric *metric) {
    static struct bm_coming coming[UNITS];
    static struct met met[UNITS];
    struct asking *asking = closing->asking;
    struct place to = place_random(asking->graph, &asking->rng);
    size_t found = bm_labels_nearest(closing->labels, asking->travel, &to.spot, UNITS, NULL, NULL,
                                     coming);
    struct textbook *book = textbook_new(metric, false);
    textbook_stand(book, closing->units, UNITS);
    size_t count = textbook_search(book, &to, UNITS, UINT64_MAX, met);
    textbook_free(book);
    if (found != count) bench_die("%zu units can come, the textbook says %zu", found, count);
    for (size_t i = 0; i < found; i++) {
        if (coming[i].travel_ms != graph_ms(asking->graph, met[i].cost))
            bench_die("with roads closed a unit comes in %lld ms, the textbook says %lld",
                      (long long)coming[i].travel_ms,
                      (long long)graph_ms(asking->graph, met[i].cost));
    }
}

/* After everything was opened, to somewhere: as if nothing had been closed. */
static void compare_opened(const struct closing *closing) {
    static struct bm_coming coming[UNITS], usual[UNITS];
    struct asking *asking = closing->asking;
    struct place to = place_random(asking->graph, &asking->rng);
    size_t found = bm_labels_nearest(closing->labels, asking->travel, &to.spot, UNITS, NULL, NULL,
                                     coming);
    size_t wanted = bm_travel_nearest(asking->travel, asking->metric, closing->spots, UNITS,
                                      &to.spot, UNITS, usual);
    bool same = found == wanted;
    for (size_t i = 0; i < found && same; i++)
        same = coming[i].at == usual[i].at && coming[i].travel_ms == usual[i].travel_ms;
    if (!same) bench_die("after reopening the times are not those of before");
}

/* --- closing, opening ------------------------------------------------------------------------- */

/* Closes these, opens all others; the arcs whose weights changed. */
static size_t set(struct closing *closing, size_t count, struct samples *alone,
                  struct samples *with_labels, size_t *ret_labels) {
    double begin = roads_cpu();
    size_t arcs = bm_live_set(closing->live, closing->closed, count);
    sample(alone, begin);
    struct bm_metric *metric = bm_live_metric(closing->live);
    *ret_labels = bm_labels_follow(closing->labels, metric);
    sample(with_labels, begin);
    bm_metric_unref(metric);
    return arcs;
}

/* What of closing is geometry: which arcs they are.  A line across a road of some centimetres only
 * touches it, and closes nothing. */
static void find_arcs(struct closing *closing, size_t count) {
    double begin = roads_cpu();
    for (size_t i = 0; i < count; i++)
        closing->found += bm_road_closed_arcs(closing->asking->graph->road, &closing->closed[i],
                                              NULL, 0);
    sample(&closing->find, begin);
}

static void close_and_open(struct closing *closing, size_t count, bool check) {
    size_t made;
    find_arcs(closing, count);
    closing->arcs += set(closing, count, &closing->close, &closing->close_all, &made);
    closing->labels_made += made;
    if (check) {
        struct bm_metric *metric = bm_live_metric(closing->live);
        compare(closing, metric);
        bm_metric_unref(metric);
    }
    set(closing, 0, &closing->open, &closing->open_all, &made);
    compare_opened(closing);
}

static double ask_closed(struct closing *closing, bool disc, size_t size) {
    closing->find.count = closing->close.count = closing->close_all.count = 0;
    closing->open.count = closing->open_all.count = 0;
    closing->found = closing->arcs = closing->labels_made = 0;
    for (int t = 0; t < TIMES; t++) {
        size_t count = disc ? close_disc(closing, size) : close_random(closing, size);
        close_and_open(closing, count, t == 0);
    }
    if (!closing->arcs || closing->arcs > closing->found)
        bench_die("closures of %llu arcs changed %llu", (unsigned long long)closing->found,
                  (unsigned long long)closing->arcs);
    char what[60];
    if (disc)
        snprintf(what, sizeof what, "a disc of %zu arcs", size);
    else
        snprintf(what, sizeof what, "%zu random road%s", size, size == 1 ? "" : "s");
    struct samples *columns[] = {&closing->close, &closing->close_all, &closing->open,
                                 &closing->open_all};
    printf("  %-22s %6.0f %6.0f  %8.1f", what, (double)closing->arcs / TIMES,
           (double)closing->labels_made / TIMES, samples_p50(&closing->find));
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
        printf(" %9.1f %9.1f", samples_p50(columns[i]),
               bench_percentile(columns[i]->us, columns[i]->count, 99));
    printf("  %8.1f\n", closing->asking->one_to_all_us / samples_p50(&closing->close_all));
    fflush(stdout);
    return samples_p50(&closing->close_all);
}

void ask_closures(struct asking *asking, struct figures *figures) {
    static struct closing closing;
    static const size_t sizes[] = {1, 10, 100, 1000};
    closing.asking = asking;
    closing.live = bm_live_new(asking->graph->road, BM_PROFILE_EMERGENCY, NULL);
    struct bm_metric *metric = bm_live_metric(closing.live);
    closing.labels = bm_labels_new(metric);
    bm_metric_unref(metric);
    for (uint32_t u = 0; u < UNITS; u++) {
        closing.units[u] = place_random(asking->graph, &asking->rng);
        closing.spots[u] = closing.units[u].spot;
        bm_labels_put(closing.labels, u, &closing.spots[u]);
    }
    puts(
        "  closed, with 1,000      arcs labels   finding             closing   and 1,000 exact     "
        "          opening   and 1,000 exact      1 to all");
    puts("  units' labels live   changed   anew      them       p50       p99       p50       p99  "
         "    "
         " p50       p99       p50       p99   / exact");
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        ask_closed(&closing, false, sizes[i]);
    double us = 0;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        us = ask_closed(&closing, true, sizes[i]);
    figures->disc_1000 = us; /* the last one */
    bm_labels_free(closing.labels);
    bm_live_free(closing.live);
}
