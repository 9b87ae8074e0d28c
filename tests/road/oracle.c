#include "oracle.h"

#include "base/alloc.h"

uint64_t oracle_weight(const struct net *net, enum bm_profile profile, const bool *closed,
                       uint32_t arc) {
    uint32_t weight = net->edges[arc / 2].weight[profile][arc % 2];
    if (closed && closed[arc / 2]) return BM_ROAD_INFINITE;
    return weight ? weight : 1;
}

struct link {
    size_t from, to;
    uint64_t units;
};
struct links {
    struct link *items;
    size_t count, cap;
};

/* `parts` of 65535 of an arc; none when it is closed, unless no part of it is driven. */
static void add(struct links *links, size_t from, size_t to, uint64_t weight, uint64_t parts) {
    if (parts > 0 && weight == BM_ROAD_INFINITE) return;
    if (links->count == links->cap) {
        links->cap = links->cap ? 2 * links->cap : 256;
        links->items = bm_realloc(links->items, links->cap * sizeof *links->items);
    }
    links->items[links->count++] = (struct link){from, to, weight * parts / 65535};
}

/* What the rules say of one turn: of those that hold the strictest. */
uint64_t oracle_turn(const struct net *net, enum bm_profile profile, uint32_t from, uint32_t to) {
    bool named = false;
    uint64_t most = 0;
    for (uint32_t i = 0; i < net->turn_count; i++) {
        const struct bm_turn *turn = &net->turns[i];
        if (turn->from_arc == from && turn->only && turn->to_arc == to) named = true;
    }
    for (uint32_t i = 0; i < net->turn_count; i++) {
        const struct bm_turn *turn = &net->turns[i];
        if (turn->from_arc != from) continue;
        bool holds = turn->only ? !named : turn->to_arc == to;
        if (holds && turn->weight[profile] > most) most = turn->weight[profile];
    }
    return most;
}

static uint32_t tail_of(const struct net *net, uint32_t arc) {
    return arc & 1 ? net->edges[arc / 2].second : net->edges[arc / 2].first;
}

static bool is_bound(const struct net *net, uint32_t arc) {
    for (uint32_t i = 0; i < net->turn_count; i++) {
        if (net->turns[i].from_arc == arc) return true;
    }
    return false;
}

/* Into `arc`, and to what of `to` lies on it, from a node at the arc's tail at the cost of a turn.
 */
static void add_arc(struct links *links, size_t node, uint64_t turn, uint32_t arc, uint64_t weight,
                    const struct bm_spot *to, size_t count, size_t start) {
    size_t before = links->count;
    add(links, node, arc, weight, 65535);
    for (size_t i = 0; i < count; i++) {
        if (to[i].edge != arc / 2) continue;
        add(links, node, start + 1 + i, weight, arc & 1 ? 65535u - to[i].along : to[i].along);
    }
    for (size_t i = before; i < links->count; i++) links->items[i].units += turn;
}

/* Nodes: the end of each arc (which says over what one came), the junctions (to which one comes
 * over arcs that no rule binds), then `from`, then each of `to`. */
void oracle_rounds(const struct net *net, enum bm_profile profile, const bool *closed,
                   const struct bm_spot *from, const struct bm_spot *to, size_t count,
                   uint64_t *ret_units) {
    struct links links = {0};
    uint32_t arcs = 2 * net->edge_count;
    size_t start = arcs + net->junction_count;
    for (uint32_t arc = 0; arc < arcs; arc++) {
        uint64_t weight = oracle_weight(net, profile, closed, arc);
        uint32_t head = tail_of(net, arc ^ 1);
        add_arc(&links, arcs + tail_of(net, arc), 0, arc, weight, to, count, start);
        if (!is_bound(net, arc)) add(&links, arc, arcs + head, 0, 65535);
        for (uint32_t next = 0; next < arcs && is_bound(net, arc); next++) {
            uint64_t turn = oracle_turn(net, profile, arc, next);
            if (tail_of(net, next) != head || turn == BM_ROAD_INFINITE) continue;
            uint64_t ahead = oracle_weight(net, profile, closed, next);
            add_arc(&links, arc, turn, next, ahead, to, count, start);
        }
        if (from->edge != arc / 2) continue;
        add(&links, start, arc, weight, arc & 1 ? from->along : 65535u - from->along);
        for (size_t i = 0; i < count; i++) {
            int64_t parts = (int64_t)to[i].along - from->along;
            if (arc & 1) parts = -parts;
            if (to[i].edge == from->edge && parts >= 0)
                add(&links, start, start + 1 + i, weight, (uint64_t)parts);
        }
    }
    size_t nodes = start + 1 + count;
    uint64_t *units = bm_alloc(nodes * sizeof *units);
    for (size_t i = 0; i < nodes; i++) units[i] = ORACLE_NONE;
    units[start] = 0;
    for (bool changed = true; changed;) {
        changed = false;
        for (size_t i = 0; i < links.count; i++) {
            struct link link = links.items[i];
            if (units[link.from] == ORACLE_NONE) continue;
            if (units[link.from] + link.units >= units[link.to]) continue;
            units[link.to] = units[link.from] + link.units;
            changed = true;
        }
    }
    for (size_t i = 0; i < count; i++) ret_units[i] = units[start + 1 + i];
    bm_free(units);
    bm_free(links.items);
}

int64_t oracle_ms(const struct net *net, uint64_t units) {
    if (units == ORACLE_NONE) return BM_TRAVEL_NONE;
    /* In two parts, so that 64 bits are enough. */
    uint64_t thousands = units / 1000 * net->unit_us;
    return (int64_t)(thousands + units % 1000 * net->unit_us / 1000);
}
