/* The vault: the separate, mutable store of what must be forgettable or secret - sealing keys,
 * accounts, second factors, sessions, the one-time setup link, the signing key.  DIR/vault.db is
 * SQLite in rollback-journal mode (journal_mode=DELETE, synchronous=EXTRA, secure_delete=ON), so that
 * a destroyed key leaves no copy behind in a log.  Every secret in it is wrapped (XChaCha20-Poly1305)
 * by the master key in DIR/vault.key (32 bytes, mode 0600, made at first start), or by the file named
 * in the environment's CREDENTIALS_DIRECTORY (systemd credential "bellman-vault-key") when present.
 *
 * Safe from any thread.  Functions marked [blocks] wait for the disk: never call them on the io or desk
 * thread, but through workers.  The others wait for no disk, not even for another thread's sync. */
#ifndef BM_VAULT_VAULT_H
#define BM_VAULT_VAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/code.h"
#include "base/hash.h"
#include "base/seal.h"

struct bm_vault;

/* [blocks, ~60 ms] Opens or makes DIR/vault.db and DIR/vault.key (DIR must exist), with at least
 * BM_KEY_BLOCK / 2 fresh keys.  BM_CORRUPT when the master key does not fit the vault or is missing (says
 * so), BM_BAD_FORMAT, BM_IO. */
BM_MUST_USE enum bm_code bm_vault_open(const char *dir, struct bm_vault **ret_vault,
                                       struct bm_fault *fault);
/* [blocks] The same for bm_vault_backup and bm_vault_close alone, beside a server that runs on it: takes no keys,
 * leaves no note about them, and writes nothing.  BM_NOT_FOUND when DIR has no vault. */
BM_MUST_USE enum bm_code bm_vault_open_to_copy(const char *dir, struct bm_vault **ret_vault,
                                               struct bm_fault *fault);
void bm_vault_close(struct bm_vault *vault); /* NULL is fine; wipes keys from memory */
/* [blocks] Copies the vault (and its master key, mode 0600) into the existing folder `out_dir` for a
 * backup; BM_EXISTS when a vault is there already.  The copy has no sessions and no setup link, and its
 * key ids go on far beyond those of the original.  Until that copy is deleted, erased keys that it
 * holds could still be opened: the caller says so to people. */
BM_MUST_USE enum bm_code bm_vault_backup(struct bm_vault *vault, const char *out_dir,
                                         struct bm_fault *fault);

/* --- sealing keys ------------------------------------------------------------------------------------
 * Keys are made ahead in blocks of BM_KEY_BLOCK and synced before any of them is handed out, so that
 * taking one costs no disk on a command's way. */
enum { BM_KEY_BLOCK = 512 };
struct bm_vault_key {
    uint64_t id; /* > 0, never used twice, not even after a crash */
    uint8_t key[BM_KEY_BYTES];
};
/* Takes a fresh key.  BM_NOT_READY when the block is empty (a worker must call bm_vault_make_keys). */
BM_MUST_USE enum bm_code bm_vault_take_key(struct bm_vault *vault, struct bm_vault_key *ret_key);
/* Fresh keys left; when below BM_KEY_BLOCK / 2, have a worker make more. */
size_t bm_vault_keys_left(struct bm_vault *vault);
/* [blocks] Makes and syncs one more block. */
BM_MUST_USE enum bm_code bm_vault_make_keys(struct bm_vault *vault, struct bm_fault *fault);
/* Hands out no key with this id or a lower one from now on.  Called at start with the highest key id in
 * the journal, so that a vault restored from an older copy repeats no id; then look at
 * bm_vault_keys_left. */
void bm_vault_keys_after(struct bm_vault *vault, uint64_t id);
/* The key by id, from memory.  BM_NOT_FOUND once it was destroyed; BM_CORRUPT when its stored bytes were
 * damaged. */
BM_MUST_USE enum bm_code bm_vault_key(struct bm_vault *vault, uint64_t id,
                                      uint8_t ret_key[BM_KEY_BYTES]);
/* [blocks] Destroys keys for good: memory wiped at once, their place on the disk overwritten, synced.
 * Ids that are not there are fine (the sweep after a crash repeats). */
BM_MUST_USE enum bm_code bm_vault_destroy_keys(struct bm_vault *vault, const uint64_t *ids,
                                               size_t count, struct bm_fault *fault);

/* --- accounts --------------------------------------------------------------------------------- */
enum { BM_LOGIN_TEXT = 64, BM_PASSWORD_MIN = 10, BM_PASSWORD_MAX = 128 };
/* [blocks, ~60 ms] Makes an account for an operator, or gives an existing one (same operator) a new
 * login or password.  BM_EXISTS when another operator has this login; BM_OUT_OF_RANGE names "password"
 * or "login" with the rule it breaks (login: 1..63 bytes, no spaces or control characters; password:
 * BM_PASSWORD_MIN characters at least, BM_PASSWORD_MAX bytes at most, not equal to the login).
 * Ends a lock-out of the login; its sessions go on unless the caller ends them. */
BM_MUST_USE enum bm_code bm_vault_set_account(struct bm_vault *vault, uint64_t operator_id,
                                              const char *login, const char *password,
                                              struct bm_fault *fault);
/* [blocks, ~60 ms] Checks login and password; takes as long when the login does not exist.
 * BM_UNAUTHENTICATED (the same words for a wrong login and a wrong password); BM_TOO_MANY after 5
 * failures of this login within 15 minutes of `now_ms` (says until when); BM_CORRUPT when the account's
 * stored bytes were changed; BM_OVERLOADED without memory for the work. */
BM_MUST_USE enum bm_code bm_vault_check_account(struct bm_vault *vault, const char *login,
                                                const char *password, int64_t now_ms,
                                                uint64_t *ret_operator_id, struct bm_fault *fault);
/* [blocks, ~60 ms] The same for an operator who has none yet; BM_EXISTS otherwise. */
BM_MUST_USE enum bm_code bm_vault_first_account(struct bm_vault *vault, uint64_t operator_id,
                                                const char *login, const char *password,
                                                struct bm_fault *fault);
/* [blocks] Whether the operator has an account. */
BM_MUST_USE enum bm_code bm_vault_account_of(struct bm_vault *vault, uint64_t operator_id, bool *ret_has,
                                             struct bm_fault *fault);
/* Whether any account exists. */
bool bm_vault_has_accounts(struct bm_vault *vault);

/* --- sessions -------------------------------------------------------------------------------------------
 * A token is 32 random bytes as 64 hex digits; the vault keeps only its BLAKE2b hash, so a copy of the
 * vault logs nobody in.  Sessions survive a restart; all live ones are also in memory.
 *
 * `now_ms` of them all is session time (api/session_time.c): what people live through of the desk's time.  It goes on by the monotonic
 * clock; a wall clock that jumps moves it neither by itself nor when an administrator has confirmed it, or a wrong clock would log the
 * whole desk out in the middle of a night.  So it lies behind the desk's time by what was confirmed, which is kept here. */
enum { BM_TOKEN_TEXT = 65, BM_SESSION_MS = 12 * 60 * 60 * 1000 };
/* [blocks] BM_TOO_MANY when 65,536 sessions are live. */
BM_MUST_USE enum bm_code bm_vault_open_session(struct bm_vault *vault, uint64_t operator_id,
                                               int64_t now_ms, char ret_token[BM_TOKEN_TEXT],
                                               struct bm_fault *fault);
/* From memory.  BM_UNAUTHENTICATED when unknown, ended or expired. */
BM_MUST_USE enum bm_code bm_vault_check_session(struct bm_vault *vault, const char *token,
                                                int64_t now_ms, uint64_t *ret_operator_id,
                                                uint64_t *ret_session);
/* From memory.  By how much session time lies behind the desk's time, as it was kept last; 0 at first. */
int64_t bm_vault_session_lag(struct bm_vault *vault);
/* [blocks] Keeps it. */
BM_MUST_USE enum bm_code bm_vault_keep_session_lag(struct bm_vault *vault, int64_t lag_ms, struct bm_fault *fault);
/* In memory, at a start: what a former process left has BM_SESSION_MS to go from `now_ms` on at most, whatever its clock was. */
void bm_vault_begin_sessions(struct bm_vault *vault, int64_t now_ms);
/* [blocks] Ends those of them that end by `until_ms`: the desk was away for longer than could be told at the start. */
BM_MUST_USE enum bm_code bm_vault_end_sessions_left(struct bm_vault *vault, int64_t until_ms, struct bm_fault *fault);
/* From memory.  When the session ends by itself; 0 when there is none. */
int64_t bm_vault_session_until(struct bm_vault *vault, uint64_t session);
/* [blocks] Ends one session, or all of an operator (role change, dismissal). */
BM_MUST_USE enum bm_code bm_vault_end_session(struct bm_vault *vault, uint64_t session,
                                              struct bm_fault *fault);
BM_MUST_USE enum bm_code bm_vault_end_sessions_of(struct bm_vault *vault, uint64_t operator_id,
                                                  struct bm_fault *fault);

/* --- channels out of the house ------------------------------------------------------------------
 * What a partner, a mail server or a gateway knows us by.  Printable text without spaces. */
enum { BM_CHANNEL_SECRET_TEXT = 256 };
/* [blocks] */
BM_MUST_USE enum bm_code bm_vault_set_channel_secret(struct bm_vault *vault, uint64_t channel, const char *secret,
                                                     struct bm_fault *fault);
/* [blocks] BM_NOT_FOUND when it has none. */
BM_MUST_USE enum bm_code bm_vault_channel_secret(struct bm_vault *vault, uint64_t channel,
                                                 char ret_secret[BM_CHANNEL_SECRET_TEXT], struct bm_fault *fault);

/* --- first start -----------------------------------------------------------------------------------------
 * The setup link makes the administrator, once.  Only its hash is kept. */
/* [blocks] A new setup token (the former stops working), valid until used. */
BM_MUST_USE enum bm_code bm_vault_new_setup(struct bm_vault *vault, char ret_token[BM_TOKEN_TEXT],
                                            struct bm_fault *fault);
/* Whether `token` is the present setup token; does not use it up. */
bool bm_vault_setup_matches(struct bm_vault *vault, const char *token);
/* [blocks] Ends it. */
BM_MUST_USE enum bm_code bm_vault_end_setup(struct bm_vault *vault, struct bm_fault *fault);

/* --- invitations (vault/invite.c) ---------------------------------------------------------------------
 * A link with which somebody who has no account yet chooses a password, once: for whom and until when, under a keyed hash
 * of this vault.  Nothing is kept: the first account that it makes is the end of it. */
#define BM_INVITE_MS (INT64_C(7) * 24 * 60 * 60 * 1000)
void bm_vault_invite(struct bm_vault *vault, uint64_t operator_id, int64_t now_ms,
                     char ret_token[BM_TOKEN_TEXT]);
/* For whom it is; BM_FORBIDDEN when it is none of ours, or over. */
BM_MUST_USE enum bm_code bm_vault_invited(struct bm_vault *vault, const char *token, int64_t now_ms,
                                          uint64_t *ret_operator_id, struct bm_fault *fault);

/* --- signed checkpoints (vault/checkpoint.c) ----------------------------------------------------------------
 * A chain alone cannot see a cut tail: the head is signed from time to time and kept elsewhere.  A
 * checkpoint is one line of JSON {"ledger","seq","hash","at_ms","public_key","signature"} (ledger and
 * seq as decimal strings, at_ms as a number, the others as hex); the
 * signature (Ed25519) is over "bellman checkpoint 1\n" and the other members as decimal or hex lines. */
struct bm_checkpoint {
    uint64_t ledger, seq;
    struct bm_hash hash;
    int64_t at_ms;
};
/* [blocks] Writes `checkpoint` signed to `path` (temporary file, fsync, rename). */
BM_MUST_USE enum bm_code bm_checkpoint_write(struct bm_vault *vault,
                                             const struct bm_checkpoint *checkpoint,
                                             const char *path, struct bm_fault *fault);
/* Reads and checks the signature against the key inside; `expected_public` (may be NULL) pins it.
 * BM_NOT_FOUND when there is no file, BM_CORRUPT when it does not verify. */
BM_MUST_USE enum bm_code bm_checkpoint_read(const char *path,
                                            const uint8_t *expected_public,
                                            struct bm_checkpoint *ret_checkpoint,
                                            struct bm_fault *fault);
/* [blocks] Whether the folder may be used so.  A fresh one that is first used for training is marked for ever; later one that
 * is marked is refused to a real desk, and one that holds a real desk's accounts to training: BM_NOT_POSSIBLE with the mend. */
BM_MUST_USE enum bm_code bm_vault_training(struct bm_vault *vault, bool training, struct bm_fault *fault);
/* A secret of this vault for keyed hashes of what people send: such a hash may stand in the journal for ever,
 * where a plain one would let anybody with a copy try all telephone numbers against it. */
void bm_vault_digest_key(struct bm_vault *vault, uint8_t ret_key[BM_KEY_BYTES]);
/* The vault's public signing key. */
void bm_vault_public_key(struct bm_vault *vault, uint8_t ret_public[BM_SIGN_PUBLIC_BYTES]);

#endif
