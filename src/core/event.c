#include "core/event.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/json.h"

static const char *const subject_texts[] = {BM_SUBJECTS(BM_WORD_TEXT)};
const struct bm_words bm_subject_kind_words = BM_WORDS_OF(subject_texts);

/* One field table per kind; offsets are within the kind's own struct. */
#define RECORD struct bm_ev_agency_set
static const struct bm_field agency_set_fields[] = {BM_AGENCY_SET_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_place_set
static const struct bm_field place_set_fields[] = {BM_PLACE_SET_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_unit_set
static const struct bm_field unit_set_fields[] = {BM_UNIT_SET_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_unit_duty
static const struct bm_field unit_duty_fields[] = {BM_UNIT_DUTY_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_operator_set
static const struct bm_field operator_set_fields[] = {BM_OPERATOR_SET_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_published
static const struct bm_field published_fields[] = {BM_PUBLISHED_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_contact_received
static const struct bm_field contact_received_fields[] = {BM_CONTACT_RECEIVED_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_contact_moved
static const struct bm_field contact_moved_fields[] = {BM_CONTACT_MOVED_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_contact_fixed
static const struct bm_field contact_fixed_fields[] = {BM_CONTACT_FIXED_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_contact_attached
static const struct bm_field contact_attached_fields[] = {BM_CONTACT_ATTACHED_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_contact_archived
static const struct bm_field contact_archived_fields[] = {BM_CONTACT_ARCHIVED_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_case_opened
static const struct bm_field case_opened_fields[] = {BM_CASE_OPENED_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_case_changed
static const struct bm_field case_changed_fields[] = {BM_CASE_CHANGED_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_case_moved
static const struct bm_field case_moved_fields[] = {BM_CASE_MOVED_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_case_merged
static const struct bm_field case_merged_fields[] = {BM_CASE_MERGED_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_case_linked
static const struct bm_field case_linked_fields[] = {BM_CASE_LINKED_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_case_archived
static const struct bm_field case_archived_fields[] = {BM_CASE_ARCHIVED_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_case_revived
static const struct bm_field case_revived_fields[] = {BM_CASE_ARCHIVED_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_assignment_made
static const struct bm_field assignment_made_fields[] = {BM_ASSIGNMENT_MADE_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_assignment_moved
static const struct bm_field assignment_moved_fields[] = {BM_ASSIGNMENT_MOVED_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_assignment_noted
static const struct bm_field assignment_noted_fields[] = {BM_ASSIGNMENT_NOTED_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_assignment_rebound
static const struct bm_field assignment_rebound_fields[] = {
    BM_ASSIGNMENT_REBOUND_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_clock_started
static const struct bm_field clock_started_fields[] = {BM_CLOCK_STARTED_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_clock_stopped
static const struct bm_field clock_stopped_fields[] = {BM_CLOCK_STOPPED_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_clock_rung
static const struct bm_field clock_rung_fields[] = {BM_CLOCK_RUNG_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_entry_added
static const struct bm_field entry_added_fields[] = {BM_ENTRY_ADDED_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_sealed_set
static const struct bm_field sealed_set_fields[] = {BM_SEALED_SET_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_erased
static const struct bm_field erased_fields[] = {BM_ERASED_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_road_closed
static const struct bm_field road_closed_fields[] = {BM_ROAD_CLOSED_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_road_closed_v1
static const struct bm_field road_closed_v1_fields[] = {BM_ROAD_CLOSED_V1_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_road_changed
static const struct bm_field road_changed_fields[] = {BM_ROAD_CHANGED_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_road_opened
static const struct bm_field road_opened_fields[] = {BM_ROAD_OPENED_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_recommended
static const struct bm_field recommended_fields[] = {BM_RECOMMENDED_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_looked
static const struct bm_field looked_fields[] = {BM_LOOKED_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_account_set
static const struct bm_field account_set_fields[] = {BM_ACCOUNT_SET_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_time_jumped
static const struct bm_field time_jumped_fields[] = {BM_TIME_JUMPED_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_time_confirmed
static const struct bm_field time_confirmed_fields[] = {BM_TIME_CONFIRMED_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_matter_set
static const struct bm_field matter_set_fields[] = {BM_MATTER_SET_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_matter_set_v1
static const struct bm_field matter_set_v1_fields[] = {BM_MATTER_SET_V1_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_promise_set
static const struct bm_field promise_set_fields[] = {BM_PROMISE_SET_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_promise_rung
static const struct bm_field promise_rung_fields[] = {BM_PROMISE_RUNG_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_notice
static const struct bm_field notice_fields[] = {BM_NOTICE_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_fields_set
static const struct bm_field fields_set_fields[] = {BM_FIELDS_SET_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_case_joined
static const struct bm_field case_joined_fields[] = {BM_CASE_JOINED_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_case_separated
static const struct bm_field case_separated_fields[] = {BM_CASE_JOINED_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_contact_called
static const struct bm_field contact_called_fields[] = {BM_CONTACT_CALLED_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_contact_rolled
static const struct bm_field contact_rolled_fields[] = {BM_CONTACT_ROLLED_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_contact_transferred
static const struct bm_field contact_transferred_fields[] = {BM_CONTACT_TRANSFERRED_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_contact_hung_up
static const struct bm_field contact_hung_up_fields[] = {BM_CONTACT_HUNG_UP_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_contact_taken
static const struct bm_field contact_taken_fields[] = {BM_CONTACT_TAKEN_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_contact_noted
static const struct bm_field contact_noted_fields[] = {BM_CONTACT_NOTED_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_ring_back_wanted
static const struct bm_field ring_back_wanted_fields[] = {BM_RING_BACK_WANTED_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_rung_back
static const struct bm_field rung_back_fields[] = {BM_RUNG_BACK_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_called_again
static const struct bm_field called_again_fields[] = {BM_CALLED_AGAIN_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_contact_rated
static const struct bm_field contact_rated_fields[] = {BM_CONTACT_RATED_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_rating_checked
static const struct bm_field rating_checked_fields[] = {BM_RATING_CHECKED_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_device_set
static const struct bm_field device_set_fields[] = {BM_DEVICE_SET_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_device_secret
static const struct bm_field device_secret_fields[] = {BM_DEVICE_SECRET_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_check_in_set
static const struct bm_field check_in_set_fields[] = {BM_CHECK_IN_SET_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_checked_in
static const struct bm_field checked_in_fields[] = {BM_CHECKED_IN_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_check_in_rang
static const struct bm_field check_in_rang_fields[] = {BM_CHECK_IN_RANG_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_check_in_stopped
static const struct bm_field check_in_stopped_fields[] = {BM_CHECK_IN_STOPPED_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_duress_raised
static const struct bm_field duress_raised_fields[] = {BM_DURESS_RAISED_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_duress_repeated
static const struct bm_field duress_repeated_fields[] = {BM_DURESS_REPEATED_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_duress_acknowledged
static const struct bm_field duress_acknowledged_fields[] = {BM_DURESS_ACKNOWLEDGED_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_duress_case
static const struct bm_field duress_case_fields[] = {BM_DURESS_CASE_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_duress_archived
static const struct bm_field duress_archived_fields[] = {BM_DURESS_ARCHIVED_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_published_v2
static const struct bm_field published_v2_fields[] = {BM_PUBLISHED_V2_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_published_v1
static const struct bm_field published_v1_fields[] = {BM_PUBLISHED_V1_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_figures_stated
static const struct bm_field figures_stated_fields[] = {BM_FIGURES_STATED_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_case_led
static const struct bm_field case_led_fields[] = {BM_CASE_LED_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_assignment_entered
static const struct bm_field assignment_entered_fields[] = {BM_ASSIGNMENT_ENTERED_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_note_erased
static const struct bm_field note_erased_fields[] = {BM_NOTE_ERASED_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_location_consent
static const struct bm_field location_consent_fields[] = {BM_LOCATION_CONSENT_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_paper_entered
static const struct bm_field paper_entered_fields[] = {BM_PAPER_ENTERED_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_alert_channel_set
static const struct bm_field alert_channel_set_fields[] = {BM_ALERT_CHANNEL_SET_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_alert_channel_paused
static const struct bm_field alert_channel_paused_fields[] = {BM_ALERT_CHANNEL_PAUSED_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_alert_channel_off
static const struct bm_field alert_channel_off_fields[] = {BM_ALERT_CHANNEL_OFF_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_alert_secret_set
static const struct bm_field alert_secret_set_fields[] = {BM_ALERT_SECRET_SET_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_alert_resent
static const struct bm_field alert_resent_fields[] = {BM_ALERT_RESENT_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_timer_retried
static const struct bm_field timer_retried_fields[] = {BM_TIMER_RETRIED_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_operator_set_v1
static const struct bm_field operator_set_v1_fields[] = {BM_OPERATOR_SET_V1_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_desk_position_set
static const struct bm_field desk_position_set_fields[] = {BM_DESK_POSITION_SET_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_desk_position_logged_on
static const struct bm_field desk_position_logged_on_fields[] = {BM_DESK_POSITION_LOGGED_ON_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_desk_position_logged_off
static const struct bm_field desk_position_logged_off_fields[] = {BM_DESK_POSITION_LOGGED_OFF_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_stint_planned
static const struct bm_field stint_planned_fields[] = {BM_STINT_PLANNED_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_stint_begun
static const struct bm_field stint_begun_fields[] = {BM_STINT_BEGUN_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_stint_ended
static const struct bm_field stint_ended_fields[] = {BM_STINT_ENDED_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_stint_cancelled
static const struct bm_field stint_cancelled_fields[] = {BM_STINT_ONLY_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_stint_archived
static const struct bm_field stint_archived_fields[] = {BM_STINT_ONLY_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_duty_rule_set
static const struct bm_field duty_rule_set_fields[] = {BM_DUTY_RULE_SET_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_case_taken_over
static const struct bm_field case_taken_over_fields[] = {BM_CASE_TAKEN_OVER_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_contact_taken_over
static const struct bm_field contact_taken_over_fields[] = {BM_CONTACT_TAKEN_OVER_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_unit_called
static const struct bm_field unit_called_fields[] = {BM_UNIT_CALLED_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_handover_left
static const struct bm_field handover_left_fields[] = {BM_HANDOVER_LEFT_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_handover_taken
static const struct bm_field handover_taken_fields[] = {BM_HANDOVER_ONLY_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_handover_archived
static const struct bm_field handover_archived_fields[] = {BM_HANDOVER_ONLY_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_duty_level_set
static const struct bm_field duty_level_set_fields[] = {BM_DUTY_LEVEL_SET_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_duty_level_raised
static const struct bm_field duty_level_raised_fields[] = {BM_DUTY_LEVEL_RAISED_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_duty_level_ended
static const struct bm_field duty_level_ended_fields[] = {BM_DUTY_LEVEL_ENDED_ROWS(BM_FIELD_ROW)};
#undef RECORD

#define RECORD struct bm_ev_band_set
static const struct bm_field band_set_fields[] = {BM_BAND_SET_ROWS(BM_FIELD_ROW)};
#undef RECORD

#define RECORD struct bm_ev_agency_set_v1
static const struct bm_field agency_set_v1_fields[] = {BM_AGENCY_SET_V1_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_place_set_v1
static const struct bm_field place_set_v1_fields[] = {BM_PLACE_SET_V1_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_area_set
static const struct bm_field area_set_fields[] = {BM_AREA_SET_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_ev_imported
static const struct bm_field imported_fields[] = {BM_IMPORTED_ROWS(BM_FIELD_ROW)};
#undef RECORD

static const struct bm_shape shapes[BM_event_kind_COUNT] = {
#define EVENT_SHAPE(symbol, word, version, member, rows)                                           \
    [symbol] = BM_SHAPE(word, struct bm_ev_##member, member##_fields),
    BM_EVENTS(EVENT_SHAPE)};

static const uint16_t versions[BM_event_kind_COUNT] = {
#define EVENT_VERSION(symbol, word, version, member, rows) [symbol] = version,
    BM_EVENTS(EVENT_VERSION)};

struct former {
    enum bm_event_kind kind;
    uint16_t version;
    struct bm_shape shape;
};
static const struct former formers[] = {
#define EVENT_FORMER(symbol, version, member, rows)                                                \
    {symbol, version, BM_SHAPE(#member, struct bm_ev_##member, member##_fields)},
    BM_FORMER_EVENTS(EVENT_FORMER)};

/* All bodies begin at the same address: the union's. */
static void *body_of(struct bm_event *event) {
    return &event->agency_set;
}

/* Without printf: this runs twice for every row. */
void bm_subject_text(struct bm_subject subject, char ret_text[BM_SUBJECT_TEXT]) {
    const char *word = bm_word(&bm_subject_kind_words, subject.kind);
    size_t len = strlen(word);
    char digits[20];
    size_t at = sizeof digits;
    BM_CHECK(len + 1 + sizeof digits < BM_SUBJECT_TEXT);
    memcpy(ret_text, word, len + 1);
    if (subject.kind == BM_SUBJECT_DESK) return;
    do {
        digits[--at] = (char)('0' + subject.id % 10);
        subject.id /= 10;
    } while (subject.id);
    ret_text[len++] = '/';
    memcpy(ret_text + len, digits + at, sizeof digits - at);
    ret_text[len + sizeof digits - at] = 0;
}

bool bm_subject_parse(const char *text, struct bm_subject *ret_subject) {
    if (strcmp(text, "desk") == 0) {
        *ret_subject = (struct bm_subject){BM_SUBJECT_DESK, 0};
        return true;
    }
    const char *slash = strchr(text, '/');
    if (!slash || strlen(slash + 1) > 18 || !slash[1]) return false;
    uint64_t id = 0;
    for (const char *at = slash + 1; *at; at++) {
        if (*at < '0' || *at > '9') return false;
        id = id * 10 + (uint64_t)(*at - '0');
    }
    for (uint32_t kind = 0; kind < bm_subject_kind_words.count; kind++) {
        const char *word = bm_subject_kind_words.words[kind];
        if (strlen(word) == (size_t)(slash - text) && strncmp(word, text, strlen(word)) == 0) {
            *ret_subject = (struct bm_subject){(enum bm_subject_kind)kind, id};
            return true;
        }
    }
    return false;
}

const char *bm_event_word(enum bm_event_kind kind) {
    return bm_event_shape(kind)->name;
}

int bm_event_find(const char *word) {
    for (int kind = 0; kind < BM_event_kind_COUNT; kind++) {
        if (strcmp(shapes[kind].name, word) == 0) return kind;
    }
    return -1;
}

const struct bm_shape *bm_event_shape(enum bm_event_kind kind) {
    BM_CHECK(kind < BM_event_kind_COUNT);
    return &shapes[kind];
}

uint16_t bm_event_version(enum bm_event_kind kind) {
    BM_CHECK(kind < BM_event_kind_COUNT);
    return versions[kind];
}

const struct bm_shape *bm_event_shape_at(enum bm_event_kind kind, uint16_t version) {
    if (version == bm_event_version(kind)) return &shapes[kind];
    for (size_t i = 0; i < sizeof formers / sizeof formers[0]; i++) {
        if (formers[i].kind == kind && formers[i].version == version) return &formers[i].shape;
    }
    return NULL;
}

/* Of an event that was made or read here. */
static const struct bm_shape *shape_of(const struct bm_event *event) {
    const struct bm_shape *shape = bm_event_shape_at(event->kind, event->version);
    BM_CHECK(shape);
    return shape;
}

struct bm_event bm_event_make(enum bm_event_kind kind, struct bm_subject subject) {
    struct bm_event event = {.kind = kind, .version = bm_event_version(kind), .subject = subject};
    bm_shape_clear(bm_event_shape(kind), body_of(&event));
    return event;
}

/* A command's result stands in its first event's body, after the kind's own members, so that a
 * repeated request can be answered from the journal alone. */
void bm_event_body(const struct bm_event *event, struct bm_buf *buf) {
    bm_buf_byte(buf, '{');
    bm_shape_write_json(shape_of(event), &event->agency_set, buf);
    if (event->has_request) {
        bm_buf_text(buf, ",\"made\":[");
        bm_json_text(buf, bm_word(&bm_table_kind_words, event->made_what));
        bm_buf_byte(buf, ',');
        bm_json_id(buf, event->made_id);
        bm_buf_byte(buf, ']');
    }
    bm_buf_byte(buf, '}');
}

/* Takes "made" out of the body. */
static enum bm_code read_made(struct bm_event *event, json_t *body, struct bm_fault *fault) {
    const json_t *made = json_object_get(body, "made");
    const char *word = json_string_value(json_array_get(made, 0));
    const char *id_text = json_string_value(json_array_get(made, 1));
    int what = word ? bm_words_find(&bm_table_kind_words, word) : -1;
    if (what < 0) return bm_fault_set(fault, BM_CORRUPT, "made", "The body names no result.");
    event->made_what = (uint8_t)what;
    event->made_id = id_text ? strtoull(id_text, NULL, 10) : 0;
    json_object_del(body, "made");
    return BM_OK;
}

enum bm_code bm_event_read_body(struct bm_event *event, const void *json, size_t len,
                                struct bm_fault *fault) {
    const struct bm_shape *shape = bm_event_shape_at(event->kind, event->version);
    if (!shape) {
        return bm_fault_set(
            fault, BM_BAD_FORMAT, "kind_version",
            "Event %s has version %u; this build knows versions up to %u. Use a newer build.",
            bm_event_word(event->kind), event->version, bm_event_version(event->kind));
    }
    json_t *body;
    if (bm_json_parse(json, len, &body, fault) != BM_OK) return BM_CORRUPT;
    uint64_t present = 0, all = (UINT64_C(1) << shape->field_count) - 1;
    enum bm_code code = event->has_request ? read_made(event, body, fault) : BM_OK;
    if (code == BM_OK && bm_shape_read_json(shape, body, body_of(event), &present, fault))
        code = BM_CORRUPT;
    json_decref(body);
    /* A body is written whole: a member that is not there was taken out. */
    if (code == BM_OK && present != all) {
        bm_shape_release(shape, body_of(event));
        code = bm_fault_set(fault, BM_CORRUPT, shape->name,
                            "The body lacks members that every %s has.", shape->name);
    }
    return code;
}

void bm_event_release(struct bm_event *event) {
    const struct bm_shape *shape = bm_event_shape_at(event->kind, event->version);
    if (shape) bm_shape_release(shape, body_of(event)); /* of a version not known nothing was read */
    bm_bytes_free(&event->sealed);
}
