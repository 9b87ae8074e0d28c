#include "dispatch/surge.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "core/plan.h"
#include "dispatch/ground.h"
#include "dispatch/roster.h"
#include "road/assign.h"

/* Swaps worked out for one answer: each is a search of its own. */
enum { SWAPS_MOST = 100 };
/* Longer ways than a day count as a day: nobody is arranged by the difference. */
enum { LONGEST_MS = 86400000 };

/* A class that has a plan. */
struct planned {
    char code[BM_CODE_TEXT];
    struct bm_plan plan;
};

/* A unit that is on a case. */
struct busy {
    uint64_t on_case, unit;
    char capabilities[sizeof((struct bm_unit *)0)->capabilities];
};

/* A case with what it still needs; its rows stand one after the other, need by need. */
struct waiting_case {
    const struct bm_waiting *waiting;
    const struct bm_plan *plan;
    uint32_t here[BM_PLAN_NEEDS];
    uint32_t first_row, row_count;
};

/* One unit that is wanted. */
struct row {
    uint32_t of, need; /* case and need */
};

struct surge {
    struct bm_dispatch *dispatch;
    uint32_t reserve;
    int64_t now_ms;
    struct planned *planned;
    size_t planned_count;
    struct busy *busy; /* by case */
    size_t busy_count;
    struct waiting_case *cases;
    size_t case_count, waiting_count;
    struct row *rows;
    uint32_t row_count;
    struct bm_free_unit *units;
    size_t unit_count;
    int64_t *ms; /* units x cases */
    bool *by_road;
    uint32_t *costs; /* rows x units */
    int64_t *penalties;
    uint32_t *group_of, *limits, group_count;
    struct bm_assign_problem problem;
    struct bm_assign_solution solution;
    uint32_t swaps; /* worked out so far */
};

/* --- who waits for what ----------------------------------------------------------------------- */

static int by_urgency(const void *a, const void *b) {
    const struct bm_waiting *x = ((const struct waiting_case *)a)->waiting;
    const struct bm_waiting *y = ((const struct waiting_case *)b)->waiting;
    if (x->priority != y->priority) return x->priority < y->priority ? -1 : 1;
    if (x->since_ms != y->since_ms) return x->since_ms < y->since_ms ? -1 : 1;
    return x->on_case < y->on_case ? -1 : x->on_case > y->on_case;
}

static int by_case(const void *a, const void *b) {
    const struct busy *x = a, *y = b;
    if (x->on_case != y->on_case) return x->on_case < y->on_case ? -1 : 1;
    return x->unit < y->unit ? -1 : x->unit > y->unit;
}

/* What the cases are judged by, so that the roster is not held meanwhile. */
static void copy_roster(struct surge *surge) {
    struct bm_dispatch *dispatch = surge->dispatch;
    pthread_mutex_lock(&dispatch->lock);
    surge->planned = bm_alloc((dispatch->classes.count + 1) * sizeof *surge->planned);
    BM_TABLE_EACH(&dispatch->classes, id) {
        const struct bm_class *class = bm_table_get(&dispatch->classes, id);
        struct planned *own = &surge->planned[surge->planned_count];
        if (bm_plan_read(class->plan, &own->plan, NULL) || own->plan.alarms == 0) continue;
        memcpy(own->code, class->code, sizeof own->code);
        surge->planned_count++;
    }
    surge->busy = bm_alloc((dispatch->units.count + 1) * sizeof *surge->busy);
    BM_TABLE_EACH(&dispatch->units, id) {
        const struct bm_unit *row =
            &((struct bm_roster_unit *)bm_table_get(&dispatch->units, id))->row;
        if (!row->active || !row->assignment.v) continue;
        struct busy *own = &surge->busy[surge->busy_count++];
        *own = (struct busy){.on_case = row->on_case.v, .unit = id};
        memcpy(own->capabilities, row->capabilities, sizeof own->capabilities);
    }
    pthread_mutex_unlock(&dispatch->lock);
    if (surge->busy_count) qsort(surge->busy, surge->busy_count, sizeof *surge->busy, by_case);
}

static const struct bm_plan *plan_of(const struct surge *surge, const char *class_code) {
    for (size_t i = 0; i < surge->planned_count; i++) {
        if (strcmp(surge->planned[i].code, class_code) == 0) return &surge->planned[i].plan;
    }
    return NULL;
}

/* What the units that are there fill, which is as much as they can fill together: the same question
 * in small, in which nobody travels and a need that the plan names earlier is dearer to leave. */
static void fill_here(struct waiting_case *at, const struct busy *busy, uint32_t count) {
    uint32_t seats = 0;
    for (uint32_t n = 0; n < at->plan->alarm[0].count; n++)
        seats += at->plan->alarm[0].needs[n].count;
    uint32_t *costs = bm_alloc(((size_t)seats * count + 1) * sizeof *costs);
    uint32_t *need_of = bm_alloc((seats + (size_t)1) * sizeof *need_of);
    int64_t *penalties = bm_alloc((seats + (size_t)1) * sizeof *penalties);
    uint32_t seat = 0;
    for (uint32_t n = 0; n < at->plan->alarm[0].count; n++) {
        const struct bm_need *need = &at->plan->alarm[0].needs[n];
        for (uint32_t i = 0; i < need->count; i++, seat++) {
            need_of[seat] = n;
            penalties[seat] = BM_PLAN_NEEDS + 1 - n;
            for (uint32_t u = 0; u < count; u++)
                costs[(size_t)seat * count + u] = bm_capabilities_have(busy[u].capabilities,
                                                                       need->capability)
                                                      ? 0
                                                      : BM_ASSIGN_FORBIDDEN;
        }
    }
    struct bm_assign_problem problem = {
        .rows = seats, .cols = count, .costs = costs, .penalties = penalties};
    static const struct bm_assign_way usual = {0};
    struct bm_assign_solution solution;
    bm_assign_solve(&problem, &usual, &solution);
    for (seat = 0; seat < seats; seat++)
        at->here[need_of[seat]] += solution.col_of[seat] != BM_ASSIGN_NOBODY;
    bm_assign_free(&solution);
    bm_free(costs);
    bm_free(need_of);
    bm_free(penalties);
}

static void count_here(const struct surge *surge, struct waiting_case *at) {
    size_t first = 0, end = surge->busy_count;
    while (first < end) {
        size_t middle = first + (end - first) / 2;
        if (surge->busy[middle].on_case < at->waiting->on_case)
            first = middle + 1;
        else
            end = middle;
    }
    uint32_t count = 0;
    while (first + count < surge->busy_count &&
           surge->busy[first + count].on_case == at->waiting->on_case)
        count++;
    if (count) fill_here(at, &surge->busy[first], count);
}

static void list_cases(struct surge *surge, const struct bm_waiting *waiting, size_t count) {
    surge->cases = bm_alloc_zero(count + 1, sizeof *surge->cases);
    for (size_t i = 0; i < count; i++) {
        struct waiting_case *at = &surge->cases[surge->case_count];
        at->waiting = &waiting[i];
        at->plan = plan_of(surge, waiting[i].class_code);
        if (!at->plan) continue;
        count_here(surge, at);
        surge->case_count++;
    }
    if (surge->case_count) qsort(surge->cases, surge->case_count, sizeof *surge->cases, by_urgency);
}

/* The units that are wanted; cases that want none are dropped, those past the maxima left out. */
static void list_rows(struct surge *surge) {
    surge->rows = bm_alloc((BM_SURGE_NEEDS_MAX + 1) * sizeof *surge->rows);
    size_t kept = 0;
    for (size_t c = 0; c < surge->case_count; c++) {
        struct waiting_case at = surge->cases[c];
        uint32_t wanted = 0;
        for (uint32_t n = 0; n < at.plan->alarm[0].count; n++)
            wanted += at.plan->alarm[0].needs[n].count - at.here[n];
        if (wanted == 0) continue;
        surge->waiting_count++;
        if (kept == BM_SURGE_CASES_MAX || surge->row_count + wanted > BM_SURGE_NEEDS_MAX) continue;
        at.first_row = surge->row_count;
        at.row_count = wanted;
        for (uint32_t n = 0; n < at.plan->alarm[0].count; n++) {
            for (uint32_t i = at.here[n]; i < at.plan->alarm[0].needs[n].count; i++)
                surge->rows[surge->row_count++] = (struct row){(uint32_t)kept, n};
        }
        surge->cases[kept++] = at;
    }
    surge->case_count = kept;
}

/* --- the problem ------------------------------------------------------------------------------ */

static const struct bm_need *need_of(const struct surge *surge, uint32_t row) {
    return &surge->cases[surge->rows[row].of].plan->alarm[0].needs[surge->rows[row].need];
}

static bool serves(const struct surge *surge, uint32_t row, size_t unit) {
    return bm_capabilities_have(surge->units[unit].row.capabilities,
                                need_of(surge, row)->capability);
}

static void price(struct surge *surge) {
    size_t cases = surge->case_count, units = surge->unit_count;
    struct bm_point *places = bm_alloc((cases + 1) * sizeof *places);
    for (size_t c = 0; c < cases; c++) places[c] = surge->cases[c].waiting->point;
    surge->ms = bm_alloc((units * cases + 1) * sizeof *surge->ms);
    surge->by_road = bm_alloc((units * cases + 1) * sizeof *surge->by_road);
    bm_dispatch_times(surge->dispatch, BM_PROFILE_EMERGENCY, surge->units, units, places, cases,
                      surge->ms, surge->by_road);
    bm_free(places);
    surge->costs = bm_alloc(((size_t)surge->row_count * units + 1) * sizeof *surge->costs);
    for (uint32_t row = 0; row < surge->row_count; row++) {
        uint32_t of = surge->rows[row].of;
        bool again = row > 0 && surge->rows[row - 1].of == of &&
                     surge->rows[row - 1].need == surge->rows[row].need;
        uint32_t *costs = &surge->costs[row * units];
        if (again) memcpy(costs, costs - units, units * sizeof *costs);
        for (size_t u = 0; u < units && !again; u++) {
            int64_t ms = surge->ms[u * cases + of];
            costs[u] = ms == BM_TRAVEL_NONE || !serves(surge, row, u) ? BM_ASSIGN_FORBIDDEN
                       : ms < LONGEST_MS                              ? (uint32_t)ms
                                                                      : LONGEST_MS;
        }
    }
    /* One need more served outweighs all travel together, and one of a higher priority outweighs
     * one of a lower by as much again.  That is enough: who is served is exchanged one by one. */
    surge->penalties = bm_alloc((surge->row_count + (size_t)1) * sizeof *surge->penalties);
    int64_t step = (int64_t)(surge->row_count + 1) * (LONGEST_MS + INT64_C(1));
    for (uint32_t row = 0; row < surge->row_count; row++) {
        uint32_t priority = surge->cases[surge->rows[row].of].waiting->priority;
        surge->penalties[row] = step * (priority < 6 ? 6 - (int64_t)priority : 1);
    }
}

/* Agencies and how many of their units may go. */
static void set_limits(struct surge *surge) {
    size_t units = surge->unit_count;
    uint64_t *agencies = bm_alloc((units + 1) * sizeof *agencies);
    surge->group_of = bm_alloc_zero(units + 1, sizeof *surge->group_of);
    surge->limits = bm_alloc_zero(units + 1, sizeof *surge->limits);
    for (size_t u = 0; u < units; u++) {
        uint32_t group = 0;
        while (group < surge->group_count && agencies[group] != surge->units[u].row.jurisdiction.v)
            group++;
        if (group == surge->group_count)
            agencies[surge->group_count++] = surge->units[u].row.jurisdiction.v;
        surge->group_of[u] = group;
        surge->limits[group]++;
    }
    for (uint32_t group = 0; group < surge->group_count; group++) {
        uint32_t *limit = &surge->limits[group];
        *limit = *limit > surge->reserve ? *limit - surge->reserve : 0;
    }
    bm_free(agencies);
}

static void solve(struct surge *surge) {
    surge->problem = (struct bm_assign_problem){.rows = surge->row_count,
                                                .cols = (uint32_t)surge->unit_count,
                                                .costs = surge->costs,
                                                .penalties = surge->penalties,
                                                .group_of = surge->reserve ? surge->group_of : NULL,
                                                .limits = surge->limits,
                                                .groups = surge->reserve ? surge->group_count : 0};
    static const struct bm_assign_way usual = {0};
    bm_assign_solve(&surge->problem, &usual, &surge->solution);
}

/* What it would come to if each, the most urgent first, took the nearest that is left; -1 when it
 * would serve fewer. */
static int64_t nearest_first_ms(const struct surge *surge, uint32_t served) {
    bool *taken = bm_alloc_zero(surge->unit_count + 1, sizeof *taken);
    uint32_t *left = bm_alloc((surge->group_count + 1) * sizeof *left), count = 0;
    memcpy(left, surge->limits, surge->group_count * sizeof *left);
    int64_t sum = 0;
    for (uint32_t row = 0; row < surge->row_count; row++) {
        const uint32_t *costs = &surge->costs[row * surge->unit_count];
        size_t best = surge->unit_count;
        for (size_t u = 0; u < surge->unit_count; u++) {
            if (taken[u] || costs[u] == BM_ASSIGN_FORBIDDEN || !left[surge->group_of[u]]) continue;
            if (best == surge->unit_count || costs[u] < costs[best]) best = u;
        }
        if (best == surge->unit_count) continue;
        taken[best] = true;
        left[surge->group_of[best]]--;
        sum += costs[best];
        count++;
    }
    bm_free(taken);
    bm_free(left);
    return count < served ? -1 : sum;
}

/* --- writing ---------------------------------------------------------------------------------- */

static void write_nearer(struct surge *surge, uint32_t row, uint32_t col, bool first,
                         struct bm_buf *out) {
    const struct bm_unit *unit = &surge->units[col].row;
    uint32_t other = surge->solution.row_of[col];
    bm_buf_text(out, first ? "{\"unit\":" : ",{\"unit\":");
    bm_json_id(out, unit->id.v);
    bm_buf_text(out, ",\"call_sign\":");
    bm_json_text(out, unit->call_sign);
    bm_buf_printf(out, ",\"travel_ms\":%" PRIu32 ",\"to_case\":",
                  surge->costs[row * surge->unit_count + col]);
    if (other == BM_ASSIGN_NOBODY)
        bm_buf_text(out, "null");
    else
        bm_json_id(out, surge->cases[surge->rows[other].of].waiting->on_case);
    int64_t rise = INT64_MAX;
    if (surge->swaps++ < SWAPS_MOST)
        rise = bm_assign_forced(&surge->problem, &surge->solution, row, col);
    /* A rise beyond all travel would leave another case without a unit. */
    if (rise == INT64_MAX || rise > (int64_t)surge->row_count * LONGEST_MS)
        bm_buf_text(out, ",\"swap_costs_ms\":null}");
    else
        bm_buf_printf(out, ",\"swap_costs_ms\":%" PRId64 "}", rise);
}

/* The units that would be there sooner, nearest first; how many there are in all. */
static uint32_t find_nearer(const struct surge *surge, uint32_t row, uint32_t col,
                            uint32_t ret_cols[BM_SURGE_NEARER_MAX]) {
    const uint32_t *costs = &surge->costs[row * surge->unit_count];
    uint32_t count = 0;
    for (uint32_t u = 0; u < surge->unit_count; u++) {
        if (costs[u] >= costs[col]) continue;
        uint32_t at = count < BM_SURGE_NEARER_MAX ? count : BM_SURGE_NEARER_MAX;
        for (; at > 0 && costs[ret_cols[at - 1]] > costs[u]; at--)
            if (at < BM_SURGE_NEARER_MAX) ret_cols[at] = ret_cols[at - 1];
        if (at < BM_SURGE_NEARER_MAX) ret_cols[at] = u;
        count++;
    }
    return count;
}

static void write_given(struct surge *surge, uint32_t row, bool first, struct bm_buf *out) {
    uint32_t col = surge->solution.col_of[row], nearer[BM_SURGE_NEARER_MAX];
    const struct bm_free_unit *unit = &surge->units[col];
    size_t at = col * surge->case_count + surge->rows[row].of;
    uint32_t count = find_nearer(surge, row, col, nearer);
    uint32_t shown = count < BM_SURGE_NEARER_MAX ? count : BM_SURGE_NEARER_MAX;
    bool kept = false, needed = false;
    for (uint32_t i = 0; i < shown; i++) {
        kept |= surge->solution.row_of[nearer[i]] == BM_ASSIGN_NOBODY;
        needed |= surge->solution.row_of[nearer[i]] != BM_ASSIGN_NOBODY;
    }
    bm_buf_text(out, first ? "{\"unit\":" : ",{\"unit\":");
    bm_json_id(out, unit->row.id.v);
    bm_buf_text(out, ",\"call_sign\":");
    bm_json_text(out, unit->row.call_sign);
    bm_buf_printf(out, ",\"kind\":\"%s\",\"travel_ms\":%" PRId64 ",\"basis\":\"%s\",\"rank\":%u",
                  bm_word(&bm_unit_kind_words, unit->row.kind), surge->ms[at],
                  surge->by_road[at] ? "road" : "straight_line", count + 1);
    const struct {
        bool holds;
        const char *reason;
    } reasons[] = {
        {count == 0, "nearest"},
        {needed, "nearer_needed_elsewhere"},
        {kept, "kept_in_reserve"},
        {unit->row.jurisdiction.v != surge->cases[surge->rows[row].of].waiting->jurisdiction,
         "other_area"},
        {unit->at_ms != BM_AT_NONE && surge->now_ms - unit->at_ms > BM_POSITION_OLD_MS,
         "position_old"},
        {unit->at_ms == BM_AT_NONE, "at_station"}};
    bm_buf_text(out, ",\"reasons\":[");
    bool any = false;
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
        if (!reasons[i].holds) continue;
        if (any) bm_buf_byte(out, ',');
        bm_json_text(out, reasons[i].reason);
        any = true;
    }
    bm_buf_text(out, "],\"nearer\":[");
    for (uint32_t i = 0; i < shown; i++) write_nearer(surge, row, nearer[i], i == 0, out);
    bm_buf_text(out, "]}");
}

/* The word for a row that stays without: said of those that could come at all. */
static const char *why_unserved(const struct surge *surge, uint32_t row) {
    uint32_t own = surge->cases[surge->rows[row].of].waiting->priority;
    bool any = false, reachable = false, idle = false, higher = true;
    for (uint32_t u = 0; u < surge->unit_count; u++) {
        if (!serves(surge, row, u)) continue;
        any = true;
        if (surge->costs[row * surge->unit_count + u] == BM_ASSIGN_FORBIDDEN) continue;
        reachable = true;
        uint32_t other = surge->solution.row_of[u];
        if (other == BM_ASSIGN_NOBODY)
            idle = true;
        else
            higher &= surge->cases[surge->rows[other].of].waiting->priority < own;
    }
    return !any         ? "no_unit"
           : !reachable ? "no_way"
           : idle       ? "reserve"
           : higher     ? "higher_priority"
                        : "none_left";
}

static void write_need(struct surge *surge, const struct waiting_case *at, uint32_t n,
                       struct bm_buf *out) {
    const struct bm_need *need = &at->plan->alarm[0].needs[n];
    const char *unserved = NULL;
    uint32_t missing = 0;
    bool first = true;
    bm_buf_text(out, "{\"capability\":");
    bm_json_text(out, need->capability);
    bm_buf_printf(out, ",\"count\":%u,\"here\":%u,\"given\":[", need->count, at->here[n]);
    for (uint32_t row = at->first_row; row < at->first_row + at->row_count; row++) {
        if (surge->rows[row].need != n) continue;
        if (surge->solution.col_of[row] == BM_ASSIGN_NOBODY) {
            missing++;
            unserved = why_unserved(surge, row);
            continue;
        }
        write_given(surge, row, first, out);
        first = false;
    }
    bm_buf_printf(out, "],\"missing\":%u,\"unserved\":", missing);
    if (unserved)
        bm_json_text(out, unserved);
    else
        bm_buf_text(out, "null");
    bm_buf_byte(out, '}');
}

static void write_case(struct surge *surge, const struct waiting_case *at, struct bm_buf *out) {
    const struct bm_waiting *waiting = at->waiting;
    bm_buf_text(out, "{\"case\":");
    bm_json_id(out, waiting->on_case);
    bm_buf_text(out, ",\"class_code\":");
    bm_json_text(out, waiting->class_code);
    bm_buf_printf(out, ",\"priority\":%u,\"waiting_ms\":%" PRId64 ",\"lat\":", waiting->priority,
                  surge->now_ms > waiting->since_ms ? surge->now_ms - waiting->since_ms : 0);
    bm_json_e7(out, waiting->point.lat_e7);
    bm_buf_text(out, ",\"lon\":");
    bm_json_e7(out, waiting->point.lon_e7);
    bm_buf_text(out, ",\"needs\":[");
    for (uint32_t n = 0; n < at->plan->alarm[0].count; n++) {
        if (n) bm_buf_byte(out, ',');
        write_need(surge, at, n, out);
    }
    bm_buf_text(out, "]}");
}

static void write_all(struct surge *surge, struct bm_buf *out) {
    int64_t total_ms = 0;
    uint32_t served = 0;
    bm_buf_printf(out, "{\"at_ms\":%" PRId64 ",\"reserve\":%u,\"units_free\":%zu,\"cases\":[",
                  surge->now_ms, surge->reserve, surge->unit_count);
    for (size_t c = 0; c < surge->case_count; c++) {
        if (c) bm_buf_byte(out, ',');
        write_case(surge, &surge->cases[c], out);
    }
    for (uint32_t row = 0; row < surge->row_count; row++) {
        uint32_t col = surge->solution.col_of[row];
        if (col == BM_ASSIGN_NOBODY) continue;
        served++;
        total_ms += surge->costs[row * surge->unit_count + col];
    }
    int64_t greedy_ms = nearest_first_ms(surge, served);
    bm_buf_printf(out, "],\"total_ms\":%" PRId64 ",\"nearest_first_ms\":", total_ms);
    if (greedy_ms < 0)
        bm_buf_text(out, "null");
    else
        bm_buf_printf(out, "%" PRId64, greedy_ms);
    bm_buf_printf(out, ",\"shown\":%zu,\"waiting\":%zu}", surge->case_count, surge->waiting_count);
}

enum bm_code bm_dispatch_surge(struct bm_dispatch *dispatch, const struct bm_waiting *waiting,
                               size_t count, uint32_t reserve, int64_t now_ms,
                               bool (*may)(void *context, const struct bm_unit *unit),
                               void *context, struct bm_buf *out, struct bm_fault *fault) {
    struct surge surge = {.dispatch = dispatch, .reserve = reserve, .now_ms = now_ms};
    copy_roster(&surge);
    list_cases(&surge, waiting, count);
    list_rows(&surge);
    surge.unit_count = bm_dispatch_free_units(dispatch, NULL, now_ms, may, context, &surge.units);
    price(&surge);
    set_limits(&surge);
    solve(&surge);
    write_all(&surge, out);
    bm_assign_free(&surge.solution);
    bm_free(surge.planned);
    bm_free(surge.busy);
    bm_free(surge.cases);
    bm_free(surge.rows);
    bm_free(surge.units);
    bm_free(surge.ms);
    bm_free(surge.by_road);
    bm_free(surge.costs);
    bm_free(surge.penalties);
    bm_free(surge.group_of);
    bm_free(surge.limits);
    if (!out->overflow) return BM_OK;
    return bm_fault_set(fault, BM_TOO_LARGE, NULL,
                        "More is waiting than one answer holds: send the most urgent first.");
}
