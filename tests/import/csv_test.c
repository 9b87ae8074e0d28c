/* Files of rows: letters, separators, quotes; what is wrong is named by its line, and what comes after it is still read. */
#include "testing.h"

#include <stdio.h>
#include <string.h>

#include "import/csv.h"

/* All rows as "a|b~c|d~"; a row that cannot be read as "!". */
static void read_rows(const char *text, size_t len, char *ret_rows, size_t cap) {
    const char *cells[BM_CSV_CELLS_MAX];
    struct bm_csv csv = bm_csv_make(text, len);
    struct bm_fault fault;
    size_t count;
    uint64_t line;
    ret_rows[0] = 0;
    for (;;) {
        enum bm_code code = bm_csv_next(&csv, cells, &count, &line, &fault);
        size_t used = strlen(ret_rows);
        if (!code && !count) break;
        if (code) snprintf(ret_rows + used, cap - used, "!%d", (int)line);
        for (size_t i = 0; !code && i < count; i++) {
            used = strlen(ret_rows);
            snprintf(ret_rows + used, cap - used, "%s%s", i ? "|" : "", cells[i]);
        }
        used = strlen(ret_rows);
        snprintf(ret_rows + used, cap - used, "~");
    }
    bm_csv_free(&csv);
}

static void test_rows(void **state) {
    (void)state;
    static const struct {
        const char *text, *rows;
    } cases[] = {
        {"a,b\r\n1,2\r\n", "a|b~1|2~"},
        {"a,b\n1,2", "a|b~1|2~"},
        {"a,b\n\n\r\n1,2\n", "a|b~1|2~"},
        {"a,b\n,\n", "a|b~|~"},
        {"a;b,c\n1;2\n", "a;b|c~1;2~"}, /* as many of each: commas */
        {"a;b;c\n1;2,5;3\n", "a|b|c~1|2,5|3~"},
        {"a\tb\n1\t2\n", "a|b~1|2~"},
        {"\"a,a,a\";b\n1;2\n", "a,a,a|b~1|2~"},
        {"a,b\n\"x, \"\"y\"\"\",\"1\n2\"\n3,4\n", "a|b~x, \"y\"|1\n2~3|4~"},
        {"a,b\nx\"y,1\n3,4\n", "a|b~!2~3|4~"},
        {"a,b\n\"x\"y,1\n3,4\n", "a|b~!2~3|4~"},
        {"a,b\nx\ry,1\n3,4\n", "a|b~!2~3|4~"},
        {"a,b\n1,2\n\"x,1\n3,4\n", "a|b~1|2~!3~"}, /* a quote that does not end takes the rest */
        {"", ""},
        {"\n\n", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char rows[200];
        read_rows(cases[i].text, strlen(cases[i].text), rows, sizeof rows);
        assert_string_equal(rows, cases[i].rows);
    }
    char rows[200];
    read_rows("a,b\n1\0,2\n3,4\n", 13, rows, sizeof rows);
    assert_string_equal(rows, "a|b~!2~3|4~");
}

static void test_limits(void **state) {
    (void)state;
    struct bm_buf text = bm_buf_make(1u << 20);
    char rows[9000];
    bm_buf_text(&text, "a,b\n");
    for (int i = 0; i < BM_CSV_CELL_BYTES + 1; i++) bm_buf_byte(&text, 'x');
    bm_buf_text(&text, ",1\n");
    for (int i = 0; i < BM_CSV_CELLS_MAX; i++) bm_buf_text(&text, ",");
    bm_buf_text(&text, "\n3,4\n");
    read_rows(bm_buf_c_text(&text), text.len, rows, sizeof rows);
    assert_string_equal(rows, "a|b~!2~!3~3|4~");
    bm_buf_free(&text);
}

static void test_letters(void **state) {
    (void)state;
    static const struct {
        const char *bytes, *charset, *text; /* charset NULL: `text` is in the refusal */
    } cases[] = {
        {"a\n", "utf-8", "a\n"},
        {"\xef\xbb\xbf\xe4\xb8\xad\n", "utf-8", "\xe4\xb8\xad\n"},
        {"\xd6\xd0\xb9\xfa\n", "gb18030", "\xe4\xb8\xad\xe5\x9b\xbd\n"},
        {"a\n\x81\x30\x81\x30\n", "gb18030", "a\n\xc2\x80\n"},               /* four bytes */
        {"\xef\xbb\xbf" "a\n\xd6\xd0\n", NULL, "line 2 is not"},             /* says UTF-8, and is not */
        {"\xe4\xb8\xad\n\xd6\xd0\n", NULL, "Line 2 is not UTF-8, while line 1"}, /* two files in one */
        {"a\nb\xff\n", NULL, "Line 2 is neither"},
        {"a\n\xed\xa0\x80\xff\n", NULL, "Line 2"},                           /* a surrogate */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bm_buf text = bm_buf_make(1000);
        struct bm_fault fault;
        const char *charset;
        enum bm_code code = bm_text_read((const uint8_t *)cases[i].bytes, strlen(cases[i].bytes), &text, &charset, &fault);
        if (cases[i].charset) {
            assert_int_equal(code, BM_OK);
            assert_string_equal(charset, cases[i].charset);
            assert_string_equal(bm_buf_c_text(&text), cases[i].text);
        } else {
            assert_int_equal(code, BM_BAD_FORMAT);
            assert_non_null(strstr(fault.detail, cases[i].text));
        }
        bm_buf_free(&text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows), cmocka_unit_test(test_limits), cmocka_unit_test(test_letters)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
