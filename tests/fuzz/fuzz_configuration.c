/* Configurations of a chart: any text; what is read is written again byte by byte, and every step
 * from it ends in a configuration that can be read back. */
#include <stddef.h>
#include <stdint.h>

#include "base/check.h"
#include "chart/chart.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

enum { NONE = BM_CHART_NONE, STEPS = 8 };
enum {
    ROOT,
    WORK,
    WORK_BACK,
    WORK_EXACTLY,
    HANDLE,
    HANDLE_FIRST,
    HANDLE_ALL,
    TAKE,
    DO,
    DUTY,
    DUTY_BACK,
    OURS,
    THEIRS,
    CHECK,
    WAIT,
    END,
    STATES
};

static const struct bm_chart_state states[STATES] = {
    [ROOT] = {"root", NONE, BM_CHART_STATE, {0}, {0}},
    [WORK] = {"work", ROOT, BM_CHART_STATE, {0}, {0}},
    [WORK_BACK] = {"work.back", WORK, BM_CHART_SHALLOW, {0}, {0}},
    [WORK_EXACTLY] = {"work.exactly", WORK, BM_CHART_DEEP, {0}, {0}},
    [HANDLE] = {"handle", WORK, BM_CHART_PARALLEL, {0}, {0}},
    [HANDLE_FIRST] = {"handle.back", HANDLE, BM_CHART_SHALLOW, {0}, {0}},
    [HANDLE_ALL] = {"all", HANDLE, BM_CHART_STATE, {0}, {0}},
    [TAKE] = {"take", HANDLE_ALL, BM_CHART_STATE, {0}, {0}},
    [DO] = {"do", HANDLE_ALL, BM_CHART_FINAL, {0}, {0}},
    [DUTY] = {"duty", HANDLE, BM_CHART_STATE, {0}, {0}},
    [DUTY_BACK] = {"duty.back", DUTY, BM_CHART_DEEP, {0}, {0}},
    [OURS] = {"ours", DUTY, BM_CHART_STATE, {0}, {0}},
    [THEIRS] = {"theirs", DUTY, BM_CHART_FINAL, {0}, {0}},
    [CHECK] = {"check", WORK, BM_CHART_STATE, {0}, {0}},
    [WAIT] = {"wait", ROOT, BM_CHART_STATE, {0}, {0}},
    [END] = {"end", ROOT, BM_CHART_FINAL, {0}, {0}},
};
static const uint32_t targets[] = {HANDLE, TAKE,      OURS,         DO,  THEIRS,    CHECK,
                                   WAIT,   WORK_BACK, WORK_EXACTLY, END, DUTY_BACK, HANDLE_FIRST};
static const struct bm_chart_transition transitions[] = {
    {WORK_BACK, NULL, {0, 1}, false, 0, {0}},
    {WORK_EXACTLY, NULL, {1, 2}, false, 0, {0}},
    {HANDLE_FIRST, NULL, {1, 1}, false, 0, {0}},
    {DUTY_BACK, NULL, {2, 1}, false, 0, {0}},
    {TAKE, "a", {3, 1}, false, 0, {0}},
    {OURS, "a b", {4, 1}, false, 0, {0}},
    {HANDLE, "done.state.handle", {5, 1}, false, 0, {0}},
    {WORK, "c", {6, 1}, false, 0, {0}},
    {WAIT, "a", {7, 1}, false, 0, {0}},
    {WAIT, "b", {8, 1}, false, 0, {0}},
    {CHECK, "a", {9, 1}, false, 0, {0}},
    {CHECK, "b", {10, 1}, false, 0, {0}},
    {WORK, "d", {11, 1}, true, 0, {0}},
};
static const struct bm_chart_draft draft = {states, transitions,
                                            NULL,   targets,
                                            STATES, sizeof transitions / sizeof *transitions,
                                            0,      sizeof targets / sizeof *targets};

/* Its text, which must be read back as the same. */
static void check_written(const struct bm_chart *chart, const struct bm_configuration *now,
                          struct bm_buf *text) {
    struct bm_configuration again;
    bm_buf_clear(text);
    bm_chart_write(chart, now, text);
    BM_CHECK(!text->overflow);
    BM_CHECK(bm_chart_read(chart, bm_buf_c_text(text), text->len, &again, NULL) == BM_OK);
    BM_CHECK(memcmp(&again, now, sizeof again) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    static const struct bm_chart_world nobody;
    static struct bm_chart *chart;
    static const char *const events[] = {"a", "b", "c", "d"};
    struct bm_configuration now;
    struct bm_fault fault;
    if (!chart) BM_CHECK(bm_chart_compile(&draft, &chart, NULL) == BM_OK);
    if (bm_chart_read(chart, (const char *)bytes, len, &now, &fault) != BM_OK) {
        BM_CHECK(fault.detail[0]);
        return 0;
    }
    struct bm_buf text = bm_buf_make(BM_CHART_WRITTEN_MAX);
    check_written(chart, &now, &text);
    BM_CHECK(text.len == len && memcmp(text.bytes, bytes, len) == 0);
    for (size_t step = 0; step < STEPS; step++) {
        const char *event = events[bytes[step % len] % 4];
        BM_CHECK(bm_chart_step(chart, &nobody, &now, event, &now, NULL, NULL) == BM_OK);
        check_written(chart, &now, &text);
    }
    bm_buf_free(&text);
    return 0;
}
