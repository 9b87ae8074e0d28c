/* Many records at once, as one command: each row is decided by the rules of its kind, against the state as the rows
 * before it would leave it. */
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "core/deciding.h"
#include "core/import.h"

/* What the rows so far would change of what later rows ask about. */
struct bm_importing {
    const struct bm_core *core;
    struct bm_map keys;    /* what records are known by -> id */
    struct bm_map parents; /* agencies that rows set -> parent */
    uint64_t first_new;    /* id of the first new record */
    bool has_admin;        /* an active administrator would be there */
};

static const struct {
    enum bm_command_kind command;
    enum bm_table_kind table;
} kinds[BM_import_kind_COUNT] = {
    [BM_IMPORT_AGENCIES] = {BM_DO_AGENCY_SET, BM_T_AGENCY},
    [BM_IMPORT_PLACES] = {BM_DO_PLACE_SET, BM_T_PLACE},
    [BM_IMPORT_AREAS] = {BM_DO_AREA_SET, BM_T_AREA},
    [BM_IMPORT_UNITS] = {BM_DO_UNIT_SET, BM_T_UNIT},
    [BM_IMPORT_ACCOUNTS] = {BM_DO_OPERATOR_SET, BM_T_OPERATOR},
    [BM_IMPORT_DEVICES] = {BM_DO_DEVICE_SET, BM_T_DEVICE},
};

bool bm_import_is_table(enum bm_import_kind kind) {
    return kind == BM_IMPORT_ADDRESSES || kind == BM_IMPORT_DIVISIONS;
}

enum bm_command_kind bm_import_command(enum bm_import_kind kind) {
    return kinds[kind].command;
}

enum bm_table_kind bm_import_table(enum bm_import_kind kind) {
    return kinds[kind].table;
}

void bm_import_device_key(uint8_t protocol, const char *identity, char ret_text[BM_IMPORT_KEY_TEXT]) {
    snprintf(ret_text, BM_IMPORT_KEY_TEXT, "%s %s", bm_word(&bm_device_protocol_words, protocol), identity);
}

bool bm_import_wants_secret(uint8_t protocol) {
    return protocol != BM_DEVICE_JT808;
}

const char *bm_import_key(enum bm_table_kind table, const void *record, char ret_text[BM_IMPORT_KEY_TEXT]) {
    const char *key = NULL;
    if (table == BM_T_AGENCY) key = ((const struct bm_agency *)record)->code;
    if (table == BM_T_PLACE) key = ((const struct bm_place *)record)->code;
    if (table == BM_T_AREA) key = ((const struct bm_area_row *)record)->code;
    if (table == BM_T_OPERATOR) key = ((const struct bm_operator *)record)->number;
    if (table == BM_T_UNIT && ((const struct bm_unit *)record)->active) key = ((const struct bm_unit *)record)->call_sign;
    if (table == BM_T_DEVICE) {
        bm_import_device_key(((const struct bm_device *)record)->protocol, ((const struct bm_device *)record)->identity, ret_text);
        return ret_text;
    }
    return key && key[0] ? key : NULL;
}

/* --- rows as bytes ---------------------------------------------------------------------------- */

void bm_import_put(struct bm_buf *rows, const struct bm_command *row, uint64_t line) {
    const struct bm_bytes *sealed = &row->sealed[BM_DATA_IDENTITY].value;
    bm_buf_u64_le(rows, line);
    bm_buf_u64_le(rows, row->target);
    bm_buf_u64_le(rows, row->if_match);
    bm_buf_u64_le(rows, row->sealed[BM_DATA_IDENTITY].key_id);
    bm_buf_u64_le(rows, sealed->len);
    bm_buf_add(rows, sealed->bytes, sealed->len);
    bm_shape_pack(bm_command_shape(row->kind), bm_command_args((struct bm_command *)row), rows);
}

/* The next row; the cursor has failed when there is none whole. */
static void take(struct bm_cursor *cursor, struct bm_command *row, uint64_t *ret_line) {
    *ret_line = bm_cursor_u64(cursor);
    row->target = bm_cursor_u64(cursor);
    row->if_match = (uint32_t)bm_cursor_u64(cursor);
    row->has_if_match = row->target != 0;
    row->sealed[BM_DATA_IDENTITY].key_id = bm_cursor_u64(cursor);
    uint64_t len = bm_cursor_u64(cursor);
    if (len > cursor->len) cursor->failed = true;
    if (cursor->failed) return;
    row->sealed[BM_DATA_IDENTITY].value = bm_bytes_copy(cursor->bytes, len);
    cursor->bytes += len;
    cursor->len -= len;
    bm_shape_unpack(bm_command_shape(row->kind), cursor, bm_command_args(row));
}

/* --- what the rules of each kind ask ---------------------------------------------------------- */

static void map_key(const char *text, uint8_t ret_key[16]) {
    bm_hash_of(text, strlen(text), ret_key, 16);
}

static void map_id(uint64_t id, uint8_t ret_key[16]) {
    bm_hash_of(&id, sizeof id, ret_key, 16);
}

uint64_t bm_claim_key(struct bm_deciding *deciding, enum bm_table_kind table, const char *key, uint64_t id) {
    uint8_t hashed[16];
    uint64_t other = 0;
    if (!key[0]) return 0;
    if (!deciding->importing) {
        BM_TABLE_EACH(&deciding->core->tables[table], at) {
            char text[BM_IMPORT_KEY_TEXT];
            const char *has = at == id ? NULL : bm_import_key(table, bm_state_need(deciding->core, table, at), text);
            if (has && strcmp(has, key) == 0) return at;
        }
        return 0;
    }
    map_key(key, hashed);
    if (bm_map_get(&deciding->importing->keys, hashed, &other) && other != id) return other;
    bm_map_put(&deciding->importing->keys, hashed, id);
    return 0;
}

static uint64_t parent_of(const void *context, uint64_t agency) {
    const struct bm_importing *importing = context;
    uint8_t key[16];
    uint64_t parent;
    map_id(agency, key);
    if (bm_map_get(&importing->parents, key, &parent)) return parent;
    const struct bm_agency *record = bm_state_record(importing->core, BM_T_AGENCY, agency);
    return record ? record->parent.v : 0;
}

/* Nothing that is imported hangs on a case. */
static bool on_no_case(const void *context, uint64_t one, uint64_t other) {
    (void)context, (void)one, (void)other;
    return false;
}

bool bm_agency_comes(const struct bm_deciding *deciding, uint64_t agency) {
    uint8_t key[16];
    uint64_t parent;
    map_id(agency, key);
    return deciding->importing && bm_map_get(&deciding->importing->parents, key, &parent);
}

void bm_agency_stands(struct bm_deciding *deciding, uint64_t agency, uint64_t parent) {
    uint8_t key[16];
    if (!deciding->importing) return;
    map_id(agency, key);
    bm_map_put(&deciding->importing->parents, key, parent);
}

bool bm_admin_remains(struct bm_deciding *deciding, uint64_t but, bool stays_admin) {
    if (deciding->importing) { /* asked once, when all rows are known */
        deciding->importing->has_admin |= stays_admin;
        return true;
    }
    if (stays_admin) return true;
    BM_TABLE_EACH(&deciding->core->tables[BM_T_OPERATOR], id) {
        const struct bm_operator *person = bm_state_need(deciding->core, BM_T_OPERATOR, id);
        if (id != but && person->active && (person->roles & BM_ADMINS)) return true;
    }
    return false;
}

/* --- the whole -------------------------------------------------------------------------------- */

/* Ids that rows change, so that what they were known by is free again. */
static enum bm_code targets(struct bm_deciding *deciding, enum bm_import_kind kind, struct bm_map *ret_targets) {
    const struct bm_bytes *rows = &deciding->command->import.rows;
    struct bm_cursor cursor = {rows->bytes, rows->len, false};
    while (cursor.len) {
        struct bm_command row = bm_command_make(kinds[kind].command);
        uint8_t key[16];
        uint64_t line, seen;
        take(&cursor, &row, &line);
        bm_command_release(&row);
        if (cursor.failed) return bm_refuse(deciding, BM_BAD_FORMAT, "rows", "The rows are cut off; send the file again.");
        if (!row.target) continue;
        map_id(row.target, key);
        if (bm_map_get(ret_targets, key, &seen))
            return bm_refuse(deciding, BM_CONFLICT, NULL, "Line %llu is about the same %s as line %llu.",
                             (unsigned long long)line, bm_word(&bm_table_kind_words, kinds[kind].table), (unsigned long long)seen);
        bm_map_put(ret_targets, key, line);
    }
    return BM_OK;
}

static void index_state(struct bm_importing *importing, enum bm_table_kind table, const struct bm_map *changing) {
    BM_TABLE_EACH(&importing->core->tables[table], id) {
        const void *record = bm_state_need(importing->core, table, id);
        char made[BM_IMPORT_KEY_TEXT];
        const char *text = bm_import_key(table, record, made);
        uint8_t key[16];
        uint64_t line;
        map_id(id, key);
        if (bm_map_get(changing, key, &line)) continue;
        if (table == BM_T_OPERATOR) {
            const struct bm_operator *person = record;
            importing->has_admin |= person->active && (person->roles & BM_ADMINS);
        }
        if (!text) continue;
        map_key(text, key);
        bm_map_put(&importing->keys, key, id);
    }
}

/* A parent that is itself new in this import has its id only now. */
static void resolve(const struct bm_importing *importing, struct bm_command *row) {
    if (row->kind != BM_DO_AGENCY_SET || !(row->agency_set.parent.v & BM_IMPORT_NEW)) return;
    row->agency_set.parent.v = importing->first_new + (row->agency_set.parent.v & ~BM_IMPORT_NEW);
}

static enum bm_code decide_rows(struct bm_deciding *deciding, struct bm_ev_imported *counts) {
    const struct bm_command *whole = deciding->command;
    struct bm_cursor cursor = {whole->import.rows.bytes, whole->import.rows.len, false};
    enum bm_code code = BM_OK;
    while (cursor.len && !code) {
        struct bm_command row = bm_command_make(kinds[whole->import.kind].command);
        uint64_t line;
        take(&cursor, &row, &line);
        row.actor = whole->actor;
        resolve(deciding->importing, &row);
        deciding->command = &row;
        code = row.kind == BM_DO_DEVICE_SET ? bm_decide_safety(deciding) : bm_decide_house(deciding);
        deciding->command = whole;
        if (row.target)
            counts->changed_count++;
        else
            counts->new_count++;
        bm_command_release(&row);
        if (!code && counts->new_count + counts->changed_count > BM_IMPORT_ROWS_MAX)
            code = bm_refuse(deciding, BM_TOO_LARGE, "rows", "At most %d rows are new or changed in one import; divide the file.",
                             BM_IMPORT_ROWS_MAX);
        if (code) {
            struct bm_fault fault = deciding->decision->fault;
            code = bm_refuse(deciding, code, fault.field, "Line %llu: %.300s", (unsigned long long)line, fault.detail);
        }
    }
    return code;
}

/* A table beside the record: that it was taken in is all that stands here. */
static enum bm_code word_of_table(struct bm_deciding *deciding) {
    const struct bm_do_import *args = &deciding->command->import;
    if (args->dry) return BM_OK;
    struct bm_event *event = bm_emit(deciding, BM_EV_IMPORTED, BM_SUBJECT_DESK, 0);
    event->imported.kind = args->kind;
    event->imported.new_count = args->row_count;
    memcpy(event->imported.digest, args->digest, sizeof event->imported.digest);
    return BM_OK;
}

enum bm_code bm_decide_import(struct bm_deciding *deciding) {
    const struct bm_do_import *args = &deciding->command->import;
    enum bm_table_kind table = kinds[args->kind].table;
    struct bm_importing importing = {.core = deciding->core, .first_new = deciding->last_id[table] + 1};
    struct bm_map changing = {0};
    struct bm_ev_imported counts = {0};
    enum bm_code code = BM_OK;
    if (bm_import_is_table(args->kind)) return word_of_table(deciding);
    if (!args->rows.len)
        code = bm_refuse(deciding, BM_MISSING_FIELD, "rows", "Nothing in the file is new or changed.");
    if (!code) code = targets(deciding, args->kind, &changing);
    if (!code) {
        index_state(&importing, table, &changing);
        deciding->importing = &importing;
        deciding->scope = (struct bm_scope){parent_of, on_no_case, on_no_case, &importing};
        bm_emit(deciding, BM_EV_IMPORTED, BM_SUBJECT_DESK, 0);
        code = decide_rows(deciding, &counts);
    }
    if (!code && table == BM_T_OPERATOR && !importing.has_admin)
        code = bm_refuse(deciding, BM_CONFLICT, "roles", "The desk would be left without an administrator; keep one in the file.");
    if (!code && !args->dry) {
        struct bm_ev_imported *event = &deciding->decision->events[0].imported;
        *event = counts;
        event->kind = args->kind;
        memcpy(event->digest, args->digest, sizeof event->digest);
        deciding->decision->made_what = 0; /* many records, so none to name */
        deciding->decision->made_id = 0;
    }
    if (!code && args->dry) { /* it could be, and is not */
        for (size_t i = 0; i < deciding->decision->event_count; i++) bm_event_release(&deciding->decision->events[i]);
        deciding->decision->event_count = 0;
        deciding->decision->made_id = 0;
    }
    deciding->importing = NULL;
    bm_map_free(&importing.keys);
    bm_map_free(&importing.parents);
    bm_map_free(&changing);
    return code;
}
