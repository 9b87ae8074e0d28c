/* GeoJSON lines into junctions and edges.  A place is its own number: what stands at the same 1e-7
 * degree is one node, so that lines meet wherever they share a place, at an end or in between. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "import/geojson.h"
#include "import/net.h"

enum { READ_BYTES = 1 << 16, TELL_EVERY = 100000 };

struct reading {
    const struct bm_roads_source *source;
    const struct bm_tell *tell;
    struct bm_net net;
    struct bm_geojson_road road;
    uint64_t features;
    int64_t *refs;
    size_t ref_cap;
};

bool bm_roads_is_geojson(const char *path) {
    static const char *const ends[] = {".geojson", ".geojsonl", ".geojsons", ".ndjson", ".json"};
    size_t len = strlen(path);
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        size_t end = strlen(ends[i]);
        if (len > end && strcmp(path + len - end, ends[i]) == 0) return true;
    }
    return false;
}

static int64_t number_of(struct bm_point point) {
    return (point.lat_e7 + INT64_C(900000000)) * INT64_C(3600000001) +
           (point.lon_e7 + INT64_C(1800000000));
}

static void take_line(struct reading *reading, const struct bm_point *points, size_t count) {
    reading->refs = bm_net_room(reading->refs, count, &reading->ref_cap, sizeof *reading->refs);
    bool moves = false;
    for (size_t i = 0; i < count; i++) {
        struct bm_point point = bm_datum_to_wgs84(reading->source->datum, points[i]);
        reading->refs[i] = number_of(point);
        moves |= reading->refs[i] != reading->refs[0];
        bm_net_node(&reading->net, (struct bm_net_node){.id = reading->refs[i], .point = point});
    }
    if (!moves) {
        reading->net.counts.lines_without_length++;
        return;
    }
    bm_net_way(&reading->net, (int64_t)reading->features, reading->refs, count,
               &reading->road.rules, reading->road.name);
}

static enum bm_code take_feature(void *context, const char *text, size_t len,
                                 struct bm_fault *fault) {
    struct reading *reading = context;
    struct bm_geojson_road *road = &reading->road;
    struct bm_fault inner = {0};
    reading->features++;
    enum bm_code code = bm_geojson_road_read(road, text, len, &inner);
    if (code)
        return bm_fault_set(fault, code, inner.field, "%s, feature %" PRIu64 "%s%s: %s",
                            reading->source->path, reading->features, inner.field[0] ? ", " : "",
                            inner.field, inner.detail);
    if (!road->open) reading->net.counts.ways_closed++;
    for (size_t i = 0; i < road->end_count && road->open; i++) {
        size_t first = i ? road->ends[i - 1] : 0;
        take_line(reading, road->points + first, road->ends[i] - first);
    }
    if (reading->features % TELL_EVERY == 0)
        bm_tell(reading->tell, "roads: %" PRIu64 " features read", reading->features);
    return bm_net_fits(&reading->net, fault);
}

static enum bm_code read_file(struct reading *reading, FILE *file, struct bm_fault *fault) {
    const char *path = reading->source->path;
    struct bm_geojson geojson = bm_geojson_make();
    struct bm_fault inner = {0};
    char *bytes = bm_alloc(READ_BYTES);
    enum bm_code code = BM_OK;
    size_t len;
    while (!code && (len = fread(bytes, 1, READ_BYTES, file)) > 0)
        code = bm_geojson_feed(&geojson, bytes, len, take_feature, reading, &inner);
    if (!code && ferror(file))
        code = bm_fault_set(&inner, BM_IO, NULL, "it could not be read to its end.");
    if (!code) code = bm_geojson_end(&geojson, &inner);
    /* A feature's own fault names the file already. */
    bool named = strncmp(inner.detail, path, strlen(path)) == 0;
    if (code)
        bm_fault_set(fault, code, inner.field, "%s%s%s", named ? "" : path, named ? "" : ": ",
                     inner.detail);
    bm_geojson_free(&geojson);
    bm_free(bytes);
    return code;
}

static enum bm_code make(struct reading *reading, struct bm_fault *fault) {
    struct bm_net *net = &reading->net;
    bm_tell(reading->tell, "roads: %" PRIu64 " features read; making junctions and edges",
            reading->features);
    bm_net_resolve(net);
    net->counts.ends_joined = bm_net_join(net, reading->source->join_cm);
    bm_net_cut(net);
    net->counts.features = reading->features;
    if (net->edge_count) return BM_OK;
    return bm_fault_set(fault, BM_NOT_FOUND, NULL,
                        "There is no road or path in %s (%" PRIu64 " features).",
                        reading->source->path, reading->features);
}

enum bm_code bm_roads_from_geojson(const struct bm_roads_source *source, const struct bm_tell *tell,
                                   struct bm_road_build *build, struct bm_road_counts *ret_counts,
                                   struct bm_fault *fault) {
    struct reading reading = {.source = source, .tell = tell, .net = {.build = build}};
    FILE *file = access(source->path, R_OK) == 0 ? fopen(source->path, "rb") : NULL;
    if (!file)
        return bm_fault_set(fault, BM_NOT_FOUND, NULL,
                            "%s cannot be read: there is no such file, or "
                            "you may not read it.",
                            source->path);
    bm_tell(tell, "roads: reading %s", source->path);
    enum bm_code code = read_file(&reading, file, fault);
    fclose(file);
    if (!code) code = make(&reading, fault);
    if (!code) *ret_counts = reading.net.counts;
    bm_net_free(&reading.net);
    bm_geojson_road_free(&reading.road);
    bm_free(reading.refs);
    return code;
}
