#include "road/road.h"

#include <string.h>

#include "base/check.h"
#include "road/file.h"

const char *const bm_profile_names[BM_profile_COUNT] = {"emergency", "ordinary", "foot"};

struct bm_road_info bm_road_info(const struct bm_road *road) {
    const struct bm_road_head *head = &road->head;
    struct bm_road_info info = {
        .format = head->format,
        .junctions = head->junctions,
        .edges = head->edges,
        .restrictions = head->restrictions,
        .names = head->names,
        .unit_us = head->unit_us,
        .nodes = head->nodes,
        .bytes = head->file_bytes,
        .box = head->box,
        .made_at_ms = head->made_at_ms,
    };
    memcpy(info.digest, road->digest, sizeof info.digest);
    memcpy(info.source, head->source, sizeof info.source);
    return info;
}

struct bm_point bm_road_junction(const struct bm_road *road, uint32_t junction) {
    BM_CHECK(junction < road->head.junctions);
    return road->junctions[junction];
}

uint32_t bm_road_tail(const struct bm_road *road, uint32_t arc) {
    BM_CHECK(arc / 2 < road->head.edges);
    return road->tails[arc];
}

size_t bm_road_shape_count(const struct bm_road *road, uint32_t edge) {
    BM_CHECK(edge < road->head.edges);
    return (size_t)(road->shape_first[edge + 1] - road->shape_first[edge]) + 2;
}

struct bm_point bm_road_shape_point(const struct bm_road *road, uint32_t edge, size_t at) {
    size_t last = bm_road_shape_count(road, edge) - 1;
    BM_CHECK(at <= last);
    if (at == 0) return road->junctions[road->tails[2 * (size_t)edge]];
    if (at == last) return road->junctions[road->tails[2 * (size_t)edge + 1]];
    return road->shapes[road->shape_first[edge] + at - 1];
}

double bm_road_length_m(const struct bm_road *road, uint32_t edge) {
    size_t count = bm_road_shape_count(road, edge);
    double length_m = 0;
    struct bm_point before = bm_road_shape_point(road, edge, 0);
    for (size_t i = 1; i < count; i++) {
        struct bm_point point = bm_road_shape_point(road, edge, i);
        length_m += bm_distance_m(before, point);
        before = point;
    }
    return length_m;
}

const char *bm_road_name(const struct bm_road *road, uint32_t edge) {
    BM_CHECK(edge < road->head.edges);
    return road->names + road->name_at[edge];
}

struct bm_turn bm_road_restriction(const struct bm_road *road, uint32_t at) {
    BM_CHECK(at < road->head.restrictions);
    const struct bm_stored_turn *turn = &road->turns[at];
    struct bm_turn given = {.from_arc = turn->from_arc, .to_arc = turn->to_arc, .only = turn->only};
    memcpy(given.weight, turn->weight, sizeof given.weight);
    return given;
}

struct bm_point bm_road_point_at(const struct bm_road *road, uint32_t edge, double share) {
    size_t count = bm_road_shape_count(road, edge);
    struct bm_point before = bm_road_shape_point(road, edge, 0);
    if (share <= 0) return before;
    if (share >= 1) return bm_road_shape_point(road, edge, count - 1);
    double left_m = share * bm_road_length_m(road, edge);
    for (size_t i = 1; i < count; i++) {
        struct bm_point point = bm_road_shape_point(road, edge, i);
        double length_m = bm_distance_m(before, point);
        if (left_m < length_m) return bm_point_between(before, point, left_m / length_m);
        left_m -= length_m;
        before = point;
    }
    return before;
}

int64_t bm_road_ms(const struct bm_road *road, uint64_t units) {
    /* A unit is below 2^26 microseconds. */
    if (units < UINT64_C(1) << 38) return (int64_t)(units * road->head.unit_us / 1000);
    unsigned __int128 ms = (unsigned __int128)units * road->head.unit_us / 1000;
    const int64_t most = INT64_C(1) << 62;
    return ms > (unsigned __int128)most ? most : (int64_t)ms;
}

struct bm_point bm_road_driven_point(const struct bm_road *road, uint32_t arc, size_t at) {
    size_t last = bm_road_shape_count(road, arc / 2) - 1;
    return bm_road_shape_point(road, arc / 2, arc & 1 ? last - at : at);
}

size_t bm_road_stretch(const struct bm_road *road, uint32_t arc, uint32_t from_part,
                       uint32_t to_part, struct bm_point *ret_points, size_t cap) {
    size_t corners = bm_road_shape_count(road, arc / 2), count = 0;
    double length_m = bm_road_length_m(road, arc / 2), at_m = 0;
    double begin_m = length_m * from_part / BM_ALONG_FULL,
           end_m = length_m * to_part / BM_ALONG_FULL;
    const uint32_t ends[2] = {from_part, to_part};
    struct bm_point before = bm_road_driven_point(road, arc, 0);
    for (size_t i = 0; i < corners; i++) {
        struct bm_point point = bm_road_driven_point(road, arc, i);
        at_m += bm_distance_m(before, point);
        before = point;
        bool begins = i == 0, ends_here = i + 1 == corners;
        if (begins || ends_here) {
            uint32_t part = ends[ends_here];
            uint32_t along = arc & 1 ? BM_ALONG_FULL - part : part;
            point = bm_road_point_at(road, arc / 2, (double)along / BM_ALONG_FULL);
        } else if (!(at_m > begin_m && at_m < end_m)) {
            continue;
        }
        if (count < cap) ret_points[count] = point;
        count++;
    }
    return count;
}
