/* Bands: what measures of answering and of units' work are held against. */
#include <string.h>

#include "core/deciding.h"

enum bm_code bm_decide_band(struct bm_deciding *deciding) {
    const struct bm_do_band_set *args = &deciding->command->band_set;
    uint64_t id = deciding->command->target;
    if (id) {
        const void *record;
        enum bm_code code = bm_visible(deciding, BM_T_BAND, id, "id", &record);
        if (!code && deciding->actor) code = bm_match_record(deciding, BM_T_BAND, record);
        if (code) return code;
    } else if (deciding->core->tables[BM_T_BAND].count >= BM_BANDS_MAX) {
        return bm_refuse(deciding, BM_OUT_OF_RANGE, "name", "More than %u bands are not kept; set one that is not used any more anew.",
                         BM_BANDS_MAX);
    }
    if (args->most_ms < BM_BUDGET_LEAST_MS || args->most_ms > BM_BUDGET_MOST_MS)
        return bm_refuse(deciding, BM_OUT_OF_RANGE, "most_ms", "\"most_ms\" is from one second to 400 days.");
    if (args->measure == BM_TIMED_ANSWER && (args->class_code[0] || args->priority))
        return bm_refuse(deciding, BM_NOT_POSSIBLE, args->class_code[0] ? "class" : "priority",
                         "A call that rings has no class and no priority yet: leave both out.");
    if (!id) id = bm_new_id(deciding, BM_T_BAND);
    struct bm_event *event = bm_emit(deciding, BM_EV_BAND_SET, BM_SUBJECT_DESK, 0);
    struct bm_ev_band_set *ev = &event->band_set;
    ev->band.v = id;
    memcpy(ev->name, args->name, sizeof ev->name);
    ev->measure = args->measure;
    memcpy(ev->class_code, args->class_code, sizeof ev->class_code);
    ev->priority = args->priority;
    ev->most_ms = args->most_ms;
    ev->percent = args->percent;
    memcpy(ev->source, args->source, sizeof ev->source);
    ev->certainty = args->certainty;
    ev->active = !args->inactive;
    bm_result(deciding, BM_T_BAND, id);
    return BM_OK;
}
