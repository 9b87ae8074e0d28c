/* What those who reported a matter think of it, what follows from a bad judgement under a name, and figures about it all. */
#include <string.h>

#include "core/matter.h"
#include "core/posts.h"

enum { BAD_LEVEL = 2 }; /* of five: this and less */

/* The matter that a contact's case is worked in: its own, or the one it was joined to. */
static enum bm_code matter_of(struct bm_deciding *deciding, const struct bm_contact *contact, struct bm_matter_draft *ret_draft) {
    const struct bm_case *row = bm_state_record(deciding->core, BM_T_CASE, contact->on_case.v);
    if (!row) return bm_refuse(deciding, BM_NOT_POSSIBLE, "contact", "The contact is on no case that is in memory.");
    return bm_matter_load(deciding, row->merged_into.v ? row->merged_into.v : row->id.v, ret_draft);
}

static enum bm_code rate(struct bm_deciding *deciding) {
    const struct bm_do_rate *args = &deciding->command->rate;
    const void *record;
    struct bm_matter_draft draft;
    int64_t check_at_ms = BM_AT_NONE;
    enum bm_code code = bm_visible(deciding, BM_T_CONTACT, deciding->command->target, "contact", &record);
    if (code) return code;
    const struct bm_contact *contact = record;
    code = matter_of(deciding, contact, &draft);
    if (code) return code;
    if (bm_case_open(draft.row.state))
        return bm_refuse(deciding, BM_NOT_POSSIBLE, "case", "The matter is still open; it is rated when it is closed.");
    if (!(draft.procedure->survey.of & bm_posts_citizen(draft.procedure)))
        return bm_refuse(deciding, BM_NOT_POSSIBLE, "case", "Nobody is asked about matters of this kind.");
    if (contact->rating) return bm_refuse(deciding, BM_EXISTS, "level", "It was rated already, with %u.", contact->rating);
    if (args->level < 1) return bm_refuse(deciding, BM_MISSING_FIELD, "level", "Give a level from 1 to 5.");
    if (args->solved == BM_SOLVED_NONE) return bm_refuse(deciding, BM_MISSING_FIELD, "solved", "Say whether it was solved: yes or no.");
    bool bad = args->level <= BAD_LEVEL || args->solved == BM_SOLVED_NO;
    if (bad && args->named)
        code = bm_course_within(draft.track, &draft.world, &draft.procedure->survey.check_within, deciding->now_ms, &check_at_ms,
                                &deciding->decision->fault);
    if (code) return code;
    struct bm_event *event = bm_emit(deciding, BM_EV_CONTACT_RATED, BM_SUBJECT_CASE, contact->on_case.v);
    event->contact_rated.contact = contact->id;
    event->contact_rated.on_case = contact->on_case;
    event->contact_rated.level = args->level;
    event->contact_rated.solved = args->solved;
    event->contact_rated.named = args->named;
    event->contact_rated.check_due_at_ms = check_at_ms;
    bm_emit_sealed(deciding, event, BM_DATA_NARRATIVE);
    bm_result(deciding, BM_T_CONTACT, contact->id.v);
    return BM_OK;
}

static enum bm_code check(struct bm_deciding *deciding) {
    const void *record;
    struct bm_matter_draft draft;
    const struct bm_contact *contact = bm_state_record(deciding->core, BM_T_CONTACT, deciding->command->target);
    /* Whoever sees the matter may; the contact itself, with who it was, is not shown to officers. */
    enum bm_code code = bm_visible(deciding, BM_T_CASE, contact ? contact->on_case.v : 0, "contact", &record);
    if (!code) code = matter_of(deciding, contact, &draft);
    if (code) return code;
    uint32_t roles = bm_posts_roles(draft.procedure, deciding->actor ? deciding->actor->posts : "", &deciding->viewer,
                                    &deciding->scope, &draft.matter);
    if (contact->check_due_at_ms == BM_AT_NONE || contact->checked_at_ms != BM_AT_NONE)
        return bm_refuse(deciding, BM_NOT_POSSIBLE, "contact", "No rating of this contact waits to be looked into.");
    uint16_t by = draft.procedure->survey.check_by;
    /* Nobody is named where the matter has come under a procedure that asks nobody (moved to a later version, joined to another): it
     * still waits, and a supervisor is there for what is nobody's. */
    if (by == BM_NO_INDEX && !(deciding->viewer.roles & BM_HEADS))
        return bm_refuse(deciding, BM_FORBIDDEN, "contact", "A bad rating is looked into by a supervisor, for the procedure names nobody.");
    if (by != BM_NO_INDEX && !(roles >> by & 1))
        return bm_refuse(deciding, BM_FORBIDDEN, "contact", "A bad rating is looked into by the post \"%s\".", draft.procedure->roles[by].name);
    if (!deciding->command->sealed[BM_DATA_NARRATIVE].value.len)
        return bm_refuse(deciding, BM_MISSING_FIELD, "text", "Say what you found.");
    struct bm_event *event = bm_emit(deciding, BM_EV_RATING_CHECKED, BM_SUBJECT_CASE, contact->on_case.v);
    event->rating_checked.contact = contact->id;
    event->rating_checked.on_case = contact->on_case;
    bm_emit_sealed(deciding, event, BM_DATA_NARRATIVE);
    bm_result(deciding, BM_T_CONTACT, contact->id.v);
    return BM_OK;
}

/* What was counted, as it was counted: the figures are the api's, over what the actor may see. */
static enum bm_code state_figures(struct bm_deciding *deciding) {
    const struct bm_do_state_figures *args = &deciding->command->state_figures;
    if (!args->content.len) return bm_refuse(deciding, BM_MISSING_FIELD, "content", "There are no figures to state.");
    if (deciding->core->tables[BM_T_FIGURE].count >= BM_FIGURES_MAX)
        return bm_refuse(deciding, BM_OUT_OF_RANGE, "note", "More than %u figures are not kept.", BM_FIGURES_MAX);
    struct bm_event *event = bm_emit(deciding, BM_EV_FIGURES_STATED, BM_SUBJECT_DESK, 0);
    struct bm_ev_figures_stated *ev = &event->figures_stated;
    ev->figure.v = bm_new_id(deciding, BM_T_FIGURE);
    memcpy(ev->note, args->note, sizeof ev->note);
    ev->content = bm_bytes_copy(args->content.bytes, args->content.len);
    if (deciding->actor) ev->jurisdiction = deciding->actor->jurisdiction;
    bm_result(deciding, BM_T_FIGURE, ev->figure.v);
    return BM_OK;
}

enum bm_code bm_decide_rating(struct bm_deciding *deciding) {
    if (deciding->command->kind == BM_DO_STATE_FIGURES) return state_figures(deciding);
    return deciding->command->kind == BM_DO_RATE ? rate(deciding) : check(deciding);
}
