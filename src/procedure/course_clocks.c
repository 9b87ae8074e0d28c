/* The clocks of a course: started, paused, extended and stopped as the states and rows say. */
#include <string.h>

#include "base/check.h"
#include "procedure/course_private.h"

static enum bm_clock_unit unit_of(enum bm_measure measure) {
    switch (measure) {
    case BM_MEASURE_MINUTES: return BM_IN_MINUTES;
    case BM_MEASURE_CALENDAR_DAYS: return BM_IN_CALENDAR_DAYS;
    case BM_MEASURE_WORKING_DAYS: return BM_IN_WORKING_DAYS;
    case BM_MEASURE_WORKING_MINUTES: return BM_IN_WORKING_MINUTES;
    case BM_measure_COUNT: break;
    }
    BM_CHECK(false);
    return BM_IN_MINUTES;
}

/* The words of both lists are the same, but for the one that pauses nothing. */
static enum bm_pause pause_of(enum bm_cause cause) {
    BM_CHECK(cause != BM_CAUSE_OTHERS);
    for (enum bm_pause i = 0; i < BM_pause_COUNT; i++) {
        if (strcmp(bm_pause_names[i], bm_cause_words[cause]) == 0) return i;
    }
    BM_CHECK(false);
    return BM_PAUSE_PARTY;
}

const struct bm_calendar *bm_clock_def_calendar(const struct bm_course_world *world, const struct bm_clock_def *def,
                                                enum bm_code *ret_code, struct bm_fault *fault) {
    const struct bm_calendar *found = NULL;
    if (!def->calendar) return NULL;
    enum bm_code code = bm_calendar_find(world->calendars, world->calendar_count, def->calendar, &found, fault);
    if (code) *ret_code = code;
    return found;
}

struct bm_clock_rule bm_clock_def_rule(const struct bm_clock_def *def, const struct bm_course_clock *clock) {
    struct bm_clock_rule rule = {.unit = unit_of(def->budget.unit),
                                 .budget = def->budget.amount,
                                 .starts = def->counting == BM_COUNTING_NEXT_DAY ? BM_STARTS_NEXT_DAY
                                                                                 : BM_STARTS_SAME_DAY,
                                 .ends = def->ends == BM_DAY_END_BUSINESS ? BM_ENDS_BUSINESS : BM_ENDS_MIDNIGHT,
                                 .roll = (enum bm_roll)def->roll,
                                 .extend_times = def->extend_times,
                                 .extend_most = def->extend_amount};
    _Static_assert((int)BM_ROLLS_NEXT == (int)BM_ROLL_NEXT && (int)BM_ROLLS_PREVIOUS == (int)BM_ROLL_PREVIOUS, "one order");
    if (def->calendar) memcpy(rule.calendar, def->calendar, strnlen(def->calendar, sizeof rule.calendar - 1));
    for (uint32_t i = 0; i < def->pause_count; i++) rule.pause_causes |= 1u << pause_of(def->pauses[i].cause);
    if (!def->pause_count) return rule;
    /* The clock counts all its pauses together, the file limits each row: what this row has left goes on top of the rest. */
    int64_t ticks = bm_clock_unit_ticks(rule.unit);
    int64_t left = (int64_t)def->pauses[clock->pause].most * ticks - clock->used[clock->pause];
    int64_t most = (clock->work.paused + left + ticks - 1) / ticks;
    rule.pause_most = most > 0 ? (uint32_t)most : 1;
    return rule;
}

struct bm_ladder bm_clock_def_ladder(const struct bm_clock_def *def) {
    struct bm_ladder ladder = {.count = def->rung_count};
    for (uint32_t i = 0; i < def->rung_count; i++) {
        const struct bm_rung_def *rung = &def->rungs[i];
        enum bm_rung_kind kind = rung->when == BM_WHEN_BEFORE ? BM_RUNG_BEFORE
                                 : rung->when == BM_WHEN_AT   ? BM_RUNG_AT
                                                              : BM_RUNG_AFTER;
        bool bare = kind == BM_RUNG_AT || (kind == BM_RUNG_AFTER && rung->span.amount == 0);
        ladder.rungs[i] = (struct bm_rung){.kind = kind,
                                           .amount = rung->span.amount,
                                           .unit = bare ? BM_IN_MINUTES : unit_of(rung->span.unit)};
    }
    return ladder;
}

/* --- acts ------------------------------------------------------------------------------------- */

/* What an act on a clock needs; false once something has gone wrong. */
struct hand {
    const struct bm_clock_def *def;
    struct bm_course_clock *clock;
    const struct bm_calendar *calendar;
    struct bm_clock_rule rule;
};

static bool take_hand(struct bm_going *going, uint16_t clock, struct hand *ret_hand) {
    if (going->code) return false;
    struct hand hand = {.def = &going->procedure->clocks[clock], .clock = &going->course->clocks[clock]};
    hand.calendar = bm_clock_def_calendar(going->world, hand.def, &going->code, going->fault);
    hand.rule = bm_clock_def_rule(hand.def, hand.clock);
    *ret_hand = hand;
    return !going->code;
}

static void tell_clock(struct bm_going *going, enum bm_course_kind kind, uint16_t clock, int64_t at_ms) {
    struct bm_course_news news = bm_course_news_of(kind);
    news.clock = clock;
    news.at_ms = at_ms;
    bm_going_tell(going, news);
}

static bool runs(const struct bm_course_clock *clock) {
    return clock->there && clock->work.phase != BM_CLOCK_STOPPED;
}

void bm_going_stop(struct bm_going *going, uint16_t clock) {
    struct hand hand;
    if (!runs(&going->course->clocks[clock]) || !take_hand(going, clock, &hand)) return;
    going->code = bm_clock_stop(&hand.clock->work, &hand.rule, hand.calendar, going->act->now_ms, going->fault);
    if (!going->code) tell_clock(going, BM_COURSE_STOPPED, clock, going->act->now_ms);
}

void bm_going_start(struct bm_going *going, uint16_t clock, int64_t anchor_ms) {
    struct hand hand;
    bm_going_stop(going, clock); /* superseded: the successor begins with nothing consumed */
    if (going->code) return;
    going->course->clocks[clock] = (struct bm_course_clock){.there = false};
    if (!take_hand(going, clock, &hand)) return;
    going->code = bm_clock_start(&hand.rule, hand.calendar, anchor_ms, &hand.clock->work, going->fault);
    if (going->code) return;
    hand.clock->there = true;
    tell_clock(going, BM_COURSE_STARTED, clock, anchor_ms);
}

/* By a row of pause_in.  One that has used its limit up pauses no more: the clock runs on. */
static void pause_by(struct bm_going *going, uint16_t clock, uint8_t row) {
    struct bm_course_clock *own = &going->course->clocks[clock];
    const struct bm_pause_def *pause = &going->procedure->clocks[clock].pauses[row];
    own->pause = row;
    struct hand hand;
    if (!take_hand(going, clock, &hand)) return;
    int64_t most = (int64_t)pause->most * bm_clock_unit_ticks(hand.rule.unit);
    if (own->used[row] >= most) return;
    struct bm_clock_due due;
    going->code = bm_clock_due(&own->work, &hand.rule, hand.calendar, &due, going->fault);
    if (going->code || going->act->now_ms >= due.at_ms) return; /* a promise that has come is not mended by waiting */
    going->code = bm_clock_pause(&own->work, &hand.rule, hand.calendar, pause_of(pause->cause), going->act->now_ms,
                                 going->fault);
    if (!going->code) tell_clock(going, BM_COURSE_PAUSED, clock, going->act->now_ms);
}

static void resume(struct bm_going *going, uint16_t clock) {
    struct hand hand;
    if (!take_hand(going, clock, &hand)) return;
    int64_t before = hand.clock->work.paused;
    going->code = bm_clock_resume(&hand.clock->work, &hand.rule, hand.calendar, going->act->now_ms, going->fault);
    if (going->code) return;
    hand.clock->used[hand.clock->pause] += hand.clock->work.paused - before;
    tell_clock(going, BM_COURSE_RESUMED, clock, hand.clock->work.since_ms);
}

void bm_going_hold(struct bm_going *going, uint16_t clock) {
    struct bm_course_clock *own = &going->course->clocks[clock];
    if (going->code || !runs(own)) return;
    if (!going->procedure->clocks[clock].pause_count) {
        going->code = bm_fault_set(going->fault, BM_NOT_POSSIBLE, "clock",
                                   "The clock %s has no pause_in: it cannot be paused.",
                                   going->procedure->clocks[clock].name);
        return;
    }
    if (own->work.phase == BM_CLOCK_RUNNING) pause_by(going, clock, 0);
    own->held = own->work.phase == BM_CLOCK_PAUSED; /* where a state pauses it, it stays paused when that is left */
}

void bm_going_extend(struct bm_going *going, uint16_t clock) {
    struct hand hand;
    if (!take_hand(going, clock, &hand)) return;
    if (!hand.clock->there) {
        going->code = bm_fault_set(going->fault, BM_NOT_POSSIBLE, "clock",
                                   "The clock %s has not been started: there is nothing to extend.", hand.def->name);
        return;
    }
    /* As a refusal like others, so that the engine's acts know it from a calendar that does not reach. */
    if (hand.clock->work.extensions >= hand.rule.extend_times) {
        going->code = bm_fault_set(going->fault, BM_NOT_POSSIBLE, "clock",
                                   "The clock %s may be extended %u times, and has been.", hand.def->name,
                                   hand.rule.extend_times);
        return;
    }
    going->code = bm_clock_extend(&hand.clock->work, &hand.rule, hand.calendar, hand.def->extend_amount,
                                  going->act->reason, going->act->now_ms, going->fault);
    if (going->code) return;
    going->course->counters[BM_COUNTER_EXTENSIONS]++;
    tell_clock(going, BM_COURSE_EXTENDED, clock, going->act->now_ms);
}

/* The first row of pause_in whose state is active; -1: none. */
static int pausing(const struct bm_going *going, uint16_t clock) {
    const struct bm_clock_def *def = &going->procedure->clocks[clock];
    for (uint32_t i = 0; i < def->pause_count; i++) {
        if (bm_course_in(going->track, going->course, def->pauses[i].state)) return (int)i;
    }
    return -1;
}

/* The row by which it is to stand still: that of an active state, else the first while an effect holds it; -1: none. */
static int wanted(const struct bm_going *going, uint16_t clock) {
    int row = pausing(going, clock);
    return row < 0 && going->course->clocks[clock].held ? 0 : row;
}

static void settle(struct bm_going *going, uint16_t clock) {
    struct bm_course_clock *own = &going->course->clocks[clock];
    if (!runs(own)) return;
    int row = wanted(going, clock);
    bool paused = own->work.phase == BM_CLOCK_PAUSED;
    if (paused && row != own->pause) {
        resume(going, clock);
        paused = false;
    }
    if (!paused && row >= 0 && !going->code) pause_by(going, clock, (uint8_t)row);
    if (own->work.phase != BM_CLOCK_PAUSED) own->held = false; /* its limit was used up, or its date has come */
}

void bm_going_release(struct bm_going *going, uint16_t clock) {
    struct bm_course_clock *own = &going->course->clocks[clock];
    if (going->code || !own->there) return;
    own->held = false;
    if (own->work.phase == BM_CLOCK_PAUSED && pausing(going, clock) < 0) resume(going, clock);
}

/* A state's limit ends that state's pause alone: what an effect holds stands still by its own row. */
void bm_going_pause_ends(struct bm_going *going, uint16_t clock) {
    struct bm_course_clock *own = &going->course->clocks[clock];
    bool holds = own->held && own->pause != 0;
    resume(going, clock);
    own->held = false;
    if (holds && !going->code) bm_going_hold(going, clock);
}

void bm_going_settle_clocks(struct bm_going *going) {
    bool closed = bm_course_closed(going->track, going->course);
    for (uint16_t i = 0; i < going->procedure->clock_count && !going->code; i++) {
        if (closed)
            bm_going_stop(going, i);
        else
            settle(going, i);
    }
}

/* --- questions -------------------------------------------------------------------------------- */

bool bm_course_breached(const struct bm_course_world *world, const struct bm_clock_def *def,
                        const struct bm_course_clock *clock, int64_t now_ms, bool *ret_breached) {
    if (!clock->there) return false;
    enum bm_code code = BM_OK;
    struct bm_fault fault;
    const struct bm_calendar *calendar = bm_clock_def_calendar(world, def, &code, &fault);
    struct bm_clock_rule rule = bm_clock_def_rule(def, clock);
    return !code && !bm_clock_late(&clock->work, &rule, calendar, now_ms, ret_breached, &fault);
}

bool bm_course_remaining(const struct bm_course_world *world, const struct bm_clock_def *def,
                         const struct bm_course_clock *clock, int64_t now_ms, int64_t *ret_amount) {
    if (!clock->there) return false;
    enum bm_code code = BM_OK;
    struct bm_fault fault;
    int64_t ticks;
    const struct bm_calendar *calendar = bm_clock_def_calendar(world, def, &code, &fault);
    struct bm_clock_rule rule = bm_clock_def_rule(def, clock);
    if (code || bm_clock_measure(&clock->work, &rule, calendar, now_ms, &ticks, &fault)) return false;
    int64_t unit = bm_clock_unit_ticks(rule.unit), left = clock->work.budget - ticks;
    *ret_amount = left >= 0 ? left / unit : -((-left + unit - 1) / unit);
    return true;
}

bool bm_course_extendable(const struct bm_course_world *world, const struct bm_clock_def *def,
                          const struct bm_course_clock *clock, int64_t now_ms) {
    if (!clock->there) return false;
    enum bm_code code = BM_OK;
    struct bm_fault fault;
    struct bm_clock_state tried = clock->work;
    const struct bm_calendar *calendar = bm_clock_def_calendar(world, def, &code, &fault);
    struct bm_clock_rule rule = bm_clock_def_rule(def, clock);
    return !code && !bm_clock_extend(&tried, &rule, calendar, def->extend_amount, "tried", now_ms, &fault);
}

enum bm_code bm_course_due(const struct bm_track *track, const struct bm_course_world *world,
                           const struct bm_course *course, uint16_t clock, struct bm_clock_due *ret_due,
                           struct bm_fault *fault) {
    const struct bm_clock_def *def = &bm_track_procedure(track)->clocks[clock];
    const struct bm_course_clock *own = &course->clocks[clock];
    if (!own->there)
        return bm_fault_set(fault, BM_NOT_POSSIBLE, "clock", "The clock %s has not been started.", def->name);
    enum bm_code code = BM_OK;
    const struct bm_calendar *calendar = bm_clock_def_calendar(world, def, &code, fault);
    struct bm_clock_rule rule = bm_clock_def_rule(def, own);
    return code ? code : bm_clock_due(&own->work, &rule, calendar, ret_due, fault);
}

enum bm_code bm_course_within(const struct bm_track *track, const struct bm_course_world *world, const struct bm_span *span,
                              int64_t from_ms, int64_t *ret_at_ms, struct bm_fault *fault) {
    const struct bm_procedure *procedure = bm_track_procedure(track);
    const struct bm_clock_def *with = NULL;
    for (uint32_t i = 0; i < procedure->clock_count && !with; i++) {
        if (procedure->clocks[i].calendar) with = &procedure->clocks[i];
    }
    struct bm_clock_def def = {.budget = *span, .counting = BM_COUNTING_NEXT_DAY, .calendar = with ? with->calendar : NULL};
    bool plain = span->unit == BM_MEASURE_MINUTES;
    if (plain || span->unit == BM_MEASURE_WORKING_MINUTES) def.counting = BM_COUNTING_SAME_DAY;
    if (plain) def.calendar = NULL;
    struct bm_course_clock clock = {.there = true};
    struct bm_clock_due due;
    enum bm_code code = BM_OK;
    const struct bm_calendar *calendar = bm_clock_def_calendar(world, &def, &code, fault);
    struct bm_clock_rule rule = bm_clock_def_rule(&def, &clock);
    if (!code) code = bm_clock_start(&rule, calendar, from_ms, &clock.work, fault);
    if (!code) code = bm_clock_due(&clock.work, &rule, calendar, &due, fault);
    if (!code) *ret_at_ms = due.at_ms;
    return code;
}
