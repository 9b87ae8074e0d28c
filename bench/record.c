/* A record as months of work would leave it, made in process. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/seal.h"
#include "bench.h"
#include "desk/desk.h"
#include "desk/snapshot.h"
#include "sim/demand.h"
#include "vault/vault.h"

enum { ROUND = 256, STEP_MS = 5000 };

struct recording {
    const char *dir;
    struct bm_vault *vault;
    struct bm_journal *journal;
    struct bm_desk *desk;
    int64_t wall_ms;
    uint64_t made[BM_DESK_STEP_MAX]; /* by place in the step */
    struct bm_asked asked[BM_DESK_STEP_MAX];
    size_t count;
};

static void on_reply(void *context, void *ticket, const struct bm_reply *reply) {
    struct recording *recording = context;
    if (reply->code) bench_die("a command was refused: %s", reply->fault->detail);
    size_t place = (size_t)((struct bm_asked *)ticket - recording->asked);
    recording->made[place] = reply->made_id;
}

static void step(struct recording *recording) {
    struct bm_desk_sink sink = {on_reply, NULL, recording};
    if (bm_desk_step(recording->desk, recording->wall_ms, recording->wall_ms * 1000000,
                     recording->asked, recording->count, &sink)) {
        bench_die("the desk's commit failed");
    }
    for (size_t i = 0; i < recording->count; i++) bm_command_release(&recording->asked[i].command);
    recording->count = 0;
    recording->wall_ms += STEP_MS;
}

static struct bm_command *ask(struct recording *recording, enum bm_command_kind kind,
                              uint64_t target) {
    static uint64_t asked;
    struct bm_asked *at = &recording->asked[recording->count++];
    *at = (struct bm_asked){bm_command_make(kind), at};
    at->command.actor.v = BENCH_OPERATOR;
    at->command.target = target;
    at->command.has_request = true;
    asked++;
    bm_hash_of(&asked, sizeof asked, at->command.request, 32);
    const struct bm_case *row = bm_core_get(bm_desk_core(recording->desk), BM_T_CASE, target);
    if (row) at->command.if_match = row->version;
    at->command.has_if_match = row != NULL;
    return &at->command;
}

static void seal(struct recording *recording, struct bm_command *command,
                 enum bm_data_class data_class, const char *text) {
    struct bm_vault_key key;
    struct bm_fault fault;
    uint8_t nonce[BM_NONCE_BYTES];
    while (bm_vault_take_key(recording->vault, &key) == BM_NOT_READY) {
        if (bm_vault_make_keys(recording->vault, &fault)) bench_die("%s", fault.detail);
    }
    bm_entropy(nonce, sizeof nonce);
    command->sealed[data_class].key_id = key.id;
    command->sealed[data_class].value = bm_seal(key.key, key.id, nonce, text, strlen(text));
}

static void open_case(struct recording *recording, const char *class_code, uint64_t n) {
    struct bm_command *command = ask(recording, BM_DO_CASE_OPEN, 0);
    snprintf(command->case_open.class_code, sizeof command->case_open.class_code, "%s", class_code);
    command->case_open.lat_e7 = (int32_t)(399000000 + n * 7919 % 1000000);
    command->case_open.lon_e7 = (int32_t)(1164000000 + n * 104729 % 1000000);
    seal(recording, command, BM_DATA_NARRATIVE,
         "{\"address\":\"12 Chang'an Avenue, second entrance, opposite the "
         "bank\",\"description\":\"A bicycle was taken from the "
         "yard between eight and nine; the caller saw a man in a grey coat walk away with it "
         "towards the station.\"}");
    seal(recording, command, BM_DATA_IDENTITY,
         "{\"caller_name\":\"A Caller\",\"caller_number\":\"+86 10 5555 1234\"}");
}

/* The unit's assignment on its case now. */
static uint64_t assignment_of(struct recording *recording, uint64_t unit) {
    const struct bm_unit *row = bm_core_get(bm_desk_core(recording->desk), BM_T_UNIT, unit);
    return row->assignment.v;
}

/* ROUND whole emergencies, side by side. */
static void round_of_cases(struct recording *recording) {
    static uint64_t cases[ROUND], assignments[ROUND], opened;
    for (size_t i = 0; i < ROUND; i++) open_case(recording, "theft", ++opened);
    step(recording);
    memcpy(cases, recording->made, sizeof cases);
    for (size_t i = 0; i < ROUND; i++) {
        struct bm_command *command = ask(recording, BM_DO_ASSIGN, cases[i]);
        command->assign.units = (struct bm_ids){1, {i + 1}};
    }
    step(recording);
    for (size_t i = 0; i < ROUND; i++) assignments[i] = assignment_of(recording, i + 1);
    static const enum bm_assignment_state states[] = {
        BM_AS_ASSIGNED, BM_AS_ACKNOWLEDGED, BM_AS_EN_ROUTE, BM_AS_ON_SCENE, BM_AS_CLEARED};
    for (size_t s = 0; s + 1 < sizeof states / sizeof states[0]; s++) {
        for (size_t i = 0; i < ROUND; i++) {
            struct bm_command *command = ask(recording, BM_DO_STATUS, assignments[i]);
            command->status.from = (uint8_t)states[s];
            command->status.to = (uint8_t)states[s + 1];
            if (states[s + 1] == BM_AS_CLEARED)
                memcpy(command->status.report_code, "handled", sizeof "handled");
        }
        step(recording);
    }
    for (size_t i = 0; i < ROUND; i++) {
        struct bm_command *command = ask(recording, BM_DO_CASE_CLOSE, cases[i]);
        command->case_close.outcome = BM_OUTCOME_SOLVED;
    }
    step(recording);
}

unsigned bench_devices;

static void devices(struct recording *recording) {
    for (unsigned i = 1; i <= bench_devices; i++) {
        struct bm_command *command = ask(recording, BM_DO_DEVICE_SET, 0);
        command->actor.v = 0;
        command->device_set.unit.v = i;
        command->device_set.protocol = BM_DEVICE_JT808;
        snprintf(command->device_set.identity, sizeof command->device_set.identity, "%llu", bench_number(i));
        if (recording->count == BM_DESK_STEP_MAX || i == bench_devices) step(recording);
    }
}

static void house(struct recording *recording, unsigned units) {
    size_t count;
    struct bm_command *commands = bm_alloc((32 + 2 * (size_t)units) * sizeof *commands);
    count = bm_demand_house(commands, units);
    for (size_t i = 0; i < count; i++) {
        struct bm_asked *at = &recording->asked[recording->count++];
        *at = (struct bm_asked){commands[i], at};
        if (recording->count == BM_DESK_STEP_MAX || i + 1 == count) step(recording);
    }
    bm_free(commands);
    devices(recording);
}

double bench_record(const char *dir, unsigned units, uint64_t events, uint64_t tail,
                    unsigned open_cases) {
    static struct recording recording;
    struct bm_fault fault;
    bool written = tail == 0;
    bm_seal_init();
    recording = (struct recording){.dir = dir};
    if (bm_vault_open(dir, &recording.vault, &fault) ||
        bm_journal_open(dir, &recording.journal, &fault) ||
        bm_vault_set_account(recording.vault, BENCH_OPERATOR, "bench", "a long bench word", &fault) ||
        bm_vault_set_account(recording.vault, BENCH_ADMIN, "bench-admin", "a long bench word", &fault)) {
        bench_die("%s", fault.detail);
    }
    recording.desk = bm_desk_new(recording.journal, NULL);
    int64_t end_ms = bench_wall_ms() - 60000, span_ms = INT64_C(25) * 24 * 60 * 60 * 1000;
    recording.wall_ms = end_ms - (events ? span_ms : 0);
    int64_t begin_ms = recording.wall_ms;
    double begin = bench_now();
    house(&recording, units);
    for (uint64_t seq; (seq = bm_desk_head(recording.desk).seq) < events;) {
        round_of_cases(&recording);
        /* The rounds are spread over the whole span. */
        int64_t due_ms = begin_ms + (int64_t)((double)span_ms * (double)seq / (double)events);
        if (due_ms > recording.wall_ms) recording.wall_ms = due_ms;
        struct bm_head head = bm_desk_head(recording.desk);
        if (written || head.seq + tail < events) continue;
        if (bm_snapshot_write(dir, bm_desk_core(recording.desk), &head, &fault))
            bench_die("%s", fault.detail);
        written = true;
    }
    for (unsigned i = 0; i < open_cases; i++) {
        open_case(&recording, "help", i);
        if (recording.count < BM_DESK_STEP_MAX && i + 1 < open_cases) continue;
        step(&recording);
        recording.wall_ms -= STEP_MS - 1;
    }
    double rate = (double)bm_desk_head(recording.desk).seq / (bench_now() - begin);
    struct bm_head head = bm_desk_head(recording.desk);
    if (!tail && bm_snapshot_write(dir, bm_desk_core(recording.desk), &head, &fault))
        bench_die("%s", fault.detail);
    bm_desk_free(recording.desk);
    bm_journal_close(recording.journal);
    bm_vault_close(recording.vault);
    return rate;
}
