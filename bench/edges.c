/* Roads as a table of edges, and questions with our own answers, for another engine to be set
 * beside: bench/pgrouting.py.   bench-edges --network=new-york|heidelberg FOLDER
 *
 *   FOLDER/edges.csv        id,source,target,cost,reverse_cost: units; -1 where it may not be
 * driven FOLDER/questions.json   junctions (1 and on), milliseconds (-1: no way), and what asking
 * took here
 *
 * Without rules for turning, which such a table does not hold: ours are left out of both. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "roads.h"

enum { PAIRS = 20, TIMES = 9 };
static const size_t many[] = {100, 1000};

static FILE *create(const char *folder, const char *name) {
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    if (!file) bench_die("cannot write %s", path);
    return file;
}

static void finish(FILE *file) {
    if (fclose(file) != 0) bench_die("the disk is full");
}

static long units_of(const struct bm_metric *metric, uint32_t arc) {
    uint32_t weight = bm_metric_weight(metric, arc);
    return weight == BM_ROAD_INFINITE ? -1 : (long)weight;
}

static void write_edges(const struct graph *graph, const struct bm_metric *metric,
                        const char *folder) {
    FILE *file = create(folder, "edges.csv");
    for (uint32_t e = 0; e < graph->info.edges; e++)
        fprintf(file, "%u,%u,%u,%ld,%ld\n", e + 1, bm_road_tail(graph->road, 2 * e) + 1,
                bm_road_tail(graph->road, 2 * e + 1) + 1, units_of(metric, 2 * e),
                units_of(metric, 2 * e + 1));
    finish(file);
}

static unsigned junction_of(const struct asking *asking, const struct place *place) {
    return bm_road_tail(asking->graph->road, place->arc) + 1;
}

static void write_pairs(struct asking *asking, FILE *file) {
    struct place from[PAIRS], to[PAIRS];
    struct samples samples = {.count = 0};
    int64_t ms[PAIRS];
    for (size_t i = 0; i < PAIRS; i++) {
        from[i] = place_random(asking->graph, &asking->rng);
        to[i] = place_random(asking->graph, &asking->rng);
    }
    for (size_t i = 0; i < PAIRS * TIMES; i++) {
        size_t at = i % PAIRS;
        double begin = roads_cpu();
        ms[at] = bm_travel_ms(asking->travel, asking->metric, &from[at].spot, &to[at].spot);
        sample(&samples, begin);
    }
    fprintf(file, "\"one_us\":%.2f,\"one\":[", samples_p50(&samples));
    for (size_t i = 0; i < PAIRS; i++)
        fprintf(file, "%s[%u,%u,%lld]", i ? "," : "", junction_of(asking, &from[i]),
                junction_of(asking, &to[i]), (long long)ms[i]);
    fputs("]", file);
}

/* Every one's time, cold. */
static void write_many(struct asking *asking, size_t count, FILE *file) {
    struct place to = place_random(asking->graph, &asking->rng);
    struct place *from = bm_alloc(count * sizeof *from);
    struct bm_spot *spots = bm_alloc(count * sizeof *spots);
    struct bm_coming *coming = bm_alloc(count * sizeof *coming);
    struct samples samples = {.count = 0};
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        from[i] = place_random(asking->graph, &asking->rng);
        spots[i] = from[i].spot;
    }
    for (int t = 0; t < TIMES; t++) {
        double begin = roads_cpu();
        found = bm_travel_nearest(asking->travel, asking->metric, spots, count, &to.spot, count,
                                  coming);
        sample(&samples, begin);
    }
    fprintf(file, "{\"count\":%zu,\"us\":%.2f,\"to\":%u,\"from\":[", count, samples_p50(&samples),
            junction_of(asking, &to));
    for (size_t i = 0; i < count; i++)
        fprintf(file, "%s%u", i ? "," : "", junction_of(asking, &from[i]));
    fputs("],\"found\":[", file);
    for (size_t i = 0; i < found; i++)
        fprintf(file, "%s[%u,%lld]", i ? "," : "", junction_of(asking, &from[coming[i].at]),
                (long long)coming[i].travel_ms);
    fputs("]}", file);
    bm_free(from);
    bm_free(spots);
    bm_free(coming);
}

static void write_questions(struct asking *asking, const char *folder) {
    FILE *file = create(folder, "questions.json");
    const struct graph *graph = asking->graph;
    fprintf(file, "{\"what\":\"%s\",\"junctions\":%u,\"edges\":%u,\"unit_us\":%u,", graph->what,
            graph->info.junctions, graph->info.edges, graph->info.unit_us);
    write_pairs(asking, file);
    fputs(",\"many\":[", file);
    for (size_t i = 0; i < sizeof many / sizeof many[0]; i++) {
        if (i) fputc(',', file);
        write_many(asking, many[i], file);
    }
    fputs("]}\n", file);
    finish(file);
}

/* Networks with rules for turning, once without. */
static void make(enum network network, struct graph *ret_graph) {
    struct graph graph;
    if (!graph_make(network, &graph)) exit(77); /* it has said why */
    if (graph.info.restrictions) {
        graph_make_plain(&graph, ret_graph);
        graph_free(&graph);
    } else {
        *ret_graph = graph;
    }
}

int main(int argc, char **argv) {
    const char *folder = argc == 3 ? argv[2] : NULL;
    bool new_york = folder && strcmp(argv[1], "--network=new-york") == 0;
    if (!new_york && !(folder && strcmp(argv[1], "--network=heidelberg") == 0)) {
        fputs("bench-edges --network=new-york|heidelberg FOLDER\n", stderr);
        return 2;
    }
    struct graph graph;
    make(new_york ? NETWORK_NEW_YORK : NETWORK_HEIDELBERG, &graph);
    struct asking asking = {.graph = &graph, .rng = {29}};
    asking.metric = bm_metric_new(graph.road, BM_PROFILE_EMERGENCY);
    asking.travel = bm_travel_new(graph.road);
    write_edges(&graph, asking.metric, folder);
    write_questions(&asking, folder);
    bm_travel_free(asking.travel);
    bm_metric_unref(asking.metric);
    graph_free(&graph);
    return 0;
}
