/* A small reader of DIMACS .gr.gz and .co.gz for the tests and measurements of the roads, apart
 * from src/import. */
#ifndef BM_TESTS_ROAD_DIMACS_H
#define BM_TESTS_ROAD_DIMACS_H

#include "support.h"

/* New York of the 9th DIMACS challenge, every arc an edge of its own, or both arcs of a pair with
 * equal weight one edge.  False when the files are not at hand; `ret_folder` (of `cap` bytes) says
 * where they were looked for. */
bool dimacs_new_york(struct net *ret_net, char *ret_folder, size_t cap);

#endif
