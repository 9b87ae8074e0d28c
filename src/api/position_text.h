/* Positions as devices send them: one object of JSON, or one line of text.  Pure: neither knows units nor the time. */
#ifndef BM_API_POSITION_TEXT_H
#define BM_API_POSITION_TEXT_H

#include <jansson.h>

#include "dispatch/dispatch.h"

enum { BM_POSITION_LINE_MAX = 200 }; /* bytes, with the line end */

/* {"unit":"5","lat":49.4,"lon":8.7,"at_ms":1764...,"speed_mps":12.5,"heading_deg":90,"datum":"gcj02"}; the last four
 * may be left out or null.  In another datum than wgs84 the point is converted: what is returned is WGS 84.  A position without `at_ms` gets BM_AT_NONE; `received_at_ms` and `off_road` stay 0.  The fault names the member. */
BM_MUST_USE enum bm_code bm_position_read_json(const json_t *object, struct bm_position *ret_position,
                                               struct bm_fault *fault);
/* unit,lat,lon[,at_ms[,speed_mps[,heading_deg[,datum]]]] without the line end; what is empty is left out. */
BM_MUST_USE enum bm_code bm_position_read_line(const char *line, size_t len, struct bm_position *ret_position,
                                               struct bm_fault *fault);

#endif
