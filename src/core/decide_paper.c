/* Paper: incidents that were worked on sheets while the desk was away, entered afterwards with the sheets' times.
 *
 *   received -> answered -> ended
 *   received -> dispatched -> acknowledged -> en route -> on scene -> transporting -> at destination -> cleared -> closed
 *
 * A time may be missing; one that is given lies in that order, and not ahead.  What is old is late and kept.  Units that
 * had been cleared are written down and not committed; those that are still at it are committed now, so they must be
 * free.  One command makes contact, case and assignments, so a sheet is entered whole or not at all, and only once. */
#include <string.h>

#include "base/alloc.h"
#include "base/time.h"
#include "core/incident.h"

struct stage {
    const char *field;
    int64_t *at_ms;
};
enum { HAND_STAGES = BM_AS_CLEARED - BM_AS_ASSIGNED + 1 };

/* The command's arguments, with their times put right, and what they name. */
struct sheet {
    struct bm_do_case_paper args;
    struct bm_agency_id jurisdiction;
    struct bm_operator_id written_by;
};

/* Not yet to come (a minute ahead is a watch that goes wrong: taken as now), and not longer ago than sheets are kept. */
static enum bm_code check_time(struct bm_deciding *deciding, const struct stage *stage) {
    if (*stage->at_ms == BM_AT_NONE) return BM_OK;
    if (*stage->at_ms > deciding->now_ms + BM_OCCURRED_AHEAD_MS)
        return bm_refuse(deciding, BM_OUT_OF_RANGE, stage->field, "That time is still to come; write down what has happened.");
    if (*stage->at_ms > deciding->now_ms) *stage->at_ms = deciding->now_ms;
    if (*stage->at_ms < deciding->now_ms - BM_PAPER_AGE_MAX_MS)
        return bm_refuse(deciding, BM_OUT_OF_RANGE, stage->field, "That is more than 400 days ago; check the year.");
    return BM_OK;
}

static enum bm_code check_order(struct bm_deciding *deciding, const struct stage *stages, size_t count) {
    const struct stage *before = NULL;
    for (size_t i = 0; i < count; i++) {
        enum bm_code code = check_time(deciding, &stages[i]);
        if (code) return code;
        if (*stages[i].at_ms == BM_AT_NONE) continue;
        if (before && *stages[i].at_ms < *before->at_ms)
            return bm_refuse(deciding, BM_OUT_OF_RANGE, stages[i].field, "That lies before %s; look at the sheet again.",
                             before->field);
        before = &stages[i];
    }
    return BM_OK;
}

static enum bm_code check_times(struct bm_deciding *deciding, struct bm_do_case_paper *args) {
    if (args->received_at_ms == BM_AT_NONE)
        return bm_refuse(deciding, BM_MISSING_FIELD, "received_at_ms", "When did it reach the desk? The sheet says so.");
    const struct stage call[] = {{"received_at_ms", &args->received_at_ms},
                                 {"answered_at_ms", &args->answered_at_ms},
                                 {"ended_at_ms", &args->ended_at_ms}};
    const struct stage work[] = {{"received_at_ms", &args->received_at_ms},
                                 {"dispatched_at_ms", &args->dispatched_at_ms},
                                 {"acknowledged_at_ms", &args->acknowledged_at_ms},
                                 {"en_route_at_ms", &args->en_route_at_ms},
                                 {"on_scene_at_ms", &args->on_scene_at_ms},
                                 {"transporting_at_ms", &args->transporting_at_ms},
                                 {"at_destination_at_ms", &args->at_destination_at_ms},
                                 {"cleared_at_ms", &args->cleared_at_ms},
                                 {"closed_at_ms", &args->closed_at_ms}};
    enum bm_code code = check_order(deciding, call, sizeof call / sizeof call[0]);
    return code ? code : check_order(deciding, work, sizeof work / sizeof work[0]);
}

/* The times of a unit's hand, from assigned to cleared. */
static void hand_times(const struct bm_do_case_paper *args, int64_t ret[HAND_STAGES]) {
    const int64_t times[HAND_STAGES] = {args->dispatched_at_ms, args->acknowledged_at_ms,   args->en_route_at_ms,
                                        args->on_scene_at_ms,   args->transporting_at_ms,   args->at_destination_at_ms,
                                        args->cleared_at_ms};
    memcpy(ret, times, sizeof times);
}

static enum bm_code check_units(struct bm_deciding *deciding, const struct bm_do_case_paper *args) {
    static const char *const fields[HAND_STAGES] = {"dispatched_at_ms",   "acknowledged_at_ms",   "en_route_at_ms",
                                                    "on_scene_at_ms",     "transporting_at_ms",   "at_destination_at_ms",
                                                    "cleared_at_ms"};
    int64_t times[HAND_STAGES];
    hand_times(args, times);
    for (int i = 0; i < HAND_STAGES && !args->units.count; i++) {
        if (times[i] == BM_AT_NONE) continue;
        return bm_refuse(deciding, BM_MISSING_FIELD, "units", "%s is given: name the units that it is about.", fields[i]);
    }
    if (args->units.count && args->dispatched_at_ms == BM_AT_NONE)
        return bm_refuse(deciding, BM_MISSING_FIELD, "dispatched_at_ms", "When were the units sent?");
    bool still_there = args->cleared_at_ms == BM_AT_NONE;
    if (args->units.count && still_there && deciding->actor && !(deciding->viewer.roles & BM_SENDERS))
        return bm_refuse(deciding, BM_FORBIDDEN, "units",
                         "Units that are still at it are committed by this; a dispatcher enters the sheet, or say when they were cleared.");
    for (uint64_t i = 0; i < args->units.count; i++) {
        const void *record;
        const struct bm_unit *unit;
        enum bm_code code = bm_visible(deciding, BM_T_UNIT, args->units.ids[i], "units", &record);
        if (!code && still_there) code = bm_unit_free(deciding, args->units.ids[i], "units", false, &unit);
        if (code) return code;
        for (uint64_t j = 0; j < i; j++) {
            if (args->units.ids[j] != args->units.ids[i]) continue;
            return bm_refuse(deciding, BM_CONFLICT, "units", "Unit %s is named twice.",
                             ((const struct bm_unit *)record)->call_sign);
        }
    }
    return BM_OK;
}

static enum bm_code check_end(struct bm_deciding *deciding, const struct bm_do_case_paper *args) {
    if (args->outcome == BM_OUTCOME_NONE && args->closed_at_ms != BM_AT_NONE)
        return bm_refuse(deciding, BM_MISSING_FIELD, "outcome", "What came of it? It was closed.");
    if (args->outcome != BM_OUTCOME_NONE && args->units.count && args->cleared_at_ms == BM_AT_NONE)
        return bm_refuse(deciding, BM_MISSING_FIELD, "cleared_at_ms", "It is over: when were its units free again?");
    return BM_OK;
}

/* Looked for among the cases in memory, one by one: sheets are few and are entered by hand. */
static enum bm_code check_once(struct bm_deciding *deciding, const struct sheet *sheet) {
    for (uint64_t id = 0; (id = bm_core_next_id(deciding->core, BM_T_CASE, id));) {
        const struct bm_case *row = bm_core_get(deciding->core, BM_T_CASE, id);
        if (row->source != BM_SOURCE_PAPER || row->jurisdiction.v != sheet->jurisdiction.v ||
            strcmp(row->sheet, sheet->args.sheet) != 0)
            continue;
        deciding->decision->conflict.on_case = id;
        return bm_refuse(deciding, BM_CONFLICT, "sheet", "Sheet %s was entered before, as case %llu.", sheet->args.sheet,
                         (unsigned long long)id);
    }
    return BM_OK;
}

static enum bm_code check(struct bm_deciding *deciding, struct sheet *sheet) {
    struct bm_do_case_paper *args = &sheet->args;
    const void *writer;
    sheet->written_by = args->written_by.v ? args->written_by : deciding->command->actor;
    enum bm_code code = bm_known_class(deciding, args->class_code);
    if (!code && (args->lat_e7 == BM_E7_NONE) != (args->lon_e7 == BM_E7_NONE))
        code = bm_refuse(deciding, BM_MISSING_FIELD, "lon", "Send lat and lon together.");
    if (!code && args->written_by.v) code = bm_visible(deciding, BM_T_OPERATOR, args->written_by.v, "written_by", &writer);
    if (!code) code = bm_jurisdiction_or_own(deciding, args->jurisdiction, &sheet->jurisdiction);
    if (!code) code = check_times(deciding, args);
    if (!code) code = check_end(deciding, args);
    if (!code) code = check_units(deciding, args);
    if (!code) code = check_once(deciding, sheet);
    if (!code && args->contact_keys.len != 2 * sizeof(uint64_t))
        code = bm_refuse(deciding, BM_MISSING_FIELD, "contact_keys", "A contact needs two sealing keys.");
    return code;
}

/* --- what it makes ---------------------------------------------------------------------------- */

static struct bm_contact emit_contact(struct bm_deciding *deciding, const struct sheet *sheet) {
    const struct bm_do_case_paper *args = &sheet->args;
    struct bm_contact contact = {.id.v = bm_new_id(deciding, BM_T_CONTACT), .received_at_ms = args->received_at_ms};
    struct bm_event *event = bm_emit(deciding, BM_EV_CONTACT_RECEIVED, BM_SUBJECT_CONTACT, contact.id.v);
    struct bm_ev_contact_received *ev = &event->contact_received;
    bool spoken = args->channel == BM_CHANNEL_CALL || args->channel == BM_CHANNEL_SILENT;
    uint64_t keys[2];
    memcpy(keys, args->contact_keys.bytes, sizeof keys);
    ev->contact = contact.id;
    ev->channel = args->channel;
    ev->state = BM_CONTACT_ANSWERED;
    ev->jurisdiction = sheet->jurisdiction;
    ev->operator_id = sheet->written_by;
    ev->received_at_ms = args->received_at_ms;
    if (spoken) ev->rang_at_ms = args->received_at_ms;
    ev->answered_at_ms = args->answered_at_ms;
    ev->narrative_key.v = keys[0];
    ev->identity_key.v = keys[1];
    return contact;
}

static struct bm_case emit_case(struct bm_deciding *deciding, const struct sheet *sheet) {
    const struct bm_do_case_paper *args = &sheet->args;
    struct bm_case row = bm_case_to_open(deciding, args->class_code);
    row.jurisdiction = sheet->jurisdiction;
    if (args->priority) row.priority = args->priority;
    row.lat_e7 = args->lat_e7;
    row.lon_e7 = args->lon_e7;
    row.address_verified = args->address_verified;
    row.first_contact_at_ms = args->received_at_ms;
    bm_emit_case_opened(deciding, &row);
    return row;
}

/* The contact hangs on the case and is over, though nobody may have written down when. */
static void emit_ended(struct bm_deciding *deciding, const struct sheet *sheet, uint64_t contact, uint64_t on_case) {
    const struct bm_do_case_paper *args = &sheet->args;
    struct bm_event *event = bm_emit(deciding, BM_EV_CONTACT_ATTACHED, BM_SUBJECT_CASE, on_case);
    event->contact_attached.contact.v = contact;
    event->contact_attached.on_case.v = on_case;
    event = bm_emit(deciding, BM_EV_CONTACT_MOVED, BM_SUBJECT_CONTACT, contact);
    event->contact_moved.contact.v = contact;
    event->contact_moved.from = BM_CONTACT_ANSWERED;
    event->contact_moved.to = BM_CONTACT_ENDED;
    event->contact_moved.occurred_at_ms = args->ended_at_ms;
    event->contact_moved.operator_id = sheet->written_by;
    event->contact_moved.result = BM_RESULT_CASE;
}

static void enter_past(struct bm_draft *draft, const struct sheet *sheet, uint64_t unit) {
    const struct bm_do_case_paper *args = &sheet->args;
    uint64_t id = bm_new_id(draft->deciding, BM_T_ASSIGNMENT);
    struct bm_event *event = bm_emit(draft->deciding, BM_EV_ASSIGNMENT_ENTERED, BM_SUBJECT_CASE, draft->row.id.v);
    struct bm_ev_assignment_entered *ev = &event->assignment_entered;
    ev->assignment.v = id;
    ev->on_case = draft->row.id;
    ev->unit.v = unit;
    ev->assigned_at_ms = args->dispatched_at_ms;
    ev->acknowledged_at_ms = args->acknowledged_at_ms;
    ev->en_route_at_ms = args->en_route_at_ms;
    ev->on_scene_at_ms = args->on_scene_at_ms;
    ev->transporting_at_ms = args->transporting_at_ms;
    ev->at_destination_at_ms = args->at_destination_at_ms;
    ev->cleared_at_ms = args->cleared_at_ms;
    draft->assignments = bm_realloc(draft->assignments, (draft->assignment_count + 1) * sizeof *draft->assignments);
    struct bm_assignment *made = &draft->assignments[draft->assignment_count++];
    bm_shape_clear(bm_table_shape(BM_T_ASSIGNMENT), made);
    made->id.v = id;
    made->on_case = draft->row.id;
    made->unit.v = unit;
    made->state = BM_AS_CLEARED;
}

/* Still at it: committed as any other, and moved through what the sheet says. */
static enum bm_code enter_running(struct bm_draft *draft, const struct sheet *sheet, uint64_t unit) {
    static const char *const events[HAND_STAGES] = {NULL,     "acknowledge", "depart", "arrive",
                                                    "transport", "deliver",     NULL};
    static const char *const fields[HAND_STAGES] = {NULL, "acknowledged_at_ms", "en_route_at_ms", "on_scene_at_ms",
                                                    "transporting_at_ms", "at_destination_at_ms", NULL};
    struct bm_deciding *deciding = draft->deciding;
    struct bm_incident incident = bm_incident_rules(deciding->core, draft->row.opened_at_ms);
    int64_t times[HAND_STAGES];
    hand_times(&sheet->args, times);
    uint64_t id = bm_draft_assign(draft, unit, BM_AS_ASSIGNED, times[0]);
    for (int i = 1; i < HAND_STAGES; i++) {
        struct bm_assignment *hand = bm_draft_find(draft, id);
        struct bm_incident_step step = {.from = bm_hand_state(hand->state), .event = events[i], .area = draft->row.jurisdiction.v};
        enum bm_case_state to;
        if (times[i] == BM_AT_NONE) continue;
        enum bm_code code = bm_incident_step(deciding, &incident, step, &to, NULL);
        if (code && code != BM_NOT_POSSIBLE) return code;
        if (code)
            return bm_refuse(deciding, BM_NOT_POSSIBLE, fields[i], "A unit that is %s cannot be reported so next.",
                             bm_word(&bm_assignment_state_words, hand->state));
        bm_draft_move(draft, hand, (enum bm_assignment_state)(BM_AS_ASSIGNED + i), times[i], BM_END_NONE, false);
    }
    return BM_OK;
}

static enum bm_code end(struct bm_draft *draft, const struct sheet *sheet) {
    if (sheet->args.outcome == BM_OUTCOME_NONE) {
        bm_draft_settle(draft);
        return BM_OK;
    }
    struct bm_deciding *deciding = draft->deciding;
    struct bm_incident incident = bm_incident_rules(deciding->core, draft->row.opened_at_ms);
    struct bm_incident_step step = {.from = bm_case_stage(draft->assignments, draft->assignment_count),
                                    .outcome = (enum bm_outcome)sheet->args.outcome,
                                    .event = "close",
                                    .area = draft->row.jurisdiction.v};
    enum bm_case_state to;
    enum bm_outcome outcome;
    enum bm_code code = bm_incident_step(deciding, &incident, step, &to, &outcome);
    if (!code) bm_draft_close(draft, to, outcome);
    return code;
}

static void emit_entered(struct bm_deciding *deciding, const struct sheet *sheet, uint64_t contact, uint64_t on_case) {
    const struct bm_do_case_paper *args = &sheet->args;
    struct bm_event *event = bm_emit(deciding, BM_EV_PAPER_ENTERED, BM_SUBJECT_CASE, on_case);
    struct bm_ev_paper_entered *ev = &event->paper_entered;
    ev->on_case.v = on_case;
    ev->contact.v = contact;
    ev->source = BM_SOURCE_PAPER;
    memcpy(ev->sheet, args->sheet, sizeof ev->sheet);
    ev->written_by = sheet->written_by;
    ev->received_at_ms = args->received_at_ms;
    ev->answered_at_ms = args->answered_at_ms;
    ev->dispatched_at_ms = args->dispatched_at_ms;
    ev->on_scene_at_ms = args->on_scene_at_ms;
    ev->cleared_at_ms = args->cleared_at_ms;
    ev->closed_at_ms = args->closed_at_ms;
}

enum bm_code bm_decide_paper(struct bm_deciding *deciding) {
    struct sheet sheet = {.args = deciding->command->case_paper};
    enum bm_code code = check(deciding, &sheet);
    if (code) return code;
    struct bm_contact contact = emit_contact(deciding, &sheet);
    struct bm_case row = emit_case(deciding, &sheet);
    emit_ended(deciding, &sheet, contact.id.v, row.id.v);
    struct bm_draft draft = bm_draft_new(deciding, &row);
    for (uint64_t i = 0; i < sheet.args.units.count && !code; i++) {
        if (sheet.args.cleared_at_ms != BM_AT_NONE)
            enter_past(&draft, &sheet, sheet.args.units.ids[i]);
        else
            code = enter_running(&draft, &sheet, sheet.args.units.ids[i]);
    }
    if (!code) code = end(&draft, &sheet);
    bm_draft_free(&draft);
    if (!code) emit_entered(deciding, &sheet, contact.id.v, row.id.v);
    return code;
}
