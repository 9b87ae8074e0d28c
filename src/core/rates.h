/* Rates that can be recomputed: each with its numerator, its denominator, and what was left out of it and why.
 *
 *   records of matters, promises, cases and contacts, in any number, each once  -->  figures
 *
 * Counted are matters whose first contact lies in a period, by procedure or all.  Contacts (everything that reached the desk
 * about them), reporters (contacts that came under a name) and matters are counted apart: ten letters about one lamp are ten
 * contacts and one matter.  A matter that was joined to another is no matter of its own, and is named as left out.
 *
 *   on_time       promised and statutory promises that the desk or a unit owed: kept, of those that have ended or are due
 *   closed        matters that are closed, of all
 *   solved        closed with outcome solved or agreement, of all closed ones but those withdrawn or invalid
 *   satisfied     rated four or five of five, of those rated
 *   said_solved   whose reporter says that it was solved, of those rated
 *   returned      refused at least once by whom it was offered to, of those that were handed over or returned
 *   reopened      opened again at least once, of those that are closed or were opened again
 *
 * The same records, period and instant give the same figures: what is kept with a figure (period, procedure, seq of the
 * record) is enough to compute it again.  Pure. */
#ifndef BM_CORE_RATES_H
#define BM_CORE_RATES_H

#include "core/entity.h"

#define BM_RATES(W)                                                                                \
    W(BM_RATE_ON_TIME, "on_time") W(BM_RATE_CLOSED, "closed") W(BM_RATE_SOLVED, "solved")          \
    W(BM_RATE_SATISFIED, "satisfied") W(BM_RATE_SAID_SOLVED, "said_solved")                        \
    W(BM_RATE_RETURNED, "returned") W(BM_RATE_REOPENED, "reopened")
BM_DECLARE_WORDS(rate, BM_RATES)
/* Why something is not in the denominator. */
#define BM_LEFT_OUTS(W)                                                                            \
    W(BM_LEFT_OUT_DUPLICATE, "duplicate") W(BM_LEFT_OUT_WITHDRAWN, "withdrawn")                    \
    W(BM_LEFT_OUT_INVALID, "invalid") W(BM_LEFT_OUT_OPEN, "open") W(BM_LEFT_OUT_RUNNING, "running") \
    W(BM_LEFT_OUT_PAUSED, "paused") W(BM_LEFT_OUT_NOT_RATED, "not_rated")                          \
    W(BM_LEFT_OUT_NOT_ASKED, "not_asked") W(BM_LEFT_OUT_NEVER_HANDED_OVER, "never_handed_over")
BM_DECLARE_WORDS(left_out, BM_LEFT_OUTS)

struct bm_rate_figure {
    uint64_t numerator, denominator;
    uint64_t left_out[BM_left_out_COUNT];
};
struct bm_rates {
    int64_t from_at_ms, to_at_ms; /* first contacts in [from, to) */
    int64_t now_ms;               /* as of */
    char procedure[BM_NAMED_TEXT]; /* "": every one */
    uint64_t contacts, reporters, matters;
    struct bm_rate_figure figures[BM_rate_COUNT];
};

/* Whether a case is counted in this period. */
bool bm_rates_counts(const struct bm_rates *rates, const struct bm_case *row);
/* A matter with its case. */
void bm_rates_matter(struct bm_rates *rates, const struct bm_case *row, const struct bm_matter *matter);
/* A promise of such a case. */
void bm_rates_promise(struct bm_rates *rates, const struct bm_case *row, const struct bm_promise *promise);
/* A contact of such a case, with the matter that it was worked in. */
void bm_rates_contact(struct bm_rates *rates, const struct bm_matter *matter, const struct bm_contact *contact);
/* {"contacts":..,"reporters":..,"matters":..,"figures":[{"rate","numerator","denominator","left_out":{..}}]} members. */
void bm_rates_write(const struct bm_rates *rates, struct bm_buf *buf);

#endif
