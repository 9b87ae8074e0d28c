/* Coordinates at the edge of the api: whoever has them in a Chinese datum names it ("datum": wgs84, gcj02 or bd09; not
 * named: wgs84), and nothing behind sees anything but WGS 84 (geo/datum.h says what is moved and how far). */
#ifndef BM_API_COORDINATES_H
#define BM_API_COORDINATES_H

#include "api/api_private.h"
#include "geo/datum.h"

/* The datum called `word`; NULL is WGS 84.  BM_UNKNOWN_WORD names the field and the words there are. */
BM_MUST_USE enum bm_code bm_datum_read(const char *word, enum bm_datum *ret_datum, struct bm_fault *fault);

/* Whether records of that shape hold coordinates, so that a request for one may name a datum. */
bool bm_shape_has_points(const struct bm_shape *shape);
/* The request's body without "datum" (json_decref it), and which that is.  Of a shape without coordinates the body is as
 * it was: there "datum" is an unknown member like any other. */
BM_MUST_USE enum bm_code bm_body_datum(const struct bm_shape *shape, const json_t *body, json_t **ret_body,
                                       enum bm_datum *ret_datum, struct bm_fault *fault);
/* The record's coordinates from that datum to WGS 84.  BM_MISSING_FIELD when one of a pair is given alone: half a
 * position cannot be converted. */
BM_MUST_USE enum bm_code bm_record_to_wgs84(const struct bm_shape *shape, enum bm_datum datum, void *record,
                                            struct bm_fault *fault);

/* Query parameters: NAME=LAT,LON in decimal degrees, in the datum that datum=WORD names for all of the request. */
BM_MUST_USE enum bm_code bm_query_point(struct bm_call *call, const char *name, struct bm_point *ret_point);
/* The same of a text that stands in the parameter NAME. */
BM_MUST_USE enum bm_code bm_query_point_text(struct bm_call *call, const char *name, const char *text,
                                             struct bm_point *ret_point);

#endif
