/* Who goes where when many wait: incidents of which 70 % lie in one corner of a city, in process;
 * the thread's time for one whole answer, and for the check of it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "bench.h"
#include "road/assign.h"

enum {
    WIDE_M = 20000,
    CLUSTER_M = 3000,
    CLUSTER_AT_M = 11000,
    IN_CLUSTER = 70 /* percent */,
    MS_PER_M = 90,
    DETOUR = 40 /* percent, at most, on top */,
    RUNS_MAX = 21,
    PENALTY_MS = 7200000
};

struct place {
    double x, y;
};

static struct place place(struct bm_rng *rng, double from, uint64_t wide) {
    double x = from + (double)bm_rng_below(rng, wide), y = from + (double)bm_rng_below(rng, wide);
    return (struct place){x, y};
}

static struct bm_assign_problem make(uint32_t rows, uint32_t cols) {
    struct bm_rng rng = {rows * 7919u + cols};
    struct place *units = bm_alloc(cols * sizeof *units);
    uint32_t *costs = bm_alloc((size_t)rows * cols * sizeof *costs);
    int64_t *penalties = bm_alloc(rows * sizeof *penalties);
    for (uint32_t c = 0; c < cols; c++) units[c] = place(&rng, 0, WIDE_M);
    for (uint32_t r = 0; r < rows; r++) {
        bool in = bm_rng_chance(&rng, IN_CLUSTER);
        struct place at = in ? place(&rng, CLUSTER_AT_M, CLUSTER_M) : place(&rng, 0, WIDE_M);
        penalties[r] = PENALTY_MS;
        for (uint32_t c = 0; c < cols; c++) {
            double ms = hypot(at.x - units[c].x, at.y - units[c].y) * MS_PER_M;
            double detour = 1 + (double)bm_rng_below(&rng, DETOUR * 100) / 10000;
            costs[(size_t)r * cols + c] = (uint32_t)(ms * detour);
        }
    }
    bm_free(units);
    return (struct bm_assign_problem){
        .rows = rows, .cols = cols, .costs = costs, .penalties = penalties};
}

/* The least of the times; the aim is held against the median, which is returned in ms. */
static double measure(uint32_t rows, uint32_t cols, int runs) {
    struct bm_assign_problem problem = make(rows, cols);
    struct bm_assign_solution solution = {0};
    double ms[RUNS_MAX];
    for (int i = 0; i < runs; i++) {
        bm_assign_free(&solution);
        double before = bench_cpu(0);
        bm_assign_solve(&problem, &(struct bm_assign_way){0}, &solution);
        ms[i] = (bench_cpu(0) - before) * 1e3;
    }
    double before = bench_now();
    const char *wrong = bm_assign_check(&problem, &solution);
    double check_ms = (bench_now() - before) * 1e3;
    if (wrong) bench_die("%u x %u: %s", rows, cols, wrong);
    double median = bench_percentile(ms, (size_t)runs, 50);
    printf("  %5u x %-5u  %9.2f  %9.2f  %9.2f  %6u  %10.1f  %8.1f\n", rows, cols, ms[0], median,
           check_ms, solution.rounds, (double)solution.candidates / rows,
           (double)solution.searched / rows);
    bm_assign_free(&solution);
    bm_free((void *)(uintptr_t)problem.costs);
    bm_free((void *)(uintptr_t)problem.penalties);
    return median;
}

int main(int argc, char **argv) {
    int runs = (int)bench_option(argc, argv, "runs", 11);
    double largest = bench_option(argc, argv, "largest", 3000);
    if (runs < 1 || runs > RUNS_MAX) bench_die("--runs: 1 to %d", RUNS_MAX);
    puts("assignments in process: 70 % of the incidents in 3 x 3 km of 20 x 20 km; every answer\n"
         "checked against its prices; candidates and searched rows for each row");
    puts("   rows x cols      least ms  median ms   check ms  rounds  candidates  searched");
    double of_300 = measure(300, 1000, runs), of_1000 = measure(1000, 1000, runs);
    if (largest >= 3000) measure(3000, 3000, runs < 3 ? runs : 3);
    bench_aim("300 incidents x 1,000 units: median <= 5 ms", of_300 <= 5);
    bench_aim("1,000 incidents x 1,000 units: median <= 50 ms", of_1000 <= 50);
    return 0;
}
