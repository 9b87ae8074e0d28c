/* Bytes of a stranger into the HTTP server, in the simulated world.
 *
 * The bytes are one client's side of a conversation.  They are sent whole and, with cuts drawn from
 * a seed that the bytes themselves give, once more: the answers must be the same.  A third time the
 * world is hostile (delays, resets, a client that stops reading): nothing may be left over.  The
 * handler checks what http.h promises about a request. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "http/http.h"
#include "io/io_sim.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

enum { INPUT_MAX = 20000 };
/* Small, so that small inputs reach them. */
enum { HEAD_BYTES_MAX = 512, HEADERS_MAX = 12, BODY_BYTES_MAX = 256 };
static const int64_t SECOND = 1000000000;

struct desk {
    struct bm_io *io;
    struct bm_http *http;
    struct bm_http_stream *stream;
    struct bm_http_exchange *later;
    struct bm_io_timer *timer;
};

/* --- promises of http.h ----------------------------------------------------------------------- */

static void check_text(const char *text) {
    for (const char *c = text; *c; c++) {
        BM_CHECK(*c != '\r');
        BM_CHECK(*c != '\n');
    }
}

static void check_path(const char *path) {
    BM_CHECK(path[0] == '/');
    check_text(path);
    for (const char *c = path; (c = strstr(c, "/..")); c++) {
        BM_CHECK(c[3] != 0);
        BM_CHECK(c[3] != '/');
    }
}

static void check_request(const struct bm_http_request *request) {
    char value[16];
    check_path(request->path);
    check_text(request->query);
    for (size_t i = 0; i < request->header_count; i++) {
        const struct bm_http_header *header = &request->headers[i];
        BM_CHECK(header->name[0]);
        check_text(header->value);
        for (const char *c = header->name; *c; c++) {
            BM_CHECK(*c > ' ');
            BM_CHECK(*c != ':');
            BM_CHECK(*c < 'A' || *c > 'Z');
        }
        BM_CHECK(bm_http_header(request, header->name) != NULL);
    }
    BM_CHECK(request->body[request->body_len] == 0);
    if (bm_http_query(request, "q", value, sizeof value) == BM_OK) check_text("");
    if (bm_http_query(request, "", value, 1) == BM_OK) BM_CHECK(!value[0]);
    if (bm_http_cookie(request, "s", value, sizeof value) == BM_OK) check_text(value);
    if (bm_http_cookie(request, "", value, sizeof value) == BM_OK) check_text(value);
    bool two_framings = bm_http_header(request, "content-length") &&
                        bm_http_header(request, "transfer-encoding");
    BM_CHECK(!two_framings);
}

/* --- a desk that answers in every way there is ------------------------------------------------ */

static void stream_closed(void *context) {
    ((struct desk *)context)->stream = NULL;
}

static void stream_beat(void *context) {
    bm_http_stream_close(((struct desk *)context)->stream);
}

static void answer_later(void *context) {
    struct desk *desk = context;
    struct bm_http_exchange *exchange = desk->later;
    desk->later = NULL;
    bm_http_answer(exchange, &(struct bm_http_answer){.status = 202});
}

static void open_stream(struct desk *desk, struct bm_http_exchange *exchange) {
    static const struct bm_http_stream_calls calls = {.on_closed = stream_closed,
                                                      .on_beat = stream_beat};
    BM_CHECK(!desk->stream);
    desk->stream = bm_http_stream_open(exchange, &calls, desk);
    struct bm_http_frame *frame = bm_http_frame_new("data: x\n\n", 9);
    for (int i = 0; i < 5; i++) bm_http_stream_push(desk->stream, frame);
    bm_http_frame_unref(frame);
}

static void handle(void *context, struct bm_http_exchange *exchange,
                   const struct bm_http_request *request) {
    struct desk *desk = context;
    check_request(request);
    BM_CHECK(bm_http_alive(exchange));
    switch (request->path[1]) {
    case 's':
        open_stream(desk, exchange);
        break;
    case 'l':
        BM_CHECK(!desk->later);
        desk->later = exchange;
        bm_io_timer_set(desk->timer, bm_io_mono_ns(desk->io) + 5);
        break;
    case 'p': {
        struct bm_fault fault;
        bm_fault_set(&fault, BM_CONFLICT, "path", "%s", request->path);
        bm_http_problem(exchange, &fault);
        break;
    }
    default: {
        const char *line = "X-Line: y";
        bm_http_answer(exchange, &(struct bm_http_answer){.status = 200,
                                                          .content_type = "text/plain",
                                                          .headers = &line,
                                                          .header_count = 1,
                                                          .body = request->body,
                                                          .body_len = request->body_len,
                                                          .close = request->path[1] == 'c'});
    }
    }
}

static bool is_emergency(void *context, const char *method, const char *path) {
    (void)context;
    return method[0] == 'P' && path[1] == 'e';
}

/* --- one conversation ------------------------------------------------------------------------- */

/* What the client got; freed by the caller. */
static char *converse(const uint8_t *bytes, size_t len, uint64_t seed,
                      const struct bm_io_sim_knobs *knobs, size_t *ret_len) {
    static const struct bm_http_calls calls = {.handle = handle, .is_emergency = is_emergency};
    struct bm_http_limits limits = bm_http_limits_default();
    limits.connections_max = 4;
    limits.connections_reserved = 2;
    limits.head_bytes_max = HEAD_BYTES_MAX;
    limits.headers_max = HEADERS_MAX;
    limits.body_bytes_max = BODY_BYTES_MAX;
    struct desk desk = {.io = bm_io_sim_new(seed)};
    bm_io_sim_set_knobs(desk.io, knobs);
    desk.http = bm_http_new(desk.io, &limits, &calls, &desk);
    desk.timer = bm_io_timer_new(desk.io, answer_later, &desk);
    uint16_t port = 0;
    enum bm_code code = bm_http_listen(desk.http, "127.0.0.1", 0, &port, NULL);
    BM_CHECK(code == BM_OK);
    struct bm_io_sim_client *client = bm_io_sim_connect(desk.io, port);
    bm_io_sim_send(client, bytes, len);
    /* Long enough for every deadline but the heartbeat, then the client leaves. */
    bm_io_sim_advance(desk.io, 14 * SECOND);
    if (len % 2) bm_io_sim_end(client);
    bm_io_sim_advance(desk.io, knobs->delay_max_ns ? 3000 * SECOND : 120 * SECOND);
    const uint8_t *got = bm_io_sim_arrived(client, ret_len);
    char *copy = bm_alloc(*ret_len + 1);
    memcpy(copy, got, *ret_len + 1);
    struct bm_http_counts counts = bm_http_counts(desk.http);
    BM_CHECK(counts.connections_now == 0);
    BM_CHECK(counts.streams_now == 0);
    BM_CHECK(!desk.stream);
    BM_CHECK(!desk.later);
    bm_io_timer_free(desk.timer);
    bm_http_free(desk.http);
    bm_io_free(desk.io);
    return copy;
}

/* Whether "100 Continue" is sent depends rightly on whether the body has arrived yet. */
static size_t drop_invitations(char *text, size_t len) {
    static const char invitation[] = "HTTP/1.1 100 Continue\r\n\r\n";
    const size_t invitation_len = sizeof invitation - 1;
    char *found;
    while ((found = memmem(text, len, invitation, invitation_len))) {
        len -= invitation_len;
        memmove(found, found + invitation_len, len - (size_t)(found - text));
    }
    return len;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    if (len > INPUT_MAX) return 0;
    uint64_t seed = 14695981039346656037u; /* FNV-1a: any change of the bytes changes the cuts */
    for (size_t i = 0; i < len; i++) seed = (seed ^ bytes[i]) * 1099511628211u;
    size_t whole_len = 0;
    size_t cut_len = 0;
    const struct bm_io_sim_knobs calm = {.chop = false};
    const struct bm_io_sim_knobs chopping = {.chop = true};
    const struct bm_io_sim_knobs hostile = {.chop = seed % 2,
                                            .delay_max_ns = (int64_t)(seed >> 32) % SECOND,
                                            .reset_per_million = 50000,
                                            .stall_per_million = 50000,
                                            .pipe_bytes = 300};
    char *whole = converse(bytes, len, seed, &calm, &whole_len);
    char *cut = converse(bytes, len, seed, &chopping, &cut_len);
    size_t torn_len = 0;
    bm_free(converse(bytes, len, seed, &hostile, &torn_len));
    whole_len = drop_invitations(whole, whole_len);
    cut_len = drop_invitations(cut, cut_len);
    BM_CHECK(whole_len == cut_len);
    BM_CHECK(memcmp(whole, cut, whole_len) == 0);
    bm_free(whole);
    bm_free(cut);
    return 0;
}
