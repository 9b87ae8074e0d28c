/* What is asked around shifts: who sits where, who is on which unit, who takes over, and how many are on the street. */
#include <stdio.h>

#include "sim/demand_private.h"

static struct bm_ids some_of(struct bm_rng *rng, const struct bm_core *core, enum bm_table_kind table) {
    struct bm_ids ids = {.count = 1 + bm_rng_below(rng, 3)};
    for (uint64_t i = 0; i < ids.count; i++) ids.ids[i] = bm_demand_some(rng, core, table);
    return ids;
}

static void match(struct bm_rng *rng, const struct bm_core *core, enum bm_table_kind table, struct bm_command *command) {
    const void *record = bm_core_get(core, table, command->target);
    const struct bm_field *field = bm_shape_find(bm_table_shape(table), "version");
    command->has_if_match = record && bm_rng_chance(rng, 95);
    if (record) command->if_match = *(const uint32_t *)bm_field_of(field, record);
}

static void set_position(struct bm_rng *rng, const struct bm_core *core, struct bm_command *command) {
    struct bm_do_desk_position_set *args = &command->desk_position_set;
    if (bm_core_count(core, BM_T_DESK_POSITION) >= 4) command->target = bm_demand_some(rng, core, BM_T_DESK_POSITION);
    match(rng, core, BM_T_DESK_POSITION, command);
    snprintf(args->code, sizeof args->code, "D%u", (unsigned)bm_rng_below(rng, 8));
    bm_demand_text(args->name, sizeof args->name, "by the window");
    bm_demand_text(args->lines, sizeof args->lines, "110-1 110-2");
    args->jurisdiction.v = 1 + bm_rng_below(rng, 3);
    args->inactive = bm_rng_chance(rng, 10);
    if (!bm_rng_chance(rng, 30)) return;
    args->next.v = bm_demand_some(rng, core, BM_T_DESK_POSITION);
    args->rollover_ms = 20000;
}

static void plan(struct bm_rng *rng, const struct bm_core *core, int64_t now_ms, struct bm_command *command) {
    struct bm_do_stint_plan *args = &command->stint_plan;
    bool crew = bm_rng_chance(rng, 60);
    args->operators = crew && bm_rng_chance(rng, 80) ? (struct bm_ids){1, {6}} : some_of(rng, core, BM_T_OPERATOR);
    if (crew)
        args->unit.v = bm_demand_some(rng, core, BM_T_UNIT);
    else
        args->desk_position.v = bm_demand_some(rng, core, BM_T_DESK_POSITION);
    bm_demand_text(args->shift, sizeof args->shift, "early");
    args->starts_at_ms = now_ms + (int64_t)bm_rng_below(rng, 7200000) - 3600000;
    args->ends_at_ms = args->starts_at_ms + (int64_t)bm_rng_below(rng, 40000000);
}

static void take_over(struct bm_rng *rng, const struct bm_core *core, struct bm_command *command) {
    struct bm_do_take_over *args = &command->take_over;
    args->from.v = 2 + bm_rng_below(rng, 4);
    if (bm_rng_chance(rng, 60)) return;
    args->cases = some_of(rng, core, BM_T_CASE);
    args->cases.count = 1;
    const struct bm_case *row = bm_core_get(core, BM_T_CASE, args->cases.ids[0]);
    if (row && bm_rng_chance(rng, 80)) args->from = row->owner;
}

static void set_level(struct bm_rng *rng, const struct bm_core *core, struct bm_command *command) {
    struct bm_do_duty_level_set *args = &command->duty_level_set;
    if (bm_core_count(core, BM_T_DUTY_LEVEL) >= 3) command->target = bm_demand_some(rng, core, BM_T_DUTY_LEVEL);
    match(rng, core, BM_T_DUTY_LEVEL, command);
    snprintf(args->code, sizeof args->code, "L%u", (unsigned)bm_rng_below(rng, 6));
    bm_demand_text(args->name, sizeof args->name, "raised");
    args->rank = (uint32_t)bm_rng_below(rng, 5);
    args->jurisdiction.v = 1;
    args->units = some_of(rng, core, BM_T_UNIT);
    if (bm_rng_chance(rng, 80)) args->agencies = (struct bm_ids){1, {1}};
}

/* A level that is in force, 1 when there is none. */
static uint64_t in_force(const struct bm_core *core) {
    for (uint64_t id = 0; (id = bm_core_next_id(core, BM_T_DUTY_LEVEL, id));) {
        if (((const struct bm_duty_level *)bm_core_get(core, BM_T_DUTY_LEVEL, id))->raised_at_ms != BM_AT_NONE) return id;
    }
    return 1;
}

/* A stint in that state, 1 when there is none. */
static uint64_t stint_in(const struct bm_core *core, enum bm_stint_state state) {
    for (uint64_t id = 0; (id = bm_core_next_id(core, BM_T_STINT, id));) {
        if (((const struct bm_stint *)bm_core_get(core, BM_T_STINT, id))->state == state) return id;
    }
    return 1;
}

/* A position where somebody sits, or nobody; 1 when there is none. */
static uint64_t position_with(const struct bm_core *core, bool somebody) {
    for (uint64_t id = 0; (id = bm_core_next_id(core, BM_T_DESK_POSITION, id));) {
        const struct bm_desk_position *position = bm_core_get(core, BM_T_DESK_POSITION, id);
        if (position->active && (position->operator_id.v != 0) == somebody) return id;
    }
    return 1;
}

/* A note that can be erased; 0: none. */
static uint64_t taken_note(const struct bm_core *core) {
    for (uint64_t id = bm_core_next_id(core, BM_T_HANDOVER, 0); id; id = bm_core_next_id(core, BM_T_HANDOVER, id)) {
        const struct bm_handover *note = bm_core_get(core, BM_T_HANDOVER, id);
        if (note->taken_at_ms != BM_AT_NONE && note->narrative.len) return id;
    }
    return 0;
}

static enum bm_command_kind kind_of(struct bm_rng *rng) {
    static const enum bm_command_kind kinds[] = {
        BM_DO_DESK_POSITION_SET, BM_DO_DESK_POSITION_LOG_ON, BM_DO_DESK_POSITION_LOG_ON, BM_DO_DESK_POSITION_LOG_OFF, BM_DO_STINT_PLAN,
        BM_DO_STINT_PLAN, BM_DO_STINT_BEGIN, BM_DO_STINT_BEGIN, BM_DO_STINT_END, BM_DO_STINT_CANCEL, BM_DO_DUTY_BULK, BM_DO_DUTY_BULK,
        BM_DO_DUTY_RULE_SET, BM_DO_TAKE_OVER, BM_DO_TAKE_OVER, BM_DO_HANDOVER_LEAVE, BM_DO_HANDOVER_TAKE, BM_DO_DUTY_LEVEL_SET,
        BM_DO_DUTY_LEVEL_RAISE, BM_DO_DUTY_LEVEL_RAISE, BM_DO_DUTY_LEVEL_END, BM_DO_DUTY_LEVEL_RAISE,
        BM_DO_DUTY_LEVEL_RAISE, BM_DO_STINT_CANCEL, BM_DO_STINT_PLAN, BM_DO_DESK_POSITION_LOG_OFF, BM_DO_ERASE_HANDOVER};
    return kinds[bm_rng_below(rng, sizeof kinds / sizeof kinds[0])];
}

struct bm_command bm_demand_shift(struct bm_rng *rng, const struct bm_core *core, int64_t now_ms) {
    static const uint64_t people[] = {2, 3, 4, 4, 4, 5, 6};
    uint64_t note = taken_note(core);
    struct bm_command command = bm_command_make(note && bm_rng_chance(rng, 30) ? BM_DO_ERASE_HANDOVER : kind_of(rng));
    bool of_house = command.kind == BM_DO_DESK_POSITION_SET || command.kind == BM_DO_DUTY_RULE_SET || command.kind == BM_DO_DUTY_LEVEL_SET;
    command.actor.v = of_house && bm_rng_chance(rng, 90) ? 1 : people[bm_rng_below(rng, 7)];
    if (command.kind == BM_DO_DESK_POSITION_SET) set_position(rng, core, &command);
    bool leaves = command.kind == BM_DO_DESK_POSITION_LOG_OFF, calls_off = command.kind == BM_DO_STINT_CANCEL;
    if ((leaves || calls_off) && bm_rng_chance(rng, 60)) command.actor.v = 4;
    if (leaves || command.kind == BM_DO_DESK_POSITION_LOG_ON)
        command.target = bm_rng_chance(rng, 70) ? position_with(core, leaves) : bm_demand_some(rng, core, BM_T_DESK_POSITION);
    if (command.kind == BM_DO_STINT_PLAN) plan(rng, core, now_ms, &command);
    if (command.kind == BM_DO_STINT_BEGIN) {
        command.stint_begin.operators = (struct bm_ids){1, {6}};
        command.stint_begin.unit.v = bm_demand_some(rng, core, BM_T_UNIT);
    }
    if (command.kind == BM_DO_STINT_END || calls_off)
        command.target = bm_rng_chance(rng, 70) ? stint_in(core, calls_off ? BM_STINT_PLANNED : BM_STINT_ON) : bm_demand_some(rng, core, BM_T_STINT);
    if (command.kind == BM_DO_DUTY_BULK) {
        command.duty_bulk.units = some_of(rng, core, BM_T_UNIT);
        command.duty_bulk.duty = bm_rng_chance(rng, 45) ? (uint8_t)BM_DUTY_ON : (uint8_t)bm_rng_below(rng, BM_duty_COUNT);
        command.duty_bulk.skip_busy = bm_rng_chance(rng, 50);
    }
    if (command.kind == BM_DO_DUTY_RULE_SET) {
        command.target = 1 + bm_rng_below(rng, 4);
        match(rng, core, BM_T_DUTY_RULE, &command);
        if (bm_rng_chance(rng, 80)) command.duty_rule_set.least_rest_ms = 39600000;
        if (bm_rng_chance(rng, 80)) command.duty_rule_set.longest_ms = 43200000;
    }
    if (command.kind == BM_DO_TAKE_OVER) take_over(rng, core, &command);
    if (command.kind == BM_DO_HANDOVER_LEAVE) {
        command.sealed[BM_DATA_NARRATIVE].key_id = (bm_rng_u64(rng) >> 24) + 1;
        if (bm_rng_chance(rng, 90)) bm_demand_seal(rng, &command, BM_DATA_NARRATIVE, command.sealed[BM_DATA_NARRATIVE].key_id);
    }
    if (command.kind == BM_DO_HANDOVER_TAKE) command.target = bm_demand_some(rng, core, BM_T_HANDOVER);
    if (command.kind == BM_DO_ERASE_HANDOVER) {
        if (bm_rng_chance(rng, 80)) command.actor.v = 4;
        command.target = note && bm_rng_chance(rng, 80) ? note : bm_demand_some(rng, core, BM_T_HANDOVER);
        bm_demand_text(command.erase_handover.basis, sizeof command.erase_handover.basis, "retention");
    }
    if (command.kind == BM_DO_DUTY_LEVEL_SET) set_level(rng, core, &command);
    if (command.kind == BM_DO_DUTY_LEVEL_RAISE || command.kind == BM_DO_DUTY_LEVEL_END) {
        if (bm_rng_chance(rng, 80)) command.actor.v = 4;
        command.target = command.kind == BM_DO_DUTY_LEVEL_END ? in_force(core) : bm_demand_some(rng, core, BM_T_DUTY_LEVEL);
        match(rng, core, BM_T_DUTY_LEVEL, &command);
    }
    if (command.kind == BM_DO_DUTY_LEVEL_RAISE) {
        command.duty_level_raise.until_at_ms = now_ms + (int64_t)bm_rng_below(rng, 100000000);
        bm_demand_text(command.duty_level_raise.reason, sizeof command.duty_level_raise.reason, "a match at the stadium");
    }
    return command;
}
