/* Every kind of wrong chart, and of wrong written configuration: refused, with the state's name and
 * the mend. */
#include "../testing.h"

#include "base/alloc.h"
#include "sketch.h"

#define ROOT "state root - state\n"
#define AB ROOT "state a root state\nstate b root state\n"

/* --- drafts ----------------------------------------------------------------------------------- */

static void expect_draft(const struct bm_chart_draft *draft, enum bm_code code, const char *field,
                         const char *says) {
    struct bm_chart *chart = NULL;
    struct bm_fault fault = {0};
    enum bm_code is = bm_chart_compile(draft, &chart, &fault);
    bool right = is == code && !chart && strcmp(fault.field, field) == 0 &&
                 strstr(fault.detail, says);
    if (!right)
        fail_msg("%s expected for %s, is %s for %s: %s", bm_code_word(code), field,
                 bm_code_word(is), fault.field, fault.detail);
    /* A sentence, and a mend behind it. */
    if (!strchr(fault.detail, ';')) fail_msg("%s names no mend", fault.detail);
    assert_int_equal(fault.detail[strlen(fault.detail) - 1], '.');
    assert_int_equal(bm_chart_compile(draft, &chart, NULL), code);
}

static const struct wrong {
    enum bm_code code;
    const char *field, *says, *lines;
} wrong_charts[] = {
    /* Ids. */
    {BM_EXISTS, "a", "Two states are called a", AB "state a root state\n"},
    {BM_BAD_REQUEST, "id", "no good id", ROOT "state - root state\n"},
    {BM_BAD_REQUEST, "a;b", "no good id", ROOT "state a;b root state\n"},
    {BM_BAD_REQUEST, "a.", "no good id", ROOT "state a. root state\n"},
    {BM_BAD_REQUEST, "a23456789012345678901234567890123456789012345678901234567890123",
     "no good id",
     ROOT "state a2345678901234567890123456789012345678901234567890123456789012345 root state\n"},
    /* How states stand. */
    {BM_BAD_REQUEST, "states", "the whole chart", "state root - parallel\nstate a root state\n"},
    {BM_OUT_OF_RANGE, "b", "only the first is the root",
     ROOT "state a root state\nstate b - state\n"},
    {BM_OUT_OF_RANGE, "b", "no earlier state", ROOT "state a root state\nstate b b state\n"},
    {BM_BAD_REQUEST, "a1", "right behind it", AB "state a1 a state\n"},
    {BM_MISSING_FIELD, "root", "No state stands below", ROOT},
    {BM_MISSING_FIELD, "p", "No state stands below", ROOT "state p root parallel\n"},
    {BM_MISSING_FIELD, "a", "No state stands below",
     ROOT "state a root state\nstate h a deep\ngo h - a\n"},
    {BM_BAD_REQUEST, "x", "a final or pseudo-state", ROOT "state f root final\nstate x f state\n"},
    {BM_BAD_REQUEST, "f", "the parallel p",
     ROOT "state p root parallel\nstate a p state\nstate f p final\n"},
    {BM_BAD_REQUEST, "i", "the parallel p",
     ROOT "state p root parallel\nstate a p state\nstate i p initial\n"},
    {BM_BAD_REQUEST, "h", "The root is never left",
     ROOT "state h root deep\nstate a root state\ngo h - a\n"},
    {BM_EXISTS, "root", "2 initials",
     ROOT "state i root initial\nstate j root initial\nstate a root state\ngo i - a\ngo j - a\n"},
    {BM_OUT_OF_RANGE, "s17", "17 deep",
     ROOT "state s1 root state\nstate s2 s1 state\nstate s3 s2 state\nstate s4 s3 state\n"
          "state s5 s4 state\nstate s6 s5 state\nstate s7 s6 state\nstate s8 s7 state\n"
          "state s9 s8 state\nstate s10 s9 state\nstate s11 s10 state\nstate s12 s11 state\n"
          "state s13 s12 state\nstate s14 s13 state\nstate s15 s14 state\nstate s16 s15 state\n"
          "state s17 s16 state\n"},
    {BM_BAD_REQUEST, "root", "never entered or left", AB "entry root\neffect 1\n"},
    {BM_BAD_REQUEST, "h", "never entered or left",
     ROOT "state a root state\nstate h a deep\nstate b a state\ngo h - b\nexit h\neffect 1\n"},
    /* Transitions. */
    {BM_OUT_OF_RANGE, "source", "leads from state", AB "go nobody e a\n"},
    {BM_OUT_OF_RANGE, "a", "leads to state", AB "go a e nobody\n"},
    {BM_BAD_REQUEST, "root", "Nothing leads from the root", AB "go root e a\n"},
    {BM_BAD_REQUEST, "f", "final", AB "state f root final\ngo f e a\n"},
    {BM_BAD_REQUEST, "a", "to the root", AB "go a e root\n"},
    {BM_BAD_REQUEST, "a", "an initial",
     ROOT "state i root initial\nstate a root state\ngo i - a\ngo a e i\n"},
    {BM_BAD_REQUEST, "a", "taken for ever", AB "go a - -\n"},
    {BM_BAD_REQUEST, "a", "bad events", AB "go a a..b b\n"},
    {BM_BAD_REQUEST, "a", "bad events", AB "go a a,,b b\n"},
    {BM_BAD_REQUEST, "a", "bad events", AB "go a a* b\n"},
    {BM_BAD_REQUEST, "a", "bad events", AB "go a a.*.b b\n"},
    {BM_BAD_REQUEST, "a", "cannot be entered together", AB "go a e a,b\n"},
    {BM_BAD_REQUEST, "a", "cannot be entered together", AB "go a e b,b\n"},
    {BM_BAD_REQUEST, "x", "cannot be entered together",
     ROOT
     "state x root state\nstate p root parallel\nstate l p state\nstate r p state\ngo x e p,l\n"},
    {BM_BAD_REQUEST, "x", "cannot be entered together",
     ROOT "state x root state\nstate p root parallel\nstate h p deep\nstate l p state\n"
          "state r p state\ngo h - l\ngo x e h,r\n"},
    /* Pseudo-states. */
    {BM_MISSING_FIELD, "root", "has 0 transitions",
     ROOT "state i root initial\nstate a root state\n"},
    {BM_MISSING_FIELD, "h", "has 2 transitions",
     ROOT "state a root state\nstate h a deep\nstate b a state\ngo h - b\ngo h - b\n"},
    {BM_BAD_REQUEST, "h", "its event, guard",
     ROOT "state a root state\nstate h a deep\nstate b a state\ngo h e b\n"},
    {BM_BAD_REQUEST, "h", "its event, guard",
     ROOT "state a root state\nstate h a deep\nstate b a state\ngo h - b guard=1\n"},
    {BM_BAD_REQUEST, "h", "its event, guard",
     ROOT "state a root state\nstate h a deep\nstate b a state\ngo h - b internal\n"},
    {BM_BAD_REQUEST, "h", "with a target",
     ROOT "state a root state\nstate h a deep\nstate b a state\ngo h - - guard=1\n"},
    {BM_BAD_REQUEST, "h", "not below a",
     ROOT "state a root state\nstate h a deep\nstate b a state\nstate c root state\ngo h - c\n"},
    {BM_BAD_REQUEST, "a", "not below a",
     ROOT "state a root state\nstate - a initial\nstate b a state\nstate c root state\n"},
    {BM_BAD_REQUEST, "h", "is a history",
     ROOT "state a root state\nstate h a deep\nstate b a state\nstate g b deep\n"
          "state c b state\ngo h - g\ngo g - c\n"},
    /* Actions. */
    {BM_BAD_REQUEST, "event", "names no event", AB "go a e b\nraise a..b\n"},
    {BM_BAD_REQUEST, "id", "no id", AB "go a e b\nsend e 5 x..y\n"},
    {BM_OUT_OF_RANGE, "delay_ms", "sends after -1 ms", AB "go a e b\nsend e -1 x\n"},
    {BM_OUT_OF_RANGE, "delay_ms", "sends after", AB "go a e b\nsend e 316224000001 x\n"},
};

static void wrong_drafts(void **state) {
    (void)state;
    for (size_t w = 0; w < sizeof wrong_charts / sizeof *wrong_charts; w++) {
        struct sketch *sketch = sketch_of(wrong_charts[w].lines);
        /* An initial without an id cannot be named by a line: its transition is added here. */
        if (strstr(wrong_charts[w].lines, "state - a initial")) {
            sketch_line(sketch, "go a - c");
            sketch_finish(sketch);
            sketch->transitions[0].source = 2;
        }
        expect_draft(&sketch->draft, wrong_charts[w].code, wrong_charts[w].field,
                     wrong_charts[w].says);
        sketch_free(sketch);
    }
}

/* What lines cannot say. */
static void wrong_numbers(void **state) {
    (void)state;
    struct sketch *sketch = sketch_of(AB "go a e b\neffect 1\n");
    struct bm_chart_draft draft = sketch->draft;
    draft.state_count = 0;
    expect_draft(&draft, BM_OUT_OF_RANGE, "states", "0 states");
    draft.state_count = BM_CHART_STATES_MAX + 1;
    expect_draft(&draft, BM_OUT_OF_RANGE, "states", "257 states");
    draft = sketch->draft;
    draft.transition_count = BM_CHART_TRANSITIONS_MAX + 1;
    expect_draft(&draft, BM_OUT_OF_RANGE, "transitions", "1025 transitions");
    draft = sketch->draft;
    draft.action_count = BM_CHART_ACTIONS_MAX + 1;
    expect_draft(&draft, BM_OUT_OF_RANGE, "actions", "4097 actions");
    draft = sketch->draft;
    draft.target_count = UINT32_MAX;
    expect_draft(&draft, BM_OUT_OF_RANGE, "targets", "targets");
    draft = sketch->draft;
    draft.target_count = 0;
    expect_draft(&draft, BM_OUT_OF_RANGE, "a", "past the end");
    draft = sketch->draft;
    draft.action_count = 0;
    expect_draft(&draft, BM_OUT_OF_RANGE, "a", "past the end");
    sketch->transitions[0].targets.count = BM_CHART_TARGETS_MAX + 1;
    expect_draft(&sketch->draft, BM_OUT_OF_RANGE, "a", "17 targets");
    sketch->transitions[0].targets.count = 1;
    sketch->actions[0].act = (enum bm_chart_act)9;
    expect_draft(&sketch->draft, BM_UNKNOWN_WORD, "act", "no known kind");
    sketch->actions[0].act = BM_CHART_CANCEL;
    expect_draft(&sketch->draft, BM_BAD_REQUEST, "id", "no id");
    sketch->actions[0].act = BM_CHART_SEND;
    expect_draft(&sketch->draft, BM_BAD_REQUEST, "event", "names no event");
    sketch->actions[0].act = BM_CHART_EFFECT;
    sketch->states[1].on_entry = (struct bm_chart_span){1, 1};
    expect_draft(&sketch->draft, BM_OUT_OF_RANGE, "a", "past the end");
    sketch->states[1].on_entry = (struct bm_chart_span){0, UINT32_MAX};
    expect_draft(&sketch->draft, BM_OUT_OF_RANGE, "a", "past the end");
    sketch->states[1].on_entry = (struct bm_chart_span){0, 0};
    sketch->states[1].kind = (enum bm_chart_kind)9;
    expect_draft(&sketch->draft, BM_UNKNOWN_WORD, "kind", "no known kind");
    sketch_free(sketch);
}

static void too_much_to_remember(void **state) {
    (void)state;
    struct bm_buf lines = bm_buf_make(1 << 16);
    bm_buf_text(&lines, ROOT);
    for (int depth = 0; depth < 5; depth++)
        bm_buf_printf(&lines, "state a%d %s state\nstate h%d a%d deep\n", depth,
                      depth ? (const char *[]){"", "a0", "a1", "a2", "a3"}[depth] : "root", depth,
                      depth);
    for (int s = 0; s < 60; s++) bm_buf_printf(&lines, "state s%d a4 state\n", s);
    for (int depth = 0; depth < 5; depth++) bm_buf_printf(&lines, "go h%d - s0\n", depth);
    struct sketch *sketch = sketch_of(bm_buf_c_text(&lines));
    expect_draft(&sketch->draft, BM_OUT_OF_RANGE, "h3", "more than 256 states");
    sketch_free(sketch);
    bm_buf_free(&lines);
}

/* --- written configurations ------------------------------------------------------------------- */

static const char chart_lines[] = ROOT
    "state w root state\nstate i w initial\nstate h w shallow\nstate d w deep\n"
    "state p w parallel\nstate g p shallow\nstate l p state\nstate l1 l state\n"
    "state l2 l state\nstate r p state\nstate q w state\nstate wait root state\n"
    "state end root final\ngo i - q\ngo h - q\ngo d - q\ngo g - l\ngo w pause wait\n"
    "go wait back d\ngo q next l2\n";

static const struct {
    const char *text, *field, *says;
} wrong_texts[] = {
    {"", "", "no state of that name"},
    {"nobody", "nobody", "no state of that name"},
    {"q ", "", "no state of that name"},
    {" q", "", "no state of that name"},
    {"q\n", "q\n", "no state of that name"},
    {"w", "w", "0 of its 2 children"},
    {"root", "root", "cannot be active"},
    {"h", "h", "cannot be active"},
    {"i", "i", "cannot be active"},
    {"l1", "p", "1 of its 2 children"},
    {"p", "p", "0 of its 2 children"},
    {"l1 l2 r", "l", "2 of its 2 children"},
    {"q wait", "root", "2 of its 3 children"},
    {"q q", "configuration", "not spelled"},
    {"r l1", "configuration", "not spelled"},
    {"w q", "configuration", "not spelled"},
    {"q;", "", "no state of that name"},
    {"q;q=q", "q", "behind a ;"},
    {"q;h", "h", "behind a ;"},
    {"q;h=", "", "no state of that name"},
    {"q;h=l1", "l1", "remembers children of w"},
    {"q;h=i", "i", "remembers children of w"},
    {"q;h=p q", "h", "It remembers 2 children of w"},
    {"q;g=l", "g", "It remembers 1 children of p"},
    {"q;d=p", "p", "0 of its 2 children"},
    {"q;d=wait", "wait", "cannot be active below w"},
    {"q;d=l1 q", "w", "2 of its 2 children"},
    {"q;d=q;h=q", "configuration", "not spelled"},
    {"q;h=q;h=q", "configuration", "not spelled"},
    {"q;h=q=", "configuration", "was expected"},
    {"q=q", "configuration", "was expected"},
};

static void wrong_configurations(void **state) {
    (void)state;
    struct sketch *sketch = sketch_of(chart_lines);
    struct bm_chart *chart;
    struct bm_fault fault;
    assert_int_equal(bm_chart_compile(&sketch->draft, &chart, &fault), BM_OK);
    for (size_t w = 0; w < sizeof wrong_texts / sizeof *wrong_texts; w++) {
        struct bm_configuration now, kept;
        const char *text = wrong_texts[w].text;
        memset(&now, 0x5a, sizeof now);
        kept = now;
        enum bm_code code = bm_chart_read(chart, text, strlen(text), &now, &fault);
        if (code != BM_CORRUPT || strcmp(fault.field, wrong_texts[w].field) != 0 ||
            !strstr(fault.detail, wrong_texts[w].says))
            fail_msg("'%s': %s for %s: %s", text, bm_code_word(code), fault.field, fault.detail);
        assert_memory_equal(&now, &kept, sizeof now);
    }
    char *long_text = bm_alloc_zero(1, BM_CHART_WRITTEN_MAX + 2);
    memset(long_text, 'q', BM_CHART_WRITTEN_MAX + 1);
    assert_int_equal(bm_chart_read(chart, long_text, BM_CHART_WRITTEN_MAX + 1,
                                   &(struct bm_configuration){0}, &fault),
                     BM_CORRUPT);
    assert_int_equal(bm_chart_read(chart, "q\0q", 3, &(struct bm_configuration){0}, &fault),
                     BM_CORRUPT);
    bm_free(long_text);
    bm_chart_free(chart);
    sketch_free(sketch);
}

static void right_configurations(void **state) {
    (void)state;
    static const char *const texts[] = {"q", "l2 r", "wait;h=q;d=q", "end;h=p;d=l2 r;g=l r",
                                        "wait;d=q;g=l r"};
    struct sketch *sketch = sketch_of(chart_lines);
    struct bm_chart *chart;
    struct bm_fault fault;
    assert_int_equal(bm_chart_compile(&sketch->draft, &chart, &fault), BM_OK);
    for (size_t t = 0; t < sizeof texts / sizeof *texts; t++) {
        struct bm_configuration now;
        struct bm_buf again = bm_buf_make(BM_CHART_WRITTEN_MAX);
        if (bm_chart_read(chart, texts[t], strlen(texts[t]), &now, &fault) != BM_OK)
            fail_msg("%s: %s", texts[t], fault.detail);
        bm_chart_write(chart, &now, &again);
        assert_string_equal(bm_buf_c_text(&again), texts[t]);
        bm_buf_free(&again);
    }
    bm_chart_free(chart);
    sketch_free(sketch);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_drafts),         cmocka_unit_test(wrong_numbers),
        cmocka_unit_test(too_much_to_remember), cmocka_unit_test(wrong_configurations),
        cmocka_unit_test(right_configurations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
