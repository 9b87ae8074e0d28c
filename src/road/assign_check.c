/* Looking at an answer again: whether its prices prove it, and what another choice would cost. */
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "road/assign_deal.h"

static int64_t group_price(const struct bm_assign_problem *problem,
                           const struct bm_assign_solution *solution, uint32_t col) {
    return problem->group_of ? solution->group_prices[problem->group_of[col]] : 0;
}

static const char *check_rows(const struct bm_assign_problem *problem,
                              const struct bm_assign_solution *solution) {
    int64_t total = 0;
    for (uint32_t r = 0; r < problem->rows; r++) {
        const uint32_t *costs = problem->costs + (size_t)r * problem->cols;
        uint32_t col = solution->col_of[r];
        if (solution->row_prices[r] > problem->penalties[r])
            return "a row pays more than its penalty";
        if (col == BM_ASSIGN_NOBODY) {
            total += problem->penalties[r];
            if (solution->row_prices[r] < problem->penalties[r])
                return "a row stays without a column that would cost less";
            continue;
        }
        if (col >= problem->cols || solution->row_of[col] != r) return "two rows have one column";
        if (costs[col] == BM_ASSIGN_FORBIDDEN) return "a row has a column that is forbidden to it";
        total += costs[col];
    }
    return total == solution->total ? NULL : "the total is not the sum";
}

static const char *check_pairs(const struct bm_assign_problem *problem,
                               const struct bm_assign_solution *solution,
                               const int64_t *col_prices) {
    for (uint32_t r = 0; r < problem->rows; r++) {
        const uint32_t *costs = problem->costs + (size_t)r * problem->cols;
        int64_t pays = solution->row_prices[r];
        for (uint32_t c = 0; c < problem->cols; c++) {
            if (costs[c] != BM_ASSIGN_FORBIDDEN && costs[c] + col_prices[c] < pays)
                return "a pair costs less than its row pays";
        }
        uint32_t col = solution->col_of[r];
        if (col != BM_ASSIGN_NOBODY && costs[col] + col_prices[col] != pays)
            return "a row pays less than what it has costs";
    }
    return NULL;
}

static const char *check_groups(const struct bm_assign_problem *problem,
                                const struct bm_assign_solution *solution) {
    const char *wrong = NULL;
    if (!problem->group_of) return NULL;
    uint32_t *taken = bm_alloc_zero(problem->groups + 1, sizeof *taken);
    for (uint32_t c = 0; c < problem->cols; c++)
        taken[problem->group_of[c]] += solution->row_of[c] != BM_ASSIGN_NOBODY;
    for (uint32_t g = 0; g < problem->groups && !wrong; g++) {
        if (taken[g] > problem->limits[g]) wrong = "a group gives more than its limit";
        if (solution->group_prices[g] < 0) wrong = "a group has a negative price";
        if (solution->group_prices[g] > 0 && taken[g] < problem->limits[g])
            wrong = "a group below its limit has a price";
    }
    bm_free(taken);
    return wrong;
}

const char *bm_assign_check(const struct bm_assign_problem *problem,
                            const struct bm_assign_solution *solution) {
    const char *wrong = check_rows(problem, solution);
    int64_t *col_prices = bm_alloc((problem->cols + 1) * sizeof *col_prices);
    for (uint32_t c = 0; c < problem->cols && !wrong; c++) {
        int64_t price = solution->col_prices[c];
        uint32_t row = solution->row_of[c];
        if (price < 0) wrong = "a column has a negative price";
        if (price > 0 && row == BM_ASSIGN_NOBODY) wrong = "a column that nobody has has a price";
        if (row != BM_ASSIGN_NOBODY && (row >= problem->rows || solution->col_of[row] != c))
            wrong = "a column is given to a row that does not have it";
        col_prices[c] = price + group_price(problem, solution, c);
    }
    if (!wrong) wrong = check_groups(problem, solution);
    if (!wrong) wrong = check_pairs(problem, solution, col_prices);
    bm_free(col_prices);
    return wrong;
}

/* --- another choice --------------------------------------------------------------------------- */

/* The state that the solution describes: every pair is a candidate. */
static struct bm_deal flow_of(const struct bm_assign_problem *problem,
                              const struct bm_assign_solution *solution) {
    struct bm_deal flow = bm_deal_make(problem, true);
    int64_t *col_prices = flow.prices + flow.rows;
    int64_t *of_groups = col_prices + flow.cols;
    memcpy(flow.prices, solution->row_prices, flow.rows * sizeof *flow.prices);
    for (uint32_t g = 0; g + 1 < flow.groups; g++) of_groups[g] = solution->group_prices[g];
    for (uint32_t c = 0; c < flow.cols; c++) {
        bool taken = solution->row_of[c] != BM_ASSIGN_NOBODY;
        col_prices[c] = solution->col_prices[c] + group_price(problem, solution, c);
        flow.owner[c] = taken ? solution->row_of[c] : BM_DEAL_NOTHING;
        flow.passes[c] = taken;
        flow.taken[bm_deal_group(&flow, c)] += taken;
    }
    for (uint32_t r = 0; r < flow.rows; r++)
        flow.has[r] = solution->col_of[r] == BM_ASSIGN_NOBODY ? BM_DEAL_ENDED : solution->col_of[r];
    bm_deal_balance(&flow);
    return flow;
}

int64_t bm_assign_forced(const struct bm_assign_problem *problem,
                         const struct bm_assign_solution *solution, uint32_t row, uint32_t col) {
    uint32_t cost = problem->costs[(size_t)row * problem->cols + col];
    BM_CHECK(cost != BM_ASSIGN_FORBIDDEN);
    if (solution->col_of[row] == col) return 0;
    struct bm_deal flow = flow_of(problem, solution);
    int64_t far = 0, more = cost + flow.prices[flow.rows + col] - flow.prices[row];
    bool possible = bm_deal_force(&flow, row, col, INT64_MAX, &far);
    bm_deal_free(&flow);
    return possible ? more + far : INT64_MAX;
}
