#include "base/buf.h"
#include "base/failpoint.h"
#include "base/json.h"
#include "vault/vault_private.h"

enum { CHECKPOINT_BYTES_MAX = 4096, MEMBER_COUNT = 6 };

/* What is signed: a fixed first line, so the signature serves nothing else; and one line each. */
static struct bm_buf signed_text(const struct bm_checkpoint *checkpoint,
                                 const uint8_t public_key[BM_SIGN_PUBLIC_BYTES]) {
    char hash[2 * BM_HASH_BYTES + 1], key[2 * BM_SIGN_PUBLIC_BYTES + 1];
    bm_hex(checkpoint->hash.bytes, BM_HASH_BYTES, hash);
    bm_hex(public_key, BM_SIGN_PUBLIC_BYTES, key);
    struct bm_buf text = bm_buf_make(CHECKPOINT_BYTES_MAX);
    bm_buf_printf(&text, "bellman checkpoint 1\n%llu\n%llu\n%s\n%lld\n%s\n",
                  (unsigned long long)checkpoint->ledger, (unsigned long long)checkpoint->seq, hash,
                  (long long)checkpoint->at_ms, key);
    return text;
}

enum bm_code bm_checkpoint_write(struct bm_vault *vault, const struct bm_checkpoint *checkpoint,
                                 const char *path, struct bm_fault *fault) {
    struct bm_buf text = signed_text(checkpoint, vault->sign_public);
    uint8_t signature[BM_SIGNATURE_BYTES];
    bm_sign(vault->sign_secret, text.bytes, text.len, signature);
    BM_STEP_DONE(checkpoint_signed);
    bm_buf_free(&text);
    char hash[2 * BM_HASH_BYTES + 1], key[2 * BM_SIGN_PUBLIC_BYTES + 1];
    char signature_text[2 * BM_SIGNATURE_BYTES + 1];
    bm_hex(checkpoint->hash.bytes, BM_HASH_BYTES, hash);
    bm_hex(vault->sign_public, BM_SIGN_PUBLIC_BYTES, key);
    bm_hex(signature, sizeof signature, signature_text);
    struct bm_buf line = bm_buf_make(CHECKPOINT_BYTES_MAX);
    bm_buf_printf(&line,
                  "{\"ledger\":\"%llu\",\"seq\":\"%llu\",\"hash\":\"%s\",\"at_ms\":%lld,"
                  "\"public_key\":\"%s\",\"signature\":\"%s\"}\n",
                  (unsigned long long)checkpoint->ledger, (unsigned long long)checkpoint->seq, hash,
                  (long long)checkpoint->at_ms, key, signature_text);
    /* No secret: others are meant to keep and compare it. */
    enum bm_code code = bm_vault_write_file(path, 0644, line.bytes, line.len, fault);
    if (code == BM_OK) BM_STEP_DONE(checkpoint_written);
    bm_buf_free(&line);
    return code;
}

/* Decimal digits without signs, spaces or leading zeros. */
static bool read_number(const json_t *object, const char *name, uint64_t *ret_number) {
    const char *text = json_string_value(json_object_get(object, name));
    if (!text || !text[0] || (text[0] == '0' && text[1])) return false;
    uint64_t number = 0;
    for (; *text; text++) {
        if (*text < '0' || *text > '9') return false;
        if (__builtin_mul_overflow(number, UINT64_C(10), &number)) return false;
        if (__builtin_add_overflow(number, (uint64_t)(*text - '0'), &number)) return false;
    }
    *ret_number = number;
    return true;
}

static bool read_hex(const json_t *object, const char *name, void *ret_bytes, size_t len) {
    const char *text = json_string_value(json_object_get(object, name));
    return text && bm_unhex(text, ret_bytes, len) == 0;
}

/* All six members in their form, the signature by the key among them. */
static bool verify(const json_t *object, struct bm_checkpoint *ret_checkpoint,
                   uint8_t ret_public[BM_SIGN_PUBLIC_BYTES]) {
    struct bm_checkpoint read = {0};
    uint8_t signature[BM_SIGNATURE_BYTES];
    const json_t *at = json_object_get(object, "at_ms");
    bool well_formed = json_object_size(object) == MEMBER_COUNT && json_is_integer(at) &&
                       read_number(object, "ledger", &read.ledger) &&
                       read_number(object, "seq", &read.seq) &&
                       read_hex(object, "hash", read.hash.bytes, BM_HASH_BYTES) &&
                       read_hex(object, "public_key", ret_public, BM_SIGN_PUBLIC_BYTES) &&
                       read_hex(object, "signature", signature, sizeof signature);
    if (!well_formed) return false;
    read.at_ms = json_integer_value(at);
    struct bm_buf text = signed_text(&read, ret_public);
    bool good = bm_sign_verify(ret_public, text.bytes, text.len, signature);
    bm_buf_free(&text);
    if (good) *ret_checkpoint = read;
    return good;
}

enum bm_code bm_checkpoint_read(const char *path, const uint8_t *expected_public,
                                struct bm_checkpoint *ret_checkpoint, struct bm_fault *fault) {
    bm_seal_init();
    uint8_t bytes[CHECKPOINT_BYTES_MAX];
    size_t len;
    enum bm_code code = bm_vault_read_file(path, bytes, sizeof bytes, &len, fault);
    if (code != BM_OK) return code;
    json_t *object = NULL;
    struct bm_checkpoint checkpoint;
    uint8_t public_key[BM_SIGN_PUBLIC_BYTES];
    bool good = len <= sizeof bytes && bm_json_parse(bytes, len, &object, NULL) == BM_OK &&
                verify(object, &checkpoint, public_key);
    json_decref(object);
    if (!good) {
        return bm_fault_set(fault, BM_CORRUPT, NULL,
                            "%s is not a checkpoint, or was changed after it was signed: take the "
                            "copy kept elsewhere.",
                            path);
    }
    if (expected_public && !bm_same_secret(public_key, expected_public, sizeof public_key)) {
        return bm_fault_set(fault, BM_CORRUPT, NULL,
                            "%s is signed with another key than the expected one.", path);
    }
    *ret_checkpoint = checkpoint;
    return BM_OK;
}
