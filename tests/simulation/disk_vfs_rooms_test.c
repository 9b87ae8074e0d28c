/* The journal and the vault themselves on a disk that loses power: `disk_vfs_rooms_test
 * journal|vault|outbox`, with SEED=n in the environment for other runs than the usual one. */
#include "disk_vfs.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/seal.h"
#include "journal/journal.h"
#include "outbox/outbox.h"
#include "vault/vault.h"

/* One for all tests: the journal stacks its page checksums on it once per process. */
static struct bm_disk *disk;
static char dir[64];
static uint64_t draw_state;

static uint64_t draw_below(uint64_t bound) {
    uint64_t z = draw_state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    return (z ^ z >> 29) % bound;
}

static int make_folder(void **state) {
    (void)state;
    snprintf(dir, sizeof dir, "/tmp/bm-disk-XXXXXX");
    if (!mkdtemp(dir)) return -1;
    unsetenv("CREDENTIALS_DIRECTORY");
    const char *seed = getenv("SEED");
    draw_state = seed ? strtoull(seed, NULL, 10) : 99;
    bm_disk_reset(disk, draw_state);
    bm_disk_attach(disk, dir);
    return 0;
}

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *walk) {
    (void)about, (void)kind, (void)walk;
    return remove(path);
}

static int remove_folder(void **state) {
    (void)state;
    bm_disk_attach(disk, NULL);
    return nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Power goes within the next `steps` steps, if so many are taken. */
static void order_crash(uint64_t steps) {
    bm_disk_crash_at(disk, 1 + draw_below(steps), BM_DISK_DRAWN);
}

/* --- the journal ------------------------------------------------------------------------------ */

static bool count_row(void *context, const struct bm_row *row) {
    uint64_t *rows = context;
    assert_int_equal(row->seq, ++*rows);
    return true;
}

static enum bm_append append(struct bm_journal *journal, size_t count) {
    struct bm_event events[8];
    const struct bm_event *list[8];
    struct bm_head head = bm_journal_head(journal);
    for (size_t i = 0; i < count; i++) {
        events[i] = bm_event_make(BM_EV_CASE_MOVED, (struct bm_subject){BM_SUBJECT_CASE, 1 + i});
        events[i].seq = head.seq + 1 + i;
        events[i].at_ms = INT64_C(1790000000000) + (int64_t)events[i].seq;
        events[i].case_moved.on_case.v = 1 + i;
        list[i] = &events[i];
    }
    struct bm_batch batch = {.events = list, .event_count = count};
    struct bm_head appended;
    return bm_journal_append(journal, &batch, &head, &appended);
}

static void the_journal_keeps_what_it_committed(void **state) {
    (void)state;
    uint64_t committed = 0, epoch = 0, unknown = 0;
    for (int life = 0; life < 120; life++) {
        struct bm_journal *journal = NULL;
        struct bm_fault fault = {0};
        uint64_t crashes = bm_disk_crashes(disk);
        if (life > 0 && life % 5 == 0) order_crash(12); /* some while it opens */
        enum bm_code code = bm_journal_open(dir, &journal, &fault);
        if (code != BM_OK) {
            if (bm_disk_crashes(disk) == crashes) fail_msg("life %d: %s", life, fault.detail);
            continue;
        }
        uint64_t rows = 0;
        assert_true(bm_journal_epoch(journal) > epoch);
        epoch = bm_journal_epoch(journal);
        if (bm_disk_crashes(disk) == crashes) {
            assert_int_equal(bm_journal_follow(journal, 0, count_row, &rows, &fault), BM_OK);
            assert_true(rows >= committed);
            assert_true(rows <= committed + 8);
            assert_int_equal(rows, bm_journal_head(journal).seq);
            committed = rows;
            order_crash(150);
        }
        enum bm_append answer = BM_APPEND_COMMITTED;
        for (int i = 0; i < 60 && answer == BM_APPEND_COMMITTED; i++) {
            answer = append(journal, 1 + draw_below(8));
            if (answer == BM_APPEND_COMMITTED) committed = bm_journal_head(journal).seq;
        }
        if (answer != BM_APPEND_COMMITTED) {
            assert_true(bm_disk_crashes(disk) > crashes);
            assert_int_equal(answer,
                             BM_APPEND_UNKNOWN); /* never "nothing written" when it may be */
            unknown++;
        }
        bm_disk_crash(disk, BM_DISK_DRAWN); /* at the latest now */
        bm_journal_close(journal);
    }
    assert_true(committed > 1000);
    assert_true(unknown > 40);
}

/* --- the vault -------------------------------------------------------------------------------- */

enum { KEYS_MAX = 4096 };
struct ledger {
    struct {
        struct bm_vault_key key;
        enum { HELD, DOOMED, GONE } state; /* DOOMED: asked for, not yet acknowledged */
    } keys[KEYS_MAX];
    size_t count;
    uint64_t last_id;
};

static void check_keys(struct bm_vault *vault, const struct ledger *ledger) {
    for (size_t i = 0; i < ledger->count; i++) {
        uint8_t key[BM_KEY_BYTES];
        enum bm_code code = bm_vault_key(vault, ledger->keys[i].key.id, key);
        if (ledger->keys[i].state == HELD) assert_int_equal(code, BM_OK);
        if (ledger->keys[i].state == GONE) assert_int_equal(code, BM_NOT_FOUND);
        if (code == BM_OK)
            assert_memory_equal(key, ledger->keys[i].key.key, sizeof key);
        else
            assert_int_equal(code, BM_NOT_FOUND);
    }
}

/* Takes keys and destroys some, until power goes or the round is over. */
static void use_keys(struct bm_vault *vault, struct ledger *ledger) {
    for (int i = 0; i < 12; i++) {
        for (uint64_t left = draw_below(60); left > 0 && ledger->count < KEYS_MAX; left--) {
            struct bm_vault_key key;
            if (bm_vault_take_key(vault, &key) != BM_OK) {
                if (bm_vault_make_keys(vault, NULL) != BM_OK) return;
                continue;
            }
            assert_true(key.id > ledger->last_id); /* never twice, whatever happened */
            ledger->last_id = key.id;
            ledger->keys[ledger->count].key = key;
            ledger->keys[ledger->count++].state = HELD;
        }
        if (ledger->count == 0) continue;
        size_t at = (size_t)draw_below(ledger->count);
        ledger->keys[at].state = ledger->keys[at].state == GONE ? GONE : DOOMED;
        if (bm_vault_destroy_keys(vault, &ledger->keys[at].key.id, 1, NULL) != BM_OK) return;
        ledger->keys[at].state = GONE;
    }
}

static void the_vault_repeats_no_id_and_revives_no_key(void **state) {
    (void)state;
    static struct ledger ledger;
    char token[BM_TOKEN_TEXT] = "";
    uint64_t operator_id, session, crashed = 0;
    for (int life = 0; life < 80; life++) {
        struct bm_vault *vault = NULL;
        struct bm_fault fault = {0};
        uint64_t crashes = bm_disk_crashes(disk);
        if (life % 4 == 1) order_crash(20);
        enum bm_code code = bm_vault_open(dir, &vault, &fault);
        if (code != BM_OK) {
            if (bm_disk_crashes(disk) == crashes) fail_msg("life %d: %s", life, fault.detail);
            continue;
        }
        check_keys(vault, &ledger);
        if (token[0]) {
            assert_int_equal(bm_vault_check_session(vault, token, 0, &operator_id, &session),
                             BM_OK);
        }
        if (bm_disk_crashes(disk) == crashes && life % 3) order_crash(250);
        use_keys(vault, &ledger);
        char fresh[BM_TOKEN_TEXT];
        if (bm_vault_open_session(vault, 7, 0, fresh, NULL) == BM_OK) {
            memcpy(token, fresh, sizeof token);
        }
        crashed += bm_disk_crashes(disk) > crashes;
        if (life % 3 == 0) bm_vault_close(vault); /* now and then a clean end ... */
        bm_disk_crash(disk, BM_DISK_DRAWN);       /* ... which must have been durable too */
        if (life % 3) bm_vault_close(vault);
    }
    assert_true(crashed > 20);
    assert_true(ledger.count > 1000);
}

/* --- the outbox ------------------------------------------------------------------------------- */

static struct bm_outbox *open_outbox(struct bm_journal *journal) {
    struct bm_outbox *outbox;
    struct bm_fault fault = {0};
    struct bm_outbox_config config = {.dir = dir, .origin = "desk.example"};
    if (bm_outbox_open(&config, bm_journal_ledger(journal), &outbox, &fault)) fail_msg("%s", fault.detail);
    return outbox;
}

/* Where it began is where it goes on, or further: never at a later end of the record, past events that it did not meet. */
static void the_outbox_begins_once(void **state) {
    (void)state;
    for (int life = 0; life < 12; life++) {
        struct bm_journal *journal;
        struct bm_fault fault = {0};
        if (bm_journal_open(dir, &journal, &fault)) fail_msg("%s", fault.detail);
        struct bm_outbox *outbox = open_outbox(journal);
        assert_int_equal(bm_outbox_counts(outbox).cursor, 0); /* it followed nothing yet, and stands where it began */
        for (int i = 0; i < 3; i++) assert_int_equal(append(journal, 2), BM_APPEND_COMMITTED);
        bm_disk_crash(disk, life % 2 ? BM_DISK_DRAWN : BM_DISK_DROP_UNSYNCED);
        bm_outbox_close(outbox);
        bm_journal_close(journal);
    }
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(int count, char **arguments) {
    bm_seal_init();
    disk = bm_disk_new("bm-disk", 1);
    bm_disk_make_default(disk);
    const struct CMUnitTest journal[] = {IN_FOLDER(the_journal_keeps_what_it_committed)};
    const struct CMUnitTest vault[] = {IN_FOLDER(the_vault_repeats_no_id_and_revives_no_key)};
    const struct CMUnitTest outbox[] = {IN_FOLDER(the_outbox_begins_once)};
    const char *room = count > 1 ? arguments[1] : "vault";
    int failed = strcmp(room, "journal") == 0  ? cmocka_run_group_tests(journal, NULL, NULL)
                 : strcmp(room, "outbox") == 0 ? cmocka_run_group_tests(outbox, NULL, NULL)
                                               : cmocka_run_group_tests(vault, NULL, NULL);
    bm_disk_free(disk);
    return failed;
}
