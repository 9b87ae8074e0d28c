/* Which abandoned calls a new one answers for: those with the same number, for whoever calls again needs no ringing back.
 *
 * Numbers are personal, so the core does not know them and nothing of them is written anywhere: the abandoned calls that wait
 * (at most BM_CALL_BACKS_MAX; of more the oldest are found no longer) are kept here by a hash under a key of this process
 * alone, from the frames that abandon them to those that take them off the list.  On the io thread. */
#ifndef BM_API_CALL_BACKS_H
#define BM_API_CALL_BACKS_H

#include <jansson.h>

#include "api/api.h"
#include "core/entity.h"

enum { BM_CALL_BACKS_MAX = 4096 };

struct bm_call_backs;

struct bm_call_backs *bm_call_backs_new(void);
void bm_call_backs_free(struct bm_call_backs *backs); /* NULL is fine */
/* A contact as it is now, with what is under its identity (NULL: nothing); NULL: it left memory. */
void bm_call_backs_take(struct bm_call_backs *backs, uint64_t id, const struct bm_contact *contact, const json_t *identity);
/* Whether `contact` is one of those that are kept: only those have to be unsealed. */
bool bm_call_backs_waits(const struct bm_contact *contact);
/* Ids of those with that number, oldest first; at most `most`. */
size_t bm_call_backs_find(const struct bm_call_backs *backs, const char *number, uint64_t *ret_ids, size_t most);

#endif
