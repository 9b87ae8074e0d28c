/* A zip archive of a few files in memory, deflated; the same files give the same bytes (all dates are 1980-01-01). */
#ifndef BM_REPORT_ZIP_H
#define BM_REPORT_ZIP_H

#include "base/buf.h"

enum { BM_ZIP_FILES_MAX = 16 };
/* What goes in: all sizes below 2 GiB. */
struct bm_zip_file {
    const char *name;
    const void *bytes;
    size_t len;
};
/* Appends the archive; overflow of `out` says that it did not fit. */
void bm_zip_write(const struct bm_zip_file *files, size_t count, struct bm_buf *out);

#endif
