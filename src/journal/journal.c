#include "journal/journal.h"

#include "base/check.h"
#include "journal/journal_table.h"

void bm_journal_close(struct bm_journal *journal) {
    if (journal) journal->functions->close(journal);
}

uint64_t bm_journal_ledger(const struct bm_journal *journal) {
    return journal->ledger;
}

uint64_t bm_journal_epoch(const struct bm_journal *journal) {
    return journal->epoch;
}

struct bm_head bm_journal_head(const struct bm_journal *journal) {
    return journal->head;
}

enum bm_append bm_journal_append(struct bm_journal *journal, const struct bm_batch *batch,
                                 const struct bm_head *expected, struct bm_head *ret_head) {
    bm_batch_check(batch, expected);
    /* Whether the last rows are there is not known: only a fresh start from the journal can tell.
     */
    if (journal->unknown) return BM_APPEND_UNKNOWN;
    struct bm_head head;
    enum bm_append answer = journal->functions->append(journal, batch, expected, &head);
    if (answer == BM_APPEND_UNKNOWN) journal->unknown = true;
    if (answer == BM_APPEND_COMMITTED) {
        BM_CHECK(head.seq == expected->seq + batch->event_count);
        journal->head = head;
        *ret_head = head;
    }
    return answer;
}

enum bm_code bm_journal_follow(struct bm_journal *journal, uint64_t from, bm_row_fn *each,
                               void *context, struct bm_fault *fault) {
    return journal->functions->follow(journal, from, each, context, fault);
}

enum bm_code bm_reader_open(struct bm_journal *journal, struct bm_reader **ret_reader,
                            struct bm_fault *fault) {
    return journal->functions->reader_open(journal, ret_reader, fault);
}

void bm_reader_close(struct bm_reader *reader) {
    if (reader) reader->functions->close(reader);
}

enum bm_code bm_reader_begin(struct bm_reader *reader, uint64_t *ret_seq, struct bm_fault *fault) {
    return reader->functions->begin(reader, ret_seq, fault);
}

void bm_reader_end(struct bm_reader *reader) {
    reader->functions->end(reader);
}

enum bm_code bm_reader_records(struct bm_reader *reader, const struct bm_query *query,
                               bm_record_fn *each, void *context, struct bm_fault *fault) {
    BM_CHECK(query->table < BM_T_REQUEST);
    return reader->functions->records(reader, query, each, context, fault);
}

enum bm_code bm_reader_get(struct bm_reader *reader, enum bm_table_kind table, uint64_t id,
                           void *ret_record, struct bm_fault *fault) {
    BM_CHECK(table < BM_T_REQUEST);
    return reader->functions->get(reader, table, id, ret_record, fault);
}

enum bm_code bm_reader_subject(struct bm_reader *reader, const char *subject, uint64_t from,
                               uint32_t limit, bm_row_fn *each, void *context,
                               struct bm_fault *fault) {
    return reader->functions->subject(reader, subject, from, limit, each, context, fault);
}

enum bm_code bm_reader_subject_back(struct bm_reader *reader, const char *subject, uint64_t before, bm_row_fn *each,
                                    void *context, struct bm_fault *fault) {
    return reader->functions->subject_back(reader, subject, before, each, context, fault);
}

enum bm_code bm_reader_follow(struct bm_reader *reader, uint64_t from, bm_row_fn *each,
                              void *context, struct bm_fault *fault) {
    return reader->functions->follow(reader, from, each, context, fault);
}

enum bm_code bm_reader_backup(struct bm_reader *reader, const char *path, struct bm_fault *fault) {
    return reader->functions->backup(reader, path, fault);
}
