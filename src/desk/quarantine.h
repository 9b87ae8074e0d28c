/* A command that stops the desk must not stop it for ever.  While a command runs, its digest stands in a
 * small shared-memory file, which survives the process (not the machine, and needs not to).  At the next
 * start a digest found there counts one crash; with two it is refused from then on. */
#ifndef BM_DESK_QUARANTINE_H
#define BM_DESK_QUARANTINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/code.h"

struct bm_quarantine;

/* Maps `path`, making it when absent; a file of another size or form is started afresh, with a warning. */
BM_MUST_USE enum bm_code bm_quarantine_open(const char *path, struct bm_quarantine **ret_quarantine,
                                            struct bm_fault *fault);
void bm_quarantine_close(struct bm_quarantine *quarantine); /* NULL is fine */
/* A command begins; false when it is quarantined and must be refused. */
bool bm_quarantine_begin(struct bm_quarantine *quarantine, const uint8_t digest[16]);
/* It ended well. */
void bm_quarantine_end(struct bm_quarantine *quarantine);
/* Digests refused now. */
unsigned bm_quarantine_count(const struct bm_quarantine *quarantine);

#endif
