#include "sketch.h"

#include "base/alloc.h"
#include "base/check.h"

struct sketch *sketch_new(void) {
    return bm_alloc_zero(1, sizeof(struct sketch));
}

void sketch_free(struct sketch *sketch) {
    bm_free(sketch);
}

static const char *keep(struct sketch *sketch, const char *text) {
    size_t len = strlen(text) + 1;
    BM_CHECK(sketch->text_len + len <= SKETCH_TEXTS);
    char *kept = sketch->texts + sketch->text_len;
    memcpy(kept, text, len);
    sketch->text_len += len;
    return kept;
}

static const char *keep_or_none(struct sketch *sketch, const char *text) {
    return strcmp(text, "-") == 0 ? NULL : keep(sketch, text);
}

uint32_t sketch_find(const struct sketch *sketch, const char *id) {
    for (uint32_t s = 0; s < sketch->draft.state_count; s++)
        if (sketch->states[s].id && strcmp(sketch->states[s].id, id) == 0) return s;
    return BM_CHART_NONE;
}

static bool add_state(struct sketch *sketch, const char *id, const char *parent, const char *kind) {
    static const char *const kinds[BM_CHART_KIND_COUNT] = {"state",   "parallel", "final",
                                                           "shallow", "deep",     "initial"};
    BM_CHECK(sketch->draft.state_count <= BM_CHART_STATES_MAX);
    struct bm_chart_state *state = &sketch->states[sketch->draft.state_count];
    *state = (struct bm_chart_state){.parent = sketch_find(sketch, parent)};
    state->kind = BM_CHART_KIND_COUNT;
    for (int k = 0; k < BM_CHART_KIND_COUNT; k++)
        if (strcmp(kinds[k], kind) == 0) state->kind = (enum bm_chart_kind)k;
    state->id = keep_or_none(sketch, id);
    sketch->draft.state_count++;
    return state->kind != BM_CHART_KIND_COUNT;
}

static bool add_go(struct sketch *sketch, char *words[], size_t count) {
    if (count < 4) return false;
    BM_CHECK(sketch->draft.transition_count <= BM_CHART_TRANSITIONS_MAX);
    struct bm_chart_transition *go = &sketch->transitions[sketch->draft.transition_count++];
    for (char *comma = words[2]; (comma = strchr(comma, ','));) *comma = ' ';
    *go = (struct bm_chart_transition){.source = sketch_find(sketch, words[1]),
                                       .events = keep_or_none(sketch, words[2]),
                                       .targets.first = sketch->draft.target_count};
    char *rest = NULL;
    for (char *id = strtok_r(words[3], ",", &rest); id && strcmp(id, "-") != 0;
         id = strtok_r(NULL, ",", &rest)) {
        BM_CHECK(sketch->draft.target_count < SKETCH_TARGETS);
        sketch->target_ids[sketch->draft.target_count++] = keep(sketch, id);
        go->targets.count++;
    }
    for (size_t w = 4; w < count; w++) {
        if (strcmp(words[w], "internal") == 0)
            go->internal = true;
        else if (strncmp(words[w], "guard=", 6) == 0)
            go->guard = (uint32_t)strtoul(words[w] + 6, NULL, 10);
        else
            return false;
    }
    sketch->open = &go->actions;
    return true;
}

static bool add_action(struct sketch *sketch, struct bm_chart_action action) {
    BM_CHECK(sketch->open);
    BM_CHECK(sketch->draft.action_count <= BM_CHART_ACTIONS_MAX);
    if (!sketch->open->count) sketch->open->first = sketch->draft.action_count;
    BM_CHECK(sketch->open->first + sketch->open->count == sketch->draft.action_count);
    sketch->open->count++;
    sketch->actions[sketch->draft.action_count++] = action;
    return true;
}

static bool open_state(struct sketch *sketch, const char *id, bool entry) {
    uint32_t state = sketch_find(sketch, id);
    if (state == BM_CHART_NONE) return false;
    sketch->open = entry ? &sketch->states[state].on_entry : &sketch->states[state].on_exit;
    return true;
}

bool sketch_line(struct sketch *sketch, const char *line) {
    char copy[2048], *words[8], *rest = NULL;
    size_t count = 0;
    snprintf(copy, sizeof copy, "%s", line);
    for (char *word = strtok_r(copy, " \n", &rest); word && count < 8;
         word = strtok_r(NULL, " \n", &rest))
        words[count++] = word;
    if (count == 0) return true;
    const char *verb = words[0];
    if (strcmp(verb, "state") == 0 && count == 4)
        return add_state(sketch, words[1], words[2], words[3]);
    if (strcmp(verb, "go") == 0) return add_go(sketch, words, count);
    if (strcmp(verb, "entry") == 0 && count == 2) return open_state(sketch, words[1], true);
    if (strcmp(verb, "exit") == 0 && count == 2) return open_state(sketch, words[1], false);
    struct bm_chart_action action = {.act = BM_CHART_ACT_COUNT};
    if (strcmp(verb, "effect") == 0 && count == 2) {
        action.act = BM_CHART_EFFECT;
        action.effect = (uint32_t)strtoul(words[1], NULL, 10);
    } else if (strcmp(verb, "raise") == 0 && count == 2) {
        action.act = BM_CHART_RAISE;
        action.event = keep(sketch, words[1]);
    } else if (strcmp(verb, "send") == 0 && count == 4) {
        action.act = BM_CHART_SEND;
        action.event = keep(sketch, words[1]);
        action.delay_ms = strtoll(words[2], NULL, 10);
        action.id = keep_or_none(sketch, words[3]);
    } else if (strcmp(verb, "cancel") == 0 && count == 2) {
        action.act = BM_CHART_CANCEL;
        action.id = keep(sketch, words[1]);
    }
    return action.act != BM_CHART_ACT_COUNT && add_action(sketch, action);
}

void sketch_finish(struct sketch *sketch) {
    for (uint32_t t = 0; t < sketch->draft.target_count; t++)
        sketch->targets[t] = sketch_find(sketch, sketch->target_ids[t]);
    sketch->draft.states = sketch->states;
    sketch->draft.transitions = sketch->transitions;
    sketch->draft.actions = sketch->actions;
    sketch->draft.targets = sketch->targets;
}

struct sketch *sketch_of(const char *lines) {
    struct sketch *sketch = sketch_new();
    char line[2048];
    while (*lines) {
        size_t len = strcspn(lines, "\n");
        BM_CHECK(len < sizeof line);
        memcpy(line, lines, len);
        line[len] = 0;
        if (!sketch_line(sketch, line)) {
            fprintf(stderr, "no line of a sketch: %s\n", line);
            BM_NEVER("a bad sketch");
        }
        lines += len + (lines[len] == '\n');
    }
    sketch_finish(sketch);
    return sketch;
}
