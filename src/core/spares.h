/* Sealing keys that are put by for cases which the engine opens by itself: replay takes no keys from a vault, so they come with
 * the command that opens a matter or acts in it, two for each case.
 *
 *   an opening's keys -> matter.spare_keys -- engine opens a case --> the case's two, and those put by for it in its turn
 *   an act's keys     -> the cases that it opens, the same;  what is left fills spare_keys up again
 *
 * How many is counted here, by the core that hands them on and by the api that takes them from the vault. */
#ifndef BM_CORE_SPARES_H
#define BM_CORE_SPARES_H

#include "procedure/procedure.h"

enum {
    BM_SPARES_MAX = 32,  /* pairs put by for one matter: what is opened beyond waits for the next act, and says so (halted) */
    BM_SPARES_DEPTH = 4, /* cases out of cases, for a procedure may open its own kind */
    BM_SPARES_ACT_MAX = 64
};

/* The current procedure of that name; NULL: none, or it does not read. */
struct bm_procedures {
    const struct bm_procedure *(*find)(void *context, const char *name);
    void *context;
};

/* Pairs for all that the engine may open out of a matter by itself, each of its events once, and out of what it opens. */
size_t bm_spares_of(const struct bm_procedures *procedures, const struct bm_procedure *procedure);
/* The share of a case that the engine opens: what bm_spares_of has counted for it, one case less deep. */
size_t bm_spares_of_child(const struct bm_procedures *procedures, const struct bm_procedure *procedure);
/* Pairs for all that an event may open, by whomever, with what is put by for each. */
size_t bm_spares_of_event(const struct bm_procedures *procedures, const struct bm_procedure *procedure, uint16_t event);

#endif
