#include "report/sample.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/check.h"

void bm_sample_add(struct bm_sample *sample, int64_t value) {
    if (sample->count == sample->cap) {
        sample->cap = sample->cap ? sample->cap * 2 : 16;
        sample->values = bm_realloc(sample->values, sample->cap * sizeof *sample->values);
    }
    sample->values[sample->count++] = value;
    sample->sorted = false;
}

static int by_value(const void *a, const void *b) {
    const int64_t *one = a, *other = b;
    return (*one > *other) - (*one < *other);
}

bool bm_sample_rank(struct bm_sample *sample, unsigned percent, int64_t *ret_value) {
    BM_CHECK(percent >= 1 && percent <= 100);
    if (!sample->count) return false;
    if (!sample->sorted) qsort(sample->values, sample->count, sizeof *sample->values, by_value);
    sample->sorted = true;
    size_t rank = (percent * sample->count + 99) / 100;
    *ret_value = sample->values[rank - 1];
    return true;
}

size_t bm_sample_within(const struct bm_sample *sample, int64_t most) {
    size_t within = 0;
    for (size_t i = 0; i < sample->count; i++) within += sample->values[i] <= most;
    return within;
}

void bm_sample_free(struct bm_sample *sample) {
    bm_free(sample->values);
    *sample = (struct bm_sample){0};
}
