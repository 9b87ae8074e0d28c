/* The journal: the append-only, hash-chained record of one ledger, with one writer; and the
 * projections written in the same transaction.  Two twins stand behind one table of functions:
 *
 *   journal_sqlite.c   DIR/journal.db, WAL, synchronous=FULL, page checksums
 *   journal_memory.c   arrays; can be told to answer fenced, full or unknown, and to crash
 *
 * Row:  format, ledger, epoch, seq, at_ms, kind, kind_version, subject, actor, request, body,
 *       key_id, nonce, sealed, hash
 * hash = BLAKE2b-256(previous hash ‖ every other column in that order, each length-prefixed): the
 * sealed part as ciphertext, so that verification needs no key and survives erasure.  The first
 * row's previous hash is 32 zero bytes.
 *
 * Only `committed` may be answered to anyone.  After `unknown` the process must stop and be rebuilt
 * from the journal (an fsync error leaves open whether the row is there). */
#ifndef BM_JOURNAL_JOURNAL_H
#define BM_JOURNAL_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/code.h"
#include "base/hash.h"
#include "core/event.h"

/* BM_JOURNAL_FORMAT: of a row.  BM_DATA_FORMAT: of a folder (journal/format.h); raised once for each release after which the
 * program before could not go on with the data - another event kind is enough -, and then tests/golden/folders gets one more. */
enum { BM_JOURNAL_FORMAT = 1, BM_DATA_FORMAT = 2, BM_ROW_BODY_MAX = 96 * 1024 * 1024, BM_BATCH_ROWS_MAX = 16384 };

struct bm_head {
    uint64_t seq; /* 0: empty */
    struct bm_hash hash;
};

/* One stored row.  Pointers are the lender's: valid during the call that passes the row. */
struct bm_row {
    uint32_t format;
    uint64_t ledger, epoch, seq;
    int64_t at_ms;
    const char *kind;
    uint32_t kind_version;
    const char *subject; /* "case/12" */
    const char *actor;   /* "operator/5", "desk" */
    const uint8_t *request; /* NULL or BM_REQUEST_BYTES */
    const char *body;
    size_t body_len;
    uint64_t key_id;        /* 0: nothing sealed, nonce and sealed are NULL */
    const uint8_t *nonce;   /* 24 bytes */
    const uint8_t *sealed;  /* ciphertext ‖ tag */
    size_t sealed_len;
    struct bm_hash hash;
};

/* The hash of `row` after `previous`; ignores row->hash. */
struct bm_hash bm_row_hash(const struct bm_row *row, const struct bm_hash *previous);
/* Rebuilds an event from a row: its body, its sealed part joined again. `ret_event` is the caller's.
 * BM_BAD_FORMAT (kind or version of a newer build), BM_CORRUPT. */
BM_MUST_USE enum bm_code bm_row_event(const struct bm_row *row, struct bm_event *ret_event,
                                      struct bm_fault *fault);

/* A projection to write with the batch: the record as it is after the batch, or its removal. */
struct bm_change {
    enum bm_table_kind table; /* never BM_T_REQUEST */
    uint64_t id;
    const void *record;       /* shaped by bm_table_shape(table); NULL: remove the row */
};

struct bm_batch {
    const struct bm_event *const *events; /* seq filled in, consecutive, from expected head + 1 */
    size_t event_count;                   /* 1..BM_BATCH_ROWS_MAX */
    const struct bm_change *changes;      /* at most one per table and id */
    size_t change_count;
};

enum bm_append {
    BM_APPEND_COMMITTED, /* durable */
    BM_APPEND_FENCED,    /* another writer has this ledger: epoch or head is not ours. Nothing written */
    BM_APPEND_FULL,      /* no space; nothing written */
    BM_APPEND_UNKNOWN    /* may or may not be durable: stop the process */
};

/* Called for each row in seq order; returning false ends the walk early. */
typedef bool bm_row_fn(void *context, const struct bm_row *row);
/* Called with each matching record, shaped by its table; valid during the call. */
typedef bool bm_record_fn(void *context, const void *record);

/* What to read from a projection. */
struct bm_query {
    enum bm_table_kind table;
    const char *field;  /* an ID field's JSON name that must equal `id` ("case", "unit"), or NULL */
    uint64_t id;
    bool open_only;     /* contact: not ended, and not abandoned but to be rung back; case: not closed and not merged;
                           assignment: not cleared and not cancelled; clock: running; place: active; promise: running; matter: not final;
                           edition: current; rating: not looked into; others: all */
    uint64_t after_id;  /* ids above this (ascending) or below it when newest_first (0: from the end) */
    bool newest_first;
    uint32_t limit;     /* 0: all */
};

struct bm_journal;
struct bm_reader;

/* --- the writer's side: one thread ------------------------------------------------------------ */

/* Opens DIR/journal.db for writing, creating it (mode 0600, DIR must exist) with a fresh random ledger
 * id, raises the epoch, and checks the chain's last row and a left-over WAL (SQLite would drop what
 * lies behind a broken frame without a word).  The caller holds bm_dir_lock.
 * BM_BAD_FORMAT (another format, or projections of another build: says which; bellman upgrade), BM_CORRUPT (says where),
 * BM_NO_SPACE, BM_IO. */
BM_MUST_USE enum bm_code bm_journal_open(const char *dir, struct bm_journal **ret_journal,
                                         struct bm_fault *fault);
/* An empty journal in memory. */
struct bm_journal *bm_journal_memory(uint64_t ledger);
void bm_journal_close(struct bm_journal *journal); /* NULL is fine; checkpoints the WAL */

uint64_t bm_journal_ledger(const struct bm_journal *journal);
uint64_t bm_journal_epoch(const struct bm_journal *journal);
struct bm_head bm_journal_head(const struct bm_journal *journal);

/* Appends events and projections as one transaction and one fsync.  `expected` must be the head, and a
 * record must begin with its change's id.  After BM_APPEND_UNKNOWN this handle writes no more: it answers
 * unknown to everything.  `ret_head` is set when committed. */
enum bm_append bm_journal_append(struct bm_journal *journal, const struct bm_batch *batch,
                                 const struct bm_head *expected, struct bm_head *ret_head);
/* Rows with seq > from, in order.  BM_CORRUPT when the chain breaks (fault names the seq). */
BM_MUST_USE enum bm_code bm_journal_follow(struct bm_journal *journal, uint64_t from,
                                           bm_row_fn *each, void *context, struct bm_fault *fault);

/* --- readers: any thread, one reader per thread ----------------------------------------------- */

/* A reader of the same data (SQLite: a query-only connection of its own). */
BM_MUST_USE enum bm_code bm_reader_open(struct bm_journal *journal, struct bm_reader **ret_reader,
                                        struct bm_fault *fault);
/* The same on a folder that another process may be writing (backup, verify, reports). */
BM_MUST_USE enum bm_code bm_reader_open_dir(const char *dir, struct bm_reader **ret_reader,
                                            struct bm_fault *fault);
void bm_reader_close(struct bm_reader *reader);
/* Begins a read transaction: everything read until bm_reader_end is as of *ret_seq. */
BM_MUST_USE enum bm_code bm_reader_begin(struct bm_reader *reader, uint64_t *ret_seq,
                                         struct bm_fault *fault);
void bm_reader_end(struct bm_reader *reader);
BM_MUST_USE enum bm_code bm_reader_records(struct bm_reader *reader, const struct bm_query *query,
                                           bm_record_fn *each, void *context,
                                           struct bm_fault *fault);
/* One record, deep copied into `ret_record` (bm_shape_release it); BM_NOT_FOUND. */
BM_MUST_USE enum bm_code bm_reader_get(struct bm_reader *reader, enum bm_table_kind table,
                                       uint64_t id, void *ret_record, struct bm_fault *fault);
/* Rows of one subject with seq > from, in order, at most `limit` (0: all). */
BM_MUST_USE enum bm_code bm_reader_subject(struct bm_reader *reader, const char *subject,
                                           uint64_t from, uint32_t limit, bm_row_fn *each,
                                           void *context, struct bm_fault *fault);
/* Rows of one subject with seq < before (0: from the newest), newest first, until `each` has enough. */
BM_MUST_USE enum bm_code bm_reader_subject_back(struct bm_reader *reader, const char *subject, uint64_t before,
                                                bm_row_fn *each, void *context, struct bm_fault *fault);
/* All rows with seq > from, in order; checks the chain as it goes. */
BM_MUST_USE enum bm_code bm_reader_follow(struct bm_reader *reader, uint64_t from, bm_row_fn *each,
                                          void *context, struct bm_fault *fault);
/* Copies the database as of now to `path` (SQLite backup API; the writer goes on), mode 0600, and syncs
 * file and folder; it has its name only when it is whole.  BM_EXISTS (never overwrites), BM_NO_SPACE,
 * BM_NOT_POSSIBLE (in memory). */
BM_MUST_USE enum bm_code bm_reader_backup(struct bm_reader *reader, const char *path,
                                          struct bm_fault *fault);

/* --- the folder ------------------------------------------------------------------------------- */

/* Takes DIR/lock so that two servers cannot use one folder; BM_BUSY names the holder's pid. */
BM_MUST_USE enum bm_code bm_dir_lock(const char *dir, int *ret_fd, struct bm_fault *fault);
void bm_dir_unlock(int fd);

/* What `bellman journal verify` found. */
struct bm_verify {
    uint64_t rows;            /* rows whose hash was recomputed and matched */
    struct bm_head head;
    uint32_t problem_count;   /* all of them */
    struct bm_verify_problem {
        uint64_t seq;         /* 0: not in a row */
        uint64_t page;        /* 1.. ; 0: not tied to a page */
        char text[200];       /* what is wrong and what to do */
    } problems[32];           /* the first 32 */
};
/* Reads the whole file without trusting any of it: every page's checksum, SQLite's own structure, the
 * WAL's frames, every row's hash, gaps, and the head against `expected` (a signed checkpoint's seq and
 * hash; seq 0 or NULL: none), so that a cut tail is seen.  A torn tail that nobody was answered for, and a
 * checkpoint cut short by a power failure, are no problems.  `ret_verify` is set unless BM_IO.  BM_OK when
 * it is sound, BM_CORRUPT when problems were found, BM_IO when it cannot be read at all. */
BM_MUST_USE enum bm_code bm_journal_verify(const char *dir, const struct bm_head *expected,
                                           struct bm_verify *ret_verify, struct bm_fault *fault);
/* Compares every projection row with a replay of the journal; and, when `mend`, rewrites those tables
 * from the replay.  `ret_differing` counts rows that differed (missing, extra, or other values).
 * Nobody else may be writing (the caller holds bm_dir_lock).  Also the one step from an older format, or from
 * another build's tables, to this build's: with `mend` all tables and the format change in one transaction. */
BM_MUST_USE enum bm_code bm_journal_rebuild(const char *dir, bool mend, uint64_t *ret_rows,
                                            uint64_t *ret_differing, struct bm_fault *fault);

/* --- the in-memory twin's faults -------------------------------------------------------------- */

/* The next append answers `answer`; for BM_APPEND_UNKNOWN `persists` says whether it really was written. */
void bm_journal_memory_fail_next(struct bm_journal *journal, enum bm_append answer, bool persists);
/* Forgets the last `rows` rows and all projections of them: a torn tail, as a crash before commit.  They
 * must be the whole batch whose append answered unknown and persisted. */
void bm_journal_memory_cut(struct bm_journal *journal, uint64_t rows);
/* A new writer on the same memory, with a higher epoch; the old handle gets `fenced` from then on. */
struct bm_journal *bm_journal_memory_reopen(struct bm_journal *journal);

#endif
