#include "http/http.h"

#include <stddef.h>
#include <stdio.h>

#include "base/alloc.h"
#include "base/check.h"
#include "http/connection.h"

enum {
    LINGER_MS = 1000,
    REFUSING_MAX = 256,            /* connections that are only being told 503 */
    SURPLUS_BYTES_MAX = 256 * 1024 /* a read is at most 64 KiB in both io twins */
};

struct bm_http_limits bm_http_limits_default(void) {
    return (struct bm_http_limits){
        .connections_max = 4096,
        .connections_reserved = 64,
        .head_bytes_max = 16 * 1024,
        .headers_max = 64,
        .body_bytes_max = 1024 * 1024,
        .head_ms_max = 10 * 1000,
        .body_ms_max = 30 * 1000,
        .idle_ms_max = 75 * 1000,
        .write_ms_max = 20 * 1000,
        .stream_queue_bytes = 1024 * 1024,
        .stream_beat_ms = 15 * 1000,
    };
}

static void expired(void *context, enum bm_http_wait wait, struct bm_http_deadline *deadline) {
    (void)context;
    if (wait == BM_HTTP_WAIT_BEAT) {
        bm_http_stream_beat(deadline);
        return;
    }
    struct bm_http_connection *connection =
        (struct bm_http_connection *)((char *)deadline -
                                      offsetof(struct bm_http_connection, deadline));
    bm_http_connection_expired(connection, wait);
}

struct bm_http *bm_http_new(struct bm_io *io, const struct bm_http_limits *limits,
                            const struct bm_http_calls *calls, void *context) {
    BM_CHECK(calls->handle);
    BM_CHECK(limits->connections_reserved < limits->connections_max);
    struct bm_http *http = bm_alloc_zero(1, sizeof *http);
    http->io = io;
    http->limits = *limits;
    http->calls = *calls;
    http->context = context;
    const uint32_t durations_ms[BM_HTTP_WAIT_COUNT] = {
        [BM_HTTP_WAIT_HEAD] = limits->head_ms_max, [BM_HTTP_WAIT_BODY] = limits->body_ms_max,
        [BM_HTTP_WAIT_IDLE] = limits->idle_ms_max, [BM_HTTP_WAIT_WRITE] = limits->write_ms_max,
        [BM_HTTP_WAIT_LINGER] = LINGER_MS,         [BM_HTTP_WAIT_BEAT] = limits->stream_beat_ms,
    };
    bm_http_deadlines_init(&http->deadlines, io, durations_ms, expired, http);
    http->flush_timer = bm_io_timer_new(io, bm_http_streams_flush, http);
    return http;
}

static void accept_connection(void *context, struct bm_io_stream *io_stream) {
    struct bm_http *http = context;
    uint64_t now = http->counts.connections_now;
    bool full = now >= http->limits.connections_max;
    if (full && http->refusing >= REFUSING_MAX) {
        http->counts.refused_full++;
        bm_io_close(io_stream);
        return;
    }
    struct bm_http_connection *connection = bm_alloc_zero(1, sizeof *connection);
    connection->http = http;
    connection->io_stream = io_stream;
    connection->refused = full;
    connection->reserved = now >= http->limits.connections_max - http->limits.connections_reserved;
    connection->head_bytes = bm_buf_make(http->limits.head_bytes_max);
    connection->body = bm_buf_make(http->limits.body_bytes_max);
    connection->surplus = bm_buf_make(SURPLUS_BYTES_MAX);
    connection->out = bm_buf_make(SIZE_MAX / 4);
    connection->sending = bm_buf_make(SIZE_MAX / 4);
    snprintf(connection->peer, sizeof connection->peer, "%s", bm_io_peer(io_stream));
    connection->next = http->connections;
    connection->place = &http->connections;
    if (connection->next) connection->next->place = &connection->next;
    http->connections = connection;
    bm_io_stream_own(io_stream, &bm_http_connection_calls, connection);
    if (full) {
        struct bm_fault fault;
        bm_fault_set(&fault, BM_OVERLOADED, NULL, "All %u connections are in use.",
                     http->limits.connections_max);
        http->refusing++;
        bm_http_connection_refuse(connection, &fault);
        return;
    }
    http->counts.accepted++;
    http->counts.connections_now++;
    bm_http_deadline_set(&http->deadlines, &connection->deadline, BM_HTTP_WAIT_IDLE);
}

enum bm_code bm_http_listen(struct bm_http *http, const char *host, uint16_t port,
                            uint16_t *ret_port, struct bm_fault *fault) {
    return bm_io_listen(http->io, host, port, accept_connection, http, ret_port, fault);
}

struct bm_http_counts bm_http_counts(const struct bm_http *http) {
    return http->counts;
}

void bm_http_free(struct bm_http *http) {
    if (!http) return;
    bm_io_unlisten(http->io);
    /* Streams first: their owners hear of it now, nobody is called after this function. */
    bm_http_streams_end(http);
    bm_io_timer_free(http->flush_timer);
    bm_http_deadlines_close(&http->deadlines);
    http->freed = true;
    if (!http->connections) {
        bm_free(http);
        return;
    }
    /* The io streams close in their own time; the last connection to go frees the server. */
    struct bm_http_connection *connection = http->connections;
    while (connection) {
        struct bm_http_connection *next = connection->next;
        connection->exchange.open = false;
        bm_http_connection_close(connection);
        bm_http_connection_release(connection);
        connection = next;
    }
}
