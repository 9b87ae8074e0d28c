#include "http/connection.h"

#include <string.h>

#include "base/alloc.h"
#include "base/check.h"

/* A write in flight is at most this long, so that write_ms_max measures progress: a big answer on a
 * slow line gets the time again for every slice. */
enum { SLICE_BYTES = 256 * 1024, KEEP_BYTES = 16 * 1024 };

static void feed(struct bm_http_connection *connection, const uint8_t *bytes, size_t len);

/* --- ending ----------------------------------------------------------------------------------- */

static void shrink(struct bm_buf *buf) {
    if (buf->cap > KEEP_BYTES)
        bm_buf_free(buf);
    else
        bm_buf_clear(buf);
}

static void end_long_body(struct bm_http_connection *connection) {
    if (!connection->long_body) return;
    connection->long_body = false;
    connection->http->long_bodies--;
    connection->body.max_bytes = connection->http->limits.body_bytes_max;
}

void bm_http_connection_drop_request(struct bm_http_connection *connection) {
    bm_buf_free(&connection->head_bytes);
    bm_buf_free(&connection->body);
    end_long_body(connection);
    bm_buf_free(&connection->surplus);
    bm_free(connection->head.headers);
    connection->head.headers = NULL;
}

static void untime(struct bm_http_connection *connection) {
    if (!connection->timed) return;
    connection->timed = false;
    *connection->timed_place = connection->timed_next;
    if (connection->timed_next) connection->timed_next->timed_place = connection->timed_place;
}

void bm_http_connection_answered(struct bm_http_connection *connection) {
    struct bm_http *http = connection->http;
    if (!connection->timed) return;
    untime(connection);
    if (!http->freed) http->calls.answered(http->context, bm_io_mono_ns(http->io) - connection->whole_at_ns);
}

void bm_http_time(struct bm_http_exchange *exchange) {
    struct bm_http_connection *connection = exchange->connection;
    struct bm_http *http = connection->http;
    BM_CHECK(exchange->open);
    if (connection->timed || !http->calls.answered) return;
    connection->timed = true;
    connection->timed_next = http->timed;
    connection->timed_place = &http->timed;
    if (connection->timed_next) connection->timed_next->timed_place = &connection->timed_next;
    http->timed = connection;
}

uint32_t bm_http_waiting(const struct bm_http *http, int64_t *ret_ages_ns, uint32_t most) {
    int64_t now_ns = bm_io_mono_ns(http->io);
    uint32_t count = 0;
    for (const struct bm_http_connection *at = http->timed; at && count < most; at = at->timed_next)
        ret_ages_ns[count++] = now_ns - at->whole_at_ns;
    return count;
}

void bm_http_connection_release(struct bm_http_connection *connection) {
    struct bm_http *http = connection->http;
    if (connection->io_stream || connection->exchange.open || connection->stream) return;
    bm_http_connection_answered(connection);
    *connection->place = connection->next;
    if (connection->next) connection->next->place = connection->place;
    if (connection->refused)
        http->refusing--;
    else
        http->counts.connections_now--;
    bm_http_deadline_clear(&connection->deadline);
    bm_http_connection_drop_request(connection);
    bm_buf_free(&connection->out);
    bm_buf_free(&connection->sending);
    bm_free(connection);
    if (http->freed && !http->connections) bm_free(http);
}

void bm_http_connection_close(struct bm_http_connection *connection) {
    if (connection->closing || !connection->io_stream) return;
    connection->closing = true;
    bm_http_deadline_clear(&connection->deadline);
    bm_io_close(connection->io_stream);
}

void bm_http_connection_finish(struct bm_http_connection *connection) {
    connection->phase = BM_HTTP_LINGER;
    if (connection->peer_ended) {
        bm_http_connection_close(connection);
        return;
    }
    /* Closing now, with bytes of the peer unread, would make TCP reset the connection and the peer
     * lose our last answer. So: our end of file, then read on until theirs, but not for long. */
    bm_io_end_writing(connection->io_stream);
    connection->paused = false;
    bm_io_resume(connection->io_stream);
    bm_http_deadline_set(&connection->http->deadlines, &connection->deadline, BM_HTTP_WAIT_LINGER);
}

static void count_refusal(struct bm_http_counts *counts, enum bm_code code) {
    switch ((int)code) {
    case BM_TIMED_OUT:
        counts->timed_out++;
        break;
    case BM_TOO_LARGE:
    case BM_HEADERS_TOO_LARGE:
        counts->too_large++;
        break;
    case BM_OVERLOADED:
        counts->refused_full++;
        break;
    default:
        counts->bad_requests++;
        break;
    }
}

void bm_http_connection_refuse(struct bm_http_connection *connection,
                               const struct bm_fault *fault) {
    count_refusal(&connection->http->counts, fault->code);
    connection->discard = true;
    bm_buf_clear(&connection->surplus);
    connection->surplus_at = 0;
    bm_http_problem_write(connection, fault, true);
}

static void on_closed(void *context) {
    struct bm_http_connection *connection = context;
    bm_http_deadline_clear(&connection->deadline);
    connection->io_stream = NULL;
    connection->closing = true;
    if (connection->stream) bm_http_stream_gone(connection->stream);
    bm_http_connection_release(connection);
}

static void on_end(void *context) {
    struct bm_http_connection *connection = context;
    connection->peer_ended = true;
    switch (connection->phase) {
    case BM_HTTP_HEAD:
        if (connection->scan.bytes) connection->http->counts.bad_requests++;
        bm_http_connection_close(connection);
        break;
    case BM_HTTP_BODY:
        connection->http->counts.bad_requests++;
        bm_http_connection_close(connection);
        break;
    case BM_HTTP_STREAM: /* browsers never half-close: this one has gone */
    case BM_HTTP_LINGER:
        bm_http_connection_close(connection);
        break;
    case BM_HTTP_HANDLED: /* a client may half-close after its request and wait */
    case BM_HTTP_ANSWERING:
        break;
    }
}

void bm_http_connection_expired(struct bm_http_connection *connection, enum bm_http_wait wait) {
    struct bm_http *http = connection->http;
    struct bm_fault fault = {.code = BM_TIMED_OUT};
    switch (wait) {
    case BM_HTTP_WAIT_HEAD:
    case BM_HTTP_WAIT_BODY:
        bm_fault_set(&fault, BM_TIMED_OUT, NULL, "The %s did not arrive within %u ms.",
                     wait == BM_HTTP_WAIT_HEAD ? "request head" : "request body",
                     wait == BM_HTTP_WAIT_HEAD ? http->limits.head_ms_max
                                               : http->limits.body_ms_max);
        bm_http_connection_refuse(connection, &fault);
        break;
    case BM_HTTP_WAIT_WRITE:
        if (connection->stream) {
            bm_http_stream_cut(connection->stream);
        } else {
            http->counts.timed_out++;
            bm_http_connection_close(connection);
        }
        break;
    case BM_HTTP_WAIT_IDLE:
    case BM_HTTP_WAIT_LINGER:
        bm_http_connection_close(connection);
        break;
    case BM_HTTP_WAIT_BEAT:
    case BM_HTTP_WAIT_COUNT:
        break; /* beats belong to streams */
    }
}

/* --- writing ---------------------------------------------------------------------------------- */

static void answer_drained(struct bm_http_connection *connection) {
    bm_http_connection_answered(connection);
    if (connection->close_after) {
        bm_http_connection_finish(connection);
        return;
    }
    /* The next request: what has arrived already, then the socket. */
    connection->phase = BM_HTTP_HEAD;
    connection->head.method = NULL;
    connection->scan = (struct bm_http_head_scan){.bytes = 0};
    shrink(&connection->head_bytes);
    shrink(&connection->body);
    end_long_body(connection);
    bm_http_deadline_set(&connection->http->deadlines, &connection->deadline, BM_HTTP_WAIT_IDLE);
    if (connection->surplus.len) {
        size_t from = connection->surplus_at;
        feed(connection, connection->surplus.bytes + from, connection->surplus.len - from);
    }
    if (connection->phase != BM_HTTP_HEAD && connection->phase != BM_HTTP_BODY) return;
    if (connection->peer_ended) {
        on_end(connection);
    } else if (connection->paused) {
        connection->paused = false;
        bm_io_resume(connection->io_stream);
    }
}

static void write_slice(struct bm_http_connection *connection);

static void on_written(void *context, bool ok) {
    struct bm_http_connection *connection = context;
    struct bm_http *http = connection->http;
    connection->writing = false;
    if (connection->phase != BM_HTTP_HANDLED && connection->phase != BM_HTTP_BODY)
        bm_http_deadline_clear(&connection->deadline);
    if (!ok || connection->closing) {
        if (connection->phase == BM_HTTP_ANSWERING) http->counts.answers_dropped++;
        return; /* on_closed follows */
    }
    http->counts.bytes_out += connection->slice_bytes;
    connection->sent += connection->slice_bytes;
    if (connection->sent < connection->sending.len) {
        write_slice(connection);
        return;
    }
    shrink(&connection->sending);
    connection->sent = 0;
    if (connection->out.len) {
        bm_http_connection_write(connection);
    } else if (connection->phase == BM_HTTP_ANSWERING) {
        answer_drained(connection);
    } else if (connection->phase == BM_HTTP_STREAM) {
        bm_http_stream_flush(connection->stream);
    }
}

static void write_slice(struct bm_http_connection *connection) {
    size_t left = connection->sending.len - connection->sent;
    connection->slice_bytes = left < SLICE_BYTES ? left : SLICE_BYTES;
    connection->writing = true;
    /* "100 Continue" is written while the body's own deadline runs: that one stays. */
    if (connection->phase != BM_HTTP_BODY)
        bm_http_deadline_set(&connection->http->deadlines, &connection->deadline,
                             BM_HTTP_WAIT_WRITE);
    bm_io_write(connection->io_stream, connection->sending.bytes + connection->sent,
                connection->slice_bytes, on_written, connection);
}

void bm_http_connection_write(struct bm_http_connection *connection) {
    if (connection->closing || !connection->out.len) return;
    if (connection->writing) {
        /* Behind a "100 Continue" that the peer does not read; only a body has its own deadline. */
        if (!connection->deadline.next)
            bm_http_deadline_set(&connection->http->deadlines, &connection->deadline,
                                 BM_HTTP_WAIT_WRITE);
        return;
    }
    struct bm_buf empty = connection->sending;
    connection->sending = connection->out;
    connection->out = empty;
    write_slice(connection);
}

/* --- reading ---------------------------------------------------------------------------------- */

static bool is_emergency(struct bm_http_connection *connection) {
    struct bm_http *http = connection->http;
    return http->calls.is_emergency &&
           http->calls.is_emergency(http->context, connection->head.method, connection->head.path);
}

static void hand_over(struct bm_http_connection *connection) {
    struct bm_http *http = connection->http;
    bm_http_deadline_clear(&connection->deadline);
    http->counts.requests++;
    connection->phase = BM_HTTP_HANDLED;
    connection->whole_at_ns = bm_io_mono_ns(http->io);
    connection->request = (struct bm_http_request){
        .method = connection->head.method,
        .path = connection->head.path,
        .query = connection->head.query,
        .headers = connection->head.headers,
        .header_count = connection->head.header_count,
        .body = (const uint8_t *)bm_buf_c_text(&connection->body),
        .body_len = connection->body.len,
        .peer = connection->peer,
    };
    connection->exchange = (struct bm_http_exchange){.connection = connection, .open = true};
    http->calls.handle(http->context, &connection->exchange, &connection->request);
}

/* Makes room for a body that may be longer than others, while there is room for such. */
static enum bm_code room_for_body(struct bm_http_connection *connection, struct bm_fault *fault) {
    struct bm_http *http = connection->http;
    const struct bm_http_head *head = &connection->head;
    uint32_t most = http->limits.body_bytes_max, longest = 0;
    if (!head->chunked && head->body_bytes <= most) return BM_OK;
    if (http->calls.long_body) longest = http->calls.long_body(http->context, head->method, head->path);
    if (longest > most && head->body_bytes <= longest) {
        if (http->long_bodies >= BM_HTTP_LONG_BODIES)
            return bm_fault_set(fault, BM_OVERLOADED, NULL, "%d long files are on their way; try again shortly.",
                                BM_HTTP_LONG_BODIES);
        connection->long_body = true;
        http->long_bodies++;
        connection->body.max_bytes = longest;
        return BM_OK;
    }
    if (head->body_bytes <= most) return BM_OK;
    return bm_fault_set(fault, BM_TOO_LARGE, NULL, "A body may have %u bytes here.", longest > most ? longest : most);
}

/* The head is known: what follows? */
static void begin_body(struct bm_http_connection *connection) {
    struct bm_http *http = connection->http;
    struct bm_http_head *head = &connection->head;
    struct bm_fault fault;
    enum bm_code code = bm_http_head_read(head, &connection->head_bytes, http->limits.headers_max,
                                          &fault);
    if (code == BM_OK && connection->reserved && !is_emergency(connection) &&
        http->counts.connections_now >
            http->limits.connections_max - http->limits.connections_reserved)
        code = bm_fault_set(&fault, BM_OVERLOADED, NULL,
                            "Only connections for emergencies are left; try again shortly.");
    if (code == BM_OK) code = room_for_body(connection, &fault);
    if (code != BM_OK) {
        bm_http_connection_refuse(connection, &fault);
        return;
    }
    if (!head->chunked && !head->body_bytes) {
        hand_over(connection);
        return;
    }
    connection->phase = BM_HTTP_BODY;
    connection->chunks = (struct bm_http_chunks){.left = 0};
    bm_http_deadline_set(&http->deadlines, &connection->deadline, BM_HTTP_WAIT_BODY);
}

static size_t read_head(struct bm_http_connection *connection, const uint8_t *bytes, size_t len) {
    struct bm_http *http = connection->http;
    struct bm_fault fault;
    size_t used = 0;
    if (!connection->scan.bytes)
        bm_http_deadline_set(&http->deadlines, &connection->deadline, BM_HTTP_WAIT_HEAD);
    enum bm_http_scan outcome = bm_http_head_scan(&connection->scan, bytes, len,
                                                  http->limits.head_bytes_max, &used, &fault);
    if (outcome == BM_HTTP_SCAN_BAD) {
        bm_http_connection_refuse(connection, &fault);
        return len;
    }
    bm_buf_add(&connection->head_bytes, bytes, used);
    if (outcome == BM_HTTP_SCAN_DONE) begin_body(connection);
    return used;
}

/* A client that waits for "100 Continue" has sent nothing of the body yet. */
static void invite_body(struct bm_http_connection *connection) {
    if (!connection->head.expects_continue) return;
    connection->head.expects_continue = false;
    bm_buf_text(&connection->out, "HTTP/1.1 100 Continue\r\n\r\n");
    bm_http_connection_write(connection);
}

static size_t read_body(struct bm_http_connection *connection, const uint8_t *bytes, size_t len) {
    struct bm_http_head *head = &connection->head;
    struct bm_buf *body = &connection->body;
    struct bm_fault fault;
    size_t used = 0;
    connection->head.expects_continue = false;
    if (head->chunked) {
        if (bm_http_chunks_read(&connection->chunks, bytes, len, body, &used, &fault) != BM_OK) {
            bm_http_connection_refuse(connection, &fault);
            return len;
        }
        if (connection->chunks.state == BM_HTTP_CHUNK_DONE) hand_over(connection);
        return used;
    }
    size_t left = (size_t)head->body_bytes - body->len;
    used = len < left ? len : left;
    bm_buf_add(body, bytes, used);
    BM_CHECK(!body->overflow);
    if (used == left) hand_over(connection);
    return used;
}

/* Keeps what belongs to the next request and stops reading, so that a peer that sends faster than
 * it is answered waits in its own kernel. */
static void keep_surplus(struct bm_http_connection *connection, const uint8_t *bytes, size_t len) {
    if (connection->closing || !connection->io_stream || connection->discard) return;
    if (connection->phase == BM_HTTP_STREAM || connection->phase == BM_HTTP_LINGER) return;
    /* The bytes may be the surplus itself, being fed again. */
    if (connection->surplus.len && bytes >= connection->surplus.bytes &&
        bytes < connection->surplus.bytes + connection->surplus.len) {
        connection->surplus_at = (size_t)(bytes - connection->surplus.bytes);
    } else {
        bm_buf_add(&connection->surplus, bytes, len);
        BM_CHECK(!connection->surplus.overflow);
    }
    if (connection->paused) return;
    connection->paused = true;
    bm_io_pause(connection->io_stream);
}

static void feed(struct bm_http_connection *connection, const uint8_t *bytes, size_t len) {
    const uint8_t *end = bytes + len;
    bool from_surplus = connection->surplus.len > 0;
    while (bytes < end) {
        if (connection->closing) return;
        if (connection->phase == BM_HTTP_HEAD) {
            bytes += read_head(connection, bytes, (size_t)(end - bytes));
        } else if (connection->phase == BM_HTTP_BODY) {
            bytes += read_body(connection, bytes, (size_t)(end - bytes));
        } else {
            keep_surplus(connection, bytes, (size_t)(end - bytes));
            return;
        }
    }
    if (from_surplus) {
        bm_buf_free(&connection->surplus);
        connection->surplus_at = 0;
    }
    if (connection->phase == BM_HTTP_BODY) invite_body(connection);
}

static void on_bytes(void *context, const uint8_t *bytes, size_t len) {
    struct bm_http_connection *connection = context;
    connection->http->counts.bytes_in += len;
    feed(connection, bytes, len);
}

const struct bm_io_stream_calls bm_http_connection_calls = {
    .on_bytes = on_bytes,
    .on_end = on_end,
    .on_closed = on_closed,
};
