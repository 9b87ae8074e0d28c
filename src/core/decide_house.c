/* Agencies, places, units, operators, published classes; looks; the desk's time. */
#include <string.h>

#include "core/area.h"
#include "core/deciding.h"
#include "core/import.h"
#include "core/posts.h"

static enum bm_code need(struct bm_deciding *deciding, enum bm_table_kind table, uint64_t id,
                         const char *field) {
    if (bm_state_record(deciding->core, table, id)) return BM_OK;
    if (table == BM_T_AGENCY && bm_agency_comes(deciding, id)) return BM_OK;
    return bm_refuse(deciding, BM_NOT_FOUND, field, "There is no %s %llu.",
                     bm_word(&bm_table_kind_words, table), (unsigned long long)id);
}

enum bm_code bm_target_or_new(struct bm_deciding *deciding, enum bm_table_kind table, uint64_t *ret_id) {
    uint64_t target = deciding->command->target;
    const void *record;
    if (target) {
        enum bm_code code = bm_visible(deciding, table, target, "id", &record);
        if (!code && deciding->actor) code = bm_match_record(deciding, table, record);
        if (code) return code;
    }
    *ret_id = target ? target : bm_new_id(deciding, table);
    bm_result(deciding, table, *ret_id);
    return BM_OK;
}

enum bm_code bm_in_own_area(struct bm_deciding *deciding, uint64_t agency, const char *field) {
    enum bm_code code = need(deciding, BM_T_AGENCY, agency, field);
    if (code || !deciding->actor) return code;
    if (bm_scope_covers(&deciding->scope, deciding->viewer.jurisdiction, agency)) return BM_OK;
    return bm_refuse(deciding, BM_FORBIDDEN, field, "Agency %llu is not in your area.",
                     (unsigned long long)agency);
}

/* Levels from an agency up to its root, itself included. */
static int levels_above(const struct bm_scope *scope, uint64_t agency) {
    int levels = 0;
    for (uint64_t at = agency; at && levels <= BM_AGENCY_DEPTH_MAX; levels++) at = scope->parent(scope->context, at);
    return levels;
}

/* Whether `id`, with all that stands below it, has room below `parent`. */
static bool has_room(const struct bm_deciding *deciding, uint64_t id, uint64_t parent) {
    const struct bm_core *core = deciding->core;
    const struct bm_scope *scope = &deciding->scope;
    int own = bm_state_record(core, BM_T_AGENCY, id) ? levels_above(scope, id) : 0, below = 1;
    uint64_t first = own ? bm_core_next_id(core, BM_T_AGENCY, 0) : 0; /* a new one has nothing below it */
    for (uint64_t other = first; other; other = bm_core_next_id(core, BM_T_AGENCY, other)) {
        if (!bm_scope_covers(scope, id, other)) continue;
        int levels = levels_above(scope, other) - own + 1;
        if (levels > below) below = levels;
    }
    return levels_above(scope, parent) + below <= BM_AGENCY_DEPTH_MAX;
}

/* What it is known by must be its own. */
static enum bm_code claim(struct bm_deciding *deciding, enum bm_table_kind table, uint64_t id, const char *field,
                          const char *key) {
    uint64_t other = bm_claim_key(deciding, table, key, id);
    if (!other) return BM_OK;
    const char *what = bm_word(&bm_table_kind_words, table);
    return bm_refuse(deciding, BM_EXISTS, field, "%c%s %llu has this %s already.", what[0] - 'a' + 'A', what + 1,
                     (unsigned long long)other, strcmp(field, "call_sign") == 0 ? "call sign" : field);
}

/* GB/T 2260: a county is 6 digits; GB/T 10114: a town 9; the statistical code of a village 12. */
static enum bm_code check_division(const char *division, struct bm_fault *fault) {
    size_t digits = strspn(division, "0123456789");
    if (!division[0] || (!division[digits] && (digits == 6 || digits == 9 || digits == 12))) return BM_OK;
    return bm_fault_set(fault, BM_OUT_OF_RANGE, "division",
                        "A division code has 6 digits (county), 9 (town) or 12 (village), as in GB/T 2260.");
}

/* Plans name capabilities by words of a-z, 0-9 and _: anything else could never be recommended. */
static enum bm_code check_capabilities(const char *capabilities, struct bm_fault *fault) {
    size_t in_word = strspn(capabilities, "abcdefghijklmnopqrstuvwxyz0123456789_ ");
    if (!capabilities[in_word]) return BM_OK;
    return bm_fault_set(
        fault, BM_OUT_OF_RANGE, "capabilities",
        "Capabilities are words of a-z, 0-9 and _, separated by spaces, like \"ambulance als\".");
}

static enum bm_code check_place(const struct bm_do_place_set *args, struct bm_fault *fault) {
    if (args->kind == BM_PLACE_ROAD_CLOSURE)
        return bm_fault_set(fault, BM_NOT_POSSIBLE, "kind", "Roads are closed and opened at /v1/road-closures.");
    if ((args->lat_e7 == BM_E7_NONE) == (args->lon_e7 == BM_E7_NONE)) return BM_OK;
    return bm_fault_set(fault, BM_MISSING_FIELD, "lon", "Send lat and lon together.");
}

static enum bm_code check_operator(const struct bm_do_operator_set *args, struct bm_fault *fault) {
    if ((args->roles & BM_BIT(BM_ROLE_UNIT)) && !args->unit.v)
        return bm_fault_set(fault, BM_MISSING_FIELD, "unit", "The role \"unit\" needs the unit.");
    return bm_posts_check(args->posts, fault);
}

enum bm_code bm_import_check(enum bm_import_kind kind, const void *args, struct bm_fault *fault) {
    switch (kind) {
    case BM_IMPORT_AGENCIES:
        return check_division(((const struct bm_do_agency_set *)args)->division, fault);
    case BM_IMPORT_PLACES:
        return check_place(args, fault);
    case BM_IMPORT_UNITS:
        return check_capabilities(((const struct bm_do_unit_set *)args)->capabilities, fault);
    case BM_IMPORT_ACCOUNTS:
        return check_operator(args, fault);
    case BM_IMPORT_AREAS: {
        const char *wrong = bm_area_wrong(&((const struct bm_do_area_set *)args)->shape);
        return wrong ? bm_fault_set(fault, BM_OUT_OF_RANGE, "geometry", "%s", wrong) : BM_OK;
    }
    case BM_IMPORT_DEVICES:
        return bm_device_check(args, fault);
    case BM_IMPORT_ADDRESSES:
    case BM_IMPORT_DIVISIONS:
    case BM_import_kind_COUNT:
        break;
    }
    return BM_OK;
}

static enum bm_code set_agency(struct bm_deciding *deciding) {
    const struct bm_do_agency_set *args = &deciding->command->agency_set;
    const struct bm_core *core = deciding->core;
    uint64_t id, target = deciding->command->target;
    enum bm_code code = BM_OK;
    const struct bm_agency *present = target ? bm_state_record(core, BM_T_AGENCY, target) : NULL;
    bool stays = present && present->parent.v == args->parent.v;
    /* Where an agency stands is set from above it: a station cannot leave the county by its own
     * hand. */
    if (args->parent.v && !stays)
        code = bm_in_own_area(deciding, args->parent.v, "parent");
    else if (!args->parent.v && !stays && deciding->actor) {
        code = bm_refuse(deciding, BM_MISSING_FIELD, "parent", "Name the agency above this one.");
    }
    if (!code && target) code = bm_in_own_area(deciding, target, "id");
    if (!code) code = bm_target_or_new(deciding, BM_T_AGENCY, &id);
    if (code) return code;
    if (args->parent.v && bm_scope_covers(&deciding->scope, id, args->parent.v)) {
        return bm_refuse(deciding, BM_CONFLICT, "parent",
                         "An agency cannot stand below itself; choose another parent.");
    }
    if (args->parent.v && !stays && !has_room(deciding, id, args->parent.v)) {
        return bm_refuse(deciding, BM_OUT_OF_RANGE, "parent",
                         "Agencies stand at most %d levels deep; choose a higher parent.",
                         BM_AGENCY_DEPTH_MAX);
    }
    code = bm_import_check(BM_IMPORT_AGENCIES, args, &deciding->decision->fault);
    if (!code) code = claim(deciding, BM_T_AGENCY, id, "code", args->code);
    if (code) return code;
    bm_agency_stands(deciding, id, args->parent.v);
    struct bm_event *event = bm_emit(deciding, BM_EV_AGENCY_SET, BM_SUBJECT_AGENCY, id);
    event->agency_set.agency.v = id;
    memcpy(event->agency_set.code, args->code, sizeof args->code);
    memcpy(event->agency_set.name, args->name, sizeof args->name);
    event->agency_set.parent = args->parent;
    event->agency_set.level = args->level;
    event->agency_set.active = !args->inactive;
    memcpy(event->agency_set.division, args->division, sizeof args->division);
    return BM_OK;
}

static enum bm_code set_place(struct bm_deciding *deciding) {
    const struct bm_do_place_set *args = &deciding->command->place_set;
    uint64_t id;
    enum bm_code code = bm_in_own_area(deciding, args->jurisdiction.v, "jurisdiction");
    if (!code) code = bm_target_or_new(deciding, BM_T_PLACE, &id);
    if (code) return code;
    const struct bm_place *known = bm_state_record(deciding->core, BM_T_PLACE, id);
    if (known && known->kind == BM_PLACE_ROAD_CLOSURE) {
        return bm_refuse(deciding, BM_NOT_POSSIBLE, "kind",
                         "Roads are closed and opened at /v1/road-closures.");
    }
    code = bm_import_check(BM_IMPORT_PLACES, args, &deciding->decision->fault);
    if (!code) code = claim(deciding, BM_T_PLACE, id, "code", args->code);
    if (code) return code;
    struct bm_event *event = bm_emit(deciding, BM_EV_PLACE_SET, BM_SUBJECT_PLACE, id);
    event->place_set.place.v = id;
    event->place_set.kind = args->kind;
    memcpy(event->place_set.name, args->name, sizeof args->name);
    event->place_set.jurisdiction = args->jurisdiction;
    event->place_set.lat_e7 = args->lat_e7;
    event->place_set.lon_e7 = args->lon_e7;
    event->place_set.active = !args->inactive;
    memcpy(event->place_set.code, args->code, sizeof args->code);
    return BM_OK;
}

/* A command without a border leaves the area the one it has: a name is mended by hand, a border by a file. */
static enum bm_code set_area(struct bm_deciding *deciding) {
    const struct bm_do_area_set *args = &deciding->command->area_set;
    uint64_t id;
    enum bm_code code = bm_in_own_area(deciding, args->jurisdiction.v, "jurisdiction");
    if (!code) code = bm_target_or_new(deciding, BM_T_AREA, &id);
    if (code) return code;
    const struct bm_area_row *known = bm_state_record(deciding->core, BM_T_AREA, id);
    const struct bm_bytes *shape = known && !args->shape.len ? &known->shape : &args->shape;
    if (shape == &args->shape) code = bm_import_check(BM_IMPORT_AREAS, args, &deciding->decision->fault);
    if (!code) code = claim(deciding, BM_T_AREA, id, "code", args->code);
    if (code) return code;
    struct bm_event *event = bm_emit(deciding, BM_EV_AREA_SET, BM_SUBJECT_DESK, 0);
    event->area_set.area.v = id;
    event->area_set.kind = args->kind;
    memcpy(event->area_set.code, args->code, sizeof args->code);
    memcpy(event->area_set.name, args->name, sizeof args->name);
    event->area_set.jurisdiction = args->jurisdiction;
    event->area_set.active = !args->inactive;
    event->area_set.shape = bm_bytes_copy(shape->bytes, shape->len);
    return BM_OK;
}

static enum bm_code set_unit(struct bm_deciding *deciding) {
    const struct bm_do_unit_set *args = &deciding->command->unit_set;
    const struct bm_core *core = deciding->core;
    uint64_t id;
    enum bm_code code = bm_in_own_area(deciding, args->jurisdiction.v, "jurisdiction");
    if (!code && args->station.v) code = need(deciding, BM_T_PLACE, args->station.v, "station");
    if (!code) code = bm_import_check(BM_IMPORT_UNITS, args, &deciding->decision->fault);
    if (!code) code = bm_target_or_new(deciding, BM_T_UNIT, &id);
    if (code) return code;
    if (!args->inactive) code = claim(deciding, BM_T_UNIT, id, "call_sign", args->call_sign);
    if (code) return code;
    const struct bm_unit_slot *slot = bm_state_slot(core, BM_T_UNIT, id);
    if (slot && args->inactive && slot->assignments.first) {
        return bm_refuse(deciding, BM_CONFLICT, "inactive",
                         "The unit is on an assignment; end that first.");
    }
    struct bm_event *event = bm_emit(deciding, BM_EV_UNIT_SET, BM_SUBJECT_UNIT, id);
    event->unit_set.unit.v = id;
    memcpy(event->unit_set.call_sign, args->call_sign, sizeof args->call_sign);
    event->unit_set.kind = args->kind;
    event->unit_set.jurisdiction = args->jurisdiction;
    event->unit_set.station = args->station;
    memcpy(event->unit_set.capabilities, args->capabilities, sizeof args->capabilities);
    event->unit_set.active = !args->inactive;
    if (args->inactive) bm_check_in_over(deciding, id, 0);
    if (args->inactive) bm_stints_end_at(deciding, id, 0);
    return BM_OK;
}

static enum bm_code unit_duty(struct bm_deciding *deciding) {
    const struct bm_do_unit_duty *args = &deciding->command->unit_duty;
    const void *record;
    enum bm_code code = bm_visible(deciding, BM_T_UNIT, deciding->command->target, "unit", &record);
    if (code) return code;
    const struct bm_unit *unit = record;
    bm_result(deciding, BM_T_UNIT, unit->id.v);
    if (unit->assignment.v && args->duty != BM_DUTY_ON) {
        deciding->decision->conflict.on_case = unit->on_case.v;
        return bm_refuse(deciding, BM_CONFLICT, "duty", "Unit %s is on case %llu; clear it first.",
                         unit->call_sign, (unsigned long long)unit->on_case.v);
    }
    /* Already so: nothing to record, but that this key was answered (a repeat must not undo what
     * came after). */
    if (unit->duty == args->duty && !deciding->command->has_request) return BM_OK;
    bm_emit_duty(deciding, unit, (enum bm_duty)args->duty, "");
    return BM_OK;
}

static enum bm_code set_operator(struct bm_deciding *deciding) {
    const struct bm_do_operator_set *args = &deciding->command->operator_set;
    uint64_t id;
    enum bm_code code = bm_in_own_area(deciding, args->jurisdiction.v, "jurisdiction");
    if (!code && args->unit.v) code = need(deciding, BM_T_UNIT, args->unit.v, "unit");
    if (!code && args->unit.v) { /* a crew sees its unit's cases */
        const struct bm_unit *unit = bm_state_need(deciding->core, BM_T_UNIT, args->unit.v);
        code = bm_in_own_area(deciding, unit->jurisdiction.v, "unit");
    }
    if (!code) code = bm_import_check(BM_IMPORT_ACCOUNTS, args, &deciding->decision->fault);
    if (!code) code = bm_target_or_new(deciding, BM_T_OPERATOR, &id);
    if (code) return code;
    code = claim(deciding, BM_T_OPERATOR, id, "number", args->number);
    if (code) return code;
    if (!bm_admin_remains(deciding, id, (args->roles & BM_ADMINS) && !args->inactive)) {
        return bm_refuse(
            deciding, BM_CONFLICT, "roles",
            "The desk would be left without an administrator; make another one first.");
    }
    struct bm_event *event = bm_emit(deciding, BM_EV_OPERATOR_SET, BM_SUBJECT_OPERATOR, id);
    event->operator_set.operator_id.v = id;
    memcpy(event->operator_set.number, args->number, sizeof args->number);
    memcpy(event->operator_set.posts, args->posts, sizeof args->posts);
    event->operator_set.roles = args->roles;
    event->operator_set.jurisdiction = args->jurisdiction;
    event->operator_set.unit = args->unit;
    event->operator_set.active = !args->inactive;
    event->operator_set.identity_key.v = deciding->command->sealed[BM_DATA_IDENTITY].key_id;
    bm_emit_sealed(deciding, event, BM_DATA_IDENTITY);
    /* Who takes no calls any more sits at no position. */
    const struct bm_desk_position *at = bm_desk_position_of(deciding->core, id);
    if (at && (args->inactive || !(args->roles & BM_TAKERS))) bm_desk_position_leave(deciding, at);
    if (args->inactive || !(args->roles & BM_BIT(BM_ROLE_UNIT))) bm_stint_end_on_unit(deciding, id);
    return BM_OK;
}

static enum bm_code set_account(struct bm_deciding *deciding) {
    const void *record;
    uint64_t target = deciding->command->target;
    enum bm_code code = bm_visible(deciding, BM_T_OPERATOR, target, "operator", &record);
    if (code) return code;
    struct bm_event *event = bm_emit(deciding, BM_EV_ACCOUNT_SET, BM_SUBJECT_OPERATOR, target);
    event->account_set.operator_id.v = target;
    bm_result(deciding, BM_T_OPERATOR, target);
    return BM_OK;
}

/* --- looks and time --------------------------------------------------------------------------- */

static enum bm_code look(struct bm_deciding *deciding) {
    const struct bm_do_look *args = &deciding->command->look;
    uint64_t target = deciding->command->target;
    const void *record;
    enum bm_code code = BM_OK;
    enum bm_subject_kind subject = BM_SUBJECT_DESK;
    if (args->scope == BM_LOOK_CONTACT) {
        code = bm_visible(deciding, BM_T_CONTACT, target, "contact", &record);
        subject = BM_SUBJECT_CONTACT;
        bm_result(deciding, BM_T_CONTACT, target);
    } else if (args->scope == BM_LOOK_DURESS) {
        code = bm_visible(deciding, BM_T_DURESS, target, "duress", &record);
        bm_result(deciding, BM_T_DURESS, target);
    } else if (args->scope == BM_LOOK_CASE) {
        bool archived = bm_state_record(deciding->core, BM_T_STUB, target) != NULL;
        code = bm_visible(deciding, archived ? BM_T_STUB : BM_T_CASE, target, "case", &record);
        subject = BM_SUBJECT_CASE;
        bm_result(deciding, archived ? BM_T_STUB : BM_T_CASE, target);
    }
    if (code) return code;
    uint64_t of = subject == BM_SUBJECT_DESK ? 0 : target;
    if (args->scope == BM_LOOK_DURESS) {
        subject = BM_SUBJECT_UNIT;
        of = ((const struct bm_duress *)record)->unit.v;
    }
    struct bm_event *event = bm_emit(deciding, BM_EV_LOOKED, subject, of);
    event->looked.scope = args->scope;
    if (args->scope == BM_LOOK_CASE) event->looked.on_case.v = target;
    if (args->scope == BM_LOOK_CONTACT) event->looked.contact.v = target;
    return BM_OK;
}

static enum bm_code time_jump(struct bm_deciding *deciding) {
    const struct bm_do_time_jump *args = &deciding->command->time_jump;
    if (deciding->core->time_held) return BM_OK; /* one alarm is enough until it is confirmed */
    struct bm_event *event = bm_emit(deciding, BM_EV_TIME_JUMPED, BM_SUBJECT_DESK, 0);
    event->time_jumped.wall_at_ms = args->wall_at_ms;
    event->time_jumped.expected_at_ms = args->expected_at_ms;
    return BM_OK;
}

static enum bm_code time_confirm(struct bm_deciding *deciding) {
    if (!deciding->core->time_held) {
        return bm_refuse(deciding, BM_NOT_POSSIBLE, NULL, "No clock jump waits for confirmation.");
    }
    struct bm_event *event = bm_emit(deciding, BM_EV_TIME_CONFIRMED, BM_SUBJECT_DESK, 0);
    event->time_confirmed.wall_at_ms = deciding->now_ms;
    return BM_OK;
}

/* The command of a timer by its word; BM_command_kind_COUNT when there is none. */
static enum bm_command_kind timer_named(const char *word) {
    int kind = 0;
    while (kind < BM_command_kind_COUNT &&
           (!bm_command_is_timer((enum bm_command_kind)kind) || strcmp(bm_command_word((enum bm_command_kind)kind), word) != 0))
        kind++;
    return (enum bm_command_kind)kind;
}

uint64_t bm_core_timer_case(const struct bm_core *core, enum bm_command_kind command, uint64_t target) {
    if (command == BM_DO_CASE_ARCHIVE || command == BM_DO_MATTER_DUE) return target;
    if (command == BM_DO_CLOCK_DUE) {
        const struct bm_clock *clock = bm_state_record(core, BM_T_CLOCK, target);
        return clock ? clock->on_case.v : 0;
    }
    bool of_contact = command == BM_DO_CONTACT_ARCHIVE || command == BM_DO_CALL_DUE;
    const struct bm_contact *contact = of_contact ? bm_state_record(core, BM_T_CONTACT, target) : NULL;
    return contact ? contact->on_case.v : 0;
}

static enum bm_code timer_retry(struct bm_deciding *deciding) {
    const struct bm_do_timer_retry *args = &deciding->command->timer_retry;
    uint64_t target = deciding->command->target;
    enum bm_command_kind timer = timer_named(args->what);
    if (timer == BM_command_kind_COUNT)
        return bm_refuse(deciding, BM_OUT_OF_RANGE, "what", "\"%s\" is no timer; /v1/vitals lists those that are set aside.", args->what);
    if (!bm_core_is_aside(deciding->core, timer, target))
        return bm_refuse(deciding, BM_NOT_POSSIBLE, "id", "That timer is not set aside (any more).");
    uint64_t on_case = bm_core_timer_case(deciding->core, timer, target);
    struct bm_event *event = bm_emit(deciding, BM_EV_TIMER_RETRIED, on_case ? BM_SUBJECT_CASE : BM_SUBJECT_DESK, on_case);
    memcpy(event->timer_retried.what, args->what, sizeof event->timer_retried.what);
    event->timer_retried.target.v = target;
    event->timer_retried.on_case.v = on_case;
    return BM_OK;
}

enum bm_code bm_decide_house(struct bm_deciding *deciding) {
    switch ((int)deciding->command->kind) { /* only the kinds of this file come here */
    case BM_DO_AGENCY_SET:
        return set_agency(deciding);
    case BM_DO_PLACE_SET:
        return set_place(deciding);
    case BM_DO_UNIT_SET:
        return set_unit(deciding);
    case BM_DO_UNIT_DUTY:
        return unit_duty(deciding);
    case BM_DO_OPERATOR_SET:
        return set_operator(deciding);
    case BM_DO_AREA_SET:
        return set_area(deciding);
    case BM_DO_ACCOUNT_SET:
        return set_account(deciding);
    case BM_DO_LOOK:
        return look(deciding);
    case BM_DO_TIME_JUMP:
        return time_jump(deciding);
    case BM_DO_TIMER_RETRY:
        return timer_retry(deciding);
    default:
        return time_confirm(deciding);
    }
}
