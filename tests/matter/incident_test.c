/* Incidents go by the procedure "emergency": the file in the program until one is published, then the edition that was in
 * force when the incident was opened; what may be published is what maps, radios and reports know. */
#include "testing.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "desk.h"

enum { DISPATCHER = 3, HEAD = 4 };

/* The file with each text replaced by the one after it, in all places; NULL ends. */
static char *file_with(const char *const *changes) {
    size_t len;
    char *text = stage_file("procedures", "emergency.yaml", &len);
    struct bm_buf whole = bm_buf_make(1 << 20);
    bm_buf_add(&whole, text, len);
    for (; *changes; changes += 2) {
        struct bm_buf made = bm_buf_make(1 << 20);
        const char *at = bm_buf_c_text(&whole), *found;
        assert_non_null(strstr(at, changes[0]));
        while ((found = strstr(at, changes[0]))) {
            bm_buf_add(&made, at, (size_t)(found - at));
            bm_buf_text(&made, changes[1]);
            at = found + strlen(changes[0]);
        }
        bm_buf_text(&made, at);
        bm_buf_free(&whole);
        whole = made;
    }
    char *ret = strdup(bm_buf_c_text(&whole));
    bm_buf_free(&whole);
    return ret;
}

static enum bm_code publish(struct world *world, const char *const *changes) {
    char *text = file_with(changes);
    enum bm_code code = desk_publish(world, text, strlen(text));
    free(text);
    return code;
}

static uint64_t open_incident(struct world *world) {
    struct bm_command open = ask(BM_DO_CASE_OPEN, DISPATCHER, 0);
    TEXT(open.case_open.class_code, "fire");
    open.sealed[BM_DATA_NARRATIVE].key_id = 700 + bm_core_seq(world->core) * 2;
    open.sealed[BM_DATA_IDENTITY].key_id = 701 + bm_core_seq(world->core) * 2;
    assert_int_equal(desk_give(world, &open), BM_OK);
    return world->decision.made_id;
}

static enum bm_code close_it(struct world *world, uint64_t by, uint64_t id, enum bm_outcome outcome) {
    struct bm_command close = ask(BM_DO_CASE_CLOSE, by, id);
    close.case_close.outcome = (uint8_t)outcome;
    close.has_if_match = true;
    close.if_match = desk_case(world, id)->version;
    return desk_give(world, &close);
}

static const struct bm_clock *running(const struct world *world, uint64_t on_case, enum bm_clock_kind kind) {
    for (uint64_t id = 0; (id = bm_core_next_id(world->core, BM_T_CLOCK, id));) {
        const struct bm_clock *clock = bm_core_get(world->core, BM_T_CLOCK, id);
        if (clock->on_case.v == on_case && clock->kind == kind && clock->stopped_at_ms == BM_AT_NONE) return clock;
    }
    return NULL;
}

/* --- who decides ------------------------------------------------------------------------------ */

static void the_file_says_who_may_close(void **state) {
    (void)state;
    struct world world = desk_make();
    static const char *const changes[] = {"version: 2", "version: 3", "event: close, by: [call_taker, dispatcher, supervisor]",
                                          "event: close, by: [supervisor]",
                                          /* and the examples with it */
                                          "by: dispatcher, event: close", "by: supervisor, event: close",
                                          "by: call_taker, event: close", "by: supervisor, event: close", NULL};
    size_t len;
    char *parts = stage_file("procedures", "hotline-transfer.yaml", &len);
    assert_int_equal(desk_publish(&world, parts, len), BM_OK);
    parts = stage_file("procedures", "oversight.yaml", &len);
    assert_int_equal(desk_publish(&world, parts, len), BM_OK);
    uint64_t before = open_incident(&world);
    desk_at(&world, "2026-09-22 08:10");
    if (publish(&world, changes)) fail_msg("%s: %s", world.decision.fault.field, world.decision.fault.detail);
    uint64_t after = open_incident(&world);
    assert_int_equal(close_it(&world, DISPATCHER, after, BM_OUTCOME_EXPLAINED), BM_FORBIDDEN);
    assert_int_equal(close_it(&world, HEAD, after, BM_OUTCOME_EXPLAINED), BM_OK);
    assert_int_equal(close_it(&world, DISPATCHER, before, BM_OUTCOME_EXPLAINED), BM_OK); /* by what was in force */
    desk_free(&world);
}

static void outcomes_are_the_files(void **state) {
    (void)state;
    struct world world = desk_make();
    uint64_t id = open_incident(&world);
    assert_int_equal(close_it(&world, DISPATCHER, id, BM_OUTCOME_AGREEMENT), BM_UNKNOWN_WORD);
    assert_string_equal(world.decision.fault.field, "outcome");
    assert_non_null(strstr(world.decision.fault.detail, "solved, explained, refused, transferred, withdrawn, invalid"));
    assert_int_equal(close_it(&world, DISPATCHER, id, BM_OUTCOME_WITHDRAWN), BM_OK);
    assert_int_equal(desk_case(&world, id)->outcome, BM_OUTCOME_WITHDRAWN);
    desk_free(&world);
}

static void nothing_is_left_lying_for_a_day(void **state) {
    (void)state;
    struct world world = desk_make();
    uint64_t id = open_incident(&world);
    const struct bm_clock *whole = running(&world, id, BM_CLOCK_WHOLE);
    assert_non_null(whole);
    assert_int_equal(whole->budget_ms, 24 * 60 * 60 * 1000);
    assert_int_equal(whole->anchor_at_ms, desk_case(&world, id)->first_contact_at_ms);
    desk_at(&world, "2026-09-23 08:01");
    assert_int_equal(running(&world, id, BM_CLOCK_WHOLE)->rung, 1);
    assert_int_equal(close_it(&world, DISPATCHER, id, BM_OUTCOME_INVALID), BM_OK);
    assert_null(running(&world, id, BM_CLOCK_WHOLE));
    struct bm_command again = ask(BM_DO_CASE_REOPEN, DISPATCHER, id);
    assert_int_equal(desk_give(&world, &again), BM_OK);
    assert_int_equal(running(&world, id, BM_CLOCK_WHOLE)->anchor_at_ms, world.now_ms); /* and counts from there */
    desk_free(&world);
}

/* --- what may be published -------------------------------------------------------------------- */

static void other_states_are_refused(void **state) {
    (void)state;
    struct world world = desk_make();
    size_t len;
    char *parts = stage_file("procedures", "hotline-transfer.yaml", &len);
    assert_int_equal(desk_publish(&world, parts, len), BM_OK);
    parts = stage_file("procedures", "oversight.yaml", &len);
    assert_int_equal(desk_publish(&world, parts, len), BM_OK);
    static const struct {
        const char *what[5], *says;
    } cases[] = {
        {{"at_destination", "at_hospital", NULL}, "at_destination"},
        {{"version: 2", "version: 1", NULL}, "from 2 on"},
        {{"call_off", "recall", NULL}, "call_off"},
        {{"after 10 minutes", "after 5 minutes", NULL}, "after 10 minutes"},
        {{"              - stop: dispatch\n          # A unit", "              - stop: dispatch\n              - publish: result\n          # A unit", NULL}, "keep no course"},
        {{"acknowledge:\n    label: { zh-Hans: 签收时限", "sign:\n    label: { zh-Hans: 签收时限", NULL}, "acknowledge"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(publish(&world, cases[i].what), BM_BAD_FILE);
        if (!strstr(world.decision.fault.detail, cases[i].says)) fail_msg("%s", world.decision.fault.detail);
    }
    desk_free(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_file_says_who_may_close),
        cmocka_unit_test(outcomes_are_the_files),
        cmocka_unit_test(nothing_is_left_lying_for_a_day),
        cmocka_unit_test(other_states_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
