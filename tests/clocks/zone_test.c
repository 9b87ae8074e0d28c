/* Zones: against what the C library says of the same files; gaps, overlaps, damaged bytes. */
#include "testing.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "base/time.h"
#include "procedure/zone.h"
#include "support.h"

static const char *const names[] = {
    "Asia/Shanghai",    "Asia/Hong_Kong",      "Europe/Berlin",
    "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu",
    "America/St_Johns", "America/Sao_Paulo",   "Africa/Casablanca",
    "Pacific/Apia",     "America/Havana",      "Europe/Dublin",
    "Asia/Tehran",      "Antarctica/Troll",    "Africa/Monrovia",
    "America/Nuuk",     "Asia/Gaza",           "UTC",
};
enum { NAMES = sizeof names / sizeof names[0] };

/* The C library's civil time, in seconds. */
static int64_t libc_civil_s(int64_t at_s) {
    struct tm tm;
    time_t at = at_s;
    assert_non_null(localtime_r(&at, &tm));
    int32_t day = bm_date_day(
        (struct bm_date){tm.tm_year + 1900, (uint8_t)(tm.tm_mon + 1), (uint8_t)tm.tm_mday});
    return day * INT64_C(86400) + tm.tm_hour * 3600 + tm.tm_min * 60 + tm.tm_sec;
}

static void libc_is(const char *name) {
    char value[64];
    snprintf(value, sizeof value, ":%s", name);
    setenv("TZ", value, 1);
    tzset();
}

static void check_offset(const struct bm_zone *zone, int64_t at_s) {
    int64_t ours = bm_zone_civil_ms(zone, at_s * 1000) / 1000, theirs = libc_civil_s(at_s);
    if (ours != theirs)
        fail_msg("%s at %lld: %lld, libc %lld", bm_zone_name(zone), (long long)at_s,
                 (long long)ours, (long long)theirs);
}

/* All instants at which the C library shows a civil time: with each offset that it knows within two
 * days. */
static void check_instant(const struct bm_zone *zone, int64_t civil_s) {
    int64_t first = INT64_MAX, found[8];
    int count = 0;
    enum { REACH_S = 27 * 3600, STEP_S = 900 };
    for (int64_t at = civil_s - REACH_S; at <= civil_s + REACH_S; at += STEP_S) {
        int64_t shown = civil_s - (libc_civil_s(at) - at);
        bool is_new = libc_civil_s(shown) == civil_s;
        for (int i = 0; i < count; i++) is_new = is_new && found[i] != shown;
        if (!is_new) continue;
        found[count++] = shown;
        if (shown < first) first = shown;
    }
    enum bm_civil how;
    int64_t at_ms = bm_zone_instant_ms(zone, civil_s * 1000 + 123, &how);
    enum bm_civil wanted = count == 0   ? BM_CIVIL_SKIPPED
                           : count == 1 ? BM_CIVIL_ONCE
                                        : BM_CIVIL_TWICE;
    if (how != wanted)
        fail_msg("%s: %lld is shown %d times", bm_zone_name(zone), (long long)civil_s, count);
    if (count > 0) {
        assert_int_equal(at_ms, first * 1000 + 123);
    } else { /* the jump over it */
        assert_int_equal(at_ms % 1000, 0);
        assert_true(libc_civil_s(at_ms / 1000) > civil_s);
        assert_true(libc_civil_s(at_ms / 1000 - 1) < civil_s);
    }
}

static void zones_agree_with_libc(void **state) {
    (void)state;
    struct bm_rng rng = {clocks_seed()};
    const int64_t from = INT64_C(-2145000000), to = INT64_C(4100000000); /* 1902 to 2099 */
    int offsets = 0, instants = 0;
    for (size_t i = 0; i < NAMES; i++) {
        struct bm_zone *zone = clocks_zone(names[i]);
        libc_is(names[i]);
        for (int n = 0; n < 4000; n++, offsets++)
            check_offset(zone, from + (int64_t)bm_rng_below(&rng, (uint64_t)(to - from)));
        for (int n = 0; n < 150; n++, instants++)
            check_instant(zone, from + (int64_t)bm_rng_below(&rng, (uint64_t)(to - from)));
        /* Every change of the clocks, found by the C library itself: an hour about it, second by
         * second at the jump. */
        for (int64_t at = from; at < to; at += 6 * 3600) {
            int64_t low = at, high = at + 6 * 3600;
            if (libc_civil_s(low) - low == libc_civil_s(high) - high) continue;
            while (high - low > 1) {
                int64_t middle = low + (high - low) / 2;
                if (libc_civil_s(middle) - middle == libc_civil_s(low) - low)
                    low = middle;
                else
                    high = middle;
            }
            for (int64_t s = -2; s <= 2; s++, offsets++) check_offset(zone, high + s);
            if (bm_rng_chance(&rng, 85) && high > 0) continue;
            for (int64_t s = -7200; s <= 7200; s += 1800, instants++)
                check_instant(zone, libc_civil_s(low) + s);
        }
        bm_zone_free(zone);
    }
    print_message("%d offsets, %d civil times in %d zones agree with libc\n", offsets, instants,
                  NAMES);
}

/* China kept summer time from 1986 to 1991: noon of a July day was three hours and not four before
 * 08:00 UTC. */
static void shanghai_had_summer_time_from_1986_to_1991(void **state) {
    (void)state;
    struct bm_zone *zone = clocks_zone("Asia/Shanghai");
    static const char *const days[] = {"1985-07-01", "1986-07-01", "1991-07-01", "1992-07-01"};
    static const int32_t hours[] = {8, 9, 9, 8};
    for (int i = 0; i < 4; i++)
        assert_int_equal(bm_zone_offset_s(zone, clocks_at(zone, days[i])), hours[i] * 3600);
    bm_zone_free(zone);
}

static void a_skipped_time_is_the_jump_and_a_double_one_the_first(void **state) {
    (void)state;
    struct bm_zone *zone = clocks_zone("Europe/Berlin");
    enum bm_civil how;
    int64_t civil = clocks_day("2026-03-29") * INT64_C(86400000) + 9000000; /* 02:30 */
    assert_string_equal(clocks_shown(zone, bm_zone_instant_ms(zone, civil, &how)),
                        "2026-03-29 03:00:00.000");
    assert_int_equal(how, BM_CIVIL_SKIPPED);
    civil = clocks_day("2026-10-25") * INT64_C(86400000) + 9000000;
    int64_t at = bm_zone_instant_ms(zone, civil, &how);
    assert_int_equal(how, BM_CIVIL_TWICE);
    assert_int_equal(bm_zone_offset_s(zone, at), 7200);
    assert_int_equal(bm_zone_civil_ms(zone, at + 3600000), civil);
    bm_zone_free(zone);
    zone = clocks_zone("Australia/Lord_Howe");                      /* half an hour */
    civil = clocks_day("2026-10-04") * INT64_C(86400000) + 8100000; /* 02:15 */
    assert_string_equal(clocks_shown(zone, bm_zone_instant_ms(zone, civil, &how)),
                        "2026-10-04 02:30:00.000");
    assert_int_equal(how, BM_CIVIL_SKIPPED);
    bm_zone_free(zone);
}

static void a_day_that_has_begun_is_not_left_again(void **state) {
    (void)state;
    struct bm_zone *zone = clocks_zone(
        "America/St_Johns"); /* went back over midnight at 00:01 until 2011 */
    int32_t day = clocks_day("2010-11-07");
    int64_t begins = bm_zone_day_start_ms(zone, day);
    for (int64_t minute = -120; minute < 180; minute++) {
        int32_t at = bm_zone_day_of(zone, begins + minute * 60000);
        assert_int_equal(at, minute < 0 ? day - 1 : day);
    }
    assert_string_equal(clocks_shown(zone, begins + 60000), "2010-11-06 23:01:00.000");
    bm_zone_free(zone);
    zone = clocks_zone("Pacific/Apia"); /* left out 30 December 2011 */
    day = clocks_day("2011-12-30");
    assert_int_equal(bm_zone_day_start_ms(zone, day), bm_zone_day_start_ms(zone, day + 1));
    bm_zone_free(zone);
}

/* --- bytes ------------------------------------------------------------------------------------ */

/* A file of our own: two types, `count` transitions an hour apart, a footer. */
enum { MADE_MAX = 1024 };
static size_t put_u32(uint8_t *bytes, size_t at, uint32_t value) {
    for (int i = 0; i < 4; i++) bytes[at + (size_t)i] = (uint8_t)(value >> (24 - 8 * i));
    return at + 4;
}
static size_t put_head(uint8_t *bytes, size_t at, uint32_t times, uint32_t types, uint32_t chars) {
    memset(bytes + at, 0, 44);
    memcpy(bytes + at, "TZif2", 5);
    put_u32(bytes, at + 32, times);
    put_u32(bytes, at + 36, types);
    put_u32(bytes, at + 40, chars);
    return at + 44;
}
static size_t make(uint8_t bytes[MADE_MAX], uint32_t times, const char *footer) {
    size_t at = put_head(bytes, 0, 0, 1, 1);
    memset(bytes + at, 0, 7);
    at = put_head(bytes, at + 7, times, 2, 8);
    for (uint32_t i = 0; i < times; i++)
        at = put_u32(bytes, put_u32(bytes, at, 0), 1000000000 + i * 3600);
    for (uint32_t i = 0; i < times; i++) bytes[at++] = (uint8_t)(i % 2);
    at = put_u32(bytes, at, 3600);
    bytes[at++] = 0, bytes[at++] = 0;
    at = put_u32(bytes, at, 7200);
    bytes[at++] = 1, bytes[at++] = 4;
    memcpy(bytes + at, "AAA\0BBB\0", 8);
    at += 8;
    at += (size_t)snprintf((char *)bytes + at, 200, "\n%s\n", footer);
    return at;
}

static void expect(const uint8_t *bytes, size_t len, const char *words) {
    struct bm_zone *zone = NULL;
    struct bm_fault fault = {0};
    uint8_t *exact = bm_alloc(len + !len); /* so that the sanitizer sees a step too far */
    memcpy(exact, bytes, len);
    enum bm_code code = bm_zone_read("Made/Up", exact, len, &zone, &fault);
    bm_free(exact);
    assert_int_equal(code, BM_BAD_FORMAT);
    assert_null(zone);
    assert_non_null(strstr(fault.detail, "Made/Up"));
    if (!strstr(fault.detail, words)) fail_msg("\"%s\" does not say \"%s\"", fault.detail, words);
}

static void damaged_bytes_are_refused_by_place(void **state) {
    (void)state;
    uint8_t good[MADE_MAX], bad[MADE_MAX];
    size_t len = make(good, 4, "AAA-1BBB,M3.5.0,M10.5.0/3");
    struct bm_zone *zone = NULL;
    assert_int_equal(bm_zone_read("Made/Up", good, len, &zone, NULL), BM_OK);
    bm_zone_free(zone);
    for (size_t cut = 0; cut < len; cut++) expect(good, cut, "byte");
    static const struct {
        size_t at;
        uint8_t byte;
        const char *words;
    } flips[] = {
        {0, 'X', "no head"},
        {4, 0, "version 1"},
        {51, 'X', "no head"},
        {51 + 31, 1, "leap seconds"},
        {51 + 32, 0x7f, "shorter"},
        {51 + 44, 0x7f, "rise"},
        {51 + 44 + 32, 2, "a type that there is not"},
        {51 + 44 + 36, 0x7f, "26 hours"},
        {51 + 44 + 40, 2, "not well formed"},
        {51 + 44 + 41, 8, "not well formed"},
        {51 + 44 + 56, 'X', "line ends"},
    };
    for (size_t i = 0; i < sizeof flips / sizeof flips[0]; i++) {
        memcpy(bad, good, len);
        bad[flips[i].at] = flips[i].byte;
        expect(bad, len, flips[i].words);
    }
    static const char *const footers[] = {
        "A",
        "AAA",
        "AAA25",
        "AAA-1BBB",
        "AAA-1BBB,M13.1.0,M10.5.0",
        "AAA-1BBB,M3.0.0,M10.5.0",
        "AAA-1BBB,M3.1.7,M10.5.0",
        "AAA-1BBB,J0,J9",
        "AAA-1BBB,366,1",
        "AAA-1BBB,1/168,2",
        "<A1-1",
        "AAA-1BBB,M3.5.0,M10.5.0/3x",
        "AAA-1:60",
    };
    for (size_t i = 0; i < sizeof footers / sizeof footers[0]; i++)
        expect(bad, make(bad, 1, footers[i]), "rule");
    char longer[180];
    memset(longer, 'A', sizeof longer - 1), longer[179] = 0;
    expect(bad, make(bad, 1, longer), "120 bytes");
}

static int zones_taken;
static int take_zone(const char *path, const struct stat *status, int kind, struct FTW *ftw) {
    (void)status, (void)ftw;
    static uint8_t bytes[BM_ZONE_BYTES_MAX];
    FILE *file = kind == FTW_F && !strstr(path, "/right/") ? fopen(path, "rb") : NULL; /* those count leap seconds */
    if (!file) return 0;
    size_t len = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    struct bm_zone *zone = NULL;
    struct bm_fault fault = {0};
    if (len < 4 || memcmp(bytes, "TZif", 4) != 0) return 0;
    if (bm_zone_read(path, bytes, len, &zone, &fault)) fail_msg("%s", fault.detail);
    bm_zone_free(zone);
    zones_taken++;
    return 0;
}

static void every_zone_of_tzdata_is_taken(void **state) {
    (void)state;
    const char *folder = getenv("TZDIR");
    assert_int_equal(nftw(folder ? folder : "/usr/share/zoneinfo", take_zone, 16, FTW_PHYS), 0);
    assert_true(zones_taken > 300);
}

/* What a jump forward leaves out is in a gap, and is never shown later: found by fuzzing (corpus/zone/back_into_a_gap). */
static void clocks_that_go_back_into_a_gap_are_refused(void **state) {
    (void)state;
    uint8_t bytes[MADE_MAX];
    struct bm_zone *zone = NULL;
    size_t len = make(bytes, 4, "AAA-1");
    assert_int_equal(bm_zone_read("Made/Up", bytes, len, &zone, NULL), BM_OK); /* an hour on, and back after an hour */
    bm_zone_free(zone);
    put_u32(bytes, 51 + 44 + 2 * 8 + 4, 1000000000 + 3600 + 3599);
    expect(bytes, len, "left out");
    expect(bytes, make(bytes, 1, "AAA10:30BBB-11,M4.1.0,M4.1.1"), "left out"); /* in the years in which Monday comes after Sunday */
    expect(bytes, make(bytes, 1, "AAA0BBB-20,J365/23,J1/22"), "left out");     /* over a New Year */
    zone = NULL;
    len = make(bytes, 1, "AAA0BBB-20,J365/23,J2/18");
    assert_int_equal(bm_zone_read("Made/Up", bytes, len, &zone, NULL), BM_OK);
    bm_zone_free(zone);
}

/* Footers of every form against the C library's reading of the same text. */
static void footers_agree_with_libc(void **state) {
    (void)state;
    static const char *const footers[] = {
        "EST5EDT,M3.2.0,M11.1.0",
        "<+0330>-3:30<+0430>,J79/24,J263/24",
        "IST-1GMT0,M10.5.0,M3.5.0/1",
        "<-02>2<-01>,M3.5.0/-1,M10.5.0/0",
        "XXX3YYY,59,300/1:30:15",
        "AAA-10:30BBB-11,M10.1.0,M4.1.0",
        "CST-8",
        "XXX-13YYY,M9.5.6/26,M4.1.6/27",
    };
    struct bm_rng rng = {clocks_seed()};
    for (size_t i = 0; i < sizeof footers / sizeof footers[0]; i++) {
        uint8_t bytes[MADE_MAX];
        struct bm_zone *zone = NULL;
        struct bm_fault fault = {0};
        if (bm_zone_read("Made/Up", bytes, make(bytes, 1, footers[i]), &zone, &fault))
            fail_msg("%s", fault.detail);
        setenv("TZ", footers[i], 1);
        tzset();
        for (int n = 0; n < 4000; n++)
            check_offset(zone, 1000100000 + (int64_t)bm_rng_below(&rng, UINT64_C(8000000000)));
        bm_zone_free(zone);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zones_agree_with_libc),
        cmocka_unit_test(shanghai_had_summer_time_from_1986_to_1991),
        cmocka_unit_test(a_skipped_time_is_the_jump_and_a_double_one_the_first),
        cmocka_unit_test(a_day_that_has_begun_is_not_left_again),
        cmocka_unit_test(damaged_bytes_are_refused_by_place),
        cmocka_unit_test(every_zone_of_tzdata_is_taken),
        cmocka_unit_test(clocks_that_go_back_into_a_gap_are_refused),
        cmocka_unit_test(footers_agree_with_libc),
    };
    return cmocka_run_group_tests_name("zone", tests, NULL, NULL);
}
