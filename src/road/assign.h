/* Who goes where when more wait than one can look at singly: rows (needs) and columns (units), each
 * row given at most one column and each column to at most one row, so that the sum of costs is
 * least.  Exact, in whole numbers, and pure.
 *
 *   row i ----- cost[i][j] ----- column j ----- group g ----- enough
 *      '-- penalty[i]: nobody ------------- at most limit[g] of g ---'
 *
 * A row may stay without a column at a penalty of its own; a pair may be forbidden; of the columns
 * of a group at most `limit` are taken (so that an area keeps the others).
 *
 * The answer is defined by the problem alone: of all assignments whose sum is least it is the one
 * that gives row 0 the lowest column it has in any of them (nobody counts as higher than all), then
 * row 1, and so on.
 *
 * It comes with prices that prove it: with `row`, `column` and `group` prices, the last two never
 * negative,
 *
 *   row[i] <= cost[i][j] + column[j] + group[g(j)]   for every pair that is not forbidden,
 *   row[i] <= penalty[i],
 *
 * with equality where something is given, a price above 0 only for columns that are taken and
 * groups that are at their limit.  Then no other assignment costs less (linear
 * programming duality), and cost + column + group - row is the least by which the sum would rise if
 * that pair were forced.  bm_assign_check looks at every pair again.
 *
 * Method: prices from two short auctions, a coarse and a fine one (Bertsekas 1988), then shortest
 * augmenting paths in whole numbers from those prices (Jonker and Volgenant 1987, with surpluses
 * and deficits on both sides as in min-cost flow, so that any prices will do to begin with) over a
 * few dozen candidates for each row, which are those that are cheapest at the auctions' prices;
 * then every pair is priced, what the prices do not cover joins the candidates, and it goes on from
 * where it was until they cover all. */
#ifndef BM_ROAD_ASSIGN_H
#define BM_ROAD_ASSIGN_H

#include <stdbool.h>
#include <stdint.h>

#define BM_ASSIGN_FORBIDDEN UINT32_MAX /* a cost: this column cannot serve this row */
#define BM_ASSIGN_NOBODY UINT32_MAX    /* a column: the row stays without one */
enum {
    BM_ASSIGN_SIDE_MAX = 1 << 20, /* rows, columns and groups, each */
    BM_ASSIGN_CANDIDATES = 40,    /* about so many for each row to begin with */
    BM_ASSIGN_ROUNDS_MAX = 64,    /* of pricing; past it every pair becomes a candidate */
};
/* What all penalties together may come to. */
#define BM_ASSIGN_PENALTIES_MAX (INT64_C(1) << 61)

struct bm_assign_problem {
    uint32_t rows, cols;
    const uint32_t *costs;    /* [rows][cols] */
    const int64_t *penalties; /* [rows], 0 or more */
    const uint32_t *group_of; /* [cols], below `groups`; NULL: no limits */
    const uint32_t *limits;   /* [groups] */
    uint32_t groups;
};
/* How to go about it; the answer is the same.  All zero is the right choice. */
struct bm_assign_way {
    uint32_t candidates; /* for each row; 0: BM_ASSIGN_CANDIDATES */
    bool dense;          /* every pair from the start, and no auction: slow and plain */
};
struct bm_assign_solution {
    uint32_t *col_of;                                /* [rows]; BM_ASSIGN_NOBODY */
    uint32_t *row_of;                                /* [cols]; BM_ASSIGN_NOBODY */
    int64_t *row_prices, *col_prices, *group_prices; /* owned, as all above */
    int64_t total;                                   /* costs and penalties */
    uint32_t rounds;                                 /* times that all pairs were priced */
    uint64_t candidates;                             /* pairs looked at while searching */
    uint64_t searched;                               /* rows walked through by all searches */
    bool dense;                                      /* every pair became a candidate */
};

/* Always finds the answer.  Memory: 8 bytes a candidate, some 100 a row and column.  Aborts on a
 * problem that breaks the rules above. */
void bm_assign_solve(const struct bm_assign_problem *problem, const struct bm_assign_way *way,
                     struct bm_assign_solution *ret_solution);
void bm_assign_free(struct bm_assign_solution *solution);

/* NULL when the solution is one and its prices prove it to be the least; otherwise what is wrong
 * (static text). O(rows x columns). */
const char *bm_assign_check(const struct bm_assign_problem *problem,
                            const struct bm_assign_solution *solution);

/* By how much exactly the sum rises when `row` must get `col` (not forbidden to it), everybody else
 * being arranged as well as can be: 0 when another assignment is as good.  INT64_MAX: the group's
 * limit (0) forbids it.  One search over all pairs: O(rows x columns). */
int64_t bm_assign_forced(const struct bm_assign_problem *problem,
                         const struct bm_assign_solution *solution, uint32_t row, uint32_t col);

#endif
