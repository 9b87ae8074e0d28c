/* The template of docs/add-a-driver.md compiles, and does what it says. */
#include "testing.h"

#include <string.h>

#include "acme.h"

static char identity[BM_IDENTITY_TEXT];
static struct bm_report report;
static struct bm_fault fault;

static enum bm_code read_text(const char *text) {
    return bm_acme_read(text, strlen(text), identity, &report, &fault);
}

static void a_message_is_read(void **state) {
    (void)state;
    assert_int_equal(read_text("ACME,van-7,22.5431,-114.0579,1790000000,36,90"), BM_OK);
    assert_string_equal(identity, "van-7");
    assert_true(report.has_point && report.point.lat_e7 == 225431000 && report.point.lon_e7 == -1140579000);
    assert_true(report.device_at_ms == INT64_C(1790000000000) && report.speed_mmps == 10000 && report.heading_deg == 90);
    assert_false(report.alarm);
    assert_int_equal(read_text("ACME,van-7,,,1790000000,0,0,SOS"), BM_OK);
    assert_true(report.alarm && !report.has_point);
}

static void what_cannot_be_is_refused(void **state) {
    static const struct {
        const char *text;
        enum bm_code code;
        const char *field;
    } wrong[] = {
        {"", BM_BAD_REQUEST, "message"},
        {"ACME,van-7,1,2,3,4", BM_BAD_REQUEST, "message"},
        {"ACME,van-7,1,2,3,4,5,SOS,more", BM_BAD_REQUEST, "message"},
        {"AMCE,van-7,1,2,3,4,5", BM_BAD_REQUEST, "message"},
        {"ACME,,1,2,3,4,5", BM_OUT_OF_RANGE, "name"},
        {"ACME,van-7,90.1,2,3,4,5", BM_OUT_OF_RANGE, "latitude"},
        {"ACME,van-7,1,,3,4,5", BM_OUT_OF_RANGE, "longitude"},
        {"ACME,van-7,1,inf,3,4,5", BM_OUT_OF_RANGE, "longitude"},
        {"ACME,van-7,1,2,0x3,4,5", BM_OUT_OF_RANGE, "time"},
        {"ACME,van-7,1,2,3,-4,5", BM_OUT_OF_RANGE, "speed"},
        {"ACME,van-7,1,2,3,4,360", BM_OUT_OF_RANGE, "heading"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(read_text(wrong[i].text), wrong[i].code);
        assert_string_equal(fault.field, wrong[i].field);
    }
    char name[BM_IDENTITY_TEXT + 40];
    snprintf(name, sizeof name, "ACME,%.*s,1,2,3,4,5", BM_IDENTITY_TEXT, "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn");
    assert_int_equal(read_text(name), BM_OUT_OF_RANGE);
    assert_int_equal(bm_acme_read("ACME\0,v,1,2,3,4,5", 17, identity, &report, &fault), BM_BAD_REQUEST);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_message_is_read), cmocka_unit_test(what_cannot_be_is_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
