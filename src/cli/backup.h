/* Whole copies of a data folder: what backup, restore, upgrade and rollback share. */
#ifndef BM_CLI_BACKUP_H
#define BM_CLI_BACKUP_H

#include "journal/journal.h"

/* Copies record, vault, outbox (held: outbox/outbox.h), signed head and statement of format of `from` - where a desk may be running - to `to`, which must be
 * empty or not there, synced; then verifies the copy.  BM_EXISTS, BM_BAD_FORMAT, BM_CORRUPT, BM_NO_SPACE, BM_IO. */
BM_MUST_USE enum bm_code bm_copy_folder(const char *from, const char *to, struct bm_head *ret_head, struct bm_fault *fault);
/* Reads the whole record in `dir`; BM_CORRUPT says what is wrong first. */
BM_MUST_USE enum bm_code bm_copy_verify(const char *dir, struct bm_head *ret_head, struct bm_fault *fault);

#endif
