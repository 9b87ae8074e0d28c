/* Charts as lines of text, for tests: what the suites' converter writes and the other tests are written in.
 *
 *     state ID PARENT KIND            PARENT - : the root; KIND state, parallel, final, shallow, deep, initial
 *     go SOURCE EVENTS TARGETS [internal] [guard=N]      lists with commas, - for none
 *     entry ID      exit ID           the actions that follow are these; behind a `go` its own
 *     effect N      raise EVENT      send EVENT MS ID      cancel ID        ID - : none
 */
#ifndef TESTS_CHART_SKETCH_H
#define TESTS_CHART_SKETCH_H

#include "chart/chart.h"

enum { SKETCH_TEXTS = 64 * 1024, SKETCH_TARGETS = 4096 };

struct sketch {
    struct bm_chart_state states[BM_CHART_STATES_MAX + 1];
    struct bm_chart_transition transitions[BM_CHART_TRANSITIONS_MAX + 1];
    struct bm_chart_action actions[BM_CHART_ACTIONS_MAX + 1];
    uint32_t targets[SKETCH_TARGETS];
    const char *target_ids[SKETCH_TARGETS]; /* until all states are known */
    struct bm_chart_draft draft;
    struct bm_chart_span *open; /* where the next action goes */
    char texts[SKETCH_TEXTS];
    size_t text_len;
};

/* An empty sketch, on the heap; sketch_free. */
struct sketch *sketch_new(void);
void sketch_free(struct sketch *sketch);
/* Adds one line; false when it is none of the above. */
bool sketch_line(struct sketch *sketch, const char *line);
/* Looks up the targets; then `draft` is whole.  An unknown one becomes a number that no state has. */
void sketch_finish(struct sketch *sketch);
/* All at once; aborts on a line that is none. */
struct sketch *sketch_of(const char *lines);
/* The state's number, BM_CHART_NONE when there is none. */
uint32_t sketch_find(const struct sketch *sketch, const char *id);

#endif
