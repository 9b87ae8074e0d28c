#include "road/order.h"

#include <string.h>

#include "base/alloc.h"

/* Every junction lets one unit pass, so the flow is a set of paths that share no junction, and it
 * is enough to know who comes before and after.  States of the residual graph: 2v, v is entered;
 * 2v+1, it is left. */
enum { NOWHERE = UINT32_MAX };

struct bm_flow bm_flow_make(uint32_t nodes) {
    size_t count = nodes ? nodes : 1;
    return (struct bm_flow){.sides = bm_alloc(count),
                            .carries = bm_alloc(count),
                            .next = bm_alloc(count * sizeof(uint32_t)),
                            .before = bm_alloc(count * sizeof(uint32_t)),
                            .level = bm_alloc(2 * count * sizeof(uint32_t)),
                            .at = bm_alloc(count * sizeof(uint32_t)),
                            .queue = bm_alloc(2 * count * sizeof(uint32_t))};
}

void bm_flow_free(struct bm_flow *flow) {
    bm_free(flow->sides);
    bm_free(flow->carries);
    bm_free(flow->next);
    bm_free(flow->before);
    bm_free(flow->level);
    bm_free(flow->at);
    bm_free(flow->queue);
}

/* --- levels ----------------------------------------------------------------------------------- */

static inline uint32_t reach(struct bm_flow *flow, uint32_t state, uint32_t level, uint32_t tail) {
    if (flow->level[state] != NOWHERE) return tail;
    flow->level[state] = level;
    flow->queue[tail] = state;
    return tail + 1;
}

/* Breadth first from the sources over what can still take flow, up to the level at which a sink is
 * left for good; true when there is one.  Without one, `level` tells what can be reached at all. */
static bool find_levels(struct bm_flow *flow, const struct bm_cell *cell) {
    uint32_t head = 0, tail = 0, last = NOWHERE;
    memset(flow->level, 0xff, 2 * (size_t)cell->nodes * sizeof *flow->level);
    for (uint32_t v = 0; v < cell->nodes; v++) {
        if (flow->sides[v] == BM_FLOW_SOURCE) tail = reach(flow, 2 * v, 0, tail);
    }
    while (head < tail) {
        uint32_t state = flow->queue[head++], v = state / 2, level = flow->level[state] + 1;
        if (level > last) break;
        if (state % 2 == 0) {
            if (!flow->carries[v])
                tail = reach(flow, state + 1, level, tail);
            else if (flow->before[v] != NOWHERE)
                tail = reach(flow, 2 * flow->before[v] + 1, level, tail);
            continue;
        }
        if (flow->sides[v] == BM_FLOW_SINK) last = level;
        for (uint32_t i = cell->first[v]; i < cell->first[v + 1]; i++) {
            tail = reach(flow, 2 * cell->heads[i], level, tail);
        }
        if (flow->carries[v]) tail = reach(flow, 2 * v, level, tail);
    }
    return last != NOWHERE;
}

/* --- paths ------------------------------------------------------------------------------------ */

/* The next state one level on, or NOWHERE. */
static uint32_t step(struct bm_flow *flow, const struct bm_cell *cell, uint32_t state) {
    uint32_t v = state / 2, level = flow->level[state] + 1;
    if (state % 2 == 0) {
        uint32_t to = !flow->carries[v]            ? state + 1
                      : flow->before[v] != NOWHERE ? 2 * flow->before[v] + 1
                                                   : NOWHERE;
        return to != NOWHERE && flow->level[to] == level ? to : NOWHERE;
    }
    while (flow->at[v] < cell->first[v + 1]) {
        uint32_t to = 2 * cell->heads[flow->at[v]];
        if (flow->level[to] == level) return to;
        flow->at[v]++;
    }
    return flow->carries[v] && flow->level[2 * v] == level ? 2 * v : NOWHERE;
}

/* Sends one unit along the states and takes them out of this phase: none can be used twice. */
static void send(struct bm_flow *flow, const uint32_t *path, uint32_t count) {
    flow->before[path[0] / 2] = NOWHERE;
    for (uint32_t i = 0; i + 1 < count; i++) {
        uint32_t from = path[i] / 2, to = path[i + 1] / 2;
        if (path[i] % 2 == 0) {
            if (from == to) flow->carries[from] = 1;
        } else if (from == to) {
            flow->carries[from] = 0;
        } else {
            flow->next[from] = to;
            flow->before[to] = from;
        }
    }
    flow->next[path[count - 1] / 2] = NOWHERE;
    for (uint32_t i = 0; i < count; i++) flow->level[path[i]] = NOWHERE;
}

/* As many paths as the levels allow; returns how many. */
static uint32_t send_all(struct bm_flow *flow, const struct bm_cell *cell) {
    uint32_t sent = 0, *path = flow->queue; /* the queue is done with */
    memcpy(flow->at, cell->first, cell->nodes * sizeof *flow->at);
    for (uint32_t s = 0; s < cell->nodes; s++) {
        if (flow->sides[s] != BM_FLOW_SOURCE || flow->level[2 * s] != 0) continue;
        uint32_t count = 0;
        path[count++] = 2 * s;
        while (count) {
            uint32_t state = path[count - 1];
            if (state % 2 && flow->sides[state / 2] == BM_FLOW_SINK) {
                send(flow, path, count);
                sent++;
                break;
            }
            uint32_t to = step(flow, cell, state);
            if (to != NOWHERE) {
                path[count++] = to;
            } else {
                flow->level[state] = NOWHERE;
                count--;
            }
        }
    }
    return sent;
}

/* --- cuts ------------------------------------------------------------------------------------- */

/* Marks in `level` all states from which a sink can be reached. */
static void find_levels_back(struct bm_flow *flow, const struct bm_cell *cell) {
    uint32_t head = 0, tail = 0;
    memset(flow->level, 0xff, 2 * (size_t)cell->nodes * sizeof *flow->level);
    for (uint32_t v = 0; v < cell->nodes; v++) {
        if (flow->sides[v] == BM_FLOW_SINK) tail = reach(flow, 2 * v + 1, 0, tail);
    }
    while (head < tail) {
        uint32_t state = flow->queue[head++], v = state / 2;
        if (state % 2) {
            if (!flow->carries[v])
                tail = reach(flow, 2 * v, 0, tail);
            else if (flow->next[v] != NOWHERE)
                tail = reach(flow, 2 * flow->next[v], 0, tail);
            continue;
        }
        for (uint32_t i = cell->first[v]; i < cell->first[v + 1]; i++) {
            tail = reach(flow, 2 * cell->heads[i] + 1, 0, tail);
        }
        if (flow->carries[v]) tail = reach(flow, state + 1, 0, tail);
    }
}

/* A junction of which one state is reached and the other not stands on the cut. */
static struct bm_cut read_cut(const struct bm_flow *flow, uint32_t nodes, bool back) {
    struct bm_cut cut = {0};
    for (uint32_t v = 0; v < nodes; v++) {
        bool reached = flow->level[2 * v + !back] != NOWHERE;
        bool touched = flow->level[2 * v + back] != NOWHERE;
        if (reached)
            back ? cut.second++ : cut.first++;
        else if (touched)
            cut.separator++;
        else
            back ? cut.first++ : cut.second++;
    }
    return cut;
}

static void write_cut(const struct bm_flow *flow, uint32_t nodes, bool back, uint8_t *ret_sides) {
    for (uint32_t v = 0; v < nodes; v++) {
        bool reached = flow->level[2 * v + !back] != NOWHERE;
        bool touched = flow->level[2 * v + back] != NOWHERE;
        ret_sides[v] = reached == touched ? (reached == back ? BM_CUT_SECOND : BM_CUT_FIRST)
                                          : BM_CUT_SEPARATOR;
    }
}

static uint32_t smaller(const struct bm_cut *cut) {
    return cut->first < cut->second ? cut->first : cut->second;
}

/* Sends what can be sent; false when that is more than `most`. */
static bool send_most(struct bm_flow *flow, const struct bm_cell *cell, uint32_t most) {
    uint32_t sent = 0;
    memset(flow->carries, 0, cell->nodes);
    while (find_levels(flow, cell)) {
        sent += send_all(flow, cell);
        if (sent > most) return false;
    }
    return true;
}

bool bm_flow_cut(struct bm_flow *flow, const struct bm_cell *cell, uint32_t most,
                 uint8_t *ret_sides, struct bm_cut *ret_cut) {
    if (!send_most(flow, cell, most)) return false;
    struct bm_cut near = read_cut(flow, cell->nodes, false);
    write_cut(flow, cell->nodes, false, ret_sides);
    find_levels_back(flow, cell);
    struct bm_cut far = read_cut(flow, cell->nodes, true);
    bool back = smaller(&far) > smaller(&near);
    if (back) write_cut(flow, cell->nodes, true, ret_sides);
    *ret_cut = back ? far : near;
    return true;
}

struct bm_cut bm_flow_cut_near(struct bm_flow *flow, const struct bm_cell *cell,
                               uint8_t *ret_sides) {
    (void)send_most(flow, cell, cell->nodes);
    write_cut(flow, cell->nodes, false, ret_sides);
    return read_cut(flow, cell->nodes, false);
}
