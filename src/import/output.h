/* Files that are there whole or not at all: written under a temporary name beside the target,
 * synced, renamed, and the folder synced. */
#ifndef BM_IMPORT_OUTPUT_H
#define BM_IMPORT_OUTPUT_H

#include <stddef.h>
#include <sys/types.h>

#include "base/code.h"

enum { BM_OUTPUT_PATH_MAX = 1024 };

/* Writes `len` bytes as the file `path`, replacing a former one in one step.  BM_IO, BM_NO_SPACE
 * name the file; the former file then stands as it was. */
BM_MUST_USE enum bm_code bm_output_write(const char *path, const void *bytes, size_t len,
                                         struct bm_fault *fault);
/* Removes what a process that was ended in the middle of bm_output_write(path, ...) has left. */
void bm_output_forget(const char *path, pid_t writer);
/* Syncs the finished file `made` and puts it in the place of `path`, on the same file system. */
BM_MUST_USE enum bm_code bm_output_put(const char *made, const char *path, struct bm_fault *fault);

#endif
