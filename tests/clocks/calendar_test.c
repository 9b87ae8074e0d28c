/* Calendars: the twenty years of cn.yaml day by day, layers, hours, refusals, sums against a walk.
 */
#include "testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "base/rng.h"
#include "base/shape.h"
#include "base/time.h"
#include "procedure/calendar.h"
#include "support.h"

enum { DAYS_2007_TO_2026 = 7305 };

static struct bm_day_info info_of(const struct bm_calendar *calendar, const char *date) {
    struct bm_day_info info;
    assert_int_equal(bm_calendar_day(calendar, clocks_day(date), &info, NULL), BM_OK);
    return info;
}

/* --- the whole of ../shared/data/calendar -------------------------------------------------------
 */

enum said { SAID_NOTHING, SAID_OFF, SAID_WORK };

/* What the data say of each day, as holiday-cn's users read them: a day's own year's file, or the
 * one that names it. */
static bool read_data(int32_t first, uint8_t said[DAYS_2007_TO_2026]) {
    const char *data = getenv("BELLMAN_DATA"), *root = getenv("SOURCE_ROOT");
    for (int year = 2007; year <= 2026; year++) {
        char path[512];
        static char text[1 << 16];
        snprintf(path, sizeof path, "%s%s/calendar/%d.json", data ? data : root,
                 data ? "" : "/../shared/data", year);
        FILE *file = fopen(path, "r");
        if (!file) {
            print_message("skipped: %s is not there (BELLMAN_DATA names another folder)\n", path);
            return false;
        }
        size_t len = fread(text, 1, sizeof text, file);
        fclose(file);
        json_t *object = NULL, *day;
        size_t i;
        assert_int_equal(bm_json_parse(text, len, &object, NULL), BM_OK);
        json_array_foreach(json_object_get(object, "days"), i, day) {
            int32_t at = clocks_day(json_string_value(json_object_get(day, "date"))) - first;
            if (at < 0 || at >= DAYS_2007_TO_2026) continue;
            said[at] = json_is_true(json_object_get(day, "isOffDay")) ? SAID_OFF : SAID_WORK;
        }
        json_decref(object);
    }
    return true;
}

static void all_7305_days_of_china_agree_with_the_notices(void **state) {
    (void)state;
    static uint8_t said[DAYS_2007_TO_2026];
    int32_t first = clocks_day("2007-01-01"), make_up = 0, working = 0;
    if (!read_data(first, said)) skip();
    struct bm_zone *zone = clocks_zone("Asia/Shanghai");
    struct clocks_book *book = clocks_read_cn();
    struct bm_calendar *calendar = clocks_calendar(book, zone);
    assert_int_equal(book->plan.covers_to - first + 1, DAYS_2007_TO_2026);
    for (int32_t at = 0; at < DAYS_2007_TO_2026; at++) {
        struct bm_day_info info;
        bool weekend = bm_date_weekday(first + at) >= 5;
        assert_int_equal(bm_calendar_day(calendar, first + at, &info, NULL), BM_OK);
        assert_true(info.covered);
        enum bm_day_class wanted = said[at] == SAID_OFF    ? BM_DAY_OFF
                                   : said[at] == SAID_WORK ? BM_DAY_MAKE_UP
                                   : weekend               ? BM_DAY_REST
                                                           : BM_DAY_WORKED;
        if (info.day_class != wanted) {
            char date[BM_DATE_TEXT_BYTES];
            bm_date_text(first + at, date);
            fail_msg("%s is %s, and should be %s", date, bm_day_class_names[info.day_class],
                     bm_day_class_names[wanted]);
        }
        assert_int_equal(info.worked, wanted == BM_DAY_WORKED || wanted == BM_DAY_MAKE_UP);
        assert_int_equal(info.source[0] != 0, said[at] != SAID_NOTHING);
        make_up += wanted == BM_DAY_MAKE_UP;
        working += info.worked;
    }
    assert_int_equal(bm_calendar_worked_before(calendar, first + DAYS_2007_TO_2026) -
                         bm_calendar_worked_before(calendar, first),
                     working);
    print_message("%d of %d days agree; %d working days, %d of them make-up days\n",
                  DAYS_2007_TO_2026, DAYS_2007_TO_2026, working, make_up);
    bm_calendar_free(calendar);
    bm_free(book);
    bm_zone_free(zone);
}

static void days_past_the_cover_follow_the_week_and_say_so(void **state) {
    (void)state;
    struct bm_zone *zone = clocks_zone("Asia/Shanghai");
    struct clocks_book *book = clocks_read_cn();
    struct bm_calendar *calendar = clocks_calendar(book, zone);
    assert_true(info_of(calendar, "2026-12-31").covered);
    struct bm_day_info info = info_of(calendar, "2027-01-01"); /* no notice yet: a Friday */
    assert_false(info.covered);
    assert_true(info.worked);
    info = info_of(calendar, "2006-12-30"); /* before the cover, but named by the first notice */
    assert_false(info.covered);
    assert_int_equal(info.day_class, BM_DAY_MAKE_UP);
    info = info_of(calendar, "2026-02-14");
    assert_int_equal(info.day_class, BM_DAY_MAKE_UP);
    assert_non_null(strstr(info.source, "国办发明电〔2025〕7号"));
    struct bm_fault fault = {0};
    assert_int_equal(bm_calendar_day(calendar, clocks_day("2040-01-01"), &info, &fault),
                     BM_OUT_OF_RANGE);
    assert_non_null(strstr(fault.detail, "2036-12-31"));
    bm_calendar_free(calendar);
    bm_free(book);
    bm_zone_free(zone);
}

/* --- layers -------------------------------------------------------------------------------------
 */

static void a_jurisdiction_adds_days_and_hours_over_the_base(void **state) {
    (void)state;
    struct bm_zone *zone = clocks_zone("Asia/Shanghai");
    struct clocks_book *book = clocks_read_cn();
    static const struct bm_day_hours summer = {2, {{540, 720}, {900, 1110}}},
                                     short_day = {1, {{540, 720}}};
    static const struct bm_day_hours all_day = {1, {{480, 960}}};
    struct bm_day_rule rules[] = {
        {clocks_day("2026-06-01"), clocks_day("2026-09-30"), BM_DAYS_HOURS, &summer},
        {clocks_day("2026-07-20"), clocks_day("2026-07-21"), BM_DAYS_OFF, NULL}, /* a flood */
        {clocks_day("2026-07-25"), clocks_day("2026-07-25"), BM_DAYS_WORK,
         NULL}, /* a Saturday for it */
        {clocks_day("2026-02-15"), clocks_day("2026-02-15"), BM_DAYS_WORK,
         &short_day}, /* over the base's holiday */
    };
    struct bm_day_notice notice = {2026, "Made-up City No. 3, 2026-05-20", rules,
                                   sizeof rules / sizeof rules[0]};
    struct bm_day_hours week[7] = {all_day, all_day, all_day, all_day, short_day, {0}, {0}};
    struct bm_calendar_layer layer = {
        .name = "made-up", .week = week, .notices = &notice, .count = 1};
    struct bm_calendar *calendar = NULL;
    struct bm_fault fault = {0};
    if (bm_calendar_make("cn-made-up", &book->plan, &layer, 1, zone, &calendar, &fault))
        fail_msg("%s", fault.detail);
    assert_string_equal(bm_calendar_name(calendar), "cn-made-up");
    assert_int_equal(info_of(calendar, "2026-07-20").day_class, BM_DAY_LOCAL_OFF);
    assert_int_equal(info_of(calendar, "2026-07-25").day_class, BM_DAY_LOCAL_WORK);
    assert_int_equal(info_of(calendar, "2026-07-25").hours->spans[1].to_min,
                     1110); /* the summer's */
    assert_int_equal(info_of(calendar, "2026-02-15").hours->count, 1);
    assert_int_equal(info_of(calendar, "2026-02-16").day_class, BM_DAY_OFF); /* the base's */
    assert_int_equal(info_of(calendar, "2026-03-02").hours->spans[0].from_min, 480);
    assert_int_equal(info_of(calendar, "2026-03-06").hours->count, 1); /* a Friday */
    assert_int_equal(info_of(calendar, "2026-06-06").worked,
                     false); /* summer hours make no workday */
    assert_string_equal(info_of(calendar, "2026-07-20").source, "Made-up City No. 3, 2026-05-20");
    bm_calendar_free(calendar);
    bm_free(book);
    bm_zone_free(zone);
}

/* --- refusals -----------------------------------------------------------------------------------
 */

static void refused(const struct bm_calendar_plan *plan, enum bm_code code, const char *field,
                    const char *words) {
    struct bm_zone *zone = clocks_zone("UTC");
    struct bm_calendar *calendar = NULL;
    struct bm_fault fault = {0};
    assert_int_equal(bm_calendar_make(NULL, plan, NULL, 0, zone, &calendar, &fault), code);
    assert_null(calendar);
    assert_string_equal(fault.field, field);
    if (!strstr(fault.detail, words)) fail_msg("\"%s\" does not say \"%s\"", fault.detail, words);
    bm_zone_free(zone);
}

static void a_calendar_with_a_gap_is_refused(void **state) {
    (void)state;
    struct clocks_book *book = clocks_read_cn();
    struct bm_day_notice without[CLOCKS_YEARS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < book->plan.count; i++)
        if (book->notices[i].year != 2015) without[count++] = book->notices[i];
    book->plan.notices = without;
    book->plan.count = count;
    refused(&book->plan, BM_MISSING_FIELD, "notices", "no notice of 2015");
    bm_free(book);
}

static void bad_plans_are_refused_by_name(void **state) {
    (void)state;
    struct bm_calendar_plan good = clocks_plain("test", 2026, 2026), bad = good;
    bad.name = "";
    refused(&bad, BM_MISSING_FIELD, "calendar", "name");
    bad = good, bad.edition = 0;
    refused(&bad, BM_OUT_OF_RANGE, "edition", "from 1");
    bad = good, bad.covers_to = bad.covers_from - 1;
    refused(&bad, BM_OUT_OF_RANGE, "covers_to", "not before");
    bad = good, bad.covers_from = -40000;
    refused(&bad, BM_OUT_OF_RANGE, "covers_to", "36525");
    bad = good, bad.covers_from = bad.covers_to = clocks_day("2300-01-01");
    refused(&bad, BM_OUT_OF_RANGE, "covers_from", "2200");
    bad = good, bad.make_up.count = 0;
    refused(&bad, BM_MISSING_FIELD, "make_up", "hours");
    bad = good, bad.week[0].count = BM_CALENDAR_SPANS_MAX + 1;
    refused(&bad, BM_OUT_OF_RANGE, "week", "6 working spans");
    bad = good, bad.week[0].spans[1].from_min = 719;
    refused(&bad, BM_OUT_OF_RANGE, "week", "overlap");
    bad = good, bad.week[0].spans[1].to_min = 1441;
    refused(&bad, BM_OUT_OF_RANGE, "week", "24:00");
    bad = good, bad.week[0].spans[0].to_min = 540;
    refused(&bad, BM_OUT_OF_RANGE, "week", "after it begins");

    static const struct bm_day_hours empty = {0};
    struct bm_day_rule rules[3] = {
        {clocks_day("2026-05-01"), clocks_day("2026-05-05"), BM_DAYS_OFF, NULL},
        {clocks_day("2026-05-05"), clocks_day("2026-05-05"), BM_DAYS_WORK, NULL}};
    struct bm_day_notice notices[2] = {{2026, "No. 1", rules, 2}, {2026, "No. 2", rules, 1}};
    bad = good, bad.notices = notices, bad.count = 1;
    refused(&bad, BM_BAD_REQUEST, "days", "No. 1, 2026-05-05: the day is named twice");
    rules[1].from_day = rules[1].to_day + 1;
    refused(&bad, BM_BAD_REQUEST, "days", "swap");
    rules[1].from_day = rules[1].to_day = clocks_day("2027-02-01");
    refused(&bad, BM_BAD_REQUEST, "days", "not in the notice's year");
    rules[1].from_day = rules[1].to_day = clocks_day("2026-05-09"), rules[1].act = BM_DAYS_HOURS;
    refused(&bad, BM_BAD_REQUEST, "hours", "say which");
    rules[1].hours = &empty;
    refused(&bad, BM_BAD_REQUEST, "hours", "without a span");
    notices[0].source = "";
    refused(&bad, BM_MISSING_FIELD, "source", "number and date");
    notices[0] = (struct bm_day_notice){2027, "No. 1", rules, 1};
    refused(&bad, BM_OUT_OF_RANGE, "year", "covers 2026 to 2026");
    bad.count = 2, bad.covers_to = clocks_day("2027-12-31");
    rules[0].from_day = rules[0].to_day = clocks_day("2027-01-01");
    refused(&bad, BM_OUT_OF_RANGE, "year", "must rise");
}

static void an_unknown_calendar_is_not_found(void **state) {
    (void)state;
    struct bm_zone *zone = clocks_zone("UTC");
    struct bm_calendar_plan plan = clocks_plain("test", 2026, 2026);
    struct bm_calendar *calendar = clocks_make(&plan, zone);
    const struct bm_calendar *all[] = {calendar}, *found = NULL;
    struct bm_fault fault = {0};
    assert_int_equal(bm_calendar_find(all, 1, "test", &found, &fault), BM_OK);
    assert_ptr_equal(found, calendar);
    assert_int_equal(bm_calendar_find(all, 1, "cn", &found, &fault), BM_NOT_FOUND);
    assert_non_null(strstr(fault.detail, "\"cn\""));
    bm_calendar_free(calendar);
    bm_zone_free(zone);
}

/* A day that the next year's notice takes back is the later notice's. */
static void the_later_notice_decides(void **state) {
    (void)state;
    struct bm_zone *zone = clocks_zone("Asia/Shanghai");
    struct bm_calendar_plan plan = clocks_plain("test", 2026, 2027);
    struct bm_day_rule first = {clocks_day("2026-12-28"), clocks_day("2026-12-28"), BM_DAYS_OFF,
                                NULL};
    struct bm_day_rule second = {clocks_day("2026-12-28"), clocks_day("2026-12-28"), BM_DAYS_WORK,
                                 NULL};
    struct bm_day_notice notices[] = {{2026, "No. 1", &first, 1}, {2027, "No. 2", &second, 1}};
    plan.notices = notices, plan.count = 2;
    struct bm_calendar *calendar = clocks_make(&plan, zone);
    assert_string_equal(info_of(calendar, "2026-12-28").source, "No. 2");
    assert_true(info_of(calendar, "2026-12-28").worked);
    bm_calendar_free(calendar);
    bm_zone_free(zone);
}

/* --- sums
 * ----------------------------------------------------------------------------------------- */

/* Working time and working days against a walk over every minute of some weeks with changed clocks.
 */
static void sums_agree_with_a_walk(void **state) {
    (void)state;
    static const char *const zones[] = {"Europe/Berlin", "Australia/Lord_Howe", "America/Sao_Paulo",
                                        "Asia/Shanghai"};
    for (int z = 0; z < 4; z++) {
        struct bm_zone *zone = clocks_zone(zones[z]);
        struct bm_calendar_plan plan = z % 2 ? clocks_always("test", 2018, 2018)
                                             : clocks_plain("test", 2018, 2018);
        plan.week[6] = (struct bm_day_hours){
            3, {{0, 30}, {90, 200}, {1400, 1440}}}; /* Sundays, when clocks change */
        struct bm_calendar *calendar = clocks_make(&plan, zone);
        int64_t at = clocks_at(zone, "2018-01-01"), worked = bm_calendar_worked_ms(calendar, at),
                back;
        int64_t end = clocks_at(zone, "2019-01-01");
        for (; at < end; at += 60000) {
            int64_t civil = bm_zone_civil_ms(zone, at);
            int32_t day = (int32_t)(civil / 86400000), minute = (int32_t)(civil / 60000 % 1440);
            const struct bm_day_hours *hours = &plan.week[bm_date_weekday(day)];
            bool works = false;
            for (uint32_t i = 0; i < hours->count; i++)
                works = works ||
                        (minute >= hours->spans[i].from_min && minute < hours->spans[i].to_min);
            if (bm_calendar_worked_ms(calendar, at) != worked)
                fail_msg("%s %s", zones[z], clocks_shown(zone, at));
            if (works) {
                assert_int_equal(bm_calendar_worked_ms(calendar, at + 12345), worked + 12345);
                assert_true(bm_calendar_worked_until(calendar, worked + 12345, &back));
                assert_int_equal(back, at + 12345);
                worked += 60000;
            }
        }
        assert_int_equal(bm_calendar_worked_ms(calendar, end), worked);
        bm_calendar_free(calendar);
        bm_zone_free(zone);
    }
}

static void the_nth_working_day_is_found(void **state) {
    (void)state;
    struct bm_zone *zone = clocks_zone("Asia/Shanghai");
    struct clocks_book *book = clocks_read_cn();
    struct bm_calendar *calendar = clocks_calendar(book, zone);
    int32_t first, last, nth = 0, found;
    bm_calendar_reach(calendar, &first, &last);
    for (int32_t day = first; day <= last; day++) {
        assert_int_equal(bm_calendar_worked_before(calendar, day), nth);
        if (!bm_calendar_works(calendar, day)) continue;
        assert_true(bm_calendar_nth_worked(calendar, ++nth, &found));
        assert_int_equal(found, day);
    }
    assert_false(bm_calendar_nth_worked(calendar, nth + 1, &found));
    assert_false(bm_calendar_nth_worked(calendar, 0, &found));
    bm_calendar_free(calendar);
    bm_free(book);
    bm_zone_free(zone);
}

static void dates_are_read_and_written(void **state) {
    (void)state;
    int32_t day;
    for (day = BM_DAY_LEAST; day <= BM_DAY_MOST; day++) {
        struct bm_date date = bm_date_of(day);
        if (bm_date_day(date) != day) fail_msg("day %d", (int)day);
    }
    static const char *const bad[] = {"2026-02-29",
                                      "2026-13-01",
                                      "2026-00-01",
                                      "2026-01-00",
                                      "2026-01-32",
                                      "2026-1-01",
                                      "20260101",
                                      "2026-01-1x",
                                      "2026/01/01",
                                      "1900-02-29",
                                      ""};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(bm_date_read(bad[i], strlen(bad[i]), &day));
    assert_true(bm_date_read("2024-02-29", 10, &day));
    char text[BM_DATE_TEXT_BYTES];
    bm_date_text(day, text);
    assert_string_equal(text, "2024-02-29");
    assert_int_equal(bm_date_weekday(day), 3); /* a Thursday */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_7305_days_of_china_agree_with_the_notices),
        cmocka_unit_test(days_past_the_cover_follow_the_week_and_say_so),
        cmocka_unit_test(a_jurisdiction_adds_days_and_hours_over_the_base),
        cmocka_unit_test(a_calendar_with_a_gap_is_refused),
        cmocka_unit_test(bad_plans_are_refused_by_name),
        cmocka_unit_test(an_unknown_calendar_is_not_found),
        cmocka_unit_test(the_later_notice_decides),
        cmocka_unit_test(sums_agree_with_a_walk),
        cmocka_unit_test(the_nth_working_day_is_found),
        cmocka_unit_test(dates_are_read_and_written),
    };
    return cmocka_run_group_tests_name("calendar", tests, NULL, NULL);
}
