/* Assignments: equal to trying them all, and to the textbook's cheapest ways one after the other,
 * in the sum, in who gets what where several are as good, and in what forcing a pair costs; and the
 * checker refuses what is broken.  EXACT=1: ten times as many. */
#include "../testing.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "road/assign.h"

enum { SIDE = 12, PAIRS = SIDE * SIDE, NODES = 3 * SIDE + 3, ARCS = 2 * (PAIRS + 6 * SIDE) };
#define IMPOSSIBLE (INT64_C(1) << 50) /* more than any sum here */

/* One problem with what it points to. */
struct instance {
    struct bm_assign_problem problem;
    uint32_t costs[PAIRS], group_of[SIDE], limits[SIDE];
    int64_t penalties[SIDE];
};

static void point(struct instance *it) {
    it->problem.costs = it->costs;
    it->problem.penalties = it->penalties;
    it->problem.limits = it->limits;
    if (it->problem.group_of) it->problem.group_of = it->group_of;
}

static unsigned times(unsigned count) {
    return getenv("EXACT") ? 10 * count : count;
}

/* --- instances -------------------------------------------------------------------------------- */

static uint32_t gap(uint32_t a, uint32_t b) {
    return a > b ? a - b : b - a;
}

/* Most rows in one corner: everybody wants the same columns. */
static void clustered_costs(struct bm_rng *rng, struct instance *it) {
    uint32_t x[2 * SIDE], y[2 * SIDE], rows = it->problem.rows, cols = it->problem.cols;
    for (uint32_t i = 0; i < rows + cols; i++) {
        uint32_t wide = i < rows && bm_rng_chance(rng, 70) ? 30 : 200;
        x[i] = (uint32_t)bm_rng_below(rng, wide);
        y[i] = (uint32_t)bm_rng_below(rng, wide);
    }
    for (uint32_t r = 0; r < rows; r++) {
        for (uint32_t c = 0; c < cols; c++)
            it->costs[r * cols + c] = gap(x[r], x[rows + c]) + gap(y[r], y[rows + c]);
    }
}

static struct instance make(struct bm_rng *rng, uint32_t side) {
    static const uint32_t widths[] = {1, 2, 4, 20, 1000, UINT32_MAX - 1};
    struct instance it = {0};
    uint32_t rows = it.problem.rows = (uint32_t)bm_rng_below(rng, side + 1);
    uint32_t cols = it.problem.cols = (uint32_t)bm_rng_below(rng, side + 1);
    uint32_t width = widths[bm_rng_below(rng, sizeof widths / sizeof widths[0])];
    unsigned forbidden = bm_rng_chance(rng, 50) ? 0 : (unsigned)bm_rng_below(rng, 70);
    bool clustered = bm_rng_chance(rng, 30), cheap = bm_rng_chance(rng, 40);
    for (uint32_t i = 0; i < rows * cols; i++) it.costs[i] = (uint32_t)bm_rng_below(rng, width);
    if (clustered) clustered_costs(rng, &it);
    for (uint32_t i = 0; i < rows * cols; i++) {
        if (bm_rng_chance(rng, forbidden)) it.costs[i] = BM_ASSIGN_FORBIDDEN;
    }
    for (uint32_t r = 0; r < rows; r++)
        it.penalties[r] = (int64_t)bm_rng_below(rng, cheap ? width : 20 * (uint64_t)width + 1000);
    if (bm_rng_chance(rng, 60)) {
        it.problem.groups = 1 + (uint32_t)bm_rng_below(rng, 4);
        it.problem.group_of = it.group_of;
        for (uint32_t c = 0; c < cols; c++)
            it.group_of[c] = (uint32_t)bm_rng_below(rng, it.problem.groups);
        for (uint32_t g = 0; g < it.problem.groups; g++)
            it.limits[g] = (uint32_t)bm_rng_below(rng, 5);
    }
    return it;
}

/* --- the textbook ----------------------------------------------------------------------------- */

struct arc {
    uint32_t from, to, room;
    int64_t cost;
};
struct net {
    struct arc arcs[ARCS]; /* each with its reverse beside it */
    uint32_t count;
};

static void add_arc(struct net *net, uint32_t from, uint32_t to, uint32_t room, int64_t cost) {
    assert_true(net->count + 2 <= ARCS);
    net->arcs[net->count++] = (struct arc){from, to, room, cost};
    net->arcs[net->count++] = (struct arc){to, from, 0, -cost};
}

static void lay_out(const struct instance *it, struct net *net) {
    const struct bm_assign_problem *problem = &it->problem;
    const uint32_t source = NODES - 1, end = NODES - 2;
    net->count = 0;
    for (uint32_t r = 0; r < problem->rows; r++) {
        add_arc(net, source, r, 1, 0);
        add_arc(net, r, end, 1, it->penalties[r]);
        for (uint32_t c = 0; c < problem->cols; c++) {
            uint32_t cost = it->costs[r * problem->cols + c];
            if (cost != BM_ASSIGN_FORBIDDEN) add_arc(net, r, SIDE + c, 1, cost);
        }
    }
    for (uint32_t c = 0; c < problem->cols; c++)
        add_arc(net, SIDE + c, problem->group_of ? 2 * SIDE + it->group_of[c] : end, 1, 0);
    for (uint32_t g = 0; problem->group_of && g < problem->groups; g++)
        add_arc(net, 2 * SIDE + g, end, it->limits[g], 0);
}

/* The least sum: Bellman and Ford's cheapest way, a row at a time. */
static int64_t textbook(const struct instance *it) {
    static struct net net;
    int64_t total = 0;
    lay_out(it, &net);
    for (uint32_t r = 0; r < it->problem.rows; r++) {
        int64_t far[NODES];
        uint32_t by[NODES];
        for (uint32_t n = 0; n < NODES; n++) far[n] = INT64_MAX;
        far[NODES - 1] = 0;
        for (bool changed = true; changed;) {
            changed = false;
            for (uint32_t a = 0; a < net.count; a++) {
                const struct arc *arc = &net.arcs[a];
                if (!arc->room || far[arc->from] == INT64_MAX) continue;
                if (far[arc->from] + arc->cost >= far[arc->to]) continue;
                far[arc->to] = far[arc->from] + arc->cost;
                by[arc->to] = a;
                changed = true;
            }
        }
        total += far[NODES - 2];
        for (uint32_t n = NODES - 2; n != NODES - 1; n = net.arcs[by[n]].from) {
            net.arcs[by[n]].room--;
            net.arcs[by[n] ^ 1].room++;
        }
    }
    return total;
}

/* The row has this column, or nobody, or the sum is IMPOSSIBLE. */
static void force(struct instance *it, uint32_t row, uint32_t col) {
    for (uint32_t c = 0; c < it->problem.cols; c++) {
        if (c != col) it->costs[row * it->problem.cols + c] = BM_ASSIGN_FORBIDDEN;
    }
    if (col != BM_ASSIGN_NOBODY) it->penalties[row] = IMPOSSIBLE;
}

/* Who gets what by the rule: each row in turn the lowest column with which the sum stays. */
static void textbook_first(const struct instance *it, int64_t total, uint32_t *ret_col_of) {
    struct instance left = *it;
    point(&left);
    for (uint32_t r = 0; r < it->problem.rows; r++) {
        ret_col_of[r] = BM_ASSIGN_NOBODY;
        for (uint32_t c = 0; c < it->problem.cols; c++) {
            if (it->costs[r * it->problem.cols + c] == BM_ASSIGN_FORBIDDEN) continue;
            struct instance tried = left;
            point(&tried);
            force(&tried, r, c);
            if (textbook(&tried) != total) continue;
            ret_col_of[r] = c;
            break;
        }
        force(&left, r, ret_col_of[r]);
    }
    assert_true(textbook(&left) == total);
}

/* --- all of them ------------------------------------------------------------------------------ */

struct trying {
    const struct instance *it;
    uint32_t col_of[SIDE], best[SIDE], taken[SIDE];
    bool used[SIDE];
    int64_t least;
};

/* In the order of the rule, so that of the cheapest the first stays. */
static void try_all(struct trying *trying, uint32_t row, int64_t sum) {
    const struct instance *it = trying->it;
    if (row == it->problem.rows) {
        if (sum >= trying->least) return;
        trying->least = sum;
        memcpy(trying->best, trying->col_of, sizeof trying->best);
        return;
    }
    for (uint32_t c = 0; c < it->problem.cols; c++) {
        uint32_t cost = it->costs[row * it->problem.cols + c], group = it->group_of[c];
        bool limited = it->problem.group_of;
        if (cost == BM_ASSIGN_FORBIDDEN || trying->used[c]) continue;
        if (limited && trying->taken[group] >= it->limits[group]) continue;
        trying->used[c] = true;
        trying->taken[group]++;
        trying->col_of[row] = c;
        try_all(trying, row + 1, sum + cost);
        trying->used[c] = false;
        trying->taken[group]--;
    }
    trying->col_of[row] = BM_ASSIGN_NOBODY;
    try_all(trying, row + 1, sum + it->penalties[row]);
}

/* --- tests ------------------------------------------------------------------------------------ */

static void equal(const struct instance *it, const struct bm_assign_way *way, int64_t total,
                  const uint32_t *col_of) {
    struct bm_assign_solution solution;
    bm_assign_solve(&it->problem, way, &solution);
    const char *wrong = bm_assign_check(&it->problem, &solution);
    if (wrong) fail_msg("%s", wrong);
    assert_true(solution.total == total);
    for (uint32_t r = 0; r < it->problem.rows; r++) assert_int_equal(solution.col_of[r], col_of[r]);
    bm_assign_free(&solution);
}

/* The sparse way, with so few candidates that pricing has to find the others, and the dense one. */
static void equal_all_ways(const struct instance *it, int64_t total, const uint32_t *col_of) {
    static const struct bm_assign_way ways[] = {
        {0}, {.candidates = 1}, {.candidates = 3}, {.dense = true}};
    for (size_t w = 0; w < sizeof ways / sizeof ways[0]; w++) equal(it, &ways[w], total, col_of);
}

static void test_all_tried(void **state) {
    (void)state;
    struct bm_rng rng = {1};
    for (unsigned i = 0; i < times(4000); i++) {
        struct instance it = make(&rng, 5);
        point(&it);
        struct trying trying = {.it = &it, .least = INT64_MAX};
        try_all(&trying, 0, 0);
        assert_true(textbook(&it) == trying.least);
        equal_all_ways(&it, trying.least, trying.best);
    }
}

static void test_textbook(void **state) {
    (void)state;
    struct bm_rng rng = {2};
    for (unsigned i = 0; i < times(800); i++) {
        struct instance it = make(&rng, SIDE);
        uint32_t col_of[SIDE];
        point(&it);
        int64_t total = textbook(&it);
        textbook_first(&it, total, col_of);
        equal_all_ways(&it, total, col_of);
    }
}

static void test_forced(void **state) {
    (void)state;
    struct bm_rng rng = {3};
    unsigned impossible = 0, none = 0, more = 0;
    for (unsigned i = 0; i < times(400); i++) {
        struct instance it = make(&rng, 8);
        struct bm_assign_solution solution;
        point(&it);
        bm_assign_solve(&it.problem, &(struct bm_assign_way){0}, &solution);
        for (uint32_t p = 0; p < it.problem.rows * it.problem.cols; p++) {
            struct instance other = it;
            if (it.costs[p] == BM_ASSIGN_FORBIDDEN) continue;
            point(&other);
            uint32_t row = p / it.problem.cols, col = p % it.problem.cols;
            force(&other, row, col);
            int64_t by = textbook(&other) - solution.total;
            if (by >= IMPOSSIBLE / 2) by = INT64_MAX;
            assert_true(bm_assign_forced(&it.problem, &solution, row, col) == by);
            *(by == INT64_MAX ? &impossible : by ? &more : &none) += 1;
        }
        bm_assign_free(&solution);
    }
    assert_true(impossible && none && more);
}

/* Columns in another order: the same sum, and where one assignment alone is the cheapest, that. */
static void test_permuted(void **state) {
    (void)state;
    struct bm_rng rng = {4};
    unsigned unique = 0;
    for (unsigned i = 0; i < times(2000); i++) {
        struct instance it = make(&rng, SIDE), other = it;
        uint32_t cols = it.problem.cols, to[SIDE];
        point(&it);
        point(&other);
        for (uint32_t c = 0; c < cols; c++) {
            uint32_t with = (uint32_t)bm_rng_below(&rng, c + 1);
            to[c] = c;
            to[c] = to[with];
            to[with] = c;
        }
        for (uint32_t c = 0; c < cols; c++) {
            other.group_of[to[c]] = it.group_of[c];
            for (uint32_t r = 0; r < it.problem.rows; r++)
                other.costs[r * cols + to[c]] = it.costs[r * cols + c];
        }
        struct bm_assign_solution a, b;
        bm_assign_solve(&it.problem, &(struct bm_assign_way){0}, &a);
        bm_assign_solve(&other.problem, &(struct bm_assign_way){0}, &b);
        assert_true(a.total == b.total);
        bool alone = true;
        for (uint32_t r = 0; r < it.problem.rows && alone; r++) {
            struct instance without = it;
            point(&without);
            if (a.col_of[r] == BM_ASSIGN_NOBODY)
                without.penalties[r] = IMPOSSIBLE;
            else
                without.costs[r * cols + a.col_of[r]] = BM_ASSIGN_FORBIDDEN;
            alone = textbook(&without) > a.total;
        }
        for (uint32_t r = 0; r < it.problem.rows && alone; r++) {
            uint32_t col = a.col_of[r] == BM_ASSIGN_NOBODY ? BM_ASSIGN_NOBODY : to[a.col_of[r]];
            assert_int_equal(b.col_of[r], col);
        }
        unique += alone;
        bm_assign_free(&a);
        bm_assign_free(&b);
    }
    assert_true(unique > 100);
}

static void refused(const struct instance *it, const struct bm_assign_solution *solution) {
    assert_non_null(bm_assign_check(&it->problem, solution));
}

/* Two rows change columns, the sum with them. */
static void swap(const struct instance *it, struct bm_assign_solution *solution, uint32_t a,
                 uint32_t b) {
    const uint32_t *costs = it->costs;
    uint32_t cols = it->problem.cols, had = solution->col_of[a], has = solution->col_of[b];
    solution->total += (int64_t)costs[a * cols + has] + costs[b * cols + had];
    solution->total -= (int64_t)costs[a * cols + had] + costs[b * cols + has];
    solution->col_of[a] = has;
    solution->col_of[b] = had;
    solution->row_of[has] = a;
    solution->row_of[had] = b;
}

/* Each of these must be seen, and nothing may stay broken. */
static unsigned break_row(struct instance *it, struct bm_assign_solution *solution, uint32_t row) {
    uint32_t col = solution->col_of[row], cols = it->problem.cols;
    for (int by = -1; by <= 1; by += 2) {
        solution->row_prices[row] += by;
        refused(it, solution);
        solution->row_prices[row] -= by;
    }
    if (col == BM_ASSIGN_NOBODY) return 0;
    for (int by = -1; by <= 1; by += 2) {
        solution->col_prices[col] += by;
        refused(it, solution);
        solution->col_prices[col] -= by;
    }
    solution->row_of[col] = BM_ASSIGN_NOBODY;
    refused(it, solution);
    solution->row_of[col] = row;
    unsigned swapped = 0;
    for (uint32_t r = 0; r < row; r++) {
        uint32_t other = solution->col_of[r];
        if (other == BM_ASSIGN_NOBODY) continue;
        solution->col_of[r] = col; /* two have one */
        refused(it, solution);
        solution->col_of[r] = other;
        if (it->costs[row * cols + other] == BM_ASSIGN_FORBIDDEN) continue;
        if (it->costs[r * cols + col] == BM_ASSIGN_FORBIDDEN) continue;
        int64_t total = solution->total;
        swap(it, solution, r, row);
        if (solution->total != total) refused(it, solution);
        swapped += solution->total != total;
        swap(it, solution, r, row);
    }
    return swapped;
}

/* A price below 0, one less than is taken, and one more than is taken where that has a price. */
static unsigned break_group(struct instance *it, struct bm_assign_solution *solution,
                            uint32_t group) {
    int64_t price = solution->group_prices[group];
    uint32_t limit = it->limits[group], taken = 0;
    for (uint32_t c = 0; c < it->problem.cols; c++)
        taken += it->group_of[c] == group && solution->row_of[c] != BM_ASSIGN_NOBODY;
    solution->group_prices[group] = -1;
    refused(it, solution);
    solution->group_prices[group] = price;
    if (taken) {
        it->limits[group] = taken - 1;
        refused(it, solution);
    }
    if (price > 0) {
        it->limits[group] = limit + 1;
        refused(it, solution);
    }
    it->limits[group] = limit;
    return price > 0;
}

/* One row and one column, all in agreement but for what is not allowed. */
static void test_not_allowed(void **state) {
    (void)state;
    struct instance it = {.problem = {.rows = 1, .cols = 1}, .costs = {10}};
    uint32_t col_of = 0, row_of = 0;
    int64_t row_price = 10, col_price = 0, group_price = 0;
    struct bm_assign_solution solution = {.col_of = &col_of,
                                          .row_of = &row_of,
                                          .row_prices = &row_price,
                                          .col_prices = &col_price,
                                          .group_prices = &group_price,
                                          .total = 10};
    point(&it);
    it.penalties[0] = IMPOSSIBLE;
    assert_null(bm_assign_check(&it.problem, &solution));
    col_price = -5;
    row_price = 5;
    refused(&it, &solution);
    col_price = 0;
    it.costs[0] = BM_ASSIGN_FORBIDDEN;
    row_price = solution.total = BM_ASSIGN_FORBIDDEN;
    refused(&it, &solution);
}

/* Penalties as large as the rules allow, with too few columns: nothing overflows. */
static void test_dear(void **state) {
    (void)state;
    struct bm_rng rng = {7};
    for (unsigned i = 0; i < times(300); i++) {
        struct instance it = make(&rng, SIDE);
        struct bm_assign_solution sparse, dense;
        point(&it);
        for (uint32_t r = 0; r < it.problem.rows; r++)
            it.penalties[r] = BM_ASSIGN_PENALTIES_MAX / it.problem.rows - r % 2;
        bm_assign_solve(&it.problem, &(struct bm_assign_way){.candidates = 2}, &sparse);
        bm_assign_solve(&it.problem, &(struct bm_assign_way){.dense = true}, &dense);
        assert_null(bm_assign_check(&it.problem, &sparse));
        assert_true(sparse.total == dense.total);
        for (uint32_t r = 0; r < it.problem.rows; r++)
            assert_int_equal(sparse.col_of[r], dense.col_of[r]);
        bm_assign_free(&sparse);
        bm_assign_free(&dense);
    }
}

static void test_broken(void **state) {
    (void)state;
    struct bm_rng rng = {5};
    unsigned swapped = 0, cheaper = 0, limited = 0;
    for (unsigned i = 0; i < times(1000); i++) {
        struct instance it = make(&rng, 8);
        struct bm_assign_solution solution;
        uint32_t cols = it.problem.cols;
        point(&it);
        bm_assign_solve(&it.problem, &(struct bm_assign_way){0}, &solution);
        assert_null(bm_assign_check(&it.problem, &solution));
        solution.total++;
        refused(&it, &solution);
        solution.total--;
        for (uint32_t r = 0; r < it.problem.rows; r++) swapped += break_row(&it, &solution, r);
        for (uint32_t c = 0; c < cols; c++) {
            if (solution.row_of[c] != BM_ASSIGN_NOBODY) continue;
            solution.col_prices[c] = 1;
            refused(&it, &solution);
            solution.col_prices[c] = 0;
        }
        for (uint32_t g = 0; g < it.problem.groups; g++) limited += break_group(&it, &solution, g);
        /* A pair that costs one less than it may. */
        for (uint32_t p = 0; p < it.problem.rows * cols; p++) {
            uint32_t r = p / cols, c = p % cols, cost = it.costs[p];
            int64_t least = solution.row_prices[r] - solution.col_prices[c];
            if (it.problem.group_of) least -= solution.group_prices[it.group_of[c]];
            if (least < 1 || least - 1 >= BM_ASSIGN_FORBIDDEN) continue;
            it.costs[p] = (uint32_t)(least - 1);
            refused(&it, &solution);
            it.costs[p] = cost;
            cheaper++;
        }
        assert_null(bm_assign_check(&it.problem, &solution));
        bm_assign_free(&solution);
    }
    assert_true(swapped > 100 && cheaper > 1000 && limited > 100);
}

/* Large enough for sampled candidates and several rounds: both ways say the same. */
static void test_large(void **state) {
    (void)state;
    struct bm_rng rng = {6};
    uint32_t *costs = bm_alloc((size_t)200 * 400 * sizeof *costs), group_of[400], limits[5];
    int64_t penalties[200];
    unsigned rounds = 0;
    for (unsigned i = 0; i < times(12); i++) {
        struct bm_assign_problem problem = {.rows = i % 2 ? 200 : 60,
                                            .cols = i % 3 ? 120 : 400,
                                            .costs = costs,
                                            .penalties = penalties,
                                            .group_of = i % 4 > 1 ? group_of : NULL,
                                            .limits = limits,
                                            .groups = 5};
        uint32_t width = i % 3 == 1 ? 8 : 2000;
        for (uint32_t r = 0; r < problem.rows; r++) {
            uint32_t at = (uint32_t)bm_rng_below(&rng, 5) ? 1000
                                                          : (uint32_t)bm_rng_below(&rng, 9000);
            penalties[r] = 1000 + (int64_t)bm_rng_below(&rng, 9000);
            for (uint32_t c = 0; c < problem.cols; c++)
                costs[r * problem.cols + c] = gap(at, c * 9000 / problem.cols) /
                                                  (width == 8 ? 900 : 1) +
                                              (uint32_t)bm_rng_below(&rng, width);
        }
        for (uint32_t c = 0; c < 400; c++) group_of[c] = c % 5;
        for (uint32_t g = 0; g < 5; g++) limits[g] = 5 + 10 * g;
        struct bm_assign_solution sparse, dense;
        bm_assign_solve(&problem, &(struct bm_assign_way){.candidates = i % 2 ? 0 : 4}, &sparse);
        bm_assign_solve(&problem, &(struct bm_assign_way){.dense = true}, &dense);
        assert_null(bm_assign_check(&problem, &sparse));
        assert_null(bm_assign_check(&problem, &dense));
        assert_true(sparse.total == dense.total);
        assert_memory_equal(sparse.col_of, dense.col_of, problem.rows * sizeof *sparse.col_of);
        assert_memory_equal(sparse.row_of, dense.row_of, problem.cols * sizeof *sparse.row_of);
        rounds = sparse.rounds > rounds ? sparse.rounds : rounds;
        bm_assign_free(&sparse);
        bm_assign_free(&dense);
    }
    assert_true(rounds > 1);
    bm_free(costs);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_tried), cmocka_unit_test(test_textbook),
        cmocka_unit_test(test_forced),    cmocka_unit_test(test_permuted),
        cmocka_unit_test(test_broken),    cmocka_unit_test(test_not_allowed),
        cmocka_unit_test(test_dear),      cmocka_unit_test(test_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
