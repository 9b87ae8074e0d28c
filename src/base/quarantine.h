/* What stops the desk must not stop it for ever.  While a piece of work runs - a command of the desk, an event that the outbox meets -,
 * its digest stands in a small shared-memory file, which survives the process (not the machine, and needs not to).  At the next
 * start a digest found there counts one crash; with two, and no end in between, it is refused from then on.  Beside it stands what it was, for people. */
#ifndef BM_BASE_QUARANTINE_H
#define BM_BASE_QUARANTINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/code.h"

struct bm_quarantine;

enum { BM_QUARANTINE_SLOTS = 64, BM_QUARANTINE_CRASHES = 2, BM_QUARANTINE_WORD = 32 };

/* What crashed so often that it is refused. */
struct bm_quarantined {
    char what[BM_QUARANTINE_WORD]; /* "case_open"; "" when nobody said */
    uint64_t actor, target;        /* 0: none */
    int64_t first_at_ms, last_at_ms; /* the starts at which a crash was found */
    uint32_t crashes;
};

/* Maps `path`, making it when absent; a file of another size or form is started afresh, with a warning. */
BM_MUST_USE enum bm_code bm_quarantine_open(const char *path, struct bm_quarantine **ret_quarantine,
                                            struct bm_fault *fault);
void bm_quarantine_close(struct bm_quarantine *quarantine); /* NULL is fine */
/* What the work that begins next is. */
void bm_quarantine_note(struct bm_quarantine *quarantine, const char *what, uint64_t actor, uint64_t target);
/* It begins; false when it is quarantined and must be refused. */
bool bm_quarantine_begin(struct bm_quarantine *quarantine, const uint8_t digest[16]);
/* It ended well: what the process died of before was chance, and counts no more. */
void bm_quarantine_end(struct bm_quarantine *quarantine);
/* A person wants it tried again. */
void bm_quarantine_forget(struct bm_quarantine *quarantine, const uint8_t digest[16]);
/* Digests refused now. */
unsigned bm_quarantine_count(struct bm_quarantine *quarantine);
/* They, at most `most`; how many were written.  Any thread may ask; one alone works (note, begin, end), and it alone forgets. */
size_t bm_quarantine_list(struct bm_quarantine *quarantine, struct bm_quarantined *ret_list, size_t most);

#endif
