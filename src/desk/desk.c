#include "desk/desk.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "base/quarantine.h"

enum {
    BATCH_ROWS_SOFT = 8192,  /* commit before a batch grows past this */
    TIMERS_PER_STEP = 1024,  /* after long downtime the rest follow in the next step */
    ARCHIVED_PER_COMMIT = 64 /* their content may be large */
};

struct held_reply {
    void *ticket;
    struct bm_reply reply;
    struct bm_fault fault;
    void *record; /* owned copy */
};

struct changed {
    enum bm_table_kind table;
    uint64_t id;
};

struct bm_desk {
    struct bm_core *core;
    struct bm_journal *journal;
    struct bm_quarantine *quarantine;
    struct bm_desk_now now;
    struct bm_desk_doubt doubt;
    bool doubts;  /* it is not recorded yet */
    enum bm_space space;
    struct bm_desk_aside asides[BM_ASIDES_MAX];
    size_t aside_count;
    bool timers_stuck; /* more cannot be fired than are set aside: none is */
    struct bm_head head;
    struct bm_hash digest;
    struct bm_decision decision;
    /* the open batch */
    struct bm_event *events;
    size_t event_count, event_cap;
    struct changed *changed;
    size_t changed_count, changed_cap;
    bool writes_records;   /* the batch changes rows that could leave memory */
    size_t archived_count; /* cases and contacts that leave memory in it */
    struct held_reply *replies;
    size_t reply_count, reply_cap;
    struct bm_frame **frames;
    size_t frame_count, frame_cap;
    struct bm_desk_counts counts;
};

/* Makes room for one more item in a growing array. */
#define GROW(array, count, cap)                                                                    \
    do {                                                                                           \
        if ((count) == (cap)) {                                                                    \
            (cap) = (cap) ? (cap)*2 : 64;                                                          \
            (array) = bm_realloc((array), (cap) * sizeof *(array));                                \
        }                                                                                          \
    } while (0)

void bm_frame_free(struct bm_frame *frame) {
    if (!frame) return;
    for (size_t i = 0; i < frame->row_count; i++) {
        if (!frame->rows[i].record) continue;
        bm_shape_release(bm_table_shape(frame->rows[i].table), frame->rows[i].record);
        bm_free(frame->rows[i].record);
    }
    bm_free(frame->rows);
    bm_free(frame);
}

struct bm_desk *bm_desk_new(struct bm_journal *journal, struct bm_quarantine *quarantine) {
    struct bm_desk *desk = bm_alloc_zero(1, sizeof *desk);
    desk->core = bm_core_new();
    desk->journal = journal;
    desk->quarantine = quarantine;
    desk->decision = bm_decision_make();
    bm_core_digest(desk->core, &desk->digest);
    return desk;
}

void bm_desk_free(struct bm_desk *desk) {
    if (!desk) return;
    bm_core_free(desk->core);
    bm_decision_free(&desk->decision);
    for (size_t i = 0; i < desk->event_count; i++) bm_event_release(&desk->events[i]);
    for (size_t i = 0; i < desk->frame_count; i++) bm_frame_free(desk->frames[i]);
    for (size_t i = 0; i < desk->reply_count; i++) {
        struct held_reply *held = &desk->replies[i];
        if (held->record)
            bm_shape_release(bm_table_shape((enum bm_table_kind)held->reply.made_what),
                             held->record);
        bm_free(held->record);
    }
    bm_free(desk->events);
    bm_free(desk->changed);
    bm_free(desk->replies);
    bm_free(desk->frames);
    bm_free(desk);
}

void bm_desk_take_core(struct bm_desk *desk, struct bm_core *core) {
    bm_core_free(desk->core);
    desk->core = core;
    bm_core_digest(core, &desk->digest);
}

/* --- frames ----------------------------------------------------------------------------------- */

struct collecting {
    struct bm_desk *desk;
    struct bm_frame *frame;
    size_t cap;
    bool for_batch;
};

static void *copy_record(enum bm_table_kind table, const void *record) {
    const struct bm_shape *shape = bm_table_shape(table);
    void *copy = bm_alloc(shape->record_size);
    bm_shape_copy(shape, record, copy);
    return copy;
}

static void collect(void *context, enum bm_table_kind table, uint64_t id, const void *record,
                    bool archived) {
    struct collecting *collecting = context;
    struct bm_desk *desk = collecting->desk;
    if (table == BM_T_REQUEST) return;
    if (collecting->for_batch && !(archived && !record)) {
        GROW(desk->changed, desk->changed_count, desk->changed_cap);
        desk->changed[desk->changed_count++] = (struct changed){table, id};
        desk->writes_records |= table != BM_T_STUB;
    }
    struct bm_frame *frame = collecting->frame;
    GROW(frame->rows, frame->row_count, collecting->cap);
    frame->rows[frame->row_count++] = (struct bm_frame_row){
        table, id, record ? copy_record(table, record) : NULL};
}

/* Takes what the last applied events changed into a frame of its own. */
static void take_frame(struct bm_desk *desk, uint64_t event_count, bool for_batch) {
    struct bm_frame *frame = bm_alloc_zero(1, sizeof *frame);
    struct collecting collecting = {desk, frame, 0, for_batch};
    bm_core_take_changes(desk->core, collect, &collecting);
    frame->seq = bm_core_seq(desk->core);
    frame->at_ms = bm_core_at_ms(desk->core);
    frame->event_count = event_count;
    GROW(desk->frames, desk->frame_count, desk->frame_cap);
    desk->frames[desk->frame_count++] = frame;
}

/* --- replay ----------------------------------------------------------------------------------- */

struct replaying {
    struct bm_desk *desk;
    const struct bm_desk_sink *sink;
    struct bm_fault fault;
    enum bm_code code;
    /* the frame that is being gathered */
    uint64_t event_count;
    bool keyed; /* its first event carries a request */
    enum bm_event_kind kind;
    int64_t at_ms;
    struct bm_operator_id actor;
    struct bm_subject subject;
};

static void hand_out_frames(struct bm_desk *desk, const struct bm_desk_sink *sink) {
    for (size_t i = 0; i < desk->frame_count; i++) {
        if (sink && sink->on_frame)
            sink->on_frame(sink->context, desk->frames[i]);
        else
            bm_frame_free(desk->frames[i]);
        BM_STEP_DONE(frame_handed_out);
    }
    desk->frame_count = 0;
}

static void end_frame(struct replaying *replaying) {
    if (!replaying->event_count) return;
    take_frame(replaying->desk, replaying->event_count, false);
    hand_out_frames(replaying->desk, replaying->sink);
    replaying->event_count = 0;
}

/* Commands without a key that are one event, always. */
static bool is_alone(enum bm_event_kind kind) {
    return kind == BM_EV_LOOKED || kind == BM_EV_CLOCK_RUNG || kind == BM_EV_CHECK_IN_RANG || kind == BM_EV_TIME_JUMPED ||
           kind == BM_EV_STINT_ARCHIVED; /* after one that was cancelled in that very moment */
}

/* Whether an event is of another command than those before it.  The record does not say so of commands without a key:
 * there another instant, actor or (behind another such) subject does.  So one may become part of the frame of the command
 * before it, when both were accepted in one millisecond for one operator; what that frame shows was true, too. */
static bool begins_a_frame(const struct replaying *replaying, const struct bm_event *event) {
    if (event->has_request || is_alone(event->kind) || is_alone(replaying->kind)) return true;
    if (event->at_ms != replaying->at_ms || event->actor.v != replaying->actor.v) return true;
    return !replaying->keyed && (event->subject.kind != replaying->subject.kind || event->subject.id != replaying->subject.id);
}

static void gather(struct replaying *replaying, const struct bm_event *event) {
    if (begins_a_frame(replaying, event)) {
        end_frame(replaying);
        replaying->keyed = event->has_request;
        replaying->kind = event->kind;
        replaying->at_ms = event->at_ms;
        replaying->actor = event->actor;
        replaying->subject = event->subject;
    }
    replaying->event_count++;
}

static bool replay_row(void *context, const struct bm_row *row) {
    struct replaying *replaying = context;
    struct bm_desk *desk = replaying->desk;
    struct bm_event event;
    replaying->code = bm_row_event(row, &event, &replaying->fault);
    if (replaying->code) {
        char why[200];
        snprintf(why, sizeof why, "%.190s", replaying->fault.detail);
        bm_fault_set(&replaying->fault, replaying->code, "seq",
                     "Event %" PRIu64 " (%s) cannot be read: %s", row->seq, row->kind, why);
        return false;
    }
    gather(replaying, &event);
    /* An event that fails to apply stops the start, and is named: it is never skipped. */
    bm_check_at("seq", row->seq, "This event cannot be applied and is never skipped: the desk does not start. Keep the folder as it is, go back to the"
                                 " version that wrote it (bellman rollback), or restore a backup, and report the seq.");
    bm_core_apply(desk->core, &event);
    bm_check_at(NULL, 0, NULL);
    if (event.kind == BM_EV_TIME_JUMPED)
        desk->doubt = (struct bm_desk_doubt){true, false, event.time_jumped.wall_at_ms, event.time_jumped.expected_at_ms};
    bm_event_release(&event);
    desk->head = (struct bm_head){row->seq, row->hash};
    return true;
}

enum bm_code bm_desk_replay(struct bm_desk *desk, const struct bm_desk_sink *sink,
                            struct bm_fault *fault) {
    struct replaying replaying = {.desk = desk, .sink = sink};
    enum bm_code code = bm_journal_follow(desk->journal, bm_core_seq(desk->core), replay_row,
                                          &replaying, fault);
    end_frame(&replaying);
    if (!code && replaying.code) {
        code = replaying.code;
        *fault = replaying.fault;
    }
    if (code) return code;
    desk->head = bm_journal_head(desk->journal);
    if (desk->head.seq != bm_core_seq(desk->core)) {
        return bm_fault_set(fault, BM_CORRUPT, "seq",
                            "The snapshot is ahead of the journal's head %" PRIu64 ".",
                            desk->head.seq);
    }
    bm_core_digest(desk->core, &desk->digest);
    BM_STEP_DONE(desk_replayed);
    return BM_OK;
}

/* --- one command ------------------------------------------------------------------------------ */

static void hold_reply(struct bm_desk *desk, void *ticket, enum bm_code code, uint64_t seq) {
    struct bm_decision *decision = &desk->decision;
    GROW(desk->replies, desk->reply_count, desk->reply_cap);
    struct held_reply *held = &desk->replies[desk->reply_count++];
    *held = (struct held_reply){.ticket = ticket};
    held->reply.code = code;
    held->reply.replayed = decision->replayed;
    held->reply.flagged = decision->flagged;
    held->reply.made_what = decision->made_what;
    held->reply.made_id = decision->made_id;
    held->reply.seq = decision->replayed ? decision->made_seq : seq;
    held->fault = decision->fault;
    memcpy(&held->reply.conflict, &decision->conflict, sizeof held->reply.conflict);
    if (code || !decision->made_id) return;
    enum bm_table_kind table = (enum bm_table_kind)decision->made_what;
    const void *record = bm_core_get(desk->core, table, decision->made_id);
    if (record) held->record = copy_record(table, record);
}

/* Gives the decision's events their places and applies them; they move into the batch. */
static void apply_decision(struct bm_desk *desk) {
    struct bm_decision *decision = &desk->decision;
    for (size_t i = 0; i < decision->event_count; i++) {
        GROW(desk->events, desk->event_count, desk->event_cap);
        struct bm_event *event = &desk->events[desk->event_count++];
        *event = decision->events[i];
        event->seq = bm_core_seq(desk->core) + 1;
        bm_core_apply(desk->core, event);
    }
    take_frame(desk, decision->event_count, true);
    desk->counts.events += decision->event_count;
    decision->event_count = 0; /* the batch owns them now */
}

/* What tells the command apart for the quarantine: the digest of its request; timers, looks and the
 * desk's own have none, and must not be refused for one another. */
void bm_desk_guard_digest(const struct bm_command *command, uint8_t ret_digest[16]) {
    static const uint8_t none[16] = {0};
    struct {
        uint64_t kind, target, actor;
    } own = {(uint64_t)command->kind, command->target, command->actor.v};
    memcpy(ret_digest, command->request + 16, 16);
    if (memcmp(ret_digest, none, sizeof none) == 0) bm_hash_of(&own, sizeof own, ret_digest, 16);
}

/* Decides and applies one command into the open batch. */
static enum bm_code run(struct bm_desk *desk, const struct bm_command *command, int64_t now_ms) {
    bool guarded = desk->quarantine != NULL;
    uint8_t digest[16];
    if (guarded) bm_desk_guard_digest(command, digest);
    if (guarded) bm_quarantine_note(desk->quarantine, bm_command_word(command->kind), command->actor.v, command->target);
    if (guarded && !bm_quarantine_begin(desk->quarantine, digest)) {
        desk->counts.quarantined++;
        return bm_fault_set(
            &desk->decision.fault, BM_QUARANTINED, NULL,
            "This command stopped the desk twice; it is refused. Tell your administrator.");
    }
    BM_STEP_DONE(command_guarded);
    enum bm_code code = bm_core_decide(desk->core, command, now_ms, &desk->decision);
    BM_STEP_DONE(command_decided);
    if (bm_command_is_timer(command->kind)) BM_STEP_DONE(timer_decided);
    if (code == BM_OK && desk->decision.event_count) apply_decision(desk);
    BM_STEP_DONE(command_applied);
    if (guarded) bm_quarantine_end(desk->quarantine);
    BM_STEP_DONE(command_unguarded);
    return code;
}

/* --- timers that cannot be fired -------------------------------------------------------------- */

/* Whom it concerns. */
static void describe(const struct bm_core *core, struct bm_desk_aside *aside) {
    uint64_t target = aside->target;
    aside->on_case = bm_core_timer_case(core, aside->command, target);
    if (aside->command == BM_DO_CONTACT_ARCHIVE || aside->command == BM_DO_CALL_DUE) aside->contact = target;
    if (aside->command == BM_DO_CHECK_IN_DUE) aside->unit = target;
    const struct bm_clock *clock = aside->command == BM_DO_CLOCK_DUE ? bm_core_get(core, BM_T_CLOCK, target) : NULL;
    if (!clock) return;
    aside->clock = clock->kind;
    aside->contact = clock->contact.v;
    const struct bm_assignment *assignment = bm_core_get(core, BM_T_ASSIGNMENT, clock->assignment.v);
    if (assignment) aside->unit = assignment->unit.v;
}

static void set_aside(struct bm_desk *desk, const struct bm_command *command, struct bm_desk_aside aside) {
    bool kept = bm_core_set_aside(desk->core, command->kind, command->target);
    describe(desk->core, &aside);
    if (kept) desk->asides[desk->aside_count++] = aside;
    desk->timers_stuck = !kept;
    bm_log(BM_LOG_ERROR, kept ? "timer_set_aside" : "timers_stuck",
           "command=%s target=%" PRIu64 " case=%" PRIu64 " due_at_ms=%" PRId64 " reason=%s mend=\"%s\"", bm_command_word(command->kind),
           command->target, aside.on_case, aside.due_at_ms, bm_code_word(aside.code),
           kept ? "it is listed under Administration and can be tried again there; the others go on"
                : "too many cannot be fired, so none is: start the desk again, or go back to the former version");
}

/* It is to be due again, or no more: it leaves the list. */
static void take_back(struct bm_desk *desk, enum bm_command_kind kind, uint64_t target) {
    struct bm_command command = bm_command_make(kind);
    uint8_t digest[16];
    size_t at = 0;
    command.target = target;
    bm_desk_guard_digest(&command, digest);
    if (desk->quarantine) bm_quarantine_forget(desk->quarantine, digest);
    bm_core_take_back(desk->core, kind, target);
    while (at < desk->aside_count && (desk->asides[at].command != kind || desk->asides[at].target != target)) at++;
    if (at == desk->aside_count) return;
    desk->aside_count--;
    memmove(&desk->asides[at], &desk->asides[at + 1], (desk->aside_count - at) * sizeof desk->asides[0]);
    desk->timers_stuck = false;
}

/* --- answers ---------------------------------------------------------------------------------- */

static bool has_room(struct bm_desk *desk, enum bm_command_kind kind) {
    if (desk->space == BM_SPACE_FINE) return true;
    /* Looks, too: who sends units must see the board and the sheets. */
    bool goes_on = bm_command_is_emergency(kind) || kind == BM_DO_LOOK;
    if (desk->space == BM_SPACE_LOW && goes_on) return true;
    desk->counts.no_space++;
    return false;
}

/* An administrator wants it tried again; what decided that found it in the list. */
static void retry(struct bm_desk *desk, const struct bm_command *command) {
    size_t at = 0;
    while (at < desk->aside_count && (desk->asides[at].target != command->target ||
                                      strcmp(bm_command_word(desk->asides[at].command), command->timer_retry.what) != 0))
        at++;
    BM_CHECK(at < desk->aside_count);
    bm_log(BM_LOG_WARNING, "timer_retried", "command=%s target=%" PRIu64 " actor=%" PRIu64, command->timer_retry.what, command->target,
           command->actor.v);
    take_back(desk, desk->asides[at].command, command->target);
}

static void answer(struct bm_desk *desk, const struct bm_asked *asked, int64_t now_ms) {
    desk->counts.commands++;
    struct bm_decision *decision = &desk->decision;
    *decision = (struct bm_decision){.events = decision->events, .event_cap = decision->event_cap};
    uint64_t before = bm_core_seq(desk->core), after;
    enum bm_code code;
    if (!has_room(desk, asked->command.kind)) {
        code = bm_fault_set(
            &desk->decision.fault, BM_NO_SPACE, NULL,
            "The disk is nearly full; the desk takes no new work until space returns.");
    } else {
        code = run(desk, &asked->command, now_ms);
    }
    if (code)
        desk->counts.refused++;
    else if (desk->decision.replayed)
        desk->counts.replayed++;
    else
        desk->counts.accepted++;
    after = bm_core_seq(desk->core);
    /* A repeat of an earlier confirmation says nothing about a jump that came since. */
    bool confirmed = code == BM_OK && after > before && asked->command.kind == BM_DO_TIME_CONFIRM;
    if (confirmed) {
        int64_t moved_ms = bm_desk_time_confirm(&desk->now.time);
        desk->now.moved_ms += moved_ms;
        if (desk->doubt.is_by_record) desk->now.away_ms += moved_ms;
        desk->doubt = (struct bm_desk_doubt){0};
    }
    if (code == BM_OK && after > before && asked->command.kind == BM_DO_TIMER_RETRY) retry(desk, &asked->command);
    hold_reply(desk, asked->ticket, code, after > before ? after : 0);
}

/* --- commit ----------------------------------------------------------------------------------- */

static int by_table_and_id(const void *a, const void *b) {
    const struct changed *x = a, *y = b;
    if (x->table != y->table) return x->table < y->table ? -1 : 1;
    return x->id < y->id ? -1 : x->id > y->id;
}

static enum bm_code append_batch(struct bm_desk *desk) {
    if (desk->changed_count)
        qsort(desk->changed, desk->changed_count, sizeof *desk->changed, by_table_and_id);
    struct bm_change *changes = bm_alloc((desk->changed_count + 1) * sizeof *changes);
    size_t change_count = 0;
    for (size_t i = 0; i < desk->changed_count; i++) {
        struct changed at = desk->changed[i];
        if (i && by_table_and_id(&at, &desk->changed[i - 1]) == 0) continue;
        changes[change_count++] = (struct bm_change){at.table, at.id,
                                                     bm_core_get(desk->core, at.table, at.id)};
    }
    const struct bm_event **events = bm_alloc(desk->event_count * sizeof *events);
    for (size_t i = 0; i < desk->event_count; i++) events[i] = &desk->events[i];
    struct bm_batch batch = {events, desk->event_count, changes, change_count};
    struct bm_head head;
    enum bm_append answer = bm_journal_append(desk->journal, &batch, &desk->head, &head);
    bm_free(changes);
    bm_free(events);
    if (answer == BM_APPEND_COMMITTED) {
        desk->head = head;
        return BM_OK;
    }
    return answer == BM_APPEND_FENCED ? BM_FENCED
           : answer == BM_APPEND_FULL ? BM_NO_SPACE
                                      : BM_UNKNOWN_OUTCOME;
}

/* Commits the open batch, then answers.  Nothing is answered when the commit fails. */
static enum bm_code commit(struct bm_desk *desk, const struct bm_desk_sink *sink) {
    if (desk->event_count) {
        BM_STEP_DONE(batch_closed);
        enum bm_code code = append_batch(desk);
        if (code) return code;
        BM_STEP_DONE(batch_appended);
        bm_core_digest(desk->core, &desk->digest);
    }
    for (size_t i = 0; i < desk->event_count; i++) bm_event_release(&desk->events[i]);
    desk->event_count = desk->changed_count = desk->archived_count = 0;
    desk->writes_records = false;
    hand_out_frames(desk, sink);
    for (size_t i = 0; i < desk->reply_count; i++) {
        struct held_reply *held = &desk->replies[i];
        held->reply.fault = &held->fault;
        held->reply.record = held->record;
        if (sink && sink->on_reply) sink->on_reply(sink->context, held->ticket, &held->reply);
        BM_STEP_DONE(reply_handed_out);
        if (held->record)
            bm_shape_release(bm_table_shape((enum bm_table_kind)held->reply.made_what),
                             held->record);
        bm_free(held->record);
    }
    desk->reply_count = 0;
    BM_STEP_DONE(replies_handed_out);
    return BM_OK;
}

/* --- step
 * --------------------------------------------------------------------------------------------------
 */

/* Fires one timer into the batch; false when none is due. */
static bool fire_one(struct bm_desk *desk, int64_t now_ms, const struct bm_desk_sink *sink,
                     enum bm_code *ret_code) {
    struct bm_command command;
    int64_t due_at_ms;
    *ret_code = BM_OK;
    if (desk->timers_stuck || desk->space == BM_SPACE_OUT) return false;
    if (!bm_core_next_due(desk->core, &due_at_ms, &command) || due_at_ms > now_ms) return false;
    /* What leaves memory keeps its projection as it is: so it must have been written before.  Stubs
     * do not leave by a timer: after a month of downtime many cases go in one commit, and no caller
     * waits for an fsync each. */
    if (command.kind != BM_DO_CLOCK_DUE && command.kind != BM_DO_MATTER_DUE &&
        command.kind != BM_DO_CALL_DUE && command.kind != BM_DO_CHECK_IN_DUE) {
        if (desk->writes_records || desk->archived_count >= ARCHIVED_PER_COMMIT)
            *ret_code = commit(desk, sink);
        desk->archived_count++;
    }
    if (*ret_code) return false;
    enum bm_code code = run(desk, &command, now_ms);
    desk->counts.timers++;
    BM_STEP_DONE(timer_fired);
    if (code) set_aside(desk, &command, (struct bm_desk_aside){command.kind, command.target, code, due_at_ms, now_ms, 0, 0, 0, -1});
    return true;
}

/* What was for something that is over by now need not be listed. */
static void look_at_asides(struct bm_desk *desk) {
    for (size_t i = 0; i < desk->aside_count;) {
        const struct bm_desk_aside *aside = &desk->asides[i];
        if (bm_core_timer_due(desk->core, aside->command, aside->target) != BM_AT_NONE)
            i++;
        else
            take_back(desk, aside->command, aside->target);
    }
}

static void note_jump(struct bm_desk *desk, int64_t now_ms) {
    int64_t wall_ms = desk->doubt.wall_at_ms, expected_ms = desk->doubt.expected_at_ms;
    bm_log(BM_LOG_ERROR, "clock_jump",
           "wall_at_ms=%" PRId64 " expected_at_ms=%" PRId64
           " by=%s mend=\"an administrator confirms the clock\"",
           wall_ms, expected_ms, desk->doubt.is_by_record ? "the-record" : "the-machine");
    struct bm_command command = bm_command_make(BM_DO_TIME_JUMP);
    command.time_jump.wall_at_ms = wall_ms < 0 ? 0 : wall_ms > BM_AT_MAX ? BM_AT_MAX : wall_ms; /* what can be read back */
    command.time_jump.expected_at_ms = expected_ms < 0 ? 0 : expected_ms;
    enum bm_code code = run(desk, &command, now_ms);
    /* At the record's last number there is no place to say it; the log has. */
    BM_CHECK(code == BM_OK || code == BM_QUARANTINED || code == BM_NO_SPACE);
}

/* While one waits to be confirmed, a clock that goes on jumping says nothing new. */
static void doubt(struct bm_desk *desk, bool jump, bool by_record, int64_t wall_ms, int64_t expected_ms) {
    if (!jump || desk->doubts || bm_core_time_held(desk->core)) return;
    desk->doubts = true;
    desk->doubt = (struct bm_desk_doubt){true, by_record, wall_ms, expected_ms};
}

static void begin_by_record(struct bm_desk *desk, int64_t wall_ms, int64_t mono_ns) {
    bool jump;
    int64_t expected_ms;
    (void)bm_desk_time_begin(&desk->now.time, wall_ms, mono_ns, bm_core_at_ms(desk->core), bm_core_time_held(desk->core), &jump,
                             &expected_ms);
    doubt(desk, jump, true, wall_ms, expected_ms);
}

static int64_t read_time(struct bm_desk *desk, int64_t wall_ms, int64_t mono_ns) {
    bool jump;
    int64_t expected_ms;
    int64_t now_ms = bm_desk_time_read(&desk->now.time, wall_ms, mono_ns, &jump, &expected_ms);
    doubt(desk, jump, false, wall_ms, expected_ms);
    return now_ms;
}

void bm_desk_begin(struct bm_desk *desk, int64_t wall_ms, int64_t mono_ns, const struct bm_desk_time *before) {
    BM_CHECK(!desk->now.time.started);
    if (!before) {
        begin_by_record(desk, wall_ms, mono_ns);
        return;
    }
    int64_t least_ms = bm_core_at_ms(desk->core);
    desk->now.time = *before;
    if (desk->now.time.now_ms < least_ms) desk->now.time.now_ms = least_ms;
    (void)read_time(desk, wall_ms, mono_ns);
}

enum bm_code bm_desk_step(struct bm_desk *desk, int64_t wall_ms, int64_t mono_ns,
                          const struct bm_asked *asked, size_t count,
                          const struct bm_desk_sink *sink) {
    BM_CHECK(count <= BM_DESK_STEP_MAX);
    if (!desk->now.time.started) begin_by_record(desk, wall_ms, mono_ns);
    int64_t now_ms = read_time(desk, wall_ms, mono_ns);
    desk->counts.steps++;
    BM_STEP_DONE(step_begun);
    enum bm_code code = BM_OK;
    if (desk->doubts) note_jump(desk, now_ms);
    desk->doubts = false;
    look_at_asides(desk);
    for (int fired = 0; fired < TIMERS_PER_STEP && !code; fired++) {
        if (!fire_one(desk, now_ms, sink, &code)) break;
        if (!code && desk->event_count > BATCH_ROWS_SOFT) code = commit(desk, sink);
    }
    for (size_t i = 0; i < count && !code; i++) {
        /* A call for help may let the oldest leave memory, whose row must have been written before. */
        if (asked[i].command.kind == BM_DO_DURESS && desk->event_count) code = commit(desk, sink);
        if (code) break;
        answer(desk, &asked[i], now_ms);
        if (desk->event_count > BATCH_ROWS_SOFT) code = commit(desk, sink);
    }
    return code ? code : commit(desk, sink);
}

void bm_desk_set_space(struct bm_desk *desk, enum bm_space space) {
    desk->space = space;
}

int64_t bm_desk_next_due(struct bm_desk *desk) {
    struct bm_command command;
    int64_t due_at_ms;
    /* With no room nothing fires: to say it is due would make the caller spin until space returns.
     */
    if (desk->doubts) return desk->now.time.mono_ns; /* it is to be recorded, and until then nothing may fire */
    if (desk->timers_stuck || desk->space == BM_SPACE_OUT || !desk->now.time.started) return INT64_MAX;
    if (!bm_core_next_due(desk->core, &due_at_ms, &command)) return INT64_MAX;
    return bm_desk_time_after(&desk->now.time, due_at_ms - desk->now.time.now_ms);
}

bool bm_desk_next_timer(struct bm_desk *desk, int64_t mono_ns, struct bm_command *ret_command) {
    int64_t due_at_ms;
    if (desk->doubts || desk->timers_stuck || desk->space == BM_SPACE_OUT) return false;
    if (desk->now.time.started && bm_desk_next_due(desk) > mono_ns) return false;
    return bm_core_next_due(desk->core, &due_at_ms, ret_command);
}

const struct bm_core *bm_desk_core(const struct bm_desk *desk) {
    return desk->core;
}

struct bm_head bm_desk_head(const struct bm_desk *desk) {
    return desk->head;
}

struct bm_hash bm_desk_digest(const struct bm_desk *desk) {
    return desk->digest;
}

bool bm_desk_time_held(const struct bm_desk *desk) {
    return bm_core_time_held(desk->core);
}

struct bm_desk_doubt bm_desk_doubt(const struct bm_desk *desk) {
    return bm_core_time_held(desk->core) ? desk->doubt : (struct bm_desk_doubt){0};
}

struct bm_desk_now bm_desk_now(const struct bm_desk *desk) {
    return desk->now;
}

bool bm_desk_timers_stuck(const struct bm_desk *desk) {
    return desk->timers_stuck;
}

const struct bm_desk_aside *bm_desk_asides(const struct bm_desk *desk, size_t *ret_count) {
    *ret_count = desk->aside_count;
    return desk->asides;
}

static bool names_a_timer(const char *word) {
    for (int kind = 0; kind < BM_command_kind_COUNT; kind++) {
        if (bm_command_is_timer((enum bm_command_kind)kind) && strcmp(bm_command_word((enum bm_command_kind)kind), word) == 0) return true;
    }
    return false;
}

size_t bm_desk_quarantined(const struct bm_desk *desk, struct bm_quarantined *ret_list, size_t most) {
    struct bm_quarantined list[BM_QUARANTINE_SLOTS];
    size_t found = desk->quarantine ? bm_quarantine_list(desk->quarantine, list, BM_QUARANTINE_SLOTS) : 0, count = 0;
    for (size_t i = 0; i < found && count < most; i++) {
        if (!names_a_timer(list[i].what)) ret_list[count++] = list[i];
    }
    return count;
}

unsigned bm_desk_quarantine_count(const struct bm_desk *desk) {
    struct bm_quarantined list[BM_QUARANTINE_SLOTS];
    return (unsigned)bm_desk_quarantined(desk, list, BM_QUARANTINE_SLOTS);
}

struct bm_desk_counts bm_desk_counts(const struct bm_desk *desk) {
    return desk->counts;
}
