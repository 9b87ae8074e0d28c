/* Borders and who they are of; rows of a file as one command: all or none, in the order of the file, and as by hand. */
#include "testing.h"

#include <stdio.h>
#include <string.h>

#include "core/area.h"
#include "core/core.h"
#include "core/import.h"

enum { ADMIN = 1 };

/* --- borders ---------------------------------------------------------------------------------- */

static struct bm_bytes square(int32_t lat, int32_t lon, int32_t size, bool hole) {
    struct bm_buf shape = bm_buf_make(1024);
    struct bm_point outer[] = {{lat, lon}, {lat, lon + size}, {lat + size, lon + size}, {lat + size, lon}};
    int32_t third = size / 3;
    struct bm_point inner[] = {{lat + third, lon + third}, {lat + third, lon + 2 * third}, {lat + 2 * third, lon + 2 * third}, {lat + 2 * third, lon + third}};
    bm_area_ring(&shape, outer, 4);
    if (hole) bm_area_ring(&shape, inner, 4);
    bm_area_seal(&shape);
    struct bm_bytes bytes = bm_bytes_copy(shape.bytes, shape.len);
    bm_buf_free(&shape);
    return bytes;
}

static void test_borders(void **state) {
    (void)state;
    struct bm_bytes ring = square(0, 0, 9000000, true);
    assert_null(bm_area_wrong(&ring));
    assert_true(bm_area_has(&ring, (struct bm_point){1000000, 1000000}));
    assert_false(bm_area_has(&ring, (struct bm_point){4500000, 4500000})); /* in the hole */
    assert_false(bm_area_has(&ring, (struct bm_point){-1, 1000000}));
    for (uint32_t len = 0; len < ring.len; len++) { /* no beginning of it is one, but for the outer ring alone */
        struct bm_bytes cut = bm_bytes_copy(ring.bytes, len);
        bool outer_alone = len == 16 + 4 + 4 * 8;
        assert_true((bm_area_wrong(&cut) == NULL) == outer_alone);
        bm_bytes_free(&cut);
    }
    ring.bytes[0] ^= 1; /* a box that is not that of the points */
    assert_non_null(bm_area_wrong(&ring));
    bm_bytes_free(&ring);
}

/* --- a desk ----------------------------------------------------------------------------------- */

struct world {
    struct bm_core *core;
    struct bm_decision decision;
    int64_t now_ms;
};

static enum bm_code give(struct world *world, struct bm_command *command) {
    enum bm_code code = bm_core_decide(world->core, command, ++world->now_ms, &world->decision);
    for (size_t i = 0; !code && i < world->decision.event_count; i++) {
        world->decision.events[i].seq = bm_core_seq(world->core) + 1;
        bm_core_apply(world->core, &world->decision.events[i]);
    }
    bm_command_release(command);
    return code;
}

static struct bm_command agency(const char *code, uint64_t parent) {
    struct bm_command row = bm_command_make(BM_DO_AGENCY_SET);
    snprintf(row.agency_set.code, sizeof row.agency_set.code, "%s", code);
    snprintf(row.agency_set.name, sizeof row.agency_set.name, "%s", code);
    row.agency_set.parent.v = parent;
    row.agency_set.level = BM_LEVEL_STATION;
    return row;
}

static int set_up(void **state) {
    struct world *world = *state = calloc(1, sizeof *world);
    world->core = bm_core_new();
    world->decision = bm_decision_make();
    struct bm_command county = agency("county", 0), north = agency("north", 1), person = bm_command_make(BM_DO_OPERATOR_SET);
    person.operator_set.roles = BM_ADMINS | BM_TAKERS;
    person.operator_set.jurisdiction.v = 1;
    snprintf(person.operator_set.number, sizeof person.operator_set.number, "1");
    return give(world, &county) || give(world, &person) || give(world, &north);
}

static int tear_down(void **state) {
    struct world *world = *state;
    bm_core_free(world->core);
    bm_decision_free(&world->decision);
    free(world);
    return 0;
}

/* Takes the rows in, numbered from line 2. */
static enum bm_code take(struct world *world, enum bm_import_kind kind, struct bm_command *rows, size_t count, bool dry) {
    struct bm_command command = bm_command_make(BM_DO_IMPORT);
    struct bm_buf packed = bm_buf_make(1u << 20);
    for (size_t i = 0; i < count; i++) {
        bm_import_put(&packed, &rows[i], i + 2);
        bm_command_release(&rows[i]);
    }
    command.actor.v = ADMIN;
    command.import.kind = (uint8_t)kind;
    command.import.dry = dry;
    command.import.rows = bm_bytes_copy(packed.bytes, packed.len);
    bm_buf_free(&packed);
    return give(world, &command);
}

static uint64_t agency_of(struct world *world, const char *code) {
    for (uint64_t id = bm_core_next_id(world->core, BM_T_AGENCY, 0); id; id = bm_core_next_id(world->core, BM_T_AGENCY, id)) {
        if (strcmp(((const struct bm_agency *)bm_core_get(world->core, BM_T_AGENCY, id))->code, code) == 0) return id;
    }
    return 0;
}

static void test_rows_follow_rows(void **state) {
    struct world *world = *state;
    uint64_t before = bm_core_seq(world->core);
    struct bm_command dry[] = {agency("a", 1)};
    assert_int_equal(take(world, BM_IMPORT_AGENCIES, dry, 1, true), BM_OK);
    assert_true(bm_core_seq(world->core) == before);
    struct bm_command rows[] = {agency("a", 1), agency("b", BM_IMPORT_NEW | 0), agency("c", BM_IMPORT_NEW | 1)};
    assert_int_equal(take(world, BM_IMPORT_AGENCIES, rows, 3, false), BM_OK);
    assert_true(bm_core_seq(world->core) == before + 4); /* `imported`, and the rows */
    const struct bm_agency *c = bm_core_get(world->core, BM_T_AGENCY, agency_of(world, "c"));
    assert_true(c->parent.v == agency_of(world, "b"));
    /* Codes may change hands within one file. */
    struct bm_command swap[] = {agency("b", 1), agency("a", agency_of(world, "a"))};
    swap[0].target = agency_of(world, "a");
    swap[1].target = agency_of(world, "b");
    for (int i = 0; i < 2; i++) swap[i].if_match = 1;
    assert_int_equal(take(world, BM_IMPORT_AGENCIES, swap, 2, false), BM_OK);
    assert_true(agency_of(world, "a") == c->parent.v);
}

static void test_all_or_none(void **state) {
    struct world *world = *state;
    uint64_t before = bm_core_seq(world->core);
    struct {
        struct bm_command rows[2];
        const char *said;
        enum bm_code code;
    } cases[] = {
        {{agency("a", 1), agency("a", 1)}, "Line 3: Agency", BM_EXISTS},
        {{agency("a", 1), agency("north", 1)}, "Line 3: Agency 2 has this code", BM_EXISTS},
        {{agency("a", 1), agency("b", 77)}, "Line 3: There is no agency 77", BM_NOT_FOUND},
        {{agency("a", 1), agency("b", 1)}, "Line 3: A division code", BM_OUT_OF_RANGE},
        {{agency("a", 1), agency("b", BM_IMPORT_NEW | 5)}, "Line 3: There is no agency", BM_NOT_FOUND},
        {{agency("n", 1), agency("m", 1)}, "Line 3 is about the same agency as line 2", BM_CONFLICT},
        {{agency("a", 1), agency("n", 1)}, "Line 3: You read version 7", BM_STALE_VERSION},
    };
    snprintf(cases[3].rows[1].agency_set.division, BM_DIVISION_TEXT, "4401");
    cases[5].rows[0].target = cases[5].rows[1].target = cases[6].rows[1].target = 2;
    cases[6].rows[1].if_match = 7;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(take(world, BM_IMPORT_AGENCIES, cases[i].rows, 2, false), cases[i].code);
        assert_non_null(strstr(world->decision.fault.detail, cases[i].said));
        assert_true(bm_core_seq(world->core) == before);
    }
    assert_int_equal(take(world, BM_IMPORT_AGENCIES, NULL, 0, false), BM_MISSING_FIELD);
}

static void test_an_administrator_stays(void **state) {
    struct world *world = *state;
    struct bm_command rows[2];
    for (int i = 0; i < 2; i++) {
        rows[i] = bm_command_make(BM_DO_OPERATOR_SET);
        snprintf(rows[i].operator_set.number, sizeof rows[i].operator_set.number, "%d", i + 1);
        rows[i].operator_set.jurisdiction.v = 1;
        rows[i].operator_set.roles = i ? BM_ADMINS : BM_TAKERS;
    }
    rows[0].target = 1;
    rows[0].if_match = 1;
    struct bm_command alone = rows[0];
    assert_int_equal(take(world, BM_IMPORT_ACCOUNTS, &alone, 1, false), BM_CONFLICT);
    assert_int_equal(take(world, BM_IMPORT_ACCOUNTS, rows, 2, false), BM_OK); /* the other one of the file is */
}

static void test_jurisdiction(void **state) {
    struct world *world = *state;
    struct bm_command rows[3];
    for (int i = 0; i < 3; i++) {
        rows[i] = bm_command_make(BM_DO_AREA_SET);
        snprintf(rows[i].area_set.code, sizeof rows[i].area_set.code, "%d", i);
        snprintf(rows[i].area_set.name, sizeof rows[i].area_set.name, "%d", i);
        rows[i].area_set.jurisdiction.v = i == 1 ? 2 : 1;
        rows[i].area_set.kind = i == 2 ? BM_AREA_BEAT : BM_AREA_JURISDICTION;
        rows[i].area_set.shape = square(0, 0, i == 1 ? 3000000 : i == 2 ? 100000 : 9000000, false);
    }
    assert_int_equal(take(world, BM_IMPORT_AREAS, rows, 3, false), BM_OK);
    assert_true(bm_area_jurisdiction(world->core, (struct bm_point){1000, 1000}, 0) == 2);       /* the smaller one; a beat is none */
    assert_true(bm_area_jurisdiction(world->core, (struct bm_point){5000000, 5000000}, 0) == 1);
    assert_true(bm_area_jurisdiction(world->core, (struct bm_point){5000000, 5000000}, 2) == 0); /* not below north */
    assert_true(bm_area_jurisdiction(world->core, (struct bm_point){9500000, 1000}, 0) == 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_borders),
        cmocka_unit_test_setup_teardown(test_rows_follow_rows, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_all_or_none, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_an_administrator_stays, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_jurisdiction, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
