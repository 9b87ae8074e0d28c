/* Assignment for a surge: equal to a search written apart (min-cost flow by Bellman and Ford's
 * rounds), with prices that prove it, the same answer in ties, and a checker that notices what is
 * wrong. */
#include "../testing.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "road/assign.h"

enum { SIDE = 12, GROUPS = 4 };

struct instance {
    struct bm_assign_problem problem;
    uint32_t costs[SIDE * SIDE], group_of[SIDE], limits[GROUPS];
    int64_t penalties[SIDE];
};

/* Rows and columns few, costs often equal, pairs often forbidden. */
static void draw(struct instance *at, struct bm_rng *rng) {
    uint32_t rows = (uint32_t)bm_rng_below(rng, SIDE + 1),
             cols = (uint32_t)bm_rng_below(rng, SIDE + 1);
    uint64_t range = bm_rng_chance(rng, 50) ? 4 : 1000000;
    for (uint32_t i = 0; i < rows * cols; i++)
        at->costs[i] = bm_rng_chance(rng, 20) ? BM_ASSIGN_FORBIDDEN
                                              : (uint32_t)bm_rng_below(rng, range);
    for (uint32_t i = 0; i < rows; i++)
        at->penalties[i] = (int64_t)bm_rng_below(rng, bm_rng_chance(rng, 30) ? range : 100 * range);
    uint32_t groups = bm_rng_chance(rng, 60) ? 1 + (uint32_t)bm_rng_below(rng, GROUPS) : 0;
    for (uint32_t g = 0; g < groups; g++) at->limits[g] = (uint32_t)bm_rng_below(rng, 5);
    for (uint32_t c = 0; c < cols; c++)
        at->group_of[c] = groups ? (uint32_t)bm_rng_below(rng, groups) : 0;
    at->problem = (struct bm_assign_problem){
        rows, cols, at->costs, at->penalties, groups ? at->group_of : NULL, at->limits, groups};
}

/* --- a search written apart ------------------------------------------------------------------- */

struct link {
    int from, to, room;
    int64_t cost;
};
struct flow {
    struct link links[2 * (SIDE * SIDE + 3 * SIDE + GROUPS) + 8];
    int count, nodes;
};

static void join(struct flow *flow, int from, int to, int room, int64_t cost) {
    flow->links[flow->count++] = (struct link){from, to, room, cost};
    flow->links[flow->count++] = (struct link){to, from, 0, -cost};
}

/* One more unit of flow from 0 to 1 over the cheapest way; false when there is none. */
static bool send_one(struct flow *flow, int64_t *sum) {
    int64_t cost[2 * SIDE + GROUPS + 8];
    int by[2 * SIDE + GROUPS + 8];
    for (int i = 0; i < flow->nodes; i++) cost[i] = INT64_MAX / 2;
    cost[0] = 0;
    for (bool changed = true; changed;) {
        changed = false;
        for (int i = 0; i < flow->count; i++) {
            const struct link *link = &flow->links[i];
            if (!link->room || cost[link->from] >= INT64_MAX / 2) continue;
            if (cost[link->from] + link->cost >= cost[link->to]) continue;
            cost[link->to] = cost[link->from] + link->cost;
            by[link->to] = i;
            changed = true;
        }
    }
    if (cost[1] >= INT64_MAX / 2) return false;
    for (int node = 1; node != 0; node = flow->links[by[node]].from) {
        flow->links[by[node]].room--;
        flow->links[by[node] ^ 1].room++;
    }
    *sum += cost[1];
    return true;
}

/* 0: source, 1: sink, then rows, columns, groups; a row's penalty is a way of its own. */
static int64_t least_by_flow(const struct bm_assign_problem *problem) {
    struct flow flow = {.nodes = 2 + (int)(problem->rows + problem->cols + problem->groups)};
    int first_col = 2 + (int)problem->rows, first_group = first_col + (int)problem->cols;
    for (uint32_t r = 0; r < problem->rows; r++) {
        join(&flow, 0, 2 + (int)r, 1, 0);
        join(&flow, 2 + (int)r, 1, 1, problem->penalties[r]);
        for (uint32_t c = 0; c < problem->cols; c++) {
            uint32_t cost = problem->costs[r * problem->cols + c];
            if (cost != BM_ASSIGN_FORBIDDEN) join(&flow, 2 + (int)r, first_col + (int)c, 1, cost);
        }
    }
    for (uint32_t c = 0; c < problem->cols; c++)
        join(&flow, first_col + (int)c,
             problem->group_of ? first_group + (int)problem->group_of[c] : 1, 1, 0);
    for (uint32_t g = 0; g < problem->groups; g++)
        join(&flow, first_group + (int)g, 1, (int)problem->limits[g], 0);
    int64_t sum = 0;
    while (send_one(&flow, &sum)) {
    }
    return sum;
}

/* --- comparing -------------------------------------------------------------------------------- */

static int many(int few) {
    return getenv("EXACT") ? 10 * few : few;
}

static void equal_to_a_search_written_apart(void **state) {
    (void)state;
    struct bm_rng rng = {101};
    for (int round = 0; round < many(6000); round++) {
        struct instance at;
        draw(&at, &rng);
        struct bm_assign_solution solution, plain;
        struct bm_assign_way few = {.candidates = 1 + (uint32_t)bm_rng_below(&rng, 4)};
        struct bm_assign_way dense = {.dense = true};
        bm_assign_solve(&at.problem, &few, &solution);
        const char *wrong = bm_assign_check(&at.problem, &solution);
        if (wrong) fail_msg("round %d: %s", round, wrong);
        assert_true(solution.total == least_by_flow(&at.problem));
        bm_assign_solve(&at.problem, &dense, &plain);
        assert_null(bm_assign_check(&at.problem, &plain));
        assert_true(plain.total == solution.total);
        /* Of equal ones the same is taken, however it was looked for. */
        assert_memory_equal(plain.col_of, solution.col_of, at.problem.rows * sizeof *plain.col_of);
        bm_assign_free(&solution);
        bm_assign_free(&plain);
    }
}

/* Row 0 has the lowest column that it has in any least assignment, then row 1, and so on. */
static void ties_go_to_the_lowest(void **state) {
    (void)state;
    struct bm_rng rng = {102};
    for (int round = 0; round < many(400); round++) {
        struct instance at;
        draw(&at, &rng);
        struct bm_assign_solution solution;
        static const struct bm_assign_way usual = {0};
        bm_assign_solve(&at.problem, &usual, &solution);
        struct instance fixed = at;
        fixed.problem.costs = fixed.costs;
        fixed.problem.penalties = fixed.penalties;
        for (uint32_t r = 0; r < at.problem.rows; r++) {
            uint32_t cols = at.problem.cols;
            /* With the former rows fixed, no lower column gives the same sum. */
            for (uint32_t c = 0; c < cols && c < solution.col_of[r]; c++) {
                if (at.costs[r * cols + c] == BM_ASSIGN_FORBIDDEN) continue;
                struct instance other = fixed;
                other.problem.costs = other.costs;
                other.problem.penalties = other.penalties;
                for (uint32_t k = 0; k < cols; k++)
                    if (k != c) other.costs[r * cols + k] = BM_ASSIGN_FORBIDDEN;
                other.penalties[r] = INT64_C(1) << 40;
                assert_true(least_by_flow(&other.problem) > solution.total);
            }
            for (uint32_t k = 0; k < cols; k++)
                if (k != solution.col_of[r]) fixed.costs[r * cols + k] = BM_ASSIGN_FORBIDDEN;
            if (solution.col_of[r] != BM_ASSIGN_NOBODY) fixed.penalties[r] = INT64_C(1) << 40;
        }
        bm_assign_free(&solution);
    }
}

static void forcing_a_pair_costs_what_it_is_said_to(void **state) {
    (void)state;
    struct bm_rng rng = {103};
    size_t forced = 0;
    for (int round = 0; round < many(600); round++) {
        struct instance at;
        draw(&at, &rng);
        if (!at.problem.rows || !at.problem.cols) continue;
        struct bm_assign_solution solution;
        static const struct bm_assign_way usual = {0};
        bm_assign_solve(&at.problem, &usual, &solution);
        uint32_t r = (uint32_t)bm_rng_below(&rng, at.problem.rows), cols = at.problem.cols;
        uint32_t c = (uint32_t)bm_rng_below(&rng, cols);
        if (at.costs[r * cols + c] != BM_ASSIGN_FORBIDDEN) {
            int64_t rise = bm_assign_forced(&at.problem, &solution, r, c);
            struct instance other = at;
            other.problem.costs = other.costs;
            other.problem.penalties = other.penalties;
            for (uint32_t k = 0; k < cols; k++)
                if (k != c) other.costs[r * cols + k] = BM_ASSIGN_FORBIDDEN;
            other.penalties[r] = INT64_C(1) << 40;
            int64_t sum = least_by_flow(&other.problem);
            if (sum >= INT64_C(1) << 40)
                assert_true(rise == INT64_MAX);
            else
                assert_true(rise == sum - solution.total);
            forced++;
        }
        bm_assign_free(&solution);
    }
    assert_true(forced > 200);
}

static void a_wrong_answer_is_noticed(void **state) {
    (void)state;
    struct bm_rng rng = {104};
    size_t broken = 0;
    for (int round = 0; round < many(600); round++) {
        struct instance at;
        draw(&at, &rng);
        struct bm_assign_solution solution;
        static const struct bm_assign_way usual = {0};
        bm_assign_solve(&at.problem, &usual, &solution);
        for (uint32_t r = 0; r < at.problem.rows; r++) {
            if (solution.col_of[r] == BM_ASSIGN_NOBODY) continue;
            solution.row_prices[r]--;
            assert_non_null(bm_assign_check(&at.problem, &solution));
            solution.row_prices[r] += 2;
            assert_non_null(bm_assign_check(&at.problem, &solution));
            solution.row_prices[r]--;
            solution.total++;
            assert_non_null(bm_assign_check(&at.problem, &solution));
            solution.total--;
            uint32_t col = solution.col_of[r];
            solution.col_of[r] = BM_ASSIGN_NOBODY;
            assert_non_null(bm_assign_check(&at.problem, &solution));
            solution.col_of[r] = col;
            broken++;
        }
        assert_null(bm_assign_check(&at.problem, &solution));
        bm_assign_free(&solution);
    }
    assert_true(broken > 500);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_to_a_search_written_apart),
        cmocka_unit_test(ties_go_to_the_lowest),
        cmocka_unit_test(forcing_a_pair_costs_what_it_is_said_to),
        cmocka_unit_test(a_wrong_answer_is_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
