/* One test per defect that a reading of core and desk found: what went wrong once must not again.
 */
#include "testing.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/quarantine.h"
#include "core/limits.h"
#include "desk/desk.h"
#include "small_world.h"

/* The house of sim/demand.h: agency 1 is the city, 2 north, 3 south (both below 1), 4 below 2; unit
 * n is in agency 2 + (n - 1) % 3; operators: 1 admin, 2 call-taker, 3 dispatcher, 4 supervisor (all
 * of the city), 5 call-taker, dispatcher and supervisor of north, 6 the crew of unit 1. */
enum { ADMIN = 1, TAKER = 2, DISPATCHER = 3, NORTH = 5 };

static const struct bm_case *case_of(const struct world *world, uint64_t id) {
    return bm_core_get(world->core, BM_T_CASE, id);
}

static void match(const struct world *world, struct bm_command *command, uint64_t case_id) {
    command->has_if_match = true;
    command->if_match = case_of(world, case_id)->version;
}

static uint64_t open_case(struct world *world, uint64_t actor, uint64_t contact) {
    struct bm_command command = ask(BM_DO_CASE_OPEN, actor, 0);
    TEXT(command.case_open.class_code, "fire");
    command.case_open.contact.v = contact;
    return made(world, &command);
}

/* The newest assignment. */
static uint64_t send(struct world *world, uint64_t case_id, uint64_t unit,
                     enum bm_assign_mode mode) {
    struct bm_command command = ask(BM_DO_ASSIGN, DISPATCHER, case_id);
    command.assign.units = (struct bm_ids){1, {unit}};
    command.assign.mode = (uint8_t)mode;
    match(world, &command, case_id);
    made(world, &command);
    uint64_t id = 0, last = 0;
    while ((id = bm_core_next_id(world->core, BM_T_ASSIGNMENT, id))) last = id;
    return last;
}

static void report(struct world *world, uint64_t assignment, enum bm_assignment_state to) {
    struct bm_command command = ask(BM_DO_STATUS, DISPATCHER, assignment);
    const struct bm_assignment *row = bm_core_get(world->core, BM_T_ASSIGNMENT, assignment);
    command.status.from = row->state;
    command.status.to = (uint8_t)to;
    TEXT(command.status.report_code, "handled");
    made(world, &command);
}

/* The running clock of that kind. */
static const struct bm_clock *running(const struct world *world, uint64_t case_id,
                                      enum bm_clock_kind kind) {
    uint64_t id = 0;
    while ((id = bm_core_next_id(world->core, BM_T_CLOCK, id))) {
        const struct bm_clock *clock = bm_core_get(world->core, BM_T_CLOCK, id);
        if (clock->on_case.v == case_id && clock->kind == kind &&
            clock->stopped_at_ms == BM_AT_NONE)
            return clock;
    }
    return NULL;
}

static uint64_t merge(struct world *world, uint64_t from, uint64_t into) {
    struct bm_command command = ask(BM_DO_CASE_MERGE, TAKER, from);
    command.case_merge.into.v = into;
    match(world, &command, from);
    return made(world, &command);
}

/* --- a unit that came over from another case -------------------------------------------------- */

static void a_unit_that_came_by_merge_clears_the_case(void **state) {
    (void)state;
    struct world world = world_make();
    uint64_t first = open_case(&world, TAKER, 0);
    uint64_t assignment = send(&world, first, 1, BM_MODE_ASSIGN);
    world.now_ms += 60000;
    uint64_t second = open_case(&world, TAKER, 0);
    merge(&world, first, second);
    world.now_ms += 60000;
    report(&world, assignment, BM_AS_ON_SCENE);
    report(&world, assignment, BM_AS_CLEARED);
    assert_int_equal(case_of(&world, second)->state, BM_CASE_CLEARED);
    world_free(&world);
}

static void a_unit_that_came_by_split_clears_the_case(void **state) {
    (void)state;
    struct world world = world_make();
    uint64_t from = open_case(&world, TAKER, 0);
    uint64_t assignment = send(&world, from, 1, BM_MODE_ASSIGN);
    world.now_ms += 60000;
    struct bm_command split = ask(BM_DO_CASE_SPLIT, TAKER, from);
    split.case_split.assignments = (struct bm_ids){1, {assignment}};
    match(&world, &split, from);
    uint64_t off = made(&world, &split);
    report(&world, assignment, BM_AS_CLEARED);
    assert_int_equal(case_of(&world, off)->state, BM_CASE_CLEARED);
    world_free(&world);
}

static void a_case_reopened_in_the_same_instant_waits_for_units_anew(void **state) {
    (void)state;
    struct world world = world_make();
    uint64_t id = open_case(&world, TAKER, 0);
    report(&world, send(&world, id, 1, BM_MODE_ASSIGN), BM_AS_CLEARED);
    struct bm_command close = ask(BM_DO_CASE_CLOSE, TAKER, id);
    close.case_close.outcome = BM_OUTCOME_SOLVED;
    match(&world, &close, id);
    made(&world, &close);
    struct bm_command reopen = ask(BM_DO_CASE_REOPEN, TAKER, id);
    made(&world, &reopen); /* give() checks the invariants */
    assert_int_equal(case_of(&world, id)->state, BM_CASE_RECEIVED);
    report(&world, send(&world, id, 2, BM_MODE_ASSIGN), BM_AS_CLEARED);
    assert_int_equal(case_of(&world, id)->state, BM_CASE_CLEARED);
    world_free(&world);
}

/* --- the citizen's clock ---------------------------------------------------------------------- */

static void merging_does_not_lengthen_the_wait(void **state) {
    (void)state;
    struct world world = world_make();
    uint64_t first = open_case(&world, TAKER, 0);
    int64_t due_at_ms = running(&world, first, BM_CLOCK_DISPATCH)->due_at_ms;
    world.now_ms += 50000;
    uint64_t second = open_case(&world, TAKER, 0);
    merge(&world, first, second);
    assert_int_equal(case_of(&world, second)->first_contact_at_ms, NOW);
    assert_int_equal(running(&world, second, BM_CLOCK_DISPATCH)->due_at_ms, due_at_ms);
    world_free(&world);
}

static void a_split_without_contacts_keeps_the_first_contact(void **state) {
    (void)state;
    struct world world = world_make();
    uint64_t from = open_case(&world, TAKER, 0);
    uint64_t assignment = send(&world, from, 1, BM_MODE_RESERVE);
    world.now_ms += 50000;
    struct bm_command split = ask(BM_DO_CASE_SPLIT, TAKER, from);
    split.case_split.assignments = (struct bm_ids){1, {assignment}};
    match(&world, &split, from);
    uint64_t off = made(&world, &split);
    assert_int_equal(case_of(&world, off)->first_contact_at_ms, NOW);
    assert_int_equal(running(&world, off, BM_CLOCK_DISPATCH)->anchor_at_ms, NOW);
    world_free(&world);
}

/* --- who sees it ------------------------------------------------------------------------------ */

static void what_hangs_on_a_case_follows_it_into_another_area(void **state) {
    (void)state;
    struct world world = world_make();
    struct bm_command receive = ask(BM_DO_CONTACT_RECEIVE, NORTH, 0);
    uint64_t contact = made(&world, &receive);
    uint64_t id = open_case(&world, NORTH, contact), other = open_case(&world, NORTH, 0);
    uint64_t assignment = send(&world, id, 1, BM_MODE_ASSIGN);
    struct bm_command link = ask(BM_DO_CASE_LINK, TAKER, id);
    link.case_link.other.v = other;
    made(&world, &link);
    struct bm_command change = ask(BM_DO_CASE_CHANGE, TAKER, id);
    change.case_change.jurisdiction.v = 3;
    change.present = UINT64_C(1) << 2;
    assert_true(bm_command_has(&change, "jurisdiction"));
    match(&world, &change, id);
    made(&world, &change);
    const struct bm_assignment *row = bm_core_get(world.core, BM_T_ASSIGNMENT, assignment);
    assert_int_equal(row->jurisdiction.v, 3);
    assert_int_equal(row->unit_agency.v, 2);
    assert_int_equal(running(&world, id, BM_CLOCK_ARRIVE)->jurisdiction.v, 3);
    const struct bm_contact *caller = bm_core_get(world.core, BM_T_CONTACT, contact);
    assert_int_equal(caller->jurisdiction.v, 2); /* north took it, the south works on it */
    assert_int_equal(caller->case_area.v, 3);
    assert_int_equal(
        ((const struct bm_link *)bm_core_get(world.core, BM_T_LINK, 1))->jurisdiction.v, 3);
    world_free(&world);
}

static void the_assignments_of_a_unit_follow_it_into_another_agency(void **state) {
    (void)state;
    struct world world = world_make();
    uint64_t id = open_case(&world, TAKER, 0);
    uint64_t assignment = send(&world, id, 1, BM_MODE_ASSIGN);
    struct bm_command set = ask(BM_DO_UNIT_SET, 0, 1);
    TEXT(set.unit_set.call_sign, "A0001");
    set.unit_set.jurisdiction.v = 3;
    made(&world, &set);
    assert_int_equal(
        ((const struct bm_assignment *)bm_core_get(world.core, BM_T_ASSIGNMENT, assignment))
            ->unit_agency.v,
        3);
    world_free(&world);
}

static void a_case_is_given_to_somebody_who_can_work_on_it(void **state) {
    (void)state;
    struct world world = world_make();
    struct bm_command open = ask(BM_DO_CASE_OPEN, TAKER, 0);
    TEXT(open.case_open.class_code, "fire");
    open.case_open.jurisdiction.v = 3;
    uint64_t id = made(&world, &open);
    struct bm_command change = ask(BM_DO_CASE_CHANGE, TAKER, id);
    change.present = UINT64_C(1) << 3;
    assert_true(bm_command_has(&change, "owner"));
    change.case_change.owner.v = NORTH; /* of north; the case lies in the south */
    match(&world, &change, id);
    assert_int_equal(give(&world, &change), BM_CONFLICT);
    struct bm_command leave = ask(BM_DO_OPERATOR_SET, 0, DISPATCHER);
    TEXT(leave.operator_set.number, "1002");
    leave.operator_set.jurisdiction.v = 1;
    leave.operator_set.roles = BM_BIT(BM_ROLE_DISPATCHER);
    leave.operator_set.inactive = true;
    made(&world, &leave);
    change = ask(BM_DO_CASE_CHANGE, TAKER, id);
    change.present = UINT64_C(1) << 3;
    change.case_change.owner.v = DISPATCHER; /* no longer there */
    match(&world, &change, id);
    assert_int_equal(give(&world, &change), BM_CONFLICT);
    change = ask(BM_DO_CASE_CHANGE, TAKER, id);
    change.present = UINT64_C(1) << 3;
    change.case_change.owner.v = 4;
    match(&world, &change, id);
    assert_int_equal(give(&world, &change), BM_OK);
    world_free(&world);
}

static void a_contact_is_not_taken_off_a_case_that_one_may_not_see(void **state) {
    (void)state;
    struct world world = world_make();
    struct bm_command receive = ask(BM_DO_CONTACT_RECEIVE, NORTH, 0);
    uint64_t contact = made(&world, &receive);
    struct bm_command open = ask(BM_DO_CASE_OPEN, TAKER, 0);
    TEXT(open.case_open.class_code, "fire");
    open.case_open.contact.v = contact;
    open.case_open.jurisdiction.v = 3;
    uint64_t south = made(&world, &open), north = open_case(&world, NORTH, 0);
    struct bm_command attach = ask(BM_DO_CONTACT_ATTACH, NORTH, contact);
    attach.contact_attach.on_case.v = north;
    assert_int_equal(give(&world, &attach), BM_NOT_FOUND);
    assert_int_equal(case_of(&world, south)->contact_count, 1);
    attach = ask(BM_DO_CONTACT_ATTACH, TAKER, contact);
    attach.contact_attach.on_case.v = north;
    assert_int_equal(give(&world, &attach), BM_OK);
    world_free(&world);
}

/* --- a repeated request ----------------------------------------------------------------------- */

static void with_key(struct bm_command *command, uint8_t key) {
    command->has_request = true;
    memset(command->request, key, sizeof command->request);
}

/* Accepted though it changed nothing: the repeat, after others went on, is answered and does
 * nothing. */
static void a_repeat_of_what_changed_nothing_changes_nothing(void **state) {
    (void)state;
    struct world world = world_make();
    struct bm_command receive = ask(BM_DO_CONTACT_RECEIVE, TAKER, 0);
    uint64_t contact = made(&world, &receive), first = open_case(&world, TAKER, contact),
             second = open_case(&world, TAKER, 0);
    for (int turn = 0; turn < 2; turn++) {
        struct bm_command claim = ask(BM_DO_CASE_CLAIM, TAKER,
                                      first); /* it is theirs, on duty, attached already */
        struct bm_command duty = ask(BM_DO_UNIT_DUTY, DISPATCHER, 1);
        struct bm_command attach = ask(BM_DO_CONTACT_ATTACH, TAKER, contact);
        duty.unit_duty.duty = BM_DUTY_ON;
        attach.contact_attach.on_case.v = first;
        with_key(&claim, 1);
        with_key(&duty, 2);
        with_key(&attach, 3);
        struct bm_command *all[] = {&claim, &duty, &attach};
        for (int i = 0; i < 3; i++) {
            made(&world, all[i]);
            assert_int_equal(world.decision.replayed, turn == 1);
        }
        if (turn == 1) break;
        struct bm_command other = ask(BM_DO_CASE_CLAIM, DISPATCHER, first);
        struct bm_command off = ask(BM_DO_UNIT_DUTY, DISPATCHER, 1);
        struct bm_command away = ask(BM_DO_CONTACT_ATTACH, TAKER, contact);
        off.unit_duty.duty = BM_DUTY_OFF;
        away.contact_attach.on_case.v = second;
        made(&world, &other);
        made(&world, &off);
        made(&world, &away);
    }
    assert_int_equal(case_of(&world, first)->owner.v, DISPATCHER);
    assert_int_equal(((const struct bm_unit *)bm_core_get(world.core, BM_T_UNIT, 1))->duty,
                     BM_DUTY_OFF);
    assert_int_equal(case_of(&world, second)->contact_count, 1);
    world_free(&world);
}

/* --- loops
 * ------------------------------------------------------------------------------------------------------
 */

static enum bm_code parent(struct world *world, uint64_t below, uint64_t above) {
    struct bm_command link = ask(BM_DO_CASE_LINK, TAKER, below);
    link.case_link.other.v = above;
    link.case_link.kind = BM_LINK_PARENT;
    return give(world, &link);
}

/* Cases in levels of two, each below both of the next: 2 to the power of 60 ways up, but 120 cases.
 */
static void a_ladder_of_parents_is_climbed_once(void **state) {
    (void)state;
    enum { LEVELS = 60 };
    struct world world = world_make();
    uint64_t level[2] = {open_case(&world, TAKER, 0), open_case(&world, TAKER, 0)},
             lowest = level[0];
    alarm(60);
    for (int i = 1; i < LEVELS; i++) {
        uint64_t next[2] = {open_case(&world, TAKER, 0), open_case(&world, TAKER, 0)};
        for (int b = 0; b < 4; b++)
            assert_int_equal(parent(&world, level[b & 1], next[b >> 1]), BM_OK);
        memcpy(level, next, sizeof level);
    }
    uint64_t apart = open_case(&world, TAKER, 0);
    assert_int_equal(parent(&world, apart, lowest),
                     BM_OK); /* all that stands above `lowest` is walked */
    assert_int_equal(parent(&world, level[0], apart), BM_CONFLICT);
    alarm(0);
    world_free(&world);
}

static uint64_t agency_below(struct world *world, uint64_t parent_id, int number) {
    struct bm_command set = ask(BM_DO_AGENCY_SET, ADMIN, 0);
    snprintf(set.agency_set.code, sizeof set.agency_set.code, "level-%d", number);
    TEXT(set.agency_set.name, "level");
    set.agency_set.level = BM_LEVEL_STATION;
    set.agency_set.parent.v = parent_id;
    return give(world, &set) ? 0 : world->decision.made_id;
}

static void no_agency_stands_deeper_than_the_city_sees(void **state) {
    (void)state;
    struct world world = world_make();
    uint64_t at = 1, below = 0, next;
    int levels = 1;
    for (; (next = agency_below(&world, at, levels)); levels++) below = at, at = next;
    assert_int_equal(world.decision.fault.code, BM_OUT_OF_RANGE);
    assert_int_equal(levels, BM_AGENCY_DEPTH_MAX);
    struct bm_command open = ask(BM_DO_CASE_OPEN, TAKER, 0);
    TEXT(open.case_open.class_code, "fire");
    open.case_open.jurisdiction.v = at;
    struct bm_command claim = ask(BM_DO_CASE_CLAIM, DISPATCHER, made(&world, &open));
    assert_int_equal(give(&world, &claim), BM_OK);
    struct bm_command move = ask(BM_DO_AGENCY_SET, ADMIN,
                                 2); /* north and its station: two levels */
    TEXT(move.agency_set.code, "north");
    TEXT(move.agency_set.name, "north");
    move.agency_set.level = BM_LEVEL_COUNTY;
    move.agency_set.parent.v = below;
    move.has_if_match = true;
    move.if_match = 1;
    assert_int_equal(give(&world, &move), BM_OUT_OF_RANGE);
    world_free(&world);
}

/* --- times and classes ------------------------------------------------------------------------ */

static void a_call_from_an_exchange_that_runs_ahead_can_be_answered(void **state) {
    (void)state;
    struct world world = world_make();
    struct bm_command receive = ask(BM_DO_CONTACT_RECEIVE, TAKER, 0);
    receive.contact_receive.channel = BM_CHANNEL_CALL;
    receive.contact_receive.rang_at_ms = NOW + 30000;
    uint64_t contact = made(&world, &receive);
    world.now_ms += 5000;
    struct bm_command answer = ask(BM_DO_CONTACT_ANSWER, TAKER, contact);
    assert_int_equal(give(&world, &answer), BM_OK);
    world_free(&world);
}

static void nothing_is_split_off_into_a_withdrawn_class(void **state) {
    (void)state;
    struct world world = world_make();
    uint64_t from = open_case(&world, TAKER, 0);
    uint64_t assignment = send(&world, from, 1, BM_MODE_ASSIGN);
    static const char fewer[] = "{\"classes\":[{\"code\":\"fire\",\"name_en\":\"\",\"name_hans\":"
                                "\"\",\"name_hant\":\"\",\"priority\":1,"
                                "\"dispatch_ms\":60000,\"acknowledge_ms\":60000,\"arrive_ms\":"
                                "60000,\"report_back_ms\":60000,"
                                "\"close_ms\":60000}]}";
    struct bm_command publish = ask(BM_DO_PUBLISH, ADMIN, 0);
    TEXT(publish.publish.what, "classes");
    publish.publish.content = bm_bytes_copy(fewer, strlen(fewer));
    made(&world, &publish);
    struct bm_command split = ask(BM_DO_CASE_SPLIT, TAKER, from);
    TEXT(split.case_split.class_code, "theft");
    split.case_split.assignments = (struct bm_ids){1, {assignment}};
    match(&world, &split, from);
    assert_int_equal(give(&world, &split), BM_UNKNOWN_CLASS);
    world_free(&world);
}

static void a_snapshot_is_bound_to_the_code_that_applied_the_events(void **state) {
    (void)state;
    struct world world = world_make();
    uint8_t shapes[BM_DIGEST_BYTES], schema[BM_DIGEST_BYTES];
    bm_entity_schema(shapes);
    bm_core_schema(schema);
    struct bm_buf bytes = bm_buf_make(64u << 20);
    bm_core_pack(world.core, &bytes);
    assert_memory_equal(bytes.bytes, schema, sizeof schema);
    assert_memory_not_equal(schema, shapes, sizeof schema); /* the same shapes are not enough */
    memcpy(bytes.bytes, shapes, sizeof shapes);
    struct bm_fault fault;
    struct bm_core *core = bm_core_new();
    assert_int_equal(bm_core_unpack(core, bytes.bytes, bytes.len, &fault), BM_BAD_FORMAT);
    bm_core_free(core);
    bm_buf_free(&bytes);
    world_free(&world);
}

/* --- the desk
 * -----------------------------------------------------------------------------------------------------
 */

struct seen {
    size_t frames, replies, commits;
    uint64_t head; /* the journal's, when the last frame came */
    struct bm_journal *journal;
    enum bm_code code;
};

static void on_frame(void *context, struct bm_frame *frame) {
    struct seen *seen = context;
    uint64_t head = bm_journal_head(seen->journal).seq;
    seen->commits += head != seen->head;
    seen->head = head;
    seen->frames++;
    bm_frame_free(frame);
}

static void on_reply(void *context, void *ticket, const struct bm_reply *reply) {
    (void)ticket;
    ((struct seen *)context)->replies++;
    ((struct seen *)context)->code = reply->code;
}

static struct bm_desk *furnished(struct bm_journal *journal, struct bm_quarantine *quarantine,
                                 struct bm_desk_sink *sink) {
    struct bm_desk *desk = bm_desk_new(journal, quarantine);
    struct bm_asked asked[64] = {0};
    struct bm_command house[64];
    size_t count = bm_demand_house(house, 8);
    for (size_t i = 0; i < count; i++) {
        asked[i].command = house[i];
        for (int b = 0; b < 8; b++) asked[i].command.request[16 + b] = (uint8_t)(i + 1);
    }
    assert_int_equal(bm_desk_step(desk, NOW, 0, asked, count, sink), BM_OK);
    for (size_t i = 0; i < count; i++) bm_command_release(&asked[i].command);
    return desk;
}

static struct bm_asked asked_open(void) {
    struct bm_asked asked = {.command = ask(BM_DO_CASE_OPEN, TAKER, 0)};
    TEXT(asked.command.case_open.class_code, "fire");
    return asked;
}

static void a_full_disk_does_not_make_the_desk_spin(void **state) {
    (void)state;
    struct bm_journal *journal = bm_journal_memory(1);
    struct seen seen = {.journal = journal};
    struct bm_desk_sink sink = {on_reply, on_frame, &seen};
    struct bm_desk *desk = furnished(journal, NULL, &sink);
    struct bm_asked asked = asked_open();
    assert_int_equal(bm_desk_step(desk, NOW, 0, &asked, 1, &sink), BM_OK);
    bm_desk_set_space(desk, BM_SPACE_OUT);
    int64_t later_ms = 3600000;
    assert_int_equal(bm_desk_step(desk, NOW + later_ms, later_ms * 1000000, NULL, 0, &sink), BM_OK);
    assert_true(bm_desk_next_due(desk) > later_ms * 1000000); /* no timer fires now: none is due */
    bm_desk_set_space(desk, BM_SPACE_FINE);
    assert_true(bm_desk_next_due(desk) <= later_ms * 1000000);
    bm_desk_free(desk);
    bm_journal_close(journal);
}

static void a_month_of_closed_cases_is_archived_without_a_commit_for_each(void **state) {
    (void)state;
    enum { CASES = 200 };
    struct bm_journal *journal = bm_journal_memory(1);
    struct seen seen = {.journal = journal};
    struct bm_desk_sink sink = {on_reply, on_frame, &seen};
    struct bm_desk *desk = furnished(journal, NULL, &sink);
    for (uint64_t i = 1; i <= CASES; i++) {
        struct bm_asked asked[2] = {asked_open(), {.command = ask(BM_DO_CASE_CLOSE, TAKER, i)}};
        asked[1].command.case_close.outcome = BM_OUTCOME_INVALID;
        asked[1].command.has_if_match = true;
        asked[1].command.if_match = 1;
        assert_int_equal(bm_desk_step(desk, NOW, 0, asked, 2, &sink), BM_OK);
        assert_int_equal(seen.code, BM_OK);
    }
    int64_t later_ms = BM_ARCHIVE_AFTER_MS + 1000;
    seen.commits = 0;
    assert_int_equal(bm_desk_step(desk, NOW + later_ms, later_ms * 1000000, NULL, 0, &sink), BM_OK);
    assert_int_equal(bm_core_count(bm_desk_core(desk), BM_T_STUB), CASES);
    assert_true(seen.commits < 10);
    bm_desk_free(desk);
    bm_journal_close(journal);
}

static void commands_without_a_digest_are_not_quarantined_for_each_other(void **state) {
    (void)state;
    char path[] = "/tmp/bellman-regress-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    struct bm_fault fault;
    struct bm_quarantine *quarantine;
    const uint8_t none[16] = {0};
    for (int i = 0; i < 2; i++) { /* two looks that were running when the process was killed */
        assert_int_equal(bm_quarantine_open(path, &quarantine, &fault), BM_OK);
        assert_true(bm_quarantine_begin(quarantine, none));
        bm_quarantine_close(quarantine);
    }
    assert_int_equal(bm_quarantine_open(path, &quarantine, &fault), BM_OK);
    struct bm_journal *journal = bm_journal_memory(1);
    struct seen seen = {.journal = journal};
    struct bm_desk_sink sink = {on_reply, on_frame, &seen};
    struct bm_desk *desk = furnished(journal, quarantine, &sink);
    struct bm_asked asked = asked_open();
    memset(asked.command.request + 16, 7, 16);
    assert_int_equal(bm_desk_step(desk, NOW, 0, &asked, 1, &sink), BM_OK);
    struct bm_asked look = {.command = ask(BM_DO_LOOK, TAKER, 1)};
    assert_int_equal(bm_desk_step(desk, NOW, 0, &look, 1, &sink), BM_OK);
    assert_int_equal(seen.code, BM_OK);
    bm_desk_free(desk);
    bm_journal_close(journal);
    bm_quarantine_close(quarantine);
    unlink(path);
}

static void an_event_that_cannot_be_applied_is_named(void **state) {
    (void)state;
    struct bm_journal *journal = bm_journal_memory(1);
    struct bm_event rung = bm_event_make(BM_EV_CLOCK_RUNG, (struct bm_subject){BM_SUBJECT_CASE, 1});
    rung.seq = 1;
    rung.at_ms = NOW;
    rung.clock_rung.clock.v = 99; /* there is none */
    rung.clock_rung.rung = 1;
    const struct bm_event *events[] = {&rung};
    struct bm_batch batch = {.events = events, .event_count = 1};
    struct bm_head empty = bm_journal_head(journal), head;
    assert_int_equal(bm_journal_append(journal, &batch, &empty, &head), BM_APPEND_COMMITTED);
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        struct bm_fault fault;
        dup2(ends[1], STDERR_FILENO);
        signal(SIGABRT, SIG_DFL);
        (void)!bm_desk_replay(bm_desk_new(journal, NULL), NULL, &fault);
        _exit(0);
    }
    close(ends[1]);
    char said[1000] = "";
    size_t len = 0;
    for (ssize_t got;
         len < sizeof said - 1 && (got = read(ends[0], said + len, sizeof said - 1 - len)) > 0;)
        len += (size_t)got;
    close(ends[0]);
    int status;
    waitpid(child, &status, 0);
    assert_true(WIFSIGNALED(status));         /* it does not start ... */
    assert_non_null(strstr(said, " seq=1 ")); /* ... and says which row it is */
    bm_journal_close(journal);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_unit_that_came_by_merge_clears_the_case),
        cmocka_unit_test(a_unit_that_came_by_split_clears_the_case),
        cmocka_unit_test(a_case_reopened_in_the_same_instant_waits_for_units_anew),
        cmocka_unit_test(merging_does_not_lengthen_the_wait),
        cmocka_unit_test(a_split_without_contacts_keeps_the_first_contact),
        cmocka_unit_test(what_hangs_on_a_case_follows_it_into_another_area),
        cmocka_unit_test(the_assignments_of_a_unit_follow_it_into_another_agency),
        cmocka_unit_test(a_case_is_given_to_somebody_who_can_work_on_it),
        cmocka_unit_test(a_contact_is_not_taken_off_a_case_that_one_may_not_see),
        cmocka_unit_test(a_repeat_of_what_changed_nothing_changes_nothing),
        cmocka_unit_test(no_agency_stands_deeper_than_the_city_sees),
        cmocka_unit_test(a_ladder_of_parents_is_climbed_once),
        cmocka_unit_test(a_call_from_an_exchange_that_runs_ahead_can_be_answered),
        cmocka_unit_test(nothing_is_split_off_into_a_withdrawn_class),
        cmocka_unit_test(a_snapshot_is_bound_to_the_code_that_applied_the_events),
        cmocka_unit_test(a_full_disk_does_not_make_the_desk_spin),
        cmocka_unit_test(a_month_of_closed_cases_is_archived_without_a_commit_for_each),
        cmocka_unit_test(commands_without_a_digest_are_not_quarantined_for_each_other),
        cmocka_unit_test(an_event_that_cannot_be_applied_is_named),
    };
    return cmocka_run_group_tests_name("regress", tests, NULL, NULL);
}
