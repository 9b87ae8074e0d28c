#include "geo/point.h"

#include <math.h>

static const double earth_radius_m = 6371008.8;
static const double radians_per_e7 = M_PI / 180.0 * 1e-7;
static const double m_per_e7 = 6371008.8 * M_PI / 180.0 * 1e-7;

const struct bm_box bm_box_empty = {{INT32_MAX, INT32_MAX}, {INT32_MIN, INT32_MIN}};

void bm_box_add(struct bm_box *box, struct bm_point point) {
    if (point.lat_e7 < box->least.lat_e7) box->least.lat_e7 = point.lat_e7;
    if (point.lon_e7 < box->least.lon_e7) box->least.lon_e7 = point.lon_e7;
    if (point.lat_e7 > box->most.lat_e7) box->most.lat_e7 = point.lat_e7;
    if (point.lon_e7 > box->most.lon_e7) box->most.lon_e7 = point.lon_e7;
}

bool bm_box_has(const struct bm_box *box, struct bm_point point) {
    return point.lat_e7 >= box->least.lat_e7 && point.lat_e7 <= box->most.lat_e7 &&
           point.lon_e7 >= box->least.lon_e7 && point.lon_e7 <= box->most.lon_e7;
}

struct bm_box bm_box_grown(const struct bm_box *box, double by_m) {
    if (box->least.lat_e7 > box->most.lat_e7) return *box;
    /* A degree of latitude is 111.1 km or more nearly everywhere, and at the poles more than that.
     */
    double lat_e7 = by_m / 110000 * 1e7;
    double widest = fmax(fabs(box->least.lat_e7 - lat_e7), fabs(box->most.lat_e7 + lat_e7)) * 1e-7;
    double shrunk = widest < 89.9 ? cos(widest * M_PI / 180) : 0;
    double lon_e7 = shrunk > 0 ? lat_e7 / shrunk : 3.6e9;
    return (struct bm_box){{(int32_t)fmax(-900000000, floor(box->least.lat_e7 - lat_e7)),
                            (int32_t)fmax(-1800000000, floor(box->least.lon_e7 - lon_e7))},
                           {(int32_t)fmin(900000000, ceil(box->most.lat_e7 + lat_e7)),
                            (int32_t)fmin(1800000000, ceil(box->most.lon_e7 + lon_e7))}};
}

bool bm_point_valid(struct bm_point point) {
    return point.lat_e7 >= -900000000 && point.lat_e7 <= 900000000 && point.lon_e7 >= -1800000000 &&
           point.lon_e7 <= 1800000000;
}

/* Haversine: well behaved for points that lie close together. */
double bm_distance_m(struct bm_point a, struct bm_point b) {
    double lat_a = a.lat_e7 * radians_per_e7;
    double lat_b = b.lat_e7 * radians_per_e7;
    double up = sin((lat_b - lat_a) / 2);
    double across = sin(((double)b.lon_e7 - a.lon_e7) * radians_per_e7 / 2);
    double share = up * up + cos(lat_a) * cos(lat_b) * across * across;
    return 2 * earth_radius_m * asin(fmin(1, sqrt(share)));
}

double bm_bearing_deg(struct bm_point a, struct bm_point b) {
    double lat_a = a.lat_e7 * radians_per_e7;
    double lat_b = b.lat_e7 * radians_per_e7;
    double lon = ((double)b.lon_e7 - a.lon_e7) * radians_per_e7;
    double east = sin(lon) * cos(lat_b);
    double north = cos(lat_a) * sin(lat_b) - sin(lat_a) * cos(lat_b) * cos(lon);
    double deg = atan2(east, north) * 180 / M_PI;
    if (deg < 0) deg += 360;
    return deg >= 360 ? 0 : deg;
}

struct bm_point bm_point_between(struct bm_point a, struct bm_point b, double share) {
    return (struct bm_point){
        (int32_t)lround(a.lat_e7 + share * ((double)b.lat_e7 - a.lat_e7)),
        (int32_t)lround(a.lon_e7 + share * ((double)b.lon_e7 - a.lon_e7)),
    };
}

double bm_segment_nearest(struct bm_point a, struct bm_point b, struct bm_point point,
                          double *ret_off_m) {
    double wide = cos(point.lat_e7 * radians_per_e7) * m_per_e7;
    double ax = ((double)a.lon_e7 - point.lon_e7) * wide;
    double ay = ((double)a.lat_e7 - point.lat_e7) * m_per_e7;
    double dx = ((double)b.lon_e7 - a.lon_e7) * wide;
    double dy = ((double)b.lat_e7 - a.lat_e7) * m_per_e7;
    double squared = dx * dx + dy * dy;
    double share = squared > 0 ? -(ax * dx + ay * dy) / squared : 0;
    share = fmin(1, fmax(0, share));
    *ret_off_m = hypot(ax + share * dx, ay + share * dy);
    return share;
}

/* Products of two differences of coordinates do not fit 64 bits. */
typedef __int128 wide_int;

/* 1 when c lies left of a->b, -1 right, 0 on the line.  Exact. */
static int side_of(struct bm_point a, struct bm_point b, struct bm_point c) {
    wide_int turn = (wide_int)((int64_t)b.lon_e7 - a.lon_e7) * ((int64_t)c.lat_e7 - a.lat_e7) -
                    (wide_int)((int64_t)b.lat_e7 - a.lat_e7) * ((int64_t)c.lon_e7 - a.lon_e7);
    return (turn > 0) - (turn < 0);
}

/* Whether c, known to be on the line through a and b, lies between them. */
static bool between(struct bm_point a, struct bm_point b, struct bm_point c) {
    struct bm_box box = bm_box_empty;
    bm_box_add(&box, a);
    bm_box_add(&box, b);
    return bm_box_has(&box, c);
}

bool bm_segments_cross(struct bm_point a, struct bm_point b, struct bm_point c, struct bm_point d) {
    int c_side = side_of(a, b, c);
    int d_side = side_of(a, b, d);
    int a_side = side_of(c, d, a);
    int b_side = side_of(c, d, b);
    if (c_side * d_side < 0 && a_side * b_side < 0) return true;
    return (c_side == 0 && between(a, b, c)) || (d_side == 0 && between(a, b, d)) ||
           (a_side == 0 && between(c, d, a)) || (b_side == 0 && between(c, d, b));
}

double bm_line_length_m(const struct bm_point *points, size_t count) {
    double length_m = 0;
    for (size_t i = 1; i < count; i++) length_m += bm_distance_m(points[i - 1], points[i]);
    return length_m;
}

/* A ray to the east crosses the border an odd number of times from inside; a corner on the ray
 * counts with its upper side only. */
bool bm_polygon_has(const struct bm_point *points, size_t count, struct bm_point point) {
    bool inside = false;
    for (size_t i = 0, last = count - 1; i < count; last = i++) {
        struct bm_point low = points[last], high = points[i];
        if ((low.lat_e7 > point.lat_e7) == (high.lat_e7 > point.lat_e7)) continue;
        if (low.lat_e7 > high.lat_e7) {
            struct bm_point swap = low;
            low = high;
            high = swap;
        }
        if (side_of(low, high, point) > 0) inside = !inside;
    }
    return inside;
}

bool bm_polygon_meets_itself(const struct bm_point *points, size_t count) {
    for (size_t i = 0; i < count; i++) {
        for (size_t k = i + 2; k < count; k++) {
            if (i == 0 && k == count - 1) continue;
            if (bm_segments_cross(points[i], points[i + 1], points[k], points[(k + 1) % count]))
                return true;
        }
    }
    return false;
}
