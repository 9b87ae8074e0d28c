/* Any text as a receipt's code: refused with a reason, or a code that is written and read back as
 * itself. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "vault/receipt.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    struct bm_receipt_code read, again;
    struct bm_fault fault = {.code = BM_OK};
    char *typed = bm_alloc(len + 1), text[BM_RECEIPT_CODE_BYTES];
    memcpy(typed, bytes, len);
    typed[len] = 0;
    if (bm_receipt_code_read(typed, &read, &fault)) {
        BM_CHECK(fault.detail[0] && strcmp(fault.field, "code") == 0);
    } else {
        BM_CHECK(read.contact_id > 0);
        bm_receipt_code_text(&read, text);
        BM_CHECK(strlen(text) < sizeof text);
        BM_CHECK(bm_receipt_code_read(text, &again, NULL) == BM_OK);
        BM_CHECK(again.contact_id == read.contact_id);
        BM_CHECK(memcmp(again.tag, read.tag, sizeof read.tag) == 0);
    }
    bm_free(typed);
    return 0;
}
