#include "road/build.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "road/building.h"

/* Makes room for `more` items behind `count`. */
static void *grown(void *items, size_t count, size_t more, size_t *cap, size_t size) {
    if (count + more <= *cap) return items;
    size_t wanted = *cap ? *cap + *cap / 2 : 1024;
    *cap = wanted < count + more ? count + more : wanted;
    return bm_realloc(items, *cap * size);
}

/* Keeps the first fault; what comes after it is taken in no more. */
static void refuse(struct bm_road_build *build, const char *field, const char *detail) {
    if (build->fault.code != BM_OK) return;
    bm_fault_set(&build->fault, BM_OUT_OF_RANGE, field, "%s", detail);
}

struct bm_road_build *bm_road_build_new(uint32_t unit_us, const char *source, int64_t made_at_ms) {
    struct bm_road_build *build = bm_alloc_zero(1, sizeof *build);
    build->unit_us = unit_us;
    snprintf(build->source, sizeof build->source, "%s", source);
    build->made_at_ms = made_at_ms;
    build->box = bm_box_empty;
    build->names = grown(NULL, 0, 1, &build->name_cap, 1);
    build->names[build->name_bytes++] = 0;
    if (unit_us < 1 || unit_us > BM_ROAD_UNIT_US_MAX) {
        refuse(build, "unit_us", "The unit of weight must be 1 microsecond to 60 seconds.");
    }
    return build;
}

void bm_road_build_free(struct bm_road_build *build) {
    if (!build) return;
    bm_free(build->junctions);
    bm_free(build->tails);
    for (int profile = 0; profile < BM_profile_COUNT; profile++) bm_free(build->weights[profile]);
    bm_free(build->shape_first);
    bm_free(build->name_at);
    bm_free(build->shapes);
    bm_free(build->names);
    bm_map_free(&build->name_places);
    bm_free(build->turns);
    bm_free(build);
}

static void take_point(struct bm_road_build *build, struct bm_point point) {
    if (!bm_point_valid(point)) {
        refuse(build, "point", "A point lies outside latitude -90..90 and longitude -180..180.");
    }
    bm_box_add(&build->box, point);
}

uint32_t bm_road_build_junction(struct bm_road_build *build, struct bm_point point) {
    if (build->junction_count == BM_ROAD_JUNCTIONS_MAX) {
        refuse(build, "junctions",
               "There are more than 200,000,000 junctions: cut the area into smaller ones.");
        return BM_ROAD_JUNCTIONS_MAX - 1;
    }
    take_point(build, point);
    build->junctions = grown(build->junctions, build->junction_count, 1, &build->junction_cap,
                             sizeof *build->junctions);
    build->junctions[build->junction_count] = point;
    return (uint32_t)build->junction_count++;
}

/* Where the name stands among the names, which it joins if it is new. */
static uint32_t name_place(struct bm_road_build *build, const char *name) {
    if (!name || !*name) return 0;
    size_t bytes = strlen(name) + 1;
    uint8_t key[BM_DIGEST_BYTES];
    bm_hash_of(name, bytes, key, sizeof key);
    uint64_t place;
    if (bm_map_get(&build->name_places, key, &place)) return (uint32_t)place;
    if (bytes > UINT32_MAX - build->name_bytes) {
        refuse(build, "names", "The names are longer than 4 GB together: cut the area.");
        return 0;
    }
    build->names = grown(build->names, build->name_bytes, bytes, &build->name_cap, 1);
    memcpy(build->names + build->name_bytes, name, bytes);
    place = build->name_bytes;
    build->name_bytes += bytes;
    build->name_count++;
    bm_map_put(&build->name_places, key, place);
    return (uint32_t)place;
}

static void grow_edges(struct bm_road_build *build) {
    if (build->edge_count < build->edge_cap) return;
    size_t cap = build->edge_cap ? build->edge_cap + build->edge_cap / 2 : 1024;
    build->edge_cap = cap;
    build->tails = bm_realloc(build->tails, 2 * cap * sizeof(uint32_t));
    for (int profile = 0; profile < BM_profile_COUNT; profile++) {
        build->weights[profile] = bm_realloc(build->weights[profile], 2 * cap * sizeof(uint32_t));
    }
    build->shape_first = bm_realloc(build->shape_first, cap * sizeof(uint32_t));
    build->name_at = bm_realloc(build->name_at, cap * sizeof(uint32_t));
}

uint32_t bm_road_build_edge(struct bm_road_build *build, const struct bm_edge_given *edge) {
    BM_CHECK(edge->first < build->junction_count);
    BM_CHECK(edge->second < build->junction_count);
    if (build->edge_count == BM_ROAD_EDGES_MAX) {
        refuse(build, "edges",
               "There are more than 250,000,000 edges: cut the area into smaller ones.");
        return BM_ROAD_EDGES_MAX - 1;
    }
    size_t between_count = edge->between_count;
    if (between_count > UINT32_MAX - build->shape_count) {
        refuse(build, "shapes", "There are more than 4,294,967,295 points: cut the area.");
        between_count = 0;
    }
    grow_edges(build);
    size_t at = build->edge_count;
    build->tails[2 * at] = edge->first;
    build->tails[2 * at + 1] = edge->second;
    for (int profile = 0; profile < BM_profile_COUNT; profile++) {
        for (size_t back = 0; back < 2; back++) {
            uint32_t weight = edge->weight[profile][back];
            if (weight > BM_ROAD_INFINITE) {
                refuse(build, "weight", "A travel time is longer than a file can hold.");
            }
            build->weights[profile][2 * at + back] = weight ? weight : 1;
        }
    }
    build->shape_first[at] = (uint32_t)build->shape_count;
    build->shapes = grown(build->shapes, build->shape_count, between_count, &build->shape_cap,
                          sizeof *build->shapes);
    for (size_t i = 0; i < between_count; i++) {
        take_point(build, edge->between[i]);
        build->shapes[build->shape_count++] = edge->between[i];
    }
    build->name_at[at] = name_place(build, edge->name);
    return (uint32_t)build->edge_count++;
}

void bm_road_build_turn(struct bm_road_build *build, struct bm_turn turn) {
    BM_CHECK(turn.from_arc / 2 < build->edge_count);
    BM_CHECK(turn.to_arc / 2 < build->edge_count);
    if (build->turn_count == UINT32_MAX) {
        refuse(build, "turns", "There are more than 4,294,967,295 turns: cut the area.");
        return;
    }
    if (build->tails[turn.from_arc ^ 1] != build->tails[turn.to_arc]) {
        refuse(build, "turns", "A rule for turning names two roads that do not meet.");
        return;
    }
    build->turns = grown(build->turns, build->turn_count, 1, &build->turn_cap,
                         sizeof *build->turns);
    struct bm_stored_turn *stored = &build->turns[build->turn_count++];
    *stored = (struct bm_stored_turn){turn.from_arc, turn.to_arc, turn.only, {0}};
    for (int profile = 0; profile < BM_profile_COUNT; profile++) {
        if (turn.weight[profile] > BM_ROAD_INFINITE) {
            refuse(build, "weight", "A turn takes longer than a file can hold.");
        }
        stored->weight[profile] = turn.weight[profile];
    }
}
