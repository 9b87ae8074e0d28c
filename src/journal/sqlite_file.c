#include "journal/sqlite_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "base/seal.h"
#include "journal/journal_table.h"
#include "journal/page_file.h"
#include "journal/page_vfs.h"
#include "journal/wal.h"

enum { APPLICATION_OFFSET = 68, RESERVED_OFFSET = 20 };

enum bm_code bm_sqlite_path(const char *dir, const char *name, char ret_path[BM_JOURNAL_PATH_MAX],
                            struct bm_fault *fault) {
    int len = snprintf(ret_path, BM_JOURNAL_PATH_MAX, "%s/%s", dir, name);
    if (len < 0 || len >= BM_JOURNAL_PATH_MAX) {
        return bm_fault_set(fault, BM_IO, "dir", "The folder's name is too long.");
    }
    return BM_OK;
}

/* --- errors ----------------------------------------------------------------------------------- */

uint64_t bm_sqlite_bad_page(sqlite3 *db) {
    uint64_t page = 0;
    if (sqlite3_file_control(db, "main", BM_PAGE_FCNTL_BAD, &page) != SQLITE_OK) return 0;
    return page;
}

enum bm_code bm_sqlite_fault(sqlite3 *db, const char *doing, struct bm_fault *fault) {
    int rc = sqlite3_extended_errcode(db);
    if (rc == SQLITE_IOERR_DATA) {
        return bm_fault_set(fault, BM_CORRUPT, "page",
                            "Page %llu of journal.db does not have its checksum (%s). Run "
                            "`bellman journal verify`, then restore a backup.",
                            (unsigned long long)bm_sqlite_bad_page(db), doing);
    }
    enum bm_code code;
    switch (rc & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_ERROR: /* our statements are fixed: a table or column is missing from the file */
    case SQLITE_MISMATCH:
        code = BM_CORRUPT;
        break;
    case SQLITE_FULL:
        code = BM_NO_SPACE;
        break;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        code = BM_BUSY;
        break;
    case SQLITE_NOMEM:
        bm_check_failed("memory for SQLite", __FILE__, __LINE__);
    default:
        code = BM_IO;
        break;
    }
    return bm_fault_set(fault, code, "journal", "SQLite, %s: %.160s (%d).", doing,
                        sqlite3_errmsg(db), rc);
}

void bm_sqlite_need_memory(sqlite3_stmt *stmt) {
    if ((sqlite3_errcode(sqlite3_db_handle(stmt)) & 0xff) == SQLITE_NOMEM) bm_check_failed("memory for SQLite", __FILE__, __LINE__);
}

enum bm_code bm_sqlite_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **ret_stmt,
                               struct bm_fault *fault) {
    sqlite3_stmt *stmt = NULL;
    if (sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL) != SQLITE_OK) {
        return bm_sqlite_fault(db, "preparing a statement", fault);
    }
    *ret_stmt = stmt;
    return BM_OK;
}

/* --- opening
 * ------------------------------------------------------------------------------------------------
 */

static enum bm_code foreign(const char *path, const char *why, struct bm_fault *fault) {
    return bm_fault_set(fault, BM_BAD_FORMAT, "journal", "%.200s is not a Bellman journal: %s.",
                        path, why);
}

/* Whether the WAL holds a whole page 1: a checkpoint that lost power may have torn the one in the
 * file, and SQLite does not look at that one. */
static bool in_wal(const char *path) {
    struct bm_wal_scan scan;
    bool held = bm_wal_scan(path, &scan, NULL) == BM_OK && bm_wal_scan_has(&scan, 1);
    bm_wal_scan_free(&scan);
    return held;
}

enum bm_code bm_sqlite_probe(const char *path, struct bm_fault *fault) {
    struct bm_page_file file;
    enum bm_code code = bm_page_file_open(path, BM_PAGE_FILE_MAIN, &file, fault);
    if (code) return code;
    uint8_t page[BM_PAGE_BYTES] = {0};
    size_t len = 0;
    code = bm_page_file_read(&file, 0, page, sizeof page, &len, fault);
    bm_page_file_close(&file);
    if (code) return code;
    bool magic = len >= 16 && memcmp(page, "SQLite format 3", 16) == 0;
    static const uint8_t application[4] = {0x42, 0x4d, 0x4a, 0x31};
    bool ours = memcmp(page + APPLICATION_OFFSET, application, 4) == 0;
    if (len == BM_PAGE_BYTES && bm_page_sound(page, 1)) {
        if (magic && ours) return BM_OK;
        return foreign(path, "another program wrote it", fault);
    }
    /* Damaged or foreign: enough of our marks must be left to call it ours. */
    int marks = magic + ours + (page[RESERVED_OFFSET] == BM_PAGE_CHECK_BYTES);
    if (marks >= 2 && in_wal(path)) return BM_OK;
    if (len == 0 || marks >= 2) {
        return bm_fault_set(fault, BM_CORRUPT, "page",
                            "Page 1 of %.160s is damaged or cut off. Restore a backup.", path);
    }
    return foreign(path, magic ? "another program's SQLite file" : "no SQLite file", fault);
}

static int run(sqlite3 *db, const char *sql) {
    return sqlite3_exec(db, sql, NULL, NULL, NULL);
}

int bm_sqlite_settings(sqlite3 *db, enum bm_sqlite_role role) {
    sqlite3_extended_result_codes(db, 1);
    sqlite3_busy_timeout(db, 5000);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    if (role == BM_SQLITE_READER) {
        sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
        return run(db, "PRAGMA mmap_size=0; PRAGMA wal_autocheckpoint=0; PRAGMA foreign_keys=OFF;"
                       "PRAGMA cell_size_check=ON; PRAGMA cache_size=-8000; PRAGMA query_only=ON");
    }
    return run(db, "PRAGMA mmap_size=0; PRAGMA synchronous=FULL; PRAGMA foreign_keys=OFF;"
                   "PRAGMA secure_delete=ON; PRAGMA cell_size_check=ON; PRAGMA cache_size=-32000;"
                   "PRAGMA wal_autocheckpoint=4000; PRAGMA journal_size_limit=67108864");
}

enum bm_code bm_sqlite_open(const char *path, enum bm_sqlite_role role, sqlite3 **ret_db,
                            struct bm_fault *fault) {
    sqlite3 *db = NULL;
    int rc = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, bm_page_vfs());
    if (rc == SQLITE_OK) rc = bm_sqlite_settings(db, role);
    if (rc == SQLITE_OK) {
        *ret_db = db;
        return BM_OK;
    }
    enum bm_code code = bm_sqlite_fault(db, "opening the journal", fault);
    sqlite3_close(db);
    return code;
}

enum bm_code bm_sqlite_meta(sqlite3 *db, uint64_t *ret_ledger, uint64_t *ret_epoch,
                            struct bm_fault *fault) {
    sqlite3_stmt *stmt;
    enum bm_code code = bm_sqlite_prepare(db, "SELECT format,ledger,epoch FROM meta WHERE one=1",
                                          &stmt, fault);
    if (code) return code;
    int rc = sqlite3_step(stmt);
    int64_t format = sqlite3_column_int64(stmt, 0), ledger = sqlite3_column_int64(stmt, 1);
    int64_t epoch = sqlite3_column_int64(stmt, 2);
    if (rc == SQLITE_DONE) {
        code = bm_fault_set(fault, BM_CORRUPT, "meta", "The journal has lost its description.");
    } else if (rc != SQLITE_ROW) {
        code = bm_sqlite_fault(db, "reading the description", fault);
    } else if (format < 1 || format > BM_DATA_FORMAT) {
        code = bm_fault_set(fault, BM_BAD_FORMAT, "format",
                            "The data has format %lld; this program knows formats up to %d. Start the "
                            "program that wrote it, or a later one.",
                            (long long)format, BM_DATA_FORMAT);
    } else if (ledger <= 0 || epoch < 0) {
        code = bm_fault_set(fault, BM_CORRUPT, "meta", "The journal's description is damaged.");
    }
    sqlite3_finalize(stmt);
    if (code == BM_OK) {
        *ret_ledger = (uint64_t)ledger;
        *ret_epoch = (uint64_t)epoch;
    }
    return code;
}

enum bm_code bm_sqlite_head(sqlite3 *db, struct bm_head *ret_head, struct bm_fault *fault) {
    sqlite3_stmt *stmt;
    enum bm_code code = bm_sqlite_prepare(
        db, "SELECT " BM_ROW_COLUMNS " FROM journal ORDER BY seq DESC LIMIT 1", &stmt, fault);
    if (code) return code;
    int rc = sqlite3_step(stmt);
    struct bm_row row;
    struct bm_head head = {0};
    if (rc == SQLITE_ROW) {
        code = bm_row_read(stmt, &row, fault);
        if (code == BM_OK) head = (struct bm_head){row.seq, row.hash};
    } else if (rc != SQLITE_DONE) {
        code = bm_sqlite_fault(db, "reading the newest row", fault);
    }
    sqlite3_finalize(stmt);
    if (code == BM_OK) *ret_head = head;
    return code;
}

/* --- rows
 * ------------------------------------------------------------------------------------------------
 */

/* An integer column that is not negative. */
static bool read_number(sqlite3_stmt *stmt, int column, uint64_t *ret_number) {
    if (sqlite3_column_type(stmt, column) != SQLITE_INTEGER) return false;
    int64_t number = sqlite3_column_int64(stmt, column);
    *ret_number = (uint64_t)number;
    return number >= 0;
}

static bool read_small(sqlite3_stmt *stmt, int column, uint32_t *ret_number) {
    uint64_t number;
    if (!read_number(stmt, column, &number) || number > UINT32_MAX) return false;
    *ret_number = (uint32_t)number;
    return true;
}

/* A text without NUL in it. */
static bool read_text(sqlite3_stmt *stmt, int column, const char **ret_text) {
    if (sqlite3_column_type(stmt, column) != SQLITE_TEXT) return false;
    *ret_text = (const char *)sqlite3_column_text(stmt, column);
    return *ret_text && strlen(*ret_text) == (size_t)sqlite3_column_bytes(stmt, column);
}

/* NULL, or a blob of exactly `len` bytes. */
static bool read_blob(sqlite3_stmt *stmt, int column, int len, const uint8_t **ret_bytes) {
    *ret_bytes = NULL;
    if (sqlite3_column_type(stmt, column) == SQLITE_NULL) return true;
    if (sqlite3_column_type(stmt, column) != SQLITE_BLOB) return false;
    *ret_bytes = sqlite3_column_blob(stmt, column);
    return sqlite3_column_bytes(stmt, column) == len && *ret_bytes;
}

/* The name of the first column that is not as it should be, or NULL. */
static const char *read_columns(sqlite3_stmt *stmt, struct bm_row *row) {
    uint64_t at_ms;
    const uint8_t *hash;
    if (!read_small(stmt, 0, &row->format)) return "format";
    if (!read_number(stmt, 1, &row->ledger)) return "ledger";
    if (!read_number(stmt, 2, &row->epoch)) return "epoch";
    if (!read_number(stmt, 3, &row->seq)) return "seq";
    if (!read_number(stmt, 4, &at_ms)) return "at_ms";
    row->at_ms = (int64_t)at_ms;
    if (!read_text(stmt, 5, &row->kind)) return "kind";
    if (!read_small(stmt, 6, &row->kind_version)) return "kind_version";
    if (!read_text(stmt, 7, &row->subject)) return "subject";
    if (!read_text(stmt, 8, &row->actor)) return "actor";
    if (!read_blob(stmt, 9, BM_REQUEST_BYTES, &row->request)) return "request";
    if (sqlite3_column_type(stmt, 10) != SQLITE_TEXT) return "body";
    row->body = (const char *)sqlite3_column_text(stmt, 10);
    row->body_len = (size_t)sqlite3_column_bytes(stmt, 10);
    if (!read_number(stmt, 11, &row->key_id)) return "key_id";
    if (!read_blob(stmt, 12, BM_NONCE_BYTES, &row->nonce)) return "nonce";
    int sealed_type = sqlite3_column_type(stmt, 13);
    if (sealed_type != SQLITE_NULL && sealed_type != SQLITE_BLOB) return "sealed";
    row->sealed = sqlite3_column_blob(stmt, 13);
    row->sealed_len = (size_t)sqlite3_column_bytes(stmt, 13);
    if ((row->key_id != 0) != (row->nonce != NULL)) return "key_id";
    if (row->key_id == 0 && sealed_type != SQLITE_NULL) return "sealed";
    if (!read_blob(stmt, 14, BM_HASH_BYTES, &hash) || !hash) return "hash";
    memcpy(row->hash.bytes, hash, BM_HASH_BYTES);
    return NULL;
}

enum bm_code bm_row_read(sqlite3_stmt *stmt, struct bm_row *ret_row, struct bm_fault *fault) {
    struct bm_row row = {0};
    const char *wrong = read_columns(stmt, &row);
    if (wrong) {
        bm_sqlite_need_memory(stmt);
        return bm_fault_set(fault, BM_CORRUPT, wrong,
                            "Row %lld: the column \"%s\" does not hold what it should. Restore a "
                            "backup.",
                            (long long)sqlite3_column_int64(stmt, 3), wrong);
    }
    *ret_row = row;
    return BM_OK;
}

/* The hash of row `seq`, where a walk begins. */
static enum bm_code read_hash(sqlite3 *db, uint64_t seq, struct bm_hash *ret_hash, bool *ret_found,
                              struct bm_fault *fault) {
    sqlite3_stmt *stmt;
    enum bm_code code = bm_sqlite_prepare(db, "SELECT " BM_ROW_COLUMNS " FROM journal WHERE seq=?1",
                                          &stmt, fault);
    if (code) return code;
    sqlite3_bind_int64(stmt, 1, (int64_t)seq);
    int rc = sqlite3_step(stmt);
    struct bm_row row;
    if (rc == SQLITE_ROW) {
        code = bm_row_read(stmt, &row, fault);
        if (code == BM_OK) *ret_hash = row.hash;
    } else if (rc != SQLITE_DONE) {
        code = bm_sqlite_fault(db, "reading a row", fault);
    }
    *ret_found = rc == SQLITE_ROW;
    sqlite3_finalize(stmt);
    return code;
}

enum bm_code bm_row_walk(sqlite3 *db, uint64_t from, bm_row_fn *each, void *context,
                         struct bm_fault *fault) {
    struct bm_chain chain = {0, {from, {{0}}}};
    bool found = true;
    if (from > INT64_MAX) return BM_OK;
    enum bm_code code = from ? read_hash(db, from, &chain.last.hash, &found, fault) : BM_OK;
    if (code) return code;
    sqlite3_stmt *stmt;
    code = bm_sqlite_prepare(db, "SELECT " BM_ROW_COLUMNS " FROM journal WHERE seq>?1 ORDER BY seq",
                             &stmt, fault);
    if (code) return code;
    sqlite3_bind_int64(stmt, 1, (int64_t)from);
    int rc = SQLITE_ROW;
    while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        struct bm_row row;
        code = bm_row_read(stmt, &row, fault);
        if (code == BM_OK && !found) {
            code = bm_fault_set(fault, BM_CORRUPT, "seq", "Row %llu is missing. Restore a backup.",
                                (unsigned long long)from);
        }
        if (code == BM_OK) code = bm_chain_step(&chain, &row, fault);
        if (code || !each(context, &row)) break;
    }
    if (rc != SQLITE_ROW && rc != SQLITE_DONE) {
        code = bm_sqlite_fault(db, "reading rows", fault);
        if (fault) {
            size_t len = strlen(fault->detail);
            snprintf(fault->detail + len, sizeof fault->detail - len, " After row %llu.",
                     (unsigned long long)chain.last.seq);
        }
    }
    sqlite3_finalize(stmt);
    return code;
}
