/* GeoJSON: features out of bytes in any pieces, what their properties mean, and what is refused;
 * then whole files to roads. */
#include "testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "import/geojson.h"
#include "import/output.h"
#include "import/roads.h"

static char folder[64]; /* of this run */

/* --- features out of bytes -------------------------------------------------------------------- */

struct taken {
    uint64_t count;
    struct bm_buf text; /* of all, a line each */
};

static enum bm_code take(void *context, const char *text, size_t len, struct bm_fault *fault) {
    struct taken *taken = context;
    (void)fault;
    taken->count++;
    bm_buf_add(&taken->text, text, len);
    bm_buf_byte(&taken->text, '\n');
    return BM_OK;
}

/* Fed in pieces of that size. */
static enum bm_code split(const char *text, size_t piece, struct taken *taken,
                          struct bm_fault *fault) {
    struct bm_geojson geojson = bm_geojson_make();
    size_t len = strlen(text);
    *taken = (struct taken){.text = bm_buf_make(1 << 20)};
    enum bm_code code = BM_OK;
    for (size_t at = 0; at < len && !code; at += piece) {
        size_t part = len - at < piece ? len - at : piece;
        char *copy = bm_alloc(part); /* so that a sanitizer sees a read past it */
        memcpy(copy, text + at, part);
        code = bm_geojson_feed(&geojson, copy, part, take, taken, fault);
        bm_free(copy);
    }
    if (!code) code = bm_geojson_end(&geojson, fault);
    bm_geojson_free(&geojson);
    return code;
}

static void test_features_out_of_bytes(void **state) {
    (void)state;
    static const struct {
        const char *text, *features;
    } rows[] = {
        {"{\"type\":\"FeatureCollection\",\"features\":[]}", ""},
        {"{\"type\":\"FeatureCollection\",\"features\":[{\"a\":1},{\"b\":[{}]}]}",
         "{\"a\":1}\n{\"b\":[{}]}\n"},
        {" {\"features\" : [ {\"a\":\"]}\\\"{\"} , {} ] , \"type\" : \"FeatureCollection\"}\n",
         "{\"a\":\"]}\\\"{\"}\n{}\n"},
        {"{\"crs\":{\"features\":[1]},\"features\":[{}],\"type\":\"FeatureCollection\"}", "{}\n"},
        {"{\"name\":\"features\",\"type\":\"FeatureCollection\",\"bbox\":[1,2],\"features\":[]}",
         ""},
        {"{\"a\":1}\n{\"b\":2}\r\n\n{\"c\":3}", "{\"a\":1}\n{\"b\":2}\n{\"c\":3}\n"},
        {"\x1e{\"a\":1}\n\x1e{\"b\":2}\n", "{\"a\":1}\n{\"b\":2}\n"},
        {"\xef\xbb\xbf{\"a\":1}", "{\"a\":1}\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (size_t piece = 1; piece < 40; piece++) {
            struct taken taken;
            struct bm_fault fault = {0};
            if (split(rows[i].text, piece, &taken, &fault))
                fail_msg("%s in pieces of %zu: %s", rows[i].text, piece, fault.detail);
            assert_string_equal(bm_buf_c_text(&taken.text), rows[i].features);
            bm_buf_free(&taken.text);
        }
    }
}

static void test_no_features(void **state) {
    (void)state;
    static const struct {
        const char *text, *said;
    } rows[] = {
        {"", "there is nothing in it"},
        {" \n", "there is nothing in it"},
        {"hello", "does not begin with {"},
        {"[{}]", "does not begin with {"},
        {"{\"type\":\"FeatureCollection\",\"features\":[{\"a\":1},{\"b\"",
         "cut off within feature 2"},
        {"{\"type\":\"FeatureCollection\",\"features\":[{\"a\":1},", "cut off after feature 1"},
        {"{\"type\":\"FeatureCollection\",\"features\":[{}]", "cut off after feature 1"},
        {"{\"type\":\"FeatureCollection\",\"features\":[{},]}", "with commas between"},
        {"{\"type\":\"FeatureCollection\",\"features\":[,{}]}", "with commas between"},
        {"{\"type\":\"FeatureCollection\",\"features\":[{} {}]}", "with commas between"},
        {"{\"type\":\"FeatureCollection\",\"features\":[1]}", "with commas between"},
        {"{\"type\":\"Topology\",\"features\":[{}]}", "not \"FeatureCollection\""},
        {"{\"features\":[{}]}", "not \"FeatureCollection\""},
        {"{\"type\":\"FeatureCollection\",,\"features\":[{}]}", "no GeoJSON"},
        {"{\"type\":\"FeatureCollection\",\"features\":[{}],\"features\":[{}]}", "duplicate"},
        {"{\"a\":1} x", "does not begin with {"},
        {" \xef\xbb\xbf{}", "does not begin with {"},
        {"\xef\xbb{}", "half a byte order mark"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct taken taken;
        struct bm_fault fault = {0};
        enum bm_code code = split(rows[i].text, 7, &taken, &fault);
        if (code != BM_BAD_FORMAT || !strstr(fault.detail, rows[i].said))
            fail_msg("%s: code %d, %s", rows[i].text, code, fault.detail);
        bm_buf_free(&taken.text);
    }
    /* A feature that never ends. */
    struct bm_geojson geojson = bm_geojson_make();
    struct bm_fault fault = {0};
    struct taken taken = {.text = bm_buf_make(1)};
    char *digits = bm_alloc(1 << 20);
    memset(digits, '1', 1 << 20);
    assert_int_equal(bm_geojson_feed(&geojson, "{\"a\":", 5, take, &taken, &fault), BM_OK);
    enum bm_code code = BM_OK;
    for (int i = 0; i < 17 && !code; i++)
        code = bm_geojson_feed(&geojson, digits, 1 << 20, take, &taken, &fault);
    assert_int_equal(code, BM_TOO_LONG);
    assert_non_null(strstr(fault.detail, "cut long lines into pieces"));
    bm_free(digits);
    bm_geojson_free(&geojson);
    bm_buf_free(&taken.text);
}

/* --- what a feature says ---------------------------------------------------------------------- */

#define LINE "{\"type\":\"LineString\",\"coordinates\":[[8.6,49.4],[8.61,49.4]]}"

static enum bm_code judge(struct bm_geojson_road *road, const char *properties,
                          const char *geometry, struct bm_fault *fault) {
    char text[1024];
    int len = snprintf(text, sizeof text,
                       "{\"type\":\"Feature\",\"properties\":%s,\"geometry\":%s}", properties,
                       geometry);
    assert_true(len > 0 && (size_t)len < sizeof text);
    return bm_geojson_road_read(road, text, (size_t)len, fault);
}

static void test_properties(void **state) {
    (void)state;
    static const struct {
        const char *properties;
        /* tenths of km/h along and against: ordinary, emergency, foot */
        unsigned speeds[6];
    } rows[] = {
        {"null", {300, 300, 375, 375, 50, 50}},
        {"{}", {300, 300, 375, 375, 50, 50}},
        {"{\"class\":\"primary\"}", {600, 600, 750, 750, 50, 50}},
        {"{\"highway\":\"primary\",\"id\":7,\"x\":[1]}", {600, 600, 750, 750, 50, 50}},
        {"{\"class\":\"footway\"}", {0, 0, 0, 0, 50, 50}},
        {"{\"speed_kmh\":60}", {600, 600, 750, 750, 50, 50}},
        {"{\"speed_kmh\":120.5}", {1205, 1205, 1400, 1400, 50, 50}},
        {"{\"speed_kmh\":60,\"speed_emergency_kmh\":90,\"speed_foot_kmh\":4}",
         {600, 600, 900, 900, 40, 40}},
        {"{\"speed_kmh\":60,\"oneway\":true}", {600, 0, 750, 150, 50, 50}},
        {"{\"speed_kmh\":60,\"oneway\":\"yes\"}", {600, 0, 750, 150, 50, 50}},
        {"{\"oneway\":1}", {300, 0, 375, 150, 50, 50}},
        {"{\"oneway\":-1}", {0, 300, 150, 375, 50, 50}},
        {"{\"oneway\":\"-1\"}", {0, 300, 150, 375, 50, 50}},
        {"{\"oneway\":false}", {300, 300, 375, 375, 50, 50}},
        {"{\"oneway\":0}", {300, 300, 375, 375, 50, 50}},
        {"{\"oneway\":null}", {300, 300, 375, 375, 50, 50}},
        {"{\"class\":\"primary\",\"maxspeed\":50}", {450, 450, 562, 562, 50, 50}},
        {"{\"class\":\"primary\",\"maxspeed\":\"30 mph\"}", {434, 434, 542, 542, 50, 50}},
        {"{\"foot\":false}", {300, 300, 375, 375, 0, 0}},
        {"{\"foot\":\"no\"}", {300, 300, 375, 375, 0, 0}},
        {"{\"class\":\"motorway\",\"foot\":true}", {1100, 0, 1300, 0, 0, 0}},
        {"{\"class\":\"service\",\"access\":\"private\",\"speed_kmh\":40}",
         {0, 0, 187, 187, 50, 50}},
        {"{\"access\":\"no\"}", {0, 0, 0, 0, 0, 0}},
    };
    struct bm_geojson_road road = {.open = false};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        static const enum bm_profile profiles[] = {BM_PROFILE_ORDINARY, BM_PROFILE_EMERGENCY,
                                                   BM_PROFILE_FOOT};
        struct bm_fault fault = {0};
        bool any = false;
        if (judge(&road, rows[i].properties, LINE, &fault))
            fail_msg("%s: %s", rows[i].properties, fault.detail);
        for (int s = 0; s < 6; s++) {
            unsigned got = road.rules.speed_dkmh[profiles[s / 2]][s % 2];
            any = any || rows[i].speeds[s];
            if (got != rows[i].speeds[s])
                fail_msg("%s: speed %d is %u", rows[i].properties, s, got);
        }
        assert_int_equal(road.open, any);
        assert_int_equal(road.point_count, 2);
    }
    struct bm_fault fault = {0};
    assert_int_equal(judge(&road, "{\"name\":\"Straße 解放路 🚒\"}",
                           "{\"type\":\"MultiLineString\",\"coordinates\":[[[1,2,5],[3,4]],"
                           "[[-1.5,2],[3,-4],[5,6]]]}",
                           &fault),
                     BM_OK);
    assert_string_equal(road.name, "Straße 解放路 🚒");
    assert_int_equal(road.end_count, 2);
    assert_int_equal(road.ends[0], 2);
    assert_int_equal(road.ends[1], 5);
    assert_int_equal(road.points[3].lat_e7, -40000000);
    assert_int_equal(road.points[3].lon_e7, 30000000);
    bm_geojson_road_free(&road);
}

#define AT(coordinates) "{\"type\":\"LineString\",\"coordinates\":" coordinates "}"

static void test_refused_features(void **state) {
    (void)state;
    static const struct {
        const char *properties, *geometry, *field, *said;
    } rows[] = {
        {"{}", "null", "geometry", "needs a geometry"},
        {"{}", "{\"type\":\"Point\",\"coordinates\":[1,2]}", "geometry", "\"Point\" is no road"},
        {"{}", "{\"type\":\"Polygon\",\"coordinates\":[]}", "geometry", "only LineString"},
        {"{}", "{\"type\":\"GeometryCollection\"}", "geometry", "only LineString"},
        {"{}", AT("[]"), "coordinates", "at least two places"},
        {"{}", AT("[[1,2]]"), "coordinates", "at least two places"},
        {"{}", AT("null"), "coordinates", "at least two places"},
        {"{}", AT("[[1,2],[3]]"), "coordinates", "two numbers"},
        {"{}", AT("[[1,2],[\"3\",4]]"), "coordinates", "two numbers"},
        {"{}", AT("[[1,2],[null,4]]"), "coordinates", "two numbers"},
        {"{}", AT("[[31.2,121.4],[31.3,121.4]]"), "coordinates", "look swapped"},
        {"{}", AT("[[181,5],[1,2]]"), "coordinates", "longitude (-180 to 180) comes first"},
        {"{}", AT("[[1,2],[473523.1,5474382.2]]"), "coordinates", "in degrees"},
        {"{}", "{\"type\":\"MultiLineString\",\"coordinates\":[]}", "coordinates",
         "at least one line"},
        {"{}", "{\"type\":\"MultiLineString\",\"coordinates\":[[[1,2]]]}", "coordinates",
         "at least two places"},
        {"7", LINE, "properties", "an object, or null"},
        {"{\"name\":7}", LINE, "name", "a text of at most"},
        {"{\"class\":\"boulevard\"}", LINE, "class", "(motorway, trunk"},
        {"{\"class\":5}", LINE, "class", "(motorway, trunk"},
        {"{\"highway\":\"construction\"}", LINE, "highway", "speed_kmh"},
        {"{\"speed_kmh\":0}", LINE, "speed_kmh", "more than 0 and at most 300"},
        {"{\"speed_kmh\":-50}", LINE, "speed_kmh", "more than 0 and at most 300"},
        {"{\"speed_kmh\":301}", LINE, "speed_kmh", "more than 0 and at most 300"},
        {"{\"speed_kmh\":\"50\"}", LINE, "speed_kmh", "a number of km/h"},
        {"{\"speed_emergency_kmh\":1e300}", LINE, "speed_emergency_kmh", "at most 300"},
        {"{\"speed_foot_kmh\":50}", LINE, "speed_foot_kmh", "at most 20"},
        {"{\"maxspeed\":-30}", LINE, "maxspeed", "\"-30\": give km/h"},
        {"{\"maxspeed\":0}", LINE, "maxspeed", "\"0\": give km/h"},
        {"{\"maxspeed\":999}", LINE, "maxspeed", "\"999\": give km/h"},
        {"{\"maxspeed\":\"fast\"}", LINE, "maxspeed", "\"fast\": give km/h"},
        {"{\"maxspeed\":[50]}", LINE, "maxspeed", "a text, a number"},
        {"{\"oneway\":\"north\"}", LINE, "oneway", "-1 (against it)"},
        {"{\"oneway\":2}", LINE, "oneway", "-1 (against it)"},
        {"{\"foot\":{}}", LINE, "foot", "a text, a number"},
    };
    struct bm_geojson_road road = {.open = false};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bm_fault fault = {0};
        enum bm_code code = judge(&road, rows[i].properties, rows[i].geometry, &fault);
        if (!code || strcmp(fault.field, rows[i].field) != 0 || !strstr(fault.detail, rows[i].said))
            fail_msg("%s %s: code %d, %s: %s", rows[i].properties, rows[i].geometry, code,
                     fault.field, fault.detail);
    }
    static const char *const bare[] = {
        LINE, "{\"type\":\"Feature\",\"geometry\":NaN}", "{}",
        ("{\"type\":\"Feature\",\"geometry\":" AT("[[NaN,1],[1,2]]") "}")};
    static const char *const said[] = {"is no Feature: wrap it", "is no JSON", "is no Feature",
                                       "is no JSON"};
    for (size_t i = 0; i < 4; i++) {
        struct bm_fault fault = {0};
        assert_int_not_equal(bm_geojson_road_read(&road, bare[i], strlen(bare[i]), &fault), BM_OK);
        if (!strstr(fault.detail, said[i])) fail_msg("%s: %s", bare[i], fault.detail);
    }
    bm_geojson_road_free(&road);
}

/* --- whole files ------------------------------------------------------------------------------ */

struct roads {
    struct bm_buf buf;
    struct bm_road *road;
    struct bm_road_counts counts;
};

static void close_roads(struct roads *roads) {
    bm_road_close(roads->road);
    bm_buf_free(&roads->buf);
}

static enum bm_code make(const char *name, const char *text, enum bm_datum datum, uint32_t join_cm,
                         struct roads *ret, struct bm_fault *fault) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(bm_output_write(path, text, strlen(text), NULL), BM_OK);
    struct bm_roads_source source = {
        .path = path, .datum = datum, .join_cm = join_cm, .made_at_ms = 1};
    *ret = (struct roads){.buf = bm_buf_make(1 << 26)};
    enum bm_code code = bm_roads_make(&source, NULL, &ret->buf, &ret->counts, fault);
    if (!code) code = bm_road_open(ret->buf.bytes, ret->buf.len, &ret->road, fault);
    if (code) close_roads(ret);
    return code;
}

static struct bm_point at(double lat, double lon) {
    return (struct bm_point){(int32_t)(lat * 1e7 + 0.5), (int32_t)(lon * 1e7 + 0.5)};
}

static int64_t ms_between(const struct roads *roads, enum bm_profile profile, struct bm_point from,
                          struct bm_point to) {
    struct bm_metric *metric = bm_metric_new(roads->road, profile);
    struct bm_spot a, b;
    int64_t ms = -2;
    if (bm_road_snap(metric, from, 20, &a) && bm_road_snap(metric, to, 20, &b)) {
        struct bm_travel *travel = bm_travel_new(roads->road);
        ms = bm_travel_ms(travel, metric, &a, &b);
        bm_travel_free(travel);
    }
    bm_metric_unref(metric);
    return ms;
}

static void assert_takes(int64_t ms, double length_m, double dkmh) {
    double expected = length_m * 36000 / dkmh;
    if ((double)ms < expected * 0.99 - 2 || (double)ms > expected * 1.01 + 2)
        fail_msg("%lld ms, expected %.0f", (long long)ms, expected);
}

#define FEATURE(properties, coordinates)                                                           \
    "{\"type\":\"Feature\",\"properties\":" properties ",\"geometry\":{\"type\":\"LineString\","   \
    "\"coordinates\":" coordinates "}}"

/* A line from west to east; a second one from its middle vertex northwards; a third that only
 * crosses it, and does not meet it. */
static const char cross[] = "{\"type\":\"FeatureCollection\",\"features\":[" FEATURE(
    "{\"name\":\"环城路\",\"speed_kmh\":60}",
    "[[8.60,49.4],[8.61,49.4],[8.62,49.4]]") "," FEATURE("{\"name\":\"North\",\"speed_kmh\":30,"
                                                         "\"oneway\":true}",
                                                         "[[8.61,49.4],[8.61,49.41]]") "," FEATURE("{\"speed_kmh\":30}",
                                                                                                   "[[8.605,49.39],[8.605,49.41]]") "," FEATURE("{}",
                                                                                                                                                "[[8.7,49.5],[8.7,49.5]]") "," FEATURE("{\"access\":\"no\"}",
                                                                                                                                                                                       "[[8.7,49.5],[8.7,49.6]]") "]}";

static void test_lines_meet_where_they_share_a_place(void **state) {
    (void)state;
    struct roads roads;
    struct bm_fault fault = {0};
    if (make("cross.geojson", cross, BM_DATUM_WGS84, 0, &roads, &fault))
        fail_msg("%s", fault.detail);
    assert_int_equal(roads.counts.features, 5);
    assert_int_equal(roads.counts.ways, 3);
    assert_int_equal(roads.counts.ways_closed, 1);
    assert_int_equal(roads.counts.lines_without_length, 1);
    assert_int_equal(roads.counts.edges, 4);
    assert_int_equal(roads.counts.junctions, 6);
    struct bm_point west = at(49.4, 8.6), middle = at(49.4, 8.61), east = at(49.4, 8.62),
                    north = at(49.41, 8.61), over = at(49.41, 8.605);
    enum bm_profile ordinary = BM_PROFILE_ORDINARY;
    assert_takes(ms_between(&roads, ordinary, west, east), bm_distance_m(west, east), 600);
    assert_takes(ms_between(&roads, ordinary, middle, north), bm_distance_m(middle, north), 300);
    assert_int_equal(ms_between(&roads, ordinary, north, middle), BM_TRAVEL_NONE);
    assert_takes(ms_between(&roads, BM_PROFILE_FOOT, north, middle), bm_distance_m(middle, north),
                 50);
    assert_int_equal(ms_between(&roads, ordinary, west, over), BM_TRAVEL_NONE);
    bool named = false;
    for (uint32_t e = 0; e < bm_road_info(roads.road).edges; e++)
        named |= strcmp(bm_road_name(roads.road, e), "环城路") == 0;
    assert_true(named);
    close_roads(&roads);
}

/* Two lines 40 cm apart: an island each, or one road; a third that is 3 m off stays apart. */
static void test_ends_are_joined(void **state) {
    (void)state;
    static const char text[] =
        FEATURE("{\"speed_kmh\":60}", "[[8.60,49.4],[8.61,49.4]]") "\n" FEATURE(
            "{\"speed_kmh\":60}",
            "[[8.6100055,49.4],[8.62,49.4]]") "\n" FEATURE("{\"speed_kmh\":60}",
                                                           "[[8.61,49.400027],[8.61,49.41]"
                                                           "]") "\n" FEATURE("{\"speed_"
                                                                             "kmh\":60}",
                                                                             "[[8.6100001,"
                                                                             "49.4],[8."
                                                                             "6100002,49.4]"
                                                                             "]") "\n";
    struct bm_point west = at(49.4, 8.6), east = at(49.4, 8.62), north = at(49.41, 8.61);
    struct roads roads;
    struct bm_fault fault = {0};
    if (make("join.geojsonl", text, BM_DATUM_WGS84, 0, &roads, &fault))
        fail_msg("%s", fault.detail);
    assert_int_equal(ms_between(&roads, BM_PROFILE_ORDINARY, west, east), BM_TRAVEL_NONE);
    assert_int_equal(roads.counts.ends_joined, 0);
    close_roads(&roads);
    if (make("join.geojsonl", text, BM_DATUM_WGS84, 50, &roads, &fault))
        fail_msg("%s", fault.detail);
    assert_true(roads.counts.ends_joined >= 1);
    assert_takes(ms_between(&roads, BM_PROFILE_ORDINARY, west, east), bm_distance_m(west, east),
                 600);
    assert_takes(ms_between(&roads, BM_PROFILE_ORDINARY, east, west), bm_distance_m(west, east),
                 600);
    assert_int_equal(ms_between(&roads, BM_PROFILE_ORDINARY, west, north), BM_TRAVEL_NONE);
    close_roads(&roads);
    if (make("join.geojsonl", text, BM_DATUM_WGS84, 400, &roads, &fault))
        fail_msg("%s", fault.detail);
    assert_true(ms_between(&roads, BM_PROFILE_ORDINARY, west, north) > 0);
    close_roads(&roads);
}

static void test_datum(void **state) {
    (void)state;
    static const char text[] = FEATURE(
        "{}", "[[121.4782231,31.2284577],[121.4882231,31.2284577],[121.4882231,31.2384577]]");
    struct roads roads;
    struct bm_fault fault = {0};
    if (make("gcj.geojson", text, BM_DATUM_GCJ02, 0, &roads, &fault)) fail_msg("%s", fault.detail);
    struct bm_point first = bm_road_junction(roads.road, bm_road_tail(roads.road, 0));
    assert_in_range(first.lat_e7, 312304000 - 3, 312304000 + 3);
    assert_in_range(first.lon_e7, 1214737000 - 3, 1214737000 + 3);
    close_roads(&roads);
}

static void test_refused_files(void **state) {
    (void)state;
    static const struct {
        const char *name, *text, *said;
    } rows[] = {
        {"a.geojson", "", "a.geojson: This is no GeoJSON: there is nothing in it"},
        {"a.geojson", "{\"type\":\"FeatureCollection\",\"features\":[]}",
         "There is no road or path in"},
        {"a.json", "<osm/>", "does not begin with {"},
        {"a.geojson",
         FEATURE("{}", "[[8,49],[9,49]]") FEATURE("{\"speed_kmh\":-1}", "[[8,49],[9,49]]"),
         "a.geojson, feature 2, speed_kmh: \"speed_kmh\" must be"},
        {"a.geojson", FEATURE("{}", "[[8,49],[9,49]") "]}", "feature 1: This is no JSON"},
        {"a.geojson",
         "{\"type\":\"FeatureCollection\",\"features\":[" FEATURE("{}", "[[8,49],[9,49]]") ",{\"ty",
         "cut off within feature 2"},
        {"a.geojson", FEATURE("{\"access\":\"no\"}", "[[8,49],[9,49]]"),
         "There is no road or path in"},
        {"a.geojson",
         "{\"type\":\"Feature\",\"properties\":{},\"geometry\":{\"type\":\"Point\","
         "\"coordinates\":[1,2]}}",
         "feature 1, geometry: \"Point\" is no road"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct roads roads;
        struct bm_fault fault = {0};
        enum bm_code code = make(rows[i].name, rows[i].text, BM_DATUM_WGS84, 0, &roads, &fault);
        if (!code || !strstr(fault.detail, rows[i].said))
            fail_msg("%zu: code %d, %s", i, code, fault.detail);
    }
    struct roads roads;
    struct bm_fault fault = {0};
    assert_int_equal(make("a.osm", "<osm/>", BM_DATUM_GCJ02, 0, &roads, &fault), BM_BAD_REQUEST);
    assert_int_equal(make("a.osm", "<osm/>", BM_DATUM_WGS84, 5, &roads, &fault), BM_BAD_REQUEST);
}

int main(void) {
    snprintf(folder, sizeof folder, "/tmp/bellman-geojson-XXXXXX");
    if (!mkdtemp(folder)) return 2;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_features_out_of_bytes),
        cmocka_unit_test(test_no_features),
        cmocka_unit_test(test_properties),
        cmocka_unit_test(test_refused_features),
        cmocka_unit_test(test_lines_meet_where_they_share_a_place),
        cmocka_unit_test(test_ends_are_joined),
        cmocka_unit_test(test_datum),
        cmocka_unit_test(test_refused_files),
    };
    int failed = cmocka_run_group_tests_name("geojson", tests, NULL, NULL);
    char command[100];
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    return system(command) == 0 ? failed : 1;
}
