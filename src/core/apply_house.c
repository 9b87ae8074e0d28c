/* Agencies, places and areas as somebody set them. */
#include "core/applying.h"

static void apply_agency_set_v1(struct bm_core *core, const struct bm_event *event, const struct bm_ev_agency_set_v1 *ev) {
    struct bm_agency *agency = bm_apply_ensure(core, BM_T_AGENCY, ev->agency.v);
    bool moves = agency->id.v && agency->parent.v != ev->parent.v;
    agency->id = ev->agency;
    BM_SET_TEXT(agency->code, ev->code);
    BM_SET_TEXT(agency->name, ev->name);
    agency->parent = ev->parent;
    agency->level = ev->level;
    agency->active = ev->active;
    agency->jurisdiction = ev->agency;
    bm_count_up(&agency->version);
    if (moves) bm_apply_area_moved(core, ev->agency.v, event->at_ms);
}

static void apply_agency_set(struct bm_core *core, const struct bm_event *event) {
    const struct bm_ev_agency_set *ev = &event->agency_set;
    if (event->version == 1) {
        apply_agency_set_v1(core, event, &event->agency_set_v1);
        return;
    }
    struct bm_ev_agency_set_v1 former = {
        .agency = ev->agency, .parent = ev->parent, .level = ev->level, .active = ev->active};
    BM_SET_TEXT(former.code, ev->code);
    BM_SET_TEXT(former.name, ev->name);
    apply_agency_set_v1(core, event, &former);
    BM_SET_TEXT(((struct bm_agency *)bm_state_need(core, BM_T_AGENCY, ev->agency.v))->division, ev->division);
}

static void apply_place_set_v1(struct bm_core *core, const struct bm_ev_place_set_v1 *ev) {
    struct bm_place *place = bm_apply_ensure(core, BM_T_PLACE, ev->place.v);
    place->id = ev->place;
    place->kind = ev->kind;
    BM_SET_TEXT(place->name, ev->name);
    place->jurisdiction = ev->jurisdiction;
    place->lat_e7 = ev->lat_e7;
    place->lon_e7 = ev->lon_e7;
    place->active = ev->active;
    bm_count_up(&place->version);
}

static void apply_place_set(struct bm_core *core, const struct bm_event *event) {
    const struct bm_ev_place_set *ev = &event->place_set;
    if (event->version == 1) {
        apply_place_set_v1(core, &event->place_set_v1);
        return;
    }
    struct bm_ev_place_set_v1 former = {.place = ev->place,
                                        .kind = ev->kind,
                                        .jurisdiction = ev->jurisdiction,
                                        .lat_e7 = ev->lat_e7,
                                        .lon_e7 = ev->lon_e7,
                                        .active = ev->active};
    BM_SET_TEXT(former.name, ev->name);
    apply_place_set_v1(core, &former);
    BM_SET_TEXT(((struct bm_place *)bm_state_need(core, BM_T_PLACE, ev->place.v))->code, ev->code);
}

static void apply_area_set(struct bm_core *core, const struct bm_ev_area_set *ev) {
    struct bm_area_row *area = bm_apply_ensure(core, BM_T_AREA, ev->area.v);
    area->id = ev->area;
    area->kind = ev->kind;
    BM_SET_TEXT(area->code, ev->code);
    BM_SET_TEXT(area->name, ev->name);
    area->jurisdiction = ev->jurisdiction;
    area->active = ev->active;
    bm_set_bytes(&area->shape, &ev->shape);
    bm_count_up(&area->version);
}

void bm_apply_house(struct bm_core *core, const struct bm_event *event) {
    if (event->kind == BM_EV_AGENCY_SET)
        apply_agency_set(core, event);
    else if (event->kind == BM_EV_PLACE_SET)
        apply_place_set(core, event);
    else
        apply_area_set(core, &event->area_set);
}
