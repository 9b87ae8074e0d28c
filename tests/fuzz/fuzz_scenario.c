/* Scenario files: read or refused with findings, and what is read keeps within its maxima. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "sim/scenario.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);
const char *__lsan_default_suppressions(void);

/* libfyaml 0.7.12 itself forgets a few kilobytes when some files are refused; leaks of our own are still told. */
const char *__lsan_default_suppressions(void) {
    return "leak:libfyaml";
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    struct bm_findings findings = {0};
    struct bm_scenario *scenario = bm_scenario_read(bytes, len, &findings);
    if (!scenario) {
        if (!findings.errors) abort(); /* refused, and nobody is told why */
        return 0;
    }
    if (!scenario->call_count || scenario->call_count > BM_SCENARIO_CALLS_MAX) abort();
    for (unsigned i = 0; i < scenario->call_count; i++) {
        const struct bm_scenario_call *call = &scenario->calls[i];
        if (!call->name[0] || call->same_as >= (int)i || call->at_ms < 0 || call->at_ms > BM_SCENARIO_LENGTH_MAX_MS) abort();
        if (call->need_count > BM_SCENARIO_NEEDS_MAX) abort();
    }
    bm_free(scenario);
    return 0;
}
