/* Checks 23 to 30: what a citizen may count on. */
#include <string.h>

#include "base/alloc.h"
#include "procedure/checking.h"

static bool said(const struct bm_label *label) {
    return label->at.line != 0;
}

static bool is_leaf(const struct bm_state_def *state) {
    return state->initial == BM_NO_INDEX;
}

void bm_check_outcome(struct bm_checking *checking) {
    const struct bm_procedure *procedure = checking->procedure;
    for (uint32_t s = 0; s < procedure->state_count; s++) {
        const struct bm_state_def *state = &procedure->states[s];
        if (is_leaf(state) && state->category == BM_CATEGORY_FINAL && !said(&state->reply))
            bm_findings_add(checking->findings, 23, state->at,
                            bm_check_state(procedure, (uint16_t)s).text,
                            "A case ends here without a reply. Add \"reply\" in each language.");
    }
}

void bm_check_survey(struct bm_checking *checking) {
    const struct bm_procedure *procedure = checking->procedure;
    const struct bm_survey_def *survey = &procedure->survey;
    struct bm_mark at = survey->at.line ? survey->at : (struct bm_mark){1, 1};
    if (!survey->of && !said(&survey->none))
        bm_findings_add(checking->findings, 24, at, "survey",
                        "It is not said who is asked how it went. Add \"survey\", or \"survey: "
                        "{ none: ... }\" with the reason.");
    for (uint32_t r = 0; r < procedure->role_count; r++)
        if ((survey->of >> r & 1) && procedure->roles[r].body != BM_BODY_CITIZEN)
            bm_findings_add(checking->findings, 24, at, "survey",
                            "The role %s is of the %s: only citizens rate. Take it out.",
                            procedure->roles[r].name, bm_body_words[procedure->roles[r].body]);
    if (!survey->of || survey->check_by == BM_NO_INDEX) return;
    const struct bm_role_def *checker = &procedure->roles[survey->check_by];
    for (uint32_t c = 0; c < procedure->clock_count; c++)
        if (procedure->clocks[c].anchor == BM_ANCHOR_FIRST_CONTACT &&
            procedure->clocks[c].force != BM_FORCE_INTERNAL &&
            procedure->clocks[c].measures == checker->body) {
            bm_findings_add(checking->findings, 24, at, "survey",
                            "The role %s looks into bad ratings of its own body, the %s. Name a "
                            "role of another one.",
                            checker->name, bm_body_words[checker->body]);
            return;
        }
}

void bm_check_reopen(struct bm_checking *checking) {
    const struct bm_procedure *procedure = checking->procedure;
    const struct bm_reopen_def *reopen = &procedure->reopen;
    struct bm_mark at = reopen->at.line ? reopen->at : (struct bm_mark){1, 1};
    if (!reopen->by) {
        if (!said(&reopen->none))
            bm_findings_add(checking->findings, 25, at, "reopen",
                            "It is not said whether a closed case can be taken up again. Add "
                            "\"reopen\", or \"reopen: { none: ... }\" with the reason.");
        return;
    }
    if (!reopen->other_hand && !said(&reopen->same_hand))
        bm_findings_add(checking->findings, 25, at, "reopen",
                        "The second handling may fall to the same person. Add \"other_hand: yes\", or \"same_hand\" with "
                        "the reason.");
    const struct bm_state_def *target = &procedure->states[reopen->target];
    if (target->region != BM_REGION_HANDLING || target->category == BM_CATEGORY_FINAL)
        bm_findings_add(checking->findings, 25, at, "reopen",
                        "\"to: %s\" is no open state of handling. Name one.", target->name);
}

void bm_check_labels(struct bm_checking *checking) {
    const struct bm_procedure *procedure = checking->procedure;
    for (uint32_t s = 0; s < procedure->state_count; s++) {
        const struct bm_state_def *state = &procedure->states[s];
        if (!is_leaf(state)) continue;
        const struct bm_check_name_text where = bm_check_state(procedure, (uint16_t)s);
        if (!said(&state->label))
            bm_findings_add(checking->findings, 26, state->at, where.text,
                            "A citizen who asks would be told nothing. Add \"public\" in each "
                            "language.");
        if (state->region == BM_REGION_HANDLING && state->category != BM_CATEGORY_FINAL &&
            !said(&state->next))
            bm_findings_add(checking->findings, 26, state->at, where.text,
                            "It is not said what happens next. Add \"next\" in each language.");
    }
}

/* --- secrets
 * -------------------------------------------------------------------------------------- */

/* Whom a privacy class lets see a field, as bits of bodies. */
static uint32_t who_may_see(enum bm_privacy privacy) {
    static const uint32_t staff = 1u << BM_BODY_DESK | 1u << BM_BODY_UNIT | 1u << BM_BODY_SUPERIOR |
                                  1u << BM_BODY_MEDIATOR;
    static const uint32_t bodies[BM_privacy_COUNT] = {
        [BM_PRIVACY_PUBLIC] = UINT32_MAX,
        [BM_PRIVACY_REPORTER] = staff | 1u << BM_BODY_CITIZEN | 1u << BM_BODY_PARTNER,
        [BM_PRIVACY_PARTIES] = staff | 1u << BM_BODY_CITIZEN | 1u << BM_BODY_PARTNER,
        [BM_PRIVACY_UNIT] = staff | 1u << BM_BODY_PARTNER,
        [BM_PRIVACY_SUPERVISOR] = 1u << BM_BODY_DESK | 1u << BM_BODY_SUPERIOR,
        [BM_PRIVACY_SEALED] = 0};
    return bodies[privacy];
}

static void reaches(struct bm_checking *checking, uint16_t field_index, uint32_t roles,
                    const struct bm_row_def *row, struct bm_mark at, const char *how) {
    const struct bm_procedure *procedure = checking->procedure;
    const struct bm_field_def *field = &procedure->fields[field_index];
    for (uint32_t r = 0; r < procedure->role_count; r++) {
        if (!(roles >> r & 1)) continue;
        bool secret = field->secret_from >> r & 1;
        if (!secret && (who_may_see(field->privacy) >> procedure->roles[r].body & 1)) continue;
        bm_findings_add(checking->findings, 27, at, bm_check_row(procedure, row).text,
                        "%s carries the field %s to %s, from whom it is kept (%s). Take the field "
                        "out, or send it to somebody else.",
                        how, field->name, procedure->roles[r].name,
                        secret ? "secret_from" : bm_privacy_words[field->privacy]);
    }
}

static void template_reaches(struct bm_checking *checking, const struct bm_effect_def *effect,
                             const struct bm_row_def *row) {
    const struct bm_procedure *procedure = checking->procedure;
    const struct bm_label *text = &procedure->templates[effect->target].text;
    for (uint32_t f = 0; f < procedure->field_count; f++) {
        char name[BM_PROCEDURE_NAME_MAX + 3] = "{";
        size_t len = strlen(procedure->fields[f].name);
        memcpy(name + 1, procedure->fields[f].name, len);
        memcpy(name + 1 + len, "}", 2);
        bool used = false;
        for (int i = 0; i < BM_language_COUNT; i++)
            used = used || (text->in[i] && strstr(text->in[i], name));
        if (used) reaches(checking, (uint16_t)f, effect->to, row, effect->at, "The notice");
    }
}

void bm_check_secrets(struct bm_checking *checking) {
    const struct bm_procedure *procedure = checking->procedure;
    for (uint32_t i = 0; i < procedure->row_count; i++)
        for (uint32_t e = 0; e < procedure->rows[i].effect_count; e++) {
            const struct bm_row_def *row = &procedure->rows[i];
            const struct bm_effect_def *effect = &row->effects[e];
            if (effect->effect == BM_EFFECT_NOTIFY) template_reaches(checking, effect, row);
            if (effect->effect == BM_EFFECT_HAND_OVER)
                for (uint16_t f = 0; f < procedure->field_count; f++)
                    if (effect->fields >> f & 1)
                        reaches(checking, f, 1u << effect->target, row, effect->at,
                                "The hand-over");
            if (effect->effect != BM_EFFECT_PUBLISH) continue;
            const struct bm_field_def *field = &procedure->fields[effect->target];
            if (field->secret_from || field->privacy > BM_PRIVACY_PARTIES)
                bm_findings_add(
                    checking->findings, 27, effect->at, bm_check_row(procedure, row).text,
                    "The field %s (%s) is published to the citizen. Take it out, or "
                    "correct its privacy.",
                    field->name,
                    field->secret_from ? "secret_from" : bm_privacy_words[field->privacy]);
        }
}

/* --- hand-over
 * ------------------------------------------------------------------------------------ */

/* Whether a row for `event` can be taken while `state` is active. */
static const struct bm_row_def *row_in(const struct bm_procedure *procedure, uint16_t state,
                                       uint16_t event) {
    for (uint32_t i = 0; i < procedure->row_count; i++) {
        const struct bm_row_def *row = &procedure->rows[i];
        if (row->event == event && row->region == procedure->states[state].region &&
            (row->state == BM_NO_INDEX || bm_procedure_within(procedure, state, row->state)))
            return row;
    }
    return NULL;
}

static void missing(struct bm_checking *checking, uint16_t state, const char *what) {
    bm_findings_add(checking->findings, 28, checking->procedure->states[state].at,
                    bm_check_state(checking->procedure, state).text, "An offer waits here, but %s.",
                    what);
}

static void check_offered(struct bm_checking *checking, uint16_t state) {
    const struct bm_procedure *procedure = checking->procedure;
    const struct bm_hand_over_def *hand_over = &procedure->hand_over;
    const struct bm_clock_def *timeout = &procedure->clocks[hand_over->timeout];
    const struct bm_row_def *taken = row_in(procedure, state, hand_over->acknowledge);
    const struct bm_row_def *refused = row_in(procedure, state, hand_over->refuse);
    uint16_t hash = bm_procedure_field(procedure, "offer_hash");
    if (!taken)
        missing(checking, state, "it cannot be acknowledged. Add a row for that event");
    else if (hash == BM_NO_INDEX || !(taken->needs >> hash & 1))
        missing(checking, state,
                "its acknowledgement does not carry the hash of the offer. Let that row need the "
                "field offer_hash");
    if (!refused)
        missing(checking, state, "it cannot be refused. Add a row for that event");
    else if (!refused->needs)
        missing(checking, state, "it is refused without a reason. Let that row need one");
    if (timeout->on_expiry == BM_NO_INDEX || !row_in(procedure, state, timeout->on_expiry))
        missing(checking, state,
                "nothing happens when nobody answers. Give the timeout clock an \"on_expiry\" and "
                "this state a row for it");
    else if (timeout->anchor != BM_ANCHOR_STATE ||
             !bm_procedure_within(procedure, state, timeout->anchor_index))
        missing(checking, state, "its timeout is anchored elsewhere. Anchor it at this state");
    uint16_t owner = procedure->states[state].owner;
    if (taken && owner != BM_NO_INDEX &&
        (bm_checking_bodies(procedure, taken) >> procedure->roles[owner].body & 1))
        missing(checking, state,
                "its owner is already the receiver. The duty stays with the sender until the "
                "acknowledgement: name the sender's role");
}

static void check_returns(struct bm_checking *checking, const struct bm_row_def *row) {
    const struct bm_procedure *procedure = checking->procedure;
    const struct bm_hand_over_def *hand_over = &procedure->hand_over;
    int64_t bound = bm_guard_counter_bound(&row->guard, BM_COUNTER_RETURNS);
    if (row->target == hand_over->arbitration) return;
    if (bound < 0 || bound > hand_over->returns)
        bm_findings_add(checking->findings, 28, row->at, bm_check_row(procedure, row).text,
                        "It may be refused more often than %u times (\"returns\"). Add the guard "
                        "\"returns < %u\", and behind it a row to %s.",
                        hand_over->returns, hand_over->returns,
                        procedure->states[hand_over->arbitration].name);
}

void bm_check_hand_over(struct bm_checking *checking) {
    const struct bm_procedure *procedure = checking->procedure;
    const struct bm_hand_over_def *hand_over = &procedure->hand_over;
    for (uint32_t i = 0; i < procedure->row_count && !hand_over->at.line; i++)
        for (uint32_t e = 0; e < procedure->rows[i].effect_count; e++) {
            const struct bm_effect_def *effect = &procedure->rows[i].effects[e];
            if (effect->effect != BM_EFFECT_HAND_OVER || effect->text) continue;
            bm_findings_add(checking->findings, 28, effect->at,
                            bm_check_row(procedure, &procedure->rows[i]).text,
                            "Something is handed over, and the file has no \"hand_over\" that says "
                            "how it is acknowledged, refused, timed out and arbitrated. Add it.");
            return;
        }
    if (!hand_over->at.line) return;
    bool offered = false;
    for (uint32_t i = 0; i < procedure->row_count; i++) {
        const struct bm_row_def *row = &procedure->rows[i];
        if (row->event == hand_over->offer && row->target != BM_NO_INDEX &&
            row->region == BM_REGION_RESPONSIBILITY) {
            offered = true;
            check_offered(checking, bm_procedure_descend(procedure, row->target));
        }
        if (row->event == hand_over->refuse) check_returns(checking, row);
    }
    if (!offered)
        bm_findings_add(checking->findings, 28, hand_over->at, "hand_over",
                        "No row of the region responsibility takes the event %s to a state. Add "
                        "one.",
                        procedure->events[hand_over->offer].name);
    if (row_in(procedure, hand_over->arbitration, hand_over->refuse))
        bm_findings_add(checking->findings, 28, procedure->states[hand_over->arbitration].at,
                        bm_check_state(procedure, hand_over->arbitration).text,
                        "What was arbitrated can be refused again. Take that row out.");
}

/* --- exits
 * ---------------------------------------------------------------------------------------- */

static bool is_exit(const struct bm_procedure *procedure, const struct bm_row_def *row) {
    bool staff = false;
    for (uint32_t r = 0; r < procedure->role_count; r++)
        staff = staff || ((row->by >> r & 1) && procedure->roles[r].body != BM_BODY_ENGINE &&
                          procedure->roles[r].body != BM_BODY_CITIZEN);
    if (!staff || row->guard.count || row->limit || row->needs || row->four_eyes) return false;
    for (uint32_t e = 0; e < row->effect_count; e++) {
        const struct bm_effect_def *effect = &row->effects[e];
        if ((effect->effect == BM_EFFECT_OPEN_CHILD || effect->effect == BM_EFFECT_HAND_OVER) &&
            effect->text && strcmp(effect->text, "emergency") == 0)
            return true;
    }
    return false;
}

void bm_check_emergency(struct bm_checking *checking) {
    const struct bm_procedure *procedure = checking->procedure;
    if (strcmp(procedure->name, "emergency") == 0) return;
    uint8_t *open = bm_alloc_zero(checking->configuration_count, 1);
    uint8_t told[BM_PROCEDURE_STATES_MAX] = {0};
    for (uint32_t i = 0; i < checking->edge_count; i++)
        for (int r = 0; r < BM_region_COUNT; r++)
            if (checking->edges[i].rows[r] != BM_NO_INDEX &&
                is_exit(procedure, &procedure->rows[checking->edges[i].rows[r]]))
                open[checking->edges[i].from] = 1;
    for (uint32_t i = 0; i < checking->configuration_count; i++) {
        uint16_t state = checking->configurations[i].active[BM_REGION_HANDLING];
        if (checking->configurations[i].final || open[i] || told[state]) continue;
        told[state] = 1;
        bm_findings_add(
            checking->findings, 29, procedure->states[state].at,
            bm_check_state(procedure, state).text,
            "When danger shows here, nobody can open an emergency at once. Add to the "
            "region a row with \"open_child: { procedure: emergency }\", without guard, "
            "needs or limit.");
    }
    bm_free(open);
}

void bm_check_remedies(struct bm_checking *checking) {
    const struct bm_procedure *procedure = checking->procedure;
    for (uint32_t s = 0; s < procedure->state_count; s++) {
        const struct bm_state_def *state = &procedure->states[s];
        if (state->category == BM_CATEGORY_FINAL && is_leaf(state) &&
            (state->ending == BM_ENDING_REFUSED || state->ending == BM_ENDING_NO_AGREEMENT) &&
            !said(&state->remedies))
            bm_findings_add(checking->findings, 30, state->at,
                            bm_check_state(procedure, (uint16_t)s).text,
                            "It ends with %s, and nobody says what else can be done. Add "
                            "\"remedies\" in each language.",
                            bm_ending_words[state->ending]);
    }
}
