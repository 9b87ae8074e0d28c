/* Accounts, sessions and the setup link. */
#include <sodium.h>

#include "support.h"

#define MINUTES INT64_C(60000)
static const int64_t NOON = INT64_C(1790000000000);
static const char GOOD[] = "correct-horse-battery";

static enum bm_code log_in(struct bm_vault *vault, const char *login, const char *password,
                           int64_t now_ms) {
    uint64_t operator_id = 777;
    struct bm_fault fault = {0};
    enum bm_code code = bm_vault_check_account(vault, login, password, now_ms, &operator_id,
                                               &fault);
    if (code != BM_OK) assert_int_equal(operator_id, 777);
    if (code == BM_UNAUTHENTICATED) assert_string_equal(fault.detail, "Wrong login or password.");
    return code;
}

static void an_account_opens_with_its_password_only(void **state) {
    struct bm_vault *vault = bm_test_open(*state);
    assert_false(bm_vault_has_accounts(vault));
    assert_int_equal(bm_vault_set_account(vault, 5, "ada", GOOD, NULL), BM_OK);
    assert_int_equal(bm_vault_set_account(vault, 6, "bo", "another-password", NULL), BM_OK);
    assert_true(bm_vault_has_accounts(vault));
    for (int round = 0; round < 2; round++) {
        uint64_t operator_id = 0;
        assert_int_equal(bm_vault_check_account(vault, "ada", GOOD, NOON, &operator_id, NULL),
                         BM_OK);
        assert_int_equal(operator_id, 5);
        assert_int_equal(log_in(vault, "ada", "another-password", NOON), BM_UNAUTHENTICATED);
        assert_int_equal(log_in(vault, "Ada", GOOD, NOON), BM_UNAUTHENTICATED);
        assert_int_equal(log_in(vault, "ada", "", NOON), BM_UNAUTHENTICATED);
        assert_int_equal(log_in(vault, "", "", NOON), BM_UNAUTHENTICATED);
        bm_vault_close(vault);
        vault = bm_test_open(*state);
        assert_true(bm_vault_has_accounts(vault));
    }
    bm_vault_close(vault);
}

static void an_account_can_change_login_and_password(void **state) {
    struct bm_vault *vault = bm_test_open(*state);
    assert_int_equal(bm_vault_set_account(vault, 5, "ada", GOOD, NULL), BM_OK);
    assert_int_equal(bm_vault_set_account(vault, 6, "bo", GOOD, NULL), BM_OK);
    struct bm_fault fault;
    assert_int_equal(bm_vault_set_account(vault, 6, "ada", GOOD, &fault), BM_EXISTS);
    assert_string_equal(fault.field, "login");
    assert_int_equal(bm_vault_set_account(vault, 5, "ada", "a-new-password", NULL), BM_OK);
    assert_int_equal(log_in(vault, "ada", GOOD, NOON), BM_UNAUTHENTICATED);
    assert_int_equal(log_in(vault, "ada", "a-new-password", NOON), BM_OK);
    assert_int_equal(bm_vault_set_account(vault, 5, "lovelace", "a-new-password", NULL), BM_OK);
    assert_int_equal(log_in(vault, "ada", "a-new-password", NOON), BM_UNAUTHENTICATED);
    assert_int_equal(log_in(vault, "lovelace", "a-new-password", NOON), BM_OK);
    assert_int_equal(bm_vault_set_account(vault, 6, "ada", GOOD, NULL), BM_OK); /* free again */
    bm_vault_close(vault);
}

static void rules_name_the_field_they_are_about(void **state) {
    static const struct {
        const char *login, *password, *field;
    } bad[] = {
        {"", "long-enough-words", "login"},
        {"a b", "long-enough-words", "login"},
        {"tab\t", "long-enough-words", "login"},
        {"nbsp\xc2\xa0", "long-enough-words", "login"},
        {"wide\xe3\x80\x80", "long-enough-words", "login"},
        {"zero\xe2\x80\x8bwidth", "long-enough-words", "login"},
        {"cut\xc3", "long-enough-words", "login"},
        {"long\xc0\x80", "long-enough-words", "login"},
        {"0123456789012345678901234567890123456789012345678901234567890123", "long-enough-words",
         "login"},
        {"ada", "ninechars", "password"},
        {"ada", "", "password"},
        {"ada", "\xe5\xaf\x86\xe7\xa0\x81\xe5\xaf\x86\xe7\xa0\x81", "password"}, /* 4 characters */
        {"ada", "cut-character\xe5\xaf", "password"},
        {"ada-lovelace", "Ada-Lovelace", "password"},
    };
    struct bm_vault *vault = bm_test_open(*state);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct bm_fault fault = {0};
        assert_int_equal(bm_vault_set_account(vault, 1, bad[i].login, bad[i].password, &fault),
                         BM_OUT_OF_RANGE);
        assert_string_equal(fault.field, bad[i].field);
    }
    char longest[BM_PASSWORD_MAX + 2];
    memset(longest, 'x', sizeof longest);
    longest[BM_PASSWORD_MAX + 1] = 0;
    assert_int_equal(bm_vault_set_account(vault, 1, "ada", longest, NULL), BM_OUT_OF_RANGE);
    longest[BM_PASSWORD_MAX] = 0;
    assert_false(bm_vault_has_accounts(vault));
    assert_int_equal(bm_vault_set_account(vault, 1, "\xe8\xb0\x83\xe5\xba\xa6.1", longest, NULL),
                     BM_OK);
    assert_int_equal(log_in(vault, "\xe8\xb0\x83\xe5\xba\xa6.1", longest, NOON), BM_OK);
    bm_vault_close(vault);
}

static void five_failures_lock_a_login_for_a_while(void **state) {
    struct bm_vault *vault = bm_test_open(*state);
    assert_int_equal(bm_vault_set_account(vault, 5, "ada", GOOD, NULL), BM_OK);
    assert_int_equal(bm_vault_set_account(vault, 6, "bo", GOOD, NULL), BM_OK);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(log_in(vault, "ada", "wrong", NOON), BM_UNAUTHENTICATED);
    }
    assert_int_equal(log_in(vault, "ada", GOOD, NOON), BM_OK); /* forgives the four */
    for (int i = 0; i < 5; i++) {
        assert_int_equal(log_in(vault, "ada", "wrong", NOON + i * MINUTES), BM_UNAUTHENTICATED);
    }
    struct bm_fault fault;
    uint64_t operator_id;
    assert_int_equal(
        bm_vault_check_account(vault, "ada", GOOD, NOON + 5 * MINUTES, &operator_id, &fault),
        BM_TOO_MANY);
    assert_non_null(strstr(fault.detail, "2026-09-21T14:28:20.000Z")); /* the first one's end */
    assert_int_equal(log_in(vault, "bo", GOOD, NOON + 5 * MINUTES), BM_OK); /* others are free */
    assert_int_equal(log_in(vault, "ada", GOOD, NOON + 15 * MINUTES - 1), BM_TOO_MANY);
    /* Attempts while locked do not lengthen it; one more try when the oldest failure is past. */
    assert_int_equal(log_in(vault, "ada", "wrong", NOON + 15 * MINUTES), BM_UNAUTHENTICATED);
    assert_int_equal(log_in(vault, "ada", GOOD, NOON + 15 * MINUTES), BM_TOO_MANY);
    assert_int_equal(log_in(vault, "ada", GOOD, NOON + 16 * MINUTES), BM_OK);
    /* A login nobody has is locked the same way, and a new password unlocks. */
    for (int i = 0; i < 5; i++) {
        assert_int_equal(log_in(vault, "nobody", "wrong", NOON), BM_UNAUTHENTICATED);
        assert_int_equal(log_in(vault, "bo", "wrong", NOON), BM_UNAUTHENTICATED);
    }
    assert_int_equal(log_in(vault, "nobody", "wrong", NOON), BM_TOO_MANY);
    assert_int_equal(log_in(vault, "bo", GOOD, NOON), BM_TOO_MANY);
    assert_int_equal(bm_vault_set_account(vault, 6, "bo", GOOD, NULL), BM_OK);
    assert_int_equal(log_in(vault, "bo", GOOD, NOON), BM_OK);
    bm_vault_close(vault);
}

/* A flood of invented logins must not make the vault forget a login under attack. */
static void a_flood_of_logins_does_not_lift_a_lock(void **state) {
    struct bm_vault *vault = bm_test_open(*state);
    assert_int_equal(bm_vault_set_account(vault, 5, "ada", GOOD, NULL), BM_OK);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(log_in(vault, "ada", "wrong", NOON), BM_UNAUTHENTICATED);
    }
    /* As if 5,000 other logins had failed once each, without their Argon2id. */
    size_t used = 0;
    for (size_t i = 0; i < BM_FAILING_LOGINS_MAX; i++) {
        if (vault->failing[i].count > 0) continue;
        vault->failing[i].count = 1;
        vault->failing[i].at_ms[0] = NOON + (int64_t)i;
        used++;
    }
    assert_int_equal(used, BM_FAILING_LOGINS_MAX - 1);
    assert_int_equal(log_in(vault, "late", "wrong", NOON), BM_UNAUTHENTICATED);
    assert_int_equal(log_in(vault, "ada", GOOD, NOON), BM_TOO_MANY);
    bm_vault_close(vault);
}

static int64_t cpu_ns(void) {
    struct timespec at;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
    return (int64_t)at.tv_sec * 1000000000 + at.tv_nsec;
}

static int64_t cost_of(struct bm_vault *vault, const char *login, const char *password) {
    int64_t least = INT64_MAX;
    for (int i = 0; i < 3; i++) {
        int64_t from = cpu_ns();
        assert_int_equal(log_in(vault, login, password, NOON + i * 60 * MINUTES),
                         BM_UNAUTHENTICATED);
        int64_t took = cpu_ns() - from;
        if (took < least) least = took;
    }
    return least;
}

static void an_unknown_login_costs_as_much_as_a_wrong_password(void **state) {
    struct bm_vault *vault = bm_test_open(*state);
    assert_int_equal(bm_vault_set_account(vault, 5, "ada", GOOD, NULL), BM_OK);
    char long_one[400];
    memset(long_one, 'x', sizeof long_one);
    long_one[sizeof long_one - 1] = 0;
    int64_t known = cost_of(vault, "ada", "wrong-password");
    const int64_t others[] = {cost_of(vault, "nobody", "wrong-password"),
                              cost_of(vault, "ada", long_one), cost_of(vault, "nobody", long_one)};
    for (size_t i = 0; i < 3; i++) {
        assert_true(others[i] > known / 2);
        assert_true(others[i] < known * 2);
    }
    bm_vault_close(vault);
}

static void an_account_changed_on_the_disk_is_refused(void **state) {
    static const char *const changes[] = {
        "UPDATE account SET operator = 1 WHERE login = 'mallory'",
        "UPDATE account SET login = 'root' WHERE login = 'mallory'",
        "REPLACE INTO account SELECT 9, 'mallory', sealed FROM account WHERE operator = 5",
        "UPDATE account SET sealed = x'00' WHERE login = 'mallory'",
        "UPDATE account SET sealed = x'' WHERE login = 'mallory'",
    };
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        struct bm_vault *vault = bm_test_open(*state);
        assert_int_equal(bm_vault_set_account(vault, 5, "ada", GOOD, NULL), BM_OK);
        assert_int_equal(bm_vault_set_account(vault, 9, "mallory", "mallory-knows", NULL), BM_OK);
        bm_vault_close(vault);
        bm_test_sql(*state, changes[i]);
        vault = bm_test_open(*state);
        const char *login = i == 1 ? "root" : "mallory";
        for (int attempt = 0; attempt < 8; attempt++) { /* not counted as the login's failures */
            assert_int_equal(log_in(vault, login, "mallory-knows", NOON), BM_CORRUPT);
        }
        assert_int_equal(log_in(vault, "ada", GOOD, NOON), BM_OK);
        bm_vault_close(vault);
        bm_test_sql(*state, "DELETE FROM account");
    }
}

/* --- sessions --------------------------------------------------------------------------------- */

static void expect_session(struct bm_vault *vault, const char *token, int64_t now_ms,
                           uint64_t operator_id) {
    uint64_t found = 0, session = 0;
    assert_int_equal(bm_vault_check_session(vault, token, now_ms, &found, &session), BM_OK);
    assert_int_equal(found, operator_id);
    assert_true(session > 0);
}

static void expect_no_session(struct bm_vault *vault, const char *token, int64_t now_ms) {
    uint64_t found = 777, session = 777;
    assert_int_equal(bm_vault_check_session(vault, token, now_ms, &found, &session),
                     BM_UNAUTHENTICATED);
    assert_int_equal(found, 777);
    assert_int_equal(session, 777);
}

static uint64_t id_of_session(struct bm_vault *vault, const char *token, int64_t now_ms) {
    uint64_t found, session = 0;
    assert_int_equal(bm_vault_check_session(vault, token, now_ms, &found, &session), BM_OK);
    return session;
}

static void a_session_lasts_a_shift_and_survives_a_restart(void **state) {
    struct bm_vault *vault = bm_test_open(*state);
    char ada[BM_TOKEN_TEXT], bo[BM_TOKEN_TEXT], late[BM_TOKEN_TEXT];
    assert_int_equal(bm_vault_open_session(vault, 5, NOON, ada, NULL), BM_OK);
    assert_int_equal(bm_vault_open_session(vault, 6, NOON + 1, bo, NULL), BM_OK);
    assert_string_not_equal(ada, bo);
    for (int round = 0; round < 2; round++) {
        expect_session(vault, ada, NOON, 5);
        expect_session(vault, bo, NOON, 6);
        expect_session(vault, ada, NOON + BM_SESSION_MS - 1, 5);
        expect_no_session(vault, ada, NOON + BM_SESSION_MS);
        expect_no_session(vault, "", NOON);
        expect_no_session(vault, "0123", NOON);
        char other[BM_TOKEN_TEXT + 1];
        snprintf(other, sizeof other, "%s", ada);
        other[63] = other[63] == '0' ? '1' : '0';
        expect_no_session(vault, other, NOON);
        snprintf(other, sizeof other, "%s0", ada);
        expect_no_session(vault, other, NOON);
        bm_vault_close(vault);
        vault = bm_test_open(*state);
    }
    /* Opening one sweeps those that are over, from memory and from the file. */
    assert_int_equal(vault->sessions.count, 2);
    assert_int_equal(bm_vault_open_session(vault, 7, NOON + BM_SESSION_MS, late, NULL), BM_OK);
    assert_int_equal(vault->sessions.count, 2);
    bm_vault_close(vault);
    vault = bm_test_open(*state);
    assert_int_equal(vault->sessions.count, 2);
    expect_session(vault, late, NOON + BM_SESSION_MS, 7);
    bm_vault_close(vault);
}

/* What was confirmed of a clock stays out of session time over a restart; a changed file makes sessions end sooner, never later. */
static void what_session_time_leaves_out_is_kept(void **state) {
    static const int64_t lag_ms = INT64_C(86400000) * 365;
    struct bm_vault *vault = bm_test_open(*state);
    assert_int_equal(bm_vault_session_lag(vault), 0);
    assert_int_equal(bm_vault_keep_session_lag(vault, lag_ms, NULL), BM_OK);
    assert_int_equal(bm_vault_session_lag(vault), lag_ms);
    bm_vault_close(vault);
    vault = bm_test_open(*state);
    assert_int_equal(bm_vault_session_lag(vault), lag_ms);
    bm_vault_close(vault);
    bm_test_sql(*state, "UPDATE named SET bytes = x'00' || substr(bytes, 2) WHERE name = 'session_lag'");
    vault = bm_test_open(*state);
    assert_int_equal(bm_vault_session_lag(vault), 0);
    bm_vault_close(vault);
}

/* A clock that was years ahead when they logged in gives nobody a session for years. */
static void at_a_start_nobody_has_more_than_a_shift_to_go(void **state) {
    static const int64_t years_ms = INT64_C(86400000) * 3650;
    struct bm_vault *vault = bm_test_open(*state);
    char ada[BM_TOKEN_TEXT], bo[BM_TOKEN_TEXT], late[BM_TOKEN_TEXT];
    assert_int_equal(bm_vault_open_session(vault, 5, NOON + years_ms, ada, NULL), BM_OK);
    assert_int_equal(bm_vault_open_session(vault, 6, NOON, bo, NULL), BM_OK);
    bm_vault_close(vault);
    vault = bm_test_open(*state);
    bm_vault_begin_sessions(vault, NOON + 1000);
    expect_session(vault, ada, NOON + BM_SESSION_MS + 999, 5);
    expect_no_session(vault, ada, NOON + BM_SESSION_MS + 1000);
    expect_no_session(vault, bo, NOON + BM_SESSION_MS);
    /* The desk turns out to have been away for twelve hours more: who was left over ends by that, who came since stays. */
    assert_int_equal(bm_vault_open_session(vault, 7, NOON + 2000, late, NULL), BM_OK);
    assert_int_equal(bm_vault_end_sessions_left(vault, NOON + BM_SESSION_MS, NULL), BM_OK);
    for (int round = 0; round < 2; round++) {
        expect_no_session(vault, bo, NOON + 2000);
        expect_session(vault, late, NOON + 2000, 7);
        expect_session(vault, ada, NOON + 2000, 5);
        bm_vault_close(vault);
        vault = bm_test_open(*state);
    }
    bm_vault_close(vault);
}

static void an_ended_session_stays_ended(void **state) {
    struct bm_vault *vault = bm_test_open(*state);
    char tokens[4][BM_TOKEN_TEXT];
    static const uint64_t operators[] = {5, 5, 6, 5};
    for (int i = 0; i < 4; i++) {
        assert_int_equal(bm_vault_open_session(vault, operators[i], NOON, tokens[i], NULL), BM_OK);
    }
    uint64_t last = id_of_session(vault, tokens[3], NOON);
    assert_int_equal(bm_vault_end_session(vault, last, NULL), BM_OK);
    assert_int_equal(bm_vault_end_session(vault, last, NULL), BM_OK); /* twice is fine */
    expect_no_session(vault, tokens[3], NOON);
    expect_session(vault, tokens[0], NOON, 5);
    assert_int_equal(bm_vault_end_sessions_of(vault, 5, NULL), BM_OK);
    assert_int_equal(bm_vault_end_sessions_of(vault, 99, NULL), BM_OK);
    for (int round = 0; round < 2; round++) {
        expect_no_session(vault, tokens[0], NOON);
        expect_no_session(vault, tokens[1], NOON);
        expect_no_session(vault, tokens[3], NOON);
        expect_session(vault, tokens[2], NOON, 6);
        bm_vault_close(vault);
        vault = bm_test_open(*state);
    }
    char next[BM_TOKEN_TEXT];
    assert_int_equal(bm_vault_open_session(vault, 8, NOON, next, NULL), BM_OK);
    assert_true(id_of_session(vault, next, NOON) > last); /* an ended id names nobody else */
    bm_vault_close(vault);
}

static void a_session_written_into_the_file_logs_nobody_in(void **state) {
    struct bm_vault *vault = bm_test_open(*state);
    char token[BM_TOKEN_TEXT];
    assert_int_equal(bm_vault_open_session(vault, 5, NOON, token, NULL), BM_OK);
    bm_vault_close(vault);
    bm_test_sql(*state, "INSERT INTO session (id, sealed) SELECT 50, sealed FROM session;"
                        "INSERT INTO session (id, sealed) VALUES (-1, x'00'), (51, x'');"
                        "DELETE FROM session WHERE id = 1");
    vault = bm_test_open(*state);
    assert_int_equal(vault->sessions.count, 0);
    expect_no_session(vault, token, NOON);
    bm_vault_close(vault);
}

static void the_setup_link_works_until_it_is_used_or_replaced(void **state) {
    struct bm_vault *vault = bm_test_open(*state);
    char first[BM_TOKEN_TEXT], second[BM_TOKEN_TEXT], session[BM_TOKEN_TEXT];
    assert_int_equal(bm_vault_new_setup(vault, first, NULL), BM_OK);
    assert_true(bm_vault_setup_matches(vault, first));
    assert_true(bm_vault_setup_matches(vault, first)); /* looking does not use it up */
    assert_int_equal(bm_vault_new_setup(vault, second, NULL), BM_OK);
    assert_false(bm_vault_setup_matches(vault, first));
    bm_vault_close(vault);
    vault = bm_test_open(*state);
    assert_true(bm_vault_setup_matches(vault, second));
    assert_false(bm_vault_setup_matches(vault, ""));
    expect_no_session(vault, second, NOON); /* it is not a session, nor the other way round */
    assert_int_equal(bm_vault_open_session(vault, 5, NOON, session, NULL), BM_OK);
    assert_false(bm_vault_setup_matches(vault, session));
    assert_int_equal(bm_vault_end_setup(vault, NULL), BM_OK);
    assert_false(bm_vault_setup_matches(vault, second));
    assert_int_equal(bm_vault_end_setup(vault, NULL), BM_OK);
    bm_vault_close(vault);
    vault = bm_test_open(*state);
    assert_false(bm_vault_setup_matches(vault, second));
    bm_vault_close(vault);
}

/* So that a desk whose accounts were made by another build, or by an older one with other work, lets its people in. */
static void a_hash_says_its_own_work(void **state) {
    char hash[BM_PASSWORD_HASH_BYTES], full[crypto_pwhash_STRBYTES];
    (void)state;
    bm_password_hash("a bell in the night", hash);
    const char *work = bm_password_work_is_full ? "$argon2id$v=19$m=65536,t=2,p=1$" : "$argon2id$v=19$m=8,t=1,p=1$";
    assert_memory_equal(hash, work, strlen(work));
    assert_int_equal(bm_password_check("a bell in the night", hash), BM_OK);
    assert_int_equal(crypto_pwhash_str(full, "of another build", 16, crypto_pwhash_OPSLIMIT_INTERACTIVE, crypto_pwhash_MEMLIMIT_INTERACTIVE), 0);
    assert_int_equal(bm_password_check("of another build", full), BM_OK);
    assert_int_equal(bm_password_check("of another buil", full), BM_UNAUTHENTICATED);
}

/* Canaries: what must be in no file, looked for while the vault is open and after it is closed. */
static void no_password_or_token_stands_in_any_file(void **state) {
    struct bm_vault *vault = bm_test_open(*state);
    char session[BM_TOKEN_TEXT], setup[BM_TOKEN_TEXT];
    static const char canary[] = "canary-password-8c1f";
    assert_int_equal(bm_vault_set_account(vault, 5, "canary-login", canary, NULL), BM_OK);
    assert_int_equal(log_in(vault, "canary-login", canary, NOON), BM_OK);
    assert_int_equal(log_in(vault, "canary-login", "canary-wrong-word", NOON), BM_UNAUTHENTICATED);
    assert_int_equal(bm_vault_open_session(vault, 5, NOON, session, NULL), BM_OK);
    assert_int_equal(bm_vault_new_setup(vault, setup, NULL), BM_OK);
    uint8_t session_bytes[32], setup_bytes[32], session_hash[BM_HASH_BYTES];
    assert_int_equal(bm_unhex(session, session_bytes, 32), 0);
    assert_int_equal(bm_unhex(setup, setup_bytes, 32), 0);
    bm_vault_hash("session", session, session_hash);
    for (int round = 0; round < 2; round++) {
        assert_int_equal(bm_test_files_with(*state, "canary-login", 12), 1); /* the search works */
        assert_int_equal(bm_test_files_with(*state, canary, sizeof canary - 1), 0);
        assert_int_equal(bm_test_files_with(*state, "canary-wrong-word", 17), 0);
        assert_int_equal(bm_test_files_with(*state, session, 32), 0);
        assert_int_equal(bm_test_files_with(*state, setup, 32), 0);
        assert_int_equal(bm_test_files_with(*state, session_bytes, 32), 0);
        assert_int_equal(bm_test_files_with(*state, setup_bytes, 32), 0);
        assert_int_equal(bm_test_files_with(*state, session_hash, 32), 0);
        assert_int_equal(bm_test_files_with(*state, "$argon2", 7), 0);
        if (round == 0) bm_vault_close(vault);
    }
}

#define IN_FOLDER(test)                                                                            \
    cmocka_unit_test_setup_teardown(test, bm_test_folder_make, bm_test_folder_remove)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_FOLDER(an_account_opens_with_its_password_only),
        IN_FOLDER(an_account_can_change_login_and_password),
        IN_FOLDER(rules_name_the_field_they_are_about),
        IN_FOLDER(five_failures_lock_a_login_for_a_while),
        IN_FOLDER(a_flood_of_logins_does_not_lift_a_lock),
        IN_FOLDER(an_unknown_login_costs_as_much_as_a_wrong_password),
        IN_FOLDER(an_account_changed_on_the_disk_is_refused),
        IN_FOLDER(a_session_lasts_a_shift_and_survives_a_restart),
        IN_FOLDER(what_session_time_leaves_out_is_kept),
        IN_FOLDER(at_a_start_nobody_has_more_than_a_shift_to_go),
        IN_FOLDER(an_ended_session_stays_ended),
        IN_FOLDER(a_session_written_into_the_file_logs_nobody_in),
        IN_FOLDER(the_setup_link_works_until_it_is_used_or_replaced),
        IN_FOLDER(no_password_or_token_stands_in_any_file),
        cmocka_unit_test(a_hash_says_its_own_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
