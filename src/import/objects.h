/* OpenStreetMap objects, one after the other, from osmium's OPL lines. */
#ifndef BM_IMPORT_OBJECTS_H
#define BM_IMPORT_OBJECTS_H

#include "import/child.h"
#include "import/opl.h"

/* Takes one node, way or relation (`opl` is valid during the call); anything but BM_OK ends the
 * reading. */
typedef enum bm_code bm_object_fn(void *context, const struct bm_opl *opl, struct bm_fault *fault);

/* Reads to the end of `lines`; deleted objects are passed over.  A line that is no OPL is named
 * with its number, its beginning and what is wrong; otherwise codes as of bm_lines_next and `take`.
 */
BM_MUST_USE enum bm_code bm_objects_read(struct bm_lines *lines, bm_object_fn *take, void *context,
                                         struct bm_fault *fault);

#endif
