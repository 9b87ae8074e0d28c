/* Many to many, and one to all. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "road/reach.h"
#include "roads.h"

enum { TABLE_MOST = 1000, COLUMNS = 3, ISOCHRONES = 30, WHOLE = 5, TEN_MINUTES_MS = 600000 };

/* --- tables ----------------------------------------------------------------------------------- */

struct table {
    struct place from[TABLE_MOST], to[TABLE_MOST];
    struct bm_spot from_spots[TABLE_MOST], to_spots[TABLE_MOST];
    int64_t times[TABLE_MOST * TABLE_MOST];
};

/* Columns of it: each a search from its target until all sources are met. */
static void compare_columns(struct asking *asking, const struct table *table, size_t side,
                            struct samples *book) {
    static struct met met[TABLE_MOST];
    textbook_stand(asking->book, table->from, side);
    for (size_t i = 0; i < COLUMNS && roads_patient(book); i++) {
        size_t column = bm_rng_below(&asking->rng, side);
        double begin = roads_cpu();
        size_t count = textbook_search(asking->book, &table->to[column], side, UINT64_MAX, met);
        sample(book, begin);
        size_t ways = 0;
        for (size_t row = 0; row < side; row++)
            ways += table->times[row * side + column] != BM_TRAVEL_NONE;
        if (ways != count) bench_die("a column of %zu ways, the textbook has %zu", ways, count);
        for (size_t m = 0; m < count; m++) {
            int64_t ms = table->times[met[m].who * side + column];
            if (ms != graph_ms(asking->graph, met[m].cost))
                bench_die("a table's %lld ms, the textbook says %lld", (long long)ms,
                          (long long)graph_ms(asking->graph, met[m].cost));
        }
    }
}

static double ask_table(struct asking *asking, size_t side, unsigned times) {
    static struct table table;
    static struct samples own, book;
    own.count = book.count = 0;
    for (unsigned t = 0; t < times; t++) {
        for (size_t i = 0; i < side; i++) {
            table.from[i] = place_random(asking->graph, &asking->rng);
            table.to[i] = place_random(asking->graph, &asking->rng);
            table.from_spots[i] = table.from[i].spot;
            table.to_spots[i] = table.to[i].spot;
        }
        double begin = roads_cpu();
        bm_travel_table(asking->travel, asking->metric, table.from_spots, side, table.to_spots,
                        side, table.times);
        sample(&own, begin);
        if (t == 0) compare_columns(asking, &table, side, &book);
    }
    char what[80], note[80];
    snprintf(what, sizeof what, "table %zu x %zu", side, side);
    snprintf(note, sizeof note, "%.0f ns a pair; textbook: a column, times %zu",
             samples_p50(&own) * 1000 / (double)(side * side), side);
    roads_line(asking, what, &own, samples_p50(&book) * (double)side, note);
    return samples_p50(&own);
}

/* --- isochrones ------------------------------------------------------------------------------- */

static void count_arc(void *context, const struct bm_reached *reached) {
    (void)reached;
    ++*(uint64_t *)context;
}

/* When each arc is entered at its tail; -1: not. */
static void note_entered(void *context, const struct bm_reached *reached) {
    int64_t *entered = context;
    int64_t *at = &entered[reached->arc];
    if (reached->from_part == 0 && (*at < 0 || reached->enter_ms < *at)) *at = reached->enter_ms;
}

/* The greatest cost that is not longer than that. */
static uint64_t units_within(const struct asking *asking, int64_t ms) {
    if (ms == INT64_MAX) return UINT64_MAX;
    return ((uint64_t)(ms + 1) * 1000 - 1) / asking->graph->info.unit_us;
}

/* Every arc is entered when the textbook enters it, and no other is. */
static void compare_reach(struct asking *asking, struct bm_reach *reach, struct textbook *book,
                          int64_t within_ms, struct samples *of_book) {
    uint32_t arcs = 2 * asking->graph->info.edges;
    struct place from = place_random(asking->graph, &asking->rng);
    int64_t *entered = bm_alloc(arcs * sizeof *entered);
    memset(entered, 0xff, arcs * sizeof *entered);
    bm_reach_within(reach, asking->metric, &from.spot, 1, within_ms, note_entered, entered);
    uint64_t limit = units_within(asking, within_ms);
    double begin = roads_cpu();
    textbook_search(book, &from, SIZE_MAX, limit, NULL);
    sample(of_book, begin);
    for (uint32_t arc = 0; arc < arcs; arc++) {
        uint64_t cost = textbook_enter(book, arc);
        uint32_t weight = bm_metric_weight(asking->metric, arc);
        bool some = weight != BM_ROAD_INFINITE && cost != UINT64_MAX &&
                    cost + weight / BM_ALONG_FULL <= limit;
        int64_t ms = some ? graph_ms(asking->graph, cost) : -1;
        if (entered[arc] != ms)
            bench_die("an arc is entered after %lld ms, the textbook says %lld",
                      (long long)entered[arc], (long long)ms);
    }
    bm_free(entered);
}

static void ask_reach(struct asking *asking, struct bm_reach *reach, struct textbook *book,
                      const char *what, int64_t within_ms, unsigned times) {
    static struct samples own, of_book;
    own.count = of_book.count = 0;
    uint64_t stretches = 0;
    for (unsigned t = 0; t < times; t++) {
        struct place from = place_random(asking->graph, &asking->rng);
        double begin = roads_cpu();
        bm_reach_within(reach, asking->metric, &from.spot, 1, within_ms, count_arc, &stretches);
        sample(&own, begin);
    }
    for (unsigned t = 0; t < COLUMNS && roads_patient(&of_book); t++)
        compare_reach(asking, reach, book, within_ms, &of_book);
    char note[80];
    snprintf(note, sizeof note, "%.0f stretches of road on average",
             (double)stretches / (double)own.count);
    roads_line(asking, what, &own, samples_p50(&of_book), note);
}

void ask_many(struct asking *asking, struct figures *figures) {
    ask_table(asking, 100, 20);
    figures->table_1000 = ask_table(asking, TABLE_MOST, 5);
    struct bm_reach *reach = bm_reach_new(asking->graph->road);
    struct textbook *book = textbook_new(asking->metric, true);
    ask_reach(asking, reach, book, "isochrone of 10 minutes", TEN_MINUTES_MS, ISOCHRONES);
    ask_reach(asking, reach, book, "isochrone, everything that can be reached", INT64_MAX, WHOLE);
    textbook_free(book);
    bm_reach_free(reach);
}
