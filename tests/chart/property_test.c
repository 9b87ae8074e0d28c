/* Random charts under random events: the kernel against a second implementation, everything that
 * happens step by step; the configuration is always legal, and written out and read back it is the
 * same.
 *
 *     CHARTS=100000 SEED=7 property_test        what failed prints its seed and the chart */
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/rng.h"
#include "plain.h"
#include "sketch.h"

enum { FOUND = 3 /* exit status */, CHARTS = 2000, EVENTS_EACH = 25, STATES = 40, TEXT = 4096 };

static const char *const names[] = {"a", "b", "a.b", "a.b.c", "c", "d.e"};
enum { NAMES = sizeof names / sizeof *names };

/* --- random charts ---------------------------------------------------------------------------- */

struct making {
    struct bm_rng rng;
    struct sketch *sketch;
    uint32_t states;
    char ids[STATES][16];
    enum bm_chart_kind kinds[STATES];
    uint32_t parents[STATES];
    struct bm_buf text; /* the chart so far, for who must look at it */
};

static uint64_t below(struct making *making, uint64_t most) {
    return bm_rng_below(&making->rng, most);
}

static void line(struct making *making, const char *text) {
    bm_buf_text(&making->text, text);
    bm_buf_byte(&making->text, '\n');
    BM_CHECK(sketch_line(making->sketch, text));
}

static void state_line(struct making *making, uint32_t parent, enum bm_chart_kind kind) {
    static const char *const kinds[] = {"state", "parallel", "final", "shallow", "deep", "initial"};
    char text[96];
    uint32_t s = making->states++;
    snprintf(making->ids[s], sizeof making->ids[s], "s%u", s);
    making->kinds[s] = kind;
    making->parents[s] = parent;
    snprintf(text, sizeof text, "state %s %s %s", making->ids[s], s ? making->ids[parent] : "-",
             kinds[kind]);
    line(making, text);
}

/* What stands below `parent`, the histories first. */
static void make_below(struct making *making, uint32_t parent, uint32_t depth) {
    bool parallel = making->kinds[parent] == BM_CHART_PARALLEL;
    uint64_t children = 1 + below(making, 3);
    if (parent && bm_rng_chance(&making->rng, 30))
        state_line(making, parent,
                   bm_rng_chance(&making->rng, 50) ? BM_CHART_SHALLOW : BM_CHART_DEEP);
    if (!parallel && bm_rng_chance(&making->rng, 30)) state_line(making, parent, BM_CHART_INITIAL);
    for (uint64_t c = 0; c < children && making->states < STATES - 8; c++) {
        bool final = !parallel && bm_rng_chance(&making->rng, parent ? 20 : 4);
        bool deeper = depth < 4 && bm_rng_chance(&making->rng, 60);
        uint32_t child = making->states;
        state_line(making, parent,
                   final                                       ? BM_CHART_FINAL
                   : deeper && bm_rng_chance(&making->rng, 45) ? BM_CHART_PARALLEL
                                                               : BM_CHART_STATE);
        if (deeper && !final) make_below(making, child, depth + 1);
    }
}

static bool is_below(const struct making *making, uint32_t state, uint32_t above) {
    while (state && state != above) state = making->parents[state];
    return state == above;
}

/* Any state or history below `above`, 0 if none is met. */
static uint32_t any_below(struct making *making, uint32_t above, bool histories) {
    for (int tries = 0; tries < 60; tries++) {
        uint32_t s = (uint32_t)below(making, making->states);
        bool history = making->kinds[s] == BM_CHART_SHALLOW || making->kinds[s] == BM_CHART_DEEP;
        if (s && s != above && is_below(making, s, above) && making->kinds[s] != BM_CHART_INITIAL &&
            (histories || !history))
            return s;
    }
    return 0;
}

/* One target, or one below each of some children of a parallel. */
static bool make_targets(struct making *making, uint32_t above, bool histories, char *text,
                         size_t cap) {
    uint32_t first = any_below(making, above, histories), count = 0;
    size_t len = 0;
    if (!first) return false;
    if (making->kinds[first] == BM_CHART_PARALLEL && bm_rng_chance(&making->rng, 50)) {
        for (uint32_t s = first + 1; s < making->states; s++) {
            if (making->parents[s] != first || making->kinds[s] > BM_CHART_FINAL ||
                bm_rng_chance(&making->rng, 30))
                continue;
            uint32_t in = any_below(making, s, histories);
            len += (size_t)snprintf(text + len, cap - len, "%s%s", count++ ? "," : "",
                                    making->ids[in ? in : s]);
        }
    }
    if (!count) len += (size_t)snprintf(text, cap, "%s", making->ids[first]);
    /* Sometimes one more, which may not fit: then the chart is refused. */
    if (bm_rng_chance(&making->rng, 1)) {
        uint32_t more = any_below(making, above, histories);
        if (more) snprintf(text + len, cap - len, ",%s", making->ids[more]);
    }
    return true;
}

static void make_actions(struct making *making) {
    char text[64];
    while (bm_rng_chance(&making->rng, 30)) {
        switch (below(making, 4)) {
        case 0:
            snprintf(text, sizeof text, "raise %s", names[below(making, NAMES)]);
            break;
        case 1:
            snprintf(text, sizeof text, "send %s 5 x", names[below(making, NAMES)]);
            break;
        case 2:
            snprintf(text, sizeof text, "cancel x");
            break;
        default:
            snprintf(text, sizeof text, "effect %u", (unsigned)below(making, 9));
            break;
        }
        line(making, text);
    }
}

static void make_events(struct making *making, char *text, size_t cap) {
    static const char *const more[] = {"*", "a.*", "a.", "d", "done.state"};
    uint64_t drawn = below(making, 10);
    const char *one = drawn < 5 ? names[below(making, NAMES)] : more[drawn - 5];
    if (bm_rng_chance(&making->rng, 15))
        snprintf(text, cap, "%s,%s", one, names[below(making, NAMES)]);
    else if (bm_rng_chance(&making->rng, 15))
        snprintf(text, cap, "done.state.%s", making->ids[below(making, making->states)]);
    else
        snprintf(text, cap, "%s", one);
}

/* The history of a state above `source`, if there is one: such a transition leaves what hangs on
 * the memory. */
static void target_history_above(const struct making *making, uint32_t source, char *text,
                                 size_t cap) {
    for (uint32_t s = 1; s < making->states; s++) {
        bool history = making->kinds[s] == BM_CHART_SHALLOW || making->kinds[s] == BM_CHART_DEEP;
        if (history && source != making->parents[s] && is_below(making, source, making->parents[s]))
            snprintf(text, cap, "%s", making->ids[s]);
    }
}

static void make_transition(struct making *making, uint32_t source) {
    char events[64], targets[512] = "-", text[800];
    bool automatic = bm_rng_chance(&making->rng, 4),
         guarded = automatic || bm_rng_chance(&making->rng, 25);
    make_events(making, events, sizeof events);
    uint32_t above = bm_rng_chance(&making->rng, 30) ? source : 0;
    if (bm_rng_chance(&making->rng, 88)) make_targets(making, above, true, targets, sizeof targets);
    if (bm_rng_chance(&making->rng, 12))
        target_history_above(making, source, targets, sizeof targets);
    int len = snprintf(text, sizeof text, "go %s %s %s%s", making->ids[source],
                       automatic ? "-" : events, targets,
                       bm_rng_chance(&making->rng, 35) ? " internal" : "");
    if (guarded)
        snprintf(text + len, sizeof text - (size_t)len, " guard=%u",
                 1 + (unsigned)below(making, 99));
    line(making, text);
    make_actions(making);
}

static void make_behaviour(struct making *making, uint32_t s) {
    char targets[512], text[600];
    if (making->kinds[s] > BM_CHART_FINAL) {
        if (!make_targets(making, making->parents[s], making->kinds[s] == BM_CHART_INITIAL, targets,
                          sizeof targets))
            return;
        snprintf(text, sizeof text, "go %s - %s", making->ids[s], targets);
        line(making, text);
        make_actions(making);
        return;
    }
    for (uint64_t n = making->kinds[s] == BM_CHART_FINAL ? 0 : below(making, 4); n > 0; n--)
        make_transition(making, s);
    for (int exit = 0; exit < 2; exit++) {
        snprintf(text, sizeof text, "%s %s", exit ? "exit" : "entry", making->ids[s]);
        line(making, text);
        make_actions(making);
    }
}

static void make_chart(struct making *making, uint64_t seed) {
    *making = (struct making){.rng = {seed}, .sketch = sketch_new(), .text = bm_buf_make(1 << 20)};
    state_line(making, 0, BM_CHART_STATE);
    make_below(making, 0, 0);
    for (uint32_t s = 1; s < making->states; s++) make_behaviour(making, s);
    sketch_finish(making->sketch);
}

/* --- what must hold --------------------------------------------------------------------------- */

/* What a second implementation that is wrong would be told wrong: the checks must find it. */
enum lie { TRUTH, HISTORIES_SWAPPED, NEVER_INTERNAL, ORDER_TURNED, GUARDS_LIE, LIE_COUNT };

struct run {
    uint64_t seed;
    enum lie lie;
    struct sketch *lied; /* the second implementation's draft */
    struct making making;
    struct bm_chart *chart;
    struct bm_configuration now;
    struct plain *plain;
    uint64_t salt; /* what guards hang on, beside the configuration */
    struct plain_news *trace;
    uint32_t trace_count;
};

static _Noreturn void wrong(const struct run *run, const char *what) {
    fprintf(stderr, "SEED=%llu: %s\n%s", (unsigned long long)run->seed, what,
            bm_buf_c_text(&run->making.text));
    _exit(FOUND);
}

static void tell_lies(struct run *run) {
    struct sketch *lied = run->lied;
    *lied = *run->making.sketch;
    lied->draft.states = lied->states;
    lied->draft.transitions = lied->transitions;
    for (uint32_t s = 0; s < lied->draft.state_count && run->lie == HISTORIES_SWAPPED; s++) {
        enum bm_chart_kind *kind = &lied->states[s].kind;
        *kind = *kind == BM_CHART_DEEP      ? BM_CHART_SHALLOW
                : *kind == BM_CHART_SHALLOW ? BM_CHART_DEEP
                                            : *kind;
    }
    for (uint32_t t = 0; t < lied->draft.transition_count && run->lie == NEVER_INTERNAL; t++)
        lied->transitions[t].internal = false;
    for (uint32_t t = 1; t < lied->draft.transition_count && run->lie == ORDER_TURNED; t++) {
        struct bm_chart_transition later = lied->transitions[t];
        if (later.source != lied->transitions[t - 1].source) continue;
        lied->transitions[t] = lied->transitions[t - 1];
        lied->transitions[t - 1] = later;
    }
}

static bool holds(const struct run *run, uint32_t guard, bool in) {
    return guard % 3 == 0 ? in : run->salt >> guard % 61 & 1;
}
static bool guard_kernel(void *context, uint32_t guard, const char *event,
                         const struct bm_configuration *configuration) {
    const struct run *run = context;
    (void)event;
    return holds(run, guard, bm_chart_in(configuration, guard % run->making.states));
}
static bool guard_plain(void *context, uint32_t guard, const struct plain *plain) {
    const struct run *run = context;
    return holds(run, guard, plain_has(&plain->configuration, guard % run->making.states)) !=
           (run->lie == GUARDS_LIE);
}

static void take_news(void *context, const struct bm_chart_news *news) {
    struct run *run = context;
    BM_CHECK(run->trace_count < PLAIN_TRACE);
    struct plain_news *noted = &run->trace[run->trace_count++];
    *noted = (struct plain_news){.kind = news->kind,
                                 .state = news->state,
                                 .transition = news->transition,
                                 .action = news->action_number};
    if (news->kind == BM_CHART_RAISED)
        snprintf(noted->event, sizeof noted->event, "%s", news->event);
}

/* From the draft alone: one child of each compound, all of each parallel, and the parents of all
 * that is active. */
static void check_legal(const struct run *run) {
    const struct bm_chart_draft *draft = &run->making.sketch->draft;
    for (uint32_t s = 0; s < draft->state_count; s++) {
        bool active = s == 0 || bm_chart_in(&run->now, s);
        struct plain_list children = plain_children(draft, s);
        uint32_t count = 0;
        for (uint32_t c = 0; c < children.count; c++)
            count += bm_chart_in(&run->now, children.items[c]);
        uint32_t right = !active                                      ? 0
                         : draft->states[s].kind == BM_CHART_PARALLEL ? children.count
                                                                      : children.count > 0;
        if (count != right) wrong(run, "an illegal configuration");
        if (active && draft->states[s].kind > BM_CHART_FINAL) wrong(run, "an active pseudo-state");
    }
    if (bm_chart_in(&run->now, 0)) wrong(run, "the root stands in the configuration");
}

static void check_same(const struct run *run) {
    const struct plain *plain = run->plain;
    for (uint32_t s = 1; s < run->making.states; s++)
        if (plain_has(&plain->configuration, s) != bm_chart_in(&run->now, s))
            wrong(run, "another configuration");
    if (plain->running == bm_chart_ended(run->chart, &run->now))
        wrong(run, "one has ended, the other not");
    if (plain->trace_count != run->trace_count) wrong(run, "not as much happened");
    for (uint32_t n = 0; n < run->trace_count; n++)
        if (memcmp(&plain->trace[n], &run->trace[n], sizeof *run->trace) != 0)
            wrong(run, "something else happened");
}

/* Goes on with what was read back, so that every later step proves it too. */
static void write_and_read(struct run *run) {
    struct bm_buf text = bm_buf_make(BM_CHART_WRITTEN_MAX);
    struct bm_configuration again;
    struct bm_fault fault;
    bm_chart_write(run->chart, &run->now, &text);
    if (bm_chart_read(run->chart, bm_buf_c_text(&text), text.len, &again, &fault) != BM_OK)
        wrong(run, fault.detail);
    if (memcmp(&again, &run->now, sizeof again) != 0)
        wrong(run, "written and read back it is another");
    run->now = again;
    bm_buf_free(&text);
}

struct counts {
    uint32_t charts, refused, steps, moves, rounds, ended;
};

static void one_step(struct run *run, struct counts *counts) {
    struct bm_chart_world world = {run, guard_kernel, take_news};
    struct bm_fault fault;
    struct plain before = *run->plain;
    struct bm_configuration kept = run->now;
    uint32_t taken = 77, plain_taken;
    const char *event = names[bm_rng_below(&run->making.rng, NAMES)];
    run->salt = bm_rng_u64(&run->making.rng);
    run->trace_count = 0;
    uint32_t would = bm_chart_would_take(run->chart, &world, &run->now, event, NULL);
    if (run->trace_count) wrong(run, "asking told something");
    enum bm_code code = bm_chart_step(run->chart, &world, &run->now, event, &run->now, &taken,
                                      &fault);
    bool rests = plain_step(run->plain, event, &plain_taken);
    counts->steps++;
    if ((code == BM_OK) != rests) wrong(run, "one comes to rest, the other does not");
    if (code != BM_OK) {
        if (code != BM_CONFLICT || taken != 77) wrong(run, "another fault than going round");
        if (memcmp(&kept, &run->now, sizeof kept) != 0)
            wrong(run, "a fault changed the configuration");
        *run->plain = before;
        counts->rounds++;
        return;
    }
    if (taken != plain_taken || taken != would) wrong(run, "not as many took it");
    counts->moves += taken > 0;
    check_same(run);
    check_legal(run);
    write_and_read(run);
}

static void one_chart(struct run *run, struct counts *counts) {
    struct bm_chart_world world = {run, guard_kernel, take_news};
    struct bm_fault fault;
    run->chart = NULL;
    make_chart(&run->making, run->seed);
    run->salt = bm_rng_u64(&run->making.rng);
    run->trace_count = 0;
    tell_lies(run);
    *run->plain = (struct plain){.draft = &run->lied->draft,
                                 .guard = guard_plain,
                                 .context = run,
                                 .trace = run->plain->trace};
    counts->charts++;
    if (bm_chart_compile(&run->making.sketch->draft, &run->chart, &fault) != BM_OK) {
        counts->refused++;
    } else {
        bool rests = plain_start(run->plain);
        if ((bm_chart_start(run->chart, &world, &run->now, &fault) == BM_OK) != rests)
            wrong(run, "only one starts");
        counts->rounds += !rests;
        if (rests) {
            check_same(run);
            check_legal(run);
            write_and_read(run);
            for (int n = 0; n < EVENTS_EACH; n++) one_step(run, counts);
            counts->ended += bm_chart_ended(run->chart, &run->now);
        }
    }
    bm_chart_free(run->chart);
    sketch_free(run->making.sketch);
    bm_buf_free(&run->making.text);
}

/* Whether a lie is found within some charts; looked for in a child, which the finding ends. */
static bool is_found(struct run *run, enum lie lie) {
    fflush(NULL);
    pid_t child = fork();
    BM_CHECK(child >= 0);
    if (child == 0) {
        struct counts counts = {0};
        BM_CHECK(freopen("/dev/null", "w", stderr));
        run->lie = lie;
        for (run->seed = 1; run->seed <= 300; run->seed++) one_chart(run, &counts);
        _exit(0);
    }
    int status = 0;
    BM_CHECK(waitpid(child, &status, 0) == child);
    return WIFEXITED(status) && WEXITSTATUS(status) == FOUND;
}

int main(void) {
    const char *seed = getenv("SEED"), *charts = getenv("CHARTS");
    struct run run = {.lied = sketch_new(),
                      .plain = bm_alloc(sizeof *run.plain),
                      .trace = bm_alloc(PLAIN_TRACE * sizeof *run.trace)};
    run.plain->trace = bm_alloc(PLAIN_TRACE * sizeof *run.trace);
    struct counts counts = {0};
    uint64_t from = seed ? strtoull(seed, NULL, 10) : 1, count = charts ? strtoull(charts, NULL, 10)
                                                                 : seed ? 1
                                                                        : CHARTS;
    int missed = 0;
    for (int lie = TRUTH + 1; lie < LIE_COUNT && !seed; lie++) {
        if (is_found(&run, (enum lie)lie)) continue;
        fprintf(stderr, "lie %d was not found\n", lie);
        missed++;
    }
    for (run.seed = from; run.seed < from + count; run.seed++) one_chart(&run, &counts);
    printf(
        "%u charts, %u refused, %u ended; %u events, %u of them moved something, %u went round\n",
        counts.charts, counts.refused, counts.ended, counts.steps, counts.moves, counts.rounds);
    /* A property that meets nothing proves nothing. */
    bool met = seed || (counts.refused * 3 < counts.charts && counts.moves * 5 > counts.steps &&
                        counts.rounds > 0 && counts.ended > 0);
    missed += !met;
    printf("%d passed, %d failed, 0 skipped\n", !missed, missed); /* one property, however many charts it met */
    sketch_free(run.lied);
    bm_free(run.plain->trace);
    bm_free(run.plain);
    bm_free(run.trace);
    return missed ? 1 : 0;
}
