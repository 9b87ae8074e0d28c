/* One line of a DIMACS shortest-path file.  Pure over bytes.
 * Source: 9th DIMACS Implementation Challenge, "Core Challenges: file formats".
 *
 *   c a remark                 p sp NODES ARCS             a FROM TO WEIGHT
 *   p aux sp co NODES          v NODE X Y */
#ifndef BM_IMPORT_DIMACS_H
#define BM_IMPORT_DIMACS_H

#include <stddef.h>
#include <stdint.h>

#include "base/code.h"

enum bm_dimacs_kind {
    BM_DIMACS_REMARK, /* or an empty line */
    BM_DIMACS_GRAPH,
    BM_DIMACS_ARC,
    BM_DIMACS_PLACES,
    BM_DIMACS_PLACE
};

struct bm_dimacs {
    enum bm_dimacs_kind kind;
    /* graph: nodes, arcs; arc: from, to, weight; places: nodes; place: node, x, y. */
    int64_t numbers[3];
};

/* Reads `len` bytes without the line end.  BM_BAD_FORMAT says what stands there instead. */
BM_MUST_USE enum bm_code bm_dimacs_read(const char *line, size_t len, struct bm_dimacs *ret_line,
                                        struct bm_fault *fault);

#endif
