/* The networks of bench/roads.c, each made as a roads file for the run. */
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "import/output.h"
#include "import/roads.h"
#include "road/file.h"
#include "roads.h"

enum {
    TILES = 5,   /* a side */
    JOINTS = 20, /* roads between two neighbouring tiles */
    TILE_GAP_E7 = 200000,
    UNITS_PER_M = 10,  /* of the DIMACS files: 0.1 m at their highest speed */
    LEFT_UNITS = 1389, /* 5 s */
    BACK_UNITS = 5556, /* 20 s */
};

static const struct {
    const char *what, *file, *source, *coordinates;
} networks[NETWORK_COUNT] = {
    [NETWORK_ANDORRA] = {"Andorra (OpenStreetMap)", "roads-andorra.bmr", "andorra.osm.pbf", NULL},
    [NETWORK_HEIDELBERG] = {"Heidelberg (OpenStreetMap)", "roads-heidelberg.bmr",
                            "heidelberg.osm.pbf", NULL},
    [NETWORK_NEW_YORK] = {"New York (DIMACS)", "roads-ny.bmr", "USA-road-t.NY.gr.gz",
                          "USA-road-d.NY.co.gz"},
    [NETWORK_TURNS] = {"New York with a cost of every turn (5 s to the left, 20 s back)",
                       "roads-nyx.bmr", NULL, NULL},
    [NETWORK_TILED] = {"New York tiled 5 x 5 (synthetic)", "roads-ny25.bmr", NULL, NULL},
    [NETWORK_CITY] = {"the demo's city", "roads-city.bmr", NULL, NULL},
};

/* --- opening ---------------------------------------------------------------------------------- */

static void count_hierarchy(struct graph *graph) {
    const struct bm_hierarchy *hierarchy = &graph->road->hierarchy;
    graph->ways = hierarchy->ways;
    graph->height = hierarchy->height;
    graph->triangles = 0;
    for (uint32_t rank = 0; rank < hierarchy->nodes; rank++) {
        uint64_t ways = hierarchy->first[rank + 1] - hierarchy->first[rank];
        if (ways) graph->triangles += ways * (ways - 1) / 2;
    }
}

static void open_graph(struct graph *graph) {
    struct bm_fault fault = {0};
    struct stat file;
    int fd = open(graph->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &file) != 0) bench_die("cannot open %s", graph->path);
    graph->bytes = mmap(NULL, (size_t)file.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (graph->bytes == MAP_FAILED) bench_die("cannot map %s", graph->path);
    if (bm_road_open(graph->bytes, (size_t)file.st_size, &graph->road, &fault))
        bench_die("%s", fault.detail);
    graph->info = bm_road_info(graph->road);
    count_hierarchy(graph);
}

void graph_free(struct graph *graph) {
    bm_road_close(graph->road);
    munmap(graph->bytes, graph->info.bytes);
    bench_remove(graph->path);
}

/* --- making ----------------------------------------------------------------------------------- */

static void finish(struct graph *graph, struct bm_road_build *build, double begin,
                   double cpu_begin) {
    struct bm_buf buf = bm_buf_make(SIZE_MAX / 2);
    struct bm_fault fault = {0};
    double read = bench_now();
    if (bm_road_build_write(build, &buf, &fault)) bench_die("%s: %s", graph->what, fault.detail);
    bm_road_build_free(build);
    double made = bench_now();
    if (bm_output_write(graph->path, buf.bytes, buf.len, &fault)) bench_die("%s", fault.detail);
    bm_buf_free(&buf);
    graph->read_s = read - begin;
    graph->order_s = made - read;
    graph->write_s = bench_now() - made;
    graph->cpu_s = bench_cpu(0) - cpu_begin;
    open_graph(graph);
}

static bool make_from(struct graph *graph, const char *source, const char *coordinates) {
    struct bm_tell quietly = {NULL, NULL};
    struct bm_road_counts counts;
    struct bm_fault fault = {0};
    double begin = bench_now(), cpu_begin = bench_cpu(0);
    struct bm_road_build *build = bm_road_build_new(coordinates ? 3600 : 1000, graph->what, 0);
    enum bm_code code = coordinates ? bm_roads_from_dimacs(source, coordinates, 3600, &quietly, build,
                                                           &counts, &fault)
                                    : bm_roads_from_osm(source, &quietly, build, &counts, &fault);
    if (code) {
        printf("\n%s: left out: %s\n", graph->what, fault.detail);
        bm_road_build_free(build);
        return false;
    }
    finish(graph, build, begin, cpu_begin);
    return true;
}

/* Junctions and edges of `road`, so far to the north and east; their numbers go on from those that
 * `build` has. */
static void add_copy(struct bm_road_build *build, const struct bm_road *road, int32_t north,
                     int32_t east, uint32_t junctions_before) {
    struct bm_road_info info = bm_road_info(road);
    for (uint32_t j = 0; j < info.junctions; j++) {
        struct bm_point point = bm_road_junction(road, j);
        bm_road_build_junction(build, (struct bm_point){point.lat_e7 + north, point.lon_e7 + east});
    }
    struct bm_point *between = NULL;
    for (uint32_t e = 0; e < info.edges; e++) {
        size_t count = bm_road_shape_count(road, e) - 2;
        between = bm_realloc(between, (count + 1) * sizeof *between);
        for (size_t i = 0; i < count; i++) {
            struct bm_point point = bm_road_shape_point(road, e, i + 1);
            between[i] = (struct bm_point){point.lat_e7 + north, point.lon_e7 + east};
        }
        struct bm_edge_given edge = {.first = junctions_before + bm_road_tail(road, 2 * e),
                                     .second = junctions_before + bm_road_tail(road, 2 * e + 1),
                                     .between = between,
                                     .between_count = count,
                                     .name = bm_road_name(road, e)};
        for (int p = 0; p < BM_profile_COUNT; p++) {
            edge.weight[p][0] = road->weights[p][2 * e];
            edge.weight[p][1] = road->weights[p][2 * e + 1];
        }
        bm_road_build_edge(build, &edge);
    }
    bm_free(between);
}

void graph_make_plain(const struct graph *graph, struct graph *ret_plain) {
    struct graph plain = {.network = graph->network, .what = graph->what};
    double begin = bench_now(), cpu_begin = bench_cpu(0);
    struct bm_road_build *build = bm_road_build_new(graph->info.unit_us, graph->what, 0);
    snprintf(plain.path, sizeof plain.path, "%s", bench_path("roads-plain.bmr"));
    add_copy(build, graph->road, 0, 0, 0);
    finish(&plain, build, begin, cpu_begin);
    *ret_plain = plain;
}

/* --- turns ------------------------------------------------------------------------------------ */

/* Compass degrees at which an arc arrives where it ends, or leaves where it begins. */
static double bearing(const struct bm_road *road, uint32_t arc, bool arriving) {
    size_t last = bm_road_shape_count(road, arc / 2) - 1;
    bool at_last = (arc % 2 == 0) == arriving;
    size_t here = at_last ? last : 0, beside = at_last ? last - 1 : 1;
    struct bm_point a = bm_road_shape_point(road, arc / 2, arriving ? beside : here),
                    b = bm_road_shape_point(road, arc / 2, arriving ? here : beside);
    return bm_bearing_deg(a, b);
}

static void add_turns(struct bm_road_build *build, const struct bm_road *road) {
    uint32_t arcs = 2 * bm_road_info(road).edges;
    for (uint32_t from = 0; from < arcs; from++) {
        uint32_t here = bm_arc_head(road, from);
        double arrives = bearing(road, from, true);
        for (uint32_t i = road->out_first[here]; i < road->out_first[here + 1]; i++) {
            uint32_t to = road->out[i].arc;
            double right = fmod(bearing(road, to, false) - arrives + 720, 360);
            bool left = right > 225 && right < 330;
            uint32_t cost = to == (from ^ 1) ? BACK_UNITS : left ? LEFT_UNITS : 0;
            if (!cost) continue;
            struct bm_turn turn = {.from_arc = from, .to_arc = to};
            for (int p = 0; p < BM_profile_COUNT; p++) turn.weight[p] = cost;
            bm_road_build_turn(build, turn);
        }
    }
}

/* --- tiles ------------------------------------------------------------------------------------ */

/* The junctions that lie farthest to one side, one of each of JOINTS stripes across it. */
struct border {
    uint32_t junctions[JOINTS];
    bool there[JOINTS];
};
static struct border find_border(const struct bm_road *road, bool along_lat, bool least) {
    struct bm_road_info info = bm_road_info(road);
    struct border border = {{0}, {0}};
    int64_t begin = along_lat ? info.box.least.lat_e7 : info.box.least.lon_e7;
    int64_t end = along_lat ? info.box.most.lat_e7 : info.box.most.lon_e7;
    int64_t best[JOINTS] = {0};
    for (uint32_t j = 0; j < info.junctions; j++) {
        struct bm_point point = bm_road_junction(road, j);
        int64_t along = along_lat ? point.lat_e7 : point.lon_e7;
        int64_t out = along_lat ? point.lon_e7 : point.lat_e7;
        size_t stripe = (size_t)((along - begin) * JOINTS / (end - begin + 1));
        if (border.there[stripe] && (least ? out >= best[stripe] : out <= best[stripe])) continue;
        border.there[stripe] = true;
        border.junctions[stripe] = j;
        best[stripe] = out;
    }
    return border;
}

/* Straight roads at the highest speed between the borders of two tiles. */
static void join(struct bm_road_build *build, const struct bm_road *road, struct bm_point shift,
                 const struct border *one, const struct border *other, uint32_t one_first,
                 uint32_t other_first) {
    for (size_t i = 0; i < JOINTS; i++) {
        if (!one->there[i] || !other->there[i]) continue;
        struct bm_point a = bm_road_junction(road, one->junctions[i]),
                        b = bm_road_junction(road, other->junctions[i]);
        b.lat_e7 += shift.lat_e7;
        b.lon_e7 += shift.lon_e7;
        uint32_t weight = (uint32_t)(bm_distance_m(a, b) * UNITS_PER_M);
        struct bm_edge_given edge = {.first = one_first + one->junctions[i],
                                     .second = other_first + other->junctions[i]};
        for (int p = 0; p < BM_profile_COUNT; p++) edge.weight[p][0] = edge.weight[p][1] = weight;
        bm_road_build_edge(build, &edge);
    }
}

static void add_tiles(struct bm_road_build *build, const struct bm_road *road) {
    struct bm_road_info info = bm_road_info(road);
    int32_t north = info.box.most.lat_e7 - info.box.least.lat_e7 + TILE_GAP_E7;
    int32_t east = info.box.most.lon_e7 - info.box.least.lon_e7 + TILE_GAP_E7;
    struct border left = find_border(road, true, true), right = find_border(road, true, false);
    struct border below = find_border(road, false, true), above = find_border(road, false, false);
    for (uint32_t t = 0; t < TILES * TILES; t++)
        add_copy(build, road, (int32_t)(t / TILES) * north, (int32_t)(t % TILES) * east,
                 t * info.junctions);
    for (uint32_t t = 0; t < TILES * TILES; t++) {
        uint32_t here = t * info.junctions;
        if (t % TILES + 1 < TILES)
            join(build, road, (struct bm_point){0, east}, &right, &left, here,
                 here + info.junctions);
        if (t / TILES + 1 < TILES)
            join(build, road, (struct bm_point){north, 0}, &above, &below, here,
                 here + TILES * info.junctions);
    }
}

/* What is made of New York. */
static bool make_of_new_york(struct graph *graph) {
    struct graph plain;
    if (!graph_make(NETWORK_NEW_YORK, &plain)) {
        printf("%s: left out with it\n", graph->what);
        return false;
    }
    double begin = bench_now(), cpu_begin = bench_cpu(0);
    struct bm_road_build *build = bm_road_build_new(plain.info.unit_us, graph->what, 0);
    if (graph->network == NETWORK_TILED) {
        add_tiles(build, plain.road);
    } else {
        add_copy(build, plain.road, 0, 0, 0);
        add_turns(build, plain.road);
    }
    graph_free(&plain);
    finish(graph, build, begin, cpu_begin);
    return true;
}

bool graph_make(enum network network, struct graph *ret_graph) {
    struct graph graph = {.network = network, .what = networks[network].what};
    char source[600], coordinates[600];
    const char *file = networks[network].source, *beside = networks[network].coordinates;
    snprintf(graph.path, sizeof graph.path, "%s", bench_path(networks[network].file));
    bool made;
    if (network == NETWORK_CITY) {
        snprintf(source, sizeof source, "%s", bench_path("city.osm"));
        bench_write_city(source);
        made = make_from(&graph, source, NULL);
        bench_remove(source);
    } else if (!file) {
        made = make_of_new_york(&graph);
    } else if (!bench_find_roads(source, sizeof source, file) ||
               (beside && !bench_find_roads(coordinates, sizeof coordinates, beside))) {
        printf("\n%s: left out: no %s in ../shared/data/roads or $BELLMAN_DATA/roads\n", graph.what,
               file);
        made = false;
    } else {
        made = make_from(&graph, source, beside ? coordinates : NULL);
    }
    if (made) *ret_graph = graph;
    return made;
}

/* --- who stands where ------------------------------------------------------------------------- */

struct place place_at(const struct bm_road *road, uint32_t arc) {
    return (struct place){.arc = arc,
                          .spot = {.edge = arc / 2,
                                   .along = arc % 2 ? BM_ALONG_FULL : 0,
                                   .point = bm_road_junction(road, bm_road_tail(road, arc))}};
}

struct place place_random(const struct graph *graph, struct bm_rng *rng) {
    return place_at(graph->road, (uint32_t)bm_rng_below(rng, 2 * (uint64_t)graph->info.edges));
}

struct place place_next(const struct graph *graph, const struct place *place, struct bm_rng *rng) {
    const struct bm_road *road = graph->road;
    uint32_t here = bm_road_tail(road, place->arc);
    uint32_t first = road->out_first[here], count = road->out_first[here + 1] - first;
    uint32_t over = road->out[first + (uint32_t)bm_rng_below(rng, count)].arc;
    return place_at(road, over ^ 1);
}

int64_t graph_ms(const struct graph *graph, uint64_t units) {
    if (units == UINT64_MAX) return BM_TRAVEL_NONE;
    return (int64_t)(units * graph->info.unit_us / 1000);
}
