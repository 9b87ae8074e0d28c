/* Events of devices, safety timers and crews in danger -> state; the rules of apply.c hold. */
#include "base/check.h"
#include "core/applying.h"

static void *touch(struct bm_core *core, enum bm_table_kind table, uint64_t id) {
    void *record = bm_state_need(core, table, id);
    bm_state_touch(core, table, id);
    return record;
}

static void apply_device_set(struct bm_core *core, const struct bm_ev_device_set *ev) {
    struct bm_device *device = bm_apply_ensure(core, BM_T_DEVICE, ev->device.v);
    device->id = ev->device;
    device->protocol = ev->protocol;
    BM_SET_TEXT(device->identity, ev->identity);
    device->unit = ev->unit;
    device->jurisdiction = ev->jurisdiction;
    device->active = ev->active;
    bm_count_up(&device->version);
}

static void apply_check_in_set(struct bm_core *core, const struct bm_event *event) {
    const struct bm_ev_check_in_set *ev = &event->check_in_set;
    struct bm_check_in *timer = bm_apply_ensure(core, BM_T_CHECK_IN, ev->unit.v);
    timer->id = ev->unit;
    timer->every_ms = ev->every_ms;
    timer->due_at_ms = ev->due_at_ms;
    timer->rang_at_ms = BM_AT_NONE;
    timer->last_at_ms = event->at_ms;
    timer->assignment = ev->assignment;
    timer->set_by = event->actor;
    timer->jurisdiction = ev->jurisdiction;
    bm_state_arm(core, BM_T_CHECK_IN, ev->unit.v);
}

static void apply_checked_in(struct bm_core *core, const struct bm_event *event) {
    struct bm_check_in *timer = touch(core, BM_T_CHECK_IN, event->checked_in.unit.v);
    timer->due_at_ms = event->checked_in.due_at_ms;
    timer->rang_at_ms = BM_AT_NONE;
    timer->last_at_ms = event->at_ms;
    bm_state_arm(core, BM_T_CHECK_IN, timer->id.v);
}

static void apply_duress_raised(struct bm_core *core, const struct bm_event *event) {
    const struct bm_ev_duress_raised *ev = &event->duress_raised;
    struct bm_duress *duress = bm_state_add(core, BM_T_DURESS, ev->duress.v);
    duress->id = ev->duress;
    duress->unit = ev->unit;
    BM_SET_TEXT(duress->call_sign, ev->call_sign);
    duress->device = ev->device;
    duress->raised_by = event->actor;
    duress->raised_at_ms = event->at_ms;
    duress->occurred_at_ms = ev->occurred_at_ms;
    duress->lat_e7 = ev->lat_e7;
    duress->lon_e7 = ev->lon_e7;
    duress->jurisdiction = ev->jurisdiction;
    duress->case_area = ev->case_area;
}

static void apply_duress_acknowledged(struct bm_core *core, const struct bm_event *event) {
    struct bm_duress *duress = touch(core, BM_T_DURESS, event->duress_acknowledged.duress.v);
    duress->acknowledged_by = event->actor;
    duress->acknowledged_at_ms = event->at_ms;
    duress->narrative_key = event->duress_acknowledged.narrative_key;
    bm_set_bytes(&duress->narrative, &event->sealed);
}

static void apply_note_erased(struct bm_core *core, const struct bm_ev_note_erased *ev) {
    if (ev->duress.v) bm_bytes_free(&((struct bm_duress *)touch(core, BM_T_DURESS, ev->duress.v))->narrative);
    if (ev->handover.v) bm_bytes_free(&((struct bm_handover *)touch(core, BM_T_HANDOVER, ev->handover.v))->narrative);
}

void bm_apply_unit_moved(struct bm_core *core, uint64_t unit, struct bm_agency_id to) {
    BM_TABLE_EACH(&core->tables[BM_T_DEVICE], id) {
        const struct bm_device *device = bm_state_need(core, BM_T_DEVICE, id);
        if (device->unit.v == unit) ((struct bm_device *)touch(core, BM_T_DEVICE, id))->jurisdiction = to;
    }
    BM_TABLE_EACH(&core->tables[BM_T_DURESS], id) {
        const struct bm_duress *duress = bm_state_need(core, BM_T_DURESS, id);
        if (duress->unit.v == unit) ((struct bm_duress *)touch(core, BM_T_DURESS, id))->jurisdiction = to;
    }
    for (uint64_t id = bm_state_stint_at(core, unit, 0); id; id = bm_state_stint_after_at(core, id)) {
        const struct bm_stint *stint = bm_state_need(core, BM_T_STINT, id);
        if (stint->state == BM_STINT_PLANNED || stint->state == BM_STINT_ON) ((struct bm_stint *)touch(core, BM_T_STINT, id))->jurisdiction = to;
    }
    if (bm_state_record(core, BM_T_CHECK_IN, unit))
        ((struct bm_check_in *)touch(core, BM_T_CHECK_IN, unit))->jurisdiction = to;
}

void bm_apply_safety(struct bm_core *core, const struct bm_event *event) {
    switch ((int)event->kind) {
    case BM_EV_DEVICE_SET:
        apply_device_set(core, &event->device_set);
        break;
    case BM_EV_CHECK_IN_SET:
        apply_check_in_set(core, event);
        break;
    case BM_EV_CHECKED_IN:
        apply_checked_in(core, event);
        break;
    case BM_EV_CHECK_IN_RANG:
        ((struct bm_check_in *)touch(core, BM_T_CHECK_IN, event->check_in_rang.unit.v))->rang_at_ms = event->at_ms;
        break;
    case BM_EV_CHECK_IN_STOPPED:
        bm_state_remove(core, BM_T_CHECK_IN, event->check_in_stopped.unit.v, false);
        break;
    case BM_EV_DURESS_RAISED:
        apply_duress_raised(core, event);
        break;
    case BM_EV_DURESS_ACKNOWLEDGED:
        apply_duress_acknowledged(core, event);
        break;
    case BM_EV_DURESS_CASE:
        ((struct bm_duress *)touch(core, BM_T_DURESS, event->duress_case.duress.v))->on_case = event->duress_case.on_case;
        break;
    case BM_EV_DURESS_ARCHIVED:
        bm_state_remove(core, BM_T_DURESS, event->duress_archived.duress.v, true);
        break;
    case BM_EV_NOTE_ERASED:
        apply_note_erased(core, &event->note_erased);
        break;
    default:
        BM_NEVER("an event of this file");
    }
}
