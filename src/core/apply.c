/* Events -> state.  Nothing here refuses, computes times or looks anything up outside the state:
 * what an event needs stands in it.  A check that fails here means a journal that this build did
 * not write. */
#include <string.h>

#include "base/check.h"
#include "base/json.h"
#include "core/limits.h"
#include "core/applying.h"

void bm_set_text(char *to, size_t cap, const char *from) {
    size_t len = strnlen(from, cap - 1);
    memcpy(to, from, len);
    memset(to + len, 0, cap - len);
}
#define SET_TEXT BM_SET_TEXT

void bm_set_bytes(struct bm_bytes *to, const struct bm_bytes *from) {
    bm_bytes_free(to);
    *to = bm_bytes_copy(from->bytes, from->len);
}

/* The record under `id`, made when it is new. */
void *bm_apply_ensure(struct bm_core *core, enum bm_table_kind table, uint64_t id) {
    void *record = bm_state_record(core, table, id);
    if (!record) return bm_state_add(core, table, id);
    bm_state_touch(core, table, id);
    return record;
}

#define ensure bm_apply_ensure

static void *touch(struct bm_core *core, enum bm_table_kind table, uint64_t id) {
    void *record = bm_state_need(core, table, id);
    bm_state_touch(core, table, id);
    return record;
}

/* --- agencies, places, units, operators, classes ---------------------------------------------- */

static void apply_road_closed_v1(struct bm_core *core, const struct bm_ev_road_closed_v1 *ev) {
    struct bm_place *place = bm_apply_ensure(core, BM_T_PLACE, ev->place.v);
    place->id = ev->place;
    place->kind = BM_PLACE_ROAD_CLOSURE;
    SET_TEXT(place->name, ev->name);
    place->jurisdiction = ev->jurisdiction;
    place->lat_e7 = ev->points.e7[0];
    place->lon_e7 = ev->points.e7[1];
    place->active = true;
    place->form = ev->form;
    place->points = ev->points;
    place->until_at_ms = ev->until_at_ms;
    place->direction = BM_DIRECTION_BOTH;
    place->speed_percent = 0;
    bm_count_up(&place->version);
    bm_state_arm(core, BM_T_PLACE, ev->place.v);
}

static void apply_road_closed(struct bm_core *core, const struct bm_ev_road_closed *ev) {
    struct bm_ev_road_closed_v1 former = {.place = ev->place,
                                          .jurisdiction = ev->jurisdiction,
                                          .form = ev->form,
                                          .points = ev->points,
                                          .until_at_ms = ev->until_at_ms};
    SET_TEXT(former.name, ev->name);
    apply_road_closed_v1(core, &former);
    struct bm_place *place = bm_state_need(core, BM_T_PLACE, ev->place.v);
    place->direction = ev->direction;
    place->speed_percent = ev->speed_percent;
}

static void apply_road_changed(struct bm_core *core, const struct bm_ev_road_changed *ev) {
    struct bm_place *place = touch(core, BM_T_PLACE, ev->place.v);
    SET_TEXT(place->name, ev->name);
    place->until_at_ms = ev->until_at_ms;
    place->direction = ev->direction;
    place->speed_percent = ev->speed_percent;
    bm_count_up(&place->version);
    bm_state_arm(core, BM_T_PLACE, ev->place.v);
}

static void apply_road_opened(struct bm_core *core, const struct bm_ev_road_opened *ev) {
    struct bm_place *place = touch(core, BM_T_PLACE, ev->place.v);
    place->active = false;
    bm_count_up(&place->version);
}

static void apply_road(struct bm_core *core, const struct bm_event *event) {
    if (event->kind == BM_EV_ROAD_CHANGED)
        apply_road_changed(core, &event->road_changed);
    else if (event->kind == BM_EV_ROAD_OPENED)
        apply_road_opened(core, &event->road_opened);
    else if (event->version == 1)
        apply_road_closed_v1(core, &event->road_closed_v1);
    else
        apply_road_closed(core, &event->road_closed);
}

static void apply_unit_set(struct bm_core *core, const struct bm_ev_unit_set *ev) {
    struct bm_unit *unit = bm_apply_ensure(core, BM_T_UNIT, ev->unit.v);
    bool moves = unit->id.v && unit->jurisdiction.v != ev->jurisdiction.v;
    unit->id = ev->unit;
    SET_TEXT(unit->call_sign, ev->call_sign);
    unit->kind = ev->kind;
    unit->jurisdiction = ev->jurisdiction;
    unit->station = ev->station;
    SET_TEXT(unit->capabilities, ev->capabilities);
    unit->active = ev->active;
    bm_count_up(&unit->version);
    if (moves) bm_apply_unit_moved(core, ev->unit.v, ev->jurisdiction);
    const struct bm_unit_slot *slot = bm_state_slot(core, BM_T_UNIT, ev->unit.v);
    for (uint64_t id = slot->assignments.first; id; id = bm_state_after_in_unit(core, id)) {
        const struct bm_assignment *open = bm_state_need(core, BM_T_ASSIGNMENT, id);
        if (open->unit_agency.v == ev->jurisdiction.v) continue;
        ((struct bm_assignment *)touch(core, BM_T_ASSIGNMENT, id))->unit_agency = ev->jurisdiction;
    }
}

static void apply_operator_set_v1(struct bm_core *core, const struct bm_event *event,
                                  const struct bm_ev_operator_set_v1 *ev) {
    struct bm_operator *person = bm_apply_ensure(core, BM_T_OPERATOR, ev->operator_id.v);
    person->id = ev->operator_id;
    SET_TEXT(person->number, ev->number);
    person->roles = ev->roles;
    person->jurisdiction = ev->jurisdiction;
    person->unit = ev->unit;
    person->active = ev->active;
    if (event->sealed.len) {
        person->identity_key = ev->identity_key;
        bm_set_bytes(&person->identity, &event->sealed);
    }
    bm_count_up(&person->version);
}

static void apply_operator_set(struct bm_core *core, const struct bm_event *event) {
    const struct bm_ev_operator_set *ev = &event->operator_set;
    if (event->version == 1) {
        apply_operator_set_v1(core, event, &event->operator_set_v1);
        return;
    }
    struct bm_ev_operator_set_v1 former = {.operator_id = ev->operator_id,
                                           .roles = ev->roles,
                                           .jurisdiction = ev->jurisdiction,
                                           .unit = ev->unit,
                                           .active = ev->active,
                                           .identity_key = ev->identity_key};
    SET_TEXT(former.number, ev->number);
    apply_operator_set_v1(core, event, &former);
    SET_TEXT(((struct bm_operator *)bm_state_need(core, BM_T_OPERATOR, ev->operator_id.v))->posts, ev->posts);
}

static void set_class(struct bm_core *core, const struct bm_class *given) {
    const struct bm_class *known = bm_core_class(core, given->code);
    uint64_t id = known ? known->id.v : core->last_id[BM_T_CLASS] + 1;
    struct bm_class *class = bm_apply_ensure(core, BM_T_CLASS, id);
    uint64_t seq = class->seq.v;
    *class = *given;
    class->id.v = id;
    class->seq.v = seq;
    class->active = true;
}

/* `content` was checked when it was published, and canonical JSON reads the same for ever. */
static void apply_classes(struct bm_core *core, const struct bm_bytes *bytes) {
    json_t *content;
    BM_CHECK(bm_json_parse(bytes->bytes, bytes->len, &content, NULL) == BM_OK);
    BM_TABLE_EACH(&core->tables[BM_T_CLASS], id) {
        ((struct bm_class *)touch(core, BM_T_CLASS, id))->active = false;
    }
    const json_t *classes = json_object_get(content, "classes");
    for (size_t i = 0; i < json_array_size(classes); i++) {
        struct bm_class given;
        BM_CHECK(bm_shape_read_json(bm_table_shape(BM_T_CLASS), json_array_get(classes, i), &given,
                                    NULL, NULL) == BM_OK);
        set_class(core, &given);
    }
    json_decref(content);
}

static void apply_published(struct bm_core *core, const struct bm_event *event) {
    bool first = event->version == 1;
    const char *what = first ? event->published_v1.what : event->published.what;
    if (strcmp(what, "classes") == 0)
        apply_classes(core, first ? &event->published_v1.content : &event->published.content);
    else if (!first)
        bm_apply_edition(core, event);
}

/* Whoever sets it takes it out of the hands of a duty level. */
static void apply_unit_duty(struct bm_core *core, const struct bm_ev_unit_duty *ev) {
    struct bm_unit *unit = touch(core, BM_T_UNIT, ev->unit.v);
    unit->duty = ev->to;
    unit->called_by.v = 0;
}

static void apply_staff(struct bm_core *core, const struct bm_event *event) {
    if (event->kind == BM_EV_UNIT_SET)
        apply_unit_set(core, &event->unit_set);
    else if (event->kind == BM_EV_UNIT_DUTY)
        apply_unit_duty(core, &event->unit_duty);
    else if (event->kind == BM_EV_OPERATOR_SET)
        apply_operator_set(core, event);
    else
        apply_published(core, event);
}

/* --- contacts --------------------------------------------------------------------------------- */

static void apply_contact_received(struct bm_core *core, const struct bm_event *event) {
    const struct bm_ev_contact_received *ev = &event->contact_received;
    struct bm_contact *contact = bm_state_add(core, BM_T_CONTACT, ev->contact.v);
    contact->id = ev->contact;
    contact->channel = ev->channel;
    contact->state = ev->state;
    contact->jurisdiction = ev->jurisdiction;
    contact->operator_id = ev->operator_id;
    SET_TEXT(contact->line, ev->line);
    contact->received_at_ms = ev->received_at_ms;
    contact->rang_at_ms = ev->rang_at_ms;
    contact->answered_at_ms = ev->answered_at_ms;
    contact->lat_e7 = ev->lat_e7;
    contact->lon_e7 = ev->lon_e7;
    contact->uncertainty_m = ev->uncertainty_m;
    contact->fix_source = ev->fix_source;
    if (ev->lat_e7 != BM_E7_NONE) {
        contact->fixed_at_ms = ev->received_at_ms;
        contact->fix_count = 1;
    }
    contact->narrative_key = ev->narrative_key;
    contact->identity_key = ev->identity_key;
    bm_set_bytes(&contact->narrative, &event->sealed);
}

static void apply_contact_moved(struct bm_core *core, const struct bm_ev_contact_moved *ev) {
    struct bm_contact *contact = touch(core, BM_T_CONTACT, ev->contact.v);
    contact->state = ev->to;
    if (ev->to == BM_CONTACT_ANSWERED) {
        contact->answered_at_ms = ev->occurred_at_ms;
        contact->operator_id = ev->operator_id;
        /* An exchange may say later that it was answered before it was given up. */
        contact->abandoned_at_ms = BM_AT_NONE;
        contact->ring_back_until_ms = BM_AT_NONE;
    } else if (ev->to == BM_CONTACT_ABANDONED) {
        contact->abandoned_at_ms = ev->occurred_at_ms;
    } else if (ev->to == BM_CONTACT_ENDED) {
        contact->ended_at_ms = ev->occurred_at_ms;
        contact->ring_back_until_ms = BM_AT_NONE;
    }
    if (ev->result != BM_RESULT_NONE) contact->result = ev->result;
    bm_state_arm(core, BM_T_CONTACT, ev->contact.v);
}

static void apply_contact_fixed(struct bm_core *core, const struct bm_ev_contact_fixed *ev) {
    struct bm_contact *contact = touch(core, BM_T_CONTACT, ev->contact.v);
    bm_count_up(&contact->fix_count);
    if (contact->fixed_at_ms != BM_AT_NONE && ev->fixed_at_ms < contact->fixed_at_ms) return;
    contact->lat_e7 = ev->lat_e7;
    contact->lon_e7 = ev->lon_e7;
    contact->uncertainty_m = ev->uncertainty_m;
    contact->fix_source = ev->fix_source;
    contact->fixed_at_ms = ev->fixed_at_ms;
}

/* Moves a contact onto a case, off the one it was on. */
static void attach(struct bm_core *core, uint64_t contact_id, uint64_t case_id) {
    struct bm_contact *contact = touch(core, BM_T_CONTACT, contact_id);
    if (contact->on_case.v) {
        ((struct bm_case *)touch(core, BM_T_CASE, contact->on_case.v))->contact_count--;
        bm_state_unlink(core, BM_T_CONTACT, contact_id);
    }
    struct bm_case *row = touch(core, BM_T_CASE, case_id);
    contact->on_case.v = case_id;
    contact->case_area = row->jurisdiction;
    contact->result = BM_RESULT_CASE;
    contact->ring_back_until_ms = BM_AT_NONE; /* whoever works the case rings back */
    bm_count_up(&row->contact_count);
    if (contact->received_at_ms < row->first_contact_at_ms) {
        row->first_contact_at_ms = contact->received_at_ms;
    }
    bm_state_link(core, BM_T_CONTACT, contact_id);
    bm_apply_rating(core, contact_id);
}

/* --- cases ------------------------------------------------------------------------------------ */

void bm_committed_by(struct bm_case *row, const struct bm_event *event, uint32_t what) {
    bool same = row->changed_at_ms == event->at_ms && row->changed_by.v == event->actor.v;
    row->changed_what = same ? row->changed_what | what : what;
    bm_count_up(&row->version);
    row->changed_by = event->actor;
    row->changed_at_ms = event->at_ms;
}

static void apply_case_opened(struct bm_core *core, const struct bm_event *event) {
    const struct bm_ev_case_opened *ev = &event->case_opened;
    struct bm_case *row = bm_state_add(core, BM_T_CASE, ev->on_case.v);
    row->id = ev->on_case;
    SET_TEXT(row->procedure, ev->procedure);
    SET_TEXT(row->class_code, ev->class_code);
    row->priority = ev->priority;
    row->state = BM_CASE_RECEIVED;
    row->jurisdiction = ev->jurisdiction;
    row->owner = ev->owner;
    row->opened_by = event->actor;
    row->lat_e7 = ev->lat_e7;
    row->lon_e7 = ev->lon_e7;
    row->address_verified = ev->address_verified;
    row->first_contact_at_ms = ev->first_contact_at_ms;
    row->opened_at_ms = event->at_ms;
    row->narrative_key = ev->narrative_key;
    row->identity_key = ev->identity_key;
    bm_set_bytes(&row->narrative, &event->sealed);
    bm_committed_by(row, event, BM_BIT(BM_ASPECT_OPENED));
}

static uint32_t changes_in(const struct bm_case *row, const struct bm_event *event) {
    const struct bm_ev_case_changed *ev = &event->case_changed;
    uint32_t what = 0;
    if (strcmp(row->class_code, ev->class_code) != 0) what |= BM_BIT(BM_ASPECT_CLASS);
    if (row->priority != ev->priority) what |= BM_BIT(BM_ASPECT_PRIORITY);
    if (row->jurisdiction.v != ev->jurisdiction.v) what |= BM_BIT(BM_ASPECT_JURISDICTION);
    if (row->owner.v != ev->owner.v) what |= BM_BIT(BM_ASPECT_OWNER);
    bool moved = row->lat_e7 != ev->lat_e7 || row->lon_e7 != ev->lon_e7 ||
                 row->address_verified != ev->address_verified;
    if (moved) what |= BM_BIT(BM_ASPECT_PLACE);
    if (event->sealed.len) what |= BM_BIT(BM_ASPECT_NARRATIVE);
    return what;
}

/* What hangs on a case lies where the case lies: those who may see the one must see the other. */
static void follow_case(struct bm_core *core, const struct bm_case_slot *slot) {
    struct bm_agency_id area = slot->row.jurisdiction;
    for (uint64_t id = slot->assignments.first; id;
         id = bm_state_after(core, BM_T_ASSIGNMENT, id)) {
        ((struct bm_assignment *)touch(core, BM_T_ASSIGNMENT, id))->jurisdiction = area;
    }
    for (uint64_t id = slot->clocks.first; id; id = bm_state_after(core, BM_T_CLOCK, id)) {
        ((struct bm_clock *)touch(core, BM_T_CLOCK, id))->jurisdiction = area;
    }
    for (uint64_t id = slot->links.first; id; id = bm_state_after(core, BM_T_LINK, id)) {
        ((struct bm_link *)touch(core, BM_T_LINK, id))->jurisdiction = area;
    }
    for (uint64_t id = slot->promises.first; id; id = bm_state_after(core, BM_T_PROMISE, id)) {
        ((struct bm_promise *)touch(core, BM_T_PROMISE, id))->jurisdiction = area;
    }
    if (bm_state_record(core, BM_T_MATTER, slot->row.id.v))
        ((struct bm_matter *)touch(core, BM_T_MATTER, slot->row.id.v))->jurisdiction = area;
    for (uint64_t id = slot->contacts.first; id; id = bm_state_after(core, BM_T_CONTACT, id)) {
        ((struct bm_contact *)touch(core, BM_T_CONTACT, id))->case_area = area;
        bm_apply_rating(core, id);
    }
}

static void apply_case_changed(struct bm_core *core, const struct bm_event *event) {
    const struct bm_ev_case_changed *ev = &event->case_changed;
    struct bm_case *row = touch(core, BM_T_CASE, ev->on_case.v);
    uint32_t what = changes_in(row, event);
    SET_TEXT(row->class_code, ev->class_code);
    row->priority = ev->priority;
    row->jurisdiction = ev->jurisdiction;
    row->owner = ev->owner;
    row->lat_e7 = ev->lat_e7;
    row->lon_e7 = ev->lon_e7;
    row->address_verified = ev->address_verified;
    if (event->sealed.len) bm_set_bytes(&row->narrative, &event->sealed);
    if (what & BM_BIT(BM_ASPECT_JURISDICTION)) {
        follow_case(core, bm_state_slot(core, BM_T_CASE, ev->on_case.v));
        if (bm_state_record(core, BM_T_MATTER, ev->on_case.v)) bm_apply_matter_moved(core, ev->on_case.v, event->at_ms);
    }
    bm_committed_by(row, event, what);
}

/* What was cleared before the case was reopened is past: by order of events, as times may be equal
 * or late. */
static void leave_behind(struct bm_core *core, uint64_t case_id) {
    const struct bm_case_slot *slot = bm_state_slot(core, BM_T_CASE, case_id);
    for (uint64_t id = slot->assignments.first; id;
         id = bm_state_after(core, BM_T_ASSIGNMENT, id)) {
        const struct bm_assignment *assignment = bm_state_need(core, BM_T_ASSIGNMENT, id);
        if (assignment->state != BM_AS_CLEARED || assignment->past) continue;
        ((struct bm_assignment *)touch(core, BM_T_ASSIGNMENT, id))->past = true;
    }
}

static void apply_case_moved(struct bm_core *core, const struct bm_event *event) {
    const struct bm_ev_case_moved *ev = &event->case_moved;
    struct bm_case *row = touch(core, BM_T_CASE, ev->on_case.v);
    row->state = ev->to;
    row->outcome = ev->outcome;
    if (ev->to >= BM_CASE_ASSIGNED && ev->to <= BM_CASE_AT_DESTINATION &&
        row->dispatched_at_ms == BM_AT_NONE) {
        row->dispatched_at_ms = event->at_ms;
    }
    if (ev->to >= BM_CASE_ON_SCENE && ev->to <= BM_CASE_AT_DESTINATION &&
        row->on_scene_at_ms == BM_AT_NONE) {
        row->on_scene_at_ms = event->at_ms;
    }
    if (ev->to == BM_CASE_CLOSED) row->closed_at_ms = event->at_ms;
    if (ev->from == BM_CASE_CLOSED) {
        row->closed_at_ms = BM_AT_NONE;
        row->reopened_at_ms = event->at_ms;
        bm_count_up(&row->reopen_count);
        leave_behind(core, ev->on_case.v);
    }
    if (ev->commits) bm_committed_by(row, event, BM_BIT(BM_ASPECT_STATE));
    bm_state_arm(core, BM_T_CASE, ev->on_case.v);
    if (ev->to == BM_CASE_CLOSED) bm_apply_case_ended(core, ev->on_case.v, event->at_ms);
}

static void apply_case_merged(struct bm_core *core, const struct bm_event *event) {
    const struct bm_ev_case_merged *ev = &event->case_merged;
    struct bm_case_slot *from = bm_state_slot(core, BM_T_CASE, ev->on_case.v);
    BM_CHECK(from);
    while (from->contacts.first) attach(core, from->contacts.first, ev->into.v);
    struct bm_case *row = touch(core, BM_T_CASE, ev->on_case.v);
    row->state = BM_CASE_MERGED;
    row->outcome = BM_OUTCOME_DUPLICATE;
    row->closed_at_ms = event->at_ms;
    row->merged_into = ev->into;
    bm_committed_by(row, event, BM_BIT(BM_ASPECT_MERGED));
    struct bm_case *into = touch(core, BM_T_CASE, ev->into.v);
    if (row->first_contact_at_ms < into->first_contact_at_ms)
        into->first_contact_at_ms = row->first_contact_at_ms;
    bm_committed_by(into, event, BM_BIT(BM_ASPECT_MERGED));
    bm_state_arm(core, BM_T_CASE, ev->on_case.v);
    bm_apply_case_ended(core, ev->on_case.v, event->at_ms);
}

static void apply_case_linked(struct bm_core *core, const struct bm_event *event) {
    const struct bm_ev_case_linked *ev = &event->case_linked;
    struct bm_link *link = bm_state_add(core, BM_T_LINK, ev->link.v);
    const struct bm_case *row = bm_state_need(core, BM_T_CASE, ev->on_case.v);
    link->id = ev->link;
    link->on_case = ev->on_case;
    link->other = ev->other;
    link->kind = ev->kind;
    link->jurisdiction = row->jurisdiction;
    link->at_ms = event->at_ms;
    bm_state_link(core, BM_T_LINK, ev->link.v);
    if (ev->kind == BM_LINK_PART_OF) ((struct bm_case *)touch(core, BM_T_CASE, ev->on_case.v))->part_of = ev->other;
}

static void archive_list(struct bm_core *core, enum bm_table_kind table, uint64_t first) {
    for (uint64_t at = first, next; at; at = next) {
        next = bm_state_after(core, table, at);
        if (table == BM_T_CONTACT) {
            const struct bm_contact_slot *contact = bm_state_slot(core, BM_T_CONTACT, at);
            archive_list(core, BM_T_CLOCK, contact->clocks.first);
        }
        bm_state_remove(core, table, at, true);
    }
}

static void apply_contact_archived(struct bm_core *core, uint64_t id) {
    struct bm_contact_slot *slot = bm_state_slot(core, BM_T_CONTACT, id);
    BM_CHECK(slot);
    archive_list(core, BM_T_CLOCK, slot->clocks.first);
    if (bm_state_record(core, BM_T_RATING, id)) bm_state_remove(core, BM_T_RATING, id, true);
    bm_state_remove(core, BM_T_CONTACT, id, true);
}

/* Takes a case and all that hangs on it out of memory; its projections stay. */
static void apply_case_archived(struct bm_core *core, const struct bm_event *event) {
    uint64_t id = event->case_archived.on_case.v;
    struct bm_case_slot *slot = bm_state_slot(core, BM_T_CASE, id);
    BM_CHECK(slot);
    archive_list(core, BM_T_CLOCK, slot->clocks.first);
    archive_list(core, BM_T_LINK, slot->links.first);
    archive_list(core, BM_T_PROMISE, slot->promises.first);
    if (bm_state_record(core, BM_T_MATTER, id)) bm_state_remove(core, BM_T_MATTER, id, true);
    archive_list(core, BM_T_ASSIGNMENT, slot->assignments.first);
    for (uint64_t contact = slot->contacts.first; contact; contact = bm_state_after(core, BM_T_CONTACT, contact)) {
        if (bm_state_record(core, BM_T_RATING, contact)) bm_state_remove(core, BM_T_RATING, contact, true);
    }
    archive_list(core, BM_T_CONTACT, slot->contacts.first);
    const struct bm_case *row = &slot->row;
    struct bm_stub *stub = bm_state_add(core, BM_T_STUB, id);
    stub->id = row->id;
    SET_TEXT(stub->class_code, row->class_code);
    stub->outcome = row->outcome;
    stub->jurisdiction = row->jurisdiction;
    stub->opened_at_ms = row->opened_at_ms;
    stub->closed_at_ms = row->closed_at_ms;
    stub->merged_into = row->merged_into;
    stub->narrative_key = row->narrative_key;
    stub->identity_key = row->identity_key;
    stub->erased_at_ms = row->erased_at_ms;
    stub->archived_seq.v = event->seq;
    bm_state_remove(core, BM_T_CASE, id, true);
}

/* To revive is a commitment: it raises the version, and the time until archiving runs anew from it.
 */
static void apply_case_revived(struct bm_core *core, const struct bm_event *event) {
    const struct bm_ev_case_revived *ev = &event->case_revived;
    bm_state_remove(core, BM_T_STUB, ev->on_case.v, false);
    BM_CHECK(bm_state_unpack_case(core, core, &ev->content, ev->on_case.v));
    follow_case(core, bm_state_slot(core, BM_T_CASE,
                                    ev->on_case.v)); /* older content does not say where it lies */
    bm_committed_by(touch(core, BM_T_CASE, ev->on_case.v), event, BM_BIT(BM_ASPECT_REVIVED));
    bm_state_arm(core, BM_T_CASE, ev->on_case.v);
}

/* --- assignments ------------------------------------------------------------------------------ */

/* Brings unit and case in line with an assignment that became `state` (it is listed with its unit
 * exactly while it is open). */
static void unit_follows(struct bm_core *core, const struct bm_assignment *assignment,
                         unsigned before, unsigned after, bool is_new) {
    struct bm_unit *unit = touch(core, BM_T_UNIT, assignment->unit.v);
    bool waited = !is_new && bm_assignment_open(before) && !bm_assignment_active(before);
    bool waits = bm_assignment_open(after) && !bm_assignment_active(after);
    if (waits && !waited) bm_count_up(&unit->waiting_count);
    if (waited && !waits) unit->waiting_count--;
    if (bm_assignment_active(after)) {
        unit->assignment = assignment->id;
        unit->on_case = assignment->on_case;
    } else if (unit->assignment.v == assignment->id.v) {
        unit->assignment.v = 0;
        unit->on_case.v = 0;
    }
}

static void apply_assignment_made(struct bm_core *core, const struct bm_event *event) {
    const struct bm_ev_assignment_made *ev = &event->assignment_made;
    struct bm_case *row = touch(core, BM_T_CASE, ev->on_case.v);
    const struct bm_unit *unit = bm_state_need(core, BM_T_UNIT, ev->unit.v);
    struct bm_assignment *assignment = bm_state_add(core, BM_T_ASSIGNMENT, ev->assignment.v);
    assignment->id = ev->assignment;
    assignment->on_case = ev->on_case;
    assignment->unit = ev->unit;
    assignment->state = ev->state;
    assignment->made_at_ms = event->at_ms;
    assignment->made_by = event->actor;
    assignment->jurisdiction = row->jurisdiction;
    assignment->unit_agency = unit->jurisdiction;
    int64_t *milestone = bm_assignment_milestone(assignment, ev->state);
    if (milestone) *milestone = ev->occurred_at_ms;
    bm_state_link(core, BM_T_ASSIGNMENT, ev->assignment.v);
    unit_follows(core, assignment, ev->state, ev->state, true);
    bm_count_up(&row->assignment_count);
    bm_committed_by(row, event, BM_BIT(BM_ASPECT_UNITS));
}

static void apply_assignment_moved(struct bm_core *core, const struct bm_event *event) {
    const struct bm_ev_assignment_moved *ev = &event->assignment_moved;
    struct bm_assignment *assignment = touch(core, BM_T_ASSIGNMENT, ev->assignment.v);
    bm_state_unlink(core, BM_T_ASSIGNMENT, ev->assignment.v);
    assignment->state = ev->to;
    bm_state_link(core, BM_T_ASSIGNMENT, ev->assignment.v);
    int64_t *milestone = bm_assignment_milestone(assignment, ev->to);
    if (milestone) *milestone = ev->occurred_at_ms;
    if (ev->ended != BM_END_NONE) assignment->ended = ev->ended;
    if (ev->report_code[0]) SET_TEXT(assignment->report_code, ev->report_code);
    if (ev->destination.v) assignment->destination = ev->destination;
    unit_follows(core, assignment, ev->from, ev->to, false);
    struct bm_case *row = touch(core, BM_T_CASE, assignment->on_case.v);
    if (!bm_assignment_open(ev->to)) row->assignment_count--;
    if (ev->raises_case_version) bm_committed_by(row, event, BM_BIT(BM_ASPECT_UNITS));
}

static void apply_assignment_noted(struct bm_core *core, const struct bm_ev_assignment_noted *ev) {
    struct bm_assignment *assignment = touch(core, BM_T_ASSIGNMENT, ev->assignment.v);
    int64_t *milestone = bm_assignment_milestone(assignment, ev->milestone);
    BM_CHECK(milestone);
    *milestone = ev->occurred_at_ms;
}

static void apply_assignment_rebound(struct bm_core *core, const struct bm_event *event) {
    const struct bm_ev_assignment_rebound *ev = &event->assignment_rebound;
    struct bm_assignment *assignment = touch(core, BM_T_ASSIGNMENT, ev->assignment.v);
    bool open = bm_assignment_open(assignment->state);
    bm_state_unlink(core, BM_T_ASSIGNMENT, ev->assignment.v);
    struct bm_case *from = touch(core, BM_T_CASE, ev->from_case.v);
    struct bm_case *to = touch(core, BM_T_CASE, ev->on_case.v);
    if (open) {
        from->assignment_count--;
        bm_count_up(&to->assignment_count);
    }
    assignment->on_case = ev->on_case;
    assignment->jurisdiction = to->jurisdiction;
    bm_state_link(core, BM_T_ASSIGNMENT, ev->assignment.v);
    if (bm_assignment_active(assignment->state)) {
        ((struct bm_unit *)touch(core, BM_T_UNIT, assignment->unit.v))->on_case = ev->on_case;
    }
}

/* --- clocks, entries, sealing ----------------------------------------------------------------- */

static void apply_clock_started(struct bm_core *core, const struct bm_ev_clock_started *ev) {
    struct bm_clock *clock = bm_state_add(core, BM_T_CLOCK, ev->clock.v);
    clock->id = ev->clock;
    clock->kind = ev->kind;
    clock->on_case = ev->on_case;
    clock->contact = ev->contact;
    clock->assignment = ev->assignment;
    clock->anchor_at_ms = ev->anchor_at_ms;
    clock->budget_ms = ev->budget_ms;
    clock->due_at_ms = ev->due_at_ms;
    if (ev->on_case.v) {
        clock->jurisdiction =
            ((struct bm_case *)bm_state_need(core, BM_T_CASE, ev->on_case.v))->jurisdiction;
    } else {
        clock->jurisdiction =
            ((struct bm_contact *)bm_state_need(core, BM_T_CONTACT, ev->contact.v))->jurisdiction;
    }
    bm_state_link(core, BM_T_CLOCK, ev->clock.v);
    bm_state_arm(core, BM_T_CLOCK, ev->clock.v);
}

static void apply_clock_stopped(struct bm_core *core, const struct bm_ev_clock_stopped *ev) {
    ((struct bm_clock *)touch(core, BM_T_CLOCK, ev->clock.v))->stopped_at_ms = ev->stopped_at_ms;
}

static void apply_clock_rung(struct bm_core *core, const struct bm_event *event) {
    const struct bm_ev_clock_rung *ev = &event->clock_rung;
    struct bm_clock *clock = touch(core, BM_T_CLOCK, ev->clock.v);
    BM_CHECK(ev->rung == clock->rung + 1);
    clock->rung = ev->rung;
    if (clock->breached_at_ms == BM_AT_NONE) clock->breached_at_ms = ev->was_due_at_ms;
    bm_state_arm(core, BM_T_CLOCK, ev->clock.v);
}

static void apply_clock(struct bm_core *core, const struct bm_event *event) {
    if (event->kind == BM_EV_CLOCK_STARTED)
        apply_clock_started(core, &event->clock_started);
    else if (event->kind == BM_EV_CLOCK_STOPPED)
        apply_clock_stopped(core, &event->clock_stopped);
    else
        apply_clock_rung(core, event);
}

static void apply_entry_added(struct bm_core *core, const struct bm_ev_entry_added *ev) {
    if (ev->on_case.v)
        bm_count_up(&((struct bm_case *)touch(core, BM_T_CASE, ev->on_case.v))->entry_count);
    else
        touch(core, BM_T_CONTACT, ev->contact.v);
}

static void apply_sealed_set(struct bm_core *core, const struct bm_event *event) {
    const struct bm_ev_sealed_set *ev = &event->sealed_set;
    bool identity = ev->data_class == BM_DATA_IDENTITY;
    if (ev->on_case.v) {
        struct bm_case *row = touch(core, BM_T_CASE, ev->on_case.v);
        bm_set_bytes(identity ? &row->identity : &row->narrative, &event->sealed);
    } else {
        struct bm_contact *contact = touch(core, BM_T_CONTACT, ev->contact.v);
        bm_set_bytes(identity ? &contact->identity : &contact->narrative, &event->sealed);
    }
}

static void apply_erased(struct bm_core *core, const struct bm_event *event) {
    const struct bm_ev_erased *ev = &event->erased;
    if (ev->contact.v) {
        struct bm_contact *contact = touch(core, BM_T_CONTACT, ev->contact.v);
        bm_bytes_free(&contact->narrative);
        bm_bytes_free(&contact->identity);
        contact->erased_at_ms = event->at_ms;
        return;
    }
    struct bm_case *row = bm_state_record(core, BM_T_CASE, ev->on_case.v);
    if (!row) {
        ((struct bm_stub *)touch(core, BM_T_STUB, ev->on_case.v))->erased_at_ms = event->at_ms;
        return;
    }
    bm_state_touch(core, BM_T_CASE, ev->on_case.v);
    bm_bytes_free(&row->narrative);
    bm_bytes_free(&row->identity);
    row->erased_at_ms = event->at_ms;
}

/* --- requests --------------------------------------------------------------------------------- */

static void forget_oldest_request(struct bm_core *core) {
    const struct bm_request *oldest = bm_state_need(core, BM_T_REQUEST, core->request_first);
    bm_map_remove(&core->request_by_key, oldest->key);
    bm_state_remove(core, BM_T_REQUEST, core->request_first, false);
    core->request_first = bm_table_next(&core->tables[BM_T_REQUEST], core->request_first);
}

static void remember_request(struct bm_core *core, const struct bm_event *event) {
    while (core->request_first) {
        const struct bm_request *oldest = bm_state_need(core, BM_T_REQUEST, core->request_first);
        bool stale = oldest->at_ms + BM_REQUEST_KEEP_MS < event->at_ms;
        if (!stale && core->tables[BM_T_REQUEST].count < BM_REQUESTS_MAX) break;
        forget_oldest_request(core);
    }
    uint64_t id = core->last_id[BM_T_REQUEST] + 1;
    struct bm_request *request = bm_state_add(core, BM_T_REQUEST, id);
    request->id.v = id;
    request->at_ms = event->at_ms;
    memcpy(request->key, event->request, 16);
    memcpy(request->digest, event->request + 16, 16);
    request->what = event->made_what;
    request->result_id = event->made_id;
    if (!core->request_first) core->request_first = id;
    bm_map_put(&core->request_by_key, request->key, id);
}

static void apply_contact_event(struct bm_core *core, const struct bm_event *event) {
    switch ((int)event->kind) { /* only the kinds of contacts come here */
    case BM_EV_CONTACT_RECEIVED:
        apply_contact_received(core, event);
        break;
    case BM_EV_CONTACT_MOVED:
        apply_contact_moved(core, &event->contact_moved);
        break;
    case BM_EV_CONTACT_FIXED:
        apply_contact_fixed(core, &event->contact_fixed);
        break;
    case BM_EV_CONTACT_ATTACHED:
        attach(core, event->contact_attached.contact.v, event->contact_attached.on_case.v);
        break;
    case BM_EV_CONTACT_ARCHIVED:
        apply_contact_archived(core, event->contact_archived.contact.v);
        break;
    default:
        BM_NEVER("an event of contacts");
    }
}

static void apply_case_event(struct bm_core *core, const struct bm_event *event) {
    switch ((int)event->kind) { /* only the kinds of cases come here */
    case BM_EV_CASE_OPENED:
        apply_case_opened(core, event);
        break;
    case BM_EV_CASE_CHANGED:
        apply_case_changed(core, event);
        break;
    case BM_EV_CASE_MOVED:
        apply_case_moved(core, event);
        break;
    case BM_EV_CASE_MERGED:
        apply_case_merged(core, event);
        break;
    case BM_EV_CASE_LINKED:
        apply_case_linked(core, event);
        break;
    case BM_EV_CASE_ARCHIVED:
        apply_case_archived(core, event);
        break;
    case BM_EV_CASE_REVIVED:
        apply_case_revived(core, event);
        break;
    default:
        BM_NEVER("an event of cases");
    }
}

/* --- one event -------------------------------------------------------------------------------- */

void bm_core_apply(struct bm_core *core, const struct bm_event *event) {
    BM_CHECK(event->seq == core->seq + 1);
    BM_CHECK(event->at_ms >= core->at_ms);
    core->seq = event->seq;
    core->at_ms = event->at_ms;
    switch (event->kind) {
    case BM_EV_AGENCY_SET: case BM_EV_PLACE_SET: case BM_EV_AREA_SET:
        bm_apply_house(core, event);
        break;
    case BM_EV_UNIT_SET:
    case BM_EV_UNIT_DUTY:
    case BM_EV_OPERATOR_SET:
    case BM_EV_PUBLISHED:
        apply_staff(core, event);
        break;
    case BM_EV_CONTACT_RECEIVED: case BM_EV_CONTACT_MOVED: case BM_EV_CONTACT_FIXED:
    case BM_EV_CONTACT_ATTACHED: case BM_EV_CONTACT_ARCHIVED:
        apply_contact_event(core, event);
        break;
    case BM_EV_CASE_OPENED:
    case BM_EV_CASE_CHANGED:
    case BM_EV_CASE_MOVED:
    case BM_EV_CASE_MERGED:
    case BM_EV_CASE_LINKED:
    case BM_EV_CASE_ARCHIVED:
    case BM_EV_CASE_REVIVED:
        apply_case_event(core, event);
        break;
    case BM_EV_ASSIGNMENT_MADE:
        apply_assignment_made(core, event);
        break;
    case BM_EV_ASSIGNMENT_MOVED:
        apply_assignment_moved(core, event);
        break;
    case BM_EV_ASSIGNMENT_NOTED:
        apply_assignment_noted(core, &event->assignment_noted);
        break;
    case BM_EV_ASSIGNMENT_REBOUND:
        apply_assignment_rebound(core, event);
        break;
    case BM_EV_CLOCK_STARTED: case BM_EV_CLOCK_STOPPED: case BM_EV_CLOCK_RUNG:
        apply_clock(core, event);
        break;
    case BM_EV_ENTRY_ADDED:
        apply_entry_added(core, &event->entry_added);
        break;
    case BM_EV_SEALED_SET:
        apply_sealed_set(core, event);
        break;
    case BM_EV_ERASED:
        apply_erased(core, event);
        break;
    case BM_EV_ROAD_CLOSED: case BM_EV_ROAD_CHANGED: case BM_EV_ROAD_OPENED:
        apply_road(core, event);
        break;
        /* clang-format off */
    case BM_EV_LOOKED: case BM_EV_ACCOUNT_SET: case BM_EV_RECOMMENDED: case BM_EV_NOTICE: case BM_EV_FIELDS_SET:
    case BM_EV_DEVICE_SECRET: case BM_EV_DURESS_REPEATED: case BM_EV_IMPORTED: case BM_EV_ALERT_RESENT:
    case BM_EV_TIMER_RETRIED:
        /* clang-format on */
        break; /* recorded, changes nothing */
        /* clang-format off */
    case BM_EV_MATTER_SET: case BM_EV_PROMISE_SET: case BM_EV_PROMISE_RUNG: case BM_EV_CASE_JOINED: case BM_EV_CASE_SEPARATED:
    case BM_EV_CONTACT_RATED: case BM_EV_RATING_CHECKED: case BM_EV_FIGURES_STATED: case BM_EV_CASE_LED:
        /* clang-format on */
        bm_apply_matter(core, event);
        break;
        /* clang-format off */
    case BM_EV_CONTACT_CALLED: case BM_EV_CONTACT_ROLLED: case BM_EV_CONTACT_TRANSFERRED: case BM_EV_CONTACT_HUNG_UP:
    case BM_EV_CONTACT_TAKEN: case BM_EV_CONTACT_NOTED: case BM_EV_RING_BACK_WANTED: case BM_EV_RUNG_BACK:
    case BM_EV_CALLED_AGAIN:
        /* clang-format on */
        bm_apply_call(core, event);
        break;
        /* clang-format off */
    case BM_EV_DEVICE_SET: case BM_EV_CHECK_IN_SET: case BM_EV_CHECKED_IN: case BM_EV_CHECK_IN_RANG: case BM_EV_CHECK_IN_STOPPED:
    case BM_EV_DURESS_RAISED: case BM_EV_DURESS_ACKNOWLEDGED: case BM_EV_DURESS_CASE: case BM_EV_DURESS_ARCHIVED:
    case BM_EV_NOTE_ERASED:
        /* clang-format on */
        bm_apply_safety(core, event);
        break;
    case BM_EV_BAND_SET:
        bm_apply_band(core, event);
        break;
    case BM_EV_ALERT_CHANNEL_SET: case BM_EV_ALERT_CHANNEL_PAUSED:
    case BM_EV_ALERT_CHANNEL_OFF: case BM_EV_ALERT_SECRET_SET:
        bm_apply_alert(core, event);
        break;
        /* clang-format off */
    case BM_EV_DESK_POSITION_SET: case BM_EV_DESK_POSITION_LOGGED_ON: case BM_EV_DESK_POSITION_LOGGED_OFF: case BM_EV_STINT_PLANNED:
    case BM_EV_STINT_BEGUN: case BM_EV_STINT_ENDED: case BM_EV_STINT_CANCELLED: case BM_EV_STINT_ARCHIVED: case BM_EV_DUTY_RULE_SET:
    case BM_EV_CASE_TAKEN_OVER: case BM_EV_CONTACT_TAKEN_OVER: case BM_EV_UNIT_CALLED: case BM_EV_HANDOVER_LEFT: case BM_EV_HANDOVER_TAKEN:
    case BM_EV_HANDOVER_ARCHIVED: case BM_EV_DUTY_LEVEL_SET: case BM_EV_DUTY_LEVEL_RAISED: case BM_EV_DUTY_LEVEL_ENDED:
        /* clang-format on */
        bm_apply_shift(core, event);
        break;
    case BM_EV_LOCATION_CONSENT:
    case BM_EV_ASSIGNMENT_ENTERED:
    case BM_EV_PAPER_ENTERED:
        bm_apply_paper(core, event);
        break;
    case BM_EV_TIME_JUMPED:
    case BM_EV_TIME_CONFIRMED:
        core->time_held = event->kind == BM_EV_TIME_JUMPED;
        break;
    case BM_event_kind_COUNT:
        BM_NEVER("an event kind");
    }
    if (event->has_request) remember_request(core, event);
}
