#include "sim/city.h"

#include <stdio.h>
#include <string.h>

#include "sim/city_private.h"

static void name_districts(struct bm_city *city, const struct bm_terrain *terrain) {
    static const struct {
        const char *code, *name, *name_en;
        double x, y;
    } districts[BM_CITY_DISTRICTS] = {{"GULOU", "鼓楼区", "Gulou District", -500, 1900},
                                      {"JIANGNAN", "江南区", "Jiangnan District", -1400, -2000},
                                      {"GAOXIN", "高新区", "Gaoxin District", 2100, -2400}};
    (void)terrain;
    for (int i = 0; i < BM_CITY_DISTRICTS; i++) {
        struct bm_city_district *district = &city->districts[i];
        snprintf(district->code, sizeof district->code, "%s", districts[i].code);
        snprintf(district->name, sizeof district->name, "%s", districts[i].name);
        snprintf(district->name_en, sizeof district->name_en, "%s", districts[i].name_en);
        district->point = bm_terrain_point((struct bm_spot){districts[i].x, districts[i].y});
    }
}

/* Back from degrees to the plane: close enough to tell one bank from the other. */
static struct bm_spot spot_of(struct bm_point point) {
    struct bm_point south_west = bm_terrain_point(
        (struct bm_spot){-CITY_HALF_WIDTH_M, -CITY_HALF_HEIGHT_M});
    struct bm_point north_east = bm_terrain_point(
        (struct bm_spot){CITY_HALF_WIDTH_M, CITY_HALF_HEIGHT_M});
    double x = (double)(point.lon_e7 - south_west.lon_e7) / (north_east.lon_e7 - south_west.lon_e7);
    double y = (double)(point.lat_e7 - south_west.lat_e7) / (north_east.lat_e7 - south_west.lat_e7);
    return (struct bm_spot){(2 * x - 1) * CITY_HALF_WIDTH_M, (2 * y - 1) * CITY_HALF_HEIGHT_M};
}

unsigned bm_city_district_of(const struct bm_city *city, struct bm_point point) {
    struct bm_spot spot = spot_of(point);
    if (bm_terrain_river_side(&city->work->terrain, spot) > 0) return 0;
    return spot.x < 1150 ? 1 : 2;
}

struct bm_city *bm_city_new(uint64_t seed) {
    struct bm_city *city = bm_alloc_zero(1, sizeof *city);
    struct bm_city_work *work = city->work = bm_alloc_zero(1, sizeof *work);
    work->rng.state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    bm_terrain_make(&work->terrain, seed);
    bm_sketch_all(work);
    bm_net_make(work);
    bm_graph_clean(work);
    bm_names_give(work);
    bm_graph_restrict(work);
    struct bm_room *room = bm_room_new(work);
    bm_sketch_areas(work);
    bm_places_make(work, room);
    bm_houses_make(work, room);
    bm_room_free(room);

    city->seed = seed;
    snprintf(city->name, sizeof city->name, "更城市");
    snprintf(city->name_en, sizeof city->name_en, "Gengcheng");
    city->box.least = bm_terrain_point((struct bm_spot){-CITY_HALF_WIDTH_M, -CITY_HALF_HEIGHT_M});
    city->box.most = bm_terrain_point((struct bm_spot){CITY_HALF_WIDTH_M, CITY_HALF_HEIGHT_M});
    name_districts(city, &work->terrain);
    for (uint32_t i = 0; i < work->places_count; i++)
        work->places[i].district = (uint8_t)bm_city_district_of(city, work->places[i].point);
    for (uint32_t i = 0; i < work->addresses_count; i++)
        work->addresses[i].district = (uint8_t)bm_city_district_of(city, work->addresses[i].point);
    city->places = work->places;
    city->place_count = work->places_count;
    city->streets = work->names;
    city->street_count = work->names_count;
    city->addresses = work->addresses;
    city->address_count = work->addresses_count;
    city->crossings = work->crossings;
    city->crossing_count = work->crossings_count;
    city->river = work->river;
    city->river_count = work->river_count;
    return city;
}

void bm_city_free(struct bm_city *city) {
    if (!city) return;
    struct bm_city_work *work = city->work;
    bm_free(work->spots);
    bm_free(work->sketch);
    bm_free(work->strokes);
    bm_free(work->nodes);
    bm_free(work->edges);
    bm_free(work->areas);
    bm_free(work->houses);
    bm_free(work->restrictions);
    bm_free(work->names);
    bm_free(work->places);
    bm_free(work->place_spots);
    bm_free(work->addresses);
    bm_free(work->crossings);
    bm_free(work->river);
    bm_free(work->starts);
    bm_free(work->around);
    bm_free(work);
    bm_free(city);
}
