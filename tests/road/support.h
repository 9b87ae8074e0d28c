/* Small networks for the tests of the roads, kept twice: as they were given, and as the file made
 * of them. */
#ifndef BM_TESTS_ROAD_SUPPORT_H
#define BM_TESTS_ROAD_SUPPORT_H

#include "base/buf.h"
#include "base/rng.h"
#include "road/build.h"

struct net_edge {
    uint32_t first, second;
    struct bm_point between[4];
    size_t between_count;
    uint32_t weight[BM_profile_COUNT][2];
    char name[16];
};
struct net {
    struct bm_point *junctions;
    uint32_t junction_count;
    struct net_edge *edges;
    uint32_t edge_count;
    struct bm_turn *turns;
    uint32_t turn_count;
    uint32_t unit_us;
};

uint32_t net_junction(struct net *net, int32_t lat_e7, int32_t lon_e7);
/* Both ways and both profiles with this weight. */
uint32_t net_edge(struct net *net, uint32_t first, uint32_t second, uint32_t weight);
void net_turn(struct net *net, struct bm_turn turn);
void net_free(struct net *net);
/* Junctions and edges of every awkward sort: one-ways, closed ones, parallels, loops, no length, no
 * weight, weights whose sums pass 32 bits. */
struct net net_random(struct bm_rng *rng, uint32_t junctions, uint32_t edges);
/* Adds rules for turning of every sort: forbidden, slow, only; several for one turn. */
void net_random_turns(struct net *net, struct bm_rng *rng, uint32_t rules);

/* The file's bytes in memory of exactly their length (bm_free), and opened. */
struct world {
    uint8_t *bytes;
    size_t len;
    struct bm_road *road;
};
uint8_t *net_file(const struct net *net, size_t *ret_len);
struct world world_of(const struct net *net);
void world_free(struct world *world);

/* A spot at `along` of an edge. */
struct bm_spot spot_at(const struct bm_road *road, uint32_t edge, uint16_t along);
/* Anywhere; often on a junction. */
struct bm_spot spot_random(const struct bm_road *road, struct bm_rng *rng);

#endif
