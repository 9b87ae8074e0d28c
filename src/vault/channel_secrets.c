/* Secrets of channels out of the house (core/alert.h), each wrapped under its channel's id. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "vault/vault_private.h"

static void name_of(uint64_t channel, char ret_name[40]) {
    snprintf(ret_name, 40, "alert/%" PRIu64, channel);
}

enum bm_code bm_vault_set_channel_secret(struct bm_vault *vault, uint64_t channel, const char *secret, struct bm_fault *fault) {
    char name[40];
    name_of(channel, name);
    struct bm_bytes wrapped = bm_vault_wrap(vault, BM_WRAP_CHANNEL, channel, secret, strlen(secret));
    pthread_mutex_lock(&vault->disk);
    int rc = bm_vault_begin(vault->db);
    if (rc == SQLITE_OK) rc = bm_vault_put_value(vault->db, name, wrapped.bytes, wrapped.len);
    enum bm_code code = bm_vault_finish(vault->db, rc, "keeping a channel's secret", fault);
    pthread_mutex_unlock(&vault->disk);
    bm_bytes_free(&wrapped);
    return code;
}

enum bm_code bm_vault_channel_secret(struct bm_vault *vault, uint64_t channel, char ret_secret[BM_CHANNEL_SECRET_TEXT],
                                     struct bm_fault *fault) {
    char name[40];
    uint8_t wrapped[BM_CHANNEL_SECRET_TEXT + BM_SEAL_EXTRA_BYTES];
    size_t len = 0;
    name_of(channel, name);
    pthread_mutex_lock(&vault->disk);
    int rc = bm_vault_get_value(vault->db, name, wrapped, sizeof wrapped, &len);
    enum bm_code code = rc == SQLITE_OK ? BM_OK : bm_vault_fault(vault->db, "reading a channel's secret", fault);
    pthread_mutex_unlock(&vault->disk);
    if (code) return code;
    if (len == 0) return bm_fault_set(fault, BM_NOT_FOUND, "secret", "The channel has no secret.");
    size_t clear = len - BM_SEAL_EXTRA_BYTES;
    if (len <= BM_SEAL_EXTRA_BYTES || clear >= BM_CHANNEL_SECRET_TEXT ||
        !bm_vault_unwrap(vault, BM_WRAP_CHANNEL, channel, wrapped, len, ret_secret, clear))
        return bm_fault_set(fault, BM_CORRUPT, "secret", "The channel's secret was changed in the vault; set it again.");
    ret_secret[clear] = 0;
    return BM_OK;
}
