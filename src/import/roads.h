/* Roads from outside: OpenStreetMap, DIMACS and GeoJSON files into a road file's builder.
 *
 * All read the whole file, check it, and hand junctions, edges and turns to `build`
 * (road/build.h); nothing of the builder is of use after a fault.  Progress goes line by line to
 * `tell`. */
#ifndef BM_IMPORT_ROADS_H
#define BM_IMPORT_ROADS_H

#include "base/code.h"
#include "geo/datum.h"
#include "road/build.h"

/* Where progress goes. */
struct bm_tell {
    void (*say)(void *context, const char *text); /* NULL: nobody listens */
    void *context;
};
void bm_tell(const struct bm_tell *tell, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

struct bm_road_counts {
    uint64_t junctions, edges, turns;
    /* OSM: */
    uint64_t ways;          /* that become roads */
    uint64_t ways_closed;   /* roads on which nobody may drive or walk */
    uint64_t missing_nodes; /* references to nodes that the file lacks: the way is cut there */
    uint64_t barriers;      /* nodes that stop cars or those who walk */
    uint64_t turns_by_way;  /* restrictions over a way, passed over */
    uint64_t turns_unclear; /* restrictions whose members do not meet, passed over */
    /* GeoJSON: */
    uint64_t features;
    uint64_t ends_joined;          /* ends of lines that did not quite meet what they were joined to */
    uint64_t lines_without_length; /* passed over */
    /* DIMACS: */
    uint64_t arcs; /* in the file */
    uint64_t
        arcs_dropped; /* from a node to itself, or slower than another between the same nodes */
};

/* Anything that osmium reads (.osm.pbf, .osm, .osm.gz, ...).  Weights are milliseconds: the
 * builder's unit is 1000 us. Most nodes: BM_ROAD_JUNCTIONS_MAX; needs some 24 bytes a node and 8 a
 * reference in memory. BM_NOT_FOUND: no such file, osmium is not installed, or no roads in it;
 * BM_BAD_FORMAT with osmium's own words. */
BM_MUST_USE enum bm_code bm_roads_from_osm(const char *path, const struct bm_tell *tell,
                                           struct bm_road_build *build,
                                           struct bm_road_counts *ret_counts,
                                           struct bm_fault *fault);

/* `.gr` or `.gr.gz` (9th DIMACS challenge, shortest paths), with coordinates in degrees x 1e6 in
 * `coordinates`, or, when that is NULL, in the file of the same name with .co for .gr beside it, or
 * with "-d." for "-t." too (travel times share the coordinates of distances).  Weights stay in the
 * file's unit, `unit_us` microseconds; the file says nothing of walking, so that those who walk go along the straight
 * line between the nodes, both ways, on all of them.  Faults name file and line. */
BM_MUST_USE enum bm_code bm_roads_from_dimacs(const char *path, const char *coordinates,
                                              uint32_t unit_us, const struct bm_tell *tell,
                                              struct bm_road_build *build,
                                              struct bm_road_counts *ret_counts,
                                              struct bm_fault *fault);
/* Whether the name is one of those. */
bool bm_roads_is_dimacs(const char *path);

/* `.geojson`, `.geojsonl`, `.geojsons`, `.ndjson`, `.json`: lines of agencies that keep their own roads (geojson.h says
 * what a feature may say).  Lines meet where they share a place to 1e-7 degree, at their ends or in between; with
 * `join_cm` an end that meets nothing is joined to the nearest place of another line within so many centimetres.
 * Coordinates in another datum than WGS 84 are converted.  Weights are milliseconds.  The file is read feature by feature;
 * memory: 40 bytes a place, 8 more for each time it is used, and 64 a line.  Faults name file, feature (from 1) and
 * property. */
struct bm_roads_source;
BM_MUST_USE enum bm_code bm_roads_from_geojson(const struct bm_roads_source *source,
                                               const struct bm_tell *tell,
                                               struct bm_road_build *build,
                                               struct bm_road_counts *ret_counts,
                                               struct bm_fault *fault);
bool bm_roads_is_geojson(const char *path);

/* A whole road file: reads `path` by whichever of the three fits its name, and appends the file's
 * bytes to `buf`. `unit_us`: microseconds of one unit of weight of a DIMACS file, 0 for the usual
 * 3600 (the challenge's times: distance in 0.1 m by 100 km/h); BM_BAD_REQUEST when one is given for
 * another file, whose unit is known. */
enum { BM_ROADS_JOIN_CM_MAX = 1000 };
struct bm_roads_source {
    const char *path, *coordinates; /* coordinates: NULL or a file, DIMACS only */
    uint32_t unit_us;
    enum bm_datum datum; /* of the coordinates; another than WGS 84 for GeoJSON only */
    uint32_t join_cm;    /* 0 to BM_ROADS_JOIN_CM_MAX, GeoJSON only */
    int64_t made_at_ms;
};
BM_MUST_USE enum bm_code bm_roads_make(const struct bm_roads_source *source,
                                       const struct bm_tell *tell, struct bm_buf *buf,
                                       struct bm_road_counts *ret_counts, struct bm_fault *fault);

#endif
