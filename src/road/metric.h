/* A metric as this room sees it: the weights of the arcs, and of the hierarchy's ways. */
#ifndef BM_ROAD_METRIC_H
#define BM_ROAD_METRIC_H

#include <stdatomic.h>

#include "road/live.h"
#include "road/road.h"

/* A way's weight takes 32 bits, BM_NARROW_NONE when it cannot be driven.  What can be driven weighs
 * less than BM_ROAD_INFINITE; where a sum does not, the whole metric is wide: 64 bits.  Sums are
 * below 2^58 (at most 2e8 weights below 2^30). */
#define BM_NARROW_NONE UINT32_C(0x7fffffff)
#define BM_COST_NONE (UINT64_C(1) << 62)

/* Which ranks' ways weigh something else than in the metric `of` of the same home; 0: perhaps all.
 */
struct bm_changed {
    uint64_t of;
    uint64_t *ranks;    /* a bit each */
    struct bm_box area; /* of the arcs that do */
};
static inline bool bm_changed_has(const struct bm_changed *changed, uint32_t rank) {
    return changed->ranks[rank / 64] >> rank % 64 & 1;
}

struct bm_metric {
    const struct bm_road *road;
    enum bm_profile profile;
    const uint32_t *weights; /* per arc: the file's own, or `own` */
    uint32_t *own;           /* NULL while nothing is closed */
    bool wide;
    void *up, *down; /* per way, from its tail and to it: uint32_t, or uint64_t when wide */
    atomic_uint users;
    struct bm_live *home; /* takes it back when nobody needs it any more; NULL: it is freed */
    uint64_t serial;      /* of all of its home, from 1 on */
    struct bm_changed changed;
};

/* Fills `up` and `down` from `weights`: of each way the quickest that leads over nothing but
 * junctions below it.  O(triangles below: New York 6.5 million). */
void bm_metric_customize(struct bm_metric *metric, const struct bm_parallel *parallel);

/* The same over what it held. */
void bm_metric_customize_again(struct bm_metric *metric);
/* Another of the same content, with weights of its own. */
struct bm_metric *bm_metric_copy(const struct bm_metric *metric);
/* Gives it weights of its own, if it reads the file's. */
void bm_metric_own(struct bm_metric *metric);
void bm_metric_free(struct bm_metric *metric); /* whoever uses it; NULL is fine */
/* Called for the last of its users. */
void bm_live_take_back(struct bm_live *live, struct bm_metric *metric);

/* --- a change of some arcs -------------------------------------------------------------------- */

struct bm_arc_weight {
    uint32_t arc, weight;
};
struct bm_way_weight {
    uint32_t way, up, down;
};
/* What was changed to what. */
struct bm_change_log {
    struct bm_arc_weight *arcs;
    struct bm_way_weight *ways;
    size_t arc_count, arc_cap, way_count, way_cap;
};
void bm_change_log_clear(struct bm_change_log *log);
void bm_change_log_free(struct bm_change_log *log);
/* On a narrow metric that says what the one before the change said. */
void bm_change_again(struct bm_metric *metric, const struct bm_change_log *log);

/* Work space for changes of metrics of one road file. */
struct bm_changing;
struct bm_changing *bm_changing_new(const struct bm_road *road);
void bm_changing_free(struct bm_changing *changing); /* NULL is fine */
/* Gives the arcs their weights in `metric`, which says what `former` says and belongs to nobody
 * else yet, and weighs anew only what follows from them; fills metric->changed.ranks.  False when
 * one of the two is wide or would have to be: then only the arcs have their weights. */
BM_MUST_USE bool bm_changing_run(struct bm_changing *changing, struct bm_metric *metric,
                                 const struct bm_metric *former, const struct bm_arc_weight *arcs,
                                 size_t count, struct bm_change_log *log);

static inline bool bm_metric_drives(const struct bm_metric *metric, uint32_t arc) {
    return metric->weights[arc] != BM_ROAD_INFINITE;
}

/* The weight of what leads over a way by itself (struct bm_entry); BM_ROAD_INFINITE: not to be
 * driven. */
uint32_t bm_entry_weight(const struct bm_metric *metric, uint32_t arc);

/* The weight of a way (BM_COST_NONE: none).  `wide` is the metric's, given apart so that a loop can
 * be made for each. */
static inline uint64_t bm_way_cost(const void *ways, size_t way, bool wide) {
    if (wide) return ((const uint64_t *)ways)[way];
    uint32_t cost = ((const uint32_t *)ways)[way];
    return cost == BM_NARROW_NONE ? BM_COST_NONE : cost;
}

#endif
