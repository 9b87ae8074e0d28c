#include "procedure/describe.h"

#include <string.h>

#include "procedure/describe_page.h"

/* --- head, sources, how long
 * ---------------------------------------------------------------------- */

static void head(struct bm_page *page) {
    const struct bm_procedure *procedure = page->procedure;
    bm_buf_printf(page->buf, "# %s\n\n", bm_page_label(page, &procedure->title));
    bm_buf_printf(page->buf, "%s%s%s%s%s\n\n",
                  bm_page_fill(page, BM_SAY_VERSION, procedure->name,
                               bm_page_number(page, procedure->version)),
                  bm_page_say(page, BM_SAY_SEMICOLON), bm_page_say(page, BM_SAY_FOR),
                  bm_page_say(page, BM_SAY_COLON), bm_page_label(page, &procedure->jurisdiction));
    if (procedure->example) bm_buf_printf(page->buf, "%s\n\n", bm_page_say(page, BM_SAY_EXAMPLE));
    bm_buf_printf(page->buf, "%s\n", bm_page_say(page, BM_SAY_MADE));
}

static void sources(struct bm_page *page) {
    _Static_assert(BM_SAY_CERTAIN_LOCAL - BM_SAY_CERTAIN_TEXT + 1 == BM_certainty_COUNT,
                   "a word for each certainty");
    static const enum bm_saying columns[] = {BM_SAY_SOURCE, BM_SAY_CERTAINTY,
                                             BM_SAY_CLOCKS_OF_SOURCE, BM_SAY_COUNT};
    const struct bm_procedure *procedure = page->procedure;
    bm_page_heading(page, "##", bm_page_say(page, BM_SAY_SOURCES));
    bm_buf_printf(page->buf, "%s\n\n", bm_page_say(page, BM_SAY_COUNSEL));
    if (!procedure->law_count) {
        bm_buf_printf(page->buf, "%s\n", bm_page_say(page, BM_SAY_NO_SOURCE));
        return;
    }
    bm_page_table(page, columns);
    for (uint32_t l = 0; l < procedure->law_count; l++) {
        const struct bm_law_def *law = &procedure->laws[l];
        const char *clocks = "";
        for (uint32_t c = 0; c < procedure->clock_count; c++)
            if (procedure->clocks[c].law == l)
                clocks = bm_page_join(page, clocks, BM_SAY_LIST_COMMA,
                                      bm_page_label(page, &procedure->clocks[c].label));
        bm_page_cells(page,
                      (const char *const[]){bm_page_plain(page, law->cite),
                                            bm_page_say(page, BM_SAY_CERTAIN_TEXT + law->certainty),
                                            clocks},
                      3);
    }
}

static const char *worst(struct bm_page *page, const struct bm_worst_case *worst_case) {
    const char *text = "";
    if (!worst_case->bounded) return bm_page_say(page, BM_SAY_UNBOUNDED);
    for (int i = 0; i < BM_measure_COUNT; i++)
        if (worst_case->amounts[i])
            text = bm_page_join(page, text, BM_SAY_LIST_COMMA,
                                bm_page_span(page, worst_case->amounts[i], (enum bm_measure)i));
    return bm_page_fill(page, BM_SAY_AT_MOST_DAYS, text, bm_page_number(page, worst_case->days));
}

static void how_long(struct bm_page *page, const struct bm_check_result *result) {
    bm_page_heading(page, "##", bm_page_say(page, BM_SAY_HOW_LONG));
    bm_buf_printf(page->buf, "%s\n\n", bm_page_say(page, BM_SAY_KEPT));
    bm_page_bullet(page, BM_SAY_FIRST, worst(page, &result->first));
    if (page->procedure->reopen.by)
        bm_page_bullet(page, BM_SAY_AGAIN, worst(page, &result->reopened));
}

/* --- people and states
 * ---------------------------------------------------------------------------- */

static void people(struct bm_page *page) {
    _Static_assert(BM_SAY_BODY_MEDIATOR - BM_SAY_BODY_ENGINE + 1 == BM_body_COUNT,
                   "a word for each body");
    static const enum bm_saying columns[] = {BM_SAY_ROLE, BM_SAY_OF, BM_SAY_PEOPLE, BM_SAY_DEPUTY,
                                             BM_SAY_COUNT};
    const struct bm_procedure *procedure = page->procedure;
    bm_page_heading(page, "##", bm_page_say(page, BM_SAY_WHO));
    bm_page_table(page, columns);
    for (uint32_t r = 1; r < procedure->role_count; r++) {
        const struct bm_role_def *role = &procedure->roles[r];
        const char *deputy = role->deputy == BM_NO_INDEX
                                 ? ""
                                 : bm_page_label(page, &procedure->roles[role->deputy].label);
        const char *count = role->body == BM_BODY_CITIZEN ? "" : bm_page_number(page, role->people);
        bm_page_cells(page,
                      (const char *const[]){bm_page_label(page, &role->label),
                                            bm_page_say(page, BM_SAY_BODY_ENGINE + role->body),
                                            count, deputy},
                      4);
    }
}

static const char *kind_of(struct bm_page *page, const struct bm_state_def *state) {
    _Static_assert(BM_SAY_CATEGORY_FINAL - BM_SAY_CATEGORY_INITIAL + 1 == BM_category_COUNT,
                   "a word for each category");
    if (state->category == BM_CATEGORY_WAITING)
        return bm_page_fill(page, BM_SAY_WAITS,
                            bm_page_say(page, BM_SAY_BODY_ENGINE + state->waits_for),
                            bm_page_say(page, BM_SAY_CAUSE_HEARING + state->cause));
    return bm_page_say(page, BM_SAY_CATEGORY_INITIAL + state->category);
}

static bool is_leaf(const struct bm_state_def *state) {
    return state->initial == BM_NO_INDEX;
}

/* Final states come below, with what is said at the end. */
static void states_of(struct bm_page *page, enum bm_region region) {
    static const enum bm_saying columns[] = {BM_SAY_STATE,         BM_SAY_KIND, BM_SAY_OWNER,
                                             BM_SAY_CITIZEN_READS, BM_SAY_NEXT, BM_SAY_COUNT};
    const struct bm_procedure *procedure = page->procedure;
    if (procedure->initial[region] == BM_NO_INDEX) return;
    bm_page_heading(page, "###", bm_page_say(page, BM_SAY_REGION_HANDLING + region));
    bm_page_table(page, columns);
    for (uint32_t s = 0; s < procedure->state_count; s++) {
        const struct bm_state_def *state = &procedure->states[s];
        if (state->region != region || !is_leaf(state) || state->category == BM_CATEGORY_FINAL)
            continue;
        const char *owner = state->owner == BM_NO_INDEX
                                ? ""
                                : bm_page_label(page, &procedure->roles[state->owner].label);
        const char *name = "";
        for (uint16_t up = (uint16_t)s; up != BM_NO_INDEX; up = procedure->states[up].parent)
            name = bm_page_join(page,
                                bm_page_fill(page, BM_SAY_CODE, procedure->states[up].name, NULL),
                                BM_SAY_WITHIN, name);
        bm_page_cells(page,
                      (const char *const[]){name, kind_of(page, state), owner,
                                            bm_page_label(page, &state->label),
                                            bm_page_label(page, &state->next)},
                      5);
    }
}

static void endings(struct bm_page *page) {
    _Static_assert(BM_SAY_ENDING_DEEMED - BM_SAY_ENDING_SOLVED + 1 == BM_ending_COUNT,
                   "a word for each ending");
    static const enum bm_saying columns[] = {BM_SAY_STATE, BM_SAY_OUTCOME, BM_SAY_REPLY,
                                             BM_SAY_REMEDIES, BM_SAY_COUNT};
    const struct bm_procedure *procedure = page->procedure;
    bm_page_heading(page, "##", bm_page_say(page, BM_SAY_ENDS));
    bm_page_table(page, columns);
    for (uint32_t s = 0; s < procedure->state_count; s++) {
        const struct bm_state_def *state = &procedure->states[s];
        if (!is_leaf(state) || state->category != BM_CATEGORY_FINAL) continue;
        bm_page_cells(page,
                      (const char *const[]){bm_page_state(page, (uint16_t)s),
                                            bm_page_say(page, BM_SAY_ENDING_SOLVED + state->ending),
                                            bm_page_label(page, &state->reply),
                                            bm_page_label(page, &state->remedies)},
                      4);
    }
}

/* --- acts
 * ----------------------------------------------------------------------------------------- */

/* What a field is set to, in the words of its form. */
static const char *set_value(struct bm_page *page, const struct bm_effect_def *effect) {
    const struct bm_field_def *field = &page->procedure->fields[effect->target];
    for (uint32_t w = 0; field->type == BM_FIELD_CHOICE && w < field->word_count; w++)
        if (strcmp(field->words[w], effect->text) == 0)
            return bm_page_label(page, &field->word_labels[w]);
    return bm_page_plain(page, effect->text);
}

static const char *handed_over(struct bm_page *page, const struct bm_effect_def *effect) {
    const struct bm_procedure *procedure = page->procedure;
    const char *fields = bm_page_fields(page, effect->fields);
    const char *text = bm_page_fill(page, BM_SAY_HANDS_OVER,
                                    bm_page_label(page, &procedure->roles[effect->target].label),
                                    *fields ? fields : bm_page_say(page, BM_SAY_NONE));
    if (!effect->text) return text;
    return bm_page_join(page, text, BM_SAY_LIST_COMMA,
                        bm_page_fill(page, BM_SAY_UNDER, effect->text, NULL));
}

static const char *effect_text(struct bm_page *page, const struct bm_effect_def *effect) {
    _Static_assert(BM_SAY_TIE_PARENT - BM_SAY_TIE_DUPLICATE + 1 == BM_tie_COUNT,
                   "a word for each tie");
    _Static_assert(BM_SAY_CLOCK_EXTEND - BM_SAY_CLOCK_START == BM_EFFECT_EXTEND - BM_EFFECT_START,
                   "a word for each effect on a clock");
    const struct bm_procedure *procedure = page->procedure;
    const struct bm_label *field = effect->target < procedure->field_count
                                       ? &procedure->fields[effect->target].label
                                       : NULL;
    switch (effect->effect) {
    case BM_EFFECT_SET:
        return bm_page_fill(page, BM_SAY_SETS, bm_page_label(page, field), set_value(page, effect));
    case BM_EFFECT_START:
    case BM_EFFECT_STOP:
    case BM_EFFECT_PAUSE:
    case BM_EFFECT_RESUME:
    case BM_EFFECT_EXTEND:
        return bm_page_fill(page, BM_SAY_CLOCK_START + (effect->effect - BM_EFFECT_START),
                            bm_page_label(page, &procedure->clocks[effect->target].label), NULL);
    case BM_EFFECT_NOTIFY:
        return bm_page_fill(page, BM_SAY_NOTICE, procedure->templates[effect->target].name,
                            bm_page_roles(page, effect->to));
    case BM_EFFECT_OPEN_CHILD:
        return bm_page_fill(page, BM_SAY_OPENS, effect->text, NULL);
    case BM_EFFECT_HAND_OVER:
        return handed_over(page, effect);
    case BM_EFFECT_LINK:
        return bm_page_say(page, BM_SAY_TIE_DUPLICATE + effect->tie);
    case BM_EFFECT_SURVEY:
        return bm_page_fill(page, BM_SAY_ASKS,
                            bm_page_label(page, &procedure->roles[effect->target].label), NULL);
    case BM_EFFECT_PUBLISH:
        return bm_page_fill(page, BM_SAY_PUBLISHES, bm_page_label(page, field), NULL);
    case BM_EFFECT_WITHHOLD:
        return bm_page_fill(page, BM_SAY_WITHHOLDS, bm_page_label(page, field), NULL);
    case BM_EFFECT_REQUIRE:
    case BM_effect_COUNT:
        break;
    }
    return bm_page_fill(page, BM_SAY_REQUIRES, bm_page_label(page, field), NULL);
}

static const char *conditions(struct bm_page *page, const struct bm_row_def *row) {
    const char *text = "";
    if (row->guard.count) text = bm_page_fill(page, BM_SAY_CODE, row->guard.text, NULL);
    if (row->four_eyes)
        text = bm_page_join(page, text, BM_SAY_SEMICOLON, bm_page_say(page, BM_SAY_FOUR_EYES));
    if (row->limit)
        text = bm_page_join(
            page, text, BM_SAY_SEMICOLON,
            bm_page_fill(page, BM_SAY_LIMIT, bm_page_number(page, row->limit), NULL));
    return text;
}

static void act(struct bm_page *page, const struct bm_row_def *row) {
    const struct bm_procedure *procedure = page->procedure;
    const char *where = row->state != BM_NO_INDEX
                            ? bm_page_state(page, row->state)
                            : bm_page_fill(page, BM_SAY_ANYWHERE,
                                           bm_page_say(page, BM_SAY_REGION_HANDLING + row->region),
                                           NULL);
    const char *target = bm_page_say(page, BM_SAY_STAYS), *effects = "";
    if (row->target != BM_NO_INDEX) target = bm_page_state(page, row->target);
    if (row->history) target = bm_page_fill(page, BM_SAY_BACK_TO, target, NULL);
    for (uint32_t e = 0; e < row->effect_count; e++)
        effects = bm_page_join(page, effects, BM_SAY_SEMICOLON,
                               effect_text(page, &row->effects[e]));
    bm_page_cells(page,
                  (const char *const[]){bm_page_label(page, &procedure->events[row->event].label),
                                        where, bm_page_fields(page, row->needs),
                                        conditions(page, row), target, effects},
                  6);
}

static void acts_of(struct bm_page *page, uint32_t role, const char *title) {
    static const enum bm_saying columns[] = {BM_SAY_ACT,     BM_SAY_WHERE,    BM_SAY_NEEDS,
                                             BM_SAY_ONLY_IF, BM_SAY_LEADS_TO, BM_SAY_AND_THEN,
                                             BM_SAY_COUNT};
    const struct bm_procedure *procedure = page->procedure;
    bool any = false;
    for (uint32_t i = 0; i < procedure->row_count; i++) {
        if (!(procedure->rows[i].by >> role & 1)) continue;
        if (!any) {
            bm_page_heading(page, "###", title);
            bm_page_table(page, columns);
        }
        any = true;
        act(page, &procedure->rows[i]);
    }
}

static void acts(struct bm_page *page) {
    const struct bm_procedure *procedure = page->procedure;
    bm_page_heading(page, "##", bm_page_say(page, BM_SAY_ACTS));
    bm_buf_printf(page->buf, "%s\n", bm_page_say(page, BM_SAY_FIRST_ROW));
    for (uint32_t r = 1; r < procedure->role_count; r++)
        acts_of(page, r, bm_page_label(page, &procedure->roles[r].label));
    acts_of(page, 0, bm_page_say(page, BM_SAY_BY_ITSELF));
}

/* --- hand-over, survey, reopening
 * ----------------------------------------------------------------- */

static void hand_over(struct bm_page *page) {
    const struct bm_procedure *procedure = page->procedure;
    const struct bm_hand_over_def *one = &procedure->hand_over;
    if (!one->at.line) return;
    const struct bm_clock_def *timeout = &procedure->clocks[one->timeout];
    bm_page_heading(page, "##", bm_page_say(page, BM_SAY_HAND_OVER));
    bm_buf_printf(
        page->buf, "- %s\n- %s\n- %s\n",
        bm_page_fill(page, BM_SAY_DUTY,
                     bm_page_label(page, &procedure->events[one->acknowledge].label), NULL),
        bm_page_fill(page, BM_SAY_OFFERED_WITHIN,
                     bm_page_span(page, timeout->budget.amount, timeout->budget.unit),
                     timeout->on_expiry == BM_NO_INDEX
                         ? bm_page_say(page, BM_SAY_NONE)
                         : bm_page_label(page, &procedure->events[timeout->on_expiry].label)),
        bm_page_fill(page, BM_SAY_RETURNS, bm_page_number(page, one->returns),
                     bm_page_state(page, one->arbitration)));
}

static void survey(struct bm_page *page) {
    const struct bm_survey_def *one = &page->procedure->survey;
    bm_page_heading(page, "##", bm_page_say(page, BM_SAY_SURVEY));
    if (!one->of) {
        bm_buf_printf(page->buf, "%s%s%s\n", bm_page_say(page, BM_SAY_NONE),
                      bm_page_say(page, BM_SAY_COLON), bm_page_label(page, &one->none));
        return;
    }
    bm_buf_printf(page->buf, "- %s\n",
                  bm_page_fill(page, BM_SAY_SURVEYED, bm_page_roles(page, one->of), NULL));
    bm_buf_printf(
        page->buf, "- %s\n",
        bm_page_fill(page, BM_SAY_BAD_RATING, bm_page_roles(page, 1u << one->check_by),
                     bm_page_span(page, one->check_within.amount, one->check_within.unit)));
}

static void reopening(struct bm_page *page) {
    const struct bm_reopen_def *one = &page->procedure->reopen;
    bm_page_heading(page, "##", bm_page_say(page, BM_SAY_REOPENING));
    if (!one->by) {
        bm_buf_printf(page->buf, "%s%s%s\n", bm_page_say(page, BM_SAY_NONE),
                      bm_page_say(page, BM_SAY_COLON), bm_page_label(page, &one->none));
        return;
    }
    bm_buf_printf(page->buf, "- %s\n- %s\n",
                  bm_page_fill(page, BM_SAY_REOPEN_BY, bm_page_roles(page, one->by),
                               bm_page_span(page, one->window.amount, one->window.unit)),
                  bm_page_fill(page, BM_SAY_LIMIT, bm_page_number(page, one->limit), NULL));
    bm_page_bullet(page, BM_SAY_NEEDS, bm_page_fields(page, one->needs));
    bm_buf_printf(page->buf, "- %s\n",
                  bm_page_fill(page, BM_SAY_REOPEN_TO, bm_page_state(page, one->target), NULL));
    if (page->procedure->initial[BM_REGION_RESPONSIBILITY] != BM_NO_INDEX ||
        page->procedure->initial[BM_REGION_SUPERVISION] != BM_NO_INDEX)
        bm_buf_printf(page->buf, "- %s\n", bm_page_say(page, BM_SAY_REOPEN_STAYS));
    if (one->other_hand) bm_buf_printf(page->buf, "- %s\n", bm_page_say(page, BM_SAY_OTHER_HAND));
    if (one->same_hand.at.line) bm_buf_printf(page->buf, "- %s\n", bm_page_label(page, &one->same_hand));
}

void bm_procedure_describe(const struct bm_procedure *procedure,
                           const struct bm_check_result *result, enum bm_language language,
                           struct bm_buf *buf) {
    _Static_assert(BM_SAY_REGION_SUPERVISION - BM_SAY_REGION_HANDLING + 1 == BM_region_COUNT,
                   "a word for each region");
    struct bm_page page = {.procedure = procedure, .language = language, .buf = buf};
    head(&page);
    sources(&page);
    how_long(&page, result);
    people(&page);
    bm_page_heading(&page, "##", bm_page_say(&page, BM_SAY_STATES));
    bm_buf_printf(buf, "%s\n", bm_page_say(&page, BM_SAY_SIDE_BY_SIDE));
    for (int region = 0; region < BM_region_COUNT; region++)
        states_of(&page, (enum bm_region)region);
    acts(&page);
    bm_page_clocks(&page);
    hand_over(&page);
    endings(&page);
    survey(&page);
    reopening(&page);
    bm_arena_free(&page.arena);
}
