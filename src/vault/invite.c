#include <string.h>

#include "base/check.h"
#include "vault/vault.h"

enum { STATED_BYTES = 16, MARK_BYTES = 16 }; /* operator and end, little-endian; and their keyed hash */

static void put(uint8_t *bytes, uint64_t value) {
    for (int i = 0; i < 8; i++) bytes[i] = (uint8_t)(value >> (8 * i));
}

static uint64_t get(const uint8_t *bytes) {
    uint64_t value = 0;
    for (int i = 0; i < 8; i++) value |= (uint64_t)bytes[i] << (8 * i);
    return value;
}

static void mark(struct bm_vault *vault, const uint8_t stated[STATED_BYTES], uint8_t ret_mark[MARK_BYTES]) {
    static const char what[] = "invitation 1";
    uint8_t key[BM_KEY_BYTES];
    struct bm_hasher hasher;
    bm_vault_digest_key(vault, key);
    bm_hash_start(&hasher, MARK_BYTES);
    bm_hash_add_sized(&hasher, key, sizeof key);
    bm_hash_add_sized(&hasher, what, sizeof what);
    bm_hash_add_sized(&hasher, stated, STATED_BYTES);
    bm_hash_end(&hasher, ret_mark, MARK_BYTES);
    bm_wipe(key, sizeof key);
}

void bm_vault_invite(struct bm_vault *vault, uint64_t operator_id, int64_t now_ms, char ret_token[BM_TOKEN_TEXT]) {
    uint8_t bytes[STATED_BYTES + MARK_BYTES];
    put(bytes, operator_id);
    put(bytes + 8, (uint64_t)(now_ms + BM_INVITE_MS));
    mark(vault, bytes, bytes + STATED_BYTES);
    bm_hex(bytes, sizeof bytes, ret_token);
}

enum bm_code bm_vault_invited(struct bm_vault *vault, const char *token, int64_t now_ms, uint64_t *ret_operator_id,
                              struct bm_fault *fault) {
    uint8_t bytes[STATED_BYTES + MARK_BYTES], wanted[MARK_BYTES];
    bool ours = strlen(token) == BM_TOKEN_TEXT - 1 && bm_unhex(token, bytes, sizeof bytes) == 0;
    if (ours) mark(vault, bytes, wanted);
    if (!ours || !bm_same_secret(wanted, bytes + STATED_BYTES, MARK_BYTES))
        return bm_fault_set(fault, BM_FORBIDDEN, "token", "This link is not valid; ask your administrator for a new one.");
    if ((uint64_t)now_ms >= get(bytes + 8))
        return bm_fault_set(fault, BM_FORBIDDEN, "token", "This link is over after seven days; ask your administrator for a new one.");
    *ret_operator_id = get(bytes);
    return BM_OK;
}
