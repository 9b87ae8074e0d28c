#include "road/nodes.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "road/file.h"

enum { NOBODY = UINT32_MAX };

void bm_turn_cost(const struct bm_stored_turn *rules, size_t count, uint32_t to_arc,
                  uint32_t ret_weight[BM_profile_COUNT]) {
    bool is_only = false; /* the arc is one of those that `only` rules name */
    for (size_t i = 0; i < count; i++) is_only |= rules[i].only && rules[i].to_arc == to_arc;
    for (int profile = 0; profile < BM_profile_COUNT; profile++) {
        uint32_t most = 0;
        for (size_t i = 0; i < count; i++) {
            bool holds = rules[i].only ? !is_only : rules[i].to_arc == to_arc;
            if (holds && rules[i].weight[profile] > most) most = rules[i].weight[profile];
        }
        ret_weight[profile] = most;
    }
}

struct maker {
    struct bm_nodes nodes;
    uint32_t cap;
    const uint32_t *tails, *out_first;
    const struct bm_out_arc *out;
    /* Rules by the arc they bind: those of one junction at a time. */
    struct bm_stored_turn *rules;
    size_t rule_count;
};

static int by_arcs(const void *a, const void *b) {
    const struct bm_stored_turn *x = a, *y = b;
    if (x->from_arc != y->from_arc) return x->from_arc < y->from_arc ? -1 : 1;
    return x->to_arc < y->to_arc ? -1 : x->to_arc > y->to_arc;
}

static uint32_t new_node(struct maker *maker, uint32_t junction) {
    struct bm_nodes *nodes = &maker->nodes;
    if (nodes->count == maker->cap) {
        maker->cap += maker->cap / 8 + 64;
        nodes->junctions = bm_realloc(nodes->junctions, maker->cap * sizeof *nodes->junctions);
    }
    nodes->junctions[nodes->count] = junction;
    return nodes->count++;
}

static void add_turn(struct maker *maker, uint32_t from, uint32_t to, const uint32_t *weight) {
    struct bm_nodes *nodes = &maker->nodes;
    bool any = false;
    for (int p = 0; p < BM_profile_COUNT; p++) any |= weight[p] != BM_ROAD_INFINITE;
    if (!any) return;
    if (nodes->turn_count == nodes->turn_cap) {
        nodes->turn_cap = nodes->turn_cap + nodes->turn_cap / 2 + 64;
        nodes->turns = bm_realloc(nodes->turns, nodes->turn_cap * sizeof *nodes->turns);
    }
    struct bm_turn_arc *turn = &nodes->turns[nodes->turn_count++];
    *turn = (struct bm_turn_arc){.from = from, .to = to, .way = UINT32_MAX};
    memcpy(turn->weight, weight, sizeof turn->weight);
}

/* The rules that bind one arc. */
struct bound {
    const struct bm_stored_turn *rules;
    size_t count;
};

static struct bound rules_of(const struct maker *maker, uint32_t arc) {
    size_t low = 0, high = maker->rule_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (maker->rules[middle].from_arc < arc)
            low = middle + 1;
        else
            high = middle;
    }
    struct bound bound = {maker->rules + low, 0};
    while (low < maker->rule_count && maker->rules[low].from_arc == arc) {
        bound.count++;
        low++;
    }
    return bound;
}

static bool costs(struct bound bound, uint32_t to_arc, uint32_t *weight) {
    bool any = false;
    bm_turn_cost(bound.rules, bound.count, to_arc, weight);
    for (int p = 0; p < BM_profile_COUNT; p++) any |= weight[p] > 0;
    return any;
}

/* Whether any rule makes it cost something to turn into the arc. */
static bool is_contested(const struct maker *maker, uint32_t junction, uint32_t to_arc) {
    uint32_t weight[BM_profile_COUNT];
    for (uint32_t at = maker->out_first[junction]; at < maker->out_first[junction + 1]; at++) {
        if (costs(rules_of(maker, maker->out[at].arc ^ 1), to_arc, weight)) return true;
    }
    return false;
}

/* Gives the arcs that a rule names a start of their own, and all others another; returns that one.
 */
static uint32_t split_starts(struct maker *maker, uint32_t junction) {
    uint32_t rest = NOBODY;
    for (uint32_t at = maker->out_first[junction]; at < maker->out_first[junction + 1]; at++) {
        uint32_t arc = maker->out[at].arc, *start = &maker->nodes.starts[arc];
        if (is_contested(maker, junction, arc)) {
            *start = new_node(maker, junction);
        } else {
            if (rest == NOBODY) rest = new_node(maker, junction);
            *start = rest;
        }
    }
    return rest;
}

/* Turns from a node at which the arcs end that `bound` binds. */
static void add_turns(struct maker *maker, uint32_t junction, uint32_t from, struct bound bound,
                      uint32_t rest) {
    uint32_t weight[BM_profile_COUNT] = {0};
    if (rest != NOBODY) add_turn(maker, from, rest, weight);
    for (uint32_t at = maker->out_first[junction]; at < maker->out_first[junction + 1]; at++) {
        uint32_t arc = maker->out[at].arc;
        if (maker->nodes.starts[arc] == rest) continue;
        bm_turn_cost(bound.rules, bound.count, arc, weight);
        add_turn(maker, from, maker->nodes.starts[arc], weight);
    }
}

static bool binds(const struct maker *maker, uint32_t junction, struct bound bound) {
    uint32_t weight[BM_profile_COUNT];
    for (uint32_t at = maker->out_first[junction]; at < maker->out_first[junction + 1]; at++) {
        if (costs(bound, maker->out[at].arc, weight)) return true;
    }
    return false;
}

static void split(struct maker *maker, uint32_t junction) {
    bool any = false, others = false;
    for (uint32_t at = maker->out_first[junction]; at < maker->out_first[junction + 1]; at++) {
        if (binds(maker, junction, rules_of(maker, maker->out[at].arc ^ 1)))
            any = true;
        else
            others = true;
    }
    if (!any) return;
    uint32_t rest = split_starts(maker, junction);
    for (uint32_t at = maker->out_first[junction]; at < maker->out_first[junction + 1]; at++) {
        uint32_t arc = maker->out[at].arc ^ 1;
        struct bound bound = rules_of(maker, arc);
        if (!binds(maker, junction, bound)) continue;
        maker->nodes.ends[arc] = new_node(maker, junction);
        add_turns(maker, junction, maker->nodes.ends[arc], bound, rest);
    }
    /* Without others the junction's own node stands alone, and nothing leads to it. */
    if (others) add_turns(maker, junction, junction, (struct bound){NULL, 0}, rest);
}

/* Rules sorted by the arc they bind. */
static bool few_enough(const struct maker *maker) {
    size_t same = 0;
    for (size_t i = 0; i < maker->rule_count; i++) {
        uint32_t junction = maker->tails[maker->rules[i].to_arc];
        same = i > 0 && maker->rules[i].from_arc == maker->rules[i - 1].from_arc ? same + 1 : 1;
        uint32_t arcs = maker->out_first[junction + 1] - maker->out_first[junction];
        if (same > BM_ARC_RULES_MAX || arcs > BM_RULED_ARCS_MAX) return false;
    }
    return true;
}

static void split_all(struct maker *maker, uint32_t junctions, uint32_t edges) {
    size_t arcs = 2 * (size_t)edges;
    maker->nodes = (struct bm_nodes){.count = junctions,
                                     .junctions = bm_alloc(junctions * sizeof(uint32_t)),
                                     .starts = bm_alloc(arcs * sizeof(uint32_t)),
                                     .ends = bm_alloc(arcs * sizeof(uint32_t))};
    for (uint32_t junction = 0; junction < junctions; junction++) {
        maker->nodes.junctions[junction] = junction;
    }
    for (size_t arc = 0; arc < arcs; arc++) {
        maker->nodes.starts[arc] = maker->tails[arc];
        maker->nodes.ends[arc] = maker->tails[arc ^ 1];
    }
    uint8_t *done = bm_alloc_zero(junctions, 1);
    for (size_t i = 0; i < maker->rule_count; i++) {
        uint32_t junction = maker->tails[maker->rules[i].to_arc];
        if (!done[junction]) split(maker, junction);
        done[junction] = 1;
    }
    bm_free(done);
}

bool bm_nodes_make(uint32_t junctions, uint32_t edges, const uint32_t *tails,
                   const uint32_t *out_first, const struct bm_out_arc *out,
                   const struct bm_stored_turn *turns, size_t turn_count,
                   struct bm_nodes *ret_nodes) {
    struct maker maker = {.cap = junctions,
                          .tails = tails,
                          .out_first = out_first,
                          .out = out,
                          .rule_count = turn_count};
    maker.rules = bm_alloc((turn_count + 1) * sizeof *maker.rules);
    if (turn_count) memcpy(maker.rules, turns, turn_count * sizeof *turns);
    if (turn_count) qsort(maker.rules, turn_count, sizeof *maker.rules, by_arcs);
    bool few = few_enough(&maker);
    if (few) {
        split_all(&maker, junctions, edges);
        *ret_nodes = maker.nodes;
    }
    bm_free(maker.rules);
    return few;
}

void bm_nodes_free(struct bm_nodes *nodes) {
    bm_free(nodes->junctions);
    bm_free(nodes->starts);
    bm_free(nodes->ends);
    bm_free(nodes->turns);
}

void bm_nodes_rank(struct bm_nodes *nodes, uint32_t edges, const uint32_t *ranks) {
    uint32_t *junctions = bm_alloc(nodes->count * sizeof *junctions);
    for (uint32_t node = 0; node < nodes->count; node++) {
        junctions[ranks[node]] = nodes->junctions[node];
    }
    bm_free(nodes->junctions);
    nodes->junctions = junctions;
    for (size_t arc = 0; arc < 2 * (size_t)edges; arc++) {
        nodes->starts[arc] = ranks[nodes->starts[arc]];
        nodes->ends[arc] = ranks[nodes->ends[arc]];
    }
    for (size_t i = 0; i < nodes->turn_count; i++) {
        nodes->turns[i].from = ranks[nodes->turns[i].from];
        nodes->turns[i].to = ranks[nodes->turns[i].to];
    }
}
