/* GeoJSON (RFC 7946) road lines, one feature after the other.  Pure.
 *
 * Bytes go in as they come; whole features come out, so that a file of any length needs the memory of its longest feature:
 *   {"type":"FeatureCollection","features":[{...},{...}]}    or features by themselves, one after another (line by line,
 *   with or without the record separators of RFC 8142).
 * A feature is a LineString or MultiLineString; longitude first, WGS 84 unless the import is told another datum.
 *
 * Properties (all others are passed over; null is as if it were not there):
 *   class or highway   OpenStreetMap's word for the class of road; none: "road" (30 km/h).  way.h says what each means.
 *   name               in any script; at most BM_GEOJSON_NAME_MAX bytes
 *   speed_kmh          what an ordinary car drives on average, both ways; more than 0, at most 300
 *   speed_emergency_kmh, speed_foot_kmh    the same for vehicles with lights and sirens (otherwise a quarter more than
 *                      speed_kmh, as way.h says) and for those who walk (at most 20)
 *   maxspeed           the sign: a number (km/h) or text as in OpenStreetMap ("30 mph", "CN:urban"); the speed follows from it
 *   oneway             true, "yes", 1: only along the line; -1, "reverse": only against it; false, "no", 0: both ways
 *   foot               true, "yes" / false, "no", or a word of OpenStreetMap
 *   access, vehicle, motor_vehicle, motorcar, psv, bus, emergency, surface, junction, service, area, sac_scale, conveying,
 *   oneway:foot, oneway:motor_vehicle, maxspeed:forward, maxspeed:backward    as in OpenStreetMap
 * A value that says nothing known is refused, not guessed. */
#ifndef BM_IMPORT_GEOJSON_H
#define BM_IMPORT_GEOJSON_H

#include <jansson.h>

#include "base/buf.h"
#include "geo/point.h"
#include "import/way.h"

enum {
    BM_GEOJSON_FEATURE_MAX = 16 << 20, /* bytes of one feature, and of a collection around its features */
    BM_GEOJSON_POINTS_MAX = 500000,    /* of one line */
    BM_GEOJSON_NAME_MAX = 255
};

/* --- features out of bytes --------------------------------------------------------------------- */

/* Called with each whole feature's text; stops the reading when it does not return BM_OK. */
typedef enum bm_code bm_geojson_feature_fn(void *context, const char *text, size_t len, struct bm_fault *fault);

struct bm_geojson {
    struct bm_buf shell;   /* what stands around the features */
    struct bm_buf feature; /* the one that is being read */
    int depth;             /* of brackets in whichever is read */
    bool begun, in_text, escaped, has_features, in_features;
    uint8_t marked; /* bytes of the mark that some editors put first; 3: it is behind us */
    enum { BM_GEOJSON_FIRST, BM_GEOJSON_AFTER_ONE, BM_GEOJSON_AFTER_COMMA } place; /* in "features" */
    char key[16]; /* the last text at the first depth, cut */
    size_t key_len;
    uint64_t features; /* so far */
};
struct bm_geojson bm_geojson_make(void);
void bm_geojson_free(struct bm_geojson *geojson);
/* BM_BAD_FORMAT: no JSON, or no collection of features; BM_TOO_LONG: a feature past its maximum.  After a fault nothing
 * more may be fed. */
BM_MUST_USE enum bm_code bm_geojson_feed(struct bm_geojson *geojson, const char *bytes, size_t len,
                                         bm_geojson_feature_fn *take, void *context, struct bm_fault *fault);
/* After the last byte: BM_BAD_FORMAT when the file is cut off. */
BM_MUST_USE enum bm_code bm_geojson_end(const struct bm_geojson *geojson, struct bm_fault *fault);

/* --- what a feature says ----------------------------------------------------------------------- */

struct bm_geojson_road {
    char name[BM_GEOJSON_NAME_MAX + 1];
    struct bm_way rules;
    bool open;                /* somebody may drive or walk on it */
    struct bm_point *points;  /* of all lines; reused from feature to feature */
    size_t point_count, point_cap;
    size_t *ends;             /* per line: where its points end */
    size_t end_count, end_cap;
};
void bm_geojson_road_free(struct bm_geojson_road *road);
/* `road` is zeroed before the first use.  Faults name the member or property, and the mend. */
BM_MUST_USE enum bm_code bm_geojson_road_read(struct bm_geojson_road *road, const char *text, size_t len,
                                              struct bm_fault *fault);

#endif
