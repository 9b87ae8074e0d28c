/* Lifts a desk's folder to just below a limit, as if it had been worked with for very long: raise DIR SEQ [TABLE ID]
 *
 * The record goes on at place SEQ (two rows of it are written, with their hashes; between them and the real ones there is a gap,
 * which only `journal verify` would miss), and the next record of TABLE gets the id ID + 1.  The state is the folder's own. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "base/alloc.h"
#include "desk/desk.h"
#include "desk/snapshot.h"
#include "journal/journal_table.h"
#include "journal/sqlite_file.h"

static struct bm_fault fault;

static void need(bool good, const char *what) {
    if (good) return;
    fprintf(stderr, "raise: %s: %s\n", what, fault.detail);
    exit(1);
}

/* The state with other numbers in its snapshot (core/snapshot.c). */
static struct bm_core *lifted(const struct bm_core *core, uint64_t seq, int table, uint64_t id) {
    struct bm_buf packed = bm_buf_make(256u << 20);
    bm_core_pack(core, &packed);
    memcpy(packed.bytes + BM_DIGEST_BYTES, &seq, sizeof seq);
    if (table >= 0) memcpy(packed.bytes + BM_DIGEST_BYTES + 8 * (4 + (size_t)table), &id, sizeof id);
    struct bm_core *made = bm_core_new();
    need(bm_core_unpack(made, packed.bytes, packed.len, &fault) == BM_OK, "the state");
    bm_buf_free(&packed);
    return made;
}

static void insert(sqlite3 *db, const struct bm_row *row) {
    sqlite3_stmt *stmt;
    need(sqlite3_prepare_v2(db, "INSERT INTO journal(" BM_ROW_COLUMNS ") VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,NULL,?10,0,NULL,NULL,?11)", -1, &stmt,
                            NULL) == SQLITE_OK,
         sqlite3_errmsg(db));
    const int64_t numbers[] = {row->format, (int64_t)row->ledger, (int64_t)row->epoch, (int64_t)row->seq, row->at_ms};
    for (int i = 0; i < 5; i++) sqlite3_bind_int64(stmt, i + 1, numbers[i]);
    sqlite3_bind_text(stmt, 6, row->kind, -1, SQLITE_STATIC);
    sqlite3_bind_int64(stmt, 7, row->kind_version);
    sqlite3_bind_text(stmt, 8, row->subject, -1, SQLITE_STATIC);
    sqlite3_bind_text(stmt, 9, row->actor, -1, SQLITE_STATIC);
    sqlite3_bind_text(stmt, 10, row->body, (int)row->body_len, SQLITE_STATIC);
    sqlite3_bind_blob(stmt, 11, row->hash.bytes, sizeof row->hash.bytes, SQLITE_STATIC);
    need(sqlite3_step(stmt) == SQLITE_DONE, sqlite3_errmsg(db));
    sqlite3_finalize(stmt);
}

int main(int argc, char **argv) {
    struct bm_journal *journal;
    struct bm_head head = {0};
    if (argc != 3 && argc != 5) return 2;
    uint64_t seq = strtoull(argv[2], NULL, 10), id = argc == 5 ? strtoull(argv[4], NULL, 10) : 0;
    int table = argc == 5 ? bm_words_find(&bm_table_kind_words, argv[3]) : -1;
    need(argc == 3 || table >= 0, "no such table");
    need(bm_journal_open(argv[1], &journal, &fault) == BM_OK, "the journal");
    struct bm_desk *desk = bm_desk_new(journal, NULL);
    need(bm_desk_replay(desk, NULL, &fault) == BM_OK, "the replay");
    struct bm_core *core = lifted(bm_desk_core(desk), seq, table, id);
    struct bm_row_texts texts = bm_row_texts_make();
    for (uint64_t at = seq - 1; at <= seq; at++) {
        struct bm_event event = bm_event_make(BM_EV_LOOKED, (struct bm_subject){BM_SUBJECT_DESK, 0});
        struct bm_row row;
        event.seq = at;
        event.at_ms = bm_core_at_ms(core);
        event.actor.v = 1;
        event.looked.scope = BM_LOOK_BOARD;
        bm_row_of(&event, bm_journal_ledger(journal), bm_journal_epoch(journal), &head.hash, &texts, &row);
        insert(bm_journal_connection(journal), &row);
        head = (struct bm_head){at, row.hash};
    }
    need(bm_snapshot_write(argv[1], core, &head, &fault) == BM_OK, "the snapshot");
    bm_row_texts_free(&texts);
    bm_core_free(core);
    bm_desk_free(desk);
    bm_journal_close(journal);
    return 0;
}
