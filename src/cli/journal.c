/* bellman journal verify | rebuild. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "core/core.h"
#include "journal/format.h"
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
    struct bm_format_record record;
    if (bm_format_of_record(dir, &record, &fault)) return bm_cli_fail(1, "%s", fault.detail);
    if (!check_only && record.number < BM_DATA_FORMAT)
        return bm_cli_fail(1, "the data has format %u; bellman upgrade %s makes a backup and then does this too", record.number, dir);
    if (bm_dir_lock(dir, &lock, &fault)) return bm_cli_fail(1, "%s", fault.detail);
    enum bm_code code = bm_journal_rebuild(dir, !check_only, &rows, &differing, &fault);
    bm_dir_unlock(lock);
    if (code) return bm_cli_fail(1, "%s", fault.detail);
    printf("%" PRIu64 " rows compared with the record, %" PRIu64 " differed%s\n", rows, differing,
           differing && !check_only ? " and were made anew" : "");
    return differing && check_only ? 1 : 0;
}

struct replaying {
    struct bm_core *core;
    uint64_t until;
    enum bm_code code;
    struct bm_fault *fault;
};

static bool replay_row(void *context, const struct bm_row *row) {
    struct replaying *replaying = context;
    struct bm_event event;
    if (row->seq > replaying->until) return false;
    replaying->code = bm_row_event(row, &event, replaying->fault);
    if (replaying->code) return false;
    bm_core_apply(replaying->core, &event);
    bm_event_release(&event);
    if (row->seq % 4096 == 0) bm_core_take_changes(replaying->core, NULL, NULL);
    return true;
}

/* The digest of the state that the record leads to: two folders that agree on it hold the same. */
static int digest(const char *dir, uint64_t until) {
    struct bm_fault fault = {0};
    struct bm_reader *reader;
    struct bm_hash hash;
    char hex[2 * BM_HASH_BYTES + 1];
    struct replaying replaying = {.until = until, .fault = &fault};
    if (bm_reader_open_dir(dir, &reader, &fault)) return bm_cli_fail(1, "%s", fault.detail);
    replaying.core = bm_core_new();
    enum bm_code code = bm_reader_follow(reader, 0, replay_row, &replaying, &fault);
    bm_reader_close(reader);
    bm_core_take_changes(replaying.core, NULL, NULL);
    bm_core_digest(replaying.core, &hash);
    uint64_t seq = bm_core_seq(replaying.core);
    bm_core_free(replaying.core);
    if (code || replaying.code) return bm_cli_fail(1, "%s", fault.detail);
    if (until != UINT64_MAX && seq != until) return bm_cli_fail(1, "the record ends at event %" PRIu64, seq);
    bm_hex(hash.bytes, BM_HASH_BYTES, hex);
    printf("%" PRIu64 " %s\n", seq, hex);
    return 0;
}

int bm_cli_journal(int argc, char **argv) {
    char *end;
    if (argc >= 2 && strcmp(argv[0], "digest") == 0) {
        if (argc == 2) return digest(argv[1], UINT64_MAX);
        uint64_t seq = argc == 4 && strcmp(argv[2], "--at") == 0 ? strtoull(argv[3], &end, 10) : 0;
        if (seq && !*end) return digest(argv[1], seq);
    }
    if (argc >= 2 && strcmp(argv[0], "verify") == 0) {
        if (argc == 2) return verify(argv[1], NULL);
        if (argc == 4 && strcmp(argv[2], "--checkpoint") == 0) return verify(argv[1], argv[3]);
    }
    if (argc >= 2 && strcmp(argv[0], "rebuild") == 0) {
        if (argc == 2) return rebuild(argv[1], false);
        if (argc == 3 && strcmp(argv[2], "--check") == 0) return rebuild(argv[1], true);
    }
    return bm_cli_fail(2, "usage: bellman journal verify DIR [--checkpoint FILE] | bellman journal "
                          "rebuild DIR [--check] | bellman journal digest DIR [--at SEQ]");
}
