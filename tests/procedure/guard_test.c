/* Guards: what reads and what does not, three values, what is known about a guard before it runs.
 */
#include "testing.h"

#include <string.h>

#include "procedure/guard.h"

static const char *const fields[] = {"age", "day", "kind", "urgent", "note", "other"};
static int find_field(const void *context, const char *name, enum bm_guard_type *ret_type) {
    static const enum bm_guard_type types[] = {BM_GUARD_INTEGER, BM_GUARD_DATE, BM_GUARD_WORD,
                                               BM_GUARD_YES_NO,  BM_GUARD_TEXT, BM_GUARD_WORD};
    (void)context;
    for (int i = 0; i < 6; i++)
        if (strcmp(fields[i], name) == 0) {
            *ret_type = types[i];
            return i;
        }
    return -1;
}
static int find_word(const void *context, int field, const char *word) {
    (void)context;
    if (field != 2 && field != 5) return -1;
    return strcmp(word, "thanks") == 0 ? 0 : strcmp(word, "request") == 0 ? 1 : -1;
}
static int find_c(const void *context, const char *name) {
    (void)context;
    return strcmp(name, "c") == 0 ? 3 : -1;
}
static const struct bm_guard_names names = {NULL, find_field, find_word, find_c, find_c, find_c};

/* Everything that a guard may look at. */
struct world {
    bool has[6];
    int64_t values[6], counters[BM_COUNTER_COUNT], remaining;
    bool started, breached, in, role;
};
static bool ask_field(const void *context, uint32_t field, int64_t *ret_value) {
    const struct world *world = context;
    *ret_value = world->values[field];
    return world->has[field];
}
static bool ask_has(const void *context, uint32_t field) {
    return ((const struct world *)context)->has[field];
}
static bool ask_counter(const void *context, enum bm_counter counter, int64_t *ret_value) {
    *ret_value = ((const struct world *)context)->counters[counter];
    return true;
}
static bool ask_remaining(const void *context, uint32_t clock, int64_t *ret_amount) {
    const struct world *world = context;
    assert_int_equal(clock, 3);
    *ret_amount = world->remaining;
    return world->started;
}
static bool ask_breached(const void *context, uint32_t clock, bool *ret_breached) {
    const struct world *world = context;
    assert_int_equal(clock, 3);
    *ret_breached = world->breached;
    return world->started;
}
static bool ask_in(const void *context, uint32_t state) {
    (void)state;
    return ((const struct world *)context)->in;
}
static bool ask_role(const void *context, uint32_t role) {
    (void)role;
    return ((const struct world *)context)->role;
}

static enum bm_guard_answer ask(const struct world *world, const char *text) {
    const struct bm_guard_facts facts = {world,         ask_field,    ask_has, ask_counter,
                                         ask_remaining, ask_breached, ask_in,  ask_role};
    struct bm_arena arena = {0};
    struct bm_guard guard;
    struct bm_fault fault = {0};
    if (bm_guard_parse(&arena, text, &names, &guard, &fault)) fail_msg("%s", fault.detail);
    enum bm_guard_answer answer = bm_guard_ask(&guard, &facts, NULL);
    bm_arena_free(&arena);
    return answer;
}

static void values_and_truth(void **state) {
    (void)state;
    struct world world = {.has = {true, true, true, true, true, false},
                          .values = {17, 20514, 1, 1, 0, 0},
                          .counters = {1, 0, 2},
                          .remaining = -3,
                          .started = true,
                          .breached = true,
                          .in = true};
    static const struct {
        const char *text;
        enum bm_guard_answer answer;
    } cases[] = {{"age = 17", BM_GUARD_YES},
                 {"age != 17", BM_GUARD_NO},
                 {"age < 18 and age >= 17", BM_GUARD_YES},
                 {"17 <= age", BM_GUARD_YES},
                 {"age > 17 or age <= 16", BM_GUARD_NO},
                 {"day = 2026-03-02", BM_GUARD_YES},
                 {"day < 2026-03-02", BM_GUARD_NO},
                 {"kind = request", BM_GUARD_YES},
                 {"thanks = kind", BM_GUARD_NO},
                 {"urgent", BM_GUARD_YES},
                 {"not urgent", BM_GUARD_NO},
                 {"urgent and not (age = 1 or kind = thanks)", BM_GUARD_YES},
                 {"returns >= 1 and reopens < 1 and extensions = 2", BM_GUARD_YES},
                 {"remaining(c) < 0", BM_GUARD_YES},
                 {"remaining( c ) = -3", BM_GUARD_YES},
                 {"breached(c)", BM_GUARD_YES},
                 {"in(c)", BM_GUARD_YES},
                 {"role(c)", BM_GUARD_NO},
                 {"has(note) and not has(other)", BM_GUARD_YES},
                 /* and binds more than or */
                 {"age = 17 or age = 1 and age = 2", BM_GUARD_YES},
                 {"not age = 1 and age = 2", BM_GUARD_NO}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (ask(&world, cases[i].text) != cases[i].answer) fail_msg("%s", cases[i].text);
}

static void missing_is_not_false(void **state) {
    (void)state;
    const struct world world = {.counters = {0}};
    static const struct {
        const char *text;
        enum bm_guard_answer answer;
    } cases[] = {{"age = 17", BM_GUARD_MISSING},
                 {"not age = 17", BM_GUARD_MISSING},
                 {"urgent", BM_GUARD_MISSING},
                 {"not urgent", BM_GUARD_MISSING},
                 {"breached(c)", BM_GUARD_MISSING},
                 {"remaining(c) > 0", BM_GUARD_MISSING},
                 {"age = 17 and returns = 0", BM_GUARD_MISSING},
                 {"age = 17 or returns = 1", BM_GUARD_MISSING},
                 {"age = 17 and returns = 1", BM_GUARD_NO},
                 {"returns = 0 or age = 17", BM_GUARD_YES},
                 {"has(age) and age = 17", BM_GUARD_NO}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (ask(&world, cases[i].text) != cases[i].answer) fail_msg("%s", cases[i].text);
}

static void refuse(const char *text, enum bm_code code, const char *what) {
    struct bm_arena arena = {0};
    struct bm_guard guard;
    struct bm_fault fault = {0};
    if (bm_guard_parse(&arena, text, &names, &guard, &fault) != code || !strstr(fault.detail, what))
        fail_msg("%s\nexpected: %s", fault.detail, what);
    bm_arena_free(&arena);
}

static void what_does_not_read(void **state) {
    (void)state;
    refuse("", BM_BAD_FORMAT, "missing");
    refuse("age", BM_BAD_FORMAT, "= != <");
    refuse("age == 17", BM_BAD_FORMAT, "character 6");
    refuse("age = 17 17", BM_BAD_FORMAT, "nothing more");
    refuse("age = thanks", BM_BAD_FORMAT, "no field of this name");
    refuse("agee = 17", BM_BAD_FORMAT, "character 1");
    refuse("kind = prase", BM_BAD_FORMAT, "no such word");
    refuse("kind < thanks", BM_BAD_FORMAT, "no order");
    refuse("kind = other", BM_BAD_FORMAT, "different words");
    refuse("age = 2026-01-01", BM_BAD_FORMAT, "different types");
    refuse("day = 2026-02-29", BM_BAD_FORMAT, "no such date");
    refuse("note = note", BM_BAD_FORMAT, "has(field)");
    refuse("in(d)", BM_BAD_FORMAT, "no such state");
    refuse("breached(d)", BM_BAD_FORMAT, "no such clock");
    refuse("remaining(c", BM_BAD_FORMAT, ") is missing");
    refuse("(age = 17", BM_BAD_FORMAT, ") is missing");
    refuse("age = 12345678901", BM_BAD_FORMAT, "nine digits");
    refuse("not not not not not not not not not not not not not not not not not urgent",
           BM_TOO_LONG, "too deep");
    char text[BM_GUARD_BYTES_MAX + 2];
    memset(text, ' ', sizeof text - 1);
    text[sizeof text - 1] = 0;
    refuse(text, BM_TOO_LONG, "at most");
    size_t len = 0;
    for (int i = 0; i < 40; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "%surgent", i ? " or " : "");
    refuse(text, BM_TOO_LONG, "too many parts");
}

static struct bm_guard parse(struct bm_arena *arena, const char *text) {
    struct bm_guard guard;
    struct bm_fault fault = {0};
    if (bm_guard_parse(arena, text, &names, &guard, &fault)) fail_msg("%s", fault.detail);
    return guard;
}

static void what_is_known_before(void **state) {
    (void)state;
    struct bm_arena arena = {0};
    struct bm_guard a = parse(&arena, "age < 18"), b = parse(&arena, "age >= 18"),
                    c = parse(&arena, "not age < 18"), d = parse(&arena, "age > 18"), none = {0};
    assert_true(bm_guard_opposite(&a, &b));
    assert_true(bm_guard_opposite(&a, &c));
    assert_true(bm_guard_opposite(&c, &a));
    assert_false(bm_guard_opposite(&a, &d));
    assert_false(bm_guard_opposite(&a, &a));
    assert_false(bm_guard_opposite(&a, &none));
    struct bm_guard bound = parse(&arena, "age < 18 and returns < 2");
    assert_int_equal(bm_guard_counter_bound(&bound, BM_COUNTER_RETURNS), 2);
    assert_int_equal(bm_guard_counter_bound(&bound, BM_COUNTER_REOPENS), -1);
    bound = parse(&arena, "returns <= 2");
    assert_int_equal(bm_guard_counter_bound(&bound, BM_COUNTER_RETURNS), 3);
    bound = parse(&arena, "returns < 2 or urgent");
    assert_int_equal(bm_guard_counter_bound(&bound, BM_COUNTER_RETURNS), -1);
    bm_arena_free(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_and_truth), cmocka_unit_test(missing_is_not_false),
        cmocka_unit_test(what_does_not_read), cmocka_unit_test(what_is_known_before)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
