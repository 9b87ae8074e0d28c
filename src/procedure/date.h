/* Instants as procedure files write them; dates alone are base/time.h's. */
#ifndef BM_PROCEDURE_DATE_H
#define BM_PROCEDURE_DATE_H

#include <stdbool.h>
#include <stdint.h>

/* Reads YYYY-MM-DDThh:mm with +hh:mm, -hh:mm or Z into ms since 1970 UTC; false for anything else.
 */
bool bm_date_instant_read(const char *text, int64_t *ret_at_ms);

#endif
