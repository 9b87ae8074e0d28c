/* Bad ratings under a name: who looks into them, by when, and what becomes of them. */
#include "testing.h"

#include <string.h>

#include "desk.h"

static void seal_text(struct bm_command *command) {
    command->sealed[BM_DATA_NARRATIVE].value = bm_bytes_copy("sealed", 6);
}

static void a_bad_rating_under_a_name_is_looked_into_within_a_working_day(void **state) {
    (void)state;
    struct world world = desk_make();
    uint64_t contact, still_open, id = desk_close(&world, &contact);
    desk_in_hand(&world, &still_open);
    struct bm_command early = desk_rating(still_open, 5, BM_SOLVED_YES, true);
    assert_int_equal(give(&world, &early), BM_NOT_POSSIBLE); /* a rating for an open case */
    struct bm_command unit = desk_rating(contact, 5, BM_SOLVED_YES, true);
    unit.actor.v = HEAD_NORTH;
    assert_int_equal(give(&world, &unit), BM_FORBIDDEN); /* never by the measured unit */
    struct bm_command bad = desk_rating(contact, 1, BM_SOLVED_NO, true);
    made(&world, &bad);
    const struct bm_contact *row = bm_core_get(world.core, BM_T_CONTACT, contact);
    assert_int_equal(row->rating, 1);
    assert_string_equal(desk_shown(row->check_due_at_ms), "2026-09-23 23:59:59.999");
    const struct bm_rating *waits = bm_core_get(world.core, BM_T_RATING, contact);
    assert_non_null(waits);
    assert_int_equal(waits->on_case.v, id);
    assert_int_equal(waits->jurisdiction.v, CITY);
    assert_true(waits->check_due_at_ms == row->check_due_at_ms && waits->checked_at_ms == BM_AT_NONE);
    struct bm_command twice = desk_rating(contact, 5, BM_SOLVED_YES, true);
    assert_int_equal(give(&world, &twice), BM_EXISTS);
    struct bm_command silent = ask(BM_DO_RATING_CHECK, OFFICER, contact);
    assert_int_equal(give(&world, &silent), BM_MISSING_FIELD); /* says what was found, or nothing */
    struct bm_command other = ask(BM_DO_RATING_CHECK, CLERK, contact);
    seal_text(&other);
    assert_int_equal(give(&world, &other), BM_FORBIDDEN); /* the file names who looks into it */
    struct bm_command look = ask(BM_DO_RATING_CHECK, OFFICER, contact);
    seal_text(&look);
    made(&world, &look);
    assert_true(((const struct bm_contact *)bm_core_get(world.core, BM_T_CONTACT, contact))->checked_at_ms == world.now_ms);
    assert_true(((const struct bm_rating *)bm_core_get(world.core, BM_T_RATING, contact))->checked_at_ms == world.now_ms);
    assert_int_equal(desk_case(&world, id)->state, BM_CASE_CLOSED);
    desk_at(&world, "2026-10-25 09:00"); /* leaves memory with its case, and comes back with it */
    assert_null(bm_core_get(world.core, BM_T_RATING, contact));
    struct bm_command revive = ask(BM_DO_CASE_REVIVE, TAKER, id);
    for (size_t i = 0; i < desk_events(); i++) {
        const struct bm_event *event = desk_event(i);
        if (event->kind != BM_EV_CASE_ARCHIVED || event->subject.id != id) continue;
        bm_bytes_free(&revive.case_revive.content);
        revive.case_revive.content = bm_bytes_copy(event->case_archived.content.bytes, event->case_archived.content.len);
    }
    made(&world, &revive);
    assert_int_equal(((const struct bm_rating *)bm_core_get(world.core, BM_T_RATING, contact))->level, 1);
    desk_free(&world);
}

/* The later version asks nobody how it went: who looks into what was said under the former one is not named any more. */
static void a_bad_rating_is_looked_into_by_a_supervisor_where_the_procedure_names_nobody(void **state) {
    (void)state;
    struct world world = desk_make();
    uint64_t contact, id = desk_close(&world, &contact);
    struct bm_command bad = desk_rating(contact, 1, BM_SOLVED_NO, true);
    made(&world, &bad);
    desk_reopen(&world, id, contact);
    size_t len;
    char *text = stage_file("procedures", "letter.yaml", &len);
    text[len] = 0;
    for (char *effect; (effect = strstr(text, "survey: citizen"));) memcpy(effect, "publish: reply ", 15);
    desk_publish_letter(&world, text, len, '2', "survey:\n  of: [citizen]\n  check_by: duty_officer\n  check_within: { amount: 1, unit: working_days }\n",
                 "survey:\n  none: { zh-Hans: 不问, zh-Hant: 不問, en: Nobody is asked }\n");
    struct bm_command move = ask(BM_DO_MATTER_MIGRATE, 4, id);
    move.has_if_match = true;
    move.if_match = desk_case(&world, id)->version;
    made(&world, &move);
    struct bm_command officer = ask(BM_DO_RATING_CHECK, OFFICER, contact);
    seal_text(&officer);
    assert_int_equal(give(&world, &officer), BM_FORBIDDEN);
    assert_non_null(strstr(world.decision.fault.detail, "supervisor"));
    struct bm_command supervisor = ask(BM_DO_RATING_CHECK, 4, contact);
    seal_text(&supervisor);
    made(&world, &supervisor);
    assert_true(((const struct bm_contact *)bm_core_get(world.core, BM_T_CONTACT, contact))->checked_at_ms == world.now_ms);
    desk_free(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bad_rating_under_a_name_is_looked_into_within_a_working_day),
        cmocka_unit_test(a_bad_rating_is_looked_into_by_a_supervisor_where_the_procedure_names_nobody),
    };
    return cmocka_run_group_tests_name("ratings looked into", tests, NULL, NULL);
}
