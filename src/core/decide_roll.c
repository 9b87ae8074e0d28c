/* Where a call rings: at the position that the exchange names, or whose line it came in on; and where it rings next when
 * nobody answers there in time. */
#include <string.h>

#include "core/deciding.h"

const struct bm_desk_position *bm_desk_position_coded(const struct bm_core *core, const char *code) {
    BM_TABLE_EACH(&core->tables[BM_T_DESK_POSITION], id) {
        const struct bm_desk_position *position = bm_state_need(core, BM_T_DESK_POSITION, id);
        if (position->active && strcmp(position->code, code) == 0) return position;
    }
    return NULL;
}

/* Whether `line` is one of a list that is separated by spaces. */
static bool has_line(const char *lines, const char *line) {
    size_t len = strlen(line);
    for (const char *at = lines; *at;) {
        size_t one = strcspn(at, " ");
        if (one == len && memcmp(at, line, len) == 0) return true;
        at += one;
        at += strspn(at, " ");
    }
    return false;
}

const struct bm_desk_position *bm_desk_position_of_line(const struct bm_core *core, const char *line, const char *trunk) {
    BM_TABLE_EACH(&core->tables[BM_T_DESK_POSITION], id) {
        const struct bm_desk_position *position = bm_state_need(core, BM_T_DESK_POSITION, id);
        if (!position->active) continue;
        if ((line[0] && has_line(position->lines, line)) || (trunk[0] && has_line(position->lines, trunk))) return position;
    }
    return NULL;
}

/* The next one where somebody sits; when nobody sits anywhere along the way, the next that is in use. */
static const struct bm_desk_position *next_of(const struct bm_core *core, const struct bm_desk_position *from) {
    const struct bm_desk_position *first = NULL, *at = from;
    for (unsigned step = 0; step < BM_ROLL_STEPS_MAX; step++) {
        at = at->next.v ? bm_state_record(core, BM_T_DESK_POSITION, at->next.v) : NULL;
        if (!at || at == from) break;
        if (at->active && at->operator_id.v) return at;
        if (at->active && !first) first = at;
    }
    return first;
}

int64_t bm_roll_due(const struct bm_core *core, const struct bm_desk_position *position, int64_t since_ms) {
    bool rolls = position && position->rollover_ms != BM_AT_NONE && next_of(core, position);
    return rolls ? since_ms + position->rollover_ms : BM_AT_NONE;
}

enum bm_code bm_decide_roll(struct bm_deciding *deciding, const struct bm_contact *contact) {
    const struct bm_desk_position *from = bm_desk_position_coded(deciding->core, contact->position),
                                  *to = from ? next_of(deciding->core, from) : NULL;
    bool last = contact->roll_count + 1 >= BM_ROLLS_MAX;
    struct bm_event *event = bm_emit(deciding, BM_EV_CONTACT_ROLLED, BM_SUBJECT_CONTACT, contact->id.v);
    event->contact_rolled.contact = contact->id;
    memcpy(event->contact_rolled.from, contact->position, BM_CODE_TEXT);
    /* The positions may have been set anew since: then it goes on ringing where it is. */
    memcpy(event->contact_rolled.to, to ? to->code : contact->position, BM_CODE_TEXT);
    if (!last) event->contact_rolled.roll_at_ms = bm_roll_due(deciding->core, to, deciding->now_ms);
    return BM_OK;
}
