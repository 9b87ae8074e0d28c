/* Start with a long record: with a snapshot, from the beginning, and `journal verify`.
 * --events=10000000 --snapshot-only=1: the first alone, of a record that bench-latency --make=0 goes on with. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

enum { TIMES = 3 };

static double verify_s(const char *dir) {
    double begin = bench_now();
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        int null = open("/dev/null", O_WRONLY);
        dup2(null, 1);
        execl(getenv("BENCH_BELLMAN"), "bellman", "journal", "verify", dir, (char *)NULL);
        _exit(127);
    }
    int state;
    waitpid(pid, &state, 0);
    if (!WIFEXITED(state) || WEXITSTATUS(state) != 0)
        bench_die("journal verify ended with state %d", state);
    return bench_now() - begin;
}

/* Ends by kill -9: an orderly stop would write a newer snapshot. */
static double start_s(const char *dir, uint64_t *ret_seq) {
    double ready[TIMES];
    for (int i = 0; i < TIMES; i++) {
        struct bench_server server = bench_start(dir);
        ready[i] = server.ready_s;
        if (i == 0) {
            bench_login(&server, "bench");
            *ret_seq = (uint64_t)bench_metric(&server, "journal_seq");
        }
        bench_stop(&server, SIGKILL);
    }
    return bench_percentile(ready, TIMES, 50);
}

static double folder_gb(const char *dir) {
    char command[600], text[64] = "";
    snprintf(command, sizeof command, "du -sb '%s'", dir);
    FILE *said = popen(command, "r");
    if (said && !fgets(text, sizeof text, said)) text[0] = 0;
    if (said) pclose(said);
    return (double)strtoull(text, NULL, 10) / 1e9;
}

static uint64_t snapshot_seq(const char *dir) {
    char command[600], text[64] = "";
    snprintf(command, sizeof command,
             "cd '%s' && ls -d snapshot-* 2>/dev/null | sort -t- -k2 -n | tail -1", dir);
    FILE *list = popen(command, "r");
    if (list && !fgets(text, sizeof text, list)) text[0] = 0;
    if (list) pclose(list);
    return text[0] ? strtoull(text + strlen("snapshot-"), NULL, 10) : 0;
}

int main(int argc, char **argv) {
    uint64_t events = (uint64_t)bench_option(argc, argv, "events", 1000000), seq;
    char dir[512], snapshot[600], aside[600];
    snprintf(dir, sizeof dir, "%s", bench_folder("record"));
    double began = bench_now(), rate = bench_record(dir, 256, events, 49000, 0), made_s = bench_now() - began;
    double with_s = start_s(dir, &seq);
    uint64_t at = snapshot_seq(dir);
    printf("restart: %llu events of whole emergencies over 25 days (nothing archived yet), "
           "snapshot %llu events before the head;\n"
           "made in process at %.0f events/s (%.0f s, %.1f GB on disk); fork to the first 200 of /readyz, median of %d, "
           "ended by kill -9\n",
           (unsigned long long)seq, (unsigned long long)(seq - at), rate, made_s, folder_gb(dir), TIMES);
    puts("  what                          seconds     events/s");
    printf("  with the snapshot              %6.2f\n", with_s);
    fflush(stdout);
    if (bench_option(argc, argv, "snapshot-only", 0) > 0) return 0;
    snprintf(snapshot, sizeof snapshot, "%s/snapshot-%llu", dir, (unsigned long long)at);
    snprintf(aside, sizeof aside, "%s.snapshot", dir);
    if (rename(snapshot, aside) != 0) bench_die("cannot move the snapshot");
    double without_s = start_s(dir, &seq);
    printf("  rebuilt from the journal       %6.2f  %11.0f\n", without_s, (double)seq / without_s);
    if (rename(aside, snapshot) != 0) bench_die("cannot move the snapshot back");
    double verifying_s = verify_s(dir);
    printf("  journal verify                 %6.2f  %11.0f\n", verifying_s,
           (double)seq / verifying_s);
    bench_aim("<= 2 s with 1 M events and <= 50 k after the snapshot", with_s <= 2);
    return 0;
}
