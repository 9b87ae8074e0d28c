/* A route in words for whoever drives it: where to turn, onto which road, how far, how long.
 *
 *   bm_route -> bm_route_steps -> depart, turn, turn, ..., arrive
 *
 * A step goes on over junctions while the road keeps its name and does not turn (by less than 45 degrees), and round
 * any bend where there is no other road to take.  A new name begins a new step, straight on or not.  Directions are
 * taken over the last and the first 15 metres at a junction, as small kinks in a drawn line say nothing of the turn, and
 * are rounded to whole degrees.  Roads without a name count as one that is called "".
 *
 * A roads file does not know roundabouts: each exit is a step of its own, like any other turn. */
#ifndef BM_ROAD_STEPS_H
#define BM_ROAD_STEPS_H

#include "road/road.h"

/*   symbol          on the wire     by so many degrees */
#define BM_MANOEUVRES(X)                                   \
    X(DEPART,        "depart")       /* the first step */  \
    X(STRAIGHT,      "straight")     /* below 20 */        \
    X(SLIGHT_LEFT,   "slight_left")  /* below 50 */        \
    X(LEFT,          "left")         /* below 120 */       \
    X(SHARP_LEFT,    "sharp_left")   /* below 165 */       \
    X(SLIGHT_RIGHT,  "slight_right")                       \
    X(RIGHT,         "right")                              \
    X(SHARP_RIGHT,   "sharp_right")                        \
    X(U_TURN,        "u_turn")       /* and back along the same edge */ \
    X(ARRIVE,        "arrive")       /* the last: no length, no time */

enum bm_manoeuvre {
#define BM_MANOEUVRE_ENUM(symbol, word) BM_TURN_##symbol,
    BM_MANOEUVRES(BM_MANOEUVRE_ENUM)
#undef BM_MANOEUVRE_ENUM
        BM_manoeuvre_COUNT
};
extern const char *const bm_manoeuvre_words[BM_manoeuvre_COUNT];

struct bm_step {
    enum bm_manoeuvre manoeuvre;
    const char *name;      /* of the road that is entered, "": none; lives as long as the roads */
    double length_m;       /* until the next step */
    int64_t travel_ms;     /* until the next step; all together the route's */
    struct bm_point point; /* where it is done */
    size_t at;             /* that point's index in the route */
};
/* The steps of a route that exists, at least two, into `ret_steps` (bm_free); how many is returned.  `metric` is the one by
 * which it was found. */
size_t bm_route_steps(const struct bm_metric *metric, const struct bm_route *route, struct bm_step **ret_steps);

#endif
