#include "support.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"

uint32_t net_junction(struct net *net, int32_t lat_e7, int32_t lon_e7) {
    net->junctions = bm_realloc(net->junctions, (net->junction_count + 1) * sizeof *net->junctions);
    net->junctions[net->junction_count] = (struct bm_point){lat_e7, lon_e7};
    return net->junction_count++;
}

uint32_t net_edge(struct net *net, uint32_t first, uint32_t second, uint32_t weight) {
    net->edges = bm_realloc(net->edges, (net->edge_count + 1) * sizeof *net->edges);
    net->edges[net->edge_count] = (struct net_edge){
        .first = first,
        .second = second,
        .weight = {{weight, weight}, {weight, weight}, {weight, weight}}};
    return net->edge_count++;
}

void net_turn(struct net *net, struct bm_turn turn) {
    net->turns = bm_realloc(net->turns, (net->turn_count + 1) * sizeof *net->turns);
    net->turns[net->turn_count++] = turn;
}

static uint32_t arc_tail(const struct net *net, uint32_t arc) {
    return arc & 1 ? net->edges[arc / 2].second : net->edges[arc / 2].first;
}

void net_random_turns(struct net *net, struct bm_rng *rng, uint32_t rules) {
    for (uint32_t tries = 0; net->edge_count && tries < 60 * rules && net->turn_count < rules;
         tries++) {
        struct bm_turn turn = {.from_arc = (uint32_t)bm_rng_below(rng, 2 * net->edge_count),
                               .to_arc = (uint32_t)bm_rng_below(rng, 2 * net->edge_count),
                               .only = bm_rng_chance(rng, 25)};
        if (net->turn_count && bm_rng_chance(rng, 30))
            turn.from_arc = net->turns[net->turn_count - 1].from_arc;
        if (bm_rng_chance(rng, 10)) turn.to_arc = turn.from_arc ^ 1;
        if (arc_tail(net, turn.from_arc ^ 1) != arc_tail(net, turn.to_arc)) continue;
        for (int profile = 0; profile < BM_profile_COUNT; profile++) {
            uint64_t sort = bm_rng_below(rng, 3);
            turn.weight[profile] = sort == 0   ? BM_ROAD_INFINITE
                                   : sort == 1 ? 0
                                               : (uint32_t)bm_rng_below(rng, 9000);
        }
        net_turn(net, turn);
    }
}

void net_free(struct net *net) {
    bm_free(net->turns);
    bm_free(net->junctions);
    bm_free(net->edges);
    *net = (struct net){0};
}

static uint32_t random_weight(struct bm_rng *rng) {
    uint64_t sort = bm_rng_below(rng, 20);
    if (sort == 0) return 0;
    if (sort == 1) return BM_ROAD_INFINITE - 1 - (uint32_t)bm_rng_below(rng, 1000);
    if (sort < 5) return BM_ROAD_INFINITE;
    if (sort < 9) return 1 + (uint32_t)bm_rng_below(rng, 4); /* many ways of equal cost */
    return 1 + (uint32_t)bm_rng_below(rng, 60000);
}

struct net net_random(struct bm_rng *rng, uint32_t junctions, uint32_t edges) {
    static const uint32_t units[] = {1, 7, 999, 1000, 3600, 60000000};
    struct net net = {.unit_us = units[bm_rng_below(rng, 6)]};
    for (uint32_t i = 0; i < junctions; i++) {
        if (i && bm_rng_chance(rng, 5)) {
            net_junction(&net, net.junctions[i - 1].lat_e7, net.junctions[i - 1].lon_e7);
        } else {
            net_junction(&net, 305000000 + (int32_t)bm_rng_below(rng, 400000),
                         1143000000 + (int32_t)bm_rng_below(rng, 400000));
        }
    }
    for (uint32_t i = 0; i < edges; i++) {
        uint32_t first = (uint32_t)bm_rng_below(rng, junctions);
        /* Mostly to a neighbour by number, so that ways are long. */
        uint32_t second = bm_rng_chance(rng, 70)
                              ? (first + 1 + (uint32_t)bm_rng_below(rng, 3)) % junctions
                              : (uint32_t)bm_rng_below(rng, junctions);
        if (bm_rng_chance(rng, 4)) second = first;
        uint32_t at = net_edge(&net, first, second, 0);
        struct net_edge *edge = &net.edges[at];
        for (int profile = 0; profile < BM_profile_COUNT; profile++) {
            edge->weight[profile][0] = random_weight(rng);
            edge->weight[profile][1] = random_weight(rng);
        }
        edge->between_count = bm_rng_below(rng, 5);
        for (size_t p = 0; p < edge->between_count; p++) {
            struct bm_point near = bm_point_between(net.junctions[first], net.junctions[second],
                                                    (double)(p + 1) / 6);
            near.lat_e7 += (int32_t)bm_rng_below(rng, 2000) - 1000;
            near.lon_e7 += (int32_t)bm_rng_below(rng, 2000) - 1000;
            edge->between[p] = near;
        }
        if (bm_rng_chance(rng, 60)) {
            snprintf(edge->name, sizeof edge->name, "路 %u", (unsigned)bm_rng_below(rng, 20));
        }
    }
    return net;
}

uint8_t *net_file(const struct net *net, size_t *ret_len) {
    struct bm_road_build *build = bm_road_build_new(net->unit_us ? net->unit_us : 1000, "test.osm",
                                                    1700000000123);
    for (uint32_t i = 0; i < net->junction_count; i++) {
        BM_CHECK(bm_road_build_junction(build, net->junctions[i]) == i);
    }
    for (uint32_t i = 0; i < net->edge_count; i++) {
        const struct net_edge *edge = &net->edges[i];
        struct bm_edge_given given = {.first = edge->first,
                                      .second = edge->second,
                                      .between = edge->between,
                                      .between_count = edge->between_count,
                                      .name = edge->name};
        memcpy(given.weight, edge->weight, sizeof given.weight);
        BM_CHECK(bm_road_build_edge(build, &given) == i);
    }
    for (uint32_t i = 0; i < net->turn_count; i++) bm_road_build_turn(build, net->turns[i]);
    struct bm_buf buf = bm_buf_make((size_t)1 << 30);
    struct bm_fault fault = {0};
    enum bm_code code = bm_road_build_write(build, &buf, &fault);
    if (code != BM_OK) fprintf(stderr, "%s\n", fault.detail);
    BM_CHECK(code == BM_OK);
    uint8_t *bytes = bm_alloc(buf.len);
    memcpy(bytes, buf.bytes, buf.len);
    *ret_len = buf.len;
    bm_buf_free(&buf);
    bm_road_build_free(build);
    return bytes;
}

struct world world_of(const struct net *net) {
    struct world world;
    world.bytes = net_file(net, &world.len);
    struct bm_fault fault = {0};
    enum bm_code code = bm_road_open(world.bytes, world.len, &world.road, &fault);
    if (code != BM_OK) fprintf(stderr, "%s\n", fault.detail);
    BM_CHECK(code == BM_OK);
    return world;
}

void world_free(struct world *world) {
    bm_road_close(world->road);
    bm_free(world->bytes);
}

struct bm_spot spot_at(const struct bm_road *road, uint32_t edge, uint16_t along) {
    struct bm_spot spot = {.edge = edge, .along = along};
    size_t count = bm_road_shape_count(road, edge);
    double left_m = bm_road_length_m(road, edge) * along / BM_ALONG_FULL;
    spot.point = bm_road_shape_point(road, edge, along ? count - 1 : 0);
    if (along == 0 || along == BM_ALONG_FULL) return spot;
    for (size_t i = 1; i < count; i++) {
        struct bm_point a = bm_road_shape_point(road, edge, i - 1);
        struct bm_point b = bm_road_shape_point(road, edge, i);
        double length_m = bm_distance_m(a, b);
        if (left_m < length_m) {
            spot.point = bm_point_between(a, b, left_m / length_m);
            break;
        }
        left_m -= length_m;
    }
    return spot;
}

struct bm_spot spot_random(const struct bm_road *road, struct bm_rng *rng) {
    uint32_t edge = (uint32_t)bm_rng_below(rng, bm_road_info(road).edges);
    uint64_t sort = bm_rng_below(rng, 10);
    uint16_t along = sort == 0   ? 0
                     : sort == 1 ? BM_ALONG_FULL
                                 : (uint16_t)bm_rng_below(rng, BM_ALONG_FULL + 1);
    return spot_at(road, edge, along);
}
