/* Small files of our own through osmium and back out of the road file; DIMACS files; and faults. */
#include "testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "import/output.h"
#include "import/roads.h"
#include "import/way.h"

static const char *osm_folder; /* the first argument */
static char folder[64];        /* of this run */

struct roads {
    struct bm_buf buf;
    struct bm_road *road;
    struct bm_road_counts counts;
};

static void close_roads(struct roads *roads) {
    bm_road_close(roads->road);
    bm_buf_free(&roads->buf);
}

static enum bm_code make(const char *path, const char *coordinates, struct roads *ret,
                         struct bm_fault *fault) {
    struct bm_roads_source source = {.path = path, .coordinates = coordinates, .made_at_ms = 1};
    *ret = (struct roads){.buf = bm_buf_make(1 << 26)};
    enum bm_code code = bm_roads_make(&source, NULL, &ret->buf, &ret->counts, fault);
    if (!code) code = bm_road_open(ret->buf.bytes, ret->buf.len, &ret->road, fault);
    if (code) close_roads(ret);
    return code;
}

static struct roads make_osm(const char *name) {
    char path[600];
    struct roads roads;
    struct bm_fault fault = {0};
    snprintf(path, sizeof path, "%s/%s", osm_folder, name);
    if (make(path, NULL, &roads, &fault)) fail_msg("%s: %s", name, fault.detail);
    return roads;
}

static struct bm_point at(double lat, double lon) {
    return (struct bm_point){(int32_t)(lat * 1e7 + 0.5), (int32_t)(lon * 1e7 + 0.5)};
}

/* Travel time between two points; -1: no way, -2: a point is not near a road of the profile. */
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

/* Milliseconds of so many metres at tenths of km/h, within 1 %. */
static void assert_takes(int64_t ms, double length_m, double dkmh) {
    double expected = length_m * 36000 / dkmh;
    if ((double)ms < expected * 0.99 || (double)ms > expected * 1.01)
        fail_msg("%lld ms, expected %.0f", (long long)ms, expected);
}

/* Each signal is paid for once, whichever way it is passed. */
static void test_signals(void **state) {
    (void)state;
    struct roads roads = make_osm("signals.osm");
    struct bm_point first = at(49.40, 8.60), far = at(49.41, 8.60), end = at(49.42, 8.60);
    static const int64_t each[] = {[BM_PROFILE_EMERGENCY] = BM_SIGNAL_EMERGENCY_MS,
                                   [BM_PROFILE_ORDINARY] = BM_SIGNAL_ORDINARY_MS,
                                   [BM_PROFILE_FOOT] = BM_SIGNAL_FOOT_MS};
    for (int p = 0; p < BM_profile_COUNT; p++) {
        enum bm_profile profile = (enum bm_profile)p;
        int64_t plain = ms_between(&roads, profile, at(49.40, 8.70), at(49.41, 8.70));
        assert_true(plain > 0);
        /* Northwards the stretch ends at the second signal; southwards it begins there, and what
         * lies before pays. */
        assert_in_range(ms_between(&roads, profile, first, far) - plain - 2 * each[p], 0, 2);
        assert_in_range(ms_between(&roads, profile, far, first) - plain - each[p], 0, 2);
        assert_in_range(ms_between(&roads, profile, first, end) - 2 * plain - 2 * each[p], 0, 4);
        assert_in_range(ms_between(&roads, profile, end, first) - 2 * plain - 2 * each[p], 0, 4);
    }
    close_roads(&roads);
}

static void test_cross(void **state) {
    (void)state;
    struct roads roads = make_osm("cross.osm");
    struct bm_point n1 = at(49.4, 8.6), n5 = at(49.4, 8.601), n3 = at(49.399, 8.602),
                    n6 = at(49.399, 8.601), n9 = at(49.4, 8.602), loop = at(49.4005, 8.6025),
                    n21 = at(49.398, 8.601), n23 = at(49.398, 8.602);
    enum bm_profile ordinary = BM_PROFILE_ORDINARY, emergency = BM_PROFILE_EMERGENCY;
    assert_takes(ms_between(&roads, ordinary, n1, n9), bm_distance_m(n1, n9), 600);
    assert_takes(ms_between(&roads, emergency, n1, n9), bm_distance_m(n1, n9), 750);
    /* The one-way: not against it, but for emergency vehicles, slowly. */
    assert_takes(ms_between(&roads, ordinary, n6, n3), bm_distance_m(n6, n3), 300);
    assert_int_equal(ms_between(&roads, ordinary, n3, n6), BM_TRAVEL_NONE);
    assert_takes(ms_between(&roads, emergency, n3, n6), bm_distance_m(n6, n3), 150);
    /* The track is for emergency vehicles alone: nothing ordinary is near its far end. */
    assert_int_equal(ms_between(&roads, ordinary, at(49.399, 8.6), n5), -2);
    assert_takes(ms_between(&roads, emergency, at(49.399, 8.6), n6),
                 bm_distance_m(at(49.399, 8.6), n6), 150);
    /* Into the loop and out again. */
    assert_true(ms_between(&roads, ordinary, n9, loop) > 0);
    assert_true(ms_between(&roads, ordinary, loop, n9) > 0);
    /* The gate opens for emergency vehicles and takes them ten seconds; nobody passes the block.
     * Whoever stands on node 6 has come over way 101, from which a sign leads into way 102 only. */
    assert_int_equal(ms_between(&roads, ordinary, n6, n21), BM_TRAVEL_NONE);
    assert_takes(ms_between(&roads, emergency, n6, n21) - BM_BARRIER_OPEN_MS - BM_TURN_EMERGENCY_MS,
                 bm_distance_m(n6, n21), 187);
    assert_int_equal(ms_between(&roads, emergency, n3, n23), BM_TRAVEL_NONE);
    /* From way 108 nobody turns left into way 100 but an emergency vehicle, slowly; on foot one
     * walks as one likes, and straight the other way round there is no sign. */
    struct bm_point half = at(49.4005, 8.6);
    assert_int_equal(ms_between(&roads, ordinary, half, n5), BM_TRAVEL_NONE);
    assert_takes(ms_between(&roads, emergency, half, n5) - BM_TURN_EMERGENCY_MS,
                 bm_distance_m(half, n1) + bm_distance_m(n1, n5), 750);
    assert_takes(ms_between(&roads, BM_PROFILE_FOOT, half, n5),
                 bm_distance_m(half, n1) + bm_distance_m(n1, n5), 50);
    assert_takes(ms_between(&roads, ordinary, n5, half),
                 bm_distance_m(half, n1) + bm_distance_m(n1, n5), 600);
    /* Round the roundabout one way only: from 31 on to 30, never back. */
    struct bm_point n30 = at(49.401, 8.6), n31 = at(49.401, 8.599);
    assert_takes(ms_between(&roads, emergency, n31, n30), bm_distance_m(n31, n30), 750);
    assert_true(ms_between(&roads, emergency, n30, n31) > ms_between(&roads, emergency, n31, n30));
    close_roads(&roads);
}

/* Footways, steps, stiles, a wall, a private gate; and a ferry, which is none of it. */
static void test_on_foot(void **state) {
    (void)state;
    struct roads roads = make_osm("on_foot.osm");
    struct bm_point n1 = at(49.4, 8.6), n2 = at(49.4, 8.601), n3 = at(49.4, 8.602),
                    n4 = at(49.401, 8.6), n5 = at(49.401, 8.602), n6 = at(49.402, 8.602),
                    n8 = at(49.398, 8.6), n10 = at(49.398, 8.601), n12 = at(49.398, 8.602),
                    n14 = at(49.403, 8.6);
    enum bm_profile foot = BM_PROFILE_FOOT, ordinary = BM_PROFILE_ORDINARY;
    /* Against the one-way, along it, and nowhere that cars may go. */
    assert_takes(ms_between(&roads, foot, n3, n1), bm_distance_m(n1, n3), 50);
    assert_takes(ms_between(&roads, ordinary, n1, n3), bm_distance_m(n1, n3), 300);
    assert_int_equal(ms_between(&roads, ordinary, n3, n1), BM_TRAVEL_NONE);
    assert_takes(ms_between(&roads, foot, n1, n4), bm_distance_m(n1, n4), 50);
    assert_int_equal(ms_between(&roads, ordinary, n1, n4), -2);
    assert_takes(ms_between(&roads, foot, n3, n5), bm_distance_m(n3, n5), 25); /* steps */
    /* Up by the moving stairs, down by nothing else. */
    assert_takes(ms_between(&roads, foot, n5, n6), bm_distance_m(n5, n6), 25);
    assert_int_equal(ms_between(&roads, foot, n6, n5), BM_TRAVEL_NONE);
    /* Over the stile, not through the wall, and through the private gate in ten seconds. */
    assert_takes(ms_between(&roads, foot, n1, n8), bm_distance_m(n1, n8), 50);
    assert_int_equal(ms_between(&roads, foot, n2, n10), BM_TRAVEL_NONE);
    assert_takes(ms_between(&roads, foot, n3, n12) - BM_BARRIER_OPEN_MS, bm_distance_m(n3, n12),
                 50);
    /* A ferry is no road: there is nobody beyond it whom one could reach. */
    assert_int_equal(ms_between(&roads, foot, n4, n14), BM_TRAVEL_NONE);
    assert_int_equal(ms_between(&roads, BM_PROFILE_EMERGENCY, n1, n14), BM_TRAVEL_NONE);
    assert_int_equal(roads.counts.barriers, 3);
    close_roads(&roads);
}

static void test_cross_counts(void **state) {
    (void)state;
    struct roads roads = make_osm("cross.osm");
    struct bm_road_info info = bm_road_info(roads.road);
    assert_int_equal(roads.counts.ways, 10); /* one of them a footway */
    assert_int_equal(roads.counts.barriers, 2);
    assert_int_equal(roads.counts.missing_nodes, 0);
    assert_int_equal(roads.counts.turns_by_way, 1);
    assert_int_equal(roads.counts.turns, 2);
    /* 203: its ways do not meet at its node. */
    assert_int_equal(roads.counts.turns_unclear, 1);
    assert_int_equal(info.edges, roads.counts.edges);
    assert_int_equal(info.junctions, roads.counts.junctions);
    assert_int_equal(info.unit_us, 1000);
    assert_string_equal(info.source, "cross.osm");
    bool chinese = false, by_number = false;
    for (uint32_t e = 0; e < info.edges; e++) {
        chinese = chinese || strcmp(bm_road_name(roads.road, e), "解放路") == 0;
        by_number = by_number || strcmp(bm_road_name(roads.road, e), "K 7") == 0;
        assert_true(bm_road_tail(roads.road, 2 * e) != bm_road_tail(roads.road, 2 * e + 1));
    }
    assert_true(chinese);
    assert_true(by_number);
    close_roads(&roads);
}

/* Every restriction joins two arcs that meet at its node. */
static void test_restrictions(void **state) {
    (void)state;
    struct roads roads = make_osm("cross.osm");
    struct bm_road_info info = bm_road_info(roads.road);
    assert_int_equal(info.restrictions, roads.counts.turns);
    assert_true(info.restrictions >= 1);
    bool only = false;
    for (uint32_t i = 0; i < info.restrictions; i++) {
        struct bm_turn turn = bm_road_restriction(roads.road, i);
        assert_int_equal(bm_road_tail(roads.road, turn.from_arc ^ 1),
                         bm_road_tail(roads.road, turn.to_arc));
        if (!turn.only) continue;
        only = true;
        assert_string_equal(bm_road_name(roads.road, turn.from_arc / 2), "Bergstraße");
        assert_string_equal(bm_road_name(roads.road, turn.to_arc / 2), "K 7");
    }
    assert_true(only);
    close_roads(&roads);
}

static void test_missing_nodes(void **state) {
    (void)state;
    struct roads roads = make_osm("missing_nodes.osm");
    assert_int_equal(roads.counts.missing_nodes, 2);
    assert_int_equal(roads.counts.ways, 1);
    assert_int_equal(roads.counts.edges, 2);
    struct bm_point n1 = at(49.4, 8.6), n2 = at(49.4, 8.601), n4 = at(49.4, 8.603),
                    n5 = at(49.4, 8.604);
    assert_true(ms_between(&roads, BM_PROFILE_ORDINARY, n1, n2) > 0);
    assert_true(ms_between(&roads, BM_PROFILE_ORDINARY, n5, n4) > 0);
    assert_int_equal(ms_between(&roads, BM_PROFILE_ORDINARY, n2, n4), BM_TRAVEL_NONE);
    close_roads(&roads);
}

static void test_refused_files(void **state) {
    (void)state;
    static const struct {
        const char *name;
        enum bm_code code;
        const char *said;
    } bad[] = {{"truncated.osm", BM_BAD_FORMAT, "XML parsing error"},
               {"outside.osm", BM_BAD_FORMAT, "latitudes -90 to 90"},
               {"antimeridian.osm", BM_OUT_OF_RANGE, "antimeridian"},
               {"no_roads.osm", BM_NOT_FOUND, "no road or path"},
               {"absent.osm", BM_NOT_FOUND, "absent.osm"},
               {"../meson.build", BM_BAD_FORMAT, "detect file format"},
               {"-", BM_NOT_FOUND, "-"}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char path[600];
        struct roads roads;
        struct bm_fault fault = {0};
        snprintf(path, sizeof path, "%s/%s", osm_folder, bad[i].name);
        enum bm_code code = make(path, NULL, &roads, &fault);
        if (code != bad[i].code || !strstr(fault.detail, bad[i].said))
            fail_msg("%s: code %d, \"%s\"", bad[i].name, code, fault.detail);
    }
}

static void test_no_osmium(void **state) {
    (void)state;
    char path[600];
    char *former = bm_text_copy(getenv("PATH"));
    struct roads roads;
    struct bm_fault fault = {0};
    snprintf(path, sizeof path, "%s/cross.osm", osm_folder);
    setenv("PATH", "/nowhere", 1);
    assert_int_equal(make(path, NULL, &roads, &fault), BM_NOT_FOUND);
    setenv("PATH", former, 1);
    bm_free(former);
    assert_non_null(strstr(fault.detail, "apt-get install osmium-tool"));
}

/* --- DIMACS ----------------------------------------------------------------------------------- */

static const char *put(const char *name, const char *text) {
    static char paths[4][128];
    static unsigned next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    assert_int_equal(bm_output_write(path, text, strlen(text), NULL), BM_OK);
    return path;
}

#define PLACES                                                                                     \
    "c places\np aux sp co 3\nv 1 8600000 49400000\nv 2 8601000 49400000\nv 3 8602000 49400000\n"

static void test_dimacs(void **state) {
    (void)state;
    struct roads roads;
    struct bm_fault fault = {0};
    /* 1-2 both ways with other weights, 2-3 one way twice, a loop. */
    const char *path = put(
        "town-t.X.gr",
        "c a town\np sp 3 5\na 1 2 1000\na 2 1 500\na 2 3 900\na 2 3 700\na 3 3 1\n");
    put("town-d.X.co", PLACES);
    if (make(path, NULL, &roads, &fault)) fail_msg("%s", fault.detail);
    assert_int_equal(roads.counts.arcs, 5);
    assert_int_equal(roads.counts.arcs_dropped, 2);
    assert_int_equal(roads.counts.edges, 2);
    assert_int_equal(bm_road_info(roads.road).unit_us, 3600);
    struct bm_point n1 = at(49.4, 8.6), n2 = at(49.4, 8.601), n3 = at(49.4, 8.602);
    for (int profile = 0; profile <= BM_PROFILE_ORDINARY; profile++) {
        assert_int_equal(ms_between(&roads, (enum bm_profile)profile, n1, n2), 3600);
        assert_int_equal(ms_between(&roads, (enum bm_profile)profile, n2, n1), 1800);
        assert_int_equal(ms_between(&roads, (enum bm_profile)profile, n1, n3), 1700 * 3600 / 1000);
        assert_int_equal(ms_between(&roads, (enum bm_profile)profile, n3, n2), BM_TRAVEL_NONE);
    }
    /* On foot at 5 km/h, both ways. */
    assert_takes(ms_between(&roads, BM_PROFILE_FOOT, n1, n3), bm_distance_m(n1, n3), BM_WALK_DKMH);
    assert_takes(ms_between(&roads, BM_PROFILE_FOOT, n3, n2), bm_distance_m(n2, n3), BM_WALK_DKMH);
    close_roads(&roads);
}

static void test_dimacs_refused(void **state) {
    (void)state;
    static const struct {
        const char *graph, *places, *said;
    } bad[] = {
        {"p sp 3 1\na 1 2 5\n", "p aux sp co 4\n",
         "b.co, line 1: these are the coordinates of another"},
        {"p sp 3 1\na 1 2 5\n", "p aux sp co 3\nv 1 1 1\nv 1 1 1\n",
         "b.co, line 3: a second place"},
        {"p sp 3 1\na 1 2 5\n", "v 1 8600000 149400000\n",
         "b.co, line 1: coordinates that are no degrees"},
        {"p sp 3 1\na 1 2 5\n", "v 1 1 1\nv 3 1 1\n", "node 2 is missing"},
        {"p sp 3 1\na 1 2 5\n", "a 1 2 3\n", "an arc where coordinates"},
        {"p sp 3 1\na 1 4 5\n", PLACES, "b.gr, line 2: a node that is not"},
        {"p sp 3 1\na 0 1 5\n", PLACES, "b.gr, line 2: a node that is not"},
        {"p sp 3 1\na 1 2 -5\n", PLACES, "b.gr, line 2: a weight"},
        {"p sp 3 1\na 1 2 1073741823\n", PLACES, "b.gr, line 2: a weight"},
        {"p sp 3 2\na 1 2 5\n", PLACES, "ends after 1 of 2 arcs"},
        {"p sp 3 1\na 1 2 5\na 1 2 5\n", PLACES, "b.gr, line 3: more arcs"},
        {"c\na 1 2 5\n", PLACES, "b.gr, line 2: an arc before"},
        {"p sp 3 1\np sp 3 1\n", PLACES, "b.gr, line 2: a second line"},
        {"p sp 0 1\n", PLACES, "b.gr, line 1: the number of nodes"},
        {"", PLACES, "has no line \"p sp"},
        {"p sp 3 1\nwhat is this\n", PLACES, "b.gr, line 2: this is none of"},
        {"p sp 3 1\nv 1 2 3\n", PLACES, "b.gr, line 2: coordinates where a graph"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct roads roads;
        struct bm_fault fault = {0};
        const char *graph = put("b.gr", bad[i].graph), *places = put("b.co", bad[i].places);
        enum bm_code code = make(graph, i % 2 ? places : NULL, &roads, &fault);
        if (code != BM_BAD_FORMAT || !strstr(fault.detail, bad[i].said))
            fail_msg("%zu: code %d, \"%s\"", i, code, fault.detail);
    }
    struct roads roads;
    struct bm_fault fault = {0};
    assert_int_equal(make(put("alone.gr", "p sp 1 1\n"), NULL, &roads, &fault), BM_NOT_FOUND);
    assert_non_null(strstr(fault.detail, "--coordinates"));
    assert_int_equal(make(put("cut.gr.gz", "no gzip"), put("c.co", PLACES), &roads, &fault),
                     BM_BAD_FORMAT);
    assert_non_null(strstr(fault.detail, "gzip"));
    char path[600];
    snprintf(path, sizeof path, "%s/cross.osm", osm_folder);
    assert_int_equal(make(path, "x.co", &roads, &fault), BM_BAD_REQUEST);
}

/* --- output ----------------------------------------------------------------------------------- */

static void test_output(void **state) {
    (void)state;
    struct bm_fault fault = {0};
    struct stat status;
    char deep[200];
    const char *path = put("out", "former");
    snprintf(deep, sizeof deep, "%s/no/such/folder", folder);
    assert_int_equal(bm_output_write(deep, "x", 1, &fault), BM_IO);
    assert_non_null(strstr(fault.detail, deep));
    assert_int_equal(bm_output_write("/dev/full/x", "x", 1, &fault), BM_IO);
    /* A folder cannot be replaced by a file: nothing is left behind. */
    assert_int_equal(bm_output_write(folder, "x", 1, &fault), BM_IO);
    assert_int_equal(bm_output_write(path, "newer", 5, &fault), BM_OK);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_size, 5);
    char part[200];
    snprintf(part, sizeof part, "%s.%ld.part", folder, (long)getpid());
    assert_int_not_equal(stat(part, &status), 0);
}

int main(int argc, char **argv) {
    if (argc != 2) return 2;
    osm_folder = argv[1];
    snprintf(folder, sizeof folder, "/tmp/bellman-import-XXXXXX");
    if (!mkdtemp(folder)) return 2;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cross),         cmocka_unit_test(test_signals),
        cmocka_unit_test(test_on_foot),       cmocka_unit_test(test_cross_counts),
        cmocka_unit_test(test_restrictions),  cmocka_unit_test(test_missing_nodes),
        cmocka_unit_test(test_refused_files), cmocka_unit_test(test_no_osmium),
        cmocka_unit_test(test_dimacs),        cmocka_unit_test(test_dimacs_refused),
        cmocka_unit_test(test_output),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    char command[100];
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    return system(command) == 0 ? failed : 1;
}
