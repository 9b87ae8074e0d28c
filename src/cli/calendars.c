#include "cli/calendars.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "cli/cli.h"
#include "import/zone_files.h"
#include "procedure/additions.h"
#include "procedure/yaml.h"

enum { PATH_MOST = 1024 };

static bool read_whole(const char *path, size_t most, struct bm_buf *buf) {
    FILE *file = fopen(path, "rb");
    if (!file) {
        bm_cli_fail(1, "cannot read %s: %s", path, strerror(errno));
        return false;
    }
    char piece[65536];
    size_t got;
    while (buf->len <= most && (got = fread(piece, 1, sizeof piece, file)) > 0) bm_buf_add(buf, piece, got);
    bool good = !ferror(file);
    fclose(file);
    if (!good) bm_cli_fail(1, "cannot read %s", path);
    return good;
}

static struct bm_zone *load_zone(const char *name) {
    struct bm_buf buf = bm_buf_make(2 * BM_ZONE_FILE_MAX);
    struct bm_zone *zone = NULL;
    struct bm_fault fault;
    enum bm_code code = bm_zone_bytes(name, &buf, &fault);
    if (!code) code = bm_zone_read(name, buf.bytes, buf.len, &zone, &fault);
    if (code) bm_cli_fail(1, "%s", fault.detail);
    bm_buf_free(&buf);
    return zone;
}

static void print_findings(const struct bm_findings *findings, const char *path) {
    struct bm_buf text = bm_buf_make(64 * 1024);
    bm_findings_print(findings, path, &text);
    fputs(bm_buf_c_text(&text), stderr);
    bm_buf_free(&text);
}

/* Additions are judged against the calendar that they add to; no clock here counts on them, for no example says where it lies. */
static bool judge_additions(const char *path, const struct bm_calendar_file *file, const struct bm_calendars *calendars) {
    const struct bm_calendar *base;
    struct bm_fault fault;
    enum bm_code code = bm_calendar_find(calendars->all, calendars->count, bm_calendar_file_plan(file)->name, &base, &fault);
    if (!code) code = bm_additions_judge(file, base, &fault);
    if (code) bm_cli_fail(1, "%s: %s: %s", path, fault.field, fault.detail);
    return !code;
}

/* Additions wait for the second round, when all calendars are there. */
static bool load_file(const char *path, bool additions, struct bm_calendars *calendars) {
    struct bm_buf buf = bm_buf_make(2 * BM_YAML_BYTES_MAX);
    struct bm_findings findings = {.count = 0};
    struct bm_calendar_file *file = NULL;
    struct bm_zone *zone = NULL;
    struct bm_calendar *calendar = NULL;
    struct bm_fault fault;
    if (read_whole(path, BM_YAML_BYTES_MAX, &buf) && bm_calendar_file_read(buf.bytes, buf.len, &findings, &file))
        print_findings(&findings, path);
    bm_buf_free(&buf);
    if (file && (additions || bm_calendar_file_adds(file))) {
        bool fine = additions != bm_calendar_file_adds(file) || judge_additions(path, file, calendars);
        bm_calendar_file_free(file);
        return fine;
    }
    if (file) zone = load_zone(bm_calendar_file_zone(file));
    if (zone && bm_calendar_make(NULL, bm_calendar_file_plan(file), NULL, 0, zone, &calendar, &fault))
        bm_cli_fail(1, "%s: %s: %s", path, fault.field, fault.detail);
    bm_calendar_file_free(file);
    if (!calendar) {
        bm_zone_free(zone);
        return false;
    }
    calendars->zones[calendars->count] = zone;
    calendars->all[calendars->count++] = calendar;
    return true;
}

static int is_yaml(const struct dirent *entry) {
    size_t len = strlen(entry->d_name);
    return len > 5 && strcmp(entry->d_name + len - 5, ".yaml") == 0;
}

bool bm_calendars_load(const char *folder, struct bm_calendars *ret_calendars) {
    struct bm_calendars calendars = {.count = 0};
    struct dirent **entries;
    int count = scandir(folder, &entries, is_yaml, alphasort);
    if (count < 0) {
        bm_cli_fail(1, "cannot read the folder %s: %s", folder, strerror(errno));
        return false;
    }
    bool fine = count <= BM_CALENDARS_MAX;
    if (!fine) bm_cli_fail(1, "%s holds more than %d calendars", folder, BM_CALENDARS_MAX);
    for (int i = 0; i < count; i++) {
        char path[PATH_MOST];
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        fine = fine && load_file(path, false, &calendars);
    }
    for (int i = 0; i < count; i++) {
        char path[PATH_MOST];
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        fine = fine && load_file(path, true, &calendars);
        free(entries[i]);
    }
    free(entries);
    if (!fine) {
        bm_calendars_free(&calendars);
        return false;
    }
    *ret_calendars = calendars;
    return true;
}

void bm_calendars_free(struct bm_calendars *calendars) {
    for (size_t i = 0; i < calendars->count; i++) {
        bm_calendar_free((struct bm_calendar *)calendars->all[i]);
        bm_zone_free(calendars->zones[i]);
    }
    calendars->count = 0;
}
