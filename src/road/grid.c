#include "road/grid.h"

#include <math.h>

static const double cell_least_m = 50;
static const double m_per_e7 = 6371008.8 * M_PI / 180.0 * 1e-7;
enum { CELLS_WANTED_MAX = 4 << 20, SIDE_WANTED_MAX = 4096 };
/* A segment is taken to be this much (e7) wider than it is, so that rounding leaves out no cell. */
enum { SLACK_E7 = 2 };

struct bm_grid bm_grid_make(const struct bm_box *box, uint32_t edges) {
    int64_t high = (int64_t)box->most.lat_e7 - box->least.lat_e7 + 1;
    int64_t wide = (int64_t)box->most.lon_e7 - box->least.lon_e7 + 1;
    double middle_deg = ((double)box->least.lat_e7 + box->most.lat_e7) / 2 * 1e-7;
    double narrow = fmax(0.01, cos(middle_deg * M_PI / 180));
    double high_m = (double)high * m_per_e7;
    double wide_m = (double)wide * m_per_e7 * narrow;
    double cells = fmin(CELLS_WANTED_MAX, fmax(1, edges / 2.0));
    double side_m = fmax(sqrt(high_m * wide_m / cells), fmax(high_m, wide_m) / SIDE_WANTED_MAX);
    side_m = fmax(side_m, cell_least_m);
    double cell_lat = fmin(ceil(side_m / m_per_e7), (double)high);
    double cell_lon = fmin(ceil(side_m / m_per_e7 / narrow), (double)wide);
    struct bm_grid grid = {box->least, (uint32_t)cell_lat, (uint32_t)cell_lon, 0, 0};
    grid.rows = (uint32_t)((high - 1) / grid.cell_lat_e7 + 1);
    grid.cols = (uint32_t)((wide - 1) / grid.cell_lon_e7 + 1);
    return grid;
}

static int64_t floor_divided(int64_t a, int64_t b) {
    return a / b - (a % b < 0);
}

int64_t bm_grid_row(const struct bm_grid *grid, int64_t lat_e7) {
    return floor_divided(lat_e7 - grid->least.lat_e7, grid->cell_lat_e7);
}

int64_t bm_grid_col(const struct bm_grid *grid, int64_t lon_e7) {
    return floor_divided(lon_e7 - grid->least.lon_e7, grid->cell_lon_e7);
}

static int64_t clamped(int64_t value, int64_t most) {
    return value < 0 ? 0 : value > most ? most : value;
}

/* Row by row: the columns that the part of the segment in this row's band spans. */
void bm_grid_walk(const struct bm_grid *grid, struct bm_point a, struct bm_point b,
                  void (*each)(void *context, uint32_t cell), void *context) {
    struct bm_point low = a.lat_e7 <= b.lat_e7 ? a : b;
    struct bm_point high = a.lat_e7 <= b.lat_e7 ? b : a;
    int64_t first = clamped(bm_grid_row(grid, (int64_t)low.lat_e7 - SLACK_E7), grid->rows - 1);
    int64_t last = clamped(bm_grid_row(grid, (int64_t)high.lat_e7 + SLACK_E7), grid->rows - 1);
    double rise = (double)high.lat_e7 - low.lat_e7;
    double run = (double)high.lon_e7 - low.lon_e7;
    for (int64_t row = first; row <= last; row++) {
        double south = (double)(grid->least.lat_e7 + row * grid->cell_lat_e7) - SLACK_E7;
        double north = south + grid->cell_lat_e7 + 2 * SLACK_E7;
        double enter = rise > 0 ? fmin(1, fmax(0, (south - low.lat_e7) / rise)) : 0;
        double leave = rise > 0 ? fmin(1, fmax(0, (north - low.lat_e7) / rise)) : 1;
        double from = low.lon_e7 + enter * run;
        double to = low.lon_e7 + leave * run;
        int64_t west = (int64_t)floor(fmin(from, to)) - SLACK_E7;
        int64_t east = (int64_t)ceil(fmax(from, to)) + SLACK_E7;
        int64_t west_col = clamped(bm_grid_col(grid, west), grid->cols - 1);
        int64_t east_col = clamped(bm_grid_col(grid, east), grid->cols - 1);
        for (int64_t col = west_col; col <= east_col; col++) {
            each(context, (uint32_t)(row * grid->cols + col));
        }
    }
}
