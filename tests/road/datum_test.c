/* Datums: 500 points of two independent libraries, there and back again, and who is moved at all.
 */
#include "../testing.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/rng.h"
#include "geo/datum.h"

static struct bm_point at(double lat, double lon) {
    return (struct bm_point){(int32_t)lround(lat * 1e7), (int32_t)lround(lon * 1e7)};
}

static bool same(struct bm_point a, struct bm_point b, int32_t within_e7) {
    return abs(a.lat_e7 - b.lat_e7) <= within_e7 && abs(a.lon_e7 - b.lon_e7) <= within_e7;
}

/* --- who is moved ----------------------------------------------------------------------------- */

static const struct {
    const char *name;
    double lat, lon;
    bool moves;
} places[] = {
    {"Beijing", 39.9093, 116.3974, true},
    {"Shanghai", 31.2304, 121.4737, true},
    {"Pudong airport", 31.1443, 121.8083, true},
    {"Zhoushan", 30.0160, 122.1070, true},
    {"Urumqi", 43.8256, 87.6168, true},
    {"Kashgar", 39.4677, 75.9938, true},
    {"Lhasa", 29.6520, 91.1721, true},
    {"Mohe", 52.9721, 122.5386, true},
    {"Fuyuan", 48.3650, 134.2870, true},
    {"Hunchun", 42.8625, 130.3660, true},
    {"Dandong", 40.1500, 124.3500, true},
    {"Dalian", 38.9140, 121.6147, true},
    {"Weihai", 37.5130, 122.1200, true},
    {"Nanning", 22.8170, 108.3665, true},
    {"Jinghong", 22.0070, 100.7970, true},
    {"Kunming", 25.0389, 102.7183, true},
    {"Haikou", 20.0440, 110.1999, true},
    {"Sanya", 18.2528, 109.5119, true},
    {"Weizhou island", 21.0350, 109.1150, true},
    {"Pingtan island", 25.5030, 119.7900, true},
    {"Meizhou island", 25.0800, 119.1200, true},
    {"Shenzhen, city hall", 22.5431, 114.0579, true},
    {"Shenzhen, Futian port", 22.5163, 114.0680, true},
    {"Shenzhen, Luohu port", 22.5325, 114.1130, true},
    {"Shenzhen, Wenjindu port", 22.5408, 114.1290, true},
    {"Shenzhen, Shekou", 22.4790, 113.9150, true},
    {"Shenzhen, Yantian", 22.5790, 114.2700, true},
    {"Shenzhen, Nanao", 22.5330, 114.4860, true},
    {"Zhuhai, Gongbei port", 22.2178, 113.5490, true},
    {"Zhuhai, Wanzai", 22.1930, 113.5240, true},
    {"Zhuhai, Hengqin", 22.1330, 113.5330, true},
    {"Zhuhai, Guishan island", 22.1350, 113.8200, true},
    {"Xiamen, ferry", 24.4500, 118.0700, true},
    {"Xiamen, east coast", 24.4370, 118.1850, true},
    {"Xiamen, Dadeng island", 24.5600, 118.3300, true},
    {"Quanzhou, Weitou", 24.5200, 118.5700, true},

    {"Hong Kong, Central", 22.2819, 114.1580, false},
    {"Hong Kong, airport", 22.3080, 113.9185, false},
    {"Hong Kong, Lo Wu station", 22.5283, 114.1131, false},
    {"Hong Kong, Lok Ma Chau station", 22.5140, 114.0657, false},
    {"Hong Kong, Yuen Long", 22.4450, 114.0220, false},
    {"Hong Kong, Sheung Shui", 22.5010, 114.1280, false},
    {"Hong Kong, Sha Tau Kok pier", 22.5440, 114.2260, false},
    {"Hong Kong, Tung Ping Chau", 22.5430, 114.4330, false},
    {"Hong Kong, Tai O", 22.2540, 113.8620, false},
    {"Macau, Senado Square", 22.1936, 113.5399, false},
    {"Macau, border gate, south of it", 22.2140, 113.5489, false},
    {"Macau, Taipa", 22.1560, 113.5590, false},
    {"Macau, Coloane", 22.1180, 113.5680, false},
    {"Macau, airport", 22.1490, 113.5910, false},
    {"Taipei", 25.0330, 121.5654, false},
    {"Kaohsiung", 22.6273, 120.3014, false},
    {"Magong, Penghu", 23.5650, 119.5660, false},
    {"Kinmen, Jincheng", 24.4330, 118.3170, false},
    {"Kinmen, Lieyu", 24.4290, 118.2400, false},
    {"Kinmen, Mashan", 24.5270, 118.4080, false},
    {"Matsu, Nangan", 26.1520, 119.9400, false},
    {"Matsu, Beigan", 26.2240, 119.9950, false},
    {"Matsu, Dongyin", 26.3660, 120.4890, false},
    {"Matsu, Juguang", 25.9700, 119.9400, false},
    {"Wuqiu", 24.9870, 119.4530, false},
    {"Seoul", 37.5665, 126.9780, false},
    {"Pyongyang", 39.0392, 125.7625, false},
    {"Busan", 35.1796, 129.0756, false},
    {"Jeju", 33.4996, 126.5312, false},
    {"Fukuoka", 33.5902, 130.4017, false},
    {"Naha", 26.2124, 127.6792, false},
    {"Hanoi", 21.0278, 105.8342, false},
    {"Haiphong", 20.8449, 106.6881, false},
    {"Da Nang", 16.0544, 108.2022, false},
    {"Vientiane", 17.9757, 102.6331, false},
    {"Luang Prabang", 19.8834, 102.1347, false},
    {"Mandalay", 21.9588, 96.0891, false},
    {"Myitkyina", 25.3833, 97.4000, false},
    {"Dhaka", 23.8103, 90.4125, false},
    {"Thimphu", 27.4728, 89.6390, false},
    {"Kathmandu", 27.7172, 85.3240, false},
    {"Delhi", 28.6139, 77.2090, false},
    {"Leh", 34.1526, 77.5771, false},
    {"Bishkek", 42.8746, 74.5698, false},
    {"Almaty", 43.2220, 76.8512, false},
    {"Ulaanbaatar", 47.8864, 106.9057, false},
    {"Irkutsk", 52.2870, 104.3050, false},
    {"Khabarovsk", 48.4802, 135.0719, false},
    {"Vladivostok", 43.1155, 131.8855, false},
    {"Heidelberg", 49.4093, 8.6942, false},
    {"New York", 40.7128, -74.0060, false},
};

static void who_is_moved(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        struct bm_point point = at(places[i].lat, places[i].lon);
        if (bm_datum_moves(point) != places[i].moves)
            fail_msg("%s is %smoved", places[i].name, places[i].moves ? "not " : "");
        for (int d = 0; d < BM_datum_COUNT; d++) {
            enum bm_datum datum = (enum bm_datum)d;
            struct bm_point there = bm_datum_from_wgs84(datum, point);
            bool moves = places[i].moves && datum != BM_DATUM_WGS84;
            double far_m = bm_distance_m(point, there);
            if (moves ? far_m < 50 || far_m > 2000 : far_m > 0)
                fail_msg("%s is moved by %.0f m", places[i].name, far_m);
        }
    }
}

/* Hong Kong's towns that lie farther from the mainland than coordinates are moved come in as they
 * are, as do all of the others. */
static void what_is_not_moved_comes_in_as_it_is(void **state) {
    (void)state;
    static const char *const near_the_mainland[] = {"Hong Kong, Lo Wu station",
                                                    "Hong Kong, Lok Ma Chau station",
                                                    "Hong Kong, Sha Tau Kok pier",
                                                    "Macau, Senado Square",
                                                    "Macau, border gate, south of it",
                                                    "Macau, Taipa",
                                                    "Macau, Coloane",
                                                    "Kinmen, Lieyu",
                                                    "Kinmen, Mashan"};
    size_t compared = 0;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        if (places[i].moves) continue;
        bool near = false;
        for (size_t n = 0; n < sizeof near_the_mainland / sizeof near_the_mainland[0]; n++)
            near |= strcmp(places[i].name, near_the_mainland[n]) == 0;
        if (near) continue;
        struct bm_point point = at(places[i].lat, places[i].lon);
        struct bm_point back = bm_datum_to_wgs84(BM_DATUM_GCJ02, point);
        if (!same(back, point, 0))
            fail_msg("%s comes in %.0f m off", places[i].name, bm_distance_m(point, back));
        compared++;
    }
    assert_true(compared > 40);
}

/* --- there and back again --------------------------------------------------------------------- */

static void there_and_back_again(void **state) {
    (void)state;
    struct bm_rng rng = {.state = 8};
    size_t moved = 0;
    for (int i = 0; i < 100000; i++) {
        struct bm_point point = {(int32_t)(150000000 + bm_rng_below(&rng, 400000000)),
                                 (int32_t)(700000000 + bm_rng_below(&rng, 680000000))};
        if (!bm_datum_moves(point)) continue;
        moved++;
        for (int d = BM_DATUM_GCJ02; d < BM_datum_COUNT; d++) {
            struct bm_point there = bm_datum_from_wgs84((enum bm_datum)d, point);
            struct bm_point back = bm_datum_to_wgs84((enum bm_datum)d, there);
            if (!same(back, point, 1))
                fail_msg("%s: %d,%d comes back as %d,%d", bm_datum_names[d], point.lat_e7,
                         point.lon_e7, back.lat_e7, back.lon_e7);
        }
    }
    assert_true(moved > 20000);
}

/* Whatever the numbers, a valid point stays one: the ends of the earth, and those of the formula.
 */
static void a_valid_point_stays_one(void **state) {
    (void)state;
    struct bm_rng rng = {.state = 9};
    for (int i = 0; i < 200000; i++) {
        struct bm_point point = {(int32_t)((int64_t)bm_rng_below(&rng, 1800000001) - 900000000),
                                 (int32_t)((int64_t)bm_rng_below(&rng, 3600000001) - 1800000000)};
        if (i == 0) point = at(90, 180);
        if (i == 1) point = at(-90, -180);
        if (i == 2) point = at(35, 105); /* where the formula has its middle */
        for (int d = 0; d < BM_datum_COUNT; d++) {
            assert_true(bm_point_valid(bm_datum_to_wgs84((enum bm_datum)d, point)));
            assert_true(bm_point_valid(bm_datum_from_wgs84((enum bm_datum)d, point)));
        }
    }
}

/* --- against two other libraries -------------------------------------------------------------- */

static FILE *open_vectors(void) {
    const char *data = getenv("BELLMAN_DATA"), *root = getenv("SOURCE_ROOT");
    char path[4096];
    if (data)
        snprintf(path, sizeof path, "%s/gcj/wgs84_gcj02_bd09_vectors.csv", data);
    else
        snprintf(path, sizeof path, "%s/../shared/data/gcj/wgs84_gcj02_bd09_vectors.csv",
                 root ? root : ".");
    FILE *file = fopen(path, "r");
    if (!file) print_message("skipped: %s is not there (BELLMAN_DATA names another)\n", path);
    return file;
}

/* The file moves all of a rectangle from 72 to 138 degrees; here its points that are not of the
 * mainland must stay. */
static void as_other_libraries_have_it(void **state) {
    (void)state;
    FILE *file = open_vectors();
    if (!file) skip();
    char line[512];
    size_t moved = 0, stayed = 0;
    assert_non_null(fgets(line, sizeof line, file));
    while (fgets(line, sizeof line, file)) {
        double n[8];
        assert_int_equal(sscanf(line, "%lf,%lf,%lf,%lf,%lf,%lf,%lf,%lf", &n[0], &n[1], &n[2], &n[3],
                                &n[4], &n[5], &n[6], &n[7]),
                         8);
        struct bm_point point = at(n[1], n[0]), gcj = at(n[3], n[2]), bd = at(n[7], n[6]);
        struct bm_point to_gcj = bm_datum_from_wgs84(BM_DATUM_GCJ02, point);
        struct bm_point to_bd = bm_datum_from_wgs84(BM_DATUM_BD09, point);
        if (!bm_datum_moves(point)) {
            assert_true(same(to_gcj, point, 0) && same(to_bd, point, 0));
            stayed++;
            continue;
        }
        /* What the file says to 1e-14 is rounded here, and the given point was as well. */
        assert_true(same(to_gcj, gcj, 1));
        assert_true(same(to_bd, bd, 1));
        assert_true(same(bm_datum_to_wgs84(BM_DATUM_GCJ02, gcj), point, 1));
        assert_true(same(bm_datum_to_wgs84(BM_DATUM_BD09, bd), point, 1));
        moved++;
    }
    fclose(file);
    print_message("%zu points moved as there, %zu not of the mainland\n", moved, stayed);
    assert_true(moved > 150 && stayed > 100);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_is_moved),
        cmocka_unit_test(what_is_not_moved_comes_in_as_it_is),
        cmocka_unit_test(there_and_back_again),
        cmocka_unit_test(a_valid_point_stays_one),
        cmocka_unit_test(as_other_libraries_have_it),
    };
    return cmocka_run_group_tests_name("datum", tests, NULL, NULL);
}
