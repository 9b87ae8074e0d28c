#include "sim/demand.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "sim/demand_private.h"

#define text bm_demand_text
#define some bm_demand_some
#define seal bm_demand_seal
#define fresh_keys bm_demand_fresh_keys

static const char classes[] = "{\"classes\":["
                              "{\"code\":\"fire\",\"name_en\":\"Fire\",\"name_hans\":\"火灾\","
                              "\"name_hant\":\"火災\",\"priority\":1,"
                              "\"dispatch_ms\":60000,\"acknowledge_ms\":60000,\"arrive_ms\":480000,"
                              "\"report_back_ms\":3600000,\"close_ms\":14400000},"
                              "{\"code\":\"theft\",\"name_en\":\"Theft\",\"name_hans\":\"盗窃\","
                              "\"name_hant\":\"竊盜\",\"priority\":3,"
                              "\"dispatch_ms\":120000,\"acknowledge_ms\":60000,\"arrive_ms\":"
                              "600000,\"report_back_ms\":7200000,\"close_ms\":14400000},"
                              "{\"code\":\"help\",\"name_en\":\"Help\",\"name_hans\":\"求助\","
                              "\"name_hant\":\"求助\",\"priority\":4,"
                              "\"dispatch_ms\":300000,\"acknowledge_ms\":120000,\"arrive_ms\":"
                              "1200000,\"report_back_ms\":7200000,\"close_ms\":86400000}"
                              "]}";

enum { EXCHANGE = 10 }; /* the operator that speaks for it */

void bm_demand_text(char *to, size_t cap, const char *from) {
    snprintf(to, cap, "%s", from);
}

static struct bm_command agency(const char *code, uint64_t parent, enum bm_agency_level level) {
    struct bm_command command = bm_command_make(BM_DO_AGENCY_SET);
    text(command.agency_set.code, sizeof command.agency_set.code, code);
    text(command.agency_set.name, sizeof command.agency_set.name, code);
    command.agency_set.parent.v = parent;
    command.agency_set.level = (uint8_t)level;
    return command;
}

static struct bm_command operator_in(const char *number, uint32_t roles, uint64_t agency_id,
                                     uint64_t unit, const char *posts) {
    struct bm_command command = bm_command_make(BM_DO_OPERATOR_SET);
    text(command.operator_set.number, sizeof command.operator_set.number, number);
    command.operator_set.roles = roles;
    command.operator_set.jurisdiction.v = agency_id;
    command.operator_set.unit.v = unit;
    text(command.operator_set.posts, sizeof command.operator_set.posts, posts);
    return command;
}

size_t bm_demand_house(struct bm_command *ret_commands, unsigned units) {
    size_t count = 0;
    ret_commands[count++] = agency("city", 0, BM_LEVEL_CITY);
    ret_commands[count++] = agency("north", 1, BM_LEVEL_COUNTY);
    ret_commands[count++] = agency("south", 1, BM_LEVEL_COUNTY);
    ret_commands[count++] = agency("north-1", 2, BM_LEVEL_STATION);
    struct bm_command publish = bm_command_make(BM_DO_PUBLISH);
    text(publish.publish.what, sizeof publish.publish.what, "classes");
    publish.publish.content = bm_bytes_copy(classes, strlen(classes));
    ret_commands[count++] = publish;
    for (unsigned u = 0; u < units; u++) {
        struct bm_command unit = bm_command_make(BM_DO_UNIT_SET);
        snprintf(unit.unit_set.call_sign, sizeof unit.unit_set.call_sign, "A%04u", u + 1);
        unit.unit_set.kind = (uint8_t)(u % BM_unit_kind_COUNT);
        unit.unit_set.jurisdiction.v = 2 + u % 3;
        ret_commands[count++] = unit;
        struct bm_command duty = bm_command_make(BM_DO_UNIT_DUTY);
        duty.target = u + 1;
        duty.unit_duty.duty = BM_DUTY_ON;
        ret_commands[count++] = duty;
    }
    const uint32_t officer = BM_BIT(BM_ROLE_OFFICER);
    const char *const clerk = "errand:clerk", *const head = "errand:clerk errand:head", *const runner = "errand:runner";
    ret_commands[count++] = operator_in("admin", BM_ADMINS, 1, 0, "");
    ret_commands[count++] = operator_in("1001", BM_BIT(BM_ROLE_CALL_TAKER), 1, 0, clerk);
    ret_commands[count++] = operator_in("1002", BM_BIT(BM_ROLE_DISPATCHER), 1, 0, "");
    ret_commands[count++] = operator_in("1003", BM_HEADS | BM_BIT(BM_ROLE_DISPATCHER), 1, 0, head);
    ret_commands[count++] = operator_in("2001", BM_TAKERS, 2, 0, head);
    ret_commands[count++] = operator_in("u-1", BM_BIT(BM_ROLE_UNIT), 2, units ? 1 : 0, "");
    ret_commands[count++] = operator_in("3001", officer, 1, 0, "errand:judge errand:head joint-response:superior");
    ret_commands[count++] = operator_in("3002", officer, 2, 0, runner);
    ret_commands[count++] = operator_in("3003", officer, 3, 0, runner);
    ret_commands[count++] = operator_in("9001", BM_MACHINES, 1, 0, ""); /* the telephone exchange */
    ret_commands[count++] = bm_demand_edition(1);
    ret_commands[count++] = bm_demand_joint();
    return count;
}

/* --- drawing ---------------------------------------------------------------------------------- */

/* A random present id of a table, now and then a wrong one; 0 when there is none. */
uint64_t bm_demand_some(struct bm_rng *rng, const struct bm_core *core, enum bm_table_kind table) {
    if (bm_rng_chance(rng, 2)) return bm_rng_below(rng, 50) + 1;
    size_t count = bm_core_count(core, table);
    if (count == 0) return 1;
    /* Recent ones are asked about most: walk from near the end of a random prefix. */
    uint64_t id = bm_core_next_id(core, table, 0), skip = bm_rng_below(rng, count);
    for (uint64_t i = 0; i < skip; i++) id = bm_core_next_id(core, table, id);
    return id;
}

static int32_t near(struct bm_rng *rng, int32_t centre_e7) {
    return centre_e7 + (int32_t)bm_rng_below(rng, 2000000) - 1000000;
}

void bm_demand_seal(struct bm_rng *rng, struct bm_command *command, enum bm_data_class data_class,
                 uint64_t key_id) {
    uint8_t bytes[64];
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (uint8_t)bm_rng_u64(rng);
    command->sealed[data_class].key_id = key_id;
    command->sealed[data_class].value = bm_bytes_copy(bytes, 40 + bm_rng_below(rng, 24));
}

void bm_demand_fresh_keys(struct bm_rng *rng, struct bm_command *command) {
    uint64_t base = (bm_rng_u64(rng) >> 24) + 1;
    command->sealed[BM_DATA_NARRATIVE].key_id = base;
    command->sealed[BM_DATA_IDENTITY].key_id = base + 1;
    if (bm_rng_chance(rng, 80)) seal(rng, command, BM_DATA_NARRATIVE, base);
    if (bm_rng_chance(rng, 50)) seal(rng, command, BM_DATA_IDENTITY, base + 1);
}

static void version_of(struct bm_rng *rng, const struct bm_core *core, struct bm_command *command,
                       uint64_t case_id) {
    const struct bm_case *row = bm_core_get(core, BM_T_CASE, case_id);
    command->has_if_match = !bm_rng_chance(rng, 1);
    command->if_match = (row ? row->version : 1) - (bm_rng_chance(rng, 3) ? 1 : 0);
}

static struct bm_command receive(struct bm_rng *rng) {
    struct bm_command command = bm_command_make(BM_DO_CONTACT_RECEIVE);
    command.contact_receive.channel = (uint8_t)bm_rng_below(rng, BM_channel_COUNT);
    command.contact_receive.answered = bm_rng_chance(rng, 20);
    if (bm_rng_chance(rng, 60)) {
        command.contact_receive.lat_e7 = near(rng, 399000000);
        command.contact_receive.lon_e7 = near(rng, 1164000000);
        command.contact_receive.fix_source = BM_FIX_NETWORK;
    }
    fresh_keys(rng, &command);
    return command;
}

/* Three chairs: 3 rolls over to 2, 2 to 1, 1 to 3; people come and go. */
static struct bm_command seat(struct bm_rng *rng, const struct bm_core *core) {
    static const enum bm_command_kind kinds[] = {BM_DO_DESK_POSITION_LOG_ON, BM_DO_DESK_POSITION_LOG_ON, BM_DO_DESK_POSITION_LOG_OFF,
                                                 BM_DO_DESK_POSITION_SET};
    struct bm_command command = bm_command_make(kinds[bm_rng_below(rng, 4)]);
    uint64_t count = bm_core_count(core, BM_T_DESK_POSITION), id = 1 + bm_rng_below(rng, 3);
    if (count < 3) command = bm_command_make(BM_DO_DESK_POSITION_SET);
    command.target = count < 3 ? 0 : id;
    if (command.kind != BM_DO_DESK_POSITION_SET) return command;
    struct bm_do_desk_position_set *args = &command.desk_position_set;
    if (count < 3) id = count + 1;
    snprintf(args->code, sizeof args->code, "%u", (unsigned)id);
    snprintf(args->name, sizeof args->name, "chair %u", (unsigned)id);
    args->jurisdiction.v = 1;
    if (id > 1) args->next.v = id - 1;
    else if (count == 3) args->next.v = 3;
    args->rollover_ms = args->next.v ? 1000 + (int64_t)bm_rng_below(rng, 20000) : BM_AT_NONE;
    if (bm_rng_chance(rng, 10)) args->rollover_ms = 1; /* too soon */
    const struct bm_desk_position *known = bm_core_get(core, BM_T_DESK_POSITION, command.target);
    command.has_if_match = known != NULL;
    command.if_match = known && bm_rng_chance(rng, 95) ? known->version : 1;
    return command;
}

/* What an exchange says: out of order, doubled, of calls that came and went. */
static struct bm_command exchange(struct bm_rng *rng, int64_t now_ms) {
    static const char *const positions[] = {"1", "2", "3", ""};
    struct bm_command command = receive(rng);
    struct bm_do_contact_receive *args = &command.contact_receive;
    args->channel = bm_rng_chance(rng, 95) ? (uint8_t)BM_CHANNEL_CALL : (uint8_t)bm_rng_below(rng, BM_channel_COUNT);
    args->answered = false;
    args->event = (uint8_t)bm_rng_below(rng, BM_call_event_COUNT);
    snprintf(args->call, sizeof args->call, "c%u@exchange", (unsigned)bm_rng_below(rng, 60));
    text(args->position, sizeof args->position, positions[bm_rng_below(rng, 4)]);
    if (bm_rng_chance(rng, 50)) text(args->trunk, sizeof args->trunk, "trunk-1");
    if (bm_rng_chance(rng, 50)) snprintf(args->recording, sizeof args->recording, "r%u", (unsigned)bm_rng_below(rng, 9));
    if (bm_rng_chance(rng, 50)) args->occurred_at_ms = now_ms - (int64_t)bm_rng_below(rng, 60000);
    if (bm_rng_chance(rng, 20)) args->rang_at_ms = now_ms - (int64_t)bm_rng_below(rng, 90000);
    return command;
}

static void call_again(struct bm_rng *rng, const struct bm_core *core, struct bm_command *command) {
    uint64_t ids[3];
    for (int i = 0; i < 3; i++) ids[i] = some(rng, core, BM_T_CONTACT);
    command->contact_receive.again = bm_bytes_copy(ids, sizeof ids);
}

static struct bm_command open_case(struct bm_rng *rng, const struct bm_core *core) {
    static const char *const codes[] = {"fire", "theft", "help", "no-such-class"};
    struct bm_command command = bm_command_make(BM_DO_CASE_OPEN);
    unsigned pick = bm_rng_chance(rng, 1) ? 3 : (unsigned)bm_rng_below(rng, 3);
    text(command.case_open.class_code, sizeof command.case_open.class_code, codes[pick]);
    command.case_open.lat_e7 = near(rng, 399000000);
    command.case_open.lon_e7 = near(rng, 1164000000);
    if (bm_rng_chance(rng, 50)) command.case_open.contact.v = some(rng, core, BM_T_CONTACT);
    if (bm_rng_chance(rng, 5)) command.case_open.unit.v = some(rng, core, BM_T_UNIT);
    fresh_keys(rng, &command);
    return command;
}

/* A sheet from the last hours; now and then one whose times contradict each other. */
static struct bm_command paper(struct bm_rng *rng, const struct bm_core *core, int64_t now_ms) {
    struct bm_command command = bm_command_make(BM_DO_CASE_PAPER);
    struct bm_do_case_paper *args = &command.case_paper;
    uint64_t keys[2] = {(bm_rng_u64(rng) >> 24) + 1, (bm_rng_u64(rng) >> 24) + 2};
    int64_t *const times[] = {&args->received_at_ms, &args->answered_at_ms, &args->dispatched_at_ms, &args->en_route_at_ms,
                              &args->on_scene_at_ms, &args->cleared_at_ms,  &args->closed_at_ms};
    int64_t at_ms = now_ms - (int64_t)bm_rng_below(rng, 40000000);
    bool sent = bm_rng_chance(rng, 70), over = bm_rng_chance(rng, 70);
    snprintf(args->sheet, sizeof args->sheet, "P-%llu", (unsigned long long)bm_rng_below(rng, 1000));
    text(args->class_code, sizeof args->class_code, bm_rng_chance(rng, 50) ? "fire" : "help");
    args->contact_keys = bm_bytes_copy(keys, sizeof keys);
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        at_ms += (int64_t)bm_rng_below(rng, 900000) - (bm_rng_chance(rng, 2) ? 900000 : 0);
        bool hand = i >= 2 && i <= 5;
        if (hand && !sent) continue;
        if (i >= 5 && !over) continue;
        if (i != 0 && i != 2 && bm_rng_chance(rng, 15)) continue;
        *times[i] = at_ms;
    }
    if (sent) args->units = (struct bm_ids){1, {some(rng, core, BM_T_UNIT)}};
    if (over && bm_rng_chance(rng, 80)) args->outcome = BM_OUTCOME_SOLVED;
    fresh_keys(rng, &command);
    return command;
}

static struct bm_command change(struct bm_rng *rng, const struct bm_core *core) {
    struct bm_command command = bm_command_make(BM_DO_CASE_CHANGE);
    command.target = some(rng, core, BM_T_CASE);
    const struct bm_case *row = bm_core_get(core, BM_T_CASE, command.target);
    text(command.case_change.class_code, sizeof command.case_change.class_code, "theft");
    command.case_change.priority = (uint32_t)bm_rng_below(rng, 5) + 1;
    command.present = bm_rng_chance(rng, 50) ? 1 : 3; /* class, priority */
    if (row && bm_rng_chance(rng, 40)) seal(rng, &command, BM_DATA_NARRATIVE, row->narrative_key.v);
    version_of(rng, core, &command, command.target);
    return command;
}

static struct bm_command assign(struct bm_rng *rng, const struct bm_core *core) {
    struct bm_command command = bm_command_make(BM_DO_ASSIGN);
    command.target = some(rng, core, BM_T_CASE);
    command.assign.units.count = 1 + bm_rng_below(rng, 3);
    for (uint64_t i = 0; i < command.assign.units.count; i++) {
        command.assign.units.ids[i] = some(rng, core, BM_T_UNIT);
    }
    if (bm_rng_chance(rng, 25)) { /* now and then one that is not known any more */
        text(command.assign.recommendation, sizeof command.assign.recommendation, "4711");
        static const char content[] = "{\"recommendation\":\"4711\",\"units\":[]}";
        if (!bm_rng_chance(rng, 10))
            command.assign.content = bm_bytes_copy(content, sizeof content - 1);
    }
    command.assign.mode = bm_rng_chance(rng, 70) ? (uint8_t)BM_MODE_ASSIGN
                                                 : (uint8_t)bm_rng_below(rng, BM_assign_mode_COUNT);
    version_of(rng, core, &command, command.target);
    return command;
}

static struct bm_command status(struct bm_rng *rng, const struct bm_core *core, int64_t now_ms) {
    struct bm_command command = bm_command_make(BM_DO_STATUS);
    command.target = some(rng, core, BM_T_ASSIGNMENT);
    const struct bm_assignment *assignment = bm_core_get(core, BM_T_ASSIGNMENT, command.target);
    unsigned from = assignment ? assignment->state : BM_AS_ASSIGNED;
    unsigned to = from + 1 + (unsigned)bm_rng_below(rng, 2);
    if (bm_rng_chance(rng, 20)) to = (unsigned)bm_rng_below(rng, BM_assignment_state_COUNT);
    if (bm_rng_chance(rng, 5)) from = (unsigned)bm_rng_below(rng, BM_assignment_state_COUNT);
    command.status.from = (uint8_t)from;
    command.status.to = (uint8_t)(to < BM_assignment_state_COUNT ? to : BM_AS_CLEARED);
    if (!bm_rng_chance(rng, 5))
        text(command.status.report_code, sizeof command.status.report_code, "handled");
    if (bm_rng_chance(rng, 30))
        command.status.occurred_at_ms = now_ms - (int64_t)bm_rng_below(rng, 600000);
    return command;
}

static struct bm_command bond(struct bm_rng *rng, const struct bm_core *core) {
    if (bm_rng_chance(rng, 20)) return bm_demand_part(rng, core);
    static const enum bm_command_kind kinds[] = {BM_DO_CASE_MERGE, BM_DO_CASE_SPLIT,
                                                 BM_DO_CASE_LINK};
    struct bm_command command = bm_command_make(kinds[bm_rng_below(rng, 3)]);
    command.target = some(rng, core, BM_T_CASE);
    version_of(rng, core, &command, command.target);
    if (command.kind == BM_DO_CASE_MERGE) {
        command.case_merge.into.v = some(rng, core, BM_T_CASE);
    } else if (command.kind == BM_DO_CASE_LINK) {
        command.case_link.other.v = some(rng, core, BM_T_CASE);
        command.case_link.kind = (uint8_t)bm_rng_below(rng, 2);
    } else {
        /* Split off a contact or an assignment that really is there. */
        uint64_t contact = some(rng, core, BM_T_CONTACT),
                 assignment = some(rng, core, BM_T_ASSIGNMENT);
        const struct bm_contact *from = bm_core_get(core, BM_T_CONTACT, contact);
        const struct bm_assignment *of = bm_core_get(core, BM_T_ASSIGNMENT, assignment);
        if (bm_rng_chance(rng, 50) && from && from->on_case.v) {
            command.target = from->on_case.v;
            command.case_split.contacts = (struct bm_ids){1, {contact}};
        } else if (of) {
            command.target = of->on_case.v;
            command.case_split.assignments = (struct bm_ids){1, {assignment}};
        }
        version_of(rng, core, &command, command.target);
        fresh_keys(rng, &command);
    }
    return command;
}

static struct bm_command on_contact(struct bm_rng *rng, const struct bm_core *core,
                                    int64_t now_ms) {
    static const enum bm_command_kind kinds[] = {
        BM_DO_CONTACT_ANSWER, BM_DO_CONTACT_ANSWER, BM_DO_CONTACT_ABANDON, BM_DO_CONTACT_END,
        BM_DO_CONTACT_FIX,    BM_DO_CONTACT_ATTACH, BM_DO_CONTACT_ATTACH,  BM_DO_ERASE_CONTACT};
    static const enum bm_command_kind by_phone[] = {BM_DO_CONTACT_TAKE, BM_DO_CONTACT_NOTE, BM_DO_RING_BACK, BM_DO_CONTACT_LOCATE};
    struct bm_command command = bm_command_make(bm_rng_chance(rng, 20) ? by_phone[bm_rng_below(rng, 4)]
                                                                       : kinds[bm_rng_below(rng, 8)]);
    command.target = some(rng, core, BM_T_CONTACT);
    const struct bm_contact *contact = bm_core_get(core, BM_T_CONTACT, command.target);
    if (command.kind == BM_DO_CONTACT_TAKE && contact) {
        command.contact_take.from = contact->operator_id;
    } else if (command.kind == BM_DO_CONTACT_NOTE) {
        text(command.contact_note.language, sizeof command.contact_note.language, bm_rng_chance(rng, 90) ? "yue" : "?");
        command.contact_note.interpreter = (uint8_t)bm_rng_below(rng, BM_interpreter_COUNT);
        command.present = bm_rng_below(rng, 4);
    } else if (command.kind == BM_DO_RING_BACK) {
        command.ring_back.outcome = (uint8_t)bm_rng_below(rng, BM_ring_back_COUNT);
        if (bm_rng_chance(rng, 30)) command.ring_back.result = (uint8_t)bm_rng_below(rng, BM_contact_result_COUNT);
    }
    if (command.kind == BM_DO_CONTACT_LOCATE) {
        command.contact_locate.step = (uint8_t)bm_rng_below(rng, BM_locate_step_COUNT);
        command.contact_locate.link = contact ? contact->locate_count : 1;
        command.contact_locate.lat_e7 = near(rng, 399000000);
        command.contact_locate.lon_e7 = near(rng, 1164000000);
    } else if (command.kind == BM_DO_CONTACT_END) {
        command.contact_end.result = (uint8_t)bm_rng_below(rng, BM_contact_result_COUNT);
    } else if (command.kind == BM_DO_CONTACT_FIX) {
        command.contact_fix.lat_e7 = near(rng, 399000000);
        command.contact_fix.lon_e7 = near(rng, 1164000000);
        command.contact_fix.fixed_at_ms = now_ms - (int64_t)bm_rng_below(rng, 60000);
    } else if (command.kind == BM_DO_CONTACT_ATTACH) {
        command.contact_attach.on_case.v = some(rng, core, BM_T_CASE);
    } else if (command.kind == BM_DO_ERASE_CONTACT) {
        text(command.erase_contact.basis, sizeof command.erase_contact.basis, "retention");
    }
    return command;
}

static struct bm_command on_case(struct bm_rng *rng, const struct bm_core *core) {
    static const enum bm_command_kind kinds[] = {
        BM_DO_CASE_CLAIM, BM_DO_CASE_CLOSE, BM_DO_CASE_CLOSE, BM_DO_CASE_CLOSE, BM_DO_CASE_REOPEN,
        BM_DO_ENTRY,      BM_DO_ENTRY,      BM_DO_LOOK,       BM_DO_ERASE_CASE, BM_DO_SWAP};
    struct bm_command command = bm_command_make(kinds[bm_rng_below(rng, 10)]);
    command.target = some(rng, core, BM_T_CASE);
    const struct bm_case *row = bm_core_get(core, BM_T_CASE, command.target);
    if (command.kind == BM_DO_CASE_CLOSE) {
        command.case_close.outcome = (uint8_t)(1 + bm_rng_below(rng, BM_outcome_COUNT - 1));
        version_of(rng, core, &command, command.target);
    } else if (command.kind == BM_DO_ENTRY) {
        if (row) seal(rng, &command, BM_DATA_NARRATIVE, row->narrative_key.v);
    } else if (command.kind == BM_DO_ERASE_CASE) {
        text(command.erase_case.basis, sizeof command.erase_case.basis, "request");
    } else if (command.kind == BM_DO_SWAP) {
        command.target = some(rng, core, BM_T_ASSIGNMENT);
        const struct bm_assignment *of = bm_core_get(core, BM_T_ASSIGNMENT, command.target);
        command.swap.unit.v = some(rng, core, BM_T_UNIT);
        version_of(rng, core, &command, of ? of->on_case.v : 1);
    }
    return command;
}

/* Sooner, later or until further notice; both directions or one; slower or closed. */
static void change_closure(struct bm_rng *rng, const struct bm_core *core, int64_t now_ms,
                           struct bm_command *command) {
    const struct bm_place *place = bm_core_get(core, BM_T_PLACE, command->target);
    struct bm_do_road_change *args = &command->road_change;
    command->present = bm_rng_below(rng, 16);
    text(args->name, sizeof args->name, "flooded again");
    if (bm_rng_chance(rng, 70)) args->until_at_ms = now_ms + (int64_t)bm_rng_below(rng, 3600000);
    args->direction = (uint8_t)bm_rng_below(rng, 3);
    args->speed_percent = (uint32_t)bm_rng_below(rng, 100);
    command->has_if_match = bm_rng_chance(rng, 95);
    command->if_match = place && bm_rng_chance(rng, 95) ? place->version : 1;
}

static struct bm_command road(struct bm_rng *rng, const struct bm_core *core, int64_t now_ms) {
    static const enum bm_command_kind kinds[] = {
        BM_DO_ROAD_CLOSE, BM_DO_ROAD_CLOSE, BM_DO_ROAD_CLOSE, BM_DO_ROAD_OPEN, BM_DO_ROAD_CHANGE};
    struct bm_command command = bm_command_make(kinds[bm_rng_below(rng, 5)]);
    if (command.kind != BM_DO_ROAD_CLOSE) command.target = some(rng, core, BM_T_PLACE);
    if (command.kind == BM_DO_ROAD_CHANGE) change_closure(rng, core, now_ms, &command);
    if (command.kind != BM_DO_ROAD_CLOSE) return command;
    struct bm_do_road_close *args = &command.road_close;
    text(args->name, sizeof args->name, "flooded");
    args->form = bm_rng_chance(rng, 50) ? BM_FORM_LINE : BM_FORM_POLYGON;
    args->points.count = 2 + bm_rng_below(rng, 3);
    for (uint64_t i = 0; i < args->points.count; i++) {
        args->points.e7[2 * i] = near(rng, 399000000);
        args->points.e7[2 * i + 1] = near(rng, 1164000000);
    }
    if (bm_rng_chance(rng, 60)) args->until_at_ms = now_ms + (int64_t)bm_rng_below(rng, 3600000);
    if (bm_rng_chance(rng, 40)) args->direction = (uint8_t)bm_rng_below(rng, 3);
    if (bm_rng_chance(rng, 40)) args->speed_percent = (uint32_t)bm_rng_below(rng, 100);
    return command;
}

static struct bm_command band(struct bm_rng *rng, const struct bm_core *core) {
    struct bm_command command = bm_command_make(BM_DO_BAND_SET);
    struct bm_do_band_set *args = &command.band_set;
    if (bm_rng_chance(rng, 40)) command.target = some(rng, core, BM_T_BAND);
    command.has_if_match = bm_rng_chance(rng, 80);
    command.if_match = (uint32_t)bm_rng_below(rng, 3);
    text(args->name, sizeof args->name, "our own");
    text(args->source, sizeof args->source, "the county's order");
    args->measure = (uint8_t)bm_rng_below(rng, BM_timed_COUNT);
    args->certainty = (uint8_t)bm_rng_below(rng, 3);
    args->priority = bm_rng_chance(rng, 30) ? (uint32_t)bm_rng_below(rng, 6) : 0;
    args->most_ms = (int64_t)bm_rng_below(rng, 600000);
    args->percent = (uint32_t)bm_rng_below(rng, 101);
    args->inactive = bm_rng_chance(rng, 20);
    return command;
}

/* A call for help whose note can be erased; 0: none. */
static uint64_t noted(const struct bm_core *core) {
    for (uint64_t id = bm_core_next_id(core, BM_T_DURESS, 0); id; id = bm_core_next_id(core, BM_T_DURESS, id)) {
        if (((const struct bm_duress *)bm_core_get(core, BM_T_DURESS, id))->narrative.len) return id;
    }
    return 0;
}

/* Devices of units, safety timers, calls for help. */
static struct bm_command safety(struct bm_rng *rng, const struct bm_core *core, int64_t now_ms) {
    static const enum bm_command_kind kinds[] = {BM_DO_CHECK_IN_SET, BM_DO_CHECK_IN_SET, BM_DO_CHECK_IN,     BM_DO_CHECK_IN_STOP,
                                                 BM_DO_DURESS,       BM_DO_DURESS,       BM_DO_DURESS_ACKNOWLEDGE, BM_DO_DURESS_ACKNOWLEDGE,
                                                 BM_DO_DURESS_CASE,  BM_DO_DEVICE_SET, BM_DO_DEVICE_SET, BM_DO_DEVICE_SET,
                                                 BM_DO_DEVICE_SECRET, BM_DO_DEVICE_SECRET, BM_DO_ERASE_DURESS};
    uint64_t note = noted(core);
    struct bm_command command = bm_command_make(note && bm_rng_chance(rng, 30) ? BM_DO_ERASE_DURESS : kinds[bm_rng_below(rng, 15)]);
    bool timed = command.kind == BM_DO_CHECK_IN || command.kind == BM_DO_CHECK_IN_STOP;
    command.target = some(rng, core, timed && bm_rng_chance(rng, 80) ? BM_T_CHECK_IN : BM_T_UNIT);
    if (command.kind == BM_DO_CHECK_IN_SET) {
        command.check_in_set.every_s = 5 + (uint32_t)bm_rng_below(rng, 900);
    } else if (command.kind == BM_DO_DURESS) {
        command.duress.unit.v = command.target;
        command.target = 0;
        if (bm_rng_chance(rng, 50)) command.duress.lat_e7 = near(rng, 399000000), command.duress.lon_e7 = near(rng, 1164000000);
        if (bm_rng_chance(rng, 30)) command.duress.occurred_at_ms = now_ms - (int64_t)bm_rng_below(rng, 60000);
    } else if (command.kind == BM_DO_DEVICE_SET) {
        command.device_set.unit.v = command.target;
        command.target = bm_rng_chance(rng, 50) ? some(rng, core, BM_T_DEVICE) : 0;
        command.device_set.protocol = BM_DEVICE_JT808;
        snprintf(command.device_set.identity, sizeof command.device_set.identity, "%u", 1 + (unsigned)bm_rng_below(rng, 40));
        const struct bm_device *device = bm_core_get(core, BM_T_DEVICE, command.target);
        command.has_if_match = true;
        command.if_match = device ? device->version : 1;
    } else if (command.kind == BM_DO_ERASE_DURESS) {
        command.target = note ? note : some(rng, core, BM_T_DURESS);
        text(command.erase_duress.basis, sizeof command.erase_duress.basis, "retention");
    } else if (command.kind == BM_DO_DEVICE_SECRET) {
        command.target = some(rng, core, BM_T_DEVICE);
    } else if (command.kind != BM_DO_CHECK_IN && command.kind != BM_DO_CHECK_IN_STOP) {
        command.target = some(rng, core, BM_T_DURESS);
        fresh_keys(rng, &command);
    }
    return command;
}

/* About incidents, by anybody. */
static struct bm_command draw_incident(struct bm_rng *rng, const struct bm_core *core, int64_t now_ms) {
    struct bm_command command;
    unsigned pick = (unsigned)bm_rng_below(rng, 100);
    if (pick < 12)
        command = receive(rng);
    else if (pick < 22)
        command = bm_rng_chance(rng, 10) ? paper(rng, core, now_ms) : open_case(rng, core);
    else if (pick < 34)
        command = on_contact(rng, core, now_ms);
    else if (pick < 50)
        command = assign(rng, core);
    else if (pick < 72)
        command = status(rng, core, now_ms);
    else if (pick < 75)
        command = safety(rng, core, now_ms);
    else if (pick < 80)
        command = change(rng, core);
    else if (pick < 86)
        command = bond(rng, core);
    else if (pick < 96)
        command = on_case(rng, core);
    else if (pick < 98)
        command = bm_rng_chance(rng, 80) ? road(rng, core, now_ms) : band(rng, core);
    else {
        command = bm_command_make(BM_DO_UNIT_DUTY);
        command.target = some(rng, core, BM_T_UNIT);
        command.unit_duty.duty = bm_rng_chance(rng, 80) ? (uint8_t)BM_DUTY_ON
                                                        : (uint8_t)bm_rng_below(rng, 3);
    }
    static const uint64_t actors[] = {2, 3, 4, 4, 5, 6, 1};
    command.actor.v = actors[bm_rng_below(rng, 7)];
    bool by_caller = command.kind == BM_DO_CONTACT_LOCATE && command.contact_locate.step != BM_LOCATE_ASK;
    if (by_caller && bm_rng_chance(rng, 80)) command.actor.v = 0;
    bool administers = command.kind == BM_DO_DEVICE_SET || command.kind == BM_DO_DEVICE_SECRET;
    if (administers && bm_rng_chance(rng, 80)) command.actor.v = 1;
    if (command.kind == BM_DO_ERASE_DURESS && bm_rng_chance(rng, 80)) command.actor.v = 4;
    if (bm_rng_chance(rng, 3)) {
        bm_command_release(&command);
        uint64_t actor = command.actor.v;
        command = seat(rng, core);
        command.actor.v = command.kind == BM_DO_DESK_POSITION_SET ? 1 : actor;
    } else if (pick < 12 && bm_rng_chance(rng, 40)) {
        bm_command_release(&command);
        command = exchange(rng, now_ms);
        command.actor.v = EXCHANGE;
    }
    if (command.kind == BM_DO_CONTACT_RECEIVE && bm_rng_chance(rng, 30)) call_again(rng, core, &command);
    return command;
}

struct bm_command bm_demand_draw(struct bm_rng *rng, const struct bm_core *core, int64_t now_ms) {
    bool imports = bm_rng_chance(rng, 1);
    struct bm_command command = imports                    ? bm_demand_import(rng, core)
                                : bm_rng_chance(rng, 2)  ? bm_demand_alert(rng, core)
                                : bm_rng_chance(rng, 20) ? bm_demand_matter(rng, core)
                                : bm_rng_chance(rng, 8)  ? bm_demand_shift(rng, core, now_ms)
                                                         : draw_incident(rng, core, now_ms);
    for (int i = 0; i < 16; i++) command.request[16 + i] = (uint8_t)bm_rng_u64(rng);
    if (bm_rng_chance(rng, 70)) {
        command.has_request = true;
        for (int i = 0; i < 16; i++) command.request[i] = (uint8_t)bm_rng_u64(rng);
    }
    return command;
}
