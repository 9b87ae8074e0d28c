/* Turns of duty: who is planned for which shift, who is on a unit or at a position and since when, and what the rest rules
 * say of it.  A rule warns and refuses nothing: that it was known stands in the event. */
#include <string.h>

#include "core/deciding.h"

/* --- rest rules ------------------------------------------------------------------------------- */

/* The rule of the agency, or of the nearest one above it that has one; NULL: there is none. */
static const struct bm_duty_rule *rule_of(const struct bm_core *core, uint64_t agency) {
    for (int depth = 0; agency && depth < BM_AGENCY_DEPTH_MAX; depth++) {
        const struct bm_duty_rule *rule = bm_state_record(core, BM_T_DUTY_RULE, agency);
        if (rule) return rule;
        const struct bm_agency *record = bm_state_record(core, BM_T_AGENCY, agency);
        agency = record ? record->parent.v : 0;
    }
    return NULL;
}

static enum bm_code set_rule(struct bm_deciding *deciding) {
    const struct bm_do_duty_rule_set *args = &deciding->command->duty_rule_set;
    uint64_t agency = deciding->command->target;
    const struct bm_duty_rule *known = bm_state_record(deciding->core, BM_T_DUTY_RULE, agency);
    enum bm_code code = bm_in_own_area(deciding, agency, "id");
    if (!code && known && deciding->actor) code = bm_match_record(deciding, BM_T_DUTY_RULE, known);
    if (code) return code;
    const int64_t given[] = {args->least_rest_ms, args->longest_ms};
    for (int i = 0; i < 2; i++) {
        if (given[i] == BM_AT_NONE || (given[i] > 0 && given[i] <= BM_STINT_MOST_MS)) continue;
        return bm_refuse(deciding, BM_OUT_OF_RANGE, i ? "longest_ms" : "least_rest_ms",
                         "It lies between 1 ms and 7 days; leave it out for no rule.");
    }
    struct bm_event *event = bm_emit(deciding, BM_EV_DUTY_RULE_SET, BM_SUBJECT_AGENCY, agency);
    event->duty_rule_set.agency.v = agency;
    event->duty_rule_set.least_rest_ms = args->least_rest_ms;
    event->duty_rule_set.longest_ms = args->longest_ms;
    bm_result(deciding, BM_T_DUTY_RULE, agency);
    return BM_OK;
}

/* When a stint began or will begin, and ended or will end (one that is on: as planned, or now). */
static int64_t begin_of(const struct bm_stint *stint) {
    return stint->state == BM_STINT_PLANNED ? stint->starts_at_ms : stint->began_at_ms;
}

static int64_t end_of(const struct bm_stint *stint, int64_t now_ms, bool planning) {
    if (stint->state == BM_STINT_OVER) return stint->ended_at_ms;
    if (stint->state == BM_STINT_PLANNED) return stint->ends_at_ms;
    return planning && stint->ends_at_ms != BM_AT_NONE && stint->ends_at_ms > now_ms ? stint->ends_at_ms : now_ms;
}

/* Fills in what the rules say of a stint from `starts_at_ms` on; `ends_at_ms` may be unknown.  What begins now is judged by
 * what was, a plan by other plans, too. */
static void judge(const struct bm_deciding *deciding, struct bm_stint *stint, int64_t starts_at_ms, bool planning) {
    const struct bm_core *core = deciding->core;
    const struct bm_stint *before = NULL;
    int64_t ended_at_ms = BM_AT_NONE, next_at_ms = BM_AT_NONE;
    for (uint64_t id = bm_state_stint_of(core, stint->operator_id.v); id; id = bm_state_stint_after(core, id)) {
        const struct bm_stint *other = bm_state_need(core, BM_T_STINT, id);
        if (id == stint->id.v || other->state == BM_STINT_CANCELLED) continue;
        if (other->state == BM_STINT_PLANNED && !planning) continue;
        int64_t begin_ms = begin_of(other), end_ms = end_of(other, deciding->now_ms, planning);
        if (begin_ms <= starts_at_ms && (!before || end_ms >= ended_at_ms)) before = other, ended_at_ms = end_ms;
        if (begin_ms > starts_at_ms && (next_at_ms == BM_AT_NONE || begin_ms < next_at_ms)) next_at_ms = begin_ms;
    }
    stint->since_at_ms = starts_at_ms;
    if (before) stint->rest_ms = ended_at_ms < starts_at_ms ? starts_at_ms - ended_at_ms : 0;
    if (before && stint->rest_ms < BM_BREAK_MS) {
        stint->since_at_ms = before->since_at_ms;
        stint->rest_ms = before->rest_ms;
    }
    if (next_at_ms != BM_AT_NONE && stint->ends_at_ms != BM_AT_NONE) {
        int64_t gap_ms = next_at_ms > stint->ends_at_ms ? next_at_ms - stint->ends_at_ms : 0;
        if (gap_ms >= BM_BREAK_MS && (stint->rest_ms == BM_AT_NONE || gap_ms < stint->rest_ms)) stint->rest_ms = gap_ms;
    }
    const struct bm_duty_rule *rule = rule_of(core, stint->jurisdiction.v);
    if (rule) stint->least_rest_ms = rule->least_rest_ms, stint->longest_ms = rule->longest_ms;
    bool tired = stint->least_rest_ms != BM_AT_NONE && stint->rest_ms != BM_AT_NONE && stint->rest_ms < stint->least_rest_ms;
    bool overlong = stint->longest_ms != BM_AT_NONE && stint->ends_at_ms != BM_AT_NONE &&
                    stint->ends_at_ms - stint->since_at_ms > stint->longest_ms;
    stint->warned = (tired ? BM_BIT(BM_STINT_SHORT_REST) : 0) | (overlong ? BM_BIT(BM_STINT_LONG_SHIFT) : 0);
}

/* --- beginning and ending --------------------------------------------------------------------- */

static void end_stint(struct bm_deciding *deciding, const struct bm_stint *stint) {
    struct bm_event *event = bm_emit(deciding, BM_EV_STINT_ENDED, BM_SUBJECT_OPERATOR, stint->operator_id.v);
    struct bm_ev_stint_ended *ev = &event->stint_ended;
    const struct bm_duty_rule *rule = rule_of(deciding->core, stint->jurisdiction.v);
    ev->stint = stint->id;
    ev->ended_at_ms = deciding->now_ms;
    ev->length_ms = deciding->now_ms - stint->since_at_ms;
    ev->longest_ms = rule ? rule->longest_ms : BM_AT_NONE;
    bool overlong = ev->longest_ms != BM_AT_NONE && ev->length_ms > ev->longest_ms;
    ev->warned = (stint->warned & ~BM_BIT(BM_STINT_LONG_SHIFT)) | (overlong ? BM_BIT(BM_STINT_LONG_SHIFT) : 0);
}

/* The stint that an operator is on, NULL for none. */
static const struct bm_stint *stint_of(const struct bm_core *core, uint64_t who) {
    for (uint64_t id = bm_state_stint_of(core, who); id; id = bm_state_stint_after(core, id)) {
        const struct bm_stint *stint = bm_state_need(core, BM_T_STINT, id);
        if (stint->state == BM_STINT_ON) return stint;
    }
    return NULL;
}

/* What is planned for an operator about now: of several the one that starts first. */
static const struct bm_stint *planned_for(const struct bm_deciding *deciding, uint64_t who) {
    const struct bm_core *core = deciding->core;
    const struct bm_stint *first = NULL;
    for (uint64_t id = bm_state_stint_of(core, who); id; id = bm_state_stint_after(core, id)) {
        const struct bm_stint *stint = bm_state_need(core, BM_T_STINT, id);
        if (stint->state != BM_STINT_PLANNED) continue;
        if (stint->starts_at_ms - BM_STINT_EARLY_MS > deciding->now_ms || stint->ends_at_ms <= deciding->now_ms) continue;
        if (!first || stint->starts_at_ms < first->starts_at_ms) first = stint;
    }
    return first;
}

void bm_stint_begin(struct bm_deciding *deciding, const struct bm_operator *who, uint64_t unit, uint64_t position, const char *shift) {
    const struct bm_core *core = deciding->core;
    const struct bm_stint *on = stint_of(core, who->id.v), *planned = planned_for(deciding, who->id.v);
    struct bm_stint stint;
    if (on) end_stint(deciding, on);
    bm_shape_clear(bm_table_shape(BM_T_STINT), &stint);
    if (planned && planned->unit.v == unit && planned->desk_position.v == position) {
        stint = *planned;
        stint.rest_ms = stint.least_rest_ms = stint.longest_ms = BM_AT_NONE;
    } else {
        stint.id.v = bm_new_id(deciding, BM_T_STINT);
        stint.operator_id = who->id;
        stint.unit.v = unit;
        stint.desk_position.v = position;
        stint.jurisdiction = unit ? ((const struct bm_unit *)bm_state_need(core, BM_T_UNIT, unit))->jurisdiction
                                 : ((const struct bm_desk_position *)bm_state_need(core, BM_T_DESK_POSITION, position))->jurisdiction;
        memcpy(stint.shift, on && !shift[0] ? on->shift : shift, strlen(on && !shift[0] ? on->shift : shift));
    }
    judge(deciding, &stint, deciding->now_ms, false);
    struct bm_event *event = bm_emit(deciding, BM_EV_STINT_BEGUN, BM_SUBJECT_OPERATOR, who->id.v);
    struct bm_ev_stint_begun *ev = &event->stint_begun;
    _Static_assert(offsetof(struct bm_ev_stint_begun, began_at_ms) >= offsetof(struct bm_stint, warned), "the same rows first");
    memcpy(ev, &stint, offsetof(struct bm_stint, warned) + sizeof stint.warned);
    ev->began_at_ms = deciding->now_ms;
}

void bm_stint_end_on_unit(struct bm_deciding *deciding, uint64_t who) {
    const struct bm_stint *on = stint_of(deciding->core, who);
    if (on && on->unit.v) end_stint(deciding, on);
}

void bm_stints_end_at(struct bm_deciding *deciding, uint64_t unit, uint64_t position) {
    const struct bm_core *core = deciding->core;
    for (uint64_t id = bm_state_stint_at(core, unit, position); id; id = bm_state_stint_after_at(core, id)) {
        const struct bm_stint *stint = bm_state_need(core, BM_T_STINT, id);
        if (stint->state == BM_STINT_ON) end_stint(deciding, stint);
    }
}

void bm_stints_follow(struct bm_deciding *deciding, uint64_t unit, enum bm_duty duty, const char *shift) {
    const struct bm_core *core = deciding->core;
    if (duty == BM_DUTY_OFF) bm_stints_end_at(deciding, unit, 0);
    if (duty != BM_DUTY_ON) return;
    for (uint64_t id = bm_state_stint_at(core, unit, 0); id; id = bm_state_stint_after_at(core, id)) {
        const struct bm_stint *stint = bm_state_need(core, BM_T_STINT, id);
        if (stint->state != BM_STINT_PLANNED || planned_for(deciding, stint->operator_id.v) != stint) continue;
        const struct bm_operator *who = bm_state_need(core, BM_T_OPERATOR, stint->operator_id.v);
        /* As when they begin by hand: a crew, and not at a position of the desk meanwhile. */
        if (!(who->roles & BM_BIT(BM_ROLE_UNIT)) || bm_desk_position_of(core, who->id.v)) continue;
        if (who->active && (!shift[0] || strcmp(shift, stint->shift) == 0)) bm_stint_begin(deciding, who, unit, 0, shift);
    }
}

/* --- commands --------------------------------------------------------------------------------- */

/* The n-th operator named: there, active, seen, with one of these roles and not named before. */
static enum bm_code named(struct bm_deciding *deciding, const struct bm_ids *ids, uint64_t n, uint32_t roles,
                          const struct bm_operator **ret_who) {
    const void *record;
    enum bm_code code = bm_visible(deciding, BM_T_OPERATOR, ids->ids[n], "operators", &record);
    if (code) return code;
    const struct bm_operator *who = record;
    for (uint64_t i = 0; i < n; i++) {
        if (ids->ids[i] == ids->ids[n])
            return bm_refuse(deciding, BM_CONFLICT, "operators", "Operator %s is named twice.", who->number);
    }
    if (!who->active || !(who->roles & roles))
        return bm_refuse(deciding, BM_NOT_POSSIBLE, "operators", "Operator %s %s.", who->number,
                         who->active ? "has no role that this takes" : "is no longer active");
    *ret_who = who;
    return BM_OK;
}

static enum bm_code check_plan(struct bm_deciding *deciding, struct bm_agency_id *ret_area) {
    const struct bm_do_stint_plan *args = &deciding->command->stint_plan;
    const void *record;
    if (!args->unit.v == !args->desk_position.v)
        return bm_refuse(deciding, BM_MISSING_FIELD, "unit", "Name the unit or the position at the desk, one of them.");
    if (args->starts_at_ms == BM_AT_NONE || args->ends_at_ms == BM_AT_NONE)
        return bm_refuse(deciding, BM_MISSING_FIELD, args->ends_at_ms == BM_AT_NONE ? "ends_at_ms" : "starts_at_ms",
                         "Say when the shift starts and ends.");
    if (args->ends_at_ms <= args->starts_at_ms || args->ends_at_ms - args->starts_at_ms > BM_STINT_MOST_MS)
        return bm_refuse(deciding, BM_OUT_OF_RANGE, "ends_at_ms", "A shift ends after it starts, and within seven days.");
    if (args->starts_at_ms > deciding->now_ms + BM_STINT_AHEAD_MS)
        return bm_refuse(deciding, BM_OUT_OF_RANGE, "starts_at_ms", "Shifts are planned for the next 400 days.");
    if (args->ends_at_ms <= deciding->now_ms)
        return bm_refuse(deciding, BM_OUT_OF_RANGE, "ends_at_ms", "That shift is over already.");
    if (args->operators.count == 0) return bm_refuse(deciding, BM_MISSING_FIELD, "operators", "Name who is planned.");
    enum bm_code code = args->unit.v ? bm_visible(deciding, BM_T_UNIT, args->unit.v, "unit", &record)
                                     : bm_visible(deciding, BM_T_DESK_POSITION, args->desk_position.v, "desk_position", &record);
    if (code) return code;
    *ret_area = args->unit.v ? ((const struct bm_unit *)record)->jurisdiction : ((const struct bm_desk_position *)record)->jurisdiction;
    if (deciding->core->tables[BM_T_STINT].count + args->operators.count > BM_STINTS_MAX)
        return bm_refuse(deciding, BM_OUT_OF_RANGE, "operators", "More than %u stints are not kept.", BM_STINTS_MAX);
    return BM_OK;
}

static enum bm_code plan(struct bm_deciding *deciding) {
    const struct bm_do_stint_plan *args = &deciding->command->stint_plan;
    struct bm_agency_id area = {0};
    enum bm_code code = check_plan(deciding, &area);
    for (uint64_t i = 0; i < args->operators.count && !code; i++) {
        const struct bm_operator *who;
        code = named(deciding, &args->operators, i, args->unit.v ? BM_BIT(BM_ROLE_UNIT) : BM_TAKERS, &who);
        if (code) return code;
        struct bm_stint stint;
        bm_shape_clear(bm_table_shape(BM_T_STINT), &stint);
        stint.id.v = bm_new_id(deciding, BM_T_STINT);
        stint.operator_id = who->id;
        stint.unit = args->unit;
        stint.desk_position = args->desk_position;
        memcpy(stint.shift, args->shift, sizeof stint.shift);
        stint.jurisdiction = area;
        stint.starts_at_ms = args->starts_at_ms;
        stint.ends_at_ms = args->ends_at_ms;
        judge(deciding, &stint, stint.starts_at_ms, true);
        struct bm_event *event = bm_emit(deciding, BM_EV_STINT_PLANNED, BM_SUBJECT_OPERATOR, who->id.v);
        memcpy(&event->stint_planned, &stint, offsetof(struct bm_stint, warned) + sizeof stint.warned);
        if (i == 0) bm_result(deciding, BM_T_STINT, stint.id.v);
    }
    return code;
}

/* A dispatcher puts people on any unit; a crew's member goes on their own. */
static enum bm_code begin(struct bm_deciding *deciding) {
    const struct bm_do_stint_begin *args = &deciding->command->stint_begin;
    const void *record;
    enum bm_code code = bm_visible(deciding, BM_T_UNIT, args->unit.v, "unit", &record);
    if (code) return code;
    const struct bm_unit *unit = record;
    if (!unit->active) return bm_refuse(deciding, BM_NOT_POSSIBLE, "unit", "Unit %s is not in use.", unit->call_sign);
    if (args->operators.count == 0) return bm_refuse(deciding, BM_MISSING_FIELD, "operators", "Name who goes on the unit.");
    if (deciding->core->tables[BM_T_STINT].count + args->operators.count > BM_STINTS_MAX)
        return bm_refuse(deciding, BM_OUT_OF_RANGE, "operators", "More than %u stints are not kept.", BM_STINTS_MAX);
    for (uint64_t i = 0; i < args->operators.count; i++) {
        const struct bm_operator *who;
        code = named(deciding, &args->operators, i, BM_BIT(BM_ROLE_UNIT), &who);
        if (code) return code;
        if (deciding->actor && !(deciding->actor->roles & BM_SENDERS) && who != deciding->actor)
            return bm_refuse(deciding, BM_FORBIDDEN, "operators", "Others are put on a unit by a dispatcher.");
        const struct bm_stint *on = stint_of(deciding->core, who->id.v);
        if (on && on->unit.v == unit->id.v)
            return bm_refuse(deciding, BM_CONFLICT, "operators", "Operator %s is on unit %s already.", who->number, unit->call_sign);
        if (on && on->desk_position.v)
            return bm_refuse(deciding, BM_CONFLICT, "operators", "Operator %s sits at a position of the desk; they log off there first.", who->number);
        bm_stint_begin(deciding, who, unit->id.v, 0, args->shift);
        /* What is planned keeps its id. */
        if (i == 0) bm_result(deciding, BM_T_STINT, deciding->decision->events[deciding->decision->event_count - 1].stint_begun.id.v);
    }
    return BM_OK;
}

static enum bm_code end(struct bm_deciding *deciding) {
    const void *record;
    enum bm_code code = bm_visible(deciding, BM_T_STINT, deciding->command->target, "stint", &record);
    if (code) return code;
    const struct bm_stint *stint = record;
    bm_result(deciding, BM_T_STINT, stint->id.v);
    if (stint->state != BM_STINT_ON)
        return bm_refuse(deciding, BM_NOT_POSSIBLE, "stint", "The stint is %s, not on.", bm_word(&bm_stint_state_words, stint->state));
    if (stint->desk_position.v)
        return bm_refuse(deciding, BM_NOT_POSSIBLE, "stint", "A stint at a position ends with logging off there.");
    if (deciding->actor && !(deciding->actor->roles & BM_SENDERS) && stint->operator_id.v != deciding->actor->id.v)
        return bm_refuse(deciding, BM_FORBIDDEN, "stint", "Another's stint is ended by a dispatcher.");
    end_stint(deciding, stint);
    return BM_OK;
}

static void cancel_stint(struct bm_deciding *deciding, const struct bm_stint *stint) {
    struct bm_event *event = bm_emit(deciding, BM_EV_STINT_CANCELLED, BM_SUBJECT_OPERATOR, stint->operator_id.v);
    event->stint_cancelled.stint = stint->id;
}

static enum bm_code cancel(struct bm_deciding *deciding) {
    const void *record;
    enum bm_code code = bm_visible(deciding, BM_T_STINT, deciding->command->target, "stint", &record);
    if (code) return code;
    const struct bm_stint *stint = record;
    bm_result(deciding, BM_T_STINT, stint->id.v);
    if (stint->state != BM_STINT_PLANNED)
        return bm_refuse(deciding, BM_NOT_POSSIBLE, "stint", "The stint is %s, not planned.", bm_word(&bm_stint_state_words, stint->state));
    cancel_stint(deciding, stint);
    return BM_OK;
}

/* A stint that nobody began is cancelled first, and archived when the timer rings again at once: its row would else stand as planned,
 * on every board that is fetched, for ever. */
static enum bm_code archive(struct bm_deciding *deciding) {
    const struct bm_stint *stint = bm_state_record(deciding->core, BM_T_STINT, deciding->command->target);
    if (!stint) return BM_OK;
    if (stint->state == BM_STINT_PLANNED) {
        cancel_stint(deciding, stint);
        return BM_OK;
    }
    struct bm_event *event = bm_emit(deciding, BM_EV_STINT_ARCHIVED, BM_SUBJECT_OPERATOR, stint->operator_id.v);
    event->stint_archived.stint = stint->id;
    return BM_OK;
}

enum bm_code bm_decide_stint(struct bm_deciding *deciding) {
    switch ((int)deciding->command->kind) { /* only the kinds of this file come here */
    case BM_DO_STINT_PLAN:
        return plan(deciding);
    case BM_DO_STINT_BEGIN:
        return begin(deciding);
    case BM_DO_STINT_END:
        return end(deciding);
    case BM_DO_STINT_CANCEL:
        return cancel(deciding);
    case BM_DO_STINT_ARCHIVE:
        return archive(deciding);
    default:
        return set_rule(deciding);
    }
}
