/* The state: tables, the lists between them, timers, and what has changed. */
#include "core/core.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "core/limits.h"
#include "core/state.h"

static const size_t slot_sizes[BM_table_kind_COUNT] = {
    [BM_T_AGENCY] = BM_SLOT_RECORD + sizeof(struct bm_agency),
    [BM_T_PLACE] = BM_SLOT_RECORD + sizeof(struct bm_place),
    [BM_T_UNIT] = sizeof(struct bm_unit_slot),
    [BM_T_OPERATOR] = sizeof(struct bm_operator_slot),
    [BM_T_CLASS] = BM_SLOT_RECORD + sizeof(struct bm_class),
    [BM_T_CONTACT] = sizeof(struct bm_contact_slot),
    [BM_T_CASE] = sizeof(struct bm_case_slot),
    [BM_T_ASSIGNMENT] = sizeof(struct bm_assignment_slot),
    [BM_T_CLOCK] = sizeof(struct bm_clock_slot),
    [BM_T_LINK] = sizeof(struct bm_link_slot),
    [BM_T_EDITION] = BM_SLOT_RECORD + sizeof(struct bm_edition),
    [BM_T_MATTER] = BM_SLOT_RECORD + sizeof(struct bm_matter),
    [BM_T_PROMISE] = sizeof(struct bm_promise_slot),
    [BM_T_FIGURE] = BM_SLOT_RECORD + sizeof(struct bm_figure),
    [BM_T_STUB] = BM_SLOT_RECORD + sizeof(struct bm_stub),
    [BM_T_RATING] = BM_SLOT_RECORD + sizeof(struct bm_rating),
    [BM_T_DESK_POSITION] = sizeof(struct bm_desk_position_slot),
    [BM_T_BAND] = BM_SLOT_RECORD + sizeof(struct bm_band),
    [BM_T_AREA] = BM_SLOT_RECORD + sizeof(struct bm_area_row),
    [BM_T_ALERT_CHANNEL] = BM_SLOT_RECORD + sizeof(struct bm_alert_channel),
    [BM_T_STINT] = sizeof(struct bm_stint_slot),
    [BM_T_DUTY_RULE] = BM_SLOT_RECORD + sizeof(struct bm_duty_rule),
    [BM_T_HANDOVER] = BM_SLOT_RECORD + sizeof(struct bm_handover),
    [BM_T_DUTY_LEVEL] = BM_SLOT_RECORD + sizeof(struct bm_duty_level),
    [BM_T_DEVICE] = BM_SLOT_RECORD + sizeof(struct bm_device),
    [BM_T_CHECK_IN] = BM_SLOT_RECORD + sizeof(struct bm_check_in),
    [BM_T_DURESS] = BM_SLOT_RECORD + sizeof(struct bm_duress),
    [BM_T_REQUEST] = BM_SLOT_RECORD + sizeof(struct bm_request),
};

struct bm_core *bm_core_new(void) {
    struct bm_core *core = bm_alloc_zero(1, sizeof *core);
    for (int t = 0; t < BM_table_kind_COUNT; t++) {
        BM_CHECK(slot_sizes[t] > BM_SLOT_RECORD); /* every table stands in the list above */
        core->tables[t] = bm_table_make(slot_sizes[t]);
    }
    core->packed = bm_buf_make(16u * 1024 * 1024);
    core->library = bm_library_new();
    return core;
}

void bm_core_free(struct bm_core *core) {
    if (!core) return;
    for (int t = 0; t < BM_table_kind_COUNT; t++) {
        BM_TABLE_EACH(&core->tables[t], id) {
            bm_shape_release(bm_table_shape((enum bm_table_kind)t),
                             bm_state_record(core, (enum bm_table_kind)t, id));
        }
        bm_table_free(&core->tables[t]);
    }
    for (int k = 0; k < BM_timer_kind_COUNT; k++) bm_heap_free(&core->timers[k]);
    bm_map_free(&core->request_by_key);
    bm_map_free(&core->contact_by_call);
    bm_free(core->changes);
    bm_buf_free(&core->packed);
    bm_library_free(core->library);
    bm_free(core);
}

/* --- records ---------------------------------------------------------------------------------- */

void *bm_state_slot(const struct bm_core *core, enum bm_table_kind table, uint64_t id) {
    return bm_table_get(&core->tables[table], id);
}

void *bm_state_record(const struct bm_core *core, enum bm_table_kind table, uint64_t id) {
    unsigned char *slot = bm_state_slot(core, table, id);
    return slot ? slot + BM_SLOT_RECORD : NULL;
}

void *bm_state_need(const struct bm_core *core, enum bm_table_kind table, uint64_t id) {
    void *record = bm_state_record(core, table, id);
    BM_CHECK(record);
    return record;
}

static void note(struct bm_core *core, struct bm_change_note change) {
    if (core->change_count == core->change_cap) {
        core->change_cap = core->change_cap ? core->change_cap * 2 : 64;
        core->changes = bm_realloc(core->changes, core->change_cap * sizeof *core->changes);
    }
    core->changes[core->change_count++] = change;
}

/* Every table but `request` keeps its last event's place in a field called "seq". */
static void set_seq(struct bm_core *core, enum bm_table_kind table, void *record) {
    const struct bm_shape *shape = bm_table_shape(table);
    const struct bm_field *field = &shape->fields[shape->field_count - 1];
    *(uint64_t *)bm_field_in(field, record) = core->seq;
}

void bm_state_touch(struct bm_core *core, enum bm_table_kind table, uint64_t id) {
    struct bm_slot *slot = bm_state_slot(core, table, id);
    BM_CHECK(slot);
    set_seq(core, table, (unsigned char *)slot + BM_SLOT_RECORD);
    if (slot->changed) return;
    slot->changed = true;
    note(core, (struct bm_change_note){table, false, false, id});
}

void *bm_state_add(struct bm_core *core, enum bm_table_kind table, uint64_t id) {
    unsigned char *slot = bm_table_add(&core->tables[table], id);
    bm_shape_clear(bm_table_shape(table), slot + BM_SLOT_RECORD);
    if (id > core->last_id[table]) core->last_id[table] = id;
    bm_state_touch(core, table, id);
    return slot + BM_SLOT_RECORD;
}

void bm_call_key(uint64_t exchange, const char *call, uint8_t ret_key[16]) {
    struct bm_hasher hasher;
    bm_hash_start(&hasher, 16);
    bm_hash_add(&hasher, &exchange, sizeof exchange);
    bm_hash_add(&hasher, call, strlen(call));
    bm_hash_end(&hasher, ret_key, 16);
}

void bm_state_index_call(struct bm_core *core, const struct bm_contact *contact) {
    uint8_t key[16];
    if (!contact->call[0]) return;
    bm_call_key(contact->exchange.v, contact->call, key);
    bm_map_put(&core->contact_by_call, key, contact->id.v);
}

static void forget_call(struct bm_core *core, const struct bm_contact *contact) {
    uint8_t key[16];
    uint64_t found;
    if (!contact->call[0]) return;
    bm_call_key(contact->exchange.v, contact->call, key);
    if (bm_map_get(&core->contact_by_call, key, &found) && found == contact->id.v) bm_map_remove(&core->contact_by_call, key);
}

void bm_state_remove(struct bm_core *core, enum bm_table_kind table, uint64_t id, bool archived) {
    struct bm_slot *slot = bm_state_slot(core, table, id);
    BM_CHECK(slot);
    for (int lane = 0; lane < 4; lane++) core->digest[lane] -= slot->hash[lane];
    if (table == BM_T_CONTACT) forget_call(core, bm_state_need(core, table, id));
    bm_shape_release(bm_table_shape(table), (unsigned char *)slot + BM_SLOT_RECORD);
    bm_table_remove(&core->tables[table], id);
    note(core, (struct bm_change_note){table, true, archived, id});
}

/* --- lists ------------------------------------------------------------------------------------ */

enum list_kind { CASE_CONTACTS, CASE_ASSIGNMENTS, CLOCKS, CASE_LINKS, CASE_PROMISES, UNIT_ASSIGNMENTS, OPERATOR_STINTS, PLACE_STINTS };

static struct bm_node *node_of(const struct bm_core *core, enum list_kind kind, uint64_t id) {
    switch (kind) {
    case CASE_CONTACTS:
        return &((struct bm_contact_slot *)bm_state_slot(core, BM_T_CONTACT, id))->in_case;
    case CASE_ASSIGNMENTS:
        return &((struct bm_assignment_slot *)bm_state_slot(core, BM_T_ASSIGNMENT, id))->in_case;
    case CLOCKS:
        return &((struct bm_clock_slot *)bm_state_slot(core, BM_T_CLOCK, id))->in_owner;
    case CASE_LINKS:
        return &((struct bm_link_slot *)bm_state_slot(core, BM_T_LINK, id))->in_case;
    case CASE_PROMISES:
        return &((struct bm_promise_slot *)bm_state_slot(core, BM_T_PROMISE, id))->in_case;
    case UNIT_ASSIGNMENTS:
        return &((struct bm_assignment_slot *)bm_state_slot(core, BM_T_ASSIGNMENT, id))->in_unit;
    case OPERATOR_STINTS:
        return &((struct bm_stint_slot *)bm_state_slot(core, BM_T_STINT, id))->in_operator;
    case PLACE_STINTS:
        return &((struct bm_stint_slot *)bm_state_slot(core, BM_T_STINT, id))->in_place;
    }
    return NULL;
}

/* Keeps the list in id order, whatever order things came in: a restored snapshot then walks exactly
 * as the live state does. */
static void list_add(const struct bm_core *core, struct bm_list *list, enum list_kind kind,
                     uint64_t id) {
    uint64_t before = list->last;
    while (before > id) before = node_of(core, kind, before)->before;
    struct bm_node *node = node_of(core, kind, id);
    node->before = before;
    node->after = before ? node_of(core, kind, before)->after : list->first;
    if (before)
        node_of(core, kind, before)->after = id;
    else
        list->first = id;
    if (node->after)
        node_of(core, kind, node->after)->before = id;
    else
        list->last = id;
}

static void list_remove(const struct bm_core *core, struct bm_list *list, enum list_kind kind,
                        uint64_t id) {
    struct bm_node *node = node_of(core, kind, id);
    if (node->before)
        node_of(core, kind, node->before)->after = node->after;
    else
        list->first = node->after;
    if (node->after)
        node_of(core, kind, node->after)->before = node->before;
    else
        list->last = node->before;
    *node = (struct bm_node){0, 0};
}

/* The stints at a unit or at a position; NULL: neither is there. */
static struct bm_list *stints_at(const struct bm_core *core, uint64_t unit, uint64_t position) {
    if (unit) {
        struct bm_unit_slot *slot = bm_state_slot(core, BM_T_UNIT, unit);
        return slot ? &slot->stints : NULL;
    }
    struct bm_desk_position_slot *slot = bm_state_slot(core, BM_T_DESK_POSITION, position);
    return slot ? &slot->stints : NULL;
}

/* Where a record is listed: at most two lists. */
static int lists_of(const struct bm_core *core, enum bm_table_kind table, uint64_t id,
                    struct bm_list *ret_lists[2], enum list_kind ret_kinds[2]) {
    int count = 0;
    const void *record = bm_state_need(core, table, id);
    if (table == BM_T_CONTACT) {
        const struct bm_contact *contact = record;
        struct bm_case_slot *on = bm_state_slot(core, BM_T_CASE, contact->on_case.v);
        if (on) ret_lists[count] = &on->contacts, ret_kinds[count++] = CASE_CONTACTS;
    } else if (table == BM_T_ASSIGNMENT) {
        const struct bm_assignment *assignment = record;
        struct bm_case_slot *on = bm_state_slot(core, BM_T_CASE, assignment->on_case.v);
        BM_CHECK(on);
        ret_lists[count] = &on->assignments, ret_kinds[count++] = CASE_ASSIGNMENTS;
        struct bm_unit_slot *unit = bm_state_slot(core, BM_T_UNIT, assignment->unit.v);
        BM_CHECK(unit);
        if (bm_assignment_open(assignment->state)) {
            ret_lists[count] = &unit->assignments, ret_kinds[count++] = UNIT_ASSIGNMENTS;
        }
    } else if (table == BM_T_CLOCK) {
        const struct bm_clock *clock = record;
        if (clock->on_case.v) {
            ret_lists[count] =
                &((struct bm_case_slot *)bm_state_slot(core, BM_T_CASE, clock->on_case.v))->clocks;
        } else {
            ret_lists[count] = &((struct bm_contact_slot *)bm_state_slot(core, BM_T_CONTACT,
                                                                         clock->contact.v))
                                    ->clocks;
        }
        ret_kinds[count++] = CLOCKS;
    } else if (table == BM_T_LINK) {
        const struct bm_link *link = record;
        ret_lists[count] =
            &((struct bm_case_slot *)bm_state_slot(core, BM_T_CASE, link->on_case.v))->links;
        ret_kinds[count++] = CASE_LINKS;
    } else if (table == BM_T_PROMISE) {
        const struct bm_promise *promise = record;
        ret_lists[count] =
            &((struct bm_case_slot *)bm_state_slot(core, BM_T_CASE, promise->on_case.v))->promises;
        ret_kinds[count++] = CASE_PROMISES;
    } else if (table == BM_T_STINT) {
        const struct bm_stint *stint = record;
        struct bm_operator_slot *who = bm_state_slot(core, BM_T_OPERATOR, stint->operator_id.v);
        BM_CHECK(who);
        ret_lists[count] = &who->stints, ret_kinds[count++] = OPERATOR_STINTS;
        ret_lists[count] = stints_at(core, stint->unit.v, stint->desk_position.v);
        BM_CHECK(ret_lists[count]);
        ret_kinds[count++] = PLACE_STINTS;
    }
    return count;
}

void bm_state_link(struct bm_core *core, enum bm_table_kind table, uint64_t id) {
    struct bm_list *lists[2];
    enum list_kind kinds[2];
    int count = lists_of(core, table, id, lists, kinds);
    for (int i = 0; i < count; i++) list_add(core, lists[i], kinds[i], id);
}

void bm_state_unlink(struct bm_core *core, enum bm_table_kind table, uint64_t id) {
    struct bm_list *lists[2];
    enum list_kind kinds[2];
    int count = lists_of(core, table, id, lists, kinds);
    for (int i = 0; i < count; i++) list_remove(core, lists[i], kinds[i], id);
}

uint64_t bm_state_after(const struct bm_core *core, enum bm_table_kind table, uint64_t id) {
    switch (table) {
    case BM_T_CONTACT:
        return node_of(core, CASE_CONTACTS, id)->after;
    case BM_T_ASSIGNMENT:
        return node_of(core, CASE_ASSIGNMENTS, id)->after;
    case BM_T_CLOCK:
        return node_of(core, CLOCKS, id)->after;
    case BM_T_LINK:
        return node_of(core, CASE_LINKS, id)->after;
    case BM_T_PROMISE:
        return node_of(core, CASE_PROMISES, id)->after;
    case BM_T_DEVICE:
    case BM_T_CHECK_IN:
    case BM_T_DURESS:
    case BM_T_EDITION:
    case BM_T_FIGURE:
    case BM_T_RATING:
    case BM_T_DESK_POSITION:
    case BM_T_BAND:
    case BM_T_AREA:
    case BM_T_ALERT_CHANNEL:
    case BM_T_STINT:
    case BM_T_DUTY_RULE:
    case BM_T_HANDOVER:
    case BM_T_DUTY_LEVEL:
    case BM_T_MATTER:
    case BM_T_AGENCY:
    case BM_T_PLACE:
    case BM_T_UNIT:
    case BM_T_OPERATOR:
    case BM_T_CLASS:
    case BM_T_CASE:
    case BM_T_STUB:
    case BM_T_REQUEST:
    case BM_table_kind_COUNT:
        break;
    }
    BM_NEVER("a table without lists");
}

uint64_t bm_state_after_in_unit(const struct bm_core *core, uint64_t assignment) {
    return node_of(core, UNIT_ASSIGNMENTS, assignment)->after;
}

uint64_t bm_state_stint_of(const struct bm_core *core, uint64_t operator_id) {
    const struct bm_operator_slot *slot = bm_state_slot(core, BM_T_OPERATOR, operator_id);
    return slot ? slot->stints.first : 0;
}

uint64_t bm_state_stint_after(const struct bm_core *core, uint64_t stint) {
    return node_of(core, OPERATOR_STINTS, stint)->after;
}

uint64_t bm_state_stint_at(const struct bm_core *core, uint64_t unit, uint64_t position) {
    const struct bm_list *list = stints_at(core, unit, position);
    return list ? list->first : 0;
}

uint64_t bm_state_stint_after_at(const struct bm_core *core, uint64_t stint) {
    return node_of(core, PLACE_STINTS, stint)->after;
}

/* --- timers ----------------------------------------------------------------------------------- */

/* When a clock's next rung is due; BM_AT_NONE when none is left. */
static int64_t clock_due(const struct bm_clock *clock) {
    if (clock->stopped_at_ms != BM_AT_NONE || clock->rung >= BM_CLOCK_RUNGS) return BM_AT_NONE;
    return clock->due_at_ms + (int64_t)clock->rung * clock->budget_ms;
}

/* What is due for a timer's record now; BM_AT_NONE when nothing is. */
static int64_t timer_due(const struct bm_core *core, enum bm_timer_kind kind, uint64_t id) {
    if (kind == BM_TIMER_CLOCK) {
        const struct bm_clock *clock = bm_state_record(core, BM_T_CLOCK, id);
        return clock ? clock_due(clock) : BM_AT_NONE;
    }
    if (kind == BM_TIMER_CASE) {
        const struct bm_case *row = bm_state_record(core, BM_T_CASE, id);
        if (!row || bm_case_open(row->state)) return BM_AT_NONE;
        int64_t since = row->changed_at_ms > row->closed_at_ms ? row->changed_at_ms
                                                               : row->closed_at_ms;
        /* A paper sheet may tell of last month: that it was entered is known for as long as of any other case. */
        if (row->source == BM_SOURCE_PAPER && row->opened_at_ms > since) since = row->opened_at_ms;
        return since + BM_ARCHIVE_AFTER_MS;
    }
    if (kind == BM_TIMER_ROAD) {
        const struct bm_place *place = bm_state_record(core, BM_T_PLACE, id);
        bool closed = place && place->active && place->kind == BM_PLACE_ROAD_CLOSURE;
        return closed ? place->until_at_ms : BM_AT_NONE;
    }
    if (kind == BM_TIMER_CHECK_IN) {
        const struct bm_check_in *timer = bm_state_record(core, BM_T_CHECK_IN, id);
        return timer && timer->rang_at_ms == BM_AT_NONE ? timer->due_at_ms : BM_AT_NONE;
    }
    if (kind == BM_TIMER_MATTER) {
        const struct bm_matter *matter = bm_state_record(core, BM_T_MATTER, id);
        return matter ? matter->next_at_ms : BM_AT_NONE;
    }
    if (kind == BM_TIMER_STINT) {
        const struct bm_stint *stint = bm_state_record(core, BM_T_STINT, id);
        if (!stint || stint->state == BM_STINT_ON) return BM_AT_NONE;
        return (stint->state == BM_STINT_OVER ? stint->ended_at_ms : stint->ends_at_ms) + BM_ARCHIVE_AFTER_MS;
    }
    if (kind == BM_TIMER_HANDOVER) {
        const struct bm_handover *note = bm_state_record(core, BM_T_HANDOVER, id);
        return note && note->taken_at_ms != BM_AT_NONE ? note->taken_at_ms + BM_ARCHIVE_AFTER_MS : BM_AT_NONE;
    }
    if (kind == BM_TIMER_LEVEL) {
        const struct bm_duty_level *level = bm_state_record(core, BM_T_DUTY_LEVEL, id);
        return level && level->raised_at_ms != BM_AT_NONE ? level->until_at_ms : BM_AT_NONE;
    }
    const struct bm_contact *contact = bm_state_record(core, BM_T_CONTACT, id);
    if (kind == BM_TIMER_CALL) {
        if (contact && contact->state == BM_CONTACT_RINGING) return contact->roll_at_ms;
        return contact && contact->state == BM_CONTACT_ABANDONED ? contact->ring_back_until_ms : BM_AT_NONE;
    }
    if (!contact || contact->on_case.v || bm_contact_open(contact->state)) return BM_AT_NONE;
    int64_t ended = contact->ended_at_ms != BM_AT_NONE ? contact->ended_at_ms
                                                       : contact->abandoned_at_ms;
    return ended + BM_ARCHIVE_AFTER_MS;
}

void bm_state_arm(struct bm_core *core, enum bm_table_kind table, uint64_t id) {
    enum bm_timer_kind kind = table == BM_T_CLOCK     ? BM_TIMER_CLOCK
                              : table == BM_T_CASE    ? BM_TIMER_CASE
                              : table == BM_T_CONTACT ? BM_TIMER_CONTACT
                              : table == BM_T_PLACE   ? BM_TIMER_ROAD
                              : table == BM_T_MATTER  ? BM_TIMER_MATTER
                              : table == BM_T_CHECK_IN ? BM_TIMER_CHECK_IN
                              : table == BM_T_STINT    ? BM_TIMER_STINT
                              : table == BM_T_HANDOVER ? BM_TIMER_HANDOVER
                              : table == BM_T_DUTY_LEVEL ? BM_TIMER_LEVEL
                                                      : BM_timer_kind_COUNT;
    if (kind == BM_timer_kind_COUNT) return;
    int64_t at_ms = timer_due(core, kind, id);
    if (at_ms != BM_AT_NONE) bm_heap_push(&core->timers[kind], (struct bm_due){at_ms, id});
    if (table != BM_T_CONTACT) return; /* which has two */
    at_ms = timer_due(core, BM_TIMER_CALL, id);
    if (at_ms != BM_AT_NONE) bm_heap_push(&core->timers[BM_TIMER_CALL], (struct bm_due){at_ms, id});
}

static size_t find_aside(const struct bm_core *core, enum bm_timer_kind kind, uint64_t id) {
    size_t at = 0;
    while (at < core->aside_count && (core->asides[at].kind != kind || core->asides[at].id != id)) at++;
    return at;
}

/* Drops entries whose record has moved on, for a moved due time was pushed when it moved; and those that are set aside, which are pushed
 * when they are taken back. */
static const struct bm_due *top_of(struct bm_core *core, enum bm_timer_kind kind) {
    const struct bm_due *top;
    while ((top = bm_heap_top(&core->timers[kind]))) {
        bool waits = timer_due(core, kind, top->id) == top->at_ms;
        if (waits && find_aside(core, kind, top->id) == core->aside_count) return top;
        bm_heap_pop(&core->timers[kind]);
    }
    return NULL;
}

/* What each kind of timer asks when it is due, and of which table its records are. */
static const struct {
    enum bm_command_kind command;
    enum bm_table_kind table;
} timer_kinds[BM_timer_kind_COUNT] = {
    [BM_TIMER_CLOCK] = {BM_DO_CLOCK_DUE, BM_T_CLOCK},
    [BM_TIMER_CASE] = {BM_DO_CASE_ARCHIVE, BM_T_CASE},
    [BM_TIMER_CONTACT] = {BM_DO_CONTACT_ARCHIVE, BM_T_CONTACT},
    [BM_TIMER_ROAD] = {BM_DO_ROAD_DUE, BM_T_PLACE},
    [BM_TIMER_MATTER] = {BM_DO_MATTER_DUE, BM_T_MATTER},
    [BM_TIMER_CALL] = {BM_DO_CALL_DUE, BM_T_CONTACT},
    [BM_TIMER_CHECK_IN] = {BM_DO_CHECK_IN_DUE, BM_T_CHECK_IN},
    [BM_TIMER_STINT] = {BM_DO_STINT_ARCHIVE, BM_T_STINT},
    [BM_TIMER_HANDOVER] = {BM_DO_HANDOVER_ARCHIVE, BM_T_HANDOVER},
    [BM_TIMER_LEVEL] = {BM_DO_DUTY_LEVEL_DUE, BM_T_DUTY_LEVEL},
};

/* BM_timer_kind_COUNT when the command is none that time makes due. */
static enum bm_timer_kind timer_of(enum bm_command_kind command) {
    int kind = 0;
    while (kind < BM_timer_kind_COUNT && timer_kinds[kind].command != command) kind++;
    return (enum bm_timer_kind)kind;
}

bool bm_command_is_timer(enum bm_command_kind kind) {
    return timer_of(kind) != BM_timer_kind_COUNT;
}

bool bm_core_set_aside(struct bm_core *core, enum bm_command_kind command, uint64_t target) {
    enum bm_timer_kind kind = timer_of(command);
    BM_CHECK(kind != BM_timer_kind_COUNT);
    if (find_aside(core, kind, target) < core->aside_count) return true;
    if (core->aside_count == BM_ASIDES_MAX) return false;
    core->asides[core->aside_count++] = (struct bm_aside){kind, target};
    return true;
}

bool bm_core_is_aside(const struct bm_core *core, enum bm_command_kind command, uint64_t target) {
    return find_aside(core, timer_of(command), target) < core->aside_count;
}

void bm_core_take_back(struct bm_core *core, enum bm_command_kind command, uint64_t target) {
    enum bm_timer_kind kind = timer_of(command);
    size_t at = find_aside(core, kind, target);
    if (at == core->aside_count) return;
    core->asides[at] = core->asides[--core->aside_count];
    bm_state_arm(core, timer_kinds[kind].table, target);
}

int64_t bm_core_timer_due(const struct bm_core *core, enum bm_command_kind command, uint64_t target) {
    enum bm_timer_kind kind = timer_of(command);
    return kind == BM_timer_kind_COUNT ? BM_AT_NONE : timer_due(core, kind, target);
}

bool bm_core_next_due(struct bm_core *core, int64_t *ret_due_at_ms,
                      struct bm_command *ret_command) {
    if (core->time_held) return false;
    const struct bm_due *first = NULL;
    int kind = 0;
    for (int k = 0; k < BM_timer_kind_COUNT; k++) {
        const struct bm_due *top = top_of(core, (enum bm_timer_kind)k);
        if (top && (!first || top->at_ms < first->at_ms)) {
            first = top;
            kind = k;
        }
    }
    if (!first) return false;
    *ret_due_at_ms = first->at_ms;
    *ret_command = bm_command_make(timer_kinds[kind].command);
    ret_command->target = first->id;
    return true;
}

/* --- changes and digest ----------------------------------------------------------------------- */

static void hash_record(enum bm_table_kind table, const void *record, struct bm_buf *buf,
                        uint64_t ret_hash[4]) {
    bm_buf_clear(buf);
    bm_buf_byte(buf, (uint8_t)table);
    bm_shape_pack(bm_table_shape(table), record, buf);
    BM_CHECK(!buf->overflow);
    bm_hash_of(buf->bytes, buf->len, ret_hash, 32);
}

static int by_table_and_id(const void *a, const void *b) {
    const struct bm_change_note *x = a, *y = b;
    if (x->table != y->table) return x->table < y->table ? -1 : 1;
    if (x->id != y->id) return x->id < y->id ? -1 : 1;
    return 0;
}

void bm_core_take_changes(struct bm_core *core, bm_core_change_fn *each, void *context) {
    if (!core->change_count) return;
    qsort(core->changes, core->change_count, sizeof *core->changes, by_table_and_id);
    for (size_t i = 0; i < core->change_count; i++) {
        struct bm_change_note change = core->changes[i];
        bool again = i + 1 < core->change_count &&
                     by_table_and_id(&core->changes[i], &core->changes[i + 1]) == 0;
        if (again) {
            core->changes[i + 1].archived |= change.archived;
            continue;
        }
        struct bm_slot *slot = bm_state_slot(core, change.table, change.id);
        const void *record = slot ? (unsigned char *)slot + BM_SLOT_RECORD : NULL;
        if (slot) {
            uint64_t hash[4];
            hash_record(change.table, record, &core->packed, hash);
            for (int lane = 0; lane < 4; lane++) {
                core->digest[lane] += hash[lane] - slot->hash[lane];
                slot->hash[lane] = hash[lane];
            }
            slot->changed = false;
        }
        if (each) each(context, change.table, change.id, record, change.archived);
    }
    core->change_count = 0;
}

void bm_core_digest(const struct bm_core *core, struct bm_hash *ret_digest) {
    BM_CHECK(core->change_count == 0);
    struct bm_hasher hasher;
    bm_hash_start(&hasher, BM_HASH_BYTES);
    bm_hash_add(&hasher, core->digest, sizeof core->digest);
    bm_hash_add(&hasher, core->last_id, sizeof core->last_id);
    bm_hash_add(&hasher, &core->seq, sizeof core->seq);
    bm_hash_add(&hasher, &core->at_ms, sizeof core->at_ms);
    uint8_t held = core->time_held;
    bm_hash_add(&hasher, &held, 1);
    bm_hash_end(&hasher, ret_digest->bytes, BM_HASH_BYTES);
}

/* --- reading ---------------------------------------------------------------------------------- */

bool bm_core_time_held(const struct bm_core *core) {
    return core->time_held;
}

uint64_t bm_core_seq(const struct bm_core *core) {
    return core->seq;
}

int64_t bm_core_at_ms(const struct bm_core *core) {
    return core->at_ms;
}

const void *bm_core_get(const struct bm_core *core, enum bm_table_kind table, uint64_t id) {
    return bm_state_record(core, table, id);
}

uint64_t bm_core_next_id(const struct bm_core *core, enum bm_table_kind table, uint64_t after) {
    return bm_table_next(&core->tables[table], after);
}

size_t bm_core_count(const struct bm_core *core, enum bm_table_kind table) {
    return core->tables[table].count;
}

const struct bm_class *bm_core_class(const struct bm_core *core, const char *code) {
    BM_TABLE_EACH(&core->tables[BM_T_CLASS], id) {
        const struct bm_class *class = bm_state_record(core, BM_T_CLASS, id);
        if (strcmp(class->code, code) == 0) return class;
    }
    return NULL;
}
