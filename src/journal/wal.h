/* A left-over WAL, read without SQLite: which frames count, and whether a frame that had been committed
 * is broken.  SQLite itself drops everything behind the first broken frame without a word.
 *
 * A broken frame is damage, and not merely the torn end of a transaction that nobody was answered for,
 * when one flipped bit explains it, or when a later transaction goes on behind it: that one began only
 * after the fsync of the broken one had returned.  Frames that are left of a lost or rolled-back
 * transaction may lie at the end with the right salts; nothing goes on from them.
 *
 * Source: https://www.sqlite.org/fileformat2.html, section 4. */
#ifndef BM_JOURNAL_WAL_H
#define BM_JOURNAL_WAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/code.h"

struct bm_wal_scan {
    uint64_t frames;    /* whole frames up to the last commit */
    uint32_t *pages;    /* their page numbers; the newest version of these pages is in the WAL */
    bool damaged;
    uint64_t bad_frame; /* 1..; 0: the header */
    char text[200];     /* when damaged: what and what to do */
};

/* Scans the WAL beside the database `path`.  No WAL is a sound one.  Only reading fails (BM_IO).
 * `ret_scan` is always set and is to be freed. */
BM_MUST_USE enum bm_code bm_wal_scan(const char *path, struct bm_wal_scan *ret_scan,
                                     struct bm_fault *fault);
void bm_wal_scan_free(struct bm_wal_scan *scan);
/* Whether a committed frame holds `page`. */
bool bm_wal_scan_has(const struct bm_wal_scan *scan, uint64_t page);

#endif
