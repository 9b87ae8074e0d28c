/* Projections in SQL: one table per table of the core except BM_T_REQUEST, of the same name and
 * columns, all generated from bm_table_shape().
 *
 *   field            column                 holds
 *   ID               "name" INTEGER         NULL for 0; "id" is the primary key
 *   AT, SPAN         "name" INTEGER         milliseconds; NULL when missing
 *   COUNT, FLAG      "name" INTEGER
 *   E7               "name_e7" INTEGER      degrees x 1e7; NULL when missing
 *   WORD             "name" TEXT            the word; NULL for a leading "none"
 *   WORDS            "name" TEXT            words with commas between
 *   TEXT             "name" TEXT
 *   BYTES, DIGEST    "name" BLOB            NULL when empty
 *   IDS              "name" BLOB            8 little-endian bytes each; NULL when empty
 * Names are quoted because of "case".  Indexes: what bm_query asks for, partial where it helps. */
#ifndef BM_JOURNAL_PROJECTION_H
#define BM_JOURNAL_PROJECTION_H

#include <sqlite3.h>

#include "base/buf.h"
#include "journal/journal.h"

/* Each appends one or more statements.  `schema` is "main" or an attached database. */
void bm_projection_create(enum bm_table_kind table, const char *schema, struct bm_buf *sql);
void bm_projection_indexes(enum bm_table_kind table, const char *schema, struct bm_buf *sql);
void bm_projection_upsert(enum bm_table_kind table, const char *schema, struct bm_buf *sql);
void bm_projection_delete(enum bm_table_kind table, const char *schema, struct bm_buf *sql);
/* Parameters ?1: query->id, ?2: after, ?3: limit (bm_projection_select_bind). */
void bm_projection_select(const struct bm_query *query, struct bm_buf *sql);
void bm_projection_select_bind(sqlite3_stmt *stmt, const struct bm_query *query);
/* Counts rows of `main` that are missing, extra or other than in `schema`. */
void bm_projection_compare(enum bm_table_kind table, const char *schema, struct bm_buf *sql);

/* Binds a record's fields as the parameters of an upsert; texts and bytes are lent until the reset. */
int bm_projection_bind(sqlite3_stmt *stmt, enum bm_table_kind table, const void *record);
/* Reads the row that `stmt` stands on into `record` (cleared first), whose BYTES are lent by SQLite
 * until the next step.  BM_CORRUPT names table, id and field. */
BM_MUST_USE enum bm_code bm_projection_read(sqlite3_stmt *stmt, enum bm_table_kind table,
                                            void *record, struct bm_fault *fault);

/* Whether a record is one that open_only lets through; the SQL above says the same. */
bool bm_projection_open(enum bm_table_kind table, const void *record);
/* The field of the case that it hangs on, where nothing is open any more once that case is archived (it has a stub), whatever its
 * own row says, such as a call that nobody ended; NULL: it hangs on none. */
const struct bm_field *bm_projection_hangs_on(enum bm_table_kind table);
/* The ID field that `query` names, or NULL when it names none.  A name that is no ID field of the table
 * is a mistake of ours. */
const struct bm_field *bm_projection_field(const struct bm_query *query);

/* The upsert and delete statements of all tables on one connection. */
struct bm_projection {
    sqlite3_stmt *upsert[BM_T_REQUEST], *remove[BM_T_REQUEST];
};
BM_MUST_USE enum bm_code bm_projection_prepare(sqlite3 *db, const char *schema,
                                               struct bm_projection *ret_projection,
                                               struct bm_fault *fault);
void bm_projection_finalize(struct bm_projection *projection);
/* Writes or removes one record; SQLITE_DONE or SQLite's code. */
int bm_projection_write(struct bm_projection *projection, const struct bm_change *change);

#endif
