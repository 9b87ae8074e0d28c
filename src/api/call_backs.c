#include "api/call_backs.h"

#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "base/phone.h"
#include "base/seal.h"

struct waiting {
    uint64_t id;
    uint8_t number[BM_DIGEST_BYTES];
};

struct bm_call_backs {
    uint8_t key[BM_HASH_BYTES];
    struct waiting waiting[BM_CALL_BACKS_MAX]; /* by id */
    size_t count;
};

struct bm_call_backs *bm_call_backs_new(void) {
    struct bm_call_backs *backs = bm_alloc_zero(1, sizeof *backs);
    bm_entropy(backs->key, sizeof backs->key);
    return backs;
}

void bm_call_backs_free(struct bm_call_backs *backs) {
    if (backs) bm_wipe(backs->key, sizeof backs->key);
    bm_free(backs);
}

static bool hash_number(const struct bm_call_backs *backs, const char *text, uint8_t ret_hash[BM_DIGEST_BYTES]) {
    char number[BM_PHONE_TEXT];
    if (!text || !bm_phone_dialled(text, strlen(text), number)) return false;
    bm_hash_keyed(backs->key, number, strlen(number), ret_hash, BM_DIGEST_BYTES);
    bm_wipe(number, sizeof number);
    return true;
}

bool bm_call_backs_waits(const struct bm_contact *contact) {
    return contact->state == BM_CONTACT_ABANDONED && contact->ring_back_until_ms != BM_AT_NONE && contact->identity.len;
}

static void drop(struct bm_call_backs *backs, size_t at) {
    memmove(&backs->waiting[at], &backs->waiting[at + 1], (--backs->count - at) * sizeof backs->waiting[0]);
}

void bm_call_backs_take(struct bm_call_backs *backs, uint64_t id, const struct bm_contact *contact, const json_t *identity) {
    struct waiting one = {.id = id};
    size_t at = 0;
    while (at < backs->count && backs->waiting[at].id < id) at++;
    if (at < backs->count && backs->waiting[at].id == id) drop(backs, at);
    if (!contact || !bm_call_backs_waits(contact)) return;
    if (!hash_number(backs, json_string_value(json_object_get(identity, "number")), one.number)) return;
    if (backs->count == BM_CALL_BACKS_MAX) {
        if (at == 0) return;
        drop(backs, 0);
        at--;
    }
    memmove(&backs->waiting[at + 1], &backs->waiting[at], (backs->count++ - at) * sizeof one);
    backs->waiting[at] = one;
}

size_t bm_call_backs_find(const struct bm_call_backs *backs, const char *number, uint64_t *ret_ids, size_t most) {
    uint8_t hash[BM_DIGEST_BYTES];
    size_t count = 0;
    if (!hash_number(backs, number, hash)) return 0;
    for (size_t i = 0; i < backs->count && count < most; i++) {
        if (memcmp(backs->waiting[i].number, hash, sizeof hash) == 0) ret_ids[count++] = backs->waiting[i].id;
    }
    return count;
}
