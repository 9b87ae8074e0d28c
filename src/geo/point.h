/* Points on the earth, WGS 84, as int32 degrees x 1e7 (about 1.1 cm), and plain measures between them.
 *
 * Distances are great-circle on a sphere of mean radius 6,371,008.8 m (IUGG); within a city they differ from
 * the ellipsoid by less than 0.6 %.  Nearest points are computed on a plane that touches the earth at the point
 * asked for: right to a centimetre within some kilometres.  Nothing here is core state, so floating point is
 * fine. */
#ifndef BM_GEO_POINT_H
#define BM_GEO_POINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bm_point {
    int32_t lat_e7, lon_e7;
};

/* A box with both edges inside; empty while least > most.  Boxes over the antimeridian are not supported: a
 * road file that spans it is refused at import. */
struct bm_box {
    struct bm_point least, most;
};
extern const struct bm_box bm_box_empty;
void bm_box_add(struct bm_box *box, struct bm_point point);
bool bm_box_has(const struct bm_box *box, struct bm_point point);
/* The box with at least `by_m` metres more on each side, as far as there are such points; an empty one stays empty. */
struct bm_box bm_box_grown(const struct bm_box *box, double by_m);

/* -90..90 and -180..180. */
bool bm_point_valid(struct bm_point point);

/* Metres between two points. */
double bm_distance_m(struct bm_point a, struct bm_point b);
/* Compass bearing from a to b, degrees 0 (north) .. 360. */
double bm_bearing_deg(struct bm_point a, struct bm_point b);
/* The point that lies `share` (0..1) of the way from a to b on the plane. */
struct bm_point bm_point_between(struct bm_point a, struct bm_point b, double share);
/* Where on the segment a-b `point` is nearest: share 0..1 of the way, and how far off, in metres. */
double bm_segment_nearest(struct bm_point a, struct bm_point b, struct bm_point point, double *ret_off_m);
/* Whether two segments cross or touch. */
bool bm_segments_cross(struct bm_point a, struct bm_point b, struct bm_point c, struct bm_point d);

/* Metres along a line of `count` points. */
double bm_line_length_m(const struct bm_point *points, size_t count);
/* Whether `point` lies in the polygon (last point joined to the first; even-odd rule). */
bool bm_polygon_has(const struct bm_point *points, size_t count, struct bm_point point);

/* Whether two of its sides that are no neighbours cross or touch: then nobody can say for sure what lies inside.  O(count^2). */
bool bm_polygon_meets_itself(const struct bm_point *points, size_t count);

#endif
