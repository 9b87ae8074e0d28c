#include "geo/datum.h"

#include <math.h>

const char *const bm_datum_names[BM_datum_COUNT] = {"wgs84", "gcj02", "bd09"};

/* --- where ------------------------------------------------------------------------------------ */

#define AT(lat, lon)                                                                               \
    { (int32_t)((lat)*1e7), (int32_t)((lon)*1e7) }

// clang-format off
/* Around mainland China: by land from the Gulf of Tonkin westward and round to the Yalu, then back
 * by sea. */
static const struct bm_point mainland[] = {
    /* on land */
    AT(21.51, 107.97), AT(21.98, 106.66), AT(22.5, 106.55), AT(22.78, 106.78), AT(22.92, 105.84),
    AT(23.34, 105.27), AT(22.54, 103.94), AT(22.78, 103.62), AT(22.45, 103.01), AT(22.75, 102.47),
    AT(22.38, 102.13), AT(22.49, 101.71), AT(22.25, 101.52), AT(21.16, 101.73), AT(21.2, 101.25),
    AT(21.76, 101.08), AT(21.48, 100.15), AT(22.03, 99.92), AT(22.15, 99.17), AT(22.96, 99.51),
    AT(23.19, 98.86), AT(23.91, 98.68), AT(24.12, 98.83), AT(23.91, 97.56), AT(24.23, 97.71),
    AT(24.63, 97.53), AT(25.25, 97.82), AT(25.86, 98.66), AT(27.57, 98.65), AT(27.55, 98.3),
    AT(28.14, 98.1), AT(28.5, 97.66), AT(28.22, 97.32), AT(28.41, 96.28), AT(28.76, 96.58),
    AT(29.05, 96.44), AT(28.92, 96.14), AT(29.25, 96.36), AT(29.45, 96.04), AT(29.04, 95.39),
    AT(29.31, 94.62), AT(28.63, 93.25), AT(27.88, 92.55), AT(27.73, 91.98), AT(28.08, 91.27),
    AT(28.29, 89.9), AT(27.32, 88.89), AT(28.09, 88.62), AT(27.81, 87.62), AT(28.1, 86.62),
    AT(27.93, 86.41), AT(28.12, 86.14), AT(27.91, 86), AT(28.28, 85.68), AT(28.32, 85.12),
    AT(28.59, 85.16), AT(28.91, 84.23), AT(29.22, 84.1), AT(29.18, 83.58), AT(30.33, 82.04),
    AT(30.34, 81.42), AT(30.04, 81.11), AT(31.4, 79.11), AT(31.3, 78.76), AT(31.96, 78.73),
    AT(32.52, 78.39), AT(32.5, 79.22), AT(34.01, 78.73), AT(34.3, 78.97), AT(34.65, 78.28),
    AT(35.48, 78.04), AT(35.81, 76.18), AT(36.05, 75.91), AT(36.65, 75.84), AT(37.14, 74.37),
    AT(37.39, 75.12), AT(37.6, 74.89), AT(38.4, 74.84), AT(38.61, 73.8), AT(39.45, 73.63),
    AT(39.58, 73.91), AT(40.04, 73.99), AT(40.48, 74.84), AT(40.63, 75.52), AT(40.31, 75.68),
    AT(40.35, 76.32), AT(41.02, 76.91), AT(41.08, 78.12), AT(41.56, 78.74), AT(42.04, 80.24),
    AT(42.67, 80.16), AT(42.87, 80.54), AT(43.04, 80.39), AT(43.16, 80.79), AT(44.1, 80.35),
    AT(44.71, 80.48), AT(44.88, 79.87), AT(45.35, 81.69), AT(45.13, 82.52), AT(45.42, 82.61),
    AT(45.6, 82.32), AT(47.19, 83.03), AT(46.83, 84.79), AT(47.06, 85.48), AT(48.25, 85.65),
    AT(48.53, 86.55), AT(49.09, 86.89), AT(49.16, 87.81), AT(48.55, 87.98), AT(47.68, 90.31),
    AT(46.57, 91.03), AT(46.04, 91), AT(45.53, 90.66), AT(45.2, 90.88), AT(44.94, 93.52),
    AT(44.28, 95.35), AT(42.72, 96.39), AT(42.54, 101.49), AT(42.16, 102.16), AT(41.75, 103.71),
    AT(41.88, 104.5), AT(41.66, 104.5), AT(41.6, 104.98), AT(42.29, 106.77), AT(42.44, 109.34),
    AT(42.77, 110.4), AT(43.34, 111.01), AT(43.71, 111.93), AT(44.37, 111.4), AT(45.06, 111.9),
    AT(44.75, 113.59), AT(44.97, 114.08), AT(45.39, 114.56), AT(45.46, 115.68), AT(46.29, 116.56),
    AT(46.36, 117.33), AT(46.59, 117.44), AT(46.67, 119.87), AT(47.15, 119.71), AT(47.98, 118.5),
    AT(47.99, 117.77), AT(47.65, 117.35), AT(47.87, 116.76), AT(47.69, 115.9), AT(48.13, 115.52),
    AT(48.25, 115.79), AT(49.82, 116.68), AT(49.51, 117.87), AT(50.07, 119.26), AT(50.41, 119.16),
    AT(51.6, 120.07), AT(52.1, 120.75), AT(52.57, 120.66), AT(52.63, 120.07), AT(52.79, 120.1),
    AT(53.28, 120.98), AT(53.49, 122.34), AT(53.55, 123.61), AT(53.04, 125.65), AT(52.36, 126.34),
    AT(50.21, 127.59), AT(49.8, 127.55), AT(49.39, 129.5), AT(48.86, 130.55), AT(47.71, 130.96),
    AT(47.71, 132.48), AT(48.37, 134.29), AT(48.25, 134.66), AT(47.71, 134.75), AT(47.3, 134.17),
    AT(46.25, 133.86), AT(45.13, 133.11), AT(45.33, 131.85), AT(44.85, 130.98), AT(43.38, 131.26),
    AT(42.9, 131.07), AT(42.73, 130.42), AT(42.54, 130.53), AT(43, 129.9), AT(42.45, 129.7),
    AT(42.04, 128.92), AT(41.99, 128.04), AT(41.61, 128.29), AT(41.39, 128.15), AT(41.72, 126.72),
    AT(40.9, 125.99), AT(40.46, 124.89), AT(39.92, 124.27),
    /* at sea */
    AT(39.6, 124.1), AT(39, 123.6), AT(38.2, 123.4), AT(37, 123.5), AT(35.8, 123),
    AT(34.8, 122.3), AT(33, 122.5), AT(31.5, 123.3), AT(30, 123.4), AT(28.8, 122.9),
    AT(27.6, 122), AT(26.9, 121.2), AT(26.6, 120.5), AT(26.45, 120.15), AT(26.36, 119.96),
    AT(26.31, 119.91), AT(26.15, 119.83), AT(25.92, 119.8), AT(25.75, 119.95), AT(25.5, 120.05),
    AT(25.3, 119.95), AT(25.13, 119.65), AT(25.03, 119.35), AT(24.8, 119.2), AT(24.52, 118.8),
    AT(24.49, 118.6), AT(24.54, 118.5), AT(24.542, 118.39), AT(24.53, 118.3), AT(24.5, 118.235),
    AT(24.47, 118.21), AT(24.44, 118.198), AT(24.4, 118.14), AT(24.34, 118.11), AT(24.28, 118.16),
    AT(24.05, 118.16), AT(23.6, 118.1), AT(23.2, 117.7), AT(22.8, 117.2), AT(22.4, 116.4),
    AT(22.2, 115.5), AT(22, 115), AT(21.85, 114.5), AT(21.65, 113.8), AT(21.2, 112.6),
    AT(20.8, 111.6), AT(20.3, 111.2), AT(19.6, 111.4), AT(18.7, 111), AT(18, 110.2),
    AT(17.8, 109.4), AT(18.3, 108.5), AT(19.2, 108.3), AT(19.9, 108.5), AT(20.5, 108.9),
    AT(21, 108.6), AT(21.4, 108.1),
};
static const struct bm_point hong_kong[] = {
    AT(22.4, 113.865), AT(22.44, 113.91), AT(22.475, 113.955), AT(22.497, 113.985),
    AT(22.506, 114.02), AT(22.508, 114.045), AT(22.515, 114.066), AT(22.5155, 114.074),
    AT(22.5195, 114.085), AT(22.5285, 114.095), AT(22.532, 114.105), AT(22.5308, 114.1135),
    AT(22.533, 114.12), AT(22.5385, 114.129), AT(22.5405, 114.14), AT(22.549, 114.153),
    AT(22.5595, 114.165), AT(22.5585, 114.185), AT(22.5545, 114.205), AT(22.552, 114.22),
    AT(22.5475, 114.2275), AT(22.5485, 114.24), AT(22.555, 114.26), AT(22.572, 114.33),
    AT(22.565, 114.42), AT(22.55, 114.452), AT(22.47, 114.465), AT(22.4, 114.5), AT(22.14, 114.5),
    AT(22.14, 113.84), AT(22.33, 113.86),
};
static const struct bm_point macau[] = {
    AT(22.212, 113.533), AT(22.2148, 113.5385), AT(22.2152, 113.5445), AT(22.2158, 113.549),
    AT(22.2148, 113.56), AT(22.21, 113.6), AT(22.15, 113.63), AT(22.07, 113.63),
    AT(22.07, 113.56), AT(22.105, 113.548), AT(22.14, 113.5505), AT(22.165, 113.543),
    AT(22.178, 113.527), AT(22.19, 113.528), AT(22.195, 113.532), AT(22.204, 113.534),
};
// clang-format on

#define LIES_IN(corners, point)                                                                    \
    bm_polygon_has(corners, sizeof(corners) / sizeof((corners)[0]), point)

bool bm_datum_moves(struct bm_point wgs84) {
    return LIES_IN(mainland, wgs84) && !LIES_IN(hong_kong, wgs84) && !LIES_IN(macau, wgs84);
}

/* --- by how much ------------------------------------------------------------------------------ */

/* Degrees, as the formulas have them. */
struct degrees {
    double lat, lon;
};

#define PI 3.14159265358979324
/* Krasovsky's ellipsoid of 1940: half its longer axis in metres, and its squared eccentricity. */
#define AXIS_M 6378245.0
#define ECCENTRICITY_2 0.00669342162296594323

/* Two waves of a third and of one degree that both directions share. */
static double short_waves(double x) {
    return (20 * sin(6 * x * PI) + 20 * sin(2 * x * PI)) * 2 / 3;
}

static double metres_north(double x, double y) {
    double metres = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(fabs(x));
    metres += short_waves(x);
    metres += (20 * sin(y * PI) + 40 * sin(y / 3 * PI)) * 2 / 3;
    return metres + (160 * sin(y / 12 * PI) + 320 * sin(y / 30 * PI)) * 2 / 3;
}

static double metres_east(double x, double y) {
    double metres = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(fabs(x));
    metres += short_waves(x);
    metres += (20 * sin(x * PI) + 40 * sin(x / 3 * PI)) * 2 / 3;
    return metres + (150 * sin(x / 12 * PI) + 300 * sin(x / 30 * PI)) * 2 / 3;
}

static struct degrees to_gcj02(struct degrees at) {
    double north = metres_north(at.lon - 105, at.lat - 35);
    double east = metres_east(at.lon - 105, at.lat - 35);
    double sine = sin(at.lat / 180 * PI), part = 1 - ECCENTRICITY_2 * sine * sine;
    double degree_north = AXIS_M * (1 - ECCENTRICITY_2) / (part * sqrt(part)) * PI / 180;
    double degree_east = AXIS_M / sqrt(part) * cos(at.lat / 180 * PI) * PI / 180;
    return (struct degrees){at.lat + north / degree_north, at.lon + east / degree_east};
}

static struct degrees to_bd09(struct degrees wgs84) {
    struct degrees at = to_gcj02(wgs84);
    const double turn = PI * 3000 / 180;
    double far = sqrt(at.lon * at.lon + at.lat * at.lat) + 0.00002 * sin(at.lat * turn);
    double angle = atan2(at.lat, at.lon) + 0.000003 * cos(at.lon * turn);
    return (struct degrees){far * sin(angle) + 0.006, far * cos(angle) + 0.0065};
}

static struct degrees moved(enum bm_datum datum, struct degrees at) {
    return datum == BM_DATUM_BD09 ? to_bd09(at) : to_gcj02(at);
}

/* The point that is moved to `given`: each step corrects by what is still missing, which leaves at
 * most a fiftieth of it. */
static struct degrees moved_back(enum bm_datum datum, struct degrees given) {
    struct degrees at = given;
    for (int step = 0; step < BM_DATUM_STEPS_MAX; step++) {
        struct degrees there = moved(datum, at);
        double lat = given.lat - there.lat, lon = given.lon - there.lon;
        at.lat += lat;
        at.lon += lon;
        if (fabs(lat) < 1e-9 && fabs(lon) < 1e-9) break;
    }
    return at;
}

/* --- both ways -------------------------------------------------------------------------------- */

static struct degrees degrees_of(struct bm_point point) {
    return (struct degrees){point.lat_e7 / 1e7, point.lon_e7 / 1e7};
}

static struct bm_point point_of(struct degrees at) {
    return (struct bm_point){(int32_t)lround(at.lat * 1e7), (int32_t)lround(at.lon * 1e7)};
}

struct bm_point bm_datum_from_wgs84(enum bm_datum datum, struct bm_point wgs84) {
    if (datum == BM_DATUM_WGS84 || !bm_datum_moves(wgs84)) return wgs84;
    return point_of(moved(datum, degrees_of(wgs84)));
}

/* Where a point of the mainland may have been moved to is within a degree of it; farther off the
 * formula means nothing and is not asked. */
static bool may_have_moved(struct bm_point point) {
    return point.lat_e7 > 165000000 && point.lat_e7 < 545000000 && point.lon_e7 > 725000000 &&
           point.lon_e7 < 1360000000;
}

struct bm_point bm_datum_to_wgs84(enum bm_datum datum, struct bm_point point) {
    if (datum == BM_DATUM_WGS84 || !may_have_moved(point)) return point;
    struct bm_point back = point_of(moved_back(datum, degrees_of(point)));
    /* Between the outline and its moved image nothing is moved to: that is the outline's own
     * coarseness, and there the point is taken for one of the mainland too. */
    return bm_datum_moves(back) || bm_datum_moves(point) ? back : point;
}
