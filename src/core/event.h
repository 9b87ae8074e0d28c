/* Events: what the journal holds and the only thing that changes the core (apply).  Kinds are generic,
 * so that later rooms replace `decide` and not the journal.  A kind's body is one record with one
 * shape; `kind_version` tells bodies of one kind apart, and every version's apply stays for ever.
 *
 * Everything that depends on anything but the state - times, budgets, ids, due instants - stands in
 * the body: replay computes nothing. */
#ifndef BM_CORE_EVENT_H
#define BM_CORE_EVENT_H

#include "core/entity.h"

/* Whose story the event belongs to: `subject` in the journal ("case/12"), what read(subject) selects.
 * Everything about a case - its assignments, clocks, entries, attached contacts - has the case. */
#define BM_SUBJECTS(W)                                                                             \
    W(BM_SUBJECT_DESK, "desk") W(BM_SUBJECT_AGENCY, "agency") W(BM_SUBJECT_PLACE, "place")         \
    W(BM_SUBJECT_UNIT, "unit") W(BM_SUBJECT_OPERATOR, "operator")                                  \
    W(BM_SUBJECT_CONTACT, "contact") W(BM_SUBJECT_CASE, "case")                                    \
    W(BM_SUBJECT_DESK_POSITION, "desk_position")
BM_DECLARE_WORDS(subject_kind, BM_SUBJECTS)
struct bm_subject {
    enum bm_subject_kind kind;
    uint64_t id;
};
enum { BM_SUBJECT_TEXT = 40 };
/* "case/12"; "desk" for the desk. */
void bm_subject_text(struct bm_subject subject, char ret_text[BM_SUBJECT_TEXT]);
/* False when `text` is no subject. */
bool bm_subject_parse(const char *text, struct bm_subject *ret_subject);

#define BM_AGENCY_SET_V1_ROWS(R)                                                                   \
    R(ID, agency, agency, "agency") R(TEXT, code, BM_CODE_TEXT) R(TEXT, name, BM_NAME_TEXT)        \
    R(ID, agency, parent, "parent") R(WORD, level, bm_agency_level_words) R(FLAG, active)
#define BM_AGENCY_SET_ROWS(R) BM_AGENCY_SET_V1_ROWS(R) R(TEXT, division, BM_DIVISION_TEXT)
#define BM_PLACE_SET_V1_ROWS(R)                                                                    \
    R(ID, place, place, "place") R(WORD, kind, bm_place_kind_words) R(TEXT, name, BM_NAME_TEXT)    \
    R(ID, agency, jurisdiction, "jurisdiction") R(LAT, lat_e7) R(LON, lon_e7) R(FLAG, active)
#define BM_PLACE_SET_ROWS(R) BM_PLACE_SET_V1_ROWS(R) R(TEXT, code, BM_CODE_TEXT)
#define BM_AREA_SET_ROWS(R)                                                                        \
    R(ID, area, area, "area") R(WORD, kind, bm_area_kind_words) R(TEXT, code, BM_CODE_TEXT)        \
    R(TEXT, name, BM_NAME_TEXT) R(ID, agency, jurisdiction, "jurisdiction") R(FLAG, active)        \
    R(BYTES, shape)
/* Before the rows that a file brought, all of which follow in the same commit: whose file, and how much of it was new. */
#define BM_IMPORTED_ROWS(R)                                                                        \
    R(WORD, kind, bm_import_kind_words) R(TEXT, digest, BM_HASH_TEXT) R(COUNT, new_count) R(COUNT, changed_count)
/* Roads that may not be driven (version 1: none of them, in no direction), or more slowly, from now on; how that goes on,
 * all that may be changed as it is afterwards; and roads that are as usual again. `expired`: its time had come. */
#define BM_ROAD_CLOSED_V1_ROWS(R)                                                                  \
    R(ID, place, place, "place") R(TEXT, name, BM_NAME_TEXT)                                       \
    R(ID, agency, jurisdiction, "jurisdiction") R(WORD, form, bm_place_form_words)                 \
    R(POINTS, points) R(AT, until_at_ms)
#define BM_ROAD_CLOSED_ROWS(R)                                                                     \
    BM_ROAD_CLOSED_V1_ROWS(R)                                                                      \
    R(WORD, direction, bm_road_direction_words) R(COUNT_IN, speed_percent, 0, 99)
#define BM_ROAD_CHANGED_ROWS(R)                                                                    \
    R(ID, place, place, "place") R(TEXT, name, BM_NAME_TEXT) R(AT, until_at_ms)                    \
    R(WORD, direction, bm_road_direction_words) R(COUNT_IN, speed_percent, 0, 99)
#define BM_ROAD_OPENED_ROWS(R) R(ID, place, place, "place") R(FLAG, expired)
#define BM_UNIT_SET_ROWS(R)                                                                        \
    R(ID, unit, unit, "unit") R(TEXT, call_sign, BM_CODE_TEXT) R(WORD, kind, bm_unit_kind_words)   \
    R(ID, agency, jurisdiction, "jurisdiction") R(ID, place, station, "station")                   \
    R(TEXT, capabilities, 128) R(FLAG, active)
#define BM_UNIT_DUTY_ROWS(R) R(ID, unit, unit, "unit") R(WORD, from, bm_duty_words) R(WORD, to, bm_duty_words)
/* sealed: the operator's name under identity_key (kept as it was when nothing is sealed). */
#define BM_OPERATOR_SET_V1_ROWS(R)                                                                 \
    R(ID, operator, operator_id, "operator") R(TEXT, number, 16) R(WORDS, roles, bm_role_words)       \
    R(ID, agency, jurisdiction, "jurisdiction") R(ID, unit, unit, "unit") R(FLAG, active)          \
    R(ID, key, identity_key, "identity_key")
#define BM_OPERATOR_SET_ROWS(R) BM_OPERATOR_SET_V1_ROWS(R) R(TEXT, posts, BM_LIST_TEXT)
/* An edition of its own, but for classes, which have none; for that agency and those below it, or (null) everywhere. `content` is canonical JSON; what = "classes": {"classes":[{code,priority,...}]}; "procedure": the file; "calendar":
 * what bm_calendar_packed makes (procedure/library.h). */
#define BM_PUBLISHED_V1_ROWS(R) R(TEXT, what, BM_CODE_TEXT) R(TEXT, hash, BM_HASH_TEXT) R(BYTES, content)
#define BM_PUBLISHED_V2_ROWS(R)                                                                    \
    BM_PUBLISHED_V1_ROWS(R)                                                                        \
    R(ID, edition, edition, "edition") R(TEXT, name, BM_NAMED_TEXT) R(COUNT, version)              \
    R(TEXT, title_en, BM_NAME_TEXT) R(TEXT, title_hans, BM_NAME_TEXT)                              \
    R(TEXT, title_hant, BM_NAME_TEXT) R(FLAG, example)
#define BM_PUBLISHED_ROWS(R) BM_PUBLISHED_V2_ROWS(R) R(ID, agency, jurisdiction, "jurisdiction")
/* sealed: narrative. */
#define BM_CONTACT_RECEIVED_ROWS(R)                                                                \
    R(ID, contact, contact, "contact") R(WORD, channel, bm_channel_words)                          \
    R(WORD, state, bm_contact_state_words) R(ID, agency, jurisdiction, "jurisdiction")             \
    R(ID, operator, operator_id, "operator") R(TEXT, line, BM_CODE_TEXT) R(AT, received_at_ms)        \
    R(AT, rang_at_ms) R(AT, answered_at_ms) R(LAT, lat_e7) R(LON, lon_e7)                          \
    R(COUNT, uncertainty_m) R(WORD, fix_source, bm_fix_source_words)                               \
    R(ID, key, narrative_key, "narrative_key") R(ID, key, identity_key, "identity_key")
#define BM_CONTACT_MOVED_ROWS(R)                                                                   \
    R(ID, contact, contact, "contact") R(WORD, from, bm_contact_state_words)                       \
    R(WORD, to, bm_contact_state_words) R(AT, occurred_at_ms)                                      \
    R(ID, operator, operator_id, "operator") R(WORD, result, bm_contact_result_words)
#define BM_CONTACT_FIXED_ROWS(R)                                                                   \
    R(ID, contact, contact, "contact") R(LAT, lat_e7) R(LON, lon_e7) R(COUNT, uncertainty_m)       \
    R(WORD, fix_source, bm_fix_source_words) R(AT, fixed_at_ms)
/* `from_case` is null for a contact that was on no case. */
#define BM_CONTACT_ATTACHED_ROWS(R)                                                                \
    R(ID, contact, contact, "contact") R(ID, case, on_case, "case")                                \
    R(ID, case, from_case, "from_case")
#define BM_CONTACT_ARCHIVED_ROWS(R) R(ID, contact, contact, "contact")
/* sealed: narrative. */
#define BM_CASE_OPENED_ROWS(R)                                                                     \
    R(ID, case, on_case, "case") R(TEXT, procedure, BM_CODE_TEXT)                                  \
    R(TEXT_AS, class_code, BM_CODE_TEXT, "class") R(COUNT_IN, priority, 1, 5)                      \
    R(ID, agency, jurisdiction, "jurisdiction") R(ID, operator, owner, "owner")                    \
    R(LAT, lat_e7) R(LON, lon_e7) R(FLAG, address_verified) R(AT, first_contact_at_ms)             \
    R(ID, key, narrative_key, "narrative_key") R(ID, key, identity_key, "identity_key")
/* All editable fields as they are afterwards. sealed (optional): the new narrative. */
#define BM_CASE_CHANGED_ROWS(R)                                                                    \
    R(ID, case, on_case, "case") R(TEXT_AS, class_code, BM_CODE_TEXT, "class")                     \
    R(COUNT_IN, priority, 1, 5) R(ID, agency, jurisdiction, "jurisdiction")                        \
    R(ID, operator, owner, "owner") R(LAT, lat_e7) R(LON, lon_e7) R(FLAG, address_verified)
/* `commits`: the move is a commitment of a person (close, reopen, merge) and raises the version. */
#define BM_CASE_MOVED_ROWS(R)                                                                      \
    R(ID, case, on_case, "case") R(WORD, from, bm_case_state_words)                                \
    R(WORD, to, bm_case_state_words) R(WORD, outcome, bm_outcome_words) R(FLAG, commits)
/* Contacts and unfinished assignments of `on_case` move to `into`. */
#define BM_CASE_MERGED_ROWS(R) R(ID, case, on_case, "case") R(ID, case, into, "into")
#define BM_CASE_LINKED_ROWS(R)                                                                     \
    R(ID, link, link, "link") R(ID, case, on_case, "case") R(ID, case, other, "other")             \
    R(WORD, kind, bm_link_kind_words)
/* `content`: the packed records that leave (and, when revived, re-enter) memory. */
#define BM_CASE_ARCHIVED_ROWS(R) R(ID, case, on_case, "case") R(BYTES, content)
/* What was recommended for the dispatch that follows: `content` is the whole recommendation as JSON. */
#define BM_RECOMMENDED_ROWS(R)                                                                     \
    R(ID, case, on_case, "case") R(TEXT, recommendation, 24) R(BYTES, content)
#define BM_ASSIGNMENT_MADE_ROWS(R)                                                                 \
    R(ID, assignment, assignment, "assignment") R(ID, case, on_case, "case")                       \
    R(ID, unit, unit, "unit") R(WORD, state, bm_assignment_state_words) R(AT, occurred_at_ms)
#define BM_ASSIGNMENT_MOVED_ROWS(R)                                                                \
    R(ID, assignment, assignment, "assignment") R(WORD, from, bm_assignment_state_words)           \
    R(WORD, to, bm_assignment_state_words) R(AT, occurred_at_ms)                                   \
    R(WORD, ended, bm_end_reason_words) R(TEXT, report_code, BM_CODE_TEXT)                         \
    R(ID, place, destination, "destination") R(FLAG, raises_case_version)
/* A milestone reported late: it is filled in, the state stays. */
#define BM_ASSIGNMENT_NOTED_ROWS(R)                                                                \
    R(ID, assignment, assignment, "assignment") R(WORD, milestone, bm_assignment_state_words)      \
    R(AT, occurred_at_ms)
#define BM_ASSIGNMENT_REBOUND_ROWS(R)                                                              \
    R(ID, assignment, assignment, "assignment") R(ID, case, from_case, "from_case")                \
    R(ID, case, on_case, "case")
#define BM_CLOCK_STARTED_ROWS(R)                                                                   \
    R(ID, clock, clock, "clock") R(WORD, kind, bm_clock_kind_words) R(ID, case, on_case, "case")   \
    R(ID, contact, contact, "contact") R(ID, assignment, assignment, "assignment")                 \
    R(AT, anchor_at_ms) R(SPAN, budget_ms) R(AT, due_at_ms)
#define BM_CLOCK_STOPPED_ROWS(R) R(ID, clock, clock, "clock") R(AT, stopped_at_ms)
#define BM_CLOCK_RUNG_ROWS(R) R(ID, clock, clock, "clock") R(COUNT, rung) R(AT, was_due_at_ms)
/* sealed: the text, under the narrative key of the case (or of the contact when case is null).  A status
 * report that was kept and not applied has no text but what it claimed: reported_from, reported_to. */
#define BM_ENTRY_ADDED_ROWS(R)                                                                     \
    R(ID, case, on_case, "case") R(ID, contact, contact, "contact")                                \
    R(ID, assignment, assignment, "assignment") R(WORD, kind, bm_entry_kind_words)                 \
    R(AT, occurred_at_ms) R(FLAG, flagged) R(TEXT, reported_from, 20) R(TEXT, reported_to, 20)
/* sealed: the whole value of that data class of the case or contact. */
#define BM_SEALED_SET_ROWS(R)                                                                      \
    R(ID, case, on_case, "case") R(ID, contact, contact, "contact")                                \
    R(WORD, data_class, bm_data_class_words)
/* The keys are destroyed in the vault when this is committed; apply purges the sealed values. */
#define BM_ERASED_ROWS(R)                                                                          \
    R(ID, case, on_case, "case") R(ID, contact, contact, "contact") R(TEXT, basis, BM_NAME_TEXT)   \
    R(BYTES, keys)
/* A note of its own under a key of its own: what was found when a call for help was acknowledged, or what a shift left for
 * the next; with `on_case` because that case was erased.  As `erased`: the keys go, apply purges. */
#define BM_NOTE_ERASED_ROWS(R)                                                                     \
    R(ID, duress, duress, "duress") R(ID, handover, handover, "handover") R(ID, case, on_case, "case") \
    R(TEXT, basis, BM_NAME_TEXT) R(BYTES, keys)
#define BM_LOOKED_ROWS(R)                                                                          \
    R(WORD, scope, bm_look_scope_words) R(ID, case, on_case, "case") R(ID, contact, contact, "contact")
/* A matter stands otherwise: by what somebody with that role did (`act`, an event of the procedure), or by time ("").
 * `spared`: what was for another hand, and done by this one because nobody else could. */
#define BM_MATTER_SET_V1_ROWS(R)                                                                   \
    R(ID, case, on_case, "case") R(TEXT, act, BM_NAMED_TEXT) R(TEXT, role, BM_NAMED_TEXT)          \
    BM_STANDING_V1_ROWS(R) R(FLAG, commits)
#define BM_MATTER_SET_ROWS(R) BM_MATTER_SET_V1_ROWS(R) BM_STANDING_V2_ROWS(R) R(WORD, spared, bm_spared_words)
#define BM_PROMISE_SET_ROWS(R)                                                                     \
    R(ID, promise, promise, "promise") R(ID, case, on_case, "case") BM_PROMISE_STATE_ROWS(R)       \
    R(WORD, why, bm_promise_change_words)
/* A rung of a promise's ladder, `rung` by its place in the file: what it does (`effect`), to whom. */
#define BM_PROMISE_RUNG_ROWS(R)                                                                    \
    R(ID, promise, promise, "promise") R(ID, case, on_case, "case") R(TEXT, clock, BM_NAMED_TEXT)  \
    R(COUNT, rung) R(TEXT, effect, BM_CODE_TEXT) R(TEXT, to, BM_LIST_TEXT) R(AT, was_due_at_ms)
/* Somebody is to be told; the text follows from the template, the fields and the promises at that moment. */
#define BM_NOTICE_ROWS(R)                                                                          \
    R(ID, case, on_case, "case") R(TEXT, text, BM_NAMED_TEXT) R(TEXT, to, BM_LIST_TEXT)
/* sealed: the texts that came with an act, {"field":"..."}, under that class's key. */
#define BM_FIELDS_SET_ROWS(R)                                                                      \
    R(ID, case, on_case, "case") R(WORD, data_class, bm_data_class_words)                          \
    R(TEXT, act, BM_NAMED_TEXT) R(TEXT, names, BM_LIST_TEXT)
/* A matter is worked with another: its contacts keep their receipts, replies and ratings.  And it is not any more. */
#define BM_CASE_JOINED_ROWS(R) R(ID, case, on_case, "case") R(ID, case, into, "into")
/* The duty for an incident is with that agency from now on; null: with its own area. */
#define BM_CASE_LED_ROWS(R) R(ID, case, on_case, "case") R(ID, agency, agency, "agency")
/* A reporter's judgement; sealed: their words, under the contact's narrative key. */
#define BM_CONTACT_RATED_ROWS(R)                                                                   \
    R(ID, contact, contact, "contact") R(ID, case, on_case, "case") R(COUNT_IN, level, 1, 5)       \
    R(WORD, solved, bm_solved_words) R(FLAG, named) R(AT, check_due_at_ms)
/* Somebody looked into it; sealed: what they found, under the case's narrative key. */
#define BM_RATING_CHECKED_ROWS(R) R(ID, contact, contact, "contact") R(ID, case, on_case, "case")
#define BM_FIGURES_STATED_ROWS(R)                                                                  \
    R(ID, figure, figure, "figure") R(TEXT, note, BM_NAME_TEXT) R(BYTES, content)                  \
    R(ID, agency, jurisdiction, "jurisdiction")
/* A unit was on an incident that was worked on paper, and had been cleared before that was entered: it is not committed. */
#define BM_ASSIGNMENT_ENTERED_ROWS(R)                                                              \
    R(ID, assignment, assignment, "assignment") R(ID, case, on_case, "case")                       \
    R(ID, unit, unit, "unit") R(AT, assigned_at_ms) R(AT, acknowledged_at_ms)                      \
    R(AT, en_route_at_ms) R(AT, on_scene_at_ms) R(AT, transporting_at_ms)                          \
    R(AT, at_destination_at_ms) R(AT, cleared_at_ms)
/* The events before it in its command come from a paper sheet: which, who wrote it, and the case's own times by it. */
#define BM_PAPER_ENTERED_ROWS(R)                                                                   \
    R(ID, case, on_case, "case") R(ID, contact, contact, "contact")                                \
    R(WORD, source, bm_record_source_words) R(TEXT, sheet, BM_CODE_TEXT)                           \
    R(ID, operator, written_by, "written_by") R(AT, received_at_ms) R(AT, answered_at_ms)          \
    R(AT, dispatched_at_ms) R(AT, on_scene_at_ms) R(AT, cleared_at_ms) R(AT, closed_at_ms)
/* The caller was asked for where their device is (`link`: for the how manieth time; older links are dead), agreed, or it ended:
 * by the caller (actor 0) or by an operator. */
#define BM_LOCATION_CONSENT_ROWS(R)                                                                \
    R(ID, contact, contact, "contact") R(WORD, to, bm_locating_words) R(COUNT, link)
/* An administrator set the log-in of an operator; the log-in itself is in the vault. */
#define BM_ACCOUNT_SET_ROWS(R) R(ID, operator, operator_id, "operator")
/* What the exchange says of a call beside its state; empty and null: as it was.  `identity_key` is another than the contact's
 * when the caller's number came later than the call did.  sealed: identity. */
#define BM_CONTACT_CALLED_ROWS(R)                                                                  \
    R(ID, contact, contact, "contact") R(TEXT, call, BM_CALL_TEXT)                                 \
    R(ID, operator, exchange, "exchange") R(TEXT, position, BM_CODE_TEXT)                          \
    R(TEXT, trunk, BM_CODE_TEXT) R(TEXT, recording, BM_CALL_TEXT) R(AT, rang_at_ms)                \
    R(AT, roll_at_ms) R(ID, key, identity_key, "identity_key")
/* Nobody answered in that position's time: it rings at the next. */
#define BM_CONTACT_ROLLED_ROWS(R)                                                                  \
    R(ID, contact, contact, "contact") R(TEXT, from, BM_CODE_TEXT) R(TEXT, to, BM_CODE_TEXT)       \
    R(AT, roll_at_ms)
/* The exchange put it through to another position; `operator`: who has it from then on. */
#define BM_CONTACT_TRANSFERRED_ROWS(R)                                                             \
    R(ID, contact, contact, "contact") R(TEXT, from, BM_CODE_TEXT) R(TEXT, to, BM_CODE_TEXT)       \
    R(ID, operator, operator_id, "operator") R(AT, roll_at_ms) R(AT, occurred_at_ms)
#define BM_CONTACT_HUNG_UP_ROWS(R) R(ID, contact, contact, "contact") R(AT, occurred_at_ms)
/* One operator took it over from another. */
#define BM_CONTACT_TAKEN_ROWS(R)                                                                   \
    R(ID, contact, contact, "contact") R(ID, operator, from, "from") R(ID, operator, to, "to")     \
    R(AT, occurred_at_ms)
#define BM_CONTACT_NOTED_ROWS(R)                                                                   \
    R(ID, contact, contact, "contact") R(TEXT, language, BM_LANGUAGE_TEXT)                         \
    R(WORD, interpreter, bm_interpreter_words)
/* Somebody should ring the caller back; and what came of it once. */
#define BM_RING_BACK_WANTED_ROWS(R) R(ID, contact, contact, "contact") R(AT, until_ms)
#define BM_RUNG_BACK_ROWS(R)                                                                       \
    R(ID, contact, contact, "contact") R(WORD, outcome, bm_ring_back_words) R(AT, occurred_at_ms)
/* The same number called again before anybody rang back: as that contact. */
#define BM_CALLED_AGAIN_ROWS(R) R(ID, contact, contact, "contact") R(ID, contact, other, "other")
#define BM_BAND_SET_ROWS(R)                                                                        \
    R(ID, band, band, "band") R(TEXT, name, BM_CODE_TEXT) R(WORD, measure, bm_timed_words)         \
    R(TEXT_AS, class_code, BM_CODE_TEXT, "class") R(COUNT_IN, priority, 0, 5) R(SPAN, most_ms)     \
    R(COUNT_IN, percent, 0, 100) R(TEXT, source, BM_NAME_TEXT)                                     \
    R(WORD, certainty, bm_band_certainty_words) R(FLAG, active)
#define BM_TIME_JUMPED_ROWS(R) R(AT, wall_at_ms) R(AT, expected_at_ms)
#define BM_TIME_CONFIRMED_ROWS(R) R(AT, wall_at_ms)

#define BM_DESK_POSITION_SET_ROWS(R)                                                               \
    R(ID, desk_position, desk_position, "desk_position") R(TEXT, code, BM_CODE_TEXT)               \
    R(TEXT, name, BM_NAME_TEXT) R(ID, agency, jurisdiction, "jurisdiction")                        \
    R(TEXT, lines, BM_LIST_TEXT) R(ID, desk_position, next, "next") R(SPAN, rollover_ms) R(FLAG, active)
/* Somebody sits down at a position, or leaves it (the actor is another where a supervisor logged them off). */
#define BM_DESK_POSITION_LOGGED_ON_ROWS(R)                                                         \
    R(ID, desk_position, desk_position, "desk_position") R(ID, operator, operator_id, "operator") R(AT, since_at_ms)
#define BM_DESK_POSITION_LOGGED_OFF_ROWS(R)                                                        \
    R(ID, desk_position, desk_position, "desk_position") R(ID, operator, operator_id, "operator")
/* A stint of duty as it is planned, or as it begins (a planned one of that id, or a new one). */
#define BM_STINT_PLANNED_ROWS(R) BM_STINT_STANDING_ROWS(R)
#define BM_STINT_BEGUN_ROWS(R) BM_STINT_STANDING_ROWS(R) R(AT, began_at_ms)
#define BM_STINT_ENDED_ROWS(R)                                                                      \
    R(ID, stint, stint, "stint") R(AT, ended_at_ms) R(SPAN, length_ms) R(SPAN, longest_ms)            \
    R(WORDS, warned, bm_stint_warning_words)
#define BM_STINT_ONLY_ROWS(R) R(ID, stint, stint, "stint")
#define BM_DUTY_RULE_SET_ROWS(R) R(ID, agency, agency, "agency") R(SPAN, least_rest_ms) R(SPAN, longest_ms)
/* Responsibility goes from one operator to another. */
#define BM_CASE_TAKEN_OVER_ROWS(R)                                                                 \
    R(ID, case, on_case, "case") R(ID, operator, from, "from") R(ID, operator, to, "to")
#define BM_CONTACT_TAKEN_OVER_ROWS(R)                                                              \
    R(ID, contact, contact, "contact") R(ID, operator, from, "from") R(ID, operator, to, "to")
/* A unit is on duty because a duty level calls it; null: not because of any level any more. */
#define BM_UNIT_CALLED_ROWS(R)                                                                     \
    R(ID, unit, unit, "unit") R(WORD, from, bm_duty_words) R(WORD, to, bm_duty_words)              \
    R(ID, duty_level, duty_level, "duty_level")
/* sealed: the text, under narrative_key. */
#define BM_HANDOVER_LEFT_ROWS(R)                                                                   \
    R(ID, handover, handover, "handover") R(TEXT, shift, BM_NAME_TEXT)                             \
    R(ID, agency, jurisdiction, "jurisdiction") R(ID, desk_position, desk_position, "desk_position") \
    R(ID, key, narrative_key, "narrative_key")
#define BM_HANDOVER_ONLY_ROWS(R) R(ID, handover, handover, "handover")
#define BM_DUTY_LEVEL_SET_ROWS(R)                                                                  \
    R(ID, duty_level, duty_level, "duty_level") R(TEXT, code, BM_CODE_TEXT) R(TEXT, name, BM_NAME_TEXT) \
    R(COUNT, rank) R(ID, agency, jurisdiction, "jurisdiction") R(IDS, units) R(IDS, agencies) R(FLAG, active)
#define BM_DUTY_LEVEL_RAISED_ROWS(R)                                                               \
    R(ID, duty_level, duty_level, "duty_level") R(AT, until_at_ms) R(TEXT, reason, BM_NAME_TEXT)   \
    R(COUNT, called_count)
/* `expired`: its end had come; otherwise somebody ended it sooner, for that reason. */
#define BM_DUTY_LEVEL_ENDED_ROWS(R)                                                                \
    R(ID, duty_level, duty_level, "duty_level") R(FLAG, expired) R(TEXT, reason, BM_NAME_TEXT)

/* Devices of units, safety timers, crews in danger (core/decide_safety.c). */
#define BM_DEVICE_SET_ROWS(R)                                                                      \
    R(ID, device, device, "device") R(WORD, protocol, bm_device_protocol_words)                    \
    R(TEXT, identity, BM_IDENTITY_TEXT) R(ID, unit, unit, "unit")                                  \
    R(ID, agency, jurisdiction, "jurisdiction") R(FLAG, active)
#define BM_DEVICE_SECRET_ROWS(R) R(ID, device, device, "device")
#define BM_CHECK_IN_SET_ROWS(R)                                                                    \
    R(ID, unit, unit, "unit") R(SPAN, every_ms) R(AT, due_at_ms)                                   \
    R(ID, assignment, assignment, "assignment") R(ID, agency, jurisdiction, "jurisdiction")
/* The crew was heard of; it rang; it does not run any more. */
#define BM_CHECKED_IN_ROWS(R) R(ID, unit, unit, "unit") R(AT, due_at_ms)
#define BM_CHECK_IN_RANG_ROWS(R) R(ID, unit, unit, "unit") R(AT, was_due_at_ms)
#define BM_CHECK_IN_STOPPED_ROWS(R) R(ID, unit, unit, "unit")
#define BM_DURESS_RAISED_ROWS(R)                                                                   \
    R(ID, duress, duress, "duress") R(ID, unit, unit, "unit") R(TEXT, call_sign, BM_CODE_TEXT)     \
    R(ID, device, device, "device") R(AT, occurred_at_ms) R(LAT, lat_e7) R(LON, lon_e7)            \
    R(ID, agency, jurisdiction, "jurisdiction") R(ID, agency, case_area, "case_area")
/* The button was pressed again before anybody acknowledged it. */
#define BM_DURESS_REPEATED_ROWS(R) R(ID, duress, duress, "duress") R(AT, occurred_at_ms)
/* sealed: what was found, under a key of its own. */
#define BM_DURESS_ACKNOWLEDGED_ROWS(R) R(ID, duress, duress, "duress") R(ID, key, narrative_key, "narrative_key")
#define BM_DURESS_CASE_ROWS(R) R(ID, duress, duress, "duress") R(ID, case, on_case, "case")
/* One that was acknowledged leaves memory; its row stays. */
#define BM_DURESS_ARCHIVED_ROWS(R) R(ID, duress, duress, "duress")

/* A channel out of the house as it is afterwards; `personal_by` as in the record. */
#define BM_ALERT_CHANNEL_SET_ROWS(R)                                                               \
    R(ID, alert_channel, channel, "channel") BM_ALERT_TERMS_ROWS(R) R(FLAG, active)                \
    R(ID, operator, personal_by, "personal_by") R(AT, personal_at_ms)
#define BM_ALERT_CHANNEL_PAUSED_ROWS(R) R(ID, alert_channel, channel, "channel") R(FLAG, paused)
#define BM_ALERT_CHANNEL_OFF_ROWS(R)                                                               \
    R(ID, alert_channel, channel, "channel") R(WORD, off, bm_alert_off_words)
/* Its secret is another from now on; the secret itself is in the vault. */
#define BM_ALERT_SECRET_SET_ROWS(R) R(ID, alert_channel, channel, "channel")
/* Somebody had something sent once more. */
#define BM_ALERT_RESENT_ROWS(R)                                                                    \
    R(ID, delivery, delivery, "delivery") R(ID, alert_channel, channel, "channel")                 \
    R(ID, case, on_case, "case")
/* An administrator had a timer tried again that had been set aside because it stopped the desk twice; changes nothing by itself. */
#define BM_TIMER_RETRIED_ROWS(R)                                                                   \
    R(TEXT, what, BM_CODE_TEXT) R(ID, timer, target, "target") R(ID, case, on_case, "case")

/*   symbol                     word                  version  member                rows           */
#define BM_EVENTS(E)                                                                               \
    E(BM_EV_AGENCY_SET,         "agency_set",         2, agency_set,         BM_AGENCY_SET_ROWS)         \
    E(BM_EV_PLACE_SET,          "place_set",          2, place_set,          BM_PLACE_SET_ROWS)          \
    E(BM_EV_UNIT_SET,           "unit_set",           1, unit_set,           BM_UNIT_SET_ROWS)           \
    E(BM_EV_UNIT_DUTY,          "unit_duty",          1, unit_duty,          BM_UNIT_DUTY_ROWS)          \
    E(BM_EV_OPERATOR_SET,       "operator_set",       2, operator_set,       BM_OPERATOR_SET_ROWS)       \
    E(BM_EV_PUBLISHED,          "published",          3, published,          BM_PUBLISHED_ROWS)          \
    E(BM_EV_CONTACT_RECEIVED,   "contact_received",   1, contact_received,   BM_CONTACT_RECEIVED_ROWS)   \
    E(BM_EV_CONTACT_MOVED,      "contact_moved",      1, contact_moved,      BM_CONTACT_MOVED_ROWS)      \
    E(BM_EV_CONTACT_FIXED,      "contact_fixed",      1, contact_fixed,      BM_CONTACT_FIXED_ROWS)      \
    E(BM_EV_CONTACT_ATTACHED,   "contact_attached",   1, contact_attached,   BM_CONTACT_ATTACHED_ROWS)   \
    E(BM_EV_CONTACT_ARCHIVED,   "contact_archived",   1, contact_archived,   BM_CONTACT_ARCHIVED_ROWS)   \
    E(BM_EV_CASE_OPENED,        "case_opened",        1, case_opened,        BM_CASE_OPENED_ROWS)        \
    E(BM_EV_CASE_CHANGED,       "case_changed",       1, case_changed,       BM_CASE_CHANGED_ROWS)       \
    E(BM_EV_CASE_MOVED,         "case_moved",         1, case_moved,         BM_CASE_MOVED_ROWS)         \
    E(BM_EV_CASE_MERGED,        "case_merged",        1, case_merged,        BM_CASE_MERGED_ROWS)        \
    E(BM_EV_CASE_LINKED,        "case_linked",        1, case_linked,        BM_CASE_LINKED_ROWS)        \
    E(BM_EV_CASE_ARCHIVED,      "case_archived",      1, case_archived,      BM_CASE_ARCHIVED_ROWS)      \
    E(BM_EV_CASE_REVIVED,       "case_revived",       1, case_revived,       BM_CASE_ARCHIVED_ROWS)      \
    E(BM_EV_ASSIGNMENT_MADE,    "assignment_made",    1, assignment_made,    BM_ASSIGNMENT_MADE_ROWS)    \
    E(BM_EV_ASSIGNMENT_MOVED,   "assignment_moved",   1, assignment_moved,   BM_ASSIGNMENT_MOVED_ROWS)   \
    E(BM_EV_ASSIGNMENT_NOTED,   "assignment_noted",   1, assignment_noted,   BM_ASSIGNMENT_NOTED_ROWS)   \
    E(BM_EV_ASSIGNMENT_REBOUND, "assignment_rebound", 1, assignment_rebound, BM_ASSIGNMENT_REBOUND_ROWS) \
    E(BM_EV_CLOCK_STARTED,      "clock_started",      1, clock_started,      BM_CLOCK_STARTED_ROWS)      \
    E(BM_EV_CLOCK_STOPPED,      "clock_stopped",      1, clock_stopped,      BM_CLOCK_STOPPED_ROWS)      \
    E(BM_EV_CLOCK_RUNG,         "clock_rung",         1, clock_rung,         BM_CLOCK_RUNG_ROWS)         \
    E(BM_EV_ENTRY_ADDED,        "entry_added",        1, entry_added,        BM_ENTRY_ADDED_ROWS)        \
    E(BM_EV_SEALED_SET,         "sealed_set",         1, sealed_set,         BM_SEALED_SET_ROWS)         \
    E(BM_EV_ERASED,             "erased",             1, erased,             BM_ERASED_ROWS)             \
    E(BM_EV_LOOKED,             "looked",             1, looked,             BM_LOOKED_ROWS)             \
    E(BM_EV_ACCOUNT_SET,        "account_set",        1, account_set,        BM_ACCOUNT_SET_ROWS)        \
    E(BM_EV_TIME_JUMPED,        "time_jumped",        1, time_jumped,        BM_TIME_JUMPED_ROWS)        \
    E(BM_EV_TIME_CONFIRMED,     "time_confirmed",     1, time_confirmed,     BM_TIME_CONFIRMED_ROWS)      \
    E(BM_EV_ROAD_CLOSED,        "road_closed",        2, road_closed,        BM_ROAD_CLOSED_ROWS)        \
    E(BM_EV_ROAD_CHANGED,       "road_changed",       1, road_changed,       BM_ROAD_CHANGED_ROWS)       \
    E(BM_EV_ROAD_OPENED,        "road_opened",        1, road_opened,        BM_ROAD_OPENED_ROWS)        \
    E(BM_EV_RECOMMENDED,        "recommended",        1, recommended,        BM_RECOMMENDED_ROWS)        \
    E(BM_EV_MATTER_SET,         "matter_set",         2, matter_set,         BM_MATTER_SET_ROWS)         \
    E(BM_EV_PROMISE_SET,        "promise_set",        1, promise_set,        BM_PROMISE_SET_ROWS)        \
    E(BM_EV_PROMISE_RUNG,       "promise_rung",       1, promise_rung,       BM_PROMISE_RUNG_ROWS)       \
    E(BM_EV_NOTICE,             "notice",             1, notice,             BM_NOTICE_ROWS)             \
    E(BM_EV_FIELDS_SET,         "fields_set",         1, fields_set,         BM_FIELDS_SET_ROWS)         \
    E(BM_EV_CASE_JOINED,        "case_joined",        1, case_joined,        BM_CASE_JOINED_ROWS)        \
    E(BM_EV_CASE_SEPARATED,     "case_separated",     1, case_separated,     BM_CASE_JOINED_ROWS)        \
    E(BM_EV_CONTACT_RATED,      "contact_rated",      1, contact_rated,      BM_CONTACT_RATED_ROWS)      \
    E(BM_EV_RATING_CHECKED,     "rating_checked",     1, rating_checked,     BM_RATING_CHECKED_ROWS)     \
    E(BM_EV_FIGURES_STATED,     "figures_stated",     1, figures_stated,     BM_FIGURES_STATED_ROWS)     \
    E(BM_EV_CASE_LED,           "case_led",           1, case_led,           BM_CASE_LED_ROWS)     \
    E(BM_EV_AREA_SET,           "area_set",           1, area_set,           BM_AREA_SET_ROWS)           \
    E(BM_EV_IMPORTED,           "imported",           1, imported,           BM_IMPORTED_ROWS) \
    E(BM_EV_CONTACT_CALLED,     "contact_called",     1, contact_called,     BM_CONTACT_CALLED_ROWS)     \
    E(BM_EV_CONTACT_ROLLED,     "contact_rolled",     1, contact_rolled,     BM_CONTACT_ROLLED_ROWS)     \
    E(BM_EV_CONTACT_TRANSFERRED, "contact_transferred", 1, contact_transferred, BM_CONTACT_TRANSFERRED_ROWS) \
    E(BM_EV_CONTACT_HUNG_UP,    "contact_hung_up",    1, contact_hung_up,    BM_CONTACT_HUNG_UP_ROWS) \
    E(BM_EV_CONTACT_TAKEN,      "contact_taken",      1, contact_taken,      BM_CONTACT_TAKEN_ROWS) \
    E(BM_EV_CONTACT_NOTED,      "contact_noted",      1, contact_noted,      BM_CONTACT_NOTED_ROWS) \
    E(BM_EV_RING_BACK_WANTED,   "ring_back_wanted",   1, ring_back_wanted,   BM_RING_BACK_WANTED_ROWS) \
    E(BM_EV_RUNG_BACK,          "rung_back",          1, rung_back,          BM_RUNG_BACK_ROWS)    \
    E(BM_EV_CALLED_AGAIN,       "called_again",       1, called_again,       BM_CALLED_AGAIN_ROWS) \
    E(BM_EV_ASSIGNMENT_ENTERED, "assignment_entered", 1, assignment_entered, BM_ASSIGNMENT_ENTERED_ROWS) \
    E(BM_EV_PAPER_ENTERED,      "paper_entered",      1, paper_entered,      BM_PAPER_ENTERED_ROWS) \
    E(BM_EV_DESK_POSITION_SET,  "desk_position_set",  1, desk_position_set,  BM_DESK_POSITION_SET_ROWS)  \
    E(BM_EV_DESK_POSITION_LOGGED_ON, "desk_position_logged_on", 1, desk_position_logged_on, BM_DESK_POSITION_LOGGED_ON_ROWS) \
    E(BM_EV_DESK_POSITION_LOGGED_OFF, "desk_position_logged_off", 1, desk_position_logged_off, BM_DESK_POSITION_LOGGED_OFF_ROWS) \
    E(BM_EV_DEVICE_SET,         "device_set",         1, device_set,         BM_DEVICE_SET_ROWS)         \
    E(BM_EV_DEVICE_SECRET,      "device_secret",      1, device_secret,      BM_DEVICE_SECRET_ROWS)      \
    E(BM_EV_CHECK_IN_SET,       "check_in_set",       1, check_in_set,       BM_CHECK_IN_SET_ROWS)       \
    E(BM_EV_CHECKED_IN,         "checked_in",         1, checked_in,         BM_CHECKED_IN_ROWS)         \
    E(BM_EV_CHECK_IN_RANG,      "check_in_rang",      1, check_in_rang,      BM_CHECK_IN_RANG_ROWS)      \
    E(BM_EV_CHECK_IN_STOPPED,   "check_in_stopped",   1, check_in_stopped,   BM_CHECK_IN_STOPPED_ROWS)   \
    E(BM_EV_DURESS_RAISED,      "duress_raised",      1, duress_raised,      BM_DURESS_RAISED_ROWS)      \
    E(BM_EV_DURESS_REPEATED,    "duress_repeated",    1, duress_repeated,    BM_DURESS_REPEATED_ROWS)    \
    E(BM_EV_DURESS_ACKNOWLEDGED, "duress_acknowledged", 1, duress_acknowledged, BM_DURESS_ACKNOWLEDGED_ROWS) \
    E(BM_EV_DURESS_CASE,        "duress_case",        1, duress_case,        BM_DURESS_CASE_ROWS)        \
    E(BM_EV_DURESS_ARCHIVED,    "duress_archived",    1, duress_archived,    BM_DURESS_ARCHIVED_ROWS) \
    E(BM_EV_BAND_SET,           "band_set",           1, band_set,           BM_BAND_SET_ROWS)     \
    E(BM_EV_ALERT_CHANNEL_SET,  "alert_channel_set",  1, alert_channel_set,  BM_ALERT_CHANNEL_SET_ROWS)  \
    E(BM_EV_ALERT_CHANNEL_PAUSED, "alert_channel_paused", 1, alert_channel_paused, BM_ALERT_CHANNEL_PAUSED_ROWS) \
    E(BM_EV_ALERT_CHANNEL_OFF,  "alert_channel_off",  1, alert_channel_off,  BM_ALERT_CHANNEL_OFF_ROWS)  \
    E(BM_EV_ALERT_SECRET_SET,   "alert_secret_set",   1, alert_secret_set,   BM_ALERT_SECRET_SET_ROWS)   \
    E(BM_EV_ALERT_RESENT,       "alert_resent",       1, alert_resent,       BM_ALERT_RESENT_ROWS) \
    E(BM_EV_STINT_PLANNED, "stint_planned", 1, stint_planned, BM_STINT_PLANNED_ROWS) \
    E(BM_EV_STINT_BEGUN, "stint_begun", 1, stint_begun, BM_STINT_BEGUN_ROWS) \
    E(BM_EV_STINT_ENDED, "stint_ended", 1, stint_ended, BM_STINT_ENDED_ROWS) \
    E(BM_EV_STINT_CANCELLED, "stint_cancelled", 1, stint_cancelled, BM_STINT_ONLY_ROWS) \
    E(BM_EV_STINT_ARCHIVED, "stint_archived", 1, stint_archived, BM_STINT_ONLY_ROWS) \
    E(BM_EV_DUTY_RULE_SET, "duty_rule_set", 1, duty_rule_set, BM_DUTY_RULE_SET_ROWS) \
    E(BM_EV_CASE_TAKEN_OVER, "case_taken_over", 1, case_taken_over, BM_CASE_TAKEN_OVER_ROWS) \
    E(BM_EV_CONTACT_TAKEN_OVER, "contact_taken_over", 1, contact_taken_over, BM_CONTACT_TAKEN_OVER_ROWS) \
    E(BM_EV_UNIT_CALLED, "unit_called", 1, unit_called, BM_UNIT_CALLED_ROWS) \
    E(BM_EV_HANDOVER_LEFT, "handover_left", 1, handover_left, BM_HANDOVER_LEFT_ROWS) \
    E(BM_EV_HANDOVER_TAKEN, "handover_taken", 1, handover_taken, BM_HANDOVER_ONLY_ROWS) \
    E(BM_EV_HANDOVER_ARCHIVED, "handover_archived", 1, handover_archived, BM_HANDOVER_ONLY_ROWS) \
    E(BM_EV_DUTY_LEVEL_SET, "duty_level_set", 1, duty_level_set, BM_DUTY_LEVEL_SET_ROWS) \
    E(BM_EV_DUTY_LEVEL_RAISED, "duty_level_raised", 1, duty_level_raised, BM_DUTY_LEVEL_RAISED_ROWS) \
    E(BM_EV_DUTY_LEVEL_ENDED, "duty_level_ended", 1, duty_level_ended, BM_DUTY_LEVEL_ENDED_ROWS)   \
    E(BM_EV_LOCATION_CONSENT,   "location_consent",   1, location_consent,   BM_LOCATION_CONSENT_ROWS)    \
    E(BM_EV_NOTE_ERASED,        "note_erased",        1, note_erased,        BM_NOTE_ERASED_ROWS)        \
    E(BM_EV_TIMER_RETRIED,      "timer_retried",      1, timer_retried,      BM_TIMER_RETRIED_ROWS)

/* Versions that journals hold and nobody writes any more; they are read and applied for ever.
 *   kind                       version  member                rows            */
#define BM_FORMER_EVENTS(F)                                                                        \
    F(BM_EV_ROAD_CLOSED,        1,       road_closed_v1,       BM_ROAD_CLOSED_V1_ROWS)               \
    F(BM_EV_OPERATOR_SET,       1,       operator_set_v1,      BM_OPERATOR_SET_V1_ROWS)              \
    F(BM_EV_PUBLISHED,          1,       published_v1,         BM_PUBLISHED_V1_ROWS)                 \
    F(BM_EV_PUBLISHED,          2,       published_v2,         BM_PUBLISHED_V2_ROWS)                 \
    F(BM_EV_MATTER_SET,         1,       matter_set_v1,        BM_MATTER_SET_V1_ROWS)                \
    F(BM_EV_AGENCY_SET,         1,       agency_set_v1,        BM_AGENCY_SET_V1_ROWS)                \
    F(BM_EV_PLACE_SET,          1,       place_set_v1,         BM_PLACE_SET_V1_ROWS)

#define BM_EVENT_SYMBOL(symbol, word, version, member, rows) symbol,
enum bm_event_kind { BM_EVENTS(BM_EVENT_SYMBOL) BM_event_kind_COUNT };
#define BM_EVENT_STRUCT(symbol, word, version, member, rows) struct bm_ev_##member { rows(BM_MEMBER) };
BM_EVENTS(BM_EVENT_STRUCT)
#define BM_FORMER_STRUCT(symbol, version, member, rows) struct bm_ev_##member { rows(BM_MEMBER) };
BM_FORMER_EVENTS(BM_FORMER_STRUCT)

struct bm_event {
    uint64_t seq;              /* 1, 2, ... without gaps; given at append */
    int64_t at_ms;             /* recorded; never goes back */
    enum bm_event_kind kind;
    uint16_t version;
    struct bm_subject subject;
    struct bm_operator_id actor; /* 0: the desk itself */
    bool has_request;          /* true on the first event of a command that carried a key */
    uint8_t request[BM_REQUEST_BYTES];
    uint8_t made_what;         /* with has_request: table and id of what the command made */
    uint64_t made_id;
    uint64_t key_id;           /* 0: nothing sealed */
    struct bm_bytes sealed;    /* nonce ‖ ciphertext, owned */
    union {
#define BM_EVENT_MEMBER(symbol, word, version, member, rows) struct bm_ev_##member member;
        BM_EVENTS(BM_EVENT_MEMBER)
#define BM_FORMER_MEMBER(symbol, version, member, rows) struct bm_ev_##member member;
        BM_FORMER_EVENTS(BM_FORMER_MEMBER) /* by `version` */
    };
};

/* The word of a kind ("case_moved") and back; -1 when unknown. */
const char *bm_event_word(enum bm_event_kind kind);
int bm_event_find(const char *word);
/* The shape of a kind's body at its present version; static storage. */
const struct bm_shape *bm_event_shape(enum bm_event_kind kind);
uint16_t bm_event_version(enum bm_event_kind kind);
/* The shape of the body at that version, NULL when this build does not know it. */
const struct bm_shape *bm_event_shape_at(enum bm_event_kind kind, uint16_t version);
/* An event of that kind with a cleared body. */
struct bm_event bm_event_make(enum bm_event_kind kind, struct bm_subject subject);
/* The body as canonical JSON: members in shape order, no white space. */
void bm_event_body(const struct bm_event *event, struct bm_buf *buf);
/* Fills `event`'s body from JSON; kind and version must be set.  BM_BAD_FORMAT for a version this
 * build does not know, BM_CORRUPT for a body that does not fit. */
BM_MUST_USE enum bm_code bm_event_read_body(struct bm_event *event, const void *json, size_t len,
                                            struct bm_fault *fault);
/* Frees what the event owns. */
void bm_event_release(struct bm_event *event);

#endif
