/* All configurations that events can bring about, breadth first from the opening (and from
 * reopening); then which clocks run in each: those of all ways there (must) and of any (may). */
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "procedure/checking.h"

/* --- whose act ----------------------------------------------------------------------------------
 */

static uint32_t bodies_of_roles(const struct bm_procedure *procedure, uint32_t roles) {
    uint32_t bodies = 0;
    for (uint32_t i = 0; i < procedure->role_count; i++)
        if (roles >> i & 1) bodies |= 1u << procedure->roles[i].body;
    return bodies;
}

uint32_t bm_checking_bodies(const struct bm_procedure *procedure, const struct bm_row_def *row) {
    uint32_t bodies = bodies_of_roles(procedure, row->by);
    if (!(bodies & 1u << BM_BODY_ENGINE)) return bodies;
    for (uint32_t i = 0; i < procedure->clock_count; i++)
        if (procedure->clocks[i].on_expiry == row->event)
            bodies |= 1u << procedure->clocks[i].measures;
    return bodies;
}

/* --- guards, as far as a configuration knows them
 * ------------------------------------------------- */

struct knowing {
    const struct bm_procedure *procedure;
    const struct bm_configuration *configuration;
};
static bool knows_no_field(const void *context, uint32_t field, int64_t *ret_value) {
    (void)context, (void)field, (void)ret_value;
    return false;
}
static bool knows_no_counter(const void *context, enum bm_counter counter, int64_t *ret_value) {
    (void)context, (void)counter, (void)ret_value;
    return false;
}
static bool knows_no_breach(const void *context, uint32_t clock, bool *ret_breached) {
    (void)context, (void)clock, (void)ret_breached;
    return false;
}
static bool is_active(const struct bm_procedure *procedure,
                      const struct bm_configuration *configuration, uint16_t state) {
    uint16_t active = configuration->active[procedure->states[state].region];
    return active != BM_NO_INDEX && bm_procedure_within(procedure, active, state);
}
static bool knows_in(const void *context, uint32_t state) {
    const struct knowing *knowing = context;
    return is_active(knowing->procedure, knowing->configuration, (uint16_t)state);
}

/* has() and role() are unknown, too; asked as such they would have an answer, so guards with them
 * are taken for open. */
static bool always_answers(const struct bm_guard *guard) {
    for (uint32_t i = 0; i < guard->count; i++)
        if (guard->nodes[i].op == BM_GUARD_HAS || guard->nodes[i].op == BM_GUARD_ROLE) return true;
    return false;
}
static bool knows_yes(const void *context, uint32_t index) {
    (void)context, (void)index;
    return true;
}

static enum bm_guard_answer ask(const struct bm_checking *checking,
                                const struct bm_configuration *configuration,
                                const struct bm_guard *guard) {
    const struct knowing knowing = {checking->procedure, configuration};
    const struct bm_guard_facts facts = {&knowing,         knows_no_field, knows_yes,
                                         knows_no_counter, knows_no_field, knows_no_breach,
                                         knows_in,         knows_yes};
    if (!guard->count) return BM_GUARD_YES;
    return always_answers(guard) ? BM_GUARD_MISSING : bm_guard_ask(guard, &facts, NULL);
}

/* --- laying out
 * ----------------------------------------------------------------------------------- */

static uint16_t find_or_add(struct bm_checking *checking, const uint16_t *active, bool again) {
    for (uint32_t i = 0; i < checking->configuration_count; i++)
        if (checking->configurations[i].again == again &&
            memcmp(checking->configurations[i].active, active,
                   sizeof checking->configurations[i].active) == 0)
            return (uint16_t)i;
    if (checking->configuration_count == BM_CHECK_CONFIGURATIONS_MAX) return BM_NO_INDEX;
    struct bm_configuration *one = &checking->configurations[checking->configuration_count];
    *one = (struct bm_configuration){.must = UINT32_MAX, .must_begun = UINT32_MAX, .again = again};
    memcpy(one->active, active, sizeof one->active);
    const struct bm_state_def *state = &checking->procedure->states[active[BM_REGION_HANDLING]];
    one->final = state->category == BM_CATEGORY_FINAL;
    return (uint16_t)checking->configuration_count++;
}

/* Rows of one region for one event that may be taken in a configuration, in the order in which they
 * are asked. */
static uint32_t rows_for(const struct bm_checking *checking,
                         const struct bm_configuration *configuration, enum bm_region region,
                         uint16_t event, uint16_t *ret_rows) {
    const struct bm_procedure *procedure = checking->procedure;
    uint32_t count = 0;
    uint16_t state = configuration->active[region];
    if (state == BM_NO_INDEX) return 0;
    for (bool more = true; more;) {
        for (uint32_t i = 0; i < procedure->row_count; i++) {
            const struct bm_row_def *row = &procedure->rows[i];
            if (row->event != event || row->region != region || row->state != state) continue;
            enum bm_guard_answer answer = ask(checking, configuration, &row->guard);
            if (answer == BM_GUARD_NO) continue;
            ret_rows[count++] = (uint16_t)i;
            if (answer == BM_GUARD_YES && !row->limit) return count;
        }
        more = state != BM_NO_INDEX;
        if (more) state = procedure->states[state].parent;
    }
    return count;
}

static void clocks_of_row(const struct bm_procedure *procedure, const struct bm_row_def *row,
                          struct bm_edge *edge) {
    for (uint32_t i = 0; i < row->effect_count; i++) {
        const struct bm_effect_def *effect = &row->effects[i];
        if (effect->effect == BM_EFFECT_START) edge->starts |= 1u << effect->target;
        if (effect->effect == BM_EFFECT_STOP) edge->stops |= 1u << effect->target;
    }
    for (uint32_t i = 0; i < procedure->clock_count; i++)
        if (procedure->clocks[i].anchor == BM_ANCHOR_EVENT &&
            procedure->clocks[i].anchor_index == row->event)
            edge->starts |= 1u << i;
}

/* Clocks that run in a state: they start on entering and end on leaving. */
static void clocks_of_states(const struct bm_checking *checking,
                             const struct bm_configuration *from, const struct bm_configuration *to,
                             struct bm_edge *edge) {
    const struct bm_procedure *procedure = checking->procedure;
    for (uint32_t i = 0; i < procedure->clock_count; i++) {
        const struct bm_clock_def *clock = &procedure->clocks[i];
        if (clock->anchor != BM_ANCHOR_STATE) continue;
        bool before = from && is_active(procedure, from, clock->anchor_index);
        bool after = is_active(procedure, to, clock->anchor_index);
        if (!before && after) edge->starts |= 1u << i;
        if (before && !after) edge->stops |= 1u << i;
    }
}

static bool add_edge(struct bm_checking *checking, struct bm_edge edge, const uint16_t *active) {
    const struct bm_procedure *procedure = checking->procedure;
    if (checking->edge_count == BM_EDGES_MAX) return false;
    edge.to = find_or_add(checking, active, checking->configurations[edge.from].again);
    if (edge.to == BM_NO_INDEX) return false;
    edge.bodies = 0;
    for (int r = 0; r < BM_region_COUNT; r++) {
        if (edge.rows[r] == BM_NO_INDEX) continue;
        clocks_of_row(procedure, &procedure->rows[edge.rows[r]], &edge);
        edge.bodies |= bm_checking_bodies(procedure, &procedure->rows[edge.rows[r]]);
    }
    clocks_of_states(checking, &checking->configurations[edge.from],
                     &checking->configurations[edge.to], &edge);
    checking->edges[checking->edge_count++] = edge;
    return true;
}

/* Every innermost state to which a row may lead: one, or with history any within its target. */
static uint32_t targets_of(const struct bm_procedure *procedure, const struct bm_row_def *row,
                           uint16_t active, uint16_t *ret_targets) {
    uint32_t count = 0;
    if (row->target == BM_NO_INDEX) {
        ret_targets[0] = active;
        return 1;
    }
    if (!row->history) {
        ret_targets[0] = bm_procedure_descend(procedure, row->target);
        return 1;
    }
    for (uint32_t i = 0; i < procedure->state_count; i++)
        if (procedure->states[i].initial == BM_NO_INDEX &&
            bm_procedure_within(procedure, (uint16_t)i, row->target))
            ret_targets[count++] = (uint16_t)i;
    return count;
}

/* What the regions from `region` on may do, after those before have chosen. */
static bool combine(struct bm_checking *checking, struct bm_edge *edge, uint16_t *active,
                    int region) {
    const struct bm_procedure *procedure = checking->procedure;
    if (region == BM_region_COUNT) {
        bool any = false;
        for (int r = 0; r < BM_region_COUNT; r++) any = any || edge->rows[r] != BM_NO_INDEX;
        return !any || add_edge(checking, *edge, active);
    }
    uint16_t rows[BM_PROCEDURE_ROWS_MAX], targets[BM_PROCEDURE_STATES_MAX];
    uint16_t was = active[region];
    uint32_t count = rows_for(checking, &checking->configurations[edge->from],
                              (enum bm_region)region, edge->event, rows);
    bool sure = false;
    for (uint32_t i = 0; i < count; i++) {
        const struct bm_row_def *row = &procedure->rows[rows[i]];
        uint32_t target_count = targets_of(procedure, row, was, targets);
        edge->rows[region] = rows[i];
        sure = sure || (!row->limit && ask(checking, &checking->configurations[edge->from],
                                           &row->guard) == BM_GUARD_YES);
        for (uint32_t t = 0; t < target_count; t++) {
            active[region] = targets[t];
            if (!combine(checking, edge, active, region + 1)) return false;
        }
    }
    active[region] = was;
    edge->rows[region] = BM_NO_INDEX;
    return sure || combine(checking, edge, active, region + 1);
}

static bool lay_out_from(struct bm_checking *checking, uint32_t first) {
    for (uint32_t i = first; i < checking->configuration_count; i++) {
        if (checking->configurations[i].final) continue;
        for (uint32_t event = 0; event < checking->procedure->event_count; event++) {
            struct bm_edge edge = {.from = (uint16_t)i, .event = (uint16_t)event};
            uint16_t active[BM_region_COUNT];
            memcpy(active, checking->configurations[i].active, sizeof active);
            for (int r = 0; r < BM_region_COUNT; r++) edge.rows[r] = BM_NO_INDEX;
            if (!combine(checking, &edge, active, 0)) return false;
        }
    }
    return true;
}

/* --- clocks
 * --------------------------------------------------------------------------------------- */

static void begin(struct bm_checking *checking, uint16_t at, enum bm_anchor anchor) {
    struct bm_edge edge = {.starts = 0};
    struct bm_configuration *one = &checking->configurations[at];
    for (uint32_t i = 0; i < checking->procedure->clock_count; i++)
        if (checking->procedure->clocks[i].anchor == anchor) edge.starts |= 1u << i;
    clocks_of_states(checking, NULL, one, &edge);
    one->must &= edge.starts;
    one->may |= edge.starts;
    one->must_begun &= edge.starts;
    one->may_begun |= edge.starts;
    one->reached = true;
}

/* Until nothing changes: at most clocks times configurations rounds, since sets only shrink or
 * grow. */
static void settle_clocks(struct bm_checking *checking) {
    begin(checking, checking->opened, BM_ANCHOR_FIRST_CONTACT);
    if (checking->reopened != BM_NO_INDEX) begin(checking, checking->reopened, BM_ANCHOR_REOPEN);
    for (bool changed = true; changed;) {
        changed = false;
        for (uint32_t i = 0; i < checking->edge_count; i++) {
            const struct bm_edge *edge = &checking->edges[i];
            const struct bm_configuration *from = &checking->configurations[edge->from];
            struct bm_configuration *to = &checking->configurations[edge->to];
            if (!from->reached) continue;
            struct bm_configuration was = *to;
            to->must &= (from->must & ~edge->stops) | edge->starts;
            to->may |= (from->may & ~edge->stops) | edge->starts;
            to->must_begun &= from->must_begun | edge->starts;
            to->may_begun |= from->may_begun | edge->starts;
            changed = changed || was.must != to->must || was.may != to->may || !was.reached ||
                      was.must_begun != to->must_begun || was.may_begun != to->may_begun;
            to->reached = true;
        }
    }
}

uint32_t bm_checking_paused(const struct bm_checking *checking,
                            const struct bm_configuration *configuration) {
    uint32_t paused = 0;
    for (uint32_t i = 0; i < checking->procedure->clock_count; i++) {
        const struct bm_clock_def *clock = &checking->procedure->clocks[i];
        for (uint32_t p = 0; p < clock->pause_count; p++)
            if (is_active(checking->procedure, configuration, clock->pauses[p].state))
                paused |= 1u << i;
    }
    return paused;
}

bool bm_checking_lay_out(struct bm_checking *checking) {
    const struct bm_procedure *procedure = checking->procedure;
    uint16_t active[BM_region_COUNT];
    checking->configurations = bm_alloc_zero(BM_CHECK_CONFIGURATIONS_MAX,
                                             sizeof *checking->configurations);
    checking->edges = bm_alloc_zero(BM_EDGES_MAX, sizeof *checking->edges);
    for (int r = 0; r < BM_region_COUNT; r++)
        active[r] = procedure->initial[r] == BM_NO_INDEX
                        ? BM_NO_INDEX
                        : bm_procedure_descend(procedure, procedure->initial[r]);
    BM_CHECK(active[BM_REGION_HANDLING] != BM_NO_INDEX);
    checking->opened = find_or_add(checking, active, false);
    bool whole = lay_out_from(checking, 0);
    if (whole && procedure->reopen.by && procedure->reopen.target != BM_NO_INDEX &&
        procedure->states[procedure->reopen.target].region == BM_REGION_HANDLING) {
        uint32_t before = checking->configuration_count;
        active[BM_REGION_HANDLING] = bm_procedure_descend(procedure, procedure->reopen.target);
        checking->reopened = find_or_add(checking, active, true);
        whole = checking->reopened != BM_NO_INDEX && lay_out_from(checking, before);
    }
    if (whole)
        settle_clocks(checking);
    else
        bm_findings_add(checking->findings, 3, (struct bm_mark){1, 1}, "",
                        "The regions can stand together in more than %d ways, or over more than "
                        "%d moves: too many to check. Take states out, or split the procedure.",
                        BM_CHECK_CONFIGURATIONS_MAX, BM_EDGES_MAX);
    return whole;
}

void bm_checking_free(struct bm_checking *checking) {
    bm_free(checking->configurations);
    bm_free(checking->edges);
}

void bm_checking_reach(const struct bm_checking *checking, uint16_t from, uint32_t without,
                       uint8_t *seen) {
    seen[from] = 1;
    for (bool changed = true; changed;) {
        changed = false;
        for (uint32_t i = 0; i < checking->edge_count; i++) {
            const struct bm_edge *edge = &checking->edges[i];
            if (!seen[edge->from] || seen[edge->to] || !(edge->bodies & ~without)) continue;
            seen[edge->to] = 1;
            changed = true;
        }
    }
}
