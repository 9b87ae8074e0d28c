/* Which transitions an event enables: selectTransitions and removeConflictingTransitions of SCXML,
 * appendix D. */
#include <string.h>

#include "base/check.h"
#include "chart/model.h"

/* Whether the descriptor of `len` bytes takes the event: token by token, it may be the front of it.
 */
static bool descriptor_takes(const char *descriptor, size_t len, const char *event) {
    if (len >= 1 && descriptor[len - 1] == '*') len--;
    if (len >= 1 && descriptor[len - 1] == '.') len--;
    if (len == 0) return true;
    return strncmp(descriptor, event, len) == 0 && (event[len] == 0 || event[len] == '.');
}

bool bm_chart_takes(const char *descriptors, const char *event) {
    for (;;) {
        size_t len = strcspn(descriptors, " ");
        if (descriptor_takes(descriptors, len, event)) return true;
        if (!descriptors[len]) return false;
        descriptors += len + 1;
    }
}

/* --- what a transition leaves ----------------------------------------------------------------- */

/* The states that a transition enters, folded one by one. */
struct folded {
    uint32_t source, domain;
    bool below; /* the source, all of them */
};

static void fold(const struct bm_chart *chart, struct folded *folded, uint32_t state) {
    folded->below = folded->below && bm_chart_is_below(chart, state, folded->source);
    folded->domain = bm_chart_domain_above(chart, folded->domain, state);
}

/* What a history stands for: what it remembers, else the targets of its own transition. */
static void fold_history(const struct bm_chart *chart, const struct bm_configuration *configuration,
                         struct folded *folded, uint32_t history) {
    const struct bm_chart_node *node = &chart->nodes[history];
    if (bm_chart_remembers(chart, configuration, history)) {
        for (uint32_t s = node->parent + 1; s < chart->nodes[node->parent].end; s++)
            if (bm_chart_set_has(&configuration->memory, bm_chart_memory_bit(chart, history, s)))
                fold(chart, folded, s);
        return;
    }
    struct bm_chart_span targets = chart->edges[node->edge_first].targets;
    for (uint32_t t = 0; t < targets.count; t++)
        fold(chart, folded, chart->targets[targets.first + t]);
}

uint32_t bm_chart_domain(const struct bm_chart *chart, const struct bm_configuration *configuration,
                         const struct bm_chart_edge *edge) {
    struct folded folded = {edge->source, chart->nodes[edge->source].parent, true};
    for (uint32_t t = 0; t < edge->targets.count; t++) {
        uint32_t target = chart->targets[edge->targets.first + t];
        if (bm_chart_is_history(chart->nodes[target].kind))
            fold_history(chart, configuration, &folded, target);
        else
            fold(chart, &folded, target);
    }
    bool stays = edge->internal && folded.below && bm_chart_is_compound(chart, edge->source);
    return stays ? edge->source : folded.domain;
}

/* Whether the two leave a state in common.  What is below two states is either apart or one holds
 * the other. */
static bool in_conflict(const struct bm_chart *chart, const struct bm_configuration *configuration,
                        uint32_t a, uint32_t b) {
    if (a == BM_CHART_DOMAIN_NONE || b == BM_CHART_DOMAIN_NONE) return false;
    uint32_t from = a > b ? a : b;
    uint32_t end = chart->nodes[a].end < chart->nodes[b].end ? chart->nodes[a].end
                                                             : chart->nodes[b].end;
    return bm_chart_set_meets(&configuration->active, from + 1, end);
}

/* Adds the transition, unless one that was chosen before and is not above it leaves a state that it
 * leaves too; those above it that do give way. */
static void choose(const struct bm_chart *chart, const struct bm_configuration *configuration,
                   uint32_t number, struct bm_chart_chosen *chosen) {
    const struct bm_chart_edge *edge = &chart->edges[number];
    uint32_t domain = edge->remembers ? bm_chart_domain(chart, configuration, edge) : edge->domain;
    for (uint32_t i = 0; i < chosen->count; i++)
        if (in_conflict(chart, configuration, domain, chosen->domains[i]) &&
            !bm_chart_is_below(chart, edge->source, chart->edges[chosen->edges[i]].source))
            return;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < chosen->count; i++) {
        if (in_conflict(chart, configuration, domain, chosen->domains[i])) continue;
        chosen->edges[kept] = chosen->edges[i];
        chosen->domains[kept++] = chosen->domains[i];
    }
    chosen->edges[kept] = (uint16_t)number;
    chosen->domains[kept] = (uint16_t)domain;
    chosen->count = kept + 1;
}

/* --- what an event enables -------------------------------------------------------------------- */

static bool enabled(const struct bm_chart_world *world,
                    const struct bm_configuration *configuration, const struct bm_chart_edge *edge,
                    const char *event) {
    if (!edge->events != !event) return false;
    if (event && !bm_chart_takes(edge->events, event)) return false;
    if (!edge->guard) return true;
    BM_CHECK(world->guard);
    return world->guard(world->context, edge->guard, event, configuration);
}

/* The first that is enabled, from the state outwards; BM_CHART_NONE if none is. */
static uint32_t innermost(const struct bm_chart *chart, const struct bm_chart_world *world,
                          const struct bm_configuration *configuration, const char *event,
                          uint32_t state) {
    for (; state != BM_CHART_NONE; state = chart->nodes[state].parent) {
        const struct bm_chart_node *node = &chart->nodes[state];
        for (uint32_t e = node->edge_first; e < node->edge_first + node->edge_count; e++)
            if (enabled(world, configuration, &chart->edges[e], event)) return e;
    }
    return BM_CHART_NONE;
}

void bm_chart_select(const struct bm_chart *chart, const struct bm_chart_world *world,
                     const struct bm_configuration *configuration, const char *event,
                     struct bm_chart_chosen *ret_chosen) {
    struct bm_chart_set seen[BM_CHART_TRANSITIONS_MAX / BM_CHART_STATES_MAX] = {0};
    ret_chosen->count = 0;
    BM_CHART_SET_EACH(&configuration->active, state) {
        if (!chart->nodes[state].leaf) continue;
        uint32_t number = innermost(chart, world, configuration, event, state);
        if (number == BM_CHART_NONE) continue;
        struct bm_chart_set *part = &seen[number / BM_CHART_STATES_MAX];
        if (bm_chart_set_has(part, number % BM_CHART_STATES_MAX)) continue;
        bm_chart_set_add(part, number % BM_CHART_STATES_MAX);
        choose(chart, configuration, number, ret_chosen);
    }
}

uint32_t bm_chart_would_take(const struct bm_chart *chart, const struct bm_chart_world *world,
                             const struct bm_configuration *configuration, const char *event,
                             uint32_t *ret_transitions) {
    struct bm_chart_chosen chosen;
    if (!bm_chart_is_event(event)) return 0;
    bm_chart_select(chart, world, configuration, event, &chosen);
    for (uint32_t i = 0; i < chosen.count && ret_transitions; i++)
        ret_transitions[i] = chart->edges[chosen.edges[i]].number;
    return chosen.count;
}
