/* Roads in process: what dispatch asks of a network, beside a textbook Dijkstra in the same run
 * whose answers it is compared with.
 *
 *   BENCH_TILED=0   leaves New York 5 x 5 out, whose import takes some minutes
 *   BENCH_ROADS=andorra,heidelberg,new-york,turns,tiled   only these */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "roads.h"

enum { ONE_TO_ALL_TIMES = 5 };
/* Seconds of textbook for one line. */
static const double patience_s = 3;

bool roads_patient(const struct samples *book) {
    double sum = 0;
    for (size_t i = 0; i < book->count; i++) sum += book->us[i];
    return sum < patience_s * 1e6 && book->count < SAMPLES_MAX / 2;
}

void roads_line(const struct asking *asking, const char *what, struct samples *own,
                double textbook_us, const char *note) {
    double p50 = samples_p50(own);
    printf("  %-42s  %11.1f  %11.1f", what, p50, bench_percentile(own->us, own->count, 99));
    if (textbook_us > 0)
        printf("  %12.1f  %9.1f", textbook_us, textbook_us / p50);
    else
        printf("  %12s  %9s", "", "");
    printf("  %9.2f  %s\n", asking->one_to_all_us / p50, note);
    fflush(stdout);
}

/* --- one network ------------------------------------------------------------------------------ */

static void say_graph(const struct graph *graph) {
    const struct bm_road_info *info = &graph->info;
    printf("\n%s: %u junctions, %u edges, %u rules for turning, %u nodes\n", graph->what,
           info->junctions, info->edges, info->restrictions, info->nodes);
    printf("  file %.1f MB; import %.1f s (reading %.1f, order and layout %.1f, writing %.1f; CPU "
           "%.1f);\n  %llu ways up, %.2f M triangles, height %u; load %s",
           (double)info->bytes / 1e6, graph->read_s + graph->order_s + graph->write_s,
           graph->read_s, graph->order_s, graph->write_s, graph->cpu_s,
           (unsigned long long)graph->ways, (double)graph->triangles / 1e6, graph->height, "");
    double load[3] = {0};
    getloadavg(load, 3);
    printf("%.1f %.1f %.1f\n", load[0], load[1], load[2]);
    fflush(stdout);
}

static double one_to_all(struct asking *asking) {
    struct samples took = {.count = 0};
    for (int i = 0; i < ONE_TO_ALL_TIMES; i++) {
        struct place to = place_random(asking->graph, &asking->rng);
        double begin = roads_cpu();
        textbook_search(asking->book, &to, SIZE_MAX, UINT64_MAX, NULL);
        sample(&took, begin);
    }
    return samples_p50(&took);
}

static void ask(struct graph *graph, struct figures *figures) {
    struct asking asking = {.graph = graph, .rng = {17}};
    say_graph(graph);
    asking.metric = bm_metric_new(graph->road, BM_PROFILE_EMERGENCY);
    asking.travel = bm_travel_new(graph->road);
    asking.book = textbook_new(asking.metric, false);
    asking.one_to_all_us = one_to_all(&asking);
    printf("  textbook, one to all: %.0f us\n", asking.one_to_all_us);
    puts("  what                                                p50          p99      textbook  "
         "  x faster  1 to all/");
    ask_times(&asking, figures);
    ask_many(&asking, figures);
    ask_closures(&asking, figures);
    textbook_free(asking.book);
    bm_travel_free(asking.travel);
    bm_metric_unref(asking.metric);
}

/* --- New York's aims -------------------------------------------------------------------------- */

static void fixed_lines(void) {
    puts("  measured elsewhere on New York (2-core machine of the Sapphire Rapids kind), not run "
         "here, in "
         "us:");
    puts("    RoutingKit CCH   one to one 24; 100 to 1: 440; 1,000 to 1: 1,900 cold; 10,000 to 1: "
         "7,300; "
         "1,000 x 1,000: 1,590,000;");
    puts("                     a new metric 70,000; 1 / 10 / 100 / 1,000 random arcs closed 13 / "
         "237 / "
         "2,800 / 25,000;");
    puts("                     a disc of 10 / 100 / 1,000 arcs 52 / 206 / 700; 10.5 M triangles");
    puts(
        "    RoutingKit CH    one to one 21; 100 to 1: 780; 1,000 to 1: 3,000; 10,000 to 1: 9,700; "
        "1,000 x 1,000: 785,000; no closures");
    puts("    OSRM 6.0 MLD     one to one 1,400-1,600; 100 to 1: 116,000; 1,000 to 1: 3,700,000; "
         "300 x "
         "300: 1,700,000;");
    puts("                     a new metric 3,100,000 and a reload (edge-based with costs of "
         "turns, snaps "
         "every point)");
    puts("    pgRouting 3.4    one to one 830,000; 100 to 1: 5,700,000; 1 to 1,000: 920,000 (make "
         "bench-pgrouting runs it here)");
    puts("    Dijkstra         one to all 36,000");
}

static void aim(const char *what, double is, double most, const char *unit) {
    char text[160];
    snprintf(text, sizeof text, "%s <= %g %s (is %.4g)", what, most, unit, is);
    bench_aim(text, is <= most);
}

static void aims(const struct graph *graph, const struct figures *figures) {
    fixed_lines();
    aim("one to one, back to back", figures->one_to_one, 12, "us");
    aim("5 best of 1,000 moving units with live labels, without refreshing them",
        figures->live_1000, 25, "us");
    aim("5 best of 1,000 moving units, cold", figures->cold_1000 / 1000, 2, "ms");
    aim("5 best of 10,000 moving units with live labels, without refreshing them",
        figures->live_10000, 150, "us");
    aim("a table of 1,000 x 1,000", figures->table_1000 / 1000, 30, "ms");
    aim("a disc of 1,000 arcs closed and all 1,000 units exact again", figures->disc_1000 / 1000, 5,
        "ms");
    aim("full customization", figures->full / 1000, 26, "ms");
    aim("triangles", (double)graph->triangles / 1e6, 8, "M");
    double wall = graph->read_s + graph->order_s + graph->write_s;
    aim("import", wall < graph->cpu_s ? wall : graph->cpu_s, 20, "s");
}

/* --- all of it -------------------------------------------------------------------------------- */

static const char *const network_names[NETWORK_COUNT] = {
    [NETWORK_ANDORRA] = "andorra",   [NETWORK_HEIDELBERG] = "heidelberg",
    [NETWORK_NEW_YORK] = "new-york", [NETWORK_TURNS] = "turns",
    [NETWORK_TILED] = "tiled",       [NETWORK_CITY] = "city"};

static bool is_asked_for(enum network network) {
    const char *only = getenv("BENCH_ROADS"), *tiled = getenv("BENCH_TILED");
    if (network == NETWORK_TILED && tiled && strcmp(tiled, "0") == 0) {
        puts("\nNew York tiled 5 x 5: left out (BENCH_TILED=0)");
        return false;
    }
    return !only || strstr(only, network_names[network]) != NULL;
}

int main(void) {
    puts("roads in process; us of this thread's processor time, emergency profile, junction to "
         "junction");
    puts("textbook: Dijkstra with a binary heap, the same questions (p50), answers compared one by "
         "one; "
         "it walks over arcs where there are rules for turning");
    printf("what reading the clock takes is taken off: %.2f us\n", roads_clock_us());
    puts("x faster: textbook / p50;  1 to all/: the textbook's one to all / p50");
    bool any = false;
    for (enum network network = 0; network < NETWORK_CITY; network++) {
        struct graph graph;
        struct figures figures = {0};
        if (!is_asked_for(network) || !graph_make(network, &graph)) continue;
        any = true;
        ask(&graph, &figures);
        if (network == NETWORK_NEW_YORK) aims(&graph, &figures);
        graph_free(&graph);
    }
    if (!any) {
        struct graph graph;
        struct figures figures = {0};
        if (!graph_make(NETWORK_CITY, &graph)) bench_die("the demo's city cannot be made");
        ask(&graph, &figures);
        graph_free(&graph);
    }
    return 0;
}
