/* A textbook Dijkstra, written apart from the engine: what the engine's answers are compared with,
 * and what its times are set beside. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "roads.h"

struct item {
    uint64_t cost;
    uint32_t node;
};
struct standing {
    uint32_t who, next; /* next: 1 + another at the same node; 0: none */
    uint64_t leave;
};

/* A node is a junction.  Where there are rules for turning it is an arc: forward the place where it
 * begins, with the turn into it made; backward where it ends, with the turn out of it still to be
 * made. */
struct textbook {
    const struct bm_road *road;
    const struct bm_metric *metric;
    bool by_arc, forward;
    uint32_t nodes;
    uint32_t *first, *to, *weight;   /* per node, and the end: into the other two */
    uint32_t *out_first, *out;       /* arcs that leave each junction */
    uint32_t *rule_first, *rules;    /* rules that bind each arc; by_arc only */
    uint64_t *cost;                  /* per node, and behind them per standing one */
    uint32_t *touched, *standing_at; /* standing_at: per node, 1 + the first there */
    struct standing *standing;
    struct item *heap;
    size_t touched_count, count, cap, standing_count, unit_count;
};

/* --- making it -------------------------------------------------------------------------------- */

static void list_out(struct textbook *book, uint32_t junctions, uint32_t arcs) {
    book->out_first = bm_alloc_zero(junctions + 2, sizeof *book->out_first);
    book->out = bm_alloc(arcs * sizeof *book->out);
    for (uint32_t a = 0; a < arcs; a++) book->out_first[bm_road_tail(book->road, a) + 2]++;
    for (uint32_t j = 0; j < junctions; j++) book->out_first[j + 2] += book->out_first[j + 1];
    for (uint32_t a = 0; a < arcs; a++)
        book->out[book->out_first[bm_road_tail(book->road, a) + 1]++] = a;
}

static void list_rules(struct textbook *book, uint32_t arcs, uint32_t count) {
    book->rule_first = bm_alloc_zero(arcs + 2, sizeof *book->rule_first);
    book->rules = bm_alloc((count + 1) * sizeof *book->rules);
    for (uint32_t i = 0; i < count; i++)
        book->rule_first[bm_road_restriction(book->road, i).from_arc + 2]++;
    for (uint32_t a = 0; a < arcs; a++) book->rule_first[a + 2] += book->rule_first[a + 1];
    for (uint32_t i = 0; i < count; i++)
        book->rules[book->rule_first[bm_road_restriction(book->road, i).from_arc + 1]++] = i;
}

/* What it costs to turn from one arc into another, as road.h has it. */
static uint32_t turn_cost(const struct textbook *book, uint32_t from, uint32_t to) {
    uint32_t by_name = 0, by_others = 0;
    bool named_only = false;
    for (uint32_t i = book->rule_first[from]; i < book->rule_first[from + 1]; i++) {
        struct bm_turn rule = bm_road_restriction(book->road, book->rules[i]);
        uint32_t cost = rule.weight[BM_PROFILE_EMERGENCY];
        if (rule.only && rule.to_arc == to) named_only = true;
        if (rule.only && cost > by_others) by_others = cost;
        if (!rule.only && rule.to_arc == to && cost > by_name) by_name = cost;
    }
    if (named_only || by_name > by_others) return by_name;
    return by_others;
}

static void add_link(struct textbook *book, uint32_t from, uint32_t to, uint32_t weight,
                     bool counting) {
    if (counting) {
        book->first[from + 2]++;
        return;
    }
    uint32_t at = book->first[from + 1]++;
    book->to[at] = to;
    book->weight[at] = weight;
}

/* Links of the turns out of an arc. */
static void link_turns(struct textbook *book, uint32_t from, bool counting) {
    uint32_t there = bm_road_tail(book->road, from ^ 1);
    for (uint32_t i = book->out_first[there]; i < book->out_first[there + 1]; i++) {
        uint32_t to = book->out[i], turn = turn_cost(book, from, to);
        uint32_t drive = bm_metric_weight(book->metric, book->forward ? from : to);
        if (turn == BM_ROAD_INFINITE || drive == BM_ROAD_INFINITE) continue;
        if (book->forward)
            add_link(book, from, to, drive + turn, counting);
        else
            add_link(book, to, from, drive + turn, counting);
    }
}

static void link_all(struct textbook *book, uint32_t arcs, bool counting) {
    for (uint32_t a = 0; a < arcs; a++) {
        uint32_t weight = bm_metric_weight(book->metric, a);
        uint32_t tail = bm_road_tail(book->road, a), head = bm_road_tail(book->road, a ^ 1);
        if (book->by_arc)
            link_turns(book, a, counting);
        else if (weight != BM_ROAD_INFINITE)
            add_link(book, book->forward ? tail : head, book->forward ? head : tail, weight,
                     counting);
    }
}

struct textbook *textbook_new(const struct bm_metric *metric, bool forward) {
    struct textbook *book = bm_alloc_zero(1, sizeof *book);
    book->metric = metric;
    book->road = bm_metric_road(metric);
    struct bm_road_info info = bm_road_info(book->road);
    uint32_t arcs = 2 * info.edges;
    book->forward = forward;
    book->by_arc = info.restrictions > 0;
    book->nodes = book->by_arc ? arcs : info.junctions;
    list_out(book, info.junctions, arcs);
    list_rules(book, arcs, info.restrictions);
    book->first = bm_alloc_zero(book->nodes + 2, sizeof *book->first);
    link_all(book, arcs, true);
    for (uint32_t n = 0; n < book->nodes; n++) book->first[n + 2] += book->first[n + 1];
    uint32_t links = book->first[book->nodes + 1];
    book->to = bm_alloc((links + 1) * sizeof *book->to);
    book->weight = bm_alloc((links + 1) * sizeof *book->weight);
    link_all(book, arcs, false);
    book->standing_at = bm_alloc_zero(book->nodes, sizeof *book->standing_at);
    textbook_stand(book, NULL, 0);
    return book;
}

void textbook_free(struct textbook *book) {
    if (!book) return;
    void *parts[] = {book->first,   book->to,          book->weight,   book->out_first,
                     book->out,     book->rule_first,  book->rules,    book->cost,
                     book->touched, book->standing_at, book->standing, book->heap};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) bm_free(parts[i]);
    bm_free(book);
}

/* --- who stands where ------------------------------------------------------------------------- */

static void stand_at(struct textbook *book, uint32_t node, uint32_t who, uint64_t leave) {
    book->standing[book->standing_count] = (struct standing){who, book->standing_at[node], leave};
    book->standing_at[node] = (uint32_t)++book->standing_count;
}

void textbook_stand(struct textbook *book, const struct place *places, size_t count) {
    memset(book->standing_at, 0, book->nodes * sizeof *book->standing_at);
    book->standing = bm_realloc(book->standing, (2 * count + 1) * sizeof *book->standing);
    book->cost = bm_realloc(book->cost, (book->nodes + count) * sizeof *book->cost);
    book->touched = bm_realloc(book->touched, (book->nodes + count) * sizeof *book->touched);
    memset(book->cost, 0xff, (book->nodes + count) * sizeof *book->cost);
    book->touched_count = 0;
    book->standing_count = 0;
    book->unit_count = count;
    for (size_t i = 0; i < count; i++) {
        uint32_t arc = places[i].arc, drive = bm_metric_weight(book->metric, arc);
        if (!book->by_arc) {
            stand_at(book, bm_road_tail(book->road, arc), (uint32_t)i, 0);
            continue;
        }
        stand_at(book, arc ^ 1, (uint32_t)i, 0); /* has come over the edge */
        if (drive != BM_ROAD_INFINITE) stand_at(book, arc, (uint32_t)i, drive);
    }
}

/* --- searching -------------------------------------------------------------------------------- */

static void push(struct textbook *book, uint64_t cost, uint32_t node) {
    if (cost >= book->cost[node]) return;
    if (book->cost[node] == UINT64_MAX) book->touched[book->touched_count++] = node;
    book->cost[node] = cost;
    if (book->count == book->cap) {
        book->cap = book->cap ? 2 * book->cap : 1024;
        book->heap = bm_realloc(book->heap, book->cap * sizeof *book->heap);
    }
    size_t at = book->count++;
    while (at && cost < book->heap[(at - 1) / 2].cost) {
        book->heap[at] = book->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    book->heap[at] = (struct item){cost, node};
}

static struct item pop(struct textbook *book) {
    struct item top = book->heap[0], last = book->heap[--book->count];
    size_t at = 0;
    for (size_t below; (below = 2 * at + 1) < book->count; at = below) {
        if (below + 1 < book->count && book->heap[below + 1].cost < book->heap[below].cost) below++;
        if (book->heap[below].cost >= last.cost) break;
        book->heap[at] = book->heap[below];
    }
    book->heap[at] = last;
    return top;
}

static void begin(struct textbook *book, uint32_t arc) {
    for (size_t i = 0; i < book->touched_count; i++) book->cost[book->touched[i]] = UINT64_MAX;
    book->touched_count = book->count = 0;
    uint32_t here = bm_road_tail(book->road, arc);
    if (!book->by_arc) {
        push(book, 0, here);
        return;
    }
    push(book, 0, book->forward ? arc : arc ^ 1); /* along the edge itself, without a turn */
    for (uint32_t i = book->out_first[here]; i < book->out_first[here + 1]; i++) {
        uint32_t other = book->forward ? book->out[i] : book->out[i] ^ 1;
        uint32_t turn = book->forward ? turn_cost(book, arc ^ 1, other)
                                      : turn_cost(book, other, arc);
        if (turn != BM_ROAD_INFINITE) push(book, turn, other);
    }
}

size_t textbook_search(struct textbook *book, const struct place *from, size_t most, uint64_t limit,
                       struct met *ret_met) {
    size_t met = 0;
    begin(book, from->arc);
    while (book->count && met < most) {
        struct item next = pop(book);
        if (next.cost > limit) break;
        if (next.cost > book->cost[next.node]) continue;
        if (next.node >= book->nodes) {
            if (ret_met) ret_met[met] = (struct met){next.node - book->nodes, next.cost};
            met++;
            continue;
        }
        for (uint32_t at = book->standing_at[next.node]; at; at = book->standing[at - 1].next) {
            const struct standing *standing = &book->standing[at - 1];
            push(book, next.cost + standing->leave, book->nodes + standing->who);
        }
        for (uint32_t i = book->first[next.node]; i < book->first[next.node + 1]; i++)
            push(book, next.cost + book->weight[i], book->to[i]);
    }
    return met;
}

uint64_t textbook_enter(const struct textbook *book, uint32_t arc) {
    return book->cost[book->by_arc ? arc : bm_road_tail(book->road, arc)];
}
