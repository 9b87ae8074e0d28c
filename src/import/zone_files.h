/* Zones as the system has them: the bytes of an IANA zone file, for procedure/zone.h, which reads no files itself. */
#ifndef BM_IMPORT_ZONE_FILES_H
#define BM_IMPORT_ZONE_FILES_H

#include "base/buf.h"
#include "base/code.h"

enum { BM_ZONE_FILE_MAX = 1 << 20 };

/* Appends the bytes of the zone called `name` ("Asia/Shanghai"), from TZDIR or /usr/share/zoneinfo.  BM_BAD_FORMAT for a name
 * that is none, BM_NOT_FOUND for a zone that is not there (or too large). */
BM_MUST_USE enum bm_code bm_zone_bytes(const char *name, struct bm_buf *buf, struct bm_fault *fault);

#endif
