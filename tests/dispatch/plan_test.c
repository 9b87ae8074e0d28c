/* Response plans: what is one, and what is said of what is none. */
#include "testing.h"

#include <stdio.h>
#include <string.h>

#include "core/plan.h"

static void good_plans_are_read(void **state) {
    (void)state;
    struct bm_plan plan;
    assert_int_equal(bm_plan_read("", &plan, NULL), BM_OK);
    assert_int_equal(plan.alarms, 0);
    assert_int_equal(bm_plan_read("   ", &plan, NULL), BM_OK);
    assert_int_equal(plan.alarms, 0);
    assert_int_equal(bm_plan_read("ambulance:1 police:2; ambulance:3", &plan, NULL), BM_OK);
    assert_int_equal(plan.alarms, 2);
    assert_int_equal(plan.alarm[0].count, 2);
    assert_string_equal(plan.alarm[0].needs[1].capability, "police");
    assert_int_equal(plan.alarm[0].needs[1].count, 2);
    assert_int_equal(plan.alarm[1].needs[0].count, 3);
    assert_int_equal(bm_plan_read(" a:1  b_2:99 ;c:01;d:1;e:1;f:1 ", &plan, NULL), BM_OK);
    assert_int_equal(plan.alarms, 5);
    assert_string_equal(plan.alarm[0].needs[1].capability, "b_2");
    assert_int_equal(plan.alarm[0].needs[1].count, 99);
    assert_int_equal(plan.alarm[1].needs[0].count, 1);
    assert_int_equal(bm_plan_read("a:1 b:1 c:1 d:1 e:1 f:1 g:1 h:1 i:1 j:1 k:1 l:1", &plan, NULL),
                     BM_OK);
    assert_int_equal(plan.alarm[0].count, BM_PLAN_NEEDS);
    assert_int_equal(bm_plan_read("abcdefghijklmnopqrstuvw:1", &plan, NULL), BM_OK); /* 23 */
}

static void bad_plans_are_refused_where_they_are_wrong(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int at; /* character named, from 1 */
        const char *mend;
    } bad[] = {
        {"ambulance", 10, "a colon and a count"},
        {"ambulance:", 11, "a count is 1 to 99"},
        {"ambulance:0", 12, "a count is 1 to 99"},
        {"ambulance:100", 14, "a count is 1 to 99"},
        {"ambulance:-1", 11, "a count is 1 to 99"},
        {"ambulance:1,police:1", 12, "a space or a semicolon"},
        {"ambulance:1x", 12, "a space or a semicolon"},
        {"ambulance:0011", 14, "a space or a semicolon"},
        {"Ambulance:1", 1, "1 to 23 characters"},
        {"救护:1", 1, "1 to 23 characters"},
        {"abcdefghijklmnopqrstuvwx:1", 1, "1 to 23 characters"},
        {":1", 1, "1 to 23 characters"},
        {"a:1 a:2", 8, "stands once"},
        {"a:1;", 5, "a level follows"},
        {"a:1; ", 6, "a level follows"},
        {";", 1, "at least one capability"},
        {"a:1;;b:1", 5, "at least one capability"},
        {"a:1;b:1;c:1;d:1;e:1;f:1", 21, "at most 5"},
        {"a:1 b:1 c:1 d:1 e:1 f:1 g:1 h:1 i:1 j:1 k:1 l:1 m:1", 49, "at most 12"},
        {"a:1\tb:1", 4, "a space or a semicolon"},
        {"a:1\nb:1", 4, "a space or a semicolon"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct bm_plan plan = {.alarms = 77};
        struct bm_fault fault = {0};
        char at[40];
        snprintf(at, sizeof at, "character %d:", bad[i].at);
        assert_int_equal(bm_plan_read(bad[i].text, &plan, &fault), BM_OUT_OF_RANGE);
        assert_int_equal(plan.alarms, 77);
        assert_string_equal(fault.field, "plan");
        if (!strstr(fault.detail, at) || !strstr(fault.detail, bad[i].mend))
            fail_msg("%s: %s", bad[i].text, fault.detail);
    }
}

static void capabilities_are_whole_words(void **state) {
    (void)state;
    assert_true(bm_capabilities_have("ambulance als", "als"));
    assert_true(bm_capabilities_have("ambulance als", "ambulance"));
    assert_true(bm_capabilities_have(" x  ambulance ", "ambulance"));
    assert_true(bm_capabilities_have("aa_aa aa", "aa"));
    assert_false(bm_capabilities_have("ambulance als", "al"));
    assert_false(bm_capabilities_have("ambulance als", "ls"));
    assert_false(bm_capabilities_have("ambulances", "ambulance"));
    assert_false(bm_capabilities_have("", "ambulance"));
    assert_false(bm_capabilities_have("ambulance", ""));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_plans_are_read),
        cmocka_unit_test(bad_plans_are_refused_where_they_are_wrong),
        cmocka_unit_test(capabilities_are_whole_words),
    };
    return cmocka_run_group_tests_name("plans", tests, NULL, NULL);
}
