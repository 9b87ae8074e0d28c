/* Reads {"cases": [text, ...]} from standard input and prints, for each, a line of JSON: the tree
 * as the outside suite writes it, without styles, or the refusal with its place.  yaml_suite.mjs
 * compares. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "procedure/yaml.h"

static void add_value(struct bm_buf *tree, int indent, const char *text) {
    bm_buf_printf(tree, "%*s=VAL ", indent, "");
    for (const char *c = text; *c; c++) {
        if (*c == '\\')
            bm_buf_text(tree, "\\\\");
        else if (*c == '\n')
            bm_buf_text(tree, "\\n");
        else if (*c == '\t')
            bm_buf_text(tree, "\\t");
        else
            bm_buf_byte(tree, (uint8_t)*c);
    }
    bm_buf_byte(tree, '\n');
}

static void add_node(struct bm_buf *tree, int indent, const struct bm_yaml_node *node) {
    if (node->kind == BM_YAML_TEXT) {
        add_value(tree, indent, node->text);
        return;
    }
    const char *word = node->kind == BM_YAML_MAP ? "MAP" : "SEQ";
    bm_buf_printf(tree, "%*s+%s\n", indent, "", word);
    for (const struct bm_yaml_node *child = node->first; child; child = child->next) {
        if (child->key) add_value(tree, indent + 1, child->key);
        add_node(tree, indent + 1, child);
    }
    bm_buf_printf(tree, "%*s-%s\n", indent, "", word);
}

static void answer(const char *text, size_t len) {
    struct bm_findings findings = {0};
    struct bm_yaml *yaml;
    struct bm_buf line = bm_buf_make(16 * 1024 * 1024), tree = bm_buf_make(8 * 1024 * 1024);
    if (bm_yaml_read_any(text, len, &findings, &yaml)) {
        const struct bm_file_finding *finding = &findings.items[0];
        bm_buf_printf(&line,
                      "{\"line\":%" PRIu32 ",\"column\":%" PRIu32 ",\"detail\":", finding->at.line,
                      finding->at.column);
        bm_json_text(&line, finding->detail);
    } else {
        bm_buf_text(&tree, "+STR\n +DOC\n");
        add_node(&tree, 2, bm_yaml_root(yaml));
        bm_buf_text(&tree, " -DOC\n-STR\n");
        bm_buf_text(&line, "{\"tree\":");
        bm_json_text(&line, bm_buf_c_text(&tree));
        bm_yaml_free(yaml);
    }
    bm_buf_text(&line, "}");
    puts(bm_buf_c_text(&line));
    bm_buf_free(&line);
    bm_buf_free(&tree);
}

int main(void) {
    struct bm_buf in = bm_buf_make(64 * 1024 * 1024);
    struct bm_fault fault = {0};
    json_t *object;
    char piece[65536];
    size_t got;
    while ((got = fread(piece, 1, sizeof piece, stdin)) > 0) bm_buf_add(&in, piece, got);
    if (bm_json_parse(in.bytes, in.len, &object, &fault)) {
        fprintf(stderr, "yaml_tree: %s\n", fault.detail);
        return 2;
    }
    const json_t *cases = json_object_get(object, "cases");
    for (size_t i = 0; i < json_array_size(cases); i++) {
        const json_t *text = json_array_get(cases, i);
        answer(json_string_value(text), json_string_length(text));
    }
    json_decref(object);
    bm_buf_free(&in);
    return 0;
}
