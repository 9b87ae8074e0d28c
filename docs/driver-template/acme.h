/* A driver to begin from: ACME trackers, which do not exist.  Copy both files to src/intake, and say here what the device is,
 * where its format is described, its units, and how help is asked for.
 *
 * One message is one line of text, fields separated by commas:
 *
 *   ACME,<name>,<latitude>,<longitude>,<s since 1970 UTC>,<km/h>,<degrees from north>[,SOS]
 *
 * Positions are WGS 84, in degrees; latitude and longitude empty: it does not know where it is.  SOS: the crew asks for help. */
#ifndef BM_INTAKE_ACME_H
#define BM_INTAKE_ACME_H

#include <stddef.h>

#include "base/code.h"
#include "intake/report.h"

enum { BM_ACME_MAX = 200 }; /* bytes of a message */

/* Pure.  BM_TOO_LONG, BM_BAD_REQUEST: no such message; BM_OUT_OF_RANGE: a value that cannot be; the fault names the field. */
BM_MUST_USE enum bm_code bm_acme_read(const void *bytes, size_t len, char ret_identity[BM_IDENTITY_TEXT],
                                      struct bm_report *ret_report, struct bm_fault *fault);

#endif
