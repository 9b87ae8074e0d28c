/* The dispatch thread: it knows where units stand on the roads, with a live label for each (road/labels.h), and answers who is
 * there first.
 *
 *   position comes  -> roster marks the unit -> the thread wakes, puts it on its road, makes its label
 *   closure comes   -> roster counts it      -> the thread wakes, changes the metric, the labels that this meets, and
 *                                               puts those units on their roads anew that stand near it
 *   question        -> bm_watch_ask          -> runs on the thread, between two of these
 *
 * A question names for every unit the point that it has read; a label that is of another point is made then and there.  So
 * the thread's own work only keeps labels warm, and no answer hangs on how far it has come. */
#ifndef BM_DISPATCH_WATCH_H
#define BM_DISPATCH_WATCH_H

#include "dispatch/roster.h"
#include "road/labels.h"

struct bm_watch;

/* Starts the thread; `dispatch` has roads. */
struct bm_watch *bm_watch_new(struct bm_dispatch *dispatch);
/* Ends it; nobody asks any more.  NULL is fine. */
void bm_watch_free(struct bm_watch *watch);
/* Something has come that it should look at.  Any thread. */
void bm_watch_wake(struct bm_watch *watch);

/* Runs `question` on the thread and waits for its end.  Any thread but that one. */
typedef void bm_watch_question(void *context, struct bm_watch *watch);
void bm_watch_ask(struct bm_watch *watch, bm_watch_question *question, void *context);

/* --- within a question ------------------------------------------------------------------------ */

/* The labels of a profile, with what is closed now. */
struct bm_labels *bm_watch_labels(struct bm_watch *watch, enum bm_profile profile);
/* The unit in that slot (struct bm_roster_unit) is at `point`: its spot under the profile, NULL when it is farther than
 * BM_OFF_ROAD_M from any road. */
const struct bm_spot *bm_watch_stands(struct bm_watch *watch, enum bm_profile profile, uint32_t slot, struct bm_point point);
/* Work space for bm_labels_nearest. */
struct bm_travel *bm_watch_travel(struct bm_watch *watch);

#endif
