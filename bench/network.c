/* Roads for a benchmark: New York when its files are there, else the demo's city. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "import/output.h"
#include "import/roads.h"
#include "sim/city.h"

enum { NY_UNIT_US = 3600, CITY_SEED = 1 };

bool bench_find_roads(char *ret_path, size_t cap, const char *name) {
    const char *data = getenv("BELLMAN_DATA");
    snprintf(ret_path, cap, "%s/roads/%s", data ? data : "../shared/data", name);
    return access(ret_path, R_OK) == 0;
}

void bench_write_city(const char *path) {
    struct bm_fault fault = {0};
    struct bm_buf xml = bm_buf_make(BM_CITY_XML_MAX);
    struct bm_city *city = bm_city_new(CITY_SEED);
    bm_city_write(city, &xml);
    bm_city_free(city);
    if (bm_output_write(path, xml.bytes, xml.len, &fault)) bench_die("%s", fault.detail);
    bm_buf_free(&xml);
}

struct bench_roads bench_make_roads(void) {
    struct bench_roads roads = {.what = "the demo's city (New York's files are not there)"};
    char graph[600], points[600];
    struct bm_roads_source source = {.path = graph, .made_at_ms = bench_wall_ms()};
    if (bench_find_roads(graph, sizeof graph, "USA-road-t.NY.gr.gz") &&
        bench_find_roads(points, sizeof points, "USA-road-d.NY.co.gz")) {
        roads.what = "New York (DIMACS: 264,346 junctions, 733,846 arcs)";
        roads.real = true;
        source.coordinates = points;
        source.unit_us = NY_UNIT_US;
    } else {
        snprintf(graph, sizeof graph, "%s", bench_path("city.osm"));
        bench_write_city(graph);
    }
    struct bm_buf buf = bm_buf_make(SIZE_MAX / 2);
    struct bm_tell quietly = {NULL, NULL};
    struct bm_road_counts counts;
    struct bm_fault fault = {0};
    snprintf(roads.path, sizeof roads.path, "%s", bench_path("roads.bmr"));
    if (bm_roads_make(&source, &quietly, &buf, &counts, &fault) ||
        bm_output_write(roads.path, buf.bytes, buf.len, &fault))
        bench_die("%s", fault.detail);
    bm_buf_free(&buf);
    return roads;
}
