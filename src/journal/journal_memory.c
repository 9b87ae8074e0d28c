/* The journal in memory: for tests and the simulator.  It keeps the same promises as the SQLite
 * twin, and can be told to answer anything that an append may answer.
 *
 * Rows only grow and never move, so a reader needs the lock just to find one.  Tables are shared
 * between the writer and open reads, and copied when the writer changes one that is being read. */
#include <pthread.h>
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/seal.h"
#include "journal/journal_table.h"
#include "journal/projection.h"

/* Records in id order. */
struct memory_table {
    unsigned refs;
    void **records;
    size_t count, cap;
};

/* A row with everything it points to, in one block of its own. */
struct memory_row {
    struct bm_row row;
    char subject[BM_SUBJECT_TEXT], actor[BM_SUBJECT_TEXT];
    uint8_t request[BM_REQUEST_BYTES], nonce[BM_NONCE_BYTES];
    uint8_t bytes[]; /* body with NUL, sealed */
};

struct memory_store {
    pthread_mutex_t lock;
    unsigned refs;
    uint64_t ledger, epoch;
    struct memory_row **rows;
    size_t row_count, row_cap;
    struct memory_table *tables[BM_T_REQUEST];
    struct memory_table
        *before[BM_T_REQUEST]; /* ahead of the last batch that was answered unknown */
    size_t uncertain_rows;
};

struct memory_journal {
    struct bm_journal base;
    struct memory_store *store;
    struct bm_row_texts texts;
    bool fails;
    enum bm_append answer;
    bool persists;
};

struct memory_reader {
    struct bm_reader base;
    struct memory_store *store;
    bool reading;
    size_t row_count;
    struct memory_table *tables[BM_T_REQUEST];
};

static struct memory_journal *of(struct bm_journal *journal) {
    return (struct memory_journal *)journal;
}

static struct memory_reader *reader_of(struct bm_reader *reader) {
    return (struct memory_reader *)reader;
}

/* --- tables ----------------------------------------------------------------------------------- */

static uint64_t id_of(const void *record) {
    return *(const uint64_t *)record;
}

/* The place of `id`, or where it would stand. */
static size_t find(const struct memory_table *table, uint64_t id, bool *ret_found) {
    size_t low = 0, high = table->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (id_of(table->records[middle]) < id)
            low = middle + 1;
        else
            high = middle;
    }
    *ret_found = low < table->count && id_of(table->records[low]) == id;
    return low;
}

static void *copy_record(enum bm_table_kind kind, const void *record) {
    const struct bm_shape *shape = bm_table_shape(kind);
    void *copy = bm_alloc(shape->record_size);
    bm_shape_copy(shape, record, copy);
    return copy;
}

static void free_record(enum bm_table_kind kind, void *record) {
    bm_shape_release(bm_table_shape(kind), record);
    bm_free(record);
}

static void table_drop(struct memory_table **table, enum bm_table_kind kind) {
    struct memory_table *dropped = *table;
    *table = NULL;
    if (!dropped || --dropped->refs) return;
    for (size_t i = 0; i < dropped->count; i++) free_record(kind, dropped->records[i]);
    bm_free(dropped->records);
    bm_free(dropped);
}

static struct memory_table *table_share(struct memory_table *table) {
    table->refs++;
    return table;
}

/* The table for changing: a copy of its own when others hold it. */
static struct memory_table *table_own(struct memory_table **table, enum bm_table_kind kind) {
    if ((*table)->refs == 1) return *table;
    struct memory_table *copy = bm_alloc_zero(1, sizeof *copy);
    copy->refs = 1;
    copy->count = copy->cap = (*table)->count;
    copy->records = bm_alloc_zero(copy->cap + 1, sizeof *copy->records);
    for (size_t i = 0; i < copy->count; i++) {
        copy->records[i] = copy_record(kind, (*table)->records[i]);
    }
    table_drop(table, kind);
    *table = copy;
    return copy;
}

static void table_write(struct memory_table *table, const struct bm_change *change) {
    bool found;
    size_t at = find(table, change->id, &found);
    if (found) free_record(change->table, table->records[at]);
    if (!change->record) {
        if (!found) return;
        table->count--;
        memmove(table->records + at, table->records + at + 1,
                (table->count - at) * sizeof *table->records);
        return;
    }
    if (!found) {
        if (table->count == table->cap) {
            table->cap = table->cap ? table->cap * 2 : 64;
            table->records = bm_realloc(table->records, table->cap * sizeof *table->records);
        }
        memmove(table->records + at + 1, table->records + at,
                (table->count - at) * sizeof *table->records);
        table->count++;
    }
    table->records[at] = copy_record(change->table, change->record);
}

/* --- the store -------------------------------------------------------------------------------- */

static void forget_before(struct memory_store *store) {
    for (int t = 0; t < BM_T_REQUEST; t++) table_drop(&store->before[t], (enum bm_table_kind)t);
    store->uncertain_rows = 0;
}

static void store_drop(struct memory_store *store) {
    pthread_mutex_lock(&store->lock);
    unsigned refs = --store->refs;
    pthread_mutex_unlock(&store->lock);
    if (refs) return;
    forget_before(store);
    for (int t = 0; t < BM_T_REQUEST; t++) table_drop(&store->tables[t], (enum bm_table_kind)t);
    for (size_t i = 0; i < store->row_count; i++) bm_free(store->rows[i]);
    bm_free(store->rows);
    pthread_mutex_destroy(&store->lock);
    bm_free(store);
}

static struct memory_row *keep_row(const struct bm_row *row) {
    struct memory_row *kept = bm_alloc(sizeof *kept + row->body_len + 1 + row->sealed_len);
    kept->row = *row;
    memcpy(kept->subject, row->subject, strlen(row->subject) + 1);
    memcpy(kept->actor, row->actor, strlen(row->actor) + 1);
    memcpy(kept->bytes, row->body, row->body_len + 1);
    kept->row.subject = kept->subject;
    kept->row.actor = kept->actor;
    kept->row.body = (const char *)kept->bytes;
    if (row->request) {
        memcpy(kept->request, row->request, sizeof kept->request);
        kept->row.request = kept->request;
    }
    if (row->key_id) {
        uint8_t *sealed = kept->bytes + row->body_len + 1;
        memcpy(kept->nonce, row->nonce, sizeof kept->nonce);
        if (row->sealed_len) memcpy(sealed, row->sealed, row->sealed_len);
        kept->row.nonce = kept->nonce;
        kept->row.sealed = sealed;
    }
    return kept;
}

static struct bm_head store_head(const struct memory_store *store) {
    if (store->row_count == 0) return (struct bm_head){0};
    const struct bm_row *row = &store->rows[store->row_count - 1]->row;
    return (struct bm_head){row->seq, row->hash};
}

/* --- the writer ------------------------------------------------------------------------------- */

static const struct bm_journal_functions functions;

static struct bm_journal *open_store(struct memory_store *store) {
    struct memory_journal *journal = bm_alloc_zero(1, sizeof *journal);
    journal->store = store;
    journal->texts = bm_row_texts_make();
    journal->base = (struct bm_journal){.functions = &functions,
                                        .ledger = store->ledger,
                                        .epoch = ++store->epoch,
                                        .head = store_head(store)};
    return &journal->base;
}

struct bm_journal *bm_journal_memory(uint64_t ledger) {
    struct memory_store *store = bm_alloc_zero(1, sizeof *store);
    BM_CHECK(pthread_mutex_init(&store->lock, NULL) == 0);
    store->refs = 1;
    store->ledger = ledger;
    for (int t = 0; t < BM_T_REQUEST; t++) {
        store->tables[t] = bm_alloc_zero(1, sizeof *store->tables[t]);
        store->tables[t]->refs = 1;
    }
    return open_store(store);
}

struct bm_journal *bm_journal_memory_reopen(struct bm_journal *base) {
    BM_CHECK(base->functions == &functions);
    struct memory_store *store = of(base)->store;
    pthread_mutex_lock(&store->lock);
    store->refs++;
    forget_before(store);
    struct bm_journal *journal = open_store(store);
    pthread_mutex_unlock(&store->lock);
    return journal;
}

static void close_journal(struct bm_journal *base) {
    struct memory_journal *journal = of(base);
    store_drop(journal->store);
    bm_row_texts_free(&journal->texts);
    bm_free(journal);
}

void bm_journal_memory_fail_next(struct bm_journal *base, enum bm_append answer, bool persists) {
    BM_CHECK(base->functions == &functions);
    struct memory_journal *journal = of(base);
    journal->fails = answer != BM_APPEND_COMMITTED;
    journal->answer = answer;
    journal->persists = persists;
}

void bm_journal_memory_cut(struct bm_journal *base, uint64_t rows) {
    BM_CHECK(base->functions == &functions);
    struct memory_store *store = of(base)->store;
    pthread_mutex_lock(&store->lock);
    /* A batch is one transaction: it is there whole or not at all. */
    BM_CHECK(rows == store->uncertain_rows);
    for (; store->uncertain_rows; store->uncertain_rows--) bm_free(store->rows[--store->row_count]);
    for (int t = 0; t < BM_T_REQUEST && store->before[t]; t++) {
        table_drop(&store->tables[t], (enum bm_table_kind)t);
        store->tables[t] = table_share(store->before[t]);
    }
    forget_before(store);
    pthread_mutex_unlock(&store->lock);
}

static void write_batch(struct memory_journal *journal, const struct bm_batch *batch,
                        struct bm_head *head) {
    struct memory_store *store = journal->store;
    for (size_t i = 0; i < batch->event_count; i++) {
        struct bm_row row;
        bm_row_of(batch->events[i], journal->base.ledger, journal->base.epoch, &head->hash,
                  &journal->texts, &row);
        if (store->row_count == store->row_cap) {
            store->row_cap = store->row_cap ? store->row_cap * 2 : 256;
            store->rows = bm_realloc(store->rows, store->row_cap * sizeof *store->rows);
        }
        store->rows[store->row_count++] = keep_row(&row);
        *head = (struct bm_head){row.seq, row.hash};
    }
    for (size_t i = 0; i < batch->change_count; i++) {
        enum bm_table_kind kind = batch->changes[i].table;
        table_write(table_own(&store->tables[kind], kind), &batch->changes[i]);
    }
}

/* With the lock held. */
static enum bm_append append_locked(struct memory_journal *journal, const struct bm_batch *batch,
                                    const struct bm_head *expected, struct bm_head *ret_head) {
    struct memory_store *store = journal->store;
    struct bm_head head = store_head(store);
    bool fails = journal->fails;
    journal->fails = false;
    if (store->epoch != journal->base.epoch || head.seq != expected->seq ||
        (head.seq && memcmp(&head.hash, &expected->hash, sizeof head.hash) != 0)) {
        return BM_APPEND_FENCED;
    }
    if (fails && (journal->answer != BM_APPEND_UNKNOWN || !journal->persists))
        return journal->answer;
    forget_before(store);
    if (fails) {
        for (int t = 0; t < BM_T_REQUEST; t++) store->before[t] = table_share(store->tables[t]);
        store->uncertain_rows = batch->event_count;
    }
    write_batch(journal, batch, &head);
    if (fails) return BM_APPEND_UNKNOWN;
    *ret_head = head;
    return BM_APPEND_COMMITTED;
}

static enum bm_append append(struct bm_journal *base, const struct bm_batch *batch,
                             const struct bm_head *expected, struct bm_head *ret_head) {
    struct memory_journal *journal = of(base);
    pthread_mutex_lock(&journal->store->lock);
    enum bm_append answer = append_locked(journal, batch, expected, ret_head);
    pthread_mutex_unlock(&journal->store->lock);
    return answer;
}

/* --- rows
 * -------------------------------------------------------------------------------------------------
 */

/* Row `index`, or NULL at the end. */
static const struct bm_row *row_at(struct memory_store *store, size_t index) {
    pthread_mutex_lock(&store->lock);
    const struct bm_row *row = index < store->row_count ? &store->rows[index]->row : NULL;
    pthread_mutex_unlock(&store->lock);
    return row;
}

static enum bm_code walk(struct memory_store *store, uint64_t from, size_t most, bm_row_fn *each,
                         void *context, struct bm_fault *fault) {
    if (from >= most) return BM_OK;
    struct bm_chain chain = {store->ledger, {from, {{0}}}};
    if (from) chain.last.hash = row_at(store, (size_t)from - 1)->hash;
    for (size_t i = (size_t)from; i < most; i++) {
        const struct bm_row *row = row_at(store, i);
        if (!row) break;
        enum bm_code code = bm_chain_step(&chain, row, fault);
        if (code) return code;
        if (!each(context, row)) break;
    }
    return BM_OK;
}

static size_t count_rows(struct memory_store *store) {
    pthread_mutex_lock(&store->lock);
    size_t count = store->row_count;
    pthread_mutex_unlock(&store->lock);
    return count;
}

static enum bm_code follow(struct bm_journal *journal, uint64_t from, bm_row_fn *each,
                           void *context, struct bm_fault *fault) {
    struct memory_store *store = of(journal)->store;
    return walk(store, from, count_rows(store), each, context, fault);
}

/* --- readers ---------------------------------------------------------------------------------- */

static const struct bm_reader_functions reader_functions;

static enum bm_code reader_open(struct bm_journal *journal, struct bm_reader **ret_reader,
                                struct bm_fault *fault) {
    (void)fault;
    struct memory_reader *reader = bm_alloc_zero(1, sizeof *reader);
    reader->base.functions = &reader_functions;
    reader->store = of(journal)->store;
    pthread_mutex_lock(&reader->store->lock);
    reader->store->refs++;
    pthread_mutex_unlock(&reader->store->lock);
    *ret_reader = &reader->base;
    return BM_OK;
}

static const struct bm_journal_functions functions = {close_journal, append, follow, reader_open};

/* Holds the present tables until let_go. */
static void hold(struct memory_reader *reader) {
    struct memory_store *store = reader->store;
    pthread_mutex_lock(&store->lock);
    reader->row_count = store->row_count;
    for (int t = 0; t < BM_T_REQUEST; t++) reader->tables[t] = table_share(store->tables[t]);
    reader->reading = true;
    pthread_mutex_unlock(&store->lock);
}

static void let_go(struct memory_reader *reader) {
    if (!reader->reading) return;
    pthread_mutex_lock(&reader->store->lock);
    for (int t = 0; t < BM_T_REQUEST; t++) table_drop(&reader->tables[t], (enum bm_table_kind)t);
    reader->reading = false;
    pthread_mutex_unlock(&reader->store->lock);
}

static void close_reader(struct bm_reader *base) {
    let_go(reader_of(base));
    store_drop(reader_of(base)->store);
    bm_free(base);
}

static enum bm_code begin(struct bm_reader *base, uint64_t *ret_seq, struct bm_fault *fault) {
    (void)fault;
    struct memory_reader *reader = reader_of(base);
    BM_CHECK(!reader->reading);
    hold(reader);
    *ret_seq = reader->row_count;
    return BM_OK;
}

static void end(struct bm_reader *base) {
    let_go(reader_of(base));
}

/* Outside of begin and end each call holds the tables by itself; returns whether it has to let go.
 */
static bool hold_for_call(struct memory_reader *reader) {
    bool alone = !reader->reading;
    if (alone) hold(reader);
    return alone;
}

static bool is_archived(const struct memory_reader *reader, enum bm_table_kind table, const void *record) {
    const struct bm_field *on_case = bm_projection_hangs_on(table);
    bool found = false;
    if (on_case) find(reader->tables[BM_T_STUB], *(const uint64_t *)bm_field_of(on_case, record), &found);
    return found;
}

static bool matches(const struct memory_reader *reader, const struct bm_query *query, const struct bm_field *field,
                    const void *record) {
    if (field && *(const uint64_t *)bm_field_of(field, record) != query->id) return false;
    return !query->open_only || (bm_projection_open(query->table, record) && !is_archived(reader, query->table, record));
}

static enum bm_code records(struct bm_reader *base, const struct bm_query *query,
                            bm_record_fn *each, void *context, struct bm_fault *fault) {
    (void)fault;
    struct memory_reader *reader = reader_of(base);
    bool alone = hold_for_call(reader);
    const struct bm_field *field = bm_projection_field(query);
    const struct memory_table *table = reader->tables[query->table];
    bool found;
    size_t at = query->after_id ? find(table, query->after_id, &found) : 0;
    size_t left = table->count - at;
    if (query->newest_first)
        left = query->after_id ? at : table->count;
    else if (query->after_id && found)
        left--, at++;
    uint32_t given = 0;
    for (; left; left--) {
        const void *record = query->newest_first ? table->records[left - 1] : table->records[at++];
        if (!matches(reader, query, field, record)) continue;
        if (!each(context, record) || ++given == query->limit) break;
    }
    if (alone) let_go(reader);
    return BM_OK;
}

static enum bm_code get(struct bm_reader *base, enum bm_table_kind kind, uint64_t id,
                        void *ret_record, struct bm_fault *fault) {
    struct memory_reader *reader = reader_of(base);
    bool alone = hold_for_call(reader), found;
    size_t at = find(reader->tables[kind], id, &found);
    if (found) bm_shape_copy(bm_table_shape(kind), reader->tables[kind]->records[at], ret_record);
    if (alone) let_go(reader);
    if (found) return BM_OK;
    return bm_fault_set(fault, BM_NOT_FOUND, "id", "There is no %s %llu.",
                        bm_table_shape(kind)->name, (unsigned long long)id);
}

static enum bm_code subject(struct bm_reader *base, const char *name, uint64_t from, uint32_t limit,
                            bm_row_fn *each, void *context, struct bm_fault *fault) {
    (void)fault;
    struct memory_reader *reader = reader_of(base);
    size_t most = reader->reading ? reader->row_count : count_rows(reader->store);
    uint32_t given = 0;
    for (uint64_t i = from; i < most; i++) {
        const struct bm_row *row = row_at(reader->store, (size_t)i);
        if (!row) break;
        if (strcmp(row->subject, name) != 0) continue;
        if (!each(context, row) || ++given == limit) break;
    }
    return BM_OK;
}

static enum bm_code subject_back(struct bm_reader *base, const char *name, uint64_t before, bm_row_fn *each, void *context,
                                 struct bm_fault *fault) {
    (void)fault;
    struct memory_reader *reader = reader_of(base);
    size_t most = reader->reading ? reader->row_count : count_rows(reader->store);
    if (before && before - 1 < most) most = (size_t)before - 1;
    while (most-- > 0) {
        const struct bm_row *row = row_at(reader->store, most);
        if (row && strcmp(row->subject, name) == 0 && !each(context, row)) break;
    }
    return BM_OK;
}

static enum bm_code reader_follow(struct bm_reader *base, uint64_t from, bm_row_fn *each,
                                  void *context, struct bm_fault *fault) {
    struct memory_reader *reader = reader_of(base);
    size_t most = reader->reading ? reader->row_count : count_rows(reader->store);
    return walk(reader->store, from, most, each, context, fault);
}

static enum bm_code backup(struct bm_reader *reader, const char *path, struct bm_fault *fault) {
    (void)reader;
    return bm_fault_set(fault, BM_NOT_POSSIBLE, "path",
                        "A journal in memory cannot be copied to %.200s.", path);
}

static const struct bm_reader_functions reader_functions = {
    close_reader, begin, end, records, get, subject, subject_back, reader_follow, backup,
};
