#include "journal/projection.h"

#include <string.h>

#include "base/check.h"
#include "journal/sqlite_file.h"

/* What open_only leaves out: the same two states in SQL and in C. */
static const struct {
    const char *where; /* NULL: the table has no such thing */
} open_rows[BM_T_REQUEST] = {
    [BM_T_CONTACT] = {"(\"state\" NOT IN ('abandoned','ended') OR \"ring_back_until_ms\" IS NOT NULL)"},
    [BM_T_CASE] = {"\"state\" NOT IN ('closed','merged')"},
    [BM_T_ASSIGNMENT] = {"\"state\" NOT IN ('cleared','cancelled')"},
    [BM_T_CLOCK] = {"\"stopped_at_ms\" IS NULL"},
    [BM_T_PROMISE] = {"\"stopped_at_ms\" IS NULL"},
    [BM_T_MATTER] = {"\"category\" <> 'final'"},
    [BM_T_EDITION] = {"\"current\" = 1"},
    [BM_T_RATING] = {"\"checked_at_ms\" IS NULL"},
    [BM_T_STINT] = {"\"state\" IN ('planned','on')"},
    [BM_T_HANDOVER] = {"\"taken_at_ms\" IS NULL"},
    [BM_T_DUTY_LEVEL] = {"\"active\" = 1"},
    [BM_T_DESK_POSITION] = {"\"active\" = 1"},
    [BM_T_DURESS] = {"\"acknowledged_at_ms\" IS NULL"},
    [BM_T_PLACE] =
        {"\"active\" = 1"}, /* closed roads come and go: those that are lifted are history */
};

bool bm_projection_open(enum bm_table_kind table, const void *record) {
    if (table == BM_T_CONTACT) {
        const struct bm_contact *contact = record;
        return (contact->state != BM_CONTACT_ABANDONED && contact->state != BM_CONTACT_ENDED) ||
               contact->ring_back_until_ms != BM_AT_NONE;
    }
    if (table == BM_T_CASE) {
        const struct bm_case *record_case = record;
        return record_case->state != BM_CASE_CLOSED && record_case->state != BM_CASE_MERGED;
    }
    if (table == BM_T_ASSIGNMENT) {
        const struct bm_assignment *assignment = record;
        return assignment->state != BM_AS_CLEARED && assignment->state != BM_AS_CANCELLED;
    }
    if (table == BM_T_CLOCK) return ((const struct bm_clock *)record)->stopped_at_ms == BM_AT_NONE;
    if (table == BM_T_PROMISE) return ((const struct bm_promise *)record)->stopped_at_ms == BM_AT_NONE;
    if (table == BM_T_MATTER) return bm_matter_is_open(record);
    if (table == BM_T_RATING) return ((const struct bm_rating *)record)->checked_at_ms == BM_AT_NONE;
    if (table == BM_T_DURESS) return ((const struct bm_duress *)record)->acknowledged_at_ms == BM_AT_NONE;
    if (table == BM_T_EDITION) return ((const struct bm_edition *)record)->current;
    if (table == BM_T_STINT) return ((const struct bm_stint *)record)->state <= BM_STINT_ON;
    if (table == BM_T_HANDOVER) return ((const struct bm_handover *)record)->taken_at_ms == BM_AT_NONE;
    if (table == BM_T_DUTY_LEVEL) return ((const struct bm_duty_level *)record)->active;
    if (table == BM_T_DESK_POSITION) return ((const struct bm_desk_position *)record)->active;
    if (table == BM_T_PLACE) return ((const struct bm_place *)record)->active;
    return true;
}

/* ID fields that queries ask for often, with an index each. */
static const struct {
    enum bm_table_kind table;
    const char *field;
} by_field[] = {
    {BM_T_CONTACT, "case"}, {BM_T_ASSIGNMENT, "case"}, {BM_T_ASSIGNMENT, "unit"},
    {BM_T_CLOCK, "case"},   {BM_T_LINK, "case"},       {BM_T_LINK, "other"},
    {BM_T_PROMISE, "case"},
};

const struct bm_field *bm_projection_field(const struct bm_query *query) {
    if (!query->field) return NULL;
    const struct bm_field *field = bm_shape_find(bm_table_shape(query->table), query->field);
    BM_CHECK(field != NULL);
    BM_CHECK(field->kind == BM_F_ID);
    return field;
}

/* --- statements ------------------------------------------------------------------------------- */

static bool stored(const struct bm_field *field) {
    return field->kind != BM_F_PERSONAL;
}

/* The one place where a field's name becomes a column's. */
static void put_column(const struct bm_field *field, struct bm_buf *sql) {
    bm_buf_printf(sql, "\"%s%s\"", field->name, field->kind == BM_F_E7 ? "_e7" : "");
}

static const char *column_type(const struct bm_field *field) {
    switch (field->kind) {
    case BM_F_ID:
    case BM_F_AT:
    case BM_F_SPAN:
    case BM_F_COUNT:
    case BM_F_E7:
    case BM_F_FLAG:
        return "INTEGER";
    case BM_F_WORD:
    case BM_F_WORDS:
    case BM_F_TEXT:
    case BM_F_PERSONAL:
        return "TEXT";
    case BM_F_BYTES:
    case BM_F_DIGEST:
    case BM_F_IDS:
    case BM_F_POINTS:
        return "BLOB";
    }
    return "BLOB";
}

static void put_columns(const struct bm_shape *shape, struct bm_buf *sql) {
    bool first = true;
    for (uint16_t i = 0; i < shape->field_count; i++) {
        if (!stored(&shape->fields[i])) continue;
        if (!first) bm_buf_byte(sql, ',');
        first = false;
        put_column(&shape->fields[i], sql);
    }
}

void bm_projection_create(enum bm_table_kind table, const char *schema, struct bm_buf *sql) {
    const struct bm_shape *shape = bm_table_shape(table);
    BM_CHECK(strcmp(shape->fields[0].name, "id") == 0);
    bm_buf_printf(sql, "CREATE TABLE \"%s\".\"%s\"(\"id\" INTEGER PRIMARY KEY", schema,
                  shape->name);
    for (uint16_t i = 1; i < shape->field_count; i++) {
        if (!stored(&shape->fields[i])) continue;
        bm_buf_byte(sql, ',');
        put_column(&shape->fields[i], sql);
        bm_buf_printf(sql, " %s", column_type(&shape->fields[i]));
    }
    bm_buf_text(sql, ");");
}

void bm_projection_indexes(enum bm_table_kind table, const char *schema, struct bm_buf *sql) {
    const char *name = bm_table_shape(table)->name;
    for (size_t i = 0; i < sizeof by_field / sizeof by_field[0]; i++) {
        if (by_field[i].table != table) continue;
        bm_buf_printf(
            sql, "CREATE INDEX \"%s\".\"%s_by_%s\" ON \"%s\"(\"%s\") WHERE \"%s\" IS NOT NULL;",
            schema, name, by_field[i].field, name, by_field[i].field, by_field[i].field);
    }
    if (open_rows[table].where) {
        bm_buf_printf(sql, "CREATE INDEX \"%s\".\"%s_open\" ON \"%s\"(\"id\") WHERE %s;", schema,
                      name, name, open_rows[table].where);
    }
}

/* REPLACE rather than ON CONFLICT: the row is written once, and no column is compared or copied. */
void bm_projection_upsert(enum bm_table_kind table, const char *schema, struct bm_buf *sql) {
    const struct bm_shape *shape = bm_table_shape(table);
    bm_buf_printf(sql, "INSERT OR REPLACE INTO \"%s\".\"%s\"(", schema, shape->name);
    put_columns(shape, sql);
    bm_buf_text(sql, ") VALUES(");
    int parameter = 0;
    for (uint16_t i = 0; i < shape->field_count; i++) {
        if (stored(&shape->fields[i]))
            bm_buf_printf(sql, "%s?%d", parameter ? "," : "", parameter + 1);
        parameter += stored(&shape->fields[i]);
    }
    bm_buf_text(sql, ")");
}

void bm_projection_delete(enum bm_table_kind table, const char *schema, struct bm_buf *sql) {
    bm_buf_printf(sql, "DELETE FROM \"%s\".\"%s\" WHERE \"id\"=?1", schema,
                  bm_table_shape(table)->name);
}

const struct bm_field *bm_projection_hangs_on(enum bm_table_kind table) {
    bool hangs = table == BM_T_CONTACT || table == BM_T_ASSIGNMENT || table == BM_T_CLOCK || table == BM_T_PROMISE || table == BM_T_RATING;
    return hangs ? bm_shape_find(bm_table_shape(table), "case") : NULL;
}

void bm_projection_select(const struct bm_query *query, struct bm_buf *sql) {
    const struct bm_shape *shape = bm_table_shape(query->table);
    const struct bm_field *field = bm_projection_field(query);
    const char *open = query->open_only ? open_rows[query->table].where : NULL;
    bm_buf_text(sql, "SELECT ");
    put_columns(shape, sql);
    bm_buf_printf(sql, " FROM \"%s\"", shape->name);
    /* Few rows are open at a time, many are stored: without statistics SQLite would walk the table.
     */
    if (open && !field) bm_buf_printf(sql, " INDEXED BY \"%s_open\"", shape->name);
    bm_buf_printf(sql, " WHERE \"id\"%s?2", query->newest_first ? "<" : ">");
    if (field) {
        bm_buf_text(sql, " AND ");
        put_column(field, sql);
        bm_buf_text(sql, "=?1");
    }
    if (open) bm_buf_printf(sql, " AND %s", open);
    if (open && bm_projection_hangs_on(query->table))
        bm_buf_printf(sql, " AND NOT EXISTS (SELECT 1 FROM \"stub\" AS s WHERE s.\"id\"=\"%s\".\"case\")", shape->name);
    bm_buf_printf(sql, " ORDER BY \"id\"%s LIMIT ?3", query->newest_first ? " DESC" : "");
}

void bm_projection_select_bind(sqlite3_stmt *stmt, const struct bm_query *query) {
    uint64_t after = query->after_id > INT64_MAX ? INT64_MAX : query->after_id;
    if (query->newest_first && after == 0) after = INT64_MAX;
    if (query->field) sqlite3_bind_int64(stmt, 1, (int64_t)query->id);
    sqlite3_bind_int64(stmt, 2, (int64_t)after);
    sqlite3_bind_int64(stmt, 3, query->limit ? (int64_t)query->limit : -1);
}

void bm_projection_compare(enum bm_table_kind table, const char *schema, struct bm_buf *sql) {
    const struct bm_shape *shape = bm_table_shape(table);
    bm_buf_printf(sql,
                  "SELECT (SELECT count(*) FROM main.\"%s\" AS a LEFT JOIN \"%s\".\"%s\" AS b ON "
                  "a.id=b.id WHERE b.id IS NULL",
                  shape->name, schema, shape->name);
    for (uint16_t i = 1; i < shape->field_count; i++) {
        if (!stored(&shape->fields[i])) continue;
        bm_buf_text(sql, " OR a.");
        put_column(&shape->fields[i], sql);
        bm_buf_text(sql, " IS NOT b.");
        put_column(&shape->fields[i], sql);
    }
    bm_buf_printf(sql,
                  ")+(SELECT count(*) FROM \"%s\".\"%s\" AS b WHERE NOT EXISTS (SELECT 1 FROM "
                  "main.\"%s\" AS a WHERE a.id=b.id))",
                  schema, shape->name, shape->name);
}

/* --- record to row ---------------------------------------------------------------------------- */

static int bind_words(sqlite3_stmt *stmt, int parameter, const struct bm_field *field,
                      uint32_t set) {
    struct bm_buf list = bm_buf_make(1024);
    for (uint32_t i = 0; i < field->words->count; i++) {
        if (!(set >> i & 1u)) continue;
        if (list.len) bm_buf_byte(&list, ',');
        bm_buf_text(&list, field->words->words[i]);
    }
    BM_CHECK(!list.overflow);
    int rc = sqlite3_bind_text(stmt, parameter, bm_buf_c_text(&list), (int)list.len,
                               SQLITE_TRANSIENT);
    bm_buf_free(&list);
    return rc;
}

static bool none_word(const struct bm_field *field, unsigned word) {
    return word == 0 && strcmp(field->words->words[0], "none") == 0;
}

static int bind_field(sqlite3_stmt *stmt, int parameter, const struct bm_field *field,
                      const void *at) {
    switch (field->kind) {
    case BM_F_ID: {
        uint64_t id = *(const uint64_t *)at;
        BM_CHECK(id <= INT64_MAX);
        return id ? sqlite3_bind_int64(stmt, parameter, (int64_t)id)
                  : sqlite3_bind_null(stmt, parameter);
    }
    case BM_F_AT:
    case BM_F_SPAN: {
        int64_t ms = *(const int64_t *)at;
        return ms == BM_AT_NONE ? sqlite3_bind_null(stmt, parameter)
                                : sqlite3_bind_int64(stmt, parameter, ms);
    }
    case BM_F_COUNT:
        return sqlite3_bind_int64(stmt, parameter, *(const uint32_t *)at);
    case BM_F_E7: {
        int32_t e7 = *(const int32_t *)at;
        return e7 == BM_E7_NONE ? sqlite3_bind_null(stmt, parameter)
                                : sqlite3_bind_int(stmt, parameter, e7);
    }
    case BM_F_WORD: {
        unsigned word = *(const uint8_t *)at;
        BM_CHECK(word < field->words->count);
        return none_word(field, word)
                   ? sqlite3_bind_null(stmt, parameter)
                   : sqlite3_bind_text(stmt, parameter, field->words->words[word], -1,
                                       SQLITE_STATIC);
    }
    case BM_F_WORDS:
        return bind_words(stmt, parameter, field, *(const uint32_t *)at);
    case BM_F_FLAG:
        return sqlite3_bind_int(stmt, parameter, *(const bool *)at);
    case BM_F_TEXT:
        return sqlite3_bind_text(stmt, parameter, at, -1, SQLITE_STATIC);
    case BM_F_BYTES: {
        const struct bm_bytes *bytes = at;
        return bytes->len
                   ? sqlite3_bind_blob64(stmt, parameter, bytes->bytes, bytes->len, SQLITE_STATIC)
                   : sqlite3_bind_null(stmt, parameter);
    }
    case BM_F_DIGEST:
        return sqlite3_bind_blob(stmt, parameter, at, field->size, SQLITE_STATIC);
    case BM_F_IDS: {
        const struct bm_ids *ids = at;
        BM_CHECK(ids->count <= BM_IDS_MAX);
        return ids->count
                   ? sqlite3_bind_blob64(stmt, parameter, ids->ids, ids->count * 8, SQLITE_STATIC)
                   : sqlite3_bind_null(stmt, parameter);
    }
    case BM_F_POINTS: {
        const struct bm_points *points = at;
        BM_CHECK(points->count <= BM_POINTS_MAX);
        return points->count ? sqlite3_bind_blob64(stmt, parameter, points->e7, points->count * 8,
                                                   SQLITE_STATIC)
                             : sqlite3_bind_null(stmt, parameter);
    }
    case BM_F_PERSONAL:
        return SQLITE_OK;
    }
    return SQLITE_MISUSE;
}

int bm_projection_bind(sqlite3_stmt *stmt, enum bm_table_kind table, const void *record) {
    const struct bm_shape *shape = bm_table_shape(table);
    int parameter = 0;
    for (uint16_t i = 0; i < shape->field_count; i++) {
        const struct bm_field *field = &shape->fields[i];
        if (!stored(field)) continue;
        int rc = bind_field(stmt, ++parameter, field, bm_field_of(field, record));
        if (rc != SQLITE_OK) return rc;
    }
    return SQLITE_OK;
}

/* --- row to record ---------------------------------------------------------------------------- */

/* An integer column between `least` and `most`. */
static bool read_integer(sqlite3_stmt *stmt, int column, int64_t least, int64_t most,
                         int64_t *ret) {
    if (sqlite3_column_type(stmt, column) != SQLITE_INTEGER) return false;
    *ret = sqlite3_column_int64(stmt, column);
    return *ret >= least && *ret <= most;
}

static bool read_words(const struct bm_field *field, const char *text, uint32_t *ret_set) {
    uint32_t set = 0;
    while (*text) {
        size_t len = strcspn(text, ",");
        uint32_t word = 0;
        while (word < field->words->count && (strlen(field->words->words[word]) != len ||
                                              memcmp(field->words->words[word], text, len) != 0)) {
            word++;
        }
        if (word == field->words->count) return false;
        set |= 1u << word;
        text += len;
        if (*text == ',') text++;
    }
    *ret_set = set;
    return true;
}

/* WORD, WORDS and TEXT: a text without NUL, short enough for its field. */
static bool read_text(sqlite3_stmt *stmt, int column, const struct bm_field *field, void *to) {
    if (sqlite3_column_type(stmt, column) != SQLITE_TEXT) return false;
    const char *text = (const char *)sqlite3_column_text(stmt, column);
    size_t len = (size_t)sqlite3_column_bytes(stmt, column);
    if (!text || strlen(text) != len) return false;
    if (field->kind == BM_F_WORDS) return read_words(field, text, to);
    if (field->kind == BM_F_WORD) {
        int word = bm_words_find(field->words, text);
        if (word >= 0) *(uint8_t *)to = (uint8_t)word;
        return word >= 0;
    }
    if (len >= field->size) return false;
    memcpy(to, text, len + 1);
    return true;
}

static bool read_blob(sqlite3_stmt *stmt, int column, const struct bm_field *field, void *to) {
    if (sqlite3_column_type(stmt, column) != SQLITE_BLOB) return false;
    const uint8_t *bytes = sqlite3_column_blob(stmt, column);
    int len = sqlite3_column_bytes(stmt, column);
    if (field->kind == BM_F_DIGEST) {
        if (len != field->size) return false;
        memcpy(to, bytes, field->size);
        return true;
    }
    if (field->kind == BM_F_IDS) {
        struct bm_ids *ids = to;
        if (len % 8 || (size_t)len > sizeof ids->ids) return false;
        memcpy(ids->ids, bytes, (size_t)len);
        ids->count = (uint64_t)len / 8;
        return len > 0;
    }
    if (field->kind == BM_F_POINTS) {
        struct bm_points *points = to;
        if (len % 8 || (size_t)len > sizeof points->e7) return false;
        memcpy(points->e7, bytes, (size_t)len);
        points->count = (uint64_t)len / 8;
        return len > 0;
    }
    *(struct bm_bytes *)to = (struct bm_bytes){(uint8_t *)(uintptr_t)bytes, (uint32_t)len};
    return len > 0;
}

/* `record` has been cleared, so that NULL leaves the missing value. */
static bool read_field(sqlite3_stmt *stmt, int column, const struct bm_field *field, void *to) {
    int64_t integer = 0;
    bool missing = sqlite3_column_type(stmt, column) == SQLITE_NULL;
    switch (field->kind) {
    case BM_F_ID:
        if (missing) return true;
        if (!read_integer(stmt, column, 1, INT64_MAX, &integer)) return false;
        *(uint64_t *)to = (uint64_t)integer;
        return true;
    case BM_F_AT:
    case BM_F_SPAN:
        return missing || read_integer(stmt, column, INT64_MIN + 1, INT64_MAX, to);
    case BM_F_COUNT:
        if (!read_integer(stmt, column, 0, UINT32_MAX, &integer)) return false;
        *(uint32_t *)to = (uint32_t)integer;
        return true;
    case BM_F_E7:
        if (missing) return true;
        if (!read_integer(stmt, column, INT32_MIN + 1, INT32_MAX, &integer)) return false;
        *(int32_t *)to = (int32_t)integer;
        return true;
    case BM_F_FLAG:
        if (!read_integer(stmt, column, 0, 1, &integer)) return false;
        *(bool *)to = integer == 1;
        return true;
    case BM_F_WORD:
        return missing ? none_word(field, 0) : read_text(stmt, column, field, to);
    case BM_F_WORDS:
    case BM_F_TEXT:
        return read_text(stmt, column, field, to);
    case BM_F_BYTES:
    case BM_F_IDS:
    case BM_F_POINTS:
        return missing || read_blob(stmt, column, field, to);
    case BM_F_DIGEST:
        return read_blob(stmt, column, field, to);
    case BM_F_PERSONAL:
        return true;
    }
    return false;
}

enum bm_code bm_projection_read(sqlite3_stmt *stmt, enum bm_table_kind table, void *record,
                                struct bm_fault *fault) {
    const struct bm_shape *shape = bm_table_shape(table);
    int column = 0;
    bm_shape_clear(shape, record);
    for (uint16_t i = 0; i < shape->field_count; i++) {
        const struct bm_field *field = &shape->fields[i];
        if (!stored(field)) continue;
        if (!read_field(stmt, column, field, bm_field_in(field, record))) {
            bm_sqlite_need_memory(stmt);
            return bm_fault_set(fault, BM_CORRUPT, field->name,
                                "Table %s, id %lld: \"%s\" does not hold what it should. Run "
                                "`bellman journal rebuild`.",
                                shape->name, (long long)sqlite3_column_int64(stmt, 0), field->name);
        }
        column++;
    }
    return BM_OK;
}

/* --- the statements of one connection --------------------------------------------------------- */

enum bm_code bm_projection_prepare(sqlite3 *db, const char *schema,
                                   struct bm_projection *ret_projection, struct bm_fault *fault) {
    struct bm_projection projection = {0};
    struct bm_buf sql = bm_buf_make(16 * 1024);
    enum bm_code code = BM_OK;
    for (int t = 0; t < BM_T_REQUEST && code == BM_OK; t++) {
        enum bm_table_kind table = (enum bm_table_kind)t;
        bm_buf_clear(&sql);
        bm_projection_upsert(table, schema, &sql);
        code = bm_sqlite_prepare(db, bm_buf_c_text(&sql), &projection.upsert[t], fault);
        if (code) break;
        bm_buf_clear(&sql);
        bm_projection_delete(table, schema, &sql);
        code = bm_sqlite_prepare(db, bm_buf_c_text(&sql), &projection.remove[t], fault);
    }
    bm_buf_free(&sql);
    if (code)
        bm_projection_finalize(&projection);
    else
        *ret_projection = projection;
    return code;
}

void bm_projection_finalize(struct bm_projection *projection) {
    for (int t = 0; t < BM_T_REQUEST; t++) {
        sqlite3_finalize(projection->upsert[t]);
        sqlite3_finalize(projection->remove[t]);
    }
    *projection = (struct bm_projection){0};
}

int bm_projection_write(struct bm_projection *projection, const struct bm_change *change) {
    sqlite3_stmt *stmt = change->record ? projection->upsert[change->table]
                                        : projection->remove[change->table];
    int rc = change->record ? bm_projection_bind(stmt, change->table, change->record)
                            : sqlite3_bind_int64(stmt, 1, (int64_t)change->id);
    if (rc != SQLITE_OK) return rc;
    rc = sqlite3_step(stmt);
    sqlite3_reset(stmt);
    return rc;
}
