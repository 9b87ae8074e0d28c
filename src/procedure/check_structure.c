/* Checks 3 to 8: how the states hang together. */
#include "base/alloc.h"
#include "procedure/checking.h"

static bool contains(const struct bm_checking *checking, const struct bm_configuration *one,
                     uint16_t state) {
    uint16_t active = one->active[checking->procedure->states[state].region];
    return active != BM_NO_INDEX && bm_procedure_within(checking->procedure, active, state);
}

void bm_check_reachable(struct bm_checking *checking) {
    const struct bm_procedure *procedure = checking->procedure;
    for (uint32_t s = 0; s < procedure->state_count; s++) {
        bool reached = false;
        for (uint32_t i = 0; i < checking->configuration_count; i++)
            reached = reached || contains(checking, &checking->configurations[i], (uint16_t)s);
        if (!reached)
            bm_findings_add(checking->findings, 3, procedure->states[s].at,
                            bm_check_state(procedure, (uint16_t)s).text,
                            "No row ever leads here. Let a row's \"to\" name it, or take it out.");
    }
}

/* Marks configurations from which a final one can be reached. */
static void mark_ending(const struct bm_checking *checking, uint8_t *ending) {
    for (uint32_t i = 0; i < checking->configuration_count; i++)
        ending[i] = checking->configurations[i].final;
    for (bool changed = true; changed;) {
        changed = false;
        for (uint32_t i = 0; i < checking->edge_count; i++) {
            const struct bm_edge *edge = &checking->edges[i];
            if (ending[edge->from] || !ending[edge->to]) continue;
            ending[edge->from] = 1;
            changed = true;
        }
    }
}

/* Whether handling can ever leave `state`. */
static bool leaves(const struct bm_checking *checking, uint16_t state) {
    for (uint32_t i = 0; i < checking->edge_count; i++) {
        const struct bm_edge *edge = &checking->edges[i];
        if (checking->configurations[edge->from].active[BM_REGION_HANDLING] == state &&
            checking->configurations[edge->to].active[BM_REGION_HANDLING] != state)
            return true;
    }
    return false;
}

void bm_check_end(struct bm_checking *checking) {
    const struct bm_procedure *procedure = checking->procedure;
    uint8_t *ending = bm_alloc_zero(checking->configuration_count, 1);
    uint8_t told[BM_PROCEDURE_STATES_MAX] = {0};
    mark_ending(checking, ending);
    for (uint32_t i = 0; i < checking->configuration_count; i++) {
        uint16_t state = checking->configurations[i].active[BM_REGION_HANDLING];
        if (ending[i] || told[state] || !leaves(checking, state)) continue;
        told[state] = 1;
        bm_findings_add(checking->findings, 4, procedure->states[state].at,
                        bm_check_state(procedure, state).text,
                        "From here no final state can be reached (at least while the other regions "
                        "stand as they may). Add a row that leads towards one.");
    }
    bm_free(ending);
}

void bm_check_dead_end(struct bm_checking *checking) {
    const struct bm_procedure *procedure = checking->procedure;
    uint8_t told[BM_PROCEDURE_STATES_MAX] = {0};
    for (uint32_t i = 0; i < checking->configuration_count; i++) {
        uint16_t state = checking->configurations[i].active[BM_REGION_HANDLING];
        if (checking->configurations[i].final || told[state] || leaves(checking, state)) continue;
        told[state] = 1;
        bm_findings_add(checking->findings, 5, procedure->states[state].at,
                        bm_check_state(procedure, state).text,
                        "Nothing leads out of here, and it is not final. Add a row with \"to\", or "
                        "make it final with its outcome.");
    }
}

/* --- rows of one event
 * ---------------------------------------------------------------------------- */

static bool is_open(const struct bm_row_def *row) {
    return !row->guard.count && !row->limit;
}

static void judge_rows(struct bm_checking *checking, const struct bm_row_def *const *rows,
                       uint32_t count) {
    for (uint32_t i = 0; i + 1 < count; i++)
        if (is_open(rows[i])) {
            bm_findings_add(checking->findings, 6, rows[i + 1]->at,
                            bm_check_row(checking->procedure, rows[i + 1]).text,
                            "The row in line %u has no guard and is always taken first, so this "
                            "one never is. Give that one a guard, or take this one out.",
                            rows[i]->at.line);
            return;
        }
    if (count < 2 || !rows[count - 1]->guard.count) return;
    if (count == 2 && bm_guard_opposite(&rows[0]->guard, &rows[1]->guard)) return;
    bm_findings_add(checking->findings, 6, rows[count - 1]->at,
                    bm_check_row(checking->procedure, rows[count - 1]).text,
                    "Several rows wait for this event, each with a guard; it is not said what "
                    "happens when none holds. Let the last one have no guard.");
}

void bm_check_one_row(struct bm_checking *checking) {
    const struct bm_procedure *procedure = checking->procedure;
    uint8_t seen[BM_PROCEDURE_ROWS_MAX] = {0};
    for (uint32_t i = 0; i < procedure->row_count; i++) {
        const struct bm_row_def *rows[BM_PROCEDURE_ROWS_MAX];
        uint32_t count = 0;
        if (seen[i]) continue;
        for (uint32_t j = i; j < procedure->row_count; j++) {
            const struct bm_row_def *one = &procedure->rows[i], *other = &procedure->rows[j];
            if (one->state != other->state || one->region != other->region ||
                one->event != other->event)
                continue;
            seen[j] = 1;
            rows[count++] = other;
        }
        judge_rows(checking, rows, count);
    }
}

/* --- automatic moves
 * ------------------------------------------------------------------------------ */

static bool is_automatic(const struct bm_procedure *procedure, const struct bm_edge *edge) {
    for (int r = 0; r < BM_region_COUNT; r++)
        if (edge->rows[r] != BM_NO_INDEX && procedure->rows[edge->rows[r]].by != 1) return false;
    return edge->from != edge->to;
}

/* Takes out, again and again, what no automatic move leads to; what is left stands on cycles or
 * behind them. */
void bm_check_automatic(struct bm_checking *checking) {
    const struct bm_procedure *procedure = checking->procedure;
    uint8_t *out = bm_alloc_zero(checking->configuration_count, 1);
    for (bool changed = true; changed;) {
        uint8_t *led = bm_alloc_zero(checking->configuration_count, 1);
        changed = false;
        for (uint32_t i = 0; i < checking->edge_count; i++)
            if (!out[checking->edges[i].from] && is_automatic(procedure, &checking->edges[i]))
                led[checking->edges[i].to] = 1;
        for (uint32_t i = 0; i < checking->configuration_count; i++)
            if (!led[i] && !out[i]) out[i] = 1, changed = true;
        bm_free(led);
    }
    for (uint32_t i = 0; i < checking->edge_count; i++) {
        const struct bm_edge *edge = &checking->edges[i];
        if (out[edge->from] || out[edge->to] || !is_automatic(procedure, edge)) continue;
        const struct bm_row_def *row = NULL;
        for (int r = 0; r < BM_region_COUNT && !row; r++)
            if (edge->rows[r] != BM_NO_INDEX) row = &procedure->rows[edge->rows[r]];
        bm_findings_add(checking->findings, 7, row->at, bm_check_row(procedure, row).text,
                        "The engine can go round in a circle here, with nobody acting. Let a "
                        "person's event stand between, or lead the expiry elsewhere.");
        break;
    }
    bm_free(out);
}

/* --- history
 * -------------------------------------------------------------------------------------- */

/* Whether `row`'s state can be active after its target was. */
static bool was_there(const struct bm_checking *checking, const struct bm_row_def *row) {
    uint8_t *seen = bm_alloc_zero(checking->configuration_count, 1);
    bool possible = false;
    for (uint32_t i = 0; i < checking->configuration_count; i++)
        if (contains(checking, &checking->configurations[i], row->target))
            bm_checking_reach(checking, (uint16_t)i, 0, seen);
    for (uint32_t i = 0; i < checking->configuration_count; i++)
        if (seen[i] && (row->state == BM_NO_INDEX ||
                        contains(checking, &checking->configurations[i], row->state)))
            possible = true;
    bm_free(seen);
    return possible;
}

void bm_check_history(struct bm_checking *checking) {
    const struct bm_procedure *procedure = checking->procedure;
    for (uint32_t i = 0; i < procedure->row_count; i++) {
        const struct bm_row_def *row = &procedure->rows[i];
        if (!row->history) continue;
        const char *wrong = NULL;
        if (procedure->states[row->target].initial == BM_NO_INDEX)
            wrong = "a state without states in it has no history";
        else if (row->state != BM_NO_INDEX &&
                 bm_procedure_within(procedure, row->state, row->target))
            wrong = "the case is still in it";
        else if (!was_there(checking, row))
            wrong = "the case can never have been there before";
        if (wrong)
            bm_findings_add(checking->findings, 8, row->at, bm_check_row(procedure, row).text,
                            "\"history %s\" goes back to nothing: %s. Name a state instead.",
                            procedure->states[row->target].name, wrong);
    }
}
