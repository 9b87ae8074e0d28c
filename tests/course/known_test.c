/* What went wrong in the systems of others, by the name of their issue, asked of whole matters (tests/clocks asks it of single
 * clocks).  Source: facts/procedures.md. */
#include "procedure/course.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "procedure/check.h"
#include "procedure/course_private.h"
#include "stage.h"

static const char *const files[] = {"letter.yaml", "mediation.yaml", "hotline-transfer.yaml",
                                    "emergency.yaml", "service.yaml", "directive.yaml", "review.yaml"};
enum { FILES = sizeof files / sizeof files[0] };

static void registered(struct stage *stage) {
    *stage = stage_of("letter.yaml");
    stage_open_at(stage, "2026-03-02 09:00");
    assert_int_equal(stage_act(stage, "2026-03-02 10:00", "clerk", "register", "subject", "x", "kind", "request", NULL), BM_OK);
}

static void drafted(struct stage *stage, const char *result) {
    registered(stage);
    assert_int_equal(stage_act(stage, "2026-03-02 10:05", "clerk", "offer", NULL), BM_OK);
    assert_int_equal(stage_act(stage, "2026-03-02 10:10", "handler", "acknowledge", "offer_hash", "x", NULL), BM_OK);
    assert_int_equal(stage_act(stage, "2026-03-03 10:10", "handler", "draft", "reply", "r", "result", result, NULL), BM_OK);
}

static int64_t due_of(const struct stage *stage, const char *name) {
    const struct bm_clock_def *def = &stage->procedure->clocks[bm_procedure_clock(stage->procedure, name)];
    struct bm_clock_rule rule = bm_clock_def_rule(def, stage_clock(stage, name));
    struct bm_clock_due due;
    assert_int_equal(bm_clock_due(&stage_clock(stage, name)->work, &rule, def->calendar ? stage->calendar : NULL, &due, NULL), BM_OK);
    return due.at_ms;
}

/* Errors of one check in letter.yaml after a change. */
static size_t errors_of(struct stage *stage, uint32_t check) {
    struct bm_findings findings = {.count = 0};
    struct bm_check_result result;
    size_t count = 0;
    bm_check_procedure(stage->procedure, NULL, &findings, &result);
    for (size_t i = 0; i < findings.count; i++) count += findings.items[i].check == check && !findings.items[i].warning;
    return count;
}

/* --- closed is not solved ------------------------------------------------------------------------ */

/* How a matter ended is that of the state in which it ended, and what the handler said decides which that is. */
static void fixmystreet_1339_1340_closed_is_never_silently_solved(void **state) {
    (void)state;
    static const struct {
        const char *result;
        enum bm_ending ending;
    } cases[] = {{"solved", BM_ENDING_SOLVED}, {"explained", BM_ENDING_EXPLAINED}, {"refused", BM_ENDING_REFUSED}};
    for (size_t i = 0; i < 3; i++) {
        struct stage stage;
        drafted(&stage, cases[i].result);
        assert_int_equal(stage_act(&stage, "2026-03-04 10:15", "unit_head", "approve", NULL), BM_OK);
        uint16_t at = bm_course_state(stage.track, &stage.course, BM_REGION_HANDLING);
        assert_int_equal(stage.procedure->states[at].ending, cases[i].ending);
        stage_end(&stage);
    }
}

/* A year in which nobody does anything solves nothing: what time alone can close is called deemed, withdrawn or the like. */
static void fixmystreet_2613_time_alone_solves_nothing(void **state) {
    (void)state;
    for (size_t i = 0; i < FILES; i++) {
        struct stage stage = stage_of(files[i]);
        stage_open_at(&stage, "2025-06-02 09:00");
        stage_pass(&stage, "2026-06-02 09:00");
        uint16_t at = bm_course_state(stage.track, &stage.course, BM_REGION_HANDLING);
        const struct bm_state_def *def = &stage.procedure->states[at];
        if (bm_course_closed(stage.track, &stage.course) && (def->ending == BM_ENDING_SOLVED || def->ending == BM_ENDING_AGREEMENT))
            fail_msg("%s: %s came of waiting", files[i], def->name);
        assert_true(stage_count(&stage, BM_COURSE_BREACHED, NULL) > 0);
        stage_end(&stage);
    }
}

/* --- after closing ------------------------------------------------------------------------------- */

/* Nothing that is said after closing gets lost: it is refused and the matter untouched, or it opens the matter again and is
 * kept. */
static void fixmystreet_897_what_is_said_after_closing_is_refused_or_opens_it_again(void **state) {
    (void)state;
    struct stage stage;
    drafted(&stage, "solved");
    assert_int_equal(stage_act(&stage, "2026-03-04 10:15", "unit_head", "approve", NULL), BM_OK);
    struct bm_course before = stage.course;
    assert_int_equal(stage_act(&stage, "2026-03-05 10:00", "citizen", "add", "addition", "dark again", NULL), BM_NOT_POSSIBLE);
    assert_non_null(strstr(stage.fault.detail, "closed"));
    assert_int_equal(stage.course.filled, before.filled);
    assert_int_equal(stage_act(&stage, "2026-03-05 10:00", "citizen", "reopen", "reason", "dark again", NULL), BM_OK);
    assert_true(stage.course.filled >> bm_procedure_field(stage.procedure, "reason") & 1);
    assert_false(bm_course_closed(stage.track, &stage.course));
    stage_end(&stage);
}

static void ureport_403_what_was_closed_can_be_opened_again_or_the_file_says_why_not(void **state) {
    (void)state;
    for (size_t i = 0; i < FILES; i++) {
        struct stage stage = stage_of(files[i]);
        const struct bm_reopen_def *reopen = &stage.procedure->reopen;
        assert_true(reopen->by ? reopen->limit > 0 && reopen->window.amount > 0 : reopen->none.in[BM_EN] != NULL);
        stage_end(&stage);
    }
    struct stage stage = stage_changed("letter.yaml",
                                       "reopen:\n  by: [citizen]\n  needs: [reason]\n  limit: 1\n"
                                       "  window: { amount: 30, unit: calendar_days }\n  to: in_hand\n  other_hand: yes\n",
                                       "", "      - { at: 2026-03-16T11:00+08:00, by: citizen, event: reopen, with: { reason: 灯又灭了 }, then: in_hand }\n", "", NULL);
    assert_int_equal(errors_of(&stage, 25), 1);
    stage_end(&stage);
}

static void ureport_87_nothing_closes_without_a_reply(void **state) {
    (void)state;
    struct stage stage;
    registered(&stage);
    assert_int_equal(errors_of(&stage, 23), 0);
    assert_int_equal(stage_act(&stage, "2026-03-02 10:05", "clerk", "offer", NULL), BM_OK);
    assert_int_equal(stage_act(&stage, "2026-03-02 10:10", "handler", "acknowledge", "offer_hash", "x", NULL), BM_OK);
    assert_int_equal(stage_act(&stage, "2026-03-03 10:10", "handler", "draft", "result", "solved", NULL), BM_MISSING_FIELD);
    assert_string_equal(stage.fault.field, "reply");
    stage_end(&stage);
    /* And a file in which an end says nothing to the citizen is refused. */
    stage = stage_changed("letter.yaml", "        reply: { zh-Hans: 感谢您的来信。, zh-Hant: 感謝您的來信。, en: Thank you for your letter. }\n",
                          "", NULL);
    assert_true(errors_of(&stage, 23) > 0);
    stage_end(&stage);
}

/* --- promises ------------------------------------------------------------------------------------ */

static void ureport_42_the_measured_unit_does_not_set_its_own_time(void **state) {
    (void)state;
    struct stage stage = stage_of("letter.yaml");
    assert_int_equal(errors_of(&stage, 16), 0);
    stage_end(&stage);
    stage = stage_changed("letter.yaml", "          - event: prolong\n            by: [duty_officer]",
                          "          - event: prolong\n            by: [unit_head]", NULL);
    assert_true(errors_of(&stage, 16) > 0);
    stage_end(&stage);
    /* A clock that begins when the measured unit says so. */
    stage = stage_changed("letter.yaml", "    anchor: state under_supervision", "    anchor: event acknowledge", NULL);
    assert_true(errors_of(&stage, 16) > 0);
    stage_end(&stage);
}

/* Every promise has an instant at which it is broken, and then is; nobody has to look for it. */
static void fixmystreet_2378_what_is_overdue_says_so_itself(void **state) {
    (void)state;
    struct stage stage;
    registered(&stage);
    int64_t due_ms = due_of(&stage, "reply");
    assert_int_equal(due_ms, clocks_at(stage.zone, "2026-03-12 00:00") - 1);
    stage_pass(&stage, "2026-03-11 23:59");
    assert_int_equal(stage_count(&stage, BM_COURSE_BREACHED, "reply"), 0);
    stage_pass(&stage, "2026-03-12 00:00");
    assert_int_equal(stage_count(&stage, BM_COURSE_BREACHED, "reply"), 1);
    for (size_t i = 0; i < stage.news_count; i++) {
        if (stage.news[i].kind == BM_COURSE_BREACHED) assert_int_equal(stage.news[i].at_ms, due_ms + 1);
    }
    /* It stays broken, also once the reply has come. */
    assert_int_equal(stage_act(&stage, "2026-03-12 09:00", "citizen", "withdraw", NULL), BM_OK);
    stage_keep(&stage);
    assert_true(bm_fired_has(stage_clock(&stage, "reply")->fired, BM_RUNG_BREACH));
    stage_end(&stage);
}

/* Whatever clock a file declares, some walk starts it: here by its anchor, and a clock that only an effect starts and that
 * no row starts is refused. */
static void openregister_3350_a_declared_deadline_is_armed(void **state) {
    (void)state;
    for (size_t i = 0; i < FILES; i++) {
        struct stage stage = stage_of(files[i]);
        stage_open_at(&stage, "2026-03-02 09:00");
        for (uint16_t c = 0; c < stage.procedure->clock_count; c++) {
            const struct bm_clock_def *def = &stage.procedure->clocks[c];
            if (def->anchor != BM_ANCHOR_FIRST_CONTACT) continue;
            assert_true(stage.course.clocks[c].there);
            assert_int_equal(stage.course.clocks[c].work.phase, BM_CLOCK_RUNNING);
            int64_t next = BM_AT_NONE;
            assert_int_equal(bm_course_next(stage.track, &stage.world, &stage.course, &next, &stage.fault), BM_OK);
            assert_true(next != BM_AT_NONE && next <= due_of(&stage, def->name) + 1);
        }
        assert_int_equal(errors_of(&stage, 15), 0);
        stage_end(&stage);
    }
    struct stage stage = stage_changed("letter.yaml", "    anchor: state under_supervision", "    anchor: effect", NULL);
    assert_true(errors_of(&stage, 15) > 0);
    stage_end(&stage);
}

static void xstate_5331_a_restored_matter_is_due_at_the_same_instant(void **state) {
    (void)state;
    struct stage stage;
    registered(&stage);
    assert_int_equal(stage_act(&stage, "2026-03-02 10:05", "clerk", "offer", NULL), BM_OK);
    int64_t signing_ms = due_of(&stage, "signing"), reply_ms = due_of(&stage, "reply");
    stage_pass(&stage, "2026-03-02 11:30");
    for (int i = 0; i < 3; i++) stage_keep(&stage); /* written down and read back, an hour into two */
    assert_int_equal(due_of(&stage, "signing"), signing_ms);
    assert_int_equal(due_of(&stage, "reply"), reply_ms);
    assert_int_equal(signing_ms, clocks_at(stage.zone, "2026-03-02 13:05"));
    stage_pass(&stage, "2026-03-02 13:06");
    assert_string_equal(stage_state(&stage, BM_REGION_RESPONSIBILITY), "held");
    stage_end(&stage);
}

static void open_zaak_747_885_suspension_moves_the_date(void **state) {
    (void)state;
    struct stage stage;
    registered(&stage);
    assert_int_equal(due_of(&stage, "reply"), clocks_at(stage.zone, "2026-03-12 00:00") - 1);
    assert_int_equal(stage_act(&stage, "2026-03-03 10:00", "clerk", "ask_writer", "question", "q", NULL), BM_OK);
    assert_int_equal(due_of(&stage, "reply"), BM_AT_NONE); /* no date is shown that does not hold */
    assert_int_equal(stage_act(&stage, "2026-03-06 10:00", "citizen", "add", "addition", "a", NULL), BM_OK);
    /* Three working days ended meanwhile: the 3rd, 4th and 5th. */
    assert_int_equal(due_of(&stage, "reply"), clocks_at(stage.zone, "2026-03-17 00:00") - 1);
    stage_end(&stage);
}

/* A weekend in the middle of a pause gives nothing back to a clock that does not count weekends. */
static void glpi_10594_a_pause_over_a_weekend_gives_no_weekend_back(void **state) {
    (void)state;
    struct stage stage;
    registered(&stage);
    assert_int_equal(stage_act(&stage, "2026-03-06 10:00", "clerk", "ask_writer", "question", "q", NULL), BM_OK);
    assert_int_equal(stage_act(&stage, "2026-03-09 10:00", "citizen", "add", "addition", "a", NULL), BM_OK);
    assert_int_equal(stage_clock(&stage, "reply")->used[0], 1); /* Friday's end; three days by the wall */
    assert_int_equal(due_of(&stage, "reply"), clocks_at(stage.zone, "2026-03-13 00:00") - 1);
    stage_end(&stage);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fixmystreet_1339_1340_closed_is_never_silently_solved),
        cmocka_unit_test(fixmystreet_2613_time_alone_solves_nothing),
        cmocka_unit_test(fixmystreet_897_what_is_said_after_closing_is_refused_or_opens_it_again),
        cmocka_unit_test(ureport_403_what_was_closed_can_be_opened_again_or_the_file_says_why_not),
        cmocka_unit_test(ureport_87_nothing_closes_without_a_reply),
        cmocka_unit_test(ureport_42_the_measured_unit_does_not_set_its_own_time),
        cmocka_unit_test(fixmystreet_2378_what_is_overdue_says_so_itself),
        cmocka_unit_test(openregister_3350_a_declared_deadline_is_armed),
        cmocka_unit_test(xstate_5331_a_restored_matter_is_due_at_the_same_instant),
        cmocka_unit_test(open_zaak_747_885_suspension_moves_the_date),
        cmocka_unit_test(glpi_10594_a_pause_over_a_weekend_gives_no_weekend_back),
    };
    return cmocka_run_group_tests_name("courses, known failures of others", tests, NULL, NULL);
}
