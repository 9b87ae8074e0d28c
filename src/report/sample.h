/* Values of one measure, and exact percentiles of them by the nearest rank.
 *
 * Nearest rank: the p-th percentile of n values is the ceil(p * n / 100)-th smallest; it is always a value that was
 * measured, never one between two.  The median is the 50th, the longest the 100th.  Nothing is estimated, and nothing is
 * said of no values at all. */
#ifndef BM_REPORT_SAMPLE_H
#define BM_REPORT_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Records that one report takes in; more are refused, and a shorter period is to be asked for. */
#define BM_REPORT_ROWS_MAX 1000000u
/* Groups of one report (hours, operators, units ...); more are refused likewise. */
#define BM_REPORT_GROUPS_MAX 2000u

struct bm_sample {
    int64_t *values;
    size_t count, cap;
    bool sorted;
};

void bm_sample_add(struct bm_sample *sample, int64_t value);
/* The `percent`-th percentile (1 to 100); false when there are no values. Sorts the values the first time. */
bool bm_sample_rank(struct bm_sample *sample, unsigned percent, int64_t *ret_value);
/* How many values are at most `most`. */
size_t bm_sample_within(const struct bm_sample *sample, int64_t most);
void bm_sample_free(struct bm_sample *sample);

#endif
