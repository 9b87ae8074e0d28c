/* Response plans: any text; what is accepted keeps the maxima, and written out again it is the same
 * plan. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/check.h"
#include "core/plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void written_again(const struct bm_plan *plan) {
    struct bm_buf text = bm_buf_make(1 << 16);
    struct bm_plan again;
    for (uint32_t a = 0; a < plan->alarms; a++) {
        BM_CHECK(plan->alarm[a].count >= 1 && plan->alarm[a].count <= BM_PLAN_NEEDS);
        if (a) bm_buf_byte(&text, ';');
        for (uint32_t n = 0; n < plan->alarm[a].count; n++) {
            const struct bm_need *need = &plan->alarm[a].needs[n];
            BM_CHECK(need->count >= 1 && need->count <= 99);
            BM_CHECK(bm_capabilities_have(need->capability, need->capability));
            bm_buf_printf(&text, "%s%s:%u", n ? " " : "", need->capability, need->count);
        }
    }
    BM_CHECK(bm_plan_read(bm_buf_c_text(&text), &again, NULL) == BM_OK);
    BM_CHECK(again.alarms == plan->alarms);
    for (uint32_t a = 0; a < plan->alarms; a++)
        BM_CHECK(memcmp(&again.alarm[a], &plan->alarm[a], sizeof again.alarm[a]) == 0);
    bm_buf_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    struct bm_plan plan;
    struct bm_fault fault = {0};
    char *text = bm_alloc(len + 1);
    memcpy(text, bytes, len);
    text[len] = 0;
    enum bm_code code = bm_plan_read(text, &plan, &fault);
    if (code == BM_OK) {
        BM_CHECK(plan.alarms <= BM_PLAN_ALARMS);
        written_again(&plan);
    } else {
        BM_CHECK(code == BM_OUT_OF_RANGE && fault.detail[0] && strcmp(fault.field, "plan") == 0);
    }
    bm_capabilities_have(text, "ambulance");
    bm_free(text);
    return 0;
}
