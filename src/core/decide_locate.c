/* Where a caller's device is, by a link that the caller opens and may close again:
 *
 *   none --ask--> asked --agree--> agreed --fix, fix, ...--> (the contact's positions)
 *                   '------end-------'------end--> ended --ask--> asked, with another link
 *
 * An operator asks, and may end it; only the caller agrees and sends.  Each link is dead as soon as another is made, it has
 * ended, or the matter is over: nothing of a person is followed longer than their own case needs. */
#include "core/deciding.h"

static enum bm_code emit(struct bm_deciding *deciding, const struct bm_contact *contact, enum bm_locating to, uint32_t link) {
    struct bm_event *event = bm_emit(deciding, BM_EV_LOCATION_CONSENT, BM_SUBJECT_CONTACT, contact->id.v);
    event->location_consent.contact = contact->id;
    event->location_consent.to = (uint8_t)to;
    event->location_consent.link = link;
    bm_result(deciding, BM_T_CONTACT, contact->id.v);
    return BM_OK;
}

static enum bm_code is_open(struct bm_deciding *deciding, const struct bm_contact *contact) {
    const struct bm_case *row = bm_state_record(deciding->core, BM_T_CASE, contact->on_case.v);
    if (contact->erased_at_ms == BM_AT_NONE && (row ? bm_case_open(row->state) : bm_contact_open(contact->state))) return BM_OK;
    return bm_refuse(deciding, BM_NOT_POSSIBLE, "contact", "The matter is closed: the caller's position is no longer taken.");
}

/* By whoever holds the link. */
static enum bm_code by_caller(struct bm_deciding *deciding, const struct bm_contact *contact) {
    const struct bm_do_contact_locate *args = &deciding->command->contact_locate;
    bool alive = args->link == contact->locate_count && (contact->locating == BM_LOCATING_ASKED || contact->locating == BM_LOCATING_AGREED);
    if (!alive) return bm_refuse(deciding, BM_NOT_POSSIBLE, "step", "This link has ended; ask the desk for another.");
    struct bm_ev_contact_fixed fix = {.lat_e7 = args->lat_e7, .lon_e7 = args->lon_e7, .uncertainty_m = args->uncertainty_m,
                                      .fix_source = BM_FIX_DEVICE};
    enum bm_code code = BM_OK;
    switch ((enum bm_locate_step)args->step) {
    case BM_LOCATE_AGREE:
        return emit(deciding, contact, BM_LOCATING_AGREED, args->link);
    case BM_LOCATE_END:
        return emit(deciding, contact, BM_LOCATING_ENDED, args->link);
    case BM_LOCATE_FIX:
        if (contact->locating != BM_LOCATING_AGREED)
            return bm_refuse(deciding, BM_NOT_POSSIBLE, "step", "Nobody has agreed to that yet.");
        code = bm_occurred(deciding, args->fixed_at_ms, &fix.fixed_at_ms);
        return code ? code : bm_emit_fix(deciding, contact, &fix);
    case BM_LOCATE_ASK:
    case BM_locate_step_COUNT:
        break;
    }
    return bm_refuse(deciding, BM_FORBIDDEN, "step", "Only an operator asks.");
}

enum bm_code bm_decide_locate(struct bm_deciding *deciding) {
    const struct bm_do_contact_locate *args = &deciding->command->contact_locate;
    const void *record;
    enum bm_code code = bm_visible(deciding, BM_T_CONTACT, deciding->command->target, "contact", &record);
    if (code) return code;
    const struct bm_contact *contact = record;
    bool ends = args->step == BM_LOCATE_END; /* also when all is over */
    if (!ends) code = is_open(deciding, contact);
    if (code) return code;
    if (!deciding->actor) return by_caller(deciding, contact);
    if (args->step == BM_LOCATE_ASK) return emit(deciding, contact, BM_LOCATING_ASKED, contact->locate_count + 1);
    if (ends) return emit(deciding, contact, BM_LOCATING_ENDED, contact->locate_count);
    return bm_refuse(deciding, BM_FORBIDDEN, "step", "Only the caller agrees and sends, by the link.");
}
