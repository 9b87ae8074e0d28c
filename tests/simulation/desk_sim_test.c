/* Many runs of the desk simulator, in two processes; the same run twice; and each deliberate fault
 * found out.
 *
 *   SEEDS=n           that many runs, three quarters in memory, the rest on SQLite (60 unless told; more by make sim)
 *   SEED=n BACKEND=b  one run: b is "memory" or "sqlite"; LIE=n tells it one of the lies */
#include "../testing.h"
#include "desk_sim.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"

enum { RUNS = 60, TWICE = 5, LIE_RUNS_MAX = 60, WORKERS = 2 };

/* Shared by the processes. */
struct shared {
    struct bm_sim_tally tally[WORKERS];
    char wrong[WORKERS][800];
};
static struct bm_sim_tally tally;
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

/* A run starts a desk dozens of times.  With a shorter memory of what was freed than the usual 256 MB the sanitizer does
 * not go through fresh pages all the time, and takes two thirds of the time; it still is many times a whole desk. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) {
    return "quarantine_size_mb=16";
}

static void repeat_line(uint64_t seed, bool sqlite) {
    snprintf(now_running, sizeof now_running, "SEED=%" PRIu64 " BACKEND=%s %.300s\n", seed,
             sqlite ? "sqlite" : "memory", program);
}

static bool run(uint64_t seed, bool sqlite, enum bm_sim_lie lie, struct bm_sim_tally *into,
                struct bm_hash *ret_digest, char *ret_wrong) {
    repeat_line(seed, sqlite);
    bool held = bm_sim_run(seed, sqlite, lie, into, ret_digest, ret_wrong);
    into->clean += held;
    return held;
}

static void one(uint64_t seed, bool sqlite, struct bm_hash *ret_digest) {
    char wrong[400];
    if (run(seed, sqlite, BM_SIM_HONEST, &tally, ret_digest, wrong)) return;
    fail_msg("%s\n%s", wrong, now_running);
}

static void print_tally(double seconds) {
    printf("desk simulation: %" PRIu64 " runs, %" PRIu64 " of them clean, in %.0f s, %" PRIu64 " steps, %" PRIu64
           " commands: %" PRIu64 " accepted, %" PRIu64 " refused (%" PRIu64 " key-reused), %" PRIu64
           " repeats; %" PRIu64 " events, %" PRIu64 " frames\n",
           tally.runs, tally.clean, seconds, tally.steps, tally.commands, tally.accepted, tally.refused,
           tally.reused, tally.replayed, tally.events, tally.frames);
    printf("  %" PRIu64 " crashes, %" PRIu64 " power losses: %" PRIu64 " dropped all that was not synced, %" PRIu64
           " kept its beginning, %" PRIu64 " kept some of it, torn\n",
           tally.crashes, tally.power_losses, tally.damages[0], tally.damages[1], tally.damages[2]);
    for (int f = 0; f < BM_SIM_FAULT_COUNT; f++) {
        printf("  %-24s %8" PRIu64 "\n", bm_sim_fault_words[f], tally.faults[f]);
    }
    printf("torture: desk-simulation seeds=%" PRIu64 " clean=%" PRIu64 " crashes=%" PRIu64 " power-losses=%" PRIu64 " commands=%" PRIu64 " events=%" PRIu64
           " seconds=%.0f\n", tally.runs, tally.clean, tally.crashes, tally.power_losses, tally.commands, tally.events, seconds);
    fflush(stdout);
}

static double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void one_seed(uint64_t seed, bool sqlite) {
    struct bm_hash digest;
    char hex[2 * BM_HASH_BYTES + 1];
    char wrong[400];
    const char *lie = getenv("LIE");
    bool held = run(seed, sqlite, lie ? (enum bm_sim_lie)strtoul(lie, NULL, 10) : BM_SIM_HONEST, &tally, &digest, wrong);
    bm_hex(digest.bytes, sizeof digest.bytes, hex);
    printf("%.16s %s", hex, now_running);
    print_tally(0);
    if (!held) fail_msg("%s\n%s", wrong, now_running);
}

/* Every WORKERS-th seed, in a process of its own, until one fails. */
static void work(struct shared *shared, int worker, uint64_t runs) {
    char wrong[400];
    struct bm_hash digest;
    bm_sim_store_forked();
    for (uint64_t seed = 1 + (uint64_t)worker; seed <= runs; seed += WORKERS) {
        bool sqlite = seed / WORKERS % 4 == 0;
        if (run(seed, sqlite, BM_SIM_HONEST, &shared->tally[worker], &digest, wrong)) continue;
        snprintf(shared->wrong[worker], sizeof shared->wrong[worker], "%s\n%s", wrong, now_running);
        break;
    }
    bm_sim_store_end();
    exit(0);
}

static void add_up(const struct shared *shared) {
    for (int w = 0; w < WORKERS; w++) {
        uint64_t *to = (uint64_t *)&tally;
        const uint64_t *from = (const uint64_t *)&shared->tally[w];
        for (size_t i = 0; i < sizeof tally / sizeof *to; i++) to[i] += from[i];
    }
}

static void every_seed_holds(void **state) {
    (void)state;
    const char *only = getenv("SEED"), *backend = getenv("BACKEND"), *seeds = getenv("SEEDS");
    if (only) {
        one_seed(strtoull(only, NULL, 10), backend && strcmp(backend, "sqlite") == 0);
        return;
    }
    uint64_t runs = seeds ? strtoull(seeds, NULL, 10) : RUNS;
    double start = seconds_now();
    struct shared *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
                                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(shared != MAP_FAILED);
    fflush(stdout);
    pid_t pids[WORKERS];
    for (int w = 0; w < WORKERS; w++) {
        pids[w] = fork();
        if (pids[w] == 0) work(shared, w, runs);
    }
    int died = 0;
    for (int w = 0; w < WORKERS; w++) {
        int status;
        assert_int_equal(waitpid(pids[w], &status, 0), pids[w]);
        died |= status;
    }
    add_up(shared);
    print_tally(seconds_now() - start); /* also of what ends at a finding */
    for (int w = 0; w < WORKERS; w++) /* all of them: to fail with one would hide the other */
        if (shared->wrong[w][0]) fprintf(stderr, "%s\n", shared->wrong[w]);
    for (int w = 0; w < WORKERS; w++) {
        if (shared->wrong[w][0]) fail_msg("%s", shared->wrong[w]);
    }
    if (died) fail_msg("a process died (%d); the line above repeats its run", died);
    munmap(shared, sizeof *shared);
    /* A kind of trouble that never came was not tried. */
    for (int f = 0; f < BM_SIM_FAULT_COUNT && runs >= RUNS; f++) {
        if (!tally.faults[f]) fail_msg("no run met: %s", bm_sim_fault_words[f]);
    }
}

static void the_same_seed_is_the_same_run(void **state) {
    (void)state;
    if (getenv("SEED")) skip();
    struct bm_sim_tally before = tally;
    for (uint64_t seed = 5001; seed <= 5000 + TWICE; seed++) {
        struct bm_hash first, second;
        one(seed, seed % 2, &first);
        one(seed, seed % 2, &second);
        if (memcmp(&first, &second, sizeof first) != 0)
            fail_msg("two runs of one seed differ\n%s", now_running);
    }
    tally = before;
}

/* A checker that cannot fail checks nothing. */
static void every_lie_is_found_out(void **state) {
    (void)state;
    if (getenv("SEED")) skip();
    for (int lie = BM_SIM_HONEST + 1; lie < BM_SIM_LIE_COUNT; lie++) {
        bool on_disk = lie == BM_SIM_LYING_SYNC || lie == BM_SIM_CUT_TAIL;
        struct bm_sim_tally own = {0};
        char wrong[400] = "";
        uint64_t seed = 1;
        struct bm_hash digest;
        while (seed <= LIE_RUNS_MAX &&
               run(seed, on_disk || seed % 4 == 0, (enum bm_sim_lie)lie, &own, &digest, wrong)) {
            seed++;
        }
        if (seed > LIE_RUNS_MAX) {
            fail_msg("%s: not found out in %d runs (%" PRIu64 " lies)", bm_sim_lie_words[lie],
                     LIE_RUNS_MAX, own.lies);
        }
        printf("  %-52s %2" PRIu64 " runs: %s\n", bm_sim_lie_words[lie], seed, wrong);
    }
    fflush(stdout);
}

int main(int argc, char **argv) {
    (void)argc;
    program = argv[0];
    signal(SIGABRT, on_abort);
    if (__sanitizer_set_death_callback) __sanitizer_set_death_callback(say_seed);
    bm_log_set_level((enum bm_log_level)(BM_LOG_ERROR + 1)); /* its jumps and damages are ours */
    bm_sim_store_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_seed_is_the_same_run),
        cmocka_unit_test(every_lie_is_found_out),
        cmocka_unit_test(every_seed_holds),
    };
    int failed = cmocka_run_group_tests_name("desk simulation", tests, NULL, NULL);
    bm_sim_store_end();
    return failed;
}
