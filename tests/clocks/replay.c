/* Promises of another desk, replayed: reads lines `KEY <tab> created <tab> due <tab> closed` (civil
 * times of ZONE), arms a clock for each, lets time pass from event to event with an index of next
 * instants as a desk keeps it, and prints the keys of those that breached before they were closed.
 * Usage: replay ZONE < lines */
#include "testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/heap.h"
#include "base/shape.h"
#include "procedure/ladder.h"
#include "support.h"

enum { MATTERS_MAX = 4096, KEY_BYTES = 32, MINUTE_MS = 60000, LINE_BYTES = 256 };

struct matter {
    char key[KEY_BYTES];
    int64_t created_ms, due_ms, closed_ms;
    struct bm_clock_rule rule;
    struct bm_clock_state clock;
    struct bm_fired fired;
};

static struct matter matters[MATTERS_MAX];
static size_t matter_count;

/* The due dates of that desk are to the second: what is over a whole minute comes before the
 * clock's beginning. */
static void take(const struct bm_zone *zone, char *line) {
    struct matter *matter = &matters[matter_count++];
    char *rest = line, *key = strsep(&rest, "\t"), *created = strsep(&rest, "\t"),
         *due = strsep(&rest, "\t");
    BM_CHECK(matter_count <= MATTERS_MAX);
    BM_CHECK(rest != NULL);
    snprintf(matter->key, sizeof matter->key, "%s", key);
    matter->created_ms = clocks_at(zone, created);
    matter->due_ms = clocks_at(zone, due);
    matter->closed_ms = clocks_at(zone, rest);
    int64_t span = matter->due_ms - matter->created_ms;
    BM_CHECK(span >= MINUTE_MS);
    BM_CHECK(matter->closed_ms >= matter->created_ms);
    matter->rule = (struct bm_clock_rule){.unit = BM_IN_MINUTES,
                                          .budget = (uint32_t)((span + MINUTE_MS - 1) / MINUTE_MS)};
    if (bm_clock_start(&matter->rule, NULL, matter->due_ms - matter->rule.budget * INT64_C(60000),
                       &matter->clock, NULL)) {
        BM_NEVER("a promise that cannot be armed");
    }
}

static int64_t next_of(const struct matter *matter) {
    static const struct bm_ladder none;
    int64_t at = BM_AT_NONE;
    if (bm_ladder_next(&none, &matter->clock, &matter->rule, NULL, matter->fired, &at, NULL))
        BM_NEVER("no instant");
    return at;
}

/* Fires what is due by `now`, in order. */
static void sweep(struct bm_heap *heap, int64_t now_ms) {
    static const struct bm_ladder none;
    for (const struct bm_due *top; (top = bm_heap_top(heap)) && top->at_ms <= now_ms;) {
        struct matter *matter = &matters[top->id];
        struct bm_rung_due list[BM_RUNGS_DUE_MAX];
        size_t count = 0;
        bm_heap_pop(heap);
        if (bm_ladder_due(&none, &matter->clock, &matter->rule, NULL, matter->fired, now_ms, list,
                          &count, NULL)) {
            BM_NEVER("no rungs");
        }
        for (size_t i = 0; i < count; i++)
            matter->fired = bm_fired_with(matter->fired, list[i].rung);
    }
}

static int by_closed(const void *a, const void *b) {
    const struct matter *one = a, *other = b;
    return one->closed_ms < other->closed_ms ? -1 : one->closed_ms > other->closed_ms;
}

int main(int argc, char **argv) {
    char line[LINE_BYTES];
    if (argc != 2) return 2;
    struct bm_zone *zone = clocks_zone(argv[1]);
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = 0;
        take(zone, line);
    }
    qsort(matters, matter_count, sizeof *matters, by_closed);
    struct bm_heap heap = {0};
    for (size_t i = 0; i < matter_count; i++)
        bm_heap_push(&heap, (struct bm_due){next_of(&matters[i]), i});
    for (size_t i = 0; i < matter_count; i++) { /* timers first, then the closing */
        struct matter *matter = &matters[i];
        bool late = false;
        struct bm_clock_due due;
        sweep(&heap, matter->closed_ms);
        if (bm_clock_due(&matter->clock, &matter->rule, NULL, &due, NULL))
            BM_NEVER("no due instant");
        BM_CHECK(due.at_ms == matter->due_ms);
        if (bm_clock_stop(&matter->clock, &matter->rule, NULL, matter->closed_ms, NULL))
            BM_NEVER("cannot be stopped");
        if (bm_clock_late(&matter->clock, &matter->rule, NULL, INT64_C(4102444800000), &late, NULL))
            BM_NEVER("late or not");
        BM_CHECK(late == bm_fired_has(matter->fired, BM_RUNG_BREACH));
        if (late) puts(matter->key);
    }
    bm_heap_free(&heap);
    bm_zone_free(zone);
    return 0;
}
