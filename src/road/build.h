/* Makes a roads file (road.h) from junctions and edges, in memory.
 *
 *   build = bm_road_build_new(...)
 *   for each junction: bm_road_build_junction -> its number
 *   for each edge:     bm_road_build_edge     -> its number
 *   for each turn:     bm_road_build_turn
 *   bm_road_build_write(build, buf)
 *
 * Layout (road/file.h): a header {magic "BMROADS\n", format, counts, unit, box, grid, source, time}, a table of sections
 * {name, offset, bytes, BLAKE2b-256}, the checksum of both, and the sections (each aligned to 64 bytes, little-endian).  The
 * same input gives the same bytes.  A format is never changed in place: a change of meaning raises BM_ROAD_FORMAT. */
#ifndef BM_ROAD_BUILD_H
#define BM_ROAD_BUILD_H

#include "base/buf.h"
#include "road/road.h"

/* 2: with the hierarchy.  3: on foot too; turns. */
enum { BM_ROAD_FORMAT = 3 };
/* Most junctions and edges of one file; more are refused. */
#define BM_ROAD_JUNCTIONS_MAX UINT32_C(200000000)
#define BM_ROAD_EDGES_MAX UINT32_C(250000000)
/* Most nodes, and turns between them, of one file; see road/nodes.h. */
#define BM_ROAD_NODES_MAX UINT32_C(400000000)
#define BM_ROAD_TURN_ARCS_MAX UINT32_C(1000000000)

struct bm_road_build;
/* `unit_us`: microseconds of one unit of weight, 1 to 60,000,000.  `source`: the name of the file it comes from (cut to 63 bytes). */
struct bm_road_build *bm_road_build_new(uint32_t unit_us, const char *source, int64_t made_at_ms);
void bm_road_build_free(struct bm_road_build *build); /* NULL is fine */

uint32_t bm_road_build_junction(struct bm_road_build *build, struct bm_point point);

struct bm_edge_given {
    uint32_t first, second;            /* junctions */
    const struct bm_point *between;    /* points between them, in order */
    size_t between_count;
    /* [profile][0] from first to second, [1] back; BM_ROAD_INFINITE where it may not be driven.  0 counts as 1. */
    uint32_t weight[BM_profile_COUNT][2];
    const char *name;                  /* "" or NULL: none; stored once however often it is given */
};
uint32_t bm_road_build_edge(struct bm_road_build *build, const struct bm_edge_given *edge);
/* Its arcs meet, at most 256 leave the junction where they do, and at most 512 rules bind one arc; or the file is refused. */
void bm_road_build_turn(struct bm_road_build *build, struct bm_turn turn);

/* Finds the tiny islands, sorts what queries walk, and appends the file's bytes; nothing is appended on failure.
 * The hierarchy's order takes nearly all of the time (New York: some seconds).
 * BM_OUT_OF_RANGE when a maximum was passed, a point or weight was none, the bytes pass the buffer's maximum, the hierarchy
 * would have more than 2^30 ways or 65,536 depths (which only a network that is none has), or the area is
 * wider than 180 degrees (so it spans the antimeridian); BM_NOT_FOUND when there is no edge at all. */
BM_MUST_USE enum bm_code bm_road_build_write(struct bm_road_build *build, struct bm_buf *buf, struct bm_fault *fault);

#endif
