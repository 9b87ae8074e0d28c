/* Tables for spreadsheets: CSV by RFC 4180 byte for byte, formulas disarmed; the workbook is written to a file that
 * workbook_test.py reads with readers of others. */
#include "testing.h"

#include <stdio.h>
#include <string.h>

#include "report/workbook.h"

static void fill(struct bm_workbook *book) {
    bm_workbook_sheet(book, "one");
    bm_workbook_text(book, "plain");
    bm_workbook_text(book, "a,b \"c\"\r\nd");
    bm_workbook_number(book, -5);
    bm_workbook_none(book);
    bm_workbook_seconds(book, 1005);
    bm_workbook_row(book);
    static const char *const formulas[] = {"=1+1", "+49", "-2", "@SUM(A1)", "\tx", "\rx", "1=1", " x", "报警 <&>", "\x01"};
    for (size_t i = 0; i < sizeof formulas / sizeof formulas[0]; i++) bm_workbook_text(book, formulas[i]);
    bm_workbook_row(book);
    bm_workbook_sheet(book, "two");
    bm_workbook_seconds(book, -7);
    bm_workbook_row(book);
}

static void csv_is_by_the_rules(void **state) {
    (void)state;
    struct bm_buf out = bm_buf_make(4096);
    struct bm_workbook book = bm_workbook_make(BM_WORKBOOK_CSV, true, 4096);
    fill(&book);
    assert_true(bm_workbook_end(&book, &out));
    assert_string_equal(bm_buf_c_text(&out), "\xef\xbb\xbf"
                                             "plain,\"a,b \"\"c\"\"\r\nd\",-5,,1.005\r\n"
                                             "\"'=1+1\",\"'+49\",\"'-2\",\"'@SUM(A1)\",\"'\tx\",\"'\rx\",1=1,\" x\",报警 <&>,\x01\r\n"
                                             "\r\n-0.007\r\n");
    bm_buf_free(&out);
}

static void what_does_not_fit_is_told(void **state) {
    (void)state;
    for (int form = BM_WORKBOOK_CSV; form <= BM_WORKBOOK_XLSX; form++) {
        struct bm_buf out = bm_buf_make(1 << 16);
        struct bm_workbook book = bm_workbook_make((enum bm_workbook_form)form, false, 40);
        fill(&book);
        assert_false(bm_workbook_end(&book, &out));
        bm_buf_free(&out);
    }
}

int main(int argc, char **argv) {
    if (argc == 2) { /* the workbook, for workbook_test.py */
        struct bm_buf out = bm_buf_make(1 << 16);
        struct bm_workbook book = bm_workbook_make(BM_WORKBOOK_XLSX, false, 1 << 16);
        fill(&book);
        if (!bm_workbook_end(&book, &out)) return 1;
        FILE *file = fopen(argv[1], "wb");
        if (!file || fwrite(out.bytes, 1, out.len, file) != out.len || fclose(file)) return 1;
        bm_buf_free(&out);
        return 0;
    }
    const struct CMUnitTest tests[] = {cmocka_unit_test(csv_is_by_the_rules), cmocka_unit_test(what_does_not_fit_is_told)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
