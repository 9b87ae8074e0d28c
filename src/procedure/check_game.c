/* Check 16: no clock is anchored, paused or extended by what only those can do whom it measures.
 *
 * The known games, each refused here: the clock that starts when the measured unit clicks
 * "acknowledge"; the one that starts when somebody else acts, but only after the unit has, while no
 * clock of the same force measures it; the pause that the unit takes when it likes, or ends when it
 * likes; the unit that starts its own clock anew; the extension that it grants itself; a second
 * role of the same unit for any of these.
 */
#include "base/alloc.h"
#include "procedure/checking.h"

/* The row of an edge in which a clock's start or pause lies: the first of those that were taken. */
static const struct bm_row_def *row_of(const struct bm_procedure *procedure,
                                       const struct bm_edge *edge) {
    for (int r = 0; r < BM_region_COUNT; r++)
        if (edge->rows[r] != BM_NO_INDEX) return &procedure->rows[edge->rows[r]];
    return &procedure->rows[0];
}

struct game {
    struct bm_checking *checking;
    const struct bm_clock_def *clock;
    uint32_t index, body; /* bits */
    uint8_t told[BM_PROCEDURE_ROWS_MAX];
};

static void tell(struct game *game, const struct bm_edge *edge, const char *what,
                 const char *mend) {
    const struct bm_procedure *procedure = game->checking->procedure;
    const struct bm_row_def *row = row_of(procedure, edge);
    if (game->told[row - procedure->rows]) return;
    game->told[row - procedure->rows] = 1;
    bm_findings_add(
        game->checking->findings, 16, row->at, bm_check_clock(procedure, game->clock).text,
        "The event %s %s this clock, and the %s, whom it measures, can do that alone. "
        "%s",
        procedure->events[edge->event].name, what, bm_body_words[game->clock->measures], mend);
}

/* --- starting
 * ------------------------------------------------------------------------------------- */

/* Clocks that measure the same body, with the same force or more: while one of them runs, the
 * body's delay does not go unmeasured, and what starts only afterwards hides nothing. */
static uint32_t others(const struct game *game) {
    const struct bm_procedure *procedure = game->checking->procedure;
    uint32_t clocks = 0;
    for (uint32_t c = 0; c < procedure->clock_count; c++)
        if (procedure->clocks[c].measures == game->clock->measures &&
            procedure->clocks[c].force >= game->clock->force)
            clocks |= 1u << c;
    return clocks & ~game->index;
}

/* Marks what is reached without the measured, or through acts of theirs for which another clock
 * runs. */
static void reach_measured(const struct game *game, uint8_t *seen) {
    const struct bm_checking *checking = game->checking;
    uint32_t other = others(game);
    seen[checking->opened] = 1;
    if (checking->reopened != BM_NO_INDEX) seen[checking->reopened] = 1;
    for (bool changed = true; changed;) {
        changed = false;
        for (uint32_t i = 0; i < checking->edge_count; i++) {
            const struct bm_edge *edge = &checking->edges[i];
            const struct bm_configuration *from = &checking->configurations[edge->from];
            bool measured = from->must & ~bm_checking_paused(checking, from) & other;
            if (!seen[edge->from] || seen[edge->to] || !(measured || (edge->bodies & ~game->body)))
                continue;
            seen[edge->to] = 1;
            changed = true;
        }
    }
}

static void check_starts(struct game *game) {
    struct bm_checking *checking = game->checking;
    uint8_t *seen = bm_alloc_zero(checking->configuration_count, 1);
    bool starts = false, starts_without = false;
    reach_measured(game, seen);
    bool from_first = checking->configurations[checking->opened].must & game->index;
    if (checking->reopened != BM_NO_INDEX)
        from_first = from_first ||
                     (checking->configurations[checking->reopened].must & game->index);
    for (uint32_t i = 0; i < checking->edge_count; i++) {
        const struct bm_edge *edge = &checking->edges[i];
        const struct bm_configuration *from = &checking->configurations[edge->from];
        if (!(edge->starts & game->index) || !from->reached) continue;
        starts = true;
        if (edge->bodies == game->body)
            tell(game, edge, "starts", "Anchor it at an act of another body, or at first_contact.");
        else if ((edge->bodies & game->body) && (from->may & game->index))
            tell(game, edge, "starts anew", "Leave this event to another body.");
        else if (seen[edge->from])
            starts_without = true;
    }
    bm_free(seen);
    bool told = false;
    for (uint32_t i = 0; i < checking->procedure->row_count; i++) told = told || game->told[i];
    if (starts && !starts_without && !from_first && !told)
        bm_findings_add(checking->findings, 16, game->clock->anchor_at,
                        bm_check_clock(checking->procedure, game->clock).text,
                        "The clock cannot start before the %s, whom it measures, has acted: on "
                        "every way to its anchor something waits for the %s alone. Anchor it "
                        "earlier, or let another body take that step, too.",
                        bm_body_words[game->clock->measures], bm_body_words[game->clock->measures]);
}

/* --- pausing
 * -------------------------------------------------------------------------------------- */

static bool is_paused(const struct game *game, uint32_t configuration) {
    return bm_checking_paused(game->checking, &game->checking->configurations[configuration]) &
           game->index;
}

static void check_pausing(struct game *game) {
    struct bm_checking *checking = game->checking;
    for (uint32_t i = 0; game->clock->pause_count && i < checking->edge_count; i++) {
        const struct bm_edge *edge = &checking->edges[i];
        if ((edge->bodies & game->body) && !is_paused(game, edge->from) &&
            is_paused(game, edge->to) && checking->configurations[edge->from].reached)
            tell(game, edge, "pauses",
                 "Let the event be of another body, which agrees to the pause.");
    }
}

/* From every configuration in which it stands still it must be possible to go on without the
 * measured. */
static void check_resuming(struct game *game) {
    struct bm_checking *checking = game->checking;
    for (uint32_t i = 0; game->clock->pause_count && i < checking->configuration_count; i++) {
        if (!checking->configurations[i].reached || !is_paused(game, i)) continue;
        uint8_t *seen = bm_alloc_zero(checking->configuration_count, 1);
        bool out = false;
        bm_checking_reach(checking, (uint16_t)i, game->body, seen);
        for (uint32_t j = 0; j < checking->configuration_count; j++)
            out = out || (seen[j] && !checking->configurations[j].final && !is_paused(game, j));
        bm_free(seen);
        if (out) continue;
        uint16_t state = checking->configurations[i].active[BM_REGION_HANDLING];
        bm_findings_add(checking->findings, 16, checking->procedure->states[state].at,
                        bm_check_clock(checking->procedure, game->clock).text,
                        "While the case is in %s this clock stands still, and only the %s, whom it "
                        "measures, can go on. Add a row for another body.",
                        checking->procedure->states[state].name,
                        bm_body_words[game->clock->measures]);
        return;
    }
}

/* --- extending
 * ------------------------------------------------------------------------------------ */

static void check_extending(struct game *game) {
    struct bm_checking *checking = game->checking;
    const struct bm_procedure *procedure = checking->procedure;
    for (uint32_t r = 0; r < procedure->role_count; r++)
        if ((game->clock->extend_by >> r & 1) && procedure->roles[r].body == game->clock->measures)
            bm_findings_add(checking->findings, 16, game->clock->at,
                            bm_check_clock(procedure, game->clock).text,
                            "The role %s may extend it, and is of the %s, whom it measures. Let "
                            "another body grant extensions.",
                            procedure->roles[r].name, bm_body_words[game->clock->measures]);
    for (uint32_t i = 0; i < procedure->row_count; i++)
        for (uint32_t e = 0; e < procedure->rows[i].effect_count; e++) {
            const struct bm_row_def *row = &procedure->rows[i];
            const struct bm_effect_def *effect = &row->effects[e];
            if (effect->effect != BM_EFFECT_EXTEND || 1u << effect->target != game->index) continue;
            if (game->clock->extend_times && (row->by & ~game->clock->extend_by))
                bm_findings_add(checking->findings, 16, effect->at,
                                bm_check_clock(procedure, game->clock).text,
                                "The event %s extends it, by roles whom the clock's own \"extend\" "
                                "does not name. Let \"by\" be among those.",
                                procedure->events[row->event].name);
        }
}

void bm_check_gamed(struct bm_checking *checking) {
    const struct bm_procedure *procedure = checking->procedure;
    for (uint32_t c = 0; c < procedure->clock_count; c++) {
        struct game game = {.checking = checking,
                            .clock = &procedure->clocks[c],
                            .index = 1u << c,
                            .body = 1u << procedure->clocks[c].measures};
        if (game.clock->measures == BM_BODY_ENGINE) {
            bm_findings_add(checking->findings, 16, game.clock->at,
                            bm_check_clock(procedure, game.clock).text,
                            "It measures the engine, that is, nobody. Name whose delay it is.");
            continue;
        }
        check_starts(&game);
        check_pausing(&game);
        check_resuming(&game);
        check_extending(&game);
    }
}
