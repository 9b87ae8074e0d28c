#include "road/order.h"

#include <string.h>

#include "base/alloc.h"
#include "base/check.h"

enum { NOBODY = UINT32_MAX };

/* Cells to be cut yet: stretches of the order. */
struct stretch {
    uint32_t begin, end;
};

struct orderer {
    struct bm_neighbours *graph;
    const struct bm_point *points;
    int64_t wide; /* width of a degree of longitude, in 1/1024 of one of latitude */
    uint32_t
        *order;    /* what is in order from the bottom, then cells, then what is in order on top */
    uint32_t done; /* from the bottom, by rounds */
    uint32_t *place; /* per node: its place in `order` while it is in a cell, NOBODY otherwise */
    struct stretch *stack;
    size_t stacked, stack_cap;

    /* Of the running cell. */
    struct bm_cell cell;
    struct bm_flow flow;
    uint8_t *sides, *best_sides;
    int64_t *keys;
    uint32_t *sorted;
};

/* --- rounds: whoever has at most two neighbours ----------------------------------------------- */

struct rounds {
    uint32_t *touched; /* the last round in which the node lost a neighbour */
    uint32_t *gone;    /* the round in which it went, 0: still here */
    uint32_t *met;     /* the last list that has it */
    uint32_t *list;    /* candidates of this round */
    uint32_t *next;
    uint32_t count, next_count, round, lists;
};

static void touch(struct rounds *rounds, const struct bm_neighbours *graph, uint32_t v) {
    for (uint32_t i = 0; i < graph->count[v]; i++) {
        uint32_t other = graph->heads[graph->first[v] + i];
        if (rounds->touched[other] == rounds->round) continue;
        rounds->touched[other] = rounds->round;
        rounds->next[rounds->next_count++] = other;
    }
}

/* In the list of one that stays, who went is replaced by who stood behind it. */
static void close_gaps(struct rounds *rounds, struct bm_neighbours *graph, uint32_t v) {
    uint32_t kept = 0, *own = &graph->heads[graph->first[v]];
    rounds->met[v] = ++rounds->lists;
    for (uint32_t i = 0; i < graph->count[v]; i++) {
        uint32_t other = own[i];
        if (rounds->gone[other]) {
            const uint32_t *behind = &graph->heads[graph->first[other]];
            if (graph->count[other] < 2) continue;
            other = behind[behind[0] == v];
        }
        if (rounds->met[other] == rounds->lists) continue;
        rounds->met[other] = rounds->lists;
        own[kept++] = other;
    }
    graph->count[v] = kept;
}

static void go_round(struct orderer *orderer, struct rounds *rounds) {
    struct bm_neighbours *graph = orderer->graph;
    rounds->next_count = 0;
    for (uint32_t i = 0; i < rounds->count; i++) {
        uint32_t v = rounds->list[i];
        if (rounds->gone[v] || graph->count[v] > 2) continue;
        if (rounds->touched[v] == rounds->round) continue; /* a neighbour goes: the next time */
        rounds->gone[v] = rounds->round;
        orderer->order[orderer->done++] = v;
        touch(rounds, graph, v);
    }
    for (uint32_t i = 0; i < rounds->next_count; i++) close_gaps(rounds, graph, rounds->next[i]);
    uint32_t *list = rounds->list;
    rounds->list = rounds->next;
    rounds->count = rounds->next_count;
    rounds->next = list;
}

/* Every round takes at least a third of a chain. */
static void take_low(struct orderer *orderer) {
    uint32_t nodes = orderer->graph->nodes;
    uint32_t *space = bm_alloc_zero(5 * (size_t)nodes + 1, sizeof *space);
    struct rounds rounds = {.touched = space,
                            .gone = space + nodes,
                            .met = space + 2 * (size_t)nodes,
                            .list = space + 3 * (size_t)nodes,
                            .next = space + 4 * (size_t)nodes};
    for (uint32_t v = 0; v < nodes; v++) rounds.list[rounds.count++] = v;
    for (uint32_t before = NOBODY; orderer->done != before;) {
        before = orderer->done;
        rounds.round++;
        go_round(orderer, &rounds);
    }
    uint32_t end = orderer->done;
    for (uint32_t v = 0; v < nodes; v++) {
        if (!rounds.gone[v]) orderer->order[end++] = v;
    }
    BM_CHECK(end == nodes);
    bm_free(space);
}

/* --- cells ------------------------------------------------------------------------------------ */

static void push(struct orderer *orderer, uint32_t begin, uint32_t end) {
    if (begin == end) return;
    if (orderer->stacked == orderer->stack_cap) {
        orderer->stack_cap = orderer->stack_cap ? 2 * orderer->stack_cap : 256;
        orderer->stack = bm_realloc(orderer->stack, orderer->stack_cap * sizeof *orderer->stack);
    }
    orderer->stack[orderer->stacked++] = (struct stretch){begin, end};
}

/* The neighbours within the stretch, by their place in it. */
static void read_cell(struct orderer *orderer, struct stretch stretch) {
    const struct bm_neighbours *graph = orderer->graph;
    struct bm_cell *cell = &orderer->cell;
    uint32_t count = 0;
    cell->nodes = stretch.end - stretch.begin;
    for (uint32_t i = 0; i < cell->nodes; i++) {
        uint32_t v = orderer->order[stretch.begin + i];
        cell->first[i] = count;
        for (uint32_t k = 0; k < graph->count[v]; k++) {
            uint32_t place = orderer->place[graph->heads[graph->first[v] + k]];
            if (place - stretch.begin < cell->nodes) cell->heads[count++] = place - stretch.begin;
        }
    }
    cell->first[cell->nodes] = count;
}

/* Writes the nodes of the stretch anew, those with the lowest part first (parts 0 to `parts` - 1).
 */
static void part(struct orderer *orderer, struct stretch stretch, const uint32_t *part_of,
                 uint32_t *begins) {
    uint32_t nodes = stretch.end - stretch.begin, *copy = orderer->sorted;
    memcpy(copy, orderer->order + stretch.begin, nodes * sizeof *copy);
    for (uint32_t i = 0; i < nodes; i++) {
        uint32_t place = stretch.begin + begins[part_of[i]]++;
        orderer->order[place] = copy[i];
        orderer->place[copy[i]] = place;
    }
}

/* Pushes each connected part of a cell that has several; false when it is connected. */
static bool split(struct orderer *orderer, struct stretch stretch) {
    const struct bm_cell *cell = &orderer->cell;
    uint32_t *part_of = orderer->flow.at, *queue = orderer->flow.queue,
             *begins = orderer->flow.next;
    uint32_t parts = 0, tail = 0, head = 0;
    memset(part_of, 0xff, cell->nodes * sizeof *part_of);
    for (uint32_t start = 0; start < cell->nodes; start++) {
        if (part_of[start] != NOBODY) continue;
        begins[parts] = tail;
        part_of[start] = parts;
        queue[tail++] = start;
        while (head < tail) {
            uint32_t v = queue[head++];
            for (uint32_t i = cell->first[v]; i < cell->first[v + 1]; i++) {
                uint32_t other = cell->heads[i];
                if (part_of[other] != NOBODY) continue;
                part_of[other] = parts;
                queue[tail++] = other;
            }
        }
        parts++;
    }
    if (parts == 1) return false;
    for (uint32_t i = parts; i-- > 0;) {
        push(orderer, stretch.begin + begins[i],
             i + 1 < parts ? stretch.begin + begins[i + 1] : stretch.end);
    }
    part(orderer, stretch, part_of, begins);
    return true;
}

/* --- directions ------------------------------------------------------------------------------- */

static bool before(const struct orderer *orderer, uint32_t a, uint32_t b) {
    int64_t left = orderer->keys[a], right = orderer->keys[b];
    return left != right ? left < right : a < b;
}

static void swap(uint32_t *a, uint32_t *b) {
    uint32_t kept = *a;
    *a = *b;
    *b = kept;
}

/* Brings the `wanted` least to the front (Hoare 1961, pivot of three). */
static void select_least(struct orderer *orderer, uint32_t nodes, uint32_t wanted) {
    uint32_t *items = orderer->sorted, low = 0, high = nodes;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2, last = high - 1;
        if (before(orderer, items[middle], items[low])) swap(&items[middle], &items[low]);
        if (before(orderer, items[last], items[low])) swap(&items[last], &items[low]);
        if (before(orderer, items[last], items[middle])) swap(&items[last], &items[middle]);
        swap(&items[middle], &items[last]);
        uint32_t kept = low;
        for (uint32_t i = low; i < last; i++) {
            if (before(orderer, items[i], items[last])) swap(&items[i], &items[kept++]);
        }
        swap(&items[kept], &items[last]);
        if (kept == wanted || kept + 1 == wanted) return;
        if (kept < wanted)
            low = kept + 1;
        else
            high = kept;
    }
}

static const int8_t directions[][2] = {{1, 0}, {0, 1}, {1, 1}, {1, -1}};

/* Marks the first and the last `end` of the cell's junctions along a direction. */
static void mark_sides(struct orderer *orderer, struct stretch stretch, const int8_t *direction,
                       uint32_t end) {
    uint32_t nodes = orderer->cell.nodes;
    for (uint32_t i = 0; i < nodes; i++) {
        struct bm_point point = orderer->points[orderer->order[stretch.begin + i]];
        orderer->keys[i] = ((int64_t)point.lon_e7 * orderer->wide) * direction[0] +
                           ((int64_t)point.lat_e7 * 1024) * direction[1];
        orderer->sorted[i] = i;
    }
    select_least(orderer, nodes, end);
    memset(orderer->flow.sides, BM_FLOW_BETWEEN, nodes);
    for (uint32_t i = 0; i < end; i++) orderer->flow.sides[orderer->sorted[i]] = BM_FLOW_SOURCE;
    select_least(orderer, nodes, nodes - end);
    for (uint32_t i = nodes - end; i < nodes; i++) {
        orderer->flow.sides[orderer->sorted[i]] = BM_FLOW_SINK;
    }
}

static uint32_t smaller(const struct bm_cut *cut) {
    return cut->first < cut->second ? cut->first : cut->second;
}

/* Few in the separator and much on the smaller side. */
static bool better(const struct bm_cut *cut, const struct bm_cut *best) {
    uint64_t own = (uint64_t)cut->separator * (smaller(best) + best->separator);
    uint64_t other = (uint64_t)best->separator * (smaller(cut) + cut->separator);
    return own < other;
}

/* The best cut of a connected cell over all directions, into best_sides. */
static struct bm_cut find_cut(struct orderer *orderer, struct stretch stretch) {
    uint32_t nodes = orderer->cell.nodes;
    struct bm_cut best = {.separator = nodes};
    for (size_t i = 0; i < sizeof directions / sizeof *directions; i++) {
        static const uint32_t shares[] = {25, 40};
        for (size_t s = 0; s < sizeof shares / sizeof *shares; s++) {
            uint32_t end = (uint32_t)((uint64_t)nodes * shares[s] / 100);
            if (end == 0) end = 1;
            mark_sides(orderer, stretch, directions[i], end);
            /* More than this could not be better even in two halves. */
            uint64_t most = (uint64_t)best.separator * (nodes / 2 + 1) /
                            (smaller(&best) + best.separator);
            struct bm_cut cut;
            if (!bm_flow_cut(&orderer->flow, &orderer->cell, most < nodes ? (uint32_t)most : nodes,
                             orderer->sides, &cut)) {
                continue;
            }
            if (!better(&cut, &best) && best.separator != nodes) continue;
            best = cut;
            uint8_t *sides = orderer->best_sides;
            orderer->best_sides = orderer->sides;
            orderer->sides = sides;
        }
    }
    return best;
}

static void cut_cell(struct orderer *orderer, struct stretch stretch) {
    struct bm_cut cut = find_cut(orderer, stretch);
    uint32_t nodes = orderer->cell.nodes, *part_of = orderer->flow.at;
    BM_CHECK(cut.separator > 0);
    for (uint32_t i = 0; i < nodes; i++) part_of[i] = orderer->best_sides[i];
    uint32_t begins[3] = {0, cut.first, cut.first + cut.second};
    part(orderer, stretch, part_of, begins);
    uint32_t middle = stretch.begin + cut.first, top = middle + cut.second;
    for (uint32_t i = top; i < stretch.end; i++) orderer->place[orderer->order[i]] = NOBODY;
    push(orderer, stretch.begin, middle);
    push(orderer, middle, top);
}

static void cut_all(struct orderer *orderer) {
    uint32_t nodes = orderer->graph->nodes;
    for (uint32_t i = orderer->done; i < nodes; i++) orderer->place[orderer->order[i]] = i;
    push(orderer, orderer->done, nodes);
    while (orderer->stacked) {
        struct stretch stretch = orderer->stack[--orderer->stacked];
        read_cell(orderer, stretch);
        if (split(orderer, stretch)) continue;
        if (orderer->cell.nodes > BM_LEAF_MOST) {
            cut_cell(orderer, stretch);
            continue;
        }
        bm_order_leaf(orderer->graph, orderer->order + stretch.begin, orderer->cell.nodes);
        for (uint32_t i = stretch.begin; i < stretch.end; i++) {
            orderer->place[orderer->order[i]] = NOBODY;
        }
    }
}

/* cos(lat) x 1024 after Bhaskara, so that no library's cosine decides about bytes. */
static int64_t width_at(int64_t lat_e7) {
    int64_t deg_e3 = lat_e7 / 10000, square = deg_e3 * deg_e3 / 1000000;
    return 1024 * (32400 - 4 * square) / (32400 + square) + 1;
}

void bm_road_order(struct bm_neighbours *graph, const struct bm_point *points,
                   uint32_t *ret_order) {
    struct orderer orderer = {.graph = graph, .points = points, .order = ret_order};
    take_low(&orderer);
    uint32_t left = graph->nodes - orderer.done;
    size_t arcs = 0;
    int64_t lat = 0;
    for (uint32_t i = orderer.done; i < graph->nodes; i++) {
        arcs += graph->count[ret_order[i]];
        lat += points[ret_order[i]].lat_e7;
    }
    orderer.wide = width_at(left ? lat / left : 0);
    orderer.place = bm_alloc(graph->nodes * sizeof *orderer.place);
    memset(orderer.place, 0xff, graph->nodes * sizeof *orderer.place);
    orderer.cell.first = bm_alloc((left + (size_t)1) * sizeof *orderer.cell.first);
    orderer.cell.heads = bm_alloc((arcs + 1) * sizeof *orderer.cell.heads);
    orderer.flow = bm_flow_make(left);
    orderer.sides = bm_alloc(left + (size_t)1);
    orderer.best_sides = bm_alloc(left + (size_t)1);
    orderer.keys = bm_alloc((left + (size_t)1) * sizeof *orderer.keys);
    orderer.sorted = bm_alloc((left + (size_t)1) * sizeof *orderer.sorted);
    cut_all(&orderer);
    bm_free(orderer.place);
    bm_free(orderer.cell.first);
    bm_free(orderer.cell.heads);
    bm_flow_free(&orderer.flow);
    bm_free(orderer.sides);
    bm_free(orderer.best_sides);
    bm_free(orderer.keys);
    bm_free(orderer.sorted);
    bm_free(orderer.stack);
}
