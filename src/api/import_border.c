/* Borders as GeoJSON (RFC 7946, 3.1.6): a Polygon's rings, a MultiPolygon's polygons; longitude first. */
#include <math.h>
#include <string.h>

#include "api/imports.h"
#include "base/json.h"
#include "core/area.h"

/* Of a ring of more points it is not looked whether it crosses itself: that takes the square of them. */
enum { CROSSING_POINTS_MAX = 1500 };

static enum bm_code wrong(struct bm_fault *fault, const char **ret_reason, const char *reason, const char *detail) {
    *ret_reason = reason;
    return bm_fault_set(fault, BM_OUT_OF_RANGE, "geometry", "%s", detail);
}

static enum bm_code read_point(const json_t *place, struct bm_point *ret, const char **ret_reason, struct bm_fault *fault) {
    const json_t *lon = json_array_get(place, 0), *lat = json_array_get(place, 1);
    double x = json_number_value(lon), y = json_number_value(lat);
    if (json_is_number(lon) && json_is_number(lat) && fabs(x) <= 180 && fabs(y) <= 90) {
        *ret = (struct bm_point){(int32_t)lround(y * 1e7), (int32_t)lround(x * 1e7)};
        return BM_OK;
    }
    return wrong(fault, ret_reason, "border_point",
                 "A point of the border is [longitude, latitude] in degrees, WGS 84, longitude first.");
}

static enum bm_code read_ring(const json_t *ring, struct bm_buf *shape, const char **ret_reason, struct bm_fault *fault) {
    static const size_t most = BM_AREA_POINTS_MAX;
    struct bm_point points[BM_AREA_POINTS_MAX];
    size_t given = json_array_size(ring), count = 0;
    if (given > most + 1)
        return bm_fault_set(fault, BM_TOO_LONG, "geometry", "A border has at most %zu points; make it simpler.", most);
    for (size_t i = 0; i < given; i++) {
        struct bm_point point;
        enum bm_code code = read_point(json_array_get(ring, i), &point, ret_reason, fault);
        if (code) return code;
        bool closes = i > 0 && i + 1 == given && point.lat_e7 == points[0].lat_e7 && point.lon_e7 == points[0].lon_e7;
        if (closes) break;
        if (count == most) return bm_fault_set(fault, BM_TOO_LONG, "geometry", "A border has at most %zu points; make it simpler.", most);
        points[count++] = point;
    }
    if (count < 3) return wrong(fault, ret_reason, "border_few", "A ring of the border has fewer than three points.");
    if (count <= CROSSING_POINTS_MAX && bm_polygon_meets_itself(points, count))
        return wrong(fault, ret_reason, "border_crosses", "The border crosses itself; nobody can say what lies inside.");
    bm_area_ring(shape, points, count);
    return BM_OK;
}

static enum bm_code read_polygon(const json_t *rings, struct bm_buf *shape, const char **ret_reason, struct bm_fault *fault) {
    enum bm_code code = BM_OK;
    if (!json_array_size(rings))
        return wrong(fault, ret_reason, "border_kind", "A polygon is a list of rings, and each a list of points.");
    for (size_t r = 0; r < json_array_size(rings) && !code; r++) code = read_ring(json_array_get(rings, r), shape, ret_reason, fault);
    return code;
}

enum bm_code bm_border_read(const json_t *geometry, struct bm_buf *shape, const char **ret_reason, struct bm_fault *fault) {
    const char *type = json_string_value(json_object_get(geometry, "type"));
    const json_t *coordinates = json_object_get(geometry, "coordinates");
    enum bm_code code = BM_OK;
    if (type && strcmp(type, "Polygon") == 0) {
        code = read_polygon(coordinates, shape, ret_reason, fault);
    } else if (type && strcmp(type, "MultiPolygon") == 0 && json_array_size(coordinates)) {
        for (size_t p = 0; p < json_array_size(coordinates) && !code; p++)
            code = read_polygon(json_array_get(coordinates, p), shape, ret_reason, fault);
    } else {
        code = wrong(fault, ret_reason, "border_kind", "A border is a Polygon or a MultiPolygon.");
    }
    if (!code && shape->overflow) code = bm_fault_set(fault, BM_TOO_LONG, "geometry", "The border is too long; make it simpler.");
    if (!code) bm_area_seal(shape);
    return code;
}

/* All rings as one Polygon's: outer ones and holes are told apart by what lies in what, as they are here. */
void bm_border_write(const struct bm_bytes *shape, struct bm_buf *out) {
    struct bm_point points[BM_AREA_POINTS_MAX];
    size_t count;
    bm_buf_text(out, "{\"type\":\"Polygon\",\"coordinates\":[");
    for (size_t r = 0; (count = bm_area_ring_at(shape, r, points)); r++) {
        bm_buf_text(out, r ? ",[" : "[");
        for (size_t i = 0; i <= count; i++) {
            bm_buf_text(out, i ? ",[" : "[");
            bm_json_e7(out, points[i % count].lon_e7);
            bm_buf_byte(out, ',');
            bm_json_e7(out, points[i % count].lat_e7);
            bm_buf_byte(out, ']');
        }
        bm_buf_byte(out, ']');
    }
    bm_buf_text(out, "]}");
}
