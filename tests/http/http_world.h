/* A desk in the simulated world and words to talk about what its clients got. */
#ifndef BM_TESTS_HTTP_WORLD_H
#define BM_TESTS_HTTP_WORLD_H

#include "http_desk.h"
#include "io/io_sim.h"

static const int64_t SECOND = 1000000000;

struct http_world {
    struct bm_io *io;
    struct http_desk *desk;
};

/* NULL: the usual limits. */
struct http_world http_world_new(uint64_t seed, const struct bm_http_limits *limits);
void http_world_free(struct http_world *world);
struct bm_io_sim_client *http_world_call(struct http_world *world, const char *text);
const char *http_world_arrived(struct bm_io_sim_client *client);
void http_expect_start(struct bm_io_sim_client *client, const char *start);
void http_expect_text(struct bm_io_sim_client *client, const char *part);
void http_expect_no_text(struct bm_io_sim_client *client, const char *part);
void http_world_take_all(struct bm_io_sim_client *client);
size_t http_occurrences(const char *text, const char *part);
struct bm_http_counts http_world_counts(struct http_world *world);
void http_world_push(struct http_world *world, const char *text);

#endif
