/* One run: the house, a time of trouble, then healing. */
#include "desk_sim.h"

#include <inttypes.h>
#include <stdarg.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/quarantine.h"
#include "core/limits.h"
#include "desk/snapshot.h"
#include "sim/demand.h"

enum { ASIDES_MOST = 4, AGAIN = 60, RETRY = 20 }; /* timers set aside at once; percent: of a second death, of a retry */
enum { STEPS = 36, SECOND_MS = 1000, MINUTE_MS = 60000, HOUR_MS = 3600000 };
static const int64_t day_ms = INT64_C(86400000);

#define WORD_ONLY(symbol, word) [symbol] = word,
const char *const bm_sim_lie_words[BM_SIM_LIE_COUNT] = {BM_SIM_LIES(WORD_ONLY)};
const char *const bm_sim_fault_words[BM_SIM_FAULT_COUNT] = {BM_SIM_FAULTS(WORD_ONLY)};

void bm_sim_wrong(struct bm_sim *sim, const char *format, ...) {
    if (bm_sim_failed(sim)) return;
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(sim->wrong, sizeof sim->wrong, format, arguments);
    va_end(arguments);
    if (len == 0) sim->wrong[0] = '?';
}

static void count_fault(struct bm_sim *sim, enum bm_sim_fault fault) {
    sim->tally->faults[fault]++;
}

/* Each seed has its own weather: some have one kind of trouble only, some none. */
static struct bm_sim_weather draw_weather(struct bm_sim *sim) {
    static const unsigned crash[] = {0, 4, 10, 25}, fault[] = {0, 5, 15, 40},
                          clock[] = {0, 0, 3, 10};
    static const unsigned space[] = {0, 0, 4, 12}, snapshot[] = {0, 5, 15, 30},
                          busy[] = {0, 10, 30, 60};
    static const unsigned small[] = {0, 5, 10, 30};
#define DRAW(list) list[bm_sim_below(sim, sizeof(list) / sizeof *(list))]
    return (struct bm_sim_weather){DRAW(crash),    DRAW(fault), DRAW(clock), DRAW(space),
                                   DRAW(snapshot), DRAW(small), DRAW(small), 30,
                                   DRAW(busy),     DRAW(clock)};
}

/* --- time
 * ------------------------------------------------------------------------------------------------
 */

static int64_t wall_ms(const struct bm_sim *sim) {
    return sim->true_ms + sim->wall_offset_ms;
}

/* Time passes for everybody. */
static void pass(struct bm_sim *sim, int64_t ms) {
    sim->true_ms += ms;
    sim->mono_ns += ms * 1000000;
    sim->now_most_ms += ms;
    if (sim->now_most_ms < wall_ms(sim)) sim->now_most_ms = wall_ms(sim);
}

static int64_t draw_span(struct bm_sim *sim) {
    uint64_t pick = bm_sim_below(sim, 100);
    if (pick < 55) return 1 + (int64_t)bm_sim_below(sim, 5 * SECOND_MS);
    if (pick < 85) return 1 + (int64_t)bm_sim_below(sim, 2 * MINUTE_MS);
    if (pick < 95) return 1 + (int64_t)bm_sim_below(sim, HOUR_MS);
    if (pick < 99) return 1 + (int64_t)bm_sim_below(sim, (uint64_t)day_ms);
    return 1 + (int64_t)bm_sim_below(sim, (uint64_t)(12 * day_ms));
}

static void maybe_jump(struct bm_sim *sim) {
    if (!bm_sim_chance(sim, sim->weather.clock)) return;
    int64_t jump_ms = 1 + (int64_t)bm_sim_below(sim, bm_sim_chance(sim, 50)
                                                         ? 20 * SECOND_MS
                                                         : (uint64_t)(40 * day_ms));
    bool forward = bm_sim_chance(sim, 50);
    sim->wall_offset_ms += forward ? jump_ms : -jump_ms;
    count_fault(sim, forward ? BM_SIM_CLOCK_FORWARD : BM_SIM_CLOCK_BACK);
}

static void maybe_space(struct bm_sim *sim) {
    enum bm_space space = sim->space;
    if (sim->space != BM_SPACE_FINE && bm_sim_chance(sim, 40))
        space = BM_SPACE_FINE;
    else if (bm_sim_chance(sim, sim->weather.space))
        space = bm_sim_chance(sim, 60) ? BM_SPACE_LOW : BM_SPACE_OUT;
    if (space == sim->space) return;
    sim->space = space;
    if (space == BM_SPACE_LOW) count_fault(sim, BM_SIM_SPACE_LOW);
    if (space == BM_SPACE_OUT) count_fault(sim, BM_SIM_SPACE_OUT);
    bm_desk_set_space(sim->desk, space);
}

/* --- snapshots -------------------------------------------------------------------------------- */

/* As the live desk makes them: of a replay of its own, compared with the live digest. */
static void maybe_snapshot(struct bm_sim *sim) {
    struct bm_fault fault;
    struct bm_head head = bm_desk_head(sim->desk);
    if (!bm_sim_chance(sim, sim->weather.snapshot) || head.seq == 0) return;
    enum bm_code code;
    if (sim->sqlite && bm_sim_chance(sim, 50)) {
        struct bm_hash digest = bm_desk_digest(sim->desk);
        code = bm_snapshot_make(bm_sim_store_dir(), &head, &digest, &fault);
    } else {
        code = bm_snapshot_write(bm_sim_store_dir(), bm_desk_core(sim->desk), &head, &fault);
    }
    if (code) bm_sim_wrong(sim, "a snapshot at row %" PRIu64 ": %s", head.seq, fault.detail);
    if (head.seq != sim->snapshots[0].seq) sim->snapshots[1] = sim->snapshots[0];
    sim->snapshots[0].seq = head.seq;
    sim->snapshots[0].damaged = false;
    count_fault(sim, BM_SIM_SNAPSHOT_MADE);
}

/* Turns a few bits of the snapshot at `seq`; true when there is one. */
static bool damage_snapshot(struct bm_sim *sim, uint64_t seq) {
    char path[600];
    snprintf(path, sizeof path, "%s/snapshot-%" PRIu64, bm_sim_store_dir(), seq);
    FILE *file = fopen(path, "r+b");
    if (!file) return false;
    fseek(file, 0, SEEK_END);
    long len = ftell(file);
    if (bm_sim_chance(sim, 25)) {
        fclose(file);
        return truncate(path, (long)bm_sim_below(sim, (uint64_t)len)) == 0;
    }
    long at = (long)bm_sim_below(sim, (uint64_t)len);
    fseek(file, at, SEEK_SET);
    int byte = fgetc(file);
    fseek(file, at, SEEK_SET);
    fputc(byte ^ (1 << bm_sim_below(sim, 8)), file);
    fclose(file);
    return true;
}

/* Loads the newest; a sound one may not be passed over, a damaged one must be. */
static struct bm_core *load_from(struct bm_sim *sim, struct bm_reader *reader) {
    struct bm_fault fault;
    struct bm_core *core = NULL;
    struct bm_head head = {0};
    enum bm_code code = bm_snapshot_load(bm_sim_store_dir(), reader, &core, &head, &fault);
    if (code && code != BM_NOT_FOUND) bm_sim_wrong(sim, "looking for a snapshot: %s", fault.detail);
    uint64_t newest = sim->snapshots[0].damaged ? sim->snapshots[1].seq : sim->snapshots[0].seq;
    if (sim->snapshots[0].damaged && sim->snapshots[1].damaged) newest = 0;
    if (head.seq != newest) {
        bm_sim_wrong(sim, "the snapshot of row %" PRIu64 " was loaded and not that of row %" PRIu64,
                     head.seq, newest);
    }
    return core;
}

static struct bm_core *load_snapshot(struct bm_sim *sim) {
    struct bm_reader *reader;
    struct bm_fault fault;
    enum bm_code code = bm_reader_open(bm_sim_store_journal(sim), &reader, &fault);
    if (code) {
        bm_sim_wrong(sim, "no reader: %s", fault.detail);
        return NULL;
    }
    struct bm_core *core = load_from(sim, reader);
    if (core && bm_sim_chance(sim, 20) && damage_snapshot(sim, bm_core_seq(core))) {
        count_fault(sim, BM_SIM_SNAPSHOT_DAMAGED);
        sim->snapshots[bm_core_seq(core) == sim->snapshots[0].seq ? 0 : 1].damaged = true;
        bm_core_free(core);
        core = load_from(sim, reader);
    }
    bm_reader_close(reader);
    if (core) count_fault(sim, BM_SIM_SNAPSHOT_USED);
    return core;
}

/* --- restart
 * --------------------------------------------------------------------------------------------------
 */

static void open_quarantine(struct bm_sim *sim) {
    char path[600];
    struct bm_fault fault;
    snprintf(path, sizeof path, "%s/quarantine", bm_sim_store_dir());
    if (bm_quarantine_open(path, &sim->quarantine, &fault)) bm_sim_wrong(sim, "%s", fault.detail);
}

static void start(struct bm_sim *sim) {
    struct bm_fault fault;
    bm_sim_check_restart(sim);
    open_quarantine(sim);
    if (bm_sim_failed(sim)) return;
    struct bm_desk *desk = bm_desk_new(bm_sim_store_journal(sim), sim->quarantine);
    struct bm_core *core = bm_sim_chance(sim, 70) ? load_snapshot(sim) : NULL;
    bool hides = core && sim->lie == BM_SIM_TAIL_IGNORED && bm_core_seq(core) < sim->row_count;
    if (hides) bm_sim_store_hide_after(sim, bm_core_seq(core));
    if (core) bm_desk_take_core(desk, core);
    struct bm_desk_sink sink = bm_sim_check_sink(sim);
    sim->frame_count = sim->former_count = 0;
    enum bm_code code = bm_desk_replay(desk, &sink, &fault);
    if (hides) bm_sim_store_hide_after(sim, 0);
    sim->desk = desk;
    if (code) {
        bm_sim_wrong(sim, "the desk does not start: %s", fault.detail);
        return;
    }
    bm_desk_set_space(desk, sim->space);
    if (sim->shown_seq != sim->row_count) {
        bm_sim_wrong(sim, "after the restart the frames end at row %" PRIu64 ", the journal at %zu",
                     sim->shown_seq, sim->row_count);
    }
    bm_sim_check_tables(sim);
}

static void restart(struct bm_sim *sim, bool gently) {
    sim->tally->crashes += !gently;
    bm_sim_ask_doubt(sim);
    bm_desk_free(sim->desk);
    sim->desk = NULL;
    bm_quarantine_close(sim->quarantine);
    sim->quarantine = NULL;
    sim->time.started = false;
    sim->died = sim->dies_unanswered = false;
    bm_sim_store_restart(sim, gently);
    if (bm_sim_failed(sim)) return;
    uint64_t pick = bm_sim_below(sim, 100);
    int64_t down_ms = pick < 70 ? 50 + (int64_t)bm_sim_below(sim, 4000)
                                : (int64_t)bm_sim_below(sim, 2 * HOUR_MS);
    if (pick >= 90) {
        down_ms = (int64_t)bm_sim_below(sim, (uint64_t)(75 * day_ms));
        count_fault(sim, BM_SIM_DOWNTIME);
    }
    pass(sim, down_ms);
    if (bm_sim_chance(sim, 30))
        sim->mono_ns = (int64_t)bm_sim_below(sim, 1000000000); /* the machine, too */
    start(sim);
}

/* --- steps
 * ----------------------------------------------------------------------------------------------------
 */

static enum bm_code give_batch(struct bm_sim *sim) {
    struct bm_asked asked[64];
    struct bm_desk_sink sink = bm_sim_check_sink(sim);
    for (size_t i = 0; i < sim->batch_count; i++) {
        struct bm_sim_asked *of = &sim->asked[sim->batch[i].asked];
        if (!sim->batch[i].other_body && of->deaths_least < BM_QUARANTINE_CRASHES) of->deaths_least = 0;
        asked[i].command = bm_sim_ask_copy(sim, &sim->batch[i]);
        asked[i].ticket = &sim->batch[i];
    }
    bool mute = sim->lie == BM_SIM_RUNG_LOST && sim->batch_count == 0;
    if (mute) bm_desk_set_space(sim->desk, BM_SPACE_OUT);
    sim->tally->lies += mute;
    sim->frame_count = sim->former_count = 0;
    bm_sim_check_time(sim, wall_ms(sim));
    enum bm_code code = bm_desk_step(sim->desk, wall_ms(sim), sim->mono_ns, asked, sim->batch_count,
                                     &sink);
    if (mute) bm_desk_set_space(sim->desk, sim->space);
    for (size_t i = 0; i < sim->batch_count; i++) bm_command_release(&asked[i].command);
    return code;
}

/* One step of the desk with whatever was ordered for it; afterwards all must be well. */
static void step_desk(struct bm_sim *sim) {
    bm_sim_store_order(sim);
    sim->dies_unanswered = !sim->calm && bm_sim_chance(sim, sim->weather.crash / 2);
    sim->unanswered_after = bm_sim_below(sim, 2 * sim->batch_count + 1);
    sim->tally->steps++;
    sim->tally->commands += sim->batch_count;
    enum bm_code code = give_batch(sim);
    bool troubled = bm_sim_store_settle(sim);
    if (bm_sim_failed(sim)) return;
    if (code && !bm_sim_store_excuses(sim, code)) {
        bm_sim_wrong(sim, "a step ended with %s for no reason", bm_code_word(code));
        return;
    }
    if (sim->died) count_fault(sim, BM_SIM_UNANSWERED);
    if (code || sim->died || troubled) {
        restart(sim, false);
    } else {
        sim->dies_unanswered = false;
        bm_sim_check_step(sim);
    }
}

/* The process dies while one of the commands runs; rather one that it died of before. */
static bool die_in_a_command(struct bm_sim *sim) {
    if (sim->batch_count == 0 || !bm_sim_chance(sim, sim->weather.poison)) return false;
    const struct bm_sim_sent *poison = NULL;
    for (size_t i = 0; i < sim->batch_count; i++) {
        const struct bm_sim_sent *sent = &sim->batch[i];
        const struct bm_sim_asked *asked = &sim->asked[sent->asked];
        if (sent->other_body || !asked->command.has_request || asked->deaths_least >= BM_QUARANTINE_CRASHES) continue;
        if (!poison || asked->deaths > sim->asked[poison->asked].deaths) poison = sent;
    }
    if (!poison) return false;
    struct bm_sim_asked *asked = &sim->asked[poison->asked];
    if (!bm_quarantine_begin(sim->quarantine, asked->command.request + 16)) {
        if (asked->deaths < BM_QUARANTINE_CRASHES) bm_sim_wrong(sim, "a command is quarantined after %u deaths", asked->deaths);
        return false; /* it will be refused */
    }
    asked->deaths++;
    asked->deaths_least++;
    count_fault(sim, BM_SIM_POISONED);
    restart(sim, false);
    return true;
}

/* The process dies while a timer is fired; rather one that it died of before, as it starts again. */
static bool die_in_a_timer(struct bm_sim *sim) {
    struct bm_command timer;
    uint8_t digest[16];
    size_t asides;
    (void)bm_desk_asides(sim->desk, &asides);
    if (asides >= ASIDES_MOST || bm_desk_time_held(sim->desk) || !bm_desk_next_timer(sim->desk, sim->mono_ns, &timer)) return false;
    bool again = timer.kind == sim->died_of && timer.target == sim->died_of_target;
    if (!again && !sim->time.started) return false; /* who knows whether it is due */
    if (!bm_sim_chance(sim, again ? AGAIN : sim->weather.poison)) return false;
    bm_desk_guard_digest(&timer, digest);
    if (!bm_quarantine_begin(sim->quarantine, digest)) return false; /* it is set aside in the step that comes */
    sim->died_of = timer.kind;
    sim->died_of_target = timer.target;
    bm_sim_check_died(sim, &timer);
    count_fault(sim, BM_SIM_TIMER_POISONED);
    restart(sim, false);
    return true;
}

/* An administrator has a timer tried again. */
static void retry(struct bm_sim *sim, const struct bm_desk_aside *aside) {
    struct bm_command command = bm_command_make(BM_DO_TIMER_RETRY);
    command.actor.v = 1;
    command.target = aside->target;
    snprintf(command.timer_retry.what, sizeof command.timer_retry.what, "%s", bm_command_word(aside->command));
    bm_sim_ask(sim, command);
    count_fault(sim, BM_SIM_TIMER_RETRIED);
}

static void maybe_retry(struct bm_sim *sim) {
    size_t count;
    const struct bm_desk_aside *asides = bm_desk_asides(sim->desk, &count);
    if (count && bm_sim_chance(sim, RETRY)) retry(sim, &asides[bm_sim_below(sim, count)]);
}

static void one_step(struct bm_sim *sim) {
    sim->step++;
    pass(sim, draw_span(sim));
    maybe_jump(sim);
    maybe_space(sim);
    pass(sim, 0);
    maybe_retry(sim);
    bm_sim_ask_draw(sim);
    if (bm_sim_failed(sim)) return;
    if (!die_in_a_command(sim) && !die_in_a_timer(sim)) step_desk(sim);
    if (bm_sim_failed(sim)) return;
    maybe_snapshot(sim);
    if (bm_sim_chance(sim, 4)) bm_sim_check_tables(sim);
    if (!bm_sim_failed(sim) && bm_sim_chance(sim, sim->weather.crash)) {
        sim->batch_count = 0;
        count_fault(sim, BM_SIM_STOPPED);
        restart(sim, false);
    }
}

/* --- healing
 * ----------------------------------------------------------------------------------------------------
 */

static void step_calmly(struct bm_sim *sim) {
    sim->step++;
    bm_sim_ask_pick(sim, true);
    step_desk(sim);
}

/* What was not answered is asked again, and the administrator confirms the clock and has timers tried again. */
static void settle_down(struct bm_sim *sim) {
    sim->calm = true;
    sim->space = BM_SPACE_FINE;
    sim->wall_offset_ms = 0;
    bm_desk_set_space(sim->desk, BM_SPACE_FINE);
    for (int i = 0; i < 200 && !bm_sim_failed(sim); i++) {
        pass(sim, SECOND_MS);
        step_calmly(sim);
        if (bm_sim_failed(sim)) return;
        size_t asides;
        const struct bm_desk_aside *aside = bm_desk_asides(sim->desk, &asides);
        if (bm_desk_time_held(sim->desk)) {
            struct bm_command confirm = bm_command_make(BM_DO_TIME_CONFIRM);
            confirm.actor.v = 1;
            bm_sim_ask(sim, confirm);
        } else if (asides) {
            retry(sim, aside);
        } else if (sim->queue_count == 0 && bm_desk_next_due(sim->desk) > sim->mono_ns) {
            return;
        }
    }
    bm_sim_wrong(sim, "the desk does not come to rest");
}

/* Gives one command that must be accepted. */
static void must(struct bm_sim *sim, struct bm_command command) {
    command.has_request = true;
    for (int i = 0; i < BM_REQUEST_BYTES; i++) command.request[i] = (uint8_t)bm_rng_u64(&sim->rng);
    bm_sim_ask(sim, command);
    if (sim->queue_count >= 60) step_calmly(sim);
}

/* Steps until everything that was asked is answered: a desk that was started again on the way is asked again. */
static void all_answered(struct bm_sim *sim) {
    step_calmly(sim);
    for (int i = 0; i < 50 && sim->queue_count && !bm_sim_failed(sim); i++) step_calmly(sim);
}

static void end_assignment(struct bm_sim *sim, const struct bm_assignment *on) {
    bool active = on->state >= BM_AS_ASSIGNED && on->state <= BM_AS_AT_DESTINATION;
    struct bm_command command = bm_command_make(BM_DO_STATUS);
    command.actor.v = 4;
    command.target = on->id.v;
    command.status.from = on->state;
    command.status.to = active ? BM_AS_CLEARED : BM_AS_CANCELLED;
    snprintf(command.status.report_code, sizeof command.status.report_code, "handled");
    must(sim, command);
}

/* Asks to end everything of one table; returns how much there was. */
static size_t end_table(struct bm_sim *sim, enum bm_table_kind table) {
    size_t count = 0;
    uint64_t id = 0;
    while ((id = bm_core_next_id(bm_desk_core(sim->desk), table, id)) && !bm_sim_failed(sim)) {
        const struct bm_core *core = bm_desk_core(sim->desk); /* another one after a start in the middle */
        struct bm_command command;
        if (table == BM_T_ASSIGNMENT) {
            const struct bm_assignment *on = bm_core_get(core, table, id);
            if (on->state >= BM_AS_CLEARED) continue;
            end_assignment(sim, on);
        } else if (table == BM_T_CONTACT) {
            const struct bm_contact *contact = bm_core_get(core, table, id);
            if (contact->state == BM_CONTACT_ENDED || contact->state == BM_CONTACT_ABANDONED)
                continue;
            command = bm_command_make(BM_DO_CONTACT_END);
            command.actor.v = 4;
            command.target = id;
            command.contact_end.result = BM_RESULT_ADVICE;
            must(sim, command);
        } else {
            const struct bm_case *row = bm_core_get(core, table, id);
            if (row->state >= BM_CASE_CLOSED || !bm_case_is_incident(row)) continue;
            command = bm_command_make(BM_DO_CASE_CLOSE);
            command.actor.v = 4;
            command.target = id;
            command.case_close.outcome = BM_OUTCOME_SOLVED;
            command.has_if_match = true;
            command.if_match = row->version;
            must(sim, command);
        }
        count++;
    }
    all_answered(sim);
    return count;
}

/* Matters are ended from the last one on, for one does not end over those that were opened out of it; and again, for what is
 * overdue in one may open another as it ends. */
static size_t end_matters(struct bm_sim *sim) {
    size_t ends = 0, count = 1;
    for (int pass = 0; pass < 8 && count; pass++) {
        const struct bm_core *core = bm_desk_core(sim->desk);
        uint64_t *open = bm_alloc(bm_core_count(core, BM_T_MATTER) * sizeof *open + 1);
        count = 0;
        for (uint64_t id = 0; (id = bm_core_next_id(core, BM_T_MATTER, id));) {
            if (bm_matter_is_open(bm_core_get(core, BM_T_MATTER, id))) open[count++] = id;
        }
        for (size_t i = count; i-- > 0 && !bm_sim_failed(sim); ends++)
            must(sim, bm_demand_drop(bm_desk_core(sim->desk), open[i]));
        all_answered(sim);
        bm_free(open);
    }
    return ends;
}

/* Again, when a desk that was started in the middle has lost somebody's question, and they gave up. */
static size_t end_all_of(struct bm_sim *sim, enum bm_table_kind table) {
    size_t count = 0, more = 1;
    for (int pass = 0; pass < 8 && more && !bm_sim_failed(sim); pass++) count += more = end_table(sim, table);
    return count;
}

/* A desk that was started again after its clock was put back finds its record ahead of the clock once more, and holds all timers. */
static void confirm_again(struct bm_sim *sim) {
    if (!bm_sim_failed(sim) && bm_desk_time_held(sim->desk)) settle_down(sim);
}

static void close_everything(struct bm_sim *sim) {
    static const enum bm_table_kind order[] = {BM_T_ASSIGNMENT, BM_T_CONTACT, BM_T_CASE, BM_T_MATTER};
    for (int i = 0; i < 4 && !bm_sim_failed(sim); i++) {
        pass(sim, SECOND_MS);
        step_calmly(sim); /* what falls due in that second ends first, and is not asked to end again */
        uint64_t refused = sim->tally->refused;
        size_t count = order[i] == BM_T_MATTER ? end_matters(sim) : end_all_of(sim, order[i]);
        if (!bm_sim_failed(sim) && sim->tally->refused != refused) {
            bm_sim_wrong(
                sim, "after healing %" PRIu64 " of %zu commands that end a %s were refused, the last as %s",
                sim->tally->refused - refused, count, bm_word(&bm_table_kind_words, order[i]), sim->refusal);
        }
        confirm_again(sim);
    }
}

/* Two months later nothing is left in memory but the house and the stubs. */
static void let_time_pass(struct bm_sim *sim) {
    static const enum bm_table_kind gone[] = {BM_T_ASSIGNMENT, BM_T_CONTACT, BM_T_CASE, BM_T_CLOCK,
                                              BM_T_LINK, BM_T_MATTER, BM_T_PROMISE, BM_T_RATING};
    for (int i = 0; i < 8 && !bm_sim_failed(sim); i++) {
        pass(sim, 8 * day_ms);
        step_calmly(sim);
        confirm_again(sim);
    }
    for (size_t i = 0; i < sizeof gone / sizeof gone[0] && !bm_sim_failed(sim); i++) {
        size_t left = bm_core_count(bm_desk_core(sim->desk), gone[i]);
        if (!left) continue;
        bm_sim_wrong(sim, "after two quiet months %zu records of table %s are in memory", left,
                     bm_word(&bm_table_kind_words, gone[i]));
    }
}

/* And the desk takes new work. */
static void work_again(struct bm_sim *sim) {
    uint64_t accepted = sim->tally->accepted;
    struct bm_command duty = bm_command_make(BM_DO_UNIT_DUTY),
                      open = bm_command_make(BM_DO_CASE_OPEN);
    duty.actor.v = open.actor.v = 4;
    duty.target = 1;
    duty.unit_duty.duty = BM_DUTY_ON;
    snprintf(open.case_open.class_code, sizeof open.case_open.class_code, "fire");
    open.sealed[BM_DATA_NARRATIVE].key_id = 1;
    open.sealed[BM_DATA_IDENTITY].key_id = 2;
    must(sim, duty);
    must(sim, open);
    size_t opened = sim->asked_count - 1;
    step_calmly(sim);
    if (bm_sim_failed(sim)) return;
    struct bm_command assign = bm_command_make(BM_DO_ASSIGN);
    assign.actor.v = 4;
    assign.target = sim->asked[opened].made_id;
    assign.assign.units = (struct bm_ids){1, {1}};
    const struct bm_case *row = bm_core_get(bm_desk_core(sim->desk), BM_T_CASE, assign.target);
    assign.has_if_match = true;
    assign.if_match = row ? row->version : 0;
    must(sim, assign);
    step_calmly(sim);
    if (!bm_sim_failed(sim) && sim->tally->accepted != accepted + 3) {
        bm_sim_wrong(sim, "after healing the desk does not take new work");
    }
}

static void heal(struct bm_sim *sim) {
    settle_down(sim);
    if (!bm_sim_failed(sim)) close_everything(sim);
    if (!bm_sim_failed(sim)) bm_sim_check_tables(sim);
    if (!bm_sim_failed(sim)) let_time_pass(sim);
    if (!bm_sim_failed(sim)) work_again(sim);
    if (!bm_sim_failed(sim)) restart(sim, true);
}

/* --- the whole
 * -----------------------------------------------------------------------------------------------------
 */

static void end_digest(struct bm_sim *sim, struct bm_hash *ret_digest) {
    if (sim->desk && !bm_sim_failed(sim)) {
        struct bm_head head = bm_desk_head(sim->desk);
        struct bm_hash state = bm_desk_digest(sim->desk);
        bm_hash_add(&sim->digest, &head.seq, sizeof head.seq);
        bm_hash_add(&sim->digest, &head.hash, sizeof head.hash);
        bm_hash_add(&sim->digest, &state, sizeof state);
    }
    if (sim->desk) sim->tally->events += bm_desk_head(sim->desk).seq;
    bm_hash_end(&sim->digest, ret_digest->bytes, sizeof ret_digest->bytes);
}

bool bm_sim_run(uint64_t seed, bool sqlite, enum bm_sim_lie lie, struct bm_sim_tally *tally,
                struct bm_hash *ret_digest, char *ret_wrong) {
    struct bm_sim *sim = bm_alloc_zero(1, sizeof *sim);
    *sim = (struct bm_sim){.seed = seed,
                           .sqlite = sqlite,
                           .lie = lie,
                           .tally = tally,
                           .rng = {seed},
                           .true_ms = INT64_C(1790000000000),
                           .mono_ns = 5000000000};
    bm_hash_start(&sim->digest, BM_HASH_BYTES);
    sim->weather = draw_weather(sim);
    bm_sim_check_make(sim);
    bm_sim_store_make(sim);
    tally->runs++;
    if (!bm_sim_failed(sim)) open_quarantine(sim);
    if (!bm_sim_failed(sim)) sim->desk = bm_desk_new(bm_sim_store_journal(sim), sim->quarantine);
    sim->calm = true;
    if (!bm_sim_failed(sim)) {
        bm_sim_ask_house(sim);
        pass(sim, SECOND_MS);
        step_desk(sim);
    }
    sim->calm = false;
    while (sim->step < STEPS && !bm_sim_failed(sim)) one_step(sim);
    if (!bm_sim_failed(sim)) heal(sim);
    end_digest(sim, ret_digest);
    snprintf(ret_wrong, sizeof sim->wrong, "%s", sim->wrong);
    bm_desk_free(sim->desk);
    bm_quarantine_close(sim->quarantine);
    bm_sim_store_free(sim);
    bm_sim_ask_free(sim);
    bm_sim_check_free(sim);
    bm_free(sim);
    return !ret_wrong[0];
}
