#include "procedure/findings.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* vsnprintf cuts between bytes; half a character would be no text any more. */
static void keep_characters_whole(char *text, size_t cap) {
    size_t len = strlen(text);
    if (len + 1 < cap) return;
    while (len && ((uint8_t)text[len - 1] & 0xc0) == 0x80) len--;
    if (len && (uint8_t)text[len - 1] >= 0xc0) len--;
    text[len] = 0;
}

static void add(struct bm_findings *findings, bool warning, uint32_t check, struct bm_mark at,
                const char *where, const char *format, va_list arguments) {
    if (!warning) findings->errors++;
    if (findings->count == BM_FINDINGS_MAX) {
        findings->left_out++;
        return;
    }
    struct bm_file_finding *finding = &findings->items[findings->count++];
    *finding = (struct bm_file_finding){.check = check, .warning = warning, .at = at};
    snprintf(finding->where, sizeof finding->where, "%s", where ? where : "");
    vsnprintf(finding->detail, sizeof finding->detail, format, arguments);
    keep_characters_whole(finding->where, sizeof finding->where);
    keep_characters_whole(finding->detail, sizeof finding->detail);
}

void bm_findings_add(struct bm_findings *findings, uint32_t check, struct bm_mark at,
                     const char *where, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    add(findings, false, check, at, where, format, arguments);
    va_end(arguments);
}

void bm_findings_warn(struct bm_findings *findings, uint32_t check, struct bm_mark at,
                      const char *where, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    add(findings, true, check, at, where, format, arguments);
    va_end(arguments);
}

static int by_place(const void *a, const void *b) {
    const struct bm_file_finding *x = a, *y = b;
    if (x->at.line != y->at.line) return x->at.line < y->at.line ? -1 : 1;
    if (x->at.column != y->at.column) return x->at.column < y->at.column ? -1 : 1;
    if (x->check != y->check) return x->check < y->check ? -1 : 1;
    return strcmp(x->detail, y->detail);
}

void bm_findings_sort(struct bm_findings *findings) {
    if (findings->count) qsort(findings->items, findings->count, sizeof *findings->items, by_place);
}

void bm_findings_print(const struct bm_findings *findings, const char *file, struct bm_buf *buf) {
    for (size_t i = 0; i < findings->count; i++) {
        const struct bm_file_finding *finding = &findings->items[i];
        bm_buf_printf(buf, "%s:%" PRIu32 ":%" PRIu32 ": %s %" PRIu32 ": %s%s%s\n", file,
                      finding->at.line, finding->at.column, finding->warning ? "warning" : "check",
                      finding->check, finding->where, finding->where[0] ? ": " : "",
                      finding->detail);
    }
    if (findings->left_out)
        bm_buf_printf(buf, "%s: %zu more findings are not shown.\n", file, findings->left_out);
}
