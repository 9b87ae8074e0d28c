/* The disk that loses power, tried on SQLite itself: what SQLite promises must hold on it, and what
 * SQLite does not promise must be seen to break, for a check that cannot fail checks nothing. */
#include "disk_vfs.h"

#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>

#include <cmocka.h>

enum { BATCH_MAX = 4 };

/* How a database is used in one run. */
struct run {
    struct bm_disk *disk;
    const char *settings; /* pragmas of each opening */
    uint64_t draw_state;
    uint64_t acknowledged; /* rows 1..this were committed */
    uint64_t lost;         /* acknowledged rows that were not there after a crash */
    uint64_t corrupt;      /* openings that found a damaged database */
};

static uint64_t draw_below(struct run *run, uint64_t bound) {
    uint64_t z = run->draw_state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    return (z ^ z >> 29) % bound;
}

static sqlite3 *open_on(const char *vfs) {
    sqlite3 *db = NULL;
    int rc = sqlite3_open_v2("/sim/test.db", &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, vfs);
    assert_int_equal(rc, SQLITE_OK);
    return db;
}

static int sql(sqlite3 *db, const char *text) {
    return sqlite3_exec(db, text, NULL, NULL, NULL);
}

/* The first column of the first row as text: "" when there is none, "error" when it fails. */
static const char *ask(sqlite3 *db, const char *text) {
    static char answer[200];
    sqlite3_stmt *statement = NULL;
    snprintf(answer, sizeof answer, "error");
    if (sqlite3_prepare_v2(db, text, -1, &statement, NULL) != SQLITE_OK) return answer;
    int rc = sqlite3_step(statement);
    const char *found = rc == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : "";
    if (rc == SQLITE_ROW || rc == SQLITE_DONE)
        snprintf(answer, sizeof answer, "%s", found ? found : "");
    sqlite3_finalize(statement);
    return answer;
}

static uint64_t ask_number(sqlite3 *db, const char *text) {
    const char *answer = ask(db, text);
    assert_string_not_equal(answer, "error");
    return strtoull(answer, NULL, 10);
}

/* Every row's value follows from its id, so that a row can be lost but not quietly be another. */
static const char MAKE[] = "CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY, v BLOB NOT NULL)";
/* SQLite makes the zeros once for a statement: printf('%.*c') went letter by letter through all rows at every opening. */
#define VALUE "CAST(substr(hex(zeroblob(350)), 1, 1 + id * 7919 % 700) || id AS BLOB)"
static const char WRONG[] = "SELECT count(*) FROM t WHERE v IS NOT " VALUE;

/* One transaction of a few rows; true when it was acknowledged. */
static bool write_batch(struct run *run, sqlite3 *db) {
    uint64_t count = 1 + draw_below(run, BATCH_MAX);
    bool good = sql(db, "BEGIN IMMEDIATE") == SQLITE_OK;
    for (uint64_t i = 1; good && i <= count; i++) {
        char text[200];
        snprintf(text, sizeof text, "INSERT INTO t SELECT id, %s FROM (SELECT %llu AS id)", VALUE, (unsigned long long)(run->acknowledged + i));
        good = sql(db, text) == SQLITE_OK;
    }
    good = good && sql(db, "COMMIT") == SQLITE_OK;
    if (good)
        run->acknowledged += count;
    else if (!sqlite3_get_autocommit(db))
        (void)sql(db, "ROLLBACK");
    return good;
}

/* Opens and compares with what was acknowledged; one batch more may be there, never half of one. */
static sqlite3 *open_and_check(struct run *run) {
    sqlite3 *db = open_on("bm-disk");
    uint64_t rows = 0;
    bool sound = sql(db, run->settings) == SQLITE_OK &&
                 strcmp(ask(db, "PRAGMA integrity_check"), "ok") == 0;
    if (sound && strcmp(ask(db, "SELECT count(*) FROM sqlite_master"), "1") == 0) {
        sound = ask_number(db, WRONG) == 0;
        rows = ask_number(db, "SELECT count(*) FROM t");
        sound = sound && rows == ask_number(db, "SELECT coalesce(max(id), 0) FROM t");
        sound = sound && rows <= run->acknowledged + BATCH_MAX;
    }
    if (!sound) run->corrupt++;
    if (rows < run->acknowledged) run->lost += run->acknowledged - rows;
    run->acknowledged = rows;
    return db;
}

/* Begins again with an empty disk, after damage that nothing repairs. */
static void begin_anew(struct run *run, uint64_t seed) {
    bm_disk_free(run->disk);
    run->disk = bm_disk_new("bm-disk", seed);
    run->acknowledged = 0;
    sqlite3 *db = open_on("bm-disk");
    assert_int_equal(sql(db, run->settings), SQLITE_OK);
    assert_int_equal(sql(db, MAKE), SQLITE_OK);
    sqlite3_close(db);
}

/* One life of the database: opened, checked, written to until power goes. */
static void live_and_crash(struct run *run, uint64_t seed) {
    uint64_t corrupt_before = run->corrupt;
    sqlite3 *db = open_and_check(run);
    if (run->corrupt > corrupt_before) {
        sqlite3_close(db);
        begin_anew(run, seed);
        return;
    }
    (void)sql(db, MAKE); /* without syncs even the table may be gone */
    /* A reader on the side, whose snapshot keeps the WAL from being reset now and then. */
    sqlite3 *reader = draw_below(run, 3) == 0 ? open_on("bm-disk") : NULL;
    if (reader) {
        (void)sql(reader, "PRAGMA query_only=ON; PRAGMA wal_autocheckpoint=0; BEGIN");
        (void)ask(reader, "SELECT count(*) FROM t");
    }
    uint64_t crashes = bm_disk_crashes(run->disk);
    if (draw_below(run, 4) > 0)
        bm_disk_crash_at(run->disk, 1 + draw_below(run, 150), BM_DISK_DRAWN);
    uint64_t batches = draw_below(run, 40);
    for (uint64_t i = 0; i < batches && bm_disk_crashes(run->disk) == crashes; i++) {
        if (draw_below(run, 12) == 0) (void)sql(db, "PRAGMA wal_checkpoint(TRUNCATE)");
        if (draw_below(run, 9) == 0 && reader) (void)sql(reader, "COMMIT");
        if (!write_batch(run, db)) break;
    }
    if (bm_disk_crashes(run->disk) == crashes) bm_disk_crash(run->disk, BM_DISK_DRAWN);
    /* Whatever is still tried after the cut is refused. */
    assert_int_not_equal(sql(db, "INSERT INTO t (v) VALUES (x'00')"), SQLITE_OK);
    sqlite3_close(reader);
    sqlite3_close(db);
}

static struct run run_cycles(const char *settings, uint64_t cycles, uint64_t seed,
                             struct bm_hash *ret_digest) {
    struct run run = {.settings = settings, .draw_state = seed};
    begin_anew(&run, seed);
    for (uint64_t cycle = 0; cycle < cycles; cycle++) live_and_crash(&run, seed + cycle + 1);
    sqlite3_close(open_and_check(&run));
    if (ret_digest) *ret_digest = bm_disk_digest(run.disk);
    bm_disk_free(run.disk);
    return run;
}

#define WAL_SETTINGS "PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=20; PRAGMA cache_size=20;"

static void wal_with_full_sync_loses_nothing(void **state) {
    (void)state;
    struct run run = run_cycles(WAL_SETTINGS "PRAGMA synchronous=FULL", 300, 11, NULL);
    assert_true(run.acknowledged > 5000);
    assert_int_equal(run.lost, 0);
    assert_int_equal(run.corrupt, 0);
}

static void wal_with_normal_sync_is_seen_to_lose_rows(void **state) {
    (void)state;
    struct run run = run_cycles(WAL_SETTINGS "PRAGMA synchronous=NORMAL", 300, 12, NULL);
    assert_true(run.lost > 100);
    assert_int_equal(run.corrupt, 0); /* it loses, but stays in one piece */
}

static void wal_without_sync_is_seen_to_lose_rows(void **state) {
    (void)state;
    struct run run = run_cycles(WAL_SETTINGS "PRAGMA synchronous=OFF", 100, 13, NULL);
    assert_true(run.lost > 100);
    assert_true(run.corrupt > 0);
}

/* What the vault relies on. */
static void rollback_journal_with_extra_sync_loses_nothing(void **state) {
    (void)state;
    struct run run = run_cycles("PRAGMA journal_mode=DELETE; PRAGMA cache_size=20;"
                                "PRAGMA secure_delete=ON; PRAGMA synchronous=EXTRA",
                                200, 14, NULL);
    assert_true(run.acknowledged > 1000);
    assert_int_equal(run.lost, 0);
    assert_int_equal(run.corrupt, 0);
}

/* A deleted journal that comes back undoes a commit: the folder must be synced too. */
static void rollback_journal_with_full_sync_is_seen_to_lose_rows(void **state) {
    (void)state;
    struct run run = run_cycles("PRAGMA journal_mode=DELETE; PRAGMA synchronous=FULL", 200, 15,
                                NULL);
    assert_true(run.lost > 0);
    assert_int_equal(run.corrupt, 0);
}

static void one_seed_gives_one_run(void **state) {
    (void)state;
    struct bm_hash first, again, other;
    const char *settings = WAL_SETTINGS "PRAGMA synchronous=FULL";
    struct run a = run_cycles(settings, 25, 77, &first);
    struct run b = run_cycles(settings, 25, 77, &again);
    (void)run_cycles(settings, 25, 78, &other);
    assert_int_equal(a.acknowledged, b.acknowledged);
    assert_memory_equal(&first, &again, sizeof first);
    assert_memory_not_equal(&first, &other, sizeof first);
}

/* --- other faults ----------------------------------------------------------------------------- */

static void a_full_disk_refuses_cleanly_and_recovers(void **state) {
    (void)state;
    struct run run = {.settings = WAL_SETTINGS "PRAGMA synchronous=FULL", .draw_state = 5};
    begin_anew(&run, 5);
    sqlite3 *db = open_and_check(&run);
    for (int round = 0; round < 5; round++) {
        uint64_t space = bm_disk_used(run.disk) + 60000 + 1000 * (uint64_t)round;
        bm_disk_set_space(run.disk, space);
        while (write_batch(&run, db)) assert_true(run.acknowledged < 100000);
        assert_int_equal(sqlite3_errcode(db), SQLITE_FULL);
        assert_true(bm_disk_used(run.disk) <= space);
        assert_int_equal(ask_number(db, "SELECT count(*) FROM t"),
                         run.acknowledged); /* reads work */
        if (round == 3) {
            bm_disk_crash(run.disk, BM_DISK_DRAWN); /* ... even a power cut on the full disk */
            sqlite3_close(db);
            bm_disk_set_space(run.disk, UINT64_MAX);
            db = open_and_check(&run);
        }
        bm_disk_set_space(run.disk, UINT64_MAX);
        assert_true(write_batch(&run, db)); /* and it resumes */
    }
    sqlite3_close(db);
    sqlite3_close(open_and_check(&run));
    assert_int_equal(run.lost, 0);
    assert_int_equal(run.corrupt, 0);
    bm_disk_free(run.disk);
}

/* Fails each read, write and sync in turn, once or from then on. */
static void every_single_io_error_loses_nothing(void **state) {
    (void)state;
    struct run run = {.settings = WAL_SETTINGS "PRAGMA synchronous=FULL", .draw_state = 6};
    begin_anew(&run, 6);
    unsigned happened = 0;
    for (int call = 0; call < BM_DISK_CALL_COUNT; call++) {
        for (uint64_t nth = 1; nth <= 60; nth++) {
            sqlite3 *db = open_and_check(&run);
            bm_disk_fail(run.disk, (enum bm_disk_call)call, nth, nth % 2);
            for (int i = 0; i < 15 && !bm_disk_failed(run.disk); i++) (void)write_batch(&run, db);
            happened += bm_disk_failed(run.disk);
            sqlite3_close(db);
            bm_disk_fail(run.disk, (enum bm_disk_call)call, 0, false);
            if (nth % 3 == 0) bm_disk_crash(run.disk, BM_DISK_DRAWN);
        }
    }
    assert_true(happened > 60);
    sqlite3_close(open_and_check(&run));
    assert_int_equal(run.lost, 0);
    assert_int_equal(run.corrupt, 0);
    bm_disk_free(run.disk);
}

static void connections_keep_out_of_each_others_way(void **state) {
    (void)state;
    static const char *const modes[] = {"PRAGMA journal_mode=WAL", "PRAGMA journal_mode=DELETE"};
    for (int mode = 0; mode < 2; mode++) {
        struct bm_disk *disk = bm_disk_new("bm-disk", 7);
        sqlite3 *writer = open_on("bm-disk"), *other = open_on("bm-disk");
        assert_string_equal(ask(writer, modes[mode]), mode ? "delete" : "wal");
        assert_int_equal(sql(writer, MAKE), SQLITE_OK);
        assert_int_equal(sql(other, "BEGIN"), SQLITE_OK);
        assert_int_equal(ask_number(other, "SELECT count(*) FROM t"), 0);
        /* A reader holds up the commit in rollback mode and keeps its snapshot in WAL mode. */
        assert_int_equal(sql(writer, "BEGIN IMMEDIATE; INSERT INTO t VALUES (1, x'01')"),
                         SQLITE_OK);
        assert_int_equal(sql(writer, "COMMIT"), mode ? SQLITE_BUSY : SQLITE_OK);
        assert_int_equal(ask_number(other, "SELECT count(*) FROM t"), 0);
        assert_int_equal(sql(other, "COMMIT"), SQLITE_OK);
        if (mode) assert_int_equal(sql(writer, "COMMIT"), SQLITE_OK);
        assert_int_equal(ask_number(other, "SELECT count(*) FROM t"), 1);
        /* Two writers: one at a time, and waiting costs virtual time only. */
        assert_int_equal(sql(writer, "BEGIN IMMEDIATE"), SQLITE_OK);
        int64_t before = bm_disk_time(disk);
        assert_int_equal(sql(other, "PRAGMA busy_timeout=5000"), SQLITE_OK);
        assert_int_equal(sql(other, "INSERT INTO t VALUES (2, x'02')"), SQLITE_BUSY);
        assert_true(bm_disk_time(disk) >= before + 4000);
        assert_int_equal(sql(writer, "COMMIT"), SQLITE_OK);
        assert_int_equal(sql(other, "INSERT INTO t VALUES (2, x'02')"), SQLITE_OK);
        sqlite3_close(writer);
        sqlite3_close(other);
        bm_disk_free(disk);
    }
}

static void it_can_be_looked_into(void **state) {
    (void)state;
    struct bm_disk *disk = bm_disk_new("bm-disk", 8);
    size_t len = 0;
    assert_null(bm_disk_file(disk, "/sim/test.db", &len));
    sqlite3 *db = open_on("bm-disk");
    assert_int_equal(sql(db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                             "CREATE TABLE t (v); INSERT INTO t VALUES ('canary-9f')"),
                     SQLITE_OK);
    assert_true(bm_disk_holds(disk, "canary-9f", 9));
    assert_false(bm_disk_holds(disk, "canary-0a", 9));
    assert_non_null(bm_disk_file(disk, "/sim/test.db-wal", &len));
    assert_true(len > 4096);
    bm_disk_set_time(disk, INT64_C(1767323045000));
    assert_string_equal(ask(db, "SELECT datetime('now')"), "2026-01-02 03:04:05");
    sqlite3_close(db);
    assert_null(bm_disk_file(disk, "/sim/test.db-wal", &len));
    /* A flipped bit of the medium is there after a crash too.  The WAL's deletion was not synced
     * and could come back with the crash; leaving WAL mode syncs the folder. */
    db = open_on("bm-disk");
    assert_int_equal(sql(db, "PRAGMA synchronous=EXTRA; PRAGMA journal_mode=DELETE;"
                             "INSERT INTO t VALUES ('more')"),
                     SQLITE_OK);
    sqlite3_close(db);
    const uint8_t *bytes = bm_disk_file(disk, "/sim/test.db", &len);
    const uint8_t *at = memmem(bytes, len, "canary-9f", 9);
    assert_non_null(at);
    assert_true(bm_disk_flip(disk, "/sim/test.db", (size_t)(at - bytes), 0));
    assert_false(bm_disk_flip(disk, "/sim/test.db", len, 0));
    bm_disk_crash(disk, BM_DISK_DROP_UNSYNCED);
    db = open_on("bm-disk");
    assert_string_equal(ask(db, "SELECT v FROM t"), "banary-9f");
    sqlite3_close(db);
    bm_disk_free(disk);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wal_with_full_sync_loses_nothing),
        cmocka_unit_test(wal_with_normal_sync_is_seen_to_lose_rows),
        cmocka_unit_test(wal_without_sync_is_seen_to_lose_rows),
        cmocka_unit_test(rollback_journal_with_extra_sync_loses_nothing),
        cmocka_unit_test(rollback_journal_with_full_sync_is_seen_to_lose_rows),
        cmocka_unit_test(one_seed_gives_one_run),
        cmocka_unit_test(a_full_disk_refuses_cleanly_and_recovers),
        cmocka_unit_test(every_single_io_error_loses_nothing),
        cmocka_unit_test(connections_keep_out_of_each_others_way),
        cmocka_unit_test(it_can_be_looked_into),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
