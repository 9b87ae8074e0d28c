/* The HTTP API, version 1 (DESIGN.md section 7): JSON in, commands out; queries; the board and its stream.
 *
 * One table (routes.c) says what there is; the router and /openapi.json both come from it.  Everything
 * runs on the io thread but SQL and password hashing, which run on workers. */
#ifndef BM_API_API_H
#define BM_API_API_H

#include "api/vitals.h"
#include "desk/live.h"
#include "dispatch/dispatch.h"
#include "http/http.h"
#include "io/clock_watch.h"
#include "io/io.h"
#include "outbox/outbox.h"
#include "vault/vault.h"

struct bm_api;

struct bm_api_config {
    const char *dir;       /* data folder, for readers */
    bool behind_proxy;     /* Secure cookies; the proxy speaks TLS */
    const char *version;   /* of the program */
    bool training;         /* shown on every screen */
    const struct bm_clock_watch *clock; /* NULL: nobody watches it */
    struct bm_vitals *vitals;  /* what the program knows of itself; never NULL */
    int64_t ack_window_ns;   /* of the alarm about slow acknowledgements; 0: BM_ACK_WINDOW_S */
    struct bm_dispatch *dispatch; /* roster, positions, recommendations; never NULL */
    const char *no_roads;  /* why there are none: a sentence; NULL when there are, or none were asked for */
    const char *tiles;     /* base map (.mbtiles); NULL: none */
    const char *addresses; /* address index; NULL: none */
    const char *demo;      /* what GET /v1/demo answers (JSON file; until it is whole, 503); NULL: no demo */
};

/* Everything given stays the caller's. `live` is set later by bm_api_go, when the desk is ready; until then
 * every path but /healthz and /readyz answers 503. */
struct bm_api *bm_api_new(struct bm_io *io, const struct bm_http_limits *limits, struct bm_vault *vault,
                          const struct bm_api_config *config);
/* Before the desk is stopped: keeps what log-ins need to go on at the next start, when it is not kept yet.  Waits for the disk.  NULL is fine. */
void bm_api_keep_session_time(struct bm_api *api);
/* The desk is gone: what would still ask it is refused.  Then bm_io_end_work, so that no worker is at a call,
 * then bm_api_free. */
void bm_api_halt(struct bm_api *api); /* NULL is fine */
void bm_api_free(struct bm_api *api); /* NULL is fine; closes all connections */
BM_MUST_USE enum bm_code bm_api_listen(struct bm_api *api, const char *host, uint16_t port,
                                       uint16_t *ret_port, struct bm_fault *fault);
/* The desk is ready: fills the mirror from its projections. */
BM_MUST_USE enum bm_code bm_api_go(struct bm_api *api, struct bm_live *live, struct bm_fault *fault);
/* What the outbox asks of the api, and the outbox that it may list (NULL: none, because of that sentence); before bm_api_go. */
struct bm_outbox_calls bm_api_outbox_calls(struct bm_api *api);
void bm_api_take_outbox(struct bm_api *api, struct bm_outbox *outbox, uint64_t ledger, const char *why_not);
/* For bm_live_calls. */
void bm_api_on_reply(struct bm_api *api, void *ticket, const struct bm_live_reply *reply);
void bm_api_on_frame(struct bm_api *api, struct bm_frame *frame);

#endif
