/* Sets up an empty desk for the city, through the public API and as an administrator would:
 * agencies, places, classes, units, people with their accounts.  What is there already (known by
 * its code, name, call sign or number) is left alone, so that a set-up that was interrupted is
 * completed by doing it again. */
#ifndef BM_SIM_FURNISH_H
#define BM_SIM_FURNISH_H

#include "client/client.h"
#include "sim/roster.h"

/* `setup_token`: from the one-time link, NULL when the desk has an administrator (who is then
 * logged in as).  `told` is called with what is being done.  On refusal the fault says what the
 * desk said. */
BM_MUST_USE enum bm_code bm_furnish(struct bm_client *client, const struct bm_city *city,
                                    const struct bm_roster *roster, const char *setup_token,
                                    void (*told)(const char *what), struct bm_fault *fault);

#endif
