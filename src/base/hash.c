#include "base/hash.h"

#include <sodium.h>

#include "base/check.h"

_Static_assert(sizeof(crypto_generichash_state) <= sizeof(struct bm_hasher), "hasher too small");

static crypto_generichash_state *state_of(struct bm_hasher *hasher) {
    return (crypto_generichash_state *)(void *)hasher->opaque;
}

void bm_hash_start(struct bm_hasher *hasher, size_t out_bytes) {
    BM_CHECK(crypto_generichash_init(state_of(hasher), NULL, 0, out_bytes) == 0);
}

void bm_hash_add(struct bm_hasher *hasher, const void *bytes, size_t len) {
    crypto_generichash_update(state_of(hasher), bytes, len);
}

void bm_hash_add_sized(struct bm_hasher *hasher, const void *bytes, size_t len) {
    uint8_t size[8];
    for (int i = 0; i < 8; i++) size[i] = (uint8_t)((uint64_t)len >> (8 * i));
    bm_hash_add(hasher, size, sizeof size);
    bm_hash_add(hasher, bytes, len);
}

void bm_hash_end(struct bm_hasher *hasher, void *ret_out, size_t out_bytes) {
    BM_CHECK(crypto_generichash_final(state_of(hasher), ret_out, out_bytes) == 0);
}

void bm_hash_of(const void *bytes, size_t len, void *ret_out, size_t out_bytes) {
    BM_CHECK(crypto_generichash(ret_out, out_bytes, bytes, len, NULL, 0) == 0);
}

void bm_hash_keyed(const uint8_t key[BM_HASH_BYTES], const void *bytes, size_t len, void *ret_out,
                   size_t out_bytes) {
    BM_CHECK(crypto_generichash(ret_out, out_bytes, bytes, len, key, BM_HASH_BYTES) == 0);
}

void bm_hex(const void *bytes, size_t len, char *ret_text) {
    sodium_bin2hex(ret_text, 2 * len + 1, bytes, len);
}

int bm_unhex(const char *text, void *ret_bytes, size_t len) {
    uint8_t *out = ret_bytes;
    for (size_t i = 0; i < 2 * len; i++) {
        char c = text[i];
        int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
        if (digit < 0) return -1;
        out[i / 2] = (uint8_t)(i % 2 ? out[i / 2] | digit : digit << 4);
    }
    return text[2 * len] ? -1 : 0;
}

void bm_hmac_sha256(const void *key, size_t key_len, const void *first, size_t first_len, const void *second,
                    size_t second_len, uint8_t ret_mac[BM_HASH_BYTES]) {
    crypto_auth_hmacsha256_state state;
    BM_CHECK(crypto_auth_hmacsha256_init(&state, key, key_len) == 0);
    crypto_auth_hmacsha256_update(&state, first, first_len);
    crypto_auth_hmacsha256_update(&state, second, second_len);
    crypto_auth_hmacsha256_final(&state, ret_mac);
    sodium_memzero(&state, sizeof state);
}
