/* A base map in one file: MBTiles 1.3 (an SQLite file with the tables `metadata` and `tiles`)
 * holding vector tiles, as tilemaker writes it from map/tiles.json.  Read only; the file is taken
 * to stay as it is while the desk runs (replace it by renaming a new one over it, then restart). It
 * knows nothing of the record. */
#ifndef BM_API_MBTILES_H
#define BM_API_MBTILES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/code.h"

struct bm_mbtiles;

enum {
    BM_MBTILES_ZOOM_MAX = 22,
    BM_MBTILES_TILE_BYTES_MAX = 4 * 1024 * 1024, /* a larger tile is refused when it is asked for */
    BM_MBTILES_NAME_MAX = 128,
    BM_MBTILES_ATTRIBUTION_MAX = 512 /* longer texts are cut between characters */
};

/* What the file says of itself. */
struct bm_mbtiles_info {
    char name[BM_MBTILES_NAME_MAX], attribution[BM_MBTILES_ATTRIBUTION_MAX];
    char version[40]; /* another file has another one: for caches */
    unsigned minzoom, maxzoom;
    double west, south, east, north; /* degrees; what the file states or, where that is the whole
                                        world or nonsense, the box of the tiles there are */
};

/* BM_NOT_FOUND, BM_IO (may not be read), BM_BAD_FORMAT (no MBTiles file, no vector tiles, none at
 * all), BM_CORRUPT; the fault names file and mend.  Where no usable box is stated, reads the index
 * of the highest zoom once. */
BM_MUST_USE enum bm_code bm_mbtiles_open(const char *path, struct bm_mbtiles **ret_tiles,
                                         struct bm_fault *fault);
void bm_mbtiles_close(struct bm_mbtiles *tiles); /* NULL is fine */
const struct bm_mbtiles_info *bm_mbtiles_info(const struct bm_mbtiles *tiles);
/* Appends the tile's bytes as they are stored (mostly gzip).  `y` counts from the north, as in
 * z/x/y addresses; MBTiles counts from the south.  Needs z <= BM_MBTILES_ZOOM_MAX, x and y < 2^z.
 * BM_NOT_FOUND when there is none; BM_CORRUPT, BM_IO.  One read of an index and a row.  From any
 * thread, one at a time. */
BM_MUST_USE enum bm_code bm_mbtiles_tile(struct bm_mbtiles *tiles, unsigned z, uint32_t x,
                                         uint32_t y, struct bm_buf *out, struct bm_fault *fault);

#endif
