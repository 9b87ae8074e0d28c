/* SQLite connections of this room: how one is opened, what its errors mean, and how a journal row is
 * read from a statement.  Nothing read from a file is trusted: types are looked at first. */
#ifndef BM_JOURNAL_SQLITE_FILE_H
#define BM_JOURNAL_SQLITE_FILE_H

#include <sqlite3.h>

#include "journal/journal.h"

/* Marks our files ("BMJ1") in SQLite's header, so that another program's file is told apart. */
enum { BM_JOURNAL_APPLICATION = 0x424d4a31, BM_JOURNAL_PATH_MAX = 4096 };

/* The columns of the journal table, in the order in which they are hashed. */
#define BM_ROW_COLUMNS                                                                             \
    "format,ledger,epoch,seq,at_ms,kind,kind_version,subject,actor,request,body,key_id,nonce,"     \
    "sealed,hash"
enum { BM_ROW_COLUMN_COUNT = 15 };

enum bm_sqlite_role {
    BM_SQLITE_WRITER, /* the only one that checkpoints */
    BM_SQLITE_READER  /* query_only, never checkpoints, not even when it is the last to close */
};

/* Writes "DIR/journal.db" and its like; BM_IO when the name is too long. */
BM_MUST_USE enum bm_code bm_sqlite_path(const char *dir, const char *name,
                                        char ret_path[BM_JOURNAL_PATH_MAX],
                                        struct bm_fault *fault);
/* Looks at the first page of an existing file before SQLite does.  BM_NOT_FOUND (no file),
 * BM_BAD_FORMAT (not ours), BM_CORRUPT (ours, and damaged), BM_IO. */
BM_MUST_USE enum bm_code bm_sqlite_probe(const char *path, struct bm_fault *fault);
/* Opens an existing file through the page VFS with the settings of its role. */
BM_MUST_USE enum bm_code bm_sqlite_open(const char *path, enum bm_sqlite_role role,
                                        sqlite3 **ret_db, struct bm_fault *fault);
/* Sets what every connection of ours has; SQLITE_OK or SQLite's code. */
int bm_sqlite_settings(sqlite3 *db, enum bm_sqlite_role role);
/* Reads `meta`: BM_BAD_FORMAT says which format the file has when it is a later one. */
BM_MUST_USE enum bm_code bm_sqlite_meta(sqlite3 *db, uint64_t *ret_ledger, uint64_t *ret_epoch,
                                        struct bm_fault *fault);
/* The newest row's seq and hash; zero when there is none. */
BM_MUST_USE enum bm_code bm_sqlite_head(sqlite3 *db, struct bm_head *ret_head,
                                        struct bm_fault *fault);

/* The fault that SQLite's last error on `db` stands for; names the page when a checksum failed. */
enum bm_code bm_sqlite_fault(sqlite3 *db, const char *doing, struct bm_fault *fault);
/* The page whose checksum failed last on this connection; 0: none. */
uint64_t bm_sqlite_bad_page(sqlite3 *db);
/* Prepares a statement that will be used again. */
/* A column that does not hold what it should may be one that SQLite had no memory for: that ends the program, as elsewhere. */
void bm_sqlite_need_memory(sqlite3_stmt *stmt);
BM_MUST_USE enum bm_code bm_sqlite_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **ret_stmt,
                                           struct bm_fault *fault);
/* Opens a reader for a file that a writer of this process holds. */
BM_MUST_USE enum bm_code bm_reader_open_path(const char *path, struct bm_reader **ret_reader,
                                             struct bm_fault *fault);

/* Reads the row that `stmt` (SELECT BM_ROW_COLUMNS) stands on; it lends SQLite's memory until the next
 * step.  BM_CORRUPT names the column that has another type than it should. */
BM_MUST_USE enum bm_code bm_row_read(sqlite3_stmt *stmt, struct bm_row *ret_row,
                                     struct bm_fault *fault);
/* Walks rows with seq > from along the chain, calling `each`. */
BM_MUST_USE enum bm_code bm_row_walk(sqlite3 *db, uint64_t from, bm_row_fn *each, void *context,
                                     struct bm_fault *fault);

#endif
