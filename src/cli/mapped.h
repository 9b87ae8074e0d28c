/* A file mapped for reading.  It is not changed in place while it is mapped: files are replaced by
 * renaming. */
#ifndef BM_CLI_MAPPED_H
#define BM_CLI_MAPPED_H

#include <stddef.h>

#include "base/code.h"

struct bm_mapped {
    void *bytes; /* NULL: not open */
    size_t len;
};
/* BM_NOT_FOUND, BM_IO, BM_CORRUPT (empty, or no plain file); the fault names the file. */
BM_MUST_USE enum bm_code bm_mapped_open(const char *path, struct bm_mapped *ret_mapped,
                                        struct bm_fault *fault);
void bm_mapped_close(struct bm_mapped *mapped);

#endif
