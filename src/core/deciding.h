/* Inside of decide; only files of src/core include this.
 *
 * A decision is made on a draft: copies of the one or two cases it touches, with their assignments and
 * running clocks.  Each step changes the draft and emits the event that says so; `bm_draft_settle` then
 * emits what follows - the case's new state, clocks to stop and to start - so that no command can
 * forget it. */
#ifndef BM_CORE_DECIDING_H
#define BM_CORE_DECIDING_H

#include "core/audience.h"
#include "core/limits.h"
#include "core/state.h"

struct bm_importing;

struct bm_deciding {
    const struct bm_core *core;
    const struct bm_command *command;
    int64_t now_ms;
    const struct bm_operator *actor; /* NULL: the desk itself */
    struct bm_viewer viewer;
    struct bm_scope scope;
    struct bm_decision *decision;
    uint64_t last_id[BM_table_kind_COUNT];
    struct bm_importing *importing; /* rows before this one, which nobody has applied yet (decide_import.c); NULL: none */
};

struct bm_draft {
    struct bm_deciding *deciding;
    struct bm_case row; /* texts and numbers; its BYTES are the core's, not owned */
    struct bm_assignment *assignments;
    size_t assignment_count;
    struct bm_clock *clocks; /* running ones */
    size_t clock_count;
    int64_t waits_since_ms; /* an older wait that it takes over (merge); BM_AT_NONE: none */
};

/* A refusal: fills the decision's fault and returns `code`. */
enum bm_code bm_refuse(struct bm_deciding *deciding, enum bm_code code, const char *field,
                       const char *format, ...) __attribute__((format(printf, 4, 5)));
/* Appends an event; the pointer is good until the next one. */
struct bm_event *bm_emit(struct bm_deciding *deciding, enum bm_event_kind kind,
                         enum bm_subject_kind subject, uint64_t id);
/* Gives the event what was sealed in the command for that class, if anything. */
void bm_emit_sealed(struct bm_deciding *deciding, struct bm_event *event, enum bm_data_class data_class);
/* The next id of a table. */
uint64_t bm_new_id(struct bm_deciding *deciding, enum bm_table_kind table);
/* Names the result. */
void bm_result(struct bm_deciding *deciding, enum bm_table_kind table, uint64_t id);
/* The record if the actor may see it; otherwise refused as not found, naming `field`. */
enum bm_code bm_visible(struct bm_deciding *deciding, enum bm_table_kind table, uint64_t id,
                        const char *field, const void **ret_record);
/* A reported time: given, or now.  What lies up to a minute ahead is taken as now - nothing that is reported is
 * yet to come, and nothing may follow it sooner; more is refused. */
enum bm_code bm_occurred(struct bm_deciding *deciding, int64_t given_ms, int64_t *ret_ms);
/* If-Match against a version: 428 when absent, 412 with who changed it and when. */
enum bm_code bm_match_version(struct bm_deciding *deciding, const struct bm_case *row);
/* The same of a record that keeps no more of its last change than its version: an edit must start from it as it is now. */
enum bm_code bm_match_record(struct bm_deciding *deciding, enum bm_table_kind table, const void *record);
/* An open case that the actor may see: refused when closed, merged or archived (says what to do). */
enum bm_code bm_open_case(struct bm_deciding *deciding, uint64_t id, const char *field,
                          const struct bm_case **ret_row);

/* The area given, or the actor's own. */
enum bm_code bm_jurisdiction_or_own(struct bm_deciding *deciding, struct bm_agency_id given,
                                    struct bm_agency_id *ret);

/* --- drafts (settle.c) ------------------------------------------------------------------------ */
/* A draft of an existing case. */
struct bm_draft bm_draft_of(struct bm_deciding *deciding, uint64_t case_id);
/* A draft of a case that this decision opens. */
struct bm_draft bm_draft_new(struct bm_deciding *deciding, const struct bm_case *row);
void bm_draft_free(struct bm_draft *draft);
/* Commits a unit to the case (checked before). Returns the assignment's id. */
uint64_t bm_draft_assign(struct bm_draft *draft, uint64_t unit, enum bm_assignment_state state,
                         int64_t occurred_at_ms);
struct bm_assignment *bm_draft_find(struct bm_draft *draft, uint64_t assignment);
/* Moves an assignment of the draft. `commits`: a person's commitment (cancel, promote). */
void bm_draft_move(struct bm_draft *draft, struct bm_assignment *assignment,
                   enum bm_assignment_state to, int64_t occurred_at_ms, enum bm_end_reason ended,
                   bool commits);
/* A case merged into this one waited for units: whichever wait is due first goes on. Before settle. */
void bm_draft_take_wait(struct bm_draft *draft, const struct bm_draft *from);
/* Emits what follows from the draft: case state and clocks. Once, at the end. */
void bm_draft_settle(struct bm_draft *draft);
/* Stops all running clocks and moves the case to `to` (closed). */
void bm_draft_close(struct bm_draft *draft, enum bm_case_state to, enum bm_outcome outcome);
void bm_stop_clock(struct bm_deciding *deciding, const struct bm_clock *clock,
                   enum bm_subject_kind subject, uint64_t subject_id);

/* A case of that class as it begins, with a new id (decide_case.c), and the events that open it. */
struct bm_case bm_case_to_open(struct bm_deciding *deciding, const char *class_code);
void bm_emit_case_opened(struct bm_deciding *deciding, const struct bm_case *row);

/* The link of one case to another (decide_bonds.c). */
void bm_emit_link(struct bm_deciding *deciding, uint64_t case_id, uint64_t other, enum bm_link_kind kind);
/* Whether cases of that class are opened now (decide_case.c). */
enum bm_code bm_known_class(struct bm_deciding *deciding, const char *code_text);
/* Attaches the first contact of a case that this decision opens (decide_case.c). */
void bm_attach_first(struct bm_deciding *deciding, const struct bm_contact *contact, uint64_t case_id);
/* The contact that a case is opened from, NULL for 0: seen, and on no case yet (decide_case.c). */
enum bm_code bm_contact_to_open(struct bm_deciding *deciding, uint64_t id, const struct bm_contact **ret_contact);
/* Erases the notes of calls for help for which that case was opened (decide_erase.c). */
void bm_erase_notes_of(struct bm_deciding *deciding, uint64_t case_id, const char *basis);
/* An erased case takes no more personal text: there is no key to seal it with (decide_case.c). */
enum bm_code bm_can_seal(struct bm_deciding *deciding, const struct bm_case *row);
/* Whether several contacts may be about the case: of a matter its procedure says so (decide_matter.c). */
enum bm_code bm_takes_contacts(struct bm_deciding *deciding, const struct bm_case *row);
/* Refuses, for an incident's command, a case that goes by its procedure (decide_matter.c). */
enum bm_code bm_only_incident(struct bm_deciding *deciding, const struct bm_case *row);

/* call, silent_call: what rings (decide_contact.c). */
bool bm_channel_is_spoken(unsigned channel);
/* A position of the caller's device; refused when the matter is over (decide_contact.c). */
enum bm_code bm_emit_fix(struct bm_deciding *deciding, const struct bm_contact *contact, const struct bm_ev_contact_fixed *fix);
/* Whoever makes a matter of a contact that still rings or waits has taken it (decide_contact.c). */
void bm_answer_if_waiting(struct bm_deciding *deciding, const struct bm_contact *contact);
void bm_stop_answer_clock(struct bm_deciding *deciding, uint64_t contact);
void bm_start_answer_clock(struct bm_deciding *deciding, uint64_t contact, unsigned channel, int64_t anchor_at_ms);
/* decide_roll.c: positions in use by their code and by what rings there; NULL: none. */
const struct bm_desk_position *bm_desk_position_coded(const struct bm_core *core, const char *code);
const struct bm_desk_position *bm_desk_position_of_line(const struct bm_core *core, const char *line, const char *trunk);
/* When a call that rings there since then rings at the next; BM_AT_NONE: there is none.  `position` may be NULL. */
int64_t bm_roll_due(const struct bm_core *core, const struct bm_desk_position *position, int64_t since_ms);
enum bm_code bm_decide_roll(struct bm_deciding *deciding, const struct bm_contact *contact);
/* The exchange's call was answered by whoever sits somewhere: there it is now (decide_call.c). */
void bm_emit_seat(struct bm_deciding *deciding, const struct bm_contact *contact);
/* Emits the move, and nothing that follows from it; where it goes from there. */
void bm_emit_contact_move(struct bm_deciding *deciding, const struct bm_contact *contact, unsigned from, unsigned to,
                          int64_t occurred_at_ms, uint64_t operator_id, unsigned result);
/* An abandoned call goes onto the list of those to be rung back (decide_call.c). */
void bm_want_ring_back(struct bm_deciding *deciding, uint64_t contact);
/* What a telephone exchange says of a call (decide_call.c). */
enum bm_code bm_decide_exchange(struct bm_deciding *deciding);
/* A tag as in BCP 47, or nothing. */
enum bm_code bm_check_language(struct bm_deciding *deciding, const char *language);
/* Emits the language and interpreter that the opening of contact `id` names. */
void bm_emit_noted(struct bm_deciding *deciding, uint64_t contact, const char *language, unsigned interpreter);
/* A new contact of contact_receive in that state; its id (decide_contact.c). */
uint64_t bm_emit_received(struct bm_deciding *deciding, struct bm_agency_id jurisdiction, unsigned state,
                          int64_t received_at_ms, int64_t rang_at_ms);
/* Ends the abandoned calls whose caller called again as `contact`. */
void bm_close_called_again(struct bm_deciding *deciding, uint64_t contact);

/* --- rules that rows of an import share with commands by hand (decide_import.c) ---------------- */
/* How a device names itself in its protocol (decide_safety.c). */
enum bm_code bm_device_check(const struct bm_do_device_set *args, struct bm_fault *fault);
/* Who else is known by `key` in that table (bm_import_key); 0: nobody, and from now on `id` is. */
uint64_t bm_claim_key(struct bm_deciding *deciding, enum bm_table_kind table, const char *key, uint64_t id);
/* An agency that a row before makes or sets, and that it does. */
bool bm_agency_comes(const struct bm_deciding *deciding, uint64_t agency);
void bm_agency_stands(struct bm_deciding *deciding, uint64_t agency, uint64_t parent);
/* Whether somebody administers the desk besides `but`, or `but` goes on to (`stays_admin`). */
bool bm_admin_remains(struct bm_deciding *deciding, uint64_t but, bool stays_admin);
/* The area given; else that of the ground the point lies in, when the actor sees it; else `other`; else the actor's own
 * (decide_case.c). */
enum bm_code bm_jurisdiction_there(struct bm_deciding *deciding, struct bm_agency_id given, int32_t lat_e7, int32_t lon_e7,
                                   struct bm_agency_id other, struct bm_agency_id *ret);

/* --- one function per group of commands ------------------------------------------------------- */
enum bm_code bm_decide_house(struct bm_deciding *deciding);      /* decide_house.c: agencies .. classes */
enum bm_code bm_decide_contact(struct bm_deciding *deciding);    /* decide_contact.c */
enum bm_code bm_decide_call(struct bm_deciding *deciding);       /* decide_call.c: beside what exchanges report */
enum bm_code bm_decide_case(struct bm_deciding *deciding);       /* decide_case.c */
enum bm_code bm_decide_bonds(struct bm_deciding *deciding);      /* decide_bonds.c: merge, split, link, archive, revive */
enum bm_code bm_decide_roads(struct bm_deciding *deciding);      /* decide_roads.c */
enum bm_code bm_decide_assignment(struct bm_deciding *deciding); /* decide_assignment.c */
enum bm_code bm_decide_matter(struct bm_deciding *deciding);     /* decide_matter.c */
enum bm_code bm_decide_import(struct bm_deciding *deciding);    /* decide_import.c */
enum bm_code bm_decide_part(struct bm_deciding *deciding);       /* part.c */
enum bm_code bm_decide_rating(struct bm_deciding *deciding);     /* decide_rating.c */
enum bm_code bm_decide_locate(struct bm_deciding *deciding);      /* decide_locate.c */
enum bm_code bm_decide_paper(struct bm_deciding *deciding);       /* decide_paper.c */
enum bm_code bm_decide_band(struct bm_deciding *deciding);       /* decide_band.c */
enum bm_code bm_decide_publish(struct bm_deciding *deciding);    /* decide_publish.c */
enum bm_code bm_decide_desk_position(struct bm_deciding *deciding); /* decide_desk_position.c */
enum bm_code bm_decide_stint(struct bm_deciding *deciding);          /* decide_stint.c */
enum bm_code bm_decide_duty(struct bm_deciding *deciding);          /* decide_duty.c: many units at once, duty levels */
enum bm_code bm_decide_erase(struct bm_deciding *deciding);         /* decide_erase.c: notes with keys of their own */
enum bm_code bm_decide_handover(struct bm_deciding *deciding);      /* decide_handover.c: open cases, notes */

/* --- stints of duty (decide_stint.c) ------------------------------------------------------------ */
/* All of these cost O(stints of the operators and at the place that they are about), however many others have: state.h keeps
 * the two lists.  A stint leaves them thirty days after it is over. */
/* An operator's stint begins: the one that is planned there about now, or one that nobody planned.  What they were on before
 * ends with it.  `shift`: its name, where the plan says nothing. */
void bm_stint_begin(struct bm_deciding *deciding, const struct bm_operator *who, uint64_t unit, uint64_t position, const char *shift);
/* The stints that are on at a unit, or at a position, end. */
void bm_stints_end_at(struct bm_deciding *deciding, uint64_t unit, uint64_t position);
/* An operator's stint on a unit ends, if they are on one. */
void bm_stint_end_on_unit(struct bm_deciding *deciding, uint64_t who);
/* A unit goes on duty with those who are planned for it now, and off duty with its crew. */
void bm_stints_follow(struct bm_deciding *deciding, uint64_t unit, enum bm_duty duty, const char *shift);
/* The unit's duty is set, with its crew. */
void bm_emit_duty(struct bm_deciding *deciding, const struct bm_unit *unit, enum bm_duty duty, const char *shift);

/* The id to set: the target, which must exist and be in the actor's area and as they read it, or a new one; it is named as
 * the result (decide_house.c). */
enum bm_code bm_target_or_new(struct bm_deciding *deciding, enum bm_table_kind table, uint64_t *ret_id);
/* An administrator sets things up in their own area only (decide_house.c). */
enum bm_code bm_in_own_area(struct bm_deciding *deciding, uint64_t agency, const char *field);
/* The position where an operator is logged on, NULL for none (decide_desk_position.c). */
const struct bm_desk_position *bm_desk_position_of(const struct bm_core *core, uint64_t operator_id);
/* Logs whoever is there off (decide_desk_position.c). */
void bm_desk_position_leave(struct bm_deciding *deciding, const struct bm_desk_position *position);
enum bm_code bm_decide_safety(struct bm_deciding *deciding);     /* decide_safety.c: devices, check-ins, duress */

/* The unit's crew was heard of: its safety timer, if one runs, begins anew (decide_safety.c). */
void bm_check_in_heard(struct bm_deciding *deciding, uint64_t unit);
/* An assignment of the unit ended (0: the unit goes off duty, or out of the house): the timer that went with it stops. */
void bm_check_in_over(struct bm_deciding *deciding, uint64_t unit, uint64_t assignment);
enum bm_code bm_decide_alert(struct bm_deciding *deciding);      /* decide_alert.c */

/* Why a unit cannot be committed now; BM_OK when it can. `busy_ok`: it may be on another assignment. */
enum bm_code bm_unit_free(struct bm_deciding *deciding, uint64_t unit_id, const char *field,
                          bool busy_ok, const struct bm_unit **ret_unit);

#endif
