#include <errno.h>
#include <unistd.h>

#include "base/alloc.h"
#include "vault/vault_private.h"

static enum bm_code copy_pages(struct bm_vault *vault, sqlite3 *copy, struct bm_fault *fault) {
    sqlite3_backup *backup = sqlite3_backup_init(copy, "main", vault->db, "main");
    bool whole = backup && sqlite3_backup_step(backup, -1) == SQLITE_DONE;
    int rc = backup ? sqlite3_backup_finish(backup) : SQLITE_ERROR;
    if (rc != SQLITE_OK) return bm_vault_fault(copy, "copying it", fault);
    /* Somebody holds it for longer than is waited: to SQLite no error, and nothing copied. */
    return whole ? BM_OK : bm_fault_set(fault, BM_BUSY, NULL, "The vault is held by another program; try again when it has ended.");
}

/* Makes the copy safe to go on from at a later time: it hands out no key id that the original hands
 * out after this moment, and it logs nobody in, since a session may be ended after this moment. */
static enum bm_code prepare_copy(sqlite3 *copy, struct bm_fault *fault) {
    uint64_t next_block = 0;
    int rc = bm_vault_begin(copy);
    if (rc == SQLITE_OK) rc = bm_vault_get_number(copy, "next_block", &next_block);
    if (rc == SQLITE_OK) {
        rc = bm_vault_put_number(copy, "next_block", next_block + BM_BACKUP_SKIP_BLOCKS);
    }
    if (rc == SQLITE_OK) rc = bm_vault_drop_value(copy, "first_fresh");
    if (rc == SQLITE_OK) rc = bm_vault_drop_value(copy, "setup");
    if (rc == SQLITE_OK) rc = bm_vault_sql(copy, "DELETE FROM session");
    return bm_vault_finish(copy, rc, "copying it", fault);
}

static enum bm_code write_copy(struct bm_vault *vault, const char *path, struct bm_fault *fault) {
    sqlite3 *copy = NULL;
    enum bm_code code = bm_vault_open_file(path, &copy, fault);
    if (code != BM_OK) return code;
    pthread_mutex_lock(&vault->disk);
    code = copy_pages(vault, copy, fault);
    pthread_mutex_unlock(&vault->disk);
    if (code == BM_OK) code = prepare_copy(copy, fault);
    sqlite3_close(copy);
    return code;
}

enum bm_code bm_vault_backup(struct bm_vault *vault, const char *out_dir, struct bm_fault *fault) {
    char *db_path = bm_vault_join(out_dir, "vault.db");
    char *new_path = bm_vault_join(out_dir, "vault.db.new");
    char *key_path = bm_vault_join(out_dir, "vault.key");
    enum bm_code code;
    /* The folder may be the live one, or hold another vault's key: that must not be overwritten. */
    bool db_there = access(db_path, F_OK) == 0, db_unknown = !db_there && errno != ENOENT;
    bool key_there = access(key_path, F_OK) == 0, key_unknown = !key_there && errno != ENOENT;
    if (db_unknown || key_unknown) {
        code = bm_fault_set(fault, BM_IO, NULL, "Looking whether %s already holds a vault: the disk does not say.", out_dir);
    } else if (db_there || key_there) {
        code = bm_fault_set(fault, BM_EXISTS, NULL,
                            "%s already holds a vault: choose an empty folder.", out_dir);
    } else {
        (void)unlink(new_path); /* of an interrupted backup */
        code = write_copy(vault, new_path, fault);
        if (code == BM_OK) {
            code = bm_vault_write_file(key_path, 0600, vault->master, BM_KEY_BYTES, fault);
        }
        if (code == BM_OK && rename(new_path, db_path) != 0) {
            code = bm_fault_set(fault, BM_IO, NULL, "Renaming to %s: %s.", db_path,
                                strerror(errno));
        }
        if (code == BM_OK) code = bm_vault_sync_folder(db_path, fault);
        if (code != BM_OK) (void)unlink(new_path);
    }
    bm_free(key_path);
    bm_free(new_path);
    bm_free(db_path);
    return code;
}
