/* `bellman journal verify`: everything that can be said about a journal's files without trusting
 * them.
 *
 * Pages first, by their own checksums; then the WAL; then the rows, walking around pages that
 * cannot be read; and SQLite's own look at its structure, which says nothing new once a page is
 * known broken. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/seal.h"
#include "journal/journal_table.h"
#include "journal/page_file.h"
#include "journal/page_vfs.h"
#include "journal/sqlite_file.h"
#include "journal/wal.h"

enum { PROBLEMS_KEPT = 32, PAGE_COUNT_OFFSET = 28, PROBES_MAX = 1000000 };

struct verifying {
    struct bm_verify *out;
    char path[BM_JOURNAL_PATH_MAX];
    struct bm_wal_scan wal;
    const struct bm_head *expected; /* NULL: none */
    sqlite3 *db;
    sqlite3_stmt *walk, *probe;
    struct bm_chain chain;
    bool walked; /* the rows could be read at all */
    bool linked; /* chain.last was read, so the next row's hash can be worked out */
};

__attribute__((format(printf, 4, 5))) static void problem(struct verifying *verifying, uint64_t seq,
                                                          uint64_t page, const char *format, ...) {
    struct bm_verify *out = verifying->out;
    if (out->problem_count < PROBLEMS_KEPT) {
        struct bm_verify_problem *at = &out->problems[out->problem_count];
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(at->text, sizeof at->text, format, arguments);
        va_end(arguments);
        at->seq = seq;
        at->page = page;
    }
    out->problem_count++;
}

/* --- pages ------------------------------------------------------------------------------------ */

static uint64_t page_count_of(const uint8_t *page) {
    const uint8_t *at = page + PAGE_COUNT_OFFSET;
    return (uint64_t)at[0] << 24 | (uint64_t)at[1] << 16 | (uint64_t)at[2] << 8 | at[3];
}

/* Reads a page and says whether it is as it was written.  One that a server is writing right now is
 * given a second look; one whose newest version is in the WAL may be half written (a power cut
 * during a checkpoint), which SQLite mends by itself. */
static enum bm_code look_at_page(struct verifying *verifying, struct bm_page_file *file,
                                 uint64_t number, uint8_t *page, bool *ret_sound,
                                 struct bm_fault *fault) {
    bool sound = false;
    for (int attempt = 0; attempt < 2 && !sound; attempt++) {
        size_t len;
        if (attempt) sqlite3_sleep(2);
        enum bm_code code = bm_page_file_read(file, (number - 1) * BM_PAGE_BYTES, page,
                                              BM_PAGE_BYTES, &len, fault);
        if (code) return code;
        sound = bm_page_sound(page, number) || bm_wal_scan_has(&verifying->wal, number);
    }
    *ret_sound = sound;
    return BM_OK;
}

/* Compares the file's length with what page 1 says. */
static void check_length(struct verifying *verifying, uint64_t present, uint64_t wanted) {
    for (uint64_t page = present + 1; page <= wanted; page++) {
        if (page == BM_PAGE_OF_LOCKS || bm_wal_scan_has(&verifying->wal, page)) continue;
        problem(verifying, 0, page,
                "The file ends after page %llu of %llu: it was cut. Restore a backup.",
                (unsigned long long)present, (unsigned long long)wanted);
        return;
    }
    if (present > wanted && verifying->wal.frames == 0) {
        problem(verifying, 0, wanted + 1, "Page %llu lies behind the end that page 1 gives (%llu).",
                (unsigned long long)wanted + 1, (unsigned long long)wanted);
    }
}

static enum bm_code check_pages(struct verifying *verifying, struct bm_fault *fault) {
    struct bm_page_file file;
    enum bm_code code = bm_page_file_open(verifying->path, BM_PAGE_FILE_MAIN, &file, fault);
    if (code) return BM_IO;
    uint8_t page[BM_PAGE_BYTES];
    uint64_t count = file.size / BM_PAGE_BYTES, wanted = 0;
    for (uint64_t number = 1; number <= count && code == BM_OK; number++) {
        bool sound = true;
        if (number == BM_PAGE_OF_LOCKS) continue;
        code = look_at_page(verifying, &file, number, page, &sound, fault);
        if (code == BM_OK && !sound) {
            problem(
                verifying, 0, number,
                "Page %llu does not have its checksum: bits in it were changed. Restore a backup.",
                (unsigned long long)number);
        } else if (code == BM_OK && number == 1 && bm_page_sound(page, 1)) {
            wanted = page_count_of(page);
        }
    }
    if (file.size == 0) problem(verifying, 0, 1, "The file is empty. Restore a backup.");
    if (file.size % BM_PAGE_BYTES) {
        problem(verifying, 0, count + 1,
                "The file ends in the middle of page %llu. Restore a backup.",
                (unsigned long long)count + 1);
    }
    if (wanted) check_length(verifying, count, wanted);
    bm_page_file_close(&file);
    return code;
}

/* --- rows
 * -------------------------------------------------------------------------------------------------
 */

/* The highest seq that a walk around broken pages has to look for. */
static uint64_t highest_seq(struct verifying *verifying) {
    static const char *const ways[] = {
        "SELECT max(seq) FROM journal",
        /* When the table's last page is broken the index still knows. */
        "SELECT max(seq) FROM journal INDEXED BY journal_by_subject WHERE subject>''",
    };
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        sqlite3_stmt *stmt = NULL;
        uint64_t seq = 0;
        bool found = sqlite3_prepare_v2(verifying->db, ways[i], -1, &stmt, NULL) == SQLITE_OK &&
                     sqlite3_step(stmt) == SQLITE_ROW;
        if (found) seq = (uint64_t)sqlite3_column_int64(stmt, 0);
        sqlite3_finalize(stmt);
        if (found && seq <= INT64_MAX) return seq;
    }
    if (verifying->expected) return verifying->expected->seq;
    return verifying->chain.last.seq + PROBES_MAX;
}

/* After a row that could not be read: goes on at the next one that can; false at the end. */
static bool step_over(struct verifying *verifying) {
    uint64_t first = verifying->chain.last.seq + 1, highest = highest_seq(verifying);
    uint64_t page = bm_sqlite_bad_page(verifying->db), seq = first;
    bool readable = false;
    for (uint64_t probes = 0; seq <= highest && probes < PROBES_MAX; probes++) {
        sqlite3_bind_int64(verifying->probe, 1, (int64_t)seq);
        readable = sqlite3_step(verifying->probe) == SQLITE_ROW;
        sqlite3_reset(verifying->probe);
        if (readable) break;
        seq++;
    }
    if (readable || highest >= first) {
        problem(verifying, first, page,
                "Rows %llu to %llu cannot be read (page %llu). Restore a backup.",
                (unsigned long long)first, (unsigned long long)(readable ? seq - 1 : highest),
                (unsigned long long)page);
    } else {
        problem(verifying, first, page, "The rows from %llu on cannot be read (page %llu).",
                (unsigned long long)first, (unsigned long long)page);
    }
    verifying->chain.last.seq = seq - 1;
    verifying->linked = false;
    return readable;
}

static void check_row(struct verifying *verifying) {
    struct bm_row row;
    struct bm_fault fault;
    struct bm_chain *chain = &verifying->chain;
    uint64_t seq = (uint64_t)sqlite3_column_int64(verifying->walk, 3);
    if (bm_row_read(verifying->walk, &row, &fault)) {
        problem(verifying, seq, 0, "%s", fault.detail);
        chain->last.seq = seq;
        verifying->linked = false;
        return;
    }
    if (!verifying->linked && seq == chain->last.seq + 1) {
        /* The row before could not be read, so this one's hash cannot be worked out. */
        chain->last = (struct bm_head){seq, row.hash};
    } else if (bm_chain_step(chain, &row, &fault)) {
        uint64_t first = chain->last.seq + 1;
        problem(verifying, seq > first ? first : seq, 0, "%s", fault.detail);
        chain->last = (struct bm_head){seq, row.hash};
    } else {
        verifying->out->rows++;
    }
    verifying->linked = true;
    verifying->out->head = chain->last;
    if (verifying->expected && seq == verifying->expected->seq &&
        memcmp(&row.hash, &verifying->expected->hash, sizeof row.hash) != 0) {
        problem(
            verifying, seq, 0,
            "Row %llu is not the one that the signed checkpoint names: the journal was rewritten.",
            (unsigned long long)seq);
    }
}

static void check_rows(struct verifying *verifying) {
    bool more = true;
    while (more) {
        int rc;
        /* ">=" leads straight to the row that step_over found; ">" might touch the page before it.
         */
        sqlite3_bind_int64(verifying->walk, 1, (int64_t)verifying->chain.last.seq + 1);
        while ((rc = sqlite3_step(verifying->walk)) == SQLITE_ROW) check_row(verifying);
        sqlite3_reset(verifying->walk);
        more = rc != SQLITE_DONE && step_over(verifying);
    }
}

/* --- SQLite's own look, and the rest ---------------------------------------------------------- */

static void check_structure(struct verifying *verifying) {
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(verifying->db, "PRAGMA integrity_check(32)", -1, &stmt, NULL);
    while (rc == SQLITE_OK || rc == SQLITE_ROW) {
        rc = sqlite3_step(stmt);
        if (rc != SQLITE_ROW) break;
        const char *text = (const char *)sqlite3_column_text(stmt, 0);
        if (text && strcmp(text, "ok") != 0) problem(verifying, 0, 0, "SQLite: %.160s", text);
    }
    if (rc != SQLITE_DONE) {
        problem(verifying, 0, bm_sqlite_bad_page(verifying->db),
                "SQLite cannot check the file: %.120s", sqlite3_errmsg(verifying->db));
    }
    sqlite3_finalize(stmt);
}

static enum bm_code open_rows(struct verifying *verifying, struct bm_fault *fault) {
    uint64_t epoch;
    enum bm_code code = bm_sqlite_probe(verifying->path, fault);
    if (code == BM_OK) {
        code = bm_sqlite_open(verifying->path, BM_SQLITE_READER, &verifying->db, fault);
    }
    if (code == BM_OK)
        code = bm_sqlite_meta(verifying->db, &verifying->chain.ledger, &epoch, fault);
    if (code == BM_OK) {
        code = bm_sqlite_prepare(
            verifying->db, "SELECT " BM_ROW_COLUMNS " FROM journal WHERE seq>=?1 ORDER BY seq",
            &verifying->walk, fault);
    }
    if (code == BM_OK) {
        code = bm_sqlite_prepare(verifying->db,
                                 "SELECT " BM_ROW_COLUMNS " FROM journal WHERE seq=?1",
                                 &verifying->probe, fault);
    }
    return code;
}

static void check_database(struct verifying *verifying) {
    struct bm_fault fault = {0};
    bool pages_sound = verifying->out->problem_count == 0;
    if (open_rows(verifying, &fault) == BM_OK) {
        /* One moment for everything: a server may be writing. */
        sqlite3_exec(verifying->db, "BEGIN", NULL, NULL, NULL);
        check_rows(verifying);
        verifying->walked = true;
        if (pages_sound) check_structure(verifying);
    } else {
        problem(verifying, 0, verifying->db ? bm_sqlite_bad_page(verifying->db) : 0,
                "The rows cannot be read: %.150s", fault.detail);
    }
    sqlite3_finalize(verifying->walk);
    sqlite3_finalize(verifying->probe);
    sqlite3_close(verifying->db);
    verifying->db = NULL;
}

static void check_head(struct verifying *verifying) {
    uint64_t seq = verifying->out->head.seq;
    if (verifying->wal.damaged) problem(verifying, seq + 1, 0, "%s", verifying->wal.text);
    if (verifying->walked && verifying->expected && verifying->expected->seq > seq) {
        problem(
            verifying, seq + 1, 0,
            "The journal ends with row %llu, but a signed checkpoint names row %llu: rows were cut "
            "off. Restore a backup or a standby.",
            (unsigned long long)seq, (unsigned long long)verifying->expected->seq);
    }
}

enum bm_code bm_journal_verify(const char *dir, const struct bm_head *expected,
                               struct bm_verify *ret_verify, struct bm_fault *fault) {
    struct bm_verify out = {0};
    struct verifying verifying = {.out = &out, .linked = true};
    enum bm_code code = bm_sqlite_path(dir, "journal.db", verifying.path, fault);
    if (code) return code;
    bm_seal_init();
    if (expected && expected->seq) verifying.expected = expected;
    code = bm_wal_scan(verifying.path, &verifying.wal, fault);
    if (code == BM_OK) code = check_pages(&verifying, fault);
    if (code == BM_OK) {
        check_database(&verifying);
        check_head(&verifying);
        if (out.problem_count) {
            code = bm_fault_set(fault, BM_CORRUPT, "journal", "%u problems; the first: %s",
                                out.problem_count, out.problems[0].text);
        }
        *ret_verify = out;
    }
    bm_wal_scan_free(&verifying.wal);
    return code;
}
