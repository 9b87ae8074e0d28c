/* What a file would do, row by row. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/imports.h"
#include "api/own_tables.h"
#include "base/alloc.h"
#include "base/json.h"
#include "core/limits.h"

const char *const bm_verdict_words[BM_verdict_COUNT] = {"new", "change", "same", "wrong"};

enum { TEXTS_MAX = 32 << 20, CHANGED_TEXT = 120 };

uint32_t bm_import_text(struct bm_import *import, const char *text) {
    uint32_t at = (uint32_t)import->texts.len;
    bm_buf_add(&import->texts, text, strlen(text) + 1);
    return import->texts.overflow ? 0 : at;
}

/* --- one cell --------------------------------------------------------------------------------- */

/* What one row is made of while it is judged. */
struct row {
    struct bm_import *import;
    const struct bm_import_cells *cells;
    struct bm_command command;
    const void *record;   /* that it sets, NULL: none yet */
    const char *name;     /* of a person, NULL: not said */
    const char *reason;   /* why it is wrong, where the page knows that word; and what it is about */
    char value[64];
    bool waits;           /* for an agency that may come in a later row */
    struct bm_fault *fault;
};

static enum bm_code wrong(struct row *row, const struct bm_import_column *column, const char *reason, const char *format,
                          const char *value) {
    row->reason = reason;
    snprintf(row->value, sizeof row->value, "%.60s", value);
    return bm_fault_set(row->fault, BM_OUT_OF_RANGE, column->key, format, value);
}

static enum bm_code set_degrees(struct row *row, const struct bm_import_column *column, const struct bm_field *field,
                                const char *text, void *args) {
    char *end;
    errno = 0;
    bool plain = text[0] && text[strspn(text, "+-.0123456789")] == 0;
    double degrees = plain ? strtod(text, &end) : 0;
    double most = (double)field->most / 1e7;
    if (!plain || *end || !(fabs(degrees) <= most))
        return wrong(row, column, "degrees", most > 90 ? "\"%.40s\" is no longitude: decimal degrees between -180 and 180."
                                            : "\"%.40s\" is no latitude: decimal degrees between -90 and 90.", text);
    *(int32_t *)bm_field_in(field, args) = (int32_t)lround(degrees * 1e7);
    return BM_OK;
}

/* A word that is none of the list: which there are. */
static enum bm_code wrong_word(struct row *row, const struct bm_import_column *column, const struct bm_field *field, const char *word) {
    char format[300] = "\"%.60s\" is not one of the words here: ";
    for (uint32_t w = 0; w < field->words->count; w++) {
        size_t used = strlen(format);
        snprintf(format + used, sizeof format - used, "%s%s", w ? ", " : "", field->words->words[w]);
    }
    return wrong(row, column, "word", format, word);
}

/* Several words, with spaces, commas or semicolons between them. */
static enum bm_code set_words(struct row *row, const struct bm_import_column *column, const struct bm_field *field,
                              const char *text, void *args) {
    char copy[256], *rest, *word;
    uint32_t bits = 0;
    snprintf(copy, sizeof copy, "%s", text);
    static const char *const wide[] = {"、", "，", "；"};
    for (size_t i = 0; i < sizeof wide / sizeof wide[0]; i++) {
        for (char *at; (at = strstr(copy, wide[i]));) memset(at, ' ', strlen(wide[i]));
    }
    for (word = strtok_r(copy, " ,;|/", &rest); word; word = strtok_r(NULL, " ,;|/", &rest)) {
        int at = bm_import_word(field->words, word);
        if (at < 0) return wrong_word(row, column, field, word);
        bits |= 1u << at;
    }
    *(uint32_t *)bm_field_in(field, args) = bits;
    return BM_OK;
}

static enum bm_code set_value(struct row *row, const struct bm_import_column *column, const char *text) {
    const struct bm_shape *shape = bm_command_shape(row->command.kind);
    const struct bm_field *field = bm_shape_find(shape, column->member);
    void *args = bm_command_args(&row->command);
    if (field->kind == BM_F_E7) {
        *(int32_t *)bm_field_in(field, args) = BM_E7_NONE;
        return text[0] ? set_degrees(row, column, field, text, args) : BM_OK;
    }
    if (field->kind == BM_F_WORDS) return set_words(row, column, field, text, args);
    if (field->kind == BM_F_WORD) {
        int at = bm_import_word(field->words, text);
        if (at < 0) return wrong_word(row, column, field, text);
        *(uint8_t *)bm_field_in(field, args) = (uint8_t)at;
        return BM_OK;
    }
    if (strlen(text) >= field->size) return wrong(row, column, "long", "\"%.40s...\" is too long.", text);
    memset(bm_field_in(field, args), 0, field->size);
    memcpy(bm_field_in(field, args), text, strlen(text));
    return BM_OK;
}

static uint64_t *reference(struct row *row, const struct bm_import_column *column) {
    const struct bm_field *field = bm_shape_find(bm_command_shape(row->command.kind), column->member);
    return bm_field_in(field, bm_command_args(&row->command));
}

/* Whether that agency stands in the administrator's own area. */
static bool in_own_area(const struct bm_import *import, uint64_t agency) {
    for (int depth = 0; agency && depth < BM_AGENCY_DEPTH_MAX; depth++) {
        if (agency == import->viewer.jurisdiction) return true;
        const struct bm_agency *record = bm_table_get(&import->known.records[BM_T_AGENCY], agency);
        agency = record ? record->parent.v : 0;
    }
    return false;
}

static enum bm_code set_agency(struct row *row, const struct bm_import_column *column, const char *text) {
    uint64_t *to = reference(row, column);
    *to = 0;
    if (!text[0]) return BM_OK;
    bool known = bm_import_known_get(&row->import->known, BM_T_AGENCY, 'k', text, to);
    if (!known && column->cell == BM_CELL_PARENT) {
        row->waits = !bm_import_known_get(&row->import->known, BM_T_AGENCY, 'f', text, to);
        return row->waits ? wrong(row, column, "no_agency", "There is no agency \"%.60s\", neither on the desk nor in the file.", text) : BM_OK;
    }
    if (!known) return wrong(row, column, "no_agency", "There is no agency \"%.60s\"; import agencies first.", text);
    if (column->cell == BM_CELL_PARENT || in_own_area(row->import, *to)) return BM_OK;
    return wrong(row, column, "not_yours", "Agency \"%.60s\" is not in your area.", text);
}

static enum bm_code set_station(struct row *row, const struct bm_import_column *column, const char *text) {
    uint64_t *to = reference(row, column);
    *to = 0;
    if (!text[0] || bm_import_known_get(&row->import->known, BM_T_PLACE, 'k', text, to)) return BM_OK;
    bool named = bm_import_known_get(&row->import->known, BM_T_PLACE, 'n', text, to);
    if (named && *to) return BM_OK;
    return wrong(row, column, named ? "several_places" : "no_place", named ? "Several places are called \"%.60s\"; give it a code and name that."
                                    : "There is no place with the code or name \"%.60s\"; import places first.", text);
}

static enum bm_code set_active(struct row *row, const struct bm_import_column *column, const char *text) {
    static const char *const yes[] = {"", "yes", "true", "1", "y", "是", "在用"}, *const no[] = {"no", "false", "0", "n", "否", "停用"};
    const struct bm_field *field = bm_shape_find(bm_command_shape(row->command.kind), column->member);
    bool *inactive = bm_field_in(field, bm_command_args(&row->command));
    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++) {
        if (strcasecmp(text, yes[i]) == 0) return *inactive = false, BM_OK;
    }
    for (size_t i = 0; i < sizeof no / sizeof no[0]; i++) {
        if (strcasecmp(text, no[i]) == 0) return *inactive = true, BM_OK;
    }
    return wrong(row, column, "yes_no", "\"%.40s\" is neither yes nor no.", text);
}

static enum bm_code set_border(struct row *row) {
    struct bm_buf shape = bm_buf_make(256 * 1024);
    enum bm_code code = bm_border_read(row->cells->geometry, &shape, &row->reason, row->fault);
    bm_bytes_free(&row->command.area_set.shape);
    if (!code) row->command.area_set.shape = bm_bytes_copy(shape.bytes, shape.len);
    bm_buf_free(&shape);
    return code;
}

static enum bm_code set_cell(struct row *row, const struct bm_import_column *column, const char *text) {
    if (column->cell == BM_CELL_BORDER) return set_border(row);
    for (const char *at = text; *at; at++) {
        if ((unsigned char)*at < ' ' || *at == 0x7f) return wrong(row, column, "unseen", "A sign that cannot be seen stands behind \"%.40s\"; type it again.", text);
    }
    if (!text[0] && column->required) return wrong(row, column, "empty", "This cell may not be empty.%s", "");
    switch (column->cell) {
    case BM_CELL_AGENCY:
    case BM_CELL_PARENT:
        return set_agency(row, column, text);
    case BM_CELL_STATION:
        return set_station(row, column, text);
    case BM_CELL_UNIT:
        *reference(row, column) = 0;
        if (!text[0] || bm_import_known_get(&row->import->known, BM_T_UNIT, 'k', text, reference(row, column))) return BM_OK;
        return wrong(row, column, "no_unit", "There is no unit \"%.60s\"; import units first.", text);
    case BM_CELL_ACTIVE:
        return set_active(row, column, text);
    case BM_CELL_PERSON:
        row->name = text;
        return strlen(text) <= 200 ? BM_OK : wrong(row, column, "long", "\"%.40s...\" is too long.", text);
    case BM_CELL_VALUE:
    case BM_CELL_TEXT:
    case BM_CELL_BORDER:
        break;
    }
    return set_value(row, column, text);
}

/* --- one row ---------------------------------------------------------------------------------- */

/* The record's own values as the command's, so that what the file does not say stays. */
static void take_record(struct bm_command *command, enum bm_table_kind table, const void *record) {
    const struct bm_shape *to = bm_command_shape(command->kind), *from = bm_table_shape(table);
    for (uint16_t i = 0; i < to->field_count; i++) {
        const struct bm_field *field = &to->fields[i], *same = bm_shape_find(from, field->name);
        void *at = field->kind == BM_F_PERSONAL ? NULL : bm_field_in(field, bm_command_args(command));
        if (strcmp(field->name, "inactive") == 0) {
            *(bool *)at = !*(const bool *)bm_field_of(bm_shape_find(from, "active"), record);
        } else if (at && same && field->kind == BM_F_BYTES) {
            const struct bm_bytes *bytes = bm_field_of(same, record);
            *(struct bm_bytes *)at = bm_bytes_copy(bytes->bytes, bytes->len);
        } else if (at && same) {
            memcpy(at, bm_field_of(same, record), field->size);
        }
    }
}

static bool field_differs(const struct bm_field *field, const void *a, const void *b) {
    const void *x = bm_field_of(field, a), *y = bm_field_of(field, b);
    if (field->kind == BM_F_TEXT) return strcmp(x, y) != 0;
    if (field->kind != BM_F_BYTES) return memcmp(x, y, field->size) != 0;
    const struct bm_bytes *one = x, *other = y;
    return one->len != other->len || (one->len && memcmp(one->bytes, other->bytes, one->len) != 0);
}

static bool name_differs(struct row *row) {
    const struct bm_operator *person = row->record;
    if (!row->name) return false;
    json_t *sealed = person ? bm_row_unseal(row->import->api, person->identity_key.v, &person->identity) : NULL;
    const char *now = json_string_value(json_object_get(sealed, "name"));
    bool differs = strcmp(now ? now : "", row->name) != 0;
    json_decref(sealed);
    return differs;
}

/* Which columns change, as a list; "" when none. */
static void changes(struct row *row, char ret_list[CHANGED_TEXT]) {
    struct bm_import *import = row->import;
    struct bm_command before = bm_command_make(row->command.kind);
    take_record(&before, bm_import_table(import->sheet->kind), row->record);
    ret_list[0] = 0;
    for (size_t c = 0; c < import->sheet->count; c++) {
        const struct bm_import_column *column = &import->sheet->columns[c];
        const struct bm_field *field = bm_shape_find(bm_command_shape(row->command.kind), column->member);
        bool differs = column->cell == BM_CELL_PERSON
                           ? name_differs(row)
                           : field_differs(field, bm_command_args(&before), bm_command_args(&row->command));
        size_t used = strlen(ret_list);
        if (differs) snprintf(ret_list + used, CHANGED_TEXT - used, "%s%s", used ? " " : "", column->key);
    }
    bm_command_release(&before);
}

/* What the row's record is known by: its first cell, of a device with its protocol; NULL: the row does not say. */
static const char *key_of(const struct row *row, char ret_text[BM_IMPORT_KEY_TEXT]) {
    const char *first = row->cells->cells[0], *second = row->cells->cells[1];
    if (!first || !first[0]) return NULL;
    if (row->import->sheet->kind != BM_IMPORT_DEVICES) return first;
    int protocol = second ? bm_import_word(&bm_device_protocol_words, second) : -1;
    if (protocol < 0) return NULL;
    bm_import_device_key((uint8_t)protocol, first, ret_text);
    return ret_text;
}

/* The record that the row is about: by its first column, a place without a code by name and agency. */
static void find_record(struct row *row) {
    const struct bm_import *import = row->import;
    enum bm_table_kind table = bm_import_table(import->sheet->kind);
    char text[BM_IMPORT_KEY_TEXT];
    const char *key = key_of(row, text);
    uint64_t id = 0;
    if (key && bm_import_known_get(&import->known, table, 'k', key, &id)) {
        row->record = bm_table_get(&import->known.records[table], id);
        return;
    }
    if (table != BM_T_PLACE || !row->cells->cells[1] || !row->cells->cells[3]) return;
    uint64_t agency;
    char named[BM_NAME_TEXT + 24];
    if (!bm_import_known_get(&import->known, BM_T_AGENCY, 'k', row->cells->cells[3], &agency)) return;
    bm_import_place_name(row->cells->cells[1], agency, named);
    if (bm_import_known_get(&import->known, table, 'a', named, &id)) row->record = bm_table_get(&import->known.records[table], id);
}

/* Each row is about something else. */
static enum bm_code alone(struct row *row) {
    struct bm_import *import = row->import;
    enum bm_table_kind table = bm_import_table(import->sheet->kind);
    char text[BM_IMPORT_KEY_TEXT], named[BM_NAME_TEXT + 24];
    const char *key = key_of(row, text);
    uint64_t line;
    const struct bm_import_column *column = &import->sheet->columns[0];
    if (!key) {
        if (table != BM_T_PLACE) return wrong(row, column, "empty", "This cell may not be empty.%s", "");
        bm_import_place_name(row->command.place_set.name, row->command.place_set.jurisdiction.v, named);
        key = named;
        column = &import->sheet->columns[1];
    }
    if (bm_import_known_get(&import->known, table, 'l', key, &line) && line != row->cells->line) {
        row->reason = "twice";
        snprintf(row->value, sizeof row->value, "%llu", (unsigned long long)line);
        return bm_fault_set(row->fault, BM_EXISTS, column->key, "Row %llu has the same %s; keep one of them.", (unsigned long long)line,
                            column->key);
    }
    bm_import_known_put(&import->known, table, 'l', key, row->cells->line);
    return BM_OK;
}

static enum bm_code judge_cells(struct row *row) {
    const struct bm_import_sheet *sheet = row->import->sheet;
    enum bm_code code = BM_OK;
    find_record(row);
    if (row->record) {
        take_record(&row->command, bm_import_table(sheet->kind), row->record);
        const struct bm_shape *shape = bm_table_shape(bm_import_table(sheet->kind));
        memcpy(&row->command.target, row->record, sizeof row->command.target);
        row->command.if_match = *(const uint32_t *)bm_field_of(bm_shape_find(shape, "version"), row->record);
    }
    for (size_t c = 0; c < sheet->count && !code; c++) {
        const struct bm_import_column *column = &sheet->columns[c];
        bool said = row->cells->cells[c] || (column->cell == BM_CELL_BORDER && row->cells->geometry);
        if (said) code = set_cell(row, column, row->cells->cells[c] ? row->cells->cells[c] : "");
        if (!said && column->required && !row->record) code = wrong(row, column, "empty", "\"%s\" is needed for what is new.", column->key);
    }
    if (!code) code = alone(row);
    if (code) return code;
    return bm_import_check(sheet->kind, bm_command_args(&row->command), row->fault);
}

/* --- rows into the command -------------------------------------------------------------------- */

static enum bm_code fresh_key(struct bm_import *import, struct bm_vault_key *ret_key, struct bm_fault *fault) {
    enum bm_code code = bm_vault_take_key(import->api->vault, ret_key);
    if (code == BM_NOT_READY) { /* a file may hold more people than there are keys ahead */
        code = bm_vault_make_keys(import->api->vault, fault);
        if (!code) code = bm_vault_take_key(import->api->vault, ret_key);
    }
    return code ? bm_fault_set(fault, code, NULL, "New sealing keys cannot be made now; try again shortly.") : BM_OK;
}

static enum bm_code seal_name(struct row *row) {
    struct bm_vault_key key;
    uint8_t nonce[BM_NONCE_BYTES];
    struct bm_buf text = bm_buf_make(4096);
    bool first = true;
    if (!row->name || !name_differs(row)) return BM_OK;
    enum bm_code code = fresh_key(row->import, &key, row->fault);
    if (code) return code;
    bm_buf_byte(&text, '{');
    bm_json_name(&text, &first, "name");
    bm_json_text(&text, row->name);
    bm_buf_byte(&text, '}');
    bm_entropy(nonce, sizeof nonce);
    row->command.sealed[BM_DATA_IDENTITY].key_id = key.id;
    row->command.sealed[BM_DATA_IDENTITY].value = bm_seal(key.key, key.id, nonce, text.bytes, text.len);
    bm_wipe(&key, sizeof key);
    bm_wipe(text.bytes, text.len);
    bm_buf_free(&text);
    return BM_OK;
}

/* Into the digest as it was read, and into the command, sealed. */
static enum bm_code take_in(struct row *row) {
    struct bm_import *import = row->import;
    struct bm_buf plain = bm_buf_make(256 * 1024);
    if (import->sheet->kind == BM_IMPORT_AGENCIES && !row->record)
        bm_import_known_put(&import->known, BM_T_AGENCY, 'f', row->command.agency_set.code, BM_IMPORT_NEW | import->made);
    if (!row->record) import->made++;
    bm_import_put(&plain, &row->command, row->cells->line);
    bm_hash_add_sized(&import->hasher, plain.bytes, plain.len);
    bm_buf_free(&plain);
    enum bm_code code = import->seal ? seal_name(row) : BM_OK;
    if (!code) bm_import_put(&import->commands, &row->command, row->cells->line);
    return code;
}

/* --- all rows --------------------------------------------------------------------------------- */

static enum bm_code judge_row(struct bm_import *import, const struct bm_import_cells *cells, struct bm_import_line *line,
                              bool last_time, struct bm_fault *fault) {
    struct row row = {.import = import, .cells = cells, .fault = fault, .command = bm_command_make(bm_import_command(import->sheet->kind))};
    char list[CHANGED_TEXT] = "";
    enum bm_code code = fault->code ? fault->code : judge_cells(&row), stops = BM_OK;
    line->settled = !row.waits || last_time;
    if (line->settled && code) {
        line->verdict = BM_VERDICT_WRONG;
        line->column = bm_import_text(import, fault->field);
        line->detail = bm_import_text(import, fault->detail);
        line->reason = bm_import_text(import, row.reason ? row.reason : bm_import_reason(code, fault->field));
        line->value = bm_import_text(import, row.value);
    } else if (line->settled) {
        if (row.record) changes(&row, list);
        line->verdict = !row.record ? BM_VERDICT_NEW : list[0] ? BM_VERDICT_CHANGE : BM_VERDICT_SAME;
        line->column = list[0] ? bm_import_text(import, list) : 0;
        if (line->verdict != BM_VERDICT_SAME) stops = take_in(&row);
    }
    if (line->settled) {
        char text[BM_IMPORT_KEY_TEXT];
        const char *key = key_of(&row, text);
        if (!key) key = cells->cells[0] && cells->cells[0][0] ? cells->cells[0] : cells->cells[1];
        line->key = bm_import_text(import, key ? key : "");
        import->counts[line->verdict]++;
    }
    bm_command_release(&row.command);
    return stops;
}

static struct bm_import_line *line_at(struct bm_import *import, size_t at, uint64_t line) {
    if (at < import->line_count) return &import->lines[at];
    if (import->line_count == import->line_cap) {
        import->line_cap = import->line_cap ? 2 * import->line_cap : 256;
        import->lines = bm_realloc(import->lines, import->line_cap * sizeof *import->lines);
    }
    import->lines[import->line_count] = (struct bm_import_line){.line = line};
    return &import->lines[import->line_count++];
}

/* Agencies may stand below others that come later in the file: rows that wait for one are read again until none is left
 * or none comes; a tree has at most BM_AGENCY_DEPTH_MAX levels, and so has this. */
static enum bm_code judge_all(struct bm_import *import, struct bm_fault *fault) {
    enum bm_code code = BM_OK;
    bool last = import->sheet->kind != BM_IMPORT_AGENCIES, again = true;
    for (int pass = 0; again && !code; pass++) {
        size_t settled = 0, waiting = 0;
        struct bm_import_cells cells;
        struct bm_fault said;
        if (pass) bm_import_rows_rewind(&import->rows);
        for (size_t at = 0; !code && bm_import_rows_next(&import->rows, &cells, &said); at++) {
            if (at == BM_IMPORT_FILE_ROWS_MAX)
                return bm_fault_set(fault, BM_BAD_FILE, NULL, "A file may have %d rows; divide it.", BM_IMPORT_FILE_ROWS_MAX);
            struct bm_import_line *line = line_at(import, at, cells.line);
            if (line->settled) continue;
            code = judge_row(import, &cells, line, last, &said);
            if (code) *fault = said;
            settled += line->settled;
            waiting += !line->settled;
        }
        again = waiting > 0;
        last = settled == 0 || pass >= BM_AGENCY_DEPTH_MAX;
    }
    return code;
}

enum bm_code bm_import_judge(struct bm_import *import, const void *bytes, size_t len, bool geojson, struct bm_fault *fault) {
    uint8_t digest[32];
    import->texts = bm_buf_make(TEXTS_MAX);
    import->commands = bm_buf_make(256u << 20); /* a file of 16 MiB cannot come to more; what may be done is less */
    bm_buf_byte(&import->texts, 0); /* 0: no text */
    bm_hash_start(&import->hasher, sizeof digest);
    bm_hash_add_sized(&import->hasher, &import->sheet->kind, sizeof import->sheet->kind);
    bm_hash_add_sized(&import->hasher, bytes, len);
    enum bm_code code = bm_import_rows_open(&import->rows, import->sheet, bytes, len, geojson, fault);
    if (!code && bm_import_is_table(import->sheet->kind)) {
        code = bm_own_judge(import->api->own_tables, import, fault);
    } else {
        if (!code) code = bm_import_known_read(&import->known, import->sheet, import->api, fault);
        if (!code) code = judge_all(import, fault);
    }
    bm_hash_end(&import->hasher, digest, sizeof digest);
    bm_hex(digest, sizeof digest, import->digest);
    if (!code && (import->texts.overflow || import->commands.overflow))
        code = bm_fault_set(fault, BM_BAD_FILE, NULL, "There is too much to say about this file; divide it.");
    return code;
}

void bm_import_refused(struct bm_import *import, uint64_t line, const struct bm_fault *fault, const char *detail) {
    for (size_t i = 0; i < import->line_count; i++) {
        struct bm_import_line *at = &import->lines[i];
        if (at->line != line || at->verdict == BM_VERDICT_WRONG) continue;
        import->counts[at->verdict]--;
        at->verdict = BM_VERDICT_WRONG;
        import->counts[BM_VERDICT_WRONG]++;
        at->column = bm_import_text(import, fault->field);
        at->detail = bm_import_text(import, detail);
        at->reason = bm_import_text(import, bm_import_reason(fault->code, fault->field));
        at->value = 0;
    }
}

void bm_import_free(struct bm_import *import) {
    bm_import_rows_close(&import->rows);
    bm_import_known_free(&import->known);
    bm_free(import->lines);
    bm_buf_free(&import->texts);
    bm_buf_free(&import->commands);
}
