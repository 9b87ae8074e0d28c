/* Any bytes as a procedure file: refused with findings that have places, or a procedure whose
 * canonical form reads back to the same hash. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/check.h"
#include "procedure/canonical.h"
#include "procedure/check.h"
#include "procedure/procedure.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);
const char *__lsan_default_suppressions(void);

/* libfyaml 0.7.12 itself forgets a few kilobytes when some files are refused; leaks of our own are still told. */
const char *__lsan_default_suppressions(void) {
    return "leak:libfyaml";
}

static void hash_twice(const struct bm_yaml_node *root) {
    struct bm_hash first, second;
    struct bm_findings findings = {.count = 0};
    struct bm_yaml *again;
    struct bm_buf buf = bm_buf_make(BM_YAML_BYTES_MAX);
    if (bm_canonical_hash(root, &first, NULL)) return;
    bm_canonical_write(root, &buf);
    BM_CHECK(!buf.overflow);
    BM_CHECK(bm_yaml_read(buf.bytes, buf.len, &findings, &again) == BM_OK);
    BM_CHECK(bm_canonical_hash(bm_yaml_root(again), &second, NULL) == BM_OK);
    BM_CHECK(memcmp(first.bytes, second.bytes, BM_HASH_BYTES) == 0);
    bm_yaml_free(again);
    bm_buf_free(&buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    struct bm_findings findings = {.count = 0};
    struct bm_yaml *yaml;
    struct bm_procedure *procedure;
    if (bm_yaml_read(bytes, len, &findings, &yaml)) return 0;
    hash_twice(bm_yaml_root(yaml));
    if (bm_procedure_of(bm_yaml_root(yaml), &findings, &procedure)) {
        BM_CHECK(findings.errors > 0 && findings.count > 0);
        for (size_t i = 0; i < findings.count; i++)
            BM_CHECK(findings.items[i].at.line >= 1 && findings.items[i].detail[0]);
    } else {
        struct bm_check_result result;
        BM_CHECK(findings.errors == 0);
        bm_check_procedure(procedure, NULL, &findings, &result);
        BM_CHECK(result.covered_rows <= result.rows);
        BM_CHECK(findings.errors || (result.first.bounded && result.reopened.bounded));
        bm_procedure_free(procedure);
    }
    bm_yaml_free(yaml);
    return 0;
}
