#include "cli/upgrade.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/backup.h"
#include "cli/cli.h"
#include "cli/folder.h"

/* What small files and the journal's own growth may take beside the copies. */
#define MARGIN_BYTES (UINT64_C(4) << 20)
enum { BACKUP_NAMES_MAX = 9 };

/* --- looking ------------------------------------------------------------------------------------ */

static enum bm_code refuse_newer(uint32_t number, const char *version, struct bm_fault *fault) {
    return bm_fault_set(fault, BM_BAD_FORMAT, "format",
                        "the data has format %u, written by Bellman %s; this is " BM_VERSION " and knows formats up to %d. Start that "
                        "version or a later one; to go back to this one, run that version's `bellman rollback`",
                        number, version[0] ? version : "(unknown)", BM_DATA_FORMAT);
}

/* Whether `path` holds a whole backup of this very record. */
static bool is_backup_of(const char *path, const struct bm_format_record *record) {
    struct bm_format_record found;
    struct bm_head head;
    struct bm_fault fault;
    if (bm_format_of_record(path, &found, &fault) || found.ledger != record->ledger || found.number != record->number ||
        found.head.seq != record->head.seq || memcmp(found.head.hash.bytes, record->head.hash.bytes, BM_HASH_BYTES) != 0)
        return false;
    return bm_copy_verify(path, &head, &fault) == BM_OK;
}

/* DIR.before-FORMAT-SEQ, or the same below `backups`; with a number behind it where another backup has that name. */
static enum bm_code name_backup(const char *dir, const char *backups, struct bm_upgrade *upgrade, struct bm_fault *fault) {
    char whole[BM_FORMAT_PATH_TEXT];
    enum bm_code code = bm_folder_absolute(dir, whole, fault);
    if (code) return code;
    const char *name = strrchr(whole, '/') + 1;
    for (int i = 1; i <= BACKUP_NAMES_MAX; i++) {
        char again[8] = "";
        if (i > 1) snprintf(again, sizeof again, ".%d", i);
        int len = snprintf(upgrade->backup, sizeof upgrade->backup, "%s%s%s.before-%d-%" PRIu64 "%s", backups ? backups : "",
                           backups ? "/" : "", backups ? name : whole, BM_DATA_FORMAT, upgrade->record.head.seq, again);
        if (len < 0 || (size_t)len >= sizeof upgrade->backup)
            return bm_fault_set(fault, BM_TOO_LONG, "backups", "the name of the backup's folder is too long");
        if (access(upgrade->backup, F_OK) != 0) return BM_OK;
        upgrade->backup_there = is_backup_of(upgrade->backup, &upgrade->record);
        if (upgrade->backup_there) return BM_OK;
    }
    return bm_fault_set(fault, BM_EXISTS, "backups", "%.200s and its like are all taken; move old backups away", upgrade->backup);
}

enum bm_code bm_upgrade_look(const char *dir, const char *backups, struct bm_upgrade *ret_upgrade, struct bm_fault *fault) {
    struct bm_upgrade upgrade = {0};
    enum bm_code code = bm_format_read(dir, &upgrade.statement, fault);
    if (code == BM_NOT_FOUND || code == BM_CORRUPT) {
        if (code == BM_CORRUPT) bm_log(BM_LOG_WARNING, "format_unreadable", "reason=\"%s\"", fault->detail);
        code = BM_OK; /* the record knows it too */
    }
    if (code) return code;
    if (upgrade.statement.number > BM_DATA_FORMAT) return refuse_newer(upgrade.statement.number, upgrade.statement.version, fault);
    code = bm_format_of_record(dir, &upgrade.record, fault);
    upgrade.fresh = code == BM_NOT_FOUND;
    if (code && !upgrade.fresh) return code;
    if (upgrade.record.number > BM_DATA_FORMAT) return refuse_newer(upgrade.record.number, upgrade.statement.version, fault);
    upgrade.needed = !upgrade.fresh && (upgrade.record.number < BM_DATA_FORMAT || !upgrade.record.tables_fit);
    if (upgrade.needed) {
        uint64_t record = bm_folder_bytes(dir, "journal.db") + bm_folder_bytes(dir, "journal.db-wal");
        upgrade.backup_bytes = record + bm_folder_bytes(dir, "vault.db") + MARGIN_BYTES;
        upgrade.data_bytes = record + MARGIN_BYTES; /* the tables go through the write-ahead log */
        code = name_backup(dir, backups, &upgrade, fault);
        if (code) return code;
    }
    *ret_upgrade = upgrade;
    return BM_OK;
}

/* The bytes that are free where `path` lies, or will lie; and which file system that is. */
static enum bm_code look_at_room(const char *path, bool parent, uint64_t *ret_free, dev_t *ret_device, struct bm_fault *fault) {
    char folder[BM_FORMAT_PATH_TEXT];
    struct statvfs room;
    struct stat found;
    snprintf(folder, sizeof folder, "%s", path);
    char *slash = strrchr(folder, '/');
    if (parent && slash) *slash = 0;
    if (statvfs(folder[0] ? folder : "/", &room) != 0 || stat(folder[0] ? folder : "/", &found) != 0)
        return bm_fault_set(fault, BM_IO, "backups", "%.200s: %s", folder, strerror(errno));
    *ret_free = (uint64_t)room.f_bavail * room.f_frsize;
    *ret_device = found.st_dev;
    return BM_OK;
}

static enum bm_code need_room(const char *where, uint64_t wanted, uint64_t room, struct bm_fault *fault) {
    if (room >= wanted) return BM_OK;
    return bm_fault_set(fault, BM_NO_SPACE, "backups",
                        "the upgrade needs %" PRIu64 " bytes in %.120s, and %" PRIu64 " are free; nothing was changed. Make room, or put the "
                        "backup elsewhere with --backups FOLDER",
                        wanted, where, room);
}

enum bm_code bm_upgrade_check_space(const char *dir, const struct bm_upgrade *upgrade, struct bm_fault *fault) {
    uint64_t backup_free = 0, data_free = 0, backup_bytes = upgrade->backup_there ? 0 : upgrade->backup_bytes;
    dev_t backup_device = 0, data_device = 0;
    enum bm_code code = look_at_room(upgrade->backup, true, &backup_free, &backup_device, fault);
    if (!code) code = look_at_room(dir, false, &data_free, &data_device, fault);
    if (code) return code;
    if (backup_device == data_device) return need_room(dir, backup_bytes + upgrade->data_bytes, data_free, fault);
    code = need_room(upgrade->backup, backup_bytes, backup_free, fault);
    return code ? code : need_room(dir, upgrade->data_bytes, data_free, fault);
}

/* --- doing -------------------------------------------------------------------------------------- */

/* The backup has its name only when it is whole. */
static enum bm_code make_backup(const char *dir, const struct bm_upgrade *upgrade, struct bm_fault *fault) {
    char partial[BM_FORMAT_PATH_TEXT + 16];
    struct bm_head head;
    snprintf(partial, sizeof partial, "%s.partial", upgrade->backup);
    enum bm_code code = bm_folder_remove_copy(partial, fault); /* of an upgrade that was cut off */
    if (!code) code = bm_copy_folder(dir, partial, &head, fault);
    if (!code && (head.seq != upgrade->record.head.seq ||
                  memcmp(head.hash.bytes, upgrade->record.head.hash.bytes, BM_HASH_BYTES) != 0))
        code = bm_fault_set(fault, BM_CORRUPT, "backups", "the copy ends at event %" PRIu64 " and the record at %" PRIu64, head.seq,
                            upgrade->record.head.seq);
    if (!code) code = bm_folder_rename(partial, upgrade->backup, fault);
    return code;
}

/* Says in DIR/format what is there. */
static enum bm_code state(const char *dir, uint32_t number, const char *version, const char *backup, struct bm_fault *fault) {
    struct bm_format format = {.number = number};
    snprintf(format.version, sizeof format.version, "%s", version);
    snprintf(format.backup, sizeof format.backup, "%s", backup);
    return bm_format_write(dir, &format, fault);
}

static enum bm_code upgrade_record(const char *dir, const struct bm_upgrade *upgrade, struct bm_fault *fault) {
    struct bm_head head;
    uint64_t rows = 0, differing = 0;
    const char *former = upgrade->statement.number ? upgrade->statement.version : "before 0.2";
    bm_log(BM_LOG_INFO, "upgrade_begins", "from=%u to=%d events=%" PRIu64 " backup=\"%s\"", upgrade->record.number, BM_DATA_FORMAT,
           upgrade->record.head.seq, upgrade->backup);
    enum bm_code code = bm_upgrade_check_space(dir, upgrade, fault);
    if (!code) code = bm_copy_verify(dir, &head, fault); /* also what of the write-ahead log SQLite would drop */
    if (!code && !upgrade->backup_there) code = make_backup(dir, upgrade, fault);
    if (!code) code = state(dir, upgrade->record.number, former, upgrade->backup, fault);
    if (code) return code;
    bm_log(BM_LOG_INFO, "upgrade_backed_up", "backup=\"%s\"", upgrade->backup);
    code = bm_journal_rebuild(dir, true, &rows, &differing, fault);
    if (!code) code = state(dir, BM_DATA_FORMAT, BM_VERSION, upgrade->backup, fault);
    if (!code) bm_log(BM_LOG_INFO, "upgraded", "format=%d version=" BM_VERSION " rows=%" PRIu64, BM_DATA_FORMAT, rows);
    return code;
}

enum bm_code bm_upgrade_run(const char *dir, const char *backups, struct bm_fault *fault) {
    struct bm_upgrade upgrade;
    enum bm_code code = bm_upgrade_look(dir, backups, &upgrade, fault);
    if (code) return code;
    if (upgrade.needed) return upgrade_record(dir, &upgrade, fault);
    bool said = upgrade.statement.number == BM_DATA_FORMAT && strcmp(upgrade.statement.version, BM_VERSION) == 0;
    /* Only the version changes, for people to read: a full disk must not keep a desk from starting. */
    if (!said && state(dir, BM_DATA_FORMAT, BM_VERSION, upgrade.statement.backup, fault))
        bm_log(BM_LOG_WARNING, "format_not_written", "reason=\"%s\"", fault->detail);
    return BM_OK;
}

/* --- the subcommand ------------------------------------------------------------------------------- */

static int tell(const char *dir, const struct bm_upgrade *upgrade) {
    struct bm_fault fault = {0};
    if (upgrade->fresh) return puts("there is no record yet: nothing to do"), 0;
    if (!upgrade->needed) {
        printf("format %u, as this program (" BM_VERSION ") writes it: nothing to do\n", upgrade->record.number);
        return 0;
    }
    printf("format %u, written by %s, %" PRIu64 " events; this program is " BM_VERSION " and writes format %d\n", upgrade->record.number,
           upgrade->statement.number ? upgrade->statement.version : "a version before 0.2", upgrade->record.head.seq, BM_DATA_FORMAT);
    if (upgrade->backup_there)
        printf("1. the backup is there already, of an upgrade that was cut off: %s\n", upgrade->backup);
    else
        printf("1. copies the folder to %s and verifies the copy: %" PRIu64 " bytes\n", upgrade->backup, upgrade->backup_bytes);
    printf("2. makes all tables anew from the record, and states format %d with them, in one transaction: up to %" PRIu64 " bytes\n",
           BM_DATA_FORMAT, upgrade->data_bytes);
    printf("3. says so in %s/format\n", dir);
    if (bm_upgrade_check_space(dir, upgrade, &fault)) return bm_cli_fail(1, "%s", fault.detail);
    return 0;
}

int bm_cli_upgrade(int argc, char **argv) {
    const char *dir = NULL, *backups = NULL;
    bool check = false;
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--check") == 0)
            check = true;
        else if (strcmp(argv[i], "--backups") == 0 && i + 1 < argc)
            backups = argv[++i];
        else if (argv[i][0] != '-' && !dir)
            dir = argv[i];
        else
            return bm_cli_fail(2, "usage: bellman upgrade DIR [--check] [--backups FOLDER]");
    }
    if (!dir) return bm_cli_fail(2, "usage: bellman upgrade DIR [--check] [--backups FOLDER]");
    struct bm_fault fault = {0};
    struct bm_upgrade upgrade;
    int lock;
    if (check) {
        if (bm_upgrade_look(dir, backups, &upgrade, &fault)) return bm_cli_fail(1, "%s", fault.detail);
        return tell(dir, &upgrade);
    }
    if (bm_dir_lock(dir, &lock, &fault)) return bm_cli_fail(1, "%s", fault.detail);
    enum bm_code code = bm_upgrade_run(dir, backups, &fault);
    bm_dir_unlock(lock);
    if (code) return bm_cli_fail(1, "%s", fault.detail);
    printf("%s has format %d and can be started with: bellman serve --data %s\n", dir, BM_DATA_FORMAT, dir);
    return 0;
}
