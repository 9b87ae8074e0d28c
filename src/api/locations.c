#include "api/locations.h"

#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "base/phone.h"
#include "base/seal.h"

struct number {
    uint8_t hash[BM_DIGEST_BYTES];
    bool told; /* it was asked for: nobody unseals it twice */
    bool some; /* and there is one */
};
struct known {
    uint64_t contact, on_case; /* 0: on none yet */
    struct number number;
    bool over; /* nothing is taken for it any more */
};
/* An open case whose caller's number was asked for. */
struct numbered {
    uint64_t on_case;
    struct number number;
    uint8_t sealed[BM_DIGEST_BYTES]; /* of the sealed bytes it was read from: another value is another number */
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
    struct numbered numbered[BM_LOCATIONS_KNOWN_MAX]; /* by case */
    size_t numbered_count;
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

static bool is_number(const struct number *number, const uint8_t hash[BM_DIGEST_BYTES]) {
    return number->some && memcmp(number->hash, hash, sizeof number->hash) == 0;
}

bool bm_locations_full(const struct bm_locations *locations) {
    return locations->known_count == BM_LOCATIONS_KNOWN_MAX;
}

/* --- contacts --------------------------------------------------------------------------------- */

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

static struct known *known_of(const struct bm_locations *locations, uint64_t contact) {
    size_t at = place_of(locations, contact);
    bool found = at < locations->known_count && locations->known[at].contact == contact;
    return found ? (struct known *)&locations->known[at] : NULL;
}

static void forget_at(struct bm_locations *locations, size_t at) {
    memmove(&locations->known[at], &locations->known[at + 1], (--locations->known_count - at) * sizeof locations->known[0]);
}

/* Room for one more: the oldest whose matter is over goes, else the oldest. */
static void make_room(struct bm_locations *locations) {
    size_t at = 0;
    if (!bm_locations_full(locations)) return;
    while (at < locations->known_count && !locations->known[at].over) at++;
    forget_at(locations, at < locations->known_count ? at : 0);
}

static struct known *add(struct bm_locations *locations, uint64_t contact) {
    make_room(locations);
    size_t at = place_of(locations, contact);
    memmove(&locations->known[at + 1], &locations->known[at], (locations->known_count++ - at) * sizeof locations->known[0]);
    locations->known[at] = (struct known){.contact = contact};
    return &locations->known[at];
}

bool bm_locations_contact(struct bm_locations *locations, uint64_t id, const struct bm_contact *contact) {
    struct known *known = known_of(locations, id);
    bool done = contact && (contact->state == BM_CONTACT_ENDED || contact->state == BM_CONTACT_ABANDONED);
    if (!contact || contact->erased_at_ms != BM_AT_NONE || (done && !contact->on_case.v)) {
        if (known) forget_at(locations, (size_t)(known - locations->known));
        return false;
    }
    if (!known) known = add(locations, id);
    /* On another case it is open until that case, which comes in the same moment, says otherwise. */
    if (known->on_case != contact->on_case.v) known->over = false;
    known->on_case = contact->on_case.v;
    return contact->identity.len && !known->number.told;
}

void bm_locations_contact_number(struct bm_locations *locations, uint64_t id, const char *number) {
    struct known *known = known_of(locations, id);
    if (!known) return;
    known->number.told = true;
    known->number.some = hash_number(locations, number, known->number.hash);
}

void bm_locations_over(struct bm_locations *locations, uint64_t contact) {
    struct known *known = known_of(locations, contact);
    if (known) known->over = true;
}

uint64_t bm_locations_newest_of(const struct bm_locations *locations, uint64_t on_case) {
    for (size_t i = locations->known_count; i-- > 0;) {
        if (locations->known[i].on_case == on_case) return locations->known[i].contact;
    }
    return 0;
}

/* --- cases ------------------------------------------------------------------------------------ */

static size_t numbered_place(const struct bm_locations *locations, uint64_t on_case) {
    size_t low = 0, high = locations->numbered_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (locations->numbered[middle].on_case < on_case)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct numbered *numbered_of(const struct bm_locations *locations, uint64_t on_case) {
    size_t at = numbered_place(locations, on_case);
    bool found = at < locations->numbered_count && locations->numbered[at].on_case == on_case;
    return found ? (struct numbered *)&locations->numbered[at] : NULL;
}

static void forget_numbered(struct bm_locations *locations, size_t at) {
    memmove(&locations->numbered[at], &locations->numbered[at + 1],
            (--locations->numbered_count - at) * sizeof locations->numbered[0]);
}

static void digest_of(const struct bm_case *row, uint8_t ret_digest[BM_DIGEST_BYTES]) {
    bm_hash_of(row->identity.bytes, row->identity.len, ret_digest, BM_DIGEST_BYTES);
}

bool bm_locations_case(struct bm_locations *locations, uint64_t id, const struct bm_case *row) {
    struct numbered *numbered = numbered_of(locations, id);
    bool open = row && row->erased_at_ms == BM_AT_NONE && row->state < BM_CASE_CLOSED;
    uint8_t digest[BM_DIGEST_BYTES];
    for (size_t i = 0; i < locations->known_count; i++) {
        if (locations->known[i].on_case == id) locations->known[i].over = !open;
    }
    if (numbered && (!open || !row->identity.len)) forget_numbered(locations, (size_t)(numbered - locations->numbered));
    if (!open || !row->identity.len) return false;
    digest_of(row, digest);
    return !numbered || memcmp(numbered->sealed, digest, sizeof digest) != 0;
}

void bm_locations_case_number(struct bm_locations *locations, const struct bm_case *row, const char *number) {
    struct numbered one = {.on_case = row->id.v, .number = {.told = true}};
    struct numbered *before = numbered_of(locations, row->id.v);
    one.number.some = hash_number(locations, number, one.number.hash);
    digest_of(row, one.sealed);
    if (before) {
        *before = one;
        return;
    }
    if (locations->numbered_count == BM_LOCATIONS_KNOWN_MAX) forget_numbered(locations, 0);
    size_t at = numbered_place(locations, row->id.v);
    memmove(&locations->numbered[at + 1], &locations->numbered[at], (locations->numbered_count++ - at) * sizeof one);
    locations->numbered[at] = one;
}

static bool has_number(const struct bm_locations *locations, const struct known *known, const uint8_t hash[BM_DIGEST_BYTES]) {
    const struct numbered *numbered = known->on_case ? numbered_of(locations, known->on_case) : NULL;
    return is_number(&known->number, hash) || (numbered && is_number(&numbered->number, hash));
}

uint64_t bm_locations_find(const struct bm_locations *locations, const char *number) {
    uint8_t hash[BM_DIGEST_BYTES];
    if (!hash_number(locations, number, hash)) return 0;
    for (size_t i = locations->known_count; i-- > 0;) {
        const struct known *known = &locations->known[i];
        if (!known->over && has_number(locations, known, hash)) return known->contact;
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
    const struct known *known = known_of(locations, contact);
    size_t count = 0;
    drop_old(locations, now_ms);
    if (!known || known->over) return 0;
    for (size_t i = 0; i < locations->held_count && count < most;) {
        if (!has_number(locations, known, locations->held[i].number)) {
            i++;
            continue;
        }
        ret_places[count++] = locations->held[i].place;
        drop(locations, i);
    }
    return count;
}
