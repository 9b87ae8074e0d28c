/* A roads file in the making: shared by build.c (taking things in) and build_write.c (laying them
 * out). */
#ifndef BM_ROAD_BUILDING_H
#define BM_ROAD_BUILDING_H

#include "base/map.h"
#include "road/build.h"
#include "road/file.h"

struct bm_road_build {
    uint32_t unit_us;
    char source[64];
    int64_t made_at_ms;
    struct bm_box box;

    struct bm_point *junctions;
    size_t junction_count, junction_cap;
    uint32_t *tails;                     /* per arc */
    uint32_t *weights[BM_profile_COUNT]; /* per arc */
    uint32_t *shape_first;               /* per edge */
    uint32_t *name_at;                   /* per edge */
    size_t edge_count, edge_cap;
    struct bm_point *shapes;
    size_t shape_count, shape_cap;
    char *names; /* each ends with a NUL; the first is "" */
    size_t name_bytes, name_cap, name_count;
    struct bm_map name_places;
    struct bm_stored_turn *turns;
    size_t turn_count, turn_cap;

    /* The first thing that no file can hold; bm_road_build_write tells it. */
    struct bm_fault fault;
};

#endif
