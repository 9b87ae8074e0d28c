/* What stands behind journal.h: the table of functions that both twins fill in, and the pieces that
 * they share.  Private to this room and its tests. */
#ifndef BM_JOURNAL_JOURNAL_TABLE_H
#define BM_JOURNAL_JOURNAL_TABLE_H

#include "base/buf.h"
#include "journal/journal.h"

struct bm_journal_functions {
    void (*close)(struct bm_journal *journal);
    enum bm_append (*append)(struct bm_journal *journal, const struct bm_batch *batch,
                             const struct bm_head *expected, struct bm_head *ret_head);
    enum bm_code (*follow)(struct bm_journal *journal, uint64_t from, bm_row_fn *each, void *context,
                           struct bm_fault *fault);
    enum bm_code (*reader_open)(struct bm_journal *journal, struct bm_reader **ret_reader,
                                struct bm_fault *fault);
};

/* The first member of each twin's own struct. */
struct bm_journal {
    const struct bm_journal_functions *functions;
    uint64_t ledger, epoch;
    struct bm_head head;
    bool unknown; /* an append's outcome is not known: nothing more is written through this handle */
};

struct bm_reader_functions {
    void (*close)(struct bm_reader *reader);
    enum bm_code (*begin)(struct bm_reader *reader, uint64_t *ret_seq, struct bm_fault *fault);
    void (*end)(struct bm_reader *reader);
    enum bm_code (*records)(struct bm_reader *reader, const struct bm_query *query,
                            bm_record_fn *each, void *context, struct bm_fault *fault);
    enum bm_code (*get)(struct bm_reader *reader, enum bm_table_kind table, uint64_t id,
                        void *ret_record, struct bm_fault *fault);
    enum bm_code (*subject)(struct bm_reader *reader, const char *subject, uint64_t from,
                            uint32_t limit, bm_row_fn *each, void *context, struct bm_fault *fault);
    enum bm_code (*subject_back)(struct bm_reader *reader, const char *subject, uint64_t before, bm_row_fn *each, void *context,
                                 struct bm_fault *fault);
    enum bm_code (*follow)(struct bm_reader *reader, uint64_t from, bm_row_fn *each, void *context,
                           struct bm_fault *fault);
    enum bm_code (*backup)(struct bm_reader *reader, const char *path, struct bm_fault *fault);
};

struct bm_reader {
    const struct bm_reader_functions *functions;
};

/* --- rows ------------------------------------------------------------------------------------- */

/* The texts of a row made from an event; kept between rows so that memory is reused. */
struct bm_row_texts {
    char subject[BM_SUBJECT_TEXT];
    char actor[BM_SUBJECT_TEXT];
    struct bm_buf body;
};
struct bm_row_texts bm_row_texts_make(void);
void bm_row_texts_free(struct bm_row_texts *texts);
/* The row of an event after `previous`, hash included.  It points into `event` and `texts`. */
void bm_row_of(const struct bm_event *event, uint64_t ledger, uint64_t epoch,
               const struct bm_hash *previous, struct bm_row_texts *texts, struct bm_row *ret_row);

/* Where a walk along the chain stands: the last row that was seen. */
struct bm_chain {
    uint64_t ledger; /* 0: not compared */
    struct bm_head last;
};
/* Steps to `row`: BM_CORRUPT, naming the seq, when it is not the next one or its hash does not fit. */
BM_MUST_USE enum bm_code bm_chain_step(struct bm_chain *chain, const struct bm_row *row,
                                       struct bm_fault *fault);

/* Promises of the caller of append, checked the same way by both twins. */
void bm_batch_check(const struct bm_batch *batch, const struct bm_head *expected);

/* --- for tests and tools ---------------------------------------------------------------------- */

struct sqlite3;
/* The SQLite twin's own connection. */
struct sqlite3 *bm_journal_connection(struct bm_journal *journal);

#endif
