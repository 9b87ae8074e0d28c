/* How long until other consoles see a change, with 1, 100 and 1,000 open streams on one server. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/alloc.h"
#include "bench.h"

enum { CHANGES = 300, STREAMS_MAX = 1000 };

struct listener {
    struct bench_conn conn;
    uint64_t seq;   /* of the newest frame it got */
    double seen_at; /* when the first frame after the POST came */
    bool seen;
};

struct watching {
    struct listener *listeners;
    struct bench_conn poster;
    int poll;
    unsigned count, seen;
};

/* Looks through whole events; keeps what is not whole. */
static void scan(struct watching *watching, struct listener *listener, uint64_t after, double now) {
    struct bench_conn *conn = &listener->conn;
    char *at = conn->in, *end;
    while ((end = strstr(at, "\n\n"))) {
        *end = 0;
        char *data = strstr(at, "data: {\"seq\":");
        if (data && strstr(data, "\"upsert\"")) {
            listener->seq = strtoull(data + 13, NULL, 10);
            if (!listener->seen && listener->seq > after) {
                listener->seen = true;
                listener->seen_at = now;
                watching->seen++;
            }
        }
        at = end + 2;
    }
    conn->in_len -= (size_t)(at - conn->in);
    memmove(conn->in, at, conn->in_len + 1);
}

static void open_streams(struct watching *watching, const struct bench_server *server,
                         unsigned count) {
    char request[512];
    watching->count = count;
    watching->listeners = bm_alloc_zero(count, sizeof *watching->listeners);
    int len = snprintf(
        request, sizeof request,
        "GET /v1/stream?from=%.0f HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\n\r\n",
        bench_metric(server, "journal_seq"), server->token);
    for (unsigned i = 0; i < count; i++) {
        struct listener *listener = &watching->listeners[i];
        listener->conn = bench_connect(server->port);
        bench_send(&listener->conn, request, (size_t)len);
        while (!listener->conn.in_len || !strstr(listener->conn.in, "event: beat")) {
            if (!bench_read(&listener->conn)) bench_die("a stream was closed");
        }
        if (strncmp(listener->conn.in, "HTTP/1.1 200", 12) != 0)
            bench_die("a stream was refused: %.200s", listener->conn.in);
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = i};
        if (epoll_ctl(watching->poll, EPOLL_CTL_ADD, listener->conn.fd, &event) != 0)
            bench_die("epoll: %s", strerror(errno));
    }
}

/* Sends one create; ends when it was answered and every stream had a frame after `seq`.  Times in
 * ms. */
static uint64_t change(struct watching *watching, const struct bench_server *server, uint64_t seq,
                       unsigned probe, double *ret_post_probe, double *ret_post_last,
                       double *ret_answer_probe, double *ret_answer_last) {
    char request[2048];
    double answered_at = 0, last_at = 0;
    watching->seen = 0;
    for (unsigned i = 0; i < watching->count; i++) watching->listeners[i].seen = false;
    bench_send(&watching->poster, request,
               bench_case_request(request, sizeof request, server->token));
    while (answered_at == 0 || watching->seen < watching->count) {
        struct epoll_event events[256];
        int ready = epoll_wait(watching->poll, events, 256, 5000);
        if (ready <= 0)
            bench_die("%u of %u streams saw the change within 5 s", watching->seen,
                      watching->count);
        for (int i = 0; i < ready; i++) {
            struct bench_answer answer;
            bool poster = events[i].data.u32 == STREAMS_MAX;
            struct listener *listener = poster ? NULL : &watching->listeners[events[i].data.u32];
            if (!bench_read(poster ? &watching->poster : &listener->conn))
                bench_die("the server closed a connection");
            double now = bench_now();
            if (!poster) {
                scan(watching, listener, seq, now);
                continue;
            }
            if (!bench_answered(&watching->poster, &answer)) continue;
            if (answer.status != 201) bench_die("a create answered %d", answer.status);
            answered_at = now;
            bench_taken(&watching->poster, &answer);
        }
    }
    for (unsigned i = 0; i < watching->count; i++) {
        if (watching->listeners[i].seen_at > last_at) last_at = watching->listeners[i].seen_at;
        if (watching->listeners[i].seq > seq) seq = watching->listeners[i].seq;
    }
    double probe_at = watching->listeners[probe].seen_at;
    *ret_post_probe = (probe_at - watching->poster.sent_at) * 1000;
    *ret_post_last = (last_at - watching->poster.sent_at) * 1000;
    *ret_answer_probe = (probe_at - answered_at) * 1000;
    *ret_answer_last = (last_at - answered_at) * 1000;
    return seq;
}

static double measure(unsigned count, unsigned changes) {
    static double post_probe[CHANGES], post_last[CHANGES], answer_probe[CHANGES],
        answer_last[CHANGES];
    struct watching watching = {.poll = epoll_create1(EPOLL_CLOEXEC)};
    struct bench_server server = bench_start(bench_folder("stream"));
    bench_setup(&server);
    open_streams(&watching, &server, count);
    watching.poster = bench_connect(server.port);
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = STREAMS_MAX};
    epoll_ctl(watching.poll, EPOLL_CTL_ADD, watching.poster.fd, &event);
    uint64_t seq = (uint64_t)bench_metric(&server, "journal_seq");
    double own = bench_cpu(0), begin = bench_now();
    for (unsigned i = 0; i < changes; i++) {
        seq = change(&watching, &server, seq, count / 2, &post_probe[i], &post_last[i],
                     &answer_probe[i], &answer_last[i]);
        usleep(10000);
    }
    own = (bench_cpu(0) - own) / (bench_now() - begin);
    double p99 = bench_percentile(post_last, changes, 99);
    printf("  %7u  %7.2f %7.2f  %7.2f %7.2f  %7.2f %7.2f  %7.2f %7.2f  %8.0f %%\n", count,
           bench_percentile(post_probe, changes, 50), bench_percentile(post_probe, changes, 99),
           bench_percentile(post_last, changes, 50), p99,
           bench_percentile(answer_probe, changes, 50), bench_percentile(answer_probe, changes, 99),
           bench_percentile(answer_last, changes, 50), bench_percentile(answer_last, changes, 99),
           own * 100);
    fflush(stdout);
    for (unsigned i = 0; i < count; i++) bench_close(&watching.listeners[i].conn);
    bench_close(&watching.poster);
    bm_free(watching.listeners);
    close(watching.poll);
    bench_stop(&server, SIGTERM);
    bench_remove(bench_path("stream"));
    return p99;
}

int main(int argc, char **argv) {
    unsigned changes = (unsigned)bench_option(argc, argv, "changes", CHANGES);
    if (changes > CHANGES) changes = CHANGES;
    printf("a second console sees a change: %u creates one after another; ms from the POST's "
           "sending, and from its answer's arrival\n"
           "(negative: the frame came first), to the frame on one stream in the middle and on the "
           "last of all; client: one thread\n",
           changes);
    puts("              POST -> one      POST -> last     answer -> one    answer -> last\n"
         "  streams      p50     p99      p50     p99      p50     p99      p50     p99  client "
         "CPU");
    measure(1, changes);
    measure(100, changes);
    double p99 = measure(STREAMS_MAX, changes);
    puts("  TicketsCAD    800 - 2,300  (fixed line, measured elsewhere, not run here)");
    bench_aim("p99 <= 50 ms with 1,000 open streams (POST -> last)", p99 <= 50);
    return 0;
}
