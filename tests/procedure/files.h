/* Files of a test's folder, whole. */
#ifndef BM_TESTS_PROCEDURE_FILES_H
#define BM_TESTS_PROCEDURE_FILES_H

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"

static inline struct bm_buf read_file(const char *folder, const char *name) {
    char path[4096];
    struct bm_buf buf = bm_buf_make(64 * 1024 * 1024);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    if (!file) {
        fprintf(stderr, "cannot open %s\n", path);
        exit(2);
    }
    char piece[4096];
    size_t got;
    while ((got = fread(piece, 1, sizeof piece, file)) > 0) bm_buf_add(&buf, piece, got);
    fclose(file);
    return buf;
}

#endif
