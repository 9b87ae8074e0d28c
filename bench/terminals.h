/* Terminals of JT/T 808 as a client, many at once. */
#ifndef BENCH_TERMINALS_H
#define BENCH_TERMINALS_H

#include "bench.h"
#include "intake/jt808.h"

struct bench_terminal {
    struct bench_conn conn;
    struct bm_jt808_head head;
    struct bm_jt808_stream in;
    unsigned unit;
    uint16_t serial;
    uint64_t sent, answered; /* positions */
    int32_t sent_e6, answered_e6; /* latitudes of the last ones */
    int32_t waiting_e6[64];  /* of those that were not answered yet, by serial */
    double sent_at[64];
};

/* Connects and logs on as unit 1, 2, ...; the caller's to free with bench_terminals_free. */
struct bench_terminal *bench_terminals_new(uint16_t port, unsigned count);
void bench_terminals_free(struct bench_terminal *terminals, unsigned count);
/* Sends `many` positions in one write. At most 64 may be unanswered. */
void bench_terminal_send(struct bench_terminal *terminal, unsigned many);
/* Reads what is there; each answer's wait in ms goes to `wait` (may be NULL).  Dies on a refusal. */
void bench_terminal_read(struct bench_terminal *terminal, void (*wait)(double ms));
/* How many units are not where their last acknowledged position says, by GET /v1/positions. */
unsigned bench_terminals_lost(const struct bench_server *server, const struct bench_terminal *terminals, unsigned count);

#endif
