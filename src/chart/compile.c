#include "base/alloc.h"
#include "base/check.h"
#include "chart/model.h"

enum { DONE_MAX = BM_CHART_NAME_MAX + 16 };

static char *copied(const char *text) {
    return text ? bm_text_copy(text) : NULL;
}

/* --- states ----------------------------------------------------------------------------------- */

static const char *done_name(const char *id) {
    char name[DONE_MAX];
    snprintf(name, sizeof name, "done.state.%s", id);
    return bm_text_copy(name);
}

static void make_nodes(struct bm_chart *chart, const struct bm_chart_draft *draft) {
    for (uint32_t s = 0; s < draft->state_count; s++) {
        const struct bm_chart_state *state = &draft->states[s];
        chart->nodes[s] = (struct bm_chart_node){.id = copied(state->id ? state->id : ""),
                                                 .parent = state->parent,
                                                 .end = s + 1,
                                                 .kind = state->kind,
                                                 .leaf = true,
                                                 .initial = BM_CHART_NONE,
                                                 .on_entry = state->on_entry,
                                                 .on_exit = state->on_exit};
        if (s > 0 && !bm_chart_is_pseudo(state->kind)) chart->nodes[state->parent].leaf = false;
        for (uint32_t above = state->parent; above != BM_CHART_NONE;
             above = chart->nodes[above].parent)
            chart->nodes[above].end = s + 1;
    }
    for (uint32_t s = 1; s < draft->state_count; s++) {
        struct bm_chart_node *parent = &chart->nodes[chart->nodes[s].parent];
        if (chart->nodes[s].kind == BM_CHART_PARALLEL)
            chart->nodes[s].done = done_name(chart->nodes[s].id);
        if (chart->nodes[s].kind == BM_CHART_FINAL && !parent->done)
            parent->done = done_name(parent->id);
    }
}

/* Room in a configuration's memory for what stands below each history's parent. */
static enum bm_code make_histories(struct bm_chart *chart, struct bm_fault *fault) {
    uint32_t bits = 0;
    for (uint32_t s = 0; s < chart->node_count; s++) {
        struct bm_chart_node *node = &chart->nodes[s];
        if (!bm_chart_is_history(node->kind)) continue;
        node->memory_first = bits;
        chart->histories[chart->history_count++] = s;
        bits += chart->nodes[node->parent].end - node->parent - 1;
        if (bits > BM_CHART_MEMORY_MAX)
            return bm_fault_set(fault, BM_OUT_OF_RANGE, node->id,
                                "With this history there are more than %d states below the parents "
                                "of histories; take one away, "
                                "or put it lower.",
                                BM_CHART_MEMORY_MAX);
    }
    return BM_OK;
}

/* --- transitions ------------------------------------------------------------------------------ */

static enum bm_code check_transition(const struct bm_chart_draft *draft, uint32_t number,
                                     struct bm_fault *fault) {
    const struct bm_chart_transition *transition = &draft->transitions[number];
    if (transition->source >= draft->state_count)
        return bm_fault_set(fault, BM_OUT_OF_RANGE, "source",
                            "Transition %u leads from state %u, and there are %u states; name one "
                            "of them.",
                            number, transition->source, draft->state_count);
    const char *source = bm_chart_called(draft, transition->source);
    struct bm_chart_span targets = transition->targets, actions = transition->actions;
    if (targets.count > BM_CHART_TARGETS_MAX)
        return bm_fault_set(fault, BM_OUT_OF_RANGE, source,
                            "A transition from %s has %u targets; at most %d are allowed.", source,
                            targets.count, BM_CHART_TARGETS_MAX);
    if (targets.first > draft->target_count ||
        targets.count > draft->target_count - targets.first ||
        actions.first > draft->action_count || actions.count > draft->action_count - actions.first)
        return bm_fault_set(
            fault, BM_OUT_OF_RANGE, source,
            "A transition from %s has targets or actions past the end of those that "
            "are given; mend its spans.",
            source);
    for (uint32_t t = targets.first; t < targets.first + targets.count; t++)
        if (draft->targets[t] >= draft->state_count)
            return bm_fault_set(fault, BM_OUT_OF_RANGE, source,
                                "A transition from %s leads to state %u, and there are %u states; "
                                "name one of them.",
                                source, draft->targets[t], draft->state_count);
    return BM_OK;
}

/* Sorted by source, those of one source as they stood. */
static void make_edges(struct bm_chart *chart, const struct bm_chart_draft *draft) {
    for (uint32_t t = 0; t < draft->transition_count; t++)
        chart->nodes[draft->transitions[t].source].edge_count++;
    for (uint32_t s = 1; s < chart->node_count; s++)
        chart->nodes[s].edge_first = chart->nodes[s - 1].edge_first +
                                     chart->nodes[s - 1].edge_count;
    for (uint32_t s = 0; s < chart->node_count; s++) chart->nodes[s].edge_count = 0;
    for (uint32_t t = 0; t < draft->transition_count; t++) {
        const struct bm_chart_transition *transition = &draft->transitions[t];
        struct bm_chart_node *source = &chart->nodes[transition->source];
        struct bm_chart_edge *edge = &chart->edges[source->edge_first + source->edge_count++];
        *edge = (struct bm_chart_edge){.number = t,
                                       .source = transition->source,
                                       .events = copied(transition->events),
                                       .targets = transition->targets,
                                       .internal = transition->internal,
                                       .guard = transition->guard,
                                       .domain = BM_CHART_DOMAIN_NONE,
                                       .actions = transition->actions};
        for (uint32_t i = 0; i < edge->targets.count; i++) {
            uint32_t target = chart->targets[edge->targets.first + i];
            if (bm_chart_is_history(chart->nodes[target].kind)) edge->remembers = true;
        }
    }
}

/* INITIALs and histories have exactly one; everything else that hangs on it is found here. */
static enum bm_code finish_edges(struct bm_chart *chart, struct bm_fault *fault) {
    static const struct bm_configuration nothing;
    for (uint32_t e = 0; e < chart->edge_count; e++) {
        struct bm_chart_edge *edge = &chart->edges[e];
        enum bm_code code = bm_chart_check_edge(chart, edge, fault);
        if (code != BM_OK) return code;
        bool fixed = edge->targets.count && !edge->remembers &&
                     !bm_chart_is_pseudo(chart->nodes[edge->source].kind);
        if (fixed) edge->domain = bm_chart_domain(chart, &nothing, edge);
    }
    for (uint32_t s = 0; s < chart->node_count; s++) {
        const struct bm_chart_node *node = &chart->nodes[s];
        if (!bm_chart_is_pseudo(node->kind)) continue;
        const char *called = node->kind == BM_CHART_INITIAL ? chart->nodes[node->parent].id
                                                            : node->id;
        if (node->edge_count != 1)
            return bm_fault_set(fault, BM_MISSING_FIELD, called,
                                "The %s of %s has %u transitions; it needs exactly one, which says "
                                "where it leads.",
                                node->kind == BM_CHART_INITIAL ? "initial" : "history",
                                chart->nodes[node->parent].id, node->edge_count);
        if (node->kind == BM_CHART_INITIAL) chart->nodes[node->parent].initial = node->edge_first;
    }
    return BM_OK;
}

/* --- all of it -------------------------------------------------------------------------------- */

static struct bm_chart *allocate(const struct bm_chart_draft *draft) {
    struct bm_chart *chart = bm_alloc_zero(1, sizeof *chart);
    chart->node_count = draft->state_count;
    chart->edge_count = draft->transition_count;
    chart->action_count = draft->action_count;
    chart->nodes = bm_alloc_zero(draft->state_count, sizeof *chart->nodes);
    chart->edges = bm_alloc_zero(draft->transition_count + 1, sizeof *chart->edges);
    chart->actions = bm_alloc_zero(draft->action_count + 1, sizeof *chart->actions);
    chart->targets = bm_alloc_zero(draft->target_count + 1, sizeof *chart->targets);
    chart->histories = bm_alloc_zero(draft->state_count, sizeof *chart->histories);
    if (draft->target_count)
        memcpy(chart->targets, draft->targets, draft->target_count * sizeof *chart->targets);
    for (uint32_t a = 0; a < draft->action_count; a++) {
        chart->actions[a] = draft->actions[a];
        chart->actions[a].event = copied(draft->actions[a].event);
        chart->actions[a].id = copied(draft->actions[a].id);
    }
    return chart;
}

enum bm_code bm_chart_compile(const struct bm_chart_draft *draft, struct bm_chart **ret_chart,
                              struct bm_fault *fault) {
    enum bm_code code = bm_chart_check_actions(draft, fault);
    if (code == BM_OK) code = bm_chart_check_states(draft, fault);
    for (uint32_t t = 0; t < draft->transition_count && code == BM_OK; t++)
        code = check_transition(draft, t, fault);
    if (code != BM_OK) return code;
    struct bm_chart *chart = allocate(draft);
    make_nodes(chart, draft);
    make_edges(chart, draft);
    code = make_histories(chart, fault);
    if (code == BM_OK) code = finish_edges(chart, fault);
    if (code == BM_OK)
        *ret_chart = chart;
    else
        bm_chart_free(chart);
    return code;
}

void bm_chart_free(struct bm_chart *chart) {
    if (!chart) return;
    for (uint32_t s = 0; s < chart->node_count; s++) {
        bm_free((char *)(uintptr_t)chart->nodes[s].id);
        bm_free((char *)(uintptr_t)chart->nodes[s].done);
    }
    for (uint32_t e = 0; e < chart->edge_count; e++)
        bm_free((char *)(uintptr_t)chart->edges[e].events);
    for (uint32_t a = 0; a < chart->action_count; a++) {
        bm_free((char *)(uintptr_t)chart->actions[a].event);
        bm_free((char *)(uintptr_t)chart->actions[a].id);
    }
    bm_free(chart->nodes);
    bm_free(chart->edges);
    bm_free(chart->actions);
    bm_free(chart->targets);
    bm_free(chart->histories);
    bm_free(chart);
}

/* --- questions -------------------------------------------------------------------------------- */

uint32_t bm_chart_state_count(const struct bm_chart *chart) {
    return chart->node_count;
}

uint32_t bm_chart_find(const struct bm_chart *chart, const char *id) {
    for (uint32_t s = 0; s < chart->node_count && id[0]; s++)
        if (strcmp(chart->nodes[s].id, id) == 0) return s;
    return BM_CHART_NONE;
}

const char *bm_chart_id(const struct bm_chart *chart, uint32_t state) {
    BM_CHECK(state < chart->node_count);
    return chart->nodes[state].id;
}

uint32_t bm_chart_parent(const struct bm_chart *chart, uint32_t state) {
    BM_CHECK(state < chart->node_count);
    return chart->nodes[state].parent;
}

enum bm_chart_kind bm_chart_kind_of(const struct bm_chart *chart, uint32_t state) {
    BM_CHECK(state < chart->node_count);
    return chart->nodes[state].kind;
}

bool bm_chart_in(const struct bm_configuration *configuration, uint32_t state) {
    return state < BM_CHART_STATES_MAX && bm_chart_set_has(&configuration->active, state);
}
