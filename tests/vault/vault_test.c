/* The files as a whole: opening, damage, backups; and signed checkpoints. */
#include "support.h"

#include <sys/stat.h>
#include <unistd.h>

static const char GOOD[] = "correct-horse-battery";

static void files_are_for_their_owner_only(void **state) {
    mode_t before = umask(0);
    struct bm_vault *vault = bm_test_open(*state);
    umask(before);
    assert_int_equal(bm_test_mode(bm_test_path(*state, "vault.db")), 0600);
    assert_int_equal(bm_test_mode(bm_test_path(*state, "vault.key")), 0600);
    size_t len;
    uint8_t *key = bm_test_slurp(bm_test_path(*state, "vault.key"), &len);
    assert_int_equal(len, BM_KEY_BYTES);
    assert_memory_equal(key, vault->master, BM_KEY_BYTES);
    free(key);
    bm_vault_close(vault);
    /* A copy that came back with wider modes is narrowed. */
    assert_int_equal(chmod(bm_test_path(*state, "vault.key"), 0644), 0);
    assert_int_equal(chmod(bm_test_path(*state, "vault.db"), 0644), 0);
    bm_vault_close(bm_test_open(*state));
    assert_int_equal(bm_test_mode(bm_test_path(*state, "vault.db")), 0600);
    assert_int_equal(bm_test_mode(bm_test_path(*state, "vault.key")), 0600);
}

static void the_disk_settings_are_as_promised(void **state) {
    static const struct {
        const char *sql;
        const char *expected;
    } settings[] = {{"PRAGMA journal_mode", "delete"},
                    {"PRAGMA synchronous", "3"},
                    {"PRAGMA secure_delete", "1"},
                    {"PRAGMA page_size", "4096"}};
    struct bm_vault *vault = bm_test_open(*state);
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
        sqlite3_stmt *statement = bm_vault_prepare(vault->db, settings[i].sql);
        assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
        assert_string_equal(sqlite3_column_text(statement, 0), settings[i].expected);
        sqlite3_finalize(statement);
    }
    bm_vault_close(vault);
}

static void another_master_key_is_refused(void **state) {
    const char *dir = *state;
    bm_vault_close(bm_test_open(dir));
    const char *key_path = bm_test_path(dir, "vault.key");
    size_t len;
    uint8_t *key = bm_test_slurp(key_path, &len);
    uint8_t first = key[0] ^ 1;
    bm_test_overwrite(key_path, 0, &first, 1);
    bm_test_refused(dir, BM_CORRUPT, "master key does not fit");
    assert_int_equal(truncate(key_path, 31), 0);
    bm_test_refused(dir, BM_CORRUPT, "exactly 32 bytes");
    assert_int_equal(truncate(key_path, 33), 0);
    bm_test_refused(dir, BM_CORRUPT, "exactly 32 bytes");
    /* A lost key is never quietly replaced. */
    assert_int_equal(unlink(key_path), 0);
    bm_test_refused(dir, BM_CORRUPT, "is not: put the key back");
    assert_int_equal(access(key_path, F_OK), -1);
    assert_int_equal(bm_vault_write_file(key_path, 0600, key, len, NULL), BM_OK);
    free(key);
    bm_vault_close(bm_test_open(dir));
}

static void the_systemd_credential_comes_first(void **state) {
    const char *dir = *state;
    char credentials[400];
    snprintf(credentials, sizeof credentials, "%s/credentials", dir);
    assert_int_equal(mkdir(credentials, 0700), 0);
    setenv("CREDENTIALS_DIRECTORY", credentials, 1);
    uint8_t key[BM_KEY_BYTES];
    memset(key, 0x5c, sizeof key);
    const char *path = bm_test_path(credentials, "bellman-vault-key");
    assert_int_equal(bm_vault_write_file(path, 0400, key, sizeof key, NULL), BM_OK);
    struct bm_vault *vault = bm_test_open(dir);
    assert_memory_equal(vault->master, key, sizeof key);
    assert_int_equal(access(bm_test_path(dir, "vault.key"), F_OK), -1);
    bm_vault_close(vault);
    unsetenv("CREDENTIALS_DIRECTORY");
    bm_test_refused(dir, BM_CORRUPT, "put the key back");
    /* Without the credential in its folder, the file in DIR is taken. */
    assert_int_equal(rename(path, bm_test_path(dir, "vault.key")), 0);
    setenv("CREDENTIALS_DIRECTORY", credentials, 1);
    bm_vault_close(bm_test_open(dir));
    unsetenv("CREDENTIALS_DIRECTORY");
}

static void a_file_of_another_kind_or_version_is_refused(void **state) {
    const char *dir = *state;
    bm_vault_close(bm_test_open(dir));
    bm_test_sql(dir, "PRAGMA user_version=2");
    bm_test_refused(dir, BM_BAD_FORMAT, "format 2, this program knows 1");
    bm_test_sql(dir, "PRAGMA user_version=1; PRAGMA application_id=7");
    bm_test_refused(dir, BM_BAD_FORMAT, "not a Bellman vault");
    static const uint8_t rubbish[200] = {'r'};
    bm_test_overwrite(bm_test_path(dir, "vault.db"), 0, rubbish, sizeof rubbish);
    bm_test_refused(dir, BM_CORRUPT, "damaged");
    bm_test_refused("/nonexistent/folder", BM_IO, "No such file");
}

static void a_changed_vault_is_refused(void **state) {
    const char *dir = *state;
    static const struct {
        const char *sql, *words;
    } changes[] = {
        {"UPDATE named SET bytes = zeroblob(136) WHERE name = 'signing'", "signing key"},
        {"UPDATE named SET bytes = x'00' WHERE name = 'signing'", "signing key"},
        {"DELETE FROM named WHERE name = 'signing'", "signing key"},
        {"DELETE FROM named WHERE name = 'master_check'", "master key does not fit"},
        {"UPDATE key_block SET slots = x'00'", "key block 0 is damaged"},
        {"UPDATE key_block SET number = -4", "key block -4 is damaged"},
        {"UPDATE key_block SET number = 9000", "key block 9000 is damaged"},
        {"DELETE FROM named WHERE name = 'next_block'", "key block 0 is damaged"},
        {"DROP TABLE session", "no such table"},
    };
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        bm_vault_close(bm_test_open(dir));
        bm_test_sql(dir, changes[i].sql);
        enum bm_code code = i == sizeof changes / sizeof changes[0] - 1 ? BM_IO : BM_CORRUPT;
        bm_test_refused(dir, code, changes[i].words);
        assert_int_equal(unlink(bm_test_path(dir, "vault.db")), 0);
    }
}

/* Any single changed byte: the vault is refused or opens, but no check of ours fails. */
static void flipped_bytes_never_crash_it(void **state) {
    const char *dir = *state;
    struct bm_vault *vault = bm_test_open(dir);
    char token[BM_TOKEN_TEXT];
    assert_int_equal(bm_vault_set_account(vault, 5, "ada", GOOD, NULL), BM_OK);
    assert_int_equal(bm_vault_open_session(vault, 5, 1000, token, NULL), BM_OK);
    bm_vault_close(vault);
    char path[400];
    snprintf(path, sizeof path, "%s/vault.db", dir);
    size_t len;
    uint8_t *good = bm_test_slurp(path, &len);
    uint64_t draw = 88172645463325252u;
    unsigned refused = 0;
    for (int i = 0; i < 60; i++) {
        draw ^= draw << 13, draw ^= draw >> 7, draw ^= draw << 17;
        /* Half of them where SQLite keeps its structure. */
        size_t at = (size_t)(draw % (i % 2 ? len : 120));
        uint8_t changed = good[at] ^ (uint8_t)(1u << draw % 8);
        bm_test_overwrite(path, at, &changed, 1);
        struct bm_vault *opened = NULL;
        if (bm_vault_open(dir, &opened, NULL) == BM_OK)
            bm_vault_close(opened);
        else
            refused++;
        assert_int_equal(truncate(path, 0), 0);
        bm_test_overwrite(path, 0, good, len);
        (void)unlink(bm_test_path(dir, "vault.db-journal"));
    }
    assert_true(refused > 0);
    free(good);
    bm_vault_close(bm_test_open(dir));
}

/* A name that the disk does not answer for (here: a link to itself) is no name that is free. */
static void what_cannot_be_looked_for_is_not_made_anew(void **state) {
    const char *dir = *state, *vault_db = bm_test_path(dir, "vault.db");
    char out[400], key[420];
    struct bm_fault fault = {0};
    snprintf(out, sizeof out, "%s/backup", dir);
    snprintf(key, sizeof key, "%s/vault.key", out);
    assert_int_equal(mkdir(out, 0700), 0);
    assert_int_equal(symlink(key, key), 0);
    struct bm_vault *vault = bm_test_open(dir);
    assert_int_equal(bm_vault_backup(vault, out, &fault), BM_IO);
    bm_vault_close(vault);
    assert_int_equal(unlink(vault_db), 0);
    assert_int_equal(symlink(vault_db, vault_db), 0);
    assert_int_equal(unlink(bm_test_path(dir, "vault.key")), 0);
    bm_test_refused(dir, BM_IO, "vault.db");
    assert_int_equal(access(bm_test_path(dir, "vault.key"), F_OK), -1);
    assert_int_equal(bm_vault_open_to_copy(dir, &vault, &fault), BM_IO);
}

/* Somebody has it locked for longer than a copy waits: that is told, and no empty copy is made. */
static void a_backup_of_a_vault_that_is_held(void **state) {
    const char *dir = *state;
    char out[400];
    struct bm_fault fault;
    sqlite3 *other;
    snprintf(out, sizeof out, "%s/backup", dir);
    assert_int_equal(mkdir(out, 0700), 0);
    struct bm_vault *vault = bm_test_open(dir);
    assert_int_equal(sqlite3_open(bm_test_path(dir, "vault.db"), &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(bm_vault_backup(vault, out, &fault), BM_BUSY);
    assert_int_equal(access(bm_test_path(out, "vault.db"), F_OK), -1);
    assert_int_equal(sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(other);
    assert_int_equal(bm_vault_backup(vault, out, &fault), BM_OK);
    bm_vault_close(vault);
}

static void a_backup_opens_and_goes_its_own_way(void **state) {
    const char *dir = *state;
    char out[400], rule[400];
    snprintf(out, sizeof out, "%s/backup", dir);
    assert_int_equal(mkdir(out, 0700), 0);
    struct bm_vault *vault = bm_test_open(dir);
    struct bm_vault_key key, later;
    char token[BM_TOKEN_TEXT], setup[BM_TOKEN_TEXT];
    uint64_t operator_id = 0, session = 0;
    assert_int_equal(bm_vault_take_key(vault, &key), BM_OK);
    assert_int_equal(bm_vault_set_account(vault, 5, "ada", GOOD, NULL), BM_OK);
    assert_int_equal(bm_vault_open_session(vault, 5, 1000, token, NULL), BM_OK);
    assert_int_equal(bm_vault_new_setup(vault, setup, NULL), BM_OK);
    assert_int_equal(bm_vault_backup(vault, out, NULL), BM_OK);
    struct bm_fault fault;
    assert_int_equal(bm_vault_backup(vault, out, &fault), BM_EXISTS);
    assert_int_equal(bm_vault_backup(vault, dir, &fault), BM_EXISTS);
    snprintf(rule, sizeof rule, "%s/none", dir);
    assert_int_equal(bm_vault_backup(vault, rule, &fault), BM_IO);
    assert_int_equal(bm_test_mode(bm_test_path(out, "vault.db")), 0600);
    assert_int_equal(bm_test_mode(bm_test_path(out, "vault.key")), 0600);
    assert_int_equal(access(bm_test_path(out, "vault.db.new"), F_OK), -1);
    uint64_t last = 0;
    for (int i = 0; i < 3 * BM_KEY_BLOCK; i++) { /* the original goes on */
        if (bm_vault_take_key(vault, &later) != BM_OK) {
            assert_int_equal(bm_vault_make_keys(vault, NULL), BM_OK);
        } else {
            last = later.id;
        }
    }
    uint8_t public_key[BM_SIGN_PUBLIC_BYTES], copy_public[BM_SIGN_PUBLIC_BYTES];
    bm_vault_public_key(vault, public_key);
    bm_vault_close(vault);

    struct bm_vault *copy = bm_test_open(out);
    uint8_t found[BM_KEY_BYTES];
    assert_int_equal(bm_vault_key(copy, key.id, found), BM_OK);
    assert_memory_equal(found, key.key, sizeof found);
    assert_int_equal(bm_vault_check_account(copy, "ada", GOOD, 1000, &operator_id, NULL), BM_OK);
    assert_int_equal(operator_id, 5);
    bm_vault_public_key(copy, copy_public);
    assert_memory_equal(copy_public, public_key, sizeof public_key);
    assert_int_equal(bm_vault_check_session(copy, token, 1000, &operator_id, &session),
                     BM_UNAUTHENTICATED);
    assert_false(bm_vault_setup_matches(copy, setup));
    assert_int_equal(bm_vault_take_key(copy, &later), BM_OK);
    assert_true(later.id > last);
    bm_vault_close(copy);
}

/* --- checkpoints ------------------------------------------------------------------------------ */

static const struct bm_checkpoint HEAD = {.ledger = UINT64_MAX - 5,
                                          .seq = 4711,
                                          .hash = {{1, 2, 3, 0xfe}},
                                          .at_ms = INT64_C(1790000000123)};

static void a_checkpoint_is_read_back_as_written(void **state) {
    struct bm_vault *vault = bm_test_open(*state);
    const char *path = bm_test_path(*state, "checkpoint.json");
    struct bm_checkpoint read = {0};
    assert_int_equal(bm_checkpoint_read(path, NULL, &read, NULL), BM_NOT_FOUND);
    assert_int_equal(bm_checkpoint_write(vault, &HEAD, path, NULL), BM_OK);
    uint8_t public_key[BM_SIGN_PUBLIC_BYTES];
    bm_vault_public_key(vault, public_key);
    assert_int_equal(bm_checkpoint_read(path, NULL, &read, NULL), BM_OK);
    assert_int_equal(bm_checkpoint_read(path, public_key, &read, NULL), BM_OK);
    assert_memory_equal(&read, &HEAD, sizeof read);
    public_key[0] ^= 1;
    struct bm_fault fault;
    assert_int_equal(bm_checkpoint_read(path, public_key, &read, &fault), BM_CORRUPT);
    assert_non_null(strstr(fault.detail, "another key"));
    struct bm_checkpoint next = HEAD;
    next.seq++;
    assert_int_equal(bm_checkpoint_write(vault, &next, path, NULL), BM_OK); /* replaces it */
    assert_int_equal(bm_checkpoint_read(path, NULL, &read, NULL), BM_OK);
    assert_int_equal(read.seq, 4712);
    size_t len;
    uint8_t *text = bm_test_slurp(path, &len);
    assert_int_equal(text[len - 1], '\n');
    assert_ptr_equal(memchr(text, '\n', len), text + len - 1); /* one line */
    free(text);
    assert_int_equal(bm_checkpoint_write(vault, &HEAD, "/nonexistent/folder/c.json", NULL), BM_IO);
    bm_vault_close(vault);
}

static void every_changed_byte_of_a_checkpoint_is_seen(void **state) {
    struct bm_vault *vault = bm_test_open(*state);
    const char *path = bm_test_path(*state, "checkpoint.json");
    assert_int_equal(bm_checkpoint_write(vault, &HEAD, path, NULL), BM_OK);
    bm_vault_close(vault);
    size_t len;
    uint8_t *good = bm_test_slurp(path, &len);
    struct bm_checkpoint read;
    for (size_t at = 0; at + 1 < len; at++) { /* all but the last new line */
        for (int bit = 0; bit < 7; bit++) {
            uint8_t changed = good[at] ^ (uint8_t)(1u << bit);
            bm_test_overwrite(path, at, &changed, 1);
            assert_int_equal(bm_checkpoint_read(path, NULL, &read, NULL), BM_CORRUPT);
        }
        bm_test_overwrite(path, at, &good[at], 1);
    }
    assert_int_equal(bm_checkpoint_read(path, NULL, &read, NULL), BM_OK);
    for (size_t cut = 0; cut + 1 < len; cut += 7) {
        assert_int_equal(bm_vault_write_file(path, 0644, good, cut, NULL), BM_OK);
        assert_int_equal(bm_checkpoint_read(path, NULL, &read, NULL), BM_CORRUPT);
    }
    free(good);
}

static void odd_checkpoint_files_are_refused(void **state) {
    static const char *const texts[] = {
        "",
        "{}",
        "[]",
        "null",
        "{\"ledger\":1,\"seq\":\"2\",\"hash\":\"\",\"at_ms\":0,\"public_key\":\"\",\"signature\":"
        "\"\"}",
        "{\"ledger\":\"99999999999999999999999\",\"seq\":\"2\",\"hash\":\"\",\"at_ms\":0,"
        "\"public_key\":\"\",\"signature\":\"\"}",
        "{\"ledger\":\"1\",\"seq\":\"-2\",\"hash\":\"zz\",\"at_ms\":\"0\",\"public_key\":null,"
        "\"signature\":[]}",
    };
    const char *path = bm_test_path(*state, "checkpoint.json");
    struct bm_checkpoint read = {.seq = 42};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_int_equal(bm_vault_write_file(path, 0644, texts[i], strlen(texts[i]), NULL), BM_OK);
        assert_int_equal(bm_checkpoint_read(path, NULL, &read, NULL), BM_CORRUPT);
    }
    static uint8_t long_one[5000];
    assert_int_equal(bm_vault_write_file(path, 0644, long_one, sizeof long_one, NULL), BM_OK);
    assert_int_equal(bm_checkpoint_read(path, NULL, &read, NULL), BM_CORRUPT);
    assert_int_equal(read.seq, 42);
}

#define IN_FOLDER(test)                                                                            \
    cmocka_unit_test_setup_teardown(test, bm_test_folder_make, bm_test_folder_remove)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_FOLDER(files_are_for_their_owner_only),
        IN_FOLDER(the_disk_settings_are_as_promised),
        IN_FOLDER(another_master_key_is_refused),
        IN_FOLDER(the_systemd_credential_comes_first),
        IN_FOLDER(a_file_of_another_kind_or_version_is_refused),
        IN_FOLDER(a_changed_vault_is_refused),
        IN_FOLDER(flipped_bytes_never_crash_it),
        IN_FOLDER(what_cannot_be_looked_for_is_not_made_anew),
        IN_FOLDER(a_backup_of_a_vault_that_is_held),
        IN_FOLDER(a_backup_opens_and_goes_its_own_way),
        IN_FOLDER(a_checkpoint_is_read_back_as_written),
        IN_FOLDER(every_changed_byte_of_a_checkpoint_is_seen),
        IN_FOLDER(odd_checkpoint_files_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
