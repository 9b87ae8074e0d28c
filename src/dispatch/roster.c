/* The roster as the record has it, positions as they come, and the metrics that follow from road
 * closures. */
#include "dispatch/roster.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "core/limits.h"
#include "dispatch/threads.h"
#include "dispatch/watch.h"
#include "road/live.h"

/* Metres a second along a straight line.  A way by road is some 1.4 times as long as the straight
 * line (Boscoe, Henry and Zdeb 2012, for the United States), so 8.5 m/s straight on is a car at 43
 * km/h. */
static const double kind_mps[BM_unit_kind_COUNT] = {
    [BM_UNIT_CAR] = 8.5,        [BM_UNIT_MOTORCYCLE] = 8.5,  [BM_UNIT_FOOT] = 1.1,
    [BM_UNIT_BOAT] = 7.0,       [BM_UNIT_DRONE_CREW] = 14.0, [BM_UNIT_ENGINE] = 8.0,
    [BM_UNIT_LADDER] = 7.5,     [BM_UNIT_AMBULANCE] = 8.5,   [BM_UNIT_MEDIATOR] = 6.0,
    [BM_UNIT_VOLUNTEERS] = 6.0, [BM_UNIT_OTHER] = 6.0};

bool bm_unit_kind_by_road(unsigned kind) {
    return kind != BM_UNIT_BOAT && kind != BM_UNIT_DRONE_CREW;
}

enum bm_profile bm_unit_kind_profile(unsigned kind, enum bm_profile asked) {
    return kind == BM_UNIT_FOOT ? BM_PROFILE_FOOT : asked;
}

double bm_unit_kind_mps(unsigned kind) {
    return kind_mps[kind < BM_unit_kind_COUNT ? kind : BM_UNIT_OTHER];
}

int64_t bm_straight_ms(struct bm_point from, struct bm_point to, double mps) {
    return (int64_t)(bm_distance_m(from, to) / mps * 1000.0);
}

struct bm_dispatch *bm_dispatch_new(const struct bm_road *road) {
    struct bm_dispatch *dispatch = bm_alloc_zero(1, sizeof *dispatch);
    dispatch->road = road;
    pthread_mutex_init(&dispatch->lock, NULL);
    pthread_mutex_init(&dispatch->metrics_lock, NULL);
    dispatch->units = bm_table_make(sizeof(struct bm_roster_unit));
    dispatch->places = bm_table_make(sizeof(struct bm_place));
    dispatch->classes = bm_table_make(sizeof(struct bm_class));
    dispatch->kept = bm_alloc_zero(BM_RECOMMENDATIONS_MAX, sizeof *dispatch->kept);
    if (road) dispatch->watch = bm_watch_new(dispatch);
    return dispatch;
}

const struct bm_road *bm_dispatch_road(const struct bm_dispatch *dispatch) {
    return dispatch->road;
}

void bm_dispatch_free(struct bm_dispatch *dispatch) {
    if (!dispatch) return;
    bm_watch_free(dispatch->watch);
    bm_free(dispatch->free_slots);
    bm_free(dispatch->moved);
    for (size_t i = 0; i < BM_RECOMMENDATIONS_MAX; i++) bm_bytes_free(&dispatch->kept[i].content);
    for (size_t i = 0; i < dispatch->travel_count; i++) bm_travel_free(dispatch->travels[i]);
    for (int p = 0; p < BM_profile_COUNT; p++) bm_live_free(dispatch->lives[p]);
    bm_table_free(&dispatch->units);
    bm_table_free(&dispatch->places);
    bm_table_free(&dispatch->classes);
    pthread_mutex_destroy(&dispatch->lock);
    pthread_mutex_destroy(&dispatch->metrics_lock);
    bm_free(dispatch->kept);
    bm_free(dispatch);
}

bool bm_roster_locate(const struct bm_dispatch *dispatch, const struct bm_roster_unit *unit,
                      int64_t now_ms, struct bm_point *ret_point, int64_t *ret_at_ms) {
    const struct bm_position *position = &unit->position;
    if (unit->located && now_ms - position->at_ms <= BM_POSITION_DEAD_MS) {
        *ret_point = position->point;
        *ret_at_ms = position->at_ms;
        return true;
    }
    const struct bm_place *station = bm_table_get(&dispatch->places, unit->row.station.v);
    if (!unit->row.station.v || !station || station->lat_e7 == BM_E7_NONE) return false;
    *ret_point = (struct bm_point){station->lat_e7, station->lon_e7};
    *ret_at_ms = BM_AT_NONE;
    return true;
}

/* --- what the record says --------------------------------------------------------------------- */

static void *ensure(struct bm_table *table, uint64_t id) {
    void *known = bm_table_get(table, id);
    return known ? known : bm_table_add(table, id);
}

static uint32_t new_slot(struct bm_dispatch *dispatch) {
    if (dispatch->free_slot_count) return dispatch->free_slots[--dispatch->free_slot_count];
    return dispatch->slot_count++;
}

static void free_slot(struct bm_dispatch *dispatch, uint32_t slot) {
    if (dispatch->free_slot_count == dispatch->free_slot_cap) {
        dispatch->free_slot_cap = dispatch->free_slot_cap ? 2 * dispatch->free_slot_cap : 64;
        dispatch->free_slots = bm_realloc(dispatch->free_slots,
                                          dispatch->free_slot_cap * sizeof(uint32_t));
    }
    dispatch->free_slots[dispatch->free_slot_count++] = slot;
}

static void take_unit(struct bm_dispatch *dispatch, uint64_t id, const struct bm_unit *row) {
    struct bm_roster_unit *unit = bm_table_get(&dispatch->units, id);
    if (!row) {
        if (!unit) return;
        free_slot(dispatch, unit->slot);
        bm_table_remove(&dispatch->units, id);
        return;
    }
    if (!unit) {
        unit = bm_table_add(&dispatch->units, id);
        unit->slot = new_slot(dispatch);
    }
    unit->id = id;
    unit->row = *row;
    unit->position.off_road = !bm_unit_kind_by_road(row->kind);
}

/* Each once, so there are never more than units. */
static void list_moved(struct bm_dispatch *dispatch, struct bm_roster_unit *unit) {
    if (!dispatch->watch || unit->is_listed) return;
    if (dispatch->moved_count == dispatch->moved_cap) {
        dispatch->moved_cap = dispatch->moved_cap ? 2 * dispatch->moved_cap : 64;
        dispatch->moved = bm_realloc(dispatch->moved, dispatch->moved_cap * sizeof(uint64_t));
    }
    unit->is_listed = true;
    dispatch->moved[dispatch->moved_count++] = unit->id;
}

static bool closes(const struct bm_place *place) {
    return place && place->kind == BM_PLACE_ROAD_CLOSURE && place->active;
}

static void take_place(struct bm_dispatch *dispatch, uint64_t id, const struct bm_place *row) {
    const struct bm_place *known = bm_table_get(&dispatch->places, id);
    if (closes(known) || closes(row)) dispatch->closures++;
    if (row)
        *(struct bm_place *)ensure(&dispatch->places, id) = *row;
    else if (known)
        bm_table_remove(&dispatch->places, id);
}

void bm_dispatch_take(struct bm_dispatch *dispatch, enum bm_table_kind table, uint64_t id,
                      const void *record) {
    if (table != BM_T_UNIT && table != BM_T_PLACE && table != BM_T_CLASS) return;
    pthread_mutex_lock(&dispatch->lock);
    if (table == BM_T_UNIT)
        take_unit(dispatch, id, record);
    else if (table == BM_T_PLACE)
        take_place(dispatch, id, record);
    else if (record)
        *(struct bm_class *)ensure(&dispatch->classes, id) = *(const struct bm_class *)record;
    else if (bm_table_get(&dispatch->classes, id))
        bm_table_remove(&dispatch->classes, id);
    pthread_mutex_unlock(&dispatch->lock);
    if (table == BM_T_PLACE && dispatch->watch) bm_watch_wake(dispatch->watch);
}

/* --- positions -------------------------------------------------------------------------------- */

void bm_position_date(struct bm_position *position, int64_t device_at_ms, int64_t received_at_ms, int64_t behind_ms) {
    bool said = device_at_ms != BM_AT_NONE;
    bool believed = said && device_at_ms <= received_at_ms + BM_POSITION_AHEAD_MS && device_at_ms >= received_at_ms - behind_ms;
    position->received_at_ms = received_at_ms;
    position->device_at_ms = device_at_ms;
    position->at_ms = believed ? device_at_ms : received_at_ms;
    position->clock_off = said && !believed;
}

enum bm_position_taken bm_dispatch_position(struct bm_dispatch *dispatch,
                                            const struct bm_position *position) {
    enum bm_position_taken taken = BM_POSITION_NO_UNIT;
    pthread_mutex_lock(&dispatch->lock);
    struct bm_roster_unit *unit = bm_table_get(&dispatch->units, position->unit);
    bool ahead = unit && unit->position.at_ms > position->received_at_ms + BM_POSITION_AHEAD_MS;
    if (unit && unit->located && position->at_ms < unit->position.at_ms && !ahead) {
        taken = BM_POSITION_SUPERSEDED;
    } else if (unit) {
        taken = BM_POSITION_TAKEN;
        unit->located = true;
        unit->position = *position;
        unit->position.off_road = !bm_unit_kind_by_road(unit->row.kind);
        unit->stamp = ++dispatch->stamp;
        list_moved(dispatch, unit);
    }
    pthread_mutex_unlock(&dispatch->lock);
    if (taken == BM_POSITION_TAKEN && dispatch->watch) bm_watch_wake(dispatch->watch);
    return taken;
}

bool bm_dispatch_where(struct bm_dispatch *dispatch, uint64_t unit,
                       struct bm_position *ret_position) {
    pthread_mutex_lock(&dispatch->lock);
    const struct bm_roster_unit *known = bm_table_get(&dispatch->units, unit);
    bool located = known && known->located;
    if (located) *ret_position = known->position;
    pthread_mutex_unlock(&dispatch->lock);
    return located;
}

bool bm_dispatch_unit(struct bm_dispatch *dispatch, uint64_t unit, struct bm_unit *ret_unit) {
    pthread_mutex_lock(&dispatch->lock);
    const struct bm_roster_unit *known = bm_table_get(&dispatch->units, unit);
    if (known) *ret_unit = known->row;
    pthread_mutex_unlock(&dispatch->lock);
    return known != NULL;
}

uint64_t bm_dispatch_stamp(struct bm_dispatch *dispatch) {
    pthread_mutex_lock(&dispatch->lock);
    uint64_t stamp = dispatch->stamp;
    pthread_mutex_unlock(&dispatch->lock);
    return stamp;
}

struct moved {
    uint64_t stamp, unit;
};

static int by_stamp(const void *a, const void *b) {
    const struct moved *x = a, *y = b;
    return x->stamp < y->stamp ? -1 : x->stamp > y->stamp;
}

uint64_t bm_dispatch_moved(struct bm_dispatch *dispatch, uint64_t since, size_t most,
                           bm_moved_fn *each, void *context) {
    pthread_mutex_lock(&dispatch->lock);
    uint64_t stamp = dispatch->stamp;
    size_t count = 0;
    struct moved *moved = stamp > since ? bm_alloc_zero(dispatch->units.count + 1, sizeof *moved)
                                        : NULL;
    BM_TABLE_EACH(&dispatch->units, id) {
        if (!moved) break;
        const struct bm_roster_unit *unit = bm_table_get(&dispatch->units, id);
        if (unit->located && unit->stamp > since) moved[count++] = (struct moved){unit->stamp, id};
    }
    if (count > 1) qsort(moved, count, sizeof *moved, by_stamp);
    for (size_t i = 0; i < count && i < most; i++) {
        const struct bm_roster_unit *unit = bm_table_get(&dispatch->units, moved[i].unit);
        each(context, &unit->row, &unit->position);
    }
    if (count > most) stamp = most ? moved[most - 1].stamp : since;
    bm_free(moved);
    pthread_mutex_unlock(&dispatch->lock);
    return stamp;
}

/* --- metrics ---------------------------------------------------------------------------------- */

/* All closures of now by id, as the roads want them. */
struct closures {
    struct bm_closed *closed;
    struct bm_point *points; /* copies, BM_POINTS_MAX for each */
    uint64_t *places;
    size_t count;
    uint64_t version;
};

_Static_assert(BM_ROAD_CLOSURES_MAX <= BM_LIVE_CLOSURES_MAX, "all that the record takes");

static struct closures closures_of_now(struct bm_dispatch *dispatch) {
    struct closures all = {.count = 0};
    pthread_mutex_lock(&dispatch->lock);
    size_t count = 0;
    BM_TABLE_EACH(&dispatch->places, id) count += closes(bm_table_get(&dispatch->places, id));
    all.closed = bm_alloc_zero(count + 1, sizeof *all.closed);
    all.points = bm_alloc_zero((count + 1) * BM_POINTS_MAX, sizeof *all.points);
    all.places = bm_alloc_zero(count + 1, sizeof *all.places);
    BM_TABLE_EACH(&dispatch->places, id) {
        const struct bm_place *place = bm_table_get(&dispatch->places, id);
        if (!closes(place)) continue;
        struct bm_point *own = all.points + all.count * BM_POINTS_MAX;
        for (uint64_t i = 0; i < place->points.count; i++) {
            own[i] = (struct bm_point){place->points.e7[2 * i], place->points.e7[2 * i + 1]};
        }
        all.places[all.count] = id;
        all.closed[all.count++] = (struct bm_closed){
            .form = place->form == BM_FORM_POLYGON ? BM_CLOSED_POLYGON : BM_CLOSED_LINE,
            .points = own,
            .count = place->points.count,
            .along_only = place->direction == BM_DIRECTION_ALONG,
            .slow_permille = 10 * place->speed_percent};
    }
    all.version = dispatch->closures;
    pthread_mutex_unlock(&dispatch->lock);
    return all;
}

static void free_closures(struct closures *all) {
    bm_free(all->closed);
    bm_free(all->points);
    bm_free(all->places);
}

struct bm_metric *bm_dispatch_metric(struct bm_dispatch *dispatch, enum bm_profile profile) {
    if (!dispatch->road) return NULL;
    pthread_mutex_lock(&dispatch->metrics_lock);
    pthread_mutex_lock(&dispatch->lock);
    uint64_t wanted = dispatch->closures;
    pthread_mutex_unlock(&dispatch->lock);
    struct bm_live **live = &dispatch->lives[profile];
    if (!*live || dispatch->metrics_of[profile] != wanted) {
        struct closures all = closures_of_now(dispatch);
        if (!*live) *live = bm_live_new(dispatch->road, profile, &bm_threads);
        bm_live_set(*live, all.closed, all.count);
        dispatch->metrics_of[profile] = all.version;
        free_closures(&all);
    }
    struct bm_metric *metric = bm_live_metric(*live);
    pthread_mutex_unlock(&dispatch->metrics_lock);
    return metric;
}

struct slowed_arc {
    uint32_t arc, permille;
};

static int by_arc(const void *a, const void *b) {
    const struct slowed_arc *x = a, *y = b;
    return x->arc < y->arc ? -1 : x->arc > y->arc;
}

/* The arcs of one closure behind the `count` that are there; returns how many there are then. */
static size_t add_arcs(const struct bm_road *road, const struct bm_closed *closed,
                       struct slowed_arc **slowed, size_t count, uint32_t *ret_edges) {
    size_t found = bm_road_closed_arcs(road, closed, NULL, 0);
    uint32_t *arcs = bm_alloc_zero(found + 1, sizeof *arcs), edges = 0;
    bm_road_closed_arcs(road, closed, arcs, found);
    *slowed = bm_realloc(*slowed, (count + found + 1) * sizeof **slowed);
    for (size_t i = 0; i < found; i++) {
        (*slowed)[count + i] = (struct slowed_arc){arcs[i], closed->slow_permille};
        edges += i == 0 || arcs[i] / 2 != arcs[i - 1] / 2;
    }
    bm_free(arcs);
    *ret_edges = edges;
    return count + found;
}

void bm_dispatch_closed(struct bm_dispatch *dispatch, struct bm_closed_now *ret_closed) {
    struct closures all = closures_of_now(dispatch);
    struct bm_closed_now now = {.road = dispatch->road, .closure_count = all.count};
    struct slowed_arc *slowed = NULL;
    size_t total = 0;
    now.closures = bm_alloc_zero(all.count + 1, sizeof *now.closures);
    for (size_t i = 0; i < all.count; i++) {
        now.closures[i].place = all.places[i];
        if (!now.road) continue;
        total = add_arcs(now.road, &all.closed[i], &slowed, total, &now.closures[i].edges);
    }
    if (total) qsort(slowed, total, sizeof *slowed, by_arc);
    now.edges = bm_alloc_zero(total + 1, sizeof *now.edges);
    for (size_t at = 0; at < total; at++) {
        struct bm_closed_edge *edge = &now.edges[now.count];
        if (at == 0 || slowed[at].arc / 2 != slowed[at - 1].arc / 2) {
            *edge = (struct bm_closed_edge){slowed[at].arc / 2, {BM_SPEED_USUAL, BM_SPEED_USUAL}};
        }
        uint32_t *permille = &edge->permille[slowed[at].arc % 2];
        if (slowed[at].permille < *permille) *permille = slowed[at].permille;
        bool last = at + 1 == total || slowed[at + 1].arc / 2 != slowed[at].arc / 2;
        now.count += last;
    }
    bm_free(slowed);
    free_closures(&all);
    *ret_closed = now;
}

void bm_closed_now_free(struct bm_closed_now *closed) {
    bm_free(closed->edges);
    bm_free(closed->closures);
}

struct bm_travel *bm_dispatch_travel(struct bm_dispatch *dispatch) {
    struct bm_travel *travel = NULL;
    pthread_mutex_lock(&dispatch->lock);
    if (dispatch->travel_count) travel = dispatch->travels[--dispatch->travel_count];
    pthread_mutex_unlock(&dispatch->lock);
    return travel ? travel : bm_travel_new(dispatch->road);
}

void bm_dispatch_travel_back(struct bm_dispatch *dispatch, struct bm_travel *travel) {
    pthread_mutex_lock(&dispatch->lock);
    bool room = dispatch->travel_count < BM_TRAVELS_KEPT;
    if (room) dispatch->travels[dispatch->travel_count++] = travel;
    pthread_mutex_unlock(&dispatch->lock);
    if (!room) bm_travel_free(travel);
}

void bm_way_free(struct bm_way *way) {
    bm_route_free(&way->route);
    bm_free(way->steps);
    way->steps = NULL;
    way->step_count = 0;
}

void bm_dispatch_way(struct bm_dispatch *dispatch, struct bm_point from, struct bm_point to,
                     enum bm_profile profile, struct bm_way *ret_way) {
    struct bm_way way = {.basis = BM_BY_STRAIGHT_LINE,
                         .travel_ms = bm_straight_ms(from, to, bm_unit_kind_mps(BM_UNIT_CAR)),
                         .length_m = bm_distance_m(from, to)};
    struct bm_metric *metric = bm_dispatch_metric(dispatch, profile);
    struct bm_spot first, last;
    if (metric && bm_road_snap(metric, from, BM_SNAP_MOST_M, &first) &&
        bm_road_snap(metric, to, BM_SNAP_MOST_M, &last)) {
        struct bm_travel *travel = bm_dispatch_travel(dispatch);
        bm_travel_route(travel, metric, &first, &last, &way.route);
        bm_dispatch_travel_back(dispatch, travel);
        way.basis = BM_BY_ROAD;
        way.travel_ms = way.route.travel_ms;
        way.length_m = way.route.length_m;
        way.no_way = way.travel_ms == BM_TRAVEL_NONE;
        if (!way.no_way) way.step_count = bm_route_steps(metric, &way.route, &way.steps);
    } else {
        way.outside = metric != NULL;
    }
    bm_metric_unref(metric);
    *ret_way = way;
}
