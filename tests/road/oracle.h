/* Travel times written apart from src/road: from the network as it was given, over a graph in which
 * every spot is a node of its own.  Only the meaning of a spot is shared with road.h, and it is
 * written out anew. */
#ifndef BM_TESTS_ROAD_ORACLE_H
#define BM_TESTS_ROAD_ORACLE_H

#include "support.h"

#define ORACLE_NONE UINT64_MAX

/* The weight of an arc as given: 0 counts as 1, closed edges (NULL: none) as BM_ROAD_INFINITE. */
uint64_t oracle_weight(const struct net *net, enum bm_profile profile, const bool *closed,
                       uint32_t arc);

/* What a turn from one arc into another costs; BM_ROAD_INFINITE: it may not be made. */
uint64_t oracle_turn(const struct net *net, enum bm_profile profile, uint32_t from, uint32_t to);

/* Units from `from` to each of `to`, or ORACLE_NONE; Bellman and Ford's rounds over a list of
 * links. */
void oracle_rounds(const struct net *net, enum bm_profile profile, const bool *closed,
                   const struct bm_spot *from, const struct bm_spot *to, size_t count,
                   uint64_t *ret_units);

/* floor(units x unit_us / 1000), or BM_TRAVEL_NONE. */
int64_t oracle_ms(const struct net *net, uint64_t units);

#endif
