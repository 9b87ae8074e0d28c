/* Request bodies: any bytes as JSON, read as the arguments of a command, decided on a small desk.  What is accepted is applied and must
 * keep every invariant.
 *
 * Input: the command's word, a line end, one byte for who asks and of what, the body.  An unknown word ends it: so the seeds of one kind
 * stay seeds of that kind when others come. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/json.h"
#include "sim/demand.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static int kind_of(const uint8_t *word, size_t len) {
    for (int k = 0; k < BM_command_kind_COUNT; k++) {
        const char *known = bm_command_word((enum bm_command_kind)k);
        if (strlen(known) == len && memcmp(known, word, len) == 0) return k;
    }
    return -1;
}

static void apply(struct bm_core *core, struct bm_decision *decision) {
    for (size_t i = 0; i < decision->event_count; i++) {
        decision->events[i].seq = bm_core_seq(core) + 1;
        bm_core_apply(core, &decision->events[i]);
    }
    bm_core_take_changes(core, NULL, NULL);
    const char *wrong = bm_core_check(core);
    BM_CHECK(!wrong);
}

static struct bm_core *house(struct bm_decision *decision) {
    struct bm_core *core = bm_core_new();
    struct bm_command commands[48];
    size_t count = bm_demand_house(commands, 4);
    struct bm_rng rng = {7};
    for (size_t i = 0; i < count + 60; i++) {
        int64_t now_ms = INT64_C(1790000000000) + (int64_t)i * 1000;
        struct bm_command command = i < count ? commands[i] : bm_demand_draw(&rng, core, now_ms);
        if (bm_core_decide(core, &command, now_ms, decision) == BM_OK) apply(core, decision);
        bm_command_release(&command);
    }
    return core;
}

static struct bm_core *unpack(const struct bm_buf *packed) {
    struct bm_fault fault;
    struct bm_core *core = bm_core_new();
    BM_CHECK(bm_core_unpack(core, packed->bytes, packed->len, &fault) == BM_OK);
    return core;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    static struct bm_decision decision;
    static struct bm_core *core; /* as it began: whoever writes to it makes it anew, and leaves as much memory as was there */
    static struct bm_buf packed;
    struct bm_fault fault;
    json_t *body;
    if (!packed.len) {
        struct bm_core *made = house(&decision);
        packed = bm_buf_make(16u << 20);
        bm_core_pack(made, &packed);
        bm_core_free(made);
        core = unpack(&packed);
    }
    const uint8_t *line_end = memchr(bytes, '\n', len);
    size_t word_len = line_end ? (size_t)(line_end - bytes) : len, head_len = word_len + 2;
    int kind = kind_of(bytes, word_len);
    if (kind < 0 || head_len > len || bm_json_parse(bytes + head_len, len - head_len, &body, &fault) != BM_OK) return 0;
    struct bm_command command = bm_command_make((enum bm_command_kind)kind);
    uint8_t who = line_end[1];
    enum bm_code code = bm_shape_read_json(bm_command_shape(command.kind), body,
                                           bm_command_args(&command), &command.present, &fault);
    command.target = who >> 4;
    command.actor.v = who % 7;
    command.has_if_match = true;
    command.if_match = 1 + (who >> 6);
    if (code == BM_OK && (command.actor.v || bm_command_roles(command.kind))) {
        if (bm_core_decide(core, &command, bm_core_at_ms(core) + 60000, &decision) == BM_OK) {
            apply(core, &decision);
            bm_core_free(core);
            core = unpack(&packed);
        }
    }
    bm_command_release(&command);
    json_decref(body);
    return 0;
}
