/* Roads files: any bytes.  Tried as they are, and again with the checksums that they would need, so
 * that what stands behind the checksums is met too; whatever opens is then used for everything a
 * road is asked. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "road/file.h"
#include "road/labels.h"
#include "road/metric.h"
#include "road/reach.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* Places all over the earth, and some on the roads. */
static struct bm_point place(const struct bm_road *road, uint32_t at) {
    struct bm_road_info info = bm_road_info(road);
    if (at < 4) return bm_road_junction(road, at * (info.junctions - 1) / 3);
    static const struct bm_point corners[] = {
        {900000000, 1800000000}, {-900000000, -1800000000}, {0, 0}, {900000001, 0}};
    return corners[at % 4];
}

static void check_route(const struct bm_route *route, int64_t ms) {
    BM_CHECK(route->travel_ms == ms);
    if (ms == BM_TRAVEL_NONE) return;
    BM_CHECK(route->count >= 2);
    BM_CHECK(route->at_ms[0] == 0 && route->at_ms[route->count - 1] == ms);
    for (size_t i = 1; i < route->count; i++) BM_CHECK(route->at_ms[i] >= route->at_ms[i - 1]);
}

enum { SPOTS = 6 };

static void place_spots(const struct bm_road *road, const struct bm_metric *metric,
                        struct bm_spot spots[SPOTS]) {
    uint32_t edges = bm_road_info(road).edges;
    for (uint32_t i = 0; i < SPOTS; i++) {
        spots[i] = (struct bm_spot){.edge = i * 7 % edges, .along = (uint16_t)(i * 13107)};
        struct bm_spot snapped;
        if (bm_road_snap(metric, place(road, i), i % 2 ? 100 : 1e9, &snapped)) spots[i] = snapped;
    }
}

/* Labels of the metric and a table say what single questions say. */
static void check_labels(const struct bm_labels *labels, struct bm_travel *travel,
                         const struct bm_spot spots[SPOTS]) {
    const struct bm_metric *metric = bm_labels_metric(labels);
    int64_t times[SPOTS * SPOTS];
    bm_travel_table(travel, metric, spots, SPOTS, spots, SPOTS, times);
    for (size_t to = 0; to < SPOTS; to++) {
        struct bm_coming coming[SPOTS];
        size_t count = bm_labels_nearest(labels, travel, &spots[to], SPOTS, NULL, NULL, coming);
        size_t able = 0;
        for (size_t from = 0; from < SPOTS; from++) able += times[from * SPOTS + to] >= 0;
        BM_CHECK(count == able);
        for (size_t i = 0; i < count; i++) {
            const struct bm_spot *from = &spots[coming[i].at];
            BM_CHECK(times[coming[i].at * SPOTS + to] == coming[i].travel_ms);
            BM_CHECK(bm_travel_ms(travel, metric, from, &spots[to]) == coming[i].travel_ms);
        }
    }
}

struct reaching {
    const struct bm_road *road;
    int64_t within_ms;
};

static void check_reached(void *context, const struct bm_reached *reached) {
    const struct reaching *reaching = context;
    BM_CHECK(reached->arc / 2 < bm_road_info(reaching->road).edges);
    BM_CHECK(reached->from_part < reached->to_part);
    BM_CHECK(reached->enter_ms >= 0 && reached->enter_ms <= reached->leave_ms);
    BM_CHECK(reached->leave_ms <= reaching->within_ms);
}

static void reach_from(const struct bm_road *road, const struct bm_metric *metric,
                       const struct bm_spot spots[SPOTS]) {
    struct bm_reach *reach = bm_reach_new(road);
    static const int64_t within_ms[] = {0, 1000, 600000, INT64_MAX / 4};
    for (size_t i = 0; i < sizeof within_ms / sizeof *within_ms; i++) {
        struct reaching reaching = {road, within_ms[i]};
        bm_reach_within(reach, metric, spots, 1 + i, within_ms[i], check_reached, &reaching);
    }
    bm_reach_free(reach);
}

static void travel_between(const struct bm_road *road, const struct bm_metric *metric) {
    struct bm_spot spots[SPOTS];
    struct bm_travel *travel = bm_travel_new(road);
    place_spots(road, metric, spots);
    reach_from(road, metric, spots);
    for (size_t to = 0; to < SPOTS; to++) {
        struct bm_coming coming[SPOTS];
        size_t count = bm_travel_nearest(travel, metric, spots, SPOTS, &spots[to], SPOTS, coming);
        for (size_t i = 0; i < count; i++) {
            const struct bm_spot *from = &spots[coming[i].at];
            BM_CHECK(bm_travel_ms(travel, metric, from, &spots[to]) == coming[i].travel_ms);
            struct bm_route route;
            bm_travel_route(travel, metric, from, &spots[to], &route);
            check_route(&route, coming[i].travel_ms);
            bm_route_free(&route);
        }
    }
    bm_travel_free(travel);
}

/* One closure after the other, and away with them; units stand there all the time. */
static struct bm_metric *close_and_open(const struct bm_road *road, enum bm_profile profile,
                                        const struct bm_closed *closed, size_t count) {
    struct bm_live *live = bm_live_new(road, profile, NULL);
    struct bm_metric *metric = bm_live_metric(live);
    struct bm_labels *labels = bm_labels_new(metric);
    struct bm_travel *travel = bm_travel_new(road);
    struct bm_spot spots[SPOTS];
    place_spots(road, metric, spots);
    for (uint32_t i = 0; i < SPOTS; i++) bm_labels_put(labels, i, &spots[i]);
    for (size_t step = 0; step <= 2 * count; step++) {
        size_t first = step <= count ? 0 : step - count;
        bm_live_set(live, closed + first, step <= count ? step : count - first);
        bm_metric_unref(metric);
        metric = bm_live_metric(live);
        bm_labels_follow(labels, metric);
        check_labels(labels, travel, spots);
    }
    bm_travel_free(travel);
    bm_labels_free(labels);
    bm_live_free(live);
    return metric;
}

static void close_some(const struct bm_road *road, enum bm_profile profile) {
    struct bm_point points[4];
    for (uint32_t i = 0; i < 3; i++) points[i] = place(road, i);
    points[3] = (struct bm_point){points[0].lat_e7 / 2 + points[1].lat_e7 / 2,
                                  points[2].lon_e7 / 2 + points[1].lon_e7 / 2};
    const struct bm_closed closed[] = {{BM_CLOSED_LINE, points, 4, false, 0},
                                       {BM_CLOSED_LINE, points, 4, true, 1},
                                       {BM_CLOSED_LINE, points, 3, true, 0},
                                       {BM_CLOSED_POLYGON, points, 3, false, 700},
                                       {BM_CLOSED_POLYGON, points, 4, false, 0}};
    struct bm_metric *metric = bm_metric_closed(road, profile, closed, 5);
    travel_between(road, metric);
    /* Opened again: what it is without. */
    struct bm_metric *open = bm_metric_new(road, profile);
    struct bm_metric *opened = close_and_open(road, profile, closed, 5);
    size_t bytes = road->head.ways * (size_t)(open->wide ? 8 : 4);
    BM_CHECK(open->wide == opened->wide);
    BM_CHECK(memcmp(open->up, opened->up, bytes) == 0);
    BM_CHECK(memcmp(open->down, opened->down, bytes) == 0);
    travel_between(road, opened);
    bm_metric_unref(open);
    bm_metric_unref(opened);
    bm_metric_unref(metric);
}

static void use(const struct bm_road *road) {
    struct bm_road_info info = bm_road_info(road);
    double length_m = 0;
    size_t text = 0;
    for (uint32_t edge = 0; edge < info.edges; edge++) {
        length_m += bm_road_length_m(road, edge);
        text += strlen(bm_road_name(road, edge));
    }
    BM_CHECK(length_m >= 0 && text < info.bytes * (uint64_t)info.edges);
    for (uint32_t i = 0; i < info.restrictions; i++) {
        BM_CHECK(bm_road_tail(road, bm_road_restriction(road, i).to_arc) < info.junctions);
    }
    /* One profile, drawn by the file: they are asked the same, of other weights. */
    enum bm_profile profile = (enum bm_profile)(road->digest[0] % BM_profile_COUNT);
    struct bm_metric *metric = bm_metric_new(road, profile);
    travel_between(road, metric);
    bm_metric_unref(metric);
    close_some(road, profile);
}

/* Opens it; true when it did. */
static bool try_open(const uint8_t *bytes, size_t len) {
    struct bm_road *road;
    struct bm_fault fault = {0};
    enum bm_code code = bm_road_open(bytes, len, &road, &fault);
    if (code != BM_OK) {
        BM_CHECK(code == BM_CORRUPT || code == BM_BAD_FORMAT);
        BM_CHECK(fault.code == code && fault.detail[0]);
        return false;
    }
    use(road);
    bm_road_close(road);
    return true;
}

/* Gives the bytes the checksums, the length and the table that their own counts ask for. */
static void seal(uint8_t *bytes, size_t len) {
    struct bm_road_head head;
    memcpy(&head, bytes, sizeof head);
    head.file_bytes = len;
    memcpy(bytes, &head, sizeof head);
    uint64_t end = BM_ROAD_HEAD_BYTES;
    for (size_t kind = 0; kind < BM_ROAD_SECTION_COUNT; kind++) {
        struct bm_road_section section = {0};
        memcpy(section.name, bm_road_section_names[kind], strlen(bm_road_section_names[kind]));
        section.offset = bm_road_aligned(end);
        section.bytes = bm_road_section_bytes(&head, (enum bm_road_section_kind)kind);
        if (section.offset > len || section.bytes > len - section.offset) break;
        bm_hash_of(bytes + section.offset, section.bytes, section.hash, BM_HASH_BYTES);
        memcpy(bytes + BM_ROAD_TABLE_AT + kind * sizeof section, &section, sizeof section);
        end = section.offset + section.bytes;
    }
    bm_hash_of(bytes, BM_ROAD_SEAL_AT, bytes + BM_ROAD_SEAL_AT, BM_HASH_BYTES);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    if (len > 64 << 10) return 0; /* more says nothing new and takes long */
    uint8_t *copy = bm_alloc(len);
    memcpy(copy, bytes, len);
    try_open(copy, len);
    if (len >= BM_ROAD_HEAD_BYTES) {
        seal(copy, len);
        try_open(copy, len);
    }
    bm_free(copy);
    return 0;
}
