/* Snapshots: the state at one seq as a file, so that a restart replays a tail and not a history.
 * Disposable: bound to seq, hash and schema, checked when loaded, ignored when anything does not fit.
 *
 *   DIR/snapshot-SEQ:  "BMSNAP1\n" | seq | chain hash (32) | digest (32) | length | packed core | BLAKE2b-256 of all before */
#ifndef BM_DESK_SNAPSHOT_H
#define BM_DESK_SNAPSHOT_H

#include "core/core.h"
#include "journal/journal.h"

/* Writes the state to DIR (temporary file, fsync, rename, fsync of DIR) and removes all but the newest two. */
BM_MUST_USE enum bm_code bm_snapshot_write(const char *dir, const struct bm_core *core,
                                           const struct bm_head *head, struct bm_fault *fault);
/* Reads snapshot bytes.  BM_CORRUPT, BM_BAD_FORMAT (another schema). */
BM_MUST_USE enum bm_code bm_snapshot_read(const void *bytes, size_t len, struct bm_core **ret_core,
                                          struct bm_head *ret_head, struct bm_fault *fault);
/* The newest snapshot of DIR that is sound and whose seq and hash stand in the journal; BM_NOT_FOUND when
 * there is none (then replay from the beginning).  Why others were passed over is logged. */
BM_MUST_USE enum bm_code bm_snapshot_load(const char *dir, struct bm_reader *reader,
                                          struct bm_core **ret_core, struct bm_head *ret_head,
                                          struct bm_fault *fault);
/* On a worker: builds the state at `head` from the newest snapshot and the journal, compares its digest
 * with the live one, and writes it.  BM_CONFLICT when they differ: the live state is not what its journal
 * says, which must never be. */
BM_MUST_USE enum bm_code bm_snapshot_make(const char *dir, const struct bm_head *head,
                                          const struct bm_hash *digest, struct bm_fault *fault);

#endif
