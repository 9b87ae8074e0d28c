/* Surges in a town of two banks and one bridge, against trying everything: every way to give the
 * free units to what is wanted, with driving times worked out by hand.  SEED=17 runs one seed,
 * SEEDS=500 so many. */
#include "testing.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/rng.h"
#include "dispatch/surge.h"
#include "town.h"

enum {
    CASES = 4,
    UNITS = 6,
    BUSY = 3,
    ROWS = 5,
    CLASSES = 3,
    WORDS = 3,
    PRIORITIES = 5,
    LAST = TOWN_COLUMNS - 1
};
static const char *const words[WORDS] = {"ambulance", "engine", "als"};

struct spot {
    int x, y;
};
struct need {
    unsigned word, count;
};
struct unit {
    unsigned can; /* a bit for each word */
    unsigned agency;
    uint64_t on_case; /* 0: free */
    struct spot at;
};
struct city {
    struct bm_rng rng;
    struct town town;
    struct need needs[CLASSES][2];
    unsigned need_count[CLASSES];
    struct unit units[UNITS + BUSY];
    struct bm_waiting waiting[CASES];
    struct spot places[CASES];
    unsigned class_of[CASES];
    size_t case_count;
    uint32_t reserve;
};
/* What is wanted, in the order of the answer. */
struct row {
    size_t of;
    unsigned need;
};
struct wanted {
    struct row rows[CASES * 4];
    size_t count;
    unsigned here[CASES][2];
    unsigned limits[CLASSES + 1]; /* by agency */
};

/* --- making ----------------------------------------------------------------------------------- */

static struct spot somewhere(struct bm_rng *rng) {
    return (struct spot){(int)bm_rng_below(rng, TOWN_COLUMNS), (int)bm_rng_below(rng, 2)};
}

static int64_t driving_ms(struct spot from, struct spot to) {
    if (from.y == to.y) return (int64_t)abs(from.x - to.x) * TOWN_STEP_MS;
    return (int64_t)(LAST - from.x + LAST - to.x) * TOWN_STEP_MS + TOWN_BRIDGE_MS;
}

static void make_classes(struct city *city) {
    for (unsigned k = 0; k < CLASSES; k++) {
        struct bm_class class;
        bm_shape_clear(bm_table_shape(BM_T_CLASS), &class);
        class.id.v = 1 + k;
        class.active = true;
        snprintf(class.code, sizeof class.code, "kind%u", k);
        unsigned first = (unsigned)bm_rng_below(&city->rng, WORDS);
        city->need_count[k] = 1 + (unsigned)bm_rng_below(&city->rng, 2);
        size_t len = 0;
        for (unsigned n = 0; n < city->need_count[k]; n++) {
            struct need need = {(first + n) % WORDS, 1 + (unsigned)bm_rng_below(&city->rng, 2)};
            city->needs[k][n] = need;
            len += (size_t)snprintf(class.plan + len, sizeof class.plan - len, "%s:%u ",
                                    words[need.word], need.count);
        }
        bm_dispatch_take(city->town.dispatch, BM_T_CLASS, class.id.v, &class);
    }
}

static void make_units(struct city *city) {
    for (size_t u = 0; u < UNITS + BUSY; u++) {
        char text[64] = "";
        struct unit *unit = &city->units[u];
        unit->can = (unsigned)bm_rng_below(&city->rng, 1u << WORDS);
        unit->agency = 1 + (unsigned)bm_rng_below(&city->rng, CLASSES);
        unit->at = somewhere(&city->rng);
        for (size_t w = 0, len = 0; w < WORDS; w++) {
            if (unit->can >> w & 1)
                len += (size_t)snprintf(text + len, sizeof text - len, "%s%s", len ? " " : "",
                                        words[w]);
        }
        struct bm_unit row = town_unit(1 + u, text);
        row.jurisdiction.v = unit->agency;
        if (u >= UNITS) {
            unit->on_case = 1 + bm_rng_below(&city->rng, CASES);
            row.assignment.v = 1 + u;
            row.on_case.v = unit->on_case;
        }
        town_put(&city->town, &row);
        town_place(&city->town, 1 + u, town_at(unit->at.x, unit->at.y));
    }
}

static void make_cases(struct city *city) {
    city->case_count = 1 + bm_rng_below(&city->rng, CASES);
    for (size_t c = 0; c < city->case_count; c++) {
        city->places[c] = somewhere(&city->rng);
        city->class_of[c] = (unsigned)bm_rng_below(&city->rng, CLASSES);
        city->waiting[c] = (struct bm_waiting){
            .on_case = 1 + c,
            .jurisdiction = 1 + bm_rng_below(&city->rng, CLASSES),
            .point = town_at(city->places[c].x, city->places[c].y),
            .priority = 1 + (uint32_t)bm_rng_below(&city->rng, 3),
            .since_ms = TOWN_NOW - (int64_t)bm_rng_below(&city->rng, 3)};
        snprintf(city->waiting[c].class_code, sizeof city->waiting[c].class_code, "kind%u",
                 city->class_of[c]);
    }
    city->reserve = (uint32_t)bm_rng_below(&city->rng, 3);
}

/* --- the plain recomputation ------------------------------------------------------------------ */

/* The most that those who are there fill, the plan's first need before the second: each of them is
 * one or the other or neither. */
static void fill_here(const struct city *city, size_t c, unsigned *ret_here) {
    const struct need *needs = city->needs[city->class_of[c]];
    unsigned best[2] = {0, 0};
    for (unsigned way = 0; way < 27; way++) { /* 3 to the power of BUSY */
        unsigned now[2] = {0, 0};
        for (unsigned u = 0, rest = way; u < BUSY; u++, rest /= 3) {
            const struct unit *unit = &city->units[UNITS + u];
            unsigned n = rest % 3;
            if (n == 2 || unit->on_case != 1 + c || n >= city->need_count[city->class_of[c]])
                continue;
            if (unit->can >> needs[n].word & 1 && now[n] < needs[n].count) now[n]++;
        }
        unsigned sum = now[0] + now[1], most = best[0] + best[1];
        if (sum > most || (sum == most && now[0] > best[0])) memcpy(best, now, sizeof best);
    }
    memcpy(ret_here, best, sizeof best);
}

static bool before(const struct city *city, size_t a, size_t b) {
    const struct bm_waiting *x = &city->waiting[a], *y = &city->waiting[b];
    if (x->priority != y->priority) return x->priority < y->priority;
    if (x->since_ms != y->since_ms) return x->since_ms < y->since_ms;
    return a < b;
}

static void want(const struct city *city, struct wanted *wanted) {
    memset(wanted, 0, sizeof *wanted);
    bool done[CASES] = {false};
    for (size_t i = 0; i < city->case_count; i++) {
        size_t next = CASES;
        for (size_t c = 0; c < city->case_count; c++) {
            if (!done[c] && (next == CASES || before(city, c, next))) next = c;
        }
        done[next] = true;
        fill_here(city, next, wanted->here[next]);
        for (unsigned n = 0; n < city->need_count[city->class_of[next]]; n++) {
            for (unsigned k = wanted->here[next][n]; k < city->needs[city->class_of[next]][n].count;
                 k++)
                wanted->rows[wanted->count++] = (struct row){next, n};
        }
    }
    for (size_t u = 0; u < UNITS; u++) wanted->limits[city->units[u].agency]++;
    for (unsigned a = 1; a <= CLASSES; a++)
        wanted->limits[a] = wanted->limits[a] > city->reserve ? wanted->limits[a] - city->reserve
                                                              : 0;
}

static bool serves(const struct city *city, const struct row *row, size_t unit) {
    return city->units[unit].can >> city->needs[city->class_of[row->of]][row->need].word & 1;
}

/* How good a way is: how many of each priority are served, then how little is driven. */
struct worth {
    unsigned served[PRIORITIES];
    int64_t ms;
};
static bool better(const struct worth *a, const struct worth *b) {
    int order = memcmp(a->served, b->served, sizeof a->served);
    for (int p = 0; order && p < PRIORITIES; p++) {
        if (a->served[p] != b->served[p]) return a->served[p] > b->served[p];
    }
    return a->ms < b->ms;
}

struct trying {
    const struct city *city;
    const struct wanted *wanted;
    size_t forced_row, forced_unit; /* forced_unit UNITS: none */
    bool used[UNITS], any;
    unsigned left[CLASSES + 1];
    struct worth now, best;
};

static void try_from(struct trying *trying, size_t at) {
    const struct city *city = trying->city;
    if (at == trying->wanted->count) {
        if (!trying->any || better(&trying->now, &trying->best)) trying->best = trying->now;
        trying->any = true;
        return;
    }
    const struct row *row = &trying->wanted->rows[at];
    bool forced = trying->forced_unit < UNITS && trying->forced_row == at;
    for (size_t u = 0; u < UNITS; u++) {
        unsigned *left = &trying->left[city->units[u].agency];
        if (trying->used[u] || !*left || !serves(city, row, u) ||
            (forced && u != trying->forced_unit))
            continue;
        int64_t ms = driving_ms(city->units[u].at, city->places[row->of]);
        unsigned *served = &trying->now.served[city->waiting[row->of].priority];
        trying->used[u] = true;
        --*left;
        ++*served;
        trying->now.ms += ms;
        try_from(trying, at + 1);
        trying->now.ms -= ms;
        --*served;
        ++*left;
        trying->used[u] = false;
    }
    if (!forced) try_from(trying, at + 1);
}

static struct trying try_all(const struct city *city, const struct wanted *wanted, size_t row,
                             size_t unit) {
    struct trying trying = {.city = city, .wanted = wanted, .forced_row = row, .forced_unit = unit};
    memcpy(trying.left, wanted->limits, sizeof trying.left);
    try_from(&trying, 0);
    return trying;
}

static struct worth nearest_first(const struct city *city, const struct wanted *wanted) {
    struct worth worth = {.ms = 0};
    bool used[UNITS] = {false};
    unsigned left[CLASSES + 1];
    memcpy(left, wanted->limits, sizeof left);
    for (size_t at = 0; at < wanted->count; at++) {
        const struct row *row = &wanted->rows[at];
        size_t best = UNITS;
        for (size_t u = 0; u < UNITS; u++) {
            if (used[u] || !serves(city, row, u) || !left[city->units[u].agency]) continue;
            if (best == UNITS || driving_ms(city->units[u].at, city->places[row->of]) <
                                     driving_ms(city->units[best].at, city->places[row->of]))
                best = u;
        }
        if (best == UNITS) continue;
        used[best] = true;
        left[city->units[best].agency]--;
        worth.served[city->waiting[row->of].priority]++;
        worth.ms += driving_ms(city->units[best].at, city->places[row->of]);
    }
    return worth;
}

/* --- comparing -------------------------------------------------------------------------------- */

static int64_t number(const json_t *object, const char *name) {
    return json_integer_value(town_get(object, name));
}
static uint64_t id_of(const json_t *object, const char *name) {
    return strtoull(json_string_value(town_get(object, name)), NULL, 10);
}

struct seen {
    size_t rows; /* of the answer, in the order of `wanted` */
    bool used[UNITS];
    unsigned taken[CLASSES + 1];
    struct worth worth;
};

/* Each nearer unit is one, and what it would cost to take it is what trying everything says. */
static void compare_nearer(const struct city *city, const struct wanted *wanted, size_t at,
                           const json_t *given, const struct worth *best) {
    const struct row *row = &wanted->rows[at];
    size_t i;
    json_t *nearer;
    json_array_foreach(town_get(given, "nearer"), i, nearer) {
        size_t unit = id_of(nearer, "unit") - 1;
        int64_t ms = driving_ms(city->units[unit].at, city->places[row->of]);
        assert_true(serves(city, row, unit));
        assert_int_equal(number(nearer, "travel_ms"), ms);
        assert_true(ms < number(given, "travel_ms"));
        struct trying trying = try_all(city, wanted, at, unit);
        const json_t *said = town_get(nearer, "swap_costs_ms");
        if (!trying.any || memcmp(trying.best.served, best->served, sizeof best->served) != 0)
            assert_true(json_is_null(said));
        else
            assert_int_equal(json_integer_value(said), trying.best.ms - best->ms);
    }
}

static void compare_given(const struct city *city, const struct wanted *wanted, struct seen *seen,
                          const json_t *given, const struct worth *best) {
    const struct row *row = &wanted->rows[seen->rows];
    size_t unit = id_of(given, "unit") - 1, nearer = 0;
    assert_true(unit < UNITS);
    int64_t ms = driving_ms(city->units[unit].at, city->places[row->of]);
    assert_true(serves(city, row, unit));
    assert_false(seen->used[unit]);
    seen->used[unit] = true;
    seen->taken[city->units[unit].agency]++;
    assert_int_equal(number(given, "travel_ms"), ms);
    assert_string_equal(json_string_value(town_get(given, "basis")), "road");
    for (size_t u = 0; u < UNITS; u++)
        nearer += serves(city, row, u) && driving_ms(city->units[u].at, city->places[row->of]) < ms;
    assert_int_equal(number(given, "rank"), 1 + nearer);
    assert_int_equal(json_array_size(town_get(given, "nearer")),
                     nearer < BM_SURGE_NEARER_MAX ? nearer : BM_SURGE_NEARER_MAX);
    assert_int_equal(town_says(given, "nearest"), nearer == 0);
    assert_int_equal(town_says(given, "other_area"),
                     city->units[unit].agency != city->waiting[row->of].jurisdiction);
    compare_nearer(city, wanted, seen->rows, given, best);
    seen->worth.served[city->waiting[row->of].priority]++;
    seen->worth.ms += ms;
}

/* The word for what stays without, when the answer is what `seen` has. */
static const char *why(const struct city *city, const json_t *answer, const struct row *row) {
    bool any = false, idle = false, higher = true;
    for (size_t u = 0; u < UNITS; u++) {
        if (!serves(city, row, u)) continue;
        any = true;
        bool given = false;
        size_t c, n, i;
        json_t *of, *need, *one;
        json_array_foreach(town_get(answer, "cases"), c, of) {
            json_array_foreach(town_get(of, "needs"), n, need) {
                json_array_foreach(town_get(need, "given"), i, one) {
                    if (id_of(one, "unit") != u + 1) continue;
                    given = true;
                    higher &= number(of, "priority") < (int64_t)city->waiting[row->of].priority;
                }
            }
        }
        idle |= !given;
    }
    return !any ? "no_unit" : idle ? "reserve" : higher ? "higher_priority" : "none_left";
}

static void compare_case(const struct city *city, const struct wanted *wanted, struct seen *seen,
                         const json_t *answer, const json_t *of, const struct worth *best) {
    size_t c = id_of(of, "case") - 1, n, i;
    json_t *need, *given;
    assert_int_equal(number(of, "priority"), city->waiting[c].priority);
    assert_int_equal(number(of, "waiting_ms"), TOWN_NOW - city->waiting[c].since_ms);
    json_array_foreach(town_get(of, "needs"), n, need) {
        const struct need *own = &city->needs[city->class_of[c]][n];
        const json_t *unserved = town_get(need, "unserved");
        size_t first = seen->rows, missing = (size_t)number(need, "missing");
        assert_string_equal(json_string_value(town_get(need, "capability")), words[own->word]);
        assert_int_equal(number(need, "here"), wanted->here[c][n]);
        json_array_foreach(town_get(need, "given"), i, given) {
            assert_true(seen->rows < wanted->count);
            assert_int_equal(wanted->rows[seen->rows].of, c);
            assert_int_equal(wanted->rows[seen->rows].need, n);
            compare_given(city, wanted, seen, given, best);
            seen->rows++;
        }
        seen->rows += missing;
        assert_int_equal(seen->rows - first + wanted->here[c][n], own->count);
        assert_int_equal(json_is_null(unserved), missing == 0);
        if (missing)
            assert_string_equal(json_string_value(unserved),
                                why(city, answer, &(struct row){c, (unsigned)n}));
    }
}

static json_t *ask(const struct city *city) {
    struct bm_buf out = bm_buf_make(1 << 20);
    struct bm_fault fault = {0};
    json_t *answer = NULL;
    if (bm_dispatch_surge(city->town.dispatch, city->waiting, city->case_count, city->reserve,
                          TOWN_NOW, town_may_all, NULL, &out, &fault))
        fail_msg("%s", fault.detail);
    if (bm_json_parse(out.bytes, out.len, &answer, &fault))
        fail_msg("%s in %s", fault.detail, bm_buf_c_text(&out));
    bm_buf_free(&out);
    return answer;
}

static unsigned short_ones, swapped_ones, reserve_ones;

static void compare(const struct city *city, const struct wanted *wanted) {
    struct worth best = try_all(city, wanted, 0, UNITS).best, greedy = nearest_first(city, wanted);
    struct seen seen = {.rows = 0};
    json_t *answer = ask(city), *of;
    size_t i;
    assert_int_equal(number(answer, "units_free"), UNITS);
    json_array_foreach(town_get(answer, "cases"), i, of)
        compare_case(city, wanted, &seen, answer, of, &best);
    assert_int_equal(seen.rows, wanted->count);
    for (unsigned a = 1; a <= CLASSES; a++) assert_true(seen.taken[a] <= wanted->limits[a]);
    assert_memory_equal(seen.worth.served, best.served, sizeof best.served);
    assert_int_equal(seen.worth.ms, best.ms);
    assert_int_equal(number(answer, "total_ms"), best.ms);
    const json_t *first = town_get(answer, "nearest_first_ms");
    unsigned by_greedy = 0, by_best = 0;
    for (int p = 0; p < PRIORITIES; p++) {
        by_greedy += greedy.served[p];
        by_best += best.served[p];
    }
    if (by_greedy < by_best)
        assert_true(json_is_null(first));
    else
        assert_int_equal(json_integer_value(first), greedy.ms);
    short_ones += by_best < wanted->count;
    swapped_ones += by_greedy == by_best && greedy.ms > best.ms;
    reserve_ones += city->reserve > 0;
    json_decref(answer);
}

static uint64_t seed_now;

static int say_seed(void **state) {
    (void)state;
    print_message("last seed: %" PRIu64 "\n", seed_now);
    return 0;
}

static void as_trying_everything(void **state) {
    (void)state;
    const char *seed = getenv("SEED"), *seeds = getenv("SEEDS");
    uint64_t first = seed ? strtoull(seed, NULL, 10) : 1,
             last = seed ? first : (seeds ? strtoull(seeds, NULL, 10) : 300);
    for (seed_now = first; seed_now <= last; seed_now++) {
        struct city city = {.rng = {seed_now * 7919}};
        struct wanted wanted;
        city.town = town_make();
        make_classes(&city);
        make_units(&city);
        make_cases(&city);
        want(&city, &wanted);
        while (wanted.count > ROWS) { /* trying everything takes too long */
            city.case_count--;
            want(&city, &wanted);
        }
        compare(&city, &wanted);
        town_free(&city.town);
    }
    print_message("%u short of units, %u better than nearest first, %u with a reserve\n",
                  short_ones, swapped_ones, reserve_ones);
    if (!seed)
        assert_true(short_ones > 20 && swapped_ones > 20 && reserve_ones > 20); /* all are met */
}

/* One who can do two things counts for what nobody else there can do: nothing is missing. */
static void those_who_are_there_change_over(void **state) {
    (void)state;
    struct city city = {.case_count = 1};
    city.town = town_make();
    town_plan(&city.town, "als:1 ambulance:1");
    const char *can[] = {"als ambulance", "als", "ambulance"};
    for (uint64_t id = 1; id <= 3; id++) {
        struct bm_unit unit = town_unit(id, can[id - 1]);
        if (id < 3) {
            unit.assignment.v = id;
            unit.on_case.v = 7;
        }
        town_put(&city.town, &unit);
        town_place(&city.town, id, town_at(0, 0));
    }
    city.waiting[0] = (struct bm_waiting){.on_case = 7,
                                          .jurisdiction = 1,
                                          .class_code = "fire",
                                          .point = town_at(3, 0),
                                          .priority = 1,
                                          .since_ms = TOWN_NOW};
    json_t *answer = ask(&city);
    assert_int_equal(number(answer, "waiting"), 0);
    assert_int_equal(json_array_size(town_get(answer, "cases")), 0);
    json_decref(answer);
    town_free(&city.town);
}

static void a_class_without_a_plan_does_not_wait(void **state) {
    (void)state;
    struct city city = {.case_count = 1};
    city.town = town_make();
    city.waiting[0] = (struct bm_waiting){
        .on_case = 7, .class_code = "fire", .point = town_at(3, 0), .priority = 1};
    json_t *answer = ask(&city);
    assert_int_equal(number(answer, "waiting"), 0);
    assert_int_equal(number(answer, "total_ms"), 0);
    json_decref(answer);
    town_free(&city.town);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test_teardown(as_trying_everything, say_seed),
                                       cmocka_unit_test(those_who_are_there_change_over),
                                       cmocka_unit_test(a_class_without_a_plan_does_not_wait)};
    return cmocka_run_group_tests_name("surge", tests, NULL, NULL);
}
