/* Regions, the states in them and what may happen there. */
#include <string.h>

#include "procedure/reading.h"

static const char state_keys[] =
    "category owner public next waits_for cause outcome reply remedies initial states on";

/* --- names --------------------------------------------------------------------------------------
 */

static void take_names(struct bm_reading *reading, const struct bm_yaml_node *states,
                       enum bm_region region, uint16_t parent, uint32_t depth) {
    struct bm_procedure *procedure = reading->procedure;
    if (!states || !bm_read_map(reading, states, bm_region_words[region], NULL)) return;
    if (depth == BM_PROCEDURE_STATE_DEPTH_MAX) {
        bm_findings_add(reading->findings, 1, states->at, bm_region_words[region],
                        "States stand more than %d deep within each other. Flatten them.",
                        BM_PROCEDURE_STATE_DEPTH_MAX);
        return;
    }
    for (const struct bm_yaml_node *one = states->first; one; one = one->next) {
        bm_read_name(reading, one->key, one->key_at, bm_region_words[region]);
        uint16_t other = bm_procedure_state(procedure, one->key);
        if (other != BM_NO_INDEX) {
            bm_findings_add(reading->findings, 2, one->key_at, bm_region_words[region],
                            "A state \"%s\" is already in line %u; names are unique in the whole "
                            "file. Rename one.",
                            one->key, procedure->states[other].at.line);
            continue;
        }
        if (procedure->state_count == BM_PROCEDURE_STATES_MAX) {
            bm_findings_add(reading->findings, 1, one->key_at, bm_region_words[region],
                            "There are more than %d states. Split the procedure.",
                            BM_PROCEDURE_STATES_MAX);
            return;
        }
        uint16_t index = (uint16_t)procedure->state_count++;
        procedure->states[index] = (struct bm_state_def){
            .name = bm_arena_text(reading->arena, one->key, strlen(one->key)),
            .region = region,
            .parent = parent,
            .initial = BM_NO_INDEX,
            .owner = parent == BM_NO_INDEX ? BM_NO_INDEX : procedure->states[parent].owner,
            .category = BM_CATEGORY_WORKING,
            .at = one->key_at};
        take_names(reading, bm_yaml_get(one, "states"), region, index, depth + 1);
    }
}

void bm_read_state_names(struct bm_reading *reading, const struct bm_yaml_node *regions) {
    struct bm_procedure *procedure = reading->procedure;
    procedure->states = bm_arena_take(reading->arena, BM_PROCEDURE_STATES_MAX,
                                      sizeof *procedure->states);
    procedure->rows = bm_arena_take(reading->arena, BM_PROCEDURE_ROWS_MAX, sizeof *procedure->rows);
    bm_read_need(reading, regions, "handling", "regions");
    for (int i = 0; i < BM_region_COUNT; i++) {
        const struct bm_yaml_node *region = bm_yaml_get(regions, bm_region_words[i]);
        if (region && bm_read_map(reading, region, bm_region_words[i], "initial owner states on"))
            take_names(reading, bm_read_need(reading, region, "states", bm_region_words[i]),
                       (enum bm_region)i, BM_NO_INDEX, 0);
    }
}

/* --- guards -------------------------------------------------------------------------------------
 */

static int found(uint16_t index) {
    return index == BM_NO_INDEX ? -1 : index;
}
static int guard_field(const void *context, const char *name, enum bm_guard_type *ret_type) {
    static const enum bm_guard_type types[] = {
        [BM_FIELD_TEXT_LINE] = BM_GUARD_TEXT, [BM_FIELD_INTEGER] = BM_GUARD_INTEGER,
        [BM_FIELD_DATE] = BM_GUARD_DATE,      [BM_FIELD_CHOICE] = BM_GUARD_WORD,
        [BM_FIELD_YES_NO] = BM_GUARD_YES_NO,  [BM_FIELD_PLACE] = BM_GUARD_TEXT,
        [BM_FIELD_PERSON] = BM_GUARD_TEXT};
    const struct bm_procedure *procedure = context;
    uint16_t index = bm_procedure_field(procedure, name);
    if (index != BM_NO_INDEX) *ret_type = types[procedure->fields[index].type];
    return found(index);
}
static int guard_word(const void *context, int field, const char *word) {
    const struct bm_field_def *one = &((const struct bm_procedure *)context)->fields[field];
    for (uint32_t i = 0; i < one->word_count; i++)
        if (strcmp(one->words[i], word) == 0) return (int)i;
    return -1;
}
static int guard_clock(const void *context, const char *name) {
    return found(bm_procedure_clock(context, name));
}
static int guard_state(const void *context, const char *name) {
    return found(bm_procedure_state(context, name));
}
static int guard_role(const void *context, const char *name) {
    return found(bm_procedure_role(context, name));
}

static void read_guard(struct bm_reading *reading, const struct bm_yaml_node *node,
                       const char *where, struct bm_guard *ret_guard) {
    const struct bm_guard_names names = {reading->procedure, guard_field, guard_word,
                                         guard_clock,        guard_state, guard_role};
    struct bm_fault fault = {.code = BM_OK};
    const char *text;
    if (!node || node->kind != BM_YAML_TEXT) {
        if (node) bm_read_text(reading, node, where, &text);
        return;
    }
    if (bm_guard_parse(reading->arena, node->text, &names, ret_guard, &fault))
        bm_findings_add(reading->findings, 1, node->at, where, "%s", fault.detail);
}

/* --- effects ------------------------------------------------------------------------------------
 */

static void read_effect_map(struct bm_reading *reading, const struct bm_yaml_node *node,
                            const char *where, struct bm_effect_def *effect) {
    const struct bm_yaml_node *value;
    if (effect->effect == BM_EFFECT_SET) {
        if (!bm_read_map(reading, node, where, "field value")) return;
        bm_read_ref(reading, bm_read_need(reading, node, "field", where), where, "field",
                    bm_procedure_field, &effect->target);
        bm_read_text(reading, bm_read_need(reading, node, "value", where), where, &effect->text);
    } else if (effect->effect == BM_EFFECT_NOTIFY) {
        if (!bm_read_map(reading, node, where, "template to")) return;
        bm_read_ref(reading, bm_read_need(reading, node, "template", where), where, "template",
                    bm_procedure_template, &effect->target);
        bm_read_roles(reading, bm_read_need(reading, node, "to", where), where, &effect->to);
    } else if (effect->effect == BM_EFFECT_HAND_OVER) {
        if (!bm_read_map(reading, node, where, "procedure to fields")) return;
        bm_read_ref(reading, bm_read_need(reading, node, "to", where), where, "role",
                    bm_procedure_role, &effect->target);
        if ((value = bm_yaml_get(node, "procedure")))
            bm_read_text(reading, value, where, &effect->text);
        if ((value = bm_yaml_get(node, "fields")))
            bm_read_refs(reading, value, where, "field", bm_procedure_field, &effect->fields);
    } else {
        if (!bm_read_map(reading, node, where, "procedure")) return;
        bm_read_text(reading, bm_read_need(reading, node, "procedure", where), where,
                     &effect->text);
    }
}

static void read_effect(struct bm_reading *reading, const struct bm_yaml_node *node,
                        const char *where, struct bm_effect_def *effect) {
    struct bm_yaml_node name = {.kind = BM_YAML_TEXT, .at = node->key_at, .text = node->key};
    int index;
    *effect = (struct bm_effect_def){.target = BM_NO_INDEX, .at = node->key_at};
    if (!bm_read_word(reading, &name, where, bm_effect_words, &index)) return;
    effect->effect = (enum bm_effect)index;
    switch (effect->effect) {
    case BM_EFFECT_START:
    case BM_EFFECT_STOP:
    case BM_EFFECT_PAUSE:
    case BM_EFFECT_RESUME:
    case BM_EFFECT_EXTEND:
        bm_read_ref(reading, node, where, "clock", bm_procedure_clock, &effect->target);
        return;
    case BM_EFFECT_PUBLISH:
    case BM_EFFECT_WITHHOLD:
    case BM_EFFECT_REQUIRE:
        bm_read_ref(reading, node, where, "field", bm_procedure_field, &effect->target);
        return;
    case BM_EFFECT_SURVEY:
        bm_read_ref(reading, node, where, "role", bm_procedure_role, &effect->target);
        return;
    case BM_EFFECT_LINK:
        if (bm_read_word(reading, node, where, bm_tie_words, &index))
            effect->tie = (enum bm_tie)index;
        return;
    case BM_EFFECT_SET:
    case BM_EFFECT_NOTIFY:
    case BM_EFFECT_OPEN_CHILD:
    case BM_EFFECT_HAND_OVER:
    case BM_effect_COUNT:
        read_effect_map(reading, node, where, effect);
    }
}

static void read_effects(struct bm_reading *reading, const struct bm_yaml_node *list,
                         const char *where, struct bm_row_def *row) {
    if (!list || !bm_read_list(reading, list, where, BM_PROCEDURE_EFFECTS_MAX)) return;
    struct bm_effect_def *effects = bm_arena_take(reading->arena, list->count + 1u,
                                                  sizeof *effects);
    uint32_t at = 0;
    for (const struct bm_yaml_node *one = list->first; one; one = one->next) {
        if (one->kind != BM_YAML_MAP || one->count != 1) {
            bm_findings_add(reading->findings, 1, one->at, where,
                            "An effect is one \"- word: what\" entry, as in \"- stop: reply\".");
            continue;
        }
        read_effect(reading, one->first, where, &effects[at++]);
    }
    row->effects = effects;
    row->effect_count = at;
}

/* --- rows ---------------------------------------------------------------------------------------
 */

static void read_target(struct bm_reading *reading, const struct bm_yaml_node *node,
                        const char *where, struct bm_row_def *row) {
    static const char back[] = "history ";
    if (node->kind != BM_YAML_TEXT || strncmp(node->text, back, sizeof back - 1) != 0) {
        bm_read_ref(reading, node, where, "state", bm_procedure_state, &row->target);
    } else {
        struct bm_yaml_node name = *node;
        name.text += sizeof back - 1;
        row->history = true;
        bm_read_ref(reading, &name, where, "state", bm_procedure_state, &row->target);
    }
    if (row->target != BM_NO_INDEX && reading->procedure->states[row->target].region != row->region)
        bm_findings_add(reading->findings, 1, node->at, where,
                        "\"%s\" is in another region. A row stays in its own; the same event may "
                        "have a row there, too.",
                        node->text);
}

static void read_row(struct bm_reading *reading, const struct bm_yaml_node *node, const char *where,
                     struct bm_row_def *row) {
    const struct bm_yaml_node *value;
    if (!bm_read_map(reading, node, where, "event by not needs guard to effects limit")) return;
    bm_read_ref(reading, bm_read_need(reading, node, "event", where), where, "event",
                bm_procedure_event, &row->event);
    bm_read_roles(reading, bm_read_need(reading, node, "by", where), where, &row->by);
    if ((value = bm_yaml_get(node, "not"))) {
        static const char *const words[] = {"performer", NULL};
        int index;
        row->four_eyes = bm_read_word(reading, value, where, words, &index);
    }
    if ((value = bm_yaml_get(node, "needs")))
        bm_read_refs(reading, value, where, "field", bm_procedure_field, &row->needs);
    if ((value = bm_yaml_get(node, "guard"))) read_guard(reading, value, where, &row->guard);
    if ((value = bm_yaml_get(node, "to"))) read_target(reading, value, where, row);
    if ((value = bm_yaml_get(node, "limit")))
        bm_read_number(reading, value, where, 1, 99, &row->limit);
    read_effects(reading, bm_yaml_get(node, "effects"), where, row);
}

static void read_rows(struct bm_reading *reading, const struct bm_yaml_node *list,
                      const char *where, enum bm_region region, uint16_t state) {
    struct bm_procedure *procedure = reading->procedure;
    if (!list || !bm_read_list(reading, list, where, BM_PROCEDURE_ROWS_MAX)) return;
    for (const struct bm_yaml_node *one = list->first; one; one = one->next) {
        if (procedure->row_count == BM_PROCEDURE_ROWS_MAX) {
            bm_findings_add(reading->findings, 1, one->at, where,
                            "There are more than %d rows in all. Split the procedure.",
                            BM_PROCEDURE_ROWS_MAX);
            return;
        }
        struct bm_row_def *row = &procedure->rows[procedure->row_count++];
        *row = (struct bm_row_def){.state = state,
                                   .region = region,
                                   .event = BM_NO_INDEX,
                                   .target = BM_NO_INDEX,
                                   .at = one->at};
        read_row(reading, one, where, row);
    }
}

/* --- states -------------------------------------------------------------------------------------
 */

/* Each category has keys of its own; one that stands elsewhere would be passed over in silence. */
static void check_keys(struct bm_reading *reading, const struct bm_yaml_node *node,
                       const char *where, enum bm_category category) {
    static const struct {
        const char *key;
        enum bm_category category;
    } own[] = {{"waits_for", BM_CATEGORY_WAITING},
               {"cause", BM_CATEGORY_WAITING},
               {"outcome", BM_CATEGORY_FINAL},
               {"reply", BM_CATEGORY_FINAL},
               {"remedies", BM_CATEGORY_FINAL}};
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        const struct bm_yaml_node *value = bm_yaml_get(node, own[i].key);
        if (value && category != own[i].category)
            bm_findings_add(reading->findings, 1, value->key_at, where,
                            "\"%s\" belongs to states of category %s only; this one is %s. Take it "
                            "out, or correct the category.",
                            own[i].key, bm_category_words[own[i].category],
                            bm_category_words[category]);
    }
}

static void read_kind(struct bm_reading *reading, const struct bm_yaml_node *node,
                      const char *where, struct bm_state_def *state) {
    const struct bm_yaml_node *value;
    int index;
    if (bm_read_word(reading, bm_read_need(reading, node, "category", where), where,
                     bm_category_words, &index))
        state->category = (enum bm_category)index;
    check_keys(reading, node, where, state->category);
    if (state->category == BM_CATEGORY_WAITING) {
        if (bm_read_word(reading, bm_read_need(reading, node, "waits_for", where), where,
                         bm_body_words, &index))
            state->waits_for = (enum bm_body)index;
        if (bm_read_word(reading, bm_read_need(reading, node, "cause", where), where,
                         bm_cause_words, &index))
            state->cause = (enum bm_cause)index;
    }
    if (state->category != BM_CATEGORY_FINAL) return;
    if (bm_read_word(reading, bm_read_need(reading, node, "outcome", where), where, bm_ending_words,
                     &index))
        state->ending = (enum bm_ending)index;
    if ((value = bm_yaml_get(node, "reply"))) bm_read_label(reading, value, where, &state->reply);
    if ((value = bm_yaml_get(node, "remedies")))
        bm_read_label(reading, value, where, &state->remedies);
}

static void read_initial(struct bm_reading *reading, const struct bm_yaml_node *node,
                         const char *where, uint16_t parent, enum bm_region region,
                         uint16_t *ret_initial) {
    struct bm_procedure *procedure = reading->procedure;
    const struct bm_yaml_node *value = bm_read_need(reading, node, "initial", where);
    if (!bm_read_ref(reading, value, where, "state", bm_procedure_state, ret_initial)) return;
    const struct bm_state_def *state = &procedure->states[*ret_initial];
    if (state->parent == parent && state->region == region) return;
    bm_findings_add(reading->findings, 1, value->at, where,
                    "\"%s\" does not stand directly within it. Name one of its own states.",
                    state->name);
    *ret_initial = BM_NO_INDEX;
}

static void read_inner(struct bm_reading *reading, const struct bm_yaml_node *states,
                       enum bm_region region);

static void read_state(struct bm_reading *reading, const struct bm_yaml_node *node,
                       enum bm_region region) {
    uint16_t index = bm_procedure_state(reading->procedure, node->key);
    struct bm_where where = bm_where_of("states.%s", node->key);
    const struct bm_yaml_node *value;
    if (index == BM_NO_INDEX || !bm_read_map(reading, node, where.text, state_keys)) return;
    struct bm_state_def *state = &reading->procedure->states[index];
    if (state->at.line != node->key_at.line || state->at.column != node->key_at.column) return;
    if (state->parent != BM_NO_INDEX)
        state->owner = reading->procedure->states[state->parent].owner;
    if ((value = bm_yaml_get(node, "owner")))
        bm_read_ref(reading, value, where.text, "role", bm_procedure_role, &state->owner);
    if ((value = bm_yaml_get(node, "public")))
        bm_read_label(reading, value, where.text, &state->label);
    if ((value = bm_yaml_get(node, "next")))
        bm_read_label(reading, value, where.text, &state->next);
    const struct bm_yaml_node *states = bm_yaml_get(node, "states");
    if (states) {
        if (bm_yaml_get(node, "category"))
            bm_findings_add(reading->findings, 1, bm_yaml_get(node, "category")->key_at, where.text,
                            "A state with states in it has no category of its own. Take it out.");
        check_keys(reading, node, where.text, BM_CATEGORY_WORKING);
        read_initial(reading, node, where.text, index, region, &state->initial);
        read_inner(reading, states, region);
    } else {
        read_kind(reading, node, where.text, state);
    }
    read_rows(reading, bm_yaml_get(node, "on"), where.text, region, index);
}

static void read_inner(struct bm_reading *reading, const struct bm_yaml_node *states,
                       enum bm_region region) {
    if (!states || states->kind != BM_YAML_MAP) return;
    for (const struct bm_yaml_node *one = states->first; one; one = one->next)
        read_state(reading, one, region);
}

void bm_read_states(struct bm_reading *reading, const struct bm_yaml_node *regions) {
    struct bm_procedure *procedure = reading->procedure;
    for (int i = 0; i < BM_region_COUNT; i++) {
        const struct bm_yaml_node *region = bm_yaml_get(regions, bm_region_words[i]);
        const char *where = bm_region_words[i];
        const struct bm_yaml_node *value;
        uint16_t owner = BM_NO_INDEX;
        if (!region || region->kind != BM_YAML_MAP) continue;
        read_initial(reading, region, where, BM_NO_INDEX, (enum bm_region)i,
                     &procedure->initial[i]);
        if ((value = bm_yaml_get(region, "owner")))
            bm_read_ref(reading, value, where, "role", bm_procedure_role, &owner);
        for (uint32_t s = 0; s < procedure->state_count; s++)
            if (procedure->states[s].region == (enum bm_region)i)
                procedure->states[s].owner = owner;
        read_inner(reading, bm_yaml_get(region, "states"), (enum bm_region)i);
        read_rows(reading, bm_yaml_get(region, "on"), where, (enum bm_region)i, BM_NO_INDEX);
    }
}
