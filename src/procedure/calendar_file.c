#include "procedure/calendar_file.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/time.h"
#include "procedure/arena.h"
#include "procedure/yaml.h"

enum { DATE_LEN = 10, HOURS_NAMES_MAX = 32 };

struct named_hours {
    const char *name;
    struct bm_day_hours hours;
};

struct bm_calendar_file {
    struct bm_arena arena;
    struct bm_yaml *yaml;
    bool adds;
    const char *zone, *title;
    const uint32_t **lines; /* by notice: of its rules */
    struct named_hours hours[HOURS_NAMES_MAX];
    size_t hours_count;
    struct bm_calendar_plan plan;
};

struct reading {
    struct bm_calendar_file *file;
    struct bm_findings *findings;
};

static void wrong(struct reading *reading, struct bm_mark at, const char *where, const char *detail) {
    bm_findings_add(reading->findings, 1, at, where, "%s", detail);
}

static const struct bm_yaml_node *need(struct reading *reading, const struct bm_yaml_node *map, const char *key,
                                       enum bm_yaml_kind kind) {
    const struct bm_yaml_node *node = bm_yaml_get(map, key);
    if (node && node->kind == kind) return node;
    static const char *const forms[] = {"one text", "a list", "a mapping"};
    bm_findings_add(reading->findings, 1, node ? node->at : map->at, key, "\"%s\" must be %s here.", key, forms[kind]);
    return NULL;
}

static void refuse_others(struct reading *reading, const struct bm_yaml_node *map, const char *const *keys) {
    for (const struct bm_yaml_node *one = map->first; one; one = one->next) {
        bool known = false;
        for (const char *const *key = keys; *key; key++) known = known || strcmp(*key, one->key) == 0;
        if (!known) wrong(reading, one->key_at, one->key, "A calendar has no such key; see the head of calendars/cn.yaml.");
    }
}

static bool read_number(const char *text, uint32_t most, uint32_t *ret_number) {
    char *end;
    unsigned long number = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end || number > most) return false;
    *ret_number = (uint32_t)number;
    return true;
}

static void take_date(struct reading *reading, const struct bm_yaml_node *root, const char *key, int32_t *ret_day) {
    const struct bm_yaml_node *node = need(reading, root, key, BM_YAML_TEXT);
    if (node && !bm_date_read(node->text, strlen(node->text), ret_day))
        wrong(reading, node->at, key, "Write a day as 2026-01-31.");
}

/* --- hours ------------------------------------------------------------------------------------ */

static bool read_clock(const char *text, uint16_t *ret_min) {
    for (int i = 0; i < 5; i++) {
        if (i == 2 ? text[i] != ':' : text[i] < '0' || text[i] > '9') return false;
    }
    int hour = (text[0] - '0') * 10 + text[1] - '0', minute = (text[3] - '0') * 10 + text[4] - '0';
    if (minute > 59 || hour > 24 || (hour == 24 && minute)) return false;
    *ret_min = (uint16_t)(60 * hour + minute);
    return true;
}

static void take_spans(struct reading *reading, const struct bm_yaml_node *list, struct bm_day_hours *hours) {
    for (const struct bm_yaml_node *one = list->first; one; one = one->next) {
        struct bm_day_span span;
        bool fine = one->kind == BM_YAML_TEXT && strlen(one->text) == 11 && one->text[5] == '-' &&
                    read_clock(one->text, &span.from_min) && read_clock(one->text + 6, &span.to_min) &&
                    span.from_min < span.to_min && hours->count < BM_CALENDAR_SPANS_MAX &&
                    (!hours->count || hours->spans[hours->count - 1].to_min <= span.from_min);
        if (fine)
            hours->spans[hours->count++] = span;
        else
            wrong(reading, one->at, "hours", "Write working hours as 09:00-12:00, in rising order, at most six in a day.");
    }
}

static void take_hours(struct reading *reading, const struct bm_yaml_node *root) {
    const struct bm_yaml_node *map = need(reading, root, "hours", BM_YAML_MAP);
    if (!map) return;
    for (const struct bm_yaml_node *one = map->first; one; one = one->next) {
        struct bm_calendar_file *file = reading->file;
        if (one->kind != BM_YAML_LIST || !one->count || file->hours_count == HOURS_NAMES_MAX) {
            wrong(reading, one->at, one->key, "Give a list of spans, at most 32 names in all.");
            continue;
        }
        struct named_hours *hours = &file->hours[file->hours_count++];
        hours->name = one->key;
        take_spans(reading, one, &hours->hours);
    }
}

/* "off" is a day that is not worked. */
static void take_day_hours(struct reading *reading, const struct bm_yaml_node *map, const char *key,
                           struct bm_day_hours *ret_hours) {
    const struct bm_yaml_node *node = need(reading, map, key, BM_YAML_TEXT);
    *ret_hours = (struct bm_day_hours){.count = 0};
    if (!node || strcmp(node->text, "off") == 0) return;
    for (size_t i = 0; i < reading->file->hours_count; i++) {
        if (strcmp(reading->file->hours[i].name, node->text) == 0) {
            *ret_hours = reading->file->hours[i].hours;
            return;
        }
    }
    wrong(reading, node->at, key, "No hours have this name: name some of \"hours\", or off.");
}

static void take_week(struct reading *reading, const struct bm_yaml_node *root) {
    static const char *const days[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun", NULL};
    struct bm_calendar_plan *plan = &reading->file->plan;
    const struct bm_yaml_node *week = need(reading, root, "week", BM_YAML_MAP);
    if (!week) return;
    refuse_others(reading, week, days);
    for (int i = 0; days[i]; i++) take_day_hours(reading, week, days[i], &plan->week[i]);
    take_day_hours(reading, root, "make_up", &plan->make_up);
}

/* --- years ------------------------------------------------------------------------------------ */

/* "DATE, occasion" or "DATE to DATE, occasion". */
static bool read_days(const char *text, struct bm_day_rule *rule) {
    size_t len = strcspn(text, ",");
    if (!text[len] || text[len + 1] != ' ' || !text[len + 2]) return false;
    if (len != DATE_LEN && (len != 2 * DATE_LEN + 4 || memcmp(text + DATE_LEN, " to ", 4) != 0)) return false;
    if (!bm_date_read(text, DATE_LEN, &rule->from_day)) return false;
    rule->to_day = rule->from_day;
    return len == DATE_LEN || (bm_date_read(text + DATE_LEN + 4, DATE_LEN, &rule->to_day) && rule->to_day >= rule->from_day);
}

static void take_rules(struct reading *reading, const struct bm_yaml_node *year, const char *key, enum bm_day_act act,
                       struct bm_day_rule *rules, uint32_t *lines, size_t *count) {
    const struct bm_yaml_node *list = bm_yaml_get(year, key);
    if (!list) return; /* a year may have none */
    if (list->kind != BM_YAML_LIST) {
        wrong(reading, list->at, key, "Give a list of days.");
        return;
    }
    for (const struct bm_yaml_node *one = list->first; one; one = one->next) {
        struct bm_day_rule rule = {.act = act};
        if (*count == BM_CALENDAR_RULES_MAX || one->kind != BM_YAML_TEXT || !read_days(one->text, &rule))
            wrong(reading, one->at, key, "Write \"2026-10-01 to 2026-10-07, occasion\" or \"2026-10-10, occasion\".");
        else {
            lines[*count] = one->at.line;
            rules[(*count)++] = rule;
        }
    }
}

static const char *sources_of(struct reading *reading, const struct bm_yaml_node *year) {
    const struct bm_yaml_node *list = need(reading, year, "notices", BM_YAML_LIST);
    const struct bm_yaml_node *first = list ? list->first : NULL;
    if (first && first->kind == BM_YAML_TEXT && strlen(first->text) < BM_CALENDAR_SOURCE_BYTES) return first->text;
    if (list) wrong(reading, list->at, "notices", "Name at least one notice, in less than 96 bytes.");
    return "";
}

static void take_year(struct reading *reading, const struct bm_yaml_node *year, struct bm_day_notice *notice,
                      const uint32_t **ret_lines) {
    static const char *const keys[] = {"year", "notices", "off", "work", NULL};
    if (year->kind != BM_YAML_MAP) {
        wrong(reading, year->at, "years", "Each entry is a mapping with year, notices, off and work.");
        return;
    }
    refuse_others(reading, year, keys);
    const struct bm_yaml_node *number = need(reading, year, "year", BM_YAML_TEXT);
    uint32_t which = 0;
    if (number && !read_number(number->text, 9998, &which)) wrong(reading, number->at, "year", "Write a year as 2026.");
    struct bm_day_rule *rules = bm_arena_take(&reading->file->arena, BM_CALENDAR_RULES_MAX, sizeof *rules);
    uint32_t *lines = bm_arena_take(&reading->file->arena, BM_CALENDAR_RULES_MAX, sizeof *lines);
    size_t count = 0;
    *ret_lines = lines;
    take_rules(reading, year, "off", BM_DAYS_OFF, rules, lines, &count);
    take_rules(reading, year, "work", BM_DAYS_WORK, rules, lines, &count);
    *notice = (struct bm_day_notice){(int32_t)which, sources_of(reading, year), rules, count};
}

static void take_years(struct reading *reading, const struct bm_yaml_node *root) {
    const struct bm_yaml_node *list = need(reading, root, "years", BM_YAML_LIST);
    if (!list) return;
    if (list->count > BM_CALENDAR_NOTICES_MAX) {
        wrong(reading, list->at, "years", "A calendar has at most 256 years.");
        return;
    }
    struct bm_day_notice *notices = bm_arena_take(&reading->file->arena, list->count + 1, sizeof *notices);
    reading->file->lines = bm_arena_take(&reading->file->arena, list->count + 1, sizeof *reading->file->lines);
    size_t count = 0;
    for (const struct bm_yaml_node *one = list->first; one; one = one->next, count++)
        take_year(reading, one, &notices[count], &reading->file->lines[count]);
    reading->file->plan.notices = notices;
    reading->file->plan.count = count;
}

/* --- the file --------------------------------------------------------------------------------- */

static const char *take_text(struct reading *reading, const struct bm_yaml_node *root, const char *key) {
    const struct bm_yaml_node *node = need(reading, root, key, BM_YAML_TEXT);
    return node ? node->text : "";
}

static void take_head(struct reading *reading, const struct bm_yaml_node *root, const char *key) {
    struct bm_calendar_file *file = reading->file;
    file->plan.name = take_text(reading, root, key);
    if (strlen(file->plan.name) >= BM_CALENDAR_NAME_BYTES)
        wrong(reading, root->at, key, "A calendar's name has less than 48 bytes.");
    file->title = take_text(reading, root, "title");
    const char *edition = take_text(reading, root, "edition");
    if (!read_number(edition, 1000000, &file->plan.edition) || !file->plan.edition)
        wrong(reading, root->at, "edition", "An edition is a whole number from 1 on.");
}

static void take_additions(struct reading *reading, const struct bm_yaml_node *root) {
    static const char *const keys[] = {"additions_to", "edition", "title", "years", NULL};
    reading->file->adds = true;
    reading->file->zone = "";
    refuse_others(reading, root, keys);
    take_head(reading, root, "additions_to");
    take_years(reading, root);
}

static void take_all(struct reading *reading, const struct bm_yaml_node *root) {
    static const char *const keys[] = {"calendar", "edition", "title", "zone",    "covers_from", "covers_to",
                                       "hours",    "week",    "make_up", "years", NULL};
    struct bm_calendar_file *file = reading->file;
    refuse_others(reading, root, keys);
    take_head(reading, root, "calendar");
    const struct bm_yaml_node *zone = need(reading, root, "zone", BM_YAML_TEXT);
    file->zone = zone ? zone->text : "";
    if (zone && !zone->text[0]) wrong(reading, zone->at, "zone", "The zone is empty. Name one, as Asia/Shanghai.");
    take_date(reading, root, "covers_from", &file->plan.covers_from);
    take_date(reading, root, "covers_to", &file->plan.covers_to);
    take_hours(reading, root);
    take_week(reading, root);
    take_years(reading, root);
}

enum bm_code bm_calendar_file_read(const void *bytes, size_t len, struct bm_findings *findings,
                                   struct bm_calendar_file **ret_file) {
    struct bm_yaml *yaml;
    enum bm_code code = bm_yaml_read(bytes, len, findings, &yaml);
    if (code) return code;
    struct bm_calendar_file *file = bm_alloc_zero(1, sizeof *file);
    file->yaml = yaml;
    struct reading reading = {file, findings};
    size_t before = findings->errors;
    if (bm_yaml_get(bm_yaml_root(yaml), "additions_to"))
        take_additions(&reading, bm_yaml_root(yaml));
    else
        take_all(&reading, bm_yaml_root(yaml));
    if (findings->errors != before) {
        bm_calendar_file_free(file);
        return BM_BAD_FORMAT;
    }
    *ret_file = file;
    return BM_OK;
}

void bm_calendar_file_free(struct bm_calendar_file *file) {
    if (!file) return;
    bm_yaml_free(file->yaml);
    bm_arena_free(&file->arena);
    bm_free(file);
}

const struct bm_calendar_plan *bm_calendar_file_plan(const struct bm_calendar_file *file) {
    return &file->plan;
}

bool bm_calendar_file_adds(const struct bm_calendar_file *file) {
    return file->adds;
}

uint32_t bm_calendar_file_line(const struct bm_calendar_file *file, size_t notice, size_t rule) {
    return file->lines[notice][rule];
}

const char *bm_calendar_file_zone(const struct bm_calendar_file *file) {
    return file->zone;
}

const char *bm_calendar_file_title(const struct bm_calendar_file *file) {
    return file->title;
}
