/* Many runs of the whole house, in two processes; the same run twice; each deliberate fault found out.
 *
 *   SEEDS=n   that many runs (2 unless told); FROM=n: beginning with that seed, and nothing else; GO_ON=1: also past a finding
 *   SEED=n    one run; LIE=n tells it one of the lies */
#include "../testing.h"
#include "house_sim.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/log.h"
#include "seeds.h"

enum { RUNS = 2, TWICE = 1, LIE_RUNS_MAX = 40 };

static struct house_tally tally;

static bool run(uint64_t seed, enum house_lie lie, struct house_tally *into, struct bm_hash *ret_digest, char *ret_wrong) {
    seeds_running("SEED=%" PRIu64, seed);
    bool held = house_run(seed, lie, into, ret_digest, ret_wrong);
    into->clean += held;
    return held;
}

static void print_tally(double seconds) {
    printf("house simulation: %" PRIu64 " runs, %" PRIu64 " of them clean, in %.0f s, %" PRIu64 " lives; %" PRIu64 " requests, %" PRIu64 " accepted, %" PRIu64
           " refused, %" PRIu64 " not now, %" PRIu64 " repeats; %" PRIu64 " events, %" PRIu64 " frames, %" PRIu64 " boards, %" PRIu64
           " resumes, %" PRIu64 " deliveries, %" PRIu64 " posts\n",
           tally.runs, tally.clean, seconds, tally.lives, tally.requests, tally.accepted, tally.refused, tally.shed, tally.replayed, tally.events,
           tally.frames, tally.boards, tally.resumes, tally.deliveries, tally.posts);
    printf("  %" PRIu64 " power losses, %" PRIu64 " kills; %" PRIu64 " positions of terminals, %" PRIu64 " calls for help\n", tally.power_losses,
           tally.kills, tally.positions, tally.helped);
    for (int f = 0; f < HOUSE_FAULT_COUNT; f++) printf("  %-34s %8" PRIu64 "\n", house_fault_words[f], tally.faults[f]);
    printf("torture: house-simulation seeds=%" PRIu64 " clean=%" PRIu64 " power-losses=%" PRIu64 " kills=%" PRIu64 " requests=%" PRIu64 " events=%" PRIu64
           " frames=%" PRIu64 " seconds=%.0f\n", tally.runs, tally.clean, tally.power_losses, tally.kills, tally.requests, tally.events, tally.frames, seconds);
    for (int k = 0; k < BM_command_kind_COUNT && getenv("KINDS"); k++)
        if (tally.asked[k]) printf("  %-26s %6" PRIu64 " asked %6" PRIu64 " done\n", bm_command_word((enum bm_command_kind)k), tally.asked[k], tally.done[k]);
    fflush(stdout);
}

static void one_seed(uint64_t seed) {
    struct bm_hash digest;
    char wrong[SEEDS_WRONG], hex[2 * BM_HASH_BYTES + 1];
    bool held = run(seed, (enum house_lie)seeds_number("LIE", HOUSE_HONEST), &tally, &digest, wrong);
    bm_hex(digest.bytes, sizeof digest.bytes, hex);
    printf("%.16s %s", hex, seeds_now_running());
    print_tally(0);
    if (!held) fail_msg("%s\n%s", wrong, seeds_now_running());
}

static bool honest(uint64_t seed, void *into, char *ret_wrong) {
    struct bm_hash digest;
    return run(seed, HOUSE_HONEST, into, &digest, ret_wrong);
}

static void every_seed_holds(void **state) {
    (void)state;
    const struct seeds seeds = {honest, &tally, sizeof tally, house_server_forked, house_server_end, print_tally};
    uint64_t runs = seeds_number("SEEDS", RUNS);
    if (getenv("SEED")) {
        one_seed(seeds_number("SEED", 1));
        return;
    }
    tally = (struct house_tally){0};
    seeds_hold(&seeds, seeds_number("FROM", 1), runs);
    /* A kind of trouble that never came was not tried. */
    for (int f = 0; f < HOUSE_FAULT_COUNT && runs >= 100; f++)
        if (!tally.faults[f]) fail_msg("no run met: %s", house_fault_words[f]);
}

static void the_same_seed_is_the_same_run(void **state) {
    (void)state;
    if (getenv("SEED") || getenv("FROM")) skip();
    for (uint64_t seed = 5001; seed <= 5000 + TWICE; seed++) {
        struct bm_hash first, second;
        char wrong[SEEDS_WRONG];
        if (!run(seed, HOUSE_HONEST, &tally, &first, wrong) || !run(seed, HOUSE_HONEST, &tally, &second, wrong))
            fail_msg("%s\n%s", wrong, seeds_now_running());
        if (memcmp(&first, &second, sizeof first) != 0) fail_msg("two runs of one seed differ\n%s", seeds_now_running());
    }
}

/* A checker that cannot fail checks nothing.  Each begins with a seed that found it once, so that this is short. */
static const uint64_t found_by[HOUSE_LIE_COUNT] = {[HOUSE_RESUMES_LATE] = 6};

static void every_lie_is_found_out(void **state) {
    (void)state;
    if (getenv("SEED") || getenv("FROM")) skip();
    for (int lie = HOUSE_HONEST + 1; lie < HOUSE_LIE_COUNT; lie++) {
        struct house_tally own = {0};
        char wrong[SEEDS_WRONG] = "";
        const uint64_t first = found_by[lie] ? found_by[lie] : 1;
        uint64_t seed = first;
        struct bm_hash digest;
        while (seed < first + LIE_RUNS_MAX && run(seed, (enum house_lie)lie, &own, &digest, wrong)) seed++;
        if (seed == first + LIE_RUNS_MAX) fail_msg("%s: not found out in %d runs (%" PRIu64 " lies)", house_lie_words[lie], LIE_RUNS_MAX, own.lies);
        printf("  %-60s %2" PRIu64 " runs: %s\n", house_lie_words[lie], seed - first + 1, wrong);
        fflush(stdout);
    }
}

int main(int argc, char **argv) {
    (void)argc;
    seeds_watch(argv[0]);
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
