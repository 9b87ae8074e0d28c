/* Other agencies in an incident: each with its own offer, clocks and units; who sees it, who leads it, what becomes of the
 * parts when it is merged or closed. */
#include "testing.h"

#include <string.h>

#include "core/audience.h"
#include "desk.h"

enum { FIRE = 5, DISPATCHER = 3 }; /* the small world has four */

/* A command that must be taken: what it made. */
static uint64_t done(struct world *world, struct bm_command *command) {
    enum bm_command_kind kind = command->kind;
    if (desk_give(world, command)) fail_msg("%s: %s", bm_command_word(kind), world->decision.fault.detail);
    return world->decision.made_id;
}

static void add_agency(struct world *world, const char *code, uint64_t parent) {
    struct bm_command command = ask(BM_DO_AGENCY_SET, ADMIN, 0);
    TEXT(command.agency_set.code, code);
    TEXT(command.agency_set.name, code);
    command.agency_set.parent.v = parent;
    command.agency_set.level = BM_LEVEL_PARTNER;
    assert_int_equal(desk_give(world, &command), BM_OK);
    assert_int_equal(world->decision.made_id, FIRE);
}

static uint64_t add_operator(struct world *world, const char *number, uint32_t roles, uint64_t agency) {
    struct bm_command command = ask(BM_DO_OPERATOR_SET, ADMIN, 0);
    TEXT(command.operator_set.number, number);
    command.operator_set.roles = roles;
    command.operator_set.jurisdiction.v = agency;
    return done(world, &command);
}

static uint64_t add_engine(struct world *world, const char *call_sign, uint64_t agency) {
    struct bm_command command = ask(BM_DO_UNIT_SET, ADMIN, 0);
    TEXT(command.unit_set.call_sign, call_sign);
    command.unit_set.kind = BM_UNIT_ENGINE;
    command.unit_set.jurisdiction.v = agency;
    uint64_t id = done(world, &command);
    struct bm_command duty = ask(BM_DO_UNIT_DUTY, DISPATCHER, id);
    duty.unit_duty.duty = BM_DUTY_ON;
    done(world, &duty);
    return id;
}

/* North has the incident; the fire service stands beside it, below the city as north is. */
struct scene {
    struct world world;
    uint64_t fire_desk, north_desk, south_desk, engine, on_case;
};

static uint64_t open_incident(struct world *world, uint64_t by) {
    struct bm_command open = ask(BM_DO_CASE_OPEN, by, 0);
    TEXT(open.case_open.class_code, "fire");
    open.case_open.jurisdiction.v = NORTH;
    open.sealed[BM_DATA_NARRATIVE].key_id = 700 + bm_core_seq(world->core) * 2;
    open.sealed[BM_DATA_IDENTITY].key_id = 701 + bm_core_seq(world->core) * 2;
    return done(world, &open);
}

static struct scene scene_make(void) {
    struct scene scene = {.world = desk_make()};
    struct world *world = &scene.world;
    size_t len;
    const uint32_t desk = BM_BIT(BM_ROLE_DISPATCHER) | BM_BIT(BM_ROLE_CALL_TAKER);
    static const char *const files[] = {"hotline-transfer.yaml", "oversight.yaml"}; /* joint-response the small world has */
    for (int i = 0; i < 2; i++) {
        char *text = stage_file("procedures", files[i], &len);
        if (desk_publish(world, text, len)) fail_msg("%s: %s", files[i], world->decision.fault.detail);
    }
    add_agency(world, "FIRE", CITY);
    scene.fire_desk = add_operator(world, "61", desk, FIRE);
    scene.north_desk = add_operator(world, "62", desk, NORTH);
    scene.south_desk = add_operator(world, "63", desk, SOUTH);
    scene.engine = add_engine(world, "F-1", FIRE);
    scene.on_case = open_incident(world, scene.north_desk);
    return scene;
}

static struct bm_command call(const struct scene *scene, uint64_t by, uint64_t agency, const char *part) {
    struct bm_command command = ask(BM_DO_CASE_EVENT, by, scene->on_case);
    uint64_t keys[2] = {800 + bm_core_seq(scene->world.core) * 2, 801 + bm_core_seq(scene->world.core) * 2};
    TEXT(command.case_event.event, "call_agency");
    TEXT(command.case_event.part, part);
    command.case_event.agency.v = agency;
    command.case_event.child_keys = bm_bytes_copy(keys, sizeof keys);
    return command;
}

static enum bm_code join(struct scene *scene, uint64_t by, uint64_t part) {
    struct bm_command take = desk_act(&scene->world, by, part, "join", "{\"offer_hash\":true}");
    memcpy(take.matter_act.offer_hash, desk_matter(&scene->world, part)->offer_hash, BM_HASH_TEXT);
    return desk_give(&scene->world, &take);
}

static enum bm_code send(struct scene *scene, uint64_t by, uint64_t unit) {
    struct bm_command assign = ask(BM_DO_ASSIGN, by, scene->on_case);
    uint64_t units[1] = {unit};
    assign.assign.units = (struct bm_ids){1, {0}};
    memcpy(assign.assign.units.ids, units, sizeof units);
    assign.has_if_match = true;
    assign.if_match = desk_case(&scene->world, scene->on_case)->version;
    return desk_give(&scene->world, &assign);
}

static uint64_t assignment_of(const struct scene *scene, uint64_t unit) {
    return ((const struct bm_unit *)bm_core_get(scene->world.core, BM_T_UNIT, unit))->assignment.v;
}

static enum bm_code report(struct scene *scene, uint64_t by, uint64_t unit, enum bm_assignment_state to) {
    uint64_t id = assignment_of(scene, unit);
    struct bm_command status = ask(BM_DO_STATUS, by, id);
    status.status.from = ((const struct bm_assignment *)bm_core_get(scene->world.core, BM_T_ASSIGNMENT, id))->state;
    status.status.to = (uint8_t)to;
    if (to == BM_AS_CLEARED) TEXT(status.status.report_code, "done");
    return desk_give(&scene->world, &status);
}

static bool runs(const struct scene *scene, uint64_t part, const char *clock) {
    const struct bm_promise *promise = desk_promise(&scene->world, part, clock);
    return promise && promise->stopped_at_ms == BM_AT_NONE;
}

/* --- one part --------------------------------------------------------------------------------- */

static void an_agency_joins_with_its_own_clocks_and_units(void **state) {
    (void)state;
    struct scene scene = scene_make();
    struct world *world = &scene.world;
    assert_int_equal(send(&scene, scene.fire_desk, scene.engine), BM_NOT_FOUND); /* it knows nothing of it yet */
    struct bm_command asked = call(&scene, scene.north_desk, FIRE, "joins");
    uint64_t part = done(world, &asked);
    assert_int_equal(desk_case(world, part)->part_of.v, scene.on_case);
    assert_string_equal(desk_matter(world, part)->responsibility, "called");
    assert_int_equal(desk_case(world, part)->offered_to.v, FIRE);
    assert_true(runs(&scene, part, "joining"));
    assert_false(runs(&scene, part, "sending"));
    struct bm_command wrong = desk_act(world, scene.fire_desk, part, "join", "{\"offer_hash\":true}");
    TEXT(wrong.matter_act.offer_hash, "00");
    assert_int_equal(desk_give(world, &wrong), BM_CONFLICT);
    assert_int_equal(join(&scene, scene.south_desk, part), BM_NOT_FOUND);
    assert_int_equal(join(&scene, scene.fire_desk, part), BM_OK);
    assert_int_equal(join(&scene, scene.fire_desk, part), BM_NOT_POSSIBLE); /* once */
    assert_string_equal(desk_matter(world, part)->responsibility, "agency_joins");
    assert_string_equal(desk_matter(world, part)->state, "joined");
    assert_int_equal(desk_case(world, scene.on_case)->with_agency.v, 0); /* the lead stays */
    assert_true(runs(&scene, part, "sending"));
    assert_int_equal(send(&scene, scene.fire_desk, scene.engine), BM_OK); /* its own unit, on the incident itself */
    assert_string_equal(desk_matter(world, part)->state, "sent");
    assert_false(runs(&scene, part, "sending"));
    assert_true(runs(&scene, part, "arriving"));
    assert_int_equal(report(&scene, scene.fire_desk, scene.engine, BM_AS_ON_SCENE), BM_OK);
    assert_string_equal(desk_matter(world, part)->state, "at_work");
    assert_int_equal(desk_promise(world, part, "arriving")->breached_at_ms, BM_AT_NONE);
    assert_int_equal(report(&scene, scene.fire_desk, scene.engine, BM_AS_CLEARED), BM_OK);
    assert_string_equal(desk_matter(world, part)->state, "away");
    assert_int_equal(desk_do(world, scene.fire_desk, part, "done", "{\"report\":true}"), BM_OK);
    assert_int_equal(desk_case(world, part)->state, BM_CASE_CLOSED);
    assert_int_equal(desk_case(world, scene.on_case)->state, BM_CASE_CLEARED); /* the incident is the desk's to close */
    desk_free(world);
}

static void whoever_has_a_part_sees_the_incident_and_does_not_decide_it(void **state) {
    (void)state;
    struct scene scene = scene_make();
    struct world *world = &scene.world;
    struct bm_command asked = call(&scene, scene.north_desk, FIRE, "joins");
    uint64_t part = done(world, &asked);
    struct bm_command note = ask(BM_DO_ENTRY, scene.fire_desk, scene.on_case);
    note.sealed[BM_DATA_NARRATIVE].key_id = desk_case(world, scene.on_case)->narrative_key.v;
    note.sealed[BM_DATA_NARRATIVE].value = bm_bytes_copy("sealed", 6);
    assert_int_equal(desk_give(world, &note), BM_OK); /* already asked */
    struct bm_command stranger = ask(BM_DO_ENTRY, scene.south_desk, scene.on_case);
    assert_int_equal(desk_give(world, &stranger), BM_NOT_FOUND);
    struct bm_command close = ask(BM_DO_CASE_CLOSE, scene.fire_desk, scene.on_case);
    close.case_close.outcome = BM_OUTCOME_SOLVED;
    close.has_if_match = true;
    close.if_match = desk_case(world, scene.on_case)->version;
    assert_int_equal(desk_give(world, &close), BM_FORBIDDEN);
    assert_int_equal(desk_do(world, scene.north_desk, part, "stand_down", "{\"reason\":true}"), BM_OK);
    struct bm_command late = ask(BM_DO_ENTRY, scene.fire_desk, scene.on_case);
    assert_int_equal(desk_give(world, &late), BM_NOT_FOUND); /* no part, no sight */
    desk_free(world);
}

static void an_agency_that_does_not_answer_is_taken_back_and_rings(void **state) {
    (void)state;
    struct scene scene = scene_make();
    struct world *world = &scene.world;
    struct bm_command asked = call(&scene, scene.north_desk, FIRE, "joins");
    uint64_t part = done(world, &asked);
    desk_at(world, "2026-09-22 08:05");
    assert_string_equal(desk_matter(world, part)->responsibility, "with_desk");
    assert_true(desk_promise(world, part, "joining")->breached_at_ms != BM_AT_NONE);
    assert_int_equal(desk_count(BM_EV_PROMISE_RUNG, "joining"), 2);
    assert_int_equal(join(&scene, scene.fire_desk, part), BM_NOT_POSSIBLE); /* too late */
    struct bm_command again = desk_act(world, scene.north_desk, part, "call_agency", "{\"part\":\"joins\"}");
    again.matter_act.agency.v = FIRE;
    assert_int_equal(desk_give(world, &again), BM_OK);
    assert_int_equal(join(&scene, scene.fire_desk, part), BM_OK);
    desk_free(world);
}

static void units_that_were_out_before_the_answer_count(void **state) {
    (void)state;
    struct scene scene = scene_make();
    struct world *world = &scene.world;
    struct bm_command asked = call(&scene, scene.north_desk, FIRE, "joins");
    uint64_t part = done(world, &asked);
    assert_int_equal(send(&scene, DISPATCHER, scene.engine), BM_OK); /* one desk may task any unit that it sees */
    assert_string_equal(desk_matter(world, part)->state, "waiting");
    assert_int_equal(join(&scene, scene.fire_desk, part), BM_OK);
    assert_string_equal(desk_matter(world, part)->state, "sent");
    desk_free(world);
}

/* Seed 293 of the simulation: a rung was due, and the unit that was sent was none of the agency's. */
static void a_rung_that_came_due_is_told_once_when_nothing_else_happens(void **state) {
    (void)state;
    struct scene scene = scene_make();
    struct world *world = &scene.world;
    struct bm_command asked = call(&scene, scene.north_desk, FIRE, "joins");
    uint64_t part = done(world, &asked);
    assert_int_equal(join(&scene, scene.fire_desk, part), BM_OK);
    world->now_ms += 100000; /* half of the three minutes is over, and its timer has not fired yet */
    assert_int_equal(send(&scene, scene.north_desk, 1), BM_OK);
    assert_int_equal(desk_count(BM_EV_PROMISE_RUNG, "sending"), 1);
    assert_string_equal(desk_matter(world, part)->state, "joined");
    desk_at(world, "2026-09-22 08:02");
    assert_int_equal(desk_count(BM_EV_PROMISE_RUNG, "sending"), 1);
    desk_free(world);
}

/* --- several ---------------------------------------------------------------------------------- */

static void the_lead_passes_from_one_to_another_and_back(void **state) {
    (void)state;
    struct scene scene = scene_make();
    struct world *world = &scene.world;
    struct bm_command fire = call(&scene, scene.north_desk, FIRE, "leads");
    uint64_t first = done(world, &fire);
    struct bm_command south = call(&scene, scene.north_desk, SOUTH, "joins");
    uint64_t second = done(world, &south);
    assert_int_equal(join(&scene, scene.south_desk, second), BM_OK);
    assert_int_equal(join(&scene, scene.fire_desk, first), BM_OK);
    assert_int_equal(desk_case(world, scene.on_case)->with_agency.v, FIRE);
    assert_string_equal(desk_matter(world, second)->responsibility, "agency_joins"); /* each its own */
    /* Whoever leads may have a third one lead. */
    struct bm_command next = call(&scene, scene.fire_desk, SOUTH, "leads");
    uint64_t third = done(world, &next);
    assert_int_equal(desk_case(world, scene.on_case)->with_agency.v, FIRE); /* until it is acknowledged */
    assert_int_equal(join(&scene, scene.south_desk, third), BM_OK);
    assert_int_equal(desk_case(world, scene.on_case)->with_agency.v, SOUTH);
    assert_string_equal(desk_matter(world, first)->responsibility, "agency_joins"); /* relieved */
    assert_int_equal(desk_do(world, scene.south_desk, third, "done", "{\"report\":true}"), BM_OK);
    assert_int_equal(desk_case(world, scene.on_case)->with_agency.v, 0); /* back to its own area */
    assert_int_equal(desk_count(BM_EV_CASE_LED, NULL), 3);
    desk_free(world);
}

static void a_conference_stands_in_the_record(void **state) {
    (void)state;
    struct scene scene = scene_make();
    struct world *world = &scene.world;
    struct bm_command asked = call(&scene, scene.north_desk, FIRE, "joins");
    uint64_t part = done(world, &asked);
    assert_int_equal(desk_do(world, scene.north_desk, part, "conference", NULL), BM_OK);
    const struct bm_event *last = desk_event(desk_events() - 1);
    assert_int_equal(last->kind, BM_EV_MATTER_SET);
    assert_string_equal(last->matter_set.act, "conference");
    assert_int_equal(last->actor.v, scene.north_desk);
    assert_string_equal(desk_matter(world, part)->responsibility, "called"); /* and moves nothing */
    desk_free(world);
}

static void parts_end_with_the_incident_and_move_with_a_merge(void **state) {
    (void)state;
    struct scene scene = scene_make();
    struct world *world = &scene.world;
    struct bm_command fire = call(&scene, scene.north_desk, FIRE, "joins");
    uint64_t first = done(world, &fire);
    assert_int_equal(join(&scene, scene.fire_desk, first), BM_OK);
    struct bm_command south = call(&scene, scene.north_desk, SOUTH, "joins");
    uint64_t second = done(world, &south);
    uint64_t into = open_incident(world, scene.north_desk);
    struct bm_command merge = ask(BM_DO_CASE_MERGE, scene.north_desk, scene.on_case);
    merge.case_merge.into.v = into;
    merge.has_if_match = true;
    merge.if_match = desk_case(world, scene.on_case)->version;
    done(world, &merge);
    assert_int_equal(desk_case(world, first)->part_of.v, into);
    assert_int_equal(desk_case(world, second)->part_of.v, into);
    scene.on_case = into;
    assert_int_equal(send(&scene, scene.fire_desk, scene.engine), BM_OK);
    assert_string_equal(desk_matter(world, first)->state, "sent");
    assert_int_equal(report(&scene, scene.fire_desk, scene.engine, BM_AS_CLEARED), BM_OK);
    struct bm_command close = ask(BM_DO_CASE_CLOSE, scene.north_desk, into);
    close.case_close.outcome = BM_OUTCOME_SOLVED;
    close.has_if_match = true;
    close.if_match = desk_case(world, into)->version;
    done(world, &close);
    assert_int_equal(desk_case(world, first)->outcome, BM_OUTCOME_SOLVED);
    assert_int_equal(desk_case(world, second)->outcome, BM_OUTCOME_WITHDRAWN); /* it never answered */
    desk_free(world);
}

static void bad_calls_name_the_field(void **state) {
    (void)state;
    struct scene scene = scene_make();
    struct world *world = &scene.world;
    static const struct {
        const char *event, *part;
        uint64_t agency;
        enum bm_code code;
        const char *field;
    } calls[] = {
        {"call_agency", "joins", 0, BM_MISSING_FIELD, "agency"},   {"call_agency", "joins", 99, BM_NOT_FOUND, "agency"},
        {"call_agency", "rules", FIRE, BM_UNKNOWN_WORD, "part"},   {"call_agency", "", FIRE, BM_MISSING_FIELD, "part"},
        {"call_agencies", "joins", FIRE, BM_UNKNOWN_WORD, "event"}, {"assign", "", 0, BM_NOT_POSSIBLE, "event"},
        {"supervise", "", 0, BM_FORBIDDEN, "event"},
    };
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        uint64_t before = bm_core_seq(world->core);
        struct bm_command command = call(&scene, scene.north_desk, calls[i].agency, calls[i].part);
        memset(command.case_event.event, 0, sizeof command.case_event.event);
        TEXT(command.case_event.event, calls[i].event);
        enum bm_code code = desk_give(world, &command);
        if (code != calls[i].code)
            fail_msg("%s: %s, not %s", calls[i].event, bm_code_word(code), bm_code_word(calls[i].code));
        assert_string_equal(world->decision.fault.field, calls[i].field);
        assert_int_equal(bm_core_seq(world->core), before);
    }
    struct bm_command bare = call(&scene, scene.north_desk, FIRE, "joins");
    bm_bytes_free(&bare.case_event.child_keys);
    assert_int_equal(desk_give(world, &bare), BM_NOT_POSSIBLE);
    desk_free(world);
}

static void a_civil_part_goes_its_own_way(void **state) {
    (void)state;
    struct scene scene = scene_make();
    struct world *world = &scene.world;
    struct bm_command civil = call(&scene, scene.north_desk, 0, "");
    memset(civil.case_event.event, 0, sizeof civil.case_event.event);
    TEXT(civil.case_event.event, "civil_part");
    uint64_t child = done(world, &civil);
    assert_string_equal(desk_matter(world, child)->procedure, "hotline-transfer");
    assert_int_equal(desk_case(world, child)->part_of.v, 0);
    struct bm_command close = ask(BM_DO_CASE_CLOSE, scene.north_desk, scene.on_case);
    close.case_close.outcome = BM_OUTCOME_EXPLAINED;
    close.has_if_match = true;
    close.if_match = desk_case(world, scene.on_case)->version;
    done(world, &close);
    assert_int_equal(desk_case(world, child)->state, BM_CASE_RECEIVED); /* it waits for nobody */
    desk_free(world);
}

static void a_superior_supervises_an_incident(void **state) {
    (void)state;
    struct scene scene = scene_make();
    struct world *world = &scene.world;
    struct bm_command hire = ask(BM_DO_OPERATOR_SET, ADMIN, 0);
    TEXT(hire.operator_set.number, "64");
    hire.operator_set.roles = BM_BIT(BM_ROLE_SUPERVISOR);
    hire.operator_set.jurisdiction.v = CITY;
    TEXT(hire.operator_set.posts, "superior");
    uint64_t superior = done(world, &hire);
    struct bm_command supervise = call(&scene, superior, 0, "");
    memset(supervise.case_event.event, 0, sizeof supervise.case_event.event);
    TEXT(supervise.case_event.event, "supervise");
    uint64_t id = done(world, &supervise);
    assert_string_equal(desk_matter(world, id)->procedure, "oversight");
    assert_int_equal(desk_do(world, superior, id, "demand", "{\"demand\":true}"), BM_OK);
    assert_true(desk_matter(world, id)->supervised); /* on the list of what is supervised, with its date */
    assert_true(runs(&scene, id, "supervising"));
    uint64_t north_head = add_operator(world, "65", BM_BIT(BM_ROLE_SUPERVISOR), NORTH);
    assert_int_equal(desk_do(world, north_head, id, "release", "{\"reason\":true}"), BM_FORBIDDEN);
    assert_int_equal(desk_do(world, north_head, id, "answer", "{\"answer\":true}"), BM_OK);
    assert_int_equal(desk_do(world, superior, id, "release", "{\"reason\":true}"), BM_OK);
    assert_int_equal(desk_case(world, id)->outcome, BM_OUTCOME_SOLVED);
    assert_int_equal(desk_case(world, scene.on_case)->state, BM_CASE_RECEIVED); /* which went on all the while */
    desk_free(world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_agency_joins_with_its_own_clocks_and_units),
        cmocka_unit_test(whoever_has_a_part_sees_the_incident_and_does_not_decide_it),
        cmocka_unit_test(an_agency_that_does_not_answer_is_taken_back_and_rings),
        cmocka_unit_test(units_that_were_out_before_the_answer_count),
        cmocka_unit_test(a_rung_that_came_due_is_told_once_when_nothing_else_happens),
        cmocka_unit_test(the_lead_passes_from_one_to_another_and_back),
        cmocka_unit_test(a_conference_stands_in_the_record),
        cmocka_unit_test(parts_end_with_the_incident_and_move_with_a_merge),
        cmocka_unit_test(bad_calls_name_the_field),
        cmocka_unit_test(a_civil_part_goes_its_own_way),
        cmocka_unit_test(a_superior_supervises_an_incident),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
