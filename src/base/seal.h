/* Sealing of personal fields and signing of checkpoints, behind our own names; libsodium does the
 * work.  Pure: keys and nonces are arguments.
 *
 *   sealed value = nonce (24 bytes) ‖ XChaCha20-Poly1305-IETF ciphertext ‖ tag (16 bytes)
 *
 * The key id is the additional data, so a ciphertext cannot be moved under another key's name. */
#ifndef BM_BASE_SEAL_H
#define BM_BASE_SEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/code.h"
#include "base/shape.h"

enum { BM_KEY_BYTES = 32, BM_NONCE_BYTES = 24, BM_SEAL_EXTRA_BYTES = 24 + 16,
       BM_SIGN_PUBLIC_BYTES = 32, BM_SIGN_SECRET_BYTES = 64, BM_SIGNATURE_BYTES = 64 };

/* Must be called once before anything else here. */
void bm_seal_init(void);
/* Unpredictable bytes from the operating system.  The one impure function here: rooms that are pure
 * (core) do not call it. */
void bm_entropy(void *ret_bytes, size_t len);

/* Seals `len` bytes; the result is the caller's to free. A nonce must never be used twice with one key. */
struct bm_bytes bm_seal(const uint8_t key[BM_KEY_BYTES], uint64_t key_id,
                        const uint8_t nonce[BM_NONCE_BYTES], const void *clear, size_t len);
/* Opens into fresh memory followed by a NUL; false when the key is wrong or a bit was changed. */
bool bm_unseal(const uint8_t key[BM_KEY_BYTES], uint64_t key_id, const uint8_t *sealed,
               size_t sealed_len, char **ret_clear, size_t *ret_len);

/* Ed25519 (RFC 8032). */
void bm_sign_keys(uint8_t ret_public[BM_SIGN_PUBLIC_BYTES], uint8_t ret_secret[BM_SIGN_SECRET_BYTES]);
void bm_sign(const uint8_t secret[BM_SIGN_SECRET_BYTES], const void *bytes, size_t len,
             uint8_t ret_signature[BM_SIGNATURE_BYTES]);
bool bm_sign_verify(const uint8_t public_key[BM_SIGN_PUBLIC_BYTES], const void *bytes, size_t len,
                    const uint8_t signature[BM_SIGNATURE_BYTES]);

/* Overwrites memory so that the compiler cannot leave it out. */
void bm_wipe(void *bytes, size_t len);
/* Constant-time comparison. */
bool bm_same_secret(const void *a, const void *b, size_t len);

enum { BM_PASSWORD_HASH_BYTES = 128 };
/* Argon2id (RFC 9106), 64 MiB and 2 passes: about 60 ms of a core; never on the desk or io thread.  A hash says its own work. */
void bm_password_hash(const char *password, char ret_hash[BM_PASSWORD_HASH_BYTES]);
/* BM_OK, BM_UNAUTHENTICATED, or BM_OVERLOADED: no memory for the work, which says nothing about the password. */
BM_MUST_USE enum bm_code bm_password_check(const char *password, const char *hash);
/* False in a build for tests (-Dpassword_work=least), whose desks are many and short. */
extern const bool bm_password_work_is_full;

#endif
