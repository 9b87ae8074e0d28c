/* Checks 13 to 15 and 17 to 21: that clocks run, say what they should, and enforce only what law
 * enforces.  16, whether one can be gamed, is in check_game.c, 22, the worst case, in
 * check_worst.c. */
#include <string.h>

#include "procedure/checking.h"

void bm_check_running(struct bm_checking *checking) {
    const struct bm_procedure *procedure = checking->procedure;
    uint8_t told[BM_PROCEDURE_STATES_MAX] = {0};
    for (uint32_t i = 0; i < checking->configuration_count; i++) {
        const struct bm_configuration *one = &checking->configurations[i];
        uint16_t state = one->active[BM_REGION_HANDLING];
        if (one->final || !one->reached || told[state]) continue;
        if (one->must & ~bm_checking_paused(checking, one)) continue;
        told[state] = 1;
        bm_findings_add(checking->findings, 13, procedure->states[state].at,
                        bm_check_state(procedure, state).text,
                        "No clock is sure to run here%s, so the case could lie for ever. Start one "
                        "on every way here, or let one be anchored at \"state %s\".",
                        one->again ? " after a reopening" : "", procedure->states[state].name);
    }
}

/* --- waiting
 * -------------------------------------------------------------------------------------- */

/* Whether, wherever `state` is active, a clock that measures those who are waited for runs. */
static bool others_are_measured(const struct bm_checking *checking, uint16_t state) {
    const struct bm_procedure *procedure = checking->procedure;
    uint32_t measuring = 0;
    for (uint32_t c = 0; c < procedure->clock_count; c++)
        if (procedure->clocks[c].measures == procedure->states[state].waits_for)
            measuring |= 1u << c;
    for (uint32_t i = 0; i < checking->configuration_count; i++) {
        const struct bm_configuration *one = &checking->configurations[i];
        if (one->active[procedure->states[state].region] != state || !one->reached) continue;
        if (!(one->must & ~bm_checking_paused(checking, one) & measuring)) return false;
    }
    return true;
}

static void check_pauses(struct bm_checking *checking, const struct bm_clock_def *clock) {
    const struct bm_procedure *procedure = checking->procedure;
    const struct bm_check_name_text where = bm_check_clock(procedure, clock);
    for (uint32_t p = 0; p < clock->pause_count; p++) {
        const struct bm_pause_def *pause = &clock->pauses[p];
        const struct bm_state_def *state = &procedure->states[pause->state];
        if (pause->cause == BM_CAUSE_OTHERS)
            bm_findings_add(checking->findings, 14, pause->at, where.text,
                            "That others have not answered is no cause for which a clock stands "
                            "still. Take the pause out, or name the legal cause.");
        else if (state->category != BM_CATEGORY_WAITING)
            bm_findings_add(checking->findings, 14, pause->at, where.text,
                            "The clock stands still in %s, which is no waiting state. Make it one, "
                            "with whom it waits for and why, or take the pause out.",
                            state->name);
        else if (state->cause != pause->cause)
            bm_findings_add(checking->findings, 14, pause->at, where.text,
                            "The pause says %s, but %s waits for the cause %s. Let both say the "
                            "same.",
                            bm_cause_words[pause->cause], state->name,
                            bm_cause_words[state->cause]);
    }
}

void bm_check_waiting(struct bm_checking *checking) {
    const struct bm_procedure *procedure = checking->procedure;
    for (uint32_t s = 0; s < procedure->state_count; s++)
        if (procedure->states[s].category == BM_CATEGORY_WAITING &&
            !others_are_measured(checking, (uint16_t)s))
            bm_findings_add(checking->findings, 14, procedure->states[s].at,
                            bm_check_state(procedure, (uint16_t)s).text,
                            "It waits for the %s, but no clock that measures the %s is sure to run "
                            "here. Add one, anchored at \"state %s\".",
                            bm_body_words[procedure->states[s].waits_for],
                            bm_body_words[procedure->states[s].waits_for],
                            procedure->states[s].name);
    for (uint32_t c = 0; c < procedure->clock_count; c++)
        check_pauses(checking, &procedure->clocks[c]);
}

/* --- started before stopped
 * ----------------------------------------------------------------------- */

static void check_effect(struct bm_checking *checking, uint32_t row_index,
                         const struct bm_effect_def *effect) {
    const struct bm_procedure *procedure = checking->procedure;
    const struct bm_row_def *row = &procedure->rows[row_index];
    const struct bm_clock_def *clock = &procedure->clocks[effect->target];
    const struct bm_check_name_text where = bm_check_row(procedure, row);
    uint32_t bit = 1u << effect->target;
    bool sure = false, unsure = false;
    if (effect->effect == BM_EFFECT_START) {
        if (clock->anchor != BM_ANCHOR_EFFECT)
            bm_findings_add(checking->findings, 15, effect->at, where.text,
                            "The clock %s starts at its anchor (%s) and never by an effect. Take "
                            "this out, or anchor it at \"effect\".",
                            clock->name, bm_anchor_words[clock->anchor]);
        return;
    }
    for (uint32_t i = 0; i < checking->edge_count; i++) {
        const struct bm_edge *edge = &checking->edges[i];
        const struct bm_configuration *from = &checking->configurations[edge->from];
        if (edge->rows[row->region] != row_index || !from->reached) continue;
        /* To stop what has been stopped already does nothing; to extend it is refused. */
        bool stop = effect->effect == BM_EFFECT_STOP;
        uint32_t must = stop ? from->must_begun : from->must;
        uint32_t may = stop ? from->may_begun : from->may;
        sure = sure || (must & bit);
        unsure = unsure || (!(must & bit) && (may & bit));
    }
    if (!sure || unsure)
        bm_findings_add(checking->findings, 15, effect->at, where.text,
                        "The clock %s has %s when this %ss it. Start it on every way here, or "
                        "move this to where it surely runs.",
                        clock->name, unsure ? "not always started" : "never started",
                        bm_effect_words[effect->effect]);
    if (effect->effect == BM_EFFECT_EXTEND && !clock->extend_times)
        bm_findings_add(checking->findings, 15, effect->at, where.text,
                        "The clock %s allows no extension. Give it \"extend\" with times, amount "
                        "and by, or take this out.",
                        clock->name);
    if (effect->effect == BM_EFFECT_PAUSE || effect->effect == BM_EFFECT_RESUME)
        bm_findings_add(
            checking->findings, 15, effect->at, where.text,
            "Clocks stand still in the states of their \"pause_in\", so that each pause "
            "has a cause and a limit. Lead to such a state instead of this effect.");
}

static bool ever_runs(const struct bm_checking *checking, uint32_t clock) {
    for (uint32_t i = 0; i < checking->configuration_count; i++)
        if (checking->configurations[i].may >> clock & 1) return true;
    for (uint32_t i = 0; i < checking->edge_count; i++)
        if (checking->edges[i].starts >> clock & 1) return true;
    return false;
}

void bm_check_started(struct bm_checking *checking) {
    const struct bm_procedure *procedure = checking->procedure;
    for (uint32_t i = 0; i < procedure->row_count; i++)
        for (uint32_t e = 0; e < procedure->rows[i].effect_count; e++) {
            const struct bm_effect_def *effect = &procedure->rows[i].effects[e];
            if (effect->effect >= BM_EFFECT_START && effect->effect <= BM_EFFECT_EXTEND)
                check_effect(checking, i, effect);
        }
    for (uint32_t c = 0; c < procedure->clock_count; c++)
        if (!ever_runs(checking, c))
            bm_findings_add(checking->findings, 15, procedure->clocks[c].at,
                            bm_check_clock(procedure, &procedure->clocks[c]).text,
                            "Nothing ever starts this clock. Anchor it at something that happens, "
                            "or take it out.");
}

/* --- rungs, order, force
 * ---------------------------------------------------------------------------- */

void bm_check_rungs(struct bm_checking *checking) {
    const struct bm_procedure *procedure = checking->procedure;
    for (uint32_t c = 0; c < procedure->clock_count; c++) {
        const struct bm_clock_def *clock = &procedure->clocks[c];
        const struct bm_check_name_text where = bm_check_clock(procedure, clock);
        for (uint32_t r = 0; r < clock->rung_count; r++) {
            const struct bm_rung_def *rung = &clock->rungs[r];
            if (!rung->percent && rung->span.unit != clock->budget.unit)
                bm_findings_add(checking->findings, 17, rung->at, where.text,
                                "The rung counts %s, the clock %s. Use the clock's own unit.",
                                bm_measure_words[rung->span.unit],
                                bm_measure_words[clock->budget.unit]);
            else if (rung->when == BM_WHEN_BEFORE && rung->span.amount >= clock->budget.amount)
                bm_findings_add(checking->findings, 17, rung->at, where.text,
                                "The rung lies %u before the end of a clock of %u: it would be due "
                                "before the clock begins. Make it shorter.",
                                rung->span.amount, clock->budget.amount);
        }
    }
}

static struct bm_span whole_span(const struct bm_clock_def *clock) {
    return (struct bm_span){clock->budget.amount + clock->extend_times * clock->extend_amount,
                            clock->budget.unit};
}

static bool is_within(struct bm_span inner, struct bm_span outer) {
    if (inner.unit == outer.unit) return inner.amount <= outer.amount;
    return bm_span_at_most(inner) <= bm_span_at_least(outer);
}

void bm_check_order(struct bm_checking *checking) {
    const struct bm_procedure *procedure = checking->procedure;
    for (uint32_t a = 0; a < procedure->clock_count; a++)
        for (uint32_t b = 0; b < procedure->clock_count; b++) {
            const struct bm_clock_def *one = &procedure->clocks[a], *other = &procedure->clocks[b];
            if (one->force >= other->force || one->measures != other->measures ||
                one->anchor != other->anchor || one->anchor_index != other->anchor_index)
                continue;
            if (is_within(one->budget, other->budget) &&
                is_within(whole_span(one), whole_span(other)))
                continue;
            bm_findings_add(checking->findings, 18, one->at, bm_check_clock(procedure, one).text,
                            "This %s clock may end after the %s clock %s from the same anchor. "
                            "Make it shorter (with its extensions, and in the same unit).",
                            bm_force_words[one->force], bm_force_words[other->force], other->name);
        }
}

/* The engine's rows for an event; whether one of them moves handling, and whether to an end. */
static uint32_t engine_rows(const struct bm_procedure *procedure, uint16_t event, bool *ret_moves,
                            bool *ret_ends) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < procedure->row_count; i++) {
        const struct bm_row_def *row = &procedure->rows[i];
        if (row->event != event || !(row->by & 1)) continue;
        count++;
        if (row->region != BM_REGION_HANDLING || row->target == BM_NO_INDEX) continue;
        *ret_moves = true;
        uint16_t target = bm_procedure_descend(procedure, row->target);
        if (procedure->states[target].category == BM_CATEGORY_FINAL) *ret_ends = true;
    }
    return count;
}

static bool is_raised(const struct bm_procedure *procedure, uint16_t event) {
    for (uint32_t c = 0; c < procedure->clock_count; c++)
        if (procedure->clocks[c].on_expiry == event) return true;
    return false;
}

void bm_check_enforcing(struct bm_checking *checking) {
    const struct bm_procedure *procedure = checking->procedure;
    for (uint32_t c = 0; c < procedure->clock_count; c++) {
        const struct bm_clock_def *clock = &procedure->clocks[c];
        const struct bm_check_name_text where = bm_check_clock(procedure, clock);
        bool moves = false, ends = false;
        if (clock->force == BM_FORCE_STATUTORY && clock->law == BM_NO_INDEX)
            bm_findings_add(checking->findings, 19, clock->at, where.text,
                            "A statutory clock cites its law. Add \"law: NAME\", or call it "
                            "promised.");
        if (clock->on_expiry == BM_NO_INDEX) continue;
        if (!engine_rows(procedure, clock->on_expiry, &moves, &ends))
            bm_findings_add(checking->findings, 19, clock->at, where.text,
                            "Its expiry raises %s, but no row takes that event by the engine. Add "
                            "one, or take \"on_expiry\" out.",
                            procedure->events[clock->on_expiry].name);
        if (moves && clock->force != BM_FORCE_STATUTORY)
            bm_findings_add(checking->findings, 19, clock->at, where.text,
                            "Only a statutory clock may move the handling of a case; this one is "
                            "%s. Take \"on_expiry\" out and let the ladder tell somebody.",
                            bm_force_words[clock->force]);
    }
    for (uint32_t i = 0; i < procedure->row_count; i++)
        if ((procedure->rows[i].by & 1) && !is_raised(procedure, procedure->rows[i].event))
            bm_findings_add(checking->findings, 19, procedure->rows[i].at,
                            bm_check_row(procedure, &procedure->rows[i]).text,
                            "The engine raises an event only when a clock expires, and no clock "
                            "has this one as \"on_expiry\". Name a person's role, or the clock.");
}

static bool warns(const struct bm_procedure *procedure, const struct bm_clock_def *clock) {
    for (uint32_t r = 0; r < clock->rung_count; r++) {
        const struct bm_rung_def *rung = &clock->rungs[r];
        bool before = rung->when == BM_WHEN_BEFORE || (rung->percent && rung->span.amount < 100);
        for (uint32_t role = 0; before && role < procedure->role_count; role++)
            if ((rung->to >> role & 1) && procedure->roles[role].body == clock->measures)
                return true;
    }
    return false;
}

void bm_check_notice(struct bm_checking *checking) {
    const struct bm_procedure *procedure = checking->procedure;
    for (uint32_t c = 0; c < procedure->clock_count; c++) {
        const struct bm_clock_def *clock = &procedure->clocks[c];
        bool moves = false, ends = false;
        if (clock->on_expiry == BM_NO_INDEX) continue;
        engine_rows(procedure, clock->on_expiry, &moves, &ends);
        if (moves && !warns(procedure, clock))
            bm_findings_add(checking->findings, 20, clock->at,
                            bm_check_clock(procedure, clock).text,
                            "When it expires the case moves, and those whom it measures (%s) are "
                            "not told before. Add a rung \"before ...\" to one of their roles.",
                            bm_body_words[clock->measures]);
    }
}

void bm_check_calendars(struct bm_checking *checking) {
    const struct bm_procedure *procedure = checking->procedure;
    const struct bm_check_options *options = checking->options;
    if (!options || !options->calendars) {
        checking->result->left_out |= UINT64_C(1) << 21;
        return;
    }
    for (uint32_t c = 0; c < procedure->clock_count; c++) {
        const struct bm_clock_def *clock = &procedure->clocks[c];
        const struct bm_check_calendar *calendar = NULL;
        for (uint32_t i = 0; clock->calendar && i < options->calendar_count; i++)
            if (strcmp(options->calendars[i].name, clock->calendar) == 0)
                calendar = &options->calendars[i];
        const struct bm_check_name_text where = bm_check_clock(procedure, clock);
        if (!clock->calendar) continue;
        uint64_t days = bm_span_at_most(whole_span(clock)) / 1440 + 1;
        if (!calendar)
            bm_findings_add(checking->findings, 21, clock->at, where.text,
                            "There is no calendar \"%s\". Name one that is loaded.",
                            clock->calendar);
        else if (options->today < calendar->covers_from ||
                 (int64_t)options->today + (int64_t)days > calendar->covers_to)
            bm_findings_warn(checking->findings, 21, clock->at, where.text,
                             "The calendar \"%s\" does not cover the whole of this clock from "
                             "today on: due dates beyond it are provisional until the next notice "
                             "is loaded.",
                             clock->calendar);
    }
}
