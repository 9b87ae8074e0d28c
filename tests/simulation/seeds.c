#include "seeds.h"

#include "../testing.h"

#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char *program;
static char now_running[400];

/* A run starts a desk dozens of times.  With a shorter memory of what was freed than the usual 256 MB the sanitizer does
 * not go through fresh pages all the time, and takes two thirds of the time; it still is many times a whole desk. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) {
    return "quarantine_size_mb=16";
}

/* --- what was running ------------------------------------------------------------------------------- */

static void say_seed(void) {
    ssize_t ignored = write(STDERR_FILENO, now_running, strlen(now_running));
    (void)ignored;
}

/* Once: what returns from here does it again, and ends as it would have. */
static void on_signal(int number) {
    say_seed();
    signal(number, SIG_DFL);
}

/* AddressSanitizer ends the process without a signal. */
void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

void seeds_watch(const char *of_program) {
    program = of_program;
    signal(SIGABRT, on_signal);
    if (__sanitizer_set_death_callback) __sanitizer_set_death_callback(say_seed);
}

/* The test's own frame would take a fault of a child for one of its tests, and go on in it. */
static void watch_child(void) {
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL};
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) signal(faults[i], on_signal);
}

void seeds_running(const char *format, ...) {
    char what[60];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    snprintf(now_running, sizeof now_running, "%s %.300s\n", what, program);
}

const char *seeds_now_running(void) {
    return now_running;
}

uint64_t seeds_number(const char *name, uint64_t otherwise) {
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 10) : otherwise;
}

/* --- side by side ----------------------------------------------------------------------------------- */

/* Of one process; what it says is read when it has ended. */
struct worker {
    char wrong[SEEDS_WRONG + sizeof now_running];
    uint64_t tally[];
};

static struct worker *worker_of(const struct seeds *seeds, void *shared, int w) {
    return (struct worker *)((char *)shared + (size_t)w * (sizeof(struct worker) + seeds->tally_size));
}

static void work(const struct seeds *seeds, struct worker *worker, uint64_t from, uint64_t end) {
    char wrong[SEEDS_WRONG];
    watch_child();
    seeds->begin();
    for (uint64_t seed = from; seed < end; seed += SEEDS_WORKERS) {
        if (seeds->run(seed, worker->tally, wrong)) continue;
        snprintf(worker->wrong, sizeof worker->wrong, "%s\n%s", wrong, now_running);
        fprintf(stderr, "%s\n", worker->wrong);
        if (!getenv("GO_ON")) break;
    }
    seeds->end();
    exit(0);
}

/* By the kernel's own clock: a simulator may have put another in the place of libc's. */
static double seconds_now(void) {
    struct timespec now;
    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void seeds_hold(const struct seeds *seeds, uint64_t from, uint64_t count) {
    size_t bytes = SEEDS_WORKERS * (sizeof(struct worker) + seeds->tally_size);
    double start = seconds_now();
    void *shared = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(shared != MAP_FAILED);
    pid_t pids[SEEDS_WORKERS];
    int died = 0, status;
    fflush(stdout);
    for (int w = 0; w < SEEDS_WORKERS; w++) {
        pids[w] = fork();
        assert_true(pids[w] >= 0);
        if (pids[w] == 0) work(seeds, worker_of(seeds, shared, w), from + (uint64_t)w, from + count);
    }
    for (int w = 0; w < SEEDS_WORKERS; w++) {
        assert_int_equal(waitpid(pids[w], &status, 0), pids[w]);
        died |= status;
        uint64_t *sum = seeds->tally;
        for (size_t i = 0; i < seeds->tally_size / sizeof *sum; i++) sum[i] += worker_of(seeds, shared, w)->tally[i];
    }
    seeds->print(seconds_now() - start);
    for (int w = 0; w < SEEDS_WORKERS; w++)
        if (worker_of(seeds, shared, w)->wrong[0]) fail_msg("%s", worker_of(seeds, shared, w)->wrong);
    if (died) fail_msg("a process died (%d); the line above repeats its run", died);
    munmap(shared, bytes);
}
