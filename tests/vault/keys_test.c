/* Sealing keys: they survive, their ids never repeat, and once destroyed they are gone. */
#include "support.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static struct bm_vault_key take(struct bm_vault *vault) {
    struct bm_vault_key key = {0};
    while (bm_vault_take_key(vault, &key) == BM_NOT_READY) {
        assert_int_equal(bm_vault_make_keys(vault, NULL), BM_OK);
    }
    assert_true(key.id > 0);
    return key;
}

static void expect_key(struct bm_vault *vault, const struct bm_vault_key *expected) {
    uint8_t key[BM_KEY_BYTES];
    assert_int_equal(bm_vault_key(vault, expected->id, key), BM_OK);
    assert_memory_equal(key, expected->key, sizeof key);
}

static void expect_no_key(struct bm_vault *vault, uint64_t id) {
    uint8_t key[BM_KEY_BYTES];
    assert_int_equal(bm_vault_key(vault, id, key), BM_NOT_FOUND);
}

static void keys_survive_a_clean_reopen_and_none_is_wasted(void **state) {
    struct bm_vault *vault = bm_test_open(*state);
    assert_int_equal(bm_vault_keys_left(vault), BM_KEY_BLOCK);
    struct bm_vault_key keys[20];
    for (int i = 0; i < 10; i++) keys[i] = take(vault);
    assert_int_equal(bm_vault_keys_left(vault), BM_KEY_BLOCK - 10);
    bm_vault_close(vault);

    vault = bm_test_open(*state);
    assert_int_equal(bm_vault_keys_left(vault), BM_KEY_BLOCK - 10);
    for (int i = 0; i < 10; i++) expect_key(vault, &keys[i]);
    for (int i = 10; i < 20; i++) keys[i] = take(vault);
    for (int i = 1; i < 20; i++) assert_int_equal(keys[i].id, keys[i - 1].id + 1);
    for (int i = 1; i < 20; i++) assert_memory_not_equal(keys[i].key, keys[0].key, BM_KEY_BYTES);
    expect_no_key(vault, 0);
    expect_no_key(vault, UINT64_MAX);
    expect_no_key(vault, 5000);
    bm_vault_close(vault);
}

static void an_empty_block_says_not_ready_until_more_are_made(void **state) {
    struct bm_vault *vault = bm_test_open(*state);
    struct bm_vault_key key;
    for (int i = 0; i < BM_KEY_BLOCK; i++) assert_int_equal(bm_vault_take_key(vault, &key), BM_OK);
    assert_int_equal(bm_vault_keys_left(vault), 0);
    assert_int_equal(bm_vault_take_key(vault, &key), BM_NOT_READY);
    assert_int_equal(bm_vault_make_keys(vault, NULL), BM_OK);
    assert_int_equal(bm_vault_keys_left(vault), BM_KEY_BLOCK);
    assert_int_equal(bm_vault_take_key(vault, &key), BM_OK);
    bm_vault_close(vault);
}

/* A child takes `count` keys, writes them to the pipe and is killed without closing anything. */
static void take_in_killed_child(const char *dir, size_t count, struct bm_vault_key *ret_keys) {
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct bm_vault *vault;
        if (bm_vault_open(dir, &vault, NULL) != BM_OK) _exit(1);
        for (size_t i = 0; i < count; i++) {
            struct bm_vault_key key;
            while (bm_vault_take_key(vault, &key) != BM_OK) {
                if (bm_vault_make_keys(vault, NULL) != BM_OK) _exit(1);
            }
            if (write(ends[1], &key, sizeof key) != sizeof key) _exit(1);
        }
        kill(getpid(), SIGKILL);
    }
    close(ends[1]);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(read(ends[0], &ret_keys[i], sizeof ret_keys[i]), sizeof ret_keys[i]);
    }
    close(ends[0]);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
}

static void ids_never_repeat_after_a_crash(void **state) {
    enum { ROUNDS = 6, EACH = 300 };
    static struct bm_vault_key keys[ROUNDS * EACH];
    for (size_t round = 0; round < ROUNDS; round++) {
        take_in_killed_child(*state, EACH, keys + round * EACH);
        /* A clean opening between crashes must not bring back what the crash left behind. */
        if (round % 2) bm_vault_close(bm_test_open(*state));
    }
    for (size_t i = 1; i < ROUNDS * EACH; i++) assert_true(keys[i].id > keys[i - 1].id);
    struct bm_vault *vault = bm_test_open(*state);
    for (size_t i = 0; i < ROUNDS * EACH; i++) expect_key(vault, &keys[i]);
    assert_true(take(vault).id > keys[ROUNDS * EACH - 1].id);
    bm_vault_close(vault);
}

static void no_key_is_handed_out_below_what_the_journal_has_seen(void **state) {
    struct bm_vault *vault = bm_test_open(*state);
    bm_vault_keys_after(vault, 100);
    assert_int_equal(bm_vault_keys_left(vault), BM_KEY_BLOCK - 100);
    assert_int_equal(take(vault).id, 101);
    bm_vault_keys_after(vault, 5120);
    assert_int_equal(bm_vault_keys_left(vault), 0);
    struct bm_vault_key key = take(vault);
    assert_int_equal(key.id, 5121);
    bm_vault_keys_after(vault, 1); /* never goes back */
    assert_int_equal(take(vault).id, 5122);
    bm_vault_close(vault);
    vault = bm_test_open(*state);
    expect_key(vault, &key);
    bm_vault_close(vault);
}

/* Looks for 32 bytes, given with every bit turned so that this test holds no copy itself, in all
 * writable memory of the process but its stack. */
static bool memory_holds(const uint8_t turned[BM_KEY_BYTES]) {
    enum { MAPPING_MAX = 256 << 20 };
    uint8_t needle[BM_KEY_BYTES];
    FILE *maps = fopen("/proc/self/maps", "r");
    int memory = open("/proc/self/mem", O_RDONLY);
    assert_non_null(maps);
    assert_true(memory >= 0);
    bool found = false;
    char line[600];
    while (!found && fgets(line, sizeof line, maps)) {
        unsigned long first, past;
        char rights[5];
        if (sscanf(line, "%lx-%lx %4s", &first, &past, rights) != 3) continue;
        bool own = rights[0] == 'r' && rights[1] == 'w' && !strstr(line, "[stack]");
        if (!own || past - first > MAPPING_MAX) continue;
        uint8_t *copy = malloc(past - first);
        assert_non_null(copy);
        ssize_t len = pread(memory, copy, past - first, (off_t)first);
        for (int i = 0; i < BM_KEY_BYTES; i++) needle[i] = (uint8_t)~turned[i];
        found = len > 0 && memmem(copy, (size_t)len, needle, sizeof needle) != NULL;
        bm_wipe(needle, sizeof needle);
        bm_wipe(copy, past - first);
        free(copy);
    }
    close(memory);
    fclose(maps);
    return found;
}

/* What vault.db holds of a key now. */
static void wrapped_bytes(const char *dir, uint64_t id, uint8_t ret_slot[BM_SLOT_BYTES]) {
    sqlite3 *db;
    sqlite3_stmt *statement;
    assert_int_equal(sqlite3_open(bm_test_path(dir, "vault.db"), &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "SELECT slots FROM key_block WHERE number = ?", -1,
                                        &statement, NULL),
                     SQLITE_OK);
    sqlite3_bind_int64(statement, 1, (sqlite3_int64)((id - 1) / BM_KEY_BLOCK));
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    const uint8_t *slots = sqlite3_column_blob(statement, 0);
    memcpy(ret_slot, slots + BM_BLOCK_PAD_BYTES + (id - 1) % BM_KEY_BLOCK * BM_SLOT_BYTES,
           BM_SLOT_BYTES);
    sqlite3_finalize(statement);
    sqlite3_close(db);
}

static void a_destroyed_key_is_gone_from_memory_and_file(void **state) {
    const char *dir = *state;
    struct bm_vault *vault = bm_test_open(dir);
    struct bm_vault_key doomed = take(vault), kept = take(vault);
    uint8_t slot[BM_SLOT_BYTES], kept_slot[BM_SLOT_BYTES], turned[BM_KEY_BYTES];
    wrapped_bytes(dir, doomed.id, slot);
    wrapped_bytes(dir, kept.id, kept_slot);
    for (int i = 0; i < BM_KEY_BYTES; i++) turned[i] = (uint8_t)~doomed.key[i];
    assert_int_equal(bm_test_files_with(dir, doomed.key, BM_KEY_BYTES), 0); /* wrapped, not clear */
    bm_wipe(doomed.key, sizeof doomed.key);
    assert_true(memory_holds(turned)); /* the search finds what is there */
    assert_int_equal(bm_test_files_with(dir, slot, sizeof slot), 1);

    assert_int_equal(bm_vault_destroy_keys(vault, &doomed.id, 1, NULL), BM_OK);
    assert_false(memory_holds(turned));
    assert_int_equal(bm_test_files_with(dir, slot, sizeof slot), 0);
    assert_int_equal(bm_test_files_with(dir, slot, 16), 0); /* not half of it either */
    assert_int_equal(bm_test_files_with(dir, slot + BM_SLOT_BYTES - 16, 16), 0);
    expect_no_key(vault, doomed.id);
    expect_key(vault, &kept);
    assert_int_equal(bm_test_files_with(dir, kept_slot, sizeof kept_slot), 1);
    bm_vault_close(vault);

    vault = bm_test_open(dir);
    assert_false(memory_holds(turned));
    expect_no_key(vault, doomed.id);
    expect_key(vault, &kept);
    bm_vault_close(vault);
}

static void destroying_is_repeatable_and_takes_keys_not_handed_out(void **state) {
    struct bm_vault *vault = bm_test_open(*state);
    uint64_t ids[] = {3, 3, 1, 900000, 0, UINT64_MAX};
    assert_int_equal(bm_vault_destroy_keys(vault, ids, 6, NULL), BM_OK);
    assert_int_equal(bm_vault_destroy_keys(vault, ids, 6, NULL), BM_OK);
    assert_int_equal(bm_vault_destroy_keys(vault, NULL, 0, NULL), BM_OK);
    assert_int_equal(bm_vault_keys_left(vault), BM_KEY_BLOCK - 2);
    assert_int_equal(take(vault).id, 2);
    assert_int_equal(take(vault).id, 4);
    bm_vault_close(vault);
    vault = bm_test_open(*state);
    assert_int_equal(bm_vault_keys_left(vault), BM_KEY_BLOCK - 4);
    assert_int_equal(take(vault).id, 5);
    bm_vault_close(vault);
}

/* Many keys, destroyed in a scattered order among other writing: no wrapped byte may stay behind in
 * any gap of the file, and blocks that are over leave it. */
static void scattered_destruction_leaves_no_trace(void **state) {
    enum { BLOCKS = 12, KEYS = BLOCKS * BM_KEY_BLOCK };
    const char *dir = *state;
    struct bm_vault *vault = bm_test_open(dir);
    static struct bm_vault_key keys[KEYS];
    static uint8_t slots[KEYS][BM_SLOT_BYTES];
    for (size_t i = 0; i < KEYS; i++) keys[i] = take(vault);
    for (size_t i = 0; i < KEYS; i++) {
        if (i % 16 == 0) wrapped_bytes(dir, keys[i].id, slots[i]);
    }
    for (size_t start = 0; start < 7; start++) { /* 7 is prime to KEYS: every key once */
        static uint64_t ids[KEYS];
        size_t count = 0;
        for (size_t i = start; i < KEYS; i += 7) ids[count++] = keys[i].id;
        assert_int_equal(bm_vault_destroy_keys(vault, ids, count, NULL), BM_OK);
        char token[BM_TOKEN_TEXT];
        assert_int_equal(bm_vault_open_session(vault, 1, 1000, token, NULL), BM_OK);
        size_t len;
        uint8_t *file = bm_test_slurp(bm_test_path(dir, "vault.db"), &len);
        for (size_t i = 0; i < KEYS; i += 16) {
            bool there = memmem(file, len, slots[i], 24) != NULL;
            assert_int_equal(there, i % 7 > start);
        }
        free(file);
    }
    assert_int_equal(vault->block_count, 0);
    assert_true(take(vault).id > keys[KEYS - 1].id); /* the counter outlives its blocks */
    bm_vault_close(vault);
}

static void a_damaged_key_is_named_and_the_rest_still_opens(void **state) {
    const char *dir = *state;
    struct bm_vault *vault = bm_test_open(dir);
    struct bm_vault_key hit = take(vault), other = take(vault);
    bm_vault_close(vault);
    uint8_t slot[BM_SLOT_BYTES];
    wrapped_bytes(dir, hit.id, slot);
    size_t len;
    const char *path = bm_test_path(dir, "vault.db");
    uint8_t *file = bm_test_slurp(path, &len);
    const uint8_t *at = memmem(file, len, slot, sizeof slot);
    assert_non_null(at);
    uint8_t flipped = at[30] ^ 4;
    bm_test_overwrite(path, (size_t)(at - file) + 30, &flipped, 1);
    free(file);
    vault = bm_test_open(dir);
    uint8_t key[BM_KEY_BYTES];
    assert_int_equal(bm_vault_key(vault, hit.id, key), BM_CORRUPT);
    expect_key(vault, &other);
    assert_int_equal(bm_vault_destroy_keys(vault, &hit.id, 1, NULL), BM_OK);
    expect_no_key(vault, hit.id);
    assert_int_equal(bm_test_files_with(dir, slot + 40, 24), 0);
    bm_vault_close(vault);
}

static void a_wrapped_key_cannot_stand_in_anothers_place(void **state) {
    const char *dir = *state;
    struct bm_vault *vault = bm_test_open(dir);
    struct bm_vault_key first = take(vault), second = take(vault);
    bm_vault_close(vault);
    char sql[300];
    snprintf(sql, sizeof sql,
             "UPDATE key_block SET slots = CAST(substr(slots, 1, %d) || substr(slots, %d, %d) ||"
             " substr(slots, %d) AS BLOB)",
             BM_BLOCK_PAD_BYTES, BM_BLOCK_PAD_BYTES + BM_SLOT_BYTES + 1, BM_SLOT_BYTES,
             BM_BLOCK_PAD_BYTES + BM_SLOT_BYTES + 1);
    bm_test_sql(dir, sql);
    vault = bm_test_open(dir);
    uint8_t key[BM_KEY_BYTES];
    assert_int_equal(bm_vault_key(vault, first.id, key), BM_CORRUPT);
    expect_key(vault, &second);
    bm_vault_close(vault);
}

static void what_a_key_seals_opens_again_until_it_is_destroyed(void **state) {
    static const char clear[] = "Ada Example, 12 Canary Street";
    struct bm_vault *vault = bm_test_open(*state);
    struct bm_vault_key key = take(vault);
    uint8_t nonce[BM_NONCE_BYTES], found[BM_KEY_BYTES];
    bm_entropy(nonce, sizeof nonce);
    struct bm_bytes sealed = bm_seal(key.key, key.id, nonce, clear, sizeof clear - 1);
    bm_vault_close(vault);
    vault = bm_test_open(*state);
    assert_int_equal(bm_vault_key(vault, key.id, found), BM_OK);
    char *text;
    size_t len;
    assert_true(bm_unseal(found, key.id, sealed.bytes, sealed.len, &text, &len));
    assert_string_equal(text, clear);
    free(text);
    assert_int_equal(bm_vault_destroy_keys(vault, &key.id, 1, NULL), BM_OK);
    expect_no_key(vault, key.id);
    bm_bytes_free(&sealed);
    bm_vault_close(vault);
}

/* --- several threads -------------------------------------------------------------------------- */

enum { TAKERS = 3, TAKEN_EACH = 800 };
struct taker {
    struct bm_vault *vault;
    const char *failure; /* NULL: none */
    uint64_t ids[TAKEN_EACH];
};

static void *run_taker(void *argument) {
    struct taker *taker = argument;
    for (size_t i = 0; i < TAKEN_EACH && !taker->failure;) {
        struct bm_vault_key key;
        uint8_t again[BM_KEY_BYTES];
        if (bm_vault_take_key(taker->vault, &key) != BM_OK) {
            if (bm_vault_make_keys(taker->vault, NULL) != BM_OK) taker->failure = "making";
            continue;
        }
        if (bm_vault_key(taker->vault, key.id, again) != BM_OK) taker->failure = "reading";
        taker->ids[i++] = key.id;
        if (i % 100 == 0 && bm_vault_destroy_keys(taker->vault, &key.id, 1, NULL) != BM_OK) {
            taker->failure = "destroying";
        }
    }
    return NULL;
}

static int by_id(const void *a, const void *b) {
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return left < right ? -1 : left > right;
}

static void threads_never_get_the_same_key(void **state) {
    struct bm_vault *vault = bm_test_open(*state);
    static struct taker takers[TAKERS];
    pthread_t threads[TAKERS];
    for (int i = 0; i < TAKERS; i++) {
        takers[i].vault = vault;
        assert_int_equal(pthread_create(&threads[i], NULL, run_taker, &takers[i]), 0);
    }
    static uint64_t ids[TAKERS * TAKEN_EACH];
    for (int i = 0; i < TAKERS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_null(takers[i].failure);
        memcpy(ids + (size_t)i * TAKEN_EACH, takers[i].ids, sizeof takers[i].ids);
    }
    qsort(ids, TAKERS * TAKEN_EACH, sizeof ids[0], by_id);
    for (int i = 1; i < TAKERS * TAKEN_EACH; i++) assert_true(ids[i] != ids[i - 1]);
    bm_vault_close(vault);
}

#define IN_FOLDER(test)                                                                            \
    cmocka_unit_test_setup_teardown(test, bm_test_folder_make, bm_test_folder_remove)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_FOLDER(keys_survive_a_clean_reopen_and_none_is_wasted),
        IN_FOLDER(an_empty_block_says_not_ready_until_more_are_made),
        IN_FOLDER(ids_never_repeat_after_a_crash),
        IN_FOLDER(no_key_is_handed_out_below_what_the_journal_has_seen),
        IN_FOLDER(a_destroyed_key_is_gone_from_memory_and_file),
        IN_FOLDER(destroying_is_repeatable_and_takes_keys_not_handed_out),
        IN_FOLDER(scattered_destruction_leaves_no_trace),
        IN_FOLDER(a_damaged_key_is_named_and_the_rest_still_opens),
        IN_FOLDER(a_wrapped_key_cannot_stand_in_anothers_place),
        IN_FOLDER(what_a_key_seals_opens_again_until_it_is_destroyed),
        IN_FOLDER(threads_never_get_the_same_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
