/* Positions as devices send them: the bytes as JSON and as lines.  What is accepted lies within its
 * bounds, and a line and an object that say the same are taken alike. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "api/position_text.h"
#include "base/check.h"
#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void within_bounds(const struct bm_position *position) {
    BM_CHECK(position->unit > 0 && position->unit < UINT64_C(1000000000000000000));
    BM_CHECK(bm_point_valid(position->point));
    BM_CHECK(position->at_ms == BM_AT_NONE ||
             (position->at_ms >= 0 && position->at_ms <= BM_AT_MAX));
    BM_CHECK(position->speed_mmps == BM_SPEED_NONE || position->speed_mmps <= 1000000);
    BM_CHECK(position->heading_deg == BM_HEADING_NONE || position->heading_deg < 360);
    BM_CHECK(position->received_at_ms == 0 && !position->off_road);
}

static void refused_well(enum bm_code code, const struct bm_fault *fault) {
    BM_CHECK(fault->code == code && fault->field[0] && fault->detail[0]);
}

/* What a line says, as an object says it. */
static void said_otherwise(const struct bm_position *position) {
    struct bm_position again;
    struct bm_fault fault;
    struct bm_buf text = bm_buf_make(1024);
    json_t *object;
    bm_buf_text(&text, "{\"unit\":");
    bm_json_id(&text, position->unit);
    bm_buf_text(&text, ",\"lat\":");
    bm_json_e7(&text, position->point.lat_e7);
    bm_buf_text(&text, ",\"lon\":");
    bm_json_e7(&text, position->point.lon_e7);
    if (position->at_ms != BM_AT_NONE) {
        bm_buf_text(&text, ",\"at_ms\":");
        bm_buf_i64(&text, position->at_ms);
    }
    bm_buf_byte(&text, '}');
    BM_CHECK(bm_json_parse(text.bytes, text.len, &object, &fault) == BM_OK);
    BM_CHECK(bm_position_read_json(object, &again, &fault) == BM_OK);
    BM_CHECK(again.unit == position->unit && again.at_ms == position->at_ms);
    BM_CHECK(again.point.lat_e7 == position->point.lat_e7);
    BM_CHECK(again.point.lon_e7 == position->point.lon_e7);
    json_decref(object);
    bm_buf_free(&text);
}

static void as_lines(const char *at, size_t len) {
    const char *end = at + len;
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        if (!stop) stop = end;
        struct bm_position position;
        struct bm_fault fault = {0};
        enum bm_code code = bm_position_read_line(at, (size_t)(stop - at), &position, &fault);
        if (code) {
            refused_well(code, &fault);
        } else {
            within_bounds(&position);
            said_otherwise(&position);
        }
        at = stop + 1;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    struct bm_position position;
    struct bm_fault fault = {0};
    json_t *object;
    as_lines((const char *)bytes, len);
    if (bm_json_parse(bytes, len, &object, &fault) != BM_OK) return 0;
    enum bm_code code = bm_position_read_json(object, &position, &fault);
    if (code)
        refused_well(code, &fault);
    else
        within_bounds(&position);
    json_decref(object);
    return 0;
}
