/* Events of matters and editions -> state; the rules of apply.c hold. */
#include <string.h>

#include "base/check.h"
#include "core/applying.h"
#include "core/limits.h"

static void *touch(struct bm_core *core, enum bm_table_kind table, uint64_t id) {
    void *record = bm_state_need(core, table, id);
    bm_state_touch(core, table, id);
    return record;
}

/* --- editions --------------------------------------------------------------------------------- */

/* It is to count its dates anew: at its own turn, as a timer. */
static void stale(struct bm_core *core, uint64_t id, int64_t at_ms) {
    struct bm_matter *matter = bm_state_need(core, BM_T_MATTER, id);
    if (!bm_matter_is_open(matter)) return;
    bm_state_touch(core, BM_T_MATTER, id);
    matter->stale = true;
    matter->next_at_ms = at_ms;
    bm_state_arm(core, BM_T_MATTER, id);
}

static bool lies_in(const struct bm_core *core, uint64_t agency, uint64_t above) {
    for (int depth = 0; agency && agency != above && depth < BM_AGENCY_DEPTH_MAX; depth++) {
        const struct bm_agency *row = bm_state_record(core, BM_T_AGENCY, agency);
        agency = row ? row->parent.v : 0;
    }
    return agency == above;
}

/* `area` 0: all of them. */
static void stale_in(struct bm_core *core, uint64_t area, int64_t at_ms) {
    BM_TABLE_EACH(&core->tables[BM_T_MATTER], id) {
        const struct bm_matter *matter = bm_state_need(core, BM_T_MATTER, id);
        if (!area || lies_in(core, matter->jurisdiction.v, area)) stale(core, id, at_ms);
    }
}

static bool any_additions(const struct bm_core *core) {
    BM_TABLE_EACH(&core->tables[BM_T_EDITION], id) {
        if (((const struct bm_edition *)bm_state_need(core, BM_T_EDITION, id))->jurisdiction.v) return true;
    }
    return false;
}

void bm_apply_area_moved(struct bm_core *core, uint64_t agency, int64_t at_ms) {
    if (any_additions(core)) stale_in(core, agency, at_ms);
}

void bm_apply_matter_moved(struct bm_core *core, uint64_t matter, int64_t at_ms) {
    if (any_additions(core)) stale(core, matter, at_ms);
}

void bm_apply_edition(struct bm_core *core, const struct bm_event *event) {
    const struct bm_ev_published *ev = &event->published;
    bool calendar = strcmp(ev->what, "calendar") == 0;
    uint8_t kind = calendar ? BM_EDITION_CALENDAR : BM_EDITION_PROCEDURE;
    uint64_t area = event->version > 2 ? ev->jurisdiction.v : 0; /* which earlier ones do not have */
    BM_TABLE_EACH(&core->tables[BM_T_EDITION], id) {
        struct bm_edition *former = bm_state_need(core, BM_T_EDITION, id);
        if (former->kind != kind || !former->current || former->jurisdiction.v != area || strcmp(former->name, ev->name) != 0)
            continue;
        bm_state_touch(core, BM_T_EDITION, id);
        former->current = false;
    }
    struct bm_edition *edition = bm_state_add(core, BM_T_EDITION, ev->edition.v);
    edition->id = ev->edition;
    edition->kind = kind;
    BM_SET_TEXT(edition->name, ev->name);
    edition->version = ev->version;
    BM_SET_TEXT(edition->hash, ev->hash);
    BM_SET_TEXT(edition->title_en, ev->title_en);
    BM_SET_TEXT(edition->title_hans, ev->title_hans);
    BM_SET_TEXT(edition->title_hant, ev->title_hant);
    bm_set_bytes(&edition->content, &ev->content);
    edition->current = true;
    edition->example = ev->example;
    edition->published_at_ms = event->at_ms;
    edition->jurisdiction.v = area;
    if (calendar) stale_in(core, area, event->at_ms);
}

void bm_apply_case_ended(struct bm_core *core, uint64_t case_id, int64_t at_ms) {
    const struct bm_case_slot *slot = bm_state_slot(core, BM_T_CASE, case_id);
    for (uint64_t id = slot->links.first; id; id = bm_state_after(core, BM_T_LINK, id)) {
        const struct bm_link *link = bm_state_need(core, BM_T_LINK, id);
        struct bm_matter *matter = link->kind == BM_LINK_PARENT ? bm_state_record(core, BM_T_MATTER, link->other.v) : NULL;
        if (!matter || matter->held_up_by.v != case_id) continue;
        bm_state_touch(core, BM_T_MATTER, link->other.v);
        matter->next_at_ms = at_ms;
        bm_state_arm(core, BM_T_MATTER, link->other.v);
    }
}

/* --- matters ---------------------------------------------------------------------------------- */

#define COPY_ID(type, member, json) matter->member = ev->member;
#define COPY_TEXT(member, bytes) BM_SET_TEXT(matter->member, ev->member);
#define COPY_WORD(member, list) matter->member = ev->member;
#define COPY_FLAG(member) matter->member = ev->member;
#define COPY_AT(member) matter->member = ev->member;
#define COPY_COUNT(member) matter->member = ev->member;
#define COPY_BYTES(member) bm_set_bytes(&matter->member, &ev->member);
#define COPY(kind, ...) COPY_##kind(__VA_ARGS__)

/* Those who have the matter, or were offered it, see what hangs on it. */
static void follow_duty(struct bm_core *core, const struct bm_matter *matter) {
    const struct bm_case_slot *slot = bm_state_slot(core, BM_T_CASE, matter->id.v);
    struct bm_case *row = touch(core, BM_T_CASE, matter->id.v);
    row->with_agency = matter->with_agency;
    row->offered_to = matter->offered_to;
    for (uint64_t id = slot->promises.first; id; id = bm_state_after(core, BM_T_PROMISE, id)) {
        struct bm_promise *promise = bm_state_need(core, BM_T_PROMISE, id);
        if (promise->with_agency.v == matter->with_agency.v && promise->offered_to.v == matter->offered_to.v) continue;
        bm_state_touch(core, BM_T_PROMISE, id);
        promise->with_agency = matter->with_agency;
        promise->offered_to = matter->offered_to;
    }
}

static void apply_matter_set(struct bm_core *core, const struct bm_event *event) {
    const struct bm_ev_matter_set *ev = &event->matter_set;
    const struct bm_case *row = bm_state_need(core, BM_T_CASE, ev->on_case.v);
    struct bm_matter *matter = bm_state_record(core, BM_T_MATTER, ev->on_case.v);
    if (matter)
        bm_state_touch(core, BM_T_MATTER, ev->on_case.v);
    else
        matter = bm_state_add(core, BM_T_MATTER, ev->on_case.v);
    matter->id = ev->on_case;
    BM_SET_TEXT(matter->procedure, row->procedure);
    matter->jurisdiction = row->jurisdiction;
    BM_STANDING_V1_ROWS(COPY)
    if (event->version > 1) {
        BM_STANDING_V2_ROWS(COPY)
    }
    follow_duty(core, matter);
    if (ev->commits) bm_committed_by(touch(core, BM_T_CASE, ev->on_case.v), event, BM_BIT(BM_ASPECT_STATE));
    bm_state_arm(core, BM_T_MATTER, ev->on_case.v);
}

static void apply_promise_set(struct bm_core *core, const struct bm_event *event) {
    const struct bm_ev_promise_set *ev = &event->promise_set;
    const struct bm_case *row = bm_state_need(core, BM_T_CASE, ev->on_case.v);
    struct bm_promise *matter = bm_state_record(core, BM_T_PROMISE, ev->promise.v); /* named for COPY */
    bool known = matter != NULL;
    if (known)
        bm_state_touch(core, BM_T_PROMISE, ev->promise.v);
    else
        matter = bm_state_add(core, BM_T_PROMISE, ev->promise.v);
    matter->id = ev->promise;
    matter->on_case = ev->on_case;
    matter->jurisdiction = row->jurisdiction;
    matter->with_agency = row->with_agency;
    matter->offered_to = row->offered_to;
    BM_PROMISE_STATE_ROWS(COPY)
    if (!known) bm_state_link(core, BM_T_PROMISE, ev->promise.v);
}

static void apply_promise_rung(struct bm_core *core, const struct bm_event *event) {
    bm_count_up(&((struct bm_promise *)touch(core, BM_T_PROMISE, event->promise_rung.promise.v))->rung_count);
}

/* What it was is kept, so that it can go on from there. */
static void apply_case_joined(struct bm_core *core, const struct bm_event *event) {
    const struct bm_ev_case_joined *ev = &event->case_joined;
    struct bm_matter *matter = touch(core, BM_T_MATTER, ev->on_case.v);
    struct bm_case *row = touch(core, BM_T_CASE, ev->on_case.v);
    bm_set_bytes(&matter->before, &matter->course);
    row->merged_into = ev->into;
    bm_committed_by(row, event, BM_BIT(BM_ASPECT_MERGED));
}

static void apply_case_separated(struct bm_core *core, const struct bm_event *event) {
    const struct bm_ev_case_separated *ev = &event->case_separated;
    struct bm_matter *matter = touch(core, BM_T_MATTER, ev->on_case.v);
    struct bm_case *row = touch(core, BM_T_CASE, ev->on_case.v);
    bm_bytes_free(&matter->before);
    row->merged_into.v = 0;
    bm_committed_by(row, event, BM_BIT(BM_ASPECT_MERGED));
    for (uint64_t id = ((struct bm_case_slot *)bm_state_slot(core, BM_T_CASE, ev->on_case.v))->links.first; id;) {
        const struct bm_link *link = bm_state_need(core, BM_T_LINK, id);
        uint64_t next = bm_state_after(core, BM_T_LINK, id);
        if (link->kind == BM_LINK_DUPLICATE && link->other.v == ev->into.v) {
            bm_state_unlink(core, BM_T_LINK, id);
            bm_state_remove(core, BM_T_LINK, id, false);
        }
        id = next;
    }
}

void bm_apply_rating(struct bm_core *core, uint64_t id) {
    const struct bm_contact *contact = bm_state_need(core, BM_T_CONTACT, id);
    if (contact->check_due_at_ms == BM_AT_NONE) return;
    const struct bm_case *row = bm_state_record(core, BM_T_CASE, contact->on_case.v);
    struct bm_rating *rating = bm_state_record(core, BM_T_RATING, id);
    if (rating)
        bm_state_touch(core, BM_T_RATING, id);
    else
        rating = bm_state_add(core, BM_T_RATING, id);
    rating->id = contact->id;
    rating->on_case = contact->on_case;
    BM_SET_TEXT(rating->procedure, row ? row->procedure : "");
    rating->level = contact->rating;
    rating->solved = contact->solved;
    rating->rated_at_ms = contact->rated_at_ms;
    rating->check_due_at_ms = contact->check_due_at_ms;
    rating->checked_at_ms = contact->checked_at_ms;
    rating->jurisdiction = contact->case_area;
}

static void apply_contact_rated(struct bm_core *core, const struct bm_event *event) {
    const struct bm_ev_contact_rated *ev = &event->contact_rated;
    struct bm_contact *contact = touch(core, BM_T_CONTACT, ev->contact.v);
    contact->rating = ev->level;
    contact->solved = ev->solved;
    contact->rated_at_ms = event->at_ms;
    contact->check_due_at_ms = ev->check_due_at_ms;
    bm_apply_rating(core, ev->contact.v);
}

static void apply_rating_checked(struct bm_core *core, const struct bm_event *event) {
    uint64_t id = event->rating_checked.contact.v;
    ((struct bm_contact *)touch(core, BM_T_CONTACT, id))->checked_at_ms = event->at_ms;
    bm_apply_rating(core, id);
}

static void apply_figures_stated(struct bm_core *core, const struct bm_event *event) {
    const struct bm_ev_figures_stated *ev = &event->figures_stated;
    struct bm_figure *figure = bm_state_add(core, BM_T_FIGURE, ev->figure.v);
    figure->id = ev->figure;
    BM_SET_TEXT(figure->note, ev->note);
    bm_set_bytes(&figure->content, &ev->content);
    figure->stated_by = event->actor;
    figure->stated_at_ms = event->at_ms;
    figure->jurisdiction = ev->jurisdiction;
}

static void apply_case_led(struct bm_core *core, const struct bm_event *event) {
    struct bm_case *row = touch(core, BM_T_CASE, event->case_led.on_case.v);
    row->with_agency = event->case_led.agency;
    bm_committed_by(row, event, BM_BIT(BM_ASPECT_OWNER));
}

void bm_apply_matter(struct bm_core *core, const struct bm_event *event) {
    switch ((int)event->kind) { /* only the kinds of this file come here */
    case BM_EV_MATTER_SET:
        apply_matter_set(core, event);
        break;
    case BM_EV_PROMISE_SET:
        apply_promise_set(core, event);
        break;
    case BM_EV_PROMISE_RUNG:
        apply_promise_rung(core, event);
        break;
    case BM_EV_CASE_JOINED:
        apply_case_joined(core, event);
        break;
    case BM_EV_CASE_SEPARATED:
        apply_case_separated(core, event);
        break;
    case BM_EV_CONTACT_RATED:
        apply_contact_rated(core, event);
        break;
    case BM_EV_CASE_LED:
        apply_case_led(core, event);
        break;
    case BM_EV_FIGURES_STATED:
        apply_figures_stated(core, event);
        break;
    default:
        apply_rating_checked(core, event);
        break;
    }
}
