/* Running to rest: the main event loop, exitStates, executeTransitionContent and enterStates of
 * SCXML, appendix D. */
#include "base/check.h"
#include "chart/model.h"

/* A step under way. */
struct step {
    const struct bm_chart *chart;
    const struct bm_chart_world *world;
    struct bm_configuration now;
    const char *event;                        /* that is being worked, NULL for none */
    uint32_t raised, worked;                  /* internal events so far */
    uint32_t last;                            /* the source of the last transition, for the fault */
    bool flooded;                             /* more were raised than there is room for */
    const char *waiting[BM_CHART_RAISED_MAX]; /* internal events, as they were raised */
};

/* The queue is left as it is: nothing reads it past `raised`. */
static void begin(struct step *step, const struct bm_chart *chart,
                  const struct bm_chart_world *world, const struct bm_configuration *now) {
    step->chart = chart;
    step->world = world;
    step->now = *now;
    step->event = NULL;
    step->raised = step->worked = 0;
    step->last = BM_CHART_NONE;
    step->flooded = false;
}

static void tell(const struct step *step, struct bm_chart_news *news) {
    if (!step->world->tell) return;
    if (!news->event) news->event = step->event;
    news->configuration = &step->now;
    step->world->tell(step->world->context, news);
}

static void raise_event(struct step *step, const char *event, uint32_t state, uint32_t transition,
                        uint32_t action) {
    if (step->raised == BM_CHART_RAISED_MAX) {
        step->flooded = true;
        return;
    }
    step->waiting[step->raised++] = event;
    tell(step, &(struct bm_chart_news){
                   .kind = BM_CHART_RAISED,
                   .state = state,
                   .transition = transition,
                   .action_number = action,
                   .event = event,
                   .action = action == BM_CHART_NONE ? NULL : &step->chart->actions[action]});
}

/* `state` is whose actions they are; `transition` its number in the draft, or BM_CHART_NONE. */
static void run(struct step *step, struct bm_chart_span actions, uint32_t state,
                uint32_t transition) {
    for (uint32_t a = actions.first; a < actions.first + actions.count; a++) {
        const struct bm_chart_action *action = &step->chart->actions[a];
        if (action->act == BM_CHART_RAISE)
            raise_event(step, action->event, state, transition, a);
        else
            tell(step, &(struct bm_chart_news){.kind = BM_CHART_TOLD,
                                               .state = state,
                                               .transition = transition,
                                               .action_number = a,
                                               .action = action});
    }
}

static void tell_move(const struct step *step, enum bm_chart_news_kind kind, uint32_t state) {
    tell(step, &(struct bm_chart_news){.kind = kind,
                                       .state = state,
                                       .transition = BM_CHART_NONE,
                                       .action_number = BM_CHART_NONE});
}

static void take(struct step *step, uint32_t number) {
    const struct bm_chart_edge *edge = &step->chart->edges[number];
    step->last = edge->source;
    tell(step, &(struct bm_chart_news){.kind = BM_CHART_TAKEN,
                                       .state = edge->source,
                                       .transition = edge->number,
                                       .action_number = BM_CHART_NONE});
    run(step, edge->actions, edge->source, edge->number);
}

/* --- leaving ---------------------------------------------------------------------------------- */

/* Notes what is active below the history's parent: the children, or all that have none below them.
 */
static void remember(struct step *step, uint32_t history) {
    const struct bm_chart *chart = step->chart;
    uint32_t parent = chart->nodes[history].parent;
    bool deep = chart->nodes[history].kind == BM_CHART_DEEP;
    for (uint32_t s = parent + 1; s < chart->nodes[parent].end; s++) {
        bool noted = bm_chart_set_has(&step->now.active, s) &&
                     (deep ? chart->nodes[s].leaf : chart->nodes[s].parent == parent);
        uint32_t bit = bm_chart_memory_bit(chart, history, s);
        if (noted)
            bm_chart_set_add(&step->now.memory, bit);
        else
            bm_chart_set_remove(&step->now.memory, bit);
    }
}

static void leave(struct step *step, const struct bm_chart_chosen *chosen) {
    const struct bm_chart *chart = step->chart;
    struct bm_chart_set left = {0};
    for (uint32_t c = 0; c < chosen->count; c++) {
        uint32_t domain = chosen->domains[c];
        if (domain == BM_CHART_DOMAIN_NONE) continue;
        uint32_t end = chart->nodes[domain].end;
        for (uint32_t s = bm_chart_set_next(&step->now.active, domain + 1); s < end;
             s = bm_chart_set_next(&step->now.active, s + 1))
            bm_chart_set_add(&left, s);
    }
    for (uint32_t h = 0; h < chart->history_count; h++)
        if (bm_chart_set_has(&left, chart->nodes[chart->histories[h]].parent))
            remember(step, chart->histories[h]);
    for (uint32_t s = bm_chart_set_last(&left, chart->node_count); s != BM_CHART_NONE;
         s = bm_chart_set_last(&left, s)) {
        run(step, chart->nodes[s].on_exit, s, BM_CHART_NONE);
        bm_chart_set_remove(&step->now.active, s);
        tell_move(step, BM_CHART_LEFT, s);
    }
}

/* --- entering --------------------------------------------------------------------------------- */

/* SCXML's isInFinalState, of a child of a parallel. */
static bool is_done(const struct step *step, uint32_t state) {
    const struct bm_chart *chart = step->chart;
    bool parallel = chart->nodes[state].kind == BM_CHART_PARALLEL;
    if (!parallel && chart->nodes[state].kind != BM_CHART_STATE) return false;
    BM_CHART_CHILD_EACH(chart, state, child) {
        bool done = parallel ? is_done(step, child)
                             : chart->nodes[child].kind == BM_CHART_FINAL &&
                                   bm_chart_set_has(&step->now.active, child);
        if (done != parallel) return done;
    }
    return parallel;
}

static void raise_done(struct step *step, uint32_t final) {
    const struct bm_chart_node *nodes = step->chart->nodes;
    uint32_t parent = nodes[final].parent;
    if (parent == 0) return;
    raise_event(step, nodes[parent].done, parent, BM_CHART_NONE, BM_CHART_NONE);
    uint32_t above = nodes[parent].parent;
    if (nodes[above].kind == BM_CHART_PARALLEL && is_done(step, above))
        raise_event(step, nodes[above].done, above, BM_CHART_NONE, BM_CHART_NONE);
}

static void enter(struct step *step, const struct bm_chart_entry *entry) {
    const struct bm_chart *chart = step->chart;
    BM_CHART_SET_EACH(&entry->states, s) {
        const struct bm_chart_node *node = &chart->nodes[s];
        bm_chart_set_add(&step->now.active, s);
        tell_move(step, BM_CHART_ENTERED, s);
        run(step, node->on_entry, s, BM_CHART_NONE);
        if (bm_chart_set_has(&entry->by_default, s)) take(step, node->initial);
        BM_CHART_SET_EACH(&entry->first_time, history) {
            if (chart->nodes[history].parent == s) take(step, chart->nodes[history].edge_first);
        }
        if (node->kind == BM_CHART_FINAL) raise_done(step, s);
    }
}

static void microstep(struct step *step, const struct bm_chart_chosen *chosen) {
    struct bm_chart_entry entry;
    leave(step, chosen);
    for (uint32_t c = 0; c < chosen->count; c++) take(step, chosen->edges[c]);
    bm_chart_find_entry(step->chart, &step->now, chosen, &entry);
    enter(step, &entry);
}

/* --- to rest ---------------------------------------------------------------------------------- */

/* The root's active child is the first of all that is active. */
bool bm_chart_ended(const struct bm_chart *chart, const struct bm_configuration *configuration) {
    uint32_t first = bm_chart_set_next(&configuration->active, 0);
    return first != BM_CHART_NONE && chart->nodes[first].kind == BM_CHART_FINAL;
}

/* What happens next by itself: transitions without an event, else the first internal event that one
 * takes. */
static bool choose_inner(struct step *step, struct bm_chart_chosen *chosen) {
    step->event = NULL;
    bm_chart_select(step->chart, step->world, &step->now, NULL, chosen);
    while (!chosen->count && step->worked < step->raised) {
        step->event = step->waiting[step->worked++];
        bm_chart_select(step->chart, step->world, &step->now, step->event, chosen);
    }
    return chosen->count > 0;
}

/* Only the final state is active now: its exit actions are told, and it stays as where the chart
 * ended. */
static void end(struct step *step) {
    uint32_t final = bm_chart_set_next(&step->now.active, 0);
    step->event = NULL;
    run(step, step->chart->nodes[final].on_exit, final, BM_CHART_NONE);
}

static enum bm_code goes_round(const struct step *step, const char *event, struct bm_fault *fault) {
    const char *what = event ? event : "the start";
    const char *at = step->last == BM_CHART_NONE ? "" : step->chart->nodes[step->last].id;
    if (step->flooded)
        return bm_fault_set(fault, BM_CONFLICT, at,
                            "After %s more than %d events were raised, the last ones by what "
                            "leaves %s; let fewer actions raise.",
                            what, BM_CHART_RAISED_MAX, at);
    return bm_fault_set(fault, BM_CONFLICT, at,
                        "After %s the chart did not come to rest in %d steps, the last of them "
                        "from %s; break the round with a guard "
                        "or an event.",
                        what, BM_CHART_MICROSTEPS_MAX, at);
}

/* Goes on from the `taken` microsteps behind it until nothing moves. */
static enum bm_code run_to_rest(struct step *step, uint32_t taken, const char *event,
                                struct bm_fault *fault) {
    struct bm_chart_chosen chosen;
    while (!step->flooded && !bm_chart_ended(step->chart, &step->now)) {
        if (!choose_inner(step, &chosen)) return BM_OK;
        if (taken++ == BM_CHART_MICROSTEPS_MAX) return goes_round(step, event, fault);
        microstep(step, &chosen);
    }
    if (!step->flooded) end(step);
    return step->flooded ? goes_round(step, event, fault) : BM_OK;
}

enum bm_code bm_chart_start(const struct bm_chart *chart, const struct bm_chart_world *world,
                            struct bm_configuration *ret_configuration, struct bm_fault *fault) {
    static const struct bm_configuration nothing;
    struct step step;
    begin(&step, chart, world, &nothing);
    struct bm_chart_entry entry;
    if (chart->nodes[0].initial != BM_CHART_NONE) take(&step, chart->nodes[0].initial);
    bm_chart_first_entry(chart, &entry);
    enter(&step, &entry);
    enum bm_code code = run_to_rest(&step, 0, NULL, fault);
    if (code == BM_OK) *ret_configuration = step.now;
    return code;
}

enum bm_code bm_chart_step(const struct bm_chart *chart, const struct bm_chart_world *world,
                           const struct bm_configuration *from, const char *event,
                           struct bm_configuration *ret_to, uint32_t *ret_taken,
                           struct bm_fault *fault) {
    struct step step;
    struct bm_chart_chosen chosen;
    chosen.count = 0;
    if (!bm_chart_is_event(event))
        return bm_fault_set(fault, BM_BAD_REQUEST, "event",
                            "An event's name is 1 to %d bytes of letters, digits, _ - : and single "
                            "dots between them.",
                            BM_CHART_EVENT_MAX);
    begin(&step, chart, world, from);
    step.event = event;
    if (!bm_chart_ended(chart, from)) {
        bm_chart_select(chart, world, &step.now, event, &chosen);
        if (chosen.count) microstep(&step, &chosen);
        enum bm_code code = run_to_rest(&step, chosen.count > 0, event, fault);
        if (code != BM_OK) return code;
    }
    *ret_to = step.now;
    if (ret_taken) *ret_taken = chosen.count;
    return BM_OK;
}
