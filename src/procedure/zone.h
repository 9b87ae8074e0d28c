/* Time zones: civil time of a place and back, from the bytes of an IANA zone file that come in as an argument.
 *
 *   TZif bytes (RFC 8536) -> bm_zone_read -> bm_zone_civil_ms (instant to civil), bm_zone_instant_ms (civil to instant)
 *
 * Civil time is written as milliseconds since 1970-01-01T00:00 on the clocks of the place, so that a civil day is
 * 86,400,000 of them and day numbers are those of base/time.h.
 *
 * One rule decides what a civil time means when clocks jump: **it is the first instant at which the clocks of the place
 * show that time or a later one.**
 *   - in a gap (clocks go 02:00 -> 03:00; 02:30 is asked for) it is the instant of the jump;
 *   - in an overlap (03:00 -> 02:00; 02:30 comes twice) it is the first of the two.
 * So a later civil time never means an earlier instant, which everything that counts on calendars rests upon.
 *
 * Read: version 2 or later, the 64-bit part; after its last transition the footer's rule holds (POSIX TZ with hours
 * -167..167, quoted names, J and n days).  Refused: version 1 alone (its times end in 2038), files with leap seconds
 * (the "right/" ones), anything out of its bounds, and clocks that go back, before a jump forward has been lived through,
 * into what it left out: a time would be in a gap and be shown later.  No zone of tzdata does.  Before the first transition the first type holds, as RFC 8536 says. */
#ifndef BM_PROCEDURE_ZONE_H
#define BM_PROCEDURE_ZONE_H

#include <stddef.h>
#include <stdint.h>

#include "base/code.h"

enum {
    BM_ZONE_BYTES_MAX = 1 << 16,   /* the longest of tzdata has 3.6 kB */
    BM_ZONE_TRANSITIONS_MAX = 2000,
    BM_ZONE_FOOTER_MAX = 120,      /* bytes of the POSIX rule */
};

struct bm_zone;

/* Reads the bytes of a zone file; `name` (an IANA name, copied, cut past 63 bytes) is for messages.  The zone is the
 * caller's (bm_zone_free).  BM_BAD_FORMAT with the byte's place and what is wrong.  O(bytes). */
BM_MUST_USE enum bm_code bm_zone_read(const char *name, const void *bytes, size_t len, struct bm_zone **ret_zone,
                                      struct bm_fault *fault);
void bm_zone_free(struct bm_zone *zone); /* NULL is fine */
const char *bm_zone_name(const struct bm_zone *zone);

/* Seconds east of Greenwich at an instant: civil = instant + offset.  O(log transitions). */
int32_t bm_zone_offset_s(const struct bm_zone *zone, int64_t at_ms);
int64_t bm_zone_civil_ms(const struct bm_zone *zone, int64_t at_ms);

/* How often the clocks show a civil time. */
enum bm_civil { BM_CIVIL_ONCE, BM_CIVIL_SKIPPED, BM_CIVIL_TWICE };
/* The instant of a civil time by the rule above; `ret_how` may be NULL.  Instants and civil times are within years
 * 0..9999.  O(log transitions). */
int64_t bm_zone_instant_ms(const struct bm_zone *zone, int64_t civil_ms, enum bm_civil *ret_how);

/* The first instant of a civil day.  A day that a zone left out (Samoa, 30 December 2011) has no length: it begins
 * when the next one does. */
int64_t bm_zone_day_start_ms(const struct bm_zone *zone, int32_t day);
/* The last day that has begun.  Where clocks go back over midnight, a day that has begun is not left again. */
int32_t bm_zone_day_of(const struct bm_zone *zone, int64_t at_ms);

#endif
