/* Matters: cases that go by a procedure.  Opened, acted on by whoever the procedure lets, moved by time, joined and taken
 * apart, moved to another edition. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/time.h"
#include "core/matter.h"
#include "core/part.h"
#include "core/posts.h"

enum bm_code bm_only_incident(struct bm_deciding *deciding, const struct bm_case *row) {
    if (bm_case_is_incident(row)) return BM_OK;
    return bm_refuse(deciding, BM_NOT_POSSIBLE, "case",
                     "Case %llu is a matter under \"%s\": use the events of its procedure.", (unsigned long long)row->id.v,
                     row->procedure);
}

enum bm_code bm_takes_contacts(struct bm_deciding *deciding, const struct bm_case *row) {
    struct bm_matter_draft draft;
    if (bm_case_is_incident(row) || row->contact_count == 0) return BM_OK;
    enum bm_code code = bm_matter_load(deciding, row->id.v, &draft);
    if (code || draft.procedure->merges) return code;
    return bm_refuse(deciding, BM_NOT_POSSIBLE, "case", "A matter under \"%s\" is one reporter's own; open another and link them.",
                     row->procedure);
}

static const char *posts_of(const struct bm_deciding *deciding) {
    return deciding->actor ? deciding->actor->posts : "";
}

/* --- opening ---------------------------------------------------------------------------------- */

/* Whoever takes calls for the desk, or has a post of the desk or of a superior in this procedure; the desk itself, for a
 * citizen. */
static enum bm_code may_open(struct bm_deciding *deciding, const struct bm_matter_draft *draft, uint64_t area) {
    if (!deciding->actor || (deciding->viewer.roles & BM_TAKERS)) return BM_OK;
    uint32_t roles = bm_posts_roles_in(draft->procedure, posts_of(deciding), &deciding->viewer, &deciding->scope, area);
    for (uint32_t i = 0; i < draft->procedure->role_count; i++) {
        enum bm_body body = draft->procedure->roles[i].body;
        if ((roles >> i & 1) && (body == BM_BODY_DESK || body == BM_BODY_SUPERIOR)) return BM_OK;
    }
    return bm_refuse(deciding, BM_FORBIDDEN, "procedure", "You have no post of the desk in \"%s\" there; ask your supervisor.",
                     draft->procedure->name);
}

/* Begins the course of `draft` on its row, and says so. */
static enum bm_code begin(struct bm_matter_draft *draft, const struct bm_contact *contact) {
    struct bm_deciding *deciding = draft->deciding;
    memcpy(draft->row.procedure, draft->matter.procedure, sizeof draft->row.procedure - 1);
    draft->row.state = BM_CASE_RECEIVED;
    draft->row.priority = 3;
    draft->row.opened_at_ms = deciding->now_ms;
    draft->matter.id = draft->row.id;
    draft->matter.jurisdiction = draft->row.jurisdiction;
    bm_emit_case_opened(deciding, &draft->row);
    if (contact) bm_attach_first(deciding, contact, draft->row.id.v);
    enum bm_code code = bm_matter_take_calendars(draft);
    if (!code)
        code = bm_course_open(draft->track, &draft->world, draft->row.first_contact_at_ms, deciding->now_ms, &draft->course,
                              &deciding->decision->fault);
    return code ? code : bm_matter_finish(draft);
}

static enum bm_code open_matter(struct bm_deciding *deciding) {
    const struct bm_do_matter_open *args = &deciding->command->matter_open;
    const struct bm_contact *contact;
    struct bm_matter_draft draft;
    struct bm_agency_id area;
    enum bm_code code = bm_matter_begin(deciding, args->procedure, &draft);
    if (!code && (args->lat_e7 == BM_E7_NONE) != (args->lon_e7 == BM_E7_NONE))
        code = bm_refuse(deciding, BM_MISSING_FIELD, "lon", "Send lat and lon together.");
    if (!code) code = bm_contact_to_open(deciding, args->contact.v, &contact);
    if (!code)
        code = bm_jurisdiction_there(deciding, args->jurisdiction, args->lat_e7, args->lon_e7,
                                     contact ? contact->jurisdiction : (struct bm_agency_id){0}, &area);
    if (!code) code = may_open(deciding, &draft, area.v);
    if (code) return code;
    struct bm_case *row = &draft.row;
    row->id.v = bm_new_id(deciding, BM_T_CASE);
    row->jurisdiction = area;
    row->owner = deciding->command->actor;
    row->lat_e7 = args->lat_e7 != BM_E7_NONE || !contact ? args->lat_e7 : contact->lat_e7;
    row->lon_e7 = args->lon_e7 != BM_E7_NONE || !contact ? args->lon_e7 : contact->lon_e7;
    row->first_contact_at_ms = contact ? contact->received_at_ms : deciding->now_ms;
    row->narrative_key.v = deciding->command->sealed[BM_DATA_NARRATIVE].key_id;
    row->identity_key.v = deciding->command->sealed[BM_DATA_IDENTITY].key_id;
    draft.matter.spare_keys = args->spare_keys;
    return begin(&draft, contact);
}

/* --- children --------------------------------------------------------------------------------- */

/* The two keys of the next case that is opened out of this one: those that came with the act, or were put by for the engine. */
static bool take_keys(struct bm_matter_draft *parent, uint64_t ret_keys[BM_data_class_COUNT]) {
    const struct bm_command *command = parent->deciding->command;
    const struct bm_bytes *given = &command->matter_act.child_keys;
    enum { PAIR = 2 * sizeof(uint64_t) };
    if (command->kind == BM_DO_MATTER_ACT && (parent->given_used + 1) * PAIR <= given->len) {
        memcpy(ret_keys, given->bytes + parent->given_used++ * PAIR, PAIR);
        return true;
    }
    const struct bm_bytes *spare = &parent->matter.spare_keys;
    if ((parent->spare_used + 1) * PAIR > spare->len) return false;
    memcpy(ret_keys, spare->bytes + parent->spare_used++ * PAIR, PAIR);
    return true;
}

/* The command with fresh keys: nothing is sealed under them yet, for what is known stands in the case above. */
static struct bm_command keyed(const struct bm_command *command, const uint64_t keys[BM_data_class_COUNT]) {
    struct bm_command copy = *command;
    for (int c = 0; c < BM_data_class_COUNT; c++) {
        copy.sealed[c].key_id = keys[c];
        copy.sealed[c].value = (struct bm_bytes){0};
    }
    return copy;
}

static void place(struct bm_deciding *deciding, struct bm_case *row, const struct bm_case *parent,
                  const uint64_t keys[BM_data_class_COUNT]) {
    row->jurisdiction = parent->jurisdiction;
    row->lat_e7 = parent->lat_e7;
    row->lon_e7 = parent->lon_e7;
    row->first_contact_at_ms = deciding->now_ms;
    row->narrative_key.v = keys[BM_DATA_NARRATIVE];
    row->identity_key.v = keys[BM_DATA_IDENTITY];
}

enum bm_code bm_matter_found(struct bm_matter_draft *child, const struct bm_case *parent,
                             const uint64_t keys[BM_data_class_COUNT]) {
    struct bm_deciding *deciding = child->deciding;
    const struct bm_command *own = deciding->command;
    const struct bm_command copy = keyed(own, keys);
    uint8_t made_what = deciding->decision->made_what;
    uint64_t made_id = deciding->decision->made_id;
    child->row.id.v = bm_new_id(deciding, BM_T_CASE);
    place(deciding, &child->row, parent, keys);
    deciding->command = &copy;
    enum bm_code code = begin(child, NULL);
    deciding->command = own;
    bm_result(deciding, (enum bm_table_kind)made_what, made_id);
    return code;
}

static uint64_t open_incident(struct bm_matter_draft *parent, const char *class_code, const uint64_t keys[BM_data_class_COUNT]) {
    struct bm_deciding *deciding = parent->deciding;
    const struct bm_command *own = deciding->command;
    const struct bm_command copy = keyed(own, keys);
    uint8_t made_what = deciding->decision->made_what;
    uint64_t made_id = deciding->decision->made_id;
    deciding->command = &copy;
    struct bm_case row = bm_case_to_open(deciding, class_code);
    place(deciding, &row, &parent->row, keys);
    bm_emit_case_opened(deciding, &row);
    struct bm_draft draft = bm_draft_new(deciding, &row);
    bm_draft_settle(&draft);
    bm_draft_free(&draft);
    deciding->command = own;
    bm_result(deciding, (enum bm_table_kind)made_what, made_id);
    return row.id.v;
}

/* Keys for what the engine will open out of the child in its turn: as many as it needs and the parent has. */
static void put_by_for(struct bm_matter_draft *parent, struct bm_matter_draft *child) {
    struct bm_procedures procedures = bm_matter_procedures(parent->deciding);
    size_t needed = bm_spares_of_child(&procedures, child->procedure), count = 0;
    while (count < needed && take_keys(parent, &child->put_by[2 * count])) count++;
    child->matter.spare_keys = (struct bm_bytes){(uint8_t *)child->put_by, (uint32_t)(2 * count * sizeof child->put_by[0])};
}

/* What is left of the act's keys fills those of the matter up again. */
static void put_by_rest(struct bm_matter_draft *draft) {
    struct bm_procedures procedures = bm_matter_procedures(draft->deciding);
    size_t needed = bm_spares_of(&procedures, draft->procedure), count = 0;
    if (bm_course_closed(draft->track, &draft->course)) return;
    uint64_t put_by[2 * BM_SPARES_MAX];
    const struct bm_bytes *had = &draft->matter.spare_keys;
    size_t kept = had->len / (2 * sizeof put_by[0]) - draft->spare_used;
    for (; count < kept && count < BM_SPARES_MAX; count++)
        memcpy(&put_by[2 * count], had->bytes + (draft->spare_used + count) * 2 * sizeof put_by[0], 2 * sizeof put_by[0]);
    const struct bm_bytes *given = &draft->deciding->command->matter_act.child_keys;
    for (; count < needed && (draft->given_used + 1) * 2 * sizeof put_by[0] <= given->len; count++)
        memcpy(&put_by[2 * count], given->bytes + draft->given_used++ * 2 * sizeof put_by[0], 2 * sizeof put_by[0]);
    memcpy(draft->put_by, put_by, 2 * count * sizeof put_by[0]);
    draft->matter.spare_keys = (struct bm_bytes){(uint8_t *)draft->put_by, (uint32_t)(2 * count * sizeof put_by[0])};
    draft->spare_used = 0;
}

/* A case opened out of this one: of an incident with the class that the act names, else of that procedure. */
static enum bm_code open_child(struct bm_matter_draft *parent, const char *procedure, const uint64_t keys[BM_data_class_COUNT]) {
    struct bm_deciding *deciding = parent->deciding;
    bool incident = strcmp(procedure, BM_EMERGENCY) == 0;
    const char *class_code = deciding->command->kind == BM_DO_MATTER_ACT ? deciding->command->matter_act.class_code : "";
    struct bm_matter_draft child;
    if (incident && !class_code[0])
        return bm_refuse(deciding, BM_MISSING_FIELD, "class", "Name the class of the incident that this opens.");
    enum bm_code code = incident ? bm_known_class(deciding, class_code) : bm_matter_begin(deciding, procedure, &child);
    if (code) return code;
    uint64_t id = incident ? open_incident(parent, class_code, keys) : 0;
    if (!incident) {
        put_by_for(parent, &child);
        code = bm_matter_found(&child, &parent->row, keys);
        id = child.row.id.v;
    }
    if (code) return code;
    bm_emit_link(deciding, id, parent->row.id.v, BM_LINK_PARENT);
    bm_emit_link(deciding, parent->row.id.v, id, BM_LINK_CHILD);
    return BM_OK;
}

static enum bm_code open_children(struct bm_matter_draft *draft) {
    uint64_t keys[BM_PROCEDURE_EFFECTS_MAX][BM_data_class_COUNT];
    enum bm_code code = BM_OK;
    for (uint32_t i = 0; i < draft->child_count; i++) { /* all of them before anything is put by for the first */
        if (!take_keys(draft, keys[i]))
            return bm_refuse(draft->deciding, BM_NOT_POSSIBLE, "event",
                             "No sealing keys are left for a case that is opened out of this one.");
    }
    for (uint32_t i = 0; i < draft->child_count && !code; i++) code = open_child(draft, draft->child[i], keys[i]);
    return code;
}

/* A case does not end over a child that is still worked on, as its procedure's `children` says. */
static enum bm_code check_children(struct bm_matter_draft *draft) {
    uint64_t open = bm_matter_open_child(draft);
    if (!open) return BM_OK;
    draft->deciding->decision->conflict.on_case = open;
    return bm_refuse(draft->deciding, BM_CONFLICT, "event", "Case %llu, which was opened out of this one, is still open.",
                     (unsigned long long)open);
}

/* --- what comes with an act ------------------------------------------------------------------- */

static enum bm_code bad_value(struct bm_deciding *deciding, const struct bm_field_def *field, const char *wanted) {
    return bm_refuse(deciding, BM_WRONG_TYPE, field->name, "\"%s\" must be %s.", field->name, wanted);
}

static enum bm_code read_value(struct bm_deciding *deciding, const struct bm_field_def *field, const json_t *value,
                               int64_t *ret_value) {
    const char *text = json_string_value(value);
    int32_t day;
    switch (field->type) {
    case BM_FIELD_INTEGER:
        if (!json_is_integer(value)) return bad_value(deciding, field, "a whole number");
        *ret_value = json_integer_value(value);
        return BM_OK;
    case BM_FIELD_YES_NO:
        if (!json_is_boolean(value)) return bad_value(deciding, field, "true or false");
        *ret_value = json_is_true(value);
        return BM_OK;
    case BM_FIELD_DATE:
        if (!text || !bm_date_read(text, strlen(text), &day)) return bad_value(deciding, field, "a day, YYYY-MM-DD");
        *ret_value = day;
        return BM_OK;
    case BM_FIELD_CHOICE:
        for (uint32_t i = 0; text && i < field->word_count; i++) {
            if (strcmp(field->words[i], text) != 0) continue;
            *ret_value = i;
            return BM_OK;
        }
        return bm_refuse(deciding, BM_UNKNOWN_WORD, field->name, "\"%s\" has no such word in this procedure.", field->name);
    case BM_FIELD_TEXT_LINE:
    case BM_FIELD_PLACE:
    case BM_FIELD_PERSON:
    case BM_field_type_COUNT:
        break;
    }
    if (!json_is_true(value)) return bad_value(deciding, field, "a text");
    *ret_value = 0;
    return BM_OK;
}

/* What was filled in; `values` by field. */
static enum bm_code read_fields(struct bm_matter_draft *draft, uint64_t *ret_filled,
                                int64_t values[BM_PROCEDURE_FIELDS_MAX], bool *ret_reason) {
    struct bm_deciding *deciding = draft->deciding;
    const struct bm_bytes *bytes = &deciding->command->matter_act.fields;
    json_t *object, *value;
    const char *name;
    *ret_filled = 0;
    *ret_reason = false;
    if (!bytes->len) return BM_OK;
    enum bm_code code = bm_json_parse(bytes->bytes, bytes->len, &object, &deciding->decision->fault);
    if (code) return code;
    json_object_foreach(object, name, value) {
        uint16_t field = bm_procedure_field(draft->procedure, name);
        if (field == BM_NO_INDEX)
            code = bm_refuse(deciding, BM_UNKNOWN_FIELD, name, "\"%.40s\" is no field of \"%s\".", name, draft->procedure->name);
        else
            code = read_value(deciding, &draft->procedure->fields[field], value, &values[field]);
        if (code) break;
        *ret_filled |= UINT64_C(1) << field;
        *ret_reason |= strcmp(name, "reason") == 0;
    }
    json_decref(object);
    return code;
}

/* The texts, sealed by the api: one event for each class of data. */
static void emit_texts(struct bm_matter_draft *draft, uint64_t filled) {
    for (int c = 0; c < BM_data_class_COUNT; c++) {
        if (!draft->deciding->command->sealed[c].value.len) continue;
        struct bm_event *event = bm_emit(draft->deciding, BM_EV_FIELDS_SET, BM_SUBJECT_CASE, draft->row.id.v);
        struct bm_ev_fields_set *ev = &event->fields_set;
        size_t used = 0;
        ev->on_case = draft->row.id;
        ev->data_class = (uint8_t)c;
        memcpy(ev->act, draft->act, strnlen(draft->act, sizeof ev->act - 1));
        for (uint32_t i = 0; i < draft->procedure->field_count; i++) {
            const struct bm_field_def *field = &draft->procedure->fields[i];
            bool person = field->type == BM_FIELD_PERSON;
            bool text = person || field->type == BM_FIELD_TEXT_LINE || field->type == BM_FIELD_PLACE;
            size_t len = strlen(field->name);
            if (!(filled >> i & 1) || !text || person != (c == BM_DATA_IDENTITY) || used + len + 2 > sizeof ev->names) continue;
            if (used) ev->names[used++] = ' ';
            memcpy(ev->names + used, field->name, len);
            used += len;
        }
        bm_emit_sealed(draft->deciding, event, (enum bm_data_class)c);
    }
}

/* --- hand-over -------------------------------------------------------------------------------- */

/* The hash of an offer: what it is about, from whom, to whom, when.  Whoever acknowledges it has read it. */
static void hash_offer(struct bm_matter_draft *draft) {
    struct bm_matter *matter = &draft->matter;
    uint64_t said[] = {draft->row.id.v, draft->row.version, draft->deciding->command->actor.v, matter->offered_to.v,
                       (uint64_t)matter->offered_at_ms, draft->deciding->core->seq};
    uint8_t hash[BM_HASH_BYTES];
    bm_hash_of(said, sizeof said, hash, sizeof hash);
    bm_hex(hash, sizeof hash, matter->offer_hash);
}

/* Before the act: an acknowledgement names the offer that stands. */
static enum bm_code check_acknowledgement(struct bm_matter_draft *draft, uint16_t event) {
    struct bm_deciding *deciding = draft->deciding;
    const char *given = deciding->command->matter_act.offer_hash;
    if (draft->procedure->hand_over.at.line == 0 || event != draft->procedure->hand_over.acknowledge) return BM_OK;
    if (!draft->matter.offer_hash[0])
        return bm_refuse(deciding, BM_NOT_POSSIBLE, "offer_hash",
                         "No offer stands: it was acknowledged, refused or taken back. Read the case again.");
    if (strcmp(given, draft->matter.offer_hash) == 0) return BM_OK;
    return bm_refuse(deciding, BM_CONFLICT, "offer_hash",
                     "That is not the hash of the offer that stands; read the case again and acknowledge what it says now.");
}

enum bm_code bm_matter_offer(struct bm_matter_draft *draft, uint64_t agency) {
    struct bm_deciding *deciding = draft->deciding;
    const struct bm_agency *to = agency ? bm_state_record(deciding->core, BM_T_AGENCY, agency) : NULL;
    if (!agency) return bm_refuse(deciding, BM_MISSING_FIELD, "agency", "Name the agency to which it is offered.");
    if (!to || !to->active)
        return bm_refuse(deciding, BM_NOT_FOUND, "agency", "There is no agency %llu that is active.", (unsigned long long)agency);
    draft->matter.offered_to.v = agency;
    draft->matter.offered_at_ms = deciding->now_ms;
    hash_offer(draft);
    return BM_OK;
}

/* After the act: what was offered, acknowledged or ruled is with somebody. */
static enum bm_code settle_hand_over(struct bm_matter_draft *draft, uint16_t event) {
    struct bm_deciding *deciding = draft->deciding;
    struct bm_matter *matter = &draft->matter;
    const struct bm_hand_over_def *def = &draft->procedure->hand_over;
    uint64_t agency = deciding->command->matter_act.agency.v;
    const struct bm_agency *named = agency ? bm_state_record(deciding->core, BM_T_AGENCY, agency) : NULL;
    if (agency && !(named && named->active))
        return bm_refuse(deciding, BM_NOT_FOUND, "agency", "There is no agency %llu that is active.", (unsigned long long)agency);
    if (draft->offers) return bm_matter_offer(draft, agency);
    if (def->at.line == 0 || event == BM_NO_INDEX) return BM_OK;
    uint16_t before = bm_procedure_state(draft->procedure, matter->responsibility);
    bool ruled = before != BM_NO_INDEX && before == def->arbitration &&
                 bm_course_state(draft->track, &draft->course, BM_REGION_RESPONSIBILITY) != before;
    if (event == def->acknowledge || ruled) {
        if (ruled && !agency && !matter->offered_to.v)
            return bm_refuse(deciding, BM_MISSING_FIELD, "agency", "Name the agency that is to have it.");
        if (ruled && agency) matter->offered_to.v = agency;
        matter->with_agency = matter->offered_to;
        matter->offered_to.v = 0;
    } else if (event == def->refuse && bm_course_state(draft->track, &draft->course, BM_REGION_RESPONSIBILITY) != def->arbitration) {
        matter->offered_to.v = 0;
    }
    return BM_OK;
}

/* --- duplicates ------------------------------------------------------------------------------- */

static enum bm_code tie(struct bm_matter_draft *draft) {
    struct bm_deciding *deciding = draft->deciding;
    uint64_t other = deciding->command->matter_act.other.v;
    const struct bm_case *row;
    if (!other) return bm_refuse(deciding, BM_MISSING_FIELD, "other", "Name the case to which it is linked.");
    if (other == draft->row.id.v) return bm_refuse(deciding, BM_CONFLICT, "other", "A case is not linked to itself.");
    enum bm_code code = bm_open_case(deciding, other, "other", &row);
    if (code) return code;
    if (draft->tie != BM_TIE_DUPLICATE) {
        bm_emit_link(deciding, draft->row.id.v, other, draft->tie == BM_TIE_PARENT ? BM_LINK_PARENT : BM_LINK_RELATED);
        return BM_OK;
    }
    if (strcmp(row->procedure, draft->row.procedure) != 0)
        return bm_refuse(deciding, BM_CONFLICT, "other", "Case %llu lives by another procedure (\"%s\"); link them instead.",
                         (unsigned long long)other, row->procedure);
    struct bm_event *event = bm_emit(deciding, BM_EV_CASE_JOINED, BM_SUBJECT_CASE, draft->row.id.v);
    event->case_joined.on_case = draft->row.id;
    event->case_joined.into.v = other;
    bm_emit_link(deciding, draft->row.id.v, other, BM_LINK_DUPLICATE);
    return BM_OK;
}

/* --- acting ----------------------------------------------------------------------------------- */

struct doing {
    struct bm_matter_draft draft;
    struct bm_course_act act;
    int64_t values[BM_PROCEDURE_FIELDS_MAX];
    bool reopens;
};

/* Who acts, and in which roles. */
static enum bm_code take_actor(struct doing *doing) {
    struct bm_matter_draft *draft = &doing->draft;
    struct bm_deciding *deciding = draft->deciding;
    const struct bm_bytes *citizen = &deciding->command->matter_act.citizen;
    if (citizen->len == sizeof(uint64_t)) {
        uint64_t contact_id;
        memcpy(&contact_id, citizen->bytes, sizeof contact_id);
        const struct bm_contact *contact = bm_state_record(deciding->core, BM_T_CONTACT, contact_id);
        if (deciding->actor || !contact || contact->on_case.v != draft->row.id.v)
            return bm_refuse(deciding, BM_FORBIDDEN, "case", "That receipt is of another case.");
        doing->act.roles = bm_posts_citizen(draft->procedure);
        doing->act.actor = contact_id | UINT64_C(1) << 63; /* never an operator's */
        return BM_OK;
    }
    doing->act.roles = bm_posts_roles(draft->procedure, posts_of(deciding), &deciding->viewer, &deciding->scope, &draft->matter);
    doing->act.actor = deciding->command->actor.v;
    if (doing->act.roles) return bm_match_version(deciding, &draft->row);
    return bm_refuse(deciding, BM_FORBIDDEN, "event", "You have no post in this matter; ask your supervisor.");
}

static enum bm_code take_event(struct doing *doing) {
    struct bm_matter_draft *draft = &doing->draft;
    const char *name = draft->deciding->command->matter_act.event;
    doing->reopens = strcmp(name, "reopen") == 0;
    doing->act.event = doing->reopens ? BM_NO_INDEX : bm_procedure_event(draft->procedure, name);
    draft->act = name;
    draft->commits = true;
    if (doing->reopens || doing->act.event != BM_NO_INDEX) return BM_OK;
    return bm_refuse(draft->deciding, BM_UNKNOWN_WORD, "event", "Procedure \"%s\" has no event \"%.40s\".",
                     draft->procedure->name, name);
}

static enum bm_code carry_out(struct doing *doing) {
    struct bm_matter_draft *draft = &doing->draft;
    struct bm_fault *fault = &draft->deciding->decision->fault;
    if (doing->reopens) draft->matter.same_hand = false;
    enum bm_code code = doing->reopens
                            ? bm_course_reopen(draft->track, &draft->world, &draft->course, &doing->act, fault)
                            : bm_course_act(draft->track, &draft->world, &draft->course, &doing->act, fault);
    if (!code) code = draft->code;
    if (!code) code = settle_hand_over(draft, doing->act.event);
    if (!code && draft->ties) code = tie(draft);
    if (!code && draft->closed) code = check_children(draft);
    if (!code) code = open_children(draft);
    return code ? code : bm_part_catches_up(draft);
}

/* The role in which it was done, for the record: the first that the actor has. */
static void name_role(struct doing *doing) {
    for (uint32_t i = 0; i < doing->draft.procedure->role_count; i++) {
        if (!(doing->act.roles >> i & 1)) continue;
        doing->draft.role = doing->draft.procedure->roles[i].name;
        return;
    }
}

static enum bm_code check_state(struct bm_deciding *deciding, bool reopens) {
    uint64_t target = deciding->command->target;
    const void *record;
    const struct bm_case *row;
    if (!reopens) return bm_open_case(deciding, target, "case", &row);
    if (bm_state_record(deciding->core, BM_T_STUB, target))
        return bm_refuse(deciding, BM_NOT_POSSIBLE, "case", "The case is archived; it must be revived first.");
    enum bm_code code = bm_visible(deciding, BM_T_CASE, target, "case", &record);
    if (code) return code;
    row = record;
    if (!row->merged_into.v) return BM_OK;
    deciding->decision->conflict.on_case = row->merged_into.v;
    return bm_refuse(deciding, BM_NOT_POSSIBLE, "case", "Case %llu is worked with case %llu; go on there, or separate them.",
                     (unsigned long long)target, (unsigned long long)row->merged_into.v);
}

/* What was due had waited for this act, for want of keys, and has ended the matter: that is done, and the act came too late.
 * To refuse it would leave the matter halted for ever. */
static enum bm_code too_late(struct bm_matter_draft *draft) {
    draft->act = draft->role = "";
    draft->commits = false;
    draft->deciding->decision->flagged = true;
    enum bm_code code = bm_matter_escalate(draft);
    if (!code) code = open_children(draft);
    return code ? code : bm_matter_finish(draft);
}

static enum bm_code act(struct bm_deciding *deciding) {
    struct doing doing = {.act = {.now_ms = deciding->now_ms}};
    bool reopens = strcmp(deciding->command->matter_act.event, "reopen") == 0, reason;
    enum bm_code code = check_state(deciding, reopens);
    if (!code) code = bm_matter_load(deciding, deciding->command->target, &doing.draft);
    if (!code) code = take_event(&doing);
    if (!code) code = take_actor(&doing);
    if (!code) code = read_fields(&doing.draft, &doing.act.filled, doing.values, &reason);
    if (!code) code = bm_can_seal(deciding, &doing.draft.row);
    if (!code) code = check_acknowledgement(&doing.draft, doing.act.event);
    if (code) return code;
    doing.act.values = doing.values;
    doing.act.reason = reason ? "given" : NULL; /* what it says is sealed */
    bm_result(deciding, BM_T_CASE, doing.draft.row.id.v);
    name_role(&doing);
    memset(doing.draft.matter.halted, 0, sizeof doing.draft.matter.halted); /* it is counted on, or refused again */
    code = bm_matter_catch_up(&doing.draft);
    if (code) return code;
    if (!reopens && bm_course_closed(doing.draft.track, &doing.draft.course)) return too_late(&doing.draft);
    emit_texts(&doing.draft, doing.act.filled); /* before the notices that speak of them */
    code = carry_out(&doing);
    if (!code) code = bm_matter_escalate(&doing.draft);
    if (!code) put_by_rest(&doing.draft);
    if (!code) code = bm_matter_finish(&doing.draft);
    return code ? code : bm_part_settles(&doing.draft);
}

/* --- time ------------------------------------------------------------------------------------- */

/* The clocks cannot be counted on: said on the matter, for a timer that is refused would stop all others. */
static enum bm_code halt(struct bm_deciding *deciding) {
    struct bm_fault fault = deciding->decision->fault;
    struct bm_matter_draft draft;
    for (size_t i = 0; i < deciding->decision->event_count; i++) bm_event_release(&deciding->decision->events[i]);
    deciding->decision->event_count = 0;
    memcpy(deciding->last_id, deciding->core->last_id, sizeof deciding->last_id);
    enum bm_code code = bm_matter_load(deciding, deciding->command->target, &draft);
    if (code) return code;
    snprintf(draft.matter.halted, sizeof draft.matter.halted, "%s", fault.detail);
    bm_matter_stand_still(&draft);
    deciding->decision->fault = (struct bm_fault){0};
    return BM_OK;
}

static enum bm_code due(struct bm_deciding *deciding) {
    const struct bm_matter *matter = bm_state_record(deciding->core, BM_T_MATTER, deciding->command->target);
    if (!matter || matter->next_at_ms == BM_AT_NONE || matter->next_at_ms > deciding->now_ms)
        return bm_refuse(deciding, BM_NOT_POSSIBLE, "case", "Nothing is due in that matter yet.");
    struct bm_matter_draft draft;
    bool did;
    enum bm_code code = bm_matter_load(deciding, matter->id.v, &draft);
    if (code) return code;
    bool stale = draft.matter.stale;
    draft.matter.stale = false;
    memset(draft.matter.halted, 0, sizeof draft.matter.halted);
    for (uint16_t i = 0; stale && i < draft.procedure->clock_count && !code; i++) {
        if (draft.promises[i].stopped_at_ms != BM_AT_NONE) continue;
        code = bm_matter_promise(&draft, i, BM_PROMISE_REPROJECTED, false);
    }
    if (!stale && !code)
        code = bm_course_tick(draft.track, &draft.world, &draft.course, deciding->now_ms, &did, &deciding->decision->fault);
    if (!code) code = draft.code;
    if (!code) code = bm_matter_escalate(&draft);
    if (!code) code = open_children(&draft);
    if (!code) code = bm_matter_finish(&draft);
    if (!code) code = bm_part_settles(&draft);
    return code ? halt(deciding) : BM_OK;
}

/* --- apart again ------------------------------------------------------------------------------ */

/* A matter that was joined to another by mistake goes on from where it was; its clocks never stood still. */
static enum bm_code separate(struct bm_deciding *deciding) {
    uint64_t target = deciding->command->target;
    const void *record;
    struct bm_matter_draft draft;
    enum bm_code code = bm_visible(deciding, BM_T_CASE, target, "case", &record);
    if (!code) code = bm_matter_load(deciding, target, &draft);
    if (code) return code;
    uint32_t roles = bm_posts_roles(draft.procedure, posts_of(deciding), &deciding->viewer, &deciding->scope, &draft.matter);
    if (!draft.row.merged_into.v)
        return bm_refuse(deciding, BM_NOT_POSSIBLE, "case", "The case is joined to no other.");
    if (!roles) return bm_refuse(deciding, BM_FORBIDDEN, "case", "You have no post in this matter; ask your supervisor.");
    code = bm_match_version(deciding, &draft.row);
    if (!code)
        code = bm_course_read(draft.track, draft.matter.before.bytes, draft.matter.before.len, &draft.course,
                              &deciding->decision->fault);
    if (code) return code;
    struct bm_event *event = bm_emit(deciding, BM_EV_CASE_SEPARATED, BM_SUBJECT_CASE, target);
    event->case_separated.on_case = draft.row.id;
    event->case_separated.into = draft.row.merged_into;
    bm_result(deciding, BM_T_CASE, target);
    for (uint16_t i = 0; i < draft.procedure->clock_count && !code; i++) {
        bool ran = draft.course.clocks[i].there && draft.course.clocks[i].work.phase != BM_CLOCK_STOPPED;
        if (!ran) continue;
        draft.promises[i].stopped_at_ms = BM_AT_NONE;
        code = bm_matter_promise(&draft, i, BM_PROMISE_RESTORED, true);
    }
    draft.act = "separate";
    draft.commits = true;
    return code ? code : bm_matter_finish(&draft);
}

/* --- another edition -------------------------------------------------------------------------- */

static enum bm_code migrate(struct bm_deciding *deciding) {
    uint64_t target = deciding->command->target;
    const struct bm_case *row;
    struct bm_matter_draft draft, now;
    enum bm_code code = bm_open_case(deciding, target, "case", &row);
    if (!code) code = bm_matter_load(deciding, target, &draft);
    if (!code) code = bm_match_version(deciding, row);
    if (!code) code = bm_matter_begin(deciding, draft.matter.procedure, &now);
    if (code) return code;
    if (now.matter.edition.v == draft.matter.edition.v)
        return bm_refuse(deciding, BM_NOT_POSSIBLE, "case", "The case goes by the current version already.");
    struct bm_promise promises[BM_PROCEDURE_CLOCKS_MAX] = {0};
    for (uint16_t i = 0; i < draft.procedure->clock_count; i++) {
        uint16_t clock = bm_procedure_clock(now.procedure, draft.procedure->clocks[i].name);
        if (clock != BM_NO_INDEX) promises[clock] = draft.promises[i];
    }
    struct bm_edition_id edition = now.matter.edition;
    now.row = draft.row;
    now.matter = draft.matter;
    now.matter.edition = edition;
    memcpy(now.promises, promises, sizeof promises);
    now.act = "migrate";
    now.commits = true;
    code = bm_matter_take_calendars(&now);
    if (!code)
        code = bm_course_migrate(draft.track, now.track, &now.world, &draft.course, deciding->now_ms, &now.course,
                             &deciding->decision->fault);
    if (!code) code = now.code;
    for (uint16_t i = 0; i < now.procedure->clock_count && !code; i++)
        code = bm_matter_promise(&now, i, BM_PROMISE_MIGRATED, false);
    bm_result(deciding, BM_T_CASE, target);
    return code ? code : bm_matter_finish(&now);
}

enum bm_code bm_decide_matter(struct bm_deciding *deciding) {
    switch ((int)deciding->command->kind) { /* only the kinds of this file come here */
    case BM_DO_MATTER_OPEN:
        return open_matter(deciding);
    case BM_DO_MATTER_ACT:
        return act(deciding);
    case BM_DO_MATTER_SEPARATE:
        return separate(deciding);
    case BM_DO_MATTER_MIGRATE:
        return migrate(deciding);
    default:
        return due(deciding);
    }
}
