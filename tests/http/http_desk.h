/* A small application behind the server, for the tests of both io twins. */
#ifndef BM_TESTS_HTTP_DESK_H
#define BM_TESTS_HTTP_DESK_H

#include "http/http.h"

enum { HTTP_DESK_STREAMS_MAX = 2048 };

struct http_desk_stream {
    struct http_desk *desk;
    struct bm_http_stream *stream; /* NULL once closed */
    unsigned beats;
};

struct http_desk {
    struct bm_io *io;
    struct bm_http *http;
    uint16_t port;
    struct bm_http_exchange *held; /* GET /hold, until POST /release */
    struct http_desk_stream streams[HTTP_DESK_STREAMS_MAX];
    size_t stream_count;
    unsigned closed_count; /* on_closed calls */
    unsigned beat_count;
    bool own_beat;
    char last_peer[64];
};

/*   GET  /hello       "hello"                 POST /echo     the body
 *   *    /show        method, path, query     GET  /big      4 MiB of 'b'
 *   GET  /hold        answered by             POST /release  "alive" or "gone", then "held" to it
 *   GET  /stream      an event stream         POST /push     the body to all streams
 *   POST /close       closes all streams      GET  /counts   the server's counts
 *   GET  /problem     412 with field          *    /sos      an emergency
 *   GET  /bye         answer.close            GET  /empty    204
 *   POST /work        through bm_io_work */
void http_desk_start(struct http_desk *desk, struct bm_io *io, const struct bm_http_limits *limits);
/* Turns the held exchange into a stream. */
struct http_desk_stream *http_desk_stream_held(struct http_desk *desk);
void http_desk_stop(struct http_desk *desk);

#endif
