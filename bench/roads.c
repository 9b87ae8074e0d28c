/* Roads in process: opening, snapping, travel times, the nearest of many units, routes and
 * closures, beside a textbook Dijkstra in the same run. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "bench.h"
#include "road/road.h"

enum { QUESTIONS = 100, SNAPS = 20000, NEAREST = 5, UNITS_MOST = 10000, FLOODED_ARCS = 1000 };

/* Seconds of this thread alone, so that who else is at work here counts less. */
static double cpu_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* --- a textbook Dijkstra ---------------------------------------------------------------------- */

/* One binary heap, entries left behind when a cheaper one comes; backwards from the target, as
 * every search for "who is nearest" is. */
struct item {
    uint64_t cost;
    uint32_t junction;
};
struct textbook {
    uint32_t junctions, *first, *tail, *weight; /* the arcs into a junction */
    uint64_t *cost;
    struct item *heap;
    size_t count;
};

static struct textbook textbook_of(const struct bm_road *road, const struct bm_metric *metric) {
    struct bm_road_info info = bm_road_info(road);
    uint32_t arcs = 2 * info.edges;
    struct textbook book = {.junctions = info.junctions};
    book.first = bm_alloc_zero(info.junctions + 2, sizeof *book.first);
    book.tail = bm_alloc(arcs * sizeof *book.tail);
    book.weight = bm_alloc(arcs * sizeof *book.weight);
    book.cost = bm_alloc(info.junctions * sizeof *book.cost);
    book.heap = bm_alloc((arcs + 1) * sizeof *book.heap);
    for (uint32_t a = 0; a < arcs; a++) book.first[bm_road_tail(road, a ^ 1) + 2]++;
    for (uint32_t j = 0; j < info.junctions; j++) book.first[j + 2] += book.first[j + 1];
    for (uint32_t a = 0; a < arcs; a++) {
        uint32_t at = book.first[bm_road_tail(road, a ^ 1) + 1]++;
        book.tail[at] = bm_road_tail(road, a);
        book.weight[at] = bm_metric_weight(metric, a);
    }
    return book;
}

static void textbook_free(struct textbook *book) {
    bm_free(book->first);
    bm_free(book->tail);
    bm_free(book->weight);
    bm_free(book->cost);
    bm_free(book->heap);
}

static void book_push(struct textbook *book, struct item item) {
    size_t at = book->count++;
    while (at && item.cost < book->heap[(at - 1) / 2].cost) {
        book->heap[at] = book->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    book->heap[at] = item;
}

static struct item book_pop(struct textbook *book) {
    struct item top = book->heap[0], last = book->heap[--book->count];
    size_t at = 0;
    for (size_t below; (below = 2 * at + 1) < book->count; at = below) {
        if (below + 1 < book->count && book->heap[below + 1].cost < book->heap[below].cost) below++;
        if (book->heap[below].cost >= last.cost) break;
        book->heap[at] = book->heap[below];
    }
    book->heap[at] = last;
    return top;
}

/* Until `stop` is settled (UINT32_MAX: all), or units that stand at settled junctions (`stands`,
 * NULL: nobody) reach `most`; the cost of the last one. */
static uint64_t book_search(struct textbook *book, uint32_t target, uint32_t stop,
                            const uint16_t *stands, unsigned most) {
    unsigned met = 0;
    memset(book->cost, 0xff, book->junctions * sizeof *book->cost);
    book->count = 0;
    book->cost[target] = 0;
    book_push(book, (struct item){0, target});
    while (book->count) {
        struct item next = book_pop(book);
        if (next.cost > book->cost[next.junction]) continue;
        if (next.junction == stop) return next.cost;
        if (stands) met += stands[next.junction];
        if (stands && met >= most) return next.cost;
        for (uint32_t i = book->first[next.junction]; i < book->first[next.junction + 1]; i++) {
            if (book->weight[i] == BM_ROAD_INFINITE) continue;
            uint64_t cost = next.cost + book->weight[i];
            if (cost >= book->cost[book->tail[i]]) continue;
            book->cost[book->tail[i]] = cost;
            book_push(book, (struct item){cost, book->tail[i]});
        }
    }
    return UINT64_MAX;
}

/* --- what is asked ---------------------------------------------------------------------------- */

struct asking {
    struct bm_road *road;
    struct bm_road_info info;
    struct bm_metric *metric;
    struct bm_travel *travel;
    struct textbook book;
    struct bm_rng rng;
    struct bm_point *places; /* points beside the road */
    struct bm_spot *units;   /* UNITS_MOST, standing at junctions */
    uint32_t *at;            /* ... these */
    uint16_t *stands;        /* how many at each junction */
};

static int64_t ms_of(const struct asking *asking, uint64_t units) {
    if (units == UINT64_MAX) return BM_TRAVEL_NONE;
    return (int64_t)(units * asking->info.unit_us / 1000);
}

/* The spot at a random junction. */
static struct bm_spot somewhere(struct asking *asking, uint32_t *ret_junction) {
    uint32_t arc = (uint32_t)bm_rng_below(&asking->rng, 2 * asking->info.edges);
    *ret_junction = bm_road_tail(asking->road, arc);
    return (struct bm_spot){.edge = arc / 2,
                            .along = arc % 2 ? BM_ALONG_FULL : 0,
                            .point = bm_road_junction(asking->road, *ret_junction)};
}

static void line(const char *what, double *own_us, double *book_us, size_t count,
                 const char *note) {
    double own = bench_percentile(own_us, count, 50), p99 = bench_percentile(own_us, count, 99);
    printf("  %-44s  %10.1f  %10.1f", what, own, p99);
    if (book_us) {
        double book = bench_percentile(book_us, count, 50);
        printf("  %10.1f  %6.2f", book, own / book);
    } else {
        printf("  %10s  %6s", "", "");
    }
    printf("  %s\n", note);
    fflush(stdout);
}

static void ask_open(const char *path) {
    enum { TIMES = 9 };
    double took[TIMES];
    for (int i = 0; i < TIMES; i++) {
        struct stat file;
        struct bm_road *road;
        struct bm_fault fault = {0};
        double begin = cpu_now();
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0 || fstat(fd, &file) != 0) bench_die("cannot open %s", path);
        void *bytes = mmap(NULL, (size_t)file.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (bm_road_open(bytes, (size_t)file.st_size, &road, &fault)) bench_die("%s", fault.detail);
        took[i] = (cpu_now() - begin) * 1e6;
        bm_road_close(road);
        munmap(bytes, (size_t)file.st_size);
        close(fd);
    }
    line("open: map and check every byte and index", took, NULL, TIMES, "");
}

static void ask_snap(struct asking *asking) {
    static double took[SNAPS];
    double sum_m = 0;
    for (size_t i = 0; i < SNAPS; i++) {
        struct bm_spot spot;
        double begin = bench_now();
        if (!bm_road_snap(asking->metric, asking->places[i], 3000, &spot))
            bench_die("no road near");
        took[i] = (bench_now() - begin) * 1e6;
        sum_m += spot.off_m;
    }
    char note[80];
    snprintf(note, sizeof note, "points %.0f m off the road on average", sum_m / SNAPS);
    line("snap a point to its road", took, NULL, SNAPS, note);
}

static void ask_pairs(struct asking *asking) {
    static double own[QUESTIONS], book[QUESTIONS], route[QUESTIONS];
    size_t points = 0;
    for (size_t i = 0; i < QUESTIONS; i++) {
        uint32_t start, goal;
        struct bm_spot from = somewhere(asking, &start), to = somewhere(asking, &goal);
        struct bm_route way;
        double begin = cpu_now();
        int64_t ms = bm_travel_ms(asking->travel, asking->metric, &from, &to);
        double middle = cpu_now();
        uint64_t units = book_search(&asking->book, goal, start, NULL, 0);
        double end = cpu_now();
        bm_travel_route(asking->travel, asking->metric, &from, &to, &way);
        route[i] = (cpu_now() - end) * 1e6;
        own[i] = (middle - begin) * 1e6;
        book[i] = (end - middle) * 1e6;
        if (ms != ms_of(asking, units) || way.travel_ms != ms)
            bench_die("%lld ms, and the textbook says %lld", (long long)ms,
                      (long long)ms_of(asking, units));
        points += way.count;
        bm_route_free(&way);
    }
    char note[80];
    line("one to one", own, book, QUESTIONS, "random pairs; stops at the answer");
    snprintf(note, sizeof note, "%.0f points a route; textbook: the time alone",
             (double)points / QUESTIONS);
    line("one to one, with the route's geometry", route, book, QUESTIONS, note);
}

/* Every unit moves between two questions.  Returns the median. */
static double ask_nearest(struct asking *asking, unsigned count, size_t most) {
    static double own[QUESTIONS], book[QUESTIONS];
    struct bm_coming *coming = bm_alloc(most * sizeof *coming);
    for (size_t i = 0; i < QUESTIONS; i++) {
        uint32_t goal;
        struct bm_spot to = somewhere(asking, &goal);
        for (unsigned u = 0; u < count; u++) asking->units[u] = somewhere(asking, &asking->at[u]);
        double begin = cpu_now();
        size_t found = bm_travel_nearest(asking->travel, asking->metric, asking->units, count, &to,
                                         most, coming);
        double middle = cpu_now();
        for (unsigned u = 0; u < count; u++) asking->stands[asking->at[u]]++; /* is told them too */
        uint64_t units = book_search(&asking->book, goal, UINT32_MAX, asking->stands,
                                     (unsigned)most);
        double end = cpu_now();
        for (unsigned u = 0; u < count; u++) asking->stands[asking->at[u]] = 0;
        own[i] = (middle - begin) * 1e6;
        book[i] = (end - middle) * 1e6;
        if (found == most && coming[most - 1].travel_ms != ms_of(asking, units))
            bench_die("the last of %zu nearest comes in %lld ms, and the textbook says %lld", most,
                      (long long)coming[most - 1].travel_ms, (long long)ms_of(asking, units));
    }
    char what[80];
    snprintf(what, sizeof what, "%zu nearest of %u units that move", most, count);
    line(what, own, book, QUESTIONS, most == count ? "every unit's time" : "");
    bm_free(coming);
    return bench_percentile(own, QUESTIONS, 50);
}

/* As a recommendation asks today: every unit is put on its road first. */
static void ask_snapped(struct asking *asking, unsigned count) {
    static double took[QUESTIONS];
    struct bm_coming coming[NEAREST];
    for (size_t i = 0; i < QUESTIONS; i++) {
        uint32_t goal;
        struct bm_spot to = somewhere(asking, &goal);
        size_t first = bm_rng_below(&asking->rng, SNAPS - count);
        double begin = cpu_now();
        for (unsigned u = 0; u < count; u++) {
            if (!bm_road_snap(asking->metric, asking->places[first + u], 3000, &asking->units[u]))
                bench_die("no road near");
        }
        bm_travel_nearest(asking->travel, asking->metric, asking->units, count, &to, NEAREST,
                          coming);
        took[i] = (cpu_now() - begin) * 1e6;
    }
    char what[80];
    snprintf(what, sizeof what, "%d nearest of %u, each snapped anew", NEAREST, count);
    line(what, took, NULL, QUESTIONS, "");
}

/* --- closures --------------------------------------------------------------------------------- */

static struct bm_metric *closed_metric(const struct asking *asking, const struct bm_closed *closed,
                                       double *ret_us) {
    double begin = cpu_now();
    struct bm_metric *metric = bm_metric_closed(asking->road, BM_PROFILE_EMERGENCY, closed, 1);
    *ret_us = (cpu_now() - begin) * 1e6;
    return metric;
}

/* A short line across the middle of an edge. */
static double ask_one_closed(struct asking *asking) {
    static double took[QUESTIONS];
    size_t edges = 0;
    for (size_t i = 0; i < QUESTIONS; i++) {
        uint32_t edge = (uint32_t)bm_rng_below(&asking->rng, asking->info.edges);
        size_t last = bm_road_shape_count(asking->road, edge) - 1;
        struct bm_point a = bm_road_shape_point(asking->road, edge, last / 2),
                        b = bm_road_shape_point(asking->road, edge, last / 2 + 1),
                        middle = bm_point_between(a, b, 0.5);
        struct bm_point across[2] = {{middle.lat_e7 - 200, middle.lon_e7 - 200},
                                     {middle.lat_e7 + 200, middle.lon_e7 + 200}};
        struct bm_closed closed = {BM_CLOSED_LINE, across, 2, false, 0};
        bm_metric_unref(closed_metric(asking, &closed, &took[i]));
        edges += bm_road_closed_arcs(asking->road, &closed, NULL, 0) / 2;
    }
    char note[80];
    snprintf(note, sizeof note, "%.1f edges closed on average", (double)edges / QUESTIONS);
    line("one road closed: a new metric", took, NULL, QUESTIONS, note);
    return bench_percentile(took, QUESTIONS, 50);
}

/* A square around `centre` that closes about FLOODED_ARCS arcs. */
static size_t flood(const struct asking *asking, struct bm_point centre,
                    struct bm_point corners[4]) {
    size_t edges = 0;
    for (int32_t half = 2000; edges < FLOODED_ARCS / 2 && half < 10000000; half += half / 8) {
        corners[0] = (struct bm_point){centre.lat_e7 - half, centre.lon_e7 - half};
        corners[1] = (struct bm_point){centre.lat_e7 - half, centre.lon_e7 + half};
        corners[2] = (struct bm_point){centre.lat_e7 + half, centre.lon_e7 + half};
        corners[3] = (struct bm_point){centre.lat_e7 + half, centre.lon_e7 - half};
        struct bm_closed closed = {BM_CLOSED_POLYGON, corners, 4, false, 0};
        edges = bm_road_closed_arcs(asking->road, &closed, NULL, 0) / 2;
    }
    return edges;
}

static double ask_flood(struct asking *asking, double *ret_metric_us) {
    enum { FLOODS = 20, UNITS = 1000 };
    static double metric_us[FLOODS], again_us[FLOODS];
    static struct bm_coming coming[UNITS];
    size_t edges = 0;
    for (unsigned u = 0; u < UNITS; u++) asking->units[u] = somewhere(asking, &asking->at[u]);
    for (size_t i = 0; i < FLOODS; i++) {
        uint32_t goal, wet;
        struct bm_spot to = somewhere(asking, &goal);
        struct bm_point corners[4];
        edges += flood(asking, somewhere(asking, &wet).point, corners);
        struct bm_closed closed = {BM_CLOSED_POLYGON, corners, 4, false, 0};
        double begin = cpu_now();
        struct bm_metric *metric = closed_metric(asking, &closed, &metric_us[i]);
        bm_travel_nearest(asking->travel, metric, asking->units, UNITS, &to, UNITS, coming);
        again_us[i] = (cpu_now() - begin) * 1e6;
        bm_metric_unref(metric);
    }
    char note[80];
    snprintf(note, sizeof note, "%.0f arcs closed on average", 2.0 * (double)edges / FLOODS);
    line("a square flooded: a new metric", metric_us, NULL, FLOODS, note);
    line("... and the times of 1,000 units again", again_us, NULL, FLOODS, "to one incident");
    *ret_metric_us = bench_percentile(metric_us, FLOODS, 50);
    return bench_percentile(again_us, FLOODS, 50);
}

/* --- all of it -------------------------------------------------------------------------------- */

static void prepare(struct asking *asking, void *bytes, size_t len) {
    struct bm_fault fault = {0};
    if (bm_road_open(bytes, len, &asking->road, &fault)) bench_die("%s", fault.detail);
    asking->info = bm_road_info(asking->road);
    asking->metric = bm_metric_new(asking->road, BM_PROFILE_EMERGENCY);
    asking->travel = bm_travel_new(asking->road);
    asking->book = textbook_of(asking->road, asking->metric);
    asking->rng = (struct bm_rng){17};
    asking->places = bm_alloc(SNAPS * sizeof *asking->places);
    asking->units = bm_alloc(UNITS_MOST * sizeof *asking->units);
    asking->at = bm_alloc(UNITS_MOST * sizeof *asking->at);
    asking->stands = bm_alloc_zero(asking->info.junctions, sizeof *asking->stands);
    for (size_t i = 0; i < SNAPS; i++) { /* up to some 50 m from a junction */
        uint32_t junction;
        struct bm_point point = somewhere(asking, &junction).point;
        asking->places[i] = (struct bm_point){
            point.lat_e7 + (int32_t)bm_rng_below(&asking->rng, 10000) - 5000,
            point.lon_e7 + (int32_t)bm_rng_below(&asking->rng, 10000) - 5000};
    }
}

static void release(struct asking *asking) {
    textbook_free(&asking->book);
    bm_free(asking->places);
    bm_free(asking->units);
    bm_free(asking->at);
    bm_free(asking->stands);
    bm_travel_free(asking->travel);
    bm_metric_unref(asking->metric);
    bm_road_close(asking->road);
}

static void fixed_lines(void) {
    puts("  fixed lines, measured elsewhere on this network, not run here, in us:");
    puts("    RoutingKit CCH       one to one 24; 100 to 1: 440; 1,000 to 1: 1,900 cold; 10,000 to "
         "1: 7,300;");
    puts("                         a new metric 70,000; 1 random arc closed 13; a disc of 1,000 "
         "arcs 700");
    puts("    OSRM 6.0 MLD         one to one 1,400-1,600; 100 to 1: 116,000; 1,000 to 1: "
         "3,700,000;");
    puts(
        "                         a new metric 3-7 s and a reload (edge-based, snaps every point)");
    puts("    our own prototype    one to one 12; 1,000 to 1: 22-26 with live labels, 6,000 cold;");
    puts("                         10,000 to 1: 270-310; a new metric 27,000-31,000; Dijkstra one "
         "to all 36,000");
}

/* They are of New York. */
static void aims(double of_1000, double most_us, double again_us) {
    bench_aim("5 best of 1,000 moving units <= 2 ms cold", of_1000 <= 2000);
    bench_aim("5 best of 1,000 moving units <= 25 us with live labels", of_1000 <= 25);
    bench_aim("a new metric <= 26 ms", most_us <= 26000);
    bench_aim("1,000 arcs flooded: 1,000 units exact again <= 5 ms", again_us <= 5000);
}

int main(int argc, char **argv) {
    (void)argc;
    (void)argv;
    static struct asking asking;
    struct bench_roads roads = bench_make_roads();
    struct stat file;
    int fd = open(roads.path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &file) != 0) bench_die("cannot open %s", roads.path);
    void *bytes = mmap(NULL, (size_t)file.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    prepare(&asking, bytes, (size_t)file.st_size);
    printf("roads in process: %s; file of %.1f MB; us of the thread\n", roads.what,
           (double)file.st_size / 1e6);
    printf(
        "textbook: Dijkstra with a binary heap, the same questions, compared answer by answer\n");
    puts("  what                                                  p50         p99    textbook   "
         "ratio");
    ask_open(roads.path);
    ask_snap(&asking);
    ask_pairs(&asking);
    double of_1000 = 0;
    for (unsigned count = 10; count <= UNITS_MOST; count *= 10) {
        double us = ask_nearest(&asking, count, NEAREST);
        if (count == 1000) of_1000 = us;
    }
    ask_snapped(&asking, 1000);
    ask_nearest(&asking, 1000, 1000);
    double one_us = ask_one_closed(&asking), flood_us, again_us = ask_flood(&asking, &flood_us);
    if (roads.real) {
        fixed_lines();
        aims(of_1000, one_us > flood_us ? one_us : flood_us, again_us);
    }
    release(&asking);
    munmap(bytes, (size_t)file.st_size);
    close(fd);
    bench_remove(bench_path("roads.bmr"));
    return 0;
}
