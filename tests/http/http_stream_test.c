/* Clients that leave, and event streams, in the simulated world. */
#include "http/http.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "http_world.h"

/* --- clients that leave ----------------------------------------------------------------------- */

static void an_answer_to_nobody_is_dropped(void **state) {
    (void)state;
    struct http_world world = http_world_new(1, NULL);
    struct bm_io_sim_client *client = http_world_call(
        &world, "POST /hold?a=b HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody");
    bm_io_sim_reset(client);
    bm_io_sim_settle(world.io);
    assert_int_equal(http_world_counts(&world).connections_now, 1); /* its memory is still held */
    struct bm_io_sim_client *other = http_world_call(&world,
                                                     "POST /release HTTP/1.1\r\nHost: a\r\n\r\n");
    http_expect_text(other, "gone");
    assert_int_equal(http_world_counts(&world).answers_dropped, 1);
    assert_int_equal(http_world_counts(&world).connections_now, 1);
    http_world_free(&world);
}

static void a_half_closed_client_gets_its_answer(void **state) {
    (void)state;
    struct http_world world = http_world_new(1, NULL);
    struct bm_io_sim_client *client = http_world_call(&world,
                                                      "GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
    bm_io_sim_end(client);
    bm_io_sim_settle(world.io);
    http_expect_text(http_world_call(&world, "POST /release HTTP/1.1\r\nHost: a\r\n\r\n"), "alive");
    http_expect_text(client, "held");
    assert_true(bm_io_sim_ended(client));
    http_world_free(&world);
}

static void half_a_request_is_dropped_at_the_end(void **state) {
    (void)state;
    static const char *const texts[] = {
        "GET /hello HTT", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbod",
        "GET /hello HTTP/1.1\r\nHost: a\r\n\r\nGET /hel"};
    struct http_world world = http_world_new(1, NULL);
    for (size_t i = 0; i < 3; i++) {
        struct bm_io_sim_client *client = http_world_call(&world, texts[i]);
        bm_io_sim_end(client);
        bm_io_sim_settle(world.io);
        assert_true(bm_io_sim_ended(client));
    }
    assert_int_equal(http_world_counts(&world).connections_now, 0);
    assert_int_equal(http_world_counts(&world).bad_requests, 3);
    http_world_free(&world);
}

/* --- streams ---------------------------------------------------------------------------------- */

static struct bm_io_sim_client *listen_in(struct http_world *world) {
    return http_world_call(world, "GET /stream HTTP/1.1\r\nHost: a\r\n\r\n");
}

static void streams_carry_frames(void **state) {
    (void)state;
    struct http_world world = http_world_new(1, NULL);
    struct bm_io_sim_client *client = listen_in(&world);
    http_expect_start(client, "HTTP/1.1 200 OK\r\n");
    http_expect_text(client, "Content-Type: text/event-stream\r\n");
    http_expect_text(client, "Cache-Control: no-store\r\n");
    http_expect_text(client, "X-Accel-Buffering: no\r\n");
    http_expect_no_text(client, "Content-Length");
    http_expect_text(client, "\r\n\r\nretry: 1000\n\n");
    http_world_take_all(client);
    http_world_push(&world, "id: 1\ndata: a\n\n");
    http_world_push(&world, "id: 2\ndata: b\n\n");
    bm_io_sim_settle(world.io);
    assert_string_equal(http_world_arrived(client), "id: 1\ndata: a\n\nid: 2\ndata: b\n\n");
    http_world_push(&world, "id: 3\n\n");
    bm_http_stream_close(world.desk->streams[0].stream);
    http_world_push(&world, "too late");
    bm_io_sim_settle(world.io);
    http_expect_text(client, "id: 3\n\n");
    http_expect_no_text(client, "too late");
    assert_true(bm_io_sim_ended(client));
    bm_io_sim_advance(world.io, 2 * SECOND);
    assert_int_equal(world.desk->closed_count, 1);
    assert_int_equal(http_world_counts(&world).streams_now, 0);
    assert_int_equal(http_world_counts(&world).streams_opened, 1);
    assert_int_equal(http_world_counts(&world).connections_now, 0);
    http_world_free(&world);
}

static void streams_beat_when_nothing_is_pushed(void **state) {
    (void)state;
    struct http_world world = http_world_new(1, NULL);
    struct bm_io_sim_client *client = listen_in(&world);
    world.desk->own_beat = true;
    struct bm_io_sim_client *own = listen_in(&world);
    http_world_take_all(client);
    http_world_take_all(own);
    bm_io_sim_advance(world.io, 14 * SECOND);
    http_world_push(&world, "data: x\n\n");
    bm_io_sim_advance(world.io, 14 * SECOND);
    assert_string_equal(http_world_arrived(client), "data: x\n\n");
    bm_io_sim_advance(world.io, 17 * SECOND);
    assert_string_equal(http_world_arrived(client), "data: x\n\n:\n\n:\n\n");
    assert_string_equal(http_world_arrived(own), "data: x\n\nevent: beat\n\nevent: beat\n\n");
    assert_int_equal(world.desk->beat_count, 2);
    http_world_free(&world);
}

static void a_slow_stream_is_cut_between_frames(void **state) {
    (void)state;
    struct bm_http_limits limits = bm_http_limits_default();
    limits.stream_queue_bytes = 10000;
    struct http_world world = http_world_new(1, &limits);
    struct bm_io_sim_client *slow = listen_in(&world);
    struct bm_io_sim_client *quick = listen_in(&world);
    bm_io_sim_stop_reading(slow);
    http_world_take_all(quick);
    char frame[1001];
    memset(frame, 'x', 1000);
    frame[1000] = 0;
    for (int i = 0; i < 76; i++) {
        http_world_push(&world, frame);
        bm_io_sim_settle(world.io);
    }
    /* 64 KiB fit the pipe, 10,000 the queue. */
    assert_int_equal(http_world_counts(&world).streams_cut, 1);
    assert_int_equal(http_world_counts(&world).streams_now, 1);
    assert_int_equal(world.desk->closed_count, 1);
    size_t len;
    bm_io_sim_arrived(quick, &len);
    assert_int_equal(len, 76000);
    /* A frame that can never fit cuts even an empty queue. */
    char huge[10002];
    memset(huge, 'y', 10001);
    huge[10001] = 0;
    http_world_push(&world, huge);
    bm_io_sim_settle(world.io);
    assert_int_equal(http_world_counts(&world).streams_cut, 2);
    assert_int_equal(http_world_counts(&world).connections_now, 0);
    http_world_free(&world);
}

static void a_stream_nobody_reads_is_cut_in_time(void **state) {
    (void)state;
    struct http_world world = http_world_new(1, NULL);
    struct bm_io_sim_client *client = listen_in(&world);
    bm_io_sim_stop_reading(client);
    char frame[70001];
    memset(frame, 'x', 70000);
    frame[70000] = 0;
    http_world_push(&world, frame);
    bm_io_sim_advance(world.io, 21 * SECOND);
    assert_int_equal(http_world_counts(&world).streams_cut, 1);
    assert_int_equal(world.desk->closed_count, 1);
    http_world_free(&world);
}

static void a_stream_ends_with_its_client(void **state) {
    (void)state;
    struct http_world world = http_world_new(1, NULL);
    struct bm_io_sim_client *one = listen_in(&world);
    struct bm_io_sim_client *two = listen_in(&world);
    struct bm_io_sim_client *three = listen_in(&world);
    bm_io_sim_end(one);
    bm_io_sim_reset(two);
    bm_io_sim_forget(three);
    bm_io_sim_settle(world.io);
    assert_int_equal(world.desk->closed_count, 3);
    assert_int_equal(http_world_counts(&world).streams_now, 0);
    assert_int_equal(http_world_counts(&world).streams_cut, 0);
    assert_int_equal(http_world_counts(&world).connections_now, 0);
    http_world_free(&world);
}

static void a_stream_for_nobody_is_closed_soon(void **state) {
    (void)state;
    struct http_world world = http_world_new(1, NULL);
    struct bm_io_sim_client *client = http_world_call(&world,
                                                      "GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
    bm_io_sim_reset(client);
    bm_io_sim_settle(world.io);
    struct http_desk_stream *stream = http_desk_stream_held(world.desk);
    struct bm_http_frame *frame = bm_http_frame_new("x", 1);
    assert_false(bm_http_stream_push(stream->stream, frame));
    bm_http_frame_unref(frame);
    assert_int_equal(world.desk->closed_count, 0);
    bm_io_sim_settle(world.io);
    assert_int_equal(world.desk->closed_count, 1);
    assert_int_equal(http_world_counts(&world).streams_now, 0);
    assert_int_equal(http_world_counts(&world).connections_now, 0);
    http_world_free(&world);
}

static void many_streams_share_a_frame(void **state) {
    (void)state;
    struct http_world world = http_world_new(1, NULL);
    struct bm_io_sim_client *clients[1000];
    for (int i = 0; i < 1000; i++) {
        clients[i] = listen_in(&world);
        http_world_take_all(clients[i]);
    }
    for (int round = 0; round < 20; round++) {
        http_world_push(&world, "data: everybody\n\n");
        bm_io_sim_settle(world.io);
    }
    for (int i = 0; i < 1000; i++)
        assert_int_equal(http_occurrences(http_world_arrived(clients[i]), "data: everybody\n\n"),
                         20);
    http_world_free(&world);
    /* bm_http_free told every owner. */
}

static void freeing_tells_every_stream(void **state) {
    (void)state;
    struct http_world world = http_world_new(1, NULL);
    for (int i = 0; i < 5; i++) listen_in(&world);
    http_world_call(&world, "GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
    http_world_call(&world, "GET /hel");
    http_desk_stop(world.desk);
    assert_int_equal(world.desk->closed_count, 5);
    bm_io_free(world.io);
    assert_int_equal(world.desk->closed_count, 5);
    bm_free(world.desk);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_to_nobody_is_dropped),
        cmocka_unit_test(a_half_closed_client_gets_its_answer),
        cmocka_unit_test(half_a_request_is_dropped_at_the_end),
        cmocka_unit_test(streams_carry_frames),
        cmocka_unit_test(streams_beat_when_nothing_is_pushed),
        cmocka_unit_test(a_slow_stream_is_cut_between_frames),
        cmocka_unit_test(a_stream_nobody_reads_is_cut_in_time),
        cmocka_unit_test(a_stream_ends_with_its_client),
        cmocka_unit_test(a_stream_for_nobody_is_closed_soon),
        cmocka_unit_test(many_streams_share_a_frame),
        cmocka_unit_test(freeing_tells_every_stream),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
