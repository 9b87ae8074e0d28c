/* A matter goes on by another version of its procedure: everything that it knows is given its place there, by name. */
#include <inttypes.h>
#include <string.h>

#include "base/check.h"
#include "procedure/course_private.h"

struct move {
    const struct bm_track *from_track, *to_track;
    const struct bm_procedure *from, *to;
    const struct bm_course *was;
    struct bm_going going; /* by the new version */
};

/* --- names ------------------------------------------------------------------------------------- */

/* Where a state of the former version is now; BM_NO_INDEX: nowhere in its region. */
static uint16_t state_now(const struct move *move, uint16_t state) {
    const struct bm_state_def *def = &move->from->states[state];
    uint16_t now = bm_procedure_state(move->to, def->name);
    for (uint32_t i = 0; i < move->to->move_count; i++) {
        if (strcmp(move->to->moves[i].from, def->name) == 0) now = move->to->moves[i].to;
    }
    return now != BM_NO_INDEX && move->to->states[now].region == def->region ? now : BM_NO_INDEX;
}

static enum bm_code no_place(struct move *move, const char *what, const char *name, const char *mend) {
    return bm_fault_set(move->going.fault, BM_NOT_POSSIBLE, name, "The %s %s has no place in version %u of %s: %s.", what, name,
                        move->to->version, move->to->name, mend);
}

/* --- states ------------------------------------------------------------------------------------ */

static void append(struct bm_buf *text, const char *name) {
    if (text->len) bm_buf_byte(text, ' ');
    bm_buf_text(text, name);
}

/* Regions stand in the chart in the order of the list, and each has one innermost active state. */
static enum bm_code move_states(struct move *move, struct bm_buf *text) {
    for (enum bm_region region = 0; region < BM_region_COUNT; region++) {
        uint16_t state = bm_course_state(move->from_track, move->was, region), now = move->to->initial[region];
        if (state != BM_NO_INDEX) {
            now = state_now(move, state);
            if (now == BM_NO_INDEX)
                return no_place(move, "state", move->from->states[state].name, "add it to migrate, with a state of its region");
        }
        if (now == BM_NO_INDEX) continue;
        now = bm_procedure_descend(move->to, now);
        if (region == BM_REGION_HANDLING && move->to->states[now].category == BM_CATEGORY_FINAL)
            return bm_fault_set(move->going.fault, BM_NOT_POSSIBLE, move->to->states[now].name,
                                "A move to another version closes no matter: let migrate name a state that is not final.");
        append(text, move->to->states[now].name);
    }
    return BM_OK;
}

/* The innermost state that the former version would go back to within `around`; BM_NO_INDEX: it was never left. */
static uint16_t remembered(const struct move *move, const char *written, uint16_t around) {
    char head[BM_PROCEDURE_NAME_MAX + sizeof ";was:="];
    snprintf(head, sizeof head, ";was:%s=", move->from->states[around].name);
    const char *at = strstr(written, head);
    if (!at) return BM_NO_INDEX;
    at += strlen(head);
    char leaf[BM_PROCEDURE_NAME_MAX + 1];
    size_t len = strcspn(at, ";");
    BM_CHECK(len < sizeof leaf);
    memcpy(leaf, at, len);
    leaf[len] = 0;
    return bm_procedure_state(move->from, leaf);
}

/* In the order of the new chart.  A history that the new version does not have is not asked for any more. */
static enum bm_code move_histories(struct move *move, const char *written, struct bm_buf *text) {
    uint32_t count = bm_chart_state_count(bm_track_chart(move->to_track));
    for (uint32_t place = 0; place < count; place++) {
        uint16_t now = bm_track_state_of(move->to_track, place);
        char id[BM_PROCEDURE_NAME_MAX + sizeof "was:"];
        if (now == BM_NO_INDEX) continue;
        snprintf(id, sizeof id, "was:%s", move->to->states[now].name);
        if (bm_chart_find(bm_track_chart(move->to_track), id) == BM_CHART_NONE) continue;
        for (uint16_t i = 0; i < move->from->state_count; i++) {
            uint16_t leaf = state_now(move, i) == now ? remembered(move, written, i) : BM_NO_INDEX;
            if (leaf == BM_NO_INDEX) continue;
            uint16_t leaf_now = state_now(move, leaf);
            if (leaf_now != BM_NO_INDEX) leaf_now = bm_procedure_descend(move->to, leaf_now);
            if (leaf_now == BM_NO_INDEX || leaf_now == now || !bm_procedure_within(move->to, leaf_now, now))
                return no_place(move, "state to go back to", move->from->states[leaf].name, "add it to migrate, with a state within the same");
            bm_buf_printf(text, ";%s=%s", id, move->to->states[leaf_now].name);
            break;
        }
    }
    return BM_OK;
}

static enum bm_code move_configuration(struct move *move) {
    struct bm_buf written = bm_buf_make(BM_CHART_WRITTEN_MAX), text = bm_buf_make(BM_CHART_WRITTEN_MAX);
    bm_chart_write(bm_track_chart(move->from_track), &move->was->at, &written);
    enum bm_code code = move_states(move, &text);
    if (!code) code = move_histories(move, bm_buf_c_text(&written), &text);
    if (!code)
        code = bm_chart_read(bm_track_chart(move->to_track), bm_buf_c_text(&text), text.len, &move->going.course->at,
                             move->going.fault);
    bm_buf_free(&written);
    bm_buf_free(&text);
    return code;
}

/* --- fields and limits ------------------------------------------------------------------------- */

static enum bm_code move_value(struct move *move, uint16_t field, uint16_t now) {
    const struct bm_field_def *def = &move->from->fields[field], *def_now = &move->to->fields[now];
    int64_t value = move->was->values[field];
    if (def->type == BM_FIELD_CHOICE) {
        const char *word = def->words[value];
        for (value = 0; value < def_now->word_count && strcmp(def_now->words[value], word) != 0;) value++;
        if (value == def_now->word_count) return no_place(move, "word", word, "keep it among the words of its field");
    }
    move->going.course->filled |= UINT64_C(1) << now;
    move->going.course->values[now] = value;
    return BM_OK;
}

static enum bm_code move_fields(struct move *move) {
    for (uint16_t i = 0; i < move->from->field_count; i++) {
        const struct bm_field_def *def = &move->from->fields[i];
        bool filled = move->was->filled >> i & 1, required = move->was->required >> i & 1;
        if (!filled && !required) continue;
        uint16_t now = bm_procedure_field(move->to, def->name);
        if (now == BM_NO_INDEX || move->to->fields[now].type != def->type)
            return no_place(move, "field", def->name, "keep it, of the same type");
        if (required) move->going.course->required |= UINT64_C(1) << now;
        enum bm_code code = filled ? move_value(move, i, now) : BM_OK;
        if (code) return code;
    }
    return BM_OK;
}

/* The place of a row among those of its state and event. */
static uint32_t place_among(const struct bm_procedure *procedure, uint32_t row) {
    const struct bm_row_def *def = &procedure->rows[row];
    uint32_t place = 0;
    for (uint32_t i = 0; i < row; i++) {
        const struct bm_row_def *other = &procedure->rows[i];
        place += other->state == def->state && other->region == def->region && other->event == def->event;
    }
    return place;
}

/* How often rows were taken.  Where there is no such row any more, or it has no limit, nothing asks. */
static void move_limits(struct move *move) {
    for (uint32_t i = 0; i < move->from->row_count; i++) {
        const struct bm_row_def *def = &move->from->rows[i];
        if (!move->was->taken[i]) continue;
        uint16_t state = def->state == BM_NO_INDEX ? BM_NO_INDEX : state_now(move, def->state);
        if (def->state != BM_NO_INDEX && state == BM_NO_INDEX) continue;
        for (uint32_t j = 0; j < move->to->row_count; j++) {
            const struct bm_row_def *now = &move->to->rows[j];
            bool same = now->state == state && now->region == def->region && now->limit &&
                        strcmp(move->to->events[now->event].name, move->from->events[def->event].name) == 0 &&
                        place_among(move->to, j) == place_among(move->from, i);
            if (same) move->going.course->taken[j] = move->was->taken[i];
        }
    }
}

/* --- clocks ------------------------------------------------------------------------------------ */

/* The row of the new pause_in for one of the former; -1: none. */
static int pause_now(const struct move *move, const struct bm_clock_def *def, const struct bm_clock_def *now, uint32_t row) {
    uint16_t state = state_now(move, def->pauses[row].state);
    for (uint32_t i = 0; i < now->pause_count; i++) {
        if (now->pauses[i].state == state) return (int)i;
    }
    return -1;
}

static void rebind(struct move *move, uint16_t clock, uint16_t now) {
    const struct bm_clock_def *def = &move->from->clocks[clock], *def_now = &move->to->clocks[now];
    struct bm_going *going = &move->going;
    struct bm_course_clock *own = &going->course->clocks[now];
    const struct bm_course_clock *was = &move->was->clocks[clock];
    struct bm_ladder ladder = bm_clock_def_ladder(def), ladder_now = bm_clock_def_ladder(def_now);
    *own = (struct bm_course_clock){.there = true, .held = was->held, .work = was->work};
    going->code = bm_ladder_carry(&ladder, was->fired, &was->told, &ladder_now, &own->fired, &own->told, going->fault);
    if (going->code) return;
    for (uint32_t i = 0; i < def->pause_count; i++) {
        int row = pause_now(move, def, def_now, i);
        if (row < 0) continue;
        own->used[row] += was->used[i];
        if (i == was->pause) own->pause = (uint8_t)row;
    }
    /* What was broken stays as it was promised; what the new version promises is no excuse for it. */
    if (was->work.phase == BM_CLOCK_STOPPED || bm_fired_has(was->fired, BM_RUNG_BREACH)) return;
    const struct bm_calendar *calendar = bm_clock_def_calendar(going->world, def, &going->code, going->fault);
    const struct bm_calendar *calendar_now = bm_clock_def_calendar(going->world, def_now, &going->code, going->fault);
    if (going->code) return;
    struct bm_clock_rule rule = bm_clock_def_rule(def, was), rule_now = bm_clock_def_rule(def_now, own);
    going->code = bm_clock_rebind(&own->work, &rule, calendar, &rule_now, calendar_now, going->act->now_ms, going->fault);
    if (going->code) return;
    /* The pause that was on is counted up to now; it goes on in the new row, or the clock runs. */
    int row = was->work.phase == BM_CLOCK_PAUSED ? pause_now(move, def, def_now, was->pause) : -1;
    if (row >= 0) own->used[row] += own->work.paused - was->work.paused;
    own->held = own->held && own->work.phase == BM_CLOCK_PAUSED;
}

static void move_clock(struct move *move, uint16_t clock) {
    const struct bm_clock_def *def = &move->from->clocks[clock];
    struct bm_going *going = &move->going;
    if (!move->was->clocks[clock].there) return;
    uint16_t now = bm_procedure_clock(move->to, def->name);
    if (now == BM_NO_INDEX || move->to->clocks[now].budget.unit != def->budget.unit) {
        going->code = no_place(move, "clock", def->name, "keep a clock of this name and unit, for it has run");
        return;
    }
    rebind(move, clock, now);
}

/* Clocks follow the states in which the matter stands now; what is promised from first contact on is promised from now on
 * where it was not before. */
static void settle_new(struct move *move) {
    struct bm_going *going = &move->going;
    for (uint16_t i = 0; i < move->to->clock_count && !going->code; i++) {
        const struct bm_clock_def *def = &move->to->clocks[i];
        const struct bm_course_clock *own = &going->course->clocks[i];
        bool by_state = def->anchor == BM_ANCHOR_STATE;
        bool in = by_state && bm_course_in(move->to_track, going->course, def->anchor_index);
        if (!own->there && (in || def->anchor == BM_ANCHOR_FIRST_CONTACT)) bm_going_start(going, i, going->act->now_ms);
        if (own->there && by_state && !in) bm_going_stop(going, i);
        /* It was stopped when another state was left; the matter stands in its own now. */
        uint16_t was = bm_procedure_clock(move->from, def->name);
        bool entered = in && was != BM_NO_INDEX && move->from->clocks[was].anchor == BM_ANCHOR_STATE &&
                       !bm_course_in(move->from_track, move->was, move->from->clocks[was].anchor_index);
        if (entered && own->work.phase == BM_CLOCK_STOPPED) bm_going_start(going, i, going->act->now_ms);
    }
    bm_going_settle_clocks(going);
}

/* --- all of it --------------------------------------------------------------------------------- */

static enum bm_code may_move(const struct move *move, int64_t now_ms, struct bm_fault *fault) {
    int64_t next = BM_AT_NONE;
    if (strcmp(move->from->name, move->to->name) != 0 || move->to->version <= move->from->version)
        return bm_fault_set(fault, BM_CONFLICT, "version", "A case of %s, version %u, moves to a later version of it, not to %s, version %u.",
                            move->from->name, move->from->version, move->to->name, move->to->version);
    if (bm_course_closed(move->from_track, move->was))
        return bm_fault_set(fault, BM_NOT_POSSIBLE, "version", "The matter is closed: it stays with the version that it ended by.");
    enum bm_code code = bm_course_next(move->from_track, move->going.world, move->was, &next, fault);
    if (!code && next != BM_AT_NONE && next <= now_ms)
        code = bm_fault_set(fault, BM_CONFLICT, "at", "Something is due by the former version: let its time pass first.");
    return code;
}

enum bm_code bm_course_migrate(const struct bm_track *from, const struct bm_track *to, const struct bm_course_world *world,
                               const struct bm_course *course, int64_t now_ms, struct bm_course *ret_course,
                               struct bm_fault *fault) {
    struct bm_course next = {.last_actor = course->last_actor, .closed_ms = BM_AT_NONE};
    struct bm_course_act moving = {.event = BM_NO_INDEX, .roles = 1, .now_ms = now_ms};
    struct move move = {.from_track = from, .to_track = to, .from = bm_track_procedure(from), .to = bm_track_procedure(to), .was = course};
    move.going = (struct bm_going){.track = to, .procedure = move.to, .world = world, .act = &moving, .course = &next,
                                   .fault = fault, .missing = BM_NO_INDEX};
    memcpy(next.counters, course->counters, sizeof next.counters);
    memcpy(next.hands, course->hands, sizeof next.hands);
    next.hand_count = course->hand_count;
    enum bm_code code = may_move(&move, now_ms, fault);
    if (!code) code = move_configuration(&move);
    if (!code) code = move_fields(&move);
    if (code) return code;
    move_limits(&move);
    for (uint16_t i = 0; i < move.from->clock_count && !move.going.code; i++) move_clock(&move, i);
    if (!move.going.code) settle_new(&move);
    if (!move.going.code) *ret_course = next;
    return move.going.code;
}
