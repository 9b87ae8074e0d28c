/* Incidents that were worked on paper: entered with their own times, once, and without touching where units are now. */
#include "testing.h"

#include <string.h>

#include "core/limits.h"
#include "small_world.h"

enum { TAKER = 2, DISPATCHER = 3, NORTH = 5, CREW = 6 };
#define MINUTE INT64_C(60000)
#define DAY (24 * 60 * MINUTE)

/* A whole sheet of two hours ago, of one unit, over. */
static struct bm_command sheet(const struct world *world, const char *number) {
    static const uint64_t keys[2] = {71, 72};
    struct bm_command command = ask(BM_DO_CASE_PAPER, TAKER, 0);
    struct bm_do_case_paper *args = &command.case_paper;
    int64_t at_ms = world->now_ms - 120 * MINUTE;
    TEXT(args->sheet, number);
    TEXT(args->class_code, "fire");
    args->contact_keys = bm_bytes_copy(keys, sizeof keys);
    args->received_at_ms = at_ms;
    args->answered_at_ms = at_ms + 5000;
    args->ended_at_ms = at_ms + 2 * MINUTE;
    args->units = (struct bm_ids){1, {1}};
    args->dispatched_at_ms = at_ms + 1 * MINUTE;
    args->en_route_at_ms = at_ms + 2 * MINUTE;
    args->on_scene_at_ms = at_ms + 9 * MINUTE;
    args->cleared_at_ms = at_ms + 40 * MINUTE;
    args->outcome = BM_OUTCOME_SOLVED;
    args->closed_at_ms = at_ms + 41 * MINUTE;
    return command;
}

/* The same, not over yet; a dispatcher's. */
static struct bm_command running_sheet(const struct world *world, const char *number) {
    struct bm_command command = sheet(world, number);
    command.actor.v = DISPATCHER;
    command.case_paper.cleared_at_ms = command.case_paper.closed_at_ms = BM_AT_NONE;
    command.case_paper.outcome = BM_OUTCOME_NONE;
    return command;
}

static void refused(struct world *world, struct bm_command *command, enum bm_code code, const char *field) {
    uint64_t seq = bm_core_seq(world->core);
    assert_int_equal(give(world, command), code);
    assert_string_equal(world->decision.fault.field, field);
    assert_int_equal(bm_core_seq(world->core), seq);
}

static const struct bm_case *case_of(const struct world *world, uint64_t id) {
    return bm_core_get(world->core, BM_T_CASE, id);
}

static const struct bm_assignment *newest(const struct world *world) {
    uint64_t last = 0;
    for (uint64_t id = 0; (id = bm_core_next_id(world->core, BM_T_ASSIGNMENT, id));) last = id;
    return bm_core_get(world->core, BM_T_ASSIGNMENT, last);
}

static void a_whole_sheet_keeps_its_times(void **state) {
    (void)state;
    struct world world = world_make();
    struct bm_command command = sheet(&world, "7-12");
    int64_t at_ms = command.case_paper.received_at_ms;
    uint64_t id = made(&world, &command);
    const struct bm_event *last = &world.decision.events[world.decision.event_count - 1];
    assert_int_equal(last->kind, BM_EV_PAPER_ENTERED);
    assert_int_equal(last->paper_entered.source, BM_SOURCE_PAPER);
    assert_string_equal(last->paper_entered.sheet, "7-12");
    assert_int_equal(last->paper_entered.written_by.v, TAKER);
    const struct bm_case *row = case_of(&world, id);
    assert_int_equal(row->source, BM_SOURCE_PAPER);
    assert_int_equal(row->state, BM_CASE_CLOSED);
    assert_int_equal(row->first_contact_at_ms, at_ms);
    assert_int_equal(row->opened_at_ms, world.now_ms);
    assert_int_equal(row->dispatched_at_ms, at_ms + MINUTE);
    assert_int_equal(row->on_scene_at_ms, at_ms + 9 * MINUTE);
    assert_int_equal(row->closed_at_ms, at_ms + 41 * MINUTE);
    const struct bm_contact *contact = bm_core_get(world.core, BM_T_CONTACT, last->paper_entered.contact.v);
    assert_int_equal(contact->on_case.v, id);
    assert_int_equal(contact->rang_at_ms, at_ms);
    assert_int_equal(contact->answered_at_ms, at_ms + 5000);
    assert_int_equal(contact->ended_at_ms, at_ms + 2 * MINUTE);
    assert_int_equal(newest(&world)->state, BM_AS_CLEARED);
    assert_int_equal(newest(&world)->acknowledged_at_ms, BM_AT_NONE);
    assert_int_equal(newest(&world)->cleared_at_ms, at_ms + 40 * MINUTE);
    world_free(&world);
}

/* The unit of the sheet is on something else today, or off duty. */
static void a_past_assignment_leaves_the_unit_alone(void **state) {
    (void)state;
    struct world world = world_make();
    struct bm_command open = ask(BM_DO_CASE_OPEN, DISPATCHER, 0);
    TEXT(open.case_open.class_code, "help");
    open.case_open.unit.v = 1;
    uint64_t live = made(&world, &open);
    struct bm_command command = sheet(&world, "1");
    made(&world, &command);
    const struct bm_unit *unit = bm_core_get(world.core, BM_T_UNIT, 1);
    assert_int_equal(unit->on_case.v, live);
    struct bm_command off = ask(BM_DO_UNIT_DUTY, DISPATCHER, 2);
    off.unit_duty.duty = BM_DUTY_OFF;
    made(&world, &off);
    command = sheet(&world, "2");
    command.case_paper.units.ids[0] = 2;
    made(&world, &command);
    assert_int_equal(((const struct bm_unit *)bm_core_get(world.core, BM_T_UNIT, 2))->assignment.v, 0);
    world_free(&world);
}

/* Not cleared on the sheet: the unit is at it now, and goes on from there. */
static void what_still_runs_is_committed(void **state) {
    (void)state;
    struct world world = world_make();
    struct bm_command command = running_sheet(&world, "3");
    int64_t at_ms = command.case_paper.received_at_ms;
    uint64_t id = made(&world, &command);
    const struct bm_unit *unit = bm_core_get(world.core, BM_T_UNIT, 1);
    assert_int_equal(unit->on_case.v, id);
    assert_int_equal(newest(&world)->state, BM_AS_ON_SCENE);
    assert_int_equal(newest(&world)->en_route_at_ms, at_ms + 2 * MINUTE);
    assert_int_equal(case_of(&world, id)->state, BM_CASE_ON_SCENE);
    assert_int_equal(case_of(&world, id)->dispatched_at_ms, at_ms + MINUTE);
    struct bm_command again = running_sheet(&world, "4");
    refused(&world, &again, BM_UNIT_TAKEN, "units");
    again = running_sheet(&world, "4"); /* whoever may not send units may not do it on paper */
    again.actor.v = TAKER;
    again.case_paper.units.ids[0] = 2;
    refused(&world, &again, BM_FORBIDDEN, "units");
    world_free(&world);
}

static void nobody_was_sent(void **state) {
    (void)state;
    struct world world = world_make();
    struct bm_command command = sheet(&world, "5");
    struct bm_do_case_paper *args = &command.case_paper;
    args->units.count = 0;
    args->dispatched_at_ms = args->en_route_at_ms = args->on_scene_at_ms = args->cleared_at_ms = BM_AT_NONE;
    args->outcome = BM_OUTCOME_NONE;
    args->closed_at_ms = BM_AT_NONE;
    uint64_t id = made(&world, &command);
    assert_int_equal(case_of(&world, id)->state, BM_CASE_RECEIVED);
    assert_int_equal(case_of(&world, id)->dispatched_at_ms, BM_AT_NONE);
    world_free(&world);
}

static void refused_by_field(void **state) {
    (void)state;
    static const struct {
        size_t offset;
        int64_t after_ms; /* of the receipt; INT64_MIN: none at all */
        const char *field;
        enum bm_code code;
    } cases[] = {
#define AT(member) offsetof(struct bm_do_case_paper, member)
        {AT(received_at_ms), INT64_MIN, "received_at_ms", BM_MISSING_FIELD},
        {AT(received_at_ms), 3 * MINUTE, "answered_at_ms", BM_OUT_OF_RANGE},
        {AT(received_at_ms), -401 * DAY, "received_at_ms", BM_OUT_OF_RANGE},
        {AT(answered_at_ms), -1, "answered_at_ms", BM_OUT_OF_RANGE},
        {AT(ended_at_ms), 1000, "ended_at_ms", BM_OUT_OF_RANGE},
        {AT(dispatched_at_ms), INT64_MIN, "dispatched_at_ms", BM_MISSING_FIELD},
        {AT(dispatched_at_ms), 3 * MINUTE, "en_route_at_ms", BM_OUT_OF_RANGE},
        {AT(on_scene_at_ms), MINUTE, "on_scene_at_ms", BM_OUT_OF_RANGE},
        {AT(cleared_at_ms), 122 * MINUTE, "cleared_at_ms", BM_OUT_OF_RANGE},
        {AT(cleared_at_ms), INT64_MIN, "cleared_at_ms", BM_MISSING_FIELD},
        {AT(closed_at_ms), 39 * MINUTE, "closed_at_ms", BM_OUT_OF_RANGE},
    };
    struct world world = world_make();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bm_command command = sheet(&world, "6");
        int64_t at_ms = cases[i].after_ms == INT64_MIN ? BM_AT_NONE : command.case_paper.received_at_ms + cases[i].after_ms;
        memcpy((char *)&command.case_paper + cases[i].offset, &at_ms, sizeof at_ms);
        refused(&world, &command, cases[i].code, cases[i].field);
    }
    struct bm_command command = sheet(&world, "6");
    command.case_paper.units.count = 0;
    refused(&world, &command, BM_MISSING_FIELD, "units");
    command = sheet(&world, "6");
    command.case_paper.units = (struct bm_ids){2, {1, 1}};
    refused(&world, &command, BM_CONFLICT, "units");
    command = sheet(&world, "6");
    command.case_paper.units.ids[0] = 99;
    refused(&world, &command, BM_NOT_FOUND, "units");
    command = sheet(&world, "6");
    command.case_paper.outcome = BM_OUTCOME_NONE;
    refused(&world, &command, BM_MISSING_FIELD, "outcome");
    command = sheet(&world, "6");
    command.case_paper.written_by.v = 99;
    refused(&world, &command, BM_NOT_FOUND, "written_by");
    command = sheet(&world, "6");
    command.actor.v = CREW;
    refused(&world, &command, BM_FORBIDDEN, "");
    world_free(&world);
}

/* Late but legal: a year old, and a watch that goes half a minute wrong. */
static void late_is_kept(void **state) {
    (void)state;
    struct world world = world_make();
    struct bm_command command = sheet(&world, "8");
    int64_t *const times[] = {&command.case_paper.received_at_ms, &command.case_paper.answered_at_ms,
                              &command.case_paper.ended_at_ms,    &command.case_paper.dispatched_at_ms,
                              &command.case_paper.en_route_at_ms, &command.case_paper.on_scene_at_ms};
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) *times[i] -= 365 * DAY;
    command.case_paper.cleared_at_ms = world.now_ms + MINUTE / 2;
    command.case_paper.closed_at_ms = BM_AT_NONE;
    command.case_paper.outcome = BM_OUTCOME_NONE;
    uint64_t id = made(&world, &command);
    assert_int_equal(newest(&world)->cleared_at_ms, world.now_ms);
    assert_int_equal(case_of(&world, id)->state, BM_CASE_CLEARED);
    world_free(&world);
}

static void a_sheet_is_entered_once(void **state) {
    (void)state;
    struct world world = world_make();
    struct bm_command command = sheet(&world, "9");
    uint64_t id = made(&world, &command);
    command = sheet(&world, "9");
    refused(&world, &command, BM_CONFLICT, "sheet");
    assert_int_equal(world.decision.conflict.on_case, id);
    command = sheet(&world, "9"); /* another desk's sheets have numbers of their own */
    command.actor.v = NORTH;
    made(&world, &command);
    world_free(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_sheet_keeps_its_times), cmocka_unit_test(a_past_assignment_leaves_the_unit_alone),
        cmocka_unit_test(what_still_runs_is_committed),  cmocka_unit_test(nobody_was_sent),
        cmocka_unit_test(refused_by_field),              cmocka_unit_test(late_is_kept),
        cmocka_unit_test(a_sheet_is_entered_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
