/* The clocks on a procedure's page. */
#include "procedure/describe_page.h"

static const char *starts(struct bm_page *page, const struct bm_clock_def *clock) {
    const struct bm_procedure *procedure = page->procedure;
    switch (clock->anchor) {
    case BM_ANCHOR_FIRST_CONTACT:
        return bm_page_say(page, BM_SAY_ANCHOR_FIRST_CONTACT);
    case BM_ANCHOR_EFFECT:
        return bm_page_say(page, BM_SAY_ANCHOR_EFFECT);
    case BM_ANCHOR_EVENT:
        return bm_page_fill(page, BM_SAY_ANCHOR_EVENT,
                            bm_page_label(page, &procedure->events[clock->anchor_index].label),
                            NULL);
    case BM_ANCHOR_STATE:
        return bm_page_fill(page, BM_SAY_ANCHOR_STATE, bm_page_state(page, clock->anchor_index),
                            NULL);
    case BM_ANCHOR_REOPEN:
    case BM_anchor_COUNT:
        break;
    }
    return bm_page_say(page, BM_SAY_ANCHOR_REOPEN);
}

/* What a day is counts only where days are counted. */
static const char *budget(struct bm_page *page, const struct bm_clock_def *clock) {
    const char *text = bm_page_span(page, clock->budget.amount, clock->budget.unit);
    bool days = clock->budget.unit == BM_MEASURE_CALENDAR_DAYS ||
                clock->budget.unit == BM_MEASURE_WORKING_DAYS;
    if (days) {
        text = bm_page_join(page, text, BM_SAY_LIST_COMMA,
                            bm_page_say(page, clock->counting == BM_COUNTING_SAME_DAY
                                                  ? BM_SAY_COUNTING_SAME
                                                  : BM_SAY_COUNTING_NEXT));
        text = bm_page_join(page, text, BM_SAY_LIST_COMMA,
                            bm_page_say(page, clock->ends == BM_DAY_END_MIDNIGHT
                                                  ? BM_SAY_DAY_END_MIDNIGHT
                                                  : BM_SAY_DAY_END_BUSINESS));
    }
    if (clock->budget.unit == BM_MEASURE_CALENDAR_DAYS) {
        _Static_assert(BM_SAY_ROLLS_PREVIOUS - BM_SAY_ROLLS_NONE + 1 == BM_rolls_COUNT,
                       "a word for each roll");
        text = bm_page_join(page, text, BM_SAY_LIST_COMMA,
                            bm_page_say(page, BM_SAY_ROLLS_NONE + clock->roll));
    }
    if (clock->calendar)
        text = bm_page_join(page, text, BM_SAY_LIST_COMMA,
                            bm_page_fill(page, BM_SAY_COUNTED_IN, clock->calendar, NULL));
    return text;
}

static const char *pauses(struct bm_page *page, const struct bm_clock_def *clock) {
    _Static_assert(BM_SAY_CAUSE_OTHERS - BM_SAY_CAUSE_HEARING + 1 == BM_cause_COUNT,
                   "a word for each cause");
    const char *text = "";
    for (uint32_t p = 0; p < clock->pause_count; p++) {
        const struct bm_pause_def *pause = &clock->pauses[p];
        const char *one = bm_page_fill(page, BM_SAY_PAUSE, bm_page_state(page, pause->state),
                                       bm_page_say(page, BM_SAY_CAUSE_HEARING + pause->cause));
        const char *most = bm_page_fill(page, BM_SAY_AT_MOST,
                                        bm_page_span(page, pause->most, clock->budget.unit), NULL);
        text = bm_page_join(page, text, BM_SAY_SEMICOLON,
                            bm_page_join(page, one, BM_SAY_LIST_COMMA, most));
    }
    return *text ? text : bm_page_say(page, BM_SAY_NEVER_PAUSES);
}

static const char *extension(struct bm_page *page, const struct bm_clock_def *clock) {
    if (!clock->extend_times) return bm_page_say(page, BM_SAY_NEVER);
    const char *times = bm_page_fill(page, BM_SAY_TIMES_BY,
                                     bm_page_number(page, clock->extend_times),
                                     bm_page_span(page, clock->extend_amount, clock->budget.unit));
    return bm_page_join(
        page, times, BM_SAY_LIST_COMMA,
        bm_page_fill(page, BM_SAY_GRANTED_BY, bm_page_roles(page, clock->extend_by), NULL));
}

static const char *rung_time(struct bm_page *page, const struct bm_rung_def *rung) {
    if (rung->percent)
        return bm_page_fill(page, BM_SAY_PERCENT, bm_page_number(page, rung->span.amount), NULL);
    if (!rung->span.amount) return bm_page_say(page, BM_SAY_AT_END);
    return bm_page_fill(page, rung->when == BM_WHEN_BEFORE ? BM_SAY_BEFORE : BM_SAY_AFTER,
                        bm_page_span(page, rung->span.amount, rung->span.unit), NULL);
}

static const char *ladder(struct bm_page *page, const struct bm_clock_def *clock) {
    _Static_assert(BM_SAY_RUNG_SUPERVISE - BM_SAY_RUNG_REMIND + 1 == BM_rung_act_COUNT,
                   "a word for each act of a rung");
    const char *text = "";
    for (uint32_t r = 0; r < clock->rung_count; r++) {
        const struct bm_rung_def *rung = &clock->rungs[r];
        const char *told = bm_page_fill(page, BM_SAY_TOLD_TO,
                                        bm_page_say(page, BM_SAY_RUNG_REMIND + rung->act),
                                        bm_page_roles(page, rung->to));
        text = bm_page_join(page, text, BM_SAY_SEMICOLON,
                            bm_page_fill(page, BM_SAY_RUNG, rung_time(page, rung), told));
    }
    return *text ? text : bm_page_say(page, BM_SAY_NONE);
}

void bm_page_clocks(struct bm_page *page) {
    _Static_assert(BM_SAY_FORCE_STATUTORY - BM_SAY_FORCE_INTERNAL + 1 == BM_force_COUNT,
                   "a word for each force");
    const struct bm_procedure *procedure = page->procedure;
    bm_page_heading(page, "##", bm_page_say(page, BM_SAY_CLOCKS));
    for (uint32_t c = 0; c < procedure->clock_count; c++) {
        const struct bm_clock_def *clock = &procedure->clocks[c];
        bm_buf_printf(page->buf, "%s### %s (`%s`)\n\n", c ? "\n" : "",
                      bm_page_label(page, &clock->label), clock->name);
        bm_page_bullet(page, BM_SAY_MEASURES,
                       bm_page_say(page, BM_SAY_BODY_ENGINE + clock->measures));
        bm_page_bullet(page, BM_SAY_FORCE, bm_page_say(page, BM_SAY_FORCE_INTERNAL + clock->force));
        bm_page_bullet(page, BM_SAY_STARTS, starts(page, clock));
        bm_page_bullet(page, BM_SAY_BUDGET, budget(page, clock));
        bm_page_bullet(page, BM_SAY_PAUSES, pauses(page, clock));
        bm_page_bullet(page, BM_SAY_EXTENSION, extension(page, clock));
        bm_page_bullet(page, BM_SAY_LADDER, ladder(page, clock));
        bm_page_bullet(page, BM_SAY_EXPIRY,
                       clock->on_expiry == BM_NO_INDEX
                           ? bm_page_say(page, BM_SAY_EXPIRY_RECORD)
                           : bm_page_label(page, &procedure->events[clock->on_expiry].label));
        if (clock->law != BM_NO_INDEX)
            bm_page_bullet(page, BM_SAY_SOURCE,
                           bm_page_plain(page, procedure->laws[clock->law].cite));
    }
}
