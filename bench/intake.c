/* Positions as devices send them, one by one and each acknowledged: JT/T 808 over TCP, OsmAnd and OwnTracks over HTTP, against
 * Redis GEOADD in the same run; and whether what was acknowledged is there. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/alloc.h"
#include "redis.h"
#include "terminals.h"

enum { DEVICES = 1000, CLIENTS = 16, PIPELINE = 32 };

static double waits[400000];
static size_t wait_count;

static void note(double ms) {
    if (wait_count < sizeof waits / sizeof waits[0]) waits[wait_count++] = ms;
}

static void print(const char *what, unsigned clients, double per_s, double cpu, unsigned lost) {
    printf("  %-40s  %7u  %11.0f  %7.2f %7.2f  %7.0f %%  %6u\n", what, clients, per_s, bench_percentile(waits, wait_count, 50),
           bench_percentile(waits, wait_count, 99), cpu * 100, lost);
    fflush(stdout);
}

/* --- JT/T 808 --------------------------------------------------------------------------------- */

static double jt808(const struct bench_server *server, uint16_t port, unsigned clients, unsigned many, double for_s) {
    struct bench_terminal *terminals = bench_terminals_new(port, clients);
    int poll = epoll_create1(EPOLL_CLOEXEC);
    char what[80];
    uint64_t answered = 0;
    wait_count = 0;
    for (unsigned i = 0; i < clients; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = i};
        if (epoll_ctl(poll, EPOLL_CTL_ADD, terminals[i].conn.fd, &event) != 0) bench_die("epoll: %s", strerror(errno));
        bench_terminal_send(&terminals[i], many);
    }
    double begin = bench_now(), cpu = bench_cpu(server->pid);
    bool sending = true;
    for (unsigned open = clients; open;) {
        struct epoll_event events[64];
        int ready = epoll_wait(poll, events, 64, 1000);
        sending &= bench_now() - begin < for_s;
        for (int e = 0; e < ready; e++) {
            struct bench_terminal *terminal = &terminals[events[e].data.u32];
            bench_terminal_read(terminal, note);
            if (terminal->answered < terminal->sent) continue;
            if (sending)
                bench_terminal_send(terminal, many);
            else if (epoll_ctl(poll, EPOLL_CTL_DEL, terminal->conn.fd, NULL) == 0)
                open--;
        }
    }
    double took = bench_now() - begin;
    cpu = (bench_cpu(server->pid) - cpu) / took;
    for (unsigned i = 0; i < clients; i++) answered += terminals[i].answered;
    snprintf(what, sizeof what, "JT/T 808, %u on their way", many);
    print(what, clients, (double)answered / took, cpu, bench_terminals_lost(server, terminals, clients));
    bench_terminals_free(terminals, clients);
    close(poll);
    return (double)answered / took;
}

/* --- over HTTP -------------------------------------------------------------------------------- */

struct device {
    char name[24], secret[40];
    unsigned unit;
    int32_t lat_e7;
};

static void add_devices(const struct bench_server *server, const char *protocol, struct device *devices) {
    for (unsigned i = 0; i < CLIENTS; i++) {
        char json[1400], body[4096], path[80];
        snprintf(devices[i].name, sizeof devices[i].name, "%s%u", strcmp(protocol, "owntracks") == 0 ? "bench/d" : "bench-d", i);
        devices[i].unit = i + 1;
        snprintf(json, sizeof json, "{\"protocol\":\"%s\",\"identity\":\"%s\",\"unit\":\"%u\"}", protocol, devices[i].name, devices[i].unit);
        if (bench_call(server->port, "POST", "/v1/devices", server->token, json, body, sizeof body) != 201) bench_die("%s", body);
        const char *id = strstr(body, "\"id\":\"");
        snprintf(path, sizeof path, "/v1/devices/%lu/secret", strtoul(id + 6, NULL, 10));
        if (bench_call(server->port, "POST", path, server->token, "{}", body, sizeof body) != 200) bench_die("%s", body);
        snprintf(devices[i].secret, sizeof devices[i].secret, "%.32s", strstr(body, "\"secret\":\"") + 10);
    }
}

static void send_one(struct bench_conn *conn, struct device *device, bool owntracks, unsigned turn) {
    char request[700], json[240];
    int len;
    device->lat_e7 = 400000000 + (int32_t)((turn * 104729u + device->unit) % 9000000u);
    if (owntracks) {
        int json_len = snprintf(json, sizeof json, "{\"_type\":\"location\",\"lat\":40.%07d,\"lon\":-73.5,\"tst\":%lld,\"topic\":\"owntracks/%s\"}",
                                device->lat_e7 - 400000000, (long long)(bench_wall_ms() / 1000), device->name);
        len = snprintf(request, sizeof request,
                       "POST /v1/intake/owntracks HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\n"
                       "Content-Length: %d\r\n\r\n%s",
                       device->secret, json_len, json);
    } else {
        len = snprintf(request, sizeof request,
                       "GET /v1/intake/osmand?id=%s&lat=40.%07d&lon=-73.5&timestamp=%lld&speed=12.5&bearing=90&token=%s HTTP/1.1\r\n"
                       "Host: 127.0.0.1\r\n\r\n",
                       device->name, device->lat_e7 - 400000000, (long long)bench_wall_ms(), device->secret);
    }
    bench_send(conn, request, (size_t)len);
}

static unsigned lost_of(const struct bench_server *server, const struct device *devices) {
    struct bench_terminal as[CLIENTS];
    memset(as, 0, sizeof as);
    for (unsigned i = 0; i < CLIENTS; i++) as[i].answered_e6 = (devices[i].lat_e7 + 5) / 10;
    return bench_terminals_lost(server, as, CLIENTS);
}

static double http(const struct bench_server *server, const char *what, bool owntracks, double for_s) {
    struct device devices[CLIENTS];
    struct bench_conn conns[CLIENTS];
    uint64_t answered = 0;
    unsigned turn = 0;
    int poll = epoll_create1(EPOLL_CLOEXEC);
    add_devices(server, owntracks ? "owntracks" : "osmand", devices);
    wait_count = 0;
    for (unsigned i = 0; i < CLIENTS; i++) {
        conns[i] = bench_connect(server->port);
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = i};
        if (epoll_ctl(poll, EPOLL_CTL_ADD, conns[i].fd, &event) != 0) bench_die("epoll: %s", strerror(errno));
        send_one(&conns[i], &devices[i], owntracks, ++turn);
    }
    double begin = bench_now(), cpu = bench_cpu(server->pid);
    for (unsigned open = CLIENTS; open;) {
        struct epoll_event events[CLIENTS];
        int ready = epoll_wait(poll, events, CLIENTS, 1000);
        bool sending = bench_now() - begin < for_s;
        for (int e = 0; e < ready; e++) {
            unsigned i = events[e].data.u32;
            struct bench_answer reply;
            if (!bench_read(&conns[i])) bench_die("the server closed a connection");
            if (!bench_answered(&conns[i], &reply)) continue;
            if (reply.status != 200) bench_die("%d: %.200s", reply.status, reply.body);
            note((bench_now() - conns[i].sent_at) * 1000);
            bench_taken(&conns[i], &reply);
            answered++;
            if (sending)
                send_one(&conns[i], &devices[i], owntracks, ++turn);
            else if (epoll_ctl(poll, EPOLL_CTL_DEL, conns[i].fd, NULL) == 0)
                open--;
        }
    }
    double took = bench_now() - begin;
    print(what, CLIENTS, (double)answered / took, (bench_cpu(server->pid) - cpu) / took, lost_of(server, devices));
    for (unsigned i = 0; i < CLIENTS; i++) bench_close(&conns[i]);
    close(poll);
    return (double)answered / took;
}

int main(int argc, char **argv) {
    double for_s = bench_option(argc, argv, "seconds", 3);
    char address[40];
    uint16_t port = bench_free_port();
    snprintf(address, sizeof address, "127.0.0.1:%u", port);
    bench_devices = DEVICES;
    bench_record(bench_folder("intake"), DEVICES, 0, 0, 0);
    struct bench_server server = bench_start_with(bench_path("intake"), "--jt808", address);
    bench_login(&server, "bench-admin");
    puts("positions as devices send them, one by one, each acknowledged; client: one thread, epoll");
    puts("  what                                      clients  positions/s   p50 ms  p99 ms    server    lost");
    jt808(&server, port, 1, 1, for_s);
    jt808(&server, port, CLIENTS, 1, for_s);
    double best = jt808(&server, port, CLIENTS, PIPELINE, for_s);
    jt808(&server, port, DEVICES, 1, for_s);
    http(&server, "OsmAnd, GET with the token", false, for_s);
    http(&server, "OwnTracks, POST", true, for_s);
    bench_stop(&server, SIGTERM);
    bench_remove(bench_path("intake"));
    double redis = bench_redis_per_s(DEVICES, for_s);
    if (redis > 0) printf("  %-40s  %7u  %11.0f  (pipeline 64); JT/T 808 to it %.2f\n", "Redis GEOADD", CLIENTS, redis, best / redis);
    bench_aim(">= 10,000 positions a second by JT/T 808, one by one: 10,000 units at 1 Hz", best >= 10000);
    return 0;
}
