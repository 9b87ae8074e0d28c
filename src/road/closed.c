#include "road/road.h"

#include <math.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/check.h"
#include "road/file.h"

static const double m_per_e7 = 6371008.8 * M_PI / 180.0 * 1e-7;
/* An edge runs along a line while it is no farther from it than this... */
static const double beside_m = 12;
/* ...and what is shorter than this counts as a touch: coordinates are whole centimetres. */
static const double touch_m = 0.1;
/* A stretch of a line leads the way of a road while it turns at most 60 degrees from it. */
static const double same_way_cos = 0.5;

/* The arcs of an edge as bits. */
enum { NEITHER_ARC = 0, ARC_THERE = 1, ARC_BACK = 2, BOTH_ARCS = 3 };

/* --- a plane on which an edge is compared with what is closed --------------------------------- */

struct flat {
    double x, y;
};
struct plane {
    struct bm_point origin;
    double wide; /* metres of 1e-7 degree of longitude there */
};

static struct plane plane_at(struct bm_point origin) {
    return (struct plane){origin, cos(origin.lat_e7 * 1e-7 * M_PI / 180) * m_per_e7};
}

static struct flat flatten(const struct plane *plane, struct bm_point point) {
    return (struct flat){((double)point.lon_e7 - plane->origin.lon_e7) * plane->wide,
                         ((double)point.lat_e7 - plane->origin.lat_e7) * m_per_e7};
}

static struct flat minus(struct flat a, struct flat b) {
    return (struct flat){a.x - b.x, a.y - b.y};
}

static double dot(struct flat a, struct flat b) {
    return a.x * b.x + a.y * b.y;
}

static double cross(struct flat a, struct flat b) {
    return a.x * b.y - a.y * b.x;
}

/* A stretch of a segment, in shares of it; empty while from > to. */
struct span {
    double from, to;
};
struct spans {
    struct span *items;
    size_t count, cap;
};

static void add_span(struct spans *spans, struct span span) {
    if (!(span.from < span.to)) return;
    if (spans->count == spans->cap) {
        spans->cap = spans->cap ? 2 * spans->cap : 16;
        spans->items = bm_realloc(spans->items, spans->cap * sizeof *spans->items);
    }
    spans->items[spans->count++] = span;
}

static int by_from(const void *a, const void *b) {
    double left = ((const struct span *)a)->from, right = ((const struct span *)b)->from;
    return (left > right) - (left < right);
}

/* How much of 0..1 they cover together. */
static double covered(struct spans *spans) {
    if (spans->count) qsort(spans->items, spans->count, sizeof *spans->items, by_from);
    double sum = 0, reached = 0;
    for (size_t i = 0; i < spans->count; i++) {
        double from = fmax(reached, spans->items[i].from);
        if (spans->items[i].to > from) {
            sum += spans->items[i].to - from;
            reached = spans->items[i].to;
        }
    }
    return sum;
}

/* Where |start + t way| <= radius, t in 0..1. */
static struct span in_disc(struct flat start, struct flat way, double radius) {
    double a = dot(way, way), b = dot(start, way), c = dot(start, start) - radius * radius;
    double root = b * b - a * c;
    if (root < 0) return (struct span){1, 0};
    root = sqrt(root);
    return (struct span){fmax(0, (-b - root) / a), fmin(1, (-b + root) / a)};
}

/* Where least <= start + t way <= most, within `span`. */
static struct span in_strip(struct span span, double start, double way, double least, double most) {
    if (way == 0) return start >= least && start <= most ? span : (struct span){1, 0};
    double one = (least - start) / way, other = (most - start) / way;
    return (struct span){fmax(span.from, fmin(one, other)), fmin(span.to, fmax(one, other))};
}

/* The stretch of p + t way that lies within beside_m of the segment q-r: one, as what lies near a
 * segment is convex, and so the hull of its stretches in the two end discs and in the rectangle
 * between. */
static struct span beside(struct flat p, struct flat way, struct flat q, struct flat r) {
    struct flat axis = minus(r, q), start = minus(p, q);
    double length_m = sqrt(dot(axis, axis));
    struct span parts[3] = {
        in_disc(start, way, beside_m), in_disc(minus(p, r), way, beside_m), {1, 0}};
    if (length_m > 0) {
        axis = (struct flat){axis.x / length_m, axis.y / length_m};
        parts[2] = in_strip((struct span){0, 1}, dot(start, axis), dot(way, axis), 0, length_m);
        parts[2] = in_strip(parts[2], cross(axis, start), cross(axis, way), -beside_m, beside_m);
    }
    struct span hull = {1, 0};
    for (size_t i = 0; i < 3; i++) {
        if (parts[i].from > parts[i].to) continue;
        hull = (struct span){fmin(hull.from, parts[i].from), fmax(hull.to, parts[i].to)};
    }
    return hull;
}

/* Where p + t way meets the segment q-r, t in 0..1; NAN when it does not, or when they are
 * parallel. */
static double meeting(struct flat p, struct flat way, struct flat q, struct flat r) {
    struct flat axis = minus(r, q);
    double both = cross(way, axis);
    if (both == 0) return NAN;
    double share = cross(minus(q, p), axis) / both;
    return fmin(1, fmax(0, share));
}

/* --- one edge --------------------------------------------------------------------------------- */

/* A segment of an edge: from and to, and the metres of the edge before it. */
struct piece {
    struct bm_point from, to;
    struct flat start, way;
    double before_m, length_m;
};

struct judged {
    const struct bm_road *road;
    const struct bm_closed *closed;
    struct spans spans; /* work space */
};

/* Whether a line crosses the piece elsewhere than at the ends of the edge (length_m long). */
static bool line_crosses(const struct bm_closed *line, const struct plane *plane,
                         const struct piece *piece, double length_m) {
    double grain_m = fmin(touch_m, length_m / 4);
    for (size_t i = 1; i < line->count; i++) {
        if (!bm_segments_cross(piece->from, piece->to, line->points[i - 1], line->points[i])) {
            continue;
        }
        double share = meeting(piece->start, piece->way, flatten(plane, line->points[i - 1]),
                               flatten(plane, line->points[i]));
        if (isnan(share)) continue; /* runs along: judged by length */
        double at_m = piece->before_m + share * piece->length_m;
        if (at_m > grain_m && at_m < length_m - grain_m) return true;
    }
    return false;
}

/* Whether the stretch leads the way of one of these arcs of the piece. */
static bool leads(const struct piece *piece, struct flat stretch, unsigned arcs) {
    if (arcs == BOTH_ARCS) return true;
    double length_m = hypot(stretch.x, stretch.y), ahead = dot(piece->way, stretch);
    if (arcs == ARC_BACK) ahead = -ahead;
    return length_m > 0 && ahead >= same_way_cos * length_m * piece->length_m;
}

/* Metres of the piece beside those stretches of the line that lead the way of one of these arcs. */
static double beside_line_m(struct judged *judged, const struct plane *plane,
                            const struct piece *piece, unsigned arcs) {
    const struct bm_closed *line = judged->closed;
    judged->spans.count = 0;
    if (piece->length_m == 0) return 0;
    for (size_t i = 1; i < line->count; i++) {
        struct flat from = flatten(plane, line->points[i - 1]);
        struct flat to = flatten(plane, line->points[i]);
        if (!leads(piece, minus(to, from), arcs)) continue;
        add_span(&judged->spans, beside(piece->start, piece->way, from, to));
    }
    return covered(&judged->spans) * piece->length_m;
}

static int by_size(const void *a, const void *b) {
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

/* Metres of the piece inside the polygon: cut where it meets the border, each part judged by its
 * middle. */
static double inside_polygon_m(const struct bm_closed *polygon, const struct plane *plane,
                               const struct piece *piece) {
    size_t count = 0;
    double *cuts = bm_alloc((polygon->count + 2) * sizeof *cuts);
    cuts[count++] = 0;
    for (size_t i = 0, last = polygon->count - 1; i < polygon->count; last = i++) {
        struct bm_point a = polygon->points[last], b = polygon->points[i];
        if (!bm_segments_cross(piece->from, piece->to, a, b)) continue;
        double share = meeting(piece->start, piece->way, flatten(plane, a), flatten(plane, b));
        if (!isnan(share)) cuts[count++] = share;
    }
    cuts[count++] = 1;
    qsort(cuts, count, sizeof *cuts, by_size);
    double inside = 0;
    for (size_t i = 1; i < count; i++) {
        struct bm_point middle = bm_point_between(piece->from, piece->to,
                                                  (cuts[i - 1] + cuts[i]) / 2);
        if (cuts[i] > cuts[i - 1] && bm_polygon_has(polygon->points, polygon->count, middle)) {
            inside += cuts[i] - cuts[i - 1];
        }
    }
    bm_free(cuts);
    return inside * piece->length_m;
}

/* How long an edge is on the plane, and what of it is hit. */
struct hit {
    double length_m;
    bool crossed;
    double any_m;           /* inside the polygon, or beside the line */
    double there_m, back_m; /* beside what of the line leads the way of the arc */
};

static void hit_piece(struct judged *judged, const struct plane *plane, const struct piece *piece,
                      struct hit *hit) {
    const struct bm_closed *closed = judged->closed;
    if (closed->form == BM_CLOSED_POLYGON) {
        hit->any_m += inside_polygon_m(closed, plane, piece);
    } else if (closed->along_only) {
        hit->there_m += beside_line_m(judged, plane, piece, ARC_THERE);
        hit->back_m += beside_line_m(judged, plane, piece, ARC_BACK);
    } else if (!hit->crossed) {
        hit->crossed = line_crosses(closed, plane, piece, hit->length_m);
        hit->any_m += beside_line_m(judged, plane, piece, BOTH_ARCS);
    }
}

static double flat_length_m(const struct bm_road *road, uint32_t edge, const struct plane *plane) {
    double length_m = 0;
    struct flat before = {0, 0};
    size_t count = bm_road_shape_count(road, edge);
    for (size_t i = 1; i < count; i++) {
        struct flat at = flatten(plane, bm_road_shape_point(road, edge, i));
        length_m += hypot(at.x - before.x, at.y - before.y);
        before = at;
    }
    return length_m;
}

/* The arcs of the edge that it closes. */
static unsigned closes(struct judged *judged, uint32_t edge) {
    const struct bm_road *road = judged->road;
    const struct bm_closed *closed = judged->closed;
    bool polygon = closed->form == BM_CLOSED_POLYGON;
    struct bm_point first = bm_road_shape_point(road, edge, 0);
    struct plane plane = plane_at(first);
    struct hit hit = {.length_m = flat_length_m(road, edge, &plane)};
    double half_m = hit.length_m / 2;
    if (hit.length_m == 0) {
        bool inside = polygon && bm_polygon_has(closed->points, closed->count, first);
        return inside ? BOTH_ARCS : NEITHER_ARC;
    }
    struct piece piece = {.to = first};
    size_t count = bm_road_shape_count(road, edge);
    for (size_t i = 1; i < count; i++) {
        piece.from = piece.to;
        piece.to = bm_road_shape_point(road, edge, i);
        piece.before_m += piece.length_m;
        piece.start = flatten(&plane, piece.from);
        piece.way = minus(flatten(&plane, piece.to), piece.start);
        piece.length_m = hypot(piece.way.x, piece.way.y);
        hit_piece(judged, &plane, &piece, &hit);
    }
    if (closed->along_only) {
        return (hit.there_m >= half_m ? ARC_THERE : 0u) | (hit.back_m >= half_m ? ARC_BACK : 0u);
    }
    bool enough = hit.crossed || hit.any_m >= (polygon ? fmin(touch_m, half_m) : half_m);
    return enough ? BOTH_ARCS : NEITHER_ARC;
}

/* --- edges near ------------------------------------------------------------------------------- */

struct near {
    uint32_t *edges;
    size_t count, cap;
};

/* The edges of all cells that the box, `more_m` wider on every side, touches. */
static void add_cells(const struct bm_road *road, const struct bm_box *box, double more_m,
                      struct near *near) {
    const struct bm_grid *grid = &road->head.grid;
    double widest = fmax(fabs((double)box->least.lat_e7), fabs((double)box->most.lat_e7)) * 1e-7;
    double narrow = fmax(1e-6, cos(fmin(90, widest) * M_PI / 180));
    int64_t up = (int64_t)ceil(more_m / m_per_e7) + 1;
    int64_t across = (int64_t)ceil(fmin(3.6e9, more_m / (m_per_e7 * narrow))) + 1;
    int64_t south = bm_grid_row(grid, box->least.lat_e7 - up);
    int64_t north = bm_grid_row(grid, box->most.lat_e7 + up);
    int64_t west = bm_grid_col(grid, box->least.lon_e7 - across);
    int64_t east = bm_grid_col(grid, box->most.lon_e7 + across);
    if (south < 0) south = 0;
    if (north >= grid->rows) north = (int64_t)grid->rows - 1;
    if (west < 0) west = 0;
    if (east >= grid->cols) east = (int64_t)grid->cols - 1;
    for (int64_t row = south; row <= north; row++) {
        for (int64_t col = west; col <= east; col++) {
            size_t cell = (size_t)(row * grid->cols + col);
            uint32_t first = road->cell_first[cell], end = road->cell_first[cell + 1];
            if (near->count + (end - first) > near->cap) {
                near->cap = 2 * near->cap + (end - first);
                near->edges = bm_realloc(near->edges, near->cap * sizeof *near->edges);
            }
            while (first < end) near->edges[near->count++] = road->cell_edges[first++];
        }
    }
}

static int by_number(const void *a, const void *b) {
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

/* Ascending, each once. */
static void sort_edges(struct near *near) {
    if (near->count == 0) return;
    qsort(near->edges, near->count, sizeof *near->edges, by_number);
    size_t kept = 1;
    for (size_t i = 1; i < near->count; i++) {
        if (near->edges[i] != near->edges[kept - 1]) near->edges[kept++] = near->edges[i];
    }
    near->count = kept;
}

static void find_near(const struct bm_road *road, const struct bm_closed *closed,
                      struct near *near) {
    struct bm_box box = bm_box_empty;
    if (closed->form == BM_CLOSED_POLYGON) {
        for (size_t i = 0; i < closed->count; i++) bm_box_add(&box, closed->points[i]);
        add_cells(road, &box, touch_m, near);
    } else {
        for (size_t i = 1; i < closed->count; i++) {
            box = bm_box_empty;
            bm_box_add(&box, closed->points[i - 1]);
            bm_box_add(&box, closed->points[i]);
            add_cells(road, &box, beside_m + touch_m, near);
            /* What neighbouring segments share is dropped before it piles up. */
            if (near->count > 1u << 20) sort_edges(near);
        }
    }
    sort_edges(near);
}

size_t bm_road_closed_arcs(const struct bm_road *road, const struct bm_closed *closed,
                           uint32_t *arcs, size_t cap) {
    bool polygon = closed->form == BM_CLOSED_POLYGON;
    BM_CHECK(closed->count >= (polygon ? 3 : 2));
    BM_CHECK(!(polygon && closed->along_only));
    struct near near = {0};
    find_near(road, closed, &near);
    struct judged judged = {.road = road, .closed = closed};
    size_t found = 0;
    for (size_t i = 0; i < near.count; i++) {
        unsigned hit = closes(&judged, near.edges[i]);
        for (uint32_t side = 0; side < 2; side++) {
            if (!(hit >> side & 1)) continue;
            if (found < cap) arcs[found] = 2 * near.edges[i] + side;
            found++;
        }
    }
    bm_free(judged.spans.items);
    bm_free(near.edges);
    return found;
}

uint32_t bm_road_slowed(uint32_t weight, uint32_t slow_permille) {
    BM_CHECK(slow_permille <= BM_SPEED_USUAL);
    if (weight == BM_ROAD_INFINITE || slow_permille == 0) return BM_ROAD_INFINITE;
    uint64_t slowed = ((uint64_t)weight * BM_SPEED_USUAL + slow_permille - 1) / slow_permille;
    return slowed < BM_ROAD_INFINITE ? (uint32_t)slowed : BM_ROAD_INFINITE - 1;
}
