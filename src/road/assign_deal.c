#include "road/assign_deal.h"

#include <string.h>

#include "base/alloc.h"
#include "base/check.h"

struct bm_deal bm_deal_make(const struct bm_assign_problem *problem, bool dense) {
    struct bm_deal flow = {.problem = problem, .rows = problem->rows, .cols = problem->cols};
    flow.groups = problem->group_of ? problem->groups + 1 : 1;
    flow.end = flow.rows + flow.cols + flow.groups;
    flow.nodes = flow.end + 1;
    flow.dense = dense;
    flow.lists = bm_alloc_zero(flow.rows + 1, sizeof *flow.lists);
    flow.prices = bm_alloc_zero(flow.nodes, sizeof *flow.prices);
    flow.surplus = bm_alloc_zero(flow.nodes, sizeof *flow.surplus);
    flow.has = bm_alloc((flow.rows + 1) * sizeof *flow.has);
    memset(flow.has, 0xff, (flow.rows + 1) * sizeof *flow.has);
    flow.owner = bm_alloc((flow.cols + 1) * sizeof *flow.owner);
    memset(flow.owner, 0xff, (flow.cols + 1) * sizeof *flow.owner);
    flow.passes = bm_alloc_zero(flow.cols + 1, sizeof *flow.passes);
    flow.taken = bm_alloc_zero(flow.groups, sizeof *flow.taken);
    flow.limits = bm_alloc_zero(flow.groups, sizeof *flow.limits);
    for (uint32_t g = 0; g + 1 < flow.groups; g++) flow.limits[g] = problem->limits[g];
    flow.limits[flow.groups - 1] = flow.cols;
    flow.members = bm_alloc_zero(flow.cols + 1, sizeof *flow.members);
    flow.first_member = bm_alloc_zero(flow.groups + 2, sizeof *flow.first_member);
    for (uint32_t c = 0; c < flow.cols; c++) flow.first_member[bm_deal_group(&flow, c) + 2]++;
    for (uint32_t g = 0; g < flow.groups; g++) flow.first_member[g + 2] += flow.first_member[g + 1];
    for (uint32_t c = 0; c < flow.cols; c++)
        flow.members[flow.first_member[bm_deal_group(&flow, c) + 1]++] = c;
    flow.far = bm_alloc_zero(flow.nodes, sizeof *flow.far);
    flow.before = bm_alloc_zero(flow.nodes, sizeof *flow.before);
    flow.seen = bm_alloc_zero(flow.nodes, sizeof *flow.seen);
    flow.settled = bm_alloc_zero(flow.nodes, sizeof *flow.settled);
    return flow;
}

void bm_deal_free(struct bm_deal *flow) {
    for (uint32_t r = 0; r < flow->rows; r++) bm_free(flow->lists[r].pairs);
    void *blocks[] = {flow->lists,   flow->prices, flow->surplus,      flow->has,
                      flow->owner,   flow->passes, flow->taken,        flow->limits,
                      flow->members, flow->far,    flow->first_member, flow->before,
                      flow->seen,    flow->heap,   flow->settled};
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) bm_free(blocks[i]);
}

void bm_deal_balance(struct bm_deal *flow) {
    memset(flow->surplus, 0, flow->nodes * sizeof *flow->surplus);
    int32_t *of_groups = flow->surplus + flow->rows + flow->cols;
    flow->surplus[flow->end] = -(int32_t)flow->rows;
    for (uint32_t r = 0; r < flow->rows; r++) {
        flow->surplus[r] = flow->has[r] == BM_DEAL_NOTHING;
        flow->surplus[flow->end] += flow->has[r] == BM_DEAL_ENDED;
    }
    for (uint32_t c = 0; c < flow->cols; c++) {
        flow->surplus[flow->rows + c] = (flow->owner[c] != BM_DEAL_NOTHING) - flow->passes[c];
        of_groups[bm_deal_group(flow, c)] += flow->passes[c];
    }
    for (uint32_t g = 0; g < flow->groups; g++) {
        of_groups[g] -= (int32_t)flow->taken[g];
        flow->surplus[flow->end] += (int32_t)flow->taken[g];
    }
}

/* --- the search (Dijkstra) -------------------------------------------------------------------- */

static void push(struct bm_deal *flow, struct bm_open_node waiting) {
    if (flow->heap_count == flow->heap_cap) {
        flow->heap_cap = flow->heap_cap ? 2 * flow->heap_cap : 1024;
        flow->heap = bm_realloc(flow->heap, flow->heap_cap * sizeof *flow->heap);
    }
    struct bm_open_node *heap = flow->heap;
    size_t at = flow->heap_count++;
    while (at && waiting.far < heap[(at - 1) / 2].far) {
        heap[at] = heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap[at] = waiting;
}

static struct bm_open_node pop(struct bm_deal *flow) {
    struct bm_open_node *heap = flow->heap;
    struct bm_open_node top = heap[0], last = heap[--flow->heap_count];
    size_t at = 0, count = flow->heap_count;
    for (size_t below; (below = 2 * at + 1) < count; at = below) {
        below += below + 1 < count && heap[below + 1].far < heap[below].far;
        if (heap[below].far >= last.far) break;
        heap[at] = heap[below];
    }
    heap[at] = last;
    return top;
}

/* Where a search stands: nothing as far as the nearest deficit met so far need be looked at. */
struct scan {
    struct bm_deal *flow;
    int64_t most;
    uint32_t nearest;
};

static inline void reach(struct scan *scan, uint32_t from, uint32_t node, int64_t far) {
    struct bm_deal *flow = scan->flow;
    if (far >= scan->most) return;
    if (flow->seen[node] == flow->search && far >= flow->far[node]) return;
    flow->seen[node] = flow->search;
    flow->far[node] = far;
    flow->before[node] = from;
    if (flow->surplus[node] < 0) {
        scan->most = far;
        scan->nearest = node;
        return;
    }
    push(flow, (struct bm_open_node){far, node});
}

static void from_row(struct scan *scan, uint32_t row, int64_t far) {
    struct bm_deal *flow = scan->flow;
    const int64_t *col_prices = flow->prices + flow->rows;
    int64_t base = far - flow->prices[row];
    flow->searched++;
    reach(scan, row, flow->end, base + flow->problem->penalties[row] + flow->prices[flow->end]);
    if (flow->dense) {
        const uint32_t *costs = flow->problem->costs + (size_t)row * flow->cols;
        for (uint32_t c = 0; c < flow->cols; c++) {
            if (costs[c] != BM_ASSIGN_FORBIDDEN)
                reach(scan, row, flow->rows + c, base + costs[c] + col_prices[c]);
        }
        return;
    }
    const struct bm_pairs *list = &flow->lists[row];
    for (uint32_t i = 0; i < list->count; i++) {
        struct bm_pair pair = list->pairs[i];
        int64_t there = base + pair.cost + col_prices[pair.col];
        if (there < scan->most) reach(scan, row, flow->rows + pair.col, there);
    }
}

static void from_col(struct scan *scan, uint32_t col, int64_t far) {
    struct bm_deal *flow = scan->flow;
    uint32_t node = flow->rows + col, row = flow->owner[col];
    if (row != BM_DEAL_NOTHING) { /* whose pair costs nothing */
        reach(scan, node, row, far);
    }
    if (!flow->passes[col]) {
        uint32_t group = flow->rows + flow->cols + bm_deal_group(flow, col);
        reach(scan, node, group, far - flow->prices[node] + flow->prices[group]);
    }
}

static void from_group(struct scan *scan, uint32_t group, int64_t far) {
    struct bm_deal *flow = scan->flow;
    uint32_t node = flow->rows + flow->cols + group;
    int64_t base = far - flow->prices[node];
    if (flow->taken[group] < flow->limits[group])
        reach(scan, node, flow->end, base + flow->prices[flow->end]);
    for (uint32_t i = flow->first_member[group]; i < flow->first_member[group + 1]; i++) {
        uint32_t col = flow->members[i];
        if (flow->passes[col])
            reach(scan, node, flow->rows + col, base + flow->prices[flow->rows + col]);
    }
}

static void from_end(struct scan *scan, int64_t far) {
    struct bm_deal *flow = scan->flow;
    int64_t base = far - flow->prices[flow->end];
    for (uint32_t g = 0; g < flow->groups; g++) {
        uint32_t node = flow->rows + flow->cols + g;
        if (flow->taken[g]) reach(scan, flow->end, node, base + flow->prices[node]);
    }
    for (uint32_t r = 0; r < flow->rows; r++) { /* its penalty is what it pays */
        if (flow->has[r] == BM_DEAL_ENDED) reach(scan, flow->end, r, far);
    }
}

static void from_node(struct scan *scan, uint32_t node, int64_t far) {
    const struct bm_deal *flow = scan->flow;
    if (node < flow->rows)
        from_row(scan, node, far);
    else if (node < flow->rows + flow->cols)
        from_col(scan, node - flow->rows, far);
    else if (node < flow->end)
        from_group(scan, node - flow->rows - flow->cols, far);
    else
        from_end(scan, far);
}

uint32_t bm_deal_search(struct bm_deal *flow, uint32_t from, int64_t most, int64_t *ret_far) {
    struct scan scan = {flow, most, flow->nodes};
    BM_CHECK(flow->search < UINT32_MAX);
    flow->search++;
    flow->heap_count = 0;
    flow->settled_count = 0;
    flow->seen[from] = flow->search;
    flow->far[from] = 0;
    push(flow, (struct bm_open_node){0, from});
    while (flow->heap_count && flow->heap[0].far < scan.most) {
        struct bm_open_node next = pop(flow);
        if (next.far > flow->far[next.node]) continue; /* a nearer way to it came later */
        flow->settled[flow->settled_count++] = next.node;
        from_node(&scan, next.node, next.far);
    }
    *ret_far = scan.most;
    return scan.nearest;
}

/* --- what a search has found ------------------------------------------------------------------ */

static void take_arc(struct bm_deal *flow, uint32_t from, uint32_t to) {
    uint32_t cols = flow->rows, groups = flow->rows + flow->cols;
    if (from < cols && to == flow->end) {
        flow->has[from] = BM_DEAL_ENDED;
    } else if (from < cols) {
        flow->has[from] = to - cols;
        flow->owner[to - cols] = from;
    } else if (from < groups && to < cols) { /* taken from it; what it has now is set already */
        if (flow->owner[from - cols] == to) flow->owner[from - cols] = BM_DEAL_NOTHING;
    } else if (from < groups) {
        flow->passes[from - cols] = true;
    } else if (from < flow->end && to < groups) {
        flow->passes[to - cols] = false;
    } else if (from < flow->end) {
        flow->taken[from - groups]++;
    } else if (to >= groups) {
        flow->taken[to - groups]--;
    } /* from the end to a row: what it has now is set already */
}

void bm_deal_take(struct bm_deal *flow, uint32_t from, uint32_t to) {
    int64_t far = flow->far[to];
    for (uint32_t i = 0; i < flow->settled_count; i++) {
        uint32_t node = flow->settled[i];
        flow->prices[node] += far - flow->far[node];
    }
    for (uint32_t node = to; node != from; node = flow->before[node])
        take_arc(flow, flow->before[node], node);
    flow->surplus[from]--;
    flow->surplus[to]++;
}

static void settle_node(struct bm_deal *flow, uint32_t node) {
    while (flow->surplus[node] > 0) {
        int64_t far;
        uint32_t to = bm_deal_search(flow, node, INT64_MAX, &far);
        BM_CHECK(
            to <
            flow->nodes); /* surpluses and deficits are as many, and every way can be gone back */
        bm_deal_take(flow, node, to);
    }
}

void bm_deal_settle(struct bm_deal *flow) {
    for (uint32_t node = 0; node < flow->nodes; node++) settle_node(flow, node);
}

/* --- one that is decided ---------------------------------------------------------------------- */

void bm_deal_fix(struct bm_deal *flow, uint32_t row) {
    uint32_t had = flow->has[row];
    if (had < flow->cols) flow->owner[had] = BM_DEAL_NOTHING; /* and something passes it still */
    flow->has[row] = BM_DEAL_AWAY;
}

bool bm_deal_force(struct bm_deal *flow, uint32_t row, uint32_t col, int64_t most,
                   int64_t *ret_far) {
    uint32_t had = flow->has[row], owner = flow->owner[col];
    uint32_t missing = had < flow->cols ? flow->rows + had : flow->end;
    uint32_t from = owner == BM_DEAL_NOTHING ? flow->rows + col : owner;
    if (owner == BM_DEAL_NOTHING && flow->passes[col]) return false;
    bm_deal_fix(flow, row);
    flow->surplus[missing]--;
    flow->owner[col] = BM_DEAL_NOTHING;
    flow->surplus[from]++;
    int64_t far;
    uint32_t to = bm_deal_search(flow, from, most, &far);
    if (to < flow->nodes) {
        bm_deal_take(flow, from, to);
        *ret_far = far;
        return true;
    }
    flow->surplus[from]--;
    flow->surplus[missing]++;
    flow->owner[col] = owner;
    flow->has[row] = had;
    if (had < flow->cols) flow->owner[had] = row;
    return false;
}
