/* What the files of the city share; see city.h for the way through them. */
#ifndef BM_SIM_CITY_PRIVATE_H
#define BM_SIM_CITY_PRIVATE_H

#include <math.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "sim/city.h"

/* Metres east and north of the middle of the city; all is drawn on this plane. */
struct bm_spot {
    double x, y;
};

enum { CITY_HALF_WIDTH_M = 6000, CITY_HALF_HEIGHT_M = 5000 };
enum { COLUMNS = 12, ROWS = 10 };       /* superblocks between the avenues */
enum { AXIS_COLUMN = 6, AXIS_ROW = 6 }; /* the avenues that cross at the drum tower */
enum { RING_HALF_M = 13, EMBANKMENT_M = 70 };

/* A growing array: `array`, `array##_count`, `array##_cap` stand side by side. */
#define CITY_PUSH(owner, array, value)                                                             \
    do {                                                                                           \
        if ((owner)->array##_count == (owner)->array##_cap) {                                      \
            (owner)->array##_cap = (owner)->array##_cap ? (owner)->array##_cap * 2 : 64;           \
            (owner)->array = bm_realloc((owner)->array,                                            \
                                        (owner)->array##_cap * sizeof *(owner)->array);            \
        }                                                                                          \
        (owner)->array[(owner)->array##_count++] = (value);                                        \
    } while (0)
#define CITY_ARRAY(type, array)                                                                    \
    type *array;                                                                                   \
    uint32_t array##_count, array##_cap

/* --- terrain ---------------------------------------------------------------------------------- */

struct bm_terrain {
    uint64_t seed;
    double phase[10];
    double columns[COLUMNS + 1], rows[ROWS + 1]; /* the avenues, on the unbent plane */
    struct bm_spot old_town, lake, ring;
};

void bm_terrain_make(struct bm_terrain *terrain, uint64_t seed);
/* The unbent plane of avenues, bent: nobody ever built a city with a ruler. */
struct bm_spot bm_terrain_bend(const struct bm_terrain *terrain, double u, double v);
struct bm_spot bm_terrain_unbend(const struct bm_terrain *terrain, struct bm_spot spot);
double bm_terrain_river_y(const struct bm_terrain *terrain, double x);
double bm_terrain_river_half(const struct bm_terrain *terrain, double x);
double bm_terrain_rail_y(const struct bm_terrain *terrain, double x);
/* Signed metres: north of the river's middle, beyond its bank; north of the railway; outside the
 * lake's shore, the ring road's middle, the old town's wall. */
double bm_terrain_river_side(const struct bm_terrain *terrain, struct bm_spot spot);
double bm_terrain_bank(const struct bm_terrain *terrain, struct bm_spot spot);
double bm_terrain_rail(const struct bm_terrain *terrain, struct bm_spot spot);
double bm_terrain_shore(const struct bm_terrain *terrain, struct bm_spot spot);
double bm_terrain_ring(const struct bm_terrain *terrain, struct bm_spot spot);
double bm_terrain_wall(const struct bm_terrain *terrain, struct bm_spot spot);
/* Points on the courses; `angle` 0 is east, counter-clockwise. */
struct bm_spot bm_terrain_on_ring(const struct bm_terrain *terrain, double angle, double off_m);
struct bm_spot bm_terrain_on_wall(const struct bm_terrain *terrain, double angle, double share);
struct bm_spot bm_terrain_on_shore(const struct bm_terrain *terrain, double angle, double off_m);
struct bm_spot bm_terrain_on_bank(const struct bm_terrain *terrain, double x, double off_m);
/* How built up a place is: positive inside the city. */
double bm_terrain_urban(const struct bm_terrain *terrain, struct bm_spot spot);
struct bm_point bm_terrain_point(struct bm_spot spot);

enum bm_block_kind {
    BLOCK_COUNTRY,
    BLOCK_CORE,
    BLOCK_HOMES,
    BLOCK_NEW_HOMES,
    BLOCK_INDUSTRY,
    BLOCK_TECH,
    BLOCK_PARK,
    BLOCK_CAMPUS,
};
enum bm_block_kind bm_terrain_block(const struct bm_terrain *terrain, int column, int row);
/* The superblock a spot lies in; outside the city's frame: country. */
enum bm_block_kind bm_terrain_block_at(const struct bm_terrain *terrain, struct bm_spot spot);

/* --- sketch ----------------------------------------------------------------------------------- */

enum bm_street_class {
    STREET_TRUNK,
    STREET_PRIMARY,
    STREET_SECONDARY,
    STREET_TERTIARY,
    STREET_RESIDENTIAL,
    STREET_LANE,    /* living_street of the old town */
    STREET_COUNTRY, /* unclassified: to a village */
    STREET_TRACK,
    STREET_PATH, /* footway in a park */
    STREET_CLASS_COUNT
};

enum {
    STREET_ONE_WAY = 1,    /* along its spots */
    STREET_OVER_RIVER = 2, /* has a bridge */
    STREET_OVER_RAIL = 4,
    STREET_IN_OLD_TOWN = 8, /* may enter the wall */
    STREET_MAY_END = 16,    /* dead ends are fine */
    STREET_OVER_RING = 32,  /* crosses both carriageways */
    STREET_IS_EDGE =
        64, /* a course by itself (ring, wall, embankment): not kept off anything but water */
    STREET_NO_HOUSES = 128,
};

/* How a street finds its name. */
enum bm_name_rule { NAME_NONE, NAME_FIXED, NAME_STEM, NAME_POETIC, NAME_NUMBERED };

struct bm_sketch_street {
    enum bm_street_class street_class;
    uint32_t flags;
    enum bm_name_rule rule;
    uint16_t stem;    /* NAME_STEM, NAME_FIXED, NAME_NUMBERED: which */
    int8_t direction; /* 0 none, 1 east, 2 south, 3 west, 4 north, 5 middle */
    uint8_t number;   /* NAME_NUMBERED */
};
struct bm_stroke {
    uint32_t street;
    uint32_t first, count; /* spots */
};

/* --- net -------------------------------------------------------------------------------------- */

struct bm_edge {
    uint32_t a, b; /* nodes; a one-way edge leads from a to b */
    uint32_t street;
    uint32_t stroke;
    uint32_t name;   /* of the street it has become part of; NO_NAME */
    double offset_m; /* from where that street begins */
    bool gone, bridge;
};

/* A named street, or NO_NAME; several sketched streets never share one. */
enum { NO_NAME = 0xffffffff };

struct bm_house {
    struct bm_spot corners[4];
    uint32_t name; /* of its street */
    uint16_t number;
    uint8_t use;     /* enum bm_house_use */
    uint8_t storeys; /* 0: not said */
    uint32_t place;  /* NO_NAME: a plain house */
};
enum bm_house_use {
    HOUSE_PLAIN,
    HOUSE_APARTMENTS,
    HOUSE_SHOP,
    HOUSE_OFFICE,
    HOUSE_FACTORY,
    HOUSE_SMALL
};

/* A polygon that is only looked at. */
enum bm_area_kind {
    AREA_RIVER,
    AREA_LAKE,
    AREA_PARK,
    AREA_HOMES,
    AREA_TRADE,
    AREA_INDUSTRY,
    AREA_CAMPUS,
    AREA_FIELD,
    AREA_WOOD,
    AREA_ORCHARD,
    AREA_SQUARE,
};
struct bm_area {
    enum bm_area_kind kind;
    uint32_t first, count; /* spots, not closed */
    uint32_t place;        /* NO_NAME, or whose name it bears */
};

struct bm_restriction {
    uint32_t from, via, to; /* edges and their node */
    const char *kind;
};

struct bm_city_work {
    struct bm_terrain terrain;
    struct bm_rng rng;
    CITY_ARRAY(struct bm_spot, spots); /* of strokes and areas */
    CITY_ARRAY(struct bm_sketch_street, sketch);
    CITY_ARRAY(struct bm_stroke, strokes);
    CITY_ARRAY(struct bm_spot, nodes);
    CITY_ARRAY(struct bm_edge, edges);
    CITY_ARRAY(struct bm_area, areas);
    CITY_ARRAY(struct bm_house, houses);
    CITY_ARRAY(struct bm_restriction, restrictions);
    CITY_ARRAY(struct bm_city_street, names);
    CITY_ARRAY(struct bm_city_place, places);
    CITY_ARRAY(struct bm_spot, place_spots); /* beside places */
    CITY_ARRAY(struct bm_city_address, addresses);
    CITY_ARRAY(struct bm_city_crossing, crossings);
    CITY_ARRAY(struct bm_point, river);
    /* Edges at each node: starts[n] .. starts[n + 1] in `around`. */
    uint32_t *starts, *around;
};

double bm_city_draw(struct bm_city_work *work, double least, double most);
/* A number 0..1 that depends on the seed and three integers only, not on what was drawn before. */
double bm_city_hash(uint64_t seed, int64_t a, int64_t b, int64_t c);
double bm_city_far(struct bm_spot a, struct bm_spot b);

uint32_t bm_sketch_street(struct bm_city_work *work, enum bm_street_class street_class,
                          uint32_t flags);
/* Draws a polyline, leaving out what the street may not enter. */
void bm_sketch_stroke(struct bm_city_work *work, uint32_t street, const struct bm_spot *spots,
                      uint32_t count);
void bm_sketch_all(struct bm_city_work *work);
void bm_sketch_old_town(struct bm_city_work *work);
void bm_sketch_country(struct bm_city_work *work);
void bm_sketch_areas(struct bm_city_work *work);

void bm_net_make(struct bm_city_work *work);    /* strokes -> nodes and edges */
void bm_graph_clean(struct bm_city_work *work); /* stubs, islands, one-way traps; bridges marked */
void bm_graph_index(
    struct bm_city_work *work); /* fills starts and around from the edges that are there */
void bm_graph_restrict(struct bm_city_work *work);

void bm_names_give(struct bm_city_work *work);
/* The name of the lane's bridge over the river, as the n-th one. */
void bm_names_bridge(unsigned number, char ret_name[BM_CITY_NAME_TEXT],
                     char ret_en[BM_CITY_NAME_TEXT]);

struct bm_room; /* a raster of what is taken */
struct bm_room *bm_room_new(const struct bm_city_work *work);
void bm_room_free(struct bm_room *room);
/* Takes the rectangle when it is free with `margin_m` around it. */
bool bm_room_take(struct bm_room *room, const struct bm_spot corners[4], double margin_m);
void bm_places_make(struct bm_city_work *work, struct bm_room *room);
void bm_houses_make(struct bm_city_work *work, struct bm_room *room);
/* Room along a street: the corners of a house beside `edge` at `share` of it, `side` 1 left or -1
 * right. */
void bm_house_beside(const struct bm_city_work *work, const struct bm_edge *edge, double share,
                     int side, double width_m, double depth_m, double setback_m,
                     struct bm_spot ret_corners[4]);
double bm_street_half(enum bm_street_class street_class);
/* The number of a house on its street: odd on the left. */
uint16_t bm_house_number(const struct bm_city_work *work, uint32_t edge, double share, int side);
uint32_t bm_place_add(struct bm_city_work *work, enum bm_city_place_kind kind, struct bm_spot spot,
                      const char *name, const char *name_en);
void bm_city_write_tags(const struct bm_city_work *work, const struct bm_city_place *place,
                        struct bm_buf *out);

#endif
