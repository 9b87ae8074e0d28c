/* bellman journal verify | rebuild. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "journal/journal.h"
#include "vault/vault.h"

static int verify(const char *dir, const char *checkpoint_path) {
    char own[600];
    struct bm_fault fault = {0};
    struct bm_checkpoint checkpoint = {0};
    snprintf(own, sizeof own, "%s/head.checkpoint", dir);
    const char *path = checkpoint_path ? checkpoint_path : own;
    enum bm_code code = bm_checkpoint_read(path, NULL, &checkpoint, &fault);
    if (code == BM_NOT_FOUND && !checkpoint_path) {
        printf("no signed checkpoint in %s: a cut tail cannot be seen\n", dir);
    } else if (code) {
        return bm_cli_fail(1, "%s: %s", path, fault.detail);
    }
    struct bm_head expected = {checkpoint.seq, checkpoint.hash};
    struct bm_verify found;
    memset(&found, 0, sizeof found);
    code = bm_journal_verify(dir, &expected, &found, &fault);
    if (code && code != BM_CORRUPT) return bm_cli_fail(1, "%s", fault.detail);
    char hash[65];
    bm_hex(found.head.hash.bytes, 32, hash);
    printf("%" PRIu64 " events verified, head %" PRIu64 " %s\n", found.rows, found.head.seq, hash);
    if (!code) {
        puts("the record is sound");
        return 0;
    }
    size_t shown = found.problem_count < 32 ? found.problem_count : 32;
    for (size_t i = 0; i < shown; i++) {
        const struct bm_verify_problem *problem = &found.problems[i];
        if (problem->seq) printf("seq %" PRIu64 ": ", problem->seq);
        if (problem->page) printf("page %" PRIu64 ": ", problem->page);
        puts(problem->text);
    }
    printf("%u problems found. Stop the desk and restore a backup; keep this folder for the "
           "inquiry.\n",
           found.problem_count);
    return 1;
}

static int rebuild(const char *dir, bool check_only) {
    struct bm_fault fault = {0};
    uint64_t rows, differing;
    int lock;
    if (bm_dir_lock(dir, &lock, &fault)) return bm_cli_fail(1, "%s", fault.detail);
    enum bm_code code = bm_journal_rebuild(dir, !check_only, &rows, &differing, &fault);
    bm_dir_unlock(lock);
    if (code) return bm_cli_fail(1, "%s", fault.detail);
    printf("%" PRIu64 " rows compared with the record, %" PRIu64 " differed%s\n", rows, differing,
           differing && !check_only ? " and were made anew" : "");
    return differing && check_only ? 1 : 0;
}

int bm_cli_journal(int argc, char **argv) {
    if (argc >= 2 && strcmp(argv[0], "verify") == 0) {
        if (argc == 2) return verify(argv[1], NULL);
        if (argc == 4 && strcmp(argv[2], "--checkpoint") == 0) return verify(argv[1], argv[3]);
    }
    if (argc >= 2 && strcmp(argv[0], "rebuild") == 0) {
        if (argc == 2) return rebuild(argv[1], false);
        if (argc == 3 && strcmp(argv[2], "--check") == 0) return rebuild(argv[1], true);
    }
    return bm_cli_fail(2, "usage: bellman journal verify DIR [--checkpoint FILE] | bellman journal "
                          "rebuild DIR [--check]");
}
