/* Fail the first, the second, ... call until the operation completes: once, and from then on.
 *
 * Each case runs in a process of its own on a copy of a folder that was made before: ready, act with one fault, heal, act
 * again.  Then the folder is opened here, without faults, and must hold what was acknowledged. */
#ifndef BM_TESTS_SWEEP_SWEEP_H
#define BM_TESTS_SWEEP_SWEEP_H

#include "faults.h"
#include "journal/journal.h"
#include "outbox/outbox.h"
#include "vault/vault.h"

/* What an operation works on; cleared at each start of a process. */
struct bm_stage {
    char dir[96], out[104]; /* out: an empty folder beside it */
    struct bm_journal *journal;
    struct bm_reader *reader;
    struct bm_vault *vault;
    struct bm_outbox *outbox;
    uint64_t *told; /* 8 numbers that acts leave for `look`, whatever becomes of their process */
};

struct bm_operation {
    const char *name;
    /* The folder as it is before; asserts. */
    void (*make)(struct bm_stage *stage);
    /* Opens what the operation needs; NULL: nothing. */
    enum bm_code (*ready)(struct bm_stage *stage, struct bm_fault *fault);
    enum bm_code (*act)(struct bm_stage *stage, struct bm_fault *fault);
    /* What is wrong afterwards, NULL: nothing.  `done`: an act said BM_OK. */
    const char *(*look)(struct bm_stage *stage, bool done);
    bool fails_whole; /* after a fault its handles are closed and opened anew, as the desk does by stopping */
    bool finds_damage; /* it looks for damage, and may call what it cannot read damaged */
    bool no_short;     /* its files carry no checksums, so that zeros read where there is something cannot be told from zeros */
};

void bm_stage_close(struct bm_stage *stage);

extern const struct bm_operation bm_journal_operations[], bm_vault_operations[], bm_outbox_operations[]; /* ended by one without a name */
/* Runs the cases of one operation that are wanted (environment, see sweep.c); the number that failed. */
unsigned bm_sweep(const struct bm_operation *operation);
/* The last line. */
void bm_sweep_tell(void);

#endif
