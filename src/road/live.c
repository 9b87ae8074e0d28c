#include "road/live.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/hash.h"
#include "road/file.h"
#include "road/metric.h"

/* A closure in force, known again by its content. */
struct closing {
    uint8_t key[BM_DIGEST_BYTES];
    uint32_t *arcs; /* ascending */
    size_t count;
    uint32_t slow_permille;
};

/* What a change did: enough to do it again on an older copy. */
struct past {
    uint64_t of, to; /* serials */
    struct bm_change_log log;
};
enum { PASTS = 32 };

struct bm_live {
    const struct bm_road *road;
    enum bm_profile profile;
    struct bm_metric *now;
    struct closing *closings;
    size_t closing_count;
    struct past pasts[PASTS]; /* the last ones, a ring: serial s -> pasts[s % PASTS] */
    struct bm_changing *changing;
    uint64_t *marked; /* a bit per arc; all clear between changes */

    _Atomic(struct bm_metric *) spare; /* one that came back */
    atomic_size_t users; /* the owner, and metrics that are out: the last one ends it */
};

/* --- making and ending ------------------------------------------------------------------------ */

struct bm_live *bm_live_new(const struct bm_road *road, enum bm_profile profile,
                            const struct bm_parallel *parallel) {
    struct bm_live *live = bm_alloc_zero(1, sizeof *live);
    live->road = road;
    live->profile = profile;
    live->now = bm_metric_new_on(road, profile, parallel);
    /* Every change is made in a copy; the first one is made here, where nobody waits for it. */
    struct bm_metric *spare = bm_metric_copy(live->now);
    bm_metric_own(live->now);
    spare->serial = 1;
    live->now->home = live;
    live->now->serial = 1;
    atomic_init(&live->spare, spare);
    atomic_init(&live->users, 2);
    live->marked = bm_alloc_zero(2 * (size_t)road->head.edges / 64 + 1, sizeof *live->marked);
    live->changing = bm_changing_new(road);
    return live;
}

static void leave(struct bm_live *live) {
    if (atomic_fetch_sub(&live->users, 1) != 1) return;
    bm_metric_free(atomic_load(&live->spare));
    bm_free(live);
}

void bm_live_free(struct bm_live *live) {
    if (!live) return;
    for (size_t i = 0; i < live->closing_count; i++) bm_free(live->closings[i].arcs);
    for (size_t i = 0; i < PASTS; i++) bm_change_log_free(&live->pasts[i].log);
    bm_free(live->closings);
    bm_free(live->marked);
    bm_changing_free(live->changing);
    bm_metric_unref(live->now);
    leave(live);
}

void bm_live_take_back(struct bm_live *live, struct bm_metric *metric) {
    bm_metric_free(atomic_exchange(&live->spare, metric));
    leave(live);
}

struct bm_metric *bm_live_metric(const struct bm_live *live) {
    return bm_metric_ref(live->now);
}

/* --- closures --------------------------------------------------------------------------------- */

static void key_of(const struct bm_closed *closed, uint8_t key[BM_DIGEST_BYTES]) {
    const uint32_t words[] = {(uint32_t)closed->form, closed->along_only, closed->slow_permille,
                              (uint32_t)closed->count};
    size_t bytes = closed->count * sizeof *closed->points;
    uint8_t *all = bm_alloc(sizeof words + bytes);
    memcpy(all, words, sizeof words);
    memcpy(all + sizeof words, closed->points, bytes);
    bm_hash_of(all, sizeof words + bytes, key, BM_DIGEST_BYTES);
    bm_free(all);
}

static int by_key(const void *a, const void *b) {
    return memcmp(((const struct closing *)a)->key, ((const struct closing *)b)->key,
                  BM_DIGEST_BYTES);
}

static void find_arcs(const struct bm_live *live, const struct bm_closed *closed,
                      struct closing *closing) {
    closing->count = bm_road_closed_arcs(live->road, closed, NULL, 0);
    closing->arcs = bm_alloc((closing->count + 1) * sizeof *closing->arcs);
    bm_road_closed_arcs(live->road, closed, closing->arcs, closing->count);
}

/* The closures asked for, by key and each once; those that are known bring their arcs along. */
static struct closing *list_closings(struct bm_live *live, const struct bm_closed *closed,
                                     size_t count, size_t *ret_count) {
    struct closing *list = bm_alloc_zero(count + 1, sizeof *list);
    const struct bm_closed **of = bm_alloc((count + 1) * sizeof *of);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        struct closing closing = {.slow_permille = closed[i].slow_permille};
        key_of(&closed[i], closing.key);
        size_t at = kept; /* closures are few, and mostly come in the order of before */
        while (at > 0 && by_key(&list[at - 1], &closing) > 0) at--;
        if (at > 0 && by_key(&list[at - 1], &closing) == 0) continue;
        memmove(&list[at + 1], &list[at], (kept - at) * sizeof *list);
        memmove(&of[at + 1], &of[at], (kept - at) * sizeof *of);
        list[at] = closing;
        of[at] = &closed[i];
        kept++;
    }
    for (size_t i = 0; i < kept; i++) {
        struct closing *known = NULL;
        if (live->closing_count)
            known = bsearch(&list[i], live->closings, live->closing_count, sizeof *list, by_key);
        if (known) {
            list[i].arcs = known->arcs;
            list[i].count = known->count;
            known->arcs = NULL; /* what keeps its arcs is gone */
        } else {
            find_arcs(live, of[i], &list[i]);
        }
    }
    bm_free(of);
    *ret_count = kept;
    return list;
}

static void mark(struct bm_live *live, const struct closing *closing) {
    for (size_t i = 0; i < closing->count; i++)
        live->marked[closing->arcs[i] / 64] |= UINT64_C(1) << closing->arcs[i] % 64;
}

/* --- a change --------------------------------------------------------------------------------- */

/* What the marked arcs weigh under the closures in force, as far as it is not what they weigh now;
 * clears the marks. */
static struct bm_arc_weight *weigh_marked(struct bm_live *live, size_t *ret_count) {
    const uint32_t *usual = live->road->weights[live->profile];
    size_t words = 2 * (size_t)live->road->head.edges / 64 + 1, count = 0, cap = 0;
    for (size_t at = 0; at < words; at++) cap += (size_t)__builtin_popcountll(live->marked[at]);
    struct bm_arc_weight *arcs = bm_alloc((cap + 1) * sizeof *arcs);
    for (size_t at = 0; at < words; at++) {
        for (; live->marked[at]; live->marked[at] &= live->marked[at] - 1) {
            uint32_t arc = (uint32_t)(64 * at) + (uint32_t)__builtin_ctzll(live->marked[at]);
            arcs[count++] = (struct bm_arc_weight){arc, usual[arc]};
        }
    }
    /* Both lists ascend. */
    for (size_t c = 0; c < live->closing_count; c++) {
        const struct closing *closing = &live->closings[c];
        size_t at = 0;
        for (size_t i = 0; i < closing->count && at < count; i++) {
            while (at < count && arcs[at].arc < closing->arcs[i]) at++;
            if (at == count || arcs[at].arc != closing->arcs[i]) continue;
            uint32_t weight = bm_road_slowed(usual[arcs[at].arc], closing->slow_permille);
            if (weight > arcs[at].weight) arcs[at].weight = weight;
        }
    }
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (live->now->weights[arcs[i].arc] != arcs[i].weight) arcs[kept++] = arcs[i];
    }
    *ret_count = kept;
    return arcs;
}

static struct past *past_of(struct bm_live *live, uint64_t of) {
    struct past *past = &live->pasts[of % PASTS];
    return past->of == of && past->to == of + 1 ? past : NULL;
}

/* A metric that nobody else knows and that says what the present one says. */
static struct bm_metric *copy_of_now(struct bm_live *live) {
    struct bm_metric *copy = atomic_exchange(&live->spare, NULL);
    atomic_fetch_add(&live->users, 1);
    bool whole = copy && copy->own && !copy->wide;
    for (uint64_t serial = copy ? copy->serial : 0; whole && serial < live->now->serial; serial++)
        whole = past_of(live, serial) != NULL;
    if (!whole) {
        bm_metric_free(copy);
        return bm_metric_copy(live->now);
    }
    for (; copy->serial < live->now->serial; copy->serial++)
        bm_change_again(copy, &past_of(live, copy->serial)->log);
    atomic_store(&copy->users, 1);
    return copy;
}

static struct bm_box area_of(const struct bm_road *road, const struct bm_arc_weight *arcs,
                             size_t count) {
    struct bm_box area = bm_box_empty;
    for (size_t i = 0; i < count; i++) {
        uint32_t edge = arcs[i].arc / 2;
        for (size_t at = 0; at < bm_road_shape_count(road, edge); at++)
            bm_box_add(&area, bm_road_shape_point(road, edge, at));
    }
    return area;
}

bool bm_live_changed_area(const struct bm_metric *metric, const struct bm_metric *former,
                          struct bm_box *ret_area) {
    if (!metric->home || metric->home != former->home || metric->changed.of != former->serial)
        return false;
    *ret_area = metric->changed.area;
    return true;
}

static void change(struct bm_live *live, const struct bm_arc_weight *arcs, size_t count) {
    struct bm_metric *former = live->now, *metric = copy_of_now(live);
    struct past *past = &live->pasts[former->serial % PASTS];
    bm_change_log_clear(&past->log);
    past->of = past->to = former->serial;
    metric->home = live;
    metric->serial = former->serial + 1;
    metric->changed.of = former->serial;
    metric->changed.area = area_of(live->road, arcs, count);
    if (bm_changing_run(live->changing, metric, former, arcs, count, &past->log)) {
        past->to = metric->serial;
    } else { /* some sum is of 64 bits, or was: everything anew */
        bm_metric_customize_again(metric);
        metric->changed.of = 0;
    }
    live->now = metric;
    bm_metric_unref(former);
}

size_t bm_live_set(struct bm_live *live, const struct bm_closed *closed, size_t count) {
    BM_CHECK(count <= BM_LIVE_CLOSURES_MAX);
    size_t kept;
    struct closing *list = list_closings(live, closed, count, &kept);
    for (size_t i = 0; i < live->closing_count; i++) {
        if (!live->closings[i].arcs) continue;
        mark(live, &live->closings[i]);
        bm_free(live->closings[i].arcs);
    }
    for (size_t i = 0; i < kept; i++) {
        bool known = live->closing_count &&
                     bsearch(&list[i], live->closings, live->closing_count, sizeof *list, by_key);
        if (!known) mark(live, &list[i]);
    }
    bm_free(live->closings);
    live->closings = list;
    live->closing_count = kept;
    size_t arcs_changed;
    struct bm_arc_weight *arcs = weigh_marked(live, &arcs_changed);
    if (arcs_changed) change(live, arcs, arcs_changed);
    bm_free(arcs);
    return arcs_changed;
}
