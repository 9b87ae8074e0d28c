/* Roads: a mapped file of junctions and edges, where a point lies on it, and how long the way takes.
 *
 *   bytes (mapped) -> bm_road_open -> bm_metric (a profile, with what is closed now)
 *   points -> bm_road_snap -> bm_spot -> bm_travel_* -> times in ms, routes with geometry
 *
 * An edge joins two junctions and has a geometry; it stands for two arcs: 2e from its first junction to its second, 2e+1
 * back, so that the reverse of arc a is a ^ 1.  An arc that may not be driven under a profile weighs
 * BM_ROAD_INFINITE.  Weights are whole numbers in the file's own unit (`unit_us` microseconds: 1000 for OSM, where they
 * are milliseconds; 3600 for DIMACS by default), and a way's cost is their exact sum; only results are turned into
 * milliseconds: floor(units x unit_us / 1000).
 *
 * A spot is a place along an edge: `along` of 65535 parts of it, counted from the edge's first junction.  The cost of a
 * part of an arc is floor(weight x part / 65535); both spots on one edge, in the right order, is a way of its own.  No
 * part of an arc costs nothing and needs no open arc: a spot at 0 or 65535 stands on the junction, and is left and
 * reached by any edge there.
 *
 * Everything here is immutable once made and may be used by any number of threads; a bm_travel is one thread's.
 * Algorithm: a customizable contraction hierarchy (Dibbelt, Strasser and Wagner 2014): the order in which junctions are
 * put into it and the ways that arise (road/hierarchy.h) stand in the file; a metric gives them their weights; a
 * question walks from its spots to the root of the elimination tree and meets nothing else. */
#ifndef BM_ROAD_ROAD_H
#define BM_ROAD_ROAD_H

#include "base/code.h"
#include "geo/point.h"

struct bm_road;

enum bm_profile { BM_PROFILE_EMERGENCY, BM_PROFILE_ORDINARY, BM_PROFILE_FOOT, BM_profile_COUNT };
/* "emergency", "ordinary", "foot". */
extern const char *const bm_profile_names[BM_profile_COUNT];

#define BM_ROAD_INFINITE UINT32_C(0x3fffffff)
/* Travel time of what cannot be reached. */
#define BM_TRAVEL_NONE INT64_C(-1)
enum { BM_ALONG_FULL = 65535 };

/* --- the file --------------------------------------------------------------------------------- */

/* Opens roads over `len` bytes that stay mapped and unchanged until bm_road_close.  Checks magic, format, every
 * section's checksum and every index, so that nothing read later can point outside: O(bytes), once.  Takes some memory
 * of its own: 14 bytes a junction and 8 for each of the hierarchy's ways (New York 13 MB).
 * BM_BAD_FORMAT: no roads file, or a format this program does not know (says which it reads and what to do);
 * BM_CORRUPT: truncated, or a section whose checksum is wrong or that holds an impossible number (named).  `bytes` is
 * aligned to 4, as mapped and allocated memory is. */
BM_MUST_USE enum bm_code bm_road_open(const void *bytes, size_t len, struct bm_road **ret_road,
                                      struct bm_fault *fault);
void bm_road_close(struct bm_road *road); /* NULL is fine */

struct bm_road_info {
    uint32_t format, junctions, edges, restrictions, names, unit_us;
    uint32_t nodes; /* of the hierarchy: junctions, and more where turns cost something */
    uint64_t bytes;
    struct bm_box box;
    uint8_t digest[32];  /* of head and table, which hold every section's: names the roads in a recommendation */
    char source[64];     /* file name it was made from */
    int64_t made_at_ms;
};
struct bm_road_info bm_road_info(const struct bm_road *road);
struct bm_point bm_road_junction(const struct bm_road *road, uint32_t junction);
/* Tail junction of an arc (its head is the tail of arc ^ 1). */
uint32_t bm_road_tail(const struct bm_road *road, uint32_t arc);
/* Points of an edge, from its first junction to its second, both included. */
size_t bm_road_shape_count(const struct bm_road *road, uint32_t edge);
struct bm_point bm_road_shape_point(const struct bm_road *road, uint32_t edge, size_t at);
/* The points of a stretch of an arc, in parts of 65535 from its tail: where it begins, the corners within, where it ends.  At
 * most `cap` are written; how many there are (at most those of the edge) is returned. */
size_t bm_road_stretch(const struct bm_road *road, uint32_t arc, uint32_t from_part, uint32_t to_part,
                       struct bm_point *ret_points, size_t cap);
/* Metres along the edge. */
double bm_road_length_m(const struct bm_road *road, uint32_t edge);
/* "" when it has none. */
const char *bm_road_name(const struct bm_road *road, uint32_t edge);

/* A rule for turning from the end of one arc into another: what the turn itself costs (`only` false), or what every
 * other turn out of `from_arc` costs (true), in units, under each profile; BM_ROAD_INFINITE: it may not be made.  Of
 * several rules for one turn the strictest holds; what several `only` rules of an arc name is free of them all.  Without
 * a rule a turn costs nothing, turning back included.
 * A spot lies on its edge and not at a junction: whoever starts there has come over the edge, and turns by its rules;
 * whoever goes there has to turn into the edge. */
struct bm_turn {
    uint32_t from_arc, to_arc;
    bool only;
    uint32_t weight[BM_profile_COUNT];
};
struct bm_turn bm_road_restriction(const struct bm_road *road, uint32_t at);

/* --- metrics ---------------------------------------------------------------------------------- */

/* Travel times of one profile, with what is closed: immutable and counted, so that a question asked of one goes on
 * with it while a newer one is made.  Making one gives every way of the hierarchy its weights: 8 bytes each, 16 in a
 * network where a sum passes 2^30 units (New York: 1.15 million ways, a twentieth of a second). */
struct bm_metric;
struct bm_metric *bm_metric_new(const struct bm_road *road, enum bm_profile profile);
/* The same on several threads, which come from outside: `run` calls `each` for 0 to count - 1, in any order and at once as it
 * likes, and returns when all are done.  NULL: on the caller's alone. */
struct bm_parallel {
    void (*run)(void *pool, size_t count, void (*each)(void *context, size_t at), void *context);
    void *pool;
};
struct bm_metric *bm_metric_new_on(const struct bm_road *road, enum bm_profile profile, const struct bm_parallel *parallel);
struct bm_metric *bm_metric_ref(struct bm_metric *metric);
void bm_metric_unref(struct bm_metric *metric); /* NULL is fine */
uint32_t bm_metric_weight(const struct bm_metric *metric, uint32_t arc);
const struct bm_road *bm_metric_road(const struct bm_metric *metric);

/* What is closed or slowed.  A line takes the edges that it crosses and those that run along it (at least half of the
 * edge within 12 m of it); a polygon takes every edge of which a part lies inside (even-odd, where it crosses itself).
 * Edges that a line only touches at a junction are left alone; within 10 cm of it is a touch, and so is less than 10 cm
 * in a polygon.
 *
 * Both arcs of an edge are meant, unless a line is for its own direction only (`along_only`): then an arc is taken when
 * at least half of it lies within 12 m of what of the line leads its way, which is at most 60 degrees off.  So the other
 * side of the street stays as it is, and what the line crosses; a line that doubles back takes both. */
enum bm_closed_form { BM_CLOSED_LINE, BM_CLOSED_POLYGON };
struct bm_closed {
    enum bm_closed_form form;
    const struct bm_point *points;
    size_t count;           /* line: at least 2, polygon: at least 3 */
    bool along_only;        /* lines only */
    uint32_t slow_permille; /* 0: closed; up to BM_SPEED_USUAL: driven at that share of the usual speed */
};
enum { BM_SPEED_USUAL = 1000 };
/* The arcs that it closes or slows, ascending; at most `cap` are written, the number of all is returned.  O(edges near). */
size_t bm_road_closed_arcs(const struct bm_road *road, const struct bm_closed *closed, uint32_t *arcs, size_t cap);
/* What an arc weighs at that share of its usual speed: ceil(weight x 1000 / slow_permille), BM_ROAD_INFINITE - 1 at most;
 * BM_ROAD_INFINITE when it cannot be driven or is closed.  Of several closures on one arc the greatest weight counts: a
 * closed one before a slowed one, of slowed ones the slowest, in whatever order they come. */
uint32_t bm_road_slowed(uint32_t weight, uint32_t slow_permille);
/* The profile's travel times with all of these closed or slowed; the cost of bm_metric_new + what is closed. */
struct bm_metric *bm_metric_closed(const struct bm_road *road, enum bm_profile profile,
                                   const struct bm_closed *closed, size_t count);

/* --- where a point lies ----------------------------------------------------------------------- */

struct bm_spot {
    uint32_t edge;
    uint16_t along;         /* 0: first junction, 65535: second */
    struct bm_point point;  /* on the road */
    double off_m;           /* how far the given point lies from it */
};
/* The nearest spot within `most_m` on an edge that the metric lets be driven in at least one direction.  Edges of tiny
 * islands of the network (from which fewer than 200 junctions can be reached and left again in the metric's profile
 * with nothing closed; the largest part of a network is never one) count only when nothing else is near enough.  Of
 * edges equally near, the lowest.  False when there is none. */
bool bm_road_snap(const struct bm_metric *metric, struct bm_point point, double most_m, struct bm_spot *ret_spot);

/* --- travel times ----------------------------------------------------------------------------- */

/* Work space of one thread for one road file: 24 bytes for each depth of the hierarchy (New York: 229), and 16 for each
 * source of the longest bm_travel_nearest so far.  Nothing else is allocated by a question of times. */
struct bm_travel;
struct bm_travel *bm_travel_new(const struct bm_road *road);
void bm_travel_free(struct bm_travel *travel); /* NULL is fine */

/* Milliseconds from one spot to another; BM_TRAVEL_NONE when there is no way.  O(ways up from both spots). */
int64_t bm_travel_ms(struct bm_travel *travel, const struct bm_metric *metric, const struct bm_spot *from,
                     const struct bm_spot *to);

/* One of many that could come. */
struct bm_coming {
    uint32_t at;       /* index into the sources given */
    int64_t travel_ms;
};
/* The `most` nearest of `count` sources to `to`, by travel time, ties by index; returns how many can come at all, up to
 * `most`.  The ways up from `to` once and those from all sources together once, each junction that several share one
 * time (Strasser and Zeitz 2021 do the same with marks on junctions).  `ret_coming` has room for `most`. */
size_t bm_travel_nearest(struct bm_travel *travel, const struct bm_metric *metric, const struct bm_spot *from,
                         size_t count, const struct bm_spot *to, size_t most, struct bm_coming *ret_coming);

/* The times from each of `from` to each of `to`, row by row into `ret_ms` (from_count x to_count; BM_TRAVEL_NONE: no way).
 * O(ways above all of them + pairs x ancestors that a pair shares); takes 4 bytes for each target and depth meanwhile. */
enum { BM_TABLE_SIDE_MAX = 1 << 16 };
void bm_travel_table(struct bm_travel *travel, const struct bm_metric *metric, const struct bm_spot *from,
                     size_t from_count, const struct bm_spot *to, size_t to_count, int64_t *ret_ms);

/* --- routes ----------------------------------------------------------------------------------- */

struct bm_route {
    int64_t travel_ms; /* BM_TRAVEL_NONE: there is no way, and nothing else is set */
    double length_m;
    struct bm_point *points; /* from spot to spot; owned */
    int64_t *at_ms;          /* travel time from the start at each point; owned, never falls */
    size_t count;            /* at least 2 */
    uint32_t *arcs;          /* driven, in order; owned */
    size_t *arc_at;          /* the point at which each of them is entered; owned */
    size_t arc_count;
};
/* The quickest route. */
void bm_travel_route(struct bm_travel *travel, const struct bm_metric *metric, const struct bm_spot *from,
                     const struct bm_spot *to, struct bm_route *ret_route);
void bm_route_free(struct bm_route *route);

#endif
