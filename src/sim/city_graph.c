/* The net as a graph: stubs rubbed out, islands given up, no one-way trap left, a few forbidden
 * turns. */
#include <string.h>

#include "sim/city_private.h"

enum { STUB_M = 24, RESTRICTIONS = 16 };

void bm_graph_index(struct bm_city_work *work) {
    bm_free(work->starts);
    bm_free(work->around);
    work->starts = bm_alloc_zero(work->nodes_count + 2, sizeof *work->starts);
    work->around = bm_alloc_zero(2 * (size_t)work->edges_count + 1, sizeof *work->around);
    for (uint32_t e = 0; e < work->edges_count; e++) {
        if (work->edges[e].gone) continue;
        work->starts[work->edges[e].a + 2]++;
        work->starts[work->edges[e].b + 2]++;
    }
    for (uint32_t n = 2; n < work->nodes_count + 2; n++) work->starts[n] += work->starts[n - 1];
    for (uint32_t e = 0; e < work->edges_count; e++) {
        if (work->edges[e].gone) continue;
        work->around[work->starts[work->edges[e].a + 1]++] = e;
        work->around[work->starts[work->edges[e].b + 1]++] = e;
    }
}

static uint32_t degree(const struct bm_city_work *work, uint32_t node) {
    return work->starts[node + 1] - work->starts[node];
}

static double edge_m(const struct bm_city_work *work, uint32_t e) {
    return bm_city_far(work->nodes[work->edges[e].a], work->nodes[work->edges[e].b]);
}

static uint32_t flags_of(const struct bm_city_work *work, uint32_t e) {
    return work->sketch[work->edges[e].street].flags;
}

static enum bm_street_class class_of(const struct bm_city_work *work, uint32_t e) {
    return work->sketch[work->edges[e].street].street_class;
}

/* Two strokes may run over the same two nodes: the first drawn stays (avenues come first). */
static void drop_doubles(struct bm_city_work *work) {
    bm_graph_index(work);
    for (uint32_t n = 0; n < work->nodes_count; n++) {
        for (uint32_t i = work->starts[n]; i < work->starts[n + 1]; i++) {
            for (uint32_t j = i + 1; j < work->starts[n + 1]; j++) {
                struct bm_edge *p = &work->edges[work->around[i]],
                               *q = &work->edges[work->around[j]];
                uint32_t p_far = p->a == n ? p->b : p->a, q_far = q->a == n ? q->b : q->a;
                if (p_far == q_far && !p->gone && !q->gone) (p < q ? q : p)->gone = true;
            }
        }
    }
}

static bool at_map_edge(struct bm_spot spot) {
    return fabs(spot.x) > CITY_HALF_WIDTH_M - 40 || fabs(spot.y) > CITY_HALF_HEIGHT_M - 40;
}

/* From a dead end back to where the street branches; true when that was rubbed out. */
static bool rub_out_stub(struct bm_city_work *work, uint32_t end) {
    uint32_t chain[256], count = 0, node = end;
    double length = 0;
    bool may_end = true;
    while (count < 256) {
        uint32_t next = NO_NAME;
        for (uint32_t i = work->starts[node]; i < work->starts[node + 1]; i++) {
            uint32_t e = work->around[i];
            if (!work->edges[e].gone && (count == 0 || e != chain[count - 1])) next = e;
        }
        if (next == NO_NAME) break;
        chain[count++] = next;
        length += edge_m(work, next);
        may_end = may_end && (flags_of(work, next) & STREET_MAY_END);
        node = work->edges[next].a == node ? work->edges[next].b : work->edges[next].a;
        if (degree(work, node) != 2) break;
    }
    if (may_end && length >= STUB_M) return false;
    if (at_map_edge(work->nodes[end]) && length > 200) return false; /* a road out of the map */
    for (uint32_t i = 0; i < count; i++) work->edges[chain[i]].gone = true;
    return count > 0;
}

static void rub_out_stubs(struct bm_city_work *work) {
    bool again = true;
    for (int round = 0; again && round < 50; round++) {
        again = false;
        bm_graph_index(work);
        for (uint32_t n = 0; n < work->nodes_count; n++) {
            if (degree(work, n) != 1 || work->edges[work->around[work->starts[n]]].gone) continue;
            again = rub_out_stub(work, n) || again;
        }
    }
}

/* --- islands ---------------------------------------------------------------------------------- */

static uint32_t root_of(uint32_t *parents, uint32_t node) {
    while (parents[node] != node) node = parents[node] = parents[parents[node]];
    return node;
}

/* Keeps what hangs together with the most; paths do not carry cars, so they are asked only the
 * second time. */
static void drop_islands(struct bm_city_work *work, bool with_paths) {
    uint32_t *parents = bm_alloc(work->nodes_count * sizeof *parents);
    uint32_t *sizes = bm_alloc_zero(work->nodes_count, sizeof *sizes), most = 0;
    for (uint32_t n = 0; n < work->nodes_count; n++) parents[n] = n;
    for (uint32_t e = 0; e < work->edges_count; e++) {
        bool counts = !work->edges[e].gone && (with_paths || class_of(work, e) != STREET_PATH);
        if (counts)
            parents[root_of(parents, work->edges[e].a)] = root_of(parents, work->edges[e].b);
    }
    for (uint32_t n = 0; n < work->nodes_count; n++) sizes[root_of(parents, n)]++;
    for (uint32_t n = 0; n < work->nodes_count; n++)
        if (sizes[n] > sizes[most]) most = n;
    for (uint32_t e = 0; e < work->edges_count; e++) {
        bool asked = with_paths || class_of(work, e) != STREET_PATH;
        if (asked && root_of(parents, work->edges[e].a) != root_of(parents, most))
            work->edges[e].gone = true;
    }
    bm_free(parents);
    bm_free(sizes);
}

/* --- one-way traps ---------------------------------------------------------------------------- */

/* Marks what can be reached from `from` (or, backwards, from where it can be reached). */
static void flood(const struct bm_city_work *work, uint32_t from, bool backwards, uint8_t *marks,
                  uint32_t *queue) {
    uint32_t head = 0, tail = 0;
    marks[from] = 1;
    queue[tail++] = from;
    while (head < tail) {
        uint32_t node = queue[head++];
        for (uint32_t i = work->starts[node]; i < work->starts[node + 1]; i++) {
            uint32_t e = work->around[i];
            const struct bm_edge *edge = &work->edges[e];
            bool forwards = edge->a == node;
            if (edge->gone || class_of(work, e) == STREET_PATH) continue;
            if ((flags_of(work, e) & STREET_ONE_WAY) && forwards == backwards) continue;
            uint32_t other = forwards ? edge->b : edge->a;
            if (marks[other]) continue;
            marks[other] = 1;
            queue[tail++] = other;
        }
    }
}

/* Everything must be reachable from the drum tower, and the drum tower from everywhere: a one-way
 * street that spoils this loses its signs; what still cannot be helped goes. */
static void open_traps(struct bm_city_work *work) {
    uint32_t count = work->nodes_count, middle = 0;
    uint8_t *out = bm_alloc(count), *back = bm_alloc(count);
    uint32_t *queue = bm_alloc(count * sizeof *queue);
    for (int round = 0; round < 12; round++) {
        bool trapped = false, last = round == 11;
        bm_graph_index(work);
        double nearest = 1e9;
        for (uint32_t n = 0; n < count; n++) {
            double far = bm_city_far(work->nodes[n], work->terrain.old_town);
            if (far >= nearest || degree(work, n) < 3) continue;
            nearest = far;
            middle = n;
        }
        memset(out, 0, count);
        memset(back, 0, count);
        flood(work, middle, false, out, queue);
        flood(work, middle, true, back, queue);
        for (uint32_t e = 0; e < work->edges_count; e++) {
            const struct bm_edge *edge = &work->edges[e];
            if (edge->gone || class_of(work, e) == STREET_PATH) continue;
            if (out[edge->a] && back[edge->a] && out[edge->b] && back[edge->b]) continue;
            trapped = true;
            struct bm_sketch_street *street = &work->sketch[edge->street];
            if (last || street->street_class == STREET_TRUNK || !(street->flags & STREET_ONE_WAY))
                work->edges[e].gone = last || work->edges[e].gone;
            else
                street->flags &= ~(uint32_t)STREET_ONE_WAY;
        }
        if (!trapped) break;
    }
    bm_free(out);
    bm_free(back);
    bm_free(queue);
}

static void mark_bridges(struct bm_city_work *work) {
    for (uint32_t e = 0; e < work->edges_count; e++) {
        struct bm_spot a = work->nodes[work->edges[e].a], b = work->nodes[work->edges[e].b];
        struct bm_spot middle = {(a.x + b.x) / 2, (a.y + b.y) / 2};
        work->edges[e].bridge = bm_terrain_bank(&work->terrain, middle) < 8 ||
                                fabs(bm_terrain_rail(&work->terrain, middle)) < 25;
    }
}

void bm_graph_clean(struct bm_city_work *work) {
    drop_doubles(work);
    rub_out_stubs(work);
    drop_islands(work, false);
    open_traps(work);
    rub_out_stubs(work);
    drop_islands(work, true);
    mark_bridges(work);
    bm_graph_index(work);
}

/* --- forbidden turns -------------------------------------------------------------------------- */

/* Degrees from going along `from` into `via` to leaving along `to`: 90 is left, -90 right. */
static double turn_deg(const struct bm_city_work *work, uint32_t from, uint32_t via, uint32_t to) {
    const struct bm_edge *p = &work->edges[from], *q = &work->edges[to];
    struct bm_spot a = work->nodes[p->a == via ? p->b : p->a], m = work->nodes[via],
                   b = work->nodes[q->a == via ? q->b : q->a];
    double turn = atan2(b.y - m.y, b.x - m.x) - atan2(m.y - a.y, m.x - a.x);
    turn = fmod(turn + 5 * M_PI, 2 * M_PI) - M_PI;
    return turn * 180 / M_PI;
}

static bool leads(const struct bm_city_work *work, uint32_t e, uint32_t node, bool away) {
    return !(flags_of(work, e) & STREET_ONE_WAY) ||
           (away ? work->edges[e].a : work->edges[e].b) == node;
}

static bool restrict_at(struct bm_city_work *work, uint32_t via) {
    for (uint32_t i = work->starts[via]; i < work->starts[via + 1]; i++) {
        for (uint32_t j = work->starts[via]; j < work->starts[via + 1]; j++) {
            uint32_t from = work->around[i], to = work->around[j];
            if (i == j || work->edges[from].street == work->edges[to].street) continue;
            if (class_of(work, from) > STREET_TERTIARY || class_of(work, to) > STREET_SECONDARY)
                continue;
            double turn = turn_deg(work, from, via, to);
            if (turn < 60 || turn > 120 || !leads(work, from, via, false) ||
                !leads(work, to, via, true))
                continue;
            struct bm_restriction restriction = {from, via, to, "no_left_turn"};
            CITY_PUSH(work, restrictions, restriction);
            return true;
        }
    }
    return false;
}

void bm_graph_restrict(struct bm_city_work *work) {
    int made = 0;
    for (int tried = 0; tried < 20000 && made < RESTRICTIONS; tried++) {
        uint32_t via = (uint32_t)bm_rng_below(&work->rng, work->nodes_count);
        if (degree(work, via) != 4 || bm_terrain_urban(&work->terrain, work->nodes[via]) < 0.3)
            continue;
        bool apart = true;
        for (uint32_t r = 0; r < work->restrictions_count; r++)
            apart = apart &&
                    bm_city_far(work->nodes[work->restrictions[r].via], work->nodes[via]) > 500;
        if (apart && restrict_at(work, via)) made++;
    }
}
