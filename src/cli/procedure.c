/* bellman procedure check [--calendars FOLDER] FILES: reads procedure files, runs every static check and, where working
 * calendars are given, plays the examples under a clock that is set by hand; prints findings and worst cases. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/hash.h"
#include "cli/calendars.h"
#include "cli/cli.h"
#include "cli/procedures.h"
#include "procedure/canonical.h"
#include "procedure/check.h"
#include "procedure/rehearsal.h"

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

/* What the checks want to know of calendars. */
static struct bm_check_options options_of(const struct bm_calendars *calendars,
                                          struct bm_check_calendar covers[BM_CALENDARS_MAX]) {
    for (size_t i = 0; i < calendars->count; i++) {
        covers[i].name = bm_calendar_name(calendars->all[i]);
        bm_calendar_cover(calendars->all[i], &covers[i].covers_from, &covers[i].covers_to);
    }
    return (struct bm_check_options){.calendars = covers,
                                     .calendar_count = (uint32_t)calendars->count,
                                     .today = (int32_t)(time(NULL) / 86400)};
}

/* Examples are played when nothing else is wrong: a file that gambles on its states has nothing to show. */
static void check_all(const struct bm_procedure *procedure, const struct bm_calendars *calendars,
                      struct bm_findings *findings, struct bm_check_result *ret_result) {
    struct bm_check_calendar covers[BM_CALENDARS_MAX];
    struct bm_fault fault;
    if (!calendars) {
        bm_check_procedure(procedure, NULL, findings, ret_result);
        return;
    }
    struct bm_check_options options = options_of(calendars, covers);
    bm_check_procedure(procedure, &options, findings, ret_result);
    if (findings->errors) return;
    if (bm_rehearse(procedure, calendars->all, calendars->count, findings, &fault))
        bm_findings_add(findings, 31, (struct bm_mark){0, 0}, fault.field, "%s", fault.detail);
}

bool bm_procedure_file_check(const char *path, const struct bm_calendars *calendars, struct bm_procedure_file *ret_file) {
    struct bm_buf buf = bm_buf_make(2 * BM_YAML_BYTES_MAX);
    struct bm_procedure_file file = {.yaml = NULL};
    if (!read_file(path, &buf)) {
        bm_cli_fail(1, "cannot read %s: %s", path, strerror(errno));
        bm_buf_free(&buf);
        return false;
    }
    if (bm_yaml_read(buf.bytes, buf.len, &file.findings, &file.yaml) == BM_OK &&
        bm_procedure_of(bm_yaml_root(file.yaml), &file.findings, &file.procedure) == BM_OK)
        check_all(file.procedure, calendars, &file.findings, &file.result);
    bm_findings_sort(&file.findings);
    bm_buf_free(&buf);
    *ret_file = file;
    return true;
}

void bm_procedure_file_free(struct bm_procedure_file *file) {
    bm_procedure_free(file->procedure);
    bm_yaml_free(file->yaml);
}

void bm_procedure_file_print(const struct bm_procedure_file *file, const char *path, FILE *to) {
    struct bm_buf text = bm_buf_make(64 * 1024);
    bm_findings_print(&file->findings, path, &text);
    fputs(bm_buf_c_text(&text), to);
    bm_buf_free(&text);
}

/* True when nothing is wrong with it.  `calendars` may be NULL. */
static bool check_file(const char *path, const struct bm_calendars *calendars) {
    struct bm_procedure_file file;
    if (!bm_procedure_file_check(path, calendars, &file)) return false;
    if (file.procedure) {
        print_result(path, file.procedure, bm_yaml_root(file.yaml), &file.result);
        if (!calendars) printf("  left out: examples under a simulated clock (give --calendars FOLDER)\n");
    }
    bm_procedure_file_print(&file, path, stdout);
    bool fine = file.findings.errors == 0;
    bm_procedure_file_free(&file);
    return fine;
}

int bm_cli_procedure(int argc, char **argv) {
    int refused = 0, first = 1;
    struct bm_calendars calendars = {.count = 0};
    if (argc > 0 && strcmp(argv[0], "describe") == 0) return bm_cli_procedure_describe(argc - 1, argv + 1);
    bool has_calendars = argc > 2 && strcmp(argv[1], "--calendars") == 0;
    if (has_calendars) first = 3;
    if (argc <= first || strcmp(argv[0], "check") != 0)
        return bm_cli_fail(2, "usage: bellman procedure check [--calendars FOLDER] FILE...\n"
                              "       bellman procedure describe [--lang zh-Hans|zh-Hant|en] [--calendars FOLDER] FILE");
    for (int i = first; i < argc; i++)
        if (argv[i][0] == '-') return bm_cli_fail(2, "procedure check does not know \"%s\"", argv[i]);
    if (has_calendars && !bm_calendars_load(argv[2], &calendars)) return 1;
    for (int i = first; i < argc; i++)
        if (!check_file(argv[i], has_calendars ? &calendars : NULL)) refused++;
    bm_calendars_free(&calendars);
    if (refused) return bm_cli_fail(1, "%d of %d files may not be published", refused, argc - first);
    return 0;
}
