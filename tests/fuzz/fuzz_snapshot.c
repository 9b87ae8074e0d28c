/* Snapshots: any bytes behind a right schema.  What unpacks must pack to the same bytes again. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/check.h"
#include "core/core.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    static struct bm_buf whole = {.max_bytes = 64u << 20}, again = {.max_bytes = 64u << 20};
    uint8_t schema[BM_DIGEST_BYTES];
    struct bm_fault fault;
    bm_core_schema(schema);
    bm_buf_clear(&whole);
    bm_buf_clear(&again);
    bm_buf_add(&whole, schema, sizeof schema);
    bm_buf_add(&whole, bytes, len);
    struct bm_core *core = bm_core_new();
    if (bm_core_unpack(core, whole.bytes, whole.len, &fault) == BM_OK) {
        bm_core_pack(core, &again);
        BM_CHECK(again.len == whole.len && memcmp(again.bytes, whole.bytes, whole.len) == 0);
    }
    bm_core_free(core);
    return 0;
}
