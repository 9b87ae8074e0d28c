/* Which open contact a telephone number belongs to, for the places that callers' phones report by themselves (AML).
 *
 * A number belongs to a contact because it called with it, or because it stands on the contact's open case as the caller's
 * (somebody corrected it, or the call came without one).  Numbers are sealed, and nothing of them is written anywhere: those
 * of contacts whose matter is open are kept here, hashed under a key of this process alone; and so are places that come before
 * their call does, for ten minutes.  What is followed from frames may be a moment behind the core, which alone decides:
 * whoever is refused says so with bm_locations_over.  On the io thread. */
#ifndef BM_API_LOCATIONS_H
#define BM_API_LOCATIONS_H

#include "api/api.h"
#include "core/entity.h"
#include "intake/aml.h"

enum {
    BM_LOCATIONS_KNOWN_MAX = 8192, /* contacts, and as many cases; of more those whose matter is over go first, then the oldest */
    BM_LOCATIONS_HELD_MAX = 1024,  /* places without a call; of more the oldest are dropped */
    BM_LOCATIONS_PER_NUMBER = 4,   /* of one number: the newest */
    BM_LOCATIONS_HELD_MS = 10 * 60 * 1000
};

struct bm_locations;

struct bm_locations *bm_locations_new(void);
void bm_locations_free(struct bm_locations *locations); /* NULL is fine */
bool bm_locations_full(const struct bm_locations *locations); /* one contact more would take the place of another */

/* A contact as it is now (NULL: it left memory).  True when its number is to be told: only then it has to be unsealed. */
bool bm_locations_contact(struct bm_locations *locations, uint64_t id, const struct bm_contact *contact);
void bm_locations_contact_number(struct bm_locations *locations, uint64_t id, const char *number); /* NULL: it has none */
/* A case as it is now (NULL: it left memory), after the contacts of the same moment.  True when its caller's number is to be
 * told: it is not known yet, or is another one. */
bool bm_locations_case(struct bm_locations *locations, uint64_t id, const struct bm_case *row);
void bm_locations_case_number(struct bm_locations *locations, const struct bm_case *row, const char *number); /* NULL: it has none */

/* The newest contact with that number whose matter is open; 0: none. */
uint64_t bm_locations_find(const struct bm_locations *locations, const char *number);
/* The newest contact of that case; 0: none. */
uint64_t bm_locations_newest_of(const struct bm_locations *locations, uint64_t on_case);
/* The core says that nothing is taken for that contact any more. */
void bm_locations_over(struct bm_locations *locations, uint64_t contact);

struct bm_held_place {
    struct bm_aml aml; /* without the number */
    uint64_t operator_id; /* who brought it */
};
/* False when that is no number. */
bool bm_locations_hold(struct bm_locations *locations, const char *number, const struct bm_aml *aml, uint64_t operator_id, int64_t now_ms);
/* Takes out what is held for that contact's number or its case's, oldest first; at most `most`.  Nothing for one whose matter
 * is over. */
size_t bm_locations_take(struct bm_locations *locations, uint64_t contact, int64_t now_ms, struct bm_held_place *ret_places, size_t most);

#endif
