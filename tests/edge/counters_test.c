/* Every counter of core, desk and journal begun just below its limit (requirement: no counter may end a desk silently).
 *
 *   counter                      width     limit                 what happens there
 *   place in the record (seq)    uint64    2^53 - 1              the command is refused (507, field "seq"); nothing wraps
 *   ids of records and requests  uint64    2^40 - 1              the command is refused (507, field = the table)
 *   versions (If-Match)          uint32    2^32 - 1              the edit is refused (409, field "If-Match")
 *   counts in records            uint32    2^32 - 1              they stand still
 *   log-ins                      int64     2^40 - 1              a log-in is refused (507, field "session"; edge_test.py)
 *   deliveries (outbox.db)       int64     2^63 - 1              SQLite refuses ("full"); at 1,000 a second 3 * 10^8 years
 *   epoch of a journal           int64     2^63 - 1              one more at each start: one a second for 3 * 10^11 years
 *   streams, connections, links,
 *   frames, positions, recommendations
 *                                uint64    2^64 - 1              of the running process alone; 10^9 a second for 584 years
 *   ledger                       63 bits   random, never counted
 *   key ids                      uint64    2^44 blocks of 1,024  what needs a key gets 503 (edge_test.py); at 1,000 a second 570,000 years
 *   receipt codes                64 bits   of the contact's id   as far as ids go
 *   desk time                    int64     9800-01-01            stands still there; what is due then still fits in a row
 *   monotonic clock              int64 ns  2^63 - 1 (292 years)  a wait past it is "never"
 *   rungs                        uint32    2                     no timer is left
 *   JT/T 808 serials             uint16    0xFFFF                begin anew at 0, as the standard says (times_test.c)
 *
 * A core just below a limit is its own snapshot with that number changed. */
#include "../property/small_world.h"

#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "base/table.h"
#include "core/limits.h"
#include "desk/desk.h"
#include "desk/time.h"

enum { HEAD = BM_DIGEST_BYTES, AT_SEQ = HEAD, AT_LAST_ID = HEAD + 4 * 8, DRAWN = 1500 };

static uint64_t number_at(const struct bm_buf *packed, size_t at) {
    uint64_t number;
    memcpy(&number, packed->bytes + at, sizeof number);
    return number;
}

/* The core as it is, but for one number of its snapshot. */
static void set_number(struct world *world, size_t at, uint64_t number) {
    struct bm_buf packed = bm_buf_make(64u << 20);
    struct bm_fault fault;
    bm_core_pack(world->core, &packed);
    memcpy(packed.bytes + at, &number, sizeof number);
    bm_core_free(world->core);
    world->core = bm_core_new();
    if (bm_core_unpack(world->core, packed.bytes, packed.len, &fault)) fail_msg("%s", fault.detail);
    bm_buf_free(&packed);
}

static uint64_t last_id(const struct world *world, enum bm_table_kind table) {
    struct bm_buf packed = bm_buf_make(64u << 20);
    bm_core_pack(world->core, &packed);
    uint64_t id = number_at(&packed, AT_LAST_ID + 8 * (size_t)table);
    bm_buf_free(&packed);
    return id;
}

/* As `give`, without the invariants over everything: a table whose ids are this high is long to walk. */
static enum bm_code try(struct world *world, struct bm_command *command) {
    enum bm_code code = bm_core_decide(world->core, command, world->now_ms, &world->decision);
    if (code) assert_int_equal(world->decision.event_count, 0);
    for (size_t i = 0; i < world->decision.event_count; i++) {
        struct bm_event *event = &world->decision.events[i];
        event->seq = bm_core_seq(world->core) + 1;
        bm_core_apply(world->core, event);
    }
    bm_core_take_changes(world->core, NULL, NULL);
    bm_command_release(command);
    return code;
}

/* --- places in the record --------------------------------------------------------------------- */

static void the_last_place_in_the_record_is_used_and_the_next_refused(void **state) {
    (void)state;
    struct world world = world_make();
    struct bm_rng rng = {7};
    set_number(&world, AT_SEQ, BM_SEQ_MAX - 50);
    unsigned taken = 0, refused = 0;
    for (int i = 0; i < DRAWN; i++) {
        struct bm_command command = bm_demand_draw(&rng, world.core, world.now_ms);
        enum bm_code code = try(&world, &command);
        assert_true(bm_core_seq(world.core) <= BM_SEQ_MAX);
        if (code == BM_OK && world.decision.event_count) taken++;
        if (code == BM_NO_SPACE) {
            assert_string_equal(world.decision.fault.field, "seq");
            refused++;
        }
    }
    assert_true(taken > 0 && refused > 100);
    /* An exact fit: one look is one event. */
    set_number(&world, AT_SEQ, BM_SEQ_MAX - 1);
    for (int i = 0; i < 2; i++) {
        struct bm_command look = ask(BM_DO_LOOK, 2, 0);
        look.look.scope = BM_LOOK_BOARD;
        assert_int_equal(try(&world, &look), i ? BM_NO_SPACE : BM_OK);
    }
    assert_true(bm_core_seq(world.core) == BM_SEQ_MAX);
    world_free(&world);
}

/* --- ids -------------------------------------------------------------------------------------- */

static void ids_end_with_a_refusal(void **state) {
    (void)state;
    /* Those that are asked for most; what makes ids is one function for all. */
    static const enum bm_table_kind most[] = {BM_T_CONTACT, BM_T_CASE, BM_T_ASSIGNMENT, BM_T_CLOCK, BM_T_REQUEST, BM_T_PROMISE};
    for (int t = 0; t < BM_table_kind_COUNT; t++) {
        bool asked_for = false;
        for (size_t m = 0; m < sizeof most / sizeof most[0]; m++) asked_for |= most[m] == (enum bm_table_kind)t;
        if (!asked_for) continue;
        struct world world = world_make();
        struct bm_rng rng = {(uint64_t)t + 1};
        set_number(&world, AT_LAST_ID + 8 * (size_t)t, BM_TABLE_ID_MAX - 3);
        unsigned refused = 0;
        for (int i = 0; i < DRAWN && refused < 3; i++) {
            struct bm_command command = bm_demand_draw(&rng, world.core, world.now_ms);
            if (!command.has_request) {
                command.has_request = true;
                uint64_t key[4] = {(uint64_t)i, 1, 2, 3};
                memcpy(command.request, key, sizeof key);
            }
            enum bm_code code = try(&world, &command);
            if (code == BM_NO_SPACE) {
                assert_string_equal(world.decision.fault.field, bm_word(&bm_table_kind_words, (unsigned)t));
                refused++;
            }
        }
        assert_true(last_id(&world, (enum bm_table_kind)t) <= BM_TABLE_ID_MAX);
        if (refused < 3) fail_msg("%s: never refused", bm_word(&bm_table_kind_words, (unsigned)t));
        /* What is there comes back from a snapshot as it is. */
        struct bm_hash before, after;
        bm_core_digest(world.core, &before);
        set_number(&world, AT_SEQ, bm_core_seq(world.core));
        bm_core_digest(world.core, &after);
        assert_memory_equal(before.bytes, after.bytes, sizeof before.bytes);
        assert_null(bm_core_check(world.core));
        world_free(&world);
    }
}

static void the_classes_of_a_list_need_ids_too(void **state) {
    (void)state;
    struct world world = world_make();
    set_number(&world, AT_LAST_ID + 8 * BM_T_CLASS, BM_TABLE_ID_MAX - 10);
    struct bm_command house[64];
    size_t count = bm_demand_house(house, 8);
    bool met = false;
    for (size_t i = 0; i < count; i++) {
        bool classes = house[i].kind == BM_DO_PUBLISH && strcmp(house[i].publish.what, "classes") == 0;
        if (classes) {
            assert_int_equal(try(&world, &house[i]), BM_NO_SPACE);
            assert_string_equal(world.decision.fault.field, "class");
            met = true;
        } else {
            bm_command_release(&house[i]);
        }
    }
    assert_true(met);
    world_free(&world);
}

static void a_snapshot_past_the_limits_is_no_snapshot(void **state) {
    (void)state;
    for (int which = 0; which < 2; which++) {
        struct world world = world_make();
        struct bm_buf packed = bm_buf_make(64u << 20);
        struct bm_fault fault;
        bm_core_pack(world.core, &packed);
        uint64_t past = which ? BM_TABLE_ID_MAX + 1 : BM_SEQ_MAX + 1;
        memcpy(packed.bytes + (which ? AT_LAST_ID : AT_SEQ), &past, sizeof past);
        struct bm_core *core = bm_core_new();
        assert_int_equal(bm_core_unpack(core, packed.bytes, packed.len, &fault), BM_CORRUPT);
        bm_core_free(core);
        bm_buf_free(&packed);
        world_free(&world);
    }
}

/* --- counts in records ------------------------------------------------------------------------ */

/* Sets a count of a record in memory: four thousand million edits are too many for a test. */
static void set_count(struct world *world, enum bm_table_kind table, uint64_t id, const char *name, uint32_t value) {
    void *record = (void *)(uintptr_t)bm_core_get(world->core, table, id);
    const struct bm_field *field = bm_shape_find(bm_table_shape(table), name);
    assert_non_null(record);
    assert_non_null(field);
    assert_int_equal(field->kind, BM_F_COUNT);
    memcpy((char *)record + field->offset, &value, sizeof value);
}

static uint32_t count_of(const struct world *world, enum bm_table_kind table, uint64_t id, const char *name) {
    const void *record = bm_core_get(world->core, table, id);
    return *(const uint32_t *)bm_field_of(bm_shape_find(bm_table_shape(table), name), record);
}

static uint64_t open_case(struct world *world) {
    struct bm_command command = ask(BM_DO_CASE_OPEN, 2, 0);
    TEXT(command.case_open.class_code, "fire");
    command.sealed[BM_DATA_NARRATIVE].key_id = 900;
    command.sealed[BM_DATA_IDENTITY].key_id = 901;
    return made(world, &command);
}

static enum bm_code change_priority(struct world *world, uint64_t id, uint32_t version, uint32_t priority) {
    struct bm_command command = ask(BM_DO_CASE_CHANGE, 3, id);
    command.has_if_match = true;
    command.if_match = version;
    command.case_change.priority = priority;
    command.present = 0;
    const struct bm_shape *shape = bm_command_shape(BM_DO_CASE_CHANGE);
    for (uint16_t f = 0; f < shape->field_count; f++) {
        if (strcmp(shape->fields[f].name, "priority") == 0) command.present |= UINT64_C(1) << f;
    }
    return try(world, &command);
}

static void the_last_version_takes_no_edit(void **state) {
    (void)state;
    struct world world = world_make();
    uint64_t id = open_case(&world);
    set_count(&world, BM_T_CASE, id, "version", UINT32_MAX - 1);
    assert_int_equal(change_priority(&world, id, UINT32_MAX - 1, 2), BM_OK);
    assert_int_equal(count_of(&world, BM_T_CASE, id, "version"), UINT32_MAX);
    assert_int_equal(change_priority(&world, id, UINT32_MAX, 3), BM_NOT_POSSIBLE);
    assert_string_equal(world.decision.fault.field, "If-Match");
    assert_int_equal(change_priority(&world, id, 0, 3), BM_STALE_VERSION);
    /* A record of the house. */
    set_count(&world, BM_T_UNIT, 1, "version", UINT32_MAX);
    struct bm_command command = ask(BM_DO_UNIT_SET, 1, 1);
    TEXT(command.unit_set.call_sign, "E-1");
    command.unit_set.jurisdiction.v = 2;
    command.has_if_match = true;
    command.if_match = UINT32_MAX;
    assert_int_equal(try(&world, &command), BM_NOT_POSSIBLE);
    assert_int_equal(count_of(&world, BM_T_UNIT, 1, "version"), UINT32_MAX);
    world_free(&world);
}

/* All counts of all records at their last number, under everything that people ask: none begins anew. */
static void counts_stand_still_at_their_last_number(void **state) {
    (void)state;
    static const char *const endless[] = {"version", "fix_count", "reopen_count", "entry_count", "transfer_count",
                                          "ring_back_count", "roll_count", "rung_count"};
    struct world world = world_make();
    struct bm_rng rng = {11};
    uint64_t set_to[BM_table_kind_COUNT] = {0}; /* records up to this id have their counts at the last number since the round before */
    unsigned watched = 0;
    for (int round = 0; round < 40; round++) {
        for (int i = 0; i < 50; i++) {
            struct bm_command command = bm_demand_draw(&rng, world.core, world.now_ms);
            (void)try(&world, &command);
            world.now_ms += 500;
        }
        for (int t = 0; t < BM_table_kind_COUNT; t++) {
            enum bm_table_kind table = (enum bm_table_kind)t;
            for (size_t n = 0; n < sizeof endless / sizeof endless[0]; n++) {
                if (!bm_shape_find(bm_table_shape(table), endless[n])) continue;
                if (table == BM_T_EDITION) continue; /* the version that a file says */
                if (table == BM_T_PROMISE || table == BM_T_DUTY_RULE) continue; /* rungs have a ladder; rules have their agency's id, old or new */
                for (uint64_t id = 0; (id = bm_core_next_id(world.core, table, id));) {
                    uint32_t now = count_of(&world, table, id, endless[n]);
                    if (id <= set_to[t] && now != UINT32_MAX) fail_msg("%s %s: %u", bm_table_shape(table)->name, endless[n], now);
                    watched += id <= set_to[t];
                    set_count(&world, table, id, endless[n], UINT32_MAX);
                }
            }
            for (uint64_t id = 0; (id = bm_core_next_id(world.core, table, id));) set_to[t] = id;
        }
    }
    assert_true(watched > 100);
    world_free(&world);
}

/* One count after the other, so that a wrap to a small number is told from a record that is new. */
static void a_wrap_would_be_seen(void **state) {
    (void)state;
    struct world world = world_make();
    uint64_t id = open_case(&world);
    set_count(&world, BM_T_CASE, id, "entry_count", UINT32_MAX - 1);
    for (int i = 0; i < 3; i++) {
        struct bm_command command = ask(BM_DO_ENTRY, 3, id);
        command.sealed[BM_DATA_NARRATIVE].key_id = 900;
        command.sealed[BM_DATA_NARRATIVE].value = bm_bytes_copy("0123456789012345678901234567890123456789012345678901234567890123", 64);
        assert_int_equal(try(&world, &command), BM_OK);
        assert_int_equal(count_of(&world, BM_T_CASE, id, "entry_count"), UINT32_MAX);
    }
    struct bm_command command = ask(BM_DO_CONTACT_RECEIVE, 2, 0);
    command.contact_receive.channel = BM_CHANNEL_CALL;
    uint64_t contact = made(&world, &command);
    set_count(&world, BM_T_CONTACT, contact, "fix_count", UINT32_MAX);
    command = ask(BM_DO_CONTACT_FIX, 2, contact);
    command.contact_fix.lat_e7 = 399000000;
    command.contact_fix.lon_e7 = 1164000000;
    assert_int_equal(try(&world, &command), BM_OK);
    assert_int_equal(count_of(&world, BM_T_CONTACT, contact, "fix_count"), UINT32_MAX);
    world_free(&world);
}

/* --- the record itself ------------------------------------------------------------------------ */

struct answers {
    unsigned taken, refused;
};

static void on_reply(void *context, void *ticket, const struct bm_reply *reply) {
    (void)ticket;
    struct answers *answers = context;
    if (reply->code == BM_OK) answers->taken++;
    if (reply->code == BM_NO_SPACE) answers->refused++;
}

/* A whole desk whose time is past all ends of time, over a journal in memory: what it wrote reads back. */
static void desk_at(int64_t wall_ms) {
    struct bm_journal *journal = bm_journal_memory(5);
    struct bm_desk *desk = bm_desk_new(journal, NULL);
    struct answers answers = {0};
    struct bm_desk_sink sink = {on_reply, NULL, &answers};
    struct bm_rng rng = {3};
    struct bm_command house[64];
    size_t count = bm_demand_house(house, 8);
    int64_t mono_ns = 1, least_ms = 86400000; /* what people say of yesterday cannot lie before 1970 */
    for (size_t i = 0; i < count + 600; i++, mono_ns += INT64_C(400000000)) {
        int64_t now_ms = wall_ms > BM_DESK_AT_MAX ? BM_DESK_AT_MAX : wall_ms;
        struct bm_asked asked = {i < count ? house[i] : bm_demand_draw(&rng, bm_desk_core(desk), now_ms < least_ms ? least_ms : now_ms), NULL};
        assert_int_equal(bm_desk_step(desk, wall_ms + mono_ns / 1000000, mono_ns, &asked, 1, &sink), BM_OK);
        bm_command_release(&asked.command);
        assert_true(bm_desk_next_due(desk) >= 0);
    }
    assert_true(answers.taken > 100);
    struct bm_hash digest = bm_desk_digest(desk);
    bm_desk_free(desk);
    struct bm_journal *again = bm_journal_memory_reopen(journal);
    desk = bm_desk_new(again, NULL);
    struct bm_fault fault;
    if (bm_desk_replay(desk, NULL, &fault)) fail_msg("at %lld: %s", (long long)wall_ms, fault.detail);
    struct bm_hash replayed = bm_desk_digest(desk);
    assert_memory_equal(digest.bytes, replayed.bytes, sizeof digest.bytes);
    bm_desk_free(desk);
    bm_journal_close(again);
    bm_journal_close(journal);
}

static void what_is_written_at_the_ends_of_time_reads_back(void **state) {
    (void)state;
    static const int64_t walls[] = {
        -1000, 0, 1, INT64_C(2147483647) * 1000 - 5000, /* 2038-01-19T03:14:02Z */
        INT64_C(4102444800000) - 5000,                  /* 2100 */
        INT64_C(4294967295) * 1000 - 5000,              /* 2^32 seconds: 2106 */
        INT64_C(253402300799999), INT64_C(9007199254740991), INT64_MAX - INT64_C(1000000000)};
    for (size_t i = 0; i < sizeof walls / sizeof walls[0]; i++) desk_at(walls[i]);
}

static void the_monotonic_clock_has_an_end(void **state) {
    (void)state;
    struct bm_desk_time time = {.started = true, .now_ms = 1000, .wall_ms = 1000, .mono_ns = INT64_MAX - 5000000};
    assert_true(bm_desk_time_after(&time, 4) == INT64_MAX - 1000000);
    assert_true(bm_desk_time_after(&time, 6) == INT64_MAX);
    assert_true(bm_desk_time_after(&time, INT64_MAX) == INT64_MAX);
    assert_true(bm_desk_time_after(&time, -1) == time.mono_ns);
    bool jump;
    int64_t expected_ms;
    assert_true(bm_desk_time_read(&time, 1004, INT64_MAX - 1000000, &jump, &expected_ms) == 1004);
    assert_false(jump);
    struct bm_desk_time fresh = {0};
    assert_true(bm_desk_time_begin(&fresh, INT64_MIN, 0, 0, false, &jump, &expected_ms) == 0);
    assert_true(bm_desk_time_read(&fresh, INT64_MAX, 1000000, &jump, &expected_ms) == 1);
    assert_true(jump);
    bm_desk_time_confirm(&fresh);
    assert_true(fresh.now_ms == BM_DESK_AT_MAX);
    assert_true(bm_desk_time_read(&fresh, INT64_MAX, INT64_MAX, &jump, &expected_ms) == BM_DESK_AT_MAX);
}

/* A batch at its largest: as many commands as one step may take, and a decision of as many events as one may have. */
static void a_step_of_the_largest_size(void **state) {
    (void)state;
    struct bm_journal *journal = bm_journal_memory(5);
    struct bm_desk *desk = bm_desk_new(journal, NULL);
    static struct bm_asked asked[BM_DESK_STEP_MAX];
    struct answers answers = {0};
    struct bm_desk_sink sink = {on_reply, NULL, &answers};
    struct bm_command house[64];
    size_t count = bm_demand_house(house, 8);
    for (size_t i = 0; i < BM_DESK_STEP_MAX; i++) {
        if (i < count) {
            asked[i] = (struct bm_asked){house[i], NULL};
            continue;
        }
        asked[i] = (struct bm_asked){ask(BM_DO_CASE_OPEN, 2, 0), NULL};
        TEXT(asked[i].command.case_open.class_code, "fire");
    }
    assert_int_equal(bm_desk_step(desk, NOW, 1, asked, BM_DESK_STEP_MAX, &sink), BM_OK);
    assert_int_equal(answers.taken, BM_DESK_STEP_MAX);
    assert_int_equal(bm_core_count(bm_desk_core(desk), BM_T_CASE), BM_DESK_STEP_MAX - count);
    for (size_t i = 0; i < BM_DESK_STEP_MAX; i++) bm_command_release(&asked[i].command);
    bm_desk_free(desk);
    bm_journal_close(journal);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_place_in_the_record_is_used_and_the_next_refused),
        cmocka_unit_test(ids_end_with_a_refusal),
        cmocka_unit_test(the_classes_of_a_list_need_ids_too),
        cmocka_unit_test(a_snapshot_past_the_limits_is_no_snapshot),
        cmocka_unit_test(the_last_version_takes_no_edit),
        cmocka_unit_test(counts_stand_still_at_their_last_number),
        cmocka_unit_test(a_wrap_would_be_seen),
        cmocka_unit_test(what_is_written_at_the_ends_of_time_reads_back),
        cmocka_unit_test(the_monotonic_clock_has_an_end),
        cmocka_unit_test(a_step_of_the_largest_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
