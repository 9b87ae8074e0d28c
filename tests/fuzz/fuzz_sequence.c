/* Sequences of commands: the bytes are a day at a small desk, one act behind the other.  A byte chooses the act - a command
 * of that kind, an hour that passes, a restart from a snapshot - and the bytes after it the operator, the target and each
 * argument, small numbers first, so that an act finds what the acts before it made.  What is accepted is applied, and applied
 * by a second desk that only sees the events as the journal keeps them; time makes due what it makes due.  At the end every
 * invariant holds and both desks are the same. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "sim/demand.h"

enum { ACTS_MOST = 64, TIMERS_MOST = 200, UNITS = 4, PACKED_MOST = 16 << 20 };
static const int64_t begin_ms = INT64_C(1790000000000);
static const uint64_t ID_MOST = UINT64_C(999999999999999999); /* 18 digits: more no request can say */

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

struct day {
    const uint8_t *bytes;
    size_t len;
    struct bm_core *desk, *reader;
    int64_t now_ms;
    uint64_t key;
};

static struct bm_decision decision;
static struct bm_buf body, packed;

static uint8_t next(struct day *day) {
    if (!day->len) return 0;
    day->len--;
    return *day->bytes++;
}

/* --- what is decided ------------------------------------------------------------------------------------- */

/* As the journal gives it back. */
static void read_by(struct bm_core *reader, const struct bm_event *written) {
    struct bm_event event = *written;
    struct bm_fault fault;
    bm_buf_clear(&body);
    bm_event_body(written, &body);
    memset(&event.agency_set, 0, sizeof event - offsetof(struct bm_event, agency_set));
    enum bm_code code = bm_event_read_body(&event, body.bytes, body.len, &fault);
    if (code) fprintf(stderr, "%s %.*s: %s: %s\n", bm_event_word(written->kind), (int)body.len, (const char *)body.bytes, fault.field, fault.detail);
    BM_CHECK(code == BM_OK);
    event.sealed = bm_bytes_copy(written->sealed.bytes, written->sealed.len);
    bm_core_apply(reader, &event);
    bm_event_release(&event);
}

/* True when it was accepted.  The command is released. */
static bool give(struct day *day, struct bm_command *command) {
    enum bm_code code = bm_core_decide(day->desk, command, day->now_ms, &decision);
    BM_CHECK(code == BM_OK ? decision.event_count > 0 || command->actor.v : decision.event_count == 0 && decision.fault.detail[0]);
    for (size_t i = 0; i < decision.event_count; i++) {
        decision.events[i].seq = bm_core_seq(day->desk) + 1;
        bm_core_apply(day->desk, &decision.events[i]);
        read_by(day->reader, &decision.events[i]);
    }
    bm_core_take_changes(day->desk, NULL, NULL);
    bm_command_release(command);
    return code == BM_OK;
}

static void let_time_pass(struct day *day, int64_t ms) {
    struct bm_command command;
    int64_t due_at_ms;
    day->now_ms += ms;
    for (int i = 0; i < TIMERS_MOST && bm_core_next_due(day->desk, &due_at_ms, &command) && due_at_ms <= day->now_ms; i++)
        BM_CHECK(give(day, &command)); /* a timer that does nothing would ring for ever */
}

static struct bm_core *restored(const struct bm_core *from) {
    struct bm_core *core = bm_core_new();
    struct bm_fault fault;
    bm_buf_clear(&packed);
    bm_core_pack(from, &packed);
    BM_CHECK(bm_core_unpack(core, packed.bytes, packed.len, &fault) == BM_OK);
    return core;
}

static void start_again(struct day *day) {
    struct bm_core *core = restored(day->desk);
    bm_core_free(day->desk);
    day->desk = core;
}

static struct bm_core *house(void) {
    struct day day = {.desk = bm_core_new(), .reader = bm_core_new(), .now_ms = begin_ms};
    struct bm_command commands[32 + 2 * UNITS];
    size_t count = bm_demand_house(commands, UNITS);
    for (size_t i = 0; i < count; i++) BM_CHECK(give(&day, &commands[i]));
    bm_core_free(day.reader);
    return day.desk;
}

/* --- arguments out of bytes, in the ranges that a request is held to -------------------------------------------- */

static int64_t span(struct day *day) {
    static const int64_t units_ms[] = {1, 1000, 60000, 3600000, 86400000, INT64_C(31557600000)};
    uint8_t byte = next(day);
    return units_ms[byte % 6] * (byte / 6);
}

static uint64_t small_id(struct day *day) {
    uint8_t byte = next(day);
    return byte < 250 ? byte % 40 : ID_MOST - (255u - byte);
}

static int64_t within(struct day *day, const struct bm_field *field, int64_t most) {
    int64_t least = 0;
    if (field->least || field->most) least = field->least, most = field->most;
    uint8_t byte = next(day);
    if (byte >= 250) return byte & 1 ? least : most;
    return most - least < 250 ? least + byte % (most - least + 1) : least + (most - least) / 250 * byte;
}

static void text(struct day *day, const struct bm_field *field, char *ret_text) {
    static const char *const known[] = {"", "medical", "fire", "traffic", "errand", "M-1", "A1", "110", "en", "posts", "classes", "night"};
    enum { KNOWN = sizeof known / sizeof known[0] };
    uint8_t byte = next(day);
    if (byte < 2 * KNOWN) {
        snprintf(ret_text, field->size, "%s", known[byte % KNOWN]);
        return;
    }
    size_t count = byte % 5;
    if (byte == 255) count = (size_t)field->size - 1; /* as long as it may be */
    if (count > (size_t)field->size - 1) count = (size_t)field->size - 1;
    uint8_t letter = next(day);
    for (size_t i = 0; i < count; i++) ret_text[i] = (char)('a' + (letter + i) % 26);
    ret_text[count] = 0;
}

static void fill(struct day *day, const struct bm_field *field, void *at) {
    struct bm_ids *ids = at;
    struct bm_points *points = at;
    switch (field->kind) {
    case BM_F_ID: *(uint64_t *)at = small_id(day); break;
    case BM_F_AT: {
        int64_t ms = day->now_ms + (next(day) & 1 ? span(day) : -span(day));
        *(int64_t *)at = ms < 0 ? 0 : ms > BM_AT_MAX ? BM_AT_MAX : ms;
        break;
    }
    case BM_F_SPAN: *(int64_t *)at = field->most ? within(day, field, 0) : span(day); break;
    case BM_F_COUNT: *(uint32_t *)at = (uint32_t)within(day, field, UINT32_MAX); break;
    case BM_F_E7: *(int32_t *)at = (int32_t)within(day, field, INT32_MAX); break;
    case BM_F_WORD: *(uint8_t *)at = (uint8_t)(next(day) % field->words->count); break;
    case BM_F_WORDS: *(uint32_t *)at = next(day) & ((UINT32_C(1) << field->words->count) - 1); break;
    case BM_F_FLAG: *(bool *)at = next(day) & 1; break;
    case BM_F_TEXT: text(day, field, at); break;
    case BM_F_BYTES: {
        size_t count = next(day) % 64;
        if (count > day->len) count = day->len;
        *(struct bm_bytes *)at = bm_bytes_copy(day->bytes, count);
        day->bytes += count, day->len -= count;
        break;
    }
    case BM_F_DIGEST: break;
    case BM_F_IDS:
        ids->count = next(day) % 5;
        for (size_t i = 0; i < ids->count; i++) ids->ids[i] = small_id(day);
        break;
    case BM_F_POINTS:
        points->count = 2 + next(day) % 4;
        for (size_t i = 0; i < 2 * points->count; i++) points->e7[i] = (int32_t)next(day) * 100000;
        break;
    case BM_F_PERSONAL: break;
    }
}

static void act(struct day *day, enum bm_command_kind kind) {
    const struct bm_shape *shape = bm_command_shape(kind);
    struct bm_command command = bm_command_make(kind);
    command.actor.v = 1 + next(day) % 9;
    command.target = small_id(day);
    uint8_t version = next(day);
    command.has_if_match = version;
    command.if_match = version;
    uint64_t given = next(day);
    given |= (uint64_t)next(day) << 8;
    for (uint16_t i = 0; i < shape->field_count; i++) {
        const struct bm_field *field = &shape->fields[i];
        if (field->flags & BM_F_INTERNAL) continue; /* no request can say it */
        if (!(field->flags & BM_F_REQUIRED) && !(given >> (i % 16) & 1)) continue;
        fill(day, field, bm_field_in(field, bm_command_args(&command)));
        command.present |= UINT64_C(1) << i;
    }
    for (int d = 0; d < BM_data_class_COUNT; d++) {
        command.sealed[d].key_id = ++day->key;
        if (given & 1) command.sealed[d].value = bm_bytes_copy("sealed", 6);
    }
    give(day, &command);
}

/* What an operator would ask, with arguments that fit. */
static void sensible(struct day *day) {
    struct bm_rng rng = {next(day)};
    struct bm_command command = bm_demand_draw(&rng, day->desk, day->now_ms);
    give(day, &command);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    static struct bm_core *start;
    if (!start) {
        body = bm_buf_make(PACKED_MOST);
        packed = bm_buf_make(PACKED_MOST);
        start = house();
    }
    struct day day = {bytes, len, restored(start), restored(start), begin_ms + 1000, UINT64_C(1) << 40};
    for (int i = 0; i < ACTS_MOST && day.len; i++) {
        uint8_t byte = next(&day);
        if (byte < BM_command_kind_COUNT) {
            if (bm_command_roles((enum bm_command_kind)byte)) act(&day, (enum bm_command_kind)byte);
        } else if (byte == 255) {
            start_again(&day);
        } else if (byte & 1) {
            let_time_pass(&day, span(&day));
        } else {
            sensible(&day);
        }
    }
    const char *wrong = bm_core_check(day.desk);
    if (wrong) fprintf(stderr, "%s\n", wrong);
    BM_CHECK(!wrong);
    struct bm_hash left, right;
    bm_core_take_changes(day.reader, NULL, NULL);
    bm_core_digest(day.desk, &left);
    bm_core_digest(day.reader, &right);
    BM_CHECK(memcmp(&left, &right, sizeof left) == 0);
    bm_core_free(day.desk);
    bm_core_free(day.reader);
    return 0;
}
