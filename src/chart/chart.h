/* The statechart kernel: how a case moves.  A chart is data; a configuration is where one case stands in it; a step takes
 * both and an event and gives the next configuration.
 *
 *   draft (the caller's arrays) -> bm_chart_compile -> chart, immutable and shared by all cases
 *   chart -> bm_chart_start -> configuration -> bm_chart_step with an event -> configuration -> ...
 *                                   |  bm_chart_write: a line of text      ^
 *                                   '---- the journal, a snapshot ----- bm_chart_read
 *
 * Meaning and order are those of SCXML (W3C Recommendation 1 September 2015, appendix D): of the transitions that an event
 * enables the innermost wins and the first in document order; those that would leave the same states exclude each other;
 * states are left in reverse document order up to the least common compound ancestor, then the transitions' actions run,
 * then states are entered in document order.  After every such microstep transitions without an event go first, then the
 * events that actions raised, until nothing moves any more: a step always ends at rest.  Charts hold no scripts and no
 * data: a guard and an effect are numbers whose meaning is the caller's, and delayed events are told, not kept.
 *
 * Pure and deterministic; a step allocates nothing.  A chart may be used by several threads at once. */
#ifndef BM_CHART_CHART_H
#define BM_CHART_CHART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/code.h"

enum {
    BM_CHART_STATES_MAX = 256, /* pseudo-states included */
    BM_CHART_DEPTH_MAX = 16,   /* of a state below the root */
    BM_CHART_TRANSITIONS_MAX = 1024,
    BM_CHART_TARGETS_MAX = 16, /* of one transition */
    BM_CHART_ACTIONS_MAX = 4096,
    BM_CHART_MEMORY_MAX = 256, /* states below the parents of all histories, together */
    BM_CHART_NAME_MAX = 63,    /* bytes of a state's id: a fault's field holds it */
    BM_CHART_EVENT_MAX = 128,  /* bytes of an event's name, and of a send's id */
    BM_CHART_EVENTS_MAX = 512, /* bytes of a transition's descriptors */
    BM_CHART_MICROSTEPS_MAX = 256, /* of one step */
    BM_CHART_RAISED_MAX = 256,     /* internal events of one step */
    BM_CHART_NONE = UINT32_MAX     /* no state, no transition */
};
/* A send may wait ten years of 366 days. */
#define BM_CHART_DELAY_MAX_MS (INT64_C(3660) * 86400 * 1000)

/* --- what the caller gives -------------------------------------------------------------------- */

enum bm_chart_kind {
    BM_CHART_STATE,    /* compound when states stand below it, else atomic */
    BM_CHART_PARALLEL, /* all states below it are active together */
    BM_CHART_FINAL,    /* entering it raises done.state.PARENT; below the root the chart has ended */
    /* Pseudo-states, never active.  Each has one transition, without event and guard: */
    BM_CHART_SHALLOW, /* a history: back to the child that was active; the transition is for the first time */
    BM_CHART_DEEP,    /* the same for all that was active below the parent */
    BM_CHART_INITIAL, /* where its parent is entered when nothing below is named; without one: the first child */
    BM_CHART_KIND_COUNT
};

enum bm_chart_act {
    BM_CHART_EFFECT, /* told to the caller; `effect` is its number */
    BM_CHART_RAISE,  /* `event` goes behind the internal events that wait */
    BM_CHART_SEND,   /* told: `event` is wished `delay_ms` from now, under `id` */
    BM_CHART_CANCEL, /* told: what was sent under `id` is not wished any more */
    BM_CHART_ACT_COUNT
};

struct bm_chart_action {
    enum bm_chart_act act;
    const char *event; /* RAISE, SEND */
    const char *id;    /* CANCEL; SEND, or NULL: cannot be cancelled */
    int64_t delay_ms;  /* SEND: 0..BM_CHART_DELAY_MAX_MS */
    uint32_t effect;   /* EFFECT */
};

/* A stretch of the draft's actions or targets. */
struct bm_chart_span {
    uint32_t first, count;
};

struct bm_chart_state {
    const char *id;  /* as an event's name (bm_chart_is_event), at most BM_CHART_NAME_MAX bytes; an INITIAL may have NULL */
    uint32_t parent; /* an earlier state; BM_CHART_NONE for the root, the first */
    enum bm_chart_kind kind;
    struct bm_chart_span on_entry, on_exit; /* of actions */
};

/* Those of one source are tried in the order in which they stand. */
struct bm_chart_transition {
    uint32_t source;
    /* Descriptors with one space between: `a.b` and `a.b.*` take the events a.b and a.b.c, `*` takes any.  NULL: taken as soon
     * as the guard lets, without an event. */
    const char *events;
    struct bm_chart_span targets; /* none: nothing is left or entered, the actions run */
    /* From a compound source to below it: the source is not left.  Otherwise all is left that stands below the nearest compound
     * above both: from a region of a parallel to below that region, the whole parallel. */
    bool internal;
    uint32_t guard; /* the caller's number; 0: none */
    struct bm_chart_span actions;
};

/* States stand in document order, each with all that is below it right behind it.  The first is the root: it stands for the
 * whole chart, is always active and so never in a configuration, and has neither transitions nor actions. */
struct bm_chart_draft {
    const struct bm_chart_state *states;
    const struct bm_chart_transition *transitions;
    const struct bm_chart_action *actions;
    const uint32_t *targets; /* states */
    uint32_t state_count, transition_count, action_count, target_count;
};

/* --- a chart ---------------------------------------------------------------------------------- */

struct bm_chart;

/* Checks the draft and makes a chart of it, which keeps nothing of the caller's.  What is refused: a number or text out of its
 * range, a name that is used twice, states out of document order, what may not stand below its parent, a compound without
 * children or with two INITIALs, pseudo-states and root with what they may not have, targets that could not be active
 * together or that a pseudo-state may not have, and a transition that could be taken for ever at rest (no event, no guard, no
 * target).  The fault's field is the state's id, its detail names the mend.  O(states + transitions x targets^2 x depth).
 * The result is the caller's (bm_chart_free). */
BM_MUST_USE enum bm_code bm_chart_compile(const struct bm_chart_draft *draft, struct bm_chart **ret_chart,
                                          struct bm_fault *fault);
void bm_chart_free(struct bm_chart *chart); /* NULL is fine */

uint32_t bm_chart_state_count(const struct bm_chart *chart);
/* The state with this id, or BM_CHART_NONE.  O(states). */
uint32_t bm_chart_find(const struct bm_chart *chart, const char *id);
/* Its id, "" for an INITIAL without one; lives as long as the chart. */
const char *bm_chart_id(const struct bm_chart *chart, uint32_t state);
/* BM_CHART_NONE for the root. */
uint32_t bm_chart_parent(const struct bm_chart *chart, uint32_t state);
enum bm_chart_kind bm_chart_kind_of(const struct bm_chart *chart, uint32_t state);
/* Whether one of the descriptors takes an event of this name. */
bool bm_chart_takes(const char *descriptors, const char *event);
/* Whether it can be an event's name: tokens of letters, digits, _ - and :, joined by dots, at most BM_CHART_EVENT_MAX bytes. */
bool bm_chart_is_event(const char *name);

/* --- a configuration -------------------------------------------------------------------------- */

struct bm_chart_set {
    uint64_t words[BM_CHART_STATES_MAX / 64];
};

/* A value: copy it with `=`, compare it with memcmp.  At rest exactly one child of each active compound is active, all
 * children of each active parallel, and the parents of all that is active. */
struct bm_configuration {
    struct bm_chart_set active;
    struct bm_chart_set memory; /* what the histories remember, in the order that the chart gave them room */
};

/* SCXML's In(). */
bool bm_chart_in(const struct bm_configuration *configuration, uint32_t state);
/* A FINAL below the root is active: nothing moves any more. */
bool bm_chart_ended(const struct bm_chart *chart, const struct bm_configuration *configuration);

/* Writes it as one line of text, the same for the same configuration: the active states that have none below them, then for
 * each history that remembers something `;id=` and what, all in document order:
 *     waiting on_time;back=working
 * At most BM_CHART_WRITTEN_MAX bytes. */
void bm_chart_write(const struct bm_chart *chart, const struct bm_configuration *configuration, struct bm_buf *buf);
enum { BM_CHART_WRITTEN_MAX = (BM_CHART_STATES_MAX + BM_CHART_MEMORY_MAX) * 2 * (BM_CHART_NAME_MAX + 1) };
/* Reads it back.  Refuses (BM_CORRUPT, and what would be right) whatever no case could have come to: unknown names, states
 * that cannot be active together or of which some are missing, a history that remembers such, and any other spelling than
 * that of bm_chart_write. */
BM_MUST_USE enum bm_code bm_chart_read(const struct bm_chart *chart, const char *text, size_t len,
                                       struct bm_configuration *ret_configuration, struct bm_fault *fault);

/* --- moving ----------------------------------------------------------------------------------- */

enum bm_chart_news_kind {
    BM_CHART_LEFT,    /* `state`: its exit actions were told, it is active no more */
    BM_CHART_TAKEN,   /* `transition`; its actions follow */
    BM_CHART_ENTERED, /* `state`; its entry actions follow */
    BM_CHART_TOLD,    /* `action`, an effect, send or cancel */
    BM_CHART_RAISED,  /* `event` waits: by the action `action`, or done.state.* and NULL */
};

/* One thing that happens.  What belongs to nothing is BM_CHART_NONE or NULL. */
struct bm_chart_news {
    enum bm_chart_news_kind kind;
    uint32_t state;                       /* LEFT, ENTERED; else whose action it is, the transition's source */
    uint32_t transition;                  /* TAKEN, and its actions: its number in the draft */
    uint32_t action_number;               /* of `action` in the draft */
    const struct bm_chart_action *action; /* with the chart's own texts */
    const char *event;                    /* RAISED: which; else the event that is being worked, NULL for none */
    const struct bm_configuration *configuration; /* as it is at this moment */
};

/* How the kernel asks and tells.  Neither may change the chart or the configuration. */
struct bm_chart_world {
    void *context;
    /* Whether the guard (never 0) holds; asked again in the same microstep it says the same.  `event` is NULL for a transition
     * without one.  NULL: the chart has no guards. */
    bool (*guard)(void *context, uint32_t guard, const char *event, const struct bm_configuration *configuration);
    /* Takes what happens, in order; nothing is told after a fault.  NULL: nobody listens. */
    void (*tell)(void *context, const struct bm_chart_news *news);
};

/* Where a new case stands: enters the root's default and runs to rest.  Faults as bm_chart_step. */
BM_MUST_USE enum bm_code bm_chart_start(const struct bm_chart *chart, const struct bm_chart_world *world,
                                        struct bm_configuration *ret_configuration, struct bm_fault *fault);

/* Takes one event from outside and runs to rest.  An event that nothing takes is no fault, only *ret_taken tells: how many
 * transitions took it (of several regions; 0 also once the chart has ended).  When a FINAL below the root is entered, its exit
 * actions are told, and it is kept as where the chart ended.  `from` and `ret_to` may be the same; `ret_taken` may be NULL.
 *
 * BM_CONFLICT, `ret_to` untouched, and what was told is void: after BM_CHART_MICROSTEPS_MAX microsteps, or
 * BM_CHART_RAISED_MAX internal events, it is not at rest: the chart goes round.  BM_BAD_REQUEST: `event` can't be a name. */
BM_MUST_USE enum bm_code bm_chart_step(const struct bm_chart *chart, const struct bm_chart_world *world,
                                       const struct bm_configuration *from, const char *event,
                                       struct bm_configuration *ret_to, uint32_t *ret_taken, struct bm_fault *fault);

/* How many transitions would take the event now, and their numbers in the draft into ret_transitions (room for
 * BM_CHART_STATES_MAX; may be NULL), without moving anything. */
uint32_t bm_chart_would_take(const struct bm_chart *chart, const struct bm_chart_world *world,
                             const struct bm_configuration *configuration, const char *event, uint32_t *ret_transitions);

#endif
