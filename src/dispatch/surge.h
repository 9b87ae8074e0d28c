/* Many wait at once: all their needs and all free units solved together (road/assign.h).
 *
 * A need that has a unit outweighs any travel, and one of a higher priority outweighs one of a lower; among all ways to serve as
 * much, the one with the least travel in sum is taken.  No other arrangement is better, and for each choice that is not the
 * nearest unit it is said who has the nearer one, and by how much the sum would rise if it came here.
 * Nothing is sent: it is advice to whoever sends. */
#ifndef BM_DISPATCH_SURGE_H
#define BM_DISPATCH_SURGE_H

#include "dispatch/dispatch.h"

enum {
    BM_SURGE_CASES_MAX = 1000,  /* of the highest priority and longest wait */
    BM_SURGE_NEEDS_MAX = 3000,  /* units wanted by all of them; past it later cases are left out, and counted */
    BM_SURGE_RESERVE_MAX = 100,
    BM_SURGE_NEARER_MAX = 3,    /* nearer units named for one choice */
};

/* A case that may wait for units: open, with a place. */
struct bm_waiting {
    uint64_t on_case, jurisdiction;
    char class_code[BM_CODE_TEXT];
    struct bm_point point;
    uint32_t priority; /* 1: first */
    int64_t since_ms;  /* first contact */
};
/* Writes the arrangement as one JSON object for those of `waiting` whose plan's first alarm is not met.  Every agency keeps
 * `reserve` of its free units.  `may` as in bm_dispatch_recommend.  BM_TOO_LARGE: more text than an answer holds. */
BM_MUST_USE enum bm_code bm_dispatch_surge(struct bm_dispatch *dispatch, const struct bm_waiting *waiting, size_t count,
                                           uint32_t reserve, int64_t now_ms,
                                           bool (*may)(void *context, const struct bm_unit *unit), void *context,
                                           struct bm_buf *out, struct bm_fault *fault);

#endif
