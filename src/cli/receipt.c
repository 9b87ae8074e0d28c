/* bellman receipt key | verify: the desk's public key, and receipts checked by whoever holds them,
 * without a desk. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "cli/cli.h"
#include "vault/receipt.h"
#include "vault/vault.h"

static const char usage[] = "usage: bellman receipt key --data DIR\n"
                            "       bellman receipt verify --key KEYFILE|HEX FILE...";

static int print_key(int argc, char **argv) {
    struct bm_vault *vault;
    struct bm_fault fault = {.code = BM_OK};
    uint8_t public_key[BM_SIGN_PUBLIC_BYTES];
    char hex[2 * BM_SIGN_PUBLIC_BYTES + 1];
    if (argc != 2 || strcmp(argv[0], "--data") != 0) return bm_cli_fail(2, "%s", usage);
    enum bm_code code = bm_vault_open_to_copy(argv[1], &vault, &fault);
    if (code) return bm_cli_fail(1, "%s", fault.detail);
    code = bm_receipt_public_key(vault, public_key, &fault);
    bm_vault_close(vault);
    if (code) return bm_cli_fail(1, "%s", fault.detail);
    bm_hex(public_key, sizeof public_key, hex);
    puts(hex);
    return 0;
}

/* A byte more than a receipt may have, so that it is the reader who says that it is too long. */
static bool read_file(const char *path, struct bm_buf *buf) {
    FILE *file = fopen(path, "rb");
    char piece[4096];
    size_t got;
    if (!file) return false;
    while (buf->len <= BM_RECEIPT_READ_MAX && (got = fread(piece, 1, sizeof piece, file)) > 0)
        bm_buf_add(buf, piece, got);
    bool good = !ferror(file);
    if (fclose(file) != 0) good = false;
    return good;
}

/* 64 hex digits, or a file that holds them and perhaps white space behind. */
static int read_key(const char *argument, uint8_t ret_key[BM_SIGN_PUBLIC_BYTES]) {
    if (bm_unhex(argument, ret_key, BM_SIGN_PUBLIC_BYTES) == 0) return 0;
    struct bm_buf buf = bm_buf_make(2 * BM_RECEIPT_READ_MAX);
    int status = 0;
    if (!read_file(argument, &buf)) {
        status = bm_cli_fail(1, "the key file %s cannot be read: %s", argument, strerror(errno));
    } else {
        while (buf.len > 0 && strchr(" \r\n\t", buf.bytes[buf.len - 1])) buf.bytes[--buf.len] = 0;
        if (bm_unhex(bm_buf_c_text(&buf), ret_key, BM_SIGN_PUBLIC_BYTES) != 0)
            status = bm_cli_fail(
                1,
                "%s holds no key: it must be the %d hex digits that \"bellman receipt key\" prints",
                argument, 2 * BM_SIGN_PUBLIC_BYTES);
    }
    bm_buf_free(&buf);
    return status;
}

static void print_receipt(const char *path, const struct bm_receipt *receipt) {
    char received[BM_TIME_TEXT_BYTES], issued[BM_TIME_TEXT_BYTES], promised[BM_TIME_TEXT_BYTES];
    char content[2 * BM_HASH_BYTES + 1];
    bm_time_text(receipt->received_at_ms, received);
    bm_time_text(receipt->issued_at_ms, issued);
    bm_time_text(receipt->promised_at_ms, promised);
    bm_hex(receipt->content.bytes, BM_HASH_BYTES, content);
    printf("%s: good\n  desk: %s\n  code: %s\n  reference: %s (%s)\n  received: %s\n  content: "
           "BLAKE2b-256 %s\n",
           path, receipt->desk, receipt->code, receipt->reference, receipt->procedure, received,
           content);
    if (receipt->promised)
        printf("  promised: %s (%s)%s\n", promised, receipt->promise_unit,
               receipt->provisional ? ", provisional" : "");
    if (receipt->paused) {
        char since[BM_TIME_TEXT_BYTES];
        bm_time_text(receipt->paused_since_ms, since);
        printf("  promised: stands still since %s (%s)\n", since, receipt->paused_because);
    }
    printf("  issued: %s%s\n", issued, receipt->follows ? ", follows an earlier receipt" : "");
}

/* Verifies one file; `*hash` is that of the file before, if there was one, and becomes its own. */
static int verify_file(const char *path, const uint8_t key[BM_SIGN_PUBLIC_BYTES], bool first,
                       struct bm_hash *hash) {
    struct bm_buf buf = bm_buf_make(2 * BM_RECEIPT_READ_MAX);
    struct bm_receipt receipt;
    struct bm_fault fault = {.code = BM_OK};
    if (!read_file(path, &buf)) {
        bm_buf_free(&buf);
        return bm_cli_fail(1, "%s cannot be read: %s", path, strerror(errno));
    }
    enum bm_code code = bm_receipt_verify(key, buf.bytes, buf.len, &receipt, &fault);
    bm_buf_free(&buf);
    if (code)
        return bm_cli_fail(1, "%s does not hold%s%s: %s", path, fault.field[0] ? ", " : "",
                           fault.field, fault.detail);
    int status = 0;
    if (!first &&
        (!receipt.follows || memcmp(hash->bytes, receipt.previous.bytes, BM_HASH_BYTES) != 0))
        status = bm_cli_fail(1,
                             "%s is signed, but does not follow the receipt before it: name all of "
                             "one matter, oldest first",
                             path);
    else
        print_receipt(path, &receipt);
    *hash = receipt.hash;
    bm_receipt_free(&receipt);
    return status;
}

static int verify(int argc, char **argv) {
    uint8_t key[BM_SIGN_PUBLIC_BYTES];
    struct bm_hash hash = {.bytes = {0}};
    if (argc < 3 || strcmp(argv[0], "--key") != 0) return bm_cli_fail(2, "%s", usage);
    int status = read_key(argv[1], key);
    for (int i = 2; i < argc && !status; i++) status = verify_file(argv[i], key, i == 2, &hash);
    return status;
}

int bm_cli_receipt(int argc, char **argv) {
    if (argc > 0 && strcmp(argv[0], "key") == 0) return print_key(argc - 1, argv + 1);
    if (argc > 0 && strcmp(argv[0], "verify") == 0) return verify(argc - 1, argv + 1);
    return bm_cli_fail(2, "%s", usage);
}
