#include "core/area.h"

#include <string.h>

#include "core/limits.h"
#include "core/state.h"

enum { BOX_BYTES = 16, COUNT_BYTES = 4, POINT_BYTES = 8 };

static void put(struct bm_buf *buf, uint32_t value) {
    uint8_t bytes[4] = {(uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16), (uint8_t)(value >> 24)};
    bm_buf_add(buf, bytes, sizeof bytes);
}

static uint32_t get(const uint8_t *bytes) {
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static struct bm_point point_at(const uint8_t *bytes) {
    return (struct bm_point){(int32_t)get(bytes), (int32_t)get(bytes + 4)};
}

void bm_area_ring(struct bm_buf *shape, const struct bm_point *points, size_t count) {
    static const uint8_t box[BOX_BYTES];
    if (!shape->len) bm_buf_add(shape, box, sizeof box);
    put(shape, (uint32_t)count);
    for (size_t i = 0; i < count; i++) {
        put(shape, (uint32_t)points[i].lat_e7);
        put(shape, (uint32_t)points[i].lon_e7);
    }
}

/* Where ring `at` begins; NULL behind the last, or where the bytes do not hold it whole. */
static const uint8_t *ring_at(const struct bm_bytes *shape, size_t at, uint32_t *ret_count) {
    size_t offset = BOX_BYTES;
    for (;; at--) {
        if (offset + COUNT_BYTES > shape->len) return NULL;
        uint32_t count = get(shape->bytes + offset);
        if (count > (shape->len - offset - COUNT_BYTES) / POINT_BYTES) return NULL;
        if (at == 0) {
            *ret_count = count;
            return shape->bytes + offset + COUNT_BYTES;
        }
        offset += COUNT_BYTES + (size_t)count * POINT_BYTES;
    }
}

static struct bm_box box_of_points(const struct bm_bytes *shape) {
    struct bm_box box = bm_box_empty;
    uint32_t count;
    const uint8_t *points;
    for (size_t at = 0; (points = ring_at(shape, at, &count)); at++) {
        for (uint32_t i = 0; i < count; i++) bm_box_add(&box, point_at(points + (size_t)i * POINT_BYTES));
    }
    return box;
}

void bm_area_seal(struct bm_buf *shape) {
    struct bm_bytes bytes = {shape->bytes, (uint32_t)shape->len};
    struct bm_box box = box_of_points(&bytes);
    struct bm_buf head = bm_buf_make(BOX_BYTES);
    put(&head, (uint32_t)box.least.lat_e7);
    put(&head, (uint32_t)box.least.lon_e7);
    put(&head, (uint32_t)box.most.lat_e7);
    put(&head, (uint32_t)box.most.lon_e7);
    memcpy(shape->bytes, head.bytes, BOX_BYTES);
    bm_buf_free(&head);
}

const char *bm_area_wrong(const struct bm_bytes *shape) {
    size_t total = 0, offset = BOX_BYTES, rings = 0;
    if (shape->len <= BOX_BYTES) return "An area needs a border of at least three points.";
    while (offset < shape->len) {
        uint32_t count = 0;
        struct bm_bytes rest = {shape->bytes + offset - BOX_BYTES, shape->len - (uint32_t)(offset - BOX_BYTES)};
        const uint8_t *points = ring_at(&rest, 0, &count);
        if (!points) return "The border is cut off.";
        if (count < 3) return "A ring of the border has fewer than three points.";
        total += count;
        if (total > BM_AREA_POINTS_MAX || ++rings > BM_AREA_RINGS_MAX)
            return "A border has at most 4,096 points in 256 rings; make it simpler (for instance with mapshaper, to some ten metres).";
        for (uint32_t i = 0; i < count; i++) {
            if (!bm_point_valid(point_at(points + (size_t)i * POINT_BYTES)))
                return "A point of the border lies outside -90..90 and -180..180 degrees.";
        }
        offset += COUNT_BYTES + (size_t)count * POINT_BYTES;
    }
    struct bm_box box = box_of_points(shape), said = bm_area_box(shape);
    return memcmp(&box, &said, sizeof box) == 0 ? NULL : "The border's box is not that of its points.";
}

struct bm_box bm_area_box(const struct bm_bytes *shape) {
    return (struct bm_box){point_at(shape->bytes), point_at(shape->bytes + POINT_BYTES)};
}

size_t bm_area_ring_at(const struct bm_bytes *shape, size_t at, struct bm_point *ret_points) {
    uint32_t count;
    const uint8_t *points = ring_at(shape, at, &count);
    if (!points || count > BM_AREA_POINTS_MAX) return 0;
    for (uint32_t i = 0; i < count; i++) ret_points[i] = point_at(points + (size_t)i * POINT_BYTES);
    return count;
}

bool bm_area_has(const struct bm_bytes *shape, struct bm_point point) {
    struct bm_box box = bm_area_box(shape);
    struct bm_point points[BM_AREA_POINTS_MAX];
    bool inside = false;
    size_t count;
    if (!bm_box_has(&box, point)) return false;
    for (size_t at = 0; (count = bm_area_ring_at(shape, at, points)); at++) inside ^= bm_polygon_has(points, count, point);
    return inside;
}

static int64_t box_size(const struct bm_bytes *shape) {
    struct bm_box box = bm_area_box(shape);
    /* In thousandths of a degree squared: fits, and tells a street from a district. */
    return ((int64_t)box.most.lat_e7 - box.least.lat_e7) * (((int64_t)box.most.lon_e7 - box.least.lon_e7) / 1000);
}

static bool stands_below(const struct bm_core *core, uint64_t above, uint64_t agency) {
    for (int depth = 0; agency && depth < BM_AGENCY_DEPTH_MAX; depth++) {
        if (agency == above) return true;
        const struct bm_agency *record = bm_state_record(core, BM_T_AGENCY, agency);
        agency = record ? record->parent.v : 0;
    }
    return false;
}

uint64_t bm_area_jurisdiction(const struct bm_core *core, struct bm_point point, uint64_t above) {
    const struct bm_area_row *best = NULL;
    BM_TABLE_EACH(&core->tables[BM_T_AREA], id) {
        const struct bm_area_row *area = bm_state_need(core, BM_T_AREA, id);
        if (!area->active || area->kind != BM_AREA_JURISDICTION || !bm_area_has(&area->shape, point)) continue;
        if (above && !stands_below(core, above, area->jurisdiction.v)) continue;
        if (!best || box_size(&area->shape) < box_size(&best->shape)) best = area;
    }
    return best ? best->jurisdiction.v : 0;
}
