/* Between the maker of calendars and those who ask. */
#ifndef BM_PROCEDURE_CALENDAR_PRIVATE_H
#define BM_PROCEDURE_CALENDAR_PRIVATE_H

#include "procedure/calendar.h"

enum { BM_SOURCE_NONE = 0 };

/* One day of the reach. */
struct bm_calendar_entry {
    uint8_t day_class;
    uint8_t hours;   /* index; 0: not worked */
    uint16_t source; /* index; BM_SOURCE_NONE: the week */
};

struct bm_calendar {
    char name[BM_CALENDAR_NAME_BYTES];
    uint32_t edition;
    const struct bm_zone *zone;
    int32_t covers_from, covers_to;
    int32_t first_day, days; /* the reach */
    struct bm_calendar_entry *entries; /* per day */
    int32_t *worked_days;    /* per day and one: working days before it */
    uint32_t *worked_s;      /* per day and one: working seconds before it */
    uint32_t hours_count, source_count;
    struct bm_day_hours *hours; /* [0] is empty */
    char (*sources)[BM_CALENDAR_SOURCE_BYTES]; /* [0] is "" */
};

/* A span's first instant and the first one behind it. */
void bm_calendar_span(const struct bm_calendar *calendar, int32_t day, const struct bm_day_span *span,
                      int64_t *ret_from_ms, int64_t *ret_to_ms);

#endif
