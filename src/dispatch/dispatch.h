/* Who could go: the roster as the record has it, where units are, and which of them would be there first.
 *
 *   committed frames -> roster (units, stations, classes, road closures) --.
 *   positions (not journaled)  -> live table ------------------------------+-> recommendation, kept 10 minutes by id
 *   roads file -> metrics, made anew when a closure comes or goes ---------'
 *
 * A position is superseded by a newer one (by its own time) and never journaled.  A recommendation ranks, for every
 * capability that the class's response plan asks for, the free units by travel time from where they are now, and says of each
 * why; its whole content goes into the event of the dispatch that uses it (DESIGN.md section 6).
 *
 * Vehicles go by the profile that was asked for, foot patrols always on foot: by streets, paths and steps, both ways.
 * Units that do not go by road (boat, drone crew), and others farther than BM_OFF_ROAD_M from any road of theirs,
 * go by straight line at the speed of their kind, and are labelled so; without a roads file everybody does.
 *
 * Any thread may call everything.  Who is there first is found on the dispatch thread (watch.h), while the caller waits;
 * all other questions run on the caller's thread with a pinned metric. */
#ifndef BM_DISPATCH_DISPATCH_H
#define BM_DISPATCH_DISPATCH_H

#include "base/buf.h"
#include "core/entity.h"
#include "geo/point.h"
#include "road/road.h"
#include "road/steps.h"

struct bm_dispatch;

enum {
    BM_OFF_ROAD_M = 300,           /* a vehicle farther from any road than this drives across country */
    BM_SNAP_MOST_M = 3000,         /* an incident farther from any road is reached by straight line */
    BM_POSITION_OLD_MS = 120000,   /* older positions are said to be old */
    BM_POSITION_DEAD_MS = 3600000, /* older ones are not used: the unit is taken to be at its station */
    BM_POSITION_AHEAD_MS = 60000,  /* a device's clock may be this far ahead of the desk's */
    BM_POSITION_LIVE_MS = 600000,  /* ... and this far behind, where it reports at once */
    BM_POSITION_QUEUED_MS = 604800000, /* ... or where its sender keeps what it could not send: a week */
    BM_RECOMMENDATION_KEPT_MS = 600000,
    BM_RECOMMENDATIONS_MAX = 4096, /* kept; past it, or past ... */
    BM_RECOMMENDATIONS_BYTES_MAX = 64 * 1024 * 1024, /* ... so much text, the oldest goes early */
    BM_RANKED_MAX = 8,             /* units shown for one capability */
    BM_PASSED_OVER_MAX = 60,       /* units named with the reason why they were passed over */
};

/* `road` (NULL: none) stays mapped until bm_dispatch_free. */
struct bm_dispatch *bm_dispatch_new(const struct bm_road *road);
const struct bm_road *bm_dispatch_road(const struct bm_dispatch *dispatch);
void bm_dispatch_free(struct bm_dispatch *dispatch); /* NULL is fine */

/* One record as it is now, NULL when it left: units, places, classes; others are passed over. */
void bm_dispatch_take(struct bm_dispatch *dispatch, enum bm_table_kind table, uint64_t id, const void *record);

/* --- positions -------------------------------------------------------------------------------- */

struct bm_position {
    uint64_t unit;
    struct bm_point point;
    int64_t at_ms;          /* when the device was there: see bm_position_date */
    int64_t received_at_ms;
    int64_t device_at_ms;   /* what the device's own clock said; BM_AT_NONE: nothing */
    bool clock_off;         /* it cannot be right */
    uint32_t speed_mmps;    /* millimetres a second; BM_SPEED_NONE: not known */
    uint16_t heading_deg;   /* 0..359; BM_HEADING_NONE: not known */
    bool off_road;          /* of a kind that does not go by road (filled in here) */
};
enum { BM_HEADING_NONE = 0xffff };
#define BM_SPEED_NONE UINT32_MAX

/* The rule about clocks.  A device's time is believed when it lies no more than BM_POSITION_AHEAD_MS ahead of the desk's and no more
 * than `behind_ms` behind it; then it orders positions and says how old they are.  A time outside of that (another year,
 * the future, another zone) and none at all count for nothing: the position is taken to be of the moment in which it came, and,
 * unless no time was said, the clock is said to be off.  Both times are kept and shown either way. */
void bm_position_date(struct bm_position *position, int64_t device_at_ms, int64_t received_at_ms, int64_t behind_ms);

/* An older one is superseded, of two of the same time the one that comes later counts; but one that lies farther ahead of
 * the desk's clock than any may (the clock was wrong, and has been set back) does not hold up those that come. */
enum bm_position_taken { BM_POSITION_TAKEN, BM_POSITION_SUPERSEDED, BM_POSITION_NO_UNIT };
enum bm_position_taken bm_dispatch_position(struct bm_dispatch *dispatch, const struct bm_position *position);
/* False when none is known. */
bool bm_dispatch_where(struct bm_dispatch *dispatch, uint64_t unit, struct bm_position *ret_position);
/* Calls `each` for the newest position of every unit that has had one since `since` (a stamp, 0: ever), those first that
 * moved first and at most `most` of them, and returns the stamp for the next call. */
typedef void bm_moved_fn(void *context, const struct bm_unit *unit, const struct bm_position *position);
uint64_t bm_dispatch_moved(struct bm_dispatch *dispatch, uint64_t since, size_t most, bm_moved_fn *each, void *context);
/* The stamp of the newest position. */
uint64_t bm_dispatch_stamp(struct bm_dispatch *dispatch);
/* The unit as the roster has it; false when there is none. */
bool bm_dispatch_unit(struct bm_dispatch *dispatch, uint64_t unit, struct bm_unit *ret_unit);

/* --- recommendations -------------------------------------------------------------------------- */

struct bm_incident {
    uint64_t on_case;
    char class_code[BM_CODE_TEXT];
    uint64_t jurisdiction;
    struct bm_point point; /* lat_e7 = BM_E7_NONE: nowhere yet */
    uint32_t alarm;        /* 1..BM_PLAN_ALARMS */
    enum bm_profile profile;
};
/* Writes the recommendation as one JSON object (see docs/life-of-a-call.md) and keeps it under `id` (a random number that the
 * caller brings).  Units that are on the case already count for its needs.  The others are chosen nearest first, need by need
 * in the plan's order; a unit that could serve two needs changes over when one of them would else be short.  `may` says whether the asker may send the unit.  BM_NOT_POSSIBLE when the case has no place yet or its
 * class no plan for that alarm level. */
BM_MUST_USE enum bm_code bm_dispatch_recommend(struct bm_dispatch *dispatch, const struct bm_incident *incident,
                                               uint64_t id, int64_t now_ms,
                                               bool (*may)(void *context, const struct bm_unit *unit), void *context,
                                               struct bm_buf *out, struct bm_fault *fault);
/* The content of a kept recommendation for that case; false when it is unknown, of another case, or older than ten minutes. */
bool bm_dispatch_recommended(struct bm_dispatch *dispatch, uint64_t id, uint64_t on_case, int64_t now_ms,
                             struct bm_buf *out);

/* An edge that is not driven as usual now: the share of its usual speed from its first junction to its second [0] and
 * back [1]; 0: closed, BM_SPEED_USUAL: as ever. */
struct bm_closed_edge {
    uint32_t edge;
    uint32_t permille[2];
};
/* How many edges one closure takes: none where no road runs, and who closed it should know. */
struct bm_closure_reach {
    uint64_t place;
    uint32_t edges;
};
struct bm_closed_now {
    const struct bm_road *road; /* NULL: no roads file, and nothing is known */
    struct bm_closed_edge *edges; /* ascending, each once */
    size_t count;
    struct bm_closure_reach *closures; /* every closure in force, by id */
    size_t closure_count;
};
/* What is closed or slowed at this moment; bm_closed_now_free. */
void bm_dispatch_closed(struct bm_dispatch *dispatch, struct bm_closed_now *ret_closed);
void bm_closed_now_free(struct bm_closed_now *closed);

/* The metric of a profile with all closures of now, counted up for the caller: NULL without roads.
 * Whoever asks first after a closure came or went makes it anew; nobody else waits but for the
 * same. */
struct bm_metric *bm_dispatch_metric(struct bm_dispatch *dispatch, enum bm_profile profile);

/* --- plain questions -------------------------------------------------------------------------- */

enum bm_way_basis { BM_BY_ROAD, BM_BY_STRAIGHT_LINE };
struct bm_way {
    enum bm_way_basis basis;
    bool outside;       /* one end is off the map's area (then by straight line) */
    bool no_way;        /* there are roads at both ends and no way between them */
    int64_t travel_ms;  /* by road; by straight line at the speed of a car in traffic */
    double length_m;
    /* By road and found, else nothing: */
    struct bm_route route;
    struct bm_step *steps; /* road/steps.h; their names live as long as the roads */
    size_t step_count;
};
void bm_way_free(struct bm_way *way);
void bm_dispatch_way(struct bm_dispatch *dispatch, struct bm_point from, struct bm_point to, enum bm_profile profile,
                     struct bm_way *ret_way);

#endif
