#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vault/vault_private.h"

sqlite3_stmt *bm_vault_prepare(sqlite3 *db, const char *sql) {
    sqlite3_stmt *statement = NULL;
    return sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK ? statement : NULL;
}

int bm_vault_run(sqlite3_stmt *statement) {
    if (!statement) return SQLITE_ERROR;
    int rc;
    while ((rc = sqlite3_step(statement)) == SQLITE_ROW) continue;
    int failed = sqlite3_finalize(statement);
    return rc == SQLITE_DONE ? failed : rc;
}

int bm_vault_sql(sqlite3 *db, const char *sql) {
    return sqlite3_exec(db, sql, NULL, NULL, NULL);
}

enum bm_code bm_vault_fault(sqlite3 *db, const char *doing, struct bm_fault *fault) {
    const char *said = sqlite3_errmsg(db);
    switch (sqlite3_errcode(db) & 0xff) {
    case SQLITE_FULL:
        return bm_fault_set(fault, BM_NO_SPACE, NULL,
                            "The disk is full while %s: make room and try again.", doing);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return bm_fault_set(fault, BM_BUSY, NULL,
                            "Another process uses vault.db while %s: end it and try again.", doing);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return bm_fault_set(fault, BM_CORRUPT, NULL,
                            "vault.db is damaged (%s while %s): restore it from a backup.", said,
                            doing);
    default:
        return bm_fault_set(fault, BM_IO, NULL, "vault.db: %s while %s.", said, doing);
    }
}

int bm_vault_settled(sqlite3 *db) {
    return sqlite3_get_autocommit(db) ? SQLITE_OK : bm_vault_sql(db, "ROLLBACK");
}

int bm_vault_begin(sqlite3 *db) {
    int rc = bm_vault_settled(db);
    return rc == SQLITE_OK ? bm_vault_sql(db, "BEGIN IMMEDIATE") : rc;
}

enum bm_code bm_vault_finish(sqlite3 *db, int rc, const char *doing, struct bm_fault *fault) {
    if (rc == SQLITE_OK) rc = bm_vault_sql(db, "COMMIT");
    if (rc == SQLITE_OK) return BM_OK;
    enum bm_code code = bm_vault_fault(db, doing, fault);
    /* Some errors have rolled back already; then this one says so and nothing is lost.  When it fails, the next to begin does it. */
    if (!sqlite3_get_autocommit(db)) (void)bm_vault_sql(db, "ROLLBACK");
    return code;
}

int bm_vault_get_value(sqlite3 *db, const char *name, void *ret_bytes, size_t max,
                       size_t *ret_len) {
    sqlite3_stmt *statement = bm_vault_prepare(db, "SELECT bytes FROM named WHERE name = ?");
    if (!statement) return SQLITE_ERROR;
    sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
    int rc = sqlite3_step(statement);
    if (rc == SQLITE_ROW || rc == SQLITE_DONE) {
        const void *bytes = rc == SQLITE_ROW ? sqlite3_column_blob(statement, 0) : NULL;
        size_t len = bytes ? (size_t)sqlite3_column_bytes(statement, 0) : 0;
        if (len > 0 && len <= max) memcpy(ret_bytes, bytes, len);
        *ret_len = len;
    }
    return sqlite3_finalize(statement);
}

int bm_vault_put_value(sqlite3 *db, const char *name, const void *bytes, size_t len) {
    sqlite3_stmt *statement = bm_vault_prepare(
        db, "INSERT OR REPLACE INTO named (name, bytes) VALUES (?, ?)");
    sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
    sqlite3_bind_blob64(statement, 2, bytes, len, SQLITE_STATIC);
    return bm_vault_run(statement);
}

int bm_vault_drop_value(sqlite3 *db, const char *name) {
    sqlite3_stmt *statement = bm_vault_prepare(db, "DELETE FROM named WHERE name = ?");
    sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
    return bm_vault_run(statement);
}

int bm_vault_get_number(sqlite3 *db, const char *name, uint64_t *ret_number) {
    uint8_t bytes[8] = {0};
    size_t len = 0;
    int rc = bm_vault_get_value(db, name, bytes, sizeof bytes, &len);
    if (rc != SQLITE_OK) return rc;
    uint64_t number = 0;
    for (int i = 0; i < 8; i++) number |= (uint64_t)bytes[i] << (8 * i);
    *ret_number = number;
    return SQLITE_OK;
}

int bm_vault_put_number(sqlite3 *db, const char *name, uint64_t number) {
    uint8_t bytes[8];
    for (int i = 0; i < 8; i++) bytes[i] = (uint8_t)(number >> (8 * i));
    return bm_vault_put_value(db, name, bytes, sizeof bytes);
}

enum bm_code bm_vault_open_file(const char *path, sqlite3 **ret_db, struct bm_fault *fault) {
    /* Made here rather than by SQLite, whose new files are readable by others; its journal takes
     * the mode of the file it belongs to. */
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || fchmod(fd, 0600) != 0) {
        int error = errno;
        if (fd >= 0) close(fd);
        return bm_fault_set(fault, BM_IO, NULL, "Opening %s: %s.", path, strerror(error));
    }
    close(fd);
    enum bm_code code = bm_vault_sync_folder(path, fault);
    if (code != BM_OK) return code;
    sqlite3 *db = NULL;
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) !=
        SQLITE_OK) {
        code = bm_fault_set(fault, BM_IO, NULL, "Opening %s: %s.", path,
                            db ? sqlite3_errmsg(db) : "no memory");
        sqlite3_close(db);
        return code;
    }
    sqlite3_extended_result_codes(db, 1);
    sqlite3_busy_timeout(db, 2000);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    int rc = bm_vault_sql(db, "PRAGMA page_size=4096;"
                              "PRAGMA journal_mode=DELETE;"
                              "PRAGMA synchronous=EXTRA;"
                              "PRAGMA secure_delete=ON;"
                              "PRAGMA temp_store=MEMORY;"
                              "PRAGMA cell_size_check=ON;");
    if (rc != SQLITE_OK) {
        code = bm_vault_fault(db, "opening it", fault);
        sqlite3_close(db);
        return code;
    }
    *ret_db = db;
    return BM_OK;
}
