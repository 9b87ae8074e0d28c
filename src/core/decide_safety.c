/* Who is out there and whether they are well: devices of units, safety timers, crews in danger. */
#include <string.h>

#include "core/deciding.h"
#include "core/import.h"

/* --- devices ---------------------------------------------------------------------------------- */

static bool only_of(const char *text, const char *set) {
    return text[0] && !text[strspn(text, set)];
}

#define DIGITS "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* As the protocol spells it: two spellings of one device would be two devices. */
enum bm_code bm_device_check(const struct bm_do_device_set *args, struct bm_fault *fault) {
    const char *identity = args->identity, *mend = NULL;
    uint8_t protocol = args->protocol;
    if (protocol == BM_DEVICE_OWNTRACKS) {
        const char *slash = strchr(identity, '/');
        bool fine = only_of(identity, DIGITS LETTERS "-_.@/") && slash && slash != identity && slash[1] && !strchr(slash + 1, '/');
        if (!fine) mend = "An OwnTracks device is named user/device, of letters, digits and - _ . @.";
    } else if (protocol == BM_DEVICE_OSMAND) {
        if (!only_of(identity, DIGITS LETTERS "-_.@")) mend = "An OsmAnd device is named by letters, digits and - _ . @.";
    } else if (!only_of(identity, DIGITS "abcdef") || (identity[0] == '0' && identity[1]) || strlen(identity) > 20) {
        mend = "A JT/T 808 terminal is named by its telephone number: at most 20 digits, without the zeros in front.";
    }
    return mend ? bm_fault_set(fault, BM_OUT_OF_RANGE, "identity", "%s", mend) : BM_OK;
}

/* A unit of the actor's area, which is in the house. */
static enum bm_code unit_of(struct bm_deciding *deciding, uint64_t id, const char *field, const struct bm_unit **ret_unit) {
    const void *record;
    enum bm_code code = bm_visible(deciding, BM_T_UNIT, id, field, &record);
    if (code) return code;
    const struct bm_unit *unit = record;
    if (!unit->active)
        return bm_refuse(deciding, BM_NOT_POSSIBLE, field, "Unit %s is no longer in service.", unit->call_sign);
    *ret_unit = unit;
    return BM_OK;
}

static enum bm_code name_is_free(struct bm_deciding *deciding, uint64_t id) {
    const struct bm_do_device_set *args = &deciding->command->device_set;
    char key[BM_IMPORT_KEY_TEXT];
    bm_import_device_key(args->protocol, args->identity, key);
    uint64_t other = bm_claim_key(deciding, BM_T_DEVICE, key, id);
    if (!other) return BM_OK;
    return bm_refuse(deciding, BM_EXISTS, "identity", "Device %llu has this name already.", (unsigned long long)other);
}

/* With those that rows before this one make. */
static bool is_full(const struct bm_deciding *deciding) {
    uint64_t coming = deciding->last_id[BM_T_DEVICE] - deciding->core->last_id[BM_T_DEVICE];
    return deciding->core->tables[BM_T_DEVICE].count + coming >= BM_DEVICES_MAX;
}

static enum bm_code set_device(struct bm_deciding *deciding) {
    const struct bm_do_device_set *args = &deciding->command->device_set;
    uint64_t id = deciding->command->target;
    const struct bm_unit *unit = NULL;
    const void *record;
    enum bm_code code = bm_device_check(args, &deciding->decision->fault);
    if (!code) code = unit_of(deciding, args->unit.v, "unit", &unit);
    if (!code && id) code = bm_visible(deciding, BM_T_DEVICE, id, "id", &record);
    if (!code && id && deciding->actor) code = bm_match_record(deciding, BM_T_DEVICE, record);
    if (!code) code = name_is_free(deciding, id);
    if (code) return code;
    bool is_new = !id;
    if (is_new && is_full(deciding))
        return bm_refuse(deciding, BM_OUT_OF_RANGE, NULL, "More than %u devices are not kept.", BM_DEVICES_MAX);
    if (is_new) id = bm_new_id(deciding, BM_T_DEVICE);
    struct bm_event *event = bm_emit(deciding, BM_EV_DEVICE_SET, BM_SUBJECT_UNIT, unit->id.v);
    event->device_set.device.v = id;
    event->device_set.protocol = args->protocol;
    memcpy(event->device_set.identity, args->identity, sizeof args->identity);
    event->device_set.unit = unit->id;
    event->device_set.jurisdiction = unit->jurisdiction;
    event->device_set.active = !args->inactive;
    bm_result(deciding, BM_T_DEVICE, id);
    return BM_OK;
}

static enum bm_code set_secret(struct bm_deciding *deciding) {
    const void *record;
    uint64_t id = deciding->command->target;
    enum bm_code code = bm_visible(deciding, BM_T_DEVICE, id, "id", &record);
    if (code) return code;
    const struct bm_device *device = record;
    struct bm_event *event = bm_emit(deciding, BM_EV_DEVICE_SECRET, BM_SUBJECT_UNIT, device->unit.v);
    event->device_secret.device = device->id;
    bm_result(deciding, BM_T_DEVICE, id);
    return BM_OK;
}

/* --- safety timers ---------------------------------------------------------------------------- */

/* The unit's timer, unless this decision stopped it already. */
static const struct bm_check_in *running(struct bm_deciding *deciding, uint64_t unit) {
    const struct bm_decision *decision = deciding->decision;
    for (size_t i = decision->event_count; i-- > 0;) {
        const struct bm_event *event = &decision->events[i];
        if (event->kind == BM_EV_CHECK_IN_STOPPED && event->check_in_stopped.unit.v == unit) return NULL;
    }
    return bm_state_record(deciding->core, BM_T_CHECK_IN, unit);
}

void bm_check_in_heard(struct bm_deciding *deciding, uint64_t unit) {
    const struct bm_check_in *timer = running(deciding, unit);
    if (!timer) return;
    struct bm_event *event = bm_emit(deciding, BM_EV_CHECKED_IN, BM_SUBJECT_UNIT, unit);
    event->checked_in.unit.v = unit;
    event->checked_in.due_at_ms = deciding->now_ms + timer->every_ms;
}

static void stop_timer(struct bm_deciding *deciding, uint64_t unit) {
    struct bm_event *event = bm_emit(deciding, BM_EV_CHECK_IN_STOPPED, BM_SUBJECT_UNIT, unit);
    event->check_in_stopped.unit.v = unit;
}

void bm_check_in_over(struct bm_deciding *deciding, uint64_t unit, uint64_t assignment) {
    const struct bm_check_in *timer = running(deciding, unit);
    if (!timer) return;
    if (!assignment || timer->assignment.v == assignment)
        stop_timer(deciding, unit);
    else
        bm_check_in_heard(deciding, unit);
}

static enum bm_code set_timer(struct bm_deciding *deciding) {
    const struct bm_do_check_in_set *args = &deciding->command->check_in_set;
    const struct bm_unit *unit = NULL;
    enum bm_code code = unit_of(deciding, deciding->command->target, "unit", &unit);
    if (code) return code;
    if (!args->every_s)
        return bm_refuse(deciding, BM_MISSING_FIELD, "every_s", "Say after how many seconds without a word it rings: 5 to 14400.");
    if (unit->duty != BM_DUTY_ON)
        return bm_refuse(deciding, BM_CONFLICT, "unit", "Unit %s is not on duty; nobody is out there.", unit->call_sign);
    struct bm_event *event = bm_emit(deciding, BM_EV_CHECK_IN_SET, BM_SUBJECT_UNIT, unit->id.v);
    event->check_in_set.unit = unit->id;
    event->check_in_set.every_ms = (int64_t)args->every_s * 1000;
    event->check_in_set.due_at_ms = deciding->now_ms + (int64_t)args->every_s * 1000;
    event->check_in_set.assignment = unit->assignment;
    event->check_in_set.jurisdiction = unit->jurisdiction;
    bm_result(deciding, BM_T_CHECK_IN, unit->id.v);
    return BM_OK;
}

static enum bm_code on_timer(struct bm_deciding *deciding) {
    uint64_t id = deciding->command->target;
    const struct bm_unit *unit = NULL;
    enum bm_code code = unit_of(deciding, id, "unit", &unit);
    if (code) return code;
    if (!bm_state_record(deciding->core, BM_T_CHECK_IN, id))
        return bm_refuse(deciding, BM_NOT_POSSIBLE, "unit", "No safety timer of unit %s runs.", unit->call_sign);
    if (deciding->command->kind == BM_DO_CHECK_IN) {
        bm_check_in_heard(deciding, id);
        bm_result(deciding, BM_T_CHECK_IN, id);
    } else {
        stop_timer(deciding, id);
        bm_result(deciding, BM_T_UNIT, id);
    }
    return BM_OK;
}

static enum bm_code timer_due(struct bm_deciding *deciding) {
    uint64_t id = deciding->command->target;
    const struct bm_check_in *timer = bm_state_record(deciding->core, BM_T_CHECK_IN, id);
    if (!timer || timer->rang_at_ms != BM_AT_NONE) return BM_OK;
    struct bm_event *event = bm_emit(deciding, BM_EV_CHECK_IN_RANG, BM_SUBJECT_UNIT, id);
    event->check_in_rang.unit.v = id;
    event->check_in_rang.was_due_at_ms = timer->due_at_ms;
    return BM_OK;
}

/* --- crews in danger -------------------------------------------------------------------------- */

/* Of one unit at most one waits, so that a button pressed ten times rings once. */
static const struct bm_duress *waiting(const struct bm_core *core, uint64_t unit) {
    BM_TABLE_EACH(&core->tables[BM_T_DURESS], id) {
        const struct bm_duress *duress = bm_state_need(core, BM_T_DURESS, id);
        if (duress->unit.v == unit && duress->acknowledged_at_ms == BM_AT_NONE) return duress;
    }
    return NULL;
}

/* Room for one more: the oldest that was acknowledged goes, once its row is surely written.  Those that wait never go. */
static void make_room(struct bm_deciding *deciding) {
    const struct bm_core *core = deciding->core;
    if (core->tables[BM_T_DURESS].count < BM_DURESS_KEPT_MAX) return;
    BM_TABLE_EACH(&core->tables[BM_T_DURESS], id) {
        const struct bm_duress *duress = bm_state_need(core, BM_T_DURESS, id);
        bool done = duress->acknowledged_at_ms != BM_AT_NONE &&
                    duress->acknowledged_at_ms + BM_DURESS_SETTLED_MS < deciding->now_ms;
        if (!done) continue;
        struct bm_event *event = bm_emit(deciding, BM_EV_DURESS_ARCHIVED, BM_SUBJECT_UNIT, duress->unit.v);
        event->duress_archived.duress.v = id;
        return;
    }
}

/* Whose crew: the device's that raised it, the one that was named, or the actor's own. */
static enum bm_code whose(struct bm_deciding *deciding, const struct bm_device **ret_device, const struct bm_unit **ret_unit) {
    const struct bm_command *command = deciding->command;
    uint64_t unit = command->duress.unit.v ? command->duress.unit.v : deciding->viewer.unit;
    *ret_device = NULL;
    if (!deciding->actor) {
        const struct bm_device *device = bm_state_record(deciding->core, BM_T_DEVICE, command->target);
        if (!device || !device->active) return bm_refuse(deciding, BM_NOT_FOUND, "device", "There is no such device in service.");
        *ret_device = device;
        unit = device->unit.v;
    }
    if (!unit) return bm_refuse(deciding, BM_MISSING_FIELD, "unit", "Name the unit that is in danger.");
    return unit_of(deciding, unit, "unit", ret_unit);
}

static enum bm_code raise(struct bm_deciding *deciding) {
    const struct bm_do_duress *args = &deciding->command->duress;
    const struct bm_device *device;
    const struct bm_unit *unit = NULL;
    int64_t occurred_at_ms;
    enum bm_code code = whose(deciding, &device, &unit);
    /* A device's call is never lost for its clock. */
    bool ahead = device && args->occurred_at_ms > deciding->now_ms;
    if (!code) code = bm_occurred(deciding, ahead ? BM_AT_NONE : args->occurred_at_ms, &occurred_at_ms);
    if (code) return code;
    if ((args->lat_e7 == BM_E7_NONE) != (args->lon_e7 == BM_E7_NONE))
        return bm_refuse(deciding, BM_MISSING_FIELD, "lon", "Send lat and lon together.");
    const struct bm_duress *before = waiting(deciding->core, unit->id.v);
    if (before) { /* a device says it with every position, and that is one; a person's key must be remembered */
        bm_result(deciding, BM_T_DURESS, before->id.v);
        if (!deciding->command->has_request) return BM_OK;
        struct bm_event *again = bm_emit(deciding, BM_EV_DURESS_REPEATED, BM_SUBJECT_UNIT, unit->id.v);
        again->duress_repeated.duress = before->id;
        again->duress_repeated.occurred_at_ms = occurred_at_ms;
        return BM_OK;
    }
    const struct bm_case *on = unit->on_case.v ? bm_state_record(deciding->core, BM_T_CASE, unit->on_case.v) : NULL;
    uint64_t id = bm_new_id(deciding, BM_T_DURESS);
    struct bm_event *event = bm_emit(deciding, BM_EV_DURESS_RAISED, BM_SUBJECT_UNIT, unit->id.v);
    struct bm_ev_duress_raised *ev = &event->duress_raised;
    ev->duress.v = id;
    ev->unit = unit->id;
    memcpy(ev->call_sign, unit->call_sign, sizeof ev->call_sign);
    if (device) ev->device = device->id;
    ev->occurred_at_ms = occurred_at_ms;
    ev->lat_e7 = args->lat_e7;
    ev->lon_e7 = args->lon_e7;
    ev->jurisdiction = unit->jurisdiction;
    if (on) ev->case_area = on->jurisdiction;
    make_room(deciding);
    bm_result(deciding, BM_T_DURESS, id);
    return BM_OK;
}

static enum bm_code duress_of(struct bm_deciding *deciding, const struct bm_duress **ret_duress) {
    const void *record;
    enum bm_code code = bm_visible(deciding, BM_T_DURESS, deciding->command->target, "id", &record);
    if (!code) *ret_duress = record;
    return code;
}

static enum bm_code acknowledge(struct bm_deciding *deciding) {
    const struct bm_duress *duress;
    enum bm_code code = duress_of(deciding, &duress);
    if (code) return code;
    if (duress->acknowledged_at_ms != BM_AT_NONE) {
        deciding->decision->conflict.operator_id = duress->acknowledged_by.v;
        deciding->decision->conflict.at_ms = duress->acknowledged_at_ms;
        return bm_refuse(deciding, BM_CONFLICT, NULL, "Operator %llu has acknowledged it already.",
                         (unsigned long long)duress->acknowledged_by.v);
    }
    if (!deciding->command->sealed[BM_DATA_NARRATIVE].value.len)
        return bm_refuse(deciding, BM_MISSING_FIELD, "note", "Say what you did or found out about the crew.");
    struct bm_event *event = bm_emit(deciding, BM_EV_DURESS_ACKNOWLEDGED, BM_SUBJECT_UNIT, duress->unit.v);
    event->duress_acknowledged.duress = duress->id;
    event->duress_acknowledged.narrative_key.v = deciding->command->sealed[BM_DATA_NARRATIVE].key_id;
    bm_emit_sealed(deciding, event, BM_DATA_NARRATIVE);
    bm_result(deciding, BM_T_DURESS, duress->id.v);
    return BM_OK;
}

/* The class that is named; else violence, which a crew in danger is taken for until somebody knows better, or what
 * the house has that is as urgent. */
static enum bm_code class_of(struct bm_deciding *deciding, char ret_code[BM_CODE_TEXT]) {
    const char *given = deciding->command->duress_case.class_code;
    const struct bm_class *class = given[0] ? NULL : bm_core_class(deciding->core, "violence");
    memcpy(ret_code, given, BM_CODE_TEXT);
    if (given[0]) return bm_known_class(deciding, given);
    if (class && !class->active) class = NULL;
    BM_TABLE_EACH(&deciding->core->tables[BM_T_CLASS], id) {
        const struct bm_class *other = bm_state_need(deciding->core, BM_T_CLASS, id);
        if (!class && other->active && other->priority == 1) class = other;
    }
    if (!class) return bm_refuse(deciding, BM_MISSING_FIELD, "class", "Name the class: none of the highest priority is published.");
    memcpy(ret_code, class->code, BM_CODE_TEXT);
    return BM_OK;
}

static enum bm_code make_case(struct bm_deciding *deciding) {
    const struct bm_duress *duress;
    char class_code[BM_CODE_TEXT];
    enum bm_code code = duress_of(deciding, &duress);
    if (code) return code;
    if (duress->on_case.v) {
        deciding->decision->conflict.on_case = duress->on_case.v;
        return bm_refuse(deciding, BM_CONFLICT, NULL, "It is case %llu already.", (unsigned long long)duress->on_case.v);
    }
    code = class_of(deciding, class_code);
    if (code) return code;
    struct bm_case row = bm_case_to_open(deciding, class_code);
    row.jurisdiction = duress->jurisdiction;
    row.lat_e7 = duress->lat_e7;
    row.lon_e7 = duress->lon_e7;
    row.first_contact_at_ms = duress->raised_at_ms;
    bm_emit_case_opened(deciding, &row);
    struct bm_draft draft = bm_draft_new(deciding, &row);
    bm_draft_settle(&draft);
    bm_draft_free(&draft);
    struct bm_event *event = bm_emit(deciding, BM_EV_DURESS_CASE, BM_SUBJECT_CASE, row.id.v);
    event->duress_case.duress = duress->id;
    event->duress_case.on_case = row.id;
    return BM_OK;
}

enum bm_code bm_decide_safety(struct bm_deciding *deciding) {
    switch ((int)deciding->command->kind) { /* only the kinds of this file come here */
    case BM_DO_DEVICE_SET:
        return set_device(deciding);
    case BM_DO_DEVICE_SECRET:
        return set_secret(deciding);
    case BM_DO_CHECK_IN_SET:
        return set_timer(deciding);
    case BM_DO_CHECK_IN:
    case BM_DO_CHECK_IN_STOP:
        return on_timer(deciding);
    case BM_DO_CHECK_IN_DUE:
        return timer_due(deciding);
    case BM_DO_DURESS:
        return raise(deciding);
    case BM_DO_DURESS_ACKNOWLEDGE:
        return acknowledge(deciding);
    default:
        return make_case(deciding);
    }
}
