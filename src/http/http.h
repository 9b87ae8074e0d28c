/* HTTP/1.1 server over an io twin and llhttp (RFC 9110, RFC 9112), with server-sent events
 * (WHATWG HTML, "Server-sent events").  It knows bytes, limits and connections; what a path means
 * is its caller's business (api/).
 *
 * Life of a request:
 *
 *   accept -> reading head -> reading body -> handed to `handle` -> answered -> keep-alive, again
 *                 |               |                  |                           reading head
 *                 |               |                  `-> stream opened (until cut or gone)
 *                 `---------------`-> limit: 408 / 413 / 431 / 400 and close
 *
 * One request at a time per connection: while one is unanswered at most one read's worth (64 KiB)
 * of what follows is kept, then reading stops and pipelined requests wait in the peer's kernel.
 * (Reading goes on until then so that a client that leaves is noticed.)  A handler may answer at
 * once or much later, by the exchange it was given; if the client has gone meanwhile the answer is
 * dropped and counted.
 *
 * Everything here runs on the loop's thread. */
#ifndef BM_HTTP_HTTP_H
#define BM_HTTP_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/code.h"
#include "io/io.h"

struct bm_http;
struct bm_http_exchange; /* one request and its coming answer */
struct bm_http_stream;   /* one open event stream */

/* Written limits.  What happens at each one stands beside it. */
struct bm_http_limits {
    uint32_t connections_max;     /* further connections get 503 and are closed; counted */
    uint32_t connections_reserved;/* of these, kept for requests that `is_emergency` accepts: other
                                     requests on a connection that came when only these were left
                                     get 503 with `Connection: close` (while it is still so) */
    uint32_t head_bytes_max;      /* request line + headers; 431 */
    uint32_t headers_max;         /* number of headers; 431 */
    uint32_t body_bytes_max;      /* 413, also when Content-Length says so beforehand */
    uint32_t head_ms_max;         /* first byte to end of head; 408 (slow-loris) */
    uint32_t body_ms_max;         /* end of head to end of body; 408 */
    uint32_t idle_ms_max;         /* keep-alive without a request; closed in silence */
    uint32_t write_ms_max;        /* an answer the peer does not read; closed, counted (per 256
                                     KiB, so that a big answer on a slow line gets its time); a
                                     stream is cut */
    uint32_t stream_queue_bytes;  /* a stream with more than this unsent (or 65,536 frames) is cut:
                                     it resumes; counted.  So no single frame may be longer */
    uint32_t stream_beat_ms;      /* a comment line or `beat` at least this often */
};
/* 4096 connections (64 reserved), 16 KiB head, 64 headers, 1 MiB body, 10 s, 30 s, 75 s, 20 s,
 * 1 MiB, 15 s. */
struct bm_http_limits bm_http_limits_default(void);

struct bm_http_counts { /* since start, except the two *_now; read for /metrics */
    /* A client that left counts until its exchange is answered: its memory is still held. */
    uint64_t connections_now, streams_now;
    uint64_t accepted, refused_full, requests, bad_requests, timed_out, too_large;
    uint64_t answers_dropped, streams_opened, streams_cut, bytes_in, bytes_out;
};

/* A request, valid until its exchange is answered or given up.  All text is NUL-terminated; a
 * request whose path or header values hold NUL, CR or LF never gets here. */
struct bm_http_header {
    const char *name; /* lower case */
    const char *value;
};
struct bm_http_request {
    const char *method;  /* "GET", "POST", "PATCH", "DELETE", "HEAD", "OPTIONS", "PUT" */
    const char *path;    /* percent-decoded, begins with '/', no query; "%2F" stays encoded */
    const char *query;   /* raw text after '?', "" if none */
    const struct bm_http_header *headers;
    size_t header_count;
    const uint8_t *body; /* NUL follows the body too */
    size_t body_len;
    const char *peer;    /* "127.0.0.1:54321" */
};
/* The value of a header by lower-case name, NULL if absent. A repeated one gives the first. */
const char *bm_http_header(const struct bm_http_request *request, const char *name);
/* Percent-decodes the query parameter `name` into `ret_value` (capacity `cap`, NUL included).
 * BM_NOT_FOUND when absent, BM_TOO_LONG, BM_BAD_REQUEST for a broken escape. */
BM_MUST_USE enum bm_code bm_http_query(const struct bm_http_request *request, const char *name,
                                       char *ret_value, size_t cap);
/* The cookie `name` into `ret_value`; BM_NOT_FOUND, BM_TOO_LONG. */
BM_MUST_USE enum bm_code bm_http_cookie(const struct bm_http_request *request, const char *name,
                                        char *ret_value, size_t cap);

struct bm_http_calls {
    /* A whole request has arrived.  Must lead to exactly one bm_http_answer or bm_http_stream_open
     * on `exchange`, now or later.  `request` lives until then. */
    void (*handle)(void *context, struct bm_http_exchange *exchange,
                   const struct bm_http_request *request);
    /* True for requests that may use the reserved connections (judged from method and path). NULL:
     * none may. */
    bool (*is_emergency)(void *context, const char *method, const char *path);
    /* How long a body may be there, where that is more than body_bytes_max; 0: it is not.  At most BM_HTTP_LONG_BODIES of
     * them come at one time; further ones get 503.  NULL: nowhere. */
    uint32_t (*long_body)(void *context, const char *method, const char *path);
    /* A timed answer (bm_http_time) was written, or its client had gone: so long after the request was whole.  NULL: nobody
     * wants to know. */
    void (*answered)(void *context, int64_t took_ns);
};
enum { BM_HTTP_LONG_BODIES = 4 };

struct bm_http_answer {
    int status;                /* 200.. */
    const char *content_type;  /* NULL when there is no body */
    const char *const *headers;/* further header lines "Name: value" without CRLF; may be NULL */
    size_t header_count;
    const void *body;          /* copied */
    size_t body_len;
    bool close;                /* close the connection after it */
};

/* Serves on a loop.  The caller then opens listeners with bm_http_listen. Never NULL. */
struct bm_http *bm_http_new(struct bm_io *io, const struct bm_http_limits *limits,
                            const struct bm_http_calls *calls, void *context);
BM_MUST_USE enum bm_code bm_http_listen(struct bm_http *http, const char *host, uint16_t port,
                                        uint16_t *ret_port, struct bm_fault *fault);
/* Closes all connections and all listeners of the loop, calls `on_closed` of open streams (the last
 * calls it makes) and frees.  Exchanges still unanswered must not be used afterwards. Before
 * bm_io_free, which runs the closing that remains. */
void bm_http_free(struct bm_http *http);
struct bm_http_counts bm_http_counts(const struct bm_http *http);

/* Answers and ends the exchange; the request's memory is gone afterwards.  Adds Date,
 * Content-Length, `Cache-Control: no-store` unless a header sets it, `X-Content-Type-Options`.
 * HEAD sends the head only. */
void bm_http_answer(struct bm_http_exchange *exchange, const struct bm_http_answer *answer);
/* Answers with application/problem+json {type:"about:blank", title, status, code, field, detail};
 * 503, 507 and 429 carry `Retry-After: 1`. */
void bm_http_problem(struct bm_http_exchange *exchange, const struct bm_fault *fault);
/* False once the client is known to have gone; the exchange must still be answered. A client that
 * only half-closed counts as there. */
bool bm_http_alive(const struct bm_http_exchange *exchange);

/* The time from this request's last byte to its answer's is told to `answered`. */
void bm_http_time(struct bm_http_exchange *exchange);
/* For how long each timed request that is not answered yet has been whole: at most `most` of them, in no order; how many. */
uint32_t bm_http_waiting(const struct bm_http *http, int64_t *ret_ages_ns, uint32_t most);

/* --- event streams ---------------------------------------------------------------------------- */

/* Bytes shared by many streams, counted; made with one reference. */
struct bm_http_frame;
struct bm_http_frame *bm_http_frame_new(const void *bytes, size_t len);
struct bm_http_frame *bm_http_frame_ref(struct bm_http_frame *frame);
void bm_http_frame_unref(struct bm_http_frame *frame); /* NULL is fine */
size_t bm_http_frame_len(const struct bm_http_frame *frame);

struct bm_http_stream_calls {
    /* The stream is over: client gone, cut for slowness, or bm_http_stream_close.  Called once. */
    void (*on_closed)(void *context);
    /* Time for a heartbeat (nothing was pushed for stream_beat_ms); may push.  NULL: ":\n\n". */
    void (*on_beat)(void *context);
    /* Everything pushed has reached the kernel: time to push more of a long backlog.  May push.  NULL:
     * nobody wants to know. */
    void (*on_drained)(void *context);
};
/* Turns the exchange into a `text/event-stream` (200, no-store, `X-Accel-Buffering: no`, first line
 * `retry: 1000`).  The exchange is gone afterwards.  Never NULL; may be already dead, then on_closed
 * comes soon. */
struct bm_http_stream *bm_http_stream_open(struct bm_http_exchange *exchange,
                                           const struct bm_http_stream_calls *calls, void *context);
/* Queues a frame (takes its own reference).  When more than stream_queue_bytes would be unsent the
 * stream is cut instead: no frame is left out, the client resumes by Last-Event-ID (an event
 * torn by the cut is dropped by the client, see WHATWG HTML 9.2.6).
 * Pushed frames leave in one write per loop turn. False when the stream was or is now cut. */
bool bm_http_stream_push(struct bm_http_stream *stream, struct bm_http_frame *frame);
/* Sends what is queued, then ends the response; on_closed comes when the connection is down. */
void bm_http_stream_close(struct bm_http_stream *stream);

#endif
