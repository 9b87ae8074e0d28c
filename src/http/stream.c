/* Event streams: a bounded ring of shared frames per stream, one gathered write per loop turn. */
#include "http/http.h"

#include <stddef.h>
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "http/connection.h"

enum {
    FRAMES_MAX = 65536,       /* per stream: tiny frames must not grow the ring without end */
    GATHER_BYTES = 64 * 1024, /* copied into one write */
};

struct bm_http_frame {
    unsigned refs;
    size_t len;
    uint8_t bytes[];
};

struct bm_http_stream {
    struct bm_http *http;
    struct bm_http_connection *connection; /* NULL when the client was gone before it began */
    const struct bm_http_stream_calls *calls;
    void *context;
    struct bm_http_frame **ring; /* frame_cap is a power of two, or 0 */
    size_t frame_cap, first, frame_count;
    size_t queued_bytes; /* in the ring */
    bool over;           /* cut, or the client has gone: nothing more goes in */
    bool closing;        /* bm_http_stream_close */
    bool is_dirty;
    struct bm_http_stream *dirty_next, **dirty_place;
    struct bm_http_deadline beat;
};

/* --- frames ----------------------------------------------------------------------------------- */

struct bm_http_frame *bm_http_frame_new(const void *bytes, size_t len) {
    struct bm_http_frame *frame = bm_alloc(sizeof *frame + len);
    frame->refs = 1;
    frame->len = len;
    if (len) memcpy(frame->bytes, bytes, len);
    return frame;
}

struct bm_http_frame *bm_http_frame_ref(struct bm_http_frame *frame) {
    BM_CHECK(frame->refs);
    frame->refs++;
    return frame;
}

void bm_http_frame_unref(struct bm_http_frame *frame) {
    if (!frame) return;
    BM_CHECK(frame->refs);
    if (--frame->refs == 0) bm_free(frame);
}

size_t bm_http_frame_len(const struct bm_http_frame *frame) {
    return frame->len;
}

/* --- the ring --------------------------------------------------------------------------------- */

static void ring_put(struct bm_http_stream *stream, struct bm_http_frame *frame) {
    if (stream->frame_count == stream->frame_cap) {
        size_t cap = stream->frame_cap ? stream->frame_cap * 2 : 8;
        struct bm_http_frame **ring = bm_alloc(cap * sizeof *ring);
        for (size_t i = 0; i < stream->frame_count; i++)
            ring[i] = stream->ring[(stream->first + i) & (stream->frame_cap - 1)];
        bm_free(stream->ring);
        stream->ring = ring;
        stream->frame_cap = cap;
        stream->first = 0;
    }
    size_t at = (stream->first + stream->frame_count++) & (stream->frame_cap - 1);
    stream->ring[at] = bm_http_frame_ref(frame);
    stream->queued_bytes += frame->len;
}

static struct bm_http_frame *ring_take(struct bm_http_stream *stream) {
    struct bm_http_frame *frame = stream->ring[stream->first];
    stream->first = (stream->first + 1) & (stream->frame_cap - 1);
    stream->frame_count--;
    stream->queued_bytes -= frame->len;
    return frame;
}

static void ring_clear(struct bm_http_stream *stream) {
    while (stream->frame_count) bm_http_frame_unref(ring_take(stream));
}

/* --- the end of the loop turn ----------------------------------------------------------------- */

static void mark_dirty(struct bm_http_stream *stream) {
    struct bm_http *http = stream->http;
    if (stream->is_dirty) return;
    stream->is_dirty = true;
    stream->dirty_next = http->dirty;
    stream->dirty_place = &http->dirty;
    if (http->dirty) http->dirty->dirty_place = &stream->dirty_next;
    http->dirty = stream;
    if (http->flush_set) return;
    http->flush_set = true;
    bm_io_timer_set(http->flush_timer, bm_io_mono_ns(http->io));
}

static void mark_clean(struct bm_http_stream *stream) {
    if (!stream->is_dirty) return;
    stream->is_dirty = false;
    *stream->dirty_place = stream->dirty_next;
    if (stream->dirty_next) stream->dirty_next->dirty_place = stream->dirty_place;
}

void bm_http_streams_flush(void *context) {
    struct bm_http *http = context;
    http->flush_set = false;
    /* Owners called from here may push again: that is the next turn's. */
    struct bm_http_stream *due = http->dirty;
    http->dirty = NULL;
    if (due) due->dirty_place = &due;
    while (due) {
        struct bm_http_stream *stream = due;
        mark_clean(stream);
        if (stream->connection)
            bm_http_stream_flush(stream);
        else
            bm_http_stream_gone(stream);
    }
}

void bm_http_stream_flush(struct bm_http_stream *stream) {
    struct bm_http_connection *connection = stream->connection;
    if (stream->over || connection->writing) return;
    if (connection->phase != BM_HTTP_STREAM) return;
    while (stream->frame_count && connection->out.len < GATHER_BYTES) {
        struct bm_http_frame *frame = ring_take(stream);
        bm_buf_add(&connection->out, frame->bytes, frame->len);
        bm_http_frame_unref(frame);
    }
    if (connection->out.len)
        bm_http_connection_write(connection);
    else if (stream->closing)
        bm_http_connection_finish(connection);
    else if (stream->calls->on_drained)
        stream->calls->on_drained(stream->context);
}

/* --- beginning and ending --------------------------------------------------------------------- */

static void open_on(struct bm_http_connection *connection, struct bm_http_stream *stream) {
    struct bm_http *http = connection->http;
    bool head_only = strcmp(connection->head.method, "HEAD") == 0;
    connection->stream = stream;
    connection->phase = BM_HTTP_STREAM;
    bm_http_connection_drop_request(connection);
    bm_http_answer_begin(http, &connection->out, 200);
    bm_buf_text(&connection->out, "Content-Type: text/event-stream\r\nCache-Control: no-store\r\n"
                                  "X-Accel-Buffering: no\r\nConnection: close\r\n\r\n");
    if (head_only)
        stream->closing = true;
    else
        bm_buf_text(&connection->out, "retry: 1000\n\n");
    bm_http_connection_write(connection);
    /* Reading goes on, to notice the client's end. */
    if (connection->paused) bm_io_resume(connection->io_stream);
    connection->paused = false;
    bm_http_deadline_set(&http->deadlines, &stream->beat, BM_HTTP_WAIT_BEAT);
}

struct bm_http_stream *bm_http_stream_open(struct bm_http_exchange *exchange,
                                           const struct bm_http_stream_calls *calls,
                                           void *context) {
    struct bm_http_connection *connection = exchange->connection;
    struct bm_http *http = connection->http;
    BM_CHECK(exchange->open);
    BM_CHECK(calls->on_closed);
    struct bm_http_stream *stream = bm_alloc_zero(1, sizeof *stream);
    stream->http = http;
    stream->calls = calls;
    stream->context = context;
    http->counts.streams_opened++;
    http->counts.streams_now++;
    bool alive = bm_http_alive(exchange);
    exchange->open = false;
    if (alive) {
        stream->connection = connection;
        open_on(connection, stream);
    } else {
        stream->over = true;
        mark_dirty(stream);
        bm_http_connection_release(connection);
    }
    return stream;
}

void bm_http_stream_gone(struct bm_http_stream *stream) {
    if (stream->connection) stream->connection->stream = NULL;
    stream->http->counts.streams_now--;
    bm_http_deadline_clear(&stream->beat);
    mark_clean(stream);
    ring_clear(stream);
    bm_free(stream->ring);
    const struct bm_http_stream_calls *calls = stream->calls;
    void *context = stream->context;
    bm_free(stream);
    calls->on_closed(context);
}

void bm_http_streams_end(struct bm_http *http) {
    /* The dirty list alone knows those that never had a connection. */
    struct bm_http_stream *stream = http->dirty;
    while (stream) {
        struct bm_http_stream *next = stream->dirty_next;
        if (!stream->connection) bm_http_stream_gone(stream);
        stream = next;
    }
    for (struct bm_http_connection *connection = http->connections; connection;
         connection = connection->next)
        if (connection->stream) bm_http_stream_gone(connection->stream);
}

void bm_http_stream_cut(struct bm_http_stream *stream) {
    if (stream->over) return;
    stream->over = true;
    stream->http->counts.streams_cut++;
    ring_clear(stream);
    bm_http_connection_close(stream->connection);
}

void bm_http_stream_close(struct bm_http_stream *stream) {
    if (stream->over || stream->closing) return;
    stream->closing = true;
    mark_dirty(stream);
}

/* --- pushing ---------------------------------------------------------------------------------- */

bool bm_http_stream_push(struct bm_http_stream *stream, struct bm_http_frame *frame) {
    struct bm_http_connection *connection = stream->connection;
    if (stream->over || stream->closing || connection->closing) return false;
    size_t unsent = stream->queued_bytes + connection->out.len +
                    (connection->sending.len - connection->sent);
    size_t limit = stream->http->limits.stream_queue_bytes;
    if (unsent > limit || frame->len > limit - unsent || stream->frame_count >= FRAMES_MAX) {
        bm_http_stream_cut(stream);
        return false;
    }
    ring_put(stream, frame);
    bm_http_deadline_set(&stream->http->deadlines, &stream->beat, BM_HTTP_WAIT_BEAT);
    mark_dirty(stream);
    return true;
}

void bm_http_stream_beat(struct bm_http_deadline *deadline) {
    struct bm_http_stream *stream =
        (struct bm_http_stream *)((char *)deadline - offsetof(struct bm_http_stream, beat));
    if (stream->over || stream->closing) return;
    /* Set first: pushing sets it again, not pushing must not end the beats. */
    bm_http_deadline_set(&stream->http->deadlines, &stream->beat, BM_HTTP_WAIT_BEAT);
    if (stream->calls->on_beat) {
        stream->calls->on_beat(stream->context);
        return;
    }
    struct bm_http_frame *frame = bm_http_frame_new(":\n\n", 3);
    bm_http_stream_push(stream, frame);
    bm_http_frame_unref(frame);
}
