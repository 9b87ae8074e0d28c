/* Positions at the desk: which lines ring where, where a call rings next, and who sits there. */
#include <string.h>

#include "core/deciding.h"

const struct bm_desk_position *bm_desk_position_of(const struct bm_core *core, uint64_t operator_id) {
    BM_TABLE_EACH(&core->tables[BM_T_DESK_POSITION], id) {
        const struct bm_desk_position *position = bm_state_need(core, BM_T_DESK_POSITION, id);
        if (operator_id && position->operator_id.v == operator_id) return position;
    }
    return NULL;
}

void bm_desk_position_leave(struct bm_deciding *deciding, const struct bm_desk_position *position) {
    struct bm_event *event = bm_emit(deciding, BM_EV_DESK_POSITION_LOGGED_OFF, BM_SUBJECT_DESK_POSITION, position->id.v);
    event->desk_position_logged_off.desk_position = position->id;
    event->desk_position_logged_off.operator_id = position->operator_id;
    bm_stints_end_at(deciding, 0, position->id.v);
}

/* Lines are compared with the `line` of contacts, so none may be longer than that. */
static enum bm_code check_lines(struct bm_deciding *deciding, const char *lines) {
    for (const char *at = lines; *at;) {
        size_t len = strcspn(at, " ");
        if (len >= BM_CODE_TEXT)
            return bm_refuse(deciding, BM_OUT_OF_RANGE, "lines", "A line has at most %d bytes; separate lines by spaces, like \"110-1 110-2\".",
                             BM_CODE_TEXT - 1);
        at += len;
        at += strspn(at, " ");
    }
    return BM_OK;
}

static enum bm_code check_next(struct bm_deciding *deciding, uint64_t id) {
    const struct bm_do_desk_position_set *args = &deciding->command->desk_position_set;
    const void *record;
    bool waits = args->rollover_ms != BM_AT_NONE;
    if (waits && (args->rollover_ms < BM_ROLLOVER_LEAST_MS || args->rollover_ms > BM_ROLLOVER_MOST_MS))
        return bm_refuse(deciding, BM_OUT_OF_RANGE, "rollover_ms", "Calls roll over after 1 second to 10 minutes.");
    if (!args->next.v && waits) return bm_refuse(deciding, BM_MISSING_FIELD, "next", "Name the position at which the call rings next.");
    if (!args->next.v) return BM_OK;
    if (!waits) return bm_refuse(deciding, BM_MISSING_FIELD, "rollover_ms", "Say after how long a call rings at the next position.");
    if (args->next.v == id) return bm_refuse(deciding, BM_CONFLICT, "next", "A call cannot roll over to where it rings; choose another position.");
    return bm_visible(deciding, BM_T_DESK_POSITION, args->next.v, "next", &record);
}

static enum bm_code set_position(struct bm_deciding *deciding) {
    const struct bm_do_desk_position_set *args = &deciding->command->desk_position_set;
    const struct bm_core *core = deciding->core;
    uint64_t id;
    enum bm_code code = bm_in_own_area(deciding, args->jurisdiction.v, "jurisdiction");
    if (!code) code = bm_target_or_new(deciding, BM_T_DESK_POSITION, &id);
    if (!code) code = check_lines(deciding, args->lines);
    if (!code) code = check_next(deciding, id);
    if (code) return code;
    const struct bm_desk_position *known = bm_state_record(core, BM_T_DESK_POSITION, id);
    if (!known && core->tables[BM_T_DESK_POSITION].count >= BM_DESK_POSITIONS_MAX)
        return bm_refuse(deciding, BM_OUT_OF_RANGE, "code", "More than %u positions are not kept; use one again.", BM_DESK_POSITIONS_MAX);
    BM_TABLE_EACH(&core->tables[BM_T_DESK_POSITION], other) {
        const struct bm_desk_position *position = bm_state_need(core, BM_T_DESK_POSITION, other);
        if (other != id && strcmp(position->code, args->code) == 0)
            return bm_refuse(deciding, BM_EXISTS, "code", "Position %llu has this code already.", (unsigned long long)other);
    }
    if (known && known->operator_id.v && args->inactive) {
        deciding->decision->conflict.operator_id = known->operator_id.v;
        return bm_refuse(deciding, BM_CONFLICT, "inactive", "Operator %llu is logged on there; they log off first, or a supervisor logs them off.",
                         (unsigned long long)known->operator_id.v);
    }
    struct bm_event *event = bm_emit(deciding, BM_EV_DESK_POSITION_SET, BM_SUBJECT_DESK_POSITION, id);
    struct bm_ev_desk_position_set *ev = &event->desk_position_set;
    ev->desk_position.v = id;
    memcpy(ev->code, args->code, sizeof ev->code);
    memcpy(ev->name, args->name, sizeof ev->name);
    ev->jurisdiction = args->jurisdiction;
    memcpy(ev->lines, args->lines, sizeof ev->lines);
    ev->next = args->next;
    ev->rollover_ms = args->rollover_ms;
    ev->active = !args->inactive;
    return BM_OK;
}

/* One operator at one position, one position for one operator: whoever comes second is told who was first. */
static enum bm_code log_on(struct bm_deciding *deciding) {
    const void *record;
    enum bm_code code = bm_visible(deciding, BM_T_DESK_POSITION, deciding->command->target, "desk_position", &record);
    if (code) return code;
    const struct bm_desk_position *position = record;
    struct bm_operator_id who = deciding->command->actor;
    bm_result(deciding, BM_T_DESK_POSITION, position->id.v);
    if (!deciding->actor)
        return bm_refuse(deciding, BM_FORBIDDEN, "desk_position", "People log on; the desk itself sits nowhere.");
    if (!position->active)
        return bm_refuse(deciding, BM_NOT_POSSIBLE, "desk_position", "Position %s is not in use.", position->code);
    const struct bm_desk_position *sits = bm_desk_position_of(deciding->core, who.v);
    if (sits && sits != position)
        return bm_refuse(deciding, BM_CONFLICT, "desk_position", "You are logged on at position %s; log off there first.", sits->code);
    if (position->operator_id.v && position->operator_id.v != who.v) {
        deciding->decision->conflict.operator_id = position->operator_id.v;
        deciding->decision->conflict.at_ms = position->since_at_ms;
        return bm_refuse(deciding, BM_CONFLICT, "desk_position",
                         "Operator %llu is logged on at position %s; they log off first, or a supervisor logs them off.",
                         (unsigned long long)position->operator_id.v, position->code);
    }
    /* Already there: nothing to record, but that this key was answered (a repeat must not log on again later). */
    if (sits && !deciding->command->has_request) return BM_OK;
    struct bm_event *event = bm_emit(deciding, BM_EV_DESK_POSITION_LOGGED_ON, BM_SUBJECT_DESK_POSITION, position->id.v);
    event->desk_position_logged_on.desk_position = position->id;
    event->desk_position_logged_on.operator_id = who;
    event->desk_position_logged_on.since_at_ms = sits ? sits->since_at_ms : deciding->now_ms;
    if (!sits) bm_stint_begin(deciding, bm_state_need(deciding->core, BM_T_OPERATOR, who.v), 0, position->id.v, "");
    return BM_OK;
}

static enum bm_code log_off(struct bm_deciding *deciding) {
    const void *record;
    enum bm_code code = bm_visible(deciding, BM_T_DESK_POSITION, deciding->command->target, "desk_position", &record);
    if (code) return code;
    const struct bm_desk_position *position = record;
    bm_result(deciding, BM_T_DESK_POSITION, position->id.v);
    if (!position->operator_id.v)
        return bm_refuse(deciding, BM_NOT_POSSIBLE, "desk_position", "Nobody is logged on at position %s.", position->code);
    bool own = position->operator_id.v == deciding->command->actor.v;
    if (!own && deciding->actor && !(deciding->actor->roles & BM_HEADS)) {
        deciding->decision->conflict.operator_id = position->operator_id.v;
        return bm_refuse(deciding, BM_FORBIDDEN, "desk_position", "Operator %llu is logged on there; only they or a supervisor log them off.",
                         (unsigned long long)position->operator_id.v);
    }
    bm_desk_position_leave(deciding, position);
    return BM_OK;
}

enum bm_code bm_decide_desk_position(struct bm_deciding *deciding) {
    if (deciding->command->kind == BM_DO_DESK_POSITION_SET) return set_position(deciding);
    return deciding->command->kind == BM_DO_DESK_POSITION_LOG_ON ? log_on(deciding) : log_off(deciding);
}
