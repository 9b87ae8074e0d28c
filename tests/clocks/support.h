/* What the tests of clocks share: zones of the system, calendars/cn.yaml, instants written as
 * people do. */
#ifndef CLOCKS_SUPPORT_H
#define CLOCKS_SUPPORT_H

#include "procedure/calendar.h"

/* A zone of the system's tzdata (TZDIR, or where Debian has it); the test fails when it is not
 * there.  The caller's. */
struct bm_zone *clocks_zone(const char *name);

/* calendars/cn.yaml, read by a reader that knows just the shape that its head describes. */
enum { CLOCKS_YEARS_MAX = 64, CLOCKS_RULES_MAX = 64 };
struct clocks_book {
    struct bm_calendar_plan plan;
    struct bm_day_notice notices[CLOCKS_YEARS_MAX];
    struct bm_day_rule rules[CLOCKS_YEARS_MAX][CLOCKS_RULES_MAX];
    char sources[CLOCKS_YEARS_MAX][BM_CALENDAR_SOURCE_BYTES];
    char name[BM_CALENDAR_NAME_BYTES];
};
/* The caller's (free). */
struct clocks_book *clocks_read_cn(void);
/* Covers only up to the end of a year, as the file did before the next notice came. */
void clocks_cut(struct clocks_book *book, int32_t last_year);
/* The calendar of a book. */
struct bm_calendar *clocks_calendar(const struct clocks_book *book, const struct bm_zone *zone);

/* Monday to Friday 09:00-12:00 and 13:00-18:00, covering the years from..to, without notices. */
struct bm_calendar_plan clocks_plain(const char *name, int32_t from_year, int32_t to_year);
/* All days, 00:00-24:00. */
struct bm_calendar_plan clocks_always(const char *name, int32_t from_year, int32_t to_year);
struct bm_calendar *clocks_make(const struct bm_calendar_plan *plan, const struct bm_zone *zone);

/* "2026-09-30" and "2026-09-30 17:00[:05]", the latter on the clocks of the zone. */
int32_t clocks_day(const char *text);
int64_t clocks_at(const struct bm_zone *zone, const char *text);
/* An instant as the zone's clocks show it, "2026-09-30 17:00:00.000"; static storage of 8. */
const char *clocks_shown(const struct bm_zone *zone, int64_t at_ms);

/* How many cases: `most` with EXACT=1, a tenth otherwise. */
int clocks_rounds(int most);
uint64_t clocks_seed(void); /* SEED, or 1 */

#endif
