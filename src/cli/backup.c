/* bellman backup | restore: whole copies of record and vault, verified before they are called good.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/own_tables.h"
#include "base/buf.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "cli/backup.h"
#include "cli/cli.h"
#include "import/output.h"
#include "journal/format.h"
#include "journal/journal.h"
#include "outbox/outbox.h"
#include "vault/vault.h"

/* Makes `dir`, or takes it when it is empty. */
static enum bm_code make_empty(const char *dir, struct bm_fault *fault) {
    if (mkdir(dir, 0700) == 0) return BM_OK;
    if (errno != EEXIST) return bm_fault_set(fault, BM_IO, "dir", "%.200s cannot be made: %s", dir, strerror(errno));
    DIR *folder = opendir(dir);
    if (!folder) return bm_fault_set(fault, BM_IO, "dir", "%.200s cannot be read: %s", dir, strerror(errno));
    int entries = 0;
    while (readdir(folder)) entries++;
    closedir(folder);
    return entries > 2 ? bm_fault_set(fault, BM_EXISTS, "dir", "%.200s is not empty; name a new folder", dir) : BM_OK;
}

enum bm_code bm_copy_verify(const char *dir, struct bm_head *ret_head, struct bm_fault *fault) {
    struct bm_verify found;
    struct bm_fault why = {0};
    struct bm_head none = {0};
    memset(&found, 0, sizeof found);
    enum bm_code code = bm_journal_verify(dir, &none, &found, &why);
    if (code)
        return bm_fault_set(fault, code, "journal", "the record in %.160s does not verify: %.140s", dir,
                            found.problem_count ? found.problems[0].text : why.detail);
    *ret_head = found.head;
    return BM_OK;
}

static enum bm_code copy_record(const char *from, const char *to, struct bm_fault *fault) {
    char path[600];
    struct bm_reader *reader;
    struct bm_vault *vault;
    snprintf(path, sizeof path, "%s/journal.db", to);
    /* The vault last: every key that the copied record names is in it (keys are synced before they
     * are used). */
    enum bm_code code = bm_reader_open_dir(from, &reader, fault);
    if (code) return code;
    code = BM_FAILS(copy_journal_full) ? bm_fault_set(fault, BM_NO_SPACE, NULL, "Copying the journal: the disk is full.")
                                       : bm_reader_backup(reader, path, fault);
    if (!code) BM_STEP_DONE(copy_journal_written);
    bm_reader_close(reader);
    if (code) return code;
    code = bm_vault_open_to_copy(from, &vault, fault);
    if (code) return code;
    code = BM_FAILS(copy_vault_full) ? bm_fault_set(fault, BM_NO_SPACE, NULL, "Copying the vault: the disk is full.") : bm_vault_backup(vault, to, fault);
    if (!code) BM_STEP_DONE(copy_vault_written);
    bm_vault_close(vault);
    return code;
}

/* The signed head goes along: it tells a restore whether its tail is whole. */
static enum bm_code copy_checkpoint(const char *from, const char *to, struct bm_fault *fault) {
    char source[600], target[600], line[2048];
    snprintf(source, sizeof source, "%s/head.checkpoint", from);
    snprintf(target, sizeof target, "%s/head.checkpoint", to);
    FILE *in = fopen(source, "r");
    if (!in && errno == ENOENT) return BM_OK; /* a desk that was never stopped nor ran for a minute */
    size_t len = in ? fread(line, 1, sizeof line, in) : 0;
    bool read = in && !ferror(in) && len > 0;
    if (in) fclose(in);
    if (!read) return bm_fault_set(fault, BM_IO, NULL, "%s cannot be read whole.", source);
    return bm_output_write(target, line, len, fault);
}

/* The tables that a desk brings along beside its record (api/own_tables.h); one that is not there is none. */
static enum bm_code copy_tables(const char *from, const char *to, struct bm_fault *fault) {
    enum bm_code code = BM_OK;
    for (int t = 0; t < BM_OWN_TABLES && !code; t++) {
        char source[600], target[600], piece[65536];
        struct bm_buf bytes = bm_buf_make(8u * BM_IMPORT_FILE_MAX);
        size_t got;
        snprintf(source, sizeof source, "%s/%s", from, bm_own_table_files[t]);
        snprintf(target, sizeof target, "%s/%s", to, bm_own_table_files[t]);
        FILE *in = fopen(source, "rb");
        if (!in && errno == ENOENT) continue;
        while (in && (got = fread(piece, 1, sizeof piece, in)) > 0) bm_buf_add(&bytes, piece, got);
        if (!in || ferror(in) || bytes.overflow) code = bm_fault_set(fault, BM_IO, NULL, "%s cannot be read whole.", source);
        if (in) fclose(in);
        if (!code) code = bm_output_write(target, bytes.bytes, bytes.len, fault);
        bm_buf_free(&bytes);
    }
    return code;
}

/* Who wrote it and in which format; without the place of a backup, which is the original's. */
static enum bm_code copy_format(const char *from, const char *to, struct bm_fault *fault) {
    struct bm_format format;
    enum bm_code code = bm_format_read(from, &format, fault);
    if (code) return code == BM_NOT_FOUND ? BM_OK : code;
    if (format.number > BM_DATA_FORMAT)
        return bm_fault_set(fault, BM_BAD_FORMAT, "format", "the data in %.160s has format %u, of Bellman %s; this program knows formats up to %d: use that one",
                            from, format.number, format.version, BM_DATA_FORMAT);
    format.backup[0] = 0;
    return bm_format_write(to, &format, fault);
}

/* A record that can be copied is copied, whatever became of the outbox: without it a desk on the copy begins to tell others at its
 * record's end, and that is said. */
static enum bm_code without_outbox(const char *to, enum bm_code code, struct bm_fault *fault) {
    char path[600];
    if (!code || code == BM_NO_SPACE) return code;
    snprintf(path, sizeof path, "%s/outbox.db", to);
    if (unlink(path) != 0 && errno != ENOENT) return bm_fault_set(fault, BM_IO, "outbox", "%.200s cannot be removed: %s", path, strerror(errno));
    bm_log(BM_LOG_WARNING, "copied_without_outbox", "reason=\"%s\" mend=\"what was to be sent to others is not in the copy\"", fault->detail);
    return BM_OK;
}

static enum bm_code hold_outbox(const char *to, uint64_t head, struct bm_fault *fault) {
    uint64_t held = 0;
    enum bm_code code = bm_outbox_hold(to, head, &held, fault);
    if (!code && held) bm_log(BM_LOG_INFO, "deliveries_held", "count=%" PRIu64 " mend=\"a desk on this copy does not send them by itself; see its page Alerts out\"", held);
    return without_outbox(to, code, fault);
}

enum bm_code bm_copy_folder(const char *from, const char *to, struct bm_head *ret_head, struct bm_fault *fault) {
    bool has_outbox = false;
    enum bm_code code = make_empty(to, fault);
    if (!code) BM_STEP_DONE(copy_begun);
    if (!code) code = copy_format(from, to, fault);
    if (!code) BM_STEP_DONE(copy_format_written);
    if (!code) code = copy_checkpoint(from, to, fault); /* before the record: what it signs is in the copy */
    if (!code) BM_STEP_DONE(copy_checkpoint_written);
    if (!code) code = copy_tables(from, to, fault);
    if (!code) BM_STEP_DONE(copy_tables_written);
    if (!code) code = without_outbox(to, bm_outbox_copy(from, to, &has_outbox, fault), fault); /* before the record, which must know its events */
    if (!code) BM_STEP_DONE(copy_outbox_written);
    if (!code) code = copy_record(from, to, fault);
    if (!code) code = bm_copy_verify(to, ret_head, fault);
    if (!code) BM_STEP_DONE(copy_verified);
    if (!code && has_outbox) code = hold_outbox(to, ret_head->seq, fault);
    if (!code) BM_STEP_DONE(copy_outbox_held);
    return code;
}

static int copy(const char *from, const char *to) {
    struct bm_fault fault = {0};
    struct bm_head head;
    if (bm_copy_folder(from, to, &head, &fault)) return bm_cli_fail(1, "%s", fault.detail);
    printf("%" PRIu64 " events copied and verified\n", head.seq);
    return 0;
}

int bm_cli_backup(int argc, char **argv) {
    if (argc != 2) return bm_cli_fail(2, "usage: bellman backup DIR OUT");
    int wrong = copy(argv[0], argv[1]);
    if (wrong) return wrong;
    printf("%s holds the sealing keys too: keep it as safe as the desk itself, and know that what "
           "is erased from "
           "the desk can be opened from this copy until the copy is destroyed\n",
           argv[1]);
    return 0;
}

int bm_cli_restore(int argc, char **argv) {
    if (argc != 2) return bm_cli_fail(2, "usage: bellman restore BACKUP DIR");
    int wrong = copy(argv[0], argv[1]);
    if (wrong) return wrong;
    printf("restored; start it with: bellman serve --data %s\n", argv[1]);
    return 0;
}
