/* A course: how one matter goes by its procedure.
 *
 *   bm_course_open -> course -- bm_course_act (somebody does something) --> course
 *                        ^  `-- bm_course_tick (time has come) ------------> course
 *                        |
 *                 bm_course_write, bm_course_read: one line of JSON, for the record
 *
 * Everything that happens is told in order: states left and entered, clocks started, paused, resumed, extended, stopped,
 * rungs and breaches, effects for others to carry out (notices, children, hand-overs, surveys).  Whoever keeps a record
 * writes down what it is told and the course behind it; replay needs neither procedure nor calendar.
 *
 * An act is refused whole or done whole: on any fault the course is what it was and what was told is void.  Who may act,
 * what must be filled in and when a step is possible stand in the rows of the procedure (procedure.h):
 *   - of the rows that the state has for the event, the first is taken whose roles, limit and guard all let it
 *   - a guard that looks at a field nobody filled in refuses, with the field's name; so does a need
 *   - four eyes: not by whoever worked on it since it was opened (or opened again), nor by whoever acted last
 *   - another hand (reopen's `other_hand`): what moves handling on is not for whoever handled it before it was opened again
 *     Where the world says that nobody else could, they may; that is told (BM_COURSE_SPARED).
 *   - a matter whose handling is final takes nothing more until it is opened again
 *
 * Clocks follow the states: a clock anchored in a state runs while it is active, a clock stands still in the states of its
 * `pause_in`, each for as long as that row of the file allows, and all end when handling is final.  An effect `pause` holds a
 * clock by the first row of its `pause_in` until an effect `resume`, also through states that pause it by rows of their own.
 * A breach raises the clock's `on_expiry`, as the engine's act; where no row takes it, it stays a breach in the record.  One
 * that would end handling when the world says that it may not yet is held up: it is done by the first tick that may, unless
 * handling has moved on meanwhile.
 *
 * Pure: instants, calendars and who acts come in.  Deterministic: the same course, act and calendars give the same course.
 * Source: facts/procedures.md sections 1 to 6; DESIGN section 5. */
#ifndef BM_PROCEDURE_COURSE_H
#define BM_PROCEDURE_COURSE_H

#include "base/shape.h"
#include "procedure/ladder.h"
#include "procedure/track.h"

enum {
    BM_COURSE_WRITTEN_MAX = 64 * 1024,
    BM_COURSE_HANDS_MAX = 64,     /* people who handle one matter; the act of one more is refused */
    BM_COURSE_WHO_TEXT = 80,
    BM_COURSE_CATCH_UP_MAX = 10000 /* things that come due before one act */
};

/* A clock of the course.  `there`: it was started; then `work` says where it stands, also when it was stopped. */
struct bm_course_clock {
    bool there;
    bool held;                            /* paused by an effect, whatever states do beside it */
    uint8_t pause;                        /* PAUSED: the row of pause_in */
    struct bm_clock_state work;
    struct bm_fired fired;
    struct bm_told told;                  /* under former versions, and not of this one's ladder */
    int64_t used[BM_TRACK_PAUSES_MAX];   /* ticks that each row has paused it */
};

/* Why somebody who has the post may not take a row all the same. */
enum bm_bar { BM_BAR_NONE, BM_BAR_FOUR_EYES, BM_BAR_OTHER_HAND, BM_bar_COUNT };
extern const char *const bm_bar_words[BM_bar_COUNT + 1]; /* NULL at the end */

/* Somebody who acted for the desk, or for whoever handles it for the desk, and moved handling on by it. */
enum {
    BM_HAND_HANDLED = 1, /* since it was opened, or opened again: also by judging another's work, or taking it in */
    BM_HAND_WORKED = 2,  /* did what there is to be judged */
    BM_HAND_BEFORE = 4,  /* handled it before it was opened again */
    BM_HAND_ALL = 7
};
struct bm_course_hand {
    uint64_t who;
    uint8_t did;
};

/* A value: copy it with `=`. */
struct bm_course {
    struct bm_configuration at;
    struct bm_course_clock clocks[BM_PROCEDURE_CLOCKS_MAX];
    uint64_t filled;                              /* bit of each field that has been filled in */
    uint64_t required;                            /* bit of each that must be before handling ends */
    int64_t values[BM_PROCEDURE_FIELDS_MAX];      /* of filled ones: number, day, place of a choice's word, 1 for yes */
    uint16_t taken[BM_PROCEDURE_ROWS_MAX];        /* how often each row with a limit was taken */
    uint32_t counters[BM_COUNTER_COUNT];
    uint64_t last_actor;                          /* 0: nobody but the engine has acted */
    struct bm_course_hand hands[BM_COURSE_HANDS_MAX]; /* in the order in which they came */
    uint32_t hand_count;
    int64_t closed_ms;                            /* when handling ended last; BM_AT_NONE: it has not */
    bool held_up;                                 /* the engine would end handling by `held_event`, and may not yet */
    uint16_t held_event;
};

enum bm_course_kind {
    BM_COURSE_LEFT, BM_COURSE_ENTERED, /* `state` */
    BM_COURSE_TAKEN,                   /* `row` */
    BM_COURSE_EFFECT,                  /* `effect`: set, require and those on clocks have been done; the rest is for others */
    BM_COURSE_STARTED, BM_COURSE_STOPPED, BM_COURSE_PAUSED, BM_COURSE_RESUMED, BM_COURSE_EXTENDED, /* `clock` */
    BM_COURSE_RUNG,                    /* `clock`, `rung`: its instant `at_ms` has come */
    BM_COURSE_BREACHED,                /* `clock`: the last instant in time was just before `at_ms` */
    BM_COURSE_HELD_UP,                 /* the engine's act would end handling, and waits until the world lets it */
    BM_COURSE_SPARED,                  /* `row` is taken in spite of `bar`: nobody else could */
    BM_COURSE_CLOSED                   /* handling has ended in `state` */
};
struct bm_course_news {
    enum bm_course_kind kind;
    uint16_t state, row, clock; /* BM_NO_INDEX where it is none */
    uint32_t rung;
    int64_t at_ms;
    enum bm_bar bar;
    const struct bm_effect_def *effect;
    const struct bm_course *course; /* as it is at this moment */
};

/* What a course cannot know by itself. */
struct bm_course_world {
    const struct bm_calendar *const *calendars;
    size_t calendar_count;
    void *context;
    void (*tell)(void *context, const struct bm_course_news *news); /* NULL: nobody listens */
    /* Whether somebody whom nothing bars (bm_course_bar) has a post for the row; who, for people to read.  NULL: somebody
     * always has, named by their post alone. */
    bool (*others)(void *context, const struct bm_course *course, const struct bm_row_def *row,
                   char ret_who[BM_COURSE_WHO_TEXT]);
    /* Whether handling may end now by the engine's act: nothing that was opened out of it is still open.  NULL: it may. */
    bool (*may_end)(void *context);
};

/* Somebody does something. */
struct bm_course_act {
    uint16_t event;
    uint32_t roles;        /* bit of each that the actor has in this matter; bit 0: the engine */
    uint64_t actor;        /* who; 0 only for the engine */
    int64_t now_ms;
    uint64_t filled;       /* bit of each field that comes with it */
    const int64_t *values; /* by field, of those bits; of texts, places and persons it is not looked at */
    const char *reason;    /* for extensions; NULL: none */
};

/* The value of a field from a text that the field can take, as procedure files and forms write it: a number, a day of
 * YYYY-MM-DD, a word of a choice, yes or no; 0 for texts, places and persons. */
int64_t bm_course_value(const struct bm_field_def *field, const char *text);

/* A new matter.  Clocks anchored at first contact run since `first_contact_ms`, at most `now_ms`.  Faults of clock.h. */
BM_MUST_USE enum bm_code bm_course_open(const struct bm_track *track, const struct bm_course_world *world,
                                        int64_t first_contact_ms, int64_t now_ms, struct bm_course *ret_course,
                                        struct bm_fault *fault);
/* What came due up to the act's instant is done first, as by bm_course_tick.  BM_NOT_POSSIBLE: no row of the state takes the
 * event now; BM_FORBIDDEN: others may, or it is for another hand (names whose); BM_MISSING_FIELD, BM_OUT_OF_RANGE: name the field; BM_CONFLICT: more
 * than BM_COURSE_CATCH_UP_MAX things came due; faults of clock.h. */
BM_MUST_USE enum bm_code bm_course_act(const struct bm_track *track, const struct bm_course_world *world,
                                       struct bm_course *course, const struct bm_course_act *act,
                                       struct bm_fault *fault);
/* Opens a closed matter again, as the procedure's `reopen` allows: its roles, what it needs, its window and limit; the act's
 * event is not looked at.  Handling goes to `reopen.to`; the other regions stay where they were, and the clocks of their
 * states, which ended with handling, start anew.  BM_NOT_POSSIBLE: it is not closed, the window is over, or it was opened again as often as may be.
 * Whoever handled it is barred from handling it again where the procedure says other_hand (bm_course_bar). */
BM_MUST_USE enum bm_code bm_course_reopen(const struct bm_track *track, const struct bm_course_world *world,
                                          struct bm_course *course, const struct bm_course_act *act,
                                          struct bm_fault *fault);
/* Does the first thing whose instant is `now_ms` or before: a pause that has reached its limit, a rung, a breach.  Call it
 * until *ret_did is false: what came due while nobody was there is done in order, each once.  It takes place at its own
 * instant, and so does what the engine does at a breach: a desk that was away comes to the same as one that was there. */
BM_MUST_USE enum bm_code bm_course_tick(const struct bm_track *track, const struct bm_course_world *world,
                                        struct bm_course *course, int64_t now_ms, bool *ret_did,
                                        struct bm_fault *fault);
/* When bm_course_tick has something to do next; BM_AT_NONE: never, unless somebody acts. */
BM_MUST_USE enum bm_code bm_course_next(const struct bm_track *track, const struct bm_course_world *world,
                                        const struct bm_course *course, int64_t *ret_at_ms, struct bm_fault *fault);

/* The course of a matter that goes on by another version of its procedure, as that version's `migrate` says:
 *   states      by the map, else by name, each in its region; a region that is new begins where it begins
 *   history     by the same names
 *   fields      by name, of the same type; words of a choice by the word
 *   limits      of rows: by state, event and place among the rows of both
 *   clocks      by name, of the same unit: consumed, granted and paused stay, the budget is the new one; one that was
 *               broken keeps its budget, and so its date.  Rungs that were told stay told, also when only a later version has
 *               them again.  A clock of a state that is not active any more ends; those of states that are begin
 *   new clocks  from first contact begin now: a promise that was not made could not be kept
 * Refused whole where something of the course has no place (BM_NOT_POSSIBLE, naming it and the mend): a state, a field, a
 * word, a clock.  BM_NOT_POSSIBLE also when the matter is closed, or would be; BM_CONFLICT when something is due (tick
 * first), or `to` is no later version of the same procedure; faults of clock.h.  What is told speaks of `to`.
 * `course` and `ret_course` may be the same. */
BM_MUST_USE enum bm_code bm_course_migrate(const struct bm_track *from, const struct bm_track *to,
                                           const struct bm_course_world *world, const struct bm_course *course,
                                           int64_t now_ms, struct bm_course *ret_course, struct bm_fault *fault);

/* When a clock of the course is due, as clock.h says it; BM_NOT_POSSIBLE when it was never started. */
BM_MUST_USE enum bm_code bm_course_due(const struct bm_track *track, const struct bm_course_world *world,
                                       const struct bm_course *course, uint16_t clock, struct bm_clock_due *ret_due,
                                       struct bm_fault *fault);

/* The last instant within a span of the file that begins with the day after `from_ms` (minutes: at once), on the calendar
 * of the first clock that has one: surveys' checks.  Faults of clock.h. */
BM_MUST_USE enum bm_code bm_course_within(const struct bm_track *track, const struct bm_course_world *world,
                                          const struct bm_span *span, int64_t from_ms, int64_t *ret_at_ms,
                                          struct bm_fault *fault);

/* A course that stands in a state of handling with none inside it, and in the other regions where they begin; no clock was
 * started and nothing filled in.  For those who keep themselves where a matter stands (core/incident.h). */
void bm_course_stand(const struct bm_track *track, uint16_t state, struct bm_course *ret_course);
/* What bars `actor` from taking the row; 0, the engine, nothing. */
enum bm_bar bm_course_bar(const struct bm_procedure *procedure, const struct bm_course *course, const struct bm_row_def *row,
                          uint64_t actor);

/* Whether `state` is active. */
bool bm_course_in(const struct bm_track *track, const struct bm_course *course, uint16_t state);
/* The innermost active state of a region; BM_NO_INDEX when the procedure has no such region. */
uint16_t bm_course_state(const struct bm_track *track, const struct bm_course *course, enum bm_region region);
/* Whether handling is final. */
bool bm_course_closed(const struct bm_track *track, const struct bm_course *course);

/* Rows that somebody with these roles could take now, by event; `missing`: fields that must come with the event, and those
 * that its guard looks at, or the end of handling needs, and that nobody has filled in yet; `rows`: bits of all rows that
 * the event takes together, one of each region (`row` is the first).  `bar`: the actor may not, and `who` could; `spared`: may
 * only because nobody else could.  Returns how many. */
struct bm_course_choice {
    uint16_t row;
    enum bm_bar bar, spared;
    char who[BM_COURSE_WHO_TEXT];
    uint64_t missing;
    uint64_t rows[(BM_PROCEDURE_ROWS_MAX + 63) / 64];
};
size_t bm_course_choices(const struct bm_track *track, const struct bm_course_world *world,
                         const struct bm_course *course, uint32_t roles, uint64_t actor, int64_t now_ms,
                         struct bm_course_choice ret_choices[BM_PROCEDURE_EVENTS_MAX]);

/* The course as one JSON object, by names, the same for the same course. */
void bm_course_write(const struct bm_track *track, const struct bm_course *course, struct bm_buf *buf);
/* Reads it back; BM_CORRUPT with what would be right for anything that bm_course_write did not write. */
BM_MUST_USE enum bm_code bm_course_read(const struct bm_track *track, const void *json, size_t len,
                                        struct bm_course *ret_course, struct bm_fault *fault);

#endif
