/* The chunked transfer coding (RFC 9112, 7.1), read strictly.  Private to src/http.
 *
 * Extensions and trailers are read and forgotten, within bounds. */
#ifndef BM_HTTP_CHUNK_H
#define BM_HTTP_CHUNK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/code.h"

enum bm_http_chunk_state {
    BM_HTTP_CHUNK_SIZE,
    BM_HTTP_CHUNK_EXTENSION,
    BM_HTTP_CHUNK_SIZE_LF,
    BM_HTTP_CHUNK_DATA,
    BM_HTTP_CHUNK_DATA_CR,
    BM_HTTP_CHUNK_DATA_LF,
    BM_HTTP_CHUNK_TRAILER,
    BM_HTTP_CHUNK_TRAILER_LF,
    BM_HTTP_CHUNK_DONE,
};

/* All zero at the start of a body. */
struct bm_http_chunks {
    enum bm_http_chunk_state state;
    uint64_t left;        /* of the present chunk */
    unsigned digits;      /* of its size */
    size_t line_bytes;    /* of the present extension or trailer line */
    size_t trailer_bytes; /* of all trailers */
};

/* Appends the content to `body`, whose max_bytes is the limit. `ret_used` bytes belong to the body.
 * BM_OK with state DONE or more bytes needed; BM_BAD_REQUEST, BM_TOO_LARGE (fault filled). */
BM_MUST_USE enum bm_code bm_http_chunks_read(struct bm_http_chunks *chunks, const uint8_t *bytes,
                                             size_t len, struct bm_buf *body, size_t *ret_used,
                                             struct bm_fault *fault);

#endif
