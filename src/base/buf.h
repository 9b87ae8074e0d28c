/* A growing byte buffer with a written maximum.
 *
 * Appending past `max_bytes` sets `overflow` and drops the whole append; callers look at `overflow`
 * once, at the end, and decide (refuse, cut the stream, ...).  The bytes are always followed by a
 * NUL that is not counted, so `(char *)buf.bytes` is a C string when it holds text.
 *
 *   struct bm_buf buf = bm_buf_make(64 * 1024);
 *   bm_buf_text(&buf, "id: ");  bm_buf_u64(&buf, seq);
 *   if (buf.overflow) ...
 *   bm_buf_free(&buf);                                                                            */
#ifndef BM_BASE_BUF_H
#define BM_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bm_buf {
    uint8_t *bytes; /* NULL until the first append */
    size_t len;
    size_t cap;
    size_t max_bytes;
    bool overflow;
};

/* An empty buffer; nothing is allocated yet. */
struct bm_buf bm_buf_make(size_t max_bytes);
void bm_buf_free(struct bm_buf *buf);
/* Empties it and clears `overflow`, keeping the memory. */
void bm_buf_clear(struct bm_buf *buf);

void bm_buf_add(struct bm_buf *buf, const void *bytes, size_t len);
/* Appends `len` bytes for the caller to fill before the next append; NULL when they do not fit. */
uint8_t *bm_buf_room(struct bm_buf *buf, size_t len);
void bm_buf_text(struct bm_buf *buf, const char *text);
void bm_buf_byte(struct bm_buf *buf, uint8_t byte);
void bm_buf_printf(struct bm_buf *buf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Decimal digits. */
void bm_buf_u64(struct bm_buf *buf, uint64_t value);
void bm_buf_i64(struct bm_buf *buf, int64_t value);
/* Drops the first `len` bytes (len <= buf->len). */
void bm_buf_drop_front(struct bm_buf *buf, size_t len);
/* The text, "" while nothing was appended. */
const char *bm_buf_c_text(const struct bm_buf *buf);

#endif
