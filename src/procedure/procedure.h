/* A procedure: how a kind of case lives, read from a file (procedures/letter.yaml is one).
 *
 *   bytes --yaml.h--> tree --bm_procedure_read--> struct bm_procedure --check.h--> findings
 *                      `--canonical.h--> canonical JSON, its hash; reads back by the same two steps
 *
 * A case has up to three regions, which live side by side: `handling` is what happens to the
 * matter, and when it is final the case is closed; `responsibility` is who must act while the
 * matter is handed over; `supervision` is whether a superior has taken it up.  An event goes to all
 * regions.  In a state the rows of its innermost active state are asked first, then those around
 * it, then those of the region; of the rows of one state the first whose guard holds is taken, and
 * a row that has been taken as often as its `limit` says does not hold any more.
 *
 * Clocks start by their anchor: `first_contact` when the case is opened (never again); `reopen`
 * when a closed case is taken up again (handling at `reopen.to`, the other regions where they were); `event E`
 * whenever E happens, the former being superseded; `state S` on entering S, and they end on leaving
 * it; `effect` where a row says `start`.  All end when handling is final, or where a row says
 * `stop`, which does nothing to a clock that has ended.  A clock stands still in the states of its
 * `pause_in`.
 *
 * Mappings of the file have no order, lists have: what is read from the canonical JSON is the same
 * procedure, though its states may stand in another order in the arrays here; names are what is
 * kept in a journal, never indexes.  The record is immutable and owned by one arena.  Nothing here
 * reads a clock. */
#ifndef BM_PROCEDURE_PROCEDURE_H
#define BM_PROCEDURE_PROCEDURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/code.h"
#include "procedure/arena.h"
#include "procedure/findings.h"
#include "procedure/guard.h"
#include "procedure/yaml.h"

enum {
    BM_PROCEDURE_ROLES_MAX = 31, /* and the engine */
    BM_PROCEDURE_FIELDS_MAX = 64,
    BM_PROCEDURE_WORDS_MAX = 64, /* of one choice */
    BM_PROCEDURE_EVENTS_MAX = 128,
    BM_PROCEDURE_STATES_MAX = 128,
    BM_PROCEDURE_STATE_DEPTH_MAX = 6,
    BM_PROCEDURE_ROWS_MAX = 512,
    BM_PROCEDURE_CLOCKS_MAX = 32,
    BM_PROCEDURE_RUNGS_MAX = 16,
    BM_PROCEDURE_EFFECTS_MAX = 16, /* of one row */
    BM_PROCEDURE_TEMPLATES_MAX = 64,
    BM_PROCEDURE_LAWS_MAX = 32,
    BM_PROCEDURE_EXAMPLES_MAX = 128,
    BM_PROCEDURE_STEPS_MAX = 64,  /* of one example */
    BM_PROCEDURE_VALUES_MAX = 16, /* of one step */
    BM_PROCEDURE_NAME_MAX = 48,   /* bytes: small letters, digits, underscores and hyphens */
    BM_PROCEDURE_LABEL_MAX = 400  /* bytes of a text in one language */
};
#define BM_NO_INDEX UINT16_MAX

/* --- closed vocabularies: the words as they stand in files
 * ---------------------------------------- */

#define BM_LANGUAGES(W) W(BM_ZH_HANS, "zh-Hans") W(BM_ZH_HANT, "zh-Hant") W(BM_EN, "en")
#define BM_REGIONS(W)                                                                              \
    W(BM_REGION_HANDLING, "handling")                                                              \
    W(BM_REGION_RESPONSIBILITY, "responsibility") W(BM_REGION_SUPERVISION, "supervision")
/* Whose a role is: acts of two roles of one body are acts of the same hand, also before the clock.
 */
#define BM_BODIES(W)                                                                               \
    W(BM_BODY_ENGINE, "engine")                                                                    \
    W(BM_BODY_CITIZEN, "citizen")                                                                  \
    W(BM_BODY_DESK, "desk")                                                                        \
    W(BM_BODY_UNIT, "unit")                                                                        \
    W(BM_BODY_SUPERIOR, "superior") W(BM_BODY_PARTNER, "partner") W(BM_BODY_MEDIATOR, "mediator")
#define BM_CATEGORIES(W)                                                                           \
    W(BM_CATEGORY_INITIAL, "initial")                                                              \
    W(BM_CATEGORY_WORKING, "working")                                                              \
    W(BM_CATEGORY_WAITING, "waiting") W(BM_CATEGORY_FINAL, "final")
#define BM_ENDINGS(W)                                                                              \
    W(BM_ENDING_SOLVED, "solved")                                                                  \
    W(BM_ENDING_EXPLAINED, "explained")                                                            \
    W(BM_ENDING_REFUSED, "refused")                                                                \
    W(BM_ENDING_TRANSFERRED, "transferred")                                                        \
    W(BM_ENDING_WITHDRAWN, "withdrawn")                                                            \
    W(BM_ENDING_INVALID, "invalid")                                                                \
    W(BM_ENDING_DUPLICATE, "duplicate")                                                            \
    W(BM_ENDING_AGREEMENT, "agreement") W(BM_ENDING_NO_AGREEMENT, "no_agreement")                  \
        W(BM_ENDING_DEEMED, "deemed")
/* Why a case waits; the same words as clocks know for their pauses (facts/rules.md section 5), and
 * one for which no clock may stand still: that others have not answered is no excuse before the
 * citizen. */
#define BM_CAUSES(W)                                                                               \
    W(BM_CAUSE_HEARING, "hearing")                                                                 \
    W(BM_CAUSE_INSPECTION, "inspection")                                                           \
    W(BM_CAUSE_TESTING, "testing")                                                                 \
    W(BM_CAUSE_APPRAISAL, "appraisal")                                                             \
    W(BM_CAUSE_EXPERTS, "expert_review")                                                           \
    W(BM_CAUSE_PARTY, "waiting_for_party")                                                         \
    W(BM_CAUSE_PROCEEDINGS, "proceedings")                                                         \
    W(BM_CAUSE_FORCE_MAJEURE, "force_majeure") W(BM_CAUSE_OTHERS, "waiting_for_others")
#define BM_FORCES(W)                                                                               \
    W(BM_FORCE_INTERNAL, "internal")                                                               \
    W(BM_FORCE_PROMISED, "promised") W(BM_FORCE_STATUTORY, "statutory")
#define BM_MEASURES(W)                                                                             \
    W(BM_MEASURE_MINUTES, "minutes")                                                               \
    W(BM_MEASURE_CALENDAR_DAYS, "calendar_days")                                                   \
    W(BM_MEASURE_WORKING_DAYS, "working_days") W(BM_MEASURE_WORKING_MINUTES, "working_minutes")
#define BM_COUNTINGS(W) W(BM_COUNTING_SAME_DAY, "same_day") W(BM_COUNTING_NEXT_DAY, "next_day")
#define BM_DAY_ENDS(W) W(BM_DAY_END_MIDNIGHT, "midnight") W(BM_DAY_END_BUSINESS, "business")
#define BM_ROLLS(W)                                                                                \
    W(BM_ROLLS_NONE, "none") W(BM_ROLLS_NEXT, "next") W(BM_ROLLS_PREVIOUS, "previous")
#define BM_ANCHORS(W)                                                                              \
    W(BM_ANCHOR_FIRST_CONTACT, "first_contact")                                                    \
    W(BM_ANCHOR_EFFECT, "effect")                                                                  \
    W(BM_ANCHOR_EVENT, "event") W(BM_ANCHOR_STATE, "state") W(BM_ANCHOR_REOPEN, "reopen")
#define BM_RUNG_ACTS(W)                                                                            \
    W(BM_RUNG_REMIND, "remind")                                                                    \
    W(BM_RUNG_YELLOW, "yellow_card")                                                               \
    W(BM_RUNG_RED, "red_card")                                                                     \
    W(BM_RUNG_REASSIGN, "reassign_to_superior") W(BM_RUNG_SUPERVISE, "supervise")
#define BM_WHENS(W) W(BM_WHEN_BEFORE, "before") W(BM_WHEN_AT, "at") W(BM_WHEN_AFTER, "after")
#define BM_FIELD_TYPES(W)                                                                          \
    W(BM_FIELD_TEXT_LINE, "text")                                                                  \
    W(BM_FIELD_INTEGER, "integer")                                                                 \
    W(BM_FIELD_DATE, "date")                                                                       \
    W(BM_FIELD_CHOICE, "choice")                                                                   \
    W(BM_FIELD_YES_NO, "yes_no") W(BM_FIELD_PLACE, "place") W(BM_FIELD_PERSON, "person")
#define BM_PRIVACIES(W)                                                                            \
    W(BM_PRIVACY_PUBLIC, "public")                                                                 \
    W(BM_PRIVACY_REPORTER, "reporter")                                                             \
    W(BM_PRIVACY_PARTIES, "parties")                                                               \
    W(BM_PRIVACY_UNIT, "unit")                                                                     \
    W(BM_PRIVACY_SUPERVISOR, "supervisor")                                                         \
    W(BM_PRIVACY_SEALED, "seale"                                                                   \
                         "d")
#define BM_EFFECTS(W)                                                                              \
    W(BM_EFFECT_SET, "set")                                                                        \
    W(BM_EFFECT_START, "start")                                                                    \
    W(BM_EFFECT_STOP, "stop")                                                                      \
    W(BM_EFFECT_PAUSE, "pause")                                                                    \
    W(BM_EFFECT_RESUME, "resume")                                                                  \
    W(BM_EFFECT_EXTEND, "extend")                                                                  \
    W(BM_EFFECT_NOTIFY, "notify")                                                                  \
    W(BM_EFFECT_OPEN_CHILD, "open_child") W(BM_EFFECT_HAND_OVER, "hand_over")                      \
        W(BM_EFFECT_LINK, "link") W(BM_EFFECT_SURVEY, "survey") W(BM_EFFECT_PUBLISH, "publish")    \
            W(BM_EFFECT_WITHHOLD, "withhold") W(BM_EFFECT_REQUIRE, "require")
#define BM_TIES(W)                                                                                 \
    W(BM_TIE_DUPLICATE, "duplicate_of") W(BM_TIE_RELATED, "related") W(BM_TIE_PARENT, "parent")
#define BM_CERTAINTIES(W)                                                                          \
    W(BM_CERTAIN_TEXT, "text")                                                                     \
    W(BM_CERTAIN_EXCERPT, "excerpt")                                                               \
    W(BM_CERTAIN_SECONDARY, "secondary")                                                           \
    W(BM_CERTAIN_GENERAL, "general") W(BM_CERTAIN_LOCAL, "local")
/* Roles of the house (core/words.h), whose holders have a role of a procedure without being given a post. */
#define BM_HOUSES(W)                                                                               \
    W(BM_HOUSE_CALL_TAKER, "call_taker") W(BM_HOUSE_DISPATCHER, "dispatcher")                      \
    W(BM_HOUSE_SUPERVISOR, "supervisor") W(BM_HOUSE_UNIT, "unit") W(BM_HOUSE_OFFICER, "officer")
#define BM_JOINS(W) W(BM_JOIN_ALL, "all") W(BM_JOIN_ANY, "any") W(BM_JOIN_LEAD, "lead")

#define BM_VOCABULARIES(V)                                                                         \
    V(language, BM_LANGUAGES)                                                                      \
    V(region, BM_REGIONS)                                                                          \
    V(body, BM_BODIES)                                                                             \
    V(category, BM_CATEGORIES)                                                                     \
    V(ending, BM_ENDINGS)                                                                          \
    V(cause, BM_CAUSES)                                                                            \
    V(force, BM_FORCES)                                                                            \
    V(measure, BM_MEASURES) V(counting, BM_COUNTINGS) V(day_end, BM_DAY_ENDS) V(rolls, BM_ROLLS)   \
        V(anchor, BM_ANCHORS) V(rung_act, BM_RUNG_ACTS) V(when, BM_WHENS)                          \
            V(field_type, BM_FIELD_TYPES) V(privacy, BM_PRIVACIES) V(effect, BM_EFFECTS)           \
                V(tie, BM_TIES) V(certainty, BM_CERTAINTIES) V(join, BM_JOINS)            \
                V(house, BM_HOUSES)
#define BM_VOCABULARY_SYMBOL(symbol, word) symbol,
#define BM_VOCABULARY_ENUM(name, list)                                                             \
    enum bm_##name{list(BM_VOCABULARY_SYMBOL) BM_##name##_COUNT};                                  \
    extern const char *const bm_##name##_words[BM_##name##_COUNT + 1]; /* NULL at the end */
BM_VOCABULARIES(BM_VOCABULARY_ENUM)

/* --- parts
 * ---------------------------------------------------------------------------------------- */

/* The same said in each language; a part that a file leaves out is NULL, which check 12 or 26
 * tells. */
struct bm_label {
    const char *in[BM_language_COUNT];
    struct bm_mark at; /* line 0: the label is not there at all */
};
/* A reason why something is not done (a survey, reopening), instead of the thing. */
struct bm_law_def {
    const char *name, *cite;
    enum bm_certainty certainty;
    struct bm_mark at;
};
struct bm_role_def {
    const char *name;
    enum bm_body body;
    struct bm_label label;
    uint32_t people; /* posted at least, 1 or more; check 10 */
    bool everywhere; /* posted for every unit; check 9 */
    uint16_t deputy; /* role that stands in, or BM_NO_INDEX */
    uint32_t held_by; /* bit of each role of the house that has it without a post */
    struct bm_mark at;
};
struct bm_field_def {
    const char *name;
    enum bm_field_type type;
    enum bm_privacy privacy;
    uint32_t secret_from;     /* bit of each role that must never get it */
    const char *const *words; /* of a choice */
    const struct bm_label *word_labels;
    uint32_t word_count;
    struct bm_label label;
    struct bm_mark at;
};
struct bm_event_def {
    const char *name;
    struct bm_label label; /* what the button says */
    bool approval;         /* judges the work of another: check 11 */
    struct bm_mark at;
};
struct bm_template_def {
    const char *name;
    struct bm_label text; /* with placeholders {field}, {due:clock}, {receipt}, {reference} */
    struct bm_mark at;
};

struct bm_span {
    uint32_t amount;
    enum bm_measure unit;
};
struct bm_rung_def {
    enum bm_when when;
    bool percent; /* `amount` is a share of the budget: "at 80 %" */
    struct bm_span span;
    uint32_t to; /* bit of each role that is told */
    enum bm_rung_act act;
    struct bm_mark at;
};
struct bm_pause_def {
    uint16_t state;
    enum bm_cause cause;
    uint32_t most; /* in the clock's own unit, all such pauses together */
    struct bm_mark at;
};
struct bm_clock_def {
    const char *name;
    struct bm_label label;
    enum bm_body measures; /* whose delay */
    enum bm_force force;
    uint16_t law; /* or BM_NO_INDEX */
    enum bm_anchor anchor;
    uint16_t anchor_index; /* event or state */
    struct bm_span budget;
    const char *calendar; /* NULL only for minutes */
    enum bm_counting counting;
    enum bm_day_end ends;
    enum bm_rolls roll;
    const struct bm_pause_def *pauses;
    uint32_t pause_count;
    uint32_t extend_times, extend_amount; /* 0: never */
    uint32_t extend_by;                   /* bit of each role */
    const struct bm_rung_def *rungs;
    uint32_t rung_count;
    uint16_t on_expiry; /* event that the engine raises, or BM_NO_INDEX: only the ladder speaks */
    struct bm_mark at, anchor_at;
};

struct bm_effect_def {
    enum bm_effect effect;
    uint16_t target;  /* field, clock, template or role; BM_NO_INDEX when it has none */
    uint32_t to;      /* notify: bit of each role */
    const char *text; /* set: the value; open_child, hand_over: the procedure, or NULL */
    enum bm_tie tie;
    uint64_t fields; /* hand_over: bit of each field that goes along */
    struct bm_mark at;
};
/* What may happen in a state. */
struct bm_row_def {
    uint16_t state; /* where it stands; BM_NO_INDEX: in the region as a whole */
    enum bm_region region;
    uint16_t event;
    uint32_t by;    /* bit of each role that may */
    bool four_eyes; /* not by whoever worked on it (course.h) */
    uint64_t needs; /* bit of each field that must be filled in with it */
    struct bm_guard guard;
    uint16_t target; /* BM_NO_INDEX: stays */
    bool history;    /* goes back to where `target` was last */
    uint32_t limit;  /* at most so often in the life of a case; 0: as often as it comes */
    const struct bm_effect_def *effects;
    uint32_t effect_count;
    struct bm_mark at;
};
struct bm_state_def {
    const char *name;
    enum bm_region region;
    uint16_t parent;  /* or BM_NO_INDEX */
    uint16_t initial; /* of a state with states in it; else BM_NO_INDEX */
    enum bm_category category;
    uint16_t owner; /* role, its own or that of the state around it; BM_NO_INDEX: nobody */
    enum bm_body waits_for;
    enum bm_cause cause;   /* waiting */
    enum bm_ending ending; /* final */
    struct bm_label label, next, reply, remedies;
    struct bm_mark at;
};

struct bm_survey_def {
    uint32_t of;       /* bit of each role asked; 0: nobody, and `none` says why */
    uint16_t check_by; /* who looks into a bad rating under a name */
    struct bm_span check_within;
    struct bm_label none;
    struct bm_mark at; /* line 0: the file says nothing */
};
struct bm_reopen_def {
    uint32_t by; /* 0: nobody, and `none` says why */
    uint64_t needs;
    uint32_t limit;
    struct bm_span window;
    uint16_t target; /* state */
    bool other_hand; /* not handled again by whoever handled it before (course.h) */
    struct bm_label same_hand; /* or why it may be */
    struct bm_label none;
    struct bm_mark at;
};
struct bm_hand_over_def {
    uint16_t offer, acknowledge, refuse; /* events */
    uint16_t timeout;                    /* clock whose on_expiry takes the offer back */
    uint32_t returns;                    /* refused at most so often, then arbitration */
    uint16_t arbitration;                /* state */
    struct bm_mark at;
};
struct bm_value_def {
    uint16_t field;
    const char *text;
};
struct bm_step_def {
    int64_t at_ms;
    uint16_t role, event; /* event: BM_NO_INDEX when it reopens */
    bool reopens;         /* "reopen": the closed case is opened again */
    const struct bm_value_def *values;
    uint32_t value_count;
    const uint16_t *then; /* states that are active afterwards, one or more */
    uint32_t then_count;
    struct bm_mark at;
};
struct bm_example_def {
    const char *name;
    int64_t opened_ms;
    const struct bm_step_def *steps;
    uint32_t step_count;
    struct bm_mark at;
};
/* From the former version: which state a case that lives there moves to. */
struct bm_move_def {
    const char *from;
    uint16_t to;
    struct bm_mark at;
};

struct bm_procedure {
    struct bm_arena arena;
    const char *name;
    uint32_t version; /* 1.. */
    bool example;     /* shows how, and is not for work */
    struct bm_label title, jurisdiction;
    struct bm_law_def *laws;
    struct bm_role_def *roles; /* [0] is the engine, which no file lists */
    struct bm_field_def *fields;
    struct bm_event_def *events;
    struct bm_template_def *templates;
    struct bm_clock_def *clocks;
    struct bm_state_def *states; /* a state stands before those within it */
    struct bm_row_def *rows;     /* in the order of the file within a state */
    struct bm_example_def *examples;
    struct bm_move_def *moves;
    uint32_t law_count, role_count, field_count, event_count, template_count, clock_count,
        state_count, row_count, example_count, move_count;
    uint16_t initial[BM_region_COUNT]; /* BM_NO_INDEX: the region is not there */
    struct bm_survey_def survey;
    struct bm_reopen_def reopen;
    struct bm_hand_over_def hand_over;
    enum bm_join children_join;
    bool merges; /* several contacts may be joined in one case */
};

/* Reads a file.  As many as BM_FINDINGS_MAX errors are gathered (check 1: does not read, unknown
 * key, unknown name; check 2: a name given twice); then nothing is returned but BM_BAD_FORMAT.  The
 * procedure is the caller's (bm_procedure_free).  What it *means* is judged by check.h.  O(bytes +
 * names * lookups). */
BM_MUST_USE enum bm_code bm_procedure_read(const void *bytes, size_t len,
                                           struct bm_findings *findings,
                                           struct bm_procedure **ret_procedure);
/* The same from a tree that is already there. */
BM_MUST_USE enum bm_code bm_procedure_of(const struct bm_yaml_node *root,
                                         struct bm_findings *findings,
                                         struct bm_procedure **ret_procedure);
void bm_procedure_free(struct bm_procedure *procedure); /* NULL is fine */

/* Index of a name, BM_NO_INDEX for one that there is not. */
uint16_t bm_procedure_state(const struct bm_procedure *procedure, const char *name);
uint16_t bm_procedure_event(const struct bm_procedure *procedure, const char *name);
uint16_t bm_procedure_clock(const struct bm_procedure *procedure, const char *name);
uint16_t bm_procedure_role(const struct bm_procedure *procedure, const char *name);
uint16_t bm_procedure_field(const struct bm_procedure *procedure, const char *name);
/* The innermost initial state within `state`. */
uint16_t bm_procedure_descend(const struct bm_procedure *procedure, uint16_t state);
/* Whether `state` is `around` or stands within it. */
bool bm_procedure_within(const struct bm_procedure *procedure, uint16_t state, uint16_t around);

#endif
