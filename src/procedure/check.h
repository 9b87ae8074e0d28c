/* The static checks: what a procedure must not be, found before it is published.  Numbers and names
 * are those of facts/procedures.md section 7; a file with any finding that is no warning is not
 * published.
 *
 *   structure   3 reachable       4 an end is reachable   5 no dead end     6 one row per event
 *               7 no automatic cycle                      8 history
 *   people      9 an owner for every unit                10 two people     11 another one approves
 *              12 every language
 *   time       13 a clock in every state                 14 waiting        15 start before stop
 *              16 no clock is gamed                      17 rungs within
 *              18 internal <= promised <= statutory      19 only law enforces
 *              20 notice before effect                   21 calendars      22 worst case
 *   fairness   23 outcome and reply  24 survey           25 reopening      26 labels
 *              27 secrets            28 hand-over        29 emergency exit 30 remedies
 *   evidence   31 examples, as far as they go without time
 *              32 every row in an example                33 the move from the former version
 *
 * 1 (reads) and 2 (names are unique) are the reader's (procedure.h).  31 under a simulated clock
 * needs the kernel that runs a case: bm_check_examples walks states, roles, fields and counters;
 * due dates and rungs are for whoever drives the kernel.
 *
 * Most of them look at all *configurations*: which state is active in each region, as far as events
 * can bring them about; guards are taken for possible both ways, but for in(state), which a
 * configuration knows.
 *
 * **Whose act it is.**  A row is controlled by a body (the unit, the desk, ...) when all its roles
 * are of that body.  The engine's rows nobody can hold up, but whom the raising clock measures can
 * bring them about by waiting.  A clock that measures a body must be able to start without that
 * body's doing (unless another clock of the same force measures it meanwhile), must not stand still
 * by its act nor wait for it alone to go on, and must neither be started anew nor extended by it:
 * else it measures nothing. */
#ifndef BM_PROCEDURE_CHECK_H
#define BM_PROCEDURE_CHECK_H

#include "procedure/procedure.h"

enum {
    BM_CHECK_COUNT = 33,
    BM_CHECK_CONFIGURATIONS_MAX = 2048 /* past it the file is refused by check 3 */
};
/* "no clock is gamed"; "" for numbers that there are not. */
const char *bm_check_name(uint32_t check);

/* Days that a calendar covers, as days since 1970-01-01; what is not known is not covered. */
struct bm_check_calendar {
    const char *name;
    int32_t covers_from, covers_to;
};
struct bm_check_options {
    const struct bm_check_calendar
        *calendars; /* NULL: check 21 is left out, and said so in `left_out` */
    uint32_t calendar_count;
    int32_t today;                     /* with calendars: day from which paths are laid */
    const struct bm_procedure *former; /* the version before; NULL: check 33 asks only for a map */
};

/* The longest that a case takes while every clock is kept: each unit by itself, and a bound in
 * calendar days: 480 working minutes are taken as a working day, working days as 7/5 calendar days
 * and eleven more (the longest official holiday with its make-up days, facts/rules.md section 7). */
struct bm_worst_case {
    uint64_t amounts[BM_measure_COUNT];
    uint32_t days;
    bool bounded;
};
struct bm_check_result {
    struct bm_worst_case first; /* from first contact to closed */
    struct bm_worst_case
        reopened; /* all reopenings together, windows among them; zero when there are none */
    uint32_t configurations;
    uint32_t covered_rows, rows; /* by examples */
    uint64_t left_out;           /* bit of each check that could not be made */
};

/* Runs every check.  O(configurations * rows * clocks). */
void bm_check_procedure(const struct bm_procedure *procedure,
                        const struct bm_check_options *options, struct bm_findings *findings,
                        struct bm_check_result *ret_result);

#endif
