/* What the parts of bench/roads.c share: networks made for the run, a textbook Dijkstra, samples and
 * lines of the table. */
#ifndef BENCH_ROADS_H
#define BENCH_ROADS_H

#include "base/rng.h"
#include "bench.h"
#include "road/labels.h"
#include "road/road.h"

/* Seconds of this thread alone, so that who else is at work here counts less. */
double roads_cpu(void);
/* What reading that clock takes, as measured once: a call of the system, and a good part of a short question.  It is
 * taken off whatever is measured. */
double roads_clock_us(void);
double roads_since_us(double begin_s);

/* --- networks --------------------------------------------------------------------------------- */

enum network {
    NETWORK_ANDORRA,
    NETWORK_HEIDELBERG,
    NETWORK_NEW_YORK,
    NETWORK_TURNS, /* New York, where every turn has a cost of its own */
    NETWORK_TILED, /* New York 5 x 5 */
    NETWORK_CITY,  /* the demo's, where nothing else is there */
    NETWORK_COUNT
};

struct graph {
    enum network network;
    const char *what;
    char path[512]; /* of the roads file, below $BENCH_DIR */
    void *bytes;    /* of it, mapped */
    struct bm_road *road;
    struct bm_road_info info;
    double read_s, order_s, write_s; /* import: the source, the hierarchy and layout, the file */
    double cpu_s;                    /* of this process for all of that */
    uint64_t ways, triangles;
    unsigned height;
};
/* Makes the roads file and opens it.  False, with a line that says so, when what it is made from is not
 * there. */
bool graph_make(enum network network, struct graph *ret_graph);
/* Closes it and removes the file. */
void graph_free(struct graph *graph);
/* The same roads without rules for turning, as a file of their own. */
void graph_make_plain(const struct graph *graph, struct graph *ret_plain);

/* Somebody who stands at a junction: where `arc` begins. */
struct place {
    uint32_t arc;
    struct bm_spot spot;
};
struct place place_at(const struct bm_road *road, uint32_t arc);
struct place place_random(const struct graph *graph, struct bm_rng *rng);
/* At the other end of one of the roads there. */
struct place place_next(const struct graph *graph, const struct place *place, struct bm_rng *rng);
int64_t graph_ms(const struct graph *graph, uint64_t units); /* UINT64_MAX: BM_TRAVEL_NONE */

/* --- a textbook Dijkstra ---------------------------------------------------------------------- */

/* One binary heap, entries left behind when a cheaper one comes.  It walks over junctions; where there are
 * rules for turning it walks over arcs, and knows the rules from road.h alone. */
struct textbook;
/* `forward`: from a place to all; otherwise from those who could come, backwards from where they are
 * wanted. */
struct textbook *textbook_new(const struct bm_metric *metric, bool forward);
void textbook_free(struct textbook *book);
/* Who stands where, in place of those before. */
void textbook_stand(struct textbook *book, const struct place *places, size_t count);
/* Searches until `most` of those who stand somewhere are met (SIZE_MAX: everything), or nothing is left within
 * `limit` units; returns how many were met, who in `ret_met` (at: who, in the order of their costs; NULL:
 * nobody asks). */
struct met {
    uint32_t who;
    uint64_t cost;
};
size_t textbook_search(struct textbook *book, const struct place *from, size_t most, uint64_t limit,
                       struct met *ret_met);
/* After a search forward: what it costs to come to where an arc begins, to drive on over it; UINT64_MAX: it was
 * not met. */
uint64_t textbook_enter(const struct textbook *book, uint32_t arc);

/* --- samples ---------------------------------------------------------------------------------- */

enum { SAMPLES_MAX = 1000 };
struct samples {
    double us[SAMPLES_MAX];
    size_t count;
};
void sample(struct samples *samples, double begin_s); /* from then until now; cut at SAMPLES_MAX */
double samples_p50(struct samples *samples);

/* What is asked of one network. */
struct asking {
    struct graph *graph;
    struct bm_metric *metric;
    struct bm_travel *travel;
    struct textbook *book;
    struct bm_rng rng;
    double one_to_all_us; /* the textbook's */
};
/* A line of the table: p50 and p99, the textbook's p50 and how many times quicker than that and than the
 * textbook's one to all.  `textbook_us` 0: no such figure. */
void roads_line(const struct asking *asking, const char *what, struct samples *own, double textbook_us,
                const char *note);
/* Whether the textbook may be asked once more for a line on which it has spent so much. */
bool roads_patient(const struct samples *book);

/* --- the questions ---------------------------------------------------------------------------- */

enum { NEAREST = 5 };

/* p50 in us. */
struct figures {
    double full, one_to_one, live_1000, cold_1000, live_10000, table_1000, disc_1000;
};
void ask_times(struct asking *asking, struct figures *figures);   /* roads_times.c */
void ask_many(struct asking *asking, struct figures *figures);    /* roads_many.c */
void ask_closures(struct asking *asking, struct figures *figures); /* roads_closed.c */

#endif
