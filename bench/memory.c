/* Resident memory: an idle server; and one with 100,000 open cases and 10,000 units, through a
 * snapshot. */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "bench.h"

static double megabytes(pid_t pid, const char *name) {
    return (double)bench_status_kb(pid, name) / 1024;
}

static void line(const char *what, pid_t pid) {
    printf("  %-46s  %7.1f  %7.1f\n", what, megabytes(pid, "VmRSS"), megabytes(pid, "VmHWM"));
    fflush(stdout);
}

int main(int argc, char **argv) {
    unsigned cases = (unsigned)bench_option(argc, argv, "cases", 100000),
             units = (unsigned)bench_option(argc, argv, "units", 10000);
    char what[80];
    puts("resident memory, MB                                VmRSS    VmHWM");
    struct bench_server server = bench_start(bench_folder("memory"));
    bench_setup(&server);
    usleep(500000);
    double idle = megabytes(server.pid, "VmRSS");
    line("idle, after the first log-in (argon2id: 64 MiB)", server.pid);
    bench_stop(&server, SIGTERM);
    server = bench_start(bench_path("memory"));
    usleep(500000);
    if (megabytes(server.pid, "VmRSS") > idle) idle = megabytes(server.pid, "VmRSS");
    line("idle, started again", server.pid);
    bench_stop(&server, SIGTERM);
    bench_record(bench_folder("memory"), units, 0, 0, cases);
    server = bench_start(bench_path("memory"));
    snprintf(what, sizeof what, "%u open cases, %u units", cases, units);
    line(what, server.pid);
    double full = megabytes(server.pid, "VmHWM");
    bench_login(&server, "bench");
    /* Enough work for the server to write a snapshot (every 50,000 events). */
    double snapshots = bench_metric(&server, "snapshots_total"), most = 0;
    double from = bench_metric(&server, "journal_seq"), begin = bench_now();
    while (bench_metric(&server, "snapshots_total") == snapshots && bench_now() - begin < 60) {
        if (bench_metric(&server, "journal_seq") - from < 51000)
            bench_load(&server, 64, 0, 0.5, 0, false);
        else
            usleep(20000);
        double now = megabytes(server.pid, "VmRSS");
        if (now > most) most = now;
    }
    snprintf(what, sizeof what, "most seen while it wrote a snapshot (%.0f events)",
             bench_metric(&server, "journal_seq"));
    printf("  %-46s  %7.1f  %7.1f\n", what, most, megabytes(server.pid, "VmHWM"));
    if (megabytes(server.pid, "VmHWM") > full) full = megabytes(server.pid, "VmHWM");
    if (bench_metric(&server, "snapshots_total") == snapshots)
        puts("  (no snapshot was written within 60 s)");
    usleep(500000);
    line("after it", server.pid);
    if (bench_metric(&server, "snapshot_mismatches_total") > 0)
        bench_die("a snapshot did not match");
    bench_stop(&server, SIGKILL);
    bench_remove(bench_path("memory"));
    bench_aim("idle <= 40 MB", idle <= 40);
    bench_aim("100,000 open cases and 10,000 units <= 500 MB, snapshot included (VmHWM)",
              full <= 500);
    return 0;
}
