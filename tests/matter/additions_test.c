/* Local additions to a calendar: whose days are others, and what was promised there; what is refused, by its line. */
#include "testing.h"

#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "base/time.h"
#include "desk.h"

enum { DAYS_MAX = 40, PROMISED = 7 };

static const char festival[] = "additions_to: cn\n"
                               "edition: 1\n"
                               "title: Days of the north\n"
                               "years:\n"
                               "  - year: 2026\n"
                               "    notices:\n"
                               "      - No. 3 of the north, 2026-01-05\n"
                               "    off:\n"
                               "      - 2026-09-24, festival\n"
                               "    work:\n"
                               "      - 2026-09-26, made up\n";

static int64_t due_in(struct world *world, uint64_t case_id) {
    return desk_promise(world, case_id, "reply")->due_at_ms;
}

/* --- what is promised where --------------------------------------------------------------------- */

static void an_agency_adds_days_for_itself_and_below(void **state) {
    (void)state;
    struct world world = desk_make();
    uint64_t beat = desk_agency(&world, "BEAT", NORTH);
    uint64_t north = desk_open_in(&world, NORTH, "letter", NULL), below = desk_open_in(&world, beat, "letter", NULL);
    uint64_t south = desk_open_in(&world, SOUTH, "letter", NULL), city = desk_open(&world, "letter", NULL);
    int64_t plain = due_in(&world, south);
    assert_int_equal(due_in(&world, north), plain);
    assert_int_equal(desk_additions(&world, ADMIN, NORTH,
                                    "additions_to: cn\nedition: 1\ntitle: t\nyears:\n  - year: 2026\n    notices:\n      - n\n"
                                    "    off:\n      - 2026-09-24, festival\n"), BM_OK);
    size_t before = desk_events();
    desk_at(&world, "2026-09-22 08:01");
    assert_string_equal(desk_shown(plain), "2026-10-09 23:59:59.999");
    assert_string_equal(desk_shown(due_in(&world, north)), "2026-10-10 23:59:59.999"); /* a make-up workday of all */
    assert_int_equal(due_in(&world, below), due_in(&world, north));
    assert_int_equal(due_in(&world, south), plain);
    assert_int_equal(due_in(&world, city), plain);
    for (size_t i = before; i < desk_events(); i++) { /* and nothing was recorded of other areas */
        const struct bm_event *event = desk_event(i);
        if (event->kind != BM_EV_PROMISE_SET) continue;
        assert_true(event->promise_set.on_case.v == north || event->promise_set.on_case.v == below);
        assert_int_equal(event->promise_set.why, BM_PROMISE_REPROJECTED);
    }
    /* The nearest agency decides. */
    assert_int_equal(desk_additions(&world, ADMIN, beat,
                                    "additions_to: cn\nedition: 1\ntitle: t\nyears:\n  - year: 2026\n    notices:\n      - n\n"
                                    "    work:\n      - 2026-09-24, no festival here\n"), BM_OK);
    desk_at(&world, "2026-09-22 08:02");
    assert_int_equal(due_in(&world, below), plain);
    assert_string_equal(desk_shown(due_in(&world, north)), "2026-10-10 23:59:59.999");
    /* A matter that begins there counts so from the beginning. */
    assert_string_equal(desk_shown(due_in(&world, desk_open_in(&world, NORTH, "letter", NULL))), "2026-10-10 23:59:59.999");
    /* An agency that goes elsewhere leaves those days behind. */
    desk_move_agency(&world, NORTH, SOUTH);
    uint64_t other = desk_agency(&world, "OTHER", SOUTH);
    desk_move_agency(&world, beat, other);
    desk_at(&world, "2026-09-22 08:03");
    assert_int_equal(due_in(&world, below), plain);
    assert_string_equal(desk_shown(due_in(&world, north)), "2026-10-10 23:59:59.999");
    desk_replays(&world);
    desk_free(&world);
}

static void an_area_that_moves_below_counts_on_its_days(void **state) {
    (void)state;
    struct world world = desk_make();
    uint64_t beat = desk_agency(&world, "BEAT", SOUTH), id = desk_open_in(&world, beat, "letter", NULL);
    int64_t plain = due_in(&world, id);
    assert_int_equal(desk_additions(&world, ADMIN, NORTH, festival), BM_OK);
    desk_at(&world, "2026-09-22 08:01");
    assert_int_equal(due_in(&world, id), plain);
    assert_int_equal(desk_additions(&world, ADMIN, NORTH,
                                    "additions_to: cn\nedition: 2\ntitle: t\nyears:\n  - year: 2026\n    notices:\n      - n\n"
                                    "    off:\n      - 2026-09-24, festival\n"), BM_OK);
    desk_move_agency(&world, beat, NORTH);
    desk_at(&world, "2026-09-22 08:02");
    assert_true(due_in(&world, id) > plain);
    desk_replays(&world);
    desk_free(&world);
}

/* --- refused ------------------------------------------------------------------------------------ */

static void what_is_wrong_is_named_with_its_line(void **state) {
    (void)state;
    static const struct {
        const char *off, *work;
        const char *says;
    } cases[] = {
        {"2026-09-24, a", "2026-09-24, b", "Line 11: 2026-09-24 stands in line 9 already"},
        {"2026-09-24 to 2026-09-27, a", "2026-10-17, b", "Line 9: 2026-09-25 is off without this already"}, /* mid-autumn */
        {"2026-09-24, a", "2026-09-28, b", "Line 11: 2026-09-28 is worked without this already"},
        {"2027-09-24, a", "2026-10-17, b", "Line 9: 2027-09-24 stands under another year"},
        {"2026-09-24, a", "soon, b", "Line 11"},
    };
    struct world world = desk_make();
    char text[1000];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        snprintf(text, sizeof text,
                 "additions_to: cn\nedition: 1\ntitle: t\nyears:\n  - year: 2026\n    notices:\n      - n\n    off:\n      - %s\n    work:\n      - %s\n",
                 cases[i].off, cases[i].work);
        assert_int_equal(desk_additions(&world, ADMIN, NORTH, text), BM_BAD_FILE);
        if (!strstr(world.decision.fault.detail, cases[i].says)) fail_msg("%s, not %s", world.decision.fault.detail, cases[i].says);
    }
    /* Beyond what is announced. */
    assert_int_equal(desk_additions(&world, ADMIN, NORTH,
                                    "additions_to: cn\nedition: 1\ntitle: t\nyears:\n  - year: 2027\n    notices:\n      - n\n"
                                    "    off:\n      - 2027-03-01, a\n"), BM_BAD_FILE);
    assert_non_null(strstr(world.decision.fault.detail, "Line 9: 2027-03-01 lies outside what calendar cn covers (2007-01-01 to 2026-12-31)"));
    assert_int_equal(desk_additions(&world, ADMIN, NORTH, "additions_to: us\nedition: 1\ntitle: t\nyears: []\n"), BM_BAD_FILE);
    assert_string_equal(world.decision.fault.field, "additions_to");
    assert_int_equal(desk_additions(&world, ADMIN, 0, festival), BM_BAD_FILE); /* whose? */
    assert_int_equal(desk_additions(&world, ADMIN, 999, festival), BM_NOT_FOUND);
    assert_int_equal(desk_additions(&world, CLERK, NORTH, festival), BM_FORBIDDEN);
    assert_int_equal(desk_additions(&world, ADMIN, NORTH, festival), BM_OK);
    assert_int_equal(desk_additions(&world, ADMIN, NORTH, festival), BM_CONFLICT); /* edition 1 again */
    assert_int_equal(desk_calendar(&world, 1, NULL, NULL), BM_OK);                 /* the calendar goes on by itself */
    desk_free(&world);
}

/* --- a simple count ------------------------------------------------------------------------------ */

struct added {
    int32_t day;
    bool works;
};

static bool works_there(const struct stage *stage, const struct added *added, size_t count, int32_t day) {
    for (size_t i = 0; i < count; i++) {
        if (added[i].day == day) return added[i].works;
    }
    return bm_calendar_works(stage->calendar, day);
}

/* The promised working days after the day of first contact, one after the other. */
static int64_t counted(const struct stage *stage, const struct added *added, size_t count, int32_t day) {
    for (int left = PROMISED; left > 0;) left -= works_there(stage, added, count, ++day);
    return bm_calendar_end_ms(stage->calendar, day, true);
}

/* Days between now and December of which the calendar says the contrary, each once. */
static size_t draw(struct bm_rng *rng, const struct stage *stage, struct added added[DAYS_MAX]) {
    size_t count = 0, wished = 1 + bm_rng_below(rng, 12);
    while (count < wished) {
        int32_t day = clocks_day("2026-09-22") + 1 + (int32_t)bm_rng_below(rng, 30);
        bool there = false;
        for (size_t i = 0; i < count; i++) there |= added[i].day == day;
        if (!there) added[count++] = (struct added){day, !bm_calendar_works(stage->calendar, day)};
    }
    return count;
}

static void write_file(const struct added *added, size_t count, unsigned edition, char text[4000]) {
    size_t used = (size_t)snprintf(text, 4000, "additions_to: cn\nedition: %u\ntitle: t\nyears:\n  - year: 2026\n    notices:\n      - n\n", edition);
    for (int works = 0; works < 2; works++) {
        bool any = false;
        for (size_t i = 0; i < count; i++) {
            char date[BM_DATE_TEXT_BYTES];
            if (added[i].works != works) continue;
            bm_date_text(added[i].day, date);
            if (!any) used += (size_t)snprintf(text + used, 4000 - used, "    %s:\n", works ? "work" : "off");
            used += (size_t)snprintf(text + used, 4000 - used, "      - %s, drawn\n", date);
            any = true;
        }
    }
}

static void dates_agree_with_a_simple_count(void **state) {
    (void)state;
    struct bm_rng rng = {clocks_seed()};
    struct stage stage = stage_of("letter.yaml");
    const char *wished = getenv("WALKS");
    int rounds = wished ? (int)strtol(wished, NULL, 10) : 25, moved = 0;
    struct world world = desk_make();
    uint64_t beat = desk_agency(&world, "BEAT", NORTH);
    int32_t today = clocks_day("2026-09-22");
    uint64_t north = desk_open_in(&world, NORTH, "letter", NULL), below = desk_open_in(&world, beat, "letter", NULL);
    uint64_t south = desk_open_in(&world, SOUTH, "letter", NULL);
    int64_t plain = counted(&stage, NULL, 0, today);
    assert_int_equal(due_in(&world, south), plain);
    for (int i = 0; i < rounds; i++) {
        struct added added[DAYS_MAX];
        char text[4000], when[20];
        size_t count = draw(&rng, &stage, added);
        write_file(added, count, (unsigned)i + 1, text);
        if (desk_additions(&world, ADMIN, NORTH, text)) fail_msg("%s\n%s", world.decision.fault.detail, text);
        snprintf(when, sizeof when, "2026-09-22 09:%02d", i % 60);
        desk_at(&world, when);
        int64_t wanted = counted(&stage, added, count, today);
        if (due_in(&world, north) != wanted) fail_msg("due %lld, counted %lld, with\n%s", (long long)due_in(&world, north), (long long)wanted, text);
        assert_int_equal(due_in(&world, below), wanted);
        assert_int_equal(due_in(&world, south), plain);
        moved += wanted != plain;
    }
    assert_true(moved * 4 > rounds); /* a property that meets nothing proves nothing */
    stage_end(&stage);
    desk_replays(&world);
    desk_free(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_agency_adds_days_for_itself_and_below),
        cmocka_unit_test(an_area_that_moves_below_counts_on_its_days),
        cmocka_unit_test(what_is_wrong_is_named_with_its_line),
        cmocka_unit_test(dates_agree_with_a_simple_count),
    };
    return cmocka_run_group_tests_name("additions to a calendar", tests, NULL, NULL);
}
