#include "dispatch/ground.h"

#include <string.h>

#include "base/alloc.h"
#include "core/plan.h"
#include "dispatch/roster.h"

size_t bm_dispatch_free_units(struct bm_dispatch *dispatch, const char *capability, int64_t now_ms,
                              bool (*may)(void *context, const struct bm_unit *unit), void *context,
                              struct bm_free_unit **ret_units) {
    size_t count = 0;
    pthread_mutex_lock(&dispatch->lock);
    struct bm_free_unit *units = bm_alloc((dispatch->units.count + 1) * sizeof *units);
    BM_TABLE_EACH(&dispatch->units, id) {
        const struct bm_roster_unit *unit = bm_table_get(&dispatch->units, id);
        struct bm_free_unit *own = &units[count];
        if (!unit->row.active || unit->row.duty != BM_DUTY_ON || unit->row.assignment.v) continue;
        if (capability && !bm_capabilities_have(unit->row.capabilities, capability)) continue;
        if (!bm_roster_locate(dispatch, unit, now_ms, &own->point, &own->at_ms)) continue;
        if (!may(context, &unit->row)) continue;
        own->row = unit->row;
        count++;
    }
    pthread_mutex_unlock(&dispatch->lock);
    *ret_units = units;
    return count;
}

/* The points that are on the roads: their spots, and in `ret_who` which they are; how many. */
static size_t snap_all(const struct bm_metric *metric, const struct bm_point *points, size_t count,
                       double most_m, struct bm_spot *ret_spots, uint32_t *ret_who) {
    size_t found = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (!bm_road_snap(metric, points[i], most_m, &ret_spots[found])) continue;
        ret_who[found++] = i;
    }
    return found;
}

size_t bm_dispatch_reach(struct bm_dispatch *dispatch, enum bm_profile profile,
                         const struct bm_point *points, size_t count, const int64_t *within_ms,
                         size_t bands, bm_reached_fn *each, void *context) {
    struct bm_metric *metric = bm_dispatch_metric(dispatch, profile);
    if (!metric) return 0;
    struct bm_spot *spots = bm_alloc((count + 1) * sizeof *spots);
    uint32_t *who = bm_alloc((count + 1) * sizeof *who);
    size_t found = snap_all(metric, points, count, BM_OFF_ROAD_M, spots, who);
    struct bm_reach *reach = bm_reach_new(dispatch->road);
    bm_reach_bands(reach, metric, spots, found, within_ms, bands, each, context);
    bm_reach_free(reach);
    bm_free(spots);
    bm_free(who);
    bm_metric_unref(metric);
    return found;
}

/* --- times ------------------------------------------------------------------------------------ */

/* One side of the question, as one profile has it. */
struct side {
    struct bm_spot *spots;
    uint32_t *who;
    size_t count;
};

static struct side side_make(size_t count) {
    return (struct side){bm_alloc((count + 1) * sizeof(struct bm_spot)),
                         bm_alloc((count + 1) * sizeof(uint32_t)), 0};
}

static void side_free(struct side *side) {
    bm_free(side->spots);
    bm_free(side->who);
}

/* The units that go by this profile, as far as they are on its roads. */
static void snap_units(const struct bm_metric *metric, enum bm_profile asked,
                       enum bm_profile profile, const struct bm_free_unit *units, size_t count,
                       struct side *side) {
    for (uint32_t i = 0; i < count; i++) {
        unsigned kind = units[i].row.kind;
        if (!bm_unit_kind_by_road(kind) || bm_unit_kind_profile(kind, asked) != profile) continue;
        if (!bm_road_snap(metric, units[i].point, BM_OFF_ROAD_M, &side->spots[side->count]))
            continue;
        side->who[side->count++] = i;
    }
}

static void times_of_profile(struct bm_dispatch *dispatch, enum bm_profile asked,
                             enum bm_profile profile, const struct bm_free_unit *units,
                             size_t unit_count, const struct bm_point *places, size_t place_count,
                             int64_t *ms, bool *by_road) {
    bool any = false;
    for (size_t i = 0; i < unit_count && !any; i++)
        any = bm_unit_kind_by_road(units[i].row.kind) &&
              bm_unit_kind_profile(units[i].row.kind, asked) == profile;
    struct bm_metric *metric = any ? bm_dispatch_metric(dispatch, profile) : NULL;
    if (!metric) return;
    struct side from = side_make(unit_count), to = side_make(place_count);
    snap_units(metric, asked, profile, units, unit_count, &from);
    to.count = snap_all(metric, places, place_count, BM_SNAP_MOST_M, to.spots, to.who);
    int64_t *table = bm_alloc((from.count * to.count + 1) * sizeof *table);
    struct bm_travel *travel = bm_dispatch_travel(dispatch);
    bm_travel_table(travel, metric, from.spots, from.count, to.spots, to.count, table);
    bm_dispatch_travel_back(dispatch, travel);
    for (size_t f = 0; f < from.count; f++) {
        for (size_t t = 0; t < to.count; t++) {
            size_t at = from.who[f] * place_count + to.who[t];
            ms[at] = table[f * to.count + t];
            by_road[at] = true;
        }
    }
    bm_free(table);
    side_free(&from);
    side_free(&to);
    bm_metric_unref(metric);
}

void bm_dispatch_times(struct bm_dispatch *dispatch, enum bm_profile profile,
                       const struct bm_free_unit *units, size_t unit_count,
                       const struct bm_point *places, size_t place_count, int64_t *ret_ms,
                       bool *ret_by_road) {
    for (size_t u = 0; u < unit_count; u++) {
        for (size_t p = 0; p < place_count; p++) {
            size_t at = u * place_count + p;
            ret_ms[at] = bm_straight_ms(units[u].point, places[p],
                                        bm_unit_kind_mps(units[u].row.kind));
            ret_by_road[at] = false;
        }
    }
    for (int p = 0; p < BM_profile_COUNT; p++)
        times_of_profile(dispatch, profile, (enum bm_profile)p, units, unit_count, places,
                         place_count, ret_ms, ret_by_road);
}

void bm_dispatch_first_there(struct bm_dispatch *dispatch, enum bm_profile profile,
                             const struct bm_free_unit *units, size_t unit_count,
                             const struct bm_point *places, size_t place_count,
                             struct bm_first_there *ret_first) {
    int64_t *ms = bm_alloc((unit_count * place_count + 1) * sizeof *ms);
    bool *by_road = bm_alloc((unit_count * place_count + 1) * sizeof *by_road);
    bm_dispatch_times(dispatch, profile, units, unit_count, places, place_count, ms, by_road);
    for (size_t p = 0; p < place_count; p++) {
        ret_first[p] = (struct bm_first_there){UINT32_MAX, BM_TRAVEL_NONE};
        for (uint32_t u = 0; u < unit_count; u++) {
            size_t at = u * place_count + p;
            if (!by_road[at] || ms[at] == BM_TRAVEL_NONE) continue;
            if (ret_first[p].unit == UINT32_MAX || ms[at] < ret_first[p].travel_ms)
                ret_first[p] = (struct bm_first_there){u, ms[at]};
        }
    }
    bm_free(ms);
    bm_free(by_road);
}
