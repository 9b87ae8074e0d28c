/* From what a map says to what can be asked for: streets put together from their ways, crossings,
 * houses, places.  Private to the address index. */
#ifndef BM_IMPORT_ADDRESS_ENTRIES_H
#define BM_IMPORT_ADDRESS_ENTRIES_H

#include "import/address_book.h"
#include "import/addresses.h"

/* Texts are the book's. */
struct bm_entry {
    uint8_t kind; /* enum bm_address_kind */
    uint32_t name, name_en, others, detail;
    uint32_t number;          /* house */
    uint32_t street, street2; /* number of a street name, from 1; street2: of a crossing; 0: none */
    struct bm_point point;
};
/* A street name, however many streets bear it: number i + 1 stands at i. */
struct bm_street_name {
    uint32_t name, name_en, others;
};

struct bm_entries {
    struct bm_entry *entries;
    size_t count, cap;
    struct bm_street_name *streets; /* sorted by name */
    size_t street_count;
};

/* Adds texts (names of houses and crossings) to the book. */
void bm_entries_make(struct bm_book *book, struct bm_entries *ret_entries);
void bm_entries_free(struct bm_entries *entries);

#endif
