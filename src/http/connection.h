/* One client connection and the server that holds it.  Private to src/http.
 *
 *               bytes              whole                answer             drained, keep-alive
 *   HEAD ------------> BODY -----------> HANDLED ----------> ANSWERING ----------------> HEAD
 *     |  limit, 4xx      |  limit, 4xx      |                   | close asked
 *     `------------------+------------------|-------------------+-----> LINGER --> gone
 *                                           `---> STREAM --------------^
 *
 * A connection is freed when its io stream is gone AND its exchange has been answered.  Until then
 * it counts in connections_now, so that memory held for absent clients is bounded, too. */
#ifndef BM_HTTP_CONNECTION_H
#define BM_HTTP_CONNECTION_H

#include "base/buf.h"
#include "http/chunk.h"
#include "http/deadline.h"
#include "http/head.h"
#include "http/http.h"

enum bm_http_phase {
    BM_HTTP_HEAD,      /* idle, or collecting a head */
    BM_HTTP_BODY,      /* collecting a body */
    BM_HTTP_HANDLED,   /* the caller has the exchange */
    BM_HTTP_ANSWERING, /* the answer is being written */
    BM_HTTP_STREAM,    /* an event stream is open */
    BM_HTTP_LINGER,    /* all is written, our direction is ended; waiting for the peer to close */
};

struct bm_http_connection;

struct bm_http_exchange {
    struct bm_http_connection *connection;
    bool open; /* handed out and not answered */
};

struct bm_http_connection {
    struct bm_http *http;
    struct bm_http_connection *next, **place; /* all connections of the server */
    struct bm_io_stream *io_stream;           /* NULL once gone */
    enum bm_http_phase phase;
    bool reserved;   /* came when only reserved connections were left */
    bool long_body;  /* one of http->long_bodies until its request is dropped */
    bool refused;    /* came when none was left: gets 503, is not counted as a connection */
    bool closing;    /* bm_io_close was called */
    bool peer_ended; /* the peer half-closed */
    bool paused;
    bool close_after; /* the answer being written is the last one */
    bool discard;     /* what still arrives is not looked at */
    bool writing;
    bool timed; /* in http->timed until its answer is written */
    int64_t whole_at_ns;
    struct bm_http_connection *timed_next, **timed_place;
    struct bm_http_deadline deadline;
    char peer[64]; /* the exchange may outlive the io stream */

    struct bm_http_head_scan scan;
    struct bm_http_chunks chunks;
    struct bm_http_head head;
    struct bm_buf head_bytes; /* what `head` points into */
    struct bm_buf body;
    struct bm_buf surplus; /* arrived after the present request; one read's worth */
    size_t surplus_at;
    struct bm_http_request request;
    struct bm_http_exchange exchange;

    struct bm_buf out;     /* to be written next */
    struct bm_buf sending; /* in flight, from `sent` on */
    size_t sent, slice_bytes;
    struct bm_http_stream *stream;
};

struct bm_http {
    struct bm_io *io;
    struct bm_http_limits limits;
    struct bm_http_calls calls;
    void *context;
    struct bm_http_counts counts;
    struct bm_http_deadlines deadlines;
    struct bm_http_connection *connections;
    struct bm_http_connection *timed; /* those whose answer is timed and not written yet */
    unsigned refusing;    /* connections with `refused` */
    unsigned long_bodies; /* connections with `long_body` */
    bool freed;        /* waiting for the last io stream to close */
    /* Streams with something to do at the end of the loop turn: frames to send, or dead on arrival.
     */
    struct bm_io_timer *flush_timer;
    struct bm_http_stream *dirty;
    bool flush_set;
    int64_t date_s; /* the second `date` was made for */
    char date[32];
};

/* --- connection.c ----------------------------------------------------------------------------- */

extern const struct bm_io_stream_calls bm_http_connection_calls;

void bm_http_connection_expired(struct bm_http_connection *connection, enum bm_http_wait wait);
/* Answers a request that was not handed out and closes: limits, 400s. Counted by its code. */
void bm_http_connection_refuse(struct bm_http_connection *connection, const struct bm_fault *fault);
/* Starts writing `out` unless a write is in flight. */
void bm_http_connection_write(struct bm_http_connection *connection);
/* Ends our direction and waits a moment for the peer to close. */
void bm_http_connection_finish(struct bm_http_connection *connection);
void bm_http_connection_close(struct bm_http_connection *connection);
/* Frees it when nothing holds it any more. */
void bm_http_connection_release(struct bm_http_connection *connection);
/* The answer is written, or nobody is there to get it: says how long it took, where that is wanted. */
void bm_http_connection_answered(struct bm_http_connection *connection);
/* Gives back what only a request needs. */
void bm_http_connection_drop_request(struct bm_http_connection *connection);

/* --- answer.c --------------------------------------------------------------------------------- */

/* Appends status line and the lines every answer has. */
void bm_http_answer_begin(struct bm_http *http, struct bm_buf *out, int status);
/* Writes an answer out of the exchange's order; sets close_after and the phase. */
void bm_http_answer_write(struct bm_http_connection *connection,
                          const struct bm_http_answer *answer);
/* The problem document of `fault`. */
void bm_http_problem_write(struct bm_http_connection *connection, const struct bm_fault *fault,
                           bool close);

/* --- stream.c --------------------------------------------------------------------------------- */

/* Moves frames into `out` and writes; at the end of a turn and when a write is done. */
void bm_http_stream_flush(struct bm_http_stream *stream);
/* The connection has gone: tells the owner and frees the stream. */
void bm_http_stream_gone(struct bm_http_stream *stream);
void bm_http_stream_cut(struct bm_http_stream *stream);
void bm_http_stream_beat(struct bm_http_deadline *deadline);
/* Ends all streams at once, for bm_http_free. */
void bm_http_streams_end(struct bm_http *http);
/* The flush timer's call; `context` is the server. */
void bm_http_streams_flush(void *context);

#endif
