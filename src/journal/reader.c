/* Readers: query-only connections beside the writer's. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/failpoint.h"
#include "journal/journal_table.h"
#include "journal/page_vfs.h"
#include "journal/projection.h"
#include "journal/sqlite_file.h"

/* Prepared queries are kept by what they look like; the oldest makes room. */
enum { KEPT_MAX = 32 };
struct kept {
    sqlite3_stmt *stmt;
    enum bm_table_kind table;
    const struct bm_field *field;
    bool open_only, newest_first;
};

struct sqlite_reader {
    struct bm_reader base;
    sqlite3 *db;
    sqlite3_stmt *begin, *end, *newest, *subject, *subject_back;
    sqlite3_stmt *get[BM_T_REQUEST];
    struct kept kept[KEPT_MAX];
    unsigned kept_next;
};

static struct sqlite_reader *of(struct bm_reader *reader) {
    return (struct sqlite_reader *)reader;
}

static void close_reader(struct bm_reader *base) {
    struct sqlite_reader *reader = of(base);
    sqlite3_finalize(reader->begin);
    sqlite3_finalize(reader->end);
    sqlite3_finalize(reader->newest);
    sqlite3_finalize(reader->subject);
    sqlite3_finalize(reader->subject_back);
    for (int t = 0; t < BM_T_REQUEST; t++) sqlite3_finalize(reader->get[t]);
    for (int i = 0; i < KEPT_MAX; i++) sqlite3_finalize(reader->kept[i].stmt);
    if (reader->db) BM_CHECK(sqlite3_close(reader->db) == SQLITE_OK);
    bm_free(reader);
}

static const struct bm_reader_functions functions;

enum bm_code bm_reader_open_path(const char *path, struct bm_reader **ret_reader,
                                 struct bm_fault *fault) {
    if (BM_FAILS(reader_open_io)) return bm_fault_set(fault, BM_IO, "journal", "SQLite, opening the journal: disk I/O error.");
    struct sqlite_reader *reader = bm_alloc_zero(1, sizeof *reader);
    reader->base.functions = &functions;
    uint64_t ledger, epoch;
    enum bm_code code = bm_sqlite_open(path, BM_SQLITE_READER, &reader->db, fault);
    if (code == BM_OK) code = bm_sqlite_meta(reader->db, &ledger, &epoch, fault);
    if (code == BM_OK) code = bm_sqlite_prepare(reader->db, "BEGIN", &reader->begin, fault);
    if (code == BM_OK) code = bm_sqlite_prepare(reader->db, "COMMIT", &reader->end, fault);
    if (code == BM_OK) {
        code = bm_sqlite_prepare(reader->db, "SELECT max(seq) FROM journal", &reader->newest,
                                 fault);
    }
    if (code == BM_OK) {
        code = bm_sqlite_prepare(reader->db,
                                 "SELECT " BM_ROW_COLUMNS
                                 " FROM journal WHERE subject=?1 AND seq>?2 "
                                 "ORDER BY seq LIMIT ?3",
                                 &reader->subject, fault);
    }
    if (code == BM_OK) {
        code = bm_sqlite_prepare(reader->db,
                                 "SELECT " BM_ROW_COLUMNS " FROM journal WHERE subject=?1 AND seq<?2 ORDER BY seq DESC",
                                 &reader->subject_back, fault);
    }
    if (code)
        close_reader(&reader->base);
    else
        *ret_reader = &reader->base;
    return code;
}

enum bm_code bm_reader_open_dir(const char *dir, struct bm_reader **ret_reader,
                                struct bm_fault *fault) {
    char path[BM_JOURNAL_PATH_MAX];
    enum bm_code code = bm_sqlite_path(dir, "journal.db", path, fault);
    if (code) return code;
    code = bm_sqlite_probe(path, fault);
    if (code) return code;
    return bm_reader_open_path(path, ret_reader, fault);
}

static enum bm_code begin(struct bm_reader *base, uint64_t *ret_seq, struct bm_fault *fault) {
    struct sqlite_reader *reader = of(base);
    BM_CHECK(sqlite3_get_autocommit(reader->db));
    int rc = sqlite3_step(reader->begin);
    sqlite3_reset(reader->begin);
    /* The first read fixes the moment that the transaction sees. */
    if (rc == SQLITE_DONE) rc = sqlite3_step(reader->newest);
    uint64_t seq = rc == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(reader->newest, 0) : 0;
    enum bm_code code = BM_OK;
    if (rc != SQLITE_ROW) code = bm_sqlite_fault(reader->db, "beginning to read", fault);
    sqlite3_reset(reader->newest);
    if (!code && BM_FAILS(reader_begin_io)) code = bm_fault_set(fault, BM_IO, "journal", "SQLite, beginning to read: disk I/O error.");
    if (code)
        base->functions->end(base);
    else
        *ret_seq = seq;
    return code;
}

static void end(struct bm_reader *base) {
    struct sqlite_reader *reader = of(base);
    if (sqlite3_get_autocommit(reader->db)) return;
    sqlite3_step(reader->end);
    sqlite3_reset(reader->end);
}

/* --- projections ------------------------------------------------------------------------------ */

static enum bm_code prepare_query(struct sqlite_reader *reader, const struct bm_query *query,
                                  sqlite3_stmt **ret_stmt, struct bm_fault *fault) {
    struct bm_buf sql = bm_buf_make(16 * 1024);
    bm_projection_select(query, &sql);
    BM_CHECK(!sql.overflow);
    enum bm_code code = bm_sqlite_prepare(reader->db, bm_buf_c_text(&sql), ret_stmt, fault);
    bm_buf_free(&sql);
    return code;
}

/* Takes a prepared query out of the keep, or makes one; give_back puts it there.  Meanwhile a
 * callback may read through the same reader. */
static enum bm_code take(struct sqlite_reader *reader, const struct bm_query *query,
                         struct kept *ret_kept, struct bm_fault *fault) {
    struct kept kept = {NULL, query->table, bm_projection_field(query), query->open_only,
                        query->newest_first};
    for (int i = 0; i < KEPT_MAX && !kept.stmt; i++) {
        struct kept *one = &reader->kept[i];
        if (one->stmt && one->table == kept.table && one->field == kept.field &&
            one->open_only == kept.open_only && one->newest_first == kept.newest_first) {
            kept.stmt = one->stmt;
            one->stmt = NULL;
        }
    }
    enum bm_code code = kept.stmt ? BM_OK : prepare_query(reader, query, &kept.stmt, fault);
    if (code == BM_OK) *ret_kept = kept;
    return code;
}

static void give_back(struct sqlite_reader *reader, const struct kept *kept) {
    sqlite3_reset(kept->stmt);
    for (int i = 0; i < KEPT_MAX; i++) {
        if (reader->kept[i].stmt) continue;
        reader->kept[i] = *kept;
        return;
    }
    struct kept *oldest = &reader->kept[reader->kept_next++ % KEPT_MAX];
    sqlite3_finalize(oldest->stmt);
    *oldest = *kept;
}

static enum bm_code records(struct bm_reader *base, const struct bm_query *query,
                            bm_record_fn *each, void *context, struct bm_fault *fault) {
    struct sqlite_reader *reader = of(base);
    struct kept kept;
    enum bm_code code = take(reader, query, &kept, fault);
    if (code) return code;
    bm_projection_select_bind(kept.stmt, query);
    void *record = bm_alloc(bm_table_shape(query->table)->record_size);
    int rc;
    while ((rc = sqlite3_step(kept.stmt)) == SQLITE_ROW) {
        code = bm_projection_read(kept.stmt, query->table, record, fault);
        if (code || !each(context, record)) break;
    }
    if (rc != SQLITE_ROW && rc != SQLITE_DONE) {
        code = bm_sqlite_fault(reader->db, "reading records", fault);
    }
    if (!code && BM_FAILS(reader_rows_io)) code = bm_fault_set(fault, BM_IO, "journal", "SQLite, reading records: disk I/O error.");
    /* The record's bytes were SQLite's: nothing to release. */
    bm_free(record);
    give_back(reader, &kept);
    return code;
}

static enum bm_code get(struct bm_reader *base, enum bm_table_kind table, uint64_t id,
                        void *ret_record, struct bm_fault *fault) {
    struct sqlite_reader *reader = of(base);
    const struct bm_shape *shape = bm_table_shape(table);
    if (!reader->get[table]) {
        struct bm_query query = {.table = table};
        enum bm_code code = prepare_query(reader, &query, &reader->get[table], fault);
        if (code) return code;
    }
    /* The smallest id above id - 1, and no more than one row. */
    sqlite3_stmt *stmt = reader->get[table];
    struct bm_query query = {.table = table, .after_id = id - 1, .limit = 1};
    bm_projection_select_bind(stmt, &query);
    int rc = id ? sqlite3_step(stmt) : SQLITE_DONE;
    enum bm_code code = BM_OK;
    if (rc == SQLITE_ROW && (uint64_t)sqlite3_column_int64(stmt, 0) == id) {
        void *record = bm_alloc(shape->record_size);
        code = bm_projection_read(stmt, table, record, fault);
        if (code == BM_OK) bm_shape_copy(shape, record, ret_record);
        bm_free(record);
    } else if (rc == SQLITE_ROW || rc == SQLITE_DONE) {
        code = bm_fault_set(fault, BM_NOT_FOUND, "id", "There is no %s %llu.", shape->name,
                            (unsigned long long)id);
    } else {
        code = bm_sqlite_fault(reader->db, "reading a record", fault);
    }
    sqlite3_reset(stmt);
    return code;
}

/* --- rows: the name is the caller's while a walk runs; a copy of it would need memory, and without it find nothing
 * -----------------------------------------------------------------------------------------------------
 */

static enum bm_code walk(struct sqlite_reader *reader, sqlite3_stmt *stmt, bm_row_fn *each, void *context, struct bm_fault *fault) {
    enum bm_code code = BM_OK;
    int rc;
    while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        struct bm_row row;
        code = bm_row_read(stmt, &row, fault);
        if (code || !each(context, &row)) break;
    }
    if (rc != SQLITE_ROW && rc != SQLITE_DONE) {
        code = bm_sqlite_fault(reader->db, "reading rows", fault);
    }
    sqlite3_reset(stmt);
    return code;
}

static int64_t seq_of(uint64_t seq) {
    return seq > INT64_MAX ? INT64_MAX : (int64_t)seq;
}

static enum bm_code subject(struct bm_reader *base, const char *name, uint64_t from, uint32_t limit,
                            bm_row_fn *each, void *context, struct bm_fault *fault) {
    struct sqlite_reader *reader = of(base);
    BM_CHECK(!sqlite3_stmt_busy(reader->subject));
    sqlite3_bind_text(reader->subject, 1, name, -1, SQLITE_STATIC);
    sqlite3_bind_int64(reader->subject, 2, seq_of(from));
    sqlite3_bind_int64(reader->subject, 3, limit ? (int64_t)limit : -1);
    return walk(reader, reader->subject, each, context, fault);
}

static enum bm_code subject_back(struct bm_reader *base, const char *name, uint64_t before, bm_row_fn *each, void *context,
                                 struct bm_fault *fault) {
    struct sqlite_reader *reader = of(base);
    BM_CHECK(!sqlite3_stmt_busy(reader->subject_back));
    sqlite3_bind_text(reader->subject_back, 1, name, -1, SQLITE_STATIC);
    sqlite3_bind_int64(reader->subject_back, 2, before ? seq_of(before) : INT64_MAX);
    return walk(reader, reader->subject_back, each, context, fault);
}

static enum bm_code follow(struct bm_reader *reader, uint64_t from, bm_row_fn *each, void *context,
                           struct bm_fault *fault) {
    return bm_row_walk(of(reader)->db, from, each, context, fault);
}

/* --- backup
 * ---------------------------------------------------------------------------------------------------
 */

/* Copies all pages in one step: a read transaction does not hold up the writer. */
static enum bm_code copy_pages(sqlite3 *from, const char *path, struct bm_fault *fault) {
    sqlite3 *to = NULL;
    enum bm_code code = BM_OK;
    int rc = sqlite3_open_v2(path, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, bm_page_vfs());
    if (rc == SQLITE_OK) {
        /* The file counts only once it is whole, synced and renamed. */
        rc = sqlite3_exec(to, "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF", NULL, NULL, NULL);
    }
    sqlite3_backup *backup = rc == SQLITE_OK ? sqlite3_backup_init(to, "main", from, "main") : NULL;
    bool whole = false;
    if (backup) {
        whole = sqlite3_backup_step(backup, -1) == SQLITE_DONE;
        rc = sqlite3_backup_finish(backup);
    } else {
        rc = SQLITE_ERROR;
    }
    if (rc != SQLITE_OK) {
        bool source = sqlite3_extended_errcode(to) == SQLITE_OK;
        code = bm_sqlite_fault(source ? from : to, "copying the journal", fault);
    } else if (!whole) { /* to SQLite no error, and nothing copied */
        code = bm_fault_set(fault, BM_BUSY, NULL, "The journal is held by another program; try again when it has ended.");
    }
    sqlite3_close(to);
    return code;
}

static enum bm_code sync_path(const char *path, int flags, struct bm_fault *fault) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | flags);
    bool synced = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0) close(fd);
    if (synced) return BM_OK;
    return bm_fault_set(fault, BM_IO, "path", "Cannot sync %.200s: %s.", path, strerror(errno));
}

/* Syncs the folder that holds `path`. */
static enum bm_code sync_parent(const char *path, struct bm_fault *fault) {
    char dir[BM_JOURNAL_PATH_MAX];
    snprintf(dir, sizeof dir, "%s", path);
    char *slash = strrchr(dir, '/');
    if (!slash) return sync_path(".", O_DIRECTORY, fault);
    slash[slash == dir] = 0;
    return sync_path(dir, O_DIRECTORY, fault);
}

static enum bm_code backup(struct bm_reader *base, const char *path, struct bm_fault *fault) {
    char part[BM_JOURNAL_PATH_MAX], wal[BM_JOURNAL_PATH_MAX];
    int len = snprintf(part, sizeof part, "%s.part", path);
    if (len < 0 || (size_t)len >= sizeof part) {
        return bm_fault_set(fault, BM_IO, "path", "The backup's name is too long.");
    }
    snprintf(wal, sizeof wal, "%s-wal", path);
    /* A WAL beside it would be read as part of the copy. */
    bool path_there = access(path, F_OK) == 0, path_unknown = !path_there && errno != ENOENT;
    bool wal_there = access(wal, F_OK) == 0, wal_unknown = !wal_there && errno != ENOENT;
    if (path_unknown || wal_unknown) return bm_fault_set(fault, BM_IO, "path", "Cannot look whether %.200s is there.", path);
    if (path_there || wal_there) {
        return bm_fault_set(fault, BM_EXISTS, "path",
                            "%.200s is already there; name another file, or delete it first.",
                            path);
    }
    unlink(part);
    int fd = open(part, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        return bm_fault_set(fault, errno == ENOSPC ? BM_NO_SPACE : BM_IO, "path",
                            "Cannot make %.200s: %s.", part, strerror(errno));
    }
    close(fd);
    enum bm_code code = copy_pages(of(base)->db, part, fault);
    if (code == BM_OK) code = sync_path(part, 0, fault);
    if (code == BM_OK && rename(part, path) != 0) {
        code = bm_fault_set(fault, BM_IO, "path", "Cannot name %.200s: %s.", path, strerror(errno));
    }
    if (code == BM_OK) return sync_parent(path, fault);
    unlink(part);
    return code;
}

static const struct bm_reader_functions functions = {
    close_reader, begin, end, records, get, subject, subject_back, follow, backup,
};
