/* The life of the demo's city, through the public API of a desk: people call, the automatic seats
 * answer what the newcomer leaves, crews acknowledge, drive along the roads, work, and come back.
 *
 *   board + stream --> what the desk says is so --> calls, seats, crews --> commands, positions
 *
 * The desk's word counts: each round looks at the state that the desk reports and does the next
 * thing, so a restarted desk, a restarted driver, a status given by radio and a unit taken by
 * somebody else all go on by themselves. What a human seat has claimed is left to it (for twenty
 * minutes; then a seat that watches takes it over, and the city does not fill up).  At most two
 * callers wait for a human at any time. */
#ifndef BM_SIM_TOWN_H
#define BM_SIM_TOWN_H

#include "client/client.h"
#include "sim/roster.h"

struct bm_town;

struct bm_town_options {
    double pace;                    /* how much faster than life: 2 */
    unsigned gap_s;                 /* mean seconds of life between calls by day; 0: 60 */
    bool no_humans;                 /* nobody is waited for: for tests */
    void (*told)(const char *what); /* what somebody at the terminal may want to know */
};

/* Client, city and roster stay the caller's and are used until bm_town_free.  Never NULL. */
struct bm_town *bm_town_new(struct bm_client *client, const struct bm_city *city,
                            const struct bm_roster *roster, const struct bm_town_options *options);
void bm_town_free(struct bm_town *town); /* NULL is fine */
/* One round: takes in what happened, acts, waits at most `ms` for more.  False while the desk
 * cannot be reached: call again, it finds its way back. */
bool bm_town_round(struct bm_town *town, int ms);

struct bm_town_figures {
    uint64_t calls, cases, dispatches, arrivals, clears, closes, positions, letters, refusals, losses;
};
struct bm_town_figures bm_town_figures(const struct bm_town *town);

#endif
