/* The server on the real loop with real sockets.  The loop runs in a thread of its own, the test is
 * a blocking client; every wait is for an event, with a receive timeout as the last resort. */
#include "http/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "http_desk.h"

struct server {
    struct bm_io *io;
    struct http_desk *desk;
    struct bm_io_wake *stop;
    pthread_t thread;
};

static void stop_loop(void *context) {
    bm_io_stop(context);
}

static void *run_loop(void *context) {
    bm_io_run(context);
    return NULL;
}

static struct bm_http_limits short_limits(void) {
    struct bm_http_limits limits = bm_http_limits_default();
    limits.head_ms_max = 150;
    limits.body_ms_max = 150;
    limits.idle_ms_max = 400;
    limits.write_ms_max = 300;
    limits.stream_beat_ms = 100;
    return limits;
}

static struct server server_start(const struct bm_http_limits *limits) {
    struct bm_http_limits normal = bm_http_limits_default();
    struct server server = {.io = bm_io_uv_new(2)};
    server.desk = bm_alloc_zero(1, sizeof *server.desk);
    http_desk_start(server.desk, server.io, limits ? limits : &normal);
    server.stop = bm_io_wake_new(server.io, stop_loop, server.io);
    assert_int_equal(pthread_create(&server.thread, NULL, run_loop, server.io), 0);
    return server;
}

static struct http_desk server_stop(struct server *server) {
    bm_io_wake(server->stop);
    pthread_join(server->thread, NULL);
    http_desk_stop(server->desk);
    bm_io_wake_free(server->stop);
    bm_io_free(server->io);
    struct http_desk desk = *server->desk;
    bm_free(server->desk);
    return desk;
}

static int dial(const struct server *server, int receive_bytes) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    struct timeval patience = {.tv_sec = 20};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (receive_bytes) setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(server->desk->port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static void send_text(int fd, const char *text) {
    size_t len = strlen(text);
    while (len) {
        ssize_t sent = send(fd, text, len, MSG_NOSIGNAL);
        assert_true(sent > 0);
        text += sent;
        len -= (size_t)sent;
    }
}

/* Reads until `part` has come (or, with NULL, until the end); the text so far, to be freed. */
static char *receive(int fd, const char *part) {
    struct bm_buf got = bm_buf_make(64 << 20);
    bm_buf_text(&got, "");
    for (;;) {
        char piece[65536];
        if (part && strstr(bm_buf_c_text(&got), part)) break;
        ssize_t len = recv(fd, piece, sizeof piece, 0);
        if (len < 0) {
            fail_msg("waiting for \"%s\": %s, so far \"%.300s\"", part ? part : "the end",
                     strerror(errno), bm_buf_c_text(&got));
            break;
        }
        if (len == 0) {
            if (part) fail_msg("ended before \"%s\": \"%.300s\"", part, bm_buf_c_text(&got));
            break;
        }
        bm_buf_add(&got, piece, (size_t)len);
    }
    char *text = bm_text_copy(bm_buf_c_text(&got));
    bm_buf_free(&got);
    return text;
}

static void expect(int fd, const char *part) {
    bm_free(receive(fd, part));
}

/* Asks a new connection each time, so that the answer is not held up by a test's own. */
static char *ask(const struct server *server, const char *text) {
    int fd = dial(server, 0);
    send_text(fd, text);
    char *got = receive(fd, NULL);
    close(fd);
    return got;
}

static void expect_ask(const struct server *server, const char *text, const char *part) {
    char *got = ask(server, text);
    if (!strstr(got, part)) fail_msg("wanted \"%s\" in \"%.500s\"", part, got);
    bm_free(got);
}

/* Asks for the counts until `part` is among them: an event of the server's own making. */
static void await_count(const struct server *server, const char *part) {
    for (int i = 0; i < 20000; i++) {
        char *got = ask(server, "GET /counts HTTP/1.0\r\n\r\n");
        bool there = strstr(got, part) != NULL;
        bm_free(got);
        if (there) return;
    }
    char *got = ask(server, "GET /counts HTTP/1.0\r\n\r\n");
    fail_msg("never \"%s\": %s", part, got);
}

static void push(const struct server *server, const char *text) {
    char request[4096];
    snprintf(request, sizeof request, "POST /push HTTP/1.0\r\nContent-Length: %zu\r\n\r\n%s",
             strlen(text), text);
    expect_ask(server, request, "pushed");
}

/* --- tests ------------------------------------------------------------------------------------ */

static void answers_on_one_connection(void **state) {
    (void)state;
    struct server server = server_start(NULL);
    int fd = dial(&server, 0);
    for (int i = 0; i < 100; i++) {
        send_text(fd, "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
        expect(fd, "\r\n\r\nhello");
    }
    send_text(fd, "HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    expect(fd, "Content-Length: 5\r\nContent-Type: text/plain\r\n\r\n");
    send_text(fd,
              "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n");
    send_text(fd, "3\r\ntwo\r\n0\r\n\r\n");
    expect(fd, "\r\n\r\nonetwo");
    send_text(fd, "POST /work HTTP/1.1\r\nHost: a\r\n\r\n");
    expect(fd, "worked");
    send_text(fd, "GET /big HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    char *big = receive(fd, NULL);
    assert_true(strlen(big) > 4 << 20);
    bm_free(big);
    close(fd);
    struct http_desk desk = server_stop(&server);
    assert_memory_equal(desk.last_peer, "127.0.0.1:", 10);
}

static void answers_pipelined_requests_in_order(void **state) {
    (void)state;
    struct server server = server_start(NULL);
    int fd = dial(&server, 0);
    struct bm_buf text = bm_buf_make(1 << 20);
    for (int i = 0; i < 1000; i++)
        bm_buf_printf(&text, "POST %s HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n%04d",
                      i % 7 ? "/echo" : "/work", i);
    bm_buf_text(&text, "GET /bye HTTP/1.1\r\nHost: a\r\n\r\n");
    send_text(fd, bm_buf_c_text(&text));
    bm_buf_free(&text);
    char *got = receive(fd, NULL);
    const char *at = got;
    for (int i = 0; i < 1000; i++) {
        char wanted[16] = "\r\n\r\nworked";
        if (i % 7) snprintf(wanted, sizeof wanted, "\r\n\r\n%04d", i);
        at = strstr(at, wanted);
        assert_non_null(at);
        at++;
    }
    assert_non_null(strstr(at, "bye"));
    bm_free(got);
    close(fd);
    server_stop(&server);
}

static void a_slow_loris_is_closed(void **state) {
    (void)state;
    struct bm_http_limits limits = short_limits();
    struct server server = server_start(&limits);
    int fd = dial(&server, 0);
    send_text(fd, "GET /hello HT");
    expect(fd, "HTTP/1.1 408 Request Timeout\r\n");
    close(fd);
    fd = dial(&server, 0);
    send_text(fd, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf");
    expect(fd, "HTTP/1.1 408 Request Timeout\r\n");
    close(fd);
    fd = dial(&server, 0); /* says nothing at all */
    char *got = receive(fd, NULL);
    assert_string_equal(got, "");
    bm_free(got);
    close(fd);
    expect_ask(&server, "GET /counts HTTP/1.0\r\n\r\n", "timed_out=2 ");
    server_stop(&server);
}

/* The answer must survive although the client goes on sending into it (no reset in between). */
static void oversized_requests_get_their_answer(void **state) {
    (void)state;
    struct server server = server_start(NULL);
    size_t len = 300000;
    char *filler = bm_alloc(len + 1);
    memset(filler, 'x', len);
    filler[len] = 0;
    for (int i = 0; i < 20; i++) {
        int fd = dial(&server, 0);
        send_text(fd, i % 2 ? "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9000000\r\n\r\n"
                            : "GET /hello HTTP/1.1\r\nHost: a\r\nX: ");
        send_text(fd, filler);
        char *got = receive(fd, NULL);
        if (!strstr(got, i % 2 ? "HTTP/1.1 413" : "HTTP/1.1 431")) fail_msg("got \"%s\"", got);
        assert_non_null(strstr(got, "application/problem+json"));
        bm_free(got);
        close(fd);
    }
    bm_free(filler);
    expect_ask(&server, "GET /counts HTTP/1.0\r\n\r\n", "too_large=20 ");
    server_stop(&server);
}

static void a_half_open_client_gets_its_answer(void **state) {
    (void)state;
    struct server server = server_start(NULL);
    int fd = dial(&server, 0);
    send_text(fd, "GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
    shutdown(fd, SHUT_WR);
    await_count(&server, "held=1 ");
    expect_ask(&server, "POST /release HTTP/1.0\r\n\r\n", "alive");
    char *got = receive(fd, NULL);
    assert_non_null(strstr(got, "\r\n\r\nheld"));
    bm_free(got);
    close(fd);
    await_count(&server, "connections_now=1 ");
    server_stop(&server);
}

static void a_client_that_resets_is_noticed(void **state) {
    (void)state;
    struct server server = server_start(NULL);
    int fd = dial(&server, 0);
    send_text(fd, "GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
    await_count(&server, "held=1 ");
    struct linger now = {.l_onoff = 1};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close(fd);
    /* The reset is at the server's socket before this request is, so the loop sees it by the end of
     * the turn that answers. */
    expect_ask(&server, "GET /hello HTTP/1.0\r\n\r\n", "hello");
    expect_ask(&server, "POST /release HTTP/1.0\r\n\r\n", "gone");
    expect_ask(&server, "GET /counts HTTP/1.0\r\n\r\n", "answers_dropped=1 ");
    await_count(&server, "connections_now=1 ");
    server_stop(&server);
}

static void further_connections_get_503(void **state) {
    (void)state;
    struct bm_http_limits limits = bm_http_limits_default();
    limits.connections_max = 4;
    limits.connections_reserved = 2;
    struct server server = server_start(&limits);
    int fds[4];
    for (int i = 0; i < 4; i++) {
        fds[i] = dial(&server, 0);
        send_text(fds[i], "GET /sos HTTP/1.1\r\nHost: a\r\n\r\n");
        expect(fds[i], "hello");
    }
    char *got = ask(&server, "GET /sos HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_non_null(strstr(got, "HTTP/1.1 503 Service Unavailable\r\n"));
    assert_non_null(strstr(got, "Retry-After: 1\r\n"));
    bm_free(got);
    /* The two that came first are ordinary, the last two for emergencies only. */
    for (int i = 0; i < 4; i++) {
        send_text(fds[i], "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
        expect(fds[i], i < 2 ? "HTTP/1.1 200 OK" : "HTTP/1.1 503 Service Unavailable");
    }
    for (int i = 0; i < 4; i++) close(fds[i]);
    server_stop(&server);
}

static void streams_are_pushed_beaten_and_closed(void **state) {
    (void)state;
    struct bm_http_limits limits = short_limits();
    struct server server = server_start(&limits);
    int fd = dial(&server, 0);
    send_text(fd, "GET /stream HTTP/1.1\r\nHost: a\r\n\r\n");
    expect(fd, "retry: 1000\n\n");
    push(&server, "id: 1\ndata: one\n\n");
    expect(fd, "id: 1\ndata: one\n\n");
    expect(fd, ":\n\n");
    expect(fd, ":\n\n");
    push(&server, "id: 2\ndata: two\n\n");
    expect(fd, "data: two\n\n");
    expect_ask(&server, "POST /close HTTP/1.0\r\n\r\n", "closed");
    bm_free(receive(fd, NULL));
    close(fd);
    await_count(&server, "streams_now=0 ");
    struct http_desk desk = server_stop(&server);
    assert_int_equal(desk.closed_count, 1);
}

static void a_stream_ends_when_its_client_leaves(void **state) {
    (void)state;
    struct server server = server_start(NULL);
    int fd = dial(&server, 0);
    send_text(fd, "GET /stream HTTP/1.1\r\nHost: a\r\n\r\n");
    expect(fd, "retry: 1000\n\n");
    close(fd);
    await_count(&server, "streams_now=0 ");
    expect_ask(&server, "GET /counts HTTP/1.0\r\n\r\n", "streams_cut=0 ");
    struct http_desk desk = server_stop(&server);
    assert_int_equal(desk.closed_count, 1);
}

static void a_slow_reader_is_cut_and_others_are_not(void **state) {
    (void)state;
    struct bm_http_limits limits = bm_http_limits_default();
    limits.stream_queue_bytes = 65536;
    struct server server = server_start(&limits);
    int slow = dial(&server, 4096);
    int quick = dial(&server, 0);
    send_text(slow, "GET /stream HTTP/1.1\r\nHost: a\r\n\r\n");
    send_text(quick, "GET /stream HTTP/1.1\r\nHost: a\r\n\r\n");
    expect(quick, "retry: 1000\n\n");
    await_count(&server, "streams_now=2 ");
    /* The kernel takes some megabytes before the queue begins to fill. */
    int pusher = dial(&server, 0);
    struct bm_buf request = bm_buf_make(1 << 20);
    bm_buf_text(&request, "POST /push HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n");
    for (int i = 0; i < 60000; i++) bm_buf_byte(&request, 'f');
    bool cut = false;
    for (int i = 0; i < 1000 && !cut; i++) {
        char got[60000];
        send_text(pusher, bm_buf_c_text(&request));
        expect(pusher, "pushed");
        assert_int_equal(recv(quick, got, sizeof got, MSG_WAITALL), sizeof got);
        send_text(pusher, "GET /counts HTTP/1.1\r\nHost: a\r\n\r\n");
        char *counts = receive(pusher, "streams_cut=");
        cut = strstr(counts, "streams_cut=1 ") != NULL;
        bm_free(counts);
    }
    assert_true(cut);
    bm_buf_free(&request);
    push(&server, "data: still here\n\n");
    expect(quick, "data: still here\n\n");
    await_count(&server, "streams_now=1 ");
    close(slow);
    close(quick);
    close(pusher);
    server_stop(&server);
}

static void an_answer_nobody_reads_is_given_up(void **state) {
    (void)state;
    struct bm_http_limits limits = short_limits();
    struct server server = server_start(&limits);
    int fd = dial(&server, 4096);
    for (int i = 0; i < 4; i++) send_text(fd, "GET /big HTTP/1.1\r\nHost: a\r\n\r\n");
    await_count(&server, "timed_out=1 ");
    await_count(&server, "connections_now=1 ");
    close(fd);
    server_stop(&server);
}

static void many_streams_get_every_frame(void **state) {
    (void)state;
    enum { STREAMS = 400, FRAMES = 25 }; /* two file descriptors each in this process */
    struct server server = server_start(NULL);
    int fds[STREAMS];
    for (int i = 0; i < STREAMS; i++) {
        fds[i] = dial(&server, 0);
        send_text(fds[i], "GET /stream HTTP/1.1\r\nHost: a\r\n\r\n");
        expect(fds[i], "retry: 1000\n\n");
    }
    for (int i = 0; i < FRAMES; i++) {
        char text[64];
        snprintf(text, sizeof text, "id: %d\ndata: everybody\n\n", i);
        push(&server, text);
    }
    push(&server, "data: last\n\n");
    for (int i = 0; i < STREAMS; i++) {
        char *got = receive(fds[i], "data: last\n\n");
        for (int frame = 0; frame < FRAMES; frame++) {
            char text[64];
            snprintf(text, sizeof text, "id: %d\ndata: everybody\n\n", frame);
            assert_non_null(strstr(got, text));
        }
        bm_free(got);
        close(fds[i]);
    }
    await_count(&server, "streams_now=0 ");
    struct http_desk desk = server_stop(&server);
    assert_int_equal(desk.closed_count, STREAMS);
}

static void a_taken_port_is_named(void **state) {
    (void)state;
    struct server server = server_start(NULL);
    struct bm_io *io = bm_io_uv_new(1);
    struct http_desk *desk = bm_alloc_zero(1, sizeof *desk);
    struct bm_http_limits limits = bm_http_limits_default();
    http_desk_start(desk, io, &limits);
    struct bm_fault fault = {.code = BM_OK};
    uint16_t port = 7;
    assert_int_equal(bm_http_listen(desk->http, "127.0.0.1", server.desk->port, &port, &fault),
                     BM_BUSY);
    assert_non_null(strstr(fault.detail, "127.0.0.1"));
    assert_int_equal(port, 7);
    assert_int_equal(bm_http_listen(desk->http, "nonsense", 0, &port, &fault), BM_IO);
    assert_int_equal(bm_http_listen(desk->http, "203.0.113.1", 0, &port, &fault), BM_IO);
    assert_int_equal(port, 7);
    http_desk_stop(desk);
    bm_io_free(io);
    bm_free(desk);
    server_stop(&server);
}

static void stopping_with_everything_open_leaks_nothing(void **state) {
    (void)state;
    struct server server = server_start(NULL);
    int fds[5];
    const char *const texts[] = {"GET /stream HTTP/1.1\r\nHost: a\r\n\r\n",
                                 "GET /hold HTTP/1.1\r\nHost: a\r\n\r\n", "GET /hel",
                                 "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf",
                                 "GET /big HTTP/1.1\r\nHost: a\r\n\r\n"};
    for (int i = 0; i < 5; i++) {
        fds[i] = dial(&server, 4096);
        send_text(fds[i], texts[i]);
    }
    await_count(&server, "held=1 ");
    await_count(&server, "streams_now=1 ");
    struct http_desk desk = server_stop(&server);
    assert_int_equal(desk.closed_count, 1);
    for (int i = 0; i < 5; i++) close(fds[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_on_one_connection),
        cmocka_unit_test(answers_pipelined_requests_in_order),
        cmocka_unit_test(a_slow_loris_is_closed),
        cmocka_unit_test(oversized_requests_get_their_answer),
        cmocka_unit_test(a_half_open_client_gets_its_answer),
        cmocka_unit_test(a_client_that_resets_is_noticed),
        cmocka_unit_test(further_connections_get_503),
        cmocka_unit_test(streams_are_pushed_beaten_and_closed),
        cmocka_unit_test(a_stream_ends_when_its_client_leaves),
        cmocka_unit_test(a_slow_reader_is_cut_and_others_are_not),
        cmocka_unit_test(an_answer_nobody_reads_is_given_up),
        cmocka_unit_test(many_streams_get_every_frame),
        cmocka_unit_test(a_taken_port_is_named),
        cmocka_unit_test(stopping_with_everything_open_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
