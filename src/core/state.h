/* Inside of the core; only files of src/core include this. */
#ifndef BM_CORE_STATE_H
#define BM_CORE_STATE_H

#include "base/heap.h"
#include "base/map.h"
#include "base/table.h"
#include "core/core.h"
#include "procedure/library.h"

/* Before every record: its share of the digest, and whether it waits in `changes`. */
struct bm_slot {
    uint64_t hash[4];
    bool changed;
};
/* Records of one list, in id order, through nodes inside their slots. */
struct bm_list {
    uint64_t first, last;
};
struct bm_node {
    uint64_t before, after;
};
/* Where a record stands behind its slot header, in every slot struct. */
enum { BM_SLOT_RECORD = 48 };

struct bm_plain_slot { /* tables without lists */
    struct bm_slot slot;
    _Alignas(16) unsigned char record[];
};
struct bm_unit_slot {
    struct bm_slot slot;
    _Alignas(16) struct bm_unit row;
    struct bm_list assignments; /* unfinished ones */
    struct bm_list stints;      /* planned, on and over: those of weeks, not of years (they are archived) */
};
struct bm_operator_slot {
    struct bm_slot slot;
    _Alignas(16) struct bm_operator row;
    struct bm_list stints;
};
struct bm_desk_position_slot {
    struct bm_slot slot;
    _Alignas(16) struct bm_desk_position row;
    struct bm_list stints;
};
struct bm_stint_slot {
    struct bm_slot slot;
    _Alignas(16) struct bm_stint row;
    struct bm_node in_operator, in_place; /* place: its unit, or its position at the desk */
};
struct bm_contact_slot {
    struct bm_slot slot;
    _Alignas(16) struct bm_contact row;
    struct bm_node in_case;
    struct bm_list clocks;
};
struct bm_case_slot {
    struct bm_slot slot;
    _Alignas(16) struct bm_case row;
    struct bm_list contacts, assignments, clocks, links, promises;
};
struct bm_assignment_slot {
    struct bm_slot slot;
    _Alignas(16) struct bm_assignment row;
    struct bm_node in_case, in_unit;
};
struct bm_clock_slot {
    struct bm_slot slot;
    _Alignas(16) struct bm_clock row;
    struct bm_node in_owner; /* of its case, or of its contact when it has no case */
};
struct bm_link_slot {
    struct bm_slot slot;
    _Alignas(16) struct bm_link row;
    struct bm_node in_case;
};
struct bm_promise_slot {
    struct bm_slot slot;
    _Alignas(16) struct bm_promise row;
    struct bm_node in_case;
};
_Static_assert(offsetof(struct bm_case_slot, row) == BM_SLOT_RECORD, "record offset");
_Static_assert(offsetof(struct bm_unit_slot, row) == BM_SLOT_RECORD, "record offset");
_Static_assert(offsetof(struct bm_operator_slot, row) == BM_SLOT_RECORD, "record offset");
_Static_assert(offsetof(struct bm_desk_position_slot, row) == BM_SLOT_RECORD, "record offset");
_Static_assert(offsetof(struct bm_stint_slot, row) == BM_SLOT_RECORD, "record offset");

struct bm_change_note {
    enum bm_table_kind table;
    bool removed, archived;
    uint64_t id;
};

enum bm_timer_kind {
    BM_TIMER_CLOCK,
    BM_TIMER_CASE,
    BM_TIMER_CONTACT,
    BM_TIMER_ROAD,
    BM_TIMER_MATTER,
    BM_TIMER_CALL, /* a ringing call rolls over; an abandoned one is rung back no more */
    BM_TIMER_CHECK_IN,
    BM_TIMER_STINT,
    BM_TIMER_HANDOVER,
    BM_TIMER_LEVEL,
    BM_timer_kind_COUNT
};

struct bm_aside {
    enum bm_timer_kind kind;
    uint64_t id;
};

struct bm_core {
    uint64_t seq;
    int64_t at_ms;
    bool time_held; /* a wall-clock jump waits for confirmation: no timer fires */
    uint64_t last_id[BM_table_kind_COUNT];
    struct bm_table tables[BM_table_kind_COUNT];
    struct bm_map request_by_key; /* 16-byte key -> request id */
    uint64_t request_first;       /* oldest remembered */
    struct bm_map contact_by_call; /* bm_call_key -> contact id */
    struct bm_heap timers[BM_timer_kind_COUNT]; /* may hold stale entries: checked when popped */
    struct bm_aside asides[BM_ASIDES_MAX]; /* no part of the state */
    size_t aside_count;
    struct bm_change_note *changes;
    size_t change_count, change_cap;
    struct bm_library *library; /* what editions say, made ready when it is asked for: follows from the records */
    struct bm_buf packed; /* a record on its way into its hash: kept, for it is needed all the time */
    uint64_t digest[4];
};

/* --- records (core.c) ------------------------------------------------------------------------- */
/* The slot or record under an id, NULL if absent. */
void *bm_state_slot(const struct bm_core *core, enum bm_table_kind table, uint64_t id);
void *bm_state_record(const struct bm_core *core, enum bm_table_kind table, uint64_t id);
/* The same, for ids that must be there: aborts otherwise. */
void *bm_state_need(const struct bm_core *core, enum bm_table_kind table, uint64_t id);
/* Adds a cleared record and notes the change. */
void *bm_state_add(struct bm_core *core, enum bm_table_kind table, uint64_t id);
/* Notes that a record changed; sets its seq to the event being applied. */
void bm_state_touch(struct bm_core *core, enum bm_table_kind table, uint64_t id);
void bm_state_remove(struct bm_core *core, enum bm_table_kind table, uint64_t id, bool archived);
/* Sets timers that follow from a record (after apply or unpack). */
void bm_state_arm(struct bm_core *core, enum bm_table_kind table, uint64_t id);
/* Puts a record into the lists it belongs to, and takes it out again. */
void bm_state_link(struct bm_core *core, enum bm_table_kind table, uint64_t id);
void bm_state_unlink(struct bm_core *core, enum bm_table_kind table, uint64_t id);
/* Next in a case's list: walk with `for (id = list.first; id; id = bm_state_after(...))`. */
uint64_t bm_state_after(const struct bm_core *core, enum bm_table_kind table, uint64_t id);
uint64_t bm_state_after_in_unit(const struct bm_core *core, uint64_t assignment);
/* The stints of an operator, and those at a unit or at a position (the other is 0), in id order: the first and the next, 0 at the
 * end.  A walk costs what is listed there, however many stints others have. */
uint64_t bm_state_stint_of(const struct bm_core *core, uint64_t operator_id);
uint64_t bm_state_stint_after(const struct bm_core *core, uint64_t stint);
uint64_t bm_state_stint_at(const struct bm_core *core, uint64_t unit, uint64_t position);
uint64_t bm_state_stint_after_at(const struct bm_core *core, uint64_t stint);

/* Under which a contact is found by the exchange and its name for the call. */
void bm_call_key(uint64_t exchange, const char *call, uint8_t ret_key[16]);
/* Makes it findable, when it has a call. */
void bm_state_index_call(struct bm_core *core, const struct bm_contact *contact);

/* --- what states mean (meaning.c) ------------------------------------------------------------- */
/* assigned .. at_destination: the unit is committed. */
bool bm_assignment_active(unsigned state);
/* reserved, stacked or active. */
bool bm_assignment_open(unsigned state);
bool bm_case_open(unsigned state);
bool bm_contact_open(unsigned state);
/* The table of steps: may `to` follow `from`?  Those of assignments stand in the procedure (incident.h). */
bool bm_contact_step(unsigned from, unsigned to);
/* The milestone time of a state inside an assignment; NULL for reserved, stacked, cancelled. */
int64_t *bm_assignment_milestone(struct bm_assignment *assignment, unsigned state);
/* Where an assignment's hand stands among the states of a case: received until it was sent. */
enum bm_case_state bm_hand_state(unsigned state);
/* The case state that follows from its assignments. */
enum bm_case_state bm_case_stage(const struct bm_assignment *assignments, size_t count);

/* The records of one case as it leaves memory, as JSON (snapshot.c). */
void bm_state_pack_case(const struct bm_core *core, uint64_t case_id, struct bm_buf *buf);
/* Reads them back against `core`, adding them to `into` when that is not NULL (then into == core).
 * False when the bytes are no archived case of that id. */
bool bm_state_unpack_case(const struct bm_core *core, struct bm_core *into,
                          const struct bm_bytes *content, uint64_t case_id);

#endif
