/* Speaks with the desk for the bridge, as a gateway's account over the public API: tells it what was heard, in order and until
 * it has been confirmed, and follows its stream for calls that an operator has answered.  A thread of its own, for the desk may
 * be slow or away, and the exchange may not wait for it. */
#ifndef BM_INTAKE_TELLER_H
#define BM_INTAKE_TELLER_H

#include "intake/reports.h"

struct bm_teller_options {
    const char *desk;              /* "http://127.0.0.1:8110" */
    const char *account, *password;
    void (*claimed)(void *context); /* there are claims to be taken; from the teller's thread */
    void *context;
};

struct bm_teller;
/* Starts its thread. `options` and `reports` must outlive it. */
struct bm_teller *bm_teller_new(const struct bm_teller_options *options, struct bm_reports *reports);
/* There is something to tell. From any thread. */
void bm_teller_wake(struct bm_teller *teller);
/* What still waits is told for at most `ms`; then the thread ends. How many reports were left untold. */
size_t bm_teller_free(struct bm_teller *teller, int ms);

#endif
