/* DIMACS graphs into junctions and edges: the arcs of two nodes in both directions become one edge.
 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"
#include "import/child.h"
#include "import/dimacs.h"
#include "import/roads.h"
#include "import/way.h"

enum { PATH_MAX_BYTES = 1024 };

struct arc {
    uint32_t low, high; /* nodes, low < high */
    uint32_t weight;
    uint32_t back; /* 1: from high to low */
};

struct graph {
    uint32_t unit_us;
    struct bm_road_counts counts;
    bool has_size;
    uint32_t node_count;
    uint64_t arc_said;
    struct arc *arcs;
    size_t arc_count, arc_cap;
    struct bm_point *points;
    uint8_t *has_point;
    uint64_t point_count;
};

/* "FILE, line N: why" */
static enum bm_code wrong(const struct bm_lines *lines, struct bm_fault *fault, const char *why) {
    return bm_fault_set(fault, BM_BAD_FORMAT, NULL, "%s, line %" PRIu64 ": %s.",
                        bm_lines_name(lines), bm_lines_number(lines), why);
}

/* --- the graph -------------------------------------------------------------------------------- */

static enum bm_code take_size(struct graph *graph, const struct bm_lines *lines,
                              const struct bm_dimacs *line, struct bm_fault *fault) {
    if (graph->has_size) return wrong(lines, fault, "a second line \"p sp\"");
    if (line->numbers[0] < 1 || line->numbers[0] > BM_ROAD_JUNCTIONS_MAX)
        return wrong(lines, fault, "the number of nodes is not 1 to 200,000,000");
    if (line->numbers[1] < 1 || line->numbers[1] > 2 * (int64_t)BM_ROAD_EDGES_MAX)
        return wrong(lines, fault, "the number of arcs is not 1 to 500,000,000");
    graph->has_size = true;
    graph->node_count = (uint32_t)line->numbers[0];
    graph->arc_said = (uint64_t)line->numbers[1];
    return BM_OK;
}

static enum bm_code take_arc(struct graph *graph, const struct bm_lines *lines,
                             const struct bm_dimacs *line, struct bm_fault *fault) {
    int64_t from = line->numbers[0], to = line->numbers[1], weight = line->numbers[2];
    if (!graph->has_size) return wrong(lines, fault, "an arc before the line \"p sp NODES ARCS\"");
    if (from < 1 || to < 1 || from > graph->node_count || to > graph->node_count)
        return wrong(lines, fault, "a node that is not 1 to the number of nodes");
    if (weight < 0 || weight >= BM_ROAD_INFINITE)
        return wrong(lines, fault, "a weight that is not 0 to 1,073,741,822");
    if (++graph->counts.arcs > graph->arc_said)
        return wrong(lines, fault, "more arcs than the line \"p sp\" says");
    if (from == to) {
        graph->counts.arcs_dropped++;
        return BM_OK;
    }
    if (graph->arc_count == graph->arc_cap) {
        graph->arc_cap = graph->arc_cap * 2 + 1024;
        graph->arcs = bm_realloc(graph->arcs, graph->arc_cap * sizeof *graph->arcs);
    }
    bool back = from > to;
    graph->arcs[graph->arc_count++] = (struct arc){
        (uint32_t)(back ? to : from) - 1, (uint32_t)(back ? from : to) - 1, (uint32_t)weight, back};
    return BM_OK;
}

static enum bm_code take_place(struct graph *graph, const struct bm_lines *lines,
                               const struct bm_dimacs *line, struct bm_fault *fault) {
    int64_t node = line->numbers[0], x = line->numbers[1], y = line->numbers[2];
    if (node < 1 || node > graph->node_count)
        return wrong(lines, fault, "a node that is not 1 to the graph's number of nodes");
    if (x < -180000000 || x > 180000000 || y < -90000000 || y > 90000000)
        return wrong(lines, fault,
                     "coordinates that are no degrees x 1,000,000 (longitude, then "
                     "latitude)");
    if (graph->has_point[node - 1]) return wrong(lines, fault, "a second place of one node");
    graph->has_point[node - 1] = 1;
    graph->point_count++;
    graph->points[node - 1] = (struct bm_point){(int32_t)(y * 10), (int32_t)(x * 10)};
    return BM_OK;
}

static enum bm_code take_line(struct graph *graph, const struct bm_lines *lines, bool places,
                              const struct bm_dimacs *line, struct bm_fault *fault) {
    switch (line->kind) {
    case BM_DIMACS_REMARK:
        return BM_OK;
    case BM_DIMACS_GRAPH:
        if (!places) return take_size(graph, lines, line, fault);
        return wrong(lines, fault, "a graph where its coordinates should stand");
    case BM_DIMACS_ARC:
        if (!places) return take_arc(graph, lines, line, fault);
        return wrong(lines, fault, "an arc where coordinates should stand");
    case BM_DIMACS_PLACES:
        if (!places) return wrong(lines, fault, "coordinates where a graph should stand");
        if (line->numbers[0] == graph->node_count) return BM_OK;
        return wrong(lines, fault,
                     "these are the coordinates of another graph: the number of nodes "
                     "differs");
    case BM_DIMACS_PLACE:
        if (places) return take_place(graph, lines, line, fault);
        return wrong(lines, fault, "coordinates where a graph should stand");
    }
    return BM_OK;
}

static enum bm_code read_file(struct graph *graph, const char *path, bool places,
                              struct bm_fault *fault) {
    struct bm_lines *lines;
    char *text;
    size_t len;
    enum bm_code code = bm_lines_open(path, &lines, fault);
    if (code) return code;
    while ((code = bm_lines_next(lines, &text, &len, fault)) == BM_OK && text) {
        struct bm_dimacs line;
        struct bm_fault inner = {0};
        code = bm_dimacs_read(text, len, &line, &inner);
        if (code)
            wrong(lines, fault, inner.detail);
        else
            code = take_line(graph, lines, places, &line, fault);
        if (code) break;
    }
    enum bm_code ended = bm_lines_close(lines, code ? NULL : fault);
    return code ? code : ended;
}

/* --- edges ------------------------------------------------------------------------------------ */

static int by_nodes(const void *a, const void *b) {
    const struct arc *x = a, *y = b;
    if (x->low != y->low) return x->low < y->low ? -1 : 1;
    if (x->high != y->high) return x->high < y->high ? -1 : 1;
    return x->weight < y->weight ? -1 : x->weight > y->weight;
}

/* The file says nothing of walking: along the straight line between the nodes, both ways. */
static uint32_t walking(const struct graph *graph, const struct arc *arc) {
    double length_m = bm_distance_m(graph->points[arc->low], graph->points[arc->high]);
    double units = floor(length_m * 36000 * 1000 / BM_WALK_DKMH / graph->unit_us + 0.5);
    return units < BM_ROAD_INFINITE ? (uint32_t)units : BM_ROAD_INFINITE;
}

static void add_edges(struct graph *graph, struct bm_road_build *build) {
    qsort(graph->arcs, graph->arc_count, sizeof *graph->arcs, by_nodes);
    for (size_t i = 0; i < graph->arc_count;) {
        const struct arc *first = &graph->arcs[i];
        uint32_t weight[2] = {BM_ROAD_INFINITE, BM_ROAD_INFINITE};
        uint64_t arcs = 0;
        for (; i < graph->arc_count && graph->arcs[i].low == first->low &&
               graph->arcs[i].high == first->high;
             i++, arcs++) {
            const struct arc *arc = &graph->arcs[i];
            if (arc->weight < weight[arc->back]) weight[arc->back] = arc->weight;
        }
        struct bm_edge_given edge = {.first = first->low, .second = first->high};
        uint32_t walk = walking(graph, first);
        for (int direction = 0; direction < 2; direction++) {
            edge.weight[BM_PROFILE_EMERGENCY][direction] = weight[direction];
            edge.weight[BM_PROFILE_ORDINARY][direction] = weight[direction];
            edge.weight[BM_PROFILE_FOOT][direction] = walk;
        }
        bm_road_build_edge(build, &edge);
        graph->counts.edges++;
        graph->counts.arcs_dropped += arcs - (weight[0] != BM_ROAD_INFINITE) -
                                      (weight[1] != BM_ROAD_INFINITE);
    }
}

/* --- names ------------------------------------------------------------------------------------ */

static size_t stem_of(const char *path, const char **ret_end) {
    static const char *const ends[] = {".gr", ".gr.gz"};
    size_t len = strlen(path);
    for (int i = 0; i < 2; i++) {
        size_t end_len = strlen(ends[i]);
        if (len > end_len && strcmp(path + len - end_len, ends[i]) == 0) {
            *ret_end = ends[i] + 3;
            return len - end_len;
        }
    }
    return 0;
}

bool bm_roads_is_dimacs(const char *path) {
    const char *end;
    return stem_of(path, &end) > 0;
}

/* NAME.co, NAME.co.gz, and both with -d. for -t.; the first that is there. */
static enum bm_code find_places(const char *path, char ret_path[PATH_MAX_BYTES],
                                struct bm_fault *fault) {
    const char *end;
    size_t stem = stem_of(path, &end);
    char base[PATH_MAX_BYTES];
    if (!stem || stem + 8 >= sizeof base)
        return bm_fault_set(fault, BM_BAD_REQUEST, NULL, "%s does not end in .gr or .gr.gz.", path);
    for (int distance = 0; distance < 2; distance++) {
        memcpy(base, path, stem);
        base[stem] = 0;
        char *name = strrchr(base, '/');
        char *times = strstr(name ? name : base, "-t.");
        if (distance && !times) break;
        if (distance) times[1] = 'd';
        for (int zipped = 0; zipped < 2; zipped++) {
            int len = snprintf(ret_path, PATH_MAX_BYTES, "%s.co%s", base, zipped ? ".gz" : "");
            if (len > 0 && len < PATH_MAX_BYTES && access(ret_path, R_OK) == 0) return BM_OK;
        }
    }
    return bm_fault_set(fault, BM_NOT_FOUND, NULL,
                        "The coordinates of %s are not beside it (the same name with .co for .gr): "
                        "name them with --coordinates FILE.",
                        path);
}

/* --- the whole -------------------------------------------------------------------------------- */

static enum bm_code read_places(struct graph *graph, const char *path, struct bm_fault *fault) {
    graph->points = bm_alloc_zero(graph->node_count, sizeof *graph->points);
    graph->has_point = bm_alloc_zero(graph->node_count, 1);
    enum bm_code code = read_file(graph, path, true, fault);
    if (code || graph->point_count == graph->node_count) return code;
    uint32_t node = 0;
    while (graph->has_point[node]) node++;
    return bm_fault_set(fault, BM_BAD_FORMAT, NULL,
                        "%s ends with %" PRIu64 " of %" PRIu32 " nodes (node %" PRIu32
                        " is missing): it is cut off, or of another graph.",
                        path, graph->point_count, graph->node_count, node + 1);
}

static enum bm_code read_graph(struct graph *graph, const char *path, struct bm_fault *fault) {
    enum bm_code code = read_file(graph, path, false, fault);
    if (code) return code;
    if (!graph->has_size)
        return bm_fault_set(fault, BM_BAD_FORMAT, NULL, "%s has no line \"p sp NODES ARCS\".",
                            path);
    if (graph->counts.arcs != graph->arc_said)
        return bm_fault_set(fault, BM_BAD_FORMAT, NULL,
                            "%s ends after %" PRIu64 " of %" PRIu64 " arcs: it is cut off.", path,
                            graph->counts.arcs, graph->arc_said);
    return BM_OK;
}

enum bm_code bm_roads_from_dimacs(const char *path, const char *coordinates, uint32_t unit_us,
                                  const struct bm_tell *tell, struct bm_road_build *build,
                                  struct bm_road_counts *ret_counts, struct bm_fault *fault) {
    struct graph graph = {.unit_us = unit_us};
    char beside[PATH_MAX_BYTES];
    if (!coordinates) {
        enum bm_code found = access(path, R_OK) == 0 ? find_places(path, beside, fault) : BM_OK;
        if (found) return found;
        coordinates = beside;
    }
    bm_tell(tell, "roads: reading %s", path);
    enum bm_code code = read_graph(&graph, path, fault);
    if (!code) bm_tell(tell, "roads: reading %s", coordinates);
    if (!code) code = read_places(&graph, coordinates, fault);
    if (!code) {
        for (uint32_t i = 0; i < graph.node_count; i++)
            bm_road_build_junction(build, graph.points[i]);
        graph.counts.junctions = graph.node_count;
        add_edges(&graph, build);
        *ret_counts = graph.counts;
    }
    bm_free(graph.arcs);
    bm_free(graph.points);
    bm_free(graph.has_point);
    return code;
}
