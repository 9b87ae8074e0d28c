#include "import/roads.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { OSM_UNIT_US = 1000, DIMACS_UNIT_US = 3600 };

void bm_tell(const struct bm_tell *tell, const char *format, ...) {
    if (!tell || !tell->say) return;
    char text[400];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    tell->say(tell->context, text);
}

static const char *file_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

enum bm_code bm_roads_make(const struct bm_roads_source *source, const struct bm_tell *tell,
                           struct bm_buf *buf, struct bm_road_counts *ret_counts,
                           struct bm_fault *fault) {
    bool dimacs = bm_roads_is_dimacs(source->path);
    if (!dimacs && (source->unit_us || source->coordinates))
        return bm_fault_set(
            fault, BM_BAD_REQUEST, NULL,
            "A unit and coordinates are for DIMACS files (.gr, .gr.gz); %s is none.", source->path);
    bool geojson = bm_roads_is_geojson(source->path);
    if (!geojson && (source->datum != BM_DATUM_WGS84 || source->join_cm))
        return bm_fault_set(fault, BM_BAD_REQUEST, NULL,
                            "A datum and joined ends are for GeoJSON (.geojson, .geojsonl, .json); "
                            "%s is none.",
                            source->path);
    uint32_t unit_us = !dimacs ? OSM_UNIT_US : source->unit_us ? source->unit_us : DIMACS_UNIT_US;
    struct bm_road_build *build = bm_road_build_new(unit_us, file_name(source->path),
                                                    source->made_at_ms);
    struct bm_road_counts counts = {0};
    enum bm_code code = dimacs    ? bm_roads_from_dimacs(source->path, source->coordinates, unit_us,
                                                         tell, build, &counts, fault)
                        : geojson ? bm_roads_from_geojson(source, tell, build, &counts, fault)
                                  : bm_roads_from_osm(source->path, tell, build, &counts, fault);
    if (!code) bm_tell(tell, "roads: putting the file together");
    if (!code) code = bm_road_build_write(build, buf, fault);
    bm_road_build_free(build);
    if (!code) *ret_counts = counts;
    return code;
}
