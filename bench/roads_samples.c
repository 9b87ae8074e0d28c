/* What a question took. */
#include <time.h>

#include "roads.h"

double roads_cpu(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

double roads_clock_us(void) {
    enum { READINGS = 1001 };
    static double known;
    static double took[READINGS];
    for (size_t i = 0; i < READINGS && known == 0; i++) {
        double begin = roads_cpu();
        took[i] = (roads_cpu() - begin) * 1e6;
    }
    if (known == 0) known = bench_percentile(took, READINGS, 50);
    return known;
}

double roads_since_us(double begin_s) {
    double us = (roads_cpu() - begin_s) * 1e6 - roads_clock_us();
    return us > 0 ? us : 0;
}

void sample(struct samples *samples, double begin_s) {
    double us = roads_since_us(begin_s);
    if (samples->count < SAMPLES_MAX) samples->us[samples->count++] = us;
}

double samples_p50(struct samples *samples) {
    return bench_percentile(samples->us, samples->count, 50);
}
