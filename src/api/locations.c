#include "api/locations.h"

#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "base/phone.h"
#include "base/seal.h"

struct known {
    uint64_t contact;
    uint8_t number[BM_DIGEST_BYTES];
};
struct held {
    struct bm_held_place place;
    uint8_t number[BM_DIGEST_BYTES];
    int64_t until_ms;
};

struct bm_locations {
    uint8_t key[BM_HASH_BYTES];
    struct known known[BM_LOCATIONS_KNOWN_MAX]; /* by contact */
    size_t known_count;
    struct held held[BM_LOCATIONS_HELD_MAX]; /* oldest first */
    size_t held_count;
};

struct bm_locations *bm_locations_new(void) {
    struct bm_locations *locations = bm_alloc_zero(1, sizeof *locations);
    bm_entropy(locations->key, sizeof locations->key);
    return locations;
}

void bm_locations_free(struct bm_locations *locations) {
    if (locations) bm_wipe(locations, sizeof *locations);
    bm_free(locations);
}

static bool hash_number(const struct bm_locations *locations, const char *text, uint8_t ret_hash[BM_DIGEST_BYTES]) {
    char number[BM_PHONE_TEXT];
    if (!text || !bm_phone_dialled(text, strlen(text), number)) return false;
    bm_hash_keyed(locations->key, number, strlen(number), ret_hash, BM_DIGEST_BYTES);
    bm_wipe(number, sizeof number);
    return true;
}

/* Where the contact stands, or would. */
static size_t place_of(const struct bm_locations *locations, uint64_t contact) {
    size_t low = 0, high = locations->known_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (locations->known[middle].contact < contact)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_known(const struct bm_locations *locations, uint64_t contact, size_t *ret_at) {
    *ret_at = place_of(locations, contact);
    return *ret_at < locations->known_count && locations->known[*ret_at].contact == contact;
}

/* Whether a place could still be taken for it: the core decides again. */
static bool matters(const struct bm_contact *contact) {
    bool over = contact->state == BM_CONTACT_ENDED || contact->state == BM_CONTACT_ABANDONED;
    return contact->identity.len && contact->erased_at_ms == BM_AT_NONE && (!over || contact->on_case.v);
}

bool bm_locations_wants(const struct bm_locations *locations, const struct bm_contact *contact) {
    size_t at;
    return matters(contact) && !is_known(locations, contact->id.v, &at);
}

void bm_locations_forget(struct bm_locations *locations, uint64_t contact) {
    size_t at;
    if (!is_known(locations, contact, &at)) return;
    memmove(&locations->known[at], &locations->known[at + 1], (--locations->known_count - at) * sizeof locations->known[0]);
}

void bm_locations_learn(struct bm_locations *locations, uint64_t contact, const char *number) {
    struct known one = {.contact = contact};
    if (!hash_number(locations, number, one.number)) return;
    bm_locations_forget(locations, contact);
    if (locations->known_count == BM_LOCATIONS_KNOWN_MAX) bm_locations_forget(locations, locations->known[0].contact);
    size_t at = place_of(locations, contact);
    memmove(&locations->known[at + 1], &locations->known[at], (locations->known_count++ - at) * sizeof one);
    locations->known[at] = one;
}

uint64_t bm_locations_find(const struct bm_locations *locations, const char *number) {
    uint8_t hash[BM_DIGEST_BYTES];
    if (!hash_number(locations, number, hash)) return 0;
    for (size_t i = locations->known_count; i-- > 0;) {
        if (memcmp(locations->known[i].number, hash, sizeof hash) == 0) return locations->known[i].contact;
    }
    return 0;
}

/* --- before the call -------------------------------------------------------------------------- */

static void drop(struct bm_locations *locations, size_t at) {
    memmove(&locations->held[at], &locations->held[at + 1], (--locations->held_count - at) * sizeof locations->held[0]);
}

static void drop_old(struct bm_locations *locations, int64_t now_ms) {
    while (locations->held_count && locations->held[0].until_ms < now_ms) drop(locations, 0);
}

bool bm_locations_hold(struct bm_locations *locations, const char *number, const struct bm_aml *aml, uint64_t operator_id, int64_t now_ms) {
    struct held one = {.place = {*aml, operator_id}, .until_ms = now_ms + BM_LOCATIONS_HELD_MS};
    size_t same = 0, first = 0;
    memset(one.place.aml.number, 0, sizeof one.place.aml.number);
    if (!hash_number(locations, number, one.number)) return false;
    drop_old(locations, now_ms);
    for (size_t i = locations->held_count; i-- > 0;) {
        if (memcmp(locations->held[i].number, one.number, sizeof one.number) != 0) continue;
        same++;
        first = i;
    }
    if (same == BM_LOCATIONS_PER_NUMBER)
        drop(locations, first);
    else if (locations->held_count == BM_LOCATIONS_HELD_MAX)
        drop(locations, 0);
    locations->held[locations->held_count++] = one;
    return true;
}

size_t bm_locations_take(struct bm_locations *locations, uint64_t contact, int64_t now_ms, struct bm_held_place *ret_places, size_t most) {
    size_t at, count = 0;
    drop_old(locations, now_ms);
    if (!is_known(locations, contact, &at)) return 0;
    for (size_t i = 0; i < locations->held_count && count < most;) {
        if (memcmp(locations->held[i].number, locations->known[at].number, BM_DIGEST_BYTES) != 0) {
            i++;
            continue;
        }
        ret_places[count++] = locations->held[i].place;
        drop(locations, i);
    }
    return count;
}
