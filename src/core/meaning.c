/* What the words for states mean to the rest of the core. */
#include "core/state.h"

bool bm_assignment_active(unsigned state) {
    return state >= BM_AS_ASSIGNED && state <= BM_AS_AT_DESTINATION;
}

bool bm_assignment_open(unsigned state) {
    return state <= BM_AS_AT_DESTINATION;
}

bool bm_case_open(unsigned state) {
    return state != BM_CASE_CLOSED && state != BM_CASE_MERGED;
}

bool bm_contact_open(unsigned state) {
    return state != BM_CONTACT_ENDED && state != BM_CONTACT_ABANDONED;
}

/* Which state may follow which: row = from, columns = to.
 *
 *   to:                                   ringing waiting answered abandoned ended */
/* clang-format off */
static const uint8_t contact_steps[BM_contact_state_COUNT][BM_contact_state_COUNT] = {
    [BM_CONTACT_RINGING]   = {0,      0,      1,       1,        1},
    [BM_CONTACT_WAITING]   = {0,      0,      1,       0,        1},
    [BM_CONTACT_ANSWERED]  = {0,      0,      0,       0,        1},
    [BM_CONTACT_ABANDONED] = {0,      0,      0,       0,        1}, /* rung back */
    [BM_CONTACT_ENDED]     = {0},
};
/* clang-format on */

bool bm_contact_step(unsigned from, unsigned to) {
    return from < BM_contact_state_COUNT && to < BM_contact_state_COUNT && contact_steps[from][to];
}

int64_t *bm_assignment_milestone(struct bm_assignment *assignment, unsigned state) {
    switch ((enum bm_assignment_state)state) {
    case BM_AS_ASSIGNED:
        return &assignment->assigned_at_ms;
    case BM_AS_ACKNOWLEDGED:
        return &assignment->acknowledged_at_ms;
    case BM_AS_EN_ROUTE:
        return &assignment->en_route_at_ms;
    case BM_AS_ON_SCENE:
        return &assignment->on_scene_at_ms;
    case BM_AS_TRANSPORTING:
        return &assignment->transporting_at_ms;
    case BM_AS_AT_DESTINATION:
        return &assignment->at_destination_at_ms;
    case BM_AS_CLEARED:
        return &assignment->cleared_at_ms;
    case BM_AS_RESERVED:
    case BM_AS_STACKED:
    case BM_AS_CANCELLED:
    case BM_assignment_state_COUNT:
        return NULL;
    }
    return NULL;
}

enum bm_case_state bm_hand_state(unsigned state) {
    /* Case and assignment states from assigned to cleared run in the same order. */
    _Static_assert(BM_AS_CLEARED - BM_AS_ASSIGNED == (int)BM_CASE_CLEARED - (int)BM_CASE_ASSIGNED, "parallel states");
    return state < BM_AS_ASSIGNED || state > BM_AS_CLEARED ? BM_CASE_RECEIVED
                                                           : (enum bm_case_state)(state - BM_AS_ASSIGNED + BM_CASE_ASSIGNED);
}

enum bm_case_state bm_case_stage(const struct bm_assignment *assignments, size_t count) {
    unsigned furthest = 0;
    bool cleared = false;
    for (size_t i = 0; i < count; i++) {
        unsigned state = assignments[i].state;
        if (bm_assignment_active(state) && state > furthest) furthest = state;
        if (state == BM_AS_CLEARED && !assignments[i].past) cleared = true;
    }
    if (furthest) return bm_hand_state(furthest);
    return cleared ? BM_CASE_CLEARED : BM_CASE_RECEIVED;
}
