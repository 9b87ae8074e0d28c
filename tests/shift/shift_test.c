/* Shifts in the core.  The house of sim/demand.h: operators 1 admin, 2 call-taker, 3 dispatcher, 4 supervisor (city), 5 takes calls in
 * the north, 6 the crew of unit 1; units 1 to 8, on duty, unit n in agency 2 + (n - 1) % 3. */
#include "testing.h"

#include <time.h>

#include "core/limits.h"
#include "small_world.h"

enum { ADMIN = 1, TAKER = 2, DISPATCHER = 3, HEAD = 4, NORTH = 5, CREW = 6 };
#define HOUR INT64_C(3600000)

static const void *get(const struct world *world, enum bm_table_kind table, uint64_t id) {
    return bm_core_get(world->core, table, id);
}

static void refuses(struct world *world, struct bm_command *command, enum bm_code code, const char *field) {
    enum bm_command_kind kind = command->kind;
    enum bm_code given = give(world, command);
    if (given != code) fail_msg("%s: %s, %s", bm_command_word(kind), bm_code_word(given), world->decision.fault.detail);
    assert_string_equal(world->decision.fault.field, field);
    assert_true(world->decision.fault.detail[0] != 0);
    assert_int_equal(world->decision.event_count, 0);
}

static const struct bm_event *event_of(const struct world *world, enum bm_event_kind kind) {
    for (size_t i = 0; i < world->decision.event_count; i++) {
        if (world->decision.events[i].kind == kind) return &world->decision.events[i];
    }
    fail_msg("no event %s", bm_event_word(kind));
    return NULL;
}

/* What time makes due until `now_ms`, done. */
static size_t pass(struct world *world, int64_t now_ms) {
    struct bm_command command;
    int64_t due_at_ms;
    size_t count = 0;
    while (bm_core_next_due(world->core, &due_at_ms, &command) && due_at_ms <= now_ms) {
        if (due_at_ms > world->now_ms) world->now_ms = due_at_ms;
        made(world, &command);
        count++;
    }
    world->now_ms = now_ms;
    return count;
}

/* --- positions at the desk -------------------------------------------------------------------- */

static struct bm_command position_as(const char *code, uint64_t next) {
    struct bm_command command = ask(BM_DO_DESK_POSITION_SET, ADMIN, 0);
    TEXT(command.desk_position_set.code, code);
    TEXT(command.desk_position_set.name, code);
    TEXT(command.desk_position_set.lines, "110-1 110-2");
    command.desk_position_set.jurisdiction.v = 1;
    command.desk_position_set.next.v = next;
    if (next) command.desk_position_set.rollover_ms = 20000;
    return command;
}

static uint64_t position(struct world *world, const char *code, uint64_t next) {
    struct bm_command command = position_as(code, next);
    return made(world, &command);
}

static void sit(struct world *world, uint64_t who, uint64_t at) {
    struct bm_command command = ask(BM_DO_DESK_POSITION_LOG_ON, who, at);
    made(world, &command);
}

static void up(struct world *world, uint64_t who, uint64_t at) {
    struct bm_command command = ask(BM_DO_DESK_POSITION_LOG_OFF, who, at);
    made(world, &command);
}

static void a_position_is_set_as_it_can_ring(void **state) {
    (void)state;
    struct world world = world_make();
    uint64_t first = position(&world, "1", 0), second = position(&world, "2", first);
    struct bm_command command = position_as("1", 0);
    refuses(&world, &command, BM_EXISTS, "code");
    command = position_as("3", 99);
    refuses(&world, &command, BM_NOT_FOUND, "next");
    command = position_as("3", second);
    command.desk_position_set.rollover_ms = BM_AT_NONE;
    refuses(&world, &command, BM_MISSING_FIELD, "rollover_ms");
    command = position_as("3", second);
    command.desk_position_set.rollover_ms = 999;
    refuses(&world, &command, BM_OUT_OF_RANGE, "rollover_ms");
    command = position_as("3", 0);
    command.desk_position_set.rollover_ms = 20000;
    refuses(&world, &command, BM_MISSING_FIELD, "next");
    command = position_as("3", 0);
    TEXT(command.desk_position_set.lines, "a 1234567890123456789012345678901234");
    refuses(&world, &command, BM_OUT_OF_RANGE, "lines");
    command = position_as("2", second); /* onto itself */
    command.target = second;
    command.has_if_match = true;
    command.if_match = 1;
    refuses(&world, &command, BM_CONFLICT, "next");
    command = position_as("1", second); /* a round is fine */
    command.target = first;
    refuses(&world, &command, BM_VERSION_REQUIRED, "If-Match");
    command = position_as("1", second);
    command.target = first;
    command.has_if_match = true;
    command.if_match = 1;
    made(&world, &command);
    assert_int_equal(((const struct bm_desk_position *)get(&world, BM_T_DESK_POSITION, first))->next.v, second);
    world_free(&world);
}

static void one_operator_sits_at_one_position(void **state) {
    (void)state;
    struct world world = world_make();
    uint64_t first = position(&world, "1", 0), second = position(&world, "2", 0);
    sit(&world, TAKER, first);
    const struct bm_desk_position *row = get(&world, BM_T_DESK_POSITION, first);
    assert_int_equal(row->operator_id.v, TAKER);
    assert_int_equal(row->since_at_ms, world.now_ms);
    int64_t since_ms = world.now_ms;
    world.now_ms += HOUR;
    sit(&world, TAKER, first); /* twice: as before */
    assert_int_equal(world.decision.event_count, 0);
    struct bm_command command = ask(BM_DO_DESK_POSITION_LOG_ON, TAKER, first); /* and with a key: remembered, since when stays */
    command.has_request = true;
    made(&world, &command);
    assert_int_equal(((const struct bm_desk_position *)get(&world, BM_T_DESK_POSITION, first))->since_at_ms, since_ms);
    assert_int_equal(bm_core_count(world.core, BM_T_STINT), 1);
    command = ask(BM_DO_DESK_POSITION_LOG_ON, TAKER, second);
    refuses(&world, &command, BM_CONFLICT, "desk_position");
    command = ask(BM_DO_DESK_POSITION_LOG_ON, DISPATCHER, first); /* two at once: the second is told who was first */
    refuses(&world, &command, BM_CONFLICT, "desk_position");
    assert_int_equal(world.decision.conflict.operator_id, TAKER);
    command = ask(BM_DO_DESK_POSITION_LOG_OFF, DISPATCHER, first);
    refuses(&world, &command, BM_FORBIDDEN, "desk_position");
    up(&world, HEAD, first); /* a supervisor may */
    assert_int_equal(event_of(&world, BM_EV_DESK_POSITION_LOGGED_OFF)->actor.v, HEAD);
    assert_int_equal(event_of(&world, BM_EV_DESK_POSITION_LOGGED_OFF)->desk_position_logged_off.operator_id.v, TAKER);
    command = ask(BM_DO_DESK_POSITION_LOG_OFF, TAKER, first);
    refuses(&world, &command, BM_NOT_POSSIBLE, "desk_position");
    sit(&world, DISPATCHER, first);
    world_free(&world);
}

static void who_leaves_the_house_leaves_the_position(void **state) {
    (void)state;
    struct world world = world_make();
    uint64_t at = position(&world, "1", 0);
    sit(&world, TAKER, at);
    struct bm_command command = ask(BM_DO_OPERATOR_SET, ADMIN, TAKER);
    TEXT(command.operator_set.number, "1001");
    command.operator_set.roles = BM_BIT(BM_ROLE_CALL_TAKER);
    command.operator_set.jurisdiction.v = 1;
    command.operator_set.inactive = true;
    command.has_if_match = true;
    command.if_match = ((const struct bm_operator *)get(&world, BM_T_OPERATOR, TAKER))->version;
    made(&world, &command);
    assert_int_equal(((const struct bm_desk_position *)get(&world, BM_T_DESK_POSITION, at))->operator_id.v, 0);
    const struct bm_stint *stint = get(&world, BM_T_STINT, 1);
    assert_int_equal(stint->state, BM_STINT_OVER);
    world_free(&world);
}

/* --- stints and rest rules -------------------------------------------------------------------- */

static void rule(struct world *world, int64_t rest_ms, int64_t longest_ms) {
    struct bm_command command = ask(BM_DO_DUTY_RULE_SET, ADMIN, 1);
    command.duty_rule_set.least_rest_ms = rest_ms;
    command.duty_rule_set.longest_ms = longest_ms;
    made(world, &command);
}

static void short_rest_and_a_long_shift_are_warned_of_and_done(void **state) {
    (void)state;
    struct world world = world_make();
    uint64_t at = position(&world, "1", 0), other = position(&world, "2", 0);
    rule(&world, 11 * HOUR, 12 * HOUR);
    sit(&world, TAKER, at);
    assert_int_equal(event_of(&world, BM_EV_STINT_BEGUN)->stint_begun.rest_ms, BM_AT_NONE);
    world.now_ms += 8 * HOUR;
    up(&world, TAKER, at);
    assert_int_equal(event_of(&world, BM_EV_STINT_ENDED)->stint_ended.length_ms, 8 * HOUR);
    assert_int_equal(event_of(&world, BM_EV_STINT_ENDED)->stint_ended.warned, 0);
    world.now_ms += HOUR / 2; /* a break: the shift goes on */
    sit(&world, TAKER, other);
    const struct bm_ev_stint_begun *begun = &event_of(&world, BM_EV_STINT_BEGUN)->stint_begun;
    assert_int_equal(begun->since_at_ms, world.now_ms - 8 * HOUR - HOUR / 2);
    assert_int_equal(begun->rest_ms, BM_AT_NONE);
    world.now_ms += 4 * HOUR;
    up(&world, TAKER, other);
    assert_int_equal(event_of(&world, BM_EV_STINT_ENDED)->stint_ended.length_ms, 12 * HOUR + HOUR / 2);
    assert_int_equal(event_of(&world, BM_EV_STINT_ENDED)->stint_ended.longest_ms, 12 * HOUR);
    assert_int_equal(event_of(&world, BM_EV_STINT_ENDED)->stint_ended.warned, BM_BIT(BM_STINT_LONG_SHIFT));
    world.now_ms += 9 * HOUR;
    sit(&world, TAKER, at);
    begun = &event_of(&world, BM_EV_STINT_BEGUN)->stint_begun;
    assert_int_equal(begun->rest_ms, 9 * HOUR);
    assert_int_equal(begun->least_rest_ms, 11 * HOUR);
    assert_int_equal(begun->warned, BM_BIT(BM_STINT_SHORT_REST));
    up(&world, TAKER, at);
    world.now_ms += 11 * HOUR; /* exactly the rest */
    sit(&world, TAKER, at);
    assert_int_equal(event_of(&world, BM_EV_STINT_BEGUN)->stint_begun.warned, 0);
    world_free(&world);
}

static struct bm_command plan(uint64_t who, uint64_t unit, int64_t from_ms, int64_t to_ms) {
    struct bm_command command = ask(BM_DO_STINT_PLAN, HEAD, 0);
    command.stint_plan.operators = (struct bm_ids){1, {who}};
    command.stint_plan.unit.v = unit;
    TEXT(command.stint_plan.shift, "early");
    command.stint_plan.starts_at_ms = from_ms;
    command.stint_plan.ends_at_ms = to_ms;
    return command;
}

static struct bm_command duty_of(uint64_t actor, struct bm_ids units, enum bm_duty duty) {
    struct bm_command command = ask(BM_DO_DUTY_BULK, actor, 0);
    command.duty_bulk.units = units;
    command.duty_bulk.duty = (uint8_t)duty;
    return command;
}

static void a_plan_knows_its_neighbours_and_begins_with_its_unit(void **state) {
    (void)state;
    struct world world = world_make();
    rule(&world, 11 * HOUR, 12 * HOUR);
    int64_t start_ms = world.now_ms + HOUR;
    struct bm_command command = plan(CREW, 4, start_ms, start_ms + 8 * HOUR);
    uint64_t first = made(&world, &command);
    command = plan(CREW, 4, start_ms + 16 * HOUR, start_ms + 24 * HOUR); /* eight hours after it */
    made(&world, &command);
    assert_int_equal(event_of(&world, BM_EV_STINT_PLANNED)->stint_planned.rest_ms, 8 * HOUR);
    assert_int_equal(event_of(&world, BM_EV_STINT_PLANNED)->stint_planned.warned, BM_BIT(BM_STINT_SHORT_REST));
    command = plan(CREW, 4, start_ms + 40 * HOUR, start_ms + 56 * HOUR);
    uint64_t third = made(&world, &command);
    assert_int_equal(event_of(&world, BM_EV_STINT_PLANNED)->stint_planned.warned, BM_BIT(BM_STINT_LONG_SHIFT));
    command = plan(CREW, 4, start_ms, start_ms);
    refuses(&world, &command, BM_OUT_OF_RANGE, "ends_at_ms");
    command = plan(TAKER, 4, start_ms, start_ms + HOUR); /* no crew */
    refuses(&world, &command, BM_NOT_POSSIBLE, "operators");
    command = ask(BM_DO_STINT_CANCEL, HEAD, third);
    made(&world, &command);
    command = ask(BM_DO_STINT_CANCEL, HEAD, third);
    refuses(&world, &command, BM_NOT_POSSIBLE, "stint");
    command = duty_of(DISPATCHER, (struct bm_ids){2, {1, 4}}, BM_DUTY_OFF);
    made(&world, &command);
    command = duty_of(DISPATCHER, (struct bm_ids){2, {1, 4}}, BM_DUTY_ON);
    made(&world, &command);
    const struct bm_stint *stint = get(&world, BM_T_STINT, first);
    assert_int_equal(stint->state, BM_STINT_ON);
    assert_int_equal(stint->began_at_ms, world.now_ms);
    assert_int_equal(stint->starts_at_ms, start_ms);
    assert_string_equal(stint->shift, "early");
    assert_int_equal(((const struct bm_operator *)get(&world, BM_T_OPERATOR, CREW))->unit.v, 4); /* whose cases they see now */
    world.now_ms += 8 * HOUR;
    command = duty_of(DISPATCHER, (struct bm_ids){1, {4}}, BM_DUTY_OFF);
    made(&world, &command);
    stint = get(&world, BM_T_STINT, first);
    assert_int_equal(stint->state, BM_STINT_OVER);
    assert_int_equal(stint->ended_at_ms, world.now_ms);
    world_free(&world);
}

/* It leaves memory with its row calling it cancelled: a row that says "planned" stands on every board that is fetched. */
static void a_stint_that_nobody_began_is_cancelled_before_it_is_forgotten(void **state) {
    (void)state;
    struct world world = world_make();
    int64_t start_ms = world.now_ms + HOUR;
    struct bm_command command = plan(CREW, 4, start_ms, start_ms + 8 * HOUR);
    uint64_t stint = made(&world, &command);
    enum bm_stint_state last = BM_STINT_PLANNED;
    int64_t due_at_ms;
    while (get(&world, BM_T_STINT, stint)) {
        last = ((const struct bm_stint *)get(&world, BM_T_STINT, stint))->state;
        assert_true(bm_core_next_due(world.core, &due_at_ms, &command));
        if (due_at_ms > world.now_ms) world.now_ms = due_at_ms;
        made(&world, &command);
    }
    assert_true(last == BM_STINT_CANCELLED);
    world_free(&world);
}

static void a_crew_goes_on_and_off_its_unit(void **state) {
    (void)state;
    struct world world = world_make();
    struct bm_command command = ask(BM_DO_STINT_BEGIN, CREW, 0);
    command.stint_begin.operators = (struct bm_ids){1, {CREW}};
    command.stint_begin.unit.v = 1;
    uint64_t id = made(&world, &command);
    command = ask(BM_DO_STINT_BEGIN, CREW, 0);
    command.stint_begin.operators = (struct bm_ids){1, {CREW}};
    command.stint_begin.unit.v = 1;
    refuses(&world, &command, BM_CONFLICT, "operators");
    command = ask(BM_DO_STINT_BEGIN, DISPATCHER, 0); /* moved to another unit: one stint ends, one begins */
    command.stint_begin.operators = (struct bm_ids){1, {CREW}};
    command.stint_begin.unit.v = 2;
    uint64_t second = made(&world, &command);
    assert_int_not_equal(id, second);
    assert_int_equal(((const struct bm_stint *)get(&world, BM_T_STINT, id))->state, BM_STINT_OVER);
    command = ask(BM_DO_STINT_END, TAKER, second);
    assert_int_equal(give(&world, &command), BM_FORBIDDEN);
    command = ask(BM_DO_STINT_END, CREW, second);
    made(&world, &command);
    command = ask(BM_DO_STINT_END, CREW, second);
    refuses(&world, &command, BM_NOT_POSSIBLE, "stint");
    /* What ended leaves memory after thirty days. */
    pass(&world, world.now_ms + BM_ARCHIVE_AFTER_MS + 1);
    assert_int_equal(bm_core_count(world.core, BM_T_STINT), 0);
    world_free(&world);
}

/* --- many units ------------------------------------------------------------------------------- */

static uint64_t open_case(struct world *world, uint64_t actor) {
    struct bm_command command = ask(BM_DO_CASE_OPEN, actor, 0);
    TEXT(command.case_open.class_code, "fire");
    return made(world, &command);
}

static void send(struct world *world, uint64_t case_id, uint64_t unit) {
    struct bm_command command = ask(BM_DO_ASSIGN, DISPATCHER, case_id);
    command.assign.units = (struct bm_ids){1, {unit}};
    command.has_if_match = true;
    command.if_match = ((const struct bm_case *)get(world, BM_T_CASE, case_id))->version;
    made(world, &command);
}

static const struct bm_unit *unit_of(const struct world *world, uint64_t id) {
    return get(world, BM_T_UNIT, id);
}

static void a_busy_unit_is_not_put_off_duty(void **state) {
    (void)state;
    struct world world = world_make();
    uint64_t id = open_case(&world, TAKER);
    send(&world, id, 2);
    struct bm_command command = duty_of(DISPATCHER, (struct bm_ids){3, {1, 2, 3}}, BM_DUTY_OFF);
    refuses(&world, &command, BM_CONFLICT, "units");
    assert_int_equal(world.decision.conflict.unit, 2);
    assert_int_equal(world.decision.conflict.on_case, id);
    assert_int_equal(unit_of(&world, 1)->duty, BM_DUTY_ON); /* nothing by halves */
    command = duty_of(DISPATCHER, (struct bm_ids){3, {1, 2, 3}}, BM_DUTY_OFF);
    command.duty_bulk.skip_busy = true;
    made(&world, &command);
    assert_true(world.decision.flagged);
    assert_int_equal(unit_of(&world, 1)->duty, BM_DUTY_OFF);
    assert_int_equal(unit_of(&world, 2)->duty, BM_DUTY_ON);
    assert_int_equal(unit_of(&world, 3)->duty, BM_DUTY_OFF);
    command = duty_of(DISPATCHER, (struct bm_ids){1, {2}}, BM_DUTY_OFF);
    command.duty_bulk.skip_busy = true;
    refuses(&world, &command, BM_CONFLICT, "units");
    command = duty_of(DISPATCHER, (struct bm_ids){2, {1, 1}}, BM_DUTY_ON);
    refuses(&world, &command, BM_CONFLICT, "units");
    command = duty_of(NORTH, (struct bm_ids){1, {2}}, BM_DUTY_ON); /* of the south */
    refuses(&world, &command, BM_NOT_FOUND, "units");
    world_free(&world);
}

/* --- from one to the next --------------------------------------------------------------------- */

static struct bm_command take_over(uint64_t who, uint64_t from) {
    struct bm_command command = ask(BM_DO_TAKE_OVER, who, 0);
    command.take_over.from.v = from;
    return command;
}

static void open_cases_are_taken_over_by_one(void **state) {
    (void)state;
    struct world world = world_make();
    uint64_t first = open_case(&world, TAKER), second = open_case(&world, TAKER), own = open_case(&world, HEAD);
    struct bm_command receive = ask(BM_DO_CONTACT_RECEIVE, TAKER, 0);
    receive.contact_receive.answered = true;
    uint64_t contact = made(&world, &receive);
    uint32_t version = ((const struct bm_case *)get(&world, BM_T_CASE, first))->version;
    struct bm_command command = take_over(DISPATCHER, TAKER);
    command.take_over.cases = (struct bm_ids){1, {first}};
    made(&world, &command);
    const struct bm_case *row = get(&world, BM_T_CASE, first);
    assert_int_equal(row->owner.v, DISPATCHER);
    assert_int_equal(row->version, version + 1);
    const struct bm_event *event = event_of(&world, BM_EV_CASE_TAKEN_OVER);
    assert_int_equal(event->case_taken_over.from.v, TAKER);
    assert_int_equal(event->case_taken_over.to.v, DISPATCHER);
    assert_int_equal(event->subject.kind, BM_SUBJECT_CASE);
    command = take_over(HEAD, TAKER); /* two officers want the same: the second is told who has it, and gets nothing */
    command.take_over.cases = (struct bm_ids){2, {second, first}};
    refuses(&world, &command, BM_CONFLICT, "cases");
    assert_int_equal(world.decision.conflict.operator_id, DISPATCHER);
    assert_int_equal(((const struct bm_case *)get(&world, BM_T_CASE, second))->owner.v, TAKER);
    command = take_over(HEAD, TAKER); /* the whole list */
    made(&world, &command);
    assert_int_equal(((const struct bm_case *)get(&world, BM_T_CASE, second))->owner.v, HEAD);
    assert_int_equal(((const struct bm_contact *)get(&world, BM_T_CONTACT, contact))->operator_id.v, HEAD);
    assert_int_equal(((const struct bm_case *)get(&world, BM_T_CASE, own))->owner.v, HEAD);
    command = take_over(DISPATCHER, TAKER);
    refuses(&world, &command, BM_NOT_POSSIBLE, "from");
    command = take_over(HEAD, HEAD);
    refuses(&world, &command, BM_CONFLICT, "from");
    command = take_over(HEAD, 99);
    refuses(&world, &command, BM_NOT_FOUND, "from");
    world_free(&world);
}

static struct bm_command note_by(uint64_t who) {
    struct bm_command command = ask(BM_DO_HANDOVER_LEAVE, who, 0);
    TEXT(command.handover_leave.shift, "early");
    command.sealed[BM_DATA_NARRATIVE].key_id = 77;
    command.sealed[BM_DATA_NARRATIVE].value = bm_bytes_copy("0123456789012345678901234567890123456789x", 41);
    return command;
}

static void a_note_is_left_and_taken_once_by_another(void **state) {
    (void)state;
    struct world world = world_make();
    struct bm_command command = note_by(TAKER);
    uint64_t id = made(&world, &command);
    const struct bm_handover *note = get(&world, BM_T_HANDOVER, id);
    assert_int_equal(note->left_by.v, TAKER);
    assert_int_equal(note->narrative_key.v, 77);
    assert_int_equal(note->narrative.len, 41);
    command = ask(BM_DO_HANDOVER_LEAVE, TAKER, 0);
    refuses(&world, &command, BM_MISSING_FIELD, "text");
    command = note_by(NORTH);
    command.handover_leave.jurisdiction.v = 3;
    refuses(&world, &command, BM_FORBIDDEN, "jurisdiction");
    command = ask(BM_DO_HANDOVER_TAKE, TAKER, id);
    refuses(&world, &command, BM_NOT_POSSIBLE, "handover");
    command = ask(BM_DO_HANDOVER_TAKE, DISPATCHER, id);
    made(&world, &command);
    command = ask(BM_DO_HANDOVER_TAKE, HEAD, id);
    refuses(&world, &command, BM_CONFLICT, "handover");
    assert_int_equal(world.decision.conflict.operator_id, DISPATCHER);
    pass(&world, world.now_ms + BM_ARCHIVE_AFTER_MS + 1);
    assert_null(get(&world, BM_T_HANDOVER, id));
    world_free(&world);
}

/* --- duty levels ------------------------------------------------------------------------------ */

static uint64_t level(struct world *world, const char *code, uint32_t rank, struct bm_ids units, uint64_t agency) {
    struct bm_command command = ask(BM_DO_DUTY_LEVEL_SET, ADMIN, 0);
    TEXT(command.duty_level_set.code, code);
    TEXT(command.duty_level_set.name, code);
    command.duty_level_set.rank = rank;
    command.duty_level_set.jurisdiction.v = 1;
    command.duty_level_set.units = units;
    if (agency) command.duty_level_set.agencies = (struct bm_ids){1, {agency}};
    return made(world, &command);
}

static struct bm_command raise_to(uint64_t who, uint64_t id, uint32_t version, int64_t until_ms) {
    struct bm_command command = ask(BM_DO_DUTY_LEVEL_RAISE, who, id);
    command.duty_level_raise.until_at_ms = until_ms;
    TEXT(command.duty_level_raise.reason, "flood");
    command.has_if_match = true;
    command.if_match = version;
    return command;
}

static void all_off(struct world *world) {
    struct bm_command command = duty_of(DISPATCHER, (struct bm_ids){8, {1, 2, 3, 4, 5, 6, 7, 8}}, BM_DUTY_OFF);
    made(world, &command);
}

static void a_level_calls_and_falls_back_by_itself(void **state) {
    (void)state;
    struct world world = world_make();
    all_off(&world);
    uint64_t id = level(&world, "raised", 1, (struct bm_ids){1, {1}}, 3); /* unit 1, and those of agency 3: 2, 5, 8 */
    int64_t until_ms = world.now_ms + 2 * HOUR;
    struct bm_command command = raise_to(DISPATCHER, id, 1, until_ms);
    assert_int_equal(give(&world, &command), BM_FORBIDDEN);
    command = raise_to(HEAD, id, 1, world.now_ms);
    refuses(&world, &command, BM_OUT_OF_RANGE, "until_at_ms");
    command = raise_to(HEAD, id, 1, until_ms);
    made(&world, &command);
    assert_int_equal(event_of(&world, BM_EV_DUTY_LEVEL_RAISED)->duty_level_raised.called_count, 4);
    for (uint64_t unit = 1; unit <= 8; unit++) {
        bool called = unit == 1 || unit % 3 == 2;
        assert_int_equal(unit_of(&world, unit)->duty, called ? BM_DUTY_ON : BM_DUTY_OFF);
        assert_int_equal(unit_of(&world, unit)->called_by.v, called ? id : 0);
    }
    command = raise_to(HEAD, id, 1, until_ms + HOUR); /* another supervisor, who has not seen that it is raised */
    refuses(&world, &command, BM_STALE_VERSION, "If-Match");
    uint64_t case_id = open_case(&world, TAKER);
    send(&world, case_id, 2);
    command = duty_of(DISPATCHER, (struct bm_ids){1, {5}}, BM_DUTY_ON); /* somebody keeps this one on duty by hand */
    made(&world, &command);
    /* The end comes while the desk is down: done as soon as it is up again. */
    pass(&world, until_ms + 5 * HOUR);
    const struct bm_duty_level *row = get(&world, BM_T_DUTY_LEVEL, id);
    assert_int_equal(row->raised_at_ms, BM_AT_NONE);
    assert_int_equal(unit_of(&world, 1)->duty, BM_DUTY_OFF);
    assert_int_equal(unit_of(&world, 8)->duty, BM_DUTY_OFF);
    assert_int_equal(unit_of(&world, 2)->duty, BM_DUTY_ON); /* on a case: let go by hand */
    assert_int_equal(unit_of(&world, 2)->called_by.v, 0);
    assert_int_equal(unit_of(&world, 5)->duty, BM_DUTY_ON);
    world_free(&world);
}

static void what_another_level_holds_stays(void **state) {
    (void)state;
    struct world world = world_make();
    all_off(&world);
    uint64_t low = level(&world, "raised", 1, (struct bm_ids){2, {1, 2}}, 0), high = level(&world, "full", 2, (struct bm_ids){2, {2, 3}}, 0);
    struct bm_command command = raise_to(HEAD, high, 1, world.now_ms + HOUR);
    made(&world, &command);
    command = raise_to(HEAD, low, 1, world.now_ms + 2 * HOUR);
    made(&world, &command);
    assert_int_equal(unit_of(&world, 2)->called_by.v, high);
    pass(&world, world.now_ms + HOUR);
    assert_int_equal(unit_of(&world, 3)->duty, BM_DUTY_OFF);
    assert_int_equal(unit_of(&world, 2)->duty, BM_DUTY_ON);
    assert_int_equal(unit_of(&world, 2)->called_by.v, low);
    command = ask(BM_DO_DUTY_LEVEL_END, HEAD, low);
    command.has_if_match = true;
    command.if_match = ((const struct bm_duty_level *)get(&world, BM_T_DUTY_LEVEL, low))->version;
    made(&world, &command);
    assert_false(event_of(&world, BM_EV_DUTY_LEVEL_ENDED)->duty_level_ended.expired);
    assert_int_equal(unit_of(&world, 1)->duty, BM_DUTY_OFF);
    assert_int_equal(unit_of(&world, 2)->duty, BM_DUTY_OFF);
    command = ask(BM_DO_DUTY_LEVEL_END, HEAD, low);
    command.has_if_match = true;
    command.if_match = ((const struct bm_duty_level *)get(&world, BM_T_DUTY_LEVEL, low))->version;
    refuses(&world, &command, BM_NOT_POSSIBLE, "duty_level");
    world_free(&world);
}

/* --- what it costs ---------------------------------------------------------------------------- */

/* How long a command is decided, in ns; nothing is applied. */
static int64_t deciding_ns(struct world *world, struct bm_command command, int times) {
    struct timespec begin, end;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    for (int i = 0; i < times; i++) {
        enum bm_code code = bm_core_decide(world->core, &command, world->now_ms, &world->decision);
        if (code) fail_msg("%s: %s", bm_command_word(command.kind), world->decision.fault.detail);
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    bm_command_release(&command);
    return ((end.tv_sec - begin.tv_sec) * INT64_C(1000000000) + end.tv_nsec - begin.tv_nsec) / times;
}

static struct bm_command operator_again(struct world *world, uint64_t id) {
    const struct bm_operator *who = get(world, BM_T_OPERATOR, id);
    struct bm_command command = ask(BM_DO_OPERATOR_SET, ADMIN, id);
    TEXT(command.operator_set.number, who->number);
    command.operator_set.roles = who->roles;
    command.operator_set.jurisdiction = who->jurisdiction;
    command.has_if_match = true;
    command.if_match = who->version;
    return command;
}

/* A command looks at the stints of those that it is about: with those of a year of everybody else it takes as long as without
 * (a scan took thousands of times as long, so that a tenth of a busy machine is no matter here). */
static void the_stints_of_others_cost_nothing(void **state) {
    (void)state;
    enum { MANY = 150000, TIMES = 20 };
    struct world world = world_make();
    struct bm_command command = duty_of(DISPATCHER, (struct bm_ids){4, {5, 6, 7, 8}}, BM_DUTY_OFF);
    made(&world, &command);
    uint64_t called = level(&world, "full", 1, (struct bm_ids){4, {5, 6, 7, 8}}, 0);
    int64_t before[3], after[3], *took = before;
    for (int pass = 0; pass < 2; pass++, took = after) {
        took[0] = deciding_ns(&world, operator_again(&world, TAKER), TIMES);
        took[1] = deciding_ns(&world, duty_of(DISPATCHER, (struct bm_ids){3, {2, 3, 4}}, BM_DUTY_OFF), TIMES);
        took[2] = deciding_ns(&world, raise_to(HEAD, called, 1, world.now_ms + HOUR), TIMES);
        for (uint64_t i = 1; i <= MANY && pass == 0; i++) {
            struct bm_event event = bm_event_make(BM_EV_STINT_PLANNED, (struct bm_subject){BM_SUBJECT_OPERATOR, CREW});
            event.seq = bm_core_seq(world.core) + 1;
            event.at_ms = world.now_ms;
            event.stint_planned.id.v = i;
            event.stint_planned.operator_id.v = CREW;
            event.stint_planned.unit.v = 1;
            event.stint_planned.jurisdiction.v = 2;
            event.stint_planned.starts_at_ms = world.now_ms + (int64_t)i * HOUR;
            event.stint_planned.ends_at_ms = event.stint_planned.starts_at_ms + HOUR;
            bm_core_apply(world.core, &event);
            bm_event_release(&event);
        }
        bm_core_take_changes(world.core, NULL, NULL);
        assert_null(bm_core_check(world.core));
    }
    for (int i = 0; i < 3; i++) {
        if (after[i] > 50 * before[i]) fail_msg("command %d: %lld ns alone, %lld ns beside %d stints of others", i, (long long)before[i], (long long)after[i], MANY);
    }
    world_free(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_position_is_set_as_it_can_ring),
        cmocka_unit_test(one_operator_sits_at_one_position),
        cmocka_unit_test(who_leaves_the_house_leaves_the_position),
        cmocka_unit_test(short_rest_and_a_long_shift_are_warned_of_and_done),
        cmocka_unit_test(a_plan_knows_its_neighbours_and_begins_with_its_unit),
        cmocka_unit_test(a_stint_that_nobody_began_is_cancelled_before_it_is_forgotten),
        cmocka_unit_test(a_crew_goes_on_and_off_its_unit),
        cmocka_unit_test(a_busy_unit_is_not_put_off_duty),
        cmocka_unit_test(open_cases_are_taken_over_by_one),
        cmocka_unit_test(a_note_is_left_and_taken_once_by_another),
        cmocka_unit_test(a_level_calls_and_falls_back_by_itself),
        cmocka_unit_test(what_another_level_holds_stays),
        cmocka_unit_test(the_stints_of_others_cost_nothing),
    };
    return cmocka_run_group_tests_name("shifts in the core", tests, NULL, NULL);
}
