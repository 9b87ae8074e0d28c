/* How incidents go: by the statechart of the procedure "emergency"; only files of src/core include this.
 *
 *   record: where the hand stands --> a course that stands there --an event of the file--> where it stands then
 *
 * An incident has many hands.  Each unit walks the states from received to cleared by its own assignment; the case stands
 * where the unit stands that has come furthest (bm_case_stage).  So no course is kept: assignments and cases stand in states
 * of the file by its names, every step of theirs is an act on its chart - who may, what must be filled in, where it leads -
 * and a clock runs in the states in which the file anchors it.  Classes give budgets, where they have one.
 *
 * An incident goes by the edition that was in force when it was opened; before one was published, by the file that comes
 * with the program. */
#ifndef BM_CORE_INCIDENT_H
#define BM_CORE_INCIDENT_H

#include "core/deciding.h"
#include "procedure/course.h"

/* Editions before this one described incidents and did not run them. */
enum { BM_INCIDENT_VERSION_FIRST = 2 };

struct bm_incident {
    const struct bm_track *track;
    const struct bm_procedure *procedure;
};

/* Whether incidents can go by that edition. */
bool bm_incident_is_edition(const struct bm_edition *edition);
/* The rules of an incident that was opened then. */
struct bm_incident bm_incident_rules(const struct bm_core *core, int64_t opened_at_ms);

/* One step: of a unit's hand (`from` says where its assignment stands), or of the case. */
struct bm_incident_step {
    enum bm_case_state from;
    enum bm_outcome outcome; /* from closed: how; by "close": what the result is to be */
    const char *event;
    uint64_t area;           /* the case's: in it the actor has their posts */
    bool report, reason;     /* whether they came with it */
    const char **ret_child;  /* NULL, or the procedure of the case that the step opens: NULL when it opens none */
};
/* Where it leads.  Faults as bm_course_act, with fields named as in commands. */
enum bm_code bm_incident_step(struct bm_deciding *deciding, const struct bm_incident *incident, struct bm_incident_step step,
                              enum bm_case_state *ret_to, enum bm_outcome *ret_outcome);
/* Opens a closed one again: may the actor, and is there time? */
enum bm_code bm_incident_reopen(struct bm_deciding *deciding, const struct bm_incident *incident, const struct bm_case *row);
/* The step of an assignment; from one that waits nothing leads on but sending the unit, or not. */
enum bm_code bm_incident_hand(struct bm_deciding *deciding, const struct bm_incident *incident,
                              const struct bm_assignment *assignment, enum bm_assignment_state to, const struct bm_do_status *said);

/* Whether a promise of that kind runs while a hand, or the case, stands there. */
bool bm_incident_runs(const struct bm_incident *incident, enum bm_clock_kind kind, enum bm_case_state state);
/* How long it is, by the class or by the file. */
int64_t bm_incident_budget_ms(const struct bm_incident *incident, const struct bm_class *class, enum bm_clock_kind kind);

/* Whether a procedure is one that incidents can go by: the states, events and clocks that the core knows, none other, and
 * nothing that incidents do not do.
 * BM_BAD_FILE names what is missing or too much. */
enum bm_code bm_incident_check(struct bm_deciding *deciding, const struct bm_procedure *procedure);

#endif
