/* Between cases, and between memory and the journal: merge, split, link; archive, revive. */
#include <string.h>

#include "base/alloc.h"
#include "core/incident.h"
#include "core/part.h"

void bm_emit_link(struct bm_deciding *deciding, uint64_t case_id, uint64_t other, enum bm_link_kind kind) {
    struct bm_event *event = bm_emit(deciding, BM_EV_CASE_LINKED, BM_SUBJECT_CASE, case_id);
    event->case_linked.link.v = bm_new_id(deciding, BM_T_LINK);
    event->case_linked.on_case.v = case_id;
    event->case_linked.other.v = other;
    event->case_linked.kind = (uint8_t)kind;
}

/* Moves an assignment from one draft to another and says so. */
static void rebind(struct bm_draft *from, struct bm_draft *to, struct bm_assignment *assignment) {
    struct bm_event *event = bm_emit(from->deciding, BM_EV_ASSIGNMENT_REBOUND, BM_SUBJECT_CASE,
                                     to->row.id.v);
    event->assignment_rebound.assignment = assignment->id;
    event->assignment_rebound.from_case = from->row.id;
    event->assignment_rebound.on_case = to->row.id;
    to->assignments = bm_realloc(to->assignments,
                                 (to->assignment_count + 1) * sizeof *to->assignments);
    to->assignments[to->assignment_count++] = *assignment;
    *assignment = from->assignments[--from->assignment_count];
}

static bool has_unit(const struct bm_draft *draft, uint64_t unit) {
    for (size_t i = 0; i < draft->assignment_count; i++) {
        if (draft->assignments[i].unit.v == unit && bm_assignment_open(draft->assignments[i].state))
            return true;
    }
    return false;
}

/* --- merge ------------------------------------------------------------------------------------ */

/* A unit that waits on both cases keeps one place; one that is out on the merged case goes on in
 * the other, where its waiting place (if any) falls away. */
static void merge_units(struct bm_draft *from, struct bm_draft *into) {
    struct bm_deciding *deciding = from->deciding;
    for (size_t i = from->assignment_count; i-- > 0;) {
        struct bm_assignment *assignment = &from->assignments[i];
        if (!bm_assignment_open(assignment->state)) continue;
        if (has_unit(into, assignment->unit.v) && !bm_assignment_active(assignment->state)) {
            bm_draft_move(from, assignment, BM_AS_CANCELLED, deciding->now_ms, BM_END_MERGED, true);
            continue;
        }
        for (size_t j = 0; j < into->assignment_count; j++) {
            struct bm_assignment *other = &into->assignments[j];
            if (other->unit.v != assignment->unit.v || !bm_assignment_open(other->state)) continue;
            bm_draft_move(into, other, BM_AS_CANCELLED, deciding->now_ms, BM_END_MERGED, true);
        }
        rebind(from, into, assignment);
    }
}

static enum bm_code merge(struct bm_deciding *deciding) {
    uint64_t target = deciding->command->target, into_id = deciding->command->case_merge.into.v;
    const struct bm_case *row, *into_row;
    enum bm_code code = bm_open_case(deciding, target, "case", &row);
    if (!code) code = bm_open_case(deciding, into_id, "into", &into_row);
    if (!code) code = bm_only_incident(deciding, row);
    if (!code) code = bm_only_incident(deciding, into_row);
    if (!code) code = bm_has_case(deciding, row);
    if (!code) code = bm_has_case(deciding, into_row);
    if (!code) code = bm_match_version(deciding, row);
    if (code) return code;
    if (target == into_id)
        return bm_refuse(deciding, BM_CONFLICT, "into", "A case is not merged into itself.");
    if (row->contact_count + into_row->contact_count > BM_CASE_CONTACTS_MAX ||
        row->assignment_count + into_row->assignment_count > BM_CASE_ASSIGNMENTS_MAX) {
        return bm_refuse(deciding, BM_CONFLICT, "into",
                         "Together they would be too large; link them instead.");
    }
    struct bm_incident incident = bm_incident_rules(deciding->core, row->opened_at_ms);
    struct bm_incident_step step = {.from = (enum bm_case_state)row->state, .event = "merge", .area = row->jurisdiction.v};
    enum bm_case_state merged;
    code = bm_incident_step(deciding, &incident, step, &merged, NULL);
    if (code) return code;
    struct bm_draft from = bm_draft_of(deciding, target), into = bm_draft_of(deciding, into_id);
    merge_units(&from, &into);
    for (size_t i = 0; i < from.clock_count; i++) {
        bm_stop_clock(deciding, &from.clocks[i], BM_SUBJECT_CASE, target);
    }
    struct bm_event *event = bm_emit(deciding, BM_EV_CASE_MERGED, BM_SUBJECT_CASE, target);
    event->case_merged.on_case.v = target;
    event->case_merged.into.v = into_id;
    bm_emit_link(deciding, into_id, target, BM_LINK_MERGED);
    bm_parts_move(&from, into_id);
    bm_draft_take_wait(&into, &from);
    bm_draft_settle(&into);
    bm_draft_free(&from);
    bm_draft_free(&into);
    bm_result(deciding, BM_T_CASE, into_id);
    return BM_OK;
}

/* --- split ------------------------------------------------------------------------------------ */

static enum bm_code check_split(struct bm_deciding *deciding, const struct bm_case *row) {
    const struct bm_do_case_split *args = &deciding->command->case_split;
    if (args->contacts.count + args->assignments.count == 0) {
        return bm_refuse(deciding, BM_MISSING_FIELD, "contacts",
                         "Name the contacts or assignments that go.");
    }
    const struct bm_class *class = bm_core_class(deciding->core, args->class_code);
    if (args->class_code[0] && !(class && class->active)) {
        return bm_refuse(deciding, BM_UNKNOWN_CLASS, "class", "No class \"%s\" is published.",
                         args->class_code);
    }
    for (uint64_t i = 0; i < args->contacts.count; i++) {
        const struct bm_contact *contact = bm_state_record(deciding->core, BM_T_CONTACT,
                                                           args->contacts.ids[i]);
        bool twice = false;
        for (uint64_t j = 0; j < i; j++) twice |= args->contacts.ids[j] == args->contacts.ids[i];
        if (!contact || contact->on_case.v != row->id.v || twice) {
            return bm_refuse(
                deciding, BM_NOT_FOUND, "contacts", "Contact %llu is not on this case%s.",
                (unsigned long long)args->contacts.ids[i], twice ? " a second time" : "");
        }
    }
    for (uint64_t i = 0; i < args->assignments.count; i++) {
        const struct bm_assignment *assignment = bm_state_record(deciding->core, BM_T_ASSIGNMENT,
                                                                 args->assignments.ids[i]);
        bool twice = false;
        for (uint64_t j = 0; j < i; j++)
            twice |= args->assignments.ids[j] == args->assignments.ids[i];
        if (!assignment || assignment->on_case.v != row->id.v || twice ||
            !bm_assignment_open(assignment->state)) {
            return bm_refuse(deciding, BM_NOT_FOUND, "assignments",
                             "Assignment %llu is not an open one of this case.",
                             (unsigned long long)args->assignments.ids[i]);
        }
    }
    return BM_OK;
}

static struct bm_case split_row(struct bm_deciding *deciding, const struct bm_case *from) {
    const struct bm_do_case_split *args = &deciding->command->case_split;
    struct bm_case row = bm_case_to_open(deciding,
                                         args->class_code[0] ? args->class_code : from->class_code);
    bool placed = args->lat_e7 != BM_E7_NONE && args->lon_e7 != BM_E7_NONE;
    row.jurisdiction = from->jurisdiction;
    row.lat_e7 = placed ? args->lat_e7 : from->lat_e7;
    row.lon_e7 = placed ? args->lon_e7 : from->lon_e7;
    /* Units alone were sent for what the same citizens reported: their wait began when that one's
     * did. */
    row.first_contact_at_ms = args->contacts.count ? deciding->now_ms : from->first_contact_at_ms;
    for (uint64_t i = 0; i < args->contacts.count; i++) {
        const struct bm_contact *contact = bm_state_need(deciding->core, BM_T_CONTACT,
                                                         args->contacts.ids[i]);
        if (contact->received_at_ms < row.first_contact_at_ms) {
            row.first_contact_at_ms = contact->received_at_ms;
        }
    }
    return row;
}

static enum bm_code split(struct bm_deciding *deciding) {
    const struct bm_do_case_split *args = &deciding->command->case_split;
    const struct bm_case *from_row;
    enum bm_code code = bm_open_case(deciding, deciding->command->target, "case", &from_row);
    if (!code) code = bm_only_incident(deciding, from_row);
    if (!code) code = check_split(deciding, from_row);
    if (!code) code = bm_match_version(deciding, from_row);
    if (code) return code;
    struct bm_draft from = bm_draft_of(deciding, from_row->id.v);
    struct bm_case row = split_row(deciding, from_row);
    bm_emit_case_opened(deciding, &row);
    struct bm_draft into = bm_draft_new(deciding, &row);
    for (uint64_t i = 0; i < args->contacts.count; i++) {
        struct bm_event *event = bm_emit(deciding, BM_EV_CONTACT_ATTACHED, BM_SUBJECT_CASE,
                                         row.id.v);
        event->contact_attached.contact.v = args->contacts.ids[i];
        event->contact_attached.on_case = row.id;
        event->contact_attached.from_case = from_row->id;
    }
    for (uint64_t i = 0; i < args->assignments.count; i++) {
        rebind(&from, &into, bm_draft_find(&from, args->assignments.ids[i]));
    }
    bm_emit_link(deciding, row.id.v, from_row->id.v, BM_LINK_SPLIT);
    bm_draft_settle(&from);
    bm_draft_settle(&into);
    bm_draft_free(&from);
    bm_draft_free(&into);
    return BM_OK;
}

/* --- link ------------------------------------------------------------------------------------- */

/* Cases above one case, by parent links, that are looked through for a circle; more is refused. */
enum { ABOVE_MAX = 1000 };

/* Whether `above` is reached from `at` by going up parent links, each case once; *ret_many when
 * there are more than ABOVE_MAX. */
static bool reaches(const struct bm_core *core, uint64_t at, uint64_t above, bool *ret_many) {
    uint64_t seen[ABOVE_MAX];
    size_t count = 1;
    seen[0] = at;
    *ret_many = false;
    for (size_t i = 0; i < count; i++) {
        if (seen[i] == above) return true;
        const struct bm_case_slot *slot = bm_state_slot(core, BM_T_CASE, seen[i]);
        for (uint64_t id = slot ? slot->links.first : 0; id;
             id = bm_state_after(core, BM_T_LINK, id)) {
            const struct bm_link *link = bm_state_need(core, BM_T_LINK, id);
            bool known = link->kind != BM_LINK_PARENT;
            for (size_t s = 0; s < count && !known; s++) known = seen[s] == link->other.v;
            if (known) continue;
            *ret_many = count == ABOVE_MAX;
            if (*ret_many) return false;
            seen[count++] = link->other.v;
        }
    }
    return false;
}

static enum bm_code link_cases(struct bm_deciding *deciding) {
    const struct bm_do_case_link *args = &deciding->command->case_link;
    uint64_t target = deciding->command->target, other = args->other.v;
    const void *record;
    enum bm_code code = bm_visible(deciding, BM_T_CASE, target, "case", &record);
    bool archived = bm_state_record(deciding->core, BM_T_STUB, other) != NULL;
    const void *ignored;
    if (!code)
        code = bm_visible(deciding, archived ? BM_T_STUB : BM_T_CASE, other, "other", &ignored);
    if (code) return code;
    if (args->kind != BM_LINK_RELATED && args->kind != BM_LINK_PARENT) {
        return bm_refuse(deciding, BM_UNKNOWN_WORD, "kind", "Link as \"related\" or \"parent\".");
    }
    if (target == other)
        return bm_refuse(deciding, BM_CONFLICT, "other", "A case is not linked to itself.");
    const struct bm_case_slot *slot = bm_state_slot(deciding->core, BM_T_CASE, target);
    for (uint64_t id = slot->links.first; id; id = bm_state_after(deciding->core, BM_T_LINK, id)) {
        const struct bm_link *link = bm_state_need(deciding->core, BM_T_LINK, id);
        if (link->other.v == other && link->kind == args->kind) {
            return bm_refuse(deciding, BM_EXISTS, "other", "They are linked so already.");
        }
    }
    bool many = false;
    bool circle = args->kind == BM_LINK_PARENT && reaches(deciding->core, other, target, &many);
    if (many) {
        return bm_refuse(deciding, BM_OUT_OF_RANGE, "other",
                         "More than %d cases stand above case %llu; link them as related.",
                         ABOVE_MAX, (unsigned long long)other);
    }
    if (circle) {
        return bm_refuse(deciding, BM_CONFLICT, "other",
                         "Case %llu stands below case %llu already.", (unsigned long long)other,
                         (unsigned long long)target);
    }
    bm_emit_link(deciding, target, other, (enum bm_link_kind)args->kind);
    bm_result(deciding, BM_T_CASE, target);
    return BM_OK;
}

/* --- archive, revive -------------------------------------------------------------------------- */

static enum bm_code archive(struct bm_deciding *deciding) {
    uint64_t target = deciding->command->target;
    const struct bm_case *row = bm_state_record(deciding->core, BM_T_CASE, target);
    if (!row || bm_case_open(row->state)) {
        return bm_refuse(deciding, BM_NOT_POSSIBLE, "case", "Only a closed case is archived.");
    }
    struct bm_buf content = bm_buf_make(64u * 1024 * 1024);
    bm_state_pack_case(deciding->core, target, &content);
    struct bm_event *event = bm_emit(deciding, BM_EV_CASE_ARCHIVED, BM_SUBJECT_CASE, target);
    event->case_archived.on_case.v = target;
    event->case_archived.content = bm_bytes_copy(content.bytes, content.len);
    bm_buf_free(&content);
    return BM_OK;
}

static enum bm_code revive(struct bm_deciding *deciding) {
    uint64_t target = deciding->command->target;
    const struct bm_bytes *content = &deciding->command->case_revive.content;
    const void *record;
    enum bm_code code = bm_visible(deciding, BM_T_STUB, target, "case", &record);
    if (code) return code;
    const struct bm_stub *stub = record;
    if (stub->erased_at_ms != BM_AT_NONE) {
        return bm_refuse(deciding, BM_NOT_POSSIBLE, "case", "The case was erased.");
    }
    if (!bm_state_unpack_case(deciding->core, NULL, content, target)) {
        return bm_refuse(deciding, BM_CORRUPT, "content",
                         "That is not what was archived of case %llu.", (unsigned long long)target);
    }
    struct bm_event *event = bm_emit(deciding, BM_EV_CASE_REVIVED, BM_SUBJECT_CASE, target);
    event->case_revived.on_case.v = target;
    event->case_revived.content = bm_bytes_copy(content->bytes, content->len);
    bm_result(deciding, BM_T_CASE, target);
    return BM_OK;
}

enum bm_code bm_decide_bonds(struct bm_deciding *deciding) {
    switch ((int)deciding->command->kind) { /* only the kinds of this file come here */
    case BM_DO_CASE_MERGE:
        return merge(deciding);
    case BM_DO_CASE_SPLIT:
        return split(deciding);
    case BM_DO_CASE_LINK:
        return link_cases(deciding);
    case BM_DO_CASE_ARCHIVE:
        return archive(deciding);
    default:
        return revive(deciding);
    }
}
