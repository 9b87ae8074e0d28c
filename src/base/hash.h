/* BLAKE2b (RFC 7693) behind our own names; libsodium does the work.  Pure. */
#ifndef BM_BASE_HASH_H
#define BM_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

enum { BM_HASH_BYTES = 32, BM_DIGEST_BYTES = 16 };

struct bm_hash {
    uint8_t bytes[BM_HASH_BYTES];
};

/* Incremental; about 1 GB/s. */
struct bm_hasher {
    _Alignas(64) uint8_t opaque[384];
};
/* `out_bytes` is 16..64 and must be the same in start and end. */
void bm_hash_start(struct bm_hasher *hasher, size_t out_bytes);
void bm_hash_add(struct bm_hasher *hasher, const void *bytes, size_t len);
/* Adds the length as 8 little-endian bytes, then the bytes, so that fields cannot run together. */
void bm_hash_add_sized(struct bm_hasher *hasher, const void *bytes, size_t len);
void bm_hash_end(struct bm_hasher *hasher, void *ret_out, size_t out_bytes);
/* One shot. */
void bm_hash_of(const void *bytes, size_t len, void *ret_out, size_t out_bytes);

/* Keyed with 32 secret bytes (RFC 7693, section 2.9): who has no key can neither make nor check one. */
void bm_hash_keyed(const uint8_t key[BM_HASH_BYTES], const void *bytes, size_t len, void *ret_out,
                   size_t out_bytes);

/* HMAC-SHA256 (RFC 2104, 6234) of two parts one after the other: for others, who know this and not BLAKE2b. */
void bm_hmac_sha256(const void *key, size_t key_len, const void *first, size_t first_len, const void *second,
                    size_t second_len, uint8_t ret_mac[BM_HASH_BYTES]);

/* Lower-case hex of `len` bytes and a NUL into `ret_text` (2 * len + 1 bytes). */
void bm_hex(const void *bytes, size_t len, char *ret_text);
/* Reads exactly 2 * len hex digits; returns 0, or -1 when `text` is anything else. */
int bm_unhex(const char *text, void *ret_bytes, size_t len);

#endif
