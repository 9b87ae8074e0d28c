/* Who is told by a channel: telephone numbers and mail addresses of people.  The record holds them as one sealed text under a key
 * of its own; they are opened for those who look after channels, and in the moment of sending. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "api/api_private.h"
#include "base/alloc.h"
#include "base/check.h"
#include "base/hash.h"
#include "base/seal.h"
#include "core/alert.h"

enum { SEALED_MOST = BM_LIST_TEXT + BM_SEAL_EXTRA_BYTES };

enum bm_code bm_alert_people_seal(struct bm_api *api, enum bm_alert_kind kind, char recipients[BM_PEOPLE_TEXT], struct bm_fault *fault) {
    uint8_t nonce[BM_NONCE_BYTES];
    struct bm_vault_key fresh;
    size_t len = strlen(recipients);
    uint32_t count = bm_alert_people_count(recipients);
    if (len >= BM_LIST_TEXT)
        return bm_fault_set(fault, BM_TOO_LONG, "recipients", "At most %d bytes; make a second channel for the others.", BM_LIST_TEXT - 1);
    if (len == 0) return BM_OK;
    enum bm_code code = bm_alert_people_check(kind, recipients, fault);
    if (code) return code;
    if (bm_vault_take_key(api->vault, &fresh) != BM_OK)
        return bm_fault_set(fault, BM_NOT_READY, NULL, "New sealing keys are being made; try again with the same key.");
    bm_entropy(nonce, sizeof nonce);
    struct bm_bytes sealed = bm_seal(fresh.key, fresh.id, nonce, recipients, len);
    bm_wipe(recipients, BM_PEOPLE_TEXT);
    int at = snprintf(recipients, BM_PEOPLE_TEXT, "sealed:%" PRIu32 ":%" PRIu64 ":", count, fresh.id);
    BM_CHECK((size_t)at + 2u * sealed.len < BM_PEOPLE_TEXT);
    bm_hex(sealed.bytes, sealed.len, recipients + at);
    bm_wipe(&fresh, sizeof fresh);
    bm_bytes_free(&sealed);
    return BM_OK;
}

bool bm_alert_people_open(struct bm_api *api, const char *recipients, char ret_people[BM_PEOPLE_TEXT]) {
    struct bm_alert_sealed sealed;
    uint8_t key[BM_KEY_BYTES], bytes[SEALED_MOST];
    char *clear;
    size_t len;
    if (!bm_alert_sealed_read(recipients, &sealed)) {
        memmove(ret_people, recipients, strlen(recipients) + 1);
        return true;
    }
    size_t sealed_len = strlen(sealed.hex) / 2;
    if (sealed_len > sizeof bytes || bm_unhex(sealed.hex, bytes, sealed_len) != 0) return false;
    if (bm_vault_key(api->vault, sealed.key_id, key) != BM_OK) return false;
    bool ok = bm_unseal(key, sealed.key_id, bytes, sealed_len, &clear, &len);
    bm_wipe(key, sizeof key);
    if (!ok) return false;
    snprintf(ret_people, BM_PEOPLE_TEXT, "%s", clear);
    bm_wipe(clear, len);
    bm_free(clear);
    return true;
}
