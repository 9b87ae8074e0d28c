#include <strings.h>

#include "base/check.h"
#include "base/failpoint.h"
#include "base/time.h"
#include "vault/vault_private.h"

/* What an account's row wraps.  The login stands inside as well as in its column, so that neither
 * the column nor the operator's number can be changed to give one person another's account. */
struct secret {
    char login[BM_LOGIN_TEXT];
    char hash[BM_PASSWORD_HASH_BYTES];
};

/* --- rules ------------------------------------------------------------------------------------ */

/* The character at *at, which moves past it; 0 when the bytes are not UTF-8. */
static uint32_t next_character(const char **at) {
    const uint8_t *bytes = (const uint8_t *)*at;
    int more = bytes[0] < 0x80       ? 0
               : bytes[0] >> 5 == 6  ? 1
               : bytes[0] >> 4 == 14 ? 2
               : bytes[0] >> 3 == 30 ? 3
                                     : -1;
    if (more < 0) return 0;
    static const uint32_t least[] = {1, 0x80, 0x800, 0x10000};
    uint32_t character = more == 0 ? bytes[0] : bytes[0] & (0x3fu >> more);
    for (int i = 1; i <= more; i++) {
        if (bytes[i] >> 6 != 2) return 0;
        character = character << 6 | (bytes[i] & 0x3fu);
    }
    if (character < least[more] || character > 0x10ffff || character >> 11 == 0x1b) return 0;
    *at += 1 + more;
    return character;
}

/* Characters that cannot be seen or typed on purpose. */
static bool space_or_control(uint32_t c) {
    return c <= 0x20 || (c >= 0x7f && c <= 0xa0) || c == 0x1680 || (c >= 0x2000 && c <= 0x200f) ||
           (c >= 0x2028 && c <= 0x202f) || (c >= 0x205f && c <= 0x206f) || c == 0x3000 ||
           c == 0xfeff;
}

static enum bm_code check_login(const char *login, struct bm_fault *fault) {
    size_t bytes = strlen(login);
    if (bytes == 0 || bytes >= BM_LOGIN_TEXT) {
        return bm_fault_set(fault, BM_OUT_OF_RANGE, "login", "A login has 1 to %d bytes.",
                            BM_LOGIN_TEXT - 1);
    }
    for (const char *at = login; *at;) {
        uint32_t character = next_character(&at);
        if (character == 0 || space_or_control(character)) {
            return bm_fault_set(fault, BM_OUT_OF_RANGE, "login",
                                "A login has no spaces and no control characters.");
        }
    }
    return BM_OK;
}

static enum bm_code check_password(const char *login, const char *password,
                                   struct bm_fault *fault) {
    size_t characters = 0;
    for (const char *at = password; *at; characters++) {
        if (next_character(&at) == 0) {
            return bm_fault_set(fault, BM_OUT_OF_RANGE, "password", "A password is UTF-8 text.");
        }
    }
    if (characters < BM_PASSWORD_MIN) {
        return bm_fault_set(fault, BM_OUT_OF_RANGE, "password",
                            "A password has at least %d characters.", BM_PASSWORD_MIN);
    }
    if (strlen(password) > BM_PASSWORD_MAX) {
        return bm_fault_set(fault, BM_OUT_OF_RANGE, "password", "A password has at most %d bytes.",
                            BM_PASSWORD_MAX);
    }
    if (strcasecmp(login, password) == 0) {
        return bm_fault_set(fault, BM_OUT_OF_RANGE, "password",
                            "The password must not be the login.");
    }
    return BM_OK;
}

/* --- failures --------------------------------------------------------------------------------- */

/* The login's entry, or NULL; under the memory lock. */
static struct bm_vault_failing *find_failing(const struct bm_vault *vault,
                                             const uint8_t login[BM_HASH_BYTES]) {
    for (size_t i = 0; i < BM_FAILING_LOGINS_MAX; i++) {
        struct bm_vault_failing *entry = &vault->failing[i];
        if (entry->count > 0 && memcmp(entry->login, login, BM_HASH_BYTES) == 0) return entry;
    }
    return NULL;
}

/* The entry to give up: a free one, else that with the fewest failures, the oldest of those.  So a
 * flood of invented logins drives out itself before it drives out a login under attack. */
static struct bm_vault_failing *spare_failing(const struct bm_vault *vault) {
    struct bm_vault_failing *spare = &vault->failing[0];
    for (size_t i = 0; i < BM_FAILING_LOGINS_MAX && spare->count > 0; i++) {
        struct bm_vault_failing *entry = &vault->failing[i];
        bool fewer = entry->count < spare->count;
        bool older = entry->count == spare->count && entry->at_ms[0] < spare->at_ms[0];
        if (fewer || older) spare = entry;
    }
    return spare;
}

/* Drops the `count` oldest failures of an entry. */
static void drop_oldest(struct bm_vault_failing *entry, uint32_t count) {
    entry->count -= count;
    memmove(entry->at_ms, entry->at_ms + count, entry->count * sizeof entry->at_ms[0]);
}

/* Counts an attempt as failed before its password is looked at, so that attempts made at the same
 * time cannot slip past the limit together.  When the limit is reached, false and when it ends. */
static bool charge(struct bm_vault *vault, const uint8_t login[BM_HASH_BYTES], int64_t now_ms,
                   int64_t *ret_until_ms) {
    pthread_mutex_lock(&vault->memory);
    struct bm_vault_failing *entry = find_failing(vault, login);
    if (!entry) {
        entry = spare_failing(vault);
        *entry = (struct bm_vault_failing){0};
        memcpy(entry->login, login, BM_HASH_BYTES);
    }
    uint32_t old = 0;
    while (old < entry->count && entry->at_ms[old] <= now_ms - BM_FAILURES_MS) old++;
    drop_oldest(entry, old);
    bool allowed = entry->count < BM_FAILURES_MAX;
    if (allowed)
        entry->at_ms[entry->count++] = now_ms;
    else
        *ret_until_ms = entry->at_ms[0] + BM_FAILURES_MS;
    pthread_mutex_unlock(&vault->memory);
    return allowed;
}

/* Takes back one attempt that was no failure of the login's. */
static void refund(struct bm_vault *vault, const uint8_t login[BM_HASH_BYTES]) {
    pthread_mutex_lock(&vault->memory);
    struct bm_vault_failing *entry = find_failing(vault, login);
    if (entry) entry->count--;
    pthread_mutex_unlock(&vault->memory);
}

static void forgive(struct bm_vault *vault, const uint8_t login[BM_HASH_BYTES]) {
    pthread_mutex_lock(&vault->memory);
    struct bm_vault_failing *entry = find_failing(vault, login);
    if (entry) entry->count = 0;
    pthread_mutex_unlock(&vault->memory);
}

/* --- the table -------------------------------------------------------------------------------- */

/* The operator with this login (0: none) and the wrapped part of its row.  Under the disk lock. */
static int find_row(struct bm_vault *vault, const char *login, uint64_t *ret_operator_id,
                    uint8_t *ret_wrapped, size_t max, size_t *ret_len) {
    sqlite3_stmt *statement = bm_vault_prepare(
        vault->db, "SELECT operator, sealed FROM account WHERE login = ?");
    if (!statement) return SQLITE_ERROR;
    sqlite3_bind_text(statement, 1, login, -1, SQLITE_STATIC);
    *ret_operator_id = 0;
    *ret_len = 0;
    if (sqlite3_step(statement) == SQLITE_ROW) {
        const void *wrapped = sqlite3_column_blob(statement, 1);
        size_t len = wrapped ? (size_t)sqlite3_column_bytes(statement, 1) : 0;
        *ret_operator_id = (uint64_t)sqlite3_column_int64(statement, 0);
        if (len > 0 && len <= max) {
            memcpy(ret_wrapped, wrapped, len);
            *ret_len = len;
        }
    }
    return sqlite3_finalize(statement);
}

static int write_row(struct bm_vault *vault, uint64_t operator_id, const char *login,
                     const struct secret *secret) {
    struct bm_bytes wrapped = bm_vault_wrap(vault, BM_WRAP_ACCOUNT, operator_id, secret,
                                            sizeof *secret);
    sqlite3_stmt *statement = bm_vault_prepare(
        vault->db, "INSERT INTO account (operator, login, sealed) VALUES (?, ?, ?)"
                   " ON CONFLICT (operator) DO UPDATE SET login = excluded.login,"
                   " sealed = excluded.sealed");
    sqlite3_bind_int64(statement, 1, (sqlite3_int64)operator_id);
    sqlite3_bind_text(statement, 2, login, -1, SQLITE_STATIC);
    sqlite3_bind_blob64(statement, 3, wrapped.bytes, wrapped.len, SQLITE_STATIC);
    int rc = bm_vault_run(statement);
    bm_bytes_free(&wrapped);
    return rc;
}

static enum bm_code count_accounts(struct bm_vault *vault, struct bm_fault *fault) {
    sqlite3_stmt *statement = bm_vault_prepare(vault->db, "SELECT count(*) FROM account");
    size_t count = 0;
    if (statement && sqlite3_step(statement) == SQLITE_ROW) {
        count = (size_t)sqlite3_column_int64(statement, 0);
    }
    bool failed = !statement;
    if (sqlite3_finalize(statement) != SQLITE_OK) failed = true;
    if (failed) return bm_vault_fault(vault->db, "counting accounts", fault);
    pthread_mutex_lock(&vault->memory);
    vault->account_count = count;
    pthread_mutex_unlock(&vault->memory);
    return BM_OK;
}

enum bm_code bm_vault_load_accounts(struct bm_vault *vault, struct bm_fault *fault) {
    return count_accounts(vault, fault);
}

/* --- what others call ------------------------------------------------------------------------- */

static int has_row(struct bm_vault *vault, uint64_t operator_id, bool *ret_has) {
    sqlite3_stmt *statement = bm_vault_prepare(vault->db, "SELECT 1 FROM account WHERE operator = ?");
    if (!statement) return SQLITE_ERROR;
    sqlite3_bind_int64(statement, 1, (sqlite3_int64)operator_id);
    *ret_has = sqlite3_step(statement) == SQLITE_ROW;
    return sqlite3_finalize(statement);
}

/* `first`: only where there is none yet. */
static enum bm_code keep_account(struct bm_vault *vault, uint64_t operator_id, const char *login,
                                 const char *password, bool first, struct bm_fault *fault) {
    BM_CHECK(operator_id > 0);
    enum bm_code code = check_login(login, fault);
    if (code == BM_OK) code = check_password(login, password, fault);
    if (code != BM_OK) return code;
    struct secret secret = {0};
    memcpy(secret.login, login, strlen(login));
    bm_password_hash(password, secret.hash);
    pthread_mutex_lock(&vault->disk);
    uint64_t holder = 0;
    bool has = false;
    size_t len;
    int rc = bm_vault_begin(vault->db);
    if (rc == SQLITE_OK) rc = find_row(vault, login, &holder, NULL, 0, &len);
    if (rc == SQLITE_OK && first) rc = has_row(vault, operator_id, &has);
    if (rc == SQLITE_OK && has) {
        (void)bm_vault_sql(vault->db, "ROLLBACK");
        code = bm_fault_set(fault, BM_EXISTS, "token", "This link was used; log in, or ask your administrator.");
    } else if (rc == SQLITE_OK && holder != 0 && holder != operator_id) {
        (void)bm_vault_sql(vault->db, "ROLLBACK");
        code = bm_fault_set(fault, BM_EXISTS, "login",
                            "Another operator has this login: choose another.");
    } else {
        if (rc == SQLITE_OK) rc = BM_FAILS(account_full) ? SQLITE_FULL : write_row(vault, operator_id, login, &secret);
        code = bm_vault_finish(vault->db, rc, "keeping the account", fault);
        if (code == BM_OK) BM_STEP_DONE(account_written);
        if (code == BM_OK) code = count_accounts(vault, fault);
    }
    pthread_mutex_unlock(&vault->disk);
    bm_wipe(&secret, sizeof secret);
    if (code != BM_OK) return code;
    uint8_t login_hash[BM_HASH_BYTES];
    bm_vault_hash("login", login, login_hash);
    forgive(vault, login_hash); /* a new password unlocks */
    return BM_OK;
}

enum bm_code bm_vault_set_account(struct bm_vault *vault, uint64_t operator_id, const char *login,
                                  const char *password, struct bm_fault *fault) {
    return keep_account(vault, operator_id, login, password, false, fault);
}

enum bm_code bm_vault_first_account(struct bm_vault *vault, uint64_t operator_id, const char *login,
                                    const char *password, struct bm_fault *fault) {
    return keep_account(vault, operator_id, login, password, true, fault);
}

enum bm_code bm_vault_account_of(struct bm_vault *vault, uint64_t operator_id, bool *ret_has,
                                 struct bm_fault *fault) {
    pthread_mutex_lock(&vault->disk);
    int rc = has_row(vault, operator_id, ret_has);
    enum bm_code code = rc == SQLITE_OK ? BM_OK : bm_vault_fault(vault->db, "looking for an account", fault);
    pthread_mutex_unlock(&vault->disk);
    return code;
}

/* Reads the account; leaves the dummy hash in `ret_secret` when there is none. */
static enum bm_code read_account(struct bm_vault *vault, const char *login,
                                 uint64_t *ret_operator_id, struct secret *ret_secret,
                                 struct bm_fault *fault) {
    uint8_t wrapped[sizeof *ret_secret + BM_SEAL_EXTRA_BYTES];
    size_t len = 0;
    pthread_mutex_lock(&vault->disk);
    int rc = find_row(vault, login, ret_operator_id, wrapped, sizeof wrapped, &len);
    enum bm_code code = rc == SQLITE_OK ? BM_OK : bm_vault_fault(vault->db, "logging in", fault);
    pthread_mutex_unlock(&vault->disk);
    if (code != BM_OK) return code;
    memcpy(ret_secret->hash, vault->dummy_hash, sizeof ret_secret->hash);
    if (*ret_operator_id == 0) return BM_OK;
    bool sound = bm_vault_unwrap(vault, BM_WRAP_ACCOUNT, *ret_operator_id, wrapped, len, ret_secret,
                                 sizeof *ret_secret) &&
                 strncmp(ret_secret->login, login, sizeof ret_secret->login) == 0;
    if (sound) return BM_OK;
    return bm_fault_set(fault, BM_CORRUPT, NULL,
                        "The account of operator %llu was changed on the disk: set a new password.",
                        (unsigned long long)*ret_operator_id);
}

enum bm_code bm_vault_check_account(struct bm_vault *vault, const char *login, const char *password,
                                    int64_t now_ms, uint64_t *ret_operator_id,
                                    struct bm_fault *fault) {
    uint8_t login_hash[BM_HASH_BYTES];
    bm_vault_hash("login", login, login_hash);
    int64_t until_ms;
    if (!charge(vault, login_hash, now_ms, &until_ms)) {
        char until[BM_TIME_TEXT_BYTES];
        bm_time_text(until_ms, until);
        return bm_fault_set(fault, BM_TOO_MANY, NULL,
                            "Too many failed attempts with this login: it is locked until %s.",
                            until);
    }
    struct secret secret = {0};
    uint64_t operator_id = 0;
    enum bm_code code = read_account(vault, login, &operator_id, &secret, fault);
    if (code == BM_OK) {
        /* Always one verification, whether or not there is such an account. */
        bool fits = strlen(password) <= BM_PASSWORD_MAX;
        enum bm_code same = bm_password_check(fits ? password : "", secret.hash);
        if (same == BM_OVERLOADED) {
            refund(vault, login_hash);
            code = bm_fault_set(fault, same, NULL, "There is no memory to check the password now: try again shortly.");
        } else if (same == BM_OK && fits && operator_id != 0) {
            forgive(vault, login_hash);
            *ret_operator_id = operator_id;
        } else {
            code = bm_fault_set(fault, BM_UNAUTHENTICATED, NULL, "Wrong login or password.");
        }
    } else {
        refund(vault, login_hash);
    }
    bm_wipe(&secret, sizeof secret);
    return code;
}

bool bm_vault_has_accounts(struct bm_vault *vault) {
    pthread_mutex_lock(&vault->memory);
    bool any = vault->account_count > 0;
    pthread_mutex_unlock(&vault->memory);
    return any;
}
