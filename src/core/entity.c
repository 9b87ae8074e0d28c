#include "core/entity.h"

#include <string.h>

#include "base/check.h"
#include "procedure/procedure.h"

static const char *const table_texts[] = {BM_TABLES(BM_WORD_TEXT)};
const struct bm_words bm_table_kind_words = BM_WORDS_OF(table_texts);

#define RECORD struct bm_agency
static const struct bm_field agency_fields[] = {BM_AGENCY_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_place
static const struct bm_field place_fields[] = {BM_PLACE_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_unit
static const struct bm_field unit_fields[] = {BM_UNIT_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_operator
static const struct bm_field operator_fields[] = {BM_OPERATOR_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_class
static const struct bm_field class_fields[] = {BM_CLASS_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_contact
static const struct bm_field contact_fields[] = {BM_CONTACT_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_case
static const struct bm_field case_fields[] = {BM_CASE_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_assignment
static const struct bm_field assignment_fields[] = {BM_ASSIGNMENT_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_clock
static const struct bm_field clock_fields[] = {BM_CLOCK_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_link
static const struct bm_field link_fields[] = {BM_LINK_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_stub
static const struct bm_field stub_fields[] = {BM_STUB_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_edition
static const struct bm_field edition_fields[] = {BM_EDITION_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_matter
static const struct bm_field matter_fields[] = {BM_MATTER_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_promise
static const struct bm_field promise_fields[] = {BM_PROMISE_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_figure
static const struct bm_field figure_fields[] = {BM_FIGURE_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_rating
static const struct bm_field rating_fields[] = {BM_RATING_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_desk_position
static const struct bm_field desk_position_fields[] = {BM_DESK_POSITION_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_device
static const struct bm_field device_fields[] = {BM_DEVICE_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_check_in
static const struct bm_field check_in_fields[] = {BM_CHECK_IN_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_duress
static const struct bm_field duress_fields[] = {BM_DURESS_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_area_row
static const struct bm_field area_fields[] = {BM_AREA_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_alert_channel
static const struct bm_field alert_channel_fields[] = {BM_ALERT_CHANNEL_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_stint
static const struct bm_field stint_fields[] = {BM_STINT_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_duty_rule
static const struct bm_field duty_rule_fields[] = {BM_DUTY_RULE_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_handover
static const struct bm_field handover_fields[] = {BM_HANDOVER_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_duty_level
static const struct bm_field duty_level_fields[] = {BM_DUTY_LEVEL_ROWS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_request
static const struct bm_field request_fields[] = {
    BM_FIELD_ID(RECORD, id, "id"),
    BM_FIELD_AT(RECORD, at_ms, "at_ms"),
    BM_FIELD_DIGEST(RECORD, key, "key"),
    BM_FIELD_DIGEST(RECORD, digest, "digest"),
    BM_FIELD_WORD(RECORD, what, "what", &bm_table_kind_words),
    BM_FIELD_ID(RECORD, result_id, "result"),
    BM_FIELD_ID(RECORD, seq, "seq"),
};
#undef RECORD

#define RECORD struct bm_band
static const struct bm_field band_fields[] = {BM_BAND_ROWS(BM_FIELD_ROW)};
#undef RECORD

static const struct bm_shape shapes[BM_table_kind_COUNT] = {
    [BM_T_AGENCY] = BM_SHAPE("agency", struct bm_agency, agency_fields),
    [BM_T_PLACE] = BM_SHAPE("place", struct bm_place, place_fields),
    [BM_T_UNIT] = BM_SHAPE("unit", struct bm_unit, unit_fields),
    [BM_T_OPERATOR] = BM_SHAPE("operator", struct bm_operator, operator_fields),
    [BM_T_CLASS] = BM_SHAPE("class", struct bm_class, class_fields),
    [BM_T_CONTACT] = BM_SHAPE("contact", struct bm_contact, contact_fields),
    [BM_T_CASE] = BM_SHAPE("case", struct bm_case, case_fields),
    [BM_T_ASSIGNMENT] = BM_SHAPE("assignment", struct bm_assignment, assignment_fields),
    [BM_T_CLOCK] = BM_SHAPE("clock", struct bm_clock, clock_fields),
    [BM_T_LINK] = BM_SHAPE("link", struct bm_link, link_fields),
    [BM_T_STUB] = BM_SHAPE("stub", struct bm_stub, stub_fields),
    [BM_T_EDITION] = BM_SHAPE("edition", struct bm_edition, edition_fields),
    [BM_T_MATTER] = BM_SHAPE("matter", struct bm_matter, matter_fields),
    [BM_T_PROMISE] = BM_SHAPE("promise", struct bm_promise, promise_fields),
    [BM_T_FIGURE] = BM_SHAPE("figure", struct bm_figure, figure_fields),
    [BM_T_RATING] = BM_SHAPE("rating", struct bm_rating, rating_fields),
    [BM_T_DESK_POSITION] = BM_SHAPE("desk_position", struct bm_desk_position, desk_position_fields),
    [BM_T_DEVICE] = BM_SHAPE("device", struct bm_device, device_fields),
    [BM_T_CHECK_IN] = BM_SHAPE("check_in", struct bm_check_in, check_in_fields),
    [BM_T_DURESS] = BM_SHAPE("duress", struct bm_duress, duress_fields),
    [BM_T_BAND] = BM_SHAPE("band", struct bm_band, band_fields),
    [BM_T_AREA] = BM_SHAPE("area", struct bm_area_row, area_fields),
    [BM_T_ALERT_CHANNEL] = BM_SHAPE("alert_channel", struct bm_alert_channel, alert_channel_fields),
    [BM_T_STINT] = BM_SHAPE("stint", struct bm_stint, stint_fields),
    [BM_T_DUTY_RULE] = BM_SHAPE("duty_rule", struct bm_duty_rule, duty_rule_fields),
    [BM_T_HANDOVER] = BM_SHAPE("handover", struct bm_handover, handover_fields),
    [BM_T_DUTY_LEVEL] = BM_SHAPE("duty_level", struct bm_duty_level, duty_level_fields),
    [BM_T_REQUEST] = BM_SHAPE("request", struct bm_request, request_fields),
};

struct bm_key_id bm_note_erased(enum bm_table_kind table, const void *record) {
    const struct bm_duress *duress = record;
    const struct bm_handover *handover = record;
    if (table == BM_T_DURESS && !duress->narrative.len) return duress->narrative_key;
    if (table == BM_T_HANDOVER && !handover->narrative.len) return handover->narrative_key;
    return (struct bm_key_id){0};
}

bool bm_contact_is_open(const struct bm_contact *contact) {
    return contact->state == BM_CONTACT_RINGING || contact->state == BM_CONTACT_WAITING || contact->state == BM_CONTACT_ANSWERED;
}

bool bm_case_is_incident(const struct bm_case *row) {
    return strcmp(row->procedure, BM_EMERGENCY) == 0;
}

bool bm_matter_is_open(const struct bm_matter *matter) {
    return matter->category != BM_CATEGORY_FINAL;
}

const struct bm_shape *bm_table_shape(enum bm_table_kind table) {
    BM_CHECK(table < BM_table_kind_COUNT);
    return &shapes[table];
}

void bm_entity_schema(uint8_t ret_schema[BM_DIGEST_BYTES]) {
    struct bm_hasher hasher;
    bm_hash_start(&hasher, BM_DIGEST_BYTES);
    for (int t = 0; t < BM_table_kind_COUNT; t++) bm_shape_describe(&shapes[t], &hasher);
    bm_hash_end(&hasher, ret_schema, BM_DIGEST_BYTES);
}
