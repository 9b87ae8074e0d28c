/* The strict profile by cases of our own: what must be accepted, and each refusal with its line,
 * column and mend. */
#include "testing.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "procedure/yaml.h"

static struct bm_yaml *accept(const char *bytes, size_t len) {
    struct bm_findings findings = {0};
    struct bm_yaml *yaml = NULL;
    enum bm_code code = bm_yaml_read(bytes, len, &findings, &yaml);
    if (code) fail_msg("refused: %s", findings.items[0].detail);
    assert_int_equal(findings.count, 0);
    return yaml;
}

static void refuse(const char *bytes, size_t len, uint32_t line, uint32_t column,
                   const char *what) {
    struct bm_findings findings = {0};
    struct bm_yaml *untouched = (struct bm_yaml *)&findings;
    struct bm_yaml *yaml = untouched;
    assert_int_not_equal(bm_yaml_read(bytes, len, &findings, &yaml), BM_OK);
    assert_ptr_equal(yaml, untouched);
    assert_int_equal(findings.count, 1);
    const struct bm_file_finding *finding = &findings.items[0];
    if (finding->at.line != line || finding->at.column != column || !strstr(finding->detail, what))
        fail_msg("%u:%u: %s\nexpected %u:%u: %s", finding->at.line, finding->at.column,
                 finding->detail, line, column, what);
}
#define REFUSE(text, ...) refuse(text, sizeof text - 1, __VA_ARGS__)

static const char *text_at(const struct bm_yaml *yaml, const char *key) {
    const struct bm_yaml_node *node = bm_yaml_get(bm_yaml_root(yaml), key);
    assert_non_null(node);
    assert_int_equal(node->kind, BM_YAML_TEXT);
    return node->text;
}

static void nothing_is_typed(void **state) {
    (void)state;
    static const char file[] = "no: no\non: 014\ndate: 2026-02-30\n\"time\": '12:30'\nnull: ~\n"
                               "empty:\n转办: 已转 12345\n";
    struct bm_yaml *yaml = accept(file, sizeof file - 1);
    assert_string_equal(text_at(yaml, "no"), "no");
    assert_string_equal(text_at(yaml, "on"), "014");
    assert_string_equal(text_at(yaml, "date"), "2026-02-30");
    assert_string_equal(text_at(yaml, "time"), "12:30");
    assert_string_equal(text_at(yaml, "null"), "~");
    assert_string_equal(text_at(yaml, "empty"), "");
    assert_string_equal(text_at(yaml, "转办"), "已转 12345");
    assert_int_equal(bm_yaml_root(yaml)->count, 7);
    bm_yaml_free(yaml);
}

static void places(void **state) {
    (void)state;
    static const char file[] =
        "a: \"q\"\nb:\n  - 转: x\n  - 'y'\nc: |\n  block\n转办: { k: [v] }\n";
    struct bm_yaml *yaml = accept(file, sizeof file - 1);
    const struct bm_yaml_node *root = bm_yaml_root(yaml);
    const struct bm_yaml_node *a = bm_yaml_get(root, "a"), *b = bm_yaml_get(root, "b");
    assert_int_equal(a->key_at.line, 1);
    assert_int_equal(a->key_at.column, 1);
    assert_int_equal(a->at.column, 4);
    assert_int_equal(b->first->first->at.line, 3);
    assert_int_equal(b->first->first->at.column, 8); /* characters, not bytes */
    assert_int_equal(b->first->next->at.line, 4);
    assert_int_equal(b->first->next->at.column, 5);
    const struct bm_yaml_node *last = bm_yaml_get(root, "转办");
    assert_int_equal(last->key_at.line, 7);
    assert_int_equal(last->at.column, 5);
    assert_int_equal(bm_yaml_get(last, "k")->first->at.column, 11);
    bm_yaml_free(yaml);
}

static void mark_and_line_ends(void **state) {
    (void)state;
    static const char file[] = "\xef\xbb\xbf"
                               "a: b\r\nc: d\r\n";
    struct bm_yaml *yaml = accept(file, sizeof file - 1);
    assert_string_equal(text_at(yaml, "a"), "b");
    assert_string_equal(text_at(yaml, "c"), "d");
    bm_yaml_free(yaml);
    REFUSE("a: \xef\xbb\xbf", 1, 4, "U+FEFF");
    REFUSE("a: b\rc: d\n", 1, 5, "U+000D");
}

static void profile(void **state) {
    (void)state;
    REFUSE("a: &x 1\n", 1, 4, "Anchors");
    REFUSE("a: 1\nb: *x\n", 2, 4, "Aliases");
    REFUSE("a: !!int 1\n", 1, 4, "Tags");
    REFUSE("a: !local {}\n", 1, 4, "Tags");
    REFUSE("a: { b: 1 }\n<<: { c: 2 }\n", 2, 1, "Merge");
    REFUSE("%YAML 1.2\n---\na: b\n", 1, 1, "Directives");
    REFUSE("# first\n\n%TAG ! x\n---\na: b\n", 3, 1, "Directives");
    REFUSE("%FOO bar\n---\na: b\n", 1, 1, "Directives");
    REFUSE("a: b\n---\nc: d\n", 2, 1, "second document");
    REFUSE("a: b\n...\nc: d\n", 3, 1, "second document");
    REFUSE("? [a, b]\n: c\n", 1, 3, "be a key");
    REFUSE("? ::\t:", 1, 5, "tab"); /* libfyaml writes to what is not its own there: corpus/yaml/tab_in_key */
    REFUSE("k: 1\n? a: \t- b\n", 2, 6, "tab");
    REFUSE("? a:\t|\n", 1, 5, "tab");
    REFUSE("- ? a:\t- b\n", 1, 7, "tab");
    REFUSE("?\n  a:\t-", 2, 5, "tab");
    REFUSE("? { a: b }\n: c\n", 1, 3, "be a key");
    REFUSE("a: 1\nb: 2\n'a': 3\n", 3, 1, "second time");
    REFUSE("x: { k: 1, \"\\x6b\": 2 }\n", 1, 12, "second time");
    REFUSE("a: { : 1 }\n", 1, 4, "key is missing");
    REFUSE("", 1, 1, "nothing in this file");
    REFUSE("# only words\n", 1, 1, "nothing in this file");
    REFUSE("- a\n", 1, 1, "mapping at its top");
    REFUSE("a:b\n", 1, 1, "mapping at its top");
    REFUSE("a: b\n\tc: d\n", 1, 4, "no YAML");
    REFUSE("a: b: c\n", 1, 5, "no YAML");
    REFUSE("a: [b\n", 2, 1, "no YAML");
}

static void bytes(void **state) {
    (void)state;
    REFUSE("a: \xc0\xaf\n", 1, 4, "no UTF-8");
    REFUSE("a: 转\xe8\xbd\n", 1, 5, "no UTF-8");
    REFUSE("a: \xed\xa0\x80\n", 1, 4, "no UTF-8");
    REFUSE("a: \xf4\x90\x80\x80\n", 1, 4, "no UTF-8");
    REFUSE("a: \xe0\x80\xaf\n", 1, 4, "no UTF-8");
    REFUSE("b: c\na: \x01\n", 2, 4, "U+0001");
    REFUSE("a: \xc2\x85\n", 1, 4, "U+0085");
    REFUSE("a: b\0c\n", 1, 5, "U+0000");
    REFUSE("a: \"\\0\"\n", 1, 4, "U+0000");
    REFUSE("a: \"\\u0007\"\n", 1, 4, "U+0007");
    REFUSE("a: \"\\ud800\"\n", 1, 5, "no YAML");
}

static void repeat(struct bm_buf *buf, const char *text, size_t times) {
    for (size_t i = 0; i < times; i++) bm_buf_text(buf, text);
}

static void maxima(void **state) {
    (void)state;
    struct bm_buf buf = bm_buf_make(16 * 1024 * 1024);
    bm_buf_text(&buf, "a: ");
    repeat(&buf, "[", BM_YAML_DEPTH_MAX - 1);
    repeat(&buf, "]", BM_YAML_DEPTH_MAX - 1);
    bm_yaml_free(accept(bm_buf_c_text(&buf), buf.len));
    for (size_t depth = BM_YAML_DEPTH_MAX; depth < 200000; depth *= 16) {
        bm_buf_clear(&buf);
        bm_buf_text(&buf, "a: ");
        repeat(&buf, "[", depth);
        repeat(&buf, "]", depth);
        refuse(bm_buf_c_text(&buf), buf.len, 1, 4 + BM_YAML_DEPTH_MAX - 1, "deep within");
    }
    bm_buf_clear(&buf);
    bm_buf_text(&buf, "a:\n");
    repeat(&buf, "  - x\n", BM_YAML_NODES_MAX);
    refuse(bm_buf_c_text(&buf), buf.len, BM_YAML_NODES_MAX - 1, 5, "entries");
    bm_buf_clear(&buf);
    for (int i = 0; i <= BM_YAML_KEYS_MAX; i++) bm_buf_printf(&buf, "k%d: x\n", i);
    refuse(bm_buf_c_text(&buf), buf.len, BM_YAML_KEYS_MAX + 1, 1, "keys");
    bm_buf_clear(&buf);
    repeat(&buf, "k", BM_YAML_KEY_BYTES_MAX + 1);
    bm_buf_text(&buf, ": x\n");
    refuse(bm_buf_c_text(&buf), buf.len, 1, 1, "key has more");
    bm_buf_clear(&buf);
    bm_buf_text(&buf, "a: ");
    repeat(&buf, "k", BM_YAML_TEXT_BYTES_MAX + 1);
    refuse(bm_buf_c_text(&buf), buf.len, 1, 4, "text has more");
    bm_buf_clear(&buf);
    repeat(&buf, "# 10 MB of YAML\n", 10 * 1024 * 1024 / 16);
    refuse(bm_buf_c_text(&buf), buf.len, 1, 1, "bytes");
    bm_buf_free(&buf);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_is_typed),
                                       cmocka_unit_test(places),
                                       cmocka_unit_test(mark_and_line_ends),
                                       cmocka_unit_test(profile),
                                       cmocka_unit_test(bytes),
                                       cmocka_unit_test(maxima)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
