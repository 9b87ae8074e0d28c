/* OpenStreetMap files with references to nodes that they do not hold (extracts that were cut
 * through their ways).  Roads and addresses cut such a way themselves; tilemaker ends at the first
 * one. */
#ifndef BM_IMPORT_WHOLE_H
#define BM_IMPORT_WHOLE_H

#include "import/roads.h"

/* Writes `out` (.osm.pbf) from `path` (sorted) without references of ways to nodes that are not in
 * it, when there are any; `ret_missing` counts them, and 0 means that there is no `out`.  An open
 * way keeps its longest piece (nothing is drawn across a gap), a ring the corners it has; what has
 * fewer than two nodes left is dropped.  `lines`: a file for what is written on the way; the
 * caller's to remove.  BM_NOT_FOUND: no osmium; BM_BAD_FORMAT with its words; BM_IO, BM_NO_SPACE.
 * Reads `path` once, and twice more when something is missing. */
BM_MUST_USE enum bm_code bm_whole_make(const char *path, const char *lines, const char *out,
                                       uint64_t *ret_missing, struct bm_fault *fault);
/* How many such references there are.  Codes as above. */
BM_MUST_USE enum bm_code bm_whole_count(const char *path, uint64_t *ret_missing,
                                        struct bm_fault *fault);

#endif
