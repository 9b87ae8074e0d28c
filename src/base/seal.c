#include "base/seal.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"

_Static_assert(BM_KEY_BYTES == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "key size");
_Static_assert(BM_NONCE_BYTES == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, "nonce size");
_Static_assert(BM_PASSWORD_HASH_BYTES >= crypto_pwhash_STRBYTES, "password hash size");

void bm_seal_init(void) {
    BM_CHECK(sodium_init() >= 0);
}

void bm_entropy(void *ret_bytes, size_t len) {
    randombytes_buf(ret_bytes, len);
}

struct bm_bytes bm_seal(const uint8_t key[BM_KEY_BYTES], uint64_t key_id,
                        const uint8_t nonce[BM_NONCE_BYTES], const void *clear, size_t len) {
    struct bm_bytes sealed = {bm_alloc(len + BM_SEAL_EXTRA_BYTES),
                              (uint32_t)(len + BM_SEAL_EXTRA_BYTES)};
    memcpy(sealed.bytes, nonce, BM_NONCE_BYTES);
    BM_CHECK(crypto_aead_xchacha20poly1305_ietf_encrypt(sealed.bytes + BM_NONCE_BYTES, NULL, clear,
                                                        len, (const uint8_t *)&key_id,
                                                        sizeof key_id, NULL, nonce, key) == 0);
    return sealed;
}

bool bm_unseal(const uint8_t key[BM_KEY_BYTES], uint64_t key_id, const uint8_t *sealed,
               size_t sealed_len, char **ret_clear, size_t *ret_len) {
    if (sealed_len < BM_SEAL_EXTRA_BYTES) return false;
    size_t len = sealed_len - BM_SEAL_EXTRA_BYTES;
    char *clear = bm_alloc(len + 1);
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(
            (uint8_t *)clear, NULL, NULL, sealed + BM_NONCE_BYTES, sealed_len - BM_NONCE_BYTES,
            (const uint8_t *)&key_id, sizeof key_id, sealed, key) != 0) {
        bm_free(clear);
        return false;
    }
    clear[len] = 0;
    *ret_clear = clear;
    *ret_len = len;
    return true;
}

void bm_sign_keys(uint8_t ret_public[BM_SIGN_PUBLIC_BYTES],
                  uint8_t ret_secret[BM_SIGN_SECRET_BYTES]) {
    BM_CHECK(crypto_sign_keypair(ret_public, ret_secret) == 0);
}

void bm_sign(const uint8_t secret[BM_SIGN_SECRET_BYTES], const void *bytes, size_t len,
             uint8_t ret_signature[BM_SIGNATURE_BYTES]) {
    BM_CHECK(crypto_sign_detached(ret_signature, NULL, bytes, len, secret) == 0);
}

bool bm_sign_verify(const uint8_t public_key[BM_SIGN_PUBLIC_BYTES], const void *bytes, size_t len,
                    const uint8_t signature[BM_SIGNATURE_BYTES]) {
    return crypto_sign_verify_detached(signature, bytes, len, public_key) == 0;
}

void bm_wipe(void *bytes, size_t len) {
    sodium_memzero(bytes, len);
}

bool bm_same_secret(const void *a, const void *b, size_t len) {
    return sodium_memcmp(a, b, len) == 0;
}

#ifdef BM_PASSWORD_WORK_LEAST
const bool bm_password_work_is_full = false;
enum { OPS = crypto_pwhash_OPSLIMIT_MIN, MEMORY = crypto_pwhash_MEMLIMIT_MIN };
#else
const bool bm_password_work_is_full = true;
enum { OPS = crypto_pwhash_OPSLIMIT_INTERACTIVE, MEMORY = crypto_pwhash_MEMLIMIT_INTERACTIVE };
#endif

void bm_password_hash(const char *password, char ret_hash[BM_PASSWORD_HASH_BYTES]) {
    memset(ret_hash, 0, BM_PASSWORD_HASH_BYTES);
    BM_CHECK(crypto_pwhash_str(ret_hash, password, strlen(password), OPS, MEMORY) == 0);
}

enum bm_code bm_password_check(const char *password, const char *hash) {
    errno = 0;
    if (crypto_pwhash_str_verify(hash, password, strlen(password)) == 0) return BM_OK;
    return errno == ENOMEM ? BM_OVERLOADED : BM_UNAUTHENTICATED;
}
