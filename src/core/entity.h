/* The records of the core.  Each is mirrored one to one by a projection table of the same name and
 * columns, by the rows that streams carry, and by the snapshot: all from the lists below.
 *
 * `seq` is the journal place of the last event that touched the record.  `version` rises with each
 * edit and commitment, never with a clock rung, a status, an entry or a contact; it is what If-Match
 * compares.  `jurisdiction` is the agency whose area it lies in: bm_may_see looks at nothing else.
 * Personal fields stand only as sealed values (base/seal.h): `narrative` (what was said, the address
 * in words) and `identity` (who called) under their own keys. */
#ifndef BM_CORE_ENTITY_H
#define BM_CORE_ENTITY_H

#include "core/words.h"

struct bm_agency_id { uint64_t v; };
struct bm_place_id { uint64_t v; };
struct bm_area_id { uint64_t v; };
struct bm_unit_id { uint64_t v; };
struct bm_operator_id { uint64_t v; };
struct bm_class_id { uint64_t v; };
struct bm_contact_id { uint64_t v; };
struct bm_case_id { uint64_t v; };
struct bm_assignment_id { uint64_t v; };
struct bm_clock_id { uint64_t v; };
struct bm_link_id { uint64_t v; };
struct bm_edition_id { uint64_t v; };
struct bm_promise_id { uint64_t v; };
struct bm_figure_id { uint64_t v; };
struct bm_device_id { uint64_t v; };
struct bm_duress_id { uint64_t v; };
struct bm_band_id { uint64_t v; };
struct bm_key_id { uint64_t v; };
struct bm_seq_id { uint64_t v; };
struct bm_request_id { uint64_t v; };
struct bm_desk_position_id { uint64_t v; };
struct bm_alert_channel_id { uint64_t v; };
struct bm_delivery_id { uint64_t v; };
struct bm_stint_id { uint64_t v; };
struct bm_handover_id { uint64_t v; };
struct bm_duty_level_id { uint64_t v; };
struct bm_timer_id { uint64_t v; }; /* of whatever record a timer is for */

/* Names in procedures; lists of roles or fields, separated by spaces; a hash in hex. */
enum { BM_NAMED_TEXT = 49, BM_LIST_TEXT = 401, BM_HASH_TEXT = 65 };
enum { BM_DIVISION_TEXT = 13 };
/* A call or a recording as the exchange names it; a language as in BCP 47. */
enum { BM_CALL_TEXT = 129, BM_LANGUAGE_TEXT = 36 };
enum { BM_CODE_TEXT = 32, BM_NAME_TEXT = 96, BM_PLAN_TEXT = 256, BM_WORDS_TEXT = 301, BM_QUESTIONS_TEXT = 401 };

/* `division`: the administrative division (GB/T 2260, GB/T 10114) that it is for: 6, 9 or 12 digits, or "". */
#define BM_AGENCY_ROWS(R)                                                                          \
    R(ID, agency, id, "id") R(TEXT, code, BM_CODE_TEXT) R(TEXT, name, BM_NAME_TEXT)                \
    R(ID, agency, parent, "parent") R(WORD, level, bm_agency_level_words) R(FLAG, active)          \
    R(ID, agency, jurisdiction, "jurisdiction") R(COUNT, version)                                  \
    R(TEXT, division, BM_DIVISION_TEXT) R(ID, seq, seq, "seq")
struct bm_agency { BM_AGENCY_ROWS(BM_MEMBER) };

/* Anything with a point or a shape.  A road closure is a place of that kind: in force while it is active, and lifted by
 * the desk itself at `until_at_ms`.  Until then its roads are closed (`speed_percent` 0), or driven at that share of their
 * usual speed, in both directions or only along its line.  `code`: what imports know it by; "": it has none. */
#define BM_PLACE_ROWS(R)                                                                           \
    R(ID, place, id, "id") R(WORD, kind, bm_place_kind_words) R(TEXT, name, BM_NAME_TEXT)          \
    R(ID, agency, jurisdiction, "jurisdiction") R(LAT, lat_e7) R(LON, lon_e7) R(FLAG, active)      \
    R(WORD, form, bm_place_form_words) R(POINTS, points) R(AT, until_at_ms)                        \
    R(WORD, direction, bm_road_direction_words) R(COUNT_IN, speed_percent, 0, 99)                  \
    R(COUNT, version) R(TEXT, code, BM_CODE_TEXT) R(ID, seq, seq, "seq")
struct bm_place { BM_PLACE_ROWS(BM_MEMBER) };

/* Ground with a border: an agency's jurisdiction, or how it divides it.  `shape` is core/area.h's; imports know it by `code`. */
#define BM_AREA_ROWS(R)                                                                            \
    R(ID, area, id, "id") R(WORD, kind, bm_area_kind_words) R(TEXT, code, BM_CODE_TEXT)            \
    R(TEXT, name, BM_NAME_TEXT) R(ID, agency, jurisdiction, "jurisdiction") R(FLAG, active)        \
    R(BYTES, shape) R(COUNT, version) R(ID, seq, seq, "seq")
struct bm_area_row { BM_AREA_ROWS(BM_MEMBER) };

/* Availability is not stored: a unit is free when `duty` is on_duty and `assignment` is null.  `called_by`: the duty level
 * that called it on duty, until somebody sets its duty otherwise. */
#define BM_UNIT_ROWS(R)                                                                            \
    R(ID, unit, id, "id") R(TEXT, call_sign, BM_CODE_TEXT) R(WORD, kind, bm_unit_kind_words)       \
    R(ID, agency, jurisdiction, "jurisdiction") R(ID, place, station, "station")                   \
    R(TEXT, capabilities, 128) R(WORD, duty, bm_duty_words)                                        \
    R(ID, assignment, assignment, "assignment") R(ID, case, on_case, "case")                       \
    R(COUNT, waiting_count) R(FLAG, active) R(COUNT, version)                                      \
    R(ID, duty_level, called_by, "called_by") R(ID, seq, seq, "seq")
struct bm_unit { BM_UNIT_ROWS(BM_MEMBER) };

/* `posts`: the roles of procedures that the operator has, separated by spaces, for their agency and what lies below it:
 * "clerk" in every procedure that knows such a role, "letter:clerk" in one (core/posts.h). */
#define BM_OPERATOR_ROWS(R)                                                                        \
    R(ID, operator, id, "id") R(TEXT, number, 16) R(WORDS, roles, bm_role_words)                   \
    R(ID, agency, jurisdiction, "jurisdiction") R(ID, unit, unit, "unit") R(FLAG, active)          \
    R(TEXT, posts, BM_LIST_TEXT)                                                                   \
    R(ID, key, identity_key, "identity_key") R(BYTES, identity) R(COUNT, version)                  \
    R(ID, seq, seq, "seq")
struct bm_operator { BM_OPERATOR_ROWS(BM_MEMBER) };

/* A case class with its clocks' budgets; 0 = that clock does not run for this class.
 *
 * `plan` is its response plan (core/plan.h).  `words` are what callers say, separated by spaces; `questions` are asked
 * one a line. */
#define BM_CLASS_ROWS(R)                                                                           \
    R(ID, class, id, "id") R(TEXT, code, BM_CODE_TEXT) R(TEXT, name_en, BM_NAME_TEXT)              \
    R(TEXT, name_hans, BM_NAME_TEXT) R(TEXT, name_hant, BM_NAME_TEXT)                              \
    R(COUNT_IN, priority, 1, 5) R(SPAN, dispatch_ms) R(SPAN, acknowledge_ms) R(SPAN, arrive_ms)    \
    R(SPAN, report_back_ms) R(SPAN, close_ms) R(TEXT, plan, BM_PLAN_TEXT)                          \
    R(TEXT, words_en, BM_WORDS_TEXT) R(TEXT, words_hans, BM_WORDS_TEXT)                            \
    R(TEXT, words_hant, BM_WORDS_TEXT) R(TEXT, questions_en, BM_QUESTIONS_TEXT)                    \
    R(TEXT, questions_hans, BM_QUESTIONS_TEXT) R(TEXT, questions_hant, BM_QUESTIONS_TEXT)          \
    R(FLAG, active) R(ID, seq, seq, "seq")
struct bm_class { BM_CLASS_ROWS(BM_MEMBER) };

/* Anything that reached the desk.  Answer-time figures count channel = call only.  `jurisdiction` is where it
 * was taken, `case_area` that of its case: those who work the case see who reported it.  `rating` 1 to 5, 0 before it was
 * given; a bad one under a name is looked into by `check_due_at_ms`.
 *
 * Of a call that a telephone exchange reported (core/decide_call.c): `call` is its own name for it, `exchange` the account
 * that spoke for it; `position` is where it rings or was answered, `trunk` and `recording` are the exchange's names, and no
 * audio is here.  `roll_at_ms`: when it rings at the next position, if nobody answers.  `hung_up_at_ms`: the line is free,
 * and whoever has the contact still says what came of it.  `taken_from`: who had it before its operator took it over.
 * `ring_back_until_ms`: somebody should ring the caller back, and until when. */
#define BM_CONTACT_ROWS(R)                                                                         \
    R(ID, contact, id, "id") R(WORD, channel, bm_channel_words)                                    \
    R(WORD, state, bm_contact_state_words) R(WORD, result, bm_contact_result_words)                \
    R(ID, agency, jurisdiction, "jurisdiction") R(ID, case, on_case, "case")                       \
    R(ID, operator, operator_id, "operator") R(TEXT, line, BM_CODE_TEXT) R(AT, received_at_ms)        \
    R(AT, rang_at_ms) R(AT, answered_at_ms) R(AT, abandoned_at_ms) R(AT, ended_at_ms)              \
    R(LAT, lat_e7) R(LON, lon_e7) R(COUNT, uncertainty_m) R(WORD, fix_source, bm_fix_source_words) \
    R(AT, fixed_at_ms) R(COUNT, fix_count) R(ID, key, narrative_key, "narrative_key")              \
    R(BYTES, narrative) R(ID, key, identity_key, "identity_key") R(BYTES, identity)                \
    R(AT, erased_at_ms) R(ID, agency, case_area, "case_area") R(COUNT, rating)                     \
    R(WORD, solved, bm_solved_words) R(AT, rated_at_ms) R(AT, check_due_at_ms)                     \
    R(AT, checked_at_ms) R(TEXT, call, BM_CALL_TEXT) R(ID, operator, exchange, "exchange")         \
    R(TEXT, position, BM_CODE_TEXT) R(TEXT, trunk, BM_CODE_TEXT) R(TEXT, recording, BM_CALL_TEXT)  \
    R(COUNT, roll_count) R(AT, roll_at_ms) R(COUNT, transfer_count) R(AT, transferred_at_ms)       \
    R(AT, hung_up_at_ms) R(ID, operator, taken_from, "taken_from") R(AT, taken_at_ms)              \
    R(TEXT, language, BM_LANGUAGE_TEXT) R(WORD, interpreter, bm_interpreter_words)                 \
    R(AT, ring_back_until_ms) R(COUNT, ring_back_count) R(WORD, ring_back, bm_ring_back_words)     \
    R(AT, ring_back_at_ms) R(ID, contact, called_again, "called_again")                                \
    R(WORD, locating, bm_locating_words) R(COUNT, locate_count) R(ID, seq, seq, "seq")
struct bm_contact { BM_CONTACT_ROWS(BM_MEMBER) };

/* `class_code` is empty for cases that live by a procedure of their own; `with_agency` has their duty, and
 * `offered_to` was offered it: both may see the case, too.  `part_of`: the incident of which this is an agency's part.
 * `source` paper: it was worked on paper sheet `sheet`, and its times but `opened_at_ms` are those of the sheet. */
#define BM_CASE_ROWS(R)                                                                            \
    R(ID, case, id, "id") R(TEXT_AS, procedure, BM_CODE_TEXT, "procedure")                         \
    R(TEXT_AS, class_code, BM_CODE_TEXT, "class") R(COUNT_IN, priority, 1, 5)                      \
    R(WORD, state, bm_case_state_words) R(WORD, outcome, bm_outcome_words)                         \
    R(ID, agency, jurisdiction, "jurisdiction") R(ID, operator, owner, "owner")                    \
    R(ID, operator, opened_by, "opened_by") R(LAT, lat_e7) R(LON, lon_e7)                          \
    R(FLAG, address_verified) R(AT, first_contact_at_ms) R(AT, opened_at_ms)                       \
    R(AT, dispatched_at_ms) R(AT, on_scene_at_ms) R(AT, closed_at_ms) R(AT, reopened_at_ms)       \
    R(COUNT, reopen_count) R(ID, agency, with_agency, "with_agency")                               \
    R(ID, agency, offered_to, "offered_to") R(ID, case, part_of, "part_of")                        \
    R(ID, case, merged_into, "merged_into") R(COUNT, contact_count) R(COUNT, assignment_count)     \
    R(COUNT, entry_count) R(ID, key, narrative_key, "narrative_key") R(BYTES, narrative)           \
    R(ID, key, identity_key, "identity_key") R(BYTES, identity) R(AT, erased_at_ms)                \
    R(COUNT, version) R(ID, operator, changed_by, "changed_by") R(AT, changed_at_ms)               \
    R(WORDS, changed_what, bm_aspect_words) R(WORD, source, bm_record_source_words)                \
    R(TEXT, sheet, BM_CODE_TEXT) R(ID, seq, seq, "seq")
struct bm_case { BM_CASE_ROWS(BM_MEMBER) };

/* One unit on one case; status lives here.  A milestone that was never reported stays null.  `past`: it was
 * cleared before the case was reopened, and says nothing about the case's state any more. */
#define BM_ASSIGNMENT_ROWS(R)                                                                      \
    R(ID, assignment, id, "id") R(ID, case, on_case, "case") R(ID, unit, unit, "unit")             \
    R(WORD, state, bm_assignment_state_words) R(WORD, ended, bm_end_reason_words)                  \
    R(TEXT, report_code, BM_CODE_TEXT) R(AT, made_at_ms) R(AT, assigned_at_ms)                     \
    R(AT, acknowledged_at_ms) R(AT, en_route_at_ms) R(AT, on_scene_at_ms)                          \
    R(AT, transporting_at_ms) R(AT, at_destination_at_ms) R(AT, cleared_at_ms)                     \
    R(ID, place, destination, "destination") R(ID, operator, made_by, "made_by")                   \
    R(ID, agency, jurisdiction, "jurisdiction") R(ID, agency, unit_agency, "unit_agency")          \
    R(FLAG, past) R(ID, seq, seq, "seq")
struct bm_assignment { BM_ASSIGNMENT_ROWS(BM_MEMBER) };

/* A running promise.  Overdue is computed (due_at_ms < now), never stored; a breach is the event of
 * its first rung.  Runs while stopped_at_ms is null. */
#define BM_CLOCK_ROWS(R)                                                                           \
    R(ID, clock, id, "id") R(WORD, kind, bm_clock_kind_words) R(ID, case, on_case, "case")         \
    R(ID, contact, contact, "contact") R(ID, assignment, assignment, "assignment")                 \
    R(ID, agency, jurisdiction, "jurisdiction") R(AT, anchor_at_ms) R(SPAN, budget_ms)             \
    R(AT, due_at_ms) R(AT, stopped_at_ms) R(COUNT, rung) R(AT, breached_at_ms)                     \
    R(ID, seq, seq, "seq")
struct bm_clock { BM_CLOCK_ROWS(BM_MEMBER) };

#define BM_LINK_ROWS(R)                                                                            \
    R(ID, link, id, "id") R(ID, case, on_case, "case") R(ID, case, other, "other")                 \
    R(WORD, kind, bm_link_kind_words) R(ID, agency, jurisdiction, "jurisdiction") R(AT, at_ms)     \
    R(ID, seq, seq, "seq")
struct bm_link { BM_LINK_ROWS(BM_MEMBER) };

/* An edition of a procedure or a calendar, as it was published; `content` is its canonical JSON (a calendar's with the
 * bytes of its zone).  Editions stay for ever, for matters stay on theirs; `current` is what new ones take, and of
 * calendars what everybody takes.  `jurisdiction`: whose local additions to a calendar these are, for that agency and those
 * below it; 0: for the whole desk. */
#define BM_EDITION_ROWS(R)                                                                         \
    R(ID, edition, id, "id") R(WORD, kind, bm_edition_kind_words) R(TEXT, name, BM_NAMED_TEXT)     \
    R(COUNT, version) R(TEXT, hash, BM_HASH_TEXT) R(TEXT, title_en, BM_NAME_TEXT)                  \
    R(TEXT, title_hans, BM_NAME_TEXT) R(TEXT, title_hant, BM_NAME_TEXT) R(BYTES, content)          \
    R(FLAG, current) R(FLAG, example) R(AT, published_at_ms)                                       \
    R(ID, agency, jurisdiction, "jurisdiction") R(ID, seq, seq, "seq")
struct bm_edition { BM_EDITION_ROWS(BM_MEMBER) };

/* Where a matter stands in its procedure: `course` is all of it (procedure/course.h, as JSON); the rest is said beside it
 * for those who look.  `state`, `responsibility` and `supervision` are the innermost states of the regions; `owner_role`
 * must act now, `waits_for` is whom it waits for ("": nobody).  `with_agency` has the duty, when it was handed over;
 * an offer stands while `offer_hash` is not empty.  `due_at_ms` is the earliest due instant of its running promises,
 * `next_at_ms` when the desk has something to do by itself.  `stale`: a calendar was published since.
 * `spare_keys`: of cases that the engine may open out of it (core/matter.h).
 * `halted`: why its clocks cannot be counted on ("": they are), which no new act and no other calendar has mended yet.
 * `same_hand`: since it was opened, or opened again, somebody did what was for another hand, because nobody else could.
 * `held_up_by`: the engine would close it, and waits for that case, which was opened out of it. */
#define BM_STANDING_V1_ROWS(R)                                                                        \
    R(ID, edition, edition, "edition") R(TEXT, state, BM_NAMED_TEXT)                               \
    R(WORD, category, bm_matter_category_words) R(TEXT, owner_role, BM_NAMED_TEXT)                 \
    R(TEXT, waits_for, BM_NAMED_TEXT) R(TEXT, responsibility, BM_NAMED_TEXT)                       \
    R(TEXT, supervision, BM_NAMED_TEXT) R(FLAG, supervised)                                        \
    R(ID, agency, with_agency, "with_agency") R(ID, agency, offered_to, "offered_to")              \
    R(TEXT, offer_hash, BM_HASH_TEXT) R(AT, offered_at_ms) R(AT, due_at_ms) R(FLAG, provisional)   \
    R(AT, next_at_ms) R(FLAG, stale) R(COUNT, returns) R(COUNT, reopens) R(COUNT, extensions)      \
    R(TEXT, published, BM_LIST_TEXT) R(AT, surveyed_at_ms) R(TEXT, halted, BM_LIST_TEXT)            \
    R(BYTES, spare_keys) R(BYTES, course)
#define BM_STANDING_V2_ROWS(R) R(FLAG, same_hand) R(ID, case, held_up_by, "held_up_by")
#define BM_STANDING_ROWS(R) BM_STANDING_V1_ROWS(R) BM_STANDING_V2_ROWS(R)

/* The case of the same id, by the procedure that it lives by.  `before` is its course when it was joined to another. */
#define BM_MATTER_ROWS(R)                                                                          \
    R(ID, case, id, "id") R(TEXT, procedure, BM_NAMED_TEXT) BM_STANDING_ROWS(R) R(BYTES, before)   \
    R(ID, agency, jurisdiction, "jurisdiction") R(ID, seq, seq, "seq")
struct bm_matter { BM_MATTER_ROWS(BM_MEMBER) };

/* A clock of a matter from its start to its end: what was promised, and what became of it.  `due_at_ms` is null while it
 * is paused.  Overdue is computed, a breach is for ever. */
#define BM_PROMISE_STATE_ROWS(R)                                                                   \
    R(TEXT, clock, BM_NAMED_TEXT) R(TEXT, force, BM_CODE_TEXT) R(TEXT, measures, BM_CODE_TEXT)     \
    R(AT, anchor_at_ms) R(AT, due_at_ms) R(FLAG, provisional) R(FLAG, paused)                      \
    R(AT, stopped_at_ms) R(AT, breached_at_ms)
#define BM_PROMISE_ROWS(R)                                                                         \
    R(ID, promise, id, "id") R(ID, case, on_case, "case") BM_PROMISE_STATE_ROWS(R)                 \
    R(COUNT, rung_count) R(ID, agency, jurisdiction, "jurisdiction")                               \
    R(ID, agency, with_agency, "with_agency") R(ID, agency, offered_to, "offered_to")              \
    R(ID, seq, seq, "seq")
struct bm_promise { BM_PROMISE_ROWS(BM_MEMBER) };

/* Rates as somebody stated them (core/rates.h): `content` is what GET /v1/rates answered, with its seq, so that they can be
 * computed again. */
#define BM_FIGURE_ROWS(R)                                                                          \
    R(ID, figure, id, "id") R(TEXT, note, BM_NAME_TEXT) R(BYTES, content)                          \
    R(ID, operator, stated_by, "stated_by") R(AT, stated_at_ms)                                    \
    R(ID, agency, jurisdiction, "jurisdiction") R(ID, seq, seq, "seq")
struct bm_figure { BM_FIGURE_ROWS(BM_MEMBER) };

/* A bad rating under a name, which somebody must look into: of the contact of the same id what those need who see matters and
 * no contacts.  Nothing in it says who rated. */
#define BM_RATING_ROWS(R)                                                                          \
    R(ID, contact, id, "id") R(ID, case, on_case, "case") R(TEXT, procedure, BM_NAMED_TEXT)        \
    R(COUNT, level) R(WORD, solved, bm_solved_words) R(AT, rated_at_ms) R(AT, check_due_at_ms)     \
    R(AT, checked_at_ms) R(ID, agency, jurisdiction, "jurisdiction") R(ID, seq, seq, "seq")
struct bm_rating { BM_RATING_ROWS(BM_MEMBER) };

/* A place at the desk where calls ring (a chair and its telephone; "position" alone is where a unit stands).  `lines`: the
 * lines or trunks that ring there, separated by spaces.  A call that nobody answers there for `rollover_ms` rings at `next`
 * instead.  At most one operator is logged on (null: nobody), and every operator at one position at most. */
#define BM_DESK_POSITION_ROWS(R)                                                                   \
    R(ID, desk_position, id, "id") R(TEXT, code, BM_CODE_TEXT) R(TEXT, name, BM_NAME_TEXT)         \
    R(ID, agency, jurisdiction, "jurisdiction") R(TEXT, lines, BM_LIST_TEXT)                       \
    R(ID, desk_position, next, "next") R(SPAN, rollover_ms)                                        \
    R(ID, operator, operator_id, "operator") R(AT, since_at_ms) R(FLAG, active) R(COUNT, version)  \
    R(ID, seq, seq, "seq")
struct bm_desk_position { BM_DESK_POSITION_ROWS(BM_MEMBER) };

/* What a measure is held against: `percent` of them within `most_ms` (0: they are only counted), of cases of a class ("": of
 * all) or priority (0: of all).  `name` is the set it belongs to; `source` says who says so, `certainty` how sure that is
 * (report/bands.h). */
#define BM_BAND_ROWS(R)                                                                            \
    R(ID, band, id, "id") R(TEXT, name, BM_CODE_TEXT) R(WORD, measure, bm_timed_words)           \
    R(TEXT_AS, class_code, BM_CODE_TEXT, "class") R(COUNT_IN, priority, 0, 5) R(SPAN, most_ms)     \
    R(COUNT_IN, percent, 0, 100) R(TEXT, source, BM_NAME_TEXT)                                     \
    R(WORD, certainty, bm_band_certainty_words) R(FLAG, active) R(COUNT, version)                  \
    R(ID, seq, seq, "seq")
struct bm_band { BM_BAND_ROWS(BM_MEMBER) };

/* Recipients: up to BM_LIST_TEXT - 1 bytes as they were given, or those sealed, in hex (core/alert.h). */
enum { BM_PEOPLE_TEXT = 933 };
enum { BM_URL_TEXT = 401, BM_HOST_TEXT = 128, BM_MESSAGE_TEXT = 601, BM_SHORT_LIST_TEXT = 201 };
/* What an administrator says of a channel out of the house (core/alert.h has the rules).  `events`: kinds of events, separated
 * by spaces; `roles`: of rungs only those that tell one of these; `citizens`: it carries notices to those who reported a
 * matter; `station`: only assignments of units that stand there.  `personal`: what is sealed may leave by it, too.
 * `allowed_host`: an address within the house that may be reached all the same, "host" or "host:port".  The others are
 * for mail and for gateways; `recipients` are sealed (core/alert.h). Its secret stands in the vault. */
#define BM_ALERT_TERMS_ROWS(R)                                                                     \
    R(TEXT, name, BM_NAME_TEXT) R(WORD, kind, bm_alert_kind_words)                                 \
    R(ID, agency, jurisdiction, "jurisdiction") R(TEXT, url, BM_URL_TEXT)                          \
    R(TEXT, allowed_host, BM_HOST_TEXT) R(TEXT, events, BM_LIST_TEXT)                              \
    R(TEXT, roles, BM_SHORT_LIST_TEXT) R(ID, place, station, "station") R(FLAG, citizens)          \
    R(FLAG, personal) R(FLAG, no_handshake) R(WORD, form, bm_alert_form_words)                     \
    R(WORD, language, bm_alert_language_words) R(TEXT, recipients, BM_PEOPLE_TEXT)                   \
    R(TEXT, sender, BM_NAME_TEXT) R(TEXT, username, BM_NAME_TEXT)                                  \
    R(TEXT, headers, BM_SHORT_LIST_TEXT) R(TEXT, body, BM_MESSAGE_TEXT)                            \
    R(TEXT, content_type, BM_NAME_TEXT) R(TEXT, status_url, BM_URL_TEXT)                           \
    R(TEXT, id_member, BM_NAMED_TEXT) R(TEXT, status_member, BM_NAMED_TEXT)                        \
    R(TEXT, done_words, BM_NAME_TEXT) R(TEXT, failed_words, BM_NAME_TEXT)                          \
    R(SPAN, keep_trying_ms)
/* `personal_by`: the administrator who marked it for personal fields.  `paused`: what is to be sent waits.  `off`: the desk
 * itself sends nothing there any more, until it is set again. */
#define BM_ALERT_CHANNEL_ROWS(R)                                                                   \
    R(ID, alert_channel, id, "id") BM_ALERT_TERMS_ROWS(R) R(FLAG, active)                          \
    R(ID, operator, personal_by, "personal_by") R(AT, personal_at_ms) R(FLAG, paused)              \
    R(WORD, off, bm_alert_off_words) R(AT, off_at_ms) R(FLAG, has_secret) R(COUNT, version)        \
    R(ID, seq, seq, "seq")
struct bm_alert_channel { BM_ALERT_CHANNEL_ROWS(BM_MEMBER) };

/* One person's stint of duty, on a unit (its crew are the stints that are on there) or at a position.  `shift` is what the
 * house calls it; stints of one name and planned start are a roster.  What `since_at_ms` says differs from `began_at_ms` where
 * a stint follows another within a break: the shift goes on.  `rest_ms` is the rest before it (null: nothing is known of
 * any), `least_rest_ms` and `longest_ms` the rules as they stood then, `warned` what they said against it. */
#define BM_STINT_STANDING_ROWS(R)                                                                   \
    R(ID, stint, id, "id") R(ID, operator, operator_id, "operator") R(ID, unit, unit, "unit")       \
    R(ID, desk_position, desk_position, "desk_position") R(TEXT, shift, BM_NAME_TEXT)              \
    R(ID, agency, jurisdiction, "jurisdiction") R(AT, starts_at_ms) R(AT, ends_at_ms)              \
    R(AT, since_at_ms) R(SPAN, rest_ms) R(SPAN, least_rest_ms) R(SPAN, longest_ms)                 \
    R(WORDS, warned, bm_stint_warning_words)
#define BM_STINT_ROWS(R)                                                                            \
    BM_STINT_STANDING_ROWS(R) R(WORD, state, bm_stint_state_words) R(AT, began_at_ms)                \
    R(AT, ended_at_ms) R(ID, seq, seq, "seq")
struct bm_stint { BM_STINT_ROWS(BM_MEMBER) };

/* How long people rest between shifts at least, and how long a shift is at most, for the agency of that id and those below
 * it that have no rule of their own; null: nobody is warned. */
#define BM_DUTY_RULE_ROWS(R)                                                                       \
    R(ID, agency, id, "id") R(SPAN, least_rest_ms) R(SPAN, longest_ms)                             \
    R(ID, agency, jurisdiction, "jurisdiction") R(COUNT, version) R(ID, seq, seq, "seq")
struct bm_duty_rule { BM_DUTY_RULE_ROWS(BM_MEMBER) };

/* A note that an officer left for the next shift, and who took it over. */
#define BM_HANDOVER_ROWS(R)                                                                        \
    R(ID, handover, id, "id") R(TEXT, shift, BM_NAME_TEXT)                                         \
    R(ID, agency, jurisdiction, "jurisdiction") R(ID, desk_position, desk_position, "desk_position") \
    R(ID, operator, left_by, "left_by") R(AT, left_at_ms) R(ID, operator, taken_by, "taken_by")    \
    R(AT, taken_at_ms) R(ID, key, narrative_key, "narrative_key") R(BYTES, narrative)              \
    R(ID, seq, seq, "seq")
struct bm_handover { BM_HANDOVER_ROWS(BM_MEMBER) };

/* A level of duty above the normal one.  While it is in force (`raised_at_ms` is not null) its units, and those of its
 * agencies and below, are called on duty; it falls back by itself at `until_at_ms`.  Of several that are in force the highest
 * `rank` is what an area is at. */
#define BM_DUTY_LEVEL_ROWS(R)                                                                      \
    R(ID, duty_level, id, "id") R(TEXT, code, BM_CODE_TEXT) R(TEXT, name, BM_NAME_TEXT)            \
    R(COUNT, rank) R(ID, agency, jurisdiction, "jurisdiction") R(IDS, units) R(IDS, agencies)      \
    R(FLAG, active) R(ID, operator, raised_by, "raised_by") R(AT, raised_at_ms) R(AT, until_at_ms) \
    R(TEXT, reason, BM_NAME_TEXT) R(COUNT, called_count) R(COUNT, version) R(ID, seq, seq, "seq")
struct bm_duty_level { BM_DUTY_LEVEL_ROWS(BM_MEMBER) };

/* What memory keeps of a case after it was archived: enough to find, count, revive and erase it. */
#define BM_STUB_ROWS(R)                                                                            \
    R(ID, case, id, "id") R(TEXT_AS, class_code, BM_CODE_TEXT, "class")                            \
    R(WORD, outcome, bm_outcome_words) R(ID, agency, jurisdiction, "jurisdiction")                 \
    R(AT, opened_at_ms) R(AT, closed_at_ms) R(ID, case, merged_into, "merged_into")                \
    R(ID, key, narrative_key, "narrative_key") R(ID, key, identity_key, "identity_key")            \
    R(AT, erased_at_ms) R(ID, seq, archived_seq, "archived_seq") R(ID, seq, seq, "seq")
struct bm_stub { BM_STUB_ROWS(BM_MEMBER) };

/* What says where a unit is, and that its crew is in danger: a phone, or a vehicle's terminal.  `identity` is how it names
 * itself in its protocol: "user/device" (owntracks), an id of letters and digits (osmand), a telephone number's digits without
 * leading zeros (jt808).  Its secret is in the vault, and when it was last heard of is no record.  `jurisdiction` is its unit's. */
enum { BM_IDENTITY_TEXT = 64 };
#define BM_DEVICE_ROWS(R)                                                                          \
    R(ID, device, id, "id") R(WORD, protocol, bm_device_protocol_words)                            \
    R(TEXT, identity, BM_IDENTITY_TEXT) R(ID, unit, unit, "unit") R(FLAG, active)                  \
    R(ID, agency, jurisdiction, "jurisdiction") R(COUNT, version) R(ID, seq, seq, "seq")
struct bm_device { BM_DEVICE_ROWS(BM_MEMBER) };

/* The safety timer of the unit of the same id, while it runs: it rings at `due_at_ms` when nothing was heard of the crew until
 * then.  With `assignment` it goes with that assignment. */
#define BM_CHECK_IN_ROWS(R)                                                                        \
    R(ID, unit, id, "id") R(SPAN, every_ms) R(AT, due_at_ms) R(AT, rang_at_ms) R(AT, last_at_ms)   \
    R(ID, assignment, assignment, "assignment") R(ID, operator, set_by, "set_by")                  \
    R(ID, agency, jurisdiction, "jurisdiction") R(ID, seq, seq, "seq")
struct bm_check_in { BM_CHECK_IN_ROWS(BM_MEMBER) };

/* A crew in danger: rings on every console that may see it until somebody acknowledges it.  Of one unit at most one waits.
 * `case_area` is where the case lies that the unit was on.  What was found is sealed as its narrative. */
#define BM_DURESS_ROWS(R)                                                                          \
    R(ID, duress, id, "id") R(ID, unit, unit, "unit") R(TEXT, call_sign, BM_CODE_TEXT)             \
    R(ID, device, device, "device") R(ID, operator, raised_by, "raised_by") R(AT, raised_at_ms)    \
    R(AT, occurred_at_ms) R(LAT, lat_e7) R(LON, lon_e7) R(ID, case, on_case, "case")               \
    R(ID, operator, acknowledged_by, "acknowledged_by") R(AT, acknowledged_at_ms)                  \
    R(ID, key, narrative_key, "narrative_key") R(BYTES, narrative)                                 \
    R(ID, agency, jurisdiction, "jurisdiction") R(ID, agency, case_area, "case_area")              \
    R(ID, seq, seq, "seq")
struct bm_duress { BM_DURESS_ROWS(BM_MEMBER) };

/* An accepted command that carried an Idempotency-Key, remembered for 7 days of journal time. */
enum { BM_REQUEST_BYTES = 32 }; /* 16 of BLAKE2b(account, key), 16 of BLAKE2b(method, path, body) */

/* The tables of the core, in the order in which snapshots hold them. */
#define BM_TABLES(W)                                                                               \
    W(BM_T_AGENCY, "agency") W(BM_T_PLACE, "place") W(BM_T_UNIT, "unit")                           \
    W(BM_T_OPERATOR, "operator") W(BM_T_CLASS, "class") W(BM_T_CONTACT, "contact")                 \
    W(BM_T_CASE, "case") W(BM_T_ASSIGNMENT, "assignment") W(BM_T_CLOCK, "clock")                   \
    W(BM_T_LINK, "link") W(BM_T_STUB, "stub") W(BM_T_EDITION, "edition")                         \
    W(BM_T_MATTER, "matter") W(BM_T_PROMISE, "promise") W(BM_T_FIGURE, "figure")                        \
    W(BM_T_RATING, "rating") W(BM_T_DESK_POSITION, "desk_position") W(BM_T_DEVICE, "device")        \
    W(BM_T_CHECK_IN, "check_in") W(BM_T_DURESS, "duress") W(BM_T_BAND, "band")                     \
    W(BM_T_AREA, "area") W(BM_T_ALERT_CHANNEL, "alert_channel") W(BM_T_STINT, "stint")             \
    W(BM_T_DUTY_RULE, "duty_rule") W(BM_T_HANDOVER, "handover")                                    \
    W(BM_T_DUTY_LEVEL, "duty_level") W(BM_T_REQUEST, "request")
BM_DECLARE_WORDS(table_kind, BM_TABLES)

struct bm_request {
    struct bm_request_id id;
    int64_t at_ms;
    uint8_t key[16], digest[16];
    uint8_t what;       /* enum bm_table_kind: what the command made or changed */
    uint64_t result_id; /* its id */
    struct bm_seq_id seq;
};

/* The procedure of incidents; every other case is a matter, with a record in BM_T_MATTER. */
#define BM_EMERGENCY "emergency"
bool bm_case_is_incident(const struct bm_case *row);
/* The key of a note (of BM_T_DURESS, BM_T_HANDOVER) that was erased: it has a key, and its words are gone.  0: it was not, or
 * there never was one, or the table has no notes. */
struct bm_key_id bm_note_erased(enum bm_table_kind table, const void *record);
/* Rings, waits, or is being spoken with. */
bool bm_contact_is_open(const struct bm_contact *contact);
/* Whether handling goes on. */
bool bm_matter_is_open(const struct bm_matter *matter);
/* Whether an operator handled it before it was opened again, as its course says ("hands":{"4":5}). */
bool bm_matter_handled_before(const struct bm_matter *matter, uint64_t who);

/* The shape of a table's records. Static storage. */
const struct bm_shape *bm_table_shape(enum bm_table_kind table);
/* Hash over all shapes: two builds with the same value have the same tables (snapshots: bm_core_schema). */
void bm_entity_schema(uint8_t ret_schema[BM_DIGEST_BYTES]);

#endif
