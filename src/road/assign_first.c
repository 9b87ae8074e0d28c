/* Of all assignments that cost the same, the first.
 *
 * At prices that prove one assignment to be the cheapest, the cheapest ones are those that use no
 * arc but those of reduced cost 0; from one to another leads a cycle of such arcs.  So a row can
 * have another column exactly when both lie in one strongly connected part of the network of these
 * arcs (Tarjan 1972), and only there it is tried. */
#include <string.h>

#include "base/alloc.h"
#include "road/assign_deal.h"

/* The arcs of reduced cost 0 from a node, one after the other: `at` counts them off. */
static bool next_arc(const struct bm_deal *flow, uint32_t node, uint32_t *at, uint32_t *ret_to) {
    uint32_t cols = flow->rows, groups = cols + flow->cols, end = flow->end;
    const int64_t *prices = flow->prices;
    if (node < cols) {
        const struct bm_pairs *list = &flow->lists[node];
        uint32_t i = (*at)++;
        if (i < list->count) *ret_to = cols + list->pairs[i].col;
        if (i == list->count) /* a node leads to itself where there is no arc */
            *ret_to = flow->problem->penalties[node] == prices[node] - prices[end] ? end : node;
        return i <= list->count;
    }
    if (node < groups) {
        uint32_t col = node - cols, group = groups + bm_deal_group(flow, col), i = (*at)++;
        bool owned = flow->owner[col] != BM_DEAL_NOTHING;
        if (i == 0) *ret_to = owned ? flow->owner[col] : node;
        if (i == 1) *ret_to = !flow->passes[col] && prices[group] == prices[node] ? group : node;
        return i < 2;
    }
    if (node < end) {
        uint32_t group = node - groups, i = flow->first_member[group] + (*at)++;
        if (i < flow->first_member[group + 1]) {
            uint32_t col = flow->members[i];
            bool back = flow->passes[col] && prices[node] == prices[cols + col];
            *ret_to = back ? cols + col : node;
        }
        if (i == flow->first_member[group + 1]) {
            bool on = flow->taken[group] < flow->limits[group] && prices[node] == prices[end];
            *ret_to = on ? end : node;
        }
        return i <= flow->first_member[group + 1];
    }
    uint32_t i = (*at)++;
    if (i < flow->groups) {
        bool back = flow->taken[i] && prices[end] == prices[groups + i];
        *ret_to = back ? groups + i : node;
    } else if (i < flow->groups + flow->rows) {
        *ret_to = flow->has[i - flow->groups] == BM_DEAL_ENDED ? i - flow->groups : node;
    }
    return i < flow->groups + flow->rows;
}

struct parts {
    uint32_t *part;         /* [nodes], from 1 on; 0: not known yet */
    uint32_t *number, *low; /* when a node was met, and the first one met that it leads back to */
    uint32_t *open, *path;  /* nodes whose part is not known; nodes on the way of now */
    uint32_t *at;           /* the arc of each that comes next */
    uint32_t met, open_count, part_count;
};

static void close_part(struct parts *parts, uint32_t node) {
    parts->part_count++;
    uint32_t last;
    do {
        last = parts->open[--parts->open_count];
        parts->part[last] = parts->part_count;
    } while (last != node);
}

static void meet(struct parts *parts, uint32_t node) {
    parts->number[node] = parts->low[node] = ++parts->met;
    parts->open[parts->open_count++] = node;
}

static void walk(const struct bm_deal *flow, struct parts *parts, uint32_t start) {
    uint32_t depth = 0, to = start;
    parts->path[depth++] = start;
    meet(parts, start);
    while (depth) {
        uint32_t node = parts->path[depth - 1];
        if (next_arc(flow, node, &parts->at[node], &to)) {
            if (!parts->number[to]) {
                meet(parts, to);
                parts->path[depth++] = to;
            } else if (!parts->part[to] && parts->number[to] < parts->low[node]) {
                parts->low[node] = parts->number[to];
            }
            continue;
        }
        if (parts->low[node] == parts->number[node]) close_part(parts, node);
        if (--depth && parts->low[node] < parts->low[parts->path[depth - 1]])
            parts->low[parts->path[depth - 1]] = parts->low[node];
    }
}

static uint32_t *strong_parts(const struct bm_deal *flow) {
    uint32_t *block = bm_alloc_zero((size_t)flow->nodes * 5, sizeof *block);
    struct parts parts = {.part = bm_alloc_zero(flow->nodes, sizeof *parts.part),
                          .number = block,
                          .low = block + flow->nodes,
                          .open = block + 2 * (size_t)flow->nodes,
                          .path = block + 3 * (size_t)flow->nodes,
                          .at = block + 4 * (size_t)flow->nodes};
    for (uint32_t node = 0; node < flow->nodes; node++) {
        if (!parts.number[node]) walk(flow, &parts, node);
    }
    bm_free(block);
    return parts.part;
}

void bm_deal_first(struct bm_deal *flow, uint32_t *ret_col_of) {
    uint32_t *part = strong_parts(flow);
    for (uint32_t r = 0; r < flow->rows; r++) {
        const struct bm_pairs *list = &flow->lists[r];
        uint32_t has = flow->has[r], chosen = has;
        for (uint32_t i = 0; i < list->count && chosen == has; i++) {
            uint32_t col = list->pairs[i].col;
            int64_t far;
            if (has < flow->cols && col >= has) break;
            if (part[r] == part[flow->rows + col] && bm_deal_force(flow, r, col, 1, &far))
                chosen = col;
        }
        if (chosen == has) bm_deal_fix(flow, r);
        ret_col_of[r] = chosen < flow->cols ? chosen : BM_ASSIGN_NOBODY;
    }
    bm_free(part);
}
