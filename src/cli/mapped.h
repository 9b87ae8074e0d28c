/* A file's bytes in memory, for reading.  They are a copy: a file that is cut or overwritten in
 * place afterwards (`cp` does that) neither ends the program nor puts other bytes under one that
 * has checked them.  Costs as much memory as the file is long. */
#ifndef BM_CLI_MAPPED_H
#define BM_CLI_MAPPED_H

#include <stddef.h>

#include "base/code.h"

struct bm_mapped {
    void *bytes; /* NULL: not open */
    size_t len;
};
/* BM_NOT_FOUND, BM_IO (also: changed while it was read), BM_CORRUPT (empty, or no plain file); the
 * fault names the file. */
BM_MUST_USE enum bm_code bm_mapped_open(const char *path, struct bm_mapped *ret_mapped,
                                        struct bm_fault *fault);
void bm_mapped_close(struct bm_mapped *mapped);

#endif
