/* The statechart kernel in process: events per second through charts of three sizes, and what
 * stands around a step. */
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/check.h"
#include "bench.h"
#include "chart/sketch.h"

/* Two states and one event. */
static const char *const switch_lines =
    "state root - state\nstate on root state\nstate off root state\ngo on turn off\n"
    "go off turn on\n";
static const char *const switch_events[] = {"turn"};

/* A matter as procedure files have it: handling, responsibility and supervision side by side,
 * waiting with a way back. */
static const char *const matter_lines =
    "state root - state\nstate open root parallel\nstate handling open state\n"
    "state working handling state\nstate way_back working deep\nstate intake working state\n"
    "state survey working state\nstate repair working state\nstate visit repair state\n"
    "state order repair state\nstate reply working state\nstate waiting handling state\n"
    "state on_citizen waiting state\nstate on_parts waiting state\n"
    "state review handling state\nstate settled handling final\n"
    "state responsibility open state\nstate held responsibility state\n"
    "state offered responsibility state\nstate arbitration responsibility state\n"
    "state released responsibility final\nstate supervision open state\n"
    "state none supervision state\nstate watched supervision state\n"
    "state reminded watched state\nstate pressed watched state\n"
    "state lifted supervision final\nstate closed root state\nstate rating closed state\n"
    "state rated closed state\nstate archived root final\nentry working\neffect 1\n"
    "exit working\neffect 2\nentry waiting\neffect 3\nexit waiting\neffect 4\nentry offered\n"
    "effect 5\nsend offer.timeout 1800000 offer\nexit offered\ncancel offer\nentry closed\n"
    "effect 6\ngo way_back - intake\ngo working wait.citizen on_citizen\neffect 7\n"
    "go working wait.parts on_parts\neffect 8\ngo waiting resume way_back\neffect 9\n"
    "go intake accept survey guard=1\neffect 10\ngo survey plan visit\ngo visit next order\n"
    "go order next reply\ngo repair next visit\ngo reply send review\neffect 11\n"
    "go review approve settled guard=2\nraise release\nraise lift\ngo review approve review\n"
    "effect 12\ngo review reject survey\neffect 13\ngo held offer offered\neffect 14\n"
    "go offered acknowledge held\neffect 15\ngo offered refuse arbitration\n"
    "go offered offer.timeout held\neffect 16\ngo arbitration rule held\n"
    "go responsibility release released internal\ngo none watch watched\neffect 17\n"
    "go reminded press pressed\ngo watched unwatch none\ngo supervision lift lifted internal\n"
    "go open done.state.open closed\neffect 18\ngo open emergency closed\neffect 19\n"
    "go rating rate rated\neffect 20\ngo closed reopen open\neffect 21\n"
    "go rated archive archived\n";
static const char *const matter_events[] = {
    "accept", "watch",   "wait.citizen", "offer",  "resume",  "plan",  "acknowledge",
    "next",   "press",   "wait.parts",   "resume", "next",    "offer", "refuse",
    "rule",   "send",    "reject",       "plan",   "unwatch", "next",  "next",
    "send",   "approve", "rate",         "reopen"};

struct course {
    const char *name;
    struct sketch *sketch;
    struct bm_chart *chart;
    const char *const *events;
    size_t event_count;
    struct bm_configuration at_start;
};

static uint64_t told, microsteps;

static bool holds(void *context, uint32_t guard, const char *event,
                  const struct bm_configuration *configuration) {
    (void)context;
    (void)event;
    (void)configuration;
    return guard > 0;
}
static void count(void *context, const struct bm_chart_news *news) {
    (void)context;
    told++;
    microsteps += news->kind == BM_CHART_TAKEN;
}
static const struct bm_chart_world world = {NULL, holds, count};

/* Three regions of 80 states each and four transitions from every state, of which the event takes
 * the last. */
static struct sketch *largest(void) {
    struct bm_buf lines = bm_buf_make(1 << 20);
    bm_buf_text(&lines, "state root - state\nstate all root parallel\n");
    for (int region = 0; region < 3; region++) {
        bm_buf_printf(&lines, "state r%d all state\n", region);
        for (int s = 0; s < 80; s++)
            bm_buf_printf(&lines, "state r%d.s%d r%d state\n", region, s, region);
    }
    for (int region = 0; region < 3; region++)
        for (int s = 0; s < 80; s++)
            for (int t = 0; t < 4; t++)
                bm_buf_printf(&lines, "go r%d.s%d %s.%d r%d.s%d\neffect 1\n", region, s,
                              t == 3 ? "all" : "other", t, region, (s + t) % 80);
    struct sketch *sketch = sketch_of(bm_buf_c_text(&lines));
    bm_buf_free(&lines);
    return sketch;
}
static const char *const largest_events[] = {"all.3"};

static void compile(struct course *course) {
    struct bm_fault fault;
    if (bm_chart_compile(&course->sketch->draft, &course->chart, &fault) != BM_OK ||
        bm_chart_start(course->chart, &world, &course->at_start, &fault) != BM_OK)
        bench_die("%s: %s", fault.field, fault.detail);
}

/* Events per second; every one of them must move something. */
static double run(struct course *course, double for_s) {
    struct bm_configuration now = course->at_start;
    uint64_t events = 0;
    told = microsteps = 0;
    double begin = bench_now();
    do {
        for (int round = 0; round < 100; round++)
            for (size_t e = 0; e < course->event_count; e++, events++) {
                uint32_t taken;
                struct bm_fault fault;
                if (bm_chart_step(course->chart, &world, &now, course->events[e], &now, &taken,
                                  &fault) != BM_OK ||
                    !taken)
                    bench_die("%s: %s did not move anything", course->name, course->events[e]);
            }
    } while (bench_now() - begin < for_s);
    double per_s = (double)events / (bench_now() - begin);
    printf("  %-34s  %6u  %11u  %11.0f  %8.0f  %11.2f  %10.2f\n", course->name,
           course->sketch->draft.state_count, course->sketch->draft.transition_count, per_s,
           1e9 / per_s, (double)microsteps / (double)events, (double)told / (double)events);
    return per_s;
}

/* --- around a step ---------------------------------------------------------------------------- */

static void possible_events(const struct course *course) {
    for (size_t e = 0; e < course->event_count; e++)
        (void)bm_chart_would_take(course->chart, &world, &course->at_start, course->events[e],
                                  NULL);
}
static void write_and_read(const struct course *course) {
    struct bm_buf text = bm_buf_make(BM_CHART_WRITTEN_MAX);
    struct bm_configuration again;
    bm_chart_write(course->chart, &course->at_start, &text);
    if (bm_chart_read(course->chart, bm_buf_c_text(&text), text.len, &again, NULL) != BM_OK)
        bench_die("not read back");
    bm_buf_free(&text);
}
static void compile_again(const struct course *course) {
    struct bm_chart *chart;
    if (bm_chart_compile(&course->sketch->draft, &chart, NULL) != BM_OK) bench_die("not compiled");
    bm_chart_free(chart);
}

static void measure(const char *what, void (*act)(const struct course *),
                    const struct course *course, double for_s) {
    uint64_t times = 0;
    double begin = bench_now();
    for (; bench_now() - begin < for_s; times += 50)
        for (int i = 0; i < 50; i++) act(course);
    printf("  %-60s  %10.2f us\n", what, (bench_now() - begin) * 1e6 / (double)times);
}

int main(int argc, char **argv) {
    double for_s = bench_option(argc, argv, "seconds", 2);
    struct course courses[] = {{.name = "a switch",
                                .sketch = sketch_of(switch_lines),
                                .events = switch_events,
                                .event_count = 1},
                               {.name = "a matter: three regions, 25 events",
                                .sketch = sketch_of(matter_lines),
                                .events = matter_events,
                                .event_count = sizeof matter_events / sizeof *matter_events},
                               {.name = "three regions of 80 states, all move",
                                .sketch = largest(),
                                .events = largest_events,
                                .event_count = 1}};
    puts("statecharts in process, one thread: events that each move something, run to rest");
    puts("  chart                               states  transitions     events/s  ns/event  "
         "taken/event  told/event");
    double per_s[3];
    for (int c = 0; c < 3; c++) {
        compile(&courses[c]);
        per_s[c] = run(&courses[c], for_s);
    }
    puts("  around a step of the matter");
    measure("which of its 25 events are possible", possible_events, &courses[1], for_s / 4);
    measure("its configuration written out and read back", write_and_read, &courses[1], for_s / 4);
    measure("the chart compiled", compile_again, &courses[1], for_s / 4);
    printf("  a configuration: %zu bytes\n", sizeof(struct bm_configuration));
    bench_aim("a matter: >= 1,000,000 events per second", per_s[1] >= 1e6);
    for (int c = 0; c < 3; c++) {
        bm_chart_free(courses[c].chart);
        sketch_free(courses[c].sketch);
    }
    return 0;
}
