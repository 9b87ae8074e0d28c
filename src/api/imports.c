/* GET /v1/imports, the preview of a file, and taking it in. */
#include "api/imports.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/own_tables.h"
#include "base/alloc.h"
#include "base/json.h"

struct importing {
    struct bm_import import;
    uint64_t limit;      /* rows listed of each verdict */
    char digest[BM_HASH_TEXT]; /* of the preview that is to be taken in; "": this is a preview */
    bool geojson;
    char why_not[BM_FAULT_DETAIL_MAX]; /* what the desk has against the whole; "": nothing */
    const char *why_reason;            /* the same as a word that the page knows; NULL: it has none */
};

static void release(void *state) {
    bm_import_free(&((struct importing *)state)->import);
}

/* --- what can be imported --------------------------------------------------------------------- */

static void write_columns(const struct bm_import_sheet *sheet, struct bm_buf *out) {
    bm_buf_printf(out, "{\"kind\":\"%s\",\"geojson\":%s,\"csv\":%s,\"columns\":[", bm_word(&bm_import_kind_words, sheet->kind),
                  sheet->has_points || sheet->has_borders ? "true" : "false", sheet->has_borders ? "false" : "true");
    for (size_t c = 0; c < sheet->count; c++) {
        const struct bm_import_column *column = &sheet->columns[c];
        bm_buf_printf(out, "%s{\"key\":\"%s\",\"hans\":", c ? "," : "", column->key);
        bm_json_text(out, column->hans);
        bm_buf_text(out, ",\"hant\":");
        bm_json_text(out, column->hant);
        bm_buf_printf(out, ",\"required\":%s,\"example\":", column->required ? "true" : "false");
        bm_json_text(out, column->example);
        if (column->cell == BM_CELL_TEXT) {
            bm_buf_text(out, ",\"words\":[]}");
            continue;
        }
        const struct bm_field *field = bm_shape_find(bm_command_shape(bm_import_command(sheet->kind)), column->member);
        bm_buf_text(out, ",\"words\":[");
        bool listed = column->cell == BM_CELL_VALUE && (field->kind == BM_F_WORD || field->kind == BM_F_WORDS);
        for (uint32_t w = 0; listed && w < field->words->count; w++)
            bm_buf_printf(out, "%s\"%s\"", w ? "," : "", field->words->words[w]);
        bm_buf_text(out, "]}");
    }
    bm_buf_text(out, "]}");
}

void bm_handle_import_kinds(struct bm_call *call) {
    bm_buf_printf(&call->out, "{\"file_bytes_max\":%d,\"file_rows_max\":%d,\"changed_rows_max\":%d,\"kinds\":[", BM_IMPORT_FILE_MAX,
                  BM_IMPORT_FILE_ROWS_MAX, BM_IMPORT_ROWS_MAX);
    for (uint32_t k = 0; k < bm_import_kind_words.count; k++) {
        if (k) bm_buf_byte(&call->out, ',');
        write_columns(bm_import_sheet_of(bm_import_kind_words.words[k]), &call->out);
    }
    bm_buf_text(&call->out, "]}");
    bm_call_finish(call);
}

static const struct bm_import_sheet *sheet_or_refuse(struct bm_call *call) {
    const struct bm_import_sheet *sheet = bm_import_sheet_of(call->word);
    if (!(call->viewer.roles & BM_ADMINS)) {
        bm_call_refuse(call, BM_FORBIDDEN, NULL, "Importing and exporting is for administrators.");
        return NULL;
    }
    if (!sheet) bm_call_refuse(call, BM_NOT_FOUND, "kind", "There is no kind \"%.60s\"; GET /v1/imports lists them.", call->word);
    return sheet;
}

/* Header and one row, with the mark that makes Excel read it as UTF-8. */
void bm_handle_import_template(struct bm_call *call) {
    const struct bm_import_sheet *sheet = sheet_or_refuse(call);
    char lang[16] = "en", name[BM_CALL_WORD + 80];
    if (!sheet) return;
    if (bm_http_query(call->request, "lang", lang, sizeof lang) == BM_TOO_LONG) lang[0] = 0;
    bm_buf_text(&call->out, "\xef\xbb\xbf");
    bool first = true;
    for (size_t c = 0; c < sheet->count; c++) {
        const struct bm_import_column *column = &sheet->columns[c];
        if (column->cell == BM_CELL_BORDER) continue;
        bm_csv_put(&call->out, &first, strcmp(lang, "zh-Hans") == 0 ? column->hans : strcmp(lang, "zh-Hant") == 0 ? column->hant : column->key);
    }
    bm_buf_text(&call->out, "\r\n");
    first = true;
    for (size_t c = 0; c < sheet->count; c++) {
        if (sheet->columns[c].cell != BM_CELL_BORDER) bm_csv_put(&call->out, &first, sheet->columns[c].example);
    }
    bm_buf_text(&call->out, "\r\n");
    snprintf(name, sizeof name, "Content-Disposition: attachment; filename=\"%.63s-template.csv\"", call->word);
    const char *headers[] = {name};
    struct bm_http_answer answer = {.status = 200, .content_type = "text/csv; charset=utf-8", .headers = headers, .header_count = 1,
                                    .body = call->out.bytes, .body_len = call->out.len};
    bm_http_answer(call->exchange, &answer);
    bm_call_free(call);
}

/* --- answers ---------------------------------------------------------------------------------- */

static void write_line(const struct bm_import *import, const struct bm_import_line *line, struct bm_buf *out) {
    const char *texts = (const char *)import->texts.bytes;
    bm_buf_printf(out, "{\"row\":%" PRIu64 ",\"verdict\":\"%s\",\"key\":", line->line, bm_verdict_words[line->verdict]);
    bm_json_text(out, texts + line->key);
    if (line->verdict == BM_VERDICT_CHANGE) {
        bm_buf_text(out, ",\"changes\":");
        bm_json_text(out, texts + line->column);
    }
    if (line->verdict == BM_VERDICT_WRONG) {
        bm_buf_text(out, ",\"column\":");
        bm_json_text(out, texts + line->column);
        bm_buf_text(out, ",\"detail\":");
        bm_json_text(out, texts + line->detail);
        bm_buf_text(out, ",\"reason\":");
        bm_json_text(out, texts + line->reason);
        bm_buf_text(out, ",\"value\":");
        bm_json_text(out, texts + line->value);
    }
    bm_buf_byte(out, '}');
}

static bool too_many(const struct bm_import *import) {
    if (bm_import_is_table(import->sheet->kind)) return false;
    return import->counts[BM_VERDICT_NEW] + import->counts[BM_VERDICT_CHANGE] > BM_IMPORT_ROWS_MAX ||
           import->commands.len > BM_IMPORT_BYTES_MAX;
}

/* Why it cannot be taken in, "" when it can: a sentence with the mend. */
static void obstacle(const struct bm_import *import, char ret_text[BM_FAULT_DETAIL_MAX]) {
    ret_text[0] = 0;
    if (too_many(import))
        snprintf(ret_text, BM_FAULT_DETAIL_MAX,
                 "%u rows are new or changed; one import takes %d of them and %d MiB, so that the desk is not held up. Divide the file.",
                 import->counts[BM_VERDICT_NEW] + import->counts[BM_VERDICT_CHANGE], BM_IMPORT_ROWS_MAX, BM_IMPORT_BYTES_MAX >> 20);
    if (import->counts[BM_VERDICT_WRONG])
        snprintf(ret_text, BM_FAULT_DETAIL_MAX, "%u rows are wrong; nothing is taken in until they are mended.",
                 import->counts[BM_VERDICT_WRONG]);
}

static void write_preview(struct bm_call *call) {
    const struct importing *importing = call->state;
    const struct bm_import *import = &importing->import;
    struct bm_buf *out = &call->out;
    char why_not[BM_FAULT_DETAIL_MAX];
    uint64_t listed[BM_verdict_COUNT] = {0};
    bool first = true;
    obstacle(import, why_not);
    if (!why_not[0]) memcpy(why_not, importing->why_not, sizeof why_not);
    bm_buf_clear(out);
    bm_buf_printf(out, "{\"kind\":\"%s\",\"digest\":\"%s\",\"charset\":\"%s\",\"form\":\"%s\"",
                  bm_word(&bm_import_kind_words, import->sheet->kind), import->digest, import->rows.charset, import->rows.form);
    char separator[2] = {import->rows.features ? 0 : import->rows.csv.separator, 0};
    bm_buf_text(out, ",\"separator\":");
    bm_json_text(out, separator);
    bm_buf_printf(out, ",\"ready\":%s,\"obstacle\":", why_not[0] ? "false" : "true");
    bm_json_text(out, why_not);
    bm_buf_text(out, ",\"obstacle_reason\":");
    bm_json_text(out, import->counts[BM_VERDICT_WRONG] ? "wrong" : too_many(import) ? "too_many" : importing->why_reason ? importing->why_reason : "");
    bm_buf_printf(out, ",\"counts\":{\"rows\":%zu", import->line_count);
    for (int v = 0; v < BM_verdict_COUNT; v++) bm_buf_printf(out, ",\"%s\":%u", bm_verdict_words[v], import->counts[v]);
    bm_buf_text(out, "},\"rows\":[");
    for (size_t i = 0; i < import->line_count; i++) {
        const struct bm_import_line *line = &import->lines[i];
        if (listed[line->verdict]++ >= importing->limit) continue;
        if (!first) bm_buf_byte(out, ',');
        first = false;
        write_line(import, line, out);
    }
    bm_buf_text(out, "]}");
    bm_call_finish(call);
}

/* --- asking the desk -------------------------------------------------------------------------- */

/* The rows as one command; what it holds is copied, for a preview goes on to be answered. */
static enum bm_code make_command(struct bm_call *call, bool dry, struct bm_command *ret_command) {
    struct importing *importing = call->state;
    struct bm_import *import = &importing->import;
    json_t *body = json_pack("{s:s,s:s,s:b}", "kind", bm_word(&bm_import_kind_words, import->sheet->kind), "digest", import->digest,
                             "dry", dry);
    enum bm_code code = bm_command_read(call, BM_DO_IMPORT, body, ret_command);
    json_decref(body);
    if (code) return code;
    if (dry) ret_command->has_request = false; /* nothing happened that a key could stand for */
    ret_command->import.row_count = (uint32_t)import->line_count;
    if (!bm_import_is_table(import->sheet->kind)) ret_command->import.rows = bm_bytes_copy(import->commands.bytes, import->commands.len);
    return BM_OK;
}

/* "Line 17: ...": what the desk knows and the preview could not. */
static void desk_refuses(struct bm_call *call, const struct bm_reply *reply) {
    struct importing *importing = call->state;
    unsigned long long line = 0;
    int behind = 0;
    if (sscanf(reply->fault->detail, "Line %llu: %n", &line, &behind) == 1 && behind) {
        bm_import_refused(&importing->import, line, reply->fault, reply->fault->detail + behind);
        write_preview(call);
        return;
    }
    if (reply->code == BM_CONFLICT) { /* about all rows together */
        memcpy(importing->why_not, reply->fault->detail, sizeof importing->why_not);
        importing->why_reason = bm_import_reason(reply->code, reply->fault->field);
        write_preview(call);
        return;
    }
    call->refused = NULL;
    call->fault = *reply->fault;
    call->code = reply->code;
    bm_call_finish(call);
}

static void desk_would(struct bm_call *call) {
    write_preview(call);
}

static void preview_judged(struct bm_call *call) {
    struct importing *importing = call->state;
    struct bm_command command;
    char why_not[BM_FAULT_DETAIL_MAX];
    if (call->code) {
        bm_call_finish(call);
        return;
    }
    obstacle(&importing->import, why_not);
    if (why_not[0] || !importing->import.commands.len) {
        write_preview(call);
        return;
    }
    call->code = make_command(call, true, &command);
    if (call->code) {
        bm_call_finish(call);
        return;
    }
    call->work = NULL;
    call->after = desk_would;
    call->refused = desk_refuses;
    bm_command_submit(call, &command);
}

/* Those of the file who may need a link; the others have had theirs. */
static void collect_numbers(const struct bm_import *import, struct bm_map *ret_numbers) {
    for (size_t i = 0; i < import->line_count; i++) {
        uint8_t key[16];
        const char *number = (const char *)import->texts.bytes + import->lines[i].key;
        bm_hash_of(number, strlen(number), key, sizeof key);
        bm_map_put(ret_numbers, key, 1);
    }
}

static void link_work(struct bm_call *call) {
    struct bm_map numbers = {0};
    collect_numbers(&((struct importing *)call->state)->import, &numbers);
    call->code = bm_invite_links(call, &numbers);
    bm_map_free(&numbers);
    bm_buf_byte(&call->out, '}');
}

/* The record first, then the vault, as of one secret by hand. */
static void secrets_work(struct bm_call *call) {
    bm_buf_text(&call->out, ",\"links\":[],\"secrets\":[");
    call->code = bm_import_secrets(call, &((struct importing *)call->state)->import);
    bm_buf_text(&call->out, "]}");
}

/* The record has word of it; now the table. */
static void keep_work(struct bm_call *call) {
    call->code = bm_own_keep(call->api->own_tables, &((struct importing *)call->state)->import, &call->fault);
    bm_buf_text(&call->out, ",\"links\":[]}");
}

/* Behind the desk's own answer, {"seq":..}: what became of the rows. */
static void write_taken(struct bm_call *call) {
    const struct bm_import *import = &((struct importing *)call->state)->import;
    struct bm_buf *out = &call->out;
    if (out->len)
        out->len--; /* goes on */
    else
        bm_buf_text(out, "{\"seq\":null,\"replayed\":false,\"flagged\":false");
    bm_buf_printf(out, ",\"new\":%u,\"changed\":%u,\"same\":%u", import->counts[BM_VERDICT_NEW], import->counts[BM_VERDICT_CHANGE],
                  import->counts[BM_VERDICT_SAME]);
    call->after = NULL;
    call->work = NULL;
    if (import->sheet->kind == BM_IMPORT_ACCOUNTS) call->work = link_work;
    if (import->sheet->kind == BM_IMPORT_DEVICES) call->work = secrets_work;
    if (bm_import_is_table(import->sheet->kind) && import->commands.len) call->work = keep_work;
    if (call->work) {
        bm_call_work(call);
        return;
    }
    bm_buf_text(out, ",\"links\":[]}");
    bm_call_finish(call);
}

static void apply_judged(struct bm_call *call) {
    struct importing *importing = call->state;
    struct bm_import *import = &importing->import;
    struct bm_command command;
    char why_not[BM_FAULT_DETAIL_MAX] = "";
    if (!call->code) obstacle(import, why_not);
    if (why_not[0]) call->code = bm_fault_set(&call->fault, too_many(import) ? BM_TOO_LARGE : BM_BAD_FILE, "file", "%s", why_not);
    bool nothing = !import->commands.len;
    if (!call->code && !nothing && strcmp(importing->digest, import->digest) != 0)
        call->code = bm_fault_set(&call->fault, BM_STALE_VERSION, "digest",
                                  "The file, or what it changes, is not what was previewed; look at the preview again.");
    if (!call->code && !nothing) call->code = make_command(call, false, &command);
    if (call->code) {
        bm_call_finish(call);
        return;
    }
    call->work = NULL;
    call->after = write_taken;
    if (nothing)
        write_taken(call); /* all is so already */
    else
        bm_command_submit(call, &command);
}

/* --- requests --------------------------------------------------------------------------------- */

static void judge(struct bm_call *call) {
    struct importing *importing = call->state;
    call->code = bm_import_judge(&importing->import, call->request->body, call->request->body_len, importing->geojson, &call->fault);
}

static void begin(struct bm_call *call, bool apply) {
    const struct bm_import_sheet *sheet = sheet_or_refuse(call);
    char limit[12] = "";
    if (!sheet) return;
    struct importing *importing = call->state = bm_alloc_zero(1, sizeof *importing);
    call->release = release;
    importing->limit = BM_IMPORT_LIST_DEFAULT;
    importing->import.api = call->api;
    importing->import.viewer = call->viewer;
    importing->import.sheet = sheet;
    importing->import.seal = apply;
    const char *type = bm_http_header(call->request, "content-type");
    importing->geojson = type && strncmp(type, "application/geo+json", 20) == 0;
    if (bm_http_query(call->request, "limit", limit, sizeof limit) != BM_NOT_FOUND) {
        importing->limit = strtoull(limit, NULL, 10);
        if (!importing->limit || importing->limit > BM_IMPORT_FILE_ROWS_MAX || limit[strspn(limit, "0123456789")]) {
            bm_call_refuse(call, BM_OUT_OF_RANGE, "limit", "\"limit\" must lie between 1 and %d.", BM_IMPORT_FILE_ROWS_MAX);
            return;
        }
    }
    if (apply && bm_http_query(call->request, "digest", importing->digest, sizeof importing->digest) != BM_OK) {
        bm_call_refuse(call, BM_MISSING_FIELD, "digest", "Send digest=HEX of the preview that is to be taken in.");
        return;
    }
    if (!call->request->body_len) {
        bm_call_refuse(call, BM_MISSING_FIELD, "file", "Send the file as the body.");
        return;
    }
    call->work = judge;
    call->after = apply ? apply_judged : preview_judged;
    bm_call_work(call);
}

void bm_handle_import_preview(struct bm_call *call) {
    begin(call, false);
}

void bm_handle_import_apply(struct bm_call *call) {
    begin(call, true);
}
