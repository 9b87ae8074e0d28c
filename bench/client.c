/* The server as a child process, and one connection to it. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "bench.h"

static struct sockaddr_in loopback(uint16_t port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

static int try_connect(uint16_t port) {
    struct sockaddr_in address = loopback(port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
    if (fd < 0) bench_die("socket: %s", strerror(errno));
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0) return fd;
    close(fd);
    return -1;
}

bool bench_listens(uint16_t port) {
    int fd = try_connect(port);
    if (fd >= 0) close(fd);
    return fd >= 0;
}

struct bench_conn bench_connect(uint16_t port) {
    struct bench_conn conn = {.fd = try_connect(port)};
    if (conn.fd < 0) bench_die("connect: %s", strerror(errno));
    return conn;
}

void bench_close(struct bench_conn *conn) {
    close(conn->fd);
    bm_free(conn->in);
    *conn = (struct bench_conn){.fd = -1};
}

void bench_send(struct bench_conn *conn, const char *bytes, size_t len) {
    conn->sent_at = bench_now();
    while (len) {
        ssize_t sent = send(conn->fd, bytes, len, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0) bench_die("send: %s", strerror(errno));
        bytes += sent;
        len -= (size_t)sent;
    }
}

bool bench_read(struct bench_conn *conn) {
    if (conn->in_cap - conn->in_len < 8192) {
        conn->in_cap = conn->in_cap ? conn->in_cap * 2 : 16384;
        conn->in = bm_realloc(conn->in, conn->in_cap);
    }
    ssize_t got = recv(conn->fd, conn->in + conn->in_len, conn->in_cap - conn->in_len - 1, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return true;
    if (got <= 0) return false;
    conn->in_len += (size_t)got;
    conn->in[conn->in_len] = 0;
    return true;
}

bool bench_answered(const struct bench_conn *conn, struct bench_answer *ret_answer) {
    if (conn->in_len < 12) return false;
    const char *end = strstr(conn->in, "\r\n\r\n");
    if (!end) return false;
    const char *length = strcasestr(conn->in, "content-length:");
    size_t body_len = length && length < end ? strtoul(length + 15, NULL, 10) : 0;
    size_t head_len = (size_t)(end - conn->in) + 4;
    if (conn->in_len < head_len + body_len) return false;
    *ret_answer = (struct bench_answer){(int)strtol(conn->in + 9, NULL, 10), conn->in + head_len,
                                        body_len, head_len + body_len};
    return true;
}

void bench_taken(struct bench_conn *conn, const struct bench_answer *answer) {
    conn->in_len -= answer->whole_len;
    memmove(conn->in, conn->in + answer->whole_len, conn->in_len + 1);
}

int bench_call_on(struct bench_conn *conn, const char *method, const char *path, const char *token,
                  const char *json, char *ret_body, size_t cap) {
    static uint64_t called;
    char request[4096];
    struct bench_answer answer;
    int len = snprintf(
        request, sizeof request,
        "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\n%s%s%sIdempotency-Key: call-%ld-%llu\r\n"
        "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
        method, path, token ? "Authorization: Bearer " : "", token ? token : "",
        token ? "\r\n" : "", (long)getpid(), (unsigned long long)++called, json ? strlen(json) : 0,
        json ? json : "");
    if (len < 0 || (size_t)len >= sizeof request) bench_die("a request that is too long");
    bench_send(conn, request, (size_t)len);
    do {
        if (!bench_read(conn)) return 0;
    } while (!bench_answered(conn, &answer));
    if (ret_body) snprintf(ret_body, cap, "%.*s", (int)answer.body_len, answer.body);
    bench_taken(conn, &answer);
    return answer.status;
}

int bench_call(uint16_t port, const char *method, const char *path, const char *token,
               const char *json, char *ret_body, size_t cap) {
    struct bench_conn conn = bench_connect(port);
    int status = bench_call_on(&conn, method, path, token, json, ret_body, cap);
    bench_close(&conn);
    return status;
}

size_t bench_case_request(char *to, size_t cap, const char *token) {
    static uint64_t made;
    char body[1024];
    made++;
    int body_len = snprintf(
        body, sizeof body,
        "{\"class\":\"theft\",\"priority\":3,\"lat\":39.%07llu,\"lon\":116.%07llu,"
        "\"address\":\"%llu Chang'an Avenue, second entrance, opposite the bank\","
        "\"description\":\"A bicycle was taken from the yard between eight and nine; the caller "
        "saw a man in a "
        "grey coat walk away with it towards the station and waits at the gate.\","
        "\"caller_name\":\"Caller %llu\",\"caller_number\":\"+86 10 5555 %04llu\"}",
        (unsigned long long)(made * 7919 % 10000000),
        (unsigned long long)(made * 104729 % 10000000), (unsigned long long)made % 900 + 1,
        (unsigned long long)made, (unsigned long long)made % 10000);
    int len = snprintf(to, cap,
                       "POST /v1/cases HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\n"
                       "Idempotency-Key: %ld-%llu\r\nContent-Type: "
                       "application/json\r\nContent-Length: %d\r\n\r\n%s",
                       token, (long)getpid(), (unsigned long long)made, body_len, body);
    if (len < 0 || (size_t)len >= cap) bench_die("a request that is too long");
    return (size_t)len;
}

/* --- the server ------------------------------------------------------------------------------- */

uint16_t bench_free_port(void) {
    struct sockaddr_in address = loopback(0);
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0)
        bench_die("no free port: %s", strerror(errno));
    getsockname(fd, (struct sockaddr *)&address, &len);
    close(fd);
    return ntohs(address.sin_port);
}

static void wait_ready(struct bench_server *server, double begin) {
    for (;;) {
        struct bench_conn conn = {.fd = try_connect(server->port)};
        int status = 0;
        if (conn.fd >= 0) {
            status = bench_call_on(&conn, "GET", "/readyz", NULL, NULL, NULL, 0);
            bench_close(&conn);
        }
        if (status == 200) break;
        int state;
        if (waitpid(server->pid, &state, WNOHANG) == server->pid)
            bench_die("the server ended; see its log beside its folder");
        if (bench_now() - begin > BENCH_PORT_TRIES)
            bench_die("the server was not ready within %d s", BENCH_PORT_TRIES);
        usleep(500);
    }
    server->ready_s = bench_now() - begin;
}

struct bench_server bench_start(const char *dir) {
    return bench_start_on(dir, NULL);
}

struct bench_server bench_start_on(const char *dir, const char *roads) {
    return bench_start_with(dir, roads ? "--roads" : NULL, roads);
}

struct bench_server bench_start_with(const char *dir, const char *option, const char *value) {
    const char *binary = getenv("BENCH_BELLMAN");
    if (!binary) bench_die("set BENCH_BELLMAN to the server's binary");
    struct bench_server server = {.port = bench_free_port()};
    char listen_on[40], log[600];
    int out[2];
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files); /* 1,000 streams: both sides need the places */
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    snprintf(listen_on, sizeof listen_on, "127.0.0.1:%u", server.port);
    snprintf(log, sizeof log, "%s.log", dir);
    if (pipe(out) != 0) bench_die("pipe: %s", strerror(errno));
    fflush(NULL);
    double begin = bench_now();
    server.pid = fork();
    if (server.pid < 0) bench_die("fork: %s", strerror(errno));
    if (server.pid == 0) {
        int to = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
        dup2(out[1], 1);
        if (to >= 0) dup2(to, 2);
        close(out[0]);
        execl(binary, binary, "serve", "--data", dir, "--listen", listen_on,
              option, value, (char *)NULL);
        _exit(127);
    }
    close(out[1]);
    fcntl(out[0], F_SETFD, FD_CLOEXEC);
    server.out = out[0];
    wait_ready(&server, begin);
    return server;
}

static void keep_token(struct bench_server *server, int status, const char *body) {
    const char *at = strstr(body, "\"token\":\"");
    if (status != 201 || !at) bench_die("log-in answered %d: %s", status, body);
    snprintf(server->token, sizeof server->token, "%.64s", at + 9);
}

void bench_setup(struct bench_server *server) {
    char text[2048] = "", body[4096], json[1024];
    size_t len = 0;
    const char *at;
    while (!(at = strstr(text, "/setup#")) || !strchr(at, '\n')) {
        ssize_t got = read(server->out, text + len, sizeof text - 1 - len);
        if (got <= 0) bench_die("the server printed no setup link");
        text[len += (size_t)got] = 0;
    }
    snprintf(json, sizeof json,
             "{\"token\":\"%.64s\",\"login\":\"bench\",\"password\":\"a long bench "
             "word\",\"number\":\"1001\","
             "\"agency_code\":\"city\",\"agency_name\":\"City\"}",
             at + 7);
    keep_token(server, bench_call(server->port, "POST", "/v1/setup", NULL, json, body, sizeof body),
               body);
}

void bench_login(struct bench_server *server, const char *login) {
    char body[4096], json[100];
    snprintf(json, sizeof json, "{\"login\":\"%s\",\"password\":\"a long bench word\"}", login);
    keep_token(server,
               bench_call(server->port, "POST", "/v1/sessions", NULL, json, body, sizeof body),
               body);
}

void bench_stop(struct bench_server *server, int signal) {
    int state;
    kill(server->pid, signal);
    waitpid(server->pid, &state, 0);
    close(server->out);
    if (signal == SIGTERM && !(WIFEXITED(state) && WEXITSTATUS(state) == 0))
        bench_die("the server ended with state %d", state);
}

double bench_metric(const struct bench_server *server, const char *name) {
    static char body[65536];
    char line[120];
    bench_call(server->port, "GET", "/metrics", server->token, NULL, body, sizeof body);
    snprintf(line, sizeof line, "\nbellman_%s ", name);
    const char *at = strstr(body, line);
    if (!at) bench_die("/metrics has no bellman_%s", name);
    return strtod(at + strlen(line), NULL);
}
