/* The head of a request: finding its end strictly, then reading it.  Private to src/http.
 *
 * llhttp reads the head, but the build Debian ships is the lenient one (bare LF, spaces in header
 * names, folded lines), and two readers that disagree about where a request ends are how requests
 * are smuggled past a proxy.  So the scan refuses everything outside the grammar of RFC 9112 before
 * llhttp sees it, and the framing headers are judged again afterwards. */
#ifndef BM_HTTP_HEAD_H
#define BM_HTTP_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/code.h"
#include "http/http.h"

enum bm_http_scan { BM_HTTP_SCAN_MORE, BM_HTTP_SCAN_DONE, BM_HTTP_SCAN_BAD };

/* All zero at the start of a request. */
struct bm_http_head_scan {
    size_t bytes;         /* of the head so far */
    size_t line_bytes;    /* of the present line, without its end */
    unsigned blank_lines; /* before the request line */
    unsigned spaces;      /* in the request line */
    bool after_cr, in_headers, in_name;
    char tail[9]; /* the last bytes of the request line: " HTTP/1.1" */
};

/* Looks at arriving bytes until the empty line.  `ret_used` bytes belong to the head (all of them
 * with MORE).  With BAD `fault` tells why: BM_BAD_REQUEST or BM_HEADERS_TOO_LARGE. The outcome does
 * not depend on how the bytes are cut. */
enum bm_http_scan bm_http_head_scan(struct bm_http_head_scan *scan, const uint8_t *bytes,
                                    size_t len, size_t bytes_max, size_t *ret_used,
                                    struct bm_fault *fault);

struct bm_http_head {
    const char *method, *path, *query;
    struct bm_http_header *headers; /* room for headers_max, kept between requests */
    size_t header_count;
    uint64_t body_bytes; /* Content-Length, 0 if none */
    bool chunked, keep_alive, http_1_0, expects_continue;
};

/* Reads a whole scanned head.  The texts in `head` point into `bytes`, which is cut up for that.
 * BM_BAD_REQUEST, BM_HEADERS_TOO_LARGE, BM_NO_METHOD. */
BM_MUST_USE enum bm_code bm_http_head_read(struct bm_http_head *head, struct bm_buf *bytes,
                                           size_t headers_max, struct bm_fault *fault);

/* Decodes the target's path in place; "%2F" stays as it is. BM_BAD_REQUEST for a broken escape, a
 * control character, a ".." segment. (request.c) */
BM_MUST_USE enum bm_code bm_http_path_decode(char *path, struct bm_fault *fault);

#endif
