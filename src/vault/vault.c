#include "vault/vault.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/check.h"
#include "vault/vault_private.h"

struct bm_bytes bm_vault_wrap(const struct bm_vault *vault, enum bm_vault_purpose purpose,
                              uint64_t id, const void *clear, size_t len) {
    BM_CHECK(id < UINT64_C(1) << 56);
    uint8_t nonce[BM_NONCE_BYTES];
    bm_entropy(nonce, sizeof nonce);
    return bm_seal(vault->master, (uint64_t)purpose << 56 | id, nonce, clear, len);
}

bool bm_vault_unwrap(const struct bm_vault *vault, enum bm_vault_purpose purpose, uint64_t id,
                     const void *wrapped, size_t wrapped_len, void *ret_clear, size_t len) {
    if (!wrapped || wrapped_len != len + BM_SEAL_EXTRA_BYTES || id >= UINT64_C(1) << 56)
        return false;
    char *clear;
    size_t clear_len;
    if (!bm_unseal(vault->master, (uint64_t)purpose << 56 | id, wrapped, wrapped_len, &clear,
                   &clear_len)) {
        return false;
    }
    memcpy(ret_clear, clear, len);
    bm_wipe(clear, clear_len);
    bm_free(clear);
    return true;
}

void bm_vault_hash(const char *use, const char *text, uint8_t ret_hash[BM_HASH_BYTES]) {
    struct bm_hasher hasher;
    bm_hash_start(&hasher, BM_HASH_BYTES);
    bm_hash_add_sized(&hasher, use, strlen(use));
    bm_hash_add_sized(&hasher, text, strlen(text));
    bm_hash_end(&hasher, ret_hash, BM_HASH_BYTES);
    bm_wipe(&hasher, sizeof hasher);
}

/* What tells a wrong master key from damaged secrets.  A hash of 256 random bits tells nothing
 * else. */
static void master_check(const struct bm_vault *vault, uint8_t ret_check[BM_HASH_BYTES]) {
    struct bm_hasher hasher;
    bm_hash_start(&hasher, BM_HASH_BYTES);
    bm_hash_add_sized(&hasher, "bellman vault master 1", 22);
    bm_hash_add_sized(&hasher, vault->master, sizeof vault->master);
    bm_hash_end(&hasher, ret_check, BM_HASH_BYTES);
    bm_wipe(&hasher, sizeof hasher);
}

/* Reads the 32 bytes of a key file. */
static enum bm_code read_key_file(const char *path, uint8_t ret_key[BM_KEY_BYTES],
                                  struct bm_fault *fault) {
    uint8_t key[BM_KEY_BYTES];
    size_t len;
    enum bm_code code = bm_vault_read_file(path, key, sizeof key, &len, fault);
    if (code == BM_OK && len != sizeof key) {
        code = bm_fault_set(fault, BM_CORRUPT, NULL,
                            "%s must hold exactly %d bytes: restore it from the backup.", path,
                            BM_KEY_BYTES);
    }
    if (code == BM_OK) memcpy(ret_key, key, sizeof key);
    bm_wipe(key, sizeof key);
    return code;
}

static enum bm_code make_key_file(const char *path, uint8_t ret_key[BM_KEY_BYTES],
                                  struct bm_fault *fault) {
    uint8_t key[BM_KEY_BYTES];
    bm_entropy(key, sizeof key);
    enum bm_code code = bm_vault_write_file(path, 0600, key, sizeof key, fault);
    if (code == BM_OK) memcpy(ret_key, key, sizeof key);
    bm_wipe(key, sizeof key);
    return code;
}

/* The master key: the systemd credential, else DIR/vault.key, else a new DIR/vault.key - but never
 * a new one beside a vault that was made with another. */
static enum bm_code find_master(struct bm_vault *vault, const char *dir, struct bm_fault *fault) {
    const char *credentials = getenv("CREDENTIALS_DIRECTORY");
    if (credentials && credentials[0]) {
        char *path = bm_vault_join(credentials, "bellman-vault-key");
        enum bm_code code = read_key_file(path, vault->master, fault);
        bm_free(path);
        if (code != BM_NOT_FOUND) return code;
    }
    char *path = bm_vault_join(dir, "vault.key");
    enum bm_code code = read_key_file(path, vault->master, fault);
    if (code == BM_OK && chmod(path, 0600) != 0) {
        code = bm_fault_set(fault, BM_IO, NULL, "Setting the mode of %s: %s.", path,
                            strerror(errno));
    }
    if (code == BM_NOT_FOUND) {
        struct stat found;
        bool there = stat(vault->path, &found) == 0;
        if (!there && errno != ENOENT)
            code = bm_fault_set(fault, BM_IO, NULL, "Looking for %s: %s.", vault->path, strerror(errno));
        else if (there && found.st_size > 0)
            code = bm_fault_set(fault, BM_CORRUPT, NULL,
                                "%s is there but its master key %s is not: put the key back.",
                                vault->path, path);
        else
            code = make_key_file(path, vault->master, fault);
    }
    bm_free(path);
    return code;
}

static int read_integer(sqlite3 *db, const char *sql, int64_t *ret_value) {
    sqlite3_stmt *statement = bm_vault_prepare(db, sql);
    if (!statement) return SQLITE_ERROR;
    if (sqlite3_step(statement) == SQLITE_ROW) *ret_value = sqlite3_column_int64(statement, 0);
    return sqlite3_finalize(statement);
}

static enum bm_code create(struct bm_vault *vault, struct bm_fault *fault) {
    uint8_t check[BM_HASH_BYTES];
    master_check(vault, check);
    uint8_t pair[BM_SIGN_PUBLIC_BYTES + BM_SIGN_SECRET_BYTES];
    bm_sign_keys(pair, pair + BM_SIGN_PUBLIC_BYTES);
    struct bm_bytes wrapped = bm_vault_wrap(vault, BM_WRAP_SIGNING, 0, pair, sizeof pair);
    bm_wipe(pair, sizeof pair);
    char versions[100];
    snprintf(versions, sizeof versions, "PRAGMA application_id=%d; PRAGMA user_version=%d;",
             BM_VAULT_APPLICATION, BM_VAULT_FORMAT);
    sqlite3 *db = vault->db;
    int rc = bm_vault_sql(
        db, "BEGIN IMMEDIATE;"
            "CREATE TABLE named (name TEXT PRIMARY KEY, bytes BLOB NOT NULL) WITHOUT ROWID;"
            "CREATE TABLE key_block (number INTEGER PRIMARY KEY, slots BLOB NOT NULL);"
            "CREATE TABLE account (operator INTEGER PRIMARY KEY, login TEXT NOT NULL UNIQUE,"
            " sealed BLOB NOT NULL);"
            "CREATE TABLE session (id INTEGER PRIMARY KEY AUTOINCREMENT, sealed BLOB NOT NULL);");
    if (rc == SQLITE_OK) rc = bm_vault_sql(db, versions);
    if (rc == SQLITE_OK) rc = bm_vault_put_value(db, "master_check", check, sizeof check);
    if (rc == SQLITE_OK) rc = bm_vault_put_value(db, "signing", wrapped.bytes, wrapped.len);
    bm_bytes_free(&wrapped);
    return bm_vault_finish(db, rc, "making it", fault);
}

/* Whether what quick_check found is a page that could not be read; it tells this, too, as a finding. */
static bool cannot_read(const char *found) {
    const char *code = strstr(found, "error code=");
    int rc = code ? (int)strtol(code + sizeof "error code=" - 1, NULL, 10) & 0xff : SQLITE_OK;
    return rc == SQLITE_IOERR || rc == SQLITE_NOMEM || strstr(found, "failed to get page");
}

/* Whether this is our file, of a version we know, and sound to SQLite; makes it when empty. */
static enum bm_code check_format(struct bm_vault *vault, struct bm_fault *fault) {
    int64_t application = 0, version = 0, tables = 0;
    sqlite3 *db = vault->db;
    if (read_integer(db, "PRAGMA application_id", &application) != SQLITE_OK ||
        read_integer(db, "PRAGMA user_version", &version) != SQLITE_OK ||
        read_integer(db, "SELECT count(*) FROM sqlite_master", &tables) != SQLITE_OK) {
        return bm_vault_fault(db, "reading its format", fault);
    }
    if (application == 0 && version == 0 && tables == 0) return create(vault, fault);
    if (application != BM_VAULT_APPLICATION) {
        return bm_fault_set(fault, BM_BAD_FORMAT, NULL, "%s is not a Bellman vault.", vault->path);
    }
    if (version != BM_VAULT_FORMAT) {
        return bm_fault_set(
            fault, BM_BAD_FORMAT, NULL,
            "%s has format %lld, this program knows %d: use the program that made it.", vault->path,
            (long long)version, BM_VAULT_FORMAT);
    }
    sqlite3_stmt *statement = bm_vault_prepare(db, "PRAGMA quick_check(1)");
    if (!statement) return bm_vault_fault(db, "checking it", fault);
    const char *found = sqlite3_step(statement) == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : NULL;
    bool sound = found && strcmp(found, "ok") == 0, unread = found && cannot_read(found);
    if (sqlite3_finalize(statement) != SQLITE_OK) return bm_vault_fault(db, "checking it", fault);
    if (sound) return BM_OK;
    if (!found || unread) return bm_fault_set(fault, BM_IO, NULL, "%s cannot be read whole. Look at the disk, and try again.", vault->path);
    return bm_fault_set(fault, BM_CORRUPT, NULL, "%s is damaged: restore it from a backup.",
                        vault->path);
}

/* Whether the master key fits, and the signing key it wraps. */
static enum bm_code check_master(struct bm_vault *vault, struct bm_fault *fault) {
    uint8_t stored[BM_HASH_BYTES] = {0}, own[BM_HASH_BYTES];
    size_t len = 0;
    if (bm_vault_get_value(vault->db, "master_check", stored, sizeof stored, &len) != SQLITE_OK) {
        return bm_vault_fault(vault->db, "reading it", fault);
    }
    master_check(vault, own);
    if (len != sizeof stored || !bm_same_secret(stored, own, sizeof own)) {
        return bm_fault_set(fault, BM_CORRUPT, NULL,
                            "The master key does not fit %s: use the vault.key (or the credential "
                            "bellman-vault-key) that this vault was made with.",
                            vault->path);
    }
    uint8_t wrapped[BM_SIGN_PUBLIC_BYTES + BM_SIGN_SECRET_BYTES + BM_SEAL_EXTRA_BYTES];
    uint8_t pair[BM_SIGN_PUBLIC_BYTES + BM_SIGN_SECRET_BYTES];
    if (bm_vault_get_value(vault->db, "signing", wrapped, sizeof wrapped, &len) != SQLITE_OK) {
        return bm_vault_fault(vault->db, "reading the signing key", fault);
    }
    if (len != sizeof wrapped ||
        !bm_vault_unwrap(vault, BM_WRAP_SIGNING, 0, wrapped, len, pair, sizeof pair)) {
        return bm_fault_set(fault, BM_CORRUPT, NULL,
                            "The signing key in %s was changed: restore the vault from a backup.",
                            vault->path);
    }
    memcpy(vault->sign_public, pair, BM_SIGN_PUBLIC_BYTES);
    memcpy(vault->sign_secret, pair + BM_SIGN_PUBLIC_BYTES, BM_SIGN_SECRET_BYTES);
    bm_wipe(pair, sizeof pair);
    return BM_OK;
}

/* Something to verify when a login does not exist, as costly as the real ones. */
static void make_dummy(struct bm_vault *vault) {
    uint8_t bytes[16];
    char text[2 * sizeof bytes + 1];
    bm_entropy(bytes, sizeof bytes);
    bm_hex(bytes, sizeof bytes, text);
    bm_password_hash(text, vault->dummy_hash);
    bm_wipe(text, sizeof text);
}

static enum bm_code open_vault(const char *dir, bool to_copy, struct bm_vault **ret_vault,
                               struct bm_fault *fault) {
    bm_seal_init();
    struct bm_vault *vault = bm_vault_secret_new(sizeof *vault);
    pthread_mutex_init(&vault->disk, NULL);
    pthread_mutex_init(&vault->memory, NULL);
    vault->path = bm_vault_join(dir, "vault.db");
    vault->device_secrets = bm_table_make(sizeof(struct bm_vault_secret));
    vault->sessions = bm_table_make(sizeof(struct bm_vault_session));
    vault->failing = bm_alloc_zero(BM_FAILING_LOGINS_MAX, sizeof *vault->failing);
    struct stat found;
    enum bm_code code = BM_OK;
    bool there = !to_copy || stat(vault->path, &found) == 0;
    if (!there && errno != ENOENT) {
        code = bm_fault_set(fault, BM_IO, NULL, "Looking for %s: %s.", vault->path, strerror(errno));
    } else if (to_copy && (!there || found.st_size == 0)) {
        code = bm_fault_set(fault, BM_NOT_FOUND, NULL, "There is no vault %s.", vault->path);
    }
    if (code == BM_OK) code = find_master(vault, dir, fault);
    if (code == BM_OK) code = bm_vault_open_file(vault->path, &vault->db, fault);
    if (code == BM_OK) code = check_format(vault, fault);
    if (code == BM_OK) code = check_master(vault, fault);
    if (code == BM_OK) code = bm_vault_load_receipt(vault, !to_copy, fault);
    if (code == BM_OK && !to_copy) code = bm_vault_load_accounts(vault, fault);
    if (code == BM_OK && !to_copy) code = bm_vault_load_sessions(vault, fault);
    if (code == BM_OK && !to_copy) code = bm_vault_load_devices(vault, fault);
    if (code == BM_OK && !to_copy) code = bm_vault_load_keys(vault, fault);
    if (code != BM_OK) {
        bm_vault_close(vault);
        return code;
    }
    if (!to_copy) make_dummy(vault);
    *ret_vault = vault;
    return BM_OK;
}

enum bm_code bm_vault_open(const char *dir, struct bm_vault **ret_vault, struct bm_fault *fault) {
    return open_vault(dir, false, ret_vault, fault);
}

enum bm_code bm_vault_open_to_copy(const char *dir, struct bm_vault **ret_vault,
                                   struct bm_fault *fault) {
    return open_vault(dir, true, ret_vault, fault);
}

void bm_vault_close(struct bm_vault *vault) {
    if (!vault) return;
    bm_vault_leave_keys(vault);
    sqlite3_close(vault->db);
    bm_vault_free_keys(vault);
    bm_table_free(&vault->sessions);
    bm_table_free(&vault->device_secrets);
    bm_map_free(&vault->sessions_by_token);
    bm_free(vault->failing);
    bm_free(vault->path);
    pthread_mutex_destroy(&vault->memory);
    pthread_mutex_destroy(&vault->disk);
    bm_vault_secret_free(vault, sizeof *vault);
}

void bm_vault_digest_key(struct bm_vault *vault, uint8_t ret_key[BM_KEY_BYTES]) {
    struct bm_hasher hasher;
    bm_hash_start(&hasher, BM_KEY_BYTES);
    bm_hash_add_sized(&hasher, "bellman request digest 1", 24);
    bm_hash_add_sized(&hasher, vault->master, sizeof vault->master);
    bm_hash_end(&hasher, ret_key, BM_KEY_BYTES);
    bm_wipe(&hasher, sizeof hasher);
}

void bm_vault_public_key(struct bm_vault *vault, uint8_t ret_public[BM_SIGN_PUBLIC_BYTES]) {
    memcpy(ret_public, vault->sign_public, BM_SIGN_PUBLIC_BYTES);
}
