#include "plain.h"

#include "base/check.h"

/* --- lists ------------------------------------------------------------------------------------ */

bool plain_has(const struct plain_list *list, uint32_t item) {
    for (uint32_t i = 0; i < list->count; i++)
        if (list->items[i] == item) return true;
    return false;
}

static void add(struct plain_list *list, uint32_t item) {
    if (plain_has(list, item)) return;
    BM_CHECK(list->count < PLAIN_LIST);
    list->items[list->count++] = item;
}

static void drop(struct plain_list *list, uint32_t item) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < list->count; i++)
        if (list->items[i] != item) list->items[kept++] = list->items[i];
    list->count = kept;
}

static void sort(struct plain_list *list) {
    for (uint32_t i = 1; i < list->count; i++)
        for (uint32_t j = i; j > 0 && list->items[j - 1] > list->items[j]; j--) {
            uint32_t item = list->items[j];
            list->items[j] = list->items[j - 1];
            list->items[j - 1] = item;
        }
}

static bool meet(const struct plain_list *a, const struct plain_list *b) {
    for (uint32_t i = 0; i < a->count; i++)
        if (plain_has(b, a->items[i])) return true;
    return false;
}

/* --- the tree --------------------------------------------------------------------------------- */

bool plain_below(const struct bm_chart_draft *draft, uint32_t state, uint32_t above) {
    for (uint32_t at = draft->states[state].parent; at != BM_CHART_NONE;
         at = draft->states[at].parent)
        if (at == above) return true;
    return false;
}

static enum bm_chart_kind kind(const struct bm_chart_draft *draft, uint32_t state) {
    return draft->states[state].kind;
}

static bool is_history(const struct bm_chart_draft *draft, uint32_t state) {
    return kind(draft, state) == BM_CHART_SHALLOW || kind(draft, state) == BM_CHART_DEEP;
}

struct plain_list plain_children(const struct bm_chart_draft *draft, uint32_t state) {
    struct plain_list children = {.count = 0};
    for (uint32_t s = 0; s < draft->state_count; s++)
        if (draft->states[s].parent == state && !is_history(draft, s) &&
            kind(draft, s) != BM_CHART_INITIAL)
            add(&children, s);
    return children;
}

static bool is_atomic(const struct bm_chart_draft *draft, uint32_t state) {
    return plain_children(draft, state).count == 0;
}
static bool is_compound(const struct bm_chart_draft *draft, uint32_t state) {
    return kind(draft, state) == BM_CHART_STATE && !is_atomic(draft, state);
}

/* The only transition of a pseudo-state; BM_CHART_NONE if there is none from this state. */
static uint32_t only_transition(const struct bm_chart_draft *draft, uint32_t state) {
    for (uint32_t t = 0; t < draft->transition_count; t++)
        if (draft->transitions[t].source == state) return t;
    return BM_CHART_NONE;
}

static uint32_t initial_of(const struct bm_chart_draft *draft, uint32_t state) {
    for (uint32_t s = 0; s < draft->state_count; s++)
        if (draft->states[s].parent == state && kind(draft, s) == BM_CHART_INITIAL)
            return only_transition(draft, s);
    return BM_CHART_NONE;
}

static struct plain_list targets_of(const struct bm_chart_draft *draft, uint32_t transition) {
    struct plain_list targets = {.count = 0};
    struct bm_chart_span span = draft->transitions[transition].targets;
    for (uint32_t t = 0; t < span.count; t++) add(&targets, draft->targets[span.first + t]);
    return targets;
}

/* --- transitions ------------------------------------------------------------------------------ */

static struct plain_list effective_targets(const struct plain *plain, uint32_t transition) {
    struct plain_list named = targets_of(plain->draft, transition), targets = {.count = 0};
    for (uint32_t t = 0; t < named.count; t++) {
        uint32_t target = named.items[t];
        struct plain_list meant = {.items = {target}, .count = 1};
        if (is_history(plain->draft, target))
            meant = plain->history[target].count
                        ? plain->history[target]
                        : effective_targets(plain, only_transition(plain->draft, target));
        for (uint32_t m = 0; m < meant.count; m++) add(&targets, meant.items[m]);
    }
    return targets;
}

static bool all_below(const struct plain *plain, const struct plain_list *states, uint32_t above) {
    for (uint32_t s = 0; s < states->count; s++)
        if (!plain_below(plain->draft, states->items[s], above)) return false;
    return true;
}

/* BM_CHART_NONE: without targets. */
static uint32_t domain_of(const struct plain *plain, uint32_t transition) {
    const struct bm_chart_transition *t = &plain->draft->transitions[transition];
    struct plain_list targets = effective_targets(plain, transition);
    if (!targets.count) return BM_CHART_NONE;
    if (t->internal && is_compound(plain->draft, t->source) &&
        all_below(plain, &targets, t->source))
        return t->source;
    for (uint32_t above = plain->draft->states[t->source].parent;;
         above = plain->draft->states[above].parent)
        if ((above == 0 || is_compound(plain->draft, above)) && all_below(plain, &targets, above))
            return above;
}

static struct plain_list exit_set(const struct plain *plain, uint32_t transition) {
    struct plain_list left = {.count = 0};
    uint32_t domain = domain_of(plain, transition);
    for (uint32_t s = 0; s < plain->configuration.count && domain != BM_CHART_NONE; s++)
        if (plain_below(plain->draft, plain->configuration.items[s], domain))
            add(&left, plain->configuration.items[s]);
    return left;
}

/* Token by token: every token of the descriptor is that of the event, but for a last *. */
static bool token_match(const char *descriptor, const char *event) {
    while (*descriptor) {
        size_t wanted = strcspn(descriptor, "."), is = strcspn(event, ".");
        if (wanted == 1 && *descriptor == '*') return true;
        if (wanted == 0) return true; /* a dot at the end */
        if (wanted != is || memcmp(descriptor, event, is) != 0) return false;
        descriptor += wanted + (descriptor[wanted] == '.');
        event += is + (event[is] == '.');
    }
    return true;
}

static bool takes(const char *descriptors, const char *event) {
    char copy[BM_CHART_EVENTS_MAX + 1], *rest = NULL;
    snprintf(copy, sizeof copy, "%s", descriptors);
    for (char *d = strtok_r(copy, " ", &rest); d; d = strtok_r(NULL, " ", &rest))
        if (token_match(d, event)) return true;
    return false;
}

static bool is_enabled(const struct plain *plain, uint32_t transition, const char *event) {
    const struct bm_chart_transition *t = &plain->draft->transitions[transition];
    if (event ? !t->events || !takes(t->events, event) : t->events != NULL) return false;
    return !t->guard || plain->guard(plain->context, t->guard, plain);
}

static struct plain_list without_conflicts(const struct plain *plain,
                                           const struct plain_list *enabled) {
    struct plain_list filtered = {.count = 0};
    for (uint32_t i = 0; i < enabled->count; i++) {
        uint32_t t1 = enabled->items[i];
        struct plain_list left1 = exit_set(plain, t1), to_remove = {.count = 0};
        bool preempted = false;
        for (uint32_t j = 0; j < filtered.count && !preempted; j++) {
            uint32_t t2 = filtered.items[j];
            struct plain_list left2 = exit_set(plain, t2);
            if (!meet(&left1, &left2)) continue;
            if (plain_below(plain->draft, plain->draft->transitions[t1].source,
                            plain->draft->transitions[t2].source))
                add(&to_remove, t2);
            else
                preempted = true;
        }
        if (preempted) continue;
        for (uint32_t j = 0; j < to_remove.count; j++) drop(&filtered, to_remove.items[j]);
        add(&filtered, t1);
    }
    return filtered;
}

/* BM_CHART_NONE: from nowhere up here. */
static uint32_t first_enabled(const struct plain *plain, uint32_t state, const char *event) {
    for (uint32_t at = state; at != BM_CHART_NONE; at = plain->draft->states[at].parent)
        for (uint32_t t = 0; t < plain->draft->transition_count; t++)
            if (plain->draft->transitions[t].source == at && is_enabled(plain, t, event)) return t;
    return BM_CHART_NONE;
}

static struct plain_list select_transitions(struct plain *plain, const char *event) {
    struct plain_list enabled = {.count = 0};
    sort(&plain->configuration);
    for (uint32_t s = 0; s < plain->configuration.count; s++) {
        if (!is_atomic(plain->draft, plain->configuration.items[s])) continue;
        uint32_t t = first_enabled(plain, plain->configuration.items[s], event);
        if (t != BM_CHART_NONE) add(&enabled, t);
    }
    return without_conflicts(plain, &enabled);
}

/* --- what happens ----------------------------------------------------------------------------- */

static void note(struct plain *plain, enum bm_chart_news_kind what, uint32_t state,
                 uint32_t transition, uint32_t action, const char *event) {
    BM_CHECK(plain->trace_count < PLAIN_TRACE);
    struct plain_news *news = &plain->trace[plain->trace_count++];
    *news = (struct plain_news){
        .kind = what, .state = state, .transition = transition, .action = action};
    snprintf(news->event, sizeof news->event, "%s", event ? event : "");
}

static void enqueue(struct plain *plain, const char *event, uint32_t state, uint32_t transition,
                    uint32_t action) {
    plain->flooded = plain->flooded || plain->queued == BM_CHART_RAISED_MAX;
    if (plain->flooded) return;
    snprintf(plain->queue[plain->queued++], BM_CHART_EVENT_MAX + 1, "%s", event);
    note(plain, BM_CHART_RAISED, state, transition, action, event);
}

static void execute(struct plain *plain, struct bm_chart_span actions, uint32_t state,
                    uint32_t transition) {
    for (uint32_t a = actions.first; a < actions.first + actions.count; a++) {
        if (plain->draft->actions[a].act == BM_CHART_RAISE)
            enqueue(plain, plain->draft->actions[a].event, state, transition, a);
        else
            note(plain, BM_CHART_TOLD, state, transition, a, NULL);
    }
}

static void execute_transition(struct plain *plain, uint32_t transition) {
    const struct bm_chart_transition *t = &plain->draft->transitions[transition];
    note(plain, BM_CHART_TAKEN, t->source, transition, BM_CHART_NONE, NULL);
    execute(plain, t->actions, t->source, transition);
}

/* --- leaving and entering --------------------------------------------------------------------- */

static void record_history(struct plain *plain, uint32_t left) {
    const struct bm_chart_draft *draft = plain->draft;
    for (uint32_t h = 0; h < draft->state_count; h++) {
        if (!is_history(draft, h) || draft->states[h].parent != left) continue;
        plain->history[h].count = 0;
        for (uint32_t s = 0; s < plain->configuration.count; s++) {
            uint32_t state = plain->configuration.items[s];
            bool deep = kind(draft, h) == BM_CHART_DEEP && is_atomic(draft, state) &&
                        plain_below(draft, state, left);
            bool shallow = kind(draft, h) == BM_CHART_SHALLOW &&
                           draft->states[state].parent == left;
            if (deep || shallow) add(&plain->history[h], state);
        }
    }
}

static void exit_states(struct plain *plain, const struct plain_list *transitions) {
    struct plain_list to_exit = {.count = 0};
    for (uint32_t t = 0; t < transitions->count; t++) {
        struct plain_list left = exit_set(plain, transitions->items[t]);
        for (uint32_t s = 0; s < left.count; s++) add(&to_exit, left.items[s]);
    }
    sort(&to_exit);
    for (uint32_t s = to_exit.count; s-- > 0;) record_history(plain, to_exit.items[s]);
    for (uint32_t s = to_exit.count; s-- > 0;) {
        uint32_t state = to_exit.items[s];
        execute(plain, plain->draft->states[state].on_exit, state, BM_CHART_NONE);
        drop(&plain->configuration, state);
        note(plain, BM_CHART_LEFT, state, BM_CHART_NONE, BM_CHART_NONE, NULL);
    }
}

static void add_descendants(struct plain *plain, uint32_t state);

static void complete(struct plain *plain, uint32_t parallel) {
    struct plain_list children = plain_children(plain->draft, parallel);
    for (uint32_t c = 0; c < children.count; c++) {
        bool some = false;
        for (uint32_t s = 0; s < plain->to_enter.count; s++)
            some = some || plain_below(plain->draft, plain->to_enter.items[s], children.items[c]);
        if (!some) add_descendants(plain, children.items[c]);
    }
}

/* As in the appendix, but that what is not below the transition's domain is active still and is not
 * entered. */
static void add_ancestors(struct plain *plain, uint32_t state, uint32_t upto) {
    for (uint32_t at = plain->draft->states[state].parent; at != upto && at != BM_CHART_NONE;
         at = plain->draft->states[at].parent) {
        if (!plain_below(plain->draft, at, plain->domain)) return;
        add(&plain->to_enter, at);
        if (kind(plain->draft, at) == BM_CHART_PARALLEL) complete(plain, at);
    }
}

static void add_all(struct plain *plain, struct plain_list states, uint32_t upto) {
    for (uint32_t s = 0; s < states.count; s++) add_descendants(plain, states.items[s]);
    for (uint32_t s = 0; s < states.count; s++) add_ancestors(plain, states.items[s], upto);
}

static void add_descendants(struct plain *plain, uint32_t state) {
    const struct bm_chart_draft *draft = plain->draft;
    if (is_history(draft, state)) {
        uint32_t parent = draft->states[state].parent;
        if (plain->history[state].count) {
            add_all(plain, plain->history[state], parent);
        } else {
            add(&plain->default_history, state);
            add_all(plain, targets_of(draft, only_transition(draft, state)), parent);
        }
        return;
    }
    add(&plain->to_enter, state);
    if (is_compound(draft, state)) {
        uint32_t initial = initial_of(draft, state);
        struct plain_list first = {.items = {plain_children(draft, state).items[0]}, .count = 1};
        if (initial != BM_CHART_NONE) add(&plain->default_entry, state);
        add_all(plain, initial != BM_CHART_NONE ? targets_of(draft, initial) : first, state);
    } else if (kind(draft, state) == BM_CHART_PARALLEL) {
        complete(plain, state);
    }
}

static bool in_final_state(const struct plain *plain, uint32_t state) {
    struct plain_list children = plain_children(plain->draft, state);
    bool parallel = kind(plain->draft, state) == BM_CHART_PARALLEL;
    for (uint32_t c = 0; c < children.count; c++) {
        uint32_t child = children.items[c];
        if (parallel && !in_final_state(plain, child)) return false;
        if (!parallel && kind(plain->draft, child) == BM_CHART_FINAL &&
            plain_has(&plain->configuration, child))
            return true;
    }
    return parallel;
}

static void done_event(struct plain *plain, uint32_t state) {
    char event[BM_CHART_EVENT_MAX + 1];
    snprintf(event, sizeof event, "done.state.%s", plain->draft->states[state].id);
    enqueue(plain, event, state, BM_CHART_NONE, BM_CHART_NONE);
}

static void enter_one(struct plain *plain, uint32_t state) {
    const struct bm_chart_draft *draft = plain->draft;
    add(&plain->configuration, state);
    note(plain, BM_CHART_ENTERED, state, BM_CHART_NONE, BM_CHART_NONE, NULL);
    execute(plain, draft->states[state].on_entry, state, BM_CHART_NONE);
    if (plain_has(&plain->default_entry, state))
        execute_transition(plain, initial_of(draft, state));
    for (uint32_t h = 0; h < draft->state_count; h++)
        if (draft->states[h].parent == state && plain_has(&plain->default_history, h))
            execute_transition(plain, only_transition(draft, h));
    if (kind(draft, state) != BM_CHART_FINAL) return;
    uint32_t parent = draft->states[state].parent;
    if (parent == 0) {
        plain->running = false;
        return;
    }
    done_event(plain, parent);
    uint32_t grandparent = draft->states[parent].parent;
    if (kind(draft, grandparent) == BM_CHART_PARALLEL && in_final_state(plain, grandparent))
        done_event(plain, grandparent);
}

static void begin_entry(struct plain *plain) {
    plain->to_enter.count = plain->default_entry.count = plain->default_history.count = 0;
}

static void finish_entry(struct plain *plain) {
    sort(&plain->to_enter);
    struct plain_list to_enter = plain->to_enter;
    for (uint32_t s = 0; s < to_enter.count; s++) enter_one(plain, to_enter.items[s]);
}

/* The domains are those by which states were left; the appendix looks for them again when histories
 * have been noted. */
static void microstep(struct plain *plain, const struct plain_list *transitions) {
    uint32_t domains[PLAIN_LIST];
    for (uint32_t t = 0; t < transitions->count; t++)
        domains[t] = domain_of(plain, transitions->items[t]);
    exit_states(plain, transitions);
    for (uint32_t t = 0; t < transitions->count; t++)
        execute_transition(plain, transitions->items[t]);
    begin_entry(plain);
    for (uint32_t t = 0; t < transitions->count; t++) {
        struct plain_list named = targets_of(plain->draft, transitions->items[t]);
        struct plain_list targets = effective_targets(plain, transitions->items[t]);
        plain->domain = domains[t];
        for (uint32_t s = 0; s < named.count; s++) add_descendants(plain, named.items[s]);
        for (uint32_t s = 0; s < targets.count; s++)
            add_ancestors(plain, targets.items[s], plain->domain);
    }
    finish_entry(plain);
}

/* --- the loop --------------------------------------------------------------------------------- */

static bool to_rest(struct plain *plain, uint32_t microsteps) {
    while (plain->running && !plain->flooded) {
        struct plain_list enabled = select_transitions(plain, NULL);
        if (!enabled.count) {
            if (plain->dequeued == plain->queued) return true;
            enabled = select_transitions(plain, plain->queue[plain->dequeued++]);
        }
        if (!enabled.count) continue;
        if (microsteps++ == BM_CHART_MICROSTEPS_MAX) return false;
        microstep(plain, &enabled);
    }
    if (plain->flooded) return false;
    sort(&plain->configuration);
    for (uint32_t s = plain->configuration.count; s-- > 0;)
        execute(plain, plain->draft->states[plain->configuration.items[s]].on_exit,
                plain->configuration.items[s], BM_CHART_NONE);
    return !plain->flooded;
}

static void begin(struct plain *plain) {
    plain->queued = plain->dequeued = plain->trace_count = 0;
    plain->flooded = false;
}

bool plain_start(struct plain *plain) {
    uint32_t initial = initial_of(plain->draft, 0);
    struct plain_list first = {.items = {plain_children(plain->draft, 0).items[0]}, .count = 1};
    begin(plain);
    plain->running = true;
    plain->domain = 0;
    if (initial != BM_CHART_NONE) execute_transition(plain, initial);
    begin_entry(plain);
    add_all(plain, initial != BM_CHART_NONE ? targets_of(plain->draft, initial) : first, 0);
    finish_entry(plain);
    return to_rest(plain, 0);
}

bool plain_step(struct plain *plain, const char *event, uint32_t *ret_taken) {
    begin(plain);
    *ret_taken = 0;
    if (!plain->running) return true;
    struct plain_list enabled = select_transitions(plain, event);
    *ret_taken = enabled.count;
    if (enabled.count) microstep(plain, &enabled);
    return to_rest(plain, enabled.count > 0);
}
