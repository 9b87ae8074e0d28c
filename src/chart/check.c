/* What a draft must keep so that every step from it ends in a legal configuration. */
#include <string.h>

#include "chart/model.h"

/* --- names ------------------------------------------------------------------------------------ */

static bool is_name_byte(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == ':';
}

/* Tokens joined by dots, `len` bytes. */
static bool is_name(const char *text, size_t len) {
    bool in_token = false;
    for (size_t i = 0; i < len; i++) {
        if (!is_name_byte(text[i]) && !(text[i] == '.' && in_token)) return false;
        in_token = text[i] != '.';
    }
    return in_token;
}

bool bm_chart_is_event(const char *name) {
    size_t len = strnlen(name, BM_CHART_EVENT_MAX + 1);
    return len <= BM_CHART_EVENT_MAX && is_name(name, len);
}

/* `*`, or a name with nothing, `.` or `.*` behind it. */
static bool is_descriptor(const char *text, size_t len) {
    if (len == 1 && text[0] == '*') return true;
    if (len > 2 && memcmp(text + len - 2, ".*", 2) == 0) return is_name(text, len - 2);
    if (len > 1 && text[len - 1] == '.') len--;
    return is_name(text, len);
}

static bool are_descriptors(const char *text) {
    if (strnlen(text, BM_CHART_EVENTS_MAX + 1) > BM_CHART_EVENTS_MAX) return false;
    for (;;) {
        size_t len = strcspn(text, " ");
        if (!is_descriptor(text, len)) return false;
        if (!text[len]) return true;
        text += len + 1;
    }
}

/* --- actions ---------------------------------------------------------------------------------- */

static enum bm_code check_action(const struct bm_chart_action *action, uint32_t number,
                                 struct bm_fault *fault) {
    if (action->act < 0 || action->act >= BM_CHART_ACT_COUNT)
        return bm_fault_set(fault, BM_UNKNOWN_WORD, "act",
                            "Action %u is of no known kind; effect, raise, send and cancel are.",
                            number);
    bool wants_event = action->act == BM_CHART_RAISE || action->act == BM_CHART_SEND;
    if (wants_event && (!action->event || !bm_chart_is_event(action->event)))
        return bm_fault_set(
            fault, BM_BAD_REQUEST, "event",
            "Action %u names no event; give 1 to %d bytes of letters, digits, _ - : and "
            "single dots between them.",
            number, BM_CHART_EVENT_MAX);
    bool wants_id = action->act == BM_CHART_CANCEL || (action->act == BM_CHART_SEND && action->id);
    if (wants_id && (!action->id || !bm_chart_is_event(action->id)))
        return bm_fault_set(
            fault, BM_BAD_REQUEST, "id",
            "Action %u has no id under which it sends or cancels; give 1 to %d bytes of "
            "letters, digits, _ - : and single dots between them.",
            number, BM_CHART_EVENT_MAX);
    if (action->act == BM_CHART_SEND &&
        (action->delay_ms < 0 || action->delay_ms > BM_CHART_DELAY_MAX_MS))
        return bm_fault_set(fault, BM_OUT_OF_RANGE, "delay_ms",
                            "Action %u sends after %lld ms; 0 to %lld are allowed.", number,
                            (long long)action->delay_ms, (long long)BM_CHART_DELAY_MAX_MS);
    return BM_OK;
}

enum bm_code bm_chart_check_actions(const struct bm_chart_draft *draft, struct bm_fault *fault) {
    if (draft->action_count > BM_CHART_ACTIONS_MAX)
        return bm_fault_set(fault, BM_OUT_OF_RANGE, "actions",
                            "There are %u actions; at most %d are allowed.", draft->action_count,
                            BM_CHART_ACTIONS_MAX);
    if (draft->target_count > BM_CHART_TRANSITIONS_MAX * BM_CHART_TARGETS_MAX)
        return bm_fault_set(fault, BM_OUT_OF_RANGE, "targets",
                            "There are %u targets; at most %d are allowed.", draft->target_count,
                            BM_CHART_TRANSITIONS_MAX * BM_CHART_TARGETS_MAX);
    if (draft->transition_count > BM_CHART_TRANSITIONS_MAX)
        return bm_fault_set(fault, BM_OUT_OF_RANGE, "transitions",
                            "There are %u transitions; at most %d are allowed.",
                            draft->transition_count, BM_CHART_TRANSITIONS_MAX);
    for (uint32_t a = 0; a < draft->action_count; a++) {
        enum bm_code code = check_action(&draft->actions[a], a, fault);
        if (code != BM_OK) return code;
    }
    return BM_OK;
}

/* --- states ----------------------------------------------------------------------------------- */

const char *bm_chart_called(const struct bm_chart_draft *draft, uint32_t state) {
    const struct bm_chart_state *states = draft->states;
    return states[state].id ? states[state].id : states[states[state].parent].id;
}

static enum bm_code check_id(const struct bm_chart_draft *draft, uint32_t number,
                             struct bm_fault *fault) {
    const char *id = draft->states[number].id;
    if (!id && draft->states[number].kind == BM_CHART_INITIAL && number > 0) return BM_OK;
    size_t len = id ? strnlen(id, BM_CHART_NAME_MAX + 1) : 0;
    if (!id || len > BM_CHART_NAME_MAX || !is_name(id, len))
        return bm_fault_set(fault, BM_BAD_REQUEST, id ? id : "id",
                            "State %u has no good id; give 1 to %d bytes of letters, digits, _ - : "
                            "and single dots between them.",
                            number, BM_CHART_NAME_MAX);
    for (uint32_t s = 0; s < number; s++)
        if (draft->states[s].id && strcmp(draft->states[s].id, id) == 0)
            return bm_fault_set(fault, BM_EXISTS, id, "Two states are called %s; rename one.", id);
    return BM_OK;
}

static enum bm_code check_spans(const struct bm_chart_draft *draft, uint32_t number,
                                struct bm_fault *fault) {
    const struct bm_chart_state *state = &draft->states[number];
    const struct bm_chart_span spans[] = {state->on_entry, state->on_exit};
    for (size_t i = 0; i < 2; i++) {
        if (spans[i].first > draft->action_count ||
            spans[i].count > draft->action_count - spans[i].first)
            return bm_fault_set(
                fault, BM_OUT_OF_RANGE, bm_chart_called(draft, number),
                "It has actions past the end of those that are given; mend its spans.");
        if (spans[i].count && (number == 0 || bm_chart_is_pseudo(state->kind)))
            return bm_fault_set(fault, BM_BAD_REQUEST, bm_chart_called(draft, number),
                                "The root, initials and histories are never entered or left; give "
                                "their actions to a state or a "
                                "transition.");
    }
    return BM_OK;
}

static enum bm_code check_parent_kind(const struct bm_chart_draft *draft, uint32_t number,
                                      struct bm_fault *fault) {
    const struct bm_chart_state *state = &draft->states[number],
                                *parent = &draft->states[state->parent];
    const char *called = bm_chart_called(draft, number);
    if (parent->kind != BM_CHART_STATE && parent->kind != BM_CHART_PARALLEL)
        return bm_fault_set(
            fault, BM_BAD_REQUEST, called,
            "It stands below %s, a final or pseudo-state, which has nothing below it; "
            "put it below a state.",
            bm_chart_called(draft, state->parent));
    if (parent->kind == BM_CHART_PARALLEL &&
        (state->kind == BM_CHART_FINAL || state->kind == BM_CHART_INITIAL))
        return bm_fault_set(
            fault, BM_BAD_REQUEST, called,
            "All that stands below the parallel %s is active together, so it has no final "
            "and no initial; put it into one of its regions.",
            parent->id);
    if (state->parent == 0 && bm_chart_is_history(state->kind))
        return bm_fault_set(
            fault, BM_BAD_REQUEST, called,
            "The root is never left, so there is nothing to remember; put the history "
            "below a state.");
    return BM_OK;
}

/* Right behind what it belongs to: the parent is the state before it, or one above that. */
static enum bm_code check_place(const struct bm_chart_draft *draft, uint32_t number,
                                struct bm_fault *fault) {
    const struct bm_chart_state *state = &draft->states[number];
    const char *called = state->id ? state->id : "initial";
    if (state->parent >= number)
        return bm_fault_set(
            fault, BM_OUT_OF_RANGE, called,
            "State %u has no earlier state as parent; only the first is the root, all "
            "others stand behind their parent.",
            number);
    uint32_t depth = 1, at = number - 1;
    while (at != state->parent && at != 0) at = draft->states[at].parent;
    if (at != state->parent)
        return bm_fault_set(
            fault, BM_BAD_REQUEST, called,
            "It does not stand with the others below %s; list all that is below a state "
            "right behind it.",
            draft->states[state->parent].id ? draft->states[state->parent].id : "its parent");
    while ((at = draft->states[at].parent) != BM_CHART_NONE) depth++;
    if (depth > BM_CHART_DEPTH_MAX)
        return bm_fault_set(fault, BM_OUT_OF_RANGE, called,
                            "It stands %u deep; at most %d are allowed.", depth,
                            BM_CHART_DEPTH_MAX);
    return BM_OK;
}

/* Who has children, has some that can be active; and one INITIAL at most. */
static enum bm_code check_children(const struct bm_chart_draft *draft, uint32_t number,
                                   struct bm_fault *fault) {
    const struct bm_chart_state *state = &draft->states[number];
    uint32_t proper = 0, initials = 0, pseudo = 0;
    for (uint32_t s = number + 1; s < draft->state_count; s++) {
        if (draft->states[s].parent != number) continue;
        initials += draft->states[s].kind == BM_CHART_INITIAL;
        pseudo += bm_chart_is_pseudo(draft->states[s].kind);
        proper += !bm_chart_is_pseudo(draft->states[s].kind);
    }
    if (!proper && (number == 0 || pseudo || state->kind == BM_CHART_PARALLEL))
        return bm_fault_set(
            fault, BM_MISSING_FIELD, bm_chart_called(draft, number),
            "No state stands below it that could be active; put at least one there.");
    if (initials > 1)
        return bm_fault_set(fault, BM_EXISTS, bm_chart_called(draft, number),
                            "It has %u initials; keep one.", initials);
    return BM_OK;
}

enum bm_code bm_chart_check_states(const struct bm_chart_draft *draft, struct bm_fault *fault) {
    if (draft->state_count < 1 || draft->state_count > BM_CHART_STATES_MAX)
        return bm_fault_set(fault, BM_OUT_OF_RANGE, "states",
                            "There are %u states; 1 to %d are allowed.", draft->state_count,
                            BM_CHART_STATES_MAX);
    if (draft->states[0].parent != BM_CHART_NONE || draft->states[0].kind != BM_CHART_STATE)
        return bm_fault_set(
            fault, BM_BAD_REQUEST, "states",
            "The first state stands for the whole chart; give it the kind state and no parent.");
    enum bm_code code = BM_OK;
    for (uint32_t s = 0; s < draft->state_count && code == BM_OK; s++) {
        enum bm_chart_kind kind = draft->states[s].kind;
        if (kind < 0 || kind >= BM_CHART_KIND_COUNT)
            return bm_fault_set(
                fault, BM_UNKNOWN_WORD, "kind",
                "State %u is of no known kind; state, parallel, final, shallow, deep and "
                "initial are.",
                s);
        code = check_id(draft, s, fault);
        if (code == BM_OK && s > 0) code = check_place(draft, s, fault);
        if (code == BM_OK && s > 0) code = check_parent_kind(draft, s, fault);
        if (code == BM_OK) code = check_spans(draft, s, fault);
    }
    for (uint32_t s = 0; s < draft->state_count && code == BM_OK; s++)
        code = check_children(draft, s, fault);
    return code;
}

/* --- transitions ------------------------------------------------------------------------------ */

/* Whether two targets can be entered together: their nearest common ancestor is a parallel and
 * neither of them.  A history stands for its parent. */
static bool together(const struct bm_chart *chart, uint32_t a, uint32_t b) {
    if (bm_chart_is_history(chart->nodes[a].kind)) a = chart->nodes[a].parent;
    if (bm_chart_is_history(chart->nodes[b].kind)) b = chart->nodes[b].parent;
    if (a == b || bm_chart_is_below(chart, a, b) || bm_chart_is_below(chart, b, a)) return false;
    uint32_t above = chart->nodes[a].parent;
    while (!bm_chart_is_below(chart, b, above)) above = chart->nodes[above].parent;
    return chart->nodes[above].kind == BM_CHART_PARALLEL;
}

static enum bm_code check_pseudo(const struct bm_chart *chart, const struct bm_chart_edge *edge,
                                 const char *called, struct bm_fault *fault) {
    const struct bm_chart_node *source = &chart->nodes[edge->source],
                               *parent = &chart->nodes[source->parent];
    if (edge->events || edge->guard || edge->internal || !edge->targets.count)
        return bm_fault_set(
            fault, BM_BAD_REQUEST, called,
            "The transition of an initial or a history always leads somewhere, with a target; "
            "take its event, guard or internal away.");
    for (uint32_t t = 0; t < edge->targets.count; t++) {
        uint32_t target = chart->targets[edge->targets.first + t];
        const struct bm_chart_node *node = &chart->nodes[target];
        bool history = bm_chart_is_history(node->kind);
        if (!bm_chart_is_below(chart, target, source->parent))
            return bm_fault_set(fault, BM_BAD_REQUEST, called,
                                "It leads to %s, which is not below %s; name one that is.",
                                node->id, parent->id);
        if (history && bm_chart_is_history(source->kind))
            return bm_fault_set(fault, BM_BAD_REQUEST, called,
                                "A history leads to states, and %s is a history; name a state.",
                                node->id);
    }
    return BM_OK;
}

enum bm_code bm_chart_check_edge(const struct bm_chart *chart, const struct bm_chart_edge *edge,
                                 struct bm_fault *fault) {
    const struct bm_chart_node *source = &chart->nodes[edge->source];
    const char *called = source->id[0] ? source->id : chart->nodes[source->parent].id;
    if (edge->source == 0 || source->kind == BM_CHART_FINAL)
        return bm_fault_set(
            fault, BM_BAD_REQUEST, called,
            "Nothing leads from the root or from a final state; put a state between the "
            "root and the others, or make it a plain state.");
    if (edge->events && !are_descriptors(edge->events))
        return bm_fault_set(
            fault, BM_BAD_REQUEST, called,
            "A transition has bad events; give names, or *, with one space between, at most "
            "%d bytes.",
            BM_CHART_EVENTS_MAX);
    if (!edge->events && !edge->guard && !edge->targets.count)
        return bm_fault_set(
            fault, BM_BAD_REQUEST, called,
            "A transition without event, guard and target would be taken for ever; give it "
            "one of them.");
    for (uint32_t t = 0; t < edge->targets.count; t++) {
        uint32_t target = chart->targets[edge->targets.first + t];
        if (target == 0 || chart->nodes[target].kind == BM_CHART_INITIAL)
            return bm_fault_set(
                fault, BM_BAD_REQUEST, called,
                "A transition leads to the root or to an initial; name a state or a "
                "history.");
        for (uint32_t u = 0; u < t; u++) {
            uint32_t other = chart->targets[edge->targets.first + u];
            if (!together(chart, other, target))
                return bm_fault_set(
                    fault, BM_BAD_REQUEST, called,
                    "A transition leads to %s and %s, which cannot be entered together; "
                    "name states in different regions of a parallel.",
                    chart->nodes[other].id, chart->nodes[target].id);
        }
    }
    return bm_chart_is_pseudo(source->kind) ? check_pseudo(chart, edge, called, fault) : BM_OK;
}
