/* Many units on and off duty at once, and duty levels, which call more of them.
 *
 * Cost: `bulk` O(units named, and the stints of their crews); a level that is raised or ends O(units of the desk * levels), for
 * it has to find whom it calls, and O(stints of the crews) of those alone: a few times a year, and 10,000 units are a millisecond. */
#include <string.h>

#include "core/deciding.h"

void bm_emit_duty(struct bm_deciding *deciding, const struct bm_unit *unit, enum bm_duty duty, const char *shift) {
    struct bm_event *event = bm_emit(deciding, BM_EV_UNIT_DUTY, BM_SUBJECT_UNIT, unit->id.v);
    event->unit_duty.unit = unit->id;
    event->unit_duty.from = unit->duty;
    event->unit_duty.to = (uint8_t)duty;
    if (duty == BM_DUTY_ON)
        bm_check_in_heard(deciding, unit->id.v);
    else
        bm_check_in_over(deciding, unit->id.v, 0);
    bm_stints_follow(deciding, unit->id.v, duty, shift);
}

/* --- many at once ----------------------------------------------------------------------------- */

/* A unit on a case stays on duty until it is clear: the whole is refused with who it is, or it is passed over and said. */
static enum bm_code bulk(struct bm_deciding *deciding) {
    const struct bm_do_duty_bulk *args = &deciding->command->duty_bulk;
    enum bm_code code = BM_OK;
    if (args->units.count == 0) return bm_refuse(deciding, BM_MISSING_FIELD, "units", "Name the units.");
    for (uint64_t i = 0; i < args->units.count && !code; i++) {
        const void *record;
        code = bm_visible(deciding, BM_T_UNIT, args->units.ids[i], "units", &record);
        if (code) return code;
        const struct bm_unit *unit = record;
        for (uint64_t before = 0; before < i; before++) {
            if (args->units.ids[before] == args->units.ids[i])
                return bm_refuse(deciding, BM_CONFLICT, "units", "Unit %s is named twice.", unit->call_sign);
        }
        if (!unit->active) return bm_refuse(deciding, BM_NOT_POSSIBLE, "units", "Unit %s is not in use.", unit->call_sign);
        if (unit->assignment.v && args->duty != BM_DUTY_ON) {
            deciding->decision->conflict.unit = unit->id.v;
            deciding->decision->conflict.on_case = unit->on_case.v;
            if (!args->skip_busy)
                return bm_refuse(deciding, BM_CONFLICT, "units", "Unit %s is on case %llu; clear it first, or pass over those that are busy.",
                                 unit->call_sign, (unsigned long long)unit->on_case.v);
            deciding->decision->flagged = true;
            continue;
        }
        bm_emit_duty(deciding, unit, (enum bm_duty)args->duty, args->shift);
    }
    bm_result(deciding, BM_T_UNIT, args->units.ids[0]);
    if (deciding->decision->event_count == 0)
        return bm_refuse(deciding, BM_CONFLICT, "units", "All of these units are on a case; clear them first.");
    return BM_OK;
}

/* --- duty levels ------------------------------------------------------------------------------ */

static enum bm_code check_called(struct bm_deciding *deciding, const struct bm_ids *ids, enum bm_table_kind table, const char *field) {
    for (uint64_t i = 0; i < ids->count; i++) {
        const void *record;
        enum bm_code code = bm_visible(deciding, table, ids->ids[i], field, &record);
        if (code) return code;
    }
    return BM_OK;
}

static enum bm_code set_level(struct bm_deciding *deciding) {
    const struct bm_do_duty_level_set *args = &deciding->command->duty_level_set;
    const struct bm_core *core = deciding->core;
    uint64_t id;
    enum bm_code code = bm_in_own_area(deciding, args->jurisdiction.v, "jurisdiction");
    if (!code) code = bm_target_or_new(deciding, BM_T_DUTY_LEVEL, &id);
    if (!code) code = check_called(deciding, &args->units, BM_T_UNIT, "units");
    if (!code) code = check_called(deciding, &args->agencies, BM_T_AGENCY, "agencies");
    for (uint64_t i = 0; i < args->agencies.count && !code; i++) code = bm_in_own_area(deciding, args->agencies.ids[i], "agencies");
    if (code) return code;
    const struct bm_duty_level *known = bm_state_record(core, BM_T_DUTY_LEVEL, id);
    if (known && known->raised_at_ms != BM_AT_NONE)
        return bm_refuse(deciding, BM_CONFLICT, "id", "The level is in force; it is changed when it has ended.");
    if (!known && core->tables[BM_T_DUTY_LEVEL].count >= BM_DUTY_LEVELS_MAX)
        return bm_refuse(deciding, BM_OUT_OF_RANGE, "code", "More than %u levels are not kept; use one again.", BM_DUTY_LEVELS_MAX);
    BM_TABLE_EACH(&core->tables[BM_T_DUTY_LEVEL], other) {
        const struct bm_duty_level *level = bm_state_need(core, BM_T_DUTY_LEVEL, other);
        if (other != id && strcmp(level->code, args->code) == 0)
            return bm_refuse(deciding, BM_EXISTS, "code", "Level %llu has this code already.", (unsigned long long)other);
    }
    struct bm_event *event = bm_emit(deciding, BM_EV_DUTY_LEVEL_SET, BM_SUBJECT_AGENCY, args->jurisdiction.v);
    struct bm_ev_duty_level_set *ev = &event->duty_level_set;
    ev->duty_level.v = id;
    memcpy(ev->code, args->code, sizeof ev->code);
    memcpy(ev->name, args->name, sizeof ev->name);
    ev->rank = args->rank;
    ev->jurisdiction = args->jurisdiction;
    ev->units = args->units;
    ev->agencies = args->agencies;
    ev->active = !args->inactive;
    return BM_OK;
}

static bool has(const struct bm_ids *ids, uint64_t id) {
    for (uint64_t i = 0; i < ids->count; i++) {
        if (ids->ids[i] == id) return true;
    }
    return false;
}

/* Whether a level calls the unit: by name, or by an agency that it belongs to or stands below. */
static bool calls(const struct bm_deciding *deciding, const struct bm_duty_level *level, const struct bm_unit *unit) {
    if (has(&level->units, unit->id.v)) return true;
    for (uint64_t i = 0; i < level->agencies.count; i++) {
        if (bm_scope_covers(&deciding->scope, level->agencies.ids[i], unit->jurisdiction.v)) return true;
    }
    return false;
}

static void emit_called(struct bm_deciding *deciding, const struct bm_unit *unit, uint64_t level) {
    struct bm_event *event = bm_emit(deciding, BM_EV_UNIT_CALLED, BM_SUBJECT_UNIT, unit->id.v);
    event->unit_called.unit = unit->id;
    event->unit_called.from = unit->duty;
    event->unit_called.to = BM_DUTY_ON;
    event->unit_called.duty_level.v = level;
}

/* The level as the actor read it. */
static enum bm_code level_of(struct bm_deciding *deciding, const struct bm_duty_level **ret_level) {
    const void *record;
    enum bm_code code = bm_visible(deciding, BM_T_DUTY_LEVEL, deciding->command->target, "duty_level", &record);
    if (code) return code;
    bm_result(deciding, BM_T_DUTY_LEVEL, deciding->command->target);
    *ret_level = record;
    return deciding->actor ? bm_match_record(deciding, BM_T_DUTY_LEVEL, record) : BM_OK;
}

/* Raised anew while it is in force: another end, and whoever went off duty since is called again. */
static enum bm_code raise_level(struct bm_deciding *deciding) {
    const struct bm_do_duty_level_raise *args = &deciding->command->duty_level_raise;
    const struct bm_core *core = deciding->core;
    const struct bm_duty_level *level;
    enum bm_code code = level_of(deciding, &level);
    if (code) return code;
    if (!level->active) return bm_refuse(deciding, BM_NOT_POSSIBLE, "duty_level", "Level %s is not in use.", level->code);
    if (args->until_at_ms == BM_AT_NONE) return bm_refuse(deciding, BM_MISSING_FIELD, "until_at_ms", "Say until when.");
    if (args->until_at_ms <= deciding->now_ms || args->until_at_ms > deciding->now_ms + BM_DUTY_LEVEL_MOST_MS)
        return bm_refuse(deciding, BM_OUT_OF_RANGE, "until_at_ms", "The end lies ahead, at most 31 days.");
    uint32_t called = 0, held = 0; /* held: called before, and not off again since */
    BM_TABLE_EACH(&core->tables[BM_T_UNIT], id) {
        const struct bm_unit *unit = bm_state_need(core, BM_T_UNIT, id);
        if (unit->active && unit->duty == BM_DUTY_OFF && calls(deciding, level, unit)) called++;
        held += unit->called_by.v == level->id.v && unit->duty != BM_DUTY_OFF;
    }
    if (called + held > BM_DUTY_LEVEL_CALLS_MAX)
        return bm_refuse(deciding, BM_OUT_OF_RANGE, "duty_level", "It would call %u units, at most %u are called by one level; divide it.",
                         called + held, BM_DUTY_LEVEL_CALLS_MAX);
    struct bm_event *event = bm_emit(deciding, BM_EV_DUTY_LEVEL_RAISED, BM_SUBJECT_AGENCY, level->jurisdiction.v);
    event->duty_level_raised.duty_level = level->id;
    event->duty_level_raised.until_at_ms = args->until_at_ms;
    memcpy(event->duty_level_raised.reason, args->reason, sizeof args->reason);
    event->duty_level_raised.called_count = called;
    BM_TABLE_EACH(&core->tables[BM_T_UNIT], id) {
        const struct bm_unit *unit = bm_state_need(core, BM_T_UNIT, id);
        if (!unit->active || unit->duty != BM_DUTY_OFF || !calls(deciding, level, unit)) continue;
        emit_called(deciding, unit, level->id.v);
        bm_stints_follow(deciding, id, BM_DUTY_ON, "");
    }
    return BM_OK;
}

/* Another level in force that calls the unit, too; 0: none. */
static uint64_t held_by_another(const struct bm_deciding *deciding, const struct bm_duty_level *ends, const struct bm_unit *unit) {
    BM_TABLE_EACH(&deciding->core->tables[BM_T_DUTY_LEVEL], id) {
        const struct bm_duty_level *level = bm_state_need(deciding->core, BM_T_DUTY_LEVEL, id);
        if (id != ends->id.v && level->raised_at_ms != BM_AT_NONE && calls(deciding, level, unit)) return id;
    }
    return 0;
}

/* Whom it called goes off duty again: not who is on a case (they stay on duty, and are let go by hand), and not whom another
 * level holds.  By itself it lets them go a part at a time and stays due until none is left, for one batch holds only so
 * many events. */
static enum bm_code end_level(struct bm_deciding *deciding) {
    const struct bm_core *core = deciding->core;
    const struct bm_duty_level *level;
    enum bm_code code = level_of(deciding, &level);
    if (code) return code;
    if (level->raised_at_ms == BM_AT_NONE)
        return bm_refuse(deciding, BM_NOT_POSSIBLE, "duty_level", "Level %s is not in force.", level->code);
    bool expired = deciding->command->kind == BM_DO_DUTY_LEVEL_DUE;
    BM_TABLE_EACH(&core->tables[BM_T_UNIT], id) {
        const struct bm_unit *unit = bm_state_need(core, BM_T_UNIT, id);
        if (unit->called_by.v != level->id.v) continue;
        if (expired && deciding->decision->event_count > BM_DECISION_EVENTS_MAX / 2) return BM_OK;
        uint64_t other = held_by_another(deciding, level, unit);
        if (other || unit->assignment.v || unit->duty != BM_DUTY_ON)
            emit_called(deciding, unit, other);
        else
            bm_emit_duty(deciding, unit, BM_DUTY_OFF, "");
    }
    struct bm_event *event = bm_emit(deciding, BM_EV_DUTY_LEVEL_ENDED, BM_SUBJECT_AGENCY, level->jurisdiction.v);
    event->duty_level_ended.duty_level = level->id;
    event->duty_level_ended.expired = expired;
    if (!expired) memcpy(event->duty_level_ended.reason, deciding->command->duty_level_end.reason, sizeof level->reason);
    return BM_OK;
}

enum bm_code bm_decide_duty(struct bm_deciding *deciding) {
    if (deciding->command->kind == BM_DO_DUTY_BULK) return bulk(deciding);
    if (deciding->command->kind == BM_DO_DUTY_LEVEL_SET) return set_level(deciding);
    return deciding->command->kind == BM_DO_DUTY_LEVEL_RAISE ? raise_level(deciding) : end_level(deciding);
}
