/* For receipt_test.py: `sign DIR [PREVIOUS]` prints a receipt signed by the vault there and its
 * hash on a second line; `qr` prints the QR code of standard input as SVG. */
#include <stdio.h>
#include <string.h>

#include "base/qr.h"
#include "vault/receipt.h"
#include "vault/vault.h"

static int print_receipt(const char *dir, const char *previous) {
    struct bm_vault *vault;
    struct bm_fault fault = {.code = BM_OK};
    char code[BM_RECEIPT_CODE_BYTES], hex[2 * BM_HASH_BYTES + 1];
    struct bm_hash hash;
    if (bm_vault_open(dir, &vault, &fault)) {
        fprintf(stderr, "%s\n", fault.detail);
        return 1;
    }
    bm_receipt_code(vault, 4711, code);
    struct bm_receipt receipt = {.desk = "守夜人值班台 \"南\" & Söhne \\",
                                 .code = code,
                                 .reference = "42",
                                 .procedure = "letter",
                                 .received_at_ms = 1795000000123,
                                 .promised = true,
                                 .promised_at_ms = 1795600000000,
                                 .promise_unit = "7 working_days",
                                 .issued_at_ms = 1795000001000,
                                 .follows = previous != NULL};
    bm_hash_of("letter", 6, receipt.content.bytes, BM_HASH_BYTES);
    struct bm_buf document = bm_buf_make(BM_RECEIPT_BYTES_MAX);
    int status = previous && bm_unhex(previous, receipt.previous.bytes, BM_HASH_BYTES) ? 2 : 0;
    if (!status && bm_receipt_sign(vault, &receipt, &document, &hash, &fault)) {
        fprintf(stderr, "%s\n", fault.detail);
        status = 1;
    }
    if (!status) {
        bm_hex(hash.bytes, BM_HASH_BYTES, hex);
        printf("%s\n%s\n", bm_buf_c_text(&document), hex);
    }
    bm_buf_free(&document);
    bm_vault_close(vault);
    return status;
}

static int print_qr(void) {
    char payload[BM_QR_BYTES_MAX + 1];
    struct bm_fault fault = {.code = BM_OK};
    struct bm_buf svg = bm_buf_make(BM_QR_SVG_BYTES_MAX);
    size_t len = fread(payload, 1, sizeof payload, stdin);
    int status = bm_qr_svg(payload, len, &svg, &fault) ? 1 : 0;
    if (status)
        fprintf(stderr, "%s\n", fault.detail);
    else
        puts(bm_buf_c_text(&svg));
    bm_buf_free(&svg);
    return status;
}

int main(int argc, char **argv) {
    bm_seal_init();
    if (argc == 2 && strcmp(argv[1], "qr") == 0) return print_qr();
    if (argc >= 3 && strcmp(argv[1], "sign") == 0)
        return print_receipt(argv[2], argc > 3 ? argv[3] : NULL);
    return 2;
}
