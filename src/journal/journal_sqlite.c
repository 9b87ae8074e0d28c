/* The journal in SQLite: one file, one writing connection, one transaction and one fsync per batch.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "base/seal.h"
#include "journal/journal_table.h"
#include "journal/page_vfs.h"
#include "journal/projection.h"
#include "journal/sqlite_file.h"
#include "journal/wal.h"

struct sqlite_journal {
    struct bm_journal base;
    sqlite3 *db;
    sqlite3_stmt *begin, *commit, *rollback, *present, *insert;
    struct bm_projection projection;
    struct bm_row_texts texts;
    char path[BM_JOURNAL_PATH_MAX];
};

static struct sqlite_journal *of(struct bm_journal *journal) {
    return (struct sqlite_journal *)journal;
}

/* --- a new file ------------------------------------------------------------------------------- */

/* The index holds the row number too, so it is (subject, seq) without saying so. */
static const char journal_tables[] =
    "CREATE TABLE meta(one INTEGER PRIMARY KEY, format INTEGER NOT NULL, ledger INTEGER NOT NULL,"
    " epoch INTEGER NOT NULL, projections BLOB NOT NULL);"
    "CREATE TABLE journal(format INTEGER NOT NULL, ledger INTEGER NOT NULL, epoch INTEGER NOT NULL,"
    " seq INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, kind TEXT NOT NULL,"
    " kind_version INTEGER NOT NULL, subject TEXT NOT NULL, actor TEXT NOT NULL, request BLOB,"
    " body TEXT NOT NULL, key_id INTEGER NOT NULL, nonce BLOB, sealed BLOB, hash BLOB NOT NULL);"
    "CREATE INDEX journal_by_subject ON journal(subject);";

static int insert_meta(sqlite3 *db) {
    uint64_t ledger = 0;
    uint8_t schema[BM_DIGEST_BYTES];
    while (ledger == 0) {
        bm_entropy(&ledger, sizeof ledger);
        ledger &= INT64_MAX;
    }
    bm_entity_schema(schema);
    sqlite3_stmt *stmt;
    int rc = sqlite3_prepare_v2(db, "INSERT INTO meta VALUES(1,?1,?2,0,?3)", -1, &stmt, NULL);
    if (rc != SQLITE_OK) return rc;
    sqlite3_bind_int(stmt, 1, BM_DATA_FORMAT);
    sqlite3_bind_int64(stmt, 2, (int64_t)ledger);
    sqlite3_bind_blob(stmt, 3, schema, sizeof schema, SQLITE_STATIC);
    sqlite3_step(stmt);
    return sqlite3_finalize(stmt);
}

/* Makes all tables in the empty file `path`. */
static enum bm_code fill(const char *path, struct bm_fault *fault) {
    sqlite3 *db = NULL;
    int reserved = BM_PAGE_CHECK_BYTES;
    struct bm_buf sql = bm_buf_make(64 * 1024);
    bm_buf_printf(&sql, "PRAGMA application_id=%d; BEGIN;", BM_JOURNAL_APPLICATION);
    bm_buf_text(&sql, journal_tables);
    for (int t = 0; t < BM_T_REQUEST; t++) {
        bm_projection_create((enum bm_table_kind)t, "main", &sql);
        bm_projection_indexes((enum bm_table_kind)t, "main", &sql);
    }
    BM_CHECK(!sql.overflow);
    int rc = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, bm_page_vfs());
    if (rc == SQLITE_OK) rc = sqlite3_exec(db, "PRAGMA page_size=4096", NULL, NULL, NULL);
    if (rc == SQLITE_OK) {
        rc = sqlite3_file_control(db, "main", SQLITE_FCNTL_RESERVE_BYTES, &reserved);
    }
    if (rc == SQLITE_OK) rc = bm_sqlite_settings(db, BM_SQLITE_WRITER);
    if (rc == SQLITE_OK) rc = sqlite3_exec(db, bm_buf_c_text(&sql), NULL, NULL, NULL);
    if (rc == SQLITE_OK) rc = insert_meta(db);
    if (rc == SQLITE_OK) rc = sqlite3_exec(db, "COMMIT; PRAGMA journal_mode=WAL", NULL, NULL, NULL);
    enum bm_code code = rc == SQLITE_OK ? BM_OK : bm_sqlite_fault(db, "making the journal", fault);
    bm_buf_free(&sql);
    sqlite3_close(db);
    return code;
}

static enum bm_code sync_dir(const char *dir, struct bm_fault *fault) {
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool synced = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0) close(fd);
    if (synced) return BM_OK;
    return bm_fault_set(fault, BM_IO, "dir", "Cannot sync the folder %.200s: %s.", dir,
                        strerror(errno));
}

/* Never in the place of a record that is there.  Not every file system can promise it in one step. */
static bool name_new(const char *fresh, const char *path) {
    if (renameat2(AT_FDCWD, fresh, AT_FDCWD, path, RENAME_NOREPLACE) == 0) return true;
    if (errno != EINVAL && errno != ENOSYS) return false;
    if (access(path, F_OK) == 0) errno = EEXIST;
    return errno == ENOENT && rename(fresh, path) == 0;
}

/* Makes DIR/journal.db under another name first: under its own name it is always complete. */
static enum bm_code create(const char *dir, const char *path, struct bm_fault *fault) {
    char fresh[BM_JOURNAL_PATH_MAX], left[BM_JOURNAL_PATH_MAX];
    enum bm_code code = bm_sqlite_path(dir, "journal.db.new", fresh, fault);
    if (code == BM_OK) code = bm_sqlite_path(dir, "journal.db.new-journal", left, fault);
    if (code) return code;
    unlink(fresh);
    unlink(left);
    int fd = open(fresh, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        return bm_fault_set(fault, errno == ENOSPC ? BM_NO_SPACE : BM_IO, "dir",
                            "Cannot make %.200s: %s.", fresh, strerror(errno));
    }
    close(fd);
    code = fill(fresh, fault);
    if (code) return code;
    if (!name_new(fresh, path)) {
        return bm_fault_set(fault, BM_IO, "dir", "Cannot name %.200s: %s.", path, strerror(errno));
    }
    return sync_dir(dir, fault);
}

/* --- opening
 * ------------------------------------------------------------------------------------------------
 */

/* Checks that the data is of this format and that this build writes the projections as the file has them. */
static enum bm_code check_projections(sqlite3 *db, struct bm_fault *fault) {
    sqlite3_stmt *stmt;
    uint8_t schema[BM_DIGEST_BYTES];
    bm_entity_schema(schema);
    enum bm_code code = bm_sqlite_prepare(db, "SELECT projections,format FROM meta WHERE one=1", &stmt,
                                          fault);
    if (code) return code;
    int rc = sqlite3_step(stmt);
    bool same = rc == SQLITE_ROW && sqlite3_column_bytes(stmt, 0) == (int)sizeof schema &&
                memcmp(sqlite3_column_blob(stmt, 0), schema, sizeof schema) == 0;
    int64_t format = sqlite3_column_int64(stmt, 1);
    /* What cannot be read now is not another build's. */
    if (rc != SQLITE_ROW && rc != SQLITE_DONE) code = bm_sqlite_fault(db, "reading the description", fault);
    sqlite3_finalize(stmt);
    if (code) return code;
    if (same && format == BM_DATA_FORMAT) return BM_OK;
    return bm_fault_set(fault, BM_BAD_FORMAT, "projections",
                        "Another build wrote the tables beside the journal (format %lld, this one's is %d). Run `bellman "
                        "upgrade`; the journal itself is not touched.",
                        (long long)format, BM_DATA_FORMAT);
}

struct last_row {
    struct bm_head head;
    bool found;
};

static bool take_last(void *context, const struct bm_row *row) {
    struct last_row *last = context;
    *last = (struct last_row){{row->seq, row->hash}, true};
    return true;
}

/* The head, with the last row's hash worked out again from the row before it. */
static enum bm_code check_last(struct sqlite_journal *journal, struct bm_fault *fault) {
    struct bm_head head;
    enum bm_code code = bm_sqlite_head(journal->db, &head, fault);
    if (code == BM_OK && head.seq) {
        struct last_row last = {0};
        code = bm_row_walk(journal->db, head.seq - 1, take_last, &last, fault);
    }
    if (code == BM_OK) journal->base.head = head;
    return code;
}

/* A higher epoch: from now on an older writer's appends are fenced. */
static enum bm_code raise_epoch(struct sqlite_journal *journal, struct bm_fault *fault) {
    if (sqlite3_exec(journal->db, "UPDATE meta SET epoch=epoch+1 WHERE one=1", NULL, NULL, NULL)) {
        return bm_sqlite_fault(journal->db, "taking over the journal", fault);
    }
    return bm_sqlite_meta(journal->db, &journal->base.ledger, &journal->base.epoch, fault);
}

static enum bm_code prepare(struct sqlite_journal *journal, struct bm_fault *fault) {
    const struct {
        sqlite3_stmt **stmt;
        const char *sql;
    } statements[] = {
        {&journal->begin, "BEGIN IMMEDIATE"},
        {&journal->commit, "COMMIT"},
        {&journal->rollback, "ROLLBACK"},
        {&journal->present,
         "SELECT meta.epoch,journal.seq,journal.hash FROM meta LEFT JOIN journal ON "
         "journal.seq=(SELECT max(seq) FROM journal) WHERE meta.one=1"},
        {&journal->insert, "INSERT INTO journal(" BM_ROW_COLUMNS
                           ") VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15)"},
    };
    for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++) {
        enum bm_code code = bm_sqlite_prepare(journal->db, statements[i].sql, statements[i].stmt,
                                              fault);
        if (code) return code;
    }
    return bm_projection_prepare(journal->db, "main", &journal->projection, fault);
}

static const struct bm_journal_functions functions;

enum bm_code bm_journal_open(const char *dir, struct bm_journal **ret_journal,
                             struct bm_fault *fault) {
    char path[BM_JOURNAL_PATH_MAX];
    enum bm_code code = bm_sqlite_path(dir, "journal.db", path, fault);
    if (code) return code;
    bm_seal_init();
    code = bm_sqlite_probe(path, fault);
    if (code == BM_NOT_FOUND) {
        code = create(dir, path, fault);
        if (code == BM_OK) BM_STEP_DONE(journal_created);
    }
    /* SQLite drops everything behind the first broken frame of a WAL without a word. */
    struct bm_wal_scan scan = {0};
    if (code == BM_OK) code = bm_wal_scan(path, &scan, fault);
    bm_wal_scan_free(&scan);
    if (code) return code;
    if (scan.damaged) return bm_fault_set(fault, BM_CORRUPT, "journal", "%s", scan.text);
    struct sqlite_journal *journal = bm_alloc_zero(1, sizeof *journal);
    journal->base.functions = &functions;
    journal->texts = bm_row_texts_make();
    memcpy(journal->path, path, sizeof path);
    code = bm_sqlite_open(path, BM_SQLITE_WRITER, &journal->db, fault);
    if (code == BM_OK) {
        code = bm_sqlite_meta(journal->db, &journal->base.ledger, &journal->base.epoch, fault);
    }
    if (code == BM_OK) code = check_projections(journal->db, fault);
    if (code == BM_OK) code = check_last(journal, fault);
    if (code == BM_OK) BM_STEP_DONE(journal_checked);
    if (code == BM_OK) code = prepare(journal, fault);
    if (code == BM_OK) code = raise_epoch(journal, fault);
    if (code == BM_OK) BM_STEP_DONE(epoch_raised);
    if (code)
        bm_journal_close(&journal->base);
    else
        *ret_journal = &journal->base;
    return code;
}

static void close_journal(struct bm_journal *base) {
    struct sqlite_journal *journal = of(base);
    bm_projection_finalize(&journal->projection);
    sqlite3_finalize(journal->begin);
    sqlite3_finalize(journal->commit);
    sqlite3_finalize(journal->rollback);
    sqlite3_finalize(journal->present);
    sqlite3_finalize(journal->insert);
    /* Readers may still be there; what is not copied now is copied when the journal is opened
     * again. */
    if (journal->db) {
        sqlite3_wal_checkpoint_v2(journal->db, "main", SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
        BM_CHECK(sqlite3_close(journal->db) == SQLITE_OK);
        BM_STEP_DONE(journal_closed);
    }
    bm_row_texts_free(&journal->texts);
    bm_free(journal);
}

struct sqlite3 *bm_journal_connection(struct bm_journal *journal) {
    BM_CHECK(journal->functions == &functions);
    return of(journal)->db;
}

/* --- append
 * -------------------------------------------------------------------------------------------------
 */

/* Runs a statement that gives no rows. */
static int run(sqlite3_stmt *stmt) {
    int rc = sqlite3_step(stmt);
    sqlite3_reset(stmt);
    return rc;
}

/* Within the transaction: whether epoch and head are still ours. */
static int check_fence(struct sqlite_journal *journal, const struct bm_head *expected,
                       bool *ret_ours) {
    sqlite3_stmt *stmt = journal->present;
    int rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW) {
        bool ours = (uint64_t)sqlite3_column_int64(stmt, 0) == journal->base.epoch &&
                    (uint64_t)sqlite3_column_int64(stmt, 1) == expected->seq;
        if (ours && expected->seq) {
            ours = sqlite3_column_bytes(stmt, 2) == BM_HASH_BYTES &&
                   memcmp(sqlite3_column_blob(stmt, 2), expected->hash.bytes, BM_HASH_BYTES) == 0;
        }
        *ret_ours = ours;
        rc = SQLITE_DONE;
    } else if (rc == SQLITE_DONE) {
        *ret_ours = false;
    }
    sqlite3_reset(stmt);
    return rc;
}

static int bind_row(sqlite3_stmt *stmt, const struct bm_row *row) {
    int rc = sqlite3_bind_int64(stmt, 4, (int64_t)row->seq);
    rc |= sqlite3_bind_int64(stmt, 5, row->at_ms);
    rc |= sqlite3_bind_text(stmt, 6, row->kind, -1, SQLITE_STATIC);
    rc |= sqlite3_bind_int64(stmt, 7, row->kind_version);
    rc |= sqlite3_bind_text(stmt, 8, row->subject, -1, SQLITE_STATIC);
    rc |= sqlite3_bind_text(stmt, 9, row->actor, -1, SQLITE_STATIC);
    rc |= row->request ? sqlite3_bind_blob(stmt, 10, row->request, BM_REQUEST_BYTES, SQLITE_STATIC)
                       : sqlite3_bind_null(stmt, 10);
    rc |= sqlite3_bind_text(stmt, 11, row->body, (int)row->body_len, SQLITE_STATIC);
    rc |= sqlite3_bind_int64(stmt, 12, (int64_t)row->key_id);
    if (row->key_id) {
        rc |= sqlite3_bind_blob(stmt, 13, row->nonce, BM_NONCE_BYTES, SQLITE_STATIC);
        rc |= sqlite3_bind_blob64(stmt, 14, row->sealed, row->sealed_len, SQLITE_STATIC);
    } else {
        rc |= sqlite3_bind_null(stmt, 13);
        rc |= sqlite3_bind_null(stmt, 14);
    }
    rc |= sqlite3_bind_blob(stmt, 15, row->hash.bytes, BM_HASH_BYTES, SQLITE_STATIC);
    return rc;
}

static int insert_rows(struct sqlite_journal *journal, const struct bm_batch *batch,
                       struct bm_head *head) {
    sqlite3_stmt *stmt = journal->insert;
    int rc = sqlite3_bind_int64(stmt, 1, BM_JOURNAL_FORMAT);
    rc |= sqlite3_bind_int64(stmt, 2, (int64_t)journal->base.ledger);
    rc |= sqlite3_bind_int64(stmt, 3, (int64_t)journal->base.epoch);
    if (rc != SQLITE_OK) return SQLITE_NOMEM;
    for (size_t i = 0; i < batch->event_count; i++) {
        struct bm_row row;
        bm_row_of(batch->events[i], journal->base.ledger, journal->base.epoch, &head->hash,
                  &journal->texts, &row);
        if (bind_row(stmt, &row) != SQLITE_OK) return SQLITE_NOMEM;
        rc = BM_FAILS(append_full) ? SQLITE_FULL : BM_FAILS(append_io) ? SQLITE_IOERR_WRITE : run(stmt);
        if (rc != SQLITE_DONE) return rc;
        BM_STEP_DONE(append_row_inserted);
        *head = (struct bm_head){row.seq, row.hash};
    }
    return SQLITE_DONE;
}

static int write_changes(struct sqlite_journal *journal, const struct bm_batch *batch) {
    for (size_t i = 0; i < batch->change_count; i++) {
        int rc = BM_FAILS(change_full) ? SQLITE_FULL : bm_projection_write(&journal->projection, &batch->changes[i]);
        if (rc != SQLITE_DONE) return rc;
        BM_STEP_DONE(append_change_written);
    }
    return SQLITE_DONE;
}

/* Ends a transaction that failed with `rc` before its COMMIT was tried.  Nothing of it is durable;
 * but only a full disk is something that a desk can wait for: after any other error it must stop.
 */
static enum bm_append give_up(struct sqlite_journal *journal, int rc) {
    bool full = rc == SQLITE_FULL;
    if (!full) {
        bm_log(BM_LOG_ERROR, "journal_append_failed", "code=%d error=\"%s\"", rc,
               sqlite3_errmsg(journal->db));
    }
    /* SQLite rolls back by itself after some errors. */
    if (!sqlite3_get_autocommit(journal->db) && run(journal->rollback) != SQLITE_DONE) full = false;
    return full ? BM_APPEND_FULL : BM_APPEND_UNKNOWN;
}

/* SQLITE_FULL comes from a write that failed, before the frame that marks the commit was whole; an
 * error of the fsync behind it is an IOERR and leaves open what is on the disk. */
static enum bm_append commit(struct sqlite_journal *journal) {
    int rc = BM_FAILS(commit_full) ? SQLITE_FULL : BM_FAILS(commit_io) ? SQLITE_IOERR_FSYNC : run(journal->commit);
    /* The fsync failed behind a commit that is whole on the disk: it is there, and nobody knows. */
    if (rc == SQLITE_DONE && BM_FAILS(commit_lost)) rc = SQLITE_IOERR_FSYNC;
    if (rc == SQLITE_DONE) return BM_APPEND_COMMITTED;
    return give_up(journal, rc);
}

static enum bm_append append(struct bm_journal *base, const struct bm_batch *batch,
                             const struct bm_head *expected, struct bm_head *ret_head) {
    struct sqlite_journal *journal = of(base);
    struct bm_head head = *expected;
    bool ours = false;
    int rc = BM_FAILS(append_begin_io) ? SQLITE_IOERR_SHMLOCK : run(journal->begin);
    /* Only another writer can hold the lock for longer than the busy timeout. */
    if ((rc & 0xff) == SQLITE_BUSY) return BM_APPEND_FENCED;
    if (rc == SQLITE_DONE) BM_STEP_DONE(append_begun);
    if (rc == SQLITE_DONE) rc = check_fence(journal, expected, &ours);
    if (rc == SQLITE_DONE) BM_STEP_DONE(append_fence_checked);
    if (rc == SQLITE_DONE && !ours) {
        return run(journal->rollback) == SQLITE_DONE ? BM_APPEND_FENCED : BM_APPEND_UNKNOWN;
    }
    if (rc == SQLITE_DONE) rc = insert_rows(journal, batch, &head);
    if (rc == SQLITE_DONE) BM_STEP_DONE(append_rows_inserted);
    if (rc == SQLITE_DONE) rc = write_changes(journal, batch);
    if (rc != SQLITE_DONE) return give_up(journal, rc);
    BM_STEP_DONE(append_changes_written);
    enum bm_append answer = commit(journal);
    if (answer == BM_APPEND_COMMITTED) {
        BM_STEP_DONE(append_committed);
        *ret_head = head;
    }
    return answer;
}

static enum bm_code follow(struct bm_journal *journal, uint64_t from, bm_row_fn *each,
                           void *context, struct bm_fault *fault) {
    return bm_row_walk(of(journal)->db, from, each, context, fault);
}

static enum bm_code reader_open(struct bm_journal *journal, struct bm_reader **ret_reader,
                                struct bm_fault *fault) {
    return bm_reader_open_path(of(journal)->path, ret_reader, fault);
}

static const struct bm_journal_functions functions = {close_journal, append, follow, reader_open};
