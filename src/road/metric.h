/* A metric as this room sees it. */
#ifndef BM_ROAD_METRIC_H
#define BM_ROAD_METRIC_H

#include <stdatomic.h>

#include "road/road.h"

struct bm_metric {
    const struct bm_road *road;
    const uint32_t *weights; /* per arc: the file's own, or `own` */
    uint32_t *own;           /* NULL while nothing is closed */
    atomic_uint users;
};

static inline bool bm_metric_drives(const struct bm_metric *metric, uint32_t arc) {
    return metric->weights[arc] != BM_ROAD_INFINITE;
}

#endif
