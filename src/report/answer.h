/* How long callers waited for an answer.
 *
 *   records of contacts, in any order, each once  -->  figures, of all and by hour, day, operator or line
 *
 * Counted are calls (channel call; silent calls too where it is asked for) that began to ring in the period [from, to).  What came by another channel
 * is left out and counted by its channel.  Each call that is counted is one of:
 *
 *   answered     somebody answered here; its wait is from the first ring to the answer
 *   abandoned    the caller gave up before an answer; `abandoned_short` of them within `short_ms` of the first ring
 *   ringing      still rings
 *   elsewhere    over without an answer here, and nobody gave up: the exchange had it answered at another desk
 *   out_of_order the answer is said to lie before the first ring: no wait is made of it, nor counted as 0
 *
 *   offered = answered + abandoned + ringing + elsewhere + out_of_order
 *
 * Median, p90, p95 and the longest are of the waits of answered calls, by the nearest rank (sample.h).  A band says "so many
 * percent within so long".  Two shares are given, for standards do not agree on what stands below the line:
 *
 *   share         answered within the time, of those answered
 *   share_offered answered within the time, of those answered or given up later than `short_ms`
 *
 * The band is held when the first share reaches its percentage.  The same records, period and instant give the same
 * figures.  Pure. */
#ifndef BM_REPORT_ANSWER_H
#define BM_REPORT_ANSWER_H

#include "core/entity.h"
#include "report/bands.h"
#include "report/sample.h"

#define BM_ANSWER_BYS(W)                                                                           \
    W(BM_ANSWER_BY_ALL, "none") W(BM_ANSWER_BY_HOUR, "hour") W(BM_ANSWER_BY_DAY, "day")            \
    W(BM_ANSWER_BY_OPERATOR, "operator") W(BM_ANSWER_BY_LINE, "line")
BM_DECLARE_WORDS(answer_by, BM_ANSWER_BYS)

struct bm_answer_asked {
    int64_t from_at_ms, to_at_ms; /* first rings in [from, to) */
    int64_t short_ms;             /* giving up so soon counts apart */
    int64_t zone_ms;              /* what is added to an instant for the hours and days of the desk's clock */
    bool silent;                  /* silent calls too */
    enum bm_answer_by by;
    const struct bm_band *bands; /* lent; those of measure answer count */
    size_t band_count;
};

/* Figures of all calls or of one group. */
struct bm_answer_group {
    int64_t at_ms;  /* by hour and day: when it begins */
    uint64_t id;    /* by operator; 0: nobody answered */
    char line[BM_CODE_TEXT];
    uint64_t offered, answered, abandoned, abandoned_short, ringing, elsewhere, out_of_order;
    uint64_t results[BM_contact_result_COUNT];
    struct bm_sample waits;
};

struct bm_answer_report {
    struct bm_answer_asked asked;
    uint64_t left_out[BM_channel_COUNT]; /* rang or came in the period by another channel */
    struct bm_answer_group all;
    struct bm_answer_group *groups; /* in the order of their keys after bm_answer_write */
    size_t group_count, group_cap;
};

/* Takes a contact in.  BM_TOO_MANY: more calls or groups than one report holds. */
BM_MUST_USE enum bm_code bm_answer_take(struct bm_answer_report *report, const struct bm_contact *contact, struct bm_fault *fault);
/* Members: "left_out":{..},"bands":[..],"all":{..},"groups":[..]. */
void bm_answer_write(struct bm_answer_report *report, struct bm_buf *buf);
void bm_answer_free(struct bm_answer_report *report);

#endif
