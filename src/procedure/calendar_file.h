/* Calendar files: the days of a working calendar as YAML (the head of calendars/cn.yaml says the shape), read into a plan.
 *
 *   bytes --yaml.h--> tree --bm_calendar_file_read--> plan, zone's name --(zone bytes)--> bm_calendar_make (calendar.h)
 *
 * A file that begins with `additions_to` instead of `calendar` says what an agency adds to the calendar of that name: edition,
 * title and years (year, notices, off, work) in the same form, and nothing else.  Its plan has a name, an edition and notices,
 * and is laid over another (additions.h).
 *
 * What is judged here is the shape: keys, dates, names of hours, each with line, column and the mend.  Whether the plan
 * holds together (years without a gap, no day twice) bm_calendar_make judges. */
#ifndef BM_PROCEDURE_CALENDAR_FILE_H
#define BM_PROCEDURE_CALENDAR_FILE_H

#include "procedure/calendar.h"
#include "procedure/findings.h"

/* Owned by the caller (bm_calendar_file_free); the texts and arrays live as long. */
struct bm_calendar_file;

/* BM_BAD_FORMAT, and findings, for a file that is none. */
BM_MUST_USE enum bm_code bm_calendar_file_read(const void *bytes, size_t len, struct bm_findings *findings,
                                               struct bm_calendar_file **ret_file);
void bm_calendar_file_free(struct bm_calendar_file *file); /* NULL is fine */
const struct bm_calendar_plan *bm_calendar_file_plan(const struct bm_calendar_file *file);
/* Whether it is additions to a calendar, and no calendar. */
bool bm_calendar_file_adds(const struct bm_calendar_file *file);
/* The line of a rule of a notice, by their places in the plan. */
uint32_t bm_calendar_file_line(const struct bm_calendar_file *file, size_t notice, size_t rule);
/* IANA name of the zone whose bytes bm_calendar_make needs; "" for additions. */
const char *bm_calendar_file_zone(const struct bm_calendar_file *file);
/* For people. */
const char *bm_calendar_file_title(const struct bm_calendar_file *file);

#endif
