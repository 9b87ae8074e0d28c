/* What a question took. */
#include <time.h>

#include "roads.h"

double roads_cpu(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void sample(struct samples *samples, double begin_s) {
    double us = (roads_cpu() - begin_s) * 1e6;
    if (samples->count < SAMPLES_MAX) samples->us[samples->count++] = us;
}

double samples_p50(struct samples *samples) {
    return bench_percentile(samples->us, samples->count, 50);
}
