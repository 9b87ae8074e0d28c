/* The receipts' key pair and the codes' secret: one wrapped value in the vault, so that both are
 * there or none. */
#include "base/check.h"
#include "vault/receipt.h"
#include "vault/vault_private.h"

enum {
    STORED_BYTES = BM_SIGN_PUBLIC_BYTES + BM_SIGN_SECRET_BYTES + BM_KEY_BYTES,
    WRAPPED_BYTES = STORED_BYTES + BM_SEAL_EXTRA_BYTES
};
static const char value_name[] = "receipt";

static enum bm_code make(struct bm_vault *vault, uint8_t ret_stored[STORED_BYTES],
                         struct bm_fault *fault) {
    bm_sign_keys(ret_stored, ret_stored + BM_SIGN_PUBLIC_BYTES);
    bm_entropy(ret_stored + BM_SIGN_PUBLIC_BYTES + BM_SIGN_SECRET_BYTES, BM_KEY_BYTES);
    struct bm_bytes wrapped = bm_vault_wrap(vault, BM_WRAP_RECEIPT, 0, ret_stored, STORED_BYTES);
    int rc = bm_vault_begin(vault->db);
    if (rc == SQLITE_OK) rc = bm_vault_put_value(vault->db, value_name, wrapped.bytes, wrapped.len);
    bm_bytes_free(&wrapped);
    return bm_vault_finish(vault->db, rc, "making the receipts' key", fault);
}

enum bm_code bm_vault_load_receipt(struct bm_vault *vault, bool may_make, struct bm_fault *fault) {
    uint8_t wrapped[WRAPPED_BYTES], stored[STORED_BYTES];
    size_t len = 0;
    if (bm_vault_get_value(vault->db, value_name, wrapped, sizeof wrapped, &len) != SQLITE_OK)
        return bm_vault_fault(vault->db, "reading the receipts' key", fault);
    if (len == 0 && !may_make) return BM_OK;
    enum bm_code code = BM_OK;
    if (len == 0)
        code = make(vault, stored, fault);
    else if (len != sizeof wrapped ||
             !bm_vault_unwrap(vault, BM_WRAP_RECEIPT, 0, wrapped, len, stored, sizeof stored))
        code = bm_fault_set(fault, BM_CORRUPT, NULL,
                            "The receipts' key in %s was changed: restore the vault from a backup.",
                            vault->path);
    if (code == BM_OK) {
        const uint8_t *at = stored;
        memcpy(vault->receipt_public, at, BM_SIGN_PUBLIC_BYTES);
        at += BM_SIGN_PUBLIC_BYTES;
        memcpy(vault->receipt_secret, at, BM_SIGN_SECRET_BYTES);
        at += BM_SIGN_SECRET_BYTES;
        memcpy(vault->receipt_codes, at, BM_KEY_BYTES);
        vault->has_receipt = true;
    }
    bm_wipe(stored, sizeof stored);
    return code;
}

enum bm_code bm_receipt_public_key(struct bm_vault *vault, uint8_t ret_public[BM_SIGN_PUBLIC_BYTES],
                                   struct bm_fault *fault) {
    if (!vault->has_receipt)
        return bm_fault_set(
            fault, BM_NOT_FOUND, NULL,
            "%s is older than receipts and has no key for them: start its desk once.", vault->path);
    memcpy(ret_public, vault->receipt_public, BM_SIGN_PUBLIC_BYTES);
    return BM_OK;
}

static void make_tag(const struct bm_vault *vault, uint64_t contact_id,
                     uint8_t ret_tag[BM_RECEIPT_TAG_BYTES]) {
    static const char use[] = "bellman receipt code 1\n";
    uint8_t text[sizeof use - 1 + 8], hash[BM_HASH_BYTES];
    BM_CHECK(vault->has_receipt);
    memcpy(text, use, sizeof use - 1);
    for (int i = 0; i < 8; i++) text[sizeof use - 1 + i] = (uint8_t)(contact_id >> (8 * i));
    bm_hash_keyed(vault->receipt_codes, text, sizeof text, hash, sizeof hash);
    memcpy(ret_tag, hash, BM_RECEIPT_TAG_BYTES);
}

void bm_receipt_code(struct bm_vault *vault, uint64_t contact_id,
                     char ret_text[BM_RECEIPT_CODE_BYTES]) {
    struct bm_receipt_code code = {.contact_id = contact_id};
    make_tag(vault, contact_id, code.tag);
    bm_receipt_code_text(&code, ret_text);
}

enum bm_code bm_receipt_contact(struct bm_vault *vault, const char *text, uint64_t *ret_contact_id,
                                struct bm_fault *fault) {
    struct bm_receipt_code read;
    uint8_t tag[BM_RECEIPT_TAG_BYTES];
    enum bm_code code = bm_receipt_code_read(text, &read, fault);
    if (code) return code;
    make_tag(vault, read.contact_id, tag);
    if (!bm_same_secret(tag, read.tag, sizeof tag)) return bm_receipt_unknown(fault);
    *ret_contact_id = read.contact_id;
    return BM_OK;
}

/* --- links of callers ------------------------------------------------------------------------- */

static void make_locate_tag(const struct bm_vault *vault, uint64_t contact_id, uint32_t link, uint8_t ret_tag[BM_RECEIPT_TAG_BYTES]) {
    static const char use[] = "bellman locate link 1\n";
    uint8_t text[sizeof use - 1 + 12], hash[BM_HASH_BYTES];
    BM_CHECK(vault->has_receipt);
    memcpy(text, use, sizeof use - 1);
    for (int i = 0; i < 8; i++) text[sizeof use - 1 + i] = (uint8_t)(contact_id >> (8 * i));
    for (int i = 0; i < 4; i++) text[sizeof use + 7 + i] = (uint8_t)(link >> (8 * i));
    bm_hash_keyed(vault->receipt_codes, text, sizeof text, hash, sizeof hash);
    memcpy(ret_tag, hash, BM_RECEIPT_TAG_BYTES);
}

void bm_locate_code(struct bm_vault *vault, uint64_t contact_id, uint32_t link, char ret_text[BM_RECEIPT_CODE_BYTES]) {
    struct bm_receipt_code code = {.contact_id = contact_id};
    make_locate_tag(vault, contact_id, link, code.tag);
    bm_receipt_code_text(&code, ret_text);
}

bool bm_locate_matches(struct bm_vault *vault, const struct bm_receipt_code *code, uint32_t link) {
    uint8_t tag[BM_RECEIPT_TAG_BYTES];
    make_locate_tag(vault, code->contact_id, link, tag);
    return bm_same_secret(tag, code->tag, sizeof tag);
}
