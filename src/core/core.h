/* The deterministic heart.  Pure: no clock, no random, no file, no socket; same events, same state,
 * same digest on every machine.
 *
 *   decide(state, command, now) -> events | refusal      changes nothing
 *   apply(state, event)                                  refuses nothing
 *
 * The life of an emergency (states of a case follow from its assignments; `settle` in decide keeps
 * them in step):
 *
 *   received -> assigned -> acknowledged -> en_route -> on_scene -> transporting -> at_destination
 *      ^  ^________________________ all units withdrawn _______________|                 |
 *      |                                                                              cleared
 *   (reopen)                                                                             |
 *      '---------------------------------- closed <--------- close with an outcome ------'
 *   any open state -> merged (its contacts and units go on in the other case)
 *
 * One writer: a core belongs to one thread. */
#ifndef BM_CORE_CORE_H
#define BM_CORE_CORE_H

#include "core/command.h"
#include "core/event.h"

struct bm_core;

struct bm_core *bm_core_new(void);
void bm_core_free(struct bm_core *core); /* NULL is fine */

/* What a command led to. Made by bm_decision_make, reusable. */
struct bm_decision {
    struct bm_event *events;
    size_t event_count, event_cap;
    bool replayed;        /* the key was accepted before: no events, the old result */
    bool flagged;         /* accepted, but kept as a flagged entry (an impossible late status); or what was due ended the matter first */
    uint8_t made_what;    /* enum bm_table_kind */
    uint64_t made_id;     /* what the command made or changed; 0: nothing to name */
    uint64_t made_seq;    /* with `replayed`: the seq of its first event */
    struct bm_fault fault;/* when refused */
    struct {              /* who stands in the way, when a unit or version does */
        uint64_t unit, on_case, operator_id, version;
        int64_t at_ms;
    } conflict;
};
struct bm_decision bm_decision_make(void);
void bm_decision_free(struct bm_decision *decision);

/* Decides `command` at `now_ms`.  BM_OK: decision->events are to be appended and applied, in order;
 * otherwise decision->fault says why, and there are none.  Cost: O(what the command touches). */
BM_MUST_USE enum bm_code bm_core_decide(const struct bm_core *core,
                                        const struct bm_command *command, int64_t now_ms,
                                        struct bm_decision *decision);
/* Applies one event; event->seq must be bm_core_seq + 1. */
void bm_core_apply(struct bm_core *core, const struct bm_event *event);

uint64_t bm_core_seq(const struct bm_core *core);
/* The latest at_ms applied; 0 before the first. */
int64_t bm_core_at_ms(const struct bm_core *core);

/* True after a clock jump until it is confirmed: no timer fires. */
bool bm_core_time_held(const struct bm_core *core);
/* The next thing that time alone makes due; false when there is none. Cheap.  The command is to be
 * decided as of command time >= *ret_due_at_ms. */
bool bm_core_next_due(struct bm_core *core, int64_t *ret_due_at_ms, struct bm_command *ret_command);

/* Timers that are set aside because they cannot be fired: bm_core_next_due passes them over, and all others go on.  A timer is a command of
 * the desk's own and its target, so that what has an order stays in order: the rungs of one clock are one timer and wait together, and so
 * does all that one matter, one call, one unit's crew or one duty level waits for; timers of different targets have no order among each
 * other but that of their instants.  It is no part of the state: neither in snapshots nor in the digest, and a replay knows nothing of it. */
enum { BM_ASIDES_MAX = 64 };
/* The kinds of commands that time alone makes due. */
bool bm_command_is_timer(enum bm_command_kind kind);
/* False when so many are set aside already. */
bool bm_core_set_aside(struct bm_core *core, enum bm_command_kind command, uint64_t target);
bool bm_core_is_aside(const struct bm_core *core, enum bm_command_kind command, uint64_t target);
/* It is to be due again. */
void bm_core_take_back(struct bm_core *core, enum bm_command_kind command, uint64_t target);
/* When it is due, whether set aside or not; BM_AT_NONE when it waits for nothing (any more). */
int64_t bm_core_timer_due(const struct bm_core *core, enum bm_command_kind command, uint64_t target);

/* The case that it is about; 0: none. */
uint64_t bm_core_timer_case(const struct bm_core *core, enum bm_command_kind command, uint64_t target);

/* Records changed since the last call, each once, in table and id order: `record` is the state now, or
 * NULL when it left memory; `archived` tells removal by archiving (its projection stays) apart. */
typedef void bm_core_change_fn(void *context, enum bm_table_kind table, uint64_t id,
                               const void *record, bool archived);
void bm_core_take_changes(struct bm_core *core, bm_core_change_fn *each, void *context);

/* Order-free digest of the whole state: the sum of the hashes of all records, kept up to date by
 * bm_core_take_changes (call that first).  Equal states have equal digests. */
void bm_core_digest(const struct bm_core *core, struct bm_hash *ret_digest);

/* The record of a table, or NULL. */
const void *bm_core_get(const struct bm_core *core, enum bm_table_kind table, uint64_t id);
/* The next id > after in that table, 0 at the end. */
uint64_t bm_core_next_id(const struct bm_core *core, enum bm_table_kind table, uint64_t after);
size_t bm_core_count(const struct bm_core *core, enum bm_table_kind table);
const struct bm_class *bm_core_class(const struct bm_core *core, const char *code);

/* Raised with every change after which the same events give another state than before: snapshots of the former
 * code are then passed over, and the state is built from the journal. */
enum { BM_APPLY_VERSION = 7 };
/* Hash over the shapes and that number: who may read whose snapshots. */
void bm_core_schema(uint8_t ret_schema[BM_DIGEST_BYTES]);

/* Whole state as bytes (core/snapshot.c), and back into an empty core.  BM_BAD_FORMAT for another
 * schema, BM_CORRUPT. */
void bm_core_pack(const struct bm_core *core, struct bm_buf *buf);
BM_MUST_USE enum bm_code bm_core_unpack(struct bm_core *core, const void *bytes, size_t len,
                                        struct bm_fault *fault);

/* Invariants over everything (tests, and after a replay): NULL when all hold, else a sentence in static
 * storage naming the first that does not.  O(state). */
const char *bm_core_check(const struct bm_core *core);

#endif
