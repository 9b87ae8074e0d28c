/* The checker: what was told to anybody must be so, and must stay so. */
#include "desk_sim.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/quarantine.h"
#include "core/incident.h"
#include "core/limits.h"

/* --- rows ------------------------------------------------------------------------------------- */

static struct bm_sim_asked *asked_under(struct bm_sim *sim, const uint8_t *request) {
    uint64_t at;
    if (!bm_map_get(&sim->asked_by_key, request, &at)) return NULL;
    return &sim->asked[at];
}

/* A row that carries a key belongs to a command that was accepted, or whose asker was not told. */
static void check_key(struct bm_sim *sim, const struct bm_event *event) {
    struct bm_sim_asked *asked = asked_under(sim, event->request);
    if (!asked) {
        bm_sim_wrong(sim, "row %" PRIu64 " holds a key that nobody sent", event->seq);
    } else if (asked->known && asked->first_seq == event->seq) {
        if (memcmp(asked->digest, event->request + 16, 16) != 0) {
            bm_sim_wrong(sim, "row %" PRIu64 " holds another body than was accepted", event->seq);
        }
        if (asked->made_what != event->made_what || asked->made_id != event->made_id) {
            bm_sim_wrong(sim, "row %" PRIu64 " names another result than was answered", event->seq);
        }
    } else if (asked->known && llabs(asked->at_ms - event->at_ms) <= BM_REQUEST_KEEP_MS) {
        bm_sim_wrong(sim, "one key stands in rows %" PRIu64 " and %" PRIu64, asked->first_seq,
                     event->seq);
    } else if (!asked->known && !asked->in_doubt) {
        bm_sim_wrong(sim, "row %" PRIu64 " (%s) holds a command that was refused or never answered",
                     event->seq, bm_event_word(event->kind));
    } else if (!asked->known || event->at_ms > asked->at_ms) {
        asked->known = true;
        asked->first_seq = event->seq;
        asked->at_ms = event->at_ms;
        memcpy(asked->digest, event->request + 16, 16);
        asked->made_what = event->made_what;
        asked->made_id = event->made_id;
    }
}

static bool is_listed(const struct bm_sim *sim, enum bm_command_kind timer, uint64_t target) {
    size_t count;
    const struct bm_desk_aside *asides = bm_desk_asides(sim->desk, &count);
    while (count && (asides[count - 1].command != timer || asides[count - 1].target != target)) count--;
    return count;
}

/* A running clock whose next rung is due before `at_ms`; 0: none.  Those that are set aside now are passed over, or all that may have been. */
static uint64_t rings_next(struct bm_sim *sim, int64_t at_ms, bool now) {
    BM_TABLE_EACH(&sim->clocks, id) {
        const struct bm_sim_clock *clock = bm_table_get(&sim->clocks, id);
        if (clock->stopped || clock->rung >= BM_CLOCK_RUNGS) continue;
        if (clock->deaths >= BM_QUARANTINE_CRASHES && (!now || is_listed(sim, BM_DO_CLOCK_DUE, id))) continue;
        if (clock->due_at_ms + (int64_t)clock->rung * clock->budget_ms < at_ms) return id;
    }
    return 0;
}

static void check_rung(struct bm_sim *sim, const struct bm_event *event) {
    const struct bm_ev_clock_rung *ev = &event->clock_rung;
    struct bm_sim_clock *clock = bm_table_get(&sim->clocks, ev->clock.v);
    if (!clock || clock->stopped) {
        bm_sim_wrong(sim, "row %" PRIu64 ": clock %" PRIu64 " rings and does not run", event->seq,
                     ev->clock.v);
        return;
    }
    int64_t due_at_ms = clock->due_at_ms + (int64_t)clock->rung * clock->budget_ms;
    if (ev->rung != clock->rung + 1 || ev->rung > BM_CLOCK_RUNGS ||
        ev->was_due_at_ms != due_at_ms) {
        bm_sim_wrong(sim,
                     "row %" PRIu64 ": clock %" PRIu64 " rings %u (due %" PRId64
                     ") after %u (next due %" PRId64 ")",
                     event->seq, ev->clock.v, ev->rung, ev->was_due_at_ms, clock->rung, due_at_ms);
    }
    if (due_at_ms > event->at_ms)
        bm_sim_wrong(sim, "row %" PRIu64 ": a clock rings too early", event->seq);
    clock->rung = ev->rung;
    clock->deaths = 0;
    uint64_t before = rings_next(sim, due_at_ms, false);
    if (before)
        bm_sim_wrong(sim, "row %" PRIu64 ": clock %" PRIu64 " rings before clock %" PRIu64 ", which was due earlier", event->seq,
                     ev->clock.v, before);
}

static void check_clocks(struct bm_sim *sim, const struct bm_event *event) {
    bool expires = event->kind == BM_EV_ROAD_OPENED && event->road_opened.expired;
    bool timer = event->kind == BM_EV_CLOCK_RUNG || event->kind == BM_EV_CASE_ARCHIVED ||
                 event->kind == BM_EV_CONTACT_ARCHIVED || expires;
    if (expires != (event->kind == BM_EV_ROAD_OPENED && event->actor.v == 0))
        bm_sim_wrong(sim, "row %" PRIu64 ": who lifted a road closure is not who says so",
                     event->seq);
    if (timer && sim->time_held) {
        bm_sim_wrong(sim, "row %" PRIu64 ": a timer fires while the clock waits to be confirmed",
                     event->seq);
    }
    if (event->kind == BM_EV_TIME_JUMPED) sim->time_held = true;
    if (event->kind == BM_EV_TIME_CONFIRMED) sim->time_held = false;
    if (event->kind == BM_EV_CLOCK_RUNG) check_rung(sim, event);
    if (event->kind == BM_EV_CLOCK_STARTED) {
        if (bm_table_get(&sim->clocks, event->clock_started.clock.v)) {
            bm_sim_wrong(sim, "row %" PRIu64 ": a clock is started twice", event->seq);
            return;
        }
        struct bm_sim_clock *clock = bm_table_add(&sim->clocks, event->clock_started.clock.v);
        clock->due_at_ms = event->clock_started.due_at_ms;
        clock->budget_ms = event->clock_started.budget_ms;
    }
    if (event->kind == BM_EV_CLOCK_STOPPED) {
        struct bm_sim_clock *clock = bm_table_get(&sim->clocks, event->clock_stopped.clock.v);
        if (!clock || clock->stopped)
            bm_sim_wrong(sim, "row %" PRIu64 " stops no running clock", event->seq);
        else
            clock->stopped = true;
    }
}

/* A road is lifted once, and by the desk not before its time. */
static void check_roads(struct bm_sim *sim, const struct bm_event *event) {
    if (event->kind == BM_EV_ROAD_CLOSED) {
        struct bm_sim_road *road = bm_table_add(&sim->roads, event->road_closed.place.v);
        *road = (struct bm_sim_road){event->road_closed.until_at_ms, true};
    } else if (event->kind == BM_EV_ROAD_CHANGED) {
        struct bm_sim_road *road = bm_table_get(&sim->roads, event->road_changed.place.v);
        if (!road || !road->closed)
            bm_sim_wrong(sim, "row %" PRIu64 " changes no road closure", event->seq);
        else
            road->until_at_ms = event->road_changed.until_at_ms;
    } else if (event->kind == BM_EV_ROAD_OPENED) {
        struct bm_sim_road *road = bm_table_get(&sim->roads, event->road_opened.place.v);
        if (!road || !road->closed)
            bm_sim_wrong(sim, "row %" PRIu64 " lifts no road closure", event->seq);
        else if (event->road_opened.expired &&
                 (road->until_at_ms == BM_AT_NONE || road->until_at_ms > event->at_ms))
            bm_sim_wrong(sim, "row %" PRIu64 ": a road is lifted before its time", event->seq);
        if (road) road->closed = false;
    }
}

/* What is erased is gone from the state in the same moment, and its sealed text with it. */
static void check_erased(struct bm_sim *sim, const struct bm_event *event) {
    const struct bm_ev_erased *ev = &event->erased;
    const struct bm_contact *contact = bm_core_get(sim->twin, BM_T_CONTACT, ev->contact.v);
    const struct bm_case *row = ev->contact.v ? NULL : bm_core_get(sim->twin, BM_T_CASE, ev->on_case.v);
    if (event->kind != BM_EV_ERASED) return;
    bool kept = (contact && (contact->narrative.len || contact->identity.len || contact->erased_at_ms != event->at_ms)) ||
                (row && (row->narrative.len || row->identity.len || row->erased_at_ms != event->at_ms));
    if (kept || (!contact && !row))
        bm_sim_wrong(sim, "row %" PRIu64 " erases, and the sealed text is there as before", event->seq);
}

static bool read_row(void *context, const struct bm_row *row) {
    struct bm_sim *sim = context;
    struct bm_event event;
    struct bm_fault fault;
    if (row->seq != sim->row_count + 1) {
        bm_sim_wrong(sim, "row %" PRIu64 " comes after row %zu", row->seq, sim->row_count);
        return false;
    }
    if (bm_row_event(row, &event, &fault) != BM_OK) {
        bm_sim_wrong(sim, "row %" PRIu64 " cannot be read: %s", row->seq, fault.detail);
        return false;
    }
    if (sim->row_count && row->at_ms < sim->rows[sim->row_count - 1].at_ms) {
        bm_sim_wrong(sim, "row %" PRIu64 " lies before the row before it", row->seq);
    }
    BM_SIM_GROW(sim->rows, sim->row_count, sim->row_cap);
    struct bm_sim_row *kept = &sim->rows[sim->row_count++];
    *kept = (struct bm_sim_row){.hash = row->hash,
                                .at_ms = row->at_ms,
                                .kind = event.kind,
                                .by_desk = event.actor.v == 0,
                                .has_request = event.has_request};
    memcpy(kept->request, event.request, sizeof kept->request);
    check_clocks(sim, &event);
    check_roads(sim, &event);
    const char *wrong = rungs_see(&sim->rungs, &event);
    if (wrong) bm_sim_wrong(sim, "row %" PRIu64 ": %s", event.seq, wrong);
    if (event.has_request) check_key(sim, &event);
    if (!bm_sim_failed(sim)) {
        bm_core_apply(sim->twin, &event);
        bm_core_take_changes(sim->twin, NULL, NULL);
        check_erased(sim, &event);
    }
    bm_event_release(&event);
    return !bm_sim_failed(sim);
}

static void read_new_rows(struct bm_sim *sim) {
    struct bm_fault fault;
    enum bm_code code = bm_journal_follow(bm_sim_store_journal(sim), sim->row_count, read_row, sim,
                                          &fault);
    if (code) bm_sim_wrong(sim, "the journal cannot be read: %s", fault.detail);
}

/* --- replies ---------------------------------------------------------------------------------- */

static struct bm_sim_frame *frame_ending(struct bm_sim *sim, uint64_t seq) {
    for (size_t i = sim->frame_count; i-- > 0;) {
        if (sim->frames[i].last_seq == seq) return &sim->frames[i];
    }
    return NULL;
}

/* Who works on a case under the version that they read may not have been overtaken.  A swap names an assignment, and answers with
 * its case. */
static void check_version(struct bm_sim *sim, const struct bm_command *command, const struct bm_reply *reply, const struct bm_sim_frame *frame) {
    uint64_t on_case = command->kind == BM_DO_SWAP ? reply->made_id : command->target;
    bool compares = command->kind == BM_DO_CASE_CHANGE || command->kind == BM_DO_CASE_CLOSE || command->kind == BM_DO_CASE_MERGE ||
                    command->kind == BM_DO_CASE_SPLIT || command->kind == BM_DO_ASSIGN || command->kind == BM_DO_SWAP;
    for (size_t i = 0; i < sim->former_count && compares; i++) {
        const struct bm_sim_former *former = &sim->formers[i];
        if (former->seq != frame->last_seq || former->on_case != on_case) continue;
        if (command->has_if_match && command->if_match == former->version) continue;
        bm_sim_wrong(sim, "a %s of case %" PRIu64 " under version %u was accepted at row %" PRIu64 ", and the case had version %u",
                     bm_command_word(command->kind), former->on_case, command->if_match, frame->first_seq, former->version);
    }
}

/* With no room nothing is taken, with little room what an emergency needs. */
static void check_room(struct bm_sim *sim, enum bm_command_kind kind) {
    bool may = sim->space == BM_SPACE_FINE ||
               (sim->space == BM_SPACE_LOW && (bm_command_is_emergency(kind) || kind == BM_DO_LOOK));
    if (!may) bm_sim_wrong(sim, "a %s was taken though there is no room for it", bm_command_word(kind));
}

static void check_accepted(struct bm_sim *sim, struct bm_sim_asked *asked, const uint8_t *digest,
                           const struct bm_reply *reply, bool remembered) {
    const char *word = bm_command_word(asked->command.kind);
    sim->tally->accepted++;
    if (remembered)
        bm_sim_wrong(sim, "a %s under a key of row %" PRIu64 " was accepted again", word,
                     asked->first_seq);
    if (reply->record && *(const uint64_t *)reply->record != reply->made_id) {
        bm_sim_wrong(sim, "the reply to a %s shows another record than it names", word);
    }
    if (asked->command.kind == BM_DO_TIME_CONFIRM) sim->time.confirmed = true;
    if (reply->seq == 0) return; /* it was so already: nothing to record */
    struct bm_sim_frame *frame = frame_ending(sim, reply->seq);
    if (!frame || frame->claimed) {
        bm_sim_wrong(sim, "an accepted %s at row %" PRIu64 " has no frame of its own", word,
                     reply->seq);
        return;
    }
    frame->claimed = true;
    /* Another body under its key is about another case. */
    if (memcmp(digest, asked->command.request + 16, 16) == 0) check_version(sim, &asked->command, reply, frame);
    if (!asked->command.has_request) return;
    asked->known = true;
    asked->first_seq = frame->first_seq;
    asked->at_ms = frame->at_ms;
    memcpy(asked->digest, digest, 16);
    asked->made_what = reply->made_what;
    asked->made_id = reply->made_id;
}

static void check_replayed(struct bm_sim *sim, const struct bm_sim_asked *asked, bool same,
                           const struct bm_reply *reply) {
    sim->tally->replayed++;
    if (!asked->known || !same) {
        bm_sim_wrong(sim, "a %s was answered as a repeat and is none",
                     bm_command_word(asked->command.kind));
    } else if (reply->made_what != asked->made_what || reply->made_id != asked->made_id ||
               reply->seq != asked->first_seq) {
        bm_sim_wrong(sim,
                     "a repeat of row %" PRIu64 " got another result: %u %" PRIu64
                     " at row %" PRIu64 " and not %u %" PRIu64,
                     asked->first_seq, reply->made_what, reply->made_id, reply->seq,
                     asked->made_what, asked->made_id);
    }
}

static void check_refused(struct bm_sim *sim, const struct bm_sim_asked *asked, bool same,
                          const struct bm_reply *reply, bool remembered) {
    static const enum bm_code never[] = {
        BM_INTERNAL, BM_NOT_READY,       BM_OVERLOADED, BM_IO,  BM_CORRUPT,
        BM_FENCED,   BM_UNKNOWN_OUTCOME, BM_BAD_FORMAT, BM_BUSY};
    const char *word = bm_command_word(asked->command.kind), *code = bm_code_word(reply->code);
    sim->tally->refused++;
    snprintf(sim->refusal, sizeof sim->refusal, "%s: %s", code, reply->fault->detail);
    /* With another body it names another case than the one whose records it carries. */
    bool another_case = asked->command.kind == BM_DO_CASE_REVIVE && !same;
    for (size_t i = 0; i < sizeof never / sizeof never[0]; i++) {
        if (never[i] == BM_CORRUPT && another_case) continue;
        if (reply->code == never[i]) bm_sim_wrong(sim, "a %s was refused as %s", word, code);
    }
    if (reply->seq) bm_sim_wrong(sim, "a refused %s names row %" PRIu64, word, reply->seq);
    if (!reply->fault->detail[0]) bm_sim_wrong(sim, "a %s was refused without a sentence", word);
    if (reply->code == BM_QUARANTINED) {
        sim->tally->faults[BM_SIM_QUARANTINED]++;
        if (asked->deaths < BM_QUARANTINE_CRASHES)
            bm_sim_wrong(sim, "a %s was quarantined after %u deaths", word, asked->deaths);
    } else if (reply->code == BM_NO_SPACE) {
        bool emergency = bm_command_is_emergency(asked->command.kind);
        bool may = sim->space == BM_SPACE_OUT || (sim->space == BM_SPACE_LOW && !emergency);
        if (!may) bm_sim_wrong(sim, "a %s was refused for want of space, and there is some", word);
    } else if (reply->code == BM_KEY_REUSED) {
        sim->tally->reused++;
        if (!asked->known || same)
            bm_sim_wrong(sim, "a %s was refused as key-reused, wrongly", word);
    } else if (remembered) {
        bm_sim_wrong(
            sim, "a %s of row %" PRIu64 " came again with %s body and was refused as %s (%s)", word,
            asked->first_seq, same ? "the same" : "another", code, reply->fault->detail);
    }
}

static void on_reply(void *context, void *ticket, const struct bm_reply *told) {
    struct bm_sim *sim = context;
    struct bm_sim_sent *sent = ticket;
    struct bm_sim_asked *asked = &sim->asked[sent->asked];
    struct bm_reply reply = *told;
    if (sim->dies_unanswered && sim->unanswered_after-- == 0) sim->died = true;
    if (sim->died) return;
    struct bm_fault fault = {.code = BM_CONFLICT, .detail = "A lie."};
    if (sim->lie == BM_SIM_REFUSED_KEPT && !reply.code && reply.seq && bm_sim_chance(sim, 3)) {
        reply = (struct bm_reply){.code = BM_CONFLICT, .fault = &fault};
        sim->tally->lies++;
    }
    if (sim->lie == BM_SIM_OTHER_RESULT && reply.replayed) {
        reply.made_id++;
        sim->tally->lies++;
    }
    sent->answered = true;
    uint8_t digest[16];
    memcpy(digest, asked->command.request + 16, 16);
    if (sent->other_body) digest[0] ^= 0xff;
    bool same = asked->known && memcmp(digest, asked->digest, 16) == 0;
    bool remembered = asked->known && sim->now_most_ms <= asked->at_ms + BM_REQUEST_KEEP_MS;
    bool ran = !sent->other_body && reply.code != BM_QUARANTINED && reply.code != BM_NO_SPACE;
    if (ran && asked->deaths_least >= BM_QUARANTINE_CRASHES) {
        bm_sim_wrong(sim, "a %s that stopped the desk twice ran again",
                     bm_command_word(asked->command.kind));
    }
    if (ran) asked->deaths = 0;
    if (!reply.code) check_room(sim, asked->command.kind);
    if (reply.code)
        check_refused(sim, asked, same, &reply, remembered);
    else if (reply.replayed)
        check_replayed(sim, asked, same, &reply);
    else
        check_accepted(sim, asked, digest, &reply, remembered);
    uint64_t seen[] = {(uint64_t)reply.code, reply.made_what, reply.made_id, reply.seq};
    bm_hash_add(&sim->digest, seen, sizeof seen);
}

/* --- frames: the client's board --------------------------------------------------------------- */

static void drop_record(enum bm_table_kind table, struct bm_sim_shown *shown) {
    if (!shown->record) return;
    bm_shape_release(bm_table_shape(table), shown->record);
    bm_free(shown->record);
    shown->record = NULL;
}

/* A link goes with its case, or because what it said was a mistake: then its case stays (tables come in their order). */
static bool is_mistake(const struct bm_sim *sim, const struct bm_frame_row *row, const struct bm_sim_shown *shown) {
    if (row->table != BM_T_LINK) return false;
    const struct bm_sim_shown *of = bm_table_get(&sim->shown[BM_T_CASE], ((const struct bm_link *)shown->record)->on_case.v);
    return of && of->in_memory;
}

/* What leaves memory stays in the projections, but for the stub of a case that is revived, a timer that was stopped, and what
 * was a mistake. */
/* `seq` 0: of a frame whose first command was shown before, so that what is shown is not what that command met. */
static void show_row(struct bm_sim *sim, uint64_t seq, struct bm_frame_row *row) {
    struct bm_sim_shown *shown = bm_table_get(&sim->shown[row->table], row->id);
    if (seq && row->record && row->table == BM_T_CASE && shown && shown->in_memory) {
        BM_SIM_GROW(sim->formers, sim->former_count, sim->former_cap);
        sim->formers[sim->former_count++] = (struct bm_sim_former){seq, row->id, ((const struct bm_case *)shown->record)->version};
    }
    if (row->record) {
        if (!shown) shown = bm_table_add(&sim->shown[row->table], row->id);
        drop_record(row->table, shown);
        *shown = (struct bm_sim_shown){row->record, true};
        row->record = NULL;
    } else if (!shown || !shown->in_memory) {
        bm_sim_wrong(sim, "a frame removes %s %" PRIu64 ", which was not shown",
                     bm_word(&bm_table_kind_words, row->table), row->id);
    } else if (row->table == BM_T_STUB || row->table == BM_T_CHECK_IN || is_mistake(sim, row, shown)) {
        drop_record(row->table, shown);
        bm_table_remove(&sim->shown[row->table], row->id);
    } else {
        shown->in_memory = false;
    }
}

static bool is_gone(const struct bm_sim *sim, const struct bm_frame_row *row) {
    const struct bm_sim_shown *shown = bm_table_get(&sim->shown[row->table], row->id);
    return !row->record && (!shown || !shown->in_memory);
}

static void take_frame(struct bm_sim *sim, struct bm_frame *frame) {
    uint64_t before_it = frame->seq - frame->event_count;
    /* A restart may make one frame of a command and one without a key that followed at once, of which the first had been shown. */
    bool goes_over = !sim->desk && before_it < sim->shown_seq && frame->seq > sim->shown_seq &&
                     !sim->rows[sim->shown_seq].has_request;
    if (frame->event_count == 0 || (before_it != sim->shown_seq && !goes_over)) {
        bm_sim_wrong(sim, "a frame of rows %" PRIu64 "..%" PRIu64 " comes after row %" PRIu64,
                     frame->seq - frame->event_count + 1, frame->seq, sim->shown_seq);
        return;
    }
    for (size_t i = 0; i < frame->row_count; i++) {
        const struct bm_frame_row *row = &frame->rows[i], *before = i ? row - 1 : NULL;
        if (before && (before->table > row->table ||
                       (before->table == row->table && before->id >= row->id))) {
            bm_sim_wrong(sim, "the rows of frame %" PRIu64 " are not in order", frame->seq);
        }
        if (goes_over && is_gone(sim, row)) continue;
        show_row(sim, goes_over ? 0 : frame->seq, &frame->rows[i]);
    }
    if (sim->desk && frame->at_ms != sim->time.now_ms) {
        bm_sim_wrong(sim, "frame %" PRIu64 " is of %" PRId64 ", and it is %" PRId64, frame->seq,
                     frame->at_ms, sim->time.now_ms);
    }
    sim->shown_seq = frame->seq;
    if (sim->durable_seq < frame->seq) sim->durable_seq = frame->seq;
    BM_SIM_GROW(sim->frames, sim->frame_count, sim->frame_cap);
    sim->frames[sim->frame_count++] = (struct bm_sim_frame){frame->seq - frame->event_count + 1,
                                                            frame->seq, frame->at_ms, false};
    sim->tally->frames++;
    uint64_t seen[] = {frame->seq, frame->event_count, frame->row_count, (uint64_t)frame->at_ms};
    bm_hash_add(&sim->digest, seen, sizeof seen);
}

static void on_frame(void *context, struct bm_frame *frame) {
    struct bm_sim *sim = context;
    if (sim->dies_unanswered && sim->unanswered_after-- == 0) sim->died = true;
    /* After a restart the desk shows again what this client has seen. */
    bool seen = frame->seq <= sim->shown_seq && !sim->desk;
    bool lies = !sim->died && !seen && sim->step > 3 && bm_sim_chance(sim, 3);
    if (lies && sim->lie == BM_SIM_FRAME_ROW_DROPPED && frame->row_count) {
        struct bm_frame_row *last = &frame->rows[--frame->row_count];
        struct bm_sim_shown gone = {last->record, false};
        drop_record(last->table, &gone);
        sim->tally->lies++;
    }
    bool dropped = lies && sim->lie == BM_SIM_FRAME_DROPPED;
    if (!sim->died && !seen && !dropped) take_frame(sim, frame);
    sim->tally->lies += dropped;
    if (lies && sim->lie == BM_SIM_FRAME_TWICE) {
        sim->tally->lies++;
        take_frame(sim, frame);
    }
    bm_frame_free(frame);
}

struct bm_desk_sink bm_sim_check_sink(struct bm_sim *sim) {
    return (struct bm_desk_sink){on_reply, on_frame, sim};
}

/* --- states
 * -------------------------------------------------------------------------------------------------
 */

/* Time goes on with the monotonic clock and follows the wall clock within 5 seconds; further off is
 * a jump, which moves nothing until an administrator confirms it.  A new process begins at the wall
 * clock, but not before the journal's last row, nor more than 45 days after it, nor while one waits to be confirmed. */
void bm_sim_check_time(struct bm_sim *sim, int64_t wall_ms) {
    struct bm_sim_clock_model *time = &sim->time;
    int64_t last_ms = sim->row_count ? sim->rows[sim->row_count - 1].at_ms : 0;
    int64_t elapsed_ms = (sim->mono_ns - time->mono_ns) / 1000000;
    int64_t off_ms = time->started ? wall_ms - time->wall_ms - elapsed_ms : wall_ms - last_ms;
    if (!time->started) {
        bool far_ahead = last_ms && off_ms > INT64_C(45) * 24 * 3600 * 1000;
        time->now_ms = off_ms > 0 && !far_ahead && !sim->time_held ? wall_ms : last_ms;
        time->jumped = off_ms < -5000 || far_ahead;
        time->followed_us = 0;
    } else {
        /* Five seconds in all; of what was followed five seconds an hour are forgotten. */
        int64_t forgotten_us = elapsed_ms / 36 * 50 + elapsed_ms % 36 * 5000 / 3600;
        int64_t left_us = llabs(time->followed_us) - forgotten_us;
        if (left_us < 0) left_us = 0;
        time->followed_us = time->followed_us < 0 ? -left_us : left_us;
        time->jumped = llabs(off_ms) > 5000 || llabs(time->followed_us / 1000 + off_ms) > 5000;
        if (!time->jumped) time->followed_us += off_ms * 1000;
        int64_t step_ms = elapsed_ms + (time->jumped ? 0 : off_ms);
        time->now_ms += step_ms > 0 ? step_ms : 0;
    }
    time->started = true;
    time->confirmed = false;
    time->wall_ms = wall_ms;
    time->mono_ns = sim->mono_ns;
}

/* A jump is recorded at once, unless one waits to be confirmed already. */
static void check_jump(struct bm_sim *sim, bool was_held) {
    const struct bm_sim_frame *first = sim->frame_count ? &sim->frames[0] : NULL;
    bool recorded = first && sim->rows[first->first_seq - 1].kind == BM_EV_TIME_JUMPED;
    if (recorded != (sim->time.jumped && !was_held)) {
        bm_sim_wrong(sim, "at row %zu a jump of the clock was %s", sim->row_count,
                     recorded ? "invented" : "missed");
    }
    if (sim->time.confirmed) sim->time.followed_us = 0;
    if (sim->time.confirmed && sim->time.now_ms < sim->time.wall_ms)
        sim->time.now_ms = sim->time.wall_ms;
}

/* Of an open incident exactly those clocks run that its procedure names for where it and each of its units stand: as many
 * as wanted, each of them wanted, and none twice (bm_core_check). */
static void check_incident_clocks(struct bm_sim *sim, const struct bm_core *core) {
    struct bm_table wanted = bm_table_make(sizeof(int));
    for (uint64_t id = 0; (id = bm_core_next_id(core, BM_T_CASE, id));) {
        const struct bm_case *row = bm_core_get(core, BM_T_CASE, id);
        if (!bm_case_is_incident(row) || !bm_case_open(row->state)) continue;
        struct bm_incident incident = bm_incident_rules(core, row->opened_at_ms);
        int *count = bm_table_add(&wanted, id);
        for (int k = BM_CLOCK_DISPATCH; k < BM_clock_kind_COUNT; k++) {
            *count += k != BM_CLOCK_ACKNOWLEDGE &&
                      bm_incident_runs(&incident, (enum bm_clock_kind)k, (enum bm_case_state)row->state);
        }
    }
    for (uint64_t id = 0; (id = bm_core_next_id(core, BM_T_ASSIGNMENT, id));) {
        const struct bm_assignment *on = bm_core_get(core, BM_T_ASSIGNMENT, id);
        int *count = bm_table_get(&wanted, on->on_case.v);
        if (!count || !bm_assignment_active(on->state)) continue;
        const struct bm_case *row = bm_core_get(core, BM_T_CASE, on->on_case.v);
        struct bm_incident incident = bm_incident_rules(core, row->opened_at_ms);
        *count += bm_incident_runs(&incident, BM_CLOCK_ACKNOWLEDGE, bm_hand_state(on->state));
    }
    for (uint64_t id = 0; (id = bm_core_next_id(core, BM_T_CLOCK, id));) {
        const struct bm_clock *clock = bm_core_get(core, BM_T_CLOCK, id);
        int *count = bm_table_get(&wanted, clock->on_case.v);
        if (!count || clock->stopped_at_ms != BM_AT_NONE) continue;
        const struct bm_case *row = bm_core_get(core, BM_T_CASE, clock->on_case.v);
        const struct bm_assignment *of = bm_core_get(core, BM_T_ASSIGNMENT, clock->assignment.v);
        struct bm_incident incident = bm_incident_rules(core, row->opened_at_ms);
        enum bm_case_state at = of ? bm_hand_state(of->state) : (enum bm_case_state)row->state;
        if (!bm_incident_runs(&incident, (enum bm_clock_kind)clock->kind, at))
            bm_sim_wrong(sim, "clock %" PRIu64 " runs where case %" PRIu64 " has none of its kind", id, row->id.v);
        --*count;
    }
    BM_TABLE_EACH(&wanted, id) {
        int missing = *(const int *)bm_table_get(&wanted, id);
        if (missing) bm_sim_wrong(sim, "of the clocks of case %" PRIu64 " %d are missing", id, missing);
    }
    bm_table_free(&wanted);
}

/* The same two promises as bm_core_check makes, looked at from outside. */
static void check_promises(struct bm_sim *sim, const struct bm_core *core) {
    uint64_t most = 0;
    uint64_t unit_on[128] = {0};
    for (uint64_t id = 0; (id = bm_core_next_id(core, BM_T_CASE, id));) most = id;
    bool *runs = bm_alloc_zero(most + 1, sizeof *runs);
    for (uint64_t id = 0; (id = bm_core_next_id(core, BM_T_CLOCK, id));) {
        const struct bm_clock *clock = bm_core_get(core, BM_T_CLOCK, id);
        if (clock->stopped_at_ms == BM_AT_NONE && clock->on_case.v <= most)
            runs[clock->on_case.v] = true;
    }
    for (uint64_t id = 0; (id = bm_core_next_id(core, BM_T_PROMISE, id));) {
        const struct bm_promise *promise = bm_core_get(core, BM_T_PROMISE, id);
        if (promise->stopped_at_ms == BM_AT_NONE && promise->on_case.v <= most) runs[promise->on_case.v] = true;
    }
    for (uint64_t id = 0; (id = bm_core_next_id(core, BM_T_CASE, id));) {
        const struct bm_case *row = bm_core_get(core, BM_T_CASE, id);
        if (row->state < BM_CASE_CLOSED && !runs[id])
            bm_sim_wrong(sim, "case %" PRIu64 " is open without a running clock", id);
    }
    bm_free(runs);
    for (uint64_t id = 0; (id = bm_core_next_id(core, BM_T_CONTACT, id));) {
        const struct bm_contact *contact = bm_core_get(core, BM_T_CONTACT, id);
        const struct bm_case *on = bm_core_get(core, BM_T_CASE, contact->on_case.v);
        if (on && on->state == BM_CASE_MERGED)
            bm_sim_wrong(sim, "contact %" PRIu64 " stayed with case %" PRIu64 ", which was merged", id, on->id.v);
    }
    for (uint64_t id = 0; (id = bm_core_next_id(core, BM_T_ASSIGNMENT, id));) {
        const struct bm_assignment *on = bm_core_get(core, BM_T_ASSIGNMENT, id);
        if (on->state < BM_AS_ASSIGNED || on->state > BM_AS_AT_DESTINATION || on->unit.v >= 128)
            continue;
        if (unit_on[on->unit.v])
            bm_sim_wrong(sim, "unit %" PRIu64 " is on two assignments", on->unit.v);
        unit_on[on->unit.v] = id;
    }
}

static void check_state(struct bm_sim *sim) {
    const struct bm_core *core = bm_desk_core(sim->desk);
    const char *wrong = bm_core_check(core);
    if (wrong) bm_sim_wrong(sim, "at row %" PRIu64 ": %s", bm_core_seq(core), wrong);
    check_promises(sim, core);
    check_incident_clocks(sim, core);
    struct bm_hash live = bm_desk_digest(sim->desk), replayed;
    bm_core_digest(sim->twin, &replayed);
    if (memcmp(&live, &replayed, sizeof live) != 0) {
        bm_sim_check_tables(sim);
        bm_sim_wrong(sim, "at row %" PRIu64 " the live digest is not that of a replay",
                     bm_core_seq(core));
    }
}

/* Frames that no reply claims are the desk's own doing. */
static void check_unclaimed(struct bm_sim *sim) {
    for (size_t i = 0; i < sim->frame_count && !bm_sim_failed(sim); i++) {
        const struct bm_sim_frame *frame = &sim->frames[i];
        const struct bm_sim_row *row = &sim->rows[frame->first_seq - 1];
        bool own = row->kind == BM_EV_CLOCK_RUNG || row->kind == BM_EV_CASE_ARCHIVED ||
                   row->kind == BM_EV_CONTACT_ARCHIVED || row->kind == BM_EV_TIME_JUMPED ||
                   row->kind == BM_EV_ROAD_OPENED || row->kind == BM_EV_MATTER_SET ||
                   row->kind == BM_EV_PROMISE_SET || row->kind == BM_EV_PROMISE_RUNG || row->kind == BM_EV_NOTICE ||
                   row->kind == BM_EV_CONTACT_ROLLED || row->kind == BM_EV_CASE_OPENED ||
                   row->kind == BM_EV_STINT_CANCELLED || row->kind == BM_EV_STINT_ARCHIVED || row->kind == BM_EV_HANDOVER_ARCHIVED ||
                   row->kind == BM_EV_DUTY_LEVEL_ENDED || row->kind == BM_EV_CHECK_IN_RANG ||
                   row->kind == BM_EV_UNIT_DUTY || row->kind == BM_EV_UNIT_CALLED || /* a level that ends lets units go first */
                   row->kind == BM_EV_DURESS_ARCHIVED ||
                   row->kind == BM_EV_CONTACT_MOVED; /* nobody rang it back in time */
        if (!frame->claimed && !(own && row->by_desk)) {
            bm_sim_wrong(sim, "row %" PRIu64 " (%s) was written and nobody's command accepted",
                         frame->first_seq, bm_event_word(row->kind));
        }
    }
}

/* Without a new command in the step everything that was due has been done. */
static void check_timers(struct bm_sim *sim) {
    bool may_wait = sim->batch_count || sim->time_held || sim->space == BM_SPACE_OUT ||
                    sim->frame_count >= 1024;
    if (!may_wait && bm_desk_next_due(sim->desk) <= sim->mono_ns) {
        bm_sim_wrong(sim, "a timer was due at row %zu and did not fire", sim->row_count);
    }
    /* By the rows themselves, for the desk may have forgotten one. */
    uint64_t silent = may_wait ? 0 : rings_next(sim, sim->time.now_ms + 1, true);
    if (silent) bm_sim_wrong(sim, "clock %" PRIu64 " was due at row %zu and did not ring", silent, sim->row_count);
}

/* Nothing is set aside but what the desk died of, and never all. */
static void check_asides(struct bm_sim *sim) {
    size_t count;
    const struct bm_desk_aside *asides = bm_desk_asides(sim->desk, &count);
    if (bm_desk_timers_stuck(sim->desk)) bm_sim_wrong(sim, "no timer is fired any more");
    for (size_t i = 0; i < count; i++) {
        const char *what = bm_command_word(asides[i].command);
        if (asides[i].code != BM_QUARANTINED)
            bm_sim_wrong(sim, "the %s of %" PRIu64 " is set aside as %s", what, asides[i].target, bm_code_word(asides[i].code));
        if (!bm_core_is_aside(bm_desk_core(sim->desk), asides[i].command, asides[i].target))
            bm_sim_wrong(sim, "the %s of %" PRIu64 " is set aside, and due all the same", what, asides[i].target);
    }
    if (2 * count > sim->timer_deaths) bm_sim_wrong(sim, "%zu timers are set aside after %zu deaths", count, sim->timer_deaths);
    if (count > sim->aside_count) sim->tally->faults[BM_SIM_TIMER_ASIDE] += count - sim->aside_count;
    sim->aside_count = count;
}

void bm_sim_check_died(struct bm_sim *sim, const struct bm_command *timer) {
    struct bm_sim_clock *clock = timer->kind == BM_DO_CLOCK_DUE ? bm_table_get(&sim->clocks, timer->target) : NULL;
    sim->timer_deaths++;
    if (clock) clock->deaths++;
}

void bm_sim_check_step(struct bm_sim *sim) {
    bool was_held = sim->time_held;
    read_new_rows(sim);
    if (bm_sim_failed(sim)) return;
    check_jump(sim, was_held);
    uint64_t head = bm_desk_head(sim->desk).seq;
    if (sim->row_count != head || sim->shown_seq != head) {
        bm_sim_wrong(sim,
                     "the desk is at row %" PRIu64 ", the journal at %zu, the frames at %" PRIu64,
                     head, sim->row_count, sim->shown_seq);
        return;
    }
    sim->durable_seq = head;
    check_unclaimed(sim);
    check_timers(sim);
    check_asides(sim);
    check_state(sim);
    for (size_t i = 0; i < sim->batch_count; i++) {
        if (!sim->batch[i].answered) bm_sim_wrong(sim, "a command was not answered");
    }
}

/* --- tables
 * --------------------------------------------------------------------------------------------------
 */

static void compare(struct bm_sim *sim, const char *what, enum bm_table_kind table, uint64_t id,
                    const void *a, const void *b) {
    const char *name = bm_word(&bm_table_kind_words, table);
    if (!a || !b) {
        bm_sim_wrong(sim, "%s: %s %" PRIu64 " is %s", what, name, id, a ? "missing" : "too many");
        return;
    }
    const char *differs = bm_shape_differs(bm_table_shape(table), a, b);
    if (differs) bm_sim_wrong(sim, "%s: %s %" PRIu64 " differs in \"%s\"", what, name, id, differs);
}

static void compare_replay(struct bm_sim *sim, enum bm_table_kind table) {
    const struct bm_core *core = bm_desk_core(sim->desk);
    for (uint64_t id = 0; (id = bm_core_next_id(core, table, id)) && !bm_sim_failed(sim);) {
        compare(sim, "replay", table, id, bm_core_get(core, table, id),
                bm_core_get(sim->twin, table, id));
    }
    if (bm_core_count(core, table) != bm_core_count(sim->twin, table)) {
        bm_sim_wrong(sim, "replay: other records of table %s",
                     bm_word(&bm_table_kind_words, table));
    }
}

static void compare_board(struct bm_sim *sim, enum bm_table_kind table) {
    const struct bm_core *core = bm_desk_core(sim->desk);
    size_t in_memory = 0;
    BM_TABLE_EACH(&sim->shown[table], id) {
        const struct bm_sim_shown *shown = bm_table_get(&sim->shown[table], id);
        if (!shown->in_memory) continue;
        in_memory++;
        compare(sim, "the client's board", table, id, shown->record, bm_core_get(core, table, id));
    }
    if (in_memory != bm_core_count(core, table)) {
        bm_sim_wrong(sim, "the client's board: rows of table %s are missing",
                     bm_word(&bm_table_kind_words, table));
    }
}

struct walking {
    struct bm_sim *sim;
    enum bm_table_kind table;
    uint64_t last;
};

static bool projected(void *context, const void *record) {
    struct walking *walking = context;
    struct bm_sim *sim = walking->sim;
    uint64_t id = *(const uint64_t *)record,
             next = bm_table_next(&sim->shown[walking->table], walking->last);
    if (next && next < id) compare(sim, "projections", walking->table, next, record, NULL);
    const struct bm_sim_shown *shown = bm_table_get(&sim->shown[walking->table], id);
    compare(sim, "projections", walking->table, id, shown ? shown->record : NULL, record);
    walking->last = id;
    return !bm_sim_failed(sim);
}

static void compare_projections(struct bm_sim *sim) {
    struct bm_reader *reader;
    struct bm_fault fault;
    uint64_t seq = 0;
    enum bm_code code = bm_reader_open(bm_sim_store_journal(sim), &reader, &fault);
    if (code) {
        bm_sim_wrong(sim, "no reader: %s", fault.detail);
        return;
    }
    code = bm_reader_begin(reader, &seq, &fault);
    if (!code && seq != sim->row_count)
        bm_sim_wrong(sim, "a reader sees row %" PRIu64 ", the journal ends at %zu", seq,
                     sim->row_count);
    for (int t = 0; t < BM_T_REQUEST && !code && !bm_sim_failed(sim); t++) {
        struct walking walking = {sim, (enum bm_table_kind)t, 0};
        struct bm_query query = {.table = (enum bm_table_kind)t};
        code = bm_reader_records(reader, &query, projected, &walking, &fault);
        uint64_t left = bm_table_next(&sim->shown[t], walking.last);
        if (!code && left) compare(sim, "projections", (enum bm_table_kind)t, left, &left, NULL);
    }
    if (code) bm_sim_wrong(sim, "the projections cannot be read: %s", fault.detail);
    bm_reader_end(reader);
    bm_reader_close(reader);
}

void bm_sim_check_tables(struct bm_sim *sim) {
    for (int t = 0; t < BM_table_kind_COUNT && !bm_sim_failed(sim); t++) {
        compare_replay(sim, (enum bm_table_kind)t);
        if (t != BM_T_REQUEST) compare_board(sim, (enum bm_table_kind)t);
    }
    if (!bm_sim_failed(sim)) compare_projections(sim);
}

/* --- restarts
 * --------------------------------------------------------------------------------------------------
 */

/* Rows that were read in an earlier life: their content is known by their hash. */
struct looking_back {
    struct bm_sim *sim;
    size_t seen;
};

static bool same_row(void *context, const struct bm_row *row) {
    struct looking_back *back = context;
    struct bm_sim *sim = back->sim;
    if (back->seen == sim->row_count) return false;
    const struct bm_sim_row *before = &sim->rows[back->seen++];
    if (memcmp(&before->hash, &row->hash, sizeof row->hash) != 0) {
        bm_sim_wrong(sim, "row %" PRIu64 " is another one than before the restart", row->seq);
    }
    return !bm_sim_failed(sim);
}

static void check_kept(struct bm_sim *sim) {
    struct looking_back back = {sim, 0};
    struct bm_fault fault;
    enum bm_code code = bm_journal_follow(bm_sim_store_journal(sim), 0, same_row, &back, &fault);
    if (code) bm_sim_wrong(sim, "the journal cannot be read: %s", fault.detail);
    if (back.seen < sim->row_count) {
        bm_sim_wrong(sim,
                     "row %zu was answered for, and after the restart the journal ends at row %zu",
                     sim->row_count, back.seen);
    }
}

/* Every accepted command stands where its reply said. */
static void check_promised(struct bm_sim *sim) {
    if (sim->row_count < sim->durable_seq) {
        bm_sim_wrong(sim,
                     "row %" PRIu64
                     " was answered for, and after the restart the journal ends at row %zu",
                     sim->durable_seq, sim->row_count);
        return;
    }
    for (size_t i = 0; i < sim->asked_count; i++) {
        struct bm_sim_asked *asked = &sim->asked[i];
        asked->in_doubt = false; /* what is not in the journal now will not be */
        if (!asked->known) continue;
        const struct bm_sim_row *row = asked->first_seq <= sim->row_count
                                           ? &sim->rows[asked->first_seq - 1]
                                           : NULL;
        if (!row || !row->has_request || memcmp(row->request, asked->command.request, 16) != 0 ||
            memcmp(row->request + 16, asked->digest, 16) != 0) {
            bm_sim_wrong(sim, "row %" PRIu64 " is not the accepted %s any more", asked->first_seq,
                         bm_command_word(asked->command.kind));
        }
    }
}

void bm_sim_check_restart(struct bm_sim *sim) {
    check_kept(sim);
    if (!bm_sim_failed(sim)) read_new_rows(sim);
    if (!bm_sim_failed(sim)) check_promised(sim);
    sim->durable_seq = sim->row_count;
}

void bm_sim_check_make(struct bm_sim *sim) {
    sim->twin = bm_core_new();
    sim->rungs = rungs_make();
    sim->clocks = bm_table_make(sizeof(struct bm_sim_clock));
    sim->roads = bm_table_make(sizeof(struct bm_sim_road));
    for (int t = 0; t < BM_T_REQUEST; t++)
        sim->shown[t] = bm_table_make(sizeof(struct bm_sim_shown));
}

void bm_sim_check_free(struct bm_sim *sim) {
    bm_core_free(sim->twin);
    rungs_free(&sim->rungs);
    bm_table_free(&sim->clocks);
    bm_table_free(&sim->roads);
    for (int t = 0; t < BM_T_REQUEST; t++) {
        BM_TABLE_EACH(&sim->shown[t], id)
        drop_record((enum bm_table_kind)t, bm_table_get(&sim->shown[t], id));
        bm_table_free(&sim->shown[t]);
    }
    bm_free(sim->rows);
    bm_free(sim->frames);
    bm_free(sim->formers);
}
