/* What the files of the vault share.  Private to src/vault and its tests.
 *
 * Two locks, always taken in this order:
 *   disk    held while SQLite works: as long as a sync may take
 *   memory  held for a few loads and stores, so that taking a key, reading a key and checking a
 *           session never wait for somebody else's sync */
#ifndef BM_VAULT_VAULT_PRIVATE_H
#define BM_VAULT_VAULT_PRIVATE_H

#include <pthread.h>
#include <sqlite3.h>

#include "base/map.h"
#include "base/table.h"
#include "vault/vault.h"

enum {
    BM_VAULT_FORMAT = 1,               /* PRAGMA user_version */
    BM_VAULT_APPLICATION = 0x424d5641, /* PRAGMA application_id: "BMVA" */

    /* One row of key_block: a pad, then BM_KEY_BLOCK slots of one wrapped key each.  A b-tree moves
     * only the first part of a long row when it balances, at most a page of it, and leaves old
     * copies behind in the gaps; the pad keeps the slots out of that part.  So a slot has one place
     * on the disk for ever, and overwriting it there is the end of the key. */
    BM_SLOT_BYTES = BM_KEY_BYTES + BM_SEAL_EXTRA_BYTES,
    BM_BLOCK_PAD_BYTES = 4096,
    BM_BLOCK_BYTES = BM_BLOCK_PAD_BYTES + BM_KEY_BLOCK * BM_SLOT_BYTES,

    /* A copy of the vault continues this many blocks further on, so that an id the original hands
     * out after the backup is never handed out again by the copy. */
    BM_BACKUP_SKIP_BLOCKS = 1 << 20,

    BM_FAILURES_MAX = 5,             /* of one login ... */
    BM_FAILURES_MS = 15 * 60 * 1000, /* ... within this time */
    BM_FAILING_LOGINS_MAX = 4096,    /* logins remembered; past it the least failing is forgotten */
    BM_SESSIONS_MAX = 65536          /* live sessions; past it nobody else logs in */
};
/* Block numbers stay below this: ids fit SQLite's integers and the tags below. */
#define BM_BLOCK_NUMBER_MAX (UINT64_C(1) << 44)

/* What a wrapped secret is for: the additional data of its encryption, so that no wrapped secret
 * can stand in another's place.  Keys have their own id, which is below 2^56. */
enum bm_vault_purpose {
    BM_WRAP_KEY = 0,
    BM_WRAP_SIGNING = 1,
    BM_WRAP_ACCOUNT = 2,
    BM_WRAP_SESSION = 3,
    BM_WRAP_SETUP = 4,
    BM_WRAP_RECEIPT = 5,
    BM_WRAP_DEVICE = 6,
    BM_WRAP_CHANNEL = 7,
    BM_WRAP_SESSION_LAG = 8
};

/* Keys id = number * BM_KEY_BLOCK + slot + 1.  Bit sets over the slots. */
struct bm_vault_block {
    uint64_t number;
    uint32_t taken;                      /* slots below were handed out, or may have been */
    uint64_t stored[BM_KEY_BLOCK / 64];  /* the slot on disk is not blank */
    uint64_t usable[BM_KEY_BLOCK / 64];  /* the key is in `keys` */
    uint64_t damaged[BM_KEY_BLOCK / 64]; /* stored, but it does not open */
    uint8_t keys[BM_KEY_BLOCK][BM_KEY_BYTES];
};

/* The last failures of one login. */
struct bm_vault_failing {
    uint8_t login[BM_HASH_BYTES];   /* its hash */
    uint32_t count;                 /* 0: free */
    int64_t at_ms[BM_FAILURES_MAX]; /* oldest first */
};

struct bm_vault_session {
    uint64_t operator_id;
    int64_t until_ms;
    uint8_t token[BM_HASH_BYTES]; /* its hash */
};

struct bm_vault_secret {
    uint8_t hash[BM_HASH_BYTES];
};

struct bm_vault {
    pthread_mutex_t disk, memory;
    char *path;  /* DIR/vault.db */
    sqlite3 *db; /* under disk */

    /* Constant once open. */
    uint8_t master[BM_KEY_BYTES];
    uint8_t sign_public[BM_SIGN_PUBLIC_BYTES];
    uint8_t sign_secret[BM_SIGN_SECRET_BYTES];
    bool has_receipt; /* false only in a vault opened to copy that is older than receipts */
    uint8_t receipt_public[BM_SIGN_PUBLIC_BYTES];
    uint8_t receipt_secret[BM_SIGN_SECRET_BYTES];
    uint8_t receipt_codes[BM_KEY_BYTES];
    char dummy_hash[BM_PASSWORD_HASH_BYTES]; /* verified when a login does not exist */

    /* Under memory; changed only by holders of disk, except `taken`, `fresh` and `failing`. */
    struct bm_vault_block **blocks; /* rising number */
    size_t block_count, block_cap;
    size_t fresh;        /* usable keys never handed out */
    uint64_t keys_after; /* only ids above this are handed out */
    size_t account_count;
    struct bm_vault_failing *failing; /* BM_FAILING_LOGINS_MAX */
    struct bm_table sessions;         /* of struct bm_vault_session, by session id */
    struct bm_map sessions_by_token;  /* first half of the token's hash -> session id */
    int64_t session_lag_ms;           /* session time lies so far behind the desk's */
    uint64_t session_left;            /* up to this id they were left by a former process */
    struct bm_table device_secrets;   /* of struct bm_vault_secret, by device id */
    bool has_setup;
    uint8_t setup[BM_HASH_BYTES]; /* hash of the setup token */
};

/* --- files.c: files that must be there after a power cut -------------------------------------- */

/* Memory for secrets: zeroed, left out of core dumps, and kept from the swap where the system
 * allows. */
void *bm_vault_secret_new(size_t bytes);
void bm_vault_secret_free(void *block, size_t bytes); /* wipes; NULL is fine */

/* "dir/name", the caller's to free. */
char *bm_vault_join(const char *dir, const char *name);
/* Writes a whole file: temporary name beside it, sync, rename, sync of the folder. */
BM_MUST_USE enum bm_code bm_vault_write_file(const char *path, unsigned mode, const void *bytes,
                                             size_t len, struct bm_fault *fault);
/* Reads at most `max` bytes; a longer file gives *ret_len = max + 1.  BM_NOT_FOUND, BM_IO. */
BM_MUST_USE enum bm_code bm_vault_read_file(const char *path, void *ret_bytes, size_t max,
                                            size_t *ret_len, struct bm_fault *fault);
BM_MUST_USE enum bm_code bm_vault_sync_folder(const char *file_path, struct bm_fault *fault);

/* --- vault.c ---------------------------------------------------------------------------------- */

/* A statement, or NULL; binding NULL is harmless, and bm_vault_run then fails. */
sqlite3_stmt *bm_vault_prepare(sqlite3 *db, const char *sql);
/* Steps a statement whose rows do not matter and finalizes it.  An SQLite code. */
int bm_vault_run(sqlite3_stmt *statement);
int bm_vault_sql(sqlite3 *db, const char *sql);
/* Says in `fault` what SQLite said last, with the mend; `doing` reads "keeping the session". */
enum bm_code bm_vault_fault(sqlite3 *db, const char *doing, struct bm_fault *fault);
/* Begins to write.  Whoever writes without it asks bm_vault_settled first: a transaction whose end could not be brought about
 * for want of memory is still open, and what is written into it is not kept.  SQLite codes. */
int bm_vault_settled(sqlite3 *db);
int bm_vault_begin(sqlite3 *db);
/* Ends a transaction: commits when `rc` is SQLITE_OK, else rolls back. */
BM_MUST_USE enum bm_code bm_vault_finish(sqlite3 *db, int rc, const char *doing,
                                         struct bm_fault *fault);
/* Named values.  `*ret_len` is 0 when there is none, and past `max` when it is longer.  SQLite
 * codes. */
int bm_vault_get_value(sqlite3 *db, const char *name, void *ret_bytes, size_t max, size_t *ret_len);
int bm_vault_put_value(sqlite3 *db, const char *name, const void *bytes, size_t len);
int bm_vault_drop_value(sqlite3 *db, const char *name);
/* The same for numbers; 0 when there is none. */
int bm_vault_get_number(sqlite3 *db, const char *name, uint64_t *ret_number);
int bm_vault_put_number(sqlite3 *db, const char *name, uint64_t number);

/* Encrypts under the master key; the result is the caller's to free (bm_bytes_free). */
struct bm_bytes bm_vault_wrap(const struct bm_vault *vault, enum bm_vault_purpose purpose,
                              uint64_t id, const void *clear, size_t len);
/* False when the bytes are not exactly `len` bytes wrapped here for this purpose and id. */
bool bm_vault_unwrap(const struct bm_vault *vault, enum bm_vault_purpose purpose, uint64_t id,
                     const void *wrapped, size_t wrapped_len, void *ret_clear, size_t len);
/* Hash of a token or a login, its own for each `use`. */
void bm_vault_hash(const char *use, const char *text, uint8_t ret_hash[BM_HASH_BYTES]);

/* Opens an SQLite file, made with mode 0600 when new, with the settings that vault.h names. */
BM_MUST_USE enum bm_code bm_vault_open_file(const char *path, sqlite3 **ret_db,
                                            struct bm_fault *fault);

/* --- what the parts do at opening; all with no other thread about ----------------------------- */

/* The receipts' key pair and secret; makes them when `make` and there are none. */
BM_MUST_USE enum bm_code bm_vault_load_receipt(struct bm_vault *vault, bool make,
                                               struct bm_fault *fault);
BM_MUST_USE enum bm_code bm_vault_load_keys(struct bm_vault *vault, struct bm_fault *fault);
/* Notes which keys were never handed out, so that the next opening may still use them. */
void bm_vault_leave_keys(struct bm_vault *vault);
void bm_vault_free_keys(struct bm_vault *vault);
BM_MUST_USE enum bm_code bm_vault_load_accounts(struct bm_vault *vault, struct bm_fault *fault);
BM_MUST_USE enum bm_code bm_vault_load_sessions(struct bm_vault *vault, struct bm_fault *fault);
BM_MUST_USE enum bm_code bm_vault_load_devices(struct bm_vault *vault, struct bm_fault *fault);

#endif
