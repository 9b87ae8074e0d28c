/* How long something takes, watched over a sliding minute: percentiles, and an alarm when it is slow and stays slow.
 *
 * Spans are counted in buckets of a fixed table, in slices of a sixtieth of the window; nothing is allocated and nothing grows.
 * Time comes in as an argument (monotonic nanoseconds, never going back).  Not for several threads.
 *
 *            the last ten slices' p99 over the limit, again and again for a whole window
 *   well --------------------------------------------------------------------------------> slow
 *        <--------------------------------------------------------------------------------
 *            not over it for a whole window
 *
 * One slow answer is not an alarm: it must still be so a window later, and when nothing was heard for a window the count begins
 * anew.  What has not been answered yet counts with its age (bm_pace_look), or a disk that hangs for good would look well. */
#ifndef BM_BASE_PACE_H
#define BM_BASE_PACE_H

#include <stdbool.h>
#include <stdint.h>

enum {
    BM_PACE_SLICES = 60,  /* of the window */
    BM_PACE_RECENT = 10,  /* slices that the alarm looks at */
    BM_PACE_BUCKETS = 80, /* four to an octave: a percentile is exact to a fifth, and at the limit it is exact */
    BM_PACE_WAITING_MAX = 4096 /* unanswered ones that are looked at */
};

struct bm_pace {
    int64_t limit_ns, slice_ns, slice; /* `slice`: number of the newest one */
    uint32_t counts[BM_PACE_SLICES][BM_PACE_BUCKETS];
    uint32_t waiting[BM_PACE_BUCKETS]; /* unanswered at the last look */
    bool is_slow;
    int64_t over_since, over_last, well_since; /* slices; -1: not */
};

/* `limit_ns`: 250 ms say; `window_ns`: a minute. */
void bm_pace_init(struct bm_pace *pace, int64_t limit_ns, int64_t window_ns, int64_t now_ns);
/* Something took `took_ns`. */
void bm_pace_add(struct bm_pace *pace, int64_t now_ns, int64_t took_ns);
/* Once a slice or oftener: `ages_ns` of what is not answered yet (further ones than BM_PACE_WAITING_MAX are not looked at).  True when
 * the alarm has just begun or ended. */
bool bm_pace_look(struct bm_pace *pace, int64_t now_ns, const int64_t *ages_ns, uint32_t count);

struct bm_pace_figures {
    uint64_t count;              /* in the window, with what is unanswered */
    int64_t p50_ns, p99_ns;      /* nearest rank, upper edge of its bucket; 0 when there are none */
    bool is_slow;
};
struct bm_pace_figures bm_pace_figures(const struct bm_pace *pace);

#endif
