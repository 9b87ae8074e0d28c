/* Private to the checks: the configurations of a procedure and what is known in each. */
#ifndef BM_PROCEDURE_CHECKING_H
#define BM_PROCEDURE_CHECKING_H

#include "procedure/check.h"

/* One innermost state for each region (BM_NO_INDEX: there is no such region). */
struct bm_configuration {
    uint16_t active[BM_region_COUNT];
    uint32_t may;  /* bit of each clock that may run here, and */
    uint32_t must; /* those that run whatever led here; both before pauses */
    uint32_t may_begun,
        must_begun; /* likewise those that were started, whether or not they were stopped since */
    bool again;     /* after a reopening */
    bool reached, final;
};

/* What one event does in one configuration. */
struct bm_edge {
    uint16_t from, to; /* configurations */
    uint16_t event;
    uint16_t rows[BM_region_COUNT]; /* taken in each region; BM_NO_INDEX: none */
    uint32_t bodies;                /* bit of each body that can bring it about */
    uint32_t starts, stops;         /* bit of each clock */
};

enum { BM_EDGES_MAX = 32768 };

struct bm_checking {
    const struct bm_procedure *procedure;
    const struct bm_check_options *options;
    struct bm_findings *findings;
    struct bm_check_result *result;
    struct bm_configuration *configurations;
    uint32_t configuration_count;
    struct bm_edge *edges;
    uint32_t edge_count;
    uint16_t opened, reopened; /* configurations; reopened may be BM_NO_INDEX */
    bool complete;             /* all of them were laid out */
};

/* configurations.c.  Lays out what can be reached; false, told, past the maxima. */
bool bm_checking_lay_out(struct bm_checking *checking);
void bm_checking_free(struct bm_checking *checking);
/* Marks in `seen` (a byte for each) what is reached from `from` over edges that some body but those
 * of `without` can bring about. */
void bm_checking_reach(const struct bm_checking *checking, uint16_t from, uint32_t without,
                       uint8_t *seen);
/* Bits of clocks that stand still in a configuration. */
uint32_t bm_checking_paused(const struct bm_checking *checking,
                            const struct bm_configuration *configuration);
/* Bodies that can bring a row about.  To the engine's rows belong those whom the raising clocks
 * measure, too: who is measured brings an expiry about by waiting, but cannot hold it up. */
uint32_t bm_checking_bodies(const struct bm_procedure *procedure, const struct bm_row_def *row);

/* "state offered", for findings. */
struct bm_check_name_text {
    char text[BM_FINDING_WHERE_MAX];
};
struct bm_check_name_text bm_check_state(const struct bm_procedure *procedure, uint16_t state);
struct bm_check_name_text bm_check_row(const struct bm_procedure *procedure,
                                       const struct bm_row_def *row);
struct bm_check_name_text bm_check_clock(const struct bm_procedure *procedure,
                                         const struct bm_clock_def *clock);

/* A bound of a span in minutes of calendar time, from below and above. */
uint64_t bm_span_at_least(struct bm_span span);
uint64_t bm_span_at_most(struct bm_span span);

/* One function for each check, in check_structure.c, check_people.c, check_time.c, check_game.c,
 * check_worst.c, check_fairness.c, check_evidence.c. */
#define BM_CHECKS(C)                                                                               \
    C(3, reachable, "every state is reachable")                                                    \
    C(4, end, "from every state an end is reachable")                                              \
    C(5, dead_end, "no dead end")                                                                  \
    C(6, one_row, "one row for each event")                                                        \
    C(7, automatic, "no cycle of automatic moves")                                                 \
    C(8, history, "history only after a visit")                                                    \
    C(9, owner, "an owner for every unit")                                                         \
    C(10, two_people, "two people for each act")                                                   \
    C(11, approver, "another one approves")                                                        \
    C(12, languages, "every language")                                                             \
    C(13, running, "a clock runs in every state")                                                  \
    C(14, waiting, "waiting has a cause, a limit and a clock")                                     \
    C(15, started, "clocks start before they stop")                                                \
    C(16, gamed, "no clock is gamed")                                                              \
    C(17, rungs, "rungs lie within the budget")                                                    \
    C(18, order, "internal, promised, statutory")                                                  \
    C(19, enforcing, "only law enforces")                                                          \
    C(20, notice, "notice before a deemed effect")                                                 \
    C(21, calendars, "calendars cover the path")                                                   \
    C(22, worst, "worst case is bounded")                                                          \
    C(23, outcome, "an end has a reply")                                                           \
    C(24, survey, "a survey or a reason")                                                          \
    C(25, reopen, "reopening or a reason")                                                         \
    C(26, labels, "labels and next steps")                                                         \
    C(27, secrets, "secrets stay secret")                                                          \
    C(28, hand_over, "a hand-over comes to an end")                                                \
    C(29, emergency, "the emergency exit is open")                                                 \
    C(30, remedies, "remedies on refusal")                                                         \
    C(31, examples, "examples pass")                                                               \
    C(32, coverage, "every row in an example")                                                     \
    C(33, migration, "the map is total")
#define BM_CHECK_FUNCTION(number, name, words) void bm_check_##name(struct bm_checking *checking);
BM_CHECKS(BM_CHECK_FUNCTION)

#endif
