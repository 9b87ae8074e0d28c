#include "api/admin.h"

#include <pthread.h>
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"

enum { ANSWER_MAX = 256 * 1024 };

struct bm_admin {
    struct bm_vitals *vitals;
    struct bm_io *io;
    struct bm_http *http;
    struct bm_io_wake *wake;
    pthread_t thread;
};

static void answer(struct bm_http_exchange *exchange, int status, const char *type, const struct bm_buf *body) {
    struct bm_http_answer answer = {.status = status, .content_type = type, .body = body->bytes, .body_len = body->len};
    bm_http_answer(exchange, &answer);
}

static void refuse(struct bm_http_exchange *exchange, enum bm_code code, const char *why) {
    struct bm_fault fault;
    bm_fault_set(&fault, code, NULL, "%s", why);
    bm_http_problem(exchange, &fault);
}

static void handle(void *context, struct bm_http_exchange *exchange, const struct bm_http_request *request) {
    struct bm_admin *admin = context;
    struct bm_buf out = bm_buf_make(ANSWER_MAX);
    int64_t now_ns = bm_io_mono_ns(admin->io);
    bool reads = strcmp(request->method, "GET") == 0 || strcmp(request->method, "HEAD") == 0;
    if (!reads) {
        refuse(exchange, BM_NO_METHOD, "This port only answers GET /healthz, /readyz and /metrics.");
    } else if (strcmp(request->path, "/healthz") == 0) {
        bm_buf_text(&out, "{\"alive\":true}");
        answer(exchange, 200, "application/json; charset=utf-8", &out);
    } else if (strcmp(request->path, "/readyz") == 0) {
        int status = bm_vitals_write_ready(admin->vitals, now_ns, &out);
        if (out.len)
            answer(exchange, status, "application/json; charset=utf-8", &out);
        else
            refuse(exchange, BM_NOT_READY, "The desk is still reading its journal.");
    } else if (strcmp(request->path, "/metrics") == 0) {
        bm_vitals_write_metrics(admin->vitals, now_ns, &out);
        answer(exchange, 200, "text/plain; version=0.0.4", &out);
    } else {
        refuse(exchange, BM_NOT_FOUND, "This port only answers GET /healthz, /readyz and /metrics.");
    }
    bm_buf_free(&out);
}

static void *run(void *context) {
    bm_io_run(((struct bm_admin *)context)->io);
    return NULL;
}

static void on_wake(void *context) {
    bm_io_stop(((struct bm_admin *)context)->io);
}

/* Few and short: whoever holds all of them open loses them within seconds. */
static struct bm_http_limits limits(void) {
    struct bm_http_limits limits = bm_http_limits_default();
    limits.connections_max = BM_ADMIN_CONNECTIONS_MAX;
    limits.connections_reserved = 0;
    limits.head_bytes_max = 8 * 1024;
    limits.body_bytes_max = 1024;
    limits.head_ms_max = limits.body_ms_max = limits.write_ms_max = 5000;
    limits.idle_ms_max = 20000;
    return limits;
}

enum bm_code bm_admin_start(struct bm_vitals *vitals, const char *host, uint16_t port, uint16_t *ret_port,
                            struct bm_admin **ret_admin, struct bm_fault *fault) {
    struct bm_admin *admin = bm_alloc_zero(1, sizeof *admin);
    struct bm_http_limits own = limits();
    struct bm_http_calls calls = {.handle = handle};
    admin->vitals = vitals;
    admin->io = bm_io_uv_new(1);
    admin->http = bm_http_new(admin->io, &own, &calls, admin);
    enum bm_code code = bm_http_listen(admin->http, host, port, ret_port, fault);
    if (code) {
        bm_http_free(admin->http);
        bm_io_free(admin->io);
        bm_free(admin);
        return code;
    }
    admin->wake = bm_io_wake_new(admin->io, on_wake, admin);
    BM_CHECK(pthread_create(&admin->thread, NULL, run, admin) == 0);
    *ret_admin = admin;
    return BM_OK;
}

void bm_admin_stop(struct bm_admin *admin) {
    if (!admin) return;
    bm_io_wake(admin->wake);
    pthread_join(admin->thread, NULL);
    bm_http_free(admin->http);
    bm_io_wake_free(admin->wake);
    bm_io_free(admin->io);
    bm_free(admin);
}
