/* Times at every turn, in each form in which they come in: year ends, leap days and seconds, 2038, 2100, the last instant, the
 * roll-overs of GPS weeks, and serial numbers that begin anew.  (Zones against libc from 1902 to 2099: tests/clocks/zone_test.c;
 * working days where the next year's calendar is not there: tests/clocks/clock_test.c and calendar_test.c.) */
#include "testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "dispatch/dispatch.h"
#include "intake/aml.h"
#include "intake/jt808.h"
#include "intake/osmand.h"
#include "procedure/zone.h"

#define NOT INT64_MIN /* no time */

/* 1024 weeks: how far a receiver is off that counts weeks in ten bits. */
#define ROLL_OVER_MS (INT64_C(1024) * 7 * 86400000)

static void iso_8601_and_seconds(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t at_ms;
    } times[] = {
        {"2016-12-31T23:59:60Z", 1483228800000}, /* a leap second is the first of the next minute */
        {"2016-12-31T23:59:61Z", NOT},
        {"2017-01-01T07:59:60+08:00", 1483228800000},
        {"2026-12-31T23:59:59.999Z", 1798761599999},
        {"2027-01-01T00:00:00+08:00", 1798732800000},
        {"2026-12-31 16:00:00", 1798732800000},
        {"2027-01-01T00:00:00-14:00", 1798812000000},
        {"2027-01-01T00:00:00+14:01", 1798711140000},
        {"2027-01-01T00:00:00+15:00", NOT},
        {"2024-02-29T00:00:00Z", 1709164800000},
        {"2026-02-29T00:00:00Z", NOT},
        {"2000-02-29T00:00:00Z", 951782400000},
        {"2100-02-29T00:00:00Z", NOT},
        {"2100-03-01T00:00:00Z", 4107542400000},
        {"2038-01-19T03:14:07Z", 2147483647000},
        {"2038-01-19T03:14:08Z", 2147483648000},
        {"2106-02-07T06:28:16Z", 4294967296000},
        {"1970-01-01T00:00:00Z", 0},
        {"1970-01-01T00:00:00+00:01", NOT}, /* before 1970 there is none */
        {"1969-12-31T23:59:59Z", NOT},
        {"0000-01-01T00:00:00Z", NOT},
        {"9999-12-31T23:59:59.999Z", 253402300799999},
        {"9999-12-31T23:59:60Z", NOT},
        {"9999-12-31T23:59:59-00:01", NOT},
        {"0", 0},
        {"2147483648", 2147483648000},
        {"4294967296", 4294967296000},
        {"9999999999", 9999999999000}, /* the last that counts as seconds */
        {"10000000000", 10000000000},
        {"253402300799999", NOT}, /* fifteen digits */
        {"99999999999999", 99999999999999},
        {"9223372036854775808", NOT},
        {"18446744073709551616", NOT},
        {"-1", NOT},
        {"2026-13-01T00:00:00Z", NOT},
        {"2026-00-01T00:00:00Z", NOT},
        {"2026-04-31T00:00:00Z", NOT},
        {"2026-12-31T24:00:00Z", NOT},
        {"2026-12-31T23:60:00Z", NOT},
        {"2026-12-31T23:59:59.99999999999999999999999999999999999999999999999999999Z", 1798761599999},
    };
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        int64_t at_ms = NOT;
        bool read = bm_osmand_time(times[i].text, &at_ms);
        if (read != (times[i].at_ms != NOT) || at_ms != times[i].at_ms)
            fail_msg("%s: %s, %lld, not %lld", times[i].text, read ? "read" : "not read", (long long)at_ms, (long long)times[i].at_ms);
    }
}

/* A body of 0x0200 whose time stands in binary-coded decimal digits, UTC+8. */
static int64_t jt808_time(const char *digits) {
    uint8_t body[28] = {0};
    struct bm_report report;
    struct bm_fault fault;
    body[7] = 2; /* it has a fix */
    for (int i = 0; i < 6; i++) body[22 + i] = (uint8_t)strtoul((char[]){digits[2 * i], digits[2 * i + 1], 0}, NULL, 16);
    assert_int_equal(bm_jt808_location(body, sizeof body, &report, &fault), BM_OK);
    assert_true(report.has_point); /* whatever its clock says, it is somewhere */
    return report.device_at_ms;
}

static void binary_coded_decimals(void **state) {
    (void)state;
    assert_true(jt808_time("270101000000") == INT64_C(1798732800000)); /* Shanghai's new year is 16:00 UTC */
    assert_true(jt808_time("261231235959") == INT64_C(1798732799000));
    assert_true(jt808_time("161231235960") == INT64_C(1483200000000)); /* :60 is the first second of the next minute */
    assert_true(jt808_time("161231235961") == BM_AT_NONE);
    assert_true(jt808_time("000101000000") == INT64_C(946656000000)); /* the year 2000: kept, never believed */
    assert_true(jt808_time("300406120000") == INT64_C(1901678400000)); /* 2030, as a rolled-over receiver says */
    assert_true(jt808_time("380119111407") == INT64_C(2147483647000));
    assert_true(jt808_time("380119111408") == INT64_C(2147483648000));
    assert_true(jt808_time("991231235959") == INT64_C(4102415999000));
    assert_true(jt808_time("240229000000") == INT64_C(1709136000000));
    assert_true(jt808_time("260229000000") == BM_AT_NONE);
    assert_true(jt808_time("000000000000") == BM_AT_NONE);
    assert_true(jt808_time("261301000000") == BM_AT_NONE);
    assert_true(jt808_time("2604310000ff") == BM_AT_NONE);
    assert_true(jt808_time("ffffffffffff") == BM_AT_NONE);
}

static int64_t aml_time(const char *top) {
    char text[200];
    struct bm_aml aml = {.fixed_at_ms = 7};
    struct bm_fault fault;
    snprintf(text, sizeof text, "A\"ML=1;lt=+54.76397;lg=-0.18305;rd=50;top=%s;lc=90;pm=W", top);
    return bm_aml_read_sms(text, strlen(text), &aml, &fault) ? NOT : aml.fixed_at_ms;
}

static void stamps_of_callers_phones(void **state) {
    (void)state;
    assert_true(aml_time("20261231235959") == INT64_C(1798761599000));
    assert_true(aml_time("20161231235960") == INT64_C(1483228800000));
    assert_true(aml_time("20161231235961") == NOT);
    assert_true(aml_time("20240229000000") == INT64_C(1709164800000));
    assert_true(aml_time("20260229000000") == NOT);
    assert_true(aml_time("21000229000000") == NOT);
    assert_true(aml_time("20380119031408") == INT64_C(2147483648000));
    assert_true(aml_time("19691231235959") == NOT);
    assert_true(aml_time("19700101000000") == 0);
    assert_true(aml_time("99991231235959") == INT64_C(253402300799000));
    assert_true(aml_time("2026123123595") == NOT);
}

/* R23: what a device says of its own clock is kept, and counts for nothing when it cannot be right. */
static void clocks_that_cannot_be_right(void **state) {
    (void)state;
    const int64_t now_ms = INT64_C(1790000000000), queued_ms = INT64_C(7) * 86400000;
    static const int64_t off_ms[] = {-ROLL_OVER_MS, ROLL_OVER_MS, -2 * ROLL_OVER_MS};
    struct bm_position position = {0};
    for (size_t i = 0; i < sizeof off_ms / sizeof off_ms[0]; i++) {
        bm_position_date(&position, now_ms + off_ms[i], now_ms, queued_ms);
        assert_true(position.at_ms == now_ms && position.clock_off && position.device_at_ms == now_ms + off_ms[i]);
    }
    static const int64_t said_ms[] = {0, INT64_C(946656000000), INT64_C(1901678400000), INT64_C(253402300799999)};
    for (size_t i = 0; i < sizeof said_ms / sizeof said_ms[0]; i++) {
        bm_position_date(&position, said_ms[i], now_ms, queued_ms);
        assert_true(position.at_ms == now_ms && position.clock_off && position.device_at_ms == said_ms[i]);
    }
    bm_position_date(&position, BM_AT_NONE, now_ms, queued_ms);
    assert_true(position.at_ms == now_ms && !position.clock_off);
    bm_position_date(&position, 5, 10, queued_ms); /* the desk's own clock stands at 1970 */
    assert_true(position.at_ms == 5 && !position.clock_off);
    bm_position_date(&position, INT64_C(253402300799999), INT64_C(253402300799999), queued_ms);
    assert_true(position.at_ms == INT64_C(253402300799999) && !position.clock_off);
}

/* --- what goes out ---------------------------------------------------------------------------- */

static void dates_of_every_year(void **state) {
    (void)state;
    for (int32_t year = 0; year <= 9999; year++) {
        bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
        int32_t first = bm_date_day((struct bm_date){year, 1, 1}), last = bm_date_day((struct bm_date){year, 12, 31});
        assert_int_equal(last - first, leap ? 365 : 364);
        char text[BM_DATE_TEXT_BYTES], wanted[32];
        int32_t day;
        snprintf(wanted, sizeof wanted, "%04d-02-29", (int)year);
        assert_int_equal(bm_date_read(wanted, 10, &day), leap);
        bm_date_text(last, text);
        snprintf(wanted, sizeof wanted, "%04d-12-31", (int)year);
        assert_string_equal(text, wanted);
        assert_int_equal(bm_date_of(first).year, year);
        if (year) assert_int_equal(first, bm_date_day((struct bm_date){year - 1, 12, 31}) + 1);
    }
}

static void instants_as_text(void **state) {
    (void)state;
    char text[BM_TIME_TEXT_BYTES];
    bm_time_text(INT64_C(1798761599999), text);
    assert_string_equal(text, "2026-12-31T23:59:59.999Z");
    bm_time_text(INT64_C(1798761600000), text);
    assert_string_equal(text, "2027-01-01T00:00:00.000Z");
    bm_time_text(-1, text);
    assert_string_equal(text, "1969-12-31T23:59:59.999Z");
    bm_time_text(INT64_MAX, text);
    assert_string_equal(text, "9999-12-31T23:59:59.999Z");
    bm_time_text(INT64_MIN, text);
    assert_string_equal(text, "0000-01-01T00:00:00.000Z");
}

/* --- zones far ahead -------------------------------------------------------------------------- */

static void read_zone(const char *name, struct bm_zone **ret_zone) {
    char path[128];
    static uint8_t bytes[BM_ZONE_BYTES_MAX];
    struct bm_fault fault;
    snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", name);
    FILE *file = fopen(path, "rb");
    if (!file) {
        printf("skipped: no %s\n", path);
        skip();
    }
    size_t len = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    if (bm_zone_read(name, bytes, len, ret_zone, &fault)) fail_msg("%s", fault.detail);
}

static void zones_at_their_turns(void **state) {
    (void)state;
    struct bm_zone *zone;
    read_zone("Asia/Shanghai", &zone);
    /* The year ends eight hours before it does in UTC. */
    assert_int_equal(bm_date_of(bm_zone_day_of(zone, INT64_C(1798732799999))).year, 2026);
    assert_int_equal(bm_date_of(bm_zone_day_of(zone, INT64_C(1798732800000))).year, 2027);
    assert_true(bm_zone_day_start_ms(zone, bm_date_day((struct bm_date){2027, 1, 1})) == INT64_C(1798732800000));
    for (int64_t at_ms = INT64_C(2147483647000); at_ms <= INT64_C(2147483649000); at_ms += 1000) assert_int_equal(bm_zone_offset_s(zone, at_ms), 28800);
    assert_int_equal(bm_zone_offset_s(zone, INT64_C(253402300799000)), 28800);
    bm_zone_free(zone);
    read_zone("America/New_York", &zone);
    static const int32_t years[] = {2026, 2037, 2038, 2039, 2099, 2100, 2101, 9998};
    for (size_t i = 0; i < sizeof years / sizeof years[0]; i++) {
        assert_int_equal(bm_zone_offset_s(zone, bm_date_day((struct bm_date){years[i], 7, 1}) * INT64_C(86400000)), -4 * 3600);
        assert_int_equal(bm_zone_offset_s(zone, bm_date_day((struct bm_date){years[i], 1, 1}) * INT64_C(86400000)), -5 * 3600);
        /* Second Sunday of March: half past two is not there; first of November: half past one is there twice. */
        int32_t march = bm_date_day((struct bm_date){years[i], 3, 8}), november = bm_date_day((struct bm_date){years[i], 11, 1});
        while (bm_date_weekday(march) != 6) march++;
        while (bm_date_weekday(november) != 6) november++;
        enum bm_civil how;
        bm_zone_instant_ms(zone, march * INT64_C(86400000) + INT64_C(9000000), &how);
        assert_int_equal(how, BM_CIVIL_SKIPPED);
        bm_zone_instant_ms(zone, november * INT64_C(86400000) + INT64_C(5400000), &how);
        assert_int_equal(how, BM_CIVIL_TWICE);
    }
    bm_zone_free(zone);
}

/* --- serial numbers --------------------------------------------------------------------------- */

static unsigned whole;

static bool count_whole(void *context, const struct bm_jt808_message *message, bool part) {
    uint16_t *serial = context;
    *serial = message->head.serial;
    whole += !part;
    return true;
}

/* As many parts as their 16 bits can say, of no length each; then a message after it, with the serial that follows 0xFFFF. */
static void serials_and_parts_begin_anew(void **state) {
    (void)state;
    struct bm_jt808_stream stream;
    struct bm_buf out = bm_buf_make(1024);
    struct bm_jt808_head head = {.phone_len = 6, .phone_bytes = {0x01, 0x38, 0x00, 0x13, 0x80, 0x00}};
    uint16_t serial = 0;
    bm_jt808_stream_make(&stream);
    whole = 0;
    for (uint32_t part = 1; part <= UINT16_MAX; part++) {
        uint8_t inner[] = {0x07, 0x04, 0x20, 0x00, 0x01, 0x38, 0x00, 0x13, 0x80, 0x00, (uint8_t)(part >> 8), (uint8_t)part,
                           0xff, 0xff, (uint8_t)(part >> 8), (uint8_t)part, 0};
        uint8_t frame[2 * sizeof inner + 2] = {0x7e}, sum = 0;
        size_t len = 1;
        for (size_t i = 0; i + 1 < sizeof inner; i++) sum ^= inner[i];
        inner[sizeof inner - 1] = sum;
        for (size_t i = 0; i < sizeof inner; i++) {
            bool special = inner[i] == 0x7d || inner[i] == 0x7e;
            frame[len++] = special ? 0x7d : inner[i];
            if (special) frame[len++] = inner[i] == 0x7d ? 1 : 2;
        }
        frame[len++] = 0x7e;
        assert_true(bm_jt808_stream_take(&stream, frame, len, count_whole, &serial));
        assert_int_equal(whole > 0 && part < UINT16_MAX, false);
    }
    assert_int_equal(whole, 1);
    for (uint32_t own = UINT16_MAX - 1; own <= UINT16_MAX + 2u; own++) {
        bm_buf_clear(&out);
        bm_jt808_write(&head, (uint16_t)own, BM_JT808_HEARTBEAT, NULL, 0, &out);
        assert_true(bm_jt808_stream_take(&stream, out.bytes, out.len, count_whole, &serial));
        assert_int_equal(serial, (uint16_t)own);
    }
    assert_int_equal(whole, 5);
    assert_true(stream.broken == 0);
    bm_jt808_stream_free(&stream);
    bm_buf_free(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(iso_8601_and_seconds),
        cmocka_unit_test(binary_coded_decimals),
        cmocka_unit_test(stamps_of_callers_phones),
        cmocka_unit_test(clocks_that_cannot_be_right),
        cmocka_unit_test(dates_of_every_year),
        cmocka_unit_test(instants_as_text),
        cmocka_unit_test(zones_at_their_turns),
        cmocka_unit_test(serials_and_parts_begin_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
