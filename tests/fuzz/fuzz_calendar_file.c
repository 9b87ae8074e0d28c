/* Any bytes as a calendar file: refused with findings that have places, or a plan of which a calendar is made, or what is added
 * to one, or either refused as that with a reason. */
#include <stddef.h>
#include <stdint.h>

#include "base/check.h"
#include "letter.h"
#include "procedure/additions.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);
const char *__lsan_default_suppressions(void);

/* libfyaml 0.7.12 itself forgets a few kilobytes when some files are refused; leaks of our own are still told. */
const char *__lsan_default_suppressions(void) {
    return "leak:libfyaml";
}

static void make_one(const struct bm_calendar_file *file) {
    struct bm_calendar *calendar = NULL;
    struct bm_fault fault = {0};
    if (bm_calendar_make(NULL, bm_calendar_file_plan(file), NULL, 0, fuzz_zone(), &calendar, &fault)) {
        BM_CHECK(fault.field[0] && fault.detail[0]);
        BM_CHECK(!calendar);
    } else {
        int32_t covers_from, covers_to, first, last;
        bm_calendar_cover(calendar, &covers_from, &covers_to);
        bm_calendar_reach(calendar, &first, &last);
        BM_CHECK(first <= covers_from && covers_from <= covers_to && covers_to <= last);
        bm_calendar_free(calendar);
    }
}

/* Over calendars/cn.yaml. */
static void add_to_one(const struct bm_calendar_file *file) {
    const struct bm_calendar *base = fuzz_letter()->world.calendars[0];
    struct bm_fault fault = {0};
    if (bm_additions_judge(file, base, &fault)) {
        BM_CHECK(fault.field[0] && fault.detail[0]);
        return;
    }
    BM_CHECK(bm_additions_layer(file, "7").count == bm_calendar_file_plan(file)->count);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    struct bm_findings findings = {.count = 0};
    struct bm_calendar_file *file = NULL;
    if (bm_calendar_file_read(bytes, len, &findings, &file)) {
        BM_CHECK(!file && findings.errors > 0 && findings.count > 0);
        for (size_t i = 0; i < findings.count; i++)
            BM_CHECK(findings.items[i].at.line >= 1 && findings.items[i].detail[0]);
        return 0;
    }
    BM_CHECK(findings.errors == 0);
    BM_CHECK(bm_calendar_file_title(file)); /* it may be empty here, and is refused where it is given in (api/matter_events.c) */
    BM_CHECK(!bm_calendar_file_zone(file)[0] == bm_calendar_file_adds(file));
    if (bm_calendar_file_adds(file))
        add_to_one(file);
    else
        make_one(file);
    bm_calendar_file_free(file);
    return 0;
}
