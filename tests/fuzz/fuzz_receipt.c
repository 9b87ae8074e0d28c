/* Any bytes as a signed receipt: refused with a reason.  The key is a fixed one whose secret nobody
 * kept but the seed `signed` was made with, so that a document that holds is met too: it must keep
 * every promise of the header. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/check.h"
#include "vault/receipt.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static const char public_hex[] = "8ca7eea485af70b9f85bb79b0b04645a5ec79de432884b69a0688600f18670b5";

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    uint8_t key[BM_SIGN_PUBLIC_BYTES];
    struct bm_receipt receipt;
    struct bm_fault fault = {.code = BM_OK};
    bm_seal_init();
    BM_CHECK(bm_unhex(public_hex, key, sizeof key) == 0);
    if (bm_receipt_verify(key, bytes, len, &receipt, &fault)) {
        BM_CHECK(fault.detail[0]);
        return 0;
    }
    struct bm_receipt_code code;
    BM_CHECK(receipt.desk[0] && strlen(receipt.desk) <= BM_RECEIPT_DESK_MAX);
    BM_CHECK(bm_receipt_code_read(receipt.code, &code, NULL) == BM_OK);
    BM_CHECK(receipt.promised == (receipt.promise_unit != NULL));
    BM_CHECK(!receipt.promised || receipt.promised_at_ms >= receipt.received_at_ms);
    bm_receipt_free(&receipt);
    return 0;
}
