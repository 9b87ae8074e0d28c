/* The grid by which edges near a place are found: a box cut into rows (by latitude) and columns,
 * each cell with the edges that pass through it.  Pure arithmetic; the lists stand in the file. */
#ifndef BM_ROAD_GRID_H
#define BM_ROAD_GRID_H

#include "geo/point.h"

enum { BM_GRID_SIDE_MAX = 8192, BM_GRID_CELLS_MAX = 8 << 20 };

struct bm_grid {
    struct bm_point least; /* south-west corner of cell (0, 0) */
    uint32_t cell_lat_e7, cell_lon_e7;
    uint32_t rows, cols;
};

/* Cells about as wide as high, two edges a cell, none under 50 m; within the maxima above. */
struct bm_grid bm_grid_make(const struct bm_box *box, uint32_t edges);
static inline uint64_t bm_grid_cells(const struct bm_grid *grid) {
    return (uint64_t)grid->rows * grid->cols;
}
/* Row and column of a place, which may lie outside (then below 0, or rows and more). */
int64_t bm_grid_row(const struct bm_grid *grid, int64_t lat_e7);
int64_t bm_grid_col(const struct bm_grid *grid, int64_t lon_e7);

/* Calls `each` for every cell that the segment passes through, and for some that it only comes
 * near. */
void bm_grid_walk(const struct bm_grid *grid, struct bm_point a, struct bm_point b,
                  void (*each)(void *context, uint32_t cell), void *context);

#endif
