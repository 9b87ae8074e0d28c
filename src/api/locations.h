/* Which open contact a telephone number belongs to, for the places that callers' phones report by themselves (AML).
 *
 * Numbers are sealed, and nothing of them is written anywhere: those of contacts whose matter is open are kept here, hashed
 * under a key of this process alone; and so are places that come before their call does, for ten minutes.  On the io
 * thread. */
#ifndef BM_API_LOCATIONS_H
#define BM_API_LOCATIONS_H

#include "api/api.h"
#include "core/entity.h"
#include "intake/aml.h"

enum {
    BM_LOCATIONS_KNOWN_MAX = 8192, /* contacts; of more the oldest are found no longer */
    BM_LOCATIONS_HELD_MAX = 1024,  /* places without a call; of more the oldest are dropped */
    BM_LOCATIONS_PER_NUMBER = 4,   /* of one number: the newest */
    BM_LOCATIONS_HELD_MS = 10 * 60 * 1000
};

struct bm_locations;

struct bm_locations *bm_locations_new(void);
void bm_locations_free(struct bm_locations *locations); /* NULL is fine */
/* Whether that contact's number is not known yet, and should be: only then it has to be unsealed. */
bool bm_locations_wants(const struct bm_locations *locations, const struct bm_contact *contact);
/* The contact's number is that (NULL: none). */
void bm_locations_learn(struct bm_locations *locations, uint64_t contact, const char *number);
/* The contact left memory, or is over. */
void bm_locations_forget(struct bm_locations *locations, uint64_t contact);
/* The newest contact with that number; 0: none. */
uint64_t bm_locations_find(const struct bm_locations *locations, const char *number);

struct bm_held_place {
    struct bm_aml aml; /* without the number */
    uint64_t operator_id; /* who brought it */
};
/* False when that is no number. */
bool bm_locations_hold(struct bm_locations *locations, const char *number, const struct bm_aml *aml, uint64_t operator_id, int64_t now_ms);
/* Takes out what is held for that contact's number, oldest first; at most `most`. */
size_t bm_locations_take(struct bm_locations *locations, uint64_t contact, int64_t now_ms, struct bm_held_place *ret_places, size_t most);

#endif
