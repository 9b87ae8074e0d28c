/* The ground: where water, rails, walls and the ring road lie, all as formulas of the seed. */
#include "sim/city_private.h"

static const double middle_lat = 31.1826, middle_lon = 112.5934; /* fields */
enum { OLD_TOWN_X = 800, OLD_TOWN_Y = 690, LAKE_R = 540, RING_X = 3150, RING_Y = 2480 };

double bm_city_hash(uint64_t seed, int64_t a, int64_t b, int64_t c) {
    struct bm_rng rng = {seed ^ (uint64_t)a * UINT64_C(0x9e3779b97f4a7c15) ^
                         (uint64_t)b * UINT64_C(0xc2b2ae3d27d4eb4f) ^
                         (uint64_t)c * UINT64_C(0x165667b19e3779f9)};
    bm_rng_u64(&rng);
    return (double)(bm_rng_u64(&rng) >> 11) * 0x1p-53;
}

double bm_city_draw(struct bm_city_work *work, double least, double most) {
    return least + (most - least) * (double)(bm_rng_u64(&work->rng) >> 11) * 0x1p-53;
}

double bm_city_far(struct bm_spot a, struct bm_spot b) {
    return hypot(a.x - b.x, a.y - b.y);
}

void bm_terrain_make(struct bm_terrain *terrain, uint64_t seed) {
    terrain->seed = seed;
    for (int i = 0; i < 10; i++) terrain->phase[i] = 2 * M_PI * bm_city_hash(seed, 1, i, 0);
    for (int i = 0; i <= COLUMNS; i++)
        terrain->columns[i] = (i - AXIS_COLUMN) * 910 + 150 * (bm_city_hash(seed, 2, i, 0) - 0.5);
    for (int i = 0; i <= ROWS; i++)
        terrain->rows[i] = -4400 + i * 880 + 140 * (bm_city_hash(seed, 3, i, 0) - 0.5);
    terrain->old_town = bm_terrain_bend(terrain, terrain->columns[AXIS_COLUMN],
                                        terrain->rows[AXIS_ROW]);
    terrain->lake = (struct bm_spot){-2650 + 300 * (bm_city_hash(seed, 4, 0, 0) - 0.5),
                                     -2450 + 200 * (bm_city_hash(seed, 4, 1, 0) - 0.5)};
    terrain->ring = (struct bm_spot){80, 60};
}

struct bm_spot bm_terrain_bend(const struct bm_terrain *terrain, double u, double v) {
    const double *p = terrain->phase;
    return (struct bm_spot){
        u + 120 * sin(v / 1700 + p[0]) + 70 * sin(u / 2300 + p[1]) + 0.05 * v,
        v + 150 * sin(u / 2200 + p[2]) + 50 * sin(v / 1900 + p[3]) - 0.04 * u,
    };
}

/* By iteration: the bend is gentle, so each round takes the error down several times. */
struct bm_spot bm_terrain_unbend(const struct bm_terrain *terrain, struct bm_spot spot) {
    struct bm_spot flat = spot;
    for (int i = 0; i < 12; i++) {
        struct bm_spot bent = bm_terrain_bend(terrain, flat.x, flat.y);
        flat.x += spot.x - bent.x;
        flat.y += spot.y - bent.y;
    }
    return flat;
}

/* The bend of the river holds the old town. */
double bm_terrain_river_y(const struct bm_terrain *terrain, double x) {
    return -150 - 560 * cos((x + 250 * sin(terrain->phase[4])) / 1350) +
           170 * sin(x / 2900 + terrain->phase[5]);
}

double bm_terrain_river_half(const struct bm_terrain *terrain, double x) {
    return 135 + 30 * sin(x / 1000 + terrain->phase[6]);
}

double bm_terrain_rail_y(const struct bm_terrain *terrain, double x) {
    return 3000 + 190 * sin(x / 2700 + terrain->phase[7]);
}

/* Off a course y = f(x), measured across it. */
static double across(double (*course)(const struct bm_terrain *, double),
                     const struct bm_terrain *terrain, struct bm_spot spot) {
    double slope = (course(terrain, spot.x + 5) - course(terrain, spot.x - 5)) / 10;
    return (spot.y - course(terrain, spot.x)) / sqrt(1 + slope * slope);
}

double bm_terrain_river_side(const struct bm_terrain *terrain, struct bm_spot spot) {
    return across(bm_terrain_river_y, terrain, spot);
}

double bm_terrain_bank(const struct bm_terrain *terrain, struct bm_spot spot) {
    return fabs(bm_terrain_river_side(terrain, spot)) - bm_terrain_river_half(terrain, spot.x);
}

double bm_terrain_rail(const struct bm_terrain *terrain, struct bm_spot spot) {
    return across(bm_terrain_rail_y, terrain, spot);
}

static double lake_radius(const struct bm_terrain *terrain, double angle) {
    return LAKE_R * (1 + 0.2 * sin(2 * angle + terrain->phase[8]) +
                     0.1 * sin(3 * angle + terrain->phase[9]));
}

double bm_terrain_shore(const struct bm_terrain *terrain, struct bm_spot spot) {
    double dx = spot.x - terrain->lake.x, dy = spot.y - terrain->lake.y;
    return hypot(dx, dy) - lake_radius(terrain, atan2(dy, dx));
}

struct bm_spot bm_terrain_on_shore(const struct bm_terrain *terrain, double angle, double off_m) {
    double r = lake_radius(terrain, angle) + off_m;
    return (struct bm_spot){terrain->lake.x + r * cos(angle), terrain->lake.y + r * sin(angle)};
}

/* An ellipse with a little weather in it. */
static double ring_radius(const struct bm_terrain *terrain, double angle) {
    double ellipse = 1 / hypot(cos(angle) / RING_X, sin(angle) / RING_Y);
    return ellipse * (1 + 0.03 * sin(3 * angle + terrain->phase[1]) +
                      0.02 * sin(2 * angle + terrain->phase[2]));
}

double bm_terrain_ring(const struct bm_terrain *terrain, struct bm_spot spot) {
    double dx = spot.x - terrain->ring.x, dy = spot.y - terrain->ring.y;
    return hypot(dx, dy) - ring_radius(terrain, atan2(dy, dx));
}

struct bm_spot bm_terrain_on_ring(const struct bm_terrain *terrain, double angle, double off_m) {
    double r = ring_radius(terrain, angle) + off_m;
    return (struct bm_spot){terrain->ring.x + r * cos(angle), terrain->ring.y + r * sin(angle)};
}

/* A square with its corners worn off, as city walls are. */
static double wall_radius(double angle) {
    return pow(pow(fabs(cos(angle)) / OLD_TOWN_X, 3) + pow(fabs(sin(angle)) / OLD_TOWN_Y, 3),
               -1.0 / 3);
}

double bm_terrain_wall(const struct bm_terrain *terrain, struct bm_spot spot) {
    double dx = spot.x - terrain->old_town.x, dy = spot.y - terrain->old_town.y;
    return hypot(dx, dy) - wall_radius(atan2(dy, dx));
}

struct bm_spot bm_terrain_on_wall(const struct bm_terrain *terrain, double angle, double share) {
    double r = wall_radius(angle) * share;
    return (struct bm_spot){terrain->old_town.x + r * cos(angle),
                            terrain->old_town.y + r * sin(angle)};
}

struct bm_spot bm_terrain_on_bank(const struct bm_terrain *terrain, double x, double off_m) {
    double slope = (bm_terrain_river_y(terrain, x + 5) - bm_terrain_river_y(terrain, x - 5)) / 10;
    double len = sqrt(1 + slope * slope);
    double side = off_m < 0 ? -1 : 1;
    double off = off_m + side * bm_terrain_river_half(terrain, x);
    return (struct bm_spot){x - slope / len * off, bm_terrain_river_y(terrain, x) + off / len};
}

double bm_terrain_urban(const struct bm_terrain *terrain, struct bm_spot spot) {
    double angle = atan2(spot.y, spot.x);
    double r = hypot(spot.x / 4900, (spot.y + 200) / 3900);
    return 1 + 0.09 * sin(4 * angle + terrain->phase[3]) +
           0.06 * sin(7 * angle + terrain->phase[4]) - r;
}

struct bm_point bm_terrain_point(struct bm_spot spot) {
    const double metres = 111195.0797; /* one degree on a sphere of 6,371,008.8 m */
    double lat = middle_lat + spot.y / metres;
    double lon = middle_lon + spot.x / (metres * cos(middle_lat * M_PI / 180));
    return (struct bm_point){(int32_t)lround(lat * 1e7), (int32_t)lround(lon * 1e7)};
}

/* --- superblocks ------------------------------------------------------------------------------ */

enum bm_block_kind bm_terrain_block(const struct bm_terrain *terrain, int column, int row) {
    if (column < 0 || row < 0 || column >= COLUMNS || row >= ROWS) return BLOCK_COUNTRY;
    struct bm_spot middle = bm_terrain_bend(
        terrain, (terrain->columns[column] + terrain->columns[column + 1]) / 2,
        (terrain->rows[row] + terrain->rows[row + 1]) / 2);
    double chance = bm_city_hash(terrain->seed, 5, column, row);
    bool north = bm_terrain_river_side(terrain, middle) > 0;
    if (bm_terrain_rail(terrain, middle) > 60)
        return fabs(middle.x - 500) < 3000 && bm_terrain_rail(terrain, middle) < 900
                   ? BLOCK_INDUSTRY
                   : BLOCK_COUNTRY;
    if (bm_terrain_urban(terrain, middle) < 0) return BLOCK_COUNTRY;
    if (bm_terrain_shore(terrain, middle) < 120) return BLOCK_PARK;
    if (!north && column >= AXIS_COLUMN + 1 && column <= AXIS_COLUMN + 2 && row >= 1 && row <= 2)
        return BLOCK_TECH;
    if (bm_city_far(middle, terrain->old_town) < 1500) return BLOCK_CORE;
    if (!north && fabs(middle.x - 400) < 1500 && bm_terrain_bank(terrain, middle) < 900)
        return BLOCK_CORE;
    if (chance < 0.06) return BLOCK_PARK;
    if (chance < 0.11) return BLOCK_CAMPUS;
    if (chance < 0.14 && middle.x < -2500) return BLOCK_INDUSTRY;
    return chance < 0.5 || north ? BLOCK_HOMES : BLOCK_NEW_HOMES;
}

enum bm_block_kind bm_terrain_block_at(const struct bm_terrain *terrain, struct bm_spot spot) {
    struct bm_spot flat = bm_terrain_unbend(terrain, spot);
    int column = -1, row = -1;
    while (column < COLUMNS && flat.x >= terrain->columns[column + 1]) column++;
    while (row < ROWS && flat.y >= terrain->rows[row + 1]) row++;
    return bm_terrain_block(terrain, column, row);
}
