/* Acts and ticks: the kernel says which states are left and entered, this says what that means. */
#include "procedure/course.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/time.h"
#include "procedure/course_private.h"

struct bm_course_news bm_course_news_of(enum bm_course_kind kind) {
    return (struct bm_course_news){
        .kind = kind, .state = BM_NO_INDEX, .row = BM_NO_INDEX, .clock = BM_NO_INDEX, .at_ms = BM_AT_NONE};
}

void bm_going_tell(struct bm_going *going, struct bm_course_news news) {
    news.course = going->course;
    if (going->world->tell) going->world->tell(going->world->context, &news);
}

/* --- where it stands -------------------------------------------------------------------------- */

bool bm_course_in(const struct bm_track *track, const struct bm_course *course, uint16_t state) {
    return bm_chart_in(&course->at, bm_track_state(track, state));
}

uint16_t bm_course_state(const struct bm_track *track, const struct bm_course *course, enum bm_region region) {
    const struct bm_procedure *procedure = bm_track_procedure(track);
    uint16_t innermost = BM_NO_INDEX;
    for (uint16_t i = 0; i < procedure->state_count; i++) { /* outer ones stand before inner ones */
        if (procedure->states[i].region == region && bm_course_in(track, course, i)) innermost = i;
    }
    return innermost;
}

bool bm_course_closed(const struct bm_track *track, const struct bm_course *course) {
    uint16_t state = bm_course_state(track, course, BM_REGION_HANDLING);
    return bm_track_procedure(track)->states[state].category == BM_CATEGORY_FINAL;
}

void bm_course_stand(const struct bm_track *track, uint16_t state, struct bm_course *ret_course) {
    const struct bm_procedure *procedure = bm_track_procedure(track);
    char line[BM_region_COUNT * (BM_CHART_NAME_MAX + 2)];
    struct bm_fault fault;
    size_t len = 0;
    for (int region = 0; region < BM_region_COUNT; region++) {
        uint16_t at = region == BM_REGION_HANDLING ? state : procedure->initial[region];
        if (at == BM_NO_INDEX) continue;
        const char *name = procedure->states[bm_procedure_descend(procedure, at)].name;
        len += (size_t)snprintf(line + len, sizeof line - len, "%s%s", len ? " " : "", name);
    }
    *ret_course = (struct bm_course){.closed_ms = BM_AT_NONE};
    enum bm_code code = bm_chart_read(bm_track_chart(track), line, len, &ret_course->at, &fault);
    BM_CHECK(code == BM_OK);
}

/* --- guards ----------------------------------------------------------------------------------- */

static bool fact_field(const void *context, uint32_t field, int64_t *ret_value) {
    const struct bm_going *going = context;
    if (!(going->course->filled >> field & 1)) return false;
    *ret_value = going->course->values[field];
    return true;
}

static bool fact_has(const void *context, uint32_t field) {
    return ((const struct bm_going *)context)->course->filled >> field & 1;
}

static bool fact_counter(const void *context, enum bm_counter counter, int64_t *ret_value) {
    *ret_value = ((const struct bm_going *)context)->course->counters[counter];
    return true;
}

static bool fact_remaining(const void *context, uint32_t clock, int64_t *ret_amount) {
    const struct bm_going *going = context;
    return bm_course_remaining(going->world, &going->procedure->clocks[clock], &going->course->clocks[clock],
                               going->act->now_ms, ret_amount);
}

static bool fact_breached(const void *context, uint32_t clock, bool *ret_breached) {
    const struct bm_going *going = context;
    return bm_course_breached(going->world, &going->procedure->clocks[clock], &going->course->clocks[clock],
                              going->act->now_ms, ret_breached);
}

static bool fact_in(const void *context, uint32_t state) {
    const struct bm_going *going = context;
    return bm_course_in(going->track, going->course, (uint16_t)state);
}

static bool fact_role(const void *context, uint32_t role) {
    return ((const struct bm_going *)context)->act->roles >> role & 1;
}

/* The field that a guard's missing node speaks of; BM_NO_INDEX when it is a clock that was never started. */
static uint16_t field_of(const struct bm_guard *guard, uint32_t node) {
    uint8_t op = guard->nodes[node].op;
    return op == BM_GUARD_FIELD || op == BM_GUARD_FLAG ? guard->nodes[node].a : BM_NO_INDEX;
}

enum row_answer { ROW_NO, ROW_YES, ROW_BARRED, ROW_USED_UP, ROW_MISSING };

static enum row_answer ask_row(const struct bm_going *going, uint16_t row, uint16_t *ret_missing) {
    const struct bm_row_def *def = &going->procedure->rows[row];
    if (!(def->by & going->act->roles)) return ROW_BARRED;
    if (def->limit && going->course->taken[row] >= def->limit) return ROW_USED_UP;
    struct bm_guard_facts facts = {going,          fact_field,    fact_has, fact_counter,
                                   fact_remaining, fact_breached, fact_in,  fact_role};
    uint32_t node = 0;
    enum bm_guard_answer answer = bm_guard_ask(&def->guard, &facts, &node);
    if (answer == BM_GUARD_MISSING) *ret_missing = field_of(&def->guard, node);
    return answer == BM_GUARD_YES ? ROW_YES : answer == BM_GUARD_NO ? ROW_NO : ROW_MISSING;
}

/* A row whose guard cannot be answered counts as one that is taken, so that no later row is taken in its stead; who asked is
 * refused before anything moves. */
static bool guard(void *context, uint32_t number, const char *event, const struct bm_configuration *configuration) {
    (void)event;
    (void)configuration;
    struct bm_going *going = context;
    uint16_t missing = BM_NO_INDEX;
    switch (ask_row(going, (uint16_t)(number - 1), &missing)) {
    case ROW_YES: return true;
    case ROW_NO: return false;
    case ROW_BARRED: going->barred = true; return false;
    case ROW_USED_UP: going->used_up = true; return false;
    case ROW_MISSING:
        if (going->code) return true;
        going->missing = missing;
        going->code = missing == BM_NO_INDEX
                          ? bm_fault_set(going->fault, BM_NOT_POSSIBLE, "event",
                                         "Whether this is possible hangs on a clock that was never started.")
                          : bm_fault_set(going->fault, BM_MISSING_FIELD, going->procedure->fields[missing].name,
                                         "Fill in %s first: whether this is possible hangs on it.",
                                         going->procedure->fields[missing].name);
        return true;
    }
    BM_CHECK(false);
    return false;
}

/* What was chosen stays chosen while the step changes what guards look at. */
static bool is_chosen(void *context, uint32_t number, const char *event, const struct bm_configuration *configuration) {
    (void)event;
    (void)configuration;
    const struct bm_going *going = context;
    for (uint32_t i = 0; i < going->chosen_count; i++) {
        if (going->chosen[i] == number - 1) return true;
    }
    return false;
}

/* --- effects ---------------------------------------------------------------------------------- */

int64_t bm_course_value(const struct bm_field_def *field, const char *text) {
    switch (field->type) {
    case BM_FIELD_CHOICE:
        for (uint32_t i = 0; i < field->word_count; i++) {
            if (strcmp(field->words[i], text) == 0) return i;
        }
        break; /* the reader has looked: it is one of them */
    case BM_FIELD_YES_NO: return strcmp(text, "yes") == 0;
    case BM_FIELD_DATE: {
        int32_t day = 0;
        bm_date_read(text, strlen(text), &day);
        return day;
    }
    case BM_FIELD_INTEGER: return strtoll(text, NULL, 10);
    case BM_FIELD_TEXT_LINE:
    case BM_FIELD_PLACE:
    case BM_FIELD_PERSON:
    case BM_field_type_COUNT: break;
    }
    return 0;
}

bool bm_course_value_fits(const struct bm_field_def *field, int64_t value) {
    enum { FIRST_DAY = -719162, LAST_DAY = 2932896 }; /* 0001-01-01 and 9999-12-31, as dates are read */
    switch (field->type) {
    case BM_FIELD_CHOICE: return value >= 0 && value < field->word_count;
    case BM_FIELD_YES_NO: return value == 0 || value == 1;
    case BM_FIELD_DATE: return value >= FIRST_DAY && value <= LAST_DAY;
    case BM_FIELD_INTEGER: return true;
    case BM_FIELD_TEXT_LINE:
    case BM_FIELD_PLACE:
    case BM_FIELD_PERSON:
    case BM_field_type_COUNT: break;
    }
    return value == 0;
}

static void do_effect(struct bm_going *going, const struct bm_effect_def *effect) {
    struct bm_course *course = going->course;
    switch (effect->effect) {
    case BM_EFFECT_SET:
        course->filled |= UINT64_C(1) << effect->target;
        course->values[effect->target] = bm_course_value(&going->procedure->fields[effect->target], effect->text);
        break;
    case BM_EFFECT_REQUIRE: course->required |= UINT64_C(1) << effect->target; break;
    case BM_EFFECT_START: bm_going_start(going, effect->target, going->act->now_ms); break;
    case BM_EFFECT_STOP: bm_going_stop(going, effect->target); break;
    case BM_EFFECT_PAUSE: bm_going_hold(going, effect->target); break;
    case BM_EFFECT_RESUME: bm_going_release(going, effect->target); break;
    case BM_EFFECT_EXTEND: bm_going_extend(going, effect->target); break;
    case BM_EFFECT_NOTIFY:
    case BM_EFFECT_OPEN_CHILD:
    case BM_EFFECT_HAND_OVER:
    case BM_EFFECT_LINK:
    case BM_EFFECT_SURVEY:
    case BM_EFFECT_PUBLISH:
    case BM_EFFECT_WITHHOLD:
    case BM_effect_COUNT: break; /* for others to carry out */
    }
    if (going->code) return;
    struct bm_course_news news = bm_course_news_of(BM_COURSE_EFFECT);
    news.effect = effect;
    bm_going_tell(going, news);
}

/* --- what the kernel tells -------------------------------------------------------------------- */

static void left(struct bm_going *going, uint16_t state) {
    for (uint16_t i = 0; i < going->procedure->clock_count; i++) {
        const struct bm_clock_def *def = &going->procedure->clocks[i];
        if (def->anchor == BM_ANCHOR_STATE && def->anchor_index == state) bm_going_stop(going, i);
    }
    struct bm_course_news news = bm_course_news_of(BM_COURSE_LEFT);
    news.state = state;
    bm_going_tell(going, news);
}

static void entered(struct bm_going *going, uint16_t state) {
    struct bm_course_news news = bm_course_news_of(BM_COURSE_ENTERED);
    news.state = state;
    bm_going_tell(going, news);
    for (uint16_t i = 0; i < going->procedure->clock_count; i++) {
        const struct bm_clock_def *def = &going->procedure->clocks[i];
        if (def->anchor == BM_ANCHOR_STATE && def->anchor_index == state)
            bm_going_start(going, i, going->act->now_ms);
    }
}

static void taken(struct bm_going *going, uint16_t row) {
    const struct bm_row_def *def = &going->procedure->rows[row];
    struct bm_course_news news = bm_course_news_of(BM_COURSE_TAKEN);
    news.row = row;
    bm_going_tell(going, news);
    if (def->limit) going->course->taken[row]++;
    for (uint32_t i = 0; i < def->effect_count && !going->code; i++) do_effect(going, &def->effects[i]);
}

static void tell(void *context, const struct bm_chart_news *news) {
    struct bm_going *going = context;
    if (going->code) return;
    uint16_t state = news->state == BM_CHART_NONE ? BM_NO_INDEX : bm_track_state_of(going->track, news->state);
    switch (news->kind) {
    case BM_CHART_LEFT:
        if (state != BM_NO_INDEX) left(going, state);
        break;
    case BM_CHART_ENTERED:
        going->course->at = *news->configuration;
        if (state != BM_NO_INDEX) entered(going, state);
        break;
    case BM_CHART_TAKEN: {
        uint16_t row = bm_track_row_of(going->track, news->transition);
        if (row != BM_NO_INDEX) taken(going, row);
        break;
    }
    case BM_CHART_TOLD:
    case BM_CHART_RAISED: break;
    }
}

/* --- acting ----------------------------------------------------------------------------------- */

/* What happens by the event itself, once some row has taken it. */
static void event_happened(struct bm_going *going) {
    uint16_t event = going->act->event;
    const struct bm_hand_over_def *hand_over = &going->procedure->hand_over;
    if (hand_over->at.line && event == hand_over->refuse) going->course->counters[BM_COUNTER_RETURNS]++;
    for (uint16_t i = 0; i < going->procedure->clock_count; i++) {
        const struct bm_clock_def *def = &going->procedure->clocks[i];
        if (def->anchor == BM_ANCHOR_EVENT && def->anchor_index == event)
            bm_going_start(going, i, going->act->now_ms);
    }
}

static enum bm_code refuse_field(struct bm_going *going, uint64_t fields, const char *why) {
    uint16_t first = (uint16_t)__builtin_ctzll(fields);
    return bm_fault_set(going->fault, BM_MISSING_FIELD, going->procedure->fields[first].name, "Fill in %s: %s.",
                        going->procedure->fields[first].name, why);
}

/* What is still to be filled in: what the row needs comes with the act, what is required before handling ends has come. */
static uint64_t missing_for(const struct bm_going *going, const struct bm_row_def *row) {
    uint64_t missing = row->needs & ~going->act->filled;
    if (row->target == BM_NO_INDEX || row->region != BM_REGION_HANDLING) return missing;
    uint16_t state = bm_procedure_descend(going->procedure, row->target);
    bool ends = going->procedure->states[state].category == BM_CATEGORY_FINAL;
    return ends ? missing | (going->course->required & ~going->course->filled) : missing;
}

/* Why one row of the step is not for the actor; *ret_spared: it is for them only because nobody else could. */
static enum bm_bar barred(const struct bm_going *going, uint16_t row, enum bm_bar *ret_spared, char ret_who[BM_COURSE_WHO_TEXT]) {
    const struct bm_row_def *def = &going->procedure->rows[row];
    enum bm_bar bar = bm_course_bar(going->procedure, going->course, def, going->act->actor);
    *ret_spared = BM_BAR_NONE;
    ret_who[0] = 0;
    if (!bar || !going->world->others || going->world->others(going->world->context, going->course, def, ret_who)) return bar;
    *ret_spared = bar;
    return BM_BAR_NONE;
}

static enum bm_code check_hand(struct bm_going *going, uint16_t row) {
    static const char *const why[BM_bar_COUNT] = {
        [BM_BAR_FOUR_EYES] = "Four eyes: you have worked on this matter, so another must judge it",
        [BM_BAR_OTHER_HAND] = "You handled this matter before it was opened again, so another hand must handle it now"};
    enum bm_bar spared;
    char who[BM_COURSE_WHO_TEXT];
    enum bm_bar bar = barred(going, row, &spared, who);
    if (bar)
        return bm_fault_set(going->fault, BM_FORBIDDEN, "event", "%s. Give it to a colleague who has the post%s%s.", why[bar],
                            who[0] ? ": " : "", who);
    if (!spared) return BM_OK;
    struct bm_course_news news = bm_course_news_of(BM_COURSE_SPARED);
    news.row = row;
    news.bar = spared;
    bm_going_tell(going, news);
    return BM_OK;
}

static enum bm_code check_rows(struct bm_going *going, const struct bm_chart_world *world) {
    uint32_t transitions[BM_CHART_STATES_MAX];
    const char *name = going->procedure->events[going->act->event].name;
    uint32_t count = bm_chart_would_take(bm_track_chart(going->track), world, &going->course->at, name, transitions);
    if (going->code) return going->code;
    if (!count && going->barred)
        return bm_fault_set(going->fault, BM_FORBIDDEN, "event", "%s is for others to do here.", name);
    if (!count)
        return bm_fault_set(going->fault, BM_NOT_POSSIBLE, "event",
                            going->used_up ? "%s has been done as often as the procedure allows."
                                           : "%s is not possible in this state.",
                            name);
    BM_CHECK(count <= BM_region_COUNT);
    for (uint32_t i = 0; i < count; i++) {
        uint16_t chosen = bm_track_row_of(going->track, transitions[i]);
        going->chosen[going->chosen_count++] = chosen;
        const struct bm_row_def *row = &going->procedure->rows[chosen];
        uint64_t missing = missing_for(going, row);
        if (missing) return refuse_field(going, missing, "this step needs it");
        enum bm_code code = check_hand(going, chosen);
        if (code) return code;
    }
    return BM_OK;
}

static enum bm_code take_values(struct bm_going *going) {
    const struct bm_course_act *act = going->act;
    for (uint16_t i = 0; i < going->procedure->field_count; i++) {
        const struct bm_field_def *field = &going->procedure->fields[i];
        if (!(act->filled >> i & 1)) continue;
        bool counted = field->type == BM_FIELD_INTEGER || field->type == BM_FIELD_DATE ||
                       field->type == BM_FIELD_CHOICE || field->type == BM_FIELD_YES_NO;
        int64_t value = counted && act->values ? act->values[i] : 0;
        if (!bm_course_value_fits(field, value))
            return bm_fault_set(going->fault, BM_OUT_OF_RANGE, field->name, "%s is no %s that this field can take.",
                                field->name, bm_field_type_words[field->type]);
        going->course->filled |= UINT64_C(1) << i;
        going->course->values[i] = value;
    }
    return BM_OK;
}

static void close_if_final(struct bm_going *going) {
    if (going->code || !bm_course_closed(going->track, going->course)) return;
    going->course->closed_ms = going->act->now_ms;
    struct bm_course_news news = bm_course_news_of(BM_COURSE_CLOSED);
    news.state = bm_course_state(going->track, going->course, BM_REGION_HANDLING);
    news.at_ms = going->act->now_ms;
    bm_going_tell(going, news);
}

static enum bm_code step(struct bm_going *going, const char *event) {
    struct bm_chart_world world = {going, is_chosen, tell};
    struct bm_configuration to;
    uint16_t before = bm_course_state(going->track, going->course, BM_REGION_HANDLING);
    enum bm_code code = bm_chart_step(bm_track_chart(going->track), &world, &going->course->at, event, &to, NULL,
                                      going->fault);
    if (going->code || code) return going->code ? going->code : code;
    going->course->at = to;
    if (bm_course_state(going->track, going->course, BM_REGION_HANDLING) != before) going->course->held_up = false;
    if (going->act->actor) going->course->last_actor = going->act->actor;
    bm_going_settle_clocks(going);
    close_if_final(going);
    return going->code;
}

static enum bm_code move(struct bm_going *going) {
    if (bm_course_closed(going->track, going->course))
        return bm_fault_set(going->fault, BM_NOT_POSSIBLE, "event", "The matter is closed.");
    struct bm_chart_world world = {going, guard, NULL};
    enum bm_code code = take_values(going);
    if (!code) code = check_rows(going, &world);
    if (code) return code;
    bm_going_keep_hands(going);
    /* Clocks that the event anchors start before its rows act on them. */
    event_happened(going);
    if (going->code) return going->code;
    return step(going, going->procedure->events[going->act->event].name);
}

static struct bm_going going_of(const struct bm_track *track, const struct bm_course_world *world,
                                const struct bm_course_act *act, struct bm_course *course, struct bm_fault *fault) {
    return (struct bm_going){.track = track,
                             .procedure = bm_track_procedure(track),
                             .world = world,
                             .act = act,
                             .course = course,
                             .fault = fault,
                             .missing = BM_NO_INDEX};
}

enum bm_code bm_course_open(const struct bm_track *track, const struct bm_course_world *world, int64_t first_contact_ms,
                            int64_t now_ms, struct bm_course *ret_course, struct bm_fault *fault) {
    struct bm_course course = {.closed_ms = BM_AT_NONE};
    struct bm_course_act opening = {.event = BM_NO_INDEX, .roles = 1, .now_ms = now_ms};
    struct bm_going going = going_of(track, world, &opening, &course, fault);
    struct bm_chart_world kernel = {&going, is_chosen, tell};
    struct bm_configuration at;
    enum bm_code code = bm_chart_start(bm_track_chart(track), &kernel, &at, fault);
    if (going.code || code) return going.code ? going.code : code;
    course.at = at;
    for (uint16_t i = 0; i < going.procedure->clock_count; i++) {
        if (going.procedure->clocks[i].anchor == BM_ANCHOR_FIRST_CONTACT) bm_going_start(&going, i, first_contact_ms);
    }
    bm_going_settle_clocks(&going);
    if (!going.code) *ret_course = course;
    return going.code;
}

/* What came due up to `now_ms` is done before anybody acts: an act that stops a clock would hide its breach. */
static enum bm_code catch_up(const struct bm_track *track, const struct bm_course_world *world, struct bm_course *course,
                             int64_t now_ms, struct bm_fault *fault) {
    bool did = true;
    for (int i = 0; i < BM_COURSE_CATCH_UP_MAX; i++) {
        enum bm_code code = bm_course_tick(track, world, course, now_ms, &did, fault);
        if (code || !did) return code;
    }
    return bm_fault_set(fault, BM_CONFLICT, "at", "More than %d things came due before this act: let time pass first.",
                        BM_COURSE_CATCH_UP_MAX);
}

enum bm_code bm_course_act(const struct bm_track *track, const struct bm_course_world *world, struct bm_course *course,
                           const struct bm_course_act *act, struct bm_fault *fault) {
    BM_CHECK(act->event < bm_track_procedure(track)->event_count);
    struct bm_course next = *course;
    enum bm_code code = catch_up(track, world, &next, act->now_ms, fault);
    if (code) return code;
    struct bm_going going = going_of(track, world, act, &next, fault);
    code = move(&going);
    if (!code) *course = next;
    return code;
}

/* --- opening again ---------------------------------------------------------------------------- */

static bool window_is_over(struct bm_going *going) {
    const struct bm_procedure *procedure = going->procedure;
    struct bm_clock_def window = {.budget = procedure->reopen.window, .counting = BM_COUNTING_NEXT_DAY};
    for (uint32_t i = 0; i < procedure->clock_count && !window.calendar; i++) window.calendar = procedure->clocks[i].calendar;
    if (window.budget.unit == BM_MEASURE_MINUTES) { /* minutes know no day, and need no calendar */
        window.calendar = NULL;
        window.counting = BM_COUNTING_SAME_DAY;
    }
    struct bm_course_clock clock = {.there = true};
    const struct bm_calendar *calendar = bm_clock_def_calendar(going->world, &window, &going->code, going->fault);
    struct bm_clock_rule rule = bm_clock_def_rule(&window, &clock);
    bool late = false;
    if (!going->code) going->code = bm_clock_start(&rule, calendar, going->course->closed_ms, &clock.work, going->fault);
    if (!going->code)
        going->code = bm_clock_late(&clock.work, &rule, calendar, going->act->now_ms, &late, going->fault);
    return late;
}

static enum bm_code may_reopen(struct bm_going *going) {
    const struct bm_reopen_def *reopen = &going->procedure->reopen;
    if (!bm_course_closed(going->track, going->course))
        return bm_fault_set(going->fault, BM_NOT_POSSIBLE, "event", "The matter is not closed.");
    if (!(reopen->by & going->act->roles))
        return bm_fault_set(going->fault, BM_FORBIDDEN, "event", "Opening it again is for others to do.");
    if (going->course->counters[BM_COUNTER_REOPENS] >= reopen->limit)
        return bm_fault_set(going->fault, BM_NOT_POSSIBLE, "event",
                            "It has been opened again as often as the procedure allows.");
    uint64_t missing = reopen->needs & ~going->act->filled;
    if (missing) return refuse_field(going, missing, "opening it again needs it");
    if (window_is_over(going) && !going->code)
        return bm_fault_set(going->fault, BM_NOT_POSSIBLE, "event", "The time in which it could be opened again is over.");
    return going->code;
}

enum bm_code bm_course_reopen(const struct bm_track *track, const struct bm_course_world *world, struct bm_course *course,
                              const struct bm_course_act *act, struct bm_fault *fault) {
    struct bm_course next = *course;
    struct bm_going going = going_of(track, world, act, &next, fault);
    enum bm_code code = may_reopen(&going);
    if (!code) code = take_values(&going);
    if (code) return code;
    next.counters[BM_COUNTER_REOPENS]++;
    bm_course_begin_again(&next);
    next.closed_ms = BM_AT_NONE;
    for (uint16_t i = 0; i < going.procedure->clock_count; i++) {
        const struct bm_clock_def *def = &going.procedure->clocks[i];
        bool stays = def->anchor == BM_ANCHOR_STATE &&
                     going.procedure->states[def->anchor_index].region != BM_REGION_HANDLING &&
                     bm_course_in(track, &next, def->anchor_index);
        if (def->anchor == BM_ANCHOR_REOPEN || stays) bm_going_start(&going, i, act->now_ms);
    }
    if (!going.code) code = step(&going, BM_TRACK_REOPEN);
    if (going.code) code = going.code;
    if (!code) *course = next;
    return code;
}

/* --- time ------------------------------------------------------------------------------------- */

/* What is due next of one clock: its pause's limit, or a rung. */
struct due {
    int64_t at_ms;
    uint16_t clock;
    bool pause_ends;
    uint32_t rung;
};

static enum bm_code due_of(const struct bm_track *track, const struct bm_course_world *world,
                           const struct bm_course *course, uint16_t clock, struct due *ret_due, struct bm_fault *fault) {
    const struct bm_course_clock *own = &course->clocks[clock];
    const struct bm_clock_def *def = &bm_track_procedure(track)->clocks[clock];
    *ret_due = (struct due){.at_ms = BM_AT_NONE, .clock = clock};
    if (!own->there || own->work.phase == BM_CLOCK_STOPPED) return BM_OK;
    enum bm_code code = BM_OK;
    const struct bm_calendar *calendar = bm_clock_def_calendar(world, def, &code, fault);
    if (code) return code;
    struct bm_clock_rule rule = bm_clock_def_rule(def, own);
    if (own->work.phase == BM_CLOCK_PAUSED) {
        ret_due->pause_ends = true;
        return bm_clock_pause_ends(&own->work, &rule, calendar, &ret_due->at_ms, fault);
    }
    struct bm_ladder ladder = bm_clock_def_ladder(def);
    struct bm_rung_due dues[BM_RUNGS_DUE_MAX];
    size_t count;
    code = bm_ladder_instants(&ladder, &own->work, &rule, calendar, dues, &count, fault);
    for (size_t i = 0; i < count && !code; i++) {
        if (bm_fired_has(own->fired, dues[i].rung)) continue;
        ret_due->at_ms = dues[i].at_ms;
        ret_due->rung = dues[i].rung;
        return BM_OK;
    }
    return code;
}

static enum bm_code first_due(const struct bm_track *track, const struct bm_course_world *world,
                              const struct bm_course *course, struct due *ret_due, struct bm_fault *fault) {
    *ret_due = (struct due){.at_ms = BM_AT_NONE};
    for (uint16_t i = 0; i < bm_track_procedure(track)->clock_count; i++) {
        struct due due;
        enum bm_code code = due_of(track, world, course, i, &due, fault);
        if (code) return code;
        if (due.at_ms != BM_AT_NONE && (ret_due->at_ms == BM_AT_NONE || due.at_ms < ret_due->at_ms)) *ret_due = due;
    }
    return BM_OK;
}

enum bm_code bm_course_next(const struct bm_track *track, const struct bm_course_world *world,
                            const struct bm_course *course, int64_t *ret_at_ms, struct bm_fault *fault) {
    struct due due;
    enum bm_code code = first_due(track, world, course, &due, fault);
    if (!code) *ret_at_ms = due.at_ms;
    return code;
}

/* When what is due takes place: at its own instant, but not before what has happened to a clock since, as it may be when
 * a new edition of a calendar brings an instant forward, or the first contact came long before the opening. */
static int64_t takes_place(const struct bm_track *track, const struct bm_course *course, int64_t due_ms) {
    int64_t at_ms = due_ms;
    for (uint32_t i = 0; i < bm_track_procedure(track)->clock_count; i++) {
        const struct bm_course_clock *clock = &course->clocks[i];
        if (!clock->there) continue;
        if (clock->work.since_ms > at_ms) at_ms = clock->work.since_ms;
        if (clock->work.phase == BM_CLOCK_STOPPED && clock->work.stopped_ms > at_ms) at_ms = clock->work.stopped_ms;
    }
    return at_ms;
}

static bool may_end(const struct bm_course_world *world) {
    return !world->may_end || world->may_end(world->context);
}

/* The engine's act.  Where no row takes it, or what it hangs on is not known, nothing happens; nobody could ever answer the
 * engine's question, and its clock must not stand in the way of the others.  It is tried in silence first: of an act that does
 * not come about nothing may be told. */
static enum bm_code engine_acts(struct bm_going *going, uint16_t event, int64_t at_ms) {
    struct bm_course_act act = {.event = event, .roles = 1, .now_ms = at_ms};
    struct bm_course_world silence = *going->world;
    silence.tell = NULL;
    struct bm_course next = *going->course;
    struct bm_fault fault;
    struct bm_going trial = going_of(going->track, &silence, &act, &next, &fault);
    enum bm_code code = move(&trial);
    going->course->held_up = false;
    if (code == BM_NOT_POSSIBLE || code == BM_FORBIDDEN || code == BM_MISSING_FIELD) return BM_OK;
    if (code) {
        *going->fault = fault;
        return code;
    }
    if (bm_course_closed(going->track, &next) && !may_end(going->world)) {
        going->course->held_up = true;
        going->course->held_event = event;
        bm_going_tell(going, bm_course_news_of(BM_COURSE_HELD_UP));
        return BM_OK;
    }
    struct bm_going engine = going_of(going->track, going->world, &act, going->course, going->fault);
    return move(&engine);
}

/* What was held up, once it may be. */
static enum bm_code go_on(const struct bm_track *track, const struct bm_course_world *world, struct bm_course *course,
                          int64_t now_ms, bool *ret_did, struct bm_fault *fault) {
    *ret_did = false;
    if (!course->held_up || !may_end(world)) return BM_OK;
    struct bm_course next = *course;
    struct bm_course_act passing = {.event = BM_NO_INDEX, .roles = 1, .now_ms = takes_place(track, course, now_ms)};
    struct bm_going going = going_of(track, world, &passing, &next, fault);
    enum bm_code code = engine_acts(&going, course->held_event, passing.now_ms);
    if (code) return code;
    *course = next;
    *ret_did = true;
    return BM_OK;
}

enum bm_code bm_course_tick(const struct bm_track *track, const struct bm_course_world *world, struct bm_course *course,
                            int64_t now_ms, bool *ret_did, struct bm_fault *fault) {
    struct due due;
    enum bm_code code = first_due(track, world, course, &due, fault);
    if (code) return code;
    if (due.at_ms == BM_AT_NONE || due.at_ms > now_ms) return go_on(track, world, course, now_ms, ret_did, fault);
    *ret_did = false;
    struct bm_course next = *course;
    int64_t at_ms = takes_place(track, course, due.at_ms);
    if (at_ms > now_ms) at_ms = now_ms;
    struct bm_course_act passing = {.event = BM_NO_INDEX, .roles = 1, .now_ms = at_ms};
    struct bm_going going = going_of(track, world, &passing, &next, fault);
    struct bm_course_clock *own = &next.clocks[due.clock];
    if (due.pause_ends) {
        bm_going_pause_ends(&going, due.clock);
        code = going.code;
    } else {
        own->fired = bm_fired_with(own->fired, due.rung);
        struct bm_course_news news = bm_course_news_of(due.rung == BM_RUNG_BREACH ? BM_COURSE_BREACHED : BM_COURSE_RUNG);
        news.clock = due.clock;
        news.rung = due.rung;
        news.at_ms = due.at_ms;
        bm_going_tell(&going, news);
        uint16_t event = due.rung == BM_RUNG_BREACH ? going.procedure->clocks[due.clock].on_expiry : BM_NO_INDEX;
        if (event != BM_NO_INDEX) code = engine_acts(&going, event, at_ms);
    }
    if (code) return code;
    *course = next;
    *ret_did = true;
    return BM_OK;
}

/* --- choices ---------------------------------------------------------------------------------- */

/* The fields that a guard looks at and nobody has filled in. */
static uint64_t fields_missing(const struct bm_guard *guard_def, uint64_t filled) {
    uint64_t missing = 0;
    for (uint32_t i = 0; i < guard_def->count; i++) {
        uint16_t field = field_of(guard_def, i);
        if (field != BM_NO_INDEX && !(filled >> field & 1)) missing |= UINT64_C(1) << field;
    }
    return missing;
}

/* An extension that the clock would refuse is no choice. */
static bool clocks_allow(const struct bm_going *going, const struct bm_row_def *row) {
    for (uint32_t i = 0; i < row->effect_count; i++) {
        uint16_t clock = row->effects[i].target;
        if (row->effects[i].effect == BM_EFFECT_EXTEND &&
            !bm_course_extendable(going->world, &going->procedure->clocks[clock], &going->course->clocks[clock],
                                  going->act->now_ms))
            return false;
    }
    return true;
}

size_t bm_course_choices(const struct bm_track *track, const struct bm_course_world *world,
                         const struct bm_course *course, uint32_t roles, uint64_t actor, int64_t now_ms,
                         struct bm_course_choice ret_choices[BM_PROCEDURE_EVENTS_MAX]) {
    const struct bm_procedure *procedure = bm_track_procedure(track);
    struct bm_course copy = *course;
    struct bm_course_act act = {.roles = roles, .actor = actor, .now_ms = now_ms};
    char who[BM_COURSE_WHO_TEXT];
    size_t count = 0;
    if (bm_course_closed(track, course)) return 0;
    for (uint16_t event = 0; event < procedure->event_count; event++) {
        struct bm_fault fault;
        act.event = event;
        struct bm_going going = going_of(track, world, &act, &copy, &fault);
        struct bm_chart_world kernel = {&going, guard, NULL};
        uint32_t transitions[BM_CHART_STATES_MAX];
        uint32_t found = bm_chart_would_take(bm_track_chart(track), &kernel, &copy.at, procedure->events[event].name,
                                             transitions);
        if (!found) continue;
        struct bm_course_choice choice = {.row = bm_track_row_of(track, transitions[0])};
        bool allowed = true;
        for (uint32_t i = 0; i < found; i++) { /* all regions' rows are taken, or none */
            uint16_t row = bm_track_row_of(track, transitions[i]);
            const struct bm_row_def *def = &procedure->rows[row];
            choice.rows[row / 64] |= UINT64_C(1) << row % 64;
            enum bm_bar spared, bar = barred(&going, row, &spared, who);
            if (bar && !choice.bar) memcpy(choice.who, who, sizeof who);
            if (bar > choice.bar) choice.bar = bar;
            if (spared > choice.spared) choice.spared = spared;
            if (!clocks_allow(&going, def)) allowed = false;
            choice.missing |= missing_for(&going, def);
            if (going.code) choice.missing |= fields_missing(&def->guard, copy.filled);
        }
        if (allowed) ret_choices[count++] = choice;
    }
    return count;
}
