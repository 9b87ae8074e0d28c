/* What a microstep enters: computeEntrySet of SCXML, appendix D.
 *
 * In two places this is stricter than the letter there, where transitions to a history from below
 * its parent would end in what is no configuration.  Such a transition may leave less than the
 * parent, and then what lies between is active still: the appendix would enter it once more, and
 * beside its active children the defaults of a parallel; here nothing is entered at or above the
 * transition's domain.  Or it leaves the parent and more, and the history notes what lies lower:
 * the appendix would look for the domain again and not enter the parent; here what was left
 * decides. */
#include "chart/model.h"

/* What is found, and where. */
struct finding {
    const struct bm_chart *chart;
    const struct bm_configuration *configuration;
    struct bm_chart_entry *entry;
    uint32_t domain; /* of the transition: what is entered lies below it */
};

static void add_down(const struct finding *finding, uint32_t state);

/* Every child of a parallel of which nothing is entered yet, by its default. */
static void complete_parallel(const struct finding *finding, uint32_t parallel) {
    const struct bm_chart *chart = finding->chart;
    BM_CHART_CHILD_EACH(chart, parallel, child) {
        if (!bm_chart_set_meets(&finding->entry->states, child + 1, chart->nodes[child].end))
            add_down(finding, child);
    }
}

/* What lies between a state and `above`, which is above it or not below the domain; with a parallel
 * the rest of its children. Of two states above another the lower one has the greater number. */
static void add_up(const struct finding *finding, uint32_t state, uint32_t above) {
    const struct bm_chart_node *nodes = finding->chart->nodes;
    if (above < finding->domain) above = finding->domain;
    for (uint32_t at = nodes[state].parent; at > above; at = nodes[at].parent) {
        bm_chart_set_add(&finding->entry->states, at);
        if (nodes[at].kind == BM_CHART_PARALLEL) complete_parallel(finding, at);
    }
}

/* The targets of a transition, and what lies between them and `above`. */
static void add_targets(const struct finding *finding, struct bm_chart_span targets,
                        uint32_t above) {
    const uint32_t *first = finding->chart->targets + targets.first;
    for (uint32_t t = 0; t < targets.count; t++) add_down(finding, first[t]);
    for (uint32_t t = 0; t < targets.count; t++) add_up(finding, first[t], above);
}

static void add_history(const struct finding *finding, uint32_t history) {
    const struct bm_chart *chart = finding->chart;
    const struct bm_chart_node *node = &chart->nodes[history];
    if (!bm_chart_remembers(chart, finding->configuration, history)) {
        bm_chart_set_add(&finding->entry->first_time, history);
        add_targets(finding, chart->edges[node->edge_first].targets, node->parent);
        return;
    }
    const struct bm_chart_set *memory = &finding->configuration->memory;
    uint32_t first = node->memory_first,
             end = first + chart->nodes[node->parent].end - node->parent - 1;
    for (uint32_t bit = bm_chart_set_next(memory, first); bit < end;
         bit = bm_chart_set_next(memory, bit + 1))
        add_down(finding, node->parent + 1 + bit - first);
    for (uint32_t bit = bm_chart_set_next(memory, first); bit < end;
         bit = bm_chart_set_next(memory, bit + 1))
        add_up(finding, node->parent + 1 + bit - first, node->parent);
}

/* A state and what its entry entails below it.  What is called from here lies deeper, but for what
 * a history remembers, which lies as deep as it: so it goes no deeper than twice the depth of the
 * chart. */
static void add_down(const struct finding *finding, uint32_t state) {
    const struct bm_chart *chart = finding->chart;
    const struct bm_chart_node *node = &chart->nodes[state];
    if (bm_chart_is_history(node->kind)) {
        add_history(finding, state);
        return;
    }
    bm_chart_set_add(&finding->entry->states, state);
    if (node->kind == BM_CHART_PARALLEL) {
        complete_parallel(finding, state);
    } else if (node->initial != BM_CHART_NONE) {
        bm_chart_set_add(&finding->entry->by_default, state);
        add_targets(finding, chart->edges[node->initial].targets, state);
    } else if (!node->leaf) {
        add_down(finding, bm_chart_child_from(chart, state, state + 1));
    }
}

void bm_chart_find_entry(const struct bm_chart *chart, const struct bm_configuration *configuration,
                         const struct bm_chart_chosen *chosen, struct bm_chart_entry *ret_entry) {
    *ret_entry = (struct bm_chart_entry){0};
    for (uint32_t c = 0; c < chosen->count; c++) {
        struct finding finding = {chart, configuration, ret_entry, chosen->domains[c]};
        struct bm_chart_span targets = chart->edges[chosen->edges[c]].targets;
        if (targets.count) add_targets(&finding, targets, finding.domain);
    }
}

void bm_chart_first_entry(const struct bm_chart *chart, struct bm_chart_entry *ret_entry) {
    static const struct bm_configuration nothing;
    *ret_entry = (struct bm_chart_entry){0};
    struct finding finding = {chart, &nothing, ret_entry, 0};
    if (chart->nodes[0].initial != BM_CHART_NONE)
        add_targets(&finding, chart->edges[chart->nodes[0].initial].targets, 0);
    else
        add_down(&finding, bm_chart_child_from(chart, 0, 1));
}
