/* Inside of dispatch: the roster and the metrics behind their locks. */
#ifndef BM_DISPATCH_ROSTER_H
#define BM_DISPATCH_ROSTER_H

#include <pthread.h>

#include "base/table.h"
#include "dispatch/dispatch.h"

struct bm_roster_unit {
    uint64_t id;
    struct bm_unit row;
    bool present; /* the record has it; a position may outlive its unit for a while */
    bool located;
    struct bm_position position;
    uint64_t stamp; /* of the last position */
    uint32_t slot;  /* a small number of its own while it is there, for the dispatch thread */
    bool is_listed; /* among those that have moved */
};

struct bm_kept {
    uint64_t id, on_case;
    int64_t at_ms;
    struct bm_bytes content;
};

/* Work spaces of threads that ask now and then; one more is made when all are in use. */
enum { BM_TRAVELS_KEPT = 8 };

struct bm_dispatch {
    const struct bm_road *road; /* NULL: none */
    pthread_mutex_t lock;       /* all below, but the metrics */
    struct bm_table units;      /* struct bm_roster_unit */
    struct bm_table places;     /* struct bm_place */
    struct bm_table classes;    /* struct bm_class */
    uint64_t stamp;
    uint32_t *free_slots;
    uint32_t slot_count, free_slot_count, free_slot_cap;
    uint64_t *moved; /* units that the dispatch thread has not looked at since */
    size_t moved_count, moved_cap;
    struct bm_watch *watch; /* NULL: no roads */
    uint64_t closures;      /* rises when a road closure comes, changes or goes */
    struct bm_kept *kept;   /* BM_RECOMMENDATIONS_MAX, a ring */
    size_t kept_next;       /* the oldest of them, where the next will stand */
    size_t kept_bytes;
    struct bm_travel *travels[BM_TRAVELS_KEPT];
    size_t travel_count;

    pthread_mutex_t metrics_lock;            /* taken before `lock` */
    struct bm_live *lives[BM_profile_COUNT]; /* NULL until somebody asks */
    uint64_t metrics_of[BM_profile_COUNT];   /* `closures` they were made with */
};

struct bm_travel *bm_dispatch_travel(struct bm_dispatch *dispatch);
void bm_dispatch_travel_back(struct bm_dispatch *dispatch, struct bm_travel *travel);

/* Where the unit is now: its last position while that is fresh enough (`ret_at_ms`: of when), its station otherwise
 * (BM_AT_NONE).  False when it is nowhere.  Under the dispatch's lock. */
bool bm_roster_locate(const struct bm_dispatch *dispatch, const struct bm_roster_unit *unit, int64_t now_ms,
                      struct bm_point *ret_point, int64_t *ret_at_ms);

/* Whether units of that kind go by road; under which profile, when vehicles go by the one asked for
 * (foot patrols walk, whatever the others do); and metres a second by straight line. */
bool bm_unit_kind_by_road(unsigned kind);
enum bm_profile bm_unit_kind_profile(unsigned kind, enum bm_profile asked);
double bm_unit_kind_mps(unsigned kind);
/* Milliseconds by straight line at that speed. */
int64_t bm_straight_ms(struct bm_point from, struct bm_point to, double mps);

#endif
