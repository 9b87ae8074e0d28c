/* At a start: the state from the record, and what the vault must do because of it. */
#ifndef BM_API_REBUILD_H
#define BM_API_REBUILD_H

#include "desk/desk.h"
#include "vault/vault.h"

/* Into a new desk: the newest snapshot of `dir` that is sound (its seq to *ret_snapshot_seq, 0: none) and the rows behind it; frames
 * of those go to `sink`.  Then no sealing key that a record names is given out again, and the keys of all that is erased are
 * destroyed, whenever the process ended.  BM_CORRUPT: the desk must not start, and why. */
BM_MUST_USE enum bm_code bm_rebuild_state(const char *dir, struct bm_journal *journal, struct bm_vault *vault, struct bm_desk *desk,
                                          const struct bm_desk_sink *sink, uint64_t *ret_snapshot_seq, struct bm_fault *fault);

#endif
