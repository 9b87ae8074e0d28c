/* Clocks in process: counting on the calendar, by sums and by walking from day to day; and which
 * index of next instants a desk with many open clocks should keep: a heap in which what has changed
 * is passed over when it comes up, a sorted array, or none.  The thread's time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/heap.h"
#include "base/rng.h"
#include "base/shape.h"
#include "base/time.h"
#include "bench.h"
#include "procedure/ladder.h"

enum {
    YEAR_FROM = 2007,
    YEAR_TO = 2026,
    STARTS = 4096,
    DAY_S = 86400,
    CHANGES = 20000,
    OPEN_DAYS = 40,
    DOWN_DAYS = 30
};
#define DAY_MS INT64_C(86400000)

static struct bm_zone *read_zone(const char *name) {
    const char *folder = getenv("TZDIR");
    char path[512];
    static uint8_t bytes[BM_ZONE_BYTES_MAX];
    struct bm_zone *zone = NULL;
    struct bm_fault fault = {0};
    snprintf(path, sizeof path, "%s/%s", folder ? folder : "/usr/share/zoneinfo", name);
    FILE *file = fopen(path, "rb");
    if (!file) bench_die("%s cannot be read; install tzdata or set TZDIR", path);
    size_t len = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    if (bm_zone_read(name, bytes, len, &zone, &fault)) bench_die("%s", fault.detail);
    return zone;
}

/* Monday to Friday with a week off each October, and a Saturday worked for it. */
static struct bm_calendar *make_calendar(const struct bm_zone *zone, double *ret_ms) {
    static struct bm_day_rule rules[YEAR_TO - YEAR_FROM + 1][2];
    static struct bm_day_notice notices[YEAR_TO - YEAR_FROM + 1];
    struct bm_day_hours office = {2, {{540, 720}, {780, 1080}}};
    struct bm_calendar_plan plan = {.name = "bench",
                                    .edition = 1,
                                    .make_up = office,
                                    .covers_from = bm_date_day((struct bm_date){YEAR_FROM, 1, 1}),
                                    .covers_to = bm_date_day((struct bm_date){YEAR_TO, 12, 31}),
                                    .notices = notices,
                                    .count = YEAR_TO - YEAR_FROM + 1};
    for (int i = 0; i < 5; i++) plan.week[i] = office;
    for (int i = 0; i <= YEAR_TO - YEAR_FROM; i++) {
        int32_t first = bm_date_day((struct bm_date){YEAR_FROM + i, 10, 1});
        int32_t saturday = first + 7 + (5 - bm_date_weekday(first + 7) + 7) % 7;
        rules[i][0] = (struct bm_day_rule){first, first + 6, BM_DAYS_OFF, NULL};
        rules[i][1] = (struct bm_day_rule){saturday, saturday, BM_DAYS_WORK, NULL};
        notices[i] = (struct bm_day_notice){YEAR_FROM + i, "a notice", rules[i], 2};
    }
    struct bm_calendar *calendar = NULL;
    struct bm_fault fault = {0};
    double before = bench_cpu(0);
    if (bm_calendar_make(NULL, &plan, NULL, 0, zone, &calendar, &fault))
        bench_die("%s", fault.detail);
    *ret_ms = (bench_cpu(0) - before) * 1e3;
    return calendar;
}

/* --- counting --------------------------------------------------------------------------------- */

struct world {
    struct bm_zone *zone;
    struct bm_calendar *calendar;
    struct bm_clock_state clocks[STARTS];
    double runs;
};

static struct bm_clock_rule rule_of(enum bm_clock_unit unit, uint32_t budget) {
    return (struct bm_clock_rule){.unit = unit, .budget = budget, .calendar = "bench"};
}

static void start_all(struct world *world, const struct bm_clock_rule *rule) {
    struct bm_rng rng = {7};
    int64_t from = bm_date_day((struct bm_date){YEAR_FROM, 2, 1}) * DAY_MS;
    for (int i = 0; i < STARTS; i++) {
        int64_t anchor = from + (int64_t)bm_rng_below(&rng, 18 * 365 * UINT64_C(86400000));
        if (bm_clock_start(rule, world->calendar, anchor, &world->clocks[i], NULL))
            bench_die("cannot be armed");
    }
}

/* What has no sums does: one working day after the other. */
static int64_t walk_due(const struct bm_calendar *calendar, const struct bm_zone *zone,
                        int64_t anchor, uint32_t days) {
    int32_t day = bm_zone_day_of(zone, anchor);
    while (days > 0) days -= bm_calendar_works(calendar, ++day);
    return bm_calendar_end_ms(calendar, day, true);
}

/* ns each for the due instant by sums and by walking, and for measuring at it. */
static double count_days(struct world *world, enum bm_clock_unit unit, uint32_t budget) {
    struct bm_clock_rule rule = rule_of(unit, budget);
    bool days = unit == BM_IN_WORKING_DAYS;
    if (days) rule.starts = BM_STARTS_NEXT_DAY;
    start_all(world, &rule);
    double calls = world->runs * STARTS, before = bench_cpu(0), due_ns, walk_ns = 0, measure_ns;
    static struct bm_clock_due dues[STARTS];
    for (int run = 0; run < world->runs; run++)
        for (int i = 0; i < STARTS; i++)
            if (bm_clock_due(&world->clocks[i], &rule, world->calendar, &dues[i], NULL))
                bench_die("no due instant");
    due_ns = (bench_cpu(0) - before) * 1e9 / calls;
    before = bench_cpu(0);
    for (int run = 0; days && run < world->runs; run++)
        for (int i = 0; i < STARTS; i++)
            if (walk_due(world->calendar, world->zone, world->clocks[i].anchor_ms, budget) !=
                dues[i].at_ms)
                bench_die("walking gives another date");
    walk_ns = (bench_cpu(0) - before) * 1e9 / calls;
    before = bench_cpu(0);
    for (int run = 0; run < world->runs; run++)
        for (int i = 0; i < STARTS; i++) {
            int64_t ticks;
            if (bm_clock_measure(&world->clocks[i], &rule, world->calendar, dues[i].at_ms, &ticks,
                                 NULL) ||
                ticks != world->clocks[i].budget)
                bench_die("measuring does not give the budget");
        }
    measure_ns = (bench_cpu(0) - before) * 1e9 / calls;
    printf("  %6u %-16s  %9.0f  ", budget, bm_clock_unit_names[unit], due_ns);
    if (days)
        printf("%9.0f", walk_ns);
    else
        printf("%9s", "-");
    printf("  %9.0f\n", measure_ns);
    return due_ns;
}

/* --- a sweep over open clocks ----------------------------------------------------------------- */

/* Open clocks with a ladder of three rungs; what each wants next. */
struct open {
    struct bm_clock_rule rule;
    struct bm_ladder ladder;
    struct bm_clock_state *clocks;
    struct bm_fired *fired;
    int64_t *next_ms;
    size_t count;
    int64_t now_ms;
};

static int64_t next_of(const struct open *open, const struct bm_calendar *calendar, size_t id) {
    int64_t at_ms;
    if (bm_ladder_next(&open->ladder, &open->clocks[id], &open->rule, calendar, open->fired[id],
                       &at_ms, NULL)) {
        bench_die("no next instant");
    }
    return at_ms;
}

static struct open open_clocks(const struct bm_calendar *calendar, size_t count, double *ret_us) {
    struct open open = {.rule = rule_of(BM_IN_WORKING_DAYS, 20),
                        .ladder = {3,
                                   {{BM_RUNG_BEFORE, 2, BM_IN_WORKING_DAYS},
                                    {BM_RUNG_AT, 50, BM_IN_MINUTES},
                                    {BM_RUNG_AFTER, 3, BM_IN_WORKING_DAYS}}},
                        .clocks = bm_alloc(count * sizeof *open.clocks),
                        .fired = bm_alloc_zero(count, sizeof *open.fired),
                        .next_ms = bm_alloc(count * sizeof *open.next_ms),
                        .count = count,
                        .now_ms = bm_date_day((struct bm_date){2026, 3, 2}) * DAY_MS};
    struct bm_rng rng = {11};
    open.rule.pause_causes = 1, open.rule.pause_most = 30, open.rule.ends = BM_ENDS_BUSINESS;
    double before = bench_cpu(0);
    for (size_t id = 0; id < count; id++) {
        int64_t anchor = open.now_ms - (int64_t)bm_rng_below(&rng, 8 * UINT64_C(86400000));
        if (bm_clock_start(&open.rule, calendar, anchor, &open.clocks[id], NULL))
            bench_die("cannot be armed");
        open.next_ms[id] = next_of(&open, calendar, id);
    }
    *ret_us = (bench_cpu(0) - before) * 1e6 / (double)count;
    return open;
}

/* Fires what is due of one clock; what it wants next. */
static int64_t fire(struct open *open, const struct bm_calendar *calendar, size_t id,
                    int64_t now_ms, uint64_t *fired) {
    struct bm_rung_due list[BM_RUNGS_DUE_MAX];
    size_t count;
    if (bm_ladder_due(&open->ladder, &open->clocks[id], &open->rule, calendar, open->fired[id],
                      now_ms, list, &count, NULL)) {
        bench_die("no rungs");
    }
    for (size_t i = 0; i < count; i++)
        open->fired[id] = bm_fired_with(open->fired[id], list[i].rung);
    *fired += count;
    return open->next_ms[id] = next_of(open, calendar, id);
}

static int by_at(const void *a, const void *b) {
    const struct bm_due *one = a, *other = b;
    if (one->at_ms != other->at_ms) return one->at_ms < other->at_ms ? -1 : 1;
    return one->id < other->id ? -1 : one->id > other->id;
}

/* Where an entry stands in the sorted array, or belongs. */
static size_t place_of(const struct bm_due *sorted, size_t count, struct bm_due item) {
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (by_at(&sorted[middle], &item) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void put(struct bm_due *sorted, size_t count, struct bm_due item) {
    size_t to = place_of(sorted, count, item);
    memmove(&sorted[to + 1], &sorted[to], (count - to) * sizeof *sorted);
    sorted[to] = item;
}

static void take(struct bm_due *sorted, size_t count, struct bm_due item) {
    size_t at = place_of(sorted, count, item);
    memmove(&sorted[at], &sorted[at + 1], (count - at - 1) * sizeof *sorted);
}

/* Some clocks' next instants change, as pauses and extensions make them: us each, in each index. */
static void measure_changes(struct open *open, struct bm_heap *heap, struct bm_due *sorted,
                            double *ret_heap_us, double *ret_sorted_us) {
    struct bm_rng rng = {13};
    static struct bm_due before_items[CHANGES], after_items[CHANGES];
    for (int i = 0; i < CHANGES; i++) {
        size_t id = (size_t)bm_rng_below(&rng, open->count);
        before_items[i] = (struct bm_due){open->next_ms[id], id};
        open->next_ms[id] += DAY_MS;
        after_items[i] = (struct bm_due){open->next_ms[id], id};
    }
    double before = bench_cpu(0);
    for (int i = 0; i < CHANGES; i++) bm_heap_push(heap, after_items[i]);
    *ret_heap_us = (bench_cpu(0) - before) * 1e6 / CHANGES;
    int sample = CHANGES / 20;
    before = bench_cpu(0);
    for (int i = 0; i < sample; i++) {
        take(sorted, open->count, before_items[i]);
        put(sorted, open->count - 1, after_items[i]);
    }
    *ret_sorted_us = (bench_cpu(0) - before) * 1e6 / sample;
    for (int i = 0; i < CHANGES; i++)
        open->next_ms[after_items[i].id] = after_items[i].at_ms; /* the last of each */
}

/* Everything due by an instant, clock by clock in the order of their instants; how many rungs
 * fired. */
static uint64_t sweep(struct open *open, const struct bm_calendar *calendar, struct bm_heap *heap,
                      int64_t now_ms) {
    uint64_t fired = 0;
    for (const struct bm_due *top; (top = bm_heap_top(heap)) && top->at_ms <= now_ms;) {
        struct bm_due item = *top;
        bm_heap_pop(heap);
        if (open->next_ms[item.id] != item.at_ms) continue; /* it has changed since */
        int64_t next = fire(open, calendar, item.id, now_ms, &fired);
        if (next != BM_AT_NONE) bm_heap_push(heap, (struct bm_due){next, item.id});
    }
    return fired;
}

static double measure_sweep(const struct world *world, size_t count) {
    double start_us, heap_us, sorted_us;
    struct open open = open_clocks(world->calendar, count, &start_us);
    struct bm_heap heap = {0};
    struct bm_due *sorted = bm_alloc(count * sizeof *sorted);
    double before = bench_cpu(0);
    for (size_t id = 0; id < count; id++)
        bm_heap_push(&heap, (struct bm_due){open.next_ms[id], id});
    double heap_build_ms = (bench_cpu(0) - before) * 1e3;
    before = bench_cpu(0);
    for (size_t id = 0; id < count; id++) sorted[id] = (struct bm_due){open.next_ms[id], id};
    qsort(sorted, count, sizeof *sorted, by_at);
    double sorted_build_ms = (bench_cpu(0) - before) * 1e3;
    measure_changes(&open, &heap, sorted, &heap_us, &sorted_us);
    before = bench_cpu(0);
    size_t none = 0;
    for (size_t id = 0; id < count; id++) none += open.next_ms[id] <= open.now_ms;
    double scan_ms = (bench_cpu(0) - before) * 1e3;
    before = bench_cpu(0);
    uint64_t idle_fired = 0;
    enum { IDLE = 1000 };
    for (int i = 0; i < IDLE; i++)
        idle_fired += sweep(&open, world->calendar, &heap, open.now_ms - DAY_MS);
    double idle_us = (bench_cpu(0) - before) * 1e6 / IDLE;
    before = bench_cpu(0);
    uint64_t fired = sweep(&open, world->calendar, &heap, open.now_ms + DOWN_DAYS * DAY_MS);
    double down_s = bench_cpu(0) - before;
    if (idle_fired || !fired) bench_die("a sweep fired what was not due, or nothing");
    printf("\n%zu open clocks, a ladder of three rungs and the breach; %zu MB of clocks, %zu MB of "
           "heap\n",
           count, count * (sizeof *open.clocks + sizeof *open.fired + sizeof *open.next_ms) >> 20,
           heap.cap * sizeof *heap.items >> 20);
    printf("  arming a clock and finding its next instant     %9.2f us\n", start_us);
    printf("  index                      heap    sorted array    none\n");
    printf("  building it, ms       %9.1f       %9.1f       -\n", heap_build_ms, sorted_build_ms);
    printf("  a changed clock, us   %9.2f       %9.2f       -\n", heap_us, sorted_us);
    printf("  nothing is due, us    %9.2f            0.0   %7.0f   (%zu looked at)\n", idle_us,
           scan_ms * 1e3, count - none);
    printf("  after %d days of downtime: %llu rungs fired, each clock's in order, in %.2f s, %.2f "
           "us each\n",
           DOWN_DAYS, (unsigned long long)fired, down_s, down_s * 1e6 / (double)fired);
    puts("  the desk should keep the heap: a change costs it a push, and what has changed is "
         "passed over when it comes up");
    bm_heap_free(&heap);
    bm_free(sorted);
    bm_free(open.clocks);
    bm_free(open.fired);
    bm_free(open.next_ms);
    return down_s * 1e6 / (double)fired;
}

int main(int argc, char **argv) {
    static struct world world;
    double make_ms;
    world.runs = bench_option(argc, argv, "runs", 50);
    double open_count = bench_option(argc, argv, "open", 1000000);
    world.zone = read_zone("Asia/Shanghai");
    world.calendar = make_calendar(world.zone, &make_ms);
    printf("counting on a calendar of twenty years, made in %.1f ms; ns each\n", make_ms);
    puts("  budget                      due    walking    measure");
    double most = 0;
    static const uint32_t budgets[] = {1, 5, 20, 60, 250};
    for (size_t i = 0; i < sizeof budgets / sizeof budgets[0]; i++) {
        double ns = count_days(&world, BM_IN_WORKING_DAYS, budgets[i]);
        most = ns > most ? ns : most;
    }
    count_days(&world, BM_IN_WORKING_MINUTES, 480);
    count_days(&world, BM_IN_WORKING_MINUTES, 28800);
    double each_us = measure_sweep(&world, (size_t)open_count);
    bench_aim("due after 1 to 250 working days <= 1 us", most <= 1000);
    bench_aim("a rung of a month of downtime <= 5 us", each_us <= 5);
    bm_calendar_free(world.calendar);
    bm_zone_free(world.zone);
    return 0;
}
