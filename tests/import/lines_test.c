/* What one line means: OPL, DIMACS; and what the tags of a way mean. */
#include "testing.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "import/child.h"
#include "import/dimacs.h"
#include "import/opl.h"
#include "import/way.h"

/* --- OPL -------------------------------------------------------------------------------------- */

/* Reads a copy of `text` of exactly its length, so that a sanitizer sees a read past its end. */
static enum bm_code read_opl(struct bm_opl *opl, char **ret_copy, const char *text,
                             struct bm_fault *fault) {
    *ret_copy = bm_text_copy(text);
    return bm_opl_read(opl, *ret_copy, strlen(text), fault);
}

static void test_opl_node(void **state) {
    (void)state;
    struct bm_opl opl = {0};
    char *copy;
    assert_int_equal(
        read_opl(&opl, &copy,
                 "n33811019 v2 dV Tname=Alte%20%Br%fc%cke,name:zh=%8001%%6865%,note=%1f6a8%"
                 " x8.7094 y-49.41400001",
                 NULL),
        BM_OK);
    assert_int_equal(opl.kind, 'n');
    assert_int_equal(opl.id, 33811019);
    assert_true(opl.has_point);
    assert_int_equal(opl.point.lon_e7, 87094000);
    assert_int_equal(opl.point.lat_e7, -494140000);
    assert_string_equal(bm_opl_tag(&opl, "name"), "Alte Brücke");
    assert_string_equal(bm_opl_tag(&opl, "name:zh"), "老桥");
    assert_string_equal(bm_opl_tag(&opl, "note"), "🚨");
    assert_null(bm_opl_tag(&opl, "nam"));
    bm_free(copy);
    assert_int_equal(read_opl(&opl, &copy, "n-5 x y T", NULL), BM_OK);
    assert_int_equal(opl.id, -5);
    assert_false(opl.has_point);
    assert_int_equal(opl.tag_count, 0);
    bm_free(copy);
    assert_int_equal(read_opl(&opl, &copy, "n1 dD", NULL), BM_OK);
    assert_true(opl.deleted);
    bm_free(copy);
    bm_opl_free(&opl);
}

static void test_opl_way_and_relation(void **state) {
    (void)state;
    struct bm_opl opl = {0};
    char *copy;
    assert_int_equal(read_opl(&opl, &copy, "w7 Thighway=primary,oneway=-1 Nn1,n-2,n3x8.1y49", NULL),
                     BM_OK);
    assert_int_equal(opl.node_count, 3);
    assert_int_equal(opl.nodes[1], -2);
    assert_int_equal(opl.nodes[2], 3);
    bm_free(copy);
    assert_int_equal(read_opl(&opl, &copy,
                              "r57122 Ttype=restriction Mw155@to,n338@via,w28@from,r9@a%20%b",
                              NULL),
                     BM_OK);
    assert_int_equal(opl.member_count, 4);
    assert_int_equal(opl.members[1].kind, 'n');
    assert_int_equal(opl.members[1].id, 338);
    assert_string_equal(opl.members[2].role, "from");
    assert_string_equal(opl.members[3].role, "a b");
    assert_int_equal(opl.node_count, 0);
    bm_free(copy);
    bm_opl_free(&opl);
}

static void test_opl_refused(void **state) {
    (void)state;
    static const struct {
        const char *line, *field;
    } bad[] = {{"x1", "x"},
               {"n", "n"},
               {"n12a", "n"},
               {"n1234567890123456789", "n"},
               {"n1 x8,7 y1", "x"},
               {"n1 x180.0000001 y1", "x"},
               {"n1 x1 y-90.1", "y"},
               {"n1 x y9.9.9", "y"},
               {"n1 x99999999999999999999 y1", "x"},
               {"n1 Tname", "T"},
               {"n1 Tname=a,b", "T"},
               {"n1 Tname=%", "T"},
               {"n1 Tname=%zz%", "T"},
               {"n1 Tname=%%", "T"},
               {"n1 Tname=%d800%", "T"},
               {"n1 Tname=%110000%", "T"},
               {"n1 Tname=%0%", "T"},
               {"n1 Nn1,n2", "N"},
               {"w1 N1,2", "N"},
               {"w1 Nn1;n2", "N"},
               {"w1 Nn1,,n2", "N"},
               {"r1 Mw5", "M"},
               {"r1 Mq5@x", "M"},
               {"w1 Mw5@x", "M"}};
    struct bm_opl opl = {0};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct bm_fault fault = {0};
        char *copy;
        enum bm_code code = read_opl(&opl, &copy, bad[i].line, &fault);
        if (code != BM_BAD_FORMAT || strcmp(fault.field, bad[i].field) != 0)
            fail_msg("%s: code %d, field \"%s\"", bad[i].line, code, fault.field);
        bm_free(copy);
    }
    char nul[] = "n1 x1\0y1";
    assert_int_equal(bm_opl_read(&opl, nul, sizeof nul - 1, NULL), BM_BAD_FORMAT);
    bm_opl_free(&opl);
}

/* --- limits ----------------------------------------------------------------------------------- */

static void test_limits(void **state) {
    (void)state;
    static const struct {
        const char *value;
        unsigned dkmh;
    } limits[] = {{"50", 500},
                  {"50 km/h", 500},
                  {"7.5", 75},
                  {"30 mph", 483},
                  {"30mph", 483},
                  {"walk", 70},
                  {"none", UINT16_MAX},
                  {"DE:urban", 500},
                  {"DE:rural", 1000},
                  {"CN:urban", 500},
                  {"CN:rural", 700},
                  {"CN:motorway", 1200},
                  {"DE:motorway", UINT16_MAX},
                  {"FR:rural", 800},
                  {"PL:rural", 900},
                  {"DE:zone:30", 300},
                  {"DE:zone30", 300},
                  {"DE:walk", 70},
                  {"50;30", 300},
                  {"50 ; 30 mph", 483},
                  {"GB:nsl_single", 970},
                  {"signals", 0},
                  {"", 0},
                  {"variable", 0},
                  {"50 knots", 0},
                  {"999", 0},
                  {"-30", 0},
                  {"-1 mph", 0},
                  {"301", 0},
                  {"1e3", 0},
                  {"nan", 0},
                  {"99999999999", 0},
                  {"DE:zone:999", 0},
                  {"50;signals", 500},
                  {"0", 0}};
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        unsigned got = bm_way_limit(limits[i].value);
        if (got != limits[i].dkmh) fail_msg("%s: %u, not %u", limits[i].value, got, limits[i].dkmh);
    }
}

/* --- tags to speeds --------------------------------------------------------------------------- */

struct judged_row {
    const char *tags; /* as OPL writes them */
    /* ordinary along and against, emergency along and against; tenths of km/h */
    unsigned speeds[4];
};

static void check_rows(const struct judged_row *rows, size_t count) {
    struct bm_opl opl = {0};
    for (size_t i = 0; i < count; i++) {
        char line[300];
        snprintf(line, sizeof line, "w1 T%s Nn1,n2", rows[i].tags);
        assert_int_equal(bm_opl_read(&opl, line, strlen(line), NULL), BM_OK);
        struct bm_way way = {{{0}}};
        bool any = bm_way_judge(&opl, &way);
        unsigned got[4] = {
            way.speed_dkmh[BM_PROFILE_ORDINARY][0], way.speed_dkmh[BM_PROFILE_ORDINARY][1],
            way.speed_dkmh[BM_PROFILE_EMERGENCY][0], way.speed_dkmh[BM_PROFILE_EMERGENCY][1]};
        bool expected_any = false;
        for (int s = 0; s < 4; s++) {
            expected_any = expected_any || rows[i].speeds[s];
            if (got[s] != rows[i].speeds[s])
                fail_msg("%s: speed %d is %u, not %u", rows[i].tags, s, got[s], rows[i].speeds[s]);
        }
        bool on_foot = way.speed_dkmh[BM_PROFILE_FOOT][0] || way.speed_dkmh[BM_PROFILE_FOOT][1];
        assert_int_equal(any, expected_any || on_foot);
    }
    bm_opl_free(&opl);
}

static void test_speeds(void **state) {
    (void)state;
    static const struct judged_row rows[] = {
        {"highway=residential", {300, 300, 375, 375}},
        {"highway=primary", {600, 600, 750, 750}},
        {"highway=primary,maxspeed=100", {900, 900, 1100, 1100}},
        {"highway=primary,maxspeed=50", {450, 450, 562, 562}},
        {"highway=primary,maxspeed:forward=100,maxspeed=50", {900, 450, 1100, 562}},
        {"highway=primary,maxspeed:backward=30", {600, 270, 750, 337}},
        {"highway=primary,source:maxspeed=DE:urban", {450, 450, 562, 562}},
        {"highway=primary,source:maxspeed=2019%20%survey", {600, 600, 750, 750}},
        {"highway=primary,maxspeed=-30", {600, 600, 750, 750}}, /* as if nothing were said */
        {"highway=primary,maxspeed=0", {600, 600, 750, 750}},
        {"highway=primary,maxspeed=1200", {600, 600, 750, 750}},
        {"highway=primary,maxspeed=walk", {63, 63, 78, 78}},
        {"highway=service,maxspeed=50", {150, 150, 187, 187}},
        {"highway=living_street", {100, 100, 150, 150}},
        {"highway=motorway,maxspeed=none", {1170, 0, 1370, 0}},
        {"highway=motorway", {1100, 0, 1300, 0}},
        {"highway=motorway_link", {600, 600, 750, 750}},
        {"highway=unclassified,surface=gravel,maxspeed=100", {300, 300, 375, 375}},
    };
    check_rows(rows, sizeof rows / sizeof rows[0]);
}

static void test_directions(void **state) {
    (void)state;
    static const struct judged_row rows[] = {
        {"highway=residential,oneway=yes", {300, 0, 375, 150}},
        {"highway=residential,oneway=1", {300, 0, 375, 150}},
        {"highway=residential,oneway=-1", {0, 300, 150, 375}},
        {"highway=residential,oneway=no", {300, 300, 375, 375}},
        {"highway=residential,oneway=alternating", {300, 300, 375, 375}},
        {"highway=residential,oneway=reversible", {0, 0, 150, 150}},
        {"highway=residential,oneway=yes,oneway:motor_vehicle=no", {300, 300, 375, 375}},
        {"highway=primary,junction=roundabout", {600, 0, 750, 0}},
        {"highway=primary,junction=circular", {600, 0, 750, 0}},
        {"highway=motorway,oneway=no", {1100, 1100, 1300, 1300}},
        {"highway=trunk,oneway=yes", {850, 0, 1050, 0}},
        {"highway=trunk_link,oneway=yes", {500, 0, 625, 0}},
        {"highway=living_street,oneway=yes", {100, 0, 150, 150}},
    };
    check_rows(rows, sizeof rows / sizeof rows[0]);
}

static void test_access(void **state) {
    (void)state;
    static const struct judged_row rows[] = {
        {"highway=residential,access=private", {0, 0, 375, 375}},
        {"highway=residential,access=destination", {300, 300, 375, 375}},
        {"highway=residential,access=no", {0, 0, 0, 0}},
        {"highway=residential,access=no,emergency=yes", {0, 0, 375, 375}},
        {"highway=residential,access=no,motor_vehicle=yes", {300, 300, 375, 375}},
        {"highway=residential,access=no,psv=yes", {0, 0, 375, 375}},
        {"highway=residential,motor_vehicle=no", {0, 0, 200, 200}},
        {"highway=residential,vehicle=no,motorcar=permissive", {300, 300, 375, 375}},
        {"highway=residential,access=yes,motorcar=private", {0, 0, 375, 375}},
        {"highway=residential,emergency=no", {300, 300, 0, 0}},
        {"highway=residential,access=military", {0, 0, 0, 0}},
        {"highway=residential,access=whoknows", {300, 300, 375, 375}},
        {"highway=service,service=emergency_access", {0, 0, 187, 187}},
        {"highway=service,access=emergency", {0, 0, 187, 187}},
        {"highway=track", {0, 0, 150, 150}},
        {"highway=track,motor_vehicle=yes", {150, 150, 150, 150}},
        {"highway=track,motor_vehicle=agricultural", {0, 0, 150, 150}},
        {"highway=busway", {0, 0, 400, 400}},
        {"highway=pedestrian", {0, 0, 100, 100}},
        {"highway=pedestrian,motor_vehicle=delivery", {100, 100, 100, 100}},
        {"highway=pedestrian,area=yes", {0, 0, 100, 100}},
        {"highway=service,area=yes", {0, 0, 0, 0}},
        {"highway=footway", {0, 0, 0, 0}},
        {"highway=footway,emergency=yes", {0, 0, 0, 0}},
        {"highway=construction", {0, 0, 0, 0}},
        {"railway=rail", {0, 0, 0, 0}},
    };
    check_rows(rows, sizeof rows / sizeof rows[0]);
}

static void test_on_foot(void **state) {
    (void)state;
    static const struct {
        const char *tags;
        unsigned along, against;
    } rows[] = {{"highway=residential", 50, 50},
                {"highway=residential,oneway=yes", 50, 50},
                {"highway=residential,oneway:foot=yes", 50, 0},
                {"highway=residential,oneway:foot=-1", 0, 50},
                {"highway=footway", 50, 50},
                {"highway=footway,oneway=yes", 50, 50},
                {"highway=footway,area=yes", 50, 50},
                {"highway=pedestrian,area=yes", 50, 50},
                {"highway=service,area=yes", 0, 0},
                {"highway=path", 50, 50},
                {"highway=path,sac_scale=hiking", 50, 50},
                {"highway=path,sac_scale=mountain_hiking", 25, 25},
                {"highway=path,sac_scale=alpine_hiking", 0, 0},
                {"highway=steps", 25, 25},
                {"highway=steps,conveying=forward", 25, 0},
                {"highway=steps,conveying=backward", 0, 25},
                {"highway=steps,conveying=reversible", 25, 25},
                {"highway=track", 50, 50},
                {"highway=track,access=agricultural", 50, 50},
                {"highway=cycleway", 0, 0},
                {"highway=cycleway,foot=yes", 50, 50},
                {"highway=cycleway,foot=designated,segregated=yes", 50, 50},
                {"highway=bridleway", 0, 0},
                {"highway=bridleway,foot=permissive", 50, 50},
                {"highway=motorway", 0, 0},
                {"highway=motorway,foot=yes", 0, 0},
                {"highway=motorway_link", 0, 0},
                {"highway=trunk", 0, 0},
                {"highway=trunk,sidewalk=both", 0, 0},
                {"highway=trunk,foot=yes", 50, 50},
                {"highway=primary", 50, 50},
                {"highway=primary,foot=no", 0, 0},
                {"highway=primary,foot=use_sidepath", 0, 0},
                {"highway=primary,access=no", 0, 0},
                {"highway=primary,access=no,foot=yes", 50, 50},
                {"highway=primary,motor_vehicle=no", 50, 50},
                {"highway=service,access=private", 50, 50},
                {"highway=service,foot=private", 50, 50},
                {"highway=service,access=military", 0, 0},
                {"highway=busway", 0, 0},
                {"highway=busway,foot=yes", 50, 50},
                {"highway=bus_guideway", 0, 0},
                {"highway=living_street", 50, 50},
                {"highway=elevator", 0, 0},
                {"highway=via_ferrata", 0, 0},
                {"highway=proposed", 0, 0},
                {"route=ferry,foot=yes", 0, 0}};
    struct bm_opl opl = {0};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char line[300];
        struct bm_way way = {{{0}}};
        snprintf(line, sizeof line, "w1 T%s Nn1,n2", rows[i].tags);
        assert_int_equal(bm_opl_read(&opl, line, strlen(line), NULL), BM_OK);
        bm_way_judge(&opl, &way);
        unsigned along = way.speed_dkmh[BM_PROFILE_FOOT][0],
                 against = way.speed_dkmh[BM_PROFILE_FOOT][1];
        if (along != rows[i].along || against != rows[i].against)
            fail_msg("%s: %u and %u on foot", rows[i].tags, along, against);
    }
    bm_opl_free(&opl);
}

static void test_the_filter_lets_paths_through(void **state) {
    (void)state;
    struct bm_buf filter = bm_buf_make(1024);
    bm_way_filter(&filter);
    const char *text = bm_buf_c_text(&filter);
    assert_int_equal(strncmp(text, "w/highway=motorway,", 19), 0);
    static const char *const classes[] = {",footway", ",path", ",steps", ",cycleway", ",bridleway"};
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
        assert_non_null(strstr(text, classes[i]));
    bm_buf_free(&filter);
}

static void test_barriers(void **state) {
    (void)state;
    static const struct {
        const char *tags;
        enum bm_barrier barrier, on_foot;
    } rows[] = {
        {"highway=crossing", BM_BARRIER_NONE, BM_BARRIER_NONE},
        {"barrier=toll_booth", BM_BARRIER_NONE, BM_BARRIER_NONE},
        {"barrier=gate", BM_BARRIER_NONE, BM_BARRIER_NONE},
        {"barrier=gate,access=private", BM_BARRIER_EMERGENCY, BM_BARRIER_EMERGENCY},
        {"barrier=gate,motor_vehicle=yes,access=private", BM_BARRIER_NONE, BM_BARRIER_EMERGENCY},
        {"barrier=bollard", BM_BARRIER_ALL, BM_BARRIER_NONE},
        {"barrier=bollard,bollard=removable", BM_BARRIER_EMERGENCY, BM_BARRIER_NONE},
        {"barrier=bollard,emergency=yes", BM_BARRIER_EMERGENCY, BM_BARRIER_NONE},
        {"barrier=rising_bollard", BM_BARRIER_EMERGENCY, BM_BARRIER_NONE},
        {"barrier=chain", BM_BARRIER_EMERGENCY, BM_BARRIER_NONE},
        {"barrier=block", BM_BARRIER_ALL, BM_BARRIER_NONE},
        {"barrier=kerb", BM_BARRIER_NONE, BM_BARRIER_NONE},
        {"barrier=stile", BM_BARRIER_ALL, BM_BARRIER_NONE},
        {"barrier=kissing_gate", BM_BARRIER_ALL, BM_BARRIER_NONE},
        {"barrier=wall", BM_BARRIER_ALL, BM_BARRIER_ALL},
        {"barrier=fence", BM_BARRIER_ALL, BM_BARRIER_ALL},
        {"barrier=fence,emergency=yes", BM_BARRIER_EMERGENCY, BM_BARRIER_EMERGENCY},
        {"barrier=fence,foot=yes", BM_BARRIER_ALL, BM_BARRIER_NONE},
        {"barrier=gate,foot=no", BM_BARRIER_NONE, BM_BARRIER_ALL},
        {"barrier=gate,access=no", BM_BARRIER_EMERGENCY, BM_BARRIER_ALL},
        {"barrier=gate,access=no,foot=yes", BM_BARRIER_EMERGENCY, BM_BARRIER_NONE},
        {"barrier=gate,locked=yes", BM_BARRIER_NONE, BM_BARRIER_EMERGENCY},
        {"barrier=bollard,foot=no,emergency=yes", BM_BARRIER_EMERGENCY, BM_BARRIER_EMERGENCY},
        {"barrier=lift_gate,access=private", BM_BARRIER_EMERGENCY, BM_BARRIER_NONE}};
    struct bm_opl opl = {0};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char line[200];
        snprintf(line, sizeof line, "n1 T%s x1 y1", rows[i].tags);
        assert_int_equal(bm_opl_read(&opl, line, strlen(line), NULL), BM_OK);
        if (bm_way_barrier(&opl) != rows[i].barrier)
            fail_msg("%s: %d", rows[i].tags, bm_way_barrier(&opl));
        if (bm_way_barrier_on_foot(&opl) != rows[i].on_foot)
            fail_msg("%s: %d on foot", rows[i].tags, bm_way_barrier_on_foot(&opl));
    }
    bm_opl_free(&opl);
}

/* --- DIMACS ----------------------------------------------------------------------------------- */

static void test_dimacs(void **state) {
    (void)state;
    static const struct {
        const char *line;
        int kind; /* -1: refused */
        int64_t numbers[3];
    } rows[] = {{"c anything", BM_DIMACS_REMARK, {0}},
                {"", BM_DIMACS_REMARK, {0}},
                {"p sp 264346 733846", BM_DIMACS_GRAPH, {264346, 733846, 0}},
                {"a 1 2 2008", BM_DIMACS_ARC, {1, 2, 2008}},
                {"  a\t1  2 2008 ", BM_DIMACS_ARC, {1, 2, 2008}},
                {"p aux sp co 264346", BM_DIMACS_PLACES, {264346, 0, 0}},
                {"v 1 -73530767 41085396", BM_DIMACS_PLACE, {1, -73530767, 41085396}},
                {"p sp 264346", -1, {0}},
                {"p sp 1 2 3", -1, {0}},
                {"p max 1 2", -1, {0}},
                {"p aux co 5", -1, {0}},
                {"a 1 2", -1, {0}},
                {"a 1 2 3.5", -1, {0}},
                {"a 1 2 3x", -1, {0}},
                {"a 1 2 -", -1, {0}},
                {"a 1 2 123456789012345678", -1, {0}},
                {"ab 1 2 3", -1, {0}},
                {"hello", -1, {0}}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bm_dimacs line;
        struct bm_fault fault = {0};
        enum bm_code code = bm_dimacs_read(rows[i].line, strlen(rows[i].line), &line, &fault);
        if (rows[i].kind < 0) {
            if (code != BM_BAD_FORMAT || !fault.detail[0]) fail_msg("%s was read", rows[i].line);
            continue;
        }
        if (code || (int)line.kind != rows[i].kind) fail_msg("%s: %d", rows[i].line, code);
        assert_memory_equal(line.numbers, rows[i].numbers, sizeof line.numbers);
    }
}

/* --- lines ------------------------------------------------------------------------------------ */

static void test_children(void **state) {
    (void)state;
    struct bm_lines *lines;
    struct bm_fault fault = {0};
    char *line;
    size_t len;
    const char *absent[] = {"bellman-has-no-such-program", NULL};
    assert_int_equal(bm_lines_run(absent, "some-package", -1, "x", &lines, &fault), BM_NOT_FOUND);
    assert_non_null(strstr(fault.detail, "apt-get install some-package"));
    const char *two[] = {"printf", "one\\r\\n\\nlast", NULL};
    assert_int_equal(bm_lines_run(two, "coreutils", -1, "two", &lines, &fault), BM_OK);
    static const char *const expected[] = {"one", "", "last"};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(bm_lines_next(lines, &line, &len, &fault), BM_OK);
        assert_string_equal(line, expected[i]);
        assert_int_equal(len, strlen(expected[i]));
    }
    assert_int_equal(bm_lines_next(lines, &line, &len, &fault), BM_OK);
    assert_null(line);
    assert_int_equal(bm_lines_number(lines), 3);
    assert_int_equal(bm_lines_close(lines, &fault), BM_OK);
    /* Its own words are passed on, and much of them does not block it. */
    const char *loud[] = {
        "sh", "-c",
        "i=0; while [ $i -lt 3000 ]; do echo \"word $i xxxxxxxxxxxxxxxxxxxxxxxxx\" >&2; "
        "i=$((i+1)); done; echo done; echo no such luck >&2; exit 3",
        NULL};
    assert_int_equal(bm_child_run(loud, "dash", NULL, NULL, &fault), BM_BAD_FORMAT);
    assert_non_null(strstr(fault.detail, "no such luck"));
    /* One that would never end is ended. */
    const char *endless[] = {"yes", NULL};
    assert_int_equal(bm_lines_run(endless, "coreutils", -1, "yes", &lines, &fault), BM_OK);
    assert_int_equal(bm_lines_next(lines, &line, &len, &fault), BM_OK);
    assert_int_equal(bm_lines_close(lines, &fault), BM_OK);
    /* A line without end is refused. */
    const char *wide[] = {"sh", "-c", "head -c 6000000 /dev/zero | tr '\\0' x", NULL};
    assert_int_equal(bm_child_run(wide, "dash", NULL, NULL, &fault), BM_TOO_LONG);
    assert_int_equal(bm_lines_open("/no/such/file.gr", &lines, &fault), BM_NOT_FOUND);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_opl_node),
        cmocka_unit_test(test_opl_way_and_relation),
        cmocka_unit_test(test_opl_refused),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_speeds),
        cmocka_unit_test(test_directions),
        cmocka_unit_test(test_access),
        cmocka_unit_test(test_on_foot),
        cmocka_unit_test(test_the_filter_lets_paths_through),
        cmocka_unit_test(test_barriers),
        cmocka_unit_test(test_dimacs),
        cmocka_unit_test(test_children),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
