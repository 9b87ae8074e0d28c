/* The ladder of a clock: what is to happen before it is due, and after, each once and in order.
 *
 * Rungs, as procedure files write them:
 *   before 2 working_days   when so much is left to the due date (that of the rolled date, where one rolled)
 *   at 80 %                 when that share of the budget has been consumed
 *   after 0                 at the first instant that is late
 *   after 3 working_days    when so much has passed since the due date
 * Amounts are in the clock's own unit.  A rung is due at its instant, computed on the calendar; one whose instant lies
 * before the clock last began to run is due then.  While the clock is paused or stopped none is due.
 *
 * **At most once.**  What has fired is a set of bits, one for each rung and one for the breach, kept beside the clock by
 * the events that fired them; nothing else says whether a rung has fired, and bm_ladder_due never names one that is in
 * the set.  A rung that fired stays so when the clock is extended.  **In order.** All that are due are named by their
 * instants, also after a month of downtime, not only the last of them.
 *
 * The breach is a rung that every ladder has: it fires at the first late instant, before all rungs of that instant. */
#ifndef BM_PROCEDURE_LADDER_H
#define BM_PROCEDURE_LADDER_H

#include "procedure/clock.h"

enum bm_rung_kind { BM_RUNG_BEFORE, BM_RUNG_AT, BM_RUNG_AFTER };
struct bm_rung {
    enum bm_rung_kind kind;
    uint32_t amount;   /* units; AT: percent */
    enum bm_clock_unit unit; /* MINUTES when it has none (AT, and after 0) */
};
enum { BM_RUNGS_MAX = 16, BM_RUNG_BREACH = 31, BM_RUNG_TEXT_MAX = 64 };
struct bm_ladder {
    uint32_t count;
    struct bm_rung rungs[BM_RUNGS_MAX];
};
/* Bits of what has fired: 1 << index, and 1u << BM_RUNG_BREACH. */
struct bm_fired {
    uint32_t bits;
};

/* Reads one rung as above; single blanks, "80%" too. At most BM_RUNG_TEXT_MAX bytes. BM_BAD_REQUEST names the forms. */
BM_MUST_USE enum bm_code bm_rung_read(const char *text, size_t len, struct bm_rung *ret_rung, struct bm_fault *fault);
/* The same text again. */
void bm_rung_text(const struct bm_rung *rung, char ret_text[BM_RUNG_TEXT_MAX]);
/* Whether the rungs suit the rule: its unit, inside the budget, none twice. */
BM_MUST_USE enum bm_code bm_ladder_check(const struct bm_ladder *ladder, const struct bm_clock_rule *rule,
                                         struct bm_fault *fault);

/* A rung (or BM_RUNG_BREACH) and its instant. */
struct bm_rung_due {
    uint32_t rung;
    int64_t at_ms;
};
enum { BM_RUNGS_DUE_MAX = BM_RUNGS_MAX + 1 };
/* All instants of a running clock's rungs in order, fired or not; none of one that is paused or stopped.
 * Eighteen look-ups on the calendar at most. */
BM_MUST_USE enum bm_code bm_ladder_instants(const struct bm_ladder *ladder, const struct bm_clock_state *clock,
                                            const struct bm_clock_rule *rule, const struct bm_calendar *calendar,
                                            struct bm_rung_due ret_due[BM_RUNGS_DUE_MAX], size_t *ret_count,
                                            struct bm_fault *fault);
/* Those that have not fired and whose instant has come, in order. */
BM_MUST_USE enum bm_code bm_ladder_due(const struct bm_ladder *ladder, const struct bm_clock_state *clock,
                                       const struct bm_clock_rule *rule, const struct bm_calendar *calendar,
                                       struct bm_fired fired, int64_t now_ms,
                                       struct bm_rung_due ret_due[BM_RUNGS_DUE_MAX], size_t *ret_count,
                                       struct bm_fault *fault);
/* The next instant at which something is to be done with the clock: its first unfired rung, or the end of its pause;
 * BM_AT_NONE when nothing is.  This is what a desk keeps in its index of timers (base/heap.h). */
BM_MUST_USE enum bm_code bm_ladder_next(const struct bm_ladder *ladder, const struct bm_clock_state *clock,
                                        const struct bm_clock_rule *rule, const struct bm_calendar *calendar,
                                        struct bm_fired fired, int64_t *ret_at_ms, struct bm_fault *fault);

/* Rungs that fired and that the present ladder does not have: a later one may have them again. */
enum { BM_RUNGS_TOLD_MAX = 16 };
struct bm_told {
    uint32_t count;
    struct bm_rung rungs[BM_RUNGS_TOLD_MAX];
};
/* What has fired of a new ladder when a clock is rebound to it: the breach, and rungs that it has and that fired under a former
 * one, `told` among them; `ret_told` is what fired and it does not have.  BM_OUT_OF_RANGE for more of these than are kept. */
BM_MUST_USE enum bm_code bm_ladder_carry(const struct bm_ladder *from, struct bm_fired fired, const struct bm_told *told,
                                         const struct bm_ladder *to, struct bm_fired *ret_fired, struct bm_told *ret_told,
                                         struct bm_fault *fault);
bool bm_fired_has(struct bm_fired fired, uint32_t rung);
struct bm_fired bm_fired_with(struct bm_fired fired, uint32_t rung);

#endif
