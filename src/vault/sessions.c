#include "base/alloc.h"
#include "base/check.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "vault/vault_private.h"

/* What a session's row wraps: who can write to the file but has no master key cannot add one. */
static struct bm_bytes wrap_session(const struct bm_vault *vault, uint64_t id,
                                    const struct bm_vault_session *session) {
    return bm_vault_wrap(vault, BM_WRAP_SESSION, id, session, sizeof *session);
}
_Static_assert(sizeof(struct bm_vault_session) == 8 + 8 + BM_HASH_BYTES, "no gaps to wrap");

/* Takes a session into memory; under the memory lock. */
static void keep(struct bm_vault *vault, uint64_t id, const struct bm_vault_session *session) {
    struct bm_vault_session *kept = bm_table_add(&vault->sessions, id);
    *kept = *session;
    bm_map_put(&vault->sessions_by_token, session->token, id);
}

static void forget(struct bm_vault *vault, uint64_t id) {
    const struct bm_vault_session *session = bm_table_get(&vault->sessions, id);
    if (!session) return;
    bm_map_remove(&vault->sessions_by_token, session->token);
    bm_table_remove(&vault->sessions, id);
}

/* --- opening ---------------------------------------------------------------------------------- */

static enum bm_code load_setup(struct bm_vault *vault, struct bm_fault *fault) {
    uint8_t wrapped[BM_HASH_BYTES + BM_SEAL_EXTRA_BYTES];
    size_t len = 0;
    if (bm_vault_get_value(vault->db, "setup", wrapped, sizeof wrapped, &len) != SQLITE_OK) {
        return bm_vault_fault(vault->db, "reading the setup link", fault);
    }
    /* A changed one matches nothing: a new link is made on demand. */
    vault->has_setup = len == sizeof wrapped &&
                       bm_vault_unwrap(vault, BM_WRAP_SETUP, 0, wrapped, len, vault->setup,
                                       sizeof vault->setup);
    return BM_OK;
}

/* A changed one counts as none: sessions then end sooner, and never later. */
static enum bm_code load_lag(struct bm_vault *vault, struct bm_fault *fault) {
    uint8_t wrapped[sizeof(int64_t) + BM_SEAL_EXTRA_BYTES];
    size_t len = 0;
    int64_t lag_ms = 0;
    if (bm_vault_get_value(vault->db, "session_lag", wrapped, sizeof wrapped, &len) != SQLITE_OK) {
        return bm_vault_fault(vault->db, "reading how far session time lies behind", fault);
    }
    if (len == sizeof wrapped && bm_vault_unwrap(vault, BM_WRAP_SESSION_LAG, 0, wrapped, len, &lag_ms, sizeof lag_ms)) {
        vault->session_lag_ms = lag_ms;
    } else if (len) {
        bm_log(BM_LOG_WARNING, "vault_session_lag_damaged", "mend=\"who was logged in may have to log in again\"");
    }
    return BM_OK;
}

enum bm_code bm_vault_load_sessions(struct bm_vault *vault, struct bm_fault *fault) {
    sqlite3_stmt *statement = bm_vault_prepare(vault->db, "SELECT id, sealed FROM session");
    if (!statement) return bm_vault_fault(vault->db, "reading sessions", fault);
    size_t damaged = 0;
    while (sqlite3_step(statement) == SQLITE_ROW) {
        sqlite3_int64 id = sqlite3_column_int64(statement, 0);
        const void *wrapped = sqlite3_column_blob(statement, 1);
        size_t len = wrapped ? (size_t)sqlite3_column_bytes(statement, 1) : 0;
        struct bm_vault_session session;
        if (id > 0 && (uint64_t)id <= BM_TABLE_ID_MAX && vault->sessions.count < BM_SESSIONS_MAX &&
            bm_vault_unwrap(vault, BM_WRAP_SESSION, (uint64_t)id, wrapped, len, &session,
                            sizeof session)) {
            keep(vault, (uint64_t)id, &session);
        } else {
            damaged++;
        }
    }
    if (sqlite3_finalize(statement) != SQLITE_OK) {
        return bm_vault_fault(vault->db, "reading sessions", fault);
    }
    /* Their owners log in again; that is no reason to keep the desk shut. */
    if (damaged > 0) bm_log(BM_LOG_WARNING, "vault_sessions_damaged", "count=%zu", damaged);
    enum bm_code code = load_lag(vault, fault);
    return code ? code : load_setup(vault, fault);
}

/* --- opening and checking a session ----------------------------------------------------------- */

static int delete_row(sqlite3 *db, uint64_t id) {
    sqlite3_stmt *statement = bm_vault_prepare(db, "DELETE FROM session WHERE id = ?");
    sqlite3_bind_int64(statement, 1, (sqlite3_int64)id);
    return bm_vault_run(statement);
}

/* Ids of sessions that `matches` picks, the caller's to free. */
struct pick {
    uint64_t operator_id; /* 0: any */
    int64_t ended_by_ms;  /* INT64_MAX: any */
    uint64_t last;        /* ids up to this one; 0: any */
};
static uint64_t *find_sessions(struct bm_vault *vault, struct pick pick, size_t *ret_count) {
    pthread_mutex_lock(&vault->memory);
    uint64_t *ids = bm_alloc(vault->sessions.count * sizeof *ids);
    size_t count = 0;
    BM_TABLE_EACH(&vault->sessions, id) {
        const struct bm_vault_session *session = bm_table_get(&vault->sessions, id);
        bool theirs = pick.operator_id == 0 || session->operator_id == pick.operator_id;
        if (pick.last && id > pick.last) continue;
        if (theirs && session->until_ms <= pick.ended_by_ms) ids[count++] = id;
    }
    pthread_mutex_unlock(&vault->memory);
    *ret_count = count;
    return ids;
}

static int delete_rows(sqlite3 *db, const uint64_t *ids, size_t count) {
    int rc = SQLITE_OK;
    for (size_t i = 0; rc == SQLITE_OK && i < count; i++) rc = delete_row(db, ids[i]);
    return rc;
}

static void forget_all(struct bm_vault *vault, const uint64_t *ids, size_t count) {
    pthread_mutex_lock(&vault->memory);
    for (size_t i = 0; i < count; i++) forget(vault, ids[i]);
    pthread_mutex_unlock(&vault->memory);
}

/* The next id: rising for ever (AUTOINCREMENT), so that an ended session's id names no other. */
static int insert_row(struct bm_vault *vault, const struct bm_vault_session *session,
                      uint64_t *ret_id) {
    sqlite3_stmt *statement = bm_vault_prepare(vault->db,
                                               "INSERT INTO session (sealed) VALUES (x'')");
    int rc = bm_vault_run(statement);
    if (rc != SQLITE_OK) return rc;
    uint64_t id = (uint64_t)sqlite3_last_insert_rowid(vault->db);
    struct bm_bytes wrapped = wrap_session(vault, id, session);
    statement = bm_vault_prepare(vault->db, "UPDATE session SET sealed = ? WHERE id = ?");
    sqlite3_bind_blob64(statement, 1, wrapped.bytes, wrapped.len, SQLITE_STATIC);
    sqlite3_bind_int64(statement, 2, (sqlite3_int64)id);
    rc = bm_vault_run(statement);
    bm_bytes_free(&wrapped);
    *ret_id = id;
    return rc;
}

static void make_token(char ret_token[BM_TOKEN_TEXT]) {
    uint8_t bytes[(BM_TOKEN_TEXT - 1) / 2];
    bm_entropy(bytes, sizeof bytes);
    bm_hex(bytes, sizeof bytes, ret_token);
    bm_wipe(bytes, sizeof bytes);
}

enum bm_code bm_vault_open_session(struct bm_vault *vault, uint64_t operator_id, int64_t now_ms,
                                   char ret_token[BM_TOKEN_TEXT], struct bm_fault *fault) {
    BM_CHECK(operator_id > 0);
    char token[BM_TOKEN_TEXT];
    make_token(token);
    struct bm_vault_session session = {.operator_id = operator_id,
                                       .until_ms = now_ms + BM_SESSION_MS};
    bm_vault_hash("session", token, session.token);
    pthread_mutex_lock(&vault->disk);
    size_t ended_count;
    uint64_t *ended = find_sessions(vault, (struct pick){.ended_by_ms = now_ms}, &ended_count);
    uint64_t id = 0;
    enum bm_code code = BM_OK;
    /* Only holders of the disk lock change sessions, so the count still stands below. */
    if (vault->sessions.count - ended_count >= BM_SESSIONS_MAX) {
        code = bm_fault_set(fault, BM_TOO_MANY, NULL,
                            "%d people are logged in: end a session first.", BM_SESSIONS_MAX);
    } else {
        int rc = bm_vault_begin(vault->db);
        if (rc == SQLITE_OK) rc = delete_rows(vault->db, ended, ended_count);
        if (rc == SQLITE_OK) rc = BM_FAILS(session_full) ? SQLITE_FULL : insert_row(vault, &session, &id);
        if (rc == SQLITE_OK && id > BM_TABLE_ID_MAX) {
            (void)bm_vault_sql(vault->db, "ROLLBACK");
            code = bm_fault_set(fault, BM_NO_SPACE, "session", "The desk has used its last number for log-ins; begin a new one.");
        } else {
            code = bm_vault_finish(vault->db, rc, "keeping the session", fault);
            if (code == BM_OK) BM_STEP_DONE(session_written);
        }
    }
    if (code == BM_OK) {
        forget_all(vault, ended, ended_count);
        pthread_mutex_lock(&vault->memory);
        keep(vault, id, &session);
        pthread_mutex_unlock(&vault->memory);
        memcpy(ret_token, token, sizeof token);
    }
    pthread_mutex_unlock(&vault->disk);
    bm_free(ended);
    bm_wipe(token, sizeof token);
    return code;
}

enum bm_code bm_vault_check_session(struct bm_vault *vault, const char *token, int64_t now_ms,
                                    uint64_t *ret_operator_id, uint64_t *ret_session) {
    if (strnlen(token, BM_TOKEN_TEXT) != BM_TOKEN_TEXT - 1) return BM_UNAUTHENTICATED;
    uint8_t hash[BM_HASH_BYTES];
    bm_vault_hash("session", token, hash);
    enum bm_code code = BM_UNAUTHENTICATED;
    uint64_t id;
    pthread_mutex_lock(&vault->memory);
    if (bm_map_get(&vault->sessions_by_token, hash, &id)) {
        const struct bm_vault_session *session = bm_table_get(&vault->sessions, id);
        BM_CHECK(session);
        if (bm_same_secret(session->token, hash, sizeof hash) && now_ms < session->until_ms) {
            *ret_operator_id = session->operator_id;
            *ret_session = id;
            code = BM_OK;
        }
    }
    pthread_mutex_unlock(&vault->memory);
    return code;
}

int64_t bm_vault_session_lag(struct bm_vault *vault) {
    pthread_mutex_lock(&vault->memory);
    int64_t lag_ms = vault->session_lag_ms;
    pthread_mutex_unlock(&vault->memory);
    return lag_ms;
}

enum bm_code bm_vault_keep_session_lag(struct bm_vault *vault, int64_t lag_ms, struct bm_fault *fault) {
    struct bm_bytes wrapped = bm_vault_wrap(vault, BM_WRAP_SESSION_LAG, 0, &lag_ms, sizeof lag_ms);
    pthread_mutex_lock(&vault->disk);
    enum bm_code code = BM_OK;
    int rc = bm_vault_settled(vault->db);
    if (rc == SQLITE_OK) rc = bm_vault_put_value(vault->db, "session_lag", wrapped.bytes, wrapped.len);
    if (rc != SQLITE_OK) code = bm_vault_fault(vault->db, "keeping how far session time lies behind", fault);
    if (code == BM_OK) {
        pthread_mutex_lock(&vault->memory);
        vault->session_lag_ms = lag_ms;
        pthread_mutex_unlock(&vault->memory);
    }
    pthread_mutex_unlock(&vault->disk);
    bm_bytes_free(&wrapped);
    return code;
}

void bm_vault_begin_sessions(struct bm_vault *vault, int64_t now_ms) {
    pthread_mutex_lock(&vault->disk); /* who changes them holds it; nobody does yet */
    pthread_mutex_lock(&vault->memory);
    BM_TABLE_EACH(&vault->sessions, id) {
        struct bm_vault_session *session = bm_table_get(&vault->sessions, id);
        if (session->until_ms > now_ms + BM_SESSION_MS) session->until_ms = now_ms + BM_SESSION_MS;
        vault->session_left = id;
    }
    pthread_mutex_unlock(&vault->memory);
    pthread_mutex_unlock(&vault->disk);
}

int64_t bm_vault_session_until(struct bm_vault *vault, uint64_t session) {
    pthread_mutex_lock(&vault->memory);
    const struct bm_vault_session *found = bm_table_get(&vault->sessions, session);
    int64_t until_ms = found ? found->until_ms : 0;
    pthread_mutex_unlock(&vault->memory);
    return until_ms;
}

/* --- ending ----------------------------------------------------------------------------------- */

/* Ends sessions in memory first: whatever the disk says, nobody uses them from now on. */
static enum bm_code end(struct bm_vault *vault, const uint64_t *ids, size_t count,
                        struct bm_fault *fault) {
    if (count == 0) return BM_OK;
    forget_all(vault, ids, count);
    int rc = bm_vault_begin(vault->db);
    if (rc == SQLITE_OK) rc = BM_FAILS(session_end_io) ? SQLITE_IOERR_WRITE : delete_rows(vault->db, ids, count);
    enum bm_code code = bm_vault_finish(vault->db, rc, "ending sessions", fault);
    if (code == BM_OK) BM_STEP_DONE(session_ended);
    return code;
}

enum bm_code bm_vault_end_session(struct bm_vault *vault, uint64_t session,
                                  struct bm_fault *fault) {
    pthread_mutex_lock(&vault->disk);
    enum bm_code code = end(vault, &session, 1, fault);
    pthread_mutex_unlock(&vault->disk);
    return code;
}

enum bm_code bm_vault_end_sessions_of(struct bm_vault *vault, uint64_t operator_id,
                                      struct bm_fault *fault) {
    BM_CHECK(operator_id > 0);
    pthread_mutex_lock(&vault->disk);
    size_t count;
    struct pick pick = {.operator_id = operator_id, .ended_by_ms = INT64_MAX};
    uint64_t *ids = find_sessions(vault, pick, &count);
    enum bm_code code = end(vault, ids, count, fault);
    pthread_mutex_unlock(&vault->disk);
    bm_free(ids);
    return code;
}

enum bm_code bm_vault_end_sessions_left(struct bm_vault *vault, int64_t until_ms, struct bm_fault *fault) {
    pthread_mutex_lock(&vault->disk);
    size_t count = 0;
    uint64_t *ids = vault->session_left ? find_sessions(vault, (struct pick){.ended_by_ms = until_ms, .last = vault->session_left}, &count) : NULL;
    enum bm_code code = end(vault, ids, count, fault);
    pthread_mutex_unlock(&vault->disk);
    bm_free(ids);
    return code;
}

/* --- the setup link --------------------------------------------------------------------------- */

enum bm_code bm_vault_new_setup(struct bm_vault *vault, char ret_token[BM_TOKEN_TEXT],
                                struct bm_fault *fault) {
    char token[BM_TOKEN_TEXT];
    make_token(token);
    uint8_t hash[BM_HASH_BYTES];
    bm_vault_hash("setup", token, hash);
    struct bm_bytes wrapped = bm_vault_wrap(vault, BM_WRAP_SETUP, 0, hash, sizeof hash);
    pthread_mutex_lock(&vault->disk);
    enum bm_code code = BM_OK;
    int rc = bm_vault_settled(vault->db);
    if (rc == SQLITE_OK) rc = bm_vault_put_value(vault->db, "setup", wrapped.bytes, wrapped.len);
    if (rc == SQLITE_OK) {
        pthread_mutex_lock(&vault->memory);
        vault->has_setup = true;
        memcpy(vault->setup, hash, sizeof hash);
        pthread_mutex_unlock(&vault->memory);
        memcpy(ret_token, token, sizeof token);
    } else {
        code = bm_vault_fault(vault->db, "keeping the setup link", fault);
    }
    pthread_mutex_unlock(&vault->disk);
    bm_bytes_free(&wrapped);
    bm_wipe(token, sizeof token);
    return code;
}

bool bm_vault_setup_matches(struct bm_vault *vault, const char *token) {
    if (strnlen(token, BM_TOKEN_TEXT) != BM_TOKEN_TEXT - 1) return false;
    uint8_t hash[BM_HASH_BYTES];
    bm_vault_hash("setup", token, hash);
    pthread_mutex_lock(&vault->memory);
    bool matches = vault->has_setup && bm_same_secret(vault->setup, hash, sizeof hash);
    pthread_mutex_unlock(&vault->memory);
    return matches;
}

enum bm_code bm_vault_end_setup(struct bm_vault *vault, struct bm_fault *fault) {
    pthread_mutex_lock(&vault->disk);
    pthread_mutex_lock(&vault->memory);
    vault->has_setup = false;
    pthread_mutex_unlock(&vault->memory);
    int rc = bm_vault_settled(vault->db);
    if (rc == SQLITE_OK) rc = bm_vault_drop_value(vault->db, "setup");
    enum bm_code code = rc == SQLITE_OK
                            ? BM_OK
                            : bm_vault_fault(vault->db, "ending the setup link", fault);
    pthread_mutex_unlock(&vault->disk);
    return code;
}
