/* What only a file on a disk can do: be foreign, newer, full, locked, copied while it is written.
 */
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "journal/journal_table.h"
#include "journal/page_vfs.h"

static int make(void **state) {
    *state = bm_world_make(true);
    return 0;
}

static int drop(void **state) {
    bm_world_free(*state);
    return 0;
}

static void write_file(const char *path, const void *bytes, size_t len) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    fclose(file);
}

static enum bm_code open_again(struct world *world, struct bm_fault *fault) {
    bm_journal_close(world->journal);
    world->journal = NULL;
    return bm_journal_open(world->dir, &world->journal, fault);
}

static void run_sql(struct world *world, const char *sql) {
    assert_int_equal(sqlite3_exec(bm_journal_connection(world->journal), sql, NULL, NULL, NULL),
                     SQLITE_OK);
}

static void count_rows(struct bm_journal *journal, size_t wanted) {
    struct seen seen = {0};
    assert_ok(bm_journal_follow(journal, 0, bm_see, &seen, &bm_test_fault));
    assert_int_equal(seen.count, wanted);
}

/* --- what it opens ---------------------------------------------------------------------------- */

static void files_are_for_their_owner_only(void **state) {
    struct world *world = *state;
    const char *names[] = {"journal.db", "journal.db-wal", "journal.db-shm", "lock"};
    int fd = -1;
    assert_ok(bm_dir_lock(world->dir, &fd, &bm_test_fault));
    bm_append_many(world->journal, 10, 1);
    for (size_t i = 0; i < 4; i++) {
        char path[128];
        struct stat status;
        assert_int_equal(stat(bm_world_path(world, names[i], path), &status), 0);
        assert_int_equal(status.st_mode & 0777, 0600);
    }
    bm_dir_unlock(fd);
}

static void the_settings_are_what_the_header_says(void **state) {
    struct world *world = *state;
    const struct {
        const char *pragma;
        int value;
    } wanted[] = {{"PRAGMA synchronous", 2},
                  {"PRAGMA foreign_keys", 0},
                  {"PRAGMA secure_delete", 1},
                  {"PRAGMA page_size", 4096},
                  {"PRAGMA wal_autocheckpoint", 4000}};
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        sqlite3_stmt *stmt;
        assert_int_equal(sqlite3_prepare_v2(bm_journal_connection(world->journal), wanted[i].pragma,
                                            -1, &stmt, NULL),
                         SQLITE_OK);
        assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
        assert_int_equal(sqlite3_column_int(stmt, 0), wanted[i].value);
        sqlite3_finalize(stmt);
    }
}

static void a_foreign_file_is_refused_and_left_alone(void **state) {
    struct world *world = *state;
    char path[128], other[128];
    struct bm_fault fault = {0};
    bm_world_path(world, "journal.db", path);
    bm_journal_close(world->journal);
    world->journal = NULL;
    const char *text = "This is somebody's shopping list, not a journal.";
    write_file(path, text, strlen(text));
    assert_int_equal(bm_journal_open(world->dir, &world->journal, &fault), BM_BAD_FORMAT);
    /* A real SQLite file of another program. */
    sqlite3 *db;
    bm_world_path(world, "other.db", other);
    assert_int_equal(sqlite3_open(other, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "CREATE TABLE journal(a); INSERT INTO journal VALUES(1)",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(db);
    assert_int_equal(rename(other, path), 0);
    struct stat before, after;
    stat(path, &before);
    assert_int_equal(bm_journal_open(world->dir, &world->journal, &fault), BM_BAD_FORMAT);
    struct bm_reader *reader = NULL;
    assert_int_equal(bm_reader_open_dir(world->dir, &reader, &fault), BM_BAD_FORMAT);
    stat(path, &after);
    assert_int_equal(before.st_size, after.st_size);
    assert_int_equal(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
}

static void an_empty_or_short_file_is_corrupt_not_new(void **state) {
    struct world *world = *state;
    char path[128];
    struct bm_fault fault = {0};
    bm_append_many(world->journal, 5, 5);
    bm_world_path(world, "journal.db", path);
    bm_journal_close(world->journal);
    world->journal = NULL;
    assert_int_equal(truncate(path, 2000), 0);
    assert_int_equal(bm_journal_open(world->dir, &world->journal, &fault), BM_CORRUPT);
    assert_int_equal(truncate(path, 0), 0);
    assert_int_equal(bm_journal_open(world->dir, &world->journal, &fault), BM_CORRUPT);
}

/* A name that the disk does not answer for is no name that is free: nothing is made in its place. */
static void a_record_that_cannot_be_looked_for_is_not_made_anew(void **state) {
    struct world *world = *state;
    char path[128], kept[128], out[128];
    struct bm_fault fault = {0};
    struct bm_reader *reader = NULL;
    bm_append_many(world->journal, 5, 5);
    bm_world_path(world, "journal.db", path);
    bm_world_path(world, "kept", kept);
    bm_world_path(world, "out", out);
    assert_ok(bm_reader_open(world->journal, &reader, &bm_test_fault));
    assert_int_equal(symlink(out, out), 0); /* a loop: ELOOP */
    assert_int_equal(bm_reader_backup(reader, out, &fault), BM_IO);
    bm_reader_close(reader);
    bm_journal_close(world->journal);
    world->journal = NULL;
    assert_int_equal(rename(path, kept), 0);
    assert_int_equal(symlink(path, path), 0);
    assert_int_equal(bm_journal_open(world->dir, &world->journal, &fault), BM_IO);
    assert_int_equal(rename(kept, path), 0);
    assert_ok(bm_journal_open(world->dir, &world->journal, &bm_test_fault));
    assert_int_equal(bm_journal_head(world->journal).seq, 5);
}

static void a_newer_format_is_refused_by_its_number(void **state) {
    struct world *world = *state;
    struct bm_fault fault = {0};
    run_sql(world, "UPDATE meta SET format=99");
    assert_int_equal(open_again(world, &fault), BM_BAD_FORMAT);
    assert_non_null(strstr(fault.detail, "format 99"));
}

static void tables_of_another_build_are_told_apart(void **state) {
    struct world *world = *state;
    struct bm_fault fault = {0};
    run_sql(world, "UPDATE meta SET projections=x'00112233445566778899aabbccddeeff'");
    assert_int_equal(open_again(world, &fault), BM_BAD_FORMAT);
    assert_non_null(strstr(fault.detail, "upgrade"));
}

static void a_changed_last_row_is_seen_at_opening(void **state) {
    struct world *world = *state;
    struct bm_fault fault = {0};
    bm_append_many(world->journal, 5, 5);
    run_sql(world, "UPDATE journal SET at_ms=at_ms+1 WHERE seq=5");
    assert_int_equal(open_again(world, &fault), BM_CORRUPT);
    assert_non_null(strstr(fault.detail, "Row 5"));
}

static void a_changed_row_breaks_the_walk_at_its_seq(void **state) {
    struct world *world = *state;
    const char *changes[] = {
        "UPDATE journal SET at_ms=at_ms+1 WHERE seq=3",
        "UPDATE journal SET body='{}' WHERE seq=3",
        "UPDATE journal SET body=NULL WHERE seq=3",
        "UPDATE journal SET subject='case/9' WHERE seq=3",
        "UPDATE journal SET actor=5 WHERE seq=3",
        "UPDATE journal SET request=x'00' WHERE seq=3",
        "UPDATE journal SET sealed=x'00' WHERE seq=3",
        "UPDATE journal SET hash=zeroblob(32) WHERE seq=3",
        "UPDATE journal SET hash=zeroblob(31) WHERE seq=3",
        "UPDATE journal SET kind_version=-1 WHERE seq=3",
        "DELETE FROM journal WHERE seq=3",
    };
    bm_append_many(world->journal, 6, 6);
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        struct seen seen = {0};
        struct bm_fault fault = {0};
        run_sql(world, "BEGIN");
        sqlite3_exec(bm_journal_connection(world->journal), "PRAGMA ignore_check_constraints=ON",
                     NULL, NULL, NULL);
        if (i != 2)
            run_sql(world, changes[i]);
        else
            run_sql(world, "UPDATE journal SET body=x'00' WHERE seq=3");
        assert_int_equal(bm_journal_follow(world->journal, 0, bm_see, &seen, &fault), BM_CORRUPT);
        assert_int_equal(seen.count, 2);
        assert_non_null(strstr(fault.detail, "Row 3"));
        run_sql(world, "ROLLBACK");
    }
    count_rows(world->journal, 6);
}

/* --- two on one folder ------------------------------------------------------------------------ */

static void a_folder_is_for_one_server(void **state) {
    struct world *world = *state;
    struct bm_fault fault = {0};
    int first = -1, second = -1;
    char pid[24];
    assert_ok(bm_dir_lock(world->dir, &first, &bm_test_fault));
    assert_int_equal(bm_dir_lock(world->dir, &second, &fault), BM_BUSY);
    snprintf(pid, sizeof pid, "%ld", (long)getpid());
    assert_non_null(strstr(fault.detail, pid));
    assert_int_equal(second, -1);
    bm_dir_unlock(first);
    assert_ok(bm_dir_lock(world->dir, &second, &bm_test_fault));
    bm_dir_unlock(second);
    assert_int_equal(bm_dir_lock("/nonexistent", &second, &fault), BM_IO);
}

static void the_lock_goes_when_its_holder_dies(void **state) {
    struct world *world = *state;
    pid_t child = fork();
    if (child == 0) {
        int fd;
        struct bm_fault fault;
        _exit(bm_dir_lock(world->dir, &fd, &fault) == BM_OK ? 0 : 1);
    }
    int status = -1, fd = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_ok(bm_dir_lock(world->dir, &fd, &bm_test_fault));
    bm_dir_unlock(fd);
}

static void a_reader_cannot_write_and_leaves_the_wal_alone(void **state) {
    struct world *world = *state;
    char path[128];
    struct stat before, after;
    bm_append_many(world->journal, 20, 2);
    assert_int_equal(stat(bm_world_path(world, "journal.db-wal", path), &before), 0);
    assert_true(before.st_size > 0);
    struct bm_reader *reader = NULL;
    assert_ok(bm_reader_open_dir(world->dir, &reader, &bm_test_fault));
    struct seen seen = {0};
    assert_ok(bm_reader_follow(reader, 0, bm_see, &seen, &bm_test_fault));
    assert_int_equal(seen.count, 20);
    bm_reader_close(reader);
    assert_int_equal(stat(path, &after), 0);
    assert_int_equal(before.st_size, after.st_size);
    bm_append_many(world->journal, 3, 3);
}

/* Rows that were answered for are there when the process dies without closing anything. */
static void a_killed_writer_loses_nothing(void **state) {
    struct world *world = *state;
    bm_journal_close(world->journal);
    world->journal = NULL;
    int answers[2];
    assert_int_equal(pipe(answers), 0);
    pid_t child = fork();
    if (child == 0) {
        struct bm_fault fault;
        if (bm_journal_open(world->dir, &world->journal, &fault)) _exit(1);
        for (int i = 0; i < 25; i++) bm_append_many(world->journal, 4, 4);
        uint64_t seq = bm_journal_head(world->journal).seq;
        if (write(answers[1], &seq, sizeof seq) != sizeof seq) _exit(1);
        for (;;) pause();
    }
    uint64_t seq = 0;
    assert_int_equal(read(answers[0], &seq, sizeof seq), sizeof seq);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    close(answers[0]);
    close(answers[1]);
    assert_ok(bm_journal_open(world->dir, &world->journal, &bm_test_fault));
    assert_int_equal(bm_journal_head(world->journal).seq, seq);
    count_rows(world->journal, 100);
}

/* --- a full disk ------------------------------------------------------------------------------ */

static void a_full_disk_is_said_and_loses_nothing(void **state) {
    struct world *world = *state;
    bm_append_many(world->journal, 50, 5);
    /* SQLite's own limit gives the same SQLITE_FULL as a disk does. */
    run_sql(world, "PRAGMA max_page_count=60");
    struct bm_event *events = bm_alloc_zero(1000, sizeof *events);
    struct bm_head head = bm_journal_head(world->journal);
    for (size_t i = 0; i < 1000; i++) events[i] = bm_case_event(3, head.seq + 1 + i);
    for (int attempt = 0; attempt < 3; attempt++) {
        assert_int_equal(bm_try_append(world->journal, events, 1000, NULL, 0, &head),
                         BM_APPEND_FULL);
    }
    assert_int_equal(bm_journal_head(world->journal).seq, 50);
    count_rows(world->journal, 50);
    bm_append_many(world->journal, 1, 1);
    run_sql(world, "PRAGMA max_page_count=1000000");
    bm_append_many(world->journal, 1000, 1000);
    count_rows(world->journal, 1051);
    bm_free(events);
    bm_world_reopen(world);
    count_rows(world->journal, 1051);
}

/* --- backup
 * -----------------------------------------------------------------------------------------------------
 */

struct writing {
    struct world *world;
    _Atomic bool stop;
};

static void *write_on(void *argument) {
    struct writing *writing = argument;
    while (!writing->stop) bm_append_many(writing->world->journal, 8, 8);
    return NULL;
}

static void a_backup_is_whole_while_the_writer_goes_on(void **state) {
    struct world *world = *state;
    bm_append_many(world->journal, 2000, 500);
    struct writing writing = {world, false};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, write_on, &writing), 0);
    struct world copy = {.sqlite = true};
    char path[128];
    struct stat status;
    snprintf(copy.dir, sizeof copy.dir, "%.50s/copy", world->dir);
    assert_int_equal(mkdir(copy.dir, 0700), 0);
    struct bm_reader *reader = NULL;
    assert_ok(bm_reader_open_dir(world->dir, &reader, &bm_test_fault));
    uint64_t seq = 0;
    assert_ok(bm_reader_begin(reader, &seq, &bm_test_fault));
    assert_ok(bm_reader_backup(reader, bm_world_path(&copy, "journal.db", path), &bm_test_fault));
    bm_reader_end(reader);
    bm_reader_close(reader);
    writing.stop = true;
    pthread_join(thread, NULL);

    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    struct bm_verify verify;
    assert_ok(bm_journal_verify(copy.dir, NULL, &verify, &bm_test_fault));
    assert_int_equal(verify.head.seq, seq);
    assert_int_equal(verify.rows, seq);
    assert_true(seq >= 2000);
    assert_ok(bm_journal_open(copy.dir, &copy.journal, &bm_test_fault));
    assert_int_equal(bm_journal_ledger(copy.journal), bm_journal_ledger(world->journal));
    bm_append_many(copy.journal, 5, 5);
    bm_journal_close(copy.journal);
    unlink(path);
    rmdir(copy.dir);
}

static void a_backup_never_overwrites(void **state) {
    struct world *world = *state;
    char path[128];
    struct bm_fault fault = {0};
    struct bm_reader *reader = NULL;
    bm_world_path(world, "copy.db", path);
    write_file(path, "precious", 8);
    assert_ok(bm_reader_open(world->journal, &reader, &bm_test_fault));
    assert_int_equal(bm_reader_backup(reader, path, &fault), BM_EXISTS);
    assert_int_equal(bm_reader_backup(reader, "/nonexistent/copy.db", &fault), BM_IO);
    bm_reader_close(reader);
}

/* --- events from rows ------------------------------------------------------------------------- */

static void rows_of_newer_builds_are_told_from_damaged_ones(void **state) {
    (void)state;
    struct bm_event event;
    struct bm_fault fault;
    uint8_t nonce[24] = {0};
    struct bm_row good = {.format = 1,
                          .ledger = 1,
                          .epoch = 1,
                          .seq = 4,
                          .at_ms = 5,
                          .kind = "time_confirmed",
                          .kind_version = 1,
                          .subject = "desk",
                          .actor = "operator/5",
                          .body = "{\"wall_at_ms\":17}",
                          .body_len = 17};
    assert_ok(bm_row_event(&good, &event, &bm_test_fault));
    assert_int_equal(event.time_confirmed.wall_at_ms, 17);
    bm_event_release(&event);
    struct bm_row row = good;
    row.format = 2;
    assert_int_equal(bm_row_event(&row, &event, &fault), BM_BAD_FORMAT);
    row = good, row.kind = "teleported";
    assert_int_equal(bm_row_event(&row, &event, &fault), BM_BAD_FORMAT);
    row = good, row.kind_version = 2;
    assert_int_equal(bm_row_event(&row, &event, &fault), BM_BAD_FORMAT);
    row = good, row.subject = "case/007";
    assert_int_equal(bm_row_event(&row, &event, &fault), BM_CORRUPT);
    row = good, row.actor = "unit/3";
    assert_int_equal(bm_row_event(&row, &event, &fault), BM_CORRUPT);
    row = good, row.body_len = 16;
    assert_int_equal(bm_row_event(&row, &event, &fault), BM_CORRUPT);
    row = good, row.body = "{\"wall_at_ms\":-1}";
    assert_int_equal(bm_row_event(&row, &event, &fault), BM_CORRUPT);
    row = good, row.nonce = nonce;
    assert_int_equal(bm_row_event(&row, &event, &fault), BM_CORRUPT);
    row = good, row.key_id = 3;
    assert_int_equal(bm_row_event(&row, &event, &fault), BM_CORRUPT);
}

#define DISK(test) cmocka_unit_test_setup_teardown(test, make, drop)

int main(void) {
    const struct CMUnitTest tests[] = {
        DISK(files_are_for_their_owner_only),
        DISK(the_settings_are_what_the_header_says),
        DISK(a_foreign_file_is_refused_and_left_alone),
        DISK(an_empty_or_short_file_is_corrupt_not_new),
        DISK(a_record_that_cannot_be_looked_for_is_not_made_anew),
        DISK(a_newer_format_is_refused_by_its_number),
        DISK(tables_of_another_build_are_told_apart),
        DISK(a_changed_last_row_is_seen_at_opening),
        DISK(a_changed_row_breaks_the_walk_at_its_seq),
        DISK(a_folder_is_for_one_server),
        DISK(the_lock_goes_when_its_holder_dies),
        DISK(a_reader_cannot_write_and_leaves_the_wal_alone),
        DISK(a_killed_writer_loses_nothing),
        DISK(a_full_disk_is_said_and_loses_nothing),
        DISK(a_backup_is_whole_while_the_writer_goes_on),
        DISK(a_backup_never_overwrites),
        cmocka_unit_test(rows_of_newer_builds_are_told_from_damaged_ones),
    };
    return cmocka_run_group_tests_name("disk", tests, NULL, NULL);
}
