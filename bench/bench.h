/* What the benchmarks share: time, percentiles, folders, the server as a child, and clients of it. */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/core.h"

_Noreturn void bench_die(const char *format, ...) __attribute__((format(printf, 1, 2)));
double bench_now(void); /* seconds, monotonic */
int64_t bench_wall_ms(void);
/* Sorts in place and gives the value that `percent` of all do not exceed; 0 when there are none. */
double bench_percentile(double *values, size_t count, double percent);
/* A fresh folder under $BENCH_DIR (default: bench-data below the working directory); static storage of 8. */
const char *bench_folder(const char *name);
/* The folder `name` there, as an earlier benchmark left it. */
const char *bench_path(const char *name);
void bench_remove(const char *path);
/* --name=value, or `otherwise`. */
double bench_option(int argc, char **argv, const char *name, double otherwise);
/* Prints "aim: ..., reached / not reached". */
void bench_aim(const char *aim, bool reached);

/* --- a process -------------------------------------------------------------------------------- */
long bench_status_kb(pid_t pid, const char *name); /* "VmRSS", "VmHWM" of /proc/PID/status */
double bench_cpu(pid_t pid);                       /* seconds of user and system time; 0: this one */

/* --- the server binary ($BENCH_BELLMAN, set by bench/run) ------------------------------------- */
enum { BENCH_PORT_TRIES = 60 };
struct bench_server {
    pid_t pid;
    uint16_t port;
    int out;          /* its standard output */
    double ready_s;   /* from fork to the first 200 of /readyz */
    char token[65];   /* bearer, after bench_setup or bench_login */
};
/* Starts it on `dir` and waits for /readyz. */
struct bench_server bench_start(const char *dir);
/* With a roads file too (NULL: none). */
struct bench_server bench_start_on(const char *dir, const char *roads);
/* With one more option of `bellman serve` (NULL: none). */
struct bench_server bench_start_with(const char *dir, const char *option, const char *value);
/* The first administrator, with the link that a fresh folder prints. */
void bench_setup(struct bench_server *server);
/* As one of the accounts that bench_record makes: "bench" (BENCH_OPERATOR), "bench-admin" (who sets up). */
void bench_login(struct bench_server *server, const char *login);
void bench_stop(struct bench_server *server, int signal);
/* A figure of /metrics. */
double bench_metric(const struct bench_server *server, const char *name);

/* --- one connection --------------------------------------------------------------------------- */
struct bench_conn {
    int fd;
    char *in;
    size_t in_len, in_cap;
    double sent_at;
};
struct bench_answer {
    int status;
    const char *body;
    size_t body_len, whole_len;
};
uint16_t bench_free_port(void);
bool bench_listens(uint16_t port); /* somebody, on 127.0.0.1 */
struct bench_conn bench_connect(uint16_t port);
void bench_close(struct bench_conn *conn);
/* All of it; the socket's buffer is larger than any request here. */
void bench_send(struct bench_conn *conn, const char *bytes, size_t len);
/* Reads what is there; false when the peer has gone. */
bool bench_read(struct bench_conn *conn);
/* Whether a whole answer stands in the buffer; bench_taken drops it. */
bool bench_answered(const struct bench_conn *conn, struct bench_answer *ret_answer);
void bench_taken(struct bench_conn *conn, const struct bench_answer *answer);
/* One request, waited for, with a fresh Idempotency-Key; `ret_body` gets the body as text. Returns the status. */
int bench_call(uint16_t port, const char *method, const char *path, const char *token, const char *json,
               char *ret_body, size_t cap);
/* The same on a connection that stays open. */
int bench_call_on(struct bench_conn *conn, const char *method, const char *path, const char *token, const char *json,
                  char *ret_body, size_t cap);
/* POST /v1/cases as a console sends it, with a fresh Idempotency-Key; returns its length. */
size_t bench_case_request(char *to, size_t cap, const char *token);

/* --- load: durable case creates --------------------------------------------------------------- */
struct bench_load {
    double per_s, p50_ms, p99_ms, most_ms;
    uint64_t created, refused; /* refused: 503, sent again */
    double own_cpu, server_cpu; /* share of one core */
    double *waits_ms;          /* unsorted; the caller's when asked for with keep_waits */
    size_t wait_count;
};
/* `clients` keep-alive connections, each sending the next create when the last was answered, from one
 * thread; after `warm_s`, for `for_s` seconds or until `count` were created (0: no such end). */
struct bench_load bench_load(const struct bench_server *server, unsigned clients, double warm_s, double for_s,
                             uint64_t count, bool keep_waits);

/* --- a record made in process ----------------------------------------------------------------- */
enum { BENCH_ADMIN = 1, BENCH_OPERATOR = 4 }; /* of bm_demand_house: administrator; supervisor and dispatcher */
/* Before it: so many of the units get a terminal of JT/T 808, with the number bench_number gives. */
extern unsigned bench_devices;
static inline unsigned long long bench_number(unsigned unit) { return 13900000000ull + unit; }
/* Fills `dir` through the desk: `units` units on duty, then whole emergencies (open, assign, acknowledge,
 * under way, on scene, cleared, closed; sealed with the vault's keys) over the last 25 days until `events`
 * events are there, a snapshot `tail` events before the end, and at last `open_cases` cases that stay open.
 * Returns the events per second. */
double bench_record(const char *dir, unsigned units, uint64_t events, uint64_t tail, unsigned open_cases);

/* --- roads ------------------------------------------------------------------------------------ */
struct bench_roads {
    const char *what; /* which network, for the table's head */
    bool real;        /* New York, not the demo's city */
    char path[512];   /* the roads file */
};
/* Makes a roads file below $BENCH_DIR: of New York when ../shared/data or $BELLMAN_DATA has it, else of the demo's
 * city. */
struct bench_roads bench_make_roads(void);
/* Where a file of roads stands, of those that are not ours to keep ($BELLMAN_DATA/roads or ../shared/data/roads); false: it
 * is not there. */
bool bench_find_roads(char *ret_path, size_t cap, const char *name);
/* The demo's city as OpenStreetMap XML. */
void bench_write_city(const char *path);

#endif
