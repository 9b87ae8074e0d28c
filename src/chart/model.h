/* A compiled chart, and how to walk it.
 *
 * States stand in preorder, so what is below s are the numbers s+1 .. end-1, the first child of s is s+1, and the next
 * sibling of c is the end of c: "is below" is two comparisons, and a set cut to a range is everything active below a state. */
#ifndef BM_CHART_MODEL_H
#define BM_CHART_MODEL_H

#include "chart/set.h"

struct bm_chart_node {
    const char *id;
    uint32_t parent;
    uint32_t end; /* one past the last below it */
    enum bm_chart_kind kind;
    bool leaf;    /* no proper state below it; pseudo-states too */
    uint32_t memory_first; /* a history's: bit memory_first + (s - parent - 1) stands for s */
    /* The transition of its INITIAL; else, for a compound, BM_CHART_NONE: the first proper child. */
    uint32_t initial;
    uint32_t edge_first, edge_count; /* of the transitions, sorted by source */
    struct bm_chart_span on_entry, on_exit;
    const char *done; /* done.state.ID, for those that have a FINAL or are parallel; else NULL */
};

struct bm_chart_edge {
    uint32_t number; /* in the draft */
    uint32_t source;
    const char *events; /* NULL: without */
    struct bm_chart_span targets;
    bool internal;
    bool remembers; /* one of the targets is a history: the domain hangs on the configuration */
    uint32_t guard;
    uint32_t domain; /* if not `remembers`; BM_CHART_DOMAIN_NONE without targets */
    struct bm_chart_span actions;
};

enum { BM_CHART_DOMAIN_NONE = UINT16_MAX };

struct bm_chart {
    struct bm_chart_node *nodes;
    struct bm_chart_edge *edges;
    struct bm_chart_action *actions;
    uint32_t *targets;
    uint32_t *histories; /* states, in document order */
    uint32_t node_count, edge_count, action_count, target_count, history_count;
};

static inline bool bm_chart_is_pseudo(enum bm_chart_kind kind) {
    return kind == BM_CHART_SHALLOW || kind == BM_CHART_DEEP || kind == BM_CHART_INITIAL;
}
static inline bool bm_chart_is_history(enum bm_chart_kind kind) {
    return kind == BM_CHART_SHALLOW || kind == BM_CHART_DEEP;
}
static inline bool bm_chart_is_compound(const struct bm_chart *chart, uint32_t state) {
    return chart->nodes[state].kind == BM_CHART_STATE && !chart->nodes[state].leaf;
}
static inline bool bm_chart_is_below(const struct bm_chart *chart, uint32_t state, uint32_t above) {
    return state > above && state < chart->nodes[above].end;
}

/* The first child >= `from` that is no pseudo-state; `from` is a child's number or the end.  BM_CHART_NONE: no more. */
static inline uint32_t bm_chart_child_from(const struct bm_chart *chart, uint32_t parent, uint32_t from) {
    for (uint32_t end = chart->nodes[parent].end; from < end; from = chart->nodes[from].end)
        if (!bm_chart_is_pseudo(chart->nodes[from].kind)) return from;
    return BM_CHART_NONE;
}
#define BM_CHART_CHILD_EACH(chart, parent, child)                                                                              \
    for (uint32_t child = bm_chart_child_from((chart), (parent), (parent) + 1); child != BM_CHART_NONE;                        \
         child = bm_chart_child_from((chart), (parent), (chart)->nodes[child].end))

/* The nearest state, `domain` itself included, that is compound or the root and has `state` below it: folded over the targets
 * of a transition from its source's parent on, SCXML's least common compound ancestor. */
static inline uint32_t bm_chart_domain_above(const struct bm_chart *chart, uint32_t domain, uint32_t state) {
    while (!(bm_chart_is_compound(chart, domain) && bm_chart_is_below(chart, state, domain)))
        domain = chart->nodes[domain].parent;
    return domain;
}

/* The bit of a history's memory that stands for `state`, which is below its parent. */
static inline uint32_t bm_chart_memory_bit(const struct bm_chart *chart, uint32_t history, uint32_t state) {
    const struct bm_chart_node *node = &chart->nodes[history];
    return node->memory_first + (state - node->parent - 1);
}
static inline bool bm_chart_remembers(const struct bm_chart *chart, const struct bm_configuration *configuration,
                                      uint32_t history) {
    const struct bm_chart_node *node = &chart->nodes[history];
    uint32_t bits = chart->nodes[node->parent].end - node->parent - 1;
    return bm_chart_set_meets(&configuration->memory, node->memory_first, node->memory_first + bits);
}

/* --- checks of a draft (check.c), in this order ----------------------------------------------------- */

/* Numbers, ids, actions, and how states stand; then the transitions, on a chart whose nodes and edges are made. */
enum bm_code bm_chart_check_states(const struct bm_chart_draft *draft, struct bm_fault *fault);
enum bm_code bm_chart_check_actions(const struct bm_chart_draft *draft, struct bm_fault *fault);
enum bm_code bm_chart_check_edge(const struct bm_chart *chart, const struct bm_chart_edge *edge, struct bm_fault *fault);
/* How a state is called in a fault: its id, or its parent's for an INITIAL without one. */
const char *bm_chart_called(const struct bm_chart_draft *draft, uint32_t state);

/* --- one microstep ---------------------------------------------------------------------------- */

/* The transitions that are taken together, in the order of selection, and what each leaves: all that is active below its
 * domain. */
struct bm_chart_chosen {
    uint32_t count;
    uint16_t edges[BM_CHART_STATES_MAX];
    uint16_t domains[BM_CHART_STATES_MAX]; /* state; BM_CHART_DOMAIN_NONE: nothing is left */
};

/* What `event` (NULL: without one) enables, conflicts resolved. */
void bm_chart_select(const struct bm_chart *chart, const struct bm_chart_world *world,
                     const struct bm_configuration *configuration, const char *event, struct bm_chart_chosen *ret_chosen);
/* The domain of a transition with targets, as the memory stands: the state below which everything is left. */
uint32_t bm_chart_domain(const struct bm_chart *chart, const struct bm_configuration *configuration,
                         const struct bm_chart_edge *edge);

/* What a microstep enters; the memory is as the states that were left leave it. */
struct bm_chart_entry {
    struct bm_chart_set states;
    struct bm_chart_set by_default; /* compounds whose INITIAL was followed */
    struct bm_chart_set first_time; /* histories whose own transition was followed, since they remember nothing */
};
void bm_chart_find_entry(const struct bm_chart *chart, const struct bm_configuration *configuration,
                         const struct bm_chart_chosen *chosen, struct bm_chart_entry *ret_entry);
/* What the chart enters first. */
void bm_chart_first_entry(const struct bm_chart *chart, struct bm_chart_entry *ret_entry);

#endif
