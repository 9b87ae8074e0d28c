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

/* Nodes: the junctions, then `from`, then each of `to`. */
void oracle_rounds(const struct net *net, enum bm_profile profile, const bool *closed,
                   const struct bm_spot *from, const struct bm_spot *to, size_t count,
                   uint64_t *ret_units) {
    struct links links = {0};
    size_t start = net->junction_count;
    for (uint32_t e = 0; e < net->edge_count; e++) {
        size_t a = net->edges[e].first, b = net->edges[e].second;
        uint64_t ahead = oracle_weight(net, profile, closed, 2 * e);
        uint64_t back = oracle_weight(net, profile, closed, 2 * e + 1);
        add(&links, a, b, ahead, 65535);
        add(&links, b, a, back, 65535);
        if (from->edge == e) {
            add(&links, start, b, ahead, 65535u - from->along);
            add(&links, start, a, back, from->along);
        }
        for (size_t i = 0; i < count; i++) {
            if (to[i].edge != e) continue;
            size_t end = start + 1 + i;
            add(&links, a, end, ahead, to[i].along);
            add(&links, b, end, back, 65535u - to[i].along);
            if (from->edge != e) continue;
            if (from->along <= to[i].along) {
                add(&links, start, end, ahead, (uint64_t)(to[i].along - from->along));
            }
            if (from->along >= to[i].along) {
                add(&links, start, end, back, (uint64_t)(from->along - to[i].along));
            }
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
