/* The kernel by single cases: what a chart does, what a draft is refused for, what a written
 * configuration is refused for. */
#include "../testing.h"

#include "base/alloc.h"
#include "base/check.h"
#include "sketch.h"

/* --- a chart that writes down what happens -----------------------------------------------------
 */

struct desk {
    struct sketch *sketch;
    struct bm_chart *chart;
    struct bm_configuration now;
    struct bm_buf log; /* -left +entered !effect ^raised >sent xcancelled */
    uint64_t guards;   /* which hold */
};

static bool guard_holds(void *context, uint32_t guard, const char *event,
                        const struct bm_configuration *configuration) {
    const struct desk *desk = context;
    (void)event;
    (void)configuration;
    return desk->guards >> guard & 1;
}

static void write_down(void *context, const struct bm_chart_news *news) {
    struct desk *desk = context;
    struct bm_buf *log = &desk->log;
    if (news->kind == BM_CHART_TAKEN) return;
    if (log->len) bm_buf_byte(log, ' ');
    if (news->kind == BM_CHART_LEFT)
        bm_buf_printf(log, "-%s", bm_chart_id(desk->chart, news->state));
    if (news->kind == BM_CHART_ENTERED)
        bm_buf_printf(log, "+%s", bm_chart_id(desk->chart, news->state));
    if (news->kind == BM_CHART_RAISED) bm_buf_printf(log, "^%s", news->event);
    if (news->kind != BM_CHART_TOLD) return;
    const struct bm_chart_action *action = news->action;
    if (action->act == BM_CHART_EFFECT) bm_buf_printf(log, "!%u", action->effect);
    if (action->act == BM_CHART_SEND)
        bm_buf_printf(log, ">%s@%lld/%s", action->event, (long long)action->delay_ms,
                      action->id ? action->id : "");
    if (action->act == BM_CHART_CANCEL) bm_buf_printf(log, "x%s", action->id);
}

static struct bm_chart_world world_of(struct desk *desk) {
    return (struct bm_chart_world){desk, guard_holds, write_down};
}

static struct desk open_desk(const char *lines) {
    struct desk desk = {.sketch = sketch_of(lines), .log = bm_buf_make(1 << 16)};
    struct bm_fault fault = {0};
    struct bm_chart_world world = world_of(&desk);
    if (bm_chart_compile(&desk.sketch->draft, &desk.chart, &fault) != BM_OK)
        fail_msg("%s: %s", fault.field, fault.detail);
    if (bm_chart_start(desk.chart, &world, &desk.now, &fault) != BM_OK)
        fail_msg("%s: %s", fault.field, fault.detail);
    return desk;
}

static void close_desk(struct desk *desk) {
    bm_chart_free(desk->chart);
    sketch_free(desk->sketch);
    bm_buf_free(&desk->log);
}

/* Sends the event; `happens` NULL: whatever. */
static void expect(struct desk *desk, const char *event, const char *happens, const char *stands) {
    struct bm_buf written = bm_buf_make(BM_CHART_WRITTEN_MAX);
    struct bm_chart_world world = world_of(desk);
    struct bm_fault fault;
    bm_buf_clear(&desk->log);
    uint32_t taken;
    if (bm_chart_step(desk->chart, &world, &desk->now, event, &desk->now, &taken, &fault) != BM_OK)
        fail_msg("%s", fault.detail);
    bm_chart_write(desk->chart, &desk->now, &written);
    if (happens) assert_string_equal(bm_buf_c_text(&desk->log), happens);
    assert_string_equal(bm_buf_c_text(&written), stands);
    bm_buf_free(&written);
}

/* --- what a chart does ------------------------------------------------------------------------ */

#define ROOT "state root - state\n"

static void inner_first_and_document_order(void **state) {
    (void)state;
    struct desk desk = open_desk(
        ROOT "state a root state\nstate a1 a state\nstate a2 a state\nstate b root state\n"
             "go a e b\neffect 1\ngo a1 e a2\neffect 2\ngo a1 e b\neffect 3\n");
    expect(&desk, "e", "-a1 !2 +a2", "a2");
    expect(&desk, "e", "-a2 -a !1 +b", "b");
    expect(&desk, "e", "", "b");
    close_desk(&desk);
}

static void internal_against_external(void **state) {
    (void)state;
    struct desk desk = open_desk(
        ROOT "state a root state\nstate a1 a state\nstate a2 a state\nentry a\neffect 1\n"
             "exit a\neffect 2\ngo a inner a2 internal\ngo a outer a2\ngo a self a internal\n"
             "go a nowhere -\neffect 9\n");
    expect(&desk, "inner", "-a1 +a2", "a2");
    expect(&desk, "outer", "-a2 !2 -a +a !1 +a2", "a2");
    expect(&desk, "self", "-a2 !2 -a +a !1 +a1", "a1"); /* a is not below a */
    expect(&desk, "nowhere", "!9", "a1");
    close_desk(&desk);
}

static void internal_from_parallel_leaves_it(void **state) {
    (void)state;
    struct desk desk = open_desk(ROOT "state p root parallel\nstate l p state\nstate l1 l state\n"
                                      "state l2 l state\nstate r p state\ngo p e l2 internal\n");
    expect(&desk, "e", "-r -l1 -l -p +p +l +l2 +r", "l2 r");
    close_desk(&desk);
}

#define HISTORIES(kind)                                                                            \
    ROOT "state w root state\nstate h w " kind                                                     \
         "\nstate w1 w state\nstate w2 w state\nstate x w2 state\nstate y w2 state\n"              \
         "state wait root state\ngo h - w2\neffect 7\ngo w1 next w2\ngo x next y\ngo w pause "     \
         "wait\ngo wait back h\n"

static void histories(void **state) {
    (void)state;
    struct desk shallow = open_desk(HISTORIES("shallow"));
    expect(&shallow, "next", NULL, "x");
    expect(&shallow, "next", NULL, "y");
    expect(&shallow, "pause", "-y -w2 -w +wait", "wait;h=w2");
    expect(&shallow, "back", "-wait +w +w2 +x", "x;h=w2");
    close_desk(&shallow);
    struct desk deep = open_desk(HISTORIES("deep"));
    expect(&deep, "next", NULL, "x");
    expect(&deep, "next", NULL, "y");
    expect(&deep, "pause", NULL, "wait;h=y");
    expect(&deep, "back", "-wait +w +w2 +y", "y;h=y");
    close_desk(&deep);
}

static void history_for_the_first_time(void **state) {
    (void)state;
    struct desk desk = open_desk(
        ROOT "state wait root state\nstate w root state\nstate h w deep\nstate w1 w state\n"
             "state w2 w state\nentry w\neffect 1\ngo h - w2\neffect 7\ngo wait back h\n"
             "go w pause wait\n");
    expect(&desk, "back", "-wait +w !1 !7 +w2", "w2");
    expect(&desk, "pause", NULL, "wait;h=w2");
    expect(&desk, "back", "-wait +w !1 +w2", "w2;h=w2"); /* its own transition is not taken again */
    close_desk(&desk);
}

/* To the history of a state that is active and is not left: what lies between stays entered. */
static void history_from_within(void **state) {
    (void)state;
    struct desk desk = open_desk(
        ROOT "state w root state\nstate h w deep\nstate p w parallel\nstate l p state\n"
             "state l1 l state\nstate l2 l state\nstate r p state\nstate r1 r state\n"
             "state r2 r state\ngo h - l2\ngo l1 e h\ngo r1 e r2\n");
    expect(&desk, "e", "-r1 -l1 +l2 +r2", "l2 r2");
    close_desk(&desk);
}

/* What a transition to a history leaves hangs on what the history remembers, not on its default. */
static void history_decides_what_is_left(void **state) {
    (void)state;
    struct desk desk = open_desk(
        ROOT "state w root state\nstate h w deep\nstate p w state\nstate a p state\n"
             "state b p state\nstate q w state\nstate c q state\nstate out root state\ngo h - b\n"
             "go a back h\ngo a next q\ngo w pause out\ngo out again w\n");
    expect(&desk, "back", "-a +b", "b");
    expect(&desk, "pause", NULL, "out;h=b");
    expect(&desk, "again", NULL, "a;h=b");
    expect(&desk, "next", NULL, "c;h=b");
    expect(&desk, "pause", NULL, "out;h=c");
    expect(&desk, "again", NULL, "a;h=c");
    expect(&desk, "back", "-a -p +q +c", "c;h=c");
    close_desk(&desk);
}

/* The parallel is left, its history notes a state far below: all that was left is entered again. */
static void history_notes_what_it_left(void **state) {
    (void)state;
    struct desk desk = open_desk(ROOT "state p root parallel\nstate h p deep\nstate r p state\n"
                                      "state q r state\nstate a q state\nstate b q state\n"
                                      "go h - r\ngo a e b\ngo b e h\n");
    expect(&desk, "e", "-a +b", "b");
    expect(&desk, "e", "-b -q -r -p +p +r +q +b", "b;h=b");
    close_desk(&desk);
}

static void parallel_conflicts(void **state) {
    (void)state;
    struct desk desk = open_desk(
        ROOT "state p root parallel\nstate l p state\nstate l1 l state\nstate l2 l state\n"
             "state r p state\nstate r1 r state\nstate r2 r state\nstate out root state\n"
             "go l1 both l2\ngo r1 both r2\ngo l2 leave out\neffect 1\ngo r2 leave r1\n"
             "effect 2\ngo p over out\ngo r1 over r2\n");
    expect(&desk, "both", "-r1 -l1 +l2 +r2", "l2 r2");
    expect(&desk, "leave", "-r2 -r -l2 -l -p !1 +out",
           "out"); /* the first in document order wins */
    close_desk(&desk);
    desk = open_desk(ROOT
                     "state p root parallel\nstate l p state\nstate r p state\n"
                     "state r1 r state\nstate r2 r state\nstate out root state\ngo p over out\n"
                     "effect 1\ngo r1 over r2\neffect 2\n");
    expect(&desk, "over", "-r1 !2 +r2", "l r2"); /* the inner one displaces that of its parent */
    close_desk(&desk);
}

static void done_events(void **state) {
    (void)state;
    struct desk desk = open_desk(
        ROOT "state p root parallel\nstate l p state\nstate l1 l state\nstate lf l final\n"
             "state r p state\nstate r1 r state\nstate rf r final\nstate end root final\n"
             "go l1 a lf\ngo r1 b rf\ngo l done.state.l -\neffect 1\ngo p done.state.p end\n"
             "exit end\neffect 8\n");
    expect(&desk, "a", "-l1 +lf ^done.state.l !1", "lf r1");
    assert_false(bm_chart_ended(desk.chart, &desk.now));
    expect(&desk, "b", "-r1 +rf ^done.state.r ^done.state.p -rf -r -lf -l -p +end !8", "end");
    assert_true(bm_chart_ended(desk.chart, &desk.now));
    expect(&desk, "a", "", "end");
    close_desk(&desk);
}

static void queue_order(void **state) {
    (void)state;
    /* Without an event before raised, raised before the next from outside, raised in their order.
     */
    struct desk desk = open_desk(
        ROOT "state a root state\nstate b root state\nstate c root state\nstate d root state\n"
             "go a e b\nraise one\nraise two\nsend later 1500 x\ncancel y\ngo b - c guard=1\n"
             "go b one d\ngo c one d\ngo d two a\n");
    expect(&desk, "e", "-a ^one ^two >later@1500/x xy +b -b +d -d +a", "a");
    desk.guards = 2;
    expect(&desk, "e", "-a ^one ^two >later@1500/x xy +b -b +c -c +d -d +a", "a");
    close_desk(&desk);
}

static void descriptors(void **state) {
    (void)state;
    assert_true(bm_chart_takes("a.b", "a.b"));
    assert_true(bm_chart_takes("a.b", "a.b.c"));
    assert_true(bm_chart_takes("a.b.*", "a.b"));
    assert_true(bm_chart_takes("a.", "a.b"));
    assert_true(bm_chart_takes("x *", "a"));
    assert_true(bm_chart_takes("x a", "a"));
    assert_false(bm_chart_takes("a.b", "a"));
    assert_false(bm_chart_takes("a.b", "a.bc"));
    assert_false(bm_chart_takes("a", "b"));
    assert_true(bm_chart_is_event("done.state.a-1:x_Y"));
    const char *const bad[] = {"", ".", "a.", ".a", "a..b", "a b", "*", "a.*", "\xc3\xa9"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) assert_false(bm_chart_is_event(bad[i]));
    char long_name[BM_CHART_EVENT_MAX + 2];
    memset(long_name, 'a', sizeof long_name);
    long_name[BM_CHART_EVENT_MAX + 1] = 0;
    assert_false(bm_chart_is_event(long_name));
    long_name[BM_CHART_EVENT_MAX] = 0;
    assert_true(bm_chart_is_event(long_name));
}

static void asked_without_moving(void **state) {
    (void)state;
    struct desk desk = open_desk(
        ROOT "state a root state\nstate b root final\ngo a f b\ngo a e b guard=1\ngo a e -\n");
    struct bm_chart_world world = world_of(&desk);
    struct bm_configuration before = desk.now;
    uint32_t which[BM_CHART_STATES_MAX];
    bm_buf_clear(&desk.log);
    assert_int_equal(bm_chart_would_take(desk.chart, &world, &desk.now, "e", which), 1);
    assert_int_equal(which[0], 2);
    desk.guards = 2;
    assert_int_equal(bm_chart_would_take(desk.chart, &world, &desk.now, "e", which), 1);
    assert_int_equal(which[0], 1);
    assert_int_equal(bm_chart_would_take(desk.chart, &world, &desk.now, "g", NULL), 0);
    assert_memory_equal(&before, &desk.now, sizeof before);
    assert_int_equal(desk.log.len, 0);
    expect(&desk, "e", "-a +b", "b");
    assert_int_equal(bm_chart_would_take(desk.chart, &world, &desk.now, "e", NULL), 0);
    close_desk(&desk);
}

/* --- bounds ----------------------------------------------------------------------------------- */

static void expect_round(const char *lines, const char *event, const char *says) {
    struct desk desk = open_desk(lines);
    struct bm_chart_world world = world_of(&desk);
    struct bm_configuration before = desk.now, after = desk.now;
    struct bm_fault fault;
    uint32_t taken = 5;
    desk.guards = 2;
    assert_int_equal(bm_chart_step(desk.chart, &world, &desk.now, event, &after, &taken, &fault),
                     BM_CONFLICT);
    assert_memory_equal(&before, &after, sizeof before);
    assert_int_equal(taken, 5);
    if (!strstr(fault.detail, says)) fail_msg("%s", fault.detail);
    close_desk(&desk);
}

static void bounds(void **state) {
    (void)state;
    expect_round(ROOT "state a root state\nstate b root state\nstate c root state\ngo a e b\n"
                      "go b - c\ngo c - b\n",
                 "e", "256 steps");
    expect_round(ROOT "state a root state\nstate b root state\ngo a e b\ngo b - - guard=1\n", "e",
                 "256 steps");
    expect_round(ROOT "state a root state\ngo a e a\nraise e\n", "e", "256 steps");
    expect_round(ROOT "state a root state\ngo a e a\nraise e\nraise e\n", "e", "256 events");
    struct sketch *sketch = sketch_of(
        ROOT "state a root state\nstate b root state\ngo a - b\ngo b - a\n");
    struct bm_chart *chart;
    struct bm_configuration now;
    struct bm_fault fault;
    assert_int_equal(bm_chart_compile(&sketch->draft, &chart, &fault), BM_OK);
    assert_int_equal(bm_chart_start(chart, &(struct bm_chart_world){0}, &now, &fault), BM_CONFLICT);
    assert_non_null(strstr(fault.detail, "the start"));
    bm_chart_free(chart);
    sketch_free(sketch);
}

static void longest_chain(void **state) {
    (void)state;
    /* From one end of the largest chart to the other by itself. */
    struct bm_buf lines = bm_buf_make(1 << 16);
    bm_buf_text(&lines, ROOT "state s0 root state\n");
    for (int s = 1; s < 255; s++) bm_buf_printf(&lines, "state s%d root state\n", s);
    bm_buf_text(&lines, "go s0 e s1\n");
    for (int s = 1; s < 254; s++) bm_buf_printf(&lines, "go s%d - s%d\n", s, s + 1);
    struct desk desk = open_desk(bm_buf_c_text(&lines));
    assert_int_equal(bm_chart_state_count(desk.chart), BM_CHART_STATES_MAX);
    expect(&desk, "e", NULL, "s254");
    bm_buf_free(&lines);
    close_desk(&desk);
}

/* One microstep of the event, and one for each event that it raises. */
static void last_microstep(void **state) {
    (void)state;
    struct bm_buf lines = bm_buf_make(1 << 16);
    bm_buf_text(&lines, ROOT "state a root state\nstate b root state\ngo a x -\ngo a e a\n");
    for (int raised = 1; raised < BM_CHART_MICROSTEPS_MAX; raised++)
        bm_buf_text(&lines, "raise x\n");
    struct desk desk = open_desk(bm_buf_c_text(&lines));
    expect(&desk, "e", NULL, "a");
    close_desk(&desk);
    bm_buf_text(&lines, "raise x\n");
    expect_round(bm_buf_c_text(&lines), "e", "256 steps");
    bm_buf_text(&lines, "raise x\n");
    expect_round(bm_buf_c_text(&lines), "e", "256 events");
    bm_buf_free(&lines);
}

static void bad_events(void **state) {
    (void)state;
    struct desk desk = open_desk(ROOT "state a root state\ngo a * -\n");
    struct bm_chart_world world = world_of(&desk);
    struct bm_fault fault;
    assert_int_equal(bm_chart_step(desk.chart, &world, &desk.now, "a b", &desk.now, NULL, &fault),
                     BM_BAD_REQUEST);
    assert_int_equal(bm_chart_step(desk.chart, &world, &desk.now, "", &desk.now, NULL, &fault),
                     BM_BAD_REQUEST);
    assert_int_equal(bm_chart_would_take(desk.chart, &world, &desk.now, "", NULL), 0);
    close_desk(&desk);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inner_first_and_document_order),
        cmocka_unit_test(internal_against_external),
        cmocka_unit_test(internal_from_parallel_leaves_it),
        cmocka_unit_test(histories),
        cmocka_unit_test(history_for_the_first_time),
        cmocka_unit_test(history_from_within),
        cmocka_unit_test(history_decides_what_is_left),
        cmocka_unit_test(history_notes_what_it_left),
        cmocka_unit_test(parallel_conflicts),
        cmocka_unit_test(done_events),
        cmocka_unit_test(queue_order),
        cmocka_unit_test(descriptors),
        cmocka_unit_test(asked_without_moving),
        cmocka_unit_test(bounds),
        cmocka_unit_test(longest_chain),
        cmocka_unit_test(last_microstep),
        cmocka_unit_test(bad_events),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
