/* The journal's operations: told[0] is the highest seq that was acknowledged. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/seal.h"
#include "desk/desk.h"
#include "desk/snapshot.h"
#include "journal/journal_table.h"
#include "journal/page_vfs.h"
#include "sim/demand.h"
#include "sweep.h"

enum { BATCH = 60 };
static const int64_t NOW = INT64_C(1790000000000);

/* --- a record as a desk writes it ------------------------------------------------------------- */

static bool need(enum bm_code code, const struct bm_fault *fault) {
    if (code) fprintf(stderr, "%s: %s\n", bm_code_word(code), fault->detail);
    BM_CHECK(code == BM_OK);
    return true;
}

/* A house and some cases. */
static void make_house(struct bm_stage *stage) {
    struct bm_fault fault;
    struct bm_command house[64];
    struct bm_asked asked[64];
    need(bm_journal_open(stage->dir, &stage->journal, &fault), &fault);
    struct bm_desk *desk = bm_desk_new(stage->journal, NULL);
    size_t count = bm_demand_house(house, 4);
    for (size_t i = 0; i < count; i++) asked[i] = (struct bm_asked){house[i], NULL};
    need(bm_desk_step(desk, NOW, 0, asked, count, NULL), &fault);
    for (size_t i = 0; i < count; i++) bm_command_release(&house[i]);
    struct bm_rng rng = {7};
    for (int64_t i = 1; i <= 60; i++) {
        struct bm_command command = bm_demand_draw(&rng, bm_desk_core(desk), NOW + i * 1000);
        struct bm_asked one = {command, NULL};
        need(bm_desk_step(desk, NOW + i * 1000, i * 1000000000, &one, 1, NULL), &fault);
        bm_command_release(&command);
    }
    bm_desk_free(desk);
}

/* The same with what a crash leaves: the WAL is not copied into the file. */
static void make_crashed(struct bm_stage *stage) {
    char path[200], from[200], bytes[65536];
    make_house(stage);
    static const char *const names[] = {"journal.db", "journal.db-wal"};
    for (int i = 0; i < 2; i++) { /* as they are now, put back once the journal is closed */
        snprintf(from, sizeof from, "%s/%s", stage->dir, names[i]);
        snprintf(path, sizeof path, "%s/%s", stage->out, names[i]);
        FILE *in = fopen(from, "rb"), *copy = fopen(path, "wb");
        BM_CHECK(in && copy);
        for (size_t got; (got = fread(bytes, 1, sizeof bytes, in)) > 0;) BM_CHECK(fwrite(bytes, 1, got, copy) == got);
        fclose(in);
        BM_CHECK(fclose(copy) == 0);
    }
    bm_stage_close(stage);
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s", stage->dir, names[i]);
        snprintf(from, sizeof from, "%s/%s", stage->out, names[i]);
        FILE *in = fopen(from, "rb"), *copy = fopen(path, "wb");
        BM_CHECK(in && copy);
        for (size_t got; (got = fread(bytes, 1, sizeof bytes, in)) > 0;) BM_CHECK(fwrite(bytes, 1, got, copy) == got);
        fclose(in);
        BM_CHECK(fclose(copy) == 0);
        unlink(from);
    }
}

/* --- opening ---------------------------------------------------------------------------------- */

static enum bm_code open_journal(struct bm_stage *stage, struct bm_fault *fault) {
    if (stage->journal) return BM_OK;
    enum bm_code code = bm_journal_open(stage->dir, &stage->journal, fault);
    if (code == BM_OK && bm_journal_head(stage->journal).seq > stage->told[0]) stage->told[0] = bm_journal_head(stage->journal).seq;
    return code;
}

static enum bm_code open_reader(struct bm_stage *stage, struct bm_fault *fault) {
    enum bm_code code = open_journal(stage, fault);
    return code || stage->reader ? code : bm_reader_open(stage->journal, &stage->reader, fault);
}

static bool count_row(void *context, const struct bm_row *row) {
    (void)row;
    ++*(uint64_t *)context;
    return true;
}

/* All that was acknowledged is there, in one chain; and the next row is taken. */
static enum bm_code append(struct bm_stage *stage, unsigned count, struct bm_fault *fault);
static const char *look_at_rows(struct bm_stage *stage, bool done) {
    struct bm_fault fault = {0};
    uint64_t rows = 0, told = stage->told[0];
    (void)done;
    if (open_journal(stage, &fault)) return "the journal does not open";
    if (bm_journal_head(stage->journal).seq < told) return "an acknowledged row is gone";
    if (bm_journal_follow(stage->journal, 0, count_row, &rows, &fault) != BM_OK) return "the chain is broken";
    if (rows != bm_journal_head(stage->journal).seq) return "rows are missing";
    return append(stage, 1, &fault) == BM_OK ? NULL : "no further row is taken";
}

/* --- appending -------------------------------------------------------------------------------- */

static enum bm_code append(struct bm_stage *stage, unsigned count, struct bm_fault *fault) {
    struct bm_event events[BATCH];
    const struct bm_event *list[BATCH];
    struct bm_change changes[BATCH];
    struct bm_case records[BATCH];
    struct bm_head head = bm_journal_head(stage->journal), now;
    BM_CHECK(count <= BATCH);
    for (unsigned i = 0; i < count; i++) {
        events[i] = bm_event_make(BM_EV_CASE_MOVED, (struct bm_subject){BM_SUBJECT_CASE, 1000 + i});
        events[i].seq = head.seq + 1 + i;
        events[i].at_ms = NOW + 1000000000 + (int64_t)head.seq + i;
        events[i].case_moved.on_case.v = 1000 + i;
        list[i] = &events[i];
        bm_shape_clear(bm_table_shape(BM_T_CASE), &records[i]);
        records[i].id.v = 1000 + i;
        changes[i] = (struct bm_change){BM_T_CASE, 1000 + i, &records[i]};
    }
    struct bm_batch batch = {list, count, changes, count};
    enum bm_append answer = bm_journal_append(stage->journal, &batch, &head, &now);
    if (answer == BM_APPEND_COMMITTED) {
        stage->told[0] = now.seq;
        return BM_OK;
    }
    /* What the desk makes of it; the sentence is its own (bm_code_sentence). */
    enum bm_code code = answer == BM_APPEND_FULL ? BM_NO_SPACE : answer == BM_APPEND_FENCED ? BM_FENCED : BM_IO;
    return bm_fault_set(fault, code, NULL, "%s", bm_code_sentence(code));
}

static enum bm_code append_one(struct bm_stage *stage, struct bm_fault *fault) {
    return append(stage, 1, fault);
}

static enum bm_code append_many(struct bm_stage *stage, struct bm_fault *fault) {
    return append(stage, BATCH, fault);
}

/* After every commit the WAL is copied into the file: the commit stands whatever becomes of that. */
static enum bm_code append_and_copy(struct bm_stage *stage, struct bm_fault *fault) {
    sqlite3_wal_autocheckpoint(bm_journal_connection(stage->journal), 1);
    enum bm_code code = append(stage, 5, fault);
    return code ? code : append(stage, 1, fault);
}

/* Another has taken the journal over: whatever the disk does, nothing of the former writer is committed. */
static enum bm_code fence(struct bm_stage *stage, struct bm_fault *fault) {
    struct bm_journal *other = NULL;
    enum bm_code code = bm_journal_open(stage->dir, &other, fault);
    if (code) return code;
    struct bm_head before = bm_journal_head(other);
    code = append(stage, 1, fault);
    struct bm_head after = before;
    if (code == BM_OK) abort();
    bm_journal_close(other);
    BM_CHECK(after.seq == before.seq);
    return code == BM_FENCED ? BM_OK : code;
}

static enum bm_code close_and_open(struct bm_stage *stage, struct bm_fault *fault) {
    bm_journal_close(stage->journal);
    stage->journal = NULL;
    return open_journal(stage, fault);
}

/* --- reading ---------------------------------------------------------------------------------- */

static enum bm_code follow(struct bm_stage *stage, struct bm_fault *fault) {
    uint64_t rows = 0;
    enum bm_code code = bm_journal_follow(stage->journal, 0, count_row, &rows, fault);
    if (code == BM_OK && rows != bm_journal_head(stage->journal).seq) abort(); /* told that these are all */
    return code;
}

static bool count_record(void *context, const void *record) {
    (void)record;
    ++*(uint64_t *)context;
    return true;
}

static enum bm_code query(struct bm_stage *stage, struct bm_fault *fault) {
    uint64_t seq, found = 0, rows = 0;
    struct bm_query all = {.table = BM_T_UNIT};
    struct bm_unit unit;
    enum bm_code code = bm_reader_begin(stage->reader, &seq, fault);
    if (code) return code;
    code = bm_reader_records(stage->reader, &all, count_record, &found, fault);
    if (code == BM_OK) code = bm_reader_get(stage->reader, BM_T_UNIT, 1, &unit, fault);
    if (code == BM_OK) bm_shape_release(bm_table_shape(BM_T_UNIT), &unit);
    if (code == BM_OK) code = bm_reader_subject(stage->reader, "unit/1", 0, 0, count_row, &rows, fault);
    bm_reader_end(stage->reader);
    if (code == BM_OK && (found != 4 || rows == 0)) abort(); /* a silent wrong answer */
    return code;
}

static enum bm_code open_and_query(struct bm_stage *stage, struct bm_fault *fault) {
    enum bm_code code = stage->reader ? BM_OK : bm_reader_open_dir(stage->dir, &stage->reader, fault);
    return code ? code : query(stage, fault);
}

/* --- the whole record ------------------------------------------------------------------------- */

static void make_spoilt(struct bm_stage *stage) {
    char path[200];
    sqlite3 *db;
    make_house(stage);
    bm_stage_close(stage);
    snprintf(path, sizeof path, "%s/journal.db", stage->dir);
    BM_CHECK(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, bm_page_vfs()) == SQLITE_OK);
    BM_CHECK(sqlite3_exec(db, "DELETE FROM unit WHERE id=1", NULL, NULL, NULL) == SQLITE_OK);
    sqlite3_close(db);
}

static enum bm_code rebuild(struct bm_stage *stage, struct bm_fault *fault) {
    uint64_t rows, differing;
    return bm_journal_rebuild(stage->dir, true, &rows, &differing, fault);
}

static const char *look_at_tables(struct bm_stage *stage, bool done) {
    struct bm_fault fault = {0};
    uint64_t rows, differing;
    if (bm_journal_rebuild(stage->dir, true, &rows, &differing, &fault) != BM_OK) return "the tables cannot be made anew";
    if (done && differing) return "tables that were said to be mended differ";
    return look_at_rows(stage, done);
}

static enum bm_code verify(struct bm_stage *stage, struct bm_fault *fault) {
    struct bm_verify found;
    enum bm_code code = bm_journal_verify(stage->dir, NULL, &found, fault);
    if (code == BM_CORRUPT && found.problem_count) return bm_fault_set(fault, code, "journal", "%s", found.problems[0].text);
    return code;
}

static enum bm_code ready_to_pack(struct bm_stage *stage, struct bm_fault *fault) {
    struct bm_journal *journal;
    enum bm_code code = bm_journal_open(stage->dir, &journal, fault);
    if (code) return code;
    struct bm_desk *desk = bm_desk_new(journal, NULL);
    code = bm_desk_replay(desk, NULL, fault);
    struct bm_hash digest = bm_desk_digest(desk);
    struct bm_head head = bm_desk_head(desk);
    stage->told[1] = head.seq;
    _Static_assert(sizeof digest == 32, "four numbers");
    memcpy(&stage->told[2], digest.bytes, sizeof digest);
    bm_desk_free(desk);
    bm_journal_close(journal);
    return code;
}

static enum bm_code make_snapshot(struct bm_stage *stage, struct bm_fault *fault) {
    struct bm_head head = {.seq = stage->told[1]};
    struct bm_hash digest;
    memcpy(digest.bytes, &stage->told[2], sizeof digest);
    struct bm_reader *reader = NULL;
    (void)reader;
    return bm_snapshot_make(stage->dir, &head, &digest, fault);
}

/* The desk starts: from a snapshot or not, the state is the same. */
static void make_with_snapshot(struct bm_stage *stage) {
    struct bm_fault fault;
    make_house(stage);
    struct bm_desk *desk = bm_desk_new(stage->journal, NULL);
    need(bm_desk_replay(desk, NULL, &fault), &fault);
    struct bm_head head = bm_desk_head(desk);
    need(bm_snapshot_write(stage->dir, bm_desk_core(desk), &head, &fault), &fault);
    bm_desk_free(desk);
}

static enum bm_code start_desk(struct bm_stage *stage, struct bm_fault *fault) {
    struct bm_head head = {0};
    struct bm_core *core;
    if (!stage->reader) {
        enum bm_code code = bm_reader_open(stage->journal, &stage->reader, fault);
        if (code) return code;
    }
    struct bm_desk *desk = bm_desk_new(stage->journal, NULL);
    if (bm_snapshot_load(stage->dir, stage->reader, &core, &head, fault) == BM_OK) bm_desk_take_core(desk, core);
    enum bm_code code = bm_desk_replay(desk, NULL, fault);
    if (code == BM_OK && bm_desk_head(desk).seq != bm_journal_head(stage->journal).seq) abort();
    bm_desk_free(desk);
    return code;
}

/* A command is answered only when it is committed. */
static void on_reply(void *context, void *ticket, const struct bm_reply *reply) {
    struct bm_stage *stage = context;
    (void)ticket;
    if (reply->code == BM_OK && reply->seq > stage->told[0]) stage->told[0] = reply->seq;
}

static enum bm_code step_desk(struct bm_stage *stage, struct bm_fault *fault) {
    struct bm_desk *desk = bm_desk_new(stage->journal, NULL);
    struct bm_desk_sink sink = {on_reply, NULL, stage};
    enum bm_code code = bm_desk_replay(desk, NULL, fault);
    struct bm_asked asked = {bm_command_make(BM_DO_CASE_OPEN), NULL};
    memcpy(asked.command.case_open.class_code, "fire", sizeof "fire");
    asked.command.actor.v = 2;
    if (code == BM_OK) {
        code = bm_desk_step(desk, NOW + INT64_C(10000000), 0, &asked, 1, &sink);
        if (code == BM_UNKNOWN_OUTCOME) code = BM_IO;
        if (code) bm_fault_set(fault, code, NULL, "%s", bm_code_sentence(code));
    }
    bm_command_release(&asked.command);
    bm_desk_free(desk);
    return code;
}

static enum bm_code copy_record(struct bm_stage *stage, struct bm_fault *fault) {
    char path[200];
    snprintf(path, sizeof path, "%s/journal.db", stage->out);
    enum bm_code code = bm_reader_backup(stage->reader, path, fault);
    return code;
}

static const char *look_at_copy(struct bm_stage *stage, bool done) {
    char path[200];
    struct bm_verify found;
    struct bm_fault fault = {0};
    snprintf(path, sizeof path, "%s/journal.db", stage->out);
    bool there = access(path, F_OK) == 0;
    if (done && !there) return "a copy that was made is not there";
    if (there && bm_journal_verify(stage->out, NULL, &found, &fault) != BM_OK) return "a copy has its name and is not whole";
    return look_at_rows(stage, done);
}

const struct bm_operation bm_journal_operations[] = {
    {"journal made", NULL, NULL, open_journal, look_at_rows, true, false, false},
    {"journal opened", make_house, NULL, open_journal, look_at_rows, true, false, false},
    {"journal opened after a crash", make_crashed, NULL, open_journal, look_at_rows, true, false, false},
    {"journal closed", make_house, open_journal, close_and_open, look_at_rows, true, false, false},
    {"one row appended", make_house, open_journal, append_one, look_at_rows, true, false, false},
    {"a batch appended", make_house, open_journal, append_many, look_at_rows, true, false, false},
    {"rows appended, and copied out of the WAL", make_house, open_journal, append_and_copy, look_at_rows, true, false, false},
    {"a former writer fenced", make_house, open_journal, fence, look_at_rows, true, false, false},
    {"rows followed", make_house, open_journal, follow, look_at_rows, false, false, false},
    {"records read", make_house, open_reader, query, look_at_rows, false, false, false},
    {"records read beside a writer", make_crashed, NULL, open_and_query, look_at_rows, false, false, false},
    {"tables made anew", make_spoilt, NULL, rebuild, look_at_tables, false, false, false},
    {"record verified", make_house, NULL, verify, look_at_rows, false, true, false},
    {"snapshot made", make_house, ready_to_pack, make_snapshot, look_at_rows, false, false, false},
    {"desk started", make_with_snapshot, open_journal, start_desk, look_at_rows, false, false, false},
    {"desk steps", make_with_snapshot, open_journal, step_desk, look_at_rows, true, false, false},
    {"record copied", make_house, open_reader, copy_record, look_at_copy, false, false, false},
    {0},
};
