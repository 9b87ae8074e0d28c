/* OsmAnd and the Traccar client: one position as a query or form, or as JSON.  Pure.
 *
 * Form: id or deviceid; lat and lon, or location=LAT,LON; timestamp in seconds or milliseconds since 1970, as ISO 8601, or as
 * "yyyy-MM-dd HH:mm:ss" (UTC); speed in knots; bearing or heading; valid=false when there is no fix.
 * JSON: {"device_id", "location": {"timestamp", "coords": {"latitude", "longitude", "speed" in m/s, "heading"}}}; -1 is not known.
 * Other members are passed over.  Help is asked for by alarm=sos, in JSON by "alarm":"sos" in "extras" of the location. */
#ifndef BM_INTAKE_OSMAND_H
#define BM_INTAKE_OSMAND_H

#include "base/code.h"
#include "intake/report.h"

enum { BM_OSMAND_MAX = 16 * 1024, BM_OSMAND_VALUE_MAX = 200 };

/* `find` gives the value of a parameter, decoded, or BM_NOT_FOUND; other codes are taken for a value that is not right. */
typedef enum bm_code bm_osmand_find_fn(void *context, const char *name, char *ret_value, size_t cap);
BM_MUST_USE enum bm_code bm_osmand_read_form(bm_osmand_find_fn *find, void *context, char ret_identity[BM_IDENTITY_TEXT],
                                             struct bm_report *ret_report, struct bm_fault *fault);
BM_MUST_USE enum bm_code bm_osmand_read_json(const void *json, size_t len, char ret_identity[BM_IDENTITY_TEXT],
                                             struct bm_report *ret_report, struct bm_fault *fault);
/* Any of the forms of `timestamp` as ms since 1970; false when it is none of them. */
bool bm_osmand_time(const char *text, int64_t *ret_at_ms);

#endif
