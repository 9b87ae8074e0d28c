/* Positions over HTTP: batches of 1,000, as JSON and as lines, against what one core parses, what
 * HTTP alone carries, and Redis GEOADD when redis-server is installed. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "api/position_text.h"
#include "base/alloc.h"
#include "base/json.h"
#include "bench.h"
#include "redis.h"

enum { UNITS = 10000, BATCH = 1000, BATCHES = 40, CLIENTS_MAX = 16 };
static const double redis_fixed = 628000, aim_over_redis = 3;

/* --- what is sent ----------------------------------------------------------------------------- */

/* Those that bring their own time come first: afterwards it would be an old one. */
enum form { JSON, LINES_FULL, LINES, FORMS };
static const char *const form_names[FORMS] = {"JSON, all six members", "lines, all six parts",
                                              "lines: unit,lat,lon"};

struct batch {
    struct bm_bytes request; /* head and body */
    const char *body;
    size_t body_len;
};
static struct batch batches[FORMS][BATCHES];

static void one(struct bm_buf *out, enum form form, unsigned unit, unsigned turn, long long at_ms) {
    unsigned lat = (unsigned)((unit * 7919u + turn * 1361u) % 1000000u),
             lon = (unsigned)((unit * 104729u + turn * 977u) % 1000000u);
    if (form == JSON)
        bm_buf_printf(out,
                      "%s{\"unit\":\"%u\",\"lat\":40.%06u1,\"lon\":-73.%06u2,\"at_ms\":%lld,"
                      "\"speed_mps\":%u.5,\"heading_deg\":%u}",
                      unit % BATCH == 1 ? "" : ",", unit, lat, lon, at_ms, unit % 30, unit % 360);
    else if (form == LINES_FULL)
        bm_buf_printf(out, "%u,40.%06u1,-73.%06u2,%lld,%u.5,%u\n", unit, lat, lon, at_ms, unit % 30,
                      unit % 360);
    else
        bm_buf_printf(out, "%u,40.%06u1,-73.%06u2\n", unit, lat, lon);
}

/* Ten batches move every unit once. */
static void make_batches(const char *token, const char *path) {
    long long at_ms = bench_wall_ms();
    for (int form = 0; form < FORMS; form++) {
        for (unsigned b = 0; b < BATCHES; b++) {
            struct bm_buf body = bm_buf_make(1024 * 1024), request = bm_buf_make(1024 * 1024);
            if (form == JSON) bm_buf_text(&body, "{\"positions\":[");
            for (unsigned i = 0; i < BATCH; i++)
                one(&body, (enum form)form, b * BATCH % UNITS + i + 1, b * BATCH / UNITS, at_ms);
            if (form == JSON) bm_buf_text(&body, "]}");
            bm_buf_printf(&request,
                          "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\n"
                          "Content-Type: %s\r\nContent-Length: %zu\r\n\r\n",
                          path, token, form == JSON ? "application/json" : "text/plain", body.len);
            size_t head_len = request.len;
            bm_buf_add(&request, body.bytes, body.len);
            struct batch *batch = &batches[form][b];
            bm_bytes_free(&batch->request);
            batch->request = bm_bytes_copy(request.bytes, request.len);
            batch->body = (const char *)batch->request.bytes + head_len;
            batch->body_len = body.len;
            bm_buf_free(&body);
            bm_buf_free(&request);
        }
    }
}

/* --- what one core parses, and what the roster takes -------------------------------------------
 */

static size_t parse_lines(const struct batch *batch, struct bm_position *to) {
    size_t count = 0;
    const char *at = batch->body, *end = at + batch->body_len;
    while (at < end) {
        struct bm_fault fault;
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        if (bm_position_read_line(at, (size_t)(stop - at), &to[count++], &fault))
            bench_die("a line was refused: %s", fault.detail);
        at = stop + 1;
    }
    return count;
}

static size_t parse_json(const struct batch *batch, struct bm_position *to) {
    struct bm_fault fault;
    json_t *object;
    size_t count = 0;
    if (bm_json_parse(batch->body, batch->body_len, &object, &fault)) bench_die("%s", fault.detail);
    const json_t *list = json_object_get(object, "positions");
    for (; count < json_array_size(list); count++) {
        if (bm_position_read_json(json_array_get(list, count), &to[count], &fault))
            bench_die("%s", fault.detail);
    }
    json_decref(object);
    return count;
}

static double parsed_per_s(enum form form) {
    static struct bm_position positions[BATCH];
    double rates[5];
    for (int round = 0; round < 5; round++) {
        double begin = bench_now();
        size_t count = 0;
        for (unsigned b = 0; b < BATCHES; b++)
            count += form == JSON ? parse_json(&batches[form][b], positions)
                                  : parse_lines(&batches[form][b], positions);
        rates[round] = (double)count / (bench_now() - begin);
    }
    return bench_percentile(rates, 5, 50);
}

static double taken_per_s(void) {
    static struct bm_position positions[BATCH];
    struct bm_dispatch *dispatch = bm_dispatch_new(NULL);
    double rates[5];
    for (uint64_t id = 1; id <= UNITS; id++) {
        struct bm_unit unit = {.id.v = id, .active = true, .kind = BM_UNIT_CAR};
        bm_dispatch_take(dispatch, BM_T_UNIT, id, &unit);
    }
    for (int round = 0; round < 5; round++) {
        double took = 0;
        for (unsigned b = 0; b < BATCHES; b++) {
            parse_lines(&batches[LINES_FULL][b], positions);
            double begin = bench_now();
            for (unsigned i = 0; i < BATCH; i++) {
                if (bm_dispatch_position(dispatch, &positions[i]) != BM_POSITION_TAKEN)
                    bench_die("a position was not taken");
            }
            took += bench_now() - begin;
        }
        rates[round] = BATCHES * BATCH / took;
    }
    bm_dispatch_free(dispatch);
    return bench_percentile(rates, 5, 50);
}

/* --- over HTTP -------------------------------------------------------------------------------- */

struct sending {
    enum form form;
    int expect; /* status */
    unsigned next;
    uint64_t answered;
    double waits_ms[200000];
};

static void send_next(struct sending *sending, struct bench_conn *conn) {
    const struct batch *batch = &batches[sending->form][sending->next++ % BATCHES];
    bench_send(conn, (const char *)batch->request.bytes, batch->request.len);
}

static void take(struct sending *sending, struct bench_conn *conn) {
    struct bench_answer answer;
    if (!bench_read(conn)) bench_die("the server closed a connection");
    if (!bench_answered(conn, &answer)) return;
    bool all = sending->expect != 200 || strncmp(answer.body, "{\"taken\":1000,", 14) == 0;
    if (answer.status != sending->expect || !all)
        bench_die("a batch was answered %d: %.300s", answer.status, answer.body);
    if (sending->answered < sizeof sending->waits_ms / sizeof sending->waits_ms[0])
        sending->waits_ms[sending->answered] = (bench_now() - conn->sent_at) * 1000;
    sending->answered++;
    bench_taken(conn, &answer);
    send_next(sending, conn);
}

static void run(struct sending *sending, int poll, double until) {
    while (bench_now() < until) {
        struct epoll_event events[CLIENTS_MAX];
        int ready = epoll_wait(poll, events, CLIENTS_MAX, 100);
        for (int i = 0; i < ready; i++) take(sending, events[i].data.ptr);
    }
}

/* Positions a second; prints its line. */
static double measure(const struct bench_server *server, const char *name, enum form form,
                      unsigned clients, int expect, double for_s) {
    static struct sending sending;
    struct bench_conn conns[CLIENTS_MAX];
    int poll = epoll_create1(EPOLL_CLOEXEC);
    memset(&sending, 0, sizeof sending);
    sending.form = form;
    sending.expect = expect;
    for (unsigned i = 0; i < clients; i++) {
        conns[i] = bench_connect(server->port);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &conns[i]};
        if (epoll_ctl(poll, EPOLL_CTL_ADD, conns[i].fd, &event) != 0)
            bench_die("epoll: %s", strerror(errno));
        send_next(&sending, &conns[i]);
    }
    run(&sending, poll, bench_now() + 0.3);
    sending.answered = 0;
    double begin = bench_now(), own = bench_cpu(0), servers = bench_cpu(server->pid);
    run(&sending, poll, begin + for_s);
    double took = bench_now() - begin, per_s = (double)sending.answered * BATCH / took;
    own = (bench_cpu(0) - own) / took;
    servers = (bench_cpu(server->pid) - servers) / took;
    size_t waits = sending.answered < 200000 ? sending.answered : 200000;
    printf("  %-34s  %7u  %11.0f  %6.0f  %7.2f %7.2f  %7.0f %%  %7.0f %%  %11.0f\n", name, clients,
           per_s, per_s / BATCH * (double)batches[form][0].body_len / 1e6,
           bench_percentile(sending.waits_ms, waits, 50),
           bench_percentile(sending.waits_ms, waits, 99), own * 100, servers * 100,
           servers > 0 ? per_s / servers : 0);
    fflush(stdout);
    for (unsigned i = 0; i < clients; i++) bench_close(&conns[i]);
    close(poll);
    return per_s;
}

int main(int argc, char **argv) {
    double for_s = bench_option(argc, argv, "seconds", 3), best = 0, most = 0;
    static const unsigned clients[] = {1, 4, 16};
    bench_record(bench_folder("positions"), UNITS, 0, 0, 0);
    struct bench_server server = bench_start(bench_path("positions"));
    bench_login(&server, "bench");
    make_batches(server.token, "/v1/positions");
    printf(
        "positions in: POST /v1/positions on the server binary, 127.0.0.1, batches of %d, %d units "
        "that move; client: one thread, epoll\n",
        BATCH, UNITS);
    puts("  what                                clients  positions/s    MB/s   p50 ms  p99 ms   "
         "client    server  per server core");
    for (int form = 0; form < FORMS; form++) {
        for (int c = 0; c < 3; c++) {
            double per_s = measure(&server, form_names[form], (enum form)form, clients[c], 200,
                                   for_s);
            if (form != JSON && per_s > best) best = per_s;
        }
    }
    make_batches(server.token, "/v1/no-such-thing");
    measure(&server, "HTTP alone: lines to a 404", LINES, 4, 404, for_s);
    measure(&server, "HTTP alone: JSON to a 404", JSON, 4, 404, for_s);
    bench_stop(&server, SIGTERM);
    bench_remove(bench_path("positions"));
    puts("  limits of one core, in process        positions/s");
    for (int form = 0; form < FORMS; form++) {
        double per_s = parsed_per_s((enum form)form);
        printf("  parsing %-28s  %11.0f\n", form_names[form], per_s);
        if (form != JSON && per_s > most) most = per_s;
    }
    printf("  %-36s  %11.0f\n", "the live table takes, one by one", taken_per_s());
    double redis = bench_redis_per_s(UNITS, for_s);
    if (redis > 0)
        printf("  %-36s  %11.0f  (16 clients, pipeline 64, here and now)\n", "Redis GEOADD", redis);
    printf("  %-36s  %11.0f  (fixed line: 16 clients, pipeline 64, measured elsewhere)\n",
           "Redis 7 GEOADD", redis_fixed);
    if (redis == 0) redis = redis_fixed;
    printf("  ratios: lines to Redis %.2f; over HTTP to parsing alone %.2f\n", best / redis,
           best / most);
    bench_aim(">= 3x Redis GEOADD pipelined, lines in batches of 1,000",
              best >= aim_over_redis * redis);
    return 0;
}
