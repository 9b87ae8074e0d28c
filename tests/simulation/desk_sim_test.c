/* Many runs of the desk simulator, in two processes; the same run twice; and each deliberate fault
 * found out.
 *
 *   SEEDS=n           that many runs, three quarters in memory, the rest on SQLite (60 unless told; more by make sim)
 *   FROM=n            beginning with that seed, and nothing else; GO_ON=1: also past a finding
 *   SEED=n BACKEND=b  one run: b is "memory" or "sqlite"; LIE=n tells it one of the lies */
#include "../testing.h"
#include "desk_sim.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/log.h"
#include "seeds.h"

enum { RUNS = 60, TWICE = 5, LIE_RUNS_MAX = 60 };

static struct bm_sim_tally tally;

static bool run(uint64_t seed, bool sqlite, enum bm_sim_lie lie, struct bm_sim_tally *into,
                struct bm_hash *ret_digest, char *ret_wrong) {
    seeds_running("SEED=%" PRIu64 " BACKEND=%s", seed, sqlite ? "sqlite" : "memory");
    bool held = bm_sim_run(seed, sqlite, lie, into, ret_digest, ret_wrong);
    into->clean += held;
    return held;
}

static void one(uint64_t seed, bool sqlite, struct bm_hash *ret_digest) {
    char wrong[SEEDS_WRONG];
    if (run(seed, sqlite, BM_SIM_HONEST, &tally, ret_digest, wrong)) return;
    fail_msg("%s\n%s", wrong, seeds_now_running());
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

static void one_seed(uint64_t seed, bool sqlite) {
    struct bm_hash digest;
    char hex[2 * BM_HASH_BYTES + 1];
    char wrong[SEEDS_WRONG];
    const char *lie = getenv("LIE");
    bool held = run(seed, sqlite, lie ? (enum bm_sim_lie)strtoul(lie, NULL, 10) : BM_SIM_HONEST, &tally, &digest, wrong);
    bm_hex(digest.bytes, sizeof digest.bytes, hex);
    printf("%.16s %s", hex, seeds_now_running());
    print_tally(0);
    if (!held) fail_msg("%s\n%s", wrong, seeds_now_running());
}

/* A quarter of each process's runs is on SQLite. */
static bool honest(uint64_t seed, void *into, char *ret_wrong) {
    struct bm_hash digest;
    return run(seed, seed / SEEDS_WORKERS % 4 == 0, BM_SIM_HONEST, into, &digest, ret_wrong);
}

static void every_seed_holds(void **state) {
    (void)state;
    const struct seeds seeds = {honest, &tally, sizeof tally, bm_sim_store_forked, bm_sim_store_end, print_tally};
    const char *backend = getenv("BACKEND");
    uint64_t runs = seeds_number("SEEDS", RUNS);
    if (getenv("SEED")) {
        one_seed(seeds_number("SEED", 1), backend && strcmp(backend, "sqlite") == 0);
        return;
    }
    tally = (struct bm_sim_tally){0};
    seeds_hold(&seeds, seeds_number("FROM", 1), runs);
    /* A kind of trouble that never came was not tried. */
    for (int f = 0; f < BM_SIM_FAULT_COUNT && runs >= RUNS; f++) {
        if (!tally.faults[f]) fail_msg("no run met: %s", bm_sim_fault_words[f]);
    }
}

static void the_same_seed_is_the_same_run(void **state) {
    (void)state;
    if (getenv("SEED") || getenv("FROM")) skip();
    for (uint64_t seed = 5001; seed <= 5000 + TWICE; seed++) {
        struct bm_hash first, second;
        one(seed, seed % 2, &first);
        one(seed, seed % 2, &second);
        if (memcmp(&first, &second, sizeof first) != 0)
            fail_msg("two runs of one seed differ\n%s", seeds_now_running());
    }
}

/* A checker that cannot fail checks nothing. */
static void every_lie_is_found_out(void **state) {
    (void)state;
    if (getenv("SEED") || getenv("FROM")) skip();
    for (int lie = BM_SIM_HONEST + 1; lie < BM_SIM_LIE_COUNT; lie++) {
        bool on_disk = lie == BM_SIM_LYING_SYNC || lie == BM_SIM_CUT_TAIL;
        struct bm_sim_tally own = {0};
        char wrong[SEEDS_WRONG] = "";
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
    seeds_watch(argv[0]);
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
