/* The old town: four quarters between the wall and the two streets that cross at the drum tower,
 * each cut in two, and in two again, askew, as inheritance does, until a plot is a few houses wide.
 */
#include "sim/city_private.h"

enum { PLOT_SPOTS_MAX = 64, PLOT_DEPTH_MAX = 12 };

struct plot {
    struct bm_spot spots[PLOT_SPOTS_MAX];
    int count;
};

static double plot_area(const struct plot *plot) {
    double twice = 0;
    for (int i = 0; i < plot->count; i++) {
        struct bm_spot a = plot->spots[i], b = plot->spots[(i + 1) % plot->count];
        twice += a.x * b.y - a.y * b.x;
    }
    return fabs(twice) / 2;
}

static struct bm_spot plot_middle(const struct plot *plot) {
    struct bm_spot middle = {0, 0};
    for (int i = 0; i < plot->count; i++) {
        middle.x += plot->spots[i].x / plot->count;
        middle.y += plot->spots[i].y / plot->count;
    }
    return middle;
}

/* The heading of its longest side: lots are cut square to the street they face. */
static double plot_axis(const struct plot *plot) {
    double longest = 0, heading = 0;
    for (int i = 0; i < plot->count; i++) {
        struct bm_spot a = plot->spots[i], b = plot->spots[(i + 1) % plot->count];
        if (bm_city_far(a, b) <= longest) continue;
        longest = bm_city_far(a, b);
        heading = atan2(b.y - a.y, b.x - a.x);
    }
    return heading;
}

/* Cuts along the line through `through` with heading `way`; false when the line misses. */
static bool cut_plot(const struct plot *plot, struct bm_spot through, struct bm_spot way,
                     struct plot ret_halves[2], struct bm_spot ret_ends[2]) {
    int ends = 0;
    ret_halves[0].count = ret_halves[1].count = 0;
    for (int i = 0; i < plot->count; i++) {
        struct bm_spot a = plot->spots[i], b = plot->spots[(i + 1) % plot->count];
        double da = (a.x - through.x) * -way.y + (a.y - through.y) * way.x;
        double db = (b.x - through.x) * -way.y + (b.y - through.y) * way.x;
        struct plot *half = &ret_halves[da >= 0];
        if (half->count + 2 >= PLOT_SPOTS_MAX) return false;
        half->spots[half->count++] = a;
        if ((da >= 0) == (db >= 0)) continue;
        double share = da / (da - db);
        struct bm_spot meet = {a.x + (b.x - a.x) * share, a.y + (b.y - a.y) * share};
        if (ends == 2) return false;
        ret_ends[ends++] = meet;
        for (int h = 0; h < 2; h++) {
            if (ret_halves[h].count + 2 >= PLOT_SPOTS_MAX) return false;
            ret_halves[h].spots[ret_halves[h].count++] = meet;
        }
    }
    return ends == 2;
}

static void draw_lane(struct bm_city_work *work, struct bm_spot a, struct bm_spot b, int depth) {
    double length = bm_city_far(a, b);
    if (length < 30) return;
    double x = (b.x - a.x) / length, y = (b.y - a.y) / length;
    double share = bm_city_draw(work, 0.35, 0.65), off = bm_city_draw(work, -4, 4);
    /* Ends reach over the streets they meet; the net cuts off what sticks out. */
    struct bm_spot spots[] = {
        {a.x - x * 9, a.y - y * 9},
        {a.x + (b.x - a.x) * share - y * off, a.y + (b.y - a.y) * share + x * off},
        {b.x + x * 9, b.y + y * 9}};
    bool narrow = depth >= 3;
    uint32_t flags = STREET_IN_OLD_TOWN;
    if (narrow && bm_rng_chance(&work->rng, 38)) flags |= STREET_ONE_WAY;
    if (narrow && bm_rng_chance(&work->rng, 22)) { /* a blind alley */
        double end = bm_city_draw(work, 0.45, 0.8);
        spots[2] = (struct bm_spot){spots[1].x + (b.x - spots[1].x) * end,
                                    spots[1].y + (b.y - spots[1].y) * end};
        flags = (flags | STREET_MAY_END) & ~(uint32_t)STREET_ONE_WAY;
    }
    enum bm_street_class street_class = depth < 2 ? STREET_TERTIARY
                                        : narrow  ? STREET_LANE
                                                  : STREET_RESIDENTIAL;
    bm_sketch_stroke(work, bm_sketch_street(work, street_class, flags), spots, 3);
}

static void cut_quarter(struct bm_city_work *work, const struct plot *plot, int depth) {
    struct plot halves[2];
    struct bm_spot ends[2];
    double enough = bm_city_draw(work, 5500, 13000);
    if (plot_area(plot) < enough || depth == PLOT_DEPTH_MAX || plot->count < 3) return;
    struct bm_spot middle = plot_middle(plot);
    double angle = plot_axis(plot) + M_PI / 2 + bm_city_draw(work, -0.16, 0.16);
    struct bm_spot way = {cos(angle), sin(angle)};
    double slide = sqrt(plot_area(plot)) * 0.12;
    middle.x += bm_city_draw(work, -slide, slide);
    middle.y += bm_city_draw(work, -slide, slide);
    if (!cut_plot(plot, middle, way, halves, ends)) return;
    draw_lane(work, ends[0], ends[1], depth);
    cut_quarter(work, &halves[0], depth + 1);
    cut_quarter(work, &halves[1], depth + 1);
}

void bm_sketch_old_town(struct bm_city_work *work) {
    enum { PARTS = 144 };
    const struct bm_terrain *terrain = &work->terrain;
    double middle_u = terrain->columns[AXIS_COLUMN], middle_v = terrain->rows[AXIS_ROW];
    for (int quarter = 0; quarter < 4; quarter++) {
        struct plot plot = {.spots = {terrain->old_town}, .count = 1};
        for (int i = 0; i <= PARTS / 4 * 2;
             i++) { /* somewhat more than a quarter: the axes are bent */
            double angle = M_PI / 2 * quarter + 2 * M_PI * (i - PARTS / 8) / PARTS;
            struct bm_spot spot = bm_terrain_on_wall(terrain, angle, 1);
            struct bm_spot flat = bm_terrain_unbend(terrain, spot);
            bool east = flat.x >= middle_u, north = flat.y >= middle_v;
            if (quarter == (north ? (east ? 0 : 1) : (east ? 3 : 2)) &&
                plot.count < PLOT_SPOTS_MAX - 4)
                plot.spots[plot.count++] = spot;
        }
        cut_quarter(work, &plot, 0);
    }
}
