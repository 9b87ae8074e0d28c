/* Live labels: who stands where, with what it costs from there to every node above, so that "who is there first" is asked of
 * thousands of moving units in microseconds.
 *
 *   bm_labels_put      when a unit has moved: its label anew (some microseconds)
 *   bm_labels_follow   when roads closed or opened: the labels that this can have changed
 *   bm_labels_nearest  the target's own label once; then each unit costs a sum over the ancestors that both share, which
 *                      stand beside each other in both labels; units are looked at from the target outwards, and no more
 *                      once none that is left can be sooner
 *
 * Always exact, and always of one metric: the answer says whose.  One thread at a time. */
#ifndef BM_ROAD_LABELS_H
#define BM_ROAD_LABELS_H

#include "road/road.h"

struct bm_labels;

/* Keeps the metric.  Takes 4 bytes for each unit and each depth of the hierarchy (New York: 930 bytes a unit). */
struct bm_labels *bm_labels_new(struct bm_metric *metric);
void bm_labels_free(struct bm_labels *labels); /* NULL is fine */
/* The metric that the labels are of; valid until bm_labels_follow. */
struct bm_metric *bm_labels_metric(const struct bm_labels *labels);

/* Most units: whoever gives another is a defect. */
enum { BM_LABELS_MAX = 1 << 20 };

/* Unit `who` (a small number of the caller's choice, below BM_LABELS_MAX: the labels take room up to the largest) stands at
 * the spot now.  O(ways above it). */
void bm_labels_put(struct bm_labels *labels, uint32_t who, const struct bm_spot *spot);
/* It stands nowhere; no harm when it does already. */
void bm_labels_drop(struct bm_labels *labels, uint32_t who);
/* Where it stands; NULL: nowhere. */
const struct bm_spot *bm_labels_spot(const struct bm_labels *labels, uint32_t who);
size_t bm_labels_count(const struct bm_labels *labels);

/* Another metric of the same roads, which is kept.  When it was made from the one before by bm_live_change (road/live.h), only
 * labels that meet a changed way are made anew; returns how many were. */
size_t bm_labels_follow(struct bm_labels *labels, struct bm_metric *metric);

/* The `most` nearest to `to` of those for whom `wanted` (NULL: all) says so, by travel time, ties by number (`at` is `who`).
 * `travel` is of the same roads.  `ret_coming` has room for `most`; returns how many can come at all, up to `most`. */
typedef bool bm_labels_wanted_fn(void *context, uint32_t who);
size_t bm_labels_nearest(const struct bm_labels *labels, struct bm_travel *travel, const struct bm_spot *to, size_t most,
                         bm_labels_wanted_fn *wanted, void *context, struct bm_coming *ret_coming);

#endif
