/* The network behind an assignment and the search for cheapest ways in it, as assign.c uses them.
 *
 *   row -> column -> group -> end,  row -> end (nobody)
 *
 * Every node has a price; an arc from a to b of that cost has the reduced cost cost - price[a] +
 * price[b].  Between searches no arc that can take more has a negative one, nor the reverse of one
 * that holds something: then what flows is the cheapest way to bring surpluses to deficits.  A node
 * has a surplus when more comes to it than leaves it, a deficit in the other case; each search
 * takes one from a surplus to the nearest deficit.  Rows begin with a surplus of 1, the end with a
 * deficit of all rows. */
#ifndef BM_ROAD_ASSIGN_FLOW_H
#define BM_ROAD_ASSIGN_FLOW_H

#include <stdbool.h>
#include <stddef.h>

#include "road/assign.h"

struct bm_pair {
    uint32_t col, cost;
};
struct bm_pairs {
    struct bm_pair *pairs;
    uint32_t count, cap;
};
struct bm_open_node {
    int64_t far;
    uint32_t node;
};

/* What a row has: a column, or one of these. */
enum {
    BM_DEAL_NOTHING = UINT32_MAX,
    BM_DEAL_ENDED = UINT32_MAX - 1,
    BM_DEAL_AWAY = UINT32_MAX - 2
};

struct bm_deal {
    const struct bm_assign_problem *problem;
    uint32_t rows, cols, groups; /* `groups` counts a last one of those that have none */
    uint32_t nodes, end;         /* rows, columns, groups, the end */
    bool dense;                  /* every pair is a candidate, and `lists` empty */
    struct bm_pairs *lists;      /* [rows], rising columns */
    int64_t *prices;             /* [nodes] */
    int32_t *surplus;            /* [nodes], below 0: a deficit */
    uint32_t *has;               /* [rows] */
    uint32_t *owner;             /* [cols]; BM_DEAL_NOTHING */
    bool *passes;                /* [cols]: something goes from it to its group */
    uint32_t *taken;             /* [groups]: what goes from it to the end */
    uint32_t *limits;            /* [groups] */
    uint32_t *members;           /* columns by group ... */
    uint32_t *first_member;      /* ... [groups + 1] */
    int64_t *far;                /* [nodes], of this search when seen == round */
    uint32_t *before, *seen, *settled;
    uint32_t search, settled_count;
    struct bm_open_node *heap;
    size_t heap_count, heap_cap;
    uint64_t searched; /* rows walked through */
};

/* Nothing flows and every price is 0, which is no state for a search: set has, owner, ... and call
 * bm_deal_balance. */
struct bm_deal bm_deal_make(const struct bm_assign_problem *problem, bool dense);
void bm_deal_free(struct bm_deal *flow);
/* Surpluses from what flows. */
void bm_deal_balance(struct bm_deal *flow);
/* The group of a column. */
static inline uint32_t bm_deal_group(const struct bm_deal *flow, uint32_t col) {
    return flow->problem->group_of ? flow->problem->group_of[col] : flow->groups - 1;
}
/* The nearest deficit from a node that is less than `most` away, and how far it is in reduced
 * costs; flow->nodes when there is none. */
uint32_t bm_deal_search(struct bm_deal *flow, uint32_t from, int64_t most, int64_t *ret_far);
/* Takes one along the way just found, and changes the prices so that it costs nothing. */
void bm_deal_take(struct bm_deal *flow, uint32_t from, uint32_t to);
/* Until nothing has a surplus. */
void bm_deal_settle(struct bm_deal *flow);
/* Makes a row take a column, which is then out of the network with it, and arranges the others by
 * one search: false, and all as it was, when they would have to go `most` or farther, or when the
 * column is out already.  Only from a state without surpluses. */
bool bm_deal_force(struct bm_deal *flow, uint32_t row, uint32_t col, int64_t most,
                   int64_t *ret_far);
/* Takes a row out of the network, with what it has. */
void bm_deal_fix(struct bm_deal *flow, uint32_t row);

/* Of all assignments at these prices the first, as assign.h has it, in `ret_col_of`; `lists` hold
 * exactly the pairs whose reduced cost is 0.  Of the flow only the prices hold afterwards. */
void bm_deal_first(struct bm_deal *flow, uint32_t *ret_col_of);

#endif
