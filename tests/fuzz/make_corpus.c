/* Writes seeds for fuzz_command, fuzz_snapshot and fuzz_course into DIR/command, DIR/snapshot and DIR/course (run by hand
 * when shapes change: make_corpus tests/fuzz/corpus).  Kinds of commands that a day's demand has not come from make_golden. */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "letter.h"
#include "sim/demand.h"

static void write_file(const char *dir, const char *name, const void *bytes, size_t len) {
    char path[600];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *out = fopen(path, "wb");
    if (!out) return;
    fwrite(bytes, 1, len, out);
    fclose(out);
}

/* A letter that goes its way at random; its course each time that it stands where none stood before. */
static void write_courses(const char *dir) {
    const struct fuzz_letter *letter = fuzz_letter();
    const struct bm_procedure *procedure = bm_track_procedure(letter->track);
    struct bm_rng rng = {5};
    bool seen[BM_PROCEDURE_STATES_MAX] = {false};
    for (int walk = 0; walk < 200; walk++) {
        struct bm_course course;
        struct bm_fault fault;
        int64_t now_ms = INT64_C(1772413200000); /* 2026-03-02 09:00 */
        if (bm_course_open(letter->track, &letter->world, now_ms, now_ms, &course, &fault)) return;
        for (int step = 0; step < 20; step++) {
            int64_t values[BM_PROCEDURE_FIELDS_MAX];
            for (uint32_t i = 0; i < procedure->field_count; i++)
                values[i] = procedure->fields[i].word_count ? (int64_t)bm_rng_below(&rng, procedure->fields[i].word_count) : 0;
            struct bm_course_act act = {(uint16_t)bm_rng_below(&rng, procedure->event_count), ~1u, 1 + (uint64_t)step, now_ms,
                                        UINT64_MAX, values, "seed"};
            now_ms += (int64_t)bm_rng_below(&rng, 40) * 3600 * 1000;
            act.now_ms = now_ms;
            if (bm_course_act(letter->track, &letter->world, &course, &act, &fault)) continue;
            for (enum bm_region region = 0; region < BM_region_COUNT; region++) {
                uint16_t state = bm_course_state(letter->track, &course, region);
                if (seen[state]) continue;
                seen[state] = true;
                struct bm_buf buf = bm_buf_make(BM_COURSE_WRITTEN_MAX);
                bm_course_write(letter->track, &course, &buf);
                write_file(dir, procedure->states[state].name, buf.bytes, buf.len);
                bm_buf_free(&buf);
            }
        }
    }
}

int main(int argc, char **argv) {
    if (argc != 2) return 2;
    char dir[500], name[64];
    struct bm_core *core = bm_core_new();
    struct bm_decision decision = bm_decision_make();
    struct bm_rng rng = {3};
    struct bm_command house[48];
    size_t count = bm_demand_house(house, 4);
    bool seen[BM_command_kind_COUNT] = {false};
    snprintf(dir, sizeof dir, "%s/command", argv[1]);
    for (size_t i = 0; i < count + 300; i++) {
        int64_t now_ms = INT64_C(1790000000000) + (int64_t)i * 1000;
        struct bm_command command = i < count ? house[i] : bm_demand_draw(&rng, core, now_ms);
        bool accepted = bm_core_decide(core, &command, now_ms, &decision) == BM_OK;
        for (size_t e = 0; accepted && e < decision.event_count; e++) {
            decision.events[e].seq = bm_core_seq(core) + 1;
            bm_core_apply(core, &decision.events[e]);
        }
        bm_core_take_changes(core, NULL, NULL);
        if (accepted && !seen[command.kind]) {
            struct bm_buf buf = bm_buf_make(1u << 20);
            seen[command.kind] = true;
            bm_buf_printf(&buf, "%s\n", bm_command_word(command.kind));
            bm_buf_byte(&buf, (uint8_t)(command.target << 4 | command.actor.v));
            bm_buf_byte(&buf, '{');
            bm_shape_write_json(bm_command_shape(command.kind), bm_command_args(&command), &buf);
            bm_buf_byte(&buf, '}');
            snprintf(name, sizeof name, "%s", bm_command_word(command.kind));
            write_file(dir, name, buf.bytes, buf.len);
            bm_buf_free(&buf);
        }
        bm_command_release(&command);
        if (i == count || i == count + 40) {
            struct bm_buf packed = bm_buf_make(16u << 20);
            char snapshot_dir[500];
            bm_core_pack(core, &packed);
            snprintf(snapshot_dir, sizeof snapshot_dir, "%s/snapshot", argv[1]);
            snprintf(name, sizeof name, "state-%zu", i);
            write_file(snapshot_dir, name, packed.bytes + BM_DIGEST_BYTES,
                       packed.len - BM_DIGEST_BYTES);
            bm_buf_free(&packed);
        }
    }
    snprintf(dir, sizeof dir, "%s/course", argv[1]);
    write_courses(dir);
    bm_decision_free(&decision);
    bm_core_free(core);
    return 0;
}
