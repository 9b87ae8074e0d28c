/* Road closures: places that say which roads may not be driven.  The core does not know roads; what
 * a closure closes is found by whoever has the map. */
#include <string.h>

#include "core/deciding.h"

static enum bm_code close_road(struct bm_deciding *deciding) {
    const struct bm_do_road_close *args = &deciding->command->road_close;
    struct bm_agency_id jurisdiction;
    enum bm_code code = bm_jurisdiction_or_own(deciding, args->jurisdiction, &jurisdiction);
    if (code) return code;
    if (deciding->actor &&
        !bm_scope_covers(&deciding->scope, deciding->viewer.jurisdiction, jurisdiction.v)) {
        return bm_refuse(
            deciding, BM_FORBIDDEN, "jurisdiction",
            "Agency %llu is not in your area, so you could not lift the closure; leave "
            "\"jurisdiction\" out.",
            (unsigned long long)jurisdiction.v);
    }
    uint64_t least = args->form == BM_FORM_POLYGON ? 3 : 2;
    if (args->form == BM_FORM_NONE) {
        return bm_refuse(deciding, BM_MISSING_FIELD, "form", "Send \"form\": line or polygon.");
    }
    if (args->points.count < least) {
        return bm_refuse(deciding, BM_OUT_OF_RANGE, "points", "A %s has at least %d points.",
                         bm_word(&bm_place_form_words, args->form), (int)least);
    }
    if (args->until_at_ms != BM_AT_NONE && args->until_at_ms <= deciding->now_ms) {
        return bm_refuse(
            deciding, BM_OUT_OF_RANGE, "until_at_ms",
            "\"until_at_ms\" is over already; leave it out to close until further notice.");
    }
    uint64_t id = bm_new_id(deciding, BM_T_PLACE);
    struct bm_event *event = bm_emit(deciding, BM_EV_ROAD_CLOSED, BM_SUBJECT_PLACE, id);
    event->road_closed.place.v = id;
    memcpy(event->road_closed.name, args->name, sizeof args->name);
    event->road_closed.jurisdiction = jurisdiction;
    event->road_closed.form = args->form;
    event->road_closed.points = args->points;
    event->road_closed.until_at_ms = args->until_at_ms;
    bm_result(deciding, BM_T_PLACE, id);
    return BM_OK;
}

static enum bm_code open_road(struct bm_deciding *deciding) {
    const void *record;
    uint64_t id = deciding->command->target;
    enum bm_code code = bm_visible(deciding, BM_T_PLACE, id, "id", &record);
    if (code) return code;
    const struct bm_place *place = record;
    if (place->kind != BM_PLACE_ROAD_CLOSURE) {
        return bm_refuse(deciding, BM_NOT_FOUND, "id", "Place %llu is no road closure.",
                         (unsigned long long)id);
    }
    if (deciding->actor &&
        !bm_scope_covers(&deciding->scope, deciding->viewer.jurisdiction, place->jurisdiction.v)) {
        return bm_refuse(deciding, BM_FORBIDDEN, "id",
                         "Agency %llu closed this road; only its area may lift that.",
                         (unsigned long long)place->jurisdiction.v);
    }
    bm_result(deciding, BM_T_PLACE, id);
    if (!place->active) {
        return bm_refuse(deciding, BM_NOT_POSSIBLE, NULL, "That road closure was lifted already.");
    }
    struct bm_event *event = bm_emit(deciding, BM_EV_ROAD_OPENED, BM_SUBJECT_PLACE, id);
    event->road_opened.place.v = id;
    event->road_opened.expired = deciding->command->kind == BM_DO_ROAD_DUE;
    return BM_OK;
}

enum bm_code bm_decide_roads(struct bm_deciding *deciding) {
    return deciding->command->kind == BM_DO_ROAD_CLOSE ? close_road(deciding) : open_road(deciding);
}
