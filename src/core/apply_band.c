/* What measures are held against. */
#include "core/applying.h"

void bm_apply_band(struct bm_core *core, const struct bm_event *event) {
    const struct bm_ev_band_set *ev = &event->band_set;
    struct bm_band *band = bm_state_record(core, BM_T_BAND, ev->band.v);
    if (band)
        bm_state_touch(core, BM_T_BAND, ev->band.v);
    else
        band = bm_state_add(core, BM_T_BAND, ev->band.v);
    band->id = ev->band;
    BM_SET_TEXT(band->name, ev->name);
    band->measure = ev->measure;
    BM_SET_TEXT(band->class_code, ev->class_code);
    band->priority = ev->priority;
    band->most_ms = ev->most_ms;
    band->percent = ev->percent;
    BM_SET_TEXT(band->source, ev->source);
    band->certainty = ev->certainty;
    band->active = ev->active;
    bm_count_up(&band->version);
}
