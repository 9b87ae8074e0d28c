/* Requests, refusals and limits, in the simulated world. */
#include "http/http.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "http_world.h"

/* --- plain requests --------------------------------------------------------------------------- */

static void answers_a_get(void **state) {
    (void)state;
    struct http_world world = http_world_new(1, NULL);
    struct bm_io_sim_client *client = http_world_call(&world,
                                                      "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_string_equal(http_world_arrived(client), "HTTP/1.1 200 OK\r\n"
                                                    "Date: Thu, 01 Jan 2026 00:00:00 GMT\r\n"
                                                    "X-Content-Type-Options: nosniff\r\n"
                                                    "X-Desk: test\r\n"
                                                    "Cache-Control: no-store\r\n"
                                                    "Content-Length: 5\r\n"
                                                    "Content-Type: text/plain\r\n"
                                                    "\r\nhello");
    assert_false(bm_io_sim_ended(client));
    assert_string_equal(world.desk->last_peer, "127.0.0.1:50000");
    http_world_free(&world);
}

static void dates_follow_the_wall_clock(void **state) {
    (void)state;
    struct http_world world = http_world_new(1, NULL);
    static const struct {
        int64_t at_ms;
        const char *date;
    } cases[] = {
        {784111777000, "Sun, 06 Nov 1994 08:49:37 GMT"},
        {951782399000, "Mon, 28 Feb 2000 23:59:59 GMT"},
        {951782400000, "Tue, 29 Feb 2000 00:00:00 GMT"},
        {4107542400000, "Mon, 01 Mar 2100 00:00:00 GMT"},
        {0, "Thu, 01 Jan 1970 00:00:00 GMT"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bm_io_sim_jump_wall(world.io, cases[i].at_ms - bm_io_wall_ms(world.io));
        struct bm_io_sim_client *client = http_world_call(&world,
                                                          "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
        http_expect_text(client, cases[i].date);
    }
    http_world_free(&world);
}

static void keeps_the_connection_and_answers_in_order(void **state) {
    (void)state;
    struct http_world world = http_world_new(1, NULL);
    struct bm_io_sim_client *client = http_world_call(
        &world, "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"
                "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\none"
                "POST /work HTTP/1.1\r\nHost: a\r\n\r\n"
                "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\ntwo");
    assert_int_equal(http_occurrences(http_world_arrived(client), "HTTP/1.1 200 OK"), 4);
    assert_true(strstr(http_world_arrived(client), "one") <
                strstr(http_world_arrived(client), "worked"));
    assert_true(strstr(http_world_arrived(client), "worked") <
                strstr(http_world_arrived(client), "two"));
    assert_int_equal(http_world_counts(&world).requests, 4);
    assert_int_equal(http_world_counts(&world).accepted, 1);
    http_world_free(&world);
}

static void a_thousand_pipelined_requests(void **state) {
    (void)state;
    struct http_world world = http_world_new(1, NULL);
    struct bm_io_sim_client *client = bm_io_sim_connect(world.io, world.desk->port);
    for (int i = 0; i < 4000; i++) {
        const char *text = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n";
        bm_io_sim_send(client, text, strlen(text));
    }
    bm_io_sim_end(client);
    bm_io_sim_settle(world.io);
    assert_int_equal(http_occurrences(http_world_arrived(client), "HTTP/1.1 200 OK"), 4000);
    assert_true(bm_io_sim_ended(client));
    assert_int_equal(http_world_counts(&world).connections_now, 0);
    http_world_free(&world);
}

static void unanswered_requests_stop_the_reading(void **state) {
    (void)state;
    struct http_world world = http_world_new(1, NULL);
    struct bm_io_sim_client *client = bm_io_sim_connect(world.io, world.desk->port);
    const char *hold = "GET /hold HTTP/1.1\r\nHost: a\r\n\r\n";
    bm_io_sim_send(client, hold, strlen(hold));
    for (int i = 0; i < 10000; i++) {
        const char *text = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n";
        bm_io_sim_send(client, text, strlen(text));
    }
    bm_io_sim_settle(world.io);
    assert_true(bm_io_sim_unread(client) > 200000);
    assert_string_equal(http_world_arrived(client), "");
    struct bm_io_sim_client *other = http_world_call(&world,
                                                     "POST /release HTTP/1.1\r\nHost: a\r\n\r\n");
    http_expect_text(other, "alive");
    assert_int_equal(http_occurrences(http_world_arrived(client), "HTTP/1.1 200 OK"), 10001);
    http_world_free(&world);
}

static void head_sends_no_body(void **state) {
    (void)state;
    struct http_world world = http_world_new(1, NULL);
    struct bm_io_sim_client *client = http_world_call(
        &world, "HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\nHEAD /nowhere HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_int_equal(http_occurrences(http_world_arrived(client), "hello"), 0);
    http_expect_text(client, "Content-Length: 5\r\n");
    http_expect_text(client, "HTTP/1.1 404 Not Found");
    http_expect_no_text(client, "No such path");
    http_world_free(&world);
}

static void no_content_has_no_length(void **state) {
    (void)state;
    struct http_world world = http_world_new(1, NULL);
    struct bm_io_sim_client *client = http_world_call(&world,
                                                      "GET /empty HTTP/1.1\r\nHost: a\r\n\r\n");
    http_expect_start(client, "HTTP/1.1 204 No Content");
    http_expect_no_text(client, "Content-Length");
    http_world_free(&world);
}

static void closes_when_asked(void **state) {
    (void)state;
    static const char *const texts[] = {
        "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        "GET /hello HTTP/1.0\r\n\r\n",
        "GET /bye HTTP/1.1\r\nHost: a\r\n\r\n",
    };
    struct http_world world = http_world_new(1, NULL);
    for (size_t i = 0; i < 3; i++) {
        struct bm_io_sim_client *client = http_world_call(&world, texts[i]);
        http_expect_start(client, "HTTP/1.1 200 OK");
        http_expect_text(client, "Connection: close\r\n");
        assert_true(bm_io_sim_ended(client));
        assert_int_equal(http_world_counts(&world).connections_now,
                         1); /* lingers for the client's end */
        bm_io_sim_end(client);
        bm_io_sim_settle(world.io);
        assert_int_equal(http_world_counts(&world).connections_now, 0);
    }
    struct bm_io_sim_client *client = http_world_call(
        &world, "GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    http_expect_text(client, "Connection: keep-alive\r\n");
    assert_false(bm_io_sim_ended(client));
    http_world_free(&world);
}

static void lingers_only_for_a_while(void **state) {
    (void)state;
    struct http_world world = http_world_new(1, NULL);
    http_world_call(&world, "GET /bye HTTP/1.1\r\nHost: a\r\n\r\n");
    bm_io_sim_advance(world.io, SECOND / 2);
    assert_int_equal(http_world_counts(&world).connections_now, 1);
    bm_io_sim_advance(world.io, SECOND);
    assert_int_equal(http_world_counts(&world).connections_now, 0);
    http_world_free(&world);
}

static void reads_paths_queries_cookies_and_headers(void **state) {
    (void)state;
    struct http_world world = http_world_new(1, NULL);
    struct bm_io_sim_client *client = http_world_call(
        &world,
        "\r\nGET /show%20a%2fb/%C3%A9?x=1&q=one+two%26%C3%A9&q=no HTTP/1.1\r\nHOST: a:80\r\n"
        "Cookie: a=b; xsession=no; session=\"s3cret\"; c=d\r\nX-Test:  \t spaced out \t\r\n"
        "X-Empty:\r\nX-Test: second\r\n\r\n");
    http_expect_text(client, "GET /show a%2Fb/\xc3\xa9 ?x=1&q=one+two%26%C3%A9&q=no\n");
    http_expect_text(client, "q=one two&\xc3\xa9 ok\n");
    http_expect_text(client, "cookie=s3cret ok\n");
    http_expect_text(client, "x-test=spaced out headers=5\n");
    http_expect_text(client, "[host]=[a:80]\n");
    http_expect_text(client, "[x-empty]=[]\n");
    http_world_take_all(client);
    const char *more =
        "GET http://desk.example/show?q HTTP/1.1\r\nHost: a\r\n\r\n"
        "GET /show?q=%zz HTTP/1.1\r\nHost: a\r\nCookie: session=\r\n\r\n"
        "GET /show?q=a%00b HTTP/1.1\r\nHost: a\r\nCookie: session\r\n\r\n"
        "GET /show?q=0123456789012345678901234567890123456789012345678901234567890123 "
        "HTTP/1.1\r\nHost: a\r\n\r\n"
        "GET /show?%71=2&r HTTP/1.1\r\nHost: a\r\n\r\n";
    bm_io_sim_send(client, more, strlen(more));
    bm_io_sim_settle(world.io);
    http_expect_text(client, "GET /show ?q\nq= ok\ncookie=- not-found\n");
    http_expect_text(client, "q=- bad-request\ncookie= ok\n");
    http_expect_text(client, "?q=a%00b\nq=- bad-request\ncookie=- not-found\n");
    http_expect_text(client, "q=- too-long\n");
    http_expect_text(client, "q=2 ok\n");
    http_world_free(&world);
}

static void chunked_bodies_are_joined(void **state) {
    (void)state;
    struct http_world world = http_world_new(1, NULL);
    struct bm_io_sim_client *client = http_world_call(
        &world, "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n"
                "5\r\nhello\r\n1;ext=\"a\"\r\n \r\n0a\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n"
                "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    http_expect_text(client, "\r\n\r\nhello 0123456789HTTP/1.1 200 OK");
    http_world_free(&world);
}

static void invites_a_body_that_waits(void **state) {
    (void)state;
    struct http_world world = http_world_new(1, NULL);
    struct bm_io_sim_client *client = http_world_call(
        &world,
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
    assert_string_equal(http_world_arrived(client), "HTTP/1.1 100 Continue\r\n\r\n");
    http_world_take_all(client);
    bm_io_sim_send(client, "body", 4);
    bm_io_sim_settle(world.io);
    http_expect_start(client, "HTTP/1.1 200 OK");
    http_expect_text(client, "\r\n\r\nbody");
    /* With the body already there nobody waits. */
    struct bm_io_sim_client *eager = http_world_call(
        &world,
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\nbody");
    http_expect_start(eager, "HTTP/1.1 200 OK");
    /* Refused before it is sent. */
    struct bm_io_sim_client *huge = http_world_call(
        &world, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: "
                "4000000\r\nExpect: 100-continue\r\n\r\n");
    http_expect_start(huge, "HTTP/1.1 413 Content Too Large");
    http_world_free(&world);
}

static void problems_are_json(void **state) {
    (void)state;
    struct http_world world = http_world_new(1, NULL);
    struct bm_io_sim_client *client = http_world_call(&world,
                                                      "GET /problem HTTP/1.1\r\nHost: a\r\n\r\n");
    http_expect_start(client, "HTTP/1.1 412 Precondition Failed");
    http_expect_text(client, "Content-Type: application/problem+json\r\n");
    http_expect_text(client,
                     "{\"type\":\"about:blank\",\"title\":\"It was changed since you read it.\","
                     "\"status\":412,\"code\":\"stale-version\",\"field\":\"if-match\","
                     "\"detail\":\"He said \\\"no\\\"\\n?\xc3\xa9.\"}\n");
    http_world_free(&world);
}

/* --- hostile requests ------------------------------------------------------------------------- */

static void expect_refusal(const char *text, size_t len, const char *status) {
    struct http_world world = http_world_new(1, NULL);
    struct bm_io_sim_client *client = bm_io_sim_connect(world.io, world.desk->port);
    bm_io_sim_send(client, text, len);
    bm_io_sim_settle(world.io);
    size_t status_len = strlen(status);
    if (strncmp(http_world_arrived(client), "HTTP/1.1 ", 9) != 0 ||
        strncmp(http_world_arrived(client) + 9, status, status_len) != 0)
        fail_msg("\"%s\": wanted %s, got \"%s\"", text, status, http_world_arrived(client));
    http_expect_text(client, "Connection: close\r\n");
    http_expect_text(client, "application/problem+json");
    assert_int_equal(http_occurrences(http_world_arrived(client), "HTTP/1.1 4"), 1);
    assert_int_equal(http_world_counts(&world).requests, 0);
    assert_true(bm_io_sim_ended(client));
    http_world_free(&world);
}

static void refuses_hostile_heads(void **state) {
    (void)state;
    static const char *const texts[] = {
        "GET /hello\r\n\r\n",
        "GET /hello HTTP/0.9\r\n\r\n",
        "GET /hello HTTP/2.0\r\nHost: a\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "GET /hello HTTP/1.2\r\nHost: a\r\n\r\n",
        "GET /hello http/1.1\r\nHost: a\r\n\r\n",
        "GET  /hello HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /hello  HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /hello HTTP/1.1 \r\nHost: a\r\n\r\n",
        " GET /hello HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /he llo HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET\t/hello HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET  HTTP/1.1\r\nHost: a\r\n\r\n",
        "G<T /hello HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET hello HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET * HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET http:/hello HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET http:///hello HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET http://host HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /hello#part HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /h\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /hello HTTP/1.1\nHost: a\n\n",
        "GET /hello HTTP/1.1\r\nHost: a\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: a\r\n\n",
        "GET /hello HTTP/1.1\r\nHost: a\r\rX: y\r\n\r\n",
        "GET /hello HTTP/1.1\rHost: a\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: a\r\nX: a\r\n folded\r\n\r\n",
        "GET /hello HTTP/1.1\r\n Host: a\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: a\r\nX : y\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: a\r\nX y: z\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: a\r\n: z\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: a\r\nX: a\x01z\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: a\r\nX: a\x7fz\r\n\r\n",
        "GET /hello HTTP/1.1\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: a/b\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: a, b\r\n\r\n",
        "GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /%4 HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /% HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /a%00b HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /a%0d%0ab HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /.. HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /a/../b HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /a/%2e%2E/b HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /a%2f..%2fb HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /a\\..\\b HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /a/.%2e?x HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: a\r\nExpect: 200-maybe\r\n\r\n",
        "\r\n\r\n\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n",
        "\x16\x03\x01\x02",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        expect_refusal(texts[i], strlen(texts[i]), "400");
    static const char nul[] = "GET /hello HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n";
    expect_refusal(nul, sizeof nul - 1, "400");
    static const char nul_path[] = "GET /he\0llo HTTP/1.1\r\nHost: a\r\n\r\n";
    expect_refusal(nul_path, sizeof nul_path - 1, "400");
}

static void refuses_unknown_methods(void **state) {
    (void)state;
    static const char *const texts[] = {
        "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n",
        "get / HTTP/1.1\r\nHost: a\r\n\r\n",        "FROB / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GETX / HTTP/1.1\r\nHost: a\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        expect_refusal(texts[i], strlen(texts[i]), "405");
}

static void refuses_hostile_framing(void **state) {
    (void)state;
    static const char *const texts[] = {
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: "
        "chunked\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\nbody",
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4, 4\r\n\r\nbody",
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: +4\r\n\r\nbody",
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: -4\r\n\r\nbody",
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 0x4\r\n\r\nbody",
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\nbody",
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999999\r\n\r\nbody",
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: "
        "chunked\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\na\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1 \r\na\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: a\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: a\r\n "
        "b\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nfffffffff\r\n",
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;a\x01\r\na",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        expect_refusal(texts[i], strlen(texts[i]), "400");
    const char *huge =
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n";
    expect_refusal(huge, strlen(huge), "413");
    huge = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1048577\r\n\r\n";
    expect_refusal(huge, strlen(huge), "413");
}

/* --- limits ----------------------------------------------------------------------------------- */

static void heads_end_at_their_limits(void **state) {
    (void)state;
    struct bm_http_limits limits = bm_http_limits_default();
    limits.head_bytes_max = 200;
    limits.headers_max = 3;
    struct http_world world = http_world_new(1, &limits);
    char text[400];
    snprintf(text, sizeof text, "GET /hello HTTP/1.1\r\nHost: a\r\nX: %0163d\r\n\r\n", 0);
    assert_int_equal(strlen(text), 200);
    http_expect_start(http_world_call(&world, text), "HTTP/1.1 200 OK");
    snprintf(text, sizeof text, "GET /hello HTTP/1.1\r\nHost: a\r\nX: %0164d\r\n\r\n", 0);
    struct bm_io_sim_client *client = http_world_call(&world, text);
    http_expect_start(client, "HTTP/1.1 431 Request Header Fields Too Large");
    http_expect_text(client, "headers-too-large");
    http_expect_start(
        http_world_call(&world, "GET /hello HTTP/1.1\r\nHost: a\r\nA: 1\r\nB: 2\r\n\r\n"),
        "HTTP/1.1 200 OK");
    http_expect_start(
        http_world_call(&world, "GET /hello HTTP/1.1\r\nHost: a\r\nA: 1\r\nB: 2\r\nC:\r\n\r\n"),
        "HTTP/1.1 431");
    assert_int_equal(http_world_counts(&world).too_large, 2);
    http_world_free(&world);
}

static void bodies_end_at_their_limit(void **state) {
    (void)state;
    struct bm_http_limits limits = bm_http_limits_default();
    limits.body_bytes_max = 5;
    struct http_world world = http_world_new(1, &limits);
    http_expect_start(
        http_world_call(&world, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n12345"),
        "HTTP/1.1 200 OK");
    http_expect_start(
        http_world_call(&world, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\n"),
        "HTTP/1.1 413");
    const char *head = "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    char text[200];
    snprintf(text, sizeof text, "%s2\r\n12\r\n3\r\n345\r\n0\r\n\r\n", head);
    http_expect_start(http_world_call(&world, text), "HTTP/1.1 200 OK");
    snprintf(text, sizeof text, "%s2\r\n12\r\n4\r\n", head);
    http_expect_start(http_world_call(&world, text), "HTTP/1.1 413");
    assert_int_equal(http_world_counts(&world).too_large, 2);
    http_world_free(&world);
}

static void slow_heads_and_bodies_time_out(void **state) {
    (void)state;
    struct http_world world = http_world_new(1, NULL);
    struct bm_io_sim_client *client = http_world_call(&world, "G");
    for (int i = 0; i < 9; i++) {
        bm_io_sim_advance(world.io, SECOND);
        bm_io_sim_send(client, "E", 1); /* trickling does not help */
    }
    bm_io_sim_advance(world.io, SECOND - 1);
    assert_string_equal(http_world_arrived(client), "");
    bm_io_sim_advance(world.io, 1);
    http_expect_start(client, "HTTP/1.1 408 Request Timeout");
    http_expect_text(client, "request-timeout");
    struct bm_io_sim_client *body = http_world_call(
        &world, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n1234");
    bm_io_sim_advance(world.io, 30 * SECOND - 1);
    assert_string_equal(http_world_arrived(body), "");
    bm_io_sim_advance(world.io, 1);
    http_expect_start(body, "HTTP/1.1 408 Request Timeout");
    assert_int_equal(http_world_counts(&world).timed_out, 2);
    bm_io_sim_advance(world.io, 2 * SECOND);
    assert_int_equal(http_world_counts(&world).connections_now, 0);
    http_world_free(&world);
}

static void idle_connections_close_in_silence(void **state) {
    (void)state;
    struct http_world world = http_world_new(1, NULL);
    struct bm_io_sim_client *never = http_world_call(&world, "");
    bm_io_sim_advance(world.io, 10 * SECOND);
    struct bm_io_sim_client *once = http_world_call(&world,
                                                    "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    http_world_take_all(once);
    bm_io_sim_advance(world.io, 65 * SECOND);
    assert_true(bm_io_sim_ended(never));
    assert_false(bm_io_sim_ended(once));
    bm_io_sim_advance(world.io, 10 * SECOND);
    assert_true(bm_io_sim_ended(once));
    assert_string_equal(http_world_arrived(never), "");
    assert_string_equal(http_world_arrived(once), "");
    assert_int_equal(http_world_counts(&world).connections_now, 0);
    assert_int_equal(http_world_counts(&world).timed_out, 0);
    http_world_free(&world);
}

static void unread_answers_are_given_up(void **state) {
    (void)state;
    struct http_world world = http_world_new(1, NULL);
    struct bm_io_sim_client *client = bm_io_sim_connect(world.io, world.desk->port);
    bm_io_sim_stop_reading(client);
    const char *text = "GET /big HTTP/1.1\r\nHost: a\r\n\r\n";
    bm_io_sim_send(client, text, strlen(text));
    bm_io_sim_advance(world.io, 19 * SECOND);
    assert_int_equal(http_world_counts(&world).connections_now, 1);
    bm_io_sim_advance(world.io, 2 * SECOND);
    assert_int_equal(http_world_counts(&world).connections_now, 0);
    assert_int_equal(http_world_counts(&world).timed_out, 1);
    assert_int_equal(http_world_counts(&world).answers_dropped, 1);
    http_world_free(&world);
}

static void a_slow_reader_gets_time_for_every_slice(void **state) {
    (void)state;
    struct http_world world = http_world_new(1, NULL);
    struct bm_io_sim_client *client = bm_io_sim_connect(world.io, world.desk->port);
    const char *text = "GET /big HTTP/1.1\r\nHost: a\r\n\r\n";
    bm_io_sim_stop_reading(client);
    bm_io_sim_send(client, text, strlen(text));
    for (int i = 0; i < 80; i++) { /* 64 KiB every 2 s: 128 s in all */
        bm_io_sim_advance(world.io, 2 * SECOND);
        bm_io_sim_start_reading(client);
        bm_io_sim_stop_reading(client);
    }
    size_t len;
    bm_io_sim_arrived(client, &len);
    assert_true(len > 4 << 20);
    assert_int_equal(http_world_counts(&world).timed_out, 0);
    http_world_free(&world);
}

static void further_connections_are_refused(void **state) {
    (void)state;
    struct bm_http_limits limits = bm_http_limits_default();
    limits.connections_max = 3;
    limits.connections_reserved = 1;
    struct http_world world = http_world_new(1, &limits);
    struct bm_io_sim_client *first = http_world_call(&world,
                                                     "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    http_world_call(&world, "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    /* The third comes in on the reserved one: emergencies only. */
    struct bm_io_sim_client *third = http_world_call(&world,
                                                     "GET /sos HTTP/1.1\r\nHost: a\r\n\r\n");
    http_expect_start(third, "HTTP/1.1 200 OK");
    struct bm_io_sim_client *fourth = http_world_call(&world,
                                                      "GET /sos HTTP/1.1\r\nHost: a\r\n\r\n");
    http_expect_start(fourth, "HTTP/1.1 503 Service Unavailable");
    http_expect_text(fourth, "Retry-After: 1\r\n");
    http_expect_text(fourth, "overloaded");
    assert_int_equal(http_world_counts(&world).refused_full, 1);
    /* The first, an ordinary one, goes on being served. */
    http_world_take_all(first);
    bm_io_sim_send(first, "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n", 32);
    bm_io_sim_settle(world.io);
    http_expect_start(first, "HTTP/1.1 200 OK");
    http_world_take_all(third);
    bm_io_sim_send(third, "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n", 32);
    bm_io_sim_settle(world.io);
    http_expect_start(third, "HTTP/1.1 503 Service Unavailable");
    http_expect_text(third, "Connection: close\r\n");
    assert_int_equal(http_world_counts(&world).refused_full, 2);
    assert_int_equal(http_world_counts(&world).connections_now, 3);
    bm_io_sim_close(third);
    bm_io_sim_settle(world.io);
    assert_int_equal(http_world_counts(&world).connections_now, 2);
    /* Room again: what came on the reserved one is ordinary when an ordinary one is free. */
    struct bm_io_sim_client *fifth = http_world_call(&world, "");
    bm_io_sim_close(first);
    bm_io_sim_settle(world.io);
    bm_io_sim_send(fifth, "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n", 32);
    bm_io_sim_settle(world.io);
    http_expect_start(fifth, "HTTP/1.1 200 OK");
    http_world_free(&world);
}

static void a_flood_of_refused_connections_is_bounded(void **state) {
    (void)state;
    struct bm_http_limits limits = bm_http_limits_default();
    limits.connections_max = 2;
    limits.connections_reserved = 0;
    struct http_world world = http_world_new(1, &limits);
    unsigned told = 0;
    for (int i = 0; i < 1000; i++) told += http_world_arrived(http_world_call(&world, ""))[0] != 0;
    assert_int_equal(told, 256);
    assert_int_equal(http_world_counts(&world).refused_full, 998);
    assert_int_equal(http_world_counts(&world).connections_now, 2);
    bm_io_sim_advance(world.io, 2 * SECOND);
    http_expect_start(http_world_call(&world, ""), "HTTP/1.1 503");
    http_world_free(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_a_get),
        cmocka_unit_test(dates_follow_the_wall_clock),
        cmocka_unit_test(keeps_the_connection_and_answers_in_order),
        cmocka_unit_test(a_thousand_pipelined_requests),
        cmocka_unit_test(unanswered_requests_stop_the_reading),
        cmocka_unit_test(head_sends_no_body),
        cmocka_unit_test(no_content_has_no_length),
        cmocka_unit_test(closes_when_asked),
        cmocka_unit_test(lingers_only_for_a_while),
        cmocka_unit_test(reads_paths_queries_cookies_and_headers),
        cmocka_unit_test(chunked_bodies_are_joined),
        cmocka_unit_test(invites_a_body_that_waits),
        cmocka_unit_test(problems_are_json),
        cmocka_unit_test(refuses_hostile_heads),
        cmocka_unit_test(refuses_unknown_methods),
        cmocka_unit_test(refuses_hostile_framing),
        cmocka_unit_test(heads_end_at_their_limits),
        cmocka_unit_test(bodies_end_at_their_limit),
        cmocka_unit_test(slow_heads_and_bodies_time_out),
        cmocka_unit_test(idle_connections_close_in_silence),
        cmocka_unit_test(unread_answers_are_given_up),
        cmocka_unit_test(a_slow_reader_gets_time_for_every_slice),
        cmocka_unit_test(further_connections_are_refused),
        cmocka_unit_test(a_flood_of_refused_connections_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
