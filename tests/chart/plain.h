/* A second implementation, deliberately simple: the algorithm of SCXML's appendix D as it stands there, over lists of states of
 * the draft, with nothing computed beforehand and nothing shared with src/chart.  In two places it is stricter, as entry.c says
 * and for its reasons. */
#ifndef TESTS_CHART_PLAIN_H
#define TESTS_CHART_PLAIN_H

#include "chart/chart.h"

enum { PLAIN_STATES = 64 /* at most */, PLAIN_LIST = 64, PLAIN_TRACE = 32 * 1024 };

struct plain_list {
    uint32_t items[PLAIN_LIST], count;
};
bool plain_has(const struct plain_list *list, uint32_t item);

/* One thing that happened: as struct bm_chart_news. */
struct plain_news {
    enum bm_chart_news_kind kind;
    uint32_t state, transition, action;
    char event[BM_CHART_EVENT_MAX + 1];
};

struct plain {
    const struct bm_chart_draft *draft;
    struct plain_list configuration;
    struct plain_list history[PLAIN_STATES]; /* empty: nothing yet */
    bool running;
    bool (*guard)(void *context, uint32_t guard, const struct plain *plain);
    void *context;
    /* Of the step under way: */
    char queue[BM_CHART_RAISED_MAX][BM_CHART_EVENT_MAX + 1];
    uint32_t queued, dequeued;
    bool flooded;
    uint32_t domain; /* of the transition whose targets are looked at */
    struct plain_list to_enter, default_entry, default_history;
    struct plain_news *trace; /* the caller's, of PLAIN_TRACE */
    uint32_t trace_count;
};

bool plain_below(const struct bm_chart_draft *draft, uint32_t state, uint32_t above);
/* Children that are no pseudo-states. */
struct plain_list plain_children(const struct bm_chart_draft *draft, uint32_t state);
/* False when it does not come to rest within the kernel's maxima. */
bool plain_start(struct plain *plain);
bool plain_step(struct plain *plain, const char *event, uint32_t *ret_taken);

#endif
