#include "testing.h"

#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/time.h"

enum {
    LINE_MAX_BYTES = 256,
    PATH_BYTES = 512,
    MORNING = 540,
    NOON = 720,
    ONE = 780,
    EVENING = 1080
};

struct bm_zone *clocks_zone(const char *name) {
    const char *folder = getenv("TZDIR");
    char path[PATH_BYTES];
    static uint8_t bytes[BM_ZONE_BYTES_MAX + 1];
    snprintf(path, sizeof path, "%s/%s", folder ? folder : "/usr/share/zoneinfo", name);
    FILE *file = fopen(path, "rb");
    if (!file) fail_msg("%s cannot be read: tests need tzdata (or TZDIR)", path);
    size_t len = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    struct bm_zone *zone = NULL;
    struct bm_fault fault = {0};
    if (bm_zone_read(name, bytes, len, &zone, &fault)) fail_msg("%s", fault.detail);
    return zone;
}

/* --- calendars/cn.yaml ------------------------------------------------------------------------ */

struct reading {
    struct clocks_book *book;
    char section[LINE_MAX_BYTES]; /* of the top: hours, years ... */
    char part[LINE_MAX_BYTES];    /* of a year: notices, off, work */
    struct bm_day_hours office;
    int line;
};

static void take_span(struct reading *reading, const char *text) {
    unsigned from_h, from_m, to_h, to_m;
    struct bm_day_hours *hours = &reading->office;
    if (sscanf(text, "%u:%u-%u:%u", &from_h, &from_m, &to_h, &to_m) != 4)
        fail_msg("cn.yaml:%d: a span", reading->line);
    hours->spans[hours->count++] = (struct bm_day_span){(uint16_t)(from_h * 60 + from_m),
                                                        (uint16_t)(to_h * 60 + to_m)};
}

static void take_days(struct reading *reading, const char *text) {
    size_t year = reading->book->plan.count - 1;
    struct bm_day_notice *notice = &reading->book->notices[year];
    struct bm_day_rule *rule = &reading->book->rules[year][notice->count++];
    assert_true(notice->count <= CLOCKS_RULES_MAX);
    bool is_range = strncmp(text + 10, " to ", 4) == 0;
    rule->act = strcmp(reading->part, "off") == 0 ? BM_DAYS_OFF : BM_DAYS_WORK;
    if (!bm_date_read(text, 10, &rule->from_day)) fail_msg("cn.yaml:%d: a date", reading->line);
    if (!bm_date_read(is_range ? text + 14 : text, 10, &rule->to_day))
        fail_msg("cn.yaml:%d: a date", reading->line);
    if (!strstr(text, ", ")) fail_msg("cn.yaml:%d: an occasion", reading->line);
}

static void take_item(struct reading *reading, const char *text) {
    struct clocks_book *book = reading->book;
    if (strcmp(reading->section, "hours") == 0) {
        take_span(reading, text);
    } else if (strncmp(text, "year: ", 6) == 0) {
        struct bm_day_notice *notice = &book->notices[book->plan.count];
        notice->year = (int32_t)strtol(text + 6, NULL, 10);
        notice->source = book->sources[book->plan.count];
        notice->rules = book->rules[book->plan.count];
        book->plan.count++;
        assert_true(book->plan.count <= CLOCKS_YEARS_MAX);
    } else if (strcmp(reading->part, "notices") == 0) {
        char *source = book->sources[book->plan.count - 1];
        size_t len = strlen(source);
        snprintf(source + len, BM_CALENDAR_SOURCE_BYTES - len, "%s%s", len ? "; " : "", text);
    } else {
        take_days(reading, text);
    }
}

static void take_top(struct reading *reading, const char *key, const char *value) {
    struct clocks_book *book = reading->book;
    snprintf(reading->section, sizeof reading->section, "%s", key);
    if (strcmp(key, "calendar") == 0) snprintf(book->name, sizeof book->name, "%s", value);
    if (strcmp(key, "edition") == 0) book->plan.edition = (uint32_t)strtoul(value, NULL, 10);
    if (strcmp(key, "covers_from") == 0) book->plan.covers_from = clocks_day(value);
    if (strcmp(key, "covers_to") == 0) book->plan.covers_to = clocks_day(value);
}

static void take_line(struct reading *reading, char *line) {
    char *text = line + strspn(line, " ");
    if (!*text || *text == '#') return;
    if (strncmp(text, "- ", 2) == 0) {
        take_item(reading, text + 2);
        return;
    }
    char *colon = strchr(text, ':');
    if (!colon) fail_msg("cn.yaml:%d: no key", reading->line);
    *colon = 0;
    char *value = colon + 1 + strspn(colon + 1, " ");
    if (text == line) {
        take_top(reading, text, value);
    } else if (strcmp(reading->section, "week") == 0) {
        static const char *const weekdays[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
        for (int i = 0; i < 7; i++)
            if (strcmp(weekdays[i], text) == 0 && strcmp(value, "off") != 0)
                reading->book->plan.week[i] = reading->office;
    } else {
        snprintf(reading->part, sizeof reading->part, "%s", text);
    }
}

struct clocks_book *clocks_read_cn(void) {
    const char *root = getenv("SOURCE_ROOT");
    char path[PATH_BYTES], line[LINE_MAX_BYTES];
    snprintf(path, sizeof path, "%s/calendars/cn.yaml", root ? root : ".");
    FILE *file = fopen(path, "r");
    if (!file) fail_msg("%s cannot be read", path);
    struct reading reading = {.book = bm_alloc_zero(1, sizeof *reading.book)};
    while (fgets(line, sizeof line, file)) {
        reading.line++;
        line[strcspn(line, "\n")] = 0;
        take_line(&reading, line);
    }
    fclose(file);
    reading.book->plan.name = reading.book->name;
    reading.book->plan.make_up = reading.office;
    reading.book->plan.notices = reading.book->notices;
    return reading.book;
}

void clocks_cut(struct clocks_book *book, int32_t last_year) {
    while (book->plan.count > 0 && book->notices[book->plan.count - 1].year > last_year)
        book->plan.count--;
    book->plan.covers_to = bm_date_day((struct bm_date){last_year, 12, 31});
}

struct bm_calendar *clocks_calendar(const struct clocks_book *book, const struct bm_zone *zone) {
    return clocks_make(&book->plan, zone);
}

/* --- plain calendars -------------------------------------------------------------------------- */

struct bm_calendar_plan clocks_plain(const char *name, int32_t from_year, int32_t to_year) {
    struct bm_day_hours office = {2, {{MORNING, NOON}, {ONE, EVENING}}};
    struct bm_calendar_plan plan = {.name = name,
                                    .edition = 1,
                                    .make_up = office,
                                    .covers_from = bm_date_day((struct bm_date){from_year, 1, 1}),
                                    .covers_to = bm_date_day((struct bm_date){to_year, 12, 31})};
    for (int i = 0; i < 5; i++) plan.week[i] = office;
    return plan;
}

struct bm_calendar_plan clocks_always(const char *name, int32_t from_year, int32_t to_year) {
    struct bm_calendar_plan plan = clocks_plain(name, from_year, to_year);
    for (int i = 0; i < 7; i++) plan.week[i] = (struct bm_day_hours){1, {{0, BM_CALENDAR_MINUTES}}};
    return plan;
}

struct bm_calendar *clocks_make(const struct bm_calendar_plan *plan, const struct bm_zone *zone) {
    struct bm_calendar *calendar = NULL;
    struct bm_fault fault = {0};
    if (bm_calendar_make(NULL, plan, NULL, 0, zone, &calendar, &fault))
        fail_msg("%s", fault.detail);
    return calendar;
}

/* --- instants --------------------------------------------------------------------------------- */

int32_t clocks_day(const char *text) {
    int32_t day = 0;
    if (!bm_date_read(text, 10, &day)) fail_msg("\"%s\" is no date", text);
    return day;
}

int64_t clocks_at(const struct bm_zone *zone, const char *text) {
    int hour = 0, minute = 0, second = 0;
    int64_t civil = clocks_day(text) * INT64_C(86400000);
    if (text[10]) assert_true(sscanf(text + 10, " %d:%d:%d", &hour, &minute, &second) >= 2);
    return bm_zone_instant_ms(zone, civil + ((hour * 60 + minute) * 60 + second) * 1000, NULL);
}

const char *clocks_shown(const struct bm_zone *zone, int64_t at_ms) {
    static char texts[8][BM_TIME_TEXT_BYTES];
    static int next;
    char *text = texts[next++ % 8];
    bm_time_text(bm_zone_civil_ms(zone, at_ms), text);
    text[10] = ' ';
    text[23] = 0;
    return text;
}

int clocks_rounds(int most) {
    return getenv("EXACT") ? most : most / 10;
}

uint64_t clocks_seed(void) {
    const char *seed = getenv("SEED");
    return seed ? strtoull(seed, NULL, 10) : 1;
}
