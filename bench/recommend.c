/* Recommendations over HTTP on the server binary: 2,000 units, 1 and 8 clients, while everybody
 * stands still, while every unit moves once a second, and while a road is closed and opened again
 * too; beside them what of it is the road engine, asked in process. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "bench.h"
#include "road/labels.h"

enum {
    UNITS = 2000,
    CASES = 50,
    CLIENTS_MAX = 8,
    MOVED_AT_ONCE = 200,   /* every 100 ms: each unit once a second */
    POSITIONS_MOST = 1000, /* of one request */
    WAITS_MAX = 100000,
    ENGINE_TIMES = 1000,
    RANKED = 13, /* of each capability: all five of the plan, and 8 more to choose from */
};
static const double move_every_s = 0.1, closure_every_s = 0.5;
static const char class_json[] = "{\"classes\":[{\"code\":\"crash\",\"name_en\":\"Crash\",\"name_"
                                 "hans\":\"\xe8\xbd\xa6\xe7\xa5\xb8\","
                                 "\"name_hant\":\"\xe8\xbb\x8a\xe7\xa6\x8d\",\"priority\":1,"
                                 "\"dispatch_ms\":120000,\"acknowledge_ms\":60000,\"arrive_ms\":"
                                 "600000,\"report_back_ms\":3600000,\"close_ms\":86400000,"
                                 "\"plan\":\"ambulance:2 engine:2 police:1\"}]}";
static const struct {
    const char *kind, *capability;
} crews[] = {{"ambulance", "ambulance"}, {"fire_engine", "engine"}, {"car", "police"}};

enum beside { STILL, MOVING, CLOSING };
static const char *const beside_names[] = {"everybody stands still", "2,000 positions/s",
                                           "2,000 positions/s, closures"};

struct desk {
    struct bench_server server;
    struct bm_road *road;
    struct bm_road_info info;
    struct bm_rng rng;
    char cases[CASES][24];
};

/* What goes on beside the questions, each on a connection of its own. */
struct stirring {
    struct bench_conn positions, closures;
    bool moving, waits_positions, waits_closure;
    char closed[24]; /* the closure that stands; "": none */
    double next_move, next_closure;
    unsigned turn, moved, closures_made;
};

struct asking {
    struct desk *desk;
    struct stirring stirring;
    struct bench_conn conns[CLIENTS_MAX];
    size_t count;
    double waits_ms[WAITS_MAX];
};

static struct bm_point somewhere(struct desk *desk) {
    return bm_road_junction(desk->road, (uint32_t)bm_rng_below(&desk->rng, desk->info.junctions));
}

/* The text after `name":"` up to the next quote. */
static void id_after(const char *body, const char *name, char *ret, size_t cap) {
    const char *at = strstr(body, name);
    if (!at) bench_die("an answer without %s: %.200s", name, body);
    at += strlen(name);
    snprintf(ret, cap, "%.*s", (int)strcspn(at, "\""), at);
}

/* --- the house -------------------------------------------------------------------------------- */

static void furnish(struct desk *desk) {
    struct bench_conn conn = bench_connect(desk->server.port);
    const char *token = desk->server.token;
    static char body[65536];
    char json[512], path[64], id[24];
    if (bench_call_on(&conn, "POST", "/v1/classes", token, class_json, body, sizeof body) / 100 !=
        2)
        bench_die("classes: %s", body);
    for (unsigned u = 0; u < UNITS; u++) {
        snprintf(json, sizeof json,
                 "{\"call_sign\":\"%s-%u\",\"kind\":\"%s\",\"jurisdiction\":\"1\",\"capabilities\":"
                 "\"%s\"}",
                 crews[u % 3].capability, u + 1, crews[u % 3].kind, crews[u % 3].capability);
        if (bench_call_on(&conn, "POST", "/v1/units", token, json, body, sizeof body) != 201)
            bench_die("a unit: %s", body);
        id_after(body, "\"unit\":{\"id\":\"", id, sizeof id);
        snprintf(path, sizeof path, "/v1/units/%s", id);
        if (bench_call_on(&conn, "PATCH", path, token, "{\"duty\":\"on_duty\"}", body,
                          sizeof body) != 200)
            bench_die("duty: %s", body);
    }
    for (unsigned c = 0; c < CASES; c++) {
        struct bm_point at = somewhere(desk);
        snprintf(json, sizeof json, "{\"class\":\"crash\",\"lat\":%.7f,\"lon\":%.7f}",
                 at.lat_e7 / 1e7, at.lon_e7 / 1e7);
        if (bench_call_on(&conn, "POST", "/v1/cases", token, json, body, sizeof body) != 201)
            bench_die("a case: %s", body);
        id_after(body, "\"case\":{\"id\":\"", desk->cases[c], sizeof desk->cases[c]);
    }
    bench_close(&conn);
}

/* --- what goes on beside ---------------------------------------------------------------------- */

static void send_positions(struct desk *desk, struct stirring *stirring, unsigned count) {
    struct bm_buf lines = bm_buf_make(1024 * 1024), request = bm_buf_make(1024 * 1024);
    for (unsigned i = 0; i < count; i++) {
        struct bm_point at = somewhere(desk);
        bm_buf_printf(&lines, "%u,%.7f,%.7f\n", stirring->turn++ % UNITS + 1, at.lat_e7 / 1e7,
                      at.lon_e7 / 1e7);
    }
    bm_buf_printf(&request,
                  "POST /v1/positions HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\n"
                  "Content-Type: text/plain\r\nContent-Length: %zu\r\n\r\n",
                  desk->server.token, lines.len);
    bm_buf_add(&request, lines.bytes, lines.len);
    bench_send(&stirring->positions, (const char *)request.bytes, request.len);
    stirring->waits_positions = true;
    bm_buf_free(&lines);
    bm_buf_free(&request);
}

/* Closes a random road where none is closed, else opens it again. */
static void send_closure(struct desk *desk, struct stirring *stirring) {
    static unsigned made;
    char body[512] = "", request[1200], path[64] = "/v1/road-closures";
    bool closes = !stirring->closed[0];
    if (closes) {
        struct bm_point at = somewhere(desk);
        snprintf(body, sizeof body,
                 "{\"name\":\"closed %u\",\"form\":\"line\",\"points\":[[%.7f,%.7f],[%.7f,%.7f]]}",
                 made, at.lat_e7 / 1e7 - 0.0005, at.lon_e7 / 1e7 - 0.0003, at.lat_e7 / 1e7 + 0.0005,
                 at.lon_e7 / 1e7 + 0.0004);
    } else {
        snprintf(path, sizeof path, "/v1/road-closures/%s", stirring->closed);
    }
    int len = snprintf(request, sizeof request,
                       "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\n"
                       "Idempotency-Key: closure-%ld-%u\r\nContent-Type: application/json\r\n"
                       "Content-Length: %zu\r\n\r\n%s",
                       closes ? "POST" : "DELETE", path, desk->server.token, (long)getpid(), ++made,
                       strlen(body), body);
    bench_send(&stirring->closures, request, (size_t)len);
    stirring->waits_closure = true;
    stirring->closures_made += closes;
}

static void stir(struct desk *desk, struct stirring *stirring, enum beside beside, double now) {
    if (beside >= MOVING && now >= stirring->next_move && !stirring->waits_positions) {
        stirring->next_move += move_every_s;
        stirring->moved += MOVED_AT_ONCE;
        send_positions(desk, stirring, MOVED_AT_ONCE);
    }
    if (beside >= CLOSING && now >= stirring->next_closure && !stirring->waits_closure) {
        stirring->next_closure += closure_every_s;
        send_closure(desk, stirring);
    }
}

static void stirred(struct stirring *stirring, struct bench_conn *conn) {
    struct bench_answer answer;
    if (!bench_read(conn)) bench_die("the server closed a connection");
    if (!bench_answered(conn, &answer)) return;
    if (answer.status != 200 && answer.status != 201)
        bench_die("answered %d: %.300s", answer.status, answer.body);
    if (conn == &stirring->positions) {
        if (!strstr(answer.body, "\"refused_count\":0")) bench_die("refused: %.300s", answer.body);
        stirring->waits_positions = false;
    } else {
        bool opened = stirring->closed[0] != 0;
        stirring->closed[0] = 0;
        if (!opened)
            id_after(answer.body, "\"place\":{\"id\":\"", stirring->closed,
                     sizeof stirring->closed);
        stirring->waits_closure = false;
    }
    bench_taken(conn, &answer);
}

/* --- the questions ---------------------------------------------------------------------------- */

static void ask_next(struct asking *asking, struct bench_conn *conn, const char *path) {
    char request[512], own[64];
    if (!path) {
        struct desk *desk = asking->desk;
        snprintf(own, sizeof own, "/v1/cases/%s/recommendation",
                 desk->cases[bm_rng_below(&desk->rng, CASES)]);
        path = own;
    }
    int len = snprintf(request, sizeof request,
                       "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\n\r\n",
                       path, asking->desk->server.token);
    bench_send(conn, request, (size_t)len);
}

static void take(struct asking *asking, struct bench_conn *conn, const char *path) {
    struct bench_answer answer;
    if (!bench_read(conn)) bench_die("the server closed a connection");
    if (!bench_answered(conn, &answer)) return;
    bool good = path || (strstr(answer.body, "\"basis\":\"road\"") &&
                         strstr(answer.body, "\"chosen\":true"));
    if (answer.status != 200 || !good)
        bench_die("a recommendation was answered %d: %.300s", answer.status, answer.body);
    if (asking->count < WAITS_MAX)
        asking->waits_ms[asking->count++] = (bench_now() - conn->sent_at) * 1000;
    bench_taken(conn, &answer);
    ask_next(asking, conn, path);
}

static void run(struct asking *asking, int poll, enum beside beside, const char *path,
                double until) {
    struct stirring *stirring = &asking->stirring;
    for (double now; (now = bench_now()) < until;) {
        struct epoll_event events[CLIENTS_MAX + 2];
        stir(asking->desk, stirring, beside, now);
        int ready = epoll_wait(poll, events, CLIENTS_MAX + 2, 1);
        for (int i = 0; i < ready; i++) {
            struct bench_conn *conn = events[i].data.ptr;
            if (conn == &stirring->positions || conn == &stirring->closures)
                stirred(stirring, conn);
            else
                take(asking, conn, path);
        }
    }
}

static void listen_to(int poll, struct bench_conn *conn, uint16_t port) {
    *conn = bench_connect(port);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = conn};
    if (epoll_ctl(poll, EPOLL_CTL_ADD, conn->fd, &event) != 0)
        bench_die("epoll: %s", strerror(errno));
}

struct waits {
    double p50, p99; /* ms */
};
/* `path`: another question, to set it beside. */
static struct waits measure(struct desk *desk, unsigned clients, enum beside beside,
                            const char *path, double for_s) {
    static struct asking asking;
    struct stirring *stirring = &asking.stirring;
    int poll = epoll_create1(EPOLL_CLOEXEC);
    memset(&asking, 0, sizeof asking);
    asking.desk = desk;
    listen_to(poll, &stirring->positions, desk->server.port);
    listen_to(poll, &stirring->closures, desk->server.port);
    for (unsigned sent = 0; sent < UNITS; sent += POSITIONS_MOST) {
        send_positions(desk, stirring, POSITIONS_MOST);
        while (stirring->waits_positions) stirred(stirring, &stirring->positions);
    }
    for (unsigned i = 0; i < clients; i++) {
        listen_to(poll, &asking.conns[i], desk->server.port);
        ask_next(&asking, &asking.conns[i], path);
    }
    stirring->next_move = stirring->next_closure = bench_now();
    run(&asking, poll, beside, path, bench_now() + 0.3);
    asking.count = 0;
    stirring->moved = stirring->closures_made = 0;
    double begin = bench_now(), servers = bench_cpu(desk->server.pid);
    run(&asking, poll, beside, path, begin + for_s);
    double took = bench_now() - begin;
    servers = (bench_cpu(desk->server.pid) - servers) / took;
    double per_s = (double)asking.count / took,
           p50 = bench_percentile(asking.waits_ms, asking.count, 50),
           p99 = bench_percentile(asking.waits_ms, asking.count, 99),
           most = bench_percentile(asking.waits_ms, asking.count, 100);
    printf("  %-28s  %7u  %9.0f  %7.2f  %7.2f  %7.2f  %8.0f %%  %9.2f  %7.0f  %5.1f\n",
           path ? path : beside_names[beside], clients, per_s, p50, p99, most, servers * 100,
           per_s > 0 ? servers * 1000 / per_s : 0, stirring->moved / took,
           stirring->closures_made / took);
    fflush(stdout);
    while (stirring->waits_closure) stirred(stirring, &stirring->closures);
    if (stirring->closed[0]) {
        send_closure(desk, stirring);
        while (stirring->waits_closure) stirred(stirring, &stirring->closures);
    }
    for (unsigned i = 0; i < clients; i++) bench_close(&asking.conns[i]);
    bench_close(&stirring->positions);
    bench_close(&stirring->closures);
    close(poll);
    return (struct waits){p50, p99};
}

/* --- the engine alone ------------------------------------------------------------------------- */

static bool has_capability(void *context, uint32_t who) {
    return who % 3 == *(const uint32_t *)context;
}

/* What a recommendation asks of the roads, in this process: the place on its road, the first of
 * each capability by live labels, five routes.  Returns the p50 in ms. */
static double measure_engine(struct desk *desk) {
    static double took_ms[ENGINE_TIMES];
    static const unsigned chosen[] = {2, 2, 1}; /* of each capability, as in the plan */
    struct bm_metric *metric = bm_metric_new(desk->road, BM_PROFILE_EMERGENCY);
    struct bm_labels *labels = bm_labels_new(metric);
    struct bm_travel *travel = bm_travel_new(desk->road);
    struct bm_spot spots[UNITS];
    for (uint32_t u = 0; u < UNITS; u++) {
        if (!bm_road_snap(metric, somewhere(desk), 3000, &spots[u])) bench_die("no road near");
        bm_labels_put(labels, u, &spots[u]);
    }
    for (size_t i = 0; i < ENGINE_TIMES; i++) {
        struct bm_point point = somewhere(desk);
        struct bm_coming coming[RANKED];
        struct bm_spot place;
        double begin = bench_now();
        if (!bm_road_snap(metric, point, 3000, &place)) bench_die("no road near");
        for (uint32_t need = 0; need < 3; need++) {
            size_t found = bm_labels_nearest(labels, travel, &place, RANKED, has_capability, &need,
                                             coming);
            if (found < chosen[need]) bench_die("nobody can come");
            for (unsigned c = 0; c < chosen[need]; c++) {
                struct bm_route route;
                bm_travel_route(travel, metric, &spots[coming[c].at], &place, &route);
                bm_route_free(&route);
            }
        }
        took_ms[i] = (bench_now() - begin) * 1000;
    }
    bm_travel_free(travel);
    bm_labels_free(labels);
    bm_metric_unref(metric);
    double p50 = bench_percentile(took_ms, ENGINE_TIMES, 50);
    printf("  %-28s  %7s  %9.0f  %7.3f  %7.3f  %7.2f\n", "the engine alone, in process", "",
           1000 / p50, p50, bench_percentile(took_ms, ENGINE_TIMES, 99),
           bench_percentile(took_ms, ENGINE_TIMES, 100));
    return p50;
}

int main(int argc, char **argv) {
    double for_s = bench_option(argc, argv, "seconds", 5);
    static struct desk desk = {.rng = {17}};
    struct bench_roads roads = bench_make_roads();
    struct bm_fault fault = {0};
    struct stat file;
    int fd = open(roads.path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &file) != 0) bench_die("cannot open %s", roads.path);
    void *bytes = mmap(NULL, (size_t)file.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (bm_road_open(bytes, (size_t)file.st_size, &desk.road, &fault))
        bench_die("%s", fault.detail);
    desk.info = bm_road_info(desk.road);
    desk.server = bench_start_on(bench_folder("recommend"), roads.path);
    bench_setup(&desk.server);
    furnish(&desk);
    printf("recommendations over HTTP: %s;\n%d units in three capabilities, a plan of 5 units, %d "
           "open "
           "cases; client: one thread, epoll, each client asks again at once\n",
           roads.what, UNITS, CASES);
    puts("  beside                        clients      asked/s   p50 ms   p99 ms  most ms     "
         "server  CPU "
         "ms each  moved/s  closed/s");
    struct waits idle = {0, 0}, one = {0, 0};
    for (unsigned clients = 1; clients <= CLIENTS_MAX; clients *= 8) {
        for (enum beside beside = STILL; beside <= CLOSING; beside++) {
            struct waits of = measure(&desk, clients, beside, NULL, for_s);
            if (clients == 1 && beside == STILL) idle = of;
            if (clients == 1 && beside == CLOSING) one = of;
        }
        measure(&desk, clients, STILL, "/v1/me", 1);
    }
    double engine = measure_engine(&desk);
    printf("  of one client's idle p50 the engine is %.0f %%\n",
           idle.p50 > 0 ? engine / idle.p50 * 100 : 0);
    bench_stop(&desk.server, SIGTERM);
    bm_road_close(desk.road);
    munmap(bytes, (size_t)file.st_size);
    close(fd);
    bench_remove(bench_path("recommend"));
    bench_remove(bench_path("roads.bmr"));
    bench_aim("no operator waits (100 ms): p99 of one client, while units move and roads close",
              one.p99 <= 100);
    return 0;
}
