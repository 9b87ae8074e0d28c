/* A caller lets the desk see where they are: only after agreeing, only by the newest link, only while the matter is open. */
#include "testing.h"

#include "small_world.h"

enum { TAKER = 2, DISPATCHER = 3, CREW = 6 };

static enum bm_code locate(struct world *world, uint64_t actor, uint64_t contact, enum bm_locate_step step, uint32_t link) {
    struct bm_command command = ask(BM_DO_CONTACT_LOCATE, actor, contact);
    command.contact_locate.step = (uint8_t)step;
    command.contact_locate.link = link;
    command.contact_locate.lat_e7 = 312304000;
    command.contact_locate.lon_e7 = 1214737000;
    command.contact_locate.uncertainty_m = 12;
    return give(world, &command);
}

static uint64_t call_in(struct world *world) {
    struct bm_command receive = ask(BM_DO_CONTACT_RECEIVE, TAKER, 0);
    receive.contact_receive.answered = true;
    return made(world, &receive);
}

static const struct bm_contact *contact_of(const struct world *world, uint64_t id) {
    return bm_core_get(world->core, BM_T_CONTACT, id);
}

static void only_after_agreeing(void **state) {
    (void)state;
    struct world world = world_make();
    uint64_t id = call_in(&world);
    assert_int_equal(locate(&world, 0, id, BM_LOCATE_AGREE, 0), BM_NOT_POSSIBLE); /* nobody asked */
    assert_int_equal(locate(&world, TAKER, id, BM_LOCATE_ASK, 0), BM_OK);
    assert_int_equal(locate(&world, 0, id, BM_LOCATE_FIX, 1), BM_NOT_POSSIBLE);
    assert_int_equal(contact_of(&world, id)->fix_count, 0);
    assert_int_equal(locate(&world, TAKER, id, BM_LOCATE_AGREE, 1), BM_FORBIDDEN); /* nobody agrees for somebody else */
    assert_int_equal(locate(&world, 0, id, BM_LOCATE_AGREE, 1), BM_OK);
    assert_int_equal(locate(&world, 0, id, BM_LOCATE_FIX, 1), BM_OK);
    assert_int_equal(locate(&world, 0, id, BM_LOCATE_FIX, 1), BM_OK);
    assert_int_equal(contact_of(&world, id)->fix_count, 2);
    assert_int_equal(contact_of(&world, id)->fix_source, BM_FIX_DEVICE);
    assert_int_equal(contact_of(&world, id)->uncertainty_m, 12);
    assert_int_equal(locate(&world, CREW, id, BM_LOCATE_ASK, 0), BM_FORBIDDEN);
    world_free(&world);
}

static void the_caller_may_stop(void **state) {
    (void)state;
    struct world world = world_make();
    uint64_t id = call_in(&world);
    assert_int_equal(locate(&world, TAKER, id, BM_LOCATE_ASK, 0), BM_OK);
    assert_int_equal(locate(&world, 0, id, BM_LOCATE_AGREE, 1), BM_OK);
    assert_int_equal(locate(&world, 0, id, BM_LOCATE_END, 1), BM_OK);
    assert_int_equal(locate(&world, 0, id, BM_LOCATE_FIX, 1), BM_NOT_POSSIBLE);
    assert_int_equal(locate(&world, 0, id, BM_LOCATE_AGREE, 1), BM_NOT_POSSIBLE); /* the link is spent */
    assert_int_equal(locate(&world, TAKER, id, BM_LOCATE_ASK, 0), BM_OK);
    assert_int_equal(locate(&world, 0, id, BM_LOCATE_AGREE, 1), BM_NOT_POSSIBLE); /* and stays it */
    assert_int_equal(locate(&world, 0, id, BM_LOCATE_AGREE, 2), BM_OK);
    assert_int_equal(locate(&world, TAKER, id, BM_LOCATE_END, 0), BM_OK); /* an operator may, too */
    assert_int_equal(locate(&world, 0, id, BM_LOCATE_FIX, 2), BM_NOT_POSSIBLE);
    world_free(&world);
}

static void it_ends_with_the_case(void **state) {
    (void)state;
    struct world world = world_make();
    uint64_t id = call_in(&world);
    assert_int_equal(locate(&world, TAKER, id, BM_LOCATE_ASK, 0), BM_OK);
    assert_int_equal(locate(&world, 0, id, BM_LOCATE_AGREE, 1), BM_OK);
    struct bm_command open = ask(BM_DO_CASE_OPEN, DISPATCHER, 0);
    TEXT(open.case_open.class_code, "help");
    open.case_open.contact.v = id;
    uint64_t on_case = made(&world, &open);
    struct bm_command end = ask(BM_DO_CONTACT_END, TAKER, id); /* the call is over, the case is not */
    end.contact_end.result = BM_RESULT_CASE;
    made(&world, &end);
    assert_int_equal(locate(&world, 0, id, BM_LOCATE_FIX, 1), BM_OK);
    struct bm_command close = ask(BM_DO_CASE_CLOSE, DISPATCHER, on_case);
    close.case_close.outcome = BM_OUTCOME_SOLVED;
    close.has_if_match = true;
    close.if_match = ((const struct bm_case *)bm_core_get(world.core, BM_T_CASE, on_case))->version;
    made(&world, &close);
    assert_int_equal(locate(&world, 0, id, BM_LOCATE_FIX, 1), BM_NOT_POSSIBLE);
    assert_int_equal(locate(&world, TAKER, id, BM_LOCATE_ASK, 0), BM_NOT_POSSIBLE);
    assert_int_equal(locate(&world, 0, id, BM_LOCATE_END, 1), BM_OK); /* to stop is always possible */
    world_free(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(only_after_agreeing), cmocka_unit_test(the_caller_may_stop),
                                       cmocka_unit_test(it_ends_with_the_case)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
