/* bellman rollback: back to the backup that the last upgrade made.  What was written since stays, in a folder beside it.
 *
 *   verify backup and record -> copy of the backup as DIR.after-SEQ (verified, renamed when whole) -> events since as lines in DIR
 *   -> keys of what was erased since are destroyed in the copy -> DIR and DIR.after-SEQ exchange their names in one step */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/failpoint.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/json.h"
#include "cli/backup.h"
#include "cli/cli.h"
#include "cli/folder.h"
#include "core/core.h"
#include "vault/vault.h"

enum { LINE_MAX_BYTES = 256 * 1024 * 1024 };

struct rollback {
    char dir[BM_FORMAT_PATH_TEXT], backup[BM_FORMAT_PATH_TEXT];
    char after[BM_FORMAT_PATH_TEXT + 40]; /* where the present folder goes */
    struct bm_format_record now, then;
};

/* --- what there is -------------------------------------------------------------------------------- */

static bool take_hash(void *context, const struct bm_row *row) {
    *(struct bm_head *)context = (struct bm_head){row->seq, row->hash};
    return false;
}

/* Whether the backup's last event stands in the present record: else it is no backup of it. */
static enum bm_code check_ancestor(const struct rollback *rollback, struct bm_fault *fault) {
    struct bm_reader *reader;
    struct bm_head found = {0};
    uint64_t seq = rollback->then.head.seq;
    if (rollback->then.ledger == rollback->now.ledger && seq <= rollback->now.head.seq) {
        if (seq == 0) return BM_OK;
        enum bm_code code = bm_reader_open_dir(rollback->dir, &reader, fault);
        if (code) return code;
        code = bm_reader_follow(reader, seq - 1, take_hash, &found, fault);
        bm_reader_close(reader);
        if (code) return code;
        if (found.seq == seq && memcmp(found.hash.bytes, rollback->then.head.hash.bytes, BM_HASH_BYTES) == 0) return BM_OK;
    }
    return bm_fault_set(fault, BM_CONFLICT, "backup", "%.200s is no backup of this record; name the right one with --backup FOLDER",
                        rollback->backup);
}

static enum bm_code look(struct rollback *rollback, const char *dir, const char *backup, struct bm_fault *fault) {
    struct bm_format statement = {0};
    enum bm_code code = bm_folder_absolute(dir, rollback->dir, fault);
    if (!code && !backup) {
        code = bm_format_read(dir, &statement, fault);
        backup = statement.backup;
        if (code == BM_NOT_FOUND || (!code && !backup[0]))
            return bm_fault_set(fault, BM_NOT_FOUND, "backup",
                                "%.200s was not upgraded, or does not know where its backup lies; name it with --backup FOLDER", dir);
    }
    if (!code) code = bm_folder_absolute(backup, rollback->backup, fault);
    if (!code) code = bm_format_of_record(rollback->dir, &rollback->now, fault);
    if (!code) code = bm_format_of_record(rollback->backup, &rollback->then, fault);
    if (!code && !rollback->now.tables_fit)
        code = bm_fault_set(fault, BM_BAD_FORMAT, "dir", "%.200s was not written by this version (" BM_VERSION
                            "): go back with the version that did", dir);
    if (!code) code = check_ancestor(rollback, fault);
    if (code) return code;
    snprintf(rollback->after, sizeof rollback->after, "%s.after-%" PRIu64, rollback->dir, rollback->now.head.seq);
    return BM_OK;
}

/* --- what was written since ----------------------------------------------------------------------- */

struct lines {
    FILE *file;
    uint64_t count;
    bool failed;
};

static void put_hex(struct bm_buf *line, const char *name, const uint8_t *bytes, size_t len) {
    static const char digits[] = "0123456789abcdef";
    bm_buf_printf(line, ",\"%s\":", name);
    if (!bytes) {
        bm_buf_text(line, "null");
        return;
    }
    bm_buf_byte(line, '"');
    for (size_t i = 0; i < len; i++) {
        bm_buf_byte(line, (uint8_t)digits[bytes[i] >> 4]);
        bm_buf_byte(line, (uint8_t)digits[bytes[i] & 15]);
    }
    bm_buf_byte(line, '"');
}

/* All columns of a row; what is sealed stays sealed. */
static bool write_line(void *context, const struct bm_row *row) {
    struct lines *lines = context;
    struct bm_buf line = bm_buf_make(LINE_MAX_BYTES);
    bm_buf_printf(&line, "{\"seq\":%" PRIu64 ",\"at_ms\":%" PRId64 ",\"kind\":", row->seq, row->at_ms);
    bm_json_text(&line, row->kind);
    bm_buf_printf(&line, ",\"kind_version\":%u,\"subject\":", row->kind_version);
    bm_json_text(&line, row->subject);
    bm_buf_text(&line, ",\"actor\":");
    bm_json_text(&line, row->actor);
    bm_buf_text(&line, ",\"body\":");
    bm_buf_add(&line, row->body, row->body_len);
    put_hex(&line, "request", row->request, BM_REQUEST_BYTES);
    bm_buf_printf(&line, ",\"format\":%u,\"ledger\":\"%" PRIu64 "\",\"epoch\":%" PRIu64 ",\"key_id\":%" PRIu64, row->format, row->ledger,
                  row->epoch, row->key_id);
    put_hex(&line, "nonce", row->nonce, BM_NONCE_BYTES);
    put_hex(&line, "sealed", row->sealed, row->sealed_len);
    put_hex(&line, "hash", row->hash.bytes, BM_HASH_BYTES);
    bm_buf_text(&line, "}\n");
    lines->failed = line.overflow || fwrite(line.bytes, 1, line.len, lines->file) != line.len;
    lines->count++;
    bm_buf_free(&line);
    return !lines->failed;
}

/* DIR/since.jsonl: the events that going back leaves out. */
static enum bm_code write_since(const struct rollback *rollback, struct bm_fault *fault) {
    char path[BM_FORMAT_PATH_TEXT + 20];
    struct bm_reader *reader;
    struct lines lines = {0};
    snprintf(path, sizeof path, "%s/since.jsonl", rollback->dir);
    enum bm_code code = bm_reader_open_dir(rollback->dir, &reader, fault);
    if (code) return code;
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    lines.file = fd >= 0 ? fdopen(fd, "w") : NULL;
    lines.failed = !lines.file;
    if (lines.file) code = bm_reader_follow(reader, rollback->then.head.seq, write_line, &lines, fault);
    bm_reader_close(reader);
    if (lines.file) {
        lines.failed |= fflush(lines.file) != 0 || fsync(fd) != 0;
        lines.failed |= fclose(lines.file) != 0;
    }
    if (!code && lines.failed) code = bm_fault_set(fault, BM_IO, "dir", "%.200s: %s", path, strerror(errno));
    return code;
}

/* --- what was erased since ------------------------------------------------------------------------ */

struct erased {
    uint64_t *keys;
    size_t count, cap, records;
    const struct bm_field *narrative, *identity, *at;
    enum bm_table_kind notes; /* of notes: the table */
};

static void make_room(struct erased *erased) {
    if (erased->count + 2 <= erased->cap) return;
    erased->cap = erased->cap ? erased->cap * 2 : 64;
    erased->keys = bm_realloc(erased->keys, erased->cap * sizeof *erased->keys);
}

static bool take_erased_note(void *context, const void *record) {
    struct erased *erased = context;
    struct bm_key_id key = bm_note_erased(erased->notes, record);
    if (!key.v) return true;
    make_room(erased);
    erased->keys[erased->count++] = key.v;
    erased->records++;
    return true;
}

static bool take_erased(void *context, const void *record) {
    struct erased *erased = context;
    if (*(const int64_t *)bm_field_of(erased->at, record) == BM_AT_NONE) return true;
    make_room(erased);
    erased->keys[erased->count++] = *(const uint64_t *)bm_field_of(erased->narrative, record);
    erased->keys[erased->count++] = *(const uint64_t *)bm_field_of(erased->identity, record);
    erased->records++;
    return true;
}

/* A backup holds the keys of its day: going back to it must not bring back what was erased. */
static enum bm_code keep_erased(const struct rollback *rollback, struct bm_fault *fault) {
    static const enum bm_table_kind tables[] = {BM_T_CASE, BM_T_CONTACT, BM_T_STUB};
    struct erased erased = {0};
    struct bm_reader *reader;
    struct bm_vault *vault;
    enum bm_code code = bm_reader_open_dir(rollback->dir, &reader, fault);
    if (code) return code;
    for (size_t t = 0; t < 3 && !code; t++) {
        const struct bm_shape *shape = bm_table_shape(tables[t]);
        struct bm_query query = {.table = tables[t]};
        erased.narrative = bm_shape_find(shape, "narrative_key");
        erased.identity = bm_shape_find(shape, "identity_key");
        erased.at = bm_shape_find(shape, "erased_at_ms");
        code = bm_reader_records(reader, &query, take_erased, &erased, fault);
    }
    static const enum bm_table_kind notes[] = {BM_T_DURESS, BM_T_HANDOVER};
    for (size_t t = 0; t < 2 && !code; t++) {
        struct bm_query query = {.table = erased.notes = notes[t]};
        code = bm_reader_records(reader, &query, take_erased_note, &erased, fault);
    }
    bm_reader_close(reader);
    if (!code && erased.count) {
        code = bm_vault_open(rollback->after, &vault, fault);
        if (!code) {
            code = bm_vault_destroy_keys(vault, erased.keys, erased.count, fault);
            bm_vault_close(vault);
        }
    }
    bm_free(erased.keys);
    return code;
}

/* --- going back ----------------------------------------------------------------------------------- */

/* The copy that is to take DIR's place, under the name that DIR is to have. */
static enum bm_code make_copy(const struct rollback *rollback, struct bm_fault *fault) {
    char partial[BM_FORMAT_PATH_TEXT + 60];
    struct bm_format_record there;
    struct bm_head head;
    snprintf(partial, sizeof partial, "%s.partial", rollback->after);
    enum bm_code code = bm_format_of_record(rollback->after, &there, fault);
    if (code == BM_OK && there.head.seq == rollback->then.head.seq && there.number == rollback->then.number)
        return bm_copy_verify(rollback->after, &head, fault); /* of a rollback that was cut off */
    if (code != BM_NOT_FOUND)
        return code ? code : bm_fault_set(fault, BM_EXISTS, "dir", "%.200s is there already; move it away", rollback->after);
    code = bm_folder_remove_copy(partial, fault);
    if (!code) code = bm_copy_folder(rollback->backup, partial, &head, fault);
    if (!code) code = bm_folder_rename(partial, rollback->after, fault);
    return code;
}

static enum bm_code go_back(const struct rollback *rollback, struct bm_fault *fault) {
    struct bm_head head;
    enum bm_code code = bm_copy_verify(rollback->backup, &head, fault);
    if (!code) code = make_copy(rollback, fault);
    if (!code) BM_STEP_DONE(back_copied);
    if (!code) code = write_since(rollback, fault);
    if (!code) BM_STEP_DONE(back_since_written);
    if (!code) code = keep_erased(rollback, fault);
    if (!code) BM_STEP_DONE(back_erased_kept);
    if (!code) code = bm_folder_exchange(rollback->dir, rollback->after, fault);
    if (!code) BM_STEP_DONE(back_exchanged);
    return code;
}

static void tell(const struct rollback *rollback) {
    printf("back to %s: format %u, event %" PRIu64 "\n", rollback->backup, rollback->then.number, rollback->then.head.seq);
    printf("%" PRIu64 " events were written since and are not in it. They stay in %s, whole and as lines in since.jsonl; nothing enters "
           "them again by itself\n",
           rollback->now.head.seq - rollback->then.head.seq, rollback->after);
}

int bm_cli_rollback(int argc, char **argv) {
    const char *dir = NULL, *backup = NULL;
    bool check = false;
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--check") == 0)
            check = true;
        else if (strcmp(argv[i], "--backup") == 0 && i + 1 < argc)
            backup = argv[++i];
        else if (argv[i][0] != '-' && !dir)
            dir = argv[i];
        else
            return bm_cli_fail(2, "usage: bellman rollback DIR [--check] [--backup FOLDER]");
    }
    if (!dir) return bm_cli_fail(2, "usage: bellman rollback DIR [--check] [--backup FOLDER]");
    struct bm_fault fault = {0};
    struct rollback rollback = {0};
    int lock;
    if (bm_dir_lock(dir, &lock, &fault)) return bm_cli_fail(1, "%s", fault.detail);
    enum bm_code code = look(&rollback, dir, backup, &fault);
    if (!code && !check) code = go_back(&rollback, &fault);
    bm_dir_unlock(lock);
    if (code) return bm_cli_fail(1, "%s", fault.detail);
    tell(&rollback);
    if (check) return puts("(--check: nothing was done)"), 0;
    puts("Start it with the version that wrote the backup. A checkpoint file that was kept elsewhere (--checkpoint FILE) signs what you "
         "have gone back from: move it away first. What was erased since stays unreadable; erase it again, so that the record says so.");
    return 0;
}
