/* Checks 31 to 33: examples and the move from a former version.
 *
 * An example is walked here by states, roles, fields and counters, with no clock running: whether a
 * rung is due, and what breached(...) and remaining(...) say, is for the kernel under a simulated
 * clock.  Here such a guard is taken for true. */
#include <string.h>

#include "base/alloc.h"
#include "procedure/checking.h"
#include "base/time.h"
#include "procedure/date.h"

struct walk {
    struct bm_checking *checking;
    const struct bm_example_def *example;
    uint16_t active[BM_region_COUNT];
    const char *values[BM_PROCEDURE_FIELDS_MAX]; /* NULL: not filled in */
    int64_t counters[BM_COUNTER_COUNT];
    uint32_t taken[BM_PROCEDURE_ROWS_MAX];
    uint16_t role;
    bool good;
};

/* --- what guards ask
 * ------------------------------------------------------------------------------ */

static bool ask_field(const void *context, uint32_t index, int64_t *ret_value) {
    const struct walk *walk = context;
    const struct bm_field_def *field = &walk->checking->procedure->fields[index];
    const char *text = walk->values[index];
    int32_t day;
    if (!text) return false;
    if (field->type == BM_FIELD_YES_NO) {
        *ret_value = strcmp(text, "yes") == 0;
    } else if (field->type == BM_FIELD_DATE && bm_date_read(text, strlen(text), &day)) {
        *ret_value = day;
    } else if (field->type == BM_FIELD_CHOICE) {
        for (uint32_t w = 0; w < field->word_count; w++)
            if (strcmp(field->words[w], text) == 0) *ret_value = w;
    } else {
        int64_t number = 0;
        for (const char *c = text; *c; c++)
            if (*c >= '0' && *c <= '9') number = number * 10 + (*c - '0');
        *ret_value = text[0] == '-' ? -number : number;
    }
    return true;
}
static bool ask_has(const void *context, uint32_t index) {
    return ((const struct walk *)context)->values[index] != NULL;
}
static bool ask_counter(const void *context, enum bm_counter counter, int64_t *ret_value) {
    *ret_value = ((const struct walk *)context)->counters[counter];
    return true;
}
static bool ask_remaining(const void *context, uint32_t clock, int64_t *ret_amount) {
    (void)context, (void)clock, (void)ret_amount;
    return false;
}
static bool ask_breached(const void *context, uint32_t clock, bool *ret_breached) {
    (void)context, (void)clock, (void)ret_breached;
    return false;
}
static bool ask_in(const void *context, uint32_t state) {
    const struct walk *walk = context;
    const struct bm_procedure *procedure = walk->checking->procedure;
    uint16_t active = walk->active[procedure->states[state].region];
    return active != BM_NO_INDEX && bm_procedure_within(procedure, active, (uint16_t)state);
}
static bool ask_role(const void *context, uint32_t role) {
    return ((const struct walk *)context)->role == role;
}

static enum bm_guard_answer ask(struct walk *walk, const struct bm_row_def *row) {
    const struct bm_guard_facts facts = {walk,          ask_field,    ask_has, ask_counter,
                                         ask_remaining, ask_breached, ask_in,  ask_role};
    uint32_t missing = 0;
    enum bm_guard_answer answer = bm_guard_ask(&row->guard, &facts, &missing);
    if (answer != BM_GUARD_MISSING) return answer;
    uint8_t op = row->guard.nodes[missing].op;
    return op == BM_GUARD_BREACHED || op == BM_GUARD_REMAINING ? BM_GUARD_YES : BM_GUARD_MISSING;
}

/* --- walking
 * -------------------------------------------------------------------------------------- */

static void wrong(struct walk *walk, const struct bm_step_def *step, const char *what,
                  const char *name) {
    if (walk->good)
        bm_findings_add(walk->checking->findings, 31, step->at, walk->example->name,
                        "The event %s by %s does not go as the example says: %s %s. Correct the "
                        "step, or the rows.",
                        step->reopens ? "reopen" : walk->checking->procedure->events[step->event].name,
                        walk->checking->procedure->roles[step->role].name, what, name);
    walk->good = false;
}

/* The row that is taken in a region; NULL when there is none. */
static const struct bm_row_def *choose(struct walk *walk, const struct bm_step_def *step,
                                       int region) {
    const struct bm_procedure *procedure = walk->checking->procedure;
    uint16_t state = walk->active[region];
    if (state == BM_NO_INDEX) return NULL;
    for (bool more = true; more;) {
        for (uint32_t i = 0; i < procedure->row_count; i++) {
            const struct bm_row_def *row = &procedure->rows[i];
            if (row->event != step->event || (int)row->region != region || row->state != state)
                continue;
            if (row->limit && walk->taken[i] >= row->limit) continue;
            enum bm_guard_answer answer = ask(walk, row);
            if (answer == BM_GUARD_MISSING)
                wrong(walk, step,
                      "its guard asks for a field that is not filled in:", row->guard.text);
            if (answer == BM_GUARD_YES) return row;
        }
        more = state != BM_NO_INDEX;
        if (more) state = procedure->states[state].parent;
    }
    return NULL;
}

static void need_fields(struct walk *walk, const struct bm_step_def *step, uint64_t needs) {
    const struct bm_procedure *procedure = walk->checking->procedure;
    for (uint32_t v = 0; v < step->value_count; v++) needs &= ~(UINT64_C(1) << step->values[v].field);
    for (uint16_t f = 0; f < procedure->field_count; f++)
        if (needs >> f & 1) wrong(walk, step, "it needs the field", procedure->fields[f].name);
}

static void apply(struct walk *walk, const struct bm_step_def *step, const struct bm_row_def *row) {
    const struct bm_procedure *procedure = walk->checking->procedure;
    if (!(row->by >> step->role & 1)) wrong(walk, step, "this role may not do it", "");
    need_fields(walk, step, row->needs);
    walk->taken[row - procedure->rows]++;
    for (uint32_t e = 0; e < row->effect_count; e++) {
        const struct bm_effect_def *effect = &row->effects[e];
        if (effect->effect == BM_EFFECT_EXTEND) walk->counters[BM_COUNTER_EXTENSIONS]++;
        if (effect->effect == BM_EFFECT_SET) walk->values[effect->target] = effect->text;
    }
    if (row->target != BM_NO_INDEX && !row->history)
        walk->active[row->region] = bm_procedure_descend(procedure, row->target);
}

static void reopen(struct walk *walk, const struct bm_step_def *step) {
    const struct bm_procedure *procedure = walk->checking->procedure;
    const struct bm_reopen_def *reopening = &procedure->reopen;
    uint16_t *state = &walk->active[BM_REGION_HANDLING];
    if (procedure->states[*state].category != BM_CATEGORY_FINAL)
        wrong(walk, step, "it is not closed but in", procedure->states[*state].name);
    if (!(reopening->by >> step->role & 1)) wrong(walk, step, "this role may not do it", "");
    if (walk->counters[BM_COUNTER_REOPENS] >= reopening->limit) wrong(walk, step, "it was done too often", "");
    need_fields(walk, step, reopening->needs);
    if (!walk->good) return;
    walk->counters[BM_COUNTER_REOPENS]++;
    *state = bm_procedure_descend(procedure, reopening->target);
}

/* False when no region has one. */
static bool take_rows(struct walk *walk, const struct bm_step_def *step) {
    const struct bm_procedure *procedure = walk->checking->procedure;
    const struct bm_row_def *rows[BM_region_COUNT];
    bool any = false;
    for (int r = 0; r < BM_region_COUNT; r++) {
        rows[r] = choose(walk, step, r);
        any = any || rows[r];
    }
    for (int r = 0; r < BM_region_COUNT; r++) {
        if (!rows[r]) continue;
        apply(walk, step, rows[r]);
        /* Where history leads depends on the way; the example says it. */
        for (uint32_t t = 0; rows[r]->history && t < step->then_count; t++)
            if (bm_procedure_within(procedure, step->then[t], rows[r]->target))
                walk->active[r] = bm_procedure_descend(procedure, step->then[t]);
    }
    if (procedure->hand_over.at.line && step->event == procedure->hand_over.refuse && any)
        walk->counters[BM_COUNTER_RETURNS]++;
    return any;
}

static void take_step(struct walk *walk, const struct bm_step_def *step) {
    const struct bm_procedure *procedure = walk->checking->procedure;
    walk->role = step->role;
    for (uint32_t v = 0; v < step->value_count; v++)
        walk->values[step->values[v].field] = step->values[v].text;
    if (step->reopens)
        reopen(walk, step);
    else if (!take_rows(walk, step))
        wrong(walk, step, "nothing waits for it in", procedure->states[walk->active[0]].name);
    for (uint32_t t = 0; t < step->then_count; t++)
        if (!ask_in(walk, step->then[t]))
            wrong(walk, step, "afterwards the case is not in",
                  procedure->states[step->then[t]].name);
}

/* Counts what each row was taken by examples that go as they say. */
static void walk_all(struct bm_checking *checking, uint32_t *taken) {
    const struct bm_procedure *procedure = checking->procedure;
    struct walk *walk = bm_alloc_zero(1, sizeof *walk);
    for (uint32_t x = 0; x < procedure->example_count; x++) {
        *walk = (struct walk){
            .checking = checking, .example = &procedure->examples[x], .good = true};
        for (int r = 0; r < BM_region_COUNT; r++)
            walk->active[r] = procedure->initial[r] == BM_NO_INDEX
                                  ? BM_NO_INDEX
                                  : bm_procedure_descend(procedure, procedure->initial[r]);
        for (uint32_t s = 0; walk->good && s < walk->example->step_count; s++)
            take_step(walk, &walk->example->steps[s]);
        for (uint32_t i = 0; walk->good && i < procedure->row_count; i++)
            taken[i] += walk->taken[i];
    }
    bm_free(walk);
}

void bm_check_examples(struct bm_checking *checking) {
    uint32_t taken[BM_PROCEDURE_ROWS_MAX] = {0};
    walk_all(checking, taken);
}

static bool is_reopened(const struct bm_procedure *procedure) {
    for (uint32_t x = 0; x < procedure->example_count; x++)
        for (uint32_t s = 0; s < procedure->examples[x].step_count; s++)
            if (procedure->examples[x].steps[s].reopens) return true;
    return false;
}

void bm_check_coverage(struct bm_checking *checking) {
    const struct bm_procedure *procedure = checking->procedure;
    uint32_t taken[BM_PROCEDURE_ROWS_MAX] = {0};
    struct bm_findings told = {.count = 0}, *findings = checking->findings;
    checking->findings = &told; /* what examples do wrong is said by check 31 */
    walk_all(checking, taken);
    checking->findings = findings;
    for (uint32_t i = 0; i < procedure->row_count; i++) {
        if (taken[i])
            checking->result->covered_rows++;
        else
            bm_findings_add(findings, 32, procedure->rows[i].at,
                            bm_check_row(procedure, &procedure->rows[i]).text,
                            "No example takes this row. Add one, or a step to one.");
    }
    if (procedure->reopen.by && !is_reopened(procedure))
        bm_findings_add(findings, 32, procedure->reopen.at, "reopen",
                        "No example opens the case again. Add a step with \"event: reopen\".");
}

void bm_check_migration(struct bm_checking *checking) {
    const struct bm_procedure *procedure = checking->procedure;
    const struct bm_procedure *former = checking->options ? checking->options->former : NULL;
    if (procedure->version > 1 && !former) checking->result->left_out |= UINT64_C(1) << 33;
    if (!former) return;
    for (uint32_t s = 0; s < former->state_count; s++) {
        const struct bm_state_def *state = &former->states[s];
        bool mapped = bm_procedure_state(procedure, state->name) != BM_NO_INDEX;
        if (state->category == BM_CATEGORY_FINAL || state->initial != BM_NO_INDEX) continue;
        for (uint32_t m = 0; m < procedure->move_count; m++)
            if (strcmp(procedure->moves[m].from, state->name) == 0)
                mapped = procedure->states[procedure->moves[m].to].region == state->region;
        if (!mapped)
            bm_findings_add(checking->findings, 33, (struct bm_mark){1, 1}, "migrate",
                            "Cases may stand in %s of version %u, and it is not said where they "
                            "go. Add \"%s: STATE\" of the same region to \"migrate\".",
                            state->name, former->version, state->name);
    }
}
