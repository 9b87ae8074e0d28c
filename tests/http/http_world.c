#include "http_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/alloc.h"

struct http_world http_world_new(uint64_t seed, const struct bm_http_limits *limits) {
    struct bm_http_limits normal = bm_http_limits_default();
    struct http_world world = {.io = bm_io_sim_new(seed),
                               .desk = bm_alloc_zero(1, sizeof *world.desk)};
    http_desk_start(world.desk, world.io, limits ? limits : &normal);
    return world;
}

void http_world_free(struct http_world *world) {
    http_desk_stop(world->desk);
    bm_io_free(world->io);
    bm_free(world->desk);
}

struct bm_io_sim_client *http_world_call(struct http_world *world, const char *text) {
    struct bm_io_sim_client *client = bm_io_sim_connect(world->io, world->desk->port);
    assert_non_null(client);
    bm_io_sim_send(client, text, strlen(text));
    bm_io_sim_settle(world->io);
    return client;
}

const char *http_world_arrived(struct bm_io_sim_client *client) {
    size_t len;
    return (const char *)bm_io_sim_arrived(client, &len);
}

void http_expect_start(struct bm_io_sim_client *client, const char *start) {
    if (strncmp(http_world_arrived(client), start, strlen(start)) != 0)
        fail_msg("wanted \"%s\", got \"%s\"", start, http_world_arrived(client));
}

void http_expect_text(struct bm_io_sim_client *client, const char *part) {
    if (!strstr(http_world_arrived(client), part))
        fail_msg("wanted \"%s\" in \"%s\"", part, http_world_arrived(client));
}

void http_expect_no_text(struct bm_io_sim_client *client, const char *part) {
    if (strstr(http_world_arrived(client), part))
        fail_msg("did not want \"%s\" in \"%s\"", part, http_world_arrived(client));
}

void http_world_take_all(struct bm_io_sim_client *client) {
    size_t len;
    bm_io_sim_arrived(client, &len);
    bm_io_sim_take(client, len);
}

size_t http_occurrences(const char *text, const char *part) {
    size_t count = 0;
    while ((text = strstr(text, part))) {
        count++;
        text++;
    }
    return count;
}

struct bm_http_counts http_world_counts(struct http_world *world) {
    return bm_http_counts(world->desk->http);
}

void http_world_push(struct http_world *world, const char *text) {
    struct bm_http_frame *frame = bm_http_frame_new(text, strlen(text));
    for (size_t i = 0; i < world->desk->stream_count; i++)
        if (world->desk->streams[i].stream)
            bm_http_stream_push(world->desk->streams[i].stream, frame);
    bm_http_frame_unref(frame);
}
