/* The closed vocabularies of the core: what is stored and sent is one of these words, never free
 * text.  The first word of a list that begins with "none" is sent as null. */
#ifndef BM_CORE_WORDS_H
#define BM_CORE_WORDS_H

#include "core/rows.h"

#define BM_AGENCY_LEVELS(W)                                                                        \
    W(BM_LEVEL_PROVINCE, "province") W(BM_LEVEL_CITY, "city") W(BM_LEVEL_COUNTY, "county")         \
    W(BM_LEVEL_STATION, "station") W(BM_LEVEL_HOSPITAL, "hospital")                                \
    W(BM_LEVEL_PARTNER, "partner") W(BM_LEVEL_OTHER, "other")
#define BM_PLACE_KINDS(W)                                                                          \
    W(BM_PLACE_STATION, "station") W(BM_PLACE_POST, "post") W(BM_PLACE_GRID_CELL, "grid_cell")     \
    W(BM_PLACE_BEAT, "beat") W(BM_PLACE_ZONE, "zone") W(BM_PLACE_FACILITY, "facility")   \
    W(BM_PLACE_ROAD_CLOSURE, "road_closure")
/* What an area is for: whose cases lie in it, or how a district divides its ground. */
#define BM_AREA_KINDS(W)                                                                           \
    W(BM_AREA_JURISDICTION, "jurisdiction") W(BM_AREA_ZONE, "zone") W(BM_AREA_BEAT, "beat")        \
    W(BM_AREA_GRID_CELL, "grid_cell")
/* What is imported: into the record (core/import.h), but for the last two, which are tables beside it
 * (api/own_tables.h) and leave only word of the import here. */
#define BM_IMPORT_KINDS(W)                                                                         \
    W(BM_IMPORT_AGENCIES, "agencies") W(BM_IMPORT_PLACES, "places") W(BM_IMPORT_AREAS, "areas")    \
    W(BM_IMPORT_UNITS, "units") W(BM_IMPORT_ACCOUNTS, "accounts")              \
    W(BM_IMPORT_ADDRESSES, "addresses") W(BM_IMPORT_DIVISIONS, "divisions") \
    W(BM_IMPORT_DEVICES, "devices")
/* What the points of a place make: nothing yet, a line, or a polygon. */
#define BM_PLACE_FORMS(W)                                                                          \
    W(BM_FORM_NONE, "none") W(BM_FORM_LINE, "line") W(BM_FORM_POLYGON, "polygon")
/* Which way a road closure is for: both, or only along the line as it was drawn. */
#define BM_ROAD_DIRECTIONS(W)                                                                      \
    W(BM_DIRECTION_NONE, "none") W(BM_DIRECTION_BOTH, "both") W(BM_DIRECTION_ALONG, "along")
#define BM_UNIT_KINDS(W)                                                                           \
    W(BM_UNIT_CAR, "car") W(BM_UNIT_MOTORCYCLE, "motorcycle") W(BM_UNIT_FOOT, "foot")              \
    W(BM_UNIT_BOAT, "boat") W(BM_UNIT_DRONE_CREW, "drone_crew") W(BM_UNIT_ENGINE, "fire_engine")   \
    W(BM_UNIT_LADDER, "ladder") W(BM_UNIT_AMBULANCE, "ambulance") W(BM_UNIT_MEDIATOR, "mediator")  \
    W(BM_UNIT_VOLUNTEERS, "volunteer_team") W(BM_UNIT_OTHER, "other")
#define BM_DUTIES(W)                                                                               \
    W(BM_DUTY_OFF, "off_duty") W(BM_DUTY_ON, "on_duty") W(BM_DUTY_OUT, "out_of_service")
#define BM_ROLES(W)                                                                                \
    W(BM_ROLE_CALL_TAKER, "call_taker") W(BM_ROLE_DISPATCHER, "dispatcher")                        \
    W(BM_ROLE_SUPERVISOR, "supervisor") W(BM_ROLE_UNIT, "unit") W(BM_ROLE_ADMIN, "admin")         \
    W(BM_ROLE_GATEWAY, "gateway") W(BM_ROLE_OFFICER, "officer")
#define BM_CHANNELS(W)                                                                             \
    W(BM_CHANNEL_CALL, "call") W(BM_CHANNEL_TEXT, "text") W(BM_CHANNEL_SILENT, "silent_call")      \
    W(BM_CHANNEL_ALARM, "alarm") W(BM_CHANNEL_APP, "app") W(BM_CHANNEL_WEB, "web_form")            \
    W(BM_CHANNEL_LETTER, "letter") W(BM_CHANNEL_VISIT, "visit") W(BM_CHANNEL_PARTNER, "partner")
#define BM_CONTACT_STATES(W)                                                                       \
    W(BM_CONTACT_RINGING, "ringing") W(BM_CONTACT_WAITING, "waiting")                              \
    W(BM_CONTACT_ANSWERED, "answered") W(BM_CONTACT_ABANDONED, "abandoned")                        \
    W(BM_CONTACT_ENDED, "ended")
#define BM_CONTACT_RESULTS(W)                                                                      \
    W(BM_RESULT_NONE, "none") W(BM_RESULT_CASE, "case") W(BM_RESULT_ADVICE, "advice")              \
    W(BM_RESULT_REFERRED, "referred") W(BM_RESULT_NUISANCE, "nuisance")                            \
    W(BM_RESULT_MISDIAL, "misdial") W(BM_RESULT_SILENT, "silent") W(BM_RESULT_TEST, "test")        \
    W(BM_RESULT_NOT_REACHED, "not_reached") W(BM_RESULT_CALLED_AGAIN, "called_again")
/* What a telephone exchange says of a call. */
#define BM_CALL_EVENTS(W)                                                                          \
    W(BM_CALL_RINGING, "ringing") W(BM_CALL_ANSWERED, "answered")                                  \
    W(BM_CALL_TRANSFERRED, "transferred") W(BM_CALL_ABANDONED, "abandoned")                        \
    W(BM_CALL_ENDED, "ended")
#define BM_INTERPRETERS(W)                                                                         \
    W(BM_INTERPRETER_NONE, "none") W(BM_INTERPRETER_NEEDED, "needed")                              \
    W(BM_INTERPRETER_CONNECTED, "connected") W(BM_INTERPRETER_UNAVAILABLE, "unavailable")
/* What came of ringing a caller back. */
#define BM_RING_BACKS(W)                                                                           \
    W(BM_RING_BACK_NONE, "none") W(BM_RING_BACK_REACHED, "reached")                                \
    W(BM_RING_BACK_NO_ANSWER, "no_answer") W(BM_RING_BACK_BUSY, "busy")                            \
    W(BM_RING_BACK_INVALID, "invalid_number")
#define BM_FIX_SOURCES(W)                                                                          \
    W(BM_FIX_NONE, "none") W(BM_FIX_CALLER, "caller_said") W(BM_FIX_OPERATOR, "operator")          \
    W(BM_FIX_DEVICE, "device") W(BM_FIX_NETWORK, "network") W(BM_FIX_LINE, "line_address")
#define BM_CASE_STATES(W)                                                                          \
    W(BM_CASE_RECEIVED, "received") W(BM_CASE_ASSIGNED, "assigned")                                \
    W(BM_CASE_ACKNOWLEDGED, "acknowledged") W(BM_CASE_EN_ROUTE, "en_route")                        \
    W(BM_CASE_ON_SCENE, "on_scene") W(BM_CASE_TRANSPORTING, "transporting")                        \
    W(BM_CASE_AT_DESTINATION, "at_destination") W(BM_CASE_CLEARED, "cleared")                      \
    W(BM_CASE_CLOSED, "closed") W(BM_CASE_MERGED, "merged")
#define BM_OUTCOMES(W)                                                                             \
    W(BM_OUTCOME_NONE, "none") W(BM_OUTCOME_SOLVED, "solved") W(BM_OUTCOME_EXPLAINED, "explained") \
    W(BM_OUTCOME_REFUSED, "refused") W(BM_OUTCOME_TRANSFERRED, "transferred")                      \
    W(BM_OUTCOME_WITHDRAWN, "withdrawn") W(BM_OUTCOME_INVALID, "invalid")                          \
    W(BM_OUTCOME_DUPLICATE, "duplicate") W(BM_OUTCOME_AGREEMENT, "agreement")                      \
    W(BM_OUTCOME_NO_AGREEMENT, "no_agreement") W(BM_OUTCOME_DEEMED, "deemed")
#define BM_ASSIGNMENT_STATES(W)                                                                    \
    W(BM_AS_RESERVED, "reserved") W(BM_AS_STACKED, "stacked") W(BM_AS_ASSIGNED, "assigned")        \
    W(BM_AS_ACKNOWLEDGED, "acknowledged") W(BM_AS_EN_ROUTE, "en_route")                            \
    W(BM_AS_ON_SCENE, "on_scene") W(BM_AS_TRANSPORTING, "transporting")                            \
    W(BM_AS_AT_DESTINATION, "at_destination") W(BM_AS_CLEARED, "cleared")                          \
    W(BM_AS_CANCELLED, "cancelled")
#define BM_ASSIGN_MODES(W)                                                                         \
    W(BM_MODE_ASSIGN, "assign") W(BM_MODE_RESERVE, "reserve") W(BM_MODE_STACK, "stack")            \
    W(BM_MODE_DIVERT, "divert")
#define BM_END_REASONS(W)                                                                          \
    W(BM_END_NONE, "none") W(BM_END_DONE, "done") W(BM_END_NOT_NEEDED, "not_needed")               \
    W(BM_END_CANCELLED, "cancelled") W(BM_END_DIVERTED, "diverted") W(BM_END_SWAPPED, "swapped")   \
    W(BM_END_MERGED, "merged") W(BM_END_UNABLE, "unable")
#define BM_CLOCK_KINDS(W)                                                                          \
    W(BM_CLOCK_ANSWER, "answer") W(BM_CLOCK_DISPATCH, "dispatch")                                  \
    W(BM_CLOCK_ACKNOWLEDGE, "acknowledge") W(BM_CLOCK_ARRIVE, "arrive")                            \
    W(BM_CLOCK_REPORT_BACK, "report_back") W(BM_CLOCK_CLOSE, "close")                              \
    W(BM_CLOCK_WHOLE, "whole")
#define BM_LINK_KINDS(W)                                                                           \
    W(BM_LINK_RELATED, "related") W(BM_LINK_PARENT, "parent") W(BM_LINK_SPLIT, "split_from")       \
    W(BM_LINK_MERGED, "merged_from") W(BM_LINK_CHILD, "child")                                     \
    W(BM_LINK_DUPLICATE, "duplicate_of")                                                           \
    W(BM_LINK_PART, "part") W(BM_LINK_PART_OF, "part_of")
#define BM_ENTRY_KINDS(W)                                                                          \
    W(BM_ENTRY_NOTE, "note") W(BM_ENTRY_REPORT_BACK, "report_back")                                \
    W(BM_ENTRY_STATUS_KEPT, "status_kept")
#define BM_DATA_CLASSES(W)                                                                         \
    W(BM_DATA_NARRATIVE, "narrative") W(BM_DATA_IDENTITY, "identity")
/* What the last edit or commitment of a case changed. */
#define BM_ASPECTS(W)                                                                              \
    W(BM_ASPECT_OPENED, "opened") W(BM_ASPECT_CLASS, "class") W(BM_ASPECT_PRIORITY, "priority")    \
    W(BM_ASPECT_JURISDICTION, "jurisdiction") W(BM_ASPECT_OWNER, "owner")                          \
    W(BM_ASPECT_PLACE, "place") W(BM_ASPECT_NARRATIVE, "narrative")                                \
    W(BM_ASPECT_UNITS, "units") W(BM_ASPECT_STATE, "state") W(BM_ASPECT_MERGED, "merged")          \
    W(BM_ASPECT_REVIVED, "revived")
/* What is published in editions: how a kind of matter lives, and which days are worked. */
#define BM_EDITION_KINDS(W) W(BM_EDITION_PROCEDURE, "procedure") W(BM_EDITION_CALENDAR, "calendar")
/* Why a promise is another than it was. */
#define BM_PROMISE_CHANGES(W)                                                                      \
    W(BM_PROMISE_STARTED, "started") W(BM_PROMISE_PAUSED, "paused")                                \
    W(BM_PROMISE_RESUMED, "resumed") W(BM_PROMISE_EXTENDED, "extended")                            \
    W(BM_PROMISE_STOPPED, "stopped") W(BM_PROMISE_BREACHED, "breached")                            \
    W(BM_PROMISE_REPROJECTED, "reprojected") W(BM_PROMISE_MIGRATED, "migrated")                    \
    W(BM_PROMISE_RESTORED, "restored")
/* How somebody outside is told: docs/alerts.md. */
#define BM_ALERT_KINDS(W)                                                                          \
    W(BM_ALERT_WEBHOOK, "webhook") W(BM_ALERT_MAIL, "mail") W(BM_ALERT_SMS, "sms")                 \
    W(BM_ALERT_STATION, "station")
#define BM_ALERT_FORMS(W) W(BM_ALERT_TEXT, "text") W(BM_ALERT_JSON, "json")
/* Why the desk itself sends nothing there any more: the receiver said that it is gone for good. */
#define BM_ALERT_OFFS(W) W(BM_ALERT_OFF_NONE, "none") W(BM_ALERT_OFF_GONE, "gone")
#define BM_SOLVEDS(W) W(BM_SOLVED_NONE, "none") W(BM_SOLVED_YES, "yes") W(BM_SOLVED_NO, "no")
/* Where an incident was worked: at this desk, or on paper while the desk was away, and entered afterwards. */
#define BM_RECORD_SOURCES(W) W(BM_SOURCE_DESK, "desk") W(BM_SOURCE_PAPER, "paper")
/* Whether a caller lets the desk see where their device is, by a link of its own: and what is done about it. */
#define BM_LOCATINGS(W)                                                                            \
    W(BM_LOCATING_NONE, "none") W(BM_LOCATING_ASKED, "asked") W(BM_LOCATING_AGREED, "agreed")      \
    W(BM_LOCATING_ENDED, "ended")
#define BM_LOCATE_STEPS(W)                                                                         \
    W(BM_LOCATE_ASK, "ask") W(BM_LOCATE_AGREE, "agree") W(BM_LOCATE_FIX, "fix")                    \
    W(BM_LOCATE_END, "end")
/* What is measured of answering and of units' work (report/). */
#define BM_TIMEDS(W)                                                                             \
    W(BM_TIMED_ANSWER, "answer") W(BM_TIMED_PROCESSING, "processing")                          \
    W(BM_TIMED_DISPATCH, "dispatch") W(BM_TIMED_ACKNOWLEDGE, "acknowledge")                    \
    W(BM_TIMED_TURNOUT, "turnout") W(BM_TIMED_TRAVEL, "travel")                                \
    W(BM_TIMED_ON_SCENE, "on_scene") W(BM_TIMED_RESPONSE, "response")                          \
    W(BM_TIMED_REPORT_BACK, "report_back")
#define BM_LOOK_SCOPES(W) W(BM_LOOK_CASE, "case") W(BM_LOOK_CONTACT, "contact") W(BM_LOOK_BOARD, "board") \
    W(BM_LOOK_DURESS, "duress")
/* How a device speaks (docs/add-a-driver.md). */
#define BM_DEVICE_PROTOCOLS(W)                                                                     \
    W(BM_DEVICE_OWNTRACKS, "owntracks") W(BM_DEVICE_OSMAND, "osmand") W(BM_DEVICE_JT808, "jt808")

/* One person's stint of duty: planned, going on, over; or called off before it began. */
#define BM_STINT_STATES(W)                                                                          \
    W(BM_STINT_PLANNED, "planned") W(BM_STINT_ON, "on") W(BM_STINT_OVER, "over")                      \
    W(BM_STINT_CANCELLED, "cancelled")
/* What the rest rules of an agency say against a stint; it is done all the same. */
#define BM_STINT_WARNINGS(W) W(BM_STINT_SHORT_REST, "short_rest") W(BM_STINT_LONG_SHIFT, "long_shift")

#define BM_DECLARE_WORDS(type, list)                                                               \
    enum bm_##type { list(BM_WORD_ENUM) BM_##type##_COUNT };                                       \
    extern const struct bm_words bm_##type##_words;

BM_DECLARE_WORDS(agency_level, BM_AGENCY_LEVELS)
BM_DECLARE_WORDS(place_kind, BM_PLACE_KINDS)
BM_DECLARE_WORDS(place_form, BM_PLACE_FORMS)
BM_DECLARE_WORDS(area_kind, BM_AREA_KINDS)
BM_DECLARE_WORDS(import_kind, BM_IMPORT_KINDS)
BM_DECLARE_WORDS(road_direction, BM_ROAD_DIRECTIONS)
BM_DECLARE_WORDS(unit_kind, BM_UNIT_KINDS)
BM_DECLARE_WORDS(duty, BM_DUTIES)
BM_DECLARE_WORDS(role, BM_ROLES)
BM_DECLARE_WORDS(channel, BM_CHANNELS)
BM_DECLARE_WORDS(contact_state, BM_CONTACT_STATES)
BM_DECLARE_WORDS(contact_result, BM_CONTACT_RESULTS)
BM_DECLARE_WORDS(fix_source, BM_FIX_SOURCES)
BM_DECLARE_WORDS(case_state, BM_CASE_STATES)
BM_DECLARE_WORDS(outcome, BM_OUTCOMES)
BM_DECLARE_WORDS(assignment_state, BM_ASSIGNMENT_STATES)
BM_DECLARE_WORDS(assign_mode, BM_ASSIGN_MODES)
BM_DECLARE_WORDS(end_reason, BM_END_REASONS)
BM_DECLARE_WORDS(clock_kind, BM_CLOCK_KINDS)
BM_DECLARE_WORDS(link_kind, BM_LINK_KINDS)
BM_DECLARE_WORDS(entry_kind, BM_ENTRY_KINDS)
BM_DECLARE_WORDS(data_class, BM_DATA_CLASSES)
BM_DECLARE_WORDS(aspect, BM_ASPECTS)
BM_DECLARE_WORDS(look_scope, BM_LOOK_SCOPES)
BM_DECLARE_WORDS(edition_kind, BM_EDITION_KINDS)
BM_DECLARE_WORDS(promise_change, BM_PROMISE_CHANGES)
BM_DECLARE_WORDS(solved, BM_SOLVEDS)
BM_DECLARE_WORDS(call_event, BM_CALL_EVENTS)
BM_DECLARE_WORDS(interpreter, BM_INTERPRETERS)
BM_DECLARE_WORDS(ring_back, BM_RING_BACKS)
BM_DECLARE_WORDS(record_source, BM_RECORD_SOURCES)
BM_DECLARE_WORDS(locating, BM_LOCATINGS)
BM_DECLARE_WORDS(locate_step, BM_LOCATE_STEPS)
BM_DECLARE_WORDS(device_protocol, BM_DEVICE_PROTOCOLS)
BM_DECLARE_WORDS(timed, BM_TIMEDS)
BM_DECLARE_WORDS(alert_kind, BM_ALERT_KINDS)
BM_DECLARE_WORDS(alert_form, BM_ALERT_FORMS)
BM_DECLARE_WORDS(alert_off, BM_ALERT_OFFS)
BM_DECLARE_WORDS(stint_state, BM_STINT_STATES)
BM_DECLARE_WORDS(stint_warning, BM_STINT_WARNINGS)
/* The words of procedure files (procedure.h: enum bm_category). */
extern const struct bm_words bm_matter_category_words;
/* The words of procedure files (procedure.h: enum bm_certainty). */
extern const struct bm_words bm_band_certainty_words;
/* The words of procedure.h: enum bm_language. */
extern const struct bm_words bm_alert_language_words;
/* The words of course.h: enum bm_bar. */
extern const struct bm_words bm_spared_words;

/* Roles as bits of a WORDS field. */
#define BM_BIT(word) (1u << (word))

/* Word of an enum value. */
static inline const char *bm_word(const struct bm_words *words, unsigned value) {
    return value < words->count ? words->words[value] : "?";
}

#endif
