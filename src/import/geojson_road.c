/* What a feature says: its lines, and its properties, which become the tags that way.c judges. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "import/geojson.h"
#include "import/net.h"

enum { SPEED_MOST_KMH = 300, WALK_MOST_KMH = 20, TAGS_MAX = 24, TEXT_BYTES = 32 };

void bm_geojson_road_free(struct bm_geojson_road *road) {
    bm_free(road->points);
    bm_free(road->ends);
}

/* --- lines -------------------------------------------------------------------------------------
 */

static enum bm_code bad_place(double lon, double lat, struct bm_fault *fault) {
    bool swapped = fabs(lon) <= 90 && fabs(lat) > 90 && fabs(lat) <= 180;
    return bm_fault_set(fault, BM_OUT_OF_RANGE, "coordinates", "[%.7g, %.7g] is no place%s.", lon,
                        lat,
                        swapped ? ": longitude comes first in GeoJSON, and these look swapped"
                                : ": longitude (-180 to 180) comes first, then latitude (-90 to "
                                  "90), in degrees");
}

static enum bm_code read_place(const json_t *place, struct bm_point *ret, struct bm_fault *fault) {
    const json_t *lon = json_array_get(place, 0), *lat = json_array_get(place, 1);
    if (!json_is_number(lon) || !json_is_number(lat))
        return bm_fault_set(fault, BM_WRONG_TYPE, "coordinates",
                            "A place of a line is [longitude, latitude], two numbers.");
    double x = json_number_value(lon), y = json_number_value(lat);
    if (!(fabs(x) <= 180 && fabs(y) <= 90)) return bad_place(x, y, fault);
    *ret = (struct bm_point){(int32_t)lround(y * 1e7), (int32_t)lround(x * 1e7)};
    return BM_OK;
}

static enum bm_code read_line(struct bm_geojson_road *road, const json_t *line,
                              struct bm_fault *fault) {
    size_t count = json_array_size(line);
    if (count < 2)
        return bm_fault_set(fault, BM_MISSING_FIELD, "coordinates",
                            "A line has at least two places: [[lon, lat], [lon, lat]].");
    if (road->point_count + count > BM_GEOJSON_POINTS_MAX)
        return bm_fault_set(fault, BM_TOO_LONG, "coordinates",
                            "A feature has at most %d places: cut it into pieces.",
                            BM_GEOJSON_POINTS_MAX);
    road->points = bm_net_room(road->points, road->point_count + count, &road->point_cap,
                               sizeof *road->points);
    for (size_t i = 0; i < count; i++) {
        enum bm_code code = read_place(json_array_get(line, i), &road->points[road->point_count],
                                       fault);
        if (code) return code;
        road->point_count++;
    }
    road->ends = bm_net_room(road->ends, road->end_count + 1, &road->end_cap, sizeof *road->ends);
    road->ends[road->end_count++] = road->point_count;
    return BM_OK;
}

static enum bm_code read_geometry(struct bm_geojson_road *road, const json_t *feature,
                                  struct bm_fault *fault) {
    const json_t *geometry = json_object_get(feature, "geometry");
    const char *type = json_string_value(json_object_get(geometry, "type"));
    const json_t *lines = json_object_get(geometry, "coordinates");
    if (!type)
        return bm_fault_set(fault, BM_MISSING_FIELD, "geometry",
                            "A road needs a geometry: a LineString or MultiLineString.");
    if (strcmp(type, "LineString") == 0) return read_line(road, lines, fault);
    if (strcmp(type, "MultiLineString") != 0)
        return bm_fault_set(fault, BM_WRONG_TYPE, "geometry",
                            "\"%.40s\" is no road: only LineString and MultiLineString are read. "
                            "Take the others out of the file.",
                            type);
    if (!json_array_size(lines))
        return bm_fault_set(fault, BM_MISSING_FIELD, "coordinates",
                            "A MultiLineString has at least one line.");
    for (size_t i = 0; i < json_array_size(lines); i++) {
        enum bm_code code = read_line(road, json_array_get(lines, i), fault);
        if (code) return code;
    }
    return BM_OK;
}

/* --- properties --------------------------------------------------------------------------------
 */

/* Properties as tags; numbers and yes and no are written out. */
struct tags {
    struct bm_opl_tag tags[TAGS_MAX];
    char texts[TAGS_MAX][TEXT_BYTES];
    size_t count;
};

static const char *const as_in_osm[] = {"foot",
                                        "access",
                                        "vehicle",
                                        "motor_vehicle",
                                        "motorcar",
                                        "psv",
                                        "bus",
                                        "emergency",
                                        "surface",
                                        "junction",
                                        "service",
                                        "area",
                                        "sac_scale",
                                        "conveying",
                                        "oneway:foot",
                                        "oneway:motor_vehicle",
                                        "maxspeed",
                                        "maxspeed:forward",
                                        "maxspeed:backward",
                                        "oneway"};

static const json_t *given(const json_t *properties, const char *name) {
    const json_t *value = json_object_get(properties, name);
    return json_is_null(value) ? NULL : value;
}

static enum bm_code add_tag(struct tags *tags, const char *key, const json_t *value,
                            struct bm_fault *fault) {
    char *text = tags->texts[tags->count];
    struct bm_opl_tag *tag = &tags->tags[tags->count];
    if (json_is_string(value))
        *tag = (struct bm_opl_tag){key, json_string_value(value)};
    else if (json_is_boolean(value))
        *tag = (struct bm_opl_tag){key, json_is_true(value) ? "yes" : "no"};
    else if (json_is_number(value)) {
        snprintf(text, TEXT_BYTES, "%.9g", json_number_value(value));
        *tag = (struct bm_opl_tag){key, text};
    } else
        return bm_fault_set(fault, BM_WRONG_TYPE, key,
                            "\"%s\" must be a text, a number, or true or false.", key);
    tags->count++;
    return BM_OK;
}

static enum bm_code check_oneway(const char *key, const char *word, struct bm_fault *fault) {
    static const char *const words[] = {"yes",        "no",          "true", "false",
                                        "1",          "0",           "-1",   "reverse",
                                        "reversible", "alternating", "both", NULL};
    for (int i = 0; words[i]; i++) {
        if (strcmp(words[i], word) == 0) return BM_OK;
    }
    return bm_fault_set(fault, BM_UNKNOWN_WORD, key,
                        "\"%s\" must be true (along the line), -1 (against it) or false.", key);
}

static enum bm_code check_limit(const char *key, const char *text, struct bm_fault *fault) {
    if (text[0] != '-' && bm_way_limit(text)) return BM_OK;
    return bm_fault_set(
        fault, BM_OUT_OF_RANGE, key,
        "\"%s\" is \"%.40s\": give km/h, more than 0 and at most %d (or \"30 mph\", "
        "\"CN:urban\"), or leave it out.",
        key, text, SPEED_MOST_KMH);
}

static enum bm_code read_class(const json_t *properties, struct tags *tags,
                               struct bm_fault *fault) {
    const char *key = given(properties, "class") ? "class" : "highway";
    const json_t *value = given(properties, key);
    const char *word = value ? json_string_value(value) : "road";
    if (!word || !bm_way_is_class(word))
        return bm_fault_set(
            fault, BM_UNKNOWN_WORD, key,
            "\"%s\" must be a class of OpenStreetMap (motorway, trunk, primary, "
            "secondary, tertiary, residential, service, track, footway, path ...); or "
            "leave it out and give \"speed_kmh\".",
            key);
    tags->tags[tags->count++] = (struct bm_opl_tag){"highway", word};
    return BM_OK;
}

static enum bm_code read_tags(const json_t *properties, struct tags *tags, struct bm_fault *fault) {
    enum bm_code code = read_class(properties, tags, fault);
    for (size_t i = 0; i < sizeof as_in_osm / sizeof as_in_osm[0] && !code; i++) {
        const char *key = as_in_osm[i];
        const json_t *value = given(properties, key);
        if (!value) continue;
        code = add_tag(tags, key, value, fault);
        if (code) break;
        const char *text = tags->tags[tags->count - 1].value;
        if (strncmp(key, "oneway", 6) == 0) code = check_oneway(key, text, fault);
        if (strncmp(key, "maxspeed", 8) == 0) code = check_limit(key, text, fault);
    }
    return code;
}

/* Tenths of km/h; 0 when it is not given. */
static enum bm_code read_speed(const json_t *properties, const char *name, int most_kmh,
                               uint16_t *ret_dkmh, struct bm_fault *fault) {
    const json_t *value = given(properties, name);
    *ret_dkmh = 0;
    if (!value) return BM_OK;
    double kmh = json_is_number(value) ? json_number_value(value) : -1;
    if (!(kmh > 0 && kmh <= most_kmh))
        return bm_fault_set(fault, BM_OUT_OF_RANGE, name,
                            "\"%s\" must be a number of km/h, more than 0 and at most %d.", name,
                            most_kmh);
    *ret_dkmh = (uint16_t)fmax(round(kmh * 10), 1);
    return BM_OK;
}

/* What is said of the speed counts in every direction that is open, whatever the class has. */
static enum bm_code set_speeds(const json_t *properties, struct bm_way *rules,
                               struct bm_fault *fault) {
    static const char *const names[BM_profile_COUNT] = {
        [BM_PROFILE_EMERGENCY] = "speed_emergency_kmh",
        [BM_PROFILE_ORDINARY] = "speed_kmh",
        [BM_PROFILE_FOOT] = "speed_foot_kmh"};
    uint16_t said[BM_profile_COUNT];
    for (int p = 0; p < BM_profile_COUNT; p++) {
        int most = p == BM_PROFILE_FOOT ? WALK_MOST_KMH : SPEED_MOST_KMH;
        enum bm_code code = read_speed(properties, names[p], most, &said[p], fault);
        if (code) return code;
    }
    for (int direction = 0; direction < 2; direction++) {
        uint16_t *ordinary = &rules->speed_dkmh[BM_PROFILE_ORDINARY][direction];
        uint16_t *emergency = &rules->speed_dkmh[BM_PROFILE_EMERGENCY][direction];
        uint16_t *foot = &rules->speed_dkmh[BM_PROFILE_FOOT][direction];
        bool with_the_others = *ordinary > 0;
        if (*ordinary && said[BM_PROFILE_ORDINARY]) *ordinary = said[BM_PROFILE_ORDINARY];
        if (*emergency && with_the_others && said[BM_PROFILE_ORDINARY])
            *emergency = (uint16_t)bm_way_hurried(*ordinary);
        if (*emergency && with_the_others && said[BM_PROFILE_EMERGENCY])
            *emergency = said[BM_PROFILE_EMERGENCY];
        if (*foot && said[BM_PROFILE_FOOT]) *foot = said[BM_PROFILE_FOOT];
    }
    return BM_OK;
}

static enum bm_code read_name(struct bm_geojson_road *road, const json_t *properties,
                              struct bm_fault *fault) {
    const json_t *name = given(properties, "name");
    road->name[0] = 0;
    if (!name) return BM_OK;
    if (!json_is_string(name) || json_string_length(name) > BM_GEOJSON_NAME_MAX)
        return bm_fault_set(fault, json_is_string(name) ? BM_TOO_LONG : BM_WRONG_TYPE, "name",
                            "\"name\" must be a text of at most %d bytes.", BM_GEOJSON_NAME_MAX);
    memcpy(road->name, json_string_value(name), json_string_length(name) + 1);
    return BM_OK;
}

static enum bm_code read_properties(struct bm_geojson_road *road, const json_t *feature,
                                    struct bm_fault *fault) {
    const json_t *properties = given(feature, "properties");
    struct tags tags = {.count = 0};
    if (properties && !json_is_object(properties))
        return bm_fault_set(fault, BM_WRONG_TYPE, "properties",
                            "\"properties\" must be an object, or null.");
    enum bm_code code = read_name(road, properties, fault);
    if (!code) code = read_tags(properties, &tags, fault);
    if (code) return code;
    struct bm_opl as_way = {.kind = 'w', .tags = tags.tags, .tag_count = tags.count};
    memset(&road->rules, 0, sizeof road->rules);
    road->open = bm_way_judge(&as_way, &road->rules);
    return set_speeds(properties, &road->rules, fault);
}

/* --- the whole ---------------------------------------------------------------------------------
 */

enum bm_code bm_geojson_road_read(struct bm_geojson_road *road, const char *text, size_t len,
                                  struct bm_fault *fault) {
    struct bm_fault inner = {0};
    json_t *feature;
    road->point_count = road->end_count = 0;
    if (bm_json_parse(text, len, &feature, &inner))
        return bm_fault_set(fault, BM_BAD_FORMAT, NULL, "This is no JSON: %s", inner.detail);
    const char *type = json_string_value(json_object_get(feature, "type"));
    enum bm_code code = BM_OK;
    if (!type || strcmp(type, "Feature") != 0)
        code = bm_fault_set(fault, BM_WRONG_TYPE, "type",
                            "\"%.40s\" is no Feature: wrap it as {\"type\":\"Feature\","
                            "\"properties\":{},\"geometry\":...}.",
                            type ? type : "");
    if (!code) code = read_geometry(road, feature, fault);
    if (!code) code = read_properties(road, feature, fault);
    json_decref(feature);
    return code;
}
