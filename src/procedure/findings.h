/* What is wrong with a file, for the people who write it: each finding has a place, a sentence and
 * the mend. As many as BM_FINDINGS_MAX are kept, in the order in which they were found; the rest is
 * counted. */
#ifndef BM_PROCEDURE_FINDINGS_H
#define BM_PROCEDURE_FINDINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/code.h"

/* A place in a text: both count from 1; columns count characters, not bytes.  Line 0: the file as a
 * whole. */
struct bm_mark {
    uint32_t line, column;
};

enum { BM_FINDINGS_MAX = 20, BM_FINDING_WHERE_MAX = 96, BM_FINDING_DETAIL_MAX = 400 };

struct bm_file_finding {
    uint32_t check; /* number of the static check (check.h), 1 for whatever does not read */
    bool warning;   /* told, but does not keep the file from being published */
    struct bm_mark at;
    char where[BM_FINDING_WHERE_MAX]; /* "states.offered.on", "clock reply"; "" for the file */
    char detail[BM_FINDING_DETAIL_MAX];
};

struct bm_findings {
    size_t count;    /* of `items` */
    size_t left_out; /* found beyond BM_FINDINGS_MAX */
    size_t errors;   /* of all that were found, those that are no warnings */
    struct bm_file_finding items[BM_FINDINGS_MAX];
};

/* Adds one; texts past the maxima are cut at a character's border. */
void bm_findings_add(struct bm_findings *findings, uint32_t check, struct bm_mark at,
                     const char *where, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* The same, for what should be known and stops nothing. */
void bm_findings_warn(struct bm_findings *findings, uint32_t check, struct bm_mark at,
                      const char *where, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* Sorts them by place, so that a writer can go through the file from top to bottom. */
void bm_findings_sort(struct bm_findings *findings);
/* One line each: FILE:LINE:COLUMN: check N: where: detail */
void bm_findings_print(const struct bm_findings *findings, const char *file, struct bm_buf *buf);

#endif
