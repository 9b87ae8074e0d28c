#include "import/csv.h"

#include <string.h>

#include "base/alloc.h"

struct bm_csv bm_csv_make(const char *text, size_t len) {
    struct bm_csv csv = {.at = text, .end = text + len, .separator = ',', .line = 1, .row = bm_buf_make(1u << 20)};
    size_t commas = 0, semicolons = 0, tabs = 0;
    bool quoted = false;
    for (const char *at = text; at < csv.end && (quoted || (*at != '\n' && *at != '\r')); at++) {
        if (*at == '"') quoted = !quoted;
        if (quoted) continue;
        commas += *at == ',';
        semicolons += *at == ';';
        tabs += *at == '\t';
    }
    if (semicolons > commas && semicolons >= tabs) csv.separator = ';';
    if (tabs > commas && tabs > semicolons) csv.separator = '\t';
    return csv;
}

void bm_csv_free(struct bm_csv *csv) {
    bm_buf_free(&csv->row);
}

/* Leaves the line that cannot be read. */
static void skip_line(struct bm_csv *csv) {
    while (csv->at < csv->end && *csv->at != '\n') csv->at++;
    if (csv->at < csv->end) csv->at++;
    csv->line++;
}

/* Behind a cell: whether the row goes on.  A line's end is taken. */
static enum bm_code after_cell(struct bm_csv *csv, uint64_t line, bool *ret_more, struct bm_fault *fault) {
    *ret_more = false;
    if (csv->at == csv->end) return BM_OK;
    char sign = *csv->at;
    if (sign == csv->separator) {
        csv->at++;
        *ret_more = true;
        return BM_OK;
    }
    if (sign == '\r' && csv->at + 1 < csv->end && csv->at[1] == '\n') csv->at++, sign = '\n';
    if (sign == '\n') {
        csv->at++;
        csv->line++;
        return BM_OK;
    }
    return bm_fault_set(fault, BM_BAD_FORMAT, NULL,
                        sign == '\r' ? "Line %llu has a carriage return inside; end lines with CR LF or LF."
                                     : "Line %llu has a quote inside a cell; put the whole cell into quotes and write \"\" for each.",
                        (unsigned long long)line);
}

static enum bm_code take_quoted(struct bm_csv *csv, struct bm_fault *fault) {
    uint64_t from = csv->line;
    for (csv->at++; csv->at < csv->end; csv->at++) {
        if (*csv->at == '"') {
            if (csv->at + 1 == csv->end || csv->at[1] != '"') {
                csv->at++;
                return BM_OK;
            }
            csv->at++;
        }
        if (*csv->at == '\n') csv->line++;
        bm_buf_byte(&csv->row, (uint8_t)*csv->at);
    }
    return bm_fault_set(fault, BM_BAD_FORMAT, NULL, "A quote in line %llu does not end; nothing behind it can be read.",
                        (unsigned long long)from);
}

static void take_plain(struct bm_csv *csv) {
    while (csv->at < csv->end && !strchr("\r\n\"", *csv->at) && *csv->at != csv->separator)
        bm_buf_byte(&csv->row, (uint8_t)*csv->at++);
}

static enum bm_code take_row(struct bm_csv *csv, size_t *offsets, size_t *ret_count, uint64_t line, struct bm_fault *fault) {
    bool more = true;
    for (*ret_count = 0; more;) {
        size_t from = csv->row.len;
        if (*ret_count == BM_CSV_CELLS_MAX)
            return bm_fault_set(fault, BM_TOO_LONG, NULL, "Line %llu has more than %d cells.", (unsigned long long)line,
                                BM_CSV_CELLS_MAX);
        enum bm_code code = BM_OK;
        offsets[(*ret_count)++] = from;
        if (csv->at < csv->end && *csv->at == '"')
            code = take_quoted(csv, fault);
        else
            take_plain(csv);
        if (code) return code;
        if (csv->row.overflow || csv->row.len - from > BM_CSV_CELL_BYTES)
            return bm_fault_set(fault, BM_TOO_LONG, NULL, "Line %llu has a cell of more than %d bytes.", (unsigned long long)line,
                                BM_CSV_CELL_BYTES);
        if (memchr(csv->row.bytes + from, 0, csv->row.len - from))
            return bm_fault_set(fault, BM_BAD_FORMAT, NULL, "Line %llu has a zero byte; save the file as text.",
                                (unsigned long long)line);
        bm_buf_byte(&csv->row, 0);
        code = after_cell(csv, line, &more, fault);
        if (code) return code;
    }
    return BM_OK;
}

enum bm_code bm_csv_next(struct bm_csv *csv, const char **ret_cells, size_t *ret_count, uint64_t *ret_line,
                         struct bm_fault *fault) {
    size_t offsets[BM_CSV_CELLS_MAX];
    *ret_count = 0;
    while (csv->at < csv->end) {
        bm_buf_clear(&csv->row);
        *ret_line = csv->line;
        const char *begin = csv->at;
        enum bm_code code = take_row(csv, offsets, ret_count, *ret_line, fault);
        if (code) {
            *ret_count = 0;
            csv->line = *ret_line; /* go on with the next line of the file, even where a cell went over several */
            bool ends = csv->at < csv->end;
            csv->at = ends ? begin : csv->end;
            if (ends) skip_line(csv);
            return code;
        }
        bool empty = *ret_count == 1 && csv->row.bytes[0] == 0;
        if (empty) continue;
        for (size_t i = 0; i < *ret_count; i++) ret_cells[i] = (const char *)csv->row.bytes + offsets[i];
        return BM_OK;
    }
    *ret_count = 0;
    return BM_OK;
}

void bm_csv_put(struct bm_buf *out, bool *first, const char *cell) {
    if (!*first) bm_buf_byte(out, ',');
    *first = false;
    if (!strpbrk(cell, ",;\t\"\r\n")) {
        bm_buf_text(out, cell);
        return;
    }
    bm_buf_byte(out, '"');
    for (; *cell; cell++) {
        if (*cell == '"') bm_buf_byte(out, '"');
        bm_buf_byte(out, (uint8_t)*cell);
    }
    bm_buf_byte(out, '"');
}
