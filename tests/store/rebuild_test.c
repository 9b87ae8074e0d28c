/* Projections written while living equal those of a replay, and a damaged one is found and mended.
 */
#include "support.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "core/core.h"
#include "journal/journal_table.h"
#include "sim/demand.h"

enum { COMMANDS = 700, CHANGES_MAX = 4096 };

static int make(void **state) {
    *state = bm_world_make(true);
    return 0;
}

static int drop(void **state) {
    bm_world_free(*state);
    return 0;
}

/* A desk in small: decides, appends, applies, and writes what changed with the next batch's rows.
 */
struct living {
    struct bm_journal *journal;
    struct bm_core *core;
    struct bm_decision decision;
    struct bm_change changes[CHANGES_MAX];
    size_t change_count;
    uint64_t archived;
};

static void note_change(void *context, enum bm_table_kind table, uint64_t id, const void *record,
                        bool archived) {
    struct living *living = context;
    if (!record && archived) living->archived++;
    if (table >= BM_T_REQUEST || (!record && archived)) return;
    assert_true(living->change_count < CHANGES_MAX);
    living->changes[living->change_count++] = (struct bm_change){table, id, record};
}

static void give(struct living *living, struct bm_command *command, int64_t now_ms) {
    struct bm_decision *decision = &living->decision;
    if (bm_core_decide(living->core, command, now_ms, decision) == BM_OK && decision->event_count) {
        uint64_t seq = bm_core_seq(living->core);
        living->change_count = 0;
        for (size_t i = 0; i < decision->event_count; i++) {
            decision->events[i].seq = seq + 1 + i;
            bm_core_apply(living->core, &decision->events[i]);
        }
        bm_core_take_changes(living->core, note_change, living);
        bm_append_all(living->journal, decision->events, decision->event_count, living->changes,
                      living->change_count);
    }
    for (size_t i = 0; i < decision->event_count; i++) bm_event_release(&decision->events[i]);
    decision->event_count = 0;
    bm_command_release(command);
}

static void run_timers(struct living *living, int64_t now_ms) {
    struct bm_command command;
    int64_t due_at_ms;
    while (bm_core_next_due(living->core, &due_at_ms, &command) && due_at_ms <= now_ms) {
        uint64_t before = bm_core_seq(living->core);
        give(living, &command, now_ms);
        assert_true(bm_core_seq(living->core) > before);
    }
}

/* Lives through many commands and several months, so that cases are archived. */
static uint64_t live(struct world *world, uint64_t *ret_archived) {
    struct living living = {
        .journal = world->journal, .core = bm_core_new(), .decision = bm_decision_make()};
    struct bm_rng rng = {7};
    struct bm_command house[64];
    int64_t now_ms = INT64_C(1790000000000);
    size_t count = bm_demand_house(house, 8);
    for (size_t i = 0; i < count; i++) give(&living, &house[i], now_ms);
    for (int i = 0; i < COMMANDS; i++) {
        now_ms += (int64_t)bm_rng_below(&rng,
                                        bm_rng_chance(&rng, 3) ? UINT64_C(20) * 86400000 : 60000);
        run_timers(&living, now_ms);
        struct bm_command command = bm_demand_draw(&rng, living.core, now_ms);
        give(&living, &command, now_ms);
    }
    uint64_t seq = bm_core_seq(living.core);
    *ret_archived = living.archived;
    bm_decision_free(&living.decision);
    bm_core_free(living.core);
    return seq;
}

static void close_journal(struct world *world) {
    bm_journal_close(world->journal);
    world->journal = NULL;
}

static void live_tables_equal_a_replay(void **state) {
    struct world *world = *state;
    uint64_t archived, rows = 0, differing = 9, seq = live(world, &archived);
    assert_true(archived > 10);
    close_journal(world);
    assert_ok(bm_journal_rebuild(world->dir, false, &rows, &differing, &bm_test_fault));
    assert_int_equal(rows, seq);
    assert_int_equal(differing, 0);
}

static void run_sql(struct world *world, const char *sql) {
    sqlite3 *db = bm_journal_connection(world->journal);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK) fail_msg("%s", sqlite3_errmsg(db));
}

static void damaged_tables_are_counted_and_mended(void **state) {
    struct world *world = *state;
    uint64_t archived, rows, differing, seq = live(world, &archived);
    run_sql(world, "UPDATE unit SET call_sign='other' WHERE id=2");
    run_sql(world, "UPDATE \"case\" SET priority=NULL WHERE id=1");
    run_sql(world, "DELETE FROM clock WHERE id=3");
    run_sql(world, "INSERT INTO link(id) VALUES(900001)");
    close_journal(world);
    assert_ok(bm_journal_rebuild(world->dir, false, &rows, &differing, &bm_test_fault));
    assert_int_equal(differing, 4);
    assert_ok(bm_journal_rebuild(world->dir, true, &rows, &differing, &bm_test_fault));
    assert_int_equal(differing, 4);
    assert_ok(bm_journal_rebuild(world->dir, false, &rows, &differing, &bm_test_fault));
    assert_int_equal(differing, 0);
    assert_int_equal(rows, seq);
    struct bm_verify verify;
    assert_ok(bm_journal_verify(world->dir, NULL, &verify, &bm_test_fault));
    assert_int_equal(verify.rows, seq);
    /* Indexes are back too: queries that need them still run. */
    assert_ok(bm_journal_open(world->dir, &world->journal, &bm_test_fault));
    struct bm_reader *reader = NULL;
    assert_ok(bm_reader_open(world->journal, &reader, &bm_test_fault));
    struct bm_unit unit;
    assert_ok(bm_reader_get(reader, BM_T_UNIT, 2, &unit, &bm_test_fault));
    assert_string_not_equal(unit.call_sign, "other");
    bm_reader_close(reader);
}

static void tables_of_another_build_are_made_anew(void **state) {
    struct world *world = *state;
    struct bm_fault fault;
    uint64_t archived, rows, differing, seq = live(world, &archived);
    run_sql(world, "ALTER TABLE unit DROP COLUMN waiting_count; DROP TABLE stub;"
                   "UPDATE meta SET projections=x'00'");
    close_journal(world);
    assert_int_equal(bm_journal_open(world->dir, &world->journal, &fault), BM_BAD_FORMAT);
    assert_ok(bm_journal_rebuild(world->dir, true, &rows, &differing, &bm_test_fault));
    assert_true(differing > 0);
    assert_ok(bm_journal_rebuild(world->dir, false, &rows, &differing, &bm_test_fault));
    assert_int_equal(differing, 0);
    assert_ok(bm_journal_open(world->dir, &world->journal, &bm_test_fault));
    assert_int_equal(bm_journal_head(world->journal).seq, seq);
}

static void a_broken_chain_is_not_rebuilt_from(void **state) {
    struct world *world = *state;
    struct bm_fault fault;
    uint64_t archived, rows, differing = 5;
    live(world, &archived);
    run_sql(world, "UPDATE journal SET at_ms=at_ms+1 WHERE seq=20");
    close_journal(world);
    assert_int_equal(bm_journal_rebuild(world->dir, true, &rows, &differing, &fault), BM_CORRUPT);
    assert_int_equal(differing, 5);
    assert_non_null(strstr(fault.detail, "Row 20"));
}

#define REBUILD(test) cmocka_unit_test_setup_teardown(test, make, drop)

int main(void) {
    const struct CMUnitTest tests[] = {
        REBUILD(live_tables_equal_a_replay),
        REBUILD(damaged_tables_are_counted_and_mended),
        REBUILD(tables_of_another_build_are_made_anew),
        REBUILD(a_broken_chain_is_not_rebuilt_from),
    };
    return cmocka_run_group_tests_name("rebuild", tests, NULL, NULL);
}
