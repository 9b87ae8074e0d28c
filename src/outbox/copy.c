/* Deliveries in a copy of a data folder.  What waited when the copy was made may have been sent since by the desk that it was
 * made of, and that desk may still run: a desk on the copy sends none of it by itself, and shows all of it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/failpoint.h"
#include "outbox/outbox_private.h"

enum { PATH_BYTES = 4200 };

static enum bm_code path_of(const char *dir, char ret_path[PATH_BYTES], struct bm_fault *fault) {
    int len = snprintf(ret_path, PATH_BYTES, "%s/outbox.db", dir);
    return len > 0 && len < PATH_BYTES ? BM_OK : bm_fault_set(fault, BM_IO, "dir", "The folder's name is too long.");
}

static enum bm_code open_db(const char *path, sqlite3 **ret_db, struct bm_fault *fault) {
    sqlite3 *db = NULL;
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
        enum bm_code code = bm_fault_set(fault, BM_IO, "outbox", "%.200s cannot be opened: %s.", path, db ? sqlite3_errmsg(db) : "no memory");
        sqlite3_close(db);
        return code;
    }
    sqlite3_busy_timeout(db, 5000);
    *ret_db = db;
    return BM_OK;
}

/* In one read transaction: a desk that runs goes on meanwhile. */
static enum bm_code copy_pages(sqlite3 *from, sqlite3 *to, struct bm_fault *fault) {
    enum bm_code code = bm_out_run(to, "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF", "copying it", fault);
    if (code) return code;
    sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");
    if (!backup) return bm_out_fault(to, "copying it", fault);
    bool whole = sqlite3_backup_step(backup, -1) == SQLITE_DONE;
    if (sqlite3_backup_finish(backup) != SQLITE_OK) return bm_out_fault(to, "copying it", fault);
    /* Somebody holds it for longer than is waited: to SQLite no error, and nothing copied. */
    return whole ? BM_OK : bm_fault_set(fault, BM_BUSY, NULL, "outbox.db is held by another program; try again when it has ended.");
}

enum bm_code bm_outbox_copy(const char *from, const char *to, bool *ret_there, struct bm_fault *fault) {
    char source[PATH_BYTES], target[PATH_BYTES];
    sqlite3 *in = NULL, *out = NULL;
    *ret_there = false;
    enum bm_code code = path_of(from, source, fault);
    if (!code) code = path_of(to, target, fault);
    if (code) return code;
    if (access(source, F_OK) != 0 && errno == ENOENT) return BM_OK;
    code = open_db(source, &in, fault);
    if (code) return code;
    int fd = open(target, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) code = bm_fault_set(fault, errno == ENOSPC ? BM_NO_SPACE : BM_IO, "outbox", "%.200s cannot be made.", target);
    if (fd >= 0) close(fd);
    if (!code) code = open_db(target, &out, fault);
    if (!code) code = BM_FAILS(copy_outbox_full) ? bm_fault_set(fault, BM_NO_SPACE, "outbox", "outbox.db, copying it: the disk is full.") : copy_pages(in, out, fault);
    sqlite3_close(out);
    sqlite3_close(in);
    if (code && fd >= 0) unlink(target);
    *ret_there = !code;
    return code;
}

static enum bm_code sync_folder(const char *dir, struct bm_fault *fault) {
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool synced = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0) close(fd);
    return synced ? BM_OK : bm_fault_set(fault, BM_IO, "outbox", "%.200s cannot be synced.", dir);
}

enum bm_code bm_outbox_hold(const char *dir, uint64_t head, uint64_t *ret_held, struct bm_fault *fault) {
    char path[PATH_BYTES], sql[400];
    sqlite3 *db = NULL;
    uint64_t held = 0;
    enum bm_code code = path_of(dir, path, fault);
    if (!code) code = open_db(path, &db, fault);
    if (code) return code;
    code = bm_out_check_format(db, fault);
    /* Not a WAL file as long as it lies there: it can be copied again from where nothing can be written. */
    if (!code) code = bm_out_run(db, "PRAGMA journal_mode=DELETE; PRAGMA synchronous=FULL; BEGIN IMMEDIATE", "holding what waits", fault);
    snprintf(sql, sizeof sql, "INSERT OR REPLACE INTO meta VALUES('held_until', %lld)", (long long)head);
    if (!code) code = bm_out_run(db, sql, "holding what waits", fault);
    snprintf(sql, sizeof sql, "UPDATE delivery SET state=%d, next_at=NULL, done_at=%lld, last_answer='%s' WHERE next_at IS NOT NULL",
             BM_DELIVERY_GAVE_UP, (long long)bm_out_now_ms(), bm_out_held);
    if (!code) code = bm_out_run(db, sql, "holding what waits", fault);
    if (!code) held = (uint64_t)sqlite3_changes(db);
    if (!code) code = bm_out_run(db, "COMMIT", "holding what waits", fault);
    sqlite3_close(db);
    if (!code) code = sync_folder(dir, fault);
    if (!code) *ret_held = held;
    return code;
}
