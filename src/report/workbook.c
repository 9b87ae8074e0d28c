#include "report/workbook.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "report/zip.h"

#define XML "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
#define MAIN "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
#define RELATIONS "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
#define PACKAGE "http://schemas.openxmlformats.org/package/2006/"

struct bm_workbook bm_workbook_make(enum bm_workbook_form form, bool bom, size_t max_bytes) {
    struct bm_workbook book = {.form = form};
    for (int i = 0; i < BM_WORKBOOK_SHEETS_MAX; i++) book.sheets[i] = bm_buf_make(max_bytes);
    if (form == BM_WORKBOOK_CSV && bom) bm_buf_text(&book.sheets[0], "\xef\xbb\xbf");
    return book;
}

static struct bm_buf *sheet_of(struct bm_workbook *book) {
    BM_CHECK(book->count > 0);
    return &book->sheets[book->form == BM_WORKBOOK_CSV ? 0 : book->count - 1];
}

void bm_workbook_sheet(struct bm_workbook *book, const char *name) {
    BM_CHECK(book->count < BM_WORKBOOK_SHEETS_MAX && !book->in_row);
    snprintf(book->names[book->count], BM_WORKBOOK_NAME, "%s", name);
    book->count++;
    if (book->form == BM_WORKBOOK_XLSX)
        bm_buf_text(sheet_of(book), XML "<worksheet xmlns=\"" MAIN "\"><sheetData>");
    else if (book->count > 1)
        bm_buf_text(sheet_of(book), "\r\n");
}

static void begin_cell(struct bm_workbook *book) {
    struct bm_buf *out = sheet_of(book);
    if (book->form == BM_WORKBOOK_XLSX && !book->in_row) bm_buf_text(out, "<row>");
    if (book->form == BM_WORKBOOK_CSV && book->in_row) bm_buf_byte(out, ',');
    book->in_row = true;
}

/* --- texts ------------------------------------------------------------------------------------- */

static void csv_text(struct bm_buf *out, const char *text) {
    bool formula = text[0] && strchr("=+-@\t\r", text[0]);
    if (!formula && !strpbrk(text, ",\"\r\n") && text[0] != ' ') {
        bm_buf_text(out, text);
        return;
    }
    bm_buf_byte(out, '"');
    if (formula) bm_buf_byte(out, '\'');
    for (; *text; text++) {
        if (*text == '"') bm_buf_byte(out, '"');
        bm_buf_byte(out, (uint8_t)*text);
    }
    bm_buf_byte(out, '"');
}

/* XML 1.0 has no control characters but tab and the ends of lines: another becomes U+FFFD. */
static void xml_text(struct bm_buf *out, const char *text) {
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '&')
            bm_buf_text(out, "&amp;");
        else if (c == '<')
            bm_buf_text(out, "&lt;");
        else if (c == '>')
            bm_buf_text(out, "&gt;");
        else if (c == '\r')
            bm_buf_text(out, "&#13;");
        else if (c < ' ' && c != '\t' && c != '\n')
            bm_buf_text(out, "\xef\xbf\xbd");
        else
            bm_buf_byte(out, c);
    }
}

/* --- cells ------------------------------------------------------------------------------------- */

void bm_workbook_text(struct bm_workbook *book, const char *text) {
    begin_cell(book);
    struct bm_buf *out = sheet_of(book);
    if (book->form == BM_WORKBOOK_CSV) {
        csv_text(out, text);
        return;
    }
    bm_buf_text(out, "<c t=\"inlineStr\"><is><t xml:space=\"preserve\">");
    xml_text(out, text);
    bm_buf_text(out, "</t></is></c>");
}

void bm_workbook_number(struct bm_workbook *book, int64_t number) {
    begin_cell(book);
    bm_buf_printf(sheet_of(book), book->form == BM_WORKBOOK_CSV ? "%" PRId64 : "<c><v>%" PRId64 "</v></c>", number);
}

void bm_workbook_seconds(struct bm_workbook *book, int64_t ms) {
    const char *sign = ms < 0 ? "-" : "";
    uint64_t size = ms < 0 ? 0 - (uint64_t)ms : (uint64_t)ms;
    begin_cell(book);
    bm_buf_printf(sheet_of(book), book->form == BM_WORKBOOK_CSV ? "%s%" PRIu64 ".%03u" : "<c><v>%s%" PRIu64 ".%03u</v></c>", sign, size / 1000,
                  (unsigned)(size % 1000));
}

void bm_workbook_none(struct bm_workbook *book) {
    begin_cell(book);
    if (book->form == BM_WORKBOOK_XLSX) bm_buf_text(sheet_of(book), "<c/>");
}

void bm_workbook_row(struct bm_workbook *book) {
    struct bm_buf *out = sheet_of(book);
    if (book->form == BM_WORKBOOK_CSV)
        bm_buf_text(out, "\r\n");
    else
        bm_buf_text(out, book->in_row ? "</row>" : "<row></row>");
    book->in_row = false;
}

/* --- the workbook ------------------------------------------------------------------------------ */

enum { PARTS = 4 }; /* beside the sheets */

static void write_parts(const struct bm_workbook *book, struct bm_buf parts[PARTS]) {
    bm_buf_text(&parts[0], XML "<Types xmlns=\"" PACKAGE "content-types\"><Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Override PartName=\"/xl/workbook.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml\"/>");
    bm_buf_text(&parts[1], XML "<Relationships xmlns=\"" PACKAGE "relationships\"><Relationship Id=\"rId1\" Type=\"" RELATIONS "/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>");
    bm_buf_text(&parts[2], XML "<workbook xmlns=\"" MAIN "\" xmlns:r=\"" RELATIONS "\"><sheets>");
    bm_buf_text(&parts[3], XML "<Relationships xmlns=\"" PACKAGE "relationships\">");
    for (int i = 0; i < book->count; i++) {
        bm_buf_printf(&parts[0], "<Override PartName=\"/xl/worksheets/sheet%d.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml\"/>", i + 1);
        bm_buf_printf(&parts[2], "<sheet name=\"%s\" sheetId=\"%d\" r:id=\"rId%d\"/>", book->names[i], i + 1, i + 1);
        bm_buf_printf(&parts[3], "<Relationship Id=\"rId%d\" Type=\"" RELATIONS "/worksheet\" Target=\"worksheets/sheet%d.xml\"/>", i + 1, i + 1);
    }
    bm_buf_text(&parts[0], "</Types>");
    bm_buf_text(&parts[2], "</sheets></workbook>");
    bm_buf_text(&parts[3], "</Relationships>");
}

static void write_workbook(struct bm_workbook *book, struct bm_buf *out) {
    static const char *const names[PARTS] = {"[Content_Types].xml", "_rels/.rels", "xl/workbook.xml", "xl/_rels/workbook.xml.rels"};
    struct bm_buf parts[PARTS];
    struct bm_zip_file files[PARTS + BM_WORKBOOK_SHEETS_MAX];
    char sheets[BM_WORKBOOK_SHEETS_MAX][40];
    for (int i = 0; i < PARTS; i++) parts[i] = bm_buf_make(1u << 16);
    write_parts(book, parts);
    for (int i = 0; i < PARTS; i++) files[i] = (struct bm_zip_file){names[i], parts[i].bytes, parts[i].len};
    for (int i = 0; i < book->count; i++) {
        bm_buf_text(&book->sheets[i], "</sheetData></worksheet>");
        snprintf(sheets[i], sizeof sheets[i], "xl/worksheets/sheet%d.xml", i + 1);
        files[PARTS + i] = (struct bm_zip_file){sheets[i], book->sheets[i].bytes, book->sheets[i].len};
    }
    bm_zip_write(files, (size_t)(PARTS + book->count), out);
    for (int i = 0; i < PARTS; i++) bm_buf_free(&parts[i]);
}

bool bm_workbook_end(struct bm_workbook *book, struct bm_buf *out) {
    BM_CHECK(!book->in_row && book->count > 0);
    if (book->form == BM_WORKBOOK_XLSX)
        write_workbook(book, out);
    else
        bm_buf_add(out, book->sheets[0].bytes, book->sheets[0].len);
    bool fits = !out->overflow;
    for (int i = 0; i < BM_WORKBOOK_SHEETS_MAX; i++) {
        fits = fits && !book->sheets[i].overflow;
        bm_buf_free(&book->sheets[i]);
    }
    return fits;
}
