/* bellman procedure check FILES: reads procedure files, runs every static check, prints findings
 * and worst cases. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/hash.h"
#include "cli/cli.h"
#include "procedure/canonical.h"
#include "procedure/check.h"

/* A byte more than the reader takes, so that it is the reader who says that a file is too long. */
static bool read_file(const char *path, struct bm_buf *buf) {
    FILE *file = fopen(path, "rb");
    char piece[65536];
    size_t got;
    if (!file) return false;
    while (buf->len <= BM_YAML_BYTES_MAX && (got = fread(piece, 1, sizeof piece, file)) > 0)
        bm_buf_add(buf, piece, got);
    bool good = !ferror(file);
    if (fclose(file) != 0) good = false;
    return good;
}

static void print_worst(const char *what, const struct bm_worst_case *worst) {
    bool first = true;
    if (!worst->bounded) {
        printf("%s: unbounded\n", what);
        return;
    }
    printf("%s: ", what);
    for (int i = 0; i < BM_measure_COUNT; i++) {
        if (!worst->amounts[i]) continue;
        printf("%s%" PRIu64 " %s", first ? "" : " + ", worst->amounts[i], bm_measure_words[i]);
        first = false;
    }
    printf("%s (at most %" PRIu32 " calendar days)\n", first ? "nothing" : "", worst->days);
}

static void print_result(const char *path, const struct bm_procedure *procedure,
                         const struct bm_yaml_node *root, const struct bm_check_result *result) {
    struct bm_hash hash;
    struct bm_fault fault = {.code = BM_OK};
    char hex[2 * BM_HASH_BYTES + 1];
    printf("%s: %s version %" PRIu32 "%s: %" PRIu32 " states, %" PRIu32 " rows, %" PRIu32
           " clocks, %" PRIu32 " configurations\n",
           path, procedure->name, procedure->version, procedure->example ? " (example)" : "",
           procedure->state_count, procedure->row_count, procedure->clock_count,
           result->configurations);
    if (bm_canonical_hash(root, &hash, &fault)) {
        printf("  hash: %s\n", fault.detail);
    } else {
        bm_hex(hash.bytes, BM_HASH_BYTES, hex);
        printf("  hash: %s\n", hex);
    }
    print_worst("  worst case, from first contact to closed", &result->first);
    if (procedure->reopen.by) print_worst("  worst case of reopening", &result->reopened);
    printf("  examples: %" PRIu32 ", taking %" PRIu32 " of %" PRIu32 " rows\n",
           procedure->example_count, result->covered_rows, result->rows);
    for (uint32_t check = 1; check <= BM_CHECK_COUNT; check++)
        if (result->left_out >> check & 1)
            printf("  left out: check %" PRIu32 " (%s)\n", check, bm_check_name(check));
}

/* True when nothing is wrong with it. */
static bool check_file(const char *path) {
    struct bm_buf buf = bm_buf_make(2 * BM_YAML_BYTES_MAX), text = bm_buf_make(64 * 1024);
    struct bm_findings findings = {.count = 0};
    struct bm_yaml *yaml = NULL;
    struct bm_procedure *procedure = NULL;
    struct bm_check_result result;
    if (!read_file(path, &buf)) {
        bm_cli_fail(1, "cannot read %s: %s", path, strerror(errno));
        bm_buf_free(&buf);
        return false;
    }
    if (bm_yaml_read(buf.bytes, buf.len, &findings, &yaml) == BM_OK &&
        bm_procedure_of(bm_yaml_root(yaml), &findings, &procedure) == BM_OK) {
        bm_check_procedure(procedure, NULL, &findings, &result);
        print_result(path, procedure, bm_yaml_root(yaml), &result);
    }
    bm_findings_sort(&findings);
    bm_findings_print(&findings, path, &text);
    fputs(bm_buf_c_text(&text), stdout);
    bm_procedure_free(procedure);
    bm_yaml_free(yaml);
    bm_buf_free(&text);
    bm_buf_free(&buf);
    return findings.errors == 0;
}

int bm_cli_procedure(int argc, char **argv) {
    int refused = 0;
    if (argc < 2 || strcmp(argv[0], "check") != 0)
        return bm_cli_fail(2, "usage: bellman procedure check FILE...");
    for (int i = 1; i < argc; i++)
        if (argv[i][0] == '-')
            return bm_cli_fail(2, "procedure check does not know \"%s\"", argv[i]);
    for (int i = 1; i < argc; i++)
        if (!check_file(argv[i])) refused++;
    if (refused) return bm_cli_fail(1, "%d of %d files may not be published", refused, argc - 1);
    return 0;
}
