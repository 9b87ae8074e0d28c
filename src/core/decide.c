/* Commands -> events or a refusal: authority, repeated requests, then the command's own rules. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/time.h"
#include "core/deciding.h"
#include "core/part.h"

struct bm_decision bm_decision_make(void) {
    return (struct bm_decision){0};
}

static void clear(struct bm_decision *decision) {
    for (size_t i = 0; i < decision->event_count; i++) bm_event_release(&decision->events[i]);
    struct bm_event *events = decision->events;
    size_t cap = decision->event_cap;
    *decision = (struct bm_decision){.events = events, .event_cap = cap};
}

void bm_decision_free(struct bm_decision *decision) {
    clear(decision);
    bm_free(decision->events);
    *decision = bm_decision_make();
}

enum bm_code bm_refuse(struct bm_deciding *deciding, enum bm_code code, const char *field,
                       const char *format, ...) {
    char detail[BM_FAULT_DETAIL_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(detail, sizeof detail, format, arguments);
    va_end(arguments);
    return bm_fault_set(&deciding->decision->fault, code, field, "%s", detail);
}

struct bm_event *bm_emit(struct bm_deciding *deciding, enum bm_event_kind kind,
                         enum bm_subject_kind subject, uint64_t id) {
    struct bm_decision *decision = deciding->decision;
    if (decision->event_count == decision->event_cap) {
        decision->event_cap = decision->event_cap ? decision->event_cap * 2 : 8;
        decision->events = bm_realloc(decision->events,
                                      decision->event_cap * sizeof *decision->events);
    }
    struct bm_event *event = &decision->events[decision->event_count++];
    *event = bm_event_make(kind, (struct bm_subject){subject, id});
    event->at_ms = deciding->now_ms;
    event->actor = deciding->command->actor;
    return event;
}

void bm_emit_sealed(struct bm_deciding *deciding, struct bm_event *event,
                    enum bm_data_class data_class) {
    const struct bm_bytes *value = &deciding->command->sealed[data_class].value;
    if (!value->len) return;
    event->key_id = deciding->command->sealed[data_class].key_id;
    event->sealed = bm_bytes_copy(value->bytes, value->len);
}

uint64_t bm_new_id(struct bm_deciding *deciding, enum bm_table_kind table) {
    return ++deciding->last_id[table];
}

void bm_result(struct bm_deciding *deciding, enum bm_table_kind table, uint64_t id) {
    deciding->decision->made_what = (uint8_t)table;
    deciding->decision->made_id = id;
}

enum bm_code bm_visible(struct bm_deciding *deciding, enum bm_table_kind table, uint64_t id,
                        const char *field, const void **ret_record) {
    const void *record = bm_state_record(deciding->core, table, id);
    if (record && bm_may_see(&deciding->viewer, &deciding->scope, table, record)) {
        *ret_record = record;
        return BM_OK;
    }
    return bm_refuse(deciding, BM_NOT_FOUND, field, "There is no %s %llu that you may see.",
                     bm_word(&bm_table_kind_words, table), (unsigned long long)id);
}

enum bm_code bm_occurred(struct bm_deciding *deciding, int64_t given_ms, int64_t *ret_ms) {
    if (given_ms == BM_AT_NONE) {
        *ret_ms = deciding->now_ms;
        return BM_OK;
    }
    if (given_ms > deciding->now_ms + BM_OCCURRED_AHEAD_MS) {
        return bm_refuse(
            deciding, BM_OUT_OF_RANGE, "occurred_at_ms",
            "That time lies in the future; check the clock of the device that sent it.");
    }
    *ret_ms = given_ms < deciding->now_ms
                  ? given_ms
                  : deciding->now_ms; /* a watch that runs ahead: it is over now */
    return BM_OK;
}

/* A version after the last one would be one that somebody may have read long ago. */
static enum bm_code last_version(struct bm_deciding *deciding) {
    return bm_refuse(deciding, BM_NOT_POSSIBLE, "If-Match",
                     "It was changed %u times and takes no further change; make another in its place.", UINT32_MAX);
}

enum bm_code bm_match_record(struct bm_deciding *deciding, enum bm_table_kind table,
                             const void *record) {
    const struct bm_command *command = deciding->command;
    const struct bm_field *field = bm_shape_find(bm_table_shape(table), "version");
    uint32_t version = *(const uint32_t *)bm_field_of(field, record);
    if (!command->has_if_match) {
        return bm_refuse(deciding, BM_VERSION_REQUIRED, "If-Match",
                         "Send If-Match with the version you read; it is %u now.", version);
    }
    if (command->if_match == version) return version == UINT32_MAX ? last_version(deciding) : BM_OK;
    deciding->decision->conflict.version = version;
    return bm_refuse(deciding, BM_STALE_VERSION, "If-Match",
                     "You read version %u; it is %u now. Read it again and repeat.",
                     command->if_match, version);
}

enum bm_code bm_match_version(struct bm_deciding *deciding, const struct bm_case *row) {
    const struct bm_command *command = deciding->command;
    if (!command->has_if_match) {
        return bm_refuse(deciding, BM_VERSION_REQUIRED, "If-Match",
                         "Send If-Match with the case's version; it is %u now.", row->version);
    }
    if (command->if_match == row->version) return row->version == UINT32_MAX ? last_version(deciding) : BM_OK;
    char when[BM_TIME_TEXT_BYTES];
    bm_time_text(row->changed_at_ms == BM_AT_NONE ? 0 : row->changed_at_ms, when);
    deciding->decision->conflict.on_case = row->id.v;
    deciding->decision->conflict.operator_id = row->changed_by.v;
    deciding->decision->conflict.version = row->version;
    deciding->decision->conflict.at_ms = row->changed_at_ms;
    char what[120] = "";
    for (uint32_t w = 0; w < bm_aspect_words.count; w++) {
        if (!(row->changed_what & BM_BIT(w))) continue;
        size_t used = strlen(what);
        snprintf(what + used, sizeof what - used, "%s%s", used ? ", " : "",
                 bm_aspect_words.words[w]);
    }
    return bm_refuse(deciding, BM_STALE_VERSION, "If-Match",
                     "You read version %u; operator %llu changed %s%s at %s; it is version %u now. "
                     "Read it again and repeat.",
                     command->if_match, (unsigned long long)row->changed_by.v, what,
                     command->if_match + 1 < row->version ? " (and others before)" : "", when,
                     row->version);
}

enum bm_code bm_open_case(struct bm_deciding *deciding, uint64_t id, const char *field,
                          const struct bm_case **ret_row) {
    const struct bm_stub *stub = bm_state_record(deciding->core, BM_T_STUB, id);
    if (stub && bm_may_see(&deciding->viewer, &deciding->scope, BM_T_STUB, stub)) {
        return bm_refuse(deciding, BM_NOT_POSSIBLE, field,
                         "Case %llu is closed and archived; reopen it first.",
                         (unsigned long long)id);
    }
    const void *record;
    enum bm_code code = bm_visible(deciding, BM_T_CASE, id, field, &record);
    if (code) return code;
    const struct bm_case *row = record;
    if (row->state == BM_CASE_MERGED) {
        deciding->decision->conflict.on_case = row->merged_into.v;
        return bm_refuse(deciding, BM_NOT_POSSIBLE, field,
                         "Case %llu was merged into case %llu; go on there.",
                         (unsigned long long)id, (unsigned long long)row->merged_into.v);
    }
    if (row->state == BM_CASE_CLOSED) {
        return bm_refuse(deciding, BM_NOT_POSSIBLE, field, "Case %llu is closed; reopen it first.",
                         (unsigned long long)id);
    }
    *ret_row = row;
    return BM_OK;
}

enum bm_code bm_jurisdiction_or_own(struct bm_deciding *deciding, struct bm_agency_id given,
                                    struct bm_agency_id *ret) {
    if (given.v) {
        const void *record = bm_state_record(deciding->core, BM_T_AGENCY, given.v);
        if (!record) {
            return bm_refuse(deciding, BM_NOT_FOUND, "jurisdiction", "There is no agency %llu.",
                             (unsigned long long)given.v);
        }
        *ret = given;
        return BM_OK;
    }
    if (!deciding->actor) {
        return bm_refuse(deciding, BM_MISSING_FIELD, "jurisdiction",
                         "Name the agency whose area this is.");
    }
    *ret = deciding->actor->jurisdiction;
    return BM_OK;
}

/* --- authority -------------------------------------------------------------------------------- */

static uint64_t parent_of(const void *context, uint64_t agency) {
    const struct bm_agency *record = bm_state_record(context, BM_T_AGENCY, agency);
    return record ? record->parent.v : 0;
}

static bool unit_on_case(const void *context, uint64_t unit, uint64_t case_id) {
    const struct bm_unit_slot *slot = bm_state_slot(context, BM_T_UNIT, unit);
    for (uint64_t id = slot ? slot->assignments.first : 0; id;
         id = bm_state_after_in_unit(context, id)) {
        const struct bm_assignment *assignment = bm_state_need(context, BM_T_ASSIGNMENT, id);
        if (assignment->on_case.v == case_id) return true;
    }
    return false;
}

static bool part_on_case(const void *context, uint64_t above, uint64_t case_id) {
    const struct bm_scope scope = {parent_of, unit_on_case, part_on_case, context};
    return bm_part_on_case(context, &scope, above, case_id);
}

static enum bm_code authorise(struct bm_deciding *deciding) {
    const struct bm_command *command = deciding->command;
    uint32_t roles = bm_command_roles(command->kind);
    deciding->scope = (struct bm_scope){parent_of, unit_on_case, part_on_case, deciding->core};
    if (command->actor.v == 0) return BM_OK;
    deciding->actor = bm_state_record(deciding->core, BM_T_OPERATOR, command->actor.v);
    if (!deciding->actor || !deciding->actor->active) {
        return bm_refuse(deciding, BM_UNAUTHENTICATED, NULL, "This operator is no longer active.");
    }
    deciding->viewer = (struct bm_viewer){command->actor.v, deciding->actor->roles,
                                          deciding->actor->jurisdiction.v, deciding->actor->unit.v};
    if (!(deciding->actor->roles & roles)) {
        return bm_refuse(deciding, BM_FORBIDDEN, NULL,
                         "Your roles do not allow \"%s\"; ask your supervisor.",
                         bm_command_word(command->kind));
    }
    return BM_OK;
}

/* A key that was accepted before gives the old result again; with another body it is refused. */
static enum bm_code recall(struct bm_deciding *deciding, bool *ret_replayed) {
    const struct bm_command *command = deciding->command;
    uint64_t id;
    *ret_replayed = false;
    if (!command->has_request ||
        !bm_map_get(&deciding->core->request_by_key, command->request, &id)) {
        return BM_OK;
    }
    const struct bm_request *request = bm_state_need(deciding->core, BM_T_REQUEST, id);
    if (request->at_ms + BM_REQUEST_KEEP_MS < deciding->now_ms) return BM_OK;
    if (memcmp(request->digest, command->request + 16, 16) != 0) {
        return bm_refuse(
            deciding, BM_KEY_REUSED, "Idempotency-Key",
            "This key was used with another request; take a new key for a new request.");
    }
    deciding->decision->replayed = true;
    deciding->decision->made_seq = request->seq.v;
    bm_result(deciding, (enum bm_table_kind)request->what, request->result_id);
    *ret_replayed = true;
    return BM_OK;
}

static enum bm_code decide_kind(struct bm_deciding *deciding) {
    switch (deciding->command->kind) {
    case BM_DO_AGENCY_SET:
    case BM_DO_PLACE_SET:
    case BM_DO_UNIT_SET:
    case BM_DO_UNIT_DUTY:
    case BM_DO_OPERATOR_SET:
    case BM_DO_AREA_SET:
    case BM_DO_ACCOUNT_SET:
    case BM_DO_LOOK:
    case BM_DO_TIME_JUMP:
    case BM_DO_TIME_CONFIRM:
    case BM_DO_TIMER_RETRY:
        return bm_decide_house(deciding);
    case BM_DO_CONTACT_RECEIVE:
    case BM_DO_CONTACT_ANSWER:
    case BM_DO_CONTACT_ABANDON:
    case BM_DO_CONTACT_END:
    case BM_DO_CONTACT_FIX:
    case BM_DO_CONTACT_ATTACH:
    case BM_DO_CONTACT_ARCHIVE:
    case BM_DO_ERASE_CONTACT:
        return bm_decide_contact(deciding);
    case BM_DO_CASE_OPEN:
    case BM_DO_CASE_CHANGE:
    case BM_DO_CASE_CLAIM:
    case BM_DO_CASE_CLOSE:
    case BM_DO_CASE_REOPEN:
    case BM_DO_ENTRY:
    case BM_DO_ERASE_CASE:
    case BM_DO_CLOCK_DUE:
        return bm_decide_case(deciding);
    case BM_DO_ROAD_CLOSE:
    case BM_DO_ROAD_CHANGE:
    case BM_DO_ROAD_OPEN:
    case BM_DO_ROAD_DUE:
        return bm_decide_roads(deciding);
    case BM_DO_CASE_MERGE:
    case BM_DO_CASE_SPLIT:
    case BM_DO_CASE_LINK:
    case BM_DO_CASE_ARCHIVE:
    case BM_DO_CASE_REVIVE:
        return bm_decide_bonds(deciding);
    case BM_DO_ASSIGN:
    case BM_DO_STATUS:
    case BM_DO_SWAP:
        return bm_decide_assignment(deciding);
    case BM_DO_PUBLISH:
        return bm_decide_publish(deciding);
    case BM_DO_MATTER_OPEN:
    case BM_DO_MATTER_ACT:
    case BM_DO_MATTER_SEPARATE:
    case BM_DO_MATTER_MIGRATE:
    case BM_DO_MATTER_DUE:
        return bm_decide_matter(deciding);
    case BM_DO_IMPORT:
        return bm_decide_import(deciding);
    case BM_DO_CASE_EVENT:
        return bm_decide_part(deciding);
    case BM_DO_CONTACT_LOCATE:
        return bm_decide_locate(deciding);
    case BM_DO_CONTACT_TAKE:
    case BM_DO_CONTACT_NOTE:
    case BM_DO_RING_BACK:
    case BM_DO_CALL_DUE:
        return bm_decide_call(deciding);
    case BM_DO_CASE_PAPER:
        return bm_decide_paper(deciding);
    case BM_DO_RATE:
    case BM_DO_RATING_CHECK:
    case BM_DO_STATE_FIGURES:
        return bm_decide_rating(deciding);
    case BM_DO_DESK_POSITION_SET:
    case BM_DO_DESK_POSITION_LOG_ON:
    case BM_DO_DESK_POSITION_LOG_OFF:
        return bm_decide_desk_position(deciding);
    case BM_DO_DEVICE_SET:
    case BM_DO_DEVICE_SECRET:
    case BM_DO_CHECK_IN_SET:
    case BM_DO_CHECK_IN:
    case BM_DO_CHECK_IN_STOP:
    case BM_DO_CHECK_IN_DUE:
    case BM_DO_DURESS:
    case BM_DO_DURESS_ACKNOWLEDGE:
    case BM_DO_DURESS_CASE:
        return bm_decide_safety(deciding);
    case BM_DO_BAND_SET:
        return bm_decide_band(deciding);
    case BM_DO_ALERT_CHANNEL_SET:
    case BM_DO_ALERT_CHANNEL_PAUSE:
    case BM_DO_ALERT_CHANNEL_OFF:
    case BM_DO_ALERT_SECRET_SET:
    case BM_DO_ALERT_RESEND:
        return bm_decide_alert(deciding);
    case BM_DO_STINT_PLAN:
    case BM_DO_STINT_BEGIN:
    case BM_DO_STINT_END:
    case BM_DO_STINT_CANCEL:
    case BM_DO_STINT_ARCHIVE:
    case BM_DO_DUTY_RULE_SET:
        return bm_decide_stint(deciding);
    case BM_DO_DUTY_BULK:
    case BM_DO_DUTY_LEVEL_SET:
    case BM_DO_DUTY_LEVEL_RAISE:
    case BM_DO_DUTY_LEVEL_END:
    case BM_DO_DUTY_LEVEL_DUE:
        return bm_decide_duty(deciding);
    case BM_DO_TAKE_OVER:
    case BM_DO_HANDOVER_LEAVE:
    case BM_DO_HANDOVER_TAKE:
    case BM_DO_HANDOVER_ARCHIVE:
        return bm_decide_handover(deciding);
    case BM_DO_ERASE_DURESS:
    case BM_DO_ERASE_HANDOVER:
        return bm_decide_erase(deciding);
    case BM_command_kind_COUNT:
        break;
    }
    BM_NEVER("a command kind");
}

/* Whether all that was decided has a number: its events a place in the record, what it makes an id.  Apply numbers
 * requests and classes by itself. */
static enum bm_code numbers_left(struct bm_deciding *deciding) {
    const struct bm_core *core = deciding->core;
    const struct bm_command *command = deciding->command;
    const char *what = deciding->decision->event_count > BM_SEQ_MAX - core->seq ? "seq" : NULL;
    for (int t = 0; t < BM_table_kind_COUNT && !what; t++) {
        uint64_t more = t == BM_T_REQUEST ? command->has_request
                        : t == BM_T_CLASS && command->kind == BM_DO_PUBLISH ? BM_CLASSES_MAX
                                                                            : 0;
        if (deciding->last_id[t] + more > BM_TABLE_ID_MAX) what = bm_word(&bm_table_kind_words, (unsigned)t);
    }
    if (!what || !deciding->decision->event_count) return BM_OK;
    return bm_refuse(deciding, BM_NO_SPACE, what,
                     "This record has used its last number (%s) and takes nothing that needs another; begin a new record.", what);
}

enum bm_code bm_core_decide(const struct bm_core *core, const struct bm_command *command,
                            int64_t now_ms, struct bm_decision *decision) {
    BM_CHECK(now_ms >= core->at_ms);
    clear(decision);
    struct bm_deciding deciding = {
        .core = core, .command = command, .now_ms = now_ms, .decision = decision};
    memcpy(deciding.last_id, core->last_id, sizeof deciding.last_id);
    enum bm_code code = authorise(&deciding);
    if (code) return code;
    bool replayed;
    code = recall(&deciding, &replayed);
    if (code || replayed) return code;
    code = decide_kind(&deciding);
    if (!code && command->actor.v && decision->event_count > BM_DECISION_EVENTS_MAX)
        code = bm_refuse(&deciding, BM_TOO_LARGE, NULL, "That changes too much at once (%zu changes, %d at most); do it in parts.",
                         (size_t)decision->event_count, BM_DECISION_EVENTS_MAX);
    if (!code) code = numbers_left(&deciding);
    if (code) {
        struct bm_fault fault = decision->fault;
        __typeof__(decision->conflict) conflict = decision->conflict;
        clear(decision);
        decision->fault = fault;
        decision->conflict = conflict;
        return code;
    }
    if (command->has_request && decision->event_count) {
        struct bm_event *first = &decision->events[0];
        first->has_request = true;
        memcpy(first->request, command->request, BM_REQUEST_BYTES);
        first->made_what = decision->made_what;
        first->made_id = decision->made_id;
    }
    return BM_OK;
}
