/* The vault's operations, on one that holds an account, a session, secrets, and keys of which one is in use. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/check.h"
#include "sweep.h"
#include "vault/devices.h"

static const char PASSWORD[] = "correct horse battery";
static const int64_t NOW = INT64_C(1790000000000);

/* What the folder holds that was made before; the processes of the cases know it, too. */
static struct {
    struct bm_vault_key key, whole[BM_KEY_BLOCK];
    char token[BM_TOKEN_TEXT], device[BM_DEVICE_SECRET_TEXT];
} known;

static void need(enum bm_code code, const struct bm_fault *fault) {
    if (code) fprintf(stderr, "%s: %s\n", bm_code_word(code), fault->detail);
    BM_CHECK(code == BM_OK);
}

static void make(struct bm_stage *stage) {
    struct bm_fault fault = {0};
    need(bm_vault_open(stage->dir, &stage->vault, &fault), &fault);
    need(bm_vault_take_key(stage->vault, &known.key), &fault);
    need(bm_vault_set_account(stage->vault, 1, "one", PASSWORD, &fault), &fault);
    need(bm_vault_open_session(stage->vault, 1, NOW, known.token, &fault), &fault);
    need(bm_vault_new_device_secret(stage->vault, 7, known.device, &fault), &fault);
    need(bm_vault_set_channel_secret(stage->vault, 3, "former", &fault), &fault);
}

/* And a whole block in use. */
static void make_used(struct bm_stage *stage) {
    struct bm_fault fault = {0};
    make(stage);
    need(bm_vault_make_keys(stage->vault, &fault), &fault);
    for (size_t count = 0; count < BM_KEY_BLOCK;) {
        struct bm_vault_key key;
        need(bm_vault_take_key(stage->vault, &key), &fault);
        if (key.id > BM_KEY_BLOCK) known.whole[count++] = key;
    }
}

static enum bm_code open_vault(struct bm_stage *stage, struct bm_fault *fault) {
    return stage->vault ? BM_OK : bm_vault_open(stage->dir, &stage->vault, fault);
}

/* Everything that was there before, as far as an operation does not take it away. */
enum { NO_SESSION = 1, NO_KEY = 2, OTHER_CHANNEL = 4, OTHER_DEVICE = 8 };
static const char *look_at(struct bm_stage *stage, unsigned without) {
    struct bm_fault fault = {0};
    uint8_t key[BM_KEY_BYTES];
    struct bm_vault_key fresh;
    uint64_t operator_id, session;
    char secret[BM_CHANNEL_SECRET_TEXT];
    if (open_vault(stage, &fault)) return "the vault does not open";
    bool has = bm_vault_key(stage->vault, known.key.id, key) == BM_OK && memcmp(key, known.key.key, sizeof key) == 0;
    if (!has && !(without & NO_KEY)) return "a key is gone";
    if (bm_vault_take_key(stage->vault, &fresh) || fresh.id <= known.key.id) return "no fresh key, or one for the second time";
    if (bm_vault_check_account(stage->vault, "one", PASSWORD, NOW, &operator_id, &fault) || operator_id != 1) return "an account is gone";
    if (!(without & NO_SESSION) && bm_vault_check_session(stage->vault, known.token, NOW, &operator_id, &session)) return "a session is gone";
    if (!(without & OTHER_DEVICE) && !bm_vault_device_secret_fits(stage->vault, 7, known.device)) return "a device's secret is gone";
    if (bm_vault_channel_secret(stage->vault, 3, secret, &fault)) return "a channel's secret is gone";
    return (without & OTHER_CHANNEL) || strcmp(secret, "former") == 0 ? NULL : "a channel's secret is another";
}

static const char *look(struct bm_stage *stage, bool done) {
    (void)done;
    return look_at(stage, 0);
}

static const char *look_at_new(struct bm_stage *stage, bool done) {
    struct bm_fault fault = {0};
    (void)done;
    return open_vault(stage, &fault) ? "a new vault does not open" : bm_vault_keys_left(stage->vault) ? NULL : "a new vault has no keys";
}

static enum bm_code copy_open(struct bm_stage *stage, struct bm_fault *fault) {
    struct bm_vault *vault;
    enum bm_code code = bm_vault_open_to_copy(stage->dir, &vault, fault);
    if (code) return code;
    code = bm_vault_backup(vault, stage->out, fault);
    bm_vault_close(vault);
    return code;
}

static const char *look_at_copy(struct bm_stage *stage, bool done) {
    struct bm_stage copy = *stage;
    struct bm_fault fault = {0};
    uint8_t key[BM_KEY_BYTES];
    struct bm_vault_key fresh;
    const char *wrong = look_at(stage, 0);
    if (wrong || !done) return wrong;
    memcpy(copy.dir, stage->out, sizeof copy.dir);
    copy.vault = NULL;
    if (open_vault(&copy, &fault)) return "a copy that was made does not open";
    if (bm_vault_key(copy.vault, known.key.id, key) || memcmp(key, known.key.key, sizeof key) != 0) wrong = "the copy lacks a key";
    if (bm_vault_take_key(copy.vault, &fresh) || fresh.id <= 2 * BM_KEY_BLOCK) wrong = "the copy hands out keys of the original";
    bm_vault_close(copy.vault);
    return wrong;
}

/* --- people ----------------------------------------------------------------------------------- */

static enum bm_code set_account(struct bm_stage *stage, struct bm_fault *fault) {
    return bm_vault_set_account(stage->vault, 2, "two", PASSWORD, fault);
}

static const char *look_at_account(struct bm_stage *stage, bool done) {
    struct bm_fault fault = {0};
    uint64_t operator_id = 0;
    const char *wrong = look_at(stage, 0);
    if (wrong || !done) return wrong;
    return bm_vault_check_account(stage->vault, "two", PASSWORD, NOW, &operator_id, &fault) || operator_id != 2 ? "an account that was made is gone" : NULL;
}

static enum bm_code check_account(struct bm_stage *stage, struct bm_fault *fault) {
    uint64_t operator_id;
    return bm_vault_check_account(stage->vault, "one", PASSWORD, NOW, &operator_id, fault);
}

static enum bm_code open_session(struct bm_stage *stage, struct bm_fault *fault) {
    char token[BM_TOKEN_TEXT];
    enum bm_code code = bm_vault_open_session(stage->vault, 2, NOW, token, fault);
    if (code == BM_OK) memcpy(stage->told, token, BM_TOKEN_TEXT - 1);
    return code;
}

static const char *look_at_session(struct bm_stage *stage, bool done) {
    uint64_t operator_id, session;
    char token[BM_TOKEN_TEXT] = "";
    const char *wrong = look_at(stage, 0);
    if (wrong || !done) return wrong;
    memcpy(token, stage->told, BM_TOKEN_TEXT - 1);
    return bm_vault_check_session(stage->vault, token, NOW, &operator_id, &session) ? "a session that was opened is gone" : NULL;
}

static enum bm_code ready_to_end(struct bm_stage *stage, struct bm_fault *fault) {
    uint64_t operator_id;
    enum bm_code code = open_vault(stage, fault);
    if (code == BM_OK && !stage->told[0]) code = bm_vault_check_session(stage->vault, known.token, NOW, &operator_id, &stage->told[0]);
    return code;
}

static enum bm_code end_session(struct bm_stage *stage, struct bm_fault *fault) {
    return bm_vault_end_session(stage->vault, stage->told[0], fault);
}

static const char *look_at_ended(struct bm_stage *stage, bool done) {
    uint64_t operator_id, session;
    const char *wrong = look_at(stage, NO_SESSION);
    if (wrong || !done) return wrong;
    return bm_vault_check_session(stage->vault, known.token, NOW, &operator_id, &session) ? NULL : "a session that was ended goes on";
}

/* --- secrets ---------------------------------------------------------------------------------- */

static enum bm_code set_channel(struct bm_stage *stage, struct bm_fault *fault) {
    return bm_vault_set_channel_secret(stage->vault, 3, "latter", fault);
}

static const char *look_at_channel(struct bm_stage *stage, bool done) {
    char secret[BM_CHANNEL_SECRET_TEXT];
    struct bm_fault fault = {0};
    const char *wrong = look_at(stage, OTHER_CHANNEL);
    if (wrong || !done) return wrong;
    return bm_vault_channel_secret(stage->vault, 3, secret, &fault) || strcmp(secret, "latter") != 0 ? "a secret that was set is not there" : NULL;
}

static enum bm_code get_channel(struct bm_stage *stage, struct bm_fault *fault) {
    char secret[BM_CHANNEL_SECRET_TEXT];
    return bm_vault_channel_secret(stage->vault, 3, secret, fault);
}

static enum bm_code set_devices(struct bm_stage *stage, struct bm_fault *fault) {
    static const uint64_t devices[] = {7, 8};
    char secrets[2][BM_DEVICE_SECRET_TEXT];
    enum bm_code code = bm_vault_new_device_secrets(stage->vault, devices, 2, secrets, fault);
    if (code == BM_OK) memcpy(stage->told, secrets[1], BM_DEVICE_SECRET_TEXT - 1);
    return code;
}

static const char *look_at_devices(struct bm_stage *stage, bool done) {
    char secret[BM_DEVICE_SECRET_TEXT] = "";
    const char *wrong = look_at(stage, OTHER_DEVICE);
    if (wrong) return wrong;
    memcpy(secret, stage->told, BM_DEVICE_SECRET_TEXT - 1);
    /* All of them or none. */
    bool former = bm_vault_device_secret_fits(stage->vault, 7, known.device), latter = bm_vault_has_device_secret(stage->vault, 8);
    if (former == latter) return "of two secrets one was made";
    return !done || bm_vault_device_secret_fits(stage->vault, 8, secret) ? NULL : "a device's secret that was made is not there";
}

static enum bm_code new_setup(struct bm_stage *stage, struct bm_fault *fault) {
    char token[BM_TOKEN_TEXT];
    enum bm_code code = bm_vault_new_setup(stage->vault, token, fault);
    if (code == BM_OK) memcpy(stage->told, token, BM_TOKEN_TEXT - 1);
    return code;
}

static const char *look_at_setup(struct bm_stage *stage, bool done) {
    char token[BM_TOKEN_TEXT] = "";
    const char *wrong = look_at(stage, 0);
    if (wrong || !done) return wrong;
    memcpy(token, stage->told, BM_TOKEN_TEXT - 1);
    return bm_vault_setup_matches(stage->vault, token) ? NULL : "a setup link that was made does not work";
}

static enum bm_code ready_setup(struct bm_stage *stage, struct bm_fault *fault) {
    enum bm_code code = open_vault(stage, fault);
    return code ? code : new_setup(stage, fault);
}

static enum bm_code end_setup(struct bm_stage *stage, struct bm_fault *fault) {
    return bm_vault_end_setup(stage->vault, fault);
}

static const char *look_at_no_setup(struct bm_stage *stage, bool done) {
    const char *wrong = look_at_setup(stage, done);
    return !done ? wrong : wrong ? NULL : "a setup link that was ended works";
}

/* --- keys ------------------------------------------------------------------------------------- */

static enum bm_code make_keys(struct bm_stage *stage, struct bm_fault *fault) {
    stage->told[0] = bm_vault_keys_left(stage->vault);
    enum bm_code code = bm_vault_make_keys(stage->vault, fault);
    if (code == BM_OK && bm_vault_keys_left(stage->vault) != stage->told[0] + BM_KEY_BLOCK) abort();
    return code;
}

static enum bm_code destroy(struct bm_stage *stage, struct bm_fault *fault) {
    return bm_vault_destroy_keys(stage->vault, &known.key.id, 1, fault);
}

static const char *look_at_destroyed(struct bm_stage *stage, bool done) {
    uint8_t key[BM_KEY_BYTES];
    const char *wrong = look_at(stage, NO_KEY);
    if (wrong || !done) return wrong;
    return bm_vault_key(stage->vault, known.key.id, key) == BM_NOT_FOUND ? NULL : "a key that was destroyed is there";
}

static enum bm_code drop(struct bm_stage *stage, struct bm_fault *fault) {
    uint64_t ids[BM_KEY_BLOCK];
    for (size_t i = 0; i < BM_KEY_BLOCK; i++) ids[i] = known.whole[i].id;
    return bm_vault_destroy_keys(stage->vault, ids, BM_KEY_BLOCK, fault);
}

static const char *look_at_dropped(struct bm_stage *stage, bool done) {
    uint8_t key[BM_KEY_BYTES];
    const char *wrong = look_at(stage, 0);
    for (size_t i = 0; i < BM_KEY_BLOCK && !wrong && done; i++)
        if (bm_vault_key(stage->vault, known.whole[i].id, key) != BM_NOT_FOUND) wrong = "a key that was destroyed is there";
    return wrong;
}

const struct bm_operation bm_vault_operations[] = {
    {"vault made", NULL, NULL, open_vault, look_at_new, false, false, true},
    {"vault opened", make, NULL, open_vault, look, false, false, true},
    {"vault copied", make, NULL, copy_open, look_at_copy, false, false, true},
    {"account made", make, open_vault, set_account, look_at_account, false, false, true},
    {"account checked", make, open_vault, check_account, look, false, false, true},
    {"session opened", make, open_vault, open_session, look_at_session, false, false, true},
    {"session ended", make, ready_to_end, end_session, look_at_ended, false, false, true},
    {"channel's secret set", make, open_vault, set_channel, look_at_channel, false, false, true},
    {"channel's secret read", make, open_vault, get_channel, look, false, false, true},
    {"devices' secrets made", make, open_vault, set_devices, look_at_devices, false, false, true},
    {"setup link made", make, open_vault, new_setup, look_at_setup, false, false, true},
    {"setup link ended", make, ready_setup, end_setup, look_at_no_setup, false, false, true},
    {"keys made", make, open_vault, make_keys, look, false, false, true},
    {"key destroyed", make, open_vault, destroy, look_at_destroyed, false, false, true},
    {"block of keys dropped", make_used, open_vault, drop, look_at_dropped, false, false, true},
    {0},
};
