#include "road/assign.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "road/assign_deal.h"

enum {
    SAMPLE = 16,          /* every so manieth column of a row at most tells what is cheap to it */
    SAMPLE_OF_FEW = 4,    /* the same where a row has not so many */
    FAR_TOO = 16,         /* every so manieth column is a candidate wherever it is */
    BLOCK = 64,           /* columns priced at once */
    BIDS_FOR_A_ROW = 200, /* in each auction, on average, at most */
    STEP_PERCENT = 30,    /* the first auction's step, of the mean of the rows' least costs */
    FINER = 10,           /* by so much is the second one's smaller */
};

/* --- candidates ------------------------------------------------------------------------------- */

static void add_pair(struct bm_pairs *list, uint32_t col, uint32_t cost) {
    if (list->count == list->cap) {
        list->cap = list->cap ? 2 * list->cap : 2 * BM_ASSIGN_CANDIDATES;
        list->pairs = bm_realloc(list->pairs, list->cap * sizeof *list->pairs);
    }
    list->pairs[list->count++] = (struct bm_pair){col, cost};
}

/* What `nth` of the values are below, when they are in order (Hoare 1961). */
static int64_t nth_least(int64_t *values, uint32_t count, uint32_t nth) {
    uint32_t from = 0, to = count - 1;
    while (from < to) {
        int64_t middle = values[from + (to - from) / 2];
        uint32_t i = from, j = to;
        for (;;) {
            while (values[i] < middle) i++;
            while (values[j] > middle) j--;
            if (i >= j) break;
            int64_t swapped = values[i];
            values[i++] = values[j];
            values[j--] = swapped;
        }
        if (nth <= j)
            to = j;
        else
            from = j + 1;
    }
    return values[nth];
}

/* A cost at the prices of now that about `wanted` of the row's columns do not exceed, judged by a
 * sample. */
static int64_t cheap_enough(const uint32_t *costs, const int64_t *col_prices, uint32_t cols,
                            uint32_t wanted, int64_t *sample) {
    uint32_t count = 0, step = cols / wanted > SAMPLE ? SAMPLE : 1;
    if (cols <= 2 * wanted) return INT64_MAX;
    if (step == 1 && cols / wanted > SAMPLE_OF_FEW) step = SAMPLE_OF_FEW;
    for (uint32_t c = 0; c < cols; c += step) {
        if (costs[c] != BM_ASSIGN_FORBIDDEN) sample[count++] = costs[c] + col_prices[c];
    }
    if (count <= wanted / step) return INT64_MAX;
    return nth_least(sample, count, wanted / step);
}

static void set_pairs(struct bm_pairs *list, const struct bm_pair *pairs, uint32_t count) {
    if (list->cap < count) {
        list->cap = count;
        list->pairs = bm_realloc(list->pairs, list->cap * sizeof *list->pairs);
    }
    if (count) memcpy(list->pairs, pairs, count * sizeof *pairs);
    list->count = count;
}

/* For each row the columns that are cheapest to it at the prices of now and, with `far_too`, every
 * FAR_TOO-th besides, others for each row: without them the rows of one place would know the same
 * few columns only, and bid for these without end. */
static void choose_candidates(struct bm_deal *flow, uint32_t wanted, bool far_too) {
    const int64_t *col_prices = flow->prices + flow->rows;
    int64_t *sample = bm_alloc((flow->cols + 1) * sizeof *sample);
    struct bm_pair *pairs = bm_alloc((flow->cols + 1) * sizeof *pairs);
    for (uint32_t r = 0; r < flow->rows; r++) {
        const uint32_t *costs = flow->problem->costs + (size_t)r * flow->cols;
        int64_t most = cheap_enough(costs, col_prices, flow->cols, wanted, sample);
        uint32_t count = 0;
        for (uint32_t c = 0; c < flow->cols; c++) { /* written always, counted when chosen */
            bool chosen = (costs[c] + col_prices[c] <= most) | (far_too & ((c + r) % FAR_TOO == 0));
            pairs[count] = (struct bm_pair){c, costs[c]};
            count += chosen & (costs[c] != BM_ASSIGN_FORBIDDEN);
        }
        set_pairs(&flow->lists[r], pairs, count);
    }
    bm_free(sample);
    bm_free(pairs);
}

/* --- prices to begin with --------------------------------------------------------------------- */

/* One row bids for the column that is cheapest to it at the prices of now: what it is better by
 * than the second best, and `step` more, is put on its price.  Whom it had is to bid again. */
static uint32_t bid(struct bm_deal *flow, uint32_t row, int64_t step) {
    const struct bm_pairs *list = &flow->lists[row];
    int64_t *col_prices = flow->prices + flow->rows;
    int64_t best = flow->problem->penalties[row], second = best;
    uint32_t col = BM_DEAL_NOTHING;
    for (uint32_t i = 0; i < list->count; i++) {
        int64_t cost = list->pairs[i].cost + col_prices[list->pairs[i].col];
        if (cost >= second) continue;
        if (cost < best) {
            second = best;
            best = cost;
            col = list->pairs[i].col;
        } else {
            second = cost;
        }
    }
    if (col == BM_DEAL_NOTHING) return BM_DEAL_NOTHING;
    uint32_t former = flow->owner[col];
    col_prices[col] += second - best + step;
    flow->owner[col] = row;
    return former;
}

/* Prices only: who has what is seen afterwards. */
static void auction(struct bm_deal *flow, int64_t step) {
    uint64_t left = (uint64_t)flow->rows * BIDS_FOR_A_ROW;
    for (uint32_t r = 0; r < flow->rows; r++) {
        for (uint32_t row = r; row != BM_DEAL_NOTHING && left; left--) row = bid(flow, row, step);
    }
    memset(flow->owner, 0xff, flow->cols * sizeof *flow->owner);
}

static int64_t auction_step(const struct bm_deal *flow) {
    uint64_t sum = 0;
    for (uint32_t r = 0; r < flow->rows; r++) {
        const struct bm_pairs *list = &flow->lists[r];
        uint32_t least = list->count ? list->pairs[0].cost : 0;
        for (uint32_t i = 1; i < list->count; i++) {
            if (list->pairs[i].cost < least) least = list->pairs[i].cost;
        }
        sum += least;
    }
    return 1 + (int64_t)(sum / (flow->rows + 1) * STEP_PERCENT / 100);
}

/* Rows take what costs them least at the prices of now when it is there; columns with a price that
 * nobody has are deficits. */
static void take_cheapest(struct bm_deal *flow) {
    int64_t *col_prices = flow->prices + flow->rows;
    for (uint32_t r = 0; r < flow->rows; r++) {
        const struct bm_pairs *list = &flow->lists[r];
        int64_t least = flow->problem->penalties[r];
        uint32_t col = BM_DEAL_NOTHING;
        for (uint32_t i = 0; i < list->count; i++) {
            int64_t cost = list->pairs[i].cost + col_prices[list->pairs[i].col];
            if (cost > least) continue;
            if (cost < least || col == BM_DEAL_NOTHING || flow->owner[col] != BM_DEAL_NOTHING)
                col = list->pairs[i].col;
            least = cost;
        }
        flow->prices[r] = least;
        if (col == BM_DEAL_NOTHING) {
            flow->has[r] = BM_DEAL_ENDED;
        } else if (flow->owner[col] == BM_DEAL_NOTHING) {
            flow->has[r] = col;
            flow->owner[col] = r;
        }
    }
    for (uint32_t c = 0; c < flow->cols; c++) {
        uint32_t group = bm_deal_group(flow, c);
        flow->passes[c] = col_prices[c] > 0 || flow->owner[c] != BM_DEAL_NOTHING;
        flow->taken[group] += flow->passes[c] && flow->taken[group] < flow->limits[group];
    }
    bm_deal_balance(flow);
}

/* --- pricing ---------------------------------------------------------------------------------- */

/* Whether one of a block of pairs costs less than `pays`: the sum's sign says it, and one test for
 * all of them is what makes this as fast as memory gives the costs. */
static inline bool any_below(const uint32_t *costs, const int64_t *col_prices, uint32_t count,
                             int64_t pays) {
    int64_t signs = 0;
    for (uint32_t i = 0; i < count; i++) {
        int64_t over = (int64_t)costs[i] + col_prices[i] - pays;
        signs |= costs[i] == BM_ASSIGN_FORBIDDEN ? 0 : over;
    }
    return signs < 0;
}

/* Adds the row's pairs that cost less than `pays` to `list`; the least of their costs, `pays` when
 * there are none. */
static int64_t pairs_below(const struct bm_deal *flow, uint32_t row, int64_t pays,
                           struct bm_pairs *list) {
    const uint32_t *costs = flow->problem->costs + (size_t)row * flow->cols;
    const int64_t *col_prices = flow->prices + flow->rows;
    int64_t least = pays;
    for (uint32_t c = 0; c < flow->cols; c += BLOCK) {
        uint32_t count = flow->cols - c < BLOCK ? flow->cols - c : BLOCK;
        if (!any_below(costs + c, col_prices + c, count, pays)) continue;
        for (uint32_t i = c; i < c + count; i++) {
            int64_t cost = costs[i] + col_prices[i];
            if (costs[i] == BM_ASSIGN_FORBIDDEN || cost >= pays) continue;
            add_pair(list, i, costs[i]);
            if (cost < least) least = cost;
        }
    }
    return least;
}

/* A row that pays less than it did gives back what it has. */
static void pay_less(struct bm_deal *flow, uint32_t row, int64_t pays) {
    uint32_t had = flow->has[row];
    flow->prices[row] = pays;
    flow->has[row] = BM_DEAL_NOTHING;
    flow->surplus[row]++;
    if (had < flow->cols) flow->owner[had] = BM_DEAL_NOTHING;
    flow->surplus[had < flow->cols ? flow->rows + had : flow->end]--;
}

/* Looks at every pair: those that cost less than their row pays become candidates. */
static uint64_t price_all(struct bm_deal *flow) {
    uint64_t found = 0;
    for (uint32_t r = 0; r < flow->rows; r++) {
        uint32_t count = flow->lists[r].count;
        int64_t pays = pairs_below(flow, r, flow->prices[r], &flow->lists[r]);
        if (pays < flow->prices[r]) pay_less(flow, r, pays);
        found += flow->lists[r].count - count;
    }
    return found;
}

/* --- solving ---------------------------------------------------------------------------------- */

static void check_problem(const struct bm_assign_problem *problem) {
    BM_CHECK(problem->rows <= BM_ASSIGN_SIDE_MAX);
    BM_CHECK(problem->cols <= BM_ASSIGN_SIDE_MAX);
    BM_CHECK(!problem->group_of || problem->groups <= BM_ASSIGN_SIDE_MAX);
    int64_t sum = 0;
    for (uint32_t r = 0; r < problem->rows; r++) {
        BM_CHECK(problem->penalties[r] >= 0);
        BM_CHECK(problem->penalties[r] <= BM_ASSIGN_PENALTIES_MAX - sum);
        sum += problem->penalties[r];
    }
    for (uint32_t c = 0; problem->group_of && c < problem->cols; c++)
        BM_CHECK(problem->group_of[c] < problem->groups);
}

/* Leaves in `lists` the pairs whose reduced cost is 0, by column. */
static void keep_tight(struct bm_deal *flow) {
    flow->dense = false;
    for (uint32_t r = 0; r < flow->rows; r++) {
        flow->lists[r].count = 0;
        pairs_below(flow, r, flow->prices[r] + 1, &flow->lists[r]);
    }
}

static void write_solution(struct bm_deal *flow, struct bm_assign_solution *solution) {
    const struct bm_assign_problem *problem = flow->problem;
    solution->col_of = bm_alloc((flow->rows + 1) * sizeof *solution->col_of);
    solution->row_of = bm_alloc((flow->cols + 1) * sizeof *solution->row_of);
    solution->row_prices = bm_alloc((flow->rows + 1) * sizeof *solution->row_prices);
    solution->col_prices = bm_alloc((flow->cols + 1) * sizeof *solution->col_prices);
    solution->group_prices = bm_alloc(flow->groups * sizeof *solution->group_prices);
    int64_t end = flow->prices[flow->end];
    const int64_t *of_groups = flow->prices + flow->rows + flow->cols;
    for (uint32_t r = 0; r < flow->rows; r++) solution->row_prices[r] = flow->prices[r] - end;
    /* A group from which nothing is taken may stand below the end, which is no price. */
    for (uint32_t g = 0; g < flow->groups; g++) {
        int64_t over = of_groups[g] - end;
        solution->group_prices[g] = over > 0 ? over : 0;
    }
    for (uint32_t c = 0; c < flow->cols; c++) {
        uint32_t group = bm_deal_group(flow, c);
        int64_t over = flow->prices[flow->rows + c] - end - solution->group_prices[group];
        solution->col_prices[c] = over > 0 ? over : 0;
        solution->row_of[c] = BM_ASSIGN_NOBODY;
    }
    bm_deal_first(flow, solution->col_of);
    for (uint32_t r = 0; r < flow->rows; r++) {
        uint32_t col = solution->col_of[r];
        bool nobody = col == BM_ASSIGN_NOBODY;
        solution->total += nobody ? problem->penalties[r]
                                  : problem->costs[(size_t)r * flow->cols + col];
        if (!nobody) solution->row_of[col] = r;
    }
}

void bm_assign_solve(const struct bm_assign_problem *problem, const struct bm_assign_way *way,
                     struct bm_assign_solution *ret_solution) {
    check_problem(problem);
    struct bm_assign_solution solution = {0};
    struct bm_deal flow = bm_deal_make(problem, way->dense);
    if (!way->dense) {
        uint32_t wanted = way->candidates ? way->candidates : BM_ASSIGN_CANDIDATES;
        choose_candidates(&flow, wanted, true);
        int64_t step = auction_step(&flow);
        auction(&flow, step);
        choose_candidates(&flow, wanted, true);
        auction(&flow, 1 + step / FINER);
        choose_candidates(&flow, wanted, false);
        take_cheapest(&flow);
    } else {
        bm_deal_balance(&flow);
    }
    uint64_t found = 0;
    do {
        bm_deal_settle(&flow);
        solution.rounds++;
        if (solution.rounds > BM_ASSIGN_ROUNDS_MAX) flow.dense = true;
        found = price_all(&flow);
    } while (found);
    solution.searched = flow.searched;
    solution.dense = flow.dense;
    for (uint32_t r = 0; r < flow.rows; r++) solution.candidates += flow.lists[r].count;
    keep_tight(&flow);
    write_solution(&flow, &solution);
    bm_deal_free(&flow);
    *ret_solution = solution;
}

void bm_assign_free(struct bm_assign_solution *solution) {
    void *blocks[] = {solution->col_of, solution->row_of, solution->row_prices,
                      solution->col_prices, solution->group_prices};
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) bm_free(blocks[i]);
    *solution = (struct bm_assign_solution){0};
}
