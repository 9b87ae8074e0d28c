/* The text of a ladder's rung: what is read is written as it was, but for the blank before a
 * percent sign. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/check.h"
#include "procedure/ladder.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    struct bm_rung rung, again;
    struct bm_fault fault = {0};
    char text[BM_RUNG_TEXT_MAX];
    if (bm_rung_read((const char *)bytes, len, &rung, &fault)) {
        BM_CHECK(fault.code == BM_BAD_REQUEST);
        BM_CHECK(fault.detail[0]);
        return 0;
    }
    bm_rung_text(&rung, text);
    BM_CHECK(bm_rung_read(text, strlen(text), &again, &fault) == BM_OK);
    BM_CHECK(again.kind == rung.kind);
    BM_CHECK(again.amount == rung.amount);
    BM_CHECK(again.unit == rung.unit);
    return 0;
}
