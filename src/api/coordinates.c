#include "api/coordinates.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

enum bm_code bm_datum_read(const char *word, enum bm_datum *ret_datum, struct bm_fault *fault) {
    for (int datum = 0; word && datum < BM_datum_COUNT; datum++) {
        if (strcmp(word, bm_datum_names[datum]) != 0) continue;
        *ret_datum = (enum bm_datum)datum;
        return BM_OK;
    }
    if (!word) {
        *ret_datum = BM_DATUM_WGS84;
        return BM_OK;
    }
    return bm_fault_set(fault, BM_UNKNOWN_WORD, "datum",
                        "\"datum\" must be one of: wgs84, gcj02, bd09.");
}

/* --- bodies ----------------------------------------------------------------------------------- */

bool bm_shape_has_points(const struct bm_shape *shape) {
    for (uint16_t i = 0; i < shape->field_count; i++) {
        enum bm_field_kind kind = shape->fields[i].kind;
        if (kind == BM_F_E7 || kind == BM_F_POINTS) return true;
    }
    return false;
}

enum bm_code bm_body_datum(const struct bm_shape *shape, const json_t *body, json_t **ret_body,
                           enum bm_datum *ret_datum, struct bm_fault *fault) {
    const json_t *given = bm_shape_has_points(shape) ? json_object_get(body, "datum") : NULL;
    enum bm_datum datum = BM_DATUM_WGS84;
    if (given && !json_is_null(given)) {
        const char *word = json_string_value(given);
        enum bm_code code = bm_datum_read(word ? word : "", &datum, fault);
        if (code) return code;
    }
    json_t *rest = given ? json_copy((json_t *)body) : json_incref((json_t *)body);
    if (given) json_object_del(rest, "datum");
    *ret_body = rest;
    *ret_datum = datum;
    return BM_OK;
}

static void convert(enum bm_datum datum, int32_t *lat_e7, int32_t *lon_e7) {
    struct bm_point point = bm_datum_to_wgs84(datum, (struct bm_point){*lat_e7, *lon_e7});
    *lat_e7 = point.lat_e7;
    *lon_e7 = point.lon_e7;
}

enum bm_code bm_record_to_wgs84(const struct bm_shape *shape, enum bm_datum datum, void *record,
                                struct bm_fault *fault) {
    if (datum == BM_DATUM_WGS84) return BM_OK;
    const struct bm_field *lat = bm_shape_find(shape, "lat"), *lon = bm_shape_find(shape, "lon");
    if (lat && lon) {
        int32_t *lat_e7 = bm_field_in(lat, record), *lon_e7 = bm_field_in(lon, record);
        bool has_lat = *lat_e7 != BM_E7_NONE, has_lon = *lon_e7 != BM_E7_NONE;
        if (has_lat != has_lon)
            return bm_fault_set(fault, BM_MISSING_FIELD, has_lat ? "lon" : "lat",
                                "Send \"lat\" and \"lon\" together: they are converted from %s.",
                                bm_datum_names[datum]);
        if (has_lat) convert(datum, lat_e7, lon_e7);
    }
    for (uint16_t i = 0; i < shape->field_count; i++) {
        if (shape->fields[i].kind != BM_F_POINTS) continue;
        struct bm_points *points = bm_field_in(&shape->fields[i], record);
        for (uint64_t at = 0; at < points->count; at++)
            convert(datum, &points->e7[2 * at], &points->e7[2 * at + 1]);
    }
    return BM_OK;
}

/* --- queries ---------------------------------------------------------------------------------- */

static enum bm_code query_datum(struct bm_call *call, enum bm_datum *ret_datum) {
    char word[16];
    enum bm_code code = bm_http_query(call->request, "datum", word, sizeof word);
    if (code == BM_NOT_FOUND) return bm_datum_read(NULL, ret_datum, &call->fault);
    return bm_datum_read(code ? "" : word, ret_datum, &call->fault);
}

enum bm_code bm_query_point_text(struct bm_call *call, const char *name, const char *text,
                                 struct bm_point *ret_point) {
    char *end;
    enum bm_datum datum;
    enum bm_code code = query_datum(call, &datum);
    if (code) return code;
    double lat = strtod(text, &end);
    bool comma = end != text && *end == ',';
    char *second = end + 1;
    double lon = comma ? strtod(second, &end) : 0;
    if (comma && end != second && !*end && lat >= -90 && lat <= 90 && lon >= -180 && lon <= 180) {
        *ret_point = bm_datum_to_wgs84(
            datum, (struct bm_point){(int32_t)llround(lat * 1e7), (int32_t)llround(lon * 1e7)});
        return BM_OK;
    }
    return bm_fault_set(&call->fault, BM_OUT_OF_RANGE, name,
                        "Send %s=LAT,LON in decimal degrees (WGS 84, unless datum=gcj02 or bd09 is "
                        "said), like %s=49.4093,8.6942.",
                        name, name);
}

enum bm_code bm_query_point(struct bm_call *call, const char *name, struct bm_point *ret_point) {
    char text[64];
    bool said = bm_http_query(call->request, name, text, sizeof text) == BM_OK;
    return bm_query_point_text(call, name, said ? text : "", ret_point);
}

/* GET /v1/coordinates: what a person has read off a Chinese map, as the desk will keep it. */
void bm_handle_coordinates(struct bm_call *call) {
    enum bm_datum datum = BM_DATUM_WGS84;
    struct bm_point point;
    call->code = bm_query_point(call, "at", &point);
    if (!call->code) call->code = query_datum(call, &datum);
    if (!call->code) {
        bool moved = datum != BM_DATUM_WGS84 && bm_datum_moves(point);
        bm_buf_text(&call->out, "{\"lat\":");
        bm_json_e7(&call->out, point.lat_e7);
        bm_buf_text(&call->out, ",\"lon\":");
        bm_json_e7(&call->out, point.lon_e7);
        bm_buf_printf(&call->out, ",\"datum\":\"%s\",\"from\":\"%s\",\"moved\":%s}",
                      bm_datum_names[BM_DATUM_WGS84], bm_datum_names[datum],
                      moved ? "true" : "false");
    }
    bm_call_finish(call);
}
