/* Who may see what, in worlds drawn from a seed (SEED=n one of them): the one rule (core/audience.h) against what it must
 * mean.  Whoever works the cases of an area sees what hangs on them, and no clock, link or standing of a case that they may not see; a crew
 * sees what its unit is on; an officer sees no incident; a machine sees no case at all. */
#include "testing.h"

#include <stdlib.h>

#include "core/audience.h"
#include "core/part.h"
#include "small_world.h"

enum { SEEDS = 4, COMMANDS = 500 };

static uint64_t parent_of(const void *context, uint64_t agency) {
    const struct bm_agency *record = bm_core_get(context, BM_T_AGENCY, agency);
    return record ? record->parent.v : 0;
}

static bool unit_on_case(const void *context, uint64_t unit, uint64_t case_id) {
    for (uint64_t id = 0; (id = bm_core_next_id(context, BM_T_ASSIGNMENT, id));) {
        const struct bm_assignment *on = bm_core_get(context, BM_T_ASSIGNMENT, id);
        if (on->unit.v == unit && on->on_case.v == case_id && bm_assignment_open(on->state)) return true;
    }
    return false;
}

static bool part_on_case(const void *context, uint64_t above, uint64_t case_id) {
    const struct bm_scope scope = {parent_of, unit_on_case, part_on_case, context};
    return bm_part_on_case(context, &scope, above, case_id);
}

/* The case that a record hangs on; 0: it is none of these tables. */
static uint64_t hangs_on(enum bm_table_kind table, const void *record) {
    if (table == BM_T_ASSIGNMENT) return ((const struct bm_assignment *)record)->on_case.v;
    if (table == BM_T_CLOCK) return ((const struct bm_clock *)record)->on_case.v;
    if (table == BM_T_LINK) return ((const struct bm_link *)record)->on_case.v;
    if (table == BM_T_MATTER) return ((const struct bm_matter *)record)->id.v;
    if (table == BM_T_PROMISE) return ((const struct bm_promise *)record)->on_case.v;
    return 0;
}

struct seen {
    size_t shown[BM_table_kind_COUNT], hidden[BM_table_kind_COUNT], opened;
};

static void look_at(const struct bm_core *core, const struct bm_operator *who, enum bm_table_kind table, uint64_t id, struct seen *seen) {
    const struct bm_scope scope = {parent_of, unit_on_case, part_on_case, core};
    const struct bm_viewer viewer = {who->id.v, who->roles, who->jurisdiction.v, who->unit.v};
    const void *record = bm_core_get(core, table, id);
    uint64_t case_id = hangs_on(table, record);
    const struct bm_case *on = case_id ? bm_core_get(core, BM_T_CASE, case_id) : table == BM_T_CASE ? record : NULL;
    bool sees = bm_may_see(&viewer, &scope, table, record), opens = bm_may_open(&viewer, &scope, table, record);
    uint32_t works = who->roles & (BM_TAKERS | BM_ADMINS);
    const char *wrong = NULL;
    if (opens && !sees) wrong = "is opened and may not be seen";
    bool own = on && bm_scope_covers(&scope, viewer.jurisdiction, on->jurisdiction.v);
    bool sees_case = on && bm_may_see(&viewer, &scope, BM_T_CASE, on);
    if (works && case_id && own && !sees) wrong = "hangs on a case of the own area and is hidden";
    if (works && (table == BM_T_CLOCK || table == BM_T_LINK || table == BM_T_MATTER) && on && sees && !sees_case)
        wrong = "is seen, and its case is not";
    if (!works && who->roles == BM_BIT(BM_ROLE_OFFICER) && on && bm_case_is_incident(on) && table == BM_T_CASE && sees)
        wrong = "is an incident, and an officer sees it";
    if (!works && (who->roles & BM_MACHINES) && on && sees) wrong = "is of a case, and a machine sees it";
    if (!works && who->roles == BM_BIT(BM_ROLE_UNIT) && table == BM_T_CASE && sees != unit_on_case(core, who->unit.v, id))
        wrong = "is not seen by its crew, or by another";
    if (table == BM_T_REQUEST && sees) wrong = "is nobody's to see";
    if (wrong)
        fail_msg("%s %llu %s (operator %s)", bm_word(&bm_table_kind_words, table), (unsigned long long)id, wrong, who->number);
    sees ? seen->shown[table]++ : seen->hidden[table]++;
    seen->opened += opens;
}

static void one_seed(uint64_t seed, struct seen *seen) {
    struct world world = world_make();
    struct bm_rng rng = {seed};
    for (int i = 0; i < COMMANDS; i++) {
        struct bm_command command = bm_demand_draw(&rng, world.core, world.now_ms);
        world.now_ms += 1000;
        give(&world, &command);
    }
    for (uint64_t who = 0; (who = bm_core_next_id(world.core, BM_T_OPERATOR, who));) {
        for (int t = 0; t < BM_table_kind_COUNT; t++) {
            for (uint64_t id = 0; (id = bm_core_next_id(world.core, (enum bm_table_kind)t, id));)
                look_at(world.core, bm_core_get(world.core, BM_T_OPERATOR, who), (enum bm_table_kind)t, id, seen);
        }
    }
    world_free(&world);
}

static void everybody_sees_what_is_theirs(void **state) {
    (void)state;
    static const enum bm_table_kind divided[] = {BM_T_CASE, BM_T_CONTACT, BM_T_ASSIGNMENT, BM_T_CLOCK, BM_T_MATTER, BM_T_PROMISE, BM_T_UNIT};
    struct seen seen = {0};
    const char *only = getenv("SEED");
    uint64_t first = only ? strtoull(only, NULL, 10) : 1;
    for (uint64_t seed = first; seed < first + (only ? 1 : SEEDS); seed++) one_seed(seed, &seen);
    for (size_t i = 0; i < sizeof divided / sizeof divided[0] && !only; i++) {
        if (!seen.shown[divided[i]] || !seen.hidden[divided[i]])
            fail_msg("table %s was not both shown and hidden", bm_word(&bm_table_kind_words, divided[i]));
    }
    assert_true(seen.opened > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(everybody_sees_what_is_theirs)};
    return cmocka_run_group_tests_name("audience", tests, NULL, NULL);
}
