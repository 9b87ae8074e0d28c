/* Matters on their way, in process and on one thread: procedures/letter.yaml on calendars/cn.yaml. */
#include "procedure/course.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "bench.h"
#include "procedure/calendar_file.h"

#define AT_MS INT64_C(1772413200000) /* 2026-03-02 09:00 in Shanghai, a Monday */
enum { MINUTE_MS = 60000, DAY_MS = 86400000 };

struct desk {
    struct bm_procedure *procedure;
    struct bm_track *track;
    struct bm_zone *zone;
    struct bm_calendar_file *file;
    struct bm_calendar *calendar;
    struct bm_course_world world;
};

/* --- files ---------------------------------------------------------------------------------------- */

static size_t slurp(const char *path, void *bytes, size_t cap) {
    FILE *file = fopen(path, "rb");
    if (!file) bench_die("%s cannot be read; run this from the project's folder, with tzdata installed", path);
    size_t len = fread(bytes, 1, cap, file);
    fclose(file);
    return len;
}

static void open_desk(struct desk *desk) {
    static char bytes[1 << 18];
    const char *folder = getenv("TZDIR");
    char path[512];
    struct bm_findings findings = {.count = 0};
    struct bm_fault fault = {0};
    size_t len = slurp("procedures/letter.yaml", bytes, sizeof bytes);
    if (bm_procedure_read(bytes, len, &findings, &desk->procedure)) bench_die("letter.yaml: %s", findings.items[0].detail);
    if (bm_track_make(desk->procedure, &desk->track, &fault)) bench_die("letter.yaml: %s", fault.detail);
    len = slurp("calendars/cn.yaml", bytes, sizeof bytes);
    if (bm_calendar_file_read(bytes, len, &findings, &desk->file)) bench_die("cn.yaml: %s", findings.items[0].detail);
    snprintf(path, sizeof path, "%s/%s", folder ? folder : "/usr/share/zoneinfo", bm_calendar_file_zone(desk->file));
    len = slurp(path, bytes, sizeof bytes);
    if (bm_zone_read("zone", bytes, len, &desk->zone, &fault) ||
        bm_calendar_make(NULL, bm_calendar_file_plan(desk->file), NULL, 0, desk->zone, &desk->calendar, &fault))
        bench_die("cn.yaml: %s", fault.detail);
    desk->world = (struct bm_course_world){.calendars = (const struct bm_calendar *const *)&desk->calendar, .calendar_count = 1};
}

static void close_desk(struct desk *desk) {
    bm_track_free(desk->track);
    bm_procedure_free(desk->procedure);
    bm_calendar_free(desk->calendar);
    bm_calendar_file_free(desk->file);
    bm_zone_free(desk->zone);
}

/* --- one letter ------------------------------------------------------------------------------------ */

static const struct step {
    const char *event, *role;
    int64_t after_ms; /* since the opening */
} letter[] = {{"register", "clerk", 10 * MINUTE_MS},          {"offer", "clerk", 20 * MINUTE_MS},
              {"acknowledge", "handler", 30 * MINUTE_MS},     {"ask_writer", "clerk", 60 * MINUTE_MS},
              {"add", "citizen", 2 * (int64_t)DAY_MS},        {"supervise", "superior", 2 * (int64_t)DAY_MS + MINUTE_MS},
              {"draft", "handler", 2 * (int64_t)DAY_MS + 2 * MINUTE_MS},
              {"release", "superior", 2 * (int64_t)DAY_MS + 3 * MINUTE_MS},
              {"approve", "unit_head", 2 * (int64_t)DAY_MS + 4 * MINUTE_MS}};
enum { LETTER = sizeof letter / sizeof letter[0] };

static void open_letter(const struct desk *desk, struct bm_course *course) {
    struct bm_fault fault;
    if (bm_course_open(desk->track, &desk->world, AT_MS, AT_MS, course, &fault)) bench_die("%s", fault.detail);
}

static void do_step(const struct desk *desk, struct bm_course *course, uint32_t number) {
    static int64_t values[BM_PROCEDURE_FIELDS_MAX];
    struct bm_fault fault;
    struct bm_course_act act = {.event = bm_procedure_event(desk->procedure, letter[number].event),
                                .roles = 1u << bm_procedure_role(desk->procedure, letter[number].role),
                                .actor = number + 1, .now_ms = AT_MS + letter[number].after_ms, .filled = UINT64_MAX,
                                .values = values, .reason = "bench"};
    if (bm_course_act(desk->track, &desk->world, course, &act, &fault)) bench_die("%s: %s", letter[number].event, fault.detail);
}

/* From open to closed; as many letters as fit. */
static double events_per_s(const struct desk *desk, double for_s) {
    uint64_t events = 0;
    double begin = bench_now();
    do {
        struct bm_course course;
        open_letter(desk, &course);
        for (uint32_t i = 0; i < LETTER; i++, events++) do_step(desk, &course, i);
        if (!bm_course_closed(desk->track, &course)) bench_die("a letter is not closed");
    } while (bench_now() - begin < for_s);
    return (double)events / (bench_now() - begin);
}

/* Ticks that do something: a letter that nobody looks at, until nothing is due any more. */
static double ticks_per_s(const struct desk *desk, double for_s) {
    uint64_t ticks = 0;
    double begin = bench_now();
    do {
        struct bm_course course;
        struct bm_fault fault;
        open_letter(desk, &course);
        for (bool did = true; did; ticks += did)
            if (bm_course_tick(desk->track, &desk->world, &course, AT_MS + 60 * (int64_t)DAY_MS, &did, &fault)) bench_die("%s", fault.detail);
    } while (bench_now() - begin < for_s);
    return (double)ticks / (bench_now() - begin);
}

/* --- around it ------------------------------------------------------------------------------------- */

struct asked {
    const struct desk *desk;
    struct bm_course course; /* in the middle of its way */
    struct bm_buf written;
};

static void ask_next(struct asked *asked) {
    int64_t next;
    struct bm_fault fault;
    if (bm_course_next(asked->desk->track, &asked->desk->world, &asked->course, &next, &fault)) bench_die("%s", fault.detail);
}

static void ask_choices(struct asked *asked) {
    struct bm_course_choice choices[BM_PROCEDURE_EVENTS_MAX];
    uint32_t roles = 1u << bm_procedure_role(asked->desk->procedure, "duty_officer");
    int64_t now_ms = AT_MS + 2 * (int64_t)DAY_MS;
    if (!bm_course_choices(asked->desk->track, &asked->desk->world, &asked->course, roles, 99, now_ms, choices))
        bench_die("nothing can be done");
}

static void write_out(struct asked *asked) {
    bm_buf_clear(&asked->written);
    bm_course_write(asked->desk->track, &asked->course, &asked->written);
}

static void read_back(struct asked *asked) {
    struct bm_course again;
    struct bm_fault fault;
    if (bm_course_read(asked->desk->track, asked->written.bytes, asked->written.len, &again, &fault)) bench_die("%s", fault.detail);
}

static void measure(const char *what, void (*act)(struct asked *), struct asked *asked, double for_s) {
    uint64_t times = 0;
    double begin = bench_now();
    for (; bench_now() - begin < for_s; times += 50)
        for (int i = 0; i < 50; i++) act(asked);
    printf("  %-60s  %10.2f us\n", what, (bench_now() - begin) * 1e6 / (double)times);
}

int main(int argc, char **argv) {
    double for_s = bench_option(argc, argv, "seconds", 2);
    struct desk desk;
    open_desk(&desk);
    struct asked asked = {.desk = &desk, .written = bm_buf_make(BM_COURSE_WRITTEN_MAX)};
    puts("courses in process, one thread: letter.yaml on calendars/cn.yaml, nobody listens");
    double events = events_per_s(&desk, for_s), ticks = ticks_per_s(&desk, for_s);
    printf("  %-60s  %10.0f /s\n", "events, from open to closed (9 each, opening among the time)", events);
    printf("  %-60s  %10.0f /s\n", "ticks that tell a rung or a breach", ticks);
    open_letter(&desk, &asked.course);
    for (uint32_t i = 0; i < 6; i++) do_step(&desk, &asked.course, i);
    puts("  around a step of a letter with two clocks running");
    measure("when something is due next", ask_next, &asked, for_s / 4);
    measure("what the duty officer can do", ask_choices, &asked, for_s / 4);
    measure("the course written out", write_out, &asked, for_s / 4);
    measure("and read back", read_back, &asked, for_s / 4);
    printf("  a course: %zu bytes, written %zu bytes\n", sizeof(struct bm_course), asked.written.len);
    bm_buf_free(&asked.written);
    close_desk(&desk);
    return 0;
}
