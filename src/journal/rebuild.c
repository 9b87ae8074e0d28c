/* Projections again, from the journal alone: replayed into a scratch database beside the journal's,
 * compared table by table, and put in its place in one transaction. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/failpoint.h"
#include "base/seal.h"
#include "core/core.h"
#include "journal/journal_table.h"
#include "journal/projection.h"
#include "journal/sqlite_file.h"

struct rebuilding {
    sqlite3 *db;
    struct bm_core *core;
    struct bm_projection scratch;
    uint64_t rows;
    int rc;            /* SQLite's, when writing to the scratch failed */
    enum bm_code code; /* when a row could not be applied */
    struct bm_fault *fault;
};

/* A record that left memory by archiving keeps its row as it was. */
static void write_change(void *context, enum bm_table_kind table, uint64_t id, const void *record,
                         bool archived) {
    struct rebuilding *rebuilding = context;
    if (rebuilding->rc != SQLITE_DONE || table >= BM_T_REQUEST || (!record && archived)) return;
    struct bm_change change = {table, id, record};
    rebuilding->rc = bm_projection_write(&rebuilding->scratch, &change);
}

/* Changes are taken after each event, so that nothing is lost that changed and was archived in one
 * batch. */
static bool replay_row(void *context, const struct bm_row *row) {
    struct rebuilding *rebuilding = context;
    struct bm_event event;
    rebuilding->code = bm_row_event(row, &event, rebuilding->fault);
    if (rebuilding->code) return false;
    if (event.at_ms < bm_core_at_ms(rebuilding->core)) {
        rebuilding->code = bm_fault_set(rebuilding->fault, BM_CORRUPT, "at_ms",
                                        "Row %llu is older than the row before it.",
                                        (unsigned long long)row->seq);
    } else {
        bm_core_apply(rebuilding->core, &event);
        bm_core_take_changes(rebuilding->core, write_change, rebuilding);
        rebuilding->rows++;
    }
    bm_event_release(&event);
    return rebuilding->code == BM_OK && rebuilding->rc == SQLITE_DONE;
}

static enum bm_code run(struct rebuilding *rebuilding, const char *sql) {
    if (sqlite3_exec(rebuilding->db, sql, NULL, NULL, NULL) == SQLITE_OK) return BM_OK;
    return bm_sqlite_fault(rebuilding->db, "rebuilding", rebuilding->fault);
}

/* The scratch is SQLite's own temporary file: nameless, ours alone, and gone when it is closed. */
static enum bm_code make_scratch(struct rebuilding *rebuilding) {
    struct bm_buf sql = bm_buf_make(64 * 1024);
    bm_buf_text(&sql, "ATTACH '' AS scratch; PRAGMA scratch.journal_mode=OFF;"
                      "PRAGMA scratch.synchronous=OFF; BEGIN;");
    for (int t = 0; t < BM_T_REQUEST; t++) {
        bm_projection_create((enum bm_table_kind)t, "scratch", &sql);
    }
    enum bm_code code = run(rebuilding, bm_buf_c_text(&sql));
    bm_buf_free(&sql);
    if (code) return code;
    return bm_projection_prepare(rebuilding->db, "scratch", &rebuilding->scratch,
                                 rebuilding->fault);
}

static enum bm_code replay(struct rebuilding *rebuilding) {
    rebuilding->rc = SQLITE_DONE;
    enum bm_code code = bm_row_walk(rebuilding->db, 0, replay_row, rebuilding, rebuilding->fault);
    if (code) return code;
    if (rebuilding->code) return rebuilding->code;
    if (rebuilding->rc != SQLITE_DONE) {
        return bm_sqlite_fault(rebuilding->db, "writing the replay", rebuilding->fault);
    }
    return run(rebuilding, "COMMIT");
}

/* --- comparing -------------------------------------------------------------------------------- */

/* Runs a statement that gives one number. */
static enum bm_code count(struct rebuilding *rebuilding, const char *sql, uint64_t *ret_count) {
    sqlite3_stmt *stmt;
    enum bm_code code = bm_sqlite_prepare(rebuilding->db, sql, &stmt, rebuilding->fault);
    if (code) return code;
    if (sqlite3_step(stmt) == SQLITE_ROW)
        *ret_count = (uint64_t)sqlite3_column_int64(stmt, 0);
    else
        code = bm_sqlite_fault(rebuilding->db, "comparing", rebuilding->fault);
    sqlite3_finalize(stmt);
    return code;
}

/* Whether the file has this format, and its tables the columns that this build writes. */
static enum bm_code same_columns(struct rebuilding *rebuilding, bool *ret_same) {
    uint8_t schema[BM_DIGEST_BYTES];
    char hex[2 * BM_DIGEST_BYTES + 1], sql[200];
    uint64_t found = 0;
    bm_entity_schema(schema);
    bm_hex(schema, sizeof schema, hex);
    snprintf(sql, sizeof sql, "SELECT count(*) FROM meta WHERE one=1 AND projections=x'%s' AND format=%d", hex, BM_DATA_FORMAT);
    enum bm_code code = count(rebuilding, sql, &found);
    if (code == BM_OK) *ret_same = found == 1;
    return code;
}

/* Rows of one table that differ.  A table with other columns differs in every row. */
static enum bm_code compare(struct rebuilding *rebuilding, enum bm_table_kind table, bool same,
                            uint64_t *ret_differing) {
    struct bm_buf sql = bm_buf_make(16 * 1024);
    if (same)
        bm_projection_compare(table, "scratch", &sql);
    else
        bm_buf_printf(&sql, "SELECT count(*) FROM scratch.\"%s\"", bm_table_shape(table)->name);
    enum bm_code code = count(rebuilding, bm_buf_c_text(&sql), ret_differing);
    bm_buf_free(&sql);
    return code;
}

static void put_replacement(enum bm_table_kind table, struct bm_buf *sql) {
    const char *name = bm_table_shape(table)->name;
    bm_buf_printf(sql, "DROP TABLE IF EXISTS main.\"%s\";", name);
    bm_projection_create(table, "main", sql);
    bm_buf_printf(sql, "INSERT INTO main.\"%s\" SELECT * FROM scratch.\"%s\";", name, name);
    bm_projection_indexes(table, "main", sql);
}

/* Says in `meta` which columns the tables have now, and the format with them. */
static void put_columns(struct bm_buf *sql) {
    uint8_t schema[BM_DIGEST_BYTES];
    char hex[2 * BM_DIGEST_BYTES + 1];
    bm_entity_schema(schema);
    bm_hex(schema, sizeof schema, hex);
    bm_buf_printf(sql, "UPDATE meta SET projections=x'%s',format=%d WHERE one=1; COMMIT;", hex, BM_DATA_FORMAT);
}

static enum bm_code compare_all(struct rebuilding *rebuilding, bool mend, uint64_t *ret_differing) {
    struct bm_buf sql = bm_buf_make(256 * 1024);
    uint64_t total = 0;
    bool same = false;
    enum bm_code code = same_columns(rebuilding, &same);
    bm_buf_text(&sql, "BEGIN IMMEDIATE;");
    for (int t = 0; t < BM_T_REQUEST && code == BM_OK; t++) {
        uint64_t differing = 0;
        code = compare(rebuilding, (enum bm_table_kind)t, same, &differing);
        if (differing || !same) put_replacement((enum bm_table_kind)t, &sql);
        total += differing;
    }
    put_columns(&sql);
    if (code == BM_OK) BM_STEP_DONE(rebuild_compared);
    if (code == BM_OK && mend && (total || !same)) {
        code = BM_FAILS(rebuild_full) ? bm_fault_set(rebuilding->fault, BM_NO_SPACE, "journal", "SQLite, rebuilding: the disk is full.") : run(rebuilding, bm_buf_c_text(&sql));
        if (code && !sqlite3_get_autocommit(rebuilding->db)) {
            sqlite3_exec(rebuilding->db, "ROLLBACK", NULL, NULL, NULL);
        }
    }
    if (code == BM_OK) BM_STEP_DONE(rebuild_committed);
    bm_buf_free(&sql);
    if (code == BM_OK) *ret_differing = total;
    return code;
}

enum bm_code bm_journal_rebuild(const char *dir, bool mend, uint64_t *ret_rows,
                                uint64_t *ret_differing, struct bm_fault *fault) {
    char path[BM_JOURNAL_PATH_MAX];
    struct rebuilding rebuilding = {.fault = fault};
    uint64_t ledger, epoch, differing = 0;
    enum bm_code code = bm_sqlite_path(dir, "journal.db", path, fault);
    if (code) return code;
    bm_seal_init();
    code = bm_sqlite_probe(path, fault);
    if (code == BM_OK) code = bm_sqlite_open(path, BM_SQLITE_WRITER, &rebuilding.db, fault);
    if (code) return code;
    rebuilding.core = bm_core_new();
    code = bm_sqlite_meta(rebuilding.db, &ledger, &epoch, fault);
    if (code == BM_OK) code = make_scratch(&rebuilding);
    if (code == BM_OK) BM_STEP_DONE(rebuild_scratch_made);
    if (code == BM_OK) code = replay(&rebuilding);
    if (code == BM_OK) BM_STEP_DONE(rebuild_replayed);
    if (code == BM_OK) code = compare_all(&rebuilding, mend, &differing);
    bm_projection_finalize(&rebuilding.scratch);
    bm_core_free(rebuilding.core);
    sqlite3_close(rebuilding.db);
    if (code) return code;
    *ret_rows = rebuilding.rows;
    *ret_differing = differing;
    return BM_OK;
}
