/* Runs charts of outside suites, read from standard input, under a clock that only the tests move:
 *
 *     test NAME
 *     ... lines of a sketch, and: guard N in|out|true|false ID
 *     start STATES                       what has none below it, after the start
 *     event NAME AFTER_MS STATES         and after this event, sent so long after the one before
 *     pass                               when nothing waits any more, the state pass is active
 *     end
 *
 * One line for each: `ok NAME STEPS` or `not ok NAME: why`. */
#include "base/alloc.h"
#include "base/check.h"
#include "sketch.h"

enum { WAITING_MAX = 256, GUARDS_MAX = 256, LINE_MAX_BYTES = 4096, ROUNDS_MAX = 10000 };

struct wait {
    int64_t due_ms;
    const char *event, *id;
};

struct guard {
    char kind; /* first letter of in, out, true, false */
    char id[BM_CHART_NAME_MAX + 1];
};

struct test {
    char name[256], why[1024];
    struct sketch *sketch;
    struct bm_chart *chart;
    struct bm_configuration now;
    struct guard guards[GUARDS_MAX];
    uint32_t guard_count;
    struct wait waiting[WAITING_MAX]; /* by due time, then as they came */
    uint32_t wait_count;
    int64_t now_ms;
    uint32_t steps;
};

/* --- what the kernel asks and tells ------------------------------------------------------------
 */

static bool guard_holds(void *context, uint32_t number, const char *event,
                        const struct bm_configuration *configuration) {
    const struct test *test = context;
    (void)event;
    BM_CHECK(number >= 1 && number <= test->guard_count);
    const struct guard *guard = &test->guards[number - 1];
    bool in = bm_chart_in(configuration, bm_chart_find(test->chart, guard->id));
    return guard->kind == 't' || (guard->kind == 'i' && in) || (guard->kind == 'o' && !in);
}

static void forget(struct test *test, const char *id) {
    uint32_t kept = 0;
    for (uint32_t w = 0; w < test->wait_count; w++)
        if (!test->waiting[w].id || strcmp(test->waiting[w].id, id) != 0)
            test->waiting[kept++] = test->waiting[w];
    test->wait_count = kept;
}

static void take_news(void *context, const struct bm_chart_news *news) {
    struct test *test = context;
    if (news->kind != BM_CHART_TOLD) return;
    if (news->action->act == BM_CHART_CANCEL) forget(test, news->action->id);
    if (news->action->act != BM_CHART_SEND) return;
    BM_CHECK(test->wait_count < WAITING_MAX);
    struct wait wait = {test->now_ms + news->action->delay_ms, news->action->event,
                        news->action->id};
    uint32_t at = test->wait_count++;
    for (; at > 0 && test->waiting[at - 1].due_ms > wait.due_ms; at--)
        test->waiting[at] = test->waiting[at - 1];
    test->waiting[at] = wait;
}

/* --- moving ----------------------------------------------------------------------------------- */

static void fail(struct test *test, const struct bm_fault *fault) {
    if (!test->why[0]) snprintf(test->why, sizeof test->why, "%s: %s", fault->field, fault->detail);
}

static void step(struct test *test, const char *event) {
    struct bm_chart_world world = {test, guard_holds, take_news};
    struct bm_fault fault;
    if (test->why[0]) return;
    if (bm_chart_step(test->chart, &world, &test->now, event, &test->now, NULL, &fault) != BM_OK)
        fail(test, &fault);
}

static void run_until(struct test *test, int64_t until_ms) {
    for (uint32_t round = 0;
         test->wait_count && test->waiting[0].due_ms <= until_ms && !test->why[0]; round++) {
        struct wait first = test->waiting[0];
        BM_CHECK(round < ROUNDS_MAX);
        test->wait_count--;
        memmove(test->waiting, test->waiting + 1, test->wait_count * sizeof *test->waiting);
        test->now_ms = first.due_ms;
        step(test, first.event);
    }
}

static void start(struct test *test) {
    struct bm_chart_world world = {test, guard_holds, take_news};
    struct bm_fault fault;
    sketch_finish(test->sketch);
    if (bm_chart_compile(&test->sketch->draft, &test->chart, &fault) != BM_OK ||
        bm_chart_start(test->chart, &world, &test->now, &fault) != BM_OK)
        fail(test, &fault);
    run_until(test, test->now_ms);
}

/* The states without any below them, in document order, against the words of the line. */
static void expect(struct test *test, const char *states) {
    char copy[LINE_MAX_BYTES], *rest = NULL;
    struct bm_buf is = bm_buf_make(BM_CHART_WRITTEN_MAX);
    uint32_t wanted = 0, active = 0;
    bool right = true;
    test->steps++;
    if (test->why[0]) return;
    bm_chart_write(test->chart, &test->now, &is);
    if (strchr(bm_buf_c_text(&is), ';')) *strchr((char *)is.bytes, ';') = 0;
    for (const char *at = bm_buf_c_text(&is); *at; at++)
        active += at == (char *)is.bytes || at[-1] == ' ';
    snprintf(copy, sizeof copy, "%s", states);
    for (char *id = strtok_r(copy, " ", &rest); id; id = strtok_r(NULL, " ", &rest)) {
        uint32_t state = bm_chart_find(test->chart, id);
        right = right && state != BM_CHART_NONE && bm_chart_in(&test->now, state);
        wanted++;
    }
    if (!right || wanted != active)
        snprintf(test->why, sizeof test->why, "step %u: expected %s, is %s", test->steps, states,
                 bm_buf_c_text(&is));
    bm_buf_free(&is);
}

static void expect_pass(struct test *test) {
    run_until(test, INT64_MAX);
    test->steps++;
    if (test->why[0]) return;
    uint32_t pass = bm_chart_find(test->chart, "pass");
    if (pass == BM_CHART_NONE || !bm_chart_in(&test->now, pass))
        snprintf(test->why, sizeof test->why, "did not come to pass");
}

/* --- reading ---------------------------------------------------------------------------------- */

static void begin(struct test *test, const char *name) {
    *test = (struct test){.sketch = sketch_new()};
    snprintf(test->name, sizeof test->name, "%.250s", name);
}

static void finish(struct test *test) {
    if (test->why[0])
        printf("not ok %s: %s\n", test->name, test->why);
    else
        printf("ok %s %u\n", test->name, test->steps);
    bm_chart_free(test->chart);
    sketch_free(test->sketch);
}

static bool read_guard(struct test *test, const char *line) {
    unsigned number;
    char kind[8], id[BM_CHART_NAME_MAX + 1];
    if (sscanf(line, "guard %u %7s %63s", &number, kind, id) != 3) return false;
    BM_CHECK(number == test->guard_count + 1 && number <= GUARDS_MAX);
    struct guard *guard = &test->guards[test->guard_count++];
    guard->kind = kind[0];
    snprintf(guard->id, sizeof guard->id, "%s", id);
    return true;
}

static void read_event(struct test *test, const char *line) {
    char event[BM_CHART_EVENT_MAX + 1];
    long long after_ms;
    int at = 0;
    BM_CHECK(sscanf(line, "event %128s %lld %n", event, &after_ms, &at) == 2);
    int64_t until_ms = test->now_ms + after_ms;
    run_until(test, until_ms);
    test->now_ms = until_ms;
    step(test, event);
    run_until(test, test->now_ms);
    expect(test, line + at);
}

int main(void) {
    static char line[LINE_MAX_BYTES];
    struct test *test = bm_alloc(sizeof *test);
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = 0;
        if (strncmp(line, "test ", 5) == 0) {
            begin(test, line + 5);
        } else if (strncmp(line, "start ", 6) == 0) {
            start(test);
            expect(test, line + 6);
        } else if (strncmp(line, "event ", 6) == 0) {
            read_event(test, line);
        } else if (strcmp(line, "pass") == 0) {
            start(test);
            expect_pass(test);
        } else if (strcmp(line, "end") == 0) {
            finish(test);
        } else if (!read_guard(test, line) && !sketch_line(test->sketch, line)) {
            fprintf(stderr, "suite_run: no such line: %s\n", line);
            return 2;
        }
    }
    bm_free(test);
    return 0;
}
