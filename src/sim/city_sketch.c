/* Streets with a pencil: avenues first, then what each superblock is cut into, then what goes its
 * own way. */
#include <string.h>

#include "sim/city_private.h"

enum {
    STEPS =
        12 /* points of an avenue between two others: divisible by every way of cutting a block */
};
enum { STROKE_SPOTS_MAX = 1024 };
enum { EAST = 1, SOUTH, WEST, NORTH, MIDDLE };
enum {
    FIXED_YANJIANG,
    FIXED_BINJIANG,
    FIXED_RING,
    FIXED_WALL,
    FIXED_DRUM_STREET,
    FIXED_CROSS_STREET,
    FIXED_LAKE,
    FIXED_STATION
};

uint32_t bm_sketch_street(struct bm_city_work *work, enum bm_street_class street_class,
                          uint32_t flags) {
    struct bm_sketch_street street = {
        .street_class = street_class, .flags = flags, .rule = NAME_POETIC};
    CITY_PUSH(work, sketch, street);
    return work->sketch_count - 1;
}

static uint32_t fixed_street(struct bm_city_work *work, enum bm_street_class street_class,
                             uint32_t flags, uint16_t stem, int8_t direction) {
    uint32_t street = bm_sketch_street(work, street_class, flags);
    work->sketch[street].rule = NAME_FIXED;
    work->sketch[street].stem = stem;
    work->sketch[street].direction = direction;
    return street;
}

/* --- strokes that keep off water, rails and walls --------------------------------------------- */

/* Whether a street with this heading runs along a course, whose way across at this spot is (nx,
 * ny). */
static bool along(struct bm_spot heading, double nx, double ny) {
    return fabs(heading.x * nx + heading.y * ny) < 0.38 * hypot(nx, ny);
}

static bool may_run_beside(const struct bm_terrain *terrain, struct bm_spot spot,
                           struct bm_spot heading) {
    double bank = bm_terrain_bank(terrain, spot), rail = bm_terrain_rail(terrain, spot);
    double rx = spot.x - terrain->ring.x, ry = spot.y - terrain->ring.y;
    if (fabs(bm_terrain_ring(terrain, spot)) < 100 && along(heading, rx, ry)) return false;
    if (fabs(rail) < 75 && along(heading, 0, 1)) return false;
    if (bank < 190) {
        double slope = (bm_terrain_river_y(terrain, spot.x + 5) -
                        bm_terrain_river_y(terrain, spot.x - 5)) /
                       10;
        if (along(heading, -slope, 1)) return false;
    }
    double wall = bm_terrain_wall(terrain, spot);
    if (wall > -6 && wall < 70) {
        double wx = spot.x - terrain->old_town.x, wy = spot.y - terrain->old_town.y;
        if (fabs(wx) / 800 > fabs(wy) / 690 ? along(heading, 1, 0) : along(heading, 0, 1))
            return false;
    }
    return true;
}

static bool may_enter(const struct bm_city_work *work, const struct bm_sketch_street *street,
                      struct bm_spot spot, struct bm_spot heading) {
    const struct bm_terrain *terrain = &work->terrain;
    if (fabs(spot.x) > CITY_HALF_WIDTH_M || fabs(spot.y) > CITY_HALF_HEIGHT_M) return false;
    if (bm_terrain_shore(terrain, spot) < 20) return false;
    bool over_river = street->flags & STREET_OVER_RIVER;
    if (!over_river && bm_terrain_bank(terrain, spot) < EMBANKMENT_M - 5) return false;
    if (!(street->flags & STREET_OVER_RAIL) && fabs(bm_terrain_rail(terrain, spot)) < 27)
        return false;
    if (street->flags & STREET_IS_EDGE) return true;
    if (!(street->flags & STREET_IN_OLD_TOWN) && bm_terrain_wall(terrain, spot) < -6) return false;
    double ring = fabs(bm_terrain_ring(terrain, spot));
    if (!(street->flags & STREET_OVER_RING)) {
        if (ring < RING_HALF_M - 2) return false;
        if (street->street_class >= STREET_RESIDENTIAL && street->street_class != STREET_COUNTRY &&
            ring < 45)
            return false;
    }
    return over_river || may_run_beside(terrain, spot, heading);
}

static void begin_stroke(struct bm_city_work *work, uint32_t street) {
    struct bm_stroke stroke = {street, work->spots_count, 0};
    CITY_PUSH(work, strokes, stroke);
}

static void draw_to(struct bm_city_work *work, struct bm_spot spot) {
    CITY_PUSH(work, spots, spot);
    work->strokes[work->strokes_count - 1].count++;
}

static struct bm_spot between(struct bm_spot a, struct bm_spot b, double share) {
    return (struct bm_spot){a.x + (b.x - a.x) * share, a.y + (b.y - a.y) * share};
}

/* Where on the way from a to b the street may no longer (or only then) go: to a centimetre or so.
 */
static double border(const struct bm_city_work *work, const struct bm_sketch_street *street,
                     struct bm_spot a, struct bm_spot b, double low, double high, bool low_in,
                     struct bm_spot heading) {
    for (int i = 0; i < 16; i++) {
        double middle = (low + high) / 2;
        if (may_enter(work, street, between(a, b, middle), heading) == low_in)
            low = middle;
        else
            high = middle;
    }
    return low_in ? low : high;
}

static bool over_something(const struct bm_terrain *terrain, struct bm_spot spot) {
    return bm_terrain_bank(terrain, spot) < 8 || fabs(bm_terrain_rail(terrain, spot)) < 26;
}

/* A spot where a bridge begins or ends between two others of a stroke. */
static void draw_abutment(struct bm_city_work *work, struct bm_spot a, struct bm_spot b, double low,
                          double high) {
    bool low_over = over_something(&work->terrain, between(a, b, low));
    if (low_over == over_something(&work->terrain, between(a, b, high))) return;
    for (int i = 0; i < 14; i++) {
        double middle = (low + high) / 2;
        if (over_something(&work->terrain, between(a, b, middle)) == low_over)
            low = middle;
        else
            high = middle;
    }
    draw_to(work, between(a, b, high));
}

void bm_sketch_stroke(struct bm_city_work *work, uint32_t street_index, const struct bm_spot *spots,
                      uint32_t count) {
    const struct bm_sketch_street street = work->sketch[street_index];
    bool bridges_there = street.flags & (STREET_OVER_RIVER | STREET_OVER_RAIL), inside = false;
    for (uint32_t i = 0; i + 1 < count; i++) {
        struct bm_spot a = spots[i], b = spots[i + 1];
        double length = bm_city_far(a, b);
        if (length < 0.01) continue;
        struct bm_spot heading = {(b.x - a.x) / length, (b.y - a.y) / length};
        uint32_t steps = 1 + (uint32_t)(length / 12);
        for (uint32_t s = 0; s <= steps; s++) {
            double at = (double)s / steps, before = (double)(s ? s - 1 : 0) / steps;
            bool in = may_enter(work, &street, between(a, b, at), heading);
            if (in && !inside) {
                begin_stroke(work, street_index);
                draw_to(
                    work,
                    between(a, b, s ? border(work, &street, a, b, before, at, false, heading) : 0));
            } else if (!in && inside && s) {
                draw_to(work,
                        between(a, b, border(work, &street, a, b, before, at, true, heading)));
            } else if (in && s && bridges_there) {
                draw_abutment(work, a, b, before, at);
            }
            inside = in;
        }
        if (inside) draw_to(work, b);
    }
}

/* --- avenues ---------------------------------------------------------------------------------- */

static const int bridges[] = {AXIS_COLUMN - 2, AXIS_COLUMN, AXIS_COLUMN + 2};

static bool has_bridge(int column) {
    for (size_t i = 0; i < sizeof bridges / sizeof bridges[0]; i++)
        if (bridges[i] == column) return true;
    return false;
}

/* Whether the avenue `line` is built between its crossings `at` and `at + 1`. */
static bool avenue_there(const struct bm_terrain *terrain, bool north_south, int line, int at) {
    enum bm_block_kind a = north_south ? bm_terrain_block(terrain, line - 1, at)
                                       : bm_terrain_block(terrain, at, line - 1);
    enum bm_block_kind b = north_south ? bm_terrain_block(terrain, line, at)
                                       : bm_terrain_block(terrain, at, line);
    if (a == BLOCK_TECH && b == BLOCK_TECH) return false; /* the new district drew its own */
    if (a != BLOCK_COUNTRY || b != BLOCK_COUNTRY) return true;
    return north_south ? line % 4 == 2 : line % 3 == 0; /* country roads */
}

/* What part of its avenue a spot lies on, for names like "south" and "middle". */
static int8_t avenue_part(const struct bm_terrain *terrain, bool north_south, struct bm_spot spot) {
    if (north_south) {
        if (bm_terrain_river_side(terrain, spot) < 0) return SOUTH;
        return spot.y < 1900 ? MIDDLE : NORTH;
    }
    return spot.x < -1700 ? WEST : spot.x > 1700 ? EAST : MIDDLE;
}

struct avenue {
    bool north_south;
    int line;
    int8_t part;
    bool old_town, open;
    struct bm_spot spots[STROKE_SPOTS_MAX];
    uint32_t count;
};

static void end_avenue(struct bm_city_work *work, struct avenue *avenue) {
    if (avenue->open && avenue->count > 1) {
        bool axis = avenue->line == (avenue->north_south ? AXIS_COLUMN : AXIS_ROW);
        enum bm_street_class street_class = axis || avenue->line % 2 == 0 ? STREET_PRIMARY
                                                                          : STREET_SECONDARY;
        uint32_t flags = STREET_OVER_RAIL | STREET_OVER_RING;
        if (avenue->north_south && has_bridge(avenue->line)) flags |= STREET_OVER_RIVER;
        if (axis) flags |= STREET_IN_OLD_TOWN;
        if (axis && avenue->old_town) {
            int8_t direction = avenue->part;
            uint32_t street = fixed_street(
                work, STREET_SECONDARY, flags,
                avenue->north_south ? FIXED_DRUM_STREET : FIXED_CROSS_STREET, direction);
            bm_sketch_stroke(work, street, avenue->spots, avenue->count);
        } else {
            uint32_t street = bm_sketch_street(work, street_class, flags);
            work->sketch[street].rule = NAME_STEM;
            work->sketch[street].stem =
                (uint16_t)(avenue->north_south ? avenue->line : COLUMNS + 1 + avenue->line);
            work->sketch[street].direction = avenue->part;
            bm_sketch_stroke(work, street, avenue->spots, avenue->count);
        }
    }
    avenue->open = false;
    avenue->count = 0;
}

static void avenue_step(struct bm_city_work *work, struct avenue *avenue, struct bm_spot a,
                        struct bm_spot b) {
    const struct bm_terrain *terrain = &work->terrain;
    struct bm_spot middle = between(a, b, 0.5);
    int8_t part = avenue_part(terrain, avenue->north_south, middle);
    bool old_town = bm_terrain_wall(terrain, middle) < 0;
    if (old_town) {
        if (avenue->north_south)
            part = middle.y < terrain->old_town.y ? SOUTH : NORTH;
        else
            part = middle.x < terrain->old_town.x ? WEST : EAST;
    }
    if (avenue->open && (part != avenue->part || old_town != avenue->old_town ||
                         avenue->count + 2 > STROKE_SPOTS_MAX))
        end_avenue(work, avenue);
    if (!avenue->open) {
        avenue->open = true;
        avenue->part = part;
        avenue->old_town = old_town;
        avenue->spots[avenue->count++] = a;
    }
    avenue->spots[avenue->count++] = b;
}

static void draw_avenue(struct bm_city_work *work, bool north_south, int line) {
    const struct bm_terrain *terrain = &work->terrain;
    struct avenue avenue = {.north_south = north_south, .line = line};
    int pieces = north_south ? ROWS : COLUMNS;
    const double *cuts = north_south ? terrain->rows : terrain->columns;
    double fixed = north_south ? terrain->columns[line] : terrain->rows[line];
    for (int at = -1; at <= pieces; at++) { /* -1 and `pieces`: out to the edge of the map */
        if (!avenue_there(terrain, north_south, line, at)) {
            end_avenue(work, &avenue);
            continue;
        }
        double from = at < 0 ? cuts[0] - 1200 : cuts[at],
               to = at == pieces ? cuts[pieces] + 1200 : cuts[at + 1];
        for (int s = 0; s < STEPS; s++) {
            double p = from + (to - from) * s / STEPS, q = from + (to - from) * (s + 1) / STEPS;
            avenue_step(work, &avenue,
                        north_south ? bm_terrain_bend(terrain, fixed, p)
                                    : bm_terrain_bend(terrain, p, fixed),
                        north_south ? bm_terrain_bend(terrain, fixed, q)
                                    : bm_terrain_bend(terrain, q, fixed));
        }
    }
    end_avenue(work, &avenue);
}

/* --- courses ---------------------------------------------------------------------------------- */

static void draw_ring(struct bm_city_work *work) {
    enum { PARTS = 60 };
    static const int8_t directions[] = {EAST, NORTH, WEST, SOUTH};
    uint32_t flags = STREET_ONE_WAY | STREET_OVER_RIVER | STREET_OVER_RAIL | STREET_OVER_RING |
                     STREET_IS_EDGE | STREET_NO_HOUSES;
    for (int quarter = 0; quarter < 4; quarter++) {
        struct bm_spot outer[PARTS + 1], inner[PARTS + 1];
        uint32_t street = fixed_street(work, STREET_TRUNK, flags, FIXED_RING, directions[quarter]);
        for (int i = 0; i <= PARTS; i++) {
            double angle = -M_PI / 4 + M_PI / 2 * (quarter + (double)i / PARTS);
            /* One drives on the right: outside counter-clockwise, inside clockwise. */
            outer[i] = bm_terrain_on_ring(&work->terrain, angle, RING_HALF_M);
            inner[PARTS - i] = bm_terrain_on_ring(&work->terrain, angle, -RING_HALF_M);
        }
        bm_sketch_stroke(work, street, outer, PARTS + 1);
        bm_sketch_stroke(work, street, inner, PARTS + 1);
    }
}

static void draw_wall(struct bm_city_work *work) {
    enum { PARTS = 24 };
    static const int8_t directions[] = {EAST, NORTH, WEST, SOUTH};
    for (int quarter = 0; quarter < 4; quarter++) {
        struct bm_spot spots[PARTS + 1];
        uint32_t street = fixed_street(work, STREET_SECONDARY, STREET_IS_EDGE, FIXED_WALL,
                                       directions[quarter]);
        for (int i = 0; i <= PARTS; i++)
            spots[i] = bm_terrain_on_wall(&work->terrain,
                                          -M_PI / 4 + M_PI / 2 * (quarter + (double)i / PARTS), 1);
        bm_sketch_stroke(work, street, spots, PARTS + 1);
    }
}

static void draw_banks(struct bm_city_work *work) {
    enum { PARTS = 150 };
    struct bm_spot spots[PARTS + 1];
    for (int side = -1; side <= 1; side += 2) {
        uint32_t count = 0;
        uint32_t street = fixed_street(work, STREET_SECONDARY, STREET_OVER_RING | STREET_IS_EDGE,
                                       side > 0 ? FIXED_YANJIANG : FIXED_BINJIANG, 0);
        for (int i = 0; i <= PARTS; i++) {
            struct bm_spot spot = bm_terrain_on_bank(&work->terrain, -5000 + 10000.0 * i / PARTS,
                                                     side * EMBANKMENT_M);
            if (bm_terrain_urban(&work->terrain, spot) > -0.06) spots[count++] = spot;
        }
        bm_sketch_stroke(work, street, spots, count);
    }
}

static void draw_lake_and_station(struct bm_city_work *work) {
    enum { PARTS = 48 };
    const struct bm_terrain *terrain = &work->terrain;
    struct bm_spot spots[PARTS + 1];
    uint32_t street = fixed_street(work, STREET_TERTIARY, STREET_IS_EDGE | STREET_NO_HOUSES,
                                   FIXED_LAKE, 0);
    for (int i = 0; i <= PARTS; i++)
        spots[i] = bm_terrain_on_shore(terrain, 2 * M_PI * i / PARTS, 45);
    bm_sketch_stroke(work, street, spots, PARTS + 1);
    street = fixed_street(work, STREET_SECONDARY, STREET_IS_EDGE, FIXED_STATION, 0);
    double west = terrain->columns[AXIS_COLUMN - 1] - 100,
           east = terrain->columns[AXIS_COLUMN + 1] + 200;
    for (int i = 0; i <= 20; i++) {
        double x = west + (east - west) * i / 20;
        spots[i] = (struct bm_spot){x, bm_terrain_rail_y(terrain, x) - 120};
    }
    bm_sketch_stroke(work, street, spots, 21);
}

/* --- inside the superblocks ------------------------------------------------------------------- */

/* Into how many columns and rows a block is cut. */
static void cuts_of(enum bm_block_kind kind, bool north_south, int *ret_cuts) {
    switch (kind) {
    case BLOCK_CORE:
        *ret_cuts = 4;
        break;
    case BLOCK_HOMES:
        *ret_cuts = 3;
        break;
    case BLOCK_NEW_HOMES:
        *ret_cuts = north_south ? 4 : 3;
        break;
    case BLOCK_INDUSTRY:
        *ret_cuts = north_south ? 2 : 1;
        break;
    case BLOCK_COUNTRY:
    case BLOCK_TECH:
    case BLOCK_PARK:
    case BLOCK_CAMPUS:
        *ret_cuts = 1;
        break;
    }
}

/* The corner (a of 12, b of 12) of a block, shaken a little unless it lies on an avenue. */
static struct bm_spot corner(const struct bm_terrain *terrain, int column, int a, int row, int b,
                             double shake_m) {
    double u = terrain->columns[column] +
               (terrain->columns[column + 1] - terrain->columns[column]) * a / STEPS;
    double v = terrain->rows[row] + (terrain->rows[row + 1] - terrain->rows[row]) * b / STEPS;
    struct bm_spot spot = bm_terrain_bend(terrain, u, v);
    if (a % STEPS == 0 || b % STEPS == 0) return spot;
    spot.x += shake_m * (2 * bm_city_hash(terrain->seed, 6, column * 64 + a, row * 64 + b) - 1);
    spot.y += shake_m * (2 * bm_city_hash(terrain->seed, 7, column * 64 + a, row * 64 + b) - 1);
    return spot;
}

struct inner {
    struct bm_spot spots[STROKE_SPOTS_MAX];
    uint32_t count;
};

static void end_inner(struct bm_city_work *work, struct inner *inner,
                      enum bm_street_class street_class, bool one_way, bool backwards) {
    if (inner->count > 1) {
        for (uint32_t i = 0; backwards && i < inner->count / 2; i++) {
            struct bm_spot spot = inner->spots[i];
            inner->spots[i] = inner->spots[inner->count - 1 - i];
            inner->spots[inner->count - 1 - i] = spot;
        }
        bm_sketch_stroke(work, bm_sketch_street(work, street_class, one_way ? STREET_ONE_WAY : 0),
                         inner->spots, inner->count);
    }
    inner->count = 0;
}

/* One street through all blocks of a line that are cut alike: number `cut` of `cuts`. */
static void draw_inner(struct bm_city_work *work, bool north_south, int line, int cut, int cuts) {
    const struct bm_terrain *terrain = &work->terrain;
    struct inner inner = {.count = 0};
    enum bm_street_class street_class = cut * 2 == cuts ? STREET_TERTIARY : STREET_RESIDENTIAL;
    bool one_way = cuts == 4 && street_class == STREET_RESIDENTIAL &&
                   bm_city_hash(terrain->seed, 8, line, north_south) < 0.6;
    int a = cut * STEPS / cuts, pieces = north_south ? ROWS : COLUMNS;
    for (int at = 0; at < pieces; at++) {
        int column = north_south ? line : at, row = north_south ? at : line, own, other;
        enum bm_block_kind kind = bm_terrain_block(terrain, column, row);
        cuts_of(kind, north_south, &own);
        cuts_of(kind, !north_south, &other);
        if (own != cuts) {
            end_inner(work, &inner, street_class, one_way, cut == 1);
            continue;
        }
        double missing = kind == BLOCK_CORE ? 0.05 : street_class == STREET_TERTIARY ? 0.04 : 0.2;
        double shake = kind == BLOCK_INDUSTRY ? 6 : kind == BLOCK_NEW_HOMES ? 9 : 22;
        for (int b = 0; b < other; b++) {
            int from = b * STEPS / other, to = (b + 1) * STEPS / other;
            struct bm_spot p = north_south ? corner(terrain, column, a, row, from, shake)
                                           : corner(terrain, column, from, row, a, shake);
            struct bm_spot q = north_south ? corner(terrain, column, a, row, to, shake)
                                           : corner(terrain, column, to, row, a, shake);
            if (bm_city_hash(terrain->seed, 9 + north_south, line * 64 + a, at * 64 + b) <
                missing) {
                end_inner(work, &inner, street_class, one_way, cut == 1);
                continue;
            }
            if (inner.count == 0) inner.spots[inner.count++] = p;
            inner.spots[inner.count++] = q;
        }
    }
    end_inner(work, &inner, street_class, one_way, cut == 1);
}

/* The high-tech zone drew its streets with a ruler, askew to everybody else's. */
static void draw_tech(struct bm_city_work *work) {
    const struct bm_terrain *terrain = &work->terrain;
    struct bm_spot middle = bm_terrain_bend(terrain, terrain->columns[AXIS_COLUMN + 2],
                                            terrain->rows[2]);
    double angle = 0.36 + 0.1 * bm_city_hash(terrain->seed, 12, 0, 0);
    for (int family = 0; family < 2; family++) {
        uint8_t number = 0;
        struct bm_spot way = {cos(angle + family * M_PI / 2), sin(angle + family * M_PI / 2)};
        for (int k = -6; k <= 6; k++) {
            struct bm_spot spots[2];
            bool inside = false;
            uint32_t street = NO_NAME;
            for (int s = -160; s <= 160; s++) {
                struct bm_spot spot = {middle.x + way.x * s * 10 - way.y * k * 245,
                                       middle.y + way.y * s * 10 + way.x * k * 245};
                bool in = bm_terrain_block_at(terrain, spot) == BLOCK_TECH;
                if (in && !inside)
                    spots[0] = (struct bm_spot){spot.x - way.x * 12, spot.y - way.y * 12};
                if (!in && inside) {
                    spots[1] = (struct bm_spot){spot.x + way.x * 2, spot.y + way.y * 2};
                    if (street == NO_NAME) {
                        street = bm_sketch_street(work,
                                                  k % 2 ? STREET_RESIDENTIAL : STREET_TERTIARY, 0);
                        work->sketch[street].rule = NAME_NUMBERED;
                        work->sketch[street].stem = (uint16_t)family;
                        work->sketch[street].number = ++number;
                    }
                    bm_sketch_stroke(work, street, spots, 2);
                }
                inside = in;
            }
        }
    }
}

static void draw_park_paths(struct bm_city_work *work, int column, int row) {
    for (int i = 0; i < 3; i++) {
        struct bm_spot spots[STEPS + 1];
        for (int s = 0; s <= STEPS; s++) {
            int side = i == 2 ? STEPS - s : s;
            spots[s] = i == 0 ? corner(&work->terrain, column, s, row, 6, 35)
                              : corner(&work->terrain, column, s, row, side, 45);
        }
        uint32_t street = bm_sketch_street(work, STREET_PATH, STREET_NO_HOUSES);
        work->sketch[street].rule = NAME_NONE;
        bm_sketch_stroke(work, street, spots, STEPS + 1);
    }
}

/* --- the country ------------------------------------------------------------------------------ */

static void draw_village(struct bm_city_work *work, int column, int row) {
    const struct bm_terrain *terrain = &work->terrain;
    struct bm_spot middle = corner(terrain, column, 6, row, 6, 120);
    bool west = avenue_there(terrain, true, column, row),
         east = avenue_there(terrain, true, column + 1, row);
    bool south = avenue_there(terrain, false, row, column),
         north = avenue_there(terrain, false, row + 1, column);
    struct bm_spot ends[] = {
        corner(terrain, column, 0, row, 5, 0), corner(terrain, column, 12, row, 7, 0),
        corner(terrain, column, 5, row, 0, 0), corner(terrain, column, 7, row, 12, 0)};
    bool there[] = {west, east, south, north};
    for (int i = 0; i < 4; i++) {
        if (!there[i]) continue;
        struct bm_spot bent = between(middle, ends[i], 0.5);
        struct bm_spot spots[] = {
            middle,
            {bent.x + bm_city_draw(work, -40, 40), bent.y + bm_city_draw(work, -40, 40)},
            between(middle, ends[i], 1.015)};
        bm_sketch_stroke(work, bm_sketch_street(work, STREET_COUNTRY, STREET_MAY_END), spots, 3);
    }
    double turn = bm_city_draw(work, -0.4, 0.4);
    for (int k = -2; k <= 2; k++) {
        double x = middle.x + k * 62 * cos(turn), y = middle.y + k * 62 * sin(turn),
               len = bm_city_draw(work, 70, 130);
        struct bm_spot lane[] = {{x + len * sin(turn), y - len * cos(turn)},
                                 {x + 4, y - 3},
                                 {x - len * sin(turn), y + len * cos(turn)}};
        struct bm_spot along_lane[] = {{x, y}, {x + 62 * cos(turn), y + 62 * sin(turn)}};
        bm_sketch_stroke(work, bm_sketch_street(work, STREET_LANE, STREET_MAY_END), lane, 3);
        uint32_t through = bm_sketch_street(work, STREET_LANE, STREET_MAY_END);
        if (k < 2) bm_sketch_stroke(work, through, along_lane, 2);
    }
    for (int k = 0; k < 4; k++) { /* out into the fields */
        double angle = turn + M_PI / 2 * k + bm_city_draw(work, 0.3, 1.2);
        struct bm_spot spots[8];
        for (int s = 0; s < 8; s++) {
            double r = s * bm_city_draw(work, 52, 60);
            angle += bm_city_draw(work, -0.12, 0.12);
            spots[s] = (struct bm_spot){middle.x + r * cos(angle), middle.y + r * sin(angle)};
        }
        uint32_t street = bm_sketch_street(work, STREET_TRACK, STREET_MAY_END | STREET_NO_HOUSES);
        work->sketch[street].rule = NAME_NONE;
        bm_sketch_stroke(work, street, spots, 8);
    }
    bm_place_add(work, BM_CITY_VILLAGE, middle, NULL, NULL);
}

void bm_sketch_country(struct bm_city_work *work) {
    enum { VILLAGES = 8 };
    const struct bm_terrain *terrain = &work->terrain;
    int made = 0;
    for (int tried = 0; tried < 400 && made < VILLAGES; tried++) {
        int column = (int)bm_rng_below(&work->rng, COLUMNS),
            row = (int)bm_rng_below(&work->rng, ROWS);
        struct bm_spot middle = corner(terrain, column, 6, row, 6, 0);
        bool near_road = avenue_there(terrain, true, column, row) ||
                         avenue_there(terrain, true, column + 1, row) ||
                         avenue_there(terrain, false, row, column) ||
                         avenue_there(terrain, false, row + 1, column);
        if (bm_terrain_block(terrain, column, row) != BLOCK_COUNTRY || !near_road) continue;
        if (fabs(bm_terrain_bank(terrain, middle)) < 450 ||
            fabs(bm_terrain_rail(terrain, middle)) < 350 ||
            fabs(middle.x) > CITY_HALF_WIDTH_M - 500 || fabs(middle.y) > CITY_HALF_HEIGHT_M - 500)
            continue;
        bool apart = true;
        for (uint32_t i = 0; i < work->places_count; i++)
            apart = apart && bm_city_far(work->place_spots[i], middle) > 1000;
        if (!apart) continue;
        draw_village(work, column, row);
        made++;
    }
}

void bm_sketch_all(struct bm_city_work *work) {
    for (int i = 0; i <= COLUMNS; i++) draw_avenue(work, true, i);
    for (int i = 0; i <= ROWS; i++) draw_avenue(work, false, i);
    draw_ring(work);
    draw_wall(work);
    draw_banks(work);
    draw_lake_and_station(work);
    for (int cuts = 2; cuts <= 4; cuts++) {
        for (int cut = 1; cut < cuts; cut++) {
            for (int i = 0; i < COLUMNS; i++) draw_inner(work, true, i, cut, cuts);
            for (int i = 0; i < ROWS; i++) draw_inner(work, false, i, cut, cuts);
        }
    }
    draw_tech(work);
    bm_sketch_old_town(work);
    for (int column = 0; column < COLUMNS; column++)
        for (int row = 0; row < ROWS; row++)
            if (bm_terrain_block(&work->terrain, column, row) == BLOCK_PARK)
                draw_park_paths(work, column, row);
    bm_sketch_country(work);
}
