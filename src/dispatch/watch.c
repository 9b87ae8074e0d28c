#include "dispatch/watch.h"

#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "road/live.h"

/* Where a unit was put on the roads of a profile. */
struct put {
    struct bm_point point;
    bool known;
};
/* One profile, from the first question on. */
struct side {
    struct bm_labels *labels; /* NULL: nobody has asked yet */
    struct put *puts;         /* by slot */
    uint32_t cap;
};

struct asked {
    bm_watch_question *question;
    void *context;
    bool done;
    struct asked *next;
};

struct bm_watch {
    struct bm_dispatch *dispatch;
    struct bm_travel *travel;
    struct side sides[BM_profile_COUNT];
    uint64_t closures; /* of the dispatch, when it last looked */

    pthread_t thread;
    pthread_mutex_t lock; /* all below */
    pthread_cond_t something, answered;
    struct asked *first, **last;
    bool woken, stopped;
};

/* --- one profile ------------------------------------------------------------------------------ */

static struct put *put_of(struct side *side, uint32_t slot) {
    if (slot >= side->cap) {
        uint32_t cap = side->cap ? side->cap : 64;
        while (cap <= slot) cap *= 2;
        side->puts = bm_realloc(side->puts, cap * sizeof *side->puts);
        memset(side->puts + side->cap, 0, (cap - side->cap) * sizeof *side->puts);
        side->cap = cap;
    }
    return &side->puts[slot];
}

static void put_unit(struct side *side, uint32_t slot, struct bm_point point) {
    struct bm_spot spot;
    *put_of(side, slot) = (struct put){point, true};
    if (bm_road_snap(bm_labels_metric(side->labels), point, BM_OFF_ROAD_M, &spot))
        bm_labels_put(side->labels, slot, &spot);
    else
        bm_labels_drop(side->labels, slot);
}

/* Whoever stands so near the area that what changed there may have been, or may be now, the road
 * nearest to it. */
static void put_again(struct side *side, const struct bm_box *area) {
    struct bm_box near = bm_box_grown(area, BM_OFF_ROAD_M + 1);
    for (uint32_t slot = 0; slot < side->cap; slot++) {
        struct put put = side->puts[slot];
        if (put.known && bm_box_has(&near, put.point)) put_unit(side, slot, put.point);
    }
}

static void follow(struct bm_watch *watch, enum bm_profile profile) {
    struct side *side = &watch->sides[profile];
    struct bm_metric *metric = bm_dispatch_metric(watch->dispatch, profile);
    struct bm_metric *former = bm_metric_ref(bm_labels_metric(side->labels));
    if (metric != former) {
        struct bm_box area = {{-900000000, -1800000000}, {900000000, 1800000000}};
        bm_live_changed_area(metric, former, &area);
        bm_labels_follow(side->labels, metric);
        put_again(side, &area);
    }
    bm_metric_unref(former);
    bm_metric_unref(metric);
}

struct bm_labels *bm_watch_labels(struct bm_watch *watch, enum bm_profile profile) {
    struct side *side = &watch->sides[profile];
    if (side->labels) {
        follow(watch, profile);
    } else {
        struct bm_metric *metric = bm_dispatch_metric(watch->dispatch, profile);
        side->labels = bm_labels_new(metric);
        bm_metric_unref(metric);
    }
    return side->labels;
}

const struct bm_spot *bm_watch_stands(struct bm_watch *watch, enum bm_profile profile,
                                      uint32_t slot, struct bm_point point) {
    struct side *side = &watch->sides[profile];
    BM_CHECK(side->labels);
    const struct put *put = put_of(side, slot);
    bool same = put->known && put->point.lat_e7 == point.lat_e7 &&
                put->point.lon_e7 == point.lon_e7;
    if (!same) put_unit(side, slot, point);
    return bm_labels_spot(side->labels, slot);
}

struct bm_travel *bm_watch_travel(struct bm_watch *watch) {
    return watch->travel;
}

/* --- keeping labels warm ---------------------------------------------------------------------- */

/* Units of one waking, taken under the dispatch's lock. */
enum { MOVED_MOST = 256 };
struct moved {
    uint32_t slot;
    unsigned kind;
    struct bm_point point;
};

/* False when there are more. */
static bool take_moved(struct bm_dispatch *dispatch, struct moved moved[MOVED_MOST],
                       size_t *ret_count) {
    size_t count = 0;
    pthread_mutex_lock(&dispatch->lock);
    while (dispatch->moved_count && count < MOVED_MOST) {
        uint64_t id = dispatch->moved[--dispatch->moved_count];
        struct bm_roster_unit *unit = bm_table_get(&dispatch->units, id);
        if (!unit) continue;
        unit->is_listed = false;
        moved[count++] = (struct moved){unit->slot, unit->row.kind, unit->position.point};
    }
    bool all = dispatch->moved_count == 0;
    pthread_mutex_unlock(&dispatch->lock);
    *ret_count = count;
    return all;
}

static void keep_warm(struct bm_watch *watch) {
    struct moved moved[MOVED_MOST];
    size_t count;
    bool all = take_moved(watch->dispatch, moved, &count);
    for (int p = 0; p < BM_profile_COUNT; p++) {
        enum bm_profile profile = (enum bm_profile)p;
        if (!watch->sides[p].labels) continue;
        follow(watch, profile);
        for (size_t i = 0; i < count; i++) {
            if (bm_unit_kind_by_road(moved[i].kind) &&
                bm_unit_kind_profile(moved[i].kind, profile) == profile)
                bm_watch_stands(watch, profile, moved[i].slot, moved[i].point);
        }
    }
    if (!all) bm_watch_wake(watch); /* questions come in between */
}

/* --- the thread ------------------------------------------------------------------------------- */

static void *run(void *context) {
    struct bm_watch *watch = context;
    bm_watch_labels(watch, BM_PROFILE_EMERGENCY); /* nearly every question is of them */
    pthread_mutex_lock(&watch->lock);
    while (!watch->stopped) {
        if (watch->first) {
            struct asked *asked = watch->first;
            watch->first = asked->next;
            if (!watch->first) watch->last = &watch->first;
            pthread_mutex_unlock(&watch->lock);
            asked->question(asked->context, watch);
            pthread_mutex_lock(&watch->lock);
            asked->done = true;
            pthread_cond_broadcast(&watch->answered);
        } else if (watch->woken) {
            watch->woken = false;
            pthread_mutex_unlock(&watch->lock);
            keep_warm(watch);
            pthread_mutex_lock(&watch->lock);
        } else {
            pthread_cond_wait(&watch->something, &watch->lock);
        }
    }
    pthread_mutex_unlock(&watch->lock);
    return NULL;
}

struct bm_watch *bm_watch_new(struct bm_dispatch *dispatch) {
    struct bm_watch *watch = bm_alloc_zero(1, sizeof *watch);
    watch->dispatch = dispatch;
    watch->travel = bm_travel_new(dispatch->road);
    watch->last = &watch->first;
    pthread_mutex_init(&watch->lock, NULL);
    pthread_cond_init(&watch->something, NULL);
    pthread_cond_init(&watch->answered, NULL);
    BM_CHECK(pthread_create(&watch->thread, NULL, run, watch) == 0);
    return watch;
}

void bm_watch_free(struct bm_watch *watch) {
    if (!watch) return;
    pthread_mutex_lock(&watch->lock);
    watch->stopped = true;
    pthread_cond_signal(&watch->something);
    pthread_mutex_unlock(&watch->lock);
    pthread_join(watch->thread, NULL);
    for (int p = 0; p < BM_profile_COUNT; p++) {
        bm_labels_free(watch->sides[p].labels);
        bm_free(watch->sides[p].puts);
    }
    bm_travel_free(watch->travel);
    pthread_mutex_destroy(&watch->lock);
    pthread_cond_destroy(&watch->something);
    pthread_cond_destroy(&watch->answered);
    bm_free(watch);
}

void bm_watch_wake(struct bm_watch *watch) {
    pthread_mutex_lock(&watch->lock);
    watch->woken = true;
    pthread_cond_signal(&watch->something);
    pthread_mutex_unlock(&watch->lock);
}

void bm_watch_ask(struct bm_watch *watch, bm_watch_question *question, void *context) {
    struct asked asked = {question, context, false, NULL};
    pthread_mutex_lock(&watch->lock);
    *watch->last = &asked;
    watch->last = &asked.next;
    pthread_cond_signal(&watch->something);
    while (!asked.done) pthread_cond_wait(&watch->answered, &watch->lock);
    pthread_mutex_unlock(&watch->lock);
}
