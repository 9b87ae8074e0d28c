/* What must hold in every state. */
#include "base/alloc.h"
#include "core/incident.h"

static const char *check_unit(const struct bm_core *core, uint64_t id) {
    const struct bm_unit_slot *slot = bm_state_slot(core, BM_T_UNIT, id);
    uint64_t active = 0;
    uint32_t waiting = 0;
    for (uint64_t a = slot->assignments.first; a; a = bm_state_after_in_unit(core, a)) {
        const struct bm_assignment *assignment = bm_state_need(core, BM_T_ASSIGNMENT, a);
        if (assignment->unit.v != id) return "a unit lists another unit's assignment";
        if (!bm_assignment_open(assignment->state)) return "a unit lists a finished assignment";
        if (assignment->unit_agency.v != slot->row.jurisdiction.v)
            return "an open assignment is of another agency than its unit";
        if (!bm_assignment_active(assignment->state))
            waiting++;
        else if (active)
            return "a unit is committed twice";
        else
            active = a;
    }
    if (slot->row.assignment.v != active) return "a unit's assignment is not the one it is on";
    if (slot->row.waiting_count != waiting) return "a unit's waiting count is wrong";
    if (active) {
        const struct bm_assignment *on = bm_state_need(core, BM_T_ASSIGNMENT, active);
        if (slot->row.on_case.v != on->on_case.v) return "a unit's case is not its assignment's";
        if (slot->row.duty != BM_DUTY_ON) return "a unit works off duty";
    } else if (slot->row.on_case.v) {
        return "a free unit has a case";
    }
    return NULL;
}

static const char *check_case_clocks(const struct bm_core *core, const struct bm_case_slot *slot) {
    uint32_t running = 0;
    for (uint64_t c = slot->clocks.first; c; c = bm_state_after(core, BM_T_CLOCK, c)) {
        const struct bm_clock *clock = bm_state_need(core, BM_T_CLOCK, c);
        if (clock->stopped_at_ms != BM_AT_NONE) continue;
        running++;
        for (uint64_t d = bm_state_after(core, BM_T_CLOCK, c); d;
             d = bm_state_after(core, BM_T_CLOCK, d)) {
            const struct bm_clock *other = bm_state_need(core, BM_T_CLOCK, d);
            if (other->stopped_at_ms == BM_AT_NONE && other->kind == clock->kind &&
                other->assignment.v == clock->assignment.v) {
                return "one promise runs on two clocks";
            }
        }
    }
    if (bm_case_open(slot->row.state) && running == 0)
        return "an open case without a running clock";
    if (!bm_case_open(slot->row.state) && running) return "a closed case with a running clock";
    return NULL;
}

/* Whoever may see a case may see what hangs on it. */
static bool lies_with_its_case(const struct bm_core *core, const struct bm_case_slot *slot) {
    uint64_t area = slot->row.jurisdiction.v;
    bool same = true;
    for (uint64_t a = slot->assignments.first; a; a = bm_state_after(core, BM_T_ASSIGNMENT, a)) {
        same &= ((const struct bm_assignment *)bm_state_need(core, BM_T_ASSIGNMENT, a))
                    ->jurisdiction.v == area;
    }
    for (uint64_t c = slot->clocks.first; c; c = bm_state_after(core, BM_T_CLOCK, c)) {
        same &= ((const struct bm_clock *)bm_state_need(core, BM_T_CLOCK, c))->jurisdiction.v ==
                area;
    }
    for (uint64_t l = slot->links.first; l; l = bm_state_after(core, BM_T_LINK, l)) {
        same &= ((const struct bm_link *)bm_state_need(core, BM_T_LINK, l))->jurisdiction.v == area;
    }
    for (uint64_t c = slot->contacts.first; c; c = bm_state_after(core, BM_T_CONTACT, c)) {
        same &= ((const struct bm_contact *)bm_state_need(core, BM_T_CONTACT, c))->case_area.v ==
                area;
    }
    return same;
}

/* Of a matter that is open, somebody has the duty and some promise runs; of one that is closed, none does. */
static const char *check_matter(const struct bm_core *core, const struct bm_case_slot *slot) {
    const struct bm_matter *matter = bm_state_record(core, BM_T_MATTER, slot->row.id.v);
    if (!matter) return bm_case_is_incident(&slot->row) ? NULL : "a case under a procedure does not stand anywhere in it";
    if (bm_case_is_incident(&slot->row)) return "an incident stands in a procedure";
    if (!bm_state_slot(core, BM_T_EDITION, matter->edition.v)) return "a matter goes by an edition that is not there";
    if (bm_matter_is_open(matter) != bm_case_open(slot->row.state)) return "a matter and its case are not open alike";
    if (matter->jurisdiction.v != slot->row.jurisdiction.v) return "a matter lies elsewhere than its case";
    if (bm_matter_is_open(matter) && !matter->owner_role[0]) return "an open matter without an owner";
    uint32_t running = 0;
    for (uint64_t p = slot->promises.first; p; p = bm_state_after(core, BM_T_PROMISE, p)) {
        const struct bm_promise *promise = bm_state_need(core, BM_T_PROMISE, p);
        if (promise->on_case.v != slot->row.id.v) return "a case lists another case's promise";
        if (promise->jurisdiction.v != matter->jurisdiction.v) return "a promise lies elsewhere than its matter";
        running += promise->stopped_at_ms == BM_AT_NONE;
    }
    if (bm_matter_is_open(matter) && !running) return "an open matter without a running promise";
    if (!bm_matter_is_open(matter) && running) return "a closed matter with a running promise";
    return NULL;
}

static const char *check_case(const struct bm_core *core, uint64_t id) {
    const struct bm_case_slot *slot = bm_state_slot(core, BM_T_CASE, id);
    const struct bm_case *row = &slot->row;
    struct bm_assignment *assignments = NULL;
    size_t count = 0, open = 0;
    for (uint64_t a = slot->assignments.first; a; a = bm_state_after(core, BM_T_ASSIGNMENT, a)) {
        const struct bm_assignment *assignment = bm_state_need(core, BM_T_ASSIGNMENT, a);
        assignments = bm_realloc(assignments, (count + 1) * sizeof *assignments);
        assignments[count++] = *assignment;
        open += bm_assignment_open(assignment->state);
    }
    enum bm_case_state stage = bm_case_stage(assignments, count);
    bm_free(assignments);
    if (row->assignment_count != open) return "a case's assignment count is wrong";
    if (!row->jurisdiction.v) return "a case without an owner";
    if (!lies_with_its_case(core, slot)) return "what hangs on a case lies elsewhere";
    bool incident = bm_case_is_incident(row);
    if (incident && bm_case_open(row->state) && row->state != stage)
        return "a case's state does not follow from its assignments";
    if (!bm_case_open(row->state) && open) return "a closed case with an open assignment";
    if (bm_case_open(row->state) != (row->closed_at_ms == BM_AT_NONE))
        return "a case's closing time is wrong";
    if ((row->outcome == BM_OUTCOME_NONE) != bm_case_open(row->state))
        return "a case's outcome is wrong";
    uint32_t contacts = 0;
    for (uint64_t c = slot->contacts.first; c; c = bm_state_after(core, BM_T_CONTACT, c)) {
        const struct bm_contact *contact = bm_state_need(core, BM_T_CONTACT, c);
        if (contact->on_case.v != id) return "a case lists another case's contact";
        contacts++;
    }
    if (row->contact_count != contacts) return "a case's contact count is wrong";
    const char *wrong = check_matter(core, slot);
    return wrong || !incident ? wrong : check_case_clocks(core, slot);
}

static const char *check_contact(const struct bm_core *core, uint64_t id) {
    const struct bm_contact_slot *slot = bm_state_slot(core, BM_T_CONTACT, id);
    bool waits = slot->row.state == BM_CONTACT_RINGING || slot->row.state == BM_CONTACT_WAITING;
    uint32_t running = 0;
    for (uint64_t c = slot->clocks.first; c; c = bm_state_after(core, BM_T_CLOCK, c)) {
        running += ((const struct bm_clock *)bm_state_need(core, BM_T_CLOCK, c))->stopped_at_ms ==
                   BM_AT_NONE;
    }
    if (waits != (running == 1)) return "a contact's answer clock does not follow its state";
    if (slot->row.on_case.v && !bm_state_slot(core, BM_T_CASE, slot->row.on_case.v)) {
        return "a contact on a case that is not there";
    }
    return NULL;
}

/* Incidents go by it, and an incident cannot wait for a build that reads it. */
static const char *check_edition(const struct bm_core *core, uint64_t id) {
    const struct bm_edition *edition = bm_state_need(core, BM_T_EDITION, id);
    const struct bm_track *track;
    struct bm_fault fault;
    if (!bm_incident_is_edition(edition)) return NULL;
    return bm_library_track(core->library, edition->hash, edition->content.bytes, edition->content.len, &track, &fault)
               ? "an edition of the procedure of incidents cannot be read by this build"
               : NULL;
}

/* Nobody is waited for who is not out there, and a crew in danger rings once. */
static const char *check_safety(const struct bm_core *core, uint64_t id) {
    const struct bm_unit *unit = bm_state_need(core, BM_T_UNIT, id);
    const struct bm_check_in *timer = bm_state_record(core, BM_T_CHECK_IN, id);
    if (timer) {
        const struct bm_assignment *with = bm_state_record(core, BM_T_ASSIGNMENT, timer->assignment.v);
        if (unit->duty != BM_DUTY_ON || !unit->active) return "a safety timer of a unit that is not out there";
        if (timer->assignment.v && !(with && bm_assignment_open(with->state))) return "a safety timer outlives its assignment";
        if (timer->jurisdiction.v != unit->jurisdiction.v) return "a safety timer lies elsewhere than its unit";
    }
    uint32_t waiting = 0;
    BM_TABLE_EACH(&core->tables[BM_T_DURESS], d) {
        const struct bm_duress *duress = bm_state_need(core, BM_T_DURESS, d);
        if (duress->unit.v != id) continue;
        if (duress->jurisdiction.v != unit->jurisdiction.v) return "a call for help lies elsewhere than its unit";
        waiting += duress->acknowledged_at_ms == BM_AT_NONE;
    }
    return waiting > 1 ? "two calls for help of one unit wait" : NULL;
}

/* Each stint stands once in the list of its operator and once in that of its place. */
static const char *check_stints(const struct bm_core *core) {
    size_t with_people = 0, at_places = 0;
    BM_TABLE_EACH(&core->tables[BM_T_OPERATOR], id) {
        for (uint64_t s = bm_state_stint_of(core, id); s; s = bm_state_stint_after(core, s), with_people++) {
            if (((const struct bm_stint *)bm_state_need(core, BM_T_STINT, s))->operator_id.v != id) return "an operator lists another's stint";
        }
    }
    BM_TABLE_EACH(&core->tables[BM_T_UNIT], id) {
        for (uint64_t s = bm_state_stint_at(core, id, 0); s; s = bm_state_stint_after_at(core, s), at_places++) {
            if (((const struct bm_stint *)bm_state_need(core, BM_T_STINT, s))->unit.v != id) return "a unit lists another's stint";
        }
    }
    BM_TABLE_EACH(&core->tables[BM_T_DESK_POSITION], id) {
        for (uint64_t s = bm_state_stint_at(core, 0, id); s; s = bm_state_stint_after_at(core, s), at_places++) {
            if (((const struct bm_stint *)bm_state_need(core, BM_T_STINT, s))->desk_position.v != id) return "a position lists another's stint";
        }
    }
    size_t all = core->tables[BM_T_STINT].count;
    return with_people == all && at_places == all ? NULL : "a stint is not listed with who is on it and where";
}

const char *bm_core_check(const struct bm_core *core) {
    const char *wrong = NULL;
    BM_TABLE_EACH(&core->tables[BM_T_EDITION], id) {
        if ((wrong = check_edition(core, id))) return wrong;
    }
    BM_TABLE_EACH(&core->tables[BM_T_UNIT], id) {
        if ((wrong = check_unit(core, id))) return wrong;
        if (core->tables[BM_T_CHECK_IN].count + core->tables[BM_T_DURESS].count && (wrong = check_safety(core, id))) return wrong;
    }
    BM_TABLE_EACH(&core->tables[BM_T_CASE], id) {
        if ((wrong = check_case(core, id))) return wrong;
        if (bm_state_slot(core, BM_T_STUB, id)) return "a case is in memory and archived";
    }
    BM_TABLE_EACH(&core->tables[BM_T_CONTACT], id) {
        if ((wrong = check_contact(core, id))) return wrong;
    }
    BM_TABLE_EACH(&core->tables[BM_T_REQUEST], id) {
        const struct bm_request *request = bm_state_need(core, BM_T_REQUEST, id);
        uint64_t found;
        if (!bm_map_get(&core->request_by_key, request->key, &found))
            return "a request is not findable";
    }
    return check_stints(core);
}
