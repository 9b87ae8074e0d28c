/* Every night is New Year's Eve: the desk under virtual time, its memory at the end of each day.
 *
 *   CALLS=6500  calls a day: a busy city's ordinary day (London's ambulances, about 5,000) and 30 % more, for New Year's Eve
 *   DAYS=30     days that are measured, after those in which nothing is old enough to leave memory
 *   SEED=1      which calls; a run prints what repeats it
 *
 * Without them a small share of it runs.  A call rings and is answered or given up, becomes an incident or is attached to one,
 * is looked at, units go, arrive, write, clear, the case is closed; shifts change, crews call for help, roads are closed, notes
 * are left, matters are opened and ended.  Nothing is written to a disk: a journal that keeps only its head stands behind, for
 * what a record on disk costs is no memory.  Live memory (malloc's own figure) may grow by less than 1 % a day, and no list of
 * the core but that of stubs (what is left of each closed case) may grow at all. */
#include "../property/small_world.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "core/limits.h"
#include "desk/desk.h"
#include "journal/journal_table.h"

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define COUNTED_BY_SANITIZER 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define COUNTED_BY_SANITIZER 1
#endif
#ifdef COUNTED_BY_SANITIZER
size_t __sanitizer_get_current_allocated_bytes(void);
static size_t live_bytes(void) {
    return __sanitizer_get_current_allocated_bytes();
}
#else
static size_t live_bytes(void) {
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}
#endif

/* Operators of the house (sim/demand.h). */
enum { DESK = 0, TAKER = 2, DISPATCHER = 3, HEAD = 4, CREW = 6 };
enum { STUB_BYTES = 256 }; /* with its slot, and the share of its page */
enum { MINUTE_MS = 60000, DAY_MIN = 24 * 60, WARM_DAYS = 33, TEXT_BYTES = 240 };

static int64_t option(const char *name, int64_t otherwise) {
    const char *value = getenv(name);
    return value ? strtoll(value, NULL, 10) : otherwise;
}

/* --- a journal that keeps its head ------------------------------------------------------------- */

static void close_head(struct bm_journal *journal) {
    bm_free(journal);
}

static enum bm_append append_head(struct bm_journal *journal, const struct bm_batch *batch, const struct bm_head *expected,
                                  struct bm_head *ret_head) {
    (void)journal;
    *ret_head = (struct bm_head){.seq = expected->seq + batch->event_count};
    return BM_APPEND_COMMITTED;
}

static const struct bm_journal_functions head_only = {.close = close_head, .append = append_head};

/* --- what goes on ----------------------------------------------------------------------------- */

enum stage { RINGS, SPEAKS, OPENS, LOOKS, SENDS, ACKNOWLEDGES, DRIVES, ARRIVES, WRITES, CLEARS, CLOSES, GIVES_UP, JOINS, DROPS, OVER };

struct call {
    int64_t at_min;
    enum stage stage;
    uint64_t contact, on_case, assignment;
    uint64_t number; /* says what becomes of it, so that every day has as many of each sort */
};

struct month {
    struct bm_desk *desk;
    struct bm_rng rng;
    int64_t minute; /* since the first */
    struct call *calls;
    size_t call_count, call_cap;
    struct bm_asked asked[BM_DESK_STEP_MAX];
    size_t of_call[BM_DESK_STEP_MAX]; /* which call asked; SIZE_MAX: none */
    size_t count;
    uint64_t rang, keys, asked_total, refused, refused_by[BM_CODE_COUNT];
    uint64_t note, duress, newest_case;
    bool taken[4096]; /* units that were just sent */
    unsigned units;
};

static void on_reply(void *context, void *ticket, const struct bm_reply *reply) {
    struct month *month = context;
    size_t place = (size_t)((struct bm_asked *)ticket - month->asked);
    size_t of = month->of_call[place];
    enum bm_command_kind kind = month->asked[place].command.kind;
    month->asked_total++;
    if (reply->code) {
        month->refused++;
        month->refused_by[reply->code]++;
        if (getenv("VERBOSE")) printf("%s: %s\n", bm_command_word(kind), reply->fault->detail);
    } else if (kind == BM_DO_CONTACT_RECEIVE) {
        month->calls[of].contact = reply->made_id;
    } else if (kind == BM_DO_CASE_OPEN || kind == BM_DO_MATTER_OPEN) {
        month->calls[of].on_case = reply->made_id;
        if (kind == BM_DO_CASE_OPEN) month->newest_case = reply->made_id;
    } else if (kind == BM_DO_HANDOVER_LEAVE) {
        month->note = reply->made_id;
    } else if (kind == BM_DO_DURESS) {
        month->duress = reply->made_id;
    }
}

static int64_t now_ms(const struct month *month) {
    return NOW - NOW % ((int64_t)DAY_MIN * MINUTE_MS) + month->minute * MINUTE_MS;
}

/* Gives the desk what was asked this minute, and the minute's timers. */
static void step(struct month *month) {
    struct bm_desk_sink sink = {on_reply, NULL, month};
    for (size_t i = 0; i < month->count; i++) month->asked[i].ticket = &month->asked[i];
    assert_int_equal(bm_desk_step(month->desk, now_ms(month), now_ms(month) * 1000000, month->asked, month->count, &sink), BM_OK);
    for (size_t i = 0; i < month->count; i++) bm_command_release(&month->asked[i].command);
    month->count = 0;
    memset(month->taken, 0, sizeof month->taken);
}

static struct bm_command *put(struct month *month, enum bm_command_kind kind, uint64_t actor, uint64_t target, size_t call) {
    if (month->count == BM_DESK_STEP_MAX) step(month);
    month->of_call[month->count] = call;
    struct bm_command *command = &month->asked[month->count++].command;
    *command = ask(kind, actor, target);
    command->has_request = true;
    uint64_t key = ++month->keys;
    bm_hash_of(&key, sizeof key, command->request, BM_REQUEST_BYTES);
    const struct bm_case *row = bm_core_get(bm_desk_core(month->desk), BM_T_CASE, target);
    command->has_if_match = row != NULL && kind != BM_DO_LOOK;
    if (row) command->if_match = row->version;
    return command;
}

static void seal(struct month *month, struct bm_command *command, enum bm_data_class data_class, uint64_t key) {
    uint8_t bytes[TEXT_BYTES] = {0};
    memcpy(bytes, &month->keys, sizeof month->keys);
    command->sealed[data_class].key_id = key;
    command->sealed[data_class].value = bm_bytes_copy(bytes, sizeof bytes);
}

static void seal_new(struct month *month, struct bm_command *command) {
    seal(month, command, BM_DATA_NARRATIVE, 2 * month->keys);
    seal(month, command, BM_DATA_IDENTITY, 2 * month->keys + 1);
    if (command->kind == BM_DO_DURESS_ACKNOWLEDGE || command->kind == BM_DO_HANDOVER_LEAVE) bm_bytes_free(&command->sealed[BM_DATA_IDENTITY].value);
}

static uint64_t free_unit(struct month *month) {
    const struct bm_core *core = bm_desk_core(month->desk);
    uint64_t from = bm_rng_below(&month->rng, month->units);
    for (unsigned i = 0; i < month->units; i++) {
        uint64_t id = 1 + (from + i) % month->units;
        const struct bm_unit *unit = bm_core_get(core, BM_T_UNIT, id);
        if (!unit->assignment.v && !unit->waiting_count && unit->duty == BM_DUTY_ON && !month->taken[id]) {
            month->taken[id] = true;
            return id;
        }
    }
    return 0;
}

static uint64_t assignment_on(const struct bm_core *core, uint64_t case_id) {
    for (uint64_t id = 0; (id = bm_core_next_id(core, BM_T_UNIT, id));) {
        const struct bm_unit *unit = bm_core_get(core, BM_T_UNIT, id);
        if (unit->on_case.v == case_id) return unit->assignment.v;
    }
    return 0;
}

static void report(struct month *month, const struct call *call, size_t of, enum bm_assignment_state to) {
    const struct bm_assignment *row = bm_core_get(bm_desk_core(month->desk), BM_T_ASSIGNMENT, call->assignment);
    if (!row) return;
    struct bm_command *command = put(month, BM_DO_STATUS, DISPATCHER, call->assignment, of);
    command->has_if_match = false;
    command->status.from = row->state;
    command->status.to = (uint8_t)to;
    if (to == BM_AS_CLEARED) TEXT(command->status.report_code, "handled");
}

/* One step of a call; when it goes on, and as what. */
static void go_on(struct month *month, size_t of) {
    static const char *const classes[] = {"fire", "theft", "help"};
    struct call *call = &month->calls[of];
    const struct bm_core *core = bm_desk_core(month->desk);
    struct bm_command *command;
    int64_t wait = 1 + (int64_t)bm_rng_below(&month->rng, 3);
    enum stage next = call->stage + 1;
    switch (call->stage) {
    case RINGS:
        command = put(month, BM_DO_CONTACT_RECEIVE, TAKER, 0, of);
        command->contact_receive.channel = BM_CHANNEL_CALL;
        seal_new(month, command);
        if (call->number % 12 == 0) next = GIVES_UP;
        break;
    case SPEAKS:
        put(month, BM_DO_CONTACT_ANSWER, TAKER, call->contact, of);
        if (month->newest_case && call->number % 8 == 3) next = JOINS;
        break;
    case OPENS:
        if (call->number % 20 == 7) {
            command = put(month, BM_DO_MATTER_OPEN, TAKER, 0, of);
            TEXT(command->matter_open.procedure, "errand");
            seal_new(month, command);
            next = DROPS;
            wait = 200;
            break;
        }
        command = put(month, BM_DO_CASE_OPEN, TAKER, 0, of);
        TEXT(command->case_open.class_code, classes[bm_rng_below(&month->rng, 3)]);
        command->case_open.contact.v = call->contact;
        command->case_open.lat_e7 = 399000000;
        command->case_open.lon_e7 = 1164000000;
        seal_new(month, command);
        break;
    case LOOKS:
        put(month, BM_DO_LOOK, DISPATCHER, call->on_case, of)->look.scope = BM_LOOK_CASE;
        put(month, BM_DO_CONTACT_END, TAKER, call->contact, of)->contact_end.result = BM_RESULT_CASE;
        break;
    case SENDS: {
        uint64_t unit = free_unit(month);
        if (!unit) {
            next = SENDS;
            wait = 2;
            break;
        }
        put(month, BM_DO_ASSIGN, DISPATCHER, call->on_case, of)->assign.units = (struct bm_ids){1, {unit}};
        break;
    }
    case ACKNOWLEDGES:
        call->assignment = assignment_on(core, call->on_case);
        report(month, call, of, BM_AS_ACKNOWLEDGED);
        break;
    case DRIVES:
        report(month, call, of, BM_AS_EN_ROUTE);
        wait = 5 + (int64_t)bm_rng_below(&month->rng, 10);
        break;
    case ARRIVES:
        report(month, call, of, BM_AS_ON_SCENE);
        wait = 5 + (int64_t)bm_rng_below(&month->rng, 30);
        break;
    case WRITES: {
        const struct bm_case *row = bm_core_get(core, BM_T_CASE, call->on_case);
        command = put(month, BM_DO_ENTRY, DISPATCHER, call->on_case, of);
        seal(month, command, BM_DATA_NARRATIVE, row ? row->narrative_key.v : 1);
        break;
    }
    case CLEARS:
        report(month, call, of, BM_AS_CLEARED);
        break;
    case CLOSES:
        put(month, BM_DO_CASE_CLOSE, DISPATCHER, call->on_case, of)->case_close.outcome = BM_OUTCOME_SOLVED;
        next = OVER;
        break;
    case GIVES_UP:
        put(month, BM_DO_CONTACT_ABANDON, TAKER, call->contact, of);
        next = OVER;
        break;
    case JOINS: {
        const struct bm_case *row = bm_core_get(core, BM_T_CASE, month->newest_case);
        if (row && row->closed_at_ms == BM_AT_NONE && row->contact_count < 50 && !bm_core_get(core, BM_T_MATTER, row->id.v)) {
            command = put(month, BM_DO_CONTACT_ATTACH, TAKER, call->contact, of);
            command->contact_attach.on_case.v = month->newest_case;
        }
        put(month, BM_DO_CONTACT_END, TAKER, call->contact, of)->contact_end.result = BM_RESULT_CASE;
        next = OVER;
        break;
    }
    case DROPS:
        put(month, BM_DO_CONTACT_END, TAKER, call->contact, of)->contact_end.result = BM_RESULT_ADVICE;
        bm_command_release(&put(month, BM_DO_LOOK, HEAD, call->on_case, of)[0]);
        month->asked[month->count - 1].command = bm_demand_drop(core, call->on_case);
        next = OVER;
        break;
    case OVER:
        return;
    }
    call = &month->calls[of];
    call->stage = next;
    call->at_min = month->minute + wait;
}

/* The house itself: three shifts, notes between them, crews that call for help, roads that are closed for hours. */
static void around_the_house(struct month *month) {
    int64_t minute = month->minute % DAY_MIN;
    const struct bm_core *core = bm_desk_core(month->desk);
    if (minute % 480 == 0) {
        struct bm_command *command = put(month, BM_DO_HANDOVER_LEAVE, DISPATCHER, 0, SIZE_MAX);
        TEXT(command->handover_leave.shift, "night");
        seal_new(month, command);
        for (uint64_t unit = 1; unit <= month->units; unit += 7) {
            const struct bm_unit *row = bm_core_get(core, BM_T_UNIT, unit);
            if (row->assignment.v) continue;
            put(month, BM_DO_UNIT_DUTY, HEAD, unit, SIZE_MAX)->unit_duty.duty = BM_DUTY_OFF;
        }
        put(month, BM_DO_DESK_POSITION_LOG_OFF, TAKER, 1, SIZE_MAX);
    }
    if (minute % 480 == 2) {
        if (month->note) put(month, BM_DO_HANDOVER_TAKE, HEAD, month->note, SIZE_MAX);
        for (uint64_t unit = 1; unit <= month->units; unit += 7)
            put(month, BM_DO_UNIT_DUTY, HEAD, unit, SIZE_MAX)->unit_duty.duty = BM_DUTY_ON;
        put(month, BM_DO_DESK_POSITION_LOG_ON, TAKER, 1, SIZE_MAX);
    }
    if (minute % 240 == 30) {
        struct bm_command *command = put(month, BM_DO_ROAD_CLOSE, DISPATCHER, 0, SIZE_MAX);
        TEXT(command->road_close.name, "fireworks");
        command->road_close.form = BM_FORM_LINE;
        command->road_close.points = (struct bm_points){2, {399000000, 1164000000, 399010000, 1164010000}};
        command->road_close.until_at_ms = now_ms(month) + INT64_C(3) * 3600000;
        command->road_close.jurisdiction.v = 1;
    }
    if (minute % 60 == 17) put(month, BM_DO_DURESS, CREW, 0, SIZE_MAX);
    if (minute % 60 == 18 && month->duress) seal_new(month, put(month, BM_DO_DURESS_ACKNOWLEDGE, DISPATCHER, month->duress, SIZE_MAX));
}

static void one_minute(struct month *month, unsigned calls_a_day) {
    /* Shares of a day's calls, hour by hour, in thousandths: the night of the first of January. */
    static const unsigned share[24] = {110, 105, 95, 80, 60, 40, 25, 18, 16, 18, 20, 22, 24, 25, 26, 27, 28, 30, 33, 36, 38, 40, 42, 42};
    unsigned hour = (unsigned)(month->minute % DAY_MIN / 60);
    uint64_t thousandths = (uint64_t)calls_a_day * share[hour];
    uint64_t now = thousandths * (uint64_t)(month->minute % 60 + 1) / 60 / 1000 - thousandths * (uint64_t)(month->minute % 60) / 60 / 1000;
    for (uint64_t i = 0; i < now; i++) {
        if (month->call_count == month->call_cap) {
            month->call_cap = month->call_cap ? 2 * month->call_cap : 64;
            month->calls = bm_realloc(month->calls, month->call_cap * sizeof *month->calls);
        }
        month->calls[month->call_count++] = (struct call){.at_min = month->minute, .stage = RINGS, .number = ++month->rang};
    }
    around_the_house(month);
    for (size_t i = 0; i < month->call_count; i++) {
        if (month->calls[i].at_min <= month->minute) go_on(month, i);
    }
    step(month);
    size_t kept = 0;
    for (size_t i = 0; i < month->call_count; i++) {
        if (month->calls[i].stage != OVER) month->calls[kept++] = month->calls[i];
    }
    month->call_count = kept;
    month->minute++;
}

static long resident_kb(void) {
    char line[128];
    long kb = 0;
    FILE *status = fopen("/proc/self/status", "r");
    assert_non_null(status);
    while (fgets(line, sizeof line, status)) {
        if (strncmp(line, "VmRSS:", 6) == 0) kb = strtol(line + 6, NULL, 10);
    }
    fclose(status);
    return kb;
}

static void set_up(struct month *month) {
    size_t count;
    struct bm_command *house = bm_alloc((32 + 2 * (size_t)month->units) * sizeof *house);
    count = bm_demand_house(house, month->units);
    for (size_t i = 0; i < count; i++) {
        if (month->count == BM_DESK_STEP_MAX) step(month);
        month->of_call[month->count] = SIZE_MAX;
        month->asked[month->count++].command = house[i];
    }
    bm_free(house);
    step(month);
    struct bm_command *command = put(month, BM_DO_DESK_POSITION_SET, DESK, 0, SIZE_MAX);
    TEXT(command->desk_position_set.code, "1");
    TEXT(command->desk_position_set.name, "one");
    command->desk_position_set.jurisdiction.v = 1;
    step(month);
    assert_int_equal(month->refused, 0);
}

static void memory_is_flat_when_every_night_is_new_years_eve(void **state) {
    (void)state;
    static struct month month;
    bool at_length = getenv("DAYS") != NULL;
    int64_t days = option("DAYS", 3), calls = option("CALLS", at_length ? 6500 : 40), seed = option("SEED", 1);
    struct bm_journal *journal = bm_alloc_zero(1, sizeof *journal);
    journal->functions = &head_only;
    month = (struct month){.desk = bm_desk_new(journal, NULL), .rng = {(uint64_t)seed},
                           .units = (unsigned)(calls < 100 ? 16 : calls / 8)};
    assert_true(month.units < 4096);
    set_up(&month);
    printf("repeat: DAYS=%lld CALLS=%lld SEED=%lld (with %d days before, until what is old leaves memory)\n", (long long)days,
           (long long)calls, (long long)seed, WARM_DAYS);
    puts("  day     events      cases   contacts     stubs   requests     live kB  growth %  resident kB");
    size_t first[BM_table_kind_COUNT] = {0}, before = 0, at_first = 0;
    time_t began = time(NULL);
    double worst = 0;
    for (int64_t day = 1; day <= WARM_DAYS + days; day++) {
        for (int minute = 0; minute < DAY_MIN; minute++) one_minute(&month, (unsigned)calls);
        const struct bm_core *core = bm_desk_core(month.desk);
        size_t live = live_bytes();
        double growth = before ? 100.0 * ((double)live - (double)before) / (double)before : 0;
        if (day >= WARM_DAYS || day % 10 == 0) {
            printf("  %3lld %10llu %10zu %10zu %9zu %10zu %11zu  %8.2f  %11ld\n", (long long)day, (unsigned long long)bm_core_seq(core),
                   bm_core_count(core, BM_T_CASE), bm_core_count(core, BM_T_CONTACT), bm_core_count(core, BM_T_STUB),
                   bm_core_count(core, BM_T_REQUEST), live / 1024, growth, resident_kb());
            fflush(stdout);
        }
        if (day == WARM_DAYS) {
            at_first = live;
            for (int t = 0; t < BM_table_kind_COUNT; t++) first[t] = bm_core_count(core, (enum bm_table_kind)t);
        }
        if (day > WARM_DAYS && growth > worst) worst = growth;
        before = live;
    }
    const struct bm_core *core = bm_desk_core(month.desk);
    assert_false(bm_desk_timers_stuck(month.desk));
    const char *wrong = bm_core_check(core);
    if (wrong) fail_msg("%s", wrong);
    assert_true(bm_core_count(core, BM_T_STUB) > first[BM_T_STUB]); /* cases did leave */
    for (int t = 0; t < BM_table_kind_COUNT; t++) {
        size_t last = bm_core_count(core, (enum bm_table_kind)t);
        if (t == BM_T_STUB || t == BM_T_PLACE) continue; /* places: road closures, below */
        /* Calls that are on their way at midnight differ from day to day. */
        if (last > first[t] + first[t] / 50 + 30)
            fail_msg("%s: %zu records after the first measured day, %zu after the last", bm_table_shape((enum bm_table_kind)t)->name, first[t],
                     last);
    }
    /* What is refused is a race that the script loses now and then, and not what it does. */
    if (month.refused * 50 > month.asked_total) {
        for (int c = 0; c < BM_CODE_COUNT; c++) {
            if (month.refused_by[c]) printf("  refused %s: %llu\n", bm_code_word((enum bm_code)c), (unsigned long long)month.refused_by[c]);
        }
        fail_msg("%llu of %llu commands were refused", (unsigned long long)month.refused, (unsigned long long)month.asked_total);
    }
    printf("torture: month days=%lld calls_a_day=%lld events=%llu live_kb_first=%zu live_kb_last=%zu worst_growth_percent=%.2f seconds=%lld\n",
           (long long)days, (long long)calls, (unsigned long long)bm_core_seq(core), at_first / 1024, before / 1024, worst,
           (long long)(time(NULL) - began));
    assert_true(before < at_first + at_first / 100 * (size_t)days);
    if (calls >= 1000) { /* of a few calls a day one more or less is a percent; what is lost there the sanitizer finds at the end */
        size_t stubs = bm_core_count(core, BM_T_STUB) - first[BM_T_STUB];
        assert_true(worst < 1.0);
        assert_true(before < at_first + at_first / 200 + stubs * STUB_BYTES); /* nothing but stubs is left of what was closed */
    }
    bm_desk_free(month.desk);
    bm_journal_close(journal);
    bm_free(month.calls);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(memory_is_flat_when_every_night_is_new_years_eve)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
