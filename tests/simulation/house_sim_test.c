/* Many runs of the whole house, in two processes; the same run twice; each deliberate fault found out.
 *
 *   SEEDS=n   that many runs (2 unless told); FROM=n: beginning with that seed, and nothing else; GO_ON=1: also past a finding
 *   SEED=n    one run; LIE=n tells it one of the lies */
#include "../testing.h"
#include "house_sim.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"

enum { RUNS = 2, TWICE = 1, LIE_RUNS_MAX = 40, WORKERS = 2, WRONG = 600 };

/* Shared by the processes. */
struct shared {
    struct house_tally tally[WORKERS];
    char wrong[WORKERS][WRONG + 400];
};
static const char *program;
static char now_running[400];

static void say_seed(void) {
    ssize_t ignored = write(STDERR_FILENO, now_running, strlen(now_running));
    (void)ignored;
}

static void on_abort(int number) {
    (void)number;
    say_seed();
}

/* AddressSanitizer ends the process without a signal. */
void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));
const char *__asan_default_options(void);
const char *__asan_default_options(void) {
    return "quarantine_size_mb=16";
}

static uint64_t number_of(const char *name, uint64_t otherwise) {
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 10) : otherwise;
}

static bool run(uint64_t seed, enum house_lie lie, struct house_tally *into, struct bm_hash *ret_digest, char *ret_wrong) {
    snprintf(now_running, sizeof now_running, "SEED=%" PRIu64 " %.300s\n", seed, program);
    bool held = house_run(seed, lie, into, ret_digest, ret_wrong);
    into->clean += held;
    return held;
}

static double seconds_now(void) {
    struct timespec now;
    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void print_tally(const struct house_tally *tally, double seconds) {
    printf("house simulation: %" PRIu64 " runs, %" PRIu64 " of them clean, in %.0f s, %" PRIu64 " lives; %" PRIu64 " requests, %" PRIu64 " accepted, %" PRIu64
           " refused, %" PRIu64 " not now, %" PRIu64 " repeats; %" PRIu64 " events, %" PRIu64 " frames, %" PRIu64 " boards, %" PRIu64
           " resumes, %" PRIu64 " deliveries, %" PRIu64 " posts\n",
           tally->runs, tally->clean, seconds, tally->lives, tally->requests, tally->accepted, tally->refused, tally->shed, tally->replayed, tally->events,
           tally->frames, tally->boards, tally->resumes, tally->deliveries, tally->posts);
    printf("  %" PRIu64 " power losses, %" PRIu64 " kills; %" PRIu64 " positions of terminals, %" PRIu64 " calls for help\n", tally->power_losses,
           tally->kills, tally->positions, tally->helped);
    for (int f = 0; f < HOUSE_FAULT_COUNT; f++) printf("  %-34s %8" PRIu64 "\n", house_fault_words[f], tally->faults[f]);
    printf("torture: house-simulation seeds=%" PRIu64 " clean=%" PRIu64 " power-losses=%" PRIu64 " kills=%" PRIu64 " requests=%" PRIu64 " events=%" PRIu64
           " frames=%" PRIu64 " seconds=%.0f\n", tally->runs, tally->clean, tally->power_losses, tally->kills, tally->requests, tally->events, tally->frames, seconds);
    for (int k = 0; k < BM_command_kind_COUNT && getenv("KINDS"); k++)
        if (tally->asked[k]) printf("  %-26s %6" PRIu64 " asked %6" PRIu64 " done\n", bm_command_word((enum bm_command_kind)k), tally->asked[k], tally->done[k]);
    fflush(stdout);
}

static void one_seed(uint64_t seed) {
    struct bm_hash digest;
    struct house_tally tally = {0};
    char wrong[WRONG], hex[2 * BM_HASH_BYTES + 1];
    bool held = run(seed, (enum house_lie)number_of("LIE", HOUSE_HONEST), &tally, &digest, wrong);
    bm_hex(digest.bytes, sizeof digest.bytes, hex);
    printf("%.16s %s", hex, now_running);
    print_tally(&tally, 0);
    if (!held) fail_msg("%s\n%s", wrong, now_running);
}

/* Every WORKERS-th seed, in a process of its own; until one fails, or on past it. */
static void work(struct shared *shared, int worker, uint64_t from, uint64_t runs) {
    char wrong[WRONG];
    struct bm_hash digest;
    house_server_forked();
    for (uint64_t seed = from + (uint64_t)worker; seed < from + runs; seed += WORKERS) {
        if (run(seed, HOUSE_HONEST, &shared->tally[worker], &digest, wrong)) continue;
        snprintf(shared->wrong[worker], sizeof shared->wrong[worker], "%s\n%s", wrong, now_running);
        fprintf(stderr, "%s\n", shared->wrong[worker]);
        if (!getenv("GO_ON")) break;
    }
    house_server_end();
    exit(0);
}

static struct house_tally added_up(const struct shared *shared) {
    struct house_tally sum = {0};
    for (int w = 0; w < WORKERS; w++) {
        uint64_t *to = (uint64_t *)&sum;
        const uint64_t *from = (const uint64_t *)&shared->tally[w];
        for (size_t i = 0; i < sizeof sum / sizeof *to; i++) to[i] += from[i];
    }
    return sum;
}

static void every_seed_holds(void **state) {
    (void)state;
    if (getenv("SEED")) {
        one_seed(number_of("SEED", 1));
        return;
    }
    uint64_t runs = number_of("SEEDS", RUNS), from = number_of("FROM", 1);
    double start = seconds_now();
    struct shared *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(shared != MAP_FAILED);
    fflush(stdout);
    pid_t pids[WORKERS];
    for (int w = 0; w < WORKERS; w++) {
        pids[w] = fork();
        if (pids[w] == 0) work(shared, w, from, runs);
    }
    int died = 0;
    for (int w = 0; w < WORKERS; w++) {
        int status;
        assert_int_equal(waitpid(pids[w], &status, 0), pids[w]);
        died |= status;
    }
    struct house_tally tally = added_up(shared);
    print_tally(&tally, seconds_now() - start);
    for (int w = 0; w < WORKERS; w++)
        if (shared->wrong[w][0]) fail_msg("%s", shared->wrong[w]);
    if (died) fail_msg("a process died (%d); the line above repeats its run", died);
    munmap(shared, sizeof *shared);
    /* A kind of trouble that never came was not tried. */
    for (int f = 0; f < HOUSE_FAULT_COUNT && runs >= 100; f++)
        if (!tally.faults[f]) fail_msg("no run met: %s", house_fault_words[f]);
}

static void the_same_seed_is_the_same_run(void **state) {
    (void)state;
    if (getenv("SEED") || getenv("FROM")) skip();
    for (uint64_t seed = 5001; seed <= 5000 + TWICE; seed++) {
        struct bm_hash first, second;
        struct house_tally tally = {0};
        char wrong[WRONG];
        if (!run(seed, HOUSE_HONEST, &tally, &first, wrong) || !run(seed, HOUSE_HONEST, &tally, &second, wrong))
            fail_msg("%s\n%s", wrong, now_running);
        if (memcmp(&first, &second, sizeof first) != 0) fail_msg("two runs of one seed differ\n%s", now_running);
    }
}

/* A checker that cannot fail checks nothing.  Each begins with a seed that found it once, so that this is short. */
static const uint64_t found_by[HOUSE_LIE_COUNT] = {[HOUSE_RESUMES_LATE] = 14, [HOUSE_FRAME_LOST] = 7, [HOUSE_OUTBOX_FORGETS] = 2, [HOUSE_LYING_DISK] = 2};

static void every_lie_is_found_out(void **state) {
    (void)state;
    if (getenv("SEED") || getenv("FROM")) skip();
    for (int lie = HOUSE_HONEST + 1; lie < HOUSE_LIE_COUNT; lie++) {
        struct house_tally tally = {0};
        char wrong[WRONG] = "";
        const uint64_t first = found_by[lie] ? found_by[lie] : 1;
        uint64_t seed = first;
        struct bm_hash digest;
        while (seed < first + LIE_RUNS_MAX && run(seed, (enum house_lie)lie, &tally, &digest, wrong)) seed++;
        if (seed == first + LIE_RUNS_MAX) fail_msg("%s: not found out in %d runs (%" PRIu64 " lies)", house_lie_words[lie], LIE_RUNS_MAX, tally.lies);
        printf("  %-60s %2" PRIu64 " runs: %s\n", house_lie_words[lie], seed - first + 1, wrong);
        fflush(stdout);
    }
}

int main(int argc, char **argv) {
    (void)argc;
    program = argv[0];
    signal(SIGABRT, on_abort);
    if (__sanitizer_set_death_callback) __sanitizer_set_death_callback(say_seed);
    if (!getenv("LOUD")) bm_log_set_level((enum bm_log_level)(BM_LOG_ERROR + 1)); /* its troubles are ours */
    house_server_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_seed_is_the_same_run),
        cmocka_unit_test(every_lie_is_found_out),
        cmocka_unit_test(every_seed_holds),
    };
    int failed = cmocka_run_group_tests_name("house simulation", tests, NULL, NULL);
    house_server_end();
    return failed;
}
