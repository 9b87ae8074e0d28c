/* GeoJSON in pieces whose size the first byte gives, then whole: the same features come out, and
 * what is read of each keeps within its bounds. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/hash.h"
#include "import/geojson.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

struct seen {
    struct bm_geojson_road road;
    struct bm_hasher hasher;
    uint64_t count;
};

static enum bm_code take(void *context, const char *text, size_t len, struct bm_fault *fault) {
    struct seen *seen = context;
    struct bm_fault inner = {0};
    (void)fault;
    seen->count++;
    bm_hash_add_sized(&seen->hasher, text, len);
    enum bm_code code = bm_geojson_road_read(&seen->road, text, len, &inner);
    if (code) {
        BM_CHECK(inner.code == code && inner.detail[0]);
        return BM_OK;
    }
    const struct bm_geojson_road *road = &seen->road;
    BM_CHECK(road->end_count >= 1 && road->ends[road->end_count - 1] == road->point_count);
    for (size_t i = 0; i < road->end_count; i++)
        BM_CHECK(road->ends[i] - (i ? road->ends[i - 1] : 0) >= 2);
    for (size_t i = 0; i < road->point_count; i++) BM_CHECK(bm_point_valid(road->points[i]));
    bool any = false;
    for (int p = 0; p < BM_profile_COUNT; p++)
        for (int direction = 0; direction < 2; direction++) {
            BM_CHECK(road->rules.speed_dkmh[p][direction] <= 3000);
            any = any || road->rules.speed_dkmh[p][direction];
        }
    BM_CHECK(any == road->open);
    return BM_OK;
}

static enum bm_code read_all(const char *text, size_t len, size_t piece, struct seen *seen,
                             uint8_t ret_hash[BM_HASH_BYTES]) {
    struct bm_geojson geojson = bm_geojson_make();
    struct bm_fault fault = {0};
    enum bm_code code = BM_OK;
    seen->count = 0;
    bm_hash_start(&seen->hasher, BM_HASH_BYTES);
    for (size_t at = 0; at < len && !code; at += piece)
        code = bm_geojson_feed(&geojson, text + at, len - at < piece ? len - at : piece, take, seen,
                               &fault);
    if (!code) code = bm_geojson_end(&geojson, &fault);
    if (code) BM_CHECK(fault.code == code && fault.detail[0]);
    bm_hash_end(&seen->hasher, ret_hash, BM_HASH_BYTES);
    bm_geojson_free(&geojson);
    return code;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    struct seen seen = {.count = 0};
    uint8_t whole[BM_HASH_BYTES], pieces[BM_HASH_BYTES];
    if (len < 2) return 0;
    const char *text = (const char *)bytes + 1;
    size_t piece = 1u + bytes[0];
    enum bm_code code = read_all(text, len - 1, len, &seen, whole);
    uint64_t count = seen.count;
    enum bm_code again = read_all(text, len - 1, piece, &seen, pieces);
    BM_CHECK(code == again && count == seen.count);
    BM_CHECK(memcmp(whole, pieces, sizeof whole) == 0);
    bm_geojson_road_free(&seen.road);
    return 0;
}
