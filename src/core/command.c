#include "core/command.h"

#include <string.h>

#include "base/check.h"

static const char *const narrative_text[] = {"narrative"};
static const char *const identity_text[] = {"identity"};
const struct bm_words bm_personal_narrative = BM_WORDS_OF(narrative_text);
const struct bm_words bm_personal_identity = BM_WORDS_OF(identity_text);

/* One field table per kind; offsets are within the kind's own struct. */
#define RECORD struct bm_do_agency_set
static const struct bm_field agency_set_fields[] = {BM_AGENCY_SET_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_place_set
static const struct bm_field place_set_fields[] = {BM_PLACE_SET_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_unit_set
static const struct bm_field unit_set_fields[] = {BM_UNIT_SET_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_unit_duty
static const struct bm_field unit_duty_fields[] = {BM_UNIT_DUTY_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_operator_set
static const struct bm_field operator_set_fields[] = {BM_OPERATOR_SET_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_account_set
static const struct bm_field account_set_fields[] = {BM_NO_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_publish
static const struct bm_field publish_fields[] = {BM_PUBLISH_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_contact_receive
static const struct bm_field contact_receive_fields[] = {BM_CONTACT_RECEIVE_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_contact_answer
static const struct bm_field contact_answer_fields[] = {BM_CONTACT_ANSWER_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_contact_abandon
static const struct bm_field contact_abandon_fields[] = {BM_CONTACT_ABANDON_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_contact_end
static const struct bm_field contact_end_fields[] = {BM_CONTACT_END_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_contact_fix
static const struct bm_field contact_fix_fields[] = {BM_CONTACT_FIX_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_contact_attach
static const struct bm_field contact_attach_fields[] = {BM_CONTACT_ATTACH_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_case_open
static const struct bm_field case_open_fields[] = {BM_CASE_OPEN_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_case_change
static const struct bm_field case_change_fields[] = {BM_CASE_CHANGE_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_case_claim
static const struct bm_field case_claim_fields[] = {BM_NO_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_case_close
static const struct bm_field case_close_fields[] = {BM_CASE_CLOSE_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_case_reopen
static const struct bm_field case_reopen_fields[] = {BM_NO_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_case_merge
static const struct bm_field case_merge_fields[] = {BM_CASE_MERGE_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_case_split
static const struct bm_field case_split_fields[] = {BM_CASE_SPLIT_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_case_link
static const struct bm_field case_link_fields[] = {BM_CASE_LINK_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_case_revive
static const struct bm_field case_revive_fields[] = {BM_CASE_REVIVE_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_assign
static const struct bm_field assign_fields[] = {BM_ASSIGN_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_status
static const struct bm_field status_fields[] = {BM_STATUS_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_swap
static const struct bm_field swap_fields[] = {BM_SWAP_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_entry
static const struct bm_field entry_fields[] = {BM_ENTRY_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_erase_case
static const struct bm_field erase_case_fields[] = {BM_ERASE_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_erase_contact
static const struct bm_field erase_contact_fields[] = {BM_ERASE_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_erase_duress
static const struct bm_field erase_duress_fields[] = {BM_ERASE_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_erase_handover
static const struct bm_field erase_handover_fields[] = {BM_ERASE_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_look
static const struct bm_field look_fields[] = {BM_LOOK_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_clock_due
static const struct bm_field clock_due_fields[] = {BM_TIMER_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_case_archive
static const struct bm_field case_archive_fields[] = {BM_TIMER_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_contact_archive
static const struct bm_field contact_archive_fields[] = {BM_TIMER_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_time_jump
static const struct bm_field time_jump_fields[] = {BM_TIME_JUMP_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_time_confirm
static const struct bm_field time_confirm_fields[] = {BM_TIME_JUMP_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_timer_retry
static const struct bm_field timer_retry_fields[] = {BM_TIMER_RETRY_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_road_close
static const struct bm_field road_close_fields[] = {BM_ROAD_CLOSE_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_road_change
static const struct bm_field road_change_fields[] = {BM_ROAD_CHANGE_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_road_open
static const struct bm_field road_open_fields[] = {BM_NO_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_road_due
static const struct bm_field road_due_fields[] = {BM_TIMER_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_matter_open
static const struct bm_field matter_open_fields[] = {BM_MATTER_OPEN_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_matter_act
static const struct bm_field matter_act_fields[] = {BM_MATTER_ACT_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_matter_separate
static const struct bm_field matter_separate_fields[] = {BM_NO_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_matter_migrate
static const struct bm_field matter_migrate_fields[] = {BM_NO_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_matter_due
static const struct bm_field matter_due_fields[] = {BM_TIMER_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_contact_take
static const struct bm_field contact_take_fields[] = {BM_CONTACT_TAKE_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_contact_note
static const struct bm_field contact_note_fields[] = {BM_CONTACT_NOTE_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_ring_back
static const struct bm_field ring_back_fields[] = {BM_RING_BACK_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_call_due
static const struct bm_field call_due_fields[] = {BM_TIMER_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_case_event
static const struct bm_field case_event_fields[] = {BM_CASE_EVENT_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_rate
static const struct bm_field rate_fields[] = {BM_RATE_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_band_set
static const struct bm_field band_set_fields[] = {BM_BAND_SET_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_state_figures
static const struct bm_field state_figures_fields[] = {BM_STATE_FIGURES_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_alert_channel_set
static const struct bm_field alert_channel_set_fields[] = {BM_ALERT_CHANNEL_SET_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_alert_channel_pause
static const struct bm_field alert_channel_pause_fields[] = {BM_ALERT_CHANNEL_PAUSE_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_alert_channel_off
static const struct bm_field alert_channel_off_fields[] = {BM_ALERT_CHANNEL_OFF_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_alert_secret_set
static const struct bm_field alert_secret_set_fields[] = {BM_NO_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_alert_resend
static const struct bm_field alert_resend_fields[] = {BM_ALERT_RESEND_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_rating_check
static const struct bm_field rating_check_fields[] = {BM_RATING_CHECK_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_contact_locate
static const struct bm_field contact_locate_fields[] = {BM_CONTACT_LOCATE_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_case_paper
static const struct bm_field case_paper_fields[] = {BM_CASE_PAPER_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_desk_position_set
static const struct bm_field desk_position_set_fields[] = {BM_DESK_POSITION_SET_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_desk_position_log_on
static const struct bm_field desk_position_log_on_fields[] = {BM_NO_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_desk_position_log_off
static const struct bm_field desk_position_log_off_fields[] = {BM_NO_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_device_set
static const struct bm_field device_set_fields[] = {BM_DEVICE_SET_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_device_secret
static const struct bm_field device_secret_fields[] = {BM_NO_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_check_in_set
static const struct bm_field check_in_set_fields[] = {BM_CHECK_IN_SET_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_check_in
static const struct bm_field check_in_fields[] = {BM_NO_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_check_in_stop
static const struct bm_field check_in_stop_fields[] = {BM_NO_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_check_in_due
static const struct bm_field check_in_due_fields[] = {BM_TIMER_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_duress
static const struct bm_field duress_fields[] = {BM_DURESS_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_duress_acknowledge
static const struct bm_field duress_acknowledge_fields[] = {BM_DURESS_ACKNOWLEDGE_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_duress_case
static const struct bm_field duress_case_fields[] = {BM_DURESS_CASE_ARGS(BM_FIELD_ROW)};
#undef RECORD

#define RECORD struct bm_do_area_set
static const struct bm_field area_set_fields[] = {BM_AREA_SET_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_import
static const struct bm_field import_fields[] = {BM_IMPORT_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_stint_plan
static const struct bm_field stint_plan_fields[] = {BM_STINT_PLAN_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_stint_begin
static const struct bm_field stint_begin_fields[] = {BM_STINT_BEGIN_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_stint_end
static const struct bm_field stint_end_fields[] = {BM_NO_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_stint_cancel
static const struct bm_field stint_cancel_fields[] = {BM_NO_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_duty_bulk
static const struct bm_field duty_bulk_fields[] = {BM_DUTY_BULK_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_duty_rule_set
static const struct bm_field duty_rule_set_fields[] = {BM_DUTY_RULE_SET_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_take_over
static const struct bm_field take_over_fields[] = {BM_TAKE_OVER_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_handover_leave
static const struct bm_field handover_leave_fields[] = {BM_HANDOVER_LEAVE_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_handover_take
static const struct bm_field handover_take_fields[] = {BM_NO_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_duty_level_set
static const struct bm_field duty_level_set_fields[] = {BM_DUTY_LEVEL_SET_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_duty_level_raise
static const struct bm_field duty_level_raise_fields[] = {BM_DUTY_LEVEL_RAISE_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_duty_level_end
static const struct bm_field duty_level_end_fields[] = {BM_DUTY_LEVEL_END_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_duty_level_due
static const struct bm_field duty_level_due_fields[] = {BM_TIMER_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_stint_archive
static const struct bm_field stint_archive_fields[] = {BM_TIMER_ARGS(BM_FIELD_ROW)};
#undef RECORD
#define RECORD struct bm_do_handover_archive
static const struct bm_field handover_archive_fields[] = {BM_TIMER_ARGS(BM_FIELD_ROW)};
#undef RECORD

static const struct bm_shape shapes[BM_command_kind_COUNT] = {
#define COMMAND_SHAPE(symbol, word, member, roles, args)                                           \
    [symbol] = BM_SHAPE(word, struct bm_do_##member, member##_fields),
    BM_COMMANDS(COMMAND_SHAPE)};

static const uint32_t roles_of[BM_command_kind_COUNT] = {
#define COMMAND_ROLES(symbol, word, member, roles, args) [symbol] = roles,
    BM_COMMANDS(COMMAND_ROLES)};

const struct bm_shape *bm_command_shape(enum bm_command_kind kind) {
    BM_CHECK(kind < BM_command_kind_COUNT);
    return &shapes[kind];
}

const char *bm_command_word(enum bm_command_kind kind) {
    return bm_command_shape(kind)->name;
}

uint32_t bm_command_roles(enum bm_command_kind kind) {
    BM_CHECK(kind < BM_command_kind_COUNT);
    return roles_of[kind];
}

struct bm_command bm_command_make(enum bm_command_kind kind) {
    struct bm_command command = {.kind = kind};
    bm_shape_clear(bm_command_shape(kind), bm_command_args(&command));
    return command;
}

void *bm_command_args(struct bm_command *command) {
    return &command->agency_set; /* the union's address, the same for every kind */
}

void bm_command_release(struct bm_command *command) {
    bm_shape_release(bm_command_shape(command->kind), bm_command_args(command));
    for (int c = 0; c < BM_data_class_COUNT; c++) bm_bytes_free(&command->sealed[c].value);
}

bool bm_command_has(const struct bm_command *command, const char *name) {
    const struct bm_shape *shape = bm_command_shape(command->kind);
    const struct bm_field *field = bm_shape_find(shape, name);
    BM_CHECK(field);
    return command->present >> (field - shape->fields) & 1u;
}

bool bm_command_is_emergency(enum bm_command_kind kind) {
    return kind == BM_DO_CONTACT_RECEIVE || kind == BM_DO_CONTACT_ANSWER ||
           kind == BM_DO_CONTACT_TAKE || kind == BM_DO_CASE_OPEN || kind == BM_DO_ASSIGN ||
           kind == BM_DO_STATUS || kind == BM_DO_DURESS || kind == BM_DO_CHECK_IN;
}
