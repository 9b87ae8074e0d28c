#include "api/export.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/time.h"
#include "procedure/procedure.h"

enum { FILE_MAX = 64 * 1024 * 1024, ZONE_MOST_MIN = 14 * 60 };

enum bm_code bm_query_number(struct bm_call *call, const char *name, int64_t least, int64_t most, int64_t *number) {
    char text[24], *end;
    enum bm_code code = bm_http_query(call->request, name, text, sizeof text);
    if (code == BM_NOT_FOUND) return BM_OK;
    int64_t value = code ? 0 : strtoll(text, &end, 10);
    if (code || end == text || *end || strlen(text) > 15 || value < least || value > most)
        return bm_fault_set(&call->fault, BM_OUT_OF_RANGE, name, "\"%s\" must be a whole number from %" PRId64 " to %" PRId64 ".", name,
                            least, most);
    *number = value;
    return BM_OK;
}

enum bm_code bm_query_word(struct bm_call *call, const char *name, const char *const *words, unsigned count, unsigned *word) {
    char text[BM_CODE_TEXT];
    enum bm_code code = bm_http_query(call->request, name, text, sizeof text);
    if (code == BM_NOT_FOUND) return BM_OK;
    for (unsigned w = 0; !code && w < count; w++) {
        if (strcmp(text, words[w]) != 0) continue;
        *word = w;
        return BM_OK;
    }
    struct bm_buf all = bm_buf_make(1024);
    for (unsigned w = 0; w < count; w++) bm_buf_printf(&all, "%s%s", w ? ", " : "", words[w]);
    code = bm_fault_set(&call->fault, BM_UNKNOWN_WORD, name, "\"%s\" is one of: %s.", name, bm_buf_c_text(&all));
    bm_buf_free(&all);
    return code;
}

enum bm_code bm_export_asked(struct bm_call *call, const char *what, struct bm_export **ret_export) {
    static const char *const forms[] = {"json", "csv", "xlsx"};
    unsigned form = 0, language = BM_language_COUNT;
    int64_t bom = 0, zone_min = 0;
    *ret_export = NULL;
    enum bm_code code = bm_query_word(call, "format", forms, 3, &form);
    if (!code) code = bm_query_word(call, "lang", bm_language_words, BM_language_COUNT, &language);
    if (!code) code = bm_query_number(call, "bom", 0, 1, &bom);
    if (!code) code = bm_query_number(call, "zone_min", -ZONE_MOST_MIN, ZONE_MOST_MIN, &zone_min);
    if (code || form == 0) return code;
    struct bm_export *export = bm_alloc_zero(1, sizeof *export);
    *export = (struct bm_export){form == 1 ? BM_WORKBOOK_CSV : BM_WORKBOOK_XLSX, bom, language, zone_min * 60000, what, bm_buf_make(FILE_MAX)};
    call->state = export;
    *ret_export = export;
    return BM_OK;
}

struct bm_workbook bm_export_begin(const struct bm_export *export) {
    return bm_workbook_make(export->form, export->bom, FILE_MAX);
}

enum bm_code bm_export_end(struct bm_call *call, struct bm_export *export, struct bm_workbook *book) {
    if (bm_workbook_end(book, &export->file)) return BM_OK;
    return bm_fault_set(&call->fault, BM_TOO_MANY, "to_ms", "That makes more than %d MiB; ask for a shorter period.",
                        FILE_MAX / (1024 * 1024));
}

void bm_export_answer(struct bm_call *call) {
    struct bm_export *export = call->state;
    if (call->code || !export || !export->file.len) {
        if (export) bm_buf_free(&export->file);
        bm_call_finish(call);
        return;
    }
    char now[BM_TIME_TEXT_BYTES], disposition[128];
    bool csv = export->form == BM_WORKBOOK_CSV;
    bm_time_text(bm_io_wall_ms(call->api->io) + export->zone_ms, now);
    snprintf(disposition, sizeof disposition, "Content-Disposition: attachment; filename=\"%s-%.10s.%s\"", export->what, now,
             csv ? "csv" : "xlsx");
    const char *headers[] = {disposition, "Cache-Control: no-store"};
    struct bm_http_answer answer = {.status = 200, .content_type = csv ? "text/csv; charset=utf-8" : BM_XLSX_TYPE, .headers = headers,
                                    .header_count = 2, .body = export->file.bytes, .body_len = export->file.len};
    bm_http_answer(call->exchange, &answer);
    bm_buf_free(&export->file);
    bm_call_free(call);
}
