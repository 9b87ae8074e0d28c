/* The loop around the heart: one step takes what is due and what was asked, decides, applies, appends as
 * one transaction, and only then answers.
 *
 *   bm_desk_step:  timers due (by due time, id) -> commands in order -> each: decide, apply
 *                  -> one commit (fsync) -> replies and frames
 *
 * The same code runs live on its own thread (desk/live.h), in replay, and under virtual time in the
 * simulator, where one thread calls it.  Belongs to one thread. */
#ifndef BM_DESK_DESK_H
#define BM_DESK_DESK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/quarantine.h"
#include "core/core.h"
#include "desk/time.h"
#include "journal/journal.h"

struct bm_desk;

/* One record as it was after a command; `record` is NULL when it left memory. */
struct bm_frame_row {
    enum bm_table_kind table;
    uint64_t id;
    void *record; /* owned by the frame; shaped by its table */
};
/* What one accepted command changed, in table and id order: a delta in board row shapes.  `seq` is the
 * place of the command's last event; frames come in seq order, one per accepted command. */
struct bm_frame {
    uint64_t seq;
    uint64_t event_count; /* events of the command: seq - event_count + 1 .. seq */
    int64_t at_ms;
    size_t row_count;
    struct bm_frame_row *rows;
};
void bm_frame_free(struct bm_frame *frame); /* NULL is fine */

/* The answer to a command.  Valid during the call that passes it. */
struct bm_reply {
    enum bm_code code;
    bool replayed, flagged;
    uint8_t made_what;  /* enum bm_table_kind */
    uint64_t made_id;
    uint64_t seq;       /* the command's last event (first, when replayed); 0 when it made none */
    const void *record; /* what was made or changed, as it is after the command; NULL if gone */
    const struct bm_fault *fault; /* when code is not BM_OK */
    struct {
        uint64_t unit, on_case, operator_id, version;
        int64_t at_ms;
    } conflict;
};

/* Where replies and frames go, in commit order, after the commit that holds them. */
struct bm_desk_sink {
    void (*on_reply)(void *context, void *ticket, const struct bm_reply *reply);
    /* Owns the frame. */
    void (*on_frame)(void *context, struct bm_frame *frame);
    void *context;
};

/* A command on its way; `ticket` comes back with the reply. */
struct bm_asked {
    struct bm_command command; /* owned by the asker until the step returns */
    void *ticket;
};

/* How much room the disk has; the caller measures (desk/space.h). */
enum bm_space { BM_SPACE_FINE, BM_SPACE_LOW, BM_SPACE_OUT };

/* A desk over a journal (not owned) with an empty state; NULL quarantine: none. */
struct bm_desk *bm_desk_new(struct bm_journal *journal, struct bm_quarantine *quarantine);
void bm_desk_free(struct bm_desk *desk); /* NULL is fine */
/* Takes a state that was restored from a snapshot (owned from now on); before bm_desk_replay. */
void bm_desk_take_core(struct bm_desk *desk, struct bm_core *core);
/* Applies all rows of the journal behind the state, in order; frames go to `sink` when it is not NULL, one per command
 * as when they were accepted, so that a stream that resumes after a restart is shown no state that was never true.
 * BM_CORRUPT names the seq of an event that cannot be read or applied: the desk must not start. */
BM_MUST_USE enum bm_code bm_desk_replay(struct bm_desk *desk, const struct bm_desk_sink *sink,
                                        struct bm_fault *fault);

/* After the replay, before the first step: reads the clocks (desk/time.h), so that the desk's time is known from here on; a wall clock in
 * doubt is recorded by the first step.  `before`: the time as a former process knew it (desk/anchor.h); NULL: the record alone is known.
 * Without this call the first step does it. */
void bm_desk_begin(struct bm_desk *desk, int64_t wall_ms, int64_t mono_ns, const struct bm_desk_time *before);

/* One step as of `wall_ms` and `mono_ns`.  BM_OK: all replies and frames were given to the sink.
 * BM_FENCED, BM_NO_SPACE, BM_UNKNOWN_OUTCOME: the commit failed; nothing was answered, and the process
 * must stop and be rebuilt from the journal.
 * More than BM_DESK_STEP_MAX commands in one call are a mistake of the caller. */
enum { BM_DESK_STEP_MAX = 1024 };
BM_MUST_USE enum bm_code bm_desk_step(struct bm_desk *desk, int64_t wall_ms, int64_t mono_ns,
                                      const struct bm_asked *asked, size_t count,
                                      const struct bm_desk_sink *sink);
void bm_desk_set_space(struct bm_desk *desk, enum bm_space space);

/* Monotonic instant at which a step would have something due; INT64_MAX when nothing will be. */
int64_t bm_desk_next_due(struct bm_desk *desk);
const struct bm_core *bm_desk_core(const struct bm_desk *desk);
struct bm_head bm_desk_head(const struct bm_desk *desk);
/* The digest as of the last commit. */
struct bm_hash bm_desk_digest(const struct bm_desk *desk);
/* True while timers wait for an administrator to confirm the clock. */
bool bm_desk_time_held(const struct bm_desk *desk);
/* What the wall clock said when it was doubted, and where it was expected; of the doubt that waits to be confirmed. */
struct bm_desk_doubt {
    bool is_known;    /* false: it is of before the snapshot that this process began with, or none waits */
    bool is_by_record; /* at a start, by the record alone: the desk may have been away for so long (BM_TIME_AWAY_MS) */
    int64_t wall_at_ms, expected_at_ms;
};
struct bm_desk_doubt bm_desk_doubt(const struct bm_desk *desk);
/* The desk's time as of the last reading, and by how much confirmations have moved it in this process: time that nobody has lived
 * through, but for `away_ms` of it, which answered a doubt by the record and is how long the desk was away. */
struct bm_desk_now {
    struct bm_desk_time time;
    int64_t moved_ms, away_ms;
};
struct bm_desk_now bm_desk_now(const struct bm_desk *desk);
/* Timers that are set aside because they cannot be fired (core/core.h): they stopped the desk twice, or are refused.  The others go on.
 * Each is found out anew at every start, and forgotten when what it was for is over.  When more than BM_ASIDES_MAX could not be fired,
 * something else is wrong, and none is fired until some are tried again or the desk is started again. */
struct bm_desk_aside {
    enum bm_command_kind command;
    uint64_t target;
    enum bm_code code; /* why */
    int64_t due_at_ms, at_ms; /* when it was due, and when it was set aside */
    uint64_t on_case, contact, unit; /* whom it concerns; 0: not that */
    int clock;         /* enum bm_clock_kind, of a clock; otherwise -1 */
};
/* In the order in which they were set aside; the desk's own, until its next step. */
const struct bm_desk_aside *bm_desk_asides(const struct bm_desk *desk, size_t *ret_count);
/* For whoever tries what comes of it when the desk dies of a timer: the one that is fired next, if it is due by `mono_ns`, or before the first
 * step, due or not; false when none is.  And under which digest base/quarantine.h counts a command that has no request. */
bool bm_desk_next_timer(struct bm_desk *desk, int64_t mono_ns, struct bm_command *ret_command);
void bm_desk_guard_digest(const struct bm_command *command, uint8_t ret_digest[16]);
/* True when none is fired. */
bool bm_desk_timers_stuck(const struct bm_desk *desk);
/* Commands that are refused because they stopped the desk (base/quarantine.h), without its timers; any thread. */
size_t bm_desk_quarantined(const struct bm_desk *desk, struct bm_quarantined *ret_list, size_t most);
unsigned bm_desk_quarantine_count(const struct bm_desk *desk);

struct bm_desk_counts {
    uint64_t steps, commands, accepted, refused, replayed, events, timers, quarantined, no_space;
};
struct bm_desk_counts bm_desk_counts(const struct bm_desk *desk);

#endif
