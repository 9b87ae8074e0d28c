#include "base/pace.h"

#include <string.h>

#include "base/check.h"

/* The limit is the upper edge of bucket LIMIT_AT, ten octaves above the first edge: of 250 ms that is a quarter of a millisecond, and
 * the last but one edge is 128 s.  What is longer lies in the last bucket. */
enum { PER_OCTAVE = 4, LIMIT_AT = 40 };

/* limit * 2^((bucket - LIMIT_AT) / 4), the quarters in thousandths. */
static int64_t edge(const struct bm_pace *pace, int bucket) {
    static const int64_t quarters[PER_OCTAVE] = {1000, 1189, 1414, 1682};
    int octave = bucket / PER_OCTAVE - LIMIT_AT / PER_OCTAVE;
    int64_t at = pace->limit_ns / 1000 * quarters[bucket % PER_OCTAVE];
    return octave < 0 ? at >> -octave : at << octave;
}

static int bucket_of(const struct bm_pace *pace, int64_t took_ns) {
    int low = 0, high = BM_PACE_BUCKETS - 1;
    while (low < high) {
        int middle = (low + high) / 2;
        if (took_ns <= edge(pace, middle))
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

void bm_pace_init(struct bm_pace *pace, int64_t limit_ns, int64_t window_ns, int64_t now_ns) {
    BM_CHECK(limit_ns >= 1000000);
    BM_CHECK(window_ns >= BM_PACE_SLICES);
    memset(pace, 0, sizeof *pace);
    pace->limit_ns = limit_ns;
    pace->slice_ns = window_ns / BM_PACE_SLICES;
    pace->slice = now_ns / pace->slice_ns;
    pace->over_since = pace->over_last = pace->well_since = -1;
}

/* Forgets the slices that have left the window. */
static void turn_to(struct bm_pace *pace, int64_t now_ns) {
    int64_t now = now_ns / pace->slice_ns, passed = now - pace->slice;
    if (passed <= 0) return;
    if (passed > BM_PACE_SLICES) passed = BM_PACE_SLICES;
    for (int64_t i = 0; i < passed; i++) memset(pace->counts[(now - i) % BM_PACE_SLICES], 0, sizeof pace->counts[0]);
    pace->slice = now;
}

void bm_pace_add(struct bm_pace *pace, int64_t now_ns, int64_t took_ns) {
    turn_to(pace, now_ns);
    uint32_t *count = &pace->counts[pace->slice % BM_PACE_SLICES][bucket_of(pace, took_ns)];
    if (*count < UINT32_MAX) ++*count;
}

/* --- percentiles ------------------------------------------------------------------------------ */

struct sums {
    uint64_t of[BM_PACE_BUCKETS], all;
};

static struct sums sum(const struct bm_pace *pace, int slices) {
    struct sums sums = {{0}, 0};
    for (int b = 0; b < BM_PACE_BUCKETS; b++) sums.of[b] = pace->waiting[b];
    for (int64_t slice = pace->slice; slice >= 0 && slice > pace->slice - slices; slice--) {
        const uint32_t *counts = pace->counts[slice % BM_PACE_SLICES];
        for (int b = 0; b < BM_PACE_BUCKETS; b++) sums.of[b] += counts[b];
    }
    for (int b = 0; b < BM_PACE_BUCKETS; b++) sums.all += sums.of[b];
    return sums;
}

/* The bucket in which the nearest rank lies; -1: there are none. */
static int rank(const struct sums *sums, unsigned percent) {
    uint64_t wanted = (sums->all * percent + 99) / 100, seen = 0;
    for (int b = 0; b < BM_PACE_BUCKETS && sums->all; b++) {
        seen += sums->of[b];
        if (seen >= wanted) return b;
    }
    return -1;
}

struct bm_pace_figures bm_pace_figures(const struct bm_pace *pace) {
    struct sums sums = sum(pace, BM_PACE_SLICES);
    int p50 = rank(&sums, 50), p99 = rank(&sums, 99);
    return (struct bm_pace_figures){sums.all, p50 < 0 ? 0 : edge(pace, p50), p99 < 0 ? 0 : edge(pace, p99), pace->is_slow};
}

/* --- the alarm -------------------------------------------------------------------------------- */

/* What is unanswered and still within the limit says nothing yet. */
static void take_waiting(struct bm_pace *pace, const int64_t *ages_ns, uint32_t count) {
    memset(pace->waiting, 0, sizeof pace->waiting);
    for (uint32_t i = 0; i < count && i < BM_PACE_WAITING_MAX; i++) {
        int bucket = bucket_of(pace, ages_ns[i]);
        if (bucket > LIMIT_AT) pace->waiting[bucket]++;
    }
}

bool bm_pace_look(struct bm_pace *pace, int64_t now_ns, const int64_t *ages_ns, uint32_t count) {
    turn_to(pace, now_ns);
    take_waiting(pace, ages_ns, count);
    struct sums recent = sum(pace, BM_PACE_RECENT);
    int p99 = rank(&recent, 99);
    bool is_over = p99 > LIMIT_AT, is_fine = p99 >= 0 && !is_over, was_slow = pace->is_slow;
    bool forgotten = pace->over_last >= 0 && pace->slice - pace->over_last >= BM_PACE_SLICES;
    if (is_fine || forgotten) pace->over_since = pace->over_last = -1;
    if (is_over) {
        if (pace->over_since < 0) pace->over_since = pace->slice;
        pace->over_last = pace->slice;
        pace->well_since = -1;
    } else if (pace->well_since < 0) {
        pace->well_since = pace->slice;
    }
    if (is_over && pace->slice - pace->over_since >= BM_PACE_SLICES) pace->is_slow = true;
    if (!is_over && pace->slice - pace->well_since >= BM_PACE_SLICES) pace->is_slow = false;
    return pace->is_slow != was_slow;
}
