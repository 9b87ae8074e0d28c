/* One run: a day of trouble at a furnished desk, then healing, then everything must have converged. */
#include "house_sim.h"

#include <inttypes.h>
#include <stdarg.h>

#include "base/alloc.h"
#include "base/check.h"
#include "sim/demand.h"

enum { TURNS = 60, SECOND_MS = 1000, MINUTE_MS = 60000, HOUR_MS = 3600000, HEALING_TURNS = 3000 };

#define HOUSE_WORD_ONLY(symbol, word) [symbol] = word,
const char *const house_lie_words[HOUSE_LIE_COUNT] = {BM_HOUSE_LIES(HOUSE_WORD_ONLY)};
const char *const house_fault_words[HOUSE_FAULT_COUNT] = {BM_HOUSE_FAULTS(HOUSE_WORD_ONLY)};

void house_wrong(struct house *house, const char *format, ...) {
    if (house_failed(house)) return;
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(house->wrong, sizeof house->wrong, format, arguments);
    va_end(arguments);
    if (len == 0) house->wrong[0] = '?';
}

/* Each seed has its own weather: some have one kind of trouble only, some none.  In percent of turns; net and below in a thousand
 * of a console's turns. */
static struct house_weather draw_weather(struct house *house) {
    static const unsigned crash[] = {0, 5, 10, 25}, disk_faults[] = {0, 0, 8, 20}, clock[] = {0, 0, 2, 6};
    static const unsigned repeat[] = {0, 5, 20, 50}, reset[] = {0, 0, 2, 10}, stall[] = {0, 0, 2, 10}, partners[] = {0, 20, 50, 90};
    static const int64_t delay_ms[] = {0, 5, 200, 3000};
#define DRAW(list) list[house_below(house, sizeof(list) / sizeof *(list))]
    return (struct house_weather){.crash = DRAW(crash),   .disk = DRAW(disk_faults), .clock = DRAW(clock),       .repeat = DRAW(repeat),
                                  .reset = DRAW(reset),   .stall = DRAW(stall),      .partners = DRAW(partners), .chop = house_chance(house, 30),
                                  .delay_ns = DRAW(delay_ms) * 1000000};
}

/* --- lives ---------------------------------------------------------------------------------------- */

static enum bm_disk_damage draw_damage(struct house *house) {
    static const enum house_fault faults[] = {HOUSE_POWER_DROP, HOUSE_POWER_PREFIX, HOUSE_POWER_SOME};
    enum bm_disk_damage damage = (enum bm_disk_damage)house_below(house, BM_DISK_DRAWN);
    house->tally->power_losses++;
    house_fault(house, faults[damage]);
    return damage;
}

static void forget_disk_faults(void) {
    struct bm_disk *disk = house_disk();
    bm_disk_crash_at(disk, 0, BM_DISK_DRAWN);
    for (int call = 0; call < BM_DISK_CALL_COUNT; call++) bm_disk_fail(disk, (enum bm_disk_call)call, 0, false);
    bm_disk_set_space(disk, UINT64_MAX);
}

static void pass_down_time(struct house *house) {
    int64_t ms = 100 + (int64_t)house_below(house, 5 * SECOND_MS);
    if (!house->calm && house_chance(house, 8)) {
        ms = (int64_t)house_below(house, 30 * HOUR_MS);
        house_fault(house, HOUSE_DOWN_LONG);
    }
    house->mono_ns += ms * 1000000;
}

/* Opens until it is open: each try may lose power, or meet a disk that still fails. */
static void start(struct house *house) {
    for (int attempt = 0; !house_failed(house); attempt++) {
        bool troubled = !house->calm && attempt < 3 && house_chance(house, house->weather.crash);
        if (attempt == 2) forget_disk_faults();
        if (troubled) bm_disk_crash_at(house_disk(), 1 + house_below(house, 120), (enum bm_disk_damage)house_below(house, BM_DISK_DRAWN));
        uint64_t crashes = bm_disk_crashes(house_disk());
        bool up = house_server_start(house);
        if (house_failed(house)) return;
        bool lost = bm_disk_crashes(house_disk()) > crashes;
        bm_disk_crash_at(house_disk(), 0, BM_DISK_DRAWN);
        if (lost) {
            house_fault(house, HOUSE_POWER_STARTING);
            house->tally->power_losses++;
        }
        if (up && !lost) return;
        if (attempt > 5) house_wrong(house, "the house does not open any more: %s", house->no_start);
        house_server_die(house, BM_DISK_KEEP_ALL);
        pass_down_time(house);
    }
}

static void after_start(struct house *house) {
    if (!house_failed(house)) house_check_rows(house);
}

static void die(struct house *house, enum bm_disk_damage damage) {
    house_server_die(house, damage);
    forget_disk_faults();
    pass_down_time(house);
    start(house);
    after_start(house);
}

static void restart_in_order(struct house *house) {
    house_fault(house, HOUSE_RESTARTED);
    house_server_stop(house);
    pass_down_time(house);
    start(house);
    after_start(house);
}

/* --- time ------------------------------------------------------------------------------------------ */

/* True when the process must end: it said so itself, or power went while it wrote. */
static bool is_over(struct house *house, uint64_t crashes) {
    return house->dies || bm_disk_crashes(house_disk()) > crashes;
}

static void slice_ends(void *context) {
    *(bool *)context = true;
}

/* Event by event, so that nothing happens any more in a process that has ended. */
static void run_slice(struct house *house, int64_t ns, uint64_t crashes) {
    bool over = false;
    struct bm_io_timer *end = bm_io_timer_new(house->life.io, slice_ends, &over);
    bm_io_timer_set(end, bm_io_mono_ns(house->life.io) + ns);
    while (!over && !is_over(house, crashes) && !house_failed(house)) {
        BM_CHECK(bm_io_sim_step(house->life.io));
        house_field_hear(house);
    }
    bm_io_timer_free(end);
}

/* Lets time pass in the house, with the consoles at work; restarts it when it ends. */
static void live_for(struct house *house, int64_t ms) {
    int64_t until_ns = bm_io_mono_ns(house->life.io) + ms * 1000000, most_ms = ms > 10 * MINUTE_MS ? MINUTE_MS : ms > MINUTE_MS ? 2 * SECOND_MS : 100;
    uint64_t crashes = bm_disk_crashes(house_disk());
    while (!house_failed(house) && bm_io_mono_ns(house->life.io) < until_ns) {
        int64_t left_ns = until_ns - bm_io_mono_ns(house->life.io), slice_ns = (int64_t)(1 + house_below(house, (uint64_t)most_ms)) * 1000000;
        house_clients_turn(house);
        house_field_turn(house);
        bm_disk_set_time(house_disk(), bm_io_wall_ms(house->life.io));
        run_slice(house, slice_ns < left_ns ? slice_ns : left_ns, crashes);
        if (!is_over(house, crashes)) continue;
        die(house, BM_DISK_KEEP_ALL); /* power has gone already, or the process ends by itself */
        return;
    }
}

static int64_t draw_span(struct house *house) {
    uint64_t pick = house_below(house, 100);
    if (pick < 70) return 1 + (int64_t)house_below(house, 3 * SECOND_MS);
    if (pick < 92) return 1 + (int64_t)house_below(house, 40 * SECOND_MS);
    if (pick < 98) return 1 + (int64_t)house_below(house, 20 * MINUTE_MS);
    return 1 + (int64_t)house_below(house, 5 * HOUR_MS);
}

/* --- trouble ------------------------------------------------------------------------------------------ */

static void maybe_jump(struct house *house) {
    if (!house_chance(house, house->weather.clock)) return;
    bool far = house_chance(house, 40), forward = house_chance(house, 50);
    int64_t ms = 1 + (int64_t)house_below(house, far ? 40u * 24 * HOUR_MS : 20u * SECOND_MS);
    bm_io_sim_jump_wall(house->life.io, forward ? ms : -ms);
    house_fault(house, forward ? HOUSE_CLOCK_FORWARD : HOUSE_CLOCK_BACK);
}

static void maybe_disk(struct house *house) {
    static const enum house_fault faults[] = {HOUSE_WRITE_ERROR, HOUSE_SYNC_ERROR, HOUSE_READ_ERROR, HOUSE_DISK_FULL};
    struct bm_disk *disk = house_disk();
    if (!house_chance(house, house->weather.disk)) {
        if (house_chance(house, 50)) bm_disk_set_space(disk, UINT64_MAX);
        return;
    }
    enum house_fault fault = faults[house_below(house, 4)];
    bool lasting = house_chance(house, 20);
    house_fault(house, fault);
    if (fault == HOUSE_WRITE_ERROR) bm_disk_fail(disk, BM_DISK_WRITE, 1 + house_below(house, 60), lasting);
    if (fault == HOUSE_SYNC_ERROR) bm_disk_fail(disk, BM_DISK_SYNC, 1 + house_below(house, 8), lasting);
    if (fault == HOUSE_READ_ERROR) bm_disk_fail(disk, BM_DISK_READ, 1 + house_below(house, 200), false);
    if (fault == HOUSE_DISK_FULL) bm_disk_set_space(disk, bm_disk_used(disk) + house_below(house, 100000));
}

/* Now, or at some write of the time that comes. */
static void maybe_crash(struct house *house) {
    if (!house_chance(house, house->weather.crash)) return;
    bool kill = house_chance(house, 40), now = house_chance(house, 40);
    if (house_chance(house, 15)) {
        restart_in_order(house);
    } else if (now) {
        enum bm_disk_damage damage = kill ? BM_DISK_KEEP_ALL : draw_damage(house);
        if (kill) house_fault(house, HOUSE_KILLED), house->tally->kills++;
        die(house, damage);
    } else {
        enum bm_disk_damage damage = kill ? BM_DISK_KEEP_ALL : draw_damage(house);
        if (kill) house_fault(house, HOUSE_KILLED_WRITING), house->tally->kills++;
        bm_disk_crash_at(house_disk(), 1 + house_below(house, 80), damage);
    }
}

/* Whether it could be meant: by somebody whose roles allow it, about something that is there. */
static bool could_be(const struct bm_core *core, const struct bm_command *command) {
    const struct bm_operator *actor = bm_core_get(core, BM_T_OPERATOR, command->actor.v);
    if (!actor || !(actor->roles & bm_command_roles(command->kind))) return false;
    if (command->kind == BM_DO_STATUS || command->kind == BM_DO_SWAP) return bm_core_get(core, BM_T_ASSIGNMENT, command->target);
    if (command->kind == BM_DO_MATTER_ACT) return bm_core_get(core, BM_T_MATTER, command->target);
    return true;
}

/* Mostly sensible: over the network each costs more than at the heart alone. */
static struct bm_command draw_command(struct house *house) {
    const struct bm_core *core = bm_desk_core(house->life.desk);
    for (int tries = 0;; tries++) {
        struct bm_command command = bm_demand_draw(&house->rng, core, bm_core_at_ms(core));
        if (tries == 8 || could_be(core, &command) || house_chance(house, 10)) return command;
        bm_command_release(&command);
    }
}

/* Somebody at the desk answers a crew's call for help. */
static void answer_help(struct house *house) {
    const struct bm_core *core = bm_desk_core(house->life.desk);
    for (uint64_t id = 0; (id = bm_core_next_id(core, BM_T_DURESS, id));) {
        const struct bm_duress *duress = bm_core_get(core, BM_T_DURESS, id);
        if (duress->acknowledged_at_ms != BM_AT_NONE || !house_chance(house, 20)) continue;
        struct bm_command command = bm_command_make(BM_DO_DURESS_ACKNOWLEDGE);
        struct house_asked asked;
        command.actor.v = 4;
        command.target = id;
        if (house_words(house, &command, &asked)) house_clients_ask(house, asked);
    }
}

static void ask_new(struct house *house) {
    uint64_t count = house_below(house, house_chance(house, 10) ? 30 : 7);
    for (uint64_t i = 0; i < count; i++) {
        struct bm_command command = draw_command(house);
        struct house_asked asked;
        if (house_words(house, &command, &asked)) house_clients_ask(house, asked);
        bm_command_release(&command);
    }
    answer_help(house);
    if (!bm_desk_time_held(house->life.desk) || !house_chance(house, house->calm ? 100 : 10)) return;
    struct bm_command confirm = bm_command_make(BM_DO_TIME_CONFIRM);
    struct house_asked asked;
    confirm.actor.v = 1;
    if (house_words(house, &confirm, &asked)) house_clients_ask(house, asked);
}

static void one_turn(struct house *house) {
    maybe_jump(house);
    maybe_disk(house);
    maybe_crash(house);
    if (house_failed(house)) return;
    ask_new(house);
    live_for(house, draw_span(house));
}

/* --- healing -------------------------------------------------------------------------------------------- */

static bool is_quiet(struct house *house) {
    struct bm_outbox_counts counts = bm_outbox_counts(house->life.outbox);
    return house_clients_idle(house) && house_field_idle(house) && !counts.in_flight && counts.cursor == bm_journal_head(house->life.journal).seq &&
           house_world_answer_ns() == INT64_MAX;
}

/* Whatever was asked is answered, the clock is confirmed, streams have caught up, and partners were told. */
static void settle(struct house *house) {
    for (int turn = 0; turn < HEALING_TURNS && !house_failed(house); turn++) {
        bool held = bm_desk_time_held(house->life.desk);
        if (held && turn % 20 == 0) {
            struct bm_command confirm = bm_command_make(BM_DO_TIME_CONFIRM);
            struct house_asked asked;
            confirm.actor.v = 1;
            if (house_words(house, &confirm, &asked)) house_clients_ask(house, asked);
        }
        live_for(house, 500);
        if (!held && is_quiet(house)) return;
    }
    for (size_t i = 0; i < house->asked_count; i++) {
        const struct house_asked *asked = &house->asked[i];
        if (!asked->waiting && !asked->in_doubt && (asked->accepted || asked->refused)) continue;
        house_wrong(house, "%s %s is not answered after healing (%d)", asked->method, asked->path, asked->status);
    }
    house_wrong(house, "the house does not come to rest: %s", !house_clients_idle(house) ? "its consoles" : house_field_idle(house) ? "its outbox" : "its terminals");
}

static void heal(struct house *house) {
    forget_disk_faults();
    bm_disk_crash_at(house_disk(), 0, BM_DISK_DRAWN);
    house->calm = true;
    house->weather = (struct house_weather){0};
    restart_in_order(house); /* the network is mended, too */
    if (house_failed(house)) return;
    settle(house);
    /* What waits for partners who failed is tried within hours. */
    for (int hour = 0; hour < 30 && !house_failed(house) && bm_outbox_counts(house->life.outbox).waiting; hour++) live_for(house, HOUR_MS);
    if (!house_failed(house)) settle(house);
    if (!house_failed(house)) house_clients_compare(house);
    if (!house_failed(house)) live_for(house, 5 * SECOND_MS);
    if (!house_failed(house)) house_check_end(house);
}

/* The tables are what a replay makes of the record; and it opens once more. */
static void close_and_compare(struct house *house) {
    uint64_t rows, differing;
    struct bm_fault fault;
    house_server_stop(house);
    enum bm_code code = bm_journal_rebuild(house_dir(), false, &rows, &differing, &fault);
    if (code) house_wrong(house, "the tables cannot be compared with the record: %s", fault.detail);
    if (!code && differing) house_wrong(house, "%" PRIu64 " rows of the tables are not what the record says", differing);
    struct bm_verify verify;
    if (bm_journal_verify(house_dir(), NULL, &verify, &fault)) house_wrong(house, "the record is not sound: %s", verify.problems[0].text);
    house->tally->events += verify.head.seq;
    bm_hash_add(&house->digest, &verify.head.hash, sizeof verify.head.hash);
}

/* --- the whole ------------------------------------------------------------------------------------------- */

bool house_run(uint64_t seed, enum house_lie lie, struct house_tally *tally, struct bm_hash *ret_digest, char *ret_wrong) {
    struct house *house = bm_alloc_zero(1, sizeof *house);
    *house = (struct house){.seed = seed, .lie = lie, .tally = tally, .rng = {seed}, .mono_ns = INT64_C(7200000000000),
                            .wall_ahead_ns = INT64_C(1790000000000000000)};
    bm_hash_start(&house->digest, BM_HASH_BYTES);
    tally->runs++;
    house->weather = draw_weather(house);
    house->rungs = rungs_make();
    house_clients_make(house);
    house_field_make(house);
    house_server_make(house);
    house_world_enter(house);
    house->calm = true;
    start(house);
    house->calm = false;
    if (!house_failed(house)) house->furnished_seq = house->told_seq = bm_journal_head(house->life.journal).seq;
    for (int turn = 0; turn < TURNS && !house_failed(house); turn++) one_turn(house);
    if (!house_failed(house)) heal(house);
    if (house_failed(house)) {
        forget_disk_faults();
        tally->events += house->life.journal ? bm_journal_head(house->life.journal).seq : house->told_seq;
        if (house->life.io) house_server_die(house, BM_DISK_KEEP_ALL);
    } else {
        close_and_compare(house);
    }
    bm_hash_end(&house->digest, ret_digest->bytes, sizeof ret_digest->bytes);
    snprintf(ret_wrong, sizeof house->wrong, "%s", house->wrong);
    house_world_leave();
    house_clients_free(house);
    house_field_free(house);
    rungs_free(&house->rungs);
    bm_map_free(&house->by_key);
    bm_map_free(&house->partner);
    bm_free(house);
    return !ret_wrong[0];
}
