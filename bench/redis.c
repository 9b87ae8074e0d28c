#include "redis.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/shape.h"
#include "bench.h"

enum { REDIS_PIPELINE = 64 };

/* A pipeline of GEOADDs in Redis's protocol; `ret_request` is owned by the caller. */
static struct bm_bytes geoadds(unsigned units, unsigned first) {
    struct bm_buf out = bm_buf_make(1024 * 1024);
    for (unsigned i = 0; i < REDIS_PIPELINE; i++) {
        unsigned unit = (first + i) % units + 1;
        char lon[32], lat[32], member[32];
        int lon_len = snprintf(lon, sizeof lon, "-73.%06u2", (unit * 104729u + first) % 1000000u),
            lat_len = snprintf(lat, sizeof lat, "40.%06u1", (unit * 7919u + first) % 1000000u),
            member_len = snprintf(member, sizeof member, "%u", unit);
        bm_buf_printf(&out,
                      "*5\r\n$6\r\nGEOADD\r\n$1\r\nu\r\n$%d\r\n%s\r\n$%d\r\n%s\r\n$%d\r\n%s\r\n",
                      lon_len, lon, lat_len, lat, member_len, member);
    }
    struct bm_bytes request = bm_bytes_copy(out.bytes, out.len);
    bm_buf_free(&out);
    return request;
}

static pid_t start_redis(uint16_t port) {
    char text[16];
    snprintf(text, sizeof text, "%u", port);
    fflush(NULL);
    pid_t pid = fork();
    if (pid != 0) return pid;
    int null = open("/dev/null", O_WRONLY);
    dup2(null, 1);
    dup2(null, 2);
    execlp("redis-server", "redis-server", "--port", text, "--bind", "127.0.0.1", "--save", "",
           "--appendonly", "no", (char *)NULL);
    _exit(127);
}

static size_t count_ends(struct bench_conn *conn) {
    size_t ends = 0;
    for (size_t i = 0; i < conn->in_len; i++) ends += conn->in[i] == '\n';
    if (memchr(conn->in, '-', conn->in_len)) bench_die("Redis refused: %.100s", conn->in);
    conn->in_len = 0;
    return ends;
}

double bench_redis_per_s(unsigned units, double for_s) {
    enum { CLIENTS = 16, REQUESTS = 200 };
    static struct bm_bytes requests[REQUESTS];
    struct bench_conn conns[CLIENTS];
    size_t left[CLIENTS], done = 0;
    uint16_t port = bench_free_port();
    if (system("command -v redis-server >/dev/null 2>&1") != 0) return 0;
    pid_t pid = start_redis(port);
    for (double begin = bench_now(); !bench_listens(port);) {
        if (bench_now() - begin > 10) bench_die("redis-server did not start");
        usleep(1000);
    }
    for (unsigned i = 0; i < REQUESTS; i++) requests[i] = geoadds(units, i * REDIS_PIPELINE);
    int poll = epoll_create1(EPOLL_CLOEXEC);
    unsigned next = 0;
    for (unsigned i = 0; i < CLIENTS; i++) {
        conns[i] = bench_connect(port);
        left[i] = REDIS_PIPELINE;
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = i};
        epoll_ctl(poll, EPOLL_CTL_ADD, conns[i].fd, &event);
        bench_send(&conns[i], (char *)requests[next % REQUESTS].bytes,
                   requests[next % REQUESTS].len);
        next++;
    }
    double begin = bench_now();
    while (bench_now() - begin < for_s) {
        struct epoll_event events[CLIENTS];
        int ready = epoll_wait(poll, events, CLIENTS, 100);
        for (int e = 0; e < ready; e++) {
            unsigned i = events[e].data.u32;
            if (!bench_read(&conns[i])) bench_die("Redis closed a connection");
            size_t ends = count_ends(&conns[i]);
            done += ends;
            left[i] -= ends;
            if (left[i]) continue;
            left[i] = REDIS_PIPELINE;
            const struct bm_bytes *request = &requests[next++ % REQUESTS];
            bench_send(&conns[i], (char *)request->bytes, request->len);
        }
    }
    double per_s = (double)done / (bench_now() - begin);
    for (unsigned i = 0; i < CLIENTS; i++) bench_close(&conns[i]);
    close(poll);
    int state;
    kill(pid, SIGTERM);
    waitpid(pid, &state, 0);
    return per_s;
}
