#include "road/road.h"

#include <math.h>

#include "base/check.h"
#include "road/file.h"
#include "road/metric.h"

static const double m_per_e7 = 6371008.8 * M_PI / 180.0 * 1e-7;

/* The best so far: on the network, and on its tiny islands. */
struct found {
    bool any;
    uint32_t edge;
    double off_m;
    size_t segment; /* of the edge, and how far along it */
    double share;
};
struct search {
    const struct bm_metric *metric;
    struct bm_point point;
    double most_m;
    struct found network, islands;
};

static void look_at_edge(struct search *search, uint32_t edge) {
    const struct bm_road *road = search->metric->road;
    if (!bm_metric_drives(search->metric, 2 * edge) &&
        !bm_metric_drives(search->metric, 2 * edge + 1)) {
        return;
    }
    struct found *found = road->flags[edge] & BM_EDGE_ISLAND(search->metric->profile)
                              ? &search->islands
                              : &search->network;
    if (found->any && found->edge == edge) return; /* passes through several cells */
    size_t count = bm_road_shape_count(road, edge);
    struct bm_point before = bm_road_shape_point(road, edge, 0);
    for (size_t i = 1; i < count; i++) {
        struct bm_point point = bm_road_shape_point(road, edge, i);
        double off_m;
        double share = bm_segment_nearest(before, point, search->point, &off_m);
        before = point;
        if (!(off_m <= search->most_m)) continue;
        /* Equally near: the lower edge, so that the order of cells does not matter. */
        bool nearer = !found->any || off_m < found->off_m ||
                      (off_m == found->off_m && edge < found->edge);
        if (nearer) *found = (struct found){true, edge, off_m, i - 1, share};
    }
}

static void look_at_cells(struct search *search, int64_t row, int64_t west, int64_t east) {
    const struct bm_road *road = search->metric->road;
    const struct bm_grid *grid = &road->head.grid;
    if (row < 0 || row >= grid->rows) return;
    if (west < 0) west = 0;
    if (east >= grid->cols) east = (int64_t)grid->cols - 1;
    for (int64_t col = west; col <= east; col++) {
        size_t cell = (size_t)(row * grid->cols + col);
        for (uint32_t i = road->cell_first[cell]; i < road->cell_first[cell + 1]; i++) {
            look_at_edge(search, road->cell_edges[i]);
        }
    }
}

/* The cells at a distance of `ring` cells from (row, col). */
static void look_at_ring(struct search *search, int64_t row, int64_t col, int64_t ring) {
    look_at_cells(search, row - ring, col - ring, col + ring);
    if (ring == 0) return;
    const struct bm_grid *grid = &search->metric->road->head.grid;
    int64_t south = row - ring + 1 < 0 ? 0 : row - ring + 1;
    int64_t north = row + ring - 1 >= grid->rows ? (int64_t)grid->rows - 1 : row + ring - 1;
    for (int64_t side = south; side <= north; side++) {
        if (col - ring >= 0) look_at_cells(search, side, col - ring, col - ring);
        if (col + ring < grid->cols) look_at_cells(search, side, col + ring, col + ring);
    }
    look_at_cells(search, row + ring, col - ring, col + ring);
}

/* Whatever is not in the rings up to this one is at least so many metres off. */
static double beyond_m(const struct search *search, int64_t row, int64_t col, int64_t ring) {
    const struct bm_grid *grid = &search->metric->road->head.grid;
    struct bm_point point = search->point;
    int64_t lat = (int64_t)point.lat_e7 - grid->least.lat_e7;
    int64_t lon = (int64_t)point.lon_e7 - grid->least.lon_e7;
    int64_t north = (row + ring + 1) * grid->cell_lat_e7 - lat;
    int64_t south = lat - (row - ring) * grid->cell_lat_e7;
    int64_t east = (col + ring + 1) * grid->cell_lon_e7 - lon;
    int64_t west = lon - (col - ring) * grid->cell_lon_e7;
    double wide = cos(point.lat_e7 * 1e-7 * M_PI / 180) * m_per_e7;
    double up_m = (double)(north < south ? north : south) * m_per_e7;
    double across_m = (double)(east < west ? east : west) * wide;
    return fmin(up_m, across_m);
}

/* How many cells a row or column lies outside. */
static int64_t outside(int64_t at, uint32_t count) {
    return at < 0 ? -at : at >= count ? at - count + 1 : 0;
}

/* Ring by ring around the point, until nothing nearer can come. */
static void search_rings(struct search *search) {
    const struct bm_grid *grid = &search->metric->road->head.grid;
    int64_t row = bm_grid_row(grid, search->point.lat_e7);
    int64_t col = bm_grid_col(grid, search->point.lon_e7);
    int64_t rows_off = outside(row, grid->rows);
    int64_t cols_off = outside(col, grid->cols);
    int64_t ring = rows_off > cols_off ? rows_off : cols_off;
    /* The ring that touches the side of the grid farthest away is the last. */
    int64_t last = ring;
    const int64_t sides[] = {row, col, (int64_t)grid->rows - 1 - row,
                             (int64_t)grid->cols - 1 - col};
    for (size_t i = 0; i < 4; i++) {
        if (sides[i] > last) last = sides[i];
    }
    for (; ring <= last; ring++) {
        double least_m = ring > 0 ? beyond_m(search, row, col, ring - 1) : 0;
        if (least_m > search->most_m) return;
        if (search->network.any && search->network.off_m < least_m) return;
        look_at_ring(search, row, col, ring);
    }
}

static struct bm_spot spot_of(const struct bm_road *road, const struct found *found) {
    double before_m = 0, segment_m = 0;
    struct bm_point before = bm_road_shape_point(road, found->edge, 0);
    for (size_t i = 0; i <= found->segment; i++) {
        struct bm_point point = bm_road_shape_point(road, found->edge, i + 1);
        before_m += segment_m;
        segment_m = bm_distance_m(before, point);
        before = point;
    }
    double length_m = bm_road_length_m(road, found->edge);
    double share = length_m > 0 ? (before_m + found->share * segment_m) / length_m : 0;
    share = fmin(1, fmax(0, share));
    struct bm_spot spot = {.edge = found->edge, .off_m = found->off_m};
    spot.along = (uint16_t)lround(share * BM_ALONG_FULL);
    /* Where `along` says, so that a route begins exactly at its spot. */
    spot.point = bm_road_point_at(road, spot.edge, (double)spot.along / BM_ALONG_FULL);
    return spot;
}

bool bm_road_snap(const struct bm_metric *metric, struct bm_point point, double most_m,
                  struct bm_spot *ret_spot) {
    struct search search = {.metric = metric, .point = point, .most_m = most_m};
    if (!bm_point_valid(point)) return false;
    search_rings(&search);
    const struct found *found = search.network.any ? &search.network : &search.islands;
    if (!found->any) return false;
    *ret_spot = spot_of(metric->road, found);
    return true;
}
