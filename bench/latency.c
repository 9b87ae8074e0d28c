/* Does a create wait longer when the record is long?  Two servers, one with a short record and one
 * with a long one, asked in turns. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "bench.h"

enum { TURNS = 8, CLIENTS = 8 };

struct side {
    struct bench_server server;
    uint64_t seq;
    double p50[TURNS], p99[TURNS];
    double *waits;
    size_t count;
    double cpu_s; /* of the server, while it was asked: tells more than waits where others are at work */
};

static void take(struct side *side, int turn, double for_s) {
    double before_s = bench_cpu(side->server.pid);
    struct bench_load load = bench_load(&side->server, CLIENTS, 0.2, for_s, 0, true);
    side->cpu_s += bench_cpu(side->server.pid) - before_s;
    side->p50[turn] = load.p50_ms;
    side->p99[turn] = load.p99_ms;
    side->waits = bm_realloc(side->waits, (side->count + load.wait_count) * sizeof *side->waits);
    memcpy(side->waits + side->count, load.waits_ms, load.wait_count * sizeof *side->waits);
    side->count += load.wait_count;
    bm_free(load.waits_ms);
}

static void open_side(struct side *side, const char *name) {
    side->server = bench_start(bench_path(name));
    bench_login(&side->server, "bench");
    side->seq = (uint64_t)bench_metric(&side->server, "journal_seq");
}

int main(int argc, char **argv) {
    static struct side small, large;
    double for_s = bench_option(argc, argv, "seconds", 16) / (2 * TURNS);
    const char *big = getenv("BENCH_TEN_MILLION") ? "record-10m" : "record";
    /* bench-restart leaves its record; without it, or for ten million, one is made here. */
    bench_record(bench_folder("record-10k"), 256, 10000, 0, 0);
    if (getenv("BENCH_TEN_MILLION"))
        bench_record(bench_folder(big), 256, 10000000, 0, 0);
    else if (bench_option(argc, argv, "make", 0) > 0)
        bench_record(bench_folder(big), 256, 1000000, 0, 0);
    open_side(&small, "record-10k");
    open_side(&large, big);
    for (int turn = 0; turn < TURNS; turn++) {
        take(turn % 2 ? &small : &large, turn, for_s);
        take(turn % 2 ? &large : &small, turn, for_s);
    }
    printf("durable create over HTTP against the record's length: %d clients, two servers asked in "
           "%d turns each; ms\n",
           CLIENTS, TURNS);
    puts("  events at start     creates      p50  p99 of all  p99, median of turns  processor us per create");
    double p99[2];
    for (int i = 0; i < 2; i++) {
        struct side *side = i ? &large : &small;
        double p50 = bench_percentile(side->waits, side->count, 50),
               all = bench_percentile(side->waits, side->count, 99);
        p99[i] = bench_percentile(side->p99, TURNS, 50);
        /* The first fifth of a second of each turn is not counted among the creates; both sides have it. */
        printf("  %15llu  %10zu  %7.2f  %10.2f  %20.2f  %23.0f\n", (unsigned long long)side->seq, side->count, p50, all, p99[i],
               1e6 * side->cpu_s / (double)side->count);
        bench_stop(&side->server, SIGKILL);
    }
    printf("  ratio of the medians: %.2f\n", p99[1] / p99[0]);
    bench_remove(bench_path("record-10k"));
    bench_remove(bench_path(big));
    bench_aim(
        "p99 at the longer record <= 1.2 of that at 10 k (the aim names 10 M: BENCH_TEN_MILLION=1)",
        p99[1] <= 1.2 * p99[0]);
    return 0;
}
