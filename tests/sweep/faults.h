/* What SQLite stands on, told to fail: its files (a VFS before the real one) and its memory.
 *
 * A call is counted while faults are armed; the nth fails, or that and all after it.  A write that fails has written its
 * first half. */
#ifndef BM_TESTS_SWEEP_FAULTS_H
#define BM_TESTS_SWEEP_FAULTS_H

#include <stdbool.h>

#define BM_SWEEP_KINDS(W)                                                                                                    \
    W(BM_SWEEP_IO, "io")       /* any call on a file: the disk does not answer */                                            \
    W(BM_SWEEP_FULL, "full")   /* calls that need room: the disk is full */                                                  \
    W(BM_SWEEP_SHORT, "short") /* reads: the rest of what was asked for is not there, and is zeros */                        \
    W(BM_SWEEP_MEMORY, "memory") /* SQLite's allocations */

#define BM_SWEEP_KIND(name, word) name,
enum bm_sweep_kind { BM_SWEEP_KINDS(BM_SWEEP_KIND) BM_SWEEP_KIND_COUNT };

/* Once, before anything of SQLite is used. */
void bm_faults_install(void);
/* n = 0: none fails, calls are counted. */
void bm_faults_arm(enum bm_sweep_kind kind, unsigned n, bool persistent);
/* Heals all; how many calls there were, and how many of them failed. */
void bm_faults_heal(unsigned *ret_calls, unsigned *ret_failed);

#endif
