#include "letter.h"

#include <string.h>

#include "base/check.h"
#include "procedure/calendar_file.h"

extern const char fuzz_letter_yaml[], fuzz_calendar_yaml[];

/* The least that is a zone file: one offset in both parts, and the rule for all time. */
static const char zone_bytes[] = "TZif2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                                 "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\4"
                                 "\0\0\x70\x80\0\0CST\0"
                                 "TZif2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                                 "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\4"
                                 "\0\0\x70\x80\0\0CST\0"
                                 "\nCST-8\n";

const struct bm_zone *fuzz_zone(void) {
    static struct bm_zone *zone;
    if (!zone) BM_CHECK(bm_zone_read("Asia/Shanghai", zone_bytes, sizeof zone_bytes - 1, &zone, NULL) == BM_OK);
    return zone;
}

static struct fuzz_letter make(void) {
    static const struct bm_calendar *calendars[1];
    struct bm_findings findings = {.count = 0};
    struct bm_procedure *procedure;
    static struct bm_calendar_file *file; /* the calendar's texts are its */
    struct bm_calendar *calendar;
    struct bm_track *track;
    struct bm_fault fault;
    BM_CHECK(bm_procedure_read(fuzz_letter_yaml, strlen(fuzz_letter_yaml), &findings, &procedure) == BM_OK);
    BM_CHECK(bm_calendar_file_read(fuzz_calendar_yaml, strlen(fuzz_calendar_yaml), &findings, &file) == BM_OK);
    BM_CHECK(bm_calendar_make(NULL, bm_calendar_file_plan(file), NULL, 0, fuzz_zone(), &calendar, &fault) == BM_OK);
    BM_CHECK(bm_track_make(procedure, &track, &fault) == BM_OK);
    calendars[0] = calendar;
    return (struct fuzz_letter){track, {calendars, 1, NULL, NULL, NULL, NULL}};
}

const struct fuzz_letter *fuzz_letter(void) {
    static struct fuzz_letter letter;
    if (!letter.track) letter = make();
    return &letter;
}
