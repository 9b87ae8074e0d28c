#include "procedure/additions.h"

#include <inttypes.h>
#include <string.h>

#include "base/alloc.h"
#include "base/time.h"

struct judging {
    const struct bm_calendar_file *file;
    const struct bm_calendar *base;
    int32_t from_day, to_day; /* what the base covers */
    uint32_t *lines;          /* by day of the cover: where it stands in the file; 0: nowhere yet */
    struct bm_fault *fault;
};

static enum bm_code refuse(struct judging *judging, uint32_t line, int32_t day, const char *what) {
    char date[BM_DATE_TEXT_BYTES];
    bm_date_text(day, date);
    return bm_fault_set(judging->fault, BM_BAD_FILE, "years", "Line %" PRIu32 ": %s %s", line, date, what);
}

static enum bm_code judge_day(struct judging *judging, const struct bm_day_rule *rule, uint32_t line, int32_t year, int32_t day) {
    char text[160], from[BM_DATE_TEXT_BYTES], to[BM_DATE_TEXT_BYTES];
    if (bm_date_of(day).year != year) return refuse(judging, line, day, "stands under another year; move it to an entry of its own.");
    if (day < judging->from_day || day > judging->to_day) {
        bm_date_text(judging->from_day, from);
        bm_date_text(judging->to_day, to);
        snprintf(text, sizeof text, "lies outside what calendar %.48s covers (%s to %s); leave it out until that is announced.",
                 bm_calendar_name(judging->base), from, to);
        return refuse(judging, line, day, text);
    }
    uint32_t *stands = &judging->lines[day - judging->from_day];
    if (*stands) {
        snprintf(text, sizeof text, "stands in line %" PRIu32 " already; name each day once, as off or as work.", *stands);
        return refuse(judging, line, day, text);
    }
    *stands = line;
    bool works = bm_calendar_works(judging->base, day);
    if (rule->act == BM_DAYS_OFF && !works) return refuse(judging, line, day, "is off without this already; take it out of the list.");
    if (rule->act == BM_DAYS_WORK && works) return refuse(judging, line, day, "is worked without this already; take it out of the list.");
    return BM_OK;
}

static enum bm_code judge(struct judging *judging) {
    const struct bm_calendar_plan *plan = bm_calendar_file_plan(judging->file);
    for (size_t n = 0; n < plan->count; n++) {
        const struct bm_day_notice *notice = &plan->notices[n];
        for (size_t r = 0; r < notice->count; r++) {
            const struct bm_day_rule *rule = &notice->rules[r];
            uint32_t line = bm_calendar_file_line(judging->file, n, r);
            for (int32_t day = rule->from_day; day <= rule->to_day; day++) {
                enum bm_code code = judge_day(judging, rule, line, notice->year, day);
                if (code) return code;
            }
        }
    }
    return BM_OK;
}

enum bm_code bm_additions_judge(const struct bm_calendar_file *file, const struct bm_calendar *base, struct bm_fault *fault) {
    struct judging judging = {.file = file, .base = base, .fault = fault};
    bm_calendar_cover(base, &judging.from_day, &judging.to_day);
    judging.lines = bm_alloc_zero((size_t)(judging.to_day - judging.from_day + 1), sizeof *judging.lines);
    enum bm_code code = judge(&judging);
    bm_free(judging.lines);
    return code;
}

struct bm_calendar_layer bm_additions_layer(const struct bm_calendar_file *file, const char *name) {
    const struct bm_calendar_plan *plan = bm_calendar_file_plan(file);
    return (struct bm_calendar_layer){.name = name, .notices = plan->notices, .count = plan->count};
}
