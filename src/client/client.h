/* An HTTP client of the public API, for programs that play people and machines.  libcurl stands
 * behind it and is known nowhere else.
 *
 * One thread, one desk.  Requests are made one after the other and waited for; the event stream is
 * read meanwhile, and its events are kept until they are asked for.  A connection that is lost is
 * an answer with status 0: the caller asks again with the same Idempotency-Key. */
#ifndef BM_CLIENT_CLIENT_H
#define BM_CLIENT_CLIENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/code.h"

struct bm_client;

enum {
    BM_CLIENT_WAIT_MS = 20000, /* longest wait for an answer; then status 0 */
    BM_CLIENT_BODY_MAX = 32 * 1024 *
                         1024, /* of an answer; a longer one is an answer with status 0 */
    BM_CLIENT_EVENTS_MAX =
        20000, /* kept; past it the stream is closed, and its reader starts over */
};

/* `url`: "http://127.0.0.1:8110", no path.  Never NULL. */
struct bm_client *bm_client_new(const char *url);
void bm_client_free(struct bm_client *client); /* NULL is fine */

struct bm_client_request {
    const char *method, *path; /* "POST", "/v1/cases" */
    const char *token;         /* bearer, NULL: none */
    const char *key;           /* Idempotency-Key, NULL: none */
    uint32_t if_match;         /* version, 0: none */
    json_t *body;              /* NULL: none; stays the caller's */
    const void *file;          /* instead of `body`: bytes of that type */
    size_t file_len;
    const char *type;
    int wait_ms;               /* 0: BM_CLIENT_WAIT_MS */
};
struct bm_client_answer {
    int status;   /* 0: the desk was not reached, or the answer was broken */
    json_t *body; /* NULL: none, or no JSON object */
    const char *text; /* as it came; the client's, until its next call */
    size_t len;
};
/* Fills `ret_answer`, which the caller frees. */
void bm_client_call(struct bm_client *client, const struct bm_client_request *request,
                    struct bm_client_answer *ret_answer);
void bm_client_answer_free(struct bm_client_answer *answer);
/* What an answer that is not good says, for people: "409 unit-taken: ..."; static until the next
 * call. */
const char *bm_client_complaint(const struct bm_client_answer *answer);

/* --- the stream ------------------------------------------------------------------------------- */

/* Opens GET /v1/stream?from=seq; one that is open is closed before. */
void bm_client_stream_open(struct bm_client *client, const char *token, uint64_t from);
void bm_client_stream_close(struct bm_client *client);
bool bm_client_stream_is_open(const struct bm_client *client);
struct bm_client_event {
    char name[16];   /* "message" when the desk gave none */
    json_t *content; /* the caller's (json_decref) */
};
/* The next event that has come, if any. */
bool bm_client_stream_next(struct bm_client *client, struct bm_client_event *ret_event);
/* Lets the stream be read for at most `ms`, and returns early when an event has come. */
void bm_client_wait(struct bm_client *client, int ms);
/* Lets a bm_client_wait on another thread return; the only function here that other threads may call. */
void bm_client_wake(struct bm_client *client);

#endif
