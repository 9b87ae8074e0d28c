/* Check 22: how long a case can take while everybody keeps every clock.
 *
 * Several bounds, of which the best holds.  A clock that runs from the beginning bounds, by its
 * budget, extensions and pauses, all states in which it surely runs, however the case moves among
 * them; what may follow behind them, and the whole where there is no such clock, is bounded by the
 * longest way: each state by the best clock that surely runs in it. Ways back must be limited there
 * (`limit`, or a guard on a counter), and each such round counts as one more longest way. */
#include <string.h>

#include "base/alloc.h"
#include "procedure/checking.h"

static uint32_t days_of(const uint64_t *amounts) {
    uint64_t worked = amounts[BM_MEASURE_WORKING_DAYS] +
                      (amounts[BM_MEASURE_WORKING_MINUTES] + 479) / 480;
    uint64_t days = (amounts[BM_MEASURE_MINUTES] + 1439) / 1440 + amounts[BM_MEASURE_CALENDAR_DAYS];
    if (worked) days += (worked * 7 + 4) / 5 + 11;
    return days > UINT32_MAX ? UINT32_MAX : (uint32_t)days;
}

static void add(struct bm_worst_case *sum, const struct bm_worst_case *more, uint64_t times) {
    for (int i = 0; i < BM_measure_COUNT; i++) sum->amounts[i] += more->amounts[i] * times;
    sum->bounded = sum->bounded && more->bounded;
    sum->days = days_of(sum->amounts);
}

/* Budget, all extensions, all pauses. */
static struct bm_worst_case clock_bound(const struct bm_clock_def *clock) {
    struct bm_worst_case bound = {.bounded = true};
    uint64_t *amount = &bound.amounts[clock->budget.unit];
    *amount = clock->budget.amount + (uint64_t)clock->extend_times * clock->extend_amount;
    for (uint32_t p = 0; p < clock->pause_count; p++) *amount += clock->pauses[p].most;
    bound.days = days_of(bound.amounts);
    return bound;
}

static struct bm_worst_case best_of(const struct bm_procedure *procedure, uint32_t clocks) {
    struct bm_worst_case best = {.bounded = false};
    for (uint32_t c = 0; c < procedure->clock_count; c++) {
        if (!(clocks >> c & 1)) continue;
        struct bm_worst_case one = clock_bound(&procedure->clocks[c]);
        if (!best.bounded || one.days < best.days) best = one;
    }
    return best;
}

/* --- by the longest way
 * ----------------------------------------------------------------------------- */

struct way {
    struct bm_checking *checking;
    bool again;
    uint32_t surely[BM_PROCEDURE_STATES_MAX]; /* clocks that run, or stand still for a while,
                                                 whenever handling is there */
    bool there[BM_PROCEDURE_STATES_MAX];
    uint16_t node[BM_PROCEDURE_STATES_MAX]; /* the state around it whose clock bounds all its states
                                               together, or itself */
    struct bm_worst_case longest[BM_PROCEDURE_STATES_MAX];
    uint8_t seen[BM_PROCEDURE_STATES_MAX]; /* 1: on the way, 2: done */
    uint64_t rounds;
    uint8_t counted[BM_PROCEDURE_ROWS_MAX];
    bool pending[BM_PROCEDURE_STATES_MAX]; /* where a limited row leads: another round begins there
                                            */
    uint16_t circle; /* a state on a way back without a limit; BM_NO_INDEX: none */
};

/* A clock that measures the citizen binds nobody to go on when it has run out, unless its expiry
 * moves the case. */
static uint32_t binding_clocks(const struct bm_procedure *procedure) {
    uint32_t binding = 0;
    for (uint32_t c = 0; c < procedure->clock_count; c++)
        if (procedure->clocks[c].measures != BM_BODY_CITIZEN ||
            procedure->clocks[c].on_expiry != BM_NO_INDEX)
            binding |= 1u << c;
    return binding;
}

static void gather(struct way *way) {
    uint32_t binding = binding_clocks(way->checking->procedure);
    for (uint32_t s = 0; s < BM_PROCEDURE_STATES_MAX; s++) way->surely[s] = UINT32_MAX;
    for (uint32_t i = 0; i < way->checking->configuration_count; i++) {
        const struct bm_configuration *one = &way->checking->configurations[i];
        uint16_t state = one->active[BM_REGION_HANDLING];
        if (one->again != way->again || !one->reached) continue;
        way->there[state] = true;
        way->surely[state] &= one->must & binding;
    }
}

/* Whether a clock that is anchored at `around` surely runs in all its states: then a visit to it
 * takes no longer, however the case goes about inside. */
static bool is_bounded_as_one(const struct way *way, uint16_t around) {
    const struct bm_procedure *procedure = way->checking->procedure;
    uint32_t clocks = 0;
    for (uint32_t c = 0; c < procedure->clock_count; c++)
        if (procedure->clocks[c].anchor == BM_ANCHOR_STATE &&
            procedure->clocks[c].anchor_index == around)
            clocks |= 1u << c;
    for (uint32_t s = 0; s < procedure->state_count; s++)
        if (way->there[s] && bm_procedure_within(procedure, (uint16_t)s, around))
            clocks &= way->surely[s];
    return clocks != 0;
}

static void join(struct way *way) {
    const struct bm_procedure *procedure = way->checking->procedure;
    uint32_t joined[BM_PROCEDURE_STATES_MAX];
    memset(joined, 0xff, sizeof joined);
    for (uint16_t s = 0; s < procedure->state_count; s++) {
        way->node[s] = s;
        for (uint16_t up = procedure->states[s].parent; up != BM_NO_INDEX;
             up = procedure->states[up].parent)
            if (is_bounded_as_one(way, up)) way->node[s] = up;
        if (way->there[s]) joined[way->node[s]] &= way->surely[s];
    }
    memcpy(way->surely, joined, sizeof joined);
}

/* How often a row can be taken at all; 0 when nothing says. */
static uint64_t limit_of(const struct bm_procedure *procedure, const struct bm_row_def *row) {
    uint64_t limit = row->limit;
    if (row->event == procedure->hand_over.refuse && procedure->hand_over.at.line) {
        int64_t bound = bm_guard_counter_bound(&row->guard, BM_COUNTER_RETURNS);
        if (bound > 0 && (!limit || (uint64_t)bound < limit)) limit = (uint64_t)bound;
    }
    return limit;
}

static void walk(struct way *way, uint16_t state);

/* What follows behind one state: the longest of its successors. */
static struct bm_worst_case behind(struct way *way, uint16_t state) {
    const struct bm_checking *checking = way->checking;
    struct bm_worst_case longest = {.bounded = true};
    for (uint32_t i = 0; i < checking->edge_count; i++) {
        const struct bm_edge *edge = &checking->edges[i];
        const struct bm_configuration *from = &checking->configurations[edge->from];
        uint16_t to = way->node[checking->configurations[edge->to].active[BM_REGION_HANDLING]];
        uint16_t row = edge->rows[BM_REGION_HANDLING];
        if (from->again != way->again || way->node[from->active[BM_REGION_HANDLING]] != state ||
            row == BM_NO_INDEX || to == state)
            continue;
        uint64_t limit = limit_of(checking->procedure, &checking->procedure->rows[row]);
        if (limit && !way->counted[row]) {
            way->counted[row] = 1;
            way->rounds += limit;
        }
        if (limit) {
            way->pending[to] = true;
            continue;
        }
        if (way->seen[to] == 1) {
            way->circle = state;
            continue;
        }
        if (!way->seen[to]) walk(way, to);
        if (!way->longest[to].bounded) longest.bounded = false;
        if (way->longest[to].days > longest.days || !longest.days) {
            bool bounded = longest.bounded;
            longest = way->longest[to];
            longest.bounded = bounded;
        }
    }
    return longest;
}

/* As deep as there are states. */
static void walk(struct way *way, uint16_t state) {
    const struct bm_procedure *procedure = way->checking->procedure;
    way->seen[state] = 1;
    struct bm_worst_case whole = behind(way, state);
    if (procedure->states[state].initial != BM_NO_INDEX ||
        procedure->states[state].category != BM_CATEGORY_FINAL) {
        struct bm_worst_case here = best_of(procedure, way->surely[state]);
        add(&whole, &here, 1);
    }
    way->longest[state] = whole;
    way->seen[state] = 2;
}

/* The rounds that limited rows begin; each is walked by itself, so that its way back is no circle.
 */
static void walk_rounds(struct way *way) {
    for (bool more = true; more;) {
        more = false;
        for (uint16_t s = 0; s < way->checking->procedure->state_count; s++) {
            if (!way->pending[s] || way->seen[s]) continue;
            walk(way, s);
            more = true;
        }
    }
}

/* Walks from every state to which handling goes when it leaves those in which `clock` surely runs.
 */
static void walk_exits(struct way *way, uint32_t clock) {
    const struct bm_checking *checking = way->checking;
    for (uint32_t i = 0; i < checking->edge_count; i++) {
        const struct bm_configuration *from = &checking->configurations[checking->edges[i].from];
        uint16_t state = way->node[from->active[BM_REGION_HANDLING]];
        uint16_t to =
            way->node[checking->configurations[checking->edges[i].to].active[BM_REGION_HANDLING]];
        if (from->again == way->again && (way->surely[state] >> clock & 1) &&
            !(way->surely[to] >> clock & 1) && !way->seen[to])
            walk(way, to);
    }
}

/* The bound by `clock` first and the longest way behind it, or by the longest way alone
 * (BM_NO_INDEX). */
static struct bm_worst_case bound_by(struct bm_checking *checking, uint16_t start, bool again,
                                     uint16_t clock, uint16_t *ret_circle) {
    struct way *way = bm_alloc_zero(1, sizeof *way);
    struct bm_worst_case longest = {.bounded = true}, sum = {.bounded = true};
    way->checking = checking;
    way->again = again;
    way->circle = BM_NO_INDEX;
    gather(way);
    join(way);
    uint16_t first = way->node[checking->configurations[start].active[BM_REGION_HANDLING]];
    if (clock == BM_NO_INDEX) {
        walk(way, first);
    } else if (way->surely[first] >> clock & 1) {
        walk_exits(way, clock);
        sum = clock_bound(&checking->procedure->clocks[clock]);
    } else {
        sum.bounded = false;
    }
    walk_rounds(way);
    for (uint32_t s = 0; s < checking->procedure->state_count; s++) {
        if (way->seen[s] != 2) continue;
        if (!way->longest[s].bounded) longest.bounded = false;
        if (way->longest[s].days > longest.days) {
            bool bounded = longest.bounded;
            longest = way->longest[s];
            longest.bounded = bounded;
        }
    }
    add(&sum, &longest, 1 + way->rounds);
    sum.bounded = sum.bounded && way->circle == BM_NO_INDEX;
    *ret_circle = way->circle;
    bm_free(way);
    return sum;
}

static void tell_unbounded(struct bm_checking *checking, uint16_t circle, bool again) {
    const struct bm_procedure *procedure = checking->procedure;
    struct bm_mark at = {1, 1};
    struct bm_check_name_text where = {""};
    if (circle != BM_NO_INDEX) {
        where = bm_check_state(procedure, circle);
        at = procedure->states[circle].at;
    }
    bm_findings_add(checking->findings, 22, at, where.text,
                    "How long a case takes%s has no bound: %s. Let a clock run from the beginning "
                    "until it is closed, or give the way back a \"limit\".",
                    again ? " after a reopening" : "",
                    circle != BM_NO_INDEX ? "from here it can go back as often as one likes"
                                          : "in some state no clock is sure to run");
}

static struct bm_worst_case part(struct bm_checking *checking, uint16_t start, bool again) {
    const struct bm_procedure *procedure = checking->procedure;
    uint16_t circle, other;
    struct bm_worst_case best = bound_by(checking, start, again, BM_NO_INDEX, &circle);
    for (uint16_t c = 0; c < procedure->clock_count; c++) {
        const struct bm_clock_def *clock = &procedure->clocks[c];
        if (clock->anchor != (again ? BM_ANCHOR_REOPEN : BM_ANCHOR_FIRST_CONTACT)) continue;
        struct bm_worst_case one = bound_by(checking, start, again, c, &other);
        if (one.bounded && (!best.bounded || one.days < best.days)) best = one;
    }
    if (!best.bounded) tell_unbounded(checking, circle, again);
    return best;
}

void bm_check_worst(struct bm_checking *checking) {
    const struct bm_reopen_def *reopen = &checking->procedure->reopen;
    struct bm_check_result *result = checking->result;
    result->first = part(checking, checking->opened, false);
    result->reopened = (struct bm_worst_case){.bounded = true};
    if (checking->reopened == BM_NO_INDEX) return;
    struct bm_worst_case again = part(checking, checking->reopened, true);
    again.amounts[reopen->window.unit] += reopen->window.amount;
    add(&result->reopened, &again, reopen->limit);
}
