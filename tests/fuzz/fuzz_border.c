/* Borders: as GeoJSON from a file, and as bytes from a journal.  What is taken is whole, holds its own corners' box, and
 * can be asked and written. */
#include <string.h>

#include "api/imports.h"
#include "base/check.h"
#include "base/json.h"
#include "core/area.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use(const struct bm_bytes *shape) {
    struct bm_buf written = bm_buf_make(4u << 20);
    struct bm_box box = bm_area_box(shape);
    struct bm_point outside = {box.most.lat_e7 < 900000000 ? box.most.lat_e7 + 1 : 900000000, box.most.lon_e7};
    if (outside.lat_e7 > box.most.lat_e7) BM_CHECK(!bm_area_has(shape, outside));
    (void)!bm_area_has(shape, box.least);
    bm_border_write(shape, &written);
    BM_CHECK(!written.overflow);
    bm_buf_free(&written);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct bm_buf shape = bm_buf_make(256 * 1024);
    struct bm_fault fault;
    const char *reason;
    json_t *geometry;
    struct bm_bytes bytes = bm_bytes_copy(data, size);
    if (!bm_area_wrong(&bytes)) use(&bytes);
    bm_bytes_free(&bytes);
    if (bm_json_parse(data, size, &geometry, &fault)) return 0;
    if (!bm_border_read(geometry, &shape, &reason, &fault)) {
        struct bm_bytes read = {shape.bytes, (uint32_t)shape.len};
        if (!bm_area_wrong(&read)) use(&read); /* too many points are told there */
    }
    bm_buf_free(&shape);
    json_decref(geometry);
    return 0;
}
