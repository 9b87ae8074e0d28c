/* Written maxima and spans of the core, with what happens at each. */
#ifndef BM_CORE_LIMITS_H
#define BM_CORE_LIMITS_H

#include <stdint.h>

/* Remembered requests: 7 days of journal time (DESIGN.md section 3), and at most this many; past it
 * the oldest is forgotten early, so a very late repeat is judged anew instead of answered again. */
#define BM_REQUEST_KEEP_MS (INT64_C(7) * 24 * 60 * 60 * 1000)
#define BM_REQUESTS_MAX 2000000u

/* The last place in the record.  JSON's readers hold whole numbers exactly up to here (RFC 8259 section 6), and boards and
 * streams name places as numbers.  At a thousand events a second it is 285,000 years away; what would go past it is refused,
 * and so is what would need an id past BM_TABLE_ID_MAX (base/table.h). */
#define BM_SEQ_MAX ((UINT64_C(1) << 53) - 1)

/* A closed case leaves memory after this; it can be revived. */
#define BM_ARCHIVE_AFTER_MS (INT64_C(30) * 24 * 60 * 60 * 1000)

/* Answer clocks.  Source: NENA-STA-020.1-2020, 90 % of calls within 15 s (secondary, see
 * facts/rules.md section 1); other channels by the desk's own habit. */
#define BM_ANSWER_CALL_MS INT64_C(15000)
#define BM_ANSWER_OTHER_MS INT64_C(300000)

/* An abandoned call waits so long to be rung back; then it ends as not reached: after that a call back is no answer to it. */
#define BM_RING_BACK_MS (INT64_C(72) * 60 * 60 * 1000)
/* How often one call rolls over; then it rings where it is.  Positions that are passed over where nobody sits. */
#define BM_ROLLS_MAX 100u
#define BM_ROLL_STEPS_MAX 64u
/* Abandoned calls that one new call closes; further ones stay on the list. */
#define BM_CALLED_AGAIN_MAX 16u

/* Rungs of a clock's ladder: rung 1 when due, rung 2 after the budget has passed once more. */
#define BM_CLOCK_RUNGS 2u

/* How old a paper sheet may be that is entered. */
#define BM_PAPER_AGE_MAX_MS (INT64_C(400) * 24 * 60 * 60 * 1000)
/* Open assignments on one case; more are refused. */
#define BM_CASE_ASSIGNMENTS_MAX 256u
/* Contacts on one case; more are refused (open a second case and link it). */
#define BM_CASE_CONTACTS_MAX 1000u
/* Road closures in force at once; more are refused, for the road engine weighs all of them anew (road/live.h takes
 * BM_LIVE_CLOSURES_MAX). */
#define BM_ROAD_CLOSURES_MAX 4096u
/* Levels of agencies; deeper is refused, for nobody above would see what lies there. */
enum { BM_AGENCY_DEPTH_MAX = 16 };
/* Classes in one published list. */
#define BM_CLASSES_MAX 500u
/* Editions of procedures and calendars that are kept, and names of each that are in force; more are refused. */
#define BM_EDITIONS_MAX 1000u
#define BM_EDITION_NAMES_MAX 64u
#define BM_ADDITIONS_MAX 256u /* local additions to calendars in force at once */
/* Figures that were stated and are kept: one a day for 27 years; more are refused. */
#define BM_FIGURES_MAX 10000u
/* Positions at the desk; more are refused.  After how long a call rings at the next one: one second to ten minutes. */
#define BM_DESK_POSITIONS_MAX 1000u
#define BM_ROLLOVER_LEAST_MS INT64_C(1000)
#define BM_ROLLOVER_MOST_MS INT64_C(600000)
/* Devices; more are refused.  Acknowledged calls of crews in danger that stay in memory; past it the oldest leaves. */
#define BM_DEVICES_MAX 100000u
#define BM_DURESS_KEPT_MAX 100u
#define BM_DURESS_SETTLED_MS INT64_C(60000)
/* Bands that measures are held against. */
#define BM_BANDS_MAX 200u
/* Channels out of the house; more are refused. */
#define BM_ALERT_CHANNELS_MAX 256u
/* Stints of duty that are kept in memory (planned, on, and those of the last thirty days); more are refused. */
#define BM_STINTS_MAX 200000u
/* A stint that follows another so soon goes on with the same shift: a break is no rest. */
#define BM_BREAK_MS (INT64_C(60) * 60 * 1000)
/* So long before its planned start a stint may begin as planned. */
#define BM_STINT_EARLY_MS (INT64_C(2) * 60 * 60 * 1000)
/* Of a rule, and of a planned shift. */
#define BM_STINT_MOST_MS (INT64_C(7) * 24 * 60 * 60 * 1000)
/* Cases and contacts that are taken over at once; of more, some are chosen. */
#define BM_TAKE_OVER_MAX 1000u
/* Notes that wait for the next shift; more are refused until some were taken over. */
#define BM_HANDOVERS_MAX 10000u
/* Duty levels, units that one of them calls, and how far its end may lie ahead. */
#define BM_DUTY_LEVELS_MAX 100u
#define BM_DUTY_LEVEL_CALLS_MAX 2000u
#define BM_DUTY_LEVEL_MOST_MS (INT64_C(31) * 24 * 60 * 60 * 1000)
/* How far ahead a shift is planned. */
#define BM_STINT_AHEAD_MS (INT64_C(400) * 24 * 60 * 60 * 1000)
/* Events of one decision that somebody asked for: half of what one batch of the journal holds (journal.h). */
#define BM_DECISION_EVENTS_MAX 8192
/* Clock budgets: one second to 400 days. */
#define BM_BUDGET_LEAST_MS INT64_C(1000)
#define BM_BUDGET_MOST_MS (INT64_C(400) * 24 * 60 * 60 * 1000)
/* A reported time may lie this far in the future of the desk's (a crew's watch is wrong). */
#define BM_OCCURRED_AHEAD_MS INT64_C(60000)

#endif
