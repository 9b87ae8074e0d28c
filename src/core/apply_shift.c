/* Events of shifts -> state: who sits where. */
#include "base/check.h"
#include "core/applying.h"

static void apply_position_set(struct bm_core *core, const struct bm_ev_desk_position_set *ev) {
    struct bm_desk_position *position = bm_apply_ensure(core, BM_T_DESK_POSITION, ev->desk_position.v);
    position->id = ev->desk_position;
    BM_SET_TEXT(position->code, ev->code);
    BM_SET_TEXT(position->name, ev->name);
    position->jurisdiction = ev->jurisdiction;
    BM_SET_TEXT(position->lines, ev->lines);
    position->next = ev->next;
    position->rollover_ms = ev->rollover_ms;
    position->active = ev->active;
    position->version++;
}

static void *touch(struct bm_core *core, enum bm_table_kind table, uint64_t id) {
    void *record = bm_state_need(core, table, id);
    bm_state_touch(core, table, id);
    return record;
}

void bm_apply_shift(struct bm_core *core, const struct bm_event *event) {
    if (event->kind == BM_EV_DESK_POSITION_SET) {
        apply_position_set(core, &event->desk_position_set);
    } else if (event->kind == BM_EV_DESK_POSITION_LOGGED_ON) {
        const struct bm_ev_desk_position_logged_on *ev = &event->desk_position_logged_on;
        struct bm_desk_position *position = touch(core, BM_T_DESK_POSITION, ev->desk_position.v);
        position->operator_id = ev->operator_id;
        position->since_at_ms = ev->since_at_ms;
    } else {
        BM_CHECK(event->kind == BM_EV_DESK_POSITION_LOGGED_OFF);
        struct bm_desk_position *position = touch(core, BM_T_DESK_POSITION, event->desk_position_logged_off.desk_position.v);
        position->operator_id.v = 0;
        position->since_at_ms = BM_AT_NONE;
    }
}
