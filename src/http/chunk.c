#include "http/chunk.h"

/* Enough for what proxies really send; more is somebody filling our time. */
enum { SIZE_DIGITS_MAX = 8, EXTENSION_BYTES_MAX = 256, TRAILER_BYTES_MAX = 4096 };

static int hex_value(uint8_t c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

static bool is_control(uint8_t c) {
    return (c < 0x20 && c != '\t') || c == 0x7f;
}

/* The line of a chunk's size and extension, one byte; NULL when fine. */
static const char *size_byte(struct bm_http_chunks *chunks, uint8_t c) {
    int digit = hex_value(c);
    if (digit >= 0) {
        if (++chunks->digits > SIZE_DIGITS_MAX) return "A chunk size is too long.";
        chunks->left = chunks->left * 16 + (uint64_t)digit;
        return NULL;
    }
    if (!chunks->digits) return "A chunk has no size.";
    chunks->line_bytes = 0;
    if (c == '\r') {
        chunks->state = BM_HTTP_CHUNK_SIZE_LF;
    } else if (c == ';') {
        chunks->state = BM_HTTP_CHUNK_EXTENSION;
    } else {
        return "A chunk size holds a character that is not allowed.";
    }
    return NULL;
}

static const char *extension_byte(struct bm_http_chunks *chunks, uint8_t c) {
    if (c == '\r') {
        chunks->state = BM_HTTP_CHUNK_SIZE_LF;
        return NULL;
    }
    if (is_control(c)) return "A chunk extension holds a control character.";
    if (++chunks->line_bytes > EXTENSION_BYTES_MAX) return "A chunk extension is too long.";
    return NULL;
}

static const char *trailer_byte(struct bm_http_chunks *chunks, uint8_t c) {
    if (c == '\r') {
        chunks->state = BM_HTTP_CHUNK_TRAILER_LF;
        return NULL;
    }
    if (is_control(c)) return "A trailer holds a control character.";
    if (chunks->line_bytes == 0 && (c == ' ' || c == '\t'))
        return "A folded trailer line is not allowed.";
    chunks->line_bytes++;
    if (++chunks->trailer_bytes > TRAILER_BYTES_MAX) return "The trailers are too long.";
    return NULL;
}

static const char *expect_byte(struct bm_http_chunks *chunks, uint8_t c, char wanted,
                               enum bm_http_chunk_state next) {
    if (c != (uint8_t)wanted) return "A chunk does not end with a line end.";
    chunks->state = next;
    return NULL;
}

static const char *framing_byte(struct bm_http_chunks *chunks, uint8_t c) {
    switch (chunks->state) {
    case BM_HTTP_CHUNK_SIZE:
        return size_byte(chunks, c);
    case BM_HTTP_CHUNK_EXTENSION:
        return extension_byte(chunks, c);
    case BM_HTTP_CHUNK_SIZE_LF:
        chunks->digits = 0;
        return expect_byte(chunks, c, '\n',
                           chunks->left ? BM_HTTP_CHUNK_DATA : BM_HTTP_CHUNK_TRAILER);
    case BM_HTTP_CHUNK_DATA_CR:
        return expect_byte(chunks, c, '\r', BM_HTTP_CHUNK_DATA_LF);
    case BM_HTTP_CHUNK_DATA_LF:
        return expect_byte(chunks, c, '\n', BM_HTTP_CHUNK_SIZE);
    case BM_HTTP_CHUNK_TRAILER:
        return trailer_byte(chunks, c);
    case BM_HTTP_CHUNK_TRAILER_LF: {
        bool last = chunks->line_bytes == 0;
        chunks->line_bytes = 0;
        return expect_byte(chunks, c, '\n', last ? BM_HTTP_CHUNK_DONE : BM_HTTP_CHUNK_TRAILER);
    }
    case BM_HTTP_CHUNK_DATA:
    case BM_HTTP_CHUNK_DONE:
        break;
    }
    return NULL;
}

static enum bm_code too_large(const struct bm_buf *body, struct bm_fault *fault) {
    return bm_fault_set(fault, BM_TOO_LARGE, NULL, "A body may have %zu bytes.", body->max_bytes);
}

enum bm_code bm_http_chunks_read(struct bm_http_chunks *chunks, const uint8_t *bytes, size_t len,
                                 struct bm_buf *body, size_t *ret_used, struct bm_fault *fault) {
    size_t at = 0;
    while (at < len && chunks->state != BM_HTTP_CHUNK_DONE) {
        if (chunks->state == BM_HTTP_CHUNK_DATA) {
            size_t part = len - at < chunks->left ? len - at : (size_t)chunks->left;
            bm_buf_add(body, bytes + at, part);
            at += part;
            chunks->left -= part;
            if (!chunks->left) chunks->state = BM_HTTP_CHUNK_DATA_CR;
            continue;
        }
        const char *why = framing_byte(chunks, bytes[at++]);
        if (why) return bm_fault_set(fault, BM_BAD_REQUEST, NULL, "%s", why);
        /* Judged when the size is known, so that the outcome does not depend on how bytes are cut.
         */
        if (chunks->state == BM_HTTP_CHUNK_DATA && chunks->left > body->max_bytes - body->len)
            return too_large(body, fault);
    }
    *ret_used = at;
    return BM_OK;
}
