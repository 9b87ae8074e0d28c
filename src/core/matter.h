/* Inside of decide: one matter on its way; only files of src/core include this.
 *
 *   load or begin --> act, tick, reopen, ... on a copy of its course --> finish: events
 *
 * While the course is told to go on, what it tells becomes events at once (promises, rungs, notices); `bm_matter_finish`
 * then says where the matter stands, and closes or opens its case.  A refusal anywhere voids them all. */
#ifndef BM_CORE_MATTER_H
#define BM_CORE_MATTER_H

#include "core/calendars.h"
#include "core/deciding.h"
#include "core/spares.h"
#include "procedure/course.h"

struct bm_matter_draft {
    struct bm_deciding *deciding;
    const struct bm_track *track;
    const struct bm_procedure *procedure;
    struct bm_case row;       /* texts and numbers; its BYTES are the core's, not owned */
    struct bm_matter matter;  /* the same */
    struct bm_course course;
    struct bm_promise promises[BM_PROCEDURE_CLOCKS_MAX]; /* by clock, the last one; id 0: none */
    struct bm_calendars_in calendars; /* of its area */
    struct bm_course_world world;
    const char *act, *role;   /* for the record; "": time */
    bool offers, ties, surveys;    /* effects that were told */
    enum bm_tie tie;
    const char *child[BM_PROCEDURE_EFFECTS_MAX]; /* procedures of cases that are to be opened */
    uint32_t child_count;
    size_t given_used, spare_used; /* pairs of the act's keys, and of the matter's spare keys */
    uint64_t put_by[2 * BM_SPARES_MAX]; /* its spare keys, where they are other than they were */
    uint32_t supervisors;     /* bit of each role in whose name a rung takes the matter under supervision */
    bool reassigns;           /* a rung gives it to the agency above */
    bool closed;              /* handling has ended */
    bool commits;             /* by a person: raises the case's version */
    enum bm_bar spared;       /* what bars the actor, who may all the same because nobody else could */
    enum bm_code code;        /* the first thing that went wrong while it was told */
};

/* A draft of the matter of a case that is there.  BM_NOT_POSSIBLE when the case lives by no procedure. */
enum bm_code bm_matter_load(struct bm_deciding *deciding, uint64_t case_id, struct bm_matter_draft *ret_draft);
/* A draft of a matter that begins, under the current edition of a procedure; it has no calendars yet. */
enum bm_code bm_matter_begin(struct bm_deciding *deciding, const char *procedure, struct bm_matter_draft *ret_draft);
/* Begins it beside an open case, in its area and place, with fresh sealing keys; emits that, and where it stands. */
enum bm_code bm_matter_found(struct bm_matter_draft *child, const struct bm_case *parent, const uint64_t keys[BM_data_class_COUNT]);
/* It is offered to that agency now. */
enum bm_code bm_matter_offer(struct bm_matter_draft *draft, uint64_t agency);
/* A case that was opened out of it and whose end its own must wait for, as the procedure's `children` says; 0: none. */
uint64_t bm_matter_open_child(const struct bm_matter_draft *draft);
/* Takes the calendars of its area (row.jurisdiction); a loaded draft has them. */
enum bm_code bm_matter_take_calendars(struct bm_matter_draft *draft);
/* The editions of calendars and additions that are in force: at most BM_EDITION_NAMES_MAX + BM_ADDITIONS_MAX. */
size_t bm_matter_almanac(const struct bm_core *core, const struct bm_edition *ret_editions[BM_EDITION_NAMES_MAX + BM_ADDITIONS_MAX]);
/* Does what has come due before somebody acts, and emits where the matter stands then: what time did and what a person did
 * are told apart, and a matter that is joined to another, and taken apart again, goes on from there. */
enum bm_code bm_matter_catch_up(struct bm_matter_draft *draft);
/* Emits where it stands now, and what follows for its case. */
enum bm_code bm_matter_finish(struct bm_matter_draft *draft);
/* Does what rungs asked for beside telling: takes it under supervision, gives it to the agency above. */
enum bm_code bm_matter_escalate(struct bm_matter_draft *draft);
/* Emits that it stands where it stood, and that nothing will happen by itself (halted). */
void bm_matter_stand_still(struct bm_matter_draft *draft);
/* Emits what has become of a promise, when it is another than it was: its due date is counted anew. */
enum bm_code bm_matter_promise(struct bm_matter_draft *draft, uint16_t clock, enum bm_promise_change why, bool always);
/* The track of an edition. */
enum bm_code bm_matter_track(struct bm_deciding *deciding, const struct bm_edition *edition, const struct bm_track **ret_track);
/* The current procedures, for core/spares.h; `deciding` must outlive it. */
struct bm_procedures bm_matter_procedures(struct bm_deciding *deciding);
/* The names of roles in a set, separated by spaces. */
void bm_matter_roles_text(const struct bm_procedure *procedure, uint32_t roles, char ret_text[BM_LIST_TEXT]);

#endif
