#include "http_desk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/alloc.h"

static void answer(struct bm_http_exchange *exchange, const void *body, size_t len) {
    static const char *const lines[] = {"X-Desk: test"};
    bm_http_answer(exchange, &(struct bm_http_answer){.status = 200,
                                                      .content_type = "text/plain",
                                                      .headers = lines,
                                                      .header_count = 1,
                                                      .body = body,
                                                      .body_len = len});
}

static void answer_text(struct bm_http_exchange *exchange, const char *text) {
    answer(exchange, text, strlen(text));
}

static void show(struct bm_http_exchange *exchange, const struct bm_http_request *request) {
    struct bm_buf text = bm_buf_make(1 << 20);
    char value[64] = "-";
    bm_buf_printf(&text, "%s %s ?%s\n", request->method, request->path, request->query);
    enum bm_code code = bm_http_query(request, "q", value, sizeof value);
    bm_buf_printf(&text, "q=%s %s\n", value, bm_code_word(code));
    snprintf(value, sizeof value, "-");
    code = bm_http_cookie(request, "session", value, sizeof value);
    bm_buf_printf(&text, "cookie=%s %s\n", value, bm_code_word(code));
    const char *header = bm_http_header(request, "x-test");
    bm_buf_printf(&text, "x-test=%s headers=%zu\n", header ? header : "-", request->header_count);
    for (size_t i = 0; i < request->header_count; i++)
        bm_buf_printf(&text, "[%s]=[%s]\n", request->headers[i].name, request->headers[i].value);
    answer(exchange, text.bytes, text.len);
    bm_buf_free(&text);
}

static void counts(struct http_desk *desk, struct bm_http_exchange *exchange) {
    struct bm_http_counts c = bm_http_counts(desk->http);
    char text[512];
    snprintf(text, sizeof text,
             "connections_now=%lu streams_now=%lu accepted=%lu refused_full=%lu requests=%lu "
             "bad_requests=%lu timed_out=%lu too_large=%lu answers_dropped=%lu streams_opened=%lu "
             "streams_cut=%lu held=%d ",
             c.connections_now, c.streams_now, c.accepted, c.refused_full, c.requests,
             c.bad_requests, c.timed_out, c.too_large, c.answers_dropped, c.streams_opened,
             c.streams_cut, desk->held != NULL);
    answer_text(exchange, text);
}

static void stream_closed(void *context) {
    struct http_desk_stream *stream = context;
    assert_non_null(stream->stream);
    stream->stream = NULL;
    stream->desk->closed_count++;
}

static void stream_beat(void *context) {
    struct http_desk_stream *stream = context;
    stream->beats++;
    stream->desk->beat_count++;
    struct bm_http_frame *frame = bm_http_frame_new("event: beat\n\n", 13);
    bm_http_stream_push(stream->stream, frame);
    bm_http_frame_unref(frame);
}

static struct http_desk_stream *open_stream(struct http_desk *desk,
                                            struct bm_http_exchange *exchange) {
    static const struct bm_http_stream_calls plain = {.on_closed = stream_closed};
    static const struct bm_http_stream_calls beating = {.on_closed = stream_closed,
                                                        .on_beat = stream_beat};
    assert_true(desk->stream_count < HTTP_DESK_STREAMS_MAX);
    struct http_desk_stream *stream = &desk->streams[desk->stream_count++];
    stream->desk = desk;
    stream->stream = bm_http_stream_open(exchange, desk->own_beat ? &beating : &plain, stream);
    return stream;
}

struct http_desk_stream *http_desk_stream_held(struct http_desk *desk) {
    struct bm_http_exchange *held = desk->held;
    desk->held = NULL;
    return open_stream(desk, held);
}

static void push_all(struct http_desk *desk, const struct bm_http_request *request) {
    struct bm_http_frame *frame = bm_http_frame_new(request->body, request->body_len);
    for (size_t i = 0; i < desk->stream_count; i++)
        if (desk->streams[i].stream) bm_http_stream_push(desk->streams[i].stream, frame);
    bm_http_frame_unref(frame);
}

static void close_all(struct http_desk *desk) {
    for (size_t i = 0; i < desk->stream_count; i++)
        if (desk->streams[i].stream) bm_http_stream_close(desk->streams[i].stream);
}

static void release(struct http_desk *desk, struct bm_http_exchange *exchange) {
    assert_non_null(desk->held);
    answer_text(exchange, bm_http_alive(desk->held) ? "alive" : "gone");
    answer_text(desk->held, "held");
    desk->held = NULL;
}

static void big(struct bm_http_exchange *exchange) {
    size_t len = 4 << 20;
    char *body = bm_alloc(len);
    memset(body, 'b', len);
    answer(exchange, body, len);
    bm_free(body);
}

static void problem(struct bm_http_exchange *exchange) {
    struct bm_fault fault;
    bm_fault_set(&fault, BM_STALE_VERSION, "if-match", "He said \"no\"\n\xff\xc3\xa9.");
    bm_http_problem(exchange, &fault);
}

struct work {
    struct bm_http_exchange *exchange;
    unsigned sum;
};

static void work_on_thread(void *context) {
    struct work *work = context;
    for (unsigned i = 1; i <= 100; i++) work->sum += i;
}

static void work_after(void *context) {
    struct work *work = context;
    answer_text(work->exchange, work->sum == 5050 ? "worked" : "wrong");
    bm_free(work);
}

static void begin_work(struct http_desk *desk, struct bm_http_exchange *exchange) {
    struct work *work = bm_alloc_zero(1, sizeof *work);
    work->exchange = exchange;
    enum bm_code code = bm_io_work(desk->io, work_on_thread, work_after, work);
    assert_int_equal(code, BM_OK);
}

static void handle(void *context, struct bm_http_exchange *exchange,
                   const struct bm_http_request *request) {
    struct http_desk *desk = context;
    const char *path = request->path;
    assert_true(bm_http_alive(exchange));
    assert_int_equal(request->body[request->body_len], 0);
    snprintf(desk->last_peer, sizeof desk->last_peer, "%s", request->peer);
    if (strcmp(path, "/hello") == 0 || strcmp(path, "/sos") == 0) {
        answer_text(exchange, "hello");
    } else if (strcmp(path, "/echo") == 0) {
        answer(exchange, request->body, request->body_len);
    } else if (strncmp(path, "/show", 5) == 0) {
        show(exchange, request);
    } else if (strcmp(path, "/hold") == 0) {
        desk->held = exchange;
    } else if (strcmp(path, "/release") == 0) {
        release(desk, exchange);
    } else if (strcmp(path, "/big") == 0) {
        big(exchange);
    } else if (strcmp(path, "/stream") == 0) {
        open_stream(desk, exchange);
    } else if (strcmp(path, "/push") == 0) {
        push_all(desk, request);
        answer_text(exchange, "pushed");
    } else if (strcmp(path, "/close") == 0) {
        close_all(desk);
        answer_text(exchange, "closed");
    } else if (strcmp(path, "/counts") == 0) {
        counts(desk, exchange);
    } else if (strcmp(path, "/problem") == 0) {
        problem(exchange);
    } else if (strcmp(path, "/bye") == 0) {
        bm_http_answer(exchange, &(struct bm_http_answer){
                                     .status = 200, .close = true, .body = "bye", .body_len = 3});
    } else if (strcmp(path, "/empty") == 0) {
        bm_http_answer(exchange, &(struct bm_http_answer){.status = 204});
    } else if (strcmp(path, "/work") == 0) {
        begin_work(desk, exchange);
    } else {
        struct bm_fault fault;
        bm_fault_set(&fault, BM_NOT_FOUND, NULL, "No such path.");
        bm_http_problem(exchange, &fault);
    }
}

static bool is_emergency(void *context, const char *method, const char *path) {
    (void)context, (void)method;
    return strcmp(path, "/sos") == 0;
}

void http_desk_start(struct http_desk *desk, struct bm_io *io,
                     const struct bm_http_limits *limits) {
    static const struct bm_http_calls calls = {.handle = handle, .is_emergency = is_emergency};
    struct bm_fault fault = {.code = BM_OK};
    desk->io = io;
    desk->http = bm_http_new(io, limits, &calls, desk);
    assert_int_equal(bm_http_listen(desk->http, "127.0.0.1", 0, &desk->port, &fault), BM_OK);
}

void http_desk_stop(struct http_desk *desk) {
    bm_http_free(desk->http);
    desk->http = NULL;
}
