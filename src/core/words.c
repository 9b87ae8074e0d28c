#include "core/words.h"

#include "procedure/course.h"

#define DEFINE_WORDS(type, list)                                                                   \
    static const char *const type##_texts[] = {list(BM_WORD_TEXT)};                                \
    const struct bm_words bm_##type##_words = BM_WORDS_OF(type##_texts);

DEFINE_WORDS(agency_level, BM_AGENCY_LEVELS)
DEFINE_WORDS(place_kind, BM_PLACE_KINDS)
DEFINE_WORDS(place_form, BM_PLACE_FORMS)
DEFINE_WORDS(area_kind, BM_AREA_KINDS)
DEFINE_WORDS(import_kind, BM_IMPORT_KINDS)
DEFINE_WORDS(road_direction, BM_ROAD_DIRECTIONS)
DEFINE_WORDS(unit_kind, BM_UNIT_KINDS)
DEFINE_WORDS(duty, BM_DUTIES)
DEFINE_WORDS(role, BM_ROLES)
DEFINE_WORDS(channel, BM_CHANNELS)
DEFINE_WORDS(contact_state, BM_CONTACT_STATES)
DEFINE_WORDS(contact_result, BM_CONTACT_RESULTS)
DEFINE_WORDS(fix_source, BM_FIX_SOURCES)
DEFINE_WORDS(case_state, BM_CASE_STATES)
DEFINE_WORDS(outcome, BM_OUTCOMES)
DEFINE_WORDS(assignment_state, BM_ASSIGNMENT_STATES)
DEFINE_WORDS(assign_mode, BM_ASSIGN_MODES)
DEFINE_WORDS(end_reason, BM_END_REASONS)
DEFINE_WORDS(clock_kind, BM_CLOCK_KINDS)
DEFINE_WORDS(link_kind, BM_LINK_KINDS)
DEFINE_WORDS(entry_kind, BM_ENTRY_KINDS)
DEFINE_WORDS(data_class, BM_DATA_CLASSES)
DEFINE_WORDS(aspect, BM_ASPECTS)
DEFINE_WORDS(look_scope, BM_LOOK_SCOPES)
DEFINE_WORDS(edition_kind, BM_EDITION_KINDS)
DEFINE_WORDS(promise_change, BM_PROMISE_CHANGES)
DEFINE_WORDS(solved, BM_SOLVEDS)
DEFINE_WORDS(call_event, BM_CALL_EVENTS)
DEFINE_WORDS(interpreter, BM_INTERPRETERS)
DEFINE_WORDS(ring_back, BM_RING_BACKS)
DEFINE_WORDS(record_source, BM_RECORD_SOURCES)
DEFINE_WORDS(device_protocol, BM_DEVICE_PROTOCOLS)
DEFINE_WORDS(timed, BM_TIMEDS)
DEFINE_WORDS(alert_kind, BM_ALERT_KINDS)
DEFINE_WORDS(alert_form, BM_ALERT_FORMS)
DEFINE_WORDS(alert_off, BM_ALERT_OFFS)
const struct bm_words bm_alert_language_words = {bm_language_words, BM_language_COUNT};
DEFINE_WORDS(stint_state, BM_STINT_STATES)
DEFINE_WORDS(stint_warning, BM_STINT_WARNINGS)
const struct bm_words bm_matter_category_words = {bm_category_words, BM_category_COUNT};
const struct bm_words bm_band_certainty_words = {bm_certainty_words, BM_certainty_COUNT};
const struct bm_words bm_spared_words = {bm_bar_words, BM_bar_COUNT};
