/* The address index: where streets, crossings, house numbers and named places are, found while
 * their names are typed.
 *
 * One SQLite file.  An entry has a name as written on the spot, an English one where the map has
 * it, and a place.  It is found by its name in either Chinese script, by pinyin and its initials,
 * from any word or Chinese character of it on, and by name:en and its other names (names.h); a
 * house by street and number; a crossing by both streets.
 *
 * Known limits: readings are those of single characters (ICU's), with a second one tried for the
 * few that place names use; a question of one letter looks at the first 3,000 names that fit, in
 * the order of the alphabet. */
#ifndef BM_IMPORT_ADDRESSES_H
#define BM_IMPORT_ADDRESSES_H

#include "geo/point.h"
#include "import/roads.h"

enum {
    BM_ADDRESS_FORMAT = 1,
    BM_ADDRESS_QUESTION_MAX = 200,
    BM_ADDRESS_LIMIT_MAX = 50,
    BM_ADDRESS_NAME_BYTES = 256
};

enum bm_address_kind {
    BM_ADDRESS_STREET,
    BM_ADDRESS_CROSSING,
    BM_ADDRESS_HOUSE,
    BM_ADDRESS_PLACE,
    BM_address_kind_COUNT
};
/* "street", "crossing", "house", "place". */
extern const char *const bm_address_kind_names[BM_address_kind_COUNT];

/* --- making ----------------------------------------------------------------------------------- */

struct bm_address_counts {
    uint64_t streets, crossings, houses, places;
    uint64_t names, keys;
    uint64_t houses_without_street; /* passed over: nobody could ask for them */
};

/* Makes the index `out` (which must not exist yet) of anything that osmium reads; not synced: see
 * bm_output_put. BM_NOT_FOUND: osmium or uconv is not installed, named with its package;
 * BM_BAD_FORMAT with their own words; BM_NO_SPACE, BM_IO.  A file in which nothing has a name gives
 * an empty index. */
BM_MUST_USE enum bm_code bm_addresses_make(const char *path, const char *out,
                                           const struct bm_tell *tell,
                                           struct bm_address_counts *ret_counts,
                                           struct bm_fault *fault);

/* --- finding ---------------------------------------------------------------------------------- */

struct bm_addresses;

/* Opens an index read-only.  BM_NOT_FOUND; BM_BAD_FORMAT: no index, or one of another format;
 * BM_CORRUPT. */
BM_MUST_USE enum bm_code bm_addresses_open(const char *path, struct bm_addresses **ret_addresses,
                                           struct bm_fault *fault);
void bm_addresses_close(struct bm_addresses *addresses); /* NULL is fine */

struct bm_address {
    enum bm_address_kind kind;
    char name[BM_ADDRESS_NAME_BYTES],
        name_en[BM_ADDRESS_NAME_BYTES]; /* name_en: "" when there is none */
    char detail[BM_ADDRESS_NAME_BYTES]; /* of a place what it is ("hospital"), of others the
                                           quarter; may be "" */
    struct bm_point point;
};

/* The best `limit` (1 to BM_ADDRESS_LIMIT_MAX) answers to `question`: exact ones first, then those
 * that begin so, then those that hold it; within each, by distance when `near` is given.  Every
 * word must fit; "A / B" asks for crossings, a word that begins with a digit for a house number.  A
 * question with nothing in it has no answer. Safe from any thread (one at a time inside); some
 * milliseconds.  BM_CORRUPT, BM_IO. */
BM_MUST_USE enum bm_code bm_addresses_find(struct bm_addresses *addresses, const char *question,
                                           const struct bm_point *near, size_t limit,
                                           struct bm_address *ret_found, size_t *ret_count,
                                           struct bm_fault *fault);

#endif
