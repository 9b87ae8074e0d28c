/* Secrets of devices: one wrapped hash each among the named values, all of them in memory. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "vault/devices.h"
#include "vault/vault_private.h"

static const char prefix[] = "device/";

static void value_name(uint64_t device, char ret_name[40]) {
    snprintf(ret_name, 40, "%s%llu", prefix, (unsigned long long)device);
}

static void keep(struct bm_vault *vault, uint64_t device, const uint8_t hash[BM_HASH_BYTES]) {
    struct bm_vault_secret *kept = bm_table_get(&vault->device_secrets, device);
    if (!kept) kept = bm_table_add(&vault->device_secrets, device);
    memcpy(kept->hash, hash, BM_HASH_BYTES);
}

enum bm_code bm_vault_load_devices(struct bm_vault *vault, struct bm_fault *fault) {
    sqlite3_stmt *statement = bm_vault_prepare(vault->db, "SELECT name, bytes FROM named WHERE name GLOB 'device/*'");
    size_t damaged = 0;
    if (!statement) return bm_vault_fault(vault->db, "reading the devices' secrets", fault);
    while (sqlite3_step(statement) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(statement, 0);
        uint64_t device = name ? strtoull(name + sizeof prefix - 1, NULL, 10) : 0;
        uint8_t hash[BM_HASH_BYTES];
        const void *wrapped = sqlite3_column_blob(statement, 1);
        size_t len = wrapped ? (size_t)sqlite3_column_bytes(statement, 1) : 0;
        bool fine = device && device < UINT64_C(1) << 40 &&
                    bm_vault_unwrap(vault, BM_WRAP_DEVICE, device, wrapped, len, hash, sizeof hash);
        if (fine)
            keep(vault, device, hash);
        else
            damaged++;
    }
    if (sqlite3_finalize(statement) != SQLITE_OK) return bm_vault_fault(vault->db, "reading the devices' secrets", fault);
    /* They get new ones from an administrator; that is no reason to keep the desk shut. */
    if (damaged) bm_log(BM_LOG_WARNING, "device_secrets_damaged", "count=%zu", damaged);
    return BM_OK;
}

/* Makes one and puts it into the open transaction; gives SQLite's code. */
static int put_new(struct bm_vault *vault, uint64_t device, char ret_secret[BM_DEVICE_SECRET_TEXT], uint8_t ret_hash[BM_HASH_BYTES]) {
    uint8_t bytes[(BM_DEVICE_SECRET_TEXT - 1) / 2];
    char name[40];
    bm_entropy(bytes, sizeof bytes);
    bm_hex(bytes, sizeof bytes, ret_secret);
    bm_wipe(bytes, sizeof bytes);
    bm_vault_hash("device", ret_secret, ret_hash);
    value_name(device, name);
    struct bm_bytes wrapped = bm_vault_wrap(vault, BM_WRAP_DEVICE, device, ret_hash, BM_HASH_BYTES);
    int rc = bm_vault_put_value(vault->db, name, wrapped.bytes, wrapped.len);
    bm_bytes_free(&wrapped);
    return rc;
}

enum bm_code bm_vault_new_device_secrets(struct bm_vault *vault, const uint64_t *devices, size_t count,
                                         char (*ret_secrets)[BM_DEVICE_SECRET_TEXT], struct bm_fault *fault) {
    char(*secrets)[BM_DEVICE_SECRET_TEXT] = bm_alloc_zero(count ? count : 1, sizeof *secrets);
    uint8_t(*hashes)[BM_HASH_BYTES] = bm_alloc_zero(count ? count : 1, sizeof *hashes);
    pthread_mutex_lock(&vault->disk);
    int rc = bm_vault_begin(vault->db);
    for (size_t i = 0; i < count && rc == SQLITE_OK; i++) rc = put_new(vault, devices[i], secrets[i], hashes[i]);
    enum bm_code code = bm_vault_finish(vault->db, rc, "keeping a device's secret", fault);
    if (!code) {
        pthread_mutex_lock(&vault->memory);
        for (size_t i = 0; i < count; i++) keep(vault, devices[i], hashes[i]);
        pthread_mutex_unlock(&vault->memory);
        if (count) memcpy(ret_secrets, secrets, count * sizeof *secrets);
    }
    pthread_mutex_unlock(&vault->disk);
    bm_wipe(secrets, count * sizeof *secrets);
    bm_free(secrets);
    bm_free(hashes);
    return code;
}

enum bm_code bm_vault_new_device_secret(struct bm_vault *vault, uint64_t device, char ret_secret[BM_DEVICE_SECRET_TEXT],
                                        struct bm_fault *fault) {
    char secrets[1][BM_DEVICE_SECRET_TEXT];
    enum bm_code code = bm_vault_new_device_secrets(vault, &device, 1, secrets, fault);
    if (!code) memcpy(ret_secret, secrets[0], sizeof secrets[0]);
    bm_wipe(secrets, sizeof secrets);
    return code;
}

bool bm_vault_device_secret_fits(struct bm_vault *vault, uint64_t device, const char *secret) {
    uint8_t hash[BM_HASH_BYTES];
    bm_vault_hash("device", secret, hash);
    pthread_mutex_lock(&vault->memory);
    const struct bm_vault_secret *kept = bm_table_get(&vault->device_secrets, device);
    /* Of hashes: how long it takes says nothing about the secret. */
    bool fits = kept && memcmp(kept->hash, hash, sizeof hash) == 0;
    pthread_mutex_unlock(&vault->memory);
    return fits;
}

bool bm_vault_has_device_secret(struct bm_vault *vault, uint64_t device) {
    pthread_mutex_lock(&vault->memory);
    bool has = bm_table_get(&vault->device_secrets, device) != NULL;
    pthread_mutex_unlock(&vault->memory);
    return has;
}
