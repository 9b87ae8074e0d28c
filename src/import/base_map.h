/* The base map: an OpenStreetMap file through tilemaker, with the layers of map/tiles.json and
 * map/tiles.lua (built into the program), into an MBTiles file. */
#ifndef BM_IMPORT_BASE_MAP_H
#define BM_IMPORT_BASE_MAP_H

#include "import/roads.h"

/* What the law of OpenStreetMap asks a map of its data to say. */
#define BM_ATTRIBUTION_OSM "© OpenStreetMap contributors"
enum { BM_ATTRIBUTION_MAX = 500 }; /* bytes */

/* Makes `out` (which must not exist yet) from `path`; what is written on the way stands in the
 * folder `work`, and is the caller's to remove; `attribution` is what the map says of where it
 * comes from.  tilemaker 2.2 reads .osm.pbf alone: osmium turns
 * everything else into that first. BM_NOT_FOUND: osmium or tilemaker is not installed;
 * BM_BAD_FORMAT with their own words; BM_NO_SPACE, BM_IO. */
BM_MUST_USE enum bm_code bm_base_map_make(const char *path, const char *work, const char *out,
                                          const char *attribution, const struct bm_tell *tell,
                                          uint64_t *ret_tiles, struct bm_fault *fault);

#endif
