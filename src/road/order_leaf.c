#include "road/order.h"

#include "base/check.h"

/* The junctions of a cell and those above it that they know, as bits. */
struct leaf {
    uint32_t nodes[64];
    uint64_t known[64]; /* neighbours now */
    uint32_t own, count;
};

static uint32_t place_of(struct leaf *leaf, uint32_t node) {
    for (uint32_t i = 0; i < leaf->count; i++) {
        if (leaf->nodes[i] == node) return i;
    }
    if (leaf->count == 64) return 64; /* a cell with so large a rim does without the rest of it */
    leaf->nodes[leaf->count] = node;
    leaf->known[leaf->count] = 0;
    return leaf->count++;
}

static void meet(struct leaf *leaf, const struct bm_neighbours *graph) {
    for (uint32_t i = 0; i < leaf->own; i++) {
        uint32_t v = leaf->nodes[i];
        for (uint32_t k = 0; k < graph->count[v]; k++) {
            uint32_t place = place_of(leaf, graph->heads[graph->first[v] + k]);
            if (place == 64) continue;
            leaf->known[i] |= UINT64_C(1) << place;
            leaf->known[place] |= UINT64_C(1) << i;
        }
    }
    /* The rim is one clique in the end: what lies above is above all of the cell. */
    uint64_t rim = (leaf->count == 64 ? 0 : UINT64_C(1) << leaf->count) -
                   (UINT64_C(1) << leaf->own);
    for (uint32_t i = leaf->own; i < leaf->count; i++) {
        leaf->known[i] |= rim & ~(UINT64_C(1) << i);
    }
}

/* Pairs of neighbours that do not know each other, twice. */
static uint32_t fill_of(const struct leaf *leaf, uint32_t at) {
    uint32_t fill = 0;
    uint64_t known = leaf->known[at];
    for (uint64_t rest = known; rest; rest &= rest - 1) {
        uint32_t other = (uint32_t)__builtin_ctzll(rest);
        fill += (uint32_t)__builtin_popcountll(known & ~leaf->known[other]) - 1;
    }
    return fill;
}

static void take_out(struct leaf *leaf, uint32_t at) {
    uint64_t known = leaf->known[at];
    for (uint64_t rest = known; rest; rest &= rest - 1) {
        uint32_t other = (uint32_t)__builtin_ctzll(rest);
        leaf->known[other] |= known;
        leaf->known[other] &= ~(UINT64_C(1) << other | UINT64_C(1) << at);
    }
}

void bm_order_leaf(const struct bm_neighbours *graph, uint32_t *nodes, uint32_t count) {
    struct leaf leaf = {.own = count, .count = count};
    BM_CHECK(count <= BM_LEAF_MOST);
    for (uint32_t i = 0; i < count; i++) leaf.nodes[i] = nodes[i];
    meet(&leaf, graph);
    uint32_t left = count == 32 ? UINT32_MAX : (UINT32_C(1) << count) - 1;
    for (uint32_t done = 0; done < count; done++) {
        uint32_t best = 0;
        uint64_t least = UINT64_MAX;
        for (uint32_t rest = left; rest; rest &= rest - 1) {
            uint32_t at = (uint32_t)__builtin_ctz(rest);
            uint64_t price = (uint64_t)fill_of(&leaf, at) << 32 |
                             (uint32_t)__builtin_popcountll(leaf.known[at]);
            if (price < least) {
                least = price;
                best = at;
            }
        }
        take_out(&leaf, best);
        left &= ~(UINT32_C(1) << best);
        nodes[done] = leaf.nodes[best];
    }
}
