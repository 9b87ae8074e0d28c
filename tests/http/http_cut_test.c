/* The same answers however the bytes are cut; nothing left over whatever clients do. */
#include "http/http.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "http_world.h"

/* --- the same answers however the bytes are cut ----------------------------------------------- */

/* One client's side of a conversation each. */
static const char bodies_and_end[] =
    "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"
    "HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\n"
    "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\nhello world"
    "GET /show?q=1 HTTP/1.1\r\nHost: a\r\nCookie: session=abc\r\nX-Test: y\r\n\r\n"
    "GET /bye HTTP/1.1\r\nHost: a\r\n\r\n"
    "GET /lost";
static const char chunks[] = "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                             "5;x=y\r\nhello\r\n6\r\n world\r\n0\r\nA: b\r\n\r\n"
                             "POST /work HTTP/1.1\r\nHost: a\r\n\r\n"
                             "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";
static const char bare_line_feed[] = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"
                                     "GET /hello HTTP/1.1\r\nHost: a\nX: y\r\n\r\n";
static const char too_large[] =
    "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"
    "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999\r\n\r\n1";
static const char stream[] = "\r\nGET /show HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
                             "GET /stream HTTP/1.0\r\n\r\nmore";
static const char two_lengths[] =
    "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nxx";

static const char *const conversations[] = {bodies_and_end, chunks, bare_line_feed,
                                            too_large,      stream, two_lengths};

static char *converse(uint64_t seed, const struct bm_io_sim_knobs *knobs, const char *text) {
    struct http_world world = http_world_new(seed, NULL);
    if (knobs) bm_io_sim_set_knobs(world.io, knobs);
    struct bm_io_sim_client *client = http_world_call(&world, text);
    http_world_push(&world, "data: pushed\n\n");
    bm_io_sim_end(client);
    bm_io_sim_settle(world.io);
    bm_io_sim_advance(world.io, 3 * SECOND);
    char *copy = bm_text_copy(http_world_arrived(client));
    assert_int_equal(http_world_counts(&world).connections_now, 0);
    http_world_free(&world);
    return copy;
}

static void cut_bytes_give_the_same_answers(void **state) {
    (void)state;
    const struct bm_io_sim_knobs knobs = {.chop = true};
    for (size_t i = 0; i < sizeof conversations / sizeof conversations[0]; i++) {
        char *whole = converse(0, NULL, conversations[i]);
        assert_true(strlen(whole) > 50);
        for (uint64_t seed = 1; seed <= 60; seed++) {
            char *cut = converse(seed, &knobs, conversations[i]);
            assert_string_equal(whole, cut);
            bm_free(cut);
        }
        bm_free(whole);
    }
}

static void the_same_seed_gives_the_same_run(void **state) {
    (void)state;
    const struct bm_io_sim_knobs knobs = {.chop = true,
                                          .delay_max_ns = 300000000,
                                          .reset_per_million = 10000,
                                          .stall_per_million = 10000};
    for (uint64_t seed = 1; seed <= 60; seed++) {
        const char *text = conversations[seed % 6];
        char *first = converse(seed, &knobs, text);
        char *second = converse(seed, &knobs, text);
        assert_string_equal(first, second);
        bm_free(first);
        bm_free(second);
    }
}

/* Nothing leaks and nothing is left over, whatever clients do. */
static void survives_a_hostile_world(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct bm_http_limits limits = bm_http_limits_default();
        limits.connections_max = 12;
        limits.connections_reserved = 2;
        limits.stream_queue_bytes = 3000;
        struct http_world world = http_world_new(seed, &limits);
        const struct bm_io_sim_knobs knobs = {.chop = seed % 2 == 0,
                                              .delay_max_ns = SECOND,
                                              .reset_per_million = 2000,
                                              .stall_per_million = 5000,
                                              .pipe_bytes = 500};
        bm_io_sim_set_knobs(world.io, &knobs);
        for (int i = 0; i < 60; i++) {
            struct bm_io_sim_client *client = bm_io_sim_connect(world.io, world.desk->port);
            const char *text = conversations[bm_io_sim_draw(world.io, 6)];
            bm_io_sim_send(client, text, strlen(text));
            if (bm_io_sim_draw(world.io, 3) == 0) bm_io_sim_end(client);
            bm_io_sim_advance(world.io, (int64_t)bm_io_sim_draw(world.io, 2000000000));
            http_world_push(&world,
                            "data: a longer frame to fill the queue of a slow reader with\n\n");
            if (bm_io_sim_draw(world.io, 4) == 0) bm_io_sim_forget(client);
        }
        for (int again = 0; again < 2; again++) { /* what stalled on its way may open a stream after all others are closed */
            bm_io_sim_advance(world.io, (again ? 300 : 10) * SECOND);
            for (size_t i = 0; i < world.desk->stream_count; i++)
                if (world.desk->streams[i].stream) bm_http_stream_close(world.desk->streams[i].stream);
        }
        bm_io_sim_advance(world.io, 300 * SECOND);
        assert_int_equal(http_world_counts(&world).connections_now, 0);
        assert_int_equal(http_world_counts(&world).streams_now, 0);
        assert_int_equal(world.desk->closed_count, http_world_counts(&world).streams_opened);
        http_world_free(&world);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cut_bytes_give_the_same_answers),
        cmocka_unit_test(the_same_seed_gives_the_same_run),
        cmocka_unit_test(survives_a_hostile_world),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
