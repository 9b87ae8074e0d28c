/* Clocks: what is promised, how it is counted, when it stands still, and who hears of it. */
#include <stdio.h>
#include <string.h>

#include "procedure/reading.h"

/* "first_contact", "effect", "event register", "state offered" */
static void read_anchor(struct bm_reading *reading, const struct bm_yaml_node *node,
                        const char *where, struct bm_clock_def *clock) {
    if (!node) return;
    clock->anchor_at = node->at;
    if (node->kind == BM_YAML_TEXT) {
        struct bm_yaml_node name = *node;
        for (int i = 0; bm_anchor_words[i]; i++)
            if (i != BM_ANCHOR_EVENT && i != BM_ANCHOR_STATE &&
                strcmp(node->text, bm_anchor_words[i]) == 0) {
                clock->anchor = (enum bm_anchor)i;
                return;
            }
        if (strncmp(node->text, "event ", 6) == 0 || strncmp(node->text, "state ", 6) == 0) {
            bool event = node->text[0] == 'e';
            name.text += 6;
            clock->anchor = event ? BM_ANCHOR_EVENT : BM_ANCHOR_STATE;
            bm_read_ref(reading, &name, where, event ? "event" : "state",
                        event ? bm_procedure_event : bm_procedure_state, &clock->anchor_index);
            return;
        }
    }
    bm_findings_add(
        reading->findings, 1, node->at, where,
        "The anchor is \"first_contact\", \"reopen\", \"event NAME\", \"state NAME\" or "
        "\"effect\" (a row starts it).");
}

/* "before 2 working_days", "at 80 %", "after 0", "after 3 working_days" */
static bool rung_when(const char *text, struct bm_rung_def *rung) {
    char when[8], unit[20] = "";
    unsigned amount;
    int end = 0;
    int got = sscanf(text, "%7[a-z] %9u%n %19[a-z_%%]%n", when, &amount, &end, unit, &end);
    if (got < 2 || text[end]) return false;
    int index = 0;
    while (bm_when_words[index] && strcmp(when, bm_when_words[index]) != 0) index++;
    if (!bm_when_words[index]) return false;
    rung->when = (enum bm_when)index;
    rung->span.amount = amount;
    rung->percent = strcmp(unit, "%") == 0;
    if (rung->percent) return rung->when == BM_WHEN_AT && amount >= 1 && amount <= 100;
    if (got == 2) return rung->when == BM_WHEN_AFTER && amount == 0;
    int measure = 0;
    while (bm_measure_words[measure] && strcmp(unit, bm_measure_words[measure]) != 0) measure++;
    if (!bm_measure_words[measure] || rung->when == BM_WHEN_AT || amount < 1) return false;
    rung->span.unit = (enum bm_measure)measure;
    return true;
}

static void read_rungs(struct bm_reading *reading, const struct bm_yaml_node *list,
                       const char *where, struct bm_clock_def *clock) {
    if (!list || !bm_read_list(reading, list, where, BM_PROCEDURE_RUNGS_MAX)) return;
    struct bm_rung_def *rungs = bm_arena_take(reading->arena, list->count + 1u, sizeof *rungs);
    uint32_t count = 0;
    for (const struct bm_yaml_node *one = list->first; one; one = one->next) {
        struct bm_rung_def *rung = &rungs[count++];
        const char *text = NULL;
        int index;
        *rung = (struct bm_rung_def){.span.unit = clock->budget.unit, .at = one->at};
        if (!bm_read_map(reading, one, where, "at to effect")) continue;
        const struct bm_yaml_node *when = bm_read_need(reading, one, "at", where);
        if (bm_read_text(reading, when, where, &text) && !rung_when(text, rung))
            bm_findings_add(reading->findings, 1, when->at, where,
                            "A rung is \"before 2 working_days\", \"at 80 %%\", \"after 0\" or "
                            "\"after 3 working_days\", not \"%.40s\".",
                            text);
        bm_read_roles(reading, bm_read_need(reading, one, "to", where), where, &rung->to);
        if (bm_read_word(reading, bm_read_need(reading, one, "effect", where), where,
                         bm_rung_act_words, &index))
            rung->act = (enum bm_rung_act)index;
    }
    clock->rungs = rungs;
    clock->rung_count = count;
}

static void read_pauses(struct bm_reading *reading, const struct bm_yaml_node *list,
                        const char *where, struct bm_clock_def *clock) {
    if (!list || !bm_read_list(reading, list, where, 16)) return;
    struct bm_pause_def *pauses = bm_arena_take(reading->arena, list->count + 1u, sizeof *pauses);
    uint32_t count = 0;
    for (const struct bm_yaml_node *one = list->first; one; one = one->next) {
        struct bm_pause_def *pause = &pauses[count++];
        int index;
        pause->at = one->at;
        if (!bm_read_map(reading, one, where, "state cause max")) continue;
        bm_read_ref(reading, bm_read_need(reading, one, "state", where), where, "state",
                    bm_procedure_state, &pause->state);
        if (bm_read_word(reading, bm_read_need(reading, one, "cause", where), where, bm_cause_words,
                         &index))
            pause->cause = (enum bm_cause)index;
        bm_read_number(reading, bm_read_need(reading, one, "max", where), where, 1, 5256000,
                       &pause->most);
    }
    clock->pauses = pauses;
    clock->pause_count = count;
}

static void read_extend(struct bm_reading *reading, const struct bm_yaml_node *node,
                        const char *where, struct bm_clock_def *clock) {
    if (!node || !bm_read_map(reading, node, where, "times amount by")) return;
    bm_read_number(reading, bm_read_need(reading, node, "times", where), where, 1, 9,
                   &clock->extend_times);
    bm_read_number(reading, bm_read_need(reading, node, "amount", where), where, 1, 5256000,
                   &clock->extend_amount);
    bm_read_roles(reading, bm_read_need(reading, node, "by", where), where, &clock->extend_by);
}

static void read_counting(struct bm_reading *reading, const struct bm_yaml_node *node,
                          const char *where, struct bm_clock_def *clock) {
    const struct bm_yaml_node *value;
    int index;
    bool minutes = clock->budget.unit == BM_MEASURE_MINUTES;
    if ((value = bm_yaml_get(node, "calendar")))
        bm_read_text(reading, value, where, &clock->calendar);
    if (!minutes && !value)
        bm_findings_add(reading->findings, 1, node->key_at, where,
                        "A clock that counts %s needs a calendar. Add \"calendar: cn\".",
                        bm_measure_words[clock->budget.unit]);
    if ((value = bm_yaml_get(node, "counting")) &&
        bm_read_word(reading, value, where, bm_counting_words, &index))
        clock->counting = (enum bm_counting)index;
    if ((value = bm_yaml_get(node, "ends")) &&
        bm_read_word(reading, value, where, bm_day_end_words, &index))
        clock->ends = (enum bm_day_end)index;
    if ((value = bm_yaml_get(node, "roll")) &&
        bm_read_word(reading, value, where, bm_rolls_words, &index))
        clock->roll = (enum bm_rolls)index;
    if (value && clock->roll != BM_ROLLS_NONE && clock->budget.unit != BM_MEASURE_CALENDAR_DAYS)
        bm_findings_add(
            reading->findings, 1, value->at, where,
            "Only a clock of calendar days can end on a day off and roll. Take it out.");
}

static void read_clock(struct bm_reading *reading, const struct bm_yaml_node *node,
                       const char *where, struct bm_clock_def *clock) {
    const struct bm_yaml_node *value;
    int index;
    clock->law = clock->on_expiry = BM_NO_INDEX;
    if (!bm_read_map(reading, node, where,
                     "label measures kind law anchor budget calendar counting ends roll pause_in "
                     "extend ladder on_expiry"))
        return;
    bm_read_label(reading, bm_read_need(reading, node, "label", where), where, &clock->label);
    if (bm_read_word(reading, bm_read_need(reading, node, "measures", where), where, bm_body_words,
                     &index))
        clock->measures = (enum bm_body)index;
    if (bm_read_word(reading, bm_read_need(reading, node, "kind", where), where, bm_force_words,
                     &index))
        clock->force = (enum bm_force)index;
    if ((value = bm_yaml_get(node, "law")))
        bm_read_ref(reading, value, where, "law", bm_procedure_law, &clock->law);
    read_anchor(reading, bm_read_need(reading, node, "anchor", where), where, clock);
    if (bm_read_span(reading, bm_read_need(reading, node, "budget", where), where, &clock->budget))
        read_counting(reading, node, where, clock);
    read_pauses(reading, bm_yaml_get(node, "pause_in"), where, clock);
    read_extend(reading, bm_yaml_get(node, "extend"), where, clock);
    read_rungs(reading, bm_yaml_get(node, "ladder"), where, clock);
    if ((value = bm_yaml_get(node, "on_expiry")))
        bm_read_ref(reading, value, where, "event", bm_procedure_event, &clock->on_expiry);
}

void bm_read_clocks(struct bm_reading *reading, const struct bm_yaml_node *clocks) {
    struct bm_clock_def *clock = reading->procedure->clocks;
    for (const struct bm_yaml_node *one = clocks->first; one; one = one->next, clock++)
        read_clock(reading, one, bm_where_of("clocks.%s", one->key).text, clock);
}
