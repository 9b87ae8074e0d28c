/* Any bytes as the written course of a letter: refused as such, or the course of which these are the bytes; from it time
 * passes and people act, and wherever that leads can be written and read back too. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/check.h"
#include "letter.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);
const char *__lsan_default_suppressions(void);

/* libfyaml 0.7.12 itself forgets a few kilobytes; leaks of our own are still told. */
const char *__lsan_default_suppressions(void) {
    return "leak:libfyaml";
}

enum { TICKS = 40 };

static void check_written(const struct bm_track *track, const struct bm_course *course, const void *bytes, size_t len) {
    struct bm_course again;
    struct bm_fault fault;
    static struct bm_buf buf = {.max_bytes = BM_COURSE_WRITTEN_MAX}, twice = {.max_bytes = BM_COURSE_WRITTEN_MAX};
    bm_buf_clear(&buf);
    bm_buf_clear(&twice);
    bm_course_write(track, course, &buf);
    BM_CHECK(!buf.overflow);
    BM_CHECK(!bytes || (buf.len == len && memcmp(buf.bytes, bytes, len) == 0));
    BM_CHECK(bm_course_read(track, buf.bytes, buf.len, &again, &fault) == BM_OK);
    bm_course_write(track, &again, &twice);
    BM_CHECK(twice.len == buf.len && memcmp(twice.bytes, buf.bytes, buf.len) == 0);
}

/* As far as calendars reach: what is due further on, or a course in whose past no calendar was, is a fault and no more. */
static int64_t let_pass(const struct fuzz_letter *letter, struct bm_course *course) {
    int64_t next = BM_AT_NONE, now_ms = 0;
    struct bm_fault fault;
    for (int i = 0; i < TICKS; i++) {
        bool did = false;
        if (bm_course_next(letter->track, &letter->world, course, &next, &fault) || next == BM_AT_NONE) return now_ms;
        now_ms = next;
        if (bm_course_tick(letter->track, &letter->world, course, now_ms, &did, &fault)) return now_ms;
        BM_CHECK(did);
        check_written(letter->track, course, NULL, 0);
    }
    return now_ms;
}

static void act(const struct fuzz_letter *letter, struct bm_course *course, int64_t now_ms) {
    const struct bm_procedure *procedure = bm_track_procedure(letter->track);
    static const int64_t values[BM_PROCEDURE_FIELDS_MAX];
    for (uint16_t event = 0; event < procedure->event_count; event++) {
        struct bm_course next = *course;
        struct bm_fault fault;
        struct bm_course_act doing = {event, ~1u, 9, now_ms, UINT64_MAX, values, "fuzz"};
        enum bm_code code = bm_course_act(letter->track, &letter->world, &next, &doing, &fault);
        if (code) continue;
        check_written(letter->track, &next, NULL, 0);
        (void)let_pass(letter, &next);
    }
    struct bm_course_act again = {BM_NO_INDEX, ~1u, 9, now_ms, UINT64_MAX, values, "fuzz"};
    struct bm_fault fault;
    if (!bm_course_reopen(letter->track, &letter->world, course, &again, &fault)) check_written(letter->track, course, NULL, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    const struct fuzz_letter *letter = fuzz_letter();
    struct bm_course course;
    struct bm_course_choice choices[BM_PROCEDURE_EVENTS_MAX];
    struct bm_fault fault = {0};
    if (bm_course_read(letter->track, bytes, len, &course, &fault)) {
        BM_CHECK(fault.code == BM_CORRUPT && fault.detail[0]);
        return 0;
    }
    check_written(letter->track, &course, bytes, len);
    struct bm_course copy = course;
    int64_t now_ms = let_pass(letter, &copy);
    (void)bm_course_choices(letter->track, &letter->world, &course, ~1u, 9, now_ms, choices);
    act(letter, &course, now_ms);
    return 0;
}
