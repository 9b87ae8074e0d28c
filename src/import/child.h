/* Child processes whose output is read line by line, and plain files read the same way.
 *
 *   bm_lines_run(argv, input, &lines) or bm_lines_open(path, &lines)
 *   while (bm_lines_next(lines, &line, &len, &fault) == BM_OK && line) ...
 *   bm_lines_close(lines, &fault)   also says how the child ended
 *
 * A child gets no terminal, no input but `input`, and its standard error is kept (the last 2 KiB),
 * so that its own words can be passed on.  One thread per reader. */
#ifndef BM_IMPORT_CHILD_H
#define BM_IMPORT_CHILD_H

#include <stddef.h>
#include <stdint.h>

#include "base/code.h"

/* Longest line; a longer one is refused.  OPL writes a way of 2,000 nodes in some 100 KiB and a
 * relation of 32,000 members in about 1 MiB. */
enum { BM_LINE_MAX = 4 << 20, BM_CHILD_ARGUMENTS_MAX = 40 };

struct bm_lines;

/* Starts `argv` (NULL-terminated; argv[0] is looked up on PATH).  `package`: the Debian package
 * that brings it. `input`: descriptor that becomes the child's standard input, read from its
 * present place, -1 for none; it stays the caller's.  `name`: what messages call the source of the
 * lines. BM_NOT_FOUND: there is no such program; the fault names the package. */
BM_MUST_USE enum bm_code bm_lines_run(const char *const *argv, const char *package, int input,
                                      const char *name, struct bm_lines **ret_lines,
                                      struct bm_fault *fault);
/* Opens a file; one whose name ends in ".gz" goes through gzip.  BM_NOT_FOUND, BM_IO. */
BM_MUST_USE enum bm_code bm_lines_open(const char *path, struct bm_lines **ret_lines,
                                       struct bm_fault *fault);
/* The next line without its end ("\n" or "\r\n"), followed by a NUL, valid until the next call;
 * NULL at the end. BM_TOO_LONG and BM_IO name the line. */
BM_MUST_USE enum bm_code bm_lines_next(struct bm_lines *lines, char **ret_line, size_t *ret_len,
                                       struct bm_fault *fault);
/* Number of the line that was given last, from 1. */
uint64_t bm_lines_number(const struct bm_lines *lines);
const char *bm_lines_name(const struct bm_lines *lines);
/* Ends it: waits for the child (and ends it first when its output was not read to the end).
 * BM_BAD_FORMAT with the child's own last words when it failed by itself. */
BM_MUST_USE enum bm_code bm_lines_close(struct bm_lines *lines, struct bm_fault *fault);

/* Runs a program to its end; what it prints on standard output is handed to `said` line by
 * line (NULL: dropped).  Codes as bm_lines_run and bm_lines_close. */
BM_MUST_USE enum bm_code bm_child_run(const char *const *argv, const char *package,
                                      void (*said)(void *context, const char *line), void *context,
                                      struct bm_fault *fault);

#endif
