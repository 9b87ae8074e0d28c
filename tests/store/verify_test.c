/* Damage of every sort, and that verify says where it is. */
#include "support.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/check.h"
#include "journal/journal_table.h"
#include "journal/page_vfs.h"
#include "journal/wal.h"

enum { FLIPS = 1000, FRAME_BYTES = 24 + BM_PAGE_BYTES };

static int make(void **state) {
    *state = bm_world_make(true);
    return 0;
}

static int drop(void **state) {
    bm_world_free(*state);
    return 0;
}

/* A file's bytes. */
struct bytes {
    uint8_t *at;
    size_t len;
};

static struct bytes slurp(const char *path) {
    struct stat status;
    int fd = open(path, O_RDONLY);
    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &status), 0);
    struct bytes bytes = {bm_alloc((size_t)status.st_size + 1), (size_t)status.st_size};
    assert_int_equal(read(fd, bytes.at, bytes.len), (ssize_t)bytes.len);
    close(fd);
    return bytes;
}

static void spill(const char *path, const uint8_t *at, size_t len) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, at, len), (ssize_t)len);
    close(fd);
}

static void flip(const char *path, size_t byte, int bit) {
    uint8_t value;
    int fd = open(path, O_RDWR);
    assert_true(fd >= 0);
    assert_int_equal(pread(fd, &value, 1, (off_t)byte), 1);
    value ^= (uint8_t)(1 << bit);
    assert_int_equal(pwrite(fd, &value, 1, (off_t)byte), 1);
    close(fd);
}

/* Some of every table, a row with a large body, and a few pages that are free again. */
static void fill_journal(struct bm_journal *journal) {
    bm_append_many(journal, 300, 50);
    for (uint64_t round = 0; round < 40; round++) {
        struct bm_event event = bm_fill_event((enum bm_event_kind)(round % BM_event_kind_COUNT),
                                              301 + round, round);
        struct bm_case record;
        bm_fill_record(bm_table_shape(BM_T_CASE), &record, round + 1);
        record.id.v = round + 1;
        struct bm_change change = {BM_T_CASE, record.id.v, &record};
        bm_append_all(journal, &event, 1, &change, 1);
        bm_shape_release(bm_table_shape(BM_T_CASE), &record);
        bm_event_release(&event);
    }
    struct bm_event big = bm_event_make(BM_EV_PUBLISHED, (struct bm_subject){BM_SUBJECT_DESK, 0});
    uint8_t *content = bm_alloc_zero(1, 40000);
    big.published.content = (struct bm_bytes){content, 40000};
    big.seq = 341;
    bm_append_all(journal, &big, 1, NULL, 0);
    bm_event_release(&big);
    for (uint64_t id = 1; id <= 30; id++) {
        struct bm_event event = bm_case_event(id, 341 + id);
        struct bm_change change = {BM_T_CASE, id, NULL};
        bm_append_all(journal, &event, 1, &change, 1);
    }
}

static struct bm_head close_journal(struct world *world) {
    struct bm_head head = bm_journal_head(world->journal);
    bm_journal_close(world->journal);
    world->journal = NULL;
    return head;
}

static const char *path_of(struct world *world, const char *name) {
    static char path[128];
    return bm_world_path(world, name, path);
}

static void a_sound_journal_verifies(void **state) {
    struct world *world = *state;
    struct bm_verify verify;
    assert_ok(bm_journal_verify(world->dir, NULL, &verify, &bm_test_fault));
    assert_int_equal(verify.rows, 0);
    fill_journal(world->journal);
    struct bm_head head = bm_journal_head(world->journal);
    /* With the writer still there, the rows partly in the WAL. */
    assert_ok(bm_journal_verify(world->dir, &head, &verify, &bm_test_fault));
    assert_int_equal(verify.rows, 371);
    bm_append_many(world->journal, 9, 9);
    close_journal(world);
    assert_ok(bm_journal_verify(world->dir, &head, &verify, &bm_test_fault));
    assert_int_equal(verify.rows, 380);
    assert_int_equal(verify.problem_count, 0);
}

/* 1,000 flipped bits, one at a time, anywhere in the file: each is found and named. */
static void each_flipped_bit_is_located(void **state) {
    struct world *world = *state;
    fill_journal(world->journal);
    struct bm_head head = close_journal(world);
    const char *path = path_of(world, "journal.db");
    struct bytes file = slurp(path);
    uint64_t random = 20240607;
    for (int i = 0; i < FLIPS; i++) {
        uint64_t value = bm_random_next(&random);
        /* A tenth of them in page 1, where SQLite looks before it can check. */
        size_t byte = (size_t)(value >> 8) % (i % 10 ? file.len : 200);
        struct bm_verify verify = {0};
        struct bm_fault fault;
        flip(path, byte, (int)(value & 7));
        assert_int_equal(bm_journal_verify(world->dir, &head, &verify, &fault), BM_CORRUPT);
        assert_true(verify.problem_count > 0);
        assert_int_equal(verify.problems[0].page, byte / BM_PAGE_BYTES + 1);
        flip(path, byte, (int)(value & 7));
    }
    struct bm_verify verify;
    assert_ok(bm_journal_verify(world->dir, &head, &verify, &bm_test_fault));
    assert_int_equal(verify.rows, 371);
    bm_free(file.at);
}

/* The rows that a broken page takes with it are named, and the rest are still checked. */
static void rows_of_a_broken_page_are_named(void **state) {
    struct world *world = *state;
    fill_journal(world->journal);
    struct bm_head head = close_journal(world);
    const char *path = path_of(world, "journal.db");
    struct bytes file = slurp(path);
    size_t named = 0, pages = file.len / BM_PAGE_BYTES;
    for (size_t page = 1; page < pages; page++) {
        struct bm_verify verify = {0};
        struct bm_fault fault;
        flip(path, page * BM_PAGE_BYTES + 1000, 3);
        assert_int_equal(bm_journal_verify(world->dir, &head, &verify, &fault), BM_CORRUPT);
        for (uint32_t i = 0; i < verify.problem_count; i++) {
            if (verify.problems[i].seq == 0) continue;
            assert_true(verify.problems[i].seq <= head.seq);
            assert_int_equal(verify.problems[i].page, page + 1);
            named++;
            break;
        }
        flip(path, page * BM_PAGE_BYTES + 1000, 3);
    }
    assert_true(named > 20);
    bm_free(file.at);
}

static void a_cut_file_is_seen(void **state) {
    struct world *world = *state;
    fill_journal(world->journal);
    struct bm_head head = close_journal(world);
    const char *path = path_of(world, "journal.db");
    struct bytes file = slurp(path);
    for (size_t len = 0; len < file.len; len += 1 + len / 9) {
        struct bm_verify verify = {0};
        struct bm_fault fault;
        spill(path, file.at, len);
        assert_int_equal(bm_journal_verify(world->dir, &head, &verify, &fault), BM_CORRUPT);
        assert_true(verify.problem_count > 0);
        assert_true(verify.problems[0].page > 0);
    }
    bm_free(file.at);
}

static void a_cut_tail_is_seen_against_a_checkpoint(void **state) {
    struct world *world = *state;
    bm_append_many(world->journal, 20, 5);
    struct bm_head head = bm_journal_head(world->journal);
    assert_int_equal(sqlite3_exec(bm_journal_connection(world->journal),
                                  "DELETE FROM journal WHERE seq>17", NULL, NULL, NULL),
                     SQLITE_OK);
    close_journal(world);
    struct bm_verify verify;
    struct bm_fault fault;
    /* The chain itself cannot see it. */
    assert_ok(bm_journal_verify(world->dir, NULL, &verify, &bm_test_fault));
    assert_int_equal(verify.head.seq, 17);
    assert_int_equal(bm_journal_verify(world->dir, &head, &verify, &fault), BM_CORRUPT);
    assert_int_equal(verify.problems[0].seq, 18);
    /* Another row in its place. */
    assert_ok(bm_journal_open(world->dir, &world->journal, &bm_test_fault));
    bm_append_many(world->journal, 10, 5);
    close_journal(world);
    assert_int_equal(bm_journal_verify(world->dir, &head, &verify, &fault), BM_CORRUPT);
    assert_int_equal(verify.problems[0].seq, 20);
}

static void a_missing_or_changed_row_is_named(void **state) {
    struct world *world = *state;
    const char *changes[] = {"DELETE FROM journal WHERE seq=7",
                             "UPDATE journal SET at_ms=1 WHERE seq=7",
                             "UPDATE journal SET body=x'00' WHERE seq=7",
                             "UPDATE journal SET hash=zeroblob(32) WHERE seq=7"};
    bm_append_many(world->journal, 20, 5);
    for (size_t i = 0; i < 4; i++) {
        struct bm_verify verify;
        struct bm_fault fault;
        sqlite3 *db = bm_journal_connection(world->journal);
        struct bytes file;
        assert_int_equal(
            sqlite3_wal_checkpoint_v2(db, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL),
            SQLITE_OK);
        file = slurp(path_of(world, "journal.db"));
        assert_int_equal(sqlite3_exec(db, changes[i], NULL, NULL, NULL), SQLITE_OK);
        assert_int_equal(bm_journal_verify(world->dir, NULL, &verify, &fault), BM_CORRUPT);
        assert_int_equal(verify.problems[0].seq, 7);
        assert_int_equal(verify.head.seq, 20);
        close_journal(world);
        spill(path_of(world, "journal.db"), file.at, file.len);
        bm_free(file.at);
        assert_ok(bm_journal_open(world->dir, &world->journal, &bm_test_fault));
    }
}

/* Changes one column of one row to another value of its type; false when it holds none. */
static bool change_column(sqlite3 *db, const char *column, int64_t seq, uint64_t random) {
    char sql[160];
    sqlite3_stmt *get, *set;
    snprintf(sql, sizeof sql, "SELECT %s FROM journal WHERE seq=?1", column);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &get, NULL), SQLITE_OK);
    snprintf(sql, sizeof sql, "UPDATE journal SET %s=?2 WHERE seq=?1", column);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &set, NULL), SQLITE_OK);
    sqlite3_bind_int64(get, 1, seq);
    sqlite3_bind_int64(set, 1, seq);
    assert_int_equal(sqlite3_step(get), SQLITE_ROW);
    int type = sqlite3_column_type(get, 0), len = sqlite3_column_bytes(get, 0);
    bool changes = type == SQLITE_INTEGER || (type != SQLITE_NULL && len);
    uint8_t bytes[8192];
    if (type == SQLITE_INTEGER) {
        sqlite3_bind_int64(set, 2, sqlite3_column_int64(get, 0) ^ (int64_t)(UINT64_C(1) << random % 31));
    } else if (changes) {
        assert_true((size_t)len <= sizeof bytes);
        memcpy(bytes, sqlite3_column_blob(get, 0), (size_t)len);
        bytes[random % (uint64_t)len] ^= 1; /* a letter stays a letter */
        if (type == SQLITE_TEXT)
            sqlite3_bind_text(set, 2, (const char *)bytes, len, SQLITE_TRANSIENT);
        else
            sqlite3_bind_blob(set, 2, bytes, len, SQLITE_TRANSIENT);
    }
    sqlite3_finalize(get);
    if (changes) assert_int_equal(sqlite3_step(set), SQLITE_DONE);
    sqlite3_finalize(set);
    return changes;
}

/* Whoever writes through SQLite makes every page sound: what then notices a change is the chain, so each column is in it. */
static void each_column_is_in_the_chain(void **state) {
    struct world *world = *state;
    static const char *const columns[] = {"format", "ledger", "epoch", "at_ms", "kind", "kind_version", "subject",
                                          "actor", "request", "body", "key_id", "nonce", "sealed"};
    enum { ROWS = 60, TRIES = 12 };
    uint64_t random = 20240608;
    for (uint64_t seq = 1; seq <= ROWS; seq++) {
        struct bm_event event = bm_fill_event((enum bm_event_kind)(seq % BM_event_kind_COUNT), seq, seq);
        bm_append_all(world->journal, &event, 1, NULL, 0);
        bm_event_release(&event);
    }
    sqlite3 *db = bm_journal_connection(world->journal);
    for (size_t c = 0; c < sizeof columns / sizeof columns[0]; c++) {
        int changed = 0;
        for (int i = 0; i < TRIES; i++) {
            int64_t seq = (int64_t)(1 + bm_random_next(&random) % ROWS);
            struct seen seen = {0};
            struct bm_fault fault = {0};
            assert_int_equal(sqlite3_exec(db, "BEGIN", NULL, NULL, NULL), SQLITE_OK);
            bool changes = change_column(db, columns[c], seq, bm_random_next(&random));
            enum bm_code code = bm_journal_follow(world->journal, 0, bm_see, &seen, &fault);
            assert_int_equal(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
            changed += changes;
            if (code != (changes ? BM_CORRUPT : BM_OK) || (changes && seen.count != (size_t)seq - 1))
                fail_msg("%s of row %lld was changed, and %zu rows are read (%s)", columns[c], (long long)seq, seen.count, fault.detail);
        }
        if (!changed) fail_msg("no row has a %s", columns[c]);
    }
}

/* --- a left-over WAL -------------------------------------------------------------------------- */

/* A folder as a killed server leaves it: the bytes of the database and of its WAL. */
static struct bytes leave_wal(struct world *world, struct bm_head *ret_head) {
    bm_append_many(world->journal, 40, 8);
    assert_int_equal(sqlite3_wal_checkpoint_v2(bm_journal_connection(world->journal), "main",
                                               SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL),
                     SQLITE_OK);
    bm_append_many(world->journal, 60, 6);
    struct bytes database = slurp(path_of(world, "journal.db"));
    struct bytes wal = slurp(path_of(world, "journal.db-wal"));
    *ret_head = close_journal(world);
    spill(path_of(world, "journal.db"), database.at, database.len);
    spill(path_of(world, "journal.db-wal"), wal.at, wal.len);
    bm_free(database.at);
    assert_true(wal.len > 10 * FRAME_BYTES);
    return wal;
}

static void each_flipped_bit_in_a_wal_is_seen(void **state) {
    struct world *world = *state;
    struct bm_head head;
    struct bytes wal = leave_wal(world, &head);
    struct bm_verify verify;
    struct bm_fault fault;
    assert_ok(bm_journal_verify(world->dir, &head, &verify, &bm_test_fault));
    assert_int_equal(verify.rows, 100);
    uint64_t random = 99;
    for (int i = 0; i < 200; i++) {
        uint64_t value = bm_random_next(&random);
        /* Some in the header, and some in the last frame, behind which nothing stands. */
        size_t byte = (size_t)(value >> 8) % wal.len;
        if (i % 8 == 0) byte %= 32;
        if (i % 8 == 1) byte = wal.len - 1 - byte % FRAME_BYTES;
        wal.at[byte] ^= (uint8_t)(1 << (value & 7));
        spill(path_of(world, "journal.db-wal"), wal.at, wal.len);
        unlink(path_of(world, "journal.db-shm"));
        assert_int_equal(bm_journal_verify(world->dir, NULL, &verify, &fault), BM_CORRUPT);
        assert_true(verify.problem_count > 0);
        assert_int_equal(verify.problems[verify.problem_count - 1].seq, verify.head.seq + 1);
        /* And a server does not start as if the rows had never been. */
        assert_int_equal(bm_journal_open(world->dir, &world->journal, &fault), BM_CORRUPT);
        wal.at[byte] ^= (uint8_t)(1 << (value & 7));
    }
    bm_free(wal.at);
}

/* More than a bit: what tells such damage from a torn tail is that a later commit stands behind it. */
static void an_overwritten_frame_is_seen(void **state) {
    struct world *world = *state;
    struct bm_head head;
    struct bytes wal = leave_wal(world, &head);
    uint64_t random = 7;
    for (int i = 0; i < 20; i++) {
        uint8_t kept[64];
        struct bm_verify verify;
        struct bm_fault fault;
        size_t at = 32 + (size_t)(bm_random_next(&random) % (wal.len / 2 - 32 - sizeof kept));
        memcpy(kept, wal.at + at, sizeof kept);
        for (size_t b = 0; b < sizeof kept; b++) wal.at[at + b] = (uint8_t)bm_random_next(&random);
        spill(path_of(world, "journal.db-wal"), wal.at, wal.len);
        unlink(path_of(world, "journal.db-shm"));
        if (bm_journal_verify(world->dir, NULL, &verify, &fault) != BM_CORRUPT ||
            bm_journal_open(world->dir, &world->journal, &fault) != BM_CORRUPT)
            fail_msg("64 bytes from %zu on were overwritten, and rows are gone without a word", at);
        memcpy(wal.at + at, kept, sizeof kept);
    }
    bm_free(wal.at);
}

/* What a power cut leaves behind the last commit was never answered for. */
static void a_torn_tail_is_no_damage(void **state) {
    struct world *world = *state;
    struct bm_head head;
    struct bytes wal = leave_wal(world, &head);
    struct bm_verify verify;
    /* The last frame half written. */
    for (size_t cut = 1; cut < FRAME_BYTES; cut += 500) {
        spill(path_of(world, "journal.db-wal"), wal.at, wal.len - cut);
        unlink(path_of(world, "journal.db-shm"));
        assert_ok(bm_journal_verify(world->dir, NULL, &verify, &bm_test_fault));
        assert_true(verify.head.seq < 100);
    }
    /* The last frame's content never reached the disk, its header did. */
    memset(wal.at + wal.len - 3000, 0, 3000);
    spill(path_of(world, "journal.db-wal"), wal.at, wal.len);
    unlink(path_of(world, "journal.db-shm"));
    assert_ok(bm_journal_verify(world->dir, NULL, &verify, &bm_test_fault));
    assert_ok(bm_journal_open(world->dir, &world->journal, &bm_test_fault));
    bm_append_many(world->journal, 5, 5);
    bm_free(wal.at);
}

/* A failed append leaves frames with the right salts behind the next commit. */
static void frames_of_a_rolled_back_batch_are_no_damage(void **state) {
    struct world *world = *state;
    sqlite3 *db = bm_journal_connection(world->journal);
    bm_append_many(world->journal, 10, 10);
    assert_int_equal(sqlite3_exec(db,
                                  "PRAGMA cache_size=5; BEGIN IMMEDIATE; CREATE TABLE x(a);"
                                  "INSERT INTO x SELECT zeroblob(3000) FROM journal, journal AS b;"
                                  "ROLLBACK",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    bm_append_many(world->journal, 1, 1);
    struct bm_verify verify;
    assert_ok(bm_journal_verify(world->dir, NULL, &verify, &bm_test_fault));
    assert_int_equal(verify.rows, 11);
}

/* Pages that were half written when the power went, page 1 too, whose new versions are whole in the
 * WAL. */
static void a_torn_checkpoint_is_no_damage(void **state) {
    struct world *world = *state;
    struct bm_head head;
    struct bytes wal = leave_wal(world, &head);
    struct bm_wal_scan scan;
    assert_ok(bm_wal_scan(path_of(world, "journal.db"), &scan, &bm_test_fault));
    assert_true(scan.frames > 0);
    assert_true(bm_wal_scan_has(&scan, 1));
    struct bytes file = slurp(path_of(world, "journal.db"));
    for (uint64_t i = 0; i < scan.frames; i++) {
        size_t page = scan.pages[i];
        if (page * BM_PAGE_BYTES > file.len) continue;
        memset(file.at + (page - 1) * BM_PAGE_BYTES + 2048, 7, 2048);
    }
    bm_wal_scan_free(&scan);
    spill(path_of(world, "journal.db"), file.at, file.len);
    struct bm_verify verify;
    assert_ok(bm_journal_verify(world->dir, &head, &verify, &bm_test_fault));
    assert_ok(bm_journal_open(world->dir, &world->journal, &bm_test_fault));
    assert_int_equal(bm_journal_head(world->journal).seq, 100);
    bm_free(file.at);
    bm_free(wal.at);
}

/* --- anything at all -------------------------------------------------------------------------- */

static void no_bytes_make_it_fall_over(void **state) {
    struct world *world = *state;
    struct bm_head head;
    struct bytes wal = leave_wal(world, &head), file = slurp(path_of(world, "journal.db"));
    uint64_t random = 5;
    uint8_t *bytes = bm_alloc(file.len), *wal_bytes = bm_alloc(wal.len);
    for (int i = 0; i < 300; i++) {
        memcpy(bytes, file.at, file.len);
        memcpy(wal_bytes, wal.at, wal.len);
        size_t len = file.len, wal_len = wal.len;
        for (uint64_t n = bm_random_next(&random) % 40; n; n--) {
            size_t from = i % 2 ? (size_t)(bm_random_next(&random) % file.len)
                                : (size_t)(bm_random_next(&random) % 120);
            bytes[from] = (uint8_t)bm_random_next(&random);
            wal_bytes[bm_random_next(&random) % wal.len] = (uint8_t)bm_random_next(&random);
        }
        if (i % 5 == 0) len = (size_t)(bm_random_next(&random) % file.len);
        if (i % 7 == 0) wal_len = (size_t)(bm_random_next(&random) % wal.len);
        if (i % 50 == 49) {
            for (size_t k = 0; k < len; k++) bytes[k] = (uint8_t)bm_random_next(&random);
        }
        spill(path_of(world, "journal.db"), bytes, len);
        spill(path_of(world, "journal.db-wal"), wal_bytes, wal_len);
        unlink(path_of(world, "journal.db-shm"));
        struct bm_verify verify;
        struct bm_fault fault;
        enum bm_code code = bm_journal_verify(world->dir, &head, &verify, &fault);
        assert_true(code == BM_OK || code == BM_CORRUPT);
    }
    bm_free(bytes);
    bm_free(wal_bytes);
    bm_free(file.at);
    bm_free(wal.at);
}

#define DAMAGE(test) cmocka_unit_test_setup_teardown(test, make, drop)

int main(void) {
    const struct CMUnitTest tests[] = {
        DAMAGE(a_sound_journal_verifies),
        DAMAGE(each_flipped_bit_is_located),
        DAMAGE(rows_of_a_broken_page_are_named),
        DAMAGE(a_cut_file_is_seen),
        DAMAGE(a_cut_tail_is_seen_against_a_checkpoint),
        DAMAGE(a_missing_or_changed_row_is_named),
        DAMAGE(each_column_is_in_the_chain),
        DAMAGE(each_flipped_bit_in_a_wal_is_seen),
        DAMAGE(an_overwritten_frame_is_seen),
        DAMAGE(a_torn_tail_is_no_damage),
        DAMAGE(frames_of_a_rolled_back_batch_are_no_damage),
        DAMAGE(a_torn_checkpoint_is_no_damage),
        DAMAGE(no_bytes_make_it_fall_over),
    };
    return cmocka_run_group_tests_name("verify", tests, NULL, NULL);
}
