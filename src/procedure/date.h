/* Days of the proleptic Gregorian calendar as numbers: 0 is 1970-01-01. */
#ifndef BM_PROCEDURE_DATE_H
#define BM_PROCEDURE_DATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reads exactly YYYY-MM-DD, years 1900 to 9999; false for anything else and for days that there are
 * not. */
bool bm_date_read(const char *text, size_t len, int32_t *ret_day);
/* Reads YYYY-MM-DDThh:mm with +hh:mm, -hh:mm or Z into ms since 1970 UTC; false for anything else.
 */
bool bm_date_instant_read(const char *text, int64_t *ret_at_ms);

#endif
