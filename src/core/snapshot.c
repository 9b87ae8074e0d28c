/* The state as bytes, and back.
 *
 *   schema (16) | seq | at_ms | time_held | request_first | last_id per table |
 *   per table: count, then (id, packed record) in id order
 *
 * Lists, timers, maps and the digest are not stored: they follow from the records. */
#include <string.h>

#include "base/check.h"
#include "base/json.h"
#include "core/limits.h"
#include "core/state.h"

/* The program's own: worked out once, when it starts and there are no threads. */
static uint8_t schema_of_all[BM_DIGEST_BYTES];

__attribute__((constructor)) static void work_out_schema(void) {
    const uint8_t version = BM_APPLY_VERSION;
    uint8_t shapes[BM_DIGEST_BYTES];
    struct bm_hasher hasher;
    bm_entity_schema(shapes);
    bm_hash_start(&hasher, BM_DIGEST_BYTES);
    bm_hash_add(&hasher, shapes, sizeof shapes);
    bm_hash_add(&hasher, &version, 1);
    bm_hash_end(&hasher, schema_of_all, BM_DIGEST_BYTES);
}

void bm_core_schema(uint8_t ret_schema[BM_DIGEST_BYTES]) {
    memcpy(ret_schema, schema_of_all, BM_DIGEST_BYTES);
}

void bm_core_pack(const struct bm_core *core, struct bm_buf *buf) {
    uint8_t schema[BM_DIGEST_BYTES];
    bm_core_schema(schema);
    bm_buf_add(buf, schema, sizeof schema);
    bm_buf_u64_le(buf, core->seq);
    bm_buf_u64_le(buf, (uint64_t)core->at_ms);
    bm_buf_u64_le(buf, core->time_held);
    bm_buf_u64_le(buf, core->request_first);
    for (int t = 0; t < BM_table_kind_COUNT; t++) bm_buf_u64_le(buf, core->last_id[t]);
    for (int t = 0; t < BM_table_kind_COUNT; t++) {
        const struct bm_table *table = &core->tables[t];
        bm_buf_u64_le(buf, table->count);
        BM_TABLE_EACH(table, id) {
            bm_buf_u64_le(buf, id);
            bm_shape_pack(bm_table_shape((enum bm_table_kind)t),
                          bm_state_need(core, (enum bm_table_kind)t, id), buf);
        }
    }
}

/* Every id that `record` names and that lists depend on must be there. */
static bool anchored(const struct bm_core *core, enum bm_table_kind table, const void *record) {
    if (table == BM_T_ASSIGNMENT) {
        const struct bm_assignment *assignment = record;
        return bm_state_slot(core, BM_T_CASE, assignment->on_case.v) &&
               bm_state_slot(core, BM_T_UNIT, assignment->unit.v);
    }
    if (table == BM_T_CLOCK) {
        const struct bm_clock *clock = record;
        return clock->on_case.v ? bm_state_slot(core, BM_T_CASE, clock->on_case.v) != NULL
                                : bm_state_slot(core, BM_T_CONTACT, clock->contact.v) != NULL;
    }
    if (table == BM_T_LINK) {
        return bm_state_slot(core, BM_T_CASE, ((const struct bm_link *)record)->on_case.v) != NULL;
    }
    if (table == BM_T_MATTER) {
        const struct bm_matter *matter = record;
        return bm_state_slot(core, BM_T_CASE, matter->id.v) && bm_state_slot(core, BM_T_EDITION, matter->edition.v);
    }
    if (table == BM_T_PROMISE) {
        return bm_state_slot(core, BM_T_CASE, ((const struct bm_promise *)record)->on_case.v) != NULL;
    }
    if (table == BM_T_STINT) {
        const struct bm_stint *stint = record;
        return bm_state_slot(core, BM_T_OPERATOR, stint->operator_id.v) &&
               (stint->unit.v ? bm_state_slot(core, BM_T_UNIT, stint->unit.v)
                              : bm_state_slot(core, BM_T_DESK_POSITION, stint->desk_position.v));
    }
    return true;
}

/* The first field of every record is its id. */
static uint64_t id_of(const void *record) {
    uint64_t id;
    memcpy(&id, record, sizeof id);
    return id;
}

static bool unpack_table(struct bm_core *core, enum bm_table_kind table, struct bm_cursor *cursor) {
    uint64_t count = bm_cursor_u64(cursor), before = 0;
    for (uint64_t i = 0; i < count && !cursor->failed; i++) {
        uint64_t id = bm_cursor_u64(cursor);
        if (cursor->failed || id <= before || id > core->last_id[table]) return false;
        before = id;
        void *record = bm_state_add(core, table, id);
        bm_shape_unpack(bm_table_shape(table), cursor, record);
        if (cursor->failed || id_of(record) != id) return false;
        if (table == BM_T_REQUEST) {
            bm_map_put(&core->request_by_key, ((struct bm_request *)record)->key, id);
        }
        if (table == BM_T_CONTACT) bm_state_index_call(core, record);
    }
    return !cursor->failed;
}

static bool unpack_all(struct bm_core *core, struct bm_cursor *cursor) {
    uint64_t seq = bm_cursor_u64(cursor);
    int64_t at_ms = (int64_t)bm_cursor_u64(cursor);
    uint64_t held = bm_cursor_u64(cursor), first = bm_cursor_u64(cursor);
    for (int t = 0; t < BM_table_kind_COUNT; t++) {
        core->last_id[t] = bm_cursor_u64(cursor);
        if (core->last_id[t] > BM_TABLE_ID_MAX) return false;
    }
    for (int t = 0; t < BM_table_kind_COUNT; t++) {
        if (!unpack_table(core, (enum bm_table_kind)t, cursor)) return false;
    }
    if (cursor->failed || cursor->len || held > 1) return false;
    if (first != bm_table_next(&core->tables[BM_T_REQUEST], 0)) return false;
    for (int t = 0; t < BM_table_kind_COUNT; t++) {
        enum bm_table_kind table = (enum bm_table_kind)t;
        BM_TABLE_EACH(&core->tables[t], id) {
            if (!anchored(core, table, bm_state_record(core, table, id))) return false;
            bm_state_link(core, table, id);
            bm_state_arm(core, table, id);
        }
    }
    if (seq > BM_SEQ_MAX) return false;
    core->seq = seq;
    core->at_ms = at_ms;
    core->time_held = held;
    core->request_first = first;
    return true;
}

enum bm_code bm_core_unpack(struct bm_core *core, const void *bytes, size_t len,
                            struct bm_fault *fault) {
    BM_CHECK(core->seq == 0);
    uint8_t schema[BM_DIGEST_BYTES];
    bm_core_schema(schema);
    if (len < sizeof schema || memcmp(bytes, schema, sizeof schema) != 0) {
        return bm_fault_set(
            fault, BM_BAD_FORMAT, NULL,
            "The snapshot was made by another version; it is rebuilt from the journal.");
    }
    struct bm_cursor cursor = {(const uint8_t *)bytes + sizeof schema, len - sizeof schema, false};
    if (!unpack_all(core, &cursor)) {
        return bm_fault_set(fault, BM_CORRUPT, NULL, "The snapshot's bytes do not fit its shape.");
    }
    bm_core_take_changes(core, NULL, NULL);
    return BM_OK;
}

/* --- one case
 * ----------------------------------------------------------------------------------------- What
 * leaves and re-enters memory stands in the journal for ever, so it is JSON read field by field and
 * not packed bytes: {"records":[{"table":"case","record":{...}}, ...]}, the case first. */

static const enum bm_table_kind case_tables[] = {BM_T_CONTACT, BM_T_ASSIGNMENT, BM_T_CLOCK,
                                                 BM_T_LINK, BM_T_PROMISE};
enum { CASE_LISTS = sizeof case_tables / sizeof case_tables[0] };

static void write_record(const struct bm_core *core, enum bm_table_kind table, uint64_t id,
                         struct bm_buf *buf) {
    bm_buf_text(buf, "{\"table\":");
    bm_json_text(buf, bm_word(&bm_table_kind_words, table));
    bm_buf_text(buf, ",\"record\":{");
    bm_shape_write_json(bm_table_shape(table), bm_state_need(core, table, id), buf);
    bm_buf_text(buf, "}}");
}

static void write_contact_clocks(const struct bm_core *core, uint64_t contact_id,
                                 struct bm_buf *buf) {
    const struct bm_contact_slot *slot = bm_state_slot(core, BM_T_CONTACT, contact_id);
    for (uint64_t id = slot->clocks.first; id; id = bm_state_after(core, BM_T_CLOCK, id)) {
        bm_buf_byte(buf, ',');
        write_record(core, BM_T_CLOCK, id, buf);
    }
}

void bm_state_pack_case(const struct bm_core *core, uint64_t case_id, struct bm_buf *buf) {
    bm_buf_text(buf, "{\"records\":[");
    write_record(core, BM_T_CASE, case_id, buf);
    if (bm_state_slot(core, BM_T_MATTER, case_id)) {
        bm_buf_byte(buf, ',');
        write_record(core, BM_T_MATTER, case_id, buf);
    }
    const struct bm_case_slot *slot = bm_state_slot(core, BM_T_CASE, case_id);
    const struct bm_list *lists[] = {&slot->contacts, &slot->assignments, &slot->clocks,
                                     &slot->links, &slot->promises};
    for (int k = 0; k < CASE_LISTS; k++) {
        for (uint64_t id = lists[k]->first; id; id = bm_state_after(core, case_tables[k], id)) {
            bm_buf_byte(buf, ',');
            write_record(core, case_tables[k], id, buf);
            if (case_tables[k] == BM_T_CONTACT) write_contact_clocks(core, id, buf);
        }
    }
    bm_buf_text(buf, "]}");
}

union any_record {
    struct bm_case as_case;
    struct bm_contact contact;
    struct bm_assignment assignment;
    struct bm_clock clock;
    struct bm_link link;
    struct bm_matter matter;
    struct bm_promise promise;
};

static void put_back(struct bm_core *core, enum bm_table_kind table, const void *record) {
    uint64_t id = id_of(record);
    void *place = bm_state_add(core, table, id);
    bm_shape_copy(bm_table_shape(table), record, place);
    if (table == BM_T_CONTACT) bm_state_index_call(core, place);
    bm_state_touch(core, table, id);
    bm_state_link(core, table, id);
    bm_state_arm(core, table, id);
}

/* Reading the records of one case. */
struct reviving {
    const struct bm_core *core;
    struct bm_core *into; /* NULL: only look whether they fit */
    uint64_t case_id;
    uint64_t last_contact; /* a contact's own clocks stand right behind it */
};

/* Whether a record of an archived case may come back under this case. */
static bool belongs(const struct reviving *reviving, enum bm_table_kind table, const void *record) {
    const struct bm_core *core = reviving->core;
    uint64_t id = id_of(record), case_id = reviving->case_id;
    if (id == 0 || id > core->last_id[table] || bm_state_slot(core, table, id)) return false;
    if (table == BM_T_CASE)
        return id == case_id && !bm_case_open(((const struct bm_case *)record)->state);
    if (table == BM_T_CONTACT) return ((const struct bm_contact *)record)->on_case.v == case_id;
    if (table == BM_T_LINK) return ((const struct bm_link *)record)->on_case.v == case_id;
    if (table == BM_T_PROMISE) return ((const struct bm_promise *)record)->on_case.v == case_id;
    if (table == BM_T_MATTER) {
        return id == case_id && bm_state_slot(core, BM_T_EDITION, ((const struct bm_matter *)record)->edition.v);
    }
    if (table == BM_T_CLOCK) {
        const struct bm_clock *clock = record;
        if (clock->on_case.v) return clock->on_case.v == case_id;
        return clock->contact.v && clock->contact.v == reviving->last_contact;
    }
    if (table != BM_T_ASSIGNMENT) return false;
    const struct bm_assignment *assignment = record;
    return assignment->on_case.v == case_id && !bm_assignment_open(assignment->state) &&
           bm_state_slot(core, BM_T_UNIT, assignment->unit.v);
}

static bool read_record(struct reviving *reviving, const json_t *item, bool is_first) {
    const char *word = json_string_value(json_object_get(item, "table"));
    const json_t *object = json_object_get(item, "record");
    int number = word ? bm_words_find(&bm_table_kind_words, word) : -1;
    if (number < 0 || !json_is_object(object) || (number == BM_T_CASE) != is_first) return false;
    enum bm_table_kind table = (enum bm_table_kind)number;
    const struct bm_shape *shape = bm_table_shape(table);
    union any_record record;
    if (shape->record_size > sizeof record) return false;
    if (bm_shape_read_json(shape, object, &record, NULL, NULL) != BM_OK) return false;
    bool fits = belongs(reviving, table, &record);
    if (fits && reviving->into) put_back(reviving->into, table, &record);
    if (fits && table == BM_T_CONTACT) reviving->last_contact = id_of(&record);
    bm_shape_release(shape, &record);
    return fits;
}

bool bm_state_unpack_case(const struct bm_core *core, struct bm_core *into,
                          const struct bm_bytes *content, uint64_t case_id) {
    json_t *whole;
    if (bm_json_parse(content->bytes, content->len, &whole, NULL) != BM_OK) return false;
    const json_t *records = json_object_get(whole, "records");
    size_t count = json_array_size(records);
    struct reviving reviving = {core, into, case_id, 0};
    bool fits = count > 0;
    for (size_t i = 0; i < count && fits; i++) {
        fits = read_record(&reviving, json_array_get(records, i), i == 0);
    }
    json_decref(whole);
    return fits;
}
