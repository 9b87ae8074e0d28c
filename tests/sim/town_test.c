/* Who works in the demo's city, and what people call about: held against the classes that it
 * publishes. */
#include <stdio.h>
#include <string.h>

#include "testing.h"

#include "base/alloc.h"
#include "base/json.h"
#include "sim/town_private.h"

extern const char bm_demo_classes[];

struct world {
    struct bm_city *city;
    struct bm_roster *roster;
    json_t *classes;
};

static int set_up(void **state) {
    struct world *world = bm_alloc_zero(1, sizeof *world);
    world->city = bm_city_new(1);
    world->roster = bm_alloc(sizeof *world->roster);
    bm_roster_make(world->city, BM_ROSTER_UNITS_MAX, world->roster);
    assert_int_equal(bm_json_parse(bm_demo_classes, strlen(bm_demo_classes), &world->classes, NULL),
                     BM_OK);
    *state = world;
    return 0;
}

static int tear_down(void **state) {
    struct world *world = *state;
    json_decref(world->classes);
    bm_free(world->roster);
    bm_city_free(world->city);
    bm_free(world);
    return 0;
}

static const json_t *class_called(const struct world *world, const char *code) {
    size_t i;
    json_t *row;
    json_array_foreach(json_object_get(world->classes, "classes"), i, row) {
        if (strcmp(json_string_value(json_object_get(row, "code")), code) == 0) return row;
    }
    return NULL;
}

static void every_story_is_understood_and_has_a_class(void **state) {
    for (unsigned i = 0; i < bm_story_count; i++) {
        const struct bm_story *story = &bm_stories[i];
        assert_non_null(class_called(*state, story->class_code));
        assert_true(story->weight > 0);
        for (int t = 0; t < 3 && story->texts[t]; t++) {
            char text[512];
            snprintf(text, sizeof text, story->texts[t], "解放中路与人民东路路口");
            assert_ptr_equal(bm_story_by_mark(text), story);
        }
    }
}

static bool somebody_can(const struct bm_roster *roster, const char *capability) {
    size_t len = strlen(capability);
    for (int u = 0; u < roster->unit_count; u++) {
        for (const char *at = roster->units[u].capabilities; (at = strstr(at, capability));
             at += len) {
            bool begins = at == roster->units[u].capabilities || at[-1] == ' ';
            if (begins && (at[len] == 0 || at[len] == ' ')) return true;
        }
    }
    return false;
}

static void whatever_a_plan_asks_for_somebody_in_town_can(void **state) {
    struct world *world = *state;
    size_t i;
    json_t *row;
    json_array_foreach(json_object_get(world->classes, "classes"), i, row) {
        const char *plan = json_string_value(json_object_get(row, "plan"));
        while (plan && *plan) {
            size_t skip = strspn(plan, " ;:0123456789"), len = strcspn(plan + skip, " ;:");
            char capability[64];
            snprintf(capability, sizeof capability, "%.*s", (int)len, plan + skip);
            plan += skip + len;
            if (len && !somebody_can(world->roster, capability))
                fail_msg("nobody can %s", capability);
        }
    }
}

static void nobody_is_there_twice(void **state) {
    const struct bm_roster *roster = ((struct world *)*state)->roster;
    assert_true(roster->unit_count >= 40 && roster->unit_count <= 60);
    for (int u = 0; u < roster->unit_count; u++) {
        assert_string_not_equal(roster->units[u].call_sign, "");
        assert_int_equal(roster->people[roster->first_crew + u].unit, u);
        assert_in_range(roster->units[u].agency, 0, roster->agency_count - 1);
        for (int other = 0; other < u; other++)
            assert_string_not_equal(roster->units[u].call_sign, roster->units[other].call_sign);
    }
    for (int p = 0; p < roster->person_count; p++) {
        assert_true(strlen(roster->people[p].password) >= 10);
        for (int other = 0; other < p; other++) {
            assert_string_not_equal(roster->people[p].login, roster->people[other].login);
            assert_string_not_equal(roster->people[p].number, roster->people[other].number);
        }
    }
}

static void a_small_town_can_do_the_first_things(void **state) {
    struct world *world = *state;
    struct bm_roster *small = bm_alloc(sizeof *small);
    bm_roster_make(world->city, 20, small);
    assert_int_equal(small->unit_count, 20);
    assert_true(somebody_can(small, "police") && somebody_can(small, "ambulance") &&
                somebody_can(small, "fire_engine"));
    assert_true(somebody_can(small, "boat"));
    bm_free(small);
}

static void only_the_ready_accounts_are_shown(void **state) {
    struct world *world = *state;
    struct bm_buf out = bm_buf_make(64 * 1024);
    json_t *shown;
    bm_roster_write_demo(world->roster, world->city, 2, &out);
    assert_int_equal(bm_json_parse(out.bytes, out.len, &shown, NULL), BM_OK);
    assert_int_equal(json_array_size(json_object_get(shown, "accounts")), 5);
    assert_null(strstr(bm_buf_c_text(&out), "gateway"));
    assert_null(strstr(bm_buf_c_text(&out), "crew"));
    json_decref(shown);
    bm_buf_free(&out);
}

/* A point well inside each bank lies in a district of that bank, and places know theirs. */
static void districts_are_divided_by_the_river(void **state) {
    const struct bm_city *city = ((struct world *)*state)->city;
    unsigned seen[BM_CITY_DISTRICTS] = {0};
    for (uint32_t i = 0; i < city->place_count; i++) {
        assert_int_equal(city->places[i].district,
                         bm_city_district_of(city, city->places[i].point));
        seen[city->places[i].district]++;
    }
    for (int d = 0; d < BM_CITY_DISTRICTS; d++) assert_true(seen[d] >= 5);
    for (uint32_t i = 1; i + 1 < city->river_count; i++) {
        struct bm_point north = city->river[i], south = city->river[i];
        north.lat_e7 += 5000;
        south.lat_e7 -= 5000;
        assert_int_equal(bm_city_district_of(city, north), 0);
        assert_true(bm_city_district_of(city, south) > 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_story_is_understood_and_has_a_class),
        cmocka_unit_test(whatever_a_plan_asks_for_somebody_in_town_can),
        cmocka_unit_test(nobody_is_there_twice),
        cmocka_unit_test(a_small_town_can_do_the_first_things),
        cmocka_unit_test(only_the_ready_accounts_are_shown),
        cmocka_unit_test(districts_are_divided_by_the_river),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
