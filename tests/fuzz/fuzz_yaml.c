/* The strict YAML reader on any bytes: refused with one finding that has a place inside the text,
 * or a tree whose keys are single and whose places stand in order. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/check.h"
#include "procedure/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);
const char *__lsan_default_suppressions(void);

/* libfyaml 0.7.12 itself forgets a few kilobytes when some files are refused; leaks of our own are still told. */
const char *__lsan_default_suppressions(void) {
    return "leak:libfyaml";
}

static uint32_t count_nodes(const struct bm_yaml_node *node, uint32_t depth) {
    uint32_t children = 0, nodes = 1;
    BM_CHECK(node->at.line >= 1 && node->at.column >= 1);
    if (node->kind == BM_YAML_TEXT) {
        BM_CHECK(node->text && !node->first && strlen(node->text) <= BM_YAML_TEXT_BYTES_MAX);
        return nodes;
    }
    BM_CHECK(depth < BM_YAML_DEPTH_MAX);
    for (const struct bm_yaml_node *child = node->first; child; child = child->next, children++) {
        BM_CHECK((child->key != NULL) == (node->kind == BM_YAML_MAP));
        if (child->key) BM_CHECK(child->key[0] && bm_yaml_get(node, child->key) == child);
        if (child->next) BM_CHECK(child->next->at.line >= child->at.line);
        nodes += count_nodes(child, depth + 1);
    }
    BM_CHECK(children == node->count);
    return nodes;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    struct bm_findings findings = {.count = 0};
    struct bm_yaml *yaml;
    if (bm_yaml_read(bytes, len, &findings, &yaml)) {
        BM_CHECK(findings.count == 1 && findings.errors == 1);
        BM_CHECK(findings.items[0].at.line >= 1 && findings.items[0].at.column >= 1);
        BM_CHECK(findings.items[0].detail[0]);
        return 0;
    }
    BM_CHECK(findings.count == 0);
    BM_CHECK(count_nodes(bm_yaml_root(yaml), 0) <= BM_YAML_NODES_MAX);
    bm_yaml_free(yaml);
    return 0;
}
