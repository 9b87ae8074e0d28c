/* 10,000 terminals that say every second where they are, for ten minutes: whether all are answered, how soon, and whether the
 * desk's memory stays as it is.  A run of its own: bench/run steady. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/alloc.h"
#include "terminals.h"

static double waits[2000000];
static size_t wait_count;

static void note(double ms) {
    if (wait_count < sizeof waits / sizeof waits[0]) waits[wait_count++] = ms;
}

/* Reads answers until that instant. */
static void read_until(int poll, struct bench_terminal *terminals, double until) {
    for (double left; (left = until - bench_now()) > 0;) {
        struct epoll_event events[256];
        int ready = epoll_wait(poll, events, 256, (int)(left * 1000) + 1);
        for (int e = 0; e < ready; e++) bench_terminal_read(&terminals[events[e].data.u32], note);
    }
}

int main(int argc, char **argv) {
    double minutes = bench_option(argc, argv, "minutes", 10);
    unsigned count = (unsigned)bench_option(argc, argv, "units", 10000);
    char address[40];
    uint16_t port = bench_free_port();
    snprintf(address, sizeof address, "127.0.0.1:%u", port);
    bench_devices = count;
    bench_record(bench_folder("steady"), count, 0, 0, 0);
    struct bench_server server = bench_start_with(bench_path("steady"), "--jt808", address);
    bench_login(&server, "bench");
    struct bench_terminal *terminals = bench_terminals_new(port, count);
    int poll = epoll_create1(EPOLL_CLOEXEC);
    for (unsigned i = 0; i < count; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = i};
        if (epoll_ctl(poll, EPOLL_CTL_ADD, terminals[i].conn.fd, &event) != 0) bench_die("epoll: %s", strerror(errno));
    }
    printf("%u terminals of JT/T 808 at 1 Hz for %.1f minutes\n  minute     sent  answered   p50 ms  p99 ms  server    RSS kB\n", count, minutes);
    double begin = bench_now();
    long first_kb = 0, last_kb = 0;
    for (unsigned minute = 1; minute <= (unsigned)(minutes + 0.5); minute++) {
        double cpu = bench_cpu(server.pid), from = bench_now();
        wait_count = 0;
        for (unsigned second = 0; second < 60; second++) {
            double at = begin + (minute - 1) * 60.0 + second;
            for (unsigned i = 0; i < count; i++) { /* spread over the second, as they come */
                if (i % 100 == 0) read_until(poll, terminals, at + (double)i / count);
                if (terminals[i].sent - terminals[i].answered < 64) bench_terminal_send(&terminals[i], 1);
            }
        }
        read_until(poll, terminals, begin + minute * 60.0);
        uint64_t sent = 0, answered = 0;
        for (unsigned i = 0; i < count; i++) sent += terminals[i].sent, answered += terminals[i].answered;
        last_kb = bench_status_kb(server.pid, "VmRSS");
        if (minute == 1) first_kb = last_kb;
        printf("  %6u %8llu  %8llu  %7.2f %7.2f  %4.0f %%  %8ld\n", minute, (unsigned long long)sent, (unsigned long long)answered,
               bench_percentile(waits, wait_count, 50), bench_percentile(waits, wait_count, 99),
               (bench_cpu(server.pid) - cpu) / (bench_now() - from) * 100, last_kb);
        fflush(stdout);
    }
    uint64_t open = 1;
    for (double give_up = bench_now() + 30; open && bench_now() < give_up;) {
        read_until(poll, terminals, bench_now() + 0.1);
        open = 0;
        for (unsigned i = 0; i < count; i++) open += terminals[i].sent - terminals[i].answered;
    }
    unsigned lost = bench_terminals_lost(&server, terminals, count);
    printf("  not answered: %llu; acknowledged and not there: %u\n", (unsigned long long)open, lost);
    bench_aim("all answered, none lost, and memory within 2 % of the first minute's", !open && !lost && last_kb <= first_kb + first_kb / 50);
    bench_terminals_free(terminals, count);
    bench_stop(&server, SIGTERM);
    bench_remove(bench_path("steady"));
    return 0;
}
