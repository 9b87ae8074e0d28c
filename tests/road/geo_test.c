/* geo: distances against published values, nearest points and polygons against plain other ways. */
#include "../testing.h"

#include <math.h>

#include "base/rng.h"
#include "geo/point.h"

static struct bm_point at(double lat, double lon) {
    return (struct bm_point){(int32_t)lround(lat * 1e7), (int32_t)lround(lon * 1e7)};
}

static void near(double is, double should, double within) {
    if (!(fabs(is - should) <= within)) print_error("%.6f is not %.6f\n", is, should);
    assert_true(fabs(is - should) <= within);
}

static void distances_are_those_of_the_sphere(void **state) {
    (void)state;
    /* A quarter of the circumference, and one degree of it. */
    near(bm_distance_m(at(0, 0), at(90, 0)), 6371008.8 * M_PI / 2, 0.01);
    near(bm_distance_m(at(0, 0), at(0, 90)), 6371008.8 * M_PI / 2, 0.01);
    near(bm_distance_m(at(60, 10), at(60, 10)), 0, 0);
    near(bm_distance_m(at(10, 0), at(11, 0)), 111195.08, 0.01);
    /* At 60 degrees a degree of longitude is a chord of half as much. */
    near(bm_distance_m(at(60, 0), at(60, 1)), 55595.4, 4);
    /* Antipodes: the longest there is, and no square root of what is below 0. */
    near(bm_distance_m(at(30, 0), at(-30, 180)), 6371008.8 * M_PI, 0.01);
    /* Beijing Tiananmen - Shanghai People's Square, 1,068 km. */
    near(bm_distance_m(at(39.9087, 116.3975), at(31.2304, 121.4737)), 1067.5e3, 1.5e3);
    /* One step of the coordinates. */
    near(bm_distance_m((struct bm_point){0, 0}, (struct bm_point){1, 0}), 0.0111195, 1e-6);
}

static void bearings_go_round_the_compass(void **state) {
    (void)state;
    near(bm_bearing_deg(at(0, 0), at(1, 0)), 0, 1e-9);
    near(bm_bearing_deg(at(0, 0), at(0, 1)), 90, 1e-9);
    near(bm_bearing_deg(at(0, 0), at(-1, 0)), 180, 1e-9);
    near(bm_bearing_deg(at(0, 0), at(0, -1)), 270, 1e-9);
    near(bm_bearing_deg(at(50, 8), at(50, 8)), 0, 0);
    struct bm_rng rng = {3};
    for (int i = 0; i < 10000; i++) {
        struct bm_point a = {(int32_t)bm_rng_below(&rng, 1700000000) - 850000000,
                             (int32_t)((int64_t)bm_rng_below(&rng, 3600000000u) - 1800000000)};
        struct bm_point b = {a.lat_e7 + (int32_t)bm_rng_below(&rng, 2001) - 1000,
                             a.lon_e7 + (int32_t)bm_rng_below(&rng, 2001) - 1000};
        double deg = bm_bearing_deg(a, b);
        assert_true(deg >= 0 && deg < 360);
    }
}

/* Against 2,000 steps along the segment. */
static void the_nearest_point_is_the_nearest(void **state) {
    (void)state;
    struct bm_rng rng = {4};
    for (int i = 0; i < 300; i++) {
        struct bm_point p[3];
        for (int k = 0; k < 3; k++) {
            p[k] = (struct bm_point){494000000 + (int32_t)bm_rng_below(&rng, 100000),
                                     86000000 + (int32_t)bm_rng_below(&rng, 100000)};
        }
        double off_m, least_m = INFINITY;
        double share = bm_segment_nearest(p[0], p[1], p[2], &off_m);
        assert_true(share >= 0 && share <= 1);
        for (int step = 0; step <= 2000; step++) {
            double m = bm_distance_m(bm_point_between(p[0], p[1], step / 2000.0), p[2]);
            if (m < least_m) least_m = m;
        }
        near(off_m, least_m, 0.5);
        assert_true(off_m <= least_m + 0.02);
        near(bm_distance_m(bm_point_between(p[0], p[1], share), p[2]), off_m, 0.1);
    }
    double off_m;
    near(bm_segment_nearest(at(1, 1), at(1, 1), at(1, 1), &off_m), 0, 0);
    near(off_m, 0, 0);
    near(bm_segment_nearest(at(50, 8), at(50, 8.01), at(50, 8.02), &off_m), 1, 0);
}

static void segments_cross_or_touch(void **state) {
    (void)state;
    assert_true(bm_segments_cross(at(0, 0), at(2, 2), at(0, 2), at(2, 0)));
    assert_false(bm_segments_cross(at(0, 0), at(1, 1), at(0, 3), at(3, 2)));
    assert_true(bm_segments_cross(at(0, 0), at(2, 0), at(1, 0), at(1, 5)));  /* a T */
    assert_true(bm_segments_cross(at(0, 0), at(2, 0), at(2, 0), at(5, 5)));  /* end to end */
    assert_true(bm_segments_cross(at(0, 0), at(3, 3), at(1, 1), at(2, 2)));  /* one in the other */
    assert_false(bm_segments_cross(at(0, 0), at(1, 1), at(2, 2), at(3, 3))); /* in line, apart */
    assert_true(bm_segments_cross(at(1, 1), at(1, 1), at(0, 0), at(2, 2)));  /* a point on it */
    assert_false(bm_segments_cross(at(1, 1), at(1, 1), at(0, 0), at(2, 0)));
    /* As wide as the earth, and one step beside the line: exact. */
    struct bm_point west = {-900000000, -1800000000}, east = {900000000, 1800000000};
    assert_true(bm_segments_cross(west, east, (struct bm_point){0, 0}, (struct bm_point){5, 0}));
    assert_false(bm_segments_cross(west, east, (struct bm_point){1, 0}, (struct bm_point){5, 0}));
}

static void lines_and_boxes_measure(void **state) {
    (void)state;
    struct bm_point line[] = {at(0, 0), at(1, 0), at(2, 0)};
    near(bm_line_length_m(line, 3), 2 * 111195.08, 0.02);
    near(bm_line_length_m(line, 1), 0, 0);
    near(bm_line_length_m(line, 0), 0, 0);
    struct bm_box box = bm_box_empty;
    assert_false(bm_box_has(&box, at(0, 0)));
    bm_box_add(&box, at(1, 2));
    bm_box_add(&box, at(-1, 5));
    assert_true(bm_box_has(&box, at(1, 2)));
    assert_true(bm_box_has(&box, at(-1, 5)));
    assert_false(bm_box_has(&box, at(1.0000001, 3)));
    assert_true(bm_point_valid(at(90, -180)));
    assert_true(bm_point_valid(at(-90, 180)));
    assert_false(bm_point_valid((struct bm_point){900000001, 0}));
    assert_false(bm_point_valid((struct bm_point){0, INT32_MIN}));
}

/* A star-shaped polygon: a point is inside exactly when it is nearer to the middle than the border
 * on its ray, and turning the order of corners changes nothing. */
static void polygons_hold_what_is_inside(void **state) {
    (void)state;
    struct bm_point u_shape[] = {at(0, 0), at(0, 3), at(3, 3), at(3, 2),
                                 at(1, 2), at(1, 1), at(3, 1), at(3, 0)};
    assert_true(bm_polygon_has(u_shape, 8, at(0.5, 1.5)));
    assert_false(bm_polygon_has(u_shape, 8, at(2, 1.5)));
    assert_true(bm_polygon_has(u_shape, 8, at(2, 2.5)));
    assert_true(bm_polygon_has(u_shape, 8, at(2, 0.5)));
    assert_false(bm_polygon_has(u_shape, 8, at(2, -0.5)));
    assert_false(bm_polygon_has(u_shape, 8, at(-1, 0.5)));
    /* The ray through the corners at latitude 1 and 3. */
    assert_true(bm_polygon_has(u_shape, 8, at(1, 0.5)));
    assert_false(bm_polygon_has(u_shape, 8, at(1, 1.5)) && bm_polygon_has(u_shape, 8, at(1, 9)));
    struct bm_rng rng = {5};
    for (int i = 0; i < 200; i++) {
        enum { CORNERS = 24 };
        struct bm_point corners[CORNERS], turned[CORNERS];
        double radius[CORNERS];
        for (int k = 0; k < CORNERS; k++) {
            radius[k] = 0.2 + (double)bm_rng_below(&rng, 1000) / 1000;
            double angle = 2 * M_PI * k / CORNERS;
            corners[k] = at(radius[k] * sin(angle), radius[k] * cos(angle));
            turned[CORNERS - 1 - k] = corners[k];
        }
        for (int k = 0; k < CORNERS; k++) {
            double angle = 2 * M_PI * k / CORNERS;
            struct bm_point in = at(0.98 * radius[k] * sin(angle), 0.98 * radius[k] * cos(angle));
            struct bm_point out = at(1.02 * radius[k] * sin(angle), 1.02 * radius[k] * cos(angle));
            assert_true(bm_polygon_has(corners, CORNERS, in));
            assert_false(bm_polygon_has(corners, CORNERS, out));
            assert_true(bm_polygon_has(turned, CORNERS, in));
            assert_false(bm_polygon_has(turned, CORNERS, out));
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distances_are_those_of_the_sphere),
        cmocka_unit_test(bearings_go_round_the_compass),
        cmocka_unit_test(the_nearest_point_is_the_nearest),
        cmocka_unit_test(segments_cross_or_touch),
        cmocka_unit_test(lines_and_boxes_measure),
        cmocka_unit_test(polygons_hold_what_is_inside),
    };
    return cmocka_run_group_tests_name("geo", tests, NULL, NULL);
}
