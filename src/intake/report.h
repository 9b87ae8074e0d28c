/* What any driver makes of one message: the same for all protocols (docs/add-a-driver.md). */
#ifndef BM_INTAKE_REPORT_H
#define BM_INTAKE_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/entity.h"
#include "geo/point.h"

enum { BM_REPORT_HEADING_NONE = 0xffff };
#define BM_REPORT_SPEED_NONE UINT32_MAX

struct bm_report {
    bool has_point;       /* false: it was heard of, and does not know where it is */
    struct bm_point point; /* WGS 84 */
    int64_t device_at_ms; /* as its own clock says; BM_AT_NONE: not said, or no time at all */
    uint32_t speed_mmps;  /* BM_REPORT_SPEED_NONE: not known */
    uint16_t heading_deg; /* 0..359; BM_REPORT_HEADING_NONE: not known */
    bool queued;          /* its sender keeps what it could not send, so it may honestly be old */
    bool alarm;           /* the crew asks for help */
};

static inline struct bm_report bm_report_make(void) {
    return (struct bm_report){.device_at_ms = BM_AT_NONE,
                              .speed_mmps = BM_REPORT_SPEED_NONE,
                              .heading_deg = BM_REPORT_HEADING_NONE};
}

#endif
