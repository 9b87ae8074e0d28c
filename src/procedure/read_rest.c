/* What surrounds the life of a case: survey, reopening, hand-over, the move from a former version,
 * examples. */
#include <string.h>

#include "base/time.h"
#include "procedure/date.h"
#include "procedure/reading.h"

/* { none: { zh-Hans: ..., ... } }: true when it is said that there is none. */
static bool read_none(struct bm_reading *reading, const struct bm_yaml_node *node,
                      const char *where, struct bm_label *ret_none) {
    const struct bm_yaml_node *none = bm_yaml_get(node, "none");
    if (!none) return false;
    bm_read_map(reading, node, where, "none");
    bm_read_label(reading, none, where, ret_none);
    return true;
}

/* Days of a window end where the clocks' days end, by the first calendar that one of them names. */
static void need_calendar(struct bm_reading *reading, const struct bm_yaml_node *node, const char *where, const struct bm_span *span) {
    const struct bm_procedure *procedure = reading->procedure;
    if (!node || span->unit == BM_MEASURE_MINUTES || span->amount == 0) return;
    for (uint32_t i = 0; i < procedure->clock_count; i++)
        if (procedure->clocks[i].calendar) return;
    bm_findings_add(reading->findings, 1, node->key_at, where,
                    "A span that counts %s needs a calendar, and no clock names one. Give it in minutes, or a "
                    "clock a \"calendar: cn\".",
                    bm_measure_words[span->unit]);
}

static void read_survey(struct bm_reading *reading, const struct bm_yaml_node *node) {
    struct bm_survey_def *survey = &reading->procedure->survey;
    static const char where[] = "survey";
    survey->check_by = BM_NO_INDEX;
    if (!node) return;
    survey->at = node->key_at;
    if (read_none(reading, node, where, &survey->none) ||
        !bm_read_map(reading, node, where, "of check_by check_within"))
        return;
    bm_read_roles(reading, bm_read_need(reading, node, "of", where), where, &survey->of);
    bm_read_ref(reading, bm_read_need(reading, node, "check_by", where), where, "role",
                bm_procedure_role, &survey->check_by);
    bm_read_span(reading, bm_read_need(reading, node, "check_within", where), where,
                 &survey->check_within);
    need_calendar(reading, bm_yaml_get(node, "check_within"), where, &survey->check_within);
}

static void read_reopen(struct bm_reading *reading, const struct bm_yaml_node *node) {
    struct bm_reopen_def *reopen = &reading->procedure->reopen;
    static const char where[] = "reopen";
    const struct bm_yaml_node *value;
    reopen->target = BM_NO_INDEX;
    if (!node) return;
    reopen->at = node->key_at;
    if (read_none(reading, node, where, &reopen->none) ||
        !bm_read_map(reading, node, where, "by needs limit window to other_hand same_hand"))
        return;
    bm_read_roles(reading, bm_read_need(reading, node, "by", where), where, &reopen->by);
    if ((value = bm_yaml_get(node, "needs")))
        bm_read_refs(reading, value, where, "field", bm_procedure_field, &reopen->needs);
    bm_read_number(reading, bm_read_need(reading, node, "limit", where), where, 1, 9,
                   &reopen->limit);
    bm_read_span(reading, bm_read_need(reading, node, "window", where), where, &reopen->window);
    need_calendar(reading, bm_yaml_get(node, "window"), where, &reopen->window);
    bm_read_ref(reading, bm_read_need(reading, node, "to", where), where, "state",
                bm_procedure_state, &reopen->target);
    if ((value = bm_yaml_get(node, "other_hand")))
        bm_read_yes(reading, value, where, &reopen->other_hand);
    if ((value = bm_yaml_get(node, "same_hand"))) bm_read_label(reading, value, where, &reopen->same_hand);
}

static void read_hand_over(struct bm_reading *reading, const struct bm_yaml_node *node) {
    struct bm_hand_over_def *hand_over = &reading->procedure->hand_over;
    static const char where[] = "hand_over";
    *hand_over = (struct bm_hand_over_def){.offer = BM_NO_INDEX,
                                           .acknowledge = BM_NO_INDEX,
                                           .refuse = BM_NO_INDEX,
                                           .timeout = BM_NO_INDEX,
                                           .arbitration = BM_NO_INDEX};
    if (!node ||
        !bm_read_map(reading, node, where, "offer acknowledge refuse timeout returns arbitration"))
        return;
    hand_over->at = node->key_at;
    bm_read_ref(reading, bm_read_need(reading, node, "offer", where), where, "event",
                bm_procedure_event, &hand_over->offer);
    bm_read_ref(reading, bm_read_need(reading, node, "acknowledge", where), where, "event",
                bm_procedure_event, &hand_over->acknowledge);
    bm_read_ref(reading, bm_read_need(reading, node, "refuse", where), where, "event",
                bm_procedure_event, &hand_over->refuse);
    bm_read_ref(reading, bm_read_need(reading, node, "timeout", where), where, "clock",
                bm_procedure_clock, &hand_over->timeout);
    bm_read_number(reading, bm_read_need(reading, node, "returns", where), where, 0, 9,
                   &hand_over->returns);
    bm_read_ref(reading, bm_read_need(reading, node, "arbitration", where), where, "state",
                bm_procedure_state, &hand_over->arbitration);
}

static void read_moves(struct bm_reading *reading, const struct bm_yaml_node *map) {
    if (!map || !bm_read_map(reading, map, "migrate", NULL)) return;
    struct bm_move_def *moves = bm_arena_take(reading->arena, map->count + 1u, sizeof *moves);
    uint32_t count = 0;
    for (const struct bm_yaml_node *one = map->first; one; one = one->next) {
        struct bm_move_def *move = &moves[count++];
        bm_read_name(reading, one->key, one->key_at, "migrate");
        move->from = bm_arena_text(reading->arena, one->key, strlen(one->key));
        move->at = one->key_at;
        bm_read_ref(reading, one, "migrate", "state", bm_procedure_state, &move->to);
    }
    reading->procedure->moves = moves;
    reading->procedure->move_count = count;
}

/* --- examples -----------------------------------------------------------------------------------
 */

static void read_instant(struct bm_reading *reading, const struct bm_yaml_node *node,
                         const char *where, int64_t *ret_at_ms) {
    const char *text;
    if (!bm_read_text(reading, node, where, &text)) return;
    if (!bm_date_instant_read(text, ret_at_ms))
        bm_findings_add(reading->findings, 1, node->at, where,
                        "An instant is written as 2026-03-02T09:00+08:00, not \"%.40s\".", text);
}

/* Whether a text is a value of the field's type. */
static bool is_value(const struct bm_field_def *field, const char *text) {
    int32_t day;
    size_t len = strlen(text);
    if (field->type == BM_FIELD_DATE) return bm_date_read(text, len, &day);
    if (field->type == BM_FIELD_YES_NO) return strcmp(text, "yes") == 0 || strcmp(text, "no") == 0;
    if (field->type == BM_FIELD_INTEGER) {
        size_t from = text[0] == '-';
        return len > from && len <= 9 && strspn(text + from, "0123456789") == len - from;
    }
    if (field->type != BM_FIELD_CHOICE) return true;
    for (uint32_t i = 0; i < field->word_count; i++)
        if (strcmp(field->words[i], text) == 0) return true;
    return false;
}

static void read_values(struct bm_reading *reading, const struct bm_yaml_node *map,
                        const char *where, struct bm_step_def *step) {
    if (!map || !bm_read_map(reading, map, where, NULL)) return;
    if (map->count > BM_PROCEDURE_VALUES_MAX) {
        bm_findings_add(reading->findings, 1, map->at, where,
                        "At most %d fields come with one event.", BM_PROCEDURE_VALUES_MAX);
        return;
    }
    struct bm_value_def *values = bm_arena_take(reading->arena, map->count + 1u, sizeof *values);
    uint32_t count = 0;
    for (const struct bm_yaml_node *one = map->first; one; one = one->next) {
        struct bm_value_def *value = &values[count];
        struct bm_yaml_node name = {.kind = BM_YAML_TEXT, .at = one->key_at, .text = one->key};
        if (!bm_read_ref(reading, &name, where, "field", bm_procedure_field, &value->field) ||
            !bm_read_text(reading, one, where, &value->text))
            continue;
        const struct bm_field_def *field = &reading->procedure->fields[value->field];
        if (!is_value(field, value->text))
            bm_findings_add(reading->findings, 1, one->at, where,
                            "\"%.40s\" is no value of the field %s, which is of type %s.",
                            value->text, field->name, bm_field_type_words[field->type]);
        count++;
    }
    step->values = values;
    step->value_count = count;
}

static void read_then(struct bm_reading *reading, const struct bm_yaml_node *node,
                      const char *where, struct bm_step_def *step) {
    bool alone = node && node->kind == BM_YAML_TEXT;
    if (!node || (!alone && !bm_read_list(reading, node, where, BM_region_COUNT))) return;
    uint16_t *states = bm_arena_take(reading->arena, BM_region_COUNT, sizeof *states);
    uint32_t count = 0;
    for (const struct bm_yaml_node *one = alone ? node : node->first; one;
         one = alone ? NULL : one->next)
        if (bm_read_ref(reading, one, where, "state", bm_procedure_state, &states[count])) count++;
    step->then = states;
    step->then_count = count;
}

static void read_step(struct bm_reading *reading, const struct bm_yaml_node *node,
                      const char *where, struct bm_step_def *step) {
    step->at = node->at;
    if (!bm_read_map(reading, node, where, "at by event with then")) return;
    read_instant(reading, bm_read_need(reading, node, "at", where), where, &step->at_ms);
    bm_read_ref(reading, bm_read_need(reading, node, "by", where), where, "role", bm_procedure_role,
                &step->role);
    const struct bm_yaml_node *event = bm_read_need(reading, node, "event", where);
    step->event = BM_NO_INDEX;
    step->reopens = event && event->kind == BM_YAML_TEXT && strcmp(event->text, "reopen") == 0 &&
                    bm_procedure_event(reading->procedure, "reopen") == BM_NO_INDEX;
    if (!step->reopens)
        bm_read_ref(reading, event, where, "event", bm_procedure_event, &step->event);
    read_values(reading, bm_yaml_get(node, "with"), where, step);
    read_then(reading, bm_read_need(reading, node, "then", where), where, step);
}

static void read_example(struct bm_reading *reading, const struct bm_yaml_node *node,
                         struct bm_example_def *example) {
    static const char where[] = "examples";
    example->at = node->at;
    if (!bm_read_map(reading, node, where, "name opened steps")) return;
    bm_read_text(reading, bm_read_need(reading, node, "name", where), where, &example->name);
    read_instant(reading, bm_read_need(reading, node, "opened", where), where, &example->opened_ms);
    const struct bm_yaml_node *list = bm_read_need(reading, node, "steps", where);
    if (!list || !bm_read_list(reading, list, where, BM_PROCEDURE_STEPS_MAX)) return;
    struct bm_step_def *steps = bm_arena_take(reading->arena, list->count + 1u, sizeof *steps);
    uint32_t count = 0;
    for (const struct bm_yaml_node *one = list->first; one; one = one->next, count++) {
        read_step(reading, one, where, &steps[count]);
        int64_t before = count ? steps[count - 1].at_ms : example->opened_ms;
        if (steps[count].at_ms < before && !reading->findings->errors)
            bm_findings_add(reading->findings, 1, one->at, where,
                            "This step lies before the one above it. Put the steps in the order "
                            "of time.");
    }
    example->steps = steps;
    example->step_count = count;
}

void bm_read_rest(struct bm_reading *reading, const struct bm_yaml_node *root) {
    struct bm_procedure *procedure = reading->procedure;
    read_survey(reading, bm_yaml_get(root, "survey"));
    read_reopen(reading, bm_yaml_get(root, "reopen"));
    read_hand_over(reading, bm_yaml_get(root, "hand_over"));
    read_moves(reading, bm_yaml_get(root, "migrate"));
    const struct bm_yaml_node *list = bm_yaml_get(root, "examples");
    if (!list || !bm_read_list(reading, list, "examples", BM_PROCEDURE_EXAMPLES_MAX)) return;
    procedure->examples = bm_arena_take(reading->arena, list->count + 1u,
                                        sizeof *procedure->examples);
    for (const struct bm_yaml_node *one = list->first; one; one = one->next)
        read_example(reading, one, &procedure->examples[procedure->example_count++]);
}
