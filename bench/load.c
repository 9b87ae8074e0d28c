#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/alloc.h"
#include "bench.h"

struct running {
    const struct bench_server *server;
    struct bench_load *load;
    size_t wait_cap;
    bool measuring;
};

static void send_next(struct running *running, struct bench_conn *conn) {
    char request[2048];
    bench_send(conn, request, bench_case_request(request, sizeof request, running->server->token));
}

static void take(struct running *running, struct bench_conn *conn) {
    struct bench_load *load = running->load;
    struct bench_answer answer;
    if (!bench_read(conn)) bench_die("the server closed a connection");
    if (!bench_answered(conn, &answer)) return;
    double wait_ms = (bench_now() - conn->sent_at) * 1000;
    if (answer.status != 201 && answer.status != 503)
        bench_die("a create answered %d: %.300s", answer.status, answer.body);
    if (running->measuring && answer.status == 503) load->refused++;
    if (running->measuring && answer.status == 201) {
        if (load->wait_count == running->wait_cap) {
            running->wait_cap = running->wait_cap ? running->wait_cap * 2 : 65536;
            load->waits_ms = bm_realloc(load->waits_ms, running->wait_cap * sizeof *load->waits_ms);
        }
        load->waits_ms[load->wait_count++] = wait_ms;
        load->created++;
    }
    bench_taken(conn, &answer);
    send_next(running, conn);
}

/* Answers until `until` or `count` creates. */
static void run(struct running *running, int poll, double until, uint64_t count) {
    while (bench_now() < until && (!count || running->load->created < count)) {
        struct epoll_event events[128];
        int ready = epoll_wait(poll, events, 128, 100);
        for (int i = 0; i < ready; i++) take(running, events[i].data.ptr);
    }
}

struct bench_load bench_load(const struct bench_server *server, unsigned clients, double warm_s,
                             double for_s, uint64_t count, bool keep_waits) {
    struct bench_load load = {0};
    struct running running = {.server = server, .load = &load};
    struct bench_conn *conns = bm_alloc(clients * sizeof *conns);
    int poll = epoll_create1(EPOLL_CLOEXEC);
    for (unsigned i = 0; i < clients; i++) {
        conns[i] = bench_connect(server->port);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &conns[i]};
        if (epoll_ctl(poll, EPOLL_CTL_ADD, conns[i].fd, &event) != 0)
            bench_die("epoll: %s", strerror(errno));
        send_next(&running, &conns[i]);
    }
    run(&running, poll, bench_now() + warm_s, 0);
    running.measuring = true;
    double begin = bench_now(), own = bench_cpu(0), servers = bench_cpu(server->pid);
    run(&running, poll, begin + for_s, count);
    double took = bench_now() - begin;
    load.per_s = (double)load.created / took;
    load.own_cpu = (bench_cpu(0) - own) / took;
    load.server_cpu = (bench_cpu(server->pid) - servers) / took;
    for (unsigned i = 0; i < clients; i++) bench_close(&conns[i]);
    close(poll);
    bm_free(conns);
    load.p50_ms = bench_percentile(load.waits_ms, load.wait_count, 50);
    load.p99_ms = bench_percentile(load.waits_ms, load.wait_count, 99);
    load.most_ms = bench_percentile(load.waits_ms, load.wait_count, 100);
    if (!keep_waits) {
        bm_free(load.waits_ms);
        load.waits_ms = NULL;
    }
    return load;
}
