/* Houses: where there is room beside a street they get a number of it; inside the blocks stand the
 * rows of flats that look south. */
#include <string.h>

#include "sim/city_private.h"

enum {
    CELL_M = 3,
    WIDE = 2 * CITY_HALF_WIDTH_M / CELL_M,
    HIGH = 2 * CITY_HALF_HEIGHT_M / CELL_M,
    NUMBER_M = 12
};
enum { HOUSES_MAX = 15000 };

/* --- what is taken, on squares of three metres -------------------------------------------------
 */

struct bm_room {
    uint8_t *taken;
};

static uint8_t *square_at(struct bm_room *room, double x, double y) {
    int cx = (int)floor((x + CITY_HALF_WIDTH_M) / CELL_M),
        cy = (int)floor((y + CITY_HALF_HEIGHT_M) / CELL_M);
    return cx < 0 || cy < 0 || cx >= WIDE || cy >= HIGH
               ? NULL
               : &room->taken[(size_t)cy * WIDE + (size_t)cx];
}

/* Squares whose middle is within reach. */
static void take_around(struct bm_room *room, struct bm_spot spot, double reach) {
    int from_x = (int)floor((spot.x - reach + CITY_HALF_WIDTH_M) / CELL_M),
        to_x = from_x + (int)(2 * reach / CELL_M) + 1;
    int from_y = (int)floor((spot.y - reach + CITY_HALF_HEIGHT_M) / CELL_M),
        to_y = from_y + (int)(2 * reach / CELL_M) + 1;
    for (int cy = from_y; cy <= to_y; cy++) {
        for (int cx = from_x; cx <= to_x; cx++) {
            struct bm_spot middle = {(cx + 0.5) * CELL_M - CITY_HALF_WIDTH_M,
                                     (cy + 0.5) * CELL_M - CITY_HALF_HEIGHT_M};
            uint8_t *square = square_at(room, middle.x, middle.y);
            if (square && bm_city_far(middle, spot) <= reach) *square = 1;
        }
    }
}

double bm_street_half(enum bm_street_class street_class) {
    static const double halves[STREET_CLASS_COUNT] = {14, 15, 12, 9, 6, 3.5, 5, 3, 2};
    return halves[street_class];
}

static void take_streets(struct bm_room *room, const struct bm_city_work *work) {
    for (uint32_t e = 0; e < work->edges_count; e++) {
        const struct bm_edge *edge = &work->edges[e];
        if (edge->gone) continue;
        struct bm_spot a = work->nodes[edge->a], b = work->nodes[edge->b];
        double length = bm_city_far(a, b),
               half = bm_street_half(work->sketch[edge->street].street_class);
        for (double at = 0; at <= length; at += CELL_M) {
            double share = length > 0 ? at / length : 0;
            take_around(
                room, (struct bm_spot){a.x + (b.x - a.x) * share, a.y + (b.y - a.y) * share}, half);
        }
    }
}

static void take_water_and_rails(struct bm_room *room, const struct bm_terrain *terrain) {
    for (int cx = 0; cx < WIDE; cx++) {
        double x = cx * CELL_M - CITY_HALF_WIDTH_M + CELL_M / 2.0;
        double middle = bm_terrain_river_y(terrain, x), rail = bm_terrain_rail_y(terrain, x);
        double half = (bm_terrain_river_half(terrain, x) + 45) * 1.15;
        for (double y = middle - half; y <= middle + half; y += CELL_M) *square_at(room, x, y) = 1;
        for (double y = rail - 34; y <= rail + 34; y += CELL_M) *square_at(room, x, y) = 1;
    }
    for (double y = terrain->lake.y - 800; y <= terrain->lake.y + 800; y += CELL_M) {
        for (double x = terrain->lake.x - 800; x <= terrain->lake.x + 800; x += CELL_M) {
            uint8_t *square = square_at(room, x, y);
            if (square && bm_terrain_shore(terrain, (struct bm_spot){x, y}) < 35) *square = 1;
        }
    }
}

struct bm_room *bm_room_new(const struct bm_city_work *work) {
    struct bm_room *room = bm_alloc(sizeof *room);
    room->taken = bm_alloc_zero((size_t)WIDE * HIGH, 1);
    take_streets(room, work);
    take_water_and_rails(room, &work->terrain);
    return room;
}

void bm_room_free(struct bm_room *room) {
    bm_free(room->taken);
    bm_free(room);
}

/* Visits the squares inside the rectangle widened by `margin_m`: when testing, stops at one that is
 * taken. */
static bool over_rectangle(struct bm_room *room, const struct bm_spot corners[4], double margin_m,
                           bool take) {
    struct bm_spot origin = corners[0];
    double w = bm_city_far(corners[0], corners[1]), d = bm_city_far(corners[1], corners[2]);
    double ux = (corners[1].x - origin.x) / w, uy = (corners[1].y - origin.y) / w;
    double vx = (corners[2].x - corners[1].x) / d, vy = (corners[2].y - corners[1].y) / d;
    for (double q = -margin_m;; q += 2) {
        double v = fmin(q, d + margin_m);
        for (double p = -margin_m;; p += 2) {
            double u = fmin(p, w + margin_m);
            uint8_t *square = square_at(room, origin.x + ux * u + vx * v,
                                        origin.y + uy * u + vy * v);
            if (!square || (!take && *square)) return false;
            *square |= take;
            if (p >= w + margin_m) break;
        }
        if (q >= d + margin_m) return true;
    }
}

bool bm_room_take(struct bm_room *room, const struct bm_spot corners[4], double margin_m) {
    return over_rectangle(room, corners, margin_m, false) && over_rectangle(room, corners, 0, true);
}

/* --- beside streets --------------------------------------------------------------------------- */

void bm_house_beside(const struct bm_city_work *work, const struct bm_edge *edge, double share,
                     int side, double width_m, double depth_m, double setback_m,
                     struct bm_spot ret_corners[4]) {
    struct bm_spot a = work->nodes[edge->a], b = work->nodes[edge->b];
    double length = bm_city_far(a, b), x = (b.x - a.x) / length, y = (b.y - a.y) / length;
    double nx = -y * side, ny = x * side; /* to the left of the way, for side 1 */
    double off = bm_street_half(work->sketch[edge->street].street_class) + setback_m;
    struct bm_spot front = {a.x + (b.x - a.x) * share + nx * off,
                            a.y + (b.y - a.y) * share + ny * off};
    ret_corners[0] = (struct bm_spot){front.x - x * width_m / 2, front.y - y * width_m / 2};
    ret_corners[1] = (struct bm_spot){front.x + x * width_m / 2, front.y + y * width_m / 2};
    ret_corners[2] = (struct bm_spot){ret_corners[1].x + nx * depth_m,
                                      ret_corners[1].y + ny * depth_m};
    ret_corners[3] = (struct bm_spot){ret_corners[0].x + nx * depth_m,
                                      ret_corners[0].y + ny * depth_m};
}

uint16_t bm_house_number(const struct bm_city_work *work, uint32_t edge, double share, int side) {
    const struct bm_edge *e = &work->edges[edge];
    double along = e->offset_m + share * bm_city_far(work->nodes[e->a], work->nodes[e->b]);
    return (uint16_t)(2 * (int)(along / NUMBER_M) + (side > 0 ? 1 : 2));
}

struct build_style {
    double width, width_more, depth, depth_more, gap, gap_more, setback;
    unsigned percent; /* how often a place is built on */
    uint8_t use, storeys, storeys_more;
};

/* clang-format off */
static const struct build_style styles[] = {
    [BLOCK_COUNTRY]   = {9, 4, 8, 3, 6, 12, 3, 62, HOUSE_SMALL, 1, 2},
    [BLOCK_CORE]      = {24, 22, 16, 10, 9, 16, 5, 72, HOUSE_OFFICE, 4, 18},
    [BLOCK_HOMES]     = {24, 20, 12, 4, 18, 40, 6, 52, HOUSE_SHOP, 2, 5},
    [BLOCK_NEW_HOMES] = {30, 20, 13, 4, 30, 50, 8, 48, HOUSE_SHOP, 2, 3},
    [BLOCK_INDUSTRY]  = {50, 50, 28, 24, 22, 40, 10, 62, HOUSE_FACTORY, 1, 2},
    [BLOCK_TECH]      = {38, 26, 24, 14, 24, 30, 12, 62, HOUSE_OFFICE, 4, 12},
    [BLOCK_PARK]      = {14, 8, 10, 4, 80, 200, 6, 20, HOUSE_SHOP, 1, 1},
    [BLOCK_CAMPUS]    = {50, 20, 18, 6, 40, 40, 12, 40, HOUSE_OFFICE, 3, 5},
};
/* clang-format on */
static const struct build_style old_style = {10, 8, 8, 5, 1, 3, 1.5, 88, HOUSE_SMALL, 1, 2};

static bool number_taken(const struct bm_city_work *work, uint32_t name, uint16_t number) {
    for (uint32_t i = 0; i < work->houses_count; i++) {
        if (work->houses[i].place == NO_NAME) return false; /* places come first */
        if (work->houses[i].name == name && work->houses[i].number == number) return true;
    }
    return false;
}

static void add_house(struct bm_city_work *work, const struct bm_edge *edge,
                      const struct bm_spot corners[4], uint16_t number,
                      const struct build_style *style) {
    struct bm_house house = {
        .name = edge->name, .number = number, .use = style->use, .place = NO_NAME};
    house.storeys = (uint8_t)(style->storeys + bm_rng_below(&work->rng, style->storeys_more + 1u));
    memcpy(house.corners, corners, sizeof house.corners);
    CITY_PUSH(work, houses, house);
    struct bm_spot front = {(corners[0].x + corners[1].x) / 2, (corners[0].y + corners[1].y) / 2};
    struct bm_city_address address = {edge->name, number, 0, bm_terrain_point(front)};
    CITY_PUSH(work, addresses, address);
}

static void build_side(struct bm_city_work *work, struct bm_room *room, uint32_t e, int side,
                       uint16_t *last_number) {
    const struct bm_edge *edge = &work->edges[e];
    struct bm_spot a = work->nodes[edge->a], b = work->nodes[edge->b];
    struct bm_spot middle = {(a.x + b.x) / 2, (a.y + b.y) / 2};
    bool old = bm_terrain_wall(&work->terrain, middle) < 0;
    enum bm_street_class street_class = work->sketch[edge->street].street_class;
    const struct build_style *style = old ? &old_style
                                          : &styles[bm_terrain_block_at(&work->terrain, middle)];
    if (style->use == HOUSE_SMALL && !old && street_class != STREET_LANE) return; /* fields */
    double length = bm_city_far(a, b), at = bm_city_draw(work, 2, 8);
    while (at < length) {
        double width = style->width + bm_city_draw(work, 0, style->width_more);
        double depth = style->depth + bm_city_draw(work, 0, style->depth_more);
        double share = (at + width / 2) / length;
        at += width + style->gap + bm_city_draw(work, 0, style->gap_more);
        if (share >= 1 || !bm_rng_chance(&work->rng, style->percent)) continue;
        struct bm_spot corners[4];
        bm_house_beside(work, edge, share, side, width, depth, style->setback, corners);
        uint16_t number = bm_house_number(work, e, share, side);
        if (number <= *last_number || number_taken(work, edge->name, number)) continue;
        if (!bm_room_take(room, corners, old ? 0 : 3)) continue;
        add_house(work, edge, corners, number, style);
        *last_number = number;
    }
}

/* Rows of flats inside a superblock, one behind the other, looking south; some in towers. */
static void build_rows(struct bm_city_work *work, struct bm_room *room, int column, int row,
                       enum bm_block_kind kind) {
    const struct bm_terrain *terrain = &work->terrain;
    double tilt = bm_city_draw(work, -0.12, 0.12), cx = cos(tilt), cy = sin(tilt);
    bool towers = kind == BLOCK_NEW_HOMES || bm_rng_chance(&work->rng, 25);
    double width = towers ? 26 : kind == BLOCK_CAMPUS ? 64 : 52, depth = towers ? 20 : 13;
    double step_x = width + (towers ? 34 : 16), step_y = depth + (towers ? 38 : 27);
    uint8_t use = HOUSE_APARTMENTS;
    if (kind == BLOCK_INDUSTRY) { /* halls */
        use = HOUSE_FACTORY;
        towers = false;
        width = 92;
        depth = 40;
        step_x = 130;
        step_y = 74;
    }
    uint8_t storeys = (uint8_t)(towers ? 17 + bm_rng_below(&work->rng, 16)
                                       : 5 + bm_rng_below(&work->rng, 3));
    struct bm_spot middle = bm_terrain_bend(
        terrain, (terrain->columns[column] + terrain->columns[column + 1]) / 2,
        (terrain->rows[row] + terrain->rows[row + 1]) / 2);
    for (double v = -460; v < 460 && work->houses_count < HOUSES_MAX; v += step_y) {
        for (double u = -470; u < 470; u += step_x) {
            if (bm_rng_chance(&work->rng, 14)) continue;
            double x = middle.x + u * cx - v * cy, y = middle.y + u * cy + v * cx;
            struct bm_house house = {.name = NO_NAME,
                                     .use = use,
                                     .storeys = use == HOUSE_FACTORY ? 1 : storeys,
                                     .place = NO_NAME};
            house.corners[0] = (struct bm_spot){x, y};
            house.corners[1] = (struct bm_spot){x + width * cx, y + width * cy};
            house.corners[2] = (struct bm_spot){x + width * cx - depth * cy,
                                                y + width * cy + depth * cx};
            house.corners[3] = (struct bm_spot){x - depth * cy, y + depth * cx};
            bool outside = bm_terrain_block_at(terrain, house.corners[0]) != kind ||
                           bm_terrain_block_at(terrain, house.corners[2]) != kind ||
                           bm_terrain_wall(terrain, house.corners[0]) < 40 ||
                           bm_terrain_bank(terrain, house.corners[0]) < EMBANKMENT_M + 30;
            if (!outside && bm_room_take(room, house.corners, 7)) CITY_PUSH(work, houses, house);
        }
    }
}

void bm_houses_make(struct bm_city_work *work, struct bm_room *room) {
    uint16_t *last = bm_alloc_zero(2 * (size_t)work->names_count + 2, sizeof *last);
    for (uint32_t e = 0; e < work->edges_count && work->houses_count < HOUSES_MAX * 3 / 4; e++) {
        const struct bm_edge *edge = &work->edges[e];
        bool none = edge->gone || edge->bridge || edge->name == NO_NAME ||
                    (work->sketch[edge->street].flags & STREET_NO_HOUSES);
        if (none) continue;
        build_side(work, room, e, 1, &last[2 * edge->name]);
        build_side(work, room, e, -1, &last[2 * edge->name + 1]);
    }
    bm_free(last);
    for (int column = 0; column < COLUMNS; column++) {
        for (int row = 0; row < ROWS; row++) {
            enum bm_block_kind kind = bm_terrain_block(&work->terrain, column, row);
            if (kind == BLOCK_HOMES || kind == BLOCK_NEW_HOMES || kind == BLOCK_CAMPUS ||
                kind == BLOCK_CORE || kind == BLOCK_INDUSTRY)
                build_rows(work, room, column, row, kind);
        }
    }
}
