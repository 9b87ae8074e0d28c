/* What both twins promise: every test here runs on SQLite and in memory. */
#include "support.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"

static bool on_sqlite;

static int make(void **state) {
    *state = bm_world_make(on_sqlite);
    return 0;
}

static int drop(void **state) {
    bm_world_free(*state);
    return 0;
}

static struct bm_reader *reader_of(struct world *world) {
    struct bm_reader *reader = NULL;
    assert_ok(bm_reader_open(world->journal, &reader, &bm_test_fault));
    return reader;
}

/* --- rows ------------------------------------------------------------------------------------- */

static void an_empty_journal_has_no_rows(void **state) {
    struct world *world = *state;
    struct seen seen = {0};
    assert_int_equal(bm_journal_head(world->journal).seq, 0);
    assert_int_equal(bm_journal_epoch(world->journal), 1);
    assert_true(bm_journal_ledger(world->journal) != 0);
    assert_ok(bm_journal_follow(world->journal, 0, bm_see, &seen, &bm_test_fault));
    assert_ok(bm_journal_follow(world->journal, 5, bm_see, &seen, &bm_test_fault));
    struct bm_reader *reader = reader_of(world);
    uint64_t seq = 9;
    assert_ok(bm_reader_begin(reader, &seq, &bm_test_fault));
    assert_int_equal(seq, 0);
    bm_reader_end(reader);
    bm_reader_close(reader);
    assert_int_equal(seen.count, 0);
}

struct expected_events {
    const struct bm_event *events;
    size_t count, at;
};

static bool same_event(void *context, const struct bm_row *row) {
    struct expected_events *expected = context;
    struct bm_event event;
    assert_true(expected->at < expected->count);
    assert_int_equal(row->format, BM_JOURNAL_FORMAT);
    assert_ok(bm_row_event(row, &event, &bm_test_fault));
    bm_assert_same_event(&expected->events[expected->at++], &event);
    bm_event_release(&event);
    return true;
}

static void every_kind_of_event_comes_back_as_it_went_in(void **state) {
    struct world *world = *state;
    enum { ROUNDS = 12, COUNT = ROUNDS * BM_event_kind_COUNT };
    struct bm_event *events = bm_alloc_zero(COUNT, sizeof *events);
    for (size_t i = 0; i < COUNT; i++) {
        events[i] = bm_fill_event((enum bm_event_kind)(i % BM_event_kind_COUNT), i + 1, i + 1);
    }
    bm_append_all(world->journal, events, 100, NULL, 0);
    bm_append_all(world->journal, events + 100, COUNT - 100, NULL, 0);
    struct expected_events expected = {events, COUNT, 0};
    assert_ok(bm_journal_follow(world->journal, 0, same_event, &expected, &bm_test_fault));
    assert_int_equal(expected.at, COUNT);
    struct bm_reader *reader = reader_of(world);
    expected.at = 0;
    assert_ok(bm_reader_follow(reader, 0, same_event, &expected, &bm_test_fault));
    assert_int_equal(expected.at, COUNT);
    bm_reader_close(reader);
    for (size_t i = 0; i < COUNT; i++) bm_event_release(&events[i]);
    bm_free(events);
}

static void follow_begins_where_it_is_told_and_stops_when_asked(void **state) {
    struct world *world = *state;
    bm_append_many(world->journal, 50, 7);
    struct seen middle = {0}, early = {.stop_after = 5}, last = {0}, past = {0};
    assert_ok(bm_journal_follow(world->journal, 20, bm_see, &middle, &bm_test_fault));
    assert_int_equal(middle.count, 30);
    assert_int_equal(middle.first, 21);
    assert_int_equal(middle.last, 50);
    assert_ok(bm_journal_follow(world->journal, 10, bm_see, &early, &bm_test_fault));
    assert_int_equal(early.count, 5);
    assert_int_equal(early.last, 15);
    assert_ok(bm_journal_follow(world->journal, 49, bm_see, &last, &bm_test_fault));
    assert_int_equal(last.count, 1);
    assert_ok(bm_journal_follow(world->journal, 50, bm_see, &past, &bm_test_fault));
    assert_ok(bm_journal_follow(world->journal, UINT64_MAX, bm_see, &past, &bm_test_fault));
    assert_int_equal(past.count, 0);
}

static void a_subject_reads_only_its_own_rows(void **state) {
    struct world *world = *state;
    bm_append_many(world->journal, 70, 16);
    struct bm_reader *reader = reader_of(world);
    struct seen all = {0}, few = {0}, none = {0}, stopped = {.stop_after = 2};
    assert_ok(bm_reader_subject(reader, "case/3", 0, 0, bm_see, &all, &bm_test_fault));
    assert_int_equal(all.count, 10);
    assert_int_equal(all.first, 3);
    assert_int_equal(all.last, 66);
    assert_ok(bm_reader_subject(reader, "case/3", 10, 4, bm_see, &few, &bm_test_fault));
    assert_int_equal(few.count, 4);
    assert_int_equal(few.first, 17);
    assert_ok(bm_reader_subject(reader, "case/33", 0, 0, bm_see, &none, &bm_test_fault));
    assert_ok(bm_reader_subject(reader, "case/3' OR 1=1", 0, 0, bm_see, &none, &bm_test_fault));
    assert_int_equal(none.count, 0);
    assert_ok(bm_reader_subject(reader, "case/3", 0, 0, bm_see, &stopped, &bm_test_fault));
    assert_int_equal(stopped.count, 2);
    bm_reader_close(reader);
}

static void a_subject_reads_back_from_its_newest_row(void **state) {
    struct world *world = *state;
    bm_append_many(world->journal, 70, 16);
    struct bm_reader *reader = reader_of(world);
    struct seen all = {0}, older = {0}, stopped = {.stop_after = 2}, none = {0};
    assert_ok(bm_reader_subject_back(reader, "case/3", 0, bm_see, &all, &bm_test_fault));
    assert_int_equal(all.count, 10);
    assert_int_equal(all.first, 66);
    assert_int_equal(all.last, 3);
    assert_ok(bm_reader_subject_back(reader, "case/3", 17, bm_see, &older, &bm_test_fault));
    assert_int_equal(older.count, 2);
    assert_int_equal(older.first, 10);
    assert_ok(bm_reader_subject_back(reader, "case/3", UINT64_MAX, bm_see, &stopped, &bm_test_fault));
    assert_int_equal(stopped.count, 2);
    assert_ok(bm_reader_subject_back(reader, "case/3", 1, bm_see, &none, &bm_test_fault));
    assert_int_equal(none.count, 0);
    bm_reader_close(reader);
}

static void unicode_survives(void **state) {
    struct world *world = *state;
    struct bm_event event = bm_event_make(BM_EV_AGENCY_SET,
                                          (struct bm_subject){BM_SUBJECT_AGENCY, 1});
    event.seq = 1;
    event.agency_set.agency.v = 1;
    snprintf(event.agency_set.name, sizeof event.agency_set.name, "北京市公安局 · 臺北 🚓 é\u202e");
    struct bm_agency agency;
    bm_shape_clear(bm_table_shape(BM_T_AGENCY), &agency);
    agency.id.v = 1;
    memcpy(agency.name, event.agency_set.name, sizeof agency.name);
    struct bm_change change = {BM_T_AGENCY, 1, &agency};
    bm_append_all(world->journal, &event, 1, &change, 1);
    struct expected_events expected = {&event, 1, 0};
    assert_ok(bm_journal_follow(world->journal, 0, same_event, &expected, &bm_test_fault));
    struct bm_reader *reader = reader_of(world);
    struct bm_agency back;
    assert_ok(bm_reader_get(reader, BM_T_AGENCY, 1, &back, &bm_test_fault));
    assert_string_equal(back.name, agency.name);
    bm_reader_close(reader);
}

static void a_batch_of_the_largest_size_is_one_append(void **state) {
    struct world *world = *state;
    bm_append_many(world->journal, BM_BATCH_ROWS_MAX, BM_BATCH_ROWS_MAX);
    struct seen seen = {0};
    assert_ok(bm_journal_follow(world->journal, 0, bm_see, &seen, &bm_test_fault));
    assert_int_equal(seen.count, BM_BATCH_ROWS_MAX);
    bm_world_reopen(world);
    assert_int_equal(bm_journal_head(world->journal).seq, BM_BATCH_ROWS_MAX);
}

/* --- who may write ---------------------------------------------------------------------------- */

static void another_head_is_fenced_and_nothing_is_written(void **state) {
    struct world *world = *state;
    bm_append_many(world->journal, 3, 3);
    struct bm_head right = bm_journal_head(world->journal), wrong = right;
    struct bm_event event = bm_case_event(1, 4), early = bm_case_event(1, 3);
    wrong.hash.bytes[31] ^= 1;
    assert_int_equal(bm_try_append(world->journal, &event, 1, NULL, 0, &wrong), BM_APPEND_FENCED);
    wrong = (struct bm_head){2, right.hash};
    assert_int_equal(bm_try_append(world->journal, &early, 1, NULL, 0, &wrong), BM_APPEND_FENCED);
    assert_int_equal(bm_journal_head(world->journal).seq, 3);
    bm_append_all(world->journal, &event, 1, NULL, 0);
    struct seen seen = {0};
    assert_ok(bm_journal_follow(world->journal, 0, bm_see, &seen, &bm_test_fault));
    assert_int_equal(seen.count, 4);
}

static void a_second_writer_fences_the_first(void **state) {
    struct world *world = *state;
    bm_append_many(world->journal, 3, 1);
    struct bm_journal *second = bm_world_second(world);
    assert_int_equal(bm_journal_epoch(second), bm_journal_epoch(world->journal) + 1);
    assert_int_equal(bm_journal_ledger(second), bm_journal_ledger(world->journal));
    struct bm_event event = bm_case_event(1, 4);
    struct bm_head head = bm_journal_head(world->journal);
    assert_int_equal(bm_try_append(world->journal, &event, 1, NULL, 0, &head), BM_APPEND_FENCED);
    bm_append_many(second, 2, 1);
    assert_int_equal(bm_try_append(world->journal, &event, 1, NULL, 0, &head), BM_APPEND_FENCED);
    assert_int_equal(bm_journal_head(second).seq, 5);
    bm_journal_close(second);
}

static void a_reopened_journal_goes_on_where_it_was(void **state) {
    struct world *world = *state;
    bm_append_many(world->journal, 10, 4);
    struct bm_head before = bm_journal_head(world->journal);
    uint64_t ledger = bm_journal_ledger(world->journal), epoch = bm_journal_epoch(world->journal);
    bm_world_reopen(world);
    struct bm_head after = bm_journal_head(world->journal);
    assert_int_equal(after.seq, before.seq);
    assert_memory_equal(&after.hash, &before.hash, sizeof after.hash);
    assert_int_equal(bm_journal_ledger(world->journal), ledger);
    assert_int_equal(bm_journal_epoch(world->journal), epoch + 1);
    bm_append_many(world->journal, 10, 4);
    struct seen seen = {0};
    assert_ok(bm_journal_follow(world->journal, 0, bm_see, &seen, &bm_test_fault));
    assert_int_equal(seen.count, 20);
}

/* --- projections ------------------------------------------------------------------------------ */

enum { RECORDS = 60 };

/* RECORDS records of one table under ids 1, 3, 5, ... */
struct records {
    enum bm_table_kind table;
    const struct bm_shape *shape;
    void *records[RECORDS];
    struct bm_change changes[RECORDS];
};

static void *make_record(enum bm_table_kind table, uint64_t id, uint64_t seed) {
    const struct bm_shape *shape = bm_table_shape(table);
    void *record = bm_alloc(shape->record_size);
    bm_fill_record(shape, record, seed);
    *(uint64_t *)record = id;
    return record;
}

static void free_record(enum bm_table_kind table, void *record) {
    if (!record) return;
    bm_shape_release(bm_table_shape(table), record);
    bm_free(record);
}

static void make_records(struct records *records, enum bm_table_kind table, uint64_t seed) {
    records->table = table;
    records->shape = bm_table_shape(table);
    for (size_t i = 0; i < RECORDS; i++) {
        uint64_t id = 2 * i + 1;
        records->records[i] = make_record(table, id, seed + i);
        records->changes[i] = (struct bm_change){table, id, records->records[i]};
    }
}

static void free_records(struct records *records) {
    for (size_t i = 0; i < RECORDS; i++) free_record(records->table, records->records[i]);
}

static void append_changes(struct bm_journal *journal, const struct bm_change *changes,
                           size_t count) {
    struct bm_event event = bm_case_event(1, bm_journal_head(journal).seq + 1);
    bm_append_all(journal, &event, 1, changes, count);
}

static void assert_same_record(const struct bm_shape *shape, const void *a, const void *b) {
    const char *differs = bm_shape_differs(shape, a, b);
    if (differs)
        fail_msg("%s %llu differs in %s", shape->name, *(const unsigned long long *)a, differs);
}

static void check_records(struct bm_reader *reader, const struct records *records) {
    for (size_t i = 0; i < RECORDS; i++) {
        void *back = bm_alloc(records->shape->record_size);
        struct bm_fault fault;
        enum bm_code code = bm_reader_get(reader, records->table, 2 * i + 1, back, &fault);
        if (records->records[i]) {
            assert_int_equal(code, BM_OK);
            assert_same_record(records->shape, records->records[i], back);
            bm_shape_release(records->shape, back);
        } else {
            assert_int_equal(code, BM_NOT_FOUND);
        }
        assert_int_equal(bm_reader_get(reader, records->table, 2 * i + 2, back, &fault),
                         BM_NOT_FOUND);
        bm_free(back);
    }
}

static void projections_hold_every_field_of_every_table(void **state) {
    struct world *world = *state;
    for (int t = 0; t < BM_T_REQUEST; t++) {
        struct records records;
        make_records(&records, (enum bm_table_kind)t, 1000u * (unsigned)t);
        append_changes(world->journal, records.changes, RECORDS);
        struct bm_reader *reader = reader_of(world);
        check_records(reader, &records);
        /* A third is changed, a third removed. */
        for (size_t i = 0; i < RECORDS; i++) {
            if (i % 3 == 0) continue;
            free_record(records.table, records.records[i]);
            records.records[i] = i % 3 == 1 ? make_record(records.table, 2 * i + 1, 77777 + i)
                                            : NULL;
            records.changes[i].record = records.records[i];
        }
        append_changes(world->journal, records.changes, RECORDS);
        check_records(reader, &records);
        bm_reader_close(reader);
        bm_world_reopen(world);
        reader = reader_of(world);
        check_records(reader, &records);
        bm_reader_close(reader);
        free_records(&records);
    }
}

static void missing_values_stay_missing(void **state) {
    struct world *world = *state;
    for (int t = 0; t < BM_T_REQUEST; t++) {
        const struct bm_shape *shape = bm_table_shape((enum bm_table_kind)t);
        void *record = bm_alloc(shape->record_size), *back = bm_alloc(shape->record_size);
        bm_shape_clear(shape, record);
        *(uint64_t *)record = 5;
        struct bm_change change = {(enum bm_table_kind)t, 5, record};
        append_changes(world->journal, &change, 1);
        struct bm_reader *reader = reader_of(world);
        assert_ok(bm_reader_get(reader, (enum bm_table_kind)t, 5, back, &bm_test_fault));
        assert_same_record(shape, record, back);
        bm_reader_close(reader);
        bm_free(record);
        bm_free(back);
    }
}

static bool is_open(enum bm_table_kind table, const void *record) {
    const struct bm_contact *contact = record;
    const struct bm_case *one_case = record;
    const struct bm_assignment *assignment = record;
    const struct bm_clock *clock = record;
    if (table == BM_T_CONTACT) {
        return contact->ring_back_until_ms != BM_AT_NONE ||
               (contact->state != BM_CONTACT_ENDED && contact->state != BM_CONTACT_ABANDONED);
    }
    if (table == BM_T_CASE) return one_case->state < BM_CASE_CLOSED;
    if (table == BM_T_ASSIGNMENT) return assignment->state < BM_AS_CLEARED;
    if (table == BM_T_CLOCK) return clock->stopped_at_ms == BM_AT_NONE;
    if (table == BM_T_PLACE) return ((const struct bm_place *)record)->active;
    if (table == BM_T_PROMISE) return ((const struct bm_promise *)record)->stopped_at_ms == BM_AT_NONE;
    if (table == BM_T_MATTER) return bm_matter_is_open(record);
    if (table == BM_T_RATING) return ((const struct bm_rating *)record)->checked_at_ms == BM_AT_NONE;
    if (table == BM_T_DURESS) return ((const struct bm_duress *)record)->acknowledged_at_ms == BM_AT_NONE;
    if (table == BM_T_STINT) return ((const struct bm_stint *)record)->state <= BM_STINT_ON;
    if (table == BM_T_HANDOVER) return ((const struct bm_handover *)record)->taken_at_ms == BM_AT_NONE;
    if (table == BM_T_DUTY_LEVEL) return ((const struct bm_duty_level *)record)->active;
    if (table == BM_T_DESK_POSITION) return ((const struct bm_desk_position *)record)->active;
    if (table == BM_T_EDITION) return ((const struct bm_edition *)record)->current;
    if (table == BM_T_DESK_POSITION) return ((const struct bm_desk_position *)record)->active;
    if (table == BM_T_STINT) return ((const struct bm_stint *)record)->state <= BM_STINT_ON;
    if (table == BM_T_HANDOVER) return ((const struct bm_handover *)record)->taken_at_ms == BM_AT_NONE;
    if (table == BM_T_DUTY_LEVEL) return ((const struct bm_duty_level *)record)->active;
    return true;
}

struct found {
    const struct bm_shape *shape;
    const struct records *records;
    uint64_t ids[RECORDS];
    size_t count;
};

static bool collect(void *context, const void *record) {
    struct found *found = context;
    uint64_t id = *(const uint64_t *)record;
    assert_true(found->count < RECORDS);
    assert_same_record(found->shape, found->records->records[(id - 1) / 2], record);
    found->ids[found->count++] = id;
    return true;
}

/* Once the table of stubs is written, cases with odd ids are archived: nothing that hangs on them is open. */
static bool stubs_are_there;

static bool hangs_on_archived(const struct bm_query *query, const struct bm_shape *shape, const void *record) {
    enum bm_table_kind t = query->table;
    bool hangs = t == BM_T_CONTACT || t == BM_T_ASSIGNMENT || t == BM_T_CLOCK || t == BM_T_PROMISE;
    return stubs_are_there && hangs && *(const uint64_t *)bm_field_of(bm_shape_find(shape, "case"), record) % 2;
}

/* The same question, answered by looking at every record. */
static void check_query(struct bm_reader *reader, const struct records *records,
                        const struct bm_query *query) {
    struct found found = {.shape = records->shape, .records = records};
    uint64_t wanted[RECORDS];
    size_t count = 0;
    const struct bm_field *field = query->field ? bm_shape_find(records->shape, query->field)
                                                : NULL;
    for (size_t k = 0; k < RECORDS; k++) {
        size_t i = query->newest_first ? RECORDS - 1 - k : k;
        const void *record = records->records[i];
        uint64_t id = 2 * i + 1;
        if (query->after_id &&
            (query->newest_first ? id >= query->after_id : id <= query->after_id))
            continue;
        if (field && *(const uint64_t *)bm_field_of(field, record) != query->id) continue;
        if (query->open_only && (!is_open(query->table, record) || hangs_on_archived(query, records->shape, record))) continue;
        if (query->limit && count == query->limit) break;
        wanted[count++] = id;
    }
    assert_ok(bm_reader_records(reader, query, collect, &found, &bm_test_fault));
    assert_int_equal(found.count, count);
    assert_memory_equal(found.ids, wanted, count * sizeof wanted[0]);
}

static void check_queries(struct world *world, enum bm_table_kind table) {
    struct records records;
    make_records(&records, table, 31u * (unsigned)table);
    const char *fields[] = {NULL, "case", "unit", "jurisdiction"};
    /* Few different ids, so that several records share one. */
    for (size_t i = 0; i < RECORDS; i++) {
        for (size_t f = 1; f < 4; f++) {
            const struct bm_field *field = bm_shape_find(records.shape, fields[f]);
            if (field) *(uint64_t *)bm_field_in(field, records.records[i]) = i % 4;
        }
        if (table == BM_T_CLOCK && i % 2)
            ((struct bm_clock *)records.records[i])->stopped_at_ms = BM_AT_NONE;
        if (table == BM_T_PROMISE && i % 2)
            ((struct bm_promise *)records.records[i])->stopped_at_ms = BM_AT_NONE;
        if (table == BM_T_CONTACT) ((struct bm_contact *)records.records[i])->ended_at_ms = 1;
    }
    append_changes(world->journal, records.changes, RECORDS);
    struct bm_reader *reader = reader_of(world);
    const uint64_t afters[] = {0, 1, 40, 41, 119, 120, UINT64_MAX};
    const uint32_t limits[] = {0, 1, 7};
    for (size_t f = 0; f < 4; f++) {
        if (fields[f] && !bm_shape_find(records.shape, fields[f])) continue;
        for (unsigned bits = 0; bits < 4; bits++) {
            for (size_t a = 0; a < 7; a++) {
                for (size_t l = 0; l < 3; l++) {
                    struct bm_query query = {table,     fields[f], 2,        bits & 1,
                                             afters[a], bits & 2,  limits[l]};
                    check_query(reader, &records, &query);
                }
            }
        }
    }
    bm_reader_close(reader);
    free_records(&records);
}

static void queries_answer_what_a_look_at_every_record_would(void **state) {
    stubs_are_there = false;
    for (int t = 0; t < BM_T_REQUEST; t++) {
        check_queries(*state, (enum bm_table_kind)t);
        stubs_are_there |= t == BM_T_STUB;
    }
    check_queries(*state, BM_T_CONTACT); /* again, with stubs there */
}

/* --- readers ---------------------------------------------------------------------------------- */

static void a_read_sees_one_moment(void **state) {
    struct world *world = *state;
    struct bm_case record;
    bm_shape_clear(bm_table_shape(BM_T_CASE), &record);
    record.id.v = 1;
    record.version = 1;
    struct bm_change change = {BM_T_CASE, 1, &record};
    append_changes(world->journal, &change, 1);
    struct bm_reader *reader = reader_of(world), *other = reader_of(world);
    uint64_t seq = 0;
    assert_ok(bm_reader_begin(reader, &seq, &bm_test_fault));
    assert_int_equal(seq, 1);
    record.version = 2;
    append_changes(world->journal, &change, 1);
    struct bm_case back;
    assert_ok(bm_reader_get(reader, BM_T_CASE, 1, &back, &bm_test_fault));
    assert_int_equal(back.version, 1);
    assert_ok(bm_reader_get(other, BM_T_CASE, 1, &back, &bm_test_fault));
    assert_int_equal(back.version, 2);
    struct seen seen = {0};
    assert_ok(bm_reader_follow(reader, 0, bm_see, &seen, &bm_test_fault));
    assert_ok(bm_reader_subject(reader, "case/1", 0, 0, bm_see, &seen, &bm_test_fault));
    assert_int_equal(seen.count, 2);
    bm_reader_end(reader);
    assert_ok(bm_reader_begin(reader, &seq, &bm_test_fault));
    assert_int_equal(seq, 2);
    assert_ok(bm_reader_get(reader, BM_T_CASE, 1, &back, &bm_test_fault));
    assert_int_equal(back.version, 2);
    bm_reader_end(reader);
    bm_reader_end(reader);
    bm_reader_close(reader);
    bm_reader_close(other);
}

struct nested {
    struct bm_reader *reader;
    size_t outer, inner;
};

static bool count_inner(void *context, const void *record) {
    (void)record;
    ((struct nested *)context)->inner++;
    return true;
}

static bool count_outer(void *context, const void *record) {
    struct nested *nested = context;
    struct bm_query query = {.table = BM_T_UNIT};
    struct bm_unit unit;
    nested->outer++;
    assert_ok(bm_reader_records(nested->reader, &query, count_inner, nested, &bm_test_fault));
    assert_ok(
        bm_reader_get(nested->reader, BM_T_UNIT, *(const uint64_t *)record, &unit, &bm_test_fault));
    return nested->outer < 5;
}

static void a_callback_may_read_on(void **state) {
    struct world *world = *state;
    struct records records;
    make_records(&records, BM_T_UNIT, 3);
    append_changes(world->journal, records.changes, RECORDS);
    struct nested nested = {.reader = reader_of(world)};
    struct bm_query query = {.table = BM_T_UNIT};
    assert_ok(bm_reader_records(nested.reader, &query, count_outer, &nested, &bm_test_fault));
    assert_int_equal(nested.outer, 5);
    assert_int_equal(nested.inner, 5 * RECORDS);
    bm_reader_close(nested.reader);
    free_records(&records);
}

/* --- the twin's own faults (memory only) ------------------------------------------------------ */

static void memory_answers_what_it_was_told(void **state) {
    struct world *world = *state;
    struct bm_journal *journal = world->journal;
    bm_append_many(journal, 2, 1);
    struct bm_head head = bm_journal_head(journal);
    struct bm_case record;
    bm_shape_clear(bm_table_shape(BM_T_CASE), &record);
    record.id.v = 4;
    struct bm_change change = {BM_T_CASE, 4, &record};
    struct bm_event events[2] = {bm_case_event(4, 3), bm_case_event(4, 4)};
    bm_journal_memory_fail_next(journal, BM_APPEND_FULL, false);
    assert_int_equal(bm_try_append(journal, events, 2, &change, 1, &head), BM_APPEND_FULL);
    bm_journal_memory_fail_next(journal, BM_APPEND_FENCED, false);
    assert_int_equal(bm_try_append(journal, events, 2, &change, 1, &head), BM_APPEND_FENCED);
    bm_journal_memory_fail_next(journal, BM_APPEND_UNKNOWN, true);
    assert_int_equal(bm_try_append(journal, events, 2, &change, 1, &head), BM_APPEND_UNKNOWN);
    /* This handle writes no more, whatever it is asked. */
    assert_int_equal(bm_try_append(journal, events, 2, &change, 1, &head), BM_APPEND_UNKNOWN);
    assert_int_equal(bm_journal_head(journal).seq, 2);

    struct bm_journal *second = bm_journal_memory_reopen(journal);
    assert_int_equal(bm_journal_head(second).seq, 4);
    bm_journal_close(second);
}

static void memory_forgets_an_uncertain_batch(void **state) {
    struct world *world = *state;
    struct bm_case record;
    bm_shape_clear(bm_table_shape(BM_T_CASE), &record);
    record.id.v = 4;
    record.version = 1;
    struct bm_change change = {BM_T_CASE, 4, &record};
    append_changes(world->journal, &change, 1);
    record.version = 2;
    struct bm_head head = bm_journal_head(world->journal);
    struct bm_event events[2] = {bm_case_event(4, 2), bm_case_event(4, 3)};
    bm_journal_memory_fail_next(world->journal, BM_APPEND_UNKNOWN, true);
    assert_int_equal(bm_try_append(world->journal, events, 2, &change, 1, &head),
                     BM_APPEND_UNKNOWN);
    bm_journal_memory_cut(world->journal, 2);
    bm_world_reopen(world);
    struct bm_head after = bm_journal_head(world->journal);
    assert_memory_equal(&after.hash, &head.hash, sizeof head.hash);
    struct bm_reader *reader = reader_of(world);
    struct bm_case back;
    assert_ok(bm_reader_get(reader, BM_T_CASE, 4, &back, &bm_test_fault));
    assert_int_equal(back.version, 1);
    bm_reader_close(reader);
    append_changes(world->journal, &change, 1);
}

#define BOTH(test) cmocka_unit_test_setup_teardown(test, make, drop)

int main(void) {
    const struct CMUnitTest both[] = {
        BOTH(an_empty_journal_has_no_rows),
        BOTH(every_kind_of_event_comes_back_as_it_went_in),
        BOTH(follow_begins_where_it_is_told_and_stops_when_asked),
        BOTH(a_subject_reads_only_its_own_rows),
        BOTH(a_subject_reads_back_from_its_newest_row),
        BOTH(unicode_survives),
        BOTH(a_batch_of_the_largest_size_is_one_append),
        BOTH(another_head_is_fenced_and_nothing_is_written),
        BOTH(a_second_writer_fences_the_first),
        BOTH(a_reopened_journal_goes_on_where_it_was),
        BOTH(projections_hold_every_field_of_every_table),
        BOTH(missing_values_stay_missing),
        BOTH(queries_answer_what_a_look_at_every_record_would),
        BOTH(a_read_sees_one_moment),
        BOTH(a_callback_may_read_on),
    };
    const struct CMUnitTest memory[] = {
        BOTH(memory_answers_what_it_was_told),
        BOTH(memory_forgets_an_uncertain_batch),
    };
    on_sqlite = true;
    int failed = cmocka_run_group_tests_name("SQLite", both, NULL, NULL);
    on_sqlite = false;
    failed += cmocka_run_group_tests_name("memory", both, NULL, NULL);
    failed += cmocka_run_group_tests_name("memory faults", memory, NULL, NULL);
    return failed;
}
