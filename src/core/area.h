/* The border of an area: rings of points, outer ones and holes alike; what lies within an odd number of them lies in
 * the area.  Pure.
 *
 * As bytes, little-endian: least lat, least lon, most lat, most lon (int32, degrees x 1e7), then for each ring a count
 * and so many lat, lon.  The box stands first because most questions end at it. */
#ifndef BM_CORE_AREA_H
#define BM_CORE_AREA_H

#include "base/shape.h"
#include "geo/point.h"

struct bm_core;

/* Points of all rings of one area; more are refused: a district's border to some ten metres needs a few hundred. */
enum { BM_AREA_POINTS_MAX = 4096, BM_AREA_RINGS_MAX = 256 };

/* Adds a ring (the last point is joined to the first, and not repeated) to a border that is being written; the first
 * one makes room for the box, and bm_area_seal fills it in. */
void bm_area_ring(struct bm_buf *shape, const struct bm_point *points, size_t count);
void bm_area_seal(struct bm_buf *shape);

/* NULL when the bytes are a border, else what is wrong with them. Static storage. */
const char *bm_area_wrong(const struct bm_bytes *shape);
/* Of a border: its box; ring `at` into `ret_points` (room for BM_AREA_POINTS_MAX), 0 behind the last. */
struct bm_box bm_area_box(const struct bm_bytes *shape);
size_t bm_area_ring_at(const struct bm_bytes *shape, size_t at, struct bm_point *ret_points);
bool bm_area_has(const struct bm_bytes *shape, struct bm_point point);

/* The agency in whose jurisdiction the point lies, of those that stand below `above` (0: of all): the area with the
 * smallest box, then the lowest id.  0: in nobody's. */
uint64_t bm_area_jurisdiction(const struct bm_core *core, struct bm_point point, uint64_t above);

#endif
