/* Road closures: places that say which roads may not be driven.  The core does not know roads; what
 * a closure closes is found by whoever has the map. */
#include <string.h>

#include "core/deciding.h"
#include "geo/point.h"

/* --- what is asked ---------------------------------------------------------------------------- */

/* Corners that differ from the one before, around. */
static size_t corners_of(const struct bm_points *points, struct bm_point ret[BM_POINTS_MAX]) {
    size_t count = 0;
    for (uint64_t i = 0; i < points->count; i++) {
        struct bm_point point = {points->e7[2 * i], points->e7[2 * i + 1]};
        if (count == 0 || point.lat_e7 != ret[count - 1].lat_e7 ||
            point.lon_e7 != ret[count - 1].lon_e7) {
            ret[count++] = point;
        }
    }
    while (count > 1 && ret[0].lat_e7 == ret[count - 1].lat_e7 &&
           ret[0].lon_e7 == ret[count - 1].lon_e7) {
        count--; /* closed, as some write it */
    }
    return count;
}

/* What lies inside a figure of eight nobody can say for sure, and a line of one place has no way.
 */
static enum bm_code check_points(struct bm_deciding *deciding, uint8_t form,
                                 const struct bm_points *points) {
    struct bm_point corners[BM_POINTS_MAX];
    uint64_t least = form == BM_FORM_POLYGON ? 3 : 2;
    if (points->count < least) {
        return bm_refuse(deciding, BM_OUT_OF_RANGE, "points", "A %s has at least %d points.",
                         bm_word(&bm_place_form_words, form), (int)least);
    }
    size_t count = corners_of(points, corners);
    if (count < least) {
        return bm_refuse(deciding, BM_OUT_OF_RANGE, "points",
                         "These points lie in fewer than %d places; a %s needs as many.",
                         (int)least, bm_word(&bm_place_form_words, form));
    }
    if (form == BM_FORM_POLYGON && bm_polygon_meets_itself(corners, count)) {
        return bm_refuse(deciding, BM_OUT_OF_RANGE, "points",
                         "The polygon crosses or touches itself; give its corners in order around "
                         "the area, or close two areas.");
    }
    return BM_OK;
}

static enum bm_code check_until(struct bm_deciding *deciding, int64_t until_at_ms) {
    if (until_at_ms == BM_AT_NONE || until_at_ms > deciding->now_ms) return BM_OK;
    return bm_refuse(
        deciding, BM_OUT_OF_RANGE, "until_at_ms",
        "\"until_at_ms\" is over already; leave it out to close until further notice.");
}

/* The direction meant: both when none is named. */
static enum bm_code check_direction(struct bm_deciding *deciding, uint8_t form, uint8_t direction,
                                    uint8_t *ret_direction) {
    if (direction == BM_DIRECTION_ALONG && form == BM_FORM_POLYGON) {
        return bm_refuse(deciding, BM_OUT_OF_RANGE, "direction",
                         "A polygon has no direction: send both, or draw a line along the road.");
    }
    *ret_direction = direction == BM_DIRECTION_NONE ? (uint8_t)BM_DIRECTION_BOTH : direction;
    return BM_OK;
}

/* The area given, or the actor's own; what one could not lift, one may not close. */
static enum bm_code check_area(struct bm_deciding *deciding, struct bm_agency_id given,
                               struct bm_agency_id *ret) {
    enum bm_code code = bm_jurisdiction_or_own(deciding, given, ret);
    if (code || !deciding->actor ||
        bm_scope_covers(&deciding->scope, deciding->viewer.jurisdiction, ret->v)) {
        return code;
    }
    return bm_refuse(deciding, BM_FORBIDDEN, "jurisdiction",
                     "Agency %llu is not in your area, so you could not lift the closure; leave "
                     "\"jurisdiction\" out.",
                     (unsigned long long)ret->v);
}

/* A closure in force that the actor may change or lift. */
static enum bm_code closure_of(struct bm_deciding *deciding, const struct bm_place **ret_place) {
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
                         "Agency %llu closed this road; only its area may change or lift that.",
                         (unsigned long long)place->jurisdiction.v);
    }
    bm_result(deciding, BM_T_PLACE, id);
    if (!place->active) {
        return bm_refuse(deciding, BM_NOT_POSSIBLE, NULL, "That road closure was lifted already.");
    }
    *ret_place = place;
    return BM_OK;
}

/* --- commands --------------------------------------------------------------------------------- */

static bool as_many_as_can_be(const struct bm_core *core) {
    size_t closures = 0;
    BM_TABLE_EACH(&core->tables[BM_T_PLACE], id) {
        const struct bm_place *place = bm_state_need(core, BM_T_PLACE, id);
        closures += place->kind == BM_PLACE_ROAD_CLOSURE && place->active;
    }
    return closures >= BM_ROAD_CLOSURES_MAX;
}

static enum bm_code close_road(struct bm_deciding *deciding) {
    const struct bm_do_road_close *args = &deciding->command->road_close;
    struct bm_agency_id jurisdiction;
    uint8_t direction = 0;
    enum bm_code code = check_area(deciding, args->jurisdiction, &jurisdiction);
    if (code) return code;
    if (args->form == BM_FORM_NONE) {
        return bm_refuse(deciding, BM_MISSING_FIELD, "form", "Send \"form\": line or polygon.");
    }
    code = check_points(deciding, args->form, &args->points);
    if (!code) code = check_until(deciding, args->until_at_ms);
    if (!code) code = check_direction(deciding, args->form, args->direction, &direction);
    if (code) return code;
    if (as_many_as_can_be(deciding->core)) {
        return bm_refuse(deciding, BM_NOT_POSSIBLE, NULL,
                         "%u road closures are in force, and more cannot be: lift some that are over, or draw "
                         "several as one area.",
                         BM_ROAD_CLOSURES_MAX);
    }
    uint64_t id = bm_new_id(deciding, BM_T_PLACE);
    struct bm_event *event = bm_emit(deciding, BM_EV_ROAD_CLOSED, BM_SUBJECT_PLACE, id);
    event->road_closed.place.v = id;
    memcpy(event->road_closed.name, args->name, sizeof args->name);
    event->road_closed.jurisdiction = jurisdiction;
    event->road_closed.form = args->form;
    event->road_closed.points = args->points;
    event->road_closed.until_at_ms = args->until_at_ms;
    event->road_closed.direction = direction;
    event->road_closed.speed_percent = args->speed_percent;
    bm_result(deciding, BM_T_PLACE, id);
    return BM_OK;
}

static enum bm_code change_closure(struct bm_deciding *deciding) {
    const struct bm_command *command = deciding->command;
    const struct bm_do_road_change *args = &command->road_change;
    const struct bm_place *place;
    enum bm_code code = closure_of(deciding, &place);
    if (!code) code = bm_match_record(deciding, BM_T_PLACE, place);
    if (code) return code;
    struct bm_ev_road_changed to = {.place = place->id,
                                    .until_at_ms = place->until_at_ms,
                                    .direction = place->direction,
                                    .speed_percent = place->speed_percent};
    memcpy(to.name, place->name, sizeof to.name);
    if (bm_command_has(command, "name")) memcpy(to.name, args->name, sizeof to.name);
    if (bm_command_has(command, "until_at_ms")) to.until_at_ms = args->until_at_ms;
    if (bm_command_has(command, "speed_percent")) to.speed_percent = args->speed_percent;
    if (!to.name[0]) {
        return bm_refuse(deciding, BM_MISSING_FIELD, "name", "Send the reason, or leave it out.");
    }
    code = check_until(deciding, to.until_at_ms);
    if (!code && bm_command_has(command, "direction"))
        code = check_direction(deciding, place->form, args->direction, &to.direction);
    if (code) return code;
    struct bm_event *event = bm_emit(deciding, BM_EV_ROAD_CHANGED, BM_SUBJECT_PLACE, place->id.v);
    event->road_changed = to;
    return BM_OK;
}

static enum bm_code open_road(struct bm_deciding *deciding) {
    const struct bm_place *place;
    enum bm_code code = closure_of(deciding, &place);
    if (code) return code;
    struct bm_event *event = bm_emit(deciding, BM_EV_ROAD_OPENED, BM_SUBJECT_PLACE, place->id.v);
    event->road_opened.place = place->id;
    event->road_opened.expired = deciding->command->kind == BM_DO_ROAD_DUE;
    return BM_OK;
}

enum bm_code bm_decide_roads(struct bm_deciding *deciding) {
    if (deciding->command->kind == BM_DO_ROAD_CLOSE) return close_road(deciding);
    if (deciding->command->kind == BM_DO_ROAD_CHANGE) return change_closure(deciding);
    return open_road(deciding);
}
