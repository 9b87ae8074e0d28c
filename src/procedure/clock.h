/* A clock: a running promise.
 *
 *            start                 pause(cause)
 *   (nothing) ----> RUNNING  ------------------> PAUSED
 *                   |  ^  ^ `-- extend, rebind --'  |  |
 *              stop |  |  `-------------------------'  | stop
 *                   v  |     resume, or the pause's    v
 *                STOPPED      limit is reached      STOPPED
 *
 * The whole state is small and says nothing that can be computed: where the clock is anchored, what has been consumed
 * in its own unit, since when it runs.  When it is due, what remains, whether it is late are computed from it and the
 * rule and the calendar; nothing stores "overdue".  A state that is written down and read again is the same clock: it
 * goes on, due at the same instant - it does not start anew.
 *
 * **Measuring.**  A clock measures in the unit of its rule and no other (axis.h).  A day is consumed when the clock runs
 * at its end; a day that ends while the clock is paused is not, and counts against the pause instead.  So a pause within
 * one day moves nothing, and no row of short pauses gains a day.
 *
 * **Starting.**  `same_day`: the anchor's day counts, unless it has already ended.  `next_day`: counting begins on the day
 * after the anchor's.
 *
 * **Due.**  What is done at the due instant or before is in time.  A day that ends at midnight is due at its last
 * millisecond, so that the date shown is that day's.  With a roll rule a due date of calendar days that is not worked
 * moves to the next or the previous working day, and the answer names the rule and the date it moved from.  A date that
 * rests on days that no notice has announced is provisional.
 *
 * **Pausing** needs a cause that the rule allows, and has a limit in the clock's own unit, for all pauses of the clock
 * together.  At the limit the clock runs on by itself, also when nobody was there to see it: bm_clock_resume then takes
 * the instant of the limit.  A clock whose due instant has come cannot be paused any more, and not be extended after it.
 *
 * All instants are ms since 1970 UTC; BM_AT_NONE where there is none.  Nothing here reads a clock: `now_ms` comes in.
 * Errors: BM_NOT_POSSIBLE (not in this state), BM_OUT_OF_RANGE (limits of the rule; further than the calendar counts),
 * BM_NOT_FOUND (a calendar that is not loaded), BM_MISSING_FIELD, BM_CONFLICT (an instant before the clock's last). */
#ifndef BM_PROCEDURE_CLOCK_H
#define BM_PROCEDURE_CLOCK_H

#include "procedure/axis.h"

/* --- the rule, from a procedure file ------------------------------------------------------------ */

enum bm_starts { BM_STARTS_SAME_DAY, BM_STARTS_NEXT_DAY, BM_starts_COUNT };
extern const char *const bm_starts_names[BM_starts_COUNT]; /* "same_day", "next_day" */
enum bm_roll { BM_ROLL_NONE, BM_ROLL_NEXT, BM_ROLL_PREVIOUS, BM_roll_COUNT };
extern const char *const bm_roll_names[BM_roll_COUNT]; /* "none", "next", "previous" */

/* Why a clock may stand still.  The list is closed; a rule says which of them it allows, and its file cites the law.
 * Sources: facts/rules.md section 5 (licences art. 45, petitions, market complaints). */
#define BM_PAUSES(X)                                                                                                   \
    X(BM_PAUSE_HEARING, "hearing")           /* a public hearing */                                                    \
    X(BM_PAUSE_INSPECTION, "inspection")     /* on the spot, or of goods */                                            \
    X(BM_PAUSE_TESTING, "testing")           /* by a laboratory */                                                     \
    X(BM_PAUSE_APPRAISAL, "appraisal")       /* by an appraiser */                                                     \
    X(BM_PAUSE_EXPERTS, "expert_review")                                                                               \
    X(BM_PAUSE_PARTY, "waiting_for_party")   /* the citizen owes papers or an answer */                                \
    X(BM_PAUSE_PROCEEDINGS, "proceedings")   /* a court or another authority decides first */                          \
    X(BM_PAUSE_FORCE_MAJEURE, "force_majeure")
enum bm_pause {
#define BM_PAUSE_ENUM(symbol, word) symbol,
    BM_PAUSES(BM_PAUSE_ENUM)
#undef BM_PAUSE_ENUM
    BM_pause_COUNT
};
extern const char *const bm_pause_names[BM_pause_COUNT];

enum {
    BM_CLOCK_MINUTES_MAX = 5256000, /* ten years */
    BM_CLOCK_DAYS_MAX = 3650,
    BM_CLOCK_EXTENSIONS_MAX = 9,
    BM_CLOCK_REASON_MAX = 2000, /* bytes */
};

struct bm_clock_rule {
    enum bm_clock_unit unit;
    uint32_t budget;                          /* in units, 1 or more */
    char calendar[BM_CALENDAR_NAME_BYTES];    /* "" for minutes only */
    enum bm_starts starts;
    enum bm_ends ends;                        /* BUSINESS for days only */
    enum bm_roll roll;                        /* calendar days only */
    uint32_t pause_causes;                    /* bit of each cause it allows; 0: it is never paused */
    uint32_t pause_most;                      /* units of all pauses together; 0 without causes, else 1 or more */
    uint32_t extend_times, extend_most;       /* how often, by how many units each; both 0 or both more */
};
/* Whether a rule is one: BM_OUT_OF_RANGE, BM_MISSING_FIELD, BM_UNKNOWN_WORD or BM_BAD_REQUEST with field and mend. */
BM_MUST_USE enum bm_code bm_clock_rule_check(const struct bm_clock_rule *rule, struct bm_fault *fault);

/* --- the state ---------------------------------------------------------------------------------- */

enum bm_clock_phase { BM_CLOCK_RUNNING, BM_CLOCK_PAUSED, BM_CLOCK_STOPPED, BM_clock_phase_COUNT };

struct bm_clock_state {
    enum bm_clock_phase phase;
    int64_t anchor_ms;
    int64_t budget;      /* ticks, extensions among them */
    int64_t consumed;    /* ticks, before running_since */
    int64_t since_ms;    /* RUNNING, STOPPED: runs since, and until it was stopped; PAUSED: paused since */
    int64_t stopped_ms;  /* STOPPED: when; else BM_AT_NONE */
    int64_t paused;      /* ticks of ended pauses */
    uint32_t extensions; /* how many there were */
    int64_t extended;    /* ticks they gave */
    enum bm_pause cause; /* PAUSED: of this pause */
    bool was_paused;     /* STOPPED: out of a pause; it was in time then */
};

/* --- acts: each checks, and changes the clock only when it is allowed ----------------------------- */

/* A clock that runs since `anchor_ms`.  `calendar` is the loaded calendar of that name; NULL when there is none, which is
 * refused unless the rule counts plain minutes. */
BM_MUST_USE enum bm_code bm_clock_start(const struct bm_clock_rule *rule, const struct bm_calendar *calendar,
                                        int64_t anchor_ms, struct bm_clock_state *ret_clock, struct bm_fault *fault);
BM_MUST_USE enum bm_code bm_clock_pause(struct bm_clock_state *clock, const struct bm_clock_rule *rule,
                                        const struct bm_calendar *calendar, enum bm_pause cause, int64_t now_ms,
                                        struct bm_fault *fault);
/* From `now_ms`, or from the instant at which the pause's limit was reached, if that was before. */
BM_MUST_USE enum bm_code bm_clock_resume(struct bm_clock_state *clock, const struct bm_clock_rule *rule,
                                         const struct bm_calendar *calendar, int64_t now_ms, struct bm_fault *fault);
/* By `amount` units, with a reason for the record.  Allowed until the due instant, the rule's times, its amount each. */
BM_MUST_USE enum bm_code bm_clock_extend(struct bm_clock_state *clock, const struct bm_clock_rule *rule,
                                         const struct bm_calendar *calendar, uint32_t amount, const char *reason,
                                         int64_t now_ms, struct bm_fault *fault);
/* The matter has become one of another kind: the new rule's budget, what was consumed and granted stays.  The units must be
 * the same, for what was consumed in one cannot be said in another: then stop this clock and start a successor.  Nothing
 * becomes late before `now_ms` by it.  A pause goes on if the new rule allows its cause and has some of its limit left;
 * else the clock runs on from `now_ms`. */
BM_MUST_USE enum bm_code bm_clock_rebind(struct bm_clock_state *clock, const struct bm_clock_rule *rule,
                                         const struct bm_calendar *calendar, const struct bm_clock_rule *new_rule,
                                         const struct bm_calendar *new_calendar, int64_t now_ms,
                                         struct bm_fault *fault);
/* Done.  A pause past its limit is ended at the limit first. */
BM_MUST_USE enum bm_code bm_clock_stop(struct bm_clock_state *clock, const struct bm_clock_rule *rule,
                                       const struct bm_calendar *calendar, int64_t now_ms, struct bm_fault *fault);

/* --- what follows from the state ------------------------------------------------------------------ */

struct bm_clock_due {
    int64_t at_ms;          /* the last instant in time; BM_AT_NONE while paused, and when stopped out of a pause */
    int32_t day;            /* its civil day; of days and working minutes */
    bool provisional;       /* rests on days that are not announced */
    enum bm_roll rolled;    /* the rule that moved the date; NONE: it did not move */
    int32_t rolled_from;    /* the day it moved from, when it did */
};
BM_MUST_USE enum bm_code bm_clock_due(const struct bm_clock_state *clock, const struct bm_clock_rule *rule,
                                      const struct bm_calendar *calendar, struct bm_clock_due *ret_due,
                                      struct bm_fault *fault);
/* Ticks consumed up to `now_ms` (of a stopped clock: up to its end). */
BM_MUST_USE enum bm_code bm_clock_measure(const struct bm_clock_state *clock, const struct bm_clock_rule *rule,
                                          const struct bm_calendar *calendar, int64_t now_ms, int64_t *ret_ticks,
                                          struct bm_fault *fault);
/* Whether the due instant lies behind `now_ms`, or lay behind the instant at which it was stopped. */
BM_MUST_USE enum bm_code bm_clock_late(const struct bm_clock_state *clock, const struct bm_clock_rule *rule,
                                       const struct bm_calendar *calendar, int64_t now_ms, bool *ret_late,
                                       struct bm_fault *fault);
/* When the pause that is on reaches its limit; BM_AT_NONE when none is on. */
BM_MUST_USE enum bm_code bm_clock_pause_ends(const struct bm_clock_state *clock, const struct bm_clock_rule *rule,
                                             const struct bm_calendar *calendar, int64_t *ret_at_ms,
                                             struct bm_fault *fault);

/* --- a new edition of the calendar ---------------------------------------------------------------- */

struct bm_clock_moved {
    struct bm_clock_due before, after;
    bool moved;              /* the due instant is another */
    int32_t first_changed;   /* the first day between the clock's beginning and its due dates that is worked otherwise;
                                INT32_MIN when there is none (hours or the cover changed) */
    char reason[BM_FAULT_DETAIL_MAX]; /* for the record: editions, and that day with its notice */
};
/* What a running clock's due date was and is; the clock itself does not change, since nothing that is computed is kept in
 * it.  A clock that is paused or stopped has no date that could move (`before` and `after` without an instant).
 * O(days between beginning and due date). */
BM_MUST_USE enum bm_code bm_clock_reproject(const struct bm_clock_state *clock, const struct bm_clock_rule *rule,
                                            const struct bm_calendar *before, const struct bm_calendar *after,
                                            struct bm_clock_moved *ret_moved, struct bm_fault *fault);

/* For ladders: the axis of a rule. */
struct bm_axis bm_clock_axis(const struct bm_clock_rule *rule, const struct bm_calendar *calendar);
/* From which instant ticks count: since_ms, or the end of the anchor's day when counting begins on the next. */
BM_MUST_USE enum bm_code bm_clock_counts_from(const struct bm_clock_state *clock, const struct bm_clock_rule *rule,
                                              const struct bm_calendar *calendar, int64_t *ret_at_ms,
                                              struct bm_fault *fault);

#endif
