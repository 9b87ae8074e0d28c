/* AML messages: the forms of TS 103 625, with what real phones send. */
#include "testing.h"

#include <stdio.h>
#include <string.h>

#include "intake/aml.h"

static enum bm_code sms(const char *text, struct bm_aml *aml, struct bm_fault *fault) {
    return bm_aml_read_sms(text, strlen(text), aml, fault);
}

static void version_1(void **state) {
    (void)state;
    struct bm_aml aml;
    struct bm_fault fault;
    assert_int_equal(sms("A\"ML=1;lt=+54.76397;lg=-0.18305;rd=50;top=20130717141935;lc=90;pm=W;si=123456789012345;ei=1234567890123456;"
                         "mcc=234;mnc=30;ml=129",
                         &aml, &fault),
                     BM_OK);
    assert_int_equal(aml.lat_e7, 547639700);
    assert_int_equal(aml.lon_e7, -1830500);
    assert_int_equal(aml.uncertainty_m, 50);
    assert_int_equal(aml.fixed_at_ms, INT64_C(1374070775000));
    assert_string_equal(aml.number, "");
}

static void version_2(void **state) {
    (void)state;
    struct bm_aml aml;
    struct bm_fault fault;
    assert_int_equal(sms("A\"ML=2;en=+15555555555;et=1593187189;lo=-37.42175,-122.08461,2000.1;lt=-9999;lc=68;lz=-100.1,100.1;ls=G;"
                         "ei=358239059042542;nc=310260;hc=310260;lg=en-US",
                         &aml, &fault),
                     BM_OK);
    assert_int_equal(aml.lat_e7, -374217500);
    assert_int_equal(aml.lon_e7, -1220846100);
    assert_int_equal(aml.uncertainty_m, 2001); /* never less than what was said */
    assert_int_equal(aml.fixed_at_ms, INT64_C(1593187189000) - 9999000);
}

static void data_sms(void **state) {
    (void)state;
    static const char hex[] = "415193D98BEDD8F4DEECE6A2C962B7DA8E7DEEB56232990B86A3D9623B39B92783EDE86F784F068BD560B6D80C1683E568B81D7BDCB3E17"
                              "6F076EFB89BA77B39DCCD56A3C966B15D39DD9BD570B2590E56CBC168B21A4DB66B8FC7BD590CB66BBBC73D990DB66BB37B31D90C";
    uint8_t bytes[sizeof hex / 2];
    for (size_t i = 0; i < sizeof bytes; i++) {
        unsigned value;
        assert_int_equal(sscanf(hex + 2 * i, "%2x", &value), 1);
        bytes[i] = (uint8_t)value;
    }
    struct bm_aml aml;
    struct bm_fault fault;
    assert_int_equal(bm_aml_read_data(bytes, sizeof bytes, &aml, &fault), BM_OK);
    assert_int_equal(aml.lat_e7, 374217500);
}

static void https_form(void **state) {
    (void)state;
    static const char form[] = "v=1&device_number=%2B447477593102&location_latitude=55.85732&location_longitude=-4.26325&location_time="
                               "1476189444435&location_accuracy=10.4&location_source=GPS&location_certainty=83&device_model=ABC+ABC+Detente+530";
    struct bm_aml aml;
    struct bm_fault fault;
    assert_int_equal(bm_aml_read_form(form, strlen(form), &aml, &fault), BM_OK);
    assert_int_equal(aml.lat_e7, 558573200);
    assert_int_equal(aml.lon_e7, -42632500);
    assert_int_equal(aml.uncertainty_m, 11);
    assert_int_equal(aml.fixed_at_ms, INT64_C(1476189444435));
    assert_string_equal(aml.number, "+447477593102");
}

static void what_says_nothing_or_nonsense(void **state) {
    (void)state;
    static const struct {
        const char *text;
        enum bm_code code;
        const char *field;
    } cases[] = {
        {"A\"ML=1;lt=N;lg=N;rd=N;top=N;lc=N;pm=N;si=1;ei=2;mcc=234;mnc=30;ml=088", BM_NOT_FOUND, ""},
        {"A\"ML=1;lt=1.5;lg=1.5;pm=N", BM_NOT_FOUND, ""},
        {"A\"ML=2;et=1593187189;lo=,,", BM_NOT_FOUND, ""},
        {"A\"ML=1", BM_NOT_FOUND, ""},
        {"A\"ML=1;lt=91;lg=0", BM_OUT_OF_RANGE, "lt"},
        {"A\"ML=1;lt=1;lg=180.1", BM_OUT_OF_RANGE, "lg"},
        {"A\"ML=1;lt=0x10;lg=0", BM_OUT_OF_RANGE, "lt"},
        {"A\"ML=1;lt=1;lg=1;rd=wide", BM_OUT_OF_RANGE, "rd"},
        {"A\"ML=1;lt=1;lg=1;top=20130231141935", BM_OUT_OF_RANGE, "top"},
        {"A\"ML=1;lt=1;lg=1;top=2013", BM_OUT_OF_RANGE, "top"},
        {"A\"ML=1;lt=1;lg=1;top=10130717141935", BM_OUT_OF_RANGE, "top"}, /* before time began */
        {"A\"ML=2;lo=1", BM_OUT_OF_RANGE, "lo"},
        {"A\"ML=2;lo=1,2;et=-5", BM_OUT_OF_RANGE, "et"},
        {"A\"ML=3;lo=1,2,3", BM_BAD_REQUEST, "sms"},
        {"A\"ML=12;lo=1,2,3", BM_BAD_REQUEST, "sms"},
        {"please come quickly", BM_BAD_REQUEST, "sms"},
        {"", BM_BAD_REQUEST, "sms"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bm_aml aml;
        struct bm_fault fault = {0};
        assert_int_equal(sms(cases[i].text, &aml, &fault), cases[i].code);
        assert_string_equal(fault.field, cases[i].field);
    }
    static const char *const forms[] = {"location_latitude=1&location_longitude=1", "v=1&location_latitude=%4", "v=1&location_latitude=1%00",
                                        "v=1&location_latitude=95&location_longitude=1"};
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        struct bm_aml aml;
        struct bm_fault fault;
        assert_int_not_equal(bm_aml_read_form(forms[i], strlen(forms[i]), &aml, &fault), BM_OK);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(version_1), cmocka_unit_test(version_2), cmocka_unit_test(data_sms),
                                       cmocka_unit_test(https_form), cmocka_unit_test(what_says_nothing_or_nonsense)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
