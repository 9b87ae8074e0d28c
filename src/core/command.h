/* Commands: what somebody asks of the desk.  Each kind's arguments are one record with one shape, which
 * is also the body of its HTTP request; what the path names is `target`.  PERSONAL members never get
 * here in clear: the api has sealed them into `sealed` before.
 *
 * Authority is the operator's own, looked up in the core when the command is decided, never a claim
 * inside the command. */
#ifndef BM_CORE_COMMAND_H
#define BM_CORE_COMMAND_H

#include "core/entity.h"

/* Data classes of personal members. */
extern const struct bm_words bm_personal_narrative, bm_personal_identity;

#define BM_AGENCY_SET_ARGS(R)                                                                      \
    R(TEXT_R, code, BM_CODE_TEXT) R(TEXT_R, name, BM_NAME_TEXT) R(ID, agency, parent, "parent")    \
    R(WORD_R, level, bm_agency_level_words) R(FLAG, inactive) R(TEXT, division, BM_DIVISION_TEXT)
#define BM_PLACE_SET_ARGS(R)                                                                       \
    R(WORD_R, kind, bm_place_kind_words) R(TEXT_R, name, BM_NAME_TEXT)                             \
    R(ID_R, agency, jurisdiction, "jurisdiction") R(LAT, lat_e7) R(LON, lon_e7) R(FLAG, inactive)  \
    R(TEXT, code, BM_CODE_TEXT)
#define BM_ROAD_CLOSE_ARGS(R)                                                                      \
    R(TEXT_R, name, BM_NAME_TEXT) R(WORD_R, form, bm_place_form_words) R(POINTS_R, points)         \
    R(AT, until_at_ms) R(ID, agency, jurisdiction, "jurisdiction")                                 \
    R(WORD, direction, bm_road_direction_words) R(COUNT_IN, speed_percent, 0, 99)
#define BM_ROAD_CHANGE_ARGS(R)                                                                     \
    R(TEXT, name, BM_NAME_TEXT) R(AT, until_at_ms) R(WORD, direction, bm_road_direction_words)     \
    R(COUNT_IN, speed_percent, 0, 99)
#define BM_UNIT_SET_ARGS(R)                                                                        \
    R(TEXT_R, call_sign, BM_CODE_TEXT) R(WORD_R, kind, bm_unit_kind_words)                         \
    R(ID_R, agency, jurisdiction, "jurisdiction") R(ID, place, station, "station")                 \
    R(TEXT, capabilities, 128) R(FLAG, inactive)
#define BM_UNIT_DUTY_ARGS(R) R(WORD_R, duty, bm_duty_words)
#define BM_OPERATOR_SET_ARGS(R)                                                                    \
    R(TEXT_R, number, 16) R(WORDS, roles, bm_role_words)                                           \
    R(ID_R, agency, jurisdiction, "jurisdiction") R(ID, unit, unit, "unit") R(FLAG, inactive)      \
    R(TEXT, posts, BM_LIST_TEXT) R(PERSONAL, "name", 200, bm_personal_identity)
/* `jurisdiction`: whose additions to a calendar these are; 0: for the whole desk. */
#define BM_PUBLISH_ARGS(R)                                                                         \
    R(TEXT_R, what, BM_CODE_TEXT) R(BYTES, content) R(ID, agency, jurisdiction, "jurisdiction")
/* With `call`, what an exchange says of that call, as often and in any order (decide_call.c); `event` is ringing when it is
 * not said.  `again`: abandoned contacts with the same number (8 bytes each): the api knows numbers, the core does not. */
/* What a measure is held against (core/entity.h: bm_band). */
#define BM_BAND_SET_ARGS(R)                                                                        \
    R(TEXT_R, name, BM_CODE_TEXT) R(WORD_R, measure, bm_timed_words)                               \
    R(TEXT_AS, class_code, BM_CODE_TEXT, "class") R(COUNT_IN, priority, 0, 5) R(SPAN, most_ms)     \
    R(COUNT_IN, percent, 0, 100) R(TEXT_R, source, BM_NAME_TEXT)                                   \
    R(WORD_R, certainty, bm_band_certainty_words) R(FLAG, inactive)
#define BM_CONTACT_RECEIVE_ARGS(R)                                                                 \
    R(WORD_R, channel, bm_channel_words) R(ID, agency, jurisdiction, "jurisdiction")               \
    R(TEXT, line, BM_CODE_TEXT) R(AT, rang_at_ms) R(FLAG, answered) R(LAT, lat_e7) R(LON, lon_e7)  \
    R(COUNT_IN, uncertainty_m, 0, 1000000) R(WORD, fix_source, bm_fix_source_words)                \
    R(PERSONAL, "number", 64, bm_personal_identity) R(PERSONAL, "name", 200, bm_personal_identity) \
    R(PERSONAL, "text", 16000, bm_personal_narrative) R(TEXT, call, BM_CALL_TEXT)                  \
    R(WORD, event, bm_call_event_words) R(AT, occurred_at_ms) R(TEXT, position, BM_CODE_TEXT)      \
    R(TEXT, trunk, BM_CODE_TEXT) R(TEXT, recording, BM_CALL_TEXT)                                  \
    R(TEXT, language, BM_LANGUAGE_TEXT) R(WORD, interpreter, bm_interpreter_words)                 \
    R(INTERNAL, again)
#define BM_CONTACT_ANSWER_ARGS(R) R(AT, occurred_at_ms)
#define BM_CONTACT_ABANDON_ARGS(R) R(AT, occurred_at_ms)
#define BM_CONTACT_END_ARGS(R) R(WORD, result, bm_contact_result_words) R(AT, occurred_at_ms)
#define BM_CONTACT_FIX_ARGS(R)                                                                     \
    R(LAT, lat_e7) R(LON, lon_e7) R(COUNT_IN, uncertainty_m, 0, 1000000)                           \
    R(WORD, fix_source, bm_fix_source_words) R(AT, fixed_at_ms)
#define BM_CONTACT_ATTACH_ARGS(R) R(ID_R, case, on_case, "case")
/* `from`: who has it as far as the taker knows: of two who take at once, one is told that it is another's by now. */
#define BM_CONTACT_TAKE_ARGS(R) R(ID, operator, from, "from")
#define BM_CONTACT_NOTE_ARGS(R)                                                                    \
    R(TEXT, language, BM_LANGUAGE_TEXT) R(WORD, interpreter, bm_interpreter_words)
/* `result`: ends the contact as well. */
#define BM_RING_BACK_ARGS(R)                                                                       \
    R(WORD_R, outcome, bm_ring_back_words) R(WORD, result, bm_contact_result_words)                \
    R(AT, occurred_at_ms)
#define BM_CASE_OPEN_ARGS(R)                                                                       \
    R(TEXT_AS_R, class_code, BM_CODE_TEXT, "class") R(COUNT_IN, priority, 1, 5)                    \
    R(ID, agency, jurisdiction, "jurisdiction") R(LAT, lat_e7) R(LON, lon_e7)                      \
    R(FLAG, address_verified) R(ID, contact, contact, "contact") R(ID, unit, unit, "unit")         \
    R(PERSONAL, "address", 400, bm_personal_narrative)                                             \
    R(PERSONAL, "description", 16000, bm_personal_narrative)                                       \
    R(PERSONAL, "caller_name", 200, bm_personal_identity)                                          \
    R(PERSONAL, "caller_number", 64, bm_personal_identity)
#define BM_CASE_CHANGE_ARGS(R)                                                                     \
    R(TEXT_AS, class_code, BM_CODE_TEXT, "class") R(COUNT_IN, priority, 1, 5)                      \
    R(ID, agency, jurisdiction, "jurisdiction") R(ID, operator, owner, "owner") R(LAT, lat_e7)     \
    R(LON, lon_e7) R(FLAG, address_verified) R(PERSONAL, "address", 400, bm_personal_narrative)    \
    R(PERSONAL, "description", 16000, bm_personal_narrative)                                       \
    R(PERSONAL, "caller_name", 200, bm_personal_identity)                                          \
    R(PERSONAL, "caller_number", 64, bm_personal_identity)
#define BM_CASE_CLOSE_ARGS(R) R(WORD_R, outcome, bm_outcome_words)
#define BM_NO_ARGS(R) R(FLAG, unused)
#define BM_CASE_MERGE_ARGS(R) R(ID_R, case, into, "into")
#define BM_CASE_SPLIT_ARGS(R)                                                                      \
    R(TEXT_AS, class_code, BM_CODE_TEXT, "class") R(IDS, contacts) R(IDS, assignments)             \
    R(LAT, lat_e7) R(LON, lon_e7) R(PERSONAL, "address", 400, bm_personal_narrative)               \
    R(PERSONAL, "description", 16000, bm_personal_narrative)
#define BM_CASE_LINK_ARGS(R) R(ID_R, case, other, "other") R(WORD_R, kind, bm_link_kind_words)
#define BM_CASE_REVIVE_ARGS(R) R(BYTES, content)
/* `content`: what was recommended under that id; the api fills it in, empty when it is not known any more. */
#define BM_ASSIGN_ARGS(R)                                                                          \
    R(IDS_R, units) R(WORD, mode, bm_assign_mode_words) R(AT, occurred_at_ms)                      \
    R(TEXT, recommendation, 24) R(INTERNAL, content)
#define BM_STATUS_ARGS(R)                                                                          \
    R(WORD_R, from, bm_assignment_state_words) R(WORD_R, to, bm_assignment_state_words)            \
    R(AT, occurred_at_ms) R(WORD, reason, bm_end_reason_words) R(TEXT, report_code, BM_CODE_TEXT)  \
    R(ID, place, destination, "destination")
#define BM_SWAP_ARGS(R) R(ID_R, unit, unit, "unit")
#define BM_ENTRY_ARGS(R)                                                                           \
    R(AT, occurred_at_ms) R(ID, assignment, assignment, "assignment")                              \
    R(WORD, kind, bm_entry_kind_words) R(PERSONAL, "text", 16000, bm_personal_narrative)
#define BM_ERASE_ARGS(R) R(TEXT_R, basis, BM_NAME_TEXT)
#define BM_LOOK_ARGS(R) R(WORD, scope, bm_look_scope_words)
#define BM_MATTER_OPEN_ARGS(R)                                                                     \
    R(TEXT_R, procedure, BM_NAMED_TEXT) R(ID, agency, jurisdiction, "jurisdiction")                \
    R(ID, contact, contact, "contact") R(LAT, lat_e7) R(LON, lon_e7)                               \
    R(PERSONAL, "address", 400, bm_personal_narrative)                                             \
    R(PERSONAL, "description", 16000, bm_personal_narrative)                                       \
    R(PERSONAL, "caller_name", 200, bm_personal_identity)                                          \
    R(PERSONAL, "caller_number", 64, bm_personal_identity) R(INTERNAL, spare_keys)
/* `fields`: {"name":value}: texts, places and persons as true, for what they say comes sealed; numbers, words, days and
 * yes or no as themselves.  `agency`: to whom it is handed; `other`: the case that it is a duplicate of; `class_code`: of the
 * incident that it opens; `citizen`: the contact (8 bytes) by whose receipt a citizen acts; `child_keys`: fresh sealing
 * keys (two of 8 bytes for each case) for those that the act may open; an opening's `spare_keys` are for those that the
 * engine opens by itself. */
#define BM_MATTER_ACT_ARGS(R)                                                                      \
    R(TEXT_R, event, BM_NAMED_TEXT) R(INTERNAL, fields) R(ID, agency, agency, "agency")            \
    R(ID, case, other, "other") R(TEXT_AS, class_code, BM_CODE_TEXT, "class")                      \
    R(TEXT, offer_hash, BM_HASH_TEXT) R(INTERNAL, citizen) R(INTERNAL, child_keys)
/* A case opened out of an incident, as its procedure says: another agency's part, a civil part, mediation, supervision.
 * `agency`: to whom it is offered at once, and as what; `child_keys` as above. */
#define BM_CASE_EVENT_ARGS(R)                                                                      \
    R(TEXT_R, event, BM_NAMED_TEXT) R(ID, agency, agency, "agency") R(TEXT, part, BM_NAMED_TEXT)   \
    R(INTERNAL, child_keys)
#define BM_RATE_ARGS(R)                                                                            \
    R(COUNT_IN, level, 1, 5) R(WORD_R, solved, bm_solved_words) R(FLAG, named)                     \
    R(PERSONAL, "text", 4000, bm_personal_narrative)
#define BM_STATE_FIGURES_ARGS(R) R(TEXT, note, BM_NAME_TEXT) R(INTERNAL, content)
#define BM_RATING_CHECK_ARGS(R) R(PERSONAL, "text", 4000, bm_personal_narrative)
/* An incident that was worked on paper, as its sheet has it; all units share its times.  With `outcome` it is over, with
 * `cleared_at_ms` its units are free again.  `contact_keys`: two fresh sealing keys (8 bytes each) for its contact. */
#define BM_CASE_PAPER_ARGS(R)                                                                      \
    R(TEXT_R, sheet, BM_CODE_TEXT) R(ID, operator, written_by, "written_by")                       \
    R(TEXT_AS_R, class_code, BM_CODE_TEXT, "class") R(COUNT_IN, priority, 1, 5)                    \
    R(WORD, channel, bm_channel_words) R(ID, agency, jurisdiction, "jurisdiction")                 \
    R(LAT, lat_e7) R(LON, lon_e7) R(FLAG, address_verified) R(AT, received_at_ms)                  \
    R(AT, answered_at_ms) R(AT, ended_at_ms) R(IDS, units) R(AT, dispatched_at_ms)                 \
    R(AT, acknowledged_at_ms) R(AT, en_route_at_ms) R(AT, on_scene_at_ms)                          \
    R(AT, transporting_at_ms) R(AT, at_destination_at_ms) R(AT, cleared_at_ms)                     \
    R(WORD, outcome, bm_outcome_words) R(AT, closed_at_ms) R(INTERNAL, contact_keys)               \
    R(PERSONAL, "address", 400, bm_personal_narrative)                                             \
    R(PERSONAL, "description", 16000, bm_personal_narrative)                                       \
    R(PERSONAL, "caller_name", 200, bm_personal_identity)                                          \
    R(PERSONAL, "caller_number", 64, bm_personal_identity)
#define BM_DESK_POSITION_SET_ARGS(R)                                                               \
    R(TEXT_R, code, BM_CODE_TEXT) R(TEXT_R, name, BM_NAME_TEXT)                                    \
    R(ID_R, agency, jurisdiction, "jurisdiction") R(TEXT, lines, BM_LIST_TEXT)                     \
    R(ID, desk_position, next, "next") R(SPAN, rollover_ms) R(FLAG, inactive)
/* `link`: which of the links that were made for the contact; only that of the caller's own step counts. */
#define BM_CONTACT_LOCATE_ARGS(R)                                                                  \
    R(WORD_R, step, bm_locate_step_words) R(COUNT, link) R(LAT, lat_e7) R(LON, lon_e7)             \
    R(COUNT_IN, uncertainty_m, 0, 1000000) R(AT, fixed_at_ms)
#define BM_DEVICE_SET_ARGS(R)                                                                      \
    R(WORD_R, protocol, bm_device_protocol_words) R(TEXT_R, identity, BM_IDENTITY_TEXT)            \
    R(ID_R, unit, unit, "unit") R(FLAG, inactive)
/* How often the crew must be heard of. */
#define BM_CHECK_IN_SET_ARGS(R) R(COUNT_IN, every_s, 5, 14400)
/* `unit`: whose crew, when it is not the actor's own; the target is the device that raised it, when the desk itself asks. */
#define BM_DURESS_ARGS(R) R(ID, unit, unit, "unit") R(AT, occurred_at_ms) R(LAT, lat_e7) R(LON, lon_e7)
#define BM_DURESS_ACKNOWLEDGE_ARGS(R) R(PERSONAL, "note", 2000, bm_personal_narrative)
#define BM_DURESS_CASE_ARGS(R)                                                                     \
    R(TEXT_AS, class_code, BM_CODE_TEXT, "class")                                                  \
    R(PERSONAL, "description", 16000, bm_personal_narrative)
/* Areas come by import alone, for nobody types a border; `shape` is core/area.h's. */
#define BM_AREA_SET_ARGS(R)                                                                        \
    R(WORD_R, kind, bm_area_kind_words) R(TEXT_R, code, BM_CODE_TEXT) R(TEXT_R, name, BM_NAME_TEXT) \
    R(ID_R, agency, jurisdiction, "jurisdiction") R(FLAG, inactive) R(INTERNAL, shape)
/* Rows of one file, all or nothing (core/import.h); `digest` names the file.  `dry`: only whether it could be.
 * `row_count`: of a file that goes into no record. */
#define BM_IMPORT_ARGS(R)                                                                          \
    R(WORD_R, kind, bm_import_kind_words) R(TEXT_R, digest, BM_HASH_TEXT) R(INTERNAL, rows) R(FLAG, dry)    \
    R(COUNT, row_count)
#define BM_ALERT_CHANNEL_SET_ARGS(R)                                                               \
    R(TEXT_R, name, BM_NAME_TEXT) R(WORD_R, kind, bm_alert_kind_words)                             \
    R(ID_R, agency, jurisdiction, "jurisdiction") R(TEXT_R, url, BM_URL_TEXT)                      \
    R(TEXT, allowed_host, BM_HOST_TEXT) R(TEXT, events, BM_LIST_TEXT)                              \
    R(TEXT, roles, BM_SHORT_LIST_TEXT) R(ID, place, station, "station") R(FLAG, citizens)          \
    R(FLAG, personal) R(FLAG, no_handshake) R(WORD, form, bm_alert_form_words)                     \
    R(WORD, language, bm_alert_language_words) R(TEXT, recipients, BM_PEOPLE_TEXT)                   \
    R(TEXT, sender, BM_NAME_TEXT) R(TEXT, username, BM_NAME_TEXT)                                  \
    R(TEXT, headers, BM_SHORT_LIST_TEXT) R(TEXT, body, BM_MESSAGE_TEXT)                            \
    R(TEXT, content_type, BM_NAME_TEXT) R(TEXT, status_url, BM_URL_TEXT)                           \
    R(TEXT, id_member, BM_NAMED_TEXT) R(TEXT, status_member, BM_NAMED_TEXT)                        \
    R(TEXT, done_words, BM_NAME_TEXT) R(TEXT, failed_words, BM_NAME_TEXT)                          \
    R(SPAN, keep_trying_ms) R(FLAG, inactive)
#define BM_ALERT_CHANNEL_PAUSE_ARGS(R) R(FLAG, paused)
#define BM_ALERT_CHANNEL_OFF_ARGS(R) R(WORD, off, bm_alert_off_words)
/* All are the delivery's; the api fills them in.  `under_way`: it is being sent, or will be; refused here, so that a key by which it
 * was sent again is answered as before. */
#define BM_ALERT_RESEND_ARGS(R)                                                                    \
    R(ID, alert_channel, channel, "channel") R(ID, case, on_case, "case") R(FLAG, under_way)
/* Who is planned for a shift: on that unit, or at that position. */
#define BM_STINT_PLAN_ARGS(R)                                                                       \
    R(IDS_R, operators) R(ID, unit, unit, "unit") R(ID, desk_position, desk_position, "desk_position") \
    R(TEXT_R, shift, BM_NAME_TEXT) R(AT, starts_at_ms) R(AT, ends_at_ms)
#define BM_STINT_BEGIN_ARGS(R) R(IDS_R, operators) R(ID_R, unit, unit, "unit") R(TEXT, shift, BM_NAME_TEXT)
/* `skip_busy`: those on a case stay as they are, instead of the whole being refused. */
#define BM_DUTY_BULK_ARGS(R)                                                                       \
    R(IDS_R, units) R(WORD_R, duty, bm_duty_words) R(TEXT, shift, BM_NAME_TEXT) R(FLAG, skip_busy)
#define BM_DUTY_RULE_SET_ARGS(R) R(SPAN, least_rest_ms) R(SPAN, longest_ms)
/* Neither cases nor contacts: all that are open. */
#define BM_TAKE_OVER_ARGS(R) R(ID_R, operator, from, "from") R(IDS, cases) R(IDS, contacts)
#define BM_HANDOVER_LEAVE_ARGS(R)                                                                  \
    R(TEXT, shift, BM_NAME_TEXT) R(ID, agency, jurisdiction, "jurisdiction")                       \
    R(ID, desk_position, desk_position, "desk_position") R(PERSONAL, "text", 16000, bm_personal_narrative)
#define BM_DUTY_LEVEL_SET_ARGS(R)                                                                  \
    R(TEXT_R, code, BM_CODE_TEXT) R(TEXT_R, name, BM_NAME_TEXT) R(COUNT_IN, rank, 0, 99)           \
    R(ID_R, agency, jurisdiction, "jurisdiction") R(IDS, units) R(IDS, agencies) R(FLAG, inactive)
#define BM_DUTY_LEVEL_RAISE_ARGS(R) R(AT, until_at_ms) R(TEXT_R, reason, BM_NAME_TEXT)
#define BM_DUTY_LEVEL_END_ARGS(R) R(TEXT, reason, BM_NAME_TEXT)
#define BM_TIMER_ARGS(R) R(COUNT, rung)
/* Which of the timers that are set aside (core.h): its command's word; the target is its target. */
#define BM_TIMER_RETRY_ARGS(R) R(TEXT_R, what, BM_CODE_TEXT)
#define BM_TIME_JUMP_ARGS(R) R(AT, wall_at_ms) R(AT, expected_at_ms)

/* Roles that may give the command; DESK: only the desk itself (actor 0). */
#define BM_DESK 0u
#define BM_ANYONE 0xffffffffu
#define BM_TAKERS (BM_BIT(BM_ROLE_CALL_TAKER) | BM_BIT(BM_ROLE_DISPATCHER) | BM_BIT(BM_ROLE_SUPERVISOR))
#define BM_MACHINES BM_BIT(BM_ROLE_GATEWAY)
#define BM_SENDERS (BM_BIT(BM_ROLE_DISPATCHER) | BM_BIT(BM_ROLE_SUPERVISOR))
#define BM_CREWS (BM_SENDERS | BM_BIT(BM_ROLE_UNIT))
#define BM_WORKERS (BM_TAKERS | BM_BIT(BM_ROLE_UNIT))
/* Who may have a post in a procedure; which, the procedure and `posts` say. */
#define BM_POSTED (BM_TAKERS | BM_BIT(BM_ROLE_OFFICER) | BM_BIT(BM_ROLE_UNIT))
#define BM_HEADS BM_BIT(BM_ROLE_SUPERVISOR)
#define BM_ADMINS BM_BIT(BM_ROLE_ADMIN)

/*   symbol                   word                member            roles        arguments              */
#define BM_COMMANDS(C)                                                                             \
    C(BM_DO_AGENCY_SET,       "agency_set",       agency_set,       BM_ADMINS,   BM_AGENCY_SET_ARGS)     \
    C(BM_DO_PLACE_SET,        "place_set",        place_set,        BM_ADMINS,   BM_PLACE_SET_ARGS)      \
    C(BM_DO_UNIT_SET,         "unit_set",         unit_set,         BM_ADMINS,   BM_UNIT_SET_ARGS)       \
    C(BM_DO_UNIT_DUTY,        "unit_duty",        unit_duty,        BM_CREWS,    BM_UNIT_DUTY_ARGS)      \
    C(BM_DO_OPERATOR_SET,     "operator_set",     operator_set,     BM_ADMINS,   BM_OPERATOR_SET_ARGS)   \
    C(BM_DO_ACCOUNT_SET,      "account_set",      account_set,      BM_ADMINS,   BM_NO_ARGS)             \
    C(BM_DO_PUBLISH,          "publish",          publish,          BM_ADMINS,   BM_PUBLISH_ARGS)        \
    C(BM_DO_CONTACT_RECEIVE,  "contact_receive",  contact_receive,  BM_WORKERS | BM_MACHINES, BM_CONTACT_RECEIVE_ARGS)\
    C(BM_DO_CONTACT_ANSWER,   "contact_answer",   contact_answer,   BM_TAKERS,   BM_CONTACT_ANSWER_ARGS) \
    C(BM_DO_CONTACT_ABANDON,  "contact_abandon",  contact_abandon,  BM_TAKERS | BM_MACHINES, BM_CONTACT_ABANDON_ARGS)\
    C(BM_DO_CONTACT_END,      "contact_end",      contact_end,      BM_TAKERS,   BM_CONTACT_END_ARGS)    \
    C(BM_DO_CONTACT_FIX,      "contact_fix",      contact_fix,      BM_TAKERS | BM_MACHINES, BM_CONTACT_FIX_ARGS)    \
    C(BM_DO_CONTACT_ATTACH,   "contact_attach",   contact_attach,   BM_TAKERS,   BM_CONTACT_ATTACH_ARGS) \
    C(BM_DO_CASE_OPEN,        "case_open",        case_open,        BM_WORKERS,  BM_CASE_OPEN_ARGS)      \
    C(BM_DO_CASE_CHANGE,      "case_change",      case_change,      BM_TAKERS,   BM_CASE_CHANGE_ARGS)    \
    C(BM_DO_CASE_CLAIM,       "claim",            case_claim,       BM_TAKERS,   BM_NO_ARGS)             \
    C(BM_DO_CASE_CLOSE,       "close",            case_close,       BM_TAKERS,   BM_CASE_CLOSE_ARGS)     \
    C(BM_DO_CASE_REOPEN,      "reopen",           case_reopen,      BM_TAKERS,   BM_NO_ARGS)             \
    C(BM_DO_CASE_MERGE,       "case_merge",       case_merge,       BM_TAKERS,   BM_CASE_MERGE_ARGS)     \
    C(BM_DO_CASE_SPLIT,       "case_split",       case_split,       BM_TAKERS,   BM_CASE_SPLIT_ARGS)     \
    C(BM_DO_CASE_LINK,        "case_link",        case_link,        BM_TAKERS,   BM_CASE_LINK_ARGS)      \
    C(BM_DO_CASE_REVIVE,      "case_revive",      case_revive,      BM_TAKERS,   BM_CASE_REVIVE_ARGS)    \
    C(BM_DO_ASSIGN,           "assign",           assign,           BM_SENDERS,  BM_ASSIGN_ARGS)         \
    C(BM_DO_STATUS,           "status",           status,           BM_CREWS,    BM_STATUS_ARGS)         \
    C(BM_DO_SWAP,             "swap",             swap,             BM_SENDERS,  BM_SWAP_ARGS)           \
    C(BM_DO_ENTRY,            "entry",            entry,            BM_WORKERS,  BM_ENTRY_ARGS)          \
    C(BM_DO_ERASE_CASE,       "erase_case",       erase_case,       BM_HEADS,    BM_ERASE_ARGS)          \
    C(BM_DO_ERASE_CONTACT,    "erase_contact",    erase_contact,    BM_HEADS,    BM_ERASE_ARGS)          \
    C(BM_DO_LOOK,             "look",             look,             BM_ANYONE,   BM_LOOK_ARGS)           \
    C(BM_DO_CLOCK_DUE,        "clock_due",        clock_due,        BM_DESK,     BM_TIMER_ARGS)          \
    C(BM_DO_CASE_ARCHIVE,     "case_archive",     case_archive,     BM_DESK,     BM_TIMER_ARGS)          \
    C(BM_DO_CONTACT_ARCHIVE,  "contact_archive",  contact_archive,  BM_DESK,     BM_TIMER_ARGS)          \
    C(BM_DO_TIME_JUMP,        "time_jump",        time_jump,        BM_DESK,     BM_TIME_JUMP_ARGS)      \
    C(BM_DO_TIME_CONFIRM,     "time_confirm",     time_confirm,     BM_ADMINS,   BM_TIME_JUMP_ARGS)      \
    C(BM_DO_ROAD_CLOSE,       "road_close",       road_close,       BM_SENDERS,  BM_ROAD_CLOSE_ARGS)     \
    C(BM_DO_ROAD_CHANGE,      "road_change",      road_change,      BM_SENDERS,  BM_ROAD_CHANGE_ARGS)    \
    C(BM_DO_ROAD_OPEN,        "road_open",        road_open,        BM_SENDERS,  BM_NO_ARGS)             \
    C(BM_DO_ROAD_DUE,         "road_due",         road_due,         BM_DESK,     BM_TIMER_ARGS)          \
    C(BM_DO_MATTER_OPEN,      "matter_open",      matter_open,      BM_POSTED,   BM_MATTER_OPEN_ARGS)    \
    C(BM_DO_MATTER_ACT,       "matter_act",       matter_act,       BM_POSTED,   BM_MATTER_ACT_ARGS)     \
    C(BM_DO_MATTER_SEPARATE,  "matter_separate",  matter_separate,  BM_POSTED,   BM_NO_ARGS)             \
    C(BM_DO_MATTER_MIGRATE,   "matter_migrate",   matter_migrate,   BM_HEADS | BM_ADMINS, BM_NO_ARGS)    \
    C(BM_DO_MATTER_DUE,       "matter_due",       matter_due,       BM_DESK,     BM_TIMER_ARGS)          \
    C(BM_DO_RATE,             "rate",             rate,             BM_DESK,     BM_RATE_ARGS)           \
    C(BM_DO_RATING_CHECK,     "rating_check",     rating_check,     BM_POSTED,   BM_RATING_CHECK_ARGS)   \
    C(BM_DO_STATE_FIGURES,    "state_figures",    state_figures,    BM_HEADS | BM_BIT(BM_ROLE_OFFICER), BM_STATE_FIGURES_ARGS) \
    C(BM_DO_CASE_EVENT,       "case_event",       case_event,       BM_POSTED,   BM_CASE_EVENT_ARGS) \
    C(BM_DO_AREA_SET,         "area_set",         area_set,         BM_ADMINS,   BM_AREA_SET_ARGS)       \
    C(BM_DO_IMPORT,           "import",           import,           BM_ADMINS,   BM_IMPORT_ARGS) \
    C(BM_DO_CONTACT_TAKE,     "contact_take",     contact_take,     BM_TAKERS,   BM_CONTACT_TAKE_ARGS)   \
    C(BM_DO_CONTACT_NOTE,     "contact_note",     contact_note,     BM_TAKERS,   BM_CONTACT_NOTE_ARGS)   \
    C(BM_DO_RING_BACK,        "ring_back",        ring_back,        BM_TAKERS,   BM_RING_BACK_ARGS)      \
    C(BM_DO_CALL_DUE,         "call_due",         call_due,         BM_DESK,     BM_TIMER_ARGS)    \
    C(BM_DO_CASE_PAPER,       "case_paper",       case_paper,       BM_TAKERS,   BM_CASE_PAPER_ARGS) \
    C(BM_DO_DESK_POSITION_SET, "desk_position_set", desk_position_set, BM_ADMINS, BM_DESK_POSITION_SET_ARGS) \
    C(BM_DO_DESK_POSITION_LOG_ON, "desk_position_log_on", desk_position_log_on, BM_TAKERS, BM_NO_ARGS) \
    C(BM_DO_DESK_POSITION_LOG_OFF, "desk_position_log_off", desk_position_log_off, BM_TAKERS, BM_NO_ARGS) \
    C(BM_DO_DEVICE_SET,       "device_set",       device_set,       BM_ADMINS,   BM_DEVICE_SET_ARGS)     \
    C(BM_DO_DEVICE_SECRET,    "device_secret",    device_secret,    BM_ADMINS,   BM_NO_ARGS)             \
    C(BM_DO_CHECK_IN_SET,     "check_in_set",     check_in_set,     BM_SENDERS,  BM_CHECK_IN_SET_ARGS)   \
    C(BM_DO_CHECK_IN,         "check_in",         check_in,         BM_CREWS,    BM_NO_ARGS)             \
    C(BM_DO_CHECK_IN_STOP,    "check_in_stop",    check_in_stop,    BM_SENDERS,  BM_NO_ARGS)             \
    C(BM_DO_CHECK_IN_DUE,     "check_in_due",     check_in_due,     BM_DESK,     BM_TIMER_ARGS)          \
    C(BM_DO_DURESS,           "duress",           duress,           BM_WORKERS | BM_MACHINES, BM_DURESS_ARGS) \
    C(BM_DO_DURESS_ACKNOWLEDGE, "duress_acknowledge", duress_acknowledge, BM_TAKERS, BM_DURESS_ACKNOWLEDGE_ARGS) \
    C(BM_DO_DURESS_CASE,      "duress_case",      duress_case,      BM_TAKERS,   BM_DURESS_CASE_ARGS) \
    C(BM_DO_BAND_SET,         "band_set",         band_set,         BM_ADMINS,   BM_BAND_SET_ARGS) \
    C(BM_DO_ALERT_CHANNEL_SET, "alert_channel_set", alert_channel_set, BM_ADMINS, BM_ALERT_CHANNEL_SET_ARGS) \
    C(BM_DO_ALERT_CHANNEL_PAUSE, "alert_channel_pause", alert_channel_pause, BM_ADMINS | BM_HEADS, BM_ALERT_CHANNEL_PAUSE_ARGS) \
    C(BM_DO_ALERT_CHANNEL_OFF, "alert_channel_off", alert_channel_off, BM_DESK, BM_ALERT_CHANNEL_OFF_ARGS) \
    C(BM_DO_ALERT_SECRET_SET, "alert_secret_set", alert_secret_set, BM_ADMINS, BM_NO_ARGS)              \
    C(BM_DO_ALERT_RESEND,     "alert_resend",     alert_resend,     BM_HEADS | BM_ADMINS, BM_ALERT_RESEND_ARGS) \
    C(BM_DO_STINT_PLAN, "stint_plan", stint_plan, BM_HEADS | BM_ADMINS, BM_STINT_PLAN_ARGS) \
    C(BM_DO_STINT_BEGIN, "stint_begin", stint_begin, BM_CREWS, BM_STINT_BEGIN_ARGS) \
    C(BM_DO_STINT_END, "stint_end", stint_end, BM_CREWS, BM_NO_ARGS) \
    C(BM_DO_STINT_CANCEL, "stint_cancel", stint_cancel, BM_HEADS | BM_ADMINS, BM_NO_ARGS) \
    C(BM_DO_DUTY_BULK, "duty_bulk", duty_bulk, BM_SENDERS, BM_DUTY_BULK_ARGS) \
    C(BM_DO_DUTY_RULE_SET, "duty_rule_set", duty_rule_set, BM_ADMINS, BM_DUTY_RULE_SET_ARGS) \
    C(BM_DO_TAKE_OVER, "take_over", take_over, BM_TAKERS, BM_TAKE_OVER_ARGS) \
    C(BM_DO_HANDOVER_LEAVE, "handover_leave", handover_leave, BM_TAKERS, BM_HANDOVER_LEAVE_ARGS) \
    C(BM_DO_HANDOVER_TAKE, "handover_take", handover_take, BM_TAKERS, BM_NO_ARGS) \
    C(BM_DO_DUTY_LEVEL_SET, "duty_level_set", duty_level_set, BM_ADMINS, BM_DUTY_LEVEL_SET_ARGS) \
    C(BM_DO_DUTY_LEVEL_RAISE, "duty_level_raise", duty_level_raise, BM_HEADS, BM_DUTY_LEVEL_RAISE_ARGS) \
    C(BM_DO_DUTY_LEVEL_END, "duty_level_end", duty_level_end, BM_HEADS, BM_DUTY_LEVEL_END_ARGS) \
    C(BM_DO_DUTY_LEVEL_DUE, "duty_level_due", duty_level_due, BM_DESK, BM_TIMER_ARGS) \
    C(BM_DO_STINT_ARCHIVE, "stint_archive", stint_archive, BM_DESK, BM_TIMER_ARGS) \
    C(BM_DO_HANDOVER_ARCHIVE, "handover_archive", handover_archive, BM_DESK, BM_TIMER_ARGS)        \
    C(BM_DO_CONTACT_LOCATE,   "contact_locate",   contact_locate,   BM_TAKERS,   BM_CONTACT_LOCATE_ARGS)    \
    C(BM_DO_ERASE_DURESS,     "erase_duress",     erase_duress,     BM_HEADS,    BM_ERASE_ARGS)          \
    C(BM_DO_ERASE_HANDOVER,   "erase_handover",   erase_handover,   BM_HEADS,    BM_ERASE_ARGS)          \
    C(BM_DO_TIMER_RETRY,      "timer_retry",      timer_retry,      BM_ADMINS,   BM_TIMER_RETRY_ARGS)

#define BM_COMMAND_SYMBOL(symbol, word, member, roles, args) symbol,
enum bm_command_kind { BM_COMMANDS(BM_COMMAND_SYMBOL) BM_command_kind_COUNT };
#define BM_COMMAND_STRUCT(symbol, word, member, roles, args) struct bm_do_##member { args(BM_MEMBER) };
BM_COMMANDS(BM_COMMAND_STRUCT)

struct bm_command {
    enum bm_command_kind kind;
    struct bm_operator_id actor; /* 0: the desk itself (timers, first start) */
    uint64_t target;             /* what the path names; 0: make a new one */
    uint64_t present;            /* bit i: argument i of the shape was given (change commands) */
    bool has_if_match;
    uint32_t if_match;
    bool has_request;
    uint8_t request[BM_REQUEST_BYTES];
    /* Per data class: the key of the target (a fresh one for a new case or contact) and what was
     * sealed under it (empty: nothing).  Owned. */
    struct {
        uint64_t key_id;
        struct bm_bytes value;
    } sealed[BM_data_class_COUNT];
    union {
#define BM_COMMAND_MEMBER(symbol, word, member, roles, args) struct bm_do_##member member;
        BM_COMMANDS(BM_COMMAND_MEMBER)
    };
};

/* A command with cleared arguments. */
struct bm_command bm_command_make(enum bm_command_kind kind);
void bm_command_release(struct bm_command *command);
/* The arguments' record inside the command. */
void *bm_command_args(struct bm_command *command);
const struct bm_shape *bm_command_shape(enum bm_command_kind kind);
const char *bm_command_word(enum bm_command_kind kind);
/* Bit set of roles that may give it. */
uint32_t bm_command_roles(enum bm_command_kind kind);
/* Whether the argument called `name` was given. */
bool bm_command_has(const struct bm_command *command, const char *name);
/* Emergency intake is shed last: it may use the reserved places of the queue. */
bool bm_command_is_emergency(enum bm_command_kind kind);

#endif
