/* Durable case creates over HTTP on the real server, from keep-alive clients. */
#include <signal.h>
#include <stdio.h>

#include "bench.h"

int main(int argc, char **argv) {
    static const unsigned clients[] = {1, 8, 64, 128};
    double for_s = bench_option(argc, argv, "seconds", 4);
    struct bench_load loads[4];
    puts("durable case creates over HTTP: POST /v1/cases on the server binary, 127.0.0.1, a fresh "
         "folder each,\n"
         "3 events a create (case, sealed identity, dispatch clock), fsync before every answer; "
         "client: one thread, epoll");
    puts("  clients   creates/s    p50 ms    p99 ms    most ms  events/commit    503   client CPU  "
         "server CPU");
    for (int i = 0; i < 4; i++) {
        struct bench_server server = bench_start(bench_folder("http"));
        bench_setup(&server);
        double seq = bench_metric(&server, "journal_seq"),
               commits = bench_metric(&server, "commits_total");
        loads[i] = bench_load(&server, clients[i], 0.5, for_s, 0, false);
        double events = bench_metric(&server, "journal_seq") - seq;
        commits = bench_metric(&server, "commits_total") - commits;
        printf("  %7u  %10.0f  %8.2f  %8.2f  %9.2f  %13.1f  %5llu  %9.0f %%  %8.0f %%\n",
               clients[i], loads[i].per_s, loads[i].p50_ms, loads[i].p99_ms, loads[i].most_ms,
               events / commits, (unsigned long long)loads[i].refused, loads[i].own_cpu * 100,
               loads[i].server_cpu * 100);
        fflush(stdout);
        bench_stop(&server, SIGTERM);
        bench_remove(bench_path("http"));
    }
    puts("  TicketsCAD     140                  90-110  (fixed line, measured elsewhere, not run "
         "here)");
    printf("  ratio to that line: 8 clients %.0fx, 128 clients %.0fx\n", loads[1].per_s / 140,
           loads[3].per_s / 140);
    bench_aim(">= 10x at 8 clients with p99 <= 20 ms",
              loads[1].per_s >= 1400 && loads[1].p99_ms <= 20);
    bench_aim(">= 50x at 128 clients", loads[3].per_s >= 7000);
    return 0;
}
